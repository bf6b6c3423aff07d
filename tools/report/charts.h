/* charts.h: the charts of `report`, each an <svg> element.
 *
 * All logs have the same `span`, so that charts of several compare. Each
 * function writes to `html` and returns false, having told why, where the chart
 * cannot be drawn. `id` is the chart's own in the document.
 */
#ifndef MMU386_REPORT_CHARTS_H
#define MMU386_REPORT_CHARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/log.h"

/* The frames that chart_frames_of_logs counts. */
enum frames_counted {
    FRAMES_USER,   /* of user pages */
    FRAMES_COPIED, /* of those, the copies of others */
    FRAMES_TABLES,
    FRAMES_COUNTED,
};

/* Those frames in use, a line a log. */
bool chart_frames_of_logs(const struct picture_log *logs, uint32_t count,
                          enum frames_counted counted, const char *id,
                          FILE *html);

/* One log's frames by kind, one on top of the other; `frames_max` is what the
 * axis goes up to. */
bool chart_frames_by_kind(const struct picture_log *log, uint32_t frames_max,
                          const char *id, FILE *html);

/* One log's faults in each part of time, by kind. */
bool chart_faults(const struct picture_log *log, uint32_t faults_max,
                  const char *id, FILE *html);

/* Where in linear memory the faults were, and when. */
bool chart_heat(const struct picture_log *log, const char *id, FILE *html);

/* The processes from birth to death, children under their parents. */
bool chart_tree(const struct picture_log *log, const char *id, FILE *html);

/* The height that the charts of frames and of faults need for this log. */
uint32_t chart_most_frames(const struct picture_log *log);
uint32_t chart_most_faults(const struct picture_log *log);

/* What tells the log from the others, at most `name_bytes`: its policy, or else
 * its file. */
void chart_log_name(const struct picture_log *logs, uint32_t count,
                    uint32_t which, char *name, size_t name_bytes);

#endif
