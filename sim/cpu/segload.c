/* segload.c: see segload.h. */
#include "cpu/segload.h"

#include <string.h>

#include "cpu/blame.h"
#include "cpu/opcodes.h"
#include "cpu/vectors.h"

/* What ring 3 may change of EFLAGS: not IF, IOPL or VM (SDM volume 2, IRET and
 * POPF). */
/* arithmetic flags, TF, DF, NT: all that IRETW pops */
#define EFLAGS_OF_RING_3 0x00004DD5u
#define EFLAGS_UPPER     0x00250000u /* RF, AC, ID */
#define EFLAGS_AC_ID     0x00240000u /* not on an i386 */
/* 00FxFF00 in the manual: processors give the limit's, too */
#define LAR_BITS 0x00FFFF00u

/* One look. */
struct look {
    const struct view *view;
    const struct segment_tables *tables;
    const struct insn *insn;
    struct segload *load;
    uint32_t width;  /* bytes of an offset, a push or a pop: 2 or 4 */
    uint32_t linear; /* of the operand in memory, or of what is popped */
    uint32_t offset; /* what goes with the selector: the new EIP, or the
                        pointer's */
    struct segment_descriptor descriptor;
    bool has_descriptor;
};

/* ---- descriptors ---- */

uint32_t segload_entry(const struct segment_tables *tables, uint16_t selector)
{
    bool local = (selector & SELECTOR_LDT) != 0;
    uint32_t offset = selector & ~7u;
    uint32_t bytes = local ? tables->ldt_bytes : tables->gdt_bytes;
    if ((selector & ~SELECTOR_RPL) == 0 || offset + 8 > bytes)
        return 0;
    return (local ? tables->ldt_linear : tables->gdt_linear) + offset;
}

bool segload_descriptor(const struct view *view,
                        const struct segment_tables *tables, uint32_t entry,
                        struct segment_descriptor *descriptor,
                        struct mmu_fault *fault)
{
    const struct mmu_physmem *mem = view->mmu->mem;
    uint32_t in_ldt = entry - tables->ldt_linear;
    uint32_t phys;
    *descriptor = (struct segment_descriptor){0, 0};
    if (!mmu_probe(view->mmu, entry, MMU_ACCESS_READ, false, &phys, fault))
        return false;
    if (in_ldt < tables->ldt_bytes)
        *descriptor = (struct segment_descriptor){tables->ldt[in_ldt / 4],
                                                  tables->ldt[in_ldt / 4 + 1]};
    else if (mmu_physmem_has(mem, phys, sizeof *descriptor)) /* aligned: in one
                                                                page */
        memcpy(descriptor, mem->base + phys, sizeof *descriptor);
    return true;
}

/* ---- what comes of it ---- */

static bool refuse(struct look *look, uint8_t vector, uint32_t error)
{
    look->load->outcome = SEGLOAD_EXCEPTION;
    look->load->refusal = (struct refusal){vector, error};
    return false;
}

/* Checks items of the list from `from` on; false where one is refused. */
static bool check_from(struct look *look, uint32_t from)
{
    const struct access_list *list = &look->load->accesses;
    for (uint32_t i = from; i < list->count; i++) {
        struct refusal refusal;
        if (!blame_item(look->view, look->insn, &list->item[i],
                        &look->load->fault, &refusal))
            continue;
        if (refusal.vector != NO_EXCEPTION)
            return refuse(look, refusal.vector, refusal.error);
        look->load->outcome = SEGLOAD_FAULT;
        return false;
    }
    return true;
}

/* By the processor itself. */
static void add_read(struct look *look, uint32_t linear)
{
    struct access_list *list = &look->load->accesses;
    if (list->count < ACCESSES_MAX)
        list->item[list->count++] =
            (struct access_item){.linear = linear,
                                 .bytes = 4,
                                 .access = MMU_ACCESS_READ,
                                 .system = true};
}

