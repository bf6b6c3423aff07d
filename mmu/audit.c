/* audit.c: counts every entry of every address space afresh and compares. */
#include "audit.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* What the tables say of a frame. */
struct tally {
    uint32_t references;
    uint32_t cow_readonly;
    uint32_t cow_writable;
};

struct audit {
    const struct mmu_frames *frames;
    struct tally *tallies; /* one a frame */
    struct mmu_audit_error *first;
    int violations;
};

static void violation(struct audit *audit, struct mmu_audit_error error)
{
    if (audit->violations == 0 && audit->first != NULL)
        *audit->first = error;
    if (audit->violations < INT_MAX)
        audit->violations++;
}

static bool in_memory(const struct audit *audit, uint32_t frame)
{
    return frame < audit->frames->mem->frames;
}

static const uint32_t *entries_of(const struct audit *audit, uint32_t frame)
{
    return (const uint32_t *)(void *)mmu_physmem_frame(audit->frames->mem,
                                                       frame);
}

static void tally(struct audit *audit, uint32_t frame,
                  enum mmu_reference reference)
{
    struct tally *tally = &audit->tallies[frame];

    tally->references++;
    if (reference == MMU_REFERENCE_COW_READONLY)
        tally->cow_readonly++;
    else if (reference == MMU_REFERENCE_COW_WRITABLE)
        tally->cow_writable++;
}

static void audit_pte(struct audit *audit, size_t space, uint32_t linear,
                      uint32_t pte)
{
    struct mmu_audit_error error = {.space = space,
                                    .linear = linear,
                                    .entry = pte,
                                    .frame = pte >> MMU_PAGE_SHIFT};

    if (!in_memory(audit, error.frame))
        return;

    const struct mmu_frame *frame = &audit->frames->table[error.frame];
    enum mmu_reference reference = mmu_entry_reference(pte);

    tally(audit, error.frame, reference);
    error.recorded = frame->references;
    if (frame->kind == MMU_FRAME_FREE) {
        error.kind = MMU_AUDIT_MAPS_FREE;
        violation(audit, error);
    }
    if (reference != MMU_REFERENCE_PLAIN && pte & MMU_PTE_RW) {
        error.kind = MMU_AUDIT_WRITABLE_COW;
        violation(audit, error);
    }
    if (reference != MMU_REFERENCE_PLAIN && frame->shared) {
        error.kind = MMU_AUDIT_SHARED_COW;
        violation(audit, error);
    }
    if (pte & MMU_PTE_RW && frame->kind == MMU_FRAME_USER && !frame->shared &&
        frame->references > 1) {
        error.kind = MMU_AUDIT_WRITABLE_MANY;
        violation(audit, error);
    }
}

/* Counts a reference to a table, `entry` being CR3 or a PDE. False where it is
 * no table. */
static bool audit_table(struct audit *audit, size_t space, uint32_t linear,
                        uint32_t entry)
{
    uint32_t frame = entry >> MMU_PAGE_SHIFT;

    if (!in_memory(audit, frame) ||
        audit->frames->table[frame].kind != MMU_FRAME_TABLE) {
        violation(audit, (struct mmu_audit_error){.kind = MMU_AUDIT_BAD_TABLE,
                                                  .space = space,
                                                  .linear = linear,
                                                  .entry = entry,
                                                  .frame = frame});
        return false;
    }
    tally(audit, frame, MMU_REFERENCE_PLAIN);
    return true;
}

static void audit_space(struct audit *audit, size_t space,
                        const struct mmu_addrspace *as)
{
    if (!audit_table(audit, space, 0, mmu_addrspace_cr3(as)))
        return;

    const uint32_t *directory = entries_of(audit, as->directory);

    for (uint32_t i = 0; i < MMU_PAGE_ENTRIES; i++) {
        uint32_t frame = directory[i] >> MMU_PAGE_SHIFT;

        if (!(directory[i] & MMU_PTE_P) ||
            !audit_table(audit, space, i << MMU_LARGE_PAGE_SHIFT, directory[i]))
            continue;
        /* The pages of a table that several directories name are mapped
         * once. */
        if (audit->tallies[frame].references > 1)
            continue;

        const uint32_t *table = entries_of(audit, frame);

        for (uint32_t j = 0; j < MMU_PAGE_ENTRIES; j++) {
            if (mmu_entry_holds(table[j]))
                audit_pte(audit, space,
                          i << MMU_LARGE_PAGE_SHIFT | j << MMU_PAGE_SHIFT,
                          table[j]);
        }
    }
}

