/* test_log.c: the log's rows against the events that the machine told another
 * listener of; what a log is the same for; and files that are no logs, or no
 * longer. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest_run.h"
#include "log/log.h"
#include "log/logdb.h"
#include "log/logfile.h"

static char directory[] = "/tmp/mmu386-log-XXXXXX";
static const char *guests;

static const char *file_in_directory(char *path, size_t path_bytes,
                                     const char *name)
{
    (void)snprintf(path, path_bytes, "%s/%s", directory, name);
    return path;
}

#define FILE_NAMED(name) file_in_directory((char[256]){0}, 256, name)

struct case_of_guest {
    const char *name;
    const char *arguments[4];
    const char *cpu, *policy;
    uint32_t ram_frames;
};

static const struct case_of_guest cases[] = {
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

#define CASES (sizeof cases / sizeof cases[0])

static void run_case(struct guest_run *run, const struct case_of_guest *of,
                     bool clocked, const char *log)
{
    const struct guest_options options = {.cpu = of->cpu,
                                          .policy = of->policy,
                                          .ram_frames = of->ram_frames,
                                          .clocked = clocked,
                                          .log = log};
    guest_run(run, guests, of->name, of->arguments, &options);
}

static struct logdb *open_log(const char *path)
{
    char why[256] = "";
    struct logdb *db = log_file_open(path, why, sizeof why);
    if (db == NULL)
        fail_msg("%s: %s", path, why);
    return db;
}

static void close_log(struct logdb *db)
{
    char why[256];
    assert_true(logdb_close(db, why, sizeof why));
}

static int64_t number(struct logdb *db, const char *sql)
{
    struct logstmt *statement = logdb_prepare(db, sql);
    assert_non_null(statement);
    assert_int_equal(logstmt_step(statement), 1);
    int64_t value = logstmt_int(statement, 0);
    logstmt_free(statement);
    return value;
}

/* ---- rows and events ---- */

static bool services(const struct mmu_event *event)
{
    switch (event->kind) {
    case MMU_EVENT_ZERO_FILL:
    case MMU_EVENT_FILE:
    case MMU_EVENT_COPY:
    case MMU_EVENT_TAKEOVER:
        return !event->in_kernel;
    case MMU_EVENT_SEGV:
    case MMU_EVENT_FAULT:
    case MMU_EVENT_KILL:
        return true;
    default:
        return false;
    }
}

/* The event that tells what became of the fault at `index`. */
static const struct mmu_event *outcome(const struct guest_run *run,
                                       size_t index)
{
    for (size_t i = index + 1; i < run->count; i++)
        if (services(&run->events[i]))
            return &run->events[i];
    return NULL;
}

static const char *fault_kind(const struct mmu_event *outcome)
{
    switch (outcome == NULL ? MMU_EVENT_KILL : outcome->kind) {
    case MMU_EVENT_ZERO_FILL:
        return "demand_zero";
    case MMU_EVENT_FILE:
        return "file";
    case MMU_EVENT_COPY:
        return "cow_copy";
    case MMU_EVENT_TAKEOVER:
        return "cow_reuse";
    case MMU_EVENT_SEGV:
        return "segv";
    default:
        return "oom";
    }
}

/* True where the event is told in a fault's row. */
static bool is_part_of_fault(const struct guest_run *run, size_t index)
{
    const struct mmu_event *event = &run->events[index];
    size_t fault = index;
    if (event->kind != MMU_EVENT_MAP && !services(event))
        return false;
    if (event->kind == MMU_EVENT_FAULT || event->kind == MMU_EVENT_KILL)
        return false;
    if (event->kind != MMU_EVENT_MAP)
        return true;
    while (fault > 0 && run->events[fault].kind != MMU_EVENT_FAULT)
        fault--;
    const struct mmu_event *end = outcome(run, fault);
    return run->events[fault].kind == MMU_EVENT_FAULT && end != NULL &&
           end > event &&
           (run->events[fault].linear & MMU_PAGE_MASK) == event->linear;
}

enum {
    SEQUENCE,
    CYCLE,
    INSTRUCTIONS,
    PID,
    NAME,
    IS_FAULT,
    LINEAR,
    ERROR_CODE,
    EIP,
    PDE_BEFORE,
    PDE_AFTER,
    PTE_BEFORE,
    PTE_AFTER,
    FRAME_BEFORE,
    FRAME_AFTER,
    REFS_BEFORE,
    REFS_AFTER,
    IN_KERNEL,
    VALUE,
    MAPPING,
    CONTENT,
    INSN,
    CPU,
};

