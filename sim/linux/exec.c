/* exec.c: see exec.h. */
#include "linux/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/descriptors.h"
#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/path.h"
#include "linux/process.h"
#include "linux/state.h"
#include "linux/systempage.h"
#include "linux/tree.h"
#include "program/program.h"

#define SCRIPT_LINE_BYTES 256u

/* ---- strings ---- */

int exec_strings_add(struct exec_strings *strings, const char *text)
{
    uint32_t bytes = (uint32_t)strnlen(text, EXEC_STRING_BYTES) + 1;
    if (bytes > EXEC_STRING_BYTES ||
        bytes > EXEC_STRINGS_BYTES - strings->bytes)
        return -E2BIG;
    if (strings->bytes + bytes > strings->capacity) {
        uint32_t capacity = (strings->bytes + bytes) * 2;
        char *grown = realloc(strings->text, capacity);
        if (grown == NULL)
            return -ENOMEM;
        strings->text = grown;
        strings->capacity = capacity;
    }
    memcpy(strings->text + strings->bytes, text, bytes);
    strings->bytes += bytes;
    strings->count++;
    return 0;
}

void exec_arguments_free(struct exec_arguments *arguments)
{
    free(arguments->argv.text);
    free(arguments->envp.text);
    *arguments = (struct exec_arguments){0};
}

/* ---- the programs that the machine keeps ---- */

struct program_list {
    struct program_list *next;
    struct program *program;
    char *path; /* where guests see it, absolute */
};

/* FNV-1a. */
static uint64_t hash_file(const struct program *program)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < program->file_bytes; i++)
        hash = (hash ^ program->file[i]) * 0x100000001B3u;
    return hash;
}

bool exec_is_file(const struct program *program, uint32_t bytes, uint64_t hash)
{
    return program->file_bytes == bytes && hash_file(program) == hash;
}

static void tell_program(struct kernel *kernel, const struct program *program)
{
    struct trace_segment segments[TRACE_SEGMENTS_MAX] = {0};
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        segments[i] = (struct trace_segment){
            .linear = segment->linear,
            .memory_bytes = segment->memory_bytes,
            .file_bytes = segment->file_bytes,
            .rights = (uint8_t)((segment->readable ? TRACE_READABLE : 0) |
                                (segment->writable ? TRACE_WRITABLE : 0) |
                                (segment->executable ? TRACE_EXECUTABLE : 0))};
    }
    action_tell(&kernel->machine.actions,
                &(struct trace_event){
                    .kind = TRACE_PROGRAM,
                    .program = {.id = (uint32_t)program->id,
                                .name = program->name,
                                .segment_count = program->segment_count,
                                .segments = segments}});
    action_tell(
        &kernel->machine.actions,
        &(struct trace_event){
            .kind = TRACE_FILE,
            .file = {.program = (uint32_t)program->id,
                     .path = program->id == 1 ? program->name : program->path,
                     .bytes = (uint32_t)program->file_bytes,
                     .hash = hash_file(program)}});
}

int exec_keep_also(struct kernel *kernel, struct program *program,
                   const char *base, const char *path)
{
    char whole[GUEST_PATH_MAX];
    if (path_join(whole, base, path) != 0)
        return -ENAMETOOLONG;
    path_normalise(whole);
    struct program_list *entry = calloc(1, sizeof *entry);
    if (entry != NULL)
        entry->path = strdup(whole);
    if (entry == NULL || entry->path == NULL) {
        budget_starve(&kernel->machine.budget);
        free(entry);
        return -ENOMEM;
    }
    entry->next = kernel->programs;
    entry->program = program_get(program);
    kernel->programs = entry;
    return 0;
}

int exec_keep(struct kernel *kernel, struct program *program, const char *base,
              const char *path)
{
    int error = exec_keep_also(kernel, program, base, path);
    if (error != 0)
        return error;
    free(program->path); /* an earlier machine's */
    program->path = strdup(kernel->programs->path);
    if (program->path == NULL) {
        budget_starve(&kernel->machine.budget);
        return -ENOMEM;
    }
    program->id = ++kernel->program_count;
    if (action_is_due(&kernel->machine.actions))
        tell_program(kernel, program);
    return 0;
}

void exec_forget_all(struct kernel *kernel)
{
    while (kernel->programs != NULL) {
        struct program_list *entry = kernel->programs;
        kernel->programs = entry->next;
        program_put(entry->program);
        free(entry->path);
        free(entry);
    }
}

