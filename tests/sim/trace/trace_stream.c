/* trace_stream.c: see trace_stream.h. */
#include "trace_stream.h"

#include <stdlib.h>
#include <string.h>

uint32_t stream_random(struct stream *stream, uint32_t limit)
{
    stream->state = stream->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((stream->state >> 32) % limit);
}

static bool one_in(struct stream *stream, uint32_t limit)
{
    return stream_random(stream, limit) == 0;
}

static uint32_t any_u32(struct stream *stream)
{
    return stream_random(stream, 1u << 16) << 16 |
           stream_random(stream, 1u << 16);
}

/* Small more often than large. */
static uint32_t some_u32(struct stream *stream)
{
    return any_u32(stream) >> stream_random(stream, 32);
}

static void make_insns(struct stream *stream, struct stream_shape *made,
                       uint32_t count)
{
    struct trace_shape *shape = &made->shape;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t gap = i != 0 && one_in(stream, 20)
                           ? 1 + stream_random(stream, TRACE_GAP_MAX)
                           : 0;
        uint32_t bytes =
            1 + stream_random(stream, one_in(stream, 100) ? 255 : 8);

        if (shape->bytes + gap + bytes > TRACE_BLOCK_BYTES_MAX)
            break;
        made->insns[i] = (struct trace_insn){
            .offset = (uint16_t)(shape->bytes + gap), .bytes = (uint16_t)bytes};
        for (uint32_t j = 0; j < bytes; j++)
            made->code[shape->bytes + gap + j] =
                (uint8_t)stream_random(stream, 256);
        shape->bytes += gap + bytes;
        shape->insn_count++;
    }
}

static void make_slots(struct stream *stream, struct stream_shape *made,
                       uint32_t count)
{
    static const uint32_t sizes[] = {1, 2, 4, 4, 4, 8, 10, 16, 32, 3, 512, 64};
    struct trace_shape *shape = &made->shape;
    uint32_t insn = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (insn + 1 < shape->insn_count)
            insn += stream_random(stream, shape->insn_count - insn < 3 ? 2 : 3);
        made->slots[i] =
            trace_slot_of(insn, (enum trace_access)stream_random(stream, 3),
                          sizes[stream_random(stream, 12)], one_in(stream, 30));
        made->bases[i] = any_u32(stream);
        shape->slot_count++;
    }
}

static void make_shape(struct stream *stream, struct stream_shape *made,
                       uint32_t number)
{
    struct trace_shape *shape = &made->shape;
    bool has_code = number % 2 != 0;

    memset(made, 0, sizeof(*made));
    shape->insns = made->insns;
    shape->slots = made->slots;
    if (number == 0) { /* of one data access */
        make_slots(stream, made, 1);
        return;
    }
    if (number == 1) /* of clocks alone */
        return;
    shape->linear = number == 2 ? 0xFFFFFFF0u : any_u32(stream);
    shape->again = one_in(stream, 5);
    if (number == 3) {
        make_insns(stream, made, TRACE_INSNS_MAX);
        make_slots(stream, made, TRACE_SLOTS_MAX);
    } else {
        make_insns(stream, made, 1 + stream_random(stream, 12));
        make_slots(stream, made, stream_random(stream, 6));
    }
    shape->code = has_code ? made->code : NULL;
    shape->code_hash = stream->hashed ? number + 1 : 0;
}

void stream_init(struct stream *stream, uint64_t seed, bool hashed)
{
    memset(stream, 0, sizeof(*stream));
    stream->state = seed;
    stream->hashed = hashed;
    stream->shapes = calloc(STREAM_SHAPES, sizeof(*stream->shapes));
    for (uint32_t i = 0; stream->shapes != NULL && i < STREAM_SHAPES; i++)
        make_shape(stream, &stream->shapes[i], i);
}

void stream_free(struct stream *stream)
{
    free(stream->shapes);
}

/* ---- events ---- */

