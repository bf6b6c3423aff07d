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

#include "linux/device.h"
#include "linux/directory.h"
#include "linux/filesystem.h"
#include "linux/state.h"
#include "program/program.h"

#define TRIES      16u /* of a look-up that a rename on the host disturbed */
#define HOST_PATHS "/proc/self/fd/"

struct tree {
    int root_fd;               /* or -1 */
    char root[GUEST_PATH_MAX]; /* the host's name of it, without links; "" where
                                  it is unknown */
};

enum fixed_kind { FIXED_DIRECTORY, FIXED_DEVICE, FIXED_PROGRAM };

struct fixed_node {
    const char *path;
    enum fixed_kind kind;
    enum device device;
};

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

static const struct fixed_node *fixed_find(const char *path)
{
    for (size_t i = 0; i < FIXED_NODES; i++)
        if (strcmp(fixed_nodes[i].path, path) == 0)
            return &fixed_nodes[i];
    return NULL;
}

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

static bool status_of_fd(int host_fd, const char *path,
                         struct file_status *status)
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

static void fixed_status(const struct fixed_node *fixed,
                         const struct process *process, bool follow,
                         struct file_status *status)
{
    const struct program *program = process->program;

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

static void node_be_fixed(struct node *node, const struct fixed_node *fixed,
                          const struct process *process, bool follow)
{
    node->host_fd = -1;
    node->fixed = fixed;
    fixed_status(fixed, process, follow, &node->status);
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
        !status_of_fd(host_fd, node->path, &node->status)) {
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

    const struct fixed_node *fixed = fixed_find(node->path);

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

    if (own->host_fd < 0 || !status_of_fd(own->host_fd, file->path, status))
        *status = own->unknown;
}

/* What every tree has in a directory; what the root directory hides of it goes
 * when the list is sorted. */
static int list_fixed(struct listing *listing, const char *path)
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

static int list_all(struct file *file, const struct host_file *own,
                    struct listing *listing)
{
    int error = listing_add(listing, file->path, ".", GUEST_S_DIRECTORY);

    if (error == 0)
        error = listing_add(listing, file->path, "..", GUEST_S_DIRECTORY);
    if (error == 0)
        error = list_fixed(listing, file->path);
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

/* Opens what was found at `path` for reading. If it is another kind of file by
 * now the host's descriptor is not of use. */
static int reopen(const struct tree *tree, const struct node *node)
{
    struct file_status now;
    int host_fd = host_open(tree, node->path, O_RDONLY);

    if (host_fd < 0)
        return host_fd;
    if (!is_of_the_kernel(host_fd) && status_of_fd(host_fd, node->path, &now) &&
        ((now.mode ^ node->status.mode) & GUEST_S_TYPE) == 0)
        return host_fd;
    close(host_fd);
    return -ENOENT;
}

static int open_from_host(struct kernel *kernel, const struct node *node,
                          uint32_t flags, struct file **file)
{
    bool is_directory = (node->status.mode & GUEST_S_TYPE) == GUEST_S_DIRECTORY;
    int host_fd = reopen(kernel->tree, node);

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

/* ---- programs ---- */

bool tree_is_own_program(const struct process *process, const char *path)
{
    char whole[GUEST_PATH_MAX];

    if (path_join(whole, process->cwd, path) != 0)
        return false;
    path_normalise(whole);

    const struct fixed_node *fixed = fixed_find(whole);

    return fixed != NULL && fixed->kind == FIXED_PROGRAM;
}

static int open_executable(const struct tree *tree, const struct node *node)
{
    if ((node->status.mode & GUEST_S_TYPE) != GUEST_S_REGULAR ||
        (node->status.mode & 0111u) == 0 || node->fixed != NULL)
        return -EACCES;
    return reopen(tree, node);
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
