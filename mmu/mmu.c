/* mmu.c: control registers, and the TLBs in front of the walk. */
#include "mmu.h"

#include <string.h>

/* The bits each generation's control registers have: CR0 of the 80386
 * (Programmer's Reference Manual, 4.1.3), CR0 and CR3 of the Intel486 (4.1.3),
 * CR4 of the Pentium (SDM 3A 2.5). */
#define CR0_I386    0x8000001Fu /* PE MP EM TS ET PG */
#define CR0_I486    0xE005003Fu /* and NE WP AM NW CD */
#define CR3_I386    MMU_PAGE_MASK
#define CR3_I486    (MMU_PAGE_MASK | MMU_PTE_PWT | MMU_PTE_PCD)
#define CR4_PENTIUM 0x0000005Fu /* VME PVI TSD DE PSE MCE */

/* A TLB that the generation may do without. */
static int init_tlb(struct mmu_tlb *tlb, struct mmu_tlb_geometry geometry,
                    uint32_t page_shift)
{
    return geometry.entries ? mmu_tlb_init(tlb, geometry, page_shift) : 0;
}

static bool remembers_hits(const struct mmu_tlb *tlb)
{
    enum mmu_tlb_policy policy = tlb->geometry.policy;

    return tlb->geometry.entries != 0 &&
           (policy == MMU_TLB_PLRU || policy == MMU_TLB_LRU);
}

int mmu_init(struct mmu *mmu, const struct mmu_generation *generation,
             const struct mmu_physmem *mem, const struct mmu_event_sink *sink,
             bool with_tlb)
{
    int error = 0;

    *mmu = (struct mmu){.control = {.generation = generation},
                        .mem = mem,
                        .sink = sink,
                        .has_tlb = with_tlb};
    if (!with_tlb)
        return 0;
    error = mmu_tlb_init(&mmu->data_tlb, generation->data_tlb, MMU_PAGE_SHIFT);
    if (error == 0)
        error = init_tlb(&mmu->code_tlb, generation->code_tlb, MMU_PAGE_SHIFT);
    if (error == 0)
        error = init_tlb(&mmu->large_tlb, generation->large_tlb,
                         MMU_LARGE_PAGE_SHIFT);
    if (error != 0)
        mmu_destroy(mmu);
    else
        mmu->hits_change = remembers_hits(&mmu->data_tlb) ||
                           remembers_hits(&mmu->code_tlb) ||
                           remembers_hits(&mmu->large_tlb);
    return error;
}

void mmu_destroy(struct mmu *mmu)
{
    mmu_tlb_destroy(&mmu->data_tlb);
    mmu_tlb_destroy(&mmu->code_tlb);
    mmu_tlb_destroy(&mmu->large_tlb);
}

static bool large_pages_on(const struct mmu *mmu)
{
    return mmu->control.cr4 & MMU_CR4_PSE;
}

static struct mmu_tlb *small_tlb(struct mmu *mmu, enum mmu_access access)
{
    return access == MMU_ACCESS_FETCH && mmu->code_tlb.geometry.entries
               ? &mmu->code_tlb
               : &mmu->data_tlb;
}

/* True where the translation of a 4 MiB page for this access has a TLB of its
 * own to be in. */
static bool uses_large_tlb(const struct mmu *mmu, enum mmu_access access)
{
    return mmu->large_tlb.geometry.entries && large_pages_on(mmu) &&
           (access != MMU_ACCESS_FETCH || !mmu->code_tlb.geometry.entries);
}

/* Looks the page up; *offset_mask selects the bits of `linear` that the entry
 * does not map. */
static struct mmu_tlb_entry *lookup(struct mmu *mmu, uint32_t linear,
                                    enum mmu_access access,
                                    uint32_t *offset_mask)
{
    struct mmu_tlb_entry *entry =
        mmu_tlb_lookup(small_tlb(mmu, access), linear);

    *offset_mask = ~MMU_PAGE_MASK;
    if (entry == NULL && uses_large_tlb(mmu, access)) {
        entry = mmu_tlb_lookup(&mmu->large_tlb, linear);
        *offset_mask = ~MMU_LARGE_PAGE_MASK;
    }
    return entry;
}

static void fill(struct mmu *mmu, uint32_t linear, enum mmu_access access,
                 const struct mmu_walk *walk)
{
    bool in_large_tlb = walk->large && uses_large_tlb(mmu, access);
    struct mmu_tlb_entry entry = {
        .base =
            walk->phys & (in_large_tlb ? MMU_LARGE_PAGE_MASK : MMU_PAGE_MASK),
        .user = walk->user,
        .writable = walk->writable,
        .dirty = walk->dirty,
        .piece = walk->large && !in_large_tlb,
    };

    mmu_tlb_fill(in_large_tlb ? &mmu->large_tlb : small_tlb(mmu, access),
                 linear, entry);
}

