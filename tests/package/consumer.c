/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody's program: a space on the hosted HAL, and the codec of whichever formats the package has. */
#include <axas/formats.h>
#include <axas/hosted.h>
#include <axas/space.h>

#include <stdio.h>

int main(void)
{
    struct axas_hosted *arena = axas_hosted_create(NULL);
    if (arena == NULL) {
        return 1;
    }
    struct axas_space space;
    /* The first format that asks for nothing of the CPU. */
    struct axas_config config = {.table = {.hal = axas_hosted_hal(arena)}};
    enum axas_status status = AXAS_ERR_UNSUPPORTED;
    for (unsigned i = 0; axas_formats[i] != NULL && status == AXAS_ERR_UNSUPPORTED; i++) {
        config.table.format = axas_formats[i];
        status = axas_space_init(&space, &config);
    }
    if (status != AXAS_OK) {
        printf("%s\n", axas_status_str(status));
        return 1;
    }
    axas_hpa hpa = {0};
    status = axas_space_map_linear(&space, axas_gpa_of(0x1000), axas_hpa_of(0x5000), 0x1000, AXAS_READ);
    if (status == AXAS_OK) {
        status = axas_space_translate(&space, axas_gpa_of(0x1234), &hpa);
    }
    printf("%s: %s\n", config.table.format->name, axas_status_str(status));
    axas_space_destroy(&space);
    return axas_hosted_destroy(arena) == 0 && hpa.raw == 0x5234 ? 0 : 1;
}
