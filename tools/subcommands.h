/* subcommands.h: the table of the subcommands. */
#ifndef MMU386_SUBCOMMANDS_H
#define MMU386_SUBCOMMANDS_H

#include <stdbool.h>

struct subcommand {
    const char *name;
    const char *help;
    int (*run)(int argc, char *argv[]);
    bool reads; /* files, and does nothing else that is told by them */
};

/* The name is NULL behind the last. */
extern const struct subcommand subcommands[];

/* The subcommand of that name; NULL where there is none, having said so. */
const struct subcommand *subcommand_named(const char *name);

/* Prints what `mmu386 --help` does. */
void subcommands_print(void);

#endif
