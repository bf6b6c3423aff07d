/* tree.c: paths are looked up by the host, which is told to take the root
 * directory for its own (openat2(2), RESOLVE_IN_ROOT): no "..", no link gets
 * out of it, whoever changes it meanwhile. */
#include "linux/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "linux/filesystem.h"
#include "linux/fixednode.h"
#include "linux/state.h"
#include "program/program.h"

#define TRIES      16u /* of a look-up that a rename on the host disturbed */
#define HOST_PATHS "/proc/self/fd/"

struct tree {
    int root_fd;               /* or -1 */
    char root[GUEST_PATH_MAX]; /* the host's name of it, without links; "" where
                                  it is unknown */
};

/* ---- the host's side ---- */

/* A host descriptor, or -errno. A device or a pipe is not waited for. */
static int host_open(const struct tree *tree, const char *path, uint64_t flags)
{
    const struct open_how how = {
        .flags = flags | O_CLOEXEC |
                 ((flags & O_PATH) != 0 ? 0 : O_NOCTTY | O_NONBLOCK),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };

    if (tree->root_fd < 0)
        return -ENOENT;
    for (unsigned i = 0; i < TRIES; i++) {
        long fd = syscall(SYS_openat2, tree->root_fd, path, &how, sizeof how);

        if (fd >= 0)
            return (int)fd;
        if (errno != EAGAIN && errno != EINTR)
            return errno == EMFILE ? -ENFILE : -errno;
    }
    return -EAGAIN;
}

static bool is_of_the_kernel(int host_fd)
{
    struct statfs of;

    return fstatfs(host_fd, &of) != 0 ||
           !filesystem_is_plain((uint64_t)of.f_type);
}

/* The host's name of an open file: its length, or 0 where it is not known. */
static size_t host_name(int host_fd, char *to)
{
    char link[sizeof HOST_PATHS + 16];

    (void)snprintf(link, sizeof link, HOST_PATHS "%d", host_fd);

    ssize_t bytes = readlink(link, to, GUEST_PATH_MAX - 1);

    if (bytes <= 0 || bytes == GUEST_PATH_MAX - 1 || to[0] != '/')
        return 0;
    to[bytes] = '\0';
    return (size_t)bytes;
}

/* Puts the guest's name of an open host file into `path`, which holds a name
 * already that may have links in it, and keeps that where the host does not
 * tell. */
static void guest_name(const struct tree *tree, int host_fd, char *path)
{
    char name[GUEST_PATH_MAX];
    size_t root_bytes = strcmp(tree->root, "/") == 0 ? 0 : strlen(tree->root);

    if (tree->root[0] == '\0' || host_name(host_fd, name) == 0 ||
        strncmp(name, tree->root, root_bytes) != 0)
        return;
    if (name[root_bytes] == '\0')
        memcpy(path, "/", 2);
    else if (name[root_bytes] == '/')
        memmove(path, name + root_bytes, strlen(name + root_bytes) + 1);
}

/* False for a kind of file that guests do not get to see. */
static bool status_of_host(const struct stat *host, const char *path,
                           struct file_status *status)
{
    uint32_t rights = host->st_mode & 0777u;

    *status = (struct file_status){.device = FILE_DEVICE_TREE,
                                   .inode = path_inode(path)};
    if (S_ISREG(host->st_mode))
        status->mode = GUEST_S_REGULAR | rights;
    else if (S_ISDIR(host->st_mode))
        status->mode = GUEST_S_DIRECTORY | rights;
    else if (S_ISLNK(host->st_mode))
        status->mode = GUEST_S_LINK | 0777u;
    else
        return false;
    status->bytes = S_ISDIR(host->st_mode) ? 0 : (uint64_t)host->st_size;
    return true;
}

bool tree_file_status(int host_fd, const char *path, struct file_status *status)
{
    struct stat host;

    return fstat(host_fd, &host) == 0 && status_of_host(&host, path, status);
}

struct tree *tree_new(const char *root, const char **why)
{
    struct tree *tree = calloc(1, sizeof *tree);

    if (tree == NULL) {
        *why = "the host has not enough memory";
        return NULL;
    }
    tree->root_fd = -1;
    if (root == NULL)
        return tree;
    tree->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    int fd = tree->root_fd < 0 ? -1 : host_open(tree, "/", O_PATH);

    if (fd < 0) {
        *why = tree->root_fd < 0
                   ? "the root directory cannot be opened"
                   : "the host cannot confine look-ups to the root directory";
        tree_free(tree);
        return NULL;
    }
    close(fd);
    if (host_name(tree->root_fd, tree->root) == 0)
        tree->root[0] = '\0';
    return tree;
}

bool tree_is_searchable(const struct tree *tree)
{
    int fd = tree->root_fd < 0 ? -1 : host_open(tree, ".", O_PATH);

    if (fd >= 0)
        close(fd);
    return fd >= 0 || tree->root_fd < 0;
}

