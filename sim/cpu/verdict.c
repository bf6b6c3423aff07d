/* verdict.c: see verdict.h. */
#include "cpu/verdict.h"

#include "cpu/blame.h"
#include "cpu/segments.h"
#include "cpu/state.h"

enum verdict verdict_of(struct cpu *cpu, const struct insn *insn)
{
    struct refusal refusal;
    bool stored = false;
    cpu_load_segments(cpu);
    bool refused = blame_insn(&cpu->view, insn, &cpu->fault, &refusal, &stored);
    if (stored)
        cpu->code_stale = true; /* it might have been code */
    if (!refused)
        return VERDICT_DONE;
    if (refusal.vector == NO_EXCEPTION)
        return VERDICT_FAULT;
    cpu->vector = refusal.vector;
    cpu->error = refusal.error;
    return VERDICT_EXCEPTION;
}
