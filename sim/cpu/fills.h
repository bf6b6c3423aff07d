/* fills.h: the pages that the engine asks for. */
#ifndef MMU386_FILLS_H
#define MMU386_FILLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"

struct cpu;

/* The hook of pages (engine.h). */
bool fills_answer(void *arg, uint32_t page, enum mmu_access access,
                  struct engine_page *found);

#endif
