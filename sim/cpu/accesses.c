/* accesses.c: see accesses.h. */
#include "cpu/accesses.h"

#include "cpu/blame.h"
#include "cpu/segments.h"
#include "cpu/state.h"
#include "cpu/translations.h"

void accesses_through_tlb(struct cpu *cpu, uint32_t linear,
                          enum mmu_access access, bool user)
{
    uint32_t phys;
    struct mmu_fault fault;
    cpu->refused =
        !mmu_translate(&cpu->mmu, linear, access, user, &phys, &fault);
}

void accesses_look_up_fault(struct cpu *cpu)
{
    const struct mmu_fault *fault = &cpu->fault;
    uint32_t linear = here(cpu);
    bool fetch =
        cpu->stopped == STOPPED_NOT && cpu->miss.access == MMU_ACCESS_FETCH;
    if (!cpu->clocked || cpu->refused)
        return;
    if (fetch && ((fault->linear ^ linear) & MMU_PAGE_MASK) != 0)
        accesses_through_tlb(cpu, linear, MMU_ACCESS_FETCH, true); /* the
                                                             instruction begins
                                                             in the page before
                                                           */
    accesses_through_tlb(cpu, fault->linear,
                         fetch                            ? MMU_ACCESS_FETCH
                         : (fault->error & MMU_PF_W) != 0 ? MMU_ACCESS_WRITE
                                                          : MMU_ACCESS_READ,
                         (fault->error & MMU_PF_U) != 0);
}

/* Where the engine is, linear, as far as it knows. */
static uint32_t engine_place(struct cpu *cpu)
{
    return cpu->registers.base[CS] +
           (uint32_t)engine_get(cpu->engine, ENGINE_EIP);
}

/* The instruction of the block that accesses `phys`, from `place` on; `place`
 * where none does. */
static uint32_t search_place(struct cpu *cpu, uint32_t place, uint32_t phys)
{
    uint32_t end = cpu->fetches.linear + cpu->fetches.bytes;
    struct insn insn;
    uint32_t linear;
    cpu_fetch_registers(cpu);
    cpu_load_segments(cpu);
    for (uint32_t at = place; at < end && view_decode(&cpu->view, at, &insn);
         at += insn.length)
        if (blame_access(&cpu->view, &insn, phys, &linear))
            return at;
    return place;
}

/* The instruction that makes the access; what the engine knows may be one of
 * before. */
static uint32_t place_of_access(struct cpu *cpu, uint32_t phys)
{
    const struct fetches *fetches = &cpu->fetches;
    if (cpu->rewrite.alone)
        return cpu->meter.linear;
    uint32_t first =
        fetches->place == FETCHES_NOWHERE ? fetches->linear : fetches->place;
    uint32_t place = engine_place(cpu);
    if (place < first || place - fetches->linear >= fetches->bytes)
        place = first;
    return fetches->loose ? search_place(cpu, place, phys) : place;
}

/* Where one frame is mapped at two pages, the instruction tells which of them
 * it means. */
static uint32_t linear_of_access(struct cpu *cpu, uint32_t phys, uint32_t place)
{
    const struct fill *fill = &cpu->fills[phys >> MMU_PAGE_SHIFT];
    uint32_t linear = fill->page | (phys & ~MMU_PAGE_MASK);
    struct insn insn = cpu->rewrite.insn;
    if (!fill->ambiguous ||
        !(cpu->rewrite.alone ? insn.length > 0
                             : view_decode(&cpu->view, place, &insn)))
        return linear;
    cpu_fetch_registers(cpu);
    cpu_load_segments(cpu);
    (void)blame_access(&cpu->view, &insn, phys, &linear);
    return linear;
}

static bool crosses_page(uint32_t phys, uint32_t bytes)
{
    return (phys & ~MMU_PAGE_MASK) + bytes > MMU_PAGE_SIZE;
}

static void tell_access(struct cpu *cpu, uint32_t place, uint32_t linear,
                        uint32_t bytes, enum mmu_access access, bool user,
                        bool made)
{
    struct watched_access *told = watch_access(&cpu->watch);
    if (told == NULL)
        return;
    *told = (struct watched_access){
        .linear = linear,
        .insn = (uint16_t)(place - cpu->fetches.linear),
        .bytes = (uint8_t)bytes,
        .access = (uint8_t)access,
        .system = !user,
        .again = made,
    };
}

