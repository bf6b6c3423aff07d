/* boot.c: see boot.h. */
#include "linux/boot.h"

#include <errno.h>

#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/systempage.h"

/* Every directory is a copy of the kernel's, so its tables must be there before
 * the first one. */
static int make_stack_tables(struct kernel *kernel)
{
    struct mmu_addrspace *space = &kernel->space;
    const uint32_t end = KERNEL_STACKS + PROCESSES_MAX * 2 * MMU_PAGE_SIZE;
    for (uint32_t linear = KERNEL_STACKS; linear < end;
         linear += 1u << MMU_LARGE_PAGE_SHIFT) {
        int error = mmu_addrspace_map(space, linear, kernel->system_frame, 0);
        if (error != 0)
            return error;
        mmu_addrspace_unmap(space, linear);
    }
    return 0;
}

/* The window has a page of 512 entries behind each of its own: which one does
 * not matter. Nobody is told of it. */
static void map_ldt_window(struct kernel *kernel)
{
    for (uint32_t page = 0; page < KERNEL_LDT_PAGES; page++) {
        uint32_t *entry = mmu_addrspace_entry(
            &kernel->space, KERNEL_LDT + page * MMU_PAGE_SIZE, NULL);
        *entry =
            kernel->system_frame << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_RW;
        mmu_frame_get(&kernel->machine.frames, kernel->system_frame,
                      MMU_REFERENCE_PLAIN);
    }
}

static int make_kernel_space(struct kernel *kernel)
{
    struct mmu_addrspace *space = &kernel->space;
    int error = mmu_addrspace_init(space, &kernel->machine.frames,
                                   &kernel->machine.sink, KERNEL_BASE, NULL);
    if (error != 0)
        return error;
    kernel->system_frame =
        mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_KERNEL);
    if (kernel->system_frame == MMU_FRAME_NONE)
        return -ENOMEM;
    error =
        mmu_addrspace_map(space, KERNEL_BASE, kernel->system_frame, MMU_PTE_RW);
    if (error != 0)
        return error;
    map_ldt_window(kernel);
    return make_stack_tables(kernel);
}

static bool enter_user(struct kernel *kernel)
{
    const struct cpu_segments segments = {
        .gdt_linear = KERNEL_BASE + SYSTEM_GDT,
        .gdt_bytes = GDT_ENTRIES * 8,
        .kernel_code = SELECTOR_KERNEL_CODE,
        .kernel_data = SELECTOR_KERNEL_DATA,
        .user_code = SELECTOR_USER_CODE,
        .user_data = SELECTOR_USER_DATA,
        .iret_linear = KERNEL_BASE + SYSTEM_IRET,
        .stack_linear = kernel_stack_top(0),
    };
    uint32_t frame = mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_KERNEL);
    uint32_t page = kernel_stack_top(0) - MMU_PAGE_SIZE;
    if (frame == MMU_FRAME_NONE ||
        mmu_addrspace_map(&kernel->space, page, frame, MMU_PTE_RW) != 0)
        return false;
    bool entered = cpu_enter_user(kernel->machine.cpu, &segments);
    mmu_addrspace_unmap(&kernel->space, page);
    return entered;
}

const char *boot(struct kernel *kernel)
{
    struct mmu *mmu = cpu_mmu(kernel->machine.cpu);
    if (make_kernel_space(kernel) != 0)
        return "memory is too small for the kernel";
    system_page_fill(kernel);
    mmu_load_cr3(mmu, mmu_addrspace_cr3(&kernel->space));
    mmu_load_cr0(mmu, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    return enter_user(kernel) ? NULL : "the processor does not enter ring 3";
}
