/* fork.h: the policies by which fork clones an address space. */
#ifndef MMU386_FORK_H
#define MMU386_FORK_H

#include <stdint.h>

#include "addrspace.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mmu_fork_counts {
    uint64_t copied; /* pages given a frame of their own */
    uint64_t shared; /* pages that map the parent's frame */
};

/* A policy says what fork does with one private page, present or withheld.
 * Pages of frames that are shared for good never come here: they are mapped
 * again as they are under every policy. */
struct mmu_fork_policy {
    const char *name;
    /* Gives `child` the page that `pte` maps at `linear` in `parent`, and
     * counts it. Returns 0 or -ENOMEM. */
    int (*clone_page)(struct mmu_addrspace *child, struct mmu_addrspace *parent,
                      uint32_t linear, uint32_t *pte,
                      struct mmu_fork_counts *counts);
};

/* eager: every present private page is copied at fork.
 * cow: both processes keep the frame, write-protected; original read-only pages
 * stay read-only. The child's entries have A clear, and so have the parent's of
 * pages that cow shares: A then tells which of the two has touched the page
 * since. D is the parent's under either policy, since the contents are then the
 * child's own to lose; only a page of a frame shared for good starts clean, its
 * dirtiness being in the parent's entry. */
extern const struct mmu_fork_policy mmu_fork_eager;
extern const struct mmu_fork_policy mmu_fork_cow;

/* The policy called `name` ("eager", "cow"), or NULL. */
const struct mmu_fork_policy *mmu_fork_policy_named(const char *name);

/* Clones every user page of `parent` that has a frame into `child`, which is
 * made here, with the parent's frames, sink and kernel part. On failure nothing
 * of the child is left; pages of the parent may stay write-protected, which the
 * next write to them undoes by taking them over. The caller flushes the
 * parent's TLB. Returns 0, or -ENOMEM where no frame was free; *counts says
 * what was done. */
int mmu_fork_addrspace(struct mmu_addrspace *child,
                       struct mmu_addrspace *parent,
                       const struct mmu_fork_policy *policy,
                       struct mmu_fork_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
