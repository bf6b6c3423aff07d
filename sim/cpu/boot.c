/* boot.c: see boot.h. */
#include "cpu/boot.h"

#include <string.h>

#include "cpu/context.h"
#include "cpu/engine.h"
#include "cpu/probe.h"
#include "cpu/run.h"
#include "cpu/segments.h"
#include "cpu/state.h"
#include "cpu/translations.h"

#define CR4_OSFXSR     0x200u
#define CR4_OSXMMEXCPT 0x400u

/* of the boot's stack: enough that a block ends before its page does */
#define PROVOKING_BYTES 64u

static bool write_selector(struct cpu *cpu, enum segment_register segment,
                           uint16_t selector)
{
    return engine_set(cpu->engine, ENGINE_SELECTOR + segment, selector);
}

/* 80386 manual, chapter 9.6: IRET to an outer level pops EIP, CS, EFLAGS, ESP
 * and SS. */
static bool push_iret_frame(struct cpu *cpu,
                            const struct cpu_segments *segments)
{
    /* stops there; nothing is executed */
    const uint32_t after = segments->iret_linear + 1;
    const uint32_t frame[] = {after, segments->user_code,
                              EFLAGS_ONE | EFLAGS_IF, 0, segments->user_data};
    struct mmu_fault fault;
    uint32_t esp = segments->stack_linear - (uint32_t)sizeof frame;
    cpu->registers.general[ESP] = esp;
    cpu->registers.eip = segments->iret_linear;
    cpu->registers.eflags = EFLAGS_ONE;
    return mmu_write(&cpu->mmu, esp, frame, sizeof frame, false, &fault);
}

static bool run_iret(struct cpu *cpu, const struct cpu_segments *segments)
{
    const uint32_t after = segments->iret_linear + 1;
    return push_iret_frame(cpu, segments) &&
           run_engine(cpu, after) == ENGINE_STOPPED &&
           segments_selector(cpu, CS) == segments->user_code;
}

/* Without it FXSAVE and FXRSTOR leave out SSE's state (SDM volume 3, 2.5). The
 * model's CR4 knows nothing of it: it is no matter of paging. */
static bool enable_sse(struct cpu *cpu)
{
    return engine_set(cpu->engine, ENGINE_CR4, CR4_OSFXSR | CR4_OSXMMEXCPT);
}

/* Unicorn starts with MXCSR 0; a reset leaves 0x1F80 there (SDM volume
 * 1, 10.2.3). */
static bool mask_sse_exceptions(struct cpu *cpu)
{
    return engine_set(cpu->engine, ENGINE_MXCSR, MXCSR_INITIAL);
}

/* Unicorn starts with control word 0: single precision, nothing masked. Linux
 * gives a program what FNINIT leaves (SDM volume 1, 8.1.5; volume 2A,
 * FINIT). */
static bool initialize_fpu(struct cpu *cpu)
{
    return engine_set(cpu->engine, ENGINE_FPU_CONTROL, FPU_CONTROL_INITIAL) &&
           engine_set(cpu->engine, ENGINE_FPU_TAGS, 0xFFFF);
}

static bool enter_without_engine(struct cpu *cpu,
                                 const struct cpu_segments *segments)
{
    if (!push_iret_frame(cpu, segments))
        return false;
    memset(&cpu->registers, 0, sizeof cpu->registers);
    cpu->registers.eflags = EFLAGS_ONE | EFLAGS_IF;
    cpu->registers.selector[CS] = segments->user_code;
    cpu->registers.selector[SS] = segments->user_data;
    return true;
}

bool cpu_enter_user(struct cpu *cpu, const struct cpu_segments *segments)
{
    if (cpu->engine == NULL)
        return enter_without_engine(cpu, segments);
    cpu->tables = (struct segment_tables){.gdt_linear = segments->gdt_linear,
                                          .gdt_bytes = segments->gdt_bytes};
    cpu->flat_selector = segments->user_data;
    cpu->booting = true;
    bool done = engine_load_gdt(cpu->engine, segments->gdt_linear,
                                segments->gdt_bytes) &&
                write_selector(cpu, CS, segments->kernel_code) &&
                write_selector(cpu, SS, segments->kernel_data) &&
                run_iret(cpu, segments) &&
                write_selector(cpu, DS, segments->user_data) &&
                write_selector(cpu, ES, segments->user_data) &&
                write_selector(cpu, FS, 0) && write_selector(cpu, GS, 0) &&
                enable_sse(cpu) && mask_sse_exceptions(cpu) &&
                initialize_fpu(cpu);
    cpu->patched = cpu_context_new(cpu);
    done = done && cpu->patched != NULL &&
           probe_inflight(cpu, segments->stack_linear - PROVOKING_BYTES);
    if (done)
        probe_fpu_flags(cpu, segments->stack_linear - PROVOKING_BYTES);
    cpu->booting = false;
    cpu->code_stale = true;
    memset(&cpu->registers, 0, sizeof cpu->registers);
    cpu->registers.eflags = EFLAGS_ONE | EFLAGS_IF;
    cpu_store_registers(cpu);
    cpu_load_segments(cpu);
    cpu_forget_translations(cpu);
    cpu->fresh = cpu_context_new(cpu);
    if (cpu->fresh == NULL)
        return false;
    cpu_context_save(cpu, cpu->fresh);
    return done;
}
