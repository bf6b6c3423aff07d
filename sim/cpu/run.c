/* run.c: see run.h. */
#include "cpu/run.h"

#include "cpu/engine.h"
#include "cpu/fpuengine.h"
#include "cpu/inflight.h"
#include "cpu/state.h"
#include "cpu/translations.h"

void run_forget_exception(struct cpu *cpu)
{
    engine_context_save(cpu->engine, cpu->patched->state);
    inflight_clear(cpu->patched->state, cpu->inflight);
    engine_context_restore(cpu->engine, cpu->patched->state);
}

enum engine_end run_engine(struct cpu *cpu, uint32_t until)
{
    translations_settle(cpu);
    if (cpu->shadow.wanted)
        translations_cast_shadow(cpu);
    if (cpu->barred.count > 0 && cpu->run_to != until) {
        cpu->run_to = until;
        translations_set_exits(cpu);
    }
    cpu->run_to = until;
    cpu->stopped = STOPPED_NOT;
    cpu->miss.why = MISS_NONE;
    cpu->split = NOWHERE;
    cpu->refused = false;
    rewrite_forget(&cpu->rewrite);
    fetches_restart(&cpu->fetches);
    cpu_store_registers(cpu);
    cpu->running = true;
    enum engine_end end = engine_run(cpu->engine, cpu->registers.eip, until);
    cpu->running = false;
    cpu_fetch_registers(cpu);
    if (cpu->fpu_steps) {
        cpu->fpu_steps = false;
        fpuengine_trap(cpu, true);
    }
    if (cpu->shadow.cast)
        translations_lift_shadow(cpu);
    if (cpu->stopped != STOPPED_NOT && cpu->stopped_at != NOWHERE)
        /* A jump from one block to the next stores none. */
        cpu->registers.eip = cpu->stopped_at - cpu->registers.base[CS];
    return end;
}
