/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file machine.h
 * The memory of the emulated machine: a pool of marked frames for linear areas, the rest for the HAL's
 * allocator, and a ledger of the frames that guests have. Host addresses are physical ones.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <axas/hal.h>

/** Marked memory that no allocator touches. */
struct machine_pool {
    uint64_t hpa, size; /**< both multiples of 2 MiB */
};
extern struct machine_pool machine_pool;
extern uint64_t machine_free; /**< bytes that the allocator began with */

/** Divides the memory and marks the pool. Called once. */
void machine_init(void);

/** Fills in a HAL, and starts its allocator anew. */
void machine_hal(struct axas_hal *hal);

/** Complains about frames that were not given back. */
void machine_expect_no_frames(void);

/** True if the 8 bytes at hpa hold a mark: in the pool, or in a frame that a guest has. */
bool machine_marked(uint64_t hpa);

/** True if hpa is in a frame that a guest has, and has no other guest page than this one. */
bool machine_owned(uint64_t hpa, uint64_t gpa);

#endif
