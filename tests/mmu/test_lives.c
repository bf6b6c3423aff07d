/* test_lives.c: random lives of several processes in a small memory, against a
 * model of what each page must hold. After every step everything must add
 * up. */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "cow.h"
#include "fork.h"
#include "mmu.h"

#define FRAMES      24u
#define KERNEL_BASE 0xC0000000u
#define PROCESSES   4u
#define PAGES       10u /* of a process, in two tables */
#define OBJECTS     2u  /* frames shared for good */
#define STEPS       20000u

/* What the model knows of a frame: its contents are its two marked words. Pages
 * that were forked copy-on-write are of one content until they are written. */
struct content {
    uint32_t users; /* pages that have it */
    uint32_t first, last;
};

#define CONTENTS (PROCESSES * PAGES + OBJECTS)

struct model_page {
    struct content *content; /* NULL: not mapped */
    bool writable;
    bool for_good; /* of an object */
};

struct process {
    bool alive;
    struct mmu_addrspace as;
    struct model_page pages[PAGES];
};

struct world {
    struct arena arena;
    struct mmu_addrspace kernel;
    struct process processes[PROCESSES];
    struct content contents[CONTENTS];
    struct {
        struct content *content; /* NULL: there is none now */
        uint32_t frame;
    } objects[OBJECTS];
    struct mmu mmu;
    uint64_t random;
    /* to see that all of it happens */
    unsigned copies, takeovers, out_of_memory, forks;
};

static uint32_t linear_of(uint32_t page)
{
    return page < PAGES / 2 ? 0x08048000 + page * MMU_PAGE_SIZE
                            : 0xBFFF0000 + page * MMU_PAGE_SIZE;
}

static uint32_t pick(struct world *world, uint32_t below)
{
    return arena_random(&world->random, below);
}

static struct content *new_content(struct world *world)
{
    struct content *content = world->contents;

    while (content->users != 0)
        content++;
    assert_true(content < world->contents + CONTENTS);
    return content;
}

static void write_marks(struct world *world, uint32_t frame,
                        struct content *content)
{
    uint8_t *bytes = mmu_physmem_frame(&world->arena.mem, frame);

    content->first = pick(world, UINT32_MAX);
    content->last = pick(world, UINT32_MAX);
    memcpy(bytes, &content->first, 4);
    memcpy(bytes + MMU_PAGE_SIZE - 4, &content->last, 4);
}

static void leave(struct world *world, struct model_page *page)
{
    page->content->users--;
    for (uint32_t i = 0; i < OBJECTS; i++) {
        if (world->objects[i].content == page->content &&
            page->content->users == 0)
            world->objects[i].content = NULL;
    }
    *page = (struct model_page){0};
}

/* Frames that must be in use for users' pages: one a content. */
static uint32_t contents_in_use(const struct world *world)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < CONTENTS; i++)
        count += world->contents[i].users != 0;
    return count;
}

/* --- the steps ------------------------------------------------------------ */

static bool has_table(const struct process *process, uint32_t page)
{
    return mmu_addrspace_entry(&process->as, linear_of(page), NULL) != NULL;
}

/* Maps a new private page, as a zero-fill would. */
static void map_private(struct world *world, struct process *process,
                        uint32_t page)
{
    struct model_page *model = &process->pages[page];
    uint32_t free_before = world->arena.frames.free_count;
    uint32_t needed = has_table(process, page) ? 1 : 2;

    if (model->content != NULL)
        return;

    uint32_t frame = mmu_frame_alloc(&world->arena.frames, MMU_FRAME_USER);

    assert_int_equal(frame == MMU_FRAME_NONE, free_before == 0);
    if (frame == MMU_FRAME_NONE)
        return;

    bool writable = pick(world, 3) != 0;
    int error = mmu_addrspace_map(&process->as, linear_of(page), frame,
                                  MMU_PTE_US | (writable ? MMU_PTE_RW : 0));

    assert_int_equal(error, free_before < needed ? -ENOMEM : 0);
    if (error != 0) {
        mmu_frame_free(&world->arena.frames, frame);
        world->out_of_memory++;
        return;
    }
    model->content = new_content(world);
    model->content->users = 1;
    model->writable = writable;
    write_marks(world, frame, model->content);
}

