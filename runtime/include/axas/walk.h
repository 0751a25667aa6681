/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file walk.h
 * What the generated walkers call, and the runtime of them. Not part of the public interface, though
 * axas/inline.h, which holds such walkers, brings it along.
 */
#ifndef AXAS_WALK_H
#define AXAS_WALK_H

#include <axas/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Every store to a table goes through one of these, so that no entry is ever written in pieces and a build
 * that watches the order of stores (AXAS_ON_STORE, config.h) sees each.
 */
#define AXAS_LOAD(slot) __atomic_load_n((slot), __ATOMIC_RELAXED)
/** Pairs with the release of the store that linked the table behind the entry. */
#define AXAS_LOAD_LINK(slot) __atomic_load_n((slot), __ATOMIC_ACQUIRE)
#define AXAS_STORE(slot, value)                                   \
    do {                                                          \
        AXAS_ON_STORE((slot), (uint64_t)(value), sizeof *(slot)); \
        __atomic_store_n((slot), (value), __ATOMIC_RELAXED);      \
    } while (0)
/** Publishes what the new value points to. */
#define AXAS_STORE_LINK(slot, value)                              \
    do {                                                          \
        AXAS_ON_STORE((slot), (uint64_t)(value), sizeof *(slot)); \
        __atomic_store_n((slot), (value), __ATOMIC_RELEASE);      \
    } while (0)

/** Swaps an entry for a value in one step and gives the old one, with whatever the hardware set last. */
#define AXAS_EXCHANGE(slot, value)                             \
    (AXAS_ON_STORE((slot), (uint64_t)(value), sizeof *(slot)), \
     __atomic_exchange_n((slot), (value), __ATOMIC_ACQ_REL))
/** Stores `value` if *slot is *expected; else *expected becomes what is there. True if stored. */
#define AXAS_COMPARE_EXCHANGE(slot, expected, value)                                                     \
    (__atomic_compare_exchange_n((slot), (expected), (value), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) \
         ? (AXAS_ON_STORE((slot), (uint64_t)(value), sizeof *(slot)), true)                              \
         : false)
/** Sets bits that the hardware may be setting too. */
#define AXAS_SET_BITS(slot, bits) ((void)__atomic_fetch_or((slot), (bits), __ATOMIC_RELAXED))

/** Serves several callers or is seldom called: not worth a copy in each. */
#define AXAS_OUTLINE __attribute__((noinline))
/** Done seldom, or mostly by what it calls: not to be made faster by copies of its code. */
#define AXAS_COMPACT __attribute__((cold))
/** A few instructions that a call would only add to, at -Os too. */
#define AXAS_INLINE inline __attribute__((always_inline))
#define AXAS_UNLIKELY(condition) __builtin_expect((condition), 0)
#define AXAS_LIKELY(condition) __builtin_expect((condition), 1)

/** How many entries ahead of their turn entries are asked for, in a row of more than a line of the cache. */
#define AXAS_AHEAD 64u

/** Asks for the line that an entry is in ahead of time. */
static AXAS_INLINE void axas_walk_ahead(const void *entry)
{
#ifdef __x86_64__
    /* Where vector registers are forbidden Clang has no prefetch, which needs none. */
    __asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)entry));
#else
    __builtin_prefetch(entry);
#endif
}

/** Addresses that a batch takes down the tree together. */
#define AXAS_BATCH 16u

/** The same as axas_walk_virt by the HAL's function. */
void *axas_walk_virt_by_call(const struct axas_table *table, uint64_t hpa);

/** Where the host sees a table if !table->maps_by_call. */
static inline void *axas_walk_virt_directly(const struct axas_table *table, uint64_t hpa)
{
#ifdef AXAS_DIRECT_MAP_OFFSET
    (void)table;
    return (void *)(uintptr_t)(hpa + (uint64_t)(AXAS_DIRECT_MAP_OFFSET));
#else
    return (void *)(uintptr_t)(hpa + table->direct_map);
#endif
}

/** Where the host sees a table. */
static inline void *axas_walk_virt(const struct axas_table *table, uint64_t hpa)
{
    if (AXAS_UNLIKELY(table->maps_by_call)) {
        return axas_walk_virt_by_call(table, hpa);
    }
    return axas_walk_virt_directly(table, hpa);
}

