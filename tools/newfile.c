/* newfile.c: see newfile.h. */
#define _POSIX_C_SOURCE 200809L
#include "newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is there and is no regular file, a pipe or a device, loses nothing by being written to. */
static bool is_regular(const char *name)
{
    struct stat status;

    return lstat(name, &status) != 0 || S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
}

bool is_same_file(const char *name, const char *other)
{
    struct stat a, b;

    return stat(name, &a) == 0 && stat(other, &b) == 0 && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool output_open_new(struct output *output, const char *name, bool force)
{
    int fd;

    if (strcmp(name, "-") == 0 || force || !is_regular(name))
        return output_open(output, name);
    *output = (struct output){.name = name};
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd != -1)
        output->file = fdopen(fd, "w");
    if (output->file != NULL)
        return true;
    if (fd == -1 && errno == EEXIST) {
        complain(name, "exists (--force overwrites it)");
        return false;
    }
    complain(name, "%s", strerror(errno));
    if (fd != -1)
        close(fd);
    return false;
}
