/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removal with a HAL that gives nothing: unmap, clear and destroy succeed and are exact, also many times in a
 * row, in large leaves of linear and of allocated memory. For every format and mode.
 */
#include "rig.h"

#include <axas/guest.h>

#define RW (AXAS_READ | AXAS_WRITE)

static void expect_linear(struct rig *rig, uint64_t gpa)
{
    axas_hpa hpa = axas_hpa_of(0);
    RIG_OK(rig, axas_space_translate(&rig->space, axas_gpa_of(gpa), &hpa));
    RIG_TRUE(rig, hpa.raw == rig->linear_hpa + (gpa - rig->linear));
}

/* The middle of a large leaf of linear memory, then of the other. */
static void unmap_in_linear(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping pages of large linear leaves";
    axas_hosted_fail_from(rig.arena, 1);
    for (rig.number = 0; rig.number < 2; rig.number++) {
        uint64_t gpa = rig.linear + rig.number * rig.large + 3 * rig.page;
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa), rig.page));
        rig_expect_hole(&rig, gpa);
        expect_linear(&rig, gpa - rig.page);
        expect_linear(&rig, gpa + rig.page);
    }
    axas_hosted_fail_from(rig.arena, 0);
    for (uint64_t gpa = rig.linear; gpa < rig.linear + 2 * rig.large; gpa += rig.page) {
        if ((gpa - rig.linear) % rig.large != 3 * rig.page) {
            enum axas_fault_result result = rig_fault(&rig, gpa, AXAS_WRITE);
            RIG_TRUE(&rig, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS);
            rig_expect_page(&rig, gpa, rig.linear_hpa + (gpa - rig.linear), RW);
        } else {
            RIG_TRUE(&rig, rig_fault(&rig, gpa, AXAS_WRITE) == AXAS_FAULT_UNMAPPED);
        }
    }
    rig_close(&rig);
}

/* A page out of each of many large leaves, one after the other, with nothing to refill a reserve from. */
static void unmap_many(const struct world *world, bool allocated)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = allocated ? "unmapping a page of each large allocated leaf"
                          : "unmapping a page of each large linear leaf";
    bool frames = world->free_in_parts && rig.large <= UINT64_C(2) << 20;
    uint64_t leaves = allocated ? (frames ? 4 : 0) : 6;
    for (uint64_t i = 0; i < leaves; i++) {
        uint64_t gpa = rig.room + i * rig.large;
        if (allocated) {
            RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(gpa), rig.large, RW, AXAS_POPULATE));
            RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(gpa + 6 * rig.page), 8, gpa));
        } else {
            RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(2 * rig.large),
                                               rig.large, RW));
        }
    }
    axas_hosted_fail_from(rig.arena, 1);
    for (uint64_t turn = 0; turn < 2; turn++) {
        for (uint64_t i = 0; i < leaves; i++) {
            uint64_t gpa = rig.room + i * rig.large + (5 + 2 * turn) * rig.page;
            uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
            rig.number = turn * leaves + i;
            RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa), rig.page));
            rig_expect_hole(&rig, gpa);
            if (allocated) {
                uint64_t value = 0;
                RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - rig.page);
                RIG_OK(&rig, axas_guest_load(&rig.space, axas_gpa_of(rig.room + i * rig.large + 6 * rig.page),
                                             8, &value));
                RIG_TRUE(&rig, value == rig.room + i * rig.large);
            } else {
                axas_hpa hpa = axas_hpa_of(0);
                RIG_OK(&rig, axas_space_translate(&rig.space, axas_gpa_of(gpa + rig.page), &hpa));
                RIG_TRUE(&rig, hpa.raw == 2 * rig.large + (6 + 2 * turn) * rig.page);
            }
        }
    }
    RIG_OK(&rig, axas_space_clear(&rig.space));
    rig_close(&rig);
}

/* Every second page of one area, one after the other: each cuts an area in two. */
static void unmap_every_second_page(const struct world *world, bool lazy)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing =
        lazy ? "unmapping every second page of a lazy area" : "unmapping every second page of linear memory";
    uint64_t pages = rig.large / rig.page > 1024 ? 1024 : rig.large / rig.page;
    if (lazy) {
        pages = 2048;
        pages = pages * rig.page > 6 * rig.large ? 6 * rig.large / rig.page : pages;
        RIG_OK(&rig,
               axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), pages * rig.page, RW, AXAS_LAZY));
    } else {
        RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.room), axas_hpa_of(0),
                                           pages * rig.page, RW));
    }
    axas_hosted_fail_from(rig.arena, 1);
    for (uint64_t i = 1; i < pages; i += 2) {
        rig.number = i;
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.room + i * rig.page), rig.page));
    }
    struct axas_usage usage;
    RIG_OK(&rig, axas_space_usage(&rig.space, &usage));
    for (uint64_t i = 0; i < pages; i++) {
        struct axas_area area;
        uint64_t gpa = rig.room + i * rig.page;
        rig.number = i;
        enum axas_status status = axas_space_next_area(&rig.space, axas_gpa_of(gpa), &area);
        if (i % 2 == 0) {
            RIG_TRUE(&rig, status == AXAS_OK && area.gpa.raw == gpa && area.size == rig.page);
        } else {
            RIG_TRUE(&rig, status != AXAS_OK || area.gpa.raw != gpa);
        }
    }
    RIG_OK(&rig, axas_space_clear(&rig.space));
    rig_close(&rig);
}

/* Everything in ranges that begin and end in the middle of leaves. */
static void unmap_across(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping across areas";
    uint64_t kept = rig_hpa(&rig, rig.populated + 5 * rig.page);
    axas_hosted_fail_from(rig.arena, 1);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.linear + rig.page),
                                  rig.populated + 5 * rig.page - (rig.linear + rig.page)));
    rig_expect_hole(&rig, rig.linear + rig.page);
    rig_expect_hole(&rig, rig.lazy + rig.page);
    rig_expect_hole(&rig, rig.populated + 4 * rig.page);
    rig_expect_page(&rig, rig.populated + 5 * rig.page, kept, RW);
    expect_linear(&rig, rig.linear);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_space_base(&rig.space), axas_space_size(&rig.space)));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1);
    RIG_TRUE(&rig, empty.ledger.bytes[AXAS_FRAME_GUEST] == 0);
    rig_close(&rig);
}

/* Memory that no access is allowed to is still there, and goes with the rest (CVE-2022-23033). */
static void unmap_held(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping memory without access";
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated), rig.populated_size, 0));
    axas_hosted_fail_from(rig.arena, 1);
    uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.populated + rig.page), rig.page));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - rig.page);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == 0);
    rig_close(&rig);
}

static void clear_and_destroy(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "clearing";
    axas_hosted_fail_from(rig.arena, 1);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    rig_close(&rig);
    rig_open(&rig, world);
    axas_hosted_fail_from(rig.arena, 1);
    rig_close(&rig);
}

static void run_world(const struct world *world, void *context)
{
    (void)context;
    unmap_in_linear(world);
    unmap_many(world, false);
    unmap_many(world, true);
    unmap_every_second_page(world, false);
    unmap_every_second_page(world, true);
    unmap_across(world);
    unmap_held(world);
    clear_and_destroy(world);
}

int main(int count, char **names)
{
    return rig_main(count, names, WORLDS_FEW, run_world);
}
