/* ldt.h: the descriptors that a process may have of its own: three in the GDT,
 * for its threads' data, and an LDT. Linux's modify_ldt(2) and
 * set_thread_area(2).
 *
 * Every address space has a window where the processor's look-ups of the LDT
 * go. What it finds there is the entries that the kernel keeps for the process
 * that runs: they are in no guest memory.
 */
#ifndef MMU386_LDT_H
#define MMU386_LDT_H

#include <stdbool.h>
#include <stdint.h>

#define LDT_ENTRIES_MAX 8192u

struct budget;
struct cpu;

/* struct user_desc of the i386 interface. */
struct user_desc {
    uint32_t entry_number, base, limit, flags;
};

/* Bits of its flags. */
enum {
    DESC_32BIT = 0x01,
    DESC_CONTENTS = 0x06, /* 0 data, 1 that expand down, 2 code, 3 conforming
                             code */
    DESC_READ_EXEC_ONLY = 0x08,
    DESC_LIMIT_IN_PAGES = 0x10,
    DESC_NOT_PRESENT = 0x20,
    DESC_USEABLE = 0x40,
};

#define DESC_CONTENTS_SHIFT 1u

struct segment_entry {
    uint32_t low, high; /* as in a table of descriptors; 0, 0: not in use */
};

/* For ring 3, its accessed bit set already (80386 manual, figure 5-3). */
struct segment_entry segment_entry_encode(const struct user_desc *desc);

/* What of that shows in the entry; entry_number is 0. */
struct user_desc segment_entry_decode(const struct segment_entry *entry);

/* Whether it says that there is to be none. */
bool user_desc_is_empty(const struct user_desc *desc);

struct ldt {
    struct segment_entry *entries; /* NULL: none */
    uint32_t count;                /* up to the last that was ever written */
    uint32_t room;
};

/* Writes an entry; the table counts against `budget`. 0, or -ENOMEM. */
int ldt_write(struct ldt *ldt, struct budget *budget, uint32_t index,
              struct segment_entry entry);

/* Gives the child, which has none, a copy. 0, or -ENOMEM. */
int ldt_clone(struct ldt *child, struct budget *budget,
              const struct ldt *parent);

/* Empties it, and gives back to `budget` what it took. */
void ldt_free(struct ldt *ldt, struct budget *budget);

/* Loads LDTR with the entries, which stay where they are until the next of
 * these calls. */
void ldt_load(struct cpu *cpu, const struct ldt *ldt);

#endif
