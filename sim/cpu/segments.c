/* segments.c: see segments.h. */
#include "cpu/segments.h"

#include <string.h>

#include "cpu/decode.h"
#include "cpu/engine.h"
#include "cpu/segload.h"
#include "cpu/state.h"

/* The engine adds the base of a segment, but knows no limits, no rights and no
 * null selector. It need not where a segment is flat: all 4 GiB, and of data,
 * writable. FS and GS, which are null in a program that has no data of its
 * threads there, are looked at where an instruction names them by a prefix:
 * these are guarded. Where another segment is not flat, the engine runs one
 * instruction at a time, as if TF were set, and the model looks at each
 * before. */

/* Of data; of code: readable. */
#define RIGHTS_FLAT \
    (DESCRIPTOR_PRESENT | DESCRIPTOR_SEGMENT | DESCRIPTOR_WRITABLE)

uint16_t segments_selector(struct cpu *cpu, enum segment_register segment)
{
    return (uint16_t)engine_get(cpu->engine, ENGINE_SELECTOR + segment);
}

struct segment_descriptor segments_descriptor(struct cpu *cpu,
                                              uint16_t selector)
{
    struct segment_descriptor descriptor = {0, 0};
    struct mmu_fault fault;
    uint32_t entry = segload_entry(&cpu->tables, selector);
    if (entry != 0)
        (void)segload_descriptor(&cpu->view, &cpu->tables, entry, &descriptor,
                                 &fault);
    return descriptor;
}

/* The engine does not tell, in 32-bit mode, what it loaded. */
void cpu_load_segments(struct cpu *cpu)
{
    struct registers *r = &cpu->registers;
    if (cpu->engine == NULL)
        return;
    for (int i = 0; i < SEGMENT_REGISTERS; i++) {
        r->selector[i] = segments_selector(cpu, (enum segment_register)i);
        const struct segment_descriptor descriptor =
            segments_descriptor(cpu, r->selector[i]);
        r->base[i] = selector_base(&descriptor);
        r->limit[i] = selector_limit(&descriptor);
        r->rights[i] = descriptor.high;
    }
}

uint16_t cpu_selector(struct cpu *cpu, enum segment_register segment)
{
    return cpu->engine == NULL ? 0 : segments_selector(cpu, segment);
}

bool segments_load(struct cpu *cpu, enum segment_register segment,
                   uint16_t selector)
{
    uint32_t phys = 0;
    struct mmu_fault fault;
    struct segment_descriptor before;
    uint32_t entry = segload_entry(&cpu->tables, selector);
    bool found =
        entry != 0 &&
        mmu_probe(&cpu->mmu, entry, MMU_ACCESS_READ, false, &phys, &fault) &&
        mmu_physmem_has(cpu->mem, phys, sizeof before);
    if (found) {
        struct segment_descriptor loaded = segments_descriptor(cpu, selector);
        loaded.high |= segment == CS ? DESCRIPTOR_WRITABLE : 0;
        memcpy(&before, cpu->mem->base + phys, sizeof before);
        memcpy(cpu->mem->base + phys, &loaded, sizeof loaded);
    }
    cpu->booting = true; /* the descriptor is read as the supervisor */
    bool done = engine_set(cpu->engine, ENGINE_SELECTOR + segment, selector);
    cpu->booting = false;
    if (found)
        memcpy(cpu->mem->base + phys, &before, sizeof before);
    return done;
}

static enum selector_use use_of(enum segment_register segment)
{
    return segment == CS   ? SELECTOR_RETURN
           : segment == SS ? SELECTOR_STACK
                           : SELECTOR_DATA;
}

bool cpu_load_selector(struct cpu *cpu, enum segment_register segment,
                       uint16_t selector)
{
    if (cpu->engine == NULL)
        return true;
    const struct segment_descriptor descriptor =
        segments_descriptor(cpu, selector);
    const struct segment_descriptor *there =
        segload_entry(&cpu->tables, selector) == 0 ? NULL : &descriptor;
    cpu->segments_stale = true;
    return selector_refusal(use_of(segment), selector, there).vector ==
               NO_EXCEPTION &&
           segments_load(cpu, segment, selector) &&
           segments_selector(cpu, segment) == selector;
}

