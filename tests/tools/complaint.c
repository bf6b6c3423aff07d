/* complaint.c: stands in for the command's complain. */
#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

#include "command.h"

static char last[1024];
static unsigned complaints;

void complain(const char *what, const char *why, ...)
{
    char reason[512];
    va_list arguments;

    va_start(arguments, why);
    vsnprintf(reason, sizeof(reason), why, arguments);
    va_end(arguments);
    snprintf(last, sizeof(last), "%s: %s", what, reason);
    complaints++;
}

const char *complaint_last(unsigned *count)
{
    *count = complaints;
    complaints = 0;
    return last;
}
