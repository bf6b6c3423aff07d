/* flat.c: see flat.h. */
#include "flat.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicorn/unicorn.h>

#include "paging.h"

#define STACK_AT    0xB0000000u
#define STACK_BYTES 0x00100000u

enum { CALL_EXIT = 1, CALL_WRITE = 4, CALL_BRK = 45 };

double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The few calls that the compute guest makes. */
static void on_interrupt(uc_engine *engine, uint32_t vector, void *arg)
{
    uint32_t number = 0;
    uint32_t result = 0;
    (void)vector;
    (void)arg;
    (void)uc_reg_read(engine, UC_X86_REG_EAX, &number);
    if (number == CALL_EXIT)
        (void)uc_emu_stop(engine);
    if (number == CALL_WRITE)
        (void)uc_reg_read(engine, UC_X86_REG_EDX, &result);
    (void)uc_reg_write(engine, UC_X86_REG_EAX, &result);
}

static bool load(uc_engine *engine, const struct program *program)
{
    uint8_t page[PAGE_SIZE];
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        uint32_t start = segment->linear & PAGE_MASK;
        uint32_t end = (segment->linear + segment->memory_bytes + PAGE_SIZE - 1) & PAGE_MASK;
        if (uc_mem_map(engine, start, end - start, UC_PROT_ALL) != UC_ERR_OK)
            return false;
        for (uint32_t at = start; at < end; at += PAGE_SIZE) {
            if (!segment_page_is_file(segment, at))
                continue;
            program_page(program, segment, at, page);
            if (uc_mem_write(engine, at, page, PAGE_SIZE) != UC_ERR_OK)
                return false;
        }
    }
    return true;
}

static bool make_stack(uc_engine *engine, const char *argument)
{
    const uint32_t strings = STACK_AT + STACK_BYTES - PAGE_SIZE;
    const uint32_t words[] = {2, strings, strings, 0, 0, 0, 0};
    uint32_t esp = strings - (uint32_t)sizeof words;
    return uc_mem_map(engine, STACK_AT, STACK_BYTES, UC_PROT_ALL) == UC_ERR_OK &&
           uc_mem_write(engine, strings, argument, strlen(argument) + 1) == UC_ERR_OK &&
           uc_mem_write(engine, esp, words, sizeof words) == UC_ERR_OK &&
           uc_reg_write(engine, UC_X86_REG_ESP, &esp) == UC_ERR_OK;
}

double flat_run(const struct program *program, const char *argument)
{
    uc_engine *engine;
    uc_hook hook;
    double seconds = -1;
    if (uc_open(UC_ARCH_X86, UC_MODE_32, &engine) != UC_ERR_OK)
        return -1;
    if (load(engine, program) && make_stack(engine, argument) &&
        uc_hook_add(engine, &hook, UC_HOOK_INTR, (void *)on_interrupt, NULL, 1, 0) == UC_ERR_OK) {
        double start = seconds_now();
        if (uc_emu_start(engine, program->entry, 0, 0, 0) == UC_ERR_OK)
            seconds = seconds_now() - start;
    }
    (void)uc_close(engine);
    return seconds;
}
