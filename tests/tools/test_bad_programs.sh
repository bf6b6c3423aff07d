#!/bin/sh
# Programs that cannot be run: one line says why, and the exit status is 126, or 127 where there is
# none. The simulator is not hurt.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# cannot STATUS 'why' PROGRAM, by run and compare alike.
cannot() {
    for command in run compare; do
        try "$mmu386" $command "$3"
        expect_status "$1"
        expect_error "mmu386: $3: $2"
        expect_output ''
    done
}

cannot 127 'No such file or directory' "$dir/none"
cannot 127 'No such file or directory' ''
cannot 127 'Not a directory' "$guest/value/none"
cannot 126 'is a directory' "$dir"
cannot 126 'is not a regular file' /dev/null
: >"$dir/empty"
cannot 126 'is empty' "$dir/empty"
mkfifo "$dir/fifo"
cannot 126 'is not a regular file' "$dir/fifo"
echo 'int main;' >"$dir/text"
cannot 126 'is not an ELF file' "$dir/text"
printf '#!/bin/sh\nexit 0\n' >"$dir/script"
cannot 126 'is a script (run its interpreter, /bin/sh, with the script as argument)' "$dir/script"
# A flat kernel of multiboot: magic, flags, checksum; a boot sector; what is one for DOS.
printf '\002\260\255\033\000\000\000\000\376\117\122\344' >"$dir/flat"
cannot 126 'is not an ELF file but a kernel (multiboot)' "$dir/flat"
{
    head -c 510 /dev/zero
    printf '\125\252'
} >"$dir/sector"
cannot 126 'is not an ELF file but a boot sector' "$dir/sector"
printf 'MZ\220' >"$dir/dos"
cannot 126 'is not an ELF file but a program for DOS or Windows' "$dir/dos"
make_cat "$dir/kernel"
while [ $(($(wc -c <"$dir/kernel") % 4)) -ne 0 ]; do printf '\000' >>"$dir/kernel"; done
cat "$dir/flat" >>"$dir/kernel"
cannot 126 'is a kernel (multiboot), not a program for Linux' "$dir/kernel"

# A path is as given: a bare name is looked for in the current directory, not in PATH.
what='a bare name'
cp "$guest/value" "$dir/value"
status=0
(cd "$dir" && exec "$mmu386" run value) >"$out" 2>"$err" || status=$?
expect_status 0
what='a bare name that is in PATH alone'
status=0
(cd "$dir" && exec "$mmu386" run sh) >"$out" 2>"$err" || status=$?
expect_status 127

# The start of a good program, however short.
for bytes in 1 4 5 16 51 52 83 100 255; do
    make_cat "$dir/cat"
    head -c $bytes "$dir/cat" >"$dir/short"
    try "$mmu386" run "$dir/short"
    expect_status 126
    expect_told '^mmu386: .*/short: is (truncated|not an ELF file)'
done

# What the header says otherwise: byte, value in octal, and what is said to it.
while read -r byte value why; do
    make_cat "$dir/other"
    # shellcheck disable=SC2059 # it is a format
    printf "\\$value" | dd of="$dir/other" bs=1 seek="$byte" conv=notrunc 2>/dev/null
    cannot 126 "$why" "$dir/other"
done <<'END'
4 002 is a 64-bit program (gcc -m32 -static builds one that runs here)
4 007 is of an unknown ELF class (7)
5 002 is big-endian
16 001 is an object file (it is to be linked: gcc -m32 -static)
16 004 is a core dump
18 050 is not an i386 program (it is one for ARM)
18 076 is not an i386 program (it is one for x86-64, the x32 ABI)
18 052 is not an i386 program
44 000 has no segments to load
END

# The machine's own programs, where it has them.
if [ "$(head -c 5 /bin/true | tail -c 1 | od -An -to1 | tr -d ' ')" = 002 ]; then
    cannot 126 'is a 64-bit program (gcc -m32 -static builds one that runs here)' /bin/true
fi
echo 'int main(void) { return 0; }' >"$dir/main.c"
if ${CC:-cc} -m32 -o "$dir/dynamic" "$dir/main.c" 2>/dev/null; then
    cannot 126 'is dynamically linked (gcc -m32 -static builds one that runs here)' "$dir/dynamic"
fi

# Programs that start, and then do nonsense.
make_program "$dir/ud2" '\017\013'
try "$mmu386" run "$dir/ud2"
expect_status 132
make_program "$dir/run-off" '\220'
try "$mmu386" run "$dir/run-off"
[ "$status" -gt 128 ] || fail "exit status $status"
make_program "$dir/no-call" '\270\377\377\377\377\315\200\211\303\270\001\000\000\000\315\200'
try "$mmu386" run "$dir/no-call"
expect_status 218 # -ENOSYS
# The processor read the descriptor for the program, which may not read it itself:
# mov eax, ds; mov gs, eax; mov eax, [0xC0000028]
make_program "$dir/descriptor" '\214\330\216\350\241\050\000\000\300'
for options in '' --functional; do
    # shellcheck disable=SC2086 # nothing, or a word
    try "$mmu386" run $options "$dir/descriptor"
    expect_status 139
    expect_told '^mmu386: pid 2: page fault at 0xc0000028, error 0x5 '
done

finish
