/* sys_segment.c: set_thread_area(2), get_thread_area(2), modify_ldt(2). As
 * arch/x86/kernel/tls.c and ldt.c of Linux have them. */
#include <errno.h>
#include <string.h>

#include "linux/calls.h"
#include "linux/layout.h"
#include "linux/ldt.h"
#include "linux/state.h"
#include "linux/systempage.h"
#include "linux/uaccess.h"

#define ENTRY_BYTES ((uint32_t)sizeof(struct segment_entry))

/* ---- thread-local storage ---- */

static bool is_zero(const struct user_desc *desc)
{
    return desc->base == 0 && desc->limit == 0 && (desc->flags & 0x7F) == 0;
}

/* Data segments of 32 bits that are there, and no others. */
static bool tls_is_allowed(const struct user_desc *desc)
{
    return (desc->flags & DESC_32BIT) != 0 &&
           (desc->flags & DESC_NOT_PRESENT) == 0 &&
           (desc->flags & DESC_CONTENTS) >> DESC_CONTENTS_SHIFT <= 1;
}

static int32_t sys_set_thread_area(struct kernel *kernel,
                                   struct process *process,
                                   const uint32_t arg[6])
{
    struct user_desc desc;
    if (copy_in(kernel, &desc, arg[0], sizeof desc) != 0)
        return -EFAULT;
    bool clears = user_desc_is_empty(&desc) || is_zero(&desc);
    if (!clears && !tls_is_allowed(&desc))
        return -EINVAL;
    uint32_t index = desc.entry_number - GDT_TLS_FIRST;
    if (desc.entry_number == 0xFFFFFFFFu) {
        for (index = 0;
             index < GDT_TLS_ENTRIES && process->tls[index].high != 0; index++)
            ;
        if (index == GDT_TLS_ENTRIES)
            return -ESRCH;
        desc.entry_number = index + GDT_TLS_FIRST;
        if (copy_out(kernel, arg[0], &desc, sizeof desc.entry_number) != 0)
            return -EFAULT;
    }
    if (index >= GDT_TLS_ENTRIES)
        return -EINVAL;
    process->tls[index] =
        clears ? (struct segment_entry){0, 0} : segment_entry_encode(&desc);
    system_page_set_tls(kernel, process);
    cpu_reload_segments(kernel->machine.cpu);
    return 0;
}

static int32_t sys_get_thread_area(struct kernel *kernel,
                                   struct process *process,
                                   const uint32_t arg[6])
{
    uint32_t number;
    if (copy_in(kernel, &number, arg[0], sizeof number) != 0)
        return -EFAULT;
    if (number - GDT_TLS_FIRST >= GDT_TLS_ENTRIES)
        return -EINVAL;
    struct user_desc desc =
        segment_entry_decode(&process->tls[number - GDT_TLS_FIRST]);
    desc.entry_number = number;
    return copy_out(kernel, arg[0], &desc, sizeof desc);
}

/* ---- the LDT ---- */

/* Writes `bytes` bytes of zeros. */
static int clear_out(struct kernel *kernel, uint32_t linear, uint32_t bytes)
{
    static const uint8_t zeros[MMU_PAGE_SIZE];
    while (bytes > 0) {
        uint32_t here = bytes < sizeof zeros ? bytes : (uint32_t)sizeof zeros;
        int error = copy_out(kernel, linear, zeros, here);
        if (error != 0)
            return error;
        linear += here;
        bytes -= here;
    }
    return 0;
}

static int32_t read_ldt(struct kernel *kernel, const struct process *process,
                        uint32_t to, uint32_t bytes)
{
    const struct ldt *ldt = &process->ldt;
    uint32_t there = ldt->count * ENTRY_BYTES;
    if (there == 0)
        return 0;
    if (bytes > LDT_ENTRIES_MAX * ENTRY_BYTES)
        bytes = LDT_ENTRIES_MAX * ENTRY_BYTES;
    if (there > bytes)
        there = bytes;
    if (copy_out(kernel, to, ldt->entries, there) != 0 ||
        clear_out(kernel, to + there, bytes - there) != 0)
        return -EFAULT;
    return (int32_t)bytes;
}

/* Linux's for i386 had five entries, of which nothing is left. */
static int32_t read_default_ldt(struct kernel *kernel, uint32_t to,
                                uint32_t bytes)
{
    if (bytes > 5 * ENTRY_BYTES)
        bytes = 5 * ENTRY_BYTES;
    return clear_out(kernel, to, bytes) != 0 ? -EFAULT : (int32_t)bytes;
}

static int32_t write_ldt(struct kernel *kernel, struct process *process,
                         uint32_t from, uint32_t bytes, bool old)
{
    struct user_desc desc;
    struct segment_entry entry = {0, 0};
    if (bytes != sizeof desc)
        return -EINVAL;
    if (copy_in(kernel, &desc, from, sizeof desc) != 0)
        return -EFAULT;
    bool conforming = (desc.flags & DESC_CONTENTS) == DESC_CONTENTS;
    if (desc.entry_number >= LDT_ENTRIES_MAX ||
        (conforming && (old || (desc.flags & DESC_NOT_PRESENT) == 0)))
        return -EINVAL;
    if (old)
        desc.flags &= ~(uint32_t)DESC_USEABLE;
    if (!(old && desc.base == 0 && desc.limit == 0) &&
        !user_desc_is_empty(&desc))
        entry = segment_entry_encode(&desc);
    int error = ldt_write(&process->ldt, &kernel->machine.budget,
                          desc.entry_number, entry);
    if (error != 0)
        return error;
    ldt_load(kernel->machine.cpu, &process->ldt);
    cpu_reload_segments(kernel->machine.cpu);
    return 0;
}

static int32_t sys_modify_ldt(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    enum { READ = 0, WRITE_OLD = 1, READ_DEFAULT = 2, WRITE = 0x11 };
    switch (arg[0]) {
    case READ:
        return read_ldt(kernel, process, arg[1], arg[2]);
    case READ_DEFAULT:
        return read_default_ldt(kernel, arg[1], arg[2]);
    case WRITE_OLD:
    case WRITE:
        return write_ldt(kernel, process, arg[1], arg[2], arg[0] == WRITE_OLD);
    default:
        return -ENOSYS;
    }
}

const struct call_entry segment_calls[] = {
    {123, sys_modify_ldt, "modify_ldt"},
    {243, sys_set_thread_area, "set_thread_area"},
    {244, sys_get_thread_area, "get_thread_area"},
    {0, NULL, NULL},
};
