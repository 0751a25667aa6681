/* SPDX-License-Identifier: Apache-2.0 */
/* The host's access to guest memory obeys what the guest may do. */
#include "unit.h"

#include <signal.h>
#include <unistd.h>

/*
 * Pages 0..7 RW lazy, 8..11 R linear onto a buffer, 12..13 RW linear onto the same buffer's end, 14 trap,
 * 15 device (where the format has device memory), 16.. nothing.
 */
struct scene {
    struct unit_space unit;
    uint64_t page, lazy, readonly, writable, trap, device, hole;
    struct axas_frame buffer;
    bool has_device;
};

static void make(struct scene *scene, const struct unit_case *at)
{
    unit_space_make(&scene->unit, at);
    struct axas_space *space = &scene->unit.space;
    uint64_t page = scene->page = scene->unit.page;
    scene->lazy = 0;
    scene->readonly = 8 * page;
    scene->writable = 12 * page;
    scene->trap = 14 * page;
    scene->device = 15 * page;
    scene->hole = 16 * page;
    memset(&scene->buffer, 0, sizeof scene->buffer);
    cr_assert_eq(axas_frame_alloc_zeroed(&scene->buffer, &scene->unit.tree.hal, 8 * page), AXAS_OK);
    cr_assert_eq(axas_space_map_alloc(space, axas_gpa_of(scene->lazy), 8 * page, RW, AXAS_LAZY), AXAS_OK);
    cr_assert_eq(axas_space_map_linear(space, axas_gpa_of(scene->readonly), scene->buffer.hpa, 4 * page, R),
                 AXAS_OK);
    cr_assert_eq(axas_space_map_linear(space, axas_gpa_of(scene->writable),
                                       axas_hpa_of(scene->buffer.hpa.raw + 4 * page), 2 * page, RW),
                 AXAS_OK);
    cr_assert_eq(axas_space_map_trap(space, axas_gpa_of(scene->trap), page, NULL), AXAS_OK);
    scene->has_device = axas_space_map_linear(space, axas_gpa_of(scene->device), axas_hpa_of(FAR_HPA), page,
                                              RW | AXAS_MEM_DEVICE) == AXAS_OK;
}

static void end(struct scene *scene)
{
    axas_space_destroy(&scene->unit.space);
    axas_frame_free(&scene->buffer);
    unit_space_end(&scene->unit);
}

#define READ(gpa, buffer, length) axas_guest_read(&scene.unit.space, axas_gpa_of(gpa), buffer, length)
#define WRITE(gpa, buffer, length) axas_guest_write(&scene.unit.space, axas_gpa_of(gpa), buffer, length)
#define REFUSED(expected, call) EXPECT_SPACE_REFUSED(&scene.unit, expected, call)

static void fill(unsigned char *bytes, uint64_t length, unsigned seed)
{
    for (uint64_t i = 0; i < length; i++) {
        bytes[i] = (unsigned char)(i * 7 + seed);
    }
}

Test(guest, what_is_written_is_read_back_across_pages_and_areas)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        uint64_t length = 2 * scene.page + 10;
        unsigned char *out = malloc(length), *in = malloc(length);
        /* three pages of the lazy area */
        fill(out, length, 3);
        cr_assert_eq(WRITE(scene.page - 5, out, length), AXAS_OK, "%s", scene.unit.name);
        cr_assert_eq(READ(scene.page - 5, in, length), AXAS_OK);
        cr_expect_eq(memcmp(in, out, length), 0, "%s", scene.unit.name);
        cr_expect_eq(unit_guest_bytes(&scene.unit), 4 * scene.page + scene.buffer.size,
                     "as many pages as were touched");
        /* from the read-only area into the writable one, which are one buffer */
        unsigned char *host = axas_frame_pointer(&scene.buffer);
        fill(host, 6 * scene.page, 9);
        cr_assert_eq(READ(scene.writable - 100, in, 200), AXAS_OK);
        cr_expect_eq(memcmp(in, host + 4 * scene.page - 100, 200), 0);
        /* from the lazy area into the read-only one */
        cr_assert_eq(READ(scene.readonly - 8, in, 16), AXAS_OK);
        cr_expect_eq(memcmp(in, "\0\0\0\0\0\0\0\0", 8), 0, "new memory is zero");
        cr_expect_eq(memcmp(in + 8, host, 8), 0);
        free(out);
        free(in);
        end(&scene);
    }
}

