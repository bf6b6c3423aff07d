/* logevents.h: the rows of a fault log, one after the other. */
#ifndef MMU386_LOGEVENTS_H
#define MMU386_LOGEVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/logdb.h"

/* What a row tells of. The first FAULT_KINDS are what became of a page
 * fault. */
enum log_kind {
    LOG_DEMAND_ZERO,
    LOG_FILE,
    LOG_COW_COPY,
    LOG_COW_REUSE,
    LOG_SEGV,
    LOG_OOM,
    FAULT_KINDS,
    LOG_ZERO_FILL = FAULT_KINDS, /* these three by the kernel's own hand */
    LOG_COPY,
    LOG_TAKEOVER,
    LOG_FORK,
    LOG_FORK_COPY,
    LOG_FORK_SHARE,
    LOG_EXEC,
    LOG_EXIT,
    LOG_KILL,
    LOG_MAP,
    LOG_UNMAP,
    LOG_OTHER, /* of no interest here, or of a kind that this program does not
                  know */
    LOG_KINDS = LOG_OTHER,
};

/* "demand_zero", ...: the kind's name in the log. */
const char *log_kind_name(enum log_kind kind);

/* Numbers that the log leaves out are 0, but for `instructions`, which is then
 * -1. */
struct log_event {
    int64_t sequence;
    int64_t cycle; /* -1: none */
    int64_t instructions;
    int64_t pid;
    enum log_kind kind;
    bool is_fault;
    uint32_t linear;
    uint32_t error;
    uint32_t eip;
    uint32_t pde_before, pde_after;
    uint32_t pte_before, pte_after;
    uint32_t frame_before, frame_after;
    int64_t refs_before, refs_after;
    int64_t value;
    int64_t mapping;
};

/* A walk over all events in order of sequence. */
struct log_events {
    struct logdb *db;
    struct logstmt *rows;
    uint8_t kinds[256]; /* enum log_kind by the log's id of it */
};

/* Opens log `path`: NULL having told why not. */
struct logdb *log_open(const char *path);

/* Tells why the last call on the log at `path` failed; returns false. */
bool log_failed(const char *path, const struct logdb *db);

/* Begins a walk; log_events_end is due whatever it returns. False: logdb_why
 * says why. */
bool log_events_begin(struct log_events *events, struct logdb *db);

/* Takes the next row: 1 there is one, 0 no more, -1 failure. */
int log_events_next(struct log_events *events, struct log_event *event);
void log_events_end(struct log_events *events);

/* Copies the run parameter called `name` into `text`; empty where the log has
 * none. */
void log_parameter(struct logdb *db, const char *name, char *text,
                   size_t text_bytes);

/* The first number that `sql`, which has no parameters, gives; `otherwise`
 * where it gives none. */
int64_t log_number(struct logdb *db, const char *sql, int64_t otherwise);

#endif