static struct program *kept_program(const struct kernel *kernel,
                                    const struct process *process,
                                    const char *path)
{
    char whole[GUEST_PATH_MAX];
    if (path_join(whole, process->cwd, path) != 0)
        return NULL;
    path_normalise(whole);
    for (const struct program_list *entry = kernel->programs; entry != NULL;
         entry = entry->next)
        if (strcmp(entry->path, whole) == 0)
            return entry->program;
    return NULL;
}

/* ---- finding a program ---- */

/* "#!interpreter argument": puts both, and the script's path, in the place of
 * argv[0]. */
static int script_arguments(int fd, const char *path,
                            struct exec_arguments *arguments,
                            char interpreter[SCRIPT_LINE_BYTES])
{
    char line[SCRIPT_LINE_BYTES + 1] = {0};
    struct exec_strings argv = {0};
    ssize_t bytes = pread(fd, line, SCRIPT_LINE_BYTES, 0);
    if (bytes < 3 || line[0] != '#' || line[1] != '!')
        return -ENOEXEC;
    char *end = strchr(line, '\n');
    if (end == NULL)
        return -ENOEXEC;
    while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    char *start = line + 2 + strspn(line + 2, " \t");
    char *argument = start + strcspn(start, " \t");
    if (*argument != '\0')
        *argument++ = '\0';
    argument += strspn(argument, " \t");
    if (*start == '\0')
        return -ENOEXEC;
    int error = exec_strings_add(&argv, start);
    if (error == 0 && *argument != '\0')
        error = exec_strings_add(&argv, argument);
    if (error == 0)
        error = exec_strings_add(&argv, path);
    uint32_t at = arguments->argv.count > 0
                      ? (uint32_t)strlen(arguments->argv.text) + 1
                      : 0;
    while (error == 0 && at < arguments->argv.bytes) {
        error = exec_strings_add(&argv, arguments->argv.text + at);
        at += (uint32_t)strlen(arguments->argv.text + at) + 1;
    }
    free(arguments->argv.text);
    arguments->argv = argv;
    memcpy(interpreter, start, strlen(start) + 1);
    return error;
}

static size_t bytes_of_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_size > 0
               ? (size_t)status.st_size
               : 0;
}

/* Counts what a program takes of the host for good, its file of `bytes` bytes
 * and its symbols, and keeps it. 0 or -errno. */
static int count_and_keep(struct kernel *kernel, const struct process *process,
                          struct program *program, const char *path,
                          size_t bytes)
{
    bytes += sizeof *program + program->symbols.count * sizeof(struct symbol);
    if (!budget_take(&kernel->machine.budget, bytes))
        return -ENOMEM;
    int error = exec_keep(kernel, program, process->cwd, path);
    if (error != 0)
        budget_give(&kernel->machine.budget, bytes);
    return error;
}

static struct program *read_program(struct kernel *kernel,
                                    const struct process *process, int fd,
                                    const char *path, int *error_number)
{
    char why[128];
    size_t bytes = bytes_of_file(fd);
    *error_number = ENOMEM;
    if (!budget_has(&kernel->machine.budget, bytes))
        return NULL;
    struct program *program = program_open(fd, path, STACK_TOP - STACK_BYTES,
                                           error_number, why, sizeof why);
    if (program == NULL && *error_number == ENOMEM)
        budget_starve(&kernel->machine.budget);
    if (program == NULL)
        return NULL;
    int error = count_and_keep(kernel, process, program, path, bytes);
    program_put(program);
    if (error == 0)
        return program;
    *error_number = -error;
    return NULL;
}

static struct program *find(struct kernel *kernel, struct process *process,
                            const char *path, struct exec_arguments *arguments,
                            int *error_number, int depth)
{
    char interpreter[SCRIPT_LINE_BYTES];
    if (tree_is_own_program(process, path))
        return process->program;
    struct program *program = kept_program(kernel, process, path);
    if (program != NULL)
        return program;
    int fd = tree_open_program(kernel, process, path);
    if (fd < 0) {
        *error_number = -fd;
        return NULL;
    }
    int error = depth == 0 ? script_arguments(fd, path, arguments, interpreter)
                           : -ENOEXEC;
    if (error == -ENOEXEC)
        program = read_program(kernel, process, fd, path, error_number);
    else
        *error_number = -error;
    (void)close(fd);
    if (error == 0)
        return find(kernel, process, interpreter, arguments, error_number,
                    depth + 1);
    return program;
}

