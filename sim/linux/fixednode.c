/* fixednode.c: see fixednode.h. */
#include "linux/fixednode.h"

#include <stddef.h>
#include <string.h>

#include "linux/directory.h"
#include "linux/file.h"
#include "linux/path.h"
#include "program/program.h"

static const struct fixed_node fixed_nodes[] = {
    {"/", FIXED_DIRECTORY, DEVICE_NULL},
    {"/dev", FIXED_DIRECTORY, DEVICE_NULL},
    {"/dev/full", FIXED_DEVICE, DEVICE_FULL},
    {"/dev/null", FIXED_DEVICE, DEVICE_NULL},
    {"/dev/random", FIXED_DEVICE, DEVICE_RANDOM},
    {"/dev/urandom", FIXED_DEVICE, DEVICE_RANDOM},
    {"/dev/zero", FIXED_DEVICE, DEVICE_ZERO},
    {"/proc", FIXED_DIRECTORY, DEVICE_NULL},
    {"/proc/self", FIXED_DIRECTORY, DEVICE_NULL},
    {"/proc/self/exe", FIXED_PROGRAM, DEVICE_NULL},
};

#define FIXED_NODES (sizeof fixed_nodes / sizeof fixed_nodes[0])

const struct fixed_node *fixed_node_find(const char *path)
{
    for (size_t i = 0; i < FIXED_NODES; i++)
        if (strcmp(fixed_nodes[i].path, path) == 0)
            return &fixed_nodes[i];
    return NULL;
}

void fixed_node_status(const struct fixed_node *fixed,
                       const struct program *program, bool follow,
                       struct file_status *status)
{
    *status = (struct file_status){
        .device = FILE_DEVICE_TREE,
        .inode = path_inode(fixed->path),
    };
    if (fixed->kind == FIXED_DEVICE) {
        device_status(fixed->device, fixed->path, status);
    } else if (fixed->kind == FIXED_DIRECTORY) {
        status->mode = GUEST_S_DIRECTORY | 0555u;
    } else if (follow) {
        status->mode = GUEST_S_REGULAR | 0555u;
        status->bytes = program != NULL ? program->file_bytes : 0;
    } else {
        status->mode = GUEST_S_LINK | 0777u;
    }
}

int fixed_nodes_list(struct listing *listing, const char *path)
{
    int error = 0;

    for (size_t i = 0; i < FIXED_NODES && error == 0; i++) {
        const struct fixed_node *fixed = &fixed_nodes[i];
        const char *name = path_name_in(fixed->path, path);
        uint32_t type = GUEST_S_LINK;

        if (fixed->kind != FIXED_PROGRAM)
            type = fixed->kind == FIXED_DEVICE ? GUEST_S_CHARACTER
                                               : GUEST_S_DIRECTORY;
        if (name != NULL)
            error = listing_add(listing, path, name, type);
    }
    return error;
}
