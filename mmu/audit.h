/* audit.h: checks the numbers that must always add up, of frames and address
 * spaces alike. */
#ifndef MMU386_AUDIT_H
#define MMU386_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "addrspace.h"
#include "frames.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mmu_audit_kind {
    /* a present entry maps a free frame */
    MMU_AUDIT_MAPS_FREE,
    /* CR3 or a directory entry names something that is no table */
    MMU_AUDIT_BAD_TABLE,
    /* a copy-on-write entry has R/W set */
    MMU_AUDIT_WRITABLE_COW,
    /* a writable entry maps a user's frame that has other references and is
     * not shared for good */
    MMU_AUDIT_WRITABLE_MANY,
    /* a frame shared for good is mapped copy-on-write */
    MMU_AUDIT_SHARED_COW,
    /* the references of a frame are not the entries that map it */
    MMU_AUDIT_REFERENCES,
    /* nor are its copy-on-write references, of either kind */
    MMU_AUDIT_COW_REFERENCES,
    /* the free list and the counts of frames in use do not add up */
    MMU_AUDIT_FREE_LIST,
    MMU_AUDIT_KINDS, /* how many there are */
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

/* Audits `frames` against `spaces`: all `count` address spaces there are, the
 * one that the kernel's part was copied from included. Entries that map frames
 * outside memory are let be. *first, if not NULL, is set to the first
 * violation, if there is one. Returns the number of violations (INT_MAX: that
 * many or more), or -ENOMEM where the host has no memory to count in. */
int mmu_audit_addrspaces(const struct mmu_frames *frames,
                         const struct mmu_addrspace *const *spaces,
                         size_t count, struct mmu_audit_error *first);

/* One line of English about the kind: "an entry maps a free frame", ...;
 * "unknown" for what is none. */
const char *mmu_audit_name(enum mmu_audit_kind kind);

#ifdef __cplusplus
}
#endif

#endif
