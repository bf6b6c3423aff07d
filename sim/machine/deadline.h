/* deadline.h: the host's time after which a run is to end: a net under it, for
 * the process as a whole. */
#ifndef MMU386_DEADLINE_H
#define MMU386_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/* From now on, `seconds` of the host's time are left. SIGALRM interrupts what
 * waits for the host, again and again. False where there is no timer. */
bool deadline_start(uint32_t seconds);

/* Whether one was started and has come. */
bool deadline_passed(void);

/* Whether one was started. */
bool deadline_is_set(void);

#endif
