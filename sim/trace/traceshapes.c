/* traceshapes.c: shapes stand in chunks of memory that are used anew after each
 * frame. */
#include "trace/traceshapes.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define TABLE_ENTRIES (2u * TRACE_SHAPES_MAX)
#define CHUNK_BYTES   (256u << 10)
#define BYTES_MAX     (24u << 20)

struct trace_chunk {
    struct trace_chunk *next;
    size_t used;
    _Alignas(16) uint8_t bytes[CHUNK_BYTES];
};

bool trace_shapes_init(struct trace_shapes *shapes, bool searchable)
{
    *shapes = (struct trace_shapes){0};
    shapes->known = calloc(TRACE_SHAPES_MAX, sizeof(*shapes->known));
    if (searchable)
        shapes->table = calloc(TABLE_ENTRIES, sizeof(*shapes->table));
    if (shapes->known == NULL || (searchable && shapes->table == NULL)) {
        trace_shapes_free(shapes);
        return false;
    }
    return true;
}

void trace_shapes_free(struct trace_shapes *shapes)
{
    while (shapes->chunks != NULL) {
        struct trace_chunk *next = shapes->chunks->next;

        free(shapes->chunks);
        shapes->chunks = next;
    }
    free((void *)shapes->known);
    free(shapes->table);
    *shapes = (struct trace_shapes){0};
}

void trace_shapes_clear(struct trace_shapes *shapes)
{
    for (uint32_t i = 0; shapes->table != NULL && i < shapes->count; i++)
        shapes->table[shapes->known[i]->entry].number = 0;
    for (struct trace_chunk *chunk = shapes->chunks; chunk != NULL;
         chunk = chunk->next)
        chunk->used = 0;
    shapes->chunk = shapes->chunks;
    shapes->count = 0;
    shapes->previous = NULL;
    shapes->recent = 0;
    shapes->bytes = 0;
}

/* What one shape may take is far below a chunk. */
bool trace_shapes_full(const struct trace_shapes *shapes)
{
    return shapes->count == TRACE_SHAPES_MAX || shapes->bytes > BYTES_MAX;
}

/* Memory for `bytes`, at most a chunk's. */
static void *take(struct trace_shapes *shapes, size_t bytes)
{
    struct trace_chunk *chunk = shapes->chunk;

    bytes = (bytes + 7) & ~(size_t)7;
    if (chunk != NULL && chunk->used + bytes > CHUNK_BYTES &&
        chunk->next != NULL)
        chunk = chunk->next; /* of an earlier frame, and empty */
    if (chunk == NULL || chunk->used + bytes > CHUNK_BYTES) {
        struct trace_chunk *fresh = malloc(sizeof(*fresh));

        if (fresh == NULL)
            return NULL;
        fresh->next = NULL;
        fresh->used = 0;
        if (chunk == NULL)
            shapes->chunks = fresh;
        else
            chunk->next = fresh;
        chunk = fresh;
    }
    shapes->chunk = chunk;
    chunk->used += bytes;
    shapes->bytes += bytes;
    return chunk->bytes + chunk->used - bytes;
}

static void *take_copy(struct trace_shapes *shapes, const void *from,
                       size_t bytes)
{
    void *copy = take(shapes, bytes);

    if (copy != NULL && bytes != 0)
        memcpy(copy, from, bytes);
    return copy;
}

/* Of what trace_shapes_alike compares. */
static uint32_t hash_of(const struct trace_shape *shape)
{
    uint64_t parts[] = {
        (uint64_t)shape->slot_count << 48 | (uint64_t)shape->insn_count << 32 |
            shape->linear,
        XXH3_64bits(shape->slots, shape->slot_count * sizeof(*shape->slots)),
        shape->code_hash,
        0,
    };

    if (shape->code_hash == 0) {
        parts[2] = XXH3_64bits(shape->insns,
                               shape->insn_count * sizeof(*shape->insns));
        if (shape->code != NULL)
            parts[3] = XXH3_64bits(shape->code, shape->bytes);
    }
    return (uint32_t)XXH3_64bits_withSeed(parts, sizeof(parts), shape->again);
}

static bool same_bytes(const void *one, const void *other, size_t count)
{
    return count == 0 || memcmp(one, other, count) == 0;
}

bool trace_shapes_same_code(const struct trace_shape *one,
                            const struct trace_shape *other)
{
    if (!same_bytes(one->insns, other->insns,
                    one->insn_count * sizeof(*one->insns)))
        return false;
    if (one->code == NULL || other->code == NULL)
        return one->code == other->code;
    return same_bytes(one->code, other->code, one->bytes);
}

struct trace_known *trace_shapes_find(const struct trace_shapes *shapes,
                                      const struct trace_shape *shape)
{
    uint32_t hash = hash_of(shape);

    for (uint32_t i = hash;; i++) {
        const struct trace_shapes_entry *entry =
            &shapes->table[i & (TABLE_ENTRIES - 1)];

        if (entry->number == 0)
            return NULL;
        if (entry->hash == hash &&
            trace_shapes_alike(&shapes->known[entry->number - 1]->shape, shape))
            return shapes->known[entry->number - 1];
    }
}

/* Enters the shape that was added last in the table. */
static void enter(struct trace_shapes *shapes, const struct trace_shape *shape)
{
    uint32_t hash = hash_of(shape);
    uint32_t i = hash & (TABLE_ENTRIES - 1);

    while (shapes->table[i].number != 0)
        i = (i + 1) & (TABLE_ENTRIES - 1);
    shapes->table[i] = (struct trace_shapes_entry){hash, shapes->count};
    shapes->known[shapes->count - 1]->entry = i;
}

struct trace_known *trace_shapes_add(struct trace_shapes *shapes,
                                     const struct trace_shape *shape)
{
    struct trace_known *known =
        trace_shapes_full(shapes) ? NULL : take(shapes, sizeof(*known));

    if (known == NULL)
        return NULL;
    *known = (struct trace_known){.shape = *shape,
                                  .next = {TRACE_SHAPE_NONE, TRACE_SHAPE_NONE}};
    known->shape.index = shapes->count;
    known->shape.insns = take_copy(shapes, shape->insns,
                                   shape->insn_count * sizeof(*shape->insns));
    known->shape.slots = take_copy(shapes, shape->slots,
                                   shape->slot_count * sizeof(*shape->slots));
    known->guesses = take(shapes, shape->slot_count * sizeof(*known->guesses));
    if (shape->code != NULL)
        known->shape.code = take_copy(shapes, shape->code, shape->bytes);
    if (known->shape.insns == NULL || known->shape.slots == NULL ||
        known->guesses == NULL ||
        (shape->code != NULL && known->shape.code == NULL))
        return NULL;
    for (uint32_t i = 0; i < shape->slot_count; i++)
        known->guesses[i] = (struct trace_guess){.last = shapes->recent};
    shapes->known[shapes->count++] = known;
    if (shapes->table != NULL)
        enter(shapes, shape);
    return known;
}
