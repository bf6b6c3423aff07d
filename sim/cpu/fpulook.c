/* fpulook.c: see fpulook.h. */
#include "cpu/fpulook.h"

#include "cpu/blame.h"
#include "cpu/engine.h"
#include "cpu/fpuengine.h"
#include "cpu/fpuexec.h"
#include "cpu/segments.h"
#include "cpu/state.h"

/* An operand that has been aligned each time is so by the program's making:
 * after a while nobody looks any more, as looking costs more than the
 * instruction. */
#define ALIGNED_ENOUGH 256u
#define ALIGNED_OFTEN  64u

static uint16_t fetch_control(struct cpu *cpu)
{
    return (uint16_t)engine_get(cpu->engine, ENGINE_FPU_CONTROL);
}

/* The value of a register in an address; 0 of none. */
static uint32_t fetch_general(struct cpu *cpu, uint8_t number)
{
    if (number == NO_REGISTER)
        return 0;
    return (uint32_t)engine_get(cpu->engine, ENGINE_GENERAL + number);
}

/* Where the operand of `insn` is, whose segment is flat as a rule. */
static uint32_t fetch_operand_linear(struct cpu *cpu, const struct insn *insn)
{
    const struct memory_operand *memory = &insn->memory;
    uint16_t selector =
        segments_selector(cpu, (enum segment_register)memory->segment);
    if (selector != cpu->flat_selector || memory->address16) {
        cpu_fetch_registers(cpu);
        cpu_load_segments(cpu);
        return blame_operand(&cpu->view, insn);
    }
    return memory->displacement + fetch_general(cpu, memory->base) +
           fetch_general(cpu, memory->index) * memory->scale;
}

/* What FLDCW is about to load: something that the engine does as well as the
 * processor? */
static bool loads_plain_control(struct cpu *cpu, const struct insn *insn)
{
    uint16_t control = 0;
    uint32_t linear = fetch_operand_linear(cpu, insn);
    return view_read_code(&cpu->view, linear, (uint8_t *)&control, 2) == 2 &&
           fpu_is_plain_control(control);
}

static bool top_is_negative(struct cpu *cpu)
{
    uint8_t value[16] = {0};
    engine_get_top(cpu->engine, value);
    return (value[9] & 0x80) != 0;
}

static bool is_aligned(struct cpu *cpu, struct guard *guard)
{
    if ((fetch_operand_linear(cpu, &guard->insn) & 15) != 0)
        return false;
    if (++guard->aligned == ALIGNED_ENOUGH)
        cpu_stop_at(cpu, STOPPED_RETIRE, guard->linear);
    return true;
}

void fpulook_retire(struct cpu *cpu)
{
    for (uint32_t i = 0; i < cpu->guards.count; i++) {
        struct guard *guard = &cpu->guards.guard[i];
        if (guard->retired || guard->aligned < ALIGNED_OFTEN)
            continue;
        engine_unguard(cpu->engine, guard->hook);
        guard->retired = true;
    }
    cpu->code_stale = true;
}

static bool reaches_into_next_page(struct cpu *cpu, const struct insn *insn)
{
    uint32_t offset = fetch_operand_linear(cpu, insn) & ~MMU_PAGE_MASK;
    return offset + 2 * insn->memory.bytes > MMU_PAGE_SIZE;
}

/* True where the model has to execute it. */
static bool wants_model(struct cpu *cpu, struct guard *guard)
{
    if (guard->care == FPU_CARE_ALIGNED && !guard->outlook.status_is_next)
        return !is_aligned(cpu, guard);
    if (guard->care == FPU_CARE_WIDE && !guard->outlook.status_is_next)
        return reaches_into_next_page(cpu, &guard->insn);
    uint32_t tags = (uint32_t)engine_get(cpu->engine, ENGINE_FPU_TAGS);
    uint32_t status = (uint32_t)engine_get(cpu->engine, ENGINE_FPU_STATUS);
    uint32_t top = (status & FPU_STATUS_TOP) >> FPU_TOP_SHIFT;
    if (fpu_is_x87(&guard->insn) &&
        !fpu_stack_suffices(&guard->outlook, fpu_valid_of_tags(tags), top)) {
        cpu->fpu_watched = FPU_WATCHED;
        return true;
    }
    switch (guard->care) {
    case FPU_CARE_ALWAYS:
        return true;
    case FPU_CARE_STATUS:
        fpuengine_show_flags(cpu);
        return false;
    case FPU_CARE_CONTROL:
        return !loads_plain_control(cpu, &guard->insn);
    case FPU_CARE_CONSTANT:
        return (fetch_control(cpu) & FPU_CONTROL_ROUNDING) != 0 ||
               guard->outlook.status_is_next;
    case FPU_CARE_EXAMINE:
        return (tags >> 2 * top & 3) > 1; /* neither an ordinary number nor 0 */
    case FPU_CARE_ROOT:
        return top_is_negative(cpu) || guard->outlook.status_is_next;
    case FPU_CARE_ALIGNED:
    case FPU_CARE_WIDE:
    case FPU_CARE_NONE:
        break;
    }
    return guard->outlook.status_is_next;
}

bool fpulook_at(struct cpu *cpu, struct guard *guard)
{
    if (cpu->fpu_host == NULL || cpu->fpu_traps || cpu->fpu_steps ||
        guard->insn.raises != NO_EXCEPTION)
        return false;
    if (!wants_model(cpu, guard)) {
        if (fpu_class_of(&guard->insn) == FPU_CLASS_MMX)
            fpuengine_fill_exponents(cpu, guard->outlook.mmx);
        return false;
    }
    cpu_stop_at(cpu, STOPPED_FPU, guard->insn.linear);
    return true;
}

bool fpulook_wants_guard(struct cpu *cpu, const struct insn *insn,
                         enum fpu_class *last)
{
    struct fpu_outlook outlook;
    enum fpu_class kind = fpu_class_of(insn);
    if (cpu->fpu_host == NULL || cpu->stepping || !fpu_is_any(insn))
        return false;
    bool opens = kind != FPU_CLASS_NONE && kind != *last;
    if (opens)
        *last = kind;
    if (opens || fpu_care_of(insn) != FPU_CARE_NONE)
        return true;
    fpu_look_ahead(&cpu->view, insn, &outlook);
    return outlook.status_is_next;
}
