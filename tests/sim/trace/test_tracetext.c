/* test_tracetext.c: traces that are lines: the text form, lackey's, din; how
 * they are recognised, unpacked and folded, and what is said of wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "linux/layout.h"
#include "trace/tracecheck.h"
#include "trace/tracefile.h"
#include "trace/tracein.h"
#include "trace/tracetext.h"
#include "traceevent.h"

static const struct trace_input_options look = {.format = TRACE_FORMAT_AUTO};
static const struct trace_input_options fold = {.fold64 = true};

/* What a trace says, as text; then, unless it came to its end, "WHERE: WHY". */
static char *text_of(const void *bytes, size_t length,
                     const struct trace_input_options *options)
{
    char *made = NULL;
    size_t made_length;
    FILE *file = open_memstream(&made, &made_length);
    struct trace_input *input = trace_input_memory("x", bytes, length, options);
    struct trace_text_writer *writer = trace_text_writer_new(file);
    struct trace_event event;
    enum trace_got got;

    while ((got = trace_input_next(input, &event)) == TRACE_GOT_EVENT) {
        assert_null(trace_event_wrong(&event));
        assert_true(trace_text_writer_add(writer, &event));
    }
    assert_true(trace_text_writer_end(writer, false));
    if (got != TRACE_GOT_END)
        (void)fprintf(file, "%s: %s", trace_input_where(input),
                      trace_input_why(input));
    trace_input_close(input);
    (void)fclose(file);
    return made;
}

static void expect_bytes(const void *bytes, size_t length,
                         const struct trace_input_options *options,
                         const char *expected)
{
    char *copy = malloc(length + 1); /* so that a byte too far is seen */
    char *made;

    memcpy(copy, bytes, length);
    made = text_of(copy, length, options);
    assert_string_equal(made, expected);
    free(made);
    free(copy);
}

static void expect(const char *text, const char *expected)
{
    expect_bytes(text, strlen(text), &look, expected);
}

/* ---- the text form ---- */

/* Lines that are written as they are read. */
static void test_lines(void **state)
{
    static const char *const texts[] = {
        "I  04001000,3\n",
        ("I  04001000,3\n L 00001ffe,4\n S 00001ffe,2\n M 00001ffe,1\n"
         "I  04001003,1\n"),
        "I  04001000,3 8d7426\n L 00001000,4 supervisor\n",
        "I  04001000,2\nagain 04001000,2\n L 00001000,4\nagain 04001000,2\n",
        "I  04001000,2\nblock\nI  04001002,2\nclocks 17\nI  04001004,2\n",
        " L 00001000,4\n S 00001000,4\nclocks 3\n",
        "clocks 1\nclocks 2\n",
        "I  00001000,2\nblock\nclocks 4\n",
        "I  00001000,2\nblock\n L 00002000,8\n",
        "I  fffffffe,2\nI  00000000,2\n L ffffffff,4\n",
        "parameter cost.fork \"1 \\\"\\\\\\x0a\\xff\"\n",
        ("program 1 \"a b\"\nprogram 2 \"\" 08048000,4096,123,rx "
         "08049000,8192,0,-\n"),
        "switch 2\nfork 3\nexec \"name\"\nexec 4 \"\"\nexit 3 256\nreap 3\n",
        "map 08048000-08050000 rx program 1 0\n",
        "map 00000000-fffff000 - shared populated \"stack\"\n",
        "unmap 00001000-00002000\nprotect 00001000-00002000 rwx\n",
        "kernel read 00001000,4\nkernel write ffffffff,1\n",
        "trap 128 software\ntrap 14\nreturn\ncharge 3 4294967295\n",
        "content 00001000 00000000000000ff\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(texts[i], texts[i]);
}

/* Lines that say the same in other words, or nothing. */
static void test_loose_lines(void **state)
{
    (void)state;
    expect("==12== Lackey\n--12-- more\n\n # a comment\nI  1000,3\r\n",
           "I  00001000,3\n");
    expect("I 1000,3\n  L   0x1FFE,04\n", "I  00001000,3\n L 00001ffe,4\n");
    expect("\tswitch   2\t\nend\n\n# that was all\n", "switch 2\n");
    expect("I  1000,3", "I  00001000,3\n");
    expect("I  1000,2\n# in between\n==1== and\nI  1002,2\n",
           "I  00001000,2\nI  00001002,2\n");
    expect("map 1000-2000 r program 1 2 shared\n",
           "map 00001000-00002000 r shared program 1 2\n");
    expect("# nothing\n", "");
}

static void test_wrong_lines(void **state)
{
    static const struct {
        const char *text, *why;
    } lines[] = {
        {"fork", "no number where one should be"},
        {"fork 0", "no process"},
        {"fork 1 2", "more on the line than there should be"},
        {"fork 4294967296", "a number that is too large"},
        {"forks 1", "no event of a trace"},
        {"I", "no hexadecimal number where one should be"},
        {"I  xyz,3", "no hexadecimal number where one should be"},
        {"I  1000", "no comma where one should be"},
        {"I  1000,", "no number where one should be"},
        {"I  1000,0", "an impossible size"},
        {"I  1000,256", "an impossible size"},
        {"I  1000,3 8d74", "code of another size than the instruction's"},
        {"I  1000,3 8d742600", "more on the line than there should be"},
        {"I  1000,3 hello", "code of another size than the instruction's"},
        {" L 1000,513", "an impossible size"},
        {" L 1000,4 user", "more on the line than there should be"},
        {" L 100000000,4",
         "an address of more than 32 bits (--fold64 folds them)"},
        {" L 10000000000000000,4", "an address of more than 64 bits"},
        {" L ffffffffffffffff,4", "an address of more than 64 bits"},
        {" X 1000,4", "no event of a trace"},
        {"clocks 0", "no clocks"},
        {"clocks", "no number where one should be"},
        {"map 1000-2000",
         "no rights (they are letters of rwx, in this order, or -)"},
        {"map 1000-2000 wr",
         "no rights (they are letters of rwx, in this order, or -)"},
        {"map 1000-2000 r later", "no word that a mapping has"},
        {"map 1000-2000 r \"a\" shared",
         "more on the line than there should be"},
        {"map 1001-2000 r", "no range of pages"},
        {"map 2000-1000 r", "no range of pages"},
        {"map 2000 1000 r", "no - where one should be"},
        {"map 100000000-200000000 r", "an address of more than 32 bits"},
        {"exec name", "no number where one should be"},
        {"exec \"name", "a text without a closing quote"},
        {"exec \"\\n\"", "\\ before what needs none"},
        {"exec \"\\xg0\"", "no two digits behind \\x"},
        {"exec \"\\x00\"", "a text with a NUL"},
        {"parameter Name \"\"", "a parameter's name that is none"},
        {"parameter", "no word where one should be"},
        {"program 0 \"\"", "a program without a number"},
        {"program 1 \"\" 1000,1,1", "no comma where one should be"},
        {"kernel wrote 1000,1", "neither read nor write"},
        {"kernel read ffffffff,2", "an impossible access of the kernel"},
        {"trap 256", "no vector"},
        {"content 1001 0", "no page"},
        {"file 0 \"\" 1 0", "a program without a number"},
        {"file 1 \"\" 1 0 md5", "more on the line than there should be"},
    };
    char text[256];
    char expected[256];

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "switch 2\nI  1000,2\n%s\nswitch 3\n", lines[i].text);
        (void)snprintf(expected, sizeof(expected),
                       "switch 2\nI  00001000,2\nx:3: %s", lines[i].why);
        expect(text, expected);
    }
    expect("end\nswitch 1\n", "x:2: something after the end");
}

