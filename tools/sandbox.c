/* sandbox.c: see sandbox.h. */
#include "sandbox.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

static bool failed(const char *what, int error)
{
    complain("sandbox", "%s: %s (--no-sandbox does without)", what,
             strerror(error));
    return false;
}

/* ---- Landlock ---- */

/* include/uapi/linux/landlock.h of later kernels than the headers here may be
 * of. */
#define READ_FILE   (UINT64_C(1) << 2)
#define READ_DIR    (UINT64_C(1) << 3)
#define WRITE_FILE  (UINT64_C(1) << 1)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_REG    (UINT64_C(1) << 8)
#define TRUNCATE    (UINT64_C(1) << 14)

struct ruleset {
    uint64_t files, network, scopes;
};

/* What a version of Landlock's interface knows of: files, network, signals to
 * others. */
static struct ruleset all_of(long version)
{
    static const unsigned bits[] = {0, 13, 14, 15, 15, 16};
    unsigned known = sizeof(bits) / sizeof(bits[0]) - 1;
    unsigned count = bits[version < (long)known ? (unsigned)version : known];

    return (struct ruleset){
        .files = (UINT64_C(1) << count) - 1,
        .network = version >= 4 ? 3 : 0,
        .scopes = version >= 6 ? 3 : 0,
    };
}

static size_t bytes_of(long version)
{
    return version >= 6 ? 24 : version >= 4 ? 16 : 8;
}

/* What is not there needs no rule. */
static void allow_path(int rules, const char *path, uint64_t rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    const struct landlock_path_beneath_attr rule = {.allowed_access = rights,
                                                    .parent_fd = fd};

    if (fd == -1)
        return;
    (void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
                  &rule, 0);
    close(fd);
}

/* SQLite's journal and files that are renamed come and go beside what is
 * written. */
static void allow_directory_of(int rules, const char *file, uint64_t rights)
{
    char path[PATH_MAX];
    char *slash;

    if (snprintf(path, sizeof(path), "./%s", file) >= (int)sizeof(path))
        return;
    slash = strrchr(path, '/');
    slash[slash == path + 1 && file[0] != '/' ? 0 : 1] = '\0';
    allow_path(rules, file[0] == '/' ? path + 2 : path, rights);
}

static void allow_paths(int rules, const struct sandbox *sandbox,
                        uint64_t known)
{
    uint64_t writing =
        (READ_FILE | WRITE_FILE | REMOVE_FILE | MAKE_REG | TRUNCATE) & known;

    if (sandbox->root != NULL)
        allow_path(rules, sandbox->root, READ_FILE | READ_DIR);
    if (sandbox->read != NULL)
        allow_path(rules, sandbox->read, READ_FILE);
    if (sandbox->reads_any)
        allow_path(rules, "/", READ_FILE);
    if (sandbox->begins_anew)
        allow_path(rules, "/proc/self/maps", READ_FILE);
    for (int i = 0; i < SANDBOX_WRITTEN_MAX; i++)
        if (sandbox->written[i] != NULL &&
            strcmp(sandbox->written[i], "-") != 0)
            allow_directory_of(rules, sandbox->written[i], writing);
    allow_path(rules, "/dev/urandom", READ_FILE);
}

/* A kernel without Landlock is let be. */
static void restrict_files(const struct sandbox *sandbox)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);

    if (version <= 0)
        return;

    struct ruleset all = all_of(version);
    int rules =
        (int)syscall(SYS_landlock_create_ruleset, &all, bytes_of(version), 0);

    if (rules == -1)
        return;
    allow_paths(rules, sandbox, all.files);
    (void)syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

/* ---- seccomp ---- */

/* Whatever is there already: memory, descriptors, threads, time; and what the
 * kernel tells of files and processes. Opening, which Landlock restricts, comes
 * apart. */
static const char *const allowed[] = {
    /* descriptors */
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "lseek",
    "_llseek",
    "close",
    "dup",
    "fcntl",
    "fcntl64",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "ftruncate",
    "fsync",
    "fdatasync",
    "fallocate",
    "fadvise64",
    "getdents64",
    "getdents",
    /* files, to look at */
    "fstat",
    "stat",
    "lstat",
    "newfstatat",
    "fstatat64",
    "statx",
    "fstatfs",
    "statfs",
    "readlink",
    "readlinkat",
    "access",
    "faccessat",
    "faccessat2",
    "getcwd",
    /* memory */
    "munmap",
    "mremap",
    "madvise",
    "mincore",
    "brk",
    /* threads */
    "futex",
    "futex_waitv",
    "set_robust_list",
    "rseq",
    "membarrier",
    "sched_yield",
    "sched_getaffinity",
    "getcpu",
    "exit",
    "exit_group",
    "restart_syscall",
    "set_tid_address",
    /* signals to itself */
    "rt_sigprocmask",
    "rt_sigaction",
    "rt_sigreturn",
    "sigaltstack",
    "rt_sigpending",
    "setitimer",
    "alarm",
    /* time and numbers */
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getrusage",
    "times",
    "sysinfo",
    "uname",
    "getrandom",
    "getrlimit",
    /* as whom files under --root are read */
    "setfsuid",
    "setfsgid",
};

