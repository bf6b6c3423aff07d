/* sourcetext.h: what a line of a source file says, where that file can be read
 * on this host: as it is now, whatever the program was made of. */
#ifndef MMU386_FAULTS_SOURCETEXT_H
#define MMU386_FAULTS_SOURCETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_FILE_BYTES_MAX 0x1000000 /* 16 MiB */

/* Reads line `number`, from 1, of the file at `path`, without the blanks around
 * it, of which none but printable characters are left; what does not fit in
 * `text` is cut off. False where there is no such line, or nothing but blanks,
 * the path is not absolute, or the file is none, not readable or too long. */
bool source_text_read(const char *path, int64_t number, char *text,
                      size_t text_bytes);

#endif
