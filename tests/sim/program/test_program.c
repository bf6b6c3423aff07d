/* test_program.c: programs are read as Linux maps them, everything else is
 * refused by name.
 *
 * test_program [GUEST]: GUEST, a static i386 executable, is read too. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/program.h"

#define PAGE_BYTES   4096u
#define USER_TOP     0xC0000000u
#define IMAGE_BYTES  0x2000u
#define HEADERS      5u
#define SECTIONS     5u
#define SYMBOLS      16u
#define NAMES_BYTES  256u
#define TEXT         0x08048000u
#define DATA         0x0804B000u
#define NAMES_AT     0x1500u
#define SYMBOLS_AT   0x1600u
#define SECTIONS_AT  0x1701u /* odd: nothing in a file need be aligned */
#define GOOD_BYTES   0x1800u
#define FUZZ_FILES   100000u
#define FUZZ_SEED    UINT64_C(0x386386386386)
#define PHRASE_BYTES 128u

enum { LOAD_TEXT, LOAD_DATA, STACK, SPARE, EMPTY };
enum {
    SECTION_NULL,
    SECTION_TEXT,
    SECTION_DATA,
    SECTION_SYMBOLS,
    SECTION_NAMES
};

/*  file                          memory
 *  0x0000  headers, text         TEXT           R X  0x1100 bytes, the file's
 * from 0 0x1100  data                  DATA + 0x100   RW   0x3000 bytes, the
 * first 0x200 the file's 0x1500  names, symbols, section headers
 */
struct image {
    Elf32_Ehdr header;
    Elf32_Phdr headers[HEADERS];
    Elf32_Shdr sections[SECTIONS];
    Elf32_Sym symbols[SYMBOLS];
    uint32_t symbol_count;
    char names[NAMES_BYTES];
    uint32_t names_bytes;
    uint8_t bytes[IMAGE_BYTES];
    uint32_t size;
};

/* What stands at `offset` of a good image's file where there is no header. */
static uint8_t pattern(uint32_t offset)
{
    return (uint8_t)(1 + (offset * 7 + offset / 256 * 31) % 255);
}

static void add_symbol(struct image *image, const char *name, uint32_t value,
                       uint32_t bytes, unsigned type, unsigned binding,
                       uint16_t section)
{
    size_t length = strlen(name) + 1;

    assert_true(image->symbol_count < SYMBOLS &&
                image->names_bytes + length <= NAMES_BYTES);
    image->symbols[image->symbol_count++] = (Elf32_Sym){
        .st_name = image->names_bytes,
        .st_value = value,
        .st_size = bytes,
        .st_info = (unsigned char)ELF32_ST_INFO(binding, type),
        .st_shndx = section,
    };
    memcpy(image->names + image->names_bytes, name, length);
    image->names_bytes += (uint32_t)length;
}

static void add_symbols(struct image *image)
{
    image->symbol_count = 1;
    image->names_bytes = 1;
    add_symbol(image, "main", TEXT + 0x200, 0x40, STT_FUNC, STB_GLOBAL,
               SECTION_TEXT);
    add_symbol(image, "main_label", TEXT + 0x200, 0, STT_NOTYPE, STB_GLOBAL,
               SECTION_TEXT);
    add_symbol(image, "main_local", TEXT + 0x200, 0x40, STT_FUNC, STB_LOCAL,
               SECTION_TEXT);
    add_symbol(image, "inner", TEXT + 0x210, 8, STT_FUNC, STB_LOCAL,
               SECTION_TEXT);
    add_symbol(image, "_start", TEXT + 0x300, 0, STT_NOTYPE, STB_GLOBAL,
               SECTION_TEXT);
    add_symbol(image, "last", TEXT + 0x380, 0, STT_NOTYPE, STB_LOCAL,
               SECTION_TEXT);
    add_symbol(image, "twice", DATA + 0x100, 4, STT_OBJECT, STB_LOCAL,
               SECTION_DATA);
    add_symbol(image, "twice", DATA + 0x104, 8, STT_OBJECT, STB_GLOBAL,
               SECTION_DATA);
    add_symbol(image, "file.c", TEXT + 0x200, 4, STT_FILE, STB_LOCAL, SHN_ABS);
    add_symbol(image, "absolute", TEXT + 0x200, 4, STT_OBJECT, STB_GLOBAL,
               SHN_ABS);
    add_symbol(image, "undefined", TEXT + 0x200, 4, STT_FUNC, STB_GLOBAL,
               SHN_UNDEF);
    add_symbol(image, "endless", 0xFFFFFFF0u, 0xFFFFFFFFu, STT_FUNC, STB_GLOBAL,
               SECTION_TEXT);
}

