/* packets.c: see packets.h. The fields' numbers are those of Perfetto's
 * protos/perfetto/trace: trace_packet.proto, clock_snapshot.proto,
 * trace_packet_defaults.proto, interned_data/interned_data.proto and, in
 * track_event/, track_event.proto, track_descriptor.proto,
 * debug_annotation.proto, process_descriptor.proto, thread_descriptor.proto and
 * counter_descriptor.proto. */
#include "export/packets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "export/protobuf.h"

enum {
    TRACE_PACKET = 1,

    PACKET_CLOCK_SNAPSHOT = 6,
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE_ID = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_INTERNED_DATA = 12,
    PACKET_SEQUENCE_FLAGS = 13,
    PACKET_COMPRESSED_PACKETS = 50,
    PACKET_TIMESTAMP_CLOCK_ID = 58,
    PACKET_DEFAULTS = 59,
    PACKET_TRACK_DESCRIPTOR = 60,

    SNAPSHOT_CLOCKS = 1,
    CLOCK_ID = 1,
    CLOCK_TIMESTAMP = 2,
    CLOCK_IS_INCREMENTAL = 3,
    CLOCK_UNIT_MULTIPLIER_NS = 4,

    DEFAULTS_TIMESTAMP_CLOCK_ID = 58,

    INTERNED_CATEGORIES = 1,
    INTERNED_EVENT_NAMES = 2,
    INTERNED_ANNOTATION_NAMES = 3,
    INTERNED_IID = 1,
    INTERNED_NAME = 2,

    EVENT_CATEGORY_IIDS = 3,
    EVENT_ANNOTATIONS = 4,
    EVENT_TYPE = 9,
    EVENT_NAME_IID = 10,
    EVENT_TRACK_UUID = 11,
    EVENT_NAME = 23,
    EVENT_COUNTER_VALUE = 30,
    EVENT_FLOW_IDS = 47,
    EVENT_TERMINATING_FLOW_IDS = 48,

    ANNOTATION_NAME_IID = 1,
    ANNOTATION_UINT = 3,
    ANNOTATION_POINTER = 7,

    TRACK_UUID = 1,
    TRACK_NAME = 2,
    TRACK_PROCESS = 3,
    TRACK_THREAD = 4,
    TRACK_PARENT_UUID = 5,
    TRACK_COUNTER = 8,

    PROCESS_PID = 1,
    PROCESS_NAME = 6,
    THREAD_PID = 1,
    THREAD_TID = 2,
    THREAD_NAME = 5,
};

#define SEQUENCE       1u /* all packets are one writer's */
#define STATE_CLEARED  1u /* of the flags */
#define NEEDS_STATE    2u
#define TYPE_COUNTER   4u
#define CLOCK_BOOTTIME 6u /* that of the trace: nanoseconds */
#define CLOCK_INCREMENTAL                                           \
    64u              /* our own: microseconds since the last packet \
                      */
#define BEGINNING 1u /* microseconds, on both */

/* Bytes of packets that are packed together: a reader takes 512 KiB. */
#define GATHERED_MAX ((size_t)256 << 10)

/* Packs what is gathered, and writes it as one packet. */
static void write_gathered(struct packets *packets)
{
    uLongf bytes = compressBound(GATHERED_MAX);
    struct protobuf inner;
    struct protobuf outer;

    if (packets->gathered_bytes == 0)
        return;
    if (compress2(packets->packed, &bytes, packets->gathered,
                  packets->gathered_bytes, Z_DEFAULT_COMPRESSION) != Z_OK) {
        packets->no_memory = true;
        return;
    }
    protobuf_begin(&inner);
    protobuf_header(&inner, PACKET_COMPRESSED_PACKETS, bytes);
    protobuf_begin(&outer);
    protobuf_header(&outer, TRACE_PACKET, inner.count + bytes);
    (void)fwrite(outer.bytes, 1, outer.count, packets->to);
    (void)fwrite(inner.bytes, 1, inner.count, packets->to);
    (void)fwrite(packets->packed, 1, bytes, packets->to);
    packets->gathered_bytes = 0;
}

static void write_packet(struct packets *packets, const struct protobuf *packet)
{
    struct protobuf framed;

    protobuf_begin(&framed);
    protobuf_message(&framed, TRACE_PACKET, packet);
    if (framed.full || packets->no_memory) {
        packets->full |= framed.full;
        return;
    }
    if (framed.count > GATHERED_MAX - packets->gathered_bytes)
        write_gathered(packets);
    if (packets->no_memory)
        return;
    memcpy(packets->gathered + packets->gathered_bytes, framed.bytes,
           framed.count);
    packets->gathered_bytes += framed.count;
}