/* The descriptor is read in two halves. */
static bool read_descriptor(struct look *look, uint16_t selector)
{
    uint32_t entry = segload_entry(look->tables, selector);
    if (entry == 0)
        return true;
    add_read(look, entry);
    add_read(look, entry + 4);
    if (!segload_descriptor(look->view, look->tables, entry, &look->descriptor,
                            &look->load->fault)) {
        look->load->outcome = SEGLOAD_FAULT;
        return false;
    }
    look->has_descriptor = true;
    return true;
}

static bool load_selector(struct look *look, enum selector_use use,
                          uint8_t segment, uint16_t selector)
{
    if (!read_descriptor(look, selector))
        return false;
    const struct refusal refusal = selector_refusal(
        use, selector, look->has_descriptor ? &look->descriptor : NULL);
    if (refusal.vector != NO_EXCEPTION)
        return refuse(look, refusal.vector, refusal.error);
    look->load->loads = true;
    look->load->segment = segment;
    look->load->selector = selector;
    return true;
}

/* ---- operands ---- */

static uint32_t read_guest(const struct look *look, uint32_t linear,
                           uint32_t bytes)
{
    uint8_t value[4] = {0};
    (void)view_read_code(look->view, linear, value, bytes);
    return value[0] | (uint32_t)value[1] << 8 | (uint32_t)value[2] << 16 |
           (uint32_t)value[3] << 24;
}

static uint32_t read_immediate(const struct insn *insn, uint32_t from_end,
                               uint32_t bytes)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint32_t)insn->bytes[insn->length - from_end + i] << 8 * i;
    return value;
}

/* A pointer in memory is read in two parts. */
static void split_pointer(struct look *look)
{
    struct access_list *list = &look->load->accesses;
    list->item[1] = list->item[0];
    list->item[0].bytes = look->width;
    list->item[1].linear += look->width;
    list->item[1].bytes = 2;
    list->count = 2;
}

/* The r/m operand, 16 bits. */
static uint16_t operand_selector(const struct look *look)
{
    const struct insn *insn = look->insn;
    return insn->has_memory
               ? (uint16_t)read_guest(look, look->linear, 2)
               : (uint16_t)look->view->registers->general[insn->modrm & 7];
}

/* ---- far transfers ---- */

/* CS and EIP, and with them the privilege, which stays: a selector's RPL is the
 * CPL then. */
static bool transfer(struct look *look, enum selector_use use, uint32_t eip,
                     uint16_t selector)
{
    if (look->width == 2)
        eip &= 0xFFFF;
    if (!load_selector(look, use, CS, selector))
        return false;
    if (eip > selector_limit(&look->descriptor))
        return refuse(look, VECTOR_PROTECTION, 0);
    look->load->selector |= SELECTOR_RPL;
    look->load->after.eip = eip;
    return true;
}

/* The pushes come behind the checks of the selector, and all of them before the
 * first store. */
static bool push_return(struct look *look, const struct access_list *pushes)
{
    const struct registers *registers = look->view->registers;
    const uint32_t value[2] = {registers->selector[CS],
                               registers->eip + look->insn->length};
    struct access_list *list = &look->load->accesses;
    uint32_t first = list->count;
    for (uint32_t i = 0; i < 2; i++) {
        list->item[list->count] = pushes->item[pushes->count - 2 + i];
        list->item[list->count].stored = true;
        list->item[list->count++].value = value[i];
    }
    registers_move_stack(&look->load->after, 0u - 2 * look->width);
    return check_from(look, first);
}

static bool look_at_jump(struct look *look, bool call)
{
    const struct insn *insn = look->insn;
    const struct access_list all = look->load->accesses;
    uint16_t selector;
    if (call)
        look->load->accesses.count -= 2;
    if (insn->has_memory) {
        split_pointer(look);
        if (!check_from(look, 0))
            return false;
        look->offset = read_guest(look, look->linear, look->width);
        selector = (uint16_t)read_guest(look, look->linear + look->width, 2);
    } else {
        look->offset = read_immediate(insn, look->width + 2, look->width);
        selector = (uint16_t)read_immediate(insn, 2, 2);
    }
    return transfer(look, SELECTOR_JUMP, look->offset, selector) &&
           (!call || push_return(look, &all));
}

