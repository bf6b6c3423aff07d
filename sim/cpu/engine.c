/* engine.c: see engine.h. The only file that knows Unicorn. */
#include "cpu/engine.h"

#include <stdlib.h>
#include <unicorn/unicorn.h>

#include "cpu/codebuffer.h"

_Static_assert(ENGINE_STORE == UC_MEM_WRITE, "the hook's type of a store");
_Static_assert(_Generic((engine_code_hook *)0, uc_cb_hookcode_t : 1,
                        default : 0),
               "the form of Unicorn's hook of code");
_Static_assert(_Generic((engine_memory_hook *)0, uc_cb_hookmem_t : 1,
                        default : 0),
               "the form of Unicorn's hook of memory");

struct engine {
    uc_engine *unicorn;
    struct engine_hooks hooks;
    uc_hook fill_hook, interrupt_hook, edge_hook, block_hook, memory_hook;
    struct code_buffer code_buffer;
    uc_err error; /* of the last run */
};

/* ---- making one ---- */

static bool on_fill(uc_engine *unicorn, uint64_t address, uc_mem_type type,
                    uc_tlb_entry *result, void *arg)
{
    const struct engine *engine = arg;
    enum mmu_access access = type == UC_MEM_WRITE  ? MMU_ACCESS_WRITE
                             : type == UC_MEM_READ ? MMU_ACCESS_READ
                                                   : MMU_ACCESS_FETCH;
    struct engine_page found = {.read = true,
                                .write = access == MMU_ACCESS_WRITE,
                                .execute = access == MMU_ACCESS_FETCH};
    (void)unicorn;
    if (!engine->hooks.fill(engine->hooks.arg,
                            (uint32_t)address & MMU_PAGE_MASK, access, &found))
        return false;
    result->paddr = found.phys;
    result->perms = (uc_prot)((found.read ? UC_PROT_READ : 0) |
                              (found.write ? UC_PROT_WRITE : 0) |
                              (found.execute ? UC_PROT_EXEC : 0));
    return true;
}

static void on_interrupt(uc_engine *unicorn, uint32_t vector, void *arg)
{
    const struct engine *engine = arg;
    (void)unicorn;
    engine->hooks.interrupt(engine->hooks.arg, vector);
}

static void on_edge(uc_engine *unicorn, uc_tb *block, uc_tb *previous,
                    void *arg)
{
    const struct engine *engine = arg;
    (void)unicorn;
    (void)previous;
    engine->hooks.translated(engine->hooks.arg, (uint32_t)block->pc,
                             block->size);
}

static bool add_hooks(struct engine *engine)
{
    uc_engine *unicorn = engine->unicorn;
    return uc_hook_add(unicorn, &engine->fill_hook, UC_HOOK_TLB_FILL,
                       (void *)on_fill, engine, 1, 0) == UC_ERR_OK &&
           uc_hook_add(unicorn, &engine->interrupt_hook, UC_HOOK_INTR,
                       (void *)on_interrupt, engine, 1, 0) == UC_ERR_OK &&
           uc_hook_add(unicorn, &engine->edge_hook, UC_HOOK_EDGE_GENERATED,
                       (void *)on_edge, engine, 1, 0) == UC_ERR_OK;
}

static bool map_memory(struct engine *engine, uint64_t frame, uint8_t *memory,
                       uint64_t frames)
{
    return uc_mem_map_ptr(engine->unicorn, frame << MMU_PAGE_SHIFT,
                          frames << MMU_PAGE_SHIFT, UC_PROT_ALL,
                          memory) == UC_ERR_OK;
}

/* The code buffer is made by whatever initializes the engine first, and found
 * by its coming. */
