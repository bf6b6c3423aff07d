/* execfind.h: from execve's path to a program. */
#ifndef MMU386_EXECFIND_H
#define MMU386_EXECFIND_H

struct exec_arguments;
struct kernel;
struct process;
struct program;

/* Finds the program that the process means by `path`, reading it if need be; a
 * script's interpreter, with the script put before the arguments. Returns it
 * without a reference of its own (the kernel keeps all programs), or NULL with
 * *error_number set. */
struct program *exec_find(struct kernel *kernel, struct process *process,
                          const char *path, struct exec_arguments *arguments,
                          int *error_number);

#endif
