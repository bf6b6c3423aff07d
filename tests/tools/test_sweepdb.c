/* The store of a sweep's results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complaint.h"
#include "sweep/store.h"

static const char stats[] = "{\"cycles\": 12, \"faults\": {\"total\": 3, "
                            "\"segv\": null, \"cow_copy\": 2},"
                            " \"policy\": \"cow\", \"share\": 0.5}";

static char directory[] = "/tmp/sweepdb-XXXXXX";
static char names[8][64];

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    for (unsigned i = 0; i < 8; i++)
        snprintf(names[i], sizeof(names[i]), "%s/%u.db", directory, i);
    return 0;
}

static int empty_directory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        (void)unlink(names[i]);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static struct store_key key_of(uint64_t hash, const char *options)
{
    return (struct store_key){.trace = {.bytes = 5, .hash = hash},
                              .options = options,
                              .version = "1.2.3"};
}

static struct sweep_result result_of(const char *text)
{
    struct sweep_result result = {.failed = text == NULL, .stats = text};

    if (result.failed) {
        result.exit_status = 125;
        snprintf(result.message, sizeof(result.message), "why");
    }
    return result;
}

static void put(struct sweepdb *db, uint64_t hash, const char *text,
                int64_t wanted)
{
    struct sweep_choices choices = {
        .at = {{.name = (char *)"fold64"},
               {.name = (char *)"fork", .value = (char *)"cow"}},
        .count = 2,
    };
    struct store_key key = key_of(hash, "--fold64 --fork=cow");
    struct sweep_result result = result_of(text);

    assert_true(store_put(db, &key, &choices, "a.trace", &result, wanted));
}

static int64_t find(struct sweepdb *db, uint64_t hash, bool *failed)
{
    struct store_key key = key_of(hash, "--fold64 --fork=cow");

    return store_find(db, &key, failed);
}

static int64_t count_named(const struct store_row *row, const char *name)
{
    for (unsigned i = 0; i < SWEEPDB_COUNTS; i++)
        if (strcmp(sweepdb_count_name(i), name) == 0)
            return row->counts[i];
    fail_msg("no count %s", name);
    return 0;
}

static void expect_complaint(const char *name, const char *why)
{
    char text[128];
    unsigned count;

    snprintf(text, sizeof(text), "%s: %s", name, why);
    assert_string_equal(complaint_last(&count), text);
    assert_int_equal(count, 1);
}

/* Runs SQL on a file; for what only a vandal would do. */
static void vandalise(const char *name, const char *sql)
{
    sqlite3 *sqlite;

    assert_int_equal(sqlite3_open(name, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

static void test_put_and_find(void **state)
{
    struct sweepdb *db = sweepdb_open(names[0], false);
    struct store_key other = key_of(1, "--fork=cow");
    struct store_row row;
    bool failed = true;
    char *value;

    (void)state;
    assert_non_null(db);
    assert_int_equal(store_highest(db), 0);
    put(db, 1, stats, 7);
    sweepdb_close(db);
    db = sweepdb_open(names[0], false);
    assert_non_null(db);
    assert_int_equal(store_highest(db), 7);
    assert_int_equal(find(db, 1, &failed), 7);
    assert_false(failed);
    assert_int_equal(find(db, 2, &failed), 0);
    assert_int_equal(store_find(db, &other, &failed), 0);
    other = key_of(1, "--fold64 --fork=cow");
    other.version = "1.2.4";
    assert_int_equal(store_find(db, &other, &failed), 0);
    other = key_of(1, "--fold64 --fork=cow");
    other.trace.bytes = 6;
    assert_int_equal(store_find(db, &other, &failed), 0);
    assert_true(store_read(db, 7, &row));
    assert_string_equal(row.trace, "a.trace");
    assert_string_equal(row.options, "--fold64 --fork=cow");
    assert_null(row.message);
    assert_false(row.failed);
    assert_int_equal(count_named(&row, "cycles"), 12);
    assert_int_equal(count_named(&row, "faults"), 3);
    assert_int_equal(count_named(&row, "cow_copy"), 2);
    assert_true(count_named(&row, "segv") == STORE_NONE);
    assert_true(count_named(&row, "tlb_misses") == STORE_NONE);
    store_row_free(&row);
    value = store_option(db, 7, "fork");
    assert_string_equal(value, "cow");
    free(value);
    value = store_option(db, 7, "fold64");
    assert_string_equal(value, "");
    free(value);
    assert_null(store_option(db, 7, "tlb"));
    sweepdb_close(db);
}

/* A failure gives way, a success stays; a number that is taken is not taken
 * twice. */
static void test_again(void **state)
{
    struct sweepdb *db = sweepdb_open(NULL, false);
    struct store_row row;
    bool failed = false;

    (void)state;
    put(db, 1, NULL, 1);
    assert_int_equal(find(db, 1, &failed), 1);
    assert_true(failed);
    put(db, 2, stats, 1);
    assert_int_equal(find(db, 2, &failed), 2);
    put(db, 1, stats, 9);
    assert_int_equal(find(db, 1, &failed), 1);
    assert_false(failed);
    put(db, 1, NULL, 9);
    assert_int_equal(find(db, 1, &failed), 1);
    assert_false(failed);
    put(db, 1, "{\"cycles\": 99}", 9);
    assert_true(store_read(db, 1, &row));
    assert_int_equal(count_named(&row, "cycles"), 12);
    store_row_free(&row);
    sweepdb_close(db);
}

static void take(void *arg, int64_t number)
{
    int64_t *taken = arg;

    taken[++taken[0]] = number;
}

static void test_merge(void **state)
{
    struct sweepdb *db;
    int64_t taken[8] = {0};
    struct store_row row;
    bool failed;

    (void)state;
    db = sweepdb_open(names[0], false);
    put(db, 1, stats, 1);
    put(db, 2, NULL, 2);
    sweepdb_close(db);
    db = sweepdb_open(names[1], false);
    put(db, 2, stats, 1);
    put(db, 3, "{\"cycles\": 3}", 5);
    put(db, 1, "{\"cycles\": 99}", 6);
    sweepdb_close(db);
    db = sweepdb_open(names[2], false);
    assert_true(store_merge(db, names[0]));
    assert_true(store_merge(db, names[1]));
    assert_true(store_merge(db, names[1]));
    assert_true(store_each(db, take, taken));
    assert_int_equal(taken[0], 3);
    assert_int_equal(find(db, 1, &failed), 1);
    assert_int_equal(find(db, 2, &failed), 2);
    assert_false(failed);
    assert_int_equal(find(db, 3, &failed), 3);
    assert_true(store_read(db, 1, &row));
    assert_int_equal(count_named(&row, "cycles"), 12);
    store_row_free(&row);
    assert_true(store_read(db, 2, &row));
    assert_int_equal(count_named(&row, "cycles"), 12);
    assert_null(row.message);
    store_row_free(&row);
    sweepdb_close(db);
}

static void expect_refused(const char *name, const char *why)
{
    struct sweepdb *db = sweepdb_open(NULL, false);

    assert_null(sweepdb_open(name, false));
    expect_complaint(name, why);
    assert_false(store_merge(db, name));
    expect_complaint(name, why);
    sweepdb_close(db);
}

static void write_file(const char *name, const char *bytes, size_t count)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static void test_other_files(void **state)
{
    struct sweepdb *db;

    (void)state;
    write_file(names[0], "hello", 5);
    expect_refused(names[0], "is no sweep's results");
    write_file(names[1], "SQLite format 3", 16);
    expect_refused(names[1], "is damaged");
    vandalise(names[2], "CREATE TABLE x(y)");
    expect_refused(names[2], "is no sweep's results");
    db = sweepdb_open(names[3], false);
    put(db, 1, stats, 1);
    sweepdb_close(db);
    vandalise(names[3], "PRAGMA user_version=1");
    expect_refused(names[3], "was made by an older mmu386, which knew traces "
                             "by another hash");
    vandalise(names[3], "PRAGMA user_version=3");
    expect_refused(names[3], "was made by a newer mmu386");
    vandalise(names[3],
              "PRAGMA user_version=2; DROP VIEW results; DROP TABLE counts");
    expect_refused(names[3], "is damaged");
    expect_refused(directory, "Is a directory");
    expect_refused("/dev/null", "is no sweep's results");
    expect_refused("", "No such file or directory");
}

/* Cut anywhere, the file is refused, in one line, when it is opened, merged or
 * read. */
static void test_truncated(void **state)
{
    struct sweepdb *db = sweepdb_open(names[0], false);
    struct stat status;
    unsigned count;

    (void)state;
    put(db, 1, stats, 1);
    sweepdb_close(db);
    assert_int_equal(stat(names[0], &status), 0);
    for (off_t bytes = status.st_size - 1; bytes > 0;
         bytes -= bytes > 600 ? 511 : 7) {
        assert_int_equal(truncate(names[0], bytes), 0);
        assert_null(sweepdb_open(names[0], false));
        (void)complaint_last(&count);
        assert_int_equal(count, 1);
    }
}

/* With bytes changed anywhere nothing crashes, and nothing fails without a
 * word. */
static void test_damaged(void **state)
{
    struct sweepdb *db = sweepdb_open(names[0], false);
    uint8_t bytes[65536];
    size_t size;
    FILE *file;
    unsigned count;

    (void)state;
    put(db, 1, stats, 1);
    sweepdb_close(db);
    file = fopen(names[0], "r");
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t at = 0; at < size; at += 61) {
        struct store_row row;
        bool failed, good = false;

        bytes[at] ^= 0xFF;
        write_file(names[1], (const char *)bytes, size);
        bytes[at] ^= 0xFF;
        (void)complaint_last(&count);
        db = sweepdb_open(names[1], false);
        if (db != NULL && find(db, 1, &failed) > 0 && store_read(db, 1, &row)) {
            store_row_free(&row);
            good = true;
        }
        sweepdb_close(db);
        (void)complaint_last(&count);
        assert_true(good || count <= 1);
        (void)unlink(names[1]);
    }
}

/* Several programs put into one file at a time, and are killed. */
static void test_concurrent(void **state)
{
    pid_t children[4];
    int64_t taken[8] = {0};
    struct sweepdb *db;
    bool failed;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            db = sweepdb_open(names[0], false);
            if (db == NULL)
                _exit(1);
            put(db, i, stats, 1);
            raise(SIGKILL);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFSIGNALED(status));
    }
    db = sweepdb_open(names[0], false);
    assert_non_null(db);
    assert_true(store_each(db, take, taken));
    assert_int_equal(taken[0], 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(taken[i + 1], i + 1);
        assert_true(find(db, i, &failed) > 0);
    }
    sweepdb_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_put_and_find, empty_directory),
        cmocka_unit_test_teardown(test_again, empty_directory),
        cmocka_unit_test_teardown(test_merge, empty_directory),
        cmocka_unit_test_teardown(test_other_files, empty_directory),
        cmocka_unit_test_teardown(test_truncated, empty_directory),
        cmocka_unit_test_teardown(test_damaged, empty_directory),
        cmocka_unit_test_teardown(test_concurrent, empty_directory),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
