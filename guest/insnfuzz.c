/*
 * insnfuzz [SEED=1 [CHILDREN=4 [STREAMS=40]]]: random instructions.
 *
 * Prints:
 *      insnfuzz: 4 children, 3 came to their ends
 *
 * Why: no instruction of a program may bring the machine down. Each of CHILDREN
 * processes runs STREAMS pieces of code drawn from SEED, with registers, flags,
 * selectors and stack pointers drawn as well: bytes without any sense; opcodes
 * with operands, prefixes and addresses that are likely to hurt; idioms that
 * lead into the processor's corners. They run under handlers of all signals,
 * which give the piece up, step over the instruction, or return with other
 * registers. What they do to their own process, and to others by system calls,
 * does not matter.
 */
#include "hostile.h"

#define PATIENCE_MS     25u
#define TIMER_US        1000u
#define SIGNALS_MAX     24u /* of one piece, before it is given up */
#define PIECE_MAX       160u
#define CODE_BYTES      (2 * PAGE_BYTES)
#define SIGNAL_ALARM    14u
#define CALL_MODIFY_LDT 123u
#define OPCODE_INT      0xCDu
#define VECTOR_CALLS    0x80u
/* INT n that are system calls: most of those do nothing of interest */
#define CALLS_ONE_IN 12u

static uint32_t at; /* where the next byte of code goes */
static uint32_t piece, piece_end;
static uint32_t taken; /* signals of this piece */

/* ---- code ---- */

static uint32_t code_end(void)
{
    return arena_linear(ARENA_CODE) + CODE_BYTES;
}

static void emit(uint32_t byte)
{
    if (at < code_end())
        *(uint8_t *)(uintptr_t)at++ = (uint8_t)byte;
}

static void emit_dword(uint32_t dword)
{
    for (int i = 0; i < 4; i++)
        emit(dword >> (8 * i));
}

static void emit_prefixes(void)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x2E,
                                       0x36, 0x3E, 0x26, 0x64, 0x65};
    uint32_t count = one_in(40) ? 16 : below(4);
    while (count-- > 0)
        emit(prefixes[below(sizeof prefixes)]);
}

/* What may follow an opcode: a ModRM byte of any class, then words that may be
 * an SIB byte, displacement or immediate. */
static void emit_operands(void)
{
    uint32_t modrm = draw();
    if (one_in(3))
        modrm = (modrm & 0x38) | 0x05; /* a displacement alone */
    emit(modrm);
    if ((modrm & 0x07) == 4 && (modrm & 0xC0) != 0xC0)
        emit(draw());
    if (one_in(2))
        emit_dword(hostile_word());
    if (one_in(3))
        emit_dword(hostile_word());
    else if (one_in(2))
        emit(draw());
}

static void emit_any_opcode(void)
{
    uint32_t opcode = below(256);
    if (opcode == OPCODE_INT)
        return;
    emit(opcode);
    emit_operands();
}

static void emit_two_byte(void)
{
    emit(0x0F);
    if (one_in(12))
        emit(one_in(2) ? 0x38 : 0x3A);
    emit(draw());
    emit_operands();
}

static void emit_x87(void)
{
    emit(0xD8 + below(8));
    emit_operands();
}

static void emit_string(void)
{
    static const uint8_t strings[] = {0xA4, 0xA5, 0xA6, 0xA7, 0xAA,
                                      0xAB, 0xAC, 0xAD, 0xAE, 0xAF,
                                      0x6C, 0x6D, 0x6E, 0x6F, 0xD7};
    emit(0xB9); /* MOV ECX */
    emit_dword(hostile_number());
    emit_prefixes();
    if (one_in(2))
        emit(one_in(2) ? 0xF3 : 0xF2);
    emit(strings[below(sizeof strings)]);
}

