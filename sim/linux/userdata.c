/* userdata.c: see userdata.h. */
#include "linux/userdata.h"

#include <errno.h>
#include <stddef.h>

#include "linux/uaccess.h"

struct user_data user_data_of(struct kernel *kernel,
                              const struct user_range *range)
{
    uint32_t left =
        range->bytes < USER_BYTES_MAX ? range->bytes : USER_BYTES_MAX;

    return (struct user_data){kernel, range, 0, left};
}

int user_data_read(struct user_data *data, struct kernel *kernel,
                   struct user_range range[USER_RANGES_MAX], uint32_t linear,
                   uint32_t count)
{
    uint64_t bytes = 0;

    if (count > USER_RANGES_MAX)
        return -EINVAL;
    if (copy_in(kernel, range, linear, count * (uint32_t)sizeof *range) != 0)
        return -EFAULT;
    for (uint32_t i = 0; i < count; i++) {
        if (range[i].bytes > INT32_MAX)
            return -EINVAL;
        bytes += range[i].bytes;
    }
    *data = (struct user_data){kernel, range, 0, USER_BYTES_MAX};
    if (bytes < USER_BYTES_MAX)
        data->left = (uint32_t)bytes;
    return 0;
}

/* The next piece that is in one range; its bytes are at most `bytes`, which is
 * not 0. */
static struct user_range next_piece(struct user_data *data, uint32_t bytes)
{
    while (data->at == data->range->bytes) {
        data->range++;
        data->at = 0;
    }

    uint32_t rest = data->range->bytes - data->at;

    return (struct user_range){data->range->linear + data->at,
                               rest < bytes ? rest : bytes};
}

static void advance(struct user_data *data, uint32_t bytes)
{
    data->at += bytes;
    data->left -= bytes;
}

int user_data_in(struct user_data *data, void *to, uint32_t bytes)
{
    uint8_t *next = to;

    while (bytes > 0) {
        struct user_range piece = next_piece(data, bytes);

        if (copy_in(data->kernel, next, piece.linear, piece.bytes) != 0)
            return -EFAULT;
        advance(data, piece.bytes);
        next += piece.bytes;
        bytes -= piece.bytes;
    }
    return 0;
}

int user_data_out(struct user_data *data, const void *from, uint32_t bytes)
{
    const uint8_t *next = from;

    while (bytes > 0) {
        struct user_range piece = next_piece(data, bytes);

        if (copy_out(data->kernel, piece.linear, next, piece.bytes) != 0)
            return -EFAULT;
        advance(data, piece.bytes);
        next += piece.bytes;
        bytes -= piece.bytes;
    }
    return 0;
}

void user_data_skip(struct user_data *data, uint32_t bytes)
{
    while (bytes > 0) {
        struct user_range piece = next_piece(data, bytes);

        advance(data, piece.bytes);
        bytes -= piece.bytes;
    }
}
