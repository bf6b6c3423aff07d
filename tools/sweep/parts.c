/* parts.c: see parts.h. */
#include "sweep/parts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "outputchoice.h"
#include "room.h"
#include "shellword.h"
#include "sweep/store.h"
#include "sweep/table.h"
#include "sweep/trace.h"

static bool failed(const char *what, int error)
{
    complain(what, "%s", strerror(error));
    return false;
}

/* ---- the jobs as commands ---- */

static bool write_words(FILE *file, char **words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strchr(words[i], '\n') != NULL) {
            complain(words[i], "a line holds no name with a newline in it");
            return false;
        }
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (i != 0)
            fputc(' ', file);
        shellword_write(file, words[i]);
    }
    fputc('\n', file);
    return true;
}

/* Writes the command of one job, counted from 1, whose result goes to a part of
 * its own. */
static bool write_job(const struct sweep_request *request, const char *program,
                      size_t number, size_t combination, const char *trace,
                      FILE *file)
{
    struct sweep_choices choices;
    char *part = NULL;
    char **words;
    bool good;

    if (asprintf(&part, "%s%spart-%06zu.db",
                 request->output != NULL ? request->output : "",
                 request->output != NULL ? "/" : "", number) == -1)
        return failed("sweep", ENOMEM);

    const char *const leading[] = {program, "sweep", "--job", "-o", part, NULL};

    sweep_plan_choices(&request->plan, combination, &choices);
    words = sweep_choices_arguments(&choices, leading, trace);
    good = words != NULL ? write_words(file, words) : failed("sweep", ENOMEM);
    free((void *)words);
    free(part);
    return good;
}

/* Whether the name is one of write_job's. */
static int is_job_part(const struct dirent *entry)
{
    static const char begin[] = "part-";
    size_t digits;

    if (strncmp(entry->d_name, begin, strlen(begin)) != 0)
        return 0;
    digits = strspn(entry->d_name + strlen(begin), "0123456789");
    return digits >= 6 &&
           strcmp(entry->d_name + strlen(begin) + digits, ".db") == 0;
}

/* Another sweep's parts would be merged with this one's: they go, with
 * --force. */
static bool remove_part(const struct sweep_request *request,
                        const char *directory, const char *name)
{
    char *path;
    bool good;

    if (!request->force) {
        complain(directory,
                 "has parts of a sweep in it (--force removes them)");
        return false;
    }
    if (asprintf(&path, "%s/%s", directory, name) == -1)
        return failed(directory, ENOMEM);
    good = unlink(path) == 0 || errno == ENOENT || failed(path, errno);
    free(path);
    return good;
}

/* Makes the directory that the parts will be in, and sees that it has none. */
static bool prepare_parts(const struct sweep_request *request)
{
    const char *directory = request->output != NULL ? request->output : ".";
    struct dirent **entries;
    bool good = true;
    int count;

    if (request->output != NULL && mkdir(directory, 0777) == 0)
        return true;
    if (request->output != NULL && errno != EEXIST)
        return failed(directory, errno);
    count = scandir(directory, &entries, is_job_part, alphasort);
    if (count == -1)
        return failed(directory, errno);
    for (int i = 0; i < count; i++) {
        good = good && remove_part(request, directory, entries[i]->d_name);
        free(entries[i]);
    }
    free((void *)entries);
    return good;
}

struct jobs {
    const struct sweep_request *request;
    char program[PATH_MAX];
};

static enum output_made write_jobs(void *arg, struct output *output)
{
    const struct jobs *jobs = arg;
    const struct sweep_request *request = jobs->request;
    size_t combinations = sweep_plan_combinations(&request->plan);
    size_t number = 0;
    bool good = prepare_parts(request);

    for (size_t i = 0; good && i < request->word_count; i++)
        for (size_t j = 0; good && j < combinations; j++)
            good = write_job(request, jobs->program, ++number, j,
                             request->words[i], output->file);
    return good ? OUTPUT_WHOLE : OUTPUT_NONE;
}

