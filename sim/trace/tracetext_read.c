/* tracetext_read.c: reads lines of the text form: see tracetext.h. */
#include <string.h>

#include "trace/tracecheck.h"
#include "trace/traceline.h"
#include "trace/tracetext.h"

static const char more[] = "more on the line than there should be";

static const char *end_of(struct cursor *cursor)
{
    cursor_spaces(cursor);
    if (cursor->why == NULL && !cursor_at_end(cursor))
        cursor->why = more;
    return cursor->why;
}

/* ---- accesses: lackey's lines ---- */

/* "ADDRESS,SIZE" */
static void read_place(struct cursor *cursor, struct trace_line *line,
                       uint32_t bytes_max)
{
    line->linear = cursor_hex(cursor);
    cursor_expect(cursor, ',');
    line->bytes = cursor_number(cursor);
    if (cursor->why == NULL && (line->bytes == 0 || line->bytes > bytes_max))
        cursor->why = "an impossible size";
    if (cursor->why == NULL && line->bytes - 1 > UINT64_MAX - line->linear)
        cursor->why = "an address of more than 64 bits";
}

static const char *read_insn(struct cursor *cursor, struct trace_line *line)
{
    uint32_t count;

    cursor_spaces(cursor);
    read_place(cursor, line, TRACE_INSN_BYTES_MAX);
    line->code = NULL;
    cursor_spaces(cursor);
    if (cursor->why != NULL || cursor_at_end(cursor))
        return end_of(cursor);
    count = cursor_bytes(cursor, line->bytes_of_code, line->bytes);
    if (count != line->bytes)
        return "code of another size than the instruction's";
    line->code = line->bytes_of_code;
    return end_of(cursor);
}

static const char *read_access(struct cursor *cursor, struct trace_line *line,
                               enum trace_access access)
{
    bool supervisor = false;

    line->kind = TRACE_LINE_ACCESS;
    cursor_spaces(cursor);
    read_place(cursor, line, TRACE_SLOT_BYTES_MAX);
    cursor_spaces(cursor);
    if (cursor->why == NULL && !cursor_at_end(cursor))
        supervisor = cursor_word_is(cursor, "supervisor");
    line->slot = trace_slot_of(0, access, line->bytes, supervisor);
    return end_of(cursor);
}

/* ---- events ---- */

static uint8_t read_rights(struct cursor *cursor)
{
    static const char letters[] = "rwx";
    uint8_t rights = 0;

    cursor_spaces(cursor);
    if (cursor_take(cursor, '-'))
        return 0;
    for (unsigned i = 0; letters[i] != '\0'; i++)
        if (cursor_take(cursor, letters[i]))
            rights |= (uint8_t)(1u << i);
    if (rights == 0 ||
        (!cursor_at_end(cursor) && *cursor->at != ' ' && *cursor->at != '\t'))
        cursor_fail(cursor,
                    "no rights (they are letters of rwx, in this order, or -)");
    return rights;
}

static void read_parameter(struct cursor *cursor, struct trace_line *line)
{
    struct trace_event *event = &line->event;

    event->parameter.name = cursor_word(cursor, line->texts[0], TRACE_NAME_MAX);
    event->parameter.value =
        cursor_text(cursor, line->texts[1], TRACE_TEXT_MAX);
}

static void read_segment(struct cursor *cursor, struct trace_segment *segment)
{
    segment->linear = cursor_linear(cursor);
    cursor_expect(cursor, ',');
    segment->memory_bytes = cursor_number(cursor);
    cursor_expect(cursor, ',');
    segment->file_bytes = cursor_number(cursor);
    cursor_expect(cursor, ',');
    segment->rights = read_rights(cursor);
}

static void read_program(struct cursor *cursor, struct trace_line *line)
{
    struct trace_event *event = &line->event;

    event->program.id = cursor_number(cursor);
    event->program.name = cursor_text(cursor, line->texts[0], TRACE_TEXT_MAX);
    event->program.segment_count = 0;
    event->program.segments = line->segments;
    for (cursor_spaces(cursor); cursor->why == NULL && !cursor_at_end(cursor);
         cursor_spaces(cursor)) {
        if (event->program.segment_count == TRACE_SEGMENTS_MAX)
            cursor_fail(cursor, "too many segments");
        else
            read_segment(cursor,
                         &line->segments[event->program.segment_count++]);
    }
}

static void read_pid(struct cursor *cursor, struct trace_line *line)
{
    line->event.pid = cursor_number(cursor);
}