/* Forgets all that any TLB holds of the page, every piece of a 4 MiB page (SDM
 * 3A 4.10.4.1). */
static void forget(struct mmu *mmu, uint32_t linear)
{
    mmu_tlb_invalidate(&mmu->data_tlb, linear);
    mmu_tlb_invalidate(&mmu->code_tlb, linear);
    if (large_pages_on(mmu)) {
        mmu_tlb_invalidate(&mmu->large_tlb, linear);
        mmu_tlb_invalidate_pieces(&mmu->data_tlb, linear);
        mmu_tlb_invalidate_pieces(&mmu->code_tlb, linear);
    }
}

/* A fault leaves nothing of its page in the TLBs (SDM 3A 4.10.4.1). */
static bool refuse(struct mmu *mmu, uint32_t linear, uint32_t error,
                   struct mmu_fault *fault)
{
    if (mmu->has_tlb)
        forget(mmu, linear);
    *fault = (struct mmu_fault){.linear = linear, .error = error};
    return false;
}

static void tell_of_lookup(const struct mmu *mmu, uint32_t linear,
                           enum mmu_access access, enum mmu_lookup_end end)
{
    if (mmu->miss_observer != NULL)
        mmu->miss_observer->looked_up(mmu->miss_observer->arg, linear, access,
                                      end);
}

/* `held`: there was an entry, which did not do. */
static bool translate_by_walk(struct mmu *mmu, uint32_t linear,
                              enum mmu_access access, bool user, bool held,
                              uint32_t *phys, struct mmu_fault *fault)
{
    struct mmu_walk walk;
    bool granted =
        mmu_walk_access(mmu->mem, &mmu->control, linear, access, user, &walk);

    if (mmu->has_tlb) {
        mmu->counts.misses++;
        mmu->counts.bus_reads += walk.bus_reads;
        mmu->counts.bus_writes += walk.bus_writes;
        tell_of_lookup(mmu, linear, access,
                       !granted ? MMU_LOOKUP_UNFILLED
                       : held   ? MMU_LOOKUP_DIRTIED
                                : MMU_LOOKUP_FILLED);
    }
    if (!granted)
        return refuse(mmu, linear, walk.error, fault);
    if (mmu->has_tlb)
        fill(mmu, linear, access, &walk);
    *phys = walk.phys;
    return true;
}

static void observe(const struct mmu *mmu, uint32_t linear,
                    enum mmu_access access, bool user, uint32_t times)
{
    if (mmu->observer != NULL)
        mmu->observer->access(mmu->observer->arg, linear, access, user, times);
}

bool mmu_translate(struct mmu *mmu, uint32_t linear, enum mmu_access access,
                   bool user, uint32_t *phys, struct mmu_fault *fault)
{
    if (!(mmu->control.cr0 & MMU_CR0_PG)) {
        *phys = linear;
        return true;
    }
    observe(mmu, linear, access, user, 1);

    bool held = false;

    if (mmu->has_tlb) {
        uint32_t offset_mask;
        const struct mmu_tlb_entry *entry =
            lookup(mmu, linear, access, &offset_mask);

        mmu->counts.lookups++;
        mmu->counts.fetches += access == MMU_ACCESS_FETCH;
        held = entry != NULL;
        if (entry != NULL) {
            if (!mmu_walk_allows(&mmu->control, entry->user, entry->writable,
                                 access, user)) {
                uint32_t error = MMU_PF_P |
                                 (access == MMU_ACCESS_WRITE ? MMU_PF_W : 0) |
                                 (user ? MMU_PF_U : 0);

                tell_of_lookup(mmu, linear, access, MMU_LOOKUP_REFUSED);
                return refuse(mmu, linear, error, fault);
            }
            if (access != MMU_ACCESS_WRITE || entry->dirty) {
                *phys = entry->base | (linear & offset_mask);
                return true;
            }
        }
    }
    return translate_by_walk(mmu, linear, access, user, held, phys, fault);
}

bool mmu_probe(const struct mmu *mmu, uint32_t linear, enum mmu_access access,
               bool user, uint32_t *phys, struct mmu_fault *fault)
{
    struct mmu_walk walk;

    if (!(mmu->control.cr0 & MMU_CR0_PG)) {
        *phys = linear;
        return true;
    }
    if (!mmu_walk_probe(mmu->mem, &mmu->control, linear, access, user, &walk)) {
        *fault = (struct mmu_fault){.linear = linear, .error = walk.error};
        return false;
    }
    *phys = walk.phys;
    return true;
}

