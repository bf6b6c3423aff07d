/* subjects.h: the processes that a machine's events are about, for those who
 * listen: what they may ask of whoever serves the machine, which itself knows
 * of no process. An answer is true while the event is heard of which it is
 * asked. */
#ifndef MMU386_SUBJECTS_H
#define MMU386_SUBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program;

struct subject {
    uint32_t pid, parent_pid;
    struct program *program; /* that it runs; NULL: none yet */
    bool has_memory;         /* an address space: what has ended has none */
};

/* A range of linear addresses that a process may use. */
struct subject_mapping {
    uint32_t start, end; /* page boundaries; end is past the last byte */
    bool readable, writable, executable;
    struct program *program; /* whose segment it is; NULL: nobody's */
    const char *name;        /* "stack", "heap"...: stays; or NULL */
};

/* An instruction, in words. */
struct subject_place {
    uint32_t eip;          /* in its code segment */
    char symbol[96];       /* " <main+0x12>", or "" */
    char source[96];       /* " at value.c:31", or "" */
    char instruction[128]; /* "mov dword ptr [eax], 1"; "": it cannot be read,
                              or is of 16 bits */
};

/* What a signal that kills comes of, as far as a listener tells deaths
 * apart. */
enum subject_killer {
    KILLER_OTHER,
    KILLER_SENDER,      /* a process sent it */
    KILLER_MEMORY,      /* no frame is left */
    KILLER_FIRST_ENDED, /* the first process has, and nobody outlives it */
};

#define SUBJECT_DEATH_BYTES 2048u

struct subjects {
    /* The process whose address space is loaded. False where there is none. */
    bool (*current)(void *arg, struct subject *subject);
    /* The first process of all; likewise. */
    bool (*first)(void *arg, struct subject *subject);
    /* The current process's mapping that holds `linear`; likewise. */
    bool (*mapping)(void *arg, uint32_t linear,
                    struct subject_mapping *mapping);
    /* The current process's instruction at `linear`. */
    void (*place)(void *arg, uint32_t linear, struct subject_place *place);
    /* Who kills process `pid` by `signal`; KILLER_OTHER where there is no such
     * process. */
    enum subject_killer (*killer)(void *arg, uint32_t pid, uint32_t signal);
    /* Writes why it does: "killed by SIGTERM from pid 2, eip...". The process
     * is there, and still has its memory. */
    void (*death)(void *arg, uint32_t pid, uint32_t signal, char *text,
                  size_t text_bytes);
    void *arg;
};

#endif
