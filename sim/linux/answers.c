/* answers.c: see answers.h. */
#include "linux/answers.h"

#include "linux/codeplace.h"
#include "linux/death.h"
#include "linux/kernel.h"
#include "linux/process.h"

static bool tell_process(const struct process *process, struct subject *subject)
{
    if (process == NULL)
        return false;
    *subject = (struct subject){.pid = process->pid,
                                .parent_pid = process->parent_pid,
                                .program = process->program,
                                .has_memory = process->has_space};
    return true;
}

static bool tell_current(void *arg, struct subject *subject)
{
    const struct kernel *kernel = arg;

    return tell_process(kernel->current, subject);
}

static bool tell_first(void *arg, struct subject *subject)
{
    const struct kernel *kernel = arg;

    return tell_process(kernel->init, subject);
}

static bool tell_mapping(void *arg, uint32_t linear,
                         struct subject_mapping *mapping)
{
    const struct kernel *kernel = arg;
    const struct mapping *found =
        kernel->current == NULL
            ? NULL
            : mappings_find(&kernel->current->mappings, linear);

    if (found == NULL)
        return false;
    *mapping = (struct subject_mapping){.start = found->start,
                                        .end = found->end,
                                        .readable = found->readable,
                                        .writable = found->writable,
                                        .executable = found->executable,
                                        .program = found->program,
                                        .name = found->name};
    return true;
}

/* EIP is, in a code segment of the program's own, not the linear address. */
static void tell_place(void *arg, uint32_t linear, struct subject_place *place)
{
    struct kernel *kernel = arg;
    const struct process *process = kernel->current;

    *place = (struct subject_place){.eip = linear};
    if (process == NULL)
        return;

    const struct codeplace stopped = codeplace_of(kernel, process);

    if (stopped.linear == linear)
        place->eip = stopped.eip;
    codeplace_symbol(process, linear, place->symbol, sizeof(place->symbol));
    codeplace_source(process, linear, place->source, sizeof(place->source));
    if (!stopped.bits16)
        codeplace_instruction(kernel, process, linear, "", "",
                              place->instruction, sizeof(place->instruction));
}

static enum subject_killer tell_killer(void *arg, uint32_t pid, uint32_t signal)
{
    const struct process *process = process_by_pid(arg, pid);

    switch (process == NULL ? CAUSE_UNKNOWN
                            : process->signals.info[signal].cause) {
    case CAUSE_SENT:
        return KILLER_SENDER;
    case CAUSE_NO_MEMORY:
        return KILLER_MEMORY;
    case CAUSE_FIRST_ENDED:
        return KILLER_FIRST_ENDED;
    default:
        return KILLER_OTHER;
    }
}

static void tell_death(void *arg, uint32_t pid, uint32_t signal, char *text,
                       size_t text_bytes)
{
    (void)death_text(arg, process_by_pid(arg, pid), signal, text, text_bytes);
}

struct subjects kernel_subjects(struct kernel *kernel)
{
    return (struct subjects){.current = tell_current,
                             .first = tell_first,
                             .mapping = tell_mapping,
                             .place = tell_place,
                             .killer = tell_killer,
                             .death = tell_death,
                             .arg = kernel};
}
