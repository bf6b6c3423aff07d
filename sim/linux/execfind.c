/* execfind.c: see execfind.h. */
#include "linux/execfind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/execargs.h"
#include "linux/layout.h"
#include "linux/programs.h"
#include "linux/state.h"
#include "linux/tree.h"
#include "program/program.h"

#define SCRIPT_LINE_BYTES 256u

/* "#!interpreter argument": puts both, and the script's path, in the place of
 * argv[0]. */
static int script_arguments(int fd, const char *path,
                            struct exec_arguments *arguments,
                            char interpreter[SCRIPT_LINE_BYTES])
{
    char line[SCRIPT_LINE_BYTES + 1] = {0};
    struct exec_strings argv = {0};
    ssize_t bytes = pread(fd, line, SCRIPT_LINE_BYTES, 0);
    if (bytes < 3 || line[0] != '#' || line[1] != '!')
        return -ENOEXEC;
    char *end = strchr(line, '\n');
    if (end == NULL)
        return -ENOEXEC;
    while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    char *start = line + 2 + strspn(line + 2, " \t");
    char *argument = start + strcspn(start, " \t");
    if (*argument != '\0')
        *argument++ = '\0';
    argument += strspn(argument, " \t");
    if (*start == '\0')
        return -ENOEXEC;
    int error = exec_strings_add(&argv, start);
    if (error == 0 && *argument != '\0')
        error = exec_strings_add(&argv, argument);
    if (error == 0)
        error = exec_strings_add(&argv, path);
    uint32_t at = arguments->argv.count > 0
                      ? (uint32_t)strlen(arguments->argv.text) + 1
                      : 0;
    while (error == 0 && at < arguments->argv.bytes) {
        error = exec_strings_add(&argv, arguments->argv.text + at);
        at += (uint32_t)strlen(arguments->argv.text + at) + 1;
    }
    free(arguments->argv.text);
    arguments->argv = argv;
    memcpy(interpreter, start, strlen(start) + 1);
    return error;
}

static size_t bytes_of_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_size > 0
               ? (size_t)status.st_size
               : 0;
}

/* Counts what a program takes of the host for good, its file of `bytes` bytes
 * and its symbols, and keeps it. 0 or -errno. */
static int count_and_keep(struct kernel *kernel, const struct process *process,
                          struct program *program, const char *path,
                          size_t bytes)
{
    bytes += sizeof *program + program->symbols.count * sizeof(struct symbol);
    if (!budget_take(&kernel->machine.budget, bytes))
        return -ENOMEM;
    int error = programs_keep(kernel, program, process->cwd, path);
    if (error != 0)
        budget_give(&kernel->machine.budget, bytes);
    return error;
}

static struct program *read_program(struct kernel *kernel,
                                    const struct process *process, int fd,
                                    const char *path, int *error_number)
{
    char why[128];
    size_t bytes = bytes_of_file(fd);
    *error_number = ENOMEM;
    if (!budget_has(&kernel->machine.budget, bytes))
        return NULL;
    struct program *program = program_open(fd, path, STACK_TOP - STACK_BYTES,
                                           error_number, why, sizeof why);
    if (program == NULL && *error_number == ENOMEM)
        budget_starve(&kernel->machine.budget);
    if (program == NULL)
        return NULL;
    int error = count_and_keep(kernel, process, program, path, bytes);
    program_put(program);
    if (error == 0)
        return program;
    *error_number = -error;
    return NULL;
}

static struct program *find(struct kernel *kernel, struct process *process,
                            const char *path, struct exec_arguments *arguments,
                            int *error_number, int depth)
{
    char interpreter[SCRIPT_LINE_BYTES];
    if (tree_is_own_program(process, path))
        return process->program;
    struct program *program = programs_find(kernel, process, path);
    if (program != NULL)
        return program;
    int fd = tree_open_program(kernel, process, path);
    if (fd < 0) {
        *error_number = -fd;
        return NULL;
    }
    int error = depth == 0 ? script_arguments(fd, path, arguments, interpreter)
                           : -ENOEXEC;
    if (error == -ENOEXEC)
        program = read_program(kernel, process, fd, path, error_number);
    else
        *error_number = -error;
    (void)close(fd);
    if (error == 0)
        return find(kernel, process, interpreter, arguments, error_number,
                    depth + 1);
    return program;
}

struct program *exec_find(struct kernel *kernel, struct process *process,
                          const char *path, struct exec_arguments *arguments,
                          int *error_number)
{
    return find(kernel, process, path, arguments, error_number, 0);
}
