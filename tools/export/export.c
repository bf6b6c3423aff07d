/* export.c: `export`: all events of a fault log in formats that other programs
 * read. Rows are written as they are read, so that a log of any length takes no
 * more memory than a short one. */
#include <getopt.h>
#include <string.h>

#include "command.h"
#include "export/export.h"
#include "log/logdb.h"
#include "logevents.h"
#include "logoptions.h"
#include "output.h"

static const char help[] =
    "usage: mmu386 export --perfetto|--csv|--jsonl [OPTION...] [--] LOG\n"
    "Writes all events of a fault log, as run --log makes them, for other "
    "programs to read.\n"
    "\n"
    "options:\n"
    "      --perfetto        trace events in JSON, for Perfetto or "
    "chrome://tracing: a track a\n"
    "                        process, a slice a fault, counters of the frames "
    "in use. A\n"
    "                        microsecond there is one step of the event's "
    "sequence number\n"
    "      --csv             a line a row of the log, after one with the "
    "columns' names\n"
    "      --jsonl           a JSON object a row, one a line\n"
    "  -o, --output=FILE     write to FILE; - is standard output, the default\n"
    "      --force           write over an existing FILE\n"
    "      --help            print this help\n"
    "      --version         print the version\n"
    "\n"
    "Exit status: 0, or 125 where it fails.\n";

struct request {
    bool (*write)(struct logdb *db, const char *path, FILE *to);
    const char *output;
    bool force;
};

static int export_log(const struct request *request, const char *path)
{
    struct logdb *db = log_open(path);
    struct output output;
    char why[256];
    bool written = false;

    if (db == NULL)
        return EXIT_SIMULATOR;
    output_spare(path, "is the log itself");
    if (output_open(&output, request->output,
                    request->force ? OUTPUT_FORCE : 0)) {
        written = request->write(db, path, output.file);
        if (!written)
            output_drop(&output);
        else if (!output_close(&output))
            written = false;
    }
    (void)logdb_close(db, why, sizeof(why));
    return written ? 0 : EXIT_SIMULATOR;
}

static bool set_format(struct request *request, char **argv,
                       bool (*write)(struct logdb *db, const char *path,
                                     FILE *to))
{
    if (request->write != NULL) {
        complain(argv[optind - 1], "one format at a time");
        return false;
    }
    request->write = write;
    return true;
}

/* After the options: what is missing, or the log. */
static int export_words(struct request *request, int argc, char *argv[])
{
    if (request->write == NULL)
        complain("format", "missing: --perfetto, --csv or --jsonl");
    else if (request->force && request->output == NULL)
        complain("--force", "nothing is written that it could be about");
    else if (optind == argc)
        complain("LOG", "missing (mmu386 export --help tells more)");
    else if (optind + 1 < argc)
        complain(argv[optind + 1], "one log at a time");
    else {
        if (request->output == NULL)
            request->output = "-";
        return export_log(request, argv[optind]);
    }
    return EXIT_SIMULATOR;
}

int export_command(int argc, char *argv[])
{
    static const struct option options[] = {
        {"perfetto", no_argument, NULL, 'p'},
        {"csv", no_argument, NULL, 'c'},
        {"jsonl", no_argument, NULL, 'j'},
        {"force", no_argument, NULL, 'f'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {0};
    struct output output = {.name = "standard output", .file = stdout};
    uint64_t given = 0;
    bool good = true;
    int answer;

    opterr = 0;
    optind = 0;
    while (good &&
           (answer = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
        if (!option_answer_is_first(&given, options, answer))
            return EXIT_SIMULATOR;
        switch (answer) {
        case 'p':
            good = set_format(&request, argv, export_perfetto);
            break;
        case 'c':
            good = set_format(&request, argv, export_csv);
            break;
        case 'j':
            good = set_format(&request, argv, export_jsonl);
            break;
        case 'o':
            request.output = optarg;
            break;
        case 'f':
            request.force = true;
            break;
        case 'h':
            fputs(help, stdout);
            return output_close(&output) ? 0 : EXIT_SIMULATOR;
        case 'v':
            print_version();
            return output_close(&output) ? 0 : EXIT_SIMULATOR;
        default:
            complain_of_option(answer, options, argv);
            good = false;
        }
    }
    return good ? export_words(&request, argc, argv) : EXIT_SIMULATOR;
}
