/* native.h: runs a command as a process of the host's. */
#ifndef MMU386_BENCH_NATIVE_H
#define MMU386_BENCH_NATIVE_H

/* Runs the command (before a NULL; found in PATH), its output dropped, until it
 * ends. Returns the processor seconds that it and its children took, the start
 * of the program among them, or a negative number where it did not run, or not
 * well. */
double native_run(const char *const command[]);

#endif
