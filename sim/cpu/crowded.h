/* crowded.h: code that the engine's translator has no room for.
 *
 * Unicorn 2.1.1 holds at most 512 temporary values a block (TCG_MAX_TEMPS of
 * qemu/include/tcg/tcg.h), does not give back those of some instructions,
 * mostly of the FPU, and crashes where it runs out. A block ends at a branch,
 * and goes on otherwise, from one page into the next, but not through
 * it. */
#ifndef MMU386_CROWDED_H
#define MMU386_CROWDED_H

#include <stdbool.h>
#include <stdint.h>

/* Whether code without a branch in the page at `page`, wherever it begins,
 * might keep so many that no room were left for as many again in the page
 * before or after. It is of 32 bits. */
bool crowded_page(const uint8_t *page);

#endif