void cpu_load_ldt(struct cpu *cpu, uint16_t selector, uint32_t linear,
                  const uint32_t *entries, uint32_t bytes)
{
    cpu->tables.ldt_linear = linear;
    cpu->tables.ldt_bytes = bytes;
    cpu->tables.ldt = entries;
    if (cpu->engine != NULL)
        engine_load_ldt(cpu->engine, selector, linear, bytes);
    cpu->segments_stale = true;
}

void cpu_reload_segments(struct cpu *cpu)
{
    static const enum segment_register segments[] = {ES, DS, FS, GS};
    for (int i = 0; i < 4; i++)
        if (!cpu_load_selector(cpu, segments[i],
                               cpu_selector(cpu, segments[i])))
            (void)cpu_load_selector(cpu, segments[i], 0);
    cpu->reload = true;
    cpu->segments_stale = true;
}

static bool is_flat(const struct registers *registers,
                    enum segment_register segment)
{
    uint32_t rights = registers->rights[segment];
    uint32_t wanted = segment == CS
                          ? RIGHTS_FLAT | DESCRIPTOR_CODE | DESCRIPTOR_BIG
                      : segment == SS ? RIGHTS_FLAT | DESCRIPTOR_BIG
                                      : RIGHTS_FLAT;
    uint32_t looked_at =
        wanted | DESCRIPTOR_CODE | (segment == CS ? 0 : DESCRIPTOR_DOWN);
    return (rights & looked_at) == wanted &&
           registers->limit[segment] == 0xFFFFFFFF &&
           (segment != CS || registers->base[CS] == 0);
}

void segments_look(struct cpu *cpu)
{
    const struct registers *r = &cpu->registers;
    bool code16 = decoder_is_16(cpu->decoder);
    cpu->segments_stale = false;
    cpu_load_segments(cpu);
    cpu->aligned = view_checks_alignment(&cpu->view);
    cpu->not_flat = cpu->aligned || !is_flat(r, CS) || !is_flat(r, SS) ||
                    !is_flat(r, DS) || !is_flat(r, ES);
    cpu->fs_flat = is_flat(r, FS);
    cpu->gs_flat = is_flat(r, GS);
    if (!cpu->fs_flat && cpu->fs_unguarded) {
        cpu->code_stale = true;
        cpu->fs_unguarded = false;
    }
    decoder_set_16(cpu->decoder, (r->rights[CS] & DESCRIPTOR_BIG) == 0);
    if (decoder_is_16(cpu->decoder) != code16)
        cpu->meter.epoch++;
}

bool segments_adopt(struct cpu *cpu, struct cpu_exit *exit)
{
    static const enum segment_register segments[] = {CS, SS};
    for (int i = 0; i < 2; i++) {
        enum segment_register segment = segments[i];
        uint16_t selector = cpu->registers.selector[segment];
        if ((!cpu->reload && selector == segments_selector(cpu, segment)) ||
            cpu_load_selector(cpu, segment, selector))
            continue;
        cpu_exit_exception(exit, VECTOR_PROTECTION, selector & SELECTOR_ERROR);
        /* it is at ring 3 nevertheless */
        cpu->registers.selector[segment] |= SELECTOR_RPL;
        return false;
    }
    cpu->reload = false;
    return true;
}

void segments_leave(struct cpu *cpu, struct cpu_exit *exit)
{
    uint16_t *selector = cpu->registers.selector;
    selector[CS] = segments_selector(cpu, CS);
    selector[SS] = segments_selector(cpu, SS);
    if ((selector[CS] & SELECTOR_RPL) != SELECTOR_RPL ||
        (cpu->registers.eflags & EFLAGS_VM) != 0)
        cpu_exit_broken(cpu, exit, "the engine left ring 3");
}
