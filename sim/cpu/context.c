/* context.c: see context.h. */
#include "cpu/context.h"

#include <stdlib.h>

#include "cpu/engine.h"
#include "cpu/fpuengine.h"
#include "cpu/state.h"

struct cpu_context *cpu_context_new(struct cpu *cpu)
{
    struct cpu_context *context = calloc(1, sizeof *context);
    if (context == NULL || cpu->engine == NULL)
        return context;
    context->state = engine_context_new(cpu->engine);
    if (context->state == NULL) {
        free(context);
        return NULL;
    }
    if (cpu->fresh != NULL)
        cpu_context_fresh(cpu, context);
    return context;
}

void cpu_context_free(struct cpu_context *context)
{
    if (context == NULL)
        return;
    engine_context_free(context->state);
    free(context);
}

void cpu_context_save(struct cpu *cpu, struct cpu_context *context)
{
    if (cpu->engine != NULL)
        engine_context_save(cpu->engine, context->state);
}

void cpu_context_restore(struct cpu *cpu, const struct cpu_context *context)
{
    if (cpu->engine == NULL)
        return;
    engine_context_restore(cpu->engine, context->state);
    cpu->segments_stale = true;
    fpuengine_see_trap(cpu);
}

/* Unicorn copies a context only through the engine. */
void cpu_context_fresh(struct cpu *cpu, struct cpu_context *context)
{
    if (cpu->engine == NULL)
        return;
    struct engine_context *now = engine_context_new(cpu->engine);
    if (now == NULL)
        return;
    engine_context_save(cpu->engine, now);
    engine_context_restore(cpu->engine, cpu->fresh->state);
    engine_context_save(cpu->engine, context->state);
    engine_context_restore(cpu->engine, now);
    engine_context_free(now);
}
