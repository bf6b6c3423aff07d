/* systempage.c: see systempage.h. */
#include "linux/systempage.h"

#include <string.h>

#include "cpu/trap.h"
#include "linux/layout.h"

/* Access bytes of descriptors, present and accessed (80386 manual, 5.1.1
 * and 7.2). */
#define ACCESS_KERNEL_CODE 0x9Bu
#define ACCESS_KERNEL_DATA 0x93u
#define ACCESS_USER_CODE   0xFBu
#define ACCESS_USER_DATA   0xF3u
#define ACCESS_TSS         0x8Bu
#define LIMIT_4_GIB        0xFFFFFu

static uint8_t *system_page(struct kernel *kernel)
{
    return mmu_physmem_frame(&kernel->machine.mem, kernel->system_frame);
}

static void fill_gdt(uint8_t *page)
{
    uint8_t *gdt = page + SYSTEM_GDT;
    descriptor_encode(gdt + SELECTOR_KERNEL_CODE, 0, LIMIT_4_GIB,
                      ACCESS_KERNEL_CODE);
    descriptor_encode(gdt + SELECTOR_KERNEL_DATA, 0, LIMIT_4_GIB,
                      ACCESS_KERNEL_DATA);
    descriptor_encode(gdt + (SELECTOR_USER_CODE & ~7u), 0, LIMIT_4_GIB,
                      ACCESS_USER_CODE);
    descriptor_encode(gdt + (SELECTOR_USER_DATA & ~7u), 0, LIMIT_4_GIB,
                      ACCESS_USER_DATA);
    descriptor_encode(gdt + SELECTOR_TSS, KERNEL_BASE + SYSTEM_TSS, 0,
                      ACCESS_TSS);
}

/* INT3, INTO and the system call may come from ring 3; BOUND is no INT n. */
static unsigned gate_dpl(uint32_t vector)
{
    return vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW ||
                   vector == VECTOR_SYSTEM_CALL
               ? 3
               : 0;
}

static void fill_idt(uint8_t *page)
{
    for (uint32_t vector = 0; vector < IDT_ENTRIES; vector++)
        gate_encode(page + SYSTEM_IDT + (size_t)vector * 8,
                    SELECTOR_KERNEL_CODE, KERNEL_BASE + SYSTEM_ENTRY + vector,
                    gate_dpl(vector), vector != VECTOR_SYSTEM_CALL);
}

void system_page_fill(struct kernel *kernel)
{
    uint8_t *page = system_page(kernel);
    const uint32_t ss0 = SELECTOR_KERNEL_DATA;
    memset(page, 0, MMU_PAGE_SIZE);
    fill_gdt(page);
    fill_idt(page);
    memcpy(page + SYSTEM_TSS + 8, &ss0, sizeof ss0);
    page[SYSTEM_IRET] = 0xCF;
}

/* The TSS names it. */
void system_page_set_stack(struct kernel *kernel, uint32_t esp0)
{
    memcpy(system_page(kernel) + SYSTEM_TSS + 4, &esp0, sizeof esp0);
}

void system_page_set_tls(struct kernel *kernel, const struct process *process)
{
    memcpy(system_page(kernel) + SYSTEM_GDT + (size_t)GDT_TLS_FIRST * 8,
           process->tls, sizeof process->tls);
}
