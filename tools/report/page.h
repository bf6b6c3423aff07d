/* page.h: the HTML document of `report`. It fetches nothing: all is in it. What
 * it draws it draws itself (page.js), of the data in it. */
#ifndef MMU386_REPORT_PAGE_H
#define MMU386_REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/data.h"

/* Writes it, of `count` logs (at least 1) that have the same span and of their
 * data, which it takes over, to `html`, whose errors are for the caller to
 * find. False, having told why, where memory is short. */
bool picture_page(const struct picture_log *logs, uint32_t count, json_t *data,
                  FILE *html);

#endif