static bool look_at_return(struct look *look)
{
    const struct insn *insn = look->insn;
    uint32_t release = insn->opcode == 0xCA ? read_immediate(insn, 2, 2) : 0;
    if (!check_from(look, 0))
        return false;
    uint16_t selector =
        (uint16_t)read_guest(look, look->linear + look->width, 2);
    registers_move_stack(&look->load->after, 2 * look->width + release);
    return transfer(look, SELECTOR_RETURN,
                    read_guest(look, look->linear, look->width), selector);
}

static uint32_t returned_flags(const struct look *look, uint32_t popped)
{
    uint32_t before = look->view->registers->eflags;
    uint32_t changes = EFLAGS_OF_RING_3 | (look->width == 4 ? EFLAGS_UPPER : 0);
    if (look->view->mmu->control.generation->id == MMU_GENERATION_I386)
        changes &= ~EFLAGS_AC_ID;
    return (before & ~changes) | (popped & changes);
}

/* With NT set it is a return to the task that the TSS links to. There is none:
 * what a kernel in long mode, which has no tasks, makes of it. */
static bool look_at_iret(struct look *look)
{
    if ((look->view->registers->eflags & EFLAGS_NT) != 0)
        return refuse(look, VECTOR_PROTECTION, 0);
    if (!check_from(look, 0))
        return false;
    uint32_t popped =
        read_guest(look, look->linear + 2 * look->width, look->width);
    uint16_t selector =
        (uint16_t)read_guest(look, look->linear + look->width, 2);
    registers_move_stack(&look->load->after, 3 * look->width);
    look->load->after.eflags = returned_flags(look, popped);
    return transfer(look, SELECTOR_RETURN,
                    read_guest(look, look->linear, look->width), selector);
}

/* ---- data segments ---- */

static enum selector_use use_of(uint8_t segment)
{
    return segment == SS ? SELECTOR_STACK : SELECTOR_DATA;
}

static bool look_at_move(struct look *look)
{
    uint8_t segment = (look->insn->modrm >> 3) & 7;
    return check_from(look, 0) && load_selector(look, use_of(segment), segment,
                                                operand_selector(look));
}

static bool look_at_pop(struct look *look)
{
    uint8_t segment = (look->insn->opcode >> 3) & 7; /* 07 17 1F, 0FA1 0FA9 */
    if (!check_from(look, 0))
        return false;
    registers_move_stack(&look->load->after, look->width);
    return load_selector(look, use_of(segment), segment,
                         (uint16_t)read_guest(look, look->linear, 2));
}

static uint8_t pointer_segment(const struct insn *insn)
{
    if (insn->map == MAP_ONE_BYTE)
        return insn->opcode == 0xC4 ? ES : DS;
    return insn->opcode == 0xB2 ? SS : insn->opcode == 0xB4 ? FS : GS;
}

static void set_register(struct registers *registers, uint8_t number,
                         uint32_t width, uint32_t value)
{
    uint32_t mask = width == 2 ? 0xFFFF : 0xFFFFFFFF;
    uint32_t *general = &registers->general[number];
    *general = (*general & ~mask) | (value & mask);
}

static bool look_at_pointer(struct look *look)
{
    const struct insn *insn = look->insn;
    uint8_t segment = pointer_segment(insn);
    split_pointer(look);
    if (!check_from(look, 0))
        return false;
    uint32_t offset = read_guest(look, look->linear, look->width);
    uint16_t selector =
        (uint16_t)read_guest(look, look->linear + look->width, 2);
    set_register(&look->load->after, (insn->modrm >> 3) & 7, look->width,
                 offset);
    return load_selector(look, use_of(segment), segment, selector);
}

