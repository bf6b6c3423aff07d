/* programs.h: the programs that the kernel keeps, by the paths at which guests
 * see them: each file is read once. */
#ifndef MMU386_PROGRAMS_H
#define MMU386_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;
struct process;
struct program;

/* The kernel keeps `program` until it ends, under the absolute path at which
 * guests see it: `path`, taken from directory `base`. 0, -ENOMEM or
 * -ENAMETOOLONG; takes a reference. */
int programs_keep(struct kernel *kernel, struct program *program,
                  const char *base, const char *path);

/* Guests find a program that is kept at another path, too. 0, -ENOMEM or
 * -ENAMETOOLONG. */
int programs_keep_also(struct kernel *kernel, struct program *program,
                       const char *base, const char *path);

/* The kernel keeps none any more. */
void programs_forget_all(struct kernel *kernel);

/* The program that is kept at `path`, taken from the process's directory, or
 * NULL. */
struct program *programs_find(const struct kernel *kernel,
                              const struct process *process, const char *path);

#endif