bool sweep_write_jobs(const struct sweep_request *request)
{
    const struct output_choice to = {request->jobs_file, request->force};
    struct jobs jobs = {.request = request};
    ssize_t bytes =
        readlink("/proc/self/exe", jobs.program, sizeof(jobs.program) - 1);

    if (bytes == -1)
        return failed("/proc/self/exe", errno);
    jobs.program[bytes] = '\0';
    return output_choice_write(&to, write_jobs, &jobs);
}

/* ---- their results ---- */

struct merger {
    const struct sweep_request *request;
    struct sweepdb *db;
    struct stat output; /* of the file that is written to; nlink 0: there is
                           none yet */
    struct sweep_table table;
    char *names[SWEEP_TABLE_NAMES_MAX];
    bool no_memory;
};

static bool is_output(const struct merger *merger, const struct stat *status)
{
    return merger->output.st_nlink != 0 &&
           merger->output.st_dev == status->st_dev &&
           merger->output.st_ino == status->st_ino;
}

static int is_part(const struct dirent *entry)
{
    size_t bytes = strlen(entry->d_name);

    return bytes > 3 && strcmp(entry->d_name + bytes - 3, ".db") == 0;
}

static bool merge_file(struct merger *merger, const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && is_output(merger, &status))
        return true;
    return store_merge(merger->db, path);
}

/* One part that cannot be read is no reason to leave the others out. */
static bool merge_directory(struct merger *merger, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_part, alphasort);
    bool good = count > 0;

    if (count == -1)
        return failed(path, errno);
    if (count == 0)
        complain(path, "has no results (*.db) in it");
    for (int i = 0; i < count; i++) {
        char *name = NULL;

        if (asprintf(&name, "%s/%s", path, entries[i]->d_name) == -1)
            good = failed(path, ENOMEM);
        else if (!merge_file(merger, name))
            good = false;
        free(name);
        free(entries[i]);
    }
    free((void *)entries);
    return good;
}

static bool merge_word(struct merger *merger, const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return failed(path, errno);
    return S_ISDIR(status.st_mode) ? merge_directory(merger, path)
                                   : merge_file(merger, path);
}

static bool merge_all(struct merger *merger)
{
    bool good = merge_word(merger, merger->request->merge);

    for (size_t i = 0; i < merger->request->word_count; i++)
        if (!merge_word(merger, merger->request->words[i]))
            good = false;
    return good;
}

/* ---- the table ---- */

static void take_job(void *arg, int64_t number)
{
    struct merger *merger = arg;
    struct sweep_table *table = &merger->table;
    int64_t *jobs = room_for(table->jobs, &table->job_capacity,
                             table->job_count, sizeof(*jobs));

    if (jobs == NULL) {
        merger->no_memory = true;
        return;
    }
    table->jobs = jobs;
    jobs[table->job_count++] = number;
}

static void take_name(void *arg, const char *name)
{
    struct merger *merger = arg;
    struct sweep_table *table = &merger->table;

    if (table->name_count == SWEEP_TABLE_NAMES_MAX)
        return;
    merger->names[table->name_count] = strdup(name);
    table->names[table->name_count] = merger->names[table->name_count];
    if (table->names[table->name_count] == NULL)
        merger->no_memory = true;
    else
        table->name_count++;
}

static bool print(struct merger *merger)
{
    bool good = store_each(merger->db, take_job, merger) &&
                store_each_varied(merger->db, take_name, merger);

    if (good && merger->no_memory)
        good = failed("results", ENOMEM);
    good = good && sweep_table_write(&merger->table, merger->db) &&
           sweep_table_complain(&merger->table, merger->db);
    for (size_t i = 0; i < merger->table.name_count; i++)
        free(merger->names[i]);
    free(merger->table.jobs);
    return good;
}

bool sweep_merge_parts(const struct sweep_request *request)
{
    struct merger merger = {.request = request,
                            .table = {.format = request->format}};
    bool good;

    merger.db = sweepdb_open(request->output, false);
    if (merger.db == NULL)
        return false;
    if (!sweepdb_claim(merger.db)) {
        sweepdb_close(merger.db);
        return false;
    }
    if (request->output != NULL && stat(request->output, &merger.output) != 0)
        merger.output.st_nlink = 0;
    good = merge_all(&merger);
    good = print(&merger) && good;
    sweepdb_close(merger.db);
    return good;
}
