/* userdata.h: what a read or a write moves to or from user memory: one range or
 * several, moved piece by piece. */
#ifndef MMU386_USERDATA_H
#define MMU386_USERDATA_H

#include <stdint.h>

#define USER_RANGES_MAX 1024u       /* UIO_MAXIOV */
#define USER_BYTES_MAX  0x7FFFF000u /* Linux's MAX_RW_COUNT: more is cut off */

struct kernel;

/* struct iovec of the i386 interface. */
struct user_range {
    uint32_t linear;
    uint32_t bytes;
};

/* A place in the ranges, and what is left from there on. */
struct user_data {
    struct kernel *kernel;
    const struct user_range *range; /* the one that is at work */
    uint32_t at;                    /* bytes of it that are done */
    uint32_t left;                  /* bytes, of all ranges */
};

/* Begins with one range, which has to stay while it is at work. */
struct user_data user_data_of(struct kernel *kernel,
                              const struct user_range *range);

/* Reads `count` ranges from user memory at `linear` and begins with them. 0,
 * -EINVAL where they are too many or too large, or -EFAULT. */
int user_data_read(struct user_data *data, struct kernel *kernel,
                   struct user_range range[USER_RANGES_MAX], uint32_t linear,
                   uint32_t count);

/* Moves the next `bytes`, at most what is left. 0 or -EFAULT. */
int user_data_in(struct user_data *data, void *to, uint32_t bytes);
int user_data_out(struct user_data *data, const void *from, uint32_t bytes);

/* Goes on to what is `bytes` further, at most what is left. */
void user_data_skip(struct user_data *data, uint32_t bytes);

#endif
