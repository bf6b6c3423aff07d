/* service.h: how long the service of a page fault took, from the delivery of
 * its trap to its IRET: the sum of what the clock charged for it. The bus
 * cycles of walks, of which a log does not tell, are not in it. */
#ifndef MMU386_EXPORT_SERVICE_H
#define MMU386_EXPORT_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "log/logdb.h"
#include "logevents.h"
#include "machine/costs.h"

struct service {
    uint32_t costs[COSTS]; /* clocks, as the run had them */
    bool clocked;          /* else every service is one step */
    bool has_invlpg;       /* else CR3 is loaded */
};

/* Reads the costs that the log's run had: those of its processor, where the log
 * names no others. */
void service_read(struct service *service, struct logdb *db);

/* Clocks that the service of that fault took; at least 1. */
uint64_t service_clocks(const struct service *service,
                        const struct log_event *fault);

/* Those of them that IRET to ring 3 took, to which a process that is killed
 * does not come. */
uint64_t service_return_clocks(const struct service *service,
                               const struct log_event *fault);

#endif
