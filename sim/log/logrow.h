/* logrow.h: what the log is made of: rows of the table of events, and notes for
 * the others; and the columns that a row has. */
#ifndef MMU386_LOGROW_H
#define MMU386_LOGROW_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "log/logdb.h"
#include "machine/machine.h"

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
    uint32_t program; /* id of the one whose code was read; 0: none was */
    uint64_t content; /* XXH3 of the page's bytes, if it has one */
    bool has_content;
    uint8_t code_bytes; /* 0: what is at COLUMN_EIP cannot be read */
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

/* The kind's name, those of the faults as the stats have them. */
const char *log_row_name(enum log_row_kind kind);

/* The columns of a row in a batch. */
#define LOG_COLUMNS                                                        \
    "sequence, cycle, instructions, pid, kind, linear, error, eip, insn, " \
    "pde_before, pde_after, "                                              \
    "pte_before, pte_after, frame_before, frame_after, refs_before, "      \
    "refs_after, in_kernel, "                                              \
    "value, mapping, content"

enum log_column {
    COLUMN_SEQUENCE,
    COLUMN_CYCLE,
    COLUMN_INSTRUCTIONS,
    COLUMN_PID,
    COLUMN_KIND,
    COLUMN_LINEAR,
    COLUMN_ERROR_CODE,
    COLUMN_EIP,
    COLUMN_INSN,
    COLUMN_PDE_BEFORE,
    COLUMN_PDE_AFTER,
    COLUMN_PTE_BEFORE,
    COLUMN_PTE_AFTER,
    COLUMN_FRAME_BEFORE,
    COLUMN_FRAME_AFTER,
    COLUMN_REFS_BEFORE,
    COLUMN_REFS_AFTER,
    COLUMN_IN_KERNEL,
    COLUMN_VALUE,
    COLUMN_MAPPING,
    COLUMN_CONTENT,
};

/* A bit for each column that rows of the kind have. */
uint32_t log_row_columns(enum log_row_kind kind);

/* Sets *cell to a row's value in a column: in COLUMN_INSN all the bytes there
 * are, of which the instruction may be the first ones (loginsn.h). */
void log_row_cell(const struct log_row *row, enum log_column column,
                  struct logcell *cell);

#endif
