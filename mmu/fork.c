/* fork.c: cloning an address space, under a policy. */
#include "fork.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Nobody has touched the page since the fork. D stays where the frame's
 * contents are the child's own to lose; of a frame shared for good the parent's
 * entry tells it. */
static uint32_t untouched(uint32_t pte)
{
    return pte & ~MMU_PTE_A;
}

static uint32_t shared_in_child(uint32_t pte)
{
    return pte & ~(MMU_PTE_A | MMU_PTE_D);
}

struct cloned_page {
    enum mmu_event_kind kind;
    uint32_t linear;
    uint32_t pte_before; /* the parent's */
    uint32_t pte_after;  /* the child's */
    uint32_t refs_before;
};

static void emit(const struct mmu_addrspace *child,
                 const struct mmu_addrspace *parent,
                 const struct cloned_page *page)
{
    if (!mmu_event_wanted(parent->sink))
        return;

    uint32_t frame = page->pte_before >> MMU_PAGE_SHIFT;
    struct mmu_event event = {.kind = page->kind,
                              .linear = page->linear,
                              .pte_before = page->pte_before,
                              .pte_after = page->pte_after,
                              .frame_before = frame,
                              .frame_after = page->pte_after >> MMU_PAGE_SHIFT,
                              .refs_before = page->refs_before,
                              .refs_after =
                                  mmu_frame_references(parent->frames, frame)};

    mmu_addrspace_entry(parent, page->linear, &event.pde_before);
    mmu_addrspace_entry(child, page->linear, &event.pde_after);
    mmu_event_emit(parent->sink, &event);
}

/* Gives the child one more reference to the frame that `before` mapped for the
 * parent. */
static int share_page(struct mmu_addrspace *child,
                      const struct mmu_addrspace *parent, uint32_t linear,
                      uint32_t before, uint32_t after,
                      struct mmu_fork_counts *counts)
{
    uint32_t *entry = mmu_addrspace_make_entry(child, linear, NULL);
    uint32_t frame = before >> MMU_PAGE_SHIFT;
    uint32_t references = mmu_frame_references(parent->frames, frame);

    if (entry == NULL)
        return -ENOMEM;
    *entry = after;
    mmu_frame_get(child->frames, frame, mmu_entry_reference(after));
    counts->shared++;
    emit(child, parent,
         &(struct cloned_page){.kind = MMU_EVENT_FORK_SHARE,
                               .linear = linear,
                               .pte_before = before,
                               .pte_after = after,
                               .refs_before = references});
    return 0;
}

/* A page of one's own: what may be written once copied may be written at
 * once. */
static uint32_t owned_entry(uint32_t pte, uint32_t frame)
{
    uint32_t writable = pte & (MMU_PTE_RW | MMU_PTE_COW) ? MMU_PTE_RW : 0;
    uint32_t flags =
        pte & ~(MMU_PAGE_MASK | MMU_PTE_RW | MMU_PTE_COW | MMU_PTE_SHARED);

    return frame << MMU_PAGE_SHIFT | untouched(flags) | writable;
}

static int clone_eager(struct mmu_addrspace *child,
                       struct mmu_addrspace *parent, uint32_t linear,
                       uint32_t *pte, struct mmu_fork_counts *counts)
{
    struct mmu_frames *frames = child->frames;
    uint32_t frame = *pte >> MMU_PAGE_SHIFT;
    uint32_t *entry = mmu_addrspace_make_entry(child, linear, NULL);
    uint32_t copy = entry != NULL ? mmu_frame_alloc(frames, MMU_FRAME_USER)
                                  : MMU_FRAME_NONE;

    if (copy == MMU_FRAME_NONE)
        return -ENOMEM;
    memcpy(mmu_physmem_frame(frames->mem, copy),
           mmu_physmem_frame(frames->mem, frame), MMU_PAGE_SIZE);
    mmu_frame_get(frames, copy, MMU_REFERENCE_PLAIN);
    *entry = owned_entry(*pte, copy);
    counts->copied++;
    emit(child, parent,
         &(struct cloned_page){.kind = MMU_EVENT_FORK_COPY,
                               .linear = linear,
                               .pte_before = *pte,
                               .pte_after = *entry,
                               .refs_before =
                                   mmu_frame_references(frames, frame)});
    return 0;
}

/* What a private page's entry becomes when its frame is shared. */
static uint32_t cow_entry(uint32_t pte)
{
    if (pte & (MMU_PTE_COW | MMU_PTE_SHARED))
        return pte;
    return pte & MMU_PTE_RW ? (pte & ~MMU_PTE_RW) | MMU_PTE_COW
                            : pte | MMU_PTE_SHARED;
}

static int clone_cow(struct mmu_addrspace *child, struct mmu_addrspace *parent,
                     uint32_t linear, uint32_t *pte,
                     struct mmu_fork_counts *counts)
{
    uint32_t before = *pte;
    uint32_t after = untouched(cow_entry(before));
    int error = share_page(child, parent, linear, before, after, counts);

    if (error != 0)
        return error;
    *pte = after;
    mmu_frame_convert(parent->frames, before >> MMU_PAGE_SHIFT,
                      mmu_entry_reference(before), mmu_entry_reference(after));
    return 0;
}

const struct mmu_fork_policy mmu_fork_eager = {.name = "eager",
                                               .clone_page = clone_eager};
const struct mmu_fork_policy mmu_fork_cow = {.name = "cow",
                                             .clone_page = clone_cow};

const struct mmu_fork_policy *mmu_fork_policy_named(const char *name)
{
    static const struct mmu_fork_policy *const policies[] = {&mmu_fork_eager,
                                                             &mmu_fork_cow};

    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    }
    return NULL;
}

struct fork_job {
    struct mmu_addrspace *child;
    struct mmu_addrspace *parent;
    const struct mmu_fork_policy *policy;
    struct mmu_fork_counts *counts;
};

static int clone_page(void *arg, uint32_t linear, uint32_t *pte)
{
    const struct fork_job *job = arg;

    if (mmu_frame_is_shared_for_good(job->parent->frames,
                                     *pte >> MMU_PAGE_SHIFT))
        return share_page(job->child, job->parent, linear, *pte,
                          shared_in_child(*pte), job->counts);
    return job->policy->clone_page(job->child, job->parent, linear, pte,
                                   job->counts);
}

int mmu_fork_addrspace(struct mmu_addrspace *child,
                       struct mmu_addrspace *parent,
                       const struct mmu_fork_policy *policy,
                       struct mmu_fork_counts *counts)
{
    struct fork_job job = {
        .child = child, .parent = parent, .policy = policy, .counts = counts};
    int error;

    *counts = (struct mmu_fork_counts){0};
    error = mmu_addrspace_init(child, parent->frames, parent->sink,
                               parent->kernel_base, parent);
    if (error != 0)
        return error;
    error = mmu_addrspace_each(parent, clone_page, &job);
    if (error != 0)
        mmu_addrspace_destroy(child);
    return error;
}
