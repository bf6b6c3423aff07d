/* tracefile_write.c: writes native traces: see tracefile.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "trace/tracecheck.h"
#include "trace/traceenc.h"
#include "trace/tracefile.h"
#include "trace/traceframe.h"

/* Of zstd: what higher ones save is little, as the numbers are small
 * already. */
#define LEVEL 1

#define LOOKS_A_TIME 256 /* looks without a look at the clock: microseconds */
#define WAIT_NS      500000000

struct trace_writer {
    FILE *file;
    struct trace_encoder encoder;
    ZSTD_CCtx *context;
    uint8_t *raw;    /* TRACE_RAW_MAX */
    uint8_t *packed; /* TRACE_PACKED_MAX, behind room for a frame's header */
    uint64_t accesses, frame_accesses; /* all, and those before the frame */
    uint32_t pid, frame_pid;           /* current, and where the frame began */
    int error;                         /* errno's value of the first failure */

    /* trace_writer_keep_up */
    bool keeps_up;
    int fd;             /* of a file that may be written at any place, or -1 */
    off_t place;        /* of the frame in it */
    size_t early_bytes; /* that are there of it already */
    uint32_t early_events;
    unsigned looks;     /* left until the clock is looked at */
    int64_t written_ns; /* when the frame was begun or written last */
};

static void writer_free(struct trace_writer *writer)
{
    trace_encoder_free(&writer->encoder);
    ZSTD_freeCCtx(writer->context);
    free(writer->raw);
    free(writer->packed);
    free(writer);
}

static bool fail(struct trace_writer *writer, int error)
{
    if (writer->error == 0)
        writer->error = error != 0 ? error : EIO;
    errno = writer->error;
    return false;
}

static bool write_bytes(struct trace_writer *writer, const void *bytes,
                        size_t count)
{
    errno = 0;
    return fwrite(bytes, 1, count, writer->file) == count ||
           fail(writer, errno);
}

struct trace_writer *trace_writer_new(FILE *file)
{
    struct trace_writer *writer = calloc(1, sizeof(*writer));
    uint8_t header[TRACE_FILE_HEADER_BYTES] = {[8] = TRACE_VERSION};

    if (writer == NULL)
        return NULL;
    writer->file = file;
    writer->pid = writer->frame_pid = TRACE_FIRST_PID;
    writer->context = ZSTD_createCCtx();
    writer->raw = malloc(TRACE_RAW_MAX);
    writer->packed = malloc(TRACE_FRAME_HEADER_BYTES + TRACE_PACKED_MAX);
    if (!trace_encoder_init(&writer->encoder) || writer->context == NULL ||
        writer->raw == NULL || writer->packed == NULL) {
        writer_free(writer);
        return NULL;
    }
    memcpy(header, TRACE_MAGIC, 8);
    /* if it failed, trace_writer_add tells */
    (void)write_bytes(writer, header, sizeof(header));
    return writer;
}

/* Packs `raw_bytes` of a frame in writer->raw behind its header: bytes in all;
 * 0: failed. */
static size_t pack_frame(struct trace_writer *writer, size_t raw_bytes,
                         uint32_t events)
{
    struct trace_frame_header header = {
        .magic = TRACE_FRAME_MAGIC,
        .raw_bytes = (uint32_t)raw_bytes,
        .events = events,
        .pid = writer->frame_pid,
        .accesses = writer->frame_accesses,
    };
    uint8_t *packed = writer->packed + TRACE_FRAME_HEADER_BYTES;
    size_t packed_bytes =
        ZSTD_compressCCtx(writer->context, packed, TRACE_PACKED_MAX,
                          writer->raw, raw_bytes, LEVEL);

    if (ZSTD_isError(packed_bytes)) {
        (void)fail(writer, ENOMEM);
        return 0;
    }
    header.packed_bytes = (uint32_t)packed_bytes;
    trace_frame_header_write(&header, writer->packed);
    header.check =
        trace_frame_check(writer->packed, packed, header.packed_bytes);
    trace_frame_header_write(&header, writer->packed);
    return TRACE_FRAME_HEADER_BYTES + packed_bytes;
}

static bool flush_file(struct trace_writer *writer)
{
    errno = 0;
    return fflush(writer->file) == 0 || fail(writer, errno);
}

/* Behind a frame that was written where it had been written early: what of that
 * was longer. */