static const char *set_up(struct engine *engine, uint8_t *memory,
                          uint32_t frames, uint8_t *extra,
                          uint32_t extra_frames)
{
    struct code_buffers others;
    if (uc_open(UC_ARCH_X86, UC_MODE_32, &engine->unicorn) != UC_ERR_OK)
        return "Unicorn does not open";
    if (!code_buffer_fits())
        return "the host has not enough memory";
    code_buffers_find(&others);
    if (uc_ctl_set_tcg_buffer_size(engine->unicorn,
                                   (uint32_t)CODE_BUFFER_BYTES) != UC_ERR_OK)
        return "Unicorn takes no size of its code buffer";
    if (uc_ctl_tlb_mode(engine->unicorn, UC_TLB_VIRTUAL) != UC_ERR_OK)
        return "this Unicorn has no virtual TLB (2.1.1 or newer is needed)";
    if (!map_memory(engine, 0, memory, frames) ||
        !map_memory(engine, frames, extra, extra_frames))
        return "Unicorn does not map the memory";
    code_buffer_find(&engine->code_buffer, &others);
    return add_hooks(engine) ? NULL : "Unicorn refuses a hook";
}

struct engine *engine_new(const struct engine_hooks *hooks, uint8_t *memory,
                          uint32_t frames, uint8_t *extra,
                          uint32_t extra_frames, const char **why)
{
    struct engine *engine = calloc(1, sizeof *engine);
    *why = "out of memory";
    if (engine == NULL)
        return NULL;
    engine->hooks = *hooks;
    *why = set_up(engine, memory, frames, extra, extra_frames);
    if (*why == NULL)
        return engine;
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->unicorn != NULL)
        (void)uc_close(engine->unicorn);
    free(engine);
}

/* ---- running ---- */

enum engine_end engine_run(struct engine *engine, uint32_t eip, uint32_t until)
{
    engine->error = uc_emu_start(engine->unicorn, eip, until, 0, 0);
    switch (engine->error) {
    case UC_ERR_OK:
        return ENGINE_STOPPED;
    case UC_ERR_EXCEPTION:
        return ENGINE_EXCEPTION;
    case UC_ERR_INSN_INVALID:
        return ENGINE_INVALID;
    default:
        return ENGINE_FAILED;
    }
}

void engine_stop(struct engine *engine)
{
    (void)uc_emu_stop(engine->unicorn);
}

const char *engine_why(const struct engine *engine)
{
    return uc_strerror(engine->error);
}

void engine_set_exits(struct engine *engine, uint64_t *linear, uint32_t count)
{
    if (count == 0) {
        (void)uc_ctl_exits_disable(engine->unicorn);
        return;
    }
    (void)uc_ctl_exits_enable(engine->unicorn);
    (void)uc_ctl_set_exits(engine->unicorn, linear, count);
}

/* ---- hooks ---- */

bool engine_see_blocks(struct engine *engine, bool see)
{
    if (!see)
        return uc_hook_del(engine->unicorn, engine->block_hook) == UC_ERR_OK;
    return uc_hook_add(engine->unicorn, &engine->block_hook, UC_HOOK_BLOCK,
                       (void *)engine->hooks.block, engine->hooks.arg, 1,
                       0) == UC_ERR_OK;
}

bool engine_see_memory(struct engine *engine, bool loads)
{
    int types = UC_HOOK_MEM_WRITE | (loads ? UC_HOOK_MEM_READ : 0);
    return uc_hook_add(engine->unicorn, &engine->memory_hook, types,
                       (void *)engine->hooks.memory, engine->hooks.arg, 1,
                       0) == UC_ERR_OK;
}

bool engine_guard(struct engine *engine, uint32_t linear, size_t *guard)
{
    return uc_hook_add(engine->unicorn, guard, UC_HOOK_CODE,
                       (void *)engine->hooks.guard, engine->hooks.arg, linear,
                       linear) == UC_ERR_OK;
}

void engine_unguard(struct engine *engine, size_t guard)
{
    (void)uc_hook_del(engine->unicorn, guard);
}

/* ---- translations ---- */

void engine_forget_pages(struct engine *engine)
{
    (void)uc_ctl_flush_tlb(engine->unicorn);
}

void engine_drop_page(struct engine *engine, uint64_t page)
{
    (void)uc_ctl_remove_cache(engine->unicorn, page, page + MMU_PAGE_SIZE);
}

