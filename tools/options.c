/* options.c: one table says what options there are, to getopt and to the reader
 * of --help. */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "logoptions.h"
#include "modeloptions.h"
#include "output.h"

#define RAM_LOWEST  (256ull << 10)
#define RAM_HIGHEST (3ull << 30)
#define RAM_DEFAULT (64ull << 20)

struct option_row {
    const char *name;
    char letter; /* the short form, or 0 */
    int subcommands;
    const char *argument; /* as --help calls it; NULL: takes none */
    bool (*set)(struct options *options, const char *value);
    const char *help; /* may have several lines */
};

/* --- what each does: false where the value is no good, having told why ---- */

static bool add_policy(struct options *options, const char *option,
                       const char *name)
{
    const struct mmu_fork_policy *policy = mmu_fork_policy_named(name);

    if (policy == NULL) {
        complain(option, "%.64s: no such policy (there are eager and cow)",
                 name);
        return false;
    }
    for (uint32_t i = 0; i < options->policy_count; i++) {
        if (options->policies[i] == policy) {
            complain(option, "%s is named twice", name);
            return false;
        }
    }
    if (options->policy_count == POLICIES_MAX) {
        complain(option, "more than %u policies", POLICIES_MAX);
        return false;
    }
    options->policies[options->policy_count++] = policy;
    return true;
}

static bool set_fork(struct options *options, const char *value)
{
    options->policy_count = 0;
    options->given |= GIVEN_POLICY;
    return add_policy(options, "--fork", value);
}

static bool set_policies(struct options *options, const char *value)
{
    char *names = strdup(value);
    char *rest = names;
    char *name;
    bool good = names != NULL;

    options->policy_count = 0;
    while (good && (name = strsep(&rest, ",")) != NULL)
        good = add_policy(options, "--policies", name);
    free(names);
    return good;
}

static bool set_cpu(struct options *options, const char *value)
{
    options->generation = mmu_generation_named(value);
    options->given |= GIVEN_CPU;
    if (options->generation == NULL)
        complain("--cpu",
                 "%.64s: no such processor (there are i386, i486 and pentium)",
                 value);
    return options->generation != NULL;
}

static bool set_tlb(struct options *options, const char *value)
{
    return read_tlb(value, &options->tlb);
}

static bool set_functional(struct options *options, const char *value)
{
    (void)value;
    options->clocked = false;
    return true;
}

/* The bytes of a unit by its letter; 0 where it is none. */
static unsigned long long unit_bytes(const char *unit)
{
    if (unit[0] == '\0')
        return 1;
    if (unit[1] != '\0')
        return 0;
    switch (unit[0]) {
    case 'k':
    case 'K':
        return 1ull << 10;
    case 'm':
    case 'M':
        return 1ull << 20;
    case 'g':
    case 'G':
        return 1ull << 30;
    default:
        return 0;
    }
}

static bool set_ram(struct options *options, const char *value)
{
    char *unit;

    errno = 0;

    unsigned long long count = strtoull(value, &unit, 10);
    unsigned long long each = unit_bytes(unit);

    if (value[0] < '0' || value[0] > '9' || each == 0) {
        complain("--ram",
                 "%.64s: not a size (a number of bytes, with K, M or G of its "
                 "units)",
                 value);
        return false;
    }
    if (errno != 0 || count > RAM_HIGHEST / each || count * each < RAM_LOWEST) {
        complain("--ram", "%.64s: out of range (256K to 3G)", value);
        return false;
    }
    options->given |= GIVEN_RAM;
    options->ram_frames =
        (uint32_t)((count * each + MMU_PAGE_SIZE - 1) / MMU_PAGE_SIZE);
    return true;
}

/* Over an older value of the same cost. */
static bool set_cost(struct options *options, const char *value)
{
    return read_cost(value, options->costs);
}

static bool set_wait_states(struct options *options, const char *value)
{
    options->given |= GIVEN_WAIT_STATES;
    return read_wait_states(value, &options->wait_states);
}

static bool set_root(struct options *options, const char *value)
{
    int fd = open(value, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1) {
        complain(value, "%s", strerror(errno));
        return false;
    }
    close(fd);
    options->root = value;
    return true;
}

static bool set_root_as(struct options *options, const char *value)
{
    options->root_as_self = strcmp(value, "self") == 0;
    if (!options->root_as_self && strcmp(value, "nobody") != 0)
        complain("--root-as", "%.64s: neither nobody nor self", value);
    return options->root_as_self || strcmp(value, "nobody") == 0;
}