static void test_long_lines(void **state)
{
    size_t length = (1u << 20) + 16;
    char *text = malloc(length);

    (void)state;
    memset(text, 'x', length);
    memcpy(text, "switch 1\n#", 10);
    expect_bytes(text, length, &look, "switch 1\nx:2: a line that is too long");
    text[length - 1] = '\n';
    expect_bytes(text, length, &look, "switch 1\nx:2: a line that is too long");
    for (size_t i = 10; i < length; i++)
        text[i] = '\n';
    expect_bytes(text, length, &look, "switch 1\n");
    free(text);
}

/* A block holds no more than blocks may, and what is more makes another. */
static void test_long_blocks(void **state)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    (void)state;
    for (unsigned i = 0; i < 3000; i++)
        (void)fprintf(file, "I  %08x,2\n", 0x1000 + 2 * i);
    for (unsigned i = 0; i < 10000; i++)
        (void)fprintf(file, " L %08x,4\n", 0x1000 + 4 * i);
    for (unsigned i = 0; i < 100; i++)
        (void)fprintf(file, "I  %08x,255\n", 0x1000 + 255 * i);
    (void)fclose(file);
    expect(text, text);
    free(text);
}

/* ---- recognising ---- */

static void test_din(void **state)
{
    (void)state;
    expect("2 0x1000\n0 2004 and more\n 1\tFFFFFFFF\n2 1004\r\n2 2000\n\n",
           "I  00001000,1\n L 00002004,1\n S ffffffff,1\nI  00001004,1\nI  "
           "00002000,1\n");
    expect("0 10\n1 20", " L 00000010,1\n S 00000020,1\n");
    expect("2 10\n3 20\n", "I  00000010,1\nx:2: no label of din's (0 is a "
                           "read, 1 a write, 2 a fetch)");
    expect("2 10\n2\n",
           "I  00000010,1\nx:2: no hexadecimal number where one should be");
    expect("2 10zz\n", "x:1: no address");
    expect("2 100000000\n",
           "x:1: an address of more than 32 bits (--fold64 folds them)");
}

