/* verdicts.c: see verdicts.h. */
#include "faults/verdicts.h"

#include <inttypes.h>
#include <string.h>

#include "paging.h"
#include "room.h"

_Static_assert(PAST_EVENTS + 2 == PROOFS_MAX,
               "of what proves a finding the first and the last are others");

static const char *program_at(const struct check *check, int64_t pid,
                              int64_t sequence)
{
    const struct lineage *lineage = &check->inquiry->lineage;
    const char *name =
        lineage_program_name(lineage, lineage_program(lineage, pid, sequence));

    return name[0] != '\0' ? name : "a program";
}

/* ---- unneeded-copy, equal-copy ---- */

void check_copy(struct check *check, struct frame_life *frame,
                const struct fault_row *row)
{
    struct copy *more = room_for(frame->copies, &frame->copy_capacity,
                                 frame->copy_count, sizeof(*more));

    if (more == NULL) {
        check->past.no_memory = true;
        return;
    }
    frame->copies = more;
    more[frame->copy_count++] =
        (struct copy){.sequence = row->sequence,
                      .pid = row->pid,
                      .linear = row->linear & MMU_PAGE_MASK,
                      .to = row->frame_after};
}

/* The others' entries had A clear from the fork on: none of them has touched
 * the page. */
void check_release(struct check *check, struct frame_life *frame,
                   const struct fault_row *row)
{
    for (uint32_t i = 0; i < frame->copy_count; i++) {
        const struct copy *copy = &frame->copies[i];

        struct finding finding = {.verdict = UNNEEDED_COPY,
                                  .pid = copy->pid,
                                  .linear = copy->linear,
                                  .pages = 1,
                                  .proofs = {frame->shared, copy->sequence}};

        memcpy(finding.proofs + 2, copy->returns, sizeof(copy->returns));
        findings_add(
            &check->findings, &finding,
            "Page 0x%08" PRIx64 " was copied from frame %" PRId64 " to %" PRId64
            " for process "
            "%" PRId64 " at %" PRId64
            ", but nobody else read or wrote frame %" PRId64
            " after the fork that shared it at %" PRId64
            ": A was clear when it was given back, for the last time at "
            "%" PRId64 ".",
            copy->linear, row->frame_before, copy->to, copy->pid,
            copy->sequence, row->frame_before, frame->shared, row->sequence);
    }
    if (frame->made != 0 && row->content != LOG_NONE &&
        row->content == frame->content)
        findings_add(
            &check->findings,
            &(struct finding){.verdict = EQUAL_COPY,
                              .pid = frame->maker,
                              .linear = frame->linear,
                              .pages = 1,
                              .proofs = {frame->made, row->sequence}},
            "Frame %" PRId64 ", copied from frame %" PRId64
            " for process %" PRId64 " at %" PRId64 " (page 0x%08" PRIx64
            "), had the same contents when it was given back at %" PRId64 ".",
            row->frame_before, frame->from, frame->maker, frame->made,
            frame->linear, row->sequence);
    frame->copy_count = 0;
    frame->made = 0;
    frame->shared = 0;
    holders_clear(&frame->holders);
}

/* An entry is gone: with A set its process may have used the page, else it
 * surely has not. */
void check_return(struct frame_life *frame, const struct fault_row *row)
{
    if (row->pte_before & MMU_PTE_A)
        frame->copy_count = 0;
    for (uint32_t i = 0; i < frame->copy_count; i++) {
        struct copy *copy = &frame->copies[i];

        if (copy->return_count <
            sizeof(copy->returns) / sizeof(copy->returns[0]))
            copy->returns[copy->return_count++] = row->sequence;
    }
}

/* ---- fork-exec-copies ---- */

static void count_copy(struct process_life *process, uint32_t *count,
                       int64_t sequence)
{
    uint32_t all = process->copies_by_child + process->copies_by_parent +
                   process->copies_at_fork;

    if (all < sizeof(process->copies) / sizeof(process->copies[0]))
        process->copies[all] = sequence;
    (*count)++;
}

static bool awaits_exec(const struct process_life *process)
{
    return process != NULL && process->forked != 0 && !process->executed;
}

/* A copy by the child itself, or by its parent of a page that the child still
 * shares. */
void check_charge(struct check *check, const struct frame_life *frame,
                  const struct fault_row *row)
{
    struct process_life *process = past_process(&check->past, row->pid);

    if (awaits_exec(process))
        count_copy(process, &process->copies_by_child, row->sequence);
    for (uint32_t i = 0; i < frame->holders.count; i++) {
        struct process_life *child =
            past_process(&check->past, frame->holders.list[i].pid);

        if (awaits_exec(child) && child->parent == row->pid)
            count_copy(child, &child->copies_by_parent, row->sequence);
    }
}

void check_fork_copy(struct check *check, int64_t child,
                     const struct fault_row *row)
{
    struct process_life *process = past_process(&check->past, child);

    if (process != NULL)
        count_copy(process, &process->copies_at_fork, row->sequence);
}

