/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to tables as a whole, or so seldom that a copy for each format would be more code than it
 * saves time: they are made, linked, put in place of a leaf, counted, visited, freed; contiguous groups are
 * taken apart; leaves are broken. Entries are read and written by what the format's description says of them.
 */
#include <axas/codec.h>
#include <axas/table.h>

#include "format_internal.h"
#include "tree.h"

/* Entries; where they are raw, in the order of their bytes. */

static AXAS_INLINE void store_raw(void *slot, uint64_t raw, bool wide)
{
    if (AXAS_CPU_MOVES_8_BYTES && wide) {
        AXAS_STORE_LINK((uint64_t *)slot, raw);
    } else {
        AXAS_STORE_LINK((uint32_t *)slot, (uint32_t)raw);
    }
}

static void store(const struct axas_format *format, void *slot, uint64_t entry)
{
    store_raw(slot, axas_tree_in_order(format, entry), AXAS_TREE_IS_WIDE(format));
}

/* Empties *slot and gives what was there last: `exchanges` if the CPU may be setting bits in it. */
static AXAS_INLINE uint64_t take_raw(void *slot, uint64_t empty, bool wide, bool exchanges)
{
    if (exchanges) {
        return AXAS_CPU_MOVES_8_BYTES && wide ? AXAS_EXCHANGE((uint64_t *)slot, empty)
                                              : AXAS_EXCHANGE((uint32_t *)slot, (uint32_t)empty);
    }
    const uint64_t entry = axas_tree_load_raw(slot, wide);
    store_raw(slot, empty, wide);
    return entry;
}

static inline uint64_t take(const struct axas_table *table, void *slot, uint64_t empty)
{
    const struct axas_format *format = table->format;
    return axas_tree_in_order(format, take_raw(slot, axas_tree_in_order(format, empty),
                                               AXAS_TREE_IS_WIDE(format), table->hardware_updates));
}

/* True if *slot was *expected and now is `entry`; else *expected is what *slot holds. */
static bool compare_exchange(const struct axas_format *format, void *slot, uint64_t *expected, uint64_t entry)
{
    uint64_t wide = axas_tree_in_order(format, *expected), raw = axas_tree_in_order(format, entry);
    uint32_t narrow = (uint32_t)wide;
    bool done;
    if (AXAS_TREE_IS_WIDE(format)) {
        done = AXAS_COMPARE_EXCHANGE((uint64_t *)slot, &wide, raw);
    } else {
        done = AXAS_COMPARE_EXCHANGE((uint32_t *)slot, &narrow, (uint32_t)raw);
        wide = narrow;
    }
    *expected = axas_tree_in_order(format, wide);
    return done;
}

static void set_bits(const struct axas_format *format, void *slot, uint64_t bits)
{
    const uint64_t raw = axas_tree_in_order(format, bits);
    if (AXAS_TREE_IS_WIDE(format)) {
        AXAS_SET_BITS((uint64_t *)slot, raw);
    } else {
        AXAS_SET_BITS((uint32_t *)slot, (uint32_t)raw);
    }
}

/* Tables */

static uint64_t index_in(const struct axas_shape *shape, uint64_t gpa)
{
    return (gpa >> shape->shift) & (shape->entries - 1);
}

static void written(const struct axas_table *table, const void *slot, uint64_t count)
{
    axas_walk_written(table, slot, count * table->format->entry_bytes);
}

/* The entry for gpa in the table behind an entry of `level`. */
static void *child_slot(const struct axas_table *table, unsigned level, uint64_t entry, uint64_t gpa)
{
    const struct axas_format *format = table->format;
    void *child = axas_walk_virt(table, format->entry_hpa(level, entry));
    return axas_tree_behind(format, child, index_in(&format->shape[level + 1], gpa));
}

static enum axas_entry_kind kind_of(const struct axas_format *format, unsigned level, uint64_t entry)
{
    return entry == format->shape[level].empty ? AXAS_ENTRY_EMPTY : format->entry_kind(level, entry);
}

static bool is_memory(enum axas_entry_kind kind)
{
    return kind == AXAS_ENTRY_LEAF || kind == AXAS_ENTRY_HELD;
}

void *axas_walk_find(const struct axas_table *table, uint64_t gpa, unsigned *level, uint64_t *found)
{
    const struct axas_format *format = table->format;
    unsigned at = table->root_level;
    void *slot = axas_tree_root_slot(table, gpa);
    while (kind_of(format, at, *found = axas_tree_load(format, slot)) == AXAS_ENTRY_TABLE) {
        slot = child_slot(table, at, *found, gpa);
        at++;
    }
    *level = at;
    return slot;
}

void axas_walk_repeat(const struct axas_format *format, void *slot, uint64_t count, uint64_t entry)
{
    const uint64_t raw = axas_tree_in_order(format, entry);
    if (AXAS_TREE_IS_WIDE(format)) {
        uint64_t *at = slot;
        for (; count >= 4; count -= 4, at += 4) {
            AXAS_STORE(at, raw);
            AXAS_STORE(at + 1, raw);
            AXAS_STORE(at + 2, raw);
            AXAS_STORE(at + 3, raw);
        }
        for (; count > 0; count--, at++) {
            AXAS_STORE(at, raw);
        }
    } else {
        for (uint32_t *at = slot; count > 0; count--, at++) {
            AXAS_STORE(at, (uint32_t)raw);
        }
    }
}