/* A good executable; tests spoil what they are about. */
static void make_image(struct image *image)
{
    *image = (struct image){.size = GOOD_BYTES};
    for (uint32_t i = 0; i < IMAGE_BYTES; i++)
        image->bytes[i] = pattern(i);
    add_symbols(image);

    image->header = (Elf32_Ehdr){
        .e_ident = {0x7F, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_version = EV_CURRENT,
        .e_entry = TEXT + 0x300,
        .e_phoff = sizeof(Elf32_Ehdr),
        .e_shoff = SECTIONS_AT,
        .e_ehsize = sizeof(Elf32_Ehdr),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = HEADERS,
        .e_shentsize = sizeof(Elf32_Shdr),
        .e_shnum = SECTIONS,
    };
    image->headers[LOAD_TEXT] = (Elf32_Phdr){.p_type = PT_LOAD,
                                             .p_vaddr = TEXT,
                                             .p_filesz = 0x1100,
                                             .p_memsz = 0x1100,
                                             .p_flags = PF_R | PF_X};
    image->headers[LOAD_DATA] = (Elf32_Phdr){.p_type = PT_LOAD,
                                             .p_offset = 0x1100,
                                             .p_vaddr = DATA + 0x100,
                                             .p_filesz = 0x200,
                                             .p_memsz = 0x3000,
                                             .p_flags = PF_R | PF_W};
    image->headers[STACK] =
        (Elf32_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    image->headers[EMPTY] = (Elf32_Phdr){.p_type = PT_LOAD};

    image->sections[SECTION_TEXT] =
        (Elf32_Shdr){.sh_type = SHT_PROGBITS,
                     .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                     .sh_addr = TEXT + 0x200,
                     .sh_offset = 0x200,
                     .sh_size = 0x200};
    image->sections[SECTION_DATA] =
        (Elf32_Shdr){.sh_type = SHT_PROGBITS,
                     .sh_flags = SHF_ALLOC | SHF_WRITE,
                     .sh_addr = DATA + 0x100,
                     .sh_offset = 0x1100,
                     .sh_size = 0x200};
    image->sections[SECTION_SYMBOLS] = (Elf32_Shdr){
        .sh_type = SHT_SYMTAB,
        .sh_offset = SYMBOLS_AT,
        .sh_size = image->symbol_count * (uint32_t)sizeof(Elf32_Sym),
        .sh_link = SECTION_NAMES,
        .sh_entsize = sizeof(Elf32_Sym)};
    image->sections[SECTION_NAMES] =
        (Elf32_Shdr){.sh_type = SHT_STRTAB,
                     .sh_offset = NAMES_AT,
                     .sh_size = image->names_bytes};
}

static void put(struct image *image, uint32_t offset, Elf_Type type,
                const void *records, size_t bytes)
{
    Elf_Data from = {.d_buf = (void *)records,
                     .d_type = type,
                     .d_version = EV_CURRENT,
                     .d_size = bytes};
    Elf_Data to = {.d_buf = image->bytes + offset,
                   .d_type = type,
                   .d_version = EV_CURRENT,
                   .d_size = bytes};

    assert_true(offset + bytes <= IMAGE_BYTES);
    assert_non_null(elf32_xlatetof(&to, &from, ELFDATA2LSB));
}

static void encode(struct image *image)
{
    put(image, 0, ELF_T_EHDR, &image->header, sizeof image->header);
    put(image, sizeof image->header, ELF_T_PHDR, image->headers,
        sizeof image->headers);
    memcpy(image->bytes + NAMES_AT, image->names, NAMES_BYTES);
    put(image, SYMBOLS_AT, ELF_T_SYM, image->symbols, sizeof image->symbols);
    put(image, SECTIONS_AT, ELF_T_SHDR, image->sections,
        sizeof image->sections);
}

static int file_of(const void *bytes, size_t size)
{
    int fd = memfd_create("image", 0);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    return fd;
}

static int image_file(struct image *image)
{
    encode(image);
    return file_of(image->bytes, image->size);
}

static struct program *open_image(struct image *image)
{
    char phrase[PHRASE_BYTES] = "";
    int number = 0;
    int fd = image_file(image);
    struct program *program =
        program_open(fd, "image", USER_TOP, &number, phrase, sizeof phrase);

    close(fd);
    assert_string_equal(phrase, "");
    assert_non_null(program);
    return program;
}

/* Closes `fd`. */
static void assert_refused(int fd, int number, const char *phrase)
{
    char got[PHRASE_BYTES] = "";
    int got_number = 0;

    assert_null(
        program_open(fd, "image", USER_TOP, &got_number, got, sizeof got));
    assert_string_equal(got, phrase);
    assert_int_equal(got_number, number);
    if (fd >= 0)
        close(fd);
}

/* What a good executable becomes. */

static void test_header(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    struct program *program = open_image(&image);

    assert_string_equal(program->name, "image");
    assert_int_equal(program->file_bytes, GOOD_BYTES);
    assert_int_equal(program->segment_count, 2);
    assert_int_equal(program->bias, 0);
    assert_int_equal(program->entry, TEXT + 0x300);
    assert_int_equal(program->phdr_linear, TEXT + sizeof(Elf32_Ehdr));
    assert_int_equal(program->phdr_count, HEADERS);
    assert_int_equal(program->brk_start, DATA + 0x4000);
    assert_false(program->executable_stack);
    assert_int_equal(program->references, 1);

    const struct segment *text = &program->segments[0];
    const struct segment *data = &program->segments[1];

    assert_true(text->readable && !text->writable && text->executable);
    assert_true(data->readable && data->writable && !data->executable);
    assert_int_equal(data->linear, DATA + 0x100);
    assert_int_equal(data->memory_bytes, 0x3000);
    assert_int_equal(data->file_offset, 0x1100);
    assert_int_equal(data->file_bytes, 0x200);
    program_put(program);
}

static void test_references(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    struct program *program = open_image(&image);

    assert_ptr_equal(program_get(program), program);
    program_put(program);
    assert_int_equal(program->references, 1);
    program_put(program);
    program_put(NULL);
}

static void test_descriptor_is_left_alone(void **state)
{
    (void)state;
    struct image image;
    char phrase[PHRASE_BYTES];
    int number;

    make_image(&image);
    int fd = image_file(&image);

    assert_int_equal(lseek(fd, 77, SEEK_SET), 77);
    struct program *program =
        program_open(fd, "image", USER_TOP, &number, phrase, sizeof phrase);

    assert_non_null(program);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 77);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(program->file[0x1234], pattern(0x1234));
    close(fd);
    program_put(program);
}

/* Later segments first in the file: they are sorted. */
static void test_order(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    Elf32_Phdr text = image.headers[LOAD_TEXT];

    image.headers[LOAD_TEXT] = image.headers[LOAD_DATA];
    image.headers[LOAD_DATA] = text;
    struct program *program = open_image(&image);

    assert_int_equal(program->segments[0].linear, TEXT);
    assert_int_equal(program->segments[1].linear, DATA + 0x100);
    assert_int_equal(program->brk_start, DATA + 0x4000);
    program_put(program);
}

static void test_executable_stack(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    image.headers[STACK].p_flags |= PF_X;
    struct program *program = open_image(&image);

    assert_true(program->executable_stack);
    program_put(program);

    image.headers[STACK] = (Elf32_Phdr){.p_type = PT_NULL};
    program = open_image(&image);
    assert_true(program->executable_stack);
    program_put(program);
}

static uint32_t phdr_linear(struct image *image)
{
    struct program *program = open_image(image);
    uint32_t linear = program->phdr_linear;

    program_put(program);
    return linear;
}

static void test_headers_place(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    image.headers[SPARE] =
        (Elf32_Phdr){.p_type = PT_PHDR, .p_vaddr = DATA + 0x100};
    assert_int_equal(phdr_linear(&image), DATA + 0x100);

    /* In no segment: not believed. */
    image.headers[SPARE].p_vaddr = 0xFFFFFFF0u;
    assert_int_equal(phdr_linear(&image), TEXT + sizeof(Elf32_Ehdr));

    image.headers[SPARE].p_type = PT_NULL;
    image.headers[LOAD_TEXT].p_offset = 0x1000;
    image.headers[LOAD_TEXT].p_filesz = 0x400;
    assert_int_equal(phdr_linear(&image), 0);
}

static void test_static_pie(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    image.header.e_type = ET_DYN;
    image.header.e_entry -= TEXT;
    image.headers[LOAD_TEXT].p_vaddr -= TEXT;
    image.headers[LOAD_DATA].p_vaddr -= TEXT;
    image.symbols[1].st_value -= TEXT;
    image.headers[SPARE] =
        (Elf32_Phdr){.p_type = PT_PHDR, .p_vaddr = sizeof(Elf32_Ehdr)};
    struct program *program = open_image(&image);
    uint32_t linear;

    assert_int_equal(program->bias, 0x08000000);
    assert_int_equal(program->entry, 0x08000300);
    assert_int_equal(program->segments[0].linear, 0x08000000);
    assert_int_equal(program->segments[1].linear,
                     0x08000000 + (DATA - TEXT) + 0x100);
    assert_int_equal(program->phdr_linear, 0x08000000 + sizeof(Elf32_Ehdr));
    assert_int_equal(program->brk_start, 0x08000000 + (DATA - TEXT) + 0x4000);
    assert_true(symbols_address(&program->symbols, "main", &linear, NULL));
    assert_int_equal(linear, 0x08000200);
    assert_false(symbols_address(&program->symbols, "endless", NULL, NULL));
    program_put(program);
}

/* A dynamic section without an end stops where the file does. */
static void test_dynamic_past_the_end(void **state)
{
    struct image image;
    (void)state;

    make_image(&image);
    image.header.e_type = ET_DYN;
    image.headers[SPARE] = (Elf32_Phdr){.p_type = PT_DYNAMIC,
                                        .p_offset = GOOD_BYTES - 12,
                                        .p_filesz = 0xFFFFFFFFu};
    program_put(open_image(&image));
}

/* No file bytes: the offset means nothing, wherever it points. */
static void test_bss_segment(void **state)
{
    (void)state;
    struct image image;
    uint8_t page[PAGE_BYTES];

    make_image(&image);
    image.headers[SPARE] = (Elf32_Phdr){.p_type = PT_LOAD,
                                        .p_offset = 0xFFFFFFFF,
                                        .p_vaddr = TEXT + 0x100010,
                                        .p_memsz = 1,
                                        .p_flags = PF_R | PF_W};
    struct program *program = open_image(&image);
    const struct segment *bss = &program->segments[2];

    assert_int_equal(program->segment_count, 3);
    assert_false(segment_page_is_file(bss, TEXT + 0x100000));
    memset(page, 1, sizeof page);
    program_page(program, bss, TEXT + 0x100000, page);
    for (uint32_t i = 0; i < PAGE_BYTES; i++)
        assert_int_equal(page[i], 0);
    assert_int_equal(program->brk_start, TEXT + 0x101000);
    program_put(program);
}

/* Segments may end where user memory ends. */
static void test_user_top(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    image.headers[LOAD_DATA].p_memsz = USER_TOP - (DATA + 0x100);
    struct program *program = open_image(&image);

    assert_int_equal(program->brk_start, USER_TOP);
    program_put(program);
}

static void test_sixty_four_segments(void **state)
{
    (void)state;
    static uint8_t bytes[PAGE_BYTES + 65 * sizeof(Elf32_Phdr)];
    struct image image;
    Elf32_Phdr headers[65];
    uint32_t at = PAGE_BYTES;

    make_image(&image);
    image.header.e_phoff = at;
    for (uint32_t i = 0; i < 65; i++)
        headers[i] = (Elf32_Phdr){.p_type = PT_LOAD,
                                  .p_vaddr = TEXT + i * PAGE_BYTES,
                                  .p_memsz = PAGE_BYTES,
                                  .p_flags = PF_R | PF_X};
    put(&image, at, ELF_T_PHDR, headers, sizeof headers);

    image.header.e_phnum = 64;
    put(&image, 0, ELF_T_EHDR, &image.header, sizeof image.header);
    memcpy(bytes, image.bytes, sizeof bytes);

    char phrase[PHRASE_BYTES];
    int number;
    int fd = file_of(bytes, sizeof bytes);
    struct program *program =
        program_open(fd, "many", USER_TOP, &number, phrase, sizeof phrase);

    close(fd);
    assert_non_null(program);
    assert_int_equal(program->segment_count, 64);
    program_put(program);

    image.header.e_phnum = 65;
    put(&image, 0, ELF_T_EHDR, &image.header, sizeof image.header);
    assert_refused(file_of(image.bytes, sizeof bytes), ENOEXEC,
                   "has more than 64 segments");
}

/* Page contents. */

/* `page` holds the file's bytes from `offset` up to byte `end` of the page,
 * then zeros. */
static void assert_page(const struct program *program, const uint8_t *page,
                        uint32_t offset, uint32_t end)
{
    assert_memory_equal(page, program->file + offset, end);
    for (uint32_t i = end; i < PAGE_BYTES; i++)
        assert_int_equal(page[i], 0);
}

static void test_pages(void **state)
{
    (void)state;
    struct image image;
    uint8_t page[PAGE_BYTES];

    make_image(&image);
    struct program *program = open_image(&image);
    const struct segment *text = program_segment(program, TEXT);
    const struct segment *data = program_segment(program, DATA);

    assert_ptr_equal(text, &program->segments[0]);
    assert_ptr_equal(data, &program->segments[1]);
    assert_ptr_equal(program_segment(program, TEXT + 0x1000), text);
    assert_null(program_segment(program, TEXT + 0x2000));
    assert_null(program_segment(program, TEXT - 0x1000));
    assert_ptr_equal(program_segment(program, DATA + 0x3000), data);
    assert_null(program_segment(program, DATA + 0x4000));

    assert_true(segment_page_is_file(text, TEXT));
    program_page(program, text, TEXT, page);
    assert_page(program, page, 0, PAGE_BYTES);
    assert_int_equal(page[0xFFF], pattern(0xFFF));

    /* After the segment's end, what follows in the file; after that, zeros. */
    assert_true(segment_page_is_file(text, TEXT + 0x1000));
    program_page(program, text, TEXT + 0x1000, page);
    assert_page(program, page, 0x1000, GOOD_BYTES - 0x1000);
    assert_int_equal(page[0x456], pattern(0x1456));

    /* Before the segment's start, what precedes it in the file; after its end,
     * the bss. */
    assert_true(segment_page_is_file(data, DATA));
    program_page(program, data, DATA, page);
    assert_page(program, page, 0x1000, 0x300);
    assert_int_equal(page[0], pattern(0x1000));

    assert_false(segment_page_is_file(data, DATA + 0x1000));
    assert_false(segment_page_is_file(data, DATA + 0x3000));
    assert_false(segment_page_is_file(data, DATA - 0x1000));
    memset(page, 1, sizeof page);
    program_page(program, data, DATA + 0x1000, page);
    assert_page(program, page, 0, 0);
    program_put(program);
}

/* The file's bytes end with a page: the next page is no longer the file's. */
static void test_page_boundary(void **state)
{
    (void)state;
    struct image image;
    uint8_t page[PAGE_BYTES];

    make_image(&image);
    image.headers[LOAD_DATA].p_offset = 0x100;
    image.headers[LOAD_DATA].p_filesz = 0xF00;
    struct program *program = open_image(&image);
    const struct segment *data = &program->segments[1];

    program_page(program, data, DATA, page);
    assert_page(program, page, 0, PAGE_BYTES);
    assert_true(segment_page_is_file(data, DATA));
    assert_false(segment_page_is_file(data, DATA + 0x1000));
    program_put(program);
}

/* Refusals. */

static void test_not_a_regular_file(void **state)
{
    (void)state;
    int pipes[2];
    int directory = open("/", O_RDONLY | O_DIRECTORY);
    int device = open("/dev/zero", O_RDONLY);

    assert_refused(directory, EISDIR, "is a directory");
    assert_int_equal(pipe(pipes), 0);
    assert_refused(pipes[0], EACCES, "is not a regular file");
    close(pipes[1]);
    assert_refused(device, EACCES, "is not a regular file");
    assert_refused(-1, EIO, "cannot be read (Bad file descriptor)");
}

static void test_not_open_for_reading(void **state)
{
    (void)state;
    char name[] = "/tmp/test_program.XXXXXX";
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    fd = open(name, O_WRONLY);
    unlink(name);
    assert_refused(fd, EACCES, "is not open for reading");
}

static void test_not_elf(void **state)
{
    (void)state;

    assert_refused(file_of("", 0), ENOEXEC, "is empty");
    assert_refused(file_of("#!/bin/sh\n", 10), ENOEXEC,
                   "is a script (run its interpreter, /bin/sh, with the script "
                   "as argument)");
    assert_refused(file_of("#! \t/a\x01", 7), ENOEXEC,
                   "is a script (run its interpreter, /a, with the script as "
                   "argument)");
    assert_refused(file_of("#!  ", 4), ENOEXEC, "is a script");
    assert_refused(file_of("MZ", 2), ENOEXEC,
                   "is not an ELF file but a program for DOS or Windows");
    assert_refused(file_of("#!", 2), ENOEXEC, "is a script");
    assert_refused(file_of("#", 1), ENOEXEC, "is not an ELF file");
    assert_refused(file_of("\x7F"
                           "EL",
                           3),
                   ENOEXEC, "is not an ELF file");
    assert_refused(file_of("hello, world, this is no program\n", 33), ENOEXEC,
                   "is not an ELF file");
}

static void test_too_large(void **state)
{
    (void)state;
    int fd = memfd_create("large", 0);

    assert_int_equal(ftruncate(fd, 0x10000001), 0);
    assert_refused(fd, ENOEXEC, "is larger than 256 MiB");
}

static void test_host_program(void **state)
{
    (void)state;
    int fd = open("/bin/true", O_RDONLY);
    unsigned char ident[EI_NIDENT];

    if (fd < 0 || pread(fd, ident, sizeof ident, 0) != (ssize_t)sizeof ident ||
        memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_CLASS] != ELFCLASS64) {
        if (fd >= 0)
            close(fd);
        skip();
        return;
    }
    assert_refused(
        fd, ENOEXEC,
        "is a 64-bit program (gcc -m32 -static builds one that runs here)");
}

