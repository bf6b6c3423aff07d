/* sys_memory.c: system calls about address spaces. */
#include <errno.h>
#include <string.h>

#include "linux/calls.h"
#include "linux/layout.h"
#include "linux/memory.h"
#include "linux/state.h"
#include "linux/uaccess.h"

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum {
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20
};
enum { MAP_FIXED_NOREPLACE = 0x100000 };
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };
enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };

/* Up to a page boundary; 0 where that is past 4 GiB. */
static uint32_t round_up(uint32_t bytes)
{
    return (bytes + MMU_PAGE_SIZE - 1) & MMU_PAGE_MASK;
}

/* [start, start + bytes) lies in pages that a process may have. */
static bool is_user_pages(uint32_t start, uint32_t bytes)
{
    return (start & ~MMU_PAGE_MASK) == 0 && bytes != 0 &&
           start >= USER_LOWEST && start < KERNEL_BASE &&
           bytes <= KERNEL_BASE - start;
}

/* ---- brk ---- */

static int grow_heap(struct kernel *kernel, struct process *process,
                     uint32_t from, uint32_t to)
{
    const struct mapping heap = {
        .start = from,
        .end = to,
        .readable = true,
        .writable = true,
        .name = "heap",
    };
    if (to > STACK_TOP - STACK_BYTES ||
        !mappings_free_range(&process->mappings, from, to))
        return -ENOMEM;
    return memory_map(kernel, process, &heap);
}

static int32_t sys_brk(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    uint32_t old_end = round_up(process->brk);
    uint32_t new_end = round_up(arg[0]);
    int error = 0;
    if (arg[0] < process->brk_start || new_end < arg[0])
        return (int32_t)process->brk;
    if (new_end > old_end)
        error = grow_heap(kernel, process, old_end, new_end);
    else if (new_end < old_end)
        error = memory_unmap(kernel, process, new_end, old_end);
    if (error == 0)
        process->brk = arg[0];
    return (int32_t)process->brk;
}

/* ---- mmap ---- */

struct map_request {
    uint32_t hint, bytes, rights, flags, fd;
    uint64_t offset; /* bytes */
};

/* Pages that several processes are to see are there from the start, and never
 * copy-on-write. */
static int populate_shared(struct kernel *kernel, struct process *process,
                           const struct mapping *mapping)
{
    static const uint8_t zero = 0;
    for (uint32_t page = mapping->start; page < mapping->end;
         page += MMU_PAGE_SIZE) {
        if (copy_out(kernel, page, &zero, sizeof zero) != 0)
            return -ENOMEM;
        memory_keep(kernel, process, page);
    }
    return 0;
}

/* A file's pages are read at once: what becomes of the file later changes
 * nothing. */