static bool set_stats(struct options *options, const char *value)
{
    options->stats = value;
    return true;
}

static bool set_profile(struct options *options, const char *value)
{
    options->profile = value;
    return true;
}

static bool set_log(struct options *options, const char *value)
{
    options->log = value;
    return true;
}

static bool set_force(struct options *options, const char *value)
{
    (void)value;
    options->force = true;
    return true;
}

static bool set_trace(struct options *options, const char *value)
{
    options->trace = value;
    return true;
}

static bool set_replay(struct options *options, const char *value)
{
    (void)value;
    options->replay = true;
    return true;
}

static bool set_map(struct options *options, const char *value)
{
    options->touch = strcmp(value, "touch") == 0;
    options->strict = strcmp(value, "strict") == 0;
    if (!options->touch && !options->strict)
        complain("--map", "%.64s: neither touch nor strict", value);
    return options->touch || options->strict;
}

static bool set_input(struct options *options, const char *value)
{
    static const char *const names[] = {[TRACE_FORMAT_AUTO] = "auto",
                                        [TRACE_FORMAT_NATIVE] = "native",
                                        [TRACE_FORMAT_TEXT] = "text",
                                        [TRACE_FORMAT_LACKEY] = "lackey",
                                        [TRACE_FORMAT_DIN] = "din"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            options->input.format = (enum trace_format)i;
            return true;
        }
    }
    complain(
        "--input",
        "%.64s: no such format (there are auto, native, text, lackey and din)",
        value);
    return false;
}

static bool set_fold64(struct options *options, const char *value)
{
    (void)value;
    options->input.fold64 = true;
    return true;
}

static bool set_max_instructions(struct options *options, const char *value)
{
    return read_limit("--max-instructions", value, INT64_MAX,
                      &options->max_instructions);
}

static bool set_max_seconds(struct options *options, const char *value)
{
    uint64_t seconds;
    bool good = read_limit("--max-seconds", value, 100000000, &seconds);

    options->max_seconds = (uint32_t)seconds;
    return good;
}

static bool set_max_processes(struct options *options, const char *value)
{
    uint64_t processes;
    bool good = read_limit("--max-processes", value, INT32_MAX, &processes);

    options->max_processes = (uint32_t)processes;
    return good;
}

static bool set_no_sandbox(struct options *options, const char *value)
{
    (void)value;
    options->sandbox = false;
    return true;
}

static bool set_output(struct options *options, const char *value)
{
    options->output = value;
    return true;
}

static bool set_verbose(struct options *options, const char *value)
{
    (void)value;
    options->verbose = true;
    return true;
}

static bool set_format(struct options *options, const char *value)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            options->format = (enum format)i;
            return true;
        }
    }
    complain("--format",
             "%.64s: no such format (there are table, json and csv)", value);
    return false;
}

static bool set_argv0(struct options *options, const char *value)
{
    options->argv0 = value;
    return true;
}

/* Sets a variable, over an older value of the same name, as env(1) does. */
static bool set_environment(struct options *options, const char *value)
{
    size_t name_bytes = strcspn(value, "=");
    char **at = options->environment;

    if (name_bytes == 0 || value[name_bytes] == '\0') {
        complain("--env", "%.64s: not of the form NAME=VALUE", value);
        return false;
    }
    while (*at != NULL && strncmp(*at, value, name_bytes + 1) != 0)
        at++;
    *at = (char *)value;
    return true;
}

/* --- the table ------------------------------------------------------------ */