static void test_unknown(void **state)
{
    (void)state;
    expect("", "x: empty");
    expect("\177ELF\001", "x: no trace: neither native, text, lackey nor din");
    expect("<html>\n", "x: no trace: neither native, text, lackey nor din");
    expect("mmu386tr\002\n\n\n\n\n\n\n\n",
           "x: byte 0: a trace of a version that is not known here");
}

static void expect_format(const char *text, enum trace_format format,
                          bool foreign)
{
    struct trace_input *input =
        trace_input_memory("x", text, strlen(text), &look);
    struct trace_event event;

    (void)trace_input_next(input, &event);
    assert_int_equal(trace_input_format(input), format);
    assert_int_equal(trace_input_foreign(input), foreign);
    trace_input_close(input);
}

static void test_formats(void **state)
{
    (void)state;
    expect_format("==1== Lackey\nI  1000,1\n", TRACE_FORMAT_LACKEY, true);
    expect_format(" L 1000,1\n", TRACE_FORMAT_LACKEY, true);
    expect_format("# by hand\nmap 1000-2000 r\n", TRACE_FORMAT_TEXT, false);
    expect_format("\n2 1000\n", TRACE_FORMAT_DIN, true);
    expect_format(TRACE_MAGIC, TRACE_FORMAT_NATIVE, false);
}

static size_t gzip(const char *text, uint8_t *packed, size_t room)
{
    z_stream stream = {0};

    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    stream.next_in = (Bytef *)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&stream);
    return room - stream.avail_out;
}

/* Both kinds, in two parts each, and one in the other. */
static void test_packed(void **state)
{
    uint8_t packed[1024];
    uint8_t twice[2048];
    size_t bytes;

    (void)state;
    bytes = gzip("switch 2\nswitch", packed, sizeof(packed));
    bytes += gzip(" 3\n", packed + bytes, sizeof(packed) - bytes);
    expect_bytes(packed, bytes, &look, "switch 2\nswitch 3\n");
    for (size_t cut = 4; cut < bytes; cut++) {
        char *made = text_of(packed, cut, &look);

        assert_true(
            strstr(made, "what is compressed was cut short") != NULL ||
            strcmp(made,
                   "switch 2\nx:2: the trace was cut short in this line") == 0);
        free(made);
    }
    bytes = ZSTD_compress(twice, sizeof(twice), packed, bytes, 3);
    expect_bytes(twice, bytes, &look, "switch 2\nswitch 3\n");

    bytes = ZSTD_compress(packed, sizeof(packed), "switch 2\nswitch", 15, 3);
    bytes +=
        ZSTD_compress(packed + bytes, sizeof(packed) - bytes, " 3\n", 3, 3);
    expect_bytes(packed, bytes, &look, "switch 2\nswitch 3\n");
    memcpy(packed + bytes, "garbage", 7);
    expect_bytes(
        packed, bytes + 7, &look,
        "switch 2\nswitch 3\nx:2: no zstd data, or data of too large a window");
}

/* ---- folding ---- */

static void test_fold(void **state)
{
    static const char text[] = "I  400000,3\n"
                               " S 7fff12345678,4\n"
                               " L 7fff1233fffc,8\n"
                               "I  403fff,3\n"
                               " L ffffffffff600000,4\n"
                               "switch 5\n"
                               " L 7fff12345678,4\n";

    (void)state;
    expect_bytes(text, strlen(text), &fold,
                 "I  00040000,3\n S 00085678,4\n L 000ffffc,8\nI  00043fff,3\n "
                 "L 00100000,4\n"
                 "switch 5\n L 00085678,4\n");
    expect_bytes(
        "kernel read 1000,1\n", 19, &fold,
        "x:1: an event with addresses, in a trace that is to be folded");
    expect_bytes("0 ffff12345678\n", 15, &fold, " L 00045678,1\n");
}

static void test_fold_full(void **state)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    unsigned stretches = (KERNEL_BASE >> 18) - 1;
    char *made;
    char expected[96];

    (void)state;
    for (unsigned i = 0; i <= stretches; i++)
        (void)fprintf(file, " L %llx,4\n",
                      0x123400000000ull + ((unsigned long long)i << 19));
    (void)fclose(file);
    made = text_of(text, length, &fold);
    (void)snprintf(
        expected, sizeof(expected),
        " L %08x,4\nx:%u: more memory than can be folded into 32 bits",
        KERNEL_BASE - (1u << 18), stretches + 1);
    assert_non_null(strstr(made, expected));
    free(made);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_loose_lines),
        cmocka_unit_test(test_wrong_lines), cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_blocks), cmocka_unit_test(test_din),
        cmocka_unit_test(test_unknown),     cmocka_unit_test(test_formats),
        cmocka_unit_test(test_packed),      cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
