/* pipe.h: pipes between guests. */
#ifndef MMU386_PIPE_H
#define MMU386_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#define PIPE_CAPACITY 65536u /* bytes */
/* PIPE_BUF: a write of as much is never mixed with another */
#define PIPE_ATOMIC 4096u

struct budget;
struct file;

/* Opens both ends of a new pipe: end[0] for reading, end[1] for writing.
 * `flags`: GUEST_O_NONBLOCK or 0. 0 or, where `budget` has no room for its
 * bytes, -ENFILE as Linux has it. */
int pipe_open(struct budget *budget, struct file *end[2], uint32_t flags);

/* True when the file is an end of a pipe. */
bool file_is_pipe(const struct file *file);

/* The bytes that wait in the pipe of which the file is an end. */
uint32_t pipe_used(const struct file *file);

#endif
