/* filter.h: which events of a fault log are asked for. */
#ifndef MMU386_FAULTS_FILTER_H
#define MMU386_FAULTS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultlog.h"

#define FILTER_CONDITIONS_MAX 16u
#define FILTER_VALUES_MAX     4u

/* A condition on one event, in SQL, with a '?' for each value. */
struct condition {
    const char *sql;
    unsigned value_count;
    int64_t values[FILTER_VALUES_MAX];
    const char *text; /* the first value, where it is a text */
};

struct filter {
    struct condition conditions[FILTER_CONDITIONS_MAX];
    unsigned count;
    bool names_kinds;
    const char *symbol; /* of EIP, or NULL */
    const char *kinds;  /* ",segv,oom,", or NULL */
    char *owned;
};

void filter_free(struct filter *filter);

/* Each adds a condition by the text of its option. False having told what is
 * wrong with it. */
bool filter_pid(struct filter *filter, const char *text);
bool filter_kinds(struct filter *filter, const char *text);
bool filter_address(struct filter *filter, const char *text);
bool filter_frame(struct filter *filter, const char *text);
bool filter_eip(struct filter *filter, const char *text);
bool filter_error(struct filter *filter, const char *text);
/* The words that filter_error takes, by number; NULL behind the last. */
const char *filter_error_word(unsigned number);

bool filter_from(struct filter *filter, const char *text);
bool filter_to(struct filter *filter, const char *text);

/* Adds a condition on pages or frames that is no option's. */
void filter_add(struct filter *filter, const char *sql, int64_t value);

/* Checks kinds and symbols against the log. False having told of one that it
 * does not have. */
bool filter_check(const struct filter *filter, struct faultlog *log);

/* Prepares "SELECT `columns` FROM `source` WHERE ... ORDER BY sequence",
 * `source` being the events or a view of them; `fallback` is a condition for
 * where the filter names no kinds. NULL having told why not. */
struct logstmt *filter_select(const struct filter *filter, struct faultlog *log,
                              const char *columns, const char *source,
                              const char *fallback);

/* Reads a number, decimal or after 0x hexadecimal, of at most `highest`; *end,
 * where not NULL, is set behind it and must else be the text's end. */
bool number_read(const char *text, uint64_t highest, uint64_t *number,
                 const char **end);

#endif
