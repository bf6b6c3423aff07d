/* elfrecord.h: one record of a little-endian ELF32 file, in the host's own
 * form. */
#ifndef MMU386_ELFRECORD_H
#define MMU386_ELFRECORD_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole file in memory. Nothing is believed of what is in it. */
struct elf_file {
    const uint8_t *bytes;
    size_t size;
};

/* Converts the record of `type` (ELF_T_EHDR, ELF_T_PHDR, ...) and `bytes` bytes
 * at `offset`, which need not be aligned, to *record. False where it does not
 * lie within the file.
 *
 * libelf converts, but gets no descriptor of the file: elf_memory allocates by
 * the section count that the file claims. */
static inline bool elf_record(const struct elf_file *file, uint64_t offset,
                              Elf_Type type, void *record, size_t bytes)
{
    if (offset > file->size || bytes > file->size - offset)
        return false;

    Elf_Data from = {.d_buf = (void *)(file->bytes + offset),
                     .d_type = type,
                     .d_version = EV_CURRENT,
                     .d_size = bytes};
    Elf_Data to = {.d_buf = record,
                   .d_type = type,
                   .d_version = EV_CURRENT,
                   .d_size = bytes};

    return elf32_xlatetom(&to, &from, ELFDATA2LSB) != NULL;
}

#endif
