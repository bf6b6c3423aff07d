/*
 * Makes questions for ask: rows of the silicon table (see README.md) up to the
 * registers before, for some hundreds of instruction forms. The same seed gives
 * the same rows, and a form's rows do not depend on the other forms.
 *
 *     generate [ROWS_PER_FORM [SEED]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES  0x1000u
#define PAIR        0x10300000u
#define PAIR_END    (PAIR + 2 * PAGE_BYTES)
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, REGISTERS };

/* How a form's registers follow from the probed address, and what varies
 * besides. */
enum setup {
    AT_EBX,       /* [ebx]; the default */
    AT_EBX_FREE,  /* [ebx]; eax, ecx and edx vary */
    AT_EBX_ZERO,  /* [ebx]; eax = 0 */
    PUSHED,       /* stores below esp */
    POPPED,       /* loads at esp */
    AT_EBP,       /* [ebp] */
    AT_ESP,       /* [esp + adjust] */
    AT_ESI,       /* [esi] */
    AT_EDI,       /* [edi] */
    AT_ESI_EDI,   /* [esi], and [edi] somewhere else */
    AT_EDI_ESI,   /* [edi], and [esi] somewhere else */
    REP_ESI,      /* the same, repeated ecx times */
    REP_EDI,      /* ... */
    REP_ESI_EDI,  /* ... */
    REP_EDI_ESI,  /* ... */
    EBX_AND_PUSH, /* loads [ebx], stores below esp */
    EBX_AND_POP,  /* loads [esp], stores [ebx] */
    TABLE_AL,     /* [ebx + al] */
    BIT_BY_ECX,   /* the bit string at ebx, bit ecx; dwords */
    BIT_BY_CX,    /* the bit string at ebx, bit cx; words */
    SCALED_ECX,   /* [ebx + ecx * 4 + adjust] */
    BASE_PLUS,    /* [ebx + adjust] */
    IN_CODE,      /* the address stands in the code: AAAAAAAA in the template */
    FRAME /* ENTER: stores below esp, loads below ebp; adjust is the locals'
             size */
};

struct form {
    char kind[48];
    char code[48]; /* hexadecimal */
    enum setup setup;
    uint32_t bytes; /* accessed from the probed address on */
    uint32_t align;
    uint32_t adjust;
};

struct generator {
    uint32_t rows_per_form;
    uint32_t seed;
    uint32_t state;
};

struct question {
    uint32_t addr;
    uint32_t reg[REGISTERS];
};

/* xorshift32 */
static uint32_t any(struct generator *g)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 17;
    g->state ^= g->state << 5;
    return g->state;
}

static uint32_t below(struct generator *g, uint32_t limit)
{
    return any(g) % limit;
}

static uint32_t one_of(struct generator *g, const uint32_t *values,
                       uint32_t count)
{
    return values[below(g, count)];
}

static void reseed(struct generator *g, const char *kind)
{
    uint32_t value = 0x811c9dc5u ^ g->seed;

    for (; *kind != '\0'; kind++)
        value = (value ^ (uint8_t)*kind) * 0x01000193u;
    g->state = value != 0 ? value : 1;
    for (int i = 0; i < 8; i++)
        any(g);
}

/* An address whose operand of that many bytes tells most: mostly one that
 * reaches two pages. */
static uint32_t pick_address(struct generator *g, uint32_t bytes)
{
    uint32_t reach = bytes > 1 ? 1 + below(g, bytes - 1) : 1;
    uint32_t choice = below(g, 100);

    if (choice < 40)
        return PAIR + PAGE_BYTES - reach;
    if (choice < 46)
        return PAIR + PAGE_BYTES - bytes;
    if (choice < 52)
        return PAIR + PAGE_BYTES;
    if (choice < 60)
        return PAIR;
    if (choice < 64)
        return PAIR - reach;
    if (choice < 68)
        return PAIR_END - reach;
    if (choice < 76)
        return PAIR + PAGE_BYTES + below(g, PAGE_BYTES);
    return PAIR + below(g, PAGE_BYTES);
}

/* A second operand: near the first, anywhere in the pair, or out of the way. */
static uint32_t pick_second(struct generator *g, uint32_t first, uint32_t bytes,
                            uint32_t apart)
{
    switch (below(g, 6)) {
    case 0:
        return apart;
    case 1:
        return first - bytes + below(g, 2 * bytes + 1);
    default:
        return pick_address(g, bytes);
    }
}

static uint32_t pick_repetitions(struct generator *g)
{
    static const uint32_t counts[] = {0, 1, 2,  3,  4,     4,     4,
                                      5, 8, 17, 64, 0x100, 0x401, 0x801};
    return one_of(g, counts, COUNT_OF(counts));
}

static uint32_t pick_value(struct generator *g)
{
    static const uint32_t values[] = {
        0,  1,  4,    7,    15,     16,         17,        31,
        32, 33, 0x7f, 0xff, 0x8000, 0xffffffff, 0x80000000};
    return below(g, 3) == 0 ? any(g) : one_of(g, values, COUNT_OF(values));
}

