#include "cpu/access.h"

#include "cpu/opcodes.h"
#include "cpu/vectors.h"

/* What the listing of one instruction needs. */
struct listing {
    const struct insn *insn;
    const struct registers *registers;
    const struct access_memory *memory;
    struct access_list *list;
};

/* Of `bytes` bytes at `offset` in a segment. */
static struct access_item *add(const struct listing *listing, uint8_t segment,
                               uint32_t offset, uint32_t bytes,
                               enum mmu_access access)
{
    static const struct access_item none = {0};
    struct access_list *list = listing->list;
    struct access_item *item = &list->item[list->count];
    if (bytes == 0 || list->count == ACCESSES_MAX)
        return NULL;
    list->count++;
    *item = none;
    item->linear = listing->registers->base[segment] + offset;
    item->bytes = bytes;
    item->access = access;
    item->segment = segment;
    return item;
}

/* ---- addresses ---- */

static uint32_t offset_of(const struct memory_operand *operand,
                          const struct registers *registers)
{
    uint32_t offset = operand->displacement;
    if (operand->base != NO_REGISTER)
        offset += registers->general[operand->base];
    if (operand->index != NO_REGISTER)
        offset += registers->general[operand->index] * operand->scale;
    return operand->address16 ? offset & 0xFFFF : offset;
}

uint32_t registers_stack_mask(const struct registers *registers)
{
    uint32_t rights = registers->rights[SS];
    return rights == 0 || (rights & DESCRIPTOR_BIG) != 0 ? 0xFFFFFFFF : 0xFFFF;
}

/* In the stack segment. */
static struct access_item *add_on_stack(const struct listing *listing,
                                        uint32_t offset, uint32_t bytes,
                                        enum mmu_access access)
{
    return add(listing, SS, offset & registers_stack_mask(listing->registers),
               bytes, access);
}

static uint32_t stack_linear(const struct listing *listing, uint32_t offset)
{
    return listing->registers->base[SS] +
           (offset & registers_stack_mask(listing->registers));
}

/* A pointer register, as wide as the address size. */
static uint32_t pointer(const struct listing *listing,
                        enum general_register reg)
{
    uint32_t value = listing->registers->general[reg];
    return listing->insn->address16 ? value & 0xFFFF : value;
}

/* Of an implied operand: the data segment, or that of a prefix. */
static uint8_t data_segment(const struct listing *listing)
{
    uint8_t segment = listing->insn->segment;
    return segment != NO_REGISTER ? segment : DS;
}

/* ---- the operand written out ---- */

static enum mmu_access operand_access(const struct memory_operand *operand)
{
    return operand->write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ;
}

/* FLDENV, FNSTENV, FRSTOR and FNSAVE; FXSAVE and FXRSTOR, whose last byte comes
 * first: so do those that tests/silicon and tests/encodings asked, of two
 * makers. */
static void mark_image(const struct insn *insn, struct access_item *item)
{
    unsigned reg = insn->modrm >> 3 & 7;
    if (insn->map == MAP_0F && insn->opcode == 0xAE && reg < 2) {
        item->image = 2;
        item->from_last = true;
    }
    if (insn->map == MAP_ONE_BYTE && (insn->opcode & 0xFB) == 0xD9 &&
        (reg == 4 || reg == 6))
        item->image = insn->operand16 ? 2 : 4;
}

static void add_operand(const struct listing *listing)
{
    const struct insn *insn = listing->insn;
    if (!insn->has_memory || !(insn->memory.read || insn->memory.write))
        return;
    struct access_item *item =
        add(listing, insn->memory.segment,
            offset_of(&insn->memory, listing->registers), insn->memory.bytes,
            operand_access(&insn->memory));
    if (item != NULL)
        mark_image(insn, item);
}

/* SDM volume 2, BT: the register is a signed bit offset into a string of words
 * or dwords. */
