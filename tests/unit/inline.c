/* SPDX-License-Identifier: Apache-2.0 */
/* Walks in the caller's own code, for every format and mode, with none and with all of the CPU's features.
 * What they give is compared with what was mapped, and with what axas_table_query, which walks by itself,
 * says. */
#include "../model/inline.h"
#include "unit.h"

/* ---- Helpers ---- */

struct rig {
    struct unit_tree tree;
    struct axas_table *table;
    const struct inline_walks *walks;
    struct axas_pool pool;
    uint64_t page;
    bool scattered; /* pages are mapped as those in no order are */
};

static void rig_on(struct rig *rig, const struct unit_case *at)
{
    rig->table = &rig->tree.table;
    rig->walks = inline_walks_of(at->format, at->mode);
    rig->page = rig->tree.page;
    rig->scattered = false;
    memset(&rig->pool, 0, sizeof rig->pool);
}

static void rig_make(struct rig *rig, const struct unit_case *at)
{
    unit_tree_make(&rig->tree, at);
    rig_on(rig, at);
}

static void rig_end(struct rig *rig)
{
    axas_pool_drain(rig->table, &rig->pool);
    unit_tree_end(&rig->tree);
}

static enum axas_status map_page(struct rig *rig, uint64_t gpa, uint64_t hpa, axas_attr attr)
{
    return (rig->scattered ? rig->walks->map_scattered_page
                           : rig->walks->map_page)(rig->table, axas_gpa_of(gpa), axas_hpa_of(hpa), attr);
}

static enum axas_status install_page(struct rig *rig, uint64_t gpa, uint64_t hpa, axas_attr attr)
{
    return rig->walks->install_page(rig->table, axas_gpa_of(gpa), axas_hpa_of(hpa), attr, &rig->pool);
}

static enum axas_status translate(struct rig *rig, uint64_t gpa, axas_hpa *hpa)
{
    return rig->walks->translate(rig->table, axas_gpa_of(gpa), hpa);
}

/* Tables for a walk from the root on. */
static void fill_pool(struct rig *rig)
{
    const unsigned root = rig->table->root_level;
    cr_assert_eq(axas_pool_fill(rig->table, &rig->pool, root, rig->table->format->level_count - 1u), AXAS_OK);
}

static void take_out(struct rig *rig, uint64_t gpa, uint64_t size)
{
    cr_assert_eq(unit_unmap(&rig->tree, gpa, size), AXAS_OK, "%s", rig->tree.name);
}

/* [gpa, gpa + size) leads to hpa and on, by both walks. */
static void expect_mapped(struct rig *rig, uint64_t gpa, uint64_t hpa, uint64_t size, axas_attr attr)
{
    for (uint64_t at = 0; at < size; at += rig->page) {
        const uint64_t byte = at + at / rig->page % rig->page;
        struct axas_leaf leaf;
        axas_hpa got = axas_hpa_of(1);
        cr_assert_eq(axas_table_query(rig->table, axas_gpa_of(gpa + byte), &leaf), AXAS_OK, "%s",
                     rig->tree.name);
        cr_assert_eq(leaf.attr, attr, "%s: 0x%" PRIx64, rig->tree.name, gpa + at);
        cr_assert_eq(leaf.hpa.raw + (gpa + byte - leaf.gpa.raw), hpa + byte, "%s: 0x%" PRIx64, rig->tree.name,
                     gpa + at);
        cr_assert_eq(translate(rig, gpa + byte, &got), AXAS_OK, "%s", rig->tree.name);
        cr_assert_eq(got.raw, hpa + byte, "%s: 0x%" PRIx64 " leads to 0x%" PRIx64, rig->tree.name, gpa + byte,
                     got.raw);
    }
}

/* Nothing that translates is there, and *hpa is left alone. */
static void expect_none(struct rig *rig, uint64_t gpa, enum axas_status status)
{
    axas_hpa got = axas_hpa_of(1);
    cr_expect_eq(translate(rig, gpa, &got), status, "%s: 0x%" PRIx64, rig->tree.name, gpa);
    cr_expect_eq(got.raw, 1, "%s: written", rig->tree.name);
}

/* ---- translate ---- */

