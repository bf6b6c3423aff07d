/* uaccess.c: see uaccess.h. */
#include "linux/uaccess.h"

#include <errno.h>
#include <string.h>

#include "linux/entry.h"
#include "linux/layout.h"
#include "linux/pager.h"
#include "linux/sigforce.h"
#include "linux/state.h"

static bool is_user_range(uint32_t linear, uint32_t bytes)
{
    return linear < KERNEL_BASE && bytes <= KERNEL_BASE - linear;
}

static uint32_t bytes_in_page(uint32_t linear, uint32_t bytes)
{
    uint32_t here = MMU_PAGE_SIZE - (linear & ~MMU_PAGE_MASK);
    return here < bytes ? here : bytes;
}

/* Whether the access can go on, after what the pager did about it: without a
 * frame the process is killed. */
static bool can_go_on(struct kernel *kernel, struct process *process,
                      enum pager_outcome outcome)
{
    if (outcome == PAGER_NO_FRAME)
        signal_force_no_memory(kernel, process);
    return outcome == PAGER_SERVICED;
}

static bool serve_own_fault(struct kernel *kernel,
                            const struct mmu_fault *fault)
{
    struct process *process = kernel->current;
    return can_go_on(kernel, process, entry_own_fault(kernel, process, fault));
}

/* Where no R/W bit stops the kernel (80386 manual, 6.4.1.2: the supervisor
 * ignores it), it has to look for itself what it may write, and break sharing
 * before it does. */
static bool writable_by_hand(struct kernel *kernel, struct process *process,
                             uint32_t linear)
{
    const struct mapping *mapping = mappings_find(&process->mappings, linear);
    clock_charge(&kernel->machine.clock, COST_LOOK_UP, 1);
    if (mapping == NULL || !mapping->writable)
        return false;
    const uint32_t *pte = mmu_addrspace_entry(&process->space, linear, NULL);
    if (pte == NULL ||
        (*pte & (MMU_PTE_P | MMU_PTE_COW)) != (MMU_PTE_P | MMU_PTE_COW))
        return true;
    return can_go_on(kernel, process,
                     pager_break_by_hand(kernel, process, linear));
}

/* One page's part of an access by the kernel: what is there, or NULL where it
 * may not be. */
static uint8_t *part_to_read(struct kernel *kernel, uint32_t linear)
{
    uint32_t phys;
    struct mmu_fault fault;
    while (!mmu_translate(cpu_mmu(kernel->machine.cpu), linear, MMU_ACCESS_READ,
                          false, &phys, &fault))
        if (!serve_own_fault(kernel, &fault))
            return NULL;
    return kernel->machine.mem.base + phys;
}

static uint8_t *part_to_write(struct kernel *kernel, uint32_t linear)
{
    struct mmu *mmu = cpu_mmu(kernel->machine.cpu);
    uint32_t phys;
    struct mmu_fault fault;
    if (!mmu->control.generation->write_protect &&
        !writable_by_hand(kernel, kernel->current, linear))
        return NULL;
    while (!mmu_translate(mmu, linear, MMU_ACCESS_WRITE, false, &phys, &fault))
        if (!serve_own_fault(kernel, &fault))
            return NULL;
    return kernel->machine.mem.base + phys;
}

static void tell_access(struct kernel *kernel, uint32_t linear, uint32_t bytes,
                        bool write)
{
    action_end(
        &kernel->machine.actions,
        &(struct trace_event){
            .kind = TRACE_KERNEL,
            .kernel = {.linear = linear, .bytes = bytes, .write = write}});
}

static int read_parts(struct kernel *kernel, void *to, uint32_t linear,
                      uint32_t bytes)
{
    uint8_t *next = to;
    while (bytes > 0) {
        uint32_t here = bytes_in_page(linear, bytes);
        const uint8_t *from = part_to_read(kernel, linear);
        if (from == NULL)
            return -EFAULT;
        if (next != NULL) {
            memcpy(next, from, here);
            next += here;
        }
        linear += here;
        bytes -= here;
    }
    return 0;
}

