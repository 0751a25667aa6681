/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file floors.h
 * The least that a CPU has to do: straight-line code without a check, on the tables that the library built,
 * and the same with no more checks than the library's promise takes. What depends on the format is written by
 * `python3 -m codegen floors`.
 */
#ifndef AXAS_BENCH_FLOORS_H
#define AXAS_BENCH_FLOORS_H

#include <stddef.h>
#include <stdint.h>

/** Neighbouring entries whose values grow by a constant. */
struct run {
    void *at;
    uint64_t count;
    uint64_t first; /**< the value of the first one, in the CPU's byte order */
};

struct runs {
    struct run *run;
    uint64_t count;
    uint64_t step;  /**< what the value grows by */
    uint64_t empty; /**< an entry there that holds nothing, in the CPU's byte order */
};

struct axas_invalidation; /* axas/hal.h */

/** A tree of smallest leaves, and addresses in it. */
struct walked {
    const void *root;
    uint64_t offset; /**< of the direct map */
    const uint64_t *address;
    uint64_t count; /**< of the addresses */
    uint64_t hpa;   /**< where address 0 leads */
    uint64_t first; /**< the entry that says so */
    uint64_t code;  /**< the same without its address */

    /* What only the checks look at. */
    uint64_t limit;          /**< first guest address above the range */
    uint64_t not_in_hpa;     /**< bits that no page's host address has */
    const uint64_t *codes;   /**< ATTRIBUTES: `code` for each attribute, 0 where there is none */
    unsigned attr;           /**< whose code is `code` */
    struct last_table *last; /**< of the page before */
    /* What the CPU or the IOMMU is told of each page that is made, where it has to be: `told`, with its
     * address put into *told_gpa. */
    void (*tell)(void *context, const struct axas_invalidation *what);
    void *context;
    struct axas_invalidation *told; /**< NULL: nothing */
    uint64_t *told_gpa;
};

/** More than any attribute that a page without more can have. */
#define ATTRIBUTES 16

/** In order, a page is mostly in the table of the page before: no walk is needed to it. */
struct last_table {
    void *table;
    uint64_t gpa; /**< where the table begins; at first the limit, which no page is near */
};

/** What the library promises, and no more: addresses are in bounds and aligned, each entry on the way is a
 * table, the page's is a leaf, or empty where one is made. Each ends at the first address that fails. */
struct checked {
    uint64_t (*walk)(const struct walked *walked);
    /** Looks first into the table of the page before. */
    void (*store)(const struct walked *walked);
    void (*swap)(const struct walked *walked);
};

/** One mode of one format. */
struct floors {
    const char *format, *mode;
    void (*fill)(const struct runs *runs);
    uint64_t (*scan)(const struct runs *runs);
    void (*clear_plain)(const struct runs *runs, uint64_t bits);
    void (*clear_locked)(const struct runs *runs, uint64_t bits);
    /** fill where nothing may be in the way, and clear_plain of nothing but leaves: each entry is asked.
     * Where the format wants a break, leaves are emptied before they are made again. */
    void (*checked_fill)(const struct runs *runs);
    void (*checked_clear)(const struct runs *runs, uint64_t bits);
    /** The sum of what the addresses lead to, each found independently. */
    uint64_t (*walk)(const struct walked *walked);
    /** The same, each address waiting for the last result. */
    uint64_t (*walk_chain)(const struct walked *walked);
    /** Walks to the entry of each address and stores the leaf, or does so only where nothing was. */
    void (*store)(const struct walked *walked);
    void (*swap)(const struct walked *walked);
    struct checked checked; /**< in the loop */
    /** The same for who knows that the pages are in no order: does not look. */
    void (*checked_store_scattered)(const struct walked *walked);
    struct checked called; /**< behind a call for each address, which does not know the next one */
};

/** NULL if there is no such format or mode. */
const struct floors *floors_find(const char *format, const char *mode);

void floor_memset(const struct runs *runs, uint64_t entry_bytes);

/** `loads` dependent loads, `times` times, from `at` on. */
const void *floor_chase(const void *at, unsigned loads, uint64_t times);

/** The last of the keys that is not above `key`. */
uint64_t floor_find(const uint64_t *keys, uint64_t count, uint64_t key);

#endif
