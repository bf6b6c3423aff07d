/* log.c: see log.h. A fault is held until the event that says what was done
 * about it. */
#include "log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/logcontent.h"
#include "log/logmet.h"
#include "log/logwriter.h"
#include "machine/machine.h"
#include "machine/subjects.h"
#include "program/program.h"

struct log {
    struct log_writer *writer;
    struct machine *machine;
    struct subjects subjects;

    bool open; /* `fault` was raised, and nothing has been done about it yet */
    struct log_row fault;

    bool born; /* the first process */
    struct log_contents contents;
    struct log_met met;
    bool short_of_memory;
};

/* ---- rows ---- */

/* The current process, if it is `pid` and runs a program. */
static bool current(const struct log *log, uint32_t pid,
                    struct subject *subject)
{
    return log->subjects.current(log->subjects.arg, subject) &&
           subject->pid == pid && subject->program != NULL;
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
    if (fault->code_bytes == 0)
        return;
    fault->program = (uint32_t)process.program->id;
    log_met_code(&log->met, process.program, event->eip);
}

static struct log_row *add_row(struct log *log, const struct mmu_event *event,
                               enum log_row_kind kind)
{
    struct log_row *row = log_writer_row(log->writer);

    row->event = *event;
    row->kind = kind;
    row->mapping = 0;
    row->program = 0;
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
        log->fault.mapping =
            log_met_mapping(&log->met, event->pid, event->linear);
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
        log_contents_add(&log->contents, &log->fault, event->frame_after);
    close_fault(log, kind);
}

/* Something was done to a page: to service the open fault, or by the kernel's
 * own hand. */
static void fill(struct log *log, const struct mmu_event *event,
                 enum log_row_kind by_fault, enum log_row_kind by_hand)
{
    log_contents_mark(
        &log->contents, event->frame_after,
        event->kind == MMU_EVENT_COPY ||
            (event->kind == MMU_EVENT_TAKEOVER &&
             log_contents_is_copy(&log->contents, event->frame_after)));
    if (log->open && !event->in_kernel) {
        service(log, event, by_fault);
        return;
    }

    struct log_row *row = add_row(log, event, by_hand);

    if (by_hand == ROW_COPY)
        log_contents_add(&log->contents, row, event->frame_after);
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

    if (log_contents_is_copy(&log->contents, event->frame_before)) {
        log_contents_add(&log->contents, row, event->frame_before);
        log_contents_mark(&log->contents, event->frame_before,
                          event->refs_after != 0);
    }
}

static void fork_copy(struct log *log, const struct mmu_event *event)
{
    log_contents_mark(&log->contents, event->frame_after, true);
    log_contents_add(&log->contents, add_row(log, event, ROW_FORK_COPY),
                     event->frame_after);
}

/* ---- processes ---- */

static void birth(struct log *log, uint32_t pid, uint32_t parent,
                  struct program *program, uint64_t sequence)
{
    log_writer_note(log->writer, &(struct log_note){
                                     .kind = LOG_NOTE_BIRTH,
                                     .pid = pid,
                                     .parent = parent,
                                     .id = log_met_program(&log->met, program),
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
    log_writer_note(
        log->writer,
        &(struct log_note){.kind = LOG_NOTE_EXEC,
                           .pid = event->pid,
                           .id = log_met_program(&log->met, process.program),
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

/* The costs that are not the processor's own, as "trap=99,fork=5": the others
 * are known of the processor. */
static void note_costs(struct log *log, const struct machine_options *options)
{
    uint32_t own[COSTS];
    uint32_t chosen[COSTS];
    char text[COSTS * 32] = "";
    size_t at = 0;

    costs_choose(own, options->generation->id, NULL);
    costs_choose(chosen, options->generation->id, options->costs);
    for (int cost = 0; options->clocked && cost < COSTS; cost++)
        if (chosen[cost] != own[cost])
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s=%" PRIu32,
                                   at == 0 ? "" : ",",
                                   cost_row_of((enum cost)cost)->name,
                                   chosen[cost]);
    if (at != 0)
        note_text(log, "costs", text);
}

bool log_listen(struct log *log, struct machine *machine,
                const struct subjects *subjects, const struct log_run *run)
{
    const struct machine_options *options = &machine->options;

    log->machine = machine;
    log->subjects = *subjects;
    log_met_init(&log->met, log->writer, machine, subjects);
    if (!options->clocked)
        log_writer_unclocked(log->writer);
    note_text(log, "program", run->argv[0]);
    note_arguments(log, run->argv + 1);
    note_text(log, "policy", run->policy);
    note_text(log, "cpu", options->generation->name);
    note_number(log, "ram_frames", options->ram_frames);
    note_number(log, "clocked", options->clocked);
    note_text(log, "mmu386_version", run->version);
    note_costs(log, options);
    if (!log_contents_init(&log->contents, machine))
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

    if (good && (log->short_of_memory || log->met.short_of_memory)) {
        (void)snprintf(why, why_bytes, "%s", strerror(ENOMEM));
        good = false;
    }
    log_met_free(&log->met);
    log_contents_free(&log->contents);
    free(log);
    return good;
}

void log_drop(struct log *log)
{
    char why[256];

    log_writer_discard(log->writer);
    (void)log_free(log, why, sizeof why);
}