static void make_block(struct stream *stream, struct trace_event *event)
{
    struct stream_shape *made;

    if (one_in(stream, 4))
        stream->at = stream_random(stream, STREAM_SHAPES);
    else
        stream->at = stream->at * 7 % STREAM_SHAPES;
    if (stream->at == 3 && !one_in(stream, 50))
        stream->at = 4;
    made = &stream->shapes[stream->at];
    for (uint32_t i = 0; i < made->shape.slot_count; i++) {
        if (one_in(stream, 8))
            made->bases[i] = any_u32(stream);
        else if (one_in(stream, 2))
            made->bases[i] += made->slots[i].insn % 2 != 0 ? 4 : 0xFFFFFFFCu;
        stream->addresses[i] = made->bases[i];
    }
    event->kind = TRACE_BLOCK;
    event->block = (struct trace_block){.shape = &made->shape,
                                        .addresses = stream->addresses};
    event->block.clocks =
        one_in(stream, 3) ? 0 : stream->at * 3 + stream_random(stream, 2);
    if (one_in(stream, 100))
        event->block.clocks = any_u32(stream);
    if (stream->at == 1 && event->block.clocks == 0)
        event->block.clocks = 1;
}

static const char *make_text(struct stream *stream, int which)
{
    char *text = stream->texts[which];
    uint32_t length =
        stream_random(stream, one_in(stream, 40) ? TRACE_TEXT_MAX + 1 : 12);

    for (uint32_t i = 0; i < length; i++)
        text[i] =
            (char)(1 + stream_random(stream, one_in(stream, 3) ? 255 : 126));
    text[length] = '\0';
    return text;
}

static const char *make_name(struct stream *stream)
{
    static const char *const names[] = {"program", "cost.fork", "ram_frames",
                                        "a", "t-2"};

    return names[stream_random(stream, 5)];
}

static void make_map(struct stream *stream, struct trace_event *event)
{
    uint32_t start = stream_random(stream, 0xFFFFE);
    uint32_t end = start + 1 + some_u32(stream) % (0xFFFFF - start);

    event->map = (struct trace_map){
        .start = start << 12, .end = end << 12, .name = "", .program = 0};
    if (event->kind != TRACE_UNMAP)
        event->map.rights = (uint8_t)stream_random(stream, 8);
    if (event->kind != TRACE_MAP)
        return;
    event->map.flags = (uint8_t)stream_random(stream, 4);
    event->map.program = one_in(stream, 2) ? some_u32(stream) : 0;
    event->map.segment = event->map.program != 0 ? stream_random(stream, 4) : 0;
    event->map.name = make_text(stream, 0);
}

static void make_program(struct stream *stream, struct trace_event *event)
{
    event->program.id = some_u32(stream) | 1;
    event->program.name = make_text(stream, 0);
    event->program.segment_count =
        stream_random(stream, one_in(stream, 9) ? 65 : 4);
    event->program.segments = stream->segments;
    for (uint32_t i = 0; i < event->program.segment_count; i++)
        stream->segments[i] = (struct trace_segment){
            any_u32(stream), some_u32(stream), some_u32(stream),
            (uint8_t)stream_random(stream, 8)};
}

static void make_kernel(struct stream *stream, struct trace_event *event)
{
    event->kernel.linear = any_u32(stream);
    event->kernel.bytes =
        1 + some_u32(stream) % (UINT32_MAX - event->kernel.linear + 1u);
    event->kernel.write = one_in(stream, 2);
}

static const uint8_t *make_code(struct stream *stream)
{
    for (uint32_t i = 0; i < TRACE_CODE_MAX; i++)
        stream->code[i] = (uint8_t)stream_random(stream, 256);
    return stream->code;
}

static void make_try(struct stream *stream, struct trace_try *try)
{
    uint32_t slots =
        stream_random(stream, one_in(stream, 9) ? TRACE_TRY_SLOTS_MAX + 1 : 3);

    *try = (struct trace_try){
        .linear = any_u32(stream),
        .bytes = (uint8_t)stream_random(stream, 16),
        .outcome = (uint8_t)stream_random(stream, TRACE_OUTCOMES),
        .slot_count = (uint8_t)slots,
        .code_bytes = (uint8_t)stream_random(stream, TRACE_CODE_MAX + 1),
        .slots = stream->slots,
        .addresses = stream->addresses,
        .code = make_code(stream),
    };
    for (uint32_t i = 0; i < slots; i++) {
        stream->slots[i] = trace_slot_of(
            0, (enum trace_access)stream_random(stream, 3),
            1 + stream_random(stream, TRACE_SLOT_BYTES_MAX), one_in(stream, 5));
        stream->addresses[i] = any_u32(stream);
    }
}

/* One case a kind, as where trace/ packs them and reads them. It is the kinds
 * that are the same, in the order of enum trace_kind: there a case says how its
 * fields are written, here which values they may have, and in same_events which
 * of them count. */
