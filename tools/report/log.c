/* log.c: see log.h. */
#include "report/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "paging.h"
#include "plain.h"

bool picture_no_memory(const struct picture_log *log)
{
    complain(log->path, "%s", strerror(ENOMEM));
    return false;
}

/* --- parameters ----------------------------------------------------------- */

static int64_t number_parameter(struct logdb *db, const char *name)
{
    char text[32];

    log_parameter(db, name, text, sizeof(text));
    return strtoll(text, NULL, 10);
}

uint64_t picture_log_end(struct logdb *db, bool by_instructions)
{
    int64_t end =
        log_number(db,
                   by_instructions ? "SELECT max(instructions) FROM events"
                                   : "SELECT max(sequence) FROM events",
                   0);

    return end > 0 ? (uint64_t)end : 0;
}

/* Copies a parameter, fit to be shown. */
static void text_parameter(struct logdb *db, const char *name, char *plain,
                           size_t plain_bytes)
{
    char text[1024];

    log_parameter(db, name, text, sizeof(text));
    plain_text(text, plain, plain_bytes);
}

void picture_log_describe(struct picture_log *log, struct logdb *db,
                          const char *path)
{
    *log = (struct picture_log){.path = path};
    text_parameter(db, "program", log->program, sizeof(log->program));
    text_parameter(db, "arguments", log->arguments, sizeof(log->arguments));
    text_parameter(db, "policy", log->policy, sizeof(log->policy));
    text_parameter(db, "cpu", log->cpu, sizeof(log->cpu));
    text_parameter(db, "mmu386_version", log->version, sizeof(log->version));
    log->ram_frames = number_parameter(db, "ram_frames");
    log->clocked = number_parameter(db, "clocked") == 1;
    log->complete = number_parameter(db, "complete") == 1;
    log->wait_status = number_parameter(db, "exit_status");
}

/* --- events over time ----------------------------------------------------- */

uint32_t picture_part(const struct picture_log *log, uint64_t time,
                      uint32_t parts)
{
    double part;

    if (log->span == 0)
        return 0;
    part = (double)time / (double)log->span * parts;
    return part < parts ? (uint32_t)part : parts - 1;
}

static uint64_t time_of(const struct picture_log *log,
                        const struct log_event *event)
{
    int64_t time = log->by_instructions ? event->instructions : event->sequence;

    return time > 0 ? (uint64_t)time : 0;
}

/* Of each part the state with the most frames is kept; it begins with the last
 * one's end. */
static void note_frames(struct picture_log *log, const struct census *census,
                        uint64_t time)
{
    uint32_t at = picture_part(log, time, TIME_PARTS);

    while (log->frame_parts <= at)
        log->frames[log->frame_parts++] = log->frames_now;
    log->frames_now.user = census->user;
    memcpy(log->frames_now.in_use, census->in_use,
           sizeof(log->frames_now.in_use));
    if (log->frames_now.user >= log->frames[at].user)
        log->frames[at] = log->frames_now;
}

/* A fork is the last event of its call, which is one instruction. */
static void note_clocks(struct picture_log *log, const struct log_event *event)
{
    uint32_t at = picture_part(log, time_of(log, event), TIME_PARTS);
    struct fork_part *forks = &log->forks[at];
    uint64_t clocks;

    if (event->cycle < 0)
        return;
    log->clocks[at] = (uint64_t)event->cycle;
    if (event->pid != log->call.pid ||
        event->instructions != log->call.instructions)
        log->call = *event;
    if (event->kind != LOG_FORK || event->cycle < log->call.cycle)
        return;
    clocks = (uint64_t)(event->cycle - log->call.cycle);
    forks->forks++;
    forks->worst = clocks > forks->worst ? clocks : forks->worst;
    log->call.pid = -1;
}

static void count_event(struct picture_log *log, const struct log_event *event)
{
    struct picture_counts *counts = &log->counts;

    log->events++;
    if (event->is_fault) {
        counts->faults++;
        log->faults[picture_part(log, time_of(log, event), TIME_PARTS)]
                   [event->kind]++;
    }
    counts->copied_on_fault += event->kind == LOG_COW_COPY;
    counts->copied_by_kernel += event->kind == LOG_COPY;
    counts->copied_at_fork += event->kind == LOG_FORK_COPY;
    counts->taken_over +=
        event->kind == LOG_COW_REUSE || event->kind == LOG_TAKEOVER;
    counts->forks += event->kind == LOG_FORK;
}

