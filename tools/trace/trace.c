/* trace.c: `trace`: converts traces, prints them, cuts them and tells what is
 * in them. Events are written as they are read, so that a trace of any length
 * takes no more memory than a short one. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "logoptions.h"
#include "options.h"
#include "output.h"
#include "trace/cut.h"
#include "trace/summary.h"
#include "trace/tracefile.h"
#include "trace/tracein.h"
#include "trace/tracetext.h"

static const char help[] =
    "usage: mmu386 trace [OPTION...] [--] TRACE\n"
    "Prints a trace of memory accesses, or converts it, or tells what is in "
    "it. TRACE is a native\n"
    "trace, its text form, what valgrind's lackey wrote (--trace-mem=yes) or "
    "Dinero's din, plain "
    "or\n"
    "compressed by gzip or zstd; - is standard input.\n"
    "\n"
    "options:\n"
    "      --text            write the text form (the default)\n"
    "      --native          write the native form\n"
    "      --summary         write how many accesses, pages and processes "
    "there are, and how many\n"
    "                        pages are touched over time, in up to 20 "
    "stretches\n"
    "      --format=FORMAT   of the summary: table, json or csv (default "
    "table)\n"
    "      --from=N          only accesses from number N on: fetches and data "
    "accesses count, "
    "from\n"
    "                        0; what happens to processes and mappings before "
    "is kept\n"
    "      --to=N            only what is before access number N\n"
    "      --pid=P           only what process P does, by the same numbers; "
    "what happens to\n"
    "                        processes and mappings is kept\n"
    "      --input=FORMAT    what TRACE is: native, text, lackey or din "
    "(default auto: look)\n"
    "      --fold64          rename 64-bit addresses into 32 bits, each 256 "
    "KiB to the next free\n"
    "  -o, --output=FILE     write to FILE; - is standard output, the default\n"
    "      --force           write over an existing FILE\n"
    "      --help            print this help\n"
    "      --version         print the version\n"
    "\n"
    "Exit status: 0, or 125 where it fails; also where TRACE was cut short, "
    "whose part that is\n"
    "there is written.\n";

enum task {
    TASK_NONE,
    TASK_TEXT,
    TASK_NATIVE,
    TASK_SUMMARY,
};

struct request {
    enum task task;
    enum format format;
    bool has_format;
    struct trace_input_options input;
    uint64_t from, to;
    uint32_t pid;
    const char *output;
    bool force;
};

static const char *const format_names[] = {
    [TRACE_FORMAT_AUTO] = "auto", [TRACE_FORMAT_NATIVE] = "native",
    [TRACE_FORMAT_TEXT] = "text", [TRACE_FORMAT_LACKEY] = "lackey",
    [TRACE_FORMAT_DIN] = "din",
};

#define FORMATS (sizeof(format_names) / sizeof(format_names[0]))

/* Where the events go: one of these. */
struct sink {
    struct trace_text_writer *text;
    struct trace_writer *native;
    struct trace_summary summary;
};

static bool sink_open(struct sink *sink, const struct request *request,
                      FILE *file)
{
    *sink = (struct sink){0};
    trace_summary_init(&sink->summary);
    if (request->task == TASK_NATIVE)
        sink->native = trace_writer_new(file);
    else if (request->task == TASK_TEXT)
        sink->text = trace_text_writer_new(file);
    if (sink->native != NULL || sink->text != NULL ||
        request->task == TASK_SUMMARY)
        return true;
    complain("trace", "%s", strerror(ENOMEM));
    return false;
}

static bool sink_add(void *arg, const struct trace_event *event)
{
    struct sink *sink = arg;

    if (sink->text != NULL)
        return trace_text_writer_add(sink->text, event);
    if (sink->native == NULL)
        return trace_summary_add(&sink->summary, event);
    if (event->kind == TRACE_BLOCK)
        return trace_writer_block(sink->native, event->block.shape,
                                  event->block.addresses, event->block.clocks);
    return trace_writer_add(sink->native, event);
}

