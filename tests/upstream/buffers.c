/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes of guest buffers. The comments cite the rows of README.md. */
#include "row.h"

#include <axas/guest.h>

#include <string.h>

/* L: the limit is the size of the whole area from any offset, so reads and writes run past its end. */
ROW(a_buffer_runs_past_the_end_of_an_area)
{
    struct rig rig;
    uint8_t bytes[256], back[256];
    rig_open(&rig, world);
    rig.doing = "moving bytes across the end of an area";
    uint64_t end = rig.populated + rig.populated_size;
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.trap), 4 * rig.page));
    memset(bytes, 0x31, sizeof bytes);
    RIG_OK(&rig, axas_guest_write(&rig.space, axas_gpa_of(end - 256), bytes, 256));
    memset(bytes, 0x77, sizeof bytes);
    for (unsigned over = 1; over < 256; over += 51) {
        axas_gpa gpa = axas_gpa_of(end - 256 + over);
        rig.number = over;
        RIG_TRUE(&rig, axas_guest_write(&rig.space, gpa, bytes, 256) == AXAS_ERR_NOT_MAPPED);
        memset(back, 0x55, sizeof back);
        RIG_TRUE(&rig, axas_guest_read(&rig.space, gpa, back, 256) == AXAS_ERR_NOT_MAPPED);
        for (unsigned i = 0; i < 256; i++) {
            RIG_TRUE(&rig, back[i] == 0x55);
        }
    }
    RIG_OK(&rig, axas_guest_read(&rig.space, axas_gpa_of(end - 256), back, 256));
    for (unsigned i = 0; i < 256; i++) {
        RIG_TRUE(&rig, back[i] == 0x31); /* and no byte of the failed writes, row 22 */
    }
    struct axas_guest_span span;
    RIG_OK(&rig, axas_guest_span_begin(&rig.space, axas_gpa_of(end - 16), 4096, AXAS_READ, &span));
    uint64_t length = span.length;
    axas_guest_span_end(&rig.space, &span);
    RIG_TRUE(&rig, length == 16);
    rig_close(&rig);
}

/* L: more is given out than is contiguous in host memory. */
ROW(a_span_is_longer_than_what_is_contiguous)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "a span over frames in the wrong order";
    struct axas_guest_span span;
    uint64_t memory = 0;
    axas_hpa frames = axas_hpa_of(0);
    uint64_t size = 4 * rig.page;
    RIG_TRUE(&rig, rig.hal->frame_alloc(rig.hal->context, size, AXAS_FRAME_GUEST, &frames));
    for (uint64_t i = 0; i < 4; i++) { /* the host's pages 1, 0, 3, 2 */
        RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.room + i * rig.page),
                                           axas_hpa_of(frames.raw + (i ^ 1u) * rig.page), rig.page, RW));
    }
    for (uint64_t i = 0; i < 4; i++) {
        rig.number = i;
        RIG_OK(&rig,
               axas_guest_span_begin(&rig.space, axas_gpa_of(rig.room + i * rig.page + 8), size, RW, &span));
        uint64_t length = span.length;
        void *data = span.data;
        axas_guest_span_end(&rig.space, &span);
        RIG_TRUE(&rig, length == rig.page - 8);
        RIG_TRUE(&rig, axas_hal_phys(rig.hal, data).raw == frames.raw + (i ^ 1u) * rig.page + 8);
    }
    uint8_t bytes[64], back[64];
    memset(bytes, 0x42, sizeof bytes);
    axas_gpa across = axas_gpa_of(rig.room + rig.page - 32);
    RIG_OK(&rig, axas_guest_write(&rig.space, across, bytes, sizeof bytes));
    RIG_OK(&rig, axas_guest_read(&rig.space, across, back, sizeof back));
    RIG_TRUE(&rig, memcmp(bytes, back, sizeof back) == 0);
    memcpy(&memory, axas_hal_virt(rig.hal, axas_hpa_of(frames.raw)), sizeof memory);
    RIG_TRUE(&rig, memory == UINT64_C(0x4242424242424242)); /* the guest's second page is the host's first */
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.room), size));
    rig.hal->frame_free(rig.hal->context, frames, size, AXAS_FRAME_GUEST);
    rig_close(&rig);
}