Test(guest, a_write_that_meets_read_only_memory_moves_no_byte)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        unsigned char bytes[64], before[64], after[64];
        fill(bytes, sizeof bytes, 1);
        cr_assert_eq(READ(scene.readonly - 32, before, 64), AXAS_OK, "the lazy page is there now");
        REFUSED(AXAS_ERR_PERMISSION, WRITE(scene.readonly, bytes, 1));
        REFUSED(AXAS_ERR_PERMISSION, WRITE(scene.readonly - 32, bytes, 64));
        REFUSED(AXAS_ERR_PERMISSION, WRITE(scene.writable - 1, bytes, 2));
        cr_assert_eq(READ(scene.readonly - 32, after, 64), AXAS_OK);
        cr_expect_eq(memcmp(before, after, 64), 0, "%s", scene.unit.name);
        cr_expect_eq(WRITE(scene.writable, bytes, 64), AXAS_OK);
        end(&scene);
    }
}

Test(guest, nothing_moves_through_a_hole_a_trap_or_a_device)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        unsigned char bytes[64], untouched[64];
        memset(bytes, 0x33, sizeof bytes);
        memset(untouched, 0x33, sizeof untouched);
        REFUSED(AXAS_ERR_NOT_MAPPED, READ(scene.hole, bytes, 64));
        REFUSED(AXAS_ERR_NOT_MAPPED, WRITE(scene.hole, bytes, 64));
        REFUSED(AXAS_ERR_NOT_MAPPED, READ(scene.trap, bytes, 64));
        REFUSED(AXAS_ERR_NOT_MAPPED, WRITE(scene.trap, bytes, 1));
        REFUSED(AXAS_ERR_NOT_MAPPED, READ(scene.trap - 1, bytes, 2));
        REFUSED(AXAS_ERR_NOT_MAPPED, WRITE(scene.trap - 1, bytes, 2));
        if (scene.has_device) {
            REFUSED(AXAS_ERR_UNSUPPORTED, READ(scene.device, bytes, 4));
            REFUSED(AXAS_ERR_UNSUPPORTED, WRITE(scene.device, bytes, 4));
            uint64_t value = 7;
            REFUSED(AXAS_ERR_UNSUPPORTED,
                    axas_guest_load(&scene.unit.space, axas_gpa_of(scene.device), 4, &value));
            REFUSED(AXAS_ERR_UNSUPPORTED,
                    axas_guest_store(&scene.unit.space, axas_gpa_of(scene.device), 4, value));
            struct axas_guest_span span;
            REFUSED(AXAS_ERR_UNSUPPORTED,
                    axas_guest_span_begin(&scene.unit.space, axas_gpa_of(scene.device), 4, R, &span));
            cr_expect_eq(value, 7);
        }
        cr_expect_eq(memcmp(bytes, untouched, sizeof bytes), 0, "%s: a refusal writes", scene.unit.name);
        end(&scene);
    }
}

