/* uaccess.h: the kernel's own accesses to user memory.
 *
 * They go through the MMU as supervisor accesses. A page that is not there is
 * faulted in; a write to a copy-on-write page faults where CR0.WP exists, and
 * is broken by hand where it does not (i386). All are of the current process;
 * ranges may cross pages.
 */
#ifndef MMU386_UACCESS_H
#define MMU386_UACCESS_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;

/* Copies `bytes` (0 is fine) between the kernel and user memory at `linear`. 0
 * or -EFAULT. */
int copy_in(struct kernel *kernel, void *to, uint32_t linear, uint32_t bytes);
int copy_out(struct kernel *kernel, uint32_t linear, const void *from,
             uint32_t bytes);

/* Copies a NUL-terminated string of less than `bytes` bytes. Its length,
 * -EFAULT or -ENAMETOOLONG. */
int copy_in_string(struct kernel *kernel, char *to, uint32_t linear,
                   uint32_t bytes);

/* Does to the TLB, the tables and the clock what copying does, but for its
 * charge, and copies nothing. 0 or -EFAULT. */
int user_touch(struct kernel *kernel, uint32_t linear, uint32_t bytes,
               bool write);

#endif
