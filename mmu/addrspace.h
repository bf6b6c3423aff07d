/* addrspace.h: an address space: a page directory and its tables.
 *
 *   0                                        kernel_base            4 GiB
 *   +-----------------------------------------+-----------------------+
 *   | the process's own tables                | the kernel's tables,  |
 *   |                                         | the same in all       |
 *   +-----------------------------------------+-----------------------+
 *
 * Linear addresses given here are those of user pages, below kernel_base,
 * unless it says otherwise. Tables live in guest memory and are the truth. A
 * directory entry is a reference to its table, those copied from the kernel's
 * too: with the last one go the table and the pages it maps, so the kernel's
 * tables live as long as an address space that they were copied from or to. A
 * kernel table made after the copying is not seen by the copies. Nothing here
 * knows of a TLB: who changes an entry of a running address space invalidates
 * it.
 */
#ifndef MMU386_ADDRSPACE_H
#define MMU386_ADDRSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "frames.h"
#include "paging.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mmu_addrspace {
    struct mmu_frames *frames;
    const struct mmu_event_sink *sink;
    uint32_t directory;   /* frame */
    uint32_t kernel_base; /* linear, a multiple of 4 MiB; 0: no kernel part */
};

/* Makes an empty address space, which keeps `frames` and `sink` (NULL: nobody
 * listens). Directory entries at and above `kernel_base` are copied from
 * `kernel` (NULL: left empty). Returns 0, or -ENOMEM where no frame was free
 * for the directory. */
int mmu_addrspace_init(struct mmu_addrspace *as, struct mmu_frames *frames,
                       const struct mmu_event_sink *sink, uint32_t kernel_base,
                       const struct mmu_addrspace *kernel);

/* Drops its references: to every table, with the last reference to a table
 * those to the pages that it maps, and to the directory. Does nothing a second
 * time, and nothing where mmu_addrspace_init failed. */
void mmu_addrspace_destroy(struct mmu_addrspace *as);

/* How many tables its user part has, the directory counted as one. */
uint32_t mmu_addrspace_tables(const struct mmu_addrspace *as);

/* The value to load into CR3. */
uint32_t mmu_addrspace_cr3(const struct mmu_addrspace *as);

/* The MMU_PAGE_ENTRIES entries in `frame`, a table or a directory, which must
 * be in memory. */
static inline uint32_t *
mmu_addrspace_frame_entries(const struct mmu_addrspace *as, uint32_t frame)
{
    return (uint32_t *)(void *)mmu_physmem_frame(as->frames->mem, frame);
}

/* The table that `pde` names; NULL where it names none in memory. */
static inline uint32_t *mmu_addrspace_table(const struct mmu_addrspace *as,
                                            uint32_t pde)
{
    uint32_t frame = pde >> MMU_PAGE_SHIFT;

    if (!(pde & MMU_PTE_P) || frame >= as->frames->mem->frames)
        return NULL;
    return mmu_addrspace_frame_entries(as, frame);
}

/* The entry that maps `linear` (any linear address, the kernel's too), present
 * or not; NULL where there is no table for it. *pde, if not NULL, is set to the
 * directory entry. */
static inline uint32_t *mmu_addrspace_entry(const struct mmu_addrspace *as,
                                            uint32_t linear, uint32_t *pde)
{
    uint32_t entry = mmu_addrspace_frame_entries(
        as, as->directory)[mmu_directory_index(linear)];
    uint32_t *table = mmu_addrspace_table(as, entry);

    if (pde != NULL)
        *pde = entry;
    return table != NULL ? &table[mmu_table_index(linear)] : NULL;
}

/* Whether an entry holds a reference to a frame: a present one, and one that is
 * withheld. */
static inline bool mmu_entry_holds(uint32_t pte)
{
    return (pte & (MMU_PTE_P | MMU_PTE_WITHHELD)) != 0;
}

/* Maps the page at `linear`, where none is, to `frame` with `flags`
 * (MMU_PTE_RW, MMU_PTE_US, AVL bits; P is added, unless MMU_PTE_WITHHELD is
 * among them), and takes the reference that the flags name. Any linear address.
 * Returns 0, or -ENOMEM where a table was needed and no frame was free. */
int mmu_addrspace_map(struct mmu_addrspace *as, uint32_t linear, uint32_t frame,
                      uint32_t flags);

/* Removes the page's entry, if it has a frame, and drops its reference. True if
 * it had one. */
bool mmu_addrspace_unmap(struct mmu_addrspace *as, uint32_t linear);

/* Makes the page, if it has a frame, present, and read-only or writable. A
 * copy-on-write page made writable stays write-protected and is copied when
 * written; one that was read-only becomes a writable reference. Of a frame
 * shared for good R/W is left as it is. True if the entry changed. */
bool mmu_addrspace_protect(struct mmu_addrspace *as, uint32_t linear,
                           bool writable);

/* Withholds the page, if it is present: it is not, but keeps its frame and its
 * reference. True if the entry changed. */
bool mmu_addrspace_withhold(struct mmu_addrspace *as, uint32_t linear);

/* The entry for `linear`, as mmu_addrspace_entry; its table is made where there
 * is none. NULL where no frame was free for it. Whoever writes the entry takes
 * its reference (mmu_frame_get). */
uint32_t *mmu_addrspace_make_entry(struct mmu_addrspace *as, uint32_t linear,
                                   uint32_t *pde);

/* The kind of reference that an entry holds, by its AVL bits. */
enum mmu_reference mmu_entry_reference(uint32_t pte);

/* Calls `visit` for each user entry that has a frame, in ascending order, with
 * the page's linear address; stops at the first answer that is not 0 and
 * returns it, else 0. `visit` may change the entry. */
int mmu_addrspace_each(const struct mmu_addrspace *as,
                       int (*visit)(void *arg, uint32_t linear, uint32_t *pte),
                       void *arg);

#ifdef __cplusplus
}
#endif

#endif
