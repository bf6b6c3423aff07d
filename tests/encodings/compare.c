/*
 * Compares what the guest `encodings` printed on two processors, line by line.
 *
 *     encodings-compare [-s] TABLE EXPECTED ACTUAL     -s: a row of TABLE that
 * nothing needs is wrong
 *
 * EXPECTED and ACTUAL may be compressed by gzip; ACTUAL may be a part of what
 * EXPECTED has. TABLE has the differences that are known, a row each: a pattern
 * of encodings, which parts of the outcome may differ, a pattern of what ACTUAL
 * says, and why; separated by tabs. Patterns are extended regular expressions
 * of the whole, without @N; PREFIX at the beginning of the first stands for any
 * prefixes, and RAN at that of the third for what ran: INT3 comes next, or no
 * page does. Parts are separated by commas: signal, code, trap, error, eip,
 * si_addr, cr2, flags (flags/800: these bits), memory, registers, selectors; *
 * is all of them.
 *
 * Exit status: 0; 1 where there is a difference that no row knows; 2 where a
 * file is no such file.
 */
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LINE_CHARS 512
#define PART_CHARS 160
#define ROWS_MAX   128
#define SHOWN_MAX  40

/* The bit that the error code of a fetch has with no-execute pages only (SDM
 * volume 3, 4.7). */
#define ERROR_FETCH 16ul

enum part {
    PART_SIGNAL,
    PART_CODE,
    PART_TRAP,
    PART_ERROR,
    PART_EIP,
    PART_SI_ADDR,
    PART_CR2,
    PART_FLAGS,
    PART_MEMORY,
    PART_REGISTERS,
    PART_SELECTORS,
    PARTS,
};

#define ALL_PARTS ((1u << PARTS) - 1)
#define FLAGS_BIT (1u << PART_FLAGS)

static const char *const part_names[PARTS] = {
    "signal", "code",  "trap",   "error",     "eip",      "si_addr",
    "cr2",    "flags", "memory", "registers", "selectors"};

struct outcome {
    char text[LINE_CHARS];
    char encoding[64];
    char part[PARTS][PART_CHARS];
};

struct row {
    regex_t encoding, actual;
    unsigned parts; /* bit N: enum part */
    uint32_t flags; /* of them, which */
    uint32_t line;
    uint32_t used;
};

struct table {
    uint32_t count;
    struct row row[ROWS_MAX];
};

struct tally {
    uint32_t lines, differ, unknown;
};

static void die(const char *what, const char *which)
{
    (void)fprintf(stderr, "encodings-compare: %s: %s\n", which, what);
    exit(2);
}

/* ---- the table ---- */

static void compile(regex_t *regex, const char *pattern, const char *name)
{
    static const char *const words[][2] = {
        {"", ""},
        {"PREFIX", "(26|2e|36|3e|64|65|66|67|f0|f2|f3)*"},
        {"RAN", "(5 128 3|11 1 14 4 .[1-9]) .*"}};
    char whole[LINE_CHARS];
    int word = 0;
    for (int i = 1; i < 3; i++)
        if (strncmp(pattern, words[i][0], strlen(words[i][0])) == 0)
            word = i;
    (void)snprintf(whole, sizeof whole, "^(%s%s)(@[0-9]+)?$", words[word][1],
                   pattern + strlen(words[word][0]));
    if (regcomp(regex, whole, REG_EXTENDED | REG_NOSUB) != 0)
        die("not a pattern", name);
}

static void read_part(struct row *row, const char *part, const char *name)
{
    if (strcmp(part, "*") == 0) {
        row->parts = ALL_PARTS;
        row->flags = ~0u;
        return;
    }
    if (strncmp(part, "flags/", 6) == 0) {
        row->parts |= FLAGS_BIT;
        row->flags |= (uint32_t)strtoul(part + 6, NULL, 16);
        return;
    }
    for (int i = 0; i < PARTS; i++) {
        if (strcmp(part, part_names[i]) != 0)
            continue;
        row->parts |= 1u << i;
        row->flags |= i == PART_FLAGS ? ~0u : 0;
        return;
    }
    die("no such part of an outcome", name);
}

static void read_row(struct table *table, char *text, uint32_t line,
                     const char *name)
{
    char *parts = strchr(text, '\t');
    char *actual = parts == NULL ? NULL : strchr(parts + 1, '\t');
    char *reason = actual == NULL ? NULL : strchr(actual + 1, '\t');
    if (reason == NULL || table->count == ROWS_MAX)
        die("not a table of differences", name);
    struct row *row = &table->row[table->count++];
    *parts++ = *actual++ = *reason = '\0';
    row->line = line;
    compile(&row->encoding, text, name);
    compile(&row->actual, actual, name);
    char *rest;
    for (char *part = strtok_r(parts, ",", &rest); part != NULL;
         part = strtok_r(NULL, ",", &rest))
        read_part(row, part, name);
}

static void read_table(struct table *table, const char *name)
{
    char text[LINE_CHARS];
    FILE *file = fopen(name, "r");
    if (file == NULL)
        die("cannot be opened", name);
    for (uint32_t line = 1; fgets(text, sizeof text, file) != NULL; line++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[0] != '#' && text[0] != '\0')
            read_row(table, text, line, name);
    }
    (void)fclose(file);
}

/* ---- outcomes ---- */

