/* logrow.c: see logrow.h. */
#include "log/logrow.h"

static const char *const names[ROW_KINDS] = {
    [ROW_DEMAND_ZERO] = "demand_zero",
    [ROW_FILE] = "file",
    [ROW_COW_COPY] = "cow_copy",
    [ROW_COW_REUSE] = "cow_reuse",
    [ROW_SEGV] = "segv",
    [ROW_OOM] = "oom",
    [ROW_ZERO_FILL] = "zero_fill",
    [ROW_COPY] = "copy",
    [ROW_TAKEOVER] = "takeover",
    [ROW_FORK] = "fork",
    [ROW_FORK_COPY] = "fork_copy",
    [ROW_FORK_SHARE] = "fork_share",
    [ROW_EXEC] = "exec",
    [ROW_EXIT] = "exit",
    [ROW_KILL] = "kill",
    [ROW_MAP] = "map",
    [ROW_UNMAP] = "unmap",
    [ROW_PROTECT] = "protect",
    [ROW_FLUSH] = "flush",
    [ROW_INVALIDATE] = "invalidate",
};

const char *log_row_name(enum log_row_kind kind)
{
    return names[kind];
}

#define OF_ALL                                                                \
    (1u << COLUMN_SEQUENCE | 1u << COLUMN_CYCLE | 1u << COLUMN_INSTRUCTIONS | \
     1u << COLUMN_PID | 1u << COLUMN_KIND | 1u << COLUMN_EIP |                \
     1u << COLUMN_IN_KERNEL)
#define OF_PAGES                                              \
    (OF_ALL | 1u << COLUMN_LINEAR | 1u << COLUMN_PDE_BEFORE | \
     1u << COLUMN_PDE_AFTER | 1u << COLUMN_PTE_BEFORE |       \
     1u << COLUMN_PTE_AFTER | 1u << COLUMN_FRAME_BEFORE |     \
     1u << COLUMN_FRAME_AFTER | 1u << COLUMN_REFS_BEFORE |    \
     1u << COLUMN_REFS_AFTER | 1u << COLUMN_CONTENT)
#define OF_FAULTS                                             \
    (OF_PAGES | 1u << COLUMN_ERROR_CODE | 1u << COLUMN_INSN | \
     1u << COLUMN_MAPPING)
#define OF_VALUES (OF_ALL | 1u << COLUMN_VALUE)

uint32_t log_row_columns(enum log_row_kind kind)
{
    switch (kind) {
    case ROW_DEMAND_ZERO:
    case ROW_FILE:
    case ROW_COW_COPY:
    case ROW_COW_REUSE:
    case ROW_SEGV:
    case ROW_OOM:
        return OF_FAULTS;
    case ROW_FORK_COPY:
    case ROW_FORK_SHARE:
        return OF_PAGES | 1u << COLUMN_VALUE;
    case ROW_FORK:
    case ROW_EXIT:
    case ROW_KILL:
    case ROW_FLUSH:
        return OF_VALUES;
    case ROW_EXEC:
        return OF_ALL;
    case ROW_INVALIDATE:
        return OF_ALL | 1u << COLUMN_LINEAR;
    default:
        return OF_PAGES;
    }
}

void log_row_cell(const struct log_row *row, enum log_column column,
                  struct logcell *cell)
{
    const struct mmu_event *event = &row->event;

    cell->kind = LOGCELL_INT;
    switch (column) {
    case COLUMN_SEQUENCE:
        cell->value = (int64_t)event->sequence;
        break;
    case COLUMN_CYCLE:
        cell->value = (int64_t)event->cycle;
        break;
    case COLUMN_INSTRUCTIONS:
        cell->value = (int64_t)event->instructions;
        break;
    case COLUMN_PID:
        cell->value = event->pid;
        break;
    case COLUMN_KIND:
        cell->value = row->kind;
        break;
    case COLUMN_LINEAR:
        cell->value = event->linear;
        break;
    case COLUMN_ERROR_CODE:
        cell->value = event->error;
        break;
    case COLUMN_EIP:
        cell->value = event->eip;
        break;
    case COLUMN_INSN:
        cell->kind = row->code_bytes == 0 ? LOGCELL_NULL : LOGCELL_BLOB;
        cell->bytes = row->code;
        cell->byte_count = row->code_bytes;
        break;
    case COLUMN_PDE_BEFORE:
        cell->value = event->pde_before;
        break;
    case COLUMN_PDE_AFTER:
        cell->value = event->pde_after;
        break;
    case COLUMN_PTE_BEFORE:
        cell->value = event->pte_before;
        break;
    case COLUMN_PTE_AFTER:
        cell->value = event->pte_after;
        break;
    case COLUMN_FRAME_BEFORE:
        cell->kind = event->frame_before == 0 ? LOGCELL_NULL : LOGCELL_INT;
        cell->value = event->frame_before;
        break;
    case COLUMN_FRAME_AFTER:
        cell->kind = event->frame_after == 0 ? LOGCELL_NULL : LOGCELL_INT;
        cell->value = event->frame_after;
        break;
    case COLUMN_REFS_BEFORE:
        cell->value = event->refs_before;
        break;
    case COLUMN_REFS_AFTER:
        cell->value = event->refs_after;
        break;
    case COLUMN_IN_KERNEL:
        cell->value = event->in_kernel;
        break;
    case COLUMN_VALUE:
        cell->value = event->value;
        break;
    case COLUMN_MAPPING:
        cell->kind = row->mapping == 0 ? LOGCELL_NULL : LOGCELL_INT;
        cell->value = row->mapping;
        break;
    case COLUMN_CONTENT:
        cell->kind = row->has_content ? LOGCELL_INT : LOGCELL_NULL;
        cell->value = (int64_t)row->content;
        break;
    }
}
