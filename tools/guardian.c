/* guardian.c: see guardian.h. */
#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "log/logfile.h"
#include "options.h"

/* Written by the child. */
struct verdict {
    volatile bool told; /* why it failed, or something else that is enough to
                           know */
    volatile bool reached;
    volatile int status;
};

struct guardian {
    struct verdict *verdict;
    pid_t child;
    int wait_status;
    int signals;     /* a descriptor to read them from */
    int channel[2];  /* of the parent, of the child: files to be locked go
                        through it */
    int lock_fd;     /* of the file that is locked, or -1 */
    sigset_t held;   /* signals that are read, not delivered */
    sigset_t before; /* the mask that was */
    sigset_t asked;  /* signals that came, and may be what the child dies of */
};

/* What somebody sends to end this process, and what else is the child's; of the
 * rest the child dies as of its own fault. */
#define ENDINGS 6u
static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                SIGUSR2, SIGTSTP, SIGCONT, SIGABRT, SIGSEGV,
                                SIGBUS,  SIGFPE,  SIGILL};

#define PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

static int failed(const char *what)
{
    complain(what, "%s", strerror(errno));
    return EXIT_SIMULATOR;
}

/* ---- locks ---- */

/* SQLite's locks on the log are this process's rather than the child's: when
 * both are killed, whoever killed them sees this one end, and finds the log
 * unlocked. */

static int channel_to_guardian = -1;

/* In the child: hands the file over and waits until it is locked. */
static bool hand_over(int fd)
{
    char answer = 0;
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec data = {.iov_base = &answer, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    return sendmsg(channel_to_guardian, &message, MSG_NOSIGNAL) == 1 &&
           read(channel_to_guardian, &answer, 1) == 1 && answer == 1;
}

/* The bytes that SQLite locks (its file format, 'The Lock-Byte Page'). */
static bool lock_log(int fd)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = 0x40000000,
                         .l_len = 512};

    return fcntl(fd, F_SETLK, &lock) == 0;
}

/* In the parent: takes over a file that the child sends. */
static void take_over(struct guardian *guardian)
{
    char answer = 0;
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec data = {.iov_base = &answer, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    const struct cmsghdr *header;

    if (recvmsg(guardian->channel[0], &message,
                MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1 ||
        (header = CMSG_FIRSTHDR(&message)) == NULL ||
        header->cmsg_type != SCM_RIGHTS)
        return;
    memcpy(&guardian->lock_fd, CMSG_DATA(header), sizeof(guardian->lock_fd));
    answer = lock_log(guardian->lock_fd) ? 1 : 0;
    (void)send(guardian->channel[0], &answer, 1, MSG_NOSIGNAL);
}

/* ---- the child ---- */

static pid_t guardian_of_this; /* 0: this is no child */

void guardian_renew(void)
{
    if (guardian_of_this == 0)
        return;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != guardian_of_this)
        _exit(EXIT_SIMULATOR);
}

void guardian_follow(pid_t parent)
{
    guardian_of_this = parent;
    guardian_renew();
}

static _Noreturn void do_work(const struct guardian *guardian, pid_t parent,
                              const struct options *options,
                              int (*work)(const struct options *options))
{
    int status;

    guardian_follow(parent);
    (void)sigprocmask(SIG_SETMASK, &guardian->before, NULL);
    close(guardian->channel[0]);
    close(guardian->signals);
    channel_to_guardian = guardian->channel[1];
    log_file_have_locked(hand_over);
    complaints_noted(&guardian->verdict->told);
    status = work(options);
    guardian->verdict->status = status;
    guardian->verdict->reached = true;
    exit(status);
}

/* ---- signals ---- */

static bool hold_signals(struct guardian *guardian)
{
    sigemptyset(&guardian->asked);
    sigemptyset(&guardian->held);
    sigaddset(&guardian->held, SIGCHLD);
    for (size_t i = 0; i < PASSED_ON; i++)
        sigaddset(&guardian->held, passed_on[i]);
    (void)signal(SIGCHLD, SIG_DFL);
    return sigprocmask(SIG_BLOCK, &guardian->held, &guardian->before) == 0 &&
           (guardian->signals = signalfd(-1, &guardian->held,
                                         SFD_CLOEXEC | SFD_NONBLOCK)) != -1;
}

/* Those that have come. The terminal's own have reached the child already,
 * which is in the same process group. */
static void take_signals(struct guardian *guardian)
{
    struct signalfd_siginfo info;

    while (read(guardian->signals, &info, sizeof(info)) ==
           (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        sigaddset(&guardian->asked, (int)info.ssi_signo);
        if (info.ssi_code != SI_KERNEL)
            (void)kill(guardian->child, (int)info.ssi_signo);
    }
}

/* ---- waiting ---- */

/* The child has stopped: so does this process, until somebody has it go on. */
static void stop_too(const struct guardian *guardian)
{
    (void)raise(SIGSTOP);
    (void)kill(guardian->child, SIGCONT);
}

/* True when the child has ended. */
static bool look_after(struct guardian *guardian)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(guardian->child, &status, WNOHANG | WUNTRACED);

        if (pid != guardian->child)
            return pid == -1 && errno != EINTR;
        if (!WIFSTOPPED(status)) {
            guardian->wait_status = status;
            return true;
        }
        stop_too(guardian);
    }
}

