/* dwarflines.c: see dwarflines.h. */
#include "program/dwarflines.h"

#include <elfutils/libdw.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/sections.h"

/* libdw may look a few bytes beyond what it has bounds of. */
#define PADDING 64u

/* DWARF 5, 6.2.4: of a unit's header, up to the count of opcodes, and where in
 * it the length of the rest of it stands. */
#define HEADER_BYTES     18u
#define HEADER_LENGTH_AT 8u

/* 7.22 and 7.5.6: how files and directories are told of. */
#define CONTENT_PATH   0x01u
#define FORM_DATA2     0x05u
#define FORM_DATA4     0x06u
#define FORM_DATA1     0x0Bu
#define FORM_UDATA     0x0Fu
#define FORM_DATA16    0x1Eu
#define FORM_LINE_STRP 0x1Fu

/* ---- what is not to be given to libdw ---- */

struct bytes {
    const uint8_t *at;
    size_t count;
};

static uint32_t number_at(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

/* The unit at the start of `table`, whose length stands before it; none where
 * that is none, or of the form for 64 bits. */
static struct bytes unit_of(struct bytes table)
{
    uint32_t length;

    if (table.count < sizeof length)
        return (struct bytes){0};
    length = number_at(table.at);
    if (length > table.count - sizeof length)
        return (struct bytes){0};
    return (struct bytes){table.at, length + sizeof length};
}

/* Whether each name, up to its NUL, is short enough. */
static bool names_are_short(struct bytes names)
{
    size_t length = 0;

    for (size_t i = 0; i < names.count; i++) {
        length = names.at[i] == 0 ? 0 : length + 1;
        if (length >= DWARF_NAME_BYTES_MAX)
            return false;
    }
    return true;
}

/* Takes the first `count` bytes away. False where there are less. */
static bool skip(struct bytes *bytes, size_t count)
{
    if (count > bytes->count)
        return false;
    bytes->at += count;
    bytes->count -= count;
    return true;
}

/* Takes away an unsigned LEB128 of at most 28 bits. */
static bool take_number(struct bytes *bytes, uint32_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 28 && bytes->count > 0; shift += 7) {
        uint8_t byte = bytes->at[0];

        *number |= (byte & 0x7Fu) << shift;
        (void)skip(bytes, 1);
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Takes away the directories, each of which is to be told of by its name's
 * place in the section of names. */
static bool take_directories(struct bytes *header)
{
    uint32_t count;

    return header->count >= 3 && header->at[0] == 1 &&
           header->at[1] == CONTENT_PATH && header->at[2] == FORM_LINE_STRP &&
           skip(header, 3) && take_number(header, &count) &&
           skip(header, count * (size_t)4);
}

/* Whether files are told of in forms whose sizes are clear. */
static bool files_are_plain(struct bytes header)
{
    static const uint8_t plain[] = {FORM_DATA1, FORM_DATA2,  FORM_DATA4,
                                    FORM_UDATA, FORM_DATA16, FORM_LINE_STRP};
    uint32_t forms;
    uint32_t content;
    uint32_t form;

    if (!take_number(&header, &forms))
        return false;
    while (forms-- > 0)
        if (!take_number(&header, &content) || !take_number(&header, &form) ||
            form > UINT8_MAX || memchr(plain, (int)form, sizeof plain) == NULL)
            return false;
    return true;
}

/* Whether the unit is one that libdw is to see. DWARF 5, 6.2.4; of the older
 * versions' files and directories no bound is known before they are put
 * together. */
static bool unit_is_fit(struct bytes unit)
{
    struct bytes header = unit;
    uint32_t bytes;

    if (unit.count > DWARF_UNIT_BYTES_MAX || unit.count < HEADER_BYTES ||
        unit.at[4] != 5 || unit.at[5] != 0 || !skip(&header, HEADER_LENGTH_AT))
        return false;
    bytes = number_at(header.at);
    if (!skip(&header, sizeof bytes) || bytes > header.count)
        return false;
    header.count = bytes;
    return header.count > 5 && header.at[5] != 0 &&
           skip(&header, 5 + (size_t)header.at[5]) &&
           take_directories(&header) && files_are_plain(header);
}

/* ---- the image ---- */

enum { SECTION_NONE, SECTION_LINES, SECTION_NAMES, SECTION_TITLES, SECTIONS };

static const char titles[] = "\0.debug_line\0.debug_line_str\0.shstrtab";

/* ELF in the host's own byte order: the DWARF in it is little-endian, as hosts
 * are that Unicorn runs on. */
struct image {
    Elf32_Ehdr header;
    Elf32_Shdr sections[SECTIONS];
    char titles[sizeof titles];
    uint8_t bytes[]; /* names, then a unit, then padding */
};

static size_t image_bytes(struct bytes names)
{
    return offsetof(struct image, bytes) + names.count + DWARF_UNIT_BYTES_MAX +
           PADDING;
}

static struct image *image_new(struct bytes names)
{
    struct image *image = calloc(1, image_bytes(names) + sizeof *image);

    if (image == NULL)
        return NULL;
    memcpy(image->header.e_ident, ELFMAG, SELFMAG);
    image->header.e_ident[EI_CLASS] = ELFCLASS32;
    image->header.e_ident[EI_DATA] = ELFDATA2LSB;
    image->header.e_ident[EI_VERSION] = EV_CURRENT;
    image->header.e_type = ET_EXEC;
    image->header.e_machine = EM_386;
    image->header.e_version = EV_CURRENT;
    image->header.e_ehsize = sizeof image->header;
    image->header.e_shoff = offsetof(struct image, sections);
    image->header.e_shentsize = sizeof image->sections[0];
    image->header.e_shnum = SECTIONS;
    image->header.e_shstrndx = SECTION_TITLES;
    image->sections[SECTION_LINES] = (Elf32_Shdr){
        .sh_name = 1,
        .sh_type = SHT_PROGBITS,
        .sh_offset = (Elf32_Off)(offsetof(struct image, bytes) + names.count),
        .sh_addralign = 1};
    image->sections[SECTION_NAMES] =
        (Elf32_Shdr){.sh_name = 1 + sizeof ".debug_line",
                     .sh_type = names.count > 0 ? SHT_PROGBITS : SHT_NULL,
                     .sh_offset = offsetof(struct image, bytes),
                     .sh_size = (Elf32_Word)names.count,
                     .sh_addralign = 1};
    image->sections[SECTION_TITLES] = (Elf32_Shdr){
        .sh_name = 1 + sizeof ".debug_line" + sizeof ".debug_line_str",
        .sh_type = SHT_STRTAB,
        .sh_offset = offsetof(struct image, titles),
        .sh_size = sizeof titles,
        .sh_addralign = 1};
    memcpy(image->titles, titles, sizeof titles);
    if (names.count > 0)
        memcpy(image->bytes, names.at, names.count);
    return image;
}

static void image_set_unit(struct image *image, struct bytes names,
                           struct bytes unit)
{
    uint8_t *to = image->bytes + names.count;

    memcpy(to, unit.at, unit.count);
    memset(to + unit.count, 0, PADDING);
    image->sections[SECTION_LINES].sh_size = (Elf32_Word)unit.count;
}

/* ---- rows ---- */

/* Where to go when libdw finds memory short, for which it would end the
 * process. */
static _Thread_local jmp_buf no_memory;

static _Noreturn void on_no_memory(void)
{
    longjmp(no_memory, 1);
}

/* A name that may be relative to the directory of the compilation. */
struct naming {
    const char *directory; /* NULL: not known */
    const char *name;      /* the last one that was made whole */
    char path[2 * DWARF_NAME_BYTES_MAX];
};

/* The name, made whole where it is relative: libdw puts that of its own
 * directory before a file's name, and that may be relative as well. */
static const char *whole_name(struct naming *naming, const char *name)
{
    if (name == NULL || name[0] == '/' || naming->directory == NULL)
        return name;
    if (name != naming->name)
        (void)snprintf(naming->path, sizeof naming->path, "%s/%s",
                       naming->directory, name);
    naming->name = name;
    return naming->path;
}

static const char *directory_of(Dwarf_Files *files)
{
    const char *const *directories = NULL;
    size_t count = 0;

    if (dwarf_getsrcdirs(files, &directories, &count) != 0 || count == 0 ||
        directories[0] == NULL || directories[0][0] != '/')
        return NULL;
    return directories[0];
}

static bool tell_rows(Dwarf_Lines *lines, size_t count, Dwarf_Files *files,
                      dwarf_row_listener listener, void *arg)
{
    struct naming naming = {.directory = directory_of(files)};

    for (size_t i = 0; i < count; i++) {
        Dwarf_Line *line = dwarf_onesrcline(lines, i);
        struct dwarf_row row = {0};
        int number = 0;

        if (line == NULL || dwarf_lineaddr(line, &row.address) != 0 ||
            dwarf_lineno(line, &number) != 0 ||
            dwarf_lineendsequence(line, &row.end) != 0)
            continue;
        if (!row.end && number > 0)
            row.file = whole_name(&naming, dwarf_linesrc(line, NULL, NULL));
        row.line = row.file == NULL ? 0 : (uint32_t)number;
        if (!listener(arg, &row))
            return false;
    }
    return true;
}

/* The unit in the image. False where the listener has enough. What libdw has
 * when its memory is short stays its own: it was in the midst of it. */
static bool tell_unit(Elf *elf, dwarf_row_listener listener, void *arg)
{
    Dwarf *volatile dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
    volatile bool more = true;
    Dwarf_Files *files;
    Dwarf_Lines *lines;
    Dwarf_CU *cu = NULL;
    Dwarf_Off next;
    size_t count;

    if (dwarf == NULL)
        return true;
    (void)dwarf_new_oom_handler(dwarf, on_no_memory);
    if (setjmp(no_memory) != 0)
        return false;
    if (dwarf_next_lines(dwarf, 0, &next, &cu, &files, NULL, &lines, &count) ==
        0)
        more = tell_rows(lines, count, files, listener, arg);
    (void)dwarf_end(dwarf);
    return more;
}

static void tell_units(struct image *image, struct bytes names,
                       struct bytes table, dwarf_row_listener listener,
                       void *arg)
{
    struct bytes unit;
    bool more = true;

    while (more && (unit = unit_of(table)).count > 0) {
        table.at += unit.count;
        table.count -= unit.count;
        if (!unit_is_fit(unit))
            continue;
        image_set_unit(image, names, unit);

        Elf *elf = elf_memory((char *)image, image_bytes(names));

        if (elf == NULL)
            return;
        more = tell_unit(elf, listener, arg);
        (void)elf_end(elf);
    }
}

static struct bytes section_bytes(const struct sections *sections,
                                  const char *name, size_t most)
{
    Elf32_Shdr section;

    if (!section_named(sections, name, &section) ||
        !section_in_file(sections, &section) ||
        (section.sh_flags & SHF_COMPRESSED) != 0 || section.sh_size > most)
        return (struct bytes){0};
    return (struct bytes){sections->file.bytes + section.sh_offset,
                          section.sh_size};
}

void dwarf_lines_tell(struct elf_file file, dwarf_row_listener listener,
                      void *arg)
{
    if (elf_version(EV_CURRENT) == EV_NONE)
        return;

    struct sections sections = sections_of(file);
    struct bytes table =
        section_bytes(&sections, ".debug_line", DWARF_TABLE_BYTES_MAX);
    struct bytes names =
        section_bytes(&sections, ".debug_line_str", DWARF_NAMES_BYTES_MAX);
    struct image *image;

    if (table.count == 0 || !names_are_short(names))
        return;
    image = image_new(names);
    if (image == NULL)
        return;
    tell_units(image, names, table, listener, arg);
    free(image);
}