void engine_drop_all(struct engine *engine)
{
    (void)uc_ctl_flush_tb(engine->unicorn);
}

bool engine_is_full(struct engine *engine)
{
    return code_buffer_is_full(&engine->code_buffer);
}

/* ---- registers ---- */

/* In the order of enum engine_register. */
static const int ids[ENGINE_REGISTERS] = {
    UC_X86_REG_EAX,   UC_X86_REG_ECX, UC_X86_REG_EDX,  UC_X86_REG_EBX,
    UC_X86_REG_ESP,   UC_X86_REG_EBP, UC_X86_REG_ESI,  UC_X86_REG_EDI,
    UC_X86_REG_ES,    UC_X86_REG_CS,  UC_X86_REG_SS,   UC_X86_REG_DS,
    UC_X86_REG_FS,    UC_X86_REG_GS,  UC_X86_REG_EIP,  UC_X86_REG_EFLAGS,
    UC_X86_REG_CR0,   UC_X86_REG_CR4, UC_X86_REG_FPCW, UC_X86_REG_FPSW,
    UC_X86_REG_FPTAG, UC_X86_REG_FDP, UC_X86_REG_MXCSR};

/* General registers, EIP and EFLAGS. */
static const int run_ids[] = {UC_X86_REG_EAX,   UC_X86_REG_ECX, UC_X86_REG_EDX,
                              UC_X86_REG_EBX,   UC_X86_REG_ESP, UC_X86_REG_EBP,
                              UC_X86_REG_ESI,   UC_X86_REG_EDI, UC_X86_REG_EIP,
                              UC_X86_REG_EFLAGS};
enum { RUN_IDS = sizeof run_ids / sizeof run_ids[0] };

static void list_run(void *values[RUN_IDS], struct registers *registers,
                     uint32_t *eflags)
{
    for (int i = 0; i < GENERAL_REGISTERS; i++)
        values[i] = &registers->general[i];
    values[GENERAL_REGISTERS] = &registers->eip;
    values[GENERAL_REGISTERS + 1] = eflags;
}

void engine_store(struct engine *engine, struct registers *registers,
                  uint32_t eflags)
{
    void *values[RUN_IDS];
    list_run(values, registers, &eflags);
    (void)uc_reg_write_batch(engine->unicorn, (int *)run_ids, values, RUN_IDS);
}

void engine_fetch(struct engine *engine, struct registers *registers)
{
    void *values[RUN_IDS];
    list_run(values, registers, &registers->eflags);
    (void)uc_reg_read_batch(engine->unicorn, (int *)run_ids, values, RUN_IDS);
}

uint64_t engine_get(struct engine *engine, enum engine_register which)
{
    uint64_t value = 0;
    (void)uc_reg_read(engine->unicorn, ids[which], &value);
    return value;
}

bool engine_set(struct engine *engine, enum engine_register which,
                uint64_t value)
{
    return uc_reg_write(engine->unicorn, ids[which], &value) == UC_ERR_OK;
}

void engine_get_count(struct engine *engine, uint32_t *ecx, uint32_t *eflags)
{
    static const int count_ids[] = {UC_X86_REG_ECX, UC_X86_REG_EFLAGS};
    void *values[] = {ecx, eflags};
    (void)uc_reg_read_batch(engine->unicorn, (int *)count_ids, values, 2);
}

bool engine_load_gdt(struct engine *engine, uint32_t linear, uint32_t bytes)
{
    const uc_x86_mmr gdt = {0, linear, bytes - 1, 0};
    return uc_reg_write(engine->unicorn, UC_X86_REG_GDTR, &gdt) == UC_ERR_OK;
}

void engine_load_ldt(struct engine *engine, uint16_t selector, uint32_t linear,
                     uint32_t bytes)
{
    const uc_x86_mmr ldtr = {selector, linear, bytes == 0 ? 0 : bytes - 1,
                             0x8200};
    (void)uc_reg_write(engine->unicorn, UC_X86_REG_LDTR, &ldtr);
}

