/* filter.c: options become conditions, each a fixed piece of SQL with its
 * values beside. */
#define _POSIX_C_SOURCE 200809L
#include "faults/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "paging.h"

void filter_free(struct filter *filter)
{
    free(filter->owned);
    *filter = (struct filter){0};
}

bool number_read(const char *text, uint64_t highest, uint64_t *number,
                 const char **end)
{
    char *behind;
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    bool digit = hexadecimal ? isxdigit((unsigned char)text[2])
                             : isdigit((unsigned char)text[0]);

    if (!digit)
        return false;
    errno = 0;
    *number = strtoull(text, &behind, hexadecimal ? 16 : 10);
    if (end != NULL)
        *end = behind;
    return errno == 0 && *number <= highest && (end != NULL || *behind == '\0');
}

static struct condition *add(struct filter *filter, const char *sql)
{
    if (filter->count == FILTER_CONDITIONS_MAX)
        return NULL;
    filter->conditions[filter->count] = (struct condition){.sql = sql};
    return &filter->conditions[filter->count++];
}

static bool add_values(struct filter *filter, const char *option,
                       const char *sql, unsigned value_count,
                       const int64_t *values)
{
    struct condition *condition = add(filter, sql);

    if (condition == NULL) {
        complain(option, "too many conditions");
        return false;
    }
    condition->value_count = value_count;
    memcpy(condition->values, values, value_count * sizeof(*values));
    return true;
}

void filter_add(struct filter *filter, const char *sql, int64_t value)
{
    (void)add_values(filter, "filter", sql, 1, &value);
}

bool filter_pid(struct filter *filter, const char *text)
{
    uint64_t pid;

    if (!number_read(text, UINT32_MAX, &pid, NULL)) {
        complain("--pid", "%.64s: not a process's number", text);
        return false;
    }
    return add_values(filter, "--pid", "pid = ?", 1, &(int64_t){(int64_t)pid});
}

bool filter_kinds(struct filter *filter, const char *text)
{
    size_t bytes = strlen(text) + 3;

    if (filter->names_kinds) {
        complain("--kind",
                 "given twice (kinds may be listed with commas between them)");
        return false;
    }
    filter->owned = malloc(bytes);
    if (filter->owned == NULL) {
        complain("--kind", "%s", strerror(ENOMEM));
        return false;
    }
    snprintf(filter->owned, bytes, ",%s,", text);
    filter->kinds = filter->owned;
    filter->names_kinds = true;

    struct condition *condition =
        add(filter, "kind IN (SELECT id FROM kinds WHERE instr(?, ',' || name "
                    "|| ',') > 0)");

    if (condition == NULL) {
        complain("--kind", "too many conditions");
        return false;
    }
    condition->value_count = 1;
    condition->text = filter->kinds;
    return true;
}

/* Reads "A" or "A-B". */
static bool range_read(const char *text, int64_t range[2])
{
    uint64_t first;
    uint64_t last;
    const char *end;

    if (!number_read(text, UINT32_MAX, &first, &end))
        return false;
    last = first;
    if (*end == '-' ? !number_read(end + 1, UINT32_MAX, &last, NULL)
                    : *end != '\0')
        return false;
    range[0] = (int64_t)first;
    range[1] = (int64_t)last;
    return first <= last;
}

/* A page's number first: there is an index on it. */
bool filter_address(struct filter *filter, const char *text)
{
    int64_t range[2];

    if (!range_read(text, range)) {
        complain("--addr", "%.64s: neither an address nor a range of them, A-B",
                 text);
        return false;
    }
    return add_values(
        filter, "--addr",
        "linear >> 12 BETWEEN ? AND ? AND linear BETWEEN ? AND ?", 4,
        (int64_t[]){range[0] >> MMU_PAGE_SHIFT, range[1] >> MMU_PAGE_SHIFT,
                    range[0], range[1]});
}

