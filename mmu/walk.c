/* walk.c: the two-level page walk. */
#include "walk.h"

/* Physical addresses of the two entries. */
static uint32_t pde_address(const struct mmu_walk_control *control,
                            uint32_t linear)
{
    return (control->cr3 & MMU_PAGE_MASK) +
           mmu_directory_index(linear) * (uint32_t)sizeof(uint32_t);
}

static uint32_t pte_address(uint32_t pde, uint32_t linear)
{
    return (pde & MMU_PAGE_MASK) +
           mmu_table_index(linear) * (uint32_t)sizeof(uint32_t);
}

/* The 386 ignores R/W for a supervisor; CR0.WP makes it count (SDM 3A 4.6). */
bool mmu_walk_allows(const struct mmu_walk_control *control, bool page_user,
                     bool page_writable, enum mmu_access access, bool user)
{
    if (user && !page_user)
        return false;
    if (access != MMU_ACCESS_WRITE || page_writable)
        return true;
    return !user &&
           !(control->generation->write_protect && control->cr0 & MMU_CR0_WP);
}

static bool refuse(struct mmu_walk *out, uint32_t error)
{
    out->error |= error;
    return false;
}

bool mmu_walk_probe(const struct mmu_physmem *mem,
                    const struct mmu_walk_control *control, uint32_t linear,
                    enum mmu_access access, bool user, struct mmu_walk *out)
{
    *out = (struct mmu_walk){
        .error =
            (access == MMU_ACCESS_WRITE ? MMU_PF_W : 0) | (user ? MMU_PF_U : 0),
        .pde = mmu_physmem_read32(mem, pde_address(control, linear)),
        .bus_reads = 1,
    };
    if (!(out->pde & MMU_PTE_P))
        return false;

    /* `mapping` is the entry that names the page, `both` has the bits set at
     * every level. */
    uint32_t mapping, both;

    if (out->pde & MMU_PDE_PS && control->generation->large_pages &&
        control->cr4 & MMU_CR4_PSE) {
        if (out->pde & MMU_PDE_LARGE_RESERVED)
            return refuse(out, MMU_PF_P | MMU_PF_RSVD);
        out->large = true;
        out->phys =
            (out->pde & MMU_LARGE_PAGE_MASK) | (linear & ~MMU_LARGE_PAGE_MASK);
        mapping = both = out->pde;
    } else {
        out->pte = mmu_physmem_read32(mem, pte_address(out->pde, linear));
        out->bus_reads = 2;
        if (!(out->pte & MMU_PTE_P))
            return false;
        out->phys = (out->pte & MMU_PAGE_MASK) | (linear & ~MMU_PAGE_MASK);
        mapping = out->pte;
        both = out->pde & out->pte;
    }
    out->user = both & MMU_PTE_US;
    out->writable = both & MMU_PTE_RW;
    out->dirty = mapping & MMU_PTE_D;
    if (!mmu_walk_allows(control, out->user, out->writable, access, user))
        return refuse(out, MMU_PF_P);
    out->error = 0;
    return true;
}

/* Sets `bits` in the entry at `phys`, whose value is *entry; writes only what
 * changes. */
static void mark(const struct mmu_physmem *mem, uint32_t phys, uint32_t *entry,
                 uint32_t bits, struct mmu_walk *out)
{
    if ((*entry & bits) == bits)
        return;
    *entry |= bits;
    mmu_physmem_write32(mem, phys, *entry);
    out->bus_writes++;
}

bool mmu_walk_access(const struct mmu_physmem *mem,
                     const struct mmu_walk_control *control, uint32_t linear,
                     enum mmu_access access, bool user, struct mmu_walk *out)
{
    if (!mmu_walk_probe(mem, control, linear, access, user, out)) {
        if (control->generation->refused_marks && (out->pde & MMU_PTE_P) != 0 &&
            out->bus_reads == 2)
            mark(mem, pde_address(control, linear), &out->pde, MMU_PTE_A, out);
        return false;
    }

    uint32_t used =
        access == MMU_ACCESS_WRITE ? MMU_PTE_A | MMU_PTE_D : MMU_PTE_A;

    if (out->large) {
        mark(mem, pde_address(control, linear), &out->pde, used, out);
    } else {
        mark(mem, pde_address(control, linear), &out->pde, MMU_PTE_A, out);
        mark(mem, pte_address(out->pde, linear), &out->pte, used, out);
    }
    if (access == MMU_ACCESS_WRITE)
        out->dirty = true;
    return true;
}