static void flush(struct mmu *mmu)
{
    mmu_tlb_flush(&mmu->data_tlb);
    mmu_tlb_flush(&mmu->code_tlb);
    mmu_tlb_flush(&mmu->large_tlb);
    if (mmu->has_tlb)
        mmu->counts.flushes++;
    mmu_event_emit(mmu->sink, &(struct mmu_event){.kind = MMU_EVENT_FLUSH,
                                                  .value = mmu->control.cr3});
}

void mmu_load_cr0(struct mmu *mmu, uint32_t value)
{
    uint32_t before = mmu->control.cr0;

    mmu->control.cr0 =
        value & (mmu->control.generation->write_protect ? CR0_I486 : CR0_I386);
    if ((before ^ mmu->control.cr0) & (MMU_CR0_PG | MMU_CR0_WP))
        flush(mmu);
}

void mmu_load_cr3(struct mmu *mmu, uint32_t value)
{
    mmu->control.cr3 =
        value & (mmu->control.generation->write_protect ? CR3_I486 : CR3_I386);
    flush(mmu);
}

void mmu_load_cr4(struct mmu *mmu, uint32_t value)
{
    uint32_t before = mmu->control.cr4;

    mmu->control.cr4 =
        mmu->control.generation->large_pages ? value & CR4_PENTIUM : 0;
    if ((before ^ mmu->control.cr4) & MMU_CR4_PSE)
        flush(mmu);
}

void mmu_invalidate(struct mmu *mmu, uint32_t linear)
{
    if (!mmu->control.generation->invlpg) {
        mmu_load_cr3(mmu, mmu->control.cr3);
        return;
    }
    if (mmu->has_tlb) {
        forget(mmu, linear);
        mmu->counts.page_invalidations++;
    }
    mmu_event_emit(mmu->sink,
                   &(struct mmu_event){.kind = MMU_EVENT_INVALIDATE,
                                       .linear = linear & MMU_PAGE_MASK});
}

/* The bytes from `linear` on that one translation covers, at most `bytes`. */
static uint32_t bytes_in_page(uint32_t linear, uint32_t bytes)
{
    uint32_t rest = MMU_PAGE_SIZE - (linear & ~MMU_PAGE_MASK);

    return bytes < rest ? bytes : rest;
}

bool mmu_read(struct mmu *mmu, uint32_t linear, void *to, uint32_t bytes,
              bool user, struct mmu_fault *fault)
{
    uint8_t *at = to;

    while (bytes > 0) {
        uint32_t part = bytes_in_page(linear, bytes);
        uint32_t phys;

        if (!mmu_translate(mmu, linear, MMU_ACCESS_READ, user, &phys, fault))
            return false;
        if (mmu_physmem_has(mmu->mem, phys, part))
            memcpy(at, mmu->mem->base + phys, part);
        else
            memset(at, 0xFF, part);
        at += part;
        linear += part;
        bytes -= part;
    }
    return true;
}

bool mmu_write(struct mmu *mmu, uint32_t linear, const void *from,
               uint32_t bytes, bool user, struct mmu_fault *fault)
{
    const uint8_t *at = from;

    while (bytes > 0) {
        uint32_t part = bytes_in_page(linear, bytes);
        uint32_t phys;

        if (!mmu_translate(mmu, linear, MMU_ACCESS_WRITE, user, &phys, fault))
            return false;
        if (mmu_physmem_has(mmu->mem, phys, part))
            memcpy(mmu->mem->base + phys, at, part);
        at += part;
        linear += part;
        bytes -= part;
    }
    return true;
}

/* A 4 MiB page is in the large TLB for fetches only where code and data share
 * theirs. */
bool mmu_code_held(const struct mmu *mmu, uint32_t linear)
{
    const struct mmu_tlb *tlb =
        mmu->code_tlb.geometry.entries ? &mmu->code_tlb : &mmu->data_tlb;
    uint32_t index = mmu_tlb_find(tlb, linear);

    if (index == MMU_TLB_NONE && tlb == &mmu->data_tlb) {
        tlb = &mmu->large_tlb;
        index = mmu_tlb_find(tlb, linear);
    }
    return index != MMU_TLB_NONE && tlb->entries[index].user;
}

void mmu_touch_code(struct mmu *mmu, uint32_t linear, uint32_t fetches)
{
    uint32_t offset_mask;

    observe(mmu, linear, MMU_ACCESS_FETCH, true, fetches);
    (void)lookup(mmu, linear, MMU_ACCESS_FETCH, &offset_mask);
}
