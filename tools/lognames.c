/* lognames.c: a program's symbols are read from the log when the first of its
 * addresses is asked for, and are then searched as those of a program's file
 * are. */
#include "lognames.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

void lognames_init(struct lognames *names, struct faultlog *log)
{
    *names = (struct lognames){.log = log};
    if (logdb_has_table(log->db, "lines", "program, linear, file, line"))
        names->lines = faultlog_prepare(
            log,
            "SELECT file, line FROM lines WHERE program = ? AND linear = ?");
}

void lognames_free(struct lognames *names)
{
    for (uint32_t i = 0; i < names->programs.count; i++) {
        symbols_free(&names->symbols[i]);
        free(names->names[i]);
    }
    logstmt_free(names->lines);
    free(names->symbols);
    free(names->names);
    keymap_free(&names->programs);
}

/* What is read grows by doubling. */
struct reading {
    struct symbols symbols;
    uint32_t capacity;
    char *names;
    size_t name_bytes;
    size_t name_capacity;
};

static bool add_name(struct reading *reading, const char *name)
{
    size_t bytes = strlen(name) + 1;

    if (reading->name_bytes + bytes > UINT32_MAX)
        return false;
    if (reading->name_bytes + bytes > reading->name_capacity) {
        size_t capacity = (reading->name_bytes + bytes) * 2;
        char *more = realloc(reading->names, capacity);

        if (more == NULL)
            return false;
        reading->names = more;
        reading->name_capacity = capacity;
    }
    memcpy(reading->names + reading->name_bytes, name, bytes);
    reading->name_bytes += bytes;
    return true;
}

static bool add_symbol(struct reading *reading, int64_t linear, int64_t bytes,
                       const char *name)
{
    struct symbols *symbols = &reading->symbols;
    struct symbol *more;

    if (name == NULL || linear < 0 || linear > UINT32_MAX || bytes < 0 ||
        bytes > UINT32_MAX)
        return true;
    more = room_for(symbols->table, &reading->capacity, symbols->count,
                    sizeof(*more));
    if (more == NULL)
        return false;
    symbols->table = more;
    symbols->table[symbols->count] =
        (struct symbol){.linear = (uint32_t)linear,
                        .bytes = (uint32_t)bytes,
                        .name = (uint32_t)reading->name_bytes};
    if (!add_name(reading, name))
        return false;
    symbols->count++;
    return true;
}

static bool read_symbols(struct faultlog *log, int64_t program,
                         struct reading *reading)
{
    struct logstmt *rows = faultlog_prepare(
        log, "SELECT linear, bytes, name FROM symbols WHERE program = ? "
             "ORDER BY linear, rowid");
    bool fits = true;

    if (rows != NULL)
        logstmt_bind_int(rows, 1, program);
    while (fits && faultlog_step(log, rows))
        fits = add_symbol(reading, logstmt_int(rows, 0), logstmt_int(rows, 1),
                          logstmt_text(rows, 2));
    logstmt_free(rows);
    return fits;
}

/* Makes room for the program that is to be `number`. */
static bool make_room(struct lognames *names, uint32_t number)
{
    struct symbols *symbols =
        realloc(names->symbols, (number + 1) * sizeof(*symbols));
    char **texts;

    if (symbols == NULL)
        return false;
    names->symbols = symbols;
    texts = realloc(names->names, (number + 1) * sizeof(*texts));
    if (texts == NULL)
        return false;
    names->names = texts;
    return true;
}

/* The program's symbols; NULL where memory is short, which was told. */
static const struct symbols *symbols_of(struct lognames *names, int64_t program)
{
    uint32_t number = keymap_find(&names->programs, (uint64_t)program);
    struct reading reading = {0};

    if (number != KEYMAP_NONE)
        return &names->symbols[number];
    if (!make_room(names, names->programs.count) ||
        !read_symbols(names->log, program, &reading) ||
        (number = keymap_put(&names->programs, (uint64_t)program)) ==
            KEYMAP_NONE) {
        symbols_free(&reading.symbols);
        free(reading.names);
        faultlog_no_memory(names->log);
        return NULL;
    }
    reading.symbols.names = reading.names;
    names->symbols[number] = reading.symbols;
    names->names[number] = reading.names;
    return &names->symbols[number];
}

const char *lognames_symbol(struct lognames *names, int64_t program,
                            uint32_t linear, uint32_t *offset)
{
    const struct symbols *symbols =
        program == LOG_NONE ? NULL : symbols_of(names, program);

    return symbols == NULL ? NULL : symbols_find(symbols, linear, offset);
}

const char *lognames_text(struct lognames *names, int64_t program,
                          uint32_t linear, char *text, size_t text_bytes)
{
    uint32_t offset;
    const char *name = lognames_symbol(names, program, linear, &offset);

    if (name == NULL)
        return NULL;
    if (offset == 0)
        snprintf(text, text_bytes, "%.64s", name);
    else
        snprintf(text, text_bytes, "%.64s+0x%" PRIx32, name, offset);
    return text;
}

bool lognames_line(struct lognames *names, int64_t program, uint32_t linear,
                   struct log_line *line)
{
    const char *file;

    if (names->lines == NULL || program == LOG_NONE)
        return false;
    logstmt_reset(names->lines);
    logstmt_bind_int(names->lines, 1, program);
    logstmt_bind_int(names->lines, 2, linear);
    if (!faultlog_step(names->log, names->lines))
        return false;
    file = logstmt_text(names->lines, 0);
    line->line = logstmt_int(names->lines, 1);
    if (file == NULL || file[0] == '\0' || line->line < 1 ||
        line->line > UINT32_MAX)
        return false;
    snprintf(line->file, sizeof(line->file), "%s", file);
    return true;
}