static int fill_from_file(struct kernel *kernel, struct process *process,
                          const struct mapping *mapping,
                          const struct map_request *request)
{
    struct file *file = process->files.descriptor[request->fd].file;
    for (uint32_t page = mapping->start; page < mapping->end;
         page += MMU_PAGE_SIZE) {
        uint8_t bytes[MMU_PAGE_SIZE] = {0};
        int got = file_read_at(file, request->offset + (page - mapping->start),
                               bytes, MMU_PAGE_SIZE);
        if (got < 0)
            return got;
        if (got > 0 && copy_out(kernel, page, bytes, (uint32_t)got) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int fill_mapping(struct kernel *kernel, struct process *process,
                        const struct mapping *mapping,
                        const struct map_request *request)
{
    if ((request->flags & MAP_ANONYMOUS) == 0)
        return fill_from_file(kernel, process, mapping, request);
    return mapping->shared ? populate_shared(kernel, process, mapping) : 0;
}

/* Where the mapping goes: an address, or 0 where there is no room. */
static uint32_t choose_place(struct process *process,
                             const struct map_request *request)
{
    const struct mappings *mappings = &process->mappings;
    uint32_t hint = request->hint & MMU_PAGE_MASK;
    if (is_user_pages(hint, request->bytes) &&
        mappings_free_range(mappings, hint, hint + request->bytes))
        return hint;
    return mappings_find_free(mappings, request->bytes, USER_LOWEST, MMAP_TOP);
}

static int32_t place_fixed(struct kernel *kernel, struct process *process,
                           const struct map_request *request, uint32_t *start)
{
    *start = request->hint;
    if (!is_user_pages(*start, request->bytes))
        return -EINVAL;
    if ((request->flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE)
        return mappings_free_range(&process->mappings, *start,
                                   *start + request->bytes)
                   ? 0
                   : -EEXIST;
    return memory_unmap(kernel, process, *start, *start + request->bytes);
}

static int check_file(const struct process *process,
                      const struct map_request *request)
{
    uint8_t probe;
    if ((request->flags & MAP_ANONYMOUS) != 0)
        return 0;
    if (request->fd >= FILES_MAX ||
        process->files.descriptor[request->fd].file == NULL)
        return -EBADF;
    if ((request->flags & MAP_SHARED) != 0 &&
        (request->rights & PROT_WRITE) != 0)
        return -EACCES; /* files are read-only */
    return file_read_at(process->files.descriptor[request->fd].file,
                        request->offset, &probe, 1) < 0
               ? -ENODEV
               : 0;
}

static int32_t map(struct kernel *kernel, struct process *process,
                   struct map_request *request)
{
    uint32_t start = 0;
    uint32_t kind = request->flags & (MAP_SHARED | MAP_PRIVATE);
    if (request->bytes == 0 || kind == 0)
        return -EINVAL;
    request->bytes = round_up(request->bytes);
    if (request->bytes == 0 || request->bytes > KERNEL_BASE)
        return -ENOMEM;
    int32_t error = check_file(process, request);
    if (error != 0)
        return error;
    if ((request->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0) {
        error = place_fixed(kernel, process, request, &start);
        if (error != 0)
            return error;
    } else {
        start = choose_place(process, request);
        if (start == 0)
            return -ENOMEM;
    }
    bool anonymous = (request->flags & MAP_ANONYMOUS) != 0;
    struct mapping mapping = {
        .start = start,
        .end = start + request->bytes,
        .readable = anonymous ? (request->rights & PROT_READ) != 0 : true,
        .writable = anonymous ? (request->rights & PROT_WRITE) != 0 : true,
        .executable = (request->rights & PROT_EXEC) != 0,
        .shared = anonymous && kind == MAP_SHARED,
        .populated = !anonymous || kind == MAP_SHARED,
        .name = anonymous ? "anonymous" : "file",
    };
    if (mapping.shared)
        mapping.writable = true; /* until its pages are there */
    error = memory_map(kernel, process, &mapping);
    if (error != 0)
        return error;
    error = fill_mapping(kernel, process, &mapping, request);
    if (error != 0) {
        (void)memory_unmap(kernel, process, mapping.start, mapping.end);
        return error;
    }
    return (int32_t)start;
}

static int32_t protect_pages(struct kernel *kernel, struct process *process,
                             uint32_t start, uint32_t end, uint32_t rights)
{
    return memory_protect(kernel, process, start, end,
                          (rights & PROT_READ) != 0, (rights & PROT_WRITE) != 0,
                          (rights & PROT_EXEC) != 0);
}

/* File pages and shared ones are filled through the mapping, which gets its
 * rights after that. */
static int32_t map_with_rights(struct kernel *kernel, struct process *process,
                               struct map_request *request)
{
    int32_t start = map(kernel, process, request);
    bool final = (request->flags & MAP_ANONYMOUS) != 0 &&
                 (request->flags & MAP_SHARED) == 0;
    if ((start < 0 && start > -4096) || final)
        return start;
    int32_t error =
        protect_pages(kernel, process, (uint32_t)start,
                      (uint32_t)start + request->bytes, request->rights);
    return error != 0 ? error : start;
}

static int32_t sys_mmap2(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    struct map_request request = {arg[0], arg[1],
                                  arg[2], arg[3],
                                  arg[4], (uint64_t)arg[5] << MMU_PAGE_SHIFT};
    return map_with_rights(kernel, process, &request);
}

/* The old call takes a pointer to its six arguments, the offset in bytes. */
static int32_t sys_old_mmap(struct kernel *kernel, struct process *process,
                            const uint32_t arg[6])
{
    uint32_t six[6];
    if (copy_in(kernel, six, arg[0], sizeof six) != 0)
        return -EFAULT;
    if ((six[5] & ~MMU_PAGE_MASK) != 0)
        return -EINVAL;
    struct map_request request = {six[0], six[1], six[2],
                                  six[3], six[4], six[5]};
    return map_with_rights(kernel, process, &request);
}

static int32_t sys_munmap(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    uint32_t bytes = round_up(arg[1]);
    if (!is_user_pages(arg[0], bytes))
        return -EINVAL;
    return memory_unmap(kernel, process, arg[0], arg[0] + bytes);
}

/* ---- mprotect ---- */

static int32_t sys_mprotect(struct kernel *kernel, struct process *process,
                            const uint32_t arg[6])
{
    uint32_t bytes = round_up(arg[1]);
    if ((arg[0] & ~MMU_PAGE_MASK) != 0)
        return -EINVAL;
    if (arg[1] == 0)
        return 0;
    if (!is_user_pages(arg[0], bytes) ||
        !mappings_covered(&process->mappings, arg[0], arg[0] + bytes))
        return -ENOMEM;
    return protect_pages(kernel, process, arg[0], arg[0] + bytes, arg[2]);
}

/* ---- mremap, and advice ---- */

/* Moves old_bytes from old_start to `to`, where new_bytes are free. */
static int32_t move_mapping(struct kernel *kernel, struct process *process,
                            struct mapping mapping, uint32_t old_start,
                            uint32_t old_bytes, uint32_t to, uint32_t new_bytes)
{
    mapping.start = to;
    mapping.end = to + new_bytes;
    int error = memory_map(kernel, process, &mapping);
    if (error == 0)
        error = memory_move(kernel, process, old_start, to, old_bytes);
    if (error != 0) {
        (void)memory_unmap(kernel, process, to, to + new_bytes);
        return error;
    }
    error = memory_unmap(kernel, process, old_start, old_start + old_bytes);
    return error != 0 ? error : (int32_t)to;
}

/* mremap to an address that the caller chose, in place of what is there. */
static int32_t move_to(struct kernel *kernel, struct process *process,
                       struct mapping mapping, uint32_t old_start,
                       uint32_t old_bytes, uint32_t to, uint32_t new_bytes)
{
    uint32_t moved_bytes = old_bytes < new_bytes ? old_bytes : new_bytes;
    if (!is_user_pages(to, new_bytes) ||
        (to < old_start + old_bytes && old_start < to + new_bytes))
        return -EINVAL;
    int error = memory_unmap(kernel, process, to, to + new_bytes);
    if (error == 0)
        error = memory_unmap(kernel, process, old_start + moved_bytes,
                             old_start + old_bytes);
    return error != 0 ? error
                      : move_mapping(kernel, process, mapping, old_start,
                                     moved_bytes, to, new_bytes);
}

/* mremap without a new address. */
static int32_t resize(struct kernel *kernel, struct process *process,
                      struct mapping mapping, uint32_t start,
                      uint32_t old_bytes, uint32_t new_bytes, bool may_move)
{
    uint32_t old_end = start + old_bytes;
    uint32_t new_end = start + new_bytes;
    if (new_bytes <= old_bytes) {
        int error = new_bytes == old_bytes
                        ? 0
                        : memory_unmap(kernel, process, new_end, old_end);
        return error != 0 ? error : (int32_t)start;
    }
    if (is_user_pages(start, new_bytes) && new_end <= MMAP_TOP &&
        mappings_free_range(&process->mappings, old_end, new_end)) {
        mapping.start = old_end;
        mapping.end = new_end;
        int error = memory_map(kernel, process, &mapping);
        return error != 0 ? error : (int32_t)start;
    }
    uint32_t to = may_move ? mappings_find_free(&process->mappings, new_bytes,
                                                USER_LOWEST, MMAP_TOP)
                           : 0;
    return to == 0 ? -ENOMEM
                   : move_mapping(kernel, process, mapping, start, old_bytes,
                                  to, new_bytes);
}

static int32_t sys_mremap(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    uint32_t start = arg[0];
    uint32_t old_bytes = round_up(arg[1]);
    uint32_t new_bytes = round_up(arg[2]);
    bool may_move = (arg[3] & MREMAP_MAYMOVE) != 0;
    bool fixed = (arg[3] & MREMAP_FIXED) != 0;
    const struct mapping *found = mappings_find(&process->mappings, start);
    if (!is_user_pages(start, old_bytes) || new_bytes == 0 ||
        (fixed && !may_move) ||
        (arg[3] & ~(uint32_t)(MREMAP_MAYMOVE | MREMAP_FIXED)) != 0)
        return -EINVAL;
    if (found == NULL || found->end - start < old_bytes)
        return -EFAULT;
    if (found->program != NULL || found->shared)
        return -EINVAL;
    if (fixed)
        return move_to(kernel, process, *found, start, old_bytes, arg[4],
                       new_bytes);
    return resize(kernel, process, *found, start, old_bytes, new_bytes,
                  may_move);
}

enum { MADV_DONTNEED = 4 };

/* The advice that Linux knows (include/uapi/asm-generic/mman-common.h). */
static bool is_advice(uint32_t advice)
{
    return advice <= 4 || (advice >= 8 && advice <= 25);
}

/* 0 where a process may name the pages; -ENOMEM where some are not mapped. */
static int check_pages(const struct process *process, uint32_t start,
                       uint32_t bytes)
{
    return is_user_pages(start, bytes) &&
                   mappings_covered(&process->mappings, start, start + bytes)
               ? 0
               : -ENOMEM;
}

static int32_t sys_madvise(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    uint32_t bytes = round_up(arg[1]);
    if ((arg[0] & ~MMU_PAGE_MASK) != 0 || !is_advice(arg[2]) ||
        (bytes == 0 && arg[1] != 0))
        return -EINVAL;
    if (bytes == 0)
        return 0;
    if (arg[2] == MADV_DONTNEED && is_user_pages(arg[0], bytes))
        memory_forget(kernel, process, arg[0], arg[0] + bytes);
    return check_pages(process, arg[0], bytes);
}

/* Nothing is behind memory that it could be synchronized with. */
static int32_t sys_msync(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    const uint32_t both = MS_ASYNC | MS_SYNC;
    (void)kernel;
    if ((arg[0] & ~MMU_PAGE_MASK) != 0 ||
        (arg[2] & ~(both | MS_INVALIDATE)) != 0 || (arg[2] & both) == both)
        return -EINVAL;
    return arg[1] == 0 ? 0 : check_pages(process, arg[0], round_up(arg[1]));
}

/* All memory is locked. */
static int32_t sys_mlock(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    uint32_t start = arg[0] & MMU_PAGE_MASK;
    (void)kernel;
    if (arg[1] == 0)
        return 0;
    return check_pages(process, start, round_up(arg[1] + (arg[0] - start)));
}

static int32_t sys_nothing(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    (void)kernel;
    (void)process;
    (void)arg;
    return 0;
}

const struct call_entry memory_calls[] = {
    {45, sys_brk, "brk"},
    {90, sys_old_mmap, "mmap"},
    {91, sys_munmap, "munmap"},
    {125, sys_mprotect, "mprotect"},
    {144, sys_msync, "msync"},
    {150, sys_mlock, "mlock"},
    {151, sys_mlock, "munlock"},
    {152, sys_nothing, "mlockall"},
    {153, sys_nothing, "munlockall"},
    {163, sys_mremap, "mremap"},
    {192, sys_mmap2, "mmap2"},
    {219, sys_madvise, "madvise"},
    {0, NULL, NULL},
};
