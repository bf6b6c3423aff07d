/* guest.c: see guest.h. */
#include "guest.h"

#include <stdarg.h>

#define LINE_BYTES 256u

static uint32_t word_of(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static int32_t syscall3(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
    return syscall6(number, a, b, c, 0, 0, 0);
}

void sys_exit(int status)
{
    for (;;)
        syscall3(SYS_EXIT, (uint32_t)status, 0, 0);
}

int32_t sys_fork(void)
{
    return syscall3(SYS_FORK, 0, 0, 0);
}

int32_t sys_read(int fd, void *buffer, uint32_t bytes)
{
    return syscall3(SYS_READ, (uint32_t)fd, word_of(buffer), bytes);
}

int32_t sys_write(int fd, const void *buffer, uint32_t bytes)
{
    return syscall3(SYS_WRITE, (uint32_t)fd, word_of(buffer), bytes);
}

int32_t sys_close(int fd)
{
    return syscall3(SYS_CLOSE, (uint32_t)fd, 0, 0);
}

int32_t sys_waitpid(int32_t pid, int *status, int options)
{
    return syscall3(SYS_WAITPID, (uint32_t)pid, word_of(status),
                    (uint32_t)options);
}

int32_t sys_execve(const char *path, char *const argv[], char *const envp[])
{
    return syscall3(SYS_EXECVE, word_of(path), word_of(argv), word_of(envp));
}

int32_t sys_getpid(void)
{
    return syscall3(SYS_GETPID, 0, 0, 0);
}

int32_t sys_kill(int32_t pid, int signal)
{
    return syscall3(SYS_KILL, (uint32_t)pid, (uint32_t)signal, 0);
}

int32_t sys_pipe(int fds[2])
{
    return syscall3(SYS_PIPE, word_of(fds), 0, 0);
}

int32_t sys_munmap(void *start, uint32_t bytes)
{
    return syscall3(SYS_MUNMAP, word_of(start), bytes, 0);
}

int32_t sys_mprotect(void *start, uint32_t bytes, int protection)
{
    return syscall3(SYS_MPROTECT, word_of(start), bytes, (uint32_t)protection);
}

int32_t sys_sched_yield(void)
{
    return syscall3(SYS_SCHED_YIELD, 0, 0, 0);
}

uint32_t sys_brk(uint32_t end)
{
    return (uint32_t)syscall3(SYS_BRK, end, 0, 0);
}

uint32_t sys_mmap_anonymous(uint32_t bytes)
{
    const uint32_t map_private = 0x02, map_anonymous = 0x20,
                   no_file = UINT32_MAX;
    return (uint32_t)syscall6(SYS_MMAP2, 0, bytes, PROT_READ | PROT_WRITE,
                              map_private | map_anonymous, no_file, 0);
}

bool is_error(uint32_t result)
{
    return result > UINT32_MAX - 4095u;
}

uint8_t *grow_heap(uint32_t pages)
{
    uint32_t end = sys_brk(0);
    if (end > UINT32_MAX - (PAGE_BYTES - 1))
        return NULL;
    uint32_t start = (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    if (pages > (UINT32_MAX - start) / PAGE_BYTES)
        return NULL;
    uint32_t wanted = start + pages * PAGE_BYTES;
    return sys_brk(wanted) == wanted ? (uint8_t *)(uintptr_t)start : NULL;
}

void shrink_heap(uint8_t *start)
{
    sys_brk(word_of(start));
}

/* A line being put together. */
struct line {
    char text[LINE_BYTES];
    uint32_t length;
};

static void add_char(struct line *line, char c)
{
    if (line->length < LINE_BYTES - 1)
        line->text[line->length++] = c;
}

static void add_string(struct line *line, const char *text)
{
    while (*text != '\0')
        add_char(line, *text++);
}

static void add_number(struct line *line, uint32_t number, uint32_t base)
{
    char digits[10]; /* 4294967295 */
    uint32_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count > 0)
        add_char(line, digits[--count]);
}

static void write_all(const char *text, uint32_t bytes)
{
    while (bytes > 0) {
        int32_t written = sys_write(1, text, bytes);
        if (written <= 0)
            return;
        text += written;
        bytes -= (uint32_t)written;
    }
}

void print(const char *format, ...)
{
    struct line line;
    va_list arguments;

    line.length = 0;
    va_start(arguments, format);
    for (; *format != '\0'; format++) {
        if (*format != '%' || format[1] == '\0') {
            add_char(&line, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            add_string(&line, va_arg(arguments, const char *));
            break;
        case 'u':
            add_number(&line, va_arg(arguments, uint32_t), 10);
            break;
        case 'x':
            add_number(&line, va_arg(arguments, uint32_t), 16);
            break;
        default:
            add_char(&line, *format);
        }
    }
    va_end(arguments);
    write_all(line.text, line.length);
}

const char *error_name(int32_t error)
{
    switch (-error) {
    case GUEST_EAGAIN:
        return "EAGAIN";
    case GUEST_ENOMEM:
        return "ENOMEM";
    case GUEST_EFAULT:
        return "EFAULT";
    case GUEST_EINVAL:
        return "EINVAL";
    default:
        return "an error";
    }
}

void fail(const char *what, int32_t error)
{
    print("%s: %s\n", what, error_name(error));
    sys_exit(1);
}

static bool parse_digit(char c, uint32_t base, uint32_t *digit)
{
    if (c >= '0' && c <= '9')
        *digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *digit = (uint32_t)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
        *digit = (uint32_t)(c - 'A') + 10;
    else
        return false;
    return *digit < base;
}

bool parse_number(const char *text, uint32_t *number)
{
    uint32_t base = 10, value = 0, digit;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!parse_digit(*text, base, &digit) ||
            value > (UINT32_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *number = value;
    return true;
}

uint32_t number_argument(int argc, char **argv, int index, uint32_t fallback)
{
    uint32_t number;
    if (index >= argc)
        return fallback;
    if (!parse_number(argv[index], &number)) {
        print("%s: not a number\n", argv[index]);
        sys_exit(2);
    }
    return number;
}

bool word_argument(int argc, char **argv, int index, const char *word)
{
    if (index >= argc)
        return false;
    const char *text = argv[index];
    while (*text != '\0' && *text == *word) {
        text++;
        word++;
    }
    return *text == *word;
}

int32_t fork_or_fail(void)
{
    int32_t pid = sys_fork();
    if (pid < 0)
        fail("fork", pid);
    return pid;
}

void pipe_or_fail(int fds[2])
{
    int32_t error = sys_pipe(fds);
    if (error < 0)
        fail("pipe", error);
}

int wait_for(int32_t pid)
{
    int status = 0;
    int32_t waited = sys_waitpid(pid, &status, 0);
    if (waited != pid)
        fail("waitpid", waited);
    return status;
}

uint32_t status_signal(int status)
{
    return (uint32_t)status & 0x7f;
}

uint32_t status_code(int status)
{
    return ((uint32_t)status >> 8) & 0xff;
}

bool succeeded(int status)
{
    return status_signal(status) == 0 && status_code(status) == 0;
}

void print_end(const char *who, int status)
{
    if (status_signal(status) != 0)
        print("%s killed by signal %u\n", who, status_signal(status));
    else
        print("%s exited with status %u\n", who, status_code(status));
}
