/* sections.h: the section headers of an ELF32 file. */
#ifndef MMU386_SECTIONS_H
#define MMU386_SECTIONS_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "program/elfrecord.h"

/* The file's section headers: `count` of them, if it is to be believed. */
struct sections {
    struct elf_file file;
    uint64_t offset;
    uint32_t count;
    uint32_t titles; /* index of the section with the sections' names */
};

/* Those of the file; none where it has no header to tell of them. */
struct sections sections_of(struct elf_file file);

/* Reads the header of section `index`. False where there is none in the
 * file. */
bool section_read(const struct sections *sections, uint32_t index,
                  Elf32_Shdr *section);

/* Finds the section called `name`. False where there is none in the file. */
bool section_named(const struct sections *sections, const char *name,
                   Elf32_Shdr *section);

/* Whether what the section holds lies in the file. */
bool section_in_file(const struct sections *sections,
                     const Elf32_Shdr *section);

#endif
