/* logwriter.c: see logwriter.h. */
#include "log/logwriter.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log/logdb.h"
#include "paging.h"
#include "program/program.h"

#define BATCHES    4u
#define BATCH_ROWS 2048u
/* a batch that is not full waits no longer than until the next row then */
#define IDLE_SECONDS 1

#define SYMBOLS_MAX     65536u /* of one program */
#define SYMBOL_NAME_MAX 256u   /* bytes */

struct batch {
    struct log_row *rows; /* BATCH_ROWS */
    uint32_t row_count;
    struct log_note *notes;
    uint32_t note_count, note_capacity;
};

enum statement {
    BEGIN,
    COMMIT,
    INSERT_ROWS,
    INSERT_PAGE_BLOCK,
    INSERT_FRAME_BLOCK,
    INSERT_PARAMETER,
    INSERT_PROGRAM,
    INSERT_SYMBOL,
    INSERT_CODE,
    INSERT_PROCESS,
    UPDATE_DEATH,
    INSERT_EXEC,
    UPDATE_EXEC,
    INSERT_MAPPING,
    STATEMENTS,
};

struct log_writer {
    struct batch batches[BATCHES]; /* a ring: number N is at N modulo BATCHES */
    struct batch *filling;
    uint64_t rows;

    pthread_mutex_t lock; /* of these: */
    pthread_cond_t changed;
    uint64_t given; /* batches handed over... */
    uint64_t taken; /* ...and written */
    bool ending;

    atomic_bool wanted; /* by the idle thread: what there is, though it be no
                           full batch */
    atomic_bool failed;
    uint32_t columns_of[ROW_KINDS]; /* a bit for each that rows of the kind
                                     * have */

    pthread_t thread; /* what follows is the thread's until it has ended */
    struct logdb *db;
    struct logstmt *statements[STATEMENTS];
    struct logsource batch; /* the rows of `writing` */
    const struct batch *writing;
    struct known_insn *insns;
    struct block *block;
    char why[256];
};

/* A set of pages or frames: a bit each. */
struct bits {
    uint64_t words[(1u << 20) / 64];
};

/* What the current block of sequences has rows of (logdb.h). */
struct block {
    uint64_t number;
    struct bits pages;
    struct bits frames;
};

/* ---- instructions: the rows have as many bytes as could be read, the log has
 * the instruction ----
 */

#define INSNS 1024u /* a power of two */

struct known_insn {
    uint32_t eip;
    uint8_t code_bytes; /* 0: empty */
    uint8_t length;
    uint8_t code[INSN_MAX_BYTES];
};

/* The length of the row's instruction in bytes; all there are, where they are
 * none. */
static uint32_t insn_length(struct log_writer *writer,
                            const struct log_row *row)
{
    uint32_t eip = row->event.eip;
    struct known_insn *known = &writer->insns[(eip ^ eip >> 10) & (INSNS - 1)];

    if (known->eip != eip || known->code_bytes != row->code_bytes ||
        memcmp(known->code, row->code, row->code_bytes) != 0) {
        uint32_t length = decode_length(row->code, row->code_bytes);

        known->eip = eip;
        known->code_bytes = row->code_bytes;
        known->length = length != 0 ? (uint8_t)length : row->code_bytes;
        memcpy(known->code, row->code, row->code_bytes);
    }
    return known->length;
}

/* ---- the tables ---- */

/* The columns of a row in a batch. */
#define EVENT_COLUMNS                                                      \
    "sequence, cycle, instructions, pid, kind, linear, error, eip, insn, " \
    "pde_before, pde_after, "                                              \
    "pte_before, pte_after, frame_before, frame_after, refs_before, "      \
    "refs_after, in_kernel, "                                              \
    "value, mapping, content"

