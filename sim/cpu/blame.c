/* blame.c: see blame.h. */
#include "cpu/blame.h"

#include "cpu/watch.h"

static bool read_guest(void *arg, uint32_t linear, void *to, uint32_t bytes)
{
    return view_read_code(arg, linear, to, bytes) == bytes;
}

void blame_list(const struct view *view, const struct insn *insn,
                struct access_list *list)
{
    const struct access_memory memory = {read_guest, (void *)view};
    access_list_of(insn, view->registers, &memory, list);
}

/* The fault is of the first byte that the tables refuse. But of an image of the
 * FPU the processor tries both ends: struct access_item. */
static bool refuses(const struct view *view, const struct access_item *item,
                    struct mmu_fault *fault)
{
    uint32_t phys;
    bool user = !item->system;
    bool image =
        item->image > 0 && ((item->linear ^ (item->linear + item->image - 1)) &
                            MMU_PAGE_MASK) == 0;
    uint32_t last = item->linear + (item->bytes - 1);
    if (item->from_last &&
        !mmu_probe(view->mmu, last, item->access, user, &phys, fault))
        return true;
    if (!mmu_probe(view->mmu, item->linear, item->access, user, &phys, fault))
        return true;
    return ((item->linear ^ last) & MMU_PAGE_MASK) != 0 &&
           !mmu_probe(view->mmu, image ? last : last & MMU_PAGE_MASK,
                      item->access, user, &phys, fault);
}

bool blame_item(const struct view *view, const struct insn *insn,
                const struct access_item *item, struct mmu_fault *fault,
                struct refusal *refusal)
{
    *refusal = access_refusal(view->registers, item);
    if (refusal->vector == NO_EXCEPTION && view_checks_alignment(view) &&
        access_is_misaligned(insn, item))
        *refusal = (struct refusal){.vector = VECTOR_ALIGNMENT};
    return refusal->vector != NO_EXCEPTION || refuses(view, item, fault);
}

static void tell_part(const struct view *view, const struct access_item *item,
                      uint32_t linear, uint32_t bytes)
{
    struct watched_access *told =
        view->watch == NULL || view->watch->accesses == NULL
            ? NULL
            : watch_access(view->watch);
    if (told != NULL)
        *told = (struct watched_access){
            .linear = linear,
            .insn = WATCH_LAST_INSN,
            .bytes = (uint8_t)bytes,
            .access = (uint8_t)item->access,
            .system = item->system,
        };
}

/* As of the engine's own accesses: what is read across a page's end is told of
 * once a page, a store once. */
static void tell(const struct view *view, const struct access_item *item)
{
    uint32_t here = MMU_PAGE_SIZE - (item->linear & ~MMU_PAGE_MASK);
    if (item->access == MMU_ACCESS_WRITE || item->bytes <= here) {
        tell_part(view, item, item->linear, item->bytes);
        return;
    }
    tell_part(view, item, item->linear, here);
    tell_part(view, item, item->linear + here, item->bytes - here);
}

/* The stores among the first `count` accesses that the processor does not take
 * back. */
static bool make_lasting_stores(const struct view *view,
                                const struct access_list *list, uint32_t count)
{
    bool any = false;
    struct mmu_fault fault;
    for (uint32_t i = 0; i < count; i++) {
        const struct access_item *item = &list->item[i];
        if (!item->stored)
            continue;
        tell(view, item);
        any |= mmu_write(view->mmu, item->linear, &item->value, item->bytes,
                         true, &fault);
    }
    return any;
}

bool blame_insn(const struct view *view, const struct insn *insn,
                struct mmu_fault *fault, struct refusal *refusal, bool *stored)
{
    struct access_list list;
    blame_list(view, insn, &list);
    for (uint32_t i = 0; i < list.count; i++) {
        if (blame_item(view, insn, &list.item[i], fault, refusal)) {
            *stored = make_lasting_stores(view, &list, i);
            return true;
        }
    }
    return false;
}

uint32_t blame_fetch(const struct view *view, uint32_t page)
{
    uint32_t at = view_here(view);
    struct insn insn;
    while (at < page && view_decode(view, at, &insn) &&
           insn.raises == NO_EXCEPTION && at + insn.length <= page)
        at += insn.length;
    return at;
}

/* True where `phys` is among the `bytes` bytes at `linear`, all in one page. */
static bool part_is_at(const struct view *view, uint32_t linear, uint32_t bytes,
                       uint32_t phys, uint32_t *found)
{
    uint32_t start;
    struct mmu_fault fault;
    if (!mmu_probe(view->mmu, linear, MMU_ACCESS_READ, true, &start, &fault) ||
        phys - start >= bytes)
        return false;
    *found = linear + (phys - start);
    return true;
}

bool blame_access(const struct view *view, const struct insn *insn,
                  uint32_t phys, uint32_t *linear)
{
    struct access_list list;
    blame_list(view, insn, &list);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct access_item *item = &list.item[i];
        uint32_t here = MMU_PAGE_SIZE - (item->linear & ~MMU_PAGE_MASK);
        if (here > item->bytes)
            here = item->bytes;
        if (part_is_at(view, item->linear, here, phys, linear) ||
            (here < item->bytes &&
             part_is_at(view, item->linear + here, item->bytes - here, phys,
                        linear)))
            return true;
    }
    return false;
}

bool blame_read(const struct view *view, const struct insn *insn, void *to,
                uint32_t bytes)
{
    struct access_list list;
    blame_list(view, insn, &list);
    return list.count > 0 &&
           view_read_code(view, list.item[0].linear, to, bytes) == bytes;
}

static void look_up(const struct view *view, const struct access_item *item)
{
    uint32_t phys;
    struct mmu_fault fault;
    uint32_t last = item->linear + (item->bytes - 1);
    (void)mmu_translate(view->mmu, item->linear, item->access, !item->system,
                        &phys, &fault);
    if (((item->linear ^ last) & MMU_PAGE_MASK) != 0)
        (void)mmu_translate(view->mmu, last & MMU_PAGE_MASK, item->access,
                            !item->system, &phys, &fault);
}

void blame_make(const struct view *view, const struct access_list *list)
{
    struct mmu_fault fault;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct access_item *item = &list->item[i];
        tell(view, item);
        if (item->stored)
            (void)mmu_write(view->mmu, item->linear, &item->value, item->bytes,
                            !item->system, &fault);
        else
            look_up(view, item);
    }
}

uint32_t blame_operand(const struct view *view, const struct insn *insn)
{
    struct access_list list;
    blame_list(view, insn, &list);
    return list.count > 0 ? list.item[0].linear : 0;
}

void blame_run_enter(const struct view *view, const struct insn *insn)
{
    struct access_list list;
    blame_list(view, insn, &list);
    (void)make_lasting_stores(view, &list, list.count);
    registers_after_enter(insn, view->registers);
}
