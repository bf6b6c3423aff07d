/* flat.c: see flat.h. */
#include "flat.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "paging.h"
#include "timing.h"

#define STACK_AT    0xB0000000u
#define STACK_BYTES 0x00100000u
#define MAPPINGS_AT 0x40000000u

enum { CALL_EXIT = 1, CALL_WRITE = 4, CALL_MMAP2 = 192 };

/* mmap2 of anonymous memory, for once. */
static uint32_t map_anonymous(uc_engine *engine)
{
    uint32_t bytes = 0;
    (void)uc_reg_read(engine, UC_X86_REG_ECX, &bytes);
    bytes = (bytes + MMU_PAGE_SIZE - 1) & MMU_PAGE_MASK;
    if (uc_mem_map(engine, MAPPINGS_AT, bytes, UC_PROT_READ | UC_PROT_WRITE) !=
        UC_ERR_OK)
        return UINT32_MAX;
    return MAPPINGS_AT;
}

/* The few calls that the guests make which run here. */
static void on_interrupt(uc_engine *engine, uint32_t vector, void *arg)
{
    uint32_t number = 0;
    uint32_t result = 0;
    (void)vector;
    (void)arg;
    (void)uc_reg_read(engine, UC_X86_REG_EAX, &number);
    if (number == CALL_EXIT)
        (void)uc_emu_stop(engine);
    else if (number == CALL_WRITE)
        (void)uc_reg_read(engine, UC_X86_REG_EDX, &result);
    else if (number == CALL_MMAP2)
        result = map_anonymous(engine);
    (void)uc_reg_write(engine, UC_X86_REG_EAX, &result);
}

static void on_instruction(uc_engine *engine, uint64_t address, uint32_t size,
                           void *arg)
{
    (void)engine;
    (void)address;
    (void)size;
    (void)arg;
}

static void on_access(uc_engine *engine, uc_mem_type type, uint64_t address,
                      int size, int64_t value, void *arg)
{
    (void)engine;
    (void)type;
    (void)address;
    (void)size;
    (void)value;
    (void)arg;
}

static bool add_hooks(uc_engine *engine, bool hooked)
{
    uc_hook interrupts;
    uc_hook code;
    uc_hook memory;
    return uc_hook_add(engine, &interrupts, UC_HOOK_INTR, (void *)on_interrupt,
                       NULL, 1, 0) == UC_ERR_OK &&
           (!hooked ||
            (uc_hook_add(engine, &code, UC_HOOK_CODE, (void *)on_instruction,
                         NULL, 1, 0) == UC_ERR_OK &&
             uc_hook_add(engine, &memory, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE,
                         (void *)on_access, NULL, 1, 0) == UC_ERR_OK));
}

static bool load(uc_engine *engine, const struct program *program)
{
    uint8_t page[MMU_PAGE_SIZE];
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        uint32_t start = segment->linear & MMU_PAGE_MASK;
        uint32_t end =
            (segment->linear + segment->memory_bytes + MMU_PAGE_SIZE - 1) &
            MMU_PAGE_MASK;
        if (uc_mem_map(engine, start, end - start, UC_PROT_ALL) != UC_ERR_OK)
            return false;
        for (uint32_t at = start; at < end; at += MMU_PAGE_SIZE) {
            if (!segment_page_is_file(segment, at))
                continue;
            program_page(program, segment, at, page);
            if (uc_mem_write(engine, at, page, MMU_PAGE_SIZE) != UC_ERR_OK)
                return false;
        }
    }
    return true;
}

static bool make_stack(uc_engine *engine, const char *argument)
{
    const uint32_t strings = STACK_AT + STACK_BYTES - MMU_PAGE_SIZE;
    const uint32_t words[] = {2, strings, strings, 0, 0, 0, 0};
    uint32_t esp = strings - (uint32_t)sizeof words;
    return uc_mem_map(engine, STACK_AT, STACK_BYTES, UC_PROT_ALL) ==
               UC_ERR_OK &&
           uc_mem_write(engine, strings, argument, strlen(argument) + 1) ==
               UC_ERR_OK &&
           uc_mem_write(engine, esp, words, sizeof words) == UC_ERR_OK &&
           uc_reg_write(engine, UC_X86_REG_ESP, &esp) == UC_ERR_OK;
}

double flat_run(const struct program *program, const char *argument,
                bool hooked)
{
    uc_engine *engine;
    double seconds = -1;
    if (uc_open(UC_ARCH_X86, UC_MODE_32, &engine) != UC_ERR_OK)
        return -1;
    if (load(engine, program) && make_stack(engine, argument) &&
        add_hooks(engine, hooked)) {
        double start = processor_seconds_now();
        if (uc_emu_start(engine, program->entry, 0, 0, 0) == UC_ERR_OK)
            seconds = processor_seconds_now() - start;
    }
    (void)uc_close(engine);
    return seconds;
}
