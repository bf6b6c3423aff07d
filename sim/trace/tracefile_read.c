/* tracefile_read.c: reads native traces: see tracefile.h. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/tracedec.h"
#include "trace/tracefile.h"
#include "trace/traceframe.h"

struct trace_file_reader {
    struct trace_bytes *bytes;
    struct trace_decoder decoder;
    ZSTD_DCtx *context;
    uint8_t *raw;    /* TRACE_RAW_MAX */
    uint8_t *packed; /* TRACE_PACKED_MAX */
    uint64_t frame;
    uint64_t frame_offset;
    uint64_t accesses; /* so far */
    uint32_t pid;
    bool begun;          /* the file's header was read */
    bool loaded;         /* a frame is being decoded */
    enum trace_got last; /* anything but TRACE_GOT_EVENT is for ever */
    const char *why;
    uint64_t offset;
};

struct trace_file_reader *trace_file_reader_new(struct trace_bytes *bytes)
{
    struct trace_file_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return NULL;
    reader->bytes = bytes;
    reader->pid = TRACE_FIRST_PID;
    reader->context = ZSTD_createDCtx();
    reader->raw = malloc(TRACE_RAW_MAX);
    reader->packed = malloc(TRACE_PACKED_MAX);
    if (!trace_decoder_init(&reader->decoder) || reader->context == NULL ||
        reader->raw == NULL || reader->packed == NULL) {
        trace_file_reader_free(reader);
        return NULL;
    }
    return reader;
}

void trace_file_reader_free(struct trace_file_reader *reader)
{
    if (reader == NULL)
        return;
    trace_decoder_free(&reader->decoder);
    ZSTD_freeDCtx(reader->context);
    free(reader->raw);
    free(reader->packed);
    free(reader);
}

static enum trace_got stop(struct trace_file_reader *reader, enum trace_got got,
                           uint64_t offset, const char *why)
{
    reader->last = got;
    reader->offset = offset;
    reader->why = why;
    return got;
}

/* The frame that was begun last is no good. */
static enum trace_got wrong(struct trace_file_reader *reader, const char *why)
{
    return stop(reader, TRACE_GOT_WRONG, reader->frame_offset, why);
}

/* The input ended where more was expected. */
static enum trace_got ended(struct trace_file_reader *reader)
{
    const struct trace_bytes *bytes = reader->bytes;

    if (bytes->why != NULL && !bytes->cut)
        return stop(reader, TRACE_GOT_WRONG, bytes->offset, bytes->why);
    return stop(reader, TRACE_GOT_CUT, bytes->offset,
                "the trace was cut short here");
}

static enum trace_got read_file_header(struct trace_file_reader *reader)
{
    uint8_t header[TRACE_FILE_HEADER_BYTES];

    if (trace_bytes_read(reader->bytes, header, sizeof(header)) <
        sizeof(header))
        return ended(reader);
    if (memcmp(header, TRACE_MAGIC, 8) != 0)
        return wrong(reader, "no trace of mmu386's");
    if (memcmp(header + 8, (const uint8_t[8]){TRACE_VERSION}, 8) != 0)
        return wrong(reader, "a trace of a version that is not known here");
    reader->begun = true;
    return TRACE_GOT_EVENT;
}

static const char *header_wrong(const struct trace_file_reader *reader,
                                const struct trace_frame_header *header)
{
    if (header->magic != TRACE_FRAME_MAGIC)
        return "no frame of a trace begins here";
    if (header->raw_bytes > TRACE_RAW_MAX ||
        header->packed_bytes > TRACE_PACKED_MAX || header->reserved != 0)
        return "a frame of an impossible size";
    if (header->accesses != reader->accesses || header->pid != reader->pid)
        return "a frame that does not follow the one before";
    return NULL;
}

static enum trace_got unpack_frame(struct trace_file_reader *reader,
                                   const struct trace_frame_header *header)
{
    size_t raw_bytes =
        ZSTD_decompressDCtx(reader->context, reader->raw, TRACE_RAW_MAX,
                            reader->packed, header->packed_bytes);
    const char *why;

    if (ZSTD_isError(raw_bytes) || raw_bytes != header->raw_bytes)
        return wrong(reader, "a frame that cannot be unpacked");
    why = trace_decoder_load(&reader->decoder, reader->raw, raw_bytes,
                             header->events);
    if (why != NULL)
        return wrong(reader, why);
    reader->loaded = true;
    reader->frame++;
    return TRACE_GOT_EVENT;
}

static enum trace_got read_frame(struct trace_file_reader *reader)
{
    uint8_t bytes[TRACE_FRAME_HEADER_BYTES];
    struct trace_frame_header header;
    const char *why;

    reader->frame_offset = reader->bytes->offset;
    if (trace_bytes_read(reader->bytes, bytes, sizeof(bytes)) < sizeof(bytes))
        return ended(reader);
    trace_frame_header_read(&header, bytes);
    why = header_wrong(reader, &header);
    if (why != NULL)
        return wrong(reader, why);
    if (trace_bytes_read(reader->bytes, reader->packed, header.packed_bytes) <
        header.packed_bytes)
        return ended(reader);
    if (trace_frame_check(bytes, reader->packed, header.packed_bytes) !=
        header.check)
        return wrong(reader, "a frame that was damaged (its checksum differs)");
    return unpack_frame(reader, &header);
}

static enum trace_got end_of_trace(struct trace_file_reader *reader)
{
    struct trace_event event;
    const char *why = "events after the end";

    if (reader->decoder.events != 0 ||
        trace_decode(&reader->decoder, &event, &why) != 0)
        return wrong(reader, why);
    if (trace_bytes_hold(reader->bytes, 1) != 0)
        return stop(reader, TRACE_GOT_WRONG, reader->bytes->offset,
                    "bytes after the end");
    return stop(reader, TRACE_GOT_END, reader->bytes->offset, NULL);
}

/* What an event means to the reader itself. */
static enum trace_got note(struct trace_file_reader *reader,
                           const struct trace_event *event)
{
    if (event->kind == TRACE_BLOCK)
        reader->accesses += trace_shape_accesses(event->block.shape);
    else if (event->kind == TRACE_SWITCH)
        reader->pid = event->pid;
    else if (event->kind == TRACE_END)
        return end_of_trace(reader);
    return TRACE_GOT_EVENT;
}

enum trace_got trace_file_reader_next(struct trace_file_reader *reader,
                                      struct trace_event *event)
{
    if (!reader->begun && reader->last == TRACE_GOT_EVENT)
        (void)read_file_header(reader);
    while (reader->last == TRACE_GOT_EVENT) {
        const char *why = NULL;
        int got =
            reader->loaded ? trace_decode(&reader->decoder, event, &why) : 0;

        if (got > 0)
            return note(reader, event);
        if (got < 0)
            return wrong(reader, why);
        reader->loaded = false;
        (void)read_frame(reader);
    }
    return reader->last;
}

uint64_t trace_file_reader_frame(const struct trace_file_reader *reader)
{
    return reader->frame;
}

const char *trace_file_reader_why(const struct trace_file_reader *reader)
{
    return reader->why;
}

uint64_t trace_file_reader_offset(const struct trace_file_reader *reader)
{
    return reader->offset;
}
