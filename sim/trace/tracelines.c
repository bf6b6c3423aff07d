/* tracelines.c: see tracelines.h. A block is known to be whole only when what
 * follows it was read; that line then waits for the next call. */
#include "trace/tracelines.h"

#include <stdlib.h>
#include <string.h>

#include "trace/traceblocks.h"
#include "trace/tracedin.h"
#include "trace/tracefold.h"
#include "trace/traceshapes.h"
#include "trace/tracetext.h"

struct trace_lines {
    struct trace_bytes *bytes;
    const char *(*read_line)(struct trace_line *line, const char *text,
                             size_t length);
    uint64_t number;
    uint64_t frame;
    struct trace_shapes shapes;
    struct trace_blocks blocks;
    bool brought; /* the open block was brought, and is to be closed */
    bool waits;   /* the line was read, but not yet taken */
    bool ended;   /* there was the event of the end */
    bool din;
    bool fold64;
    struct trace_fold fold;
    enum trace_got last; /* what there is behind the last line: TRACE_GOT_EVENT
                            before that */
    const char *why;
    struct trace_line line;
};

struct trace_lines *trace_lines_new(struct trace_bytes *bytes, bool din,
                                    bool fold64)
{
    struct trace_lines *lines = calloc(1, sizeof(*lines));

    if (lines == NULL)
        return NULL;
    lines->bytes = bytes;
    lines->din = din;
    lines->read_line = din ? trace_din_line : trace_text_line;
    lines->fold64 = fold64;
    if (!trace_shapes_init(&lines->shapes, true)) {
        free(lines);
        return NULL;
    }
    return lines;
}

void trace_lines_free(struct trace_lines *lines)
{
    if (lines == NULL)
        return;
    trace_shapes_free(&lines->shapes);
    trace_fold_free(&lines->fold);
    free(lines);
}

static bool fail(struct trace_lines *lines, const char *why)
{
    lines->last = TRACE_GOT_WRONG;
    lines->why = why;
    return false;
}

/* The input has ended. */
static bool finish(struct trace_lines *lines)
{
    const struct trace_bytes *bytes = lines->bytes;

    lines->last = TRACE_GOT_END;
    if (bytes->why != NULL) {
        lines->last = bytes->cut ? TRACE_GOT_CUT : TRACE_GOT_WRONG;
        lines->why = bytes->why;
    }
    return false;
}

/* The last line has no newline, and is none. */
static bool cut(struct trace_lines *lines)
{
    lines->last = TRACE_GOT_CUT;
    lines->why = "the trace was cut short in this line";
    return false;
}

/* True of events that hold addresses: what they were folded to, nobody who
 * wrote them can know. */
static bool holds_addresses(enum trace_kind kind)
{
    return kind == TRACE_PROGRAM || kind == TRACE_MAP || kind == TRACE_UNMAP ||
           kind == TRACE_PROTECT || kind == TRACE_KERNEL ||
           kind == TRACE_CONTENT || kind == TRACE_TRY || kind == TRACE_MOVE ||
           kind == TRACE_FORGET || kind == TRACE_KEEP || kind == TRACE_CODE;
}

/* Turns the line's address into one of 32 bits. */
static bool fold_line(struct trace_lines *lines)
{
    struct trace_line *line = &lines->line;
    uint32_t folded;

    if (line->kind == TRACE_LINE_EVENT && lines->fold64 &&
        holds_addresses(line->event.kind))
        return fail(lines,
                    "an event with addresses, in a trace that is to be folded");
    if (line->kind != TRACE_LINE_INSN && line->kind != TRACE_LINE_AGAIN &&
        line->kind != TRACE_LINE_ACCESS)
        return true;
    if (!lines->fold64)
        return line->linear <= UINT32_MAX ||
               fail(lines,
                    "an address of more than 32 bits (--fold64 folds them)");
    if (!trace_fold_address(&lines->fold, line->linear, &folded))
        return fail(lines, "more memory than can be folded into 32 bits");
    line->linear = folded;
    return true;
}

/* Reads lines up to one that says something. False where there is none: `last`
 * says what then. */
static bool read_line(struct trace_lines *lines)
{
    const char *text;
    size_t length;
    bool whole;

    while (trace_bytes_line(lines->bytes, &text, &length, &whole)) {
        const char *why;

        lines->number++;
        if (!whole && !lines->bytes->ended)
            return fail(lines, "a line that is too long");
        if (!whole && lines->bytes->why != NULL)
            return finish(lines); /* the line may have gone on */
        why = lines->read_line(&lines->line, text, length);
        if (why != NULL && !whole)
            return cut(lines);
        if (why != NULL)
            return fail(lines, why);
        if (lines->line.kind == TRACE_LINE_NOTHING)
            continue;
        if (lines->ended)
            return fail(lines, "something after the end");
        return fold_line(lines);
    }
    return finish(lines);
}