static uint32_t pick_bit(struct generator *g)
{
    static const uint32_t bits[] = {
        0,          31,         32,         0x7fff,     0x8000,
        0xffffffff, 0xffff8000, 0x7fffffff, 0x80000000, 0x00018000};
    uint32_t shift = below(g, 24);

    return below(g, 2) == 0 ? one_of(g, bits, COUNT_OF(bits)) : any(g) >> shift;
}

/* Shifting a negative number right is the implementation's choice in C: so by
 * division. */
static uint32_t floor_shift(int64_t value, int bits)
{
    int64_t unit = (int64_t)1 << bits;
    return (uint32_t)((value - (((value % unit) + unit) % unit)) / unit);
}

static void vary(struct generator *g, struct question *q, int reg)
{
    if (below(g, 2) == 0)
        q->reg[reg] = pick_value(g);
}

static void set_frame(struct generator *g, const struct form *f,
                      struct question *q)
{
    if (f->adjust > 0 && below(g, 3) == 0)
        q->addr = PAIR + PAGE_BYTES + f->adjust - 8 + below(g, 16);
    q->reg[ESP] = q->addr + f->bytes;
    if (below(g, 2) == 0)
        q->reg[EBP] = pick_address(g, f->bytes) + f->bytes;
}

static void set_registers(struct generator *g, const struct form *f,
                          struct question *q)
{
    uint32_t addr = q->addr;
    uint32_t *reg = q->reg;

    switch (f->setup) {
    case AT_EBX:
    case IN_CODE:
        break;
    case AT_EBX_FREE:
        vary(g, q, EAX);
        vary(g, q, ECX);
        vary(g, q, EDX);
        break;
    case AT_EBX_ZERO:
        reg[EAX] = 0;
        break;
    case PUSHED:
        reg[ESP] = addr + f->bytes;
        break;
    case POPPED:
        reg[ESP] = addr;
        break;
    case AT_EBP:
        reg[EBP] = addr;
        break;
    case AT_ESP:
        reg[ESP] = addr - f->adjust;
        break;
    case REP_ESI:
    case REP_EDI:
    case REP_ESI_EDI:
    case REP_EDI_ESI:
        reg[ECX] = pick_repetitions(g);
        if (below(g, 3) == 0)
            reg[EAX] = 0;
        if (f->setup == REP_ESI || f->setup == REP_ESI_EDI)
            reg[ESI] = addr;
        else
            reg[EDI] = addr;
        if (f->setup == REP_ESI_EDI)
            reg[EDI] = pick_second(g, addr, f->bytes, reg[EDI]);
        if (f->setup == REP_EDI_ESI)
            reg[ESI] = pick_second(g, addr, f->bytes, reg[ESI]);
        break;
    case AT_ESI:
        reg[ESI] = addr;
        break;
    case AT_EDI:
        reg[EDI] = addr;
        if (below(g, 4) == 0)
            reg[EAX] = 0;
        break;
    case AT_ESI_EDI:
        reg[ESI] = addr;
        reg[EDI] = pick_second(g, addr, f->bytes, reg[EDI]);
        break;
    case AT_EDI_ESI:
        reg[EDI] = addr;
        reg[ESI] = pick_second(g, addr, f->bytes, reg[ESI]);
        break;
    case EBX_AND_PUSH:
        reg[ESP] = pick_second(g, addr, 4, reg[ESP]) + 4;
        break;
    case EBX_AND_POP:
        reg[ESP] = pick_second(g, addr, 4, reg[ESP]);
        break;
    case TABLE_AL:
        reg[EBX] = addr - (reg[EAX] & 0xff);
        break;
    case BIT_BY_ECX:
        reg[ECX] = pick_bit(g);
        reg[EBX] = addr - 4 * floor_shift((int32_t)reg[ECX], 5);
        break;
    case BIT_BY_CX:
        reg[ECX] = pick_bit(g);
        reg[EBX] = addr - 2 * floor_shift((int16_t)(reg[ECX] & 0xffff), 4);
        break;
    case SCALED_ECX:
        reg[ECX] = pick_value(g);
        reg[EBX] = addr - reg[ECX] * 4 - f->adjust;
        break;
    case BASE_PLUS:
        reg[EBX] = addr - f->adjust;
        break;
    case FRAME:
        set_frame(g, f, q);
        break;
    }
}

static void write_code(const char *template, uint32_t addr)
{
    const char *hole = strstr(template, "AAAAAAAA");

    if (hole == NULL) {
        printf("%s", template);
        return;
    }
    printf("%.*s%02x%02x%02x%02x%s", (int)(hole - template), template,
           addr & 0xff, addr >> 8 & 0xff, addr >> 16 & 0xff, addr >> 24,
           hole + 8);
}

