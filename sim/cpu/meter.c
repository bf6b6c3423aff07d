/* meter.c: see meter.h. */
#include "cpu/meter.h"

#define RELAX_AFTER 16000000u /* instructions */

const struct codeinfo *meter_codeinfo(struct codeinfo_cache *codeinfo,
                                      const struct view *view, uint32_t linear,
                                      uint32_t bytes)
{
    uint8_t code[MMU_PAGE_SIZE]; /* the engine's blocks are shorter than a
                                  * page */
    if (bytes > sizeof code)
        bytes = sizeof code;
    uint32_t read = view_read_code(view, linear, code, bytes);
    return codeinfo_of(codeinfo, code, read);
}

const struct meter_block *meter_find(struct meter *meter,
                                     struct codeinfo_cache *codeinfo,
                                     const struct view *view, uint32_t linear,
                                     uint32_t bytes)
{
    uint32_t cr3 = view->mmu->control.cr3;
    struct meter_block *block =
        &meter->blocks[(linear ^ linear >> 12) & (METER_BLOCKS - 1)];
    if (block->linear != linear || block->bytes != bytes || block->cr3 != cr3 ||
        block->epoch != meter->epoch || meter->code_is_written)
        *block = (struct meter_block){
            linear, bytes, cr3, meter->epoch,
            *meter_codeinfo(codeinfo, view, linear, bytes)};
    return block;
}

static void count(struct meter *meter, uint32_t insns, uint32_t clocks,
                  uint32_t uncited)
{
    meter->instructions += insns;
    meter->clocks += clocks;
    meter->uncited += uncited;
    if (!meter->unlimited)
        meter->left -= insns;
}

/* Of the next iteration, which is not the first: the first took the clocks of
 * one alone. */
static uint32_t again_clocks(const struct meter *meter,
                             const struct insn_clocks *tail)
{
    uint32_t first = meter->iterations == 1
                         ? (uint32_t)tail->clocks + tail->each - tail->one
                         : 0;
    return tail->each + first;
}

bool meter_repeats(const struct meter *meter, const struct meter_block *block)
{
    return meter->repeating == block->linear && block->info.insns == 1 &&
           block->info.tail.rule == CLOCKS_REPEAT;
}

enum meter_answer meter_enter(struct meter *meter,
                              const struct meter_block *block)
{
    const struct codeinfo *info = &block->info;
    uint32_t clocks = info->clocks;
    if (!meter->unlimited && info->insns > meter->left)
        return METER_STOP;
    if (meter->unlimited && !meter->always) {
        meter->relaxed += info->insns;
        if (meter->relaxed > RELAX_AFTER)
            return METER_RELAX;
    }
    meter->again = meter_repeats(meter, block);
    if (meter->again)
        clocks = again_clocks(meter, &info->tail);
    else
        meter->iterations = 0;
    meter->repeating = METER_NOWHERE;
    meter->linear = block->linear;
    meter->bytes = block->bytes;
    meter->insns = info->insns;
    meter->last = block->linear + info->last;
    meter->clocks_charged = clocks;
    meter->uncited_charged = info->uncited;
    meter->tail = info->tail;
    meter->operand_at = METER_NOWHERE;
    meter->taken = false;
    if (meter->owes)
        meter->clocks += info->components;
    meter->owes = false;
    count(meter, info->insns, clocks, info->uncited);
    return METER_RUN;
}

void meter_add_operand(struct meter *meter, uint32_t linear, uint32_t clocks)
{
    meter->operand_at = linear;
    meter->operand_clocks = clocks;
    meter->clocks += clocks;
}

static bool leads_elsewhere(const struct meter *meter, uint32_t next)
{
    return meter->tail.rule == CLOCKS_JUMP ||
           (meter->tail.rule == CLOCKS_CONDITIONAL &&
            (meter->taken || next != meter->linear + meter->bytes));
}

bool meter_wants_components(const struct meter *meter, uint32_t next)
{
    return meter->insns > 0 && meter->tail.adds_m &&
           leads_elsewhere(meter, next);
}

void meter_leave(struct meter *meter, uint32_t next, uint32_t components,
                 bool searched)
{
    const struct insn_clocks *tail = &meter->tail;
    if (meter->insns == 0)
        return;
    meter->completed = meter->insns;
    meter->idle = false;
    meter->insns = 0;
    if (leads_elsewhere(meter, next)) {
        if (tail->rule == CLOCKS_CONDITIONAL)
            meter->clocks += tail->taken - tail->clocks;
        if (tail->adds_m)
            meter->clocks += components;
        meter->owes = tail->adds_m && components == 0;
    } else if (tail->rule == CLOCKS_REPEAT) {
        if (next == meter->last) {
            meter->repeating = next;
            meter->iterations++;
        } else if (!searched) {
            meter->idle = true; /* it only found that there is nothing left to
                                   do */
            meter->clocks -= meter->again ? again_clocks(meter, tail)
                                          : (uint32_t)tail->one - tail->none;
        }
    }
}

void meter_give_back(struct meter *meter, struct codeinfo_cache *codeinfo,
                     const struct view *view, uint32_t linear)
{
    static const struct codeinfo nothing = {0};
    const struct codeinfo *done = &nothing;
    uint32_t bytes_done = linear - meter->linear;
    if (meter->insns == 0)
        return;
    meter->completed = meter->insns;
    meter->idle = false;
    if (bytes_done >= meter->bytes) {
        meter->insns = 0;
        return;
    }
    if (bytes_done > 0)
        done = meter_codeinfo(codeinfo, view, meter->linear, bytes_done);
    meter->instructions -= meter->insns - done->insns;
    meter->clocks -= meter->clocks_charged - done->clocks;
    meter->uncited -= meter->uncited_charged - done->uncited;
    if (!meter->unlimited)
        meter->left += meter->insns - done->insns;
    if (meter->operand_at == linear)
        meter->clocks -= meter->operand_clocks;
    meter->completed = done->insns;
    meter->insns = 0;
}

void meter_cut(struct meter *meter, struct codeinfo_cache *codeinfo,
               const struct view *view, uint32_t linear)
{
    bool again = meter->again && linear == meter->linear;
    meter_give_back(meter, codeinfo, view, linear);
    meter->repeating = again ? linear : METER_NOWHERE;
}

void meter_begin(struct meter *meter)
{
    meter->completed = 0;
    meter->idle = false;
}

void meter_add(struct meter *meter, uint32_t clocks, bool cited)
{
    meter->completed = 1;
    meter->idle = false;
    count(meter, 1, clocks, !cited);
}

void meter_add_components(struct meter *meter, uint32_t components)
{
    meter->clocks += components;
    meter->owes = components == 0;
}

uint32_t meter_end(const struct meter *meter, const struct view *view)
{
    uint32_t at = view_here(view);
    for (uint64_t i = 0; i < meter->left; i++)
        at = view_next(view, at);
    return at;
}

void meter_code_is_written(struct meter *meter)
{
    if (!meter->code_is_written)
        meter->epoch++;
    meter->code_is_written = true;
}
