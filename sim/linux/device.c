/* device.c: null(4), zero(4), full(4) and random(4). */
#include "linux/device.h"

#include <errno.h>
#include <string.h>

#include "linux/file.h"
#include "linux/path.h"
#include "linux/random.h"

/* As makedev(3): major 1, "memory devices"
 * (Documentation/admin-guide/devices.txt). */
#define SPECIAL_NULL   0x103u
#define SPECIAL_ZERO   0x105u
#define SPECIAL_FULL   0x107u
#define SPECIAL_RANDOM 0x108u

static int32_t read_nothing(struct file *file, uint64_t offset, void *to,
                            uint32_t bytes)
{
    (void)file;
    (void)offset;
    (void)to;
    (void)bytes;
    return 0;
}

static int32_t read_zeros(struct file *file, uint64_t offset, void *to,
                          uint32_t bytes)
{
    (void)file;
    (void)offset;
    memset(to, 0, bytes);
    return (int32_t)bytes;
}

static int32_t read_random(struct file *file, uint64_t offset, void *to,
                           uint32_t bytes)
{
    (void)offset;
    random_fill(file->own, to, bytes);
    return (int32_t)bytes;
}

static int32_t write_anything(struct file *file, const void *from,
                              uint32_t bytes)
{
    (void)file;
    (void)from;
    return (int32_t)bytes;
}

static int32_t write_full(struct file *file, const void *from, uint32_t bytes)
{
    (void)file;
    (void)from;
    (void)bytes;
    return -ENOSPC;
}

static void status_null(const struct file *file, struct file_status *status)
{
    device_status(DEVICE_NULL, file->path, status);
}

static void status_zero(const struct file *file, struct file_status *status)
{
    device_status(DEVICE_ZERO, file->path, status);
}

static void status_full(const struct file *file, struct file_status *status)
{
    device_status(DEVICE_FULL, file->path, status);
}

static void status_random(const struct file *file, struct file_status *status)
{
    device_status(DEVICE_RANDOM, file->path, status);
}

static const struct file_kind kinds[] = {
    [DEVICE_NULL] = {.seekable = true,
                     .read = read_nothing,
                     .write = write_anything,
                     .status = status_null},
    [DEVICE_ZERO] = {.seekable = true,
                     .mappable = true,
                     .read = read_zeros,
                     .write = write_anything,
                     .status = status_zero},
    [DEVICE_FULL] = {.seekable = true,
                     .read = read_zeros,
                     .write = write_full,
                     .status = status_full},
    [DEVICE_RANDOM] = {.seekable = true,
                       .read = read_random,
                       .write = write_anything,
                       .status = status_random},
};

struct file *device_open(enum device device, const char *path, uint32_t flags,
                         struct budget *budget, uint64_t *random)
{
    return file_new(budget, &kinds[device], flags, path, random, 0);
}

void device_status(enum device device, const char *path,
                   struct file_status *status)
{
    static const uint32_t special[] = {
        [DEVICE_NULL] = SPECIAL_NULL,
        [DEVICE_ZERO] = SPECIAL_ZERO,
        [DEVICE_FULL] = SPECIAL_FULL,
        [DEVICE_RANDOM] = SPECIAL_RANDOM,
    };

    *status = (struct file_status){
        .mode = GUEST_S_CHARACTER | 0666u,
        .device = FILE_DEVICE_TREE,
        .inode = path_inode(path),
        .special = special[device],
    };
}