/* M: panics on a lazy hole and on the end of an area, ignores permissions, cannot span areas, allocates. */
ROW(a_buffer_ignores_permissions)
{
    struct rig rig;
    uint8_t bytes[64], back[64];
    rig_open(&rig, world);
    rig.doing = "moving bytes where the guest may not";
    memset(bytes, 0x66, sizeof bytes);
    axas_gpa across = axas_gpa_of(rig.populated + rig.page - 32);
    RIG_OK(&rig, axas_guest_write(&rig.space, across, bytes, sizeof bytes));
    memset(bytes, 0x11, sizeof bytes);
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated + rig.page), rig.page, AXAS_READ));
    RIG_TRUE(&rig, axas_guest_write(&rig.space, across, bytes, sizeof bytes) == AXAS_ERR_PERMISSION);
    RIG_TRUE(&rig, axas_guest_store(&rig.space, axas_gpa_of(rig.populated + rig.page), 8, 1) ==
                       AXAS_ERR_PERMISSION);
    RIG_OK(&rig, axas_guest_read(&rig.space, across, back, sizeof back));
    for (unsigned i = 0; i < 64; i++) {
        RIG_TRUE(&rig, back[i] == 0x66);
    }
    struct axas_guest_span span;
    RIG_TRUE(&rig, axas_guest_span_begin(&rig.space, axas_gpa_of(rig.populated + rig.page), 8, AXAS_WRITE,
                                         &span) == AXAS_ERR_PERMISSION);
    RIG_OK(&rig, axas_guest_write_flags(&rig.space, across, bytes, sizeof bytes, AXAS_GUEST_LOAD_IMAGE));
    RIG_OK(&rig, axas_guest_read(&rig.space, across, back, sizeof back));
    RIG_TRUE(&rig, memcmp(bytes, back, sizeof back) == 0);
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated + rig.page), rig.page, 0));
    RIG_TRUE(&rig, axas_guest_read(&rig.space, across, back, sizeof back) == AXAS_ERR_PERMISSION);
    rig_close(&rig);
}

ROW(a_buffer_cannot_span_areas_or_lazy_holes)
{
    struct rig rig;
    uint8_t bytes[64], back[64];
    rig_open(&rig, world);
    rig.doing = "moving bytes across two areas without memory";
    axas_gpa second = axas_gpa_of(rig.room + rig.page);
    axas_gpa across = axas_gpa_of(second.raw - 32);
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), rig.page, RW, AXAS_LAZY));
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, second, rig.page, RW, AXAS_LAZY));
    memset(bytes, 0x21, sizeof bytes);
    struct picture before = rig_picture(&rig);
    RIG_TRUE(&rig, axas_guest_read_flags(&rig.space, across, back, sizeof back, AXAS_GUEST_NO_POPULATE) ==
                       AXAS_ERR_NOT_MAPPED);
    RIG_TRUE(&rig, axas_guest_write(&rig.space, across, bytes, 3 * rig.page) == AXAS_ERR_NOT_MAPPED);
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    RIG_OK(&rig, axas_guest_write(&rig.space, across, bytes, sizeof bytes));
    uint64_t attempts = axas_hosted_ledger_now(rig.arena).attempts;
    RIG_OK(&rig, axas_guest_read(&rig.space, across, back, sizeof back));
    RIG_TRUE(&rig, memcmp(bytes, back, sizeof back) == 0);
    struct axas_guest_iterator it;
    enum axas_status status = AXAS_ERR_CORRUPT;
    uint64_t seen = 0;
    axas_guest_iterate(&it, &rig.space, across, sizeof bytes, AXAS_READ);
    while (axas_guest_next(&it, &status)) {
        RIG_TRUE(&rig, memcmp(it.span.data, bytes, it.span.length) == 0);
        seen += it.span.length;
    }
    RIG_OK(&rig, status);
    RIG_TRUE(&rig, seen == sizeof bytes);
    RIG_TRUE(&rig, axas_hosted_ledger_now(rig.arena).attempts == attempts);
    rig_close(&rig);
}

