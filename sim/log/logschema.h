/* logschema.h: the tables of a fault log. */
#ifndef MMU386_LOGSCHEMA_H
#define MMU386_LOGSCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#define LOGDB_APPLICATION_ID 0x6D333836 /* "m386" */
/* 2: with the table of lines */
#define LOGDB_SCHEMA 2

/* An index of every row would cost more than the rows. Instead the log tells
 * which blocks of so many sequences (block B begins at B << LOGDB_BLOCK_SHIFT)
 * have a row of a page or of a frame: tables page_blocks(page, block) and
 * frame_blocks(frame, block), views page_events and frame_events, which are the
 * events with the columns `page` (or `frame`) and `block` before them:
 *
 *   SELECT * FROM page_events WHERE page = 0x8049 ORDER BY sequence
 *
 * All of a page's life in a long log is then read in one pass over it; what is
 * near some sequence is found at once when `block` is asked for, too, from that
 * sequence's outwards.
 *
 * They are whole at all times, also in a log whose run was killed.
 *
 * For people who ask with sqlite3 there is a view `fault`: the faults, with
 * names and hexadecimal texts instead of numbers. Logs of older versions do not
 * have it, and no program here may need it. */
#define LOGDB_BLOCK_SHIFT 17

struct logdb;

/* Makes the tables in a new database. False: logdb_why says why not. */
bool log_schema_make(struct logdb *db);

/* Whether the database is a log that this program can read. False: `why` (at
 * most `why_bytes`) says why not. */
bool log_schema_check(struct logdb *db, char *why, size_t why_bytes);

#endif