static void write_question(struct generator *g, const struct form *f)
{
    static const char *const rights[] = {"np", "ro", "rw"};
    struct question q = {.reg = {[EAX] = 0x11223344,
                                 [ECX] = 4,
                                 [ESP] = 0x10200800,
                                 [EBP] = 0x10200900,
                                 [ESI] = 0x10100000,
                                 [EDI] = 0x10100100}};
    const char *page0 = rights[below(g, 3)];
    const char *page1 = rights[below(g, 3)];

    q.addr = pick_address(g, f->bytes) & ~(f->align - 1);
    q.reg[EBX] = q.addr;
    set_registers(g, f, &q);
    printf("%s\t", f->kind);
    write_code(f->code, q.addr);
    printf("\t%s\t%s\t%08x", page0, page1, q.addr);
    for (int i = 0; i < REGISTERS; i++)
        printf("\t%08x", q.reg[i]);
    putchar('\n');
}

static void ask_form(struct generator *g, const struct form *f)
{
    reseed(g, f->kind);
    for (uint32_t i = 0; i < g->rows_per_form; i++)
        write_question(g, f);
}

static void ask_plain(struct generator *g, const char *kind, const char *code,
                      enum setup setup, uint32_t bytes)
{
    struct form f = {.setup = setup, .bytes = bytes, .align = 1};

    snprintf(f.kind, sizeof f.kind, "%s", kind);
    snprintf(f.code, sizeof f.code, "%s", code);
    ask_form(g, &f);
}

/* ModRM for [ebx] with this reg field. */
static unsigned modrm(unsigned reg)
{
    return reg << 3 | 3;
}

struct width {
    const char *prefix; /* operand-size prefix in hexadecimal */
    unsigned wide;      /* added to the opcode */
    uint32_t bytes;
    const char *name;
    const char *ones; /* an immediate of this width */
};

static const struct width widths[] = {{"", 0, 1, "8", "5a"},
                                      {"66", 1, 2, "16", "5aa5"},
                                      {"", 1, 4, "32", "5aa5c33c"}};

/* The form in its three widths; `immediate` "full" is one as wide as the
 * operand. */
static void ask_widths(struct generator *g, const char *before,
                       const char *after, const char *prefix, unsigned opcode,
                       unsigned reg, const char *immediate, enum setup setup)
{
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        const struct width *w = &widths[i];
        struct form f = {.setup = setup, .bytes = w->bytes, .align = 1};

        snprintf(f.kind, sizeof f.kind, "%s%s%s", before, w->name, after);
        snprintf(f.code, sizeof f.code, "%s%s%02x%02x%s", prefix, w->prefix,
                 opcode + w->wide, modrm(reg),
                 strcmp(immediate, "full") == 0 ? w->ones : immediate);
        ask_form(g, &f);
    }
}

static void ask_arithmetic(struct generator *g)
{
    static const char *const names[] = {"add", "or",  "adc", "sbb",
                                        "and", "sub", "xor", "cmp"};
    char text[32];

    for (unsigned op = 0; op < 8; op++) {
        snprintf(text, sizeof text, "%s m r", names[op]);
        ask_widths(g, text, "", "", op * 8, 0, "", AT_EBX);
        snprintf(text, sizeof text, "%s r", names[op]);
        ask_widths(g, text, " m", "", op * 8 + 2, 0, "", AT_EBX);
        snprintf(text, sizeof text, "%s m imm", names[op]);
        ask_widths(g, text, "", "", 0x80, op, "full", AT_EBX);
        if (op < 7) {
            snprintf(text, sizeof text, "lock %s m r", names[op]);
            ask_widths(g, text, "", "f0", op * 8, 0, "", AT_EBX);
        }
        struct form f = {.setup = AT_EBX, .bytes = 4, .align = 1};
        snprintf(f.kind, sizeof f.kind, "%s m32 simm8", names[op]);
        snprintf(f.code, sizeof f.code, "83%02x5a", modrm(op));
        ask_form(g, &f);
    }
    ask_widths(g, "test m r", "", "", 0x84, 0, "", AT_EBX);
    ask_widths(g, "test m imm", "", "", 0xf6, 0, "full", AT_EBX);
}

static void ask_one_operand(struct generator *g)
{
    static const struct {
        const char *name;
        unsigned opcode, reg;
    } ops[] = {{"inc", 0xfe, 0}, {"dec", 0xfe, 1}, {"not", 0xf6, 2},
               {"neg", 0xf6, 3}, {"mul", 0xf6, 4}, {"imul", 0xf6, 5},
               {"div", 0xf6, 6}, {"idiv", 0xf6, 7}};
    char text[32];

    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        snprintf(text, sizeof text, "%s m", ops[i].name);
        ask_widths(g, text, "", "", ops[i].opcode, ops[i].reg, "", AT_EBX);
        if (i < 4) {
            snprintf(text, sizeof text, "lock %s m", ops[i].name);
            ask_widths(g, text, "", "f0", ops[i].opcode, ops[i].reg, "",
                       AT_EBX);
        }
    }
}