/* Files that are written: they come, are renamed and go. */
static const char *const writing[] = {
    "open",     "openat",    "openat2", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "link",    "linkat", "fchmod",   "fchown",
};

static bool writes(const struct sandbox *sandbox)
{
    for (int i = 0; i < SANDBOX_WRITTEN_MAX; i++)
        if (sandbox->written[i] != NULL)
            return true;
    return false;
}

/* A call that this machine does not have needs no rule. 0 or -errno. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name,
               unsigned count, const struct scmp_arg_cmp *arguments)
{
    int number = seccomp_syscall_resolve_name(name);

    return number == __NR_SCMP_ERROR
               ? 0
               : seccomp_rule_add_array(filter, action, number, count,
                                        arguments);
}

static int add_all(scmp_filter_ctx filter, uint32_t action,
                   const char *const names[], size_t count)
{
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++)
        error = add(filter, action, names[i], 0, NULL);
    return error;
}

#define ADD_ALL(filter, action, names) \
    add_all(filter, action, names, sizeof(names) / sizeof((names)[0]))

static int add_if(scmp_filter_ctx filter, uint32_t action, const char *name,
                  struct scmp_arg_cmp argument)
{
    return add(filter, action, name, 1, &argument);
}

static int allow_if(scmp_filter_ctx filter, const char *name,
                    struct scmp_arg_cmp argument)
{
    return add_if(filter, SCMP_ACT_ALLOW, name, argument);
}

/* Opening takes no for an answer: libraries look for what need not be there. */
static int add_opening(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
    static const char *const calls[] = {"open", "openat", "openat2"};
    bool opens =
        sandbox->root != NULL || sandbox->reads_any || sandbox->begins_anew;

    if (writes(sandbox))
        return ADD_ALL(filter, SCMP_ACT_ALLOW, writing);
    return ADD_ALL(filter, opens ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES),
                   calls);
}

static int add_memory(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
    static const char *const calls[] = {"mmap", "mmap2", "mprotect"};
    int error = ADD_ALL(filter, SCMP_ACT_ALLOW, calls);

    if (error == 0)
        error = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
    if (error == 0 && sandbox->begins_anew)
        error = add(filter, SCMP_ACT_ALLOW, "memfd_create", 0, NULL);
    return error;
}

/* Calls of which some uses are needed. */
static int add_some_uses(scmp_filter_ctx filter)
{
    static const unsigned terminal[] = {TCGETS, TIOCGWINSZ, FIONREAD};
    static const unsigned control[] = {PR_SET_PDEATHSIG, PR_SET_DUMPABLE,
                                       PR_SET_NAME, PR_SET_VMA};
    uint64_t self = (uint64_t)getpid();
    int error = allow_if(filter, "tgkill", SCMP_A0(SCMP_CMP_EQ, self));

    if (error == 0)
        error = allow_if(filter, "kill", SCMP_A0(SCMP_CMP_EQ, self));
    if (error == 0) /* to be in no group */
        error = allow_if(filter, "setgroups", SCMP_A0(SCMP_CMP_EQ, 0));
    if (error == 0)
        error = allow_if(filter, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0));
    if (error == 0)
        error = allow_if(filter, "clone",
                         SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM,
                                 CLONE_THREAD | CLONE_VM));
    for (size_t i = 0; i < sizeof(terminal) / sizeof(terminal[0]) && error == 0;
         i++)
        error = allow_if(filter, "ioctl", SCMP_A1(SCMP_CMP_EQ, terminal[i]));
    for (size_t i = 0; i < sizeof(control) / sizeof(control[0]) && error == 0;
         i++)
        error = allow_if(filter, "prctl", SCMP_A0(SCMP_CMP_EQ, control[i]));
    return error;
}

