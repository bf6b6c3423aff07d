/* recordparameters.h: the parameters of a run, as its trace begins with them.
 */
#ifndef MMU386_RECORDPARAMETERS_H
#define MMU386_RECORDPARAMETERS_H

struct kernel;
struct record_out;

/* `argv` with the program first, and the version of mmu386. */
void record_parameters(struct record_out *out, const struct kernel *kernel,
                       char *const argv[], const char *version);

#endif