Test(inline, translate_finds_leaves_of_every_size)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        const uint64_t sizes = axas_table_leaf_sizes(rig.table, R);
        for (unsigned shift = 0; shift < 64; shift++) {
            const uint64_t size = UINT64_C(1) << shift;
            const uint64_t gpa = size == rig.page ? 3 * size : size;
            if ((sizes & size) == 0 || gpa + size > rig.tree.limit ||
                3 * size > UINT64_C(1) << rig.table->physical_bits) {
                continue;
            }
            cr_assert_eq(axas_table_map(rig.table, axas_gpa_of(gpa), axas_hpa_of(2 * size), size, RW),
                         AXAS_OK, "%s: %u", rig.tree.name, shift);
            for (unsigned i = 0; i < 5; i++) {
                const uint64_t offset = i == 4 ? size - 1 : size / 4 * i + i;
                axas_hpa got = axas_hpa_of(1);
                cr_assert_eq(translate(&rig, gpa + offset, &got), AXAS_OK, "%s: %u", rig.tree.name, shift);
                cr_assert_eq(got.raw, 2 * size + offset, "%s: 0x%" PRIx64, rig.tree.name, got.raw);
            }
            take_out(&rig, gpa, size);
            expect_none(&rig, gpa, AXAS_ERR_NOT_MAPPED);
        }
        rig_end(&rig);
    }
}

Test(inline, translate_finds_leaves_of_contiguous_groups)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        const uint64_t group = at.format->levels[at.format->level_count - 1].group_size;
        if (group != 0 && 2 * group <= rig.tree.limit) {
            cr_assert_eq(axas_table_map(rig.table, axas_gpa_of(group), axas_hpa_of(3 * group), group, RW),
                         AXAS_OK);
            expect_mapped(&rig, group, 3 * group, group, RW);
        }
        rig_end(&rig);
    }
}

Test(inline, translate_refuses_what_leads_nowhere)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        cr_assert_eq(map_page(&rig, 0, rig.page, RW), AXAS_OK);
        cr_assert_eq(unit_protect(&rig.tree, 0, rig.page, 0), AXAS_OK, "%s", rig.tree.name);
        expect_none(&rig, 0, AXAS_ERR_NOT_MAPPED); /* held */
        expect_none(&rig, rig.page, AXAS_ERR_NOT_MAPPED);
        expect_none(&rig, rig.tree.limit, AXAS_ERR_RANGE);
        expect_none(&rig, UINT64_MAX, AXAS_ERR_RANGE);
        cr_expect_eq(translate(&rig, 0, NULL), AXAS_ERR_INVALID, "%s", rig.tree.name);
        axas_hpa got = axas_hpa_of(1);
        cr_expect_eq(rig.walks->translate(NULL, axas_gpa_of(0), &got), AXAS_ERR_INVALID, "%s", rig.tree.name);
        cr_expect_eq(got.raw, 1, "%s: written", rig.tree.name);
        rig_end(&rig);
    }
}

/* ---- Tables that are not as usual ---- */

/* Page 0 is mapped; what is asked here goes through the tables above it. */
static void expect_walks(struct rig *rig, const char *what, unsigned bit)
{
    const axas_gpa gpas[] = {axas_gpa_of(1), axas_gpa_of(rig->page), axas_gpa_of(rig->page - 1)};
    axas_hpa hpas[3];
    expect_mapped(rig, 0, FAR_HPA, rig->page, RW);
    expect_none(rig, rig->page, AXAS_ERR_NOT_MAPPED);
    cr_assert_eq(axas_table_translate_batch(rig->table, gpas, hpas, 3), AXAS_OK);
    cr_assert_eq(hpas[0].raw, FAR_HPA + 1, "%s: %s %u", rig->tree.name, what, bit);
    cr_assert_eq(hpas[1].raw, AXAS_NO_HPA, "%s: %s %u", rig->tree.name, what, bit);
    cr_assert_eq(hpas[2].raw, FAR_HPA + rig->page - 1, "%s: %s %u", rig->tree.name, what, bit);
    cr_assert_eq(install_page(rig, 0, FAR_HPA, RW), AXAS_ERR_EXISTS, "%s: %s %u", rig->tree.name, what, bit);
    cr_assert_eq(install_page(rig, rig->page, FAR_HPA + rig->page, RW), AXAS_OK, "%s: %s %u", rig->tree.name,
                 what, bit);
    cr_assert_eq(axas_table_install(rig->table, axas_gpa_of(2 * rig->page),
                                    axas_hpa_of(FAR_HPA + 2 * rig->page), rig->page, RW, &rig->pool),
                 AXAS_OK);
    cr_assert_eq(map_page(rig, 3 * rig->page, FAR_HPA + 3 * rig->page, RW), AXAS_OK);
    expect_mapped(rig, 0, FAR_HPA, 4 * rig->page, RW);
    take_out(rig, rig->page, 3 * rig->page);
}