/** What a walk in the caller's own code (axas/inline.h) needs of a table, to be kept in registers. All of it
 * stays the same as long as the tree is there. */
struct axas_walker {
    struct axas_table *table;
    void *root;
    uintptr_t direct_map;
    uint64_t limit;      /**< guest addresses below it are walked there; the others, by a call */
    uint64_t page_limit; /**< the same for pages that are mapped or installed: 0 where more has to follow a
                            new entry than that a page is told of */
    uint64_t not_in_hpa; /**< these are the table's */
    struct axas_page_codes page_code;
    bool tells; /**< the CPU or the IOMMU has to be told of new entries */
};

/** Of a table that does not map by call, for a walk alone: no table and no limit. */
static AXAS_INLINE struct axas_walker axas_walker_on(const struct axas_table *table)
{
    const uintptr_t direct_map = (uintptr_t)axas_walk_virt_directly(table, 0);
    const struct axas_walker walker = {NULL, table->root, direct_map, 0, 0, 0, {{0}}, false};
    return walker;
}

/** A walker that walks a table whose translate that is, and calls for all others. */
static AXAS_INLINE struct axas_walker
axas_walker_of(struct axas_table *table, uint64_t (*translate)(const struct axas_table *, uint64_t))
{
    struct axas_walker walker = {NULL, NULL, 0, 0, 0, 0, {{0}}, false};
    if (table != NULL && table->translate == translate) {
        walker = axas_walker_on(table);
        walker.limit = table->last + 1;
        walker.page_limit =
            table->publishes || table->page_made.scope == AXAS_INVALIDATE_ALL ? 0 : walker.limit;
        walker.not_in_hpa = table->not_in_hpa;
        walker.page_code = table->page_code;
        walker.tells = table->announces;
    }
    walker.table = table;
    return walker;
}

/** The entry that is `offset` bytes into the table at hpa. */
static AXAS_INLINE void *axas_walker_slot(const struct axas_walker *walker, uint64_t hpa, uint64_t offset)
{
    uintptr_t before_hpa = walker->direct_map + (uintptr_t)offset;
    /* hpa comes last, from memory: it is to be added last, which a compiler would not heed. */
    __asm__("" : "+r"(before_hpa));
    return (void *)(before_hpa + (uintptr_t)hpa);
}

/** The physical address of a table. */
uint64_t axas_walk_phys(const struct axas_table *table, const void *pointer);

/** Takes a prepared frame for a table of `level`; NULL if the pool has none. */
void *axas_pool_take(struct axas_pool *pool, unsigned level);
void axas_pool_put(struct axas_pool *pool, unsigned level, void *frame);
/** A frame from the HAL for a table of `level`, or NULL; and back to it. */
void *axas_walk_take_frame(const struct axas_table *table, unsigned level);
void axas_walk_give_frame(const struct axas_table *table, unsigned level, void *frame);

/** The HAL's table_write_back, which is there. */
void axas_walk_write_back(const struct axas_table *table, const void *bytes, uint64_t size);

/** Entries of a table, linked or about to be, were written. */
static inline void axas_walk_written(const struct axas_table *table, const void *bytes, uint64_t size)
{
    if (AXAS_UNLIKELY(table->writes_back)) {
        axas_walk_write_back(table, bytes, size);
    }
}

static inline void axas_walk_linked(struct axas_table *table, uint64_t tables)
{
    (void)__atomic_fetch_add(&table->tables, (size_t)tables, __ATOMIC_RELAXED);
}

/** True if `tables` more may be linked without going over the cap. */
bool axas_walk_within_limit(const struct axas_table *table, uint64_t tables);
/** The code of a smallest leaf of that attribute, if it is normal memory and its code is kept; or else 0. */
static inline uint64_t axas_walk_plain_code(const struct axas_page_codes *codes, axas_attr attr)
{
    return AXAS_UNLIKELY(attr > AXAS_ACCESS_MASK) ? 0 : codes->of[attr];
}

/** That limit, or 0 if there is no such code: one question fewer for each page of a loop, which finds out
 * once. */
static AXAS_INLINE uint64_t axas_walk_limit_for(uint64_t limit, const struct axas_page_codes *codes,
                                                axas_attr attr)
{
    return limit & (0 - (uint64_t)(axas_walk_plain_code(codes, attr) != 0));
}

