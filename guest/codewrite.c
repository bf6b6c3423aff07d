/*
 * codewrite [self]: a write to a program's own code.
 *
 * Prints:
 *      child killed by signal 11
 *      parent's code: unchanged
 * and with self dies by signal 11 itself after that.
 *
 * Why: after a fork a page that is read-only because it is code and a page that
 * is read-only because it is shared look the same to the MMU. A kernel that
 * takes the one for the other grants the child a private, writable copy of its
 * code.
 */
#include "guest.h"

#define ANSWER 42

int victim(void);

__attribute__((noinline)) int victim(void)
{
    __asm__ volatile("");
    return ANSWER;
}

static void write_code(void)
{
    volatile uint8_t *volatile code = (uint8_t *)(uintptr_t)victim;
    code[0] ^= 0xff;
}

int main(int argc, char **argv)
{
    const volatile uint8_t *code = (const uint8_t *)(uintptr_t)victim;
    uint8_t before = code[0];

    int32_t pid = fork_or_fail();
    if (pid == 0) {
        write_code();
        sys_exit(0);
    }
    int status = wait_for(pid);
    print_end("child", status);
    bool unchanged = code[0] == before && victim() == ANSWER;
    print("parent's code: %s\n", unchanged ? "unchanged" : "CHANGED");

    if (word_argument(argc, argv, 1, "self")) {
        write_code();
        print("codewrite: write to code GRANTED\n");
        return 1;
    }
    return unchanged && status_signal(status) == SIGNAL_SEGV ? 0 : 1;
}
