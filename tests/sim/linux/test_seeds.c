/* test_seeds.c: the experiments of the systems that mmu386 grew from, with the
 * counts that each of them must show: a teaching OS's two, xv6's four, and what
 * all of them rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest_run.h"
#include "paging.h"

static const char *guests; /* the directory that they are in */

static const char *const cpus[] = {"i386", "i486", "pentium"};
static const char *const policies[] = {"eager", "cow"};

#define WRITE_TO_SHARED (MMU_PF_P | MMU_PF_W | MMU_PF_U)

static void run(struct guest_run *r, const char *name,
                const char *const arguments[], struct guest_options options)
{
    options.audit = true;
    guest_run(r, guests, name, arguments, &options);
    assert_null(r->broken);
    assert_int_equal(r->violations, 0);
    assert_int_equal(r->frames.in_use, 0);
    assert_int_equal(r->frames.allocated, r->frames.freed);
    assert_int_equal(r->tables.in_use, r->tables_at_boot);
}

/* ---- the teaching OS ---- */

/* The parent forks, both return: two faults at one address of the stack, error
 * code 7; the first copies, the second takes over since the count is one. */
static void test_two_faults_on_the_stack(void **state)
{
    (void)state;
    for (size_t cpu = 0; cpu < 3; cpu++) {
        struct guest_run r;
        run(&r, "stackfork", NULL, (struct guest_options){.cpu = cpus[cpu]});
        assert_string_equal(r.output, "stackfork: ok\n");
        const struct mmu_event *fork = guest_event(&r, MMU_EVENT_FORK, 0);
        assert_non_null(fork);
        const struct mmu_event *first =
            guest_event(&r, MMU_EVENT_FAULT, guest_index(&r, fork));
        assert_non_null(first);
        const struct mmu_event *copy = first + 1;
        const struct mmu_event *second =
            guest_event(&r, MMU_EVENT_FAULT, guest_index(&r, copy));
        assert_non_null(second);
        assert_null(
            guest_event(&r, MMU_EVENT_FAULT, guest_index(&r, second) + 1));
        assert_int_equal(first->error, WRITE_TO_SHARED);
        assert_int_equal(second->error, WRITE_TO_SHARED);
        assert_int_equal(first->linear, second->linear);
        assert_int_not_equal(first->pid, second->pid);
        assert_int_equal(copy->kind, MMU_EVENT_COPY);
        assert_int_equal(copy->refs_before, 2);
        assert_int_equal(copy->refs_after, 1);
        assert_int_not_equal(copy->frame_before, copy->frame_after);
        const struct mmu_event *takeover = second + 1;
        assert_int_equal(takeover->kind, MMU_EVENT_TAKEOVER);
        assert_int_equal(takeover->frame_before, copy->frame_before);
        assert_int_equal(takeover->frame_after, copy->frame_before);
        assert_int_equal(takeover->refs_before, 1);
        guest_run_free(&r);
    }
}

/* The page holds 114514; the child reads it in the parent's frame, writes
 * 1919810, and has a frame of its own then; the parent still reads 114514 in
 * the old one. */
static void test_a_value_in_two_frames(void **state)
{
    struct guest_run r;
    (void)state;
    run(&r, "value", NULL, (struct guest_options){0});
    assert_string_equal(r.output, "child reads 114514\nchild writes 1919810\n"
                                  "child reads 1919810\nparent reads 114514\n");
    const struct mmu_event *fork = guest_event(&r, MMU_EVENT_FORK, 0);
    uint32_t child = fork->value;
    /* The page of the value: filled before the fork, and copied for the child
     * after it. */
    const struct mmu_event *copy = NULL;
    for (const struct mmu_event *e = fork;
         (e = guest_event(&r, MMU_EVENT_COPY, guest_index(&r, e))); e++)
        if (e->pid == child)
            copy = e;
    assert_non_null(copy);
    const struct mmu_event *fill = NULL;
    const struct mmu_event *share = NULL;
    size_t parents_writes = 0;
    for (const struct mmu_event *e = r.events; e < r.events + r.count; e++) {
        if ((e->linear & MMU_PAGE_MASK) != copy->linear)
            continue;
        if (e->kind == MMU_EVENT_ZERO_FILL || e->kind == MMU_EVENT_FILE)
            fill = e;
        if (e->kind == MMU_EVENT_FORK_SHARE)
            share = e;
        if (e > fork && e->pid != child && e->kind == MMU_EVENT_FAULT)
            parents_writes++;
    }
    assert_non_null(fill);
    assert_non_null(share);
    assert_int_equal(share->frame_after, fill->frame_after);
    assert_int_equal(copy->frame_before, fill->frame_after);
    assert_int_not_equal(copy->frame_after, fill->frame_after);
    assert_int_equal(parents_writes, 0); /* it read the old frame, through the
                                            old entry */
    guest_run_free(&r);
}

