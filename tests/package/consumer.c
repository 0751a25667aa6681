/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody's program: a space on the hosted HAL, and codec and walks of whichever formats the package has. */
#include <axas/formats.h>
#include <axas/hosted.h>
#include <axas/inline.h>
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
    /* The walks of every mode: those of another than the space has call the library. */
    unsigned wrong = 0;
#define ASK(format, mode)                                                                       \
    {                                                                                           \
        const struct axas_##format##_##mode walker = axas_##format##_##mode##_of(&space.table); \
        axas_hpa same = {0};                                                                    \
        (void)axas_##format##_##mode##_translate(&walker, axas_gpa_of(0x1234), &same);          \
        wrong += same.raw != hpa.raw;                                                           \
    }
    AXAS_EACH_MODE(ASK)
    printf("%s: %s\n", config.table.format->name, axas_status_str(status));
    axas_space_destroy(&space);
    return axas_hosted_destroy(arena) == 0 && hpa.raw == 0x5234 && wrong == 0 ? 0 : 1;
}
