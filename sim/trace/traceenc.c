/* traceenc.c: see traceenc.h. */
#include "trace/traceenc.h"

#include <stdlib.h>
#include <string.h>

#include "trace/tracecheck.h"
#include "trace/tracevarint.h"

/* More than any event takes: a new block of the greatest size, with all its
 * addresses. */
#define EVENT_BYTES_MAX (64u << 10)

bool trace_encoder_init(struct trace_encoder *encoder)
{
    *encoder = (struct trace_encoder){0};
    if (!trace_shapes_init(&encoder->shapes, true))
        return false;
    for (int i = 0; i < TRACE_STREAMS; i++) {
        encoder->streams[i] = malloc(TRACE_RAW_MAX);
        if (encoder->streams[i] == NULL) {
            trace_encoder_free(encoder);
            return false;
        }
    }
    return true;
}

void trace_encoder_free(struct trace_encoder *encoder)
{
    trace_shapes_free(&encoder->shapes);
    for (int i = 0; i < TRACE_STREAMS; i++)
        free(encoder->streams[i]);
    *encoder = (struct trace_encoder){0};
}

/* ---- putting into a stream ---- */

static void put_byte(struct trace_encoder *encoder, enum trace_stream stream,
                     unsigned byte)
{
    encoder->streams[stream][encoder->lengths[stream]++] = (uint8_t)byte;
}

static void put(struct trace_encoder *encoder, enum trace_stream stream,
                uint32_t number)
{
    uint8_t *at = encoder->streams[stream] + encoder->lengths[stream];

    encoder->lengths[stream] += (size_t)(varint_write(at, number) - at);
}

static void put_bytes(struct trace_encoder *encoder, enum trace_stream stream,
                      const void *bytes, size_t count)
{
    if (count != 0)
        memcpy(encoder->streams[stream] + encoder->lengths[stream], bytes,
               count);
    encoder->lengths[stream] += count;
}

static void put_text(struct trace_encoder *encoder, const char *text)
{
    size_t bytes = strlen(text);

    put(encoder, TRACE_STREAM_PAYLOADS, (uint32_t)bytes);
    put_bytes(encoder, TRACE_STREAM_PAYLOADS, text, bytes);
}

static void put_u64(struct trace_encoder *encoder, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        put_byte(encoder, TRACE_STREAM_PAYLOADS,
                 (unsigned)(number >> shift & 0xFF));
}

/* ---- blocks ---- */

/* The sizes of data accesses that have a code of their own. */
static unsigned size_code(uint32_t bytes)
{
    switch (bytes) {
    case 1:
        return 1;
    case 2:
        return 2;
    case 4:
        return 3;
    case 8:
        return 4;
    case 16:
        return 5;
    case 10:
        return 6;
    case 32:
        return 7;
    default:
        return 0;
    }
}

static void put_insns(struct trace_encoder *encoder,
                      const struct trace_shape *shape)
{
    uint32_t end = 0;

    for (uint32_t i = 0; i < shape->insn_count; i++) {
        const struct trace_insn *insn = &shape->insns[i];
        uint32_t gap = insn->offset - end;

        put(encoder, TRACE_STREAM_PAYLOADS,
            (insn->bytes - 1u) << 1 | (gap != 0));
        if (gap != 0)
            put(encoder, TRACE_STREAM_PAYLOADS, gap);
        end = (uint32_t)insn->offset + insn->bytes;
    }
}

static void put_slots(struct trace_encoder *encoder,
                      const struct trace_shape *shape)
{
    uint32_t insn = 0;

    for (uint32_t i = 0; i < shape->slot_count; i++) {
        struct trace_slot slot = shape->slots[i];
        unsigned size = size_code(trace_slot_bytes(slot));

        put(encoder, TRACE_STREAM_PAYLOADS,
            (slot.insn - insn) << 6 |
                (uint32_t)trace_slot_supervisor(slot) << 5 |
                (uint32_t)trace_slot_access(slot) << 3 | size);
        if (size == 0)
            put(encoder, TRACE_STREAM_PAYLOADS, trace_slot_bytes(slot));
        insn = slot.insn;
    }
}

static void put_code(struct trace_encoder *encoder,
                     const struct trace_shape *shape)
{
    for (uint32_t i = 0; i < shape->insn_count; i++)
        put_bytes(encoder, TRACE_STREAM_PAYLOADS,
                  shape->code + shape->insns[i].offset, shape->insns[i].bytes);
}