static const struct option_row rows[] = {
    {"fork", 0, FOR_RUN, "POLICY", set_fork,
     "how fork clones memory: eager copies it, cow shares it until a\n"
     "write (default cow)"},
    {"fork", 0, FOR_REPLAY, "POLICY", set_fork,
     "how fork clones memory: eager copies it, cow shares it until a\n"
     "write (default: as it was recorded, else cow)"},
    {"policies", 0, FOR_COMPARE, "POLICIES", set_policies,
     "the fork policies to compare, with commas between them\n"
     "(default eager,cow)"},
    {"format", 0, FOR_COMPARE, "FORMAT", set_format,
     "table, json or csv (default table)"},
    {"output", 'o', FOR_COMPARE, "FILE", set_output,
     "write to FILE; - is standard output, the default"},
    {"cpu", 0, FOR_RUN | FOR_COMPARE, "CPU", set_cpu,
     "the processor: i386, i486 or pentium (default i386)"},
    {"cpu", 0, FOR_REPLAY, "CPU", set_cpu,
     "the processor: i386, i486 or pentium (default: as it was\n"
     "recorded, else i386)"},
    {"tlb", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, "ENTRIES,WAYS,POLICY",
     set_tlb,
     "the TLB for 4 KiB pages instead of the processor's own, on a\n"
     "pentium both of them; POLICY, which names the entry that goes,\n"
     "is pointer, plru, lru, random or random:SEED (default 1)"},
    {"functional", 0, FOR_RUN | FOR_COMPARE, NULL, set_functional,
     "run faster, without the clock and without a TLB"},
    {"ram", 0, FOR_RUN | FOR_COMPARE, "SIZE", set_ram,
     "memory in bytes, or in K, M or G of 1024, 1024^2, 1024^3 bytes:\n"
     "256K to 3G (default 64M)"},
    {"ram", 0, FOR_REPLAY, "SIZE", set_ram,
     "memory in bytes, or in K, M or G of 1024, 1024^2, 1024^3 bytes:\n"
     "256K to 3G (default: as it was recorded, else 64M)"},
    {"cost", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, "NAME=CLOCKS", set_cost,
     "set what a piece of the kernel's work costs; may be repeated,\n"
     "the last of a name counts; --cost=help lists them"},
    {"wait-states", 0, FOR_RUN | FOR_COMPARE, "N", set_wait_states,
     "wait states of each bus cycle of a page walk: 0 to 255\n"
     "(default 0)"},
    {"wait-states", 0, FOR_REPLAY, "N", set_wait_states,
     "wait states of each bus cycle of a page walk: 0 to 255\n"
     "(default: as it was recorded, else 0)"},
    {"root", 0, FOR_RUN | FOR_COMPARE, "DIR", set_root,
     "let the program read the files under DIR, its root directory\n"
     "(default: there are no files)"},
    {"root-as", 0, FOR_RUN | FOR_COMPARE, "WHO", set_root_as,
     "as whom root reads the files under DIR: nobody (the default) or\n"
     "self; others read them as themselves"},
    {"env", 0, FOR_RUN | FOR_COMPARE, "NAME=VALUE", set_environment,
     "set a variable of the program's environment, which else has\n"
     "only PATH=/usr/bin:/bin; may be repeated, the last of a name\n"
     "counts"},
    {"argv0", 0, FOR_RUN | FOR_COMPARE, "NAME", set_argv0,
     "what the program is to be called: its argument 0 (default: the\n"
     "last component of PROGRAM)"},
    {"stats", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, "FILE", set_stats,
     "write what it cost to FILE as JSON when the program has ended;\n"
     "- is standard output"},
    {"profile", 0, FOR_RUN | FOR_COMPARE, "FILE", set_profile,
     "write to FILE where the cycles went, by symbol: a table, or CSV\n"
     "or JSON lines where FILE ends in .csv or .json; - is standard\n"
     "output"},
    {"log", 0, FOR_RUN | FOR_REPLAY, "FILE", set_log,
     "record every memory event in FILE, an SQLite database"},
    {"trace", 0, FOR_RUN, "FILE", set_trace,
     "record every access in FILE, a trace that `replay' takes"},
    {"replay", 0, FOR_COMPARE, NULL, set_replay,
     "PROGRAM is a trace, to be replayed under each policy; what is\n"
     "not asked for is then as it was recorded"},
    {"map", 0, FOR_COMPARE | FOR_REPLAY, "HOW", set_map,
     "what an access outside any mapping is: `touch' maps the page,\n"
     "`strict' is a fault (default: touch for traces of lackey and\n"
     "din, which tell of no mappings, else strict)"},
    {"input", 0, FOR_COMPARE | FOR_REPLAY, "FORMAT", set_input,
     "what the trace is: native, text, lackey or din (default auto:\n"
     "look)"},
    {"fold64", 0, FOR_COMPARE | FOR_REPLAY, NULL, set_fold64,
     "rename 64-bit addresses of the trace into 32 bits"},
    {"force", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, NULL, set_force,
     "write over files that are there"},
    {"max-instructions", 0, FOR_RUN | FOR_COMPARE, "N", set_max_instructions,
     "end the run after N instructions of all processes together"},
    {"max-seconds", 0, FOR_RUN | FOR_COMPARE, "N", set_max_seconds,
     "end the run after N seconds of the host's time"},
    {"max-processes", 0, FOR_RUN | FOR_COMPARE, "N", set_max_processes,
     "let there be N processes at a time, those that were not waited\n"
     "for included; a fork more fails with EAGAIN"},
    {"no-sandbox", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, NULL, set_no_sandbox,
     "run in this process itself, and let it make any system call:\n"
     "for debuggers"},
    {"verbose", 'v', FOR_RUN | FOR_COMPARE | FOR_REPLAY, NULL, set_verbose,
     "tell of each page fault on standard error"},
    {"help", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, NULL, NULL,
     "print this help"},
    {"version", 0, FOR_RUN | FOR_COMPARE | FOR_REPLAY, NULL, NULL,
     "print the version"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS <= 64, "a bit each says which were given");

/* getopt_long's value for row I is FIRST_ROW + I: above every short option's
 * letter. */
#define FIRST_ROW 256

/* --- help ----------------------------------------------------------------- */

#define HELP_COLUMN 24

/* Prints the help's lines, those after the first indented to the same
 * column. */
static void print_lines(const char *lines)
{
    for (; *lines != '\0'; lines++) {
        putchar(*lines);
        if (*lines == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

static void print_row(const struct option_row *row)
{
    char usage[64];

    snprintf(usage, sizeof(usage), "  %c%c%s --%s%s%s", row->letter ? '-' : ' ',
             row->letter ? row->letter : ' ', row->letter ? "," : " ",
             row->name, row->argument ? "=" : "",
             row->argument ? row->argument : "");
    if (strlen(usage) < HELP_COLUMN)
        printf("%-*s", HELP_COLUMN, usage);
    else
        printf("%s\n%*s", usage, HELP_COLUMN, "");
    print_lines(row->help);
}

static const char run_text[] =
    "Runs a static i386 Linux program, whose input and output are this "
    "command's, and exits with\n"
    "its exit status, or with 128 and the signal's number where a signal "
    "killed it. A fault that\n"
    "a process dies of is told of on standard error.\n";

static const char compare_text[] =
    "Runs a static i386 Linux program once under each fork policy, checks that "
    "its output and its\n"
    "exit status are the same under each, and prints the costs side by side. "
    "The output itself is\n"
    "not shown. Standard input, where it is no terminal, is read to its end "
    "first and given to\n"
    "each run. `frames saved' is 1 - frames allocated / frames allocated under "
    "eager.\n";

static const char replay_text[] =
    "Replays a trace that `run --trace' recorded, its text form, or what "
    "valgrind's lackey or "
    "Dinero's\n"
    "din wrote: the machine makes the same accesses again, without the "
    "program. A recording comes "
    "to\n"
    "the same faults, counts and cycles under the options that it was made "
    "with, which are the\n"
    "defaults; other options tell what they would have made of it. TRACE may "
    "be compressed by "
    "gzip\n"
    "or zstd; - is standard input.\n";

static const char status_text[] =
    "\n"
    "Exit status: %s; 124 where a limit was reached; 125 where the\n"
    "simulator fails%s, 126 where PROGRAM cannot be run, 127 where it is not "
    "found.\n";

static void print_help(const char *name, int subcommand)
{
    printf("usage: mmu386 %s [OPTION...] [--] %s\n", name,
           subcommand == FOR_REPLAY ? "TRACE" : "PROGRAM [ARG...]");
    fputs(subcommand == FOR_RUN       ? run_text
          : subcommand == FOR_COMPARE ? compare_text
                                      : replay_text,
          stdout);
    puts("\noptions:");
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].subcommands & subcommand)
            print_row(&rows[i]);
    if (subcommand == FOR_RUN)
        printf(status_text, "the program's", "");
    else if (subcommand == FOR_REPLAY)
        fputs("\nExit status: the recorded one; 125 where the simulator or the "
              "trace fails. Of a "
              "trace that\nwas cut short what is there is replayed, and the "
              "exit status is 0 unless "
              "there is nothing.\n",
              stdout);
    else
        printf(status_text, "0 where all agree", " or they differ");
}

/* --- reading the command line --------------------------------------------- */

/* What getopt is to know of the subcommand's options. */
struct grammar {
    struct option long_options[ROWS + 1];
    char short_options[2 + 2 * ROWS + 1];
};

static struct grammar grammar_of(int subcommand)
{
    /* '+': stop at the first word that is no option; ':': tell a missing
     * argument apart. */
    struct grammar grammar = {.short_options = "+:"};
    char *letter = grammar.short_options + 2;
    size_t count = 0;

    for (size_t i = 0; i < ROWS; i++) {
        if (!(rows[i].subcommands & subcommand))
            continue;
        grammar.long_options[count++] = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].argument ? required_argument : no_argument,
            .val = FIRST_ROW + (int)i};
        if (rows[i].letter) {
            *letter++ = rows[i].letter;
            if (rows[i].argument)
                *letter++ = ':';
        }
    }
    return grammar;
}

