/* check.c: what is wrong or wasteful in a log, found in one walk over its
 * events: each event is told to the verdicts that it concerns. */
#include "faults/faults.h"
#include "faults/verdicts.h"
#include "paging.h"

static void lose(struct check *check, int64_t number,
                 const struct fault_row *row)
{
    struct frame_life *frame = past_frame(&check->past, number);
    struct holder was;

    if (frame == NULL || !holders_remove(&frame->holders, row->pid,
                                         row->linear & MMU_PAGE_MASK, &was))
        return;
    if (row->kind != LOG_UNMAP) {
        /* Who copies was about to write: earlier copies were needed. This one
         * is on trial. */
        check_charge(check, frame, row);
        frame->copy_count = 0;
        check_copy(check, frame, row);
        return;
    }
    check_return(frame, row);
    check_kept(check, &was, row);
    if (row->refs_after == 0)
        check_release(check, frame, row);
}

static void gain(struct check *check, int64_t number,
                 const struct fault_row *row, int64_t pid)
{
    struct frame_life *frame = past_frame(&check->past, number);
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
        check->past.no_memory = true;
}

static void follow_fork(struct check *check, const struct fault_row *row)
{
    struct process_life *child = past_process(&check->past, row->value);

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
            ? past_frame(&check->past, row->frame_before)
            : NULL;

    if (frame != NULL)
        frame->copy_count = 0;
}

static void follow_share(struct check *check, const struct fault_row *row)
{
    struct frame_life *frame = row->frame_before != LOG_NONE
                                   ? past_frame(&check->past, row->frame_before)
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
    if (row->kind == LOG_FORK_COPY && pid != 0)
        check_fork_copy(check, pid, row);
    if (row->kind == LOG_FORK_SHARE)
        follow_share(check, row);
    if (row->kind == LOG_FORK)
        follow_fork(check, row);
    else if (row->kind == LOG_EXEC)
        check_exec(check, row);
}

static bool short_of_memory(const struct check *check)
{
    return check->past.no_memory || check->findings.no_memory;
}

static void walk(struct check *check)
{
    struct faultlog *log = &check->inquiry->log;
    struct logstmt *events = faultlog_prepare(
        log, "SELECT " FAULT_ROW " FROM events ORDER BY sequence");
    struct fault_row row;

    while (!short_of_memory(check) && faultlog_next(log, events, &row))
        follow(check, &row);
    logstmt_free(events);
    check_end(check);
}

bool faults_find(struct inquiry *inquiry, struct findings *findings)
{
    struct check check = {.inquiry = inquiry};

    walk(&check);
    if (short_of_memory(&check))
        faultlog_no_memory(&inquiry->log);
    past_free(&check.past);
    *findings = check.findings;
    return !inquiry->log.failed;
}

bool faults_check(struct inquiry *inquiry)
{
    struct findings findings;

    if (faults_find(inquiry, &findings) && !findings_write(&findings, inquiry))
        faultlog_no_memory(&inquiry->log);
    findings_free(&findings);
    return !inquiry->log.failed;
}
