/* shown.c: what is shown one by one: events and findings. */
#include "faults/findings.h"
#include "report/data.h"

/* --- events --------------------------------------------------------------- */

/* The columns; `where` is of names, which are told once. */
enum {
    SEQUENCE,
    TIME,
    PID,
    KIND,
    LINEAR,
    ERROR,
    WHERE,
    FRAME_BEFORE,
    FRAME_AFTER,
    REFS_BEFORE,
    REFS_AFTER,
    CYCLE,
    COLUMNS,
};

static const char *const column_names[COLUMNS] = {
    "sequence", "time",        "pid",   "kind",       "linear", "error",
    "where",    "frameBefore", "frame", "refsBefore", "refs",   "cycle",
};

struct event_columns {
    json_t *columns[COLUMNS];
    json_t *names;
    json_t *numbers; /* of the names */
};

static json_t *number(int64_t value)
{
    return value == LOG_NONE ? json_null() : json_integer(value);
}

/* The number of the symbol at the fault. */
static json_t *where(struct event_columns *events, struct inquiry *inquiry,
                     const struct fault_row *row)
{
    char text[SYMBOL_TEXT_BYTES];
    const char *symbol = inquiry_symbol(inquiry, row, text, sizeof(text));
    json_t *name = symbol != NULL ? report_text(symbol) : NULL;
    json_t *known;

    if (name == NULL)
        return number(row->eip);
    known = json_object_get(events->numbers, json_string_value(name));
    if (known == NULL) {
        known = json_integer((json_int_t)json_array_size(events->names));
        json_object_set_new(events->numbers, json_string_value(name), known);
        json_array_append(events->names, name);
    }
    json_decref(name);
    return json_pack("[O]", known);
}

static void add_event(struct event_columns *events,
                      const struct picture_log *log, struct inquiry *inquiry,
                      const struct fault_row *row)
{
    int64_t time = log->by_instructions ? row->instructions : row->sequence;
    json_t *const cells[COLUMNS] = {
        [SEQUENCE] = number(row->sequence),
        [TIME] = json_integer(time > 0 ? time : 0),
        [PID] = number(row->pid),
        [KIND] = json_integer(row->kind),
        [LINEAR] = number(row->linear),
        [ERROR] = number(row->error),
        [WHERE] = row->is_fault ? where(events, inquiry, row) : json_null(),
        [FRAME_BEFORE] = number(row->frame_before),
        [FRAME_AFTER] = number(row->frame_after),
        [REFS_BEFORE] = number(row->refs_before),
        [REFS_AFTER] = number(row->refs_after),
        [CYCLE] = number(row->cycle),
    };

    for (unsigned i = 0; i < COLUMNS; i++)
        report_append(events->columns[i], cells[i]);
}

static void read_events(struct event_columns *events,
                        const struct picture_log *log, struct inquiry *inquiry)
{
    struct logstmt *rows = faultlog_prepare(
        &inquiry->log, "SELECT " FAULT_ROW " FROM events ORDER BY sequence");
    struct fault_row row;

    while (!inquiry->log.failed && faultlog_next(&inquiry->log, rows, &row))
        add_event(events, log, inquiry, &row);
    logstmt_free(rows);
}

json_t *report_events(const struct picture_log *log, struct inquiry *inquiry,
                      uint64_t most)
{
    struct event_columns events = {.names = json_array(),
                                   .numbers = json_object()};
    json_t *all = json_object();

    if (log->events > most) {
        json_decref(events.names);
        json_decref(events.numbers);
        json_decref(all);
        return json_null();
    }
    for (unsigned i = 0; i < COLUMNS; i++) {
        events.columns[i] = json_array();
        json_object_set_new(all, column_names[i], events.columns[i]);
    }
    json_object_set_new(all, "names", events.names);
    read_events(&events, log, inquiry);
    json_decref(events.numbers);
    if (!inquiry->log.failed)
        return all;
    json_decref(all);
    return NULL;
}

/* --- findings ------------------------------------------------------------- */

/* When the event of that sequence was, as the log's charts have it. */
static int64_t when(const struct picture_log *log, struct inquiry *inquiry,
                    int64_t sequence)
{
    struct fault_row row;
    int64_t time = sequence;

    if (log->by_instructions)
        time = faultlog_event(&inquiry->log, sequence, &row) ? row.instructions
                                                             : 0;
    return time > 0 ? time : 0;
}

static json_t *finding_json(const struct picture_log *log,
                            struct inquiry *inquiry,
                            const struct finding *finding)
{
    json_t *proofs = json_array();
    json_t *times = json_array();

    for (unsigned i = 0; i < PROOFS_MAX && finding->proofs[i] != 0; i++) {
        report_append(proofs, json_integer(finding->proofs[i]));
        report_append(times,
                      json_integer(when(log, inquiry, finding->proofs[i])));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "verdict",
                     verdict_name(finding->verdict), "pid",
                     number(finding->pid), "linear", number(finding->linear),
                     "pages", number(finding->pages), "proofs", proofs, "times",
                     times, "sentence", report_text(finding->sentence));
}

/* {"counts": {verdict: how many there are in all}, "list": [finding]} */
json_t *report_findings(const struct picture_log *log, struct inquiry *inquiry)
{
    struct findings findings;
    uint32_t shown[VERDICTS] = {0};
    json_t *counts = json_object();
    json_t *list = json_array();

    if (faults_find(inquiry, &findings)) {
        for (uint32_t i = 0; i < findings.count; i++)
            if (shown[findings.list[i].verdict]++ < FINDINGS_SHOWN)
                report_append(list,
                              finding_json(log, inquiry, &findings.list[i]));
        for (unsigned i = 0; i < VERDICTS; i++)
            json_object_set_new(counts, verdict_name((enum verdict)i),
                                json_integer(findings.counts[i]));
    }
    findings_free(&findings);
    if (!inquiry->log.failed)
        return json_pack("{s:o, s:o}", "counts", counts, "list", list);
    json_decref(counts);
    json_decref(list);
    return NULL;
}