enum column {
    SEQUENCE,
    CYCLE,
    INSTRUCTIONS,
    PID,
    KIND,
    LINEAR,
    ERROR_CODE,
    EIP,
    INSN,
    PDE_BEFORE,
    PDE_AFTER,
    PTE_BEFORE,
    PTE_AFTER,
    FRAME_BEFORE,
    FRAME_AFTER,
    REFS_BEFORE,
    REFS_AFTER,
    IN_KERNEL,
    VALUE,
    MAPPING,
    CONTENT,
};

#define OF_ALL                                                       \
    (1u << SEQUENCE | 1u << CYCLE | 1u << INSTRUCTIONS | 1u << PID | \
     1u << KIND | 1u << EIP | 1u << IN_KERNEL)
#define OF_PAGES                                                  \
    (OF_ALL | 1u << LINEAR | 1u << PDE_BEFORE | 1u << PDE_AFTER | \
     1u << PTE_BEFORE | 1u << PTE_AFTER | 1u << FRAME_BEFORE |    \
     1u << FRAME_AFTER | 1u << REFS_BEFORE | 1u << REFS_AFTER | 1u << CONTENT)
#define OF_FAULTS (OF_PAGES | 1u << ERROR_CODE | 1u << INSN | 1u << MAPPING)
#define OF_VALUES (OF_ALL | 1u << VALUE)

/* The columns that rows of the kind have. */
static uint32_t columns_of_kind(enum log_row_kind kind)
{
    switch (kind) {
    case ROW_DEMAND_ZERO:
    case ROW_FILE:
    case ROW_COW_COPY:
    case ROW_COW_REUSE:
    case ROW_SEGV:
    case ROW_OOM:
        return OF_FAULTS;
    case ROW_FORK_COPY:
    case ROW_FORK_SHARE:
        return OF_PAGES | 1u << VALUE;
    case ROW_FORK:
    case ROW_EXIT:
    case ROW_KILL:
    case ROW_FLUSH:
        return OF_VALUES;
    case ROW_EXEC:
        return OF_ALL;
    case ROW_INVALIDATE:
        return OF_ALL | 1u << LINEAR;
    default:
        return OF_PAGES;
    }
}

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [INSERT_ROWS] = "INSERT INTO events(" EVENT_COLUMNS ", cpu) "
                    "SELECT " EVENT_COLUMNS ", 0 FROM batch",
    [INSERT_PAGE_BLOCK] = "INSERT OR IGNORE INTO page_blocks VALUES (?, ?)",
    [INSERT_FRAME_BLOCK] = "INSERT OR IGNORE INTO frame_blocks VALUES (?, ?)",
    [INSERT_PARAMETER] = "INSERT OR REPLACE INTO parameters VALUES (?, ?)",
    [INSERT_PROGRAM] = "INSERT INTO programs VALUES (?, ?)",
    [INSERT_SYMBOL] = "INSERT INTO symbols VALUES (?, ?, ?, ?)",
    [INSERT_CODE] = "INSERT INTO code VALUES (?, ?, ?)",
    [INSERT_PROCESS] = "INSERT INTO processes VALUES (?, ?, ?, ?, NULL, NULL)",
    [UPDATE_DEATH] =
        "UPDATE processes SET death = ?, wait_status = ? WHERE pid = ?",
    [INSERT_EXEC] = "INSERT INTO execs VALUES (?, ?, ?)",
    [UPDATE_EXEC] = "UPDATE processes SET program = ? WHERE pid = ?",
    [INSERT_MAPPING] = "INSERT INTO mappings VALUES (?, ?, ?, ?, ?, ?, ?)",
};

