/* loginsn.h: how long the instruction is that a row has the bytes of: the rows
 * have as many bytes as could be read, the log has the instruction. */
#ifndef MMU386_LOGINSN_H
#define MMU386_LOGINSN_H

#include <stdint.h>

#include "log/logrow.h"

#define LOG_INSNS 1024u /* a power of two */

/* Instructions whose lengths are known, each in the place of its EIP; all zeros
 * at first. */
struct log_insns {
    struct known_insn {
        uint32_t eip;
        uint8_t code_bytes; /* 0: empty */
        uint8_t length;
        uint8_t code[INSN_MAX_BYTES];
    } known[LOG_INSNS];
};

/* The length of the row's instruction in bytes; all there are, where they are
 * none. */
uint32_t log_insn_length(struct log_insns *insns, const struct log_row *row);

#endif
