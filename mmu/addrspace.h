/* addrspace.h: an address space: a page directory and its tables.
 *
 *   0                                        kernel_base            4 GiB
 *   +-----------------------------------------+-----------------------+
 *   | the process's own tables                | the kernel's tables,  |
 *   |                                         | the same in all       |
 *   +-----------------------------------------+-----------------------+
 *
 * Linear addresses given here are those of user pages, below kernel_base, unless it says
 * otherwise. Tables live in guest memory and are the truth. A directory entry is a reference to
 * its table, those copied from the kernel's too: with the last one go the table and the pages it
 * maps, so the kernel's tables live as long as an address space that they were copied from or to.
 * A kernel table made after the copying is not seen by the copies. Nothing here knows of a TLB: who
 * changes an entry of a running address space invalidates it.
 */
#ifndef MMU386_ADDRSPACE_H
#define MMU386_ADDRSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "frames.h"
#include "paging.h"

struct addrspace {
    struct frames *frames;
    const struct event_sink *sink;
    uint32_t directory;   /* frame */
    uint32_t kernel_base; /* linear, a multiple of 4 MiB; 0: no kernel part */
};

/* Makes an empty address space; entries at and above `kernel_base` are copied from `kernel`
 * (NULL: left empty). Returns 0 or -ENOMEM. */
int addrspace_init(struct addrspace *as, struct frames *frames, const struct event_sink *sink,
                   uint32_t kernel_base, const struct addrspace *kernel);

/* Drops every user page and table, and the directory. */
void addrspace_destroy(struct addrspace *as);

/* How many tables its user part has, the directory counted as one. */
uint32_t addrspace_tables(const struct addrspace *as);

/* The value to load into CR3. */
uint32_t addrspace_cr3(const struct addrspace *as);

/* The entries in a frame that is a table or a directory, in memory. */
static inline uint32_t *addrspace_frame_entries(const struct addrspace *as, uint32_t frame)
{
    return (uint32_t *)(void *)physmem_frame(as->frames->mem, frame);
}

/* The table that `pde` names; NULL where it names none in memory. */
static inline uint32_t *addrspace_table(const struct addrspace *as, uint32_t pde)
{
    uint32_t frame = pde >> PAGE_SHIFT;

    if (!(pde & PTE_P) || frame >= as->frames->mem->frames)
        return NULL;
    return addrspace_frame_entries(as, frame);
}

/* The entry that maps `linear` (any linear address, the kernel's too), present or not; NULL where
 * there is no table for it. *pde, if not NULL, is set to the directory entry. */
static inline uint32_t *addrspace_entry(const struct addrspace *as, uint32_t linear, uint32_t *pde)
{
    uint32_t entry = addrspace_frame_entries(as, as->directory)[directory_index(linear)];
    uint32_t *table = addrspace_table(as, entry);

    if (pde != NULL)
        *pde = entry;
    return table != NULL ? &table[table_index(linear)] : NULL;
}

/* Whether an entry holds a reference to a frame: a present one, and one that is withheld. */
static inline bool entry_holds(uint32_t pte)
{
    return (pte & (PTE_P | PTE_WITHHELD)) != 0;
}

/* Maps the page at `linear`, where none is, to `frame` with `flags` (PTE_RW, PTE_US, AVL bits; P is
 * added, unless PTE_WITHHELD is among them), and takes the reference that the flags name. Any
 * linear address. Returns 0, or -ENOMEM where a table was needed and no frame was free. */
int addrspace_map(struct addrspace *as, uint32_t linear, uint32_t frame, uint32_t flags);

/* Removes the page's entry, if it has a frame, and drops its reference. True if it had one. */
bool addrspace_unmap(struct addrspace *as, uint32_t linear);

/* Makes the page, if it has a frame, present, and read-only or writable. A copy-on-write page made
 * writable stays write-protected and is copied when written; one that was read-only becomes a
 * writable reference. Of a frame shared for good R/W is left as it is. True if the entry changed.
 */
bool addrspace_protect(struct addrspace *as, uint32_t linear, bool writable);

/* Withholds the page, if it is present: it is not, but keeps its frame and its reference. True if
 * the entry changed. */
bool addrspace_withhold(struct addrspace *as, uint32_t linear);

/* The entry for `linear`, as addrspace_entry; its table is made where there is none. NULL where no
 * frame was free for it. Whoever writes the entry takes its reference. */
uint32_t *addrspace_make_entry(struct addrspace *as, uint32_t linear, uint32_t *pde);

/* The reference that an entry holds, by its AVL bits. */
enum reference entry_reference(uint32_t pte);

/* Calls `visit` for each user entry that has a frame, in ascending order; stops at the first answer
 * that is not 0 and returns it. */
int addrspace_each(const struct addrspace *as,
                   int (*visit)(void *arg, uint32_t linear, uint32_t *pte), void *arg);

#endif
