/* replay.c: gives a target the files of directories, without a fuzzer: `TARGET
 * DIRECTORY...`. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define FILE_BYTES_MAX (1u << 20)

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = malloc(FILE_BYTES_MAX);
    uint8_t *exact;
    size_t count;

    if (file == NULL || bytes == NULL) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        if (file != NULL)
            (void)fclose(file);
        free(bytes);
        return 1;
    }
    count = fread(bytes, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    exact = malloc(count + 1); /* so that a byte too far is seen */
    if (exact != NULL) {
        memcpy(exact, bytes, count);
        (void)LLVMFuzzerTestOneInput(exact, count);
    }
    free(bytes);
    free(exact);
    return exact == NULL;
}

int main(int argc, char *argv[])
{
    int files = 0;
    int failures = 0;

    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        const struct dirent *entry;

        while (directory != NULL && (entry = readdir(directory)) != NULL) {
            char path[4096];

            if (entry->d_name[0] == '.')
                continue;
            (void)snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            failures += run_file(path);
            files++;
        }
        if (directory != NULL)
            (void)closedir(directory);
    }
    printf("%d files\n", files);
    return files == 0 || failures != 0;
}
