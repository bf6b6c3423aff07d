/* explain.c: one fault's story, as text. */
#include <inttypes.h>
#include <string.h>

#include "faults/faults.h"
#include "faults/sourcetext.h"
#include "faults/story.h"
#include "faults/storyjson.h"
#include "faults/storywords.h"
#include "paging.h"
#include "rows.h"

#define HELD_BY_BYTES 256u
#define SOURCE_SHOWN  128u

static void title(FILE *out, const char *text)
{
    fputc('\n', out);
    rows_write_bold(out, text);
    fputc('\n', out);
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
    rows_make_printable(copy);
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
    fprintf(out, ", at ring %d\n", story_by_user(story) ? 3 : 0);
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

static const char *instruction_source(const struct story *story)
{
    return story_by_user(story) ? "the program's"
                                : "the kernel's own access to user memory";
}

/* The path of its file is somebody else's as well. */
static void print_source(FILE *out, struct inquiry *inquiry,
                         const struct story *story)
{
    struct log_line line;
    char path[LINE_FILE_BYTES];
    char text[SOURCE_SHOWN];

    if (!inquiry_line(inquiry, &story->row, &line))
        return;
    fprintf(out, "  from %s:%" PRId64 "\n",
            plain(line.file, path, sizeof(path)), line.line);
    if (source_text_read(line.file, line.line, text, sizeof(text)))
        fprintf(out, "    %s\n    (as that file of this host is now)\n", text);
}

static void print_instruction(FILE *out, struct inquiry *inquiry,
                              const struct story *story)
{
    title(out, "The instruction");
    if (story->code.count == 0)
        fprintf(out, "  at 0x%08" PRIx64 ", %s%s\n", (uint64_t)story->row.eip,
                instruction_source(story),
                story_by_user(story) ? "; what is there could not be read"
                                     : "");
    for (unsigned i = 0; i < story->code.count; i++)
        print_line(out, inquiry, story, i);
    print_source(out, inquiry, story);
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

    fprintf(out, "  %s 0x%08" PRIx32 ": %s\n", name, story_entry(value),
            entry_words(story_entry(value), frame, words, sizeof(words)));
}

static void print_entries(FILE *out, const struct story *story)
{
    const struct fault_row *row = &story->row;
    bool table = (story_entry(row->pde_before) & MMU_PTE_P) != 0;

    title(out, "The entries, as the processor met them");
    print_entry(out, "PDE", row->pde_before, "table in frame");
    if (table)
        print_entry(out, "PTE", row->pte_before, "frame");
    else
        fputs("  PTE: none, for there is no table\n", out);
    title(out, "Why the processor refused");
    print_sentence(out, refusal_words(story_refusal(story)));
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
    print_sentence(out, story_action(story, words));
    if (row->frame_after == LOG_NONE)
        return;
    print_entry(out, "PDE", row->pde_after, "table in frame");
    print_entry(out, "PTE", row->pte_after, "frame");
}

/* Which processes helda frame: "process 2", "processes 2 and 3", "nobody". */
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

bool faults_explain(struct inquiry *inquiry, int64_t sequence)
{
    struct story story;
    bool good = story_read(inquiry, sequence, &story);

    if (good && inquiry->format == FORMAT_JSON)
        story_write_json(inquiry, &story);
    else if (good)
        print_story(inquiry->out, inquiry, &story);
    story_free(&story);
    return good;
}
