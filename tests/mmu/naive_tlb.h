/* naive_tlb.h: what an MMU's TLBs do with a sequence of accesses, told from the
 * manuals and from what mmu/tlb.h and mmu/mmu.h promise, and sharing nothing
 * with them: no tags, trees or pointers, but lists of ways and the times of
 * their uses. It has no tables of its own: each access brings the entries that
 * a walk would find, so that recorded accesses can be fed as well. */
#ifndef MMU386_TESTS_NAIVE_TLB_H
#define MMU386_TESTS_NAIVE_TLB_H

#include <stdbool.h>
#include <stdint.h>

enum naive_policy {
    NAIVE_POINTER,
    NAIVE_PLRU,
    NAIVE_LRU,
    NAIVE_RANDOM,
};

/* A TLB; entries 0: there is none. */
struct naive_shape {
    uint32_t entries;
    uint32_t ways;
    enum naive_policy policy;
    uint64_t seed; /* not 0 */
};

struct naive_processor {
    bool write_protect; /* CR0.WP exists */
    bool invlpg;        /* else CR3 is loaded to invalidate a page */
    bool large_pages;   /* CR4.PSE exists */
    struct naive_shape data;
    struct naive_shape code;  /* none: code is among the data */
    struct naive_shape large; /* 4 MiB pages of what is in `data`; none: they
                                 are there by pieces */
};

enum naive_kind {
    NAIVE_READ,
    NAIVE_WRITE,
    NAIVE_FETCH,
};

struct naive_counts {
    uint64_t lookups;
    uint64_t misses;
    uint64_t flushes;
    uint64_t page_invalidations;
    uint64_t bus_reads;
    uint64_t bus_writes;
};

struct naive_outcome {
    bool granted;
    uint32_t phys;  /* where granted */
    uint32_t error; /* the error code, where not */
};

struct naive_mmu;

/* Makes one with paging off and nothing counted; NULL for want of memory. */
struct naive_mmu *naive_new(const struct naive_processor *processor);
void naive_free(struct naive_mmu *mmu);

/* An access to the byte at `linear`, by ring 3 (`user`) or below. `pde` and
 * `pte` are the entries for it in memory just before the access; `pte` is
 * anything where a walk would not read it. */
struct naive_outcome naive_access(struct naive_mmu *mmu, uint32_t linear,
                                  enum naive_kind kind, bool user, uint32_t pde,
                                  uint32_t pte);

/* Loads of control registers with these values, and the kernel's invalidation
 * of a page. */
void naive_load_cr0(struct naive_mmu *mmu, uint32_t value);
void naive_load_cr3(struct naive_mmu *mmu);
void naive_load_cr4(struct naive_mmu *mmu, uint32_t value);
void naive_invalidate(struct naive_mmu *mmu, uint32_t linear);

const struct naive_counts *naive_counts(const struct naive_mmu *mmu);

#endif
