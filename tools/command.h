/* command.h: the subcommands, and how the command talks to its user. */
#ifndef MMU386_COMMAND_H
#define MMU386_COMMAND_H

#include <stdbool.h>

/* Exit statuses of the command itself. */
enum {
    EXIT_UNEXPECTED = 1, /* of `compare`: a count is not as it was to be */
    EXIT_LIMIT = 124, /* a limit that was asked for ended the run: as timeout(1)
                         has it */
    EXIT_SIMULATOR = 125, /* it failed, or was asked for what it does not
                           * have */
    EXIT_CANNOT_RUN = 126,
    EXIT_NOT_FOUND = 127,
};

/* Each subcommand: its name is argv[0]. Returns the exit status. */
int run_command(int argc, char *argv[]);
int compare_command(int argc, char *argv[]);
int faults_command(int argc, char *argv[]);
int report_command(int argc, char *argv[]);
int export_command(int argc, char *argv[]);
int replay_command(int argc, char *argv[]);
int trace_command(int argc, char *argv[]);
int sweep_command(int argc, char *argv[]);
int help_command(int argc, char *argv[]);

/* Writes "mmu386: what: why" to standard error, in one line whatever is in
 * `what`. */
void complain(const char *what, const char *why, ...)
    __attribute__((format(printf, 2, 3)));

/* Has each complaint noted in *told: NULL, nowhere. */
void complaints_noted(volatile bool *told);

/* Says that a FIFO is waited for, as trace_input_open asks for it. */
void complain_of_waiting(const char *name);

/* Writes the version to standard output. */
void print_version(void);

#endif
