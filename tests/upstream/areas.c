/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes of address spaces. The comments cite the rows of README.md. */
#include "row.h"

#include <axas/guest.h>

#include <string.h>

/* E: gpa - hpa underflows where the host address is the larger. */
ROW(the_host_address_is_the_larger)
{
    struct rig rig;
    rig_open(&rig, world);
    uint64_t high = (world->physical_bits != 0 ? UINT64_C(1) << world->physical_bits
                                               : UINT64_C(1) << world->format->output_bits) -
                    4 * rig.page;
    rig.doing = "mapping low addresses to high ones and the other way round";
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(0), axas_hpa_of(high), 4 * rig.page, RW));
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.room), axas_hpa_of(0), 4 * rig.page, RW));
    for (uint64_t offset = 0; offset < 4 * rig.page; offset += rig.page) {
        rig_expect_page(&rig, offset, high + offset, RW);
        rig_expect_page(&rig, rig.room + offset, offset, RW);
    }
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.page), rig.page, AXAS_READ));
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(0), rig.page));
    rig_expect_page(&rig, rig.page, high + rig.page, AXAS_READ);
    rig_expect_page(&rig, 2 * rig.page, high + 2 * rig.page, RW);
    rig_close(&rig);
}

/* E, row 13: the end of a range overflows, or a range may not touch the last byte. */
ROW(the_end_of_a_range_overflows)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "ranges at the end of everything";
    uint64_t end = axas_space_end(&rig.space).raw;
    axas_gpa last = axas_gpa_of(end - rig.page);
    struct picture before = rig_picture(&rig);
    uint64_t sizes[] = {0 - last.raw, 0 - rig.page, UINT64_MAX & ~(rig.page - 1u), 2 * rig.page};
    for (rig.number = 0; rig.number < 4; rig.number++) {
        uint64_t size = sizes[rig.number];
        RIG_TRUE(&rig, axas_space_map_linear(&rig.space, last, axas_hpa_of(0), size, RW) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, axas_space_map_alloc(&rig.space, last, size, RW, AXAS_LAZY) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, axas_space_map_trap(&rig.space, last, size, NULL) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, axas_space_unmap(&rig.space, last, size) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, axas_space_protect(&rig.space, last, size, RW) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, !axas_space_contains(&rig.space, last, size));
    }
    RIG_TRUE(&rig, axas_space_map_linear(&rig.space, last, axas_hpa_of(0 - rig.page), rig.page, RW) ==
                       AXAS_ERR_RANGE);
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, last, rig.page, RW, AXAS_LAZY));
    RIG_TRUE(&rig, rig_fault(&rig, end - 1u, AXAS_WRITE) == AXAS_FAULT_RESOLVED);
    RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(end - 8u), 8, 42));
    RIG_OK(&rig, axas_space_protect(&rig.space, last, rig.page, AXAS_READ));
    RIG_OK(&rig, axas_space_unmap(&rig.space, last, rig.page));
    rig_close(&rig);
}

/* Row 13: the tail of a region that is larger than a large leaf; addresses above 4 GiB. */
ROW(the_tail_behind_a_large_leaf_is_lost)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "mapping a large leaf, a page before and two behind";
    RIG_OK(&rig, axas_space_clear(&rig.space));
    uint64_t end = axas_space_end(&rig.space).raw;
    uint64_t gpa = end - 2 * rig.large - rig.page;
    uint64_t hpa = 5 * rig.large - rig.page;
    uint64_t size = rig.large + 3 * rig.page;
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(hpa), size, RW));
    for (uint64_t offset = 0; offset < size; offset += rig.page) {
        rig_expect_page(&rig, gpa + offset, hpa + offset, RW);
    }
    rig_expect_hole(&rig, gpa - rig.page);
    rig_expect_hole(&rig, gpa + size);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa + rig.page), rig.large + rig.page));
    rig_expect_page(&rig, gpa, hpa, RW);
    rig_expect_page(&rig, gpa + size - rig.page, hpa + size - rig.page, RW);
    rig_expect_hole(&rig, gpa + rig.page);
    rig_expect_hole(&rig, gpa + size - 2 * rig.page);
    rig_close(&rig);
}

