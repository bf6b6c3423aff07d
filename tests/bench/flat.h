/* flat.h: runs a guest on bare Unicorn, flat: without a hook in the way, which
 * is the speed limit, or with hooks that do nothing on each instruction and
 * each access. */
#ifndef MMU386_BENCH_FLAT_H
#define MMU386_BENCH_FLAT_H

#include <stdbool.h>

#include "program/program.h"

/* Runs the program with one argument until it exits; its output is dropped.
 * Returns the processor seconds it took, or a negative number where it did not
 * run. */
double flat_run(const struct program *program, const char *argument,
                bool hooked);

#endif