static void put_shape(struct trace_encoder *encoder,
                      const struct trace_shape *shape)
{
    put(encoder, TRACE_STREAM_PAYLOADS,
        shape->again | (shape->code != NULL) << 1);
    put(encoder, TRACE_STREAM_PAYLOADS,
        zigzag(shape->linear - encoder->shape_end));
    put(encoder, TRACE_STREAM_PAYLOADS, shape->insn_count);
    put(encoder, TRACE_STREAM_PAYLOADS, shape->slot_count);
    put_insns(encoder, shape);
    put_slots(encoder, shape);
    if (shape->code != NULL)
        put_code(encoder, shape);
    encoder->shape_end = shape->linear + shape->bytes;
}

/* The block's shape among those known, and how it is told. NULL where memory is
 * short, or where it is none that a trace may hold. */
static struct trace_known *find_shape(struct trace_encoder *encoder,
                                      const struct trace_shape *shape,
                                      unsigned *how)
{
    struct trace_shapes *shapes = &encoder->shapes;
    struct trace_known *known = trace_shapes_expected(shapes, shape, how);

    if (known != NULL)
        return known; /* TRACE_SHAPE_NEXT or TRACE_SHAPE_OTHER */
    known = trace_shapes_find(shapes, shape);
    if (known != NULL) {
        *how = TRACE_SHAPE_NUMBER;
        put(encoder, TRACE_STREAM_SHAPES, known->shape.index);
        return known;
    }
    if (trace_shape_wrong(shape) != NULL)
        return NULL;
    known = trace_shapes_add(shapes, shape);
    *how = TRACE_SHAPE_NEW;
    if (known != NULL)
        put_shape(encoder, shape);
    return known;
}

static unsigned put_clocks(struct trace_encoder *encoder,
                           struct trace_known *known, uint32_t clocks)
{
    unsigned how = TRACE_CLOCKS_SAME;

    if (known->clocks[0] == clocks)
        return how;
    if (known->clocks[1] == clocks) {
        how = TRACE_CLOCKS_OTHER;
    } else {
        how = TRACE_CLOCKS_NUMBER;
        put(encoder, TRACE_STREAM_CLOCKS, clocks);
    }
    trace_clocks_learn(known, clocks);
    return how;
}

static unsigned put_addresses(struct trace_encoder *encoder,
                              struct trace_known *known,
                              const uint32_t *addresses)
{
    uint8_t *start = encoder->streams[TRACE_STREAM_ADDRESSES];
    uint8_t *at = start + encoder->lengths[TRACE_STREAM_ADDRESSES];
    uint32_t count = known->shape.slot_count;
    uint32_t errors = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct trace_guess *guess = &known->guesses[i];
        uint32_t error = addresses[i] - (guess->last + guess->stride);

        errors |= error;
        if (error == 0)
            *at++ = 0;
        else
            at = varint_write(at, zigzag(error));
        trace_guess_learn(guess, addresses[i]);
    }
    if (count != 0)
        encoder->shapes.recent = addresses[count - 1];
    if (errors == 0)
        return 0;
    encoder->lengths[TRACE_STREAM_ADDRESSES] = (size_t)(at - start);
    return TRACE_CONTROL_ADDRESSES;
}

static bool put_block(struct trace_encoder *encoder,
                      const struct trace_block *block)
{
    unsigned control = TRACE_CONTROL_BLOCK;
    unsigned how;
    struct trace_known *known = find_shape(encoder, block->shape, &how);

    if (known == NULL)
        return false;
    trace_shapes_follow(&encoder->shapes, known);
    control |= how;
    control |= put_addresses(encoder, known, block->addresses);
    control |= put_clocks(encoder, known, block->clocks);
    put_byte(encoder, TRACE_STREAM_CONTROL, control);
    return true;
}

/* ---- other events ---- */

static void put_program(struct trace_encoder *encoder,
                        const struct trace_event *event)
{
    put(encoder, TRACE_STREAM_PAYLOADS, event->program.id);
    put_text(encoder, event->program.name);
    put(encoder, TRACE_STREAM_PAYLOADS, event->program.segment_count);
    for (uint32_t i = 0; i < event->program.segment_count; i++) {
        const struct trace_segment *segment = &event->program.segments[i];

        put(encoder, TRACE_STREAM_PAYLOADS, segment->linear);
        put(encoder, TRACE_STREAM_PAYLOADS, segment->memory_bytes);
        put(encoder, TRACE_STREAM_PAYLOADS, segment->file_bytes);
        put(encoder, TRACE_STREAM_PAYLOADS, segment->rights);
    }
}

