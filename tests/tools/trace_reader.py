"""A second reader of native traces, written from traces/FORMAT.md alone: prints the text form.

trace_reader.py FILE      needs the program zstd
"""

import subprocess
import sys
import zlib

SIZES = [0, 1, 2, 4, 8, 16, 10, 32]
MASK = 0xFFFFFFFF


def u32(data, at):
    return int.from_bytes(data[at : at + 4], "little")


class Stream:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        assert self.at + count <= len(self.data), "stream ends"
        self.at += count
        return self.data[self.at - count : self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        number = 0
        shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                assert number <= MASK
                return number

    def difference(self):
        number = self.varint()
        return -(number + 1) // 2 if number & 1 else number // 2

    def text(self):
        return self.take(self.varint())

    def ended(self):
        return self.at == len(self.data)


class Shape:
    def __init__(self, linear, again):
        self.linear = linear
        self.again = again
        self.insns = []  # (offset, bytes)
        self.slots = []  # [insn, kind, bytes, supervisor]
        self.code = None  # of each instruction
        self.guesses = []  # [last, stride, step]
        self.next = [None, None]
        self.clocks = [0, 0]
        self.bytes = 0


def rights(number):
    return "".join(c for i, c in enumerate("rwx") if number >> i & 1) or "-"


def quoted(text):
    made = ""
    for byte in text:
        if byte in b'"\\':
            made += "\\" + chr(byte)
        elif 0x20 <= byte <= 0x7E:
            made += chr(byte)
        else:
            made += "\\x%02x" % byte
    return '"' + made + '"'


class Reader:
    def __init__(self, write):
        self.write = write
        self.open = None  # the block that the next line may seem to belong to
        self.ended = False

    def frame(self, contents, events):
        lengths = [u32(contents, 4 * i) for i in range(5)]
        streams = []
        at = 20
        for length in lengths:
            streams.append(Stream(contents[at : at + length]))
            at += length
        assert at == len(contents)
        self.control, self.numbers, self.addresses, self.clocks, self.payloads = streams
        self.shapes = []
        self.before = None
        self.recent = 0
        self.behind = 0
        for _ in range(events):
            byte = self.control.byte()
            if byte >= 128:
                self.block(byte)
            else:
                self.event(byte, Stream(self.payloads.text()))
        assert all(stream.ended() for stream in streams)

    # ---- events ----

    def event(self, number, f):
        line = self.event_line(number, f)
        if line is not None:
            self.write(line)
            self.open = None

    def pages(self, f):
        start = f.varint()
        return "%08x-%08x" % (start << 12, (start + f.varint()) << 12)

    def event_line(self, number, f):
        if number == 1:
            return "parameter %s %s" % (f.text().decode(), quoted(f.text()))
        if number == 2:
            line = "program %d %s" % (f.varint(), quoted(f.text()))
            for _ in range(f.varint()):
                line += " %08x,%d,%d,%s" % (f.varint(), f.varint(), f.varint(), rights(f.varint()))
            return line
        if number in (3, 4, 7):
            return "%s %d" % ({3: "switch", 4: "fork", 7: "reap"}[number], f.varint())
        if number == 5:
            program = f.varint()
            line = "exec " + ("%d " % program if program else "") + quoted(f.text())
            stack = f.varint()
            line += " stack %08x" % stack if stack else ""
            return line + (" failed" if f.byte() else "")
        if number == 6:
            return "exit %d %d" % (f.varint(), f.varint())
        if number == 8:
            line = "map %s %s" % (self.pages(f), rights(f.varint()))
            flags = f.varint()
            line += " shared" if flags & 1 else ""
            line += " populated" if flags & 2 else ""
            program, segment = f.varint(), f.varint()
            line += " program %d %d" % (program, segment) if program else ""
            name = f.text()
            return line + (" " + quoted(name) if name else "")
        if number == 9:
            return "unmap " + self.pages(f)
        if number == 10:
            return "protect %s %s" % (self.pages(f), rights(f.varint()))
        if number == 11:
            write = f.byte()
            return "kernel %s %08x,%d" % ("write" if write else "read", f.varint(), f.varint())
        if number == 12:
            vector = f.byte()
            line = "trap %d%s" % (vector, " software" if f.byte() else "")
            eip = f.varint()
            return line + (" at %08x" % eip if eip else "")
        if number == 13:
            return "return"
        if number == 14:
            return "charge %d %d" % (f.varint(), f.varint())
        if number == 15:
            page = f.varint()
            return "content %08x %016x" % (page << 12, int.from_bytes(f.take(8), "little"))
        if number == 16:
            self.ended = True
            return "end"
        if number == 18:
            return self.try_line(f)
        if number == 19:
            return ["call", "call forks", "called", "served"][f.varint()]
        if number in (20, 24, 25, 28):
            word = {20: "kill", 24: "borrow", 25: "uncited", 28: "nofork"}[number]
            return "%s %d" % (word, f.varint())
        if number == 21:
            pages = [f.varint() << 12 for _ in range(3)]
            return "move %08x %08x,%d" % tuple(pages)
        if number == 22:
            return "forget " + self.pages(f)
        if number == 23:
            return "keep %08x" % (f.varint() << 12)
        if number == 26:
            return "code %08x %s" % (f.varint(), f.text().hex())
        if number == 27:
            line = "file %d %s" % (f.varint(), quoted(f.text()))
            line += " %d %016x" % (f.varint(), int.from_bytes(f.take(8), "little"))
            return line + ("" if f.ended() or f.byte() == 0 else " xxh3")
        return None

    def try_line(self, f):
        address = f.varint()
        line = "try %08x,%d" % (address, f.byte())
        line += " " + ["nothing", "serviced", "refused", "starved"][f.byte()]
        code = f.take(f.byte())
        line += " code " + code.hex() if code else ""
        for _ in range(f.byte()):
            slot = f.varint()
            address = (address + f.difference()) & MASK
            line += " %s %08x,%d" % ("LSM"[slot >> 10 & 3], address, slot & 1023)
            line += " supervisor" if slot & 4096 else ""
        return line

    # ---- blocks ----

    def new_shape(self):
        f = self.payloads
        flags = f.varint()
        shape = Shape((self.behind + f.difference()) & MASK, flags & 1)
        insn_count, slot_count = f.varint(), f.varint()
        for _ in range(insn_count):
            number = f.varint()
            shape.bytes += f.varint() if number & 1 else 0
            shape.insns.append((shape.bytes, number // 2 + 1))
            shape.bytes += number // 2 + 1
        insn = 0
        for _ in range(slot_count):
            number = f.varint()
            insn += number >> 6
            size = SIZES[number & 7] or f.varint()
            shape.slots.append((insn, number >> 3 & 3, size, number >> 5 & 1))
            shape.guesses.append([self.recent, 0, 0])
        if flags & 2:
            shape.code = [f.take(size) for _, size in shape.insns]
        self.behind = (shape.linear + shape.bytes) & MASK
        self.shapes.append(shape)
        return shape

    def block(self, control):
        how = control & 3
        if how < 2:
            shape = self.before.next[how]
        elif how == 2:
            shape = self.shapes[self.numbers.varint()]
        else:
            shape = self.new_shape()
        if self.before is not None and self.before.next[0] is not shape:
            self.before.next = [shape, self.before.next[0]]
        self.before = shape
        addresses = []
        for guess in shape.guesses:
            error = self.addresses.difference() if control & 4 else 0
            address = (guess[0] + guess[1] + error) & MASK
            step = (address - guess[0]) & MASK
            guess[:] = [address, step if step == guess[2] else guess[1], step]
            addresses.append(address)
            self.recent = address
        how = control >> 3 & 3
        clocks = self.clocks.varint() if how == 2 else shape.clocks[how]
        if clocks != shape.clocks[0]:
            shape.clocks = [clocks, shape.clocks[0]]
        self.write_block(shape, addresses, clocks)

    def belongs(self, shape):
        last = self.open
        if last is None:
            return False
        if not shape.insns:
            return not shape.slots or (last.insns and len(last.slots) < 4096)
        gap = (shape.linear - last.linear - last.bytes) & MASK
        return (
            not shape.again
            and last.insns
            and len(last.insns) < 1024
            and gap <= 15
            and last.bytes + gap + shape.insns[0][1] <= 8192
            and (last.code is None) == (shape.code is None)
        )

    def write_block(self, shape, addresses, clocks):
        if self.belongs(shape):
            self.write("block")
        slot = 0
        for i in range(max(len(shape.insns), 1)):
            if i < len(shape.insns):
                offset, size = shape.insns[i]
                line = "again " if i == 0 and shape.again else "I  "
                line += "%08x,%d" % ((shape.linear + offset) & MASK, size)
                self.write(line + (" " + shape.code[i].hex() if shape.code else ""))
            while slot < len(shape.slots) and shape.slots[slot][0] == i:
                _, kind, size, supervisor = shape.slots[slot]
                line = " %s %08x,%d" % ("LSM"[kind], addresses[slot], size)
                self.write(line + (" supervisor" if supervisor else ""))
                slot += 1
        if clocks:
            self.write("clocks %d" % clocks)
        self.open = None if clocks else shape


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    assert data[:16] == b"mmu386tr\1\0\0\0\0\0\0\0", "no trace"
    reader = Reader(lambda line: print(line))
    at = 16
    while at < len(data):
        assert data[at : at + 4] == b"fram", "no frame"
        packed = u32(data, at + 12)
        assert zlib.crc32(data[at + 8 : at + 40 + packed]) == u32(data, at + 4), "damaged"
        contents = subprocess.run(
            ["zstd", "-dcq"], input=data[at + 40 : at + 40 + packed], capture_output=True, check=True
        ).stdout
        assert len(contents) == u32(data, at + 8)
        reader.frame(contents, u32(data, at + 16))
        at += 40 + packed
    assert reader.ended, "cut short"


main()
