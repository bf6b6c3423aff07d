/* directory.h: sorted lists of what a directory holds. */
#ifndef MMU386_DIRECTORY_H
#define MMU386_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>

struct budget;

struct listing_entry {
    char *name;
    uint32_t inode;
    uint32_t type; /* GUEST_S_: file.h */
};

/* "." and ".." come first, the others by their names' bytes. */
struct listing {
    struct listing_entry *entry;
    uint32_t count, capacity;
    struct budget *budget; /* what its memory counts against, or NULL */
    size_t budget_bytes;   /* that it has taken of it */
};

/* Adds an entry at the end; its inode is that of `name` in the directory at
 * `path`. 0, -ENOMEM or -ENAMETOOLONG. */
int listing_add(struct listing *listing, const char *path, const char *name,
                uint32_t type);

/* Adds what guests may see of a host directory: files, directories and links.
 * `host_fd`: it, open in any way. 0 or -errno. */
int listing_add_host(struct listing *listing, const char *path, int host_fd);

/* Sorts it and leaves one of each name. */
void listing_sort(struct listing *listing);

/* Empties it. */
void listing_clear(struct listing *listing);

#endif