/* Each frame is given out and freed exactly once between two uses. */
static void test_each_frame_is_freed_once(void **state)
{
    struct guest_run r;
    (void)state;
    run(&r, "tree", NULL, (struct guest_options){0});
    int *references = calloc(16384, sizeof *references);
    assert_non_null(references);
    for (const struct mmu_event *e = r.events; e < r.events + r.count; e++) {
        if (e->kind == MMU_EVENT_MAP || e->kind == MMU_EVENT_FORK_SHARE)
            references[e->frame_after]++;
        if (e->kind == MMU_EVENT_COPY) {
            references[e->frame_before]--;
            references[e->frame_after]++;
        }
        if (e->kind == MMU_EVENT_UNMAP)
            references[e->frame_before]--;
        assert_true(references[e->frame_before] >= 0);
    }
    for (int frame = 0; frame < 16384; frame++)
        assert_int_equal(references[frame], 0);
    free(references);
    guest_run_free(&r);
}

/* ---- xv6 ---- */

/* simple: fork while more than half of memory is in use. Copy-on-write can,
 * eager cannot. */
static void test_fork_with_more_than_half_in_use(void **state)
{
    struct guest_run r;
    const char *const pages[] = {"640", NULL};
    (void)state;
    run(&r, "simple", pages, (struct guest_options){.ram_frames = 1024});
    assert_string_equal(r.output, "simple: ok\nsimple: ok\n");
    assert_int_equal(r.counts.copied_at_fork, 0);
    guest_run_free(&r);
    run(&r, "simple", pages,
        (struct guest_options){.ram_frames = 1024, .policy = "eager"});
    assert_non_null(strstr(r.output, "fork: ENOMEM"));
    assert_int_equal(r.counts.forks, 0);
    guest_run_free(&r);
}

static void test_three_that_write(void **state)
{
    (void)state;
    for (size_t policy = 0; policy < 2; policy++) {
        struct guest_run r;
        run(&r, "three", NULL,
            (struct guest_options){.policy = policies[policy]});
        assert_string_equal(
            r.output,
            "grandchild wrote 409 pages: ok\n"
            "child wrote 256 pages: ok\nparent wrote 512 pages: ok\n");
        assert_int_equal(r.counts.forks, 2);
        guest_run_free(&r);
    }
}

/* file: the kernel's own write into a shared page must not leak into the other
 * process. On a 386 it does so without a fault; from the i486 on it faults as
 * the supervisor. */
static void test_the_kernels_write_breaks_sharing(void **state)
{
    (void)state;
    for (size_t cpu = 0; cpu < 3; cpu++) {
        struct guest_run r;
        size_t by_hand = 0;
        size_t by_fault = 0;
        run(&r, "file", NULL, (struct guest_options){.cpu = cpus[cpu]});
        assert_string_equal(
            r.output,
            "child 0: ok\nchild 1: ok\nchild 2: ok\nchild 3: ok\nparent: ok\n");
        for (const struct mmu_event *e = r.events; e < r.events + r.count;
             e++) {
            by_hand +=
                (e->kind == MMU_EVENT_COPY || e->kind == MMU_EVENT_TAKEOVER) &&
                e->in_kernel;
            by_fault +=
                e->kind == MMU_EVENT_FAULT && e->error == (MMU_PF_P | MMU_PF_W);
        }
        if (cpu == 0) {
            assert_true(by_hand >= 4);
            assert_int_equal(by_fault, 0);
        } else {
            assert_int_equal(by_hand, 0);
            assert_true(by_fault >= 4);
        }
        guest_run_free(&r);
    }
}

