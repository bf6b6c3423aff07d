/* addrspace.c: page directories and tables in guest memory. */
#include "addrspace.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* A directory entry grants all; the table's entries say what is granted. */
#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US)

/* Index of the first directory entry of the kernel's part. */
static uint32_t user_entries(const struct addrspace *as)
{
    return as->kernel_base ? directory_index(as->kernel_base) : PAGE_ENTRIES;
}

static uint32_t linear_of(uint32_t directory_at, uint32_t table_at)
{
    return directory_at << LARGE_PAGE_SHIFT | table_at << PAGE_SHIFT;
}

/* Takes a frame for a table or a directory: zeroed, with one reference. */
static uint32_t new_table(struct frames *frames)
{
    uint32_t frame = frame_alloc(frames, FRAME_TABLE);

    if (frame != FRAME_NONE) {
        memset(physmem_frame(frames->mem, frame), 0, PAGE_SIZE);
        frame_get(frames, frame, REFERENCE_PLAIN);
    }
    return frame;
}

int addrspace_init(struct addrspace *as, struct frames *frames, const struct event_sink *sink,
                   uint32_t kernel_base, const struct addrspace *kernel)
{
    assert((kernel_base & ~LARGE_PAGE_MASK) == 0);
    *as = (struct addrspace){
        .frames = frames, .sink = sink, .directory = new_table(frames), .kernel_base = kernel_base};
    if (as->directory == FRAME_NONE)
        return -ENOMEM;
    if (kernel == NULL)
        return 0;

    uint32_t *directory = addrspace_frame_entries(as, as->directory);
    const uint32_t *from = addrspace_frame_entries(kernel, kernel->directory);

    for (uint32_t i = user_entries(as); i < PAGE_ENTRIES; i++) {
        if (from[i] & PTE_P) {
            directory[i] = from[i];
            frame_get(frames, from[i] >> PAGE_SHIFT, REFERENCE_PLAIN);
        }
    }
    return 0;
}

/* Removes an entry that has a frame. */
static void drop_page(struct addrspace *as, uint32_t linear, uint32_t pde, uint32_t *pte)
{
    uint32_t before = *pte;
    uint32_t frame = before >> PAGE_SHIFT;
    uint32_t references = frame_references(as->frames, frame);

    *pte = 0;
    frame_put(as->frames, frame, entry_reference(before));
    if (event_wanted(as->sink))
        event_emit(as->sink, &(struct event){.kind = EVENT_UNMAP,
                                             .linear = linear & PAGE_MASK,
                                             .pde_before = pde,
                                             .pde_after = pde,
                                             .pte_before = before,
                                             .frame_before = frame,
                                             .refs_before = references,
                                             .refs_after = frame_references(as->frames, frame)});
}

/* Drops the reference that a directory entry holds to its table; with the last one go the pages
 * that the table maps. */
static void drop_table(struct addrspace *as, uint32_t directory_at, uint32_t pde, uint32_t *table)
{
    uint32_t frame = pde >> PAGE_SHIFT;

    if (frame_references(as->frames, frame) == 1) {
        for (uint32_t i = 0; i < PAGE_ENTRIES; i++) {
            if (entry_holds(table[i]))
                drop_page(as, linear_of(directory_at, i), pde, &table[i]);
        }
    }
    frame_put(as->frames, frame, REFERENCE_PLAIN);
}

void addrspace_destroy(struct addrspace *as)
{
    if (as->directory == FRAME_NONE)
        return;

    uint32_t *directory = addrspace_frame_entries(as, as->directory);

    for (uint32_t i = 0; i < PAGE_ENTRIES; i++) {
        uint32_t *table = addrspace_table(as, directory[i]);

        if (table != NULL)
            drop_table(as, i, directory[i], table);
    }
    frame_put(as->frames, as->directory, REFERENCE_PLAIN);
    as->directory = FRAME_NONE;
}

uint32_t addrspace_tables(const struct addrspace *as)
{
    const uint32_t *directory = addrspace_frame_entries(as, as->directory);
    uint32_t tables = 1;

    for (uint32_t i = 0; i < user_entries(as); i++)
        tables += addrspace_table(as, directory[i]) != NULL;
    return tables;
}

uint32_t addrspace_cr3(const struct addrspace *as)
{
    return as->directory << PAGE_SHIFT;
}

