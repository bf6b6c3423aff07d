/* words.c: see words.h. */
#include "faults/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "paging.h"

const char *error_letters(int64_t error, char text[ERROR_LETTERS_BYTES])
{
    if (error == LOG_NONE)
        return NULL;
    snprintf(text, ERROR_LETTERS_BYTES, "%s%s%s%s",
             error & MMU_PF_P ? ",p" : "", error & MMU_PF_W ? ",w" : "",
             error & MMU_PF_U ? ",u" : "", error & MMU_PF_RSVD ? ",rsvd" : "");
    return text[0] == ',' ? text + 1 : "-";
}

char *entry_words(uint32_t entry, const char *frame, char *text,
                  size_t text_bytes)
{
    if (!(entry & MMU_PTE_P)) {
        if (entry & MMU_PTE_WITHHELD)
            snprintf(
                text, text_bytes,
                "not present; without rights (PROT_NONE) it keeps %s %" PRIu32,
                frame, entry >> MMU_PAGE_SHIFT);
        else
            snprintf(text, text_bytes, "not present%s",
                     entry != 0 ? ", its other bits mean nothing" : "");
        return text;
    }
    snprintf(text, text_bytes,
             "%s %" PRIu32 ", present, %s, %s, %s, %s%s%s%s%s", frame,
             entry >> MMU_PAGE_SHIFT,
             entry & MMU_PTE_RW ? "writable" : "read-only",
             entry & MMU_PTE_US ? "user" : "supervisor",
             entry & MMU_PTE_A ? "accessed" : "not accessed",
             entry & MMU_PTE_D ? "dirty" : "not dirty",
             entry & MMU_PTE_PWT ? ", write-through" : "",
             entry & MMU_PTE_PCD ? ", not cached" : "",
             entry & MMU_PTE_COW ? ", copy-on-write" : "",
             entry & MMU_PTE_SHARED ? ", shared read-only since a fork" : "");
    return text;
}

