/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hal.h
 * A HAL that costs next to nothing: frames from one arena, given out upwards and taken back into a list for
 * each size. It clears and checks nothing.
 */
#ifndef AXAS_BENCH_HAL_H
#define AXAS_BENCH_HAL_H

#include <axas/hal.h>

const struct axas_hal *bench_hal(void);

/** Maps the arena; ends the program if it cannot. */
void bench_hal_start(void);
/** Bytes given out and not back. */
uint64_t bench_hal_used(void);
/** From now on several threads call at once, or only one does. */
void bench_hal_share(bool shared);

#endif
