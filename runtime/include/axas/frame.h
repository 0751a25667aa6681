/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file frame.h
 * One owned frame of host memory, for the host's own use (a vCPU's control block, a bounce buffer).
 */
#ifndef AXAS_FRAME_H
#define AXAS_FRAME_H

#include <axas/hal.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Owned while hal is not NULL. */
struct axas_frame {
    const struct axas_hal *hal;
    axas_hpa hpa;
    uint64_t size; /**< bytes */
};

/** Takes a run of `size` bytes, aligned to its size, contents unknown; the HAL is told AXAS_FRAME_GUEST.
 *  AXAS_ERR_INVALID: a null pointer, or a size that is no power of two or below AXAS_FRAME_SIZE.
 *  AXAS_ERR_NO_MEMORY. *frame is untouched on failure. */
enum axas_status axas_frame_alloc(struct axas_frame *frame, const struct axas_hal *hal, uint64_t size);
/** The same, cleared. */
enum axas_status axas_frame_alloc_zeroed(struct axas_frame *frame, const struct axas_hal *hal, uint64_t size);
/** Gives it back. A frame that is not owned is left alone, so freeing twice is harmless. */
void axas_frame_free(struct axas_frame *frame);
/** Its first byte, host-virtual; NULL if not owned. */
void *axas_frame_pointer(const struct axas_frame *frame);
/** Sets every byte. */
void axas_frame_fill(const struct axas_frame *frame, uint8_t byte);

#ifdef __cplusplus
}
#endif

#endif
