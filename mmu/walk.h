/* walk.h: the two-level page walk: rights, the A and D bits, the fault.
 *
 * 80386 Programmer's Reference Manual, 5.2 and 6.4; SDM 3A 4.3 for 4 MiB pages
 * and reserved bits, 4.6 for CR0.WP. The walker writes nothing unless the
 * access is granted: then A in both entries, and D in the entry that maps the
 * page if it is a write.
 */
#ifndef MMU386_WALK_H
#define MMU386_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "paging.h"
#include "physmem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The registers that rule a walk. CR0.PG is not looked at: a walk is asked
 * for. */
struct mmu_walk_control {
    const struct mmu_generation *generation;
    uint32_t cr0;
    uint32_t cr3;
    uint32_t cr4;
};

struct mmu_walk {
    /* physical address of the byte asked for; valid where granted */
    uint32_t phys;
    /* the entries as the walk left them; pte is 0 where none was read */
    uint32_t pde;
    uint32_t pte;
    uint32_t error; /* error code, MMU_PF_...; valid where refused, else 0 */
    bool user;      /* effective rights: U/S and R/W of both levels */
    bool writable;
    bool dirty; /* D is set in the mapping entry */
    bool large; /* a 4 MiB page */
    /* entries read from and written back to memory: the walk's bus cycles */
    uint32_t bus_reads;
    uint32_t bus_writes;
};

/* Walks for one access to `linear` at ring 3 (`user`) or below. True where
 * granted. *out is set in any case. An entry outside memory reads as all
 * ones. */
bool mmu_walk_access(const struct mmu_physmem *mem,
                     const struct mmu_walk_control *control, uint32_t linear,
                     enum mmu_access access, bool user, struct mmu_walk *out);

/* The same question without touching A or D. */
bool mmu_walk_probe(const struct mmu_physmem *mem,
                    const struct mmu_walk_control *control, uint32_t linear,
                    enum mmu_access access, bool user, struct mmu_walk *out);

/* True where the effective rights `page_user` and `page_writable` (both levels'
 * U/S and R/W, as in struct mmu_walk) allow the access by ring 3 (`user`) or
 * below, given that the page is present (80386 manual, 6.4; SDM 3A 4.6). */
bool mmu_walk_allows(const struct mmu_walk_control *control, bool page_user,
                     bool page_writable, enum mmu_access access, bool user);

#ifdef __cplusplus
}
#endif

#endif
