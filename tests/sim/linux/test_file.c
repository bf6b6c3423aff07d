/* test_file.c: paths as text, open files and descriptor tables, and the tree
 * under a root directory, from which there is no way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/descriptors.h"
#include "linux/directory.h"
#include "linux/path.h"
#include "linux/pipe.h"
#include "linux/process.h"
#include "linux/schedule.h"
#include "linux/state.h"
#include "linux/tree.h"
#include "linux/treefile.h"

#define NAME_BYTES 128u

/* ---- paths ---- */

static void test_normalise(void **unused)
{
    static const char *const cases[][2] = {
        {"/", "/"},
        {"//", "/"},
        {"/..", "/"},
        {"/../..//a", "/a"},
        {"/a/b/../c", "/a/c"},
        {"/a/./b/", "/a/b"},
        {"/a/b/../..", "/"},
        {"/.../..a/.b", "/.../..a/.b"},
        {"/a/../../b", "/b"},
        {"/aa//bbb", "/aa/bbb"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[NAME_BYTES];

        strcpy(path, cases[i][0]);
        path_normalise(path);
        assert_string_equal(path, cases[i][1]);
    }
}

static void test_join(void **unused)
{
    char path[GUEST_PATH_MAX];
    char longest[GUEST_PATH_MAX];

    (void)unused;
    assert_int_equal(path_join(path, "/a", "b"), 0);
    assert_string_equal(path, "/a/b");
    assert_int_equal(path_join(path, "/a", "/b"), 0);
    assert_string_equal(path, "/b");
    memset(longest, 'x', sizeof longest);
    longest[GUEST_PATH_MAX - 3] = '\0';
    assert_int_equal(path_join(path, "/a", longest), -ENAMETOOLONG);
    longest[GUEST_PATH_MAX - 4] = '\0';
    assert_int_equal(path_join(path, "/a", longest), 0);
    assert_int_equal(strlen(path), GUEST_PATH_MAX - 1);
}

static void test_parent_and_name(void **unused)
{
    char path[NAME_BYTES] = "/a/b//";

    (void)unused;
    path_to_parent(path);
    assert_string_equal(path, "/a");
    path_to_parent(path);
    assert_string_equal(path, "/");
    path_to_parent(path);
    assert_string_equal(path, "/");
    assert_string_equal(path_name_in("/dev/null", "/dev"), "null");
    assert_string_equal(path_name_in("/dev", "/"), "dev");
    assert_null(path_name_in("/dev/null", "/"));
    assert_null(path_name_in("/", "/"));
    assert_null(path_name_in("/device", "/dev"));
    assert_null(path_name_in("/", "/dev"));
}

/* ---- pipes ---- */

static int32_t put(struct file *end, const void *from, uint32_t bytes)
{
    return end->kind->write(end, from, bytes);
}

static int32_t take(struct file *end, void *to, uint32_t bytes)
{
    int32_t got = end->kind->read(end, 0, to, bytes);

    if (got > 0)
        end->kind->consume(end, (uint32_t)got);
    return got;
}

/* Bytes come out as they went in, at every place where the ring wraps. */
static void test_pipe_order(void **unused)
{
    static uint8_t in[5000], out[7000];
    struct kernel kernel = {0};
    struct file *end[2];
    uint32_t sent = 0;
    uint32_t seen = 0;

    (void)unused;
    assert_int_equal(pipe_open(NULL, end, 0), 0);
    while (seen < 5 * PIPE_CAPACITY) {
        for (uint32_t i = 0; i < sizeof in; i++)
            in[i] = (uint8_t)((sent + i) % 251);

        int32_t written = put(end[1], in, sizeof in);

        if (written > 0)
            sent += (uint32_t)written;
        else
            assert_int_equal(written, -EAGAIN);

        int32_t got =
            sent - seen > PIPE_CAPACITY / 2 ? take(end[0], out, sizeof out) : 0;

        for (int32_t i = 0; i < got; i++)
            assert_int_equal(out[i], (seen + (uint32_t)i) % 251);
        seen += (uint32_t)got;
        assert_int_equal(pipe_used(end[0]), sent - seen);
    }
    file_put(end[0], &kernel);
    file_put(end[1], &kernel);
}

static void test_pipe_atomic(void **unused)
{
    static uint8_t bytes[PIPE_CAPACITY];
    struct kernel kernel = {0};
    struct file *end[2];

    (void)unused;
    assert_int_equal(pipe_open(NULL, end, 0), 0);
    assert_int_equal(put(end[1], bytes, PIPE_CAPACITY - PIPE_ATOMIC + 1),
                     PIPE_CAPACITY - PIPE_ATOMIC + 1);
    assert_int_equal(file_poll(end[1]), 0);
    assert_int_equal(put(end[1], bytes, PIPE_ATOMIC), -EAGAIN);
    assert_int_equal(put(end[1], bytes, PIPE_ATOMIC + 1), PIPE_ATOMIC - 1);
    assert_int_equal(take(end[0], bytes, PIPE_ATOMIC), PIPE_ATOMIC);
    assert_int_equal(file_poll(end[1]), GUEST_POLLOUT);
    assert_int_equal(put(end[1], bytes, PIPE_ATOMIC), PIPE_ATOMIC);
    file_put(end[1], &kernel);
    assert_int_equal(file_poll(end[0]), GUEST_POLLIN | GUEST_POLLHUP);
    assert_int_equal(take(end[0], bytes, PIPE_CAPACITY), PIPE_CAPACITY);
    assert_int_equal(take(end[0], bytes, 1), 0);
    file_put(end[0], &kernel);
}

/* The process has its turn, and waits. */
static void wait_in_turn(struct kernel *kernel, struct process *process,
                         const void *channel)
{
    schedule_ready(kernel, process);
    assert_ptr_equal(schedule_next(kernel), process);
    (void)process_wait_for(process, channel, 0);
    schedule_end_turn(kernel);
}

/* What is closed wakes who waits for it, and those in poll. */
static void test_pipe_ends(void **unused)
{
    struct process sleeper = {.pid = 2};
    struct process poller = {.pid = 3};
    struct kernel kernel = {0};
    struct file *end[2];
    uint8_t byte = 0;

    (void)unused;
    assert_int_equal(pipe_open(NULL, end, 0), 0);
    assert_int_equal(take(end[0], &byte, 1), -EAGAIN);
    wait_in_turn(&kernel, &sleeper, end[1]->own);
    wait_in_turn(&kernel, &poller, poll_channel(&kernel));
    file_put(end[0], &kernel);
    assert_int_equal(sleeper.state, PROCESS_RUNNABLE);
    assert_int_equal(poller.state, PROCESS_RUNNABLE);
    assert_int_equal(put(end[1], &byte, 1), -EPIPE);
    assert_int_equal(file_poll(end[1]), GUEST_POLLOUT | GUEST_POLLERR);
    file_put(end[1], &kernel);
}

/* ---- descriptors ---- */

static void test_descriptors(void **unused)
{
    static struct files files, child;
    struct kernel kernel = {.options.host_fd = {-1, -1, -1}};
    struct file *end[2];

    (void)unused;
    assert_int_equal(files_init(&files, &kernel), 0);
    assert_null(files_file(&files, 0));
    assert_null(files_file(&files, UINT32_MAX));
    assert_int_equal(files_close(&files, &kernel, FILES_MAX), -EBADF);
    assert_int_equal(pipe_open(NULL, end, 0), 0);
    assert_int_equal(files_add(&files, end[0], 0, false), 0);
    assert_int_equal(files_add(&files, end[1], 0, true), 1);
    for (int i = 2; i < FILES_MAX; i++)
        assert_int_equal(files_add(&files, file_get(end[0]), 0, i % 2), i);
    assert_int_equal(files_add(&files, end[0], 0, false), -EMFILE);
    files_clone(&child, &files);
    assert_int_equal(end[0]->references, 2 * (FILES_MAX - 1));
    files_exec(&child, &kernel);
    assert_null(files_file(&child, 1));
    assert_non_null(files_file(&child, 2));
    assert_int_equal(end[0]->references, FILES_MAX - 1 + FILES_MAX / 2);
    files_close_all(&files, &kernel);
    assert_int_equal(end[0]->references, FILES_MAX / 2);
    files_close_all(&child, &kernel);
}

/* ---- the tree ---- */

/* outside          a file that must not be seen
 * root/file        "inside"
 * root/dir/        empty
 * root/up          -> ../outside
 * root/absolute    -> /file
 * root/to-dir      -> dir
 * root/fifo */
struct world {
    char place[NAME_BYTES];
    struct kernel kernel;
    struct process process;
};

static void make_file(const struct world *world, const char *name,
                      const char *text)
{
    char path[2 * NAME_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", world->place, name);

    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);

    int closed = fclose(file);

    assert_int_equal(closed, 0);
}

static void make_link(const struct world *world, const char *name,
                      const char *to)
{
    char path[2 * NAME_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", world->place, name);
    assert_int_equal(symlink(to, path), 0);
}

static void make_directory(const struct world *world, const char *name)
{
    char path[2 * NAME_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", world->place, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[2 * NAME_BYTES];
    const char *why;

    assert_non_null(world);
    strcpy(world->place, "test_file.XXXXXX");
    assert_non_null(mkdtemp(world->place));
    make_file(world, "outside", "outside");
    make_directory(world, "root");
    make_file(world, "root/file", "inside");
    make_directory(world, "root/dir");
    make_link(world, "root/up", "../outside");
    make_link(world, "root/absolute", "/file");
    make_link(world, "root/to-dir", "dir");
    (void)snprintf(path, sizeof path, "%s/root/fifo", world->place);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)snprintf(path, sizeof path, "%s/root", world->place);
    world->kernel.machine.budget.limit = BUDGET_BYTES;
    world->kernel.tree = tree_new(path, &why);
    assert_non_null(world->kernel.tree);
    strcpy(world->process.cwd, "/");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {
        "outside",     "root/file", "root/dir", "root/up", "root/absolute",
        "root/to-dir", "root/fifo", "root",     ""};
    struct world *world = *state;
    char path[2 * NAME_BYTES];

    tree_free(world->kernel.tree);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", world->place, names[i]);
        assert_int_equal(remove(path), 0);
    }
    free(world);
    return 0;
}

/* Finds the path and checks its own name; what it is called by then is "" where
 * it is not there. */
static void assert_found(struct world *world, const char *path, bool follow,
                         const char *name)
{
    struct node node;
    int error = tree_find(&world->kernel, &world->process, path, follow, &node);

    assert_int_equal(error, 0);
    assert_string_equal(node.path, name);
    assert_int_equal(node.status.inode, path_inode(name));
    node_close(&node);
}

static void assert_fails(struct world *world, const char *path, int expected)
{
    struct node node;

    assert_int_equal(
        tree_find(&world->kernel, &world->process, path, true, &node),
        expected);
}

static void test_tree_is_closed(void **state)
{
    struct world *world = *state;

    assert_found(world, "/file", true, "/file");
    assert_found(world, "/../../../file", true, "/file");
    assert_found(world, "/absolute", true, "/file");
    assert_found(world, "/absolute", false, "/absolute");
    assert_found(world, "/to-dir/..", true, "/");
    assert_found(world, "/to-dir", true, "/dir");
    assert_found(world, "/to-dir/", false, "/dir");
    assert_found(world, "/dev/null", true, "/dev/null");
    assert_fails(world, "/up", -ENOENT);
    assert_fails(world, "/../outside", -ENOENT);
    assert_fails(world, "/dir/../../outside", -ENOENT);
    assert_fails(world, "/fifo", -ENOENT);
    assert_fails(world, "/file/", -ENOTDIR);
    assert_fails(world, "/file/x", -ENOTDIR);
    assert_fails(world, "/proc/self/fd", -ENOENT);
    assert_fails(world, "", -ENOENT);
}

static void test_tree_reads(void **state)
{
    struct world *world = *state;
    struct node node;
    struct file *file;
    char text[16] = {0};

    assert_int_equal(
        tree_find(&world->kernel, &world->process, "/absolute", true, &node),
        0);
    assert_int_equal(
        node_open(&world->kernel, &world->process, &node, 0, &file), 0);
    assert_int_equal(file_read_at(file, 2, text, sizeof text), 4);
    assert_string_equal(text, "side");
    assert_int_equal(file_read_at(file, UINT64_MAX - 3, text, sizeof text), 0);
    assert_false(file_is_writable(file));
    node_close(&node);
    file_put(file, &world->kernel);
    assert_int_equal(tree_open_program(&world->kernel, &world->process, "file"),
                     -EACCES);
    assert_int_equal(tree_open_program(&world->kernel, &world->process, "/dir"),
                     -EACCES);
    assert_int_equal(
        tree_open_program(&world->kernel, &world->process, "/dev/null"),
        -EACCES);
    assert_int_equal(tree_open_program(&world->kernel, &world->process, "none"),
                     -ENOENT);
}

static void test_tree_lists(void **state)
{
    static const char *const names[] = {
        ".", "..", "absolute", "dev", "dir", "file", "proc", "to-dir", "up"};
    const size_t count = sizeof names / sizeof names[0];
    struct world *world = *state;
    struct node node;
    struct file *file;
    int error;

    assert_int_equal(
        tree_find(&world->kernel, &world->process, "/", true, &node), 0);
    assert_int_equal(
        node_open(&world->kernel, &world->process, &node, 0, &file), 0);

    const struct listing *listing = file->kind->list(file, true, &error);

    assert_non_null(listing);
    assert_int_equal(listing->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(listing->entry[i].name, names[i]);
    assert_int_equal(listing->entry[5].inode, path_inode("/file"));
    assert_int_equal(file_read_at(file, 0, &error, 1), -ENODEV);
    node_close(&node);
    file_put(file, &world->kernel);
}

static void test_no_root(void **unused)
{
    static struct world world;
    const char *why = NULL;

    (void)unused;
    assert_null(tree_new("/nowhere/at/all", &why));
    assert_non_null(why);
    world.kernel.tree = tree_new(NULL, &why);
    assert_non_null(world.kernel.tree);
    assert_found(&world, "/", true, "/");
    assert_found(&world, "/dev/../dev/./zero", true, "/dev/zero");
    assert_fails(&world, "/etc", -ENOENT);
    assert_fails(&world, "/etc/passwd", -ENOENT);
    strcpy(world.process.cwd, "/proc");
    assert_true(tree_is_own_program(&world.process, "self/exe"));
    assert_false(tree_is_own_program(&world.process, "/self/exe"));
    tree_free(world.kernel.tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalise),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_parent_and_name),
        cmocka_unit_test(test_pipe_order),
        cmocka_unit_test(test_pipe_atomic),
        cmocka_unit_test(test_pipe_ends),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test_setup_teardown(test_tree_is_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tree_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tree_lists, set_up, tear_down),
        cmocka_unit_test(test_no_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