/* F, row 8: eager allocation that runs out of frames leaks them and stays half mapped. */
ROW(half_an_allocation_stays)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "populating more than there is";
    uint64_t pages = axas_hosted_size(rig.arena) / rig.page + 1;
    uint64_t room = axas_space_end(&rig.space).raw - rig.room;
    if (pages > room / rig.page || world->features != 0) { /* the arena is emptied once for each mode */
        pages = pages < room / rig.page ? pages : room / rig.page;
        axas_hosted_fail_from(rig.arena, 50);
    }
    struct picture before = rig_picture(&rig);
    RIG_TRUE(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), pages * rig.page, RW,
                                        AXAS_POPULATE) == AXAS_ERR_NO_MEMORY);
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    axas_hosted_fail_from(rig.arena, 0);
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), 4 * rig.page, RW, AXAS_POPULATE));
    rig_close(&rig);
}

/* G: memory of another guest is seen. Each way to get memory is tried; frames come with old bytes in them. */
ROW(memory_is_not_cleared)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "reading new memory";
    uint64_t dirty[64];
    memset(dirty, 0xee, sizeof dirty);
    for (rig.number = 0; rig.number < 3; rig.number++) {
        RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), 8 * rig.page, RW,
                                          rig.number == 0 ? AXAS_POPULATE : AXAS_LAZY));
        for (uint64_t page = 0; page < 8; page++) {
            uint64_t gpa = rig.room + page * rig.page;
            uint64_t bytes[64] = {1};
            if (rig.number == 1) {
                enum axas_fault_result result = rig_fault(&rig, gpa, AXAS_READ);
                RIG_TRUE(&rig, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS);
            }
            for (uint64_t at = 0; at < rig.page; at += sizeof bytes) {
                RIG_OK(&rig, axas_guest_read(&rig.space, axas_gpa_of(gpa + at), bytes, sizeof bytes));
                for (unsigned i = 0; i < 64; i++) {
                    RIG_TRUE(&rig, bytes[i] == 0);
                }
                RIG_OK(&rig, axas_guest_write(&rig.space, axas_gpa_of(gpa + at), dirty, sizeof dirty));
            }
        }
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.room), 8 * rig.page));
    }
    rig_close(&rig);
}

/* H: a fault on a page that is there installs a second frame: data lost, frame leaked. */
ROW(a_second_fault_replaces_the_frame)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "faulting twice";
    uint64_t gpa = rig.lazy + rig.page;
    uint64_t value = 0;
    uint64_t hpa = rig_hpa(&rig, gpa);
    RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(gpa), 8, 0x1234));
    struct picture before = rig_picture(&rig);
    RIG_TRUE(&rig, rig_fault(&rig, gpa, AXAS_WRITE) == AXAS_FAULT_SPURIOUS);
    RIG_TRUE(&rig, rig_fault(&rig, gpa + 8, AXAS_READ) == AXAS_FAULT_SPURIOUS);
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    RIG_TRUE(&rig, rig_hpa(&rig, gpa) == hpa);
    RIG_OK(&rig, axas_guest_load(&rig.space, axas_gpa_of(gpa), 8, &value));
    RIG_TRUE(&rig, value == 0x1234);
    rig_close(&rig);
}