static enum part part_of(const char *word)
{
    if (strncmp(word, "si_addr=", 8) == 0)
        return PART_SI_ADDR;
    if (strncmp(word, "cr2=", 4) == 0)
        return PART_CR2;
    if (strncmp(word, "flags=", 6) == 0)
        return PART_FLAGS;
    if (strncmp(word, "memory=", 7) == 0)
        return PART_MEMORY;
    return word[0] == 'e' && strlen(word) == 12 ? PART_REGISTERS
                                                : PART_SELECTORS;
}

static void cut(struct outcome *outcome, const char *name)
{
    char words[LINE_CHARS];
    int count = -1;
    memset(outcome->part, 0, sizeof outcome->part);
    memcpy(words, outcome->text, sizeof words);
    char *rest;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest), count++) {
        if (count < 0) {
            (void)snprintf(outcome->encoding, sizeof outcome->encoding, "%s",
                           word);
            continue;
        }
        char *part =
            outcome
                ->part[count < PART_SI_ADDR ? (enum part)count : part_of(word)];
        (void)snprintf(part + strlen(part), PART_CHARS - strlen(part), "%s ",
                       word);
    }
    if (count < PART_SI_ADDR)
        die("not an output of encodings", name);
    if (strcmp(outcome->part[PART_TRAP], "14 ") == 0)
        (void)snprintf(outcome->part[PART_ERROR], PART_CHARS, "%lu ",
                       strtoul(outcome->part[PART_ERROR], NULL, 10) &
                           ~ERROR_FETCH);
}

/* Reads the next one, not cut yet. False at the end of the file. */
static bool read_outcome(gzFile file, struct outcome *outcome)
{
    if (gzgets(file, outcome->text, sizeof outcome->text) == NULL)
        return false;
    outcome->text[strcspn(outcome->text, "\n")] = '\0';
    return true;
}

static bool same_encoding(const struct outcome *one,
                          const struct outcome *other)
{
    size_t length = strcspn(one->text, " ");
    return length == strcspn(other->text, " ") &&
           memcmp(one->text, other->text, length) == 0;
}

static uint32_t flags_of(const struct outcome *outcome)
{
    const char *text = outcome->part[PART_FLAGS];
    return text[0] == '\0' ? 0 : (uint32_t)strtoul(text + 6, NULL, 16);
}

/* Takes out of *parts and *flags what the row knows. */
static void apply_row(struct row *row, const struct outcome *actual,
                      unsigned *parts, uint32_t *flags)
{
    const char *said = actual->text + strlen(actual->encoding) + 1;
    unsigned knows = *parts & row->parts;
    if ((*flags & row->flags) == 0)
        knows &= ~FLAGS_BIT;
    if (knows == 0 ||
        regexec(&row->encoding, actual->encoding, 0, NULL, 0) != 0 ||
        regexec(&row->actual, said, 0, NULL, 0) != 0)
        return;
    row->used++;
    if ((knows & FLAGS_BIT) != 0)
        *flags &= ~row->flags;
    if (*flags != 0)
        knows &= ~FLAGS_BIT;
    *parts &= ~knows;
}

/* True where rows of the table know all that differs. */
static bool is_known(struct table *table, const struct outcome *expected,
                     const struct outcome *actual)
{
    unsigned parts = 0;
    uint32_t flags = flags_of(expected) ^ flags_of(actual);
    for (int i = 0; i < PARTS; i++)
        if (strcmp(expected->part[i], actual->part[i]) != 0)
            parts |= 1u << i;
    for (uint32_t i = 0; i < table->count && parts != 0; i++)
        apply_row(&table->row[i], actual, &parts, &flags);
    return parts == 0;
}

static void compare_files(struct table *table, const char *expected_name,
                          const char *actual_name, struct tally *tally)
{
    static struct outcome here;
    static struct outcome there;
    gzFile expected = gzopen(expected_name, "rb");
    gzFile actual = gzopen(actual_name, "rb");
    if (expected == NULL || actual == NULL)
        die("cannot be opened", expected == NULL ? expected_name : actual_name);
    for (; read_outcome(actual, &here); tally->lines++) {
        do {
            if (!read_outcome(expected, &there))
                die("says nothing of what the other does", expected_name);
        } while (!same_encoding(&there, &here));
        if (strcmp(here.text, there.text) == 0)
            continue;
        tally->differ++;
        cut(&there, expected_name);
        cut(&here, actual_name);
        if (!is_known(table, &there, &here) && tally->unknown++ < SHOWN_MAX)
            printf("expected %s\n  actual %s\n", there.text, here.text);
    }
    (void)gzclose(expected);
    (void)gzclose(actual);
}

static uint32_t count_unused(const struct table *table)
{
    uint32_t unused = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->row[i].used > 0)
            continue;
        printf("line %u of the table is not needed\n", table->row[i].line);
        unused++;
    }
    return unused;
}

int main(int argc, char **argv)
{
    static struct table table;
    struct tally tally = {0, 0, 0};
    bool strict = argc == 5 && strcmp(argv[1], "-s") == 0;
    if (argc != 4 && !strict)
        die("[-s] TABLE EXPECTED ACTUAL", "usage");
    argv += strict ? 1 : 0;
    read_table(&table, argv[1]);
    compare_files(&table, argv[2], argv[3], &tally);
    uint32_t unused = strict ? count_unused(&table) : 0;
    printf("%u lines, %u differ, %u of them in no row of the table\n",
           tally.lines, tally.differ, tally.unknown);
    return tally.lines == 0 || tally.unknown != 0 || unused != 0 ? 1 : 0;
}