uint32_t *addrspace_make_entry(struct addrspace *as, uint32_t linear, uint32_t *pde)
{
    uint32_t *pte = addrspace_entry(as, linear, pde);

    if (pte != NULL)
        return pte;

    uint32_t table = new_table(as->frames);

    if (table == FRAME_NONE)
        return NULL;
    addrspace_frame_entries(as, as->directory)[directory_index(linear)] =
        table << PAGE_SHIFT | TABLE_FLAGS;
    return addrspace_entry(as, linear, pde);
}

int addrspace_map(struct addrspace *as, uint32_t linear, uint32_t frame, uint32_t flags)
{
    uint32_t pde;
    uint32_t *pte = addrspace_make_entry(as, linear, &pde);
    uint32_t references = frame_references(as->frames, frame);

    if (pte == NULL)
        return -ENOMEM;
    assert(!entry_holds(*pte));
    *pte = frame << PAGE_SHIFT | flags | (flags & PTE_WITHHELD ? 0 : PTE_P);
    frame_get(as->frames, frame, entry_reference(flags));
    if (event_wanted(as->sink))
        event_emit(as->sink, &(struct event){.kind = EVENT_MAP,
                                             .linear = linear & PAGE_MASK,
                                             .pde_before = pde,
                                             .pde_after = pde,
                                             .pte_after = *pte,
                                             .frame_after = frame,
                                             .refs_before = references,
                                             .refs_after = frame_references(as->frames, frame)});
    return 0;
}

bool addrspace_unmap(struct addrspace *as, uint32_t linear)
{
    uint32_t pde;
    uint32_t *pte = addrspace_entry(as, linear, &pde);

    if (pte == NULL || !entry_holds(*pte))
        return false;
    drop_page(as, linear, pde, pte);
    return true;
}

/* What `pte` becomes when its page is made writable or read-only. */
static uint32_t protected_entry(uint32_t pte, bool writable)
{
    if (!(pte & (PTE_COW | PTE_SHARED)))
        return writable ? pte | PTE_RW : pte & ~PTE_RW;
    return (pte & ~(PTE_COW | PTE_SHARED)) | (writable ? PTE_COW : PTE_SHARED);
}

/* Gives the page the entry `after` in place of what it has. */
static void change_entry(struct addrspace *as, uint32_t linear, uint32_t pde, uint32_t *pte,
                         uint32_t after)
{
    uint32_t before = *pte;
    uint32_t frame = before >> PAGE_SHIFT;

    *pte = after;
    frame_convert(as->frames, frame, entry_reference(before), entry_reference(after));
    if (event_wanted(as->sink)) {
        uint32_t references = frame_references(as->frames, frame);

        event_emit(as->sink, &(struct event){.kind = EVENT_PROTECT,
                                             .linear = linear & PAGE_MASK,
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

bool addrspace_protect(struct addrspace *as, uint32_t linear, bool writable)
{
    uint32_t pde;
    uint32_t *pte = addrspace_entry(as, linear, &pde);

    if (pte == NULL || !entry_holds(*pte))
        return false;

    uint32_t after = (*pte & ~PTE_WITHHELD) | PTE_P;

    if (!frame_is_shared_for_good(as->frames, after >> PAGE_SHIFT))
        after = protected_entry(after, writable);
    if (after == *pte)
        return false;
    change_entry(as, linear, pde, pte, after);
    return true;
}

bool addrspace_withhold(struct addrspace *as, uint32_t linear)
{
    uint32_t pde;
    uint32_t *pte = addrspace_entry(as, linear, &pde);

    if (pte == NULL || !(*pte & PTE_P))
        return false;
    change_entry(as, linear, pde, pte, (*pte & ~PTE_P) | PTE_WITHHELD);
    return true;
}

enum reference entry_reference(uint32_t pte)
{
    if (pte & PTE_COW)
        return REFERENCE_COW_WRITABLE;
    return pte & PTE_SHARED ? REFERENCE_COW_READONLY : REFERENCE_PLAIN;
}

int addrspace_each(const struct addrspace *as,
                   int (*visit)(void *arg, uint32_t linear, uint32_t *pte), void *arg)
{
    const uint32_t *directory = addrspace_frame_entries(as, as->directory);

    for (uint32_t i = 0; i < user_entries(as); i++) {
        uint32_t *table = addrspace_table(as, directory[i]);

        for (uint32_t j = 0; table != NULL && j < PAGE_ENTRIES; j++) {
            int answer = entry_holds(table[j]) ? visit(arg, linear_of(i, j), &table[j]) : 0;

            if (answer != 0)
                return answer;
        }
    }
    return 0;
}