void stream_next(struct stream *stream, struct trace_event *event)
{
    memset(event, 0, sizeof(*event));
    if (!one_in(stream, 4)) {
        make_block(stream, event);
        return;
    }
    event->kind = (enum trace_kind)(1 + stream_random(stream, TRACE_NO_FORK));
    if (event->kind == TRACE_END)
        event->kind = TRACE_RETURN;
    switch (event->kind) {
    case TRACE_PARAMETER:
        event->parameter.name = make_name(stream);
        event->parameter.value = make_text(stream, 0);
        break;
    case TRACE_PROGRAM:
        make_program(stream, event);
        break;
    case TRACE_SWITCH:
    case TRACE_FORK:
    case TRACE_REAP:
    case TRACE_NO_FORK:
    case TRACE_BORROW:
        event->pid = some_u32(stream) | 1;
        break;
    case TRACE_EXEC:
        event->exec.program = one_in(stream, 2) ? some_u32(stream) : 0;
        event->exec.name = make_text(stream, 0);
        event->exec.stack = one_in(stream, 2) ? some_u32(stream) : 0;
        event->exec.failed = one_in(stream, 4);
        break;
    case TRACE_EXIT:
        event->exit.pid = some_u32(stream) | 1;
        event->exit.wait_status = some_u32(stream);
        break;
    case TRACE_MAP:
    case TRACE_UNMAP:
    case TRACE_PROTECT:
    case TRACE_FORGET:
        make_map(stream, event);
        break;
    case TRACE_KERNEL:
        make_kernel(stream, event);
        break;
    case TRACE_TRAP:
        event->trap.vector = (uint8_t)stream_random(stream, 256);
        event->trap.software = one_in(stream, 2);
        event->trap.eip = any_u32(stream);
        break;
    case TRACE_CHARGE:
        event->charge.cost = some_u32(stream);
        event->charge.times = some_u32(stream);
        break;
    case TRACE_CONTENT:
        event->content.linear = any_u32(stream) & ~0xFFFu;
        event->content.hash = (uint64_t)any_u32(stream) << 32 | any_u32(stream);
        break;
    case TRACE_TRY:
        make_try(stream, &event->try);
        break;
    case TRACE_MARK:
        event->mark = stream_random(stream, TRACE_MARKS);
        break;
    case TRACE_KILL:
        event->signal = 1 + stream_random(stream, 64);
        break;
    case TRACE_MOVE:
        event->move.from = stream_random(stream, 1000) << 12;
        event->move.to = any_u32(stream) & 0x7FFFF000u;
        event->move.bytes = (1 + stream_random(stream, 1000)) << 12;
        break;
    case TRACE_KEEP:
        event->page = any_u32(stream) & ~0xFFFu;
        break;
    case TRACE_UNCITED:
        event->count = some_u32(stream);
        break;
    case TRACE_CODE:
        event->code.linear = any_u32(stream);
        event->code.bytes = 1 + stream_random(stream, TRACE_CODE_MAX);
        event->code.code = make_code(stream);
        break;
    case TRACE_FILE:
        event->file.program = some_u32(stream) | 1;
        event->file.path = make_text(stream, 0);
        event->file.bytes = some_u32(stream);
        event->file.hash = (uint64_t)any_u32(stream) << 32 | any_u32(stream);
        event->file.hash_kind = (enum trace_hash)(event->file.hash & 1);
        break;
    case TRACE_BLOCK:
        make_block(stream, event);
        break;
    default:
        break;
    }
}

/* ---- comparing ---- */

static bool same_blocks(const struct trace_block *one,
                        const struct trace_block *other)
{
    const struct trace_shape *a = one->shape;
    const struct trace_shape *b = other->shape;

    if (a->linear != b->linear || a->bytes != b->bytes ||
        a->again != b->again || a->insn_count != b->insn_count ||
        a->slot_count != b->slot_count || one->clocks != other->clocks ||
        (a->code != NULL) != (b->code != NULL))
        return false;
    for (uint32_t i = 0; i < a->insn_count; i++)
        if (a->insns[i].offset != b->insns[i].offset ||
            a->insns[i].bytes != b->insns[i].bytes)
            return false;
    for (uint32_t i = 0; i < a->slot_count; i++)
        if (a->slots[i].insn != b->slots[i].insn ||
            a->slots[i].access != b->slots[i].access ||
            one->addresses[i] != other->addresses[i])
            return false;
    return a->code == NULL || memcmp(a->code, b->code, a->bytes) == 0;
}