static void spoil_ident_size(struct image *image)
{
    image->size = 10;
}

static void spoil_header_size(struct image *image)
{
    image->size = 51;
}

static void spoil_headers_size(struct image *image)
{
    image->size = 52 + 5 * 32 - 1;
}

static void spoil_segment_size(struct image *image)
{
    image->size = 0x12FF;
}

static void spoil_class_64(struct image *image)
{
    image->header.e_ident[EI_CLASS] = ELFCLASS64;
}

static void spoil_class(struct image *image)
{
    image->header.e_ident[EI_CLASS] = 9;
}

static void spoil_big_endian(struct image *image)
{
    image->header.e_ident[EI_DATA] = ELFDATA2MSB;
}

static void spoil_byte_order(struct image *image)
{
    image->header.e_ident[EI_DATA] = 0;
}

static void spoil_machine(struct image *image)
{
    image->header.e_machine = EM_ARM;
}

static void spoil_object(struct image *image)
{
    image->header.e_type = ET_REL;
    image->header.e_phnum = 0;
}

static void spoil_core(struct image *image)
{
    image->header.e_type = ET_CORE;
}

static void spoil_type(struct image *image)
{
    image->header.e_type = 77;
}

static void spoil_interpreter(struct image *image)
{
    image->headers[SPARE] = (Elf32_Phdr){.p_type = PT_INTERP};
}