static void test_death_by_memory_of_one_alone(void **state)
{
    struct guest_run r;
    const char *const pages[] = {"4096", NULL};
    (void)state;
    run(&r, "oom", pages, (struct guest_options){.ram_frames = 512});
    assert_string_equal(
        r.output, "child killed by signal 9\nparent wrote 16 pages: ok\n");
    const struct mmu_event *kill = guest_event(&r, MMU_EVENT_KILL, 0);
    assert_non_null(kill);
    assert_int_equal(kill->value, 9);
    assert_int_equal(guest_count(&r, MMU_EVENT_KILL), 1);
    guest_run_free(&r);
}

/* A fork that finds no room returns ENOMEM, and leaves nothing behind. */
static void test_fork_without_room(void **state)
{
    struct guest_run r;
    const char *const arguments[] = {"fork", "400", "16", NULL};
    (void)state;
    run(&r, "oom", arguments,
        (struct guest_options){.ram_frames = 1024, .policy = "eager"});
    assert_non_null(strstr(r.output, "fork: ENOMEM after 1\n"));
    assert_int_equal(r.counts.forks, 1);
    guest_run_free(&r);
    run(&r, "oom", arguments, (struct guest_options){.ram_frames = 1024});
    assert_non_null(strstr(r.output, "forks: 16 ok\n"));
    guest_run_free(&r);
}

/* ---- what all rely on ---- */

/* An original read-only page stays read-only: a write to code is no
 * copy-on-write. */
static void test_code_stays_read_only(void **state)
{
    (void)state;
    for (size_t policy = 0; policy < 2; policy++) {
        struct guest_run r;
        run(&r, "codewrite", NULL,
            (struct guest_options){.policy = policies[policy]});
        assert_string_equal(
            r.output, "child killed by signal 11\nparent's code: unchanged\n");
        const struct mmu_event *segv = guest_event(&r, MMU_EVENT_SEGV, 0);
        assert_non_null(segv);
        assert_int_equal(segv->error, WRITE_TO_SHARED);
        guest_run_free(&r);
    }
}

static void test_stack_overflow(void **state)
{
    struct guest_run r;
    (void)state;
    run(&r, "overflow", NULL, (struct guest_options){0});
    assert_string_equal(r.output, "child killed by signal 11\n");
    guest_run_free(&r);
}

static void null_fault(const char *how, uint32_t error, uint32_t eip_is_zero)
{
    struct guest_run r;
    const char *const arguments[] = {how, NULL};
    run(&r, "null", arguments, (struct guest_options){0});
    assert_int_equal(r.status, 11);
    const struct mmu_event *segv = guest_event(&r, MMU_EVENT_SEGV, 0);
    assert_non_null(segv);
    assert_int_equal(segv->linear, 0);
    assert_int_equal(segv->error, error);
    assert_int_equal(segv->eip == 0, eip_is_zero);
    guest_run_free(&r);
}

static void test_nothing_at_address_zero(void **state)
{
    (void)state;
    null_fault("read", MMU_PF_U, 0);
    null_fault("write", MMU_PF_U | MMU_PF_W, 0);
    null_fault("jump", MMU_PF_U, 1);
}

/* The supervisor's part is there, and not for users: P and U/S are set in the
 * error code. */
static void test_the_supervisors_pages(void **state)
{
    struct guest_run r;
    const char *const arguments[] = {"0xc0000000", NULL};
    (void)state;
    run(&r, "signals", arguments, (struct guest_options){0});
    const struct mmu_event *segv = NULL;
    for (const struct mmu_event *e = r.events; e < r.events + r.count; e++)
        if (e->kind == MMU_EVENT_SEGV && e->linear == 0xC0000000u)
            segv = e;
    assert_non_null(segv);
    assert_int_equal(segv->error, MMU_PF_P | MMU_PF_U);
    guest_run_free(&r);
}

static void test_a_spinning_process_starves_nobody(void **state)
{
    struct guest_run r;
    (void)state;
    run(&r, "spin", NULL, (struct guest_options){0});
    assert_string_equal(
        r.output, "worker's result 2318261108\nspinner killed by signal 9\n");
    guest_run_free(&r);
}

/* ---- the same events ---- */