static void emit_system(void)
{
    static const uint8_t second[] = {
        0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B,
        0x20, 0x21, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35,
        0xA2, 0xAE, 0xB2, 0xB4, 0xB5, 0xC7, 0xFF, 0xC0, 0xB0, 0x77};
    emit_prefixes();
    emit(0x0F);
    emit(second[below(sizeof second)]);
    emit_operands();
}

static void emit_push(uint32_t dword)
{
    emit(0x68);
    emit_dword(dword);
}

static void emit_popf(void)
{
    emit_push(hostile_flags());
    if (one_in(8))
        emit(0x66);
    emit(0x9D);
}

static uint32_t somewhere_in_piece(void)
{
    return piece + below(PIECE_MAX);
}

static uint32_t code_selector(void)
{
    return one_in(2) ? 0x73 : hostile_selector();
}

static uint32_t stack_selector(void)
{
    return one_in(2) ? 0x7B : hostile_selector();
}

/* The frame that IRET takes, of three words, five, or as of V86 mode nine. */
static void emit_iret(void)
{
    uint32_t flags = hostile_flags();
    if (one_in(3))
        flags |= draw() & 0x0003F000u; /* VM, IOPL, NT */
    if (one_in(3))
        for (int i = 0; i < 4; i++)
            emit_push(hostile_selector());
    emit_push(stack_selector());
    emit_push(hostile_pointer());
    emit_push(flags);
    emit_push(code_selector());
    emit_push(somewhere_in_piece());
    if (one_in(8))
        emit(0x66);
    emit(0xCF);
}

static void emit_far(void)
{
    switch (below(4)) {
    case 0:
        emit(one_in(2) ? 0xEA : 0x9A);
        emit_dword(somewhere_in_piece());
        emit(0x73);
        emit(0);
        return;
    case 1:
        emit(one_in(2) ? 0xEA : 0x9A);
        emit_dword(hostile_pointer());
        emit(hostile_selector());
        emit(draw() & one_in(8));
        return;
    case 2:
        emit_push(stack_selector());
        emit_push(hostile_pointer());
        emit_push(code_selector());
        emit_push(somewhere_in_piece());
        emit(one_in(2) ? 0xCB : 0xCA);
        emit(below(12));
        emit(0);
        return;
    default:
        emit(0xFF);
        emit(one_in(2) ? 0x1D : 0x2D);
        emit_dword(hostile_pointer());
    }
}

static void emit_segment_load(void)
{
    static const uint8_t pops[] = {0x07, 0x17, 0x1F};
    emit(0xB8); /* MOV EAX */
    emit_dword(hostile_selector());
    if (one_in(2)) {
        emit(0x8E);
        emit(0xC0 | below(8) << 3);
        return;
    }
    emit(0x50); /* PUSH EAX */
    if (one_in(2)) {
        emit(pops[below(sizeof pops)]);
        return;
    }
    emit(0x0F);
    emit(one_in(2) ? 0xA1 : 0xA9);
}

static void emit_int(void)
{
    uint32_t vector = below(256);
    if (vector == VECTOR_CALLS || one_in(CALLS_ONE_IN)) {
        emit(0xB8); /* MOV EAX */
        emit_dword(below(460));
        vector = VECTOR_CALLS;
    }
    if (one_in(3)) {
        static const uint8_t others[] = {0xCC, 0xCE, 0xF1, 0xF4, 0x9B};
        emit(others[below(sizeof others)]);
        return;
    }
    emit(OPCODE_INT);
    emit(vector);
}

/* A store into the piece itself, before, behind or right here. */
static void emit_self_modification(void)
{
    uint32_t target = one_in(2) ? at + below(24) : somewhere_in_piece();
    switch (below(3)) {
    case 0:
        emit(0xC7); /* MOV m32, i32 */
        emit(0x05);
        emit_dword(target);
        emit_dword(draw());
        return;
    case 1:
        emit(0xC6); /* MOV m8, i8 */
        emit(0x05);
        emit_dword(target);
        emit(draw());
        return;
    default:
        emit(0xBF); /* MOV EDI; MOV ECX; REP STOSB */
        emit_dword(target);
        emit(0xB9);
        emit_dword(below(40));
        emit(0xF3);
        emit(0xAA);
    }
}