/* Maps an object, which is made where there is none. */
static void map_object(struct world *world, struct process *process,
                       uint32_t page)
{
    struct model_page *model = &process->pages[page];
    uint32_t i = pick(world, OBJECTS);
    bool writable = pick(world, 2);

    /* A table first, so that an object once made is mapped. */
    if (model->content != NULL ||
        mmu_addrspace_make_entry(&process->as, linear_of(page), NULL) == NULL)
        return;
    if (world->objects[i].content == NULL) {
        world->objects[i].frame =
            mmu_frame_alloc(&world->arena.frames, MMU_FRAME_USER);
        if (world->objects[i].frame == MMU_FRAME_NONE)
            return;
        mmu_frame_share_for_good(&world->arena.frames, world->objects[i].frame);
        world->objects[i].content = new_content(world);
        write_marks(world, world->objects[i].frame, world->objects[i].content);
    }
    assert_int_equal(mmu_addrspace_map(
                         &process->as, linear_of(page), world->objects[i].frame,
                         MMU_PTE_US | (writable ? MMU_PTE_RW : 0)),
                     0);
    *model = (struct model_page){.content = world->objects[i].content,
                                 .writable = writable,
                                 .for_good = true};
    model->content->users++;
}

static void unmap(struct world *world, struct process *process, uint32_t page)
{
    bool mapped = process->pages[page].content != NULL;

    assert_int_equal(mmu_addrspace_unmap(&process->as, linear_of(page)),
                     mapped);
    mmu_invalidate(&world->mmu, linear_of(page));
    if (mapped)
        leave(world, &process->pages[page]);
}

static void protect(struct world *world, struct process *process, uint32_t page)
{
    struct model_page *model = &process->pages[page];
    bool writable = pick(world, 2);
    bool changes = model->content != NULL && !model->for_good &&
                   model->writable != writable;

    assert_int_equal(
        mmu_addrspace_protect(&process->as, linear_of(page), writable),
        changes);
    mmu_invalidate(&world->mmu, linear_of(page));
    if (changes)
        model->writable = writable;
}

/* The frames that a fork takes: a directory, the tables of present pages, the
 * pages if copied. */
static uint32_t frames_for_fork(const struct process *process, bool eager)
{
    bool table[2] = {false, false};
    uint32_t copies = 0;

    for (uint32_t page = 0; page < PAGES; page++) {
        if (process->pages[page].content == NULL)
            continue;
        table[page >= PAGES / 2] = true;
        if (!process->pages[page].for_good)
            copies++;
    }
    return 1 + table[0] + table[1] + (eager ? copies : 0);
}

static void clone_model(struct world *world, struct process *child,
                        const struct process *parent, bool eager)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        struct model_page *model = &child->pages[page];

        *model = parent->pages[page];
        if (model->content == NULL)
            continue;
        if (eager && !model->for_good) {
            struct content *copy = new_content(world);

            *copy = *model->content;
            copy->users = 0;
            model->content = copy;
        }
        model->content->users++;
    }
    child->alive = true;
}

static void fork_process(struct world *world, struct process *parent)
{
    struct process *child = world->processes;
    bool eager = pick(world, 4) == 0;
    uint32_t free_before = world->arena.frames.free_count;
    uint32_t needed = frames_for_fork(parent, eager);
    struct mmu_fork_counts counts;

    while (child < world->processes + PROCESSES && child->alive)
        child++;
    if (child == world->processes + PROCESSES)
        return;

    int error =
        mmu_fork_addrspace(&child->as, &parent->as,
                           eager ? &mmu_fork_eager : &mmu_fork_cow, &counts);

    mmu_load_cr3(&world->mmu, mmu_addrspace_cr3(&parent->as));
    assert_int_equal(error, free_before < needed ? -ENOMEM : 0);
    if (error != 0) {
        assert_int_equal(world->arena.frames.free_count, free_before);
        world->out_of_memory++;
        return;
    }
    assert_int_equal(world->arena.frames.free_count, free_before - needed);
    clone_model(world, child, parent, eager);
    world->forks++;
}

/* A user's store, and the kernel's service of its fault, if there is one. */
static void store(struct world *world, struct process *process, uint32_t page)
{
    struct model_page *model = &process->pages[page];
    uint32_t linear = linear_of(page);
    uint32_t value = pick(world, UINT32_MAX);
    bool expect_granted = model->content != NULL && model->writable;
    struct mmu_fault fault;

    if (!mmu_write(&world->mmu, linear, &value, 4, true, &fault)) {
        bool last = model->content != NULL && model->content->users == 1;
        bool no_frame = world->arena.frames.free_count == 0;
        enum mmu_cow_outcome outcome =
            mmu_cow_break(&process->as, linear, false);

        assert_int_equal(fault.linear, linear);
        assert_int_equal(fault.error,
                         MMU_PF_W | MMU_PF_U |
                             (model->content != NULL ? MMU_PF_P : 0));
        if (!expect_granted) {
            assert_int_equal(outcome, MMU_COW_NOT_COW);
            return;
        }
        assert_int_equal(outcome, last       ? MMU_COW_TAKEN_OVER
                                  : no_frame ? MMU_COW_NO_FRAME
                                             : MMU_COW_COPIED);
        if (outcome == MMU_COW_NO_FRAME) {
            world->out_of_memory++;
            return;
        }
        mmu_invalidate(&world->mmu, linear);
        if (outcome == MMU_COW_COPIED) {
            struct content *copy = new_content(world);

            *copy = *model->content;
            copy->users = 1;
            model->content->users--;
            model->content = copy;
            world->copies++;
        } else {
            world->takeovers++;
        }
        assert_true(mmu_write(&world->mmu, linear, &value, 4, true, &fault));
    }
    assert_true(expect_granted);
    model->content->first = value;
}

