/* export.c: `export`: all events of a fault log in formats that other programs
 * read. Rows are written as they are read, so that a log of any length takes no
 * more memory than a short one. */
#include <getopt.h>

#include "command.h"
#include "export/export.h"
#include "log/logdb.h"
#include "logevents.h"
#include "outputchoice.h"

struct request {
    bool (*write)(struct logdb *db, const char *path, FILE *to);
    struct output_choice output;
    char **argv; /* the words, while getopt reads them */
};

/* ---- the log ---- */

struct exporting {
    const struct request *request;
    struct logdb *db;
    const char *path;
};

static enum output_made write_events(void *arg, struct output *output)
{
    const struct exporting *exporting = arg;

    return exporting->request->write(exporting->db, exporting->path,
                                     output->file)
               ? OUTPUT_WHOLE
               : OUTPUT_NONE;
}

static int export_log(const struct request *request, const char *path)
{
    struct exporting exporting = {
        .request = request, .db = log_open(path), .path = path};
    char why[256];
    bool written;

    if (exporting.db == NULL)
        return EXIT_SIMULATOR;
    output_spare(path, "is the log itself");
    written = output_choice_write(&request->output, write_events, &exporting);
    (void)logdb_close(exporting.db, why, sizeof(why));
    return written ? 0 : EXIT_SIMULATOR;
}

/* ---- the command line ---- */

static bool set_format(struct request *request,
                       bool (*write)(struct logdb *db, const char *path,
                                     FILE *to))
{
    if (request->write != NULL) {
        complain(request->argv[optind - 1], "one format at a time");
        return false;
    }
    request->write = write;
    return true;
}

static bool set_perfetto(void *to, const char *value)
{
    (void)value;
    return set_format(to, export_perfetto);
}

static bool set_csv(void *to, const char *value)
{
    (void)value;
    return set_format(to, export_csv);
}

static bool set_jsonl(void *to, const char *value)
{
    (void)value;
    return set_format(to, export_jsonl);
}

static const struct option_row format_rows[] = {
    {"perfetto", 0, NULL,
     "trace events in JSON, for Perfetto or chrome://tracing: a track a\n"
     "process, a slice a fault, counters of the frames in use. A\n"
     "microsecond there is one step of the event's sequence number",
     .set = set_perfetto},
    {"csv", 0, NULL,
     "a line a row of the log, after one with the columns' "
     "names",
     .set = set_csv},
    {"jsonl", 0, NULL, "a JSON object a row, one a line", .set = set_jsonl},
};

static const struct option_group format_options = {OPTION_GROUP(format_rows)};

static const struct option_part parts[] = {
    {&format_options, 0},
    {&output_options, offsetof(struct request, output)},
    {&overwrite_options, offsetof(struct request, output)},
    {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "export",
    .word = "LOG",
    .usage =
        "usage: mmu386 export --perfetto|--csv|--jsonl [OPTION...] [--] LOG\n"
        "Writes all events of a fault log, as run --log makes them, for other "
        "programs to read.\n"
        "\n"
        "options:\n",
    .parts = parts,
    .status = "\nExit status: 0, or 125 where it fails.\n",
};

int export_command(int argc, char *argv[])
{
    struct request request = {.argv = argv};
    struct options_given given;
    char **words;
    const char *path;
    enum options_outcome outcome =
        command_line_read(&line, argc, argv, &request, &given, &words);

    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;
    if (request.write == NULL) {
        complain("format", "missing: --perfetto, --csv or --jsonl");
        return EXIT_SIMULATOR;
    }
    if (!output_choice_settle(&request.output) ||
        (path = command_line_word(&line, words, "one log at a time")) == NULL)
        return EXIT_SIMULATOR;
    return export_log(&request, path);
}