/*
 * Exclusive, both. Entries as they are in memory: how many of `count` look like that in the bits of
 * `compared`, eight at a time, and whether all hold that; an entry that holds nothing is mostly 0. Nobody
 * writes meanwhile but the CPU where there is something, so plain loads do, which a compiler takes as
 * operands.
 */
#define EIGHTS_ALIKE(name, type)                                                               \
    static uint64_t name(const type *at, uint64_t count, type raw, type compared)              \
    {                                                                                          \
        const type *const from = at, *const end = at + count / 8 * 8;                          \
        while (at != end && (((at[0] ^ raw) | (at[1] ^ raw) | (at[2] ^ raw) | (at[3] ^ raw) |  \
                              (at[4] ^ raw) | (at[5] ^ raw) | (at[6] ^ raw) | (at[7] ^ raw)) & \
                             compared) == 0) {                                                 \
            axas_walk_ahead(at + AXAS_AHEAD);                                                  \
            at += 8;                                                                           \
        }                                                                                      \
        return (uint64_t)(at - from);                                                          \
    }
EIGHTS_ALIKE(eights_wide, uint64_t)
EIGHTS_ALIKE(eights_narrow, uint32_t)

#define ALL_HOLD(name, type, eights_alike)                                                                 \
    static bool name(const type *at, uint64_t count, type raw)                                             \
    {                                                                                                      \
        const type *const end = at + count, *const eights = at + count / 8 * 8;                            \
        if (raw == 0) {                                                                                    \
            while (at != eights && (at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) == 0) { \
                axas_walk_ahead(at + AXAS_AHEAD);                                                          \
                at += 8;                                                                                   \
            }                                                                                              \
        } else {                                                                                           \
            at += eights_alike(at, count, raw, (type)UINT64_MAX);                                          \
        }                                                                                                  \
        while (at != end && *at == raw) {                                                                  \
            at++;                                                                                          \
        }                                                                                                  \
        return at == end;                                                                                  \
    }
ALL_HOLD(all_wide, uint64_t, eights_wide)
ALL_HOLD(all_narrow, uint32_t, eights_narrow)

static bool all_are(const struct axas_format *format, const void *slot, uint64_t count, uint64_t entry)
{
    const uint64_t raw = axas_tree_in_order(format, entry);
    return AXAS_TREE_IS_WIDE(format) ? all_wide(slot, count, raw) : all_narrow(slot, count, (uint32_t)raw);
}

/* From so many entries on a string instruction has made up for its start. */
#define STRING_ENTRIES 64u

/*
 * Empties `count` entries of a table that nothing links yet. x86 has an instruction that stores whole lines;
 * how it orders and divides its stores is nobody's business before the link, which it is not reordered with
 * (Intel SDM volume 3, "Fast-String Operation and Out-of-Order Stores").
 */
static void empty_unlinked(const struct axas_format *format, void *slot, uint64_t count, uint64_t empty)
{
#ifdef __x86_64__
    if (!AXAS_STORES_ARE_WATCHED && count >= STRING_ENTRIES) {
        const uint64_t raw = axas_tree_in_order(format, empty);
        if (AXAS_TREE_IS_WIDE(format)) {
            __asm__ volatile("rep stosq" : "+D"(slot), "+c"(count) : "a"(raw) : "memory");
        } else {
            __asm__ volatile("rep stosl" : "+D"(slot), "+c"(count) : "a"((uint32_t)raw) : "memory");
        }
        return;
    }
#endif
    axas_walk_repeat(format, slot, count, empty);
}

void axas_tree_make_empty(const struct axas_table *table, void *entries, unsigned level, uint64_t count)
{
    empty_unlinked(table->format, entries, count, table->format->shape[level].empty);
    written(table, entries, count);
}

void *axas_walk_new_table(const struct axas_table *table, struct axas_pool *pool, unsigned level,
                          uint64_t gpa, uint64_t last)
{
    const struct axas_format *format = table->format;
    const struct axas_shape *shape = &format->shape[level];
    void *made = pool != NULL ? axas_pool_take(pool, level) : axas_walk_take_frame(table, level);
    const uint64_t first = index_in(shape, gpa), after = index_in(shape, last) + 1;
    if (made != NULL) {
        empty_unlinked(format, made, first, shape->empty);
        empty_unlinked(format, axas_tree_behind(format, made, after), shape->entries - after, shape->empty);
    }
    return made;
}

void axas_walk_link(struct axas_table *table, void *slot, unsigned level, const void *child)
{
    const struct axas_format *format = table->format;
    written(table, child, format->shape[level + 1].entries);
    store(format, slot, format->table_make(level, axas_walk_phys(table, child)));
    axas_walk_linked(table, 1);
}

void axas_walk_unlink(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                      uint64_t last)
{
    struct axas_table *const table = what->table;
    const struct axas_format *format = table->format;
    const uint64_t entry = axas_tree_load(format, slot), offset = format->shape[level].span - 1;
    axas_walk_forget_leaf_table(table);
    store(format, slot, format->shape[level].empty);
    written(table, slot, 1);
    /* A CPU may remember of the table that it is there for each address that it could lead to. */
    axas_gather_note(what->gather, &table->change[AXAS_CHANGE_REMOVE_TABLE], gpa & ~offset, gpa | offset,
                     table->page_size);
    axas_gather_table(table, what->gather, gpa, last, entry, level);
}

