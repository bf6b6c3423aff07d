/* firststack.c: see firststack.h. */
#include "linux/firststack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/execargs.h"
#include "linux/layout.h"
#include "program/program.h"

/* bytes, and multiples of it for names that are longer */
#define NAMES_ROOM 248u

enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31,
};

static uint32_t push_bytes(struct first_stack *stack, const void *from,
                           uint32_t bytes)
{
    stack->esp -= bytes;
    if (bytes > 0)
        memcpy(stack->bytes + (stack->size - (STACK_TOP - stack->esp)), from,
               bytes);
    return stack->esp;
}

static void push_word(struct first_stack *stack, uint32_t value)
{
    (void)push_bytes(stack, &value, sizeof value);
}

static void push_pair(struct first_stack *stack, uint32_t type, uint32_t value)
{
    push_word(stack, value);
    push_word(stack, type);
}

/* Pointers to strings that lie one behind another from `linear` on; pushed last
 * first. */
static void push_pointers(struct first_stack *stack,
                          const struct exec_strings *strings, uint32_t linear)
{
    uint32_t at = strings->bytes;
    push_word(stack, 0);
    while (at > 0) {
        at--;
        while (at > 0 && strings->text[at - 1] != '\0')
            at--;
        push_word(stack, linear + at);
    }
}

/* The same bytes in every run: a program that seeds from them stays
 * deterministic. */
static void random_bytes(uint8_t bytes[16])
{
    for (uint8_t i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
}

/* What is left of the room. */
static uint32_t names_padding(const struct exec_arguments *arguments)
{
    const struct exec_strings *argv = &arguments->argv;
    uint32_t bytes = (uint32_t)strlen(arguments->path) + 1;
    if (argv->count > 0)
        bytes += (uint32_t)strlen(argv->text) + 1;
    return (NAMES_ROOM - bytes % NAMES_ROOM) % NAMES_ROOM;
}

static void fill_stack(struct first_stack *stack, const struct program *program,
                       const struct exec_arguments *arguments)
{
    uint8_t random[16];
    const struct exec_strings *argv = &arguments->argv;
    const struct exec_strings *envp = &arguments->envp;
    random_bytes(random);
    push_word(stack, 0);
    uint32_t environment = push_bytes(stack, envp->text, envp->bytes);
    uint32_t argument = push_bytes(stack, argv->text, argv->bytes);
    uint32_t name = push_bytes(stack, arguments->path,
                               (uint32_t)strlen(arguments->path) + 1);
    stack->esp -= names_padding(arguments);
    uint32_t platform = push_bytes(stack, "i386", 5);
    uint32_t at_random = push_bytes(stack, random, sizeof random);
    const struct {
        uint32_t type, value;
    } auxiliary[] = {
        {AT_NULL, 0},
        {AT_EXECFN, name},
        {AT_RANDOM, at_random},
        {AT_SECURE, 0},
        {AT_CLKTCK, 100},
        {AT_HWCAP, 0},
        {AT_PLATFORM, platform},
        {AT_EGID, 0},
        {AT_GID, 0},
        {AT_EUID, 0},
        {AT_UID, 0},
        {AT_ENTRY, program->entry},
        {AT_FLAGS, 0},
        {AT_BASE, 0},
        {AT_PAGESZ, MMU_PAGE_SIZE},
        {AT_PHNUM, program->phdr_count},
        {AT_PHENT, 32},
        {AT_PHDR, program->phdr_linear},
    };
    const uint32_t entries = sizeof auxiliary / sizeof auxiliary[0];
    uint32_t words = entries * 2 + envp->count + 1 + argv->count + 1 + 1;
    stack->esp = ((stack->esp - words * 4) & ~15u) + words * 4;
    for (uint32_t i = 0; i < entries; i++)
        push_pair(stack, auxiliary[i].type, auxiliary[i].value);
    push_pointers(stack, envp, environment);
    push_pointers(stack, argv, argument);
    push_word(stack, argv->count);
}

int first_stack_make(struct first_stack *stack, const struct program *program,
                     const struct exec_arguments *arguments)
{
    uint32_t strings = arguments->argv.bytes + arguments->envp.bytes;
    uint32_t pointers = (arguments->argv.count + arguments->envp.count) * 4;
    uint32_t name = (uint32_t)strnlen(arguments->path, MMU_PAGE_SIZE) + 1;
    if (strings + pointers > EXEC_STRINGS_BYTES || name > MMU_PAGE_SIZE)
        return -E2BIG;
    stack->size = (strings + pointers + name + NAMES_ROOM + MMU_PAGE_SIZE +
                   MMU_PAGE_SIZE) &
                  MMU_PAGE_MASK;
    stack->bytes = calloc(stack->size, 1);
    if (stack->bytes == NULL)
        return -ENOMEM;
    stack->esp = STACK_TOP;
    fill_stack(stack, program, arguments);
    return 0;
}

int first_stack_make_empty(struct first_stack *stack, uint32_t esp)
{
    if (esp >= STACK_TOP || STACK_TOP - esp > STACK_BYTES)
        return -EINVAL;
    stack->esp = esp;
    stack->size = (STACK_TOP - esp + MMU_PAGE_SIZE - 1) & MMU_PAGE_MASK;
    stack->bytes = calloc(stack->size, 1);
    return stack->bytes == NULL ? -ENOMEM : 0;
}