/* What the CPU ignores in a table's entry, or writes there itself, may be anything. */
Test(inline, tables_in_which_other_bits_are_set_are_walked)
{
    unsigned flipped = 0;
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        fill_pool(&rig);
        const struct axas_format *format = at.format;
        unsigned char *bytes = rig.table->root;
        cr_assert_eq(map_page(&rig, 0, FAR_HPA, RW), AXAS_OK);
        for (unsigned level = rig.table->root_level; level + 1 < format->level_count; level++) {
            void *slot = bytes;
            const uint64_t entry = entry_read(format, slot), hpa = format->entry_hpa(level, entry);
            for (unsigned bit = 0; bit < 8u * format->entry_bytes; bit++) {
                const uint64_t other = entry ^ UINT64_C(1) << bit;
                if (format->entry_kind(level, other) == AXAS_ENTRY_TABLE &&
                    format->entry_hpa(level, other) == hpa &&
                    format->entry_valid(level, other, at.features, rig.table->physical_bits)) {
                    entry_write(format, slot, other);
                    expect_walks(&rig, format->levels[level].name, bit);
                    flipped++;
                }
            }
            entry_write(format, slot, entry);
            bytes = axas_hal_virt(rig.table->hal, axas_hpa_of(hpa));
        }
        rig_end(&rig);
    }
    cr_expect_gt(flipped, 0);
}

/* The host's memory is where addresses have the highest bit that the CPU has. */
Test(inline, tables_far_up_in_the_host_are_walked)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        const uint64_t highest = UINT64_C(1) << (at.format->output_bits - 1u);
        const struct axas_hosted_config machine = {.physical_base = highest};
        unit_machine_as(&rig.tree, &at, &machine);
        cr_assert_eq(axas_table_init(&rig.tree.table, &rig.tree.config), AXAS_OK, "%s", rig.tree.name);
        unit_sizes(&rig.tree, &rig.tree.table);
        rig_on(&rig, &at);
        fill_pool(&rig);
        cr_assert_eq(map_page(&rig, 0, FAR_HPA, RW), AXAS_OK);
        cr_assert_geq(rig.table->root_hpa.raw, highest);
        expect_walks(&rig, "bits", at.format->output_bits);
        rig_end(&rig);
    }
}

/* ---- map_page, and map_scattered_page, which has to do the same ---- */

/* In order from one table into the next, then elsewhere and back, where the table of the page before has
 * gone. */
static void map_page_after_page(bool scattered)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        rig.scattered = scattered;
        const uint64_t page = rig.page;
        const uint64_t table = page << at.format->levels[at.format->level_count - 1].index_bits;
        const uint64_t start = 2 * table <= rig.tree.limit ? table - 8 * page : 0;
        for (uint64_t i = 0; i < 16; i++) {
            cr_assert_eq(map_page(&rig, start + i * page, FAR_HPA + i * page, RW), AXAS_OK, "%s",
                         rig.tree.name);
        }
        expect_mapped(&rig, start, FAR_HPA, 16 * page, RW);
        take_out(&rig, start, 16 * page);
        cr_expect_eq(rig.table->tables, 1, "%s: tables are left", rig.tree.name);
        expect_none(&rig, start + 15 * page, AXAS_ERR_NOT_MAPPED);
        for (uint64_t i = 16; i-- > 0;) {
            cr_assert_eq(map_page(&rig, start + i * page, FAR_HPA + i * page, R), AXAS_OK, "%s",
                         rig.tree.name);
        }
        expect_mapped(&rig, start, FAR_HPA, 16 * page, R);
        rig_end(&rig);
    }
}

Test(inline, map_page_maps_page_after_page)
{
    map_page_after_page(false);
    map_page_after_page(true);
}