Test(guest, bad_calls_are_refused_and_change_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        uint64_t top = scene.unit.tree.limit, value = 7;
        unsigned char bytes[16] = {0};
        struct axas_guest_span span, before;
        memset(&span, 0x5a, sizeof span);
        memset(&before, 0x5a, sizeof before);
        const axas_gpa gpa = {scene.lazy};
        REFUSED(AXAS_ERR_INVALID, axas_guest_read(NULL, gpa, bytes, 1));
        REFUSED(AXAS_ERR_INVALID, axas_guest_write(NULL, gpa, bytes, 1));
        REFUSED(AXAS_ERR_INVALID, axas_guest_read(space, gpa, NULL, 1));
        REFUSED(AXAS_ERR_INVALID, axas_guest_write(space, gpa, NULL, 1));
        REFUSED(AXAS_ERR_INVALID, axas_guest_read_flags(space, gpa, bytes, 1, 0x80));
        REFUSED(AXAS_ERR_INVALID, axas_guest_write_flags(space, gpa, bytes, 1, 0x80));
        REFUSED(AXAS_ERR_INVALID, axas_guest_read_flags(space, gpa, bytes, 1, AXAS_GUEST_LOAD_IMAGE));
        REFUSED(AXAS_ERR_RANGE, READ(top, bytes, 1));
        REFUSED(AXAS_ERR_RANGE, READ(top - 1, bytes, 2));
        REFUSED(AXAS_ERR_RANGE, WRITE(UINT64_MAX, bytes, 2));
        REFUSED(AXAS_ERR_RANGE, READ(8, bytes, UINT64_MAX));
        REFUSED(AXAS_ERR_RANGE, WRITE(8, bytes, UINT64_MAX - 4));
        static const unsigned widths[] = {0, 3, 5, 16, UINT32_MAX};
        for (unsigned i = 0; i < 5; i++) {
            REFUSED(AXAS_ERR_INVALID, axas_guest_load(space, gpa, widths[i], &value));
            REFUSED(AXAS_ERR_INVALID, axas_guest_store(space, gpa, widths[i], value));
        }
        REFUSED(AXAS_ERR_INVALID, axas_guest_load(NULL, gpa, 4, &value));
        REFUSED(AXAS_ERR_INVALID, axas_guest_load(space, gpa, 4, NULL));
        REFUSED(AXAS_ERR_INVALID, axas_guest_store(NULL, gpa, 4, value));
        REFUSED(AXAS_ERR_ALIGN, axas_guest_load(space, axas_gpa_of(1), 2, &value));
        REFUSED(AXAS_ERR_ALIGN, axas_guest_load(space, axas_gpa_of(2), 4, &value));
        REFUSED(AXAS_ERR_ALIGN, axas_guest_store(space, axas_gpa_of(4), 8, value));
        REFUSED(AXAS_ERR_RANGE, axas_guest_load(space, axas_gpa_of(top), 1, &value));
        REFUSED(AXAS_ERR_PERMISSION, axas_guest_store(space, axas_gpa_of(scene.readonly), 4, value));
        REFUSED(AXAS_ERR_INVALID, axas_guest_span_begin(NULL, gpa, 1, R, &span));
        REFUSED(AXAS_ERR_INVALID, axas_guest_span_begin(space, gpa, 1, R, NULL));
        REFUSED(AXAS_ERR_INVALID, axas_guest_span_begin(space, gpa, 1, 0, &span));
        REFUSED(AXAS_ERR_INVALID, axas_guest_span_begin(space, gpa, 1, X, &span));
        REFUSED(AXAS_ERR_RANGE, axas_guest_span_begin(space, gpa, 0, R, &span));
        REFUSED(AXAS_ERR_RANGE, axas_guest_span_begin(space, axas_gpa_of(top), 1, R, &span));
        REFUSED(AXAS_ERR_PERMISSION, axas_guest_span_begin(space, axas_gpa_of(scene.readonly), 1, RW, &span));
        REFUSED(AXAS_ERR_NOT_MAPPED, axas_guest_span_begin(space, axas_gpa_of(scene.hole), 1, R, &span));
        cr_expect_eq(memcmp(&span, &before, sizeof span), 0, "%s: a refusal writes", scene.unit.name);
        cr_expect_eq(value, 7);
        end(&scene);
    }
}

Test(guest, a_space_that_is_not_there_has_no_byte)
{
    struct axas_space none;
    unsigned char bytes[8] = {0};
    uint64_t value = 7;
    memset(&none, 0, sizeof none);
    static const uint64_t addresses[] = {0, 0x1000, 0x1008, UINT64_MAX - 7};
    for (unsigned i = 0; i < 4; i++) {
        const axas_gpa gpa = {addresses[i]};
        cr_expect_eq(axas_guest_read(&none, gpa, bytes, 8), AXAS_ERR_RANGE);
        cr_expect_eq(axas_guest_write(&none, gpa, bytes, 8), AXAS_ERR_RANGE);
        cr_expect_eq(axas_guest_load(&none, gpa, 1, &value), AXAS_ERR_RANGE);
        cr_expect_eq(axas_guest_store(&none, gpa, 1, value), AXAS_ERR_RANGE);
    }
    cr_expect_eq(value, 7);
}

Test(guest, a_length_of_0_touches_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        unsigned char byte = 0x33;
        REFUSED(AXAS_OK, READ(scene.lazy, &byte, 0));
        REFUSED(AXAS_OK, WRITE(scene.readonly, &byte, 0));
        REFUSED(AXAS_OK, READ(scene.hole, &byte, 0));
        REFUSED(AXAS_OK, READ(scene.lazy, NULL, 0));
        cr_expect_eq(byte, 0x33);
        end(&scene);
    }
}

Test(guest, lazy_pages_are_populated_unless_the_caller_says_no)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        const axas_gpa gpa = {scene.page - 4};
        uint64_t before = unit_guest_bytes(&scene.unit);
        REFUSED(AXAS_ERR_NOT_MAPPED, axas_guest_read_flags(space, gpa, bytes, 8, AXAS_GUEST_NO_POPULATE));
        REFUSED(AXAS_ERR_NOT_MAPPED, axas_guest_write_flags(space, gpa, bytes, 8, AXAS_GUEST_NO_POPULATE));
        cr_expect_eq(bytes[0], 1, "untouched");
        cr_assert_eq(WRITE(gpa.raw, bytes, 4), AXAS_OK, "the first of both pages");
        cr_expect_eq(unit_guest_bytes(&scene.unit), before + scene.page);
        REFUSED(AXAS_ERR_NOT_MAPPED, axas_guest_write_flags(space, gpa, bytes, 8, AXAS_GUEST_NO_POPULATE));
        cr_assert_eq(WRITE(gpa.raw, bytes, 8), AXAS_OK);
        cr_expect_eq(unit_guest_bytes(&scene.unit), before + 2 * scene.page);
        cr_expect_eq(axas_guest_read_flags(space, gpa, bytes, 8, AXAS_GUEST_NO_POPULATE), AXAS_OK);
        axas_hosted_fail_from(scene.unit.tree.arena, 1);
        REFUSED(AXAS_ERR_NO_MEMORY, READ(5 * scene.page, bytes, 8));
        axas_hosted_fail_from(scene.unit.tree.arena, 0);
        end(&scene);
    }
}