bool filter_frame(struct filter *filter, const char *text)
{
    uint64_t frame;

    if (!number_read(text, UINT32_MAX >> MMU_PAGE_SHIFT, &frame, NULL) ||
        frame == 0) {
        complain("--frame", "%.64s: not a frame's number", text);
        return false;
    }
    return add_values(filter, "--frame",
                      "(frame_before = ? OR frame_after = ?)", 2,
                      (int64_t[]){(int64_t)frame, (int64_t)frame});
}

bool filter_eip(struct filter *filter, const char *text)
{
    int64_t range[2];

    if (text[0] == '\0') {
        complain("--eip", "neither an address, a range of them, nor a symbol");
        return false;
    }
    if (!isdigit((unsigned char)text[0])) {
        if (filter->symbol != NULL) {
            complain("--eip", "two symbols: no instruction is at both");
            return false;
        }
        filter->symbol = text;
        return true;
    }
    if (!range_read(text, range)) {
        complain(
            "--eip",
            "%.64s: neither an address, a range of them, A-B, nor a symbol",
            text);
        return false;
    }
    return add_values(filter, "--eip", "eip BETWEEN ? AND ?", 2, range);
}

/* What asks for a bit of the error code to be set, or clear: the first is what
 * faults are told in, the second is short for it. */
struct error_word {
    const char *name, *letters; /* the letters: or NULL */
    int64_t bit;
    bool clear;
};

static const struct error_word error_words[] = {
    {"protection", "p", MMU_PF_P, false},
    {"not-present", NULL, MMU_PF_P, true},
    {"write", "w", MMU_PF_W, false},
    {"read", NULL, MMU_PF_W, true},
    {"user", "u", MMU_PF_U, false},
    {"supervisor", NULL, MMU_PF_U, true},
    {"reserved", "rsvd", MMU_PF_RSVD, false},
};

#define ERROR_WORDS (sizeof(error_words) / sizeof(error_words[0]))

const char *filter_error_word(unsigned number)
{
    return number < ERROR_WORDS ? error_words[number].name : NULL;
}

static bool is_word(const char *word, const char *name, size_t bytes)
{
    return word != NULL && strlen(word) == bytes &&
           memcmp(word, name, bytes) == 0;
}

static const struct error_word *error_word_of(const char *name, size_t bytes)
{
    for (size_t i = 0; i < ERROR_WORDS; i++)
        if (is_word(error_words[i].name, name, bytes) ||
            is_word(error_words[i].letters, name, bytes))
            return &error_words[i];
    return NULL;
}

bool filter_error(struct filter *filter, const char *text)
{
    int64_t set = 0;
    int64_t clear = 0;
    uint64_t code;

    if (number_read(text, UINT32_MAX, &code, NULL))
        return add_values(filter, "--error", "error = ?", 1,
                          &(int64_t){(int64_t)code});
    for (const char *at = text;; at++) {
        bool negated = *at == '!';
        const char *name = at + negated;
        size_t bytes = strcspn(name, ",");
        const struct error_word *word = error_word_of(name, bytes);

        if (word == NULL) {
            complain("--error",
                     "%.64s: neither an error code nor a list of p, w, u and "
                     "rsvd, each with a ! before it where the bit is to be "
                     "clear, or of protection, not-present, write, read, user "
                     "and supervisor",
                     text);
            return false;
        }
        *(negated != word->clear ? &clear : &set) |= word->bit;
        at = name + bytes;
        if (*at == '\0')
            break;
    }
    if ((set & clear) != 0) {
        complain("--error", "%.64s: a bit is to be both set and clear", text);
        return false;
    }
    return add_values(filter, "--error", "error & ? = ?", 2,
                      (int64_t[]){set | clear, set});
}

/* A bound on the sequence, or with the suffix i on instructions, or c on
 * cycles. */
static bool filter_bound(struct filter *filter, const char *option,
                         const char *text, const char *const sql[3])
{
    uint64_t bound;
    const char *end;
    const char *unit = "";

    if (number_read(text, INT64_MAX, &bound, &end))
        unit = strcmp(end, "") == 0    ? sql[0]
               : strcmp(end, "i") == 0 ? sql[1]
                                       : sql[2];
    if (unit[0] == '\0' || (unit == sql[2] && strcmp(end, "c") != 0)) {
        complain(
            option,
            "%.64s: not a sequence, nor instructions (12i) or cycles (12c)",
            text);
        return false;
    }
    return add_values(filter, option, unit, 1, &(int64_t){(int64_t)bound});
}

