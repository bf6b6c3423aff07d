/* fault_line.c: a fault is held until the event that says what was done about
 * it. */
#include "log/fault_line.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "machine/machine.h"

char *fault_error_text(uint32_t error, char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "%s, %s, %s%s",
             error & MMU_PF_P ? "protection" : "not present",
             error & MMU_PF_W ? "write" : "read",
             error & MMU_PF_U ? "user" : "supervisor",
             error & MMU_PF_RSVD ? ", reserved bit" : "");
    return text;
}

/* Where the fault's instruction is. Nothing is known of it but its address
 * where another process is the current one, nor is it read where the access was
 * the kernel's own. */
static struct subject_place place_of(const struct fault_line *line,
                                     const struct mmu_event *fault)
{
    const struct subjects *subjects = &line->subjects;
    struct subject_place place = {.eip = fault->eip};
    struct subject current;

    if (subjects->current(subjects->arg, &current) && current.pid == fault->pid)
        subjects->place(subjects->arg, fault->eip, &place);
    if (!(fault->error & MMU_PF_U))
        place.instruction[0] = '\0';
    return place;
}

/* Makes up what is to be said if the process dies of the open fault, by
 * `signal`; `why`: "" or "out of memory: ". */
static void prepare_death(struct fault_line *line, uint32_t signal,
                          const char *why)
{
    const struct mmu_event *fault = &line->fault;
    const struct subject_place place = place_of(line, fault);
    char error[64];

    fault_error_text(fault->error, error, sizeof(error));
    snprintf(line->death, sizeof(line->death),
             "mmu386: pid %" PRIu32 ": %spage fault at 0x%08" PRIx32
             ", error 0x%" PRIx32 " (%s), eip 0x%08" PRIx32 "%s%s%s%s\n",
             fault->pid, why, fault->linear, fault->error, error, place.eip,
             place.symbol, place.source,
             place.instruction[0] == '\0' ? "" : ": ", place.instruction);
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

    line->open = false;
    if (!line->all)
        return;

    const struct subject_place place = place_of(line, fault);
    bool known = place.instruction[0] != '\0';

    fprintf(line->out,
            "fault pid=%" PRIu32 " cr2=0x%08" PRIx32 " error=0x%" PRIx32
            " (%s) eip=0x%08" PRIx32 "%s%s%s%s%s %s\n",
            fault->pid, fault->linear, fault->error,
            fault_error_text(fault->error, error, sizeof(error)), place.eip,
            place.symbol, place.source, known ? " [" : "", place.instruction,
            known ? "]" : "", done);
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

static enum subject_killer killer_of(const struct fault_line *line,
                                     uint32_t pid, uint32_t signal)
{
    return line->subjects.killer(line->subjects.arg, pid, signal);
}

/* Whether the signal is that of the fault which the process was refused last:
 * it has not moved on since, and nobody sent it. */
static bool is_of_fault(const struct fault_line *line,
                        const struct subject *killed,
                        const struct mmu_event *kill)
{
    if (line->death_signal != kill->value || line->death_pid != kill->pid)
        return false;
    return kill->value == SIGKILL ||
           (line->death_eip == kill->eip &&
            killer_of(line, killed->pid, kill->value) != KILLER_SENDER);
}

/* A replay leaves out a process for which it has not the memory that the
 * recording had: a fault of its own is told of, and what it is left out for
 * otherwise is no death of the program's. */
static bool is_left_out(const struct fault_line *line,
                        const struct subject *killed,
                        const struct mmu_event *kill)
{
    return line->replays &&
           killer_of(line, killed->pid, kill->value) == KILLER_MEMORY;
}

static void tell_death(const struct fault_line *line, uint32_t pid,
                       uint32_t signal)
{
    char text[SUBJECT_DEATH_BYTES];

    line->subjects.death(line->subjects.arg, pid, signal, text, sizeof(text));
    fprintf(line->out, "mmu386: pid %" PRIu32 ": %s\n", pid, text);
}

/* Says what the current process is killed by. */
static void kill_process(struct fault_line *line, const struct mmu_event *event)
{
    struct subject killed;

    starve(line);
    if (line->subjects.current(line->subjects.arg, &killed)) {
        if (is_of_fault(line, &killed, event))
            fputs(line->death, line->out);
        else if (!is_left_out(line, &killed, event))
            tell_death(line, killed.pid, event->value);
    }
    line->death_signal = 0;
}

/* With the first process those that are left are killed, without an event of
 * its own. */
static void end_process(const struct fault_line *line,
                        const struct mmu_event *event)
{
    if (event->value == SIGKILL &&
        killer_of(line, event->pid, SIGKILL) == KILLER_FIRST_ENDED)
        tell_death(line, event->pid, SIGKILL);
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

void fault_line_listen(struct fault_line *line, struct machine *machine,
                       const struct subjects *subjects, FILE *out, bool all)
{
    *line = (struct fault_line){.subjects = *subjects,
                                .replays = machine->options.replays,
                                .out = out,
                                .all = all};
    machine_listen_to(machine,
                      (struct mmu_event_sink){.emit = hear, .listener = line},
                      HEARD);
}
