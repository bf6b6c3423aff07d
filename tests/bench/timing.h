/* timing.h: the clocks that the benchmarks read, in seconds. */
#ifndef MMU386_BENCH_TIMING_H
#define MMU386_BENCH_TIMING_H

/* Time that passes. */
double seconds_now(void);

/* The processor's time, in user mode and in the system's: of all threads of
 * this process, and of those of its children (and theirs) that have been waited
 * for. What else the machine does meanwhile takes none of it. */
double processor_seconds_now(void);
double children_seconds_now(void);

#endif
