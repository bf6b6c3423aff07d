/* sums.h: of each operation and control word a sum over all results, which is
 * told apart from others by a line; of those that the arguments name
 * (OPERATION CONTROL) the results. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sums {
    size_t operations;
    const char *(*name)(size_t operation);
    const uint32_t *controls;
    size_t control_count;
    /* The sum of an operation that runs by itself or, `together`, with what
     * stores the status behind it; `verbose`: prints each result. */
    uint64_t (*sum)(size_t operation, uint32_t control, int together,
                    int verbose);
};

static uint32_t fold(uint64_t sum)
{
    return (uint32_t)(sum ^ sum >> 32);
}

static void print_sums(const struct sums *sums, int argc, char **argv)
{
    for (size_t i = 0; i < sums->operations; i++) {
        if (argc > 1 && strcmp(argv[1], sums->name(i)) != 0)
            continue;
        printf("%s", sums->name(i));
        for (size_t k = 0; k < sums->control_count; k++) {
            uint32_t control = sums->controls[k];
            if (argc > 2 && strtoul(argv[2], NULL, 16) != control)
                continue;
            if (argc > 2)
                printf("\n");
            uint32_t apart = fold(sums->sum(i, control, 0, argc > 2));
            uint32_t together = fold(sums->sum(i, control, 1, argc > 2));
            printf(" %04x:%08x,%08x", control, apart, together);
        }
        printf("\n");
    }
}
