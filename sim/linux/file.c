/* file.c: see file.h. */
#include "linux/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/budget.h"

struct file *file_new(struct budget *budget, const struct file_kind *kind,
                      uint32_t flags, const char *path, void *own,
                      size_t own_bytes)
{
    size_t bytes =
        sizeof(struct file) + (path != NULL ? strlen(path) + 1 : 0) + own_bytes;

    if (!budget_take(budget, bytes))
        return NULL;

    struct file *file = malloc(sizeof *file);
    char *copy = path != NULL ? strdup(path) : NULL;

    if (file == NULL || (path != NULL && copy == NULL)) {
        budget_starve(budget);
        budget_give(budget, bytes);
        free(file);
        free(copy);
        return NULL;
    }
    *file = (struct file){
        .kind = kind,
        .references = 1,
        .flags = flags & ~(GUEST_O_CREAT | GUEST_O_EXCL | GUEST_O_TRUNC |
                           GUEST_O_CLOEXEC),
        .path = copy,
        .own = own,
        .budget = budget,
        .budget_bytes = bytes,
    };
    return file;
}

bool file_takes(struct file *file, size_t bytes)
{
    if (!budget_take(file->budget, bytes))
        return false;
    file->budget_bytes += bytes;
    return true;
}

void file_discard(struct file *file)
{
    if (file == NULL)
        return;
    budget_give(file->budget, file->budget_bytes);
    free(file->path);
    free(file);
}

struct file *file_get(struct file *file)
{
    file->references++;
    return file;
}

bool file_is_readable(const struct file *file)
{
    return (file->flags & GUEST_O_ACCESS) != GUEST_O_WRONLY &&
           (file->flags & GUEST_O_PATH) == 0;
}

bool file_is_writable(const struct file *file)
{
    return (file->flags & GUEST_O_ACCESS) != GUEST_O_RDONLY &&
           (file->flags & GUEST_O_PATH) == 0 && file->kind->write != NULL;
}

uint32_t file_poll(const struct file *file)
{
    return file->kind->poll != NULL ? file->kind->poll(file)
                                    : GUEST_POLLIN | GUEST_POLLOUT;
}

int file_read_at(struct file *file, uint64_t offset, void *to, uint32_t bytes)
{
    uint32_t done = 0;

    if (!file->kind->mappable)
        return -ENODEV;
    if (!file_is_readable(file))
        return -EACCES;
    if (bytes > INT32_MAX)
        bytes = INT32_MAX;
    while (done < bytes) {
        int32_t got = file->kind->read(file, offset + done,
                                       (uint8_t *)to + done, bytes - done);

        if (got < 0)
            return got;
        if (got == 0)
            break;
        done += (uint32_t)got;
    }
    return (int)done;
}

struct file *files_file(const struct files *files, uint32_t number)
{
    return number < FILES_MAX ? files->descriptor[number].file : NULL;
}

int files_add(struct files *files, struct file *file, uint32_t lowest,
              bool close_on_exec)
{
    for (uint32_t i = lowest; i < files->limit; i++)
        if (files->descriptor[i].file == NULL) {
            files->descriptor[i] = (struct descriptor){file, close_on_exec};
            return (int)i;
        }
    return -EMFILE;
}
