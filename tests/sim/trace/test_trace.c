/* test_trace.c: traces come back as they were written: native and as text,
 * whole, cut and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tracecheck.h"
#include "trace/tracedec.h"
#include "trace/traceenc.h"
#include "trace/tracefile.h"
#include "trace/traceframe.h"
#include "trace/tracein.h"
#include "trace/tracetext.h"
#include "trace_stream.h"
#include "traceevent.h"

/* A file in memory. */
struct memory {
    char *bytes;
    size_t length;
};

static const struct trace_input_options look = {.format = TRACE_FORMAT_AUTO};

/* ---- writing and reading back ---- */

static struct memory write_native(uint64_t seed, bool hashed, uint32_t count)
{
    struct memory memory = {0};
    FILE *file = open_memstream(&memory.bytes, &memory.length);
    struct trace_writer *writer = trace_writer_new(file);
    struct stream stream;
    struct trace_event event;

    assert_non_null(writer);
    stream_init(&stream, seed, hashed);
    for (uint32_t i = 0; i < count; i++) {
        stream_next(&stream, &event);
        assert_null(trace_event_wrong(&event));
        assert_true(trace_writer_add(writer, &event));
    }
    stream_free(&stream);
    assert_true(trace_writer_end(writer, true));
    assert_int_equal(fclose(file), 0);
    return memory;
}

/* Reads a trace and writes it again, as text or native. */
static struct memory convert(const struct memory *from, bool native)
{
    struct memory memory = {0};
    FILE *file = open_memstream(&memory.bytes, &memory.length);
    struct trace_input *input =
        trace_input_memory("x", from->bytes, from->length, &look);
    struct trace_writer *writer = native ? trace_writer_new(file) : NULL;
    struct trace_text_writer *text =
        native ? NULL : trace_text_writer_new(file);
    struct trace_event event;
    enum trace_got got;

    while ((got = trace_input_next(input, &event)) == TRACE_GOT_EVENT)
        assert_true(native ? trace_writer_add(writer, &event)
                           : trace_text_writer_add(text, &event));
    if (got != TRACE_GOT_END)
        fail_msg("%s: %s", trace_input_where(input), trace_input_why(input));
    assert_true(native ? trace_writer_end(writer, true)
                       : trace_text_writer_end(text, true));
    trace_input_close(input);
    assert_int_equal(fclose(file), 0);
    return memory;
}

/* The events of `memory` must be the stream's first `count`. */
static void expect_stream(const struct memory *memory, uint64_t seed,
                          uint32_t count)
{
    struct trace_input *input =
        trace_input_memory("x", memory->bytes, memory->length, &look);
    struct stream stream;
    struct trace_event event;
    struct trace_event expected;

    stream_init(&stream, seed, false);
    for (uint32_t i = 0; i < count; i++) {
        stream_next(&stream, &expected);
        if (trace_input_next(input, &event) != TRACE_GOT_EVENT)
            fail_msg("event %u: %s: %s", i, trace_input_where(input),
                     trace_input_why(input));
        if (!same_events(&event, &expected))
            fail_msg("event %u, of kind %d, differs (kind %d)", i,
                     (int)expected.kind, (int)event.kind);
    }
    assert_int_equal(trace_input_next(input, &event), TRACE_GOT_END);
    assert_int_equal(trace_input_next(input, &event), TRACE_GOT_END);
    trace_input_close(input);
    stream_free(&stream);
}

static void expect_equal(const struct memory *one, const struct memory *other)
{
    assert_int_equal(one->length, other->length);
    assert_memory_equal(one->bytes, other->bytes, one->length);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint32_t count = (uint32_t)(seed * seed * 7);
        struct memory native = write_native(seed, false, count);
        struct memory hashed = write_native(seed, true, count);
        struct memory text = convert(&native, false);
        struct memory again = convert(&text, true);
        struct memory text_again = convert(&again, false);

        expect_stream(&native, seed, count);
        expect_stream(&text, seed, count);
        expect_equal(&native, &hashed);
        expect_equal(&native, &again);
        expect_equal(&text, &text_again);
        free(native.bytes);
        free(hashed.bytes);
        free(text.bytes);
        free(again.bytes);
        free(text_again.bytes);
    }
}

