/*
 * guest.h: what every guest program shares: the Linux i386 system calls, a
 * little printing, arguments, and waiting for children. There is no C library
 * beneath.
 *
 * Every sys_ function returns what the kernel returns: a negative number is an
 * error, -errno.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define PAGE_BYTES 4096u
#define PAGE_WORDS (PAGE_BYTES / sizeof(uint32_t))

enum errno_value {
    GUEST_EAGAIN = 11,
    GUEST_ENOMEM = 12,
    GUEST_EFAULT = 14,
    GUEST_EINVAL = 22
};

enum signal_number {
    SIGNAL_ILL = 4,
    SIGNAL_TRAP = 5,
    SIGNAL_ABRT = 6,
    SIGNAL_FPE = 8,
    SIGNAL_KILL = 9,
    SIGNAL_SEGV = 11,
    SIGNAL_PIPE = 13,
    SIGNAL_TERM = 15
};

enum syscall_number {
    SYS_EXIT = 1,
    SYS_FORK = 2,
    SYS_READ = 3,
    SYS_WRITE = 4,
    SYS_CLOSE = 6,
    SYS_WAITPID = 7,
    SYS_EXECVE = 11,
    SYS_GETPID = 20,
    SYS_KILL = 37,
    SYS_PIPE = 42,
    SYS_BRK = 45,
    SYS_MUNMAP = 91,
    SYS_MPROTECT = 125,
    SYS_SCHED_YIELD = 158,
    SYS_MMAP2 = 192
};

enum protection { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };

/* Every program's own. Its return value is the exit status. */
int main(int argc, char **argv);

/* In start.S. */
int32_t syscall6(uint32_t number, uint32_t a, uint32_t b, uint32_t c,
                 uint32_t d, uint32_t e, uint32_t f);

/* ---- system calls ---- */

noreturn void sys_exit(int status);
int32_t sys_fork(void);
int32_t sys_read(int fd, void *buffer, uint32_t bytes);
int32_t sys_write(int fd, const void *buffer, uint32_t bytes);
int32_t sys_close(int fd);
int32_t sys_waitpid(int32_t pid, int *status, int options);
int32_t sys_execve(const char *path, char *const argv[], char *const envp[]);
int32_t sys_getpid(void);
int32_t sys_kill(int32_t pid, int signal);
int32_t sys_pipe(int fds[2]);
int32_t sys_munmap(void *start, uint32_t bytes);
int32_t sys_mprotect(void *start, uint32_t bytes, int protection);
int32_t sys_sched_yield(void);

/* Returns the new end of the heap, or the old one where it could not be
 * moved. */
uint32_t sys_brk(uint32_t end);

/* Private anonymous memory, anywhere, readable and writable. The address, or
 * -errno; is_error tells them apart. */
uint32_t sys_mmap_anonymous(uint32_t bytes);

/* Whether a result that may be an address is an error: the last 4095 values are
 * -errno. */
bool is_error(uint32_t result);

/* ---- memory ---- */

/* Moves the end of the heap up by whole pages. Returns the first of them,
 * page-aligned, or NULL. The pages are not touched. */
uint8_t *grow_heap(uint32_t pages);

/* Gives back everything from start, which grow_heap returned, to the end of the
 * heap. */
void shrink_heap(uint8_t *start);

/* ---- printing, on standard output ---- */

/* One line or part of one, by a single write where the kernel allows it. Knows
 * %s, %u, %x and %%; what goes beyond 255 characters is cut off. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "ENOMEM" for -12; "an error" for one that has no name here. */
const char *error_name(int32_t error);

/* Prints "what: error" and exits with status 1. */
noreturn void fail(const char *what, int32_t error);

/* ---- arguments ---- */

/* Decimal, or hexadecimal after 0x. False where text is anything else or needs
 * over 32 bits. */
bool parse_number(const char *text, uint32_t *number);

/* argv[index] as a number, or fallback where there are fewer arguments. Exits
 * with status 2 where it is no number. */
uint32_t number_argument(int argc, char **argv, int index, uint32_t fallback);

/* Whether argv[index] exists and is word. */
bool word_argument(int argc, char **argv, int index, const char *word);

/* ---- children ---- */

/* Forks; exits with status 1 where that fails. */
int32_t fork_or_fail(void);

/* Makes a pipe; exits with status 1 where that fails. */
void pipe_or_fail(int fds[2]);

/* Waits for one child to end and returns its wait status. */
int wait_for(int32_t pid);

/* The signal that ended the process, 0 if it exited. */
uint32_t status_signal(int status);

/* What it passed to exit; for a process that no signal ended. */
uint32_t status_code(int status);

/* Whether it exited with status 0. */
bool succeeded(int status);

/* Prints "who killed by signal N" or "who exited with status N". */
void print_end(const char *who, int status);

#endif
