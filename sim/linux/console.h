/* console.h: the host's descriptors that are the first process's 0 to 2. */
#ifndef MMU386_CONSOLE_H
#define MMU386_CONSOLE_H

#include <stdint.h>

struct budget;
struct file;

struct wait_sink;

/* Opens the host's descriptor as a file of the guests, who see a pipe, whatever
 * it is: it is not closed with the file. A read or a write waits on the host,
 * and the guests with it, so that they go on in the same order each time;
 * *waits is told before a wait. The host's SIGPIPE is to be ignored: the guest
 * gets its own. `flags`: GUEST_O_ (file.h). NULL: no memory. */
struct file *console_open(struct budget *budget, const struct wait_sink *waits,
                          int host_fd, uint32_t flags);

#endif
