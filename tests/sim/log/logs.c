/* logs.c: see logs.h. */
#include "logs.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/logfile.h"

char logs_directory[] = "/tmp/mmu386-log-XXXXXX";
const char *logs_guests;

int logs_begin(void **state)
{
    (void)state;
    return mkdtemp(logs_directory) == NULL;
}

int logs_end(void **state)
{
    DIR *entries = opendir(logs_directory);
    const struct dirent *entry;
    (void)state;
    if (entries == NULL)
        return 1;
    while ((entry = readdir(entries)) != NULL)
        (void)unlinkat(dirfd(entries), entry->d_name, 0);
    (void)closedir(entries);
    return rmdir(logs_directory);
}

const char *file_in_directory(char *path, size_t path_bytes, const char *name)
{
    (void)snprintf(path, path_bytes, "%s/%s", logs_directory, name);
    return path;
}

const struct case_of_guest log_cases[CASES] = {
    {"stackfork", {NULL}, NULL, "cow", 0},
    {"value", {NULL}, "pentium", "cow", 0},
    {"value", {NULL}, NULL, "eager", 0},
    {"file", {NULL}, NULL, "cow", 0},
    {"file", {NULL}, "i486", "cow", 0},
    {"three", {"32"}, "i486", "eager", 0},
    {"tree", {"4"}, NULL, "cow", 0},
    {"signals", {NULL}, NULL, "cow", 0},
    {"handlers", {NULL}, "pentium", "cow", 0},
    {"null", {"write"}, NULL, "cow", 0},
    {"codewrite", {"self"}, NULL, "cow", 0},
    {"touch", {"300", "9"}, NULL, "cow", 0},
    {"forkbench", {"200", "5", "write"}, "i486", "cow", 0},
    {"oom", {NULL}, NULL, "cow", 256},
    {"oom", {"fork", "40"}, NULL, "cow", 256},
    {"overflow", {NULL}, NULL, "cow", 0},
};

void run_case(struct guest_run *run, const struct case_of_guest *of,
              bool clocked, const char *log)
{
    const struct guest_options options = {.cpu = of->cpu,
                                          .policy = of->policy,
                                          .ram_frames = of->ram_frames,
                                          .clocked = clocked,
                                          .log = log};
    guest_run(run, logs_guests, of->name, of->arguments, &options);
}

struct logdb *open_log(const char *path)
{
    char why[256] = "";
    struct logdb *db = log_file_open(path, why, sizeof why);
    if (db == NULL)
        fail_msg("%s: %s", path, why);
    return db;
}

void close_log(struct logdb *db)
{
    char why[256];
    assert_true(logdb_close(db, why, sizeof why));
}

char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    (void)fseek(file, 0, SEEK_END);
    long end = ftell(file);
    assert_true(end >= 0);
    *bytes = (size_t)end;
    (void)fseek(file, 0, SEEK_SET);
    char *contents = malloc(*bytes + 1);
    assert_non_null(contents);
    assert_int_equal(fread(contents, 1, *bytes, file), *bytes);
    (void)fclose(file);
    return contents;
}

void write_file(const char *path, const char *contents, size_t bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(contents, 1, bytes, file), bytes);
    int closed = fclose(file);
    assert_int_equal(closed, 0);
}