static void emit_jump(void)
{
    switch (below(5)) {
    case 0:
        emit(0xEB);
        emit(draw());
        return;
    case 1:
        emit(0x70 | below(16));
        emit(draw());
        return;
    case 2:
        emit(0xE0 | below(4)); /* LOOP, JCXZ */
        emit(draw());
        return;
    case 3:
        emit_push(one_in(3) ? hostile_pointer() : somewhere_in_piece());
        emit(0xC3);
        return;
    default:
        emit(one_in(2) ? 0xE8 : 0xE9);
        emit_dword(somewhere_in_piece() - at - 4);
    }
}

static void emit_stack(void)
{
    static const uint8_t users[] = {0x60, 0x61, 0xC8, 0xC9, 0x9C,
                                    0x9D, 0x50, 0x58, 0x06, 0x16};
    emit(0xBC); /* MOV ESP */
    emit_dword(hostile_pointer());
    if (one_in(4))
        emit(0x66);
    emit(users[below(sizeof users)]);
    emit(draw());
    emit(draw());
    emit(draw());
}

static void emit_noise(void)
{
    uint32_t bytes = 1 + below(12);
    while (bytes-- > 0)
        emit(draw());
}

/* The state of the FPU and of SSE: control words, whole states, MMX and
 * back. */
static void emit_state(void)
{
    static const uint8_t forms[][3] = {
        {0xD9, 0x2D, 2}, {0xD9, 0x25, 2}, {0xD9, 0x35, 2}, {0xDD, 0x25, 2},
        {0xDD, 0x35, 2}, {0x0F, 0xAE, 3}, {0x0F, 0xAE, 3}, {0x0F, 0x77, 1},
        {0x0F, 0x6F, 3}, {0xDB, 0xE3, 1}};
    const uint8_t *form = forms[below(sizeof forms / sizeof forms[0])];
    emit(form[0]);
    emit(form[1]);
    if (form[2] == 1)
        return;
    if (form[2] == 3)
        emit(0x05 | below(8) << 3);
    emit_dword(one_in(2) ? hostile_pointer() : hostile_pointer() & ~15u);
}

static void emit_one(void)
{
    static void (*const kinds[])(void) = {
        emit_any_opcode, emit_any_opcode,   emit_any_opcode,
        emit_two_byte,   emit_two_byte,     emit_x87,
        emit_x87,        emit_string,       emit_string,
        emit_system,     emit_popf,         emit_iret,
        emit_far,        emit_int,          emit_self_modification,
        emit_jump,       emit_segment_load, emit_segment_load,
        emit_stack,      emit_noise,        emit_state};
    if (one_in(4))
        emit_prefixes();
    kinds[below(sizeof kinds / sizeof kinds[0])]();
}

/* Behind the last instruction come whatever was there before, a jump back, or a
 * missing page. */
static void write_piece(void)
{
    uint32_t length = 8 + below(PIECE_MAX - 8);
    piece = arena_linear(ARENA_CODE) + below(CODE_BYTES - length);
    if (one_in(4))
        piece = code_end() - length;
    else if (one_in(4))
        piece = arena_linear(ARENA_CODE) + PAGE_BYTES - below(length);
    at = piece;
    bool noise = one_in(5);
    while (at < piece + length && at < code_end()) {
        if (noise)
            emit_noise();
        else
            emit_one();
    }
    if (one_in(8)) {
        emit(0xE9);
        emit_dword(piece - at - 4);
    }
    piece_end = at;
}

/* ---- running it ---- */

static uint32_t place_in_piece(void)
{
    return piece + below(piece_end - piece);
}