static void wait_for_child(struct guardian *guardian)
{
    struct pollfd polls[] = {{.fd = guardian->signals, .events = POLLIN},
                             {.fd = guardian->channel[0], .events = POLLIN}};

    while (!look_after(guardian)) {
        if (poll(polls, 2, -1) <= 0)
            continue;
        take_signals(guardian);
        if ((polls[1].revents & POLLIN) != 0)
            take_over(guardian);
        else if (polls[1].revents != 0)
            polls[1].fd = -1;
    }
    take_signals(guardian); /* those that came together with the child's end */
}

/* ---- what became of it ---- */

/* Whether the child died of what was to end this process. */
static bool was_asked_for(const struct guardian *guardian, int number)
{
    for (size_t i = 0; i < ENDINGS; i++)
        if (passed_on[i] == number)
            return sigismember(&guardian->asked, number) == 1;
    return false;
}

/* Dies of the signal that the child died of. */
static void die_too(int number)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, number);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
}

static const char *reason_of(int number)
{
    switch (number) {
    case SIGKILL:
        return " (has the host run out of memory?)";
    case SIGSYS:
        return " (it made a system call that it has no need for)";
    default:
        return "";
    }
}

static int tell_death(const struct guardian *guardian)
{
    int status = guardian->wait_status;

    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);

        if (was_asked_for(guardian, number))
            die_too(number);
        if (!guardian->verdict->told)
            complain("simulator", "killed by signal %d, %s%s", number,
                     strsignal(number), reason_of(number));
    } else if (!guardian->verdict->told) {
        complain(
            "simulator",
            "ended with status %d in the midst of its work, as the engine does "
            "where the host has no memory",
            WEXITSTATUS(status));
    }
    return EXIT_SIMULATOR;
}

static int judge(const struct guardian *guardian)
{
    int status = guardian->wait_status;

    if (!guardian->verdict->reached || !WIFEXITED(status))
        return tell_death(guardian);
#ifdef __SANITIZE_ADDRESS__
    return WEXITSTATUS(status); /* the sanitizer's own, where it found a leak */
#else
    return guardian->verdict->status;
#endif
}

static bool set_up(struct guardian *guardian)
{
    *guardian =
        (struct guardian){.signals = -1, .channel = {-1, -1}, .lock_fd = -1};
    guardian->verdict =
        mmap(NULL, sizeof(struct verdict), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return guardian->verdict != MAP_FAILED &&
           socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
                      guardian->channel) == 0 &&
           hold_signals(guardian);
}

static void tear_down(const struct guardian *guardian)
{
    const int descriptors[] = {guardian->signals, guardian->channel[0],
                               guardian->lock_fd};

    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
        if (descriptors[i] != -1)
            close(descriptors[i]);
    (void)sigprocmask(SIG_SETMASK, &guardian->before, NULL);
    (void)munmap(guardian->verdict, sizeof(struct verdict));
}

/* ---- this process's own death ---- */

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

static void on_own_death(int number)
{
    static char line[] = "mmu386: simulator: killed by signal .., ";
    const char *name = sigdescr_np(number);

    line[sizeof line - 5] = (char)('0' + number / 10);
    line[sizeof line - 4] = (char)('0' + number % 10);
    (void)!write(STDERR_FILENO, line, sizeof line - 1);
    (void)!write(STDERR_FILENO, name, strlen(name));
    (void)!write(STDERR_FILENO, "\n", 1);
    _exit(EXIT_SIMULATOR);
}

void guardian_tell_own_death(void)
{
    static const int deaths[] = {SIGILL, SIGABRT, SIGBUS,
                                 SIGFPE, SIGSEGV, SIGALRM};
    static char stack[16384];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_own_death,
                               .sa_flags = (int)SA_ONSTACK};

    if (SANITIZED || sigaltstack(&alternate, NULL) != 0)
        return;
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        (void)sigaction(deaths[i], &action, NULL);
}

/* ---- the work ---- */

static int guarded(const struct options *options,
                   int (*work)(const struct options *options))
{
    struct guardian guardian;
    pid_t parent = getpid();
    int status;

    if (!options->sandbox) {
        guardian_tell_own_death();
        return work(options);
    }
    if (!set_up(&guardian))
        return failed("simulator");
    (void)fflush(NULL);
    guardian.child = fork();
    if (guardian.child == 0)
        do_work(&guardian, parent, options, work);
    close(guardian.channel[1]);
    if (guardian.child == -1) {
        status = failed("simulator");
    } else {
        wait_for_child(&guardian);
        status = judge(&guardian);
    }
    tear_down(&guardian);
    return status;
}

int guardian_command(struct options *options, const struct command_line *line,
                     int argc, char *argv[],
                     int (*work)(const struct options *options))
{
    enum options_outcome outcome = options_read(options, line, argc, argv);
    int status = outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;

    if (outcome == OPTIONS_GO) {
        status = guarded(options, work);
        options_free(options);
    }
    return status;
}
