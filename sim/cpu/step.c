/* step.c: see step.h. */
#include "cpu/step.h"

#include "cpu/blocks.h"
#include "cpu/branch.h"
#include "cpu/codeinfo.h"
#include "cpu/fpuinsn.h"
#include "cpu/guarding.h"
#include "cpu/opcodes.h"
#include "cpu/run.h"
#include "cpu/search.h"
#include "cpu/state.h"
#include "cpu/stops.h"

static void raise_exception(struct cpu *cpu, uint32_t vector)
{
    cpu->vector = vector;
    cpu->error = 0;
    cpu->stopped = STOPPED_FORBIDDEN;
}

/* Looks at the instruction that is next, NULL where it cannot be read whole,
 * and at where it leads. */
static void look_at(struct cpu *cpu, const struct insn *insn)
{
    const struct registers *r = &cpu->registers;
    uint32_t limit = r->limit[CS];
    uint32_t target;
    uint32_t last = r->eip + (insn != NULL ? insn->length - 1u : 0);
    if (r->eip > limit || last > limit) {
        raise_exception(cpu, VECTOR_PROTECTION);
        return;
    }
    if (insn == NULL)
        return;
    if (insn->implicit == IMPLICIT_PUSH_ALL || insn->implicit == IMPLICIT_ENTER)
        blocks_begin_here(cpu); /* stores that it makes before it is refused
                            come behind its fetch */
    if (codeinfo_searches(insn))
        search_iterates(&cpu->search, insn, r->general[ECX], r->eflags);
    cpu_store_registers(cpu); /* they are fetched again */
    guarding_look_ahead(cpu, insn);
    if (cpu->stopped == STOPPED_NOT && cpu->fpu_host != NULL &&
        !cpu->fpu_steps && fpu_is_any(insn))
        cpu->stopped = STOPPED_FPU; /* it has no guard */
    if (cpu->stopped == STOPPED_NOT &&
        branch_target(&cpu->view, insn, &target) && target > limit)
        raise_exception(cpu, VECTOR_PROTECTION);
}

static bool pops_flags(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode == 0x9D;
}

/* Whether `insn`, if it is a repeated one, has something left to do. */
static bool iterates(const struct cpu *cpu, const struct insn *insn)
{
    uint32_t count = cpu->registers.general[ECX];
    return (insn->address16 ? count & 0xFFFF : count) != 0;
}

/* One instruction in the engine. */
static bool step_engine(struct cpu *cpu, const struct insn *insn,
                        uint32_t *until, struct cpu_exit *exit)
{
    uint32_t trap = cpu->registers.eflags & EFLAGS_TF;
    bool pops = insn != NULL && pops_flags(insn);
    bool works = insn != NULL && iterates(cpu, insn);
    cpu->stepping = true;
    enum engine_end end = run_engine(cpu, 0);
    cpu->stepping = false;
    bool stepped =
        cpu->stopped == STOPPED_INTERRUPT && cpu->vector == VECTOR_DEBUG;
    if (!stepped || !pops)
        cpu->registers.eflags = (cpu->registers.eflags & ~EFLAGS_TF) | trap;
    if (!stepped)
        return stops_after(cpu, end, until, exit);
    cpu->iterated = works;
    blocks_stop_behind(cpu);
    cpu->iterated = false;
    cpu->ran_here++; /* a jump to itself gets on */
    cpu->trapped = trap != 0;
    return false;
}

bool step_once(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    struct insn insn;
    const struct insn *next = NULL;
    if (!cpu->meter.unlimited && cpu->meter.left == 0) {
        exit->stop = CPU_STOP_BUDGET;
        return true;
    }
    cpu->stopped = STOPPED_NOT;
    cpu->miss.why = MISS_NONE;
    cpu->refused = false;
    cpu->split = NOWHERE;
    if (view_decode(&cpu->view, here(cpu), &insn))
        next = &insn;
    look_at(cpu, next);
    if (cpu->stopped == STOPPED_NOT)
        return step_engine(cpu, next, until, exit);
    blocks_begin_refused(cpu);
    return stops_after(cpu, ENGINE_STOPPED, until, exit);
}