static void spoil_interpreter_pie(struct image *image)
{
    image->header.e_type = ET_DYN;
    image->headers[SPARE] = (Elf32_Phdr){.p_type = PT_INTERP};
}

static void spoil_no_entry(struct image *image)
{
    image->header.e_type = ET_DYN;
    image->header.e_entry = 0;
}

static void spoil_needed(struct image *image)
{
    const Elf32_Dyn dynamic[] = {
        {.d_tag = DT_SONAME}, {.d_tag = DT_NEEDED}, {.d_tag = DT_NULL}};

    image->header.e_type = ET_DYN;
    image->headers[SPARE] = (Elf32_Phdr){
        .p_type = PT_DYNAMIC, .p_offset = 0x1101, .p_filesz = sizeof dynamic};
    put(image, 0x1101, ELF_T_DYN, dynamic, sizeof dynamic);
}

static void spoil_phnum(struct image *image)
{
    image->header.e_phnum = 0;
}

static void spoil_phnum_high(struct image *image)
{
    image->header.e_phnum = 2049;
}

static void spoil_phentsize(struct image *image)
{
    image->header.e_phentsize = 31;
}

static void spoil_phoff(struct image *image)
{
    image->header.e_phoff = 0xFFFFFFF0u;
}

static void spoil_no_segments(struct image *image)
{
    image->headers[LOAD_TEXT].p_type = image->headers[LOAD_DATA].p_type =
        PT_NOTE;
}

