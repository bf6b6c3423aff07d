/* path.h: paths in the guest's tree, as text. */
#ifndef MMU386_PATH_H
#define MMU386_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_PATH_MAX 4096u /* bytes, the NUL included */

/* Puts `path`, taken from the directory `base` (absolute) unless it is absolute
 * itself, into `to` of GUEST_PATH_MAX bytes. 0 or -ENAMETOOLONG. */
int path_join(char *to, const char *base, const char *path);

/* Takes out what is empty or a dot, and ".." with what precedes it, of an
 * absolute path, in place:
 * "/a//./b/../c/" becomes "/a/c". Links are not looked at. */
void path_normalise(char *path);

/* Cuts the last component off an absolute path, in place: "/a/b/" becomes "/a",
 * "/" stays. */
void path_to_parent(char *path);

/* Both: the absolute path, without what is empty or dots, that `path` is in the
 * directory `base`. 0 or -ENAMETOOLONG. */
int path_absolute(char *to, const char *base, const char *path);

/* If the normalised path is that of something in the normalised directory, its
 * name there; else NULL. */
const char *path_name_in(const char *path, const char *directory);

/* The last component of a path, which does not end in a slash. */
const char *path_last(const char *path);

/* The inode number of what is at the path: not 0, the same in every run. */
uint32_t path_inode(const char *path);

#endif