/* I, row 10: a partial unmap clears the whole leaf, or walks the guest's own memory as a table. */
ROW(a_partial_unmap_takes_the_whole_leaf)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping one page of large leaves";
    /* The memory behind the leaf is full of entries that look like tables. */
    uint64_t root = rig.space.table.root_hpa.raw;
    uint64_t lookalike = world->format->table_make(world->mode->root_level, root);
    for (uint64_t at = 0; at < rig.populated_size; at += rig.page) {
        RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(rig.populated + at), 8, lookalike));
        RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(rig.populated + at + 24), 8, lookalike));
    }
    uint64_t hole = rig.populated + 7 * rig.page;
    uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(hole), rig.page));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - rig.page);
    for (uint64_t at = 0; at < rig.populated_size; at += rig.page) {
        uint64_t value = 0;
        if (rig.populated + at == hole) {
            rig_expect_hole(&rig, hole);
            continue;
        }
        RIG_OK(&rig, axas_guest_load(&rig.space, axas_gpa_of(rig.populated + at + 24), 8, &value));
        RIG_TRUE(&rig, value == lookalike);
    }
    RIG_OK(&rig,
           axas_space_unmap(&rig.space, axas_gpa_of(rig.linear + rig.page), 2 * rig.large - 2 * rig.page));
    rig_expect_page(&rig, rig.linear, rig.linear_hpa, RW);
    rig_expect_page(&rig, rig.linear + 2 * rig.large - rig.page, rig.linear_hpa + 2 * rig.large - rig.page,
                    RW);
    rig_expect_hole(&rig, rig.linear + rig.page);
    rig_expect_hole(&rig, rig.linear + 2 * rig.large - 2 * rig.page);
    rig_close(&rig);
}

/* J: empty tables stay until the end; clear panics. */
ROW(empty_tables_stay)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping what was mapped";
    struct picture before = rig_picture(&rig);
    uint64_t tables = rig.tree.tables;
    uint64_t far = axas_space_end(&rig.space).raw - 2 * rig.page;
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(far), axas_hpa_of(0), 2 * rig.page, RW));
    (void)rig_picture(&rig);
    RIG_TRUE(&rig, rig.tree.tables > tables || world->mode->level_count == 1);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(far), rig.page));
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(far + rig.page), rig.page));
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    RIG_TRUE(&rig, rig.tree.tables == tables);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    RIG_OK(&rig, axas_space_clear(&rig.space));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, rig.tree.tables == 1 && empty.usage.areas == 0);
    rig_close(&rig);
}

/* J: one bool for every outcome of a fault. */
ROW(outcomes_of_a_fault_cannot_be_told_apart)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "faults of every kind";
    uint64_t fresh = rig.lazy + rig.large - rig.page;
    struct axas_fault fault = {0};
    fault.gpa_known = true;
    fault.level = AXAS_LEVEL_UNKNOWN;
    fault.gpa = axas_gpa_of(rig.trap + 8);
    fault.access = AXAS_WRITE;
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated), rig.page, AXAS_READ));
    RIG_TRUE(&rig, axas_space_handle_fault(&rig.space, &fault) == AXAS_FAULT_TRAP);
    RIG_TRUE(&rig, fault.cookie == &rig && fault.area.raw == rig.trap);
    RIG_TRUE(&rig, rig_fault(&rig, rig.lazy + rig.page, AXAS_READ) == AXAS_FAULT_SPURIOUS);
    RIG_TRUE(&rig, rig_fault(&rig, rig.populated, AXAS_WRITE) == AXAS_FAULT_DENIED);
    RIG_TRUE(&rig, rig_fault(&rig, rig.room, AXAS_READ) == AXAS_FAULT_UNMAPPED);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(fresh), rig.page));
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(fresh), rig.page, RW, AXAS_LAZY));
    axas_hosted_fail_from(rig.arena, 1);
    RIG_TRUE(&rig, rig_fault(&rig, fresh, AXAS_READ) == AXAS_FAULT_NO_MEMORY);
    axas_hosted_fail_from(rig.arena, 0);
    RIG_TRUE(&rig, rig_fault(&rig, fresh, AXAS_READ) == AXAS_FAULT_RESOLVED);
    fault.gpa_known = false;
    RIG_TRUE(&rig, axas_space_handle_fault(&rig.space, &fault) == AXAS_FAULT_ADDRESS_UNKNOWN);
    fault.gpa_known = true;
    fault.cause = AXAS_CAUSE_MISCONFIGURED;
    RIG_TRUE(&rig, axas_space_handle_fault(&rig.space, &fault) == AXAS_FAULT_BROKEN);
    fault.cause = AXAS_CAUSE_UNKNOWN;
    fault.access = AXAS_ACCESS_MASK + 1u;
    RIG_TRUE(&rig, axas_space_handle_fault(&rig.space, &fault) == AXAS_FAULT_INVALID);
    rig_close(&rig);
}

