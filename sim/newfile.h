/* newfile.h: how a file that is written comes to its name. It overwrites
 * nothing unless it is told to, it is complete or absent, and no two write it
 * at a time.
 *
 *   whole:  written beside, as .NAME.XXXXXXXX.part in the same directory, and
 * renamed at the end grows:  empty under its own name from the start, for what
 * is to be read after a kill
 *
 * Who writes holds a lock on the file until it ends (fcntl_locking(2), "Open
 * file description locks"); one beside whose writer was killed is unlocked, and
 * removed by the next of its name. A symbolic link stays: what it leads to is
 * written. Permissions are by umask.
 *
 * A sandbox that is closed in between has to let through, for newfile_end,
 * newfile_drop and newfile_clean: dup, close, renameat2, renameat, linkat,
 * unlinkat, faccessat2, each of them relative to a directory that newfile_begin
 * opened, and writes to the file itself. With Landlock the directory needs
 * LANDLOCK_ACCESS_FS_MAKE_REG and LANDLOCK_ACCESS_FS_REMOVE_FILE. */
#ifndef MMU386_NEWFILE_H
#define MMU386_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>

struct newfile;

enum {
    NEWFILE_FORCE = 1, /* may overwrite a regular file */
    NEWFILE_GROWS = 2, /* is there from the start */
};

/* Begins a file. `how`: NEWFILE_ bits. NULL: `why` (a phrase) says why not, and
 * nothing has changed. */
struct newfile *newfile_begin(const char *path, unsigned how, char *why,
                              size_t why_bytes);

/* What to write to, from its start; it stays the newfile's. Closing another
 * descriptor of the same file gives up this process's POSIX locks on it
 * (SQLite's). */
int newfile_fd(const struct newfile *file);

/* The path without symbolic links at its end. */
const char *newfile_path(const struct newfile *file);

/* All is written: gives it its name. Frees it. False: `why` says why not, and
 * what was beside is gone. */
bool newfile_end(struct newfile *file, char *why, size_t why_bytes);

/* Removes what was begun. Frees it; NULL is none. */
void newfile_drop(struct newfile *file);

/* Removes what is beside: for a signal's handler, before the process dies of
 * it. */
void newfile_clean(void);

/* Takes the lock of one who writes to the regular file `fd`, open for writing:
 * false where another one has it, for half a second. Held until all copies of
 * the descriptor are closed. Where the file system has no locks there is nobody
 * to refuse. */
bool newfile_lock(int fd);

#endif
