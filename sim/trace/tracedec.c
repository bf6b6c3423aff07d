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

static const char *read_text(struct varints *from, char *text)
{
    uint32_t bytes = varints_next(from);

    if (bytes > TRACE_TEXT_MAX || bytes > (size_t)(from->end - from->at) ||
        memchr(from->at, '\0', bytes) != NULL) {
        from->failed = true;
        bytes = 0;
    }
    memcpy(text, from->at, bytes);
    text[bytes] = '\0';
    from->at += bytes;
    return text;
}

static uint8_t read_byte(struct varints *from)
{
    if (from->at == from->end) {
        from->failed = true;
        return 0;
    }
    return *from->at++;
}

static uint64_t read_u64(struct varints *from)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift < 64; shift += 8)
        number |= (uint64_t)read_byte(from) << shift;
    return number;
}

static uint8_t read_small(struct varints *from)
{
    uint32_t number = varints_next(from);

    return (uint8_t)(number > UINT8_MAX ? UINT8_MAX : number);
}

static void read_program(struct trace_decoder *decoder, struct varints *from,
                         struct trace_event *event)
{
    event->program.id = varints_next(from);
    event->program.name = read_text(from, decoder->texts[0]);
    event->program.segment_count = varints_next(from);
    event->program.segments = decoder->segments;
    if (event->program.segment_count > TRACE_SEGMENTS_MAX) {
        from->failed = true;
        return;
    }
    for (uint32_t i = 0; i < event->program.segment_count; i++) {
        struct trace_segment *segment = &decoder->segments[i];

        segment->linear = varints_next(from);
        segment->memory_bytes = varints_next(from);
        segment->file_bytes = varints_next(from);
        segment->rights = read_small(from);
    }
}

static void read_map(struct trace_decoder *decoder, struct varints *from,
                     struct trace_event *event)
{
    struct trace_map *map = &event->map;
    uint32_t page = varints_next(from);
    uint32_t pages = varints_next(from);

    if (page > 0xFFFFF || pages > 0xFFFFF - page)
        from->failed = true;
    *map = (struct trace_map){
        .start = page << 12, .end = (page + pages) << 12, .name = ""};
    if (event->kind == TRACE_UNMAP || event->kind == TRACE_FORGET)
        return;
    map->rights = read_small(from);
    if (event->kind == TRACE_PROTECT)
        return;
    map->flags = read_small(from);
    map->program = varints_next(from);
    map->segment = varints_next(from);
    map->name = read_text(from, decoder->texts[0]);
}

static void read_try(struct trace_decoder *decoder, struct varints *from,
                     struct trace_try *try)
{
    uint32_t last = varints_next(from);

    *try = (struct trace_try){.linear = last,
                              .slots = decoder->slots,
                              .addresses = decoder->addresses,
                              .code = decoder->code};
    try->bytes = read_byte(from);
    try->outcome = read_byte(from);
    try->code_bytes = read_byte(from);
    for (uint32_t i = 0; i < try->code_bytes; i++)
        decoder->code[i] = read_byte(from);
    try->slot_count = read_byte(from);
    for (uint32_t i = 0; i < try->slot_count; i++) {
        uint32_t access = varints_next(from);

        if (access > UINT16_MAX)
            from->failed = true;
        last += unzigzag(varints_next(from));
        decoder->slots[i] = (struct trace_slot){.access = (uint16_t)access};
        decoder->addresses[i] = last;
    }
}

static void read_code_bytes(struct trace_decoder *decoder, struct varints *from,
                            struct trace_event *event)
{
    event->code.linear = varints_next(from);
    event->code.bytes = varints_next(from);
    event->code.code = decoder->code;
    for (uint32_t i = 0; i < event->code.bytes && i < TRACE_CODE_MAX; i++)
        decoder->code[i] = read_byte(from);
}

static uint32_t read_page(struct varints *from)
{
    uint32_t page = varints_next(from);

    if (page > 0xFFFFF)
        from->failed = true;
    return page << 12;
}

static void read_file(struct trace_decoder *decoder, struct varints *from,
                      struct trace_event *event)
{
    event->file.program = varints_next(from);
    event->file.path = read_text(from, decoder->texts[0]);
    event->file.bytes = varints_next(from);
    event->file.hash = read_u64(from);
}

static void read_fields(struct trace_decoder *decoder, struct varints *from,
                        struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_PARAMETER:
        event->parameter.name = read_text(from, decoder->texts[0]);
        event->parameter.value = read_text(from, decoder->texts[1]);
        break;
    case TRACE_PROGRAM:
        read_program(decoder, from, event);
        break;
    case TRACE_SWITCH:
    case TRACE_FORK:
    case TRACE_REAP:
    case TRACE_NO_FORK:
    case TRACE_BORROW:
        event->pid = varints_next(from);
        break;
    case TRACE_EXEC:
        event->exec.program = varints_next(from);
        event->exec.name = read_text(from, decoder->texts[0]);
        event->exec.stack = varints_next(from);
        event->exec.failed = read_byte(from) != 0;
        break;
    case TRACE_EXIT:
        event->exit.pid = varints_next(from);
        event->exit.wait_status = varints_next(from);
        break;
    case TRACE_MAP:
    case TRACE_UNMAP:
    case TRACE_PROTECT:
    case TRACE_FORGET:
        read_map(decoder, from, event);
        break;
    case TRACE_KERNEL:
        event->kernel.write = read_byte(from) != 0;
        event->kernel.linear = varints_next(from);
        event->kernel.bytes = varints_next(from);
        break;
    case TRACE_TRAP:
        event->trap.vector = read_byte(from);
        event->trap.software = read_byte(from) != 0;
        event->trap.eip = varints_next(from);
        break;
    case TRACE_CHARGE:
        event->charge.cost = varints_next(from);
        event->charge.times = varints_next(from);
        break;
    case TRACE_CONTENT:
        event->content.linear = read_page(from);
        event->content.hash = read_u64(from);
        break;
    case TRACE_TRY:
        read_try(decoder, from, &event->try);
        break;
    case TRACE_MARK:
        event->mark = varints_next(from);
        break;
    case TRACE_KILL:
        event->signal = varints_next(from);
        break;
    case TRACE_MOVE:
        event->move.from = read_page(from);
        event->move.to = read_page(from);
        event->move.bytes = read_page(from);
        break;
    case TRACE_KEEP:
        event->page = read_page(from);
        break;
    case TRACE_UNCITED:
        event->count = varints_next(from);
        break;
    case TRACE_CODE:
        read_code_bytes(decoder, from, event);
        break;
    case TRACE_FILE:
        read_file(decoder, from, event);
        break;
    case TRACE_RETURN:
    case TRACE_END:
    case TRACE_BLOCK:
        break;
    }
}

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
    read_fields(decoder, &payload, event);
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
