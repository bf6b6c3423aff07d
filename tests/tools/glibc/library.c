/* library.c: stdio, strings, sorting, jumps, the environment and the
 * arguments. */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

static unsigned char bss[3 << 20];
static int data[1000] = {5, 4, 3};
static __thread int of_thread = 42;
static jmp_buf back;

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void sorting(void)
{
    static uint32_t number[20000];
    uint32_t seed = 1, sum = 0;
    for (int i = 0; i < 20000; i++)
        number[i] = seed = seed * 1664525u + 1013904223u;
    qsort(number, 20000, sizeof *number, by_value);
    for (int i = 1; i < 20000; i++)
        sum += number[i] < number[i - 1];
    uint32_t *found =
        bsearch(&number[777], number, 20000, sizeof *number, by_value);
    printf("sorted: %u wrong, %u %u, found %d\n", sum, number[0], number[19999],
           (int)(found - number));
}

static void streams(void)
{
    char buffer[5000], line[100], *memory = NULL;
    size_t bytes = 0;
    int a = 0, fds[2];
    float f = 0;
    FILE *file = fmemopen(buffer, sizeof buffer, "w+");
    for (int i = 0; i < 50; i++)
        fprintf(file, "line %d %s\n", i, i % 7 == 0 ? "seven" : "");
    rewind(file);
    for (int i = 0; i < 20; i++)
        if (fgets(line, sizeof line, file) == NULL)
            abort();
    printf("%s%ld\n", line, ftell(file));
    fclose(file);
    file = open_memstream(&memory, &bytes);
    fprintf(file, "%*d|%-*s|%.*s", 6, 42, 5, "ab", 2, "xyz");
    fclose(file);
    printf("%s %zu %d %d\n", memory, bytes,
           sscanf("12 3.5 word", "%d %f %s", &a, &f, line), a);
    free(memory);
    if (pipe(fds) != 0)
        abort();
    file = fdopen(fds[1], "w");
    setvbuf(file, NULL, _IOLBF, 64);
    fprintf(file, "through a pipe\nunfinished");
    printf("%d ", (int)read(fds[0], line, sizeof line));
    fclose(file);
    printf("%d %d\n", (int)read(fds[0], line, sizeof line),
           (int)read(fds[0], line, 1));
    file = fopen("/nonexistent/file", "r");
    printf("%d %s\n", file == NULL, strerror(errno));
    file = fopen("/dev/zero", "r");
    printf("%zu %d\n", fread(buffer, 1, 5000, file), buffer[4999]);
    fclose(file);
    file = fopen("/dev/full", "w");
    int put = fputs("x", file);
    int closed = fclose(file);
    printf("%d %d %s\n", put, closed, strerror(errno));
    struct iovec parts[3] = {{"one ", 4}, {"two ", 4}, {"three\n", 6}};
    fflush(stdout);
    printf("%d\n", (int)writev(1, parts, 3));
    printf("%ls %d\n", L"wide", (int)wcslen(L"four"));
}

static void text(void)
{
    char words[] = "the quick,brown fox", *rest = words, *word;
    while ((word = strsep(&rest, " ,")) != NULL)
        printf("[%s %c]", word, toupper(word[0]));
    printf(" %s %d %d\n", strstr("haystack", "st"), memcmp("abc", "abd", 3) < 0,
           (int)strspn("aabbc", "ab"));
    char *copy = strdup("0123456789");
    memmove(copy + 2, copy, 5);
    printf("%s %s %s\n", copy, strrchr("/a/b/c", '/'), strerror(EAGAIN));
    free(copy);
}

static void leap(int depth)
{
    volatile char frame[1000];
    frame[depth] = 1;
    if (depth == 0)
        longjmp(back, 77);
    leap(depth - 1);
    frame[0] = 2;
}

static unsigned deep(unsigned depth)
{
    volatile unsigned char frame[60000];
    frame[0] = (unsigned char)depth;
    frame[59999] = 1;
    return depth == 0 ? frame[59999] : deep(depth - 1) + frame[0];
}

static void at_end(void)
{
    printf("at exit\n");
}

int main(int argc, char **argv)
{
    char name[20];
    size_t bytes = 0;
    if (argc == 2 && strcmp(argv[1], "limits") == 0)
        return 0;
    atexit(at_end);
    for (int i = 1; i < argc; i++)
        bytes += strlen(argv[i]);
    printf("%d arguments, %zu bytes, last '%s'\n", argc - 1, bytes,
           argv[argc - 1]);
    printf("%s %s\n", getenv("GREETING"),
           getenv("NOTHING") == NULL ? "unset" : "set");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "V%d", i);
        setenv(name, name, 1);
    }
    unsetenv("V50");
    printf("%s %d\n", getenv("V99"), getenv("V50") == NULL);
    for (size_t i = 0; i < sizeof bss; i += 4096)
        bss[i] = (unsigned char)(i >> 12);
    printf("bss %d %d, data %d %d\n", bss[100 * 4096], bss[5], data[2],
           data[999]);
    printf("thread-local %d\n", of_thread++);
    sorting();
    streams();
    text();
    int jumped = setjmp(back);
    if (jumped == 0)
        leap(20);
    printf("jumped %d, deep %u\n", jumped, deep(100));
    struct rlimit limit = {20, 20};
    printf("%d %d %d\n", setrlimit(RLIMIT_NOFILE, &limit), dup2(1, 20),
           dup2(1, 19));
    printf("%ld %d\n", sysconf(_SC_PAGESIZE),
           getrlimit(RLIMIT_NOFILE, &limit) + (int)limit.rlim_cur);
    return 0;
}