static void refuse_as_map_does(bool scattered)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        rig.scattered = scattered;
        const uint64_t page = rig.page, limit = rig.tree.limit;
        const uint64_t last_hpa = (UINT64_C(1) << rig.table->physical_bits) - page;
        const axas_attr none = unit_unsupported(&rig.tree);
        /* Once where no table is, then beside a page that was mapped before. */
        for (unsigned beside = 0; beside < 2; beside++) {
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_ALIGN, map_page(&rig, page / 2, FAR_HPA, RW));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_ALIGN, map_page(&rig, page + 1, FAR_HPA, RW));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_ALIGN, map_page(&rig, page, FAR_HPA + page / 2, RW));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_RANGE, map_page(&rig, limit, FAR_HPA, RW));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_RANGE, map_page(&rig, page, last_hpa + page, RW));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_UNSUPPORTED, map_page(&rig, page, FAR_HPA, 0));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_UNSUPPORTED, map_page(&rig, page, FAR_HPA, none));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_INVALID,
                           (scattered ? rig.walks->map_scattered_page : rig.walks->map_page)(
                               NULL, axas_gpa_of(page), axas_hpa_of(FAR_HPA), RW));
            if (beside != 0) {
                EXPECT_REFUSED(&rig.tree, AXAS_ERR_EXISTS, map_page(&rig, 0, FAR_HPA, RW));
            } else {
                cr_assert_eq(map_page(&rig, 0, last_hpa, RW), AXAS_OK, "%s", rig.tree.name);
            }
        }
        expect_mapped(&rig, 0, last_hpa, page, RW);
        rig_end(&rig);
    }
}

Test(inline, map_page_refuses_as_map_does)
{
    refuse_as_map_does(false);
    refuse_as_map_does(true);
}

static void fail_where_the_hal_has_no_memory(bool scattered)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        rig.scattered = scattered;
        rig.table->table_limit = 1;
        if (at.mode->level_count > 1) {
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_NO_MEMORY, map_page(&rig, 0, FAR_HPA, RW));
            rig.table->table_limit = UINT64_MAX;
        }
        cr_expect_eq(map_page(&rig, 0, FAR_HPA, RW), AXAS_OK, "%s", rig.tree.name);
        rig_end(&rig);
    }
}

Test(inline, map_page_fails_whole_where_the_hal_has_no_memory)
{
    fail_where_the_hal_has_no_memory(false);
    fail_where_the_hal_has_no_memory(true);
}

/* A space may end within a table of smallest leaves: whichever way the page before it was mapped. */
static void refuse_pages_beyond_a_small_space(bool scattered)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        unit_machine(&rig.tree, &at, false);
        rig.tree.config.gpa_bits = axas_mode_gpa_bits_min(at.mode, at.features);
        cr_assert_eq(axas_table_init(&rig.tree.table, &rig.tree.config), AXAS_OK, "%s", rig.tree.name);
        unit_sizes(&rig.tree, &rig.tree.table);
        rig_on(&rig, &at);
        rig.scattered = scattered;
        const uint64_t limit = rig.tree.limit;
        for (uint64_t gpa = 0; gpa < 2 * rig.page; gpa += rig.page) {
            cr_assert_eq(map_page(&rig, gpa, FAR_HPA + gpa, RW), AXAS_OK, "%s", rig.tree.name);
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_RANGE, map_page(&rig, limit, FAR_HPA, RW));
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_RANGE,
                           axas_table_map(rig.table, axas_gpa_of(limit), axas_hpa_of(FAR_HPA), rig.page, RW));
        }
        rig_end(&rig);
    }
}

Test(inline, pages_beyond_a_small_space_are_refused)
{
    refuse_pages_beyond_a_small_space(false);
    refuse_pages_beyond_a_small_space(true);
}

/* One way leaves the other nothing that is wrong, also when the table of the page before has gone. */
Test(inline, pages_in_order_and_scattered_ones_take_turns)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        const uint64_t page = rig.page;
        for (unsigned round = 0; round < 2; round++) {
            for (uint64_t i = 0; i < 16; i++) {
                rig.scattered = (i + round) % 2 != 0;
                cr_assert_eq(map_page(&rig, i * page, FAR_HPA + i * page, RW), AXAS_OK, "%s", rig.tree.name);
            }
            expect_mapped(&rig, 0, FAR_HPA, 16 * page, RW);
            take_out(&rig, 0, 16 * page);
            cr_expect_eq(rig.table->tables, 1, "%s: tables are left", rig.tree.name);
            expect_none(&rig, 0, AXAS_ERR_NOT_MAPPED);
        }
        rig_end(&rig);
    }
}

/* ---- install_page ---- */

