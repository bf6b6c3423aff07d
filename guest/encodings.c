/*
 * encodings: what the processor makes of any bytes, at ring 3.
 *
 *     encodings [PART [OF [WHICH]]]    the PARTth of OF parts (0 of 1: all) of
 * the encodings WHICH: 0: with each prefix and telling pairs of them; 1: with
 * every pair; 2: with [EBX] before the end of the last page that there is; 3:
 * themselves across such an end
 *
 * Prints a line for each encoding, of what came of it:
 *      BYTES  SIGNAL si_code trapno error EIP  [si_addr=] [cr2=] [REGISTER=]...
 * [flags=] [memory=]
 *
 *      660fa403  5 128 3 0 +5 flags=0c4 memory=1f3e29c0
 *
 * BYTES are in hexadecimal; those behind them are all CCh, INT3, which ends
 * what did not end by itself. Behind them stands @N where [EBX] or the first of
 * them is N bytes before the end of a page that none follows. EIP is relative
 * to the first byte where it is near, else absolute. si_addr stands there where
 * it is not the address of the instruction, CR2 for a page fault, registers,
 * selectors and memory where they changed; flags are the arithmetic ones and
 * DF, AC, ID and NT.
 *
 * Why: exceptions are the processor's and signals the kernel's; natively the
 * program asks both of a real machine.
 */
#include "guest.h"

enum {
    CALL_ALTERNATE_STACK = 186,
    CALL_RT_SIGACTION = 174,
};

enum { SIGNAL_BUS = 7 };

#define WITH_INFO 0x00000004u
#define ON_STACK  0x08000000u
#define NO_DEFER  0x40000000u

#define LANDING 0x10000000u /* two pages of INT3 */
#define TARGET  0x10000040u /* where pointers in memory lead to */
#define DATA    0x10100000u /* two pages of pointers to TARGET */
#define STACK   0x10200000u /* two more */
/* the first of the places where the encodings run */
#define CODE      0x20000800u
#define CODE_ENDS 0x40000000u /* where they run across an end */
/* bytes; where a jump back by 34h ends, there is INT3 */
#define PLACE       64u
#define PLACES      (PAGE_BYTES / PLACE)
#define LONGEST     18u
#define INT3        0xCCu
#define FLAGS_TOLD  0x00244CD5u
#define FLAGS_START 0x00000202u

/* as in a signal's context */
enum { EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX, REGISTERS };
enum { GS, FS, ES, DS, SEGMENTS };

struct action {
    uint32_t handler, flags, restorer;
    uint64_t mask;
};

struct siginfo {
    int32_t signal, error, code;
    uint32_t word[29];
};

struct ucontext {
    uint32_t flags, link, stack[3];
    uint32_t segment[SEGMENTS];
    uint32_t reg[REGISTERS];
    uint32_t trap, error, eip, cs, eflags, esp_at_signal, ss, fpu_state,
        old_mask, cr2;
    uint64_t mask;
};

/* What the assembly and the handler share. */
struct {
    uint32_t reg[REGISTERS]; /* to start with */
    uint32_t our_esp;
    uint32_t entry;
    uint32_t mxcsr;
    struct siginfo info;
    struct ucontext context;
    uint32_t our_segment[SEGMENTS];
} run = {.mxcsr = 0x1F80};

void enter_code(void);
void leave_code(void);

/* Numbers behind run are offsets in the structure above. */
__asm__(".pushsection .text\n"
        "enter_code:\n\t"
        "pushal\n\t"
        "movl %esp, run+32\n\t"
        "pxor %xmm0, %xmm0\n\t"
        "pxor %xmm1, %xmm1\n\t"
        "pxor %xmm2, %xmm2\n\t"
        "pxor %xmm3, %xmm3\n\t"
        "pxor %xmm4, %xmm4\n\t"
        "pxor %xmm5, %xmm5\n\t"
        "pxor %xmm6, %xmm6\n\t"
        "pxor %xmm7, %xmm7\n\t"
        "ldmxcsr run+40\n\t"
        "fninit\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fldz\n\t"
        "fninit\n\t"
        "pushl $0x202\n\t"
        "popfl\n\t"
        "movl run, %edi\n\t"
        "movl run+4, %esi\n\t"
        "movl run+8, %ebp\n\t"
        "movl run+12, %esp\n\t"
        "movl run+16, %ebx\n\t"
        "movl run+20, %edx\n\t"
        "movl run+24, %ecx\n\t"
        "movl run+28, %eax\n\t"
        "jmp *run+36\n"
        "leave_code:\n\t"
        "popal\n\t"
        "ret\n"
        ".popsection");

