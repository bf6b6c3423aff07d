/* fork.c: cloning an address space, under a policy. */
#include "fork.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Nobody has touched the page since the fork. D stays where the frame's contents are the child's
 * own to lose; of a frame shared for good the parent's entry tells it. */
static uint32_t untouched(uint32_t pte)
{
    return pte & ~PTE_A;
}

static uint32_t shared_in_child(uint32_t pte)
{
    return pte & ~(PTE_A | PTE_D);
}

struct cloned_page {
    enum event_kind kind;
    uint32_t linear;
    uint32_t pte_before; /* the parent's */
    uint32_t pte_after;  /* the child's */
    uint32_t refs_before;
};

static void emit(const struct addrspace *child, const struct addrspace *parent,
                 const struct cloned_page *page)
{
    if (!event_wanted(parent->sink))
        return;

    uint32_t frame = page->pte_before >> PAGE_SHIFT;
    struct event event = {.kind = page->kind,
                          .linear = page->linear,
                          .pte_before = page->pte_before,
                          .pte_after = page->pte_after,
                          .frame_before = frame,
                          .frame_after = page->pte_after >> PAGE_SHIFT,
                          .refs_before = page->refs_before,
                          .refs_after = frame_references(parent->frames, frame)};

    addrspace_entry(parent, page->linear, &event.pde_before);
    addrspace_entry(child, page->linear, &event.pde_after);
    event_emit(parent->sink, &event);
}

/* Gives the child one more reference to the frame that `before` mapped for the parent. */
static int share_page(struct addrspace *child, const struct addrspace *parent, uint32_t linear,
                      uint32_t before, uint32_t after, struct fork_counts *counts)
{
    uint32_t *entry = addrspace_make_entry(child, linear, NULL);
    uint32_t frame = before >> PAGE_SHIFT;
    uint32_t references = frame_references(parent->frames, frame);

    if (entry == NULL)
        return -ENOMEM;
    *entry = after;
    frame_get(child->frames, frame, entry_reference(after));
    counts->shared++;
    emit(child, parent,
         &(struct cloned_page){.kind = EVENT_FORK_SHARE,
                               .linear = linear,
                               .pte_before = before,
                               .pte_after = after,
                               .refs_before = references});
    return 0;
}

/* A page of one's own: what may be written once copied may be written at once. */
static uint32_t owned_entry(uint32_t pte, uint32_t frame)
{
    uint32_t writable = pte & (PTE_RW | PTE_COW) ? PTE_RW : 0;
    uint32_t flags = pte & ~(PAGE_MASK | PTE_RW | PTE_COW | PTE_SHARED);

    return frame << PAGE_SHIFT | untouched(flags) | writable;
}

static int clone_eager(struct addrspace *child, struct addrspace *parent, uint32_t linear,
                       uint32_t *pte, struct fork_counts *counts)
{
    struct frames *frames = child->frames;
    uint32_t frame = *pte >> PAGE_SHIFT;
    uint32_t *entry = addrspace_make_entry(child, linear, NULL);
    uint32_t copy = entry != NULL ? frame_alloc(frames, FRAME_USER) : FRAME_NONE;

    if (copy == FRAME_NONE)
        return -ENOMEM;
    memcpy(physmem_frame(frames->mem, copy), physmem_frame(frames->mem, frame), PAGE_SIZE);
    frame_get(frames, copy, REFERENCE_PLAIN);
    *entry = owned_entry(*pte, copy);
    counts->copied++;
    emit(child, parent,
         &(struct cloned_page){.kind = EVENT_FORK_COPY,
                               .linear = linear,
                               .pte_before = *pte,
                               .pte_after = *entry,
                               .refs_before = frame_references(frames, frame)});
    return 0;
}

/* What a private page's entry becomes when its frame is shared. */
static uint32_t cow_entry(uint32_t pte)
{
    if (pte & (PTE_COW | PTE_SHARED))
        return pte;
    return pte & PTE_RW ? (pte & ~PTE_RW) | PTE_COW : pte | PTE_SHARED;
}

static int clone_cow(struct addrspace *child, struct addrspace *parent, uint32_t linear,
                     uint32_t *pte, struct fork_counts *counts)
{
    uint32_t before = *pte;
    uint32_t after = untouched(cow_entry(before));
    int error = share_page(child, parent, linear, before, after, counts);

    if (error != 0)
        return error;
    *pte = after;
    frame_convert(parent->frames, before >> PAGE_SHIFT, entry_reference(before),
                  entry_reference(after));
    return 0;
}

const struct fork_policy fork_eager = {.name = "eager", .clone_page = clone_eager};
const struct fork_policy fork_cow = {.name = "cow", .clone_page = clone_cow};

const struct fork_policy *fork_policy_named(const char *name)
{
    static const struct fork_policy *const policies[] = {&fork_eager, &fork_cow};

    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    }
    return NULL;
}

struct fork_job {
    struct addrspace *child;
    struct addrspace *parent;
    const struct fork_policy *policy;
    struct fork_counts *counts;
};

static int clone_page(void *arg, uint32_t linear, uint32_t *pte)
{
    const struct fork_job *job = arg;

    if (frame_is_shared_for_good(job->parent->frames, *pte >> PAGE_SHIFT))
        return share_page(job->child, job->parent, linear, *pte, shared_in_child(*pte),
                          job->counts);
    return job->policy->clone_page(job->child, job->parent, linear, pte, job->counts);
}

int fork_addrspace(struct addrspace *child, struct addrspace *parent,
                   const struct fork_policy *policy, struct fork_counts *counts)
{
    struct fork_job job = {.child = child, .parent = parent, .policy = policy, .counts = counts};
    int error;

    *counts = (struct fork_counts){0};
    error = addrspace_init(child, parent->frames, parent->sink, parent->kernel_base, parent);
    if (error != 0)
        return error;
    error = addrspace_each(parent, clone_page, &job);
    if (error != 0)
        addrspace_destroy(child);
    return error;
}
