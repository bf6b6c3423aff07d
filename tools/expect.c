/* expect.c: see expect.h. */
#include "expect.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const char option[] = "--expect";

/* Those of two characters first: "<=" begins with "<". */
static const char *const signs[RELATIONS] = {
    [RELATION_AT_MOST] = "<=", [RELATION_AT_LEAST] = ">=",
    [RELATION_EQUAL] = "==",   [RELATION_OTHER] = "!=",
    [RELATION_LESS] = "<",     [RELATION_MORE] = ">",
};

/* ---- fields ---- */

/* The value at the path, "faults.total"; NULL where there is none. */
static const json_t *value_at(const json_t *object, const char *path)
{
    while (object != NULL && *path != '\0') {
        char name[FIELD_PATH_BYTES];
        size_t bytes = strcspn(path, ".");

        (void)snprintf(name, sizeof(name), "%.*s", (int)bytes, path);
        object = json_object_get(object, name);
        path += bytes;
        if (*path == '.' && *++path == '\0')
            return NULL;
    }
    return object;
}

/* How many letters have to be put in, left out or changed for one to be the
 * other. */
static unsigned distance(const char *one, const char *other)
{
    unsigned row[FIELD_PATH_BYTES + 1];
    size_t columns = strnlen(other, FIELD_PATH_BYTES);

    for (size_t i = 0; i <= columns; i++)
        row[i] = (unsigned)i;
    for (unsigned line = 1; *one != '\0'; one++, line++) {
        unsigned diagonal = row[0];

        row[0] = line;
        for (size_t i = 1; i <= columns; i++) {
            unsigned changed = diagonal + (*one != other[i - 1]);
            unsigned moved = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;

            diagonal = row[i];
            row[i] = changed < moved ? changed : moved;
        }
    }
    return row[columns];
}

#define NEAREST 3u

/* The fields whose names are nearest to one that is none, the nearest first. */
struct nearest {
    const char *asked;
    char paths[NEAREST][FIELD_PATH_BYTES];
    unsigned distances[NEAREST];
    unsigned count;
};

static void offer(struct nearest *nearest, const char *path)
{
    unsigned far = strstr(path, nearest->asked) != NULL
                       ? 0
                       : distance(path, nearest->asked);
    unsigned place = nearest->count;

    while (place > 0 && nearest->distances[place - 1] > far)
        place--;
    if (place == NEAREST)
        return;
    if (nearest->count < NEAREST)
        nearest->count++;
    for (unsigned i = nearest->count - 1; i > place; i--) {
        memcpy(nearest->paths[i], nearest->paths[i - 1], FIELD_PATH_BYTES);
        nearest->distances[i] = nearest->distances[i - 1];
    }
    (void)snprintf(nearest->paths[place], FIELD_PATH_BYTES, "%s", path);
    nearest->distances[place] = far;
}

/* Offers all fields of the object that may be numbers. */
static void offer_fields(struct nearest *nearest, const json_t *object,
                         const char *prefix)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        char path[FIELD_PATH_BYTES];

        (void)snprintf(path, sizeof(path), "%s%s%s", prefix,
                       *prefix != '\0' ? "." : "", name);
        if (json_is_object(value))
            offer_fields(nearest, value, path);
        else if (json_is_integer(value) || json_is_null(value))
            offer(nearest, path);
    }
}

static bool complain_of_field(const char *path, const json_t *sample)
{
    struct nearest nearest = {.asked = path};
    char names[NEAREST * (FIELD_PATH_BYTES + 2)] = "";
    size_t at = 0;

    offer_fields(&nearest, sample, "");
    for (unsigned i = 0; i < nearest.count; i++)
        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
                               i == 0 ? "" : ", ", nearest.paths[i]);
    complain(option, "%s: no such number is counted (the nearest: %s)", path,
             names);
    return false;
}

/* ---- reading ---- */

static bool is_compared(const struct options *options, const char *policy)
{
    for (uint32_t i = 0; i < options->policy_count; i++)
        if (strcmp(options->policies[i]->name, policy) == 0)
            return true;
    complain(option, "%s: is not among the policies compared", policy);
    return false;
}

/* Reads a field, whose policy is cut off. */
static bool read_field(struct operand *operand, const char *text,
                       const struct options *options, const json_t *sample)
{
    const char *dot = strchr(text, '.');
    char first[FIELD_PATH_BYTES];
    const struct mmu_fork_policy *policy;
    const json_t *value;

    (void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, "."), text);
    policy = dot != NULL ? mmu_fork_policy_named(first) : NULL;
    if (policy != NULL) {
        operand->policy = policy->name;
        text = dot + 1;
        if (!is_compared(options, policy->name))
            return false;
    }
    (void)snprintf(operand->path, sizeof(operand->path), "%s", text);
    value = value_at(sample, text);
    if (*text == '\0' || (!json_is_integer(value) && !json_is_null(value)))
        return complain_of_field(text, sample);
    return true;
}

static bool is_number(const char *text)
{
    return text[strspn(text, "+-.0123456789eE")] == '\0' &&
           strpbrk(text, "0123456789") != NULL;
}

