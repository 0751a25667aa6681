/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that was given back to the hosted HAL is as forbidden as memory that was given back to malloc. */
#include <axas/hosted.h>

int main(void)
{
    struct axas_hosted *arena = axas_hosted_create(NULL);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    axas_hpa frame;
    if (!hal->frame_alloc(hal->context, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST, &frame)) {
        return 0;
    }
    hal->frame_free(hal->context, frame, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    const volatile unsigned char *bytes = axas_hal_virt(hal, frame);
    return (int)(bytes[0] & 0u);
}