/* The kinds' names, those of the faults as the stats have them. */
static const char *const kind_names[ROW_KINDS] = {
    [ROW_DEMAND_ZERO] = "demand_zero",
    [ROW_FILE] = "file",
    [ROW_COW_COPY] = "cow_copy",
    [ROW_COW_REUSE] = "cow_reuse",
    [ROW_SEGV] = "segv",
    [ROW_OOM] = "oom",
    [ROW_ZERO_FILL] = "zero_fill",
    [ROW_COPY] = "copy",
    [ROW_TAKEOVER] = "takeover",
    [ROW_FORK] = "fork",
    [ROW_FORK_COPY] = "fork_copy",
    [ROW_FORK_SHARE] = "fork_share",
    [ROW_EXEC] = "exec",
    [ROW_EXIT] = "exit",
    [ROW_KILL] = "kill",
    [ROW_MAP] = "map",
    [ROW_UNMAP] = "unmap",
    [ROW_PROTECT] = "protect",
    [ROW_FLUSH] = "flush",
    [ROW_INVALIDATE] = "invalidate",
};

static const char indexes[] =
    "CREATE INDEX symbols_linear ON symbols(program, linear);";

static bool fail(struct log_writer *writer)
{
    if (!atomic_load(&writer->failed))
        (void)snprintf(writer->why, sizeof writer->why, "%s",
                       logdb_why(writer->db));
    atomic_store(&writer->failed, true);
    return false;
}

/* Steps a statement that gives no rows, and makes it ready for the next
 * time. */
static bool run(struct log_writer *writer, struct logstmt *statement)
{
    bool good = logstmt_step(statement) == 0 || fail(writer);

    logstmt_reset(statement);
    return good;
}

static void bind_if(struct logstmt *statement, int index, bool there,
                    int64_t value)
{
    if (there)
        logstmt_bind_int(statement, index, value);
    else
        logstmt_bind_null(statement, index);
}

/* A row's value in a column. */
static void cell_of(struct log_writer *writer, const struct log_row *row,
                    enum column column, struct logcell *cell)
{
    const struct mmu_event *event = &row->event;

    cell->kind = LOGCELL_INT;
    switch (column) {
    case SEQUENCE:
        cell->value = (int64_t)event->sequence;
        break;
    case CYCLE:
        cell->value = (int64_t)event->cycle;
        break;
    case INSTRUCTIONS:
        cell->value = (int64_t)event->instructions;
        break;
    case PID:
        cell->value = event->pid;
        break;
    case KIND:
        cell->value = row->kind;
        break;
    case LINEAR:
        cell->value = event->linear;
        break;
    case ERROR_CODE:
        cell->value = event->error;
        break;
    case EIP:
        cell->value = event->eip;
        break;
    case INSN:
        cell->kind = row->code_bytes == 0 ? LOGCELL_NULL : LOGCELL_BLOB;
        cell->bytes = row->code;
        cell->byte_count = row->code_bytes == 0 ? 0 : insn_length(writer, row);
        break;
    case PDE_BEFORE:
        cell->value = event->pde_before;
        break;
    case PDE_AFTER:
        cell->value = event->pde_after;
        break;
    case PTE_BEFORE:
        cell->value = event->pte_before;
        break;
    case PTE_AFTER:
        cell->value = event->pte_after;
        break;
    case FRAME_BEFORE:
        cell->kind = event->frame_before == 0 ? LOGCELL_NULL : LOGCELL_INT;
        cell->value = event->frame_before;
        break;
    case FRAME_AFTER:
        cell->kind = event->frame_after == 0 ? LOGCELL_NULL : LOGCELL_INT;
        cell->value = event->frame_after;
        break;
    case REFS_BEFORE:
        cell->value = event->refs_before;
        break;
    case REFS_AFTER:
        cell->value = event->refs_after;
        break;
    case IN_KERNEL:
        cell->value = event->in_kernel;
        break;
    case VALUE:
        cell->value = event->value;
        break;
    case MAPPING:
        cell->kind = row->mapping == 0 ? LOGCELL_NULL : LOGCELL_INT;
        cell->value = row->mapping;
        break;
    case CONTENT:
        cell->kind = row->has_content ? LOGCELL_INT : LOGCELL_NULL;
        cell->value = (int64_t)row->content;
        break;
    }
}