/* Several frames. */
static void test_long_round_trip(void **state)
{
    struct memory native = write_native(99, true, 400000);
    struct memory text = convert(&native, false);
    struct memory again = convert(&text, true);

    (void)state;
    expect_stream(&native, 99, 400000);
    expect_equal(&native, &again);
    assert_true(native.length > 3 * TRACE_RAW_MAX / 2);
    free(native.bytes);
    free(text.bytes);
    free(again.bytes);
}

/* The writer refuses what no trace may hold. */
static void test_wrong_events(void **state)
{
    static const struct trace_event events[] = {
        {.kind = TRACE_END},
        {.kind = TRACE_SWITCH},
        {.kind = TRACE_PARAMETER, .parameter = {"Name", ""}},
        {.kind = TRACE_PARAMETER, .parameter = {"", ""}},
        {.kind = TRACE_MAP,
         .map = {.start = 0x1000, .end = 0x1000, .name = ""}},
        {.kind = TRACE_MAP,
         .map = {.start = 0x1000, .end = 0x2001, .name = ""}},
        {.kind = TRACE_MAP,
         .map = {.start = 0x1000, .end = 0x2000, .rights = 8, .name = ""}},
        {.kind = TRACE_MAP,
         .map = {.start = 0x1000, .end = 0x2000, .segment = 1, .name = ""}},
        {.kind = TRACE_KERNEL, .kernel = {.linear = 0xFFFFFFFF, .bytes = 2}},
        {.kind = TRACE_KERNEL, .kernel = {.linear = 1, .bytes = 0}},
        {.kind = TRACE_CONTENT, .content = {.linear = 1}},
        {.kind = TRACE_FILE,
         .file = {.program = 1, .path = "", .hash_kind = (enum trace_hash)2}},
        {.kind = (enum trace_kind)99},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct memory memory = {0};
        FILE *file = open_memstream(&memory.bytes, &memory.length);
        struct trace_writer *writer = trace_writer_new(file);

        assert_false(trace_writer_add(writer, &events[i]));
        assert_int_equal(errno, EINVAL);
        assert_false(trace_writer_end(writer, true));
        (void)fclose(file);
        free(memory.bytes);
    }
}

static void test_wrong_shapes(void **state)
{
    static const struct trace_insn insns[] = {{0, 2}, {2, 3}, {30, 1}};
    static const struct trace_insn late[] = {{1, 2}};
    static const struct trace_insn none[] = {{0, 0}};
    const struct trace_slot slots[] = {trace_slot_of(1, TRACE_READ, 4, false),
                                       trace_slot_of(0, TRACE_READ, 4, false)};
    const struct trace_slot huge[] = {trace_slot_of(0, TRACE_READ, 513, false)};
    const struct trace_slot empty[] = {trace_slot_of(0, TRACE_READ, 0, false)};
    const struct trace_shape shapes[] = {
        {.insn_count = 3, .bytes = 31, .insns = insns}, /* too wide a gap */
        {.insn_count = 2, .bytes = 6, .insns = insns},  /* another size */
        {.insn_count = 1, .bytes = 3, .insns = late},   /* does not begin */
        {.insn_count = 1, .bytes = 0, .insns = none}, /* an empty instruction */
        {.insn_count = 2,
         .bytes = 5,
         .insns = insns,
         .slot_count = 2,
         .slots = slots},
        {.insn_count = 1,
         .bytes = 2,
         .insns = insns,
         .slot_count = 1,
         .slots = slots},
        {.insn_count = 1,
         .bytes = 2,
         .insns = insns,
         .slot_count = 1,
         .slots = huge},
        {.insn_count = 1,
         .bytes = 2,
         .insns = insns,
         .slot_count = 1,
         .slots = empty},
        {.linear = 4, .slot_count = 1, .slots = slots + 1},
        {.slot_count = 2, .slots = slots},
        {.again = true, .slot_count = 1, .slots = slots + 1},
        {.insn_count = 1, .bytes = TRACE_BLOCK_BYTES_MAX + 1, .insns = insns},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        static const uint32_t addresses[2];
        struct memory memory = {0};
        FILE *file = open_memstream(&memory.bytes, &memory.length);
        struct trace_writer *writer = trace_writer_new(file);

        assert_non_null(trace_shape_wrong(&shapes[i]));
        assert_false(trace_writer_block(writer, &shapes[i], addresses, 1));
        assert_int_equal(errno, EINVAL);
        assert_false(trace_writer_end(writer, true));
        (void)fclose(file);
        free(memory.bytes);
    }
}

