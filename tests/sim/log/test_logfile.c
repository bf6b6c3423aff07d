/* test_logfile.c: files that are no logs, or no longer; and where one is made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/log.h"
#include "log/logfile.h"
#include "logs.h"

static void expect_refused(const char *path, const char *expected)
{
    char why[256] = "";
    assert_null(log_file_open(path, why, sizeof why));
    assert_string_equal(why, expected);
}

static void make_log(const char *path)
{
    struct guest_run run;
    run_case(&run, &(struct case_of_guest){"tree", {"3"}, NULL, "cow", 0}, true,
             path);
    guest_run_free(&run);
}

/* Runs SQL on a copy of the log, past logdb. */
static void change_log(const char *path, const char *sql)
{
    char why[256];
    struct log_file *file;
    (void)unlink(path);
    file = log_file_create(path, false, why, sizeof why);
    assert_non_null(file);
    if (!logdb_run(log_file_db(file), sql))
        fail_msg("%s", logdb_why(log_file_db(file)));
    assert_true(log_file_close(file, why, sizeof why));
}

static void what_is_no_log_is_refused(void **state)
{
    const char *path = FILE_NAMED("no.log");
    (void)state;
    expect_refused(FILE_NAMED("none"), "No such file or directory");
    expect_refused("", "No such file or directory");
    expect_refused(logs_directory, "Is a directory");
    expect_refused("/dev/null", "is no fault log");
    write_file(path, "", 0);
    expect_refused(path, "is no fault log");
    write_file(
        path, "a text, and a longer one than a database's header begins with\n",
        62);
    expect_refused(path, "is no fault log");
    write_file(path, "SQLite format 3\0and then nothing of the kind", 44);
    expect_refused(path, "is damaged");
    change_log(path, "PRAGMA application_id = 1");
    expect_refused(path, "is no fault log");
    change_log(path, "PRAGMA user_version = 3");
    expect_refused(path, "was made by a newer mmu386 (schema 3)");
    change_log(path, "PRAGMA user_version = 0");
    expect_refused(path, "is no fault log");
    change_log(path, "DROP TABLE mappings");
    expect_refused(path, "is damaged");
    change_log(
        path,
        "DROP TABLE events; CREATE TABLE events(sequence INTEGER PRIMARY KEY)");
    expect_refused(path, "is damaged");
}

static const char *const tables[] = {"parameters",  "kinds",        "programs",
                                     "symbols",     "code",         "processes",
                                     "execs",       "mappings",     "events",
                                     "page_events", "frame_events", "fault"};

/* Reads all there is of what may be damaged; whatever is wrong with it must
 * have a reason. */
static void read_damaged(const char *path)
{
    char why[256] = "";
    struct logdb *db = log_file_open(path, why, sizeof why);
    if (db == NULL) {
        assert_string_not_equal(why, "");
        assert_null(strchr(why, '\n'));
        return;
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
        struct logstmt *rows = logdb_prepare(db, sql);
        int more = rows == NULL ? -1 : 1;
        while (more == 1) {
            more = logstmt_step(rows);
            for (int column = 0; more == 1 && column < logstmt_columns(rows);
                 column++)
                (void)logstmt_text(rows, column);
        }
        if (more == -1)
            assert_string_not_equal(logdb_why(db), "");
        logstmt_free(rows);
    }
    (void)logdb_close(db, why, sizeof why);
}

static void expect_cut_refused(const char *path, const char *contents,
                               size_t bytes)
{
    char why[256] = "";
    write_file(path, contents, bytes);
    assert_null(log_file_open(path, why, sizeof why));
    assert_string_equal(why, bytes < 16 ? "is no fault log" : "is damaged");
}

static void damaged_logs_have_a_reason(void **state)
{
    const char *good = FILE_NAMED("good.log");
    const char *bad = FILE_NAMED("bad.log");
    uint64_t random = 386;
    size_t bytes;
    (void)state;
    make_log(good);
    char *contents = read_file(good, &bytes);
    for (size_t cut = 0; cut < bytes;
         cut += cut < 256 ? 7 : 2048 - cut % 2048 + cut % 3)
        expect_cut_refused(bad, contents, cut);
    for (int round = 0; round < 300; round++) {
        char *copy = malloc(bytes + 1);
        assert_non_null(copy);
        memcpy(copy, contents, bytes);
        for (int i = 0; i < 40; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            /* The header and the schema are as likely as all the rest. */
            size_t at = (random >> 33) % (i % 2 == 0 ? 4096 : bytes);
            copy[at] = (char)(random >> 24);
        }
        write_file(bad, copy, bytes);
        read_damaged(bad);
        free(copy);
    }
    free(contents);
}

/* ---- making one ---- */

static void expect_not_made(const char *path, bool force, const char *expected)
{
    char why[256] = "";
    assert_null(log_new(path, force, why, sizeof why));
    assert_string_equal(why, expected);
}

static void files_are_not_overwritten(void **state)
{
    const char *path = FILE_NAMED("mine");
    const char *journal = FILE_NAMED("mine-journal");
    struct stat status;
    (void)state;
    write_file(path, "mine", 4);
    expect_not_made(path, false, "exists (--force overwrites it)");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 4);
    expect_not_made(logs_directory, false, "Is a directory");
    expect_not_made(logs_directory, true, "Is a directory");
    expect_not_made("-", true, "a log does not go to standard output");
    expect_not_made("", false, "No such file or directory");
    expect_not_made(FILE_NAMED("none/log"), false, "No such file or directory");
    expect_not_made(FILE_NAMED("mine/log"), false, "Not a directory");
    expect_not_made("/dev/full", true, "is no regular file");
    expect_not_made("/dev/full", false, "exists (--force overwrites it)");

    write_file(journal, "what a killed run left", 22);
    make_log(path);
    assert_int_equal(stat(journal, &status), -1);
    close_log(open_log(path));
}

/* Names that mean something else to SQLite. */
static void any_name_will_do(void **state)
{
    static const char *const names[] = {"file:x?mode=memory", ":memory:", "%41",
                                        "a b?c#d"};
    char *old = getcwd(NULL, 0);
    (void)state;
    assert_non_null(old);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char why[256];
        struct stat status;
        assert_int_equal(chdir(logs_directory), 0);
        struct log *log = log_new(names[i], false, why, sizeof why);
        assert_non_null(log);
        assert_true(log_free(log, why, sizeof why));
        assert_int_equal(stat(names[i], &status), 0);
        close_log(open_log(names[i]));
        assert_int_equal(unlink(names[i]), 0);
        assert_int_equal(chdir(old), 0);
    }
    free(old);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(damaged_logs_have_a_reason),
        cmocka_unit_test(files_are_not_overwritten),
        cmocka_unit_test(any_name_will_do),
    };
    if (argc != 2)
        return 2;
    logs_guests = argv[1];
    return cmocka_run_group_tests(tests, logs_begin, logs_end);
}
