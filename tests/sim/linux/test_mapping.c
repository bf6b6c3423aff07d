/* test_mapping.c: ranges against a model that keeps every page by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "linux/mapping.h"

#define PAGE       0x1000u
#define PAGES      64u
#define STEPS      20000u
#define SEED       UINT64_C(0x386386386386)
#define UNMAPPED   0xFFu   /* in the model */
#define LIMIT      65530u  /* mappings a process */
#define MANY_START 0x1000u /* where they are put */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The names are one text at two addresses, and another. */
static const char heap_name[] = "heap";
static const char heap_again[] = "heap";
static const char stack_name[] = "stack";

/* Bits 0 to 2: rights; bit 3: shared; bit 4: the name. */
static struct mapping mapping_of(uint32_t first, uint32_t past, uint8_t kind)
{
    const char *heap = first % 2 ? heap_name : heap_again;

    return (struct mapping){
        .start = first * PAGE,
        .end = past * PAGE,
        .readable = kind & 1,
        .writable = kind & 2,
        .executable = kind & 4,
        .shared = kind & 8,
        .name = kind & 16 ? stack_name : heap,
    };
}

static uint8_t kind_of(const struct mapping *mapping)
{
    return (uint8_t)(mapping->readable | mapping->writable << 1 |
                     mapping->executable << 2 | mapping->shared << 3 |
                     (strcmp(mapping->name, "stack") == 0) << 4);
}

struct model {
    uint8_t kind[PAGES]; /* page 0 is never mapped */
};

static bool model_is(const struct model *model, uint32_t first, uint32_t past,
                     bool mapped)
{
    for (uint32_t page = first; page < past; page++)
        if ((model->kind[page] != UNMAPPED) != mapped)
            return false;
    return true;
}

static uint32_t model_find_free(const struct model *model, uint32_t pages,
                                uint32_t bottom, uint32_t top)
{
    for (uint32_t first = top; first > 0; first--)
        if (first >= bottom && first + pages <= top &&
            model_is(model, first, first + pages, false))
            return first;
    return 0;
}

/* The mappings that are fewest: neighbours that are alike are one. */
static uint32_t model_count(const struct model *model)
{
    uint32_t count = 0;

    for (uint32_t page = 1; page < PAGES; page++)
        count += model->kind[page] != UNMAPPED &&
                 model->kind[page] != model->kind[page - 1];
    return count;
}

static void assert_same(const struct mappings *mappings,
                        const struct model *model)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        const struct mapping *first = mappings_find(mappings, page * PAGE);
        const struct mapping *last =
            mappings_find(mappings, page * PAGE + PAGE - 1);

        assert_ptr_equal(first, last);
        assert_int_equal(first != NULL ? kind_of(first) : UNMAPPED,
                         model->kind[page]);
    }
    assert_int_equal(mappings->count, model_count(model));
    for (uint32_t i = 1; i < mappings->count; i++)
        assert_true(mappings->mapping[i - 1].end <= mappings->mapping[i].start);
}

static void assert_questions(const struct mappings *mappings,
                             const struct model *model, uint32_t first,
                             uint32_t past, uint32_t pages)
{
    assert_int_equal(mappings_free_range(mappings, first * PAGE, past * PAGE),
                     model_is(model, first, past, false));
    assert_int_equal(mappings_covered(mappings, first * PAGE, past * PAGE),
                     model_is(model, first, past, true));
    assert_int_equal(
        mappings_find_free(mappings, pages * PAGE, first * PAGE, past * PAGE),
        model_find_free(model, pages, first, past) * PAGE);
}

static void step(struct mappings *mappings, struct model *model,
                 uint64_t *state)
{
    uint32_t first = 1 + (uint32_t)(random_next(state) % (PAGES - 1));
    uint32_t past =
        first + (uint32_t)(random_next(state) % (PAGES - first + 1));
    uint8_t kind = (uint8_t)(random_next(state) % 32);
    struct mapping mapping = mapping_of(first, past, kind);

    assert_questions(mappings, model, first, past,
                     1 + (uint32_t)(random_next(state) % 8));
    switch (random_next(state) % 4) {
    case 0:
        assert_int_equal(mappings_remove(mappings, mapping.start, mapping.end),
                         0);
        memset(&model->kind[first], UNMAPPED, past - first);
        break;
    case 1:
        assert_int_equal(mappings_protect(mappings, mapping.start, mapping.end,
                                          mapping.readable, mapping.writable,
                                          mapping.executable),
                         0);
        for (uint32_t page = first; page < past; page++)
            if (model->kind[page] != UNMAPPED)
                model->kind[page] =
                    (uint8_t)((model->kind[page] & ~7u) | (kind & 7u));
        break;
    default:
        past = past < first + 8 ? past : first + 8;
        if (!model_is(model, first, past, false))
            break;
        mapping = mapping_of(first, past, kind);
        assert_int_equal(mappings_add(mappings, &mapping), 0);
        memset(&model->kind[first], kind, past - first);
        break;
    }
}

