/*
 * Runs a table of what a real processor did (README.md) on the simulated one
 * and tells what differs.
 *
 *     silicon-table [-a] FILE
 *
 * -a compares also the kinds that begin with "v:", on which processors' makers
 * differ. FILE may be compressed with gzip. Exit status: 0 where nothing
 * differs, 1 where something does, 125 where the table could not be
 * run. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "addrspace.h"
#include "cpu/cpu.h"
#include "flat.h"
#include "frames.h"
#include "mmu.h"
#include "physmem.h"

#define CODE        0x10000000u
#define CODE_FILLED 256u /* bytes: the instruction, INT3, and NOPs */
#define CODE_TARGET 0x10000040u
#define DATA        0x10100000u
#define STACK       0x10200000u
#define PAIR        0x10300000u
/* the GDT; then a page with an IRET; then a stack */
#define KERNEL          0xC0000000u
#define GDT_ENTRIES     13u
#define SELECTOR_GS     0x63u /* of thread-local storage */
#define FRAMES          64u
#define ROW_CHARS       1024u
#define BUDGET          100000u /* instructions */
#define FNV_START       0x811C9DC5u
#define EFLAGS_COMPARED 0xCD5u
/* I/D: the error code has it with no-execute pages, which no i386 has */
#define PF_FETCH      0x10u
#define EXIT_UNUSABLE 125

/* The columns; from COLUMN_EAX on, all but COLUMN_RESULT are hexadecimal
 * numbers. */
enum column {
    COLUMN_KIND,
    COLUMN_BYTES,
    COLUMN_PAGE0,
    COLUMN_PAGE1,
    COLUMN_ADDR,
    COLUMN_EAX,
    COLUMN_RESULT = COLUMN_EAX + GENERAL_REGISTERS,
    COLUMN_ERR,
    COLUMN_CR2,
    COLUMN_F_EIP,
    COLUMN_F_EAX,
    COLUMN_F_EFLAGS = COLUMN_F_EAX + GENERAL_REGISTERS,
    COLUMN_MEM0,
    COLUMN_MEM1,
    COLUMN_DATA,
    COLUMNS,
};

static const char *const column_names[COLUMNS] = {
    "#kind", "bytes",    "page0", "page1", "addr",  "eax",    "ecx",   "edx",
    "ebx",   "esp",      "ebp",   "esi",   "edi",   "result", "err",   "cr2",
    "f_eip", "f_eax",    "f_ecx", "f_edx", "f_ebx", "f_esp",  "f_ebp", "f_esi",
    "f_edi", "f_eflags", "mem0",  "mem1",  "data"};

/* The user's pages, in the order of their frames. */
enum page {
    PAGE_CODE,
    PAGE_DATA,
    PAGE_STACK = PAGE_DATA + 2,
    PAGE_PAIR = PAGE_STACK + 2,
    PAGES = 7
};

static const uint32_t page_linear[PAGES] = {CODE,
                                            DATA,
                                            DATA + MMU_PAGE_SIZE,
                                            STACK,
                                            STACK + MMU_PAGE_SIZE,
                                            PAIR,
                                            PAIR + MMU_PAGE_SIZE};

struct row {
    char text[ROW_CHARS]; /* cut at its tabs */
    const char *column[COLUMNS];
    uint32_t value[COLUMNS]; /* of the numbers */
    uint8_t code[CODE_TARGET - CODE - 1];
    uint32_t code_bytes;
};

/* What came of a row. */
struct answer {
    const char *result;
    uint32_t value[COLUMNS];
};

/* What the command line asks for. */
struct wish {
    bool all;   /* -a: the makers' own forms, too */
    bool intel; /* -i: segment registers on the stack as an i486 and Intel's
                   from the P6 on */
};

struct bench {
    struct wish wish;
    struct mmu_generation generation;
    struct mmu_physmem mem;
    struct mmu_frame *table;
    struct mmu_frames frames;
    struct mmu_addrspace space;
    struct cpu *cpu;
    struct cpu_context *start; /* as each row begins */
    uint32_t frame[PAGES];
    uint32_t empty_page_hash, empty_pair_hash;
};

/* ---- failing ---- */

