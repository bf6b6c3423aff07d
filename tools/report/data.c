/* data.c: see data.h. */
#include "report/data.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "plain.h"

static bool lost; /* something, as memory was short */

void report_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        lost = true;
}

json_t *report_text(const char *text)
{
    char plain[1024];

    return json_string(plain_text(text, plain, sizeof(plain)));
}

void report_log_name(const struct picture_log *logs, uint32_t count,
                     uint32_t which, char *name, size_t name_bytes)
{
    bool unlike = logs[which].policy[0] != '\0';

    for (uint32_t i = 0; i < count; i++)
        if (i != which && strcmp(logs[i].policy, logs[which].policy) == 0)
            unlike = false;
    if (unlike || count == 1)
        snprintf(name, name_bytes, "%s", logs[which].policy);
    else
        snprintf(name, name_bytes, "%s (%s)", logs[which].policy,
                 logs[which].path);
}

/* --- over time: an array with a number for each part of it ---------------- */

static json_t *kinds_of_frames(const struct picture_log *log)
{
    json_t *all = json_array();

    for (unsigned kind = 0; kind < CENSUS_KINDS; kind++) {
        json_t *numbers = json_array();

        for (uint32_t i = 0; i < log->frame_parts; i++)
            report_append(numbers, json_integer(log->frames[i].in_use[kind]));
        report_append(all, numbers);
    }
    return all;
}

static json_t *kinds_of_faults(const struct picture_log *log)
{
    json_t *all = json_array();

    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        json_t *numbers = json_array();

        for (uint32_t i = 0; i < log->frame_parts; i++)
            report_append(numbers, json_integer(log->faults[i][kind]));
        report_append(all, numbers);
    }
    return all;
}

/* Where no event was, the clock is not known. */
static json_t *clocks(const struct picture_log *log)
{
    json_t *numbers = json_array();

    for (uint32_t i = 0; i < log->frame_parts; i++)
        report_append(numbers, log->clocks[i] == 0
                                   ? json_null()
                                   : json_integer((json_int_t)log->clocks[i]));
    return numbers;
}

static json_t *flushes(const struct picture_log *log)
{
    json_t *numbers = json_array();

    for (uint32_t i = 0; i < log->frame_parts; i++)
        report_append(numbers, json_integer(log->flushes[i]));
    return numbers;
}

static json_t *forks(const struct picture_log *log)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < log->frame_parts; i++)
        if (log->forks[i].forks != 0)
            report_append(all, json_pack("[i, i, I]", i, log->forks[i].forks,
                                         (json_int_t)log->forks[i].worst));
    return all;
}

/* --- the map of pages ----------------------------------------------------- */

static json_t *groups(const struct picture_log *log)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < log->group_count; i++) {
        const struct heat_group *group = &log->groups[i];

        report_append(
            all,
            json_pack("{s:o, s:i, s:i, s:i, s:i, s:i}", "name",
                      report_text(group->name), "first", (int)group->first_page,
                      "last", (int)group->last_page, "pages", (int)group->pages,
                      "row", (int)group->first_row, "rows", (int)group->rows));
    }
    return all;
}

static json_t *rows(const struct picture_log *log)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < log->heat_rows; i++)
        report_append(all,
                      json_pack("[i, i, i]", (int)log->row_pages[i].first_page,
                                (int)log->row_pages[i].last_page,
                                (int)log->row_pages[i].pages));
    return all;
}

/* Each that had a fault: row, part of time, faults, one behind the other. */
static json_t *cells(const struct picture_log *log)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < log->heat_rows * HEAT_PARTS; i++) {
        if (log->heat[i] == 0)
            continue;
        report_append(all, json_integer(i / HEAT_PARTS));
        report_append(all, json_integer(i % HEAT_PARTS));
        report_append(all, json_integer(log->heat[i]));
    }
    return all;
}

/* --- processes ------------------------------------------------------------ */