bool filter_from(struct filter *filter, const char *text)
{
    static const char *const sql[] = {"sequence >= ?", "instructions >= ?",
                                      "cycle >= ?"};

    return filter_bound(filter, "--from", text, sql);
}

bool filter_to(struct filter *filter, const char *text)
{
    static const char *const sql[] = {"sequence <= ?", "instructions <= ?",
                                      "cycle <= ?"};

    return filter_bound(filter, "--to", text, sql);
}

/* ---- against the log ---- */

static bool no_such_kind(const struct faultlog *log, const char *kind,
                         size_t bytes)
{
    char names[400] = "";
    size_t at = 0;

    for (unsigned i = 0; i < LOG_KIND_IDS && at < sizeof(names); i++)
        if (strcmp(log->kinds[i].name, "unknown") != 0)
            at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
                                   at == 0 ? "" : ", ", log->kinds[i].name);
    complain("--kind", "%.*s: no such kind of event in this log (there are %s)",
             bytes < 64 ? (int)bytes : 64, kind, names);
    return false;
}

static bool check_kinds(const struct filter *filter, struct faultlog *log)
{
    for (const char *at = filter->kinds + 1; *at != '\0';) {
        size_t bytes = strcspn(at, ",");
        unsigned i = 0;

        while (i < LOG_KIND_IDS &&
               (strlen(log->kinds[i].name) != bytes ||
                memcmp(log->kinds[i].name, at, bytes) != 0 ||
                strcmp(log->kinds[i].name, "unknown") == 0))
            i++;
        if (i == LOG_KIND_IDS)
            return no_such_kind(log, at, bytes);
        at += bytes + 1;
    }
    return true;
}

static bool check_symbol(const struct filter *filter, struct faultlog *log)
{
    struct logstmt *rows =
        faultlog_prepare(log, "SELECT 1 FROM symbols WHERE name = ? LIMIT 1");
    bool found;

    if (rows != NULL)
        logstmt_bind_text(rows, 1, filter->symbol);
    found = faultlog_step(log, rows);
    logstmt_free(rows);
    if (!found && !log->failed)
        complain("--eip", "%.64s: no such symbol in this log", filter->symbol);
    return found;
}

bool filter_check(const struct filter *filter, struct faultlog *log)
{
    return (filter->kinds == NULL || check_kinds(filter, log)) &&
           (filter->symbol == NULL || check_symbol(filter, log));
}

/* ---- the statement ---- */

static void bind_values(const struct filter *filter, struct logstmt *statement)
{
    int index = 1;

    for (unsigned i = 0; i < filter->count; i++) {
        const struct condition *condition = &filter->conditions[i];

        if (condition->text != NULL)
            logstmt_bind_text(statement, index++, condition->text);
        for (unsigned j = 0;
             condition->text == NULL && j < condition->value_count; j++)
            logstmt_bind_int(statement, index++, condition->values[j]);
    }
}

struct logstmt *filter_select(const struct filter *filter, struct faultlog *log,
                              const char *columns, const char *source,
                              const char *fallback)
{
    char *sql = NULL;
    size_t bytes;
    FILE *text = open_memstream(&sql, &bytes);
    struct logstmt *statement = NULL;

    if (text != NULL) {
        fprintf(text, "SELECT %s FROM %s WHERE %s", columns, source,
                filter->names_kinds ? "1" : fallback);
        for (unsigned i = 0; i < filter->count; i++)
            fprintf(text, " AND %s", filter->conditions[i].sql);
        fputs(" ORDER BY sequence", text);
    }
    if (text == NULL || fclose(text) != 0)
        faultlog_no_memory(log);
    else
        statement = faultlog_prepare(log, sql);
    if (statement != NULL)
        bind_values(filter, statement);
    free(sql);
    return statement;
}
