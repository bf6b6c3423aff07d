/* logwriter.h: writes the fault log in a thread of its own: rows are gathered
 * in batches, and a full batch is handed over through a short queue, so that
 * the machine waits only where the database is slower than it for long.
 *
 *   log_row_new --> batch being filled --> queue of full ones --> thread -->
 * logdb
 */
#ifndef MMU386_LOGWRITER_H
#define MMU386_LOGWRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/decode.h"
#include "event.h"

struct program;

/* What a row tells of. Those up to ROW_OOM are faults, by what became of
 * them. */
enum log_row_kind {
    ROW_DEMAND_ZERO = 1,
    ROW_FILE,
    ROW_COW_COPY,
    ROW_COW_REUSE,
    ROW_SEGV,
    ROW_OOM,
    ROW_ZERO_FILL, /* this and the next two: by the kernel's own hand */
    ROW_COPY,
    ROW_TAKEOVER,
    ROW_FORK,
    ROW_FORK_COPY,
    ROW_FORK_SHARE,
    ROW_EXEC,
    ROW_EXIT,
    ROW_KILL,
    ROW_MAP,
    ROW_UNMAP,
    ROW_PROTECT,
    ROW_FLUSH,
    ROW_INVALIDATE,
    ROW_KINDS,
};

/* A row of the table of events. */
struct log_row {
    struct mmu_event event; /* of a fault: with what the events that serviced it
                               tell */
    enum log_row_kind kind;
    uint32_t mapping; /* id; 0: none */
    uint64_t content; /* hash of the page's bytes, if it has one */
    bool has_content;
    uint8_t code_bytes; /* 0: what is at EIP cannot be read */
    uint8_t code[INSN_MAX_BYTES];
};

/* A row of the other tables. */
struct log_note {
    enum log_note_kind {
        LOG_NOTE_PARAMETER, /* text: name; value (a text) or number */
        LOG_NOTE_PROGRAM, /* program, which stays as it is until the writer has
                             ended */
        LOG_NOTE_CODE,    /* id: the program's; start: linear; bytes: a page */
        LOG_NOTE_BIRTH,   /* pid, parent, id: the program's or 0; sequence */
        LOG_NOTE_DEATH,   /* pid, number: the wait status; sequence */
        LOG_NOTE_EXEC,    /* pid, id: the program's; sequence */
        LOG_NOTE_MAPPING, /* number: its id; pid, start, end, id: the program's
                           * or 0; text: rights; value: its name */
    } kind;
    uint32_t pid, parent;
    uint32_t start, end;
    uint64_t id;
    uint64_t sequence;
    int64_t number;
    const char *text, *value; /* static, or as long-lived as a program */
    const struct program *program;
    void *bytes; /* from malloc: the writer frees it */
};

struct log_writer;

/* Makes the file (logdb_create) and the thread. `clocked`: instructions are
 * known. NULL: `why` says why not. */
struct log_writer *log_writer_new(const char *path, bool force, char *why,
                                  size_t why_bytes);

/* From now on rows have no cycle and no count of instructions. */
void log_writer_unclocked(struct log_writer *writer);

/* The next row, to be filled in before the next call; valid until then. */
struct log_row *log_writer_row(struct log_writer *writer);

/* Adds a row to one of the other tables. It is written after what was handed
 * over before. */
void log_writer_note(struct log_writer *writer, const struct log_note *note);

/* True once something could not be written: nothing is any more, and there is
 * no need to go on. */
bool log_writer_failed(const struct log_writer *writer);

/* How many rows there are in the table of events, those on their way
 * included. */
uint64_t log_writer_rows(const struct log_writer *writer);

/* The file is to be removed when the writer is freed. */
void log_writer_discard(struct log_writer *writer);

/* Writes what is left, ends the thread and closes the file. False: `why` says
 * why not all of it could be written. */
bool log_writer_free(struct log_writer *writer, char *why, size_t why_bytes);

#endif
