/* translations.h: what the engine remembers of pages and of code, and how it is
 * made to forget. */
#ifndef MMU386_TRANSLATIONS_H
#define MMU386_TRANSLATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

/* The engine asks for its pages again. */
void translations_forget_pages(struct cpu *cpu);

/* Has the engine stop in front of what is barred, and where it was told to. */
void translations_set_exits(struct cpu *cpu);

/* Code is translated from that frame. */
void translations_note_code(struct cpu *cpu, uint32_t frame);

/* No code of the shadow is kept. */
void translations_lift_shadow(struct cpu *cpu);

/* Whether the page is one of those that an instruction runs from as its
 * shadow. */
bool translations_in_shadow(const struct cpu *cpu, uint32_t page);

/* Before the engine runs: drops what is stale, and forgets the old translation
 * of a page that has moved, should anything but the store that it was moved for
 * come next. */
void translations_settle(struct cpu *cpu);

/* The instruction at EIP, which was taken up, runs from its shadow. */
void translations_cast_shadow(struct cpu *cpu);

/* Loads CR3: another address space. */
void cpu_load_cr3(struct cpu *cpu, uint32_t cr3);

/* Entries of the current address space changed: the engine forgets every
 * translation. The MMU's TLB is the caller's business. */
void cpu_forget_translations(struct cpu *cpu);

/* The page, whose frame was `frame`, is in another one of the same contents, or
 * may be written now: the guest's store to it faulted at those EIP and ESP. The
 * engine forgets the old translation, at the latest before anything but that
 * store runs. */
void cpu_page_moved(struct cpu *cpu, uint32_t page, uint32_t frame,
                    uint32_t eip, uint32_t esp);

/* Somebody other than the guest wrote to a frame: code translated from it is
 * dropped. */
void cpu_frame_written(struct cpu *cpu, uint32_t frame);

#endif
