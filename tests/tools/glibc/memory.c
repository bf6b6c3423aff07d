/* memory.c: the heap, and what mmap and its relatives promise. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

static uint32_t seed = 12345;

static uint32_t next(void)
{
    seed = seed * 1103515245u + 12345u;
    return seed >> 8;
}

static uint32_t sum(const unsigned char *bytes, size_t count)
{
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++)
        total = total * 31 + bytes[i];
    return total;
}

/* Blocks of random sizes, each full of its own number, allocated, grown and
 * freed at random. */
static void churn(void)
{
    unsigned char *block[64] = {0};
    size_t bytes[64] = {0};
    uint32_t broken = 0;
    for (int round = 0; round < 3000; round++) {
        unsigned i = next() % 64;
        size_t size = next() % (next() % 16 == 0 ? 300000 : 2000) + 1;
        size_t kept = size < bytes[i] ? size : bytes[i];
        unsigned char *grown = realloc(block[i], size);
        if (grown == NULL)
            abort();
        for (size_t at = 0; at < kept; at += 97)
            broken += grown[at] != (unsigned char)i;
        memset(grown, (int)i, size);
        block[i] = grown;
        bytes[i] = size;
        if (next() % 3 == 0) {
            free(block[i]);
            block[i] = NULL;
            bytes[i] = 0;
        }
    }
    for (int i = 0; i < 64; i++)
        free(block[i]);
    printf("churn: %u broken\n", broken);
}

/* From 128 KiB on malloc uses mmap, and realloc mremap. */
static void grow(void)
{
    size_t bytes = 200000;
    unsigned char *block = malloc(bytes);
    void *fence = malloc(150000);
    memset(block, 7, bytes);
    for (int i = 0; i < 5; i++) {
        block = realloc(block, bytes * 2);
        memset(block + bytes, i, bytes);
        bytes *= 2;
    }
    printf("grown to %zu: %08x\n", bytes, sum(block, bytes));
    block = realloc(block, 1000);
    printf("shrunk: %08x\n", sum(block, 1000));
    free(fence);
    free(block);
    errno = 0;
    printf("malloc of 3 GiB: %d\n",
           malloc(0xC0000000u) == NULL && errno == ENOMEM);
    unsigned char *zeroed = calloc(50000, 4);
    printf("calloc: %08x\n", sum(zeroed, 200000));
    free(zeroed);
    void *aligned = NULL;
    printf("aligned: %d %d\n", posix_memalign(&aligned, 65536, 10),
           (int)((uintptr_t)aligned & 65535));
    free(aligned);
}

