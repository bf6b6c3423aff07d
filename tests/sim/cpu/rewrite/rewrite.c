/* rewrite.c: random programs that rewrite themselves while they run. Natively
 * and here they come to the same registers and the same code.
 *
 *      rewrite SEED COUNT [shared | once]
 *
 * A program is a row of elements: instructions of four bytes of which the last
 * is an immediate
 * ("cells"), and stores of every kind to such cells ahead of the store, behind
 * it, in its own bytes, and astride of two. What a store leaves is always a
 * program. `shared`: the code is in shared memory, and a second process
 * rewrites it between the runs.
 */
#include "guest.h"

enum {
    CODE = 0x20000000,
    ROOM = CODE - PAGE_BYTES, /* what stacks in the code run into */
    ROOM_BYTES = 4 * PAGE_BYTES,
    ELEMENTS_MAX = 40,
    COUNTERS = 8,
    ROUNDS = 3,
    PIPE_CELLS = 200,
    CELLS_FD = 99, /* a number that is a part of the programs */
    SYS_DUP2 = 63,
    MAP_FIXED_ANONYMOUS = 0x30,
    MAP_SHARED_FLAG = 1,
    MAP_PRIVATE_FLAG = 2
};

/* LEA, SHLD, BT, ADD and so on: the fourth byte is an immediate or a
 * displacement, and any value will do. */
static const uint8_t cells[][3] = {
    {0x8D, 0x44, 0x08}, {0x8D, 0x4C, 0x10}, {0x8D, 0x54, 0x1A},
    {0x8D, 0x5C, 0x03}, {0x0F, 0xA4, 0xC8}, {0x0F, 0xAC, 0xDA},
    {0x0F, 0xBA, 0xE0}, {0x8D, 0x74, 0x06}, {0x8D, 0x7C, 0x37},
    {0x66, 0x83, 0xC0}, {0x66, 0x83, 0xF1}, {0x66, 0x6B, 0xC3},
    {0x90, 0x90, 0x34}, {0x42, 0x4B, 0x2C}, {0xF7, 0xD9, 0x3C},
};
enum { CELLS = sizeof cells / sizeof cells[0] };

enum kind {
    CELL,
    BRANCH,
    LOOP,
    TARGETS, /* 32 bytes that a PUSHA may overwrite */
    WORD,    /* MOV EAX, imm32: any four bytes will do */
    FIRST_STORE,
    MOV_DWORD = FIRST_STORE,
    MOV_BYTE,
    MOV_ASTRIDE,
    MOV_OWN,
    ADD_BYTE,
    ADD_OWN,
    XOR_ANYWHERE,
    ADD_DWORD,
    XCHG,
    XADD,
    CMPXCHG8B,
    PUSH,
    POP,
    CALL,
    PUSHA,
    ENTER,
    FIST,
    FST,
    MMX,
    SSE,
    MOVS,
    MOVS_CODE,
    STOS,
    SETCC,
    BTS,
    INC,
    NOT,
    READ,
    REP_MOVS, /* these pay their set-up again where they are stopped: not
               * "once" */
    REP_STOS,
    KINDS
};

struct element {
    enum kind kind;
    uint8_t *at;
    uint32_t bytes;
};

/* Written by the programs: see call_code. */
struct state {
    uint32_t general[8];
    uint32_t saved_esp, saved_ebp;
    int32_t counters[COUNTERS];
    uint32_t cells[16];
    double number;
};

static struct state state __attribute__((aligned(64), used));
static struct element elements[ELEMENTS_MAX];
static uint32_t element_count;
static uint32_t element; /* that is written */
static uint8_t *at;
static uint32_t random_state;
static uint32_t kinds = KINDS;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

/* ---- the elements ---- */

static uint32_t cell(void)
{
    const uint8_t *c = cells[draw(CELLS)];
    return c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 | draw(256) << 24;
}

static void byte(uint32_t value)
{
    *at++ = (uint8_t)value;
}

static void word(uint32_t value)
{
    for (int i = 0; i < 4; i++)
        byte(value >> (8 * i));
}

