/* code.c: see code.h. */
#include "faults/code.h"

#include <string.h>

#include "paging.h"

#define LOOK_BACK 64u /* bytes, where there is no symbol to start from */

struct code {
    struct decoder *decoder;
    const uint8_t *bytes; /* of one page */
    uint32_t base;
};

static uint32_t length_at(const struct code *code, uint32_t offset)
{
    return decode_length(code->bytes + offset, MMU_PAGE_SIZE - offset);
}

/* Decodes from `from` on. True where it leads to `to`: starts[] are then the
 * last instructions before it, of which there are *count. */
static bool leads_to(const struct code *code, uint32_t from, uint32_t to,
                     uint32_t starts[CODE_BEFORE], unsigned *count)
{
    uint32_t at = from;

    *count = 0;
    while (at < to) {
        uint32_t length = length_at(code, at);

        if (length == 0)
            return false;
        if (*count == CODE_BEFORE)
            memmove(starts, starts + 1, (CODE_BEFORE - 1) * sizeof(*starts));
        else
            (*count)++;
        starts[*count - 1] = at;
        at += length;
    }
    return at == to;
}

/* The instructions before the one at `offset`. */
static unsigned starts_before(const struct code *code, uint32_t symbol,
                              uint32_t offset, uint32_t starts[CODE_BEFORE])
{
    unsigned count;
    uint32_t first = offset > LOOK_BACK ? offset - LOOK_BACK : 0;

    if (symbol >= code->base &&
        leads_to(code, symbol - code->base, offset, starts, &count))
        return count;
    for (uint32_t from = first; from < offset; from++)
        if (leads_to(code, from, offset, starts, &count))
            return count;
    return 0;
}

/* Adds a line; the length of its instruction, or 0 where it is none. */
static uint32_t add_line(struct code_listing *listing, struct decoder *decoder,
                         const uint8_t *bytes, uint32_t byte_count,
                         uint32_t linear)
{
    struct code_line *line = &listing->lines[listing->count++];
    uint32_t length = decode_length(bytes, byte_count);

    line->linear = linear;
    line->byte_count = length <= INSN_MAX_BYTES ? length : INSN_MAX_BYTES;
    memcpy(line->bytes, bytes, line->byte_count);
    decode_text(decoder, bytes, byte_count, linear, line->text,
                sizeof(line->text));
    return length;
}

static void list_page(struct code_listing *listing, const struct code *code,
                      uint32_t symbol, uint32_t offset)
{
    uint32_t starts[CODE_BEFORE];
    unsigned before = starts_before(code, symbol, offset, starts);

    for (unsigned i = 0; i < before; i++)
        (void)add_line(listing, code->decoder, code->bytes + starts[i],
                       MMU_PAGE_SIZE - starts[i], code->base + starts[i]);
    listing->at = before;
    while (offset < MMU_PAGE_SIZE && listing->count < before + 1 + CODE_AFTER) {
        uint32_t length = add_line(listing, code->decoder, code->bytes + offset,
                                   MMU_PAGE_SIZE - offset, code->base + offset);

        if (length == 0)
            break;
        offset += length;
    }
    /* A neighbour that is cut off by the page's end is no help. */
    if (listing->count > before + 1 &&
        listing->lines[listing->count - 1].byte_count == 0)
        listing->count--;
}

/* The page of code that the log has of that address, in `page`. */
static bool read_page(struct faultlog *log, int64_t program, uint32_t linear,
                      uint8_t page[MMU_PAGE_SIZE])
{
    struct logstmt *rows = faultlog_prepare(
        log, "SELECT bytes FROM code WHERE program = ? AND page = ?");
    size_t bytes = 0;
    bool found = false;

    if (rows == NULL)
        return false;
    logstmt_bind_int(rows, 1, program);
    logstmt_bind_int(rows, 2, linear >> MMU_PAGE_SHIFT);
    if (faultlog_step(log, rows) && !logstmt_is_null(rows, 0)) {
        const void *code = logstmt_blob(rows, 0, &bytes);

        found = code != NULL && bytes == MMU_PAGE_SIZE;
        if (found)
            memcpy(page, code, MMU_PAGE_SIZE);
    }
    logstmt_free(rows);
    return found;
}

bool code_listing_make(struct inquiry *inquiry, const struct fault_row *row,
                       struct code_listing *listing)
{
    uint8_t page[MMU_PAGE_SIZE];
    uint32_t eip = (uint32_t)row->eip;
    uint32_t offset = eip & ~MMU_PAGE_MASK;
    uint32_t into_symbol = 0;
    int64_t program =
        lineage_program(&inquiry->lineage, row->pid, row->sequence);
    struct code code = {.bytes = page, .base = eip & MMU_PAGE_MASK};

    *listing = (struct code_listing){0};
    if (row->eip == LOG_NONE || row->insn_bytes == 0)
        return !inquiry->log.failed;
    code.decoder = decoder_new();
    if (code.decoder == NULL) {
        faultlog_no_memory(&inquiry->log);
        return false;
    }

    const char *symbol =
        lognames_symbol(&inquiry->names, program, eip, &into_symbol);

    /* Code that was written since the page was recorded is not what ran. */
    if (read_page(&inquiry->log, program, eip, page) &&
        MMU_PAGE_SIZE - offset >= row->insn_bytes &&
        memcmp(page + offset, row->insn, row->insn_bytes) == 0)
        list_page(listing, &code, symbol != NULL ? eip - into_symbol : 0,
                  offset);
    else
        (void)add_line(listing, code.decoder, row->insn, row->insn_bytes, eip);
    decoder_free(code.decoder);
    return !inquiry->log.failed;
}