/* Finishes what was written; false having told what failed. */
static bool sink_close(struct sink *sink, const struct request *request,
                       struct output *output, const char *format, bool whole)
{
    bool good;

    errno = 0;
    if (sink->text != NULL)
        good = trace_text_writer_end(sink->text, whole);
    else if (sink->native != NULL)
        good = trace_writer_end(sink->native, whole);
    else
        good = trace_summary_write(&sink->summary, output->file,
                                   request->format, format, whole);
    if (!good)
        complain(output->name, "%s", strerror(errno != 0 ? errno : ENOMEM));
    output->told = !good;
    trace_summary_free(&sink->summary);
    return good;
}

/* Reads the trace to its end or the part's. */
static enum trace_got copy(struct trace_input *input, struct trace_cut *cut,
                           bool *added)
{
    struct trace_event event;
    enum trace_got got = TRACE_GOT_END;

    *added = true;
    while (*added && !trace_cut_done(cut) &&
           (got = trace_input_next(input, &event)) == TRACE_GOT_EVENT)
        *added = trace_cut_event(cut, &event);
    return got == TRACE_GOT_EVENT ? TRACE_GOT_END : got;
}

/* *keep: what was written is to stay, as it is whole, or the part of a trace
 * that is there. */
static bool convert(const struct request *request, struct trace_input *input,
                    struct output *output, bool *keep)
{
    struct trace_cut *cut = malloc(sizeof(*cut));
    struct sink sink;
    enum trace_got got;
    bool added;
    bool closed;

    if (cut == NULL || !sink_open(&sink, request, output->file)) {
        free(cut);
        return false;
    }
    trace_cut_init(cut);
    cut->from = request->from;
    cut->to = request->to;
    cut->pid = request->pid;
    cut->add = sink_add;
    cut->arg = &sink;
    got = copy(input, cut, &added);
    free(cut);
    if (!added && request->task == TASK_SUMMARY)
        complain("summary", "more pages or processes than can be counted");
    closed = sink_close(&sink, request, output,
                        format_names[trace_input_format(input)],
                        got == TRACE_GOT_END);
    if (got != TRACE_GOT_END)
        complain(trace_input_where(input), "%s", trace_input_why(input));
    *keep = added && closed && got != TRACE_GOT_WRONG;
    return *keep && got == TRACE_GOT_END;
}

static int trace_file(const struct request *request, const char *name)
{
    const char *why = NULL;
    struct trace_input *input = trace_input_open(name, &request->input, &why);
    struct output output;
    bool written = false;

    if (input == NULL) {
        complain(name, "%s", why);
        return EXIT_SIMULATOR;
    }
    output_spare(name, "is the trace itself");
    if (request->task == TASK_NATIVE && strcmp(request->output, "-") == 0 &&
        isatty(STDOUT_FILENO)) {
        complain("standard output",
                 "a terminal is no place for a native trace (-o names a file)");
    } else if (output_open(&output, request->output,
                           request->force ? OUTPUT_FORCE : 0)) {
        bool keep = false;

        written = convert(request, input, &output, &keep);
        if (!keep)
            output_drop(&output);
        else if (!output_close(&output))
            written = false;
    }
    trace_input_close(input);
    return written ? 0 : EXIT_SIMULATOR;
}

/* ---- the command line ---- */

static bool set_task(struct request *request, const char *option,
                     enum task task)
{
    if (request->task != TASK_NONE && request->task != task) {
        complain(option, "one of --text, --native and --summary at a time");
        return false;
    }
    request->task = task;
    return true;
}

static bool set_number(const char *option, const char *text, uint64_t max,
                       uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        *number > max) {
        complain(option, "%.64s: not a number that it may be", text);
        return false;
    }
    return true;
}

