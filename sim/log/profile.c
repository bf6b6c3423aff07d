/* profile.c: see profile.h. */
#include "log/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keymap.h"
#include "machine/machine.h"
#include "machine/subjects.h"
#include "program/program.h"

/* whose places are remembered: a program may make code without end */
#define BLOCKS_KNOWN (1u << 18)

/* The clocks of one symbol of one program, or of a page that has none. */
struct place {
    const struct program *program; /* NULL: the kernel, before there was one */
    uint32_t linear;               /* of a block in it */
    struct clocks clocks;
};

struct profile {
    struct machine *machine;
    struct subjects subjects;
    struct keymap by_block;  /* program's id and address: index of places */
    struct keymap by_symbol; /* key_of_symbol: the same */
    struct place *places;
    size_t count, capacity;
    size_t last;        /* place of the last block */
    uint64_t last_key;  /* which block that was */
    struct clocks seen; /* of the kernel, until then */
    bool broken;        /* memory was short */
    struct profile_row *rows;
    size_t row_count;
};

uint64_t clocks_sum(const struct clocks *clocks)
{
    return clocks->execute + clocks->walk + clocks->trap + clocks->fork +
           clocks->service;
}

static void add(struct clocks *to, const struct clocks *more)
{
    to->execute += more->execute;
    to->walk += more->walk;
    to->trap += more->trap;
    to->fork += more->fork;
    to->service += more->service;
}

static void take_away(struct clocks *from, const struct clocks *less)
{
    from->execute -= less->execute;
    from->walk -= less->walk;
    from->trap -= less->trap;
    from->fork -= less->fork;
    from->service -= less->service;
}

/* ---- collecting ---- */

/* A new place's index; 0, the kernel's, where memory is short. */
static size_t new_place(struct profile *profile, const struct program *program,
                        uint32_t linear)
{
    if (profile->count == profile->capacity) {
        size_t capacity = profile->capacity * 2;
        struct place *grown =
            realloc(profile->places, capacity * sizeof *grown);
        if (grown == NULL) {
            profile->broken = true;
            return 0;
        }
        profile->places = grown;
        profile->capacity = capacity;
    }
    profile->places[profile->count] =
        (struct place){.program = program, .linear = linear};
    return profile->count++;
}

/* Where the symbol begins, or else the page; the program's id before it. */
static uint64_t key_of_symbol(const struct program *program, uint32_t linear)
{
    uint32_t offset;
    bool named = symbols_find(&program->symbols, linear, &offset) != NULL;
    uint32_t start = named ? linear - offset : linear & MMU_PAGE_MASK;
    return program->id << 33 | (uint64_t)named << 32 | start;
}

static size_t place_of_symbol(struct profile *profile,
                              const struct program *program, uint32_t linear)
{
    uint64_t key = key_of_symbol(program, linear);
    size_t index = keymap_find(&profile->by_symbol, key);
    if (index != KEYMAP_NONE)
        return index;
    index = new_place(profile, program, linear);
    if (!keymap_set(&profile->by_symbol, key, (uint32_t)index))
        profile->broken = true;
    return index;
}

static size_t place_of(struct profile *profile, const struct program *program,
                       uint32_t linear)
{
    if (program == NULL)
        return 0;
    uint64_t key = program->id << 32 | linear;
    if (key == profile->last_key)
        return profile->last;
    profile->last_key = key;
    size_t index = keymap_find(&profile->by_block, key);
    if (index != KEYMAP_NONE)
        return index;
    index = place_of_symbol(profile, program, linear);
    if (profile->by_block.count == BLOCKS_KNOWN)
        keymap_free(&profile->by_block);
    if (!keymap_set(&profile->by_block, key, (uint32_t)index))
        profile->broken = true;
    return index;
}

/* What has passed since it was last asked; `own` of it is the block's. */
static void on_block(void *arg, const struct watched_block *block)
{
    struct profile *profile = arg;
    const struct clock *clock = &profile->machine->clock;
    const struct clocks own = {.execute = block->clocks,
                               .walk = block->bus_cycles * clock->bus_clocks};
    struct clocks now = clock_read(clock);
    struct clocks before = now;
    struct subject current = {0};
    (void)profile->subjects.current(profile->subjects.arg, &current);
    take_away(&before, &profile->seen);
    take_away(&before, &own);
    add(&profile->places[profile->last].clocks, &before);
    profile->last = place_of(profile, current.program, block->linear);
    add(&profile->places[profile->last].clocks, &own);
    profile->seen = now;
}

