/* storyjson.c: see storyjson.h. */
#include "faults/storyjson.h"

#include <inttypes.h>

#include "faults/storywords.h"
#include "paging.h"
#include "rows.h"

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

static void json_line(FILE *out, struct inquiry *inquiry,
                      const struct fault_row *row)
{
    struct log_line line = {.line = LOG_NONE};
    bool known = inquiry_line(inquiry, row, &line);

    json_text(out, "file", known ? line.file : NULL);
    json_number(out, "line", known ? line.line : LOG_NONE);
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

    fprintf(out, ", \"%s\": {\"before\": %" PRIu32, name, story_entry(before));
    json_text(out, "before_words",
              entry_words(story_entry(before), frame, words, sizeof(words)));
    json_number(out, "after", story_entry(after));
    json_text(out, "after_words",
              entry_words(story_entry(after), frame, words, sizeof(words)));
    fputc('}', out);
}

static void json_pids(FILE *out, const char *name,
                      const struct holders *holders)
{
    int64_t pid = -1;

    fprintf(out, ", \"%s\": [", name);
    for (bool first = true; (pid = holders_next_pid(holders, pid)) != LOG_NONE;
         first = false)
        fprintf(out, "%s%" PRId64, first ? "" : ", ", pid);
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

void story_write_json(struct inquiry *inquiry, const struct story *story)
{
    FILE *out = inquiry->out;
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
    json_line(out, inquiry, row);
    json_code(out, story);
    json_linear(out, story);
    json_entry(out, "pde", row->pde_before, row->pde_after, "table in frame");
    json_entry(out, "pte", row->pte_before, row->pte_after, "frame");
    json_text(out, "refusal", refusal_name(story_refusal(story)));
    json_text(out, "refusal_words", refusal_words(story_refusal(story)));
    fprintf(out,
            ", \"error\": {\"code\": %" PRId64
            ", \"p\": %d, \"w\": %d, \"u\": %d, \"rsvd\": %d}",
            row->error, (row->error & MMU_PF_P) != 0,
            (row->error & MMU_PF_W) != 0, (row->error & MMU_PF_U) != 0,
            (row->error & MMU_PF_RSVD) != 0);
    json_text(out, "action_words", story_action(story, words));
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
