#!/usr/bin/env python3
"""Reads a trace of Perfetto's own format by the field numbers of its protos (trace_packet.proto,
clock_snapshot.proto, interned_data.proto, track_event.proto, track_descriptor.proto,
debug_annotation.proto), checks what a reader expects of it, and prints what it has as JSON."""

import json
import sys
import zlib


class Bad(Exception):
    pass


def check(holds, why):
    if not holds:
        raise Bad(why)


def varint(data, at):
    value = shift = 0
    while True:
        check(at < len(data) and shift < 70, "a varint that does not end")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The fields of a message: (number, wire type, value)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = int.from_bytes(data[at : at + 8], "little"), at + 8
        else:
            check(wire == 2, f"wire type {wire}")
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        check(at <= len(data), "a field that is cut short")
        yield number, wire, value


def message(data, schema):
    """A dict of a message by a schema {number: (name, type)}; a list in the type: repeated."""
    result = {}
    for number, wire, value in fields(data):
        check(number in schema, f"field {number}, which the schema has not")
        name, kind = schema[number]
        repeated = isinstance(kind, list)
        if repeated:
            kind = kind[0]
        check(wire == {"int": 0, "fixed64": 1}.get(kind, 2) if isinstance(kind, str) else wire == 2,
              f"{name} has wire type {wire}")
        if isinstance(kind, dict):
            value = message(value, kind)
        elif kind == "text":
            value = value.decode("utf-8")
        if repeated:
            result.setdefault(name, []).append(value)
        else:
            check(name not in result, f"{name} is there twice")
            result[name] = value
    return result


INTERNED = {1: ("iid", "int"), 2: ("name", "text")}
CLOCK = {1: ("clock_id", "int"), 2: ("timestamp", "int"), 3: ("is_incremental", "int"),
         4: ("unit_multiplier_ns", "int")}
ANNOTATION = {1: ("name_iid", "int"), 3: ("uint_value", "int"), 7: ("pointer_value", "int")}
PACKET = {
    6: ("clock_snapshot", {1: ("clocks", [CLOCK])}),
    8: ("timestamp", "int"),
    10: ("trusted_packet_sequence_id", "int"),
    11: ("track_event", {
        3: ("category_iids", ["int"]), 4: ("debug_annotations", [ANNOTATION]), 9: ("type", "int"),
        10: ("name_iid", "int"), 11: ("track_uuid", "int"), 23: ("name", "text"),
        30: ("counter_value", "int"), 47: ("flow_ids", ["fixed64"]),
        48: ("terminating_flow_ids", ["fixed64"])}),
    12: ("interned_data", {1: ("event_categories", [INTERNED]), 2: ("event_names", [INTERNED]),
                           3: ("debug_annotation_names", [INTERNED])}),
    13: ("sequence_flags", "int"),
    50: ("compressed_packets", "bytes"),
    58: ("timestamp_clock_id", "int"),
    59: ("trace_packet_defaults", {58: ("timestamp_clock_id", "int")}),
    60: ("track_descriptor", {
        1: ("uuid", "int"), 2: ("name", "text"),
        3: ("process", {1: ("pid", "int"), 6: ("process_name", "text")}),
        4: ("thread", {1: ("pid", "int"), 2: ("tid", "int"), 5: ("thread_name", "text")}),
        5: ("parent_uuid", "int"), 8: ("counter", {})}),
}
BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


