/* trace.c: `trace`: converts traces, prints them, cuts them and tells what is
 * in them. Events are written as they are read, so that a trace of any length
 * takes no more memory than a short one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "colour.h"
#include "command.h"
#include "outputchoice.h"
#include "trace/cut.h"
#include "trace/summary.h"
#include "trace/tracefile.h"
#include "trace/tracein.h"
#include "trace/tracetext.h"
#include "values.h"

enum task {
    TASK_NONE,
    TASK_TEXT,
    TASK_NATIVE,
    TASK_SUMMARY,
};

struct request {
    enum task task;
    enum format format;
    struct trace_input_options input;
    uint64_t from, to;
    uint32_t pid;
    struct output_choice output;
};

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

struct conversion {
    const struct request *request;
    struct trace_input *input;
};

/* Of a trace that was cut short the part that is there is written. */
static enum output_made convert(void *arg, struct output *output)
{
    const struct conversion *conversion = arg;
    const struct request *request = conversion->request;
    struct trace_input *input = conversion->input;
    struct trace_cut *cut = malloc(sizeof(*cut));
    struct sink sink;
    enum trace_got got;
    bool added;
    bool closed;

    if (cut == NULL || !sink_open(&sink, request, output->file)) {
        free(cut);
        return OUTPUT_NONE;
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
                        trace_format_name(trace_input_format(input)),
                        got == TRACE_GOT_END);
    if (got != TRACE_GOT_END)
        complain(trace_input_where(input), "%s", trace_input_why(input));
    if (!added || !closed || got == TRACE_GOT_WRONG)
        return OUTPUT_NONE;
    return got == TRACE_GOT_END ? OUTPUT_WHOLE : OUTPUT_PART;
}

/* A native trace is not for reading. */
static bool is_shown(const struct output_choice *output)
{
    return (output->name == NULL || strcmp(output->name, "-") == 0) &&
           isatty(STDOUT_FILENO);
}

static int trace_file(const struct request *request, const char *name)
{
    const char *why = NULL;
    struct conversion conversion = {
        .request = request,
        .input = trace_input_open(name, &request->input, &why),
    };
    bool written = false;

    if (conversion.input == NULL) {
        complain(name, "%s", why);
        return EXIT_SIMULATOR;
    }
    output_spare(name, "is the trace itself");
    if (request->task == TASK_NATIVE && is_shown(&request->output))
        complain("standard output",
                 "a terminal is no place for a native trace (-o names a file)");
    else
        written = output_choice_write(&request->output, convert, &conversion);
    trace_input_close(conversion.input);
    return written ? 0 : EXIT_SIMULATOR;
}

/* ---- the command line ---- */

static bool set_task(enum task *to, const char *option, enum task task)
{
    if (*to != TASK_NONE) {
        complain(option, "one of --text, --native and --summary at a time");
        return false;
    }
    *to = task;
    return true;
}

static bool set_text(void *to, const char *value)
{
    (void)value;
    return set_task(to, "--text", TASK_TEXT);
}

static bool set_native(void *to, const char *value)
{
    (void)value;
    return set_task(to, "--native", TASK_NATIVE);
}

static bool set_summary(void *to, const char *value)
{
    (void)value;
    return set_task(to, "--summary", TASK_SUMMARY);
}

static bool set_number(const char *option, const char *text, uint64_t max,
                       uint64_t *number)
{
    bool good = read_count(text, max, number);

    if (!good)
        complain(option, "%.64s: not a number that it may be", text);
    return good;
}

static bool set_from(void *to, const char *value)
{
    return set_number("--from", value, UINT64_MAX, to);
}

static bool set_to(void *to, const char *value)
{
    return set_number("--to", value, UINT64_MAX, to);
}

static bool set_pid(void *to, const char *value)
{
    uint64_t pid;

    if (!set_number("--pid", value, UINT32_MAX, &pid))
        return false;
    if (pid == 0)
        complain("--pid", "0: no process");
    *(uint32_t *)to = (uint32_t)pid;
    return pid != 0;
}

static const struct option_row trace_rows[] = {
    {"text", 0, NULL, "write the text form (the default)", .set = set_text,
     .at = offsetof(struct request, task)},
    {"native", 0, NULL, "write the native form", .set = set_native,
     .at = offsetof(struct request, task)},
    {"summary", 0, NULL,
     "write how many accesses, pages and processes there are, and how many\n"
     "pages are touched over time, in up to 20 stretches",
     .set = set_summary, .at = offsetof(struct request, task)},
    {"format", 0, "FORMAT",
     "of the summary: table, json or csv (default table)", .set = option_format,
     .at = offsetof(struct request, format), .value_at = format_value},
    {"from", 0, "N",
     "only accesses from number N on: fetches and data accesses count, from\n"
     "0; what happens to processes and mappings before is kept",
     .set = set_from, .at = offsetof(struct request, from)},
    {"to", 0, "N", "only what is before access number N", .set = set_to,
     .at = offsetof(struct request, to)},
    {"pid", 0, "P",
     "only what process P does, by the same numbers; what happens to\n"
     "processes and mappings is kept",
     .set = set_pid, .at = offsetof(struct request, pid)},
    {"input", 0, "FORMAT",
     "what TRACE is: native, text, lackey or din (default auto: look)",
     .set = option_input, .at = offsetof(struct request, input.format),
     .value_at = input_value},
    {"fold64", 0, NULL,
     "rename 64-bit addresses into 32 bits, each 256 KiB to the next free",
     .set = option_flag, .at = offsetof(struct request, input.fold64)},
};

static const struct option_group trace_options = {OPTION_GROUP(trace_rows)};

static const struct option_part parts[] = {
    {&trace_options, 0},
    {&colour_options, 0},
    {&output_options, offsetof(struct request, output)},
    {&overwrite_options, offsetof(struct request, output)},
    {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "trace",
    .word = "TRACE",
    .usage =
        "usage: mmu386 trace [OPTION...] [--] TRACE\n"
        "Prints a trace of memory accesses, or converts it, or tells what is "
        "in it. TRACE is a native\n"
        "trace, its text form, what valgrind's lackey wrote (--trace-mem=yes) "
        "or Dinero's din, plain or\n"
        "compressed by gzip or zstd; - is standard input.\n"
        "\n"
        "options:\n",
    .parts = parts,
    .status = "\nExit status: 0, or 125 where it fails; also where TRACE was "
              "cut short, whose part that is\n"
              "there is written.\n",
};

/* Whether every option does something. */
static bool settle(const struct request *request,
                   const struct options_given *given)
{
    if (option_given(given, "format") && request->task != TASK_SUMMARY)
        complain("--format", "is the summary's, which --summary writes");
    else if (option_given(given, "color") && request->task != TASK_SUMMARY)
        complain("--color", "is the summary's, which --summary writes");
    else if (!colour_settle(given, request->format) ||
             !output_choice_settle(&request->output))
        return false;
    else if (request->from > request->to)
        complain("--from", "is behind --to");
    else
        return true;
    return false;
}

int trace_command(int argc, char *argv[])
{
    struct request request = {.to = UINT64_MAX,
                              .input.waiting = complain_of_waiting};
    struct options_given given;
    char **words;
    const char *name;
    enum options_outcome outcome =
        command_line_read(&line, argc, argv, &request, &given, &words);

    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;
    if (!settle(&request, &given) ||
        (name = command_line_word(&line, words, "one trace at a time")) == NULL)
        return EXIT_SIMULATOR;
    if (request.task == TASK_NONE)
        request.task = TASK_TEXT;
    return trace_file(&request, name);
}
