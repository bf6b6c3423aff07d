/* output.h: what the command writes, to one rule: see newfile.h. Streams are
 * written as they are and never to their end alone: standard output ("-",
 * /dev/stdout), descriptors that the command was given (/dev/fd/N), FIFOs and
 * character devices. */
#ifndef MMU386_OUTPUT_H
#define MMU386_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct sink;

/* A file to write to, or standard output. */
struct output {
    const char *name;
    FILE *file;
    bool told;         /* that it could not be written has been told */
    struct sink *sink; /* behind `file`; NULL: `file` is stdout itself */
};

enum {
    OUTPUT_FORCE = 1, /* may overwrite a regular file */
    OUTPUT_GROWS = 2, /* is there from the start: newfile.h */
};

/* Whether that is a name of standard output. */
bool output_is_standard(const char *name);

/* Opens it; `how`: OUTPUT_ bits. One of output_close and output_drop is due. It
 * waits for a FIFO's reader, and says so. False where that fails, having told
 * why. */
bool output_open(struct output *output, const char *name, unsigned how);

/* All of it has been written: puts it in place. False where that fails, having
 * told why, and nothing is left of it. */
bool output_close(struct output *output);

/* It is not to be: nothing is left of it, but for a stream. Nothing to do where
 * none was opened. */
void output_drop(struct output *output);

/* Writes a value, which it takes over, as json_dumpf(3) does, and the text
 * behind it. False where memory is short, or was when the value was made: it is
 * NULL. */
bool output_json(FILE *to, json_t *value, size_t flags, const char *behind);

/* Its descriptor, where it is a regular file of its own, that can be written at
 * any place; else -1. */
int output_seekable(const struct output *output);

/* What is read is not written over: `itself` says what it is, say "is the trace
 * itself". At most OUTPUT_SPARED_MAX, of which standard input, output and error
 * are three. */
#define OUTPUT_SPARED_MAX 16
void output_spare(const char *path, const char *itself);
void output_spare_standard(void);

/* Whether `name` is one of these, which is told. */
bool output_is_spared(const char *name);

#endif