class Trace:
    def __init__(self):
        self.tracks = {}
        self.events = []  # (nanoseconds, packet's number, event)
        self.names = {"event_categories": {}, "event_names": {}, "debug_annotation_names": {}}
        self.clock = self.default = None
        self.valid = False

    def time(self, packet):
        clock = packet.get("timestamp_clock_id", self.default)
        check("timestamp" in packet, "an event without a time")
        if clock == 6:
            return packet["timestamp"]
        check(clock == 64 and self.clock, "a clock that nobody set")
        self.clock["timestamp"] += packet["timestamp"]
        return self.clock["timestamp"] * self.clock["unit_multiplier_ns"]

    def snapshot(self, clocks):
        by_id = {clock["clock_id"]: clock for clock in clocks}
        self.clock = by_id[64]
        check(self.clock["is_incremental"] == 1, "clock 64 is not incremental")
        check(by_id[6]["timestamp"] == self.clock["timestamp"] * self.clock["unit_multiplier_ns"],
              "the clocks are not the same")

    def event(self, packet, number):
        event = packet["track_event"]
        check(event.get("track_uuid") in self.tracks, "an event on a track that is not there yet")
        if "name_iid" in event:
            event["name"] = self.names["event_names"][event["name_iid"]]
        event["categories"] = [self.names["event_categories"][iid]
                               for iid in event.get("category_iids", [])]
        event["args"] = {
            self.names["debug_annotation_names"][one["name_iid"]]:
            one.get("uint_value", one.get("pointer_value"))
            for one in event.get("debug_annotations", [])}
        self.events.append((self.time(packet), number, event))

    def packet(self, packet, number):
        check(packet.get("trusted_packet_sequence_id") == 1, "a packet of no sequence")
        flags = packet.get("sequence_flags", 0)
        self.valid = self.valid or flags & 1 != 0
        check(self.valid and flags in (1, 2), "a packet that does not say what it needs")
        if "trace_packet_defaults" in packet:
            self.default = packet["trace_packet_defaults"]["timestamp_clock_id"]
        for kind, entries in packet.get("interned_data", {}).items():
            for entry in entries:
                check(entry["iid"] not in self.names[kind] and entry["iid"] > 0, "an iid twice")
                self.names[kind][entry["iid"]] = entry["name"]
        if "clock_snapshot" in packet:
            self.snapshot(packet["clock_snapshot"]["clocks"])
        if "track_descriptor" in packet:
            track = packet["track_descriptor"]
            check(track["uuid"] not in self.tracks, "a track twice")
            check(track.get("parent_uuid", track["uuid"]) in {track["uuid"], *self.tracks},
                  "a track without its parent")
            self.tracks[track["uuid"]] = track
        if "track_event" in packet:
            self.event(packet, number)


def pair_slices(trace):
    """Slices in the order of their ends; each track's are one in the other."""
    stacks, slices, instants = {}, [], []
    for time, _, event in sorted(trace.events, key=lambda one: one[:2]):
        stack = stacks.setdefault(event["track_uuid"], [])
        about = {"track": event["track_uuid"], "name": event.get("name"), "ts": time,
                 "args": event["args"], "categories": event["categories"], "depth": len(stack)}
        if event["type"] == BEGIN:
            stack.append(about)
        elif event["type"] == END:
            check(stack, f"an end without a beginning on track {event['track_uuid']} at {time}")
            begun = stack.pop()
            slices.append({**begun, "dur": time - begun["ts"]})
        elif event["type"] == INSTANT:
            instants.append(about)
    check(not any(stacks.values()), "slices that do not end")
    return slices, instants


def pair_flows(trace):
    begun, ended = {}, {}
    for time, _, event in trace.events:
        for flow in event.get("flow_ids", []):
            check(flow not in begun, "a flow that begins twice")
            begun[flow] = (time, event)
        for flow in event.get("terminating_flow_ids", []):
            check(flow not in ended, "a flow that ends twice")
            ended[flow] = (time, event)
    check(begun.keys() == ended.keys(), "flows that are not paired")
    check(all(begun[flow][0] <= ended[flow][0] for flow in begun), "a flow back in time")
    return [{"from": begun[flow][1].get("name"), "to": ended[flow][1].get("name"),
             "from_track": begun[flow][1]["track_uuid"], "to_track": ended[flow][1]["track_uuid"],
             "from_args": begun[flow][1]["args"], "to_args": ended[flow][1]["args"]}
            for flow in begun]


def counters(trace):
    values = {}
    for time, _, event in trace.events:
        is_counter = "counter" in trace.tracks[event["track_uuid"]]
        check(is_counter == (event["type"] == COUNTER), "a counter's event on no counter's track")
        if not is_counter:
            continue
        mine = values.setdefault(trace.tracks[event["track_uuid"]]["name"], [])
        check(not mine or mine[-1][0] <= time, "a counter back in time")
        mine.append([time, event["counter_value"]])
    return values


def packets(data):
    """The packets of a trace, and those that are packed in one."""
    for field, wire, packet in fields(data):
        check(field == 1 and wire == 2, "what is no packet")
        packet = message(packet, PACKET)
        if "compressed_packets" in packet:
            unpacked = zlib.decompress(packet["compressed_packets"])
            check(len(packet) == 1 and len(unpacked) <= 512 << 10, "too much in one packet")
            yield from packets(unpacked)
        else:
            yield packet


def main(path):
    trace = Trace()
    with open(path, "rb") as file:
        data = file.read()
    for number, packet in enumerate(packets(data)):
        trace.packet(packet, number)
    slices, instants = pair_slices(trace)
    json.dump({"tracks": list(trace.tracks.values()), "slices": slices, "instants": instants,
               "flows": pair_flows(trace), "counters": counters(trace)}, sys.stdout)


try:
    main(sys.argv[1])
except Bad as bad:
    sys.exit(f"{sys.argv[1]}: {bad}")
