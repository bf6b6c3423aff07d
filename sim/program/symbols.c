/* symbols.c: the symbol table of an ELF32 file, sorted by address. */
#include "program/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/sections.h"

/* Symbols nest two or three deep: the search for one that encloses an address
 * looks at no more than this many, so that a table of millions that reach
 * nowhere costs no time. */
#define NESTED_SYMBOLS_MAX 64u

/* The bytes of the string table at `index` up to its last NUL: a name that
 * starts among them ends among them. */
static uint32_t names_read(const struct sections *sections, uint32_t index,
                           const char **names)
{
    Elf32_Shdr strings;

    if (!section_read(sections, index, &strings) ||
        strings.sh_type != SHT_STRTAB || !section_in_file(sections, &strings))
        return 0;

    uint32_t bytes = strings.sh_size;

    *names = (const char *)sections->file.bytes + strings.sh_offset;
    while (bytes > 0 && (*names)[bytes - 1] != '\0')
        bytes--;
    return bytes;
}

/* False for what is no place in the program's memory: files, sections,
 * thread-local and absolute symbols, those that are defined elsewhere. */
static bool symbol_convert(const Elf32_Sym *from, uint32_t bias,
                           struct symbol *symbol)
{
    unsigned type = ELF32_ST_TYPE(from->st_info);
    unsigned binding = ELF32_ST_BIND(from->st_info);
    uint64_t linear = (uint64_t)from->st_value + bias;

    if (type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC &&
        type != STT_GNU_IFUNC)
        return false;
    if (from->st_shndx == SHN_UNDEF || from->st_shndx >= SHN_LORESERVE ||
        linear > UINT32_MAX)
        return false;

    uint64_t room = UINT64_C(0x100000000) - linear;

    *symbol = (struct symbol){
        .linear = (uint32_t)linear,
        .bytes = from->st_size < room ? from->st_size : (uint32_t)room,
        .name = from->st_name,
        .section = from->st_shndx,
        .typed = type != STT_NOTYPE,
        .binding = binding == STB_LOCAL  ? SYMBOL_LOCAL
                   : binding == STB_WEAK ? SYMBOL_WEAK
                                         : SYMBOL_GLOBAL,
    };
    return true;
}

/* Reads what the symbol table `section` holds. Returns 0 or -ENOMEM. */
static int table_read(struct symbols *symbols, const struct sections *sections,
                      const Elf32_Shdr *section, uint32_t bias)
{
    uint32_t names_bytes =
        names_read(sections, section->sh_link, &symbols->names);
    uint32_t entries = section->sh_size / sizeof(Elf32_Sym);

    if (names_bytes == 0 || entries == 0 ||
        section->sh_entsize != sizeof(Elf32_Sym) ||
        !section_in_file(sections, section))
        return 0;

    symbols->table = malloc(entries * sizeof *symbols->table);
    if (symbols->table == NULL)
        return -ENOMEM;

    for (uint32_t i = 0; i < entries; i++) {
        Elf32_Sym from;
        uint64_t offset = section->sh_offset + (uint64_t)i * sizeof from;

        if (elf_record(&sections->file, offset, ELF_T_SYM, &from,
                       sizeof from) &&
            from.st_name < names_bytes &&
            symbols->names[from.st_name] != '\0' &&
            symbol_convert(&from, bias, &symbols->table[symbols->count]))
            symbols->count++;
    }
    return 0;
}

/* Order in the table. At one address a symbol with a size is preferred to an
 * equal without. */
static int symbol_compare(const void *left, const void *right)
{
    const struct symbol *a = left;
    const struct symbol *b = right;

    if (a->linear != b->linear)
        return a->linear < b->linear ? -1 : 1;
    if (a->typed != b->typed)
        return a->typed < b->typed ? -1 : 1;
    if (a->binding != b->binding)
        return a->binding < b->binding ? -1 : 1;
    if ((a->bytes != 0) != (b->bytes != 0))
        return a->bytes == 0 ? -1 : 1;
    return (a->name < b->name) - (a->name > b->name);
}

/* Linear address of the end of the section that `symbol` is in, at most 4 GiB
 * - 1. */
