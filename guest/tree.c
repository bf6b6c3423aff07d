/*
 * tree [DEPTH=6]: a tree of forks, DEPTH (at most 12) levels below the first
 * process.
 *
 * Prints:
 *      tree: 29 processes
 *
 * Why: pages are shared by a whole line of ancestors at once. Each process at
 * an even distance from the leaves forks two children, at an odd one a single
 * child; each writes the page of its own level and the page of the leaves, and
 * finds in the pages above what its ancestors wrote, however its brothers went
 * on. Every exit status is the number of processes in that subtree.
 */
#include "guest.h"

#define MAX_DEPTH 12u /* 253 processes: an exit status holds no more */
#define BROKEN    255u

static _Alignas(PAGE_BYTES) volatile uint32_t pages[MAX_DEPTH + 1][PAGE_WORDS];

/* A process's path is 1 at the root and its parent's path, then a bit,
 * below. */
static bool line_intact(uint32_t depth, uint32_t root_depth, uint32_t path)
{
    for (uint32_t level = depth > 0 ? depth : 1; level <= root_depth; level++)
        if (pages[level][0] != path >> (level - depth))
            return false;
    return pages[0][0] == path;
}

/* Returns the number of processes in the tree below and at this one, or
 * BROKEN. */
static uint32_t grow(uint32_t depth, uint32_t root_depth, uint32_t path)
{
    int32_t pids[2];
    uint32_t children = depth == 0 ? 0 : depth % 2 == 0 ? 2 : 1;
    uint32_t count = 1;

    pages[depth][0] = path;
    pages[0][0] = path;
    for (uint32_t i = 0; i < children; i++) {
        pids[i] = fork_or_fail();
        if (pids[i] == 0)
            sys_exit((int)grow(depth - 1, root_depth, path * 2 + i));
    }
    for (uint32_t i = 0; i < children; i++) {
        int status = wait_for(pids[i]);
        if (status_signal(status) != 0 || status_code(status) == BROKEN)
            return BROKEN;
        count += status_code(status);
    }
    return line_intact(depth, root_depth, path) ? count : BROKEN;
}

int main(int argc, char **argv)
{
    uint32_t depth = number_argument(argc, argv, 1, 6);
    if (depth > MAX_DEPTH) {
        print("tree: at most %u levels\n", MAX_DEPTH);
        return 2;
    }
    uint32_t count = grow(depth, depth, 1);
    if (count == BROKEN) {
        print("tree: FAILED\n");
        return 1;
    }
    print("tree: %u processes\n", count);
    return 0;
}
