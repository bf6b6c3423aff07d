/* rlimit.c: see rlimit.h. */
#include "linux/rlimit.h"

#include "linux/file.h"
#include "linux/layout.h"

void limits_init(struct limits *limits)
{
    for (uint32_t i = 0; i < LIMITS; i++)
        limits->limit[i] = (struct limit){LIMIT_NONE, LIMIT_NONE};
    limits->limit[LIMIT_STACK].soft = STACK_BYTES;
    limits->limit[LIMIT_CORE].soft = 0;
    limits->limit[LIMIT_PROCESSES] =
        (struct limit){PROCESSES_MAX, PROCESSES_MAX};
    limits->limit[LIMIT_FILES] = (struct limit){FILES_MAX, FILES_MAX};
}
