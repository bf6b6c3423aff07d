/* fault_line.c: a fault is held until the event that says what was done about it. */
#include "fault_line.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "machine.h"
#include "process.h"
#include "program.h"

#define SYMBOL_SHOWN 64 /* bytes of a symbol's name */

char *fault_error_text(uint32_t error, char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "%s, %s, %s%s", error & PF_P ? "protection" : "not present",
             error & PF_W ? "write" : "read", error & PF_U ? "user" : "supervisor",
             error & PF_RSVD ? ", reserved bit" : "");
    return text;
}

/* A program's symbols are what its maker wanted: no control character goes to a terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* Writes " <main+0x12>", or nothing where EIP is at no symbol of the program that faulted. */
static void symbol_text(const struct machine *machine, const struct event *fault, char *text,
                        size_t text_bytes)
{
    const struct process *process = machine->current;
    const char *name = NULL;
    uint32_t offset = 0;

    text[0] = '\0';
    if (process != NULL && process->pid == fault->pid && process->program != NULL)
        name = symbols_find(&process->program->symbols, fault->eip, &offset);
    if (name == NULL)
        return;
    if (offset == 0)
        snprintf(text, text_bytes, " <%.*s>", SYMBOL_SHOWN, name);
    else
        snprintf(text, text_bytes, " <%.*s+0x%" PRIx32 ">", SYMBOL_SHOWN, name, offset);
    make_printable(text);
}

/* Writes `before`, the instruction that faulted, and `after`; nothing where it cannot be read, or
 * was no program's but the kernel's own access. */
static void instruction_text(struct machine *machine, const struct event *fault, const char *before,
                             const char *after, char *text, size_t text_bytes)
{
    const struct process *process = machine->current;
    char instruction[128];

    text[0] = '\0';
    if (!(fault->error & PF_U) || process == NULL || process->pid != fault->pid)
        return;
    cpu_disassemble(machine->cpu, fault->eip, instruction, sizeof(instruction));
    if (instruction[0] != '(')
        snprintf(text, text_bytes, "%s%s%s", before, instruction, after);
}

/* Makes up what is to be said if the process dies of the open fault, by `signal`; `why`: "" or
 * "out of memory: ". */
static void prepare_death(struct fault_line *line, uint32_t signal, const char *why)
{
    const struct event *fault = &line->fault;
    char error[64];
    char symbol[96];
    char instruction[136];

    fault_error_text(fault->error, error, sizeof(error));
    symbol_text(line->machine, fault, symbol, sizeof(symbol));
    instruction_text(line->machine, fault, ": ", "", instruction, sizeof(instruction));
    snprintf(line->death, sizeof(line->death),
             "mmu386: pid %" PRIu32 ": %spage fault at 0x%08" PRIx32 ", error 0x%" PRIx32
             " (%s), eip 0x%08" PRIx32 "%s%s\n",
             fault->pid, why, fault->linear, fault->error, error, fault->eip, symbol, instruction);
    line->death_signal = signal;
    line->death_pid = fault->pid;
    line->death_eip = fault->eip;
}

/* Writes what an event that services a fault did. */
static void service_text(const struct event *event, char *text, size_t text_bytes)
{
    switch (event->kind) {
    case EVENT_ZERO_FILL:
        snprintf(text, text_bytes, "zero-filled frame %" PRIu32, event->frame_after);
        break;
    case EVENT_FILE:
        snprintf(text, text_bytes, "loaded frame %" PRIu32 " from file", event->frame_after);
        break;
    case EVENT_COPY:
        snprintf(text, text_bytes,
                 "copied frame %" PRIu32 " to %" PRIu32 ", references %" PRIu32 " to %" PRIu32,
                 event->frame_before, event->frame_after, event->refs_before, event->refs_after);
        break;
    case EVENT_TAKEOVER:
        snprintf(text, text_bytes, "took over frame %" PRIu32, event->frame_after);
        break;
    default:
        snprintf(text, text_bytes, "refused");
        break;
    }
}

/* Closes the open fault: `done` is what was done about it. */
static void close_fault(struct fault_line *line, const char *done)
{
    const struct event *fault = &line->fault;
    char error[64];
    char symbol[96];
    char instruction[136];

    line->open = false;
    if (!line->all)
        return;
    symbol_text(line->machine, fault, symbol, sizeof(symbol));
    instruction_text(line->machine, fault, " [", "]", instruction, sizeof(instruction));
    fprintf(line->out,
            "fault pid=%" PRIu32 " cr2=0x%08" PRIx32 " error=0x%" PRIx32 " (%s) eip=0x%08" PRIx32
            "%s%s %s\n",
            fault->pid, fault->linear, fault->error,
            fault_error_text(fault->error, error, sizeof(error)), fault->eip, symbol, instruction,
            done);
}

/* A fault that nothing was done about is one for which there was no frame. */
static void starve(struct fault_line *line)
{
    if (!line->open)
        return;
    prepare_death(line, SIGKILL, "out of memory: ");
    close_fault(line, "no frame left");
}

static void open_fault(struct fault_line *line, const struct event *fault)
{
    starve(line);
    line->open = true;
    line->fault = *fault;
}

static void service(struct fault_line *line, const struct event *event)
{
    char done[96] = "";

    if (!line->open)
        return;
    if (line->all)
        service_text(event, done, sizeof(done));
    close_fault(line, done);
}

/* Only the refusal of a user's access kills; that of the kernel's own gives EFAULT. */
static void refuse(struct fault_line *line, const struct event *event)
{
    if (line->open && (line->fault.error & PF_U))
        prepare_death(line, SIGSEGV, "");
    service(line, event);
}

/* Says what a process was killed by, where that was a fault. SIGSEGV may also have been sent by
 * somebody; it is the fault's if the process has not moved on since. */
static void kill_process(struct fault_line *line, const struct event *event)
{
    starve(line);
    if (line->death_signal == event->value && line->death_pid == event->pid &&
        (event->value == SIGKILL || line->death_eip == event->eip))
        fputs(line->death, line->out);
    line->death_signal = 0;
}

/* The kernel may do the same to a page by hand, with no fault to service. */
static void tell_by_hand(const struct fault_line *line, const struct event *event)
{
    char done[96];

    if (!line->all)
        return;
    service_text(event, done, sizeof(done));
    fprintf(line->out, "kernel pid=%" PRIu32 " page=0x%08" PRIx32 " %s\n", event->pid,
            event->linear, done);
}

/* The events that hear looks at. */
#define HEARD                                                                          \
    (1u << EVENT_FAULT | 1u << EVENT_ZERO_FILL | 1u << EVENT_FILE | 1u << EVENT_COPY | \
     1u << EVENT_TAKEOVER | 1u << EVENT_SEGV | 1u << EVENT_KILL)

static void hear(void *listener, const struct event *event)
{
    struct fault_line *line = listener;

    switch (event->kind) {
    case EVENT_FAULT:
        open_fault(line, event);
        break;
    case EVENT_ZERO_FILL:
    case EVENT_FILE:
    case EVENT_COPY:
    case EVENT_TAKEOVER:
        if (event->in_kernel)
            tell_by_hand(line, event);
        else
            service(line, event);
        break;
    case EVENT_SEGV:
        refuse(line, event);
        break;
    case EVENT_KILL:
        kill_process(line, event);
        break;
    default:
        break;
    }
}

void fault_line_listen(struct fault_line *line, struct machine *machine, FILE *out, bool all)
{
    *line = (struct fault_line){.machine = machine, .out = out, .all = all};
    machine_listen_to(machine, (struct event_sink){.emit = hear, .listener = line}, HEARD);
}