struct profile *profile_new(struct machine *machine,
                            const struct subjects *subjects)
{
    struct profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL)
        return NULL;
    const struct watcher watcher = {.block = on_block, .arg = profile};
    profile->machine = machine;
    profile->subjects = *subjects;
    profile->capacity = 1024;
    profile->places = calloc(profile->capacity, sizeof *profile->places);
    if (profile->places == NULL || !cpu_watch(machine->cpu, &watcher)) {
        profile->machine = NULL; /* of which nothing is told */
        profile_free(profile);
        return NULL;
    }
    profile->count = 1; /* the kernel's place */
    profile->seen = clock_read(&machine->clock);
    return profile;
}

void profile_free(struct profile *profile)
{
    if (profile == NULL)
        return;
    if (profile->machine != NULL && !profile->machine->ended)
        (void)cpu_watch(profile->machine->cpu, NULL);
    for (size_t i = 0; i < profile->row_count; i++) {
        free(profile->rows[i].program);
        free(profile->rows[i].symbol);
    }
    free(profile->rows);
    free(profile->places);
    keymap_free(&profile->by_block);
    keymap_free(&profile->by_symbol);
    free(profile);
}

/* ---- rows ---- */

static bool name_row(struct profile_row *row, const struct place *place)
{
    char text[32] = "[kernel]";
    const char *symbol = text;
    if (place->program != NULL) {
        symbol = symbols_find(&place->program->symbols, place->linear, NULL);
        if (symbol == NULL) {
            (void)snprintf(text, sizeof text, "[0x%08" PRIx32 "]",
                           place->linear & MMU_PAGE_MASK);
            symbol = text;
        }
    }
    row->program = strdup(place->program == NULL ? "" : place->program->name);
    row->symbol = strdup(symbol);
    row->clocks = place->clocks;
    return row->program != NULL && row->symbol != NULL;
}

static int compare_names(const struct profile_row *a,
                         const struct profile_row *b)
{
    int order = strcmp(a->program, b->program);
    return order != 0 ? order : strcmp(a->symbol, b->symbol);
}

static int by_name(const void *a, const void *b)
{
    return compare_names(a, b);
}

static int by_clocks(const void *a, const void *b)
{
    uint64_t x = clocks_sum(&((const struct profile_row *)a)->clocks);
    uint64_t y = clocks_sum(&((const struct profile_row *)b)->clocks);
    return x != y ? (x < y ? 1 : -1) : compare_names(a, b);
}

/* Makes one row of those of the same name, which stand together. */
static void join_rows(struct profile *profile)
{
    size_t joined = 0;
    for (size_t i = 1; i < profile->row_count; i++) {
        struct profile_row *into = &profile->rows[joined];
        struct profile_row *row = &profile->rows[i];
        if (compare_names(into, row) != 0) {
            profile->rows[++joined] = *row;
            continue;
        }
        add(&into->clocks, &row->clocks);
        free(row->program);
        free(row->symbol);
    }
    profile->row_count = joined + 1;
}

bool profile_finish(struct profile *profile)
{
    struct clocks rest = clock_read(&profile->machine->clock);
    (void)cpu_watch(profile->machine->cpu, NULL);
    take_away(&rest, &profile->seen);
    add(&profile->places[profile->last].clocks, &rest);
    profile->rows = calloc(profile->count, sizeof *profile->rows);
    if (profile->rows == NULL || profile->broken)
        return false;
    for (size_t i = 0; i < profile->count; i++) {
        profile->row_count++;
        if (!name_row(&profile->rows[i], &profile->places[i]))
            return false;
    }
    qsort(profile->rows, profile->row_count, sizeof *profile->rows, by_name);
    join_rows(profile);
    qsort(profile->rows, profile->row_count, sizeof *profile->rows, by_clocks);
    return true;
}

const struct profile_row *profile_rows(const struct profile *profile,
                                       size_t *count)
{
    *count = profile->row_count;
    return profile->rows;
}
