/* replaymemory.c: see replaymemory.h. */
#include "replay/replaymemory.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/memory.h"
#include "linux/process.h"
#include "linux/uaccess.h"
#include "program/program.h"
#include "replay/replaystate.h"

/* A mapping's name as one that stays, the same for the same text. */
static const char *keep_name(struct replay_state *replay, const char *name)
{
    static const char *const usual[] = {"stack", "heap", "anonymous",
                                        "file",  "text", "data"};

    if (name[0] == '\0')
        return NULL;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strcmp(usual[i], name) == 0)
            return usual[i];
    for (uint32_t i = 0; i < replay->name_count; i++)
        if (strcmp(replay->names[i], name) == 0)
            return replay->names[i];
    if (replay->name_count == REPLAY_NAMES_MAX ||
        (replay->names[replay->name_count] = strdup(name)) == NULL)
        return NULL;
    return replay->names[replay->name_count++];
}

static bool is_user_range(const struct trace_map *map)
{
    return map->start >= USER_LOWEST && map->start < map->end &&
           map->end <= KERNEL_BASE;
}

void replay_map(struct replay_state *replay, struct process *process,
                const struct trace_map *map)
{
    struct program *program =
        replay_programs_find(&replay->programs, map->program);
    struct mapping mapping = {
        .start = map->start,
        .end = map->end,
        .readable = (map->rights & TRACE_READABLE) != 0,
        .writable = (map->rights & TRACE_WRITABLE) != 0,
        .executable = (map->rights & TRACE_EXECUTABLE) != 0,
        .shared = (map->flags & TRACE_SHARED) != 0,
        .populated = (map->flags & TRACE_POPULATED) != 0,
        .name = keep_name(replay, map->name),
    };

    if (map->program != 0 &&
        (program == NULL || map->segment >= program->segment_count)) {
        replay_wrong(replay, "a mapping of no program");
        return;
    }
    if (program != NULL) {
        mapping.program = program;
        mapping.segment = &program->segments[map->segment];
    }
    if (!is_user_range(map) ||
        !mappings_free_range(&process->mappings, mapping.start, mapping.end)) {
        replay_wrong(replay, "a mapping over another, or in no user memory");
        return;
    }
    if (memory_map(replay->kernel, process, &mapping) != 0)
        replay_wrong(replay, "memory is short");
}

void replay_range(struct replay_state *replay, struct process *process,
                  const struct trace_event *event)
{
    struct kernel *kernel = replay->kernel;
    const struct trace_map *map = &event->map;
    int error = 0;

    if (!is_user_range(map)) {
        replay_wrong(replay, "a range in no user memory");
        return;
    }
    if (event->kind == TRACE_UNMAP)
        error = memory_unmap(kernel, process, map->start, map->end);
    else if (event->kind == TRACE_FORGET)
        memory_forget(kernel, process, map->start, map->end);
    else
        error = memory_protect(kernel, process, map->start, map->end,
                               (map->rights & TRACE_READABLE) != 0,
                               (map->rights & TRACE_WRITABLE) != 0,
                               (map->rights & TRACE_EXECUTABLE) != 0);
    if (error != 0)
        replay_wrong(replay, "memory is short");
}

static bool any_page(const struct process *process, uint32_t start,
                     uint32_t end)
{
    for (uint32_t page = start; page < end; page += MMU_PAGE_SIZE) {
        const uint32_t *pte = mmu_addrspace_entry(&process->space, page, NULL);

        if (pte != NULL && mmu_entry_holds(*pte))
            return true;
    }
    return false;
}

void replay_move(struct replay_state *replay, struct process *process,
                 const struct trace_event *event)
{
    uint32_t from = event->move.from;
    uint32_t to = event->move.to;
    uint32_t bytes = event->move.bytes;
    bool apart = from > to ? from - to >= bytes : to - from >= bytes;

    if (from >= KERNEL_BASE || to >= KERNEL_BASE ||
        bytes > KERNEL_BASE - from || bytes > KERNEL_BASE - to || !apart)
        replay_wrong(replay, "a move in no user memory");
    else if (any_page(process, to, to + bytes))
        replay_wrong(replay, "a move to where pages are");
    else if (memory_move(replay->kernel, process, from, to, bytes) != 0)
        replay_lose(replay, process, SIGKILL);
}

/* Kernel stacks are where this replay has them. */
static void do_kernel_stack(struct replay_state *replay,
                            const struct process *process,
                            const struct trace_event *event)
{
    uint32_t at = event->kernel.linear >= KERNEL_STACKS ? process->kernel_esp
                                                        : event->kernel.linear;
    enum mmu_access access =
        event->kernel.write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ;
    uint32_t end = (at & ~MMU_PAGE_MASK) + event->kernel.bytes;
    struct mmu_fault fault;
    uint32_t phys;

    if (event->kernel.bytes > MMU_PAGE_SIZE)
        return;
    (void)mmu_translate(cpu_mmu(replay->kernel->machine.cpu), at, access, false,
                        &phys, &fault);
    if (end > MMU_PAGE_SIZE)
        (void)mmu_translate(cpu_mmu(replay->kernel->machine.cpu),
                            (at | ~MMU_PAGE_MASK) + 1, access, false, &phys,
                            &fault);
}

void replay_kernel(struct replay_state *replay, struct process *process,
                   const struct trace_event *event)
{
    if (event->kernel.linear >= KERNEL_BASE) {
        do_kernel_stack(replay, process, event);
        return;
    }
    (void)user_touch(replay->kernel, event->kernel.linear, event->kernel.bytes,
                     event->kernel.write);
}

void replay_names_free(struct replay_state *replay)
{
    for (uint32_t i = 0; i < replay->name_count; i++)
        free(replay->names[i]);
}
