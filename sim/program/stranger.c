/* stranger.c: see stranger.h. */
#include "program/stranger.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#define MULTIBOOT       0x1BADB002u
#define MULTIBOOT_2     0xE85250D6u
#define HEADER_WITHIN   8192u /* bytes of the file, of the first */
#define HEADER_2_WITHIN 32768u
#define SECTOR_BYTES    512u
#define INTERPRETER     64u /* bytes of its path that are told */

static uint32_t word_at(const uint8_t *file, size_t at)
{
    return file[at] | (uint32_t)file[at + 1] << 8 |
           (uint32_t)file[at + 2] << 16 | (uint32_t)file[at + 3] << 24;
}

bool stranger_is_kernel(const uint8_t *file, size_t bytes)
{
    for (size_t at = 0; at + 12 <= bytes && at < HEADER_WITHIN; at += 4)
        if (word_at(file, at) == MULTIBOOT &&
            word_at(file, at) + word_at(file, at + 4) + word_at(file, at + 8) ==
                0)
            return true;
    for (size_t at = 0; at + 16 <= bytes && at < HEADER_2_WITHIN; at += 8)
        if (word_at(file, at) == MULTIBOOT_2 &&
            word_at(file, at) + word_at(file, at + 4) + word_at(file, at + 8) +
                    word_at(file, at + 12) ==
                0)
            return true;
    return false;
}

static void describe_script(const uint8_t *file, size_t bytes,
                            char phrase[STRANGER_BYTES])
{
    char path[INTERPRETER + 1];
    size_t from = 2;
    size_t length = 0;
    while (from < bytes && (file[from] == ' ' || file[from] == '\t'))
        from++;
    while (from + length < bytes && length < INTERPRETER &&
           file[from + length] > ' ' && file[from + length] < 0x7F)
        length++;
    memcpy(path, file + from, length);
    path[length] = '\0';
    (void)snprintf(phrase, STRANGER_BYTES,
                   length == 0 ? "is a script"
                               : "is a script (run its interpreter, %s, with "
                                 "the script as argument)",
                   path);
}

void stranger_describe(const uint8_t *file, size_t bytes,
                       char phrase[STRANGER_BYTES])
{
    const char *what = "";
    if (bytes >= 2 && file[0] == '#' && file[1] == '!') {
        describe_script(file, bytes, phrase);
        return;
    }
    if (stranger_is_kernel(file, bytes))
        what = " but a kernel (multiboot)";
    else if (bytes >= 2 && file[0] == 'M' && file[1] == 'Z')
        what = " but a program for DOS or Windows";
    else if (bytes >= SECTOR_BYTES && file[SECTOR_BYTES - 2] == 0x55 &&
             file[SECTOR_BYTES - 1] == 0xAA)
        what = " but a boot sector";
    (void)snprintf(phrase, STRANGER_BYTES, "is not an ELF file%s", what);
}

const char *stranger_machine(uint32_t machine)
{
    switch (machine) {
    case EM_ARM:
        return " (it is one for ARM)";
    case EM_AARCH64:
        return " (it is one for AArch64)";
    case EM_MIPS:
        return " (it is one for MIPS)";
    case EM_PPC:
        return " (it is one for PowerPC)";
    case EM_RISCV:
        return " (it is one for RISC-V)";
    case EM_SPARC:
        return " (it is one for SPARC)";
    case EM_X86_64:
        return " (it is one for x86-64, the x32 ABI)";
    default:
        return "";
    }
}
