/* sys_machine.c: the system calls about the machine that a process is on, and
 * about who shares it. */
#include <errno.h>
#include <stddef.h>

#include "linux/calls.h"
#include "linux/state.h"
#include "linux/uaccess.h"

static int32_t sys_uname(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    static const char field[6][65] = {"Linux",     "mmu386", "6.1.0",
                                      "#1 mmu386", "i386",   ""};
    (void)process;
    return copy_out(kernel, arg[0], field, sizeof field);
}

/* struct sysinfo of the i386 interface. */
struct guest_sysinfo {
    uint32_t uptime, loads[3], total_ram, free_ram, shared_ram, buffer_ram,
        total_swap, free_swap;
    uint16_t processes, padding;
    uint32_t total_high, free_high, unit_bytes;
    uint8_t reserved[8];
};
_Static_assert(sizeof(struct guest_sysinfo) == 64, "struct sysinfo");

static int32_t sys_sysinfo(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    struct guest_sysinfo info = {
        .uptime = (uint32_t)(kernel->now_ns / 1000000000u),
        .total_ram = kernel->machine.mem.frames,
        .free_ram = kernel->machine.frames.free_count,
        .unit_bytes = MMU_PAGE_SIZE,
    };
    (void)process;
    for (const struct process *p = kernel->processes; p != NULL; p = p->next)
        info.processes++;
    return copy_out(kernel, arg[0], &info, sizeof info);
}

static int32_t sys_sched_yield(struct kernel *kernel, struct process *process,
                               const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    process->yields = true;
    return 0;
}

static int32_t sys_sched_getaffinity(struct kernel *kernel,
                                     struct process *process,
                                     const uint32_t arg[6])
{
    static const uint32_t one_processor = 1;
    (void)process;
    if (arg[1] < sizeof one_processor)
        return -EINVAL;
    int error = copy_out(kernel, arg[2], &one_processor, sizeof one_processor);
    return error != 0 ? error : (int32_t)sizeof one_processor;
}

/* One thread: nobody to wake, and nobody who could wake it. */
static int32_t sys_futex(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    enum { FUTEX_COMMAND = 0x7F, FUTEX_WAKE = 1 };
    (void)kernel;
    (void)process;
    return (arg[1] & FUTEX_COMMAND) == FUTEX_WAKE ? 0 : -EAGAIN;
}

const struct call_entry machine_calls[] = {
    {116, sys_sysinfo, "sysinfo"},
    {122, sys_uname, "uname"},
    {158, sys_sched_yield, "sched_yield"},
    {240, sys_futex, "futex"},
    {242, sys_sched_getaffinity, "sched_getaffinity"},
    {422, sys_futex, "futex_time64"},
    {0, NULL, NULL},
};
