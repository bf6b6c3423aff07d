/* chosen.c: see chosen.h. */
#include "export/chosen.h"

/* Goes to the next row that the filter takes. */
static void step(struct chosen *chosen)
{
    struct inquiry *inquiry = chosen->inquiry;

    while ((chosen->has_next = faultlog_step(&inquiry->log, chosen->rows))) {
        chosen->next = logstmt_int(chosen->rows, 0);
        if (inquiry_accepts(inquiry, logstmt_int(chosen->rows, 1),
                            faultlog_column(chosen->rows, 2), chosen->next))
            return;
    }
}

bool chosen_begin(struct chosen *chosen, struct inquiry *inquiry)
{
    const struct filter *filter = &inquiry->filter;

    *chosen = (struct chosen){.inquiry = inquiry};
    if (filter->count == 0 && filter->symbol == NULL)
        return true;
    chosen->rows = inquiry_select(inquiry, "sequence, pid, eip", "1");
    if (chosen->rows == NULL)
        return false;
    step(chosen);
    return !inquiry->log.failed;
}

void chosen_end(struct chosen *chosen)
{
    logstmt_free(chosen->rows);
    chosen->rows = NULL;
}

bool chosen_has(struct chosen *chosen, int64_t sequence)
{
    if (chosen->rows == NULL)
        return true;
    while (chosen->has_next && chosen->next < sequence)
        step(chosen);
    return chosen->has_next && chosen->next == sequence;
}
