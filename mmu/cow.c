/* cow.c: breaking the sharing of a copy-on-write page. */
#include "cow.h"

#include <string.h>

static void emit(const struct addrspace *as, const struct event *event)
{
    event_emit(as->sink, event);
}

/* The copy keeps the page's A; its D is for the write that is to come. */
static uint32_t copied_entry(uint32_t pte, uint32_t frame)
{
    return frame << PAGE_SHIFT | (pte & ~(PAGE_MASK | PTE_COW | PTE_D)) | PTE_RW;
}

enum cow_outcome cow_break(struct addrspace *as, uint32_t linear, bool in_kernel)
{
    struct frames *frames = as->frames;
    uint32_t pde;
    uint32_t *pte = addrspace_entry(as, linear, &pde);

    if (pte == NULL || (*pte & (PTE_P | PTE_COW)) != (PTE_P | PTE_COW))
        return COW_NOT_COW;

    uint32_t before = *pte;
    uint32_t frame = before >> PAGE_SHIFT;
    uint32_t references = frame_references(frames, frame);
    uint32_t own = frame;

    if (references == 0) /* outside memory: nothing to copy */
        return COW_NOT_COW;
    if (references == 1) {
        frame_convert(frames, frame, REFERENCE_COW_WRITABLE, REFERENCE_PLAIN);
        *pte = (before & ~PTE_COW) | PTE_RW;
    } else {
        own = frame_alloc(frames, FRAME_USER);
        if (own == FRAME_NONE)
            return COW_NO_FRAME;
        memcpy(physmem_frame(frames->mem, own), physmem_frame(frames->mem, frame), PAGE_SIZE);
        frame_get(frames, own, REFERENCE_PLAIN);
        frame_put(frames, frame, REFERENCE_COW_WRITABLE);
        *pte = copied_entry(before, own);
    }
    emit(as, &(struct event){.kind = references == 1 ? EVENT_TAKEOVER : EVENT_COPY,
                             .linear = linear & PAGE_MASK,
                             .pde_before = pde,
                             .pde_after = pde,
                             .pte_before = before,
                             .pte_after = *pte,
                             .frame_before = frame,
                             .frame_after = own,
                             .refs_before = references,
                             .refs_after = frame_references(frames, frame),
                             .in_kernel = in_kernel});
    return references == 1 ? COW_TAKEN_OVER : COW_COPIED;
}

int cow_map_shared(struct addrspace *as, uint32_t linear, uint32_t frame, bool writable)
{
    return addrspace_map(as, linear, frame, PTE_US | (writable ? PTE_COW : PTE_SHARED));
}
