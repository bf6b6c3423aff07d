/* command.c: messages and output files. */
#define _POSIX_C_SOURCE 200809L
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static volatile bool *noted;

void complaints_noted(volatile bool *told)
{
    noted = told;
}

void complain(const char *what, const char *why, ...)
{
    char name[512];
    char reason[512];
    va_list arguments;

    snprintf(name, sizeof(name), "%s", what);
    for (char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = '?';
    va_start(arguments, why);
    vsnprintf(reason, sizeof(reason), why, arguments);
    va_end(arguments);
    fprintf(stderr, "mmu386: %s: %s\n", name, reason);
    if (noted != NULL)
        *noted = true;
}

void print_version(void)
{
    puts("mmu386 " MMU386_VERSION);
}

static const char standard_output[] = "standard output";

/* Standard output may have been closed, or be open for reading only. */
static bool open_standard_output(struct output *output)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    *output = (struct output){.name = standard_output, .file = stdout};
    if (flags == -1 || (flags & O_ACCMODE) == O_RDONLY) {
        complain(standard_output, "%s", strerror(EBADF));
        return false;
    }
    return true;
}

bool output_open(struct output *output, const char *name)
{
    if (strcmp(name, "-") == 0)
        return open_standard_output(output);
    *output = (struct output){.name = name, .file = fopen(name, "we")};
    if (output->file == NULL)
        complain(name, "%s", strerror(errno));
    return output->file != NULL;
}

bool output_close(struct output *output)
{
    FILE *file = output->file;
    bool written = !ferror(file);
    int error = 0;

    errno = 0;
    if ((file == stdout ? fflush(file) : fclose(file)) != 0) {
        written = false;
        error = errno;
    }
    output->file = NULL;
    if (!written && !output->told)
        complain(output->name, "%s", error != 0 ? strerror(error) : "could not be written");
    return written;
}
