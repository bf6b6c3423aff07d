/* format.h: the forms that results are written in. */
#ifndef MMU386_FORMAT_H
#define MMU386_FORMAT_H

enum format {
    FORMAT_TABLE,
    FORMAT_JSON,
    FORMAT_CSV,
};

#endif