/* Whether a table is empty but for the entries of [gpa, last], the first of which is *slot. */
static bool empty_outside(const struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                          uint64_t last)
{
    const struct axas_format *format = table->format;
    const struct axas_shape *shape = &format->shape[level];
    const uint64_t first = index_in(shape, gpa), after = index_in(shape, last) + 1;
    const void *entries = axas_tree_behind(format, slot, 0 - first);
    return all_are(format, entries, first, shape->empty) &&
           all_are(format, axas_tree_behind(format, entries, after), shape->entries - after, shape->empty);
}

/* How many of `count` entries, from the first on, which is `entry`, look like that but for the bits of
 * `keep`; it may be more. */
static uint64_t alike(const struct axas_format *format, const void *slot, uint64_t count, uint64_t entry,
                      uint64_t keep)
{
    const uint64_t raw = axas_tree_in_order(format, entry), compared = axas_tree_in_order(format, ~keep);
    const uint64_t found = AXAS_TREE_IS_WIDE(format)
                               ? eights_wide(slot, count, raw, compared)
                               : eights_narrow(slot, count, (uint32_t)raw, (uint32_t)compared);
    return found != 0 ? found : 1;
}

/* Whether `count` entries of the last level are leaves or empty. Most of them look like the one before. */
static bool all_ours(const struct axas_format *format, const void *slot, uint64_t count)
{
    const unsigned level = axas_last_level(format);
    const struct axas_shape *shape = &format->shape[level];
    uint64_t seen = 0;
    bool known = false;
    while (count > 0) {
        const uint64_t entry = axas_tree_load(format, slot);
        if (entry != shape->empty && (!known || (entry & ~shape->keep) != seen)) {
            if (!is_memory(format->entry_kind(level, entry))) {
                return false;
            }
            seen = entry & ~shape->keep;
            known = true;
        }
        const uint64_t same = alike(format, slot, count, entry, entry == shape->empty ? 0 : shape->keep);
        count -= same;
        slot = axas_tree_behind(format, slot, same);
    }
    return true;
}

/* An entry of which [gpa, last] is a part: is there nothing in the rest of it? */
static bool holds_only(const struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                       uint64_t last)
{
    const struct axas_format *format = table->format;
    const uint64_t entry = axas_tree_load(format, slot);
    const enum axas_entry_kind kind = kind_of(format, level, entry);
    return last - gpa == format->shape[level].span - 1 || kind == AXAS_ENTRY_EMPTY ||
           (kind == AXAS_ENTRY_TABLE &&
            axas_walk_holds_only(table, child_slot(table, level, entry, gpa), level + 1, gpa, last));
}

bool axas_walk_holds_only(const struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                          uint64_t last)
{
    const struct axas_shape *shape = &table->format->shape[level];
    const uint64_t offset = shape->span - 1, end = gpa | offset;
    const uint64_t behind = (last >> shape->shift) - (gpa >> shape->shift);
    if (!empty_outside(table, slot, level, gpa, last)) {
        return false;
    }
    if (level == axas_last_level(table->format)) {
        return all_ours(table->format, slot, behind + 1);
    }
    if (behind == 0) {
        return holds_only(table, slot, level, gpa, last);
    }
    return holds_only(table, slot, level, gpa, end) &&
           holds_only(table, axas_tree_behind(table->format, slot, behind), level, last & ~offset, last);
}

const struct axas_transition *axas_walk_known_change(const struct axas_change_request *what, unsigned level,
                                                     uint64_t entry, uint64_t seen)
{
    struct axas_known_change *known = what->known;
    if (known->change == NULL || known->seen != seen || known->level != level) {
        if (!is_memory(what->table->format->entry_kind(level, entry))) {
            return NULL;
        }
        known->change = axas_walk_change_of(what->table, level, entry, what->code->attr);
        known->seen = seen;
        known->level = level;
    }
    return known->change;
}

/*
 * Gives the page at gpa its code in the table `child` that nothing links yet. False, and nothing was done, if
 * CPUs would have to forget first the leaf that it takes the place of, and have not.
 */
static bool recode_unlinked(const struct axas_change_request *what, void *child, uint64_t gpa, bool forgotten)
{
    const struct axas_format *format = what->table->format;
    const unsigned level = axas_last_level(format);
    const struct axas_shape *shape = &format->shape[level];
    const uint64_t tells = axas_written_in(what->table, shape);
    const uint64_t keep = shape->keep | ((what->code->attr & AXAS_WRITE) != 0 ? tells : 0);
    const uint64_t set = what->code->at[level] & ~keep;
    void *slot = axas_tree_behind(format, child, index_in(shape, gpa));
    const uint64_t entry = axas_tree_load(format, slot), seen = entry & ~keep;
    if (!forgotten && seen != set) {
        const struct axas_transition *change = axas_walk_known_change(what, level, entry, seen);
        if (change->breaks) {
            return false;
        }
        axas_gather_note(what->gather, change, gpa, gpa + (shape->span - 1), shape->span);
    }
    store(format, slot, axas_recoded(entry, keep, set, tells & ~keep, shape->dirty));
    return true;
}

/* axas_walk_split; with *gives the page at gpa changes alone and is given its code, or *gives becomes false.
 */