static void read_exec(struct cursor *cursor, struct trace_line *line)
{
    cursor_spaces(cursor);
    line->event.exec.program = 0;
    if (!cursor_at_end(cursor) && *cursor->at != '"')
        line->event.exec.program = cursor_number(cursor);
    line->event.exec.name = cursor_text(cursor, line->texts[0], TRACE_TEXT_MAX);
    line->event.exec.stack =
        cursor_word_is(cursor, "stack") ? cursor_linear(cursor) : 0;
    line->event.exec.failed = cursor_word_is(cursor, "failed");
}

static void read_exit(struct cursor *cursor, struct trace_line *line)
{
    line->event.exit.pid = cursor_number(cursor);
    line->event.exit.wait_status = cursor_number(cursor);
}

static void read_range(struct cursor *cursor, struct trace_line *line)
{
    line->event.map = (struct trace_map){.name = ""};
    line->event.map.start = cursor_linear(cursor);
    cursor_expect(cursor, '-');
    line->event.map.end = cursor_linear(cursor);
}

static void read_protect(struct cursor *cursor, struct trace_line *line)
{
    read_range(cursor, line);
    line->event.map.rights = read_rights(cursor);
}

static void read_map(struct cursor *cursor, struct trace_line *line)
{
    struct trace_map *map = &line->event.map;
    bool named = false;

    read_protect(cursor, line);
    for (cursor_spaces(cursor);
         cursor->why == NULL && !cursor_at_end(cursor) && !named;
         cursor_spaces(cursor)) {
        if (*cursor->at == '"') {
            map->name = cursor_text(cursor, line->texts[0], TRACE_TEXT_MAX);
            named = true;
        } else if (cursor_word_is(cursor, "shared")) {
            map->flags |= TRACE_SHARED;
        } else if (cursor_word_is(cursor, "populated")) {
            map->flags |= TRACE_POPULATED;
        } else if (cursor_word_is(cursor, "program")) {
            map->program = cursor_number(cursor);
            map->segment = cursor_number(cursor);
        } else {
            cursor_fail(cursor, "no word that a mapping has");
        }
    }
}

static void read_kernel(struct cursor *cursor, struct trace_line *line)
{
    line->event.kernel.write = cursor_word_is(cursor, "write");
    if (!line->event.kernel.write && !cursor_word_is(cursor, "read"))
        cursor_fail(cursor, "neither read nor write");
    line->event.kernel.linear = cursor_linear(cursor);
    cursor_expect(cursor, ',');
    line->event.kernel.bytes = cursor_number(cursor);
}

static void read_trap(struct cursor *cursor, struct trace_line *line)
{
    uint32_t vector = cursor_number(cursor);

    if (vector > UINT8_MAX)
        cursor_fail(cursor, "no vector");
    line->event.trap.vector = (uint8_t)vector;
    cursor_spaces(cursor);
    line->event.trap.software =
        !cursor_at_end(cursor) && cursor_word_is(cursor, "software");
    line->event.trap.eip =
        cursor_word_is(cursor, "at") ? cursor_linear(cursor) : 0;
}

static void read_nothing(struct cursor *cursor, struct trace_line *line)
{
    (void)cursor;
    (void)line;
}

static void read_charge(struct cursor *cursor, struct trace_line *line)
{
    line->event.charge.cost = cursor_number(cursor);
    line->event.charge.times = cursor_number(cursor);
}

static void read_content(struct cursor *cursor, struct trace_line *line)
{
    line->event.content.linear = cursor_linear(cursor);
    cursor_spaces(cursor);
    line->event.content.hash = cursor_hex(cursor);
}

static enum trace_outcome read_outcome(struct cursor *cursor)
{
    static const char *const words[TRACE_OUTCOMES] = {
        [TRACE_NO_FAULT] = "nothing",
        [TRACE_SERVICED] = "serviced",
        [TRACE_REFUSED] = "refused",
        [TRACE_NO_FRAME] = "starved",
    };

    for (int i = 0; i < TRACE_OUTCOMES; i++)
        if (cursor_word_is(cursor, words[i]))
            return (enum trace_outcome)i;
    cursor_fail(cursor, "no outcome of a try");
    return TRACE_NO_FAULT;
}

