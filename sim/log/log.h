/* log.h: the fault log: a listener that records every event of a machine in an
 * SQLite database, whose tables tools/doc/files.md describes (log/logschema.c
 * makes them).
 *
 * A fault is one row, of MMU_EVENT_FAULT's sequence, with what the events that
 * serviced it tell; so the sequences of a log's rows have gaps. Page tables'
 * entries "before" are as the fault found them.
 */
#ifndef MMU386_LOG_H
#define MMU386_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct log;
struct machine;
struct subjects;

/* What the log says of the run as a whole. */
struct log_run {
    char *const *argv;   /* the program first */
    const char *policy;  /* of its forks */
    const char *version; /* of mmu386 */
};

/* Makes the file, over an existing one only with `force`. NULL: `why` (at most
 * `why_bytes`, a phrase as logfile.h has them) says why not. */
struct log *log_new(const char *path, bool force, char *why, size_t why_bytes);

/* Makes it listen to `machine`, which has booted and started nothing yet, and
 * whose processes `subjects` tells of, and note the parameters of the run.
 * False where memory is short. */
bool log_listen(struct log *log, struct machine *machine,
                const struct subjects *subjects, const struct log_run *run);

/* The run went to its end. `wait_status` is what kernel_run returned. */
void log_complete(struct log *log, int wait_status);

/* Writes what is left and closes the file; the machine is gone. False where not
 * all could be written: `why` says why. */
bool log_free(struct log *log, char *why, size_t why_bytes);

/* Frees it, and removes the file. */
void log_drop(struct log *log);

#endif
