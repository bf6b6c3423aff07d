/* plot.c: see plot.h. */
#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "plain.h"

#define TEXT_BYTES 64u /* of a text in a chart */

static const char gnuplot[] = "gnuplot";

/* --- the script ----------------------------------------------------------- */

bool plot_begin(struct plot *plot, const char *id, const char *title,
                unsigned width, unsigned height)
{
    *plot = (struct plot){.id = id, .title = title, .script = tmpfile()};
    if (plot->script == NULL) {
        complain("temporary file", "%s", strerror(errno));
        return false;
    }
    fprintf(plot->script,
            "set terminal svg noenhanced size %u,%u dynamic font "
            "'sans-serif,13' background "
            "'#ffffff'\n"
            "set border 3 lc rgb '#444444'\n"
            "set tics nomirror out scale 0.6\n"
            "set grid ytics lt 1 lw 0.5 lc rgb '#dddddd'\n"
            "set key outside bottom center horizontal samplen 3 height 1\n"
            "set title '%s' font ',15'\n",
            width, height, title);
    return true;
}

void plot_drop(struct plot *plot)
{
    if (plot->script != NULL)
        fclose(plot->script);
    for (size_t i = 0; i < plot->text_count; i++)
        free(plot->texts[i]);
    free(plot->texts);
    *plot = (struct plot){0};
}

/* The text's number between tildes, and tildes up to its width; gnuplot draws
 * that as it is. */
const char *plot_mark(struct plot *plot, const char *text,
                      char mark[PLOT_MARK_BYTES])
{
    char plain[TEXT_BYTES];
    char **texts =
        realloc(plot->texts, (plot->text_count + 1) * sizeof(char *));

    mark[0] = '\0';
    if (texts == NULL) {
        plot->failed = true;
        return mark;
    }
    plot->texts = texts;
    texts[plot->text_count] = strdup(plain_text(text, plain, sizeof(plain)));
    if (texts[plot->text_count] == NULL) {
        plot->failed = true;
        return mark;
    }

    size_t length = plain_length(plain);
    size_t at =
        (size_t)snprintf(mark, PLOT_MARK_BYTES, "~%zu~", plot->text_count);

    plot->text_count++;
    while (at < length && at + 1 < PLOT_MARK_BYTES)
        mark[at++] = '~';
    mark[at] = '\0';
    return mark;
}

/* --- gnuplot -------------------------------------------------------------- */

/* Starts gnuplot with these as its descriptors 0 to 2: 0, or an errno. It is
 * told not to read anybody's settings, and what the environment holds might
 * steer it is kept from it. */
