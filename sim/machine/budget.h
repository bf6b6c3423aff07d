/* budget.h: how much of the host's memory guests may make the kernel keep for
 * them: processes, their lists of mappings, open files, pipes, programs. One
 * number for a machine, so that whatever they make grow ends in an error as
 * Linux has it (ENOMEM, ENFILE, EAGAIN) and not with the host.
 */
#ifndef MMU386_BUDGET_H
#define MMU386_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes. Room for all the processes there can be, each with a few pipes and
 * mappings, and for the programs of a whole distribution in one. */
#define BUDGET_BYTES ((size_t)64 << 20)

struct budget {
    size_t limit, used; /* bytes */
    bool starved; /* the host itself had no memory: what guests see is not to be
                     believed */
};

/* Counts `bytes` as used. False, and nothing is counted, where that is more
 * than there is. NULL is a budget without a limit. */
bool budget_take(struct budget *budget, size_t bytes);

/* Whether there are as many left. */
bool budget_has(const struct budget *budget, size_t bytes);

/* Notes that the host had none. */
void budget_starve(struct budget *budget);

/* Gives back what was taken. */
void budget_give(struct budget *budget, size_t bytes);

#endif
