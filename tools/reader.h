/* reader.h: as whom a guest's files are read. Root may read everything: under
 * --root it reads as nobody. */
#ifndef MMU386_READER_H
#define MMU386_READER_H

#include <stdbool.h>

/* From now on this thread opens files as nobody, where the process is root's.
 * False where that cannot be, which was told. What is written is open already,
 * or is after reader_end. */
bool reader_begin(void);

/* As before. */
void reader_end(void);

#endif