/* The open block's shape, as it stays. NULL where memory is short. */
static struct trace_known *keep_shape(struct trace_lines *lines)
{
    struct trace_shapes *shapes = &lines->shapes;
    unsigned which;
    struct trace_known *known =
        trace_shapes_expected(shapes, &lines->blocks.shape, &which);

    if (known == NULL)
        known = trace_shapes_find(shapes, &lines->blocks.shape);
    if (known == NULL && trace_shapes_full(shapes)) {
        trace_shapes_clear(shapes);
        lines->frame++;
    }
    if (known == NULL)
        known = trace_shapes_add(shapes, &lines->blocks.shape);
    if (known != NULL)
        trace_shapes_follow(shapes, known);
    return known;
}

static enum trace_got bring_block(struct trace_lines *lines,
                                  struct trace_event *event)
{
    const struct trace_known *known = keep_shape(lines);

    lines->brought = true;
    if (known == NULL) {
        (void)fail(lines, "memory is short");
        return lines->last;
    }
    event->kind = TRACE_BLOCK;
    event->block = trace_blocks_block(&lines->blocks);
    event->block.shape = &known->shape;
    return TRACE_GOT_EVENT;
}

enum taken {
    TAKEN,          /* into the open block, or it was nothing more */
    TAKEN_AS_END,   /* the open block ends with it */
    TAKEN_AS_EVENT, /* it is an event to be brought */
    NOT_TAKEN,      /* the open block has to be brought first */
};

static enum taken take_line(struct trace_lines *lines)
{
    struct trace_line *line = &lines->line;
    struct trace_blocks *blocks = &lines->blocks;
    uint32_t linear = (uint32_t)line->linear;

    switch (line->kind) {
    case TRACE_LINE_INSN:
    case TRACE_LINE_AGAIN:
        return trace_blocks_insn(blocks, linear, line->bytes, line->code,
                                 line->kind == TRACE_LINE_AGAIN)
                   ? TAKEN
                   : NOT_TAKEN;
    case TRACE_LINE_ACCESS:
        return trace_blocks_access(blocks, line->slot, linear) ? TAKEN
                                                               : NOT_TAKEN;
    case TRACE_LINE_CLOCKS:
        if (!blocks->open)
            trace_blocks_open(blocks);
        blocks->clocks = line->clocks;
        return TAKEN_AS_END;
    case TRACE_LINE_BLOCK:
        return blocks->open ? TAKEN_AS_END : TAKEN;
    case TRACE_LINE_EVENT:
        if (blocks->open)
            return NOT_TAKEN;
        lines->ended = line->event.kind == TRACE_END;
        return lines->ended ? TAKEN : TAKEN_AS_EVENT;
    case TRACE_LINE_NOTHING:
        break;
    }
    return TAKEN;
}

/* Takes many lines at once into the open block: true where it has to be brought
 * before the next. */
static bool take_din(struct trace_lines *lines)
{
    struct trace_bytes *bytes = lines->bytes;
    bool full;

    trace_bytes_skip(
        bytes, trace_din_take(&lines->blocks, bytes->held + bytes->at,
                              bytes->end - bytes->at, &lines->number, &full));
    return full;
}

enum trace_got trace_lines_next(struct trace_lines *lines,
                                struct trace_event *event)
{
    if (lines->brought)
        trace_blocks_close(&lines->blocks);
    lines->brought = false;
    for (;;) {
        enum taken taken;

        if (lines->last == TRACE_GOT_EVENT && lines->din && !lines->fold64 &&
            !lines->waits && take_din(lines))
            return bring_block(lines, event);
        if (lines->last != TRACE_GOT_EVENT ||
            (!lines->waits && !read_line(lines)))
            return lines->blocks.open ? bring_block(lines, event) : lines->last;
        taken = take_line(lines);
        lines->waits = taken == NOT_TAKEN;
        if (taken == TAKEN_AS_EVENT) {
            *event = lines->line.event;
            return TRACE_GOT_EVENT;
        }
        if (taken != TAKEN)
            return bring_block(lines, event);
    }
}

uint64_t trace_lines_frame(const struct trace_lines *lines)
{
    return lines->frame;
}

const char *trace_lines_why(const struct trace_lines *lines)
{
    return lines->why;
}

uint64_t trace_lines_number(const struct trace_lines *lines)
{
    return lines->number;
}
