/* sourcetext.c: see sourcetext.h. */
#define _POSIX_C_SOURCE 200809L
#include "faults/sourcetext.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rows.h"

/* The path is the log's word: a pipe is not waited for, a terminal not made
 * this process's own, and no device read. */
static FILE *open_source(const char *path)
{
    struct stat status;
    int fd = path[0] != '/'
                 ? -1
                 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    FILE *file = NULL;

    if (fd == -1)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size <= SOURCE_FILE_BYTES_MAX)
        file = fdopen(fd, "r");
    if (file == NULL)
        (void)close(fd);
    return file;
}

static bool take_line(char *line, char *text, size_t text_bytes)
{
    size_t bytes;

    line += strspn(line, " \t\r\n");
    bytes = strlen(line);
    while (bytes > 0 && strchr(" \t\r\n", line[bytes - 1]) != NULL)
        bytes--;
    line[bytes] = '\0';
    for (char *at = line; *at != '\0'; at++)
        if (*at == '\t')
            *at = ' ';
    (void)snprintf(text, text_bytes, "%s", line);
    rows_make_printable(text);
    return text[0] != '\0';
}

bool source_text_read(const char *path, int64_t number, char *text,
                      size_t text_bytes)
{
    FILE *file = open_source(path);
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    if (file == NULL)
        return false;
    while (number > 0 && getline(&line, &room, file) > 0)
        number--;
    if (number == 0 && line != NULL)
        found = take_line(line, text, text_bytes);
    free(line);
    (void)fclose(file);
    return found;
}
