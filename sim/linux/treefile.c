/* treefile.c: see treefile.h. */
#include "linux/treefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux/device.h"
#include "linux/directory.h"
#include "linux/fixednode.h"
#include "linux/state.h"
#include "linux/tree.h"
#include "program/program.h"

/* ---- open files of the host ---- */

struct host_file {
    int host_fd;
    struct listing listing;     /* of a directory */
    struct file_status unknown; /* what is shown if the host does not tell any
                                   more */
};

static int32_t host_file_read(struct file *file, uint64_t offset, void *to,
                              uint32_t bytes)
{
    const struct host_file *own = file->own;

    if (offset > INT64_MAX)
        return 0;
    for (;;) {
        ssize_t got = pread(own->host_fd, to, bytes, (off_t)offset);

        if (got >= 0)
            return (int32_t)got;
        if (errno != EINTR)
            return errno == EAGAIN ? -EIO : -errno;
    }
}

static int32_t directory_read(struct file *file, uint64_t offset, void *to,
                              uint32_t bytes)
{
    (void)file;
    (void)offset;
    (void)to;
    (void)bytes;
    return -EISDIR;
}

static void host_file_status(const struct file *file,
                             struct file_status *status)
{
    const struct host_file *own = file->own;

    if (own->host_fd < 0 || !tree_file_status(own->host_fd, file->path, status))
        *status = own->unknown;
}

static int list_all(struct file *file, const struct host_file *own,
                    struct listing *listing)
{
    int error = listing_add(listing, file->path, ".", GUEST_S_DIRECTORY);

    if (error == 0)
        error = listing_add(listing, file->path, "..", GUEST_S_DIRECTORY);
    if (error == 0)
        error = fixed_nodes_list(listing, file->path);
    if (error == 0 && own->host_fd >= 0)
        error = listing_add_host(listing, file->path, own->host_fd);
    return error;
}

static const struct listing *directory_list(struct file *file, bool anew,
                                            int *error)
{
    struct host_file *own = file->own;

    if (!anew && own->listing.count > 0)
        return &own->listing;
    listing_clear(&own->listing);
    *error = list_all(file, own, &own->listing);
    if (*error != 0) {
        listing_clear(&own->listing);
        return NULL;
    }
    listing_sort(&own->listing);
    return &own->listing;
}

static void host_file_destroy(struct file *file)
{
    struct host_file *own = file->own;

    listing_clear(&own->listing);
    if (own->host_fd >= 0)
        close(own->host_fd);
    free(own);
}

static const struct file_kind host_file_kind = {
    .seekable = true,
    .mappable = true,
    .read = host_file_read,
    .status = host_file_status,
    .destroy = host_file_destroy,
};

static const struct file_kind directory_kind = {
    .seekable = true,
    .read = directory_read,
    .status = host_file_status,
    .list = directory_list,
    .destroy = host_file_destroy,
};

/* ---- open files of the process's own program ---- */

static int32_t program_read(struct file *file, uint64_t offset, void *to,
                            uint32_t bytes)
{
    const struct program *program = file->own;

    if (offset >= program->file_bytes)
        return 0;
    if (bytes > program->file_bytes - offset)
        bytes = (uint32_t)(program->file_bytes - offset);
    memcpy(to, program->file + offset, bytes);
    return (int32_t)bytes;
}

static void program_status(const struct file *file, struct file_status *status)
{
    const struct program *program = file->own;

    *status = (struct file_status){
        .mode = GUEST_S_REGULAR | 0555u,
        .device = FILE_DEVICE_TREE,
        .inode = path_inode(file->path),
        .bytes = program->file_bytes,
    };
}

static void program_destroy(struct file *file)
{
    program_put(file->own);
}

static const struct file_kind program_kind = {
    .seekable = true,
    .mappable = true,
    .read = program_read,
    .status = program_status,
    .destroy = program_destroy,
};

/* ---- opening ---- */

/* Takes over host_fd, which may be -1 of a directory. */
static int open_host_file(struct kernel *kernel, const struct file_kind *kind,
                          const struct node *node, uint32_t flags, int host_fd,
                          struct file **file)
{
    struct host_file *own = malloc(sizeof *own);

    *file = NULL;
    if (own != NULL) {
        *own = (struct host_file){.host_fd = host_fd,
                                  .listing.budget = &kernel->machine.budget,
                                  .unknown = node->status};
        *file = file_new(&kernel->machine.budget, kind, flags, node->path, own,
                         sizeof *own);
    }
    if (*file != NULL)
        return 0;
    if (own == NULL)
        budget_starve(&kernel->machine.budget);
    free(own);
    if (host_fd >= 0)
        close(host_fd);
    return -ENOMEM;
}

static int open_from_host(struct kernel *kernel, const struct node *node,
                          uint32_t flags, struct file **file)
{
    bool is_directory = (node->status.mode & GUEST_S_TYPE) == GUEST_S_DIRECTORY;
    int host_fd = node_reopen(kernel->tree, node);

    if (host_fd < 0)
        return host_fd;
    return open_host_file(kernel,
                          is_directory ? &directory_kind : &host_file_kind,
                          node, flags, host_fd, file);
}

static int open_program(struct kernel *kernel, struct program *program,
                        uint32_t flags, struct file **file)
{
    if (program == NULL)
        return -ENOENT;
    *file = file_new(&kernel->machine.budget, &program_kind, flags,
                     "/proc/self/exe", program_get(program), 0);
    if (*file == NULL)
        program_put(program);
    return *file != NULL ? 0 : -ENOMEM;
}

int node_open(struct kernel *kernel, const struct process *process,
              const struct node *node, uint32_t flags, struct file **file)
{
    const struct fixed_node *fixed = node->fixed;

    if (fixed == NULL)
        return open_from_host(kernel, node, flags, file);
    switch (fixed->kind) {
    case FIXED_DIRECTORY:
        return open_host_file(kernel, &directory_kind, node, flags, -1, file);
    case FIXED_PROGRAM:
        return open_program(kernel, process->program, flags, file);
    default:
        *file = device_open(fixed->device, fixed->path, flags,
                            &kernel->machine.budget, &kernel->random);
        return *file != NULL ? 0 : -ENOMEM;
    }
}
