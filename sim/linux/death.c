/* death.c: see death.h. */
#include "linux/death.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cpu/trap.h"
#include "linux/codeplace.h"
#include "linux/state.h"
#include "linux/words.h"
#include "program/program.h"

#define BYTES_SHOWN 8u /* of code that is no instruction */

/* ---- the signal ---- */

static const char *const signal_names[] = {
    [1] = "SIGHUP",   [2] = "SIGINT",     [3] = "SIGQUIT",  [4] = "SIGILL",
    [5] = "SIGTRAP",  [6] = "SIGABRT",    [7] = "SIGBUS",   [8] = "SIGFPE",
    [9] = "SIGKILL",  [10] = "SIGUSR1",   [11] = "SIGSEGV", [12] = "SIGUSR2",
    [13] = "SIGPIPE", [14] = "SIGALRM",   [15] = "SIGTERM", [16] = "SIGSTKFLT",
    [17] = "SIGCHLD", [18] = "SIGCONT",   [19] = "SIGSTOP", [20] = "SIGTSTP",
    [21] = "SIGTTIN", [22] = "SIGTTOU",   [23] = "SIGURG",  [24] = "SIGXCPU",
    [25] = "SIGXFSZ", [26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH",
    [29] = "SIGIO",   [30] = "SIGPWR",    [31] = "SIGSYS",
};

static void add_signal(struct words *words, uint32_t signal)
{
    if (signal < sizeof(signal_names) / sizeof(signal_names[0]) &&
        signal_names[signal] != NULL)
        words_add(words, "killed by %s", signal_names[signal]);
    else
        words_add(words, "killed by signal %" PRIu32, signal);
}

/* ---- the reason ---- */

/* 80386 manual, 9.8; SDM volume 3, table 6-1, for those of later processors. */
static const char *exception_name(uint32_t vector)
{
    switch (vector) {
    case VECTOR_DIVIDE:
        return "divide error (#DE)";
    case VECTOR_DEBUG:
        return "debug exception (#DB)";
    case VECTOR_BREAKPOINT:
        return "breakpoint (#BP)";
    case VECTOR_OVERFLOW:
        return "overflow (#OF)";
    case VECTOR_BOUND:
        return "bound range exceeded (#BR)";
    case VECTOR_INVALID:
        return "invalid opcode (#UD)";
    case VECTOR_NO_FPU:
        return "no coprocessor (#NM)";
    case VECTOR_DOUBLE_FAULT:
        return "double fault (#DF)";
    case VECTOR_BAD_TSS:
        return "invalid TSS (#TS)";
    case VECTOR_NOT_PRESENT:
        return "segment not present (#NP)";
    case VECTOR_STACK:
        return "stack fault (#SS)";
    case VECTOR_PROTECTION:
        return "general protection (#GP)";
    case VECTOR_PAGE_FAULT:
        return "page fault (#PF)";
    case VECTOR_FPU:
        return "x87 floating-point error (#MF)";
    case VECTOR_ALIGNMENT:
        return "alignment check (#AC)";
    case VECTOR_SIMD:
        return "SIMD floating-point error (#XM)";
    default:
        return "exception";
    }
}

static void add_exception(struct words *words, const struct kernel *kernel,
                          const struct signals *signals)
{
    words_add(words, ": %s", exception_name(signals->fault_vector));
    if (trap_has_error(signals->fault_vector) &&
        !kernel->machine.options.replays)
        words_add(words, ", error 0x%" PRIx32, signals->fault_error);
}

static void add_reason(struct words *words, const struct kernel *kernel,
                       const struct process *process,
                       const struct signal_info *info)
{
    switch (info->cause) {
    case CAUSE_UNKNOWN:
        break;
    case CAUSE_SENT:
        words_add(words, " from pid %" PRIu32 "%s", info->sender,
                  info->sender == process->pid ? " (itself)" : "");
        break;
    case CAUSE_EXCEPTION:
        add_exception(words, kernel, &process->signals);
        break;
    case CAUSE_PIPE:
        words_add(words, ": a write to a pipe that nobody reads");
        break;
    case CAUSE_ALARM:
        words_add(words, ": its alarm rang");
        break;
    case CAUSE_NO_STACK:
        words_add(words, ": no stack for a signal handler's frame");
        break;
    case CAUSE_BAD_FRAME:
        words_add(words, ": return from a signal handler through a bad frame");
        break;
    case CAUSE_NO_MEMORY:
        words_add(words, ": out of memory");
        break;
    case CAUSE_DEADLOCK:
        words_add(words, ": deadlock: %s", kernel->deadlock);
        break;
    case CAUSE_FIRST_ENDED:
        words_add(words, ": the first process has ended");
        break;
    }
}

/* ---- the place ---- */

/* How many bytes before EIP the instruction is that entered the kernel and left
 * EIP behind it: INT3, INTO, INT1 and INT n; 0: it is at EIP. */
static uint32_t bytes_back(const struct kernel *kernel,
                           const struct process *process, uint32_t eip,
                           const struct signal_info *info)
{
    uint32_t vector = process->signals.fault_vector;
    bool trap = vector == VECTOR_DEBUG || vector == VECTOR_BREAKPOINT ||
                vector == VECTOR_OVERFLOW;
    uint8_t code[2];

    if (info->cause == CAUSE_EXCEPTION && !trap)
        return 0;
    if (codeplace_read(kernel, process, eip - 2, code, sizeof(code)) !=
        sizeof(code))
        return 0;
    if (info->cause == CAUSE_EXCEPTION &&
        (code[1] == 0xCC || code[1] == 0xCE || code[1] == 0xF1))
        return 1;
    return code[0] == 0xCD ? 2 : 0;
}

/* A replay knows no other code than that of the programs that it has read. */
static bool code_is_known(const struct kernel *kernel,
                          const struct process *process)
{
    return !kernel->machine.options.replays ||
           (process->program != NULL && process->program->file != NULL);
}

static void add_bytes(struct words *words, const struct kernel *kernel,
                      const struct process *process, uint32_t eip)
{
    uint8_t code[BYTES_SHOWN];
    uint32_t bytes = codeplace_read(kernel, process, eip, code, sizeof(code));

    for (uint32_t i = 0; i < bytes; i++)
        words_add(words, "%s%02x", i == 0 ? ": bytes " : " ", code[i]);
}

static void add_place(struct words *words, struct kernel *kernel,
                      const struct process *process,
                      const struct signal_info *info)
{
    const struct codeplace place = codeplace_of(kernel, process);
    uint32_t back;
    char text[160] = "";

    if (!place.flat)
        words_add(words, ", cs 0x%04" PRIx32, place.cs);
    words_add(words, ", eip 0x%08" PRIx32 "%s", place.eip,
              codeplace_symbol(process, place.linear, text, sizeof(text)));
    words_add(words, "%s",
              codeplace_source(process, place.linear, text, sizeof(text)));
    if (!code_is_known(kernel, process))
        return;
    back = bytes_back(kernel, process, place.linear, info);
    text[0] = '\0';
    if (!place.bits16)
        codeplace_instruction(kernel, process, place.linear - back,
                              back == 0 ? ": " : ", after ", "", text,
                              sizeof(text));
    if (text[0] != '\0')
        words_add(words, "%s", text);
    else
        add_bytes(words, kernel, process, place.linear);
}

char *death_text(struct kernel *kernel, const struct process *process,
                 uint32_t signal, char *text, size_t text_bytes)
{
    struct words words = {text, text_bytes, 0};
    const struct signal_info *info = &process->signals.info[signal];

    add_signal(&words, signal);
    add_reason(&words, kernel, process, info);
    add_place(&words, kernel, process, info);
    return text;
}