/* ---- FPU and SSE ---- */

#define FPU_IDS 25

/* A list of registers, with where each is kept. */
struct fpu_list {
    int id[FPU_IDS];
    void *value[FPU_IDS];
    int count;
};

/* What is not as wide in Unicorn as in struct fpu_state. */
struct fpu_wide {
    uint16_t tags;
    uint64_t code_offset, data_offset;
};

static void list_register(struct fpu_list *list, int id, void *value)
{
    list->id[list->count] = id;
    list->value[list->count++] = value;
}

/* The status word comes first: it says which register is ST(0). */
static void list_fpu(struct fpu_list *list, struct fpu_state *state,
                     struct fpu_wide *wide)
{
    list->count = 0;
    list_register(list, UC_X86_REG_FPSW, &state->status);
    list_register(list, UC_X86_REG_FPCW, &state->control);
    for (int i = 0; i < (int)FPU_REGISTERS; i++)
        list_register(list, UC_X86_REG_ST0 + i, state->st[i]);
    list_register(list, UC_X86_REG_FPTAG, &wide->tags);
    list_register(list, UC_X86_REG_FOP, &state->opcode);
    list_register(list, UC_X86_REG_FIP, &wide->code_offset);
    list_register(list, UC_X86_REG_FCS, &state->code_selector);
    list_register(list, UC_X86_REG_FDP, &wide->data_offset);
    list_register(list, UC_X86_REG_FDS, &state->data_selector);
    list_register(list, UC_X86_REG_MXCSR, &state->mxcsr);
    for (int i = 0; i < (int)XMM_REGISTERS; i++)
        list_register(list, UC_X86_REG_XMM0 + i, state->xmm[i]);
}

void engine_fetch_fpu(struct engine *engine, struct fpu_state *state)
{
    struct fpu_list list;
    struct fpu_wide wide = {0};
    list_fpu(&list, state, &wide);
    (void)uc_reg_read_batch(engine->unicorn, list.id, list.value, list.count);
    state->valid = fpu_valid_of_tags(wide.tags);
    state->code_offset = (uint32_t)wide.code_offset;
    state->data_offset = (uint32_t)wide.data_offset;
}

void engine_store_fpu(struct engine *engine, const struct fpu_state *state)
{
    struct fpu_list list;
    struct fpu_state stored = *state;
    struct fpu_wide wide = {fpu_tags(state), state->code_offset,
                            state->data_offset};
    list_fpu(&list, &stored, &wide);
    (void)uc_reg_write_batch(engine->unicorn, list.id, list.value, list.count);
}

void engine_get_top(struct engine *engine, uint8_t value[16])
{
    (void)uc_reg_read(engine->unicorn, UC_X86_REG_ST0, value);
}

void engine_get_fpu(struct engine *engine, int number, uint8_t value[16])
{
    (void)uc_reg_read(engine->unicorn, UC_X86_REG_FP0 + number, value);
}

void engine_set_fpu(struct engine *engine, int number, uint8_t value[16])
{
    (void)uc_reg_write(engine->unicorn, UC_X86_REG_FP0 + number, value);
}

/* ---- contexts ---- */

struct engine_context *engine_context_new(struct engine *engine)
{
    uc_context *context;
    if (uc_context_alloc(engine->unicorn, &context) != UC_ERR_OK)
        return NULL;
    return (struct engine_context *)context;
}

void engine_context_free(struct engine_context *context)
{
    if (context != NULL)
        (void)uc_context_free((uc_context *)context);
}

void engine_context_save(struct engine *engine, struct engine_context *context)
{
    (void)uc_context_save(engine->unicorn, (uc_context *)context);
}

void engine_context_restore(struct engine *engine,
                            const struct engine_context *context)
{
    (void)uc_context_restore(engine->unicorn, (uc_context *)context);
}

size_t engine_context_bytes(struct engine *engine)
{
    return uc_context_size(engine->unicorn);
}
