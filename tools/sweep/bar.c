/* bar.c: see bar.h. */
#include "sweep/bar.h"

#include <string.h>
#include <unistd.h>

#define BAR_COLUMNS 30u

void sweep_bar_begin(struct sweep_bar *bar, FILE *file, size_t total,
                     size_t had)
{
    *bar = (struct sweep_bar){
        .terminal = file != NULL && isatty(fileno(file)) ? file : NULL,
        .total = total,
        .done = had,
        .had = had};
    (void)clock_gettime(CLOCK_MONOTONIC, &bar->began);
    sweep_bar_show(bar);
}

/* The seconds that the rest takes if it goes on as it did. */
static unsigned long seconds_left(const struct sweep_bar *bar)
{
    struct timespec now;
    double passed;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    passed = (double)(now.tv_sec - bar->began.tv_sec) +
             (double)(now.tv_nsec - bar->began.tv_nsec) / 1e9;
    return (unsigned long)(passed / (double)(bar->done - bar->had) *
                               (double)(bar->total - bar->done) +
                           0.5);
}

void sweep_bar_show(const struct sweep_bar *bar)
{
    char full[BAR_COLUMNS + 1];
    size_t columns =
        bar->total != 0 ? BAR_COLUMNS * bar->done / bar->total : BAR_COLUMNS;

    if (bar->terminal == NULL)
        return;
    memset(full, '#', columns);
    full[columns] = '\0';
    fprintf(bar->terminal, "\r[%-*s] %zu of %zu jobs", (int)BAR_COLUMNS, full,
            bar->done, bar->total);
    if (bar->failed != 0)
        fprintf(bar->terminal, ", %zu failed", bar->failed);
    if (bar->done > bar->had && bar->done < bar->total) {
        unsigned long seconds = seconds_left(bar);

        fprintf(bar->terminal, ", %lu:%02lu:%02lu left", seconds / 3600,
                seconds / 60 % 60, seconds % 60);
    }
    fputs("\033[K", bar->terminal);
    (void)fflush(bar->terminal);
}

void sweep_bar_end(const struct sweep_bar *bar)
{
    if (bar->terminal == NULL)
        return;
    fputs("\r\033[K", bar->terminal);
    (void)fflush(bar->terminal);
}
