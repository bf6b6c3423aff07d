/* sys_io.c: reading and writing.
 *
 * Bytes are read from a file without being taken away, copied to the guest, and
 * only then taken away: nothing is lost where the guest's buffer turns out not
 * to be there. A write to a pipe that has to wait is made again from its start:
 * process->progress tells how far it had come. */
#include <errno.h>

#include "linux/descriptors.h"
#include "linux/file.h"
#include "linux/process.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/sys_file.h"
#include "linux/uaccess.h"
#include "linux/userdata.h"

#define PIECE_BYTES 0x10000u /* moved at one time */

#define SEEK_TO_START 0u
#define SEEK_TO_HERE  1u
#define SEEK_TO_END   2u
#define SEEK_TO_DATA  3u
#define SEEK_TO_HOLE  4u

struct file *file_of(const struct process *process, uint32_t number)
{
    struct file *file = files_file(&process->files, number);

    return file != NULL ? file_get(file) : NULL;
}

int32_t wait_for_file(struct process *process, const struct file *file)
{
    if ((file->flags & GUEST_O_NONBLOCK) != 0)
        return -EAGAIN;
    if (signals_pending(&process->signals))
        return -EINTR;
    return process_wait_for(process, file->own, 0);
}

static uint32_t piece_of(const struct user_data *data)
{
    return data->left < PIECE_BYTES ? data->left : PIECE_BYTES;
}

/* ---- reading ---- */

/* Reads one piece: its bytes, or -errno. */
static int32_t read_piece(struct kernel *kernel, struct file *file,
                          uint64_t offset, struct user_data *data)
{
    uint8_t piece[PIECE_BYTES];
    int32_t bytes = file->kind->read(file, offset, piece, piece_of(data));

    if (bytes <= 0)
        return bytes;
    if (user_data_out(data, piece, (uint32_t)bytes) != 0)
        return -EFAULT;
    if (file->kind->consume != NULL)
        file->kind->consume(file, (uint32_t)bytes);
    file_changed(file, kernel);
    return bytes;
}

/* Reads until the data is full, or there is no more for now. The bytes, or
 * -errno if there are none. */
static int32_t read_pieces(struct kernel *kernel, struct file *file,
                           uint64_t offset, struct user_data *data)
{
    uint32_t done = 0;

    while (data->left > 0) {
        uint32_t wanted = piece_of(data);
        int32_t bytes = read_piece(kernel, file, offset + done, data);

        if (bytes < 0)
            return done > 0 ? (int32_t)done : bytes;
        done += (uint32_t)bytes;
        if ((uint32_t)bytes < wanted || file->kind->briefly)
            break;
    }
    return (int32_t)done;
}

/* Reads at *offset and moves it. */
static int32_t read_at(struct kernel *kernel, struct process *process,
                       struct file *file, uint64_t *offset,
                       struct user_data *data)
{
    if (!file_is_readable(file))
        return -EBADF;
    if (file->kind->read == NULL)
        return -EINVAL;

    int32_t bytes = read_pieces(kernel, file, *offset, data);

    if (bytes == -EAGAIN)
        return wait_for_file(process, file);
    if (bytes > 0 && file->kind->seekable)
        *offset += (uint32_t)bytes;
    return bytes;
}

/* ---- writing ---- */

/* Writes until the data is written, or no more of it can be for now: 0, or
 * -errno of what stopped it; *done: the bytes before that. */
static int write_pieces(struct kernel *kernel, struct file *file,
                        struct user_data *data, uint32_t *done)
{
    *done = 0;
    while (data->left > 0) {
        uint8_t piece[PIECE_BYTES];
        uint32_t wanted = piece_of(data);

        if (user_data_in(data, piece, wanted) != 0)
            return -EFAULT;

        int32_t bytes = file->kind->write(file, piece, wanted);

        if (bytes < 0)
            return bytes;
        file_changed(file, kernel);
        *done += (uint32_t)bytes;
        if ((uint32_t)bytes < wanted)
            return file->kind->wakes ? -EAGAIN : 0;
    }
    return 0;
}

/* Writes what is not written yet; ranges that lie in shared memory may be
 * others by now. */
static int32_t write_on(struct kernel *kernel, struct process *process,
                        struct file *file, struct user_data *data)
{
    uint32_t before = process->progress < data->left
                          ? (uint32_t)process->progress
                          : data->left;
    uint32_t done;
    int32_t error;

