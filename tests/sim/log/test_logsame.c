/* test_logsame.c: what a log is the same for: the same run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "logs.h"

static const char event_rows[] =
    "SELECT sequence, cpu, pid, kind, linear, error, eip, insn, pde_before, "
    "pde_after, "
    "pte_before, pte_after, frame_before, frame_after, refs_before, "
    "refs_after, in_kernel, value, "
    "mapping, content FROM events ORDER BY sequence";

static const char *const dumps[] = {
    "SELECT * FROM parameters WHERE name NOT IN ('clocked') ORDER BY name",
    "SELECT * FROM kinds ORDER BY id",
    "SELECT * FROM programs ORDER BY id",
    "SELECT * FROM symbols ORDER BY rowid",
    "SELECT * FROM code ORDER BY program, page",
    "SELECT * FROM processes ORDER BY pid",
    "SELECT * FROM execs ORDER BY sequence",
    "SELECT * FROM mappings ORDER BY id",
    "SELECT * FROM page_blocks ORDER BY page, block",
    "SELECT * FROM frame_blocks ORDER BY frame, block",
    event_rows,
};

static void dump(const char *log, const char *to, bool instructions)
{
    struct logdb *db = open_log(log);
    FILE *file = fopen(to, "w");
    assert_non_null(file);
    for (size_t i = 0; i <= sizeof dumps / sizeof dumps[0]; i++) {
        const char *sql =
            i < sizeof dumps / sizeof dumps[0]
                ? dumps[i]
                : "SELECT cycle, instructions FROM events ORDER BY sequence";
        if (i == sizeof dumps / sizeof dumps[0] && !instructions)
            break;
        struct logstmt *rows = logdb_prepare(db, sql);
        assert_non_null(rows);
        while (logstmt_step(rows) == 1) {
            for (int column = 0; column < logstmt_columns(rows); column++) {
                size_t bytes = 0;
                const void *blob = logstmt_blob(rows, column, &bytes);
                (void)fprintf(file, "%d %zu ", logstmt_is_null(rows, column),
                              bytes);
                if (bytes > 0)
                    (void)fwrite(blob, 1, bytes, file);
            }
            (void)fputc('\n', file);
        }
        logstmt_free(rows);
    }
    assert_int_equal(fclose(file), 0);
    close_log(db);
}

static void expect_same(const char *a, const char *b)
{
    size_t a_bytes, b_bytes;
    char *a_contents = read_file(a, &a_bytes);
    char *b_contents = read_file(b, &b_bytes);
    assert_int_equal(a_bytes, b_bytes);
    assert_true(a_bytes > 100);
    assert_memory_equal(a_contents, b_contents, a_bytes);
    free(a_contents);
    free(b_contents);
}

static void dump_case(const struct case_of_guest *of, bool clocked,
                      const char *to, bool instructions)
{
    struct guest_run run;
    const char *path = FILE_NAMED("dump.log");
    run_case(&run, of, clocked, path);
    dump(path, to, instructions);
    guest_run_free(&run);
}

static void same_run_same_rows(void **state)
{
    const char *first = FILE_NAMED("first");
    const char *second = FILE_NAMED("second");
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        dump_case(&log_cases[i], true, first, true);
        dump_case(&log_cases[i], true, second, true);
        expect_same(first, second);
        dump_case(&log_cases[i], false, second, false);
        dump_case(&log_cases[i], true, first, false);
        expect_same(first, second);
    }
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_run_same_rows),
    };
    if (argc != 2)
        return 2;
    logs_guests = argv[1];
    return cmocka_run_group_tests(tests, logs_begin, logs_end);
}
