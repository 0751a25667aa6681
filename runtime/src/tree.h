/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tree.h
 * What table.c does with whole trees, for every format. Not installed.
 */
#ifndef AXAS_TREE_H
#define AXAS_TREE_H

#include <axas/codec.h>
#include <axas/walk.h>

/** Between the byte order of the entries and the CPU's. */
static inline uint64_t axas_tree_in_order(const struct axas_format *format, uint64_t entry)
{
    if (AXAS_LIKELY(format->big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))) {
        return entry;
    }
    return format->entry_bytes == 4 ? __builtin_bswap32((uint32_t)entry) : __builtin_bswap64(entry);
}

/** A CPU that cannot move 8 bytes at once has no format with entries of 8 (axas_table_init), and no code for
 *  them. */
#define AXAS_TREE_IS_WIDE(format) (AXAS_CPU_MOVES_8_BYTES && AXAS_LIKELY((format)->entry_bytes == 8))

/** What is at `slot`, in the order of its bytes. */
static AXAS_INLINE uint64_t axas_tree_load_raw(const void *slot, bool wide)
{
    return AXAS_CPU_MOVES_8_BYTES && wide ? AXAS_LOAD_LINK((const uint64_t *)slot)
                                          : AXAS_LOAD_LINK((const uint32_t *)slot);
}

/** The entry at `slot`. */
static inline uint64_t axas_tree_load(const struct axas_format *format, const void *slot)
{
    return axas_tree_in_order(format, axas_tree_load_raw(slot, AXAS_TREE_IS_WIDE(format)));
}

/** The slot `index` entries behind one; before it if that is negative as a signed number. */
static inline void *axas_tree_behind(const struct axas_format *format, const void *slot, uint64_t index)
{
    return (void *)((uintptr_t)slot + (uintptr_t)index * format->entry_bytes);
}

/** The root's entry for gpa. */
static inline void *axas_tree_root_slot(const struct axas_table *table, uint64_t gpa)
{
    const struct axas_format *format = table->format;
    return axas_tree_behind(format, table->root, gpa >> format->shape[table->root_level].shift);
}

/** The flags that an access makes the CPU set in a leaf. */
static inline uint64_t axas_tree_flags_of(const struct axas_shape *shape, bool write)
{
    return shape->accessed | (write ? shape->dirty : 0);
}

/** axas_table_after_fault, where there is anything to do. *what: zeroed, or what the same table was told
 * last, so that only the address and the identifier are stored; a whole copy for each fault is stores that
 * the next fault's swap waits for. */
static AXAS_INLINE void axas_tree_forget_fault(const struct axas_table *table, uint64_t gpa,
                                               struct axas_invalidation *what)
{
    if (AXAS_UNLIKELY(what->format == NULL)) {
        *what = table->page_faulted;
    }
    what->vmid = table->vmid;
    what->gpa.raw = table->page_faulted.gpa.raw & gpa;
    table->hal->invalidate(table->hal->context, what);
}

/** What a range is about to go through: to be mapped, or to be emptied or given another code. */
struct axas_count_request {
    const struct axas_table *table;
    bool maps;
    uint64_t distance; /**< from guest to host addresses, for what is mapped */
    uint64_t sizes;    /**< of leaves that may be; UINT64_MAX: all */
    uint32_t *need;    /**< by level: tables that it takes */
};

struct axas_visit_request {
    const struct axas_table *table;
    axas_visit_fn *visit;
    void *context;
};

/*
 * Below, `slot` is the entry for gpa in a table of `level` that [gpa, last] does not leave. A function calls
 * itself for the tables below, so calls nest as deep as the tree.
 */

/** Exclusive. Adds to plan->need[level] the tables that map would take: AXAS_ERR_EXISTS if anything but holes
 *  is in the range. Or else those for splitting the leaves that cross the ends of the range, and those inside
 *  it that are larger than plan->sizes allows. AXAS_ERR_CORRUPT. Changes nothing. */
enum axas_status axas_tree_count(const struct axas_count_request *plan, const void *slot, unsigned level,
                                 uint64_t gpa, uint64_t last);
/** The same for one page that is to be emptied or given another code: a table at each level below the leaf
 * that it is a part of. Gives where the walk ended in *start. */
enum axas_status axas_tree_count_page(const struct axas_table *table, uint64_t gpa, uint32_t *need,
                                      struct axas_walk_start *start);
/** Exclusive. Splits the leaf in at->slot of at->level down to the page at gpa, and leaves there where the
 * walk to it ends now. What is empty or of a contiguous group is left as it is. True if the page has its code
 * already: it is given that before its table is linked, unless that takes a break. */
bool axas_tree_split_to_page(const struct axas_change_request *what, struct axas_walk_start *at,
                             uint64_t gpa);
/** Exclusive. Empties one entry of the last level; false, and nothing was done, if it is no leaf by itself or
 *  the last that its table holds. */
bool axas_tree_clear_page(struct axas_table *table, void *slot, uint64_t gpa, struct axas_gather *gather);
/** The same for the page at gpa, from the root on and without a gather: nothing hangs on its memory, and the
 *  caller invalidates (AXAS_CHANGE_REMOVE_LEAF). */
bool axas_tree_remove_page(struct axas_table *table, uint64_t gpa);
/** Shared. Calls visit for each leaf and held leaf that touches the range, in order; false if stopped. */
bool axas_tree_visit(const struct axas_visit_request *what, const void *slot, unsigned level, uint64_t gpa,
                     uint64_t last);
/** Exclusive. How far a removal of [gpa, last] gets when it gathers no more than *items pieces: the last
 * address, gpa - 1 if nowhere. `released`: leaves are gathered too, as something hangs on their memory. Takes
 * what it gathers off *items. */
uint64_t axas_tree_reach(const struct axas_table *table, uint64_t gpa, uint64_t last, bool released,
                         unsigned *items);
/** Empties the entries of a table of `level` that nothing has seen yet. */
void axas_tree_make_empty(const struct axas_table *table, void *entries, unsigned level, uint64_t count);
/** Frees all below the entries of [gpa, last] in a table of `level`, already unlinked and invalidated, the
 * first of which is *slot; leaves are wholly in it. Calls release (if not NULL) for each leaf's memory. */
void axas_tree_free_range(struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                          uint64_t last, axas_release_fn *release, void *context);
/** Shared. Puts one leaf of 1 << level's shift bytes where nothing is, taking missing tables from `pool`;
 *  linked by one compare-and-swap, then announced. AXAS_ERR_EXISTS: something is there (or smaller leaves
 *  below); AXAS_ERR_NO_MEMORY: the pool lacks a table, or table_limit is reached. Both change nothing. */
enum axas_status axas_tree_install(struct axas_table *table, uint64_t gpa, uint64_t hpa, unsigned level,
                                   const struct axas_leaf_code *code, struct axas_pool *pool);
/** Shared. What the leaf of a contiguous group at gpa would be by itself: its own address is in it, and
 *  accessed and dirty if any leaf of the group is. */
uint64_t axas_tree_alone(const struct axas_table *table, uint64_t gpa);

#endif
