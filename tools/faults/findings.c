/* findings.c: see findings.h. */
#define _POSIX_C_SOURCE 200809L
#include "faults/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "paging.h"
#include "room.h"
#include "rows.h"

static const struct {
    const char *name;
    const char *words; /* with how many findings there are before it */
} verdicts[VERDICTS] = {
    [UNNEEDED_COPY] =
        {"unneeded-copy",
         "pages copied though no other process read or wrote them again"},
    [FORK_EXEC_COPIES] = {"fork-exec-copies",
                          "processes that executed a program after pages had "
                          "been copied for them or because of them"},
    [NO_PROGRESS] = {"no-progress",
                     "instructions that faulted on a page again and again"},
    [EQUAL_COPY] =
        {"equal-copy",
         "copies given back with the contents that they were made with"},
    [SHARED_TO_THE_END] = {"shared-to-the-end",
                           "processes that gave pages back still shared: "
                           "frames that needed no copy"},
};

const char *verdict_name(enum verdict verdict)
{
    return verdicts[verdict].name;
}

void findings_add(struct findings *findings, const struct finding *finding,
                  const char *format, ...)
{
    struct finding *more = room_for(findings->list, &findings->capacity,
                                    findings->count, sizeof(*more));
    char sentence[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    if (more != NULL) {
        findings->list = more;
        more[findings->count] = *finding;
        more[findings->count].sentence = strdup(sentence);
    }
    if (more == NULL || more[findings->count].sentence == NULL) {
        findings->no_memory = true;
        return;
    }
    findings->count++;
    findings->counts[finding->verdict]++;
    findings->pages[finding->verdict] += finding->pages;
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

static void print_title(FILE *out, const struct findings *findings,
                        enum verdict verdict)
{
    rows_write_bold(out, verdicts[verdict].name);
    fprintf(out, ": %" PRId64 " %s\n", findings->counts[verdict],
            verdicts[verdict].words);
}

/* of each kind, in text, where the user does not say */
#define FINDINGS_SHOWN 10

static void print_findings(const struct findings *findings,
                           const struct inquiry *inquiry, enum verdict verdict)
{
    FILE *out = inquiry->out;
    int64_t limit =
        inquiry->limit == INT64_MAX ? FINDINGS_SHOWN : inquiry->limit;
    int64_t shown = 0;
    char proofs[256];

    print_title(inquiry->out, findings, verdict);
    for (uint32_t i = 0; i < findings->count && shown < limit; i++) {
        const struct finding *finding = &findings->list[i];

        if (finding->verdict != verdict)
            continue;
        fprintf(out, "  %s [%s]\n", finding->sentence,
                proofs_text(finding, proofs, sizeof(proofs)));
        shown++;
    }
    if (findings->counts[verdict] > shown)
        fprintf(out,
                "  ... and %" PRId64 " more (--limit=%" PRId64 " shows them)\n",
                findings->counts[verdict] - shown, findings->counts[verdict]);
    fputc('\n', out);
}

static void print_summary(FILE *out, const struct findings *findings)
{
    fprintf(out,
            "In sum: %" PRId64 " pages copied without need, %" PRId64
            " copied between fork and exec, %" PRId64
            " copies whose contents stayed equal; "
            "%" PRId64 " faults without progress; %" PRId64 " frames (%" PRId64
            " KiB) saved by sharing to the end.\n",
            findings->pages[UNNEEDED_COPY], findings->pages[FORK_EXEC_COPIES],
            findings->pages[EQUAL_COPY], findings->pages[NO_PROGRESS],
            findings->pages[SHARED_TO_THE_END],
            findings->pages[SHARED_TO_THE_END] *
                (int64_t)(MMU_PAGE_SIZE / 1024));
}

static const struct column columns[] = {
    {.name = "verdict"}, {.name = "pid"},    {.name = "page"},
    {.name = "pages"},   {.name = "events"}, {.name = "sentence"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool write_findings(const struct findings *findings,
                           const struct inquiry *inquiry)
{
    int64_t left[VERDICTS];
    struct rows rows;

    for (unsigned i = 0; i < VERDICTS; i++)
        left[i] = inquiry->limit;
    if (!rows_begin(&rows, inquiry->out, inquiry->format, columns, COLUMNS))
        return false;
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];
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
static void write_summary(FILE *out, const struct findings *findings)
{
    fputs("{\"summary\": {", out);
    for (unsigned i = 0; i < VERDICTS; i++)
        fprintf(out,
                "%s\"%s\": {\"findings\": %" PRId64 ", \"pages\": %" PRId64 "}",
                i == 0 ? "" : ", ", verdicts[i].name, findings->counts[i],
                findings->pages[i]);
    fputs("}}\n", out);
}

bool findings_write(const struct findings *findings,
                    const struct inquiry *inquiry)
{
    if (inquiry->format != FORMAT_TABLE) {
        if (!write_findings(findings, inquiry))
            return false;
        if (inquiry->format == FORMAT_JSON)
            write_summary(inquiry->out, findings);
        return true;
    }
    for (unsigned i = 0; i < VERDICTS; i++)
        print_findings(findings, inquiry, (enum verdict)i);
    print_summary(inquiry->out, findings);
    return true;
}

void findings_free(struct findings *findings)
{
    for (uint32_t i = 0; i < findings->count; i++)
        free(findings->list[i].sentence);
    free(findings->list);
}
