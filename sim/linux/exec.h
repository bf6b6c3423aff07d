/* exec.h: a program in place of what a process was: execve, and the first
 * process. */
#ifndef MMU386_EXEC_H
#define MMU386_EXEC_H

#include <stdint.h>

struct exec_arguments;
struct kernel;
struct process;
struct program;

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

#endif