static AXAS_INLINE void *split(const struct axas_change_request *what, void *slot, unsigned level,
                               uint64_t gpa, uint64_t last, bool *gives)
{
    struct axas_table *const table = what->table;
    const struct axas_format *format = table->format;
    const struct axas_transition *change = &table->change[AXAS_CHANGE_SPLIT];
    const uint64_t span = format->shape[level].span, start = gpa & ~(span - 1);
    void *child = axas_pool_take(&table->pool, level + 1);
    if (child == NULL) {
        return NULL;
    }
    uint64_t entry = axas_tree_load(format, slot), there = entry;
    const uint64_t link = format->table_make(level, axas_walk_phys(table, child));
    const bool breaks = change->breaks && format->entry_kind(level, entry) == AXAS_ENTRY_LEAF;
    if (breaks) {
        there = format->shape[level].empty;
        entry = take(table, slot, there);
        written(table, slot, 1);
        axas_walk_invalidate(table, change, start, span, span);
        change = &table->change[AXAS_CHANGE_MAKE];
    }
    for (;;) {
        table->mode->divide(what, child, level, gpa, last, entry);
        *gives = *gives && recode_unlinked(what, child, gpa, breaks);
        written(table, child, format->shape[level + 1].entries);
        if (compare_exchange(format, slot, &there, link)) {
            break;
        }
        entry = there; /* the CPU set a bit in between */
    }
    axas_gather_note(what->gather, change, start, start + (span - 1), table->page_size);
    written(table, slot, 1);
    axas_walk_linked(table, 1);
    return child;
}

void *axas_walk_split(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                      uint64_t last)
{
    bool gives = false;
    return split(what, slot, level, gpa, last, &gives);
}

bool axas_tree_split_to_page(const struct axas_change_request *what, struct axas_walk_start *at, uint64_t gpa)
{
    const struct axas_format *format = what->table->format;
    const unsigned bottom = axas_last_level(format);
    const uint64_t last = gpa | (what->table->page_size - 1);
    bool gives = false;
    while (at->level < bottom) {
        const struct axas_shape *shape = &format->shape[at->level];
        const uint64_t entry = axas_tree_load(format, at->slot);
        if (entry == shape->empty || axas_in_group(shape, entry)) {
            break;
        }
        gives = at->level + 1 == bottom;
        void *child = split(what, at->slot, at->level, gpa, last, &gives);
        AXAS_ASSERT(child != NULL); /* need counted it */
        at->level++;
        at->slot = axas_tree_behind(format, child, index_in(&format->shape[at->level], gpa));
    }
    return gives;
}

/* Ranges */

/* Adds to plan->need the tables that [gpa, last] takes below a table of `level`, which is counted already and
 * has nothing below it, when leaves of the plan's sizes and distance cover it. */
static void count_below(const struct axas_count_request *plan, unsigned level, uint64_t gpa, uint64_t last)
{
    const struct axas_format *format = plan->table->format;
    for (; level < axas_last_level(format); level++) {
        unsigned shift = format->shape[level].shift;
        uint64_t span = format->shape[level].span;
        bool low = (gpa & (span - 1)) != 0, high = (~last & (span - 1)) != 0;
        if ((plan->sizes & span) == 0 || (plan->distance & (span - 1)) != 0) {
            axas_walk_add_need(&plan->need[level + 1], (last >> shift) - (gpa >> shift) + 1);
        } else if (low && high && gpa >> shift != last >> shift) {
            /* Leaves but for a part at each end. */
            axas_walk_add_need(&plan->need[level + 1], 2);
            count_below(plan, level + 1, gpa, gpa | (span - 1));
            gpa = last & ~(span - 1);
        } else if (low || high) {
            axas_walk_add_need(&plan->need[level + 1], 1);
            if (gpa >> shift != last >> shift) {
                gpa = high ? last & ~(span - 1) : gpa;
                last = low ? gpa | (span - 1) : last;
            }
        } else {
            return;
        }
    }
}

enum axas_status axas_tree_count(const struct axas_count_request *plan, const void *slot, unsigned level,
                                 uint64_t gpa, uint64_t last)
{
    const struct axas_format *format = plan->table->format;
    const struct axas_shape *shape = &format->shape[level];
    const uint64_t offset = shape->span - 1;
    const unsigned bottom = axas_last_level(format);
    if (level == bottom && !plan->maps) {
        return AXAS_OK;
    }
    for (;; slot = axas_tree_behind(format, slot, 1)) {
        const uint64_t end = gpa | offset;
        const uint64_t stop = end < last ? end : last;
        const bool whole = (gpa & offset) == 0 && stop == end;
        const bool fits = whole && (plan->sizes & (offset + 1)) != 0 && (plan->distance & offset) == 0;
        if (plan->maps && (level == bottom || fits)) {
            /* A leaf goes here, and into those after it as far as the range goes. */
            const uint64_t count = (last - gpa + 1) >> shape->shift;
            if (!all_are(format, slot, count, shape->empty)) {
                return AXAS_ERR_EXISTS;
            }
            gpa += count << shape->shift;
            if (gpa - 1 == last) {
                return AXAS_OK;
            }
            slot = axas_tree_behind(format, slot, count - 1);
            continue;
        }
        const uint64_t entry = axas_tree_load(format, slot);
        const enum axas_entry_kind kind = kind_of(format, level, entry);
        if (plan->maps ? kind != AXAS_ENTRY_EMPTY && kind != AXAS_ENTRY_TABLE : kind == AXAS_ENTRY_BAD) {
            return plan->maps ? AXAS_ERR_EXISTS : AXAS_ERR_CORRUPT;
        }
        if (kind == AXAS_ENTRY_TABLE) {
            if (plan->maps || (level + 1 != bottom && (!whole || plan->sizes != UINT64_MAX))) {
                const void *below = child_slot(plan->table, level, entry, gpa);
                const enum axas_status status = axas_tree_count(plan, below, level + 1, gpa, stop);
                if (status != AXAS_OK) {
                    return status;
                }
            }
        } else if (plan->maps || (!fits && kind != AXAS_ENTRY_EMPTY)) {
            axas_walk_add_need(&plan->need[level + 1], 1);
            count_below(plan, level + 1, gpa, stop);
        }
        if (stop == last) {
            return AXAS_OK;
        }
        gpa = stop + 1;
    }
}