static void tell(const char *what, int result)
{
    printf("%s: %d %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static unsigned char *map(size_t pages, int rights)
{
    return mmap(NULL, pages * PAGE, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void holes(void)
{
    int fds[2];
    unsigned char *area = map(8, PROT_READ | PROT_WRITE);
    for (unsigned i = 0; i < 8; i++)
        area[i * PAGE] = (unsigned char)(i + 1);
    tell("munmap page 3", munmap(area + 3 * PAGE, PAGE));
    tell("munmap it again", munmap(area + 3 * PAGE, PAGE));
    tell("munmap of nothing", munmap(area, 0));
    tell("munmap unaligned", munmap(area + 1, PAGE));
    tell("mprotect over the hole", mprotect(area, 8 * PAGE, PROT_READ));
    tell("mprotect unaligned", mprotect(area + 1, PAGE, PROT_READ));
    tell("mprotect of nothing", mprotect(area, 0, PROT_READ));
    tell("madvise over the hole", madvise(area, 8 * PAGE, MADV_DONTNEED));
    tell("madvise unaligned", madvise(area + 1, PAGE, MADV_DONTNEED));
    tell("madvise of nothing", madvise(area, 0, MADV_DONTNEED));
    tell("madvise unknown", madvise(area, PAGE, 12345));
    tell("msync of the hole", msync(area, 8 * PAGE, MS_SYNC));
    printf("page 5 after DONTNEED: %u\n", area[5 * PAGE]);
    mprotect(area, 3 * PAGE, PROT_NONE);
    if (pipe(fds) != 0)
        abort();
    tell("write from PROT_NONE", (int)write(fds[1], area, 5));
    tell("write from a hole", (int)write(fds[1], area + 3 * PAGE, 5));
    tell("write across it", (int)write(fds[1], area + 5 * PAGE - 3, 6));
    mprotect(area, 3 * PAGE, PROT_READ);
    tell("read into read-only", (int)read(fds[0], area, 5));
    mprotect(area, PAGE, PROT_READ | PROT_WRITE);
    tell("read across its end", (int)read(fds[0], area + PAGE - 2, 6));
    mprotect(area + PAGE, PAGE, PROT_READ | PROT_WRITE);
    tell("read across both", (int)read(fds[0], area + PAGE - 2, 6));
    tell("fixed and aligned",
         mmap(area, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
              -1, 0) == area
             ? 0
             : -1);
    printf("is new: %u\n", area[0]);
    void *refused =
        mmap(area + PAGE, PAGE, PROT_READ,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    tell("no replacement", refused == MAP_FAILED ? -1 : 0);
    refused = mmap(area + 1, PAGE, PROT_READ,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    tell("fixed unaligned", refused == MAP_FAILED ? -1 : 0);
    refused = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tell("of nothing", refused == MAP_FAILED ? -1 : 0);
    refused = mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0);
    tell("of no kind", refused == MAP_FAILED ? -1 : 0);
    refused = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0);
    tell("of no file", refused == MAP_FAILED ? -1 : 0);
    refused = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0);
    tell("of a pipe", refused == MAP_FAILED ? -1 : 0);
    munmap(area, 8 * PAGE);
}

static void remap(void)
{
    unsigned char *area = map(6, PROT_READ | PROT_WRITE);
    unsigned char *moved;
    memset(area, 9, 6 * PAGE);
    munmap(area + 4 * PAGE, PAGE);
    moved = mremap(area, 4 * PAGE, 6 * PAGE, 0);
    tell("mremap where there is no room", moved == MAP_FAILED ? -1 : 0);
    moved = mremap(area, 4 * PAGE, 5 * PAGE, 0);
    printf("mremap in place: %d, %08x\n", moved == area, sum(area, 5 * PAGE));
    moved = mremap(area, 5 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    printf("mremap elsewhere: %d, %08x\n", moved != area,
           sum(moved, 64 * PAGE));
    tell("the old place", msync(area, PAGE, MS_ASYNC));
    area = moved;
    moved = mremap(area, 64 * PAGE, 2 * PAGE, 0);
    printf("mremap to less: %d, %08x\n", moved == area, sum(area, 2 * PAGE));
    tell("what was cut off", msync(area + 2 * PAGE, PAGE, MS_ASYNC));
    unsigned char *target = map(2, PROT_READ);
    moved =
        mremap(area, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    printf("mremap to a place: %d, %08x\n", moved == target,
           sum(moved, 2 * PAGE));
    moved = mremap(target, 2 * PAGE, 2 * PAGE, MREMAP_FIXED, target);
    tell("FIXED without MAYMOVE", moved == MAP_FAILED ? -1 : 0);
    moved = mremap(target + 1, PAGE, PAGE, 0);
    tell("mremap unaligned", moved == MAP_FAILED ? -1 : 0);
    moved = mremap(area, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    tell("mremap of nothing", moved == MAP_FAILED ? -1 : 0);
}

static void program_break(void)
{
    char *start = sbrk(0);
    sbrk(5 * PAGE);
    memset(start, 5, 5 * PAGE);
    sbrk(-4 * (int)PAGE);
    sbrk(4 * PAGE);
    printf("break: %d %d, moved %d\n", start[PAGE - 1], start[PAGE * 2],
           (int)((char *)sbrk(0) - start));
}

int main(void)
{
    churn();
    grow();
    holes();
    remap();
    program_break();
    return 0;
}
