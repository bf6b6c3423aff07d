/* traceblocks.c: see traceblocks.h. */
#include "trace/traceblocks.h"

void trace_blocks_close(struct trace_blocks *blocks)
{
    blocks->open = false;
}

void trace_blocks_open(struct trace_blocks *blocks)
{
    trace_blocks_open_at(blocks, 0, false, false);
}

struct trace_block trace_blocks_block(struct trace_blocks *blocks)
{
    return (struct trace_block){
        .shape = &blocks->shape,
        .addresses = blocks->addresses,
        .clocks = blocks->clocks,
    };
}
