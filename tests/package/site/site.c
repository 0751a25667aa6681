/* SPDX-License-Identifier: Apache-2.0 */
/* A program with a HAL of its own, for a library that was built with site_config.h. */
#include <axas/formats.h>
#include <axas/guest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                          \
    do {                                                           \
        if (!(condition)) {                                        \
            printf("line %d: not so: %s\n", __LINE__, #condition); \
            exit(1);                                               \
        }                                                          \
    } while (0)

static unsigned taken;

static bool frame_alloc(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    void *memory = aligned_alloc((size_t)size, (size_t)size);
    (void)context;
    (void)use;
    EXPECT(memory != NULL);
    taken++;
    *frame = axas_hpa_of((uint64_t)(uintptr_t)memory - AXAS_DIRECT_MAP_OFFSET);
    return true;
}

static void frame_free(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    (void)context;
    (void)size;
    (void)use;
    taken--;
    free((void *)(uintptr_t)(frame.raw + AXAS_DIRECT_MAP_OFFSET));
}

static void invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    (void)what;
}

int main(void)
{
    /* The offset here is not looked at. */
    static const struct axas_hal hal = {.direct_map_offset = 1,
                                        .frame_alloc = frame_alloc,
                                        .frame_free = frame_free,
                                        .invalidate = invalidate};
    struct axas_config config = {.table = {.hal = &hal}};
    enum axas_status status = AXAS_ERR_UNSUPPORTED;
    struct axas_space space;
    char text[16] = {0};

    /* The first format that asks for nothing of the CPU. */
    for (unsigned i = 0; axas_formats[i] != NULL && status == AXAS_ERR_UNSUPPORTED; i++) {
        config.table.format = axas_formats[i];
        status = axas_space_init(&space, &config);
    }
    EXPECT(status == AXAS_OK);
    EXPECT(axas_space_map_alloc(&space, axas_gpa_of(0x4000), 0x2000, AXAS_READ | AXAS_WRITE, AXAS_LAZY) ==
           AXAS_OK);
    const unsigned before = space.lock.taken;
    EXPECT(before != 0);
    EXPECT(axas_guest_write(&space, axas_gpa_of(0x4ffc), "Hello, site", 12) == AXAS_OK);
    EXPECT(axas_guest_read(&space, axas_gpa_of(0x4ffc), text, 12) == AXAS_OK);
    EXPECT(strcmp(text, "Hello, site") == 0);
    EXPECT(space.lock.taken > before && space.lock.readers == 0 && space.lock.writers == 0);
    axas_space_destroy(&space);
    EXPECT(taken == 0);
    return 0;
}
