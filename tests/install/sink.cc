// sink.cc: the events of a fork on write, told to a listener in C++. Prints
// them.
#include <mmu386/addrspace.h>
#include <mmu386/cow.h>
#include <mmu386/fork.h>
#include <mmu386/version.h>
#include <mmu386/walk.h>

#include <cstdio>
#include <vector>

namespace
{

constexpr uint32_t pages = 64;
constexpr uint32_t data = 0x08049000;

struct alignas(MMU_PAGE_SIZE) Page {
    uint8_t bytes[MMU_PAGE_SIZE];
};

void tell(void *listener, const mmu_event *event)
{
    unsigned &told = *static_cast<unsigned *>(listener);

    std::printf("%u: %s 0x%08x, frame %u to %u, references %u to %u\n", ++told,
                mmu_event_name(event->kind), event->linear, event->frame_before,
                event->frame_after, event->refs_before, event->refs_after);
}

} // namespace

int main()
{
    std::vector<Page> ram(pages);
    std::vector<mmu_frame> table(pages);
    const mmu_physmem mem = {ram.front().bytes, pages};
    unsigned told = 0;
    const mmu_event_sink sink = {tell, &told};
    mmu_frames frames;
    mmu_addrspace parent, child;
    mmu_fork_counts counts;
    mmu_walk walk;

    mmu_frames_init(&frames, &mem, table.data());
    if (mmu_addrspace_init(&parent, &frames, &sink, 0, nullptr) != 0 ||
        mmu_addrspace_map(&parent, data,
                          mmu_frame_alloc(&frames, MMU_FRAME_USER),
                          MMU_PTE_US | MMU_PTE_RW) != 0 ||
        mmu_fork_addrspace(&child, &parent, &mmu_fork_cow, &counts) != 0)
        return 1;

    const mmu_walk_control control = {mmu_generation_of(MMU_GENERATION_I486), 0,
                                      mmu_addrspace_cr3(&parent), 0};

    if (!mmu_walk_access(&mem, &control, data, MMU_ACCESS_WRITE, true, &walk))
        std::printf("error 0x%x, entry 0x%08x\n", walk.error, walk.pte);
    mmu_cow_break(&parent, data, false);
    mmu_cow_break(&child, data, false);
    if (mmu_walk_access(&mem, &control, data, MMU_ACCESS_WRITE, true, &walk))
        std::printf("at 0x%08x, entry 0x%08x\n", walk.phys, walk.pte);
    mmu_addrspace_destroy(&child);
    mmu_addrspace_destroy(&parent);
    return 0;
}
