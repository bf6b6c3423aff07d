/* codeplace.c: see codeplace.h. */
#include "linux/codeplace.h"

#include <inttypes.h>
#include <stdio.h>

#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/state.h"
#include "program/program.h"

#define SYMBOL_SHOWN 64 /* bytes of a symbol's name */
#define FILE_SHOWN   64 /* of a source file's */

/* A program's symbols and source files are what its maker wanted: no control
 * character goes to a terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static void take_segment(struct codeplace *place,
                         const struct segment_entry *entry)
{
    place->linear += entry->low >> 16 | (entry->high & 0xFFu) << 16 |
                     (entry->high & 0xFF000000u);
    place->bits16 = (entry->high & 0x00400000u) == 0; /* D */
}

struct codeplace codeplace_of(const struct kernel *kernel,
                              const struct process *process)
{
    const struct user_frame frame = kernel_stack_frame(kernel, process);
    const struct ldt *ldt = &process->ldt;
    struct codeplace place = {
        .eip = frame.eip, .cs = frame.cs & 0xFFFFu, .linear = frame.eip};

    place.flat = place.cs == SELECTOR_USER_CODE;
    if ((place.cs & 4u) != 0 && place.cs >> 3 < ldt->count)
        take_segment(&place, &ldt->entries[place.cs >> 3]);
    return place;
}

char *codeplace_symbol(const struct process *process, uint32_t linear,
                       char *text, size_t text_bytes)
{
    const char *name = NULL;
    uint32_t offset = 0;

    text[0] = '\0';
    if (process->program != NULL)
        name = symbols_find(&process->program->symbols, linear, &offset);
    if (name == NULL)
        return text;
    if (offset == 0)
        (void)snprintf(text, text_bytes, " <%.*s>", SYMBOL_SHOWN, name);
    else
        (void)snprintf(text, text_bytes, " <%.*s+0x%" PRIx32 ">", SYMBOL_SHOWN,
                       name, offset);
    make_printable(text);
    return text;
}

char *codeplace_source(const struct process *process, uint32_t linear,
                       char *text, size_t text_bytes)
{
    struct source_line source;

    text[0] = '\0';
    if (process->program == NULL ||
        !program_line(process->program, linear, &source))
        return text;
    (void)snprintf(text, text_bytes, " at %.*s:%" PRIu32, FILE_SHOWN,
                   lines_file_name(source.file), source.line);
    make_printable(text);
    return text;
}

/* Of a process whose tables the processor does not use now. */
static uint32_t read_by_tables(const struct kernel *kernel,
                               const struct process *process, uint32_t linear,
                               uint8_t *code, uint32_t bytes)
{
    uint32_t done = 0;

    while (done < bytes && linear + done < KERNEL_BASE) {
        const uint32_t *pte =
            mmu_addrspace_entry(&process->space, linear + done, NULL);

        if (pte == NULL ||
            (*pte & (MMU_PTE_P | MMU_PTE_US)) != (MMU_PTE_P | MMU_PTE_US) ||
            *pte >> MMU_PAGE_SHIFT >= kernel->machine.mem.frames)
            break;
        code[done] = mmu_physmem_frame(
            &kernel->machine.mem,
            *pte >> MMU_PAGE_SHIFT)[(linear + done) & ~MMU_PAGE_MASK];
        done++;
    }
    return done;
}

uint32_t codeplace_read(const struct kernel *kernel,
                        const struct process *process, uint32_t linear,
                        uint8_t *code, uint32_t bytes)
{
    if (process == kernel->current)
        return cpu_read_code(kernel->machine.cpu, linear, code, bytes);
    if (!process->has_space || kernel->machine.options.replays)
        return 0;
    return read_by_tables(kernel, process, linear, code, bytes);
}

char *codeplace_instruction(struct kernel *kernel,
                            const struct process *process, uint32_t linear,
                            const char *before, const char *after, char *text,
                            size_t text_bytes)
{
    uint8_t code[INSN_MAX_BYTES];
    char instruction[128];
    uint32_t bytes =
        codeplace_read(kernel, process, linear, code, sizeof(code));

    text[0] = '\0';
    cpu_disassemble(kernel->machine.cpu, code, bytes, linear, instruction,
                    sizeof(instruction));
    if (instruction[0] != '(')
        (void)snprintf(text, text_bytes, "%s%s%s", before, instruction, after);
    return text;
}
