/* answers.h: what the kernel answers those who listen to its machine and ask
 * about its processes. */
#ifndef MMU386_ANSWERS_H
#define MMU386_ANSWERS_H

#include "machine/subjects.h"

struct kernel;

/* To be asked as long as the kernel is there. */
struct subjects kernel_subjects(struct kernel *kernel);

#endif
