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
#include "log/logfile.h"
#include "log/logtables.h"

#define BATCHES    4u
#define BATCH_ROWS 2048u
/* a batch that is not full waits no longer than until the next row then */
#define IDLE_SECONDS 1

struct log_writer {
    struct log_batch batches[BATCHES]; /* a ring: number N is at N modulo
                                          BATCHES */
    struct log_batch *filling;
    uint64_t rows;

    pthread_mutex_t lock; /* of these: */
    pthread_cond_t changed;
    uint64_t given; /* batches handed over... */
    uint64_t taken; /* ...and written */
    bool ending;

    atomic_bool wanted; /* by the idle thread: what there is, though it be no
                           full batch */
    atomic_bool failed;

    pthread_t thread; /* what follows is the thread's until it has ended */
    struct log_file *file;
    struct log_tables *tables;
    char why[256];
};

/* ---- the thread ---- */

static void fail(struct log_writer *writer)
{
    if (!atomic_load(&writer->failed))
        (void)snprintf(writer->why, sizeof writer->why, "%s",
                       log_tables_why(writer->tables));
    atomic_store(&writer->failed, true);
}

static void empty(struct log_batch *batch)
{
    for (uint32_t i = 0; i < batch->note_count; i++)
        free(batch->notes[i].bytes);
    batch->note_count = 0;
    batch->row_count = 0;
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
        struct log_batch *batch = &writer->batches[writer->taken % BATCHES];

        (void)pthread_mutex_unlock(&writer->lock);
        if (!atomic_load(&writer->failed) &&
            !log_tables_write(writer->tables, batch))
            fail(writer);
        empty(batch);
        (void)pthread_mutex_lock(&writer->lock);
        writer->taken++;
        (void)pthread_cond_broadcast(&writer->changed);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    if (!atomic_load(&writer->failed) && !log_tables_finish(writer->tables))
        fail(writer);
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

static bool allocate(struct log_writer *writer)
{
    writer->tables = log_tables_new();
    for (uint32_t i = 0; i < BATCHES; i++) {
        writer->batches[i].rows =
            malloc(BATCH_ROWS * sizeof *writer->batches[i].rows);
        if (writer->batches[i].rows == NULL)
            return false;
    }
    return writer->tables != NULL;
}

/* Frees all, when there is no thread. False where the database could not be
 * closed in order. */
static bool release(struct log_writer *writer, char *why, size_t why_bytes)
{
    bool good = true;

    log_tables_free(writer->tables);
    if (writer->file != NULL)
        good = log_file_close(writer->file, why, why_bytes);
    for (uint32_t i = 0; i < BATCHES; i++) {
        empty(&writer->batches[i]);
        free(writer->batches[i].rows);
        free(writer->batches[i].notes);
    }
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
        (writer->file = log_file_create(path, force, why, why_bytes)) != NULL) {
        struct logdb *db = log_file_db(writer->file);

        if (!log_tables_open(writer->tables, db)) {
            (void)snprintf(why, why_bytes, "%s", logdb_why(db));
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
    log_tables_unclocked(writer->tables);
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

static bool reserve_note(struct log_batch *batch)
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
    struct log_batch *batch = writer->filling;

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
    log_file_discard(writer->file);
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
