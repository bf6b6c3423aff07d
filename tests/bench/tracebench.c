/* tracebench.c: how fast traces are written and read, and how large they are:
 * `tracebench [TRACE...]`. A made-up stream of a computation's blocks first,
 * then each TRACE, of any format. Accesses are fetches and data accesses; times
 * are of the processor, the least of ROUNDS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/tracefile.h"
#include "trace/tracein.h"
#include "trace/tracetext.h"
#include "traceevent.h"

#define ROUNDS 3
#define BLOCKS 3000000u /* of the stream that is made up */

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void check(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "tracebench: %s failed\n", what);
    exit(1);
}

/* ---- the stream: matrices are multiplied, a table is looked up by random keys
 * ---- */

enum {
    SHAPE_INNER,  /* sum += a[i][k] * b[k][j] */
    SHAPE_ROW,    /* c[i][j] = sum */
    SHAPE_LOOKUP, /* of a call and its frame */
    SHAPE_FOUND,
    SHAPE_MISSED,
    SHAPES,
};

struct compute {
    struct trace_shape shapes[SHAPES];
    struct trace_insn insns[SHAPES][16];
    struct trace_slot slots[SHAPES][8];
    uint32_t i, j, k;
    uint64_t random;
    int after; /* the shape that comes next, or -1 */
    uint32_t addresses[8];
};

static void make_shape(struct compute *compute, int which, uint32_t linear,
                       uint32_t insns, const char *slots)
{
    struct trace_shape *shape = &compute->shapes[which];

    *shape = (struct trace_shape){.linear = linear,
                                  .insns = compute->insns[which],
                                  .slots = compute->slots[which],
                                  .code_hash = linear};
    for (; shape->insn_count < insns; shape->insn_count++) {
        uint32_t bytes = 2 + shape->insn_count % 3;

        compute->insns[which][shape->insn_count] = (struct trace_insn){
            .offset = (uint16_t)shape->bytes, .bytes = (uint16_t)bytes};
        shape->bytes += bytes;
    }
    for (; *slots != '\0'; slots++, shape->slot_count++)
        compute->slots[which][shape->slot_count] =
            trace_slot_of(shape->slot_count,
                          *slots == 'r' ? TRACE_READ : TRACE_WRITE, 4, false);
}

static void compute_init(struct compute *compute)
{
    memset(compute, 0, sizeof(*compute));
    make_shape(compute, SHAPE_INNER, 0x08048100, 7, "rr");
    make_shape(compute, SHAPE_ROW, 0x08048130, 9, "wr");
    make_shape(compute, SHAPE_LOOKUP, 0x08048200, 11, "wwwrr");
    make_shape(compute, SHAPE_FOUND, 0x08048240, 5, "rr");
    make_shape(compute, SHAPE_MISSED, 0x08048260, 6, "wrr");
    compute->random = 1;
    compute->after = -1;
}

static uint32_t random_number(struct compute *compute)
{
    compute->random =
        compute->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(compute->random >> 40);
}

/* The next block: its shape; the addresses are in the stream. */
static int compute_next(struct compute *compute)
{
    uint32_t *to = compute->addresses;
    uint32_t found;

    if (compute->after >= 0) {
        int which = compute->after;

        compute->after = -1;
        to[0] = to[1] = to[2] = 0xBFFFF000;
        return which;
    }
    if (compute->k < 100) {
        to[0] = 0x09000000 + compute->i * 400 + compute->k * 4;
        to[1] = 0x09100000 + compute->k * 400 + compute->j * 4;
        compute->k++;
        return SHAPE_INNER;
    }
    compute->k = 0;
    to[0] = 0x09200000 + compute->i * 400 + compute->j * 4;
    to[1] = 0xBFFFF010;
    compute->j = (compute->j + 1) % 100;
    compute->i = (compute->i + (compute->j == 0)) % 100;
    if (compute->j % 8 != 0)
        return SHAPE_ROW;
    found = random_number(compute);
    to[0] = to[1] = to[2] = 0xBFFFEFF0 - 16 * (found & 3);
    to[3] = 0x09300000 + (found & 0xFFFFC);
    to[4] = to[3] + 4;
    compute->after = found % 5 == 0 ? SHAPE_MISSED : SHAPE_FOUND;
    return SHAPE_LOOKUP;
}

/* Writes the stream, or only makes it up where `writer` is NULL. Returns its
 * accesses. */
static uint64_t run_stream(struct trace_writer *writer)
{
    struct compute compute;
    uint64_t accesses = 0;

    compute_init(&compute);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        int which = compute_next(&compute);
        const struct trace_shape *shape = &compute.shapes[which];

        accesses += trace_shape_accesses(shape);
        if (writer != NULL)
            check(trace_writer_block(writer, shape, compute.addresses,
                                     20u + (uint32_t)which +
                                         (compute.k == 100 ? 4 : 0)),
                  "writing");
    }
    return accesses;
}

static void bench_encoding(void)
{
    double best = 1e9;
    double bare = 1e9;
    uint64_t accesses = 0;

    for (int round = 0; round < ROUNDS; round++) {
        FILE *null = fopen("/dev/null", "we");
        struct trace_writer *writer;
        double start = seconds();

        (void)run_stream(NULL);
        bare = seconds() - start < bare ? seconds() - start : bare;
        check(null != NULL, "opening");
        writer = trace_writer_new(null);
        check(writer != NULL, "memory");
        start = seconds();
        accesses = run_stream(writer);
        check(trace_writer_end(writer, true), "writing");
        best = seconds() - start < best ? seconds() - start : best;
        (void)fclose(null);
    }
    printf("  write native  %8.1f million accesses a second, %.1f ns a block\n",
           (double)accesses / (best - bare) / 1e6,
           (best - bare) / BLOCKS * 1e9);
}