static bool same_programs(const struct trace_event *one,
                          const struct trace_event *other)
{
    if (one->program.id != other->program.id ||
        strcmp(one->program.name, other->program.name) != 0 ||
        one->program.segment_count != other->program.segment_count)
        return false;
    for (uint32_t i = 0; i < one->program.segment_count; i++) {
        const struct trace_segment *a = &one->program.segments[i];
        const struct trace_segment *b = &other->program.segments[i];

        if (a->linear != b->linear || a->memory_bytes != b->memory_bytes ||
            a->file_bytes != b->file_bytes || a->rights != b->rights)
            return false;
    }
    return true;
}

static bool same_tries(const struct trace_try *one,
                       const struct trace_try *other)
{
    if (one->linear != other->linear || one->bytes != other->bytes ||
        one->outcome != other->outcome ||
        one->slot_count != other->slot_count ||
        one->code_bytes != other->code_bytes ||
        memcmp(one->code, other->code, one->code_bytes) != 0)
        return false;
    for (uint32_t i = 0; i < one->slot_count; i++)
        if (one->slots[i].access != other->slots[i].access ||
            one->addresses[i] != other->addresses[i])
            return false;
    return true;
}

bool same_events(const struct trace_event *one, const struct trace_event *other)
{
    if (one->kind != other->kind)
        return false;
    switch (one->kind) {
    case TRACE_PARAMETER:
        return strcmp(one->parameter.name, other->parameter.name) == 0 &&
               strcmp(one->parameter.value, other->parameter.value) == 0;
    case TRACE_PROGRAM:
        return same_programs(one, other);
    case TRACE_SWITCH:
    case TRACE_FORK:
    case TRACE_REAP:
    case TRACE_NO_FORK:
    case TRACE_BORROW:
        return one->pid == other->pid;
    case TRACE_EXEC:
        return one->exec.program == other->exec.program &&
               strcmp(one->exec.name, other->exec.name) == 0 &&
               one->exec.stack == other->exec.stack &&
               one->exec.failed == other->exec.failed;
    case TRACE_EXIT:
        return one->exit.pid == other->exit.pid &&
               one->exit.wait_status == other->exit.wait_status;
    case TRACE_MAP:
        return one->map.start == other->map.start &&
               one->map.end == other->map.end &&
               one->map.rights == other->map.rights &&
               one->map.flags == other->map.flags &&
               one->map.program == other->map.program &&
               one->map.segment == other->map.segment &&
               strcmp(one->map.name, other->map.name) == 0;
    case TRACE_UNMAP:
    case TRACE_PROTECT:
        return one->map.start == other->map.start &&
               one->map.end == other->map.end &&
               one->map.rights == other->map.rights;
    case TRACE_KERNEL:
        return one->kernel.linear == other->kernel.linear &&
               one->kernel.bytes == other->kernel.bytes &&
               one->kernel.write == other->kernel.write;
    case TRACE_TRAP:
        return one->trap.vector == other->trap.vector &&
               one->trap.software == other->trap.software &&
               one->trap.eip == other->trap.eip;
    case TRACE_TRY:
        return same_tries(&one->try, &other->try);
    case TRACE_MARK:
        return one->mark == other->mark;
    case TRACE_KILL:
        return one->signal == other->signal;
    case TRACE_MOVE:
        return one->move.from == other->move.from &&
               one->move.to == other->move.to &&
               one->move.bytes == other->move.bytes;
    case TRACE_FORGET:
        return one->map.start == other->map.start &&
               one->map.end == other->map.end;
    case TRACE_KEEP:
        return one->page == other->page;
    case TRACE_UNCITED:
        return one->count == other->count;
    case TRACE_CODE:
        return one->code.linear == other->code.linear &&
               one->code.bytes == other->code.bytes &&
               memcmp(one->code.code, other->code.code, one->code.bytes) == 0;
    case TRACE_FILE:
        return one->file.program == other->file.program &&
               strcmp(one->file.path, other->file.path) == 0 &&
               one->file.bytes == other->file.bytes &&
               one->file.hash == other->file.hash &&
               one->file.hash_kind == other->file.hash_kind;
    case TRACE_CHARGE:
        return one->charge.cost == other->charge.cost &&
               one->charge.times == other->charge.times;
    case TRACE_CONTENT:
        return one->content.linear == other->content.linear &&
               one->content.hash == other->content.hash;
    case TRACE_BLOCK:
        return same_blocks(&one->block, &other->block);
    case TRACE_RETURN:
    case TRACE_END:
        return true;
    }
    return false;
}