struct program *exec_find(struct kernel *kernel, struct process *process,
                          const char *path, struct exec_arguments *arguments,
                          int *error_number)
{
    return find(kernel, process, path, arguments, error_number, 0);
}

/* ---- the first stack ---- */

/* System V ABI, i386 supplement, figure 3-31; from the top down:
 *
 *   STACK_TOP
 *     4 zero bytes, environment strings, argument strings, the program's path,
 *     what is left of the room for its path and argument 0,
 *     platform, 16 random bytes, padding,
 *     auxiliary vector, 0, environment pointers, 0, argument pointers, argc <-
 * ESP
 *
 * Where everything else lies does not depend on what the program is called, as
 * long as the two names fit in their room.
 */
/* bytes, and multiples of it for names that are longer */
#define NAMES_ROOM 248u

struct stack_image {
    uint8_t *bytes; /* the top of the stack: [STACK_TOP - size, STACK_TOP) */
    uint32_t size;
    uint32_t esp; /* linear */
};

enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31,
};

static uint32_t push_bytes(struct stack_image *stack, const void *from,
                           uint32_t bytes)
{
    stack->esp -= bytes;
    if (bytes > 0)
        memcpy(stack->bytes + (stack->size - (STACK_TOP - stack->esp)), from,
               bytes);
    return stack->esp;
}

static void push_word(struct stack_image *stack, uint32_t value)
{
    (void)push_bytes(stack, &value, sizeof value);
}

static void push_pair(struct stack_image *stack, uint32_t type, uint32_t value)
{
    push_word(stack, value);
    push_word(stack, type);
}

/* Pointers to strings that lie one behind another from `linear` on; pushed last
 * first. */
static void push_pointers(struct stack_image *stack,
                          const struct exec_strings *strings, uint32_t linear)
{
    uint32_t at = strings->bytes;
    push_word(stack, 0);
    while (at > 0) {
        at--;
        while (at > 0 && strings->text[at - 1] != '\0')
            at--;
        push_word(stack, linear + at);
    }
}

/* The same bytes in every run: a program that seeds from them stays
 * deterministic. */
