/* file.c: open files, counted, and the tables that hold them. */
#include "linux/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/console.h"
#include "linux/process.h"
#include "linux/state.h"
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

const void *poll_channel(const struct kernel *kernel)
{
    return &kernel->tree;
}

void file_changed(const struct file *file, struct kernel *kernel)
{
    if (!file->kind->wakes)
        return;
    process_wake(kernel, file->own);
    process_wake(kernel, poll_channel(kernel));
}

void file_put(struct file *file, struct kernel *kernel)
{
    if (--file->references > 0)
        return;
    file_changed(file, kernel);
    if (file->kind->destroy != NULL)
        file->kind->destroy(file);
    file_discard(file);
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

int files_init(struct files *files, struct kernel *kernel)
{
    *files = (struct files){.limit = FILES_MAX};
    for (uint32_t i = 0; i < 3; i++) {
        int host_fd = kernel->options.host_fd[i];

        if (host_fd < 0)
            continue;

        struct file *file =
            console_open(&kernel->machine.budget, &kernel->machine.waits,
                         host_fd, i == 0 ? GUEST_O_RDONLY : GUEST_O_WRONLY);

        if (file == NULL) {
            files_close_all(files, kernel);
            return -ENOMEM;
        }
        files->descriptor[i].file = file;
    }
    return 0;
}

void files_clone(struct files *child, const struct files *parent)
{
    *child = *parent;
    for (uint32_t i = 0; i < FILES_MAX; i++)
        if (child->descriptor[i].file != NULL)
            file_get(child->descriptor[i].file);
}

void files_exec(struct files *files, struct kernel *kernel)
{
    for (uint32_t i = 0; i < FILES_MAX; i++)
        if (files->descriptor[i].close_on_exec)
            files_close(files, kernel, i);
}

void files_close_all(struct files *files, struct kernel *kernel)
{
    for (uint32_t i = 0; i < FILES_MAX; i++)
        files_close(files, kernel, i);
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

int files_close(struct files *files, struct kernel *kernel, uint32_t number)
{
    struct file *file = files_file(files, number);

    if (file == NULL)
        return -EBADF;
    files->descriptor[number] = (struct descriptor){0};
    file_put(file, kernel);
    return 0;
}
