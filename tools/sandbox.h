/* sandbox.h: what the process cannot do any more, once nothing but a guest or a
 * trace is left to be served: seccomp lets it make the system calls that are
 * needed for that, and the kernel kills it when it makes another; Landlock,
 * where the kernel has it, leaves it the files named here; no program that it
 * could start would have more privileges. */
#ifndef MMU386_SANDBOX_H
#define MMU386_SANDBOX_H

#include <stdbool.h>

#define SANDBOX_WRITTEN_MAX 5

struct sandbox {
    const char *root; /* a directory that is read, or NULL */
    const char *read; /* a file that is read again, or NULL */
    /* Files that are written, or are to get their names; NULL: fewer. */
    const char *written[SANDBOX_WRITTEN_MAX];
    bool reads_any;   /* files are read whose names are not known yet */
    bool begins_anew; /* other machines will be made: an engine needs memory to
                         be executed */
};

/* Closes the sandbox around this thread and those that it starts, for good; a
 * second time is none. False where the kernel refuses that, which was told. A
 * sanitizer needs calls beyond counting: with one there is no sandbox. */
bool sandbox_enter(const struct sandbox *sandbox);

/* For those who read files and do nothing else that is told by them: no new
 * privileges, and nothing that only an intruder has a use for. What the kernel
 * does not have is done without. */
void sandbox_enter_reader(void);

#endif
