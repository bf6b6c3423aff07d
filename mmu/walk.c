/* walk.c: the two-level page walk. */
#include "walk.h"

/* Physical addresses of the two entries. */
static uint32_t pde_address(const struct walk_control *control, uint32_t linear)
{
    return (control->cr3 & PAGE_MASK) + directory_index(linear) * (uint32_t)sizeof(uint32_t);
}

static uint32_t pte_address(uint32_t pde, uint32_t linear)
{
    return (pde & PAGE_MASK) + table_index(linear) * (uint32_t)sizeof(uint32_t);
}

/* The 386 ignores R/W for a supervisor; CR0.WP makes it count (SDM 3A 4.6). */
bool walk_allows(const struct walk_control *control, bool page_user, bool page_writable,
                 enum access access, bool user)
{
    if (user && !page_user)
        return false;
    if (access != ACCESS_WRITE || page_writable)
        return true;
    return !user && !(control->generation->write_protect && control->cr0 & CR0_WP);
}

static bool refuse(struct walk *out, uint32_t error)
{
    out->error |= error;
    return false;
}

bool walk_probe(const struct physmem *mem, const struct walk_control *control, uint32_t linear,
                enum access access, bool user, struct walk *out)
{
    *out = (struct walk){
        .error = (access == ACCESS_WRITE ? PF_W : 0) | (user ? PF_U : 0),
        .pde = physmem_read32(mem, pde_address(control, linear)),
        .bus_reads = 1,
    };
    if (!(out->pde & PTE_P))
        return false;

    /* `mapping` is the entry that names the page, `both` has the bits set at every level. */
    uint32_t mapping, both;

    if (out->pde & PDE_PS && control->generation->large_pages && control->cr4 & CR4_PSE) {
        if (out->pde & PDE_LARGE_RESERVED)
            return refuse(out, PF_P | PF_RSVD);
        out->large = true;
        out->phys = (out->pde & LARGE_PAGE_MASK) | (linear & ~LARGE_PAGE_MASK);
        mapping = both = out->pde;
    } else {
        out->pte = physmem_read32(mem, pte_address(out->pde, linear));
        out->bus_reads = 2;
        if (!(out->pte & PTE_P))
            return false;
        out->phys = (out->pte & PAGE_MASK) | (linear & ~PAGE_MASK);
        mapping = out->pte;
        both = out->pde & out->pte;
    }
    out->user = both & PTE_US;
    out->writable = both & PTE_RW;
    out->dirty = mapping & PTE_D;
    if (!walk_allows(control, out->user, out->writable, access, user))
        return refuse(out, PF_P);
    out->error = 0;
    return true;
}

/* Sets `bits` in the entry at `phys`, whose value is *entry; writes only what changes. */
static void mark(const struct physmem *mem, uint32_t phys, uint32_t *entry, uint32_t bits,
                 struct walk *out)
{
    if ((*entry & bits) == bits)
        return;
    *entry |= bits;
    physmem_write32(mem, phys, *entry);
    out->bus_writes++;
}

bool walk_access(const struct physmem *mem, const struct walk_control *control, uint32_t linear,
                 enum access access, bool user, struct walk *out)
{
    if (!walk_probe(mem, control, linear, access, user, out)) {
        if (control->generation->refused_marks && (out->pde & PTE_P) != 0 && out->bus_reads == 2)
            mark(mem, pde_address(control, linear), &out->pde, PTE_A, out);
        return false;
    }

    uint32_t used = access == ACCESS_WRITE ? PTE_A | PTE_D : PTE_A;

    if (out->large) {
        mark(mem, pde_address(control, linear), &out->pde, used, out);
    } else {
        mark(mem, pde_address(control, linear), &out->pde, PTE_A, out);
        mark(mem, pte_address(out->pde, linear), &out->pte, used, out);
    }
    if (access == ACCESS_WRITE)
        out->dirty = true;
    return true;
}
