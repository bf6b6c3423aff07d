/* version.h: which libmmu386 this is. The build takes the project's version
 * from here. While the first number is 0, the second changes with every change
 * that is not compatible. */
#ifndef MMU386_VERSION_H
#define MMU386_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define MMU_VERSION_MAJOR 0
#define MMU_VERSION_MINOR 1
#define MMU_VERSION_PATCH 0

/* The version of the library that the program runs with: "0.1.0". */
const char *mmu_version(void);

#ifdef __cplusplus
}
#endif

#endif
