/* tracefields.c: see tracefields.h. */
#include "trace/tracefields.h"

#include <stdbool.h>
#include <string.h>

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

static void read_program(struct trace_fields *fields, struct varints *from,
                         struct trace_event *event)
{
    event->program.id = varints_next(from);
    event->program.name = read_text(from, fields->texts[0]);
    event->program.segment_count = varints_next(from);
    event->program.segments = fields->segments;
    if (event->program.segment_count > TRACE_SEGMENTS_MAX) {
        from->failed = true;
        return;
    }
    for (uint32_t i = 0; i < event->program.segment_count; i++) {
        struct trace_segment *segment = &fields->segments[i];

        segment->linear = varints_next(from);
        segment->memory_bytes = varints_next(from);
        segment->file_bytes = varints_next(from);
        segment->rights = read_small(from);
    }
}

static void read_map(struct trace_fields *fields, struct varints *from,
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
    map->name = read_text(from, fields->texts[0]);
}

static void read_try(struct trace_fields *fields, struct varints *from,
                     struct trace_try *try)
{
    uint32_t last = varints_next(from);

    *try = (struct trace_try){.linear = last,
                              .slots = fields->slots,
                              .addresses = fields->addresses,
                              .code = fields->code};
    try->bytes = read_byte(from);
    try->outcome = read_byte(from);
    try->code_bytes = read_byte(from);
    for (uint32_t i = 0; i < try->code_bytes; i++)
        fields->code[i] = read_byte(from);
    try->slot_count = read_byte(from);
    for (uint32_t i = 0; i < try->slot_count; i++) {
        uint32_t access = varints_next(from);

        if (access > UINT16_MAX)
            from->failed = true;
        last += unzigzag(varints_next(from));
        fields->slots[i] = (struct trace_slot){.access = (uint16_t)access};
        fields->addresses[i] = last;
    }
}

static void read_code_bytes(struct trace_fields *fields, struct varints *from,
                            struct trace_event *event)
{
    event->code.linear = varints_next(from);
    event->code.bytes = varints_next(from);
    event->code.code = fields->code;
    for (uint32_t i = 0; i < event->code.bytes && i < TRACE_CODE_MAX; i++)
        fields->code[i] = read_byte(from);
}

static uint32_t read_page(struct varints *from)
{
    uint32_t page = varints_next(from);

    if (page > 0xFFFFF)
        from->failed = true;
    return page << 12;
}

static void read_file(struct trace_fields *fields, struct varints *from,
                      struct trace_event *event)
{
    event->file.program = varints_next(from);
    event->file.path = read_text(from, fields->texts[0]);
    event->file.bytes = varints_next(from);
    event->file.hash = read_u64(from);
    event->file.hash_kind = TRACE_HASH_FNV1A;
    if (from->at < from->end) /* older traces end here */
        event->file.hash_kind = (enum trace_hash)read_byte(from);
}

void trace_fields_read(struct trace_fields *fields, struct varints *from,
                       struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_PARAMETER:
        event->parameter.name = read_text(from, fields->texts[0]);
        event->parameter.value = read_text(from, fields->texts[1]);
        break;
    case TRACE_PROGRAM:
        read_program(fields, from, event);
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
        event->exec.name = read_text(from, fields->texts[0]);
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
        read_map(fields, from, event);
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
        read_try(fields, from, &event->try);
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
        read_code_bytes(fields, from, event);
        break;
    case TRACE_FILE:
        read_file(fields, from, event);
        break;
    case TRACE_RETURN:
    case TRACE_END:
    case TRACE_BLOCK:
        break;
    }
}
