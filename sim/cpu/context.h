/* context.h: what a process has beyond struct registers: FPU, SSE, descriptors.
 */
#ifndef MMU386_CONTEXT_H
#define MMU386_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;
struct cpu_context;

/* A new one is the state of a fresh program. NULL where memory is short. */
struct cpu_context *cpu_context_new(struct cpu *cpu);
void cpu_context_free(struct cpu_context *context);

/* Between the processor and a context, while it is stopped. */
void cpu_context_save(struct cpu *cpu, struct cpu_context *context);
void cpu_context_restore(struct cpu *cpu, const struct cpu_context *context);

/* The context becomes the state of a fresh program. */
void cpu_context_fresh(struct cpu *cpu, struct cpu_context *context);

#endif