static bool walk_events(struct picture_log *log, struct log_events *events,
                        struct census *census)
{
    struct log_event event;
    int more;

    while ((more = log_events_next(events, &event)) == 1) {
        if (!census_count(census, &event))
            return picture_no_memory(log);
        count_event(log, &event);
        note_frames(log, census, time_of(log, &event));
        note_clocks(log, &event);
    }
    return more == 0 || log_failed(log->path, events->db);
}

static bool read_events(struct picture_log *log, struct logdb *db)
{
    struct log_events events;
    struct census census;
    bool whole;

    if (!census_init(&census))
        return picture_no_memory(log);
    whole = log_events_begin(&events, db) ? walk_events(log, &events, &census)
                                          : log_failed(log->path, db);
    log_events_end(&events);
    log->counts.frames_allocated = census.user_allocated;
    log->counts.frames_peak = census.user_peak;
    log->counts.tables = census.tables_allocated;
    census_free(&census);
    return whole;
}

static bool read_flushes(struct picture_log *log, struct logdb *db)
{
    struct logstmt *rows = logdb_prepare(
        db, log->by_instructions
                ? "SELECT instructions FROM events WHERE (1 << kind) & (SELECT "
                  "sum(1 << id) FROM kinds WHERE name IN ('flush', "
                  "'invalidate'))"
                : "SELECT sequence FROM events WHERE (1 << kind) & (SELECT "
                  "sum(1 << id) FROM kinds WHERE name IN ('flush', "
                  "'invalidate'))");
    int more = -1;

    while (rows != NULL && (more = logstmt_step(rows)) == 1) {
        int64_t time = logstmt_int(rows, 0);

        log->flushes[picture_part(log, time > 0 ? (uint64_t)time : 0,
                                  TIME_PARTS)]++;
    }
    logstmt_free(rows);
    return more == 0 || log_failed(log->path, db);
}

/* --- the heat map --------------------------------------------------------- */

#define PAGES (1u << 20) /* of a linear address space */

/* The faults' pages, while the map is made. */
struct pages {
    char (*names)[NAME_BYTES]; /* of mappings */
    uint32_t name_count;
    uint8_t *named; /* by page: 1 + the name's place in `names`; 0: no fault
                       there */
    uint32_t *most; /* by page: how many faults spoke for that name */
    uint32_t *row;  /* by page */
};

#define MAPPING_NAMES 250u /* of different ones; what is over is "other" */

static bool pages_init(struct pages *pages)
{
    *pages = (struct pages){
        .names = calloc(MAPPING_NAMES + 1, NAME_BYTES),
        .named = calloc(PAGES, sizeof(*pages->named)),
        .most = calloc(PAGES, sizeof(*pages->most)),
        .row = calloc(PAGES, sizeof(*pages->row)),
    };
    return pages->names != NULL && pages->named != NULL &&
           pages->most != NULL && pages->row != NULL;
}

static void pages_free(struct pages *pages)
{
    free(pages->names);
    free(pages->named);
    free(pages->most);
    free(pages->row);
}

/* The name's place among those met so far. */
static uint8_t name_place(struct pages *pages, const char *text)
{
    char name[NAME_BYTES];

    plain_text(text != NULL && text[0] != '\0' ? text : "no mapping", name,
               sizeof(name));
    for (uint32_t i = 0; i < pages->name_count; i++)
        if (strcmp(pages->names[i], name) == 0)
            return (uint8_t)i;
    if (pages->name_count == MAPPING_NAMES)
        memcpy(name, "other", sizeof("other"));
    memcpy(pages->names[pages->name_count], name, sizeof(name));
    if (pages->name_count < MAPPING_NAMES)
        return (uint8_t)pages->name_count++;
    return MAPPING_NAMES;
}

/* Which pages faulted, and in which mapping: where processes differ, in most of
 * their faults'. */
static bool read_pages(struct picture_log *log, struct logdb *db,
                       struct pages *pages)
{
    struct logstmt *rows = logdb_prepare(
        db,
        "SELECT linear >> 12, name, count(*) FROM events LEFT JOIN mappings ON "
        "mappings.id = events.mapping WHERE error IS NOT NULL GROUP BY 1, 2");
    int more = -1;

