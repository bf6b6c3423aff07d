/* storywords.h: what a fault's story says in words, be it told as text or as
 * JSON. */
#ifndef MMU386_FAULTS_STORYWORDS_H
#define MMU386_FAULTS_STORYWORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "faults/story.h"
#include "faults/words.h"

/* An entry's value; that of one which is not there is 0. */
uint32_t story_entry(int64_t value);

/* Whether the access was made at ring 3. */
bool story_by_user(const struct story *story);

/* Why the processor refused it, by the entries before. */
enum refusal story_refusal(const struct story *story);

/* Writes what the kernel did about it, and why, and returns `text`. */
char *story_action(const struct story *story, char text[WORDS_BYTES]);

#endif
