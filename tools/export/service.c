/* service.c: see service.h. What is charged when is machine/clock.c's and
 * linux/pager.c's to say. */
#include "export/service.h"

#include <stdlib.h>
#include <string.h>

/* Reads "trap=99,fork=5"; what is none of a cost is passed over. */
static void read_costs(const char *text, uint32_t chosen[COSTS])
{
    while (*text != '\0') {
        char name[32] = "";
        size_t length = strcspn(text, "=,");
        enum cost cost = COSTS;

        if (length < sizeof(name) && text[length] == '=') {
            memcpy(name, text, length);
            cost = cost_named(name);
        }
        if (cost != COSTS) {
            unsigned long clocks = strtoul(text + length + 1, NULL, 10);
            if (clocks <= COST_HIGHEST)
                chosen[cost] = (uint32_t)clocks;
        }
        text += strcspn(text, ",");
        text += *text == ',';
    }
}

void service_read(struct service *service, struct logdb *db)
{
    char cpu[32];
    char costs[1024];
    uint32_t chosen[COSTS];
    const struct mmu_generation *generation;

    log_parameter(db, "cpu", cpu, sizeof(cpu));
    generation = mmu_generation_named(cpu);
    if (generation == NULL)
        generation = mmu_generation_of(MMU_GENERATION_I386);
    memset(chosen, 0xFF, sizeof(chosen)); /* COST_DEFAULT */
    log_parameter(db, "costs", costs, sizeof(costs));
    read_costs(costs, chosen);
    costs_choose(service->costs, generation->id, chosen);
    service->has_invlpg = generation->invlpg;
    service->clocked =
        log_number(db, "SELECT value FROM parameters WHERE name = 'clocked'",
                   1) != 0;
}

/* A present entry's frame was brought into use by this fault. */
static uint64_t frame_clocks(const struct service *service,
                             const struct log_event *fault)
{
    return fault->refs_before == 0 ? service->costs[COST_FRAME] : 0;
}

static uint64_t work_clocks(const struct service *service,
                            const struct log_event *fault)
{
    const uint32_t *costs = service->costs;
    uint64_t forgotten =
        costs[service->has_invlpg ? COST_INVLPG : COST_CR3_LOAD];
    uint64_t table =
        (fault->pde_before & MMU_PTE_P) == 0 && (fault->pde_after & MMU_PTE_P)
            ? costs[COST_TABLE_NEW]
            : 0;

    switch (fault->kind) {
    case LOG_DEMAND_ZERO:
        return table + frame_clocks(service, fault) + costs[COST_PTE] +
               costs[COST_PAGE_ZERO];
    case LOG_FILE:
        return table + frame_clocks(service, fault) + costs[COST_PTE] +
               (fault->refs_before == 0 ? costs[COST_PAGE_LOAD] : 0);
    case LOG_COW_COPY:
        return (uint64_t)costs[COST_FRAME] + costs[COST_PAGE_COPY] +
               costs[COST_PTE] + forgotten;
    case LOG_COW_REUSE:
        return costs[COST_PTE] + forgotten;
    default:
        return 0;
    }
}

uint64_t service_return_clocks(const struct service *service,
                               const struct log_event *fault)
{
    bool user = (fault->error & MMU_PF_U) != 0;

    return service->clocked && user ? service->costs[COST_IRET] : 0;
}

uint64_t service_clocks(const struct service *service,
                        const struct log_event *fault)
{
    const uint32_t *costs = service->costs;
    bool user = (fault->error & MMU_PF_U) != 0;
    uint64_t clocks;

    if (!service->clocked)
        return 1;
    clocks = (uint64_t)costs[user ? COST_TRAP : COST_TRAP_SAME] +
             costs[COST_ENTRY] + costs[COST_FAULT] + costs[COST_LOOK_UP] +
             work_clocks(service, fault) +
             costs[user ? COST_IRET : COST_IRET_SAME];
    return clocks > 0 ? clocks : 1;
}