static void scramble(struct signal_context *context)
{
    uint32_t *general = &context->edi;
    for (uint32_t i = 0; i < 8; i++)
        if (one_in(2))
            general[i] = hostile_word();
    if (one_in(2))
        context->eip = place_in_piece();
    if (one_in(3))
        context->esp = arena_linear(ARENA_STACK) + PAGE_BYTES;
}

static void scramble_segments(struct signal_context *context)
{
    uint32_t *segments = &context->gs;
    segments[below(4)] = hostile_selector();
    context->eflags = hostile_flags() ^ (one_in(4) ? draw() : 0);
    if (one_in(8))
        context->cs = hostile_selector();
    if (one_in(8))
        context->ss = hostile_selector();
}

static bool decides(uint32_t signal, struct signal_context *context)
{
    if (++taken > SIGNALS_MAX || (signal == SIGNAL_ALARM && !one_in(4)))
        return false;
    switch (below(8)) {
    case 0:
        return false;
    case 1:
        return true;
    case 2:
        scramble_segments(context);
        return true;
    case 3:
    case 4:
        scramble(context);
        return true;
    case 5:
        arena_change();
        return true;
    default:
        context->eip += 1 + below(8);
        return true;
    }
}

static uint32_t draw_esp(void)
{
    return one_in(3)
               ? hostile_pointer()
               : arena_linear(ARENA_STACK) + PAGE_BYTES + below(PAGE_BYTES);
}

static void run_piece(void)
{
    struct machine_state start;
    uint32_t *words = (uint32_t *)(void *)&start;
    for (uint32_t i = 0; i < sizeof start / sizeof *words; i++)
        words[i] = hostile_word();
    start.eflags = hostile_flags();
    start.esp = draw_esp();
    start.eip = one_in(5) ? place_in_piece() : piece;
    taken = 0;
    guard_run(&start);
}

/* Segments of its own, whose selectors are among the likely ones: of 16 bits or
 * 32, code, data or stack, with a base and a limit. */
static void make_segments(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t flags = draw() & 0x1F;
        uint32_t descriptor[4] = {i, 0, 0xFFFFF,
                                  flags | 0x10 | (one_in(8) ? 0x20 : 0) | 0x40};
        if (one_in(3))
            descriptor[1] =
                one_in(2) ? arena_linear(ARENA_CODE) : hostile_pointer();
        if (one_in(3)) {
            descriptor[2] =
                one_in(2) ? CODE_BYTES - 1 : hostile_number() & 0xFFFFF;
            descriptor[3] = flags | 0x40;
        }
        (void)syscall6(CALL_MODIFY_LDT, 1, (uint32_t)(uintptr_t)descriptor,
                       sizeof descriptor, 0, 0, 0);
    }
}

noreturn static void run_child(uint32_t streams)
{
    bool with_info = one_in(2);
    for (uint32_t i = 0; i < streams; i++) {
        if (i % 8 == 0) { /* what the last ones left of it */
            arena_make();
            guard_signals(decides, with_info);
            guard_timer(TIMER_US);
            make_segments();
        }
        if (one_in(6))
            arena_change();
        if (one_in(24))
            sys_fork();
        arena_open(ARENA_CODE, CODE_BYTES / PAGE_BYTES);
        write_piece();
        run_piece();
    }
    sys_exit(0);
}

int main(int argc, char **argv)
{
    uint32_t seed = number_argument(argc, argv, 1, 1);
    uint32_t children = number_argument(argc, argv, 2, 4);
    uint32_t streams = number_argument(argc, argv, 3, 40);
    uint32_t ended = 0;

    only_simulated("insnfuzz");
    draw_from(seed, 0);
    arena_make(); /* which children then share */
    for (uint32_t i = 0; i < children; i++) {
        int32_t pid = fork_or_fail();
        if (pid == 0) {
            draw_from(seed, i + 1);
            run_child(streams);
        }
        ended += see_off(pid, PATIENCE_MS);
    }
    print("insnfuzz: %u children, %u came to their ends\n", children, ended);
    return 0;
}
