/* command.c: messages. */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>

#include "plain.h"

static volatile bool *noted;

void complaints_noted(volatile bool *told)
{
    noted = told;
}

void complain(const char *what, const char *why, ...)
{
    char name[512];
    char reason[512];
    va_list arguments;

    snprintf(name, sizeof(name), "%s", what);
    for (char *at = name; *at != '\0'; at++)
        *at = plain_in_line(*at);
    va_start(arguments, why);
    vsnprintf(reason, sizeof(reason), why, arguments);
    va_end(arguments);
    fprintf(stderr, "mmu386: %s: %s\n", name, reason);
    if (noted != NULL)
        *noted = true;
}

void complain_of_waiting(const char *name)
{
    complain(name, "waiting for a writer");
}

void print_version(void)
{
    puts("mmu386 " MMU386_VERSION);
}
