/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/hosted.h>
#include <axas/walk.h>

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static const struct axas_hosted_config counting = {.size = 1 << 20, .count_errors = true};
static const struct axas_hosted_config in_parts = {
    .size = 1 << 20, .count_errors = true, .free_in_parts = true};

static axas_hpa take(struct axas_hosted *arena, uint64_t size, enum axas_frame_use use)
{
    const struct axas_hal *hal = axas_hosted_hal(arena);
    axas_hpa frame = {0};
    cr_assert(hal->frame_alloc(hal->context, size, use, &frame));
    return frame;
}

static void give(struct axas_hosted *arena, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    const struct axas_hal *hal = axas_hosted_hal(arena);
    hal->frame_free(hal->context, frame, size, use);
}

/* Destroys the arena, which must have found exactly one error, of that kind. */
static void expect_one(struct axas_hosted *arena, enum axas_hosted_error error)
{
    cr_expect_eq(axas_hosted_errors(arena, error), 1, "%s: %llu", axas_hosted_error_str(error),
                 (unsigned long long)axas_hosted_errors(arena, error));
    cr_expect_eq(axas_hosted_destroy(arena), 1);
}

/* Writes where no correct program would, so AddressSanitizer has to look away. */
__attribute__((no_sanitize("address"))) static void scribble(struct axas_hosted *arena, axas_hpa hpa)
{
    *(volatile unsigned char *)axas_hal_virt(axas_hosted_hal(arena), hpa) = 1;
}

Test(hosted, frames_are_aligned_poisoned_and_apart)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    axas_hpa frame[6];
    cr_assert_neq(axas_hosted_base(arena).raw, 0);
    for (unsigned i = 0; i < 6; i++) {
        const uint64_t size = AXAS_FRAME_SIZE << i;
        frame[i] = take(arena, size, AXAS_FRAME_GUEST);
        cr_expect_eq(frame[i].raw % size, 0);
        unsigned char *bytes = axas_hal_virt(hal, frame[i]);
        cr_expect_eq(axas_hal_phys(hal, bytes).raw, frame[i].raw);
        for (uint64_t at = 0; at < size; at++) {
            cr_assert_eq(bytes[at], AXAS_HOSTED_FRESH);
        }
        memset(bytes, 0, (size_t)size);
    }
    for (unsigned i = 0; i < 6; i++) {
        give(arena, frame[i], AXAS_FRAME_SIZE << i, AXAS_FRAME_GUEST);
    }
    cr_expect_eq(take(arena, 1 << 20, AXAS_FRAME_TABLE).raw, axas_hosted_base(arena).raw);
    give(arena, axas_hosted_base(arena), 1 << 20, AXAS_FRAME_TABLE);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, an_empty_arena_fails_without_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    const axas_hpa all = take(arena, 1 << 20, AXAS_FRAME_GUEST);
    axas_hpa frame = {7};
    cr_expect_not(hal->frame_alloc(hal->context, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE, &frame));
    cr_expect_not(hal->frame_alloc(hal->context, UINT64_C(1) << 40, AXAS_FRAME_TABLE, &frame));
    cr_expect_eq(frame.raw, 7);
    cr_expect_eq(axas_hosted_ledger_now(arena).failures, 2);
    give(arena, all, 1 << 20, AXAS_FRAME_GUEST);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, a_size_that_is_no_power_of_two_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    axas_hpa frame = {7};
    cr_expect_not(hal->frame_alloc(hal->context, 3 * AXAS_FRAME_SIZE, AXAS_FRAME_TABLE, &frame));
    cr_expect_eq(frame.raw, 7);
    expect_one(arena, AXAS_HOSTED_BAD_SIZE);
}

