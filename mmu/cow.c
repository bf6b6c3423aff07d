/* cow.c: breaking the sharing of a copy-on-write page. */
#include "cow.h"

#include <string.h>

static void emit(const struct mmu_addrspace *as, const struct mmu_event *event)
{
    mmu_event_emit(as->sink, event);
}

/* The copy keeps the page's A; its D is for the write that is to come. */
static uint32_t copied_entry(uint32_t pte, uint32_t frame)
{
    return frame << MMU_PAGE_SHIFT |
           (pte & ~(MMU_PAGE_MASK | MMU_PTE_COW | MMU_PTE_D)) | MMU_PTE_RW;
}

enum mmu_cow_outcome mmu_cow_break(struct mmu_addrspace *as, uint32_t linear,
                                   bool in_kernel)
{
    struct mmu_frames *frames = as->frames;
    uint32_t pde;
    uint32_t *pte = mmu_addrspace_entry(as, linear, &pde);

    if (pte == NULL ||
        (*pte & (MMU_PTE_P | MMU_PTE_COW)) != (MMU_PTE_P | MMU_PTE_COW))
        return MMU_COW_NOT_COW;

    uint32_t before = *pte;
    uint32_t frame = before >> MMU_PAGE_SHIFT;
    uint32_t references = mmu_frame_references(frames, frame);
    uint32_t own = frame;

    if (references == 0) /* outside memory: nothing to copy */
        return MMU_COW_NOT_COW;
    if (references == 1) {
        mmu_frame_convert(frames, frame, MMU_REFERENCE_COW_WRITABLE,
                          MMU_REFERENCE_PLAIN);
        *pte = (before & ~MMU_PTE_COW) | MMU_PTE_RW;
    } else {
        own = mmu_frame_alloc(frames, MMU_FRAME_USER);
        if (own == MMU_FRAME_NONE)
            return MMU_COW_NO_FRAME;
        memcpy(mmu_physmem_frame(frames->mem, own),
               mmu_physmem_frame(frames->mem, frame), MMU_PAGE_SIZE);
        mmu_frame_get(frames, own, MMU_REFERENCE_PLAIN);
        mmu_frame_put(frames, frame, MMU_REFERENCE_COW_WRITABLE);
        *pte = copied_entry(before, own);
    }
    emit(as, &(struct mmu_event){
                 .kind = references == 1 ? MMU_EVENT_TAKEOVER : MMU_EVENT_COPY,
                 .linear = linear & MMU_PAGE_MASK,
                 .pde_before = pde,
                 .pde_after = pde,
                 .pte_before = before,
                 .pte_after = *pte,
                 .frame_before = frame,
                 .frame_after = own,
                 .refs_before = references,
                 .refs_after = mmu_frame_references(frames, frame),
                 .in_kernel = in_kernel});
    return references == 1 ? MMU_COW_TAKEN_OVER : MMU_COW_COPIED;
}

int mmu_cow_map_shared(struct mmu_addrspace *as, uint32_t linear,
                       uint32_t frame, bool writable)
{
    return mmu_addrspace_map(as, linear, frame,
                             MMU_PTE_US |
                                 (writable ? MMU_PTE_COW : MMU_PTE_SHARED));
}