static void random_bytes(uint8_t bytes[16])
{
    for (uint8_t i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
}

/* What is left of the room. */
static uint32_t names_padding(const struct exec_arguments *arguments)
{
    const struct exec_strings *argv = &arguments->argv;
    uint32_t bytes = (uint32_t)strlen(arguments->path) + 1;
    if (argv->count > 0)
        bytes += (uint32_t)strlen(argv->text) + 1;
    return (NAMES_ROOM - bytes % NAMES_ROOM) % NAMES_ROOM;
}

static void fill_stack(struct stack_image *stack, const struct program *program,
                       const struct exec_arguments *arguments)
{
    uint8_t random[16];
    const struct exec_strings *argv = &arguments->argv;
    const struct exec_strings *envp = &arguments->envp;
    random_bytes(random);
    push_word(stack, 0);
    uint32_t environment = push_bytes(stack, envp->text, envp->bytes);
    uint32_t argument = push_bytes(stack, argv->text, argv->bytes);
    uint32_t name = push_bytes(stack, arguments->path,
                               (uint32_t)strlen(arguments->path) + 1);
    stack->esp -= names_padding(arguments);
    uint32_t platform = push_bytes(stack, "i386", 5);
    uint32_t at_random = push_bytes(stack, random, sizeof random);
    const struct {
        uint32_t type, value;
    } auxiliary[] = {
        {AT_NULL, 0},
        {AT_EXECFN, name},
        {AT_RANDOM, at_random},
        {AT_SECURE, 0},
        {AT_CLKTCK, 100},
        {AT_HWCAP, 0},
        {AT_PLATFORM, platform},
        {AT_EGID, 0},
        {AT_GID, 0},
        {AT_EUID, 0},
        {AT_UID, 0},
        {AT_ENTRY, program->entry},
        {AT_FLAGS, 0},
        {AT_BASE, 0},
        {AT_PAGESZ, MMU_PAGE_SIZE},
        {AT_PHNUM, program->phdr_count},
        {AT_PHENT, 32},
        {AT_PHDR, program->phdr_linear},
    };
    const uint32_t entries = sizeof auxiliary / sizeof auxiliary[0];
    uint32_t words = entries * 2 + envp->count + 1 + argv->count + 1 + 1;
    stack->esp = ((stack->esp - words * 4) & ~15u) + words * 4;
    for (uint32_t i = 0; i < entries; i++)
        push_pair(stack, auxiliary[i].type, auxiliary[i].value);
    push_pointers(stack, envp, environment);
    push_pointers(stack, argv, argument);
    push_word(stack, argv->count);
}

static int make_stack(struct stack_image *stack, const struct program *program,
                      const struct exec_arguments *arguments)
{
    uint32_t strings = arguments->argv.bytes + arguments->envp.bytes;
    uint32_t pointers = (arguments->argv.count + arguments->envp.count) * 4;
    uint32_t name = (uint32_t)strnlen(arguments->path, MMU_PAGE_SIZE) + 1;
    if (strings + pointers > EXEC_STRINGS_BYTES || name > MMU_PAGE_SIZE)
        return -E2BIG;
    stack->size = (strings + pointers + name + NAMES_ROOM + MMU_PAGE_SIZE +
                   MMU_PAGE_SIZE) &
                  MMU_PAGE_MASK;
    stack->bytes = calloc(stack->size, 1);
    if (stack->bytes == NULL)
        return -ENOMEM;
    stack->esp = STACK_TOP;
    fill_stack(stack, program, arguments);
    return 0;
}

/* ---- a new address space ---- */

struct new_space {
    struct mmu_addrspace space;
    struct mappings mappings;
};

static int map_segments(struct mappings *mappings, struct program *program)
{
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        uint32_t end = segment->linear + (segment->memory_bytes - 1);
        const struct mapping mapping = {
            .start = segment->linear & MMU_PAGE_MASK,
            .end = (end & MMU_PAGE_MASK) + MMU_PAGE_SIZE,
            .readable = segment->readable,
            .writable = segment->writable,
            .executable = segment->executable,
            .program = program,
            .segment = segment,
            .name = segment->executable ? "text" : "data",
        };
        int error = mappings_add(mappings, &mapping);
        if (error != 0)
            return error;
    }
    return 0;
}

static int map_stack(struct mappings *mappings, const struct program *program)
{
    const struct mapping mapping = {
        .start = STACK_TOP - STACK_BYTES,
        .end = STACK_TOP,
        .readable = true,
        .writable = true,
        .executable = program->executable_stack,
        .name = "stack",
    };
    return mappings_add(mappings, &mapping);
}

/* The kernel writes the first stack pages before the program runs: no fault
 * brings them in. */
static int place_stack(struct kernel *kernel, struct mmu_addrspace *space,
                       const struct stack_image *stack)
{
    uint32_t first = stack->esp & MMU_PAGE_MASK;
    clock_charge(&kernel->machine.clock, COST_COPY_DWORD,
                 (STACK_TOP - stack->esp) / 4);
    for (uint32_t page = first; page < STACK_TOP; page += MMU_PAGE_SIZE) {
        struct mmu_event event = {
            .kind = MMU_EVENT_ZERO_FILL, .linear = page, .in_kernel = 1};
        uint32_t frame =
            mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_USER);
        if (frame == MMU_FRAME_NONE)
            return -ENOMEM;
        memcpy(mmu_physmem_frame(&kernel->machine.mem, frame),
               stack->bytes + (stack->size - (STACK_TOP - page)),
               MMU_PAGE_SIZE);
        if (mmu_addrspace_map(space, page, frame, MMU_PTE_US | MMU_PTE_RW) !=
            0) {
            mmu_frame_free(&kernel->machine.frames, frame);
            return -ENOMEM;
        }
        event.frame_after = frame;
        event.refs_after = 1;
        event.pte_after = *mmu_addrspace_entry(space, page, &event.pde_after);
        mmu_event_emit(&kernel->machine.sink, &event);
    }
    return 0;
}

static int fill_space(struct kernel *kernel, struct new_space *new,
                      struct program *program, const struct stack_image *stack)
{
    int error = map_segments(&new->mappings, program);
    if (error == 0)
        error = map_stack(&new->mappings, program);
    if (error == 0)
        error = place_stack(kernel, &new->space, stack);
    return error;
}

