/* page.c: see page.h. */
#include "report/page.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "plain.h"
#include "report/data.h"
#include "report/embedded.h"

/* The policy forbids the browser to fetch anything. */
static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>mmu386 fault report</title>\n";

/* Writes `text` for HTML, in an element: as UTF-8, whatever it is. */
static void escape(const char *text, FILE *html)
{
    char plain[4096];

    for (plain_text(text, plain, sizeof(plain)), text = plain; *text != '\0';
         text++) {
        if (*text == '<')
            fputs("&lt;", html);
        else if (*text == '>')
            fputs("&gt;", html);
        else if (*text == '&')
            fputs("&amp;", html);
        else
            fputc(*text, html);
    }
}

/* --- the table ------------------------------------------------------------ */

static void cell(uint64_t number, FILE *html)
{
    fprintf(html, "<td>%" PRIu64 "</td>", number);
}

/* The log that the others are measured by. */
static const struct picture_log *eager_of(const struct picture_log *logs,
                                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(logs[i].policy, "eager") == 0)
            return &logs[i];
    return NULL;
}

static void saved_cell(const struct picture_log *log,
                       const struct picture_log *eager, FILE *html)
{
    if (eager == NULL || eager->counts.frames_allocated == 0)
        fputs("<td>-</td>", html);
    else
        fprintf(html, "<td>%.1f%%</td>",
                100 - 100 * (double)log->counts.frames_allocated /
                          (double)eager->counts.frames_allocated);
}

static void table_row(const struct picture_log *logs, uint32_t count,
                      uint32_t which, FILE *html)
{
    const struct picture_counts *counts = &logs[which].counts;
    char name[256];

    report_log_name(logs, count, which, name, sizeof(name));
    fputs("<tr><th scope=\"row\">", html);
    escape(name, html);
    fputs("</th>", html);
    cell(counts->forks, html);
    cell(counts->frames_allocated, html);
    cell(counts->frames_peak, html);
    cell(counts->copied_at_fork, html);
    cell(counts->copied_on_fault, html);
    cell(counts->copied_by_kernel, html);
    cell(counts->taken_over, html);
    cell(counts->tables, html);
    cell(counts->faults, html);
    saved_cell(&logs[which], eager_of(logs, count), html);
    fputs("</tr>\n", html);
}

static void write_table(const struct picture_log *logs, uint32_t count,
                        FILE *html)
{
    fputs("<h2 id=\"comparison\">What it cost</h2>\n<div class=\"wide\">\n"
          "<table class=\"sortable\" "
          "aria-labelledby=\"comparison\">\n<thead><tr><th>policy</"
          "th><th>forks</th>"
          "<th>frames allocated</th><th>frames peak</th><th>copied at fork</th>"
          "<th>copied on fault</th><th>copied by kernel</th><th>taken over</th>"
          "<th>page tables</th><th>page faults</th><th>frames "
          "saved</th></tr></thead>\n<tbody>\n",
          html);
    for (uint32_t i = 0; i < count; i++)
        table_row(logs, count, i, html);
    fputs("</tbody>\n</table>\n</div>\n"
          "<p>Counted anew from the events of the log. A frame is 4 KiB; "
          "frames are those of user "
          "pages; page tables include directories. Frames saved is the part of "
          "eager's frames "
          "that were not allocated.</p>\n",
          html);
}

/* --- the logs ------------------------------------------------------------- */

static void write_end(const struct picture_log *log, FILE *html)
{
    int status = (int)log->wait_status;

    if (!log->complete)
        fputs("the run was cut off", html);
    else if (WIFSIGNALED(status))
        fprintf(html, "killed by signal %d", WTERMSIG(status));
    else
        fprintf(html, "exit status %d", WEXITSTATUS(status));
}

static void write_size(const struct picture_log *log, FILE *html)
{
    const int64_t frames_per_mib = 256;

    if (log->ram_frames % frames_per_mib == 0)
        fprintf(html, "%" PRId64 " MiB", log->ram_frames / frames_per_mib);
    else
        fprintf(html, "%" PRId64 " KiB", log->ram_frames * 4);
}

static void describe(const struct picture_log *log, FILE *html)
{
    fputs("<li><b>", html);
    escape(log->path, html);
    fputs("</b>: ", html);
    escape(log->program, html);
    fputs(" under ", html);
    escape(log->policy, html);
    fputs(", ", html);
    escape(log->cpu, html);
    fputs(", ", html);
    write_size(log, html);
    fputs(" of memory, ", html);
    write_end(log, html);
    fprintf(html, "; %" PRIu64 " rows, %" PRIu64 " processes</li>\n",
            log->events, log->processes_in_all);
}

/* --- the whole ------------------------------------------------------------ */

/* Nothing in them ends the element that they are in. */
static void embed(const char *tag, const unsigned char *bytes, size_t count,
                  FILE *html)
{
    fprintf(html, "<%s>\n", tag);
    (void)fwrite(bytes, 1, count, html);
    fprintf(html, "</%s>\n", tag);
}

bool picture_page(const struct picture_log *logs, uint32_t count, json_t *data,
                  FILE *html)
{
    fputs(head, html);
    embed("style", report_style, report_style_bytes, html);
    fputs("</head>\n<body>\n<h1>Page faults of ", html);
    escape(logs[0].program, html);
    fputs("</h1>\n<ul class=\"logs\">\n", html);
    for (uint32_t i = 0; i < count; i++)
        describe(&logs[i], html);
    fputs("</ul>\n", html);
    write_table(logs, count, html);
    fputs("<noscript><p>The charts need JavaScript, all of which is in this "
          "file.</p></noscript>\n<main id=\"charts\"></main>\n"
          "<script type=\"application/json\" id=\"data\">",
          html);
    if (!report_data_write(data, html))
        return false;
    fputs("</script>\n", html);
    embed("script", report_script, report_script_bytes, html);
    fputs("</body>\n</html>\n", html);
    return true;
}
