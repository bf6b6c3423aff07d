/* directory.c: a growing array, sorted at the end. */
#include "linux/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/file.h"
#include "linux/path.h"
#include "machine/budget.h"

#define ENTRIES_FIRST 32u

static bool take(struct listing *listing, size_t bytes)
{
    if (!budget_take(listing->budget, bytes))
        return false;
    listing->budget_bytes += bytes;
    return true;
}

static int grow(struct listing *listing)
{
    uint32_t capacity =
        listing->capacity > 0 ? 2 * listing->capacity : ENTRIES_FIRST;

    if (listing->count < listing->capacity)
        return 0;
    if (capacity < listing->capacity ||
        !take(listing,
              (capacity - listing->capacity) * sizeof(struct listing_entry)))
        return -ENOMEM;

    struct listing_entry *grown =
        realloc(listing->entry, (size_t)capacity * sizeof *grown);

    if (grown == NULL) {
        budget_starve(listing->budget);
        return -ENOMEM;
    }
    listing->entry = grown;
    listing->capacity = capacity;
    return 0;
}

int listing_add(struct listing *listing, const char *path, const char *name,
                uint32_t type)
{
    char whole[GUEST_PATH_MAX];

    if (path_absolute(whole, path, name) != 0)
        return -ENAMETOOLONG;
    if (grow(listing) != 0)
        return -ENOMEM;

    if (!take(listing, strlen(name) + 1))
        return -ENOMEM;

    char *copy = strdup(name);

    if (copy == NULL) {
        budget_starve(listing->budget);
        return -ENOMEM;
    }
    listing->entry[listing->count++] =
        (struct listing_entry){copy, path_inode(whole), type};
    /* cppcheck-suppress memleak ; the listing has it */
    return 0;
}

/* The type of what a host directory holds, or 0 for what guests do not see. */
static uint32_t host_type(DIR *host, const struct dirent *entry)
{
    struct stat status;
    int host_fd = dirfd(host);

    if (host_fd < 0 ||
        fstatat(host_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG:
        return GUEST_S_REGULAR;
    case S_IFDIR:
        return GUEST_S_DIRECTORY;
    case S_IFLNK:
        return GUEST_S_LINK;
    default:
        return 0;
    }
}

static int add_all(struct listing *listing, const char *path, DIR *host)
{
    int error = 0;

    errno = 0;
    for (const struct dirent *entry;
         error == 0 && (entry = readdir(host)) != NULL; errno = 0) {
        uint32_t type = host_type(host, entry);

        if (type != 0)
            error = listing_add(listing, path, entry->d_name, type);
    }
    return error != 0 ? error : -errno;
}

int listing_add_host(struct listing *listing, const char *path, int host_fd)
{
    int own_fd = openat(host_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (own_fd < 0)
        return -errno;

    DIR *host = fdopendir(own_fd);

    if (host == NULL) {
        int error = -errno;

        close(own_fd);
        return error;
    }

    int error = add_all(listing, path, host);

    closedir(host);
    /* cppcheck-suppress resourceLeak ; closedir has closed own_fd */
    return error;
}

/* "." and ".." before all else. */
static int rank(const char *name)
{
    if (strcmp(name, ".") == 0)
        return 0;
    return strcmp(name, "..") == 0 ? 1 : 2;
}

static int compare(const void *left, const void *right)
{
    const struct listing_entry *a = left;
    const struct listing_entry *b = right;
    int ranks = rank(a->name) - rank(b->name);

    return ranks != 0 ? ranks : strcmp(a->name, b->name);
}

void listing_sort(struct listing *listing)
{
    struct listing_entry *entry = listing->entry;
    uint32_t kept = 0;

    if (listing->count == 0)
        return;
    qsort(entry, listing->count, sizeof *entry, compare);
    for (uint32_t i = 1; i < listing->count; i++)
        if (strcmp(entry[kept].name, entry[i].name) == 0)
            free(entry[i].name);
        else
            entry[++kept] = entry[i];
    listing->count = kept + 1;
}

void listing_clear(struct listing *listing)
{
    for (uint32_t i = 0; i < listing->count; i++)
        free(listing->entry[i].name);
    free(listing->entry);
    budget_give(listing->budget, listing->budget_bytes);
    *listing = (struct listing){.budget = listing->budget};
}
