/* group.c: events counted by what they have in common, the most frequent
 * first. */
#define _POSIX_C_SOURCE 200809L
#include "faults/faults.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "faults/words.h"
#include "hash.h"
#include "paging.h"
#include "program/lines.h"
#include "room.h"
#include "rows.h"

struct group {
    uint64_t key;
    uint64_t events;
    int64_t first, last; /* sequences */
    int64_t example;     /* the first event's value of the grouping's column */
};

struct groups {
    struct keymap keys;
    struct group *list; /* by the key's number */
    uint32_t capacity;
    uint64_t events;
    char **names; /* by the key's number, where groups are known by name */
};

#define NO_KEY UINT64_MAX

/* What the query reads after sequence, pid and eip. */
static const char *const key_columns[] = {
    [GROUP_KIND] = "sequence, pid, eip, kind",
    [GROUP_PID] = "sequence, pid, eip, pid",
    [GROUP_PAGE] = "sequence, pid, eip, linear >> 12",
    [GROUP_FRAME] = "sequence, pid, eip, coalesce(frame_after, frame_before)",
    [GROUP_EIP] = "sequence, pid, eip, eip",
    [GROUP_SYMBOL] = "sequence, pid, eip, eip",
    [GROUP_LINE] = "sequence, pid, eip, eip",
    [GROUP_ERROR] = "sequence, pid, eip, error",
    [GROUP_MAPPING] = "sequence, pid, eip, mapping",
};

static const char *const key_names[] = {
    [GROUP_KIND] = "kind",       [GROUP_PID] = "pid",
    [GROUP_PAGE] = "page",       [GROUP_FRAME] = "frame",
    [GROUP_EIP] = "eip",         [GROUP_SYMBOL] = "symbol",
    [GROUP_LINE] = "line",       [GROUP_ERROR] = "error",
    [GROUP_MAPPING] = "mapping",
};

const char *grouping_name(enum grouping grouping)
{
    return key_names[grouping];
}

/* ---- keys of groups that go by a name: the name's hash ---- */

static uint64_t text_key(const char *text)
{
    uint64_t key = XXH3_64bits(text, strlen(text));

    return key == NO_KEY ? 0 : key;
}

/* The name of the mapping, "stack rw-" or "text r-x busybox", in `text`; NULL
 * where there is none.
 */
static const char *mapping_name(struct inquiry *inquiry,
                                struct logstmt *mappings, int64_t id,
                                char *text, size_t text_bytes)
{
    const char *name;
    const char *rights;
    const char *program;

    if (id == LOG_NONE || mappings == NULL)
        return NULL;
    logstmt_reset(mappings);
    logstmt_bind_int(mappings, 1, id);
    if (!faultlog_step(&inquiry->log, mappings))
        return NULL;
    program =
        lineage_program_name(&inquiry->lineage, faultlog_column(mappings, 2));
    name = logstmt_text(mappings, 0);
    rights = logstmt_text(mappings, 1);
    snprintf(text, text_bytes, "%s %s%s%s", name != NULL ? name : "",
             rights != NULL ? rights : "", program[0] != '\0' ? " " : "",
             program);
    return text;
}

/* "value.c:31", or with the path where it is not for people. */
static const char *line_name(struct inquiry *inquiry, int64_t program,
                             int64_t eip, char *text, size_t text_bytes)
{
    struct log_line line;

    if (eip == LOG_NONE ||
        !lognames_line(&inquiry->names, program, (uint32_t)eip, &line))
        return NULL;
    snprintf(text, text_bytes, "%s:%" PRId64,
             inquiry->format == FORMAT_TABLE ? lines_file_name(line.file)
                                             : line.file,
             line.line);
    return text;
}

struct naming {
    struct inquiry *inquiry;
    struct logstmt *mappings;
    struct keymap known; /* mappings' ids or programs and addresses that were
                            named before */
    uint64_t *keys;      /* of their names */
    uint32_t capacity;
};

/* The name of what an event is grouped by; NULL: it has none. */
static const char *name_of(struct naming *naming, enum grouping grouping,
                           int64_t program, int64_t value, char *text,
                           size_t text_bytes)
{
    if (grouping == GROUP_MAPPING)
        return mapping_name(naming->inquiry, naming->mappings, value, text,
                            text_bytes);
    if (grouping == GROUP_LINE)
        return line_name(naming->inquiry, program, value, text, text_bytes);
    return value == LOG_NONE ? NULL
                             : lognames_symbol(&naming->inquiry->names, program,
                                               (uint32_t)value, NULL);
}

static bool keep_name(struct groups *groups, uint32_t number, const char *name)
{
    char **names = realloc(groups->names, (number + 1) * sizeof(*names));

    if (names == NULL)
        return false;
    groups->names = names;
    names[number] = name != NULL ? strdup(name) : NULL;
    return name == NULL || names[number] != NULL;
}

/* ---- counting ---- */

static struct group *group_of(struct groups *groups, uint64_t key, bool *is_new)
{
    uint32_t number = keymap_put(&groups->keys, key);
    struct group *more;

    *is_new = false;
    more = number == KEYMAP_NONE ? NULL
                                 : room_for(groups->list, &groups->capacity,
                                            number, sizeof(*more));
    if (more == NULL)
        return NULL;
    groups->list = more;
    *is_new = groups->list[number].events == 0;
    return &groups->list[number];
}

/* The key of an event that goes by name; *name is set where the name was looked
 * up. */
