/* inputcopy.h: standard input, read once for runs that are to find the same. */
#ifndef MMU386_INPUTCOPY_H
#define MMU386_INPUTCOPY_H

/* Reads standard input to its end, at most 256 MiB, into memory that nobody can
 * change. A terminal is not read: the runs find an input at its end. Returns a
 * descriptor at the start of it, or -1, having told why. */
int input_copy_open(void);

/* Another descriptor of it with a place of its own, which is its start; -1,
 * having told why. */
int input_copy_again(int fd);

#endif
