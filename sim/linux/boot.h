/* boot.h: from a machine with nothing in memory to ring 3. */
#ifndef MMU386_BOOT_H
#define MMU386_BOOT_H

struct kernel;

/* Builds the kernel part that every address space shares, in guest memory: the
 * system page, the window of the LDT, and the tables for the kernel stacks.
 * Then enters ring 3. NULL or why not (static text). */
const char *boot(struct kernel *kernel);

#endif
