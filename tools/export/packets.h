/* packets.h: a trace of Perfetto's own format: a file of TracePackets with
 * TrackEvents in them, written one after the other.
 *
 * Times are microseconds. A packet that is not older than the one before takes
 * a few bytes for its time, an older one some more: the reader sorts them. They
 * are packed by zlib, many together. */
#ifndef MMU386_EXPORT_PACKETS_H
#define MMU386_EXPORT_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* of a time: in nanoseconds it still has 63 bits */
#define PACKETS_TIME_MAX ((uint64_t)INT64_MAX / 1000)
/* tracks have numbers: those below are no process's */
#define PACKETS_OWN_TRACKS 16u

struct packets {
    FILE *to;
    uint8_t *gathered; /* not written yet */
    size_t gathered_bytes;
    uint8_t *packed; /* room for them when they are packed */
    uint64_t now;    /* time of the last packet that was not older */
    bool full;       /* a packet was too long, and left out */
    bool no_memory;
};

enum packet_event_type {
    PACKET_BEGIN = 1, /* a slice */
    PACKET_END,
    PACKET_INSTANT,
};

/* What a name or a category is called by: 1 to the count of those that
 * packets_begin was given; 0: none. */
struct packet_argument {
    uint32_t name;
    bool address; /* shown in hexadecimal */
    uint64_t value;
};

#define PACKET_ARGUMENTS_MAX 10u

struct packet_event {
    enum packet_event_type type;
    uint64_t time;
    uint64_t track;
    uint32_t name, category;
    const char *text;  /* a name of its own, or NULL */
    uint64_t flow;     /* 0: none. An arrow goes from the event that has it */
    uint64_t flow_end; /* to the one that has it here */
    struct packet_argument arguments[PACKET_ARGUMENTS_MAX];
    uint32_t argument_count;
};

/* Names that packets have by their numbers, from 1 on; NULL behind the last. */
struct packet_names {
    const char *const *names, *const *categories, *const *arguments;
};

/* Begins a trace with what the packets need: the names and the clock. False
 * where memory is short; packets_end is due either way. */
bool packets_begin(struct packets *packets, FILE *to,
                   const struct packet_names *names);

/* The number of a process's track; pid: 1 to INT32_MAX. */
static inline uint64_t packets_track_of(uint32_t pid)
{
    return PACKETS_OWN_TRACKS + 1 + (uint64_t)pid * 2;
}

/* Tells of that track. */
void packets_process(struct packets *packets, uint32_t pid, const char *name);

/* Writes what is left to be written. False where memory was short. */
bool packets_end(struct packets *packets);

/* A track of a counter; a track of events that are no process's. */
void packets_counter(struct packets *packets, uint64_t track, const char *name);
void packets_track(struct packets *packets, uint64_t track, const char *name);

/* Writes an event; a counter's new value. */
void packets_event(struct packets *packets, const struct packet_event *event);
void packets_count(struct packets *packets, uint64_t time, uint64_t track,
                   uint64_t value);

/* Adds an argument to an event, which has room for it. */
void packet_add(struct packet_event *event, uint32_t name, uint64_t value);
void packet_add_address(struct packet_event *event, uint32_t name,
                        uint64_t value);

#endif