static void add_bit(const struct listing *listing)
{
    const struct insn *insn = listing->insn;
    uint32_t value = listing->registers->general[(insn->modrm >> 3) & 7];
    struct insn shifted = *insn;
    if (!insn->has_memory)
        return;
    int32_t bit = insn->operand16 ? (int16_t)(uint16_t)value : (int32_t)value;
    uint32_t bits = 8 * insn->memory.bytes;
    int32_t element = (bit - (int32_t)((uint32_t)bit % bits)) / (int32_t)bits;
    shifted.memory.displacement += (uint32_t)element * insn->memory.bytes;
    const struct listing at_bit = {&shifted, listing->registers,
                                   listing->memory, listing->list};
    add_operand(&at_bit);
}

/* SDM volume 2, ARPL. */
static void add_adjustment(const struct listing *listing)
{
    const struct insn *insn = listing->insn;
    const struct access_list *list = listing->list;
    uint32_t source = listing->registers->general[(insn->modrm >> 3) & 7];
    uint16_t selector = 0;
    add_operand(listing);
    if (list->count == 1 &&
        listing->memory->read(listing->memory->arg, list->item[0].linear,
                              &selector, sizeof selector) &&
        (selector & 3) < (source & 3))
        (void)add(listing, insn->memory.segment,
                  offset_of(&insn->memory, listing->registers),
                  insn->memory.bytes, MMU_ACCESS_WRITE);
}

/* ---- the stack ---- */

/* The `index`th of several pushes or pops, counted from 1. */
static void add_push(const struct listing *listing, uint32_t index)
{
    const struct insn *insn = listing->insn;
    uint32_t esp = listing->registers->general[ESP];
    (void)add_on_stack(listing, esp - index * insn->implicit_bytes,
                       insn->accessed_bytes, MMU_ACCESS_WRITE);
}

static void add_pops(const struct listing *listing, uint32_t count)
{
    const struct insn *insn = listing->insn;
    uint32_t esp = listing->registers->general[ESP];
    for (uint32_t i = 0; i < count; i++)
        (void)add_on_stack(listing, esp + i * insn->implicit_bytes,
                           insn->accessed_bytes, MMU_ACCESS_READ);
}

/* A push that has been made when the next one is refused. */
static void add_lasting_push(const struct listing *listing, uint32_t index,
                             uint32_t value)
{
    uint32_t bytes = listing->insn->implicit_bytes;
    uint32_t esp = listing->registers->general[ESP];
    struct access_item *item =
        add_on_stack(listing, esp - index * bytes, bytes, MMU_ACCESS_WRITE);
    if (item == NULL)
        return;
    item->stored = true;
    item->value = value;
}

static void add_push_all(const struct listing *listing)
{
    for (uint32_t i = 0; i < GENERAL_REGISTERS; i++)
        add_lasting_push(listing, i + 1, listing->registers->general[i]);
}

static void add_pop_to_operand(const struct listing *listing)
{
    const struct insn *insn = listing->insn;
    struct registers popped = *listing->registers;
    registers_move_stack(&popped, insn->implicit_bytes);
    add_pops(listing, 1);
    if (insn->has_memory)
        (void)add(listing, insn->memory.segment,
                  offset_of(&insn->memory, &popped), insn->memory.bytes,
                  MMU_ACCESS_WRITE);
}

/* SDM volume 2, IRET: a return to an outer level pops ESP and SS too. */
static void add_iret(const struct listing *listing)
{
    uint32_t bytes = listing->insn->implicit_bytes;
    uint32_t esp = listing->registers->general[ESP];
    uint16_t selector = 0;
    add_pops(listing, 3);
    if (listing->memory->read(listing->memory->arg,
                              stack_linear(listing, esp + bytes), &selector,
                              sizeof selector) &&
        (selector & 3) > registers_ring(listing->registers)) {
        listing->list->count = 0;
        add_pops(listing, 5);
    }
}

