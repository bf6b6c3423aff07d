/* flat.h: runs a guest on bare Unicorn, flat and without a hook in the way: the speed limit. */
#ifndef MMU386_BENCH_FLAT_H
#define MMU386_BENCH_FLAT_H

#include "program.h"

/* Runs the program with one argument until it exits; its output is dropped. Returns the seconds it
 * took, or a negative number where it did not run. */
double flat_run(const struct program *program, const char *argument);

double seconds_now(void);

#endif
