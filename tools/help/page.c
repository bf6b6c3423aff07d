/* page.c: manual pages, shown by the programs that are there for it. */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "help/help.h"

/* Where pages are, from the directory of the command: installed, and in the
 * tree that it was built in. */
static const char *const places[] = {"../share/man/man1", "man"};

/* The directory of the command; false where nobody can tell. */
static bool own_directory(char directory[PATH_MAX])
{
    ssize_t bytes = readlink("/proc/self/exe", directory, PATH_MAX - 1);
    char *slash;

    if (bytes <= 0)
        return false;
    directory[bytes] = '\0';
    slash = strrchr(directory, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

void help_show_page(const struct subcommand *subcommand)
{
    char directory[PATH_MAX];
    char page[2 * PATH_MAX];
    bool found = false;

    if (!own_directory(directory))
        return;
    for (size_t i = 0; !found && i < sizeof(places) / sizeof(places[0]); i++) {
        (void)snprintf(page, sizeof(page), "%s/%s/mmu386%s%s.1", directory,
                       places[i], subcommand != NULL ? "-" : "",
                       subcommand != NULL ? subcommand->name : "");
        found = access(page, R_OK) == 0;
    }
    if (!found)
        return;
    /* What is ignored here would be ignored there. */
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    (void)execlp("man", "man", "-l", page, (char *)NULL);
    (void)execlp("mandoc", "mandoc", "-a", page, (char *)NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}