    user_data_skip(data, before);
    error = write_pieces(kernel, file, data, &done);
    if (error == -EPIPE)
        signal_send_pipe(kernel, process);
    process->progress = before + done;
    if (error == -EAGAIN)
        error = wait_for_file(process, file);
    return error == CALL_WAITS || (error != 0 && process->progress == 0)
               ? error
               : (int32_t)process->progress;
}

static int32_t write_to(struct kernel *kernel, struct process *process,
                        struct file *file, struct user_data *data)
{
    if (!file_is_writable(file))
        return -EBADF;

    int32_t result = write_on(kernel, process, file, data);

    if (result != CALL_WAITS)
        process->progress = 0;
    return result;
}

/* ---- calls ---- */

/* How a call tells what it moves, and where: each of them its own way. */
enum {
    WRITES = 1,   /* to the file; else it reads */
    RANGES = 2,   /* the data are several ranges; else one */
    AT_OFFSET = 4 /* that two registers hold; else at the file's position */
};

/* The data of the call that `arg` is of; `range` has to stay as long as they
 * do. 0 or -errno. */
static int data_of(struct user_data *data, struct kernel *kernel,
                   struct user_range range[USER_RANGES_MAX],
                   const uint32_t arg[6], unsigned how)
{
    if ((how & RANGES) != 0)
        return user_data_read(data, kernel, range, arg[1], arg[2]);
    range[0] = (struct user_range){arg[1], arg[2]};
    *data = user_data_of(kernel, range);
    return 0;
}

/* The offset that two registers hold, lower half first, for a file that has
 * positions. 0 or -errno. */
static int offset_of(const struct file *file, const uint32_t half[2],
                     uint64_t *offset)
{
    *offset = (uint64_t)half[1] << 32 | half[0];
    if (*offset > INT64_MAX)
        return -EINVAL;
    return file->kind->seekable ? 0 : -ESPIPE;
}

static int32_t move_data(struct kernel *kernel, struct process *process,
                         struct file *file, const uint32_t arg[6],
                         struct user_data *data, unsigned how)
{
    uint64_t offset;
    uint64_t *at = &file->position;

    if ((how & AT_OFFSET) != 0) {
        int error = offset_of(file, &arg[3], &offset);

        if (error != 0)
            return error;
        at = &offset;
    }
    return (how & WRITES) != 0 ? write_to(kernel, process, file, data)
                               : read_at(kernel, process, file, at, data);
}

/* call(fd, data, count, offset) */
static int32_t transfer(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6], unsigned how)
{
    struct user_range range[USER_RANGES_MAX];
    struct user_data data;
    struct file *file = file_of(process, arg[0]);
    int32_t result;

    if (file == NULL)
        return -EBADF;
    result = data_of(&data, kernel, range, arg, how);
    if (result == 0)
        result = move_data(kernel, process, file, arg, &data, how);
    file_put(file, kernel);
    return result;
}

int32_t sys_read(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    return transfer(kernel, process, arg, 0);
}

int32_t sys_write(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    return transfer(kernel, process, arg, WRITES);
}

int32_t sys_readv(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    return transfer(kernel, process, arg, RANGES);
}

int32_t sys_writev(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    return transfer(kernel, process, arg, RANGES | WRITES);
}

int32_t sys_pread64(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    return transfer(kernel, process, arg, AT_OFFSET);
}

int32_t sys_pwrite64(struct kernel *kernel, struct process *process,
                     const uint32_t arg[6])
{
    return transfer(kernel, process, arg, AT_OFFSET | WRITES);
}

int32_t sys_preadv(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    return transfer(kernel, process, arg, AT_OFFSET | RANGES);
}

int32_t sys_pwritev(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    return transfer(kernel, process, arg, AT_OFFSET | RANGES | WRITES);
}

/* ---- positions ---- */

/* Where a position counts from. For SEEK_TO_DATA and SEEK_TO_HOLE, what brings
 * `offset` to where it ends up: no file has holes. 0 or -errno. */
static int seek_base(const struct file *file, uint32_t whence, int64_t offset,
                     int64_t *base)
{
    struct file_status status;

    file->kind->status(file, &status);

    int64_t end = status.bytes < INT64_MAX ? (int64_t)status.bytes : INT64_MAX;
    bool in_file = offset >= 0 && offset < end;

    switch (whence) {
    case SEEK_TO_START:
        *base = 0;
        return 0;
    case SEEK_TO_HERE:
        *base = (int64_t)file->position;
        return 0;
    case SEEK_TO_END:
        *base = end;
        return 0;
    case SEEK_TO_DATA:
        *base = 0;
        return in_file ? 0 : -ENXIO;
    case SEEK_TO_HOLE:
        *base = in_file ? end - offset : 0;
        return in_file ? 0 : -ENXIO;
    default:
        return -EINVAL;
    }
}