static void ask_shifts(struct generator *g)
{
    static const char *const names[] = {"rol", "ror", "rcl", "rcr",
                                        "shl", "shr", "sal", "sar"};
    char text[32];

    for (unsigned op = 0; op < 8; op++) {
        snprintf(text, sizeof text, "%s m", names[op]);
        ask_widths(g, text, " 1", "", 0xd0, op, "", AT_EBX);
        ask_widths(g, text, " cl", "", 0xd2, op, "", AT_EBX_FREE);
        ask_widths(g, text, " imm", "", 0xc0, op, "05", AT_EBX);
    }
    ask_plain(g, "shl m32 imm 0", "c12300", AT_EBX, 4);
    ask_plain(g, "rol m32 imm 32", "c10320", AT_EBX, 4);
    ask_plain(g, "shld m r16 imm", "660fa40305", AT_EBX, 2);
    ask_plain(g, "shld m r32 imm", "0fa40305", AT_EBX, 4);
    ask_plain(g, "shld m r32 imm 0", "0fa40300", AT_EBX, 4);
    ask_plain(g, "v:shld m r16 cl", "660fa503", AT_EBX_FREE, 2);
    ask_plain(g, "shld m r32 cl", "0fa503", AT_EBX_FREE, 4);
    ask_plain(g, "shrd m r16 imm", "660fac0305", AT_EBX, 2);
    ask_plain(g, "shrd m r32 imm", "0fac0305", AT_EBX, 4);
    ask_plain(g, "v:shrd m r16 cl", "660fad03", AT_EBX_FREE, 2);
    ask_plain(g, "shrd m r32 cl", "0fad03", AT_EBX_FREE, 4);
}

static void ask_bits(struct generator *g)
{
    static const char *const names[] = {"bt", "bts", "btr", "btc"};
    struct form f = {.align = 1};

    for (unsigned op = 0; op < 4; op++) {
        for (int word = 0; word < 2; word++) {
            for (int lock = 0; lock < (op == 0 ? 1 : 2); lock++) {
                const char *prefix =
                    word ? (lock ? "f066" : "66") : (lock ? "f0" : "");
                f.bytes = word ? 2 : 4;
                f.setup = word ? BIT_BY_CX : BIT_BY_ECX;
                snprintf(f.kind, sizeof f.kind, "%s%s m r%d far",
                         lock ? "lock " : "", names[op], word ? 16 : 32);
                snprintf(f.code, sizeof f.code, "%s0f%02x0b", prefix,
                         0xa3 + op * 8);
                ask_form(g, &f);
                f.setup = AT_EBX;
                snprintf(f.kind, sizeof f.kind, "%s%s m%d imm",
                         lock ? "lock " : "", names[op], word ? 16 : 32);
                snprintf(f.code, sizeof f.code, "%s0fba%02xe5", prefix,
                         modrm(op + 4));
                ask_form(g, &f);
            }
        }
    }
    ask_plain(g, "bsf r16 m", "660fbc03", AT_EBX, 2);
    ask_plain(g, "bsf r32 m", "0fbc03", AT_EBX, 4);
    ask_plain(g, "bsr r16 m", "660fbd03", AT_EBX, 2);
    ask_plain(g, "bsr r32 m", "0fbd03", AT_EBX, 4);
}

static void ask_conditions(struct generator *g)
{
    struct form f = {.setup = AT_EBX, .align = 1};

    for (unsigned cc = 0; cc < 16; cc++) {
        f.bytes = 1;
        snprintf(f.kind, sizeof f.kind, "setcc %x m", cc);
        snprintf(f.code, sizeof f.code, "0f%02x03", 0x90 + cc);
        ask_form(g, &f);
        f.bytes = 4;
        snprintf(f.kind, sizeof f.kind, "cmovcc %x r32 m", cc);
        snprintf(f.code, sizeof f.code, "0f%02x03", 0x40 + cc);
        ask_form(g, &f);
    }
    ask_plain(g, "cmovcc 4 r16 m", "660f4403", AT_EBX, 2);
}