/* Copies without charging it; `to` NULL: nothing is copied. */
static int read_user(struct kernel *kernel, void *to, uint32_t linear,
                     uint32_t bytes)
{
    if (!is_user_range(linear, bytes))
        return -EFAULT;
    if (bytes == 0)
        return 0;
    action_begin(&kernel->machine.actions);
    int error = read_parts(kernel, to, linear, bytes);
    tell_access(kernel, linear, bytes, false);
    return error;
}

/* How many pages the bytes lie in. */
static uint32_t pages_of(uint32_t linear, uint32_t bytes)
{
    return bytes == 0
               ? 0
               : ((linear & ~MMU_PAGE_MASK) + (bytes - 1)) / MMU_PAGE_SIZE + 1;
}

static void charge_copy(struct kernel *kernel, uint32_t linear, uint32_t bytes)
{
    clock_charge(&kernel->machine.clock, COST_COPY_USER,
                 pages_of(linear, bytes));
    clock_charge(&kernel->machine.clock, COST_COPY_DWORD,
                 bytes / 4 + (bytes % 4 != 0));
}

int copy_in(struct kernel *kernel, void *to, uint32_t linear, uint32_t bytes)
{
    int error = read_user(kernel, to, linear, bytes);
    if (error == 0)
        charge_copy(kernel, linear, bytes);
    return error;
}

/* The guest may have run the code that is overwritten here. */
static void tell_processor(struct kernel *kernel, uint32_t linear)
{
    uint32_t phys;
    struct mmu_fault fault;
    if (mmu_probe(cpu_mmu(kernel->machine.cpu), linear, MMU_ACCESS_READ, false,
                  &phys, &fault))
        cpu_frame_written(kernel->machine.cpu, phys >> MMU_PAGE_SHIFT);
}

static int write_parts(struct kernel *kernel, uint32_t linear, const void *from,
                       uint32_t bytes)
{
    const uint8_t *next = from;
    while (bytes > 0) {
        uint32_t here = bytes_in_page(linear, bytes);
        uint8_t *to = part_to_write(kernel, linear);
        if (to == NULL)
            return -EFAULT;
        if (next != NULL) {
            memcpy(to, next, here);
            next += here;
        }
        tell_processor(kernel, linear);
        linear += here;
        bytes -= here;
    }
    return 0;
}

static int write_user(struct kernel *kernel, uint32_t linear, const void *from,
                      uint32_t bytes)
{
    if (!is_user_range(linear, bytes))
        return -EFAULT;
    if (bytes == 0)
        return 0;
    action_begin(&kernel->machine.actions);
    int error = write_parts(kernel, linear, from, bytes);
    tell_access(kernel, linear, bytes, true);
    return error;
}

int user_touch(struct kernel *kernel, uint32_t linear, uint32_t bytes,
               bool write)
{
    return write ? write_user(kernel, linear, NULL, bytes)
                 : read_user(kernel, NULL, linear, bytes);
}

int copy_out(struct kernel *kernel, uint32_t linear, const void *from,
             uint32_t bytes)
{
    int error = write_user(kernel, linear, from, bytes);
    if (error == 0)
        charge_copy(kernel, linear, bytes);
    return error;
}

int copy_in_string(struct kernel *kernel, char *to, uint32_t linear,
                   uint32_t bytes)
{
    clock_charge(&kernel->machine.clock, COST_COPY_USER, 1);
    for (uint32_t i = 0; i < bytes; i++) {
        if (read_user(kernel, to + i, linear + i, 1) != 0)
            return -EFAULT;
        clock_charge(&kernel->machine.clock, COST_COPY_BYTE, 1);
        if (to[i] == '\0')
            return (int)i;
    }
    return -ENAMETOOLONG;
}