static uint64_t named_key(struct naming *naming, enum grouping grouping,
                          int64_t pid, int64_t sequence, int64_t value,
                          const char **name, char *text, size_t text_bytes)
{
    int64_t program =
        grouping == GROUP_SYMBOL || grouping == GROUP_LINE
            ? lineage_program(&naming->inquiry->lineage, pid, sequence)
            : 0;
    uint64_t what = (uint64_t)program << 32 ^ (uint64_t)value;
    uint32_t known = keymap_find(&naming->known, what);

    if (known != KEYMAP_NONE) {
        assert(naming->keys != NULL); /* it has one for each number that is
                                         known */
        return naming->keys[known];
    }
    *name = name_of(naming, grouping, program, value, text, text_bytes);

    uint64_t key = *name != NULL ? text_key(*name) : NO_KEY;
    uint32_t number = keymap_put(&naming->known, what);
    uint64_t *more;

    if (number == KEYMAP_NONE)
        return key;
    more = room_for(naming->keys, &naming->capacity, number, sizeof(*more));
    if (more == NULL) {
        faultlog_no_memory(&naming->inquiry->log);
        return key;
    }
    naming->keys = more;
    more[number] = key;
    return key;
}

static bool count_event(struct groups *groups, struct naming *naming,
                        enum grouping grouping, struct logstmt *events)
{
    bool named = grouping == GROUP_SYMBOL || grouping == GROUP_LINE ||
                 grouping == GROUP_MAPPING;
    int64_t sequence = logstmt_int(events, 0);
    int64_t value = faultlog_column(events, 3);
    char text[LINE_FILE_BYTES + 16];
    const char *name = NULL;
    bool is_new;
    uint64_t key = value == LOG_NONE ? NO_KEY : (uint64_t)value;

    if (named)
        key = named_key(naming, grouping, faultlog_column(events, 1), sequence,
                        value, &name, text, sizeof(text));

    struct group *group = group_of(groups, key, &is_new);

    if (group == NULL)
        return false;
    if (is_new) {
        *group =
            (struct group){.key = key, .first = sequence, .example = value};
        if (named && !keep_name(groups, groups->keys.count - 1, name))
            return false;
    }
    group->events++;
    group->last = sequence;
    groups->events++;
    return true;
}

/* ---- the answer ---- */

static int by_frequency(const void *left, const void *right)
{
    const struct group *a = left;
    const struct group *b = right;

    if (a->events != b->events)
        return a->events < b->events ? 1 : -1;
    return a->first < b->first ? -1 : a->first > b->first;
}

static struct cell key_cell(const struct inquiry *inquiry,
                            enum grouping grouping, const struct groups *groups,
                            const struct group *group)
{
    int64_t value = group->key == NO_KEY ? LOG_NONE : group->example;

    switch (grouping) {
    case GROUP_KIND:
        if (value < 0 || value >= LOG_KIND_IDS)
            return cell_text("unknown");
        return cell_toned(inquiry->log.kinds[value].name,
                          kind_tone(inquiry->log.kinds[value].kind));
    case GROUP_PAGE:
        return cell_hex(value == LOG_NONE ? value : value << MMU_PAGE_SHIFT, 8);
    case GROUP_EIP:
        return cell_hex(value, 8);
    case GROUP_ERROR:
        return cell_hex(value, 1);
    case GROUP_SYMBOL:
    case GROUP_LINE:
    case GROUP_MAPPING:
        return cell_text(groups->names[keymap_find(&groups->keys, group->key)]);
    default:
        return cell_number(value);
    }
}

static bool write_groups(struct inquiry *inquiry, enum grouping grouping,
                         struct groups *groups)
{
    bool right = grouping == GROUP_PID || grouping == GROUP_FRAME;
    const struct column columns[] = {
        {.name = key_names[grouping], .right = right},
        {.name = "count", .right = true},
        {.name = "percent", .right = true},
        {.name = "first", .right = true},
        {.name = "last", .right = true},
    };
    struct rows rows;

    if (groups->list != NULL)
        qsort(groups->list, groups->keys.count, sizeof(*groups->list),
              by_frequency);
    if (!rows_begin(&rows, inquiry->out, inquiry->format, columns,
                    sizeof(columns) / sizeof(columns[0])))
        return false;
    for (uint32_t i = 0; i < groups->keys.count && i < inquiry->limit; i++) {
        const struct group *group = &groups->list[i];
        const struct cell cells[] = {
            key_cell(inquiry, grouping, groups, group),
            cell_number((int64_t)group->events),
            cell_percent(100 * (double)group->events / (double)groups->events),
            cell_number(group->first),
            cell_number(group->last),
        };

        rows_add(&rows, cells);
    }
    return rows_end(&rows);
}

static void groups_free(struct groups *groups, struct naming *naming)
{
    for (uint32_t i = 0; groups->names != NULL && i < groups->keys.count; i++)
        free(groups->names[i]);
    free(groups->names);
    free(groups->list);
    keymap_free(&groups->keys);
    logstmt_free(naming->mappings);
    keymap_free(&naming->known);
    free(naming->keys);
}

bool faults_group(struct inquiry *inquiry, enum grouping grouping)
{
    struct groups groups = {0};
    struct naming naming = {.inquiry = inquiry};
    struct logstmt *events =
        inquiry_select(inquiry, key_columns[grouping], ONLY_FAULTS);
    bool whole = true;

    if (grouping == GROUP_MAPPING)
        naming.mappings = faultlog_prepare(
            &inquiry->log,
            "SELECT name, rights, program FROM mappings WHERE id = ?");
    while (whole && faultlog_step(&inquiry->log, events)) {
        if (inquiry_accepts(inquiry, faultlog_column(events, 1),
                            faultlog_column(events, 2), logstmt_int(events, 0)))
            whole = count_event(&groups, &naming, grouping, events);
    }
    logstmt_free(events);
    if (!whole ||
        (!inquiry->log.failed && !write_groups(inquiry, grouping, &groups)))
        faultlog_no_memory(&inquiry->log);
    groups_free(&groups, &naming);
    return !inquiry->log.failed;
}
