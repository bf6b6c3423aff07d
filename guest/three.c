/*
 * three [PAGES=512]: three processes that all write to the pages they share.
 *
 * Prints:
 *      grandchild wrote 409 pages: ok
 *      child wrote 256 pages: ok
 *      parent wrote 512 pages: ok
 *
 * Why: frames with three references lose them one at a time, in whatever order
 * the three happen to run. The first fifth or so of each range is copied twice
 * and taken over once; what the child and the grandchild leave alone must still
 * read as it did before the forks.
 */
#include "guest.h"

enum writer { BEFORE = 0xb, PARENT = 0xc, CHILD = 0xd, GRANDCHILD = 0xe };

struct range {
    uint8_t *start;
    uint32_t pages;
};

static volatile uint32_t *word_in(struct range range, uint32_t page)
{
    return (volatile uint32_t *)(range.start + page * PAGE_BYTES);
}

static uint32_t tag(enum writer writer, uint32_t page)
{
    return (uint32_t)writer << 24 | page;
}

static void write_first(struct range range, uint32_t count, enum writer writer)
{
    for (uint32_t i = 0; i < count; i++)
        *word_in(range, i) = tag(writer, i);
}

static bool verify(struct range range, uint32_t count, enum writer writer)
{
    for (uint32_t i = 0; i < range.pages; i++)
        if (*word_in(range, i) != tag(i < count ? writer : BEFORE, i))
            return false;
    return true;
}

/* Prints what came of it and returns the exit status. */
static int report(const char *who, uint32_t count, bool good)
{
    print("%s wrote %u pages: %s\n", who, count, good ? "ok" : "FAILED");
    return good ? 0 : 1;
}

static int grandchild(struct range range)
{
    uint32_t count = range.pages / 5 * 4 + range.pages % 5 * 4 / 5;
    write_first(range, count, GRANDCHILD);
    return report("grandchild", count, verify(range, count, GRANDCHILD));
}

static int child(struct range range)
{
    uint32_t count = range.pages / 2;
    int32_t pid = fork_or_fail();
    if (pid == 0)
        sys_exit(grandchild(range));
    write_first(range, count, CHILD);
    bool good = succeeded(wait_for(pid));
    return report("child", count, verify(range, count, CHILD) && good);
}

int main(int argc, char **argv)
{
    struct range range = {.pages = number_argument(argc, argv, 1, 512)};
    range.start = grow_heap(range.pages);
    if (range.start == NULL)
        fail("brk", -GUEST_ENOMEM);
    write_first(range, range.pages, BEFORE);

    int32_t pid = fork_or_fail();
    if (pid == 0)
        sys_exit(child(range));
    write_first(range, range.pages, PARENT);
    bool good = succeeded(wait_for(pid));
    return report("parent", range.pages,
                  verify(range, range.pages, PARENT) && good);
}
