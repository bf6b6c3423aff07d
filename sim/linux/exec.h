/* exec.h: programs into address spaces: execve, and the first process. */
#ifndef MMU386_EXEC_H
#define MMU386_EXEC_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;
struct process;
struct program;

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

/* Puts `program` into the current process in place of what it had. 0, or -errno
 * with the process as it was; where memory ran out past that point the process
 * is killed. */
int exec_program(struct kernel *kernel, struct process *process,
                 struct program *program,
                 const struct exec_arguments *arguments);

/* The same with a stack of zeros from `esp` on, for who has no use for what is
 * in memory. */
int exec_again(struct kernel *kernel, struct process *process,
               struct program *program, uint32_t esp);

/* Finds the program that the process means by `path`, reading it if need be; a
 * script's interpreter, with the script put before the arguments. Returns it
 * without a reference of its own (the kernel keeps all programs), or NULL with
 * *error_number set. */
struct program *exec_find(struct kernel *kernel, struct process *process,
                          const char *path, struct exec_arguments *arguments,
                          int *error_number);

/* The kernel keeps `program` until it ends, under the absolute path at which
 * guests see it: `path`, taken from directory `base`. 0, -ENOMEM or
 * -ENAMETOOLONG; takes a reference. */
int exec_keep(struct kernel *kernel, struct program *program, const char *base,
              const char *path);

/* Guests find a program that is kept at another path, too. 0, -ENOMEM or
 * -ENAMETOOLONG. */
int exec_keep_also(struct kernel *kernel, struct program *program,
                   const char *base, const char *path);
void exec_forget_all(struct kernel *kernel);

/* True where the program came from a file of so many bytes and that FNV-1a
 * hash. */
bool exec_is_file(const struct program *program, uint32_t bytes, uint64_t hash);

#endif