/* K: protect cannot be reached, or what comes later by faults has the old attribute. */
ROW(later_faults_forget_a_protect)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "protecting a lazy area";
    uint64_t gpa = rig.lazy + rig.large - 2 * rig.page;
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa), 2 * rig.page));
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(gpa), 2 * rig.page, RW, AXAS_LAZY));
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(gpa), rig.page, AXAS_READ));
    RIG_TRUE(&rig, rig_fault(&rig, gpa, AXAS_WRITE) == AXAS_FAULT_DENIED);
    RIG_TRUE(&rig, rig_fault(&rig, gpa, AXAS_READ) == AXAS_FAULT_RESOLVED);
    RIG_TRUE(&rig, rig_fault(&rig, gpa + rig.page, AXAS_WRITE) == AXAS_FAULT_RESOLVED);
    rig_expect_page(&rig, gpa, 0, AXAS_READ);
    rig_expect_page(&rig, gpa + rig.page, 0, RW);
    rig_close(&rig);
}

/* Row 4: unmap skips an entry that is not valid but holds a frame (CVE-2022-23033). */
ROW(memory_without_access_is_leaked)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping memory that nobody may access";
    uint64_t hpa = rig_hpa(&rig, rig.populated);
    RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(rig.populated), 8, 7));
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated), rig.populated_size, 0));
    RIG_TRUE(&rig, rig_fault(&rig, rig.populated, AXAS_READ) == AXAS_FAULT_DENIED);
    rig_expect_page(&rig, rig.populated, hpa, 0);
    uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.populated + rig.page), rig.page));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - rig.page);
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated), rig.page, RW));
    uint64_t value = 0;
    RIG_OK(&rig, axas_guest_load(&rig.space, axas_gpa_of(rig.populated), 8, &value));
    RIG_TRUE(&rig, value == 7 && rig_hpa(&rig, rig.populated) == hpa);
    rig_close(&rig); /* the rest is held still, and has to go too */
}

/* Row 7: a guest makes the tables grow without bound (CVE-2022-33747). */
ROW(a_guest_makes_the_tables_grow)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    config.table.table_limit = 1u + 2u * (world->mode->level_count - 1u);
    config.reserve_limit = 1; /* the area is as large as the space */
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "faulting all over a lazy space";
    uint64_t end = axas_space_end(&rig.space).raw;
    unsigned last_level = world->mode->root_level + world->mode->level_count - 1u;
    uint64_t apart = UINT64_C(1) << world->format->levels[last_level - 1u].shift; /* one lowest table each */
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(0), end, RW, AXAS_LAZY));
    bool refused = false;
    for (uint64_t gpa = apart / 2; gpa < end && rig.number < 100; gpa += apart, rig.number++) {
        enum axas_fault_result result = rig_fault(&rig, gpa, AXAS_WRITE);
        RIG_TRUE(&rig, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_NO_MEMORY);
        refused = refused || result == AXAS_FAULT_NO_MEMORY;
        (void)rig_picture(&rig);
        RIG_TRUE(&rig, rig.tree.tables <= config.table.table_limit);
    }
    RIG_TRUE(&rig, refused || world->free_in_parts || world->mode->level_count == 1);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(0), end));
    rig_close(&rig);
}

