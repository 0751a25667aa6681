/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AXAS_CPU_RANGE_H
#define AXAS_CPU_RANGE_H

#include <axas/hal.h>

/** Beyond this many, forgetting a whole guest is cheaper than leaf by leaf. */
#define AXAS_CPU_LEAVES_MAX UINT64_C(128)

/**
 * How many leaves to invalidate one by one, the first at *first, or 0 if the request asks for more than
 * leaves, or for too many.
 */
static inline uint64_t axas_cpu_leaves(const struct axas_invalidation *what, uint64_t *first)
{
    const uint64_t leaf = what->leaf_size;
    if (what->scope != AXAS_INVALIDATE_LEAF || what->size == 0 || leaf == 0 || (leaf & (leaf - 1)) != 0) {
        return 0;
    }
    const uint64_t start = what->gpa.raw & ~(leaf - 1);
    const uint64_t last = what->gpa.raw + (what->size - 1);
    const uint64_t beyond_first = (last - start) / leaf;
    if (beyond_first >= AXAS_CPU_LEAVES_MAX) {
        return 0;
    }
    *first = start;
    return beyond_first + 1;
}

#endif
