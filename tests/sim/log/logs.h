/* logs.h: fault logs of guests, in a directory of the test's own. */
#ifndef MMU386_TEST_LOGS_H
#define MMU386_TEST_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest_run.h"
#include "log/logdb.h"

extern char logs_directory[];   /* once it is there */
extern const char *logs_guests; /* the directory they are in: set first of all
                                 */

/* Make the directory, and remove it with what is in it: for cmocka. */
int logs_begin(void **state);
int logs_end(void **state);

/* Writes the path of a file in it, and returns `path`. */
const char *file_in_directory(char *path, size_t path_bytes, const char *name);

#define FILE_NAMED(name) file_in_directory((char[256]){0}, 256, name)

struct case_of_guest {
    const char *name;
    const char *arguments[4];
    const char *cpu, *policy;
    uint32_t ram_frames;
};

#define CASES 16u
extern const struct case_of_guest log_cases[CASES];

/* Runs it, with a log at the path `log`, over any file. */
void run_case(struct guest_run *run, const struct case_of_guest *of,
              bool clocked, const char *log);

/* The log there, which has to be one. */
struct logdb *open_log(const char *path);
void close_log(struct logdb *db);

/* A whole file, *bytes long, from malloc; and another written over whatever is
 * there. */
char *read_file(const char *path, size_t *bytes);
void write_file(const char *path, const char *contents, size_t bytes);

#endif
