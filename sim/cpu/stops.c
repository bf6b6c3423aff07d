/* stops.c: see stops.h. */
#include "cpu/stops.h"

#include "cpu/accesses.h"
#include "cpu/barred.h"
#include "cpu/blocks.h"
#include "cpu/fpulook.h"
#include "cpu/fpurun.h"
#include "cpu/guarding.h"
#include "cpu/misses.h"
#include "cpu/run.h"
#include "cpu/runhere.h"
#include "cpu/state.h"
#include "cpu/translations.h"

/* INT n leaves EIP past itself, an exception at the instruction that raised it.
 * Those that could be taken for one another stopped before they ran (struct
 * insn's `interrupt`), but for INT 3 and INT 4: nothing else leaves EIP behind
 * such bytes with that vector. */
static bool is_software_interrupt(const struct cpu *cpu)
{
    uint8_t code[2];
    if (cpu->vector >= 32)
        return true;
    return (cpu->vector == VECTOR_BREAKPOINT ||
            cpu->vector == VECTOR_OVERFLOW) &&
           view_read_code(&cpu->view, here(cpu) - 2, code, 2) == 2 &&
           code[0] == 0xCD && code[1] == cpu->vector;
}

static void stop_by_software(struct cpu *cpu, struct cpu_exit *exit)
{
    uint32_t eip = cpu->registers.eip;
    runhere(cpu, runhere_interrupt);
    exit->stop = CPU_STOP_INTERRUPT;
    exit->vector = cpu->vector;
    exit->insn_bytes = cpu->registers.eip - eip;
}

/* True where *exit is set. */
static bool add_guards(struct cpu *cpu, uint32_t start, uint32_t end,
                       struct cpu_exit *exit)
{
    if (guarding_add(cpu, start, end))
        return false;
    cpu_exit_broken(cpu, exit, "too many instructions to guard");
    return true;
}

/* The engine refused the instruction at EIP, perhaps for another reason than
 * the processor has, and before it had read it whole, so that it could not be
 * guarded. True where *exit is set. */
static bool after_refusal(struct cpu *cpu, uint32_t vector,
                          struct cpu_exit *exit)
{
    struct insn insn;
    uint32_t linear = here(cpu);
    if (!blocks_stop_at_insn(cpu)) {
        cpu_exit_fault(cpu, exit);
        return true;
    }
    bool decoded = view_decode(&cpu->view, linear, &insn);
    if (decoded && insn.raises != NO_EXCEPTION) {
        cpu_exit_exception(exit, insn.raises, 0);
        return true;
    }
    if (!decoded || !guarding_wants(cpu, linear, linear + insn.length)) {
        cpu_exit_exception(exit, vector, 0);
        return true;
    }
    blocks_resume(cpu);
    return add_guards(cpu, linear, linear + insn.length, exit);
}

static bool stop_by_vector(struct cpu *cpu, struct cpu_exit *exit)
{
    exit->vector = cpu->vector;
    cpu->debug_status = DR6_BS;
    if (is_software_interrupt(cpu)) {
        exit->stop = CPU_STOP_INTERRUPT;
        exit->insn_bytes = 2;
        blocks_stop_behind(cpu);
        return true;
    }
    run_forget_exception(cpu);
    if (cpu->vector == VECTOR_INVALID || cpu->vector == VECTOR_PROTECTION)
        return after_refusal(cpu, cpu->vector, exit);
    if (cpu->vector == VECTOR_DEBUG)
        blocks_stop_behind(cpu); /* single-stepped: done, wherever it led, into
                                   itself too */
    else
        blocks_stop_in(cpu);
    cpu_exit_exception(exit, cpu->vector, 0);
    return true;
}

bool stops_at_barred(struct cpu *cpu, struct cpu_exit *exit)
{
    uint32_t linear = here(cpu);
    if (cpu->barred.count == 0 || !barred_has(&cpu->barred, linear))
        return false;
    if (barred_is_one(&cpu->view, linear)) {
        blocks_begin_refused(cpu);
        watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
        cpu_exit_exception(exit, VECTOR_INVALID, 0);
        return true;
    }
    barred_remove(&cpu->barred, linear);
    translations_set_exits(cpu);
    cpu->code_stale = true; /* a translation stops here */
    return false;
}

