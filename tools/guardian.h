/* guardian.h: work that may die at any time, in a child process of its own.
 *
 * The simulator's exit status is the guest's. So that a death of the simulator
 * itself (the engine's abort, a signal, the host out of memory) is never taken
 * for one, the work leaves its status in memory that both share, as the last
 * thing it does: a child that ends without that has failed.
 */
#ifndef MMU386_GUARDIAN_H
#define MMU386_GUARDIAN_H

#include <sys/types.h>

#include "options.h"

/* Reads the command line as options_read does, into *options, and does `work`
 * with that in a child, which dies with this process, and waits for it. Signals
 * that ask this process to end, to stop or to go on are the child's too, and
 * what they do to it this process does after it. Returns the status that `work`
 * returned; 125 where the child died before that, having told how, or where the
 * command line is no good. With --no-sandbox there is no child. */
int guardian_command(struct options *options, const struct command_line *line,
                     int argc, char *argv[],
                     int (*work)(const struct options *options));

/* For what is done without a child: a signal that means a defect, or that a
 * library cannot do without memory, ends this process with a line and 125.
 * Nothing in a build with a sanitizer, which tells more. */
void guardian_tell_own_death(void);

/* In a child that the work starts: it dies with `parent`, which started it, as
 * that does with its own. */
void guardian_follow(pid_t parent);

/* To be called by the work when it has changed as whom it does it, by which the
 * kernel forgets that it is to die with its parent. */
void guardian_renew(void);

#endif