void tree_free(struct tree *tree)
{
    if (tree == NULL)
        return;
    if (tree->root_fd >= 0)
        close(tree->root_fd);
    free(tree);
}

/* ---- finding ---- */

static void node_be_fixed(struct node *node, const struct fixed_node *fixed,
                          const struct process *process, bool follow)
{
    node->host_fd = -1;
    node->fixed = fixed;
    fixed_node_status(fixed, process->program, follow, &node->status);
}

static int find_on_host(const struct tree *tree, const char *path, bool follow,
                        struct node *node)
{
    int host_fd =
        host_open(tree, path, (uint64_t)O_PATH | (follow ? 0 : O_NOFOLLOW));

    if (host_fd < 0)
        return host_fd;
    guest_name(tree, host_fd, node->path);
    if (is_of_the_kernel(host_fd) ||
        !tree_file_status(host_fd, node->path, &node->status)) {
        close(host_fd);
        return -ENOENT;
    }
    node->host_fd = host_fd;
    node->fixed = NULL;
    return 0;
}

static int find(const struct kernel *kernel, const struct process *process,
                const char *path, bool follow, struct node *node)
{
    strcpy(node->path, path);
    path_normalise(node->path);

    const struct fixed_node *fixed = fixed_node_find(node->path);

    if (fixed == NULL || fixed->kind == FIXED_DIRECTORY) {
        int error = find_on_host(kernel->tree, path, follow, node);

        if (fixed == NULL || error != -ENOENT)
            return error;
    }
    node_be_fixed(node, fixed, process, follow);
    return 0;
}

int tree_find(const struct kernel *kernel, const struct process *process,
              const char *path, bool follow, struct node *node)
{
    size_t bytes = strlen(path);
    bool as_directory = bytes > 0 && path[bytes - 1] == '/';

    if (bytes == 0)
        return -ENOENT;
    if (bytes >= GUEST_PATH_MAX)
        return -ENAMETOOLONG;

    int error = find(kernel, process, path, follow || as_directory, node);

    if (error == 0 && as_directory &&
        (node->status.mode & GUEST_S_TYPE) != GUEST_S_DIRECTORY) {
        node_close(node);
        return -ENOTDIR;
    }
    return error;
}

void node_close(struct node *node)
{
    if (node->host_fd >= 0)
        close(node->host_fd);
    node->host_fd = -1;
}

/* If it is another kind of file by now the host's descriptor is not of use. */
int node_reopen(const struct tree *tree, const struct node *node)
{
    struct file_status now;
    int host_fd = host_open(tree, node->path, O_RDONLY);

    if (host_fd < 0)
        return host_fd;
    if (!is_of_the_kernel(host_fd) &&
        tree_file_status(host_fd, node->path, &now) &&
        ((now.mode ^ node->status.mode) & GUEST_S_TYPE) == 0)
        return host_fd;
    close(host_fd);
    return -ENOENT;
}

int node_link(const struct process *process, const struct node *node, char *to)
{
    if ((node->status.mode & GUEST_S_TYPE) != GUEST_S_LINK)
        return -EINVAL;
    if (node->fixed != NULL) {
        if (process->program == NULL)
            return -ENOENT;
        return snprintf(to, GUEST_PATH_MAX, "%s", process->program->path) <
                       (int)GUEST_PATH_MAX
                   ? (int)strlen(to)
                   : -ENAMETOOLONG;
    }

    ssize_t bytes = readlinkat(node->host_fd, "", to, GUEST_PATH_MAX);

    if (bytes < 0)
        return -errno;
    return bytes < (ssize_t)GUEST_PATH_MAX ? (int)bytes : -ENAMETOOLONG;
}

/* ---- programs ---- */

bool tree_is_own_program(const struct process *process, const char *path)
{
    char whole[GUEST_PATH_MAX];

    if (path_absolute(whole, process->cwd, path) != 0)
        return false;

    const struct fixed_node *fixed = fixed_node_find(whole);

    return fixed != NULL && fixed->kind == FIXED_PROGRAM;
}

static int open_executable(const struct tree *tree, const struct node *node)
{
    if ((node->status.mode & GUEST_S_TYPE) != GUEST_S_REGULAR ||
        (node->status.mode & 0111u) == 0 || node->fixed != NULL)
        return -EACCES;
    return node_reopen(tree, node);
}

int tree_open_program(struct kernel *kernel, struct process *process,
                      const char *path)
{
    char whole[GUEST_PATH_MAX];
    struct node node;
    int error =
        path[0] == '\0' ? -ENOENT : path_join(whole, process->cwd, path);

    if (error == 0)
        error = tree_find(kernel, process, whole, true, &node);
    if (error != 0)
        return error;

    int host_fd = open_executable(kernel->tree, &node);

    node_close(&node);
    return host_fd;
}
