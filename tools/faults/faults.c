/* faults.c: asks a fault log: one table says what options there are, each
 * question is a file of its own. */
#define _POSIX_C_SOURCE 200809L
#include "faults/faults.h"

#include <signal.h>
#include <string.h>

#include "colour.h"
#include "command.h"
#include "commandline.h"
#include "log/logrow.h"
#include "output.h"
#include "values.h"

/* What is asked. */
enum question {
    ASK_LIST,
    ASK_GROUP,
    ASK_EXPLAIN,
    ASK_PAGE,
    ASK_FRAME,
    ASK_TREE,
    ASK_CHECK,
};

struct request {
    enum question question;
    const char *question_option; /* as the user named it; NULL: none was */
    const char *filter_option;   /* one that was given, but for --frame; NULL:
                                    none was */
    const char *frame_option;
    enum grouping grouping;
    uint64_t argument; /* the sequence, page or frame */
    uint64_t frame;
    struct inquiry *inquiry;
};

/* ---- what each does: false where the value is no good, having told why
 * ---- */

static bool ask(struct request *request, enum question question,
                const char *option)
{
    if (request->question_option != NULL) {
        complain(option, "does not go with %s", request->question_option);
        return false;
    }
    request->question = question;
    request->question_option = option;
    return true;
}

static const char *grouping_value(unsigned number)
{
    return number <= GROUP_MAPPING - GROUP_KIND
               ? grouping_name((enum grouping)(GROUP_KIND + number))
               : NULL;
}

static bool set_by(void *to, const char *value)
{
    struct request *request = to;

    for (unsigned i = GROUP_KIND; i <= GROUP_MAPPING; i++) {
        if (strcmp(grouping_name((enum grouping)i), value) == 0) {
            request->grouping = (enum grouping)i;
            return ask(request, ASK_GROUP, "--by");
        }
    }
    complain("--by",
             "%.64s: not one of kind, pid, page, frame, eip, symbol, line, "
             "error and mapping",
             value);
    return false;
}

/* A question about what has a number. */
static bool ask_about(struct request *request, enum question question,
                      const char *option, const char *value, uint64_t highest,
                      const char *what)
{
    if (!number_read(value, highest, &request->argument, NULL)) {
        complain(option, "%.64s: not %s", value, what);
        return false;
    }
    return ask(request, question, option);
}

static bool set_explain(void *to, const char *value)
{
    return ask_about(to, ASK_EXPLAIN, "--explain", value, INT64_MAX,
                     "the sequence of an event");
}

static bool set_page(void *to, const char *value)
{
    return ask_about(to, ASK_PAGE, "--page", value, UINT32_MAX,
                     "a linear address");
}

static bool set_frame(void *to, const char *value)
{
    struct request *request = to;

    request->frame_option = "--frame";
    return filter_frame(&request->inquiry->filter, value) &&
           number_read(value, UINT32_MAX, &request->frame, NULL);
}

static bool set_tree(void *to, const char *value)
{
    (void)value;
    return ask(to, ASK_TREE, "--tree");
}

static bool set_check(void *to, const char *value)
{
    (void)value;
    return ask(to, ASK_CHECK, "--check");
}

static bool set_format(void *to, const char *value)
{
    struct request *request = to;

    return read_format(value, &request->inquiry->format);
}

static bool set_limit(void *to, const char *value)
{
    struct request *request = to;
    uint64_t limit;

    if (!number_read(value, INT64_MAX, &limit, NULL) || limit == 0) {
        complain("--limit", "%.64s: not a number of rows", value);
        return false;
    }
    request->inquiry->limit = (int64_t)limit;
    return true;
}

/* A filter: FILTER_SETTER(pid, filter_pid) is set_pid, of option --pid. */
#define FILTER_SETTER(name, read)                       \
    static bool set_##name(void *to, const char *value) \
    {                                                   \
        struct request *request = to;                   \
                                                        \
        request->filter_option = #name;                 \
        return read(&request->inquiry->filter, value);  \
    }

FILTER_SETTER(pid, filter_pid)
FILTER_SETTER(kind, filter_kinds)
FILTER_SETTER(addr, filter_address)
FILTER_SETTER(eip, filter_eip)
FILTER_SETTER(error, filter_error)
FILTER_SETTER(from, filter_from)
FILTER_SETTER(to, filter_to)

