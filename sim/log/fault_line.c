/* fault_line.c: a fault is held until the event that says what was done about
 * it. */
#include "log/fault_line.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "linux/codeplace.h"
#include "linux/death.h"
#include "linux/kernel.h"
#include "linux/process.h"

char *fault_error_text(uint32_t error, char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "%s, %s, %s%s",
             error & MMU_PF_P ? "protection" : "not present",
             error & MMU_PF_W ? "write" : "read",
             error & MMU_PF_U ? "user" : "supervisor",
             error & MMU_PF_RSVD ? ", reserved bit" : "");
    return text;
}

/* The process that faulted, which is the current one; NULL where that is not
 * known. */
static const struct process *faulter(const struct kernel *kernel,
                                     const struct mmu_event *fault)
{
    const struct process *process = kernel->current;

    return process != NULL && process->pid == fault->pid ? process : NULL;
}

/* EIP, which in a code segment of the program's own is not the linear address
 * that events have. */
static uint32_t eip_of(const struct kernel *kernel,
                       const struct mmu_event *fault)
{
    const struct process *process = faulter(kernel, fault);

    if (process == NULL)
        return fault->eip;

    const struct codeplace place = codeplace_of(kernel, process);

    return place.linear == fault->eip ? place.eip : fault->eip;
}

static void symbol_text(const struct kernel *kernel,
                        const struct mmu_event *fault, char *text,
                        size_t text_bytes)
{
    const struct process *process = faulter(kernel, fault);

    text[0] = '\0';
    if (process != NULL)
        codeplace_symbol(process, fault->eip, text, text_bytes);
}

/* Writes `before`, the instruction that faulted, and `after`; nothing where it
 * cannot be read, or was no program's but the kernel's own access. */
static void instruction_text(struct kernel *kernel,
                             const struct mmu_event *fault, const char *before,
                             const char *after, char *text, size_t text_bytes)
{
    const struct process *process = faulter(kernel, fault);

    text[0] = '\0';
    if ((fault->error & MMU_PF_U) && process != NULL &&
        !codeplace_of(kernel, process).bits16)
        codeplace_instruction(kernel, process, fault->eip, before, after, text,
                              text_bytes);
}

/* Makes up what is to be said if the process dies of the open fault, by
 * `signal`; `why`: "" or "out of memory: ". */
static void prepare_death(struct fault_line *line, uint32_t signal,
                          const char *why)
{
    const struct mmu_event *fault = &line->fault;
    char error[64];
    char symbol[96];
    char instruction[136];

    fault_error_text(fault->error, error, sizeof(error));
    symbol_text(line->kernel, fault, symbol, sizeof(symbol));
    instruction_text(line->kernel, fault, ": ", "", instruction,
                     sizeof(instruction));
    snprintf(line->death, sizeof(line->death),
             "mmu386: pid %" PRIu32 ": %spage fault at 0x%08" PRIx32
             ", error 0x%" PRIx32 " (%s), eip 0x%08" PRIx32 "%s%s\n",
             fault->pid, why, fault->linear, fault->error, error,
             eip_of(line->kernel, fault), symbol, instruction);
    line->death_signal = signal;
    line->death_pid = fault->pid;
    line->death_eip = fault->eip;
}

/* Writes what an event that services a fault did. */
static void service_text(const struct mmu_event *event, char *text,
                         size_t text_bytes)
{
    switch (event->kind) {
    case MMU_EVENT_ZERO_FILL:
        snprintf(text, text_bytes, "zero-filled frame %" PRIu32,
                 event->frame_after);
        break;
    case MMU_EVENT_FILE:
        snprintf(text, text_bytes, "loaded frame %" PRIu32 " from file",
                 event->frame_after);
        break;
    case MMU_EVENT_COPY:
        snprintf(text, text_bytes,
                 "copied frame %" PRIu32 " to %" PRIu32 ", references %" PRIu32
                 " to %" PRIu32,
                 event->frame_before, event->frame_after, event->refs_before,
                 event->refs_after);
        break;
    case MMU_EVENT_TAKEOVER:
        snprintf(text, text_bytes, "took over frame %" PRIu32,
                 event->frame_after);
        break;
    default:
        snprintf(text, text_bytes, "refused");
        break;
    }
}

/* Closes the open fault: `done` is what was done about it. */
static void close_fault(struct fault_line *line, const char *done)
{
    const struct mmu_event *fault = &line->fault;
    char error[64];
    char symbol[96];
    char instruction[136];

    line->open = false;
    if (!line->all)
        return;
    symbol_text(line->kernel, fault, symbol, sizeof(symbol));
    instruction_text(line->kernel, fault, " [", "]", instruction,
                     sizeof(instruction));
    fprintf(line->out,
            "fault pid=%" PRIu32 " cr2=0x%08" PRIx32 " error=0x%" PRIx32
            " (%s) eip=0x%08" PRIx32 "%s%s %s\n",
            fault->pid, fault->linear, fault->error,
            fault_error_text(fault->error, error, sizeof(error)),
            eip_of(line->kernel, fault), symbol, instruction, done);
}

