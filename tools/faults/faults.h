/* faults.h: what the questions that `mmu386 faults` answers have in common.
 * Each question is a file of its own. */
#ifndef MMU386_FAULTS_H
#define MMU386_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "faultlog.h"
#include "faults/filter.h"
#include "format.h"
#include "lineage.h"
#include "lognames.h"

enum grouping {
    GROUP_NONE,
    GROUP_KIND,
    GROUP_PID,
    GROUP_PAGE,
    GROUP_FRAME,
    GROUP_EIP,
    GROUP_SYMBOL,
    GROUP_LINE,
    GROUP_ERROR,
    GROUP_MAPPING,
};

/* What --by calls it. */
const char *grouping_name(enum grouping grouping);

struct inquiry {
    struct faultlog log;
    struct lineage lineage;
    struct lognames names;
    struct filter filter;
    enum format format;
    int64_t limit; /* rows; INT64_MAX: all */
    FILE *out;
};

/* The questions. Each writes its answer to inquiry->out; false having told what
 * failed. */
bool faults_list(struct inquiry *inquiry);
bool faults_group(struct inquiry *inquiry, enum grouping grouping);
bool faults_explain(struct inquiry *inquiry, int64_t sequence);
bool faults_page(struct inquiry *inquiry, uint32_t page);
bool faults_frame(struct inquiry *inquiry, uint32_t frame);
bool faults_tree(struct inquiry *inquiry);
bool faults_check(struct inquiry *inquiry);

/* The symbol at an event's EIP, as lognames_text has it; NULL where there is
 * none. */
const char *inquiry_symbol(struct inquiry *inquiry, const struct fault_row *row,
                           char *text, size_t text_bytes);

/* The source line of it; false where there is none. */
bool inquiry_line(struct inquiry *inquiry, const struct fault_row *row,
                  struct log_line *source);

/* Prepares "SELECT `columns` FROM events WHERE <the filter> ORDER BY sequence"
 * with the filter's values bound. `fallback` is the condition where the filter
 * names no kind. NULL having told why not. */
struct logstmt *inquiry_select(struct inquiry *inquiry, const char *columns,
                               const char *fallback);

/* What that may not have sorted out: see filter_accepts. */
bool inquiry_accepts(struct inquiry *inquiry, int64_t pid, int64_t eip,
                     int64_t sequence);

/* The fault kinds, as a condition: faster than IN, which searches a table for
 * every row. */
#define ONLY_FAULTS \
    "(1 << kind) & (SELECT sum(1 << id) FROM kinds WHERE is_fault)"

#endif
