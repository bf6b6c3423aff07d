/* peak.c: peak FILE COMMAND [ARG...]: runs the command, exits as it does, and
 * leaves in FILE the most memory, in KiB, that it or a process it waited for
 * has had at a time. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct rusage usage;
    int status;
    pid_t child;
    FILE *file;

    if (argc < 3 || (child = fork()) == -1)
        return 125;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (wait4(child, &status, 0, &usage) != child ||
        (file = fopen(argv[1], "w")) == NULL)
        return 125;
    fprintf(file, "%ld\n", usage.ru_maxrss);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
