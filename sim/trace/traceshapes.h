/* traceshapes.h: the shapes of blocks that were met so far, and by them what is
 * likely to come next: which block, with what addresses and clocks. Both who
 * writes a frame of a trace and who reads it keep one and feed it alike
 * (traces/FORMAT.md, "Predictions"). */
#ifndef MMU386_TRACESHAPES_H
#define MMU386_TRACESHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traceevent.h"

#define TRACE_SHAPE_NONE UINT32_MAX

/* Where a slot's next address is expected: at last + stride. */
struct trace_guess {
    uint32_t last, stride;
    uint32_t step; /* from the address before the last one to it: the stride
                      when met twice */
};

struct trace_known {
    struct trace_shape shape;
    uint32_t next[2];   /* the shapes that followed it, the latest first;
                           TRACE_SHAPE_NONE */
    uint32_t clocks[2]; /* it was charged, the latest first */
    struct trace_guess *guesses; /* of each slot */
    uint32_t entry;              /* of the table, where there is one */
};

struct trace_shapes_entry {
    uint32_t hash;
    uint32_t number; /* index + 1; 0: empty */
};

struct trace_chunk;

struct trace_shapes {
    struct trace_known **known; /* TRACE_SHAPES_MAX */
    uint32_t count;
    struct trace_shapes_entry *table; /* NULL: shapes are only added, never
                                         searched for */
    struct trace_known *previous;     /* the block before; NULL: none */
    uint32_t recent;                  /* the latest address of a data access */
    struct trace_chunk *chunks, *chunk;
    size_t bytes;
};

/* All zeros is safe to free. False where memory is short. */
bool trace_shapes_init(struct trace_shapes *shapes, bool searchable);
void trace_shapes_free(struct trace_shapes *shapes);

/* Forgets all. */
void trace_shapes_clear(struct trace_shapes *shapes);

/* True where there may be no room for another one. */
bool trace_shapes_full(const struct trace_shapes *shapes);

/* True where the instructions of the two are the same, byte for byte. */
bool trace_shapes_same_code(const struct trace_shape *one,
                            const struct trace_shape *other);

/* True where the two are alike. */
static inline bool trace_shapes_alike(const struct trace_shape *one,
                                      const struct trace_shape *other)
{
    if (one->linear != other->linear || one->bytes != other->bytes ||
        one->insn_count != other->insn_count ||
        one->slot_count != other->slot_count || one->again != other->again)
        return false;
    for (uint32_t i = 0; i < one->slot_count; i++)
        if (one->slots[i].insn != other->slots[i].insn ||
            one->slots[i].access != other->slots[i].access)
            return false;
    if (one->code_hash != 0 && other->code_hash != 0)
        return one->code_hash == other->code_hash;
    return trace_shapes_same_code(one, other);
}

/* The shape that is like `shape` among the two that are expected after the
 * block before: which of them, *which says. Or NULL. */
static inline struct trace_known *
trace_shapes_expected(const struct trace_shapes *shapes,
                      const struct trace_shape *shape, unsigned *which)
{
    const struct trace_known *previous = shapes->previous;

    for (unsigned i = 0; previous != NULL && i < 2; i++) {
        uint32_t next = previous->next[i];

        *which = i;
        if (next != TRACE_SHAPE_NONE &&
            trace_shapes_alike(&shapes->known[next]->shape, shape))
            return shapes->known[next];
    }
    return NULL;
}

/* The known shape that is like `shape`, or NULL. */
struct trace_known *trace_shapes_find(const struct trace_shapes *shapes,
                                      const struct trace_shape *shape);

/* Adds a copy of `shape`. NULL where memory is short, or where it is full. */
struct trace_known *trace_shapes_add(struct trace_shapes *shapes,
                                     const struct trace_shape *shape);

/* `known` is the block that runs now. */
static inline void trace_shapes_follow(struct trace_shapes *shapes,
                                       struct trace_known *known)
{
    struct trace_known *previous = shapes->previous;

    if (previous != NULL && previous->next[0] != known->shape.index) {
        previous->next[1] = previous->next[0];
        previous->next[0] = known->shape.index;
    }
    shapes->previous = known;
}

static inline void trace_guess_learn(struct trace_guess *guess, uint32_t linear)
{
    uint32_t step = linear - guess->last;

    if (step == guess->step)
        guess->stride = step;
    guess->step = step;
    guess->last = linear;
}

static inline void trace_clocks_learn(struct trace_known *known,
                                      uint32_t clocks)
{
    if (known->clocks[0] != clocks) {
        known->clocks[1] = known->clocks[0];
        known->clocks[0] = clocks;
    }
}

#endif