static void test_against_model(void **unused)
{
    struct mappings mappings;
    struct mappings copy;
    struct model model;
    uint64_t state = SEED;

    (void)unused;
    memset(&model, UNMAPPED, sizeof model);
    mappings_init(&mappings, NULL);
    for (uint32_t i = 0; i < STEPS; i++) {
        step(&mappings, &model, &state);
        assert_same(&mappings, &model);
    }
    assert_true(mappings.count > 0);
    assert_int_equal(mappings_clone(&copy, &mappings), 0);
    assert_int_equal(mappings_remove(&mappings, 0, PAGES * PAGE), 0);
    assert_int_equal(mappings.count, 0);
    assert_same(&copy, &model);
    mappings_destroy(&mappings);
    mappings_destroy(&copy);
    assert_null(copy.mapping);
}

static void test_segments_do_not_join(void **unused)
{
    static const char program[2];
    struct mappings mappings;
    struct mapping mapping = mapping_of(1, 2, 1);

    (void)unused;
    mappings_init(&mappings, NULL);
    mapping.segment = (const void *)&program[0];
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    mapping.start = 2 * PAGE;
    mapping.end = 3 * PAGE;
    mapping.segment = (const void *)&program[1];
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    assert_int_equal(mappings.count, 2);
    mapping.start = 3 * PAGE;
    mapping.end = 4 * PAGE;
    mapping.program = (void *)&mappings;
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    assert_int_equal(mappings.count, 3);
    mappings_destroy(&mappings);
}

/* Pages that do not come again stay apart from those that do, whatever else
 * they have in common: by the mapping madvise tells what it may drop. */
static void test_populated_do_not_join(void **unused)
{
    struct mappings mappings;
    struct mapping mapping = mapping_of(1, 3, 3);

    (void)unused;
    mappings_init(&mappings, NULL);
    mapping.populated = true;
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    mapping.start = 3 * PAGE;
    mapping.end = 5 * PAGE;
    mapping.populated = false;
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    assert_int_equal(mappings.count, 2);
    assert_int_equal(
        mappings_protect(&mappings, PAGE, 5 * PAGE, true, false, false), 0);
    assert_int_equal(mappings.count, 2);
    assert_true(mappings_find(&mappings, 2 * PAGE)->populated);
    assert_false(mappings_find(&mappings, 3 * PAGE)->populated);
    mapping.start = 5 * PAGE;
    mapping.end = 6 * PAGE;
    mapping.writable = false;
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    assert_int_equal(mappings.count, 2); /* those that are alike do join */
    mappings_destroy(&mappings);
}

static void test_find_free_at_ends(void **unused)
{
    struct mappings mappings;
    struct mapping mapping = mapping_of(4, 8, 1);

    (void)unused;
    mappings_init(&mappings, NULL);
    assert_int_equal(mappings_find_free(&mappings, 0, PAGE, 8 * PAGE), 0);
    assert_int_equal(mappings_find_free(&mappings, 7 * PAGE, PAGE, 8 * PAGE),
                     PAGE);
    assert_int_equal(mappings_find_free(&mappings, 8 * PAGE, PAGE, 8 * PAGE),
                     0);
    assert_int_equal(mappings_find_free(&mappings, PAGE, 8 * PAGE, PAGE), 0);
    assert_int_equal(mappings_find_free(&mappings, 0xFFFFF000u, PAGE, 8 * PAGE),
                     0);
    assert_int_equal(mappings_add(&mappings, &mapping), 0);
    assert_int_equal(mappings_find_free(&mappings, PAGE, PAGE, 6 * PAGE),
                     3 * PAGE);
    assert_int_equal(mappings_find_free(&mappings, PAGE, 5 * PAGE, 7 * PAGE),
                     0);
    assert_int_equal(mappings_find_free(&mappings, PAGE, 5 * PAGE, 9 * PAGE),
                     8 * PAGE);
    mappings_destroy(&mappings);
}

/* The last mapping there may be is added, the one after it is not; a cut at the
 * limit fails and changes nothing, what needs no cut goes on. */
static void test_limit(void **unused)
{
    struct mappings mappings;
    struct mapping mapping = mapping_of(0, 0, 1);

    (void)unused;
    mappings_init(&mappings, NULL);
    for (uint32_t i = 0; i <= LIMIT; i++) {
        mapping.start = MANY_START + i * 4 * PAGE;
        mapping.end = mapping.start + 3 * PAGE;
        assert_int_equal(mappings_add(&mappings, &mapping),
                         i < LIMIT ? 0 : -ENOMEM);
    }
    assert_int_equal(mappings.count, LIMIT);
    assert_int_equal(
        mappings_remove(&mappings, MANY_START + PAGE, MANY_START + 2 * PAGE),
        -ENOMEM);
    assert_int_equal(mappings_protect(&mappings, MANY_START, MANY_START + PAGE,
                                      true, true, true),
                     -ENOMEM);
    assert_int_equal(mappings.count, LIMIT);
    assert_true(mappings_covered(&mappings, MANY_START, MANY_START + 3 * PAGE));
    assert_false(mappings_find(&mappings, MANY_START)->writable);
    assert_int_equal(
        mappings_remove(&mappings, MANY_START, MANY_START + 3 * PAGE), 0);
    assert_int_equal(mappings.count, LIMIT - 1);
    mappings_destroy(&mappings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_segments_do_not_join),
        cmocka_unit_test(test_populated_do_not_join),
        cmocka_unit_test(test_find_free_at_ends),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
