/* replaycontent.c: see replaycontent.h. */
#include "replay/replaycontent.h"

#include <stdlib.h>

#define CONTENTS_MAX (1u << 20)

void replay_contents_free(struct replay_contents *contents)
{
    free(contents->contents);
}

void replay_contents_add(struct replay_contents *contents,
                         const struct trace_event *event)
{
    if (contents->count == contents->capacity) {
        uint32_t capacity =
            contents->capacity == 0 ? 64 : contents->capacity * 2;
        struct content *grown =
            capacity > CONTENTS_MAX
                ? NULL
                : realloc(contents->contents, capacity * sizeof(*grown));

        if (grown == NULL)
            return;
        contents->contents = grown;
        contents->capacity = capacity;
    }
    contents->contents[contents->count++] =
        (struct content){event->content.linear, event->content.hash};
}

void replay_contents_clear(struct replay_contents *contents)
{
    contents->count = 0;
    contents->at = 0;
}

static bool find_content(void *arg, uint32_t page, uint64_t *hash)
{
    struct replay_contents *contents = arg;

    for (uint32_t i = contents->at; i < contents->count; i++) {
        if (contents->contents[i].page != page)
            continue;
        *hash = contents->contents[i].hash;
        contents->at = i + 1;
        return true;
    }
    return false;
}

struct content_source replay_contents_source(struct replay_contents *contents)
{
    return (struct content_source){find_content, contents};
}
