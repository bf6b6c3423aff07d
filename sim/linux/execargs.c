/* execargs.c: see execargs.h. */
#include "linux/execargs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int exec_strings_add(struct exec_strings *strings, const char *text)
{
    uint32_t bytes = (uint32_t)strnlen(text, EXEC_STRING_BYTES) + 1;
    if (bytes > EXEC_STRING_BYTES ||
        bytes > EXEC_STRINGS_BYTES - strings->bytes)
        return -E2BIG;
    if (strings->bytes + bytes > strings->capacity) {
        uint32_t capacity = (strings->bytes + bytes) * 2;
        char *grown = realloc(strings->text, capacity);
        if (grown == NULL)
            return -ENOMEM;
        strings->text = grown;
        strings->capacity = capacity;
    }
    memcpy(strings->text + strings->bytes, text, bytes);
    strings->bytes += bytes;
    strings->count++;
    return 0;
}

void exec_arguments_free(struct exec_arguments *arguments)
{
    free(arguments->argv.text);
    free(arguments->envp.text);
    *arguments = (struct exec_arguments){0};
}
