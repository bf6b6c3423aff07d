/* deadline.c: see deadline.h. */
#include "machine/deadline.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#define AGAIN_US 50000 /* a read may begin just after the signal came */

static volatile sig_atomic_t passed;
static bool set;

static void on_alarm(int number)
{
    (void)number;
    passed = 1;
}

bool deadline_start(uint32_t seconds)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval timer = {.it_value.tv_sec = (time_t)seconds,
                                    .it_interval.tv_usec = AGAIN_US};

    passed = 0;
    set = sigaction(SIGALRM, &action, NULL) == 0 &&
          setitimer(ITIMER_REAL, &timer, NULL) == 0;
    return set;
}

bool deadline_passed(void)
{
    return passed != 0;
}

bool deadline_is_set(void)
{
    return set;
}