static void ask_strings(struct generator *g)
{
    static const struct {
        const char *name;
        unsigned opcode;
        enum setup setup, repeated;
    } ops[] = {{"movs src", 0xa4, AT_ESI, REP_ESI},
               {"movs dst", 0xa4, AT_EDI, REP_EDI},
               {"movs src dst", 0xa4, AT_ESI_EDI, REP_ESI_EDI},
               {"movs dst src", 0xa4, AT_EDI_ESI, REP_EDI_ESI},
               {"cmps src", 0xa6, AT_ESI, REP_ESI},
               {"cmps dst", 0xa6, AT_EDI, REP_EDI},
               {"cmps src dst", 0xa6, AT_ESI_EDI, REP_ESI_EDI},
               {"cmps dst src", 0xa6, AT_EDI_ESI, REP_EDI_ESI},
               {"stos", 0xaa, AT_EDI, REP_EDI},
               {"lods", 0xac, AT_ESI, REP_ESI},
               {"scas", 0xae, AT_EDI, REP_EDI}};
    struct form f = {.align = 1};

    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        for (size_t w = 0; w < COUNT_OF(widths); w++) {
            snprintf(f.kind, sizeof f.kind, "%s%s", ops[i].name,
                     widths[w].name);
            snprintf(f.code, sizeof f.code, "%s%02x", widths[w].prefix,
                     ops[i].opcode + widths[w].wide);
            f.setup = ops[i].setup;
            f.bytes = widths[w].bytes;
            ask_form(g, &f);
            for (unsigned prefix = 0xf2; prefix <= 0xf3; prefix++) {
                int compares = ops[i].opcode == 0xa6 || ops[i].opcode == 0xae;
                if (prefix == 0xf2 && !compares)
                    continue;
                snprintf(f.kind, sizeof f.kind, "%s %s%s",
                         !compares        ? "rep"
                         : prefix == 0xf2 ? "v:repne"
                                          : "v:repe",
                         ops[i].name, widths[w].name);
                snprintf(f.code, sizeof f.code, "%02x%s%02x", prefix,
                         widths[w].prefix, ops[i].opcode + widths[w].wide);
                f.setup = ops[i].repeated;
                f.bytes = widths[w].bytes * 5;
                ask_form(g, &f);
            }
        }
    }
}

static void ask_enter(struct generator *g)
{
    static const uint32_t levels[] = {0, 1, 2, 3, 4, 8, 31};
    static const uint32_t locals[] = {0, 16, 0x100, 0x1000, 0x2000};
    struct form f = {.setup = FRAME, .align = 1};

    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        for (size_t j = 0; j < COUNT_OF(locals); j++) {
            f.bytes = 4 * (levels[i] + 1);
            f.adjust = locals[j];
            snprintf(f.kind, sizeof f.kind, "enter %x %u", locals[j],
                     levels[i]);
            snprintf(f.code, sizeof f.code, "c8%02x%02x%02x", locals[j] & 0xff,
                     locals[j] >> 8, levels[i]);
            ask_form(g, &f);
        }
    }
    f.bytes = 2;
    f.adjust = 16;
    snprintf(f.kind, sizeof f.kind, "enter16 10 0");
    snprintf(f.code, sizeof f.code, "66c8100000");
    ask_form(g, &f);
    f.bytes = 6;
    snprintf(f.kind, sizeof f.kind, "enter16 10 2");
    snprintf(f.code, sizeof f.code, "66c8100002");
    ask_form(g, &f);
}

struct listed {
    const char *kind, *code;
    enum setup setup;
    uint32_t bytes;
};

