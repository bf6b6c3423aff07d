/* tracedec.c: see tracedec.h. Every number of a frame may be anything. */
#include "trace/tracedec.h"

#include <string.h>

#include "trace/tracecheck.h"

static const char cut[] = "a frame that ends too early";

bool trace_decoder_init(struct trace_decoder *decoder)
{
    memset(decoder->streams, 0, sizeof(decoder->streams));
    decoder->events = 0;
    decoder->shape_end = 0;
    return trace_shapes_init(&decoder->shapes, false);
}

void trace_decoder_free(struct trace_decoder *decoder)
{
    trace_shapes_free(&decoder->shapes);
}

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

const char *trace_decoder_load(struct trace_decoder *decoder,
                               const uint8_t *raw, size_t bytes,
                               uint32_t events)
{
    const uint8_t *at = raw + TRACE_STREAMS * sizeof(uint32_t);
    size_t left = bytes - TRACE_STREAMS * sizeof(uint32_t);

    decoder->events = 0;
    if (bytes < TRACE_STREAMS * sizeof(uint32_t))
        return cut;
    trace_shapes_clear(&decoder->shapes);
    decoder->shape_end = 0;
    for (int i = 0; i < TRACE_STREAMS; i++, raw += sizeof(uint32_t)) {
        uint32_t length = read_u32(raw);

        if (length > left)
            return cut;
        decoder->streams[i] = (struct varints){.at = at, .end = at + length};
        at += length;
        left -= length;
    }
    if (left != 0)
        return "a frame with bytes of no stream";
    if (events != (size_t)(decoder->streams[TRACE_STREAM_CONTROL].end -
                           decoder->streams[TRACE_STREAM_CONTROL].at))
        return "a frame of another number of events than its header says";
    decoder->events = events;
    return NULL;
}

/* ---- blocks ---- */

static const char *read_insns(struct varints *from, struct trace_shape *shape,
                              struct trace_insn *insns)
{
    uint32_t end = 0;

    for (uint32_t i = 0; i < shape->insn_count; i++) {
        uint32_t size = varints_next(from);
        uint32_t gap = (size & 1) != 0 ? varints_next(from) : 0;

        if (size >> 1 >= TRACE_INSN_BYTES_MAX || gap > TRACE_GAP_MAX)
            return "an instruction of no possible size";
        insns[i] = (struct trace_insn){.offset = (uint16_t)(end + gap),
                                       .bytes = (uint16_t)((size >> 1) + 1)};
        end += gap + (size >> 1) + 1;
        if (end > TRACE_BLOCK_BYTES_MAX)
            return "a block that is too large";
    }
    shape->bytes = end;
    shape->insns = insns;
    return NULL;
}

static const char *read_slots(struct varints *from, struct trace_shape *shape,
                              struct trace_slot *slots)
{
    static const uint8_t sizes[] = {0, 1, 2, 4, 8, 16, 10, 32};
    uint32_t insn = 0;

    for (uint32_t i = 0; i < shape->slot_count; i++) {
        uint32_t number = varints_next(from);
        uint32_t bytes = sizes[number & 7];

        if (bytes == 0)
            bytes = varints_next(from);
        if (bytes > TRACE_SLOT_BYTES_MAX || number >> 6 > TRACE_INSNS_MAX)
            return "an impossible data access";
        insn += number >> 6;
        if (insn > TRACE_INSNS_MAX)
            return "an impossible data access";
        slots[i] = trace_slot_of(insn, (enum trace_access)(number >> 3 & 3),
                                 bytes, (number >> 5 & 1) != 0);
    }
    shape->slots = slots;
    return NULL;
}

static const char *read_code(struct varints *from, struct trace_shape *shape,
                             uint8_t *code)
{
    memset(code, 0, shape->bytes);
    for (uint32_t i = 0; i < shape->insn_count; i++) {
        size_t bytes = shape->insns[i].bytes;

        if ((size_t)(from->end - from->at) < bytes)
            return cut;
        memcpy(code + shape->insns[i].offset, from->at, bytes);
        from->at += bytes;
    }
    shape->code = code;
    return NULL;
}

static const char *read_new_shape(struct trace_decoder *decoder,
                                  struct trace_known **known)
{
    struct varints *from = &decoder->streams[TRACE_STREAM_PAYLOADS];
    uint32_t flags = varints_next(from);
    struct trace_shape shape = {.linear = decoder->shape_end +
                                          unzigzag(varints_next(from)),
                                .again = (flags & 1) != 0};
    uint32_t insn_count = varints_next(from);
    uint32_t slot_count = varints_next(from);
    const char *why;

    if (flags > 3 || insn_count > TRACE_INSNS_MAX ||
        slot_count > TRACE_SLOTS_MAX)
        return "a block that is too large";
    shape.insn_count = (uint16_t)insn_count;
    shape.slot_count = (uint16_t)slot_count;
    why = read_insns(from, &shape, decoder->insns);
    if (why == NULL)
        why = read_slots(from, &shape, decoder->slots);
    if (why == NULL && (flags & 2) != 0)
        why = read_code(from, &shape, decoder->code);
    if (why == NULL)
        why = from->failed ? cut : trace_shape_wrong(&shape);
    if (why != NULL)
        return why;
    decoder->shape_end = shape.linear + shape.bytes;
    *known = trace_shapes_add(&decoder->shapes, &shape);
    return *known == NULL ? "more blocks than fit into memory" : NULL;
}

static const char *read_shape(struct trace_decoder *decoder, unsigned how,
                              struct trace_known **known)
{
    struct trace_shapes *shapes = &decoder->shapes;
    uint32_t index;

