/* rlimit.h: what setrlimit(2) limits. The number of descriptors is held to
 * (file.h); the others are kept and told, and no more. */
#ifndef MMU386_RLIMIT_H
#define MMU386_RLIMIT_H

#include <stdint.h>

#define LIMIT_NONE UINT64_MAX

/* include/uapi/asm-generic/resource.h */
enum limit_resource {
    LIMIT_STACK = 3,
    LIMIT_CORE = 4,
    LIMIT_PROCESSES = 6,
    LIMIT_FILES = 7,
    LIMITS = 16,
};

struct limit {
    uint64_t soft, hard;
};

/* A process's limits. A fork's child has its parent's, and exec changes
 * none. */
struct limits {
    struct limit limit[LIMITS];
};

/* Those that a first process starts with. */
void limits_init(struct limits *limits);

#endif
