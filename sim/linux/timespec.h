/* timespec.h: times in guest memory: struct timespec with fields of 32 bits or,
 * wide, of 64. */
#ifndef MMU386_TIMESPEC_H
#define MMU386_TIMESPEC_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;

#define NS_PER_S  1000000000u
#define NS_PER_US 1000u

/* Reads one from the current process's memory; times too late to tell become
 * UINT64_MAX. 0, -EFAULT or -EINVAL. */
int timespec_read(struct kernel *kernel, uint32_t linear, bool wide,
                  uint64_t *ns);

/* Writes one. 0 or -EFAULT. */
int timespec_write(struct kernel *kernel, uint32_t linear, bool wide,
                   uint64_t ns);

/* The same of struct timeval, whose fields are of 32 bits. */
int timeval_read(struct kernel *kernel, uint32_t linear, uint64_t *ns);
int timeval_write(struct kernel *kernel, uint32_t linear, uint64_t ns);

/* The kernel's time `ns` from now, or UINT64_MAX where it is too late to
 * tell. */
uint64_t deadline_after(const struct kernel *kernel, uint64_t ns);

#endif
