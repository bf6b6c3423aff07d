/*
 * overflow [self]: recursion without end.
 *
 * Prints:
 *      child killed by signal 11
 * and with self dies by signal 11 itself after that.
 *
 * Why: a stack grows by faults until its limit; the fault beyond it is the end
 * of the process, not of the machine. (With less memory than the stack's limit,
 * the end is signal 9 instead.)
 */
#include "guest.h"

#define FRAME_BYTES 512u

uint32_t descend(uint32_t depth, bool forever);

__attribute__((noinline)) uint32_t descend(uint32_t depth, bool forever)
{
    volatile uint8_t frame[FRAME_BYTES];
    frame[depth % FRAME_BYTES] = (uint8_t)depth;
    if (!forever)
        return depth;
    return descend(depth + 1, forever) + frame[0];
}

static void overflow(void)
{
    volatile bool forever = true;
    descend(0, forever);
}

int main(int argc, char **argv)
{
    int32_t pid = fork_or_fail();
    if (pid == 0) {
        overflow();
        sys_exit(0);
    }
    int status = wait_for(pid);
    print_end("child", status);
    if (word_argument(argc, argv, 1, "self"))
        overflow();
    return status_signal(status) == SIGNAL_SEGV ? 0 : 1;
}