/* "L 0804a000,4 supervisor" */
static void read_try_slot(struct cursor *cursor, struct trace_line *line)
{
    static const char *const words[] = {
        [TRACE_READ] = "L", [TRACE_WRITE] = "S", [TRACE_MODIFY] = "M"};
    struct trace_try *try = &line->event.try;
    int access = TRACE_READ;
    uint32_t bytes;

    while (access <= TRACE_MODIFY && !cursor_word_is(cursor, words[access]))
        access++;
    if (access > TRACE_MODIFY || try->slot_count == TRACE_TRY_SLOTS_MAX) {
        cursor_fail(cursor, "no data access of a try");
        return;
    }
    line->addresses[try->slot_count] = cursor_linear(cursor);
    cursor_expect(cursor, ',');
    bytes = cursor_number(cursor);
    if (bytes > TRACE_SLOT_BYTES_MAX)
        cursor_fail(cursor, "an impossible size");
    line->slots[try->slot_count++] =
        trace_slot_of(0, (enum trace_access)access, bytes & 0x3FF,
                      cursor_word_is(cursor, "supervisor"));
}

static void read_try(struct cursor *cursor, struct trace_line *line)
{
    struct trace_try *try = &line->event.try;
    uint32_t bytes;

    *try = (struct trace_try){.linear = cursor_linear(cursor),
                              .slots = line->slots,
                              .addresses = line->addresses,
                              .code = line->bytes_of_code};
    cursor_expect(cursor, ',');
    bytes = cursor_number(cursor);
    if (bytes > TRACE_INSN_BYTES_MAX)
        cursor_fail(cursor, "an impossible size");
    try->bytes = (uint8_t)bytes;
    try->outcome = (uint8_t)read_outcome(cursor);
    if (cursor_word_is(cursor, "code")) {
        cursor_spaces(cursor);
        try->code_bytes =
            (uint8_t)cursor_bytes(cursor, line->bytes_of_code, TRACE_CODE_MAX);
    }
    for (cursor_spaces(cursor); cursor->why == NULL && !cursor_at_end(cursor);
         cursor_spaces(cursor))
        read_try_slot(cursor, line);
}

static void read_call(struct cursor *cursor, struct trace_line *line)
{
    line->event.mark =
        cursor_word_is(cursor, "forks") ? TRACE_FORK_BEGINS : TRACE_CALL_BEGINS;
}

static void read_called(struct cursor *cursor, struct trace_line *line)
{
    (void)cursor;
    line->event.mark = TRACE_CALL_ENDS;
}

static void read_served(struct cursor *cursor, struct trace_line *line)
{
    (void)cursor;
    line->event.mark = TRACE_SERVED;
}

static void read_kill(struct cursor *cursor, struct trace_line *line)
{
    line->event.signal = cursor_number(cursor);
}

static void read_move(struct cursor *cursor, struct trace_line *line)
{
    line->event.move.from = cursor_linear(cursor);
    line->event.move.to = cursor_linear(cursor);
    cursor_expect(cursor, ',');
    line->event.move.bytes = cursor_number(cursor);
}

static void read_keep(struct cursor *cursor, struct trace_line *line)
{
    line->event.page = cursor_linear(cursor);
}

static void read_uncited(struct cursor *cursor, struct trace_line *line)
{
    line->event.count = cursor_number(cursor);
}

static void read_code(struct cursor *cursor, struct trace_line *line)
{
    line->event.code.linear = cursor_linear(cursor);
    cursor_spaces(cursor);
    line->event.code.code = line->bytes_of_code;
    line->event.code.bytes =
        cursor_bytes(cursor, line->bytes_of_code, TRACE_CODE_MAX);
}

static void read_file(struct cursor *cursor, struct trace_line *line)
{
    line->event.file.program = cursor_number(cursor);
    line->event.file.path = cursor_text(cursor, line->texts[0], TRACE_TEXT_MAX);
    line->event.file.bytes = cursor_number(cursor);
    cursor_spaces(cursor);
    line->event.file.hash = cursor_hex(cursor);
    line->event.file.hash_kind =
        cursor_word_is(cursor, "xxh3") ? TRACE_HASH_XXH3 : TRACE_HASH_FNV1A;
}

