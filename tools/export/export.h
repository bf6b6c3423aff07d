/* export.h: the formats of `export`. */
#ifndef MMU386_EXPORT_H
#define MMU386_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "log/logdb.h"

/* Each writes all events of the log, which is the file `path`, to `to`, whose
 * errors are for the caller to find. False, having told why, where the log
 * cannot be read to its end or memory is short.
 *
 * perfetto: trace events in the JSON Object Format ("Trace Event Format",
 * Google, 2016). csv: RFC 4180; jsonl: an object a line. Of both the names are
 * those of the log's columns, but `kind` is the kind's name and `mapping_name`
 * is added; NULL is empty and null. Numbers are decimal; `insn` and `content`
 * are hexadecimal digits. */
bool export_perfetto(struct logdb *db, const char *path, FILE *to);
bool export_csv(struct logdb *db, const char *path, FILE *to);
bool export_jsonl(struct logdb *db, const char *path, FILE *to);

#endif