/** Exclusive. The code of an attribute that a range is given, until the next call; those for one range after
 *  another mostly give the same, and it is kept. NULL: the format has none. */
const struct axas_leaf_code *axas_walk_code_of(struct axas_table *table, axas_attr attr);

/** The same value, of which a compiler knows nothing any more: what it is good for is found out again, not
 * kept in a register meanwhile. */
static AXAS_INLINE uint64_t axas_walk_anew(uint64_t value)
{
    __asm__("" : "+r"(value));
    return value;
}

/** axas_walk_plain_code of the table's for a leaf at hpa; 0 also if that or the size is not in order. gpa is
 * left to check. `span`: what a smallest leaf of the format covers. */
static inline uint64_t axas_walk_page_code(const struct axas_table *table, uint64_t hpa, uint64_t size,
                                           axas_attr attr, uint64_t span)
{
    if (AXAS_UNLIKELY(size != span) || AXAS_UNLIKELY((hpa & table->not_in_hpa) != 0)) {
        return 0;
    }
#ifdef __clang__
    __asm__ volatile(""); /* else Clang asks this and what follows at once, which is four instructions more */
#endif
    return axas_walk_plain_code(&table->page_code, attr);
}

/** axas_table_install of any size, or without a pool axas_table_map. */
enum axas_status axas_walk_put(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                               axas_attr attr, struct axas_pool *pool);
/** The same for a page whose arguments are checked and whose code is kept, by the mode's find and
 * install_page. Its arguments are in the same places, so that no register is saved for who calls it last. */
enum axas_status axas_walk_put_page(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                    axas_attr attr, struct axas_pool *pool);
/** The number of the page at `offset`; rotated, what is not aligned is beyond all pages. */
static inline uint64_t axas_walk_page_number(uint64_t offset, unsigned shift)
{
    return offset >> shift | offset << (64 - shift);
}

/** Exclusive. Which entry gpa has in the table that the last page was mapped in: more than such a table has,
 * if it has none there or is not aligned. Of a gpa that is in the space: AXAS_NO_LEAF_TABLE is far from all
 * of these. */
static inline uint64_t axas_walk_leaf_table_index(const struct axas_table *table, uint64_t gpa,
                                                  unsigned shift)
{
    return axas_walk_page_number(gpa - table->leaf_table_gpa, shift);
}

/** Exclusive. The next page is looked for first in the table of smallest leaves from gpa on, in the caller's
 * own code. */
static inline void axas_walk_note_leaf_table(struct axas_table *table, void *leaf_table, uint64_t gpa)
{
    table->leaf_table = leaf_table;
    table->leaf_table_gpa = gpa;
}

/** The same, and by a call. */
static inline void axas_walk_keep_leaf_table(struct axas_table *table, void *leaf_table, uint64_t gpa)
{
    axas_walk_note_leaf_table(table, leaf_table, gpa);
    table->leaf_table_pages = table->table_pages;
}

/** Exclusive. The next page is looked for from the root on. */
static inline void axas_walk_forget_leaf_table(struct axas_table *table)
{
    table->leaf_table_gpa = AXAS_NO_LEAF_TABLE;
    table->leaf_table_pages = 0;
}

/** After `bytes` of new entries at `slot`: writes them back and issues the CPU's barrier, as far as asked
 * for. AXAS_OK, for whom that is the last thing to do. */
enum axas_status axas_walk_announce(const struct axas_table *table, const void *slot, uint64_t bytes);
/** Exclusive. What the format asks for when leaves are made, for a page that was mapped by itself. All but
 * the address is as it was for the page before; 0 is that for AXAS_INVALIDATE_ALL. */
static AXAS_INLINE void axas_walk_tell_of_page(struct axas_table *table, uint64_t gpa)
{
    table->page_made.gpa = axas_gpa_of(gpa);
    table->hal->invalidate(table->hal->context, &table->page_made);
}

/** Exclusive. axas_walk_announce, and that, for whom it is the last thing to do: AXAS_OK. */
enum axas_status axas_walk_announced_page(struct axas_table *table, const void *slot, uint64_t gpa);

