/* segments.h: segment registers, and descriptors. */
#ifndef MMU386_SEGMENTS_H
#define MMU386_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/exit.h"
#include "cpu/registers.h"
#include "cpu/selectors.h"

struct cpu;

/* The selector that the engine has in it. */
uint16_t segments_selector(struct cpu *cpu, enum segment_register segment);

/* The descriptor that a selector names; 0, 0 where there is none. */
struct segment_descriptor segments_descriptor(struct cpu *cpu,
                                              uint16_t selector);

void cpu_load_segments(struct cpu *cpu);

/* The selector in a segment register as ring 3 has it, while the kernel runs
 * too; 0 of a processor that executes nothing. */
uint16_t cpu_selector(struct cpu *cpu, enum segment_register segment);

/* Has the engine load a segment register. While it does it finds, in the place
 * of the descriptor, the one of the LDT, whose entries are in no memory, and
 * for CS one of code that can be read: it takes no other.
 * Whether it can is looked at before each access through it. */
bool segments_load(struct cpu *cpu, enum segment_register segment,
                   uint16_t selector);

/* Loads a data segment register (DS, ES, FS or GS) at ring 3; false where the
 * selector is bad. */
bool cpu_load_selector(struct cpu *cpu, enum segment_register segment,
                       uint16_t selector);

/* Loads LDTR: `bytes` bytes of descriptors at `linear`; 0: no LDT. The
 * processor looks them up there, but what it finds is `entries`, the caller's:
 * two dwords each. */
void cpu_load_ldt(struct cpu *cpu, uint16_t selector, uint32_t linear,
                  const uint32_t *entries, uint32_t bytes);

/* Descriptors changed: loads the segment registers anew, as an i386 kernel does
 * on its way back to ring 3. A data segment that cannot be loaded any more
 * becomes null; with CS or SS the next cpu_run stops at once. */
void cpu_reload_segments(struct cpu *cpu);

/* Looks at what is loaded in the segment registers. */
void segments_look(struct cpu *cpu);

/* The kernel returns to what may be another CS and SS, as IRET does: *exit is
 * its exception. */
bool segments_adopt(struct cpu *cpu, struct cpu_exit *exit);

/* What ring 3 leaves with, and that it is ring 3. */
void segments_leave(struct cpu *cpu, struct cpu_exit *exit);

#endif
