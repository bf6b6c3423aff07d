/* newfile.h: an output that overwrites nothing unless it is told to. */
#ifndef MMU386_NEWFILE_H
#define MMU386_NEWFILE_H

#include <stdbool.h>

#include "command.h"

/* As output_open, but a regular file that is there already is written over only with `force`. */
bool output_open_new(struct output *output, const char *name, bool force);

/* Whether both are one regular file: what is read from the one must not be written to the other. */
bool is_same_file(const char *name, const char *other);

#endif
