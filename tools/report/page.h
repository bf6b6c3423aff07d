/* page.h: the HTML document of `report`. It fetches nothing: all is in it. */
#ifndef MMU386_REPORT_PAGE_H
#define MMU386_REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/log.h"

/* Writes it, of `count` logs (at least 1) that have the same span, to `html`,
 * whose errors are for the caller to find. False, having told why, where a
 * chart cannot be drawn. */
bool picture_page(const struct picture_log *logs, uint32_t count, FILE *html);

#endif
