/* suggest.h: what somebody may have meant who wrote a name that there is not:
 * the name with the fewest slips of the hand between them. */
#ifndef MMU386_SUGGEST_H
#define MMU386_SUGGEST_H

#include <stddef.h>

#define SUGGEST_BYTES_MAX 32u /* of a name that is looked at */

struct suggestion {
    const char *word; /* what was written */
    size_t bytes;     /* of it */
    const char *best; /* the nearest so far, or NULL: none is near */
    unsigned slips;   /* between the two */
};

/* Begins with the first `bytes` of `word`. */
void suggest_begin(struct suggestion *suggestion, const char *word,
                   size_t bytes);

/* Takes the name for the best where it is nearer than any before, and near:
 * at most one slip for every three letters written, but one always. */
void suggest_name(struct suggestion *suggestion, const char *name);

/* Slips between two names of SUGGEST_BYTES_MAX at most: a letter left out, too
 * many or wrong, or two letters in each other's place. */
unsigned suggest_slips(const char *one, size_t one_bytes, const char *other,
                       size_t other_bytes);

#endif
