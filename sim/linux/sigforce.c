/* sigforce.c: see sigforce.h. */
#include "linux/sigforce.h"

#include "cpu/trap.h"
#include "linux/kernelstack.h"

static struct signal_info page_fault_info(const struct process *process,
                                          uint32_t signal)
{
    uint32_t linear = process->signals.fault_linear;
    if (signal == SIGNAL_BUS)
        return (struct signal_info){.code = CODE_BUS_ADRERR, .word = {linear}};
    bool mapped = mappings_find(&process->mappings, linear) != NULL;
    return (struct signal_info){
        .code = mapped ? CODE_SEGV_ACCERR : CODE_SEGV_MAPERR, .word = {linear}};
}

/* As Linux has it (arch/x86/kernel/fpu/core.c, fpu__exception_code): of several
 * the first of these; a denormal operand passes for an underflow, a fault of
 * the register stack for an invalid operand.
 */
static int32_t fpu_code(struct kernel *kernel, bool sse)
{
    struct fpu_state state;
    cpu_fpu_save(kernel->machine.cpu, &state);
    uint32_t raised = fpu_raised(&state, sse);
    if ((raised & 0x01) != 0)
        return CODE_FPE_FLTINV;
    if ((raised & 0x04) != 0)
        return CODE_FPE_FLTDIV;
    if ((raised & 0x08) != 0)
        return CODE_FPE_FLTOVF;
    return (raised & 0x12) != 0 ? CODE_FPE_FLTUND : CODE_FPE_FLTRES;
}

static struct signal_info exception_info(struct kernel *kernel,
                                         const struct process *process,
                                         uint32_t signal, uint32_t eip)
{
    uint32_t vector = process->signals.fault_vector;
    switch (vector) {
    case VECTOR_FPU:
    case VECTOR_SIMD:
        return (struct signal_info){
            .code = fpu_code(kernel, vector == VECTOR_SIMD), .word = {eip}};
    case VECTOR_DIVIDE:
        return (struct signal_info){.code = CODE_FPE_INTDIV, .word = {eip}};
    case VECTOR_DEBUG:
        return (struct signal_info){.code = process->signals.fault_stepped
                                                ? CODE_TRAP_TRACE
                                                : CODE_TRAP_BRKPT,
                                    .word = {eip}};
    case VECTOR_INVALID:
        return (struct signal_info){.code = CODE_ILL_ILLOPN, .word = {eip}};
    case VECTOR_PAGE_FAULT:
        return page_fault_info(process, signal);
    case VECTOR_ALIGNMENT:
        return (struct signal_info){.code = CODE_BUS_ADRALN};
    default:
        return (struct signal_info){.code = CODE_KERNEL};
    }
}

void signal_force_kernel(struct process *process, uint32_t signal,
                         enum signal_cause cause)
{
    const struct signal_info info = {.code = CODE_KERNEL, .cause = cause};
    signals_force(&process->signals, signal, &info);
}

void signal_force(struct kernel *kernel, struct process *process,
                  uint32_t signal)
{
    struct user_frame frame;
    kernel_stack_read_frame(kernel, process, &frame);
    struct signal_info info =
        exception_info(kernel, process, signal, frame.eip);
    info.cause = signal == SIGNAL_KILL ? CAUSE_NO_MEMORY : CAUSE_EXCEPTION;
    signals_force(&process->signals, signal, &info);
}

void signal_force_no_memory(struct kernel *kernel, struct process *process)
{
    if (process->state != PROCESS_ZOMBIE)
        signal_force(kernel, process, SIGNAL_KILL);
}
