/* walk_oracle.c: rules of protection, first match wins. */
#include "walk_oracle.h"

/* A page is large when all three say so (SDM 3A 4.3). */
#define LARGE (PDE_SIZE | PSE_SET | CPU_HAS_PSE)
/* A supervisor's store minds R/W when both do (SDM 3A 4.6.1). */
#define MINDS (WP_SET | CPU_HAS_WP)

enum size {
    ANY,
    SMALL, /* the rule is about tables: not for 4 MiB pages */
    BIG,
};

struct rule {
    enum size size;
    unsigned holds;  /* all of these are the case */
    unsigned absent; /* and none of these */
    enum verdict verdict;
};

static const struct rule rules[] = {
    /* 80386 PRM 5.2.4.1: P = 0 at either level makes the entry unusable. */
    {ANY, 0, PDE_PRESENT, NOT_PRESENT},
    /* SDM 3A 4.7: a reserved bit in a present entry. */
    {BIG, PDE_RESERVED, 0, RESERVED},
    {SMALL, 0, PTE_PRESENT, NOT_PRESENT},
    /* 80386 PRM 6.4.1.1: at user level supervisor pages are neither readable
       nor writable. */
    {ANY, RING3, PDE_USER, PROTECTION},
    {SMALL, RING3, PTE_USER, PROTECTION},
    /* 6.4.1.2: at user level only pages marked read/write at both levels are
       writable. */
    {ANY, RING3 | STORE, PDE_WRITABLE, PROTECTION},
    {SMALL, RING3 | STORE, PTE_WRITABLE, PROTECTION},
    /* i486 on: CR0.WP = 1 extends that to the supervisor. */
    {ANY, STORE | MINDS, PDE_WRITABLE, PROTECTION},
    {SMALL, STORE | MINDS, PTE_WRITABLE, PROTECTION},
    {ANY, 0, 0, GRANTED},
};

/* Error code, less the bits that tell the access (80386 PRM 9.8.14, SDM 3A
 * figure 4-12). */
static const uint32_t codes[] = {
    [NOT_PRESENT] = 0, [RESERVED] = 9, [PROTECTION] = 1, [GRANTED] = 0};

static int all(unsigned facts, unsigned of)
{
    return (facts & of) == of;
}

struct ruling oracle(unsigned facts)
{
    int large = all(facts, LARGE);
    const struct rule *rule = rules;

    while (!all(facts, rule->holds) || (facts & rule->absent) != 0 ||
           rule->size == (large ? SMALL : BIG))
        rule++;
    return (struct ruling){
        .verdict = rule->verdict,
        .error = codes[rule->verdict] + (facts & STORE ? 2 : 0) +
                 (facts & RING3 ? 4 : 0),
        .page_is_large = large,
        .page_user = all(facts, large ? PDE_USER : PDE_USER | PTE_USER),
        .page_writable =
            all(facts, large ? PDE_WRITABLE : PDE_WRITABLE | PTE_WRITABLE),
    };
}
