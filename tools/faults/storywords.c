/* storywords.c: see storywords.h. */
#include "faults/storywords.h"

#include <inttypes.h>

#include "paging.h"

uint32_t story_entry(int64_t value)
{
    return value == LOG_NONE ? 0 : (uint32_t)value;
}

bool story_by_user(const struct story *story)
{
    return (story->row.error & MMU_PF_U) != 0;
}

enum refusal story_refusal(const struct story *story)
{
    return refusal_of((uint32_t)story->row.error,
                      story_entry(story->row.pde_before),
                      story_entry(story->row.pte_before));
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
        story_by_user(story)
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

char *story_action(const struct story *story, char text[WORDS_BYTES])
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
