/* faults.c: asks a fault log: one table says what options there are, each
 * question is a file of its own. */
#define _POSIX_C_SOURCE 200809L
#include "faults/faults.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "command.h"
#include "logoptions.h"
#include "output.h"
#include "paging.h"

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
    uint64_t given; /* a bit each of `options` */
    enum grouping grouping;
    uint64_t argument; /* the sequence, page or frame */
    uint64_t frame;
    struct inquiry *inquiry;
    const char *log;
};

struct row {
    const char *name;
    const char *argument; /* as --help calls it; NULL: takes none */
    bool (*set)(struct request *request, const char *value);
    /* of a filter, instead of `set` */
    bool (*filter)(struct filter *filter, const char *value);
    const char *help; /* may have several lines */
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

static bool set_by(struct request *request, const char *value)
{
    static const char *const names[] = {
        [GROUP_KIND] = "kind",   [GROUP_PID] = "pid",
        [GROUP_PAGE] = "page",   [GROUP_FRAME] = "frame",
        [GROUP_EIP] = "eip",     [GROUP_SYMBOL] = "symbol",
        [GROUP_ERROR] = "error", [GROUP_MAPPING] = "mapping",
    };

    for (unsigned i = GROUP_KIND; i <= GROUP_MAPPING; i++) {
        if (strcmp(names[i], value) == 0) {
            request->grouping = (enum grouping)i;
            return ask(request, ASK_GROUP, "--by");
        }
    }
    complain("--by",
             "%.64s: not one of kind, pid, page, frame, eip, symbol, error and "
             "mapping",
             value);
    return false;
}

static bool set_explain(struct request *request, const char *value)
{
    if (!number_read(value, INT64_MAX, &request->argument, NULL)) {
        complain("--explain", "%.64s: not the sequence of an event", value);
        return false;
    }
    return ask(request, ASK_EXPLAIN, "--explain");
}

static bool set_page(struct request *request, const char *value)
{
    if (!number_read(value, UINT32_MAX, &request->argument, NULL)) {
        complain("--page", "%.64s: not a linear address", value);
        return false;
    }
    return ask(request, ASK_PAGE, "--page");
}

static bool set_frame(struct request *request, const char *value)
{
    if (request->frame_option != NULL) {
        complain("--frame", "given twice");
        return false;
    }
    request->frame_option = "--frame";
    return filter_frame(&request->inquiry->filter, value) &&
           number_read(value, UINT32_MAX, &request->frame, NULL);
}

static bool set_tree(struct request *request, const char *value)
{
    (void)value;
    return ask(request, ASK_TREE, "--tree");
}

static bool set_check(struct request *request, const char *value)
{
    (void)value;
    return ask(request, ASK_CHECK, "--check");
}

static bool set_format(struct request *request, const char *value)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            request->inquiry->format = (enum format)i;
            return true;
        }
    }
    complain("--format",
             "%.64s: no such format (there are table, json and csv)", value);
    return false;
}

static bool set_limit(struct request *request, const char *value)
{
    uint64_t limit;

    if (!number_read(value, INT64_MAX, &limit, NULL) || limit == 0) {
        complain("--limit", "%.64s: not a number of rows", value);
        return false;
    }
    request->inquiry->limit = (int64_t)limit;
    return true;
}

static const struct row options[] = {
    {"pid", "PID", NULL, filter_pid, "those of one process"},
    {"kind", "KINDS", NULL, filter_kinds,
     "those of these kinds, with commas between: demand_zero, file,\n"
     "cow_copy, cow_reuse, segv, oom; or events that are no faults"},
    {"addr", "A[-B]", NULL, filter_address,
     "those at this address or in this range of them"},
    {"frame", "FRAME", set_frame, NULL,
     "those about this frame; with no other option than --limit and\n"
     "--format the lives of this frame, from allocation to release"},
    {"eip", "A[-B]", NULL, filter_eip,
     "those of instructions at this address, in this range, or in\n"
     "the function of this symbol"},
    {"error", "BITS", NULL, filter_error,
     "those with these bits of the error code: p, w, u, rsvd, each\n"
     "with a ! before it where it is to be clear; or a whole code"},
    {"from", "N", NULL, filter_from,
     "from this sequence on; 1000i: from instruction 1000 on; 1000c:\n"
     "from cycle 1000 on"},
    {"to", "N", NULL, filter_to, "up to this sequence, instruction or cycle"},
    {"by", "FIELD", set_by, NULL,
     "count them by kind, pid, page, frame, eip, symbol, error or\n"
     "mapping, the most frequent first"},
    {"explain", "N", set_explain, NULL,
     "tell the story of the fault of this sequence"},
    {"page", "A", set_page, NULL,
     "tell the life of the page at this address, in all processes"},
    {"tree", NULL, set_tree, NULL,
     "print the tree of processes, with the frames that each had\n"
     "shared and private at the moments of its life"},
    {"check", NULL, set_check, NULL,
     "tell what is wrong or wasteful, and by which events"},
    {"limit", "N", set_limit, NULL,
     "print at most so many rows (of --tree: processes; of\n"
     "--check: findings of each kind)"},
    {"format", "FORMAT", set_format, NULL,
     "table, json (an object a line) or csv (default table)"},
    {"help", NULL, NULL, NULL, "print this help"},
    {"version", NULL, NULL, NULL, "print the version"},
};

