/* layout.h: where things are in every linear address space.
 *
 *  0x00000000  nothing: a null pointer faults
 *  0x00001000  the program, its brk heap above it
 *     ...      mmap, downwards from MMAP_TOP
 *  0xBF7FF000  the stack, STACK_BYTES at most, demand-zero
 *  0xBFFFF000  a guard page
 *  0xC0000000  KERNEL_BASE: supervisor only, the same in all address spaces
 *     page 0   GDT, TSS, entry points, IDT
 *  0xC0010000  KERNEL_LDT
 *  0xC0400000  KERNEL_STACKS: a page of stack for each process, and below it a
 *              guard page
 */
#ifndef MMU386_LAYOUT_H
#define MMU386_LAYOUT_H

#include "paging.h"

#define USER_LOWEST 0x00001000u
#define MMAP_TOP    0xB7000000u
#define STACK_TOP   0xBFFFF000u
#define STACK_BYTES 0x00800000u /* 8 MiB, Linux's default limit */
#define KERNEL_BASE 0xC0000000u
/* 16 pages: where look-ups of the LDT go (ldt.h) */
#define KERNEL_LDT    0xC0010000u
#define KERNEL_STACKS 0xC0400000u

#define KERNEL_LDT_PAGES 16u

/* processes at one time: each has a slot for its kernel stack */
#define PROCESSES_MAX 2048u

/* The system page: offsets from KERNEL_BASE, in bytes. */
#define SYSTEM_GDT  0x000u
#define SYSTEM_TSS  0x100u
#define SYSTEM_IRET 0x200u /* an IRET instruction */
/* stands for the kernel's own accesses to user memory */
#define SYSTEM_COPY  0x210u
#define SYSTEM_ENTRY 0x300u /* entry point of vector N: SYSTEM_ENTRY + N */
#define SYSTEM_IDT   0x800u

#define GDT_ENTRIES 32u
#define IDT_ENTRIES 256u
#define TSS_BYTES   104u

/* Selectors as Linux has them on i386 (arch/x86/include/asm/segment.h). */
#define SELECTOR_KERNEL_CODE 0x60u
#define SELECTOR_KERNEL_DATA 0x68u
#define SELECTOR_USER_CODE   0x73u
#define SELECTOR_USER_DATA   0x7Bu
#define SELECTOR_TSS         0x80u
#define SELECTOR_LDT_SEGMENT 0x88u
/* three entries that set_thread_area hands out */
#define GDT_TLS_FIRST   6u
#define GDT_TLS_ENTRIES 3u

#endif
