/* record.h: the recorder: writes a trace (tracefile.h) of all that a machine
 * does, from which a replay (replay.h) does it again. It listens to the actions
 * of the machine (action.h) and to the blocks that run (watch.h), as they come;
 * nothing is kept. */
#ifndef MMU386_RECORD_H
#define MMU386_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct kernel;
struct record;

/* Begins a trace in `file`, which stays the caller's. NULL where memory is
 * short. */
struct record *record_new(FILE *file);

/* Makes it listen to a clocked machine that has booted and started nothing yet,
 * and note the parameters of the run: `argv` with the program first, and the
 * version of mmu386. Where there is a fault log too, it tells of the contents
 * that it needs. False where memory is short. */
bool record_listen(struct record *record, struct kernel *kernel,
                   char *const argv[], const char *version);

/* What is recorded is in the file within a second, and before the machine waits
 * for the host: `fd` as trace_writer_keep_up has it. Before record_listen. */
void record_keep_up(struct record *record, int fd);

/* Ends the machine (kernel_end), of which nothing is recorded any more; the run
 * went to its end, if `whole`. False where not all of it could be written, or
 * not all that the machine did was told of: `why` (at most `why_bytes`, a
 * phrase) says. Frees it. */
bool record_free(struct record *record, bool whole, char *why,
                 size_t why_bytes);

#endif
