/* firststack.h: what a program finds on its stack when it starts (System V ABI,
 * i386 supplement, figure 3-31); from the top down:
 *
 *   STACK_TOP
 *     4 zero bytes, environment strings, argument strings, the program's path,
 *     what is left of the room for its path and argument 0,
 *     platform, 16 random bytes, padding,
 *     auxiliary vector, 0, environment pointers, 0, argument pointers,
 *     argc                                                            <- ESP
 *
 * Where everything else lies does not depend on what the program is called, as
 * long as the two names fit in their room.
 */
#ifndef MMU386_FIRSTSTACK_H
#define MMU386_FIRSTSTACK_H

#include <stdint.h>

struct exec_arguments;
struct program;

struct first_stack {
    uint8_t *bytes; /* the top of the stack: [STACK_TOP - size, STACK_TOP) */
    uint32_t size;
    uint32_t esp; /* linear */
};

/* Makes it of the arguments; `bytes` is to be freed. 0, -E2BIG or -ENOMEM. */
int first_stack_make(struct first_stack *stack, const struct program *program,
                     const struct exec_arguments *arguments);

/* The same, of zeros from `esp` on. 0, -ENOMEM, or -EINVAL where that is no
 * address in a stack. */
int first_stack_make_empty(struct first_stack *stack, uint32_t esp);

#endif
