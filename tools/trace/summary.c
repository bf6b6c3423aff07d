/* summary.c: how many accesses will come is not known. So stretches begin with
 * one access each; whenever there are more than SUMMARY_STRETCHES of them,
 * every two become one. */
#include "trace/summary.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "room.h"
#include "rows.h"

#define PAGES_MAX (4u << 20)

void trace_summary_init(struct trace_summary *summary)
{
    *summary = (struct trace_summary){.current = TRACE_FIRST_PID,
                                      .recent_key = UINT64_MAX,
                                      .stretch_accesses = 1};
}

void trace_summary_free(struct trace_summary *summary)
{
    keymap_free(&summary->processes);
    keymap_free(&summary->pages);
    free(summary->touched);
    trace_summary_init(summary);
}

/* ---- footprint ---- */

/* Every two of the bits become one, which is set if either was. */
static uint32_t halve_bits(uint32_t bits)
{
    uint32_t halved = 0;

    bits |= bits >> 1;
    for (unsigned i = 0; i < SUMMARY_STRETCHES; i += 2)
        halved |= (bits >> i & 1u) << i / 2;
    return halved;
}

static void double_stretches(struct trace_summary *summary)
{
    struct summary_stretch *stretches = summary->stretches;

    for (uint32_t i = 0; i < SUMMARY_STRETCHES / 2; i++) {
        stretches[i].accesses =
            stretches[2 * i].accesses + stretches[2 * i + 1].accesses;
        stretches[i].new_pages =
            stretches[2 * i].new_pages + stretches[2 * i + 1].new_pages;
    }
    memset(stretches + SUMMARY_STRETCHES / 2, 0,
           SUMMARY_STRETCHES / 2 * sizeof(*stretches));
    for (uint32_t i = 0; i < summary->pages.count; i++)
        summary->touched[i] = halve_bits(summary->touched[i]);
    summary->stretch = SUMMARY_STRETCHES / 2;
    summary->stretch_accesses *= 2;
}

/* An access begins. */
static void count_access(struct trace_summary *summary)
{
    if (summary->stretches[summary->stretch].accesses ==
            summary->stretch_accesses &&
        ++summary->stretch == SUMMARY_STRETCHES)
        double_stretches(summary);
    summary->stretches[summary->stretch].accesses++;
}

/* Makes room for one page more. */
static bool grow_touched(struct trace_summary *summary)
{
    uint32_t *touched;

    if (summary->pages.count >= PAGES_MAX)
        return false;
    touched = room_for(summary->touched, &summary->touched_room,
                       summary->pages.count, sizeof(*touched));
    if (touched != NULL)
        summary->touched = touched;
    return touched != NULL;
}

static bool touch_page(struct trace_summary *summary, uint32_t page)
{
    uint64_t key = (uint64_t)summary->current << 20 | page;

    if (key != summary->recent_key) {
        uint32_t count = summary->pages.count;

        if (!grow_touched(summary))
            return false;
        summary->recent = keymap_put(&summary->pages, key);
        if (summary->recent == KEYMAP_NONE)
            return false;
        summary->recent_key = key;
        if (summary->recent == count) {
            summary->touched[count] = 0;
            summary->stretches[summary->stretch].new_pages++;
        }
    }
    summary->touched[summary->recent] |= 1u << summary->stretch;
    return true;
}

/* Pages from the one of `linear` on; addresses are modulo 2^32. */
static bool touch(struct trace_summary *summary, uint32_t linear,
                  uint32_t bytes)
{
    uint32_t pages = ((linear & 0xFFFu) + (uint64_t)bytes + 0xFFFu) >> 12;

    for (uint32_t i = 0; i < pages; i++)
        if (!touch_page(summary, ((linear >> 12) + i) & 0xFFFFFu))
            return false;
    return true;
}

static void count_pages(struct trace_summary *summary)
{
    for (uint32_t i = 0; i < SUMMARY_STRETCHES; i++)
        summary->stretches[i].pages = 0;
    for (uint32_t page = 0; page < summary->pages.count; page++)
        for (uint32_t i = 0; i < SUMMARY_STRETCHES; i++)
            summary->stretches[i].pages += summary->touched[page] >> i & 1u;
}

/* ---- events ---- */

static bool add_access(struct trace_summary *summary, struct trace_slot slot,
                       uint32_t linear)
{
    switch (trace_slot_access(slot)) {
    case TRACE_READ:
        summary->reads++;
        break;
    case TRACE_WRITE:
        summary->writes++;
        break;
    case TRACE_MODIFY:
        summary->modifies++;
        break;
    }
    summary->supervisor += trace_slot_supervisor(slot);
    count_access(summary);
    return touch(summary, linear, trace_slot_bytes(slot));
}

static bool add_insn(struct trace_summary *summary,
                     const struct trace_shape *shape, uint32_t index)
{
    if (index == 0 && shape->again)
        return true;
    summary->fetches++;
    count_access(summary);
    return touch(summary, shape->linear + shape->insns[index].offset,
                 shape->insns[index].bytes);
}

static bool add_block(struct trace_summary *summary,
                      const struct trace_block *block)
{
    const struct trace_shape *shape = block->shape;
    uint32_t slot = 0;

    summary->clocks += block->clocks;
    summary->instructions += shape->insn_count;
    for (uint32_t i = 0; i < shape->insn_count || slot < shape->slot_count;
         i++) {
        if (i < shape->insn_count && !add_insn(summary, shape, i))
            return false;
        for (; slot < shape->slot_count && shape->slots[slot].insn <= i; slot++)
            if (!add_access(summary, shape->slots[slot],
                            block->addresses[slot]))
                return false;
    }
    return true;
}

