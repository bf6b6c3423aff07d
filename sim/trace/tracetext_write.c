/* tracetext_write.c: writes the text form: see tracetext.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/traceblocks.h"
#include "trace/tracetext.h"

#define HELD_BYTES (64u << 10)
/* More than a line takes: the longest has a text of which each byte is written
 * as "\xHH", and the segments of a program. */
#define LINE_BYTES (24u << 10)

struct trace_text_writer {
    FILE *file;
    size_t used;
    int error;
    bool open; /* the last line is a block's, to which the next one may seem to
                  belong: */
    struct trace_shape block; /* this one (but for its parts) */
    char held[HELD_BYTES];
};

struct trace_text_writer *trace_text_writer_new(FILE *file)
{
    struct trace_text_writer *writer = malloc(sizeof(*writer));

    if (writer == NULL)
        return NULL;
    writer->file = file;
    writer->used = 0;
    writer->error = 0;
    writer->open = false;
    return writer;
}

static bool flush(struct trace_text_writer *writer)
{
    errno = 0;
    if (writer->error == 0 &&
        fwrite(writer->held, 1, writer->used, writer->file) != writer->used)
        writer->error = errno != 0 ? errno : EIO;
    writer->used = 0;
    return writer->error == 0;
}

/* Makes room for a line. */
static char *line_room(struct trace_text_writer *writer)
{
    if (HELD_BYTES - writer->used < LINE_BYTES)
        (void)flush(writer);
    return writer->held + writer->used;
}

static void line_done(struct trace_text_writer *writer, char *at)
{
    *at++ = '\n';
    writer->used = (size_t)(at - writer->held);
}

/* ---- what lines are made of ---- */

static char *add_word(char *at, const char *word)
{
    size_t length = strlen(word);

    memcpy(at, word, length);
    return at + length;
}

static char *add_hex(char *at, uint64_t number, unsigned digits)
{
    static const char digit[] = "0123456789abcdef";

    while (digits-- != 0)
        *at++ = digit[number >> 4 * digits & 15];
    return at;
}

static char *add_number(char *at, uint32_t number)
{
    char digits[10];
    unsigned count = 0;

    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count != 0)
        *at++ = digits[--count];
    return at;
}

static char *add_word_number(char *at, const char *word, uint32_t number)
{
    return add_number(add_word(at, word), number);
}

static char *add_text(char *at, const char *text)
{
    *at++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\') {
            *at++ = '\\';
            *at++ = (char)byte;
        } else if (byte < ' ' || byte > '~') {
            at = add_hex(add_word(at, "\\x"), byte, 2);
        } else {
            *at++ = (char)byte;
        }
    }
    *at++ = '"';
    return at;
}

static char *add_rights(char *at, uint8_t rights)
{
    if (rights == 0)
        *at++ = '-';
    if ((rights & TRACE_READABLE) != 0)
        *at++ = 'r';
    if ((rights & TRACE_WRITABLE) != 0)
        *at++ = 'w';
    if ((rights & TRACE_EXECUTABLE) != 0)
        *at++ = 'x';
    return at;
}

/* "08048000,4" */
static char *add_place(char *at, uint32_t linear, uint32_t bytes)
{
    at = add_hex(at, linear, 8);
    *at++ = ',';
    return add_number(at, bytes);
}

/* ---- blocks ---- */

static void write_insn(struct trace_text_writer *writer,
                       const struct trace_shape *shape, uint32_t index)
{
    const struct trace_insn *insn = &shape->insns[index];
    char *at = line_room(writer);

    at = add_word(at, index == 0 && shape->again ? "again " : "I  ");
    at = add_place(at, shape->linear + insn->offset, insn->bytes);
    if (shape->code != NULL) {
        *at++ = ' ';
        for (uint32_t i = 0; i < insn->bytes; i++)
            at = add_hex(at, shape->code[insn->offset + i], 2);
    }
    line_done(writer, at);
}

static void write_access(struct trace_text_writer *writer,
                         struct trace_slot slot, uint32_t linear)
{
    static const char *const words[] = {
        [TRACE_READ] = " L ", [TRACE_WRITE] = " S ", [TRACE_MODIFY] = " M "};
    char *at = line_room(writer);

    at = add_word(at, words[trace_slot_access(slot)]);
    at = add_place(at, linear, trace_slot_bytes(slot));
    if (trace_slot_supervisor(slot))
        at = add_word(at, " supervisor");
    line_done(writer, at);
}

/* True where the block's first line would be read as one of the block
 * before. */
