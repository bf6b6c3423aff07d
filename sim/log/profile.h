/* profile.h: where the cycles of a run went, by the symbol of the program.
 *
 * What a block of instructions takes is the symbol's that holds it; what the
 * kernel does is that of the block in which it was entered, a switch to another
 * process included.
 */
#ifndef MMU386_PROFILE_H
#define MMU386_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/clock.h"

struct machine;
struct subjects;
struct profile;

struct profile_row {
    char *program; /* its name as given */
    char *symbol; /* "[0x08049000]", the page, where the program has none there;
                   * "[kernel]" before the first instruction */
    struct clocks clocks;
};

/* Begins a profile of a clocked machine that has booted and started nothing
 * yet, and whose processes `subjects` tells of. NULL where memory is short or
 * there is no clock. The machine must not be freed before the profile, which
 * lets go of it when it is freed. */
struct profile *profile_new(struct machine *machine,
                            const struct subjects *subjects);
void profile_free(struct profile *profile);

/* The run is over: makes the rows. False where memory is, or was, short. */
bool profile_finish(struct profile *profile);

/* The rows, the one with the most clocks first; together they have all of the
 * machine's. */
const struct profile_row *profile_rows(const struct profile *profile,
                                       size_t *count);

/* The sum of the five. */
uint64_t clocks_sum(const struct clocks *clocks);

#endif