Test(guest, memory_without_access_is_refused)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        unsigned char byte = 5;
        cr_assert_eq(WRITE(scene.lazy, &byte, 1), AXAS_OK);
        cr_assert_eq(axas_space_protect(&scene.unit.space, axas_gpa_of(0), 2 * scene.page, 0), AXAS_OK);
        REFUSED(AXAS_ERR_PERMISSION, READ(scene.lazy, &byte, 1));
        REFUSED(AXAS_ERR_PERMISSION, WRITE(scene.lazy, &byte, 1));
        REFUSED(AXAS_ERR_PERMISSION, READ(scene.page, &byte, 1));
        end(&scene);
    }
}

static uint64_t published_bytes(struct axas_hosted *arena, axas_hpa hpa)
{
    uint64_t bytes = 0;
    const struct axas_hosted_event *events = axas_hosted_events(arena);
    for (uint64_t i = 0; i < axas_hosted_event_count(arena); i++) {
        if (events[i].kind == AXAS_HOSTED_PUBLISH && events[i].hpa.raw <= hpa.raw &&
            hpa.raw - events[i].hpa.raw < events[i].size) {
            bytes += events[i].size;
        }
    }
    return bytes;
}

Test(guest, an_image_is_loaded_where_the_guest_may_only_read_and_is_published)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        unsigned char image[32];
        fill(image, sizeof image, 4);
        axas_hosted_record(scene.unit.tree.arena, 1000);
        cr_assert_eq(axas_guest_write_flags(space, axas_gpa_of(scene.readonly + 8), image, sizeof image,
                                            AXAS_GUEST_LOAD_IMAGE),
                     AXAS_OK, "%s", scene.unit.name);
        axas_hosted_record_stop(scene.unit.tree.arena);
        cr_expect_eq(memcmp((unsigned char *)axas_frame_pointer(&scene.buffer) + 8, image, sizeof image), 0);
        cr_expect_gt(published_bytes(scene.unit.tree.arena, axas_hpa_of(scene.buffer.hpa.raw + 8)), 0);
        axas_hosted_record(scene.unit.tree.arena, 1000);
        cr_assert_eq(axas_guest_write_flags(space, axas_gpa_of(scene.writable), image, sizeof image,
                                            AXAS_GUEST_LOAD_IMAGE),
                     AXAS_OK);
        axas_hosted_record_stop(scene.unit.tree.arena);
        cr_expect_gt(
            published_bytes(scene.unit.tree.arena, axas_hpa_of(scene.buffer.hpa.raw + 4 * scene.page)), 0,
            "%s: where it may write as well", scene.unit.name);
        /* the flag does not open what no guest may touch */
        REFUSED(AXAS_ERR_NOT_MAPPED,
                axas_guest_write_flags(space, axas_gpa_of(scene.trap), image, 4, AXAS_GUEST_LOAD_IMAGE));
        REFUSED(AXAS_ERR_NOT_MAPPED,
                axas_guest_write_flags(space, axas_gpa_of(scene.hole), image, 4, AXAS_GUEST_LOAD_IMAGE));
        if (scene.has_device) {
            REFUSED(AXAS_ERR_UNSUPPORTED, axas_guest_write_flags(space, axas_gpa_of(scene.device), image, 4,
                                                                 AXAS_GUEST_LOAD_IMAGE));
        }
        end(&scene);
    }
}

