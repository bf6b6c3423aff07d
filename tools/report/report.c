/* report.c: `report`: fault logs as one HTML file of charts. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "log/logdb.h"
#include "logoptions.h"
#include "output.h"
#include "plot.h"
#include "report/log.h"
#include "report/page.h"

#define LOGS_MAX 8u

static const char help[] =
    "usage: mmu386 report [OPTION...] [--] LOG...\n"
    "Draws fault logs, as run --log makes them, into one HTML file that needs "
    "no network: the\n"
    "frames in use and the faults over time, by kind; a heat map of the pages; "
    "the processes; the\n"
    "counts. Several logs (8 at most), say of one program under several "
    "policies, are compared.\n"
    "Draws with gnuplot.\n"
    "\n"
    "options:\n"
    "  -o, --output=FILE     write to FILE (default report.html); - is "
    "standard output\n"
    "      --force           write over an existing FILE\n"
    "      --time=MEASURE    what time is measured in: sequence, the events' "
    "numbers, in which\n"
    "                        what happens is spread evenly (the default), or "
    "instructions, which\n"
    "                        are the same whatever the policy\n"
    "      --help            print this help\n"
    "      --version         print the version\n"
    "\n"
    "Exit status: 0, or 125 where it fails.\n";

struct request {
    const char *output;
    bool force;
    bool by_instructions; /* what time is */
    char **paths;
    uint32_t count;
};

/* --- the logs ------------------------------------------------------------- */

struct reading {
    struct logdb *dbs[LOGS_MAX];
    struct picture_log logs[LOGS_MAX];
    uint32_t count;
};

static bool open_logs(struct reading *reading, const struct request *request)
{
    for (uint32_t i = 0; i < request->count; i++) {
        reading->dbs[i] = log_open(request->paths[i]);
        if (reading->dbs[i] == NULL)
            return false;
        picture_log_describe(&reading->logs[i], reading->dbs[i],
                             request->paths[i]);
        output_spare(request->paths[i], "is the log itself");
        reading->count++;
    }
    return true;
}

/* All logs are drawn on one scale of time. */
static bool set_time(struct reading *reading, bool by_instructions)
{
    uint64_t span = 0;

    for (uint32_t i = 0; i < reading->count; i++) {
        uint64_t end = picture_log_end(reading->dbs[i], by_instructions);

        if (by_instructions && !reading->logs[i].clocked) {
            complain(reading->logs[i].path,
                     "has no instructions: it was run with --functional");
            return false;
        }
        span = end > span ? end : span;
    }
    for (uint32_t i = 0; i < reading->count; i++) {
        reading->logs[i].by_instructions = by_instructions;
        reading->logs[i].span = span;
    }
    return true;
}

static bool read_logs(struct reading *reading, const struct request *request)
{
    if (!open_logs(reading, request) ||
        !set_time(reading, request->by_instructions))
        return false;
    for (uint32_t i = 0; i < reading->count; i++)
        if (!picture_log_read(&reading->logs[i], reading->dbs[i]))
            return false;
    return true;
}

static void close_logs(struct reading *reading)
{
    char why[256];

    for (uint32_t i = 0; i < reading->count; i++) {
        picture_log_free(&reading->logs[i]);
        (void)logdb_close(reading->dbs[i], why, sizeof(why));
    }
}

/* --- the file ------------------------------------------------------------- */

static bool copy(FILE *from, FILE *to)
{
    char buffer[65536];
    size_t bytes;

    (void)fseek(from, 0, SEEK_SET);
    while ((bytes = fread(buffer, 1, sizeof(buffer), from)) > 0)
        (void)fwrite(buffer, 1, bytes, to);
    if (ferror(from))
        complain("temporary file", "%s", strerror(errno));
    return !ferror(from);
}

/* Only a report that is whole is put where it was asked for. */
static bool write_report(const struct reading *reading,
                         const struct request *request)
{
    struct output output;
    FILE *html = tmpfile();
    bool written;

    if (html == NULL) {
        complain("temporary file", "%s", strerror(errno));
        return false;
    }
    written = picture_page(reading->logs, reading->count, html);
    if (written && (fflush(html) != 0 || ferror(html))) {
        complain("temporary file", "%s", strerror(errno));
        written = false;
    }
    if (written && output_open(&output, request->output,
                               request->force ? OUTPUT_FORCE : 0)) {
        written = copy(html, output.file);
        if (!written)
            output_drop(&output);
        else
            written = output_close(&output);
    } else {
        written = false;
    }
    fclose(html);
    return written;
}

static int report(const struct request *request)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    bool done;

    if (reading == NULL) {
        complain("report", "%s", strerror(ENOMEM));
        return EXIT_SIMULATOR;
    }
    done = read_logs(reading, request) && plot_possible() &&
           write_report(reading, request);
    close_logs(reading);
    free(reading);
    return done ? 0 : EXIT_SIMULATOR;
}

/* --- the command line ----------------------------------------------------- */

static bool set_measure(struct request *request, const char *value)
{
    request->by_instructions = strcmp(value, "instructions") == 0;
    if (request->by_instructions || strcmp(value, "sequence") == 0)
        return true;
    complain("--time",
             "%.64s: no such measure (there are sequence and instructions)",
             value);
    return false;
}

static bool take_logs(struct request *request, int argc, char *argv[])
{
    request->paths = argv + optind;
    request->count = (uint32_t)(argc - optind);
    if (request->count == 0)
        complain("LOG", "missing (mmu386 report --help tells more)");
    else if (request->count > LOGS_MAX)
        complain("LOG", "more than %u of them", LOGS_MAX);
    return request->count > 0 && request->count <= LOGS_MAX;
}

int report_command(int argc, char *argv[])
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"time", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {.output = "report.html"};
    struct output output = {.name = "standard output", .file = stdout};
    uint64_t given = 0;
    int answer;

    opterr = 0;
    optind = 0;
    while ((answer = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
        if (!option_answer_is_first(&given, options, answer))
            return EXIT_SIMULATOR;
        switch (answer) {
        case 'o':
            request.output = optarg;
            break;
        case 'f':
            request.force = true;
            break;
        case 't':
            if (!set_measure(&request, optarg))
                return EXIT_SIMULATOR;
            break;
        case 'h':
            fputs(help, stdout);
            return output_close(&output) ? 0 : EXIT_SIMULATOR;
        case 'v':
            print_version();
            return output_close(&output) ? 0 : EXIT_SIMULATOR;
        default:
            complain_of_option(answer, options, argv);
            return EXIT_SIMULATOR;
        }
    }
    return take_logs(&request, argc, argv) ? report(&request) : EXIT_SIMULATOR;
}
