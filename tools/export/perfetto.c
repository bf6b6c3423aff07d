/* perfetto.c: a log as trace events: https://perfetto.dev opens them.
 *
 * A timestamp, in microseconds there, is the event's cycle; in a log of a run
 * without the clock it is the event's sequence number. Process 1 is the
 * machine: it has the counters, and what happened before the first program
 * ran. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

#include "census.h"
#include "command.h"
#include "export/export.h"
#include "logevents.h"
#include "output.h"
#include "paging.h"
#include "plain.h"

#define MACHINE_PID 1

struct trace {
    FILE *to;
    bool begun;     /* an event was written */
    bool no_memory; /* one was lost */
};

static void begin_trace(struct trace *trace)
{
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", trace->to);
}

static void end_trace(struct trace *trace)
{
    fputs("\n]}\n", trace->to);
}

/* Writes one event, which it takes over. */
static void write_event(struct trace *trace, json_t *event)
{
    fputs(trace->begun ? ",\n" : "\n", trace->to);
    trace->begun = true;
    if (!output_json(trace->to, event, JSON_COMPACT, ""))
        trace->no_memory = true;
}

/* --- names of the tracks -------------------------------------------------- */

static void write_name(struct trace *trace, int64_t pid, const char *program)
{
    char plain[128];
    json_int_t id = pid;

    plain_text(program, plain, sizeof(plain));
    write_event(trace, json_pack("{s:s, s:s, s:I, s:I, s:{s:s}}", "name",
                                 "process_name", "ph", "M", "pid", id, "tid",
                                 id, "args", "name", plain));
    write_event(trace, json_pack("{s:s, s:s, s:I, s:I, s:{s:s}}", "name",
                                 "thread_name", "ph", "M", "pid", id, "tid", id,
                                 "args", "name", plain));
    write_event(trace, json_pack("{s:s, s:s, s:I, s:I, s:{s:I}}", "name",
                                 "process_sort_index", "ph", "M", "pid", id,
                                 "tid", id, "args", "sort_index", id));
}

static bool write_names(struct trace *trace, struct logdb *db)
{
    struct logstmt *rows =
        logdb_prepare(db, "SELECT pid, programs.name FROM processes LEFT JOIN "
                          "programs ON programs.id = "
                          "processes.program ORDER BY pid");
    int more = -1;

    write_name(trace, MACHINE_PID, "machine");
    while (rows != NULL && !ferror(trace->to) &&
           (more = logstmt_step(rows)) == 1)
        if (logstmt_int(rows, 0) != MACHINE_PID)
            write_name(trace, logstmt_int(rows, 0), logstmt_text(rows, 1));
    logstmt_free(rows);
    return more >= 0;
}

/* --- events --------------------------------------------------------------- */

static json_t *hex(uint32_t value)
{
    char text[16];

    snprintf(text, sizeof(text), "0x%08" PRIx32, value);
    return json_string(text);
}

static json_t *error_words(uint32_t error)
{
    char text[64];

    snprintf(text, sizeof(text), "%s, %s, %s%s",
             error & MMU_PF_P ? "protection" : "not present",
             error & MMU_PF_W ? "write" : "read",
             error & MMU_PF_U ? "user" : "supervisor",
             error & MMU_PF_RSVD ? ", reserved bit" : "");
    return json_string(text);
}

static json_t *instructions_or_null(const struct log_event *event)
{
    return event->instructions >= 0 ? json_integer(event->instructions)
                                    : json_null();
}

static json_t *cycle_or_null(const struct log_event *event)
{
    return event->cycle >= 0 ? json_integer(event->cycle) : json_null();
}

static json_int_t time_of(const struct log_event *event)
{
    return event->cycle >= 0 ? event->cycle : event->sequence;
}

static int64_t track_of(const struct log_event *event)
{
    return event->pid > MACHINE_PID ? event->pid : MACHINE_PID;
}

