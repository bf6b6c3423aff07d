/* jobs.h: pieces of work side by side, each in a child process of its own.
 *
 * What a piece leaves has to be in memory that is shared. What it tells on
 * standard error comes when those before it have ended, as if one were done
 * after the other; a piece fails as those behind it are not begun, or ended.
 */
#ifndef MMU386_JOBS_H
#define MMU386_JOBS_H

#include <stdint.h>

#define JOBS_MAX 64u

/* Does the work of the numbers from 0 to `count` - 1 (at most JOBS_MAX), of up
 * to `at_once` at a time. Returns 0, or the first of them not to be 0 that
 * `work` returned, or 125 where its child died, which is told. */
int jobs_run(uint32_t count, uint32_t at_once,
             int (*work)(void *arg, uint32_t number), void *arg);

#endif
