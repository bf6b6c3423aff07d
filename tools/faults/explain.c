/* explain.c: one fault's story, as text or as a JSON object. */
#include <inttypes.h>
#include <string.h>

#include "faults/faults.h"
#include "faults/story.h"
#include "faults/words.h"
#include "paging.h"
#include "rows.h"

#define HELD_BY_BYTES 256u

/* ---- sentences that both forms have ---- */

static uint32_t entry(int64_t value)
{
    return value == LOG_NONE ? 0 : (uint32_t)value;
}

static bool by_user(const struct story *story)
{
    return (story->row.error & MMU_PF_U) != 0;
}

static enum refusal refusal(const struct story *story)
{
    return refusal_of((uint32_t)story->row.error, entry(story->row.pde_before),
                      entry(story->row.pte_before));
}

/* What the kernel did about a page that it gave, or did not give, a frame. */
static char *zero_text(const struct story *story, char *text)
{
    snprintf(text, WORDS_BYTES,
             "It zero-filled frame %" PRId64
             " and mapped it: the address belongs to the process's "
             "mapping \"%s\", whose pages get a frame of zeros when they are "
             "first touched.",
             story->row.frame_after, story->mapping.name);
    return text;
}

static char *file_text(const struct story *story, char *text)
{
    if (story->row.refs_before > 0)
        snprintf(text, WORDS_BYTES,
                 "It mapped frame %" PRId64
                 ", which holds this page of the program's file already: "
                 "the page is read-only, so one frame does for all.",
                 story->row.frame_after);
    else
        snprintf(text, WORDS_BYTES,
                 "It read the page of the program's file into frame %" PRId64
                 " and mapped it: the "
                 "program is read page by page, when it is first touched.",
                 story->row.frame_after);
    return text;
}

static char *copy_text(const struct story *story, char *text)
{
    snprintf(
        text, WORDS_BYTES,
        "It copied frame %" PRId64 " to frame %" PRId64
        " and mapped the copy writable: the "
        "page is copy-on-write and frame %" PRId64 " had %" PRId64
        " references, so that a write in place would have been seen by others.",
        story->row.frame_before, story->row.frame_after,
        story->row.frame_before, story->row.refs_before);
    return text;
}

static char *takeover_text(const struct story *story, char *text)
{
    snprintf(text, WORDS_BYTES,
             "It made the page writable in place: the page is copy-on-write, "
             "but this was the last "
             "reference to frame %" PRId64 ", so nothing need be copied.",
             story->row.frame_after);
    return text;
}

static char *refused_text(const struct story *story, char *text)
{
    const struct story_mapping *mapping = &story->mapping;
    char end[96] = "";
    const char *then =
        by_user(story)
            ? "It sent SIGSEGV"
            : "The system call that made the access fails with EFAULT";

    if (story->killed)
        snprintf(end, sizeof(end),
                 "; at %" PRId64 " the process was killed by signal %" PRId64,
                 story->kill_sequence, story->signal);
    if (!mapping->known)
        snprintf(text, WORDS_BYTES,
                 "%s: the address is in no mapping of the process%s.", then,
                 end);
    else
        snprintf(text, WORDS_BYTES,
                 "%s: the mapping \"%s\" (%s) does not allow %s%s.", then,
                 mapping->name, mapping->rights,
                 story->row.error & MMU_PF_W ? "writing" : "this access", end);
    return text;
}

static char *action_text(const struct story *story, char *text)
{
    switch (story->row.kind) {
    case LOG_DEMAND_ZERO:
        return zero_text(story, text);
    case LOG_FILE:
        return file_text(story, text);
    case LOG_COW_COPY:
        return copy_text(story, text);
    case LOG_COW_REUSE:
        return takeover_text(story, text);
    case LOG_SEGV:
        return refused_text(story, text);
    case LOG_OOM:
        snprintf(text, WORDS_BYTES,
                 "It killed the process: there was no frame left in memory to "
                 "serve it with.");
        return text;
    default:
        snprintf(text, WORDS_BYTES,
                 "This program does not know faults of kind %s.",
                 story->row.kind_name);
        return text;
    }
}

static const char *instruction_source(const struct story *story)
{
    return by_user(story) ? "the program's"
                          : "the kernel's own access to user memory";
}

