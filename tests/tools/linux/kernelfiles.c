/* Files of the host that tell of its kernel and of the simulator: there are
 * none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat status;
        char link[64];
        printf("%s: stat %s", argv[i],
               stat(argv[i], &status) == 0 ? "there" : strerror(errno));
        printf(", lstat %s",
               lstat(argv[i], &status) == 0 ? "there" : strerror(errno));
        printf(", access %s",
               access(argv[i], F_OK) == 0 ? "there" : strerror(errno));
        printf(", open %s",
               open(argv[i], O_RDONLY) >= 0 ? "there" : strerror(errno));
        printf(", link %s\n", readlink(argv[i], link, sizeof link) >= 0
                                  ? "there"
                                  : strerror(errno));
    }
    return 0;
}
