/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/frame.h>
#include <axas/hosted.h>
#include <criterion/criterion.h>
#include <string.h>

static struct axas_hosted *arena;
static const struct axas_hal *hal;

static void setup(void)
{
    arena = axas_hosted_create(NULL);
    cr_assert_not_null(arena);
    hal = axas_hosted_hal(arena);
}

static void teardown(void)
{
    cr_expect_eq(axas_hosted_destroy(arena), 0, "nothing is taken, and nothing went wrong");
}

TestSuite(frame, .init = setup, .fini = teardown);

Test(frame, a_frame_is_aligned_to_its_size_and_owned)
{
    for (uint64_t size = AXAS_FRAME_SIZE; size <= 64 * AXAS_FRAME_SIZE; size *= 2) {
        struct axas_frame frame = {0};
        cr_assert_eq(axas_frame_alloc(&frame, hal, size), AXAS_OK);
        cr_expect_eq(frame.hpa.raw & (size - 1), 0);
        cr_expect_eq(frame.size, size);
        cr_expect(axas_hosted_owns(arena, frame.hpa, AXAS_FRAME_GUEST));
        cr_expect_eq(axas_frame_pointer(&frame), axas_hal_virt(hal, frame.hpa));
        axas_frame_free(&frame);
        cr_expect_eq(axas_hosted_bytes(arena, AXAS_FRAME_GUEST), 0);
    }
}

Test(frame, a_zeroed_frame_is_zero_and_a_filled_one_is_full)
{
    struct axas_frame frame = {0};
    cr_assert_eq(axas_frame_alloc_zeroed(&frame, hal, 2 * AXAS_FRAME_SIZE), AXAS_OK);
    const unsigned char *bytes = axas_frame_pointer(&frame);
    for (uint64_t i = 0; i < frame.size; i++) {
        cr_assert_eq(bytes[i], 0, "byte %lu", (unsigned long)i);
    }
    axas_frame_fill(&frame, 0x7e);
    for (uint64_t i = 0; i < frame.size; i++) {
        cr_assert_eq(bytes[i], 0x7e, "byte %lu", (unsigned long)i);
    }
    axas_frame_free(&frame);
}

Test(frame, freeing_twice_is_harmless)
{
    struct axas_frame frame = {0};
    cr_assert_eq(axas_frame_alloc(&frame, hal, AXAS_FRAME_SIZE), AXAS_OK);
    axas_frame_free(&frame);
    cr_expect_null(axas_frame_pointer(&frame));
    axas_frame_free(&frame);
    axas_frame_free(NULL);
    axas_frame_fill(&frame, 1);
    cr_expect_eq(axas_hosted_error_count(arena), 0);
}

Test(frame, a_zeroed_struct_owns_nothing)
{
    struct axas_frame frame = {0};
    cr_expect_null(axas_frame_pointer(&frame));
    cr_expect_null(axas_frame_pointer(NULL));
    axas_frame_free(&frame);
}

Test(frame, bad_calls_are_refused_and_leave_the_frame_alone)
{
    struct axas_frame frame, before;
    memset(&frame, 0x5a, sizeof frame);
    memset(&before, 0x5a, sizeof before);
    static const uint64_t sizes[] = {
        0, 1, AXAS_FRAME_SIZE / 2, AXAS_FRAME_SIZE + 1, 3 * AXAS_FRAME_SIZE, UINT64_MAX};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        cr_expect_eq(axas_frame_alloc(&frame, hal, sizes[i]), AXAS_ERR_INVALID, "size %lu",
                     (unsigned long)sizes[i]);
        cr_expect_eq(axas_frame_alloc_zeroed(&frame, hal, sizes[i]), AXAS_ERR_INVALID);
    }
    cr_expect_eq(axas_frame_alloc(&frame, NULL, AXAS_FRAME_SIZE), AXAS_ERR_INVALID);
    cr_expect_eq(axas_frame_alloc(NULL, hal, AXAS_FRAME_SIZE), AXAS_ERR_INVALID);
    cr_expect_eq(axas_frame_alloc_zeroed(NULL, hal, AXAS_FRAME_SIZE), AXAS_ERR_INVALID);
    axas_hosted_fail_at(arena, 1);
    cr_expect_eq(axas_frame_alloc(&frame, hal, AXAS_FRAME_SIZE), AXAS_ERR_NO_MEMORY);
    axas_hosted_fail_at(arena, 1);
    cr_expect_eq(axas_frame_alloc_zeroed(&frame, hal, AXAS_FRAME_SIZE), AXAS_ERR_NO_MEMORY);
    cr_expect_eq(memcmp(&frame, &before, sizeof frame), 0);
    cr_expect_eq(axas_hosted_bytes(arena, AXAS_FRAME_GUEST), 0);
}
