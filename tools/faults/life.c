/* life.c: everything that happened to one page, in all processes, or to one
 * frame. */
#include "faults/faults.h"

#include "faults/words.h"
#include "holders.h"
#include "paging.h"
#include "rows.h"

#define HELD_BY_BYTES 256u

/* Who maps the frames that the events are about. */
struct lives {
    struct inquiry *inquiry;
    struct holder_table holders;
    int64_t life; /* of the one frame: 1 is the first one seen */
};

/* Follows the event. False where memory is short. */
static bool follow(struct lives *lives, const struct fault_row *row,
                   int64_t child)
{
    struct reference_change change = reference_change_of(row);
    int64_t page = row->linear & MMU_PAGE_MASK;

    if (change.loses != LOG_NONE) {
        struct holders *holders =
            holder_table_of(&lives->holders, change.loses);

        if (holders == NULL)
            return false;
        (void)holders_remove(holders, row->pid, page, NULL);
    }
    if (change.gains != LOG_NONE) {
        struct holders *holders =
            holder_table_of(&lives->holders, change.gains);

        if (holders == NULL)
            return false;
        return holders_add(
            holders, &(struct holder){.pid = change.child ? child : row->pid,
                                      .linear = page,
                                      .since = row->sequence});
    }
    return true;
}

/* The frame that the event leaves behind: whose holders are of interest. */
static int64_t frame_of(const struct fault_row *row)
{
    return row->frame_after != LOG_NONE ? row->frame_after : row->frame_before;
}

static const char *held_by(struct lives *lives, int64_t frame, char *text)
{
    const struct holders *holders =
        frame == LOG_NONE ? NULL : holder_table_find(&lives->holders, frame);

    return holders == NULL ? "" : holders_text(holders, text, HELD_BY_BYTES);
}

static const struct column columns[] = {
    {.name = "life", .right = true},
    {.name = "sequence", .right = true},
    {.name = "instructions", .right = true},
    {.name = "pid", .right = true},
    {.name = "kind"},
    {.name = "linear", .right = true},
    {.name = "bits"},
    {.name = "symbol"},
    {.name = "frame", .right = true, .pair = true},
    {.name = "references", .right = true, .pair = true},
    {.name = "held_by"},
    {.name = "what"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Writes the events of a statement; `frame` is the one whose lives are told, or
 * LOG_NONE. A page's rows have no life. */
static void write_lives(struct lives *lives, struct logstmt *events,
                        int64_t frame, struct rows *rows)
{
    struct inquiry *inquiry = lives->inquiry;
    size_t from = frame == LOG_NONE ? 1 : 0;
    int64_t left = inquiry->limit;
    struct fault_row row;

    while (left-- > 0 && faultlog_next(&inquiry->log, events, &row)) {
        char bits[ERROR_LETTERS_BYTES];
        char symbol[SYMBOL_TEXT_BYTES];
        char held[HELD_BY_BYTES];
        char what[WORDS_BYTES];
        struct reference_change change = reference_change_of(&row);
        int64_t child = change.child ? lineage_child(&inquiry->lineage, row.pid,
                                                     row.sequence)
                                     : 0;

        if (frame != LOG_NONE && change.gains == frame &&
            held_by(lives, frame, held)[0] == '\0')
            lives->life++;
        if (!follow(lives, &row, child)) {
            faultlog_no_memory(&inquiry->log);
            break;
        }

        const struct cell cells[COLUMNS] = {
            cell_number(lives->life),
            cell_number(row.sequence),
            cell_number(row.instructions),
            cell_number(row.pid),
            cell_toned(row.kind_name, kind_tone(row.kind)),
            cell_hex(row.linear, 8),
            cell_text(error_letters(row.error, bits)),
            cell_text(row.is_fault ? inquiry_symbol(inquiry, &row, symbol,
                                                    sizeof(symbol))
                                   : NULL),
            cell_pair(row.frame_before, row.frame_after),
            cell_pair(row.refs_before, row.refs_after),
            cell_text(held_by(lives, frame != LOG_NONE ? frame : frame_of(&row),
                              held)),
            cell_text(event_words(&row, child, what, sizeof(what))),
        };

        rows_add(rows, cells + from);
    }
}

/* `source`: the view of the events that are of interest. */
static bool tell_lives(struct inquiry *inquiry, const char *source,
                       int64_t frame)
{
    struct lives lives = {.inquiry = inquiry};
    struct logstmt *events =
        filter_select(&inquiry->filter, &inquiry->log, FAULT_ROW, source, "1");
    size_t from = frame == LOG_NONE ? 1 : 0;
    struct rows rows;

    if (events == NULL || !rows_begin(&rows, inquiry->out, inquiry->format,
                                      columns + from, COLUMNS - from)) {
        logstmt_free(events);
        faultlog_no_memory(&inquiry->log);
        return false;
    }
    write_lives(&lives, events, frame, &rows);
    if (!rows_end(&rows))
        faultlog_no_memory(&inquiry->log);
    holder_table_free(&lives.holders);
    logstmt_free(events);
    return !inquiry->log.failed;
}

bool faults_page(struct inquiry *inquiry, uint32_t page)
{
    filter_add(&inquiry->filter, "page = ?", page >> MMU_PAGE_SHIFT);
    return tell_lives(inquiry, "page_events", LOG_NONE);
}

bool faults_frame(struct inquiry *inquiry, uint32_t frame)
{
    filter_add(&inquiry->filter, "frame = ?", frame);
    return tell_lives(inquiry, "frame_events", frame);
}
