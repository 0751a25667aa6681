/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ways.h
 * The loops of the table layer's work page by page, once for each way there: by a call for each page
 * (axas/table.h), and for each mode in the caller's own code (axas/inline.h).
 */
#ifndef AXAS_BENCH_WAYS_H
#define AXAS_BENCH_WAYS_H

#include <axas/table.h>

/** Each ends at the first address that fails, and returns why; *at is where it has come to. */
struct way {
    const char *format, *mode;
    /** Maps `count` pages to start + page. */
    enum axas_status (*map)(struct axas_table *table, const uint64_t *pages, uint64_t count, uint64_t start,
                            uint64_t *at);
    /** The same for who knows that they are in no order. */
    enum axas_status (*map_scattered)(struct axas_table *table, const uint64_t *pages, uint64_t count,
                                      uint64_t start, uint64_t *at);
    /** The same in the lane of faults; tables come from the pool, which is filled when it is short. */
    enum axas_status (*install)(struct axas_table *table, const uint64_t *pages, uint64_t count,
                                uint64_t start, struct axas_pool *pool, uint64_t *at);
    /** The sum of what the addresses lead to. */
    enum axas_status (*translate)(struct axas_table *table, const uint64_t *addresses, uint64_t count,
                                  uint64_t *sum, uint64_t *at);
    /** The same, each address waiting for the last result. */
    enum axas_status (*chain)(struct axas_table *table, const uint64_t *addresses, uint64_t count,
                              uint64_t *sum, uint64_t *at);
};

extern const struct way way_by_call;
/** NULL if there is no such format or mode. */
const struct way *way_inline(const char *format, const char *mode);

#endif