static uint32_t address(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

/* An instruction of a two-byte opcode, or of an opcode and a ModRM byte, and an
 * address. */
static void to_address(uint32_t first, uint32_t second, uint32_t where)
{
    byte(first);
    byte(second);
    word(where);
}

static void mov_imm(uint32_t general, uint32_t value)
{
    byte(0xB8 + general);
    word(value);
}

static void save_esp(void)
{
    to_address(0x89, 0x25, address(&state.saved_esp));
}

static void restore_esp(void)
{
    to_address(0x8B, 0x25, address(&state.saved_esp));
}

/* An element of that kind; where there is none, the first. */
static const struct element *any(enum kind kind)
{
    uint32_t start = draw(element_count);
    for (uint32_t i = 0; i < element_count; i++) {
        const struct element *e = &elements[(start + i) % element_count];
        if (e->kind == kind)
            return e;
    }
    return &elements[0];
}

/* A cell with `more` cells behind it, or as many of them as there are. */
static uint32_t row_of_cells(uint32_t more, uint32_t *count)
{
    const struct element *e = any(CELL);
    *count = 1;
    while (*count <= more && e + *count < elements + element_count &&
           e[*count].kind == CELL)
        ++*count;
    return address(e->at);
}

static void branch(void)
{
    uint32_t to = element + 1 + draw(element_count - element - 1);
    byte(0x3C); /* CMP AL, imm */
    byte(draw(256));
    byte(0x0F);
    byte(0x80 + draw(16));
    word(address(elements[to].at) - address(at) - 4);
}

static void loop(void)
{
    uint32_t to = draw(element + 1);
    to_address(0xFF, 0x0D, address(&state.counters[draw(COUNTERS)]));
    byte(0x0F);
    byte(0x8F);
    word(address(elements[to].at) - address(at) - 4);
}

static void targets(void)
{
    for (int i = 0; i < 8; i++)
        word(i == 2 ? 0xB8909090 : cell());
}

static void pusha_there(void)
{
    static const uint8_t order[] = {0, 1, 2, 3, 6, 7};
    save_esp();
    to_address(0x89, 0x2D, address(&state.saved_ebp));
    for (uint32_t i = 0; i < sizeof order; i++)
        mov_imm(order[i], cell());
    mov_imm(5, 0xB8909090);
    mov_imm(4, address(any(TARGETS)->at) + 32);
    byte(0x60);
    restore_esp();
    to_address(0x8B, 0x2D, address(&state.saved_ebp));
}

static void enter_there(uint32_t there)
{
    save_esp();
    to_address(0x89, 0x2D, address(&state.saved_ebp));
    mov_imm(4, there + 4);
    mov_imm(5, cell());
    word(0x000008C8); /* ENTER 8, 0 */
    to_address(0x8B, 0x2D, address(&state.saved_ebp));
    restore_esp();
}

/* MOVS or STOS, `count` times where that is not 0. */
static void string(uint32_t opcode, uint32_t to, uint32_t count)
{
    mov_imm(7, to);
    if (count != 0) {
        mov_imm(1, count);
        byte(0xF3);
    }
    byte(opcode);
}

static void store(enum kind kind)
{
    uint32_t count;
    uint32_t there = row_of_cells(3, &count);
    uint8_t *start = at;
    switch (kind) {
    case MOV_DWORD:
        to_address(0xC7, 0x05, there);
        word(cell());
        break;
    case MOV_BYTE:
        to_address(0xC6, 0x05, there + 3);
        byte(draw(256));
        break;
    case MOV_ASTRIDE: /* the immediate of one, and the rest of the next */
        to_address(0xC7, 0x05, count > 1 ? there + 3 : address(start) + 6);
        word(cell() << 8 | draw(256));
        break;
    case MOV_OWN:
        to_address(0xC7, 0x05, address(start) + 6);
        word(draw(UINT32_MAX));
        break;
    case ADD_BYTE:
        to_address(0x80, 0x05, address(any(WORD)->at) + 1 + draw(4));
        byte(draw(256));
        break;
    case ADD_OWN:
        to_address(0x80, 0x05, address(start) + 6);
        byte(draw(256));
        break;
    case XOR_ANYWHERE: /* all that changes is a byte of a WORD's, in any place
                          of the operand */
        there = draw(4);
        to_address(0x81, 0x35, address(any(WORD)->at) + 1 + draw(4) - there);
        word(draw(256) << (8 * there));
        break;
    case ADD_DWORD:
        to_address(0x81, 0x05, address(any(WORD)->at) + 1);
        word(draw(UINT32_MAX));
        break;
    case XCHG:
        mov_imm(0, cell());
        to_address(0x87, 0x05, there);
        break;
    case XADD:
        mov_imm(0, draw(UINT32_MAX));
        byte(0x0F);
        to_address(0xC1, 0x05, address(any(WORD)->at) + 1);
        break;
    case CMPXCHG8B: /* writes what is there */
        there -= draw(8);
        to_address(0x8B, 0x1D, there);
        to_address(0x8B, 0x0D, there + 4);
        byte(0x0F);
        to_address(0xC7, 0x0D, there);
        break;
    case PUSH:
        save_esp();
        mov_imm(4, there + 4);
        byte(0x68);
        word(cell());
        restore_esp();
        break;
    case POP:
        byte(0x68);
        word(cell());
        to_address(0x8F, 0x05, there);
        break;
    case CALL:
        save_esp();
        mov_imm(4, address(any(WORD)->at) + 5);
        byte(0xE8);
        word(0);
        restore_esp();
        break;
    case PUSHA:
        pusha_there();
        break;
    case ENTER:
        enter_there(there);
        break;
    case FIST:
        to_address(0xDF, 0x2D, address(&state.cells[2 * draw(8)]));
        to_address(0xDF, 0x3D, count > 1 ? there : address(any(TARGETS)->at));
        break;
    case FST:
        to_address(0xDD, 0x05, address(&state.number));
        to_address(0xD9, 0x1D, address(any(WORD)->at) + 1);
        break;
    case MMX:
        byte(0x0F);
        to_address(0x6F, 0x05, address(&state.cells[2 * draw(8)]));
        byte(0x0F);
        to_address(0x7F, 0x05, count > 1 ? there : address(any(TARGETS)->at));
        byte(0x0F);
        byte(0x77);
        break;
    case SSE:
        byte(0x0F);
        to_address(0x10, 0x05, address(&state.cells[4 * draw(4)]));
        byte(0x0F);
        to_address(0x11, 0x05,
                   count > 3 ? there : address(any(TARGETS)->at) + 16);
        break;
    case MOVS:
        mov_imm(6, address(&state.cells[draw(16)]));
        string(0xA5, there, 0);
        break;
    case MOVS_CODE:
        mov_imm(6, address(any(CELL)->at));
        string(0xA5, there, 0);
        break;
    case REP_MOVS:
        mov_imm(6, address(&state.cells[draw(12)]));
        string(0xA5, there, count);
        break;
    case STOS:
        mov_imm(0, cell());
        string(0xAB, there, 0);
        break;
    case REP_STOS:
        mov_imm(0, cell());
        string(0xAB, there, count);
        break;
    case SETCC:
        byte(0x3C);
        byte(draw(256));
        byte(0x0F);
        to_address(0x90 + draw(16), 0x05, address(any(WORD)->at) + 1 + draw(4));
        break;
    case BTS:
        byte(0x0F);
        to_address(0xBA, 0x2D + 8 * draw(3), address(any(WORD)->at) + 1);
        byte(draw(32));
        break;
    case INC:
        to_address(0xFE, 0x05, address(any(WORD)->at) + 1 + draw(4));
        break;
    case NOT:
        to_address(0xF7, 0x15, address(any(WORD)->at) + 1);
        break;
    case READ:
        mov_imm(0, SYS_READ);
        mov_imm(3, CELLS_FD);
        mov_imm(1, there);
        mov_imm(2, 4);
        byte(0xCD);
        byte(0x80);
        break;
    default:
        break;
    }
}

static void emit(struct element *e)
{
    e->at = at;
    switch (e->kind) {
    case CELL:
        word(cell());
        break;
    case BRANCH:
        branch();
        break;
    case LOOP:
        loop();
        break;
    case TARGETS:
        targets();
        break;
    case WORD:
        mov_imm(0, draw(UINT32_MAX));
        break;
    default:
        store(e->kind);
        break;
    }
    e->bytes = (uint32_t)(at - e->at);
}

/* The elements' places depend on their kinds only: drawn first, written
 * twice. */
static void write_program(uint8_t *start)
{
    uint32_t saved;
    element_count = 6 + draw(ELEMENTS_MAX - 6);
    for (uint32_t i = 0; i < element_count; i++) {
        uint32_t what = draw(16);
        elements[i].kind =
            what < 7    ? CELL
            : what == 7 ? WORD
            : what == 8 ? (draw(2) ? BRANCH : LOOP)
                        : (enum kind)(FIRST_STORE + draw(kinds - FIRST_STORE));
    }
    elements[draw(3)].kind = CELL;
    elements[3].kind = TARGETS;
    elements[element_count - 2].kind = WORD;
    elements[element_count - 1].kind = CELL;
    saved = random_state;
    for (int pass = 0; pass < 2; pass++) {
        random_state = saved;
        at = start;
        for (element = 0; element < element_count; element++)
            emit(&elements[element]);
    }
    byte(0xC3);
}

/* ---- running them ---- */

/* Calls it with the registers of `state`, and keeps what it leaves there. */
void call_code(const void *code);
__asm__("call_code:\n"
        "       pusha\n"
        "       movl    36(%esp), %eax\n"
        "       pushl   %eax\n"
        "       movl    state, %eax\n"
        "       movl    state+4, %ecx\n"
        "       movl    state+8, %edx\n"
        "       movl    state+12, %ebx\n"
        "       movl    state+20, %ebp\n"
        "       movl    state+24, %esi\n"
        "       movl    state+28, %edi\n"
        "       call    *(%esp)\n"
        "       movl    %eax, state\n"
        "       movl    %ecx, state+4\n"
        "       movl    %edx, state+8\n"
        "       movl    %ebx, state+12\n"
        "       movl    %ebp, state+20\n"
        "       movl    %esi, state+24\n"
        "       movl    %edi, state+28\n"
        "       popl    %eax\n"
        "       popa\n"
        "       ret\n");

static uint32_t hash(uint32_t sum, const void *what, uint32_t bytes)
{
    const uint8_t *p = what;
    for (uint32_t i = 0; i < bytes; i++)
        sum = (sum ^ p[i]) * 16777619u;
    return sum;
}

static void fill_pipe(void)
{
    uint32_t values[PIPE_CELLS];
    int pipe_fds[2];
    pipe_or_fail(pipe_fds);
    for (uint32_t i = 0; i < PIPE_CELLS; i++)
        values[i] = cell();
    if (sys_write(pipe_fds[1], values, sizeof values) != (int32_t)sizeof values)
        fail("write", -1);
    (void)sys_close(pipe_fds[1]);
    (void)syscall6(SYS_DUP2, (uint32_t)pipe_fds[0], CELLS_FD, 0, 0, 0, 0);
    (void)sys_close(pipe_fds[0]);
}

/* A process of its own rewrites a cell, where the code is shared. */
static void rewrite_from_afar(void)
{
    uint32_t value = cell();
    uint8_t *there = any(CELL)->at;
    int32_t pid = fork_or_fail();
    if (pid == 0) {
        state.counters[0] = 1; /* of its own */
        there[3] ^= 1;
        for (int i = 0; i < 4; i++)
            there[i] = (uint8_t)(value >> (8 * i));
        sys_exit(0);
    }
    (void)wait_for(pid);
}

static void run_program(uint32_t number, bool shared)
{
    static const uint32_t places[] = {0, 64, PAGE_BYTES - 150, PAGE_BYTES - 61,
                                      PAGE_BYTES - 7};
    uint8_t *start = (uint8_t *)(uintptr_t)CODE + places[draw(5)] + draw(16);
    uint32_t sum = 2166136261u;
    fill_pipe();
    write_program(start);
    for (uint32_t i = 0; i < 16; i++)
        state.cells[i] = cell();
    state.number = 1.5 * draw(1000);
    for (int i = 0; i < 8; i++)
        state.general[i] = draw(UINT32_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COUNTERS; i++)
            state.counters[i] = (int32_t)draw(4);
        call_code(start);
        sum = hash(sum, state.general, sizeof state.general);
        sum = hash(sum, start, (uint32_t)(at - start));
        if (shared && round == 0)
            rewrite_from_afar();
    }
    (void)sys_close(CELLS_FD);
    print("%u %u\n", number, sum);
}

int main(int argc, char **argv)
{
    uint32_t count = number_argument(argc, argv, 2, 10);
    bool shared = word_argument(argc, argv, 3, "shared");
    if (word_argument(argc, argv, 3, "once"))
        kinds = REP_MOVS;
    random_state = number_argument(argc, argv, 1, 1);
    int32_t code = syscall6(
        SYS_MMAP2, ROOM, ROOM_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
        MAP_FIXED_ANONYMOUS | (shared ? MAP_SHARED_FLAG : MAP_PRIVATE_FLAG),
        UINT32_MAX, 0);
    if (code != ROOM)
        fail("mmap", code);
    for (uint32_t i = 0; i < count; i++)
        run_program(i, shared);
    return 0;
}
