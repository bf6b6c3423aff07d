/* fxsave.h: what FXSAVE stores (SDM volume 1, 10.5.1). */
#include <stdint.h>

struct fxsave {
    uint16_t control, status;
    uint8_t valid, reserved;
    uint16_t opcode;
    uint32_t offsets[4];
    uint32_t mxcsr, mask;
    uint8_t st[8][16];
    uint8_t xmm[8][16];
    uint8_t unused[224];
};