/* The row that getopt's answer stands for. */
static const struct option_row *row_of(int answer, int subcommand)
{
    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].subcommands & subcommand) &&
            (answer == FIRST_ROW + (int)i ||
             (rows[i].letter && answer == rows[i].letter)))
            return &rows[i];
    return NULL;
}

static bool defaults(struct options *options, int argc)
{
    *options = (struct options){
        .generation = mmu_generation_of(MMU_GENERATION_I386),
        .clocked = true,
        .sandbox = true,
        .ram_frames = (uint32_t)(RAM_DEFAULT / MMU_PAGE_SIZE),
        .input.waiting = complain_of_waiting,
        .environment = calloc((size_t)argc + 2, sizeof(char *)),
    };
    for (int cost = 0; cost < COSTS; cost++)
        options->costs[cost] = COST_DEFAULT;
    if (options->environment == NULL) {
        complain("options", "%s", strerror(ENOMEM));
        return false;
    }
    return set_environment(options, "PATH=/usr/bin:/bin");
}

static void default_policies(struct options *options, int subcommand)
{
    if (options->policy_count != 0)
        return;
    if (subcommand == FOR_COMPARE)
        options->policies[options->policy_count++] = &mmu_fork_eager;
    options->policies[options->policy_count++] = &mmu_fork_cow;
}

