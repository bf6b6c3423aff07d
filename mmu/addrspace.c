/* addrspace.c: page directories and tables in guest memory. */
#include "addrspace.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* A directory entry grants all; the table's entries say what is granted. */
#define TABLE_FLAGS (MMU_PTE_P | MMU_PTE_RW | MMU_PTE_US)

/* Index of the first directory entry of the kernel's part. */
static uint32_t user_entries(const struct mmu_addrspace *as)
{
    return as->kernel_base ? mmu_directory_index(as->kernel_base)
                           : MMU_PAGE_ENTRIES;
}

static uint32_t linear_of(uint32_t directory_at, uint32_t table_at)
{
    return directory_at << MMU_LARGE_PAGE_SHIFT | table_at << MMU_PAGE_SHIFT;
}

/* Takes a frame for a table or a directory: zeroed, with one reference. */
static uint32_t new_table(struct mmu_frames *frames)
{
    uint32_t frame = mmu_frame_alloc(frames, MMU_FRAME_TABLE);

    if (frame != MMU_FRAME_NONE) {
        memset(mmu_physmem_frame(frames->mem, frame), 0, MMU_PAGE_SIZE);
        mmu_frame_get(frames, frame, MMU_REFERENCE_PLAIN);
    }
    return frame;
}

int mmu_addrspace_init(struct mmu_addrspace *as, struct mmu_frames *frames,
                       const struct mmu_event_sink *sink, uint32_t kernel_base,
                       const struct mmu_addrspace *kernel)
{
    assert((kernel_base & ~MMU_LARGE_PAGE_MASK) == 0);
    *as = (struct mmu_addrspace){.frames = frames,
                                 .sink = sink,
                                 .directory = new_table(frames),
                                 .kernel_base = kernel_base};
    if (as->directory == MMU_FRAME_NONE)
        return -ENOMEM;
    if (kernel == NULL)
        return 0;

    uint32_t *directory = mmu_addrspace_frame_entries(as, as->directory);
    const uint32_t *from =
        mmu_addrspace_frame_entries(kernel, kernel->directory);

    for (uint32_t i = user_entries(as); i < MMU_PAGE_ENTRIES; i++) {
        if (from[i] & MMU_PTE_P) {
            directory[i] = from[i];
            mmu_frame_get(frames, from[i] >> MMU_PAGE_SHIFT,
                          MMU_REFERENCE_PLAIN);
        }
    }
    return 0;
}

/* Removes an entry that has a frame. */
static void drop_page(struct mmu_addrspace *as, uint32_t linear, uint32_t pde,
                      uint32_t *pte)
{
    uint32_t before = *pte;
    uint32_t frame = before >> MMU_PAGE_SHIFT;
    uint32_t references = mmu_frame_references(as->frames, frame);

    *pte = 0;
    mmu_frame_put(as->frames, frame, mmu_entry_reference(before));
    if (mmu_event_wanted(as->sink))
        mmu_event_emit(as->sink,
                       &(struct mmu_event){.kind = MMU_EVENT_UNMAP,
                                           .linear = linear & MMU_PAGE_MASK,
                                           .pde_before = pde,
                                           .pde_after = pde,
                                           .pte_before = before,
                                           .frame_before = frame,
                                           .refs_before = references,
                                           .refs_after = mmu_frame_references(
                                               as->frames, frame)});
}

/* Drops the reference that a directory entry holds to its table; with the last
 * one go the pages that the table maps. */
static void drop_table(struct mmu_addrspace *as, uint32_t directory_at,
                       uint32_t pde, uint32_t *table)
{
    uint32_t frame = pde >> MMU_PAGE_SHIFT;

    if (mmu_frame_references(as->frames, frame) == 1) {
        for (uint32_t i = 0; i < MMU_PAGE_ENTRIES; i++) {
            if (mmu_entry_holds(table[i]))
                drop_page(as, linear_of(directory_at, i), pde, &table[i]);
        }
    }
    mmu_frame_put(as->frames, frame, MMU_REFERENCE_PLAIN);
}

void mmu_addrspace_destroy(struct mmu_addrspace *as)
{
    if (as->directory == MMU_FRAME_NONE)
        return;

    uint32_t *directory = mmu_addrspace_frame_entries(as, as->directory);

    for (uint32_t i = 0; i < MMU_PAGE_ENTRIES; i++) {
        uint32_t *table = mmu_addrspace_table(as, directory[i]);

        if (table != NULL)
            drop_table(as, i, directory[i], table);
    }
    mmu_frame_put(as->frames, as->directory, MMU_REFERENCE_PLAIN);
    as->directory = MMU_FRAME_NONE;
}

uint32_t mmu_addrspace_tables(const struct mmu_addrspace *as)
{
    const uint32_t *directory = mmu_addrspace_frame_entries(as, as->directory);
    uint32_t tables = 1;

    for (uint32_t i = 0; i < user_entries(as); i++)
        tables += mmu_addrspace_table(as, directory[i]) != NULL;
    return tables;
}

uint32_t mmu_addrspace_cr3(const struct mmu_addrspace *as)
{
    return as->directory << MMU_PAGE_SHIFT;
}