/* Which processes held a frame: "process 2", "processes 2 and 3", "nobody". */
static char *who(const struct holders *holders, char *text, size_t text_bytes)
{
    char pids[HELD_BY_BYTES];

    holders_text(holders, pids, sizeof(pids));
    snprintf(text, text_bytes, "%s%s",
             pids[0] == '\0'             ? "nobody"
             : strchr(pids, ' ') != NULL ? "processes "
                                         : "process ",
             pids);
    return text;
}

/* ---- text ---- */

static void title(FILE *out, const char *text)
{
    bool coloured = rows_may_colour(out);

    fprintf(out, "\n%s%s%s\n", coloured ? "\033[1m" : "", text,
            coloured ? "\033[0m" : "");
}

#define TEXT_COLUMNS 78

/* Prints a sentence, indented and broken into lines. */
static void print_sentence(FILE *out, const char *sentence)
{
    int column = 0;

    while (*sentence != '\0') {
        int bytes = (int)strcspn(sentence, " ");

        if (column != 0 && column + 1 + bytes > TEXT_COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        column +=
            fprintf(out, "%s%.*s", column == 0 ? "  " : " ", bytes, sentence);
        sentence += bytes;
        sentence += strspn(sentence, " ");
    }
    fputc('\n', out);
}

/* Names of programs and symbols are somebody else's. */
static const char *plain(const char *text, char *copy, size_t copy_bytes)
{
    snprintf(copy, copy_bytes, "%s", text);
    for (char *at = copy; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return copy;
}

static void print_head(FILE *out, const struct story *story)
{
    const struct fault_row *row = &story->row;
    char program[128];

    fprintf(out, "Fault %" PRId64 ": %s\n", row->sequence, row->kind_name);
    fprintf(out, "  process %" PRId64, row->pid);
    if (story->program[0] != '\0')
        fprintf(out, " (%s)", plain(story->program, program, sizeof(program)));
    if (story->process != NULL && story->process->parent > 1)
        fprintf(out, ", a child of %" PRId64, story->process->parent);
    if (row->instructions != LOG_NONE)
        fprintf(out, ", after %" PRId64 " instructions", row->instructions);
    if (row->cycle != LOG_NONE)
        fprintf(out, ", at cycle %" PRId64, row->cycle);
    fprintf(out, ", at ring %d\n", by_user(story) ? 3 : 0);
}

static void print_line(FILE *out, struct inquiry *inquiry,
                       const struct story *story, unsigned i)
{
    const struct code_line *line = &story->code.lines[i];
    char bytes[INSN_MAX_BYTES * 3 + 1] = "";
    char symbol[SYMBOL_TEXT_BYTES];
    struct fault_row at = story->row;
    const char *name;

    for (uint32_t j = 0; j < line->byte_count; j++)
        snprintf(bytes + (size_t)j * 3, 4, "%02x ", line->bytes[j]);
    at.eip = line->linear;
    name = inquiry_symbol(inquiry, &at, symbol, sizeof(symbol));
    fprintf(out, "  %c 0x%08" PRIx32 "  %-22s %s",
            i == story->code.at ? '>' : ' ', line->linear, bytes, line->text);
    if (name != NULL && (i == story->code.at || strchr(name, '+') == NULL)) {
        char copy[SYMBOL_TEXT_BYTES];

        fprintf(out, "   <%s>", plain(name, copy, sizeof(copy)));
    }
    fputc('\n', out);
}

static void print_instruction(FILE *out, struct inquiry *inquiry,
                              const struct story *story)
{
    title(out, "The instruction");
    if (story->code.count == 0)
        fprintf(out, "  at 0x%08" PRIx64 ", %s%s\n", (uint64_t)story->row.eip,
                instruction_source(story),
                by_user(story) ? "; what is there could not be read" : "");
    for (unsigned i = 0; i < story->code.count; i++)
        print_line(out, inquiry, story, i);
}

static void print_bits(FILE *out, uint32_t value, unsigned from, unsigned count)
{
    for (unsigned i = from + count; i-- > from;)
        fputc(value >> i & 1 ? '1' : '0', out);
}

static void print_linear(FILE *out, const struct story *story)
{
    uint32_t linear = (uint32_t)story->row.linear;
    const struct story_mapping *mapping = &story->mapping;
    char name[64];

    title(out, "The linear address");
    fprintf(out, "  0x%08" PRIx32 " (CR2) = ", linear);
    print_bits(out, linear, 22, 10);
    fputc(' ', out);
    print_bits(out, linear, 12, 10);
    fputc(' ', out);
    print_bits(out, linear, 0, 12);
    fprintf(out,
            "\n  directory entry %" PRIu32 " (0x%" PRIx32
            "), table entry %" PRIu32 " (0x%" PRIx32 "), offset %" PRIu32
            " (0x%" PRIx32 ")\n",
            mmu_directory_index(linear), mmu_directory_index(linear),
            mmu_table_index(linear), mmu_table_index(linear),
            linear & ~MMU_PAGE_MASK, linear & ~MMU_PAGE_MASK);
    if (mapping->known)
        fprintf(
            out,
            "  in the mapping \"%s\", 0x%08" PRIx64 " to 0x%08" PRIx64 ", %s\n",
            plain(mapping->name, name, sizeof(name)), (uint64_t)mapping->start,
            (uint64_t)mapping->end - 1, mapping->rights);
    else
        fputs("  in no mapping of the process\n", out);
}

static void print_entry(FILE *out, const char *name, int64_t value,
                        const char *frame)
{
    char words[WORDS_BYTES];

    fprintf(out, "  %s 0x%08" PRIx32 ": %s\n", name, entry(value),
            entry_words(entry(value), frame, words, sizeof(words)));
}

static void print_entries(FILE *out, const struct story *story)
{
    const struct fault_row *row = &story->row;
    bool table = (entry(row->pde_before) & MMU_PTE_P) != 0;

    title(out, "The entries, as the processor met them");
    print_entry(out, "PDE", row->pde_before, "table in frame");
    if (table)
        print_entry(out, "PTE", row->pte_before, "frame");
    else
        fputs("  PTE: none, for there is no table\n", out);
    title(out, "Why the processor refused");
    print_sentence(out, refusal_words(refusal(story)));
}

static void print_error(FILE *out, const struct story *story)
{
    uint32_t error = (uint32_t)story->row.error;

    title(out, "The error code");
    fprintf(out, "  0x%" PRIx32 "\n", error);
    fprintf(out, "  bit 0, P    = %d: %s\n", (error & MMU_PF_P) != 0,
            error & MMU_PF_P
                ? "the page was present: it was refused by its rights"
                : "something on the way to the page was not present");
    fprintf(out, "  bit 1, W/R  = %d: the access was a %s\n",
            (error & MMU_PF_W) != 0,
            error & MMU_PF_W ? "write"
                             : "read, or the fetch of an instruction");
    fprintf(out, "  bit 2, U/S  = %d: the processor was at ring %s\n",
            (error & MMU_PF_U) != 0, error & MMU_PF_U ? "3" : "0, 1 or 2");
    fprintf(out, "  bit 3, RSVD = %d: %s\n", (error & MMU_PF_RSVD) != 0,
            error & MMU_PF_RSVD ? "a reserved bit was set in a present entry"
                                : "no reserved bit was at fault");
}

static void print_action(FILE *out, const struct story *story)
{
    const struct fault_row *row = &story->row;
    char words[WORDS_BYTES];

    title(out, "What the kernel did, and why");
    print_sentence(out, action_text(story, words));
    if (row->frame_after == LOG_NONE)
        return;
    print_entry(out, "PDE", row->pde_after, "table in frame");
    print_entry(out, "PTE", row->pte_after, "frame");
}

static void print_frame(FILE *out, const struct story_frame *frame)
{
    char before[HELD_BY_BYTES + 16];
    char after[HELD_BY_BYTES + 16];

    fprintf(out,
            "  frame %" PRId64
            " was mapped by %s before the fault, and by %s after it\n",
            frame->frame, who(&frame->before, before, sizeof(before)),
            who(&frame->after, after, sizeof(after)));
}

static void print_frames(FILE *out, const struct story *story)
{
    const struct fault_row *row = &story->row;
    int64_t counted =
        row->frame_before != LOG_NONE ? row->frame_before : row->frame_after;

    title(out, "The frame");
    if (counted == LOG_NONE) {
        fputs("  the page had none, and got none\n", out);
        return;
    }
    if (row->frame_after != LOG_NONE)
        fprintf(out,
                "  frame %" PRId64 " had %" PRId64
                " references before and %" PRId64 " after\n",
                counted, row->refs_before, row->refs_after);
    if (story->old.frame != LOG_NONE)
        print_frame(out, &story->old);
    if (story->new.frame != LOG_NONE)
        print_frame(out, &story->new);
}

static void print_page_fault(FILE *out, const struct fault_row *row,
                             const char *when)
{
    char words[WORDS_BYTES];
    char letters[ERROR_LETTERS_BYTES];

    fprintf(out, "  %-6s  %8" PRId64 "  %s (%s)  %s\n", when, row->sequence,
            row->kind_name,
            error_letters(row->error, letters) != NULL
                ? error_letters(row->error, letters)
                : "",
            event_words(row, 0, words, sizeof(words)));
}

static void print_page_faults(FILE *out, const struct story *story)
{
    char heading[64];

    snprintf(heading, sizeof(heading),
             "Faults on page 0x%08" PRIx64 ", in all processes",
             (uint64_t)story->row.linear & MMU_PAGE_MASK);
    title(out, heading);
    if (story->searched_from != LOG_NONE)
        fprintf(out, "  (from %" PRId64 " on; --page tells of all)\n",
                story->searched_from);
    for (unsigned i = 0; i < story->before_count; i++)
        print_page_fault(out, &story->before[i], "before");
    print_page_fault(out, &story->row, "this");
    for (unsigned i = 0; i < story->after_count; i++)
        print_page_fault(out, &story->after[i], "after");
    if (story->searched_to != LOG_NONE)
        fprintf(out, "  (up to %" PRId64 "; --page tells of all)\n",
                story->searched_to);
}

static void print_story(FILE *out, struct inquiry *inquiry,
                        const struct story *story)
{
    print_head(out, story);
    print_instruction(out, inquiry, story);
    print_linear(out, story);
    print_entries(out, story);
    print_error(out, story);
    print_action(out, story);
    print_frames(out, story);
    print_page_faults(out, story);
}

/* ---- JSON ---- */

static void json_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    if (text == NULL)
        fputs("null", out);
    else
        json_write_text(out, text);
}

static void json_number(FILE *out, const char *name, int64_t number)
{
    if (number == LOG_NONE)
        fprintf(out, ", \"%s\": null", name);
    else
        fprintf(out, ", \"%s\": %" PRId64, name, number);
}

static void json_code(FILE *out, const struct story *story)
{
    fputs(", \"code\": [", out);
    for (unsigned i = 0; i < story->code.count; i++) {
        const struct code_line *line = &story->code.lines[i];
        char bytes[INSN_MAX_BYTES * 2 + 1] = "";

        for (uint32_t j = 0; j < line->byte_count; j++)
            snprintf(bytes + (size_t)j * 2, 3, "%02x", line->bytes[j]);
        fprintf(out, "%s{\"linear\": %" PRIu32 ", \"faulting\": %s",
                i == 0 ? "" : ", ", line->linear,
                i == story->code.at ? "true" : "false");
        json_text(out, "bytes", bytes);
        json_text(out, "text", line->text);
        fputc('}', out);
    }
    fputc(']', out);
}

static void json_linear(FILE *out, const struct story *story)
{
    uint32_t linear = (uint32_t)story->row.linear;
    const struct story_mapping *mapping = &story->mapping;

    fprintf(out,
            ", \"linear\": {\"address\": %" PRIu32 ", \"directory\": %" PRIu32
            ", \"table\": %" PRIu32 ", \"offset\": %" PRIu32 "}",
            linear, mmu_directory_index(linear), mmu_table_index(linear),
            linear & ~MMU_PAGE_MASK);
    if (!mapping->known) {
        fputs(", \"mapping\": null", out);
        return;
    }
    fprintf(out, ", \"mapping\": {\"start\": %" PRId64 ", \"end\": %" PRId64,
            mapping->start, mapping->end);
    json_text(out, "rights", mapping->rights);
    json_text(out, "name", mapping->name);
    fputc('}', out);
}

static void json_entry(FILE *out, const char *name, int64_t before,
                       int64_t after, const char *frame)
{
    char words[WORDS_BYTES];

    fprintf(out, ", \"%s\": {\"before\": %" PRIu32, name, entry(before));
    json_text(out, "before_words",
              entry_words(entry(before), frame, words, sizeof(words)));
    json_number(out, "after", entry(after));
    json_text(out, "after_words",
              entry_words(entry(after), frame, words, sizeof(words)));
    fputc('}', out);
}

static void json_pids(FILE *out, const char *name,
                      const struct holders *holders)
{
    int64_t last = -1;

    fprintf(out, ", \"%s\": [", name);
    for (bool first = true;; first = false) {
        int64_t next = LOG_NONE;

        for (uint32_t i = 0; i < holders->count; i++)
            if (holders->list[i].pid > last &&
                (next == LOG_NONE || holders->list[i].pid < next))
                next = holders->list[i].pid;
        if (next == LOG_NONE)
            break;
        fprintf(out, "%s%" PRId64, first ? "" : ", ", next);
        last = next;
    }
    fputc(']', out);
}

static void json_frame(FILE *out, const char *name,
                       const struct story_frame *frame)
{
    if (frame->frame == LOG_NONE) {
        fprintf(out, ", \"%s\": null", name);
        return;
    }
    fprintf(out, ", \"%s\": {\"frame\": %" PRId64, name, frame->frame);
    json_pids(out, "held_before", &frame->before);
    json_pids(out, "held_after", &frame->after);
    fputc('}', out);
}

static void json_sequences(FILE *out, const char *name,
                           const struct fault_row *rows, unsigned count)
{
    fprintf(out, ", \"%s\": [", name);
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "%s%" PRId64, i == 0 ? "" : ", ", rows[i].sequence);
    fputc(']', out);
}

