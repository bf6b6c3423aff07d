/* tracecheck.c: see tracecheck.h. */
#include "trace/tracecheck.h"

#include <string.h>

#define IN_PAGE 0xFFFu

static const char *insns_wrong(const struct trace_shape *shape)
{
    uint32_t end = 0;

    for (uint32_t i = 0; i < shape->insn_count; i++) {
        const struct trace_insn *insn = &shape->insns[i];

        if (insn->bytes == 0 || insn->bytes > TRACE_INSN_BYTES_MAX)
            return "an instruction of no possible size";
        if (insn->offset < end ||
            insn->offset - end > (i == 0 ? 0 : TRACE_GAP_MAX))
            return "instructions of a block that are not in a row";
        end = (uint32_t)insn->offset + insn->bytes;
    }
    return end == shape->bytes
               ? NULL
               : "a block that does not end with its last instruction";
}

static const char *slots_wrong(const struct trace_shape *shape)
{
    uint32_t insn = 0;

    for (uint32_t i = 0; i < shape->slot_count; i++) {
        struct trace_slot slot = shape->slots[i];
        uint32_t bytes = trace_slot_bytes(slot);

        if (slot.insn < insn ||
            (slot.insn != 0 && slot.insn >= shape->insn_count))
            return "a data access of no instruction of its block";
        if (bytes == 0 || bytes > TRACE_SLOT_BYTES_MAX ||
            slot.access >> 13 != 0 || trace_slot_access(slot) > TRACE_MODIFY)
            return "an impossible data access";
        insn = slot.insn;
    }
    return NULL;
}

const char *trace_shape_wrong(const struct trace_shape *shape)
{
    const char *wrong;

    if (shape->insn_count > TRACE_INSNS_MAX ||
        shape->slot_count > TRACE_SLOTS_MAX ||
        shape->bytes > TRACE_BLOCK_BYTES_MAX)
        return "a block that is too large";
    if (shape->insn_count == 0 && (shape->slot_count > 1 || shape->again ||
                                   shape->linear != 0 || shape->code != NULL))
        return "a block without instructions";
    wrong = insns_wrong(shape);
    return wrong != NULL ? wrong : slots_wrong(shape);
}

static const char *block_wrong(const struct trace_block *block)
{
    const struct trace_shape *shape = block->shape;

    if (shape->insn_count == 0 && shape->slot_count == 0 && block->clocks == 0)
        return "a block of nothing";
    return trace_shape_wrong(shape);
}

static const char *text_wrong(const char *text)
{
    return strnlen(text, TRACE_TEXT_MAX + 1) > TRACE_TEXT_MAX
               ? "a text that is too long"
               : NULL;
}

static bool is_name_character(char character)
{
    return (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '_' ||
           character == '.' || character == '-';
}

static const char *parameter_wrong(const char *name, const char *value)
{
    size_t length = strnlen(name, TRACE_NAME_MAX + 1);

    if (length == 0 || length > TRACE_NAME_MAX || name[0] < 'a' ||
        name[0] > 'z')
        return "a parameter's name that is none";
    for (size_t i = 0; i < length; i++)
        if (!is_name_character(name[i]))
            return "a parameter's name that is none";
    return text_wrong(value);
}

static const char *program_wrong(const struct trace_event *event)
{
    if (event->program.id == 0)
        return "a program without a number";
    if (event->program.segment_count > TRACE_SEGMENTS_MAX)
        return "a program of too many segments";
    for (uint32_t i = 0; i < event->program.segment_count; i++)
        if (event->program.segments[i].rights > 7)
            return "impossible rights";
    return text_wrong(event->program.name);
}

static const char *map_wrong(enum trace_kind kind, const struct trace_map *map)
{
    if ((map->start & IN_PAGE) != 0 || (map->end & IN_PAGE) != 0 ||
        map->start >= map->end)
        return "no range of pages";
    if (kind != TRACE_UNMAP && kind != TRACE_FORGET && map->rights > 7)
        return "impossible rights";
    if (kind != TRACE_MAP)
        return NULL;
    if (map->flags > (TRACE_SHARED | TRACE_POPULATED))
        return "impossible flags";
    if (map->program == 0 && map->segment != 0)
        return "a segment without a program";
    return text_wrong(map->name);
}

static const char *try_wrong(const struct trace_try *try)
{
    if (try->slot_count > TRACE_TRY_SLOTS_MAX ||
        try->code_bytes > TRACE_CODE_MAX || try->outcome >= TRACE_OUTCOMES)
        return "an impossible try";
    for (uint32_t i = 0; i < try->slot_count; i++) {
        struct trace_slot slot = try->slots[i];
        uint32_t bytes = trace_slot_bytes(slot);

        if (slot.insn != 0 || bytes == 0 || bytes > TRACE_SLOT_BYTES_MAX ||
            slot.access >> 13 != 0 || trace_slot_access(slot) > TRACE_MODIFY)
            return "an impossible data access";
    }
    return NULL;
}

static const char *move_wrong(const struct trace_event *event)
{
    uint32_t last = event->move.bytes - 1;

    if (((event->move.from | event->move.to | event->move.bytes) & IN_PAGE) !=
            0 ||
        event->move.bytes == 0 || last > UINT32_MAX - event->move.from ||
        last > UINT32_MAX - event->move.to)
        return "no range of pages";
    return NULL;
}

static const char *file_wrong(const struct trace_event *event)
{
    if (event->file.program == 0)
        return "a program without a number";
    if (event->file.hash_kind > TRACE_HASH_XXH3)
        return "a hash of a kind that is not known here";
    return text_wrong(event->file.path);
}

const char *trace_event_wrong(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_PARAMETER:
        return parameter_wrong(event->parameter.name, event->parameter.value);
    case TRACE_PROGRAM:
        return program_wrong(event);
    case TRACE_SWITCH:
    case TRACE_FORK:
    case TRACE_REAP:
    case TRACE_NO_FORK:
    case TRACE_BORROW:
        return event->pid == 0 ? "no process" : NULL;
    case TRACE_EXEC:
        return text_wrong(event->exec.name);
    case TRACE_EXIT:
        return event->exit.pid == 0 ? "no process" : NULL;
    case TRACE_MAP:
    case TRACE_UNMAP:
    case TRACE_PROTECT:
    case TRACE_FORGET:
        return map_wrong(event->kind, &event->map);
    case TRACE_BLOCK:
        return block_wrong(&event->block);
    case TRACE_KERNEL:
        if (event->kernel.bytes == 0 ||
            event->kernel.bytes - 1 > UINT32_MAX - event->kernel.linear)
            return "an impossible access of the kernel";
        return NULL;
    case TRACE_CONTENT:
        return (event->content.linear & IN_PAGE) != 0 ? "no page" : NULL;
    case TRACE_TRY:
        return try_wrong(&event->try);
    case TRACE_MARK:
        return event->mark >= TRACE_MARKS ? "no mark" : NULL;
    case TRACE_KILL:
        return event->signal == 0 || event->signal > 64 ? "no signal" : NULL;
    case TRACE_MOVE:
        return move_wrong(event);
    case TRACE_KEEP:
        return (event->page & IN_PAGE) != 0 ? "no page" : NULL;
    case TRACE_CODE:
        return event->code.bytes == 0 || event->code.bytes > TRACE_CODE_MAX
                   ? "impossible code"
                   : NULL;
    case TRACE_FILE:
        return file_wrong(event);
    case TRACE_UNCITED:
    case TRACE_TRAP:
    case TRACE_RETURN:
    case TRACE_CHARGE:
    case TRACE_END:
        return NULL;
    }
    return "no event";
}
