/* verdicts.h: what is wrong or wasteful, judged event by event: each verdict by
 * what is remembered of the frame and of the process. */
#ifndef MMU386_FAULTS_VERDICTS_H
#define MMU386_FAULTS_VERDICTS_H

#include "faults/findings.h"
#include "faults/past.h"

struct check {
    struct inquiry *inquiry;
    struct past past;
    struct findings findings;
};

/* unneeded-copy, equal-copy: the frame was copied, and kept by others; */
void check_copy(struct check *check, struct frame_life *frame,
                const struct fault_row *row);
/* an entry of it is gone; */
void check_return(struct frame_life *frame, const struct fault_row *row);
/* and its last. */
void check_release(struct check *check, struct frame_life *frame,
                   const struct fault_row *row);

/* fork-exec-copies: the frame was copied, by its fault's process; */
void check_charge(struct check *check, const struct frame_life *frame,
                  const struct fault_row *row);
/* a page was copied at the fork of `child`; */
void check_fork_copy(struct check *check, int64_t child,
                     const struct fault_row *row);
/* a process executes a program. */
void check_exec(struct check *check, const struct fault_row *row);

/* no-progress: a fault; */
void check_fault(struct check *check, const struct fault_row *row);
/* what happens to the page otherwise makes a next fault on it another story. */
void check_change(struct check *check, const struct fault_row *row);

/* shared-to-the-end: a copy-on-write page is given back by `holder` while
 * somebody else still has the frame, as it was never copied. */
void check_kept(struct check *check, const struct holder *holder,
                const struct fault_row *row);

/* There are no more events. */
void check_end(struct check *check);

#endif
