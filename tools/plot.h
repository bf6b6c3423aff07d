/* plot.h: one chart, drawn by gnuplot as SVG and put into an HTML document.
 *
 * What comes from a log or a command line never reaches gnuplot: the script
 * holds a mark for each such text, and the text itself, escaped for HTML, takes
 * the mark's place in what gnuplot drew.
 */
#ifndef MMU386_PLOT_H
#define MMU386_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PLOT_MARK_BYTES 128u

struct plot {
    const char *id; /* of the chart in the document: letters, digits, hyphens */
    const char *title;
    FILE *script; /* what gnuplot is to do; only constant text, numbers and
                     marks */
    char **texts; /* by mark */
    size_t text_count;
    bool failed; /* memory was short */
};

/* Begins a chart of `width` by `height` pixels; `id` and `title`, which has no
 * quote in it, must outlive it. False, having told why, where no temporary file
 * can be had; else plot_end is due. */
bool plot_begin(struct plot *plot, const char *id, const char *title,
                unsigned width, unsigned height);

/* Writes to `mark` what stands for `text` in the script, of about the same
 * width when drawn. The text is cut to what fits. Returns `mark`. */
const char *plot_mark(struct plot *plot, const char *text,
                      char mark[PLOT_MARK_BYTES]);

/* Draws it and writes the <svg> element to `html`, whose errors are for the
 * caller to find. False, having told why, where gnuplot is missing or fails. */
bool plot_end(struct plot *plot, FILE *html);

/* Drops it undrawn. */
void plot_drop(struct plot *plot);

/* True where gnuplot is there; else tells that it is not. */
bool plot_possible(void);

/* Writes `text` for HTML, in an element or a quoted attribute: as UTF-8,
 * whatever it is. */
void plot_escape(const char *text, FILE *html);

#endif
