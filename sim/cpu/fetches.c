/* fetches.c: see fetches.h. */
#include "cpu/fetches.h"

void fetches_restart(struct fetches *fetches)
{
    fetches->held_page = FETCHES_NOWHERE;
    fetches->insns = 0;
}

static void fetch_one(struct fetches *fetches, uint32_t linear)
{
    uint32_t phys;
    struct mmu_fault fault;
    (void)mmu_translate(fetches->mmu, linear, MMU_ACCESS_FETCH, true, &phys,
                        &fault);
}

/* Whether the TLB holds the block's page, which it does until something
 * misses. */
static bool is_held(struct fetches *fetches)
{
    uint32_t page = fetches->linear & MMU_PAGE_MASK;
    uint64_t misses = fetches->mmu->counts.misses;
    if (fetches->held_page == page && fetches->held_when == misses)
        return true;
    if (!mmu_code_held(fetches->mmu, page))
        return false;
    fetches->held_page = page;
    fetches->held_when = misses;
    return true;
}

/* Fetches instructions of the block up to `count`, all from its first page. */
static void fetch_here(struct fetches *fetches, uint32_t count)
{
    uint32_t due = count - fetches->done;
    if (count <= fetches->done)
        return;
    fetches->done = count;
    if (!is_held(fetches)) {
        fetch_one(fetches, fetches->linear);
        due--;
    }
    if (due > 0)
        mmu_fetch_again(fetches->mmu, fetches->linear, due);
}

/* The same where the block goes on in the next page. */
static void fetch_across(struct fetches *fetches, uint32_t count)
{
    uint32_t before = fetches->insns_before;
    uint32_t next_page = (fetches->linear | ~MMU_PAGE_MASK) + 1;
    bool was_before = fetches->done < before;
    fetch_here(fetches, count < before ? count : before);
    if (was_before && fetches->done == before && fetches->straddles)
        fetch_one(fetches, next_page);
    for (; fetches->done < count; fetches->done++)
        fetch_one(fetches, next_page);
}

/* Fetches the first `count` instructions of the block, but for those that
 * are. */
static void fetch(struct fetches *fetches, uint32_t count)
{
    if (fetches->crosses)
        fetch_across(fetches, count);
    else
        fetch_here(fetches, count);
}

/* The block runs into the next page: with which of its instructions? */
static void find_crossing(struct fetches *fetches)
{
    const struct codeinfo *before =
        meter_codeinfo(fetches->codeinfo, fetches->view, fetches->linear,
                       MMU_PAGE_SIZE - (fetches->linear & ~MMU_PAGE_MASK));
    fetches->insns_before = before->insns;
    fetches->straddles = before->ragged;
}

void fetches_begin(struct fetches *fetches, const struct meter_block *block,
                   uint32_t fetched)
{
    uint32_t last = block->linear + (block->bytes - 1);
    fetches->linear = block->linear;
    fetches->bytes = block->bytes;
    fetches->insns = block->info.insns;
    fetches->done = fetched;
    fetches->loose = block->info.loose;
    fetches->crosses = ((block->linear ^ last) & MMU_PAGE_MASK) != 0;
    fetches->exact = fetches->always_exact || fetches->crosses ||
                     block->info.searches || block->info.system;
    fetches->place = FETCHES_NOWHERE;
    if (fetches->crosses)
        find_crossing(fetches);
    if (fetched < fetches->insns && !is_held(fetches))
        fetch(fetches, fetched + 1);
}

uint32_t fetches_index(const struct fetches *fetches, uint32_t place)
{
    uint32_t before = place - fetches->linear;
    if (before == 0)
        return 0;
    return meter_codeinfo(fetches->codeinfo, fetches->view, fetches->linear,
                          before)
        ->insns;
}

void fetches_until(struct fetches *fetches, uint32_t place)
{
    if (place - fetches->linear >= fetches->bytes || place == fetches->place)
        return;
    fetches->place = place;
    if (fetches->done < fetches->insns)
        fetch(fetches, fetches_index(fetches, place) + 1);
}

void fetches_recheck(struct fetches *fetches)
{
    if (fetches->done < fetches->insns && !is_held(fetches))
        fetches->exact = true;
}

void fetches_cut(struct fetches *fetches, uint32_t linear)
{
    if (fetches->insns > 0)
        fetch(fetches, fetches_index(fetches, linear) + 1);
    fetches->insns = 0;
}

void fetches_finish(struct fetches *fetches)
{
    fetch(fetches, fetches->insns);
    fetches->insns = 0;
}