/** A mode's find, by a loop: where the HAL has to be asked, or there is to be little code. */
void *axas_walk_find(const struct axas_table *table, uint64_t gpa, unsigned *level, uint64_t *found);
/** A mode's empty_page, in the same way. */
void *axas_walk_empty_page(const struct axas_table *table, uint64_t gpa);
/** Fills *leaf from the entry of `level` where a walk to gpa ended. AXAS_ERR_NOT_MAPPED: empty, *leaf is the
 *  hole. AXAS_ERR_CORRUPT: no leaf or held leaf; *leaf tells level, gpa, size and entry. */
enum axas_status axas_walk_found(const struct axas_table *table, unsigned level, uint64_t entry, uint64_t gpa,
                                 struct axas_leaf *leaf);
/** The walk to gpa, and axas_walk_found. */
enum axas_status axas_walk_query(const struct axas_table *table, uint64_t gpa, struct axas_leaf *leaf);
/** What a mode's translate gives, by axas_walk_query. */
uint64_t axas_walk_translate(const struct axas_table *table, uint64_t gpa);
/** The same by axas_table_translate: where a walk in the caller's own code goes when something is not usual.
 * That this is cold lets a loop keep its registers, and put them aside only there. */
AXAS_COMPACT uint64_t axas_walk_translate_any(const struct axas_table *table, axas_gpa gpa);
/** What axas_table_translate_batch gives for an address, whatever is there. That this is cold tells a
 * compiler which way of a batch is the usual one. */
AXAS_COMPACT axas_hpa axas_walk_translate_one(const struct axas_table *table, axas_gpa gpa);
/** axas_table_translate_batch, one address after the other. */
void axas_walk_translate_each(const struct axas_table *table, const axas_gpa *gpas, axas_hpa *hpas,
                              size_t count);
/** The rules for changing that leaf or held leaf to that attribute. */
const struct axas_transition *axas_walk_change_of(const struct axas_table *table, unsigned level,
                                                  uint64_t entry, axas_attr attr);
/** The same for the request's attribute, NULL if the entry is no such leaf. What looked like the last one but
 * for what is kept, `seen`, is not asked about again. */
const struct axas_transition *axas_walk_known_change(const struct axas_change_request *what, unsigned level,
                                                     uint64_t entry, uint64_t seen);
/** A table for [gpa, last] that nothing links yet, empty but for the entries of that; NULL if the pool, or
 * without one the HAL, has no frame. */
void *axas_walk_new_table(const struct axas_table *table, struct axas_pool *pool, unsigned level,
                          uint64_t gpa, uint64_t last);
/** Puts a table that is full into the entry *slot of `level`, which is empty. */
void axas_walk_link(struct axas_table *table, void *slot, unsigned level, const void *child);
/** Takes the table in which there is nothing but [gpa, last] out of the entry *slot of `level`, and gives it
 * to the gather, with all that is in it. */
void axas_walk_unlink(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                      uint64_t last);
/** Exclusive. Whether a table of `level`, in which *slot is the entry for gpa, and the tables below it hold
 *  nothing but leaves wholly in [gpa, last], or empty entries: then the table can go as one. */
bool axas_walk_holds_only(const struct axas_table *table, const void *slot, unsigned level, uint64_t gpa,
                          uint64_t last);
/** Stores the same entry `count` times. */
void axas_walk_repeat(const struct axas_format *format, void *slot, uint64_t count, uint64_t entry);
/** Puts a table of smaller leaves in place of a leaf or held leaf of which [gpa, last] is about to change;
 *  gives that table, or NULL if the pool has no frame for it. */
void *axas_walk_split(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                      uint64_t last);

/** What becomes of a leaf: it keeps some bits and is given others. Where it had `lost`, it is dirty by the
 *  bit that stands for that without the permission to write. */
struct axas_recoding {
    uint64_t keep, set, lost;
};

/** The largest contiguous group. */
#define AXAS_GROUP_LEAVES_MAX 128u
/** How many leaves are broken at once: a whole group. */
#define AXAS_BREAK_BATCH (AXAS_CONTIGUOUS ? AXAS_GROUP_LEAVES_MAX : 32u)

/** Changes up to AXAS_BREAK_BATCH leaves like the first, which must not change while they are valid; gives
 * how many. */
uint64_t axas_walk_rebreak(struct axas_table *table, void *slot, uint64_t count, uint64_t gpa, unsigned level,
                           const struct axas_transition *change, const struct axas_recoding *to);
