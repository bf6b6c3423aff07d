/* deadlock.c: see deadlock.h. */
#include "linux/deadlock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "linux/calls.h"
#include "linux/descriptors.h"
#include "linux/pipe.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/words.h"

#define PROCESSES_NAMED 8u /* of those that wait */
#define PIDS_NAMED      4u /* of whom one waits for */

/* Adds "pid 3", "pids 3, 4 and more", as one pid after the other is given. */
static void add_pid(struct words *words, uint32_t pid, uint32_t count)
{
    if (count < PIDS_NAMED)
        words_add(words, "%s%" PRIu32, count == 0 ? "pid " : ", ", pid);
    else if (count == PIDS_NAMED)
        words_add(words, " and others");
}

/* ---- what one waits for ---- */

static bool waits_for_child(uint32_t number)
{
    /* waitpid, wait4, waitid */
    return number == 7 || number == 114 || number == 284;
}

static void add_children(struct words *words, const struct process *process)
{
    uint32_t count = 0;

    words_add(words, " for ");
    for (const struct process *p = process->kin.children.first; p != NULL;
         p = p->kin.next)
        if (p->state != PROCESS_ZOMBIE)
            add_pid(words, p->pid, count++);
    words_add(words, "%s to end", count == 0 ? "a child" : "");
}

static bool has_other_end(const struct process *process, const struct file *end)
{
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        const struct file *file = process->files.descriptor[i].file;

        if (file != NULL && file->own == end->own && file->kind != end->kind)
            return true;
    }
    return false;
}

/* The processes that have the other end of the pipe open. */
static void add_other_end(struct words *words, const struct kernel *kernel,
                          const struct file *end)
{
    uint32_t count = 0;

    words_add(words, ", a pipe whose other end ");
    for (const struct process *p = kernel->processes; p != NULL; p = p->next)
        if (p->state != PROCESS_ZOMBIE && has_other_end(p, end))
            add_pid(words, p->pid, count++);
    words_add(words, " %s", count == 1 ? "has" : "have");
}

/* The descriptor that it waits for: of the two ends of a pipe it may have both,
 * and the call names the one that is meant. FILES_MAX: none. */
static uint32_t descriptor_of(const struct process *process)
{
    const struct file *named =
        files_file(&process->files, process->general[EBX]);
    uint32_t i = 0;

    if (named != NULL && named->own == process->waits_for)
        return process->general[EBX];
    while (i < FILES_MAX &&
           (process->files.descriptor[i].file == NULL ||
            process->files.descriptor[i].file->own != process->waits_for))
        i++;
    return i;
}

/* True where it waits for a file. */
static bool add_file(struct words *words, const struct kernel *kernel,
                     const struct process *process)
{
    uint32_t number = descriptor_of(process);

    if (number == FILES_MAX)
        return false;
    words_add(words, " for descriptor %" PRIu32, number);
    if (file_is_pipe(process->files.descriptor[number].file))
        add_other_end(words, kernel, process->files.descriptor[number].file);
    return true;
}

static void add_vfork(struct words *words, const struct process *process)
{
    for (const struct process *p = process->kin.children.first; p != NULL;
         p = p->kin.next)
        if (process->waits_for == p)
            words_add(words, " for pid %" PRIu32 " to exec or to end", p->pid);
}

static void add_signal_or_child(struct words *words,
                                const struct process *process, uint32_t number)
{
    if (waits_for_child(number))
        add_children(words, process);
    else
        words_add(words, " for a signal");
}

static void add_waiter(struct words *words, const struct kernel *kernel,
                       const struct process *process)
{
    uint32_t number = process->general[EAX];
    const struct call_entry *call =
        number < SYSTEM_CALLS_MAX ? kernel->calls[number] : NULL;

    words_add(words, "pid %" PRIu32 " waits in %s", process->pid,
              call == NULL ? "the kernel" : call->name);
    if (process->waits_for == process)
        add_signal_or_child(words, process, number);
    else if (process->waits_for == poll_channel(kernel))
        words_add(words, " for descriptors");
    else if (!add_file(words, kernel, process))
        add_vfork(words, process);
}

static void tell_waiters(const struct kernel *kernel, struct words *words)
{
    uint32_t count = 0;

    for (const struct process *p = kernel->processes; p != NULL; p = p->next) {
        if (p->state == PROCESS_ZOMBIE)
            continue;
        if (count < PROCESSES_NAMED) {
            words_add(words, "%s", count == 0 ? "" : "; ");
            add_waiter(words, kernel, p);
        }
        count++;
    }
    if (count > PROCESSES_NAMED)
        words_add(words, "; %" PRIu32 " more", count - PROCESSES_NAMED);
}

void deadlock_break(struct kernel *kernel)
{
    const struct signal_info info = {.cause = CAUSE_DEADLOCK};
    struct words words = {kernel->deadlock, sizeof(kernel->deadlock), 0};

    if (kernel->deadlock[0] != '\0') { /* it was killed, and waits: no call may
                                          do that */
        kernel->machine.broken = "the first process outlives SIGKILL";
        return;
    }
    tell_waiters(kernel, &words);
    signal_send_info(kernel, kernel->init, SIGNAL_KILL, &info);
}