static void spoil_overlap(struct image *image)
{
    image->headers[LOAD_DATA].p_vaddr = TEXT + 0x100;
}

static void spoil_overlap_before(struct image *image)
{
    image->headers[LOAD_DATA].p_vaddr = TEXT - 0xF00;
}

static void spoil_shared_page(struct image *image)
{
    image->headers[LOAD_DATA].p_vaddr = TEXT + 0x1100;
}

static void spoil_shared_page_before(struct image *image)
{
    image->headers[LOAD_TEXT].p_vaddr += 0x10;
    image->headers[LOAD_TEXT].p_offset += 0x10;
    image->headers[LOAD_DATA].p_vaddr = TEXT - 0x2F00;
    image->headers[LOAD_DATA].p_memsz = 0x2F01;
}

static void spoil_wrap(struct image *image)
{
    image->headers[LOAD_DATA].p_memsz = 0xFFFFFFFFu;
}

static void spoil_wrap_pie(struct image *image)
{
    image->header.e_type = ET_DYN;
    image->headers[LOAD_TEXT].p_vaddr = 0xF8000000u;
}

static void spoil_top(struct image *image)
{
    image->headers[LOAD_DATA].p_memsz = USER_TOP - (DATA + 0x100) + 1;
}

static void spoil_page_0(struct image *image)
{
    image->headers[LOAD_TEXT].p_vaddr = 0;
}

static void spoil_file_bytes(struct image *image)
{
    image->headers[LOAD_DATA].p_memsz = 0x1FF;
}

static void spoil_memory_none(struct image *image)
{
    image->headers[LOAD_DATA].p_memsz = 0;
}