/* L: host physical addresses taken for pointers, and devices read. */
ROW(a_buffer_reads_a_device)
{
    struct rig rig;
    axas_attr attrs[256];
    unsigned with_access;
    (void)world_attrs(world, attrs, &with_access);
    rig_open(&rig, world);
    rig.doing = "reading device registers and traps";
    uint64_t value = 77;
    RIG_TRUE(&rig, axas_guest_load(&rig.space, axas_gpa_of(rig.trap), 8, &value) == AXAS_ERR_NOT_MAPPED);
    for (unsigned i = 0; i < with_access; i++) {
        if (!axas_attr_is_device(attrs[i]) || (attrs[i] & AXAS_READ) == 0) {
            continue;
        }
        /* No memory of the arena is behind it: whoever touches it ends the process. */
        RIG_OK(&rig,
               axas_space_map_linear(&rig.space, axas_gpa_of(rig.room), axas_hpa_of(0), rig.page, attrs[i]));
        RIG_TRUE(&rig, axas_guest_load(&rig.space, axas_gpa_of(rig.room), 8, &value) == AXAS_ERR_UNSUPPORTED);
        RIG_TRUE(&rig, axas_guest_read(&rig.space, axas_gpa_of(rig.room), &value, 4) == AXAS_ERR_UNSUPPORTED);
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.room), rig.page));
    }
    RIG_TRUE(&rig, value == 77);
    rig_close(&rig);
}

/* L, row 22: unaligned volatile access is undefined, an object may be read torn. */
ROW(an_object_is_read_torn)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "moving objects";
    axas_gpa base = axas_gpa_of(rig.populated + 64);
    for (unsigned width = 0; width <= 16; width++) {
        uint64_t value = 99;
        bool legal = width == 1 || width == 2 || width == 4 || width == 8;
        rig.number = width;
        enum axas_status status = axas_guest_load(&rig.space, base, width, &value);
        RIG_TRUE(&rig, status == (legal ? AXAS_OK : AXAS_ERR_INVALID));
        RIG_TRUE(&rig, legal || value == 99);
        if (!legal || width == 1) {
            continue;
        }
        for (unsigned off = 1; off < width; off++) {
            axas_gpa gpa = axas_gpa_of(base.raw + off);
            RIG_TRUE(&rig, axas_guest_load(&rig.space, gpa, width, &value) == AXAS_ERR_ALIGN);
            RIG_TRUE(&rig, axas_guest_store(&rig.space, gpa, width, 1) == AXAS_ERR_ALIGN);
        }
    }
    uint64_t value = 0;
    RIG_OK(&rig, axas_guest_store(&rig.space, base, 8, UINT64_C(0x1122334455667788)));
    RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(base.raw + 2), 2, 0xabcdef));
    RIG_OK(&rig, axas_guest_load(&rig.space, base, 8, &value));
    RIG_TRUE(&rig, value == UINT64_C(0x11223344cdef7788));
    rig_close(&rig);
}

/* Row 22: a long write clobbers before it fails; the whole range is checked before the first byte moves. */
ROW(a_long_write_clobbers_before_it_fails)
{
    static uint8_t bytes[1 << 18], back[1 << 18];
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "writes that end in a hole, in read-only memory and beyond the space";
    uint64_t length = 3 * rig.page;
    uint64_t last = axas_space_end(&rig.space).raw - 2 * rig.page;
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), 3 * rig.page, RW, AXAS_POPULATE));
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(last), 2 * rig.page, RW, AXAS_POPULATE));
    memset(bytes, 0x99, length);
    RIG_TRUE(&rig,
             axas_guest_write(&rig.space, axas_gpa_of(rig.room + 1), bytes, length) == AXAS_ERR_NOT_MAPPED);
    RIG_TRUE(&rig, axas_guest_write(&rig.space, axas_gpa_of(last), bytes, length) == AXAS_ERR_RANGE);
    RIG_TRUE(&rig, axas_guest_write(&rig.space, axas_gpa_of(last), bytes, UINT64_MAX) == AXAS_ERR_RANGE);
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.room + 2 * rig.page), rig.page, AXAS_READ));
    RIG_TRUE(&rig, axas_guest_write(&rig.space, axas_gpa_of(rig.room), bytes, length) == AXAS_ERR_PERMISSION);
    RIG_OK(&rig, axas_guest_read(&rig.space, axas_gpa_of(rig.room), back, length));
    for (uint64_t i = 0; i < length; i++) {
        RIG_TRUE(&rig, back[i] == 0);
    }
    RIG_OK(&rig, axas_guest_read(&rig.space, axas_gpa_of(last), back, 2 * rig.page));
    for (uint64_t i = 0; i < 2 * rig.page; i++) {
        RIG_TRUE(&rig, back[i] == 0);
    }
    rig_close(&rig);
}
