/* segments ud2|null|16: dies in a code segment of its own, which does not begin
 * at 0. */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned char ud2[] = {0x90, 0x0f, 0x0b};
static const unsigned char null[] = {0x90, 0xc7, 0x05, 0x10, 0, 0,
                                     0,    1,    0,    0,    0};

int main(int argc, char **argv)
{
    struct {
        unsigned entry, base, limit, flags;
    } segment = {0, 0, 0xfff, 0x4 | 0x1}; /* code, of 32 bits */
    const struct {
        unsigned offset;
        unsigned short selector;
    } __attribute__((packed)) there = {0x100, 0x7};
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (argc < 2 || page == MAP_FAILED)
        return 2;
    if (strcmp(argv[1], "16") == 0)
        segment.flags = 0x4;
    if (strcmp(argv[1], "null") == 0)
        memcpy(page + 0x100, null, sizeof null);
    else
        memcpy(page + 0x100, ud2, sizeof ud2);
    segment.base = (unsigned)page;
    if (syscall(SYS_modify_ldt, 1, &segment, sizeof segment) != 0)
        return 3;
    __asm__ volatile("ljmp *%0" : : "m"(there));
    return 4;
}