static void begin_packet(struct protobuf *packet, uint32_t flags)
{
    protobuf_begin(packet);
    protobuf_number(packet, PACKET_SEQUENCE_ID, SEQUENCE);
    protobuf_number(packet, PACKET_SEQUENCE_FLAGS, flags);
}

/* ---- the first packets ---- */

static void add_clock(struct protobuf *snapshot, uint32_t id, uint64_t time,
                      bool incremental)
{
    struct protobuf clock;

    protobuf_begin(&clock);
    protobuf_number(&clock, CLOCK_ID, id);
    protobuf_number(&clock, CLOCK_TIMESTAMP, time);
    if (incremental) {
        protobuf_number(&clock, CLOCK_IS_INCREMENTAL, 1);
        protobuf_number(&clock, CLOCK_UNIT_MULTIPLIER_NS, 1000);
    }
    protobuf_message(snapshot, SNAPSHOT_CLOCKS, &clock);
}

static void add_names(struct protobuf *interned, uint32_t field,
                      const char *const *names)
{
    for (uint32_t i = 0; names[i] != NULL; i++) {
        struct protobuf entry;

        protobuf_begin(&entry);
        protobuf_number(&entry, INTERNED_IID, i + 1);
        protobuf_text(&entry, INTERNED_NAME, names[i]);
        protobuf_message(interned, field, &entry);
    }
}

static void write_clocks(struct packets *packets)
{
    struct protobuf packet;
    struct protobuf snapshot;

    begin_packet(&packet, NEEDS_STATE);
    protobuf_begin(&snapshot);
    add_clock(&snapshot, CLOCK_BOOTTIME, BEGINNING * 1000, false);
    add_clock(&snapshot, CLOCK_INCREMENTAL, BEGINNING, true);
    protobuf_message(&packet, PACKET_CLOCK_SNAPSHOT, &snapshot);
    write_packet(packets, &packet);
}

bool packets_begin(struct packets *packets, FILE *to,
                   const struct packet_names *names)
{
    struct protobuf packet;
    struct protobuf part;

    *packets = (struct packets){
        .to = to,
        .gathered = malloc(GATHERED_MAX),
        .packed = malloc(compressBound(GATHERED_MAX)),
        .now = BEGINNING,
    };
    if (packets->gathered == NULL || packets->packed == NULL) {
        packets->no_memory = true;
        return false;
    }
    begin_packet(&packet, STATE_CLEARED);
    protobuf_begin(&part);
    protobuf_number(&part, DEFAULTS_TIMESTAMP_CLOCK_ID, CLOCK_INCREMENTAL);
    protobuf_message(&packet, PACKET_DEFAULTS, &part);
    protobuf_begin(&part);
    add_names(&part, INTERNED_CATEGORIES, names->categories);
    add_names(&part, INTERNED_EVENT_NAMES, names->names);
    add_names(&part, INTERNED_ANNOTATION_NAMES, names->arguments);
    protobuf_message(&packet, PACKET_INTERNED_DATA, &part);
    write_packet(packets, &packet);
    write_clocks(packets);
    return true;
}

bool packets_end(struct packets *packets)
{
    if (!packets->no_memory)
        write_gathered(packets);
    free(packets->gathered);
    free(packets->packed);
    return !packets->no_memory;
}

/* ---- tracks ---- */

static void write_track(struct packets *packets, const struct protobuf *track)
{
    struct protobuf packet;

    begin_packet(&packet, NEEDS_STATE);
    protobuf_message(&packet, PACKET_TRACK_DESCRIPTOR, track);
    write_packet(packets, &packet);
}

void packets_process(struct packets *packets, uint32_t pid, const char *name)
{
    struct protobuf track;
    struct protobuf part;

    protobuf_begin(&part);
    protobuf_number(&part, PROCESS_PID, pid);
    protobuf_text(&part, PROCESS_NAME, name);
    protobuf_begin(&track);
    protobuf_number(&track, TRACK_UUID, packets_track_of(pid) - 1);
    protobuf_message(&track, TRACK_PROCESS, &part);
    write_track(packets, &track);

    protobuf_begin(&part);
    protobuf_number(&part, THREAD_PID, pid);
    protobuf_number(&part, THREAD_TID, pid);
    protobuf_text(&part, THREAD_NAME, name);
    protobuf_begin(&track);
    protobuf_number(&track, TRACK_UUID, packets_track_of(pid));
    protobuf_number(&track, TRACK_PARENT_UUID, packets_track_of(pid) - 1);
    protobuf_message(&track, TRACK_THREAD, &part);
    write_track(packets, &track);
}