uint32_t *mmu_addrspace_make_entry(struct mmu_addrspace *as, uint32_t linear,
                                   uint32_t *pde)
{
    uint32_t *pte = mmu_addrspace_entry(as, linear, pde);

    if (pte != NULL)
        return pte;

    uint32_t table = new_table(as->frames);

    if (table == MMU_FRAME_NONE)
        return NULL;
    mmu_addrspace_frame_entries(as,
                                as->directory)[mmu_directory_index(linear)] =
        table << MMU_PAGE_SHIFT | TABLE_FLAGS;
    return mmu_addrspace_entry(as, linear, pde);
}

int mmu_addrspace_map(struct mmu_addrspace *as, uint32_t linear, uint32_t frame,
                      uint32_t flags)
{
    uint32_t pde;
    uint32_t *pte = mmu_addrspace_make_entry(as, linear, &pde);
    uint32_t references = mmu_frame_references(as->frames, frame);

    if (pte == NULL)
        return -ENOMEM;
    assert(!mmu_entry_holds(*pte));
    *pte = frame << MMU_PAGE_SHIFT | flags |
           (flags & MMU_PTE_WITHHELD ? 0 : MMU_PTE_P);
    mmu_frame_get(as->frames, frame, mmu_entry_reference(flags));
    if (mmu_event_wanted(as->sink))
        mmu_event_emit(as->sink,
                       &(struct mmu_event){.kind = MMU_EVENT_MAP,
                                           .linear = linear & MMU_PAGE_MASK,
                                           .pde_before = pde,
                                           .pde_after = pde,
                                           .pte_after = *pte,
                                           .frame_after = frame,
                                           .refs_before = references,
                                           .refs_after = mmu_frame_references(
                                               as->frames, frame)});
    return 0;
}

bool mmu_addrspace_unmap(struct mmu_addrspace *as, uint32_t linear)
{
    uint32_t pde;
    uint32_t *pte = mmu_addrspace_entry(as, linear, &pde);

    if (pte == NULL || !mmu_entry_holds(*pte))
        return false;
    drop_page(as, linear, pde, pte);
    return true;
}

/* What `pte` becomes when its page is made writable or read-only. */
static uint32_t protected_entry(uint32_t pte, bool writable)
{
    if (!(pte & (MMU_PTE_COW | MMU_PTE_SHARED)))
        return writable ? pte | MMU_PTE_RW : pte & ~MMU_PTE_RW;
    return (pte & ~(MMU_PTE_COW | MMU_PTE_SHARED)) |
           (writable ? MMU_PTE_COW : MMU_PTE_SHARED);
}

/* Gives the page the entry `after` in place of what it has. */
static void change_entry(struct mmu_addrspace *as, uint32_t linear,
                         uint32_t pde, uint32_t *pte, uint32_t after)
{
    uint32_t before = *pte;
    uint32_t frame = before >> MMU_PAGE_SHIFT;

    *pte = after;
    mmu_frame_convert(as->frames, frame, mmu_entry_reference(before),
                      mmu_entry_reference(after));
    if (mmu_event_wanted(as->sink)) {
        uint32_t references = mmu_frame_references(as->frames, frame);

        mmu_event_emit(as->sink,
                       &(struct mmu_event){.kind = MMU_EVENT_PROTECT,
                                           .linear = linear & MMU_PAGE_MASK,
                                           .pde_before = pde,
                                           .pde_after = pde,
                                           .pte_before = before,
                                           .pte_after = after,
                                           .frame_before = frame,
                                           .frame_after = frame,
                                           .refs_before = references,
                                           .refs_after = references});
    }
}

bool mmu_addrspace_protect(struct mmu_addrspace *as, uint32_t linear,
                           bool writable)
{
    uint32_t pde;
    uint32_t *pte = mmu_addrspace_entry(as, linear, &pde);

    if (pte == NULL || !mmu_entry_holds(*pte))
        return false;

    uint32_t after = (*pte & ~MMU_PTE_WITHHELD) | MMU_PTE_P;

    if (!mmu_frame_is_shared_for_good(as->frames, after >> MMU_PAGE_SHIFT))
        after = protected_entry(after, writable);
    if (after == *pte)
        return false;
    change_entry(as, linear, pde, pte, after);
    return true;
}

bool mmu_addrspace_withhold(struct mmu_addrspace *as, uint32_t linear)
{
    uint32_t pde;
    uint32_t *pte = mmu_addrspace_entry(as, linear, &pde);

    if (pte == NULL || !(*pte & MMU_PTE_P))
        return false;
    change_entry(as, linear, pde, pte, (*pte & ~MMU_PTE_P) | MMU_PTE_WITHHELD);
    return true;
}

enum mmu_reference mmu_entry_reference(uint32_t pte)
{
    if (pte & MMU_PTE_COW)
        return MMU_REFERENCE_COW_WRITABLE;
    return pte & MMU_PTE_SHARED ? MMU_REFERENCE_COW_READONLY
                                : MMU_REFERENCE_PLAIN;
}

int mmu_addrspace_each(const struct mmu_addrspace *as,
                       int (*visit)(void *arg, uint32_t linear, uint32_t *pte),
                       void *arg)
{
    const uint32_t *directory = mmu_addrspace_frame_entries(as, as->directory);

    for (uint32_t i = 0; i < user_entries(as); i++) {
        uint32_t *table = mmu_addrspace_table(as, directory[i]);

        for (uint32_t j = 0; table != NULL && j < MMU_PAGE_ENTRIES; j++) {
            int answer = mmu_entry_holds(table[j])
                             ? visit(arg, linear_of(i, j), &table[j])
                             : 0;

            if (answer != 0)
                return answer;
        }
    }
    return 0;
}