/* Whether this access of the instruction at `place` was made when it was tried
 * before. */
static bool was_made(struct cpu *cpu, uint32_t place, uint32_t phys, bool write)
{
    struct tried *tried = &cpu->tried;
    if (tried->linear != place)
        *tried = (struct tried){.linear = place};
    tried->accesses++;
    if (tried->skips_to_store) {
        tried->skips_to_store = !(write && phys == tried->store);
        return tried->skips_to_store || tried->made_store;
    }
    if (tried->skip == 0)
        return false;
    tried->skip--;
    return true;
}

/* An access whose place in the order of the program counts. The engine tells of
 * a store across a page's end once; of such a load once, then of the two
 * aligned loads that it is made of: the first of these is nothing new, the
 * second is the other page's. */
static void on_careful_access(struct cpu *cpu, uint32_t phys, uint32_t bytes,
                              bool write)
{
    enum mmu_access access = write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ;
    bool user = !cpu->fills[phys >> MMU_PAGE_SHIFT].system;
    if (!write && phys == cpu->split) {
        cpu->split = NOWHERE;
        return;
    }
    uint32_t place = place_of_access(cpu, phys);
    uint32_t linear = linear_of_access(cpu, phys, place);
    fetches_until(&cpu->fetches, place);
    bool made = was_made(cpu, place, phys, write);
    if (cpu->watch.watcher.accesses)
        tell_access(cpu, place, linear, bytes, access, user, made);
    if (!write && crosses_page(phys, bytes))
        cpu->split = phys & ~(bytes - 1);
    if (made)
        return;
    accesses_through_tlb(cpu, linear, access, user);
    if (write && crosses_page(phys, bytes) && !cpu->refused)
        accesses_through_tlb(cpu, (linear | ~MMU_PAGE_MASK) + 1, access, user);
    fetches_recheck(&cpu->fetches);
}

/* A store that may be to the block that runs: true where it is not made, and
 * the block is left. The engine looks at no store of an instruction that it has
 * taken up. */
static bool see_store(struct cpu *cpu, uint32_t phys, uint32_t bytes)
{
    const struct meter *meter = &cpu->meter;
    meter_code_is_written(&cpu->meter);
    if (meter->insns == 0 || cpu->rewrite.alone || cpu->rewrite.pending)
        return false;
    uint32_t place =
        cpu->clocked ? place_of_access(cpu, phys) : engine_place(cpu);
    uint32_t linear = linear_of_access(cpu, phys, place);
    if (rewrite_see(&cpu->rewrite, &cpu->view, meter->linear, meter->bytes,
                    linear, bytes, phys) != REWRITE_REFUSE)
        return false;
    translations_forget_pages(cpu); /* it asks for the page again, and does not
                                       get it */
    return true;
}

void accesses_see(struct uc_struct *handle, unsigned type, uint64_t address,
                  int size, int64_t value, void *arg)
{
    struct cpu *cpu = arg;
    uint32_t phys = (uint32_t)address;
    bool write = type == ENGINE_STORE;
    (void)handle;
    (void)value;
    if (cpu->booting || phys >> MMU_PAGE_SHIFT >= cpu->mem->frames)
        return;
    if (write &&
        (cpu->frame_is_code[phys >> MMU_PAGE_SHIFT] ||
         crosses_page(phys, (uint32_t)size)) &&
        see_store(cpu, phys, (uint32_t)size))
        return;
    if (!cpu->clocked)
        return;
    const struct fill *fill = &cpu->fills[phys >> MMU_PAGE_SHIFT];
    uint32_t linear = fill->page | (phys & ~MMU_PAGE_MASK);
    bool careful = cpu->fetches.exact || cpu->split != NOWHERE ||
                   fill->ambiguous || fill->system ||
                   cpu->tried.skips_to_store ||
                   crosses_page(phys, (uint32_t)size) ||
                   mmu_order_matters(&cpu->mmu, cpu->fetches.linear, linear);
    if (careful || !mmu_data_hit(&cpu->mmu, linear, write))
        on_careful_access(cpu, phys, (uint32_t)size, write);
    else if (cpu->watch.watcher.accesses)
        tell_access(cpu, place_of_access(cpu, phys), linear, (uint32_t)size,
                    write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ, true, false);
}