static void write_fault(struct trace *trace, const struct log_event *event)
{
    json_t *args = json_pack(
        "{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, "
        "s:I, s:o}",
        "cr2", hex(event->linear), "error", (int)event->error, "error bits",
        error_words(event->error), "eip", hex(event->eip), "pde before",
        hex(event->pde_before), "pde after", hex(event->pde_after),
        "pte before", hex(event->pte_before), "pte after",
        hex(event->pte_after), "frame before", (json_int_t)event->frame_before,
        "frame after", (json_int_t)event->frame_after, "references before",
        (json_int_t)event->refs_before, "references after",
        (json_int_t)event->refs_after, "instructions",
        instructions_or_null(event), "sequence", (json_int_t)event->sequence,
        "cycle", cycle_or_null(event));

    if (args == NULL) {
        trace->no_memory = true;
        return;
    }
    write_event(trace,
                json_pack("{s:s, s:s, s:s, s:I, s:i, s:I, s:I, s:o}", "name",
                          log_kind_name(event->kind), "cat", "fault", "ph", "X",
                          "ts", time_of(event), "dur", 1, "pid",
                          (json_int_t)track_of(event), "tid",
                          (json_int_t)track_of(event), "args", args));
}

/* What `value` is called in the arguments of an event of that kind. */
static const char *value_name(enum log_kind kind)
{
    switch (kind) {
    case LOG_FORK:
        return "child";
    case LOG_EXIT:
        return "wait status";
    case LOG_KILL:
        return "signal";
    default:
        return NULL;
    }
}

static void write_instant(struct trace *trace, const struct log_event *event)
{
    const char *name = value_name(event->kind);
    json_t *args = json_pack(
        "{s:o, s:I, s:o}", "instructions", instructions_or_null(event),
        "sequence", (json_int_t)event->sequence, "cycle", cycle_or_null(event));

    if (name != NULL &&
        json_object_set_new(args, name, json_integer(event->value)) != 0)
        trace->no_memory = true;
    write_event(trace,
                json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "name",
                          log_kind_name(event->kind), "cat", "process", "ph",
                          "i", "s", "t", "ts", time_of(event), "pid",
                          (json_int_t)track_of(event), "tid",
                          (json_int_t)track_of(event), "args", args));
}

static void write_counters(struct trace *trace, const struct census *census,
                           json_int_t time)
{
    json_t *args = json_object();

    for (unsigned kind = 0; kind < CENSUS_KINDS; kind++)
        if (json_object_set_new(args, census_kind_name((enum census_kind)kind),
                                json_integer(census->in_use[kind])) != 0)
            trace->no_memory = true;
    write_event(trace, json_pack("{s:s, s:s, s:I, s:I, s:o}", "name",
                                 "frames in use", "ph", "C", "ts", time, "pid",
                                 (json_int_t)MACHINE_PID, "args", args));
}

static bool is_of_process(enum log_kind kind)
{
    return kind == LOG_FORK || kind == LOG_EXEC || kind == LOG_EXIT ||
           kind == LOG_KILL;
}

static bool write_one(struct trace *trace, struct census *census,
                      const struct log_event *event)
{
    uint32_t before[CENSUS_KINDS];

    memcpy(before, census->in_use, sizeof(before));
    if (!census_count(census, event))
        return false;
    if (event->is_fault)
        write_fault(trace, event);
    else if (is_of_process(event->kind))
        write_instant(trace, event);
    if (memcmp(before, census->in_use, sizeof(before)) != 0)
        write_counters(trace, census, time_of(event));
    return !trace->no_memory;
}

static bool write_all(struct trace *trace, struct log_events *events,
                      struct census *census, const char *path)
{
    struct log_event event;
    int more = 0;

    while (!ferror(trace->to) &&
           (more = log_events_next(events, &event)) == 1) {
        if (!write_one(trace, census, &event)) {
            complain(path, "%s", strerror(ENOMEM));
            return false;
        }
    }
    return more >= 0 || log_failed(path, events->db);
}

bool export_perfetto(struct logdb *db, const char *path, FILE *to)
{
    struct trace trace = {.to = to};
    struct log_events events;
    struct census census;
    bool whole;

    if (!census_init(&census)) {
        complain(path, "%s", strerror(ENOMEM));
        return false;
    }
    begin_trace(&trace);
    whole = log_events_begin(&events, db) && write_names(&trace, db)
                ? write_all(&trace, &events, &census, path)
                : log_failed(path, db);
    end_trace(&trace);
    log_events_end(&events);
    census_free(&census);
    return whole;
}