Test(hosted, freeing_twice_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const axas_hpa frame = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    give(arena, frame, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    give(arena, frame, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    expect_one(arena, AXAS_HOSTED_DOUBLE_FREE);
}

Test(hosted, freeing_what_is_elsewhere_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    give(arena, axas_hpa_of(axas_hosted_base(arena).raw + axas_hosted_size(arena)), AXAS_FRAME_SIZE,
         AXAS_FRAME_TABLE);
    expect_one(arena, AXAS_HOSTED_FOREIGN_FREE);
}

Test(hosted, freeing_an_unaligned_address_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    give(arena, axas_hpa_of(axas_hosted_base(arena).raw + 8), AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    expect_one(arena, AXAS_HOSTED_UNALIGNED);
}

Test(hosted, freeing_with_another_use_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const axas_hpa frame = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    give(arena, frame, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    give(arena, frame, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    expect_one(arena, AXAS_HOSTED_WRONG_USE);
}

Test(hosted, freeing_a_part_is_an_error_unless_parts_are_allowed)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const axas_hpa run = take(arena, 4 * AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    give(arena, run, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    give(arena, run, 4 * AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    expect_one(arena, AXAS_HOSTED_PARTIAL_FREE);
}

Test(hosted, parts_are_taken_back_where_they_are_allowed)
{
    struct axas_hosted *arena = axas_hosted_create(&in_parts);
    const axas_hpa run = take(arena, 4 * AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    give(arena, axas_hpa_of(run.raw + AXAS_FRAME_SIZE), AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    cr_expect_eq(axas_hosted_bytes(arena, AXAS_FRAME_GUEST), 3 * AXAS_FRAME_SIZE);
    cr_expect_not(axas_hosted_owns(arena, axas_hpa_of(run.raw + AXAS_FRAME_SIZE), AXAS_FRAME_GUEST));
    give(arena, axas_hpa_of(run.raw + 2 * AXAS_FRAME_SIZE), 2 * AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    cr_expect(axas_hosted_owns(arena, run, AXAS_FRAME_GUEST));
    give(arena, run, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, two_runs_are_not_one_even_where_parts_are_allowed)
{
    struct axas_hosted *arena = axas_hosted_create(&in_parts);
    const axas_hpa first = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    const axas_hpa second = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    cr_assert_eq(second.raw, first.raw + AXAS_FRAME_SIZE);
    give(arena, first, 2 * AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    give(arena, first, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    give(arena, second, AXAS_FRAME_SIZE, AXAS_FRAME_GUEST);
    expect_one(arena, AXAS_HOSTED_PARTIAL_FREE);
}

Test(hosted, writing_to_freed_memory_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const axas_hpa frame = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    give(arena, frame, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    axas_hosted_check(arena);
    cr_expect_eq(axas_hosted_error_count(arena), 0);
    scribble(arena, axas_hpa_of(frame.raw + 4095));
    axas_hosted_check(arena);
    expect_one(arena, AXAS_HOSTED_USED_FREED);
}

Test(hosted, writing_to_memory_before_it_is_taken_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    scribble(arena, axas_hosted_base(arena));
    give(arena, take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE), AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    expect_one(arena, AXAS_HOSTED_USED_FREED);
}

Test(hosted, a_leak_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    (void)take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_NODE);
    cr_expect_eq(axas_hosted_destroy(arena), 1);
}

Test(hosted, an_error_aborts_unless_it_is_counted, .signal = SIGABRT)
{
    struct axas_hosted *arena = axas_hosted_create(NULL);
    (void)take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_NODE);
    (void)axas_hosted_destroy(arena);
}

Test(hosted, an_invalidation_of_nothing_is_an_error)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    const struct axas_invalidation nothing = {.scope = AXAS_INVALIDATE_LEAF};
    hal->invalidate(hal->context, &nothing);
    expect_one(arena, AXAS_HOSTED_BAD_REQUEST);
}

Test(hosted, the_ledger_knows_what_is_taken)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hosted_ledger before = axas_hosted_ledger_now(arena);
    const axas_hpa one = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    const struct axas_hosted_ledger with_one = axas_hosted_ledger_now(arena);
    cr_expect_not(axas_hosted_ledger_same(&before, &with_one));
    const axas_hpa two = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    give(arena, one, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    const struct axas_hosted_ledger with_two = axas_hosted_ledger_now(arena);
    cr_expect(axas_hosted_ledger_same(&with_one, &with_two));
    cr_expect_neq(with_one.digest, with_two.digest);
    give(arena, two, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    const struct axas_hosted_ledger after = axas_hosted_ledger_now(arena);
    cr_expect(axas_hosted_ledger_same(&before, &after));
    cr_expect_eq(before.digest, after.digest);
    cr_expect_eq(after.attempts, 2);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

static unsigned pattern(struct axas_hosted *arena)
{
    const struct axas_hal *hal = axas_hosted_hal(arena);
    unsigned bits = 0;
    for (unsigned i = 0; i < 5; i++) {
        axas_hpa frame;
        if (hal->frame_alloc(hal->context, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE, &frame)) {
            hal->frame_free(hal->context, frame, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
            bits |= 1u << i;
        }
    }
    return bits;
}

Test(hosted, the_allocation_that_was_named_fails)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    cr_expect_eq(pattern(arena), 0x1f);
    axas_hosted_fail_at(arena, 1);
    cr_expect_eq(pattern(arena), 0x1e);
    axas_hosted_fail_at(arena, 3);
    cr_expect_eq(pattern(arena), 0x1b);
    cr_expect_eq(pattern(arena), 0x1f);
    axas_hosted_fail_from(arena, 2);
    cr_expect_eq(pattern(arena), 0x01);
    cr_expect_eq(pattern(arena), 0x00);
    axas_hosted_fail_from(arena, 0);
    cr_expect_eq(pattern(arena), 0x1f);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, what_happens_is_recorded_in_order)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    axas_hosted_record(arena, 100);
    const axas_hpa frame = take(arena, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    uint64_t *slot = axas_hal_virt(hal, axas_hpa_of(frame.raw + 16));
    uint32_t *half = axas_hal_virt(hal, axas_hpa_of(frame.raw + 4));
    uint64_t elsewhere = 0;
    AXAS_STORE(slot, 0x1234u);
    AXAS_STORE_LINK(half, 0x56u);
    AXAS_STORE(&elsewhere, 1u);
    hal->table_write_back(hal->context, slot, 8);
    hal->barrier(hal->context);
    hal->frame_publish(hal->context, frame, AXAS_FRAME_SIZE, AXAS_READ);
    give(arena, frame, AXAS_FRAME_SIZE, AXAS_FRAME_TABLE);
    axas_hosted_record_stop(arena);
    hal->barrier(hal->context);

    cr_assert_eq(axas_hosted_event_count(arena), 7);
    cr_expect_eq(axas_hosted_events_lost(arena), 0);
    const struct axas_hosted_event *event = axas_hosted_events(arena);
    cr_expect(event[0].kind == AXAS_HOSTED_ALLOC && event[0].hpa.raw == frame.raw &&
              event[0].size == AXAS_FRAME_SIZE && event[0].use == AXAS_FRAME_TABLE);
    cr_expect(event[1].kind == AXAS_HOSTED_STORE && event[1].hpa.raw == frame.raw + 16 &&
              event[1].size == 8 && event[1].old == UINT64_C(0xa5a5a5a5a5a5a5a5) && event[1].value == 0x1234);
    cr_expect(event[2].kind == AXAS_HOSTED_STORE && event[2].hpa.raw == frame.raw + 4 && event[2].size == 4 &&
              event[2].old == 0xa5a5a5a5 && event[2].value == 0x56);
    cr_expect(event[3].kind == AXAS_HOSTED_WRITE_BACK && event[3].hpa.raw == frame.raw + 16 &&
              event[3].size == 8);
    cr_expect(event[4].kind == AXAS_HOSTED_BARRIER);
    cr_expect(event[5].kind == AXAS_HOSTED_PUBLISH && event[5].hpa.raw == frame.raw &&
              event[5].attr == AXAS_READ);
    cr_expect(event[6].kind == AXAS_HOSTED_FREE && event[6].hpa.raw == frame.raw);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, a_record_that_is_full_counts_what_it_loses)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    axas_hosted_record(arena, 300);
    for (unsigned i = 0; i < 310; i++) {
        hal->barrier(hal->context);
    }
    cr_expect_eq(axas_hosted_event_count(arena), 300);
    cr_expect_eq(axas_hosted_events_lost(arena), 10);
    axas_hosted_record(arena, 5);
    hal->barrier(hal->context);
    cr_expect_eq(axas_hosted_event_count(arena), 1);
    cr_expect_eq(axas_hosted_events_lost(arena), 0);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, each_thread_has_its_reader_slot)
{
    struct axas_hosted *arena = axas_hosted_create(&counting);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    cr_expect_eq(hal->reader_slot(hal->context), 0);
    axas_hosted_set_reader(3);
    cr_expect_eq(hal->reader_slot(hal->context), 3);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(hosted, a_base_that_is_not_aligned_is_refused)
{
    const struct axas_hosted_config odd = {.size = 1 << 20, .physical_base = 3 << 18};
    const struct axas_hosted_config even = {.size = 1 << 20, .physical_base = 3 << 20};
    cr_expect_null(axas_hosted_create(&odd));
    struct axas_hosted *arena = axas_hosted_create(&even);
    cr_assert_not_null(arena);
    cr_expect_eq(axas_hosted_base(arena).raw, 3 << 20);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}
