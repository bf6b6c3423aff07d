/* log.c: see log.h. A fault is held until the event that says what was done
 * about it. */
#include "log/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idmap.h"
#include "log/logwriter.h"
#include "machine/machine.h"
#include "machine/subjects.h"
#include "program/program.h"

/* What is remembered of what was met; programs are counted by the machine. */
#define CODE_PAGES_MAX   (1u << 19)
#define MAPPINGS_MET_MAX (1u << 18)

/* A mapping that a fault met. */
struct met_mapping {
    uint32_t start, end;
    const char *rights; /* static text, as the name */
    const char *name;
    const struct program *program;
};

struct log {
    struct log_writer *writer;
    struct machine *machine;
    struct subjects subjects;

    bool open; /* `fault` was raised, and nothing has been done about it yet */
    struct log_row fault;

    bool born;       /* the first process */
    uint8_t *copies; /* of each frame: whether it was made by copying another */

    /* A reference to each program that was met, and its place by its id. */
    struct idmap program_ids;
    struct program **programs;
    uint32_t program_count;

    struct idmap code_pages; /* the first CODE_PAGES_MAX of those that are in
                                the log */
    uint64_t last_code_page; /* the last one of them that was asked for */

    /* By pid and start; the mapping of an id is at id - 1 -
     * mappings_forgotten. */
    struct idmap mapping_ids;
    struct met_mapping *mappings;
    uint32_t mappings_forgotten;
    uint32_t mapping_count, mapping_capacity;
    bool short_of_memory;
};

/* ---- what a page holds ---- */

#define LANES 8u

/* A hash of a page's bytes: lanes that multiply and fold, so that none waits
 * for another. */
