/* logmet.c: see logmet.h. */
#include "log/logmet.h"

#include <stdlib.h>

#include "machine/machine.h"
#include "program/program.h"

/* What is remembered of what was met; programs are counted by the machine. */
#define CODE_PAGES_MAX   (1u << 19)
#define MAPPINGS_MET_MAX (1u << 18)

void log_met_init(struct log_met *met, struct log_writer *writer,
                  struct machine *machine, const struct subjects *subjects)
{
    *met = (struct log_met){
        .writer = writer, .machine = machine, .subjects = *subjects};
}

void log_met_free(struct log_met *met)
{
    for (uint32_t i = 0; i < met->program_count; i++)
        program_put(met->programs[i]);
    free(met->programs);
    free(met->mappings);
    keymap_free(&met->program_ids);
    keymap_free(&met->code_pages);
    keymap_free(&met->mapping_ids);
}

/* It is kept until the writer has ended. */
uint64_t log_met_program(struct log_met *met, struct program *program)
{
    struct program **grown;

    if (program == NULL ||
        keymap_find(&met->program_ids, program->id) != KEYMAP_NONE)
        return program == NULL ? 0 : program->id;
    grown = realloc(met->programs,
                    (met->program_count + 1) * sizeof(struct program *));
    if (grown != NULL)
        met->programs = grown;
    if (grown == NULL ||
        keymap_put(&met->program_ids, program->id) == KEYMAP_NONE) {
        met->short_of_memory = true;
        return program->id;
    }
    met->programs[met->program_count++] = program_get(program);
    log_writer_note(met->writer, &(struct log_note){.kind = LOG_NOTE_PROGRAM,
                                                    .program = program});
    return program->id;
}

/* ---- code ---- */

/* Code that a replay does not find in the program's file. */
static void tell_code(const struct log_met *met, uint32_t page,
                      const uint8_t *code)
{
    struct subject_mapping mapping;

    if (met->subjects.mapping(met->subjects.arg, page, &mapping) &&
        mapping.program != NULL && !mapping.writable)
        return;
    for (uint32_t at = 0; at < MMU_PAGE_SIZE; at += TRACE_CODE_MAX)
        action_remark(&met->machine->actions,
                      &(struct trace_event){.kind = TRACE_CODE,
                                            .code = {.linear = page + at,
                                                     .bytes = TRACE_CODE_MAX,
                                                     .code = code + at}});
}

void log_met_code(struct log_met *met, const struct program *program,
                  uint32_t eip)
{
    uint64_t key = program->id << 20 | eip >> MMU_PAGE_SHIFT;

    if (key == met->last_code_page || met->code_pages.count == CODE_PAGES_MAX ||
        keymap_find(&met->code_pages, key) != KEYMAP_NONE)
        return;

    struct log_note note = {.kind = LOG_NOTE_CODE,
                            .id = program->id,
                            .start = eip & MMU_PAGE_MASK,
                            .bytes = malloc(MMU_PAGE_SIZE)};

    if (note.bytes == NULL ||
        keymap_put(&met->code_pages, key) == KEYMAP_NONE) {
        met->short_of_memory = true;
        free(note.bytes);
        return;
    }
    met->last_code_page = key;
    if (cpu_read_code(met->machine->cpu, note.start, note.bytes,
                      MMU_PAGE_SIZE) != MMU_PAGE_SIZE) {
        free(note.bytes);
        return;
    }
    tell_code(met, note.start, note.bytes);
    log_writer_note(met->writer, &note);
}

/* ---- mappings ---- */

static const char *rights_of(const struct subject_mapping *mapping)
{
    static const char *const rights[] = {"---", "--x", "-w-", "-wx",
                                         "r--", "r-x", "rw-", "rwx"};

    return rights[(mapping->readable ? 4 : 0) | (mapping->writable ? 2 : 0) |
                  (mapping->executable ? 1 : 0)];
}

static bool same_mapping(const struct met_mapping *a,
                         const struct met_mapping *b)
{
    return a->start == b->start && a->end == b->end && a->rights == b->rights &&
           a->name == b->name && a->program == b->program;
}

/* Those that are met again are noted again, with another id. */
static void forget_mappings(struct log_met *met)
{
    met->mappings_forgotten += met->mapping_count;
    met->mapping_count = 0;
    keymap_free(&met->mapping_ids);
}

/* Gives the mapping the next id; 0 where memory is short. */
static uint32_t add_mapping(struct log_met *met, uint64_t key,
                            const struct met_mapping *mapping)
{
    if (met->mapping_count == met->mapping_capacity) {
        uint32_t capacity =
            met->mapping_capacity == 0 ? 64 : met->mapping_capacity * 2;
        struct met_mapping *grown =
            capacity == 0 ? NULL
                          : realloc(met->mappings, capacity * sizeof *grown);

        if (grown == NULL)
            return 0;
        met->mappings = grown;
        met->mapping_capacity = capacity;
    }
    uint32_t id = met->mappings_forgotten + met->mapping_count + 1;

    if (!keymap_set(&met->mapping_ids, key, id))
        return 0;
    met->mappings[met->mapping_count++] = *mapping;
    return id;
}

uint32_t log_met_mapping(struct log_met *met, uint32_t pid, uint32_t linear)
{
    struct subject_mapping mapping;

    if (!met->subjects.mapping(met->subjects.arg, linear, &mapping))
        return 0;

    const struct met_mapping here = {mapping.start, mapping.end,
                                     rights_of(&mapping), mapping.name,
                                     mapping.program};
    uint64_t key = (uint64_t)pid << 32 | here.start;

    if (met->mapping_count == MAPPINGS_MET_MAX)
        forget_mappings(met);

    uint32_t id = keymap_find(&met->mapping_ids, key);

    if (id != KEYMAP_NONE &&
        same_mapping(&met->mappings[id - 1 - met->mappings_forgotten], &here))
        return id;
    id = add_mapping(met, key, &here);
    if (id == 0) {
        met->short_of_memory = true;
        return 0;
    }
    log_writer_note(met->writer,
                    &(struct log_note){
                        .kind = LOG_NOTE_MAPPING,
                        .number = id,
                        .pid = pid,
                        .start = here.start,
                        .end = here.end,
                        .id = log_met_program(met, mapping.program),
                        .text = here.rights,
                        .value = here.name == NULL ? "anonymous" : here.name});
    return id;
}
