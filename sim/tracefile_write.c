/* tracefile_write.c: writes native traces: see tracefile.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "traceenc.h"
#include "tracefile.h"
#include "traceframe.h"

/* Of zstd: what higher ones save is little, as the numbers are small already. */
#define LEVEL 1

struct trace_writer {
    FILE *file;
    struct trace_encoder encoder;
    ZSTD_CCtx *context;
    uint8_t *raw;                      /* TRACE_RAW_MAX */
    uint8_t *packed;                   /* TRACE_PACKED_MAX, behind room for a frame's header */
    uint64_t accesses, frame_accesses; /* all, and those before the frame */
    uint32_t pid, frame_pid;           /* current, and where the frame began */
    int error;                         /* errno's value of the first failure */
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

static bool write_bytes(struct trace_writer *writer, const void *bytes, size_t count)
{
    errno = 0;
    return fwrite(bytes, 1, count, writer->file) == count || fail(writer, errno);
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
    if (!trace_encoder_init(&writer->encoder) || writer->context == NULL || writer->raw == NULL ||
        writer->packed == NULL) {
        writer_free(writer);
        return NULL;
    }
    memcpy(header, TRACE_MAGIC, 8);
    (void)write_bytes(writer, header, sizeof(header)); /* if it failed, trace_writer_add tells */
    return writer;
}

/* Writes the frame that was filled. */
static bool write_frame(struct trace_writer *writer)
{
    struct trace_frame_header header = {
        .magic = TRACE_FRAME_MAGIC,
        .events = writer->encoder.events,
        .pid = writer->frame_pid,
        .accesses = writer->frame_accesses,
    };
    uint8_t *packed = writer->packed + TRACE_FRAME_HEADER_BYTES;
    size_t packed_bytes;

    if (header.events == 0)
        return true;
    header.raw_bytes = (uint32_t)trace_encoder_take(&writer->encoder, writer->raw);
    packed_bytes = ZSTD_compressCCtx(writer->context, packed, TRACE_PACKED_MAX, writer->raw,
                                     header.raw_bytes, LEVEL);
    if (ZSTD_isError(packed_bytes))
        return fail(writer, ENOMEM);
    header.packed_bytes = (uint32_t)packed_bytes;
    trace_frame_header_write(&header, writer->packed);
    header.check = trace_frame_check(writer->packed, packed, header.packed_bytes);
    trace_frame_header_write(&header, writer->packed);
    writer->frame_accesses = writer->accesses;
    writer->frame_pid = writer->pid;
    return write_bytes(writer, writer->packed, TRACE_FRAME_HEADER_BYTES + packed_bytes);
}

static bool add(struct trace_writer *writer, const struct trace_event *event)
{
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

bool trace_writer_add(struct trace_writer *writer, const struct trace_event *event)
{
    if (event->kind == TRACE_END || trace_event_wrong(event) != NULL)
        return fail(writer, EINVAL);
    return add(writer, event);
}

bool trace_writer_block(struct trace_writer *writer, const struct trace_shape *shape,
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

    if (writer->error == 0 && (!whole || add(writer, &end)) && write_frame(writer)) {
        errno = 0;
        if (fflush(writer->file) != 0)
            (void)fail(writer, errno);
    }
    error = writer->error;
    writer_free(writer);
    errno = error;
    return error == 0;
}
