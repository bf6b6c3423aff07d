/* storyjson.h: one fault's story as a JSON object. */
#ifndef MMU386_FAULTS_STORYJSON_H
#define MMU386_FAULTS_STORYJSON_H

#include "faults/story.h"

/* Writes it to inquiry->out. */
void story_write_json(struct inquiry *inquiry, const struct story *story);

#endif