/* ---- traces ---- */

struct memory {
    char *bytes;
    size_t length;
};

static struct trace_input *open_memory(const struct memory *memory)
{
    static const struct trace_input_options options = {.format =
                                                           TRACE_FORMAT_AUTO};
    struct trace_input *input =
        trace_input_memory("memory", memory->bytes, memory->length, &options);

    check(input != NULL, "memory");
    return input;
}

/* Reads all of it, and writes it where there is a writer. Returns its
 * accesses. */
static uint64_t run_input(struct trace_input *input,
                          struct trace_writer *native,
                          struct trace_text_writer *text)
{
    struct trace_event event;
    uint64_t accesses = 0;
    enum trace_got got;

    while ((got = trace_input_next(input, &event)) == TRACE_GOT_EVENT) {
        if (event.kind == TRACE_BLOCK)
            accesses += trace_shape_accesses(event.block.shape);
        if (native != NULL)
            check(trace_writer_add(native, &event), "writing");
        if (text != NULL)
            check(trace_text_writer_add(text, &event), "writing");
    }
    if (got == TRACE_GOT_WRONG)
        (void)fprintf(stderr, "tracebench: %s: %s\n", trace_input_where(input),
                      trace_input_why(input));
    check(got != TRACE_GOT_WRONG, "reading");
    return accesses;
}

static struct memory make_native(struct trace_input *input)
{
    struct memory memory = {0};
    FILE *file = open_memstream(&memory.bytes, &memory.length);
    struct trace_writer *writer = trace_writer_new(file);

    check(writer != NULL, "memory");
    if (input != NULL)
        (void)run_input(input, writer, NULL);
    else
        (void)run_stream(writer);
    check(trace_writer_end(writer, true), "writing");
    (void)fclose(file);
    return memory;
}

static struct memory make_text(const struct memory *native)
{
    struct memory memory = {0};
    FILE *file = open_memstream(&memory.bytes, &memory.length);
    struct trace_text_writer *writer = trace_text_writer_new(file);
    struct trace_input *input = open_memory(native);

    check(writer != NULL, "memory");
    (void)run_input(input, NULL, writer);
    check(trace_text_writer_end(writer, true), "writing");
    trace_input_close(input);
    (void)fclose(file);
    return memory;
}

/* The same accesses in din's format. */
static struct memory make_din(const struct memory *native)
{
    struct memory memory = {0};
    FILE *file = open_memstream(&memory.bytes, &memory.length);
    struct trace_input *input = open_memory(native);
    struct trace_event event;

    while (trace_input_next(input, &event) == TRACE_GOT_EVENT) {
        const struct trace_shape *shape = event.block.shape;
        uint32_t slot = 0;

        if (event.kind != TRACE_BLOCK)
            continue;
        for (uint32_t i = 0; i < shape->insn_count || slot < shape->slot_count;
             i++) {
            if (i < shape->insn_count)
                (void)fprintf(file, "2 %x\n",
                              shape->linear + shape->insns[i].offset);
            for (; slot < shape->slot_count && shape->slots[slot].insn <= i;
                 slot++)
                (void)fprintf(
                    file, "%d %x\n",
                    trace_slot_access(shape->slots[slot]) == TRACE_READ ? 0 : 1,
                    event.block.addresses[slot]);
        }
    }
    trace_input_close(input);
    (void)fclose(file);
    return memory;
}

static uint64_t bench_reading(const char *what, const struct memory *memory)
{
    double best = 1e9;
    uint64_t accesses = 0;

    for (int round = 0; round < ROUNDS; round++) {
        struct trace_input *input = open_memory(memory);
        double start = seconds();

        accesses = run_input(input, NULL, NULL);
        best = seconds() - start < best ? seconds() - start : best;
        trace_input_close(input);
    }
    printf("  read %-8s %8.1f million accesses a second, %.1f MB a second\n",
           what, (double)accesses / best / 1e6,
           (double)memory->length / best / 1e6);
    return accesses;
}

static void bench_trace(struct trace_input *input)
{
    struct memory native = make_native(input);
    struct memory text = make_text(&native);
    struct memory din = make_din(&native);
    uint64_t accesses = bench_reading("native", &native);

    (void)bench_reading("text", &text);
    (void)bench_reading("din", &din);
    printf("  size          %8.3f bits an access (%llu accesses, %zu bytes)\n",
           (double)native.length * 8 / (double)accesses,
           (unsigned long long)accesses, native.length);
    free(native.bytes);
    free(text.bytes);
    free(din.bytes);
}

int main(int argc, char *argv[])
{
    static const struct trace_input_options options = {.format =
                                                           TRACE_FORMAT_AUTO};

    printf("made-up computation\n");
    bench_encoding();
    bench_trace(NULL);
    for (int i = 1; i < argc; i++) {
        const char *why = "";
        struct trace_input *input = trace_input_open(argv[i], &options, &why);

        check(input != NULL, argv[i]);
        printf("%s\n", argv[i]);
        bench_trace(input);
        trace_input_close(input);
    }
    return 0;
}