/* Row 12: mapping again silently replaces an address. */
ROW(mapping_again_replaces)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "mapping over what is there";
    uint64_t ranges[][2] = {{rig.linear, rig.page},
                            {rig.linear + rig.large, 3 * rig.large},
                            {rig.linear - rig.page, 2 * rig.page},
                            {rig.lazy + rig.large - rig.page, rig.page},
                            {rig.populated, rig.page},
                            {rig.trap + rig.page, rig.page},
                            {0, rig.room}};
    struct picture before = rig_picture(&rig);
    for (rig.number = 0; rig.number < sizeof ranges / sizeof *ranges; rig.number++) {
        axas_gpa gpa = axas_gpa_of(ranges[rig.number][0]);
        uint64_t size = ranges[rig.number][1];
        RIG_TRUE(&rig, axas_space_map_linear(&rig.space, gpa, axas_hpa_of(0), size, RW) == AXAS_ERR_EXISTS);
        RIG_TRUE(&rig, axas_space_map_alloc(&rig.space, gpa, size, RW, AXAS_LAZY) == AXAS_ERR_EXISTS);
        RIG_TRUE(&rig, axas_space_map_trap(&rig.space, gpa, size, NULL) == AXAS_ERR_EXISTS);
        struct picture after = rig_picture(&rig);
        rig_same(&rig, &before, &after);
    }
    RIG_TRUE(&rig, axas_table_map(&rig.space.table, axas_gpa_of(rig.linear + rig.page), axas_hpa_of(0),
                                  rig.page, RW) == AXAS_ERR_EXISTS);
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    rig_close(&rig);
}

/* Row 14: software bits lost on a split; splitting an empty entry makes entries. */
ROW(a_split_loses_software_bits)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "splitting";
    (void)rig_picture(&rig);
    uint64_t mask = 0;
    for (size_t i = 0; i < rig.tree.count; i++) {
        const struct tree_leaf *leaf = &rig.tree.leaf[i];
        if (leaf->gpa == rig.linear) {
            mask = world->format->levels[leaf->level].software_mask;
            tree_poke(world->format, leaf, mask, 0);
        }
    }
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.linear + rig.page), rig.page, AXAS_READ));
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.linear + 4 * rig.page), rig.page));
    struct picture before = rig_picture(&rig);
    unsigned seen = 0;
    for (size_t i = 0; i < rig.tree.count; i++) {
        const struct tree_leaf *leaf = &rig.tree.leaf[i];
        uint64_t kept = mask & world->format->levels[leaf->level].software_mask;
        bool split = rig.tree.leaf[0].last - rig.tree.leaf[0].gpa + 1u < rig.large;
        if (leaf->gpa >= rig.linear && leaf->gpa < rig.linear + rig.large && split &&
            (axas_table_leaf_sizes(&rig.space.table, AXAS_READ) & rig.large) != 0) {
            RIG_TRUE(&rig, (leaf->entry & world->format->levels[leaf->level].software_mask) == kept);
            seen++;
        }
    }
    RIG_TRUE(&rig, seen != 0 || (axas_table_leaf_sizes(&rig.space.table, AXAS_READ) & rig.large) == 0);
    /* Parts of holes. */
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.room + rig.page), rig.page));
    RIG_OK(&rig,
           axas_space_unmap(&rig.space, axas_gpa_of(axas_space_end(&rig.space).raw - rig.page), rig.page));
    struct picture after = rig_picture(&rig);
    rig_same(&rig, &before, &after);
    rig_close(&rig);
}

/* Row 19: unmap loops for ever on a hole, or walks every page of it. */
ROW(unmap_does_not_come_back_from_a_hole)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping everything";
    axas_gpa base = axas_space_base(&rig.space);
    uint64_t size = axas_space_size(&rig.space);
    RIG_OK(&rig, axas_space_unmap(&rig.space, base, size));
    RIG_OK(&rig, axas_space_unmap(&rig.space, base, size));
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(base.raw + size - rig.page), rig.page));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1);
    rig_close(&rig);
}