static const char all_rows[] =
    "SELECT sequence, cycle, instructions, pid, name, is_fault, linear, error, "
    "eip, pde_before, "
    "pde_after, pte_before, pte_after, frame_before, frame_after, refs_before, "
    "refs_after, "
    "in_kernel, value, mapping, content, insn, cpu FROM events JOIN kinds ON "
    "kind = id "
    "ORDER BY sequence";

static void expect_fault(struct logstmt *row, const struct mmu_event *fault,
                         const struct mmu_event *end)
{
    bool serviced =
        end != NULL && end->frame_after != 0 && end->kind != MMU_EVENT_FAULT;
    assert_string_equal(logstmt_text(row, NAME), fault_kind(end));
    assert_int_equal(logstmt_int(row, IS_FAULT), 1);
    assert_int_equal(logstmt_int(row, LINEAR), fault->linear);
    assert_int_equal(logstmt_int(row, ERROR_CODE), fault->error);
    assert_int_equal(logstmt_int(row, PDE_BEFORE), fault->pde_before);
    assert_int_equal(logstmt_int(row, PTE_BEFORE), fault->pte_before);
    assert_int_equal(logstmt_is_null(row, FRAME_BEFORE),
                     fault->frame_before == 0);
    assert_int_equal(logstmt_int(row, FRAME_BEFORE), fault->frame_before);
    assert_int_equal(logstmt_int(row, PTE_AFTER),
                     serviced ? end->pte_after : fault->pte_before);
    assert_int_equal(logstmt_int(row, PDE_AFTER),
                     serviced ? end->pde_after : fault->pde_before);
    assert_int_equal(logstmt_int(row, FRAME_AFTER),
                     serviced ? end->frame_after : fault->frame_before);
    if (serviced) {
        assert_int_equal(logstmt_int(row, REFS_BEFORE), end->refs_before);
        assert_int_equal(logstmt_int(row, REFS_AFTER), end->refs_after);
    }
    assert_int_equal(logstmt_is_null(row, CONTENT),
                     end == NULL || end->kind != MMU_EVENT_COPY);
    assert_int_equal(logstmt_is_null(row, MAPPING),
                     logstmt_int(row, MAPPING) == 0);
    if (serviced)
        assert_int_not_equal(logstmt_int(row, MAPPING), 0);
}

/* "fork-copy" is "fork_copy" in the log. */
static void expect_name(const char *name, const char *event)
{
    for (; *event != '\0'; event++, name++)
        assert_int_equal(*name, *event == '-' ? '_' : *event);
    assert_int_equal(*name, '\0');
}

static void expect_other(struct logstmt *row, const struct mmu_event *event)
{
    expect_name(logstmt_text(row, NAME), mmu_event_name(event->kind));
    assert_int_equal(logstmt_int(row, IS_FAULT), 0);
    assert_int_equal(logstmt_int(row, LINEAR), event->linear);
    assert_true(logstmt_is_null(row, ERROR_CODE));
    assert_int_equal(logstmt_int(row, PDE_BEFORE), event->pde_before);
    assert_int_equal(logstmt_int(row, PDE_AFTER), event->pde_after);
    assert_int_equal(logstmt_int(row, PTE_BEFORE), event->pte_before);
    assert_int_equal(logstmt_int(row, PTE_AFTER), event->pte_after);
    assert_int_equal(logstmt_int(row, FRAME_BEFORE), event->frame_before);
    assert_int_equal(logstmt_int(row, FRAME_AFTER), event->frame_after);
    assert_int_equal(logstmt_int(row, REFS_BEFORE), event->refs_before);
    assert_int_equal(logstmt_int(row, REFS_AFTER), event->refs_after);
    assert_int_equal(logstmt_int(row, VALUE), event->value);
}

static void expect_row(struct logstmt *rows, const struct guest_run *run,
                       size_t index, bool clocked)
{
    const struct mmu_event *event = &run->events[index];
    assert_int_equal(logstmt_step(rows), 1);
    assert_int_equal(logstmt_int(rows, SEQUENCE), event->sequence);
    assert_int_equal(logstmt_is_null(rows, CYCLE), !clocked);
    assert_int_equal(logstmt_int(rows, CYCLE), event->cycle);
    assert_int_equal(logstmt_is_null(rows, INSTRUCTIONS), !clocked);
    assert_int_equal(logstmt_int(rows, INSTRUCTIONS), event->instructions);
    assert_int_equal(logstmt_int(rows, CPU), 0);
    assert_false(logstmt_is_null(rows, CPU));
    assert_int_equal(logstmt_int(rows, PID), event->pid);
    assert_int_equal(logstmt_int(rows, EIP), event->eip);
    assert_int_equal(logstmt_int(rows, IN_KERNEL), event->in_kernel);
    if (event->kind == MMU_EVENT_FAULT)
        expect_fault(rows, event, outcome(run, index));
    else
        expect_other(rows, event);
}

