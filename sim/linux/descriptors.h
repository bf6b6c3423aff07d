/* descriptors.h: what processes do with the tables of file.h, and the end of an
 * open file: whoever waits for a file is woken when it changes or is closed. */
#ifndef MMU386_DESCRIPTORS_H
#define MMU386_DESCRIPTORS_H

#include <stdint.h>

#include "linux/file.h"

struct kernel;

/* Drops a reference, and with the last one the file; wakes whoever waits for
 * it. */
void file_put(struct file *file, struct kernel *kernel);

/* What poll(2) and select(2) wait for: woken by every change of any pipe. */
const void *poll_channel(const struct kernel *kernel);

/* Tells that the file changed: wakes whoever waits for it. */
void file_changed(const struct file *file, struct kernel *kernel);

/* Opens descriptors 0 to 2 on the kernel's host descriptors; those that are
 * negative stay closed. 0 or -ENOMEM. */
int files_init(struct files *files, struct kernel *kernel);

/* Fork: the child's table shares the open files. Exec: closes what is
 * close-on-exec. Exit: closes all, waking whoever waits on pipes. */
void files_clone(struct files *child, const struct files *parent);
void files_exec(struct files *files, struct kernel *kernel);
void files_close_all(struct files *files, struct kernel *kernel);

/* 0 or -EBADF. */
int files_close(struct files *files, struct kernel *kernel, uint32_t number);

#endif