/* Help and the version go to standard output as any output does. */
static enum options_outcome printed(void)
{
    struct output output = {.name = "standard output", .file = stdout};

    return output_close(&output) ? OPTIONS_DONE : OPTIONS_WRONG;
}

/* The options that name something, whose last value counts. */
static bool is_repeatable(const struct option_row *row)
{
    return row->set == set_cost || row->set == set_environment;
}

static enum options_outcome read_words(struct options *options, int subcommand,
                                       int argc, char *argv[], uint64_t *given)
{
    struct grammar grammar = grammar_of(subcommand);
    int answer;

    opterr = 0;
    optind = 0;
    while ((answer = getopt_long(argc, argv, grammar.short_options,
                                 grammar.long_options, NULL)) != -1) {
        const struct option_row *row = row_of(answer, subcommand);

        if (row == NULL) {
            complain_of_option(answer, grammar.long_options, argv);
            return OPTIONS_WRONG;
        }
        if (strcmp(row->name, "help") == 0) {
            print_help(argv[0], subcommand);
            return printed();
        }
        if (strcmp(row->name, "version") == 0) {
            print_version();
            return printed();
        }
        if (row->set == set_cost && strcmp(optarg, "help") == 0) {
            print_costs();
            return printed();
        }
        if (is_repeatable(row))
            *given |= 1ull << (row - rows);
        else if (!option_is_first(given, (unsigned)(row - rows), row->name))
            return OPTIONS_WRONG;
        if (!row->set(options, optarg))
            return OPTIONS_WRONG;
    }
    options->program = argv + optind;
    if (options->program[0] == NULL) {
        complain(subcommand == FOR_REPLAY ? "TRACE" : "PROGRAM",
                 "missing (mmu386 %s --help tells more)", argv[0]);
        return OPTIONS_WRONG;
    }
    return OPTIONS_GO;
}

void options_apply_tlb(struct options *options)
{
    if (options->tlb.entries == 0)
        return;
    options->own_generation = *options->generation;
    options->own_generation.data_tlb = options->tlb;
    if (options->own_generation.code_tlb.entries != 0)
        options->own_generation.code_tlb = options->tlb;
    options->generation = &options->own_generation;
}

