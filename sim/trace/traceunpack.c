/* traceunpack.c: gzip files by zlib (RFC 1952), zstd files by libzstd (RFC
 * 8878). Both may consist of several parts one behind the other. */
#include "trace/traceunpack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* The window that zstd may ask for: 32 MiB, which levels up to 19 stay far
 * below. */
#define WINDOW_LOG_MAX 25

static size_t failed(struct trace_bytes *bytes, const char *why, bool cut)
{
    bytes->ended = true;
    bytes->cut = cut;
    bytes->why = why;
    return 0;
}

/* The end of what is packed: where a part has begun, too early. */
static size_t packed_end(struct trace_bytes *bytes,
                         const struct trace_bytes *packed, bool within_part)
{
    if (packed->why != NULL)
        return failed(bytes, packed->why, packed->cut);
    bytes->ended = true;
    if (within_part)
        return failed(bytes, "what is compressed was cut short", true);
    return 0;
}

/* ---- gzip ---- */

struct gunzip {
    struct trace_bytes *packed;
    z_stream stream;
    bool within_part;
};

/* Unpacks some; false where it cannot be unpacked. */
static bool gunzip_some(struct gunzip *gunzip, size_t held)
{
    struct trace_bytes *packed = gunzip->packed;
    int result;

    gunzip->stream.next_in = packed->held + packed->at;
    gunzip->stream.avail_in = (uInt)held;
    gunzip->within_part = true;
    result = inflate(&gunzip->stream, Z_NO_FLUSH);
    trace_bytes_skip(packed, held - gunzip->stream.avail_in);
    if (result == Z_STREAM_END) {
        gunzip->within_part = false;
        return inflateReset(&gunzip->stream) == Z_OK;
    }
    return result == Z_OK || result == Z_BUF_ERROR;
}

static size_t fill_from_gzip(struct trace_bytes *bytes, uint8_t *to,
                             size_t room)
{
    struct gunzip *gunzip = bytes->state;

    gunzip->stream.next_out = to;
    gunzip->stream.avail_out = (uInt)room;
    while (gunzip->stream.avail_out == room) {
        size_t held = trace_bytes_hold(gunzip->packed, 1);

        if (held == 0)
            return packed_end(bytes, gunzip->packed, gunzip->within_part);
        if (!gunzip_some(gunzip, held))
            return failed(bytes, "no gzip data", false);
    }
    return room - gunzip->stream.avail_out;
}

static void close_gzip(struct trace_bytes *bytes)
{
    struct gunzip *gunzip = bytes->state;

    (void)inflateEnd(&gunzip->stream);
    trace_bytes_close(gunzip->packed);
    free(gunzip);
}

static struct trace_bytes *unpack_gzip(struct trace_bytes *packed)
{
    struct gunzip *gunzip = calloc(1, sizeof(*gunzip));
    struct trace_bytes *bytes = NULL;

    if (gunzip == NULL)
        return NULL;
    gunzip->packed = packed;
    if (inflateInit2(&gunzip->stream, 15 + 16) == Z_OK) {
        bytes = trace_bytes_new(fill_from_gzip, close_gzip, gunzip);
        if (bytes == NULL)
            (void)inflateEnd(&gunzip->stream);
    }
    if (bytes == NULL)
        free(gunzip);
    return bytes;
}

/* ---- zstd ---- */

struct unzstd {
    struct trace_bytes *packed;
    ZSTD_DCtx *context;
    bool within_part;
};

static size_t fill_from_zstd(struct trace_bytes *bytes, uint8_t *to,
                             size_t room)
{
    struct unzstd *unzstd = bytes->state;
    struct trace_bytes *packed = unzstd->packed;
    ZSTD_outBuffer out = {.dst = to, .size = room};

    while (out.pos == 0) {
        size_t held = trace_bytes_hold(packed, 1);
        ZSTD_inBuffer in = {.src = packed->held + packed->at, .size = held};
        size_t result;

        if (held == 0 && !unzstd->within_part)
            return packed_end(bytes, packed, false);
        result = ZSTD_decompressStream(unzstd->context, &out, &in);
        if (ZSTD_isError(result))
            return failed(bytes, "no zstd data, or data of too large a window",
                          false);
        trace_bytes_skip(packed, in.pos);
        unzstd->within_part = result != 0;
        if (held == 0 && out.pos == 0)
            return packed_end(bytes, packed, unzstd->within_part);
    }
    return out.pos;
}

static void close_zstd(struct trace_bytes *bytes)
{
    struct unzstd *unzstd = bytes->state;

    ZSTD_freeDCtx(unzstd->context);
    trace_bytes_close(unzstd->packed);
    free(unzstd);
}

static struct trace_bytes *unpack_zstd(struct trace_bytes *packed)
{
    struct unzstd *unzstd = calloc(1, sizeof(*unzstd));
    struct trace_bytes *bytes = NULL;

    if (unzstd == NULL)
        return NULL;
    unzstd->packed = packed;
    unzstd->context = ZSTD_createDCtx();
    if (unzstd->context != NULL &&
        !ZSTD_isError(ZSTD_DCtx_setParameter(
            unzstd->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        bytes = trace_bytes_new(fill_from_zstd, close_zstd, unzstd);
    if (bytes == NULL) {
        ZSTD_freeDCtx(unzstd->context);
        free(unzstd);
    }
    return bytes;
}

struct trace_bytes *trace_bytes_unpack(struct trace_bytes *packed)
{
    static const uint8_t gzip[] = {0x1F, 0x8B};
    static const uint8_t zstd[] = {0x28, 0xB5, 0x2F, 0xFD};
    size_t held = trace_bytes_hold(packed, sizeof(zstd));
    const uint8_t *start = packed->held + packed->at;

    if (held >= sizeof(gzip) && memcmp(start, gzip, sizeof(gzip)) == 0)
        return unpack_gzip(packed);
    if (held >= sizeof(zstd) && memcmp(start, zstd, sizeof(zstd)) == 0)
        return unpack_zstd(packed);
    return packed;
}
