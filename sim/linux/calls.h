/* calls.h: what a system call is, and the groups of them: a sys_ file each. */
#ifndef MMU386_CALLS_H
#define MMU386_CALLS_H

#include <stdint.h>

struct kernel;
struct process;

/* A call's arguments: EBX, ECX, EDX, ESI, EDI, EBP. It returns what goes into
 * EAX, a negative errno where it fails, or CALL_WAITS (process.h). The process
 * is the current one. */
typedef int32_t system_call(struct kernel *kernel, struct process *process,
                            const uint32_t arg[6]);

struct call_entry {
    uint16_t number;
    system_call *call;
    const char *name;
};

/* Each group's calls, ended by an entry whose call is NULL. */
extern const struct call_entry process_calls[];
extern const struct call_entry wait_calls[];
extern const struct call_entry identity_calls[];
extern const struct call_entry machine_calls[];
extern const struct call_entry segment_calls[];
extern const struct call_entry memory_calls[];
extern const struct call_entry file_calls[];
extern const struct call_entry time_calls[];
extern const struct call_entry signal_calls[];
extern const struct call_entry kill_calls[];
extern const struct call_entry alarm_calls[];
extern const struct call_entry limit_calls[];

#endif
