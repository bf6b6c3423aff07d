/* tree.h: what guests find by path: a few devices, and the host directory given
 * as root.
 *
 *   /                the root directory, read-only; without one, an empty one
 *   /dev             null, zero, full, random, urandom
 *   /proc/self/exe   the process's own program
 *
 * What is in the list above hides what the root directory has under the same
 * path, directories excepted. Nothing outside the root directory can be
 * reached, and in it only files, directories and symbolic links. */
#ifndef MMU386_TREE_H
#define MMU386_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/file.h"
#include "linux/path.h"

struct kernel;
struct process;
struct tree;
struct fixed_node;

/* Opens the host directory `root`; NULL: a tree with the devices alone. Returns
 * NULL and sets *why (static text). */
struct tree *tree_new(const char *root, const char **why);
/* Whether this thread may look for files in the root directory; there may be
 * none. */
bool tree_is_searchable(const struct tree *tree);

void tree_free(struct tree *tree);

/* What is at a path. */
struct node {
    struct file_status status;
    int host_fd;                    /* of the host's file (O_PATH), or -1 */
    const struct fixed_node *fixed; /* what is there in every tree, or NULL */
    char path[GUEST_PATH_MAX];      /* its own, without links and dots */
};

/* Finds what is at the absolute path `path`; the last component's link is
 * followed if `follow`. 0 and a node for node_close, or -errno. */
int tree_find(const struct kernel *kernel, const struct process *process,
              const char *path, bool follow, struct node *node);
void node_close(struct node *node);

/* Opens a node of the host for reading: a host descriptor, to be closed by the
 * caller, or -errno. */
int node_reopen(const struct tree *tree, const struct node *node);

/* Where the link points, of less than GUEST_PATH_MAX bytes: its length, or
 * -EINVAL for what is no link. */
int node_link(const struct process *process, const struct node *node, char *to);

/* Opens the executable file at the guest's `path` (relative to the process's
 * directory), for execve: a host descriptor, to be closed by the caller, or
 * -errno. */
int tree_open_program(struct kernel *kernel, struct process *process,
                      const char *path);

/* What guests are told of the host's open file, whose path theirs is. False: it
 * is of a kind that they do not get to see. */
bool tree_file_status(int host_fd, const char *path,
                      struct file_status *status);

/* True when the path, relative to the process's directory, is
 * /proc/self/exe. */
bool tree_is_own_program(const struct process *process, const char *path);

#endif
