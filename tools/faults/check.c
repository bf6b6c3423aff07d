/* check.c: what is wrong or wasteful in a log, found in one walk over its
 * events. Each kind of finding is a verdict with a name of its own; each
 * finding is a sentence and the sequences of the events that prove it. */
#define _POSIX_C_SOURCE 200809L
#include "faults/faults.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "faults/words.h"
#include "holders.h"
#include "paging.h"
#include "room.h"
#include "rows.h"

enum verdict {
    UNNEEDED_COPY,
    FORK_EXEC_COPIES,
    NO_PROGRESS,
    EQUAL_COPY,
    SHARED_TO_THE_END,
    VERDICTS,
};

static const struct {
    const char *name;
    const char *words; /* with how many findings there are before it */
    enum tone tone;
} verdicts[VERDICTS] = {
    [UNNEEDED_COPY] =
        {"unneeded-copy",
         "pages copied though no other process read or wrote them again",
         TONE_NOTED},
    [FORK_EXEC_COPIES] = {"fork-exec-copies",
                          "processes that executed a program after pages had "
                          "been copied for them or because of them",
                          TONE_NOTED},
    [NO_PROGRESS] = {"no-progress",
                     "instructions that faulted on a page again and again",
                     TONE_BAD},
    [EQUAL_COPY] =
        {"equal-copy",
         "copies given back with the contents that they were made with",
         TONE_NOTED},
    [SHARED_TO_THE_END] = {"shared-to-the-end",
                           "processes that gave pages back still shared: "
                           "frames that needed no copy",
                           TONE_GOOD},
};

#define PROOFS_MAX 8u

struct finding {
    enum verdict verdict;
    int64_t pid;
    int64_t linear;             /* or LOG_NONE */
    int64_t pages;              /* that it is about */
    int64_t proofs[PROOFS_MAX]; /* sequences; 0 behind the last */
    char *sentence;
};

/* A copy that was made of a frame which others kept. */
struct copy {
    int64_t sequence, pid, linear;
    int64_t to;                      /* the new frame */
    int64_t returns[PROOFS_MAX - 2]; /* how the others gave theirs back: the
                                        first of them */
    uint32_t return_count;
};

/* A frame from its allocation to its release. */
struct frame_life {
    struct holders holders;
    struct copy *copies; /* since when none of the others has touched it */
    uint32_t copy_count, copy_capacity;
    int64_t made; /* sequence of the copy that it is, or 0 */
    int64_t maker, linear, content;
    int64_t from;   /* the frame that it is a copy of */
    int64_t shared; /* sequence of the last fork that shared it, or 0 */
};

struct process_life {
    int64_t pid;
    int64_t forked, parent; /* sequence and pid; 0: not forked */
    bool executed;
    uint32_t copies_by_child, copies_by_parent, copies_at_fork;
    int64_t copies[PROOFS_MAX - 2]; /* the first of them */
    uint32_t kept;                  /* pages given back still shared */
    int64_t first_kept, last_kept;
    /* Its last fault, and how often it came in a row. */
    int64_t fault_page, fault_eip, fault_error;
    int64_t first_fault, last_fault;
    uint32_t fault_count;
    const char *fault_kind;
};

struct check {
    struct inquiry *inquiry;
    struct keymap frame_numbers;
    struct frame_life *frames;
    uint32_t frame_capacity;
    struct keymap process_numbers;
    struct process_life *processes;
    uint32_t process_capacity;
    struct finding *findings;
    uint32_t finding_count, finding_capacity;
    int64_t counts[VERDICTS], pages[VERDICTS];
    bool no_memory;
};

/* ---- the tables ---- */

static struct frame_life *frame_of(struct check *check, int64_t frame)
{
    uint32_t at = keymap_put(&check->frame_numbers, (uint64_t)frame);
    struct frame_life *more =
        at == KEYMAP_NONE ? NULL
                          : room_for(check->frames, &check->frame_capacity, at,
                                     sizeof(*more));

    if (more == NULL) {
        check->no_memory = true;
        return NULL;
    }
    check->frames = more;
    return &more[at];
}

static struct process_life *process_of(struct check *check, int64_t pid)
{
    uint32_t at = keymap_put(&check->process_numbers, (uint64_t)pid);
    struct process_life *more =
        at == KEYMAP_NONE ? NULL
                          : room_for(check->processes, &check->process_capacity,
                                     at, sizeof(*more));

    if (more == NULL) {
        check->no_memory = true;
        return NULL;
    }
    check->processes = more;
    more[at].pid = pid;
    return &more[at];
}

