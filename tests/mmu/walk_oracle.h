/* walk_oracle.h: the outcome of a page walk as a list of rules read off the
 * manuals, to hold the walker against. It shares nothing with the walker but
 * the numbers of the error code, which it spells out again. */
#ifndef MMU386_TESTS_WALK_ORACLE_H
#define MMU386_TESTS_WALK_ORACLE_H

#include <stdint.h>

/* What is the case: bits of a set. */
enum fact {
    PDE_PRESENT = 1 << 0,
    PDE_WRITABLE = 1 << 1,
    PDE_USER = 1 << 2,
    PDE_RESERVED = 1 << 3, /* one of bits 12..21 is set */
    PDE_SIZE = 1 << 4,
    PTE_PRESENT = 1 << 5,
    PTE_WRITABLE = 1 << 6,
    PTE_USER = 1 << 7,
    RING3 = 1 << 8,
    STORE = 1 << 9,
    WP_SET = 1 << 10,
    PSE_SET = 1 << 11,
    CPU_HAS_WP = 1 << 12,
    CPU_HAS_PSE = 1 << 13,
};

enum verdict {
    NOT_PRESENT,
    RESERVED,
    PROTECTION,
    GRANTED,
};

struct ruling {
    enum verdict verdict;
    uint32_t error;    /* where refused */
    int page_is_large; /* the directory entry maps the page */
    int page_user;     /* effective rights */
    int page_writable;
};

struct ruling oracle(unsigned facts);

#endif
