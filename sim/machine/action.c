/* action.c: see action.h. */
#include "machine/action.h"

#include "mmu.h"

void action_begin(struct actions *actions)
{
    if (actions->depth++ == 0)
        actions->lookups = actions->mmu->counts.lookups;
}

void action_end(struct actions *actions, const struct trace_event *action)
{
    if (--actions->depth == 0 && actions->sink.tell != NULL)
        actions->sink.tell(actions->sink.arg, action);
}

void action_tell(struct actions *actions, const struct trace_event *action)
{
    action_begin(actions);
    action_end(actions, action);
}

void action_remark(const struct actions *actions,
                   const struct trace_event *event)
{
    if (actions->sink.tell != NULL)
        actions->sink.tell(actions->sink.arg, event);
}

bool action_is_due(const struct actions *actions)
{
    return actions->depth == 0 && actions->sink.tell != NULL;
}