static void write_json(FILE *out, struct inquiry *inquiry,
                       const struct story *story)
{
    const struct fault_row *row = &story->row;
    char symbol[SYMBOL_TEXT_BYTES];
    char words[WORDS_BYTES];

    fprintf(out, "{\"sequence\": %" PRId64, row->sequence);
    json_text(out, "kind", row->kind_name);
    json_number(out, "pid", row->pid);
    json_number(out, "parent",
                story->process != NULL ? story->process->parent : LOG_NONE);
    json_text(out, "program", story->program);
    json_number(out, "cycle", row->cycle);
    json_number(out, "instructions", row->instructions);
    json_number(out, "eip", row->eip);
    json_text(out, "symbol",
              inquiry_symbol(inquiry, row, symbol, sizeof(symbol)));
    json_code(out, story);
    json_linear(out, story);
    json_entry(out, "pde", row->pde_before, row->pde_after, "table in frame");
    json_entry(out, "pte", row->pte_before, row->pte_after, "frame");
    json_text(out, "refusal", refusal_name(refusal(story)));
    json_text(out, "refusal_words", refusal_words(refusal(story)));
    fprintf(out,
            ", \"error\": {\"code\": %" PRId64
            ", \"p\": %d, \"w\": %d, \"u\": %d, \"rsvd\": %d}",
            row->error, (row->error & MMU_PF_P) != 0,
            (row->error & MMU_PF_W) != 0, (row->error & MMU_PF_U) != 0,
            (row->error & MMU_PF_RSVD) != 0);
    json_text(out, "action_words", action_text(story, words));
    json_number(out, "references_before", row->refs_before);
    json_number(out, "references_after", row->refs_after);
    json_frame(out, "old_frame", &story->old);
    json_frame(out, "new_frame", &story->new);
    json_sequences(out, "page_faults_before", story->before,
                   story->before_count);
    json_sequences(out, "page_faults_after", story->after, story->after_count);
    json_number(out, "page_faults_from", story->searched_from);
    json_number(out, "page_faults_to", story->searched_to);
    json_number(out, "killed_at",
                story->killed ? story->kill_sequence : LOG_NONE);
    fputs("}\n", out);
}

bool faults_explain(struct inquiry *inquiry, int64_t sequence)
{
    struct story story;
    bool good = story_read(inquiry, sequence, &story);

    if (good && inquiry->format == FORMAT_JSON)
        write_json(inquiry->out, inquiry, &story);
    else if (good)
        print_story(inquiry->out, inquiry, &story);
    story_free(&story);
    return good;
}