static bool seems_to_go_on(const struct trace_text_writer *writer,
                           const struct trace_shape *shape)
{
    if (!writer->open)
        return false;
    if (shape->insn_count == 0)
        return shape->slot_count == 0 ||
               trace_block_takes_access(&writer->block);
    return !shape->again &&
           trace_block_takes_insn(&writer->block, shape->linear,
                                  shape->insns[0].bytes, shape->code != NULL);
}

static void write_block(struct trace_text_writer *writer,
                        const struct trace_block *block)
{
    const struct trace_shape *shape = block->shape;
    uint32_t slot = 0;

    if (seems_to_go_on(writer, shape))
        line_done(writer, add_word(line_room(writer), "block"));
    for (uint32_t i = 0; i < shape->insn_count || slot < shape->slot_count;
         i++) {
        if (i < shape->insn_count)
            write_insn(writer, shape, i);
        for (; slot < shape->slot_count && shape->slots[slot].insn <= i; slot++)
            write_access(writer, shape->slots[slot], block->addresses[slot]);
    }
    if (block->clocks != 0)
        line_done(writer,
                  add_word_number(line_room(writer), "clocks ", block->clocks));
    writer->open = block->clocks == 0;
    writer->block = *shape;
}

/* ---- other events ---- */

static char *add_program(char *at, const struct trace_event *event)
{
    at = add_word_number(at, "program ", event->program.id);
    *at++ = ' ';
    at = add_text(at, event->program.name);
    for (uint32_t i = 0; i < event->program.segment_count; i++) {
        const struct trace_segment *segment = &event->program.segments[i];

        *at++ = ' ';
        at = add_place(at, segment->linear, segment->memory_bytes);
        *at++ = ',';
        at = add_number(at, segment->file_bytes);
        *at++ = ',';
        at = add_rights(at, segment->rights);
    }
    return at;
}

static char *add_range(char *at, const char *word, const struct trace_map *map)
{
    at = add_hex(add_word(at, word), map->start, 8);
    *at++ = '-';
    return add_hex(at, map->end, 8);
}

static char *add_map(char *at, const struct trace_map *map)
{
    at = add_range(at, "map ", map);
    *at++ = ' ';
    at = add_rights(at, map->rights);
    if ((map->flags & TRACE_SHARED) != 0)
        at = add_word(at, " shared");
    if ((map->flags & TRACE_POPULATED) != 0)
        at = add_word(at, " populated");
    if (map->program != 0) {
        at = add_word_number(at, " program ", map->program);
        at = add_word_number(at, " ", map->segment);
    }
    if (map->name[0] != '\0') {
        *at++ = ' ';
        at = add_text(at, map->name);
    }
    return at;
}

static char *add_exec(char *at, const struct trace_event *event)
{
    at = add_word(at, "exec ");
    if (event->exec.program != 0)
        at = add_word(add_number(at, event->exec.program), " ");
    at = add_text(at, event->exec.name);
    if (event->exec.stack != 0)
        at = add_hex(add_word(at, " stack "), event->exec.stack, 8);
    return event->exec.failed ? add_word(at, " failed") : at;
}

static char *add_code(char *at, const uint8_t *code, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        at = add_hex(at, code[i], 2);
    return at;
}

/* "try 08048000,3 serviced code 8b06 L 0804a000,4" */
static char *add_try(char *at, const struct trace_try *try)
{
    static const char *const outcomes[TRACE_OUTCOMES] = {
        [TRACE_NO_FAULT] = " nothing",
        [TRACE_SERVICED] = " serviced",
        [TRACE_REFUSED] = " refused",
        [TRACE_NO_FRAME] = " starved",
    };
    static const char *const words[] = {
        [TRACE_READ] = " L ", [TRACE_WRITE] = " S ", [TRACE_MODIFY] = " M "};

    at = add_word(at, "try ");
    at = add_place(at, try->linear, try->bytes);
    at = add_word(at, outcomes[try->outcome]);
    if (try->code_bytes != 0)
        at = add_code(add_word(at, " code "), try->code, try->code_bytes);
    for (uint32_t i = 0; i < try->slot_count; i++) {
        struct trace_slot slot = try->slots[i];

        at = add_word(at, words[trace_slot_access(slot)]);
        at = add_place(at, try->addresses[i], trace_slot_bytes(slot));
        if (trace_slot_supervisor(slot))
            at = add_word(at, " supervisor");
    }
    return at;
}

static const char *const marks[TRACE_MARKS] = {
    [TRACE_CALL_BEGINS] = "call",
    [TRACE_FORK_BEGINS] = "call forks",
    [TRACE_CALL_ENDS] = "called",
    [TRACE_SERVED] = "served",
};