static json_t *processes(const struct picture_log *log)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < log->process_count; i++) {
        const struct picture_process *process = &log->processes[i];

        report_append(all, json_pack("{s:I, s:I, s:o, s:I, s:I, s:o}", "pid",
                                     (json_int_t)process->pid, "parent",
                                     (json_int_t)process->parent, "program",
                                     report_text(process->program), "birth",
                                     (json_int_t)process->birth, "death",
                                     (json_int_t)process->death, "status",
                                     process->dead
                                         ? json_integer(process->wait_status)
                                         : json_null()));
    }
    return all;
}

static json_t *execs(const struct picture_log *log)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < log->exec_count; i++)
        report_append(all, json_pack("[I, i]", (json_int_t)log->execs[i].time,
                                     (int)log->execs[i].row));
    return all;
}

/* --- the whole ------------------------------------------------------------ */

static json_t *words(const char *(*word)(unsigned), unsigned count)
{
    json_t *all = json_array();

    for (unsigned i = 0; i < count; i++)
        report_append(all, json_string(word(i)));
    return all;
}

static const char *event_word(unsigned kind)
{
    return log_kind_name((enum log_kind)kind);
}

static const char *frame_word(unsigned kind)
{
    return census_kind_name((enum census_kind)kind);
}

/* How many events a log may have to be told of one by one: any number where all
 * logs together have few, else a share of that. */
static uint64_t most_events(const struct picture_log *logs, uint32_t count)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < count; i++)
        all += logs[i].events;
    return all <= EVENTS_SHOWN ? EVENTS_SHOWN : EVENTS_SHOWN / count;
}

static json_t *log_data(const struct picture_log *logs, uint32_t count,
                        uint32_t which, struct inquiry *inquiry)
{
    const struct picture_log *log = &logs[which];
    json_t *events = report_events(log, inquiry, most_events(logs, count));
    json_t *findings = report_findings(log, inquiry);
    char name[NAME_BYTES + 256];

    report_log_name(logs, count, which, name, sizeof(name));
    return json_pack(
        "{s:o, s:o, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o}",
        "name", report_text(name), "path", report_text(log->path), "clocked",
        log->clocked, "count", (json_int_t)log->events, "allProcesses",
        (json_int_t)log->processes_in_all, "touched",
        (json_int_t)log->pages_touched, "frames", kinds_of_frames(log),
        "faults", kinds_of_faults(log), "clocks", clocks(log), "flushes",
        flushes(log), "forks", forks(log), "groups", groups(log), "rows",
        rows(log), "cells", json_is_null(events) ? cells(log) : json_null(),
        "processes", processes(log), "execs", execs(log), "events", events,
        "findings", findings);
}

json_t *report_data(const struct picture_log *logs, struct inquiry *inquiries,
                    uint32_t count)
{
    json_t *all = json_array();
    json_t *data;

    for (uint32_t i = 0; i < count; i++) {
        json_t *log = log_data(logs, count, i, &inquiries[i]);

        if (log == NULL && inquiries[i].log.failed) {
            json_decref(all);
            return NULL;
        }
        report_append(all, log);
    }
    data = json_pack("{s:b, s:I, s:i, s:i, s:o, s:o, s:o}", "byInstructions",
                     logs[0].by_instructions, "span", (json_int_t)logs[0].span,
                     "parts", TIME_PARTS, "mapParts", HEAT_PARTS, "kinds",
                     words(event_word, LOG_KINDS + 1), "frameKinds",
                     words(frame_word, CENSUS_KINDS), "logs", all);
    if (data != NULL && !lost)
        return data;
    complain("report", "%s", strerror(ENOMEM));
    json_decref(data);
    return NULL;
}

/* In JSON '<' is only ever in a string. */
static int write_piece(const char *piece, size_t bytes, void *html)
{
    for (size_t i = 0; i < bytes; i++) {
        if (piece[i] == '<')
            fputs("\\u003c", html);
        else
            putc(piece[i], html);
    }
    return 0;
}

bool report_data_write(json_t *data, FILE *html)
{
    bool written =
        json_dump_callback(data, write_piece, html, JSON_COMPACT) == 0;

    json_decref(data);
    if (!written)
        complain("report", "%s", strerror(ENOMEM));
    return written;
}