/* ---- cut and damaged ---- */

struct outcome {
    enum trace_got got;
    uint64_t events;
    uint64_t hash; /* of the kinds and pids */
    char why[160];
    char where[64];
};

static struct outcome read_all(const char *bytes, size_t length)
{
    struct trace_input *input = trace_input_memory("x", bytes, length, &look);
    struct outcome outcome = {0};
    struct trace_event event;

    assert_non_null(input);
    while ((outcome.got = trace_input_next(input, &event)) == TRACE_GOT_EVENT) {
        assert_null(trace_event_wrong(&event));
        outcome.events++;
        outcome.hash = outcome.hash * 31 + event.kind;
    }
    if (outcome.got != TRACE_GOT_END) {
        (void)snprintf(outcome.why, sizeof(outcome.why), "%s",
                       trace_input_why(input));
        (void)snprintf(outcome.where, sizeof(outcome.where), "%s",
                       trace_input_where(input));
    }
    trace_input_close(input);
    return outcome;
}

/* A trace of some frames in few bytes; ends[] are where its frames end. */
static struct memory write_frames(uint32_t frames, size_t *ends,
                                  uint64_t *events)
{
    struct memory memory = {0};
    FILE *file = open_memstream(&memory.bytes, &memory.length);
    struct trace_writer *writer = trace_writer_new(file);
    char text[TRACE_TEXT_MAX + 1];
    struct trace_event event = {.kind = TRACE_PARAMETER,
                                .parameter = {"a", text}};
    uint32_t frame = 0;
    size_t last;

    memset(text, 'x', TRACE_TEXT_MAX);
    text[TRACE_TEXT_MAX] = '\0';
    (void)fflush(file);
    last = memory.length;
    for (uint64_t i = 0; frame < frames; i++) {
        assert_true(trace_writer_add(writer, &event));
        (void)fflush(file);
        if (memory.length != last) {
            events[frame] = i; /* in it and those before */
            last = ends[frame++] = memory.length;
        }
    }
    assert_true(trace_writer_end(writer, true));
    (void)fclose(file);
    return memory;
}

static void test_cut(void **state)
{
    size_t ends[3];
    uint64_t events[3];
    struct memory memory = write_frames(3, ends, events);

    (void)state;
    for (size_t length = 0; length < memory.length; length++) {
        char *copy = malloc(length + 1); /* so that a byte too far is seen */
        struct outcome outcome;
        uint64_t expected = 0;
        char where[64];

        memcpy(copy, memory.bytes, length);
        outcome = read_all(copy, length);
        free(copy);
        for (int i = 0; i < 3; i++)
            if (length >= ends[i])
                expected = events[i];
        assert_int_equal(outcome.events, expected);
        if (length >= 8) {
            assert_int_equal(outcome.got, TRACE_GOT_CUT);
            assert_string_equal(outcome.why, "the trace was cut short here");
            (void)snprintf(where, sizeof(where), "x: byte %zu", length);
            assert_string_equal(outcome.where, where);
        } else {
            assert_int_not_equal(outcome.got, TRACE_GOT_END);
        }
    }
    assert_int_equal(read_all(memory.bytes, memory.length).got, TRACE_GOT_END);
    free(memory.bytes);
}

/* Whatever byte is changed, it is noticed, before any event of its frame. */
static void test_damaged(void **state)
{
    struct memory memory = write_native(7, false, 60);

    (void)state;
    for (size_t i = 0; i < memory.length; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            struct outcome outcome;

            ((uint8_t *)memory.bytes)[i] ^= (uint8_t)(1u << bit);
            outcome = read_all(memory.bytes, memory.length);
            ((uint8_t *)memory.bytes)[i] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(outcome.got, TRACE_GOT_END);
            assert_int_equal(outcome.events, 0);
        }
    }
    assert_int_equal(read_all(memory.bytes, memory.length).events, 60);
    free(memory.bytes);
}

/* Frames that are lost, doubled or out of order, and what stands behind the
 * end. */