static bool end_early(struct trace_writer *writer, size_t bytes)
{
    size_t early = writer->early_bytes;

    writer->place += (off_t)bytes;
    writer->early_bytes = 0;
    writer->early_events = 0;
    writer->written_ns = 0;
    if (!flush_file(writer))
        return false;
    return early <= bytes || ftruncate(writer->fd, writer->place) == 0 ||
           fail(writer, errno);
}

/* Writes the frame that was filled. */
static bool write_frame(struct trace_writer *writer)
{
    uint32_t events = writer->encoder.events;
    size_t bytes;

    if (events == 0)
        return true;
    bytes = pack_frame(
        writer, trace_encoder_take(&writer->encoder, writer->raw), events);
    writer->frame_accesses = writer->accesses;
    writer->frame_pid = writer->pid;
    return bytes != 0 && write_bytes(writer, writer->packed, bytes) &&
           (!writer->keeps_up || end_early(writer, bytes));
}

/* ---- what is in the file when this program is killed ---- */

static bool write_at(struct trace_writer *writer, const uint8_t *bytes,
                     size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t put = pwrite(writer->fd, bytes + done, count - done,
                             writer->place + (off_t)done);

        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            return fail(writer, put == 0 ? EIO : errno);
    }
    return true;
}

/* Writes the frame as it is, to go on with it. */
static bool write_early(struct trace_writer *writer)
{
    uint32_t events = writer->encoder.events;
    size_t bytes;

    if (events == writer->early_events)
        return true;
    bytes = pack_frame(
        writer, trace_encoder_copy(&writer->encoder, writer->raw), events);
    if (bytes == 0 || !write_at(writer, writer->packed, bytes))
        return false;
    if (bytes < writer->early_bytes &&
        ftruncate(writer->fd, writer->place + (off_t)bytes) != 0)
        return fail(writer, errno);
    writer->early_bytes = bytes;
    writer->early_events = events;
    return true;
}

void trace_writer_flush(struct trace_writer *writer)
{
    if (!writer->keeps_up || writer->error != 0)
        return;
    if (writer->fd == -1)
        (void)write_frame(writer);
    else
        (void)write_early(writer);
}

void trace_writer_keep_up(struct trace_writer *writer, int fd)
{
    writer->keeps_up = flush_file(writer);
    writer->fd = fd;
    writer->place = TRACE_FILE_HEADER_BYTES;
    writer->looks = 1;
}

void trace_writer_look(struct trace_writer *writer)
{
    struct timespec now;
    int64_t now_ns;

    if (!writer->keeps_up || --writer->looks != 0)
        return;
    writer->looks = LOOKS_A_TIME;
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0)
        return;
    now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (writer->written_ns != 0 && now_ns - writer->written_ns < WAIT_NS)
        return;
    if (writer->written_ns != 0)
        trace_writer_flush(writer);
    writer->written_ns = now_ns;
}

/* ---- events ---- */

static bool add(struct trace_writer *writer, const struct trace_event *event)
{
    trace_writer_look(writer);
    if (writer->error != 0)
        return fail(writer, writer->error);
    if (trace_encoder_full(&writer->encoder) && !write_frame(writer))
        return false;
    if (!trace_encode(&writer->encoder, event))
        return fail(writer, trace_event_wrong(event) != NULL ? EINVAL : ENOMEM);
    if (event->kind == TRACE_BLOCK)
        writer->accesses += trace_shape_accesses(event->block.shape);
    else if (event->kind == TRACE_SWITCH)
        writer->pid = event->pid;
    return true;
}

bool trace_writer_add(struct trace_writer *writer,
                      const struct trace_event *event)
{
    if (event->kind == TRACE_END || trace_event_wrong(event) != NULL)
        return fail(writer, EINVAL);
    return add(writer, event);
}

bool trace_writer_block(struct trace_writer *writer,
                        const struct trace_shape *shape,
                        const uint32_t *addresses, uint32_t clocks)
{
    const struct trace_event event = {
        .kind = TRACE_BLOCK,
        .block = {.shape = shape, .addresses = addresses, .clocks = clocks},
    };

    if (shape->insn_count == 0 && shape->slot_count == 0 && clocks == 0)
        return fail(writer, EINVAL);
    return add(writer, &event);
}

uint64_t trace_writer_accesses(const struct trace_writer *writer)
{
    return writer->accesses;
}

bool trace_writer_end(struct trace_writer *writer, bool whole)
{
    const struct trace_event end = {.kind = TRACE_END};
    int error;

    if (writer->error == 0 && (!whole || add(writer, &end)) &&
        write_frame(writer))
        (void)flush_file(writer);
    error = writer->error;
    writer_free(writer);
    errno = error;
    return error == 0;
}