static uint32_t section_end(const struct sections *sections,
                            const struct symbol *symbol, uint32_t bias)
{
    Elf32_Shdr section;

    if (!section_read(sections, symbol->section, &section) ||
        !(section.sh_flags & SHF_ALLOC))
        return 0;

    uint64_t end = (uint64_t)section.sh_addr + section.sh_size + bias;

    return end < UINT32_MAX ? (uint32_t)end : UINT32_MAX;
}

/* Gives the symbols without a size the bytes to the next symbol or the
 * section's end. */
static void set_missing_sizes(struct symbols *symbols,
                              const struct sections *sections, uint32_t bias)
{
    uint32_t next = UINT32_MAX;

    for (uint32_t i = symbols->count; i-- > 0;) {
        struct symbol *symbol = &symbols->table[i];

        if (i + 1 < symbols->count && symbol[1].linear != symbol->linear)
            next = symbol[1].linear;
        if (symbol->bytes != 0)
            continue;

        uint32_t end = section_end(sections, symbol, bias);

        if (end > next)
            end = next;
        symbol->bytes = end > symbol->linear ? end - symbol->linear : 0;
    }
}

/* Gives back what the symbols that were left out would have taken. */
static void table_trim(struct symbols *symbols)
{
    if (symbols->count == 0) {
        symbols_free(symbols);
        return;
    }

    struct symbol *table =
        realloc(symbols->table, symbols->count * sizeof *table);

    if (table != NULL)
        symbols->table = table;
}

int symbols_read(struct symbols *symbols, const uint8_t *file,
                 size_t file_bytes, uint32_t bias)
{
    static const Elf32_Word types[] = {SHT_SYMTAB, SHT_DYNSYM};
    struct sections sections;

    *symbols = (struct symbols){0};
    if (elf_version(EV_CURRENT) == EV_NONE)
        return 0;
    sections =
        sections_of((struct elf_file){.bytes = file, .size = file_bytes});

    for (size_t t = 0; t < sizeof types / sizeof *types && symbols->count == 0;
         t++) {
        Elf32_Shdr section = {.sh_type = SHT_NULL};
        uint32_t i = 0;

        while (section_read(&sections, i++, &section) &&
               section.sh_type != types[t])
            ;
        if (section.sh_type != types[t])
            continue;
        if (table_read(symbols, &sections, &section, bias) != 0)
            return -ENOMEM;
        table_trim(symbols);
    }

    if (symbols->count > 0) {
        qsort(symbols->table, symbols->count, sizeof *symbols->table,
              symbol_compare);
        set_missing_sizes(symbols, &sections, bias);
    }
    return 0;
}

void symbols_free(struct symbols *symbols)
{
    free(symbols->table);
    *symbols = (struct symbols){0};
}

/* How many symbols are at or below `linear`. */
static uint32_t symbols_until(const struct symbols *symbols, uint32_t linear)
{
    uint32_t low = 0;
    uint32_t high = symbols->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (symbols->table[middle].linear <= linear)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *symbols_find(const struct symbols *symbols, uint32_t linear,
                         uint32_t *offset)
{
    uint32_t until = symbols_until(symbols, linear);
    uint32_t from = until > NESTED_SYMBOLS_MAX ? until - NESTED_SYMBOLS_MAX : 0;

    for (uint32_t i = until; i-- > from;) {
        const struct symbol *symbol = &symbols->table[i];

        if (linear - symbol->linear >= symbol->bytes)
            continue;
        if (offset != NULL)
            *offset = linear - symbol->linear;
        return symbols->names + symbol->name;
    }
    return NULL;
}

bool symbols_address(const struct symbols *symbols, const char *name,
                     uint32_t *linear, uint32_t *bytes)
{
    const struct symbol *found = NULL;

    for (uint32_t i = 0; i < symbols->count; i++) {
        const struct symbol *symbol = &symbols->table[i];

        if (strcmp(symbols->names + symbol->name, name) == 0 &&
            (found == NULL || symbol->binding > found->binding))
            found = symbol;
    }
    if (found == NULL)
        return false;
    if (linear != NULL)
        *linear = found->linear;
    if (bytes != NULL)
        *bytes = found->bytes;
    return true;
}
