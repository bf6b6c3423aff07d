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
#include "subcommands.h"

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
    const struct subcommand *subcommand;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        subcommands_print();
        return finish_printing();
    }
    if (strcmp(name, "--version") == 0) {
        print_version();
        return finish_printing();
    }
    subcommand = subcommand_named(name);
    if (subcommand == NULL)
        return EXIT_SIMULATOR;
    if (subcommand->reads) {
        guardian_tell_own_death();
        sandbox_enter_reader();
    }
    return subcommand->run(argc, argv);
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