static int fill(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
    int error = ADD_ALL(filter, SCMP_ACT_ALLOW, allowed);

    if (error == 0)
        error = add_opening(filter, sandbox);
    if (error == 0)
        error = add_memory(filter, sandbox);
    if (error == 0)
        error = add_some_uses(filter);
    return error;
}

/* What of the calls that are let through is refused: files to be written where
 * none are, and memory to be executed, which the engine has already. Of openat2
 * the flags are in memory, where no filter can look; those of tree.c are for
 * reading. */
static int refuse(scmp_filter_ctx filter, const struct sandbox *sandbox)
{
    static const unsigned changes[][2] = {{O_ACCMODE, O_WRONLY},
                                          {O_ACCMODE, O_RDWR},
                                          {O_CREAT, O_CREAT},
                                          {O_TRUNC, O_TRUNC}};
    static const char *const calls[] = {"mmap", "mmap2", "mprotect"};
    int error = 0;

    for (size_t i = 0; i < 4 && error == 0 && !writes(sandbox); i++) {
        const uint64_t mask = changes[i][0];
        const uint64_t flags = changes[i][1];

        error = add_if(filter, SCMP_ACT_ERRNO(EACCES), "openat",
                       SCMP_A2(SCMP_CMP_MASKED_EQ, mask, flags));
        if (error == 0)
            error = add_if(filter, SCMP_ACT_ERRNO(EACCES), "open",
                           SCMP_A1(SCMP_CMP_MASKED_EQ, mask, flags));
    }
    for (size_t i = 0; i < 3 && error == 0 && !sandbox->begins_anew; i++)
        error = add_if(filter, SCMP_ACT_ERRNO(EPERM), calls[i],
                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    return error;
}

/* Without memory libseccomp may never come to an end (2.5.4): after so many
 * seconds that is the end of this process. */
#define LOAD_SECONDS 4u

/* Makes a filter and loads it, into all threads. 0 or -errno. */
static int load(uint32_t otherwise,
                int (*fill_it)(scmp_filter_ctx filter, const struct sandbox *),
                const struct sandbox *sandbox)
{
    unsigned before = alarm(LOAD_SECONDS);
    scmp_filter_ctx filter = seccomp_init(otherwise);
    int error = filter == NULL ? -ENOMEM : fill_it(filter, sandbox);

    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    (void)alarm(before);
    return error;
}

/* ---- both ---- */

bool sandbox_enter(const struct sandbox *sandbox)
{
    static bool entered;
    int error;

#ifdef __SANITIZE_ADDRESS__
    entered = true;
#endif
    if (entered)
        return true;
    entered = true;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("no new privileges", errno);
    restrict_files(sandbox);
    error = load(SCMP_ACT_ALLOW, refuse, sandbox);
    if (error == 0)
        error = load(SCMP_ACT_KILL_PROCESS, fill, sandbox);
    return error == 0 || failed("seccomp", -error);
}

/* ---- readers ---- */

static int refuse_intruders(scmp_filter_ctx filter,
                            const struct sandbox *sandbox)
{
    static const char *const calls[] = {"ptrace",
                                        "process_vm_readv",
                                        "process_vm_writev",
                                        "pidfd_getfd",
                                        "kcmp",
                                        "io_uring_setup",
                                        "bpf",
                                        "perf_event_open",
                                        "userfaultfd",
                                        "keyctl",
                                        "add_key",
                                        "request_key",
                                        "mount",
                                        "umount2",
                                        "pivot_root",
                                        "chroot",
                                        "fsopen",
                                        "open_tree",
                                        "move_mount",
                                        "mount_setattr",
                                        "unshare",
                                        "setns",
                                        "init_module",
                                        "finit_module",
                                        "delete_module",
                                        "kexec_load",
                                        "kexec_file_load",
                                        "reboot",
                                        "swapon",
                                        "swapoff",
                                        "capset",
                                        "name_to_handle_at",
                                        "open_by_handle_at",
                                        "acct",
                                        "quotactl",
                                        "settimeofday",
                                        "clock_settime",
                                        "adjtimex",
                                        "sethostname",
                                        "setdomainname",
                                        "iopl",
                                        "ioperm",
                                        "syslog"};

    (void)sandbox;
    return ADD_ALL(filter, SCMP_ACT_ERRNO(EPERM), calls);
}

void sandbox_enter_reader(void)
{
#ifdef __SANITIZE_ADDRESS__
    const bool traced = true; /* by the sanitizer, which looks for leaks */
#else
    const bool traced = false;
#endif

    if (!traced && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)load(SCMP_ACT_ALLOW, refuse_intruders, NULL);
}
