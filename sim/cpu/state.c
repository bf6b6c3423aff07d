/* state.c: see state.h. */
#include "cpu/state.h"

#include <inttypes.h>
#include <stdio.h>

#include "cpu/engine.h"

#define EFLAGS_IOPL_1 0x1000u

/* What the engine's EFLAGS have besides: TF, where it is to run one
 * instruction; and, while GS is not flat, a bit of IOPL. Ring 3 has no more
 * rights with IOPL 1 than with 0, and the engine translates code apart for it:
 * that in which what goes through GS is guarded. */
static uint32_t extra_flags(const struct cpu *cpu)
{
    return (cpu->stepping ? EFLAGS_TF : 0) | (cpu->gs_flat ? 0 : EFLAGS_IOPL_1);
}

void cpu_store_registers(struct cpu *cpu)
{
    uint32_t eflags = (cpu->registers.eflags & ~EFLAGS_RF) | extra_flags(cpu);
    engine_store(cpu->engine, &cpu->registers, eflags);
}

void cpu_fetch_registers(struct cpu *cpu)
{
    engine_fetch(cpu->engine, &cpu->registers);
    cpu->registers.eflags &= ~EFLAGS_IOPL; /* ring 3 never has any */
}

void cpu_stop_at(struct cpu *cpu, enum stopped why, uint32_t linear)
{
    cpu->stopped = why;
    cpu->stopped_at = linear;
    if (cpu->running)
        engine_stop(cpu->engine);
}

void cpu_stop(struct cpu *cpu, enum stopped why)
{
    cpu_stop_at(cpu, why, NOWHERE);
}

void cpu_exit_broken(struct cpu *cpu, struct cpu_exit *exit, const char *why)
{
    (void)snprintf(cpu->why, sizeof cpu->why,
                   "the processor at eip 0x%08" PRIx32 ": %s",
                   cpu->registers.eip, why);
    exit->stop = CPU_STOP_BROKEN;
    exit->why = cpu->why;
}

void cpu_exit_fault(struct cpu *cpu, struct cpu_exit *exit)
{
    exit->stop = CPU_STOP_FAULT;
    exit->fault = cpu->fault;
}

void cpu_exit_exception(struct cpu_exit *exit, uint32_t vector, uint32_t error)
{
    exit->stop = CPU_STOP_EXCEPTION;
    exit->vector = vector;
    exit->error = error;
}
