/* treefile.h: open files of the tree: the host's files and directories, and the
 * process's own program. */
#ifndef MMU386_TREEFILE_H
#define MMU386_TREEFILE_H

#include <stdint.h>

struct file;
struct kernel;
struct node;
struct process;

/* Opens a node, which is no link, for reading, or a device for writing too. 0
 * or -errno. */
int node_open(struct kernel *kernel, const struct process *process,
              const struct node *node, uint32_t flags, struct file **file);

#endif
