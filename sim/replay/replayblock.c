/* replayblock.c: see replayblock.h. */
#include "replay/replayblock.h"

#include "linux/kernel.h"
#include "linux/layout.h"
#include "replay/replayfault.h"
#include "replay/replaystate.h"

#define FOLDED_DOWN 0x40000000u /* the kernel's part, to below it */

static bool same_page(uint32_t one, uint32_t other)
{
    return ((one ^ other) & MMU_PAGE_MASK) == 0;
}

/* One access; where it runs into the next page, both parts in order. */
static bool access_bytes(struct mmu *mmu, uint32_t linear, uint32_t bytes,
                         enum mmu_access access, bool user,
                         struct mmu_fault *fault)
{
    uint32_t last = linear + (bytes - 1);
    uint32_t phys;

    if (!mmu_translate(mmu, linear, access, user, &phys, fault))
        return false;
    return same_page(linear, last) ||
           mmu_translate(mmu, last & MMU_PAGE_MASK, access, user, &phys, fault);
}

static bool probe_bytes(const struct mmu *mmu, uint32_t linear, uint32_t bytes,
                        enum mmu_access access, bool user)
{
    uint32_t last = linear + (bytes - 1);
    struct mmu_fault fault;
    uint32_t phys;

    if (!mmu_probe(mmu, linear, access, user, &phys, &fault))
        return false;
    return same_page(linear, last) ||
           mmu_probe(mmu, last & MMU_PAGE_MASK, access, user, &phys, &fault);
}

/* A data access. The processor looks before it reads whether it may write what
 * it will. */
static bool access_slot(struct mmu *mmu, struct trace_slot slot,
                        uint32_t linear, struct mmu_fault *fault)
{
    uint32_t bytes = trace_slot_bytes(slot);
    enum trace_access kind = trace_slot_access(slot);
    bool user = !trace_slot_supervisor(slot);

    if (kind == TRACE_READ)
        return access_bytes(mmu, linear, bytes, MMU_ACCESS_READ, user, fault);
    if (kind == TRACE_MODIFY &&
        probe_bytes(mmu, linear, bytes, MMU_ACCESS_WRITE, user) &&
        !access_bytes(mmu, linear, bytes, MMU_ACCESS_READ, user, fault))
        return false;
    return access_bytes(mmu, linear, bytes, MMU_ACCESS_WRITE, user, fault);
}

/* ---- tries ---- */

static bool would_fault(const struct mmu *mmu, const struct trace_try *try)
{
    if (try->bytes != 0 &&
        !probe_bytes(mmu, try->linear, try->bytes, MMU_ACCESS_FETCH, true))
        return true;
    for (uint32_t i = 0; i < try->slot_count; i++)
        if (!probe_bytes(mmu, try->addresses[i],
                         trace_slot_bytes(try->slots[i]),
                         trace_slot_access(try->slots[i]) == TRACE_READ
                             ? MMU_ACCESS_READ
                             : MMU_ACCESS_WRITE,
                         !trace_slot_supervisor(try->slots[i])))
            return true;
    return false;
}

bool replay_try(struct kernel *kernel, const struct trace_try *try, bool should,
                struct mmu_fault *fault)
{
    struct mmu *mmu = cpu_mmu(kernel->machine.cpu);

    if (should && !would_fault(mmu, try))
        return false;
    if (try->bytes != 0 && !access_bytes(mmu, try->linear, try->bytes,
                                         MMU_ACCESS_FETCH, true, fault))
        return true;
    for (uint32_t i = 0; i < try->slot_count; i++)
        if (!access_slot(mmu, try->slots[i], try->addresses[i], fault))
            return true;
    return false;
}

/* ---- blocks ---- */

/* A block as it is replayed. */
struct run {
    struct replay_state *replay;
    struct mmu *mmu;
    const struct trace_block *block;
    bool fold;
    uint32_t fetched; /* instructions */
    uint32_t slot;    /* the next one */
    bool held; /* the TLB holds the page of the code, after so many misses */
    uint64_t held_when;
};

static uint32_t place(const struct run *run, uint32_t linear)
{
    return run->fold && linear >= KERNEL_BASE ? linear - FOLDED_DOWN : linear;
}

static uint32_t insn_linear(const struct run *run, uint32_t index)
{
    const struct trace_shape *shape = run->block->shape;

    return place(run,
                 shape->linear +
                     (shape->insn_count == 0 ? 0 : shape->insns[index].offset));
}

/* Fetches one instruction. */
static bool fetch_one(struct run *run, uint32_t index, struct mmu_fault *fault)
{
    run->held = false;
    return access_bytes(run->mmu, insn_linear(run, index),
                        run->block->shape->insns[index].bytes, MMU_ACCESS_FETCH,
                        true, fault);
}

/* Fetches instructions up to `end`, all of a block in one page. */
static bool fetch_in_page(struct run *run, uint32_t end,
                          struct mmu_fault *fault)
{
    uint32_t linear = place(run, run->block->shape->linear);

    if (!run->held || run->held_when != run->mmu->counts.misses) {
        if (!mmu_code_held(run->mmu, linear)) {
            if (!fetch_one(run, run->fetched, fault))
                return false;
            run->fetched++;
        }
        run->held = true;
        run->held_when = run->mmu->counts.misses;
    }
    if (run->fetched < end)
        mmu_fetch_again(run->mmu, linear, end - run->fetched);
    run->fetched = end;
    return true;
}

static bool fetch(struct run *run, uint32_t end, bool in_page,
                  struct mmu_fault *fault)
{
    if (run->fetched >= end)
        return true;
    if (in_page)
        return fetch_in_page(run, end, fault);
    for (; run->fetched < end; run->fetched++)
        if (!fetch_one(run, run->fetched, fault))
            return false;
    return true;
}