static void batch_cell(const struct logsource *source, uint32_t row,
                       uint32_t column, struct logcell *cell)
{
    struct log_writer *writer = source->arg;
    const struct log_row *of = &writer->writing->rows[row];

    if (writer->columns_of[of->kind] & 1u << column)
        cell_of(writer, of, (enum column)column, cell);
}

/* Adds one to the set; false where it was in it. */
static bool bits_add(struct bits *bits, uint32_t which)
{
    uint64_t *word = &bits->words[(which >> 6) %
                                  (sizeof bits->words / sizeof bits->words[0])];
    uint64_t bit = 1ull << (which & 63);
    bool is_new = (*word & bit) == 0;

    *word |= bit;
    return is_new;
}

static bool list_in_block(struct log_writer *writer, struct bits *bits,
                          uint32_t which, enum statement insert)
{
    struct logstmt *statement = writer->statements[insert];

    if (!bits_add(bits, which))
        return true;
    logstmt_bind_int(statement, 1, which);
    logstmt_bind_int(statement, 2, (int64_t)writer->block->number);
    return run(writer, statement);
}

/* Lists the row's page and frames, where it is about any, for its block of
 * sequences. */
static bool list_row(struct log_writer *writer, const struct log_row *row)
{
    struct block *block = writer->block;
    const struct mmu_event *event = &row->event;
    uint64_t number = event->sequence >> LOGDB_BLOCK_SHIFT;

    if (!(columns_of_kind(row->kind) & 1u << LINEAR))
        return true;
    if (number != block->number)
        *block = (struct block){.number = number};
    return list_in_block(writer, &block->pages, event->linear >> MMU_PAGE_SHIFT,
                         INSERT_PAGE_BLOCK) &&
           (event->frame_before == 0 ||
            list_in_block(writer, &block->frames, event->frame_before,
                          INSERT_FRAME_BLOCK)) &&
           (event->frame_after == 0 ||
            list_in_block(writer, &block->frames, event->frame_after,
                          INSERT_FRAME_BLOCK));
}

/* A text of somebody else's: no control character is to reach a terminal by way
 * of the log. */
