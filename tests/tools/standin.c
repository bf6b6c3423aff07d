/* standin.c: the command with `sweep` alone, and a `replay` that does what the
 * trace says in plain words, so that every way in which a job can end is to be
 * had. The words, a line each:
 *
 *   cycles N       tells N cycles, and more for some options
 *   status N       exits with N, and tells so
 *   say TEXT       says so on standard error
 *   fail N         exits with N, and tells nothing
 *   crash          dies of a signal
 *   garbage        writes no JSON
 *   wait FILE      waits until FILE is there
 *
 * It adds a line to the file that $STANDIN_RUNS names, so that the runs can be
 * counted. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command.h"

struct script {
    unsigned long cycles;
    int status;
};

static void note_run(char *const argv[])
{
    const char *name = getenv("STANDIN_RUNS");
    FILE *file = name != NULL ? fopen(name, "a") : NULL;

    if (file == NULL)
        return;
    for (; *argv != NULL; argv++)
        fprintf(file, "%s ", *argv);
    fputc('\n', file);
    fclose(file);
}

static void crash(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void obey(struct script *script, const char *word, const char *rest)
{
    if (strcmp(word, "cycles") == 0) {
        script->cycles += strtoul(rest, NULL, 10);
    } else if (strcmp(word, "status") == 0) {
        script->status = atoi(rest);
    } else if (strcmp(word, "say") == 0) {
        fprintf(stderr, "%s\n", rest);
    } else if (strcmp(word, "fail") == 0) {
        exit(atoi(rest));
    } else if (strcmp(word, "crash") == 0) {
        crash();
    } else if (strcmp(word, "garbage") == 0) {
        puts("garbage");
        exit(0);
    } else if (strcmp(word, "wait") == 0) {
        while (access(rest, F_OK) != 0)
            usleep(10000);
    }
}

static int replay(char *const argv[])
{
    struct script script = {0};
    const char *trace = "";
    char line[512], word[32];
    FILE *file;

    note_run(argv);
    for (size_t i = 1; argv[i] != NULL; i++) {
        trace = argv[i];
        if (strncmp(argv[i], "--tlb=", 6) == 0)
            script.cycles += strtoul(argv[i] + 6, NULL, 10);
        if (strcmp(argv[i], "--fork=eager") == 0)
            script.cycles += 1000;
    }
    file = fopen(trace, "r");
    if (file == NULL) {
        complain(trace, "cannot be opened");
        return EXIT_SIMULATOR;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%31s", word) == 1)
            obey(&script, word,
                 line[strlen(word)] != '\0' ? line + strlen(word) + 1 : "");
    }
    fclose(file);
    printf("{\"program\": \"standin\", \"exit_status\": %d, \"cycles\": %lu, "
           "\"forks\": null,\n"
           " \"faults\": {\"total\": 3}, \"ratio\": 0.5, \"clocked\": true}\n",
           script.status, script.cycles);
    return script.status;
}

int main(int argc, char *argv[])
{
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "sweep") == 0)
        return sweep_command(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "replay") == 0)
        return replay(argv + 1);
    complain("standin", "what?");
    return EXIT_SIMULATOR;
}
