/* test_log.c: the log's rows against the events that the machine told another
 * listener of. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "logs.h"

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
        run_case(&run, &log_cases[i / 2], clocked, path);
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

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_tell_the_events),
        cmocka_unit_test(references_go_on),
        cmocka_unit_test(contents_tell_what_was_written),
    };
    if (argc != 2)
        return 2;
    logs_guests = argv[1];
    return cmocka_run_group_tests(tests, logs_begin, logs_end);
}
