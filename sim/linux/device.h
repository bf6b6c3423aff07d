/* device.h: the character devices that every guest has. */
#ifndef MMU386_DEVICE_H
#define MMU386_DEVICE_H

#include <stdint.h>

struct budget;
struct file;
struct file_status;

enum device {
    DEVICE_NULL,
    DEVICE_ZERO,
    DEVICE_FULL,
    DEVICE_RANDOM, /* /dev/urandom is the same */
};

/* Opens the device that is at `path` in the guest's tree, as an open file that
 * counts against `budget`. Random bytes come from *random, which is to stay.
 * NULL: no memory. */
struct file *device_open(enum device device, const char *path, uint32_t flags,
                         struct budget *budget, uint64_t *random);

void device_status(enum device device, const char *path,
                   struct file_status *status);

#endif