static void spoil_file_range(struct image *image)
{
    image->headers[LOAD_DATA].p_offset = 0xFFFFF100u;
    image->headers[LOAD_DATA].p_filesz = 0x2000;
}

static void spoil_congruence(struct image *image)
{
    image->headers[LOAD_DATA].p_offset--;
}

static void spoil_congruence_by_half(struct image *image)
{
    image->headers[LOAD_DATA].p_vaddr += 0x800;
}

static void spoil_entry(struct image *image)
{
    image->header.e_entry = DATA + 0x100;
}

static void spoil_entry_end(struct image *image)
{
    image->header.e_entry = TEXT + 0x1100;
}

static void spoil_entry_pie(struct image *image)
{
    image->header.e_type = ET_DYN;
    image->header.e_entry = 0xFFFFFFFFu;
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct image *image);
        const char *phrase;
    } cases[] = {
        {spoil_ident_size,
         "is truncated (the ELF header ends at byte 52 of 10)"},
        {spoil_header_size,
         "is truncated (the ELF header ends at byte 52 of 51)"},
        {spoil_headers_size,
         "is truncated (its program headers end at byte 212 of 211)"},
        {spoil_segment_size,
         "is truncated (segment 2 ends at byte 4864 of 4863)"},
        {spoil_class_64,
         "is a 64-bit program (gcc -m32 -static builds one that runs here)"},
        {spoil_class, "is of an unknown ELF class (9)"},
        {spoil_big_endian, "is big-endian"},
        {spoil_byte_order, "is of an unknown byte order (0)"},
        {spoil_machine, "is not an i386 program (it is one for ARM)"},
        {spoil_object,
         "is an object file (it is to be linked: gcc -m32 -static)"},
        {spoil_core, "is a core dump"},
        {spoil_type, "is not an executable (ELF type 77)"},
        {spoil_interpreter,
         "is dynamically linked (gcc -m32 -static builds one that runs here)"},
        {spoil_interpreter_pie,
         "is dynamically linked (gcc -m32 -static builds one that runs here)"},
        {spoil_no_entry,
         "is a shared object (gcc -m32 -static builds one that runs here)"},
        {spoil_needed,
         "is a shared object (gcc -m32 -static builds one that runs here)"},
        {spoil_phnum, "has no segments to load"},
        {spoil_phnum_high, "has more than 2048 program headers"},
        {spoil_phentsize, "has program headers of 31 bytes, not 32"},
        {spoil_phoff,
         "is truncated (its program headers end at byte 4294967440 of 6144)"},
        {spoil_no_segments, "has no segments to load"},
        {spoil_overlap, "segments 1 and 2 overlap"},
        {spoil_overlap_before, "segments 1 and 2 overlap"},
        {spoil_shared_page, "segments 1 and 2 share a page"},
        {spoil_shared_page_before, "segments 1 and 2 share a page"},
        {spoil_wrap, "segment 2 wraps around the address space"},
        {spoil_wrap_pie, "segment 1 wraps around the address space"},
        {spoil_top,
         "segment 2 ends at 0xc0000001, above user memory's end at 0xc0000000"},
        {spoil_page_0, "segment 1 is in page 0"},
        {spoil_file_bytes, "segment 2 is larger in the file than in memory"},
        {spoil_memory_none, "segment 2 is larger in the file than in memory"},
        {spoil_file_range,
         "is truncated (segment 2 ends at byte 4294971648 of 6144)"},
        {spoil_congruence, "segment 2 is at another offset of its page in the "
                           "file than in memory"},
        {spoil_congruence_by_half, "segment 2 is at another offset of its page "
                                   "in the file than in memory"},
        {spoil_entry,
         "has its entry point 0x0804b100 in no executable segment"},
        {spoil_entry_end,
         "has its entry point 0x08049100 in no executable segment"},
        {spoil_entry_pie,
         "has its entry point 0x107ffffff in no executable segment"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image image;

        make_image(&image);
        cases[i].spoil(&image);
        assert_refused(image_file(&image), ENOEXEC, cases[i].phrase);
    }
}

/* A phrase that does not fit is cut, not written past its end. */
static void test_short_phrase(void **state)
{
    (void)state;
    char phrase[8] = "......!";
    int number;
    int fd = file_of("#!", 2);

    assert_null(program_open(fd, "image", USER_TOP, &number, phrase, 6));
    assert_string_equal(phrase, "is a ");
    assert_int_equal(phrase[6], '!');
    assert_null(program_open(fd, "image", USER_TOP, &number, NULL, 0));
    assert_int_equal(number, ENOEXEC);
    close(fd);
}

/* Symbols. */

static void assert_symbol(const struct program *program, uint32_t linear,
                          const char *name, uint32_t offset)
{
    uint32_t got_offset = UINT32_MAX;
    const char *got = symbols_find(&program->symbols, linear, &got_offset);

    if (name == NULL) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_string_equal(got, name);
    assert_int_equal(got_offset, offset);
}

