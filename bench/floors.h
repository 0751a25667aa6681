/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file floors.h
 * The least that a CPU has to do: straight-line code without a check, on the tables that the library built.
 */
#ifndef AXAS_BENCH_FLOORS_H
#define AXAS_BENCH_FLOORS_H

#include "subject.h"

/** A run of leaf tables of `entries` entries each. */
struct tables {
    uint64_t **table;
    uint64_t count, entries;
};

void floor_fill(const struct tables *tables, uint64_t first, uint64_t step);
void floor_memset(const struct tables *tables);
uint64_t floor_scan(const struct tables *tables);
void floor_clear_plain(const struct tables *tables, uint64_t bits);
void floor_clear_locked(const struct tables *tables, uint64_t bits);

/** How a walk of the mode goes. Those with a switch of their own are walked with constants. */
struct geometry {
    unsigned levels; /**< from the root down; each takes 9 bits of the address above bit 12 */
    uint64_t mask;   /**< of the host address in an entry */
    unsigned up;     /**< by how many bits it is shifted left then */
};

/** False if there is no walk of that shape. */
bool geometry_of(const struct subject *subject, struct geometry *geometry);

struct walked {
    const uint64_t *root;
    uint64_t offset; /**< of the direct map */
    const uint64_t *address;
    uint64_t count;
};

/** The sum of what the addresses lead to, each found independently. */
uint64_t floor_walk(const struct geometry *geometry, const struct walked *walked);
/** The same, each address waiting for the last result. */
uint64_t floor_walk_chain(const struct geometry *geometry, const struct walked *walked);
/** Walks to the entry of each address and stores `first` plus the address, or that where nothing was. */
void floor_store(const struct geometry *geometry, const struct walked *walked, uint64_t first);
void floor_swap(const struct geometry *geometry, const struct walked *walked, uint64_t first, uint64_t empty);

/** `loads` dependent loads, `times` times, from `at` on. */
const void *floor_chase(const void *at, unsigned loads, uint64_t times);

/** The last of the keys that is not above `key`. */
uint64_t floor_find(const uint64_t *keys, uint64_t count, uint64_t key);

#endif