/* Reads a number, or else a field. */
static bool read_operand(struct operand *operand, const char *text,
                         const struct options *options, const json_t *sample)
{
    char *end;

    if (!is_number(text))
        return read_field(operand, text, options, sample);
    operand->value = strtold(text, &end);
    (void)snprintf(operand->number, sizeof(operand->number), "%s", text);
    if (*end == '\0' && isfinite(operand->value))
        return true;
    complain(option, "%s: not a number", text);
    return false;
}

/* Copies a part of the text without the blanks around it. False where it is
 * empty or too long to be one of ours. */
static bool take(char part[FIELD_PATH_BYTES], const char *from, size_t bytes)
{
    while (bytes > 0 && strchr(" \t\n", *from) != NULL) {
        from++;
        bytes--;
    }
    while (bytes > 0 && strchr(" \t\n", from[bytes - 1]) != NULL)
        bytes--;
    if (bytes == 0 || bytes >= FIELD_PATH_BYTES)
        return false;
    memcpy(part, from, bytes);
    part[bytes] = '\0';
    return true;
}

static enum relation relation_at(const char *text)
{
    int relation = 0;

    while (relation < RELATIONS &&
           strncmp(text, signs[relation], strlen(signs[relation])) != 0)
        relation++;
    return (enum relation)relation;
}

static bool read_one(struct expectation *expectation, const char *text,
                     const struct options *options, const json_t *sample)
{
    size_t bytes = strcspn(text, "<>=!");
    char left[FIELD_PATH_BYTES];
    char right[FIELD_PATH_BYTES];

    *expectation = (struct expectation){.relation = relation_at(text + bytes)};
    if (expectation->relation != RELATIONS) {
        const char *behind =
            text + bytes + strlen(signs[expectation->relation]);

        if (take(left, text, bytes) && take(right, behind, strlen(behind)) &&
            strpbrk(right, "<>=!") == NULL)
            return read_field(&expectation->left, left, options, sample) &&
                   read_operand(&expectation->right, right, options, sample);
    }
    complain(option,
             "%.64s: not of the form [POLICY.]FIELD OPERATOR NUMBER, where "
             "OPERATOR is <=, >=, <, >, == or !=",
             text);
    return false;
}

bool expectations_read(struct expectation *expectations,
                       const struct options *options, const json_t *sample)
{
    for (uint32_t i = 0; i < options->expectation_count; i++)
        if (!read_one(&expectations[i], options->expectations[i], options,
                      sample))
            return false;
    return true;
}

/* ---- checking ---- */

/* What an operand comes to, in numbers and in words. */
struct outcome {
    bool known; /* it is not null */
    long double value;
    char text[FIELD_PATH_BYTES];
};

static struct outcome outcome_of(const struct operand *operand,
                                 const json_t *stats)
{
    const json_t *value = value_at(stats, operand->path);
    struct outcome outcome = {.known = json_is_integer(value), .text = "null"};

    if (!outcome.known)
        return outcome;
    outcome.value = (long double)json_integer_value(value);
    (void)snprintf(outcome.text, sizeof(outcome.text), "%" JSON_INTEGER_FORMAT,
                   json_integer_value(value));
    return outcome;
}

static bool holds(long double left, enum relation relation, long double right)
{
    switch (relation) {
    case RELATION_AT_MOST:
        return left <= right;
    case RELATION_AT_LEAST:
        return left >= right;
    case RELATION_EQUAL:
        return left == right;
    case RELATION_OTHER:
        return left != right;
    case RELATION_LESS:
        return left < right;
    case RELATION_MORE:
        return left > right;
    case RELATIONS:
        break;
    }
    return false;
}

static const char *policy_of(const json_t *stats)
{
    return json_string_value(json_object_get(stats, "policy"));
}

static const json_t *stats_of(const json_t *array, const char *policy)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (strcmp(policy_of(json_array_get(array, i)), policy) == 0)
            return json_array_get(array, i);
    return NULL;
}

static bool check_one(const struct expectation *expectation,
                      const json_t *array, const json_t *stats)
{
    const struct operand *right = &expectation->right;
    const char *sign = signs[expectation->relation];
    const char *policy =
        right->policy != NULL ? right->policy : policy_of(stats);
    struct outcome left_is = outcome_of(&expectation->left, stats);
    struct outcome right_is = {.known = true, .value = right->value};

    if (right->path[0] != '\0')
        right_is = outcome_of(right, stats_of(array, policy));
    if (left_is.known && right_is.known &&
        holds(left_is.value, expectation->relation, right_is.value))
        return true;
    if (right->path[0] != '\0')
        complain("expect", "%s.%s is %s, not %s %s.%s, which is %s",
                 policy_of(stats), expectation->left.path, left_is.text, sign,
                 policy, right->path, right_is.text);
    else
        complain("expect", "%s.%s is %s, not %s %s", policy_of(stats),
                 expectation->left.path, left_is.text, sign, right->number);
    return false;
}

bool expectation_holds(const struct expectation *expectation,
                       const json_t *array)
{
    bool good = true;

    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *stats = json_array_get(array, i);

        if (expectation->left.policy != NULL &&
            strcmp(expectation->left.policy, policy_of(stats)) != 0)
            continue;
        if (!check_one(expectation, array, stats))
            good = false;
    }
    return good;
}
