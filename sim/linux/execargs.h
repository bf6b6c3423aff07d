/* execargs.h: the strings that a program is started with. */
#ifndef MMU386_EXECARGS_H
#define MMU386_EXECARGS_H

#include <stdint.h>

/* execve(2), "Limits on size of arguments and environment", under a limit of 8
 * MiB on the stack. */
/* argument and environment strings and pointers */
#define EXEC_STRINGS_BYTES 0x200000u
#define EXEC_STRING_BYTES  0x20000u /* one of them, with its NUL */

/* Strings one behind another, each with its NUL. */
struct exec_strings {
    char *text;
    uint32_t bytes, capacity;
    uint32_t count;
};

struct exec_arguments {
    struct exec_strings argv, envp;
    const char *path; /* as execve had it: the caller's */
};

/* Appends a string. 0, -E2BIG or -ENOMEM. */
int exec_strings_add(struct exec_strings *strings, const char *text);
void exec_arguments_free(struct exec_arguments *arguments);

#endif
