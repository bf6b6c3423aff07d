/* tlbmisses.c: see tlbmisses.h. */
#include "log/tlbmisses.h"

#include <stddef.h>

#include "machine/machine.h"

/* Keys, of 24 bytes at most twice over while the table grows. */
#define PAGES_MAX (UINT32_C(1) << 19)

/* In the tag of a page directory's frame, which is 0 in a new one: the number
 * of its address space, and that it is one. */
#define SPACE_MARK (UINT64_C(1) << 63)

/* What became of a page at its last look-up: the count of flushes when it
 * filled an entry, modulo a power of two, or one of these. */
#define FLUSHES_MASK UINT32_C(0x3FFFFFFF)
#define INVALIDATED  UINT32_C(0x40000000)
#define FAULTED      UINT32_C(0x40000001)

const char *tlb_miss_cause_name(enum tlb_miss_cause cause)
{
    static const char *const names[TLB_MISS_CAUSES] = {
        [TLB_MISS_COMPULSORY] = "compulsory", [TLB_MISS_FLUSH] = "flush",
        [TLB_MISS_FAULT] = "fault",           [TLB_MISS_DIRTY] = "dirty",
        [TLB_MISS_CAPACITY] = "capacity",
    };

    return names[cause];
}

/* ---- pages ---- */

/* The number of the address space that is loaded. */
static uint64_t space_of(struct tlb_misses *misses)
{
    const struct mmu *mmu = cpu_mmu(misses->machine->cpu);
    uint64_t *tag =
        &misses->machine->frames.table[mmu->control.cr3 >> MMU_PAGE_SHIFT].tag;

    if ((*tag & SPACE_MARK) == 0)
        *tag = SPACE_MARK | misses->spaces++;
    return *tag & ~SPACE_MARK;
}

/* A page's key: its space, the TLB that serves the access, its number. */
static uint64_t key_of(struct tlb_misses *misses, uint32_t linear, bool code)
{
    const struct mmu *mmu = cpu_mmu(misses->machine->cpu);
    bool apart = code && mmu->code_tlb.geometry.entries != 0;

    return space_of(misses) << 21 | (uint64_t)apart << 20 |
           linear >> MMU_PAGE_SHIFT;
}

/* Puts the numbers of the address spaces that are there in `live`. */
static bool find_live(const struct tlb_misses *misses, struct keymap *live)
{
    const struct mmu_frames *frames = &misses->machine->frames;

    for (uint32_t i = 0; i < frames->mem->frames; i++)
        if (frames->table[i].kind == MMU_FRAME_TABLE &&
            (frames->table[i].tag & SPACE_MARK) != 0 &&
            !keymap_set(live, frames->table[i].tag & ~SPACE_MARK, 0))
            return false;
    return true;
}

/* Forgets the pages of address spaces that are gone. False where memory is
 * short, or most are of those that are there. */
static bool make_room(struct tlb_misses *misses)
{
    struct keymap live = {0};
    struct keymap kept = {0};
    bool good = find_live(misses, &live);

    for (uint32_t i = 0; good && i < misses->pages.capacity; i++) {
        const struct keymap_entry *entry = &misses->pages.entries[i];

        if (entry->place != 0 &&
            keymap_find(&live, entry->key >> 21) != KEYMAP_NONE)
            good = keymap_set(&kept, entry->key, entry->place - 1);
    }
    keymap_free(&live);
    if (good && kept.count <= PAGES_MAX / 2) {
        keymap_free(&misses->pages);
        misses->pages = kept;
        return true;
    }
    keymap_free(&kept);
    return false;
}

static void note(struct tlb_misses *misses, uint64_t key, uint32_t became)
{
    if ((misses->pages.count >= PAGES_MAX && !make_room(misses)) ||
        !keymap_set(&misses->pages, key, became))
        misses->unknown = true;
    if (misses->unknown)
        keymap_free(&misses->pages);
}

/* Both TLBs have forgotten the page. */
static void note_both(struct tlb_misses *misses, uint32_t linear,
                      uint32_t became)
{
    for (int code = 0; code < 2 && !misses->unknown; code++) {
        uint64_t key = key_of(misses, linear, code != 0);

        if (keymap_find(&misses->pages, key) != KEYMAP_NONE)
            note(misses, key, became);
    }
}

/* ---- misses ---- */

static enum tlb_miss_cause cause_of(uint32_t became, enum mmu_lookup_end end,
                                    uint32_t flushes)
{
    if (end == MMU_LOOKUP_DIRTIED)
        return TLB_MISS_DIRTY;
    if (became == KEYMAP_NONE)
        return TLB_MISS_COMPULSORY;
    if (became == FAULTED)
        return TLB_MISS_FAULT;
    return became == flushes ? TLB_MISS_CAPACITY : TLB_MISS_FLUSH;
}

static void looked_up(void *arg, uint32_t linear, enum mmu_access access,
                      enum mmu_lookup_end end)
{
    struct tlb_misses *misses = arg;
    bool code = access == MMU_ACCESS_FETCH;
    struct tlb_side_stats *side = code ? &misses->code : &misses->data;
    uint32_t flushes =
        (uint32_t)cpu_mmu(misses->machine->cpu)->counts.flushes & FLUSHES_MASK;

    side->misses += end != MMU_LOOKUP_REFUSED;
    if (misses->unknown)
        return;

    uint64_t key = key_of(misses, linear, code);

    if (end != MMU_LOOKUP_REFUSED) {
        uint32_t became = keymap_find(&misses->pages, key);

        side->causes[cause_of(became, end, flushes)]++;
        note(misses, key, end == MMU_LOOKUP_UNFILLED ? FAULTED : flushes);
    }
    if (end == MMU_LOOKUP_REFUSED || end == MMU_LOOKUP_UNFILLED)
        note_both(misses, linear, FAULTED);
}

void tlb_misses_listen(struct tlb_misses *misses, struct machine *machine)
{
    struct mmu *mmu = cpu_mmu(machine->cpu);

    *misses = (struct tlb_misses){0};
    if (!mmu->has_tlb)
        return;
    misses->machine = machine;
    misses->observer = (struct mmu_miss_observer){looked_up, misses};
    misses->data.misses = mmu->counts.misses;
    misses->data.causes[TLB_MISS_COMPULSORY] = mmu->counts.misses;
    mmu->miss_observer = &misses->observer;
}

void tlb_misses_invalidated(struct tlb_misses *misses, uint32_t linear)
{
    if (misses->machine == NULL)
        return;
    for (int code = 0; code < 2 && !misses->unknown; code++) {
        uint64_t key = key_of(misses, linear, code != 0);
        uint32_t became = keymap_find(&misses->pages, key);

        if (became != KEYMAP_NONE && became != FAULTED)
            note(misses, key, INVALIDATED);
    }
}

void tlb_misses_finish(struct tlb_misses *misses)
{
    if (misses->machine == NULL)
        return;

    struct mmu *mmu = cpu_mmu(misses->machine->cpu);

    misses->code.lookups = mmu->counts.fetches;
    misses->data.lookups = mmu->counts.lookups - mmu->counts.fetches;
    if (mmu->miss_observer == &misses->observer)
        mmu->miss_observer = NULL;
    keymap_free(&misses->pages);
    misses->machine = NULL;
}

void tlb_misses_forget(struct tlb_misses *misses)
{
    if (misses->machine != NULL)
        cpu_mmu(misses->machine->cpu)->miss_observer = NULL;
    keymap_free(&misses->pages);
    misses->machine = NULL;
    misses->forgotten = true;
    misses->unknown = true;
}
