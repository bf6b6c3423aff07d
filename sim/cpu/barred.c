/* barred.c: see barred.h. */
#include "cpu/barred.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/opcodes.h"

#define LOCK 0xF0u

void barred_free(struct barred *barred)
{
    free(barred->linear);
}

static bool is_prefix(uint8_t byte)
{
    return (byte & 0xE7) == 0x26 || (byte >= 0x64 && byte <= 0x67) ||
           byte == LOCK || byte == 0xF2 || byte == 0xF3;
}

/* BT, BTS, BTR, BTC by a register or an immediate. */
static bool tests_bits(uint8_t opcode)
{
    return (opcode & 0xE7) == 0xA3 || opcode == 0xBA;
}

/* Whether the bytes behind a LOCK prefix make it one, or might with those that
 * follow. */
static bool may_be_one(const uint8_t *behind, uint32_t bytes)
{
    uint32_t at = 0;
    while (at < bytes && is_prefix(behind[at]))
        at++;
    return (at >= bytes || behind[at] == 0x0F) &&
           (at + 1 >= bytes || tests_bits(behind[at + 1])) &&
           (at + 2 >= bytes || behind[at + 2] >= 0xC0);
}

bool barred_none_in(const uint8_t *page)
{
    const uint8_t *lock;
    for (uint32_t at = 0;
         (lock = memchr(page + at, LOCK, MMU_PAGE_SIZE - at)) != NULL;) {
        at = (uint32_t)(lock - page) + 1;
        if (may_be_one(page + at, MMU_PAGE_SIZE - at))
            return false;
    }
    return true;
}

bool barred_may_run_into(const struct view *view, uint32_t page)
{
    uint8_t tail[INSN_MAX_BYTES - 1];
    uint32_t bytes = sizeof tail;
    if (view_read_code(view, page - bytes, tail, bytes) < bytes)
        return false;
    for (uint32_t at = 0; at < bytes; at++)
        if (tail[at] == LOCK && may_be_one(tail + at + 1, bytes - at - 1))
            return true;
    return false;
}

bool barred_is_one(const struct view *view, uint32_t linear)
{
    struct insn insn;
    return view_decode(view, linear, &insn) && insn.lock &&
           insn.map == MAP_0F && tests_bits(insn.opcode) && insn.modrm >= 0xC0;
}

/* The index of the first that is not below `linear`. */
static uint32_t place_of(const struct barred *barred, uint32_t linear)
{
    uint32_t low = 0;
    uint32_t high = barred->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (barred->linear[middle] < linear)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool barred_has(const struct barred *barred, uint32_t linear)
{
    uint32_t place = place_of(barred, linear);
    return place < barred->count && barred->linear[place] == linear;
}

void barred_remove(struct barred *barred, uint32_t linear)
{
    uint32_t place = place_of(barred, linear);
    if (!barred_has(barred, linear))
        return;
    barred->count--;
    memmove(barred->linear + place, barred->linear + place + 1,
            (barred->count - place) * sizeof *barred->linear);
}

bool barred_add(struct barred *barred, uint32_t linear)
{
    uint32_t place = place_of(barred, linear);
    if (barred_has(barred, linear))
        return false;
    if (barred->count == barred->room) {
        uint32_t room = barred->room == 0 ? 64 : 2 * barred->room;
        uint64_t *longer = realloc(barred->linear, room * sizeof *longer);
        if (longer == NULL)
            return false;
        barred->linear = longer;
        barred->room = room;
    }
    memmove(barred->linear + place + 1, barred->linear + place,
            (barred->count - place) * sizeof *barred->linear);
    barred->linear[place] = linear;
    barred->count++;
    return true;
}

enum barred_found barred_look(struct barred *barred, const struct view *view,
                              uint32_t page)
{
    enum barred_found found = BARRED_NOTHING_NEW;
    uint8_t code[INSN_MAX_BYTES - 1 + MMU_PAGE_SIZE];
    uint32_t first = page - (INSN_MAX_BYTES - 1);
    uint32_t before = view_read_code(view, first, code, INSN_MAX_BYTES - 1);
    if (before < INSN_MAX_BYTES - 1)
        memset(code, 0, INSN_MAX_BYTES - 1);
    uint32_t bytes =
        INSN_MAX_BYTES - 1 +
        view_read_code(view, page, code + INSN_MAX_BYTES - 1, MMU_PAGE_SIZE);
    for (uint32_t at = 0; at < bytes; at++) {
        if (!is_prefix(code[at]) || !barred_is_one(view, first + at) ||
            !barred_add(barred, first + at))
            continue;
        if (first + at - page >= MMU_PAGE_SIZE)
            found = BARRED_NEW_BEFORE;
        else if (found == BARRED_NOTHING_NEW)
            found = BARRED_NEW;
    }
    return found;
}
