/* test_keymap.c: the one hash table: numbers that it gives and numbers that it
 * is told, its growth, keys that meet in an entry, want of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "hash.h"
#include "keymap.h"

#define MANY 100000u

/* ---- want of memory: the linker has the table's calloc come here ---- */

static bool memory_is_short;

void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);

void *__wrap_calloc(size_t count, size_t bytes)
{
    return memory_is_short ? NULL : __real_calloc(count, bytes);
}

static void test_empty(void **state)
{
    (void)state;
    struct keymap map = {0};

    assert_int_equal(keymap_find(&map, 0), KEYMAP_NONE);
    keymap_free(&map);
    assert_int_equal(keymap_find(&map, UINT64_MAX), KEYMAP_NONE);
}

static void test_numbers_in_order(void **state)
{
    (void)state;
    static const uint64_t keys[] = {7, 0, UINT64_MAX, 1, (uint64_t)1 << 63};
    struct keymap map = {0};

    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(keymap_put(&map, keys[i]), i);
        assert_int_equal(keymap_put(&map, keys[i / 2]), i / 2);
        assert_int_equal(map.count, i + 1);
    }
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(keymap_find(&map, keys[i]), i);
    assert_int_equal(keymap_find(&map, 2), KEYMAP_NONE);

    keymap_free(&map);
    assert_int_equal(map.count, 0);
    assert_int_equal(keymap_find(&map, 7), KEYMAP_NONE);
    assert_int_equal(keymap_put(&map, 1), 0);
    keymap_free(&map);
}

static void test_told_numbers(void **state)
{
    (void)state;
    struct keymap map = {0};

    assert_true(keymap_set(&map, 5, KEYMAP_NONE - 1));
    assert_true(keymap_set(&map, 6, 0));
    assert_int_equal(keymap_find(&map, 5), KEYMAP_NONE - 1);
    assert_int_equal(keymap_find(&map, 6), 0);
    assert_int_equal(map.count, 2);

    assert_true(keymap_set(&map, 5, 3));
    assert_int_equal(keymap_find(&map, 5), 3);
    assert_int_equal(keymap_find(&map, 6), 0);
    assert_int_equal(map.count, 2);
    keymap_free(&map);
}

/* Puts MANY keys in, `of(0)` and so on, and finds them and no others, after
 * each time that the table has grown and at the end. */
static void put_many(uint64_t (*of)(uint32_t))
{
    struct keymap map = {0};
    uint32_t capacity = 0;

    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(keymap_find(&map, of(i)), KEYMAP_NONE);
        assert_int_equal(keymap_put(&map, of(i)), i);
        assert_true(map.count <= map.capacity / 2);
        if (map.capacity == capacity && i + 1 < MANY)
            continue;
        capacity = map.capacity;
        for (uint32_t j = 0; j <= i; j++)
            assert_int_equal(keymap_find(&map, of(j)), j);
    }
    assert_int_equal(map.count, MANY);
    for (uint32_t i = MANY; i < 2 * MANY; i++)
        assert_int_equal(keymap_find(&map, of(i)), KEYMAP_NONE);
    keymap_free(&map);
}

static uint64_t ascending(uint32_t i)
{
    return i;
}

static uint64_t equal_low_bits(uint32_t i)
{
    return (uint64_t)i << 40 | 0x1234567890;
}

static uint64_t equal_high_bits(uint32_t i)
{
    return 0xFEDCBA9800000000 | (uint64_t)i << 12;
}

static void test_growth(void **state)
{
    (void)state;
    put_many(ascending);
}

static void test_equal_low_bits(void **state)
{
    (void)state;
    put_many(equal_low_bits);
}

static void test_equal_high_bits(void **state)
{
    (void)state;
    put_many(equal_high_bits);
}

/* Keys whose hashes have the same low 20 bits, all ones: they begin at the last
 * entry of any table this test has, and run on over its end. */
static void test_equal_hashes(void **state)
{
    (void)state;
    enum { KEYS = 40 };
    uint64_t keys[KEYS + 1];
    uint64_t key = 0;
    struct keymap map = {0};

    for (uint32_t i = 0; i <= KEYS; i++) {
        while ((hash_number(key) & 0xFFFFF) != 0xFFFFF)
            key++;
        keys[i] = key++;
    }
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(keymap_put(&map, keys[i]), i);
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(keymap_find(&map, keys[i]), i);
    assert_int_equal(keymap_find(&map, keys[KEYS]), KEYMAP_NONE);
    keymap_free(&map);
}

static void test_want_of_memory(void **state)
{
    (void)state;
    struct keymap map = {0};
    uint32_t count = 0;

    memory_is_short = true;
    assert_int_equal(keymap_put(&map, 1), KEYMAP_NONE);
    assert_false(keymap_set(&map, 1, 1));
    assert_int_equal(keymap_find(&map, 1), KEYMAP_NONE);
    assert_int_equal(map.count, 0);

    memory_is_short = false;
    assert_int_equal(keymap_put(&map, count++), 0);

    memory_is_short = true;
    while (keymap_put(&map, count) != KEYMAP_NONE)
        count++;
    assert_int_equal(count, map.capacity / 2);
    assert_int_equal(map.count, count);
    assert_false(keymap_set(&map, count, 1));
    /* What is there is found, and can be given another number. */
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(keymap_put(&map, i), i);
    assert_true(keymap_set(&map, 3, 1000));
    assert_int_equal(keymap_find(&map, 3), 1000);
    assert_int_equal(keymap_find(&map, count), KEYMAP_NONE);

    memory_is_short = false;
    assert_int_equal(keymap_put(&map, count), count);
    assert_int_equal(keymap_find(&map, 3), 1000);
    keymap_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_numbers_in_order),
        cmocka_unit_test(test_told_numbers),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_equal_low_bits),
        cmocka_unit_test(test_equal_high_bits),
        cmocka_unit_test(test_equal_hashes),
        cmocka_unit_test(test_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