/* A read whose page is refused, by an instruction that will write there too, is
 * refused as a write.
 */
static void blame_write(const struct run *run, struct mmu_fault *fault)
{
    const struct trace_shape *shape = run->block->shape;
    uint32_t linear = run->block->addresses[run->slot];

    for (uint32_t i = run->slot + 1;
         i < shape->slot_count &&
         shape->slots[i].insn == shape->slots[run->slot].insn;
         i++)
        if (run->block->addresses[i] == linear &&
            trace_slot_access(shape->slots[i]) == TRACE_WRITE)
            fault->error |= MMU_PF_W;
}

static bool access_next(struct run *run, struct mmu_fault *fault)
{
    struct trace_slot slot = run->block->shape->slots[run->slot];
    uint32_t linear = place(run, run->block->addresses[run->slot]);
    enum trace_access kind = trace_slot_access(slot);
    uint32_t last = linear + (trace_slot_bytes(slot) - 1);

    if (kind != TRACE_MODIFY && !trace_slot_supervisor(slot) &&
        same_page(linear, last) && run->mmu->observer == NULL &&
        mmu_data_hit(run->mmu, linear, kind == TRACE_WRITE))
        return true;
    if (access_slot(run->mmu, slot, linear, fault))
        return true;
    blame_write(run, fault);
    return false;
}

/* Goes on to the block's end: false where an access is refused. */
static bool go_on(struct run *run, bool in_page, struct mmu_fault *fault)
{
    const struct trace_shape *shape = run->block->shape;

    for (; run->slot < shape->slot_count; run->slot++) {
        if (shape->insn_count != 0 &&
            !fetch(run, shape->slots[run->slot].insn + 1u, in_page, fault))
            return false;
        if (!access_next(run, fault))
            return false;
    }
    return fetch(run, shape->insn_count, in_page, fault);
}

/* A data access within a page that hits, and needs nothing but to be accounted
 * for: as access_next, but changes nothing where it returns false. What is read
 * and then written was writable before, by the tables too: the TLB forgets a
 * page that no longer is. */
static inline bool hit_plainly(struct mmu *mmu, struct trace_slot slot,
                               uint32_t linear)
{
    enum trace_access kind = trace_slot_access(slot);

    if (trace_slot_supervisor(slot) ||
        (linear & ~MMU_PAGE_MASK) + trace_slot_bytes(slot) > MMU_PAGE_SIZE ||
        !mmu_data_hit(mmu, linear, kind != TRACE_READ))
        return false;
    if (kind == TRACE_MODIFY)
        mmu->counts.lookups++; /* the read's; it leaves in the TLB what the
                                  write's does */
    return true;
}

/* Goes on as long as all hits: most blocks are done then. */
static void go_on_hitting(struct run *run)
{
    const struct trace_shape *shape = run->block->shape;
    struct mmu *mmu = run->mmu;
    uint32_t fetched = run->fetched;
    uint32_t slot = 0;
    struct mmu_entry code;

    if (!mmu_code_entry(mmu, place(run, shape->linear), &code))
        return;
    for (; slot < shape->slot_count; slot++) {
        const struct trace_slot access = shape->slots[slot];

        if (access.insn >= fetched) {
            mmu_tlb_use(code.tlb, code.index);
            fetched = access.insn + 1u;
        }
        if (!hit_plainly(mmu, access, place(run, run->block->addresses[slot])))
            break;
    }
    if (slot == shape->slot_count && fetched < shape->insn_count) {
        mmu_tlb_use(code.tlb, code.index);
        fetched = shape->insn_count;
    }
    mmu->counts.lookups += fetched - run->fetched;
    mmu->counts.fetches += fetched - run->fetched;
    run->fetched = fetched;
    run->slot = slot;
}

/* Back to the begin of the instruction that was refused. */
static struct replay_fault go_back(struct run *run,
                                   const struct mmu_fault *fault)
{
    const struct trace_shape *shape = run->block->shape;
    struct replay_fault found = {.fault = *fault};
    uint32_t index = run->fetched;

    if (run->slot < shape->slot_count &&
        shape->slots[run->slot].insn < run->fetched)
        index = shape->slots[run->slot].insn;
    if (shape->insn_count != 0) {
        while (run->slot > 0 && shape->slots[run->slot - 1].insn >= index)
            run->slot--;
        run->fetched = index;
        if (shape->code != NULL) {
            found.code = shape->code + shape->insns[index].offset;
            found.code_bytes = shape->insns[index].bytes;
        }
        found.eip = insn_linear(run, index);
    }
    run->held = false;
    return found;
}

bool replay_block(struct replay_state *replay, const struct trace_block *block)
{
    const struct trace_shape *shape = block->shape;
    bool in_page = shape->insn_count != 0 &&
                   same_page(shape->linear, shape->linear + (shape->bytes - 1));
    struct run run = {.replay = replay,
                      .mmu = cpu_mmu(replay->kernel->machine.cpu),
                      .block = block,
                      .fold = replay->touch,
                      .fetched = shape->again};
    uint32_t faults_left = 2 * (shape->insn_count + 2u * shape->slot_count) + 2;
    struct mmu_fault fault;

    if (in_page && run.mmu->observer == NULL)
        go_on_hitting(&run);
    if (run.fetched == shape->insn_count && run.slot == shape->slot_count)
        return true;
    while (!go_on(&run, in_page, &fault)) {
        const struct replay_fault found = go_back(&run, &fault);

        if (faults_left-- == 0)
            return false;
        if (!replay_serve(replay, &found))
            return false;
    }
    return true;
}