enum axas_status axas_tree_count_page(const struct axas_table *table, uint64_t gpa, uint32_t *need,
                                      struct axas_walk_start *start)
{
    const struct axas_format *format = table->format;
    unsigned level;
    uint64_t entry;
    void *slot = table->mode->find(table, gpa, &level, &entry);
    start->slot = slot;
    start->level = level;
    if (level == axas_last_level(format) || entry == format->shape[level].empty) {
        return AXAS_OK;
    }
    if (format->entry_kind(level, entry) == AXAS_ENTRY_BAD) {
        return AXAS_ERR_CORRUPT;
    }
    while (level < axas_last_level(format)) {
        need[++level]++;
    }
    return AXAS_OK;
}

/* Empties the entry *slot of the last level, for gpa, which holds *entry, and gives what it was then; false,
 * and nothing was done, if it is no leaf by itself or the last that its table holds. */
static AXAS_INLINE bool take_page(const struct axas_table *table, void *slot, uint64_t gpa, uint64_t *entry)
{
    const struct axas_format *format = table->format;
    const unsigned level = axas_last_level(format);
    const struct axas_shape *shape = &format->shape[level];
    if (!is_memory(format->entry_kind(level, *entry)) || axas_in_group(shape, *entry)) {
        return false;
    }
    /* Mostly the one before it tells that the table stays, which is in a line that was just read. */
    if ((index_in(shape, gpa) == 0 ||
         axas_tree_load(format, axas_tree_behind(format, slot, UINT64_MAX)) == shape->empty) &&
        empty_outside(table, slot, level, gpa, gpa)) {
        return false;
    }
    *entry = take(table, slot, shape->empty);
    written(table, slot, 1);
    return true;
}

bool axas_tree_clear_page(struct axas_table *table, void *slot, uint64_t gpa, struct axas_gather *gather)
{
    const struct axas_format *format = table->format;
    const unsigned level = axas_last_level(format);
    const uint64_t span = format->shape[level].span;
    uint64_t entry = axas_tree_load(format, slot);
    if (!take_page(table, slot, gpa, &entry)) {
        return false;
    }
    axas_gather_note(gather, &table->change[AXAS_CHANGE_REMOVE_LEAF], gpa, gpa + (span - 1), span);
    if (gather->release != NULL) {
        axas_gather_memory(table, gather, gpa, format->entry_hpa(level, entry), span);
    }
    return true;
}

bool axas_tree_remove_page(struct axas_table *table, uint64_t gpa)
{
    unsigned level;
    uint64_t entry;
    void *slot = table->mode->find(table, gpa, &level, &entry);
    return level == axas_last_level(table->format) && take_page(table, slot, gpa, &entry);
}

/* Calls visit for the entry at gpa if it is a leaf or held leaf; false if visit says stop. */
static bool visit_leaf(const struct axas_visit_request *what, unsigned level, uint64_t entry, uint64_t gpa)
{
    struct axas_leaf leaf;
    return axas_walk_found(what->table, level, entry, gpa, &leaf) != AXAS_OK ||
           what->visit(what->context, &leaf);
}

bool axas_tree_visit(const struct axas_visit_request *what, const void *slot, unsigned level, uint64_t gpa,
                     uint64_t last)
{
    const struct axas_format *format = what->table->format;
    const uint64_t offset = format->shape[level].span - 1;
    for (;; slot = axas_tree_behind(format, slot, 1)) {
        const uint64_t end = gpa | offset;
        const uint64_t stop = end < last ? end : last;
        const uint64_t entry = axas_tree_load(format, slot);
        const enum axas_entry_kind kind = kind_of(format, level, entry);
        if (kind == AXAS_ENTRY_TABLE) {
            const void *below = child_slot(what->table, level, entry, gpa);
            if (!axas_tree_visit(what, below, level + 1, gpa, stop)) {
                return false;
            }
        } else if (kind != AXAS_ENTRY_EMPTY && !visit_leaf(what, level, entry, gpa)) {
            return false;
        }
        if (stop == last) {
            return true;
        }
        gpa = stop + 1;
    }
}