static void expect_rows(struct logdb *db, const struct guest_run *run,
                        bool clocked)
{
    struct logstmt *rows = logdb_prepare(db, all_rows);
    int64_t count = 0;
    assert_non_null(rows);
    for (size_t i = 0; i < run->count; i++) {
        if (is_part_of_fault(run, i))
            continue;
        expect_row(rows, run, i, clocked);
        count++;
    }
    assert_int_equal(logstmt_step(rows), 0);
    logstmt_free(rows);
    assert_int_equal(
        number(db, "SELECT value FROM parameters WHERE name = 'events'"),
        count);
}

/* What the other tables say follows from the events, too. */
static void expect_tables(struct logdb *db, const struct guest_run *run)
{
    assert_int_equal(number(db, "SELECT count(*) FROM processes"),
                     run->counts.processes);
    assert_int_equal(
        number(db,
               "SELECT count(*) FROM processes JOIN events ON sequence = death "
               "AND value = wait_status AND events.pid = processes.pid"),
        run->counts.processes);
    assert_int_equal(
        number(db,
               "SELECT count(*) FROM processes AS p JOIN events AS e "
               "ON e.sequence = birth AND e.pid = p.parent AND value = p.pid"),
        run->counts.forks);
    assert_int_equal(
        number(db,
               "SELECT count(*) FROM execs JOIN events USING (sequence, pid)"),
        guest_count(run, MMU_EVENT_EXEC));
    assert_int_equal(
        number(
            db,
            "SELECT count(*) FROM events JOIN mappings AS m ON mapping = m.id "
            "WHERE linear NOT BETWEEN start AND end - 1 OR m.pid <> "
            "events.pid"),
        0);
    assert_int_equal(number(db,
                            "SELECT count(*) FROM events WHERE mapping NOT IN "
                            "(SELECT id FROM mappings)"),
                     0);
    assert_int_equal(
        number(db, "SELECT value FROM parameters WHERE name = 'exit_status'"),
        run->status);
    assert_int_equal(
        number(db, "SELECT value FROM parameters WHERE name = 'complete'"), 1);
    assert_int_not_equal(
        number(db, "SELECT count(*) FROM symbols WHERE bytes > 0"), 0);
    /* The instruction of each user's fault, and the code around it. */
    assert_int_equal(
        number(db,
               "SELECT count(*) FROM events WHERE error & 4 AND insn IS NULL "
               "AND kind NOT IN (SELECT id FROM kinds WHERE name IN "
               "('segv', 'oom'))"),
        0);
    assert_int_equal(
        number(db, "SELECT count(*) FROM code WHERE length(bytes) <> 4096"), 0);
    assert_int_not_equal(
        number(db,
               "SELECT count(*) FROM events JOIN code ON page = eip >> 12 "
               "WHERE substr(bytes, (eip & 4095) + 1, length(insn)) = insn"),
        0);
}

/* Every copy has its content when it is made and when it is dropped, and
 * nothing else has. */
static void expect_contents(struct logdb *db)
{
    assert_int_equal(
        number(db, "SELECT count(*) FROM events JOIN kinds ON kind = id WHERE "
                   "(name IN ('copy', 'cow_copy', 'fork_copy')) > "
                   "(content IS NOT NULL)"),
        0);
    assert_true(number(db,
                       "SELECT sum(name = 'unmap' AND content IS NOT NULL) >= "
                       "sum(name IN ('copy', 'cow_copy', 'fork_copy')) "
                       "FROM events JOIN kinds ON kind = id") == 1);
}

/* Every event of a page or a frame is found by its blocks. */
static void expect_blocks(struct logdb *db)
{
    assert_int_equal(
        number(db, "SELECT count(*) FROM page_events"),
        number(db, "SELECT count(*) FROM events WHERE linear IS NOT NULL"));
    assert_int_equal(
        number(db, "SELECT count(*) FROM frame_events"),
        number(
            db,
            "SELECT sum((frame_before IS NOT NULL) + (frame_after IS NOT NULL "
            "AND frame_after IS NOT frame_before)) FROM events"));
}

static void rows_tell_the_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES * 2; i++) {
        struct guest_run run;
        bool clocked = i % 2 == 0;
        const char *path = FILE_NAMED("events.log");
        run_case(&run, &cases[i / 2], clocked, path);
        struct logdb *db = open_log(path);
        expect_rows(db, &run, clocked);
        expect_tables(db, &run);
        expect_contents(db);
        expect_blocks(db);
        close_log(db);
        guest_run_free(&run);
    }
}

