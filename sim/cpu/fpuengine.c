/* fpuengine.c: see fpuengine.h. */
#include "cpu/fpuengine.h"

#include "cpu/engine.h"
#include "cpu/fpuexec.h"
#include "cpu/fpuflags.h"
#include "cpu/state.h"

#define CR0_MP 0x00000002u
#define CR0_TS 0x00000008u

void fpuengine_trap(struct cpu *cpu, bool traps)
{
    if (traps == cpu->fpu_traps)
        return;
    cpu->fpu_traps = traps;
    uint64_t cr0 = engine_get(cpu->engine, ENGINE_CR0);
    cr0 = traps ? cr0 | CR0_TS | CR0_MP : cr0 & ~(uint64_t)(CR0_TS | CR0_MP);
    (void)engine_set(cpu->engine, ENGINE_CR0, cr0);
}

void fpuengine_see_trap(struct cpu *cpu)
{
    cpu->fpu_traps = (engine_get(cpu->engine, ENGINE_CR0) & CR0_TS) != 0;
}

/* The flags that the engine has collected are those of the guest: there is
 * nowhere else to look. */
static void fetch_fpu_flags(struct cpu *cpu, struct fpu_state *state)
{
    if (cpu->fpu_flags.fpu == 0)
        return;
    engine_context_save(cpu->engine, cpu->patched->state);
    state->status =
        (uint16_t)((state->status & ~FPU_STATUS_FLAGS) |
                   fpu_flags_of_fpu(cpu->patched->state, &cpu->fpu_flags));
    state->mxcsr = (state->mxcsr & ~FPU_STATUS_FLAGS) |
                   fpu_flags_of_sse(cpu->patched->state, &cpu->fpu_flags);
}

static void store_fpu_flags(struct cpu *cpu, const struct fpu_state *state)
{
    if (cpu->fpu_flags.fpu == 0)
        return;
    engine_context_save(cpu->engine, cpu->patched->state);
    fpu_flags_set(cpu->patched->state, &cpu->fpu_flags,
                  state->status & FPU_STATUS_FLAGS, state->mxcsr);
    engine_context_restore(cpu->engine, cpu->patched->state);
}

void cpu_fpu_save(struct cpu *cpu, struct fpu_state *state)
{
    fpu_state_init(state);
    if (cpu->engine == NULL)
        return;
    engine_fetch_fpu(cpu->engine, state);
    fetch_fpu_flags(cpu, state);
    fpu_normalize(state);
}

void cpu_fpu_load(struct cpu *cpu, const struct fpu_state *state)
{
    struct fpu_state loaded = *state;
    if (cpu->engine == NULL)
        return;
    fpu_normalize(&loaded);
    engine_store_fpu(cpu->engine, &loaded);
    store_fpu_flags(cpu, &loaded);
    if (cpu->fpu_host != NULL)
        fpuengine_trap(cpu, fpu_is_unmasked(&loaded) ||
                                (loaded.status & FPU_STATUS_SUMMARY) != 0);
}

void fpuengine_show_flags(struct cpu *cpu)
{
    struct fpu_state state = {
        .status = (uint16_t)engine_get(cpu->engine, ENGINE_FPU_STATUS)};
    uint16_t shown = state.status;
    fetch_fpu_flags(cpu, &state);
    if (state.status != shown)
        (void)engine_set(cpu->engine, ENGINE_FPU_STATUS, state.status);
}

void fpuengine_fill_exponents(struct cpu *cpu, uint8_t mmx)
{
    for (int i = 0; i < (int)FPU_REGISTERS; i++) {
        uint8_t value[16] = {0};
        if ((mmx >> i & 1) == 0)
            continue;
        engine_get_fpu(cpu->engine, i, value);
        value[8] = value[9] = 0xFF;
        engine_set_fpu(cpu->engine, i, value);
    }
}
