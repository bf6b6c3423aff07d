/*
 * spin [THOUSANDS=1000]: a process that never yields beside one that has work
 * to finish.
 *
 * Prints:
 *      worker's result 2318261108
 *      spinner killed by signal 9
 *
 * Why: without preemption the worker never runs and this program never
 * ends. */
#include "guest.h"

static noreturn void spin(void)
{
    for (;;)
        __asm__ volatile("");
}

static uint32_t work(uint32_t thousands)
{
    uint32_t x = 2463534242u;
    for (uint32_t i = 0; i < thousands; i++) {
        for (uint32_t j = 0; j < 1000; j++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
        }
    }
    return x;
}

int main(int argc, char **argv)
{
    uint32_t thousands = number_argument(argc, argv, 1, 1000);

    int32_t spinner = fork_or_fail();
    if (spinner == 0)
        spin();
    int32_t worker = sys_fork();
    if (worker == 0) {
        print("worker's result %u\n", work(thousands));
        sys_exit(0);
    }
    bool good = worker > 0 && succeeded(wait_for(worker));
    sys_kill(spinner, SIGNAL_KILL);
    int status = wait_for(spinner);
    print_end("spinner", status);
    return good && status_signal(status) == SIGNAL_KILL ? 0 : 1;
}