static const struct listed moves[] = {
    {"mov m r8", "8803", AT_EBX, 1},
    {"mov m r16", "668903", AT_EBX, 2},
    {"mov m r32", "8903", AT_EBX, 4},
    {"mov r8 m", "8a03", AT_EBX, 1},
    {"mov r16 m", "668b03", AT_EBX, 2},
    {"mov r32 m", "8b03", AT_EBX, 4},
    {"mov m imm8", "c6035a", AT_EBX, 1},
    {"mov m imm16", "66c7035aa5", AT_EBX, 2},
    {"mov m imm32", "c7035aa5c33c", AT_EBX, 4},
    {"mov al moffs", "a0AAAAAAAA", IN_CODE, 1},
    {"mov ax moffs", "66a1AAAAAAAA", IN_CODE, 2},
    {"mov eax moffs", "a1AAAAAAAA", IN_CODE, 4},
    {"mov moffs al", "a2AAAAAAAA", IN_CODE, 1},
    {"mov moffs ax", "66a3AAAAAAAA", IN_CODE, 2},
    {"mov moffs eax", "a3AAAAAAAA", IN_CODE, 4},
    {"mov r32 m disp32", "8b0dAAAAAAAA", IN_CODE, 4},
    {"mov m disp32 r32", "890dAAAAAAAA", IN_CODE, 4},
    {"add m disp32 imm32", "8105AAAAAAAA5aa5c33c", IN_CODE, 4},
    {"mov m es", "8c03", AT_EBX, 2},
    {"mov m cs", "8c0b", AT_EBX, 2},
    {"mov m ss", "8c13", AT_EBX, 2},
    {"mov m ds", "8c1b", AT_EBX, 2},
    {"mov es m", "8e03", AT_EBX, 2},
    {"mov ss m", "8e13", AT_EBX, 2},
    {"mov ds m", "8e1b", AT_EBX, 2},
    {"mov fs m", "8e23", AT_EBX, 2},
    {"mov gs m", "8e2b", AT_EBX, 2},
    {"movzx r16 m8", "660fb603", AT_EBX, 1},
    {"movzx r32 m8", "0fb603", AT_EBX, 1},
    {"movzx r32 m16", "0fb703", AT_EBX, 2},
    {"movsx r16 m8", "660fbe03", AT_EBX, 1},
    {"movsx r32 m8", "0fbe03", AT_EBX, 1},
    {"movsx r32 m16", "0fbf03", AT_EBX, 2},
    {"xlat", "d7", TABLE_AL, 1},
    {"xchg m r8", "8603", AT_EBX, 1},
    {"xchg m r16", "668703", AT_EBX, 2},
    {"xchg m r32", "8703", AT_EBX, 4},
    {"lock xchg m r32", "f08703", AT_EBX, 4},
    {"xadd m r8", "0fc00b", AT_EBX_FREE, 1},
    {"xadd m r16", "660fc10b", AT_EBX_FREE, 2},
    {"xadd m r32", "0fc10b", AT_EBX_FREE, 4},
    {"lock xadd m r32", "f00fc10b", AT_EBX_FREE, 4},
    {"cmpxchg m r8", "0fb00b", AT_EBX_FREE, 1},
    {"cmpxchg m r16", "660fb10b", AT_EBX_FREE, 2},
    {"cmpxchg m r32", "0fb10b", AT_EBX_FREE, 4},
    {"lock cmpxchg m r32", "f00fb10b", AT_EBX_FREE, 4},
    {"cmpxchg m r32 equal", "0fb10b", AT_EBX_ZERO, 4},
    {"cmpxchg8b", "0fc70b", AT_EBX_FREE, 8},
    {"cmpxchg8b equal", "0fc70b", AT_EBX_ZERO, 8},
    {"lock cmpxchg8b", "f00fc70b", AT_EBX_FREE, 8},
    {"imul r16 m", "660faf03", AT_EBX, 2},
    {"imul r32 m", "0faf03", AT_EBX, 4},
    {"imul r16 m imm16", "6669035aa5", AT_EBX, 2},
    {"imul r32 m imm32", "69035aa5c33c", AT_EBX, 4},
    {"imul r32 m imm8", "6b035a", AT_EBX, 4},
    {"bound r16 m", "666203", AT_EBX_ZERO, 4},
    {"bound r32 m", "6203", AT_EBX_ZERO, 8},
    {"v:arpl m r16", "6303", AT_EBX_FREE, 2},
    {"lar r32 m", "0f0203", AT_EBX, 2},
    {"lar r16 m", "660f0203", AT_EBX, 2},
    {"lsl r32 m", "0f0303", AT_EBX, 2},
    {"verr m", "0f0023", AT_EBX, 2},
    {"verw m", "0f002b", AT_EBX, 2},
    {"les r16 m", "66c403", AT_EBX, 4},
    {"les r32 m", "c403", AT_EBX, 6},
    {"lds r16 m", "66c503", AT_EBX, 4},
    {"lds r32 m", "c503", AT_EBX, 6},
    {"lss r32 m", "0fb203", AT_EBX, 6},
    {"lfs r16 m", "660fb403", AT_EBX, 4},
    {"lfs r32 m", "0fb403", AT_EBX, 6},
    {"lgs r32 m", "0fb503", AT_EBX, 6},
};

static const struct listed stack_forms[] = {
    {"push r16", "6650", PUSHED, 2},
    {"push r32", "50", PUSHED, 4},
    {"push esp", "54", PUSHED, 4},
    {"push imm8", "6a5a", PUSHED, 4},
    {"push imm8 16", "666a5a", PUSHED, 2},
    {"push imm16", "66685aa5", PUSHED, 2},
    {"push imm32", "685aa5c33c", PUSHED, 4},
    {"v:push es", "06", PUSHED, 4},
    {"v:push cs", "0e", PUSHED, 4},
    {"v:push ss", "16", PUSHED, 4},
    {"v:push ds", "1e", PUSHED, 4},
    {"push16 ds", "661e", PUSHED, 2},
    {"push16 cs", "660e", PUSHED, 2},
    {"pushaw", "6660", PUSHED, 16},
    {"pushad", "60", PUSHED, 32},
    {"pushfw", "669c", PUSHED, 2},
    {"pushfd", "9c", PUSHED, 4},
    {"call rel", "e83b000000", PUSHED, 4},
    {"t:code call r32", "ffd3", EBX_AND_PUSH, 2},
    {"t:pointer call m", "ff13", AT_EBX, 4},
    {"t:pointer call m push", "ff13", EBX_AND_PUSH, 4},
    {"t:code call r32 stack", "ffd3", AT_EBX, 2},
    {"push m", "ff33", AT_EBX, 4},
    {"push m16", "66ff33", AT_EBX, 2},
    {"push m push", "ff33", EBX_AND_PUSH, 4},
    {"push m16 push", "66ff33", EBX_AND_PUSH, 2},
    {"pop r16", "6658", POPPED, 2},
    {"pop r32", "58", POPPED, 4},
    {"pop esp", "5c", POPPED, 4},
    {"pop es", "07", POPPED, 4},
    {"pop ss", "17", POPPED, 4},
    {"pop ds", "1f", POPPED, 4},
    {"pop fs", "0fa1", POPPED, 4},
    {"pop gs", "0fa9", POPPED, 4},
    {"pop16 ds", "661f", POPPED, 2},
    {"popaw", "6661", POPPED, 16},
    {"popad", "61", POPPED, 32},
    {"popfw", "669d", POPPED, 2},
    {"popfd", "9d", POPPED, 4},
    {"ret", "c3", POPPED, 4},
    {"t:pointer ret imm16", "c20800", POPPED, 4},
    {"t:pointer ret imm16 1000", "c20010", POPPED, 4},
    {"pop m", "8f03", AT_EBX, 4},
    {"pop m16", "668f03", AT_EBX, 2},
    {"pop m pop", "8f03", EBX_AND_POP, 4},
    {"pop m16 pop", "668f03", EBX_AND_POP, 2},
    {"leave", "c9", AT_EBP, 4},
    {"leave16", "66c9", AT_EBP, 2},
    {"jmp r32", "ffe3", AT_EBX, 2},
    {"jmp m", "ff23", AT_EBX, 4},
    {"jmp far m", "ff2b", AT_EBX, 6},
    {"call far m", "ff1b", AT_EBX, 6},
};