static void compare(struct audit *audit, enum mmu_audit_kind kind,
                    uint32_t frame, uint32_t recorded, uint32_t counted)
{
    if (recorded != counted)
        violation(audit, (struct mmu_audit_error){.kind = kind,
                                                  .frame = frame,
                                                  .recorded = recorded,
                                                  .counted = counted});
}

static void audit_references(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->frames->mem->frames; i++) {
        const struct mmu_frame *frame = &audit->frames->table[i];
        const struct tally *tally = &audit->tallies[i];

        compare(audit, MMU_AUDIT_REFERENCES, i, frame->references,
                tally->references);
        compare(audit, MMU_AUDIT_COW_REFERENCES, i, frame->cow_readonly,
                tally->cow_readonly);
        compare(audit, MMU_AUDIT_COW_REFERENCES, i, frame->cow_writable,
                tally->cow_writable);
    }
}

/* Every free frame but frame 0 is on the list once, and the others are in
 * use. */
static void audit_free_list(struct audit *audit)
{
    const struct mmu_frames *frames = audit->frames;
    uint32_t in_use[MMU_FRAME_KINDS] = {0};
    uint32_t listed = 0;

    for (uint32_t i = 1; i < frames->mem->frames; i++) {
        if (frames->table[i].kind < MMU_FRAME_KINDS)
            in_use[frames->table[i].kind]++;
    }
    for (uint32_t i = frames->free_head; i != MMU_FRAME_NONE;
         i = frames->table[i].next) {
        if (!in_memory(audit, i) || frames->table[i].kind != MMU_FRAME_FREE ||
            listed == frames->free_count) {
            violation(audit, (struct mmu_audit_error){
                                 .kind = MMU_AUDIT_FREE_LIST, .frame = i});
            return;
        }
        listed++;
    }
    compare(audit, MMU_AUDIT_FREE_LIST, 0, frames->free_count, listed);
    compare(audit, MMU_AUDIT_FREE_LIST, 0, frames->free_count,
            in_use[MMU_FRAME_FREE]);
    for (int kind = MMU_FRAME_FREE + 1; kind < MMU_FRAME_KINDS; kind++)
        compare(audit, MMU_AUDIT_FREE_LIST, 0, frames->counts[kind].in_use,
                in_use[kind]);
}

int mmu_audit_addrspaces(const struct mmu_frames *frames,
                         const struct mmu_addrspace *const *spaces,
                         size_t count, struct mmu_audit_error *first)
{
    struct audit audit = {.frames = frames, .first = first};

    if (frames->mem->frames == 0)
        return 0;
    audit.tallies = calloc(frames->mem->frames, sizeof *audit.tallies);
    if (audit.tallies == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        audit_space(&audit, i, spaces[i]);
    audit_references(&audit);
    audit_free_list(&audit);
    free(audit.tallies);
    return audit.violations;
}

const char *mmu_audit_name(enum mmu_audit_kind kind)
{
    static const char *const names[MMU_AUDIT_KINDS] = {
        [MMU_AUDIT_MAPS_FREE] = "an entry maps a free frame",
        [MMU_AUDIT_BAD_TABLE] =
            "a directory entry or CR3 names a frame that is no table",
        [MMU_AUDIT_WRITABLE_COW] = "a copy-on-write entry is writable",
        [MMU_AUDIT_WRITABLE_MANY] =
            "a writable entry maps a frame that has other references",
        [MMU_AUDIT_SHARED_COW] =
            "a frame shared for good is mapped copy-on-write",
        [MMU_AUDIT_REFERENCES] =
            "a frame's references are not the entries that map it",
        [MMU_AUDIT_COW_REFERENCES] =
            "a frame's copy-on-write references do not add up",
        [MMU_AUDIT_FREE_LIST] = "the free frames do not add up",
    };

    return (unsigned)kind < MMU_AUDIT_KINDS ? names[kind] : "unknown";
}