static bool add_process(struct trace_summary *summary, uint32_t pid)
{
    return summary->processes.count < PAGES_MAX &&
           keymap_put(&summary->processes, pid) != KEYMAP_NONE;
}

bool trace_summary_add(struct trace_summary *summary,
                       const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BLOCK:
        return add_process(summary, summary->current) &&
               add_block(summary, &event->block);
    case TRACE_KERNEL:
        if (event->kernel.write)
            summary->kernel_writes++;
        else
            summary->kernel_reads++;
        return touch(summary, event->kernel.linear, event->kernel.bytes);
    case TRACE_SWITCH:
        summary->switches++;
        summary->current = event->pid;
        return add_process(summary, event->pid);
    case TRACE_FORK:
        summary->forks++;
        return add_process(summary, event->pid);
    case TRACE_EXEC:
        summary->execs++;
        return true;
    case TRACE_EXIT:
        summary->exits++;
        return true;
    default:
        return true;
    }
}

/* ---- writing ---- */

struct figure {
    const char *name;
    uint64_t number;
};

#define FIGURES 16u

/* What is counted of the whole trace. */
static void figures_of(const struct trace_summary *summary,
                       struct figure figures[FIGURES])
{
    const struct figure list[FIGURES] = {
        {"accesses", summary->fetches + summary->reads + summary->writes +
                         summary->modifies},
        {"fetches", summary->fetches},
        {"reads", summary->reads},
        {"writes", summary->writes},
        {"modifies", summary->modifies},
        {"supervisor", summary->supervisor},
        {"kernel_reads", summary->kernel_reads},
        {"kernel_writes", summary->kernel_writes},
        {"instructions", summary->instructions},
        {"clocks", summary->clocks},
        {"pages", summary->pages.count},
        {"processes", summary->processes.count},
        {"switches", summary->switches},
        {"forks", summary->forks},
        {"execs", summary->execs},
        {"exits", summary->exits},
    };

    memcpy(figures, list, sizeof(list));
}

/* Stretches with accesses. */
static uint32_t stretch_count(const struct trace_summary *summary)
{
    uint32_t count = 0;

    while (count < SUMMARY_STRETCHES && summary->stretches[count].accesses != 0)
        count++;
    return count;
}

static bool write_figures(const struct trace_summary *summary, FILE *file,
                          enum format as, const char *format, bool whole)
{
    static const struct column columns[] = {{.name = "counted"},
                                            {.name = "number", .right = true}};
    struct figure figures[FIGURES];
    struct rows rows;

    if (!rows_begin(&rows, file, as, columns, 2))
        return false;
    rows_add(&rows, (struct cell[]){cell_text("format"), cell_text(format)});
    rows_add(&rows, (struct cell[]){cell_text("whole"),
                                    cell_text(whole ? "yes" : "no")});
    figures_of(summary, figures);
    for (size_t i = 0; i < FIGURES; i++)
        rows_add(&rows,
                 (struct cell[]){cell_text(figures[i].name),
                                 cell_number((int64_t)figures[i].number)});
    return rows_end(&rows);
}

static bool write_stretches(const struct trace_summary *summary, FILE *file,
                            enum format as)
{
    static const struct column columns[] = {
        {.name = "from", .right = true},
        {.name = "accesses", .right = true},
        {.name = "pages", .right = true},
        {.name = "new", .right = true},
    };
    struct rows rows;

    if (!rows_begin(&rows, file, as, columns, 4))
        return false;
    for (uint32_t i = 0; i < stretch_count(summary); i++) {
        const struct summary_stretch *stretch = &summary->stretches[i];

        rows_add(&rows,
                 (struct cell[]){
                     cell_number((int64_t)(i * summary->stretch_accesses)),
                     cell_number((int64_t)stretch->accesses),
                     cell_number((int64_t)stretch->pages),
                     cell_number((int64_t)stretch->new_pages),
                 });
    }
    return rows_end(&rows);
}

static bool write_json(const struct trace_summary *summary, FILE *file,
                       const char *format, bool whole)
{
    json_t *object = json_object();
    json_t *footprint = json_array();
    struct figure figures[FIGURES];
    bool good = object != NULL && footprint != NULL;

    figures_of(summary, figures);
    good =
        json_object_set_new(object, "format", json_string(format)) == 0 && good;
    good =
        json_object_set_new(object, "whole", json_boolean(whole)) == 0 && good;
    for (size_t i = 0; i < FIGURES; i++)
        good = json_object_set_new(
                   object, figures[i].name,
                   json_integer((json_int_t)figures[i].number)) == 0 &&
               good;
    for (uint32_t i = 0; i < stretch_count(summary); i++) {
        const struct summary_stretch *stretch = &summary->stretches[i];
        uint64_t from = i * summary->stretch_accesses;

        good = json_array_append_new(
                   footprint,
                   json_pack("{s:I, s:I, s:I, s:I}", "from", (json_int_t)from,
                             "accesses", (json_int_t)stretch->accesses, "pages",
                             (json_int_t)stretch->pages, "new",
                             (json_int_t)stretch->new_pages)) == 0 &&
               good;
    }
    good = json_object_set_new(object, "footprint", footprint) == 0 && good;
    return output_json(file, object, JSON_INDENT(2), "\n") && good;
}

bool trace_summary_write(struct trace_summary *summary, FILE *file,
                         enum format as, const char *format, bool whole)
{
    count_pages(summary);
    if (as == FORMAT_JSON)
        return write_json(summary, file, format, whole);
    if (!write_figures(summary, file, as, format, whole))
        return false;
    (void)fputc('\n', file);
    return write_stretches(summary, file, as);
}
