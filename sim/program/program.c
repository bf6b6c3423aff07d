/* program.c: reads an ELF32 executable and refuses what cannot be run. */
#define _POSIX_C_SOURCE 200809L
#include "program/program.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/elfrecord.h"
#include "program/stranger.h"

/* As the MMU's, of which a program file knows nothing. */
#define PAGE_BYTES 4096u

/* As Linux: the table of program headers may have 64 KiB. */
#define HEADERS_MAX (65536u / sizeof(Elf32_Phdr))

/* Where to say why a file is refused. */
struct refusal {
    int *number;
    char *phrase;
    size_t phrase_bytes;
};

/* One file on its way to be a program. */
struct loader {
    struct program *program;
    struct elf_file file;
    Elf32_Ehdr header;
    uint32_t user_top;
    struct refusal refusal;
};

/* Always false, for the caller to return. */
__attribute__((format(printf, 3, 4))) static bool
refuse(const struct refusal *refusal, int number, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(refusal->phrase, refusal->phrase_bytes, format, arguments);
    va_end(arguments);
    *refusal->number = number;
    return false;
}

static uint32_t page_of(uint32_t linear)
{
    return linear & ~(PAGE_BYTES - 1);
}

static uint64_t page_end(uint64_t linear)
{
    return (linear + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

/* Linear address after the segment's last byte of the file. */
static uint64_t file_end(const struct segment *segment)
{
    return (uint64_t)segment->linear + segment->file_bytes;
}

static uint64_t memory_end(const struct segment *segment)
{
    return (uint64_t)segment->linear + segment->memory_bytes;
}

static bool check_kind_of_file(const struct refusal *refusal,
                               const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        return refuse(refusal, EISDIR, "is a directory");
    if (!S_ISREG(status->st_mode))
        return refuse(refusal, EACCES, "is not a regular file");
    if (status->st_size <= 0)
        return refuse(refusal, ENOEXEC, "is empty");
    if (status->st_size > (off_t)PROGRAM_FILE_BYTES_MAX)
        return refuse(refusal, ENOEXEC, "is larger than %u MiB",
                      PROGRAM_FILE_BYTES_MAX >> 20);
    return true;
}

/* Reads up to `bytes` bytes, fewer if the file has become shorter. Returns how
 * many, or -1. */
static ssize_t read_all(int fd, uint8_t *to, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t got = pread(fd, to + done, bytes - done, (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static bool copy_file(struct loader *loader, int fd)
{
    struct program *program = loader->program;
    struct stat status;
    ssize_t got;

    if (fstat(fd, &status) != 0)
        return refuse(&loader->refusal, EIO, "cannot be read (%s)",
                      strerror(errno));
    if (!check_kind_of_file(&loader->refusal, &status))
        return false;

    program->file = malloc((size_t)status.st_size);
    if (program->file == NULL)
        return refuse(&loader->refusal, ENOMEM, "does not fit in memory");

    got = read_all(fd, program->file, (size_t)status.st_size);
    if (got < 0 && errno == EBADF)
        return refuse(&loader->refusal, EACCES, "is not open for reading");
    if (got < 0)
        return refuse(&loader->refusal, EIO, "cannot be read (%s)",
                      strerror(errno));
    if (got == 0)
        return refuse(&loader->refusal, ENOEXEC, "is empty");

    program->file_bytes = (size_t)got;
    loader->file =
        (struct elf_file){.bytes = program->file, .size = program->file_bytes};
    return true;
}

/* The sixteen bytes that tell how to read the others (ELF specification 1.2,
 * "ELF Identification"). */
static bool check_identification(const struct loader *loader)
{
    const struct refusal *refusal = &loader->refusal;
    const uint8_t *ident = loader->file.bytes;
    size_t size = loader->file.size;

    if (size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0) {
        char phrase[STRANGER_BYTES];
        stranger_describe(ident, size, phrase);
        return refuse(refusal, ENOEXEC, "%s", phrase);
    }
    if (size < EI_NIDENT)
        return refuse(refusal, ENOEXEC,
                      "is truncated (the ELF header ends at byte %zu of %zu)",
                      sizeof(Elf32_Ehdr), size);
    if (ident[EI_CLASS] == ELFCLASS64)
        return refuse(refusal, ENOEXEC,
                      "is a 64-bit program (" STRANGER_ADVICE ")");
    if (ident[EI_CLASS] != ELFCLASS32)
        return refuse(refusal, ENOEXEC, "is of an unknown ELF class (%u)",
                      ident[EI_CLASS]);
    if (ident[EI_DATA] == ELFDATA2MSB)
        return refuse(refusal, ENOEXEC, "is big-endian");
    if (ident[EI_DATA] != ELFDATA2LSB)
        return refuse(refusal, ENOEXEC, "is of an unknown byte order (%u)",
                      ident[EI_DATA]);
    return true;
}

static bool check_type(const struct loader *loader)
{
    const struct refusal *refusal = &loader->refusal;

    switch (loader->header.e_type) {
    case ET_EXEC:
    case ET_DYN:
        return true;
    case ET_REL:
        return refuse(
            refusal, ENOEXEC,
            "is an object file (it is to be linked: gcc -m32 -static)");
    case ET_CORE:
        return refuse(refusal, ENOEXEC, "is a core dump");
    default:
        return refuse(refusal, ENOEXEC, "is not an executable (ELF type %u)",
                      loader->header.e_type);
    }
}

static bool read_header(struct loader *loader)
{
    const struct refusal *refusal = &loader->refusal;
    Elf32_Ehdr *header = &loader->header;
    size_t size = loader->file.size;

    if (!check_identification(loader))
        return false;
    if (!elf_record(&loader->file, 0, ELF_T_EHDR, header, sizeof *header))
        return refuse(refusal, ENOEXEC,
                      "is truncated (the ELF header ends at byte %zu of %zu)",
                      sizeof *header, size);
    if (header->e_machine != EM_386)
        return refuse(refusal, ENOEXEC, "is not an i386 program%s",
                      stranger_machine(header->e_machine));
    if (!check_type(loader))
        return false;
    if (stranger_is_kernel(loader->file.bytes, size))
        return refuse(refusal, ENOEXEC,
                      "is a kernel (multiboot), not a program for Linux");
    if (header->e_phnum == 0)
        return refuse(refusal, ENOEXEC, "has no segments to load");
    if (header->e_phentsize != sizeof(Elf32_Phdr))
        return refuse(refusal, ENOEXEC,
                      "has program headers of %u bytes, not %zu",
                      header->e_phentsize, sizeof(Elf32_Phdr));
    if (header->e_phnum > HEADERS_MAX)
        return refuse(refusal, ENOEXEC, "has more than %zu program headers",
                      HEADERS_MAX);

    uint64_t end =
        (uint64_t)header->e_phoff + header->e_phnum * sizeof(Elf32_Phdr);

    if (end > size)
        return refuse(refusal, ENOEXEC,
                      "is truncated (its program headers end at byte %" PRIu64
                      " of %zu)",
                      end, size);
    return true;
}

/* Reads program header `index`. False past the last. */
static bool program_header(const struct loader *loader, uint32_t index,
                           Elf32_Phdr *header)
{
    return index < loader->header.e_phnum &&
           elf_record(&loader->file,
                      loader->header.e_phoff + (uint64_t)index * sizeof *header,
                      ELF_T_PHDR, header, sizeof *header);
}

/* Finds the first program header of that type. */
static bool find_header(const struct loader *loader, uint32_t type,
                        Elf32_Phdr *header)
{
    for (uint32_t i = 0; program_header(loader, i, header); i++) {
        if (header->p_type == type)
            return true;
    }
    return false;
}

/* True if the dynamic section names a library. */
static bool needs_library(const struct loader *loader)
{
    Elf32_Phdr dynamic;
    Elf32_Dyn entry;

    if (!find_header(loader, PT_DYNAMIC, &dynamic))
        return false;
    for (uint32_t i = 0; i < dynamic.p_filesz / sizeof entry; i++) {
        uint64_t offset = dynamic.p_offset + (uint64_t)i * sizeof entry;

        if (!elf_record(&loader->file, offset, ELF_T_DYN, &entry,
                        sizeof entry) ||
            entry.d_tag == DT_NULL)
            return false;
        if (entry.d_tag == DT_NEEDED)
            return true;
    }
    return false;
}

/* A position-independent program that needs nobody is one that relocates itself
 * (static-PIE). */
static bool check_static(struct loader *loader)
{
    Elf32_Phdr header;

    if (find_header(loader, PT_INTERP, &header))
        return refuse(&loader->refusal, ENOEXEC,
                      "is dynamically linked (" STRANGER_ADVICE ")");
    if (loader->header.e_type == ET_EXEC)
        return true;
    if (loader->header.e_entry == 0 || needs_library(loader))
        return refuse(&loader->refusal, ENOEXEC,
                      "is a shared object (" STRANGER_ADVICE ")");
    loader->program->bias = PROGRAM_PIE_BIAS;
    return true;
}

/* `number` is the segment's in messages. */
static bool check_segment(const struct loader *loader, const Elf32_Phdr *header,
                          unsigned number)
{
    const struct refusal *refusal = &loader->refusal;
    uint64_t linear = (uint64_t)header->p_vaddr + loader->program->bias;
    uint64_t end = linear + header->p_memsz;
    uint64_t file_range_end = (uint64_t)header->p_offset + header->p_filesz;

    if (end > UINT64_C(0x100000000))
        return refuse(refusal, ENOEXEC,
                      "segment %u wraps around the address space", number);
    if (page_end(end) > loader->user_top)
        return refuse(refusal, ENOEXEC,
                      "segment %u ends at 0x%08" PRIx64
                      ", above user memory's end at 0x%08" PRIx32,
                      number, end, loader->user_top);
    if (linear < PAGE_BYTES)
        return refuse(refusal, ENOEXEC, "segment %u is in page 0", number);
    if (header->p_filesz > header->p_memsz)
        return refuse(refusal, ENOEXEC,
                      "segment %u is larger in the file than in memory",
                      number);
    if (header->p_filesz == 0)
        return true;
    if (file_range_end > loader->file.size)
        return refuse(refusal, ENOEXEC,
                      "is truncated (segment %u ends at byte %" PRIu64
                      " of %zu)",
                      number, file_range_end, loader->file.size);
    if ((header->p_vaddr - header->p_offset) % PAGE_BYTES != 0)
        return refuse(refusal, ENOEXEC,
                      "segment %u is at another offset of its page in the file "
                      "than in memory",
                      number);
    return true;
}

/* Checks the segment that was added last against those before it. */
static bool check_overlap(const struct loader *loader)
{
    const struct program *program = loader->program;
    uint32_t last = program->segment_count - 1;
    const struct segment *new = &program->segments[last];

    for (uint32_t i = 0; i < last; i++) {
        const struct segment *old = &program->segments[i];

        if (new->linear < memory_end(old) && old->linear < memory_end(new))
            return refuse(&loader->refusal, ENOEXEC,
                          "segments %u and %u overlap", i + 1, last + 1);
        if (page_of(new->linear) < page_end(memory_end(old)) &&
            page_of(old->linear) < page_end(memory_end(new)))
            return refuse(&loader->refusal, ENOEXEC,
                          "segments %u and %u share a page", i + 1, last + 1);
    }
    return true;
}

static int segment_compare(const void *left, const void *right)
{
    const struct segment *a = left;
    const struct segment *b = right;

    return (a->linear > b->linear) - (a->linear < b->linear);
}

static bool read_segments(struct loader *loader)
{
    struct program *program = loader->program;
    Elf32_Phdr header;

    program->segments = calloc(PROGRAM_SEGMENTS_MAX, sizeof *program->segments);
    if (program->segments == NULL)
        return refuse(&loader->refusal, ENOMEM, "does not fit in memory");

    for (uint32_t i = 0; program_header(loader, i, &header); i++) {
        if (header.p_type != PT_LOAD ||
            (header.p_memsz == 0 && header.p_filesz == 0))
            continue;
        if (program->segment_count == PROGRAM_SEGMENTS_MAX)
            return refuse(&loader->refusal, ENOEXEC,
                          "has more than %u segments", PROGRAM_SEGMENTS_MAX);
        if (!check_segment(loader, &header, program->segment_count + 1))
            return false;

        program->segments[program->segment_count++] = (struct segment){
            .linear = header.p_vaddr + program->bias,
            .memory_bytes = header.p_memsz,
            .file_offset = header.p_offset,
            .file_bytes = header.p_filesz,
            .readable = header.p_flags & PF_R,
            .writable = header.p_flags & PF_W,
            .executable = header.p_flags & PF_X,
        };
        if (!check_overlap(loader))
            return false;
    }
    if (program->segment_count == 0)
        return refuse(&loader->refusal, ENOEXEC, "has no segments to load");

    qsort(program->segments, program->segment_count, sizeof *program->segments,
          segment_compare);
    program->brk_start = (uint32_t)page_end(
        memory_end(&program->segments[program->segment_count - 1]));
    return true;
}

static bool read_entry(struct loader *loader)
{
    struct program *program = loader->program;
    uint64_t entry = (uint64_t)loader->header.e_entry + program->bias;

    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];

        if (segment->executable && entry >= segment->linear &&
            entry < memory_end(segment)) {
            program->entry = (uint32_t)entry;
            return true;
        }
    }
    return refuse(
        &loader->refusal, ENOEXEC,
        "has its entry point 0x%08" PRIx64 " in no executable segment", entry);
}

/* Where the program finds its own program headers: where PT_PHDR says, if that
 * is in a segment, else where a segment holds them. */
static void read_headers_place(struct loader *loader)
{
    struct program *program = loader->program;
    uint64_t offset = loader->header.e_phoff;
    uint64_t bytes = loader->header.e_phnum * sizeof(Elf32_Phdr);
    Elf32_Phdr header;
    bool told = find_header(loader, PT_PHDR, &header);
    uint64_t linear = told ? (uint64_t)header.p_vaddr + program->bias : 0;

    program->phdr_count = loader->header.e_phnum;
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];

        if (told && linear >= segment->linear &&
            linear + bytes <= memory_end(segment)) {
            program->phdr_linear = (uint32_t)linear;
            return;
        }
        if (program->phdr_linear == 0 && offset >= segment->file_offset &&
            offset + bytes <=
                (uint64_t)segment->file_offset + segment->file_bytes)
            program->phdr_linear =
                (uint32_t)(segment->linear + (offset - segment->file_offset));
    }
}

static void read_stack_rights(struct loader *loader)
{
    Elf32_Phdr header;

    loader->program->executable_stack =
        !find_header(loader, PT_GNU_STACK, &header) ||
        (header.p_flags & PF_X) != 0;
}

static bool load(struct loader *loader, int fd, const char *name)
{
    struct program *program = loader->program;

    program->name = strdup(name);
    if (program->name == NULL || elf_version(EV_CURRENT) == EV_NONE)
        return refuse(&loader->refusal, ENOMEM, "does not fit in memory");
    if (!copy_file(loader, fd) || !read_header(loader) ||
        !check_static(loader) || !read_segments(loader) || !read_entry(loader))
        return false;

    read_headers_place(loader);
    read_stack_rights(loader);
    if (symbols_read(&program->symbols, program->file, program->file_bytes,
                     program->bias) != 0)
        return refuse(&loader->refusal, ENOMEM, "does not fit in memory");
    return true;
}

struct program *program_open(int fd, const char *name, uint32_t user_top,
                             int *error_number, char *error, size_t error_bytes)
{
    struct loader loader = {
        .user_top = user_top,
        .refusal = {.number = error_number,
                    .phrase = error,
                    .phrase_bytes = error_bytes},
    };

    *error_number = 0;
    if (error_bytes > 0)
        error[0] = '\0';
    loader.program = calloc(1, sizeof *loader.program);
    if (loader.program == NULL) {
        refuse(&loader.refusal, ENOMEM, "does not fit in memory");
        return NULL;
    }
    loader.program->references = 1;
    if (!load(&loader, fd, name)) {
        program_put(loader.program);
        return NULL;
    }
    return loader.program;
}

struct program *program_get(struct program *program)
{
    program->references++;
    return program;
}

void program_put(struct program *program)
{
    if (program == NULL || --program->references > 0)
        return;
    symbols_free(&program->symbols);
    lines_free(&program->lines);
    free(program->segments);
    free(program->file);
    free(program->name);
    free(program->path);
    free(program);
}

const struct segment *program_segment(const struct program *program,
                                      uint32_t page_linear)
{
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];

        if (page_linear >= page_of(segment->linear) &&
            page_linear < memory_end(segment))
            return segment;
    }
    return NULL;
}

bool program_line(struct program *program, uint32_t linear,
                  struct source_line *source)
{
    if (!program->has_lines && program->file != NULL) {
        lines_read(&program->lines, program->file, program->file_bytes,
                   program->bias);
        program->has_lines = true;
    }
    return lines_find(&program->lines, linear, source);
}

bool segment_page_is_file(const struct segment *segment, uint32_t page_linear)
{
    return segment->file_bytes > 0 && page_linear >= page_of(segment->linear) &&
           page_linear < file_end(segment);
}

void program_page(const struct program *program, const struct segment *segment,
                  uint32_t page_linear, uint8_t *to)
{
    memset(to, 0, PAGE_BYTES);
    if (program->file == NULL || !segment_page_is_file(segment, page_linear))
        return;

    uint32_t offset = page_of(segment->file_offset) +
                      (page_linear - page_of(segment->linear));
    size_t bytes = program->file_bytes - offset;

    if (segment->memory_bytes > segment->file_bytes &&
        bytes > file_end(segment) - page_linear)
        bytes = file_end(segment) - page_linear;
    memcpy(to, program->file + offset, bytes < PAGE_BYTES ? bytes : PAGE_BYTES);
}
