/* clocks.c: time goes forward and sleeps are long enough; what depends on the
 * date is computed. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return -1;
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void forward(const char *name, clockid_t clock)
{
    int64_t last = now_ns(clock);
    int back = last < 0;
    for (int i = 0; i < 200; i++) {
        int64_t now = now_ns(clock);
        back += now < last;
        last = now;
    }
    printf("%s: %d times back\n", name, back);
}

static void sleeps(void)
{
    int64_t before = now_ns(CLOCK_MONOTONIC);
    struct timespec bad = {0, 1000000000}, left = {7, 7}, until;
    usleep(20000);
    printf("slept: %d\n", now_ns(CLOCK_MONOTONIC) - before >= 20000000);
    printf("bad: %d %s\n", nanosleep(&bad, &left), strerror(errno));
    until = (struct timespec){0, 1};
    printf("past: %d\n",
           clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    printf("no clock: %d\n", clock_nanosleep(1234, 0, &until, NULL));
}

static void *in_thread(void *arg)
{
    return arg;
}

int main(void)
{
    struct timeval of_day;
    struct rusage usage;
    struct tms ticks;
    char text[100];
    forward("realtime", CLOCK_REALTIME);
    forward("monotonic", CLOCK_MONOTONIC);
    forward("processor", CLOCK_PROCESS_CPUTIME_ID);
    sleeps();
    gettimeofday(&of_day, NULL);
    printf("seconds agree: %d\n",
           labs((long)(time(NULL) - of_day.tv_sec)) <= 1);
    printf("year: %d\n", time(NULL) > 900000000);
    printf("clock: %d %d %d\n", clock() >= 0, times(&ticks) != (clock_t)-1,
           getrusage(RUSAGE_SELF, &usage));
    time_t leap = 951782400;
    struct tm *broken = gmtime(&leap);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %A %j", broken);
    printf("%s %ld\n", text, (long)timegm(broken));
    /* Natively there are threads; where there are none, pthread_create says
     * so. */
    pthread_t thread;
    void *result = text;
    int error = pthread_create(&thread, NULL, in_thread, text);
    if (error == 0)
        pthread_join(thread, &result);
    printf("thread: %d\n", (error == 0 || error == EAGAIN || error == ENOSYS) &&
                               result == text);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    printf("mutex: %d", pthread_mutex_lock(&mutex));
    printf(" %d", pthread_mutex_trylock(&mutex) == EBUSY);
    printf(" %d\n", pthread_mutex_unlock(&mutex));
    return 0;
}
