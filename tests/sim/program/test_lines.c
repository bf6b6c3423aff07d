/* test_lines.c: source lines are those that the compiler wrote, and damaged
 * tables give nothing or less, never more than time and memory allow.
 *
 * test_lines GUEST SOURCE: the guest value, with debugging information, and
 * guest/value.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "program/lines.h"
#include "program/program.h"
#include "program/sections.h"

#define USER_TOP   0xC0000000u
#define FUZZ_FILES 3000u
#define FUZZ_SEED  UINT64_C(0x386386386386)

static const char *guest_path;
static const char *source_path;
static uint8_t *guest;
static size_t guest_bytes;

static int read_guest(void **state)
{
    struct stat status;
    int fd = open(guest_path, O_RDONLY);

    (void)state;
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    guest_bytes = (size_t)status.st_size;
    guest = malloc(guest_bytes);
    assert_non_null(guest);
    assert_int_equal(read(fd, guest, guest_bytes), (ssize_t)guest_bytes);
    close(fd);
    return 0;
}

static int free_guest(void **state)
{
    (void)state;
    free(guest);
    return 0;
}

/* The number of the first line of SOURCE with `text` in it. */
static uint32_t line_of(const char *text)
{
    char line[512];
    FILE *file = fopen(source_path, "r");

    assert_non_null(file);
    for (uint32_t number = 1; fgets(line, sizeof line, file) != NULL;
         number++) {
        if (strstr(line, text) == NULL)
            continue;
        fclose(file);
        return number;
    }
    fail_msg("%s has no %s", source_path, text);
    return 0;
}

static void test_function_begins_at_its_line(void **state)
{
    struct lines lines;
    struct symbols symbols;
    struct source_line source = {0};
    uint32_t linear = 0;
    uint32_t bytes = 0;

    (void)state;
    assert_int_equal(symbols_read(&symbols, guest, guest_bytes, 0), 0);
    assert_true(symbols_address(&symbols, "main", &linear, &bytes));
    lines_read(&lines, guest, guest_bytes, 0);
    assert_true(lines_find(&lines, linear, &source));
    assert_string_equal(lines_file_name(source.file), "value.c");
    assert_in_range(source.line, line_of("int main("),
                    line_of("int main(") + 1);

    /* All of main is value.c's or what is inlined, and no line is beyond. */
    for (uint32_t i = 0; i < bytes; i++)
        assert_true(lines_find(&lines, linear + i, &source) &&
                    source.line > 0 && source.line < 10000);
    lines_free(&lines);
    symbols_free(&symbols);
}

static void test_no_line_outside_the_code(void **state)
{
    struct lines lines;
    struct source_line source;

    (void)state;
    lines_read(&lines, guest, guest_bytes, 0);
    assert_true(lines.count > 10);
    assert_false(lines_find(&lines, 0, &source));
    assert_false(lines_find(&lines, 0x08047FFF, &source));
    assert_false(lines_find(&lines, 0x40000000, &source));
    assert_false(lines_find(&lines, UINT32_MAX, &source));
    lines_free(&lines);
    assert_int_equal(lines.count, 0);
    assert_false(lines_find(&lines, 0x08049000, &source));
}

static void test_bias_moves_all(void **state)
{
    struct lines lines;
    struct lines moved;
    struct source_line source;
    struct source_line there;

    (void)state;
    lines_read(&lines, guest, guest_bytes, 0);
    lines_read(&moved, guest, guest_bytes, 0x01000000);
    assert_int_equal(lines.count, moved.count);
    for (uint32_t i = 0; i < lines.count; i++) {
        uint32_t at = lines.rows[i].linear;
        bool found = lines_find(&lines, at, &source);

        assert_int_equal(lines_find(&moved, at + 0x01000000, &there), found);
        if (found)
            assert_true(source.line == there.line &&
                        strcmp(source.file, there.file) == 0);
    }
    lines_free(&moved);

    /* What would wrap around is left out. */
    lines_read(&moved, guest, guest_bytes, 0xFFFFFFFF);
    assert_int_equal(moved.count, 0);
    lines_free(&moved);
    lines_free(&lines);
}

static void test_program_reads_them_once(void **state)
{
    char error[128];
    int number;
    int fd = open(guest_path, O_RDONLY);
    struct source_line source;
    struct program *program =
        program_open(fd, "value", USER_TOP, &number, error, sizeof error);
    uint32_t linear = 0;

    (void)state;
    close(fd);
    assert_non_null(program);
    assert_int_equal(program->lines.count, 0);
    assert_true(symbols_address(&program->symbols, "main", &linear, NULL));
    assert_true(program_line(program, linear, &source));

    const struct line_row *rows = program->lines.rows;

    assert_true(program_line(program, linear + 1, &source));
    assert_ptr_equal(program->lines.rows, rows);
    program_put(program);
}