/* A frame's rows tell its references one after the other: none is missing. */
static void references_go_on(void **state)
{
    struct guest_run run;
    const char *path = FILE_NAMED("references.log");
    (void)state;
    run_case(&run, &(struct case_of_guest){"tree", {"4"}, NULL, "cow", 0}, true,
             path);
    struct logdb *db = open_log(path);
    struct logstmt *rows =
        logdb_prepare(db, "SELECT frame_before, frame_after, refs_before, "
                          "refs_after, name FROM events "
                          "JOIN kinds ON kind = id WHERE name <> 'zero_fill' "
                          "ORDER BY sequence");
    static int64_t references[16384];
    int64_t seen = 0;
    memset(references, 0, sizeof references);
    while (logstmt_step(rows) == 1) {
        if (logstmt_is_null(rows, 0) && logstmt_is_null(rows, 1))
            continue;
        bool copied = strstr(logstmt_text(rows, 4), "copy") != NULL;
        int64_t frame = logstmt_is_null(rows, 0) ? logstmt_int(rows, 1)
                                                 : logstmt_int(rows, 0);
        assert_true(frame > 0 && frame < 16384);
        if (references[frame] != 0)
            assert_int_equal(logstmt_int(rows, 2), references[frame]);
        references[frame] = logstmt_int(rows, 3);
        if (copied)
            references[logstmt_int(rows, 1)] = 1;
        seen++;
    }
    assert_true(seen > 100);
    logstmt_free(rows);
    close_log(db);
    guest_run_free(&run);
}

/* A child that writes nothing gives its copies back as it got them; one that
 * writes, does not. */
static void contents_tell_what_was_written(void **state)
{
    static const char unchanged[] =
        "SELECT count(*) FROM events AS c JOIN kinds ON c.kind = id AND name = "
        "'fork_copy' JOIN "
        "events AS u ON u.frame_before = c.frame_after AND u.sequence > "
        "c.sequence AND "
        "u.content = c.content AND u.linear = c.linear";
    const char *path = FILE_NAMED("contents.log");
    (void)state;
    for (int writes = 0; writes < 2; writes++) {
        struct guest_run run;
        run_case(&run,
                 &(struct case_of_guest){"forkbench",
                                         {"200", "1", writes ? "write" : NULL},
                                         NULL,
                                         "eager",
                                         0},
                 false, path);
        struct logdb *db = open_log(path);
        int64_t same = number(db, unchanged);
        assert_true(writes ? same < 20 : same >= 200);
        close_log(db);
        guest_run_free(&run);
    }
}

/* ---- the same again ---- */

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

static char *read_file(const char *path, size_t *bytes)
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

static void write_file(const char *path, const char *contents, size_t bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(contents, 1, bytes, file), bytes);
    int closed = fclose(file);
    assert_int_equal(closed, 0);
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
        dump_case(&cases[i], true, first, true);
        dump_case(&cases[i], true, second, true);
        expect_same(first, second);
        dump_case(&cases[i], false, second, false);
        dump_case(&cases[i], true, first, false);
        expect_same(first, second);
    }
}

/* ---- files that are no logs ---- */

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
    expect_refused(directory, "Is a directory");
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
    change_log(path, "PRAGMA user_version = 2");
    expect_refused(path, "was made by a newer mmu386 (schema 2)");
    change_log(path, "PRAGMA user_version = 0");
    expect_refused(path, "is no fault log");
    change_log(path, "DROP TABLE mappings");
    expect_refused(path, "is damaged");
    change_log(
        path,
        "DROP TABLE events; CREATE TABLE events(sequence INTEGER PRIMARY KEY)");
    expect_refused(path, "is damaged");
}

static const char *const tables[] = {"parameters",  "kinds",       "programs",
                                     "symbols",     "code",        "processes",
                                     "execs",       "mappings",    "events",
                                     "page_events", "frame_events"};

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
    expect_not_made(directory, false, "Is a directory");
    expect_not_made(directory, true, "Is a directory");
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
        assert_int_equal(chdir(directory), 0);
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

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    (void)state;
    if (entries == NULL)
        return 1;
    while ((entry = readdir(entries)) != NULL)
        (void)unlinkat(dirfd(entries), entry->d_name, 0);
    (void)closedir(entries);
    return rmdir(directory);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_tell_the_events),
        cmocka_unit_test(references_go_on),
        cmocka_unit_test(contents_tell_what_was_written),
        cmocka_unit_test(same_run_same_rows),
        cmocka_unit_test(what_is_no_log_is_refused),
        cmocka_unit_test(damaged_logs_have_a_reason),
        cmocka_unit_test(files_are_not_overwritten),
        cmocka_unit_test(any_name_will_do),
    };
    if (argc != 2)
        return 2;
    guests = argv[1];
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