static int spawn_gnuplot(pid_t *pid, char *const argv[], const int fd[3])
{
    const char *path = getenv("PATH");
    char path_variable[4096];
    char *const environment[] = {path_variable, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    snprintf(path_variable, sizeof(path_variable), "PATH=%s",
             path != NULL ? path : "/usr/bin:/bin");
    for (int i = 0; i < 3 && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(&actions, fd[i], i);
    if (error == 0)
        error = posix_spawnp(pid, gnuplot, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Waits for it: true where it succeeded. */
static bool gnuplot_succeeds(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool cannot_spawn(int error)
{
    if (error == ENOENT)
        complain(
            gnuplot,
            "not found: report draws with it (package gnuplot-nox or gnuplot)");
    else
        complain(gnuplot, "%s", strerror(error));
    return false;
}

bool plot_possible(void)
{
    static char *const argv[] = {"gnuplot", "--version", NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int fd[3] = {null, null, null};
    pid_t pid;

    if (null == -1) {
        complain("/dev/null", "%s", strerror(errno));
        return false;
    }

    int error = spawn_gnuplot(&pid, argv, fd);

    close(null);
    if (error != 0)
        return cannot_spawn(error);
    if (gnuplot_succeeds(pid))
        return true;
    complain(gnuplot, "does not run");
    return false;
}

/* Tells what gnuplot said at last, after repeating the script's line and
 * pointing at it. */
static bool gnuplot_failed(FILE *said)
{
    char line[256];
    char last[256] = "failed";

    (void)fseek(said, 0, SEEK_SET);
    while (fgets(line, sizeof(line), said) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t^")] != '\0' &&
            strstr(line, "warning:") == NULL)
            snprintf(last, sizeof(last), "%s",
                     plain_text(line, line, sizeof(line)));
    }
    complain(gnuplot, "%s", last);
    return false;
}

static bool run_gnuplot(FILE *script, FILE *drawing, FILE *said)
{
    static char *const argv[] = {"gnuplot", "-d", NULL};
    const int fd[3] = {fileno(script), fileno(drawing), fileno(said)};
    pid_t pid;

    if (fflush(script) != 0 || lseek(fd[0], 0, SEEK_SET) == -1) {
        complain("temporary file", "%s", strerror(errno));
        return false;
    }

    int error = spawn_gnuplot(&pid, argv, fd);

    if (error != 0)
        return cannot_spawn(error);
    return gnuplot_succeeds(pid) || gnuplot_failed(said);
}

/* --- from gnuplot's SVG to the document's --------------------------------- */

void plot_escape(const char *text, FILE *html)
{
    char plain[4096];

    for (plain_text(text, plain, sizeof(plain)), text = plain; *text != '\0';
         text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", html);
            break;
        case '>':
            fputs("&gt;", html);
            break;
        case '&':
            fputs("&amp;", html);
            break;
        case '"':
            fputs("&quot;", html);
            break;
        case '\'':
            fputs("&#39;", html);
            break;
        default:
            fputc(*text, html);
        }
    }
}

/* Where `at` begins with `word`, the end of that; else NULL. */
static const char *after(const char *at, const char *word)
{
    size_t bytes = strlen(word);

    return strncmp(at, word, bytes) == 0 ? at + bytes : NULL;
}

/* All charts are in one document: the ids in a drawing become its own. Copies
 * what of a tag comes before an id at `at`, and the id's prefix. Returns the
 * end of what was copied, or `at`. */
static const char *copy_to_id(const struct plot *plot, const char *at,
                              FILE *html)
{
    static const char *const before[] = {" id='", " id=\"", "href='#",
                                         "href=\"#", "url(#"};

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        if (after(at, before[i]) != NULL) {
            fprintf(html, "%s%s-", before[i], plot->id);
            return after(at, before[i]);
        }
    }
    return at;
}

/* Writes the text that the mark at `at` stands for. Returns the mark's end, or
 * `at`. */
static const char *copy_marked(const struct plot *plot, const char *at,
                               FILE *html)
{
    char *end;
    unsigned long text;

    if (at[0] != '~' || at[1] < '0' || at[1] > '9')
        return at;
    text = strtoul(at + 1, &end, 10);
    if (*end != '~' || text >= plot->text_count)
        return at;
    plot_escape(plot->texts[text], html);
    return end + strspn(end, "~");
}

/* gnuplot's titles would pop up under the pointer. Returns the end of one at
 * `at`, or `at`. */
static const char *skip_title(const char *at)
{
    const char *end = NULL;

    if (after(at, "<title>") != NULL)
        end = strstr(at, "</title>");
    else if (after(at, "<desc>") != NULL)
        end = strstr(at, "</desc>");
    return end != NULL ? strchr(end, '>') + 1 : at;
}

/* Copies the drawing from within the tag <svg> on. */
static void copy_svg(const struct plot *plot, const char *at, FILE *html)
{
    bool in_tag = true;

    while (*at != '\0') {
        const char *next =
            in_tag ? copy_to_id(plot, at, html) : copy_marked(plot, at, html);

        if (next == at && !in_tag)
            next = skip_title(at);
        if (next != at) {
            at = next;
            continue;
        }
        if (*at == '<' || *at == '>')
            in_tag = *at == '<';
        fputc(*at++, html);
    }
}

/* The whole file as a text; NULL where it is empty or memory is short. */
static char *text_of(FILE *file)
{
    off_t bytes = lseek(fileno(file), 0, SEEK_END);
    char *text = bytes > 0 ? malloc((size_t)bytes + 1) : NULL;

    if (text == NULL)
        return NULL;
    (void)fseek(file, 0, SEEK_SET);
    text[fread(text, 1, (size_t)bytes, file)] = '\0';
    return text;
}

/* The XML declaration has no place in HTML. */
static bool copy_drawing(const struct plot *plot, FILE *drawing, FILE *html)
{
    char *text = text_of(drawing);
    const char *svg = text != NULL ? strstr(text, "<svg") : NULL;

    if (svg != NULL) {
        fprintf(html, "<svg role=\"img\" aria-label=\"%s\"", plot->title);
        copy_svg(plot, svg + strlen("<svg"), html);
    } else {
        complain(gnuplot, "drew nothing");
    }
    free(text);
    return svg != NULL;
}

static bool draw(const struct plot *plot, FILE *html)
{
    FILE *drawing = tmpfile();
    FILE *said = tmpfile();
    bool drawn = false;

    if (plot->failed || drawing == NULL || said == NULL)
        complain("chart", "%s", strerror(errno));
    else
        drawn = run_gnuplot(plot->script, drawing, said) &&
                copy_drawing(plot, drawing, html);
    if (drawing != NULL)
        fclose(drawing);
    if (said != NULL)
        fclose(said);
    return drawn;
}

bool plot_end(struct plot *plot, FILE *html)
{
    bool drawn = draw(plot, html);

    plot_drop(plot);
    return drawn;
}