static const char *kind_value(unsigned number)
{
    unsigned kind = ROW_DEMAND_ZERO + number;

    return kind < ROW_KINDS ? log_row_name((enum log_row_kind)kind) : NULL;
}

static const struct option_row rows[] = {
    {"pid", 0, "PID", "those of one process", .set = set_pid,
     .repeatable = true},
    {"kind", 0, "KINDS",
     "those of these kinds, with commas between: demand_zero, file,\n"
     "cow_copy, cow_reuse, segv, oom; or events that are no faults",
     .set = set_kind, .repeatable = true, .value_at = kind_value,
     .listed = true},
    {"addr", 0, "A[-B]", "those at this address or in this range of them",
     .set = set_addr, .repeatable = true},
    {"frame", 0, "FRAME",
     "those about this frame; with no other option than --limit and\n"
     "--format the lives of this frame, from allocation to release",
     .set = set_frame},
    {"eip", 0, "A[-B]",
     "those of instructions at this address, in this range, or in\n"
     "the function of this symbol",
     .set = set_eip, .repeatable = true},
    {"error", 0, "BITS",
     "those with these bits of the error code: p, w, u, rsvd, each\n"
     "with a ! before it where it is to be clear; or protection,\n"
     "not-present, write, read, user, supervisor; or a whole code",
     .set = set_error, .repeatable = true, .value_at = filter_error_word,
     .listed = true},
    {"from", 0, "N",
     "from this sequence on; 1000i: from instruction 1000 on; 1000c:\n"
     "from cycle 1000 on",
     .set = set_from, .repeatable = true},
    {"to", 0, "N", "up to this sequence, instruction or cycle", .set = set_to,
     .repeatable = true},
    {"by", 0, "FIELD",
     "count them by kind, pid, page, frame, eip, symbol, line (of the\n"
     "source), error or mapping, the most frequent first",
     .set = set_by, .repeatable = true, .value_at = grouping_value},
    {"explain", 0, "N", "tell the story of the fault of this sequence",
     .set = set_explain, .repeatable = true},
    {"page", 0, "A",
     "tell the life of the page at this address, in all processes",
     .set = set_page, .repeatable = true},
    {"tree", 0, NULL,
     "print the tree of processes, with the frames that each had\n"
     "shared and private at the moments of its life",
     .set = set_tree, .repeatable = true},
    {"check", 0, NULL, "tell what is wrong or wasteful, and by which events",
     .set = set_check, .repeatable = true},
    {"limit", 0, "N",
     "print at most so many rows (of --tree: processes; of\n"
     "--check: findings of each kind)",
     .set = set_limit},
    {"format", 0, "FORMAT",
     "table, json (an object a line) or csv (default table)", .set = set_format,
     .value_at = format_value},
};

static const struct option_group question_options = {OPTION_GROUP(rows)};

static const struct option_part parts[] = {{&question_options, 0},
                                           {&colour_options, 0},
                                           {&about_options, 0},
                                           {NULL, 0}};

static const struct command_line line = {
    .name = "faults",
    .word = "LOG",
    .usage =
        "usage: mmu386 faults [OPTION...] LOG\n"
        "Answers questions about a fault log, which `mmu386 run --log=LOG' "
        "writes. Without "
        "options\n"
        "it prints all page faults, the oldest first. Numbers may be "
        "hexadecimal, after 0x.\n"
        "\n"
        "options, of which the first eight choose events, and combine:\n",
    .parts = parts,
    .status = "\nExit status: 0, whatever was found; 125 where the log cannot "
              "be read.\n",
};

/* ---- what goes with what ---- */

/* --frame alone is a question, in company a filter; a question other than --by
 * asks about all. */
static bool settle(struct request *request)
{
    bool filtered =
        request->filter_option != NULL || request->frame_option != NULL;

    if (request->question == ASK_LIST && request->frame_option != NULL &&
        request->filter_option == NULL) {
        request->question = ASK_FRAME;
        request->argument = request->frame;
    } else if (request->question != ASK_LIST &&
               request->question != ASK_GROUP && filtered) {
        complain(request->question_option, "does not go with --%s",
                 request->filter_option != NULL ? request->filter_option
                                                : "frame");
        return false;
    }
    if (request->question == ASK_EXPLAIN &&
        request->inquiry->limit != INT64_MAX) {
        complain("--limit", "does not go with --explain");
        return false;
    }
    if (request->question == ASK_EXPLAIN &&
        request->inquiry->format == FORMAT_CSV) {
        complain("--explain", "a story is no csv");
        return false;
    }
    return true;
}

