/* fpurun.c: see fpurun.h. */
#include "cpu/fpurun.h"

#include <string.h>

#include "cpu/accesses.h"
#include "cpu/blame.h"
#include "cpu/blocks.h"
#include "cpu/fpuengine.h"
#include "cpu/fpuexec.h"
#include "cpu/segments.h"
#include "cpu/state.h"
#include "cpu/translations.h"
#include "cpu/verdict.h"

/* The engine makes accesses of at most so many bytes. */
#define FPU_PART_BYTES 8u

static void drop_code_at(struct cpu *cpu, uint32_t linear)
{
    uint32_t phys;
    struct mmu_fault fault;
    if (mmu_probe(&cpu->mmu, linear, MMU_ACCESS_WRITE, true, &phys, &fault))
        cpu_frame_written(cpu, phys >> MMU_PAGE_SHIFT);
}

static void tell_part(struct cpu *cpu, uint32_t linear, uint32_t bytes,
                      enum mmu_access access)
{
    struct watched_access *told =
        cpu->watch.watcher.accesses ? watch_access(&cpu->watch) : NULL;
    if (told != NULL)
        *told = (struct watched_access){
            .linear = linear,
            .insn = WATCH_LAST_INSN,
            .bytes = (uint8_t)bytes,
            .access = (uint8_t)access,
        };
}

/* As of the engine's own accesses: what is read across a page's end is told of
 * once a page, a store once. */
static void tell_operand(struct cpu *cpu, uint32_t linear, uint32_t bytes,
                         enum mmu_access access)
{
    uint32_t here = MMU_PAGE_SIZE - (linear & ~MMU_PAGE_MASK);
    if (access == MMU_ACCESS_WRITE || bytes <= here) {
        tell_part(cpu, linear, bytes, access);
        return;
    }
    tell_part(cpu, linear, here, access);
    tell_part(cpu, linear + here, bytes - here, access);
}

/* Makes the accesses of `insn` to its operand; none of them is refused. */
static void access_operand(struct cpu *cpu, const struct insn *insn,
                           uint32_t linear, const uint8_t *operand)
{
    uint8_t part[FPU_PART_BYTES];
    struct mmu_fault fault;
    uint32_t bytes = insn->memory.bytes;
    uint32_t here;
    for (uint32_t at = 0; at < bytes; at += here) {
        here = bytes - at < FPU_PART_BYTES ? bytes - at : FPU_PART_BYTES;
        if (insn->memory.read) {
            tell_operand(cpu, linear + at, here, MMU_ACCESS_READ);
            (void)mmu_read(&cpu->mmu, linear + at, part, here, true, &fault);
        }
        if (insn->memory.write) {
            tell_operand(cpu, linear + at, here, MMU_ACCESS_WRITE);
            (void)mmu_write(&cpu->mmu, linear + at, operand + at, here, true,
                            &fault);
        }
    }
    if (insn->memory.write) {
        drop_code_at(cpu, linear);
        drop_code_at(cpu, linear + bytes - 1);
    }
}

static uint32_t operand_linear(const struct cpu *cpu, const struct insn *insn)
{
    return insn->has_memory ? blame_operand(&cpu->view, insn) : 0;
}

/* The FPU's state after `insn` goes to the engine, which goes on by itself
 * where it may. */
static void settle_fpu(struct cpu *cpu, const struct fpu_state *before,
                       const struct fpu_state *state)
{
    cpu_fpu_load(cpu, state);
    if ((state->status & ~before->status & FPU_STATUS_STACK) != 0)
        cpu->fpu_watched = FPU_WATCHED;
    else if (cpu->fpu_watched > 0)
        cpu->fpu_watched--;
    if (cpu->fpu_watched > 0)
        fpuengine_trap(cpu, true);
}