static uint64_t reach(const struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                      uint64_t last, bool released, unsigned *items)
{
    const struct axas_format *format = table->format;
    const struct axas_shape *shape = &format->shape[level];
    bool counted = false;
    for (;;) {
        uint64_t end = gpa | (shape->span - 1);
        const uint64_t entry = axas_tree_load(format, slot);
        const enum axas_entry_kind kind = kind_of(format, level, entry);
        unsigned takes = 0;
        if (is_memory(kind)) {
            /* If not for the memory, for the table: it may be left empty when others have gone before. */
            takes = released || !counted ? 1 : 0;
            counted = true;
            if (axas_in_group(shape, entry)) {
                end = gpa | (shape->group_size - 1); /* memory that adjoins is one piece */
            }
        }
        const uint64_t stop = end < last ? end : last;
        if (kind == AXAS_ENTRY_TABLE) {
            const void *below = child_slot(table, level, entry, gpa);
            if (axas_walk_holds_only(table, below, level + 1, gpa, stop)) {
                takes = 1;
            } else {
                const uint64_t reached = reach(table, below, level + 1, gpa, stop, released, items);
                if (reached != stop) {
                    return reached;
                }
            }
        }
        if (takes > *items) {
            return gpa - 1;
        }
        *items -= takes;
        if (stop == last) {
            return last;
        }
        slot = axas_tree_behind(format, slot, ((stop + 1) >> shape->shift) - (gpa >> shape->shift));
        gpa = stop + 1;
    }
}

uint64_t axas_tree_reach(const struct axas_table *table, uint64_t gpa, uint64_t last, bool released,
                         unsigned *items)
{
    return reach(table, axas_tree_root_slot(table, gpa), table->root_level, gpa, last, released, items);
}

void axas_tree_free_range(struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                          uint64_t last, axas_release_fn *release, void *context)
{
    const struct axas_format *format = table->format;
    const struct axas_shape *shape = &format->shape[level];
    if (level == axas_last_level(format) && release == NULL) {
        return; /* most tables: nothing hangs on what is in them */
    }
    for (;;) {
        const uint64_t entry = axas_tree_load(format, slot);
        const enum axas_entry_kind kind = kind_of(format, level, entry);
        uint64_t same = 1;
        if (kind == AXAS_ENTRY_EMPTY) {
            same = alike(format, slot, (last >> shape->shift) - (gpa >> shape->shift) + 1, entry, 0);
        }
        const uint64_t end = (gpa | (shape->span - 1)) + ((same - 1) << shape->shift);
        const uint64_t stop = end < last ? end : last;
        if (kind == AXAS_ENTRY_TABLE) {
            axas_walk_free_below(table, entry, level, gpa, stop, release, context);
        } else if (is_memory(kind) && release != NULL) {
            uint64_t hpa = format->entry_hpa(level, entry);
            hpa |= axas_in_group(shape, entry) ? gpa & (shape->group_size - 1) : 0;
            release(context, axas_gpa_of(gpa), axas_hpa_of(hpa), shape->span);
        }
        if (stop == last) {
            return;
        }
        slot = axas_tree_behind(format, slot, same);
        gpa = stop + 1;
    }
}

void axas_walk_free_below(struct axas_table *table, uint64_t entry, unsigned level, uint64_t gpa,
                          uint64_t last, axas_release_fn *release, void *context)
{
    const struct axas_format *format = table->format;
    void *below = axas_walk_virt(table, format->entry_hpa(level, entry));
    const void *slot = axas_tree_behind(format, below, index_in(&format->shape[level + 1], gpa));
    axas_tree_free_range(table, slot, level + 1, gpa, last, release, context);
    axas_walk_free(table, below, axas_table_bytes(table, level + 1));
}

/* Leaves */

/* What is asked of leaves that are broken and made again, and what becomes of them; raw. */
struct remaking {
    uint64_t compared, seen;
    uint64_t empty;
    uint64_t keep, set, lost, dirty;
};

/* Empties up to `most` leaves that look like the first, and gives how many. What they were is in old[]. */
static AXAS_INLINE uint64_t break_leaves(void *slot, uint64_t most, const struct remaking *what,
                                         uint64_t *old, bool wide, bool exchanges)
{
    uint64_t done = 0;
    for (uint8_t *at = slot; done < most; done++, at += wide ? 8 : 4) {
        if ((axas_tree_load_raw(at, wide) & what->compared) != what->seen) {
            break;
        }
        old[done] = take_raw(at, what->empty, wide, exchanges);
    }
    return done;
}

static AXAS_INLINE void make_leaves(void *slot, uint64_t count, const struct remaking *what,
                                    const uint64_t *old, bool wide)
{
    uint8_t *at = slot;
    for (uint64_t i = 0; i < count; i++, at += wide ? 8 : 4) {
        store_raw(at, axas_recoded(old[i], what->keep, what->set, what->lost, what->dirty), wide);
    }
}

uint64_t axas_walk_rebreak(struct axas_table *table, void *slot, uint64_t count, uint64_t gpa, unsigned level,
                           const struct axas_transition *change, const struct axas_recoding *to)
{
    const struct axas_format *format = table->format;
    const struct axas_shape *shape = &format->shape[level];
    const uint64_t most = count < AXAS_BREAK_BATCH ? count : AXAS_BREAK_BATCH;
    const uint64_t compared = axas_tree_in_order(format, ~(to->keep | to->lost));
    const struct remaking what = {compared,
                                  axas_tree_load_raw(slot, AXAS_TREE_IS_WIDE(format)) & compared,
                                  axas_tree_in_order(format, shape->empty),
                                  axas_tree_in_order(format, to->keep),
                                  axas_tree_in_order(format, to->set),
                                  axas_tree_in_order(format, to->lost),
                                  axas_tree_in_order(format, shape->dirty)};
    uint64_t old[AXAS_BREAK_BATCH];
    uint64_t done;
    /* A loop for each: what is the same for all leaves is not asked of each. */
    if (AXAS_TREE_IS_WIDE(format)) {
        done = table->hardware_updates ? break_leaves(slot, most, &what, old, true, true)
                                       : break_leaves(slot, most, &what, old, true, false);
    } else {
        done = table->hardware_updates ? break_leaves(slot, most, &what, old, false, true)
                                       : break_leaves(slot, most, &what, old, false, false);
    }
    written(table, slot, done);
    axas_walk_invalidate(table, change, gpa, done * shape->span, shape->span);
    if (AXAS_TREE_IS_WIDE(format)) {
        make_leaves(slot, done, &what, old, true);
    } else {
        make_leaves(slot, done, &what, old, false);
    }
    return done;
}

