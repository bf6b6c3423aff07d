/* fixednode.h: what is in every tree: the devices, the process's own program,
 * and the directories that these are in. */
#ifndef MMU386_FIXEDNODE_H
#define MMU386_FIXEDNODE_H

#include <stdbool.h>

#include "linux/device.h"

struct file_status;
struct listing;
struct program;

enum fixed_kind { FIXED_DIRECTORY, FIXED_DEVICE, FIXED_PROGRAM };

struct fixed_node {
    const char *path;
    enum fixed_kind kind;
    enum device device;
};

/* What is at the normalised path in every tree, or NULL. */
const struct fixed_node *fixed_node_find(const char *path);

/* What stat(2) tells of it; `program` is the process's own, or NULL, and shown
 * as a link unless that is to be followed. */
void fixed_node_status(const struct fixed_node *fixed,
                       const struct program *program, bool follow,
                       struct file_status *status);

/* Adds what every tree has in the directory at `path`; what the root directory
 * hides of it goes when the list is sorted. 0 or -errno, as listing_add. */
int fixed_nodes_list(struct listing *listing, const char *path);

#endif
