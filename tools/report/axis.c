/* axis.c: see axis.h. */
#include "report/axis.h"

const char *const chart_fills[CHART_FILLS] = {"#ffffd9", "#c7e9b4", "#7fcdbb",
                                              "#41a6c4", "#225ea8", "#0c1f4f"};

struct unit {
    double size;
    const char *name; /* as it goes on after what is counted */
};

static struct unit unit_of(const struct picture_log *log)
{
    static const struct unit units[] = {
        {1e9, ", billions"}, {1e6, ", millions"}, {1e3, ", thousands"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if ((double)log->span >= 10 * units[i].size)
            return units[i];
    return (struct unit){1, ""};
}

double axis_time(const struct picture_log *log, uint64_t time)
{
    return (double)time / unit_of(log).size;
}

double axis_part(const struct picture_log *log, uint32_t part, uint32_t parts)
{
    return axis_time(log, log->span) * part / parts;
}

void axis_write(const struct picture_log *log, FILE *script)
{
    fprintf(script, "set xrange [0:%.10g]\nset xlabel 'time (%s%s)'\n",
            log->span > 0 ? axis_time(log, log->span) : 1,
            log->by_instructions ? "instructions executed"
                                 : "sequence number of the event",
            unit_of(log).name);
}
