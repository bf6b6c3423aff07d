/* path.c: joining and taking apart. */
#include "linux/path.h"

#include <errno.h>
#include <string.h>

#include "hash.h"

int path_join(char *to, const char *base, const char *path)
{
    size_t base_bytes = path[0] == '/' ? 0 : strlen(base);
    size_t bytes = strlen(path);

    if (base_bytes + 1 + bytes + 1 > GUEST_PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(to, base, base_bytes);
    if (path[0] != '/')
        to[base_bytes++] = '/';
    memcpy(to + base_bytes, path, bytes + 1);
    return 0;
}

/* The end of `to`, `end` bytes long, without its last component. */
static size_t without_last(const char *to, size_t end)
{
    while (end > 0 && to[end - 1] != '/')
        end--;
    return end > 0 ? end - 1 : 0;
}

void path_normalise(char *path)
{
    size_t end = 0; /* of what is done, "/a/b": it is never past what is read */
    const char *from = path;

    while (*from != '\0') {
        size_t bytes = strcspn(from, "/");
        bool dots = bytes == 2 && from[0] == '.' && from[1] == '.';
        const char *next = from + bytes + (from[bytes] == '/');

        if (dots)
            end = without_last(path, end);
        else if (bytes > 0 && !(bytes == 1 && from[0] == '.')) {
            path[end] = '/';
            memmove(path + end + 1, from, bytes);
            end += 1 + bytes;
        }
        from = next;
    }
    if (end == 0)
        path[end++] = '/';
    path[end] = '\0';
}

int path_absolute(char *to, const char *base, const char *path)
{
    int error = path_join(to, base, path);

    if (error == 0)
        path_normalise(to);
    return error;
}

void path_to_parent(char *path)
{
    size_t end = strlen(path);

    while (end > 1 && path[end - 1] == '/')
        end--;
    end = without_last(path, end);
    path[end > 0 ? end : 1] = '\0';
}

const char *path_name_in(const char *path, const char *directory)
{
    size_t bytes = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
    const char *name = path + bytes + 1;

    if (strncmp(path, directory, bytes) != 0 || path[bytes] != '/' ||
        *name == '\0' || strchr(name, '/') != NULL)
        return NULL;
    return name;
}

const char *path_last(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* 32 bits: a program without large file support can take no more. */
uint32_t path_inode(const char *path)
{
    uint32_t hash = (uint32_t)XXH3_64bits(path, strlen(path));

    return hash != 0 ? hash : 1;
}
