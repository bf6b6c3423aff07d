/* suggest.c: see suggest.h. */
#include "suggest.h"

#include <assert.h>
#include <string.h>

static unsigned least(unsigned one, unsigned other)
{
    return one < other ? one : other;
}

/* slips[i][j]: between the first i letters of one and the first j of the
 * other. */
unsigned suggest_slips(const char *one, size_t one_bytes, const char *other,
                       size_t other_bytes)
{
    unsigned slips[SUGGEST_BYTES_MAX + 1][SUGGEST_BYTES_MAX + 1];

    assert(one_bytes <= SUGGEST_BYTES_MAX && other_bytes <= SUGGEST_BYTES_MAX);
    for (size_t i = 0; i <= one_bytes; i++)
        slips[i][0] = (unsigned)i;
    for (size_t j = 0; j <= other_bytes; j++)
        slips[0][j] = (unsigned)j;
    for (size_t i = 1; i <= one_bytes; i++) {
        for (size_t j = 1; j <= other_bytes; j++) {
            unsigned wrong = one[i - 1] == other[j - 1] ? 0 : 1;

            slips[i][j] = least(slips[i - 1][j - 1] + wrong,
                                least(slips[i - 1][j], slips[i][j - 1]) + 1);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
                one[i - 2] == other[j - 1])
                slips[i][j] = least(slips[i][j], slips[i - 2][j - 2] + 1);
        }
    }
    return slips[one_bytes][other_bytes];
}

void suggest_begin(struct suggestion *suggestion, const char *word,
                   size_t bytes)
{
    *suggestion =
        (struct suggestion){.word = word,
                            .bytes = bytes,
                            .slips = bytes < 3 ? 2 : (unsigned)(bytes / 3) + 1};
}

void suggest_name(struct suggestion *suggestion, const char *name)
{
    size_t bytes = strlen(name);
    unsigned slips;

    if (suggestion->bytes > SUGGEST_BYTES_MAX || bytes > SUGGEST_BYTES_MAX)
        return;
    slips = suggest_slips(suggestion->word, suggestion->bytes, name, bytes);
    if (slips < suggestion->slips && slips < suggestion->bytes) {
        suggestion->best = name;
        suggestion->slips = slips;
    }
}