/* Executes `insn`, at EIP, whose operand is there to be accessed. */
static enum fpu_result execute_fpu(struct cpu *cpu, const struct insn *insn)
{
    uint8_t operand[FPU_HOST_OPERAND_BYTES] = {0};
    struct fpu_state before;
    struct fpu_state state;
    struct registers registers = cpu->registers;
    uint32_t linear = operand_linear(cpu, insn);
    if (insn->has_memory)
        (void)view_read_code(&cpu->view, linear, operand, insn->memory.bytes);
    cpu_fpu_save(cpu, &before);
    state = before;
    enum fpu_result result = fpu_execute(
        cpu->fpu_host, insn, &state, &registers, operand, linear, &cpu->vector);
    if (result == FPU_DONE) {
        cpu->trapped = (cpu->registers.eflags & EFLAGS_TF) != 0;
        (void)blocks_count_here(cpu, insn);
        cpu->ran_here++;
        if (insn->has_memory)
            access_operand(cpu, insn, linear, operand);
        memcpy(cpu->registers.general, registers.general,
               sizeof registers.general);
        cpu->registers.eip = registers.eip;
        cpu->registers.eflags = registers.eflags;
    }
    settle_fpu(cpu, &before, &state);
    return result;
}

/* FSTP and FBSTP store eight of their ten bytes first: these stay where only
 * the others are refused (SDM volume 3, 9.1.1: such an access may be
 * several). */
static void store_first_part(struct cpu *cpu, const struct insn *insn,
                             const struct fpu_state *before)
{
    uint8_t operand[FPU_HOST_OPERAND_BYTES] = {0};
    struct fpu_state state = *before;
    struct registers registers = cpu->registers;
    uint32_t linear = operand_linear(cpu, insn);
    uint32_t vector;
    struct mmu_fault fault;
    if (!insn->memory.write || insn->memory.bytes != 10 ||
        cpu->fault.linear - linear < FPU_PART_BYTES ||
        fpu_execute(cpu->fpu_host, insn, &state, &registers, operand, linear,
                    &vector) != FPU_DONE)
        return;
    tell_operand(cpu, linear, FPU_PART_BYTES, MMU_ACCESS_WRITE);
    (void)mmu_write(&cpu->mmu, linear, operand, FPU_PART_BYTES, true, &fault);
    drop_code_at(cpu, linear);
}

/* What comes before an operand is accessed: true where *exit is set. */
static bool fpu_is_refused(struct cpu *cpu, const struct insn *insn,
                           struct cpu_exit *exit)
{
    struct fpu_state state;
    cpu_fpu_save(cpu, &state);
    exit->stop = CPU_STOP_EXCEPTION;
    if (fpu_check(&state, insn, operand_linear(cpu, insn), &exit->vector) ==
        FPU_RAISES)
        return true;
    switch (verdict_of(cpu, insn)) {
    case VERDICT_DONE:
        return false;
    case VERDICT_FAULT:
        if (fpu_is_executed_here(insn))
            store_first_part(cpu, insn, &state);
        accesses_look_up_fault(cpu);
        cpu_exit_fault(cpu, exit);
        return true;
    case VERDICT_EXCEPTION:
        break;
    }
    exit->vector = cpu->vector;
    exit->error = cpu->error;
    return true;
}

/* The engine runs the instruction at EIP, which it stopped at, alone. */
static void step_fpu(struct cpu *cpu, const struct insn *insn, uint32_t *until)
{
    fpuengine_fill_exponents(cpu, fpu_mmx_written(insn));
    fpuengine_trap(cpu, false);
    cpu->fpu_steps = true;
    blocks_resume(cpu);
    *until = insn->linear + insn->length;
}

bool fpurun_after(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    struct insn insn;
    cpu_load_segments(cpu);
    blocks_stop_in(cpu);
    if (!blocks_fetch_rest(cpu)) {
        cpu_exit_fault(cpu, exit);
        return true;
    }
    if (!view_decode(&cpu->view, here(cpu), &insn)) {
        cpu_exit_exception(exit, VECTOR_INVALID, 0);
        return true;
    }
    if (insn.raises != NO_EXCEPTION) {
        cpu_exit_exception(exit, insn.raises, 0);
        return true;
    }
    bool known = fpu_is_executed_here(&insn);
    if ((known || fpu_is_vector(&insn)) && fpu_is_refused(cpu, &insn, exit))
        return true;
    if (!known) {
        step_fpu(cpu, &insn, until);
        return false;
    }
    if (execute_fpu(cpu, &insn) == FPU_DONE)
        return false;
    cpu_exit_exception(exit, cpu->vector, 0);
    return true;
}
