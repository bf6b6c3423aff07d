/* selectors.c: see selectors.h. */
#include "cpu/selectors.h"

#include <stddef.h>

#include "cpu/vectors.h"

#define CPL 3u

uint32_t selector_base(const struct segment_descriptor *descriptor)
{
    return descriptor->low >> 16 | (descriptor->high & 0xFFu) << 16 |
           (descriptor->high & 0xFF000000u);
}

uint32_t selector_limit(const struct segment_descriptor *descriptor)
{
    uint32_t limit =
        (descriptor->low & 0xFFFFu) | (descriptor->high & 0xF0000u);
    return (descriptor->high & DESCRIPTOR_IN_PAGES) != 0 ? limit << 12 | 0xFFFu
                                                         : limit;
}

static bool is_null(uint16_t selector)
{
    return (selector & ~SELECTOR_RPL) == 0;
}

static uint32_t dpl_of(uint32_t high)
{
    return (high & DESCRIPTOR_DPL) >> DESCRIPTOR_DPL_SHIFT;
}

static bool is_code(uint32_t high)
{
    return (high & (DESCRIPTOR_SEGMENT | DESCRIPTOR_CODE)) ==
           (DESCRIPTOR_SEGMENT | DESCRIPTOR_CODE);
}

static bool is_conforming(uint32_t high)
{
    return is_code(high) && (high & DESCRIPTOR_DOWN) != 0;
}

static bool is_readable(uint32_t high)
{
    return (high & DESCRIPTOR_SEGMENT) != 0 &&
           ((high & DESCRIPTOR_CODE) == 0 || (high & DESCRIPTOR_WRITABLE) != 0);
}

static bool is_writable(uint32_t high)
{
    return (high &
            (DESCRIPTOR_SEGMENT | DESCRIPTOR_CODE | DESCRIPTOR_WRITABLE)) ==
           (DESCRIPTOR_SEGMENT | DESCRIPTOR_WRITABLE);
}

/* DPL against CPL and RPL, for data. */
static bool is_within_reach(uint16_t selector, uint32_t high)
{
    return is_conforming(high) ||
           (dpl_of(high) >= CPL && dpl_of(high) >= (selector & SELECTOR_RPL));
}

/* Type and privilege. */
static bool is_fit(enum selector_use use, uint16_t selector, uint32_t high)
{
    uint32_t rpl = selector & SELECTOR_RPL;
    switch (use) {
    case SELECTOR_DATA:
        return is_readable(high) && is_within_reach(selector, high);
    case SELECTOR_STACK:
        return is_writable(high) && rpl == CPL && dpl_of(high) == CPL;
    case SELECTOR_JUMP:
        return is_code(high) && (is_conforming(high) || dpl_of(high) == CPL);
    case SELECTOR_RETURN:
        return is_code(high) && rpl == CPL &&
               (is_conforming(high) || dpl_of(high) == CPL);
    }
    return false;
}

struct refusal selector_refusal(enum selector_use use, uint16_t selector,
                                const struct segment_descriptor *descriptor)
{
    static const struct refusal none = {NO_EXCEPTION, 0};
    if (is_null(selector))
        return use == SELECTOR_DATA ? none
                                    : (struct refusal){VECTOR_PROTECTION, 0};
    uint32_t error = selector & SELECTOR_ERROR;
    if (descriptor == NULL || !is_fit(use, selector, descriptor->high))
        return (struct refusal){VECTOR_PROTECTION, error};
    if ((descriptor->high & DESCRIPTOR_PRESENT) == 0)
        return (struct refusal){
            use == SELECTOR_STACK ? VECTOR_STACK : VECTOR_NOT_PRESENT, error};
    return none;
}

/* SDM volume 2, LAR and LSL: the types of system descriptors that they take, a
 * bit each. */
#define LAR_TYPES 0x1A3Eu /* TSSs, LDT, call gates, task gate */
#define LSL_TYPES 0x0A0Eu /* TSSs, LDT */

static bool has_type(uint32_t high, uint32_t types)
{
    return (high & DESCRIPTOR_SEGMENT) != 0 ||
           (types >> (high >> 8 & 0xFu) & 1) != 0;
}

bool selector_answer(enum selector_question question, uint16_t selector,
                     const struct segment_descriptor *descriptor)
{
    if (is_null(selector) || descriptor == NULL ||
        !is_within_reach(selector, descriptor->high))
        return false;
    switch (question) {
    case SELECTOR_LAR:
        return has_type(descriptor->high, LAR_TYPES);
    case SELECTOR_LSL:
        return has_type(descriptor->high, LSL_TYPES);
    case SELECTOR_VERR:
        return is_readable(descriptor->high);
    case SELECTOR_VERW:
        return is_writable(descriptor->high);
    }
    return false;
}
