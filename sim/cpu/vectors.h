/* vectors.h: the numbers of exceptions and interrupts (80386 Programmer's
 * Reference Manual, 9.1; SDM volume 3, table 6-1). */
#ifndef MMU386_VECTORS_H
#define MMU386_VECTORS_H

enum vector {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_BREAKPOINT = 3,
    VECTOR_OVERFLOW = 4,
    VECTOR_BOUND = 5,
    VECTOR_INVALID = 6,
    VECTOR_NO_FPU = 7,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_BAD_TSS = 10,
    VECTOR_NOT_PRESENT = 11,
    VECTOR_STACK = 12,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_FPU = 16,
    VECTOR_ALIGNMENT = 17,
    VECTOR_SIMD = 19,
    VECTOR_TIMER = 32, /* the first vector that is no exception */
    VECTOR_SYSTEM_CALL = 0x80,

    NO_EXCEPTION = 0xFF, /* no vector */
};

#endif
