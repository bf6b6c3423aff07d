/* stranger.h: what a file is that is no static i386 program for Linux, in
 * words, and what to do about it. */
#ifndef MMU386_STRANGER_H
#define MMU386_STRANGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRANGER_BYTES 160u /* of a phrase */

/* What makes of a C program one that runs here. */
#define STRANGER_ADVICE "gcc -m32 -static builds one that runs here"

/* True of a kernel that a boot loader is to load: its header has multiboot's
 * magic number and checksum (Multiboot Specification 0.6.96, 3.1.1; 2.0,
 * 3.1.1). */
bool stranger_is_kernel(const uint8_t *file, size_t bytes);

/* Writes the phrase about a file that does not begin as an ELF file does: "is a
 * script (...)". */
void stranger_describe(const uint8_t *file, size_t bytes,
                       char phrase[STRANGER_BYTES]);

/* " (it is one for ARM)": whose machine code an ELF file of that e_machine has;
 * "" where that is not known. */
const char *stranger_machine(uint32_t machine);

#endif
