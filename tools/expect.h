/* expect.h: what `compare` is told to expect of the counts: "cow.forks <= 20".
 *
 * [POLICY.]FIELD OPERATOR NUMBER, or [POLICY.]FIELD on the right as well. A
 * field is a number of the statistics, named by its path in their JSON, say
 * frames.copied_on_fault; operators are <= >= < > == !=. Without a policy on
 * the left every policy has to hold it; without one on the right it is the
 * left's. A field that is null holds nothing.
 */
#ifndef MMU386_EXPECT_H
#define MMU386_EXPECT_H

#include <jansson.h>
#include <stdbool.h>

#include "options.h"

#define FIELD_PATH_BYTES 64u

enum relation {
    RELATION_AT_MOST,
    RELATION_AT_LEAST,
    RELATION_EQUAL,
    RELATION_OTHER,
    RELATION_LESS,
    RELATION_MORE,
    RELATIONS, /* how many there are */
};

struct operand {
    const char *policy;          /* its name, or NULL */
    char path[FIELD_PATH_BYTES]; /* "": a number */
    char number[FIELD_PATH_BYTES];
    long double value; /* of the number */
};

struct expectation {
    struct operand left; /* a field */
    enum relation relation;
    struct operand right;
};

/* Reads those of the options, for fields that `sample`, an object of
 * statistics, has. False where one cannot be read, having told why. */
bool expectations_read(struct expectation *expectations,
                       const struct options *options, const json_t *sample);

/* Whether the statistics, an array of objects, hold the expectation; tells
 * where they do not. */
bool expectation_holds(const struct expectation *expectation,
                       const json_t *array);

#endif