static void put_map(struct trace_encoder *encoder,
                    const struct trace_event *event)
{
    const struct trace_map *map = &event->map;

    put(encoder, TRACE_STREAM_PAYLOADS, map->start >> 12);
    put(encoder, TRACE_STREAM_PAYLOADS, (map->end - map->start) >> 12);
    if (event->kind == TRACE_UNMAP || event->kind == TRACE_FORGET)
        return;
    put(encoder, TRACE_STREAM_PAYLOADS, map->rights);
    if (event->kind == TRACE_PROTECT)
        return;
    put(encoder, TRACE_STREAM_PAYLOADS, map->flags);
    put(encoder, TRACE_STREAM_PAYLOADS, map->program);
    put(encoder, TRACE_STREAM_PAYLOADS, map->segment);
    put_text(encoder, map->name);
}

/* Two numbers. */
static void put_pair(struct trace_encoder *encoder, uint32_t first,
                     uint32_t second)
{
    put(encoder, TRACE_STREAM_PAYLOADS, first);
    put(encoder, TRACE_STREAM_PAYLOADS, second);
}

static void put_try(struct trace_encoder *encoder, const struct trace_try *try)
{
    uint32_t last = try->linear;

    put(encoder, TRACE_STREAM_PAYLOADS, try->linear);
    put_byte(encoder, TRACE_STREAM_PAYLOADS, try->bytes);
    put_byte(encoder, TRACE_STREAM_PAYLOADS, try->outcome);
    put_byte(encoder, TRACE_STREAM_PAYLOADS, try->code_bytes);
    put_bytes(encoder, TRACE_STREAM_PAYLOADS, try->code, try->code_bytes);
    put_byte(encoder, TRACE_STREAM_PAYLOADS, try->slot_count);
    for (uint32_t i = 0; i < try->slot_count; i++) {
        put(encoder, TRACE_STREAM_PAYLOADS, try->slots[i].access);
        put(encoder, TRACE_STREAM_PAYLOADS, zigzag(try->addresses[i] - last));
        last = try->addresses[i];
    }
}

static void put_file(struct trace_encoder *encoder,
                     const struct trace_event *event)
{
    put(encoder, TRACE_STREAM_PAYLOADS, event->file.program);
    put_text(encoder, event->file.path);
    put(encoder, TRACE_STREAM_PAYLOADS, event->file.bytes);
    put_u64(encoder, event->file.hash);
    if (event->file.hash_kind != TRACE_HASH_FNV1A)
        put_byte(encoder, TRACE_STREAM_PAYLOADS, event->file.hash_kind);
}