static const struct listed x87[] = {
    {"fld m32", "d903", AT_EBX, 4},        {"fst m32", "d913", AT_EBX, 4},
    {"fstp m32", "d91b", AT_EBX, 4},       {"fld m64", "dd03", AT_EBX, 8},
    {"fst m64", "dd13", AT_EBX, 8},        {"fstp m64", "dd1b", AT_EBX, 8},
    {"fld m80", "db2b", AT_EBX, 10},       {"fstp m80", "db3b", AT_EBX, 10},
    {"fbld", "df23", AT_EBX, 10},          {"fbstp", "df33", AT_EBX, 10},
    {"fild m16", "df03", AT_EBX, 2},       {"fist m16", "df13", AT_EBX, 2},
    {"fistp m16", "df1b", AT_EBX, 2},      {"fild m32", "db03", AT_EBX, 4},
    {"fist m32", "db13", AT_EBX, 4},       {"fistp m32", "db1b", AT_EBX, 4},
    {"fild m64", "df2b", AT_EBX, 8},       {"fistp m64", "df3b", AT_EBX, 8},
    {"fldcw m", "d92b", AT_EBX, 2},        {"fnstcw m", "d93b", AT_EBX, 2},
    {"fnstsw m", "dd3b", AT_EBX, 2},       {"v:fnstenv", "d933", AT_EBX, 28},
    {"v:fnstenv16", "66d933", AT_EBX, 14}, {"fldenv", "d923", AT_EBX, 28},
    {"fldenv16", "66d923", AT_EBX, 14},    {"v:fnsave", "dd33", AT_EBX, 108},
    {"v:fnsave16", "66dd33", AT_EBX, 94},  {"frstor", "dd23", AT_EBX, 108},
    {"frstor16", "66dd23", AT_EBX, 94},
};

static const struct listed extras[] = {
    {"x:movd mm m", "0f6e03", AT_EBX, 4},
    {"x:movd m mm", "0f7e03", AT_EBX, 4},
    {"x:movq mm m", "0f6f03", AT_EBX, 8},
    {"x:movq m mm", "0f7f03", AT_EBX, 8},
    {"x:paddd mm m", "0ffe03", AT_EBX, 8},
    {"x:movntq m mm", "0fe703", AT_EBX, 8},
    {"x:maskmovq", "0ff7c0", AT_EDI, 8},
    {"x:movnti m r32", "0fc303", AT_EBX, 4},
    {"x:ldmxcsr m", "0fae13", AT_EBX, 4},
    {"x:stmxcsr m", "0fae1b", AT_EBX, 4},
    {"x:movups xmm m", "0f1003", AT_EBX, 16},
    {"x:movups m xmm", "0f1103", AT_EBX, 16},
    {"x:movdqu xmm m", "f30f6f03", AT_EBX, 16},
    {"x:movdqu m xmm", "f30f7f03", AT_EBX, 16},
    {"x:movss xmm m", "f30f1003", AT_EBX, 4},
    {"x:movss m xmm", "f30f1103", AT_EBX, 4},
    {"x:movsd xmm m", "f20f1003", AT_EBX, 8},
    {"x:movsd m xmm", "f20f1103", AT_EBX, 8},
    {"x:movlps xmm m", "0f1203", AT_EBX, 8},
    {"x:movhps m xmm", "0f1703", AT_EBX, 8},
    {"x:cvtsi2ss xmm m", "f30f2a03", AT_EBX, 4},
    {"x:fisttp m16", "df0b", AT_EBX, 2},
    {"x:fisttp m32", "db0b", AT_EBX, 4},
    {"x:fisttp m64", "dd0b", AT_EBX, 8},
    {"x:pinsrw mm m", "0fc40301", AT_EBX, 2},
};

