/* program.c: the options that say what the program finds: files, a name, an
 * environment. */
#include "options/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static bool set_root(void *to, const char *value)
{
    int fd = open(value, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1) {
        complain(value, "%s", strerror(errno));
        return false;
    }
    close(fd);
    return option_text(to, value);
}

static const char *who_value(unsigned number)
{
    static const char *const values[] = {"nobody", "self"};

    return number < 2 ? values[number] : NULL;
}

static bool set_root_as(void *to, const char *value)
{
    bool *as_self = to;

    *as_self = strcmp(value, "self") == 0;
    if (!*as_self && strcmp(value, "nobody") != 0)
        complain("--root-as", "%.64s: neither nobody nor self", value);
    return *as_self || strcmp(value, "nobody") == 0;
}

static const struct option_row rows[] = {
    {"root", 0, "DIR",
     "let the program read the files under DIR, its root directory\n"
     "(default: there are no files)",
     .set = set_root, .at = offsetof(struct options, root)},
    {"root-as", 0, "WHO",
     "as whom root reads the files under DIR: nobody (the default) or\n"
     "self; others read them as themselves",
     .set = set_root_as, .at = offsetof(struct options, root_as_self),
     .value_at = who_value},
    {"env", 0, "NAME=VALUE",
     "set a variable of the program's environment, which else has\n"
     "only PATH=/usr/bin:/bin; may be repeated, the last of a name\n"
     "counts",
     .set = options_set_variable, .repeatable = true},
    {"argv0", 0, "NAME",
     "what the program is to be called: its argument 0 (default: the\n"
     "last component of PROGRAM)",
     .set = option_text, .at = offsetof(struct options, argv0)},
};

const struct option_group program_options = {OPTION_GROUP(rows)};
