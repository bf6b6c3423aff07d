/* probe.c: see probe.h. */
#include "cpu/probe.h"

#include <string.h>

#include "cpu/context.h"
#include "cpu/engine.h"
#include "cpu/fpuflags.h"
#include "cpu/inflight.h"
#include "cpu/run.h"
#include "cpu/state.h"

#define FLAG_PRECISION 0x20u

/* What raises a divide error with EAX 0, and at ring 3 a general protection
 * fault; and a jump to itself, which ends the block. */
static const uint8_t divide_code[] = {0xF7, 0xF0, 0xEB, 0xFE}; /* DIV EAX */
static const uint8_t halt_code[] = {0xF4, 0x90, 0xEB, 0xFE};   /* HLT, NOP */

/* FLDPI, FMUL ST(0); or in XMM0 a number whose square is not exact. */
static const uint8_t fpu_code[] = {0xD9, 0xEB, 0xDC, 0xC8, 0xCC, 0xEB, 0xFE};
static const uint8_t sse_code[] = {0x66, 0x0F, 0x76, 0xC0, 0x66, 0x0F,
                                   0x73, 0xD0, 0x02, 0xF2, 0x0F, 0x59,
                                   0xC0, 0xCC, 0xEB, 0xFE};

/* Has the engine raise an exception at `linear`, a page of the supervisor's,
 * from the state that `from` (NULL: the one it is in) holds, and saves the
 * state behind it in `to`. */
static bool provoke(struct cpu *cpu, uint32_t linear, const uint8_t *code,
                    uint32_t bytes, const struct cpu_context *from,
                    struct cpu_context *to)
{
    struct mmu_fault fault;
    uint32_t phys;
    if (from != NULL)
        cpu_context_restore(cpu, from);
    /* Nothing of this is counted: a replay's processor does not do it. */
    if (!mmu_probe(&cpu->mmu, linear, MMU_ACCESS_WRITE, false, &phys, &fault))
        return false;
    memcpy(cpu->mem->base + phys, code, bytes);
    memset(&cpu->registers, 0, sizeof cpu->registers);
    cpu->registers.eip = linear;
    cpu->registers.eflags = EFLAGS_ONE;
    cpu->code_stale = true;
    (void)run_engine(cpu, 0);
    cpu_context_save(cpu, to);
    return cpu->stopped == STOPPED_INTERRUPT;
}

bool probe_inflight(struct cpu *cpu, uint32_t linear)
{
    struct cpu_context *context[4] = {NULL};
    bool made = true;
    for (int i = 0; i < 4; i++)
        made = (context[i] = cpu_context_new(cpu)) != NULL && made;
    if (made) {
        cpu_context_save(cpu, context[0]);
        made =
            provoke(cpu, linear, divide_code, sizeof divide_code, NULL,
                    context[1]) &&
            provoke(cpu, linear, halt_code, sizeof halt_code, context[0],
                    context[2]) &&
            provoke(cpu, linear, halt_code, sizeof halt_code, NULL, context[3]);
    }
    if (made)
        cpu->inflight = inflight_find(context[0]->state, context[1]->state,
                                      context[2]->state, context[3]->state,
                                      engine_context_bytes(cpu->engine));
    if (cpu->inflight != 0) {
        run_forget_exception(cpu);
        made = provoke(cpu, linear, divide_code, sizeof divide_code, NULL,
                       context[3]) &&
               cpu->vector == VECTOR_DIVIDE;
        cpu_context_restore(cpu, context[0]);
    }
    for (int i = 0; i < 4; i++)
        cpu_context_free(context[i]);
    return made && cpu->inflight != 0;
}

static bool raises_precision(struct cpu *cpu, uint32_t linear,
                             const uint8_t *code, uint32_t bytes,
                             const struct cpu_context *from,
                             struct cpu_context *to, uint8_t fpu, uint8_t sse)
{
    return provoke(cpu, linear, code, bytes, from, to) &&
           fpu_flags_of_fpu(to->state, &cpu->fpu_flags) == fpu &&
           fpu_flags_of_sse(to->state, &cpu->fpu_flags) == sse;
}

void probe_fpu_flags(struct cpu *cpu, uint32_t linear)
{
    static const uint64_t fdp[2] = {0x0000A1B2C3D4E5F6u, 0x00005A4B3C2D1E0Fu};
    static const uint32_t mxcsr[2] = {0x1F80u, 0x7FA0u};
    struct cpu_context *context[3] = {NULL};
    bool made = true;
    for (int i = 0; i < 3; i++)
        made = (context[i] = cpu_context_new(cpu)) != NULL && made;
    if (made) {
        cpu_context_save(cpu, context[2]);
        for (int i = 0; i < 2; i++) {
            (void)engine_set(cpu->engine, ENGINE_FPU_DATA, fdp[i]);
            (void)engine_set(cpu->engine, ENGINE_MXCSR, mxcsr[i]);
            cpu_context_save(cpu, context[i]);
        }
        const void *const states[2] = {context[0]->state, context[1]->state};
        cpu->fpu_flags = fpu_flags_find(
            states, engine_context_bytes(cpu->engine), fdp, mxcsr);
        if (cpu->fpu_flags.fpu != 0 &&
            (!raises_precision(cpu, linear, fpu_code, sizeof fpu_code,
                               context[2], context[0], FLAG_PRECISION, 0) ||
             !raises_precision(cpu, linear, sse_code, sizeof sse_code,
                               context[2], context[0], 0, FLAG_PRECISION)))
            cpu->fpu_flags = (struct fpu_flags){0};
        cpu_context_restore(cpu, context[2]);
    }
    for (int i = 0; i < 3; i++)
        cpu_context_free(context[i]);
}