static const struct form shaped[] = {
    {"mov r32 m sib", "8b448b10", SCALED_ECX, 4, 1, 0x10},
    {"mov m sib r32", "89848b00100000", SCALED_ECX, 4, 1, 0x1000},
    {"add m sib r32", "01548bf0", SCALED_ECX, 4, 1, 0xfffffff0},
    {"mov r32 m disp8", "8b437f", BASE_PLUS, 4, 1, 0x7f},
    {"mov m disp8 r16", "66894380", BASE_PLUS, 2, 1, 0xffffff80},
    {"inc m disp32", "ff8300000080", BASE_PLUS, 4, 1, 0x80000000},
    {"mov r32 es m", "268b03", AT_EBX, 4, 1, 0},
    {"mov r32 cs m", "2e8b03", AT_EBX, 4, 1, 0},
    {"mov ss m r32", "368903", AT_EBX, 4, 1, 0},
    {"mov r32 m ebp", "8b4500", AT_EBP, 4, 1, 0},
    {"mov m ebp r32", "894500", AT_EBP, 4, 1, 0},
    {"mov r32 m esp", "8b0424", AT_ESP, 4, 1, 0},
    {"mov m esp r32", "890424", AT_ESP, 4, 1, 0},
    {"pop m esp", "8f0424", AT_ESP, 4, 1, 4},
    {"pop m16 esp", "668f0424", AT_ESP, 2, 1, 2},
    {"pop m esp disp8", "8f44247f", AT_ESP, 4, 1, 0x83},
    {"pop m esp disp32", "8f842400100000", AT_ESP, 4, 1, 0x1004},
    {"push m esp", "ff3424", AT_ESP, 4, 1, 0},
    {"push m16 esp", "66ff3424", AT_ESP, 2, 1, 0},
    {"push m esp disp8", "ff742404", AT_ESP, 4, 1, 4},
    {"push m esp disp32", "ffb42400100000", AT_ESP, 4, 1, 0x1000},
    {"t:pointer call m esp", "ff1424", AT_ESP, 4, 1, 0},
    {"t:pointer jmp m esp", "ff2424", AT_ESP, 4, 1, 0},
    {"v:fxsave", "0fae03", AT_EBX, 512, 16, 0},
    {"fxrstor", "0fae0b", AT_EBX, 512, 16, 0},
    {"x:movaps xmm m", "0f2803", AT_EBX, 16, 16, 0},
    {"x:movaps m xmm", "0f2903", AT_EBX, 16, 16, 0},
    {"x:paddd xmm m", "660ffe03", AT_EBX, 16, 16, 0},
    {"x:movntps m xmm", "0f2b03", AT_EBX, 16, 16, 0},
};

static void ask_listed(struct generator *g, const struct listed *forms,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        ask_plain(g, forms[i].kind, forms[i].code, forms[i].setup,
                  forms[i].bytes);
}

static void ask_x87_arithmetic(struct generator *g)
{
    static const struct {
        const char *prefix, *name;
        unsigned opcode;
        uint32_t bytes;
    } operands[] = {{"f", "m32", 0xd8, 4},
                    {"f", "m64", 0xdc, 8},
                    {"fi", "m32", 0xda, 4},
                    {"fi", "m16", 0xde, 2}};
    static const char *const names[] = {"add", "mul",  "com", "comp",
                                        "sub", "subr", "div", "divr"};
    struct form f = {.setup = AT_EBX, .align = 1};

    for (size_t i = 0; i < COUNT_OF(operands); i++) {
        for (unsigned op = 0; op < 8; op++) {
            f.bytes = operands[i].bytes;
            snprintf(f.kind, sizeof f.kind, "%s%s %s", operands[i].prefix,
                     names[op], operands[i].name);
            snprintf(f.code, sizeof f.code, "%02x%02x", operands[i].opcode,
                     modrm(op));
            ask_form(g, &f);
        }
    }
}

static uint32_t number(const char *text, const char *what)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);

    if (*text == '\0' || *end != '\0' || value > 0xffffffff) {
        fprintf(stderr, "generate: %s is not a number: %s\n", what, text);
        exit(1);
    }
    return (uint32_t)value;
}

int main(int argc, char **argv)
{
    struct generator g = {.rows_per_form = 200, .seed = 386};

    if (argc > 1)
        g.rows_per_form = number(argv[1], "ROWS_PER_FORM");
    if (argc > 2)
        g.seed = number(argv[2], "SEED");
    ask_arithmetic(&g);
    ask_one_operand(&g);
    ask_shifts(&g);
    ask_bits(&g);
    ask_conditions(&g);
    ask_listed(&g, moves, COUNT_OF(moves));
    ask_listed(&g, stack_forms, COUNT_OF(stack_forms));
    ask_strings(&g);
    ask_enter(&g);
    ask_listed(&g, x87, COUNT_OF(x87));
    ask_x87_arithmetic(&g);
    for (size_t i = 0; i < COUNT_OF(shaped); i++)
        ask_form(&g, &shaped[i]);
    ask_listed(&g, extras, COUNT_OF(extras));
    return 0;
}