/* A fault that nothing was done about is one for which there was no frame. */
static void starve(struct fault_line *line)
{
    if (!line->open)
        return;
    prepare_death(line, SIGKILL, "out of memory: ");
    close_fault(line, "no frame left");
}

static void open_fault(struct fault_line *line, const struct mmu_event *fault)
{
    starve(line);
    line->open = true;
    line->fault = *fault;
}

static void service(struct fault_line *line, const struct mmu_event *event)
{
    char done[96] = "";

    if (!line->open)
        return;
    if (line->all)
        service_text(event, done, sizeof(done));
    close_fault(line, done);
}

/* Only the refusal of a user's access kills; that of the kernel's own gives
 * EFAULT. */
static void refuse(struct fault_line *line, const struct mmu_event *event)
{
    if (line->open && (line->fault.error & MMU_PF_U))
        prepare_death(line, SIGSEGV, "");
    service(line, event);
}

/* Whether the signal is that of the fault which the process was refused last:
 * it has not moved on since, and nobody sent it. */
static bool is_of_fault(const struct fault_line *line,
                        const struct process *process,
                        const struct mmu_event *kill)
{
    if (line->death_signal != kill->value || line->death_pid != kill->pid)
        return false;
    return kill->value == SIGKILL ||
           (line->death_eip == kill->eip &&
            process->signals.info[kill->value].cause != CAUSE_SENT);
}

/* A replay leaves out a process for which it has not the memory that the
 * recording had: a fault of its own is told of, and what it is left out for
 * otherwise is no death of the program's. */
static bool is_left_out(const struct fault_line *line,
                        const struct process *process,
                        const struct mmu_event *kill)
{
    return line->kernel->machine.options.replays &&
           process->signals.info[kill->value].cause == CAUSE_NO_MEMORY;
}

static void tell_death(const struct fault_line *line,
                       const struct process *process, uint32_t signal)
{
    char text[DEATH_TEXT_BYTES];

    fprintf(line->out, "mmu386: pid %" PRIu32 ": %s\n", process->pid,
            death_text(line->kernel, process, signal, text, sizeof(text)));
}

/* Says what the current process is killed by. */
static void kill_process(struct fault_line *line, const struct mmu_event *event)
{
    const struct process *process = line->kernel->current;

    starve(line);
    if (process != NULL && is_of_fault(line, process, event))
        fputs(line->death, line->out);
    else if (process != NULL && !is_left_out(line, process, event))
        tell_death(line, process, event->value);
    line->death_signal = 0;
}

/* With the first process those that are left are killed, without an event of
 * its own. */
static void end_process(const struct fault_line *line,
                        const struct mmu_event *event)
{
    const struct process *process = process_by_pid(line->kernel, event->pid);

    if (process != NULL && event->value == SIGKILL &&
        process->signals.info[SIGKILL].cause == CAUSE_FIRST_ENDED)
        tell_death(line, process, SIGKILL);
}

/* The kernel may do the same to a page by hand, with no fault to service. */
static void tell_by_hand(const struct fault_line *line,
                         const struct mmu_event *event)
{
    char done[96];

    if (!line->all)
        return;
    service_text(event, done, sizeof(done));
    fprintf(line->out, "kernel pid=%" PRIu32 " page=0x%08" PRIx32 " %s\n",
            event->pid, event->linear, done);
}

/* The events that hear looks at. */
#define HEARD                                                                 \
    (1u << MMU_EVENT_FAULT | 1u << MMU_EVENT_ZERO_FILL |                      \
     1u << MMU_EVENT_FILE | 1u << MMU_EVENT_COPY | 1u << MMU_EVENT_TAKEOVER | \
     1u << MMU_EVENT_SEGV | 1u << MMU_EVENT_KILL | 1u << MMU_EVENT_EXIT)

static void hear(void *listener, const struct mmu_event *event)
{
    struct fault_line *line = listener;

    switch (event->kind) {
    case MMU_EVENT_FAULT:
        open_fault(line, event);
        break;
    case MMU_EVENT_ZERO_FILL:
    case MMU_EVENT_FILE:
    case MMU_EVENT_COPY:
    case MMU_EVENT_TAKEOVER:
        if (event->in_kernel)
            tell_by_hand(line, event);
        else
            service(line, event);
        break;
    case MMU_EVENT_SEGV:
        refuse(line, event);
        break;
    case MMU_EVENT_KILL:
        kill_process(line, event);
        break;
    case MMU_EVENT_EXIT:
        end_process(line, event);
        break;
    default:
        break;
    }
}

void fault_line_listen(struct fault_line *line, struct kernel *kernel,
                       FILE *out, bool all)
{
    *line = (struct fault_line){.kernel = kernel, .out = out, .all = all};
    machine_listen_to(&kernel->machine,
                      (struct mmu_event_sink){.emit = hear, .listener = line},
                      HEARD);
}