static uint64_t hash_page(const uint8_t *page)
{
    uint64_t lane[LANES];
    uint64_t hash = 0;

    for (uint32_t i = 0; i < LANES; i++)
        lane[i] = 0x9E3779B97F4A7C15u * (i + 1);
    for (uint32_t at = 0; at < MMU_PAGE_SIZE; at += sizeof lane) {
        /* Unrolled, the lanes are registers. */
#pragma GCC unroll 8
        for (uint32_t i = 0; i < LANES; i++) {
            uint64_t word;

            memcpy(&word, page + at + i * sizeof word, sizeof word);
            lane[i] = (lane[i] ^ word) * 0xD6E8FEB86659FD93u;
            lane[i] ^= lane[i] >> 32;
        }
    }
    for (uint32_t i = 0; i < LANES; i++) {
        hash = (hash ^ lane[i]) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    return hash;
}

/* Whoever records the run can make a replay's log the same. */
static void tell(const struct log *log, const struct trace_event *event)
{
    const struct action_sink *sink = &log->machine->actions.sink;

    if (sink->tell != NULL)
        sink->tell(sink->arg, event);
}

static void set_content(const struct log *log, struct log_row *row,
                        uint32_t frame)
{
    const struct content_source *source = &log->machine->contents;
    uint32_t page = row->event.linear & MMU_PAGE_MASK;

    if (frame >= log->machine->mem.frames)
        return;
    if (source->find != NULL) {
        row->has_content = source->find(source->arg, page, &row->content);
        return;
    }
    row->has_content = true;
    row->content = hash_page(mmu_physmem_frame(&log->machine->mem, frame));
    tell(log, &(struct trace_event){
                  .kind = TRACE_CONTENT,
                  .content = {.linear = page, .hash = row->content}});
}

static void mark_copy(struct log *log, uint32_t frame, bool copy)
{
    if (frame < log->machine->mem.frames)
        log->copies[frame] = copy;
}

static bool is_copy(const struct log *log, uint32_t frame)
{
    return frame < log->machine->mem.frames && log->copies[frame];
}

/* ---- programs, code, mappings ---- */

/* The current process, if it is `pid` and runs a program. */
static bool current(const struct log *log, uint32_t pid,
                    struct subject *subject)
{
    return log->subjects.current(log->subjects.arg, subject) &&
           subject->pid == pid && subject->program != NULL;
}

/* Notes a program that was not met before, and keeps it until the writer has
 * ended. Its id. */
static uint64_t meet_program(struct log *log, struct program *program)
{
    struct program **grown;

    if (program == NULL || idmap_find(&log->program_ids, program->id) != 0)
        return program == NULL ? 0 : program->id;
    grown = realloc(log->programs,
                    (log->program_count + 1) * sizeof(struct program *));
    if (grown != NULL)
        log->programs = grown;
    if (grown == NULL ||
        !idmap_put(&log->program_ids, program->id, log->program_count + 1)) {
        log->short_of_memory = true;
        return program->id;
    }
    log->programs[log->program_count++] = program_get(program);
    log_writer_note(log->writer, &(struct log_note){.kind = LOG_NOTE_PROGRAM,
                                                    .program = program});
    return program->id;
}

/* Code that a replay does not find in the program's file. */
static void tell_code(const struct log *log, uint32_t page, const uint8_t *code)
{
    struct subject_mapping mapping;

    if (log->subjects.mapping(log->subjects.arg, page, &mapping) &&
        mapping.program != NULL && !mapping.writable)
        return;
    for (uint32_t at = 0; at < MMU_PAGE_SIZE; at += TRACE_CODE_MAX)
        tell(log, &(struct trace_event){.kind = TRACE_CODE,
                                        .code = {.linear = page + at,
                                                 .bytes = TRACE_CODE_MAX,
                                                 .code = code + at}});
}

/* Notes the page of code that the fault's instruction is in. */
static void note_code_page(struct log *log, const struct program *program,
                           uint32_t eip)
{
    uint64_t key = program->id << 20 | eip >> MMU_PAGE_SHIFT;

    if (key == log->last_code_page || log->code_pages.count == CODE_PAGES_MAX ||
        idmap_find(&log->code_pages, key) != 0)
        return;

    struct log_note note = {.kind = LOG_NOTE_CODE,
                            .id = program->id,
                            .start = eip & MMU_PAGE_MASK,
                            .bytes = malloc(MMU_PAGE_SIZE)};

    if (note.bytes == NULL || !idmap_put(&log->code_pages, key, 1)) {
        log->short_of_memory = true;
        free(note.bytes);
        return;
    }
    log->last_code_page = key;
    if (cpu_read_code(log->machine->cpu, note.start, note.bytes,
                      MMU_PAGE_SIZE) != MMU_PAGE_SIZE) {
        free(note.bytes);
        return;
    }
    tell_code(log, note.start, note.bytes);
    log_writer_note(log->writer, &note);
}

/* Reads the instruction that faulted, where it is a program's and its page is
 * there: a fault of the fetch itself brings the page, so that it can be read
 * when the fault has been serviced. */
static void read_code(struct log *log, struct log_row *fault)
{
    const struct mmu_event *event = &fault->event;
    struct subject process;

    if (fault->code_bytes != 0 || !(event->error & MMU_PF_U) ||
        !current(log, event->pid, &process) || !process.has_memory)
        return;
    fault->code_bytes = (uint8_t)cpu_read_code(log->machine->cpu, event->eip,
                                               fault->code, sizeof fault->code);
    if (fault->code_bytes != 0)
        note_code_page(log, process.program, event->eip);
}

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
static void forget_mappings(struct log *log)
{
    log->mappings_forgotten += log->mapping_count;
    log->mapping_count = 0;
    idmap_free(&log->mapping_ids);
}

/* Gives the mapping the next id; 0 where memory is short. */
static uint32_t add_mapping(struct log *log, uint64_t key,
                            const struct met_mapping *mapping)
{
    if (log->mapping_count == log->mapping_capacity) {
        uint32_t capacity =
            log->mapping_capacity == 0 ? 64 : log->mapping_capacity * 2;
        struct met_mapping *grown =
            capacity == 0 ? NULL
                          : realloc(log->mappings, capacity * sizeof *grown);

        if (grown == NULL)
            return 0;
        log->mappings = grown;
        log->mapping_capacity = capacity;
    }
    uint32_t id = log->mappings_forgotten + log->mapping_count + 1;

    if (!idmap_put(&log->mapping_ids, key, id))
        return 0;
    log->mappings[log->mapping_count++] = *mapping;
    return id;
}

/* The id of the mapping that the fault of the current process is in, noted
 * where it was not met before; 0: none. */
static uint32_t meet_mapping(struct log *log, uint32_t pid, uint32_t linear)
{
    struct subject_mapping mapping;

    if (!log->subjects.mapping(log->subjects.arg, linear, &mapping))
        return 0;

    const struct met_mapping met = {mapping.start, mapping.end,
                                    rights_of(&mapping), mapping.name,
                                    mapping.program};
    uint64_t key = (uint64_t)pid << 32 | met.start;

    if (log->mapping_count == MAPPINGS_MET_MAX)
        forget_mappings(log);

    uint32_t id = idmap_find(&log->mapping_ids, key);

    if (id != 0 &&
        same_mapping(&log->mappings[id - 1 - log->mappings_forgotten], &met))
        return id;
    id = add_mapping(log, key, &met);
    if (id == 0) {
        log->short_of_memory = true;
        return 0;
    }
    log_writer_note(
        log->writer,
        &(struct log_note){.kind = LOG_NOTE_MAPPING,
                           .number = id,
                           .pid = pid,
                           .start = met.start,
                           .end = met.end,
                           .id = meet_program(log, mapping.program),
                           .text = met.rights,
                           .value = met.name == NULL ? "anonymous" : met.name});
    return id;
}

/* ---- rows ---- */

static struct log_row *add_row(struct log *log, const struct mmu_event *event,
                               enum log_row_kind kind)
{
    struct log_row *row = log_writer_row(log->writer);

    row->event = *event;
    row->kind = kind;
    row->mapping = 0;
    row->has_content = false;
    row->code_bytes = 0;
    return row;
}

static void close_fault(struct log *log, enum log_row_kind kind)
{
    log->open = false;
    log->fault.kind = kind;
    read_code(log, &log->fault);
    *log_writer_row(log->writer) = log->fault;
}

/* A fault that nothing was done about is one for which there was no frame. */
static void starve(struct log *log)
{
    if (log->open)
        close_fault(log, ROW_OOM);
}

/* References are those of the frame before, where there is one, else of the one
 * after: nothing is known of either until something is done. */
static void open_fault(struct log *log, const struct mmu_event *event)
{
    struct subject process;

    starve(log);
    log->open = true;
    log->fault = (struct log_row){.event = *event};
    log->fault.event.pde_after = event->pde_before;
    log->fault.event.pte_after = event->pte_before;
    log->fault.event.frame_after = event->frame_before;
    if (event->frame_before != 0) {
        log->fault.event.refs_before =
            mmu_frame_references(&log->machine->frames, event->frame_before);
        log->fault.event.refs_after = log->fault.event.refs_before;
    }
    read_code(log, &log->fault);
    if (current(log, event->pid, &process))
        log->fault.mapping = meet_mapping(log, event->pid, event->linear);
}

/* What became of the open fault, in its own row. */
static void service(struct log *log, const struct mmu_event *event,
                    enum log_row_kind kind)
{
    struct mmu_event *fault = &log->fault.event;

    fault->pde_after = event->pde_after;
    fault->pte_after = event->pte_after;
    fault->frame_after = event->frame_after;
    fault->refs_before = event->refs_before;
    fault->refs_after = event->refs_after;
    if (kind == ROW_COW_COPY)
        set_content(log, &log->fault, event->frame_after);
    close_fault(log, kind);
}

/* Something was done to a page: to service the open fault, or by the kernel's
 * own hand. */
static void fill(struct log *log, const struct mmu_event *event,
                 enum log_row_kind by_fault, enum log_row_kind by_hand)
{
    mark_copy(log, event->frame_after,
              event->kind == MMU_EVENT_COPY ||
                  (event->kind == MMU_EVENT_TAKEOVER &&
                   is_copy(log, event->frame_after)));
    if (log->open && !event->in_kernel) {
        service(log, event, by_fault);
        return;
    }

    struct log_row *row = add_row(log, event, by_hand);

    if (by_hand == ROW_COPY)
        set_content(log, row, event->frame_after);
}

/* The event that services the fault tells of it too. */
static void map(struct log *log, const struct mmu_event *event)
{
    if (!log->open ||
        event->linear != (log->fault.event.linear & MMU_PAGE_MASK))
        add_row(log, event, ROW_MAP);
}

static void unmap(struct log *log, const struct mmu_event *event)
{
    struct log_row *row = add_row(log, event, ROW_UNMAP);

    if (is_copy(log, event->frame_before)) {
        set_content(log, row, event->frame_before);
        mark_copy(log, event->frame_before, event->refs_after != 0);
    }
}

static void fork_copy(struct log *log, const struct mmu_event *event)
{
    mark_copy(log, event->frame_after, true);
    set_content(log, add_row(log, event, ROW_FORK_COPY), event->frame_after);
}

/* ---- processes ---- */

static void birth(struct log *log, uint32_t pid, uint32_t parent,
                  struct program *program, uint64_t sequence)
{
    log_writer_note(log->writer,
                    &(struct log_note){.kind = LOG_NOTE_BIRTH,
                                       .pid = pid,
                                       .parent = parent,
                                       .id = meet_program(log, program),
                                       .sequence = sequence});
}

/* No event tells of the first process; it is there from its first event on. */
static void note_first(struct log *log, const struct mmu_event *event)
{
    struct subject first;

    if (log->born || !log->subjects.first(log->subjects.arg, &first))
        return;
    log->born = true;
    birth(log, first.pid, first.parent_pid, NULL, event->sequence);
}

static void fork_process(struct log *log, const struct mmu_event *event)
{
    struct subject parent;
    bool known = current(log, event->pid, &parent);

    add_row(log, event, ROW_FORK);
    birth(log, event->value, event->pid, known ? parent.program : NULL,
          event->sequence);
}

static void exec(struct log *log, const struct mmu_event *event)
{
    struct subject process;

    add_row(log, event, ROW_EXEC);
    if (!current(log, event->pid, &process))
        return;
    log_writer_note(log->writer,
                    &(struct log_note){.kind = LOG_NOTE_EXEC,
                                       .pid = event->pid,
                                       .id = meet_program(log, process.program),
                                       .sequence = event->sequence});
}

static void exit_process(struct log *log, const struct mmu_event *event)
{
    add_row(log, event, ROW_EXIT);
    log_writer_note(log->writer,
                    &(struct log_note){.kind = LOG_NOTE_DEATH,
                                       .pid = event->pid,
                                       .number = event->value,
                                       .sequence = event->sequence});
}

/* ---- the stream ---- */

static void hear(void *listener, const struct mmu_event *event)
{
    struct log *log = listener;

    if (log_writer_failed(log->writer))
        return;
    note_first(log, event);
    switch (event->kind) {
    case MMU_EVENT_FAULT:
        open_fault(log, event);
        break;
    case MMU_EVENT_ZERO_FILL:
        fill(log, event, ROW_DEMAND_ZERO, ROW_ZERO_FILL);
        break;
    case MMU_EVENT_FILE:
        fill(log, event, ROW_FILE, ROW_MAP);
        break;
    case MMU_EVENT_COPY:
        fill(log, event, ROW_COW_COPY, ROW_COPY);
        break;
    case MMU_EVENT_TAKEOVER:
        fill(log, event, ROW_COW_REUSE, ROW_TAKEOVER);
        break;
    case MMU_EVENT_SEGV:
        if (log->open)
            close_fault(log, ROW_SEGV);
        break;
    case MMU_EVENT_FORK:
        fork_process(log, event);
        break;
    case MMU_EVENT_FORK_COPY:
        fork_copy(log, event);
        break;
    case MMU_EVENT_FORK_SHARE:
        add_row(log, event, ROW_FORK_SHARE);
        break;
    case MMU_EVENT_EXEC:
        exec(log, event);
        break;
    case MMU_EVENT_EXIT:
        starve(log);
        exit_process(log, event);
        break;
    case MMU_EVENT_KILL:
        starve(log);
        add_row(log, event, ROW_KILL);
        break;
    case MMU_EVENT_MAP:
        map(log, event);
        break;
    case MMU_EVENT_UNMAP:
        unmap(log, event);
        break;
    case MMU_EVENT_PROTECT:
        add_row(log, event, ROW_PROTECT);
        break;
    case MMU_EVENT_FLUSH:
        add_row(log, event, ROW_FLUSH);
        break;
    case MMU_EVENT_INVALIDATE:
        add_row(log, event, ROW_INVALIDATE);
        break;
    case MMU_EVENT_KINDS:
        break;
    }
}

/* ---- from making to closing ---- */

struct log *log_new(const char *path, bool force, char *why, size_t why_bytes)
{
    struct log *log = calloc(1, sizeof *log);

    (void)snprintf(why, why_bytes, "%s", strerror(ENOMEM));
    if (log == NULL)
        return NULL;
    log->writer = log_writer_new(path, force, why, why_bytes);
    if (log->writer != NULL)
        return log;
    free(log);
    return NULL;
}

static void note_number(struct log *log, const char *name, int64_t number)
{
    log_writer_note(log->writer, &(struct log_note){.kind = LOG_NOTE_PARAMETER,
                                                    .text = name,
                                                    .number = number});
}

/* `text` is copied. */
static void note_text(struct log *log, const char *name, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        log->short_of_memory = true;
    else
        log_writer_note(log->writer,
                        &(struct log_note){.kind = LOG_NOTE_PARAMETER,
                                           .text = name,
                                           .value = copy,
                                           .bytes = copy});
}

/* The arguments with a space between them. */
static void note_arguments(struct log *log, char *const arguments[])
{
    size_t bytes = 1;
    char *joined;

    for (size_t i = 0; arguments[i] != NULL; i++)
        bytes += strlen(arguments[i]) + 1;
    joined = calloc(bytes, 1);
    if (joined == NULL) {
        log->short_of_memory = true;
        return;
    }
    for (size_t i = 0, at = 0; arguments[i] != NULL; i++)
        at += (size_t)snprintf(joined + at, bytes - at, "%s%s",
                               i == 0 ? "" : " ", arguments[i]);
    note_text(log, "arguments", joined);
    free(joined);
}

bool log_listen(struct log *log, struct machine *machine,
                const struct subjects *subjects, const struct log_run *run)
{
    const struct machine_options *options = &machine->options;

    log->machine = machine;
    log->subjects = *subjects;
    log->copies = calloc(machine->mem.frames, 1);
    if (!options->clocked)
        log_writer_unclocked(log->writer);
    note_text(log, "program", run->argv[0]);
    note_arguments(log, run->argv + 1);
    note_text(log, "policy", run->policy);
    note_text(log, "cpu", options->generation->name);
    note_number(log, "ram_frames", options->ram_frames);
    note_number(log, "clocked", options->clocked);
    note_text(log, "mmu386_version", run->version);
    if (log->copies == NULL)
        return false;
    machine_listen(machine,
                   (struct mmu_event_sink){.emit = hear, .listener = log});
    return true;
}

void log_complete(struct log *log, int wait_status)
{
    starve(log);
    note_number(log, "exit_status", wait_status);
    note_number(log, "events", (int64_t)log_writer_rows(log->writer));
    note_number(log, "complete", 1);
}

bool log_free(struct log *log, char *why, size_t why_bytes)
{
    bool good = log_writer_free(log->writer, why, why_bytes);

    if (good && log->short_of_memory) {
        (void)snprintf(why, why_bytes, "%s", strerror(ENOMEM));
        good = false;
    }
    for (uint32_t i = 0; i < log->program_count; i++)
        program_put(log->programs[i]);
    free(log->programs);
    free(log->mappings);
    free(log->copies);
    idmap_free(&log->program_ids);
    idmap_free(&log->code_pages);
    idmap_free(&log->mapping_ids);
    free(log);
    return good;
}

void log_drop(struct log *log)
{
    char why[256];

    log_writer_discard(log->writer);
    (void)log_free(log, why, sizeof why);
}