static char *add_move(char *at, const struct trace_event *event)
{
    at = add_hex(add_word(at, "move "), event->move.from, 8);
    at = add_hex(add_word(at, " "), event->move.to, 8);
    return add_word_number(at, ",", event->move.bytes);
}

static char *add_file(char *at, const struct trace_event *event)
{
    at = add_word_number(at, "file ", event->file.program);
    at = add_text(add_word(at, " "), event->file.path);
    at = add_word_number(at, " ", event->file.bytes);
    at = add_hex(add_word(at, " "), event->file.hash, 16);
    return event->file.hash_kind == TRACE_HASH_XXH3 ? add_word(at, " xxh3")
                                                    : at;
}

static char *add_event(char *at, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_PARAMETER:
        at = add_word(
            add_word(add_word(at, "parameter "), event->parameter.name), " ");
        return add_text(at, event->parameter.value);
    case TRACE_PROGRAM:
        return add_program(at, event);
    case TRACE_SWITCH:
        return add_word_number(at, "switch ", event->pid);
    case TRACE_FORK:
        return add_word_number(at, "fork ", event->pid);
    case TRACE_REAP:
        return add_word_number(at, "reap ", event->pid);
    case TRACE_EXEC:
        return add_exec(at, event);
    case TRACE_EXIT:
        at = add_word_number(at, "exit ", event->exit.pid);
        return add_word_number(at, " ", event->exit.wait_status);
    case TRACE_MAP:
        return add_map(at, &event->map);
    case TRACE_UNMAP:
        return add_range(at, "unmap ", &event->map);
    case TRACE_PROTECT:
        return add_rights(add_word(add_range(at, "protect ", &event->map), " "),
                          event->map.rights);
    case TRACE_KERNEL:
        at = add_word(at,
                      event->kernel.write ? "kernel write " : "kernel read ");
        return add_place(at, event->kernel.linear, event->kernel.bytes);
    case TRACE_TRAP:
        at = add_word_number(at, "trap ", event->trap.vector);
        if (event->trap.software)
            at = add_word(at, " software");
        return event->trap.eip != 0
                   ? add_hex(add_word(at, " at "), event->trap.eip, 8)
                   : at;
    case TRACE_RETURN:
        return add_word(at, "return");
    case TRACE_CHARGE:
        at = add_word_number(at, "charge ", event->charge.cost);
        return add_word_number(at, " ", event->charge.times);
    case TRACE_CONTENT:
        at = add_hex(add_word(at, "content "), event->content.linear, 8);
        return add_hex(add_word(at, " "), event->content.hash, 16);
    case TRACE_END:
        return add_word(at, "end");
    case TRACE_TRY:
        return add_try(at, &event->try);
    case TRACE_MARK:
        return add_word(at, marks[event->mark]);
    case TRACE_KILL:
        return add_word_number(at, "kill ", event->signal);
    case TRACE_MOVE:
        return add_move(at, event);
    case TRACE_FORGET:
        return add_range(at, "forget ", &event->map);
    case TRACE_KEEP:
        return add_hex(add_word(at, "keep "), event->page, 8);
    case TRACE_BORROW:
        return add_word_number(at, "borrow ", event->pid);
    case TRACE_UNCITED:
        return add_word_number(at, "uncited ", event->count);
    case TRACE_CODE:
        at = add_hex(add_word(at, "code "), event->code.linear, 8);
        return add_code(add_word(at, " "), event->code.code, event->code.bytes);
    case TRACE_FILE:
        return add_file(at, event);
    case TRACE_NO_FORK:
        return add_word_number(at, "nofork ", event->pid);
    case TRACE_BLOCK:
        break;
    }
    return at;
}

bool trace_text_writer_add(struct trace_text_writer *writer,
                           const struct trace_event *event)
{
    if (event->kind == TRACE_BLOCK) {
        write_block(writer, &event->block);
    } else {
        line_done(writer, add_event(line_room(writer), event));
        writer->open = false;
    }
    return writer->error == 0;
}

bool trace_text_writer_end(struct trace_text_writer *writer, bool whole)
{
    const struct trace_event end = {.kind = TRACE_END};
    int error;

    if (whole)
        (void)trace_text_writer_add(writer, &end);
    if (flush(writer)) {
        errno = 0;
        if (fflush(writer->file) != 0)
            writer->error = errno != 0 ? errno : EIO;
    }
    error = writer->error;
    free(writer);
    errno = error;
    return error == 0;
}
