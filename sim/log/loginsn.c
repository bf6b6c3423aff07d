/* loginsn.c: see loginsn.h. */
#include "log/loginsn.h"

#include <string.h>

#include "machine/machine.h"

uint32_t log_insn_length(struct log_insns *insns, const struct log_row *row)
{
    uint32_t eip = row->event.eip;
    struct known_insn *known =
        &insns->known[(eip ^ eip >> 10) & (LOG_INSNS - 1)];

    if (known->eip != eip || known->code_bytes != row->code_bytes ||
        memcmp(known->code, row->code, row->code_bytes) != 0) {
        uint32_t length = machine_insn_length(row->code, row->code_bytes);

        known->eip = eip;
        known->code_bytes = row->code_bytes;
        known->length = length != 0 ? (uint8_t)length : row->code_bytes;
        memcpy(known->code, row->code, row->code_bytes);
    }
    return known->length;
}
