/* subcommands.c: see subcommands.h. */
#include "subcommands.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "suggest.h"

const struct subcommand subcommands[] = {
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
    {"help", "show a command's manual page, or its options", help_command,
     false},
    {NULL, NULL, NULL, false},
};

const struct subcommand *subcommand_named(const char *name)
{
    struct suggestion meant;

    suggest_begin(&meant, name, strlen(name));
    for (const struct subcommand *at = subcommands; at->name != NULL; at++) {
        if (strcmp(name, at->name) == 0)
            return at;
        suggest_name(&meant, at->name);
    }
    if (name[0] == '-')
        complain(name, "unknown option");
    else if (meant.best != NULL)
        complain(name, "unknown command (did you mean %s?)", meant.best);
    else
        complain(name, "unknown command");
    return NULL;
}

void subcommands_print(void)
{
    puts("usage: mmu386 COMMAND [OPTION...] [--] PROGRAM [ARG...] | LOG... | "
         "TRACE...\n"
         "Simulates the i386's MMU under programs that fork.\n"
         "\n"
         "commands:");
    for (const struct subcommand *at = subcommands; at->name != NULL; at++)
        printf("  %-12s%s\n", at->name, at->help);
    puts("\n"
         "  -h, --help  print this help; of a command, with its options: "
         "mmu386 COMMAND --help\n"
         "  --version   print the version");
}
