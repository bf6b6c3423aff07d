/* audit.h: checks the numbers that must always add up, of frames and address
 * spaces alike. */
#ifndef MMU386_AUDIT_H
#define MMU386_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "addrspace.h"
#include "frames.h"

enum mmu_audit_kind {
    MMU_AUDIT_MAPS_FREE, /* a present entry maps a free frame */
    MMU_AUDIT_BAD_TABLE, /* CR3 or a directory entry names something that is no
                            table */
    MMU_AUDIT_WRITABLE_COW,  /* a copy-on-write entry has R/W set */
    MMU_AUDIT_WRITABLE_MANY, /* a writable entry maps a user's frame that has
                            other references and is not shared for good */
    MMU_AUDIT_SHARED_COW, /* a frame shared for good is mapped copy-on-write */
    MMU_AUDIT_REFERENCES, /* the references of a frame are not the entries that
                             map it */
    MMU_AUDIT_COW_REFERENCES, /* nor are its copy-on-write references, of either
                                 kind */
    MMU_AUDIT_FREE_LIST, /* the free list and the counts of frames in use do not
                            add up */
    MMU_AUDIT_KINDS,
};

struct mmu_audit_error {
    enum mmu_audit_kind kind;
    size_t space; /* index of the address space, where an entry is to blame */
    uint32_t linear;
    uint32_t entry;    /* the PTE or PDE */
    uint32_t frame;    /* the frame it is about; 0: none */
    uint32_t recorded; /* what the refcount table says */
    uint32_t counted;  /* what the tables say */
};

/* Audits `frames` against `spaces`: all address spaces there are, the one that
 * the kernel's part was copied from included. Entries that map frames outside
 * memory are let be. *first, if not NULL, is set to the first violation.
 * Returns the number of violations, or -ENOMEM. */
int mmu_audit_addrspaces(const struct mmu_frames *frames,
                         const struct mmu_addrspace *const *spaces,
                         size_t count, struct mmu_audit_error *first);

/* One line of English about the kind: "an entry maps a free frame", ... */
const char *mmu_audit_name(enum mmu_audit_kind kind);

#endif