/* Adds a finding, whose sentence is made by `format`. */
__attribute__((format(printf, 3, 4))) static void
find(struct check *check, const struct finding *finding, const char *format,
     ...)
{
    struct finding *more = room_for(check->findings, &check->finding_capacity,
                                    check->finding_count, sizeof(*more));
    char sentence[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    if (more != NULL) {
        check->findings = more;
        more[check->finding_count] = *finding;
        more[check->finding_count].sentence = strdup(sentence);
    }
    if (more == NULL || more[check->finding_count].sentence == NULL) {
        check->no_memory = true;
        return;
    }
    check->finding_count++;
    check->counts[finding->verdict]++;
    check->pages[finding->verdict] += finding->pages;
}

static const char *program_at(const struct check *check, int64_t pid,
                              int64_t sequence)
{
    const struct lineage *lineage = &check->inquiry->lineage;
    const char *name =
        lineage_program_name(lineage, lineage_program(lineage, pid, sequence));

    return name[0] != '\0' ? name : "a program";
}

/* ---- unneeded-copy, equal-copy ---- */

static void remember_copy(struct check *check, struct frame_life *frame,
                          const struct fault_row *row)
{
    struct copy *more = room_for(frame->copies, &frame->copy_capacity,
                                 frame->copy_count, sizeof(*more));

    if (more == NULL) {
        check->no_memory = true;
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
static void release_frame(struct check *check, struct frame_life *frame,
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
        find(check, &finding,
             "Page 0x%08" PRIx64 " was copied from frame %" PRId64
             " to %" PRId64 " for process "
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
        find(check,
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
static void remember_return(struct frame_life *frame,
                            const struct fault_row *row)
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
static void charge_copy(struct check *check, const struct frame_life *frame,
                        const struct fault_row *row)
{
    struct process_life *process = process_of(check, row->pid);

    if (awaits_exec(process))
        count_copy(process, &process->copies_by_child, row->sequence);
    for (uint32_t i = 0; i < frame->holders.count; i++) {
        struct process_life *child =
            process_of(check, frame->holders.list[i].pid);

        if (awaits_exec(child) && child->parent == row->pid)
            count_copy(child, &child->copies_by_parent, row->sequence);
    }
}

static void check_exec(struct check *check, const struct fault_row *row)
{
    struct process_life *process = process_of(check, row->pid);

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
        find(check, &finding,
             "Process %" PRId64 ", forked by %" PRId64 " at %" PRId64
             ", executed %s at %" PRId64 "; %" PRIu32
             " pages had been copied in between (%" PRIu32
             " at the fork, %" PRIu32 " for the child, %" PRIu32
             " for its parent).",
             process->pid, process->parent, process->forked,
             program_at(check, process->pid, row->sequence), row->sequence,
             copies, process->copies_at_fork, process->copies_by_child,
             process->copies_by_parent);
    }
    process->executed = true;
}

/* ---- no-progress ---- */

static void end_repetition(struct check *check, struct process_life *process)
{
    if (process->fault_count > 1)
        find(check,
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

static void check_fault(struct check *check, const struct fault_row *row)
{
    struct process_life *process = process_of(check, row->pid);
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

/* What happens to the page otherwise makes a next fault on it another story. */
static void check_change(struct check *check, const struct fault_row *row)
{
    struct process_life *process = process_of(check, row->pid);

    if (process != NULL && process->fault_count > 0 &&
        (row->kind == LOG_EXEC ||
         process->fault_page == (row->linear & MMU_PAGE_MASK)))
        end_repetition(check, process);
}

/* ---- shared-to-the-end ---- */

/* A copy-on-write page given back while somebody else still has the frame: it
 * was never copied. */
static void check_kept(struct check *check, const struct holder *holder,
                       const struct fault_row *row)
{
    struct process_life *process =
        holder->pid == 0 ? NULL : process_of(check, holder->pid);

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
    find(check,
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

/* ---- the walk ---- */

static void lose(struct check *check, int64_t number,
                 const struct fault_row *row)
{
    struct frame_life *frame = frame_of(check, number);
    struct holder was;

    if (frame == NULL || !holders_remove(&frame->holders, row->pid,
                                         row->linear & MMU_PAGE_MASK, &was))
        return;
    if (row->kind != LOG_UNMAP) {
        /* Who copies was about to write: earlier copies were needed. This one
         * is on trial. */
        charge_copy(check, frame, row);
        frame->copy_count = 0;
        remember_copy(check, frame, row);
        return;
    }
    remember_return(frame, row);
    check_kept(check, &was, row);
    if (row->refs_after == 0)
        release_frame(check, frame, row);
}

static void gain(struct check *check, int64_t number,
                 const struct fault_row *row, int64_t pid)
{
    struct frame_life *frame = frame_of(check, number);
    bool copied = row->kind == LOG_COW_COPY || row->kind == LOG_COPY;

    if (frame == NULL)
        return;
    if (copied) {
        holders_clear(&frame->holders);
        frame->copy_count = 0;
        frame->made = row->content != LOG_NONE ? row->sequence : 0;
        frame->maker = row->pid;
        frame->linear = row->linear & MMU_PAGE_MASK;
        frame->content = row->content;
        frame->from = row->frame_before;
    }
    if (!holders_add(&frame->holders,
                     &(struct holder){.pid = pid,
                                      .linear = row->linear & MMU_PAGE_MASK,
                                      .since = row->sequence}))
        check->no_memory = true;
}

static void follow_fork(struct check *check, const struct fault_row *row)
{
    struct process_life *child = process_of(check, row->value);

    if (child == NULL)
        return;
    child->forked = row->sequence;
    child->parent = row->pid;
}

/* Events by which a frame is known to be in use, though they change no
 * reference. */
static void follow_touch(struct check *check, const struct fault_row *row)
{
    bool written = row->kind == LOG_COW_REUSE || row->kind == LOG_TAKEOVER;
    bool touched =
        (row->kind == LOG_FORK_SHARE || row->kind == LOG_FORK_COPY) &&
        (row->pte_before & MMU_PTE_A) != 0;
    struct frame_life *frame =
        (written || touched) && row->frame_before != LOG_NONE
            ? frame_of(check, row->frame_before)
            : NULL;

    if (frame != NULL)
        frame->copy_count = 0;
}

static void follow_share(struct check *check, const struct fault_row *row)
{
    struct frame_life *frame = row->frame_before != LOG_NONE
                                   ? frame_of(check, row->frame_before)
                                   : NULL;

    if (frame != NULL)
        frame->shared = row->sequence;
}

static void follow(struct check *check, const struct fault_row *row)
{
    struct reference_change change = reference_change_of(row);
    int64_t pid = row->pid;

    if (row->is_fault)
        check_fault(check, row);
    else if (row->linear != LOG_NONE || row->kind == LOG_EXEC)
        check_change(check, row);
    follow_touch(check, row);
    if (change.loses != LOG_NONE)
        lose(check, change.loses, row);
    if (change.child)
        pid = lineage_child(&check->inquiry->lineage, row->pid, row->sequence);
    if (change.gains != LOG_NONE)
        gain(check, change.gains, row, pid);
    if (row->kind == LOG_FORK_COPY && pid != 0) {
        struct process_life *child = process_of(check, pid);

        if (child != NULL)
            count_copy(child, &child->copies_at_fork, row->sequence);
    }
    if (row->kind == LOG_FORK_SHARE)
        follow_share(check, row);
    if (row->kind == LOG_FORK)
        follow_fork(check, row);
    else if (row->kind == LOG_EXEC)
        check_exec(check, row);
}

static void walk(struct check *check)
{
    struct faultlog *log = &check->inquiry->log;
    struct logstmt *events = faultlog_prepare(
        log, "SELECT " FAULT_ROW " FROM events ORDER BY sequence");
    struct fault_row row;

    while (!check->no_memory && faultlog_next(log, events, &row))
        follow(check, &row);
    logstmt_free(events);
    for (uint32_t i = 0; i < check->process_numbers.count && !check->no_memory;
         i++) {
        end_repetition(check, &check->processes[i]);
        tell_kept(check, &check->processes[i]);
    }
}

/* ---- the answer ---- */

static char *proofs_text(const struct finding *finding, char *text,
                         size_t text_bytes)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0;
         i < PROOFS_MAX && finding->proofs[i] != 0 && used < text_bytes; i++) {
        int written = snprintf(text + used, text_bytes - used, "%s%" PRId64,
                               i == 0 ? "" : " ", finding->proofs[i]);

        used += written > 0 ? (size_t)written : text_bytes;
    }
    return text;
}

static void print_title(const struct check *check, enum verdict verdict)
{
    FILE *out = check->inquiry->out;

    rows_write_bold(out, verdicts[verdict].name);
    fprintf(out, ": %" PRId64 " %s\n", check->counts[verdict],
            verdicts[verdict].words);
}

/* of each kind, in text, where the user does not say */
#define FINDINGS_SHOWN 10

static void print_findings(const struct check *check, enum verdict verdict)
{
    FILE *out = check->inquiry->out;
    int64_t limit = check->inquiry->limit == INT64_MAX ? FINDINGS_SHOWN
                                                       : check->inquiry->limit;
    int64_t shown = 0;
    char proofs[256];

    print_title(check, verdict);
    for (uint32_t i = 0; i < check->finding_count && shown < limit; i++) {
        const struct finding *finding = &check->findings[i];

        if (finding->verdict != verdict)
            continue;
        fprintf(out, "  %s [%s]\n", finding->sentence,
                proofs_text(finding, proofs, sizeof(proofs)));
        shown++;
    }
    if (check->counts[verdict] > shown)
        fprintf(out,
                "  ... and %" PRId64 " more (--limit=%" PRId64 " shows them)\n",
                check->counts[verdict] - shown, check->counts[verdict]);
    fputc('\n', out);
}

static void print_summary(const struct check *check)
{
    FILE *out = check->inquiry->out;

    fprintf(out,
            "In sum: %" PRId64 " pages copied without need, %" PRId64
            " copied between fork and exec, %" PRId64
            " copies whose contents stayed equal; "
            "%" PRId64 " faults without progress; %" PRId64 " frames (%" PRId64
            " KiB) saved by sharing to the end.\n",
            check->pages[UNNEEDED_COPY], check->pages[FORK_EXEC_COPIES],
            check->pages[EQUAL_COPY], check->pages[NO_PROGRESS],
            check->pages[SHARED_TO_THE_END],
            check->pages[SHARED_TO_THE_END] * (int64_t)(MMU_PAGE_SIZE / 1024));
}

static const struct column columns[] = {
    {.name = "verdict"}, {.name = "pid"},    {.name = "page"},
    {.name = "pages"},   {.name = "events"}, {.name = "sentence"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool write_findings(const struct check *check)
{
    int64_t left[VERDICTS];
    struct rows rows;

    for (unsigned i = 0; i < VERDICTS; i++)
        left[i] = check->inquiry->limit;
    if (!rows_begin(&rows, check->inquiry->out, check->inquiry->format, columns,
                    COLUMNS))
        return false;
    for (uint32_t i = 0; i < check->finding_count; i++) {
        const struct finding *finding = &check->findings[i];
        char proofs[256];
        const struct cell cells[COLUMNS] = {
            cell_text(verdicts[finding->verdict].name),
            cell_number(finding->pid),
            cell_hex(finding->linear, 8),
            cell_number(finding->pages),
            cell_text(proofs_text(finding, proofs, sizeof(proofs))),
            cell_text(finding->sentence),
        };

        if (left[finding->verdict]-- > 0)
            rows_add(&rows, cells);
    }
    return rows_end(&rows);
}

/* JSON's last line: how many findings and pages there are of each verdict. */
static void write_summary(const struct check *check)
{
    FILE *out = check->inquiry->out;

    fputs("{\"summary\": {", out);
    for (unsigned i = 0; i < VERDICTS; i++)
        fprintf(out,
                "%s\"%s\": {\"findings\": %" PRId64 ", \"pages\": %" PRId64 "}",
                i == 0 ? "" : ", ", verdicts[i].name, check->counts[i],
                check->pages[i]);
    fputs("}}\n", out);
}

static bool answer(const struct check *check)
{
    if (check->inquiry->format != FORMAT_TABLE) {
        if (!write_findings(check))
            return false;
        if (check->inquiry->format == FORMAT_JSON)
            write_summary(check);
        return true;
    }
    for (unsigned i = 0; i < VERDICTS; i++)
        print_findings(check, (enum verdict)i);
    print_summary(check);
    return true;
}

static void check_free(struct check *check)
{
    for (uint32_t i = 0;
         i < check->frame_numbers.count && i < check->frame_capacity; i++) {
        holders_free(&check->frames[i].holders);
        free(check->frames[i].copies);
    }
    free(check->frames);
    keymap_free(&check->frame_numbers);
    free(check->processes);
    keymap_free(&check->process_numbers);
    for (uint32_t i = 0; i < check->finding_count; i++)
        free(check->findings[i].sentence);
    free(check->findings);
}

bool faults_check(struct inquiry *inquiry)
{
    struct check check = {.inquiry = inquiry};

    walk(&check);
    if (check.no_memory || (!inquiry->log.failed && !answer(&check)))
        faultlog_no_memory(&inquiry->log);
    check_free(&check);
    return !inquiry->log.failed;
}
