/* paging.h: the bits of two-level paging, and what each processor generation
 * has.
 *
 * Intel 80386 Programmer's Reference Manual (1986), section 5.2 "Page
 * Translation"; Intel486 and Pentium additions from the IA-32 SDM, volume 3,
 * chapter 4.
 *
 *   31          22 21          12 11           0
 *  +--------------+--------------+--------------+
 *  |  directory   |    table     |    offset    |   a linear address
 *  +--------------+--------------+--------------+
 */
#ifndef MMU386_PAGING_H
#define MMU386_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MMU_PAGE_SHIFT       12u
#define MMU_PAGE_SIZE        4096u /* bytes */
#define MMU_PAGE_MASK        0xFFFFF000u
#define MMU_PAGE_ENTRIES     1024u       /* entries in a directory or a table */
#define MMU_LARGE_PAGE_SHIFT 22u         /* a directory entry spans 4 MiB */
#define MMU_LARGE_PAGE_MASK  0xFFC00000u /* base of a 4 MiB page */

/* Bits of a directory or table entry (80386 manual, figure 5-10). */
#define MMU_PTE_P   0x001u /* present */
#define MMU_PTE_RW  0x002u /* writable */
#define MMU_PTE_US  0x004u /* user */
#define MMU_PTE_PWT 0x008u /* i486 on */
#define MMU_PTE_PCD 0x010u /* i486 on */
#define MMU_PTE_A   0x020u /* accessed */
#define MMU_PTE_D   0x040u /* dirty; also in a 4 MiB page's directory entry */
#define MMU_PDE_PS  0x080u /* 4 MiB page: Pentium with CR4.PSE */
#define MMU_PTE_AVL 0xE00u /* for the system: bits 9 to 11 */

/* Bits 12..21 of a 4 MiB page's directory entry are reserved (SDM 3A, 4.3,
 * Pentium). */
#define MMU_PDE_LARGE_RESERVED 0x003FF000u

/* What the memory manager keeps in the AVL bits 9 and 10: copy-on-write
 * references. An entry with neither bit holds the only private reference to its
 * frame, or one of many to a frame that is shared for good. */
#define MMU_PTE_COW    0x200u /* of a page that may be written */
#define MMU_PTE_SHARED 0x400u /* of a read-only page */

/* Of an entry that is not present all bits but P are the system's: with this
 * one (bit 8) the others are as they were, and will be; the page keeps its
 * frame, and nobody may access it (PROT_NONE). */
#define MMU_PTE_WITHHELD 0x100u

/* Error code of #PF (80386 manual, 9.8.14; RSVD from the Pentium on). */
#define MMU_PF_P    0x1u /* 0: not present; 1: refused by the rights */
#define MMU_PF_W    0x2u /* the access was a write */
#define MMU_PF_U    0x4u /* the processor was at CPL 3 */
#define MMU_PF_RSVD 0x8u /* a reserved bit was set in a present entry */

/* Bits of EFLAGS that not all generations have. */
#define MMU_GENERATION_AC 0x00040000u /* i486 on: alignment checks */
#define MMU_GENERATION_ID 0x00200000u /* where it changes there is CPUID */

/* Bits of the control registers that the MMU looks at. */
#define MMU_CR0_PE  0x00000001u
#define MMU_CR0_WP  0x00010000u /* i486 on */
#define MMU_CR0_PG  0x80000000u
#define MMU_CR4_PSE 0x00000010u /* Pentium on */

/* Index of the directory entry, and of the table entry, that maps `linear`. */
static inline uint32_t mmu_directory_index(uint32_t linear)
{
    return linear >> 22;
}

static inline uint32_t mmu_table_index(uint32_t linear)
{
    return (linear >> MMU_PAGE_SHIFT) & (MMU_PAGE_ENTRIES - 1);
}

enum mmu_access {
    MMU_ACCESS_READ,
    MMU_ACCESS_WRITE,
    MMU_ACCESS_FETCH,
};

enum mmu_tlb_policy {
    /* a pointer a set: the way after the last one given to a new page (i386) */
    MMU_TLB_POINTER,
    MMU_TLB_PLRU,   /* a tree of 3 bits a set of 4 ways (i486) */
    MMU_TLB_LRU,    /* the one not used for longest */
    MMU_TLB_RANDOM, /* a seeded generator (tlb.h) */
};

/* mmu_tlb_geometry_valid (tlb.h) says which there are. */
struct mmu_tlb_geometry {
    uint32_t entries; /* 0: this TLB does not exist */
    uint32_t ways;
    enum mmu_tlb_policy policy;
    uint64_t seed; /* of MMU_TLB_RANDOM; 0 is as 1 */
};

enum mmu_generation_id {
    MMU_GENERATION_I386,
    MMU_GENERATION_I486,
    MMU_GENERATION_PENTIUM,
    MMU_GENERATIONS, /* how many there are */
};

/* What a processor generation has. */
struct mmu_generation {
    enum mmu_generation_id id;
    const char *name;
    bool write_protect; /* CR0.WP exists */
    bool invlpg;        /* else only a load of CR3 invalidates */
    bool large_pages;   /* CR4.PSE exists, and with it the reserved bits */
    /* of AC and ID, those that exist (SDM volume 3, 23.16.1) */
    uint32_t eflags;

    /* Where makers' processors differ, too; silicon-table's -i asks for the
     * other choice. */

    /* Of the four bytes of a 32-bit PUSH or POP of a segment register, how many
     * are accessed. SDM volume 3, 23.31.1: 4 on a Pentium, 2 on an i486 and
     * from the P6 on; an i386 as its manual writes the operation. */
    uint8_t selector_bytes;
    /* A of the directory's entry is set by an access that the table's entry
     * refuses. 80386 manual, 5.2.4.3: A is set before the access is made, so by
     * one that is made; SDM volume 3, 4.8: whenever the entry is used, and so
     * from the P6 on. */
    bool refused_marks;

    struct mmu_tlb_geometry data_tlb;
    /* entries 0: code shares the data TLB */
    struct mmu_tlb_geometry code_tlb;
    /* of 4 MiB data pages; entries 0: they share the data TLB */
    struct mmu_tlb_geometry large_tlb;
};

/* The generation of that id, which must be one. It is there for good. */
const struct mmu_generation *mmu_generation_of(enum mmu_generation_id id);

/* The generation called `name` ("i386", "i486", "pentium"), or NULL. */
const struct mmu_generation *mmu_generation_named(const char *name);

#ifdef __cplusplus
}
#endif

#endif
