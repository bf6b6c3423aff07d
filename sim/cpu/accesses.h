/* accesses.h: the accesses that the engine tells of, through the TLB. */
#ifndef MMU386_ACCESSES_H
#define MMU386_ACCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"
#include "paging.h"

struct cpu;

/* An access through the TLB of a clocked processor; cpu->refused is whether it
 * faults. */
void accesses_through_tlb(struct cpu *cpu, uint32_t linear,
                          enum mmu_access access, bool user);

/* The access that faults goes through the model's TLB as well. */
void accesses_look_up_fault(struct cpu *cpu);

/* The hook of memory (engine.h). */
void accesses_see(struct uc_struct *handle, unsigned type, uint64_t address,
                  int size, int64_t value, void *arg);

#endif
