/* plain.c: see plain.h. */
#include "plain.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of the character that begins at `text`, by the Unicode Standard's table
 * 3-7; 0 where none does. */
static size_t character_bytes(const unsigned char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, bytes;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };

    if (text[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
            continue;
        if (text[1] < forms[i].second_low || text[1] > forms[i].second_high)
            return 0;
        for (size_t at = 2; at < forms[i].bytes; at++)
            if ((text[at] & 0xC0) != 0x80)
                return 0;
        return forms[i].bytes;
    }
    return 0;
}

/* Controls of ASCII and of Latin-1, and what turns the direction of writing or
 * breaks a line. */
static bool is_control(const unsigned char *text, size_t bytes)
{
    if (bytes == 1)
        return text[0] < ' ' || text[0] == 0x7F;
    if (bytes == 2)
        return text[0] == 0xC2 && text[1] < 0xA0;
    if (bytes == 3 && text[0] == 0xE2)
        return (text[1] == 0x80 && (text[2] >= 0xA8 && text[2] <= 0xAE)) ||
               (text[1] == 0x81 && (text[2] >= 0xA6 && text[2] <= 0xA9));
    return bytes == 3 && text[0] == 0xEF && text[1] == 0xBF && text[2] >= 0xBE;
}

char *plain_text(const char *text, char *plain, size_t plain_bytes)
{
    const unsigned char *from =
        (const unsigned char *)(text != NULL ? text : "");
    size_t at = 0;

    while (*from != '\0') {
        size_t bytes = character_bytes(from);
        bool good = bytes != 0 && !is_control(from, bytes);

        if (at + (good ? bytes : 1) >= plain_bytes)
            break;
        if (good)
            for (size_t i = 0; i < bytes; i++)
                plain[at++] = (char)from[i];
        else
            plain[at++] = '?';
        from += bytes != 0 ? bytes : 1;
    }
    plain[at] = '\0';
    return plain;
}

size_t plain_length(const char *plain)
{
    size_t length = 0;

    for (; *plain != '\0'; plain++)
        if (((unsigned char)*plain & 0xC0) != 0x80)
            length++;
    return length;
}
