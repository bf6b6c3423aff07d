/* reader.c: setfsuid(2) is made for this: a server that reads files for others.
 * It is the thread's alone, so that the log's thread and what is written at the
 * end go on as before. */
#include "reader.h"

#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "guardian.h"

#define NOBODY 65534

static bool begun;

/* In the thread alone: glibc's changes all of them. A second time it is done
 * already. */
static bool drop_groups(void)
{
    static bool dropped;

    if (!dropped)
        dropped = syscall(SYS_setgroups, 0, (const gid_t *)0) == 0;
    return dropped;
}

bool reader_begin(void)
{
    if (geteuid() != 0)
        return true;
    begun = drop_groups();
    if (begun) {
        (void)setfsgid(NOBODY);
        (void)setfsuid(NOBODY);
        begun = setfsgid((gid_t)-1) == NOBODY && setfsuid((uid_t)-1) == NOBODY;
    }
    guardian_renew();
    if (!begun)
        complain("--root",
                 "cannot be read as nobody (--root-as=self reads as root)");
    return begun;
}

void reader_end(void)
{
    if (!begun)
        return;
    (void)setfsuid(geteuid());
    (void)setfsgid(getegid());
    begun = false;
    guardian_renew();
}
