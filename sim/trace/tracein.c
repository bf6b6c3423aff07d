/* tracein.c: see tracein.h. */
#include "trace/tracein.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/tracebytes.h"
#include "trace/tracelines.h"
#include "trace/traceunpack.h"

/* What is compressed may be compressed once more. */
#define PACKED_TIMES 2

#define SILENT_MS 500 /* before it is told that a FIFO has no writer */

struct trace_input {
    char *name;
    struct trace_input_options options;
    struct trace_bytes *bytes;
    enum trace_format format;
    struct trace_file_reader *file; /* a native trace's, */
    struct trace_lines *lines;      /* or any other's */
    const char *why;                /* it is no trace */
    char where[4096 + 32];
};

static struct trace_input *input_new(const char *name,
                                     const struct trace_input_options *options,
                                     struct trace_bytes *bytes)
{
    struct trace_input *input = calloc(1, sizeof(*input));

    if (input != NULL)
        input->name = strdup(name);
    if (bytes == NULL || input == NULL || input->name == NULL) {
        if (input != NULL)
            free(input->name);
        free(input);
        trace_bytes_close(bytes);
        return NULL;
    }
    input->options = *options;
    input->bytes = bytes;
    return input;
}

/* Waits until a FIFO has a writer. Without one poll finds it neither readable
 * nor hung up; it is hung up when there was one (fifo(7), poll(2)). */
static void wait_for_writer(int fd, const char *name,
                            void (*waiting)(const char *name))
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int timeout = SILENT_MS;
    int count;

    while ((count = poll(&ready, 1, timeout)) <= 0) {
        if (count == 0 && waiting != NULL)
            waiting(name);
        if (count == 0)
            timeout = -1;
        else if (errno != EINTR)
            break;
    }
}

/* Opens a file for reading; -1 and errno. */
static int open_file(const char *name, void (*waiting)(const char *name))
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    if (fd == -1)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
        wait_for_writer(fd, name, waiting);
    (void)fcntl(fd, F_SETFL, O_RDONLY);
    return fd;
}

struct trace_input *trace_input_open(const char *name,
                                     const struct trace_input_options *options,
                                     const char **why)
{
    bool standard = strcmp(name, "-") == 0;
    int fd = standard ? STDIN_FILENO : open_file(name, options->waiting);
    struct trace_bytes *bytes;
    struct trace_input *input;

    if (fd == -1) {
        *why = strerror(errno);
        return NULL;
    }
    bytes = trace_bytes_of_fd(fd, !standard);
    if (bytes == NULL && !standard)
        (void)close(fd);
    input = input_new(standard ? "standard input" : name, options, bytes);
    if (input == NULL)
        *why = strerror(ENOMEM);
    return input;
}

struct trace_input *
trace_input_memory(const char *name, const void *memory, size_t bytes,
                   const struct trace_input_options *options)
{
    return input_new(name, options, trace_bytes_of_memory(memory, bytes));
}

void trace_input_close(struct trace_input *input)
{
    if (input == NULL)
        return;
    trace_file_reader_free(input->file);
    trace_lines_free(input->lines);
    trace_bytes_close(input->bytes);
    free(input->name);
    free(input);
}

/* ---- recognising ---- */

/* What a line belongs to; TRACE_FORMAT_AUTO where all have such lines. False:
 * to no trace. */
static bool format_of_line(const char *line, size_t length,
                           enum trace_format *format)
{
    size_t at = 0;

