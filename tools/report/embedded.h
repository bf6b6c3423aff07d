/* embedded.h: the page's scripts and styles, which embed.cmake makes arrays of:
 * CMakeLists.txt lists the files. */
#ifndef MMU386_REPORT_EMBEDDED_H
#define MMU386_REPORT_EMBEDDED_H

#include <stddef.h>

extern const unsigned char report_script[];
extern const size_t report_script_bytes;
extern const unsigned char report_style[];
extern const size_t report_style_bytes;

#endif