void axas_walk_touch(const struct axas_table *table, uint64_t gpa, uint64_t last, bool write)
{
    const struct axas_format *format = table->format;
    const uint64_t within = table->page_size - 1;
    for (;;) {
        unsigned level;
        uint64_t entry;
        void *slot = table->mode->find(table, gpa, &level, &entry);
        const struct axas_shape *shape = &format->shape[level];
        const uint64_t bits = axas_tree_flags_of(shape, write);
        do { /* pages of one table lie side by side in it */
            if ((axas_tree_load(format, slot) & bits) != bits) {
                set_bits(format, slot, bits);
            }
            if ((gpa | within) >= last) {
                return;
            }
            gpa = (gpa | within) + 1;
            slot = axas_tree_behind(format, slot, 1);
        } while (level == axas_last_level(format) && index_in(shape, gpa) != 0);
    }
}

/* Links tables that lead to a leaf of `level`, below the empty entry *slot of `hole`; which they are is in
 * made[]. Without a pool nobody else is there, and they come from the HAL. AXAS_ERR_BUSY: another CPU was
 * first. */
static enum axas_status build(struct axas_table *table, void *slot, unsigned hole, uint64_t gpa,
                              uint64_t leaf, unsigned level, struct axas_pool *pool,
                              void *made[AXAS_MAX_LEVELS])
{
    const struct axas_format *format = table->format;
    uint64_t expected = format->shape[hole].empty, entry = leaf;
    enum axas_status status = AXAS_ERR_NO_MEMORY;
    unsigned at = level;
    if (!axas_walk_within_limit(table, level - hole)) {
        return AXAS_ERR_NO_MEMORY;
    }
    for (; at > hole; at--) {
        made[at] = axas_walk_new_table(table, pool, at, gpa, gpa);
        if (made[at] == NULL) {
            goto undo;
        }
        store(format, axas_tree_behind(format, made[at], index_in(&format->shape[at], gpa)), entry);
        written(table, made[at], format->shape[at].entries);
        entry = format->table_make(at - 1, axas_walk_phys(table, made[at]));
    }
    if (pool == NULL) { /* a swap would wait for all the stores that emptied the tables */
        store(format, slot, entry);
    } else if (!compare_exchange(format, slot, &expected, entry)) {
        status = AXAS_ERR_BUSY;
        goto undo;
    }
    axas_walk_linked(table, level - hole);
    return axas_walk_announce(table, slot, format->entry_bytes);
undo:
    while (at < level) {
        at++;
        if (pool != NULL) {
            axas_pool_put(pool, at, made[at]);
        } else {
            axas_walk_give_frame(table, at, made[at]);
        }
    }
    return status;
}

enum axas_status axas_tree_install(struct axas_table *table, uint64_t gpa, uint64_t hpa, unsigned level,
                                   const struct axas_leaf_code *code, struct axas_pool *pool)
{
    const struct axas_format *format = table->format;
    const uint64_t leaf = format->leaf_make(level, hpa, code);
    enum axas_status status;
    do {
        unsigned hole;
        uint64_t entry;
        void *slot = table->mode->find(table, gpa, &hole, &entry);
        if (hole > level || entry != format->shape[hole].empty) {
            return AXAS_ERR_EXISTS;
        }
        if (hole == level) {
            return compare_exchange(format, slot, &entry, leaf)
                       ? axas_walk_announce(table, slot, format->entry_bytes)
                       : AXAS_ERR_EXISTS;
        }
        void *made[AXAS_MAX_LEVELS];
        status = build(table, slot, hole, gpa, leaf, level, pool, made);
        /* Each time another CPU is first there is a table more, so this ends. */
    } while (status == AXAS_ERR_BUSY);
    return status;
}

enum axas_status axas_walk_put_page(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                    axas_attr attr, struct axas_pool *pool)
{
    const struct axas_format *format = table->format;
    const unsigned bottom = axas_last_level(format);
    const struct axas_shape *shape = &format->shape[bottom];
    struct axas_leaf_code code;
    code.at[bottom] = table->page_code.of[attr];
    unsigned level;
    uint64_t entry;
    void *slot = table->mode->find(table, gpa, &level, &entry);
    if (pool != NULL) {
        return level == bottom ? table->mode->install_page(table, slot, hpa, attr)
                               : axas_tree_install(table, gpa, hpa, bottom, &code, pool);
    }
    const uint64_t index = index_in(shape, gpa);
    void *made[AXAS_MAX_LEVELS];
    enum axas_status status = AXAS_ERR_EXISTS;
    if (level == bottom) {
        made[bottom] = axas_tree_behind(format, slot, 0 - index);
        status = table->mode->install_page(table, slot, hpa, attr);
    } else if (entry == format->shape[level].empty) {
        status = build(table, slot, level, gpa, format->leaf_make(bottom, hpa, &code), bottom, NULL, made);
    }
    if (status != AXAS_OK) {
        return status;
    }
    axas_walk_keep_leaf_table(table, made[bottom], gpa - index * size);
    axas_walk_invalidate(table, &table->change[AXAS_CHANGE_MAKE], gpa, size, size);
    return AXAS_OK;
}