static void destroy(struct world *world, struct process *process)
{
    mmu_addrspace_destroy(&process->as);
    process->alive = false;
    for (uint32_t page = 0; page < PAGES; page++) {
        if (process->pages[page].content != NULL)
            leave(world, &process->pages[page]);
    }
}

/* --- the checks ----------------------------------------------------------- */

static void check_page(const struct world *world, const struct process *process,
                       uint32_t page)
{
    const struct model_page *model = &process->pages[page];
    uint32_t pte = arena_pte(&process->as, linear_of(page));

    assert_int_equal(pte & MMU_PTE_P, model->content != NULL);
    if (model->content == NULL)
        return;

    uint32_t frame = pte >> MMU_PAGE_SHIFT;
    const uint8_t *bytes = mmu_physmem_frame(&world->arena.mem, frame);

    assert_int_equal((pte & (MMU_PTE_RW | MMU_PTE_COW)) != 0, model->writable);
    assert_int_equal(mmu_frame_references(&world->arena.frames, frame),
                     model->content->users);
    assert_memory_equal(bytes, &model->content->first, 4);
    assert_memory_equal(bytes + MMU_PAGE_SIZE - 4, &model->content->last, 4);
    if (model->content->users > 1 && !model->for_good)
        assert_false(pte & MMU_PTE_RW);
}

static void check(const struct world *world)
{
    const struct mmu_addrspace *spaces[PROCESSES + 1] = {&world->kernel};
    size_t count = 1;

    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (!world->processes[i].alive)
            continue;
        spaces[count++] = &world->processes[i].as;
        for (uint32_t page = 0; page < PAGES; page++)
            check_page(world, &world->processes[i], page);
    }
    arena_audit(&world->arena, spaces, count);
    assert_int_equal(world->arena.frames.counts[MMU_FRAME_USER].in_use,
                     contents_in_use(world));
}

/* A process that lives, made anew where none does. */
static struct process *some_process(struct world *world)
{
    uint32_t start = pick(world, PROCESSES);

    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &world->processes[(start + i) % PROCESSES];

        if (process->alive)
            return process;
    }

    struct process *first = &world->processes[0];

    assert_int_equal(mmu_addrspace_init(&first->as, &world->arena.frames,
                                        &world->arena.sink, KERNEL_BASE,
                                        &world->kernel),
                     0);
    first->alive = true;
    return first;
}

static void step(struct world *world)
{
    struct process *process = some_process(world);
    uint32_t page = pick(world, PAGES);
    uint32_t what = pick(world, 100);

    mmu_load_cr3(&world->mmu, mmu_addrspace_cr3(&process->as));
    if (what < 25)
        map_private(world, process, page);
    else if (what < 30)
        map_object(world, process, page);
    else if (what < 38)
        unmap(world, process, page);
    else if (what < 48)
        protect(world, process, page);
    else if (what < 58)
        fork_process(world, process);
    else if (what < 97)
        store(world, process, page);
    else
        destroy(world, process);
}

static void live(uint64_t seed, enum mmu_generation_id generation)
{
    struct world world = {.random = seed};

    arena_open(&world.arena, FRAMES);
    assert_int_equal(mmu_addrspace_init(&world.kernel, &world.arena.frames,
                                        NULL, KERNEL_BASE, NULL),
                     0);
    assert_int_equal(mmu_addrspace_map(
                         &world.kernel, KERNEL_BASE,
                         mmu_frame_alloc(&world.arena.frames, MMU_FRAME_KERNEL),
                         MMU_PTE_RW),
                     0);
    assert_int_equal(mmu_init(&world.mmu, mmu_generation_of(generation),
                              &world.arena.mem, NULL, seed & 1),
                     0);
    mmu_load_cr0(&world.mmu, MMU_CR0_PE | MMU_CR0_PG);
    for (uint32_t i = 0; i < STEPS; i++) {
        step(&world);
        check(&world);
    }
    assert_true(world.copies > 100 && world.takeovers > 100);
    assert_true(world.forks > 100 && world.out_of_memory > 100);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (world.processes[i].alive)
            destroy(&world, &world.processes[i]);
    }
    mmu_addrspace_destroy(&world.kernel);
    arena_expect_empty(&world.arena);
    mmu_destroy(&world.mmu);
    arena_close(&world.arena);
}

static void random_lives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        live(seed, (enum mmu_generation_id)(seed / 2 % MMU_GENERATIONS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
