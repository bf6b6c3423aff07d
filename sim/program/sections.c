/* sections.c: see sections.h. */
#include "program/sections.h"

#include <string.h>

bool section_read(const struct sections *sections, uint32_t index,
                  Elf32_Shdr *section)
{
    return index < sections->count &&
           elf_record(&sections->file,
                      sections->offset + (uint64_t)index * sizeof *section,
                      ELF_T_SHDR, section, sizeof *section);
}

/* A count that does not fit the file header is in the first section's size
 * (gABI, chapter 4, "ELF Header", e_shnum). */
struct sections sections_of(struct elf_file file)
{
    struct sections sections = {.file = file};
    Elf32_Ehdr header;
    Elf32_Shdr first;

    if (!elf_record(&file, 0, ELF_T_EHDR, &header, sizeof header) ||
        header.e_shoff == 0 || header.e_shentsize != sizeof first)
        return sections;

    sections.offset = header.e_shoff;
    sections.titles = header.e_shstrndx;
    sections.count = header.e_shnum;
    if (sections.count == 0 &&
        elf_record(&file, sections.offset, ELF_T_SHDR, &first, sizeof first))
        sections.count = first.sh_size;
    return sections;
}

bool section_in_file(const struct sections *sections, const Elf32_Shdr *section)
{
    return section->sh_type != SHT_NOBITS &&
           (uint64_t)section->sh_offset + section->sh_size <=
               sections->file.size;
}

bool section_named(const struct sections *sections, const char *name,
                   Elf32_Shdr *section)
{
    size_t bytes = strlen(name) + 1;
    Elf32_Shdr titles;

    if (!section_read(sections, sections->titles, &titles) ||
        !section_in_file(sections, &titles))
        return false;
    for (uint32_t i = 0; section_read(sections, i, section); i++)
        if (section->sh_name < titles.sh_size &&
            bytes <= titles.sh_size - section->sh_name &&
            memcmp(sections->file.bytes + titles.sh_offset + section->sh_name,
                   name, bytes) == 0)
            return true;
    return false;
}
