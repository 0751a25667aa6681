/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file walk.h
 * What the generated walkers call. For generated code and table.c; not part of the public interface.
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

static inline void *axas_walk_virt(const struct axas_table *table, uint64_t hpa)
{
    return axas_hal_virt(table->hal, axas_hpa_of(hpa));
}

static inline uint64_t axas_walk_phys(const struct axas_table *table, const void *pointer)
{
    return axas_hal_phys(table->hal, pointer).raw;
}

/** Takes a prepared frame for a table of `level`; NULL if the pool has none. */
static inline void *axas_pool_take(struct axas_pool *pool, unsigned level)
{
    void *frame = pool->first[level];
    if (frame != NULL) {
        pool->first[level] = *(void **)frame;
        pool->count[level]--;
    }
    return frame;
}

static inline void axas_pool_put(struct axas_pool *pool, unsigned level, void *frame)
{
    *(void **)frame = pool->first[level];
    pool->first[level] = frame;
    pool->count[level]++;
}

/** Entries of a table, linked or about to be, were written. */
static inline void axas_walk_written(const struct axas_table *table, const void *bytes, uint64_t size)
{
    if (table->hal->table_write_back != NULL) {
        table->hal->table_write_back(table->hal->context, bytes, size);
    }
}

static inline void axas_walk_linked(struct axas_table *table, uint64_t tables)
{
    (void)__atomic_fetch_add(&table->tables, (size_t)tables, __ATOMIC_RELAXED);
}

/** Notes in the gather that [gpa, last] changed in that way, leaves there being `leaf_size` bytes or more. */
static inline void axas_gather_note(struct axas_gather *gather, const struct axas_transition *change,
                                    uint64_t gpa, uint64_t last, uint64_t leaf_size)
{
    if (change->scope == AXAS_INVALIDATE_NONE) {
        return;
    }
    if (gather->scope == AXAS_INVALIDATE_NONE) {
        gather->first = gpa;
        gather->last = last;
        gather->local = change->local;
        gather->leaf_size = leaf_size;
    } else {
        gather->first = gpa < gather->first ? gpa : gather->first;
        gather->last = last > gather->last ? last : gather->last;
        gather->local = gather->local && change->local;
        gather->leaf_size = leaf_size < gather->leaf_size ? leaf_size : gather->leaf_size;
    }
    if (change->scope > gather->scope) {
        gather->scope = change->scope;
    }
}

/** Adds a table's entry that was unlinked from `level` at gpa, after it was cleared and noted. Flushes and
 *  frees first if there is no room. */
void axas_gather_table(struct axas_table *table, struct axas_gather *gather, uint64_t gpa, uint64_t entry,
                       unsigned level);
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