/* ---- questions ---- */

static enum selector_question question_of(const struct insn *insn)
{
    if (insn->opcode == 0x00)
        return (insn->modrm >> 3 & 7) == 4 ? SELECTOR_VERR : SELECTOR_VERW;
    return insn->opcode == 0x02 ? SELECTOR_LAR : SELECTOR_LSL;
}

static bool look_at_question(struct look *look)
{
    const struct insn *insn = look->insn;
    enum selector_question question = question_of(insn);
    struct registers *after = &look->load->after;
    if (!check_from(look, 0))
        return false;
    uint16_t selector = operand_selector(look);
    if (!read_descriptor(look, selector))
        return false;
    bool yes = selector_answer(question, selector,
                               look->has_descriptor ? &look->descriptor : NULL);
    after->eflags = (after->eflags & ~EFLAGS_ZF) | (yes ? EFLAGS_ZF : 0);
    if (yes && question == SELECTOR_LAR)
        set_register(after, (insn->modrm >> 3) & 7, look->width,
                     look->descriptor.high & LAR_BITS);
    if (yes && question == SELECTOR_LSL)
        set_register(after, (insn->modrm >> 3) & 7, look->width,
                     selector_limit(&look->descriptor));
    return true;
}

/* ---- which of them ---- */

typedef bool looker(struct look *look);

static bool look_at_far_jump(struct look *look)
{
    return look_at_jump(look, false);
}

static bool look_at_far_call(struct look *look)
{
    return look_at_jump(look, true);
}

static looker *group_5(const struct insn *insn)
{
    uint8_t reg = (insn->modrm >> 3) & 7;
    if (!insn->has_memory)
        return NULL;
    return reg == 3 ? look_at_far_call : reg == 5 ? look_at_far_jump : NULL;
}

static looker *one_byte(const struct insn *insn)
{
    uint8_t reg = (insn->modrm >> 3) & 7;
    switch (insn->opcode) {
    case 0x07:
    case 0x17:
    case 0x1F:
        return look_at_pop;
    case 0x8E:
        return reg != CS && reg < SEGMENT_REGISTERS ? look_at_move : NULL;
    case 0x9A:
        return look_at_far_call;
    case 0xC4:
    case 0xC5:
        return insn->has_memory ? look_at_pointer : NULL;
    case 0xCA:
    case 0xCB:
        return look_at_return;
    case 0xCF:
        return look_at_iret;
    case 0xEA:
        return look_at_far_jump;
    case 0xFF:
        return group_5(insn);
    default:
        return NULL;
    }
}

static looker *two_byte(const struct insn *insn)
{
    switch (insn->opcode) {
    case 0x00:
        /* /4, /5 */
        return (insn->modrm >> 4 & 3) == 2 ? look_at_question : NULL;
    case 0x02:
    case 0x03:
        return look_at_question;
    case 0xA1:
    case 0xA9:
        return look_at_pop;
    case 0xB2:
    case 0xB4:
    case 0xB5:
        return insn->has_memory ? look_at_pointer : NULL;
    default:
        return NULL;
    }
}

static looker *looker_of(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE ? one_byte(insn)
           : insn->map == MAP_0F     ? two_byte(insn)
                                     : NULL;
}

void segload_look(const struct view *view, const struct segment_tables *tables,
                  const struct insn *insn, struct segload *load)
{
    struct look look = {
        .view = view, .tables = tables, .insn = insn, .load = load};
    look.width = insn->operand16 ? 2 : 4;
    load->outcome = SEGLOAD_DONE;
    load->refusal = (struct refusal){NO_EXCEPTION, 0};
    load->loads = false;
    load->after = *view->registers;
    load->after.eip += insn->length;
    blame_list(view, insn, &load->accesses);
    if (load->accesses.count > 0)
        look.linear = load->accesses.item[0].linear;
    looker *const looks = looker_of(insn);
    if (looks != NULL)
        (void)looks(&look);
}
