/* budget.c: see budget.h. */
#include "machine/budget.h"

#include <assert.h>

bool budget_has(const struct budget *budget, size_t bytes)
{
    return budget == NULL || bytes <= budget->limit - budget->used;
}

bool budget_take(struct budget *budget, size_t bytes)
{
    if (!budget_has(budget, bytes))
        return false;
    if (budget != NULL)
        budget->used += bytes;
    return true;
}

void budget_give(struct budget *budget, size_t bytes)
{
    if (budget == NULL)
        return;
    assert(bytes <= budget->used);
    budget->used -= bytes;
}

void budget_starve(struct budget *budget)
{
    if (budget != NULL)
        budget->starved = true;
}
