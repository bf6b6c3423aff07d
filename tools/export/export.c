/* export.c: `export`: the events of a fault log in formats that other programs
 * read. Rows are written as they are read, so that a log of any length takes no
 * more memory than a short one. */
#include <getopt.h>

#include "command.h"
#include "export/export.h"
#include "export/timeline.h"
#include "log/logdb.h"
#include "logevents.h"
#include "outputchoice.h"

struct request {
    bool (*write)(struct logdb *db, const char *path, FILE *to);
    bool timeline;          /* that is written, instead */
    struct inquiry inquiry; /* for it: its filter */
    const char *filter;     /* an option that is one; NULL: none was given */
    struct output_choice output;
    char **argv; /* the words, while getopt reads them */
};

/* ---- all of a log ---- */

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

/* ---- a timeline of it ---- */

static enum output_made write_timeline(void *arg, struct output *output)
{
    return export_timeline(arg, output->file) ? OUTPUT_WHOLE : OUTPUT_NONE;
}

static int export_as_timeline(struct request *request, const char *path)
{
    struct inquiry *inquiry = &request->inquiry;
    bool written;

    if (!faultlog_open(&inquiry->log, path))
        return EXIT_SIMULATOR;
    output_spare(path, "is the log itself");
    lognames_init(&inquiry->names, &inquiry->log);
    written = lineage_read(&inquiry->lineage, &inquiry->log) &&
              filter_check(&inquiry->filter, &inquiry->log) &&
              output_choice_write(&request->output, write_timeline, inquiry);
    lineage_free(&inquiry->lineage);
    lognames_free(&inquiry->names);
    faultlog_close(&inquiry->log);
    return written ? 0 : EXIT_SIMULATOR;
}

/* ---- the command line ---- */

static bool set_format(struct request *request,
                       bool (*write)(struct logdb *db, const char *path,
                                     FILE *to))
{
    if (request->write != NULL || request->timeline) {
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

static bool set_pftrace(void *to, const char *value)
{
    struct request *request = to;
    bool first = set_format(request, NULL);

    (void)value;
    request->timeline = true;
    return first;
}

/* A filter: FILTER_SETTER(pid, filter_pid) is set_pid, of option --pid. */
#define FILTER_SETTER(name, read)                       \
    static bool set_##name(void *to, const char *value) \
    {                                                   \
        struct request *request = to;                   \
                                                        \
        request->filter = #name;                        \
        return read(&request->inquiry.filter, value);   \
    }

FILTER_SETTER(pid, filter_pid)
FILTER_SETTER(kind, filter_kinds)
FILTER_SETTER(addr, filter_address)
FILTER_SETTER(frame, filter_frame)
FILTER_SETTER(eip, filter_eip)
FILTER_SETTER(error, filter_error)
FILTER_SETTER(from, filter_from)
FILTER_SETTER(to, filter_to)

static const struct option_row format_rows[] = {
    {"pftrace", 0, NULL,
     "Perfetto's own format (TrackEvents): a track a process with its\n"
     "life, forks and faults, each as long as its service took; arrows\n"
     "from a fork to the child and from a shared page to its copies;\n"
     "counters of the frames in use. A microsecond there is a clock,\n"
     "or a step of the sequence where the run had no clock",
     .set = set_pftrace},
    {"perfetto", 0, NULL,
     "trace events in JSON, for Perfetto or chrome://tracing: a track a\n"
     "process, a slice a fault, counters of the frames in use. A\n"
     "microsecond there is a clock, or a step of the sequence likewise",
     .set = set_perfetto},
    {"csv", 0, NULL,
     "a line a row of the log, after one with the columns' "
     "names",
     .set = set_csv},
    {"jsonl", 0, NULL, "a JSON object a row, one a line", .set = set_jsonl},
};

static const struct option_row filter_rows[] = {
    {"pid", 0, "PID", "those of one process", .set = set_pid},
    {"kind", 0, "KINDS", "those of these kinds, with commas between",
     .set = set_kind},
    {"addr", 0, "A[-B]", "those at this address or in this range of them",
     .set = set_addr},
    {"frame", 0, "FRAME", "those about this frame", .set = set_frame},
    {"eip", 0, "A[-B]",
     "those of instructions at this address, in this range, or in\n"
     "the function of this symbol",
     .set = set_eip},
    {"error", 0, "BITS", "those with these bits of the error code",
     .set = set_error},
    {"from", 0, "N",
     "from this sequence on; 1000i: from instruction 1000 on; 1000c:\n"
     "from cycle 1000 on",
     .set = set_from},
    {"to", 0, "N", "up to this sequence, instruction or cycle", .set = set_to},
};

static const struct option_group format_options = {OPTION_GROUP(format_rows)};
static const struct option_group filter_options = {
    "\nwhich events --pftrace has, as `faults' chooses them (all of them):\n",
    filter_rows, sizeof(filter_rows) / sizeof(filter_rows[0])};

static const struct option_part parts[] = {
    {&format_options, 0},
    {&filter_options, 0},
    {&output_options, offsetof(struct request, output)},
    {&overwrite_options, offsetof(struct request, output)},
    {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "export",
    .word = "LOG",
    .usage =
        "usage: mmu386 export --pftrace|--perfetto|--csv|--jsonl [OPTION...] "
        "[--] LOG\n"
        "Writes the events of a fault log, as run --log makes them, for other "
        "programs to read.\n"
        "\n"
        "options:\n",
    .parts = parts,
    .status = "\nExit status: 0, or 125 where it fails.\n",
};

/* Whether there is a format, with which all else does something; tells what
 * does not. */
static bool settle(struct request *request)
{
    if (request->write == NULL && !request->timeline) {
        complain("format", "missing: --pftrace, --perfetto, --csv or --jsonl");
        return false;
    }
    if (request->filter != NULL && !request->timeline)
        return option_wrong(request->filter, "is for --pftrace");
    return output_choice_settle(&request->output);
}

int export_command(int argc, char *argv[])
{
    struct request request = {.argv = argv};
    struct options_given given;
    char **words;
    const char *path = NULL;
    int status = EXIT_SIMULATOR;
    enum options_outcome outcome =
        command_line_read(&line, argc, argv, &request, &given, &words);

    if (outcome == OPTIONS_DONE)
        status = 0;
    if (outcome == OPTIONS_GO && settle(&request))
        path = command_line_word(&line, words, "one log at a time");
    if (path != NULL)
        status = request.timeline ? export_as_timeline(&request, path)
                                  : export_log(&request, path);
    filter_free(&request.inquiry.filter);
    return status;
}