Test(guest, writing_to_executable_memory_publishes_it)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        if (unit_encodes(&unit.tree, RWX)) {
            axas_hpa hpa;
            cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), unit.page, RWX, AXAS_POPULATE),
                         AXAS_OK);
            cr_assert_eq(axas_space_translate(&unit.space, axas_gpa_of(0), &hpa), AXAS_OK);
            axas_hosted_record(unit.tree.arena, 1000);
            cr_assert_eq(axas_guest_write(&unit.space, axas_gpa_of(100), "code", 4), AXAS_OK);
            axas_hosted_record_stop(unit.tree.arena);
            cr_expect_gt(published_bytes(unit.tree.arena, axas_hpa_of(hpa.raw + 100)), 0, "%s", unit.name);
            axas_hosted_record(unit.tree.arena, 1000);
            cr_assert_eq(axas_guest_store(&unit.space, axas_gpa_of(104), 4, 0), AXAS_OK);
            axas_hosted_record_stop(unit.tree.arena);
            cr_expect_gt(published_bytes(unit.tree.arena, axas_hpa_of(hpa.raw + 104)), 0, "%s", unit.name);
        }
        unit_space_end(&unit);
    }
}

Test(guest, objects_are_loaded_and_stored_in_every_width)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        unsigned char *host = (unsigned char *)axas_frame_pointer(&scene.buffer) + 4 * scene.page;
        const uint64_t value = UINT64_C(0x8877665544332211);
        for (unsigned width = 1; width <= 8; width *= 2) {
            uint64_t got = 0, expected = width == 8 ? value : value & ((UINT64_C(1) << 8 * width) - 1);
            unsigned char neighbours[24];
            memset(host, 0xee, sizeof neighbours);
            cr_assert_eq(axas_guest_store(space, axas_gpa_of(scene.writable + 8), width, value), AXAS_OK);
            cr_assert_eq(axas_guest_load(space, axas_gpa_of(scene.writable + 8), width, &got), AXAS_OK);
            cr_expect_eq(got, expected, "width %u: 0x%" PRIx64, width, got);
            memset(neighbours, 0xee, sizeof neighbours);
            memcpy(neighbours + 8, &value,
                   width); /* the host's byte order; all hosts here are little-endian */
            cr_expect_eq(memcmp(host, neighbours, sizeof neighbours), 0, "width %u and its neighbours",
                         width);
        }
        uint64_t got = 1;
        cr_assert_eq(axas_guest_load(space, axas_gpa_of(scene.lazy + 2 * scene.page - 8), 8, &got), AXAS_OK);
        cr_expect_eq(got, 0, "a lazy page is populated");
        end(&scene);
    }
}

Test(guest, the_hosts_accesses_count_as_the_guests)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        const struct axas_level *last = &at.format->levels[at.format->level_count - 1];
        struct axas_mapping mapping;
        unsigned char byte = 0;
        cr_assert_eq(axas_space_query(&scene.unit.space, axas_gpa_of(scene.writable), &mapping), AXAS_OK);
        if (scene.unit.space.table.hardware_updates && !mapping.accessed && last->accessed_mask != 0) {
            cr_assert_eq(READ(scene.writable, &byte, 1), AXAS_OK);
            cr_assert_eq(axas_space_query(&scene.unit.space, axas_gpa_of(scene.writable), &mapping), AXAS_OK);
            cr_expect(mapping.accessed, "%s: a read", scene.unit.name);
            cr_expect(last->dirty_mask == 0 || !mapping.dirty, "%s: a read does not make dirty",
                      scene.unit.name);
        }
        if (scene.unit.space.table.hardware_updates && !mapping.dirty && last->dirty_mask != 0) {
            cr_assert_eq(WRITE(scene.writable, &byte, 1), AXAS_OK);
            cr_assert_eq(axas_space_query(&scene.unit.space, axas_gpa_of(scene.writable), &mapping), AXAS_OK);
            cr_expect(mapping.dirty, "%s: a write", scene.unit.name);
            cr_assert_eq(
                axas_space_query(&scene.unit.space, axas_gpa_of(scene.writable + scene.page), &mapping),
                AXAS_OK);
            cr_expect_not(mapping.dirty, "%s: nor its neighbour", scene.unit.name);
        }
        end(&scene);
    }
}