static const struct {
    const char *name;
    const char *arguments[3];
} programs[] = {
    {"stackfork", {NULL}}, {"value", {NULL}},        {"simple", {"64", NULL}},
    {"three", {NULL}},     {"file", {NULL}},         {"oom", {NULL}},
    {"codewrite", {NULL}}, {"tree", {NULL}},         {"spin", {NULL}},
    {"signals", {NULL}},   {"null", {"jump", NULL}}, {"compute", {"1", NULL}},
    {"touch", {NULL}},     {"handlers", {NULL}},
};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

/* All but the stamp, which a run without the clock does not have. */
static void assert_same_events(const struct guest_run *a,
                               const struct guest_run *b, bool stamps_too)
{
    assert_string_equal(a->output, b->output);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        struct mmu_event left = a->events[i];
        struct mmu_event right = b->events[i];
        if (!stamps_too) {
            left.cycle = right.cycle = 0;
            left.instructions = right.instructions = 0;
        }
        if (memcmp(&left, &right, sizeof left) != 0)
            fail_msg("event %zu differs: %s and %s", i,
                     mmu_event_name(left.kind), mmu_event_name(right.kind));
    }
}

static void run_one(struct guest_run *r, size_t program, const char *policy,
                    const char *cpu, bool clocked)
{
    const struct guest_options options = {
        .policy = policy, .cpu = cpu, .clocked = clocked};
    guest_run(r, guests, programs[program].name, programs[program].arguments,
              &options);
}

static void test_twice_the_same_events(void **state)
{
    (void)state;
    for (size_t program = 0; program < PROGRAMS; program++) {
        struct guest_run a;
        struct guest_run b;
        run_one(&a, program, "cow", "i386", true);
        run_one(&b, program, "cow", "i386", true);
        assert_same_events(&a, &b, true);
        guest_run_free(&a);
        guest_run_free(&b);
    }
}

static void test_the_clock_changes_no_event(void **state)
{
    (void)state;
    for (size_t program = 0; program < PROGRAMS; program++) {
        for (size_t policy = 0; policy < 2; policy++) {
            struct guest_run a;
            struct guest_run b;
            const char *cpu = cpus[(program + policy) % 3];
            run_one(&a, program, policies[policy], cpu, true);
            run_one(&b, program, policies[policy], cpu, false);
            assert_same_events(&a, &b, false);
            assert_true(a.instructions > 0);
            assert_int_equal(b.instructions, 0);
            guest_run_free(&a);
            guest_run_free(&b);
        }
    }
}

/* Every policy and processor: the same output, and the sums hold. */
static void test_output_does_not_depend_on_the_machine(void **state)
{
    (void)state;
    for (size_t program = 0; program < PROGRAMS; program++) {
        struct guest_run first;
        run(&first, programs[program].name, programs[program].arguments,
            (struct guest_options){0});
        for (size_t i = 1; i < 6; i++) {
            struct guest_run other;
            run(&other, programs[program].name, programs[program].arguments,
                (struct guest_options){.cpu = cpus[i % 3],
                                       .policy = policies[i / 3]});
            assert_string_equal(first.output, other.output);
            assert_int_equal(first.status, other.status);
            guest_run_free(&other);
        }
        guest_run_free(&first);
    }
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_faults_on_the_stack),
        cmocka_unit_test(test_a_value_in_two_frames),
        cmocka_unit_test(test_each_frame_is_freed_once),
        cmocka_unit_test(test_fork_with_more_than_half_in_use),
        cmocka_unit_test(test_three_that_write),
        cmocka_unit_test(test_the_kernels_write_breaks_sharing),
        cmocka_unit_test(test_death_by_memory_of_one_alone),
        cmocka_unit_test(test_fork_without_room),
        cmocka_unit_test(test_code_stays_read_only),
        cmocka_unit_test(test_stack_overflow),
        cmocka_unit_test(test_nothing_at_address_zero),
        cmocka_unit_test(test_the_supervisors_pages),
        cmocka_unit_test(test_a_spinning_process_starves_nobody),
        cmocka_unit_test(test_twice_the_same_events),
        cmocka_unit_test(test_the_clock_changes_no_event),
        cmocka_unit_test(test_output_does_not_depend_on_the_machine),
    };
    if (argc < 2) {
        (void)fprintf(stderr, "usage: test_seeds GUESTS\n");
        return 2;
    }
    guests = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