static void test_path_ends_in_its_name(void **state)
{
    (void)state;
    assert_string_equal(lines_file_name("/a/b.c"), "b.c");
    assert_string_equal(lines_file_name("b.c"), "b.c");
    assert_string_equal(lines_file_name("a/"), "");
    assert_string_equal(lines_file_name(""), "");
}

/* ---- damage ---- */

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static struct sections guest_sections(void)
{
    return sections_of((struct elf_file){.bytes = guest, .size = guest_bytes});
}

static double seconds_used(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What is read of a file is whole in itself, whatever was damaged, and nothing
 * behind the file's last byte is looked at, which is the last of its
 * allocation. */
static void read_damaged(const uint8_t *bytes, size_t count)
{
    uint8_t *file = malloc(count > 0 ? count : 1);
    double begun = seconds_used();
    struct lines lines;
    struct source_line source;

    assert_non_null(file);
    memcpy(file, bytes, count);
    lines_read(&lines, file, count, 0);
    free(file);
    assert_true(lines.count <= LINES_ROWS_MAX &&
                lines.file_count <= LINES_FILES_MAX);
    for (uint32_t i = 0; i < lines.count; i++) {
        assert_true(i == 0 || lines.rows[i - 1].linear <= lines.rows[i].linear);
        if (lines_find(&lines, lines.rows[i].linear, &source))
            assert_true(source.line > 0 && strlen(source.file) < 4096);
    }
    lines_free(&lines);
    assert_true(seconds_used() - begun < 10);
}

static void test_cut_files(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < guest_bytes; bytes += 97)
        read_damaged(guest, bytes);
}

/* Files cut short whose section headers are still there: the table itself ends
 * early. */
static void test_cut_tables(void **state)
{
    struct sections sections = guest_sections();
    uint8_t *copy = malloc(guest_bytes);
    Elf32_Shdr table;
    uint32_t index = 0;

    (void)state;
    assert_non_null(copy);
    assert_true(section_named(&sections, ".debug_line", &table));
    for (Elf32_Shdr at; section_read(&sections, index, &at); index++)
        if (at.sh_offset == table.sh_offset && at.sh_size == table.sh_size)
            break;
    for (uint32_t bytes = 0; bytes < table.sh_size; bytes += 13) {
        memcpy(copy, guest, guest_bytes);
        memcpy(copy + sections.offset + index * sizeof table +
                   offsetof(Elf32_Shdr, sh_size),
               &bytes, sizeof bytes);
        read_damaged(copy, guest_bytes);
    }
    free(copy);
}

/* Bits flipped, bytes set to what is at the edge, in the sections that count,
 * or anywhere. */
static void test_garbled_files(void **state)
{
    static const char *const names[] = {".debug_line", ".debug_line_str"};
    struct sections sections = guest_sections();
    uint64_t random = FUZZ_SEED;
    uint8_t *copy = malloc(guest_bytes);

    (void)state;
    assert_non_null(copy);
    for (uint32_t i = 0; i < FUZZ_FILES; i++) {
        Elf32_Shdr part = {.sh_offset = 0, .sh_size = (Elf32_Word)guest_bytes};
        unsigned changes = 1 + (unsigned)(next_random(&random) % 8);

        if (i % 4 != 3)
            assert_true(section_named(&sections, names[i % 4 == 2], &part));
        /* the unit's header half of the time */
        if (i % 4 == 0 && part.sh_size > 128)
            part.sh_size = 128;
        memcpy(copy, guest, guest_bytes);
        while (changes-- > 0) {
            size_t at = part.sh_offset + next_random(&random) % part.sh_size;

            if (next_random(&random) % 2 == 0)
                copy[at] ^= (uint8_t)(1u << next_random(&random) % 8);
            else
                copy[at] = (uint8_t[]){
                    0, 1, 0x7F, 0x80, 0xFF, 3}[next_random(&random) % 6];
        }
        read_damaged(copy, guest_bytes);
    }
    free(copy);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function_begins_at_its_line),
        cmocka_unit_test(test_no_line_outside_the_code),
        cmocka_unit_test(test_bias_moves_all),
        cmocka_unit_test(test_program_reads_them_once),
        cmocka_unit_test(test_path_ends_in_its_name),
        cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_cut_tables),
        cmocka_unit_test(test_garbled_files),
    };

    if (argc != 3)
        return 1;
    guest_path = argv[1];
    source_path = argv[2];
    return cmocka_run_group_tests(tests, read_guest, free_guest);
}
