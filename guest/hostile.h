/*
 * hostile.h: what the programs that attack the machine share: numbers drawn
 * from a seed, pages of all rights beside each other, values that are likely to
 * hurt, and a guard under which anything may happen to the registers, the stack
 * and the signals.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "guest.h"

/* ---- numbers ---- */

/* Starts the sequence that belongs to (seed, child). */
void draw_from(uint32_t seed, uint32_t child);

uint32_t draw(void);
uint32_t below(uint32_t bound); /* bound is not 0 */
bool one_in(uint32_t bound);

/* ---- memory ---- */

/* The arena: pages side by side, by what may be done to them at first. */
enum arena_page {
    ARENA_DATA, /* two */
    ARENA_READ_ONLY = 2,
    ARENA_DATA_AGAIN,
    ARENA_NONE,
    ARENA_CODE, /* two, writable and executable; nothing behind them */
    ARENA_HOLE = 7,
    ARENA_EXECUTABLE,
    ARENA_SHARED,
    ARENA_STACK, /* two */
    ARENA_PAGES = 12
};

/* Makes it; exits with status 1 where that fails. */
void arena_make(void);
uint32_t arena_linear(enum arena_page page);

/* Lets those pages be read, written and executed again, new ones where they are
 * gone. */
void arena_open(enum arena_page first, uint32_t pages);

/* Gives one of its pages other rights, or none, or another page. */
void arena_change(void);

/* ---- values ---- */

uint32_t hostile_pointer(void);
uint32_t hostile_number(void);
uint32_t hostile_word(void); /* either */
uint32_t hostile_selector(void);
uint32_t hostile_flags(void); /* EFLAGS */

/* ---- the guard ---- */

struct machine_state {
    uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax, eflags, esp, eip;
};

/* The context in a signal's frame. */
struct signal_context {
    uint32_t gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t trap, error, eip, cs, eflags, esp_at_signal, ss, fpu_state, mask,
        cr2;
};

/* What to do about a signal: return by the frame, which may have been changed,
 * or give up what ran under the guard. */
typedef bool guard_decides(uint32_t signal, struct signal_context *context);

/* Handles every signal that can be, on a stack of its own, with the frame that
 * Linux gives to those that ask for siginfo where `with_info`. Outside the
 * guards they are ignored, but for faults, which end the process with status
 * 3. */
void guard_signals(guard_decides *decides, bool with_info);

/* Goes on with those registers, until guard_decides gives it up. Guards may be
 * one in the other. */
void guard_run(const struct machine_state *state);

/* Calls it, until it returns or guard_decides gives it up. */
void guard_call(void (*act)(void));

/* A signal every so often of virtual time; 0: none. */
void guard_timer(uint32_t every_us);

/* Where the last frame that a handler was given is. */
extern uint32_t guard_last_frame;

/* ---- the machine ---- */

/* Exits with status 2 where it is no simulator: elsewhere system calls do what
 * they say. */
void only_simulated(const char *who);

/* Waits for the child as long as its patience lasts, and then kills all
 * processes but the caller, which is the first. Returns whether the child came
 * to its end by itself. */
bool see_off(int32_t pid, uint32_t patience_ms);

#endif
