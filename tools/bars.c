/* bars.c: see bars.h. */
#include "bars.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80u
#define COLUMNS_LEAST   60u /* of a terminal for which there are bars */
#define BAR_COLUMNS_MAX 60u
#define BAR_COLUMNS_MIN 10u

/* ---- which ---- */

static bool locale_has_blocks(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8 = locale != (locale_t)0 &&
                strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

    if (locale != (locale_t)0)
        freelocale(locale);
    return utf8;
}

/* Of standard output; 0 where it does not know. */
static unsigned terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct bars bars_choose(enum bars_when when, bool terminal)
{
    struct bars bars = {.columns = terminal ? terminal_columns() : 0};

    if (when == BARS_NEVER || (when == BARS_AUTO && !terminal))
        return (struct bars){0};
    if (bars.columns == 0)
        bars.columns = COLUMNS_DEFAULT;
    if (when == BARS_AUTO && bars.columns < COLUMNS_LEAST)
        return (struct bars){0};
    bars.blocks = locale_has_blocks();
    return bars;
}

/* ---- what of ---- */

struct measure {
    const char *name;
    bool of_clock;
    uint64_t (*count)(const struct stats *stats);
};

static uint64_t allocated(const struct stats *stats)
{
    return stats->frames.allocated;
}

static uint64_t peak(const struct stats *stats)
{
    return stats->frames.peak;
}

static uint64_t copied(const struct stats *stats)
{
    return stats->frames.copied_at_fork + stats->faults.cow_copy +
           stats->frames.copied_by_kernel;
}

static uint64_t faults(const struct stats *stats)
{
    return stats->faults.total;
}

static uint64_t cycles(const struct stats *stats)
{
    return stats->cycles;
}

static uint64_t of_forks(const struct stats *stats)
{
    return stats->clocks.fork;
}

static uint64_t of_faults(const struct stats *stats)
{
    return stats->fault_clocks;
}

static const struct measure measures[] = {
    {"frames allocated", false, allocated},
    {"frames peak", false, peak},
    {"frames copied", false, copied},
    {"page faults", false, faults},
    {"clocks", true, cycles},
    {"clocks of forks", true, of_forks},
    {"clocks of faults", true, of_faults},
};

#define MEASURES   (sizeof(measures) / sizeof(measures[0]))
#define NAME_WIDTH 16

/* ---- lines ---- */

static int policy_width(const struct stats *stats, uint32_t count)
{
    int width = 0;

    for (uint32_t i = 0; i < count; i++)
        if ((int)strlen(stats[i].policy) > width)
            width = (int)strlen(stats[i].policy);
    return width;
}

static uint64_t largest(const struct measure *measure,
                        const struct stats *stats, uint32_t count)
{
    uint64_t most = 0;

    for (uint32_t i = 0; i < count; i++)
        if (measure->count(&stats[i]) > most)
            most = measure->count(&stats[i]);
    return most;
}

static int number_width(const struct stats *stats, uint32_t count)
{
    int width = 0;

    for (size_t i = 0; i < MEASURES; i++) {
        int digits =
            snprintf(NULL, 0, "%" PRIu64, largest(&measures[i], stats, count));

        if (digits > width)
            width = digits;
    }
    return width;
}

/* A bar of so many of `columns`; one that is not of nothing shows. */
static void write_bar(double part, unsigned columns, bool blocks, FILE *to)
{
    static const char *const eighths[] = {"",       "\u258F", "\u258E",
                                          "\u258D", "\u258C", "\u258B",
                                          "\u258A", "\u2589"};
    unsigned units = blocks ? 8 : 1;
    unsigned length = (unsigned)(part * (double)(columns * units) + 0.5);

    if (length == 0 && part > 0)
        length = 1;
    for (unsigned i = 0; i < length / units; i++)
        fputs(blocks ? "\u2588" : "#", to);
    if (blocks)
        fputs(eighths[length % units], to);
}

void bars_write(const struct bars *bars, const struct stats *stats,
                uint32_t count, FILE *to)
{
    int left = policy_width(stats, count);
    int number = number_width(stats, count);
    unsigned before = (unsigned)(NAME_WIDTH + 2 + left + 2 + number + 2);
    unsigned columns =
        bars->columns > before ? bars->columns - before : BAR_COLUMNS_MIN;

    if (columns > BAR_COLUMNS_MAX)
        columns = BAR_COLUMNS_MAX;
    else if (columns < BAR_COLUMNS_MIN)
        columns = BAR_COLUMNS_MIN;
    for (size_t i = 0; i < MEASURES; i++) {
        uint64_t most = largest(&measures[i], stats, count);

        if (measures[i].of_clock && !stats[0].clocked)
            continue;
        fputc('\n', to);
        for (uint32_t row = 0; row < count; row++) {
            uint64_t value = measures[i].count(&stats[row]);

            fprintf(to, "%-*s  %-*s  %*" PRIu64, NAME_WIDTH,
                    row == 0 ? measures[i].name : "", left, stats[row].policy,
                    number, value);
            fputs(value == 0 ? "" : "  ", to);
            write_bar(most == 0 ? 0 : (double)value / (double)most, columns,
                      bars->blocks, to);
            fputc('\n', to);
        }
    }
}
