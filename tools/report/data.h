/* data.h: what the page of `report` draws, as JSON: data.js says what is in
 * it. */
#ifndef MMU386_REPORT_DATA_H
#define MMU386_REPORT_DATA_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "report/log.h"

/* Where all logs have more, those with more than their share are told of in
 * parts of time alone. */
#define EVENTS_SHOWN   60000u
#define FINDINGS_SHOWN 100u /* of a log and of each kind */

/* Everything of `count` logs (at least 1), which `inquiries` have open, as a
 * new reference. NULL, having told why, where memory is short or a log
 * fails. */
json_t *report_data(const struct picture_log *logs, struct inquiry *inquiries,
                    uint32_t count);

/* Writes it, which it takes over, so that nothing in it ends a <script>. False
 * where memory is short; errors of `html` are for the caller to find. */
bool report_data_write(json_t *data, FILE *html);

/* Parts of it. The log's events, column by column; null where there are more of
 * them than `most`. NULL where memory is short or the log fails, which
 * inquiry->log tells. */
json_t *report_events(const struct picture_log *log, struct inquiry *inquiry,
                      uint64_t most);

/* What --check finds. NULL as above. */
json_t *report_findings(const struct picture_log *log, struct inquiry *inquiry);

/* Appends a value, which it takes over. Where memory is or was short, it is
 * NULL, report_data tells. */
void report_append(json_t *array, json_t *value);

/* A text for the page, of any origin; NULL is "". */
json_t *report_text(const char *text);

/* What tells the log from the others, at most `name_bytes`: its policy, or else
 * its file as well. */
void report_log_name(const struct picture_log *logs, uint32_t count,
                     uint32_t which, char *name, size_t name_bytes);

#endif
