/* logtables.h: writes batches of rows and notes into the tables of a new log,
 * each batch as a whole or not at all. */
#ifndef MMU386_LOGTABLES_H
#define MMU386_LOGTABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "log/logdb.h"
#include "log/logrow.h"

struct log_batch {
    struct log_row *rows;
    uint32_t row_count;
    struct log_note *notes;
    uint32_t note_count, note_capacity;
};

struct log_tables;

/* NULL where memory is short. To be freed before the database is closed. */
struct log_tables *log_tables_new(void);
void log_tables_free(struct log_tables *tables);

/* Writes into the empty tables of `db` from now on, what kinds there are at
 * once. False: logdb_why says why not. */
bool log_tables_open(struct log_tables *tables, struct logdb *db);

/* From now on rows have no cycle and no count of instructions. */
void log_tables_unclocked(struct log_tables *tables);

/* Writes a batch: first its notes. False, and nothing of it is written:
 * log_tables_why says why not. */
bool log_tables_write(struct log_tables *tables, const struct log_batch *batch);

/* Makes what is made best when all rows are there. False as above. */
bool log_tables_finish(struct log_tables *tables);

/* Why the first of them failed that did; "": none. */
const char *log_tables_why(const struct log_tables *tables);

#endif
