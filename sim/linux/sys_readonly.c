/* sys_readonly.c: calls that would change the tree, which nobody can: EROFS,
 * unless they fail for something else first. What the paths are is looked at
 * only as far as that. */
#include <errno.h>

#include "linux/state.h"
#include "linux/sys_file.h"
#include "linux/tree.h"

/* Something at the path would be changed. */
static int refuse_change(struct kernel *kernel, struct process *process,
                         int32_t directory_fd, uint32_t linear)
{
    struct node node;
    int error = find_path(kernel, process, directory_fd, linear, false, &node);

    if (error != 0)
        return error;
    node_close(&node);
    return -EROFS;
}

/* Something new would be at the path. */
static int refuse_new(struct kernel *kernel, struct process *process,
                      int32_t directory_fd, uint32_t linear)
{
    char path[GUEST_PATH_MAX];
    struct node node;
    int error = read_path(kernel, process, directory_fd, linear, path);

    if (error != 0)
        return error;
    error = tree_find(kernel, process, path, false, &node);
    if (error == 0) {
        node_close(&node);
        return -EEXIST;
    }
    path_to_parent(path);
    if (error == -ENOENT)
        error = tree_find(kernel, process, path, true, &node);
    if (error != 0)
        return error;
    node_close(&node);
    return -EROFS;
}

/* call(path, ...): rename and link too, whose second path is of no account */
int32_t sys_change(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    return refuse_change(kernel, process, GUEST_AT_FDCWD, arg[0]);
}

/* call(directory, path, ...) */
int32_t sys_change_at(struct kernel *kernel, struct process *process,
                      const uint32_t arg[6])
{
    return refuse_change(kernel, process, (int32_t)arg[0], arg[1]);
}

/* call(fd, ...) */
int32_t sys_change_fd(struct kernel *kernel, struct process *process,
                      const uint32_t arg[6])
{
    (void)kernel;
    return files_file(&process->files, arg[0]) != NULL ? -EROFS : -EBADF;
}

/* call(path, ...) */
int32_t sys_make(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    return refuse_new(kernel, process, GUEST_AT_FDCWD, arg[0]);
}

/* call(directory, path, ...) */
int32_t sys_make_at(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    return refuse_new(kernel, process, (int32_t)arg[0], arg[1]);
}

/* symlink(target, path) */
int32_t sys_symlink(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    return refuse_new(kernel, process, GUEST_AT_FDCWD, arg[1]);
}

/* symlinkat(target, directory, path) */
int32_t sys_symlink_at(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    return refuse_new(kernel, process, (int32_t)arg[1], arg[2]);
}

/* No file that has a length is ever open for writing. */
int32_t sys_truncate_fd(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6])
{
    (void)kernel;
    return files_file(&process->files, arg[0]) != NULL ? -EINVAL : -EBADF;
}

/* utimensat(directory, path, ...); without a path, of the descriptor itself */
int32_t sys_utimensat(struct kernel *kernel, struct process *process,
                      const uint32_t arg[6])
{
    return arg[1] == 0
               ? sys_change_fd(kernel, process, arg)
               : refuse_change(kernel, process, (int32_t)arg[0], arg[1]);
}