void packets_counter(struct packets *packets, uint64_t track, const char *name)
{
    struct protobuf descriptor;
    struct protobuf counter;

    protobuf_begin(&counter);
    protobuf_begin(&descriptor);
    protobuf_number(&descriptor, TRACK_UUID, track);
    protobuf_text(&descriptor, TRACK_NAME, name);
    protobuf_message(&descriptor, TRACK_COUNTER, &counter);
    write_track(packets, &descriptor);
}

void packets_track(struct packets *packets, uint64_t track, const char *name)
{
    struct protobuf descriptor;

    protobuf_begin(&descriptor);
    protobuf_number(&descriptor, TRACK_UUID, track);
    protobuf_text(&descriptor, TRACK_NAME, name);
    write_track(packets, &descriptor);
}

/* ---- events ---- */

static void add_time(struct packets *packets, struct protobuf *packet,
                     uint64_t time)
{
    if (time > PACKETS_TIME_MAX)
        time = PACKETS_TIME_MAX;
    if (time >= packets->now) {
        protobuf_number(packet, PACKET_TIMESTAMP, time - packets->now);
        packets->now = time;
    } else {
        protobuf_number(packet, PACKET_TIMESTAMP, time * 1000);
        protobuf_number(packet, PACKET_TIMESTAMP_CLOCK_ID, CLOCK_BOOTTIME);
    }
}

static void add_arguments(struct protobuf *track_event,
                          const struct packet_event *event)
{
    for (uint32_t i = 0; i < event->argument_count; i++) {
        const struct packet_argument *argument = &event->arguments[i];
        struct protobuf annotation;

        protobuf_begin(&annotation);
        protobuf_number(&annotation, ANNOTATION_NAME_IID, argument->name);
        protobuf_number(&annotation,
                        argument->address ? ANNOTATION_POINTER
                                          : ANNOTATION_UINT,
                        argument->value);
        protobuf_message(track_event, EVENT_ANNOTATIONS, &annotation);
    }
}

void packets_event(struct packets *packets, const struct packet_event *event)
{
    struct protobuf packet;
    struct protobuf inner;

    protobuf_begin(&inner);
    protobuf_number(&inner, EVENT_TYPE, event->type);
    protobuf_number(&inner, EVENT_TRACK_UUID, event->track);
    if (event->category != 0)
        protobuf_number(&inner, EVENT_CATEGORY_IIDS, event->category);
    if (event->text != NULL)
        protobuf_text(&inner, EVENT_NAME, event->text);
    else if (event->name != 0)
        protobuf_number(&inner, EVENT_NAME_IID, event->name);
    if (event->flow != 0)
        protobuf_fixed64(&inner, EVENT_FLOW_IDS, event->flow);
    if (event->flow_end != 0)
        protobuf_fixed64(&inner, EVENT_TERMINATING_FLOW_IDS, event->flow_end);
    add_arguments(&inner, event);
    begin_packet(&packet, NEEDS_STATE);
    add_time(packets, &packet, event->time);
    protobuf_message(&packet, PACKET_TRACK_EVENT, &inner);
    write_packet(packets, &packet);
}

void packets_count(struct packets *packets, uint64_t time, uint64_t track,
                   uint64_t value)
{
    struct protobuf packet;
    struct protobuf inner;

    protobuf_begin(&inner);
    protobuf_number(&inner, EVENT_TYPE, TYPE_COUNTER);
    protobuf_number(&inner, EVENT_TRACK_UUID, track);
    protobuf_number(&inner, EVENT_COUNTER_VALUE, value);
    begin_packet(&packet, NEEDS_STATE);
    add_time(packets, &packet, time);
    protobuf_message(&packet, PACKET_TRACK_EVENT, &inner);
    write_packet(packets, &packet);
}

static void add_argument(struct packet_event *event,
                         struct packet_argument argument)
{
    assert(event->argument_count < PACKET_ARGUMENTS_MAX);
    if (event->argument_count < PACKET_ARGUMENTS_MAX)
        event->arguments[event->argument_count++] = argument;
}

void packet_add(struct packet_event *event, uint32_t name, uint64_t value)
{
    add_argument(event, (struct packet_argument){name, false, value});
}

void packet_add_address(struct packet_event *event, uint32_t name,
                        uint64_t value)
{
    add_argument(event, (struct packet_argument){name, true, value});
}
