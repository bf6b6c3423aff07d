/* words.h: entries, error codes and events in words. */
#ifndef MMU386_FAULTS_WORDS_H
#define MMU386_FAULTS_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "faultlog.h"
#include "rows.h"

#define ERROR_LETTERS_BYTES 16u
#define WORDS_BYTES         512u

/* Writes "p,w,u,rsvd", the bits that are set, and returns `text`; "-" where
 * none is, NULL of no error code. */
const char *error_letters(int64_t error, char text[ERROR_LETTERS_BYTES]);

/* Writes what an entry of a directory (`table` of the frame's number) or of a
 * table ("frame") says: "frame 10, present, read-only, user, accessed,
 * copy-on-write". */
char *entry_words(uint32_t entry, const char *frame, char *text,
                  size_t text_bytes);

/* What a wait status tells: "exit status 0", "killed by signal 11". */
char *status_words(int64_t wait_status, char *text, size_t text_bytes);

/* How much a kind of event is to catch the eye. */
enum tone kind_tone(enum log_kind kind);

/* Writes what the event did to its page, in a short sentence without a full
 * stop; `child` is the process for which a fork did it, 0 where the fork
 * failed. */
char *event_words(const struct fault_row *row, int64_t child, char *text,
                  size_t text_bytes);

/* Why a processor refuses the access of a fault, by the entries that it met. */
enum refusal {
    REFUSED_NO_TABLE,
    REFUSED_NOT_PRESENT,
    REFUSED_WITHHELD, /* not present, but with a frame: PROT_NONE */
    REFUSED_RESERVED,
    REFUSED_SUPERVISOR_TABLE,
    REFUSED_SUPERVISOR_PAGE,
    REFUSED_READ_ONLY_TABLE,
    REFUSED_READ_ONLY_PAGE,
    REFUSED_NOT_BY_ENTRIES, /* they allow it: something older was in the TLB */
};

/* 80386 manual, 6.4; for a write at CPL 0, where CR0.WP is set, SDM 3A 4.6. */
enum refusal refusal_of(uint32_t error, uint32_t pde, uint32_t pte);

/* "no_table", ... : its name; and the sentence. */
const char *refusal_name(enum refusal refusal);
const char *refusal_words(enum refusal refusal);

#endif