static void test_frames_missing(void **state)
{
    size_t ends[3];
    struct memory memory = write_native(5, false, 300000);
    char *bytes = malloc(2 * memory.length);
    struct outcome outcome;
    struct trace_frame_header header;

    (void)state;
    for (size_t i = 0, at = TRACE_FILE_HEADER_BYTES; i < 2; i++) {
        trace_frame_header_read(&header, (const uint8_t *)memory.bytes + at);
        at += TRACE_FRAME_HEADER_BYTES + header.packed_bytes;
        ends[i] = at;
        assert_true(at < memory.length);
    }
    memcpy(bytes, memory.bytes, ends[0]);
    memcpy(bytes + ends[0], memory.bytes + ends[1], memory.length - ends[1]);
    outcome = read_all(bytes, memory.length - (ends[1] - ends[0]));
    assert_int_equal(outcome.got, TRACE_GOT_WRONG);
    assert_string_equal(outcome.why,
                        "a frame that does not follow the one before");

    memcpy(bytes, memory.bytes, memory.length);
    bytes[memory.length] = '\n';
    outcome = read_all(bytes, memory.length + 1);
    assert_int_equal(outcome.got, TRACE_GOT_WRONG);
    assert_string_equal(outcome.why, "bytes after the end");
    free(bytes);
    free(memory.bytes);
}

/* A frame's bytes behind the checksum may be anything, too. */
static void test_damaged_frames(void **state)
{
    struct trace_encoder encoder;
    struct trace_decoder *decoder = malloc(sizeof(*decoder));
    uint8_t *raw = malloc(TRACE_RAW_MAX);
    uint8_t *copy = malloc(TRACE_RAW_MAX);
    struct stream stream;
    struct trace_event event;
    uint32_t events = 0;
    size_t bytes;

    (void)state;
    assert_true(trace_encoder_init(&encoder) && trace_decoder_init(decoder));
    stream_init(&stream, 11, false);
    for (; events < 200; events++) {
        stream_next(&stream, &event);
        if (event.kind == TRACE_BLOCK && event.block.shape->insn_count > 100)
            event.kind = TRACE_RETURN;
        assert_true(trace_encode(&encoder, &event));
    }
    bytes = trace_encoder_take(&encoder, raw);
    for (int round = 0; round < 30000; round++) {
        size_t length = stream_random(&stream, 4) == 0
                            ? stream_random(&stream, (uint32_t)bytes)
                            : bytes;
        const char *why = NULL;
        int got;

        memcpy(copy, raw, bytes);
        for (uint32_t i = stream_random(&stream, 4) + 1; i != 0; i--)
            copy[stream_random(&stream, (uint32_t)bytes)] =
                (uint8_t)stream_random(&stream, 256);
        if (trace_decoder_load(decoder, copy, length, events) != NULL)
            continue;
        while ((got = trace_decode(decoder, &event, &why)) > 0)
            assert_null(trace_event_wrong(&event));
        assert_true(got == 0 || why != NULL);
    }
    stream_free(&stream);
    trace_encoder_free(&encoder);
    trace_decoder_free(decoder);
    free(decoder);
    free(raw);
    free(copy);
}

/* An event of a number that is not known is skipped. */
static void test_unknown_events(void **state)
{
    struct trace_decoder *decoder = malloc(sizeof(*decoder));
    const uint8_t raw[] = {
        3,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        7,
        0,
        0,
        0, /* lengths */
        TRACE_SWITCH,
        77,
        TRACE_FORK, /* control */
        1,
        5,
        2,
        0xAA,
        0xBB,
        1,
        6, /* payloads */
    };
    struct trace_event event;
    const char *why;

    (void)state;
    assert_true(trace_decoder_init(decoder));
    assert_null(trace_decoder_load(decoder, raw, sizeof(raw), 3));
    assert_int_equal(trace_decode(decoder, &event, &why), 1);
    assert_int_equal(event.kind, TRACE_SWITCH);
    assert_int_equal(event.pid, 5);
    assert_int_equal(trace_decode(decoder, &event, &why), 1);
    assert_int_equal(event.kind, TRACE_FORK);
    assert_int_equal(event.pid, 6);
    assert_int_equal(trace_decode(decoder, &event, &why), 0);
    trace_decoder_free(decoder);
    free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_long_round_trip),
        cmocka_unit_test(test_wrong_events),
        cmocka_unit_test(test_wrong_shapes),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_frames_missing),
        cmocka_unit_test(test_damaged_frames),
        cmocka_unit_test(test_unknown_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
