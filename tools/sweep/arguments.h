/* arguments.h: what `sweep` can be asked for. */
#ifndef MMU386_SWEEP_ARGUMENTS_H
#define MMU386_SWEEP_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "commandline.h"
#include "format.h"
#include "sweep/plan.h"

#define SWEEP_HANDED_MAX 32u

enum sweep_task {
    SWEEP_HERE,      /* run the jobs */
    SWEEP_ONE,       /* --job: run the one job that there is, without a table */
    SWEEP_JOBS_FILE, /* write them down */
    SWEEP_MERGE,     /* join what others did */
};

/* An option of `replay` that is handed on, and where to. */
struct sweep_handed {
    struct sweep_request *request;
    const struct sweep_option *option;
};

struct sweep_request {
    enum sweep_task task;
    const char *task_option; /* as the user named it, or NULL */
    struct sweep_plan plan;
    const char *output;    /* a file's name, for --jobs-file a directory's; or
                            * NULL */
    const char *jobs_file; /* a file's name, or "-" */
    const char *merge;     /* the first that is to be merged, or NULL */
    const char *option;    /* the name of one that is about running jobs, or
                            * NULL */
    unsigned children;
    bool force;
    bool quiet; /* no bar */
    enum format format;
    struct options_given given;
    struct sweep_handed handed[SWEEP_HANDED_MAX];
    char **words; /* traces, or the others that are to be merged */
    size_t word_count;
};

/* Reads the command line. sweep_request_free is due whatever the outcome is. */
enum options_outcome sweep_options_read(struct sweep_request *request, int argc,
                                        char *argv[]);
void sweep_request_free(struct sweep_request *request);

#endif