static void complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("silicon-table: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

/* ---- reading the table ---- */

/* Cuts `text` at its tabs. False unless there are COLUMNS columns. */
static bool cut(char *text, const char *column[COLUMNS])
{
    uint32_t count = 0;
    for (char *at = text; at != NULL && count < COLUMNS; count++) {
        column[count] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
        else if (count != COLUMNS - 1)
            return false;
        if (at != NULL && count == COLUMNS - 1)
            return false;
    }
    return count == COLUMNS;
}

static bool read_number(const char *text, uint32_t *value)
{
    size_t digits = strlen(text);
    if (digits == 0 || digits > 8 ||
        strspn(text, "0123456789abcdefABCDEF") != digits)
        return false;
    *value = (uint32_t)strtoul(text, NULL, 16);
    return true;
}

static bool read_code(const char *text, struct row *row)
{
    size_t digits = strlen(text);
    if (digits == 0 || digits % 2 != 0 || digits / 2 > sizeof row->code)
        return false;
    row->code_bytes = (uint32_t)(digits / 2);
    for (uint32_t i = 0; i < row->code_bytes; i++) {
        const char byte[] = {text[2 * i], text[2 * i + 1], '\0'};
        uint32_t value;
        if (!read_number(byte, &value))
            return false;
        row->code[i] = (uint8_t)value;
    }
    return true;
}

static bool are_rights(const char *text)
{
    return strcmp(text, "np") == 0 || strcmp(text, "ro") == 0 ||
           strcmp(text, "rw") == 0;
}

/* NULL, or what is wrong with it. */
static const char *read_row(struct row *row)
{
    if (!cut(row->text, row->column))
        return "not 29 columns";
    if (!read_code(row->column[COLUMN_BYTES], row))
        return "bytes: not an instruction in hexadecimal";
    if (!are_rights(row->column[COLUMN_PAGE0]) ||
        !are_rights(row->column[COLUMN_PAGE1]))
        return "page0, page1: neither np nor ro nor rw";
    for (uint32_t i = COLUMN_ADDR; i < COLUMNS; i++)
        if (i != COLUMN_RESULT && !read_number(row->column[i], &row->value[i]))
            return "a number is not hexadecimal";
    row->value[COLUMN_ERR] &= ~PF_FETCH;
    return NULL;
}

static bool is_header(char *text)
{
    const char *column[COLUMNS];
    if (!cut(text, column))
        return false;
    for (uint32_t i = 0; i < COLUMNS; i++)
        if (strcmp(column[i], column_names[i]) != 0)
            return false;
    return true;
}

/* ---- the machine ---- */

static bool map(struct bench *bench, uint32_t linear, uint32_t flags,
                uint32_t *frame)
{
    *frame = mmu_frame_alloc(
        &bench->frames, flags & MMU_PTE_US ? MMU_FRAME_USER : MMU_FRAME_KERNEL);
    return *frame != MMU_FRAME_NONE &&
           mmu_addrspace_map(&bench->space, linear, *frame, flags) == 0;
}

static uint8_t *page_bytes(const struct bench *bench, enum page page)
{
    return mmu_physmem_frame(&bench->mem, bench->frame[page]);
}

/* And one where Linux has that of data: rows that store a selector show it. */
static void write_gdt(uint8_t *at)
{
    static const uint32_t linux_data[2] = {0x0000FFFF, 0x00CFF300};
    flat_write_gdt(at);
    memcpy(at + (size_t)12 * 8, linux_data, sizeof linux_data);
}

static bool map_all(struct bench *bench)
{
    uint32_t gdt, iret, stack;
    if (!map(bench, KERNEL, MMU_PTE_RW, &gdt) ||
        !map(bench, KERNEL + MMU_PAGE_SIZE, MMU_PTE_RW, &iret) ||
        !map(bench, KERNEL + 2 * MMU_PAGE_SIZE, MMU_PTE_RW, &stack))
        return false;
    write_gdt(mmu_physmem_frame(&bench->mem, gdt));
    *mmu_physmem_frame(&bench->mem, iret) = FLAT_IRET;
    for (uint32_t i = 0; i < PAGES; i++)
        if (!map(bench, page_linear[i], MMU_PTE_RW | MMU_PTE_US,
                 &bench->frame[i]))
            return false;
    return true;
}

static void write_code(struct bench *bench, const uint8_t *code, uint32_t bytes)
{
    uint8_t *at = page_bytes(bench, PAGE_CODE);
    memset(at, 0, MMU_PAGE_SIZE);
    memset(at, 0x90, CODE_FILLED);
    memcpy(at, code, bytes);
    at[bytes] = 0xCC;
    at[CODE_TARGET - CODE] = 0xCC;
    cpu_frame_written(bench->cpu, bench->frame[PAGE_CODE]);
}

/* Has the processor execute FNINIT and FLDZ: each row starts with an FPU like
 * that. */
static bool make_start(struct bench *bench)
{
    static const uint8_t code[] = {0xDB, 0xE3, 0xD9, 0xEE};
    struct cpu_exit exit;
    bench->start = cpu_context_new(bench->cpu);
    if (bench->start == NULL)
        return false;
    write_code(bench, code, sizeof code);
    cpu_registers(bench->cpu)->eip = CODE;
    cpu_run(bench->cpu, BUDGET, &exit);
    if (exit.stop == CPU_STOP_BROKEN)
        return false;
    cpu_context_save(bench->cpu, bench->start);
    return true;
}

static const char *make_bench(struct bench *bench)
{
    static const struct mmu_event_sink nobody = {NULL, NULL};
    const struct cpu_segments segments = flat_segments(KERNEL, GDT_ENTRIES);
    const char *why = "out of memory";
    bench->mem = (struct mmu_physmem){
        aligned_alloc(MMU_PAGE_SIZE, FRAMES * MMU_PAGE_SIZE), FRAMES};
    bench->table = calloc(FRAMES, sizeof *bench->table);
    if (bench->mem.base == NULL || bench->table == NULL)
        return why;
    memset(bench->mem.base, 0, FRAMES * MMU_PAGE_SIZE);
    mmu_frames_init(&bench->frames, &bench->mem, bench->table);
    if (mmu_addrspace_init(&bench->space, &bench->frames, &nobody, KERNEL,
                           NULL) != 0)
        return why;
    bench->generation = *mmu_generation_of(MMU_GENERATION_PENTIUM);
    if (bench->wish.intel)
        bench->generation.selector_bytes =
            mmu_generation_of(MMU_GENERATION_I486)->selector_bytes;
    bench->cpu = cpu_new(&bench->generation, &bench->mem, &nobody, false, &why);
    if (bench->cpu == NULL)
        return why;
    if (!map_all(bench))
        return "out of frames";
    mmu_load_cr0(cpu_mmu(bench->cpu), MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    cpu_load_cr3(bench->cpu, mmu_addrspace_cr3(&bench->space));
    if (!cpu_enter_user(bench->cpu, &segments) ||
        !cpu_load_selector(bench->cpu, GS, SELECTOR_GS) || !make_start(bench))
        return "the processor does not start";
    return NULL;
}

static void free_bench(struct bench *bench)
{
    cpu_context_free(bench->start);
    cpu_free(bench->cpu);
    free(bench->table);
    free(bench->mem.base);
}

/* ---- running a row ---- */

static void set_rights(struct bench *bench, enum page page, const char *rights)
{
    uint32_t *pte = mmu_addrspace_entry(&bench->space, page_linear[page], NULL);
    uint32_t flags = MMU_PTE_US;
    if (rights[0] != 'n')
        flags |= MMU_PTE_P;
    if (strcmp(rights, "rw") == 0)
        flags |= MMU_PTE_RW;
    *pte = bench->frame[page] << MMU_PAGE_SHIFT | flags;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Writes into the probed pair; bytes that fall outside are left out. */
static void place(struct bench *bench, uint32_t linear, const uint8_t *bytes,
                  uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t offset = linear + i - PAIR;
        if (offset < 2 * MMU_PAGE_SIZE)
            page_bytes(bench,
                       PAGE_PAIR + (offset >>
                                    MMU_PAGE_SHIFT))[offset & ~MMU_PAGE_MASK] =
                bytes[i];
    }
}

/* Indirect branches need somewhere to go. */
static void place_target(struct bench *bench, const struct row *row)
{
    static const uint8_t int3[] = {0xCC, 0xCC};
    static const uint8_t target[] = {
        CODE_TARGET & 0xFF, CODE_TARGET >> 8 & 0xFF, CODE_TARGET >> 16 & 0xFF,
        CODE_TARGET >> 24};
    const char *kind = row->column[COLUMN_KIND];
    if (strcmp(kind, "jmp r32") == 0 || begins(kind, "t:code "))
        place(bench, row->value[COLUMN_ADDR], int3, sizeof int3);
    if (strcmp(kind, "jmp m") == 0 || strcmp(kind, "ret") == 0 ||
        begins(kind, "t:pointer "))
        place(bench, row->value[COLUMN_ADDR], target, sizeof target);
}

static void set_up(struct bench *bench, const struct row *row)
{
    struct registers *registers;
    for (uint32_t i = PAGE_DATA; i < PAGES; i++) {
        memset(page_bytes(bench, (enum page)i), 0, MMU_PAGE_SIZE);
        cpu_frame_written(bench->cpu, bench->frame[i]);
    }
    place_target(bench, row);
    write_code(bench, row->code, row->code_bytes);
    set_rights(bench, PAGE_PAIR, row->column[COLUMN_PAGE0]);
    set_rights(bench, PAGE_PAIR + 1, row->column[COLUMN_PAGE1]);
    cpu_load_cr3(bench->cpu, mmu_addrspace_cr3(&bench->space));
    cpu_context_restore(bench->cpu, bench->start);
    registers = cpu_registers(bench->cpu);
    memcpy(registers->general, &row->value[COLUMN_EAX],
           sizeof registers->general);
    registers->eip = CODE;
    registers->eflags = EFLAGS_ONE | EFLAGS_IF;
    cpu_load_segments(bench->cpu);
}

static const char *exception_name(uint32_t vector)
{
    static const char *const names[20] = {
        "DE", "DB", "NMI", "OK", "OF", "BR", "UD", "NM", "DF", "CSO",
        "TS", "NP", "SS",  "GP", "PF", "?",  "MF", "AC", "MC", "XM"};
    return vector < 20 ? names[vector] : "?";
}

static const char *result_of(const struct cpu_exit *exit)
{
    switch (exit->stop) {
    case CPU_STOP_FAULT:
        return "PF";
    case CPU_STOP_EXCEPTION:
    case CPU_STOP_INTERRUPT:
        return exception_name(exit->vector);
    case CPU_STOP_BUDGET:
        return "TIMEOUT";
    default:
        return exit->why;
    }
}

/* FNV-1a, 32 bit. */
static uint32_t hash(uint32_t value, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        value = (value ^ bytes[i]) * 0x01000193u;
    return value;
}

static bool is_empty(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, MMU_PAGE_SIZE - 1) == 0;
}

static uint32_t hash_page(const struct bench *bench, enum page page)
{
    const uint8_t *bytes = page_bytes(bench, page);
    return is_empty(bytes) ? bench->empty_page_hash
                           : hash(FNV_START, bytes, MMU_PAGE_SIZE);
}

static uint32_t hash_two_pages(const struct bench *bench, enum page first)
{
    const uint8_t *bytes = page_bytes(bench, first);
    const uint8_t *second = page_bytes(bench, first + 1);
    if (is_empty(bytes) && is_empty(second))
        return bench->empty_pair_hash;
    return hash(hash(FNV_START, bytes, MMU_PAGE_SIZE), second, MMU_PAGE_SIZE);
}

static void run_row(struct bench *bench, const struct row *row,
                    struct answer *answer)
{
    const struct registers *registers = cpu_registers(bench->cpu);
    struct cpu_exit exit;
    set_up(bench, row);
    cpu_run(bench->cpu, BUDGET, &exit);
    *answer = (struct answer){.result = result_of(&exit)};
    answer->value[COLUMN_ERR] =
        exit.stop == CPU_STOP_FAULT ? exit.fault.error : 0;
    answer->value[COLUMN_CR2] =
        exit.stop == CPU_STOP_FAULT ? exit.fault.linear : 0;
    answer->value[COLUMN_F_EIP] = registers->eip;
    memcpy(&answer->value[COLUMN_F_EAX], registers->general,
           sizeof registers->general);
    answer->value[COLUMN_F_EFLAGS] = registers->eflags & EFLAGS_COMPARED;
    answer->value[COLUMN_MEM0] = hash_page(bench, PAGE_PAIR);
    answer->value[COLUMN_MEM1] = hash_page(bench, PAGE_PAIR + 1);
    answer->value[COLUMN_DATA] =
        hash_two_pages(bench, PAGE_DATA) ^ hash_two_pages(bench, PAGE_STACK);
}

/* ---- comparing ---- */

/* Some flags are undefined after an instruction that completed. */
static bool is_compared(const struct row *row, uint32_t column)
{
    if (column < COLUMN_ERR)
        return false;
    return column != COLUMN_F_EFLAGS ||
           strcmp(row->column[COLUMN_RESULT], "PF") == 0;
}

static bool compare(const struct row *row, const struct answer *answer,
                    uint64_t line)
{
    bool same = strcmp(row->column[COLUMN_RESULT], answer->result) == 0;
    for (uint32_t i = 0; i < COLUMNS; i++)
        same =
            same && (!is_compared(row, i) || row->value[i] == answer->value[i]);
    if (same)
        return true;
    printf("%llu: %s (%s) %s %s at %s:", (unsigned long long)line,
           row->column[COLUMN_KIND], row->column[COLUMN_BYTES],
           row->column[COLUMN_PAGE0], row->column[COLUMN_PAGE1],
           row->column[COLUMN_ADDR]);
    if (strcmp(row->column[COLUMN_RESULT], answer->result) != 0)
        printf(" result: expected %s, got %s;", row->column[COLUMN_RESULT],
               answer->result);
    for (uint32_t i = 0; i < COLUMNS; i++)
        if (is_compared(row, i) && row->value[i] != answer->value[i])
            printf(" %s: expected %08x, got %08x;", column_names[i],
                   row->value[i], answer->value[i]);
    putchar('\n');
    return false;
}

struct tally {
    uint64_t rows;
    uint64_t differ;
};

static bool is_broken(gzFile file)
{
    int error;
    (void)gzerror(file, &error);
    return error != Z_OK && error != Z_STREAM_END;
}

/* Reads a line, without its end, into `text`. False at the end of the file, and
 * where *why is set.
 */
static bool next_line(gzFile file, char text[ROW_CHARS], const char **why)
{
    *why = NULL;
    if (gzgets(file, text, ROW_CHARS) == NULL) {
        *why = is_broken(file) ? "cannot be read" : NULL;
        return false;
    }
    size_t length = strlen(text);
    if ((length == 0 || text[length - 1] != '\n') && is_broken(file))
        *why = "cannot be read";
    else if (length == ROW_CHARS - 1 && text[length - 1] != '\n')
        *why = "the line is too long";
    text[strcspn(text, "\r\n")] = '\0';
    return *why == NULL;
}

/* NULL, or what is wrong with the line numbered *line. */
static const char *run_table(struct bench *bench, gzFile file,
                             struct tally *tally, uint64_t *line)
{
    struct row row;
    struct answer answer;
    const char *why;
    *line = 1;
    if (!next_line(file, row.text, &why) || !is_header(row.text))
        return why != NULL ? why : "not the header of a table";
    for (*line = 2; next_line(file, row.text, &why); (*line)++) {
        if (!bench->wish.all && begins(row.text, "v:"))
            continue;
        why = read_row(&row);
        if (why != NULL)
            return why;
        run_row(bench, &row, &answer);
        tally->rows++;
        tally->differ += compare(&row, &answer, *line) ? 0 : 1;
    }
    return why;
}

/* Runs the table on a machine made for it. False where that could not be
 * done. */
static bool run_file(const char *name, gzFile file, struct wish wish,
                     struct tally *tally)
{
    static const uint8_t empty[2 * MMU_PAGE_SIZE];
    struct bench bench = {
        .wish = wish,
        .empty_page_hash = hash(FNV_START, empty, MMU_PAGE_SIZE),
        .empty_pair_hash = hash(FNV_START, empty, 2 * MMU_PAGE_SIZE)};
    uint64_t line;
    const char *why = make_bench(&bench);
    if (why != NULL) {
        complain("%s", why);
    } else {
        why = run_table(&bench, file, tally, &line);
        if (why != NULL)
            complain("%s: line %llu: %s", name, (unsigned long long)line, why);
    }
    free_bench(&bench);
    return why == NULL;
}

int main(int argc, char **argv)
{
    struct wish wish = {false, false};
    struct tally tally = {0, 0};
    int at = 1;
    for (; at < argc &&
           (strcmp(argv[at], "-a") == 0 || strcmp(argv[at], "-i") == 0);
         at++) {
        wish.all |= argv[at][1] == 'a';
        wish.intel |= argv[at][1] == 'i';
    }
    if (at != argc - 1) {
        complain("usage: silicon-table [-a] [-i] FILE");
        return EXIT_UNUSABLE;
    }
    const char *name = argv[at];
    gzFile file = gzopen(name, "rb");
    if (file == NULL) {
        complain("%s: cannot be opened", name);
        return EXIT_UNUSABLE;
    }
    bool done = run_file(name, file, wish, &tally);
    (void)gzclose(file);
    if (!done)
        return EXIT_UNUSABLE;
    printf("%llu rows, %llu differ\n", (unsigned long long)tally.rows,
           (unsigned long long)tally.differ);
    return tally.differ == 0 ? 0 : 1;
}