static void test_symbols_find(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    struct program *program = open_image(&image);

    assert_int_equal(program->symbols.count, 9);
    assert_symbol(program, 0, NULL, 0);
    assert_symbol(program, TEXT + 0x1FF, NULL, 0);
    assert_symbol(program, TEXT + 0x200, "main", 0);
    assert_symbol(program, TEXT + 0x20F, "main", 0xF);
    assert_symbol(program, TEXT + 0x210, "inner", 0);
    assert_symbol(program, TEXT + 0x217, "inner", 7);
    assert_symbol(program, TEXT + 0x218, "main", 0x18);
    assert_symbol(program, TEXT + 0x23F, "main", 0x3F);
    assert_symbol(program, TEXT + 0x240, NULL, 0);
    /* Without a size: to the next symbol, or to the section's end. */
    assert_symbol(program, TEXT + 0x37F, "_start", 0x7F);
    assert_symbol(program, TEXT + 0x380, "last", 0);
    assert_symbol(program, TEXT + 0x3FF, "last", 0x7F);
    assert_symbol(program, TEXT + 0x400, NULL, 0);
    assert_symbol(program, DATA + 0x100, "twice", 0);
    assert_symbol(program, DATA + 0x10B, "twice", 7);
    assert_symbol(program, DATA + 0x10C, NULL, 0);
    assert_symbol(program, 0xFFFFFFFFu, "endless", 15);
    assert_non_null(symbols_find(&program->symbols, TEXT + 0x200, NULL));
    program_put(program);
}

static void test_symbols_address(void **state)
{
    (void)state;
    struct image image;
    uint32_t linear = 0;
    uint32_t bytes = 0;

    make_image(&image);
    struct program *program = open_image(&image);
    const struct symbols *symbols = &program->symbols;

    assert_true(symbols_address(symbols, "main", &linear, &bytes));
    assert_int_equal(linear, TEXT + 0x200);
    assert_int_equal(bytes, 0x40);
    assert_true(symbols_address(symbols, "twice", &linear, &bytes));
    assert_int_equal(linear, DATA + 0x104);
    assert_int_equal(bytes, 8);
    assert_true(symbols_address(symbols, "_start", NULL, &bytes));
    assert_int_equal(bytes, 0x80);
    assert_true(symbols_address(symbols, "last", NULL, NULL));
    assert_true(symbols_address(symbols, "endless", NULL, &bytes));
    assert_int_equal(bytes, 0x10);
    assert_false(symbols_address(symbols, "absolute", NULL, NULL));
    assert_false(symbols_address(symbols, "undefined", NULL, NULL));
    assert_false(symbols_address(symbols, "file.c", NULL, NULL));
    assert_false(symbols_address(symbols, "mai", NULL, NULL));
    assert_false(symbols_address(symbols, "", NULL, NULL));
    program_put(program);
}

/* A label of a section that is not in memory is at no address. */
static void test_symbols_not_in_memory(void **state)
{
    struct image image;
    (void)state;

    make_image(&image);
    image.sections[SECTION_TEXT].sh_flags = 0;
    struct program *program = open_image(&image);

    assert_symbol(program, TEXT + 0x380, NULL, 0);
    program_put(program);
}

static uint32_t symbol_count(struct image *image)
{
    struct program *program = open_image(image);
    uint32_t count = program->symbols.count;

    program_put(program);
    return count;
}

static void test_symbols_damaged(void **state)
{
    (void)state;
    struct image image;

    /* The last name's NUL is outside of the names. */
    make_image(&image);
    image.sections[SECTION_NAMES].sh_size--;
    assert_int_equal(symbol_count(&image), 8);

    make_image(&image);
    image.symbols[1].st_name = image.names_bytes;
    image.symbols[2].st_name = 0xFFFFFFFFu;
    image.symbols[3].st_name = 0;
    assert_int_equal(symbol_count(&image), 6);

    make_image(&image);
    image.sections[SECTION_NAMES].sh_size = 0xFFFFFFFFu;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.sections[SECTION_SYMBOLS].sh_size = 0xFFFFFFF0u;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.sections[SECTION_SYMBOLS].sh_entsize = 0;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.sections[SECTION_SYMBOLS].sh_link = SECTIONS;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.sections[SECTION_SYMBOLS].sh_link = SECTION_TEXT;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.sections[SECTION_NAMES].sh_type = SHT_PROGBITS;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.header.e_shoff = GOOD_BYTES - 4;
    image.header.e_shnum = 0;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.header.e_shoff = 0xFFFFFFFFu;
    assert_int_equal(symbol_count(&image), 0);

    make_image(&image);
    image.header.e_shnum = 0;
    assert_int_equal(symbol_count(&image), 0);
}

static void test_symbols_elsewhere(void **state)
{
    (void)state;
    struct image image;

    make_image(&image);
    image.sections[SECTION_SYMBOLS].sh_type = SHT_DYNSYM;
    assert_int_equal(symbol_count(&image), 9);

    /* The number of sections is in the first of them, here a wild one. */
    make_image(&image);
    image.header.e_shnum = 0;
    image.sections[SECTION_NULL].sh_size = 0xFFFFFFFFu;
    assert_int_equal(symbol_count(&image), 9);
}

/* Random damage. */

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)((*state >> 16) % limit);
}

/* An offset in one of the file's tables, mostly. */
static uint32_t random_offset(uint64_t *random)
{
    switch (random_below(random, 8)) {
    case 0:
    case 1:
    case 2:
        return random_below(random,
                            sizeof(Elf32_Ehdr) + HEADERS * sizeof(Elf32_Phdr));
    case 3:
    case 4:
        return SYMBOLS_AT + random_below(random, SYMBOLS * sizeof(Elf32_Sym));
    case 5:
    case 6:
        return SECTIONS_AT +
               random_below(random, SECTIONS * sizeof(Elf32_Shdr));
    default:
        return random_below(random, GOOD_BYTES);
    }
}

