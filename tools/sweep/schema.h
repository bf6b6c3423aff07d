/* schema.h: the tables of a sweep's results, as SQL. */
#ifndef MMU386_SWEEP_SCHEMA_H
#define MMU386_SWEEP_SCHEMA_H

#define SWEEPDB_APPLICATION_ID 0x6D333873 /* "m38s" */
#define SWEEPDB_SCHEMA         2          /* 1: traces went by another hash */

/* The counts that nearly everybody asks for: columns of the view `results`,
 * which has five before them, and one after. */
#define SWEEPDB_COUNTS 28

const char *sweepdb_count_name(unsigned number);

/* What makes the empty tables; to be freed. NULL where memory is short. */
char *sweepschema_sql(void);

/* What adds the results of database `part`, but not what is there already. */
extern const char sweepschema_merge[];

#endif