/* Contiguous groups */

/* Leaves of a group differ in their addresses. */
static const struct axas_leaf_code no_code = {0};

uint64_t axas_tree_alone(const struct axas_table *table, uint64_t gpa)
{
    const struct axas_format *format = table->format;
    unsigned level;
    uint64_t entry;
    const void *slot = table->mode->find(table, gpa, &level, &entry);
    const struct axas_shape *shape = &format->shape[level];
    const uint64_t offset = shape->group_size - 1;
    const uint64_t flags = shape->accessed | shape->dirty | axas_written_in(table, shape);
    if (!axas_in_group(shape, entry)) {
        return entry;
    }
    slot = axas_tree_behind(format, slot, 0 - ((gpa & offset) >> shape->shift));
    for (uint64_t i = 0; i < shape->group_size && (entry & flags) != flags; i += shape->span) {
        entry |= axas_tree_load(format, slot) & flags;
        slot = axas_tree_behind(format, slot, 1);
    }
    return ((entry ^ shape->group_flip) & ~shape->group_low) |
           format->leaf_make(level, gpa & offset & ~(shape->span - 1), &no_code);
}

void axas_walk_take_apart(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                          bool holds)
{
    struct axas_table *const table = what->table;
    const struct axas_format *format = table->format;
    const struct axas_shape *shape = &format->shape[level];
    const struct axas_transition *change =
        &table->change[holds ? AXAS_CHANGE_REMOVE_LEAF : AXAS_CHANGE_CONTIGUOUS_OFF];
    const bool breaks = change->breaks;
    const uint64_t tells = axas_written_in(table, shape), lost = holds ? tells : 0;
    const uint64_t keep = shape->keep | (tells & ~lost);
    const uint64_t flags = shape->accessed | shape->dirty | tells;
    const uint64_t span = shape->span, size = shape->group_size, count = size / span;
    const uint64_t set =
        (holds ? what->code->at[level] : axas_tree_load(format, slot) ^ shape->group_flip) & ~keep;
    uint64_t seen = 0, entry, next;
    slot = axas_tree_behind(format, slot, 0 - ((gpa & (size - 1)) >> shape->shift));
    gpa &= ~(size - 1);
    for (uint64_t i = 0; i < count; i++) {
        void *one = axas_tree_behind(format, slot, i);
        entry = axas_tree_load(format, one);
        do {
            next = format->leaf_make(level, i * span, &no_code);
            next |= breaks ? axas_recoded(entry, (shape->keep & ~shape->group_low) | shape->memory_mask,
                                          shape->held, tells, shape->dirty)
                           : axas_recoded(entry, keep & ~shape->group_low, set, lost, shape->dirty);
        } while (!compare_exchange(format, one, &entry, next));
        seen |= entry & flags;
    }
    if ((seen & lost) != 0) {
        seen = (seen & ~lost) | shape->dirty;
    }
    if (breaks) {
        written(table, slot, count);
        axas_walk_invalidate(table, change, gpa, size, span);
        change = &table->change[AXAS_CHANGE_MAKE];
    }
    for (uint64_t i = 0; i < count; i++) {
        void *one = axas_tree_behind(format, slot, i);
        entry = axas_tree_load(format, one);
        do {
            next = (entry & (breaks ? shape->keep : keep)) | seen | set;
        } while (next != entry && !compare_exchange(format, one, &entry, next));
    }
    written(table, slot, count);
    if (!breaks && !holds &&
        (table->change[AXAS_CHANGE_SPLIT].breaks ||
         (what->code != NULL && (table->change[AXAS_CHANGE_MEMORY_TYPE].breaks ||
                                 table->change[AXAS_CHANGE_PERMISSIONS_MORE].breaks ||
                                 table->change[AXAS_CHANGE_PERMISSIONS_LESS].breaks)))) {
        /* A leaf of it may be broken next, when nothing of the group may be cached any more. */
        axas_walk_invalidate(table, change, gpa, size, span);
    } else {
        axas_gather_note(what->gather, change, gpa, gpa + (size - 1), span);
    }
}

/* Most leaves are of no group: that is found out before what a group takes is set up. */
static inline void cut_group(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa)
{
    const struct axas_format *format = what->table->format;
    if (axas_in_group(&format->shape[level], axas_tree_load(format, slot))) {
        axas_walk_take_apart(what, slot, level, gpa, false);
    }
}

void axas_walk_cut_groups(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                          uint64_t last)
{
    const struct axas_format *format = what->table->format;
    const struct axas_shape *shape = &format->shape[level];
    const uint64_t offset = shape->group_size - 1;
    if ((gpa & offset) != 0 || (gpa | offset) > last) {
        cut_group(what, slot, level, gpa);
    }
    if ((~last & offset) != 0 && ((gpa ^ last) & ~offset) != 0) {
        void *end = axas_tree_behind(format, slot, (last >> shape->shift) - (gpa >> shape->shift));
        cut_group(what, end, level, last);
    }
}