    while (rows != NULL && (more = logstmt_step(rows)) == 1) {
        uint32_t page = (uint32_t)logstmt_int(rows, 0) % PAGES;
        int64_t count = logstmt_int(rows, 2);
        uint32_t faults = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;

        if (faults <= pages->most[page])
            continue;
        log->pages_touched += pages->named[page] == 0;
        pages->named[page] =
            (uint8_t)(1 + name_place(pages, logstmt_text(rows, 1)));
        pages->most[page] = faults;
    }
    logstmt_free(rows);
    return more == 0 || log_failed(log->path, db);
}

/* Whether the page goes on with the group: the same mapping, or there may be no
 * more groups. */
static bool continues(const struct picture_log *log, const struct pages *pages,
                      uint32_t page, const struct heat_group *group)
{
    return log->group_count == HEAT_GROUPS ||
           strcmp(group->name, pages->names[pages->named[page] - 1]) == 0;
}

/* Gives every touched page its row. False where memory is short. */
static bool lay_out_pages(struct picture_log *log, const struct pages *pages)
{
    struct heat_group *group = NULL;

    /* A group's last row may not be full. */
    log->row_pages =
        calloc(HEAT_ROWS + HEAT_GROUPS + 1, sizeof(*log->row_pages));
    if (log->row_pages == NULL)
        return picture_no_memory(log);
    log->pages_per_row = (log->pages_touched + HEAT_ROWS - 1) / HEAT_ROWS;
    for (uint32_t page = 0; page < PAGES; page++) {
        if (pages->named[page] == 0)
            continue;
        if (group == NULL || !continues(log, pages, page, group)) {
            group = &log->groups[log->group_count++];
            memcpy(group->name, pages->names[pages->named[page] - 1],
                   sizeof(group->name));
            group->first_page = page;
            group->first_row = log->heat_rows;
        }
        if (group->pages++ % log->pages_per_row == 0) {
            group->rows++;
            log->row_pages[log->heat_rows++].first_page = page;
        }
        group->last_page = page;
        pages->row[page] = log->heat_rows - 1;
        log->row_pages[log->heat_rows - 1].last_page = page;
        log->row_pages[log->heat_rows - 1].pages++;
    }
    return true;
}

static bool read_heat(struct picture_log *log, struct logdb *db,
                      const struct pages *pages)
{
    struct logstmt *rows = logdb_prepare(
        db, log->by_instructions ? "SELECT linear >> 12, instructions FROM "
                                   "events WHERE error IS NOT NULL"
                                 : "SELECT linear >> 12, sequence FROM events "
                                   "WHERE error IS NOT NULL");
    int more = -1;

    log->heat =
        calloc((size_t)log->heat_rows * HEAT_PARTS + 1, sizeof(*log->heat));
    if (log->heat == NULL) {
        logstmt_free(rows);
        return picture_no_memory(log);
    }
    while (rows != NULL && (more = logstmt_step(rows)) == 1) {
        uint32_t page = (uint32_t)logstmt_int(rows, 0) % PAGES;
        int64_t time = logstmt_int(rows, 1);
        uint32_t part =
            picture_part(log, time > 0 ? (uint64_t)time : 0, HEAT_PARTS);

        if (pages->named[page] != 0)
            log->heat[pages->row[page] * HEAT_PARTS + part]++;
    }
    logstmt_free(rows);
    return more == 0 || log_failed(log->path, db);
}

static bool make_heat(struct picture_log *log, struct logdb *db)
{
    struct pages pages;
    bool made = false;

    if (!pages_init(&pages)) {
        picture_no_memory(log);
    } else {
        made = read_pages(log, db, &pages) && lay_out_pages(log, &pages) &&
               read_heat(log, db, &pages);
    }
    pages_free(&pages);
    return made;
}

/* --- the whole ------------------------------------------------------------ */

bool picture_log_read(struct picture_log *log, struct logdb *db)
{
    return read_events(log, db) && read_flushes(log, db) &&
           make_heat(log, db) && picture_log_processes(log, db);
}

void picture_log_free(struct picture_log *log)
{
    free(log->heat);
    free(log->row_pages);
    free(log->processes);
    free(log->execs);
    log->heat = NULL;
    log->row_pages = NULL;
    log->processes = NULL;
    log->execs = NULL;
}
