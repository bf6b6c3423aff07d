/* report.c: `report`: fault logs as one HTML file of charts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "outputchoice.h"
#include "report/data.h"
#include "report/log.h"
#include "report/page.h"

#define LOGS_MAX 8u

/* What time is. */
enum measure {
    BY_DEFAULT, /* instructions where several logs have them all, else sequence:
                   of several logs moments are to be the same ones */
    BY_SEQUENCE,
    BY_INSTRUCTIONS,
};

struct request {
    struct output_choice output;
    enum measure time;
    char **paths;
    uint32_t count;
};

/* --- the logs ------------------------------------------------------------- */

struct reading {
    struct inquiry inquiries[LOGS_MAX];
    struct picture_log logs[LOGS_MAX];
    uint32_t count;
};

static bool open_log(struct reading *reading, const char *path)
{
    struct inquiry *inquiry = &reading->inquiries[reading->count];

    if (!faultlog_open(&inquiry->log, path))
        return false;
    inquiry->limit = INT64_MAX;
    lognames_init(&inquiry->names, &inquiry->log);
    picture_log_describe(&reading->logs[reading->count++], inquiry->log.db,
                         path);
    output_spare(path, "is the log itself");
    return lineage_read(&inquiry->lineage, &inquiry->log);
}

static bool open_logs(struct reading *reading, const struct request *request)
{
    for (uint32_t i = 0; i < request->count; i++)
        if (!open_log(reading, request->paths[i]))
            return false;
    return true;
}

static bool all_clocked(const struct reading *reading)
{
    for (uint32_t i = 0; i < reading->count; i++)
        if (!reading->logs[i].clocked)
            return false;
    return true;
}

/* All logs are drawn on one scale of time. */
static bool set_time(struct reading *reading, enum measure time)
{
    bool by_instructions =
        time == BY_INSTRUCTIONS ||
        (time == BY_DEFAULT && reading->count > 1 && all_clocked(reading));
    uint64_t span = 0;

    for (uint32_t i = 0; i < reading->count; i++) {
        uint64_t end =
            picture_log_end(reading->inquiries[i].log.db, by_instructions);

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
    if (!open_logs(reading, request) || !set_time(reading, request->time))
        return false;
    for (uint32_t i = 0; i < reading->count; i++)
        if (!picture_log_read(&reading->logs[i], reading->inquiries[i].log.db))
            return false;
    return true;
}

static void close_logs(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->count; i++) {
        picture_log_free(&reading->logs[i]);
        lineage_free(&reading->inquiries[i].lineage);
        lognames_free(&reading->inquiries[i].names);
        faultlog_close(&reading->inquiries[i].log);
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

static enum output_made write_copy(void *html, struct output *output)
{
    return copy(html, output->file) ? OUTPUT_WHOLE : OUTPUT_NONE;
}

/* Only a report that is whole is put where it was asked for. */
static bool write_report(struct reading *reading, const struct request *request)
{
    json_t *data =
        report_data(reading->logs, reading->inquiries, reading->count);
    FILE *html = data != NULL ? tmpfile() : NULL;
    bool written;

    if (data == NULL)
        return false;
    if (html == NULL) {
        complain("temporary file", "%s", strerror(errno));
        json_decref(data);
        return false;
    }
    written = picture_page(reading->logs, reading->count, data, html);
    if (written && (fflush(html) != 0 || ferror(html))) {
        complain("temporary file", "%s", strerror(errno));
        written = false;
    }
    written =
        written && output_choice_write(&request->output, write_copy, html);
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
    done = read_logs(reading, request) && write_report(reading, request);
    close_logs(reading);
    free(reading);
    return done ? 0 : EXIT_SIMULATOR;
}

/* --- the command line ----------------------------------------------------- */

static const char *measure_value(unsigned number)
{
    static const char *const measures[] = {"sequence", "instructions"};

    return number < 2 ? measures[number] : NULL;
}

static bool set_measure(void *to, const char *value)
{
    enum measure *time = to;

    *time = strcmp(value, "instructions") == 0 ? BY_INSTRUCTIONS : BY_SEQUENCE;
    if (*time == BY_INSTRUCTIONS || strcmp(value, "sequence") == 0)
        return true;
    complain("--time",
             "%.64s: no such measure (there are sequence and instructions)",
             value);
    return false;
}

static const struct option_row file_rows[] = {
    {"output", 'o', "FILE",
     "write to FILE (default report.html); - is standard output",
     .set = option_text, .at = offsetof(struct request, output.name)},
};

static const struct option_row time_rows[] = {
    {"time", 0, "MEASURE",
     "what time is measured in: sequence, the events' numbers, in which\n"
     "what happens is spread evenly (the default of one log), or\n"
     "instructions, which are the same whatever the policy (the default\n"
     "of several logs that all have them)",
     .set = set_measure, .at = offsetof(struct request, time),
     .value_at = measure_value},
};

static const struct option_group file_options = {OPTION_GROUP(file_rows)};
static const struct option_group time_options = {OPTION_GROUP(time_rows)};

static const struct option_part parts[] = {
    {&file_options, 0}, {&overwrite_options, offsetof(struct request, output)},
    {&time_options, 0}, {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "report",
    .word = "LOG",
    .usage =
        "usage: mmu386 report [OPTION...] [--] LOG...\n"
        "Draws fault logs, as run --log makes them, into one HTML file that "
        "needs no network and\n"
        "opens in any browser, to zoom and pan in: frames in use, faults, "
        "clocks "
        "and the latency of\n"
        "forks over time; a map of the pages, each with its life; the "
        "processes; what was wrong or\n"
        "wasteful; the counts. Several logs (8 at most), say of one program "
        "under "
        "several policies, are\n"
        "compared.\n"
        "\n"
        "options:\n",
    .parts = parts,
    .status = "\nExit status: 0, or 125 where it fails.\n",
};

static bool take_logs(struct request *request, char **words)
{
    request->paths = words;
    while (words[request->count] != NULL)
        request->count++;
    if (request->count == 0)
        complain_of_missing_word(&line);
    else if (request->count > LOGS_MAX)
        complain("LOG", "more than %u of them", LOGS_MAX);
    return request->count > 0 && request->count <= LOGS_MAX;
}

int report_command(int argc, char *argv[])
{
    struct request request = {.output.name = "report.html"};
    struct options_given given;
    char **words;
    enum options_outcome outcome =
        command_line_read(&line, argc, argv, &request, &given, &words);

    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;
    return take_logs(&request, words) ? report(&request) : EXIT_SIMULATOR;
}
