/* fork.c: two pages, an access of each kind, and a fork whose shared page is
 * copied and taken over when it is written. Prints what happens. */
#include <mmu386/mmu386.h>

#include <stdio.h>

enum { FRAMES = 64, CODE = 0x08048000, DATA = 0x08049000 };

static _Alignas(MMU_PAGE_SIZE) uint8_t ram[FRAMES * MMU_PAGE_SIZE];
static struct mmu_frame table[FRAMES];

/* An access by ring 3 in an address space, and what a kernel does if it
 * faults. */
static void touch(struct mmu *mmu, struct mmu_addrspace *as, uint32_t linear,
                  enum mmu_access access)
{
    static const char *const outcomes[] = {"refused", "copied", "taken over",
                                           "no frame"};
    enum mmu_cow_outcome outcome = MMU_COW_COPIED;
    struct mmu_fault fault;
    uint32_t phys;

    mmu_load_cr3(mmu, mmu_addrspace_cr3(as));
    while (!mmu_translate(mmu, linear, access, true, &phys, &fault)) {
        outcome = mmu_cow_break(as, linear, false);
        printf("0x%08x: error 0x%x: %s\n", fault.linear, fault.error,
               outcomes[outcome]);
        if (outcome == MMU_COW_NOT_COW || outcome == MMU_COW_NO_FRAME)
            return;
        mmu_invalidate(mmu, linear);
    }
    printf("0x%08x: at 0x%08x\n", linear, phys);
}

int main(void)
{
    const struct mmu_physmem mem = {.base = ram, .frames = FRAMES};
    struct mmu_fork_counts counts;
    struct mmu_frames frames;
    struct mmu_addrspace parent, child;
    struct mmu mmu;

    mmu_frames_init(&frames, &mem, table);
    uint32_t code = mmu_frame_alloc(&frames, MMU_FRAME_USER);
    uint32_t data = mmu_frame_alloc(&frames, MMU_FRAME_USER);

    if (mmu_addrspace_init(&parent, &frames, NULL, 0, NULL) != 0 ||
        mmu_addrspace_map(&parent, CODE, code, MMU_PTE_US) != 0 ||
        mmu_addrspace_map(&parent, DATA, data, MMU_PTE_US | MMU_PTE_RW) != 0 ||
        mmu_init(&mmu, mmu_generation_named("i386"), &mem, NULL, true) != 0)
        return 1;
    mmu_load_cr0(&mmu, MMU_CR0_PE | MMU_CR0_PG);
    touch(&mmu, &parent, CODE + 0x123, MMU_ACCESS_FETCH);
    touch(&mmu, &parent, CODE + 0x123, MMU_ACCESS_WRITE);
    touch(&mmu, &parent, DATA + 0x456, MMU_ACCESS_WRITE);
    touch(&mmu, &parent, 0, MMU_ACCESS_READ);

    if (mmu_fork_addrspace(&child, &parent, &mmu_fork_cow, &counts) != 0)
        return 1;
    printf("fork: %u shared, %u copied\n", (unsigned)counts.shared,
           (unsigned)counts.copied);
    touch(&mmu, &parent, DATA + 0x456, MMU_ACCESS_WRITE);
    touch(&mmu, &child, DATA + 0x456, MMU_ACCESS_WRITE);
    mmu_addrspace_destroy(&child);
    mmu_addrspace_destroy(&parent);
    mmu_destroy(&mmu);
    printf("%u frames left\n", frames.counts[MMU_FRAME_USER].in_use);
    return 0;
}