/* The trace is read once for each policy. */
static bool trace_goes_with(const struct options *options)
{
    if (strcmp(options->program[0], "-") != 0 || options->policy_count == 1)
        return true;
    complain("-", "each policy would have to read it anew");
    return false;
}

/* ---- what goes with what ---- */

/* An option that would do nothing with, or without, another one is refused, not
 * ignored. */
struct clash {
    int subcommands;
    const char *option, *other;
    bool needs; /* `option` does nothing without `other`; else: with it */
    const char *why;
};

#define NO_CYCLES "there are no cycles with --functional"
#define OF_TRACES "is for traces, which --replay takes"

static const struct clash clashes[] = {
    {FOR_RUN | FOR_COMPARE, "profile", "functional", false, NO_CYCLES},
    {FOR_RUN | FOR_COMPARE, "cost", "functional", false, NO_CYCLES},
    {FOR_RUN | FOR_COMPARE, "wait-states", "functional", false, NO_CYCLES},
    {FOR_RUN | FOR_COMPARE, "tlb", "functional", false,
     "there is no TLB with --functional"},
    {FOR_RUN, "trace", "functional", false,
     "accesses are not told of with --functional"},
    {FOR_COMPARE, "functional", "replay", false,
     "a trace is replayed with the clock"},
    {FOR_COMPARE, "profile", "replay", false, "a trace has no symbols"},
    {FOR_COMPARE, "root", "replay", false, "a trace opens no files"},
    {FOR_RUN | FOR_COMPARE, "root-as", "root", true, "is about --root"},
    {FOR_COMPARE, "max-instructions", "replay", false,
     "a trace has its own end"},
    {FOR_COMPARE, "max-seconds", "replay", false, "a trace has its own end"},
    {FOR_COMPARE, "max-processes", "replay", false,
     "a trace has the processes that it has"},
    {FOR_COMPARE, "env", "replay", false, "a trace has no environment"},
    {FOR_COMPARE, "argv0", "replay", false, "a trace has its arguments"},
    {FOR_COMPARE, "map", "replay", true, OF_TRACES},
    {FOR_COMPARE, "input", "replay", true, OF_TRACES},
    {FOR_COMPARE, "fold64", "replay", true, OF_TRACES},
};

/* Whether the option of that name is among those given. */
static bool is_given(uint64_t given, const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if ((given >> i & 1) != 0 && strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* Whether there is a file that --force could be about. */
static bool writes_files(const struct options *options)
{
    return options->stats != NULL || options->profile != NULL ||
           options->log != NULL || options->trace != NULL ||
           options->output != NULL;
}

static bool all_do_something(const struct options *options, int subcommand,
                             uint64_t given)
{
    char name[32];

    for (size_t i = 0; i < sizeof(clashes) / sizeof(clashes[0]); i++) {
        const struct clash *clash = &clashes[i];

        if (!(clash->subcommands & subcommand) ||
            !is_given(given, clash->option) ||
            is_given(given, clash->other) == clash->needs)
            continue;
        snprintf(name, sizeof(name), "--%s", clash->option);
        complain(name, "%s", clash->why);
        return false;
    }
    if (options->force && !writes_files(options)) {
        complain("--force", "nothing is written that it could be about");
        return false;
    }
    return true;
}

/* Whether the words that were read make a whole; tells what does not. */
static bool settle(struct options *options, int subcommand, uint64_t given)
{
    bool traces = subcommand == FOR_REPLAY || options->replay;

    if (!all_do_something(options, subcommand, given))
        return false;
    if (traces && options->program[1] != NULL) {
        complain(options->program[1], "a trace takes no arguments");
        return false;
    }
    default_policies(options, subcommand);
    output_spare(options->program[0],
                 traces ? "is the trace itself" : "is the program itself");
    if (traces)
        return trace_goes_with(options);
    options_apply_tlb(options);
    return true;
}

enum options_outcome options_read(struct options *options, int subcommand,
                                  int argc, char *argv[])
{
    uint64_t given = 0;
    enum options_outcome outcome;

    if (!defaults(options, argc))
        return OPTIONS_WRONG;
    outcome = read_words(options, subcommand, argc, argv, &given);
    if (outcome == OPTIONS_GO && !settle(options, subcommand, given))
        outcome = OPTIONS_WRONG;
    if (outcome != OPTIONS_GO)
        options_free(options);
    return outcome;
}

void options_free(struct options *options)
{
    free(options->environment);
    options->environment = NULL;
}