    if (how == TRACE_SHAPE_NEW)
        return read_new_shape(decoder, known);
    if (how == TRACE_SHAPE_NUMBER)
        index = varints_next(&decoder->streams[TRACE_STREAM_SHAPES]);
    else
        index = shapes->previous != NULL ? shapes->previous->next[how]
                                         : TRACE_SHAPE_NONE;
    if (index >= shapes->count)
        return "a block that was not told of before";
    *known = shapes->known[index];
    return NULL;
}

/* Addresses where they were expected. */
static void expect_addresses(struct trace_known *known, uint32_t *addresses)
{
    for (uint32_t i = 0; i < known->shape.slot_count; i++) {
        struct trace_guess *guess = &known->guesses[i];

        addresses[i] = guess->last + guess->stride;
        trace_guess_learn(guess, addresses[i]);
    }
}

static const char *read_addresses(struct trace_decoder *decoder,
                                  struct trace_known *known)
{
    struct varints *from = &decoder->streams[TRACE_STREAM_ADDRESSES];
    uint32_t count = known->shape.slot_count;
    bool ample =
        (size_t)(from->end - from->at) >= (size_t)count * VARINT_BYTES_MAX;
    const uint8_t *at = from->at;

    for (uint32_t i = 0; i < count; i++) {
        struct trace_guess *guess = &known->guesses[i];
        uint32_t error;

        if (ample) {
            at = varint_read(at, &error);
            if (at == NULL)
                return "an address of more than 32 bits";
        } else {
            error = varints_next(from);
        }
        decoder->addresses[i] = guess->last + guess->stride + unzigzag(error);
        trace_guess_learn(guess, decoder->addresses[i]);
    }
    if (ample)
        from->at = at;
    return from->failed ? cut : NULL;
}

static const char *read_clocks(struct trace_decoder *decoder, unsigned how,
                               struct trace_known *known)
{
    struct varints *from = &decoder->streams[TRACE_STREAM_CLOCKS];

    if (how == TRACE_CLOCKS_SAME)
        return NULL;
    if (how == TRACE_CLOCKS_OTHER)
        trace_clocks_learn(known, known->clocks[1]);
    else if (how == TRACE_CLOCKS_NUMBER)
        trace_clocks_learn(known, varints_next(from));
    else
        return "an impossible event";
    return from->failed ? cut : NULL;
}

static const char *read_block(struct trace_decoder *decoder, unsigned control,
                              struct trace_block *block)
{
    struct trace_known *known = NULL;
    const char *why;

    if ((control & TRACE_CONTROL_UNUSED) != 0)
        return "an impossible event";
    why = read_shape(decoder, control & TRACE_CONTROL_SHAPE, &known);
    if (why != NULL)
        return why;
    trace_shapes_follow(&decoder->shapes, known);
    if ((control & TRACE_CONTROL_ADDRESSES) != 0)
        why = read_addresses(decoder, known);
    else
        expect_addresses(known, decoder->addresses);
    if (why == NULL)
        why = read_clocks(decoder, control & TRACE_CONTROL_CLOCKS, known);
    if (why != NULL)
        return why;
    if (known->shape.slot_count != 0)
        decoder->shapes.recent =
            decoder->addresses[known->shape.slot_count - 1];
    block->shape = &known->shape;
    block->addresses = decoder->addresses;
    block->clocks = known->clocks[0];
    if (known->shape.insn_count == 0 && known->shape.slot_count == 0 &&
        block->clocks == 0)
        return "a block of nothing";
    return NULL;
}

/* ---- other events ---- */

/* Reads an event that is no block, or skips it where its number is not known:
 * *known says which. */
static const char *read_other(struct trace_decoder *decoder, unsigned number,
                              struct trace_event *event, bool *known)
{
    struct varints *from = &decoder->streams[TRACE_STREAM_PAYLOADS];
    uint32_t bytes = varints_next(from);
    struct varints payload;

    if (from->failed || bytes > (size_t)(from->end - from->at))
        return cut;
    payload = (struct varints){.at = from->at, .end = from->at + bytes};
    from->at += bytes;
    *known = number >= TRACE_PARAMETER && number <= TRACE_NO_FORK &&
             number != TRACE_BLOCK;
    if (!*known)
        return NULL;
    event->kind = (enum trace_kind)number;
    trace_fields_read(&decoder->fields, &payload, event);
    return payload.failed ? "an event that is not whole"
                          : trace_event_wrong(event);
}

/* Behind the last event, all of every stream must have been read. */
static int finish(const struct trace_decoder *decoder, const char **why)
{
    for (int i = 0; i < TRACE_STREAMS; i++) {
        if (decoder->streams[i].at != decoder->streams[i].end) {
            *why = "a frame with bytes of no event";
            return -1;
        }
    }
    return 0;
}

int trace_decode(struct trace_decoder *decoder, struct trace_event *event,
                 const char **why)
{
    bool known = false;

    while (decoder->events != 0) {
        unsigned control = *decoder->streams[TRACE_STREAM_CONTROL].at++;

        decoder->events--;
        if (control >= TRACE_CONTROL_BLOCK) {
            event->kind = TRACE_BLOCK;
            *why = read_block(decoder, control, &event->block);
            known = true;
        } else {
            *why = read_other(decoder, control, event, &known);
        }
        if (*why != NULL) {
            decoder->events = 0;
            return -1;
        }
        if (known)
            return 1;
    }
    return finish(decoder, why);
}