static bool set_pid(struct request *request, const char *text)
{
    uint64_t pid;

    if (!set_number("--pid", text, UINT32_MAX, &pid))
        return false;
    if (pid == 0)
        complain("--pid", "0: no process");
    request->pid = (uint32_t)pid;
    return pid != 0;
}

static bool set_input(struct request *request, const char *name)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(name, format_names[i]) == 0) {
            request->input.format = (enum trace_format)i;
            return true;
        }
    }
    complain(
        "--input",
        "%.64s: no such format (there are auto, native, text, lackey and din)",
        name);
    return false;
}

static bool set_format(struct request *request, const char *name)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            request->format = (enum format)i;
            request->has_format = true;
            return true;
        }
    }
    complain("--format",
             "%.64s: no such format (there are table, json and csv)", name);
    return false;
}

static bool set_option(struct request *request, int answer)
{
    switch (answer) {
    case 't':
        return set_task(request, "--text", TASK_TEXT);
    case 'n':
        return set_task(request, "--native", TASK_NATIVE);
    case 's':
        return set_task(request, "--summary", TASK_SUMMARY);
    case 'F':
        return set_format(request, optarg);
    case 'a':
        return set_number("--from", optarg, UINT64_MAX, &request->from);
    case 'z':
        return set_number("--to", optarg, UINT64_MAX, &request->to);
    case 'p':
        return set_pid(request, optarg);
    case 'i':
        return set_input(request, optarg);
    case '6':
        request->input.fold64 = true;
        return true;
    case 'o':
        request->output = optarg;
        return true;
    default: /* 'f' */
        request->force = true;
        return true;
    }
}

/* Whether every option does something. */
static bool settle(const struct request *request)
{
    if (request->has_format && request->task != TASK_SUMMARY)
        complain("--format", "is the summary's, which --summary writes");
    else if (request->force && request->output == NULL)
        complain("--force", "nothing is written that it could be about");
    else if (request->from > request->to)
        complain("--from", "is behind --to");
    else
        return true;
    return false;
}

/* After the options: the trace. */
static int trace_words(struct request *request, int argc, char *argv[])
{
    if (!settle(request))
        return EXIT_SIMULATOR;
    if (request->task == TASK_NONE)
        request->task = TASK_TEXT;
    if (request->output == NULL)
        request->output = "-";
    if (optind == argc)
        complain("TRACE", "missing (mmu386 trace --help tells more)");
    else if (optind + 1 < argc)
        complain(argv[optind + 1], "one trace at a time");
    else
        return trace_file(request, argv[optind]);
    return EXIT_SIMULATOR;
}

int trace_command(int argc, char *argv[])
{
    static const struct option options[] = {
        {"text", no_argument, NULL, 't'},
        {"native", no_argument, NULL, 'n'},
        {"summary", no_argument, NULL, 's'},
        {"format", required_argument, NULL, 'F'},
        {"from", required_argument, NULL, 'a'},
        {"to", required_argument, NULL, 'z'},
        {"pid", required_argument, NULL, 'p'},
        {"input", required_argument, NULL, 'i'},
        {"fold64", no_argument, NULL, '6'},
        {"output", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {.to = UINT64_MAX,
                              .input.waiting = complain_of_waiting};
    uint64_t given = 0;
    struct output output = {.name = "standard output", .file = stdout};
    int answer;

    opterr = 0;
    optind = 0;
    while ((answer = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
        if (!option_answer_is_first(&given, options, answer))
            return EXIT_SIMULATOR;
        switch (answer) {
        case 'h':
            fputs(help, stdout);
            return output_close(&output) ? 0 : EXIT_SIMULATOR;
        case 'v':
            print_version();
            return output_close(&output) ? 0 : EXIT_SIMULATOR;
        case '?':
        case ':':
            complain_of_option(answer, options, argv);
            return EXIT_SIMULATOR;
        default:
            if (!set_option(&request, answer))
                return EXIT_SIMULATOR;
        }
    }
    return trace_words(&request, argc, argv);
}