/* A reader keeps the area of its last copy. */
Test(guest, after_a_copy_what_changed_meanwhile_counts)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        const uint64_t page = scene.page, here = scene.writable;
        unsigned char *host = (unsigned char *)axas_frame_pointer(&scene.buffer) + 4 * page;
        unsigned char bytes[8] = {0};
        uint64_t value = 0;
        /* the areas below and above it */
        cr_assert_eq(WRITE(scene.lazy, bytes, 8), AXAS_OK);
        REFUSED(AXAS_ERR_PERMISSION, WRITE(scene.readonly, bytes, 8));
        cr_assert_eq(WRITE(here, "before", 7), AXAS_OK, "%s", scene.unit.name);
        REFUSED(AXAS_ERR_PERMISSION, WRITE(here - 8, bytes, 8));
        cr_assert_eq(READ(here, bytes, 7), AXAS_OK);
        cr_expect_str_eq((char *)bytes, "before", "%s", scene.unit.name);
        REFUSED(AXAS_ERR_NOT_MAPPED, READ(scene.trap, bytes, 8));
        /* less access, none, and all of it */
        cr_assert_eq(axas_space_protect(space, axas_gpa_of(here), page, R), AXAS_OK);
        REFUSED(AXAS_ERR_PERMISSION, WRITE(here, bytes, 8));
        REFUSED(AXAS_ERR_PERMISSION, axas_guest_store(space, axas_gpa_of(here), 4, 1));
        cr_assert_eq(axas_guest_load(space, axas_gpa_of(here), 4, &value), AXAS_OK);
        cr_assert_eq(axas_space_protect(space, axas_gpa_of(here), page, 0), AXAS_OK);
        REFUSED(AXAS_ERR_PERMISSION, READ(here, bytes, 8));
        REFUSED(AXAS_ERR_PERMISSION, axas_guest_load(space, axas_gpa_of(here), 4, &value));
        cr_assert_eq(axas_space_protect(space, axas_gpa_of(here), page, RW), AXAS_OK);
        cr_assert_eq(WRITE(here, "after!", 7), AXAS_OK);
        cr_expect_str_eq((char *)host, "after!", "%s", scene.unit.name);
        /* gone, but for the page behind it */
        cr_assert_eq(axas_space_unmap(space, axas_gpa_of(here), page), AXAS_OK);
        REFUSED(AXAS_ERR_NOT_MAPPED, WRITE(here, bytes, 8));
        cr_assert_eq(WRITE(here + page, "behind", 7), AXAS_OK);
        REFUSED(AXAS_ERR_NOT_MAPPED, WRITE(here, bytes, 8));
        cr_expect_str_eq((char *)host, "after!", "%s", scene.unit.name);
        /* other memory there, and then a device's */
        cr_assert_eq(axas_space_map_linear(space, axas_gpa_of(here), scene.buffer.hpa, page, RW), AXAS_OK);
        cr_assert_eq(WRITE(here, "others", 7), AXAS_OK);
        cr_expect_str_eq(axas_frame_pointer(&scene.buffer), "others", "%s", scene.unit.name);
        cr_expect_str_eq((char *)host, "after!", "%s", scene.unit.name);
        cr_assert_eq(axas_space_unmap(space, axas_gpa_of(here), page), AXAS_OK);
        if (scene.has_device) {
            cr_assert_eq(axas_space_map_linear(space, axas_gpa_of(here), axas_hpa_of(FAR_HPA), page,
                                               RW | AXAS_MEM_DEVICE),
                         AXAS_OK);
            REFUSED(AXAS_ERR_UNSUPPORTED, READ(here, bytes, 8));
        }
        cr_assert_eq(READ(here + page, bytes, 8), AXAS_OK);
        cr_assert_eq(axas_space_clear(space), AXAS_OK);
        REFUSED(AXAS_ERR_NOT_MAPPED, READ(here + page, bytes, 8));
        end(&scene);
    }
}

Test(guest, after_a_copy_pages_of_its_area_are_populated_still)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        unsigned char bytes[8];
        cr_assert_eq(WRITE(scene.lazy, "page 0", 7), AXAS_OK, "%s", scene.unit.name);
        memset(bytes, 0x33, sizeof bytes);
        REFUSED(AXAS_ERR_NOT_MAPPED, axas_guest_read_flags(space, axas_gpa_of(scene.lazy + scene.page), bytes,
                                                           sizeof bytes, AXAS_GUEST_NO_POPULATE));
        cr_expect_eq(bytes[0], 0x33);
        cr_assert_eq(READ(scene.lazy + scene.page, bytes, sizeof bytes), AXAS_OK);
        cr_expect_eq(memcmp(bytes, "\0\0\0\0\0\0\0\0", sizeof bytes), 0);
        /* across both, whose host memory need not adjoin */
        cr_assert_eq(WRITE(scene.lazy + scene.page - 4, "abcdefg", 8), AXAS_OK);
        cr_assert_eq(READ(scene.lazy + scene.page, bytes, 4), AXAS_OK);
        cr_expect_str_eq((char *)bytes, "efg", "%s", scene.unit.name);
        cr_assert_eq(READ(scene.lazy, bytes, 7), AXAS_OK);
        cr_expect_str_eq((char *)bytes, "page 0", "%s", scene.unit.name);
        cr_expect_eq(unit_guest_bytes(&scene.unit), 2 * scene.page + scene.buffer.size);
        end(&scene);
    }
}

/* Another vCPU's fault, right after the walk that finds nothing. */
static struct {
    struct axas_space *space;
    const struct axas_mode *mode;
    uint64_t gpa;
} meanwhile;