static int make_space(struct kernel *kernel, struct new_space *new,
                      struct program *program, const struct stack_image *stack)
{
    mappings_init(&new->mappings, &kernel->machine.budget);
    int error =
        mmu_addrspace_init(&new->space, &kernel->machine.frames,
                           &kernel->machine.sink, KERNEL_BASE, &kernel->space);
    if (error != 0)
        return error;
    error = fill_space(kernel, new, program, stack);
    if (error != 0) {
        mmu_addrspace_destroy(&new->space);
        mappings_destroy(&new->mappings);
    }
    return error;
}

/* ---- the change ---- */

static void set_name(struct process *process, const char *path)
{
    const char *name = path_last(path);
    size_t bytes = strnlen(name, sizeof process->name - 1);
    memcpy(process->name, name, bytes);
    process->name[bytes] = '\0';
}

static void drop_old_space(struct kernel *kernel, struct process *process)
{
    if (process->has_space) {
        cpu_load_cr3(kernel->machine.cpu, mmu_addrspace_cr3(&kernel->space));
        clock_charge(&kernel->machine.clock, COST_TABLE_SCAN,
                     mmu_addrspace_tables(&process->space));
        mmu_addrspace_destroy(&process->space);
        mappings_destroy(&process->mappings);
    }
    program_put(process->program);
}

static void take_over(struct kernel *kernel, struct process *process,
                      struct new_space *new, struct program *program,
                      uint32_t esp)
{
    const struct mmu_event event = {.kind = MMU_EVENT_EXEC};
    process_end_vfork(kernel, process);
    drop_old_space(kernel, process);
    process->space = new->space;
    process->mappings = new->mappings;
    process->has_space = true;
    process->program = program_get(program);
    process->brk_start = program->brk_start;
    process->brk = program->brk_start;
    process->set_tid = 0;
    memset(process->tls, 0, sizeof process->tls);
    set_name(process, program->name);
    signals_exec(&process->signals);
    files_exec(&process->files, kernel);
    ldt_free(&process->ldt, &kernel->machine.budget);
    system_page_set_tls(kernel, process);
    kernel_stack_first_frame(kernel, process, program->entry, esp);
    cpu_context_fresh(kernel->machine.cpu, process->context);
    cpu_context_restore(kernel->machine.cpu, process->context);
    ldt_load(kernel->machine.cpu, &process->ldt);
    cpu_load_cr3(kernel->machine.cpu, mmu_addrspace_cr3(&process->space));
    cpu_forget_translations(kernel->machine.cpu);
    mmu_event_emit(&kernel->machine.sink, &event);
}

/* Runs the program in place of what the process was. */
static int exec_stack(struct kernel *kernel, struct process *process,
                      struct program *program, const struct stack_image *stack)
{
    struct new_space new;
    action_begin(&kernel->machine.actions);
    int error = make_space(kernel, &new, program, stack);
    if (error == 0)
        take_over(kernel, process, &new, program, stack->esp);
    const struct trace_event action = {
        .kind = TRACE_EXEC,
        .exec = {.program = (uint32_t)program->id,
                 .name = program->name,
                 .stack = stack->esp,
                 .failed = error != 0}};
    action_end(&kernel->machine.actions, &action);
    return error;
}

int exec_program(struct kernel *kernel, struct process *process,
                 struct program *program,
                 const struct exec_arguments *arguments)
{
    struct stack_image stack = {0};
    int error = make_stack(&stack, program, arguments);
    if (error == -ENOMEM)
        budget_starve(&kernel->machine.budget);
    if (error == 0)
        error = exec_stack(kernel, process, program, &stack);
    free(stack.bytes);
    return error;
}

int exec_again(struct kernel *kernel, struct process *process,
               struct program *program, uint32_t esp)
{
    struct stack_image stack = {.esp = esp};
    if (esp >= STACK_TOP || STACK_TOP - esp > STACK_BYTES)
        return -EINVAL;
    stack.size = (STACK_TOP - esp + MMU_PAGE_SIZE - 1) & MMU_PAGE_MASK;
    stack.bytes = calloc(stack.size, 1);
    if (stack.bytes == NULL)
        return -ENOMEM;
    int error = exec_stack(kernel, process, program, &stack);
    free(stack.bytes);
    return error;
}