/** Takes the mark off the group that the leaf in *slot at gpa is of. Each leaf gets its own address, and is
 *  accessed and dirty if any is: the CPU may set that in any one of them for all. `holds`: they become held
 *  leaves. */
void axas_walk_take_apart(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                          bool holds);
/** Takes apart the groups of which a part is in [gpa, last] and a part is not. */
void axas_walk_cut_groups(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                          uint64_t last);
/** Shared. Sets accessed, and dirty if `write`, in the leaves of [gpa, last], as the hardware does for an
 *  access of the guest; for the host's own. All of it has memory. Nothing where the format has no such bits.
 */
void axas_walk_touch(const struct axas_table *table, uint64_t gpa, uint64_t last, bool write);

/** From the root on. */
bool axas_walk_visit_range(const struct axas_table *table, uint64_t gpa, uint64_t last, axas_visit_fn *visit,
                           void *context);
/** Where a change of a range begins: at the root if `slot` is NULL, else, for one page, where the walk to it
 *  ended. Good until a table comes or goes. */
struct axas_walk_start {
    void *slot;
    unsigned level;
};

/** More tables of a level than any machine has (8 TiB): what a count of them stops at. */
#define AXAS_TOO_MANY_TABLES (UINT32_C(1) << 31)

/** Adds to a count of tables that an operation needs of one level. */
static inline void axas_walk_add_need(uint32_t *need, uint64_t more)
{
    *need = more < AXAS_TOO_MANY_TABLES - *need ? *need + (uint32_t)more : AXAS_TOO_MANY_TABLES;
}

/** A count of all levels with that one's: UINT64_MAX, which no limit allows, where they are too many to
 * count. */
static inline uint64_t axas_walk_sum_need(uint64_t sum, uint32_t need)
{
    return need < AXAS_TOO_MANY_TABLES && sum != UINT64_MAX ? sum + need : UINT64_MAX;
}

/** Tables that splitting leaves takes at the ends of [gpa, last], and inside it where leaves are larger than
 *  `sizes`; added to need[] as axas_walk_add_need does. AXAS_ERR_CORRUPT. *start is for axas_walk_change. */
enum axas_status axas_walk_split_need(const struct axas_table *table, uint64_t gpa, uint64_t last,
                                      uint64_t sizes, uint32_t need[AXAS_MAX_LEVELS],
                                      struct axas_walk_start *start);
/** mode->change. */
void axas_walk_change(struct axas_table *table, const struct axas_walk_start *start, uint64_t gpa,
                      uint64_t last, uint64_t sizes, const struct axas_leaf_code *code,
                      struct axas_gather *gather);
/** Frees the table behind an entry of `level`, already unlinked and invalidated, and all below it, which is
 *  nothing but [gpa, last]; calls release (if not NULL) for each leaf's memory. */
void axas_walk_free_below(struct axas_table *table, uint64_t entry, unsigned level, uint64_t gpa,
                          uint64_t last, axas_release_fn *release, void *context);

/** Notes in the gather that [gpa, last] changed in that way, leaves there being `leaf_size` bytes or more. */
void axas_gather_note(struct axas_gather *gather, const struct axas_transition *change, uint64_t gpa,
                      uint64_t last, uint64_t leaf_size);
/** Adds a table's entry that was unlinked from `level`, after it was cleared and noted; what is in the table
 * is all of [gpa, last]. Flushes and frees first if there is no room. */
void axas_gather_table(struct axas_table *table, struct axas_gather *gather, uint64_t gpa, uint64_t last,
                       uint64_t entry, unsigned level);
/** Adds leaf memory that was unlinked, if something hangs on it; runs that adjoin become one. */
void axas_gather_memory(struct axas_table *table, struct axas_gather *gather, uint64_t gpa, uint64_t hpa,
                        uint64_t size);

/** The invalidation between break and make of `change`, now. */
void axas_walk_invalidate(const struct axas_table *table, const struct axas_transition *change, uint64_t gpa,
                          uint64_t size, uint64_t leaf_size);
/** Gives the table's frame back to the HAL and uncounts it. */
void axas_walk_free(struct axas_table *table, void *frame, uint64_t size);

#ifdef __cplusplus
}
#endif

#endif
