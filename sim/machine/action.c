/* action.c: see action.h. */
#include "machine/action.h"

#include "machine/machine.h"

void action_begin(struct machine *machine)
{
    struct actions *actions = &machine->actions;
    if (actions->depth++ == 0)
        actions->lookups = cpu_mmu(machine->cpu)->counts.lookups;
}

void action_end(struct machine *machine, const struct trace_event *action)
{
    struct actions *actions = &machine->actions;
    if (--actions->depth == 0 && actions->sink.tell != NULL)
        actions->sink.tell(actions->sink.arg, action);
}

void action_tell(struct machine *machine, const struct trace_event *action)
{
    action_begin(machine);
    action_end(machine, action);
}

bool action_is_due(const struct machine *machine)
{
    return machine->actions.depth == 0 && machine->actions.sink.tell != NULL;
}