static const struct {
    const char *word;
    enum trace_kind kind;
    void (*read)(struct cursor *cursor, struct trace_line *line);
} events[] = {
    {"kernel", TRACE_KERNEL, read_kernel},
    {"trap", TRACE_TRAP, read_trap},
    {"return", TRACE_RETURN, read_nothing},
    {"charge", TRACE_CHARGE, read_charge},
    {"content", TRACE_CONTENT, read_content},
    {"switch", TRACE_SWITCH, read_pid},
    {"fork", TRACE_FORK, read_pid},
    {"exec", TRACE_EXEC, read_exec},
    {"exit", TRACE_EXIT, read_exit},
    {"reap", TRACE_REAP, read_pid},
    {"map", TRACE_MAP, read_map},
    {"unmap", TRACE_UNMAP, read_range},
    {"protect", TRACE_PROTECT, read_protect},
    {"program", TRACE_PROGRAM, read_program},
    {"parameter", TRACE_PARAMETER, read_parameter},
    {"end", TRACE_END, read_nothing},
    {"try", TRACE_TRY, read_try},
    {"call", TRACE_MARK, read_call},
    {"called", TRACE_MARK, read_called},
    {"served", TRACE_MARK, read_served},
    {"kill", TRACE_KILL, read_kill},
    {"move", TRACE_MOVE, read_move},
    {"forget", TRACE_FORGET, read_range},
    {"keep", TRACE_KEEP, read_keep},
    {"borrow", TRACE_BORROW, read_pid},
    {"uncited", TRACE_UNCITED, read_uncited},
    {"code", TRACE_CODE, read_code},
    {"file", TRACE_FILE, read_file},
    {"nofork", TRACE_NO_FORK, read_pid},
};

static const char *read_event(struct cursor *cursor, struct trace_line *line)
{
    line->kind = TRACE_LINE_EVENT;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (!cursor_word_is(cursor, events[i].word))
            continue;
        line->event.kind = events[i].kind;
        events[i].read(cursor, line);
        if (end_of(cursor) != NULL)
            return cursor->why;
        return trace_event_wrong(&line->event);
    }
    return "no event of a trace";
}

/* Lines that begin with a word. */
static const char *read_words(struct cursor *cursor, struct trace_line *line)
{
    if (cursor_word_is(cursor, "clocks")) {
        line->kind = TRACE_LINE_CLOCKS;
        line->clocks = cursor_number(cursor);
        if (cursor->why == NULL && line->clocks == 0)
            return "no clocks";
        return end_of(cursor);
    }
    if (cursor_word_is(cursor, "again")) {
        line->kind = TRACE_LINE_AGAIN;
        return read_insn(cursor, line);
    }
    if (cursor_word_is(cursor, "block")) {
        line->kind = TRACE_LINE_BLOCK;
        return end_of(cursor);
    }
    return read_event(cursor, line);
}

/* Valgrind's own words, "==PID== ..." and "--PID-- ...". */
static bool is_valgrinds(const char *text, size_t length)
{
    return length >= 2 && (text[0] == '=' || text[0] == '-') &&
           text[1] == text[0];
}

const char *trace_text_line(struct trace_line *line, const char *text,
                            size_t length)
{
    struct cursor cursor;

    if (length != 0 && text[length - 1] == '\r')
        length--;
    cursor = (struct cursor){.at = text, .end = text + length};
    line->kind = TRACE_LINE_NOTHING;
    if (length != 0 && *text == 'I') {
        cursor.at++;
        line->kind = TRACE_LINE_INSN;
        return read_insn(&cursor, line);
    }
    cursor_spaces(&cursor);
    if (cursor_at_end(&cursor) || *cursor.at == '#' ||
        is_valgrinds(text, length))
        return NULL;
    switch (*cursor.at) {
    case 'L':
        cursor.at++;
        return read_access(&cursor, line, TRACE_READ);
    case 'S':
        cursor.at++;
        return read_access(&cursor, line, TRACE_WRITE);
    case 'M':
        cursor.at++;
        return read_access(&cursor, line, TRACE_MODIFY);
    default:
        return read_words(&cursor, line);
    }
}

const char *trace_din_line(struct trace_line *line, const char *text,
                           size_t length)
{
    struct cursor cursor = {.at = text, .end = text + length};
    char label;

    cursor_spaces(&cursor);
    line->kind = TRACE_LINE_NOTHING;
    if (cursor_at_end(&cursor) || *cursor.at == '\r')
        return NULL;
    label = *cursor.at++;
    cursor_spaces(&cursor);
    line->linear = cursor_hex(&cursor);
    line->bytes = 1;
    line->code = NULL;
    if (cursor.why != NULL)
        return cursor.why;
    if (!cursor_at_end(&cursor) && strchr(" \t\r", *cursor.at) == NULL)
        return "no address";
    switch (label) {
    case '0':
    case '1':
        line->kind = TRACE_LINE_ACCESS;
        line->slot =
            trace_slot_of(0, label == '0' ? TRACE_READ : TRACE_WRITE, 1, false);
        return NULL;
    case '2':
        line->kind = TRACE_LINE_INSN;
        return NULL;
    default:
        return "no label of din's (0 is a read, 1 a write, 2 a fetch)";
    }
}
