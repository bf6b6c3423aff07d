/* rows.c: events as CSV and as JSON lines. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "command.h"
#include "csv.h"
#include "export/export.h"
#include "logevents.h"
#include "output.h"
#include "plain.h"

/* How a column is written. */
enum column_type {
    COLUMN_NUMBER,
    COLUMN_TEXT,
    COLUMN_BYTES, /* in hexadecimal */
    COLUMN_HASH,  /* 64 bits, more than a JSON number is sure to hold */
};

static const struct {
    const char *name;
    const char *sql; /* NULL: its name */
    enum column_type type;
} columns[] = {
    {"sequence", NULL, COLUMN_NUMBER},
    {"cycle", NULL, COLUMN_NUMBER},
    {"instructions", NULL, COLUMN_NUMBER},
    {"cpu", NULL, COLUMN_NUMBER},
    {"pid", "events.pid", COLUMN_NUMBER},
    {"kind", "kinds.name", COLUMN_TEXT},
    {"linear", NULL, COLUMN_NUMBER},
    {"error", NULL, COLUMN_NUMBER},
    {"eip", NULL, COLUMN_NUMBER},
    {"insn", NULL, COLUMN_BYTES},
    {"pde_before", NULL, COLUMN_NUMBER},
    {"pde_after", NULL, COLUMN_NUMBER},
    {"pte_before", NULL, COLUMN_NUMBER},
    {"pte_after", NULL, COLUMN_NUMBER},
    {"frame_before", NULL, COLUMN_NUMBER},
    {"frame_after", NULL, COLUMN_NUMBER},
    {"refs_before", NULL, COLUMN_NUMBER},
    {"refs_after", NULL, COLUMN_NUMBER},
    {"in_kernel", NULL, COLUMN_NUMBER},
    {"value", NULL, COLUMN_NUMBER},
    {"mapping", NULL, COLUMN_NUMBER},
    {"mapping_name", "mappings.name", COLUMN_TEXT},
    {"content", NULL, COLUMN_HASH},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

#define VALUE_BYTES 256u

static struct logstmt *prepare(struct logdb *db)
{
    char sql[1024] = "SELECT ";
    size_t at = strlen(sql);

    for (size_t i = 0; i < COLUMNS; i++)
        at += (size_t)snprintf(
            sql + at, sizeof(sql) - at, "%s%s", i == 0 ? "" : ", ",
            columns[i].sql != NULL ? columns[i].sql : columns[i].name);
    snprintf(sql + at, sizeof(sql) - at,
             " FROM events LEFT JOIN kinds ON kinds.id = events.kind LEFT JOIN "
             "mappings ON "
             "mappings.id = events.mapping ORDER BY sequence");
    return logdb_prepare(db, sql);
}

/* The bytes in hexadecimal, as many as there is room for. */
static void hexadecimal(const uint8_t *bytes, size_t count,
                        char text[VALUE_BYTES])
{
    text[0] = '\0';
    for (size_t i = 0; i < count && 2 * i + 2 < VALUE_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* A value that is not NULL as a text. */
static void value_text(struct logstmt *rows, int column, char text[VALUE_BYTES])
{
    const void *bytes;
    size_t count;

    switch (columns[column].type) {
    case COLUMN_NUMBER:
        snprintf(text, VALUE_BYTES, "%" PRId64, logstmt_int(rows, column));
        break;
    case COLUMN_TEXT:
        plain_text(logstmt_text(rows, column), text, VALUE_BYTES);
        break;
    case COLUMN_BYTES:
        bytes = logstmt_blob(rows, column, &count);
        hexadecimal(bytes, bytes != NULL ? count : 0, text);
        break;
    case COLUMN_HASH:
        snprintf(text, VALUE_BYTES, "%016" PRIx64,
                 (uint64_t)logstmt_int(rows, column));
        break;
    }
}

/* --- CSV ------------------------------------------------------------------ */

static void write_line(struct logstmt *rows, FILE *to)
{
    char text[VALUE_BYTES];

    for (int i = 0; i < (int)COLUMNS; i++) {
        if (i > 0)
            fputc(',', to);
        if (logstmt_is_null(rows, i))
            continue;
        value_text(rows, i, text);
        csv_write_text(to, text);
    }
    fputc('\n', to);
}

bool export_csv(struct logdb *db, const char *path, FILE *to)
{
    struct logstmt *rows = prepare(db);
    int more = -1;

    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(to, "%s%s", i == 0 ? "" : ",", columns[i].name);
    fputc('\n', to);
    while (rows != NULL && !ferror(to) && (more = logstmt_step(rows)) == 1)
        write_line(rows, to);
    logstmt_free(rows);
    return more >= 0 || log_failed(path, db);
}

/* --- JSON lines ----------------------------------------------------------- */

static json_t *value_json(struct logstmt *rows, int column)
{
    char text[VALUE_BYTES];

    if (logstmt_is_null(rows, column))
        return json_null();
    if (columns[column].type == COLUMN_NUMBER)
        return json_integer(logstmt_int(rows, column));
    value_text(rows, column, text);
    return json_string(text);
}

/* False where memory is short. */
static bool write_object(struct logstmt *rows, FILE *to)
{
    json_t *object = json_object();
    bool whole = object != NULL;

    for (int i = 0; i < (int)COLUMNS; i++)
        if (json_object_set_new(object, columns[i].name, value_json(rows, i)) !=
            0)
            whole = false;
    return output_json(to, object, JSON_COMPACT, "\n") && whole;
}

bool export_jsonl(struct logdb *db, const char *path, FILE *to)
{
    struct logstmt *rows = prepare(db);
    int more = -1;

    while (rows != NULL && !ferror(to) && (more = logstmt_step(rows)) == 1) {
        if (!write_object(rows, to)) {
            logstmt_free(rows);
            complain(path, "%s", strerror(ENOMEM));
            return false;
        }
    }
    logstmt_free(rows);
    return more >= 0 || log_failed(path, db);
}