/* What a load finds that follows the lasting stores listed so far. */
static uint32_t load_behind_stores(const struct listing *listing,
                                   uint32_t linear, uint32_t bytes)
{
    uint8_t loaded[4] = {0};
    (void)listing->memory->read(listing->memory->arg, linear, loaded, bytes);
    for (uint32_t i = 0; i < listing->list->count; i++) {
        const struct access_item *item = &listing->list->item[i];
        for (uint32_t j = 0; item->stored && j < bytes; j++) {
            uint32_t offset = linear + j - item->linear;
            if (offset < item->bytes)
                loaded[j] = (uint8_t)(item->value >> 8 * offset);
        }
    }
    return (uint32_t)loaded[0] | (uint32_t)loaded[1] << 8 |
           (uint32_t)loaded[2] << 16 | (uint32_t)loaded[3] << 24;
}

/* SDM volume 2, ENTER; the stack where it will end is tried last, without a
 * store. */
static void add_enter(const struct listing *listing)
{
    const struct insn *insn = listing->insn;
    uint32_t bytes = insn->implicit_bytes;
    uint32_t esp = listing->registers->general[ESP];
    uint32_t ebp = listing->registers->general[EBP];
    uint32_t pushes = 1;
    add_lasting_push(listing, pushes, ebp);
    for (uint32_t i = 1; i < insn->level; i++) {
        uint32_t from = stack_linear(listing, ebp - i * bytes);
        uint32_t value = load_behind_stores(listing, from, bytes);
        (void)add_on_stack(listing, ebp - i * bytes, bytes, MMU_ACCESS_READ);
        add_lasting_push(listing, ++pushes, value);
    }
    if (insn->level > 0)
        add_lasting_push(listing, ++pushes, esp - bytes);
    esp -= pushes * bytes + insn->immediate;
    (void)add_on_stack(listing, esp, bytes, MMU_ACCESS_WRITE);
}

/* ---- strings ---- */

static void add_source(const struct listing *listing)
{
    (void)add(listing, data_segment(listing), pointer(listing, ESI),
              listing->insn->implicit_bytes, MMU_ACCESS_READ);
}

static void add_target(const struct listing *listing, enum mmu_access access)
{
    (void)add(listing, ES, pointer(listing, EDI), listing->insn->implicit_bytes,
              access);
}

static void add_string(const struct listing *listing)
{
    if (listing->insn->repeat && pointer(listing, ECX) == 0)
        return;
    switch (listing->insn->implicit) {
    case IMPLICIT_SOURCE:
        add_source(listing);
        break;
    case IMPLICIT_TARGET:
        add_target(listing, MMU_ACCESS_WRITE);
        break;
    case IMPLICIT_SCAN:
        add_target(listing, MMU_ACCESS_READ);
        break;
    case IMPLICIT_MOVE:
        add_source(listing);
        add_target(listing, MMU_ACCESS_WRITE);
        break;
    default: /* IMPLICIT_COMPARE: the target first */
        add_target(listing, MMU_ACCESS_READ);
        add_source(listing);
        break;
    }
}

static void add_table(const struct listing *listing)
{
    uint32_t offset = listing->registers->general[EBX] +
                      (uint8_t)listing->registers->general[EAX];
    if (listing->insn->address16)
        offset &= 0xFFFF;
    (void)add(listing, data_segment(listing), offset, 1, MMU_ACCESS_READ);
}