static void bind_name(struct logstmt *statement, int index, const char *name)
{
    char text[SYMBOL_NAME_MAX + 1];

    (void)snprintf(text, sizeof text, "%s", name);
    for (char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    logstmt_bind_text(statement, index, text);
}

static bool write_symbols(struct log_writer *writer,
                          const struct program *program)
{
    struct logstmt *statement = writer->statements[INSERT_SYMBOL];
    const struct symbols *symbols = &program->symbols;

    for (uint32_t i = 0; i < symbols->count && i < SYMBOLS_MAX; i++) {
        const struct symbol *symbol = &symbols->table[i];

        logstmt_bind_int(statement, 1, (int64_t)program->id);
        logstmt_bind_int(statement, 2, symbol->linear);
        logstmt_bind_int(statement, 3, symbol->bytes);
        bind_name(statement, 4, symbols->names + symbol->name);
        if (!run(writer, statement))
            return false;
    }
    return true;
}

static bool write_program(struct log_writer *writer,
                          const struct log_note *note)
{
    struct logstmt *statement = writer->statements[INSERT_PROGRAM];

    logstmt_bind_int(statement, 1, (int64_t)note->program->id);
    logstmt_bind_text(statement, 2, note->program->name);
    return run(writer, statement) && write_symbols(writer, note->program);
}

static bool write_exec(struct log_writer *writer, const struct log_note *note)
{
    struct logstmt *insert = writer->statements[INSERT_EXEC];
    struct logstmt *update = writer->statements[UPDATE_EXEC];

    logstmt_bind_int(insert, 1, (int64_t)note->sequence);
    logstmt_bind_int(insert, 2, note->pid);
    logstmt_bind_int(insert, 3, (int64_t)note->id);
    logstmt_bind_int(update, 1, (int64_t)note->id);
    logstmt_bind_int(update, 2, note->pid);
    return run(writer, insert) && run(writer, update);
}

static bool write_note(struct log_writer *writer, const struct log_note *note)
{
    struct logstmt *const *statements = writer->statements;

    switch (note->kind) {
    case LOG_NOTE_PARAMETER:
        logstmt_bind_text(statements[INSERT_PARAMETER], 1, note->text);
        if (note->value != NULL)
            logstmt_bind_text(statements[INSERT_PARAMETER], 2, note->value);
        else
            logstmt_bind_int(statements[INSERT_PARAMETER], 2, note->number);
        return run(writer, statements[INSERT_PARAMETER]);
    case LOG_NOTE_PROGRAM:
        return write_program(writer, note);
    case LOG_NOTE_CODE:
        logstmt_bind_int(statements[INSERT_CODE], 1, (int64_t)note->id);
        logstmt_bind_int(statements[INSERT_CODE], 2,
                         note->start >> MMU_PAGE_SHIFT);
        logstmt_bind_blob(statements[INSERT_CODE], 3, note->bytes,
                          MMU_PAGE_SIZE);
        return run(writer, statements[INSERT_CODE]);
    case LOG_NOTE_BIRTH:
        logstmt_bind_int(statements[INSERT_PROCESS], 1, note->pid);
        logstmt_bind_int(statements[INSERT_PROCESS], 2, note->parent);
        bind_if(statements[INSERT_PROCESS], 3, note->id != 0,
                (int64_t)note->id);
        logstmt_bind_int(statements[INSERT_PROCESS], 4,
                         (int64_t)note->sequence);
        return run(writer, statements[INSERT_PROCESS]);
    case LOG_NOTE_DEATH:
        logstmt_bind_int(statements[UPDATE_DEATH], 1, (int64_t)note->sequence);
        logstmt_bind_int(statements[UPDATE_DEATH], 2, note->number);
        logstmt_bind_int(statements[UPDATE_DEATH], 3, note->pid);
        return run(writer, statements[UPDATE_DEATH]);
    case LOG_NOTE_EXEC:
        return write_exec(writer, note);
    case LOG_NOTE_MAPPING:
        logstmt_bind_int(statements[INSERT_MAPPING], 1, note->number);
        logstmt_bind_int(statements[INSERT_MAPPING], 2, note->pid);
        logstmt_bind_int(statements[INSERT_MAPPING], 3, note->start);
        logstmt_bind_int(statements[INSERT_MAPPING], 4, note->end);
        logstmt_bind_text(statements[INSERT_MAPPING], 5, note->text);
        logstmt_bind_text(statements[INSERT_MAPPING], 6, note->value);
        bind_if(statements[INSERT_MAPPING], 7, note->id != 0,
                (int64_t)note->id);
        return run(writer, statements[INSERT_MAPPING]);
    }
    return true;
}

static bool write_kinds(struct log_writer *writer)
{
    struct logstmt *insert =
        logdb_prepare(writer->db, "INSERT INTO kinds VALUES (?, ?, ?)");
    bool good = insert != NULL && logdb_run(writer->db, "BEGIN");

    for (int kind = 1; good && kind < ROW_KINDS; kind++) {
        logstmt_bind_int(insert, 1, kind);
        logstmt_bind_text(insert, 2, kind_names[kind]);
        logstmt_bind_int(insert, 3, kind <= ROW_OOM);
        good = logstmt_step(insert) == 0;
        logstmt_reset(insert);
    }
    logstmt_free(insert);
    return good && logdb_run(writer->db, "COMMIT");
}

/* ---- the thread ---- */

static void empty(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->note_count; i++)
        free(batch->notes[i].bytes);
    batch->note_count = 0;
    batch->row_count = 0;
}

