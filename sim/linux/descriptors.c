/* descriptors.c: see descriptors.h. */
#include "linux/descriptors.h"

#include <errno.h>

#include "linux/console.h"
#include "linux/schedule.h"

/* ---- open files, which others wait for ---- */

const void *poll_channel(const struct kernel *kernel)
{
    return &kernel->tree;
}

void file_changed(const struct file *file, struct kernel *kernel)
{
    if (!file->kind->wakes)
        return;
    schedule_wake(kernel, file->own);
    schedule_wake(kernel, poll_channel(kernel));
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

/* ---- tables ---- */

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

int files_close(struct files *files, struct kernel *kernel, uint32_t number)
{
    struct file *file = files_file(files, number);

    if (file == NULL)
        return -EBADF;
    files->descriptor[number] = (struct descriptor){0};
    file_put(file, kernel);
    return 0;
}
