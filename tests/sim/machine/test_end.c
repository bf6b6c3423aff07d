/* test_end.c: a machine's end with processes alive: who listens is told of it,
 * and is not touched any more from there on, whatever is freed first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fork.h"
#include "linux/answers.h"
#include "linux/kernel.h"
#include "log/profile.h"
#include "replay/record.h"
#include "trace/tracein.h"

struct listener {
    bool gone; /* nobody may tell it of anything */
    uint32_t exits;
    int32_t wait_status;
};

static void hear(void *arg, const struct mmu_event *event)
{
    struct listener *listener = arg;
    assert_false(listener->gone);
    if (event->kind != MMU_EVENT_EXIT)
        return;
    listener->exits++;
    listener->wait_status = (int32_t)event->value;
}

static struct kernel *new_machine(void)
{
    const struct machine_options machine = {
        .generation = mmu_generation_named("i386"),
        .ram_frames = 1024,
        .clocked = true,
    };
    const struct kernel_options options = {
        .policy = mmu_fork_policy_named("cow"),
        .host_fd = {-1, -1, -1},
    };
    const char *why = NULL;
    struct kernel *kernel = kernel_new(&machine, &options, &why);
    if (kernel == NULL)
        fail_msg("no machine: %s", why);
    return kernel;
}

static void test_end_is_told(void **state)
{
    struct kernel *kernel = new_machine();
    struct listener listener = {0};
    (void)state;
    machine_listen(&kernel->machine, (struct mmu_event_sink){hear, &listener});
    assert_non_null(kernel_first_process(kernel));
    kernel->machine.broken = "for the test";
    kernel_end(kernel);
    assert_int_equal(listener.exits, 1);
    assert_int_equal(listener.wait_status, 9);
    listener.gone = true;
    kernel_end(kernel);
    kernel_free(kernel);
}

static void test_free_ends(void **state)
{
    struct kernel *kernel = new_machine();
    struct listener listener = {0};
    (void)state;
    machine_listen(&kernel->machine, (struct mmu_event_sink){hear, &listener});
    assert_non_null(kernel_first_process(kernel));
    kernel_free(kernel);
    assert_int_equal(listener.exits, 1);
}

/* How many processes end in the trace. */
static uint32_t exits_in(const char *trace, size_t bytes)
{
    const struct trace_input_options any = {.format = TRACE_FORMAT_AUTO};
    struct trace_input *input = trace_input_memory("trace", trace, bytes, &any);
    struct trace_event event;
    uint32_t exits = 0;
    assert_non_null(input);
    while (trace_input_next(input, &event) == TRACE_GOT_EVENT)
        exits += event.kind == TRACE_EXIT;
    trace_input_close(input);
    return exits;
}

/* The recorder is freed while a process is alive, and before the machine. */
static void test_recorder_goes_first(void **state)
{
    char *argv[] = {(char *)"program", NULL};
    char *trace = NULL;
    size_t bytes = 0;
    char why[256];
    struct listener listener = {0};
    struct kernel *kernel = new_machine();
    FILE *file = open_memstream(&trace, &bytes);
    struct record *record = record_new(file);
    (void)state;
    assert_non_null(record);
    machine_listen(&kernel->machine, (struct mmu_event_sink){hear, &listener});
    assert_true(record_listen(record, kernel, argv, "test"));
    assert_non_null(kernel_first_process(kernel));
    if (!record_free(record, true, why, sizeof why))
        fail_msg("%s", why);
    assert_int_equal(listener.exits, 1);
    listener.gone = true;
    kernel_free(kernel);
    (void)fclose(file);
    assert_int_equal(exits_in(trace, bytes), 1);
    free(trace);
}

/* A profile, too, whose watcher the processor would tell. */
static void test_profile_goes_first(void **state)
{
    struct listener listener = {0};
    struct kernel *kernel = new_machine();
    const struct subjects subjects = kernel_subjects(kernel);
    struct profile *profile = profile_new(&kernel->machine, &subjects);
    (void)state;
    assert_non_null(profile);
    machine_listen(&kernel->machine, (struct mmu_event_sink){hear, &listener});
    assert_non_null(kernel_first_process(kernel));
    profile_free(profile);
    kernel_free(kernel);
    assert_int_equal(listener.exits, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_is_told),
        cmocka_unit_test(test_free_ends),
        cmocka_unit_test(test_recorder_goes_first),
        cmocka_unit_test(test_profile_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
