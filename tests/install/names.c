/* names.c: a program whose own names are those that a simulator, or this
 * library inside, is likely to use. Built with INTERPOSE it has a function of
 * the library's own name, too, which the library does not call. */
#define PAGE_SIZE 1
#define PTE_P     2
#define PF_W      3

struct event {
    int number;
};
struct frame {
    struct event event;
};
struct tlb_entry {
    struct frame frame;
};
enum access { READ, WRITE, FETCH };

#include <mmu386/mmu386.h>

int tlb_flush(enum access access);
int frame_alloc(const struct tlb_entry *entry);
int addrspace_init(void);
int translate_by_walk(void);
int new_table(void);
int forget(void);
int flush(void);

static int calls;

int tlb_flush(enum access access)
{
    return calls += (int)access;
}

int frame_alloc(const struct tlb_entry *entry)
{
    return calls += entry->frame.event.number;
}

int addrspace_init(void)
{
    return calls++;
}

int translate_by_walk(void)
{
    return calls++;
}

int new_table(void)
{
    return calls++;
}

int forget(void)
{
    return calls++;
}

int flush(void)
{
    return calls++;
}

#ifdef INTERPOSE
void mmu_tlb_flush(struct mmu_tlb *tlb)
{
    (void)tlb;
    calls++;
}
#endif

static _Alignas(MMU_PAGE_SIZE) uint8_t ram[4 * MMU_PAGE_SIZE];

int main(void)
{
    const struct mmu_physmem mem = {.base = ram, .frames = 4};
    struct mmu_frame table[4];
    struct mmu_fault fault;
    struct mmu_frames frames;
    struct mmu_addrspace as;
    struct mmu mmu;
    uint32_t phys;

    mmu_frames_init(&frames, &mem, table);
    if (mmu_addrspace_init(&as, &frames, NULL, 0, NULL) != 0 ||
        mmu_addrspace_map(&as, 0, mmu_frame_alloc(&frames, MMU_FRAME_USER),
                          MMU_PTE_US) != 0 ||
        mmu_init(&mmu, mmu_generation_of(MMU_GENERATION_PENTIUM), &mem, NULL,
                 true) != 0)
        return 1;
    mmu_load_cr3(&mmu, mmu_addrspace_cr3(&as));
    mmu_load_cr0(&mmu, MMU_CR0_PG);
    if (!mmu_translate(&mmu, 0, MMU_ACCESS_READ, true, &phys, &fault))
        return 2;
    mmu_load_cr3(&mmu, mmu.control.cr3);
    if (!mmu_translate(&mmu, 0, MMU_ACCESS_READ, true, &phys, &fault))
        return 3;
    mmu_destroy(&mmu);
    mmu_addrspace_destroy(&as);
    /* The load of CR3 flushed the TLB: two walks, and no call of ours. */
    if (mmu.counts.misses != 2 || calls != 0)
        return 4;
    tlb_flush(WRITE);
    frame_alloc(&(struct tlb_entry){.frame.event.number = PAGE_SIZE});
    addrspace_init();
    translate_by_walk();
    new_table();
    forget();
    flush();
    return calls == 7 ? 0 : 5;
}