    while (at < length &&
           (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
        at++;
    *format = TRACE_FORMAT_AUTO;
    if (at == length || line[at] == '#' || line[at] == '=' || line[at] == '-')
        return true;
    if (line[at] >= '0' && line[at] <= '9')
        *format = TRACE_FORMAT_DIN;
    else if (strchr("ILSM", line[at]) != NULL)
        *format = TRACE_FORMAT_LACKEY;
    else if (line[at] >= 'a' && line[at] <= 'z')
        *format = TRACE_FORMAT_TEXT;
    return *format != TRACE_FORMAT_AUTO;
}

/* The same of all lines that are whole in what is held. */
static bool format_of_lines(const char *text, size_t held, bool all,
                            enum trace_format *format)
{
    *format = TRACE_FORMAT_AUTO;
    while (held != 0 && *format == TRACE_FORMAT_AUTO) {
        const char *newline = memchr(text, '\n', held);
        size_t length = newline != NULL ? (size_t)(newline - text) : held;

        if (newline == NULL && !all)
            return true;
        if (!format_of_line(text, length, format))
            return false;
        length += newline != NULL;
        text += length;
        held -= length;
    }
    return true;
}

static bool recognise(struct trace_input *input)
{
    struct trace_bytes *bytes = input->bytes;
    size_t wanted = sizeof(TRACE_MAGIC) - 1;
    size_t held = trace_bytes_hold(bytes, wanted);
    bool all;

    if (held >= wanted &&
        memcmp(bytes->held + bytes->at, TRACE_MAGIC, wanted) == 0) {
        input->format = TRACE_FORMAT_NATIVE;
        return true;
    }
    do {
        all = held < wanted || held == TRACE_BYTES_HELD;
        if (!format_of_lines((const char *)bytes->held + bytes->at, held, all,
                             &input->format))
            return false;
        wanted = held + 1;
        if (input->format == TRACE_FORMAT_AUTO && !all)
            held = trace_bytes_hold(bytes, wanted);
    } while (input->format == TRACE_FORMAT_AUTO && !all);
    if (input->format == TRACE_FORMAT_AUTO && held != 0)
        input->format = TRACE_FORMAT_TEXT; /* of comments */
    return held != 0;
}

static bool unpack(struct trace_input *input)
{
    for (int i = 0; i < PACKED_TIMES; i++) {
        struct trace_bytes *inner = trace_bytes_unpack(input->bytes);

        if (inner == NULL)
            return false;
        if (inner == input->bytes)
            break;
        input->bytes = inner;
    }
    return true;
}

static enum trace_got no_trace(struct trace_input *input, const char *why)
{
    input->why = why;
    return TRACE_GOT_WRONG;
}

/* Looks at the input's begin. */
static enum trace_got begin(struct trace_input *input)
{
    if (!unpack(input))
        return no_trace(input, "memory is short");
    input->format = input->options.format;
    if (input->format == TRACE_FORMAT_AUTO && !recognise(input)) {
        if (input->bytes->why != NULL)
            return no_trace(input, input->bytes->why);
        return no_trace(input,
                        input->bytes->end == input->bytes->at
                            ? "empty"
                            : "no trace: neither native, text, lackey nor din");
    }
    if (input->format == TRACE_FORMAT_NATIVE && input->options.fold64)
        return no_trace(
            input,
            "a native trace's addresses have 32 bits: --fold64 does nothing");
    if (input->format == TRACE_FORMAT_NATIVE)
        input->file = trace_file_reader_new(input->bytes);
    else
        input->lines =
            trace_lines_new(input->bytes, input->format == TRACE_FORMAT_DIN,
                            input->options.fold64);
    if (input->file == NULL && input->lines == NULL)
        return no_trace(input, "memory is short");
    return TRACE_GOT_EVENT;
}

/* ---- events ---- */

static void note_where(struct trace_input *input)
{
    if (input->file != NULL)
        (void)snprintf(input->where, sizeof(input->where), "%s: byte %" PRIu64,
                       input->name, trace_file_reader_offset(input->file));
    else if (input->lines != NULL)
        (void)snprintf(input->where, sizeof(input->where), "%s:%" PRIu64,
                       input->name, trace_lines_number(input->lines));
    else
        (void)snprintf(input->where, sizeof(input->where), "%s", input->name);
}

enum trace_got trace_input_next(struct trace_input *input,
                                struct trace_event *event)
{
    enum trace_got got = TRACE_GOT_EVENT;

    if (input->why != NULL)
        return TRACE_GOT_WRONG;
    if (input->file == NULL && input->lines == NULL)
        got = begin(input);
    if (got == TRACE_GOT_EVENT)
        got = input->file != NULL ? trace_file_reader_next(input->file, event)
                                  : trace_lines_next(input->lines, event);
    if (got != TRACE_GOT_EVENT)
        note_where(input);
    return got;
}

uint64_t trace_input_frame(const struct trace_input *input)
{
    if (input->file != NULL)
        return trace_file_reader_frame(input->file);
    return input->lines != NULL ? trace_lines_frame(input->lines) : 0;
}

enum trace_format trace_input_format(const struct trace_input *input)
{
    return input->format;
}

bool trace_input_foreign(const struct trace_input *input)
{
    return input->format == TRACE_FORMAT_LACKEY ||
           input->format == TRACE_FORMAT_DIN;
}

const char *trace_input_where(const struct trace_input *input)
{
    return input->where;
}

const char *trace_input_why(const struct trace_input *input)
{
    if (input->why != NULL)
        return input->why;
    return input->file != NULL ? trace_file_reader_why(input->file)
                               : trace_lines_why(input->lines);
}