/* Returns the size that is left. */
static uint32_t damage(uint8_t *bytes, uint64_t *random)
{
    static const uint8_t likely[] = {0,  1,    2,    3,    4,    6,
                                     11, 0x10, 0x7F, 0x80, 0xF0, 0xFF};
    uint32_t count = 1 + random_below(random, 6);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t offset = random_offset(random);
        uint32_t run = random_below(random, 4) == 0 ? 4 : 1;
        uint8_t value = random_below(random, 2)
                            ? likely[random_below(random, sizeof likely)]
                            : (uint8_t)random_below(random, 256);

        for (uint32_t k = 0; k < run && offset + k < GOOD_BYTES; k++)
            bytes[offset + k] = value;
    }
    return random_below(random, 8) == 0 ? random_below(random, GOOD_BYTES)
                                        : GOOD_BYTES;
}

static void check_page(const struct program *program,
                       const struct segment *segment, uint64_t linear)
{
    uint8_t page[PAGE_BYTES];
    uint32_t page_linear = (uint32_t)linear & ~(PAGE_BYTES - 1);

    program_page(program, segment, page_linear, page);
    if (!segment_page_is_file(segment, page_linear))
        assert_page(program, page, 0, 0);
}

/* Whatever is accepted keeps the promises of the header. */
static void check_program(const struct program *program)
{
    uint64_t end = 0;
    bool entry = false;

    assert_in_range(program->segment_count, 1, PROGRAM_SEGMENTS_MAX);
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        uint64_t last = (uint64_t)segment->linear + segment->memory_bytes - 1;

        assert_true(segment->memory_bytes > 0 &&
                    segment->file_bytes <= segment->memory_bytes);
        assert_true((segment->linear & ~(PAGE_BYTES - 1)) >= end &&
                    segment->linear >= PAGE_BYTES);
        end = (last | (PAGE_BYTES - 1)) + 1;
        assert_true(end <= USER_TOP);
        entry |= program->entry >= segment->linear && program->entry <= last &&
                 segment->executable;
        check_page(program, segment, segment->linear);
        check_page(program, segment, (uint64_t)segment->linear + PAGE_BYTES);
        check_page(program, segment,
                   (uint64_t)segment->linear + segment->file_bytes);
        check_page(program, segment, last);
    }
    assert_true(entry);
    assert_int_equal(program->brk_start, end);

    for (uint32_t i = 0; i < program->symbols.count; i++) {
        const struct symbol *symbol = &program->symbols.table[i];
        const char *name = program->symbols.names + symbol->name;

        assert_true(strlen(name) > 0);
        assert_true(symbols_address(&program->symbols, name, NULL, NULL));
        assert_true(symbol->bytes == 0 ||
                    symbols_find(&program->symbols, symbol->linear, NULL) !=
                        NULL);
        symbols_find(&program->symbols, symbol->linear + symbol->bytes, NULL);
    }
}

static void test_damaged_files(void **state)
{
    (void)state;
    struct image image;
    uint8_t bytes[GOOD_BYTES];
    uint64_t random = FUZZ_SEED;
    uint32_t accepted = 0;
    int fd = memfd_create("damaged", 0);

    make_image(&image);
    encode(&image);
    for (uint32_t i = 0; i < FUZZ_FILES; i++) {
        char phrase[PHRASE_BYTES] = "";
        int number = 0;

        memcpy(bytes, image.bytes, sizeof bytes);
        uint32_t size = damage(bytes, &random);

        assert_int_equal(pwrite(fd, bytes, sizeof bytes, 0),
                         (ssize_t)sizeof bytes);
        assert_int_equal(ftruncate(fd, size), 0);
        struct program *program = program_open(fd, "damaged", USER_TOP, &number,
                                               phrase, sizeof phrase);

        if (program == NULL) {
            assert_int_equal(number, ENOEXEC);
            assert_true(strlen(phrase) > 0);
            continue;
        }
        accepted++;
        check_program(program);
        program_put(program);
    }
    close(fd);
    assert_in_range(accepted, FUZZ_FILES / 10, FUZZ_FILES / 10 * 9);
}

/* A real program, if one was named. */
static void test_guest(void **state)
{
    const char *name = *state;
    char phrase[PHRASE_BYTES] = "";
    int number = 0;
    uint32_t linear;

    if (name == NULL) {
        skip();
        return;
    }

    int fd = open(name, O_RDONLY);
    struct program *program =
        program_open(fd, name, USER_TOP, &number, phrase, sizeof phrase);

    close(fd);
    assert_string_equal(phrase, "");
    assert_non_null(program);
    check_program(program);
    if (symbols_address(&program->symbols, "_start", &linear, NULL)) {
        assert_int_equal(linear, program->entry);
        assert_symbol(program, linear, "_start", 0);
    }
    program_put(program);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_descriptor_is_left_alone),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_executable_stack),
        cmocka_unit_test(test_headers_place),
        cmocka_unit_test(test_static_pie),
        cmocka_unit_test(test_dynamic_past_the_end),
        cmocka_unit_test(test_bss_segment),
        cmocka_unit_test(test_user_top),
        cmocka_unit_test(test_sixty_four_segments),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_page_boundary),
        cmocka_unit_test(test_not_a_regular_file),
        cmocka_unit_test(test_not_open_for_reading),
        cmocka_unit_test(test_not_elf),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_host_program),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_short_phrase),
        cmocka_unit_test(test_symbols_find),
        cmocka_unit_test(test_symbols_address),
        cmocka_unit_test(test_symbols_not_in_memory),
        cmocka_unit_test(test_symbols_damaged),
        cmocka_unit_test(test_symbols_elsewhere),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test_prestate(test_guest, argc > 1 ? argv[1] : NULL),
    };

    if (elf_version(EV_CURRENT) == EV_NONE)
        return EXIT_FAILURE;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
