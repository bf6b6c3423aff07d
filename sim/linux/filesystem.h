/* filesystem.h: which of the host's file systems hold files, and which are the
 * kernel's way to tell and be told: /proc and /sys, those of control groups,
 * debugging, tracing, security, configuration, BPF, and whatever will be
 * invented. */
#ifndef MMU386_FILESYSTEM_H
#define MMU386_FILESYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* Whether file systems of type `type` (statfs(2), f_type) are known to hold
 * files and no more. */
bool filesystem_is_plain(uint64_t type);

#endif