char *status_words(int64_t wait_status, char *text, size_t text_bytes)
{
    int status = (int)wait_status;

    if (wait_status == LOG_NONE)
        snprintf(text, text_bytes, "not ended");
    else if (WIFSIGNALED(status))
        snprintf(text, text_bytes, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(text, text_bytes, "exit status %d", WEXITSTATUS(status));
    return text;
}

enum tone kind_tone(enum log_kind kind)
{
    switch (kind) {
    case LOG_SEGV:
    case LOG_OOM:
    case LOG_KILL:
        return TONE_BAD;
    case LOG_COW_COPY:
    case LOG_COPY:
    case LOG_FORK_COPY:
        return TONE_NOTED;
    case LOG_COW_REUSE:
    case LOG_TAKEOVER:
    case LOG_FORK_SHARE:
        return TONE_GOOD;
    default:
        return TONE_PLAIN;
    }
}

static char *fork_words(const struct fault_row *row, int64_t child, char *text,
                        size_t text_bytes)
{
    char whom[32] = "a child that could not be made";

    if (child != 0)
        snprintf(whom, sizeof(whom), "%" PRId64, child);
    if (row->kind == LOG_FORK_SHARE)
        snprintf(text, text_bytes,
                 "%" PRId64 " forked: frame %" PRId64 " shared with %s",
                 row->pid, row->frame_after, whom);
    else
        snprintf(text, text_bytes,
                 "%" PRId64 " forked: frame %" PRId64 " copied to %" PRId64
                 " for %s",
                 row->pid, row->frame_before, row->frame_after, whom);
    return text;
}

static void protect_words(const struct fault_row *row, char *text,
                          size_t text_bytes)
{
    bool writable = row->pte_after != LOG_NONE &&
                    (row->pte_after & (MMU_PTE_RW | MMU_PTE_COW)) != 0;

    bool withheld =
        row->pte_after != LOG_NONE &&
        (row->pte_after & (MMU_PTE_P | MMU_PTE_WITHHELD)) == MMU_PTE_WITHHELD;

    snprintf(text, text_bytes, "%" PRId64 " made the page %s", row->pid,
             withheld   ? "not present, and kept its frame (PROT_NONE)"
             : writable ? "writable"
                        : "read-only");
}

char *event_words(const struct fault_row *row, int64_t child, char *text,
                  size_t text_bytes)
{
    const char *by =
        row->in_kernel && !row->is_fault ? ", by the kernel's own hand" : "";

    switch (row->kind) {
    case LOG_DEMAND_ZERO:
    case LOG_ZERO_FILL:
        snprintf(text, text_bytes,
                 "%" PRId64 " got frame %" PRId64 ", zero-filled%s", row->pid,
                 row->frame_after, by);
        break;
    case LOG_FILE:
        snprintf(text, text_bytes,
                 "%" PRId64 " got frame %" PRId64 " with the file's page%s",
                 row->pid, row->frame_after,
                 row->refs_before > 0 ? ", which others have"
                                      : ", read from the file");
        break;
    case LOG_COW_COPY:
    case LOG_COPY:
        snprintf(text, text_bytes,
                 "%" PRId64 " wrote: frame %" PRId64 " copied to %" PRId64 "%s",
                 row->pid, row->frame_before, row->frame_after, by);
        break;
    case LOG_COW_REUSE:
    case LOG_TAKEOVER:
        snprintf(text, text_bytes,
                 "%" PRId64 " wrote: frame %" PRId64 " taken over%s", row->pid,
                 row->frame_after, by);
        break;
    case LOG_SEGV:
        snprintf(text, text_bytes, "%" PRId64 " was refused the access",
                 row->pid);
        break;
    case LOG_OOM:
        snprintf(text, text_bytes, "there was no frame for %" PRId64, row->pid);
        break;
    case LOG_FORK_SHARE:
    case LOG_FORK_COPY:
        return fork_words(row, child, text, text_bytes);
    case LOG_UNMAP:
        snprintf(text, text_bytes, "%" PRId64 " gave frame %" PRId64 " back%s",
                 row->pid, row->frame_before,
                 row->refs_after == 0 ? ", the last to have it" : "");
        break;
    case LOG_MAP:
        snprintf(text, text_bytes, "%" PRId64 " mapped frame %" PRId64,
                 row->pid, row->frame_after);
        break;
    default:
        if (row->pte_after != LOG_NONE && row->pte_before != LOG_NONE)
            protect_words(row, text, text_bytes);
        else
            snprintf(text, text_bytes, "%s", row->kind_name);
        break;
    }
    return text;
}

enum refusal refusal_of(uint32_t error, uint32_t pde, uint32_t pte)
{
    bool write = (error & MMU_PF_W) != 0;
    bool user = (error & MMU_PF_U) != 0;

    if (!(pde & MMU_PTE_P))
        return REFUSED_NO_TABLE;
    if (error & MMU_PF_RSVD)
        return REFUSED_RESERVED;
    if (!(pte & MMU_PTE_P))
        return pte & MMU_PTE_WITHHELD ? REFUSED_WITHHELD : REFUSED_NOT_PRESENT;
    if (user && !(pde & MMU_PTE_US))
        return REFUSED_SUPERVISOR_TABLE;
    if (user && !(pte & MMU_PTE_US))
        return REFUSED_SUPERVISOR_PAGE;
    if (write && !(pde & MMU_PTE_RW))
        return REFUSED_READ_ONLY_TABLE;
    if (write && !(pte & MMU_PTE_RW))
        return REFUSED_READ_ONLY_PAGE;
    return REFUSED_NOT_BY_ENTRIES;
}

static const struct {
    const char *name;
    const char *words;
} refusals[] = {
    [REFUSED_NO_TABLE] =
        {"no_table",
         "The directory entry is not present: there is no page table "
         "for these 4 MiB."},
    [REFUSED_NOT_PRESENT] = {"not_present",
                             "The table entry is not present: the page has no "
                             "frame."},
    [REFUSED_WITHHELD] =
        {"withheld",
         "The table entry is not present: the page has a frame, but "
         "nobody has a right to it now (PROT_NONE)."},
    [REFUSED_RESERVED] = {"reserved_bit",
                          "A reserved bit is set in a present entry."},
    [REFUSED_SUPERVISOR_TABLE] =
        {"supervisor_table",
         "The directory entry is the supervisor's (U/S is 0), and the "
         "access came from ring 3."},
    [REFUSED_SUPERVISOR_PAGE] =
        {"supervisor_page",
         "The page is the supervisor's (U/S is 0), and the access came "
         "from ring 3."},
    [REFUSED_READ_ONLY_TABLE] = {"read_only_table",
                                 "The directory entry allows no writing (R/W "
                                 "is 0), and the access was a write."},
    [REFUSED_READ_ONLY_PAGE] =
        {"read_only_page", "The page is present but allows no writing (R/W "
                           "is 0), and the access was a write."},
    [REFUSED_NOT_BY_ENTRIES] =
        {"not_by_entries",
         "The entries allow the access: the translation that refused it "
         "was an older one, still in the TLB."},
};

const char *refusal_name(enum refusal refusal)
{
    return refusals[refusal].name;
}

const char *refusal_words(enum refusal refusal)
{
    return refusals[refusal].words;
}