static uint8_t alternate[32768];
static char line[256];
static uint32_t line_bytes;
static char out[32768];
static uint32_t out_bytes;

static uint32_t word_of(const volatile void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static uint8_t *at(uint32_t linear)
{
    return (uint8_t *)(uintptr_t)linear;
}

static void on_signal(int signal, const struct siginfo *info,
                      struct ucontext *context)
{
    (void)signal;
    run.info = *info;
    run.context = *context;
    for (int i = 0; i < SEGMENTS; i++)
        context->segment[i] = run.our_segment[i];
    context->eip = (uint32_t)(uintptr_t)leave_code;
    context->reg[ESP] = run.our_esp;
    context->eflags = FLAGS_START;
}

/* ---- the machine ---- */

static void check(bool good, const char *what)
{
    if (!good)
        fail(what, -GUEST_EINVAL);
}

static void map_pages(uint32_t linear)
{
    /* Private, anonymous, at that address. */
    check(syscall6(SYS_MMAP2, linear, 2 * PAGE_BYTES,
                   PROT_READ | PROT_WRITE | PROT_EXEC, 0x32, 0xFFFFFFFF,
                   0) == (int32_t)linear,
          "mmap2");
}

static void catch_signals(void)
{
    static const uint32_t signals[] = {SIGNAL_ILL, SIGNAL_TRAP, SIGNAL_BUS,
                                       SIGNAL_FPE, SIGNAL_SEGV};
    const uint32_t stack[3] = {word_of(alternate), 0, sizeof alternate};
    const struct action action = {(uint32_t)(uintptr_t)on_signal,
                                  WITH_INFO | ON_STACK | NO_DEFER, 0, 0};
    check(syscall6(CALL_ALTERNATE_STACK, word_of(stack), 0, 0, 0, 0, 0) == 0,
          "sigaltstack");
    for (uint32_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        check(syscall6(CALL_RT_SIGACTION, signals[i], word_of(&action), 0,
                       sizeof action.mask, 0, 0) == 0,
              "sigaction");
    __asm__("mov %%gs, %0\n\tmov %%fs, %1\n\tmov %%es, %2\n\tmov %%ds, %3"
            : "=r"(run.our_segment[GS]), "=r"(run.our_segment[FS]),
              "=r"(run.our_segment[ES]), "=r"(run.our_segment[DS]));
}

static void fill_words(uint32_t linear, uint32_t value)
{
    uint32_t *word = (uint32_t *)(uintptr_t)linear;
    for (uint32_t i = 0; i < 2 * PAGE_WORDS; i++)
        word[i] = value;
}

/* ---- what came of it ---- */

static void put(const char *text)
{
    while (*text != '\0')
        line[line_bytes++] = *text++;
}

static void put_hex(uint32_t value, uint32_t digits)
{
    for (; digits > 0; digits--)
        line[line_bytes++] = "0123456789abcdef"[value >> 4 * (digits - 1) & 15];
}

static void put_number(uint32_t value)
{
    char digit[10];
    uint32_t count = 0;
    do
        digit[count++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (count > 0)
        line[line_bytes++] = digit[--count];
}

static void put_signed(int32_t value)
{
    put(value < 0 ? "-" : "");
    put_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
}

static void put_value(const char *name, uint32_t value)
{
    put(" ");
    put(name);
    put("=");
    put_hex(value, 8);
}

static void flush(void)
{
    for (uint32_t done = 0; done < out_bytes;) {
        int32_t result = sys_write(1, out + done, out_bytes - done);
        check(result > 0, "write");
        done += (uint32_t)result;
    }
    out_bytes = 0;
}

static void end_line(void)
{
    put("\n");
    if (out_bytes + line_bytes > sizeof out)
        flush();
    for (uint32_t i = 0; i < line_bytes; i++)
        out[out_bytes + i] = line[i];
    out_bytes += line_bytes;
    line_bytes = 0;
}

/* Changed words, each with its place, in one number; and puts them back. */
static uint32_t collect_changes(uint32_t linear)
{
    uint32_t sum = 0;
    uint32_t *word = (uint32_t *)(uintptr_t)linear;
    for (uint32_t i = 0; i < 2 * PAGE_WORDS; i++) {
        if (word[i] == TARGET)
            continue;
        sum = (sum ^ word[i] ^ (linear + 4 * i)) * 0x01000193u;
        word[i] = TARGET;
    }
    return sum;
}

static void tell_registers(void)
{
    static const char *const names[] = {"edi", "esi", "ebp", "esp",
                                        "ebx", "edx", "ecx", "eax"};
    static const char *const segments[] = {"gs", "fs", "es", "ds"};
    for (uint32_t i = 0; i < REGISTERS; i++)
        if (run.context.reg[i] != run.reg[i])
            put_value(names[i], run.context.reg[i]);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        if ((run.context.segment[i] & 0xFFFF) != (run.our_segment[i] & 0xFFFF))
            put_value(segments[i], run.context.segment[i] & 0xFFFF);
    put(" flags=");
    put_hex(run.context.eflags & FLAGS_TOLD, 6);
    uint32_t memory = collect_changes(DATA) ^ collect_changes(STACK);
    if (memory != 0)
        put_value("memory", memory);
}

static void tell(void)
{
    const struct ucontext *context = &run.context;
    uint32_t past = context->eip - run.entry;
    put_signed(run.info.signal);
    put(" ");
    put_signed(run.info.code);
    put(" ");
    put_number(context->trap);
    put(" ");
    put_number(context->error);
    put(past < 64 ? " +" : " ");
    if (past < 64)
        put_number(past);
    else
        put_hex(context->eip, 8);
    if (run.info.word[0] != context->eip)
        put_value("si_addr", run.info.word[0]);
    if (context->trap == 14)
        put_value("cr2", context->cr2);
    tell_registers();
}

/* Encodings that have a place in the code, but did not run yet. Each place is
 * written before any in its page runs, and once. */
static struct {
    uint32_t page;
    uint32_t count;
    struct place {
        uint32_t linear, count;
        uint32_t before; /* an end; 0: none is near */
        uint32_t ebx;
        uint8_t bytes[LONGEST];
    } place[PLACES];
} waiting;

static void put_name(const struct place *place)
{
    for (uint32_t i = 0; i < place->count; i++)
        put_hex(place->bytes[i], 2);
    if (place->before != 0) {
        put("@");
        put_number(place->before);
    }
    put(" ");
}

static void run_waiting(void)
{
    for (uint32_t i = 0; i < waiting.count; i++) {
        run.entry = waiting.place[i].linear;
        run.reg[EBX] = waiting.place[i].ebx;
        enter_code();
        put_name(&waiting.place[i]);
        tell();
        end_line();
    }
    waiting.count = 0;
}

static void open_page(uint32_t page)
{
    run_waiting();
    if (waiting.page != 0)
        (void)sys_munmap(at(waiting.page), 2 * PAGE_BYTES);
    waiting.page = page;
    map_pages(page);
    fill_words(page, INT3 * 0x01010101u);
}

/* In two pages from `page` on; what does not fit there is not written. */
static void ask(const struct place *place, uint32_t page)
{
    if (page != waiting.page)
        open_page(page);
    waiting.place[waiting.count++] = *place;
    for (uint32_t i = 0;
         i < place->count && place->linear + i < page + 2 * PAGE_BYTES; i++)
        *at(place->linear + i) = place->bytes[i];
}

/* ---- which there are ---- */

enum which { WITH_PREFIXES, WITH_PAIRS, DATA_AT_END, CODE_AT_END, WHICH };

struct questions {
    uint32_t part, parts, counter;
    uint32_t which;
    uint8_t bytes[32];
    uint32_t prefixes; /* of them */
};

/* Counts it, and is false where it is of another part. */
static bool is_asked(struct questions *q)
{
    return q->counter++ % q->parts == q->part;
}

static struct place place_of(const struct questions *q, uint32_t count)
{
    struct place place = {.linear = CODE + (q->counter - 1) * PLACE,
                          .count = count,
                          .ebx = DATA + 0x800};
    for (uint32_t i = 0; i < count; i++)
        place.bytes[i] = q->bytes[i];
    return place;
}

static void ask_data_at_end(struct questions *q, uint32_t count)
{
    for (uint32_t before = 1; before <= 16; before++) {
        if (!is_asked(q))
            continue;
        struct place place = place_of(q, count);
        place.before = before;
        place.ebx = DATA + 2 * PAGE_BYTES - before;
        ask(&place, place.linear & ~(PAGE_BYTES - 1));
    }
}

static void ask_code_at_end(struct questions *q, uint32_t count)
{
    for (uint32_t before = 1; before <= count + 4; before++) {
        if (!is_asked(q))
            continue;
        struct place place = place_of(q, count);
        uint32_t page = CODE_ENDS + (q->counter - 1) * 2 * PAGE_BYTES;
        place.before = before;
        place.linear = page + 2 * PAGE_BYTES - before;
        ask(&place, page);
    }
}

static void ask_one(struct questions *q, uint32_t count)
{
    if (q->which == DATA_AT_END) {
        ask_data_at_end(q, count);
    } else if (q->which == CODE_AT_END) {
        ask_code_at_end(q, count);
    } else if (is_asked(q)) {
        struct place place = place_of(q, count);
        ask(&place, place.linear & ~(PAGE_BYTES - 1));
    }
}

/* SDM volume 2, appendix A: which opcodes a ModRM byte follows. */
static bool has_modrm(uint32_t map, uint8_t opcode)
{
    if (map == 0x0F)
        return !((opcode >= 0x05 && opcode <= 0x0B) || opcode == 0x0E ||
                 (opcode & 0xF8) == 0x30 || opcode == 0x77 ||
                 (opcode & 0xF0) == 0x80 || (opcode & 0xF6) == 0xA0 ||
                 opcode == 0xA2 || opcode == 0xAA || (opcode & 0xF8) == 0xC8);
    if (map != 0)
        return true;
    if (opcode < 0x40)
        return (opcode & 7) < 4;
    return opcode == 0x62 || opcode == 0x63 || opcode == 0x69 ||
           opcode == 0x6B || (opcode & 0xF0) == 0x80 ||
           (opcode & 0xFE) == 0xC0 || (opcode & 0xFC) == 0xC4 ||
           (opcode & 0xFC) == 0xD0 || (opcode & 0xF8) == 0xD8 ||
           (opcode & 0xF6) == 0xF6;
}

/* Opcodes whose register forms are instructions of their own. */
static bool is_group_of_registers(uint32_t map, uint8_t opcode)
{
    if (map == 0x0F)
        return opcode <= 0x01 || opcode == 0xAE || opcode == 0xC7 ||
               opcode == 0x1E;
    return map == 0 && (opcode & 0xF8) == 0xD8;
}

/* Register and memory for each reg; with `all` every ModRM byte. */
static void ask_modrm(struct questions *q, uint32_t count, bool registers,
                      bool all)
{
    for (uint32_t modrm = 0; modrm < 256; modrm++) {
        bool chosen = (modrm & 0xC7) == 0x03 || (modrm & 0xC7) == 0xC3;
        q->bytes[count] = (uint8_t)modrm;
        if (all || chosen || (registers && modrm >= 0xC0))
            ask_one(q, count + 1);
    }
}

static void ask_opcodes(struct questions *q, uint32_t map, bool all)
{
    uint32_t count = q->prefixes;
    if (map != 0)
        q->bytes[count++] = 0x0F;
    if (map > 0x0F)
        q->bytes[count++] = (uint8_t)map;
    for (uint32_t opcode = 0; opcode < 256; opcode++) {
        q->bytes[count] = (uint8_t)opcode;
        if (map == 0x0F && (opcode == 0x38 || opcode == 0x3A))
            continue;
        if (map == 0 && opcode == 0x0F)
            continue;
        if (has_modrm(map, (uint8_t)opcode))
            ask_modrm(q, count + 1, is_group_of_registers(map, (uint8_t)opcode),
                      all);
        else
            ask_one(q, count + 1);
    }
}

static const uint8_t prefixes[] = {0x66, 0x67, 0xF2, 0xF3, 0xF0, 0x26,
                                   0x2E, 0x36, 0x3E, 0x64, 0x65};
enum { PREFIXES = sizeof prefixes };

/* Two prefixes that the processor looks at together. */
static bool is_telling_pair(uint8_t first, uint8_t second)
{
    return (first == 0xF0 &&
            (second == 0x66 || second == 0xF2 || second == 0xF3)) ||
           (first == 0x66 &&
            (second == 0xF2 || second == 0xF3 || second == 0x67)) ||
           (first == 0xF2 && second == 0xF3) ||
           (first == 0xF3 && second == 0xF2);
}

static void ask_maps(struct questions *q, bool all)
{
    ask_opcodes(q, 0, all);
    ask_opcodes(q, 0x0F, all);
}

static void ask_prefixed(struct questions *q)
{
    for (uint32_t i = 0; i < PREFIXES; i++) {
        q->bytes[0] = prefixes[i];
        q->prefixes = 1;
        ask_maps(q, false);
        q->prefixes = 2;
        for (uint32_t j = 0; j < PREFIXES; j++) {
            q->bytes[1] = prefixes[j];
            if (q->which == WITH_PAIRS ||
                is_telling_pair(prefixes[i], prefixes[j]))
                ask_maps(q, false);
        }
    }
    q->prefixes = 0;
}

/* With what chooses among SSE's, other sizes, and LOCK. */
static void ask_at_end(struct questions *q)
{
    ask_maps(q, false);
    q->prefixes = 1;
    for (uint32_t i = 0; i < 5; i++) {
        q->bytes[0] = prefixes[i];
        ask_maps(q, false);
    }
}

/* INT n; instructions of 14, 15 and 16 bytes; behind the three-byte opcodes. */
static void ask_others(struct questions *q)
{
    for (uint32_t n = 0; n < 256; n++) {
        q->bytes[0] = 0xCD;
        q->bytes[1] = (uint8_t)n;
        ask_one(q, 2);
    }
    for (uint32_t i = 0; i < PREFIXES; i++) {
        for (uint32_t length = 13; length <= 17; length++) {
            static const uint8_t opcode[] = {0x90, 0x40, 0xA4, 0xF4, 0xCC};
            for (uint32_t j = 0; j < length; j++)
                q->bytes[j] = prefixes[i];
            for (uint32_t j = 0; j < sizeof opcode; j++) {
                q->bytes[length] = opcode[j];
                ask_one(q, length + 1);
            }
        }
    }
    ask_opcodes(q, 0x38, false);
    ask_opcodes(q, 0x3A, false);
}

int main(int argc, char **argv)
{
    struct questions q = {.part = number_argument(argc, argv, 1, 0),
                          .parts = number_argument(argc, argv, 2, 1),
                          .which = number_argument(argc, argv, 3, 0)};
    check(q.parts > 0 && q.part < q.parts && q.which < WHICH,
          "PART is not below OF");
    map_pages(LANDING);
    map_pages(DATA);
    map_pages(STACK);
    fill_words(LANDING, INT3 * 0x01010101u);
    fill_words(DATA, TARGET);
    fill_words(STACK, TARGET);
    const uint32_t start[REGISTERS] = {
        [EAX] = DATA + 0x1200, [EBX] = DATA + 0x800, [ECX] = 4,
        [EDX] = 0x89ABCDEF,    [ESI] = DATA + 0x400, [EDI] = DATA + 0xC00,
        [EBP] = STACK + 0xC00, [ESP] = STACK + 0x800};
    for (uint32_t i = 0; i < REGISTERS; i++)
        run.reg[i] = start[i];
    catch_signals();
    if (q.which < DATA_AT_END) {
        ask_maps(&q, true);
        ask_prefixed(&q);
        ask_others(&q);
    } else {
        ask_at_end(&q);
    }
    run_waiting();
    flush();
    return 0;
}
