/* logmet.h: what the log's rows refer to, noted when it is met first: programs,
 * pages of code, mappings. */
#ifndef MMU386_LOGMET_H
#define MMU386_LOGMET_H

#include <stdbool.h>
#include <stdint.h>

#include "keymap.h"
#include "log/logwriter.h"
#include "machine/subjects.h"

struct machine;

/* A mapping that a fault met. */
struct met_mapping {
    uint32_t start, end;
    const char *rights; /* static text, as the name */
    const char *name;
    const struct program *program;
};

struct log_met {
    struct log_writer *writer; /* who is told */
    struct machine *machine;
    struct subjects subjects;

    /* A reference to each program that was met, and its place by its id. */
    struct keymap program_ids;
    struct program **programs;
    uint32_t program_count;

    struct keymap code_pages; /* the first CODE_PAGES_MAX of those that are in
                                the log */
    uint64_t last_code_page;  /* the last one of them that was asked for */

    /* By pid and start; the mapping of an id is at id - 1 -
     * mappings_forgotten. */
    struct keymap mapping_ids;
    struct met_mapping *mappings;
    uint32_t mappings_forgotten;
    uint32_t mapping_count, mapping_capacity;
    bool short_of_memory; /* not all was noted */
};

void log_met_init(struct log_met *met, struct log_writer *writer,
                  struct machine *machine, const struct subjects *subjects);

/* When the writer has ended, which uses what it was told of. All zeros is safe
 * to free. */
void log_met_free(struct log_met *met);

/* Its id; 0 of NULL. */
uint64_t log_met_program(struct log_met *met, struct program *program);

/* The page of the current process's code, of `program`, that holds the
 * instruction at `eip`. */
void log_met_code(struct log_met *met, const struct program *program,
                  uint32_t eip);

/* The id of the mapping of the current process, `pid`, that holds `linear`; 0:
 * none. */
uint32_t log_met_mapping(struct log_met *met, uint32_t pid, uint32_t linear);

#endif
