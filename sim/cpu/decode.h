/* decode.h: from code bytes to struct insn, and to text. */
#ifndef MMU386_DECODE_H
#define MMU386_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/insn.h"

struct decoder;

/* Returns NULL where memory is short. */
struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);

/* From now on, `bytes` of the four of a 32-bit PUSH or POP of a segment
 * register are accessed (struct mmu_generation); before: 4. */
void decoder_set_selector_bytes(struct decoder *decoder, uint32_t bytes);

/* What follows is in a code segment of 16 bits, or, as at first, of 32. */
void decoder_set_16(struct decoder *decoder, bool code16);
bool decoder_is_16(const struct decoder *decoder);

/* Decodes the instruction at `code`, of which `bytes` bytes are at hand. False
 * where they are the beginning of one only, or it is too long. What is none
 * raises #UD. */
bool decode_insn(struct decoder *decoder, const uint8_t *code, uint32_t bytes,
                 uint32_t linear, struct insn *insn);

/* The length of such an instruction of 32-bit code in bytes, faster; 0 where
 * there is none. */
uint32_t decode_length(const uint8_t *code, uint32_t bytes);

/* The same in a code segment of 16 bits or of 32. */
uint32_t decode_length_in(bool code16, const uint8_t *code, uint32_t bytes);

/* Writes "mov eax, dword ptr [ebx]" and returns `text`; "(bad)" where it is no
 * instruction. */
char *decode_text(struct decoder *decoder, const uint8_t *code, uint32_t bytes,
                  uint32_t linear, char *text, size_t text_bytes);

#endif