/* A batch is written as a whole or not at all. */
static void write_batch(struct log_writer *writer, const struct batch *batch)
{
    bool good = run(writer, writer->statements[BEGIN]);

    for (uint32_t i = 0; good && i < batch->note_count; i++)
        good = write_note(writer, &batch->notes[i]);
    writer->writing = batch;
    writer->batch.rows = batch->row_count;
    good = good && run(writer, writer->statements[INSERT_ROWS]);
    for (uint32_t i = 0; good && i < batch->row_count; i++)
        good = list_row(writer, &batch->rows[i]);
    if (!good || !run(writer, writer->statements[COMMIT]))
        (void)logdb_run(writer->db, "ROLLBACK");
}

static void wait_for_batch(struct log_writer *writer)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_SECONDS;
    while (writer->given == writer->taken && !writer->ending)
        if (pthread_cond_timedwait(&writer->changed, &writer->lock, &until) ==
            ETIMEDOUT) {
            atomic_store(&writer->wanted, true);
            return;
        }
}

static void *write_batches(void *arg)
{
    struct log_writer *writer = arg;

    (void)pthread_mutex_lock(&writer->lock);
    for (;;) {
        wait_for_batch(writer);
        if (writer->given == writer->taken) {
            if (writer->ending)
                break;
            continue;
        }
        struct batch *batch = &writer->batches[writer->taken % BATCHES];

        (void)pthread_mutex_unlock(&writer->lock);
        if (!atomic_load(&writer->failed))
            write_batch(writer, batch);
        empty(batch);
        (void)pthread_mutex_lock(&writer->lock);
        writer->taken++;
        (void)pthread_cond_broadcast(&writer->changed);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    if (!atomic_load(&writer->failed) && !logdb_run(writer->db, indexes))
        (void)fail(writer);
    return NULL;
}

/* Signals are the machine's thread's business. */
static bool start_thread(struct log_writer *writer)
{
    sigset_t all, old;
    pthread_condattr_t monotonic;

    (void)sigfillset(&all);
    (void)pthread_mutex_init(&writer->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&writer->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);

    int error = pthread_create(&writer->thread, NULL, write_batches, writer);

    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error == 0;
}

/* ---- the machine's side ---- */

static bool prepare_all(struct log_writer *writer)
{
    writer->batch = (struct logsource){.cell = batch_cell, .arg = writer};
    for (int kind = 1; kind < ROW_KINDS; kind++)
        writer->columns_of[kind] = columns_of_kind((enum log_row_kind)kind);
    if (!logdb_add_source(writer->db, "batch", EVENT_COLUMNS, &writer->batch))
        return false;
    for (int i = 0; i < STATEMENTS; i++) {
        writer->statements[i] = logdb_prepare(writer->db, sql[i]);
        if (writer->statements[i] == NULL)
            return false;
    }
    return true;
}

static bool allocate(struct log_writer *writer)
{
    writer->insns = calloc(INSNS, sizeof *writer->insns);
    writer->block = calloc(1, sizeof *writer->block);
    for (uint32_t i = 0; i < BATCHES; i++) {
        writer->batches[i].rows =
            malloc(BATCH_ROWS * sizeof *writer->batches[i].rows);
        if (writer->batches[i].rows == NULL)
            return false;
    }
    return writer->insns != NULL && writer->block != NULL;
}

/* Frees all, when there is no thread. False where the database could not be
 * closed in order. */
static bool release(struct log_writer *writer, char *why, size_t why_bytes)
{
    bool good = true;

    for (int i = 0; i < STATEMENTS; i++)
        logstmt_free(writer->statements[i]);
    if (writer->db != NULL)
        good = logdb_close(writer->db, why, why_bytes);
    for (uint32_t i = 0; i < BATCHES; i++) {
        empty(&writer->batches[i]);
        free(writer->batches[i].rows);
        free(writer->batches[i].notes);
    }
    free(writer->insns);
    free(writer->block);
    free(writer);
    return good;
}

struct log_writer *log_writer_new(const char *path, bool force, char *why,
                                  size_t why_bytes)
{
    struct log_writer *writer = calloc(1, sizeof *writer);
    char closing[256];

    (void)snprintf(why, why_bytes, "%s", strerror(ENOMEM));
    if (writer == NULL)
        return NULL;
    if (allocate(writer) &&
        (writer->db = logdb_create(path, force, why, why_bytes)) != NULL) {
        if (!write_kinds(writer) || !prepare_all(writer)) {
            (void)snprintf(why, why_bytes, "%s", logdb_why(writer->db));
        } else if (!start_thread(writer)) {
            (void)snprintf(why, why_bytes, "no thread can be started");
        } else {
            writer->filling = &writer->batches[0];
            return writer;
        }
    }
    (void)release(writer, closing, sizeof closing);
    return NULL;
}

void log_writer_unclocked(struct log_writer *writer)
{
    for (int kind = 0; kind < ROW_KINDS; kind++)
        writer->columns_of[kind] &= ~(1u << CYCLE | 1u << INSTRUCTIONS);
}

/* Gives the batch to the thread and goes on with the next one, when there is
 * one. */
static void hand_over(struct log_writer *writer)
{
    atomic_store_explicit(&writer->wanted, false, memory_order_relaxed);
    (void)pthread_mutex_lock(&writer->lock);
    writer->given++;
    (void)pthread_cond_broadcast(&writer->changed);
    while (writer->given - writer->taken == BATCHES)
        (void)pthread_cond_wait(&writer->changed, &writer->lock);
    writer->filling = &writer->batches[writer->given % BATCHES];
    (void)pthread_mutex_unlock(&writer->lock);
}

struct log_row *log_writer_row(struct log_writer *writer)
{
    if (writer->filling->row_count == BATCH_ROWS ||
        atomic_load_explicit(&writer->wanted, memory_order_relaxed))
        hand_over(writer);
    writer->rows++;
    return &writer->filling->rows[writer->filling->row_count++];
}

static bool reserve_note(struct batch *batch)
{
    if (batch->note_count < batch->note_capacity)
        return true;

    uint32_t capacity =
        batch->note_capacity == 0 ? 64 : batch->note_capacity * 2;
    struct log_note *grown = realloc(batch->notes, capacity * sizeof *grown);

    if (grown == NULL)
        return false;
    batch->notes = grown;
    batch->note_capacity = capacity;
    return true;
}

void log_writer_note(struct log_writer *writer, const struct log_note *note)
{
    struct batch *batch = writer->filling;

    if (!reserve_note(batch)) {
        free(note->bytes);
        atomic_store(&writer->failed, true);
        return;
    }
    batch->notes[batch->note_count++] = *note;
}

bool log_writer_failed(const struct log_writer *writer)
{
    return atomic_load_explicit(&writer->failed, memory_order_relaxed);
}

uint64_t log_writer_rows(const struct log_writer *writer)
{
    return writer->rows;
}

void log_writer_discard(struct log_writer *writer)
{
    logdb_discard(writer->db);
}

bool log_writer_free(struct log_writer *writer, char *why, size_t why_bytes)
{
    hand_over(writer);
    (void)pthread_mutex_lock(&writer->lock);
    writer->ending = true;
    (void)pthread_cond_broadcast(&writer->changed);
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    (void)pthread_cond_destroy(&writer->changed);
    (void)pthread_mutex_destroy(&writer->lock);

    char closing[256];
    bool failed = atomic_load(&writer->failed);

    if (!failed)
        return release(writer, why, why_bytes);
    (void)snprintf(why, why_bytes, "%s",
                   writer->why[0] != '\0' ? writer->why : strerror(ENOMEM));
    (void)release(writer, closing, sizeof closing);
    return false;
}