static void put_fields(struct trace_encoder *encoder,
                       const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_PARAMETER:
        put_text(encoder, event->parameter.name);
        put_text(encoder, event->parameter.value);
        break;
    case TRACE_PROGRAM:
        put_program(encoder, event);
        break;
    case TRACE_SWITCH:
    case TRACE_FORK:
    case TRACE_REAP:
    case TRACE_NO_FORK:
    case TRACE_BORROW:
        put(encoder, TRACE_STREAM_PAYLOADS, event->pid);
        break;
    case TRACE_EXEC:
        put(encoder, TRACE_STREAM_PAYLOADS, event->exec.program);
        put_text(encoder, event->exec.name);
        put(encoder, TRACE_STREAM_PAYLOADS, event->exec.stack);
        put_byte(encoder, TRACE_STREAM_PAYLOADS, event->exec.failed);
        break;
    case TRACE_EXIT:
        put_pair(encoder, event->exit.pid, event->exit.wait_status);
        break;
    case TRACE_MAP:
    case TRACE_UNMAP:
    case TRACE_PROTECT:
    case TRACE_FORGET:
        put_map(encoder, event);
        break;
    case TRACE_KERNEL:
        put_byte(encoder, TRACE_STREAM_PAYLOADS, event->kernel.write);
        put_pair(encoder, event->kernel.linear, event->kernel.bytes);
        break;
    case TRACE_TRAP:
        put_byte(encoder, TRACE_STREAM_PAYLOADS, event->trap.vector);
        put_byte(encoder, TRACE_STREAM_PAYLOADS, event->trap.software);
        put(encoder, TRACE_STREAM_PAYLOADS, event->trap.eip);
        break;
    case TRACE_CHARGE:
        put_pair(encoder, event->charge.cost, event->charge.times);
        break;
    case TRACE_CONTENT:
        put(encoder, TRACE_STREAM_PAYLOADS, event->content.linear >> 12);
        put_u64(encoder, event->content.hash);
        break;
    case TRACE_TRY:
        put_try(encoder, &event->try);
        break;
    case TRACE_MARK:
        put(encoder, TRACE_STREAM_PAYLOADS, event->mark);
        break;
    case TRACE_KILL:
        put(encoder, TRACE_STREAM_PAYLOADS, event->signal);
        break;
    case TRACE_MOVE:
        put_pair(encoder, event->move.from >> 12, event->move.to >> 12);
        put(encoder, TRACE_STREAM_PAYLOADS, event->move.bytes >> 12);
        break;
    case TRACE_KEEP:
        put(encoder, TRACE_STREAM_PAYLOADS, event->page >> 12);
        break;
    case TRACE_UNCITED:
        put(encoder, TRACE_STREAM_PAYLOADS, event->count);
        break;
    case TRACE_CODE:
        put_pair(encoder, event->code.linear, event->code.bytes);
        put_bytes(encoder, TRACE_STREAM_PAYLOADS, event->code.code,
                  event->code.bytes);
        break;
    case TRACE_FILE:
        put_file(encoder, event);
        break;
    case TRACE_RETURN:
    case TRACE_END:
    case TRACE_BLOCK:
        break;
    }
}

/* An event's payload is told with its length, so that who does not know the
 * event can skip it. */
static void put_other(struct trace_encoder *encoder,
                      const struct trace_event *event)
{
    uint8_t *stream = encoder->streams[TRACE_STREAM_PAYLOADS];
    size_t start = encoder->lengths[TRACE_STREAM_PAYLOADS];
    uint8_t length[VARINT_BYTES_MAX];
    size_t payload_bytes;
    size_t length_bytes;

    put_byte(encoder, TRACE_STREAM_CONTROL, event->kind);
    put_fields(encoder, event);
    payload_bytes = encoder->lengths[TRACE_STREAM_PAYLOADS] - start;
    length_bytes =
        (size_t)(varint_write(length, (uint32_t)payload_bytes) - length);
    memmove(stream + start + length_bytes, stream + start, payload_bytes);
    memcpy(stream + start, length, length_bytes);
    encoder->lengths[TRACE_STREAM_PAYLOADS] += length_bytes;
}

bool trace_encode(struct trace_encoder *encoder,
                  const struct trace_event *event)
{
    if (event->kind != TRACE_BLOCK)
        put_other(encoder, event);
    else if (!put_block(encoder, &event->block))
        return false;
    encoder->events++;
    return true;
}

/* ---- frames ---- */

static size_t frame_bytes(const struct trace_encoder *encoder)
{
    size_t bytes = TRACE_STREAMS * sizeof(uint32_t);

    for (int i = 0; i < TRACE_STREAMS; i++)
        bytes += encoder->lengths[i];
    return bytes;
}

bool trace_encoder_full(const struct trace_encoder *encoder)
{
    return frame_bytes(encoder) > TRACE_RAW_MAX - EVENT_BYTES_MAX ||
           trace_shapes_full(&encoder->shapes);
}

size_t trace_encoder_copy(const struct trace_encoder *encoder, uint8_t *raw)
{
    for (int i = 0; i < TRACE_STREAMS; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            *raw++ = (uint8_t)(encoder->lengths[i] >> shift);
    for (int i = 0; i < TRACE_STREAMS; i++) {
        memcpy(raw, encoder->streams[i], encoder->lengths[i]);
        raw += encoder->lengths[i];
    }
    return frame_bytes(encoder);
}

size_t trace_encoder_take(struct trace_encoder *encoder, uint8_t *raw)
{
    size_t bytes = trace_encoder_copy(encoder, raw);

    for (int i = 0; i < TRACE_STREAMS; i++)
        encoder->lengths[i] = 0;
    trace_shapes_clear(&encoder->shapes);
    encoder->events = 0;
    encoder->shape_end = 0;
    return bytes;
}