/* ---- what the questions have in common ---- */

const char *inquiry_symbol(struct inquiry *inquiry, const struct fault_row *row,
                           char *text, size_t text_bytes)
{
    if (row->eip == LOG_NONE)
        return NULL;
    return lognames_text(
        &inquiry->names,
        lineage_program(&inquiry->lineage, row->pid, row->sequence),
        (uint32_t)row->eip, text, text_bytes);
}

bool inquiry_line(struct inquiry *inquiry, const struct fault_row *row,
                  struct log_line *source)
{
    return row->eip != LOG_NONE &&
           lognames_line(
               &inquiry->names,
               lineage_program(&inquiry->lineage, row->pid, row->sequence),
               (uint32_t)row->eip, source);
}

struct logstmt *inquiry_select(struct inquiry *inquiry, const char *columns,
                               const char *fallback)
{
    return filter_select(&inquiry->filter, &inquiry->log, columns, "events",
                         fallback);
}

bool inquiry_accepts(struct inquiry *inquiry, int64_t pid, int64_t eip,
                     int64_t sequence)
{
    const char *wanted = inquiry->filter.symbol;
    const char *name;

    if (wanted == NULL)
        return true;
    if (eip == LOG_NONE)
        return false;
    name = lognames_symbol(&inquiry->names,
                           lineage_program(&inquiry->lineage, pid, sequence),
                           (uint32_t)eip, NULL);
    return name != NULL && strcmp(name, wanted) == 0;
}

/* ---- from the command line to the answer ---- */

static bool answer(struct inquiry *inquiry, const struct request *request)
{
    switch (request->question) {
    case ASK_GROUP:
        return faults_group(inquiry, request->grouping);
    case ASK_EXPLAIN:
        return faults_explain(inquiry, (int64_t)request->argument);
    case ASK_PAGE:
        return faults_page(inquiry, (uint32_t)request->argument);
    case ASK_FRAME:
        return faults_frame(inquiry, (uint32_t)request->argument);
    case ASK_TREE:
        return faults_tree(inquiry);
    case ASK_CHECK:
        return faults_check(inquiry);
    default:
        return faults_list(inquiry);
    }
}

static bool inquire(struct inquiry *inquiry, const struct request *request,
                    const char *path)
{
    struct output output;
    bool answered;

    if (!faultlog_open(&inquiry->log, path))
        return false;
    lognames_init(&inquiry->names, &inquiry->log);
    answered = lineage_read(&inquiry->lineage, &inquiry->log) &&
               filter_check(&inquiry->filter, &inquiry->log) &&
               output_open(&output, "-", 0);
    if (answered) {
        inquiry->out = output.file;
        answered = answer(inquiry, request);
        answered = output_close(&output) && answered;
    }
    lineage_free(&inquiry->lineage);
    lognames_free(&inquiry->names);
    faultlog_close(&inquiry->log);
    return answered;
}

int faults_command(int argc, char *argv[])
{
    struct inquiry inquiry = {.format = FORMAT_TABLE, .limit = INT64_MAX};
    struct request request = {.question = ASK_LIST, .inquiry = &inquiry};
    struct options_given given;
    char **words;
    const char *log = NULL;
    enum options_outcome outcome =
        command_line_read(&line, argc, argv, &request, &given, &words);
    bool good = outcome == OPTIONS_DONE;

    if (outcome == OPTIONS_GO)
        log = command_line_word(&line, words, "one log at a time");

    /* Who has read enough closes the pipe: that is no failure to tell of. */
    signal(SIGPIPE, SIG_DFL);
    if (log != NULL && settle(&request) &&
        colour_settle(&given, inquiry.format))
        good = inquire(&inquiry, &request, log);
    filter_free(&inquiry.filter);
    return good ? 0 : EXIT_SIMULATOR;
}
