/* mmu386.c: the command: finds the subcommand and hands on. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "guardian.h"
#include "output.h"
#include "sandbox.h"

struct subcommand {
    const char *name;
    const char *help;
    int (*run)(int argc, char *argv[]);
    bool reads; /* files, and does nothing else that is told by them */
};

static const struct subcommand subcommands[] = {
    {"run", "run a program", run_command, false},
    {"compare", "run a program under each fork policy and compare what it cost",
     compare_command, false},
    {"faults", "answer questions about a fault log", faults_command, true},
    {"report", "draw fault logs as charts, into one HTML file", report_command,
     true},
    {"export", "write a fault log's events for other programs", export_command,
     true},
    {"replay", "replay a trace of memory accesses", replay_command, false},
    {"trace", "print, convert, cut or summarise a trace of memory accesses",
     trace_command, true},
    {"sweep", "replay traces under every combination of options", sweep_command,
     true},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(void)
{
    puts("usage: mmu386 COMMAND [OPTION...] [--] PROGRAM [ARG...] | LOG... | "
         "TRACE...\n"
         "Simulates the i386's MMU under programs that fork.\n"
         "\n"
         "commands:");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  %-12s%s\n", subcommands[i].name, subcommands[i].help);
    puts("\n"
         "  --help      print this help; of a command, with its options: "
         "mmu386 COMMAND --help\n"
         "  --version   print the version");
}

/* Opens what is closed of descriptors 0 to 2, in the direction that it is not
 * used in, so that no file gets its number and every use of it fails as it
 * would with a closed one. */
static bool reserve_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}

static int finish_printing(void)
{
    struct output output = {.name = "standard output", .file = stdout};

    return output_close(&output) ? 0 : EXIT_SIMULATOR;
}

static int dispatch(int argc, char *argv[])
{
    const char *name = argv[0];

    if (strcmp(name, "--help") == 0) {
        print_help();
        return finish_printing();
    }
    if (strcmp(name, "--version") == 0) {
        print_version();
        return finish_printing();
    }
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(name, subcommands[i].name) == 0) {
            if (subcommands[i].reads) {
                guardian_tell_own_death();
                sandbox_enter_reader();
            }
            return subcommands[i].run(argc, argv);
        }
    complain(name, name[0] == '-' ? "unknown option" : "unknown command");
    return EXIT_SIMULATOR;
}

int main(int argc, char *argv[])
{
    if (!reserve_standard_descriptors())
        return EXIT_SIMULATOR;
    /* A guest that writes to a pipe without a reader is to be told, rather than
     * the simulator be killed; the same of a file that may grow no further. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    output_spare_standard();
    if (argc < 2) {
        complain("command", "missing (mmu386 --help lists them)");
        return EXIT_SIMULATOR;
    }
    return dispatch(argc - 1, argv + 1);
}
