/* story.c: see story.h. Of a long log only the blocks are read that have events
 * of the page or of the frame. */
#include "faults/story.h"

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "log/logschema.h"
#include "paging.h"

/* ---- blocks: the sequences among which a page's or a frame's events are
 * (logschema.h) ---- */

static int64_t block_of(int64_t sequence)
{
    return sequence >> LOGDB_BLOCK_SHIFT;
}

static int64_t block_first(int64_t block)
{
    return (int64_t)((uint64_t)block << LOGDB_BLOCK_SHIFT);
}

static int64_t block_last(int64_t block)
{
    return block_first(block) + (1 << LOGDB_BLOCK_SHIFT) - 1;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Prepares one of the two questions for blocks: of what, and from which block
 * on. */
static struct logstmt *ask_blocks(struct faultlog *log, const char *sql,
                                  int64_t what, int64_t block)
{
    struct logstmt *blocks = faultlog_prepare(log, sql);

    if (blocks == NULL)
        return NULL;
    logstmt_bind_int(blocks, 1, what);
    logstmt_bind_int(blocks, 2, block);
    return blocks;
}

/* Makes a statement ready for a range of sequences, its second and third
 * parameter. */
static void ask_range(struct logstmt *rows, int64_t what, int64_t first,
                      int64_t last)
{
    logstmt_reset(rows);
    logstmt_bind_int(rows, 1, what);
    logstmt_bind_int(rows, 2, first);
    logstmt_bind_int(rows, 3, last);
}

/* ---- who mapped a frame ---- */

/* Where the frame's life began: behind its last release before `sequence`. */
static int64_t life_begin(struct faultlog *log, int64_t frame, int64_t sequence)
{
    struct logstmt *blocks =
        ask_blocks(log,
                   "SELECT block FROM frame_blocks WHERE frame = ? AND block "
                   "<= ? ORDER BY block DESC",
                   frame, block_of(sequence));
    struct logstmt *rows = faultlog_prepare(
        log,
        "SELECT sequence FROM events WHERE frame_before = ? AND sequence "
        "BETWEEN ? AND ? AND "
        "refs_after = 0 AND kind = (SELECT id FROM kinds WHERE name = 'unmap') "
        "ORDER BY sequence DESC LIMIT 1");
    int64_t begin = 0;

    while (rows != NULL && begin == 0 && faultlog_step(log, blocks)) {
        int64_t block = logstmt_int(blocks, 0);

        ask_range(rows, frame, block_first(block),
                  smaller(block_last(block), sequence - 1));
        if (faultlog_step(log, rows))
            begin = logstmt_int(rows, 0);
    }
    logstmt_free(blocks);
    logstmt_free(rows);
    return begin;
}

/* What `row` does to who maps `frame`. */
static bool follow(struct inquiry *inquiry, struct holders *holders,
                   int64_t frame, const struct fault_row *row)
{
    struct reference_change change = reference_change_of(row);
    struct holder holder = {.pid = row->pid,
                            .linear = row->linear & MMU_PAGE_MASK,
                            .since = row->sequence};

    if (change.loses == frame)
        (void)holders_remove(holders, row->pid, holder.linear, NULL);
    if (change.gains != frame)
        return true;
    if (change.child)
        holder.pid = lineage_child(&inquiry->lineage, row->pid, row->sequence);
    if (holders_add(holders, &holder))
        return true;
    faultlog_no_memory(&inquiry->log);
    return false;
}

/* Who mapped the frame before `sequence`, by the events of its life. */
static bool read_holders(struct inquiry *inquiry, struct holders *holders,
                         int64_t frame, int64_t sequence)
{
    struct faultlog *log = &inquiry->log;
    int64_t begin = life_begin(log, frame, sequence);
    struct logstmt *blocks =
        ask_blocks(log,
                   "SELECT block FROM frame_blocks WHERE frame = ? AND block "
                   ">= ? ORDER BY block",
                   frame, block_of(begin));
    struct logstmt *events = faultlog_prepare(
        log, "SELECT " FAULT_ROW
             " FROM events WHERE (frame_after = ?1 OR frame_before = ?1) AND "
             "sequence BETWEEN ?2 AND ?3 ORDER BY sequence");
    struct fault_row row;
    bool good = events != NULL;

    while (good && faultlog_step(log, blocks)) {
        int64_t block = logstmt_int(blocks, 0);

        if (block > block_of(sequence))
            break;
        ask_range(events, frame, greater(block_first(block), begin + 1),
                  smaller(block_last(block), sequence - 1));
        while (good && faultlog_next(log, events, &row))
            good = follow(inquiry, holders, frame, &row);
    }
    logstmt_free(blocks);
    logstmt_free(events);
    return good && !log->failed;
}

static bool copy_holders(struct inquiry *inquiry, struct holders *to,
                         const struct holders *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        if (!holders_add(to, &from->list[i])) {
            faultlog_no_memory(&inquiry->log);
            return false;
        }
    return true;
}

/* `fresh`: it was taken for this fault, so that nobody can have had it. */
static bool read_frame(struct inquiry *inquiry, const struct fault_row *row,
                       int64_t frame, bool fresh, struct story_frame *into)
{
    into->frame = frame;
    if (frame == LOG_NONE)
        return true;
    return (fresh ||
            read_holders(inquiry, &into->before, frame, row->sequence)) &&
           copy_holders(inquiry, &into->after, &into->before) &&
           follow(inquiry, &into->after, frame, row);
}

static bool read_frames(struct inquiry *inquiry, struct story *story)
{
    const struct fault_row *row = &story->row;
    int64_t new =
        row->frame_after == row->frame_before ? LOG_NONE : row->frame_after;

    bool fresh = row->kind == LOG_COW_COPY || row->refs_before == 0;

    return read_frame(inquiry, row, row->frame_before, false, &story->old) &&
           read_frame(inquiry, row, new, fresh, &story->new);
}

/* ---- its surroundings ---- */

static void read_mapping(struct inquiry *inquiry, struct story *story)
{
    struct logstmt *rows = faultlog_prepare(
        &inquiry->log,
        "SELECT start, \"end\", rights, name FROM mappings WHERE id = ?");
    struct story_mapping *mapping = &story->mapping;

    if (rows != NULL && story->row.mapping != LOG_NONE)
        logstmt_bind_int(rows, 1, story->row.mapping);
    if (faultlog_step(&inquiry->log, rows)) {
        const char *rights = logstmt_text(rows, 2);
        const char *name = logstmt_text(rows, 3);

        mapping->known = true;
        mapping->start = logstmt_int(rows, 0);
        mapping->end = logstmt_int(rows, 1);
        snprintf(mapping->rights, sizeof(mapping->rights), "%s",
                 rights != NULL ? rights : "");
        snprintf(mapping->name, sizeof(mapping->name), "%s",
                 name != NULL ? name : "");
    }
    logstmt_free(rows);
}

/* Reads the faults on the row's page that are nearest to it, the nearest first,
 * as far as STORY_BLOCKS go; *end is set to the last sequence that was looked
 * at, or LOG_NONE where all were. */
static unsigned read_faults(struct inquiry *inquiry,
                            const struct fault_row *row, bool later,
                            struct fault_row faults[STORY_NEIGHBOURS],
                            int64_t *end)
{
    struct faultlog *log = &inquiry->log;
    int64_t page = row->linear >> MMU_PAGE_SHIFT;
    struct logstmt *blocks =
        ask_blocks(log,
                   later ? "SELECT block FROM page_blocks WHERE page = ? AND "
                           "block >= ? ORDER BY block"
                         : "SELECT block FROM page_blocks WHERE page = ? AND "
                           "block <= ? ORDER BY block DESC",
                   page, block_of(row->sequence));
    struct logstmt *rows = faultlog_prepare(
        log, later ? "SELECT " FAULT_ROW
                     " FROM events WHERE linear >> 12 = ? AND sequence "
                     "BETWEEN ? AND ? AND " ONLY_FAULTS " ORDER BY sequence"
                   : "SELECT " FAULT_ROW
                     " FROM events WHERE linear >> 12 = ? AND sequence "
                     "BETWEEN ? AND ? AND " ONLY_FAULTS
                     " ORDER BY sequence DESC");
    unsigned count = 0;
    unsigned searched = 0;

    *end = LOG_NONE;
    while (rows != NULL && count < STORY_NEIGHBOURS &&
           faultlog_step(log, blocks)) {
        int64_t block = logstmt_int(blocks, 0);

        if (searched++ == STORY_BLOCKS) {
            *end = later ? block_first(block) - 1 : block_last(block) + 1;
            break;
        }
        ask_range(rows, page,
                  later ? greater(block_first(block), row->sequence + 1)
                        : block_first(block),
                  later ? block_last(block)
                        : smaller(block_last(block), row->sequence - 1));
        while (count < STORY_NEIGHBOURS &&
               faultlog_next(log, rows, &faults[count]))
            count++;
    }
    logstmt_free(blocks);
    logstmt_free(rows);
    return count;
}

static void read_page_faults(struct inquiry *inquiry, struct story *story)
{
    struct fault_row latest_first[STORY_NEIGHBOURS];

    story->before_count = read_faults(inquiry, &story->row, false, latest_first,
                                      &story->searched_from);
    for (unsigned i = 0; i < story->before_count; i++)
        story->before[i] = latest_first[story->before_count - 1 - i];
    story->after_count = read_faults(inquiry, &story->row, true, story->after,
                                     &story->searched_to);
}

/* Whether the fault was the process's end. */
static void read_kill(struct inquiry *inquiry, struct story *story)
{
    struct logstmt *rows = faultlog_prepare(
        &inquiry->log, "SELECT " FAULT_ROW " FROM events WHERE pid = ? AND "
                       "sequence > ? ORDER BY sequence LIMIT 1");
    struct fault_row next;

    if (rows != NULL) {
        logstmt_bind_int(rows, 1, story->row.pid);
        logstmt_bind_int(rows, 2, story->row.sequence);
    }
    if (faultlog_next(&inquiry->log, rows, &next) && next.kind == LOG_KILL) {
        story->killed = true;
        story->kill_sequence = next.sequence;
        story->signal = next.value;
    }
    logstmt_free(rows);
}

bool story_read(struct inquiry *inquiry, int64_t sequence, struct story *story)
{
    char number[32];

    *story = (struct story){0};
    snprintf(number, sizeof(number), "%" PRId64, sequence);
    if (!faultlog_event(&inquiry->log, sequence, &story->row)) {
        if (!inquiry->log.failed)
            complain(number, "no event of that sequence is in this log");
        return false;
    }
    if (!story->row.is_fault || story->row.linear == LOG_NONE ||
        story->row.error == LOG_NONE) {
        complain(number,
                 "is the sequence of no fault but of an event of kind %s",
                 story->row.kind_name);
        return false;
    }
    story->process = lineage_process(&inquiry->lineage, story->row.pid);
    story->program = lineage_program_name(
        &inquiry->lineage,
        lineage_program(&inquiry->lineage, story->row.pid, sequence));
    read_mapping(inquiry, story);
    read_page_faults(inquiry, story);
    if (story->row.kind == LOG_SEGV || story->row.kind == LOG_OOM)
        read_kill(inquiry, story);
    return read_frames(inquiry, story) &&
           code_listing_make(inquiry, &story->row, &story->code) &&
           !inquiry->log.failed;
}

void story_free(struct story *story)
{
    holders_free(&story->old.before);
    holders_free(&story->old.after);
    holders_free(&story->new.before);
    holders_free(&story->new.after);
}