Test(inline, install_page_puts_pages_where_nothing_is)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        const uint64_t page = rig.page;
        if (at.mode->level_count > 1) {
            EXPECT_REFUSED(&rig.tree, AXAS_ERR_NO_MEMORY, install_page(&rig, 0, FAR_HPA, RW));
        }
        fill_pool(&rig);
        for (uint64_t i = 0; i < 4; i++) {
            cr_assert_eq(install_page(&rig, i * page, FAR_HPA + i * page, RW), AXAS_OK, "%s", rig.tree.name);
        }
        expect_mapped(&rig, 0, FAR_HPA, 4 * page, RW);
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_EXISTS, install_page(&rig, page, FAR_HPA, RW));
        rig_end(&rig);
    }
}

Test(inline, install_page_refuses_as_install_does)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        const uint64_t page = rig.page;
        const uint64_t beyond = UINT64_C(1) << rig.table->physical_bits;
        const axas_attr none = unit_unsupported(&rig.tree);
        fill_pool(&rig);
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_ALIGN, install_page(&rig, page / 2, FAR_HPA, RW));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_ALIGN, install_page(&rig, page, FAR_HPA + page / 2, RW));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_RANGE, install_page(&rig, rig.tree.limit, FAR_HPA, RW));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_RANGE, install_page(&rig, page, beyond, RW));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_UNSUPPORTED, install_page(&rig, page, FAR_HPA, 0));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_UNSUPPORTED, install_page(&rig, page, FAR_HPA, none));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_INVALID,
                       rig.walks->install_page(rig.table, axas_gpa_of(0), axas_hpa_of(FAR_HPA), RW, NULL));
        EXPECT_REFUSED(&rig.tree, AXAS_ERR_INVALID,
                       rig.walks->install_page(NULL, axas_gpa_of(0), axas_hpa_of(FAR_HPA), RW, &rig.pool));
        rig_end(&rig);
    }
}

/* ---- Tables that are not walked there ---- */

/* Whoever takes the walks of another mode, or another format, gets what the right ones give. */
Test(inline, a_walker_of_any_mode_takes_any_table)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        rig_make(&rig, &at);
        fill_pool(&rig);
        uint64_t pages = 0;
        for (rig.walks = inline_walks; rig.walks->format != NULL; rig.walks++) {
            const uint64_t one = pages * rig.page, two = one + rig.page;
            /* The size of a page is the other format's where the walks are: it may be too large for this one.
             */
            const enum axas_status status = map_page(&rig, one, FAR_HPA + one, RW);
            if (status == AXAS_OK && install_page(&rig, two, FAR_HPA + two, RW) == AXAS_OK) {
                struct axas_leaf leaf;
                cr_assert_eq(axas_table_query(rig.table, axas_gpa_of(two), &leaf), AXAS_OK);
                if (leaf.size == rig.page) {
                    expect_mapped(&rig, one, FAR_HPA + one, 2 * rig.page, RW);
                }
            }
            take_out(&rig, 0, rig.tree.limit > UINT64_C(1) << 30 ? UINT64_C(1) << 30 : rig.tree.limit);
            fill_pool(&rig);
        }
        rig.walks = inline_walks_of(at.format, at.mode);
        rig_end(&rig);
    }
}

Test(inline, a_host_that_maps_by_functions_is_asked)
{
    for (FOR_EACH_CASE(at)) {
        struct rig rig;
        unit_machine(&rig.tree, &at, false);
        unit_map_by_functions(&rig.tree.hal);
        cr_assert_eq(axas_table_init(&rig.tree.table, &rig.tree.config), AXAS_OK, "%s", rig.tree.name);
        unit_sizes(&rig.tree, &rig.tree.table);
        rig_on(&rig, &at);
        fill_pool(&rig);
        cr_assert_eq(map_page(&rig, 0, FAR_HPA, RW), AXAS_OK, "%s", rig.tree.name);
        cr_assert_eq(map_page(&rig, rig.page, FAR_HPA + rig.page, RW), AXAS_OK, "%s", rig.tree.name);
        cr_assert_eq(install_page(&rig, 2 * rig.page, FAR_HPA + 2 * rig.page, RW), AXAS_OK, "%s",
                     rig.tree.name);
        expect_mapped(&rig, 0, FAR_HPA, 3 * rig.page, RW);
        cr_expect(unit_host_calls != 0);
        rig_end(&rig);
    }
}