void access_list_of(const struct insn *insn, const struct registers *registers,
                    const struct access_memory *memory,
                    struct access_list *list)
{
    /* cppcheck-suppress ctuuninitvar ; it is filled here */
    const struct listing listing = {insn, registers, memory, list};
    list->count = 0;
    switch ((enum implicit)insn->implicit) {
    case IMPLICIT_NONE:
        add_operand(&listing);
        break;
    case IMPLICIT_PUSH:
        add_operand(&listing);
        add_push(&listing, 1);
        break;
    case IMPLICIT_PUSH_FAR:
        add_operand(&listing);
        add_push(&listing, 1);
        add_push(&listing, 2);
        break;
    case IMPLICIT_PUSH_ALL:
        add_push_all(&listing);
        break;
    case IMPLICIT_POP:
        add_pops(&listing, 1);
        break;
    case IMPLICIT_POP_OPERAND:
        add_pop_to_operand(&listing);
        break;
    case IMPLICIT_POP_FAR:
        add_pops(&listing, 2);
        break;
    case IMPLICIT_POP_ALL:
        add_pops(&listing, GENERAL_REGISTERS);
        break;
    case IMPLICIT_IRET:
        add_iret(&listing);
        break;
    case IMPLICIT_ENTER:
        add_enter(&listing);
        break;
    case IMPLICIT_LEAVE:
        (void)add_on_stack(&listing, registers->general[EBP],
                           insn->implicit_bytes, MMU_ACCESS_READ);
        break;
    case IMPLICIT_SOURCE:
    case IMPLICIT_TARGET:
    case IMPLICIT_SCAN:
    case IMPLICIT_MOVE:
    case IMPLICIT_COMPARE:
        add_string(&listing);
        break;
    case IMPLICIT_TABLE:
        add_table(&listing);
        break;
    case IMPLICIT_ADJUST:
        add_adjustment(&listing);
        break;
    case IMPLICIT_BIT:
        add_bit(&listing);
        break;
    case IMPLICIT_MASK:
        (void)add(&listing, data_segment(&listing), pointer(&listing, EDI),
                  insn->implicit_bytes, MMU_ACCESS_WRITE);
        break;
    }
}

/* ---- segments ---- */

static bool is_within_limit(const struct registers *registers,
                            const struct access_item *item)
{
    uint32_t limit = registers->limit[item->segment];
    uint32_t rights = registers->rights[item->segment];
    uint32_t first = item->linear - registers->base[item->segment];
    uint32_t last = first + (item->bytes - 1);
    bool down =
        (rights & (DESCRIPTOR_CODE | DESCRIPTOR_DOWN)) == DESCRIPTOR_DOWN;
    if (down) {
        uint32_t top = (rights & DESCRIPTOR_BIG) != 0 ? 0xFFFFFFFF : 0xFFFF;
        return first > limit && first <= last && last <= top;
    }
    return limit == 0xFFFFFFFF || (first <= last && last <= limit);
}

struct refusal access_refusal(const struct registers *registers,
                              const struct access_item *item)
{
    const struct refusal refused = {
        item->segment == SS ? VECTOR_STACK : VECTOR_PROTECTION, 0};
    const struct refusal none = {NO_EXCEPTION, 0};
    uint32_t rights = registers->rights[item->segment];
    bool write = item->access == MMU_ACCESS_WRITE;
    bool code = (rights & DESCRIPTOR_CODE) != 0;
    bool allowed = write ? !code && (rights & DESCRIPTOR_WRITABLE) != 0
                         : !code || (rights & DESCRIPTOR_WRITABLE) != 0;
    if (item->system)
        return none;
    return rights != 0 && allowed && is_within_limit(registers, item) ? none
                                                                      : refused;
}

void registers_move_stack(struct registers *registers, uint32_t bytes)
{
    uint32_t mask = registers_stack_mask(registers);
    uint32_t esp = registers->general[ESP];
    registers->general[ESP] = (esp & ~mask) | ((esp + bytes) & mask);
}

static uint32_t alignment_of(const struct insn *insn, uint32_t bytes)
{
    bool parts = insn->map == MAP_ONE_BYTE && insn->opcode == 0x62; /* BOUND */
    if (parts)
        return bytes / 2;
    if (bytes <= 8)
        return bytes == 6 ? 4 : bytes;
    if (bytes == 10)
        return 8;
    if (bytes == 16)
        return 1;
    return insn->operand16 ? 2 : 4; /* images of the FPU */
}

bool access_is_misaligned(const struct insn *insn,
                          const struct access_item *item)
{
    return !item->system && item->linear % alignment_of(insn, item->bytes) != 0;
}

void registers_after_enter(const struct insn *insn, struct registers *registers)
{
    uint32_t bytes = insn->implicit_bytes;
    uint32_t frame = registers->general[ESP] - bytes;
    uint32_t mask = insn->operand16 ? 0xFFFF : 0xFFFFFFFF;
    registers->general[EBP] =
        (registers->general[EBP] & ~mask) | (frame & mask);
    registers_move_stack(registers,
                         0u - bytes - insn->level * bytes - insn->immediate);
    registers->eip += insn->length;
}