static void *find_and_fault(const struct axas_table *table, uint64_t gpa, unsigned *level, uint64_t *entry)
{
    void *slot = meanwhile.mode->find(table, gpa, level, entry);
    struct axas_space *space = meanwhile.space;
    meanwhile.space = NULL;
    if (space != NULL) {
        struct axas_fault fault = unit_fault(meanwhile.gpa, W);
        cr_assert_eq(axas_space_handle_fault(space, &fault), AXAS_FAULT_RESOLVED);
    }
    return slot;
}

Test(guest, a_page_that_comes_during_a_copy_is_all_that_is_there)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page;
        struct axas_mode mode = *unit.space.table.mode;
        uint64_t value = 1;
        axas_hpa hpa[2];
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), 4 * page, RW, AXAS_LAZY), AXAS_OK);
        meanwhile.space = &unit.space;
        meanwhile.mode = unit.space.table.mode;
        meanwhile.gpa = page;
        mode.find = find_and_fault;
        unit.space.table.mode = &mode;
        cr_assert_eq(axas_guest_load(&unit.space, axas_gpa_of(page), 4, &value), AXAS_OK, "%s", unit.name);
        unit.space.table.mode = meanwhile.mode;
        cr_assert_null(meanwhile.space, "%s: it did not come", unit.name);
        cr_expect_eq(value, 0);
        cr_expect_eq(unit_guest_bytes(&unit), page, "%s", unit.name);
        cr_assert_eq(axas_guest_store(&unit.space, axas_gpa_of(2 * page), 4, 7), AXAS_OK, "%s", unit.name);
        for (unsigned i = 0; i < 2; i++) {
            cr_assert_eq(axas_space_translate(&unit.space, axas_gpa_of((1 + i) * page), &hpa[i]), AXAS_OK,
                         "%s: page %u", unit.name, 1 + i);
            cr_expect_eq(*(uint32_t *)axas_hal_virt(&unit.tree.hal, hpa[i]), i * 7, "%s", unit.name);
        }
        cr_expect_neq(hpa[0].raw, hpa[1].raw);
        cr_expect_eq(unit_guest_bytes(&unit), 2 * page, "%s", unit.name);
        unit_space_end(&unit);
    }
}

Test(guest, after_a_copy_a_piece_without_a_record_answers_for_itself)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t pages = 400, page = unit.page;
        uint64_t value = 0;
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), pages * page, RW, AXAS_LAZY), AXAS_OK,
                     "%s", unit.name);
        for (uint64_t i = 0; i < pages; i++) {
            cr_assert_eq(axas_guest_store(&unit.space, axas_gpa_of(i * page), 4, i), AXAS_OK);
        }
        axas_hosted_fail_from(unit.tree.arena, 1);
        for (uint64_t i = 1; i < pages; i += 4) {
            cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(i * page), page), AXAS_OK);
        }
        cr_assert_not_null(unit.space.areas.gaps, "there was a record for each piece");
        for (uint64_t i = 0; i < pages; i++) {
            unit_scrub_stack();
            const enum axas_status status = axas_guest_load(&unit.space, axas_gpa_of(i * page), 4, &value);
            cr_expect_eq(status, i % 4 == 1 ? AXAS_ERR_NOT_MAPPED : AXAS_OK, "%s: page %" PRIu64, unit.name,
                         i);
            cr_expect(i % 4 == 1 || value == i, "%s: page %" PRIu64, unit.name, i);
        }
        axas_hosted_fail_from(unit.tree.arena, 0);
        unit_space_end(&unit);
    }
}

Test(guest, a_span_is_the_longest_piece_that_is_contiguous_for_the_host)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        unsigned char *host = axas_frame_pointer(&scene.buffer);
        struct axas_guest_span span;
        /* both linear areas are one buffer, but only the second may be written */
        cr_assert_eq(axas_guest_span_begin(space, axas_gpa_of(scene.readonly + 16), 6 * scene.page, R, &span),
                     AXAS_OK);
        cr_expect_eq(span.data, host + 16);
        cr_expect_eq(span.gpa.raw, scene.readonly + 16);
        cr_expect_eq(span.length, 6 * scene.page - 16, "%s: 0x%" PRIx64 " bytes", scene.unit.name,
                     span.length);
        axas_guest_span_end(space, &span);
        cr_assert_eq(axas_guest_span_begin(space, axas_gpa_of(scene.writable), 100, RW, &span), AXAS_OK);
        cr_expect_eq(span.length, 100, "no more than was asked for");
        memset(span.data, 0x42, span.length);
        axas_guest_span_end(space, &span);
        cr_expect_eq(host[4 * scene.page + 99], 0x42);
        cr_expect_eq(host[4 * scene.page + 100], 0);
        /* it ends before the trap */
        cr_assert_eq(axas_guest_span_begin(space, axas_gpa_of(scene.trap - 8), 64, R, &span), AXAS_OK);
        cr_expect_eq(span.length, 8);
        axas_guest_span_end(space, &span);
        /* a lazy page is populated, the next one is not */
        cr_assert_eq(axas_guest_span_begin(space, axas_gpa_of(scene.lazy), 3 * scene.page, W, &span),
                     AXAS_OK);
        cr_expect_eq(span.length, scene.page, "%s", scene.unit.name);
        axas_guest_span_end(space, &span);
        cr_expect_eq(axas_space_clear(space), AXAS_OK, "no reader was left behind");
        end(&scene);
    }
}

