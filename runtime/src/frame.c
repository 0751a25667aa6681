/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/frame.h>

enum axas_status axas_frame_alloc(struct axas_frame *frame, const struct axas_hal *hal, uint64_t size)
{
    if (frame == NULL || hal == NULL || hal->frame_alloc == NULL || hal->frame_free == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (size < AXAS_FRAME_SIZE || (size & (size - 1)) != 0) {
        return AXAS_ERR_INVALID;
    }
    axas_hpa hpa;
    if (!hal->frame_alloc(hal->context, size, AXAS_FRAME_GUEST, &hpa)) {
        return AXAS_ERR_NO_MEMORY;
    }
    frame->hal = hal;
    frame->hpa = hpa;
    frame->size = size;
    return AXAS_OK;
}

enum axas_status axas_frame_alloc_zeroed(struct axas_frame *frame, const struct axas_hal *hal, uint64_t size)
{
    enum axas_status status = axas_frame_alloc(frame, hal, size);
    if (status == AXAS_OK) {
        axas_frame_fill(frame, 0);
    }
    return status;
}

void axas_frame_free(struct axas_frame *frame)
{
    if (frame == NULL || frame->hal == NULL) {
        return;
    }
    const struct axas_hal *hal = frame->hal;
    frame->hal = NULL;
    hal->frame_free(hal->context, frame->hpa, frame->size, AXAS_FRAME_GUEST);
}

void *axas_frame_pointer(const struct axas_frame *frame)
{
    return frame == NULL || frame->hal == NULL ? NULL : axas_hal_virt(frame->hal, frame->hpa);
}

void axas_frame_fill(const struct axas_frame *frame, uint8_t byte)
{
    void *first = axas_frame_pointer(frame);
    if (first != NULL) {
        __builtin_memset(first, byte, (size_t)frame->size);
    }
}
