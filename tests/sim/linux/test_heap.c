/* test_heap.c: a heap against an array that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "linux/heap.h"

#define NODES 300u
#define KEYS  100u /* fewer than nodes: many are equal */
#define STEPS 200000u
#define SEED  UINT64_C(0x386386386386)

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Two heaps, and for each node which of them has it (0: none) and its key. */
struct model {
    struct heap heaps[2];
    struct heap_node nodes[NODES];
    uint32_t where[NODES];
    uint64_t keys[NODES];
};

static bool has_first(const struct model *model, uint32_t heap)
{
    const struct heap_node *first = model->heaps[heap].first;
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < NODES; i++)
        if (model->where[i] == heap + 1 && model->keys[i] < least)
            least = model->keys[i];
    if (first == NULL)
        return least == UINT64_MAX;
    return first->key == least &&
           model->where[first - model->nodes] == heap + 1;
}

static void put(struct model *model, uint32_t node, uint32_t heap, uint64_t key)
{
    heap_put(&model->heaps[heap], &model->nodes[node], key);
    model->where[node] = heap + 1;
    model->keys[node] = key;
}

static void take(struct model *model, uint32_t node)
{
    heap_remove(&model->nodes[node]);
    model->where[node] = 0;
}

static void test_random(void **state)
{
    static struct model model;
    uint64_t random = SEED;
    (void)state;
    for (uint32_t step = 0; step < STEPS; step++) {
        uint64_t r = random_next(&random);
        uint32_t node = (uint32_t)(r >> 8) % NODES;
        uint32_t heap = (uint32_t)(r >> 4) % 2;
        if (r % 3 == 0)
            put(&model, node, heap, (r >> 32) % KEYS);
        else if (r % 3 == 1)
            take(&model, node);
        else if (model.heaps[heap].first != NULL)
            take(&model, (uint32_t)(model.heaps[heap].first - model.nodes));
        assert_true(has_first(&model, 0));
        assert_true(has_first(&model, 1));
    }
}

static void test_sorts(void **state)
{
    static struct model model;
    uint64_t random = SEED;
    uint64_t last = 0;
    uint32_t count = 0;
    (void)state;
    for (uint32_t i = 0; i < NODES; i++)
        put(&model, i, 0, random_next(&random) % KEYS);
    for (struct heap_node *first; (first = model.heaps[0].first) != NULL;
         count++) {
        assert_true(first->key >= last);
        last = first->key;
        heap_remove(first);
    }
    assert_int_equal(count, NODES);
}

static void test_node_in_none(void **state)
{
    struct heap heap = {0};
    struct heap_node node = {0};
    (void)state;
    heap_remove(&node);
    heap_put(&heap, &node, 7);
    heap_put(&heap, &node, 5);
    assert_ptr_equal(heap.first, &node);
    assert_int_equal(node.key, 5);
    heap_remove(&node);
    heap_remove(&node);
    assert_null(heap.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_sorts),
        cmocka_unit_test(test_node_in_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