Test(guest, a_span_ends_where_the_hosts_memory_does_not_go_on)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        /* populated backwards, so that neighbours are not neighbours for the host */
        for (uint64_t i = 8; i-- > 0;) {
            cr_assert_eq(unit_touch(&scene.unit, scene.lazy + i * scene.page, W), AXAS_FAULT_RESOLVED);
        }
        struct axas_guest_span piece[32];
        unsigned count = 0;
        struct axas_guest_iterator it;
        axas_guest_iterate(&it, space, axas_gpa_of(scene.lazy), scene.trap - scene.lazy, R);
        while (axas_guest_next(&it, NULL)) {
            cr_assert_lt(count, 32);
            piece[count++] = it.span;
        }
        cr_expect_geq(count, 2, "%s", scene.unit.name);
        for (unsigned i = 0; i < count; i++) {
            for (uint64_t offset = 0; offset < piece[i].length; offset += scene.page) {
                axas_hpa hpa;
                cr_assert_eq(axas_space_translate(space, axas_gpa_of(piece[i].gpa.raw + offset), &hpa),
                             AXAS_OK);
                cr_assert_eq((unsigned char *)piece[i].data + offset,
                             axas_hal_virt(&scene.unit.tree.hal, hpa), "%s: piece %u at 0x%" PRIx64,
                             scene.unit.name, i, offset);
            }
        }
        end(&scene);
    }
}

Test(guest, an_iterator_hands_out_the_whole_buffer_in_order)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_space *space = &scene.unit.space;
        struct axas_guest_iterator it;
        enum axas_status status = AXAS_ERR_CORRUPT;
        uint64_t start = 3 * scene.page + 7, length = 7 * scene.page, next = start;
        axas_guest_iterate(&it, space, axas_gpa_of(start), length, R);
        while (axas_guest_next(&it, &status)) {
            cr_expect_eq(it.span.gpa.raw, next, "%s", scene.unit.name);
            cr_expect_gt(it.span.length, 0);
            next += it.span.length;
        }
        cr_expect_eq(status, AXAS_OK);
        cr_expect_eq(next, start + length, "%s: all of it", scene.unit.name);
        /* it stops where the access is refused, and says why */
        next = scene.readonly - scene.page;
        axas_guest_iterate(&it, space, axas_gpa_of(next), 4 * scene.page, W);
        while (axas_guest_next(&it, &status)) {
            next += it.span.length;
        }
        cr_expect_eq(status, AXAS_ERR_PERMISSION);
        cr_expect_eq(next, scene.readonly);
        /* leaving early gives the lock back */
        axas_guest_iterate(&it, space, axas_gpa_of(0), 4 * scene.page, R);
        cr_assert(axas_guest_next(&it, NULL));
        axas_guest_iterate_end(&it);
        axas_guest_iterate_end(&it);
        /* nothing to walk */
        status = AXAS_ERR_CORRUPT;
        axas_guest_iterate(&it, space, axas_gpa_of(0), 0, R);
        cr_expect_not(axas_guest_next(&it, &status));
        cr_expect_eq(status, AXAS_OK);
        cr_expect_eq(axas_space_clear(space), AXAS_OK, "no reader was left behind");
        end(&scene);
    }
}

Test(guest, a_span_keeps_its_memory_from_being_freed, .signal = SIGALRM, .timeout = 20)
{
    struct unit_case at = {0};
    cr_assert(unit_next_case(&at));
    struct scene scene;
    make(&scene, &at);
    struct axas_guest_span span;
    cr_assert_eq(axas_guest_span_begin(&scene.unit.space, axas_gpa_of(0), 8, W, &span), AXAS_OK);
    alarm(1); /* the exclusive call waits for the span to end, which this thread never does */
    (void)axas_space_unmap(&scene.unit.space, axas_gpa_of(0), scene.page);
}