static int seek(struct file *file, int64_t offset, uint32_t whence,
                uint64_t *position)
{
    int64_t base;
    int error;

    if (whence > SEEK_TO_HOLE)
        return -EINVAL;
    if (!file->kind->seekable)
        return -ESPIPE;
    error = seek_base(file, whence, offset, &base);
    if (error != 0)
        return error;
    if (offset > INT64_MAX - base || base + offset < 0)
        return -EINVAL;
    *position = (uint64_t)(base + offset);
    return 0;
}

int32_t sys_lseek(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    struct file *file = files_file(&process->files, arg[0]);
    uint64_t position;
    int error =
        file != NULL ? seek(file, (int32_t)arg[1], arg[2], &position) : -EBADF;

    (void)kernel;
    if (error != 0)
        return error;
    if (position > INT32_MAX)
        return -EOVERFLOW;
    file->position = position;
    return (int32_t)position;
}

/* _llseek(fd, offset_high, offset_low, result, whence) */
int32_t sys_llseek(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    struct file *file = files_file(&process->files, arg[0]);
    int64_t offset = (int64_t)((uint64_t)arg[1] << 32 | arg[2]);
    uint64_t position;
    int error = file != NULL ? seek(file, offset, arg[4], &position) : -EBADF;

    if (error != 0)
        return error;
    file->position = position;
    return copy_out(kernel, arg[3], &position, sizeof position);
}

/* ---- sendfile ---- */

/* Moves one piece from file to file, which sendfile(2) may leave it at. */
static int32_t send_piece(struct kernel *kernel, struct process *process,
                          struct file *out, struct file *in, uint64_t offset,
                          uint32_t bytes)
{
    uint8_t piece[PIECE_BYTES];
    int32_t got = in->kind->read(in, offset, piece,
                                 bytes < PIECE_BYTES ? bytes : PIECE_BYTES);
    int32_t put;

    if (got <= 0)
        return got;
    put = out->kind->write(out, piece, (uint32_t)got);
    if (put > 0)
        file_changed(out, kernel);
    if (put == -EPIPE)
        signal_send_pipe(kernel, process);
    return put == -EAGAIN ? wait_for_file(process, out) : put;
}

/* `offset` is of `offset_bytes` in user memory at `linear`, which is 0 where
 * the file's own position is meant. */
static int32_t send_at(struct kernel *kernel, struct process *process,
                       struct file *out, struct file *in, uint32_t linear,
                       uint32_t offset_bytes, uint32_t bytes)
{
    uint64_t offset = 0;
    int32_t sent;

    if (linear == 0)
        offset = in->position;
    else if (copy_in(kernel, &offset, linear, offset_bytes) != 0)
        return -EFAULT;
    if (offset > INT64_MAX)
        return -EINVAL;
    sent = bytes > 0 ? send_piece(kernel, process, out, in, offset, bytes) : 0;
    if (sent <= 0)
        return sent;
    offset += (uint32_t)sent;
    if (linear == 0)
        in->position = offset;
    else if (copy_out(kernel, linear, &offset, offset_bytes) != 0)
        return -EFAULT;
    return sent;
}

static int32_t send_file(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6], uint32_t offset_bytes)
{
    struct file *out = file_of(process, arg[0]);
    struct file *in = file_of(process, arg[1]);
    int32_t result = -EBADF;

    if (out != NULL && in != NULL && file_is_writable(out) &&
        file_is_readable(in))
        result = in->kind->mappable ? send_at(kernel, process, out, in, arg[2],
                                              offset_bytes, arg[3])
                                    : -EINVAL;
    if (out != NULL)
        file_put(out, kernel);
    if (in != NULL)
        file_put(in, kernel);
    return result;
}

int32_t sys_sendfile(struct kernel *kernel, struct process *process,
                     const uint32_t arg[6])
{
    return send_file(kernel, process, arg, sizeof(uint32_t));
}

int32_t sys_sendfile64(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    return send_file(kernel, process, arg, sizeof(uint64_t));
}