/* The engine stopped by itself. */
static bool after_end(struct cpu *cpu, enum engine_end end, uint32_t *until,
                      struct cpu_exit *exit)
{
    if (end == ENGINE_EXCEPTION && cpu->miss.why != MISS_NONE)
        return misses_after(cpu, until, exit);
    if (end == ENGINE_INVALID)
        return after_refusal(cpu, VECTOR_INVALID, exit);
    if (end == ENGINE_STOPPED) {
        blocks_stop_behind(cpu);
        if (stops_at_barred(cpu, exit))
            return true;
        if (cpu->run_to == 0)
            cpu->code_stale = true; /* a translation stops in front of what was
                                       barred */
        /* `until` was reached; address 0 stands for none. */
        *until = cpu->registers.eip == 0 ? NOWHERE : 0;
        return false;
    }
    cpu_exit_broken(cpu, exit, engine_why(cpu->engine));
    return true;
}

/* The guarded instruction faults; it was read whole, to be guarded. */
static void stop_by_fault(struct cpu *cpu, struct cpu_exit *exit)
{
    (void)blocks_stop_at_insn(cpu);
    accesses_look_up_fault(cpu);
    cpu_exit_fault(cpu, exit);
}

static void stop_by_exception(struct cpu *cpu, struct cpu_exit *exit)
{
    cpu->debug_status = 0;
    if (cpu->vector == VECTOR_DEBUG)
        runhere(cpu, runhere_trap);
    else
        (void)blocks_stop_at_insn(cpu);
    cpu_exit_exception(exit, cpu->vector, cpu->error);
}

static bool load_here(struct cpu *cpu, struct cpu_exit *exit)
{
    runhere(cpu, runhere_load);
    if (cpu->load_failed)
        cpu_exit_broken(cpu, exit, "the engine refused a segment");
    return cpu->load_failed;
}

static bool after_interrupt(struct cpu *cpu, uint32_t *until,
                            struct cpu_exit *exit)
{
    if (cpu->vector != VECTOR_NO_FPU || !cpu->fpu_traps)
        return stop_by_vector(cpu, exit);
    run_forget_exception(cpu);
    return fpurun_after(cpu, until, exit);
}

bool stops_after(struct cpu *cpu, enum engine_end end, uint32_t *until,
                 struct cpu_exit *exit)
{
    switch (cpu->stopped) {
    case STOPPED_RETIRE:
        blocks_stop_in(cpu);
        fpulook_retire(cpu);
        blocks_resume(cpu);
        return false;
    case STOPPED_FPU:
        return fpurun_after(cpu, until, exit);
    case STOPPED_INTERRUPT:
        return after_interrupt(cpu, until, exit);
    case STOPPED_BLOCK:
        if (cpu->meter.left > 0) {
            *until = meter_end(&cpu->meter, &cpu->view);
            return false;
        }
        exit->stop = CPU_STOP_BUDGET;
        return true;
    case STOPPED_SHADOW:
        blocks_stop_behind(cpu);
        return false;
    case STOPPED_RELAX:
        (void)blocks_count(cpu, false);
        return false;
    case STOPPED_NEW_GUARD:
        blocks_stop_before(cpu);
        return add_guards(cpu, cpu->guard_start, cpu->guard_end, exit);
    case STOPPED_FULL:
        blocks_stop_before(cpu);
        engine_drop_all(cpu->engine);
        return false;
    case STOPPED_GUARD:
        stop_by_fault(cpu, exit);
        return true;
    case STOPPED_TIMESTAMP:
        runhere(cpu, runhere_timestamp);
        return false;
    case STOPPED_FORBIDDEN:
        stop_by_exception(cpu, exit);
        return true;
    case STOPPED_LOAD:
        return load_here(cpu, exit);
    case STOPPED_SOFTWARE:
        stop_by_software(cpu, exit);
        return true;
    case STOPPED_PUSH:
        runhere(cpu, runhere_push_flags);
        return false;
    case STOPPED_EMULATE:
        runhere(cpu, runhere_other);
        return false;
    case STOPPED_NOT:
        break;
    }
    return after_end(cpu, end, until, exit);
}