#define OPTIONS      (sizeof(options) / sizeof(options[0]))
#define FIRST_OPTION 256
#define HELP_COLUMN  20

static void print_help(void)
{
    puts("usage: mmu386 faults [OPTION...] LOG\n"
         "Answers questions about a fault log, which `mmu386 run --log=LOG' "
         "writes. Without "
         "options\n"
         "it prints all page faults, the oldest first. Numbers may be "
         "hexadecimal, after 0x.\n"
         "\n"
         "options, of which the first eight choose events, and combine:");
    for (size_t i = 0; i < OPTIONS; i++) {
        int used =
            printf("  --%s%s%s", options[i].name,
                   options[i].argument != NULL ? "=" : "",
                   options[i].argument != NULL ? options[i].argument : "");

        printf("%*s", used < HELP_COLUMN ? HELP_COLUMN - used : 1, "");
        for (const char *at = options[i].help; *at != '\0'; at++) {
            putchar(*at);
            if (*at == '\n')
                printf("%*s", HELP_COLUMN, "");
        }
        putchar('\n');
    }
    puts("\n"
         "Exit status: 0, whatever was found; 125 where the log cannot be "
         "read.");
}

/* ---- reading the command line ---- */

static bool take(struct request *request, const struct row *option,
                 const char *value)
{
    bool single = option->set == set_limit || option->set == set_format;

    if (single && !option_is_first(&request->given,
                                   (unsigned)(option - options), option->name))
        return false;
    if (option->set != NULL)
        return option->set(request, value);
    request->filter_option = option->name;
    return option->filter(&request->inquiry->filter, value);
}

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

static enum options_outcome printed(void)
{
    struct output output = {.name = "standard output", .file = stdout};

    return output_close(&output) ? OPTIONS_DONE : OPTIONS_WRONG;
}

static enum options_outcome read_options(struct request *request, int argc,
                                         char *argv[])
{
    struct option long_options[OPTIONS + 1] = {{0}};
    int answer;

    for (size_t i = 0; i < OPTIONS; i++)
        long_options[i] = (struct option){.name = options[i].name,
                                          .has_arg = options[i].argument != NULL
                                                         ? required_argument
                                                         : no_argument,
                                          .val = FIRST_OPTION + (int)i};
    opterr = 0;
    optind = 0;
    while ((answer = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (answer < FIRST_OPTION) {
            complain_of_option(answer, long_options, argv);
            return OPTIONS_WRONG;
        }
        const struct row *option = &options[answer - FIRST_OPTION];

        if (strcmp(option->name, "help") == 0) {
            print_help();
            return printed();
        }
        if (strcmp(option->name, "version") == 0) {
            print_version();
            return printed();
        }
        if (!take(request, option, optarg))
            return OPTIONS_WRONG;
    }
    if (argc - optind != 1) {
        complain(argc == optind ? "LOG" : argv[optind + 1],
                 argc == optind ? "missing (mmu386 faults --help tells more)"
                                : "one log at a time");
        return OPTIONS_WRONG;
    }
    request->log = argv[optind];
    return settle(request) ? OPTIONS_GO : OPTIONS_WRONG;
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

static bool inquire(struct inquiry *inquiry, const struct request *request)
{
    struct output output;
    bool answered;

    if (!faultlog_open(&inquiry->log, request->log))
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
    enum options_outcome outcome = read_options(&request, argc, argv);
    bool good = outcome == OPTIONS_DONE;

    /* Who has read enough closes the pipe: that is no failure to tell of. */
    signal(SIGPIPE, SIG_DFL);
    if (outcome == OPTIONS_GO)
        good = inquire(&inquiry, &request);
    filter_free(&inquiry.filter);
    return good ? 0 : EXIT_SIMULATOR;
}
