/* rewrite.c: see rewrite.h. */
#include "cpu/rewrite.h"

#include <string.h>

#include "cpu/decode.h"

/* A stretch of linear addresses in frames: in two parts where it runs into the
 * next page. */
struct stretch {
    uint32_t phys[2];
    uint32_t bytes[2]; /* 0: there is no such part */
};

/* Where `bytes` bytes, at most a page, at `linear` are. */
static struct stretch stretch_at(const struct view *view, uint32_t linear,
                                 uint32_t bytes)
{
    struct stretch stretch = {0};
    struct mmu_fault fault;
    uint32_t here = MMU_PAGE_SIZE - (linear & ~MMU_PAGE_MASK);
    if (here > bytes)
        here = bytes;
    if (mmu_probe(view->mmu, linear, MMU_ACCESS_READ, true, &stretch.phys[0],
                  &fault))
        stretch.bytes[0] = here;
    if (here < bytes && mmu_probe(view->mmu, linear + here, MMU_ACCESS_READ,
                                  true, &stretch.phys[1], &fault))
        stretch.bytes[1] = bytes - here;
    return stretch;
}

static bool overlap(const struct stretch *a, const struct stretch *b)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            if (a->phys[i] < b->phys[j] + b->bytes[j] &&
                b->phys[j] < a->phys[i] + a->bytes[i])
                return true;
    return false;
}

enum rewrite_answer rewrite_see(struct rewrite *rewrite,
                                const struct view *view, uint32_t block,
                                uint32_t block_bytes, uint32_t linear,
                                uint32_t bytes, uint32_t phys)
{
    struct stretch code = stretch_at(view, block, block_bytes);
    struct stretch store = stretch_at(view, linear, bytes);
    if (!overlap(&code, &store))
        return REWRITE_ELSEWHERE;
    rewrite->pending = true;
    rewrite->refused = (phys & (bytes - 1)) != 0;
    rewrite->store = phys;
    return rewrite->refused ? REWRITE_REFUSE : REWRITE_CUTS;
}

void rewrite_take_up(struct rewrite *rewrite, const struct view *view,
                     uint32_t linear)
{
    uint32_t bytes =
        view_read_code(view, linear, rewrite->code, sizeof rewrite->code);
    if (!decode_insn(view->decoder, rewrite->code, bytes, linear,
                     &rewrite->insn))
        rewrite->insn.length = 0;
    rewrite->pending = false;
    rewrite->refused = false;
    rewrite->alone = true;
}

void rewrite_forget(struct rewrite *rewrite)
{
    rewrite->pending = false;
    rewrite->refused = false;
    rewrite->alone = false;
}

void rewrite_cast_shadow(const struct rewrite *rewrite, uint32_t linear,
                         uint8_t *shadow)
{
    enum { RET = 0xC3 };
    memset(shadow, RET, (size_t)SHADOW_PAGES * MMU_PAGE_SIZE);
    memcpy(shadow + (linear & ~MMU_PAGE_MASK), rewrite->code,
           rewrite->insn.length);
}
