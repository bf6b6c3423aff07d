/* faultlog.h: a fault log opened to be asked questions, and its events as they
 * are asked for. */
#ifndef MMU386_FAULTLOG_H
#define MMU386_FAULTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/logdb.h"
#include "logevents.h"

#define LOG_NONE INT64_MIN /* NULL in the log; of a frame 0 as well */

#define LOG_INSN_BYTES 16u

/* One event: every number as in the log, or LOG_NONE. */
struct fault_row {
    int64_t sequence, cycle, instructions, pid;
    enum log_kind kind;
    const char *kind_name; /* in the log's words */
    bool is_fault;
    int64_t linear, error, eip;
    int64_t pde_before, pde_after;
    int64_t pte_before, pte_after;
    int64_t frame_before, frame_after;
    int64_t refs_before, refs_after;
    int64_t value, mapping, content;
    bool in_kernel;
    uint8_t insn[LOG_INSN_BYTES];
    uint32_t insn_bytes;
};

#define LOG_KIND_IDS   64u /* ids that are looked at: 0 to 63 */
#define LOG_NAME_BYTES 24u

struct faultlog {
    const char *path;
    struct logdb *db;
    struct {
        char name[LOG_NAME_BYTES];
        enum log_kind kind;
        bool is_fault;
    } kinds[LOG_KIND_IDS];
    bool failed; /* a statement failed, and that was told */
};

/* Opens `path`. False having told why not. faultlog_close is due where it is
 * true. */
bool faultlog_open(struct faultlog *log, const char *path);
void faultlog_close(struct faultlog *log);

/* The columns that faultlog_next reads, for use between SELECT and FROM
 * events. */
#define FAULT_ROW                                                     \
    "sequence, cycle, instructions, pid, kind, linear, error, eip, "  \
    "pde_before, pde_after, "                                         \
    "pte_before, pte_after, frame_before, frame_after, refs_before, " \
    "refs_after, value, mapping, "                                    \
    "content, in_kernel, insn"

/* Prepares a statement; NULL having told why not, and having set
 * log->failed. */
struct logstmt *faultlog_prepare(struct faultlog *log, const char *sql);

/* Steps a statement, which may be NULL: true where there is a row, false at the
 * end and, having told why and set log->failed, on failure. */
bool faultlog_step(struct faultlog *log, struct logstmt *statement);

/* The same, of a statement whose columns are FAULT_ROW. */
bool faultlog_next(struct faultlog *log, struct logstmt *statement,
                   struct fault_row *row);

/* Tells that memory was short, and sets log->failed. */
void faultlog_no_memory(struct faultlog *log);

/* A column's number, or LOG_NONE. */
int64_t faultlog_column(struct logstmt *statement, int column);

/* The one event of that sequence; false where there is none. */
bool faultlog_event(struct faultlog *log, int64_t sequence,
                    struct fault_row *row);

#endif
