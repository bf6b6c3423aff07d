/* findings.h: what --check finds. Each kind of finding is a verdict with a name
 * of its own; each finding is a sentence and the sequences of the events that
 * prove it. */
#ifndef MMU386_FAULTS_FINDINGS_H
#define MMU386_FAULTS_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "faults/faults.h"

enum verdict {
    UNNEEDED_COPY,
    FORK_EXEC_COPIES,
    NO_PROGRESS,
    EQUAL_COPY,
    SHARED_TO_THE_END,
    VERDICTS,
};

#define PROOFS_MAX 8u

struct finding {
    enum verdict verdict;
    int64_t pid;
    int64_t linear;             /* or LOG_NONE */
    int64_t pages;              /* that it is about */
    int64_t proofs[PROOFS_MAX]; /* sequences; 0 behind the last */
    char *sentence;
};

struct findings {
    struct finding *list;
    uint32_t count, capacity;
    int64_t counts[VERDICTS], pages[VERDICTS];
    bool no_memory; /* one was lost */
};

/* What the log of `inquiry` gives cause for. False having told what failed;
 * findings_free is due either way. */
bool faults_find(struct inquiry *inquiry, struct findings *findings);

/* "unneeded-copy", ... */
const char *verdict_name(enum verdict verdict);

/* Adds one, whose sentence is made by `format`. */
void findings_add(struct findings *findings, const struct finding *finding,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes them to inquiry->out. False where memory is short. */
bool findings_write(const struct findings *findings,
                    const struct inquiry *inquiry);
void findings_free(struct findings *findings);

#endif