void check_exec(struct check *check, const struct fault_row *row)
{
    struct process_life *process = past_process(&check->past, row->pid);

    if (process == NULL)
        return;

    uint32_t copies = process->copies_by_child + process->copies_by_parent +
                      process->copies_at_fork;

    if (awaits_exec(process) && copies > 0) {
        struct finding finding = {.verdict = FORK_EXEC_COPIES,
                                  .pid = process->pid,
                                  .linear = LOG_NONE,
                                  .pages = copies,
                                  .proofs = {process->forked}};
        uint32_t shown = 1;

        for (; shown <= copies && shown < PROOFS_MAX - 1; shown++)
            finding.proofs[shown] = process->copies[shown - 1];
        finding.proofs[shown] = row->sequence;
        findings_add(&check->findings, &finding,
                     "Process %" PRId64 ", forked by %" PRId64 " at %" PRId64
                     ", executed %s at %" PRId64 "; %" PRIu32
                     " pages had been copied in between (%" PRIu32
                     " at the fork, %" PRIu32 " for the child, %" PRIu32
                     " for its parent).",
                     process->pid, process->parent, process->forked,
                     program_at(check, process->pid, row->sequence),
                     row->sequence, copies, process->copies_at_fork,
                     process->copies_by_child, process->copies_by_parent);
    }
    process->executed = true;
}

/* ---- no-progress ---- */

static void end_repetition(struct check *check, struct process_life *process)
{
    if (process->fault_count > 1)
        findings_add(
            &check->findings,
            &(struct finding){
                .verdict = NO_PROGRESS,
                .pid = process->pid,
                .linear = process->fault_page,
                .pages = process->fault_count - 1,
                .proofs = {process->first_fault, process->last_fault}},
            "Process %" PRId64 " faulted %" PRIu32
            " times in a row on page 0x%08" PRIx64 " at eip 0x%08" PRIx64
            " with error 0x%" PRIx64 ", from %" PRId64 " to %" PRId64
            ", and nothing changed the page in between (the last was %s).",
            process->pid, process->fault_count, (uint64_t)process->fault_page,
            (uint64_t)process->fault_eip, (uint64_t)process->fault_error,
            process->first_fault, process->last_fault, process->fault_kind);
    process->fault_count = 0;
}

void check_fault(struct check *check, const struct fault_row *row)
{
    struct process_life *process = past_process(&check->past, row->pid);
    int64_t page = row->linear & MMU_PAGE_MASK;

    if (process == NULL)
        return;
    if (process->fault_count == 0 || process->fault_page != page ||
        process->fault_eip != row->eip || process->fault_error != row->error) {
        end_repetition(check, process);
        process->fault_page = page;
        process->fault_eip = row->eip;
        process->fault_error = row->error;
        process->first_fault = row->sequence;
    }
    process->fault_count++;
    process->last_fault = row->sequence;
    process->fault_kind = row->kind_name;
}

void check_change(struct check *check, const struct fault_row *row)
{
    struct process_life *process = past_process(&check->past, row->pid);

    if (process != NULL && process->fault_count > 0 &&
        (row->kind == LOG_EXEC ||
         process->fault_page == (row->linear & MMU_PAGE_MASK)))
        end_repetition(check, process);
}

/* ---- shared-to-the-end ---- */

void check_kept(struct check *check, const struct holder *holder,
                const struct fault_row *row)
{
    struct process_life *process =
        holder->pid == 0 ? NULL : past_process(&check->past, holder->pid);

    if (process == NULL || row->refs_before < 2 ||
        !(row->pte_before & (MMU_PTE_COW | MMU_PTE_SHARED)))
        return;
    if (process->kept++ == 0)
        process->first_kept = row->sequence;
    process->last_kept = row->sequence;
}

static void tell_kept(struct check *check, const struct process_life *process)
{
    char origin[96] = "";

    if (process->kept == 0)
        return;
    if (process->forked != 0)
        snprintf(origin, sizeof(origin),
                 ", forked by %" PRId64 " at %" PRId64 ",", process->parent,
                 process->forked);
    findings_add(
        &check->findings,
        &(struct finding){.verdict = SHARED_TO_THE_END,
                          .pid = process->pid,
                          .linear = LOG_NONE,
                          .pages = process->kept,
                          .proofs = {process->first_kept, process->last_kept}},
        "Process %" PRId64 "%s gave %" PRIu32
        " pages back while their frames were still shared, "
        "from %" PRId64 " to %" PRId64 ": %" PRIu32
        " KiB that were never copied.",
        process->pid, origin, process->kept, process->first_kept,
        process->last_kept, process->kept * (MMU_PAGE_SIZE / 1024));
}

/* ---- the end ---- */

void check_end(struct check *check)
{
    for (uint32_t i = 0; i < check->past.process_numbers.count &&
                         !check->past.no_memory && !check->findings.no_memory;
         i++) {
        end_repetition(check, &check->past.processes[i]);
        tell_kept(check, &check->past.processes[i]);
    }
}
