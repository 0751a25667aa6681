/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file frames.h
 * The machine's memory, given out in aligned runs of a power of two: the HAL's frame allocator.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <axas/hal.h>

/** Takes over [first, end). */
void frames_init(uint64_t first, uint64_t end);

/** For axas_hal. Runs come filled with rubbish, so that whoever forgets to clear one is found out. */
bool frames_alloc(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame);
/** For axas_hal. A run may come back in parts. */
void frames_free(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use);

/** Bytes that are given out for that use. */
uint64_t frames_used(enum axas_frame_use use);

#endif
