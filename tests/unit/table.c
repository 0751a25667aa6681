/* SPDX-License-Identifier: Apache-2.0 */
/* The table layer alone, for every format and mode, with none and with all of the CPU's features. */
#include "unit.h"

/* ---- Helpers ---- */

struct leaves {
    unsigned count;
    struct axas_leaf leaf[64];
};

static bool collect(void *context, const struct axas_leaf *leaf)
{
    struct leaves *leaves = context;
    if (leaves->count < 64) {
        leaves->leaf[leaves->count] = *leaf;
    }
    leaves->count++;
    return true;
}

static void leaves_of(const struct axas_table *table, uint64_t gpa, uint64_t size, struct leaves *leaves)
{
    leaves->count = 0;
    cr_assert_eq(axas_table_visit(table, axas_gpa_of(gpa), size, collect, leaves), AXAS_OK);
}

static enum axas_status map(struct unit_tree *tree, uint64_t gpa, uint64_t hpa, uint64_t size, axas_attr attr)
{
    return axas_table_map(&tree->table, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr);
}

/* Every page of the range leads to hpa + its distance from gpa, with that attribute. */
static void expect_mapped(const struct unit_tree *tree, uint64_t gpa, uint64_t hpa, uint64_t size,
                          axas_attr attr)
{
    for (uint64_t at = 0; at < size; at += tree->page) {
        struct axas_leaf leaf;
        axas_hpa got = axas_hpa_of(1);
        enum axas_status status = axas_table_query(&tree->table, axas_gpa_of(gpa + at), &leaf);
        cr_assert_eq(status, AXAS_OK, "%s: 0x%" PRIx64 ": %s", tree->name, gpa + at, axas_status_str(status));
        cr_assert_eq(leaf.attr, attr, "%s: 0x%" PRIx64 " is attr 0x%x", tree->name, gpa + at, leaf.attr);
        cr_assert_eq(leaf.hpa.raw + (gpa + at - leaf.gpa.raw), hpa + at, "%s: 0x%" PRIx64, tree->name,
                     gpa + at);
        status = axas_table_translate(&tree->table, axas_gpa_of(gpa + at + tree->page - 1), &got);
        if ((attr & AXAS_ACCESS_MASK) != 0) {
            cr_assert_eq(status, AXAS_OK);
            cr_assert_eq(got.raw, hpa + at + tree->page - 1, "%s: 0x%" PRIx64, tree->name, gpa + at);
        } else {
            cr_assert_eq(status, AXAS_ERR_NOT_MAPPED);
            cr_assert_eq(got.raw, 1, "untouched");
        }
    }
}

static void expect_hole(const struct unit_tree *tree, uint64_t gpa, uint64_t size)
{
    for (uint64_t at = gpa; at < gpa + size; at += tree->page) {
        struct axas_leaf leaf, before;
        axas_hpa hpa = axas_hpa_of(1);
        memset(&leaf, 0x5a, sizeof leaf);
        memset(&before, 0x5a, sizeof before);
        cr_assert_eq(axas_table_query(&tree->table, axas_gpa_of(at), &leaf), AXAS_ERR_NOT_MAPPED,
                     "%s: 0x%" PRIx64, tree->name, at);
        cr_assert_eq(memcmp(&leaf, &before, sizeof leaf), 0, "untouched");
        cr_assert_eq(axas_table_translate(&tree->table, axas_gpa_of(at), &hpa), AXAS_ERR_NOT_MAPPED);
        cr_assert_eq(hpa.raw, 1, "untouched");
    }
}

/* ---- Making and ending ---- */

/* Page after page, each is told of where the format asks for it, with the identifier that is in use by then.
 */
Test(table, a_page_that_is_mapped_by_itself_is_told_of)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        const struct axas_transition *make = &tree.table.change[AXAS_CHANGE_MAKE];
        const uint64_t page = tree.page;
        struct axas_root root;
        unsigned told = 0;
        cr_assert_eq(axas_table_map(&tree.table, axas_gpa_of(0), axas_hpa_of(FAR_HPA), page, RW), AXAS_OK);
        cr_assert_eq(axas_table_root(&tree.table, 1, &root), AXAS_OK);
        axas_hosted_record(tree.arena, 1000);
        for (uint64_t i = 1; i < 4; i++) {
            cr_assert_eq(axas_table_map(&tree.table, axas_gpa_of(i * page), axas_hpa_of(FAR_HPA), page, RW),
                         AXAS_OK);
        }
        axas_hosted_record_stop(tree.arena);
        const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
        for (uint64_t i = 0; i < axas_hosted_event_count(tree.arena); i++) {
            const struct axas_invalidation *what = &events[i].invalidation;
            if (events[i].kind == AXAS_HOSTED_INVALIDATE) {
                const bool all = make->scope == AXAS_INVALIDATE_ALL;
                told++;
                cr_expect_eq(what->format, at.format);
                cr_expect_eq(what->root.raw, tree.table.root_hpa.raw);
                cr_expect_eq(what->vmid, 1, "%s: vmid %u", tree.name, what->vmid);
                cr_expect_eq(what->scope, make->scope);
                cr_expect_eq(what->local, make->local);
                cr_expect_eq(what->gpa.raw, all ? 0 : told * page, "%s: 0x%" PRIx64, tree.name,
                             what->gpa.raw);
                cr_expect_eq(what->size, all ? 0 : page);
                cr_expect_eq(what->leaf_size, page);
            }
        }
        cr_expect_eq(told, make->scope != AXAS_INVALIDATE_NONE ? 3 : 0, "%s: told %u times", tree.name, told);
        unit_tree_end(&tree);
    }
}

Test(table, a_new_tree_is_an_empty_root)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        cr_expect_eq(tree.table.tables, 1);
        cr_expect_eq(axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE), tree.table.root_size);
        cr_expect_eq(tree.table.root_hpa.raw & (tree.table.root_size - 1), 0);
        cr_expect_eq(tree.page,
                     UINT64_C(1) << at.format->levels[at.mode->root_level + at.mode->level_count - 1].shift);
        cr_expect_eq(tree.limit, UINT64_C(1) << tree.table.gpa_bits);
        expect_hole(&tree, 0, 2 * tree.page);
        expect_hole(&tree, tree.limit - 2 * tree.page, 2 * tree.page);
        struct leaves leaves;
        leaves_of(&tree.table, 0, tree.limit, &leaves);
        cr_expect_eq(leaves.count, 0);
        unit_tree_end(&tree);
    }
}

Test(table, the_default_mode_comes_without_asking)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_machine(&tree, &at, false);
        tree.config.mode = NULL;
        enum axas_status status = axas_table_init(&tree.table, &tree.config);
        if (axas_mode_find(at.format, NULL)->with == 0 || at.features != 0) {
            cr_assert_eq(status, AXAS_OK, "%s", tree.name);
            cr_expect(tree.table.mode->is_default);
            axas_table_destroy(&tree.table, NULL, NULL);
        }
        cr_expect_eq(axas_hosted_destroy(tree.arena), 0);
    }
}

Test(table, a_width_chooses_the_mode_that_has_it)
{
    for (FOR_EACH_CASE(at)) {
        for (unsigned bits = axas_mode_gpa_bits_min(at.mode, at.features); bits <= at.mode->gpa_bits_max;
             bits++) {
            struct unit_tree tree;
            unit_machine(&tree, &at, false);
            tree.config.mode = NULL;
            tree.config.gpa_bits = (uint8_t)bits;
            cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK, "%s, %u bits", tree.name, bits);
            cr_expect_eq(tree.table.gpa_bits, bits);
            cr_expect(axas_mode_gpa_bits_min(tree.table.mode, at.features) <= bits &&
                      bits <= tree.table.mode->gpa_bits_max);
            tree.page = axas_table_page_size(&tree.table);
            tree.limit = axas_table_limit(&tree.table);
            cr_expect_eq(tree.limit, UINT64_C(1) << bits);
            cr_assert_eq(map(&tree, tree.limit - tree.page, FAR_HPA, tree.page, R), AXAS_OK);
            expect_mapped(&tree, tree.limit - tree.page, FAR_HPA, tree.page, R);
            EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, tree.limit, FAR_HPA, tree.page, R));
            unit_tree_end(&tree);
        }
    }
}

static void *to_virt(void *context, axas_hpa hpa)
{
    return (unsigned char *)context + hpa.raw;
}

static axas_hpa to_phys(void *context, const void *pointer)
{
    return axas_hpa_of((uint64_t)((const unsigned char *)pointer - (const unsigned char *)context));
}

Test(table, bad_configurations_are_refused_and_leave_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree good;
        unit_machine(&good, &at, false);
        struct axas_table table, before;
        memset(&table, 0x5a, sizeof table);
        memset(&before, 0x5a, sizeof before);
        struct axas_hal hal = good.hal;
        struct axas_table_config config = good.config;
        config.hal = &hal;
#define REFUSE(expected, change)                                                                          \
    do {                                                                                                  \
        hal = good.hal;                                                                                   \
        config = good.config;                                                                             \
        config.hal = &hal;                                                                                \
        change;                                                                                           \
        enum axas_status got_ = axas_table_init(&table, &config);                                         \
        cr_expect_eq(got_, (expected), "%s: %s gives \"%s\"", good.name, #change, axas_status_str(got_)); \
        cr_expect_eq(memcmp(&table, &before, sizeof table), 0, "%s: %s writes", good.name, #change);      \
        cr_expect_eq(axas_hosted_bytes(good.arena, AXAS_FRAME_TABLE), 0);                                 \
    } while (0)
        REFUSE(AXAS_ERR_INVALID, config.hal = NULL);
        REFUSE(AXAS_ERR_INVALID, config.format = NULL);
        REFUSE(AXAS_ERR_INVALID, config.features |= UINT64_C(1) << 63);
        REFUSE(AXAS_ERR_INVALID, config.physical_bits = 65);
        REFUSE(AXAS_ERR_INVALID, hal.frame_alloc = NULL);
        REFUSE(AXAS_ERR_INVALID, hal.frame_free = NULL);
        REFUSE(AXAS_ERR_INVALID, hal.invalidate = NULL);
        REFUSE(AXAS_ERR_INVALID, (hal.phys_to_virt = to_virt, hal.virt_to_phys = NULL));
        REFUSE(AXAS_ERR_INVALID, (hal.phys_to_virt = NULL, hal.virt_to_phys = to_phys));
        REFUSE(AXAS_ERR_INVALID, config.max_leaf_shift = 1);
        REFUSE(AXAS_ERR_INVALID, config.max_exec_leaf_shift = 1);
        REFUSE(AXAS_ERR_UNSUPPORTED, config.gpa_bits = (uint8_t)(at.mode->gpa_bits_max + 1));
        REFUSE(AXAS_ERR_UNSUPPORTED,
               config.gpa_bits = (uint8_t)(axas_mode_gpa_bits_min(at.mode, at.features) - 1));
        REFUSE(AXAS_ERR_NO_MEMORY, axas_hosted_fail_at(good.arena, 1));
        if (at.mode->physical_bits_min > 1) {
            REFUSE(AXAS_ERR_UNSUPPORTED, config.physical_bits = (uint8_t)(at.mode->physical_bits_min - 1));
        }
        if (at.mode->within_physical && at.mode->physical_bits_min < at.mode->gpa_bits_max) {
            REFUSE(AXAS_ERR_UNSUPPORTED, (config.gpa_bits = at.mode->gpa_bits_max,
                                          config.physical_bits = (uint8_t)(at.mode->gpa_bits_max - 1)));
        }
        if (at.mode->with != 0) {
            REFUSE(AXAS_ERR_UNSUPPORTED, config.features = 0);
        }
#undef REFUSE
        cr_expect_eq(axas_table_init(NULL, &config), AXAS_ERR_INVALID);
        cr_expect_eq(axas_table_init(&table, NULL), AXAS_ERR_INVALID);
        cr_expect_eq(memcmp(&table, &before, sizeof table), 0);
        cr_expect_eq(axas_hosted_destroy(good.arena), 0);
    }
}

Test(table, a_mode_of_another_format_is_refused)
{
    for (unsigned i = 0; axas_formats[i] != NULL; i++) {
        for (unsigned j = 0; axas_formats[j] != NULL; j++) {
            struct unit_case at = {axas_formats[i], &axas_formats[j]->modes[0],
                                   unit_all_features(axas_formats[i]), false};
            struct unit_tree tree;
            unit_machine(&tree, &at, false);
            enum axas_status status = axas_table_init(&tree.table, &tree.config);
            cr_expect_eq(status, i == j ? AXAS_OK : AXAS_ERR_INVALID, "%s with %s", axas_formats[i]->name,
                         axas_formats[j]->name);
            if (status == AXAS_OK) {
                axas_table_destroy(&tree.table, NULL, NULL);
            }
            cr_expect_eq(axas_hosted_destroy(tree.arena), 0);
        }
    }
}

struct released {
    uint64_t bytes, runs;
    uint64_t hpa_minus_gpa;
};

static void release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct released *released = context;
    released->bytes += size;
    released->runs++;
    released->hpa_minus_gpa = hpa.raw - gpa.raw;
}

Test(table, destroying_frees_every_table_and_releases_every_leaf)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t size = tree.large != 0 ? tree.large + 3 * tree.page : 3 * tree.page;
        cr_assert_eq(map(&tree, 0, FAR_HPA, size, R), AXAS_OK, "%s", tree.name);
        cr_assert_eq(unit_protect(&tree, 0, tree.page, 0), AXAS_OK, "a held leaf has memory too");
        cr_assert_eq(axas_table_reserve(&tree.table), AXAS_OK);
        struct released released = {0};
        axas_hosted_record(tree.arena, 100000);
        axas_table_destroy(&tree.table, release, &released);
        axas_hosted_record_stop(tree.arena);
        cr_expect_eq(released.bytes, size, "%s: 0x%" PRIx64 " released", tree.name, released.bytes);
        cr_expect_eq(released.hpa_minus_gpa, FAR_HPA);
        cr_expect_eq(axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE), 0);
        const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
        cr_assert_not_null(events);
        unsigned invalidations = 0;
        for (uint64_t i = 0; i < axas_hosted_event_count(tree.arena); i++) {
            if (events[i].kind == AXAS_HOSTED_INVALIDATE) {
                invalidations++;
                cr_expect_eq(events[i].invalidation.scope, AXAS_INVALIDATE_ALL);
                cr_expect_not(events[i].invalidation.local);
            }
            cr_expect(events[i].kind != AXAS_HOSTED_FREE || invalidations > 0, "%s: freed too soon",
                      tree.name);
        }
        cr_expect_eq(invalidations, 1, "%s: %u invalidations", tree.name, invalidations);
        axas_table_destroy(&tree.table, release, &released);
        cr_expect_eq(released.bytes, size, "a second time does nothing");
        cr_expect_eq(axas_hosted_destroy(tree.arena), 0);
    }
    axas_table_destroy(NULL, NULL, NULL);
    struct axas_table zeroed = {0};
    axas_table_destroy(&zeroed, NULL, NULL);
}

/* ---- map ---- */

Test(table, map_takes_the_largest_leaves_that_fit)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        if (tree.large != 0) {
            /* a page, two large leaves, a page */
            uint64_t gpa = tree.large - tree.page, hpa = 4 * tree.large - tree.page;
            struct leaves leaves;
            cr_assert_eq(map(&tree, gpa, hpa, 2 * tree.large + 2 * tree.page, RW), AXAS_OK);
            leaves_of(&tree.table, 0, tree.limit, &leaves);
            cr_assert_eq(leaves.count, 4, "%s: %u leaves", tree.name, leaves.count);
            cr_expect_eq(leaves.leaf[0].size, tree.page);
            cr_expect_eq(leaves.leaf[1].size, tree.large);
            cr_expect_eq(leaves.leaf[2].size, tree.large);
            cr_expect_eq(leaves.leaf[3].size, tree.page);
            for (unsigned i = 0; i < 4; i++) {
                cr_expect_eq(leaves.leaf[i].hpa.raw - leaves.leaf[i].gpa.raw, hpa - gpa);
                cr_expect_eq(leaves.leaf[i].attr, RW);
            }
            expect_mapped(&tree, gpa, hpa, 2 * tree.large + 2 * tree.page, RW);
            expect_hole(&tree, gpa - tree.page, tree.page);
            expect_hole(&tree, gpa + 2 * tree.large + 2 * tree.page, tree.page);
        }
        unit_tree_end(&tree);
    }
}

Test(table, addresses_that_do_not_go_together_get_small_leaves)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        if (tree.large != 0) {
            struct leaves leaves;
            cr_assert_eq(map(&tree, 0, FAR_HPA + tree.page, tree.large, R), AXAS_OK);
            leaves_of(&tree.table, 0, tree.large, &leaves);
            cr_expect_eq(leaves.count, tree.large / tree.page, "%s", tree.name);
            expect_mapped(&tree, 0, FAR_HPA + tree.page, tree.large, R);
        }
        unit_tree_end(&tree);
    }
}

Test(table, the_host_memory_of_a_range_may_cross_any_power_of_two)
{
    /* Pages; on the other side the address's bits may lie in other places of the entry. */
    const unsigned before = 13, after = 10;
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        const uint64_t size = (before + after) * tree.page;
        for (unsigned bit = tree.table.page_shift + 4u; bit < tree.table.physical_bits; bit++) {
            const uint64_t hpa = (UINT64_C(1) << bit) - before * tree.page;
            cr_assert_eq(map(&tree, tree.page, hpa, size, RW), AXAS_OK, "%s", tree.name);
            expect_mapped(&tree, tree.page, hpa, size, RW);
            cr_assert_eq(unit_unmap(&tree, tree.page, size), AXAS_OK);
            for (unsigned page = 0; page < before + after; page++) {
                cr_assert_eq(map(&tree, page * tree.page, hpa + page * tree.page, tree.page, R), AXAS_OK);
            }
            expect_mapped(&tree, 0, hpa, size, R);
            cr_assert_eq(unit_unmap(&tree, 0, size), AXAS_OK);
        }
        unit_tree_end(&tree);
    }
}

Test(table, map_reaches_the_first_and_the_last_byte)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        cr_assert_eq(map(&tree, 0, 0, tree.page, R), AXAS_OK, "%s", tree.name);
        cr_assert_eq(map(&tree, tree.limit - tree.page, FAR_HPA, tree.page, RW), AXAS_OK);
        expect_mapped(&tree, 0, 0, tree.page, R);
        expect_mapped(&tree, tree.limit - tree.page, FAR_HPA, tree.page, RW);
        struct leaves leaves;
        leaves_of(&tree.table, 0, tree.limit, &leaves);
        cr_expect_eq(leaves.count, 2);
        cr_assert_eq(unit_unmap(&tree, 0, tree.limit), AXAS_OK);
        cr_expect_eq(tree.table.tables, 1);
        unit_tree_end(&tree);
    }
}

Test(table, bad_maps_are_refused_and_change_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, top = tree.limit;
        unsigned physical = tree.table.physical_bits;
        cr_assert_eq(map(&tree, 4 * page, FAR_HPA, 4 * page, R), AXAS_OK, "%s", tree.name);
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID,
                       axas_table_map(NULL, axas_gpa_of(0), axas_hpa_of(0), page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, map(&tree, 0, 0, page, R | 0x100));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, map(&tree, 0, 0, page, R | 0x80000000));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, map(&tree, 1, 0, page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, map(&tree, page / 2, 0, page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, map(&tree, 0, page / 2, page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, map(&tree, 0, 0, page + 1, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, map(&tree, 0, 0, page - 1, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, 0, 0, 0, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, top, 0, page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, top - page, 0, 2 * page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, page, 0, top, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, page, 0, UINT64_MAX - page + 1, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, UINT64_MAX - page + 1, 0, page, R));
        if (physical < 64) {
            EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, 0, UINT64_C(1) << physical, page, R));
            EXPECT_REFUSED(&tree, AXAS_ERR_RANGE,
                           map(&tree, 0, (UINT64_C(1) << physical) - page, 2 * page, R));
        }
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, map(&tree, 0, UINT64_MAX - page + 1, 2 * page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_UNSUPPORTED, map(&tree, 0, 0, page, unit_unsupported(&tree)));
        EXPECT_REFUSED(&tree, AXAS_ERR_UNSUPPORTED, map(&tree, 0, 0, page, 0));
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 4 * page, FAR_HPA, 4 * page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 3 * page, 0, 2 * page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 7 * page, 0, 2 * page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 0, 0, 16 * page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 5 * page, 0, page, R));
        if (tree.large != 0) {
            EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 0, 0, tree.large, R));
        }
        expect_mapped(&tree, 4 * page, FAR_HPA, 4 * page, R);
        unit_tree_end(&tree);
    }
}

Test(table, map_over_memory_without_access_is_refused)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        cr_assert_eq(map(&tree, 0, FAR_HPA, 2 * tree.page, R), AXAS_OK);
        cr_assert_eq(unit_protect(&tree, 0, 2 * tree.page, 0), AXAS_OK);
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, tree.page, 0, tree.page, R));
        unit_tree_end(&tree);
    }
}

Test(table, map_without_memory_changes_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        if (at.mode->level_count > 1) {
            axas_hosted_fail_at(tree.arena, 1);
            EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, map(&tree, 0, FAR_HPA, tree.page, R));
            axas_hosted_fail_at(tree.arena, at.mode->level_count - 1u);
            EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, map(&tree, 0, FAR_HPA, tree.page, R));
            axas_hosted_fail_at(tree.arena, 0);
        }
        cr_expect_eq(map(&tree, 0, FAR_HPA, tree.page, R), AXAS_OK);
        unit_tree_end(&tree);
    }
}

Test(table, tables_can_be_capped)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_machine(&tree, &at, false);
        tree.config.table_limit = at.mode->level_count;
        cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK);
        unit_sizes(&tree, &tree.table);
        cr_assert_eq(map(&tree, 0, FAR_HPA, tree.page, R), AXAS_OK, "%s", tree.name);
        cr_expect_eq(tree.table.tables, at.mode->level_count);
        if (at.mode->level_count > 1) {
            EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY,
                           map(&tree, tree.limit - tree.page, FAR_HPA, tree.page, R));
            cr_assert_eq(unit_unmap(&tree, 0, tree.page), AXAS_OK);
            cr_expect_eq(map(&tree, tree.limit - tree.page, FAR_HPA, tree.page, R), AXAS_OK,
                         "a table that was given back counts no more");
        }
        unit_tree_end(&tree);
    }
}

static unsigned frames_asked;

static bool give_none(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    (void)context, (void)size, (void)use, (void)frame;
    frames_asked++;
    return false;
}

/* Of leaves of 4 KiB 2^53 bytes take 2^32 tables. */
Test(table, tables_by_the_billion_are_refused_before_any_is_taken)
{
    const uint64_t size = UINT64_C(1) << 53;
    for (FOR_EACH_CASE(at)) {
        static const uint64_t limits[] = {0, UINT64_C(1) << 24, UINT64_C(1) << 31, UINT64_C(1) << 40};
        for (unsigned i = 0; i < 4; i++) {
            struct unit_tree tree;
            unit_machine(&tree, &at, false);
            tree.config.table_limit = limits[i];
            tree.config.max_exec_leaf_shift = at.format->levels[at.format->level_count - 1].shift;
            cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK);
            unit_sizes(&tree, &tree.table);
            const axas_attr exec = unit_exec(&tree);
            if (tree.limit - 1 >= size && tree.table.physical_bits > 53 && exec != 0) {
                frames_asked = 0;
                tree.hal.frame_alloc = give_none;
                EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, map(&tree, 0, 0, size, exec));
                EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, map(&tree, 0, 0, size + tree.page, exec));
                EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, map(&tree, 0, 0, 3 * size / 2, exec));
                /* the largest leaves take none until they may be executed */
                cr_assert_eq(map(&tree, 0, 0, size, R), AXAS_OK);
                EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, unit_protect(&tree, 0, size, exec));
                cr_expect_eq(frames_asked, 0, "%s", tree.name);
            }
            unit_tree_end(&tree);
        }
    }
}

Test(table, leaves_keep_below_their_caps)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, large = tree.large;
        axas_attr exec = unit_exec(&tree);
        unsigned page_shift = (unsigned)__builtin_ctzll(page);
        unit_tree_end(&tree);
        if (large == 0 || exec == 0) {
            continue;
        }
        struct leaves leaves;
        /* all leaves */
        unit_machine(&tree, &at, false);
        tree.config.max_leaf_shift = (uint8_t)page_shift;
        cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK);
        cr_expect_eq(axas_table_leaf_sizes(&tree.table, R), page);
        cr_expect_eq(axas_table_leaf_sizes(&tree.table, exec), page);
        cr_assert_eq(axas_table_map(&tree.table, axas_gpa_of(0), axas_hpa_of(0), large, R), AXAS_OK);
        leaves_of(&tree.table, 0, large, &leaves);
        cr_expect_eq(leaves.count, large / page);
        unit_tree_end(&tree);
        /* executable ones only */
        unit_machine(&tree, &at, false);
        tree.config.max_exec_leaf_shift = (uint8_t)page_shift;
        cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK);
        tree.page = page;
        cr_expect_neq(axas_table_leaf_sizes(&tree.table, R) & large, 0);
        cr_expect_eq(axas_table_leaf_sizes(&tree.table, exec), page);
        cr_assert_eq(axas_table_map(&tree.table, axas_gpa_of(0), axas_hpa_of(0), large, R), AXAS_OK);
        cr_assert_eq(axas_table_map(&tree.table, axas_gpa_of(large), axas_hpa_of(large), large, exec),
                     AXAS_OK);
        leaves_of(&tree.table, 0, large, &leaves);
        cr_expect_eq(leaves.count, 1, "%s", tree.name);
        leaves_of(&tree.table, large, large, &leaves);
        cr_expect_eq(leaves.count, large / page, "%s", tree.name);
        /* execution given later */
        cr_assert_eq(unit_protect(&tree, 0, large, exec), AXAS_OK);
        leaves_of(&tree.table, 0, large, &leaves);
        cr_expect_eq(leaves.count, large / page, "%s: a large leaf became executable", tree.name);
        expect_mapped(&tree, 0, 0, 2 * large, exec);
        unit_tree_end(&tree);
    }
}

/* ---- unmap ---- */

Test(table, unmap_skips_holes_and_gives_every_table_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct unit_picture empty = unit_picture_of(tree.arena, &tree.table);
        uint64_t page = tree.page;
        cr_assert_eq(map(&tree, page, FAR_HPA, page, R), AXAS_OK);
        cr_assert_eq(map(&tree, 5 * page, FAR_HPA, page, R), AXAS_OK);
        cr_assert_eq(map(&tree, tree.limit / 2, FAR_HPA, 3 * page, RW), AXAS_OK);
        cr_assert_eq(unit_unmap(&tree, 0, tree.limit), AXAS_OK);
        struct unit_picture after = unit_picture_of(tree.arena, &tree.table);
        cr_expect(unit_same(&empty, &after), "%s", tree.name);
        cr_expect_eq(unit_unmap(&tree, 0, tree.limit), AXAS_OK, "nothing to do is not an error");
        unit_tree_end(&tree);
    }
}

Test(table, unmapping_part_of_a_large_leaf_splits_it_exactly)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, large = tree.large;
        if (large != 0 && large >= 8 * page) {
            cr_assert_eq(map(&tree, 0, 4 * large, 2 * large, RW), AXAS_OK);
            uint64_t tables = tree.table.tables;
            cr_assert_eq(unit_unmap(&tree, 3 * page, 2 * page), AXAS_OK, "%s", tree.name);
            expect_mapped(&tree, 0, 4 * large, 3 * page, RW);
            expect_hole(&tree, 3 * page, 2 * page);
            expect_mapped(&tree, 5 * page, 4 * large + 5 * page, 2 * large - 5 * page, RW);
            cr_expect_gt(tree.table.tables, tables);
            /* at both ends */
            cr_assert_eq(unit_unmap(&tree, 0, 2 * large - page), AXAS_OK);
            expect_hole(&tree, 0, 2 * large - page);
            expect_mapped(&tree, 2 * large - page, 6 * large - page, page, RW);
            cr_assert_eq(unit_unmap(&tree, 2 * large - page, page), AXAS_OK);
            cr_expect_eq(tree.table.tables, 1);
        }
        unit_tree_end(&tree);
    }
}

/* What is split is as it has to be when it is linked, but for the pages that change: no contiguous group has
 * to be taken apart where a CPU sees it. */
Test(table, a_split_leaf_needs_no_more_than_the_change_once_it_is_linked)
{
    static const uint64_t firsts[] = {0, 1, 15, 16, 31}, counts[] = {1, 2, 16, 17, 40};
    for (FOR_EACH_CASE(at)) {
        for (unsigned n = 0; n < 25; n++) {
            struct unit_tree tree;
            unit_tree_make(&tree, &at);
            const uint64_t page = tree.page, large = tree.large;
            const uint64_t first = firsts[n / 5] * page, size = counts[n % 5] * page;
            unsigned level;
            if (large != 0 && first + size < large) {
                cr_assert_eq(map(&tree, 0, 4 * large, large, RW), AXAS_OK);
                const axas_hpa link = axas_hal_phys(tree.table.hal, unit_slot(&tree.table, 0, &level));
                const uint64_t tables = tree.table.tables;
                axas_hosted_record(tree.arena, 100000);
                cr_assert_eq(unit_protect(&tree, first, size, R), AXAS_OK);
                axas_hosted_record_stop(tree.arena);
                cr_assert_eq(axas_hosted_events_lost(tree.arena), 0);
                const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
                const uint64_t count = axas_hosted_event_count(tree.arena);
                const axas_hpa table = axas_hal_phys(tree.table.hal, unit_slot(&tree.table, 0, &level));
                uint64_t linked = count;
                while (linked > 0 && (events[linked - 1].kind != AXAS_HOSTED_STORE ||
                                      events[linked - 1].hpa.raw != link.raw)) {
                    linked--;
                }
                cr_assert_gt(linked, 0, "%s: the leaf is still there", tree.name);
                cr_assert_eq(tree.table.tables, tables + 1, "%s: one table for all of it", tree.name);
                for (uint64_t i = linked; i < count; i++) {
                    const uint64_t gpa = (events[i].hpa.raw - table.raw) / at.format->entry_bytes * page;
                    cr_assert(events[i].kind != AXAS_HOSTED_STORE || (first <= gpa && gpa < first + size),
                              "%s: 0x%" PRIx64 " of 0x%" PRIx64 "+0x%" PRIx64, tree.name, gpa, first, size);
                }
            }
            unit_tree_end(&tree);
        }
    }
}

Test(table, bad_unmaps_and_protects_are_refused_and_change_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, top = tree.limit;
        struct axas_gather gather;
        axas_gather_init(&gather, NULL, NULL);
        cr_assert_eq(map(&tree, 0, FAR_HPA, 4 * page, R), AXAS_OK);
        static const struct {
            uint64_t gpa_pages, gpa_bytes, size_pages, size_bytes;
            enum axas_status status;
        } rows[] = {
            {0, 1, 1, 0, AXAS_ERR_ALIGN}, {0, 0, 1, 1, AXAS_ERR_ALIGN}, {0, 0, 0, 1, AXAS_ERR_ALIGN},
            {0, 0, 0, 0, AXAS_ERR_RANGE}, {2, 0, 0, 0, AXAS_ERR_RANGE},
        };
        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            uint64_t gpa = rows[i].gpa_pages * page + rows[i].gpa_bytes;
            uint64_t size = rows[i].size_pages * page + rows[i].size_bytes;
            EXPECT_REFUSED(&tree, rows[i].status, unit_unmap(&tree, gpa, size));
            EXPECT_REFUSED(&tree, rows[i].status, unit_protect(&tree, gpa, size, RW));
        }
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, unit_unmap(&tree, top, page));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, unit_unmap(&tree, page, top));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, unit_unmap(&tree, page, UINT64_MAX - page + 1));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, unit_protect(&tree, top, page, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, unit_protect(&tree, page, top, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, unit_protect(&tree, page, UINT64_MAX - page + 1, R));
        EXPECT_REFUSED(&tree, AXAS_ERR_UNSUPPORTED, unit_protect(&tree, 0, page, unit_unsupported(&tree)));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, unit_protect(&tree, 0, page, R | 0x100));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_unmap(NULL, axas_gpa_of(0), page, &gather));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_unmap(&tree.table, axas_gpa_of(0), page, NULL));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_protect(NULL, axas_gpa_of(0), page, R, &gather));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID,
                       axas_table_protect(&tree.table, axas_gpa_of(0), page, R, NULL));
        cr_expect_eq(gather.scope, AXAS_INVALIDATE_NONE);
        cr_expect_eq(gather.count, 0);
        unit_tree_end(&tree);
    }
}

Test(table, splitting_without_memory_changes_nothing_unless_there_is_a_reserve)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, large = tree.large;
        if (large != 0) {
            struct released released = {0};
            struct axas_gather gather;
            cr_assert_eq(map(&tree, 0, 0, 2 * large, RW), AXAS_OK);
            axas_hosted_fail_from(tree.arena, 1);
            EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, unit_protect(&tree, page, page, R));
            axas_gather_init(&gather, release, &released);
            EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY,
                           axas_table_unmap(&tree.table, axas_gpa_of(page), page, &gather));
            cr_expect_eq(gather.count, 0);
            axas_hosted_fail_from(tree.arena, 0);
            cr_assert_eq(axas_table_reserve(&tree.table), AXAS_OK);
            axas_hosted_fail_from(tree.arena, 1);
            EXPECT_REFUSED(&tree, AXAS_ERR_NO_MEMORY, unit_protect(&tree, page, page, R));
            /* the reserve is enough for both ends of one range */
            cr_expect_eq(axas_table_unmap(&tree.table, axas_gpa_of(page), 2 * large - 2 * page, &gather),
                         AXAS_OK, "%s", tree.name);
            axas_gather_flush(&tree.table, &gather);
            axas_gather_free(&tree.table, &gather);
            cr_expect_eq(released.bytes, 2 * large - 2 * page);
            expect_mapped(&tree, 0, 0, page, RW);
            expect_hole(&tree, page, 2 * large - 2 * page);
            expect_mapped(&tree, 2 * large - page, 2 * large - page, page, RW);
            axas_hosted_fail_from(tree.arena, 0);
        }
        unit_tree_end(&tree);
    }
}

/* ---- protect ---- */

Test(table, protect_changes_exactly_its_range)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page;
        uint64_t size = tree.large != 0 ? 2 * tree.large : 16 * page;
        uint64_t hpa = 4 * size;
        cr_assert_eq(map(&tree, 0, hpa, size, RW), AXAS_OK);
        cr_assert_eq(unit_protect(&tree, 2 * page, page, R), AXAS_OK, "%s", tree.name);
        expect_mapped(&tree, 0, hpa, 2 * page, RW);
        expect_mapped(&tree, 2 * page, hpa + 2 * page, page, R);
        expect_mapped(&tree, 3 * page, hpa + 3 * page, size - 3 * page, RW);
        cr_assert_eq(unit_protect(&tree, 0, size, RW), AXAS_OK);
        expect_mapped(&tree, 0, hpa, size, RW);
        /* a hole in the range stays one */
        cr_assert_eq(unit_unmap(&tree, 4 * page, page), AXAS_OK);
        cr_assert_eq(unit_protect(&tree, 0, size, R), AXAS_OK);
        expect_mapped(&tree, 0, hpa, 4 * page, R);
        expect_hole(&tree, 4 * page, page);
        expect_mapped(&tree, 5 * page, hpa + 5 * page, size - 5 * page, R);
        unit_tree_end(&tree);
    }
}

Test(table, no_access_keeps_the_memory_and_lets_nothing_through)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page;
        uint64_t size = tree.large != 0 ? 2 * tree.large : 16 * page;
        cr_assert_eq(map(&tree, 0, 4 * size, size, RW), AXAS_OK);
        cr_assert_eq(unit_protect(&tree, 0, size, 0), AXAS_OK, "%s", tree.name);
        expect_mapped(&tree, 0, 4 * size, size, 0);
        cr_assert_eq(unit_protect(&tree, page, page, RW), AXAS_OK, "part of a held leaf");
        expect_mapped(&tree, 0, 4 * size, page, 0);
        expect_mapped(&tree, page, 4 * size + page, page, RW);
        expect_mapped(&tree, 2 * page, 4 * size + 2 * page, size - 2 * page, 0);
        cr_assert_eq(unit_protect(&tree, 0, size, RW), AXAS_OK);
        expect_mapped(&tree, 0, 4 * size, size, RW);
        cr_assert_eq(unit_protect(&tree, 0, size, 0), AXAS_OK);
        struct released released = {0};
        struct axas_gather gather;
        axas_gather_init(&gather, release, &released);
        cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(0), size, &gather), AXAS_OK);
        axas_gather_flush(&tree.table, &gather);
        axas_gather_free(&tree.table, &gather);
        cr_expect_eq(released.bytes, size, "%s: held memory is released", tree.name);
        cr_expect_eq(tree.table.tables, 1);
        unit_tree_end(&tree);
    }
}

Test(table, children_of_a_split_inherit_accessed_dirty_and_software_bits)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, large = tree.large;
        if (large != 0) {
            for (unsigned set = 0; set < 3; set++) {
                unsigned level;
                struct axas_leaf whole;
                cr_assert_eq(map(&tree, 0, 0, large, RW), AXAS_OK);
                void *slot = unit_slot(&tree.table, 0, &level);
                const struct axas_level *info = &at.format->levels[level];
                const struct axas_level *last = &at.format->levels[at.format->level_count - 1];
                uint64_t entry = entry_read(at.format, slot);
                uint64_t flip = (set == 1   ? info->accessed_mask | info->dirty_mask
                                 : set == 2 ? unit_written(&tree.table, level)
                                            : 0) |
                                (info->software_mask & last->software_mask);
                entry_write(at.format, slot, entry ^ flip);
                cr_assert_eq(axas_table_query(&tree.table, axas_gpa_of(0), &whole), AXAS_OK);
                cr_assert_eq(whole.size, large);
                cr_assert_eq(unit_protect(&tree, page, page, R), AXAS_OK);
                for (uint64_t gpa = 0; gpa < large; gpa += page) {
                    struct axas_leaf leaf;
                    cr_assert_eq(axas_table_query(&tree.table, axas_gpa_of(gpa), &leaf), AXAS_OK);
                    if (last->accessed_mask != 0) {
                        cr_assert_eq(leaf.accessed, whole.accessed, "%s: accessed, 0x%" PRIx64, tree.name,
                                     gpa);
                    }
                    if (last->dirty_mask != 0) {
                        cr_assert_eq(leaf.dirty, whole.dirty, "%s: dirty, 0x%" PRIx64, tree.name, gpa);
                    }
                    cr_assert_eq(leaf.entry & info->software_mask & last->software_mask,
                                 whole.entry & info->software_mask & last->software_mask, "%s: software",
                                 tree.name);
                }
                cr_assert_eq(unit_unmap(&tree, 0, large), AXAS_OK);
            }
        }
        unit_tree_end(&tree);
    }
}

Test(table, protect_keeps_accessed_dirty_and_software_bits)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        unsigned level;
        cr_assert_eq(map(&tree, 0, 0, tree.page, RW), AXAS_OK);
        void *slot = unit_slot(&tree.table, 0, &level);
        const struct axas_level *info = &at.format->levels[level];
        uint64_t flags = info->accessed_mask | info->dirty_mask | info->software_mask;
        uint64_t start = entry_read(at.format, slot);
        const uint64_t flips[] = {flags, info->accessed_mask, info->dirty_mask, info->software_mask};
        for (unsigned i = 0; i < 4; i++) {
            uint64_t entry = start ^ flips[i];
            entry_write(at.format, slot, entry);
            cr_assert_eq(unit_protect(&tree, 0, tree.page, R), AXAS_OK);
            cr_expect_eq(entry_read(at.format, slot) & flags, entry & flags, "%s", tree.name);
            cr_assert_eq(unit_protect(&tree, 0, tree.page, RW), AXAS_OK);
            cr_expect_eq(entry_read(at.format, slot) & flags, entry & flags, "%s", tree.name);
            cr_expect_eq(entry_read(at.format, slot), entry, "%s: there and back", tree.name);
        }
        unit_tree_end(&tree);
    }
}

/* Where the CPU tells a write by the access of a leaf, another bit keeps it once the leaf may not be written.
 */
Test(table, a_write_is_remembered_without_the_permission_to_write)
{
    static const axas_attr others[] = {0, R, RX, RW | AXAS_MEM_DEVICE, RWX, R | AXAS_MEM_DEVICE};
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        unsigned level;
        struct axas_leaf_code code;
        const uint64_t page = tree.page;
        cr_assert_eq(map(&tree, 0, 0, 2 * page, RW), AXAS_OK);
        void *slot = unit_slot(&tree.table, 0, &level);
        const uint64_t written = unit_written(&tree.table, level);
        const uint64_t clean = entry_read(at.format, slot);
        const uint64_t dirty = at.format->levels[level].dirty_mask;
        for (unsigned i = 0; written != 0 && i < sizeof others / sizeof *others; i++) {
            struct axas_leaf first, second;
            if (at.format->encode(others[i], tree.table.features, &code) != AXAS_OK) {
                continue;
            }
            const bool writable = (others[i] & AXAS_WRITE) != 0;
            entry_write(at.format, slot, clean | written);
            cr_assert_eq(unit_protect(&tree, 0, 2 * page, others[i]), AXAS_OK);
            cr_assert_eq(axas_table_query(&tree.table, axas_gpa_of(0), &first), AXAS_OK);
            cr_assert_eq(axas_table_query(&tree.table, axas_gpa_of(page), &second), AXAS_OK);
            cr_expect(first.dirty && first.attr == others[i], "%s: attr 0x%x", tree.name, others[i]);
            cr_expect(!second.dirty && second.attr == others[i], "%s: its neighbour", tree.name);
            cr_expect_eq(first.entry & (written | dirty), writable ? written : dirty, "%s: 0x%" PRIx64,
                         tree.name, first.entry);
            cr_expect_eq(second.entry & (written | dirty), 0, "%s: 0x%" PRIx64, tree.name, second.entry);
            cr_assert_eq(unit_protect(&tree, 0, 2 * page, RW), AXAS_OK);
            cr_expect_eq(entry_read(at.format, slot), clean | (writable ? written : dirty),
                         "%s: and it may be written again", tree.name);
            cr_assert_eq(axas_table_query(&tree.table, axas_gpa_of(page), &second), AXAS_OK);
            cr_expect(!second.dirty && second.attr == RW, "%s", tree.name);
        }
        unit_tree_end(&tree);
    }
}

/* ---- query, translate, visit ---- */

/* More than one group of a batch, of pages, a large leaf, holes, a held page and what is outside. */
static void expect_batch(const struct unit_tree *tree)
{
    axas_gpa gpas[40];
    axas_hpa hpas[41];
    for (unsigned i = 0; i < 40; i++) {
        gpas[i] = axas_gpa_of(i % 5 == 4 ? UINT64_MAX - i : i * tree->page + i);
    }
    hpas[40] = axas_hpa_of(1);
    cr_assert_eq(axas_table_translate_batch(&tree->table, gpas, hpas, 40), AXAS_OK);
    for (unsigned i = 0; i < 40; i++) {
        axas_hpa one;
        bool there = axas_table_translate(&tree->table, gpas[i], &one) == AXAS_OK;
        cr_expect_eq(hpas[i].raw, there ? one.raw : AXAS_NO_HPA, "%s: number %u of a batch", tree->name, i);
    }
    cr_expect_eq(hpas[40].raw, 1, "written beyond the end");
    cr_assert_eq(axas_table_translate_batch(&tree->table, gpas, hpas + 40, 0), AXAS_OK);
    cr_expect_eq(hpas[40].raw, 1, "none was asked for");
}

Test(table, a_batch_is_as_many_single_ones)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page;
        axas_gpa gpa = axas_gpa_of(0);
        axas_hpa hpa = axas_hpa_of(0);
        cr_assert_eq(map(&tree, 0, page, 10 * page, RW), AXAS_OK);
        cr_assert_eq(map(&tree, 20 * page, 40 * page, 15 * page, R), AXAS_OK);
        cr_assert_eq(unit_protect(&tree, 3 * page, page, 0), AXAS_OK);
        expect_batch(&tree);
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_translate_batch(NULL, &gpa, &hpa, 1));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_translate_batch(&tree.table, NULL, &hpa, 1));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_translate_batch(&tree.table, &gpa, NULL, 1));
        unit_tree_end(&tree);
    }
}

Test(table, a_host_may_say_by_functions_where_it_sees_memory)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        axas_table_destroy(&tree.table, NULL, NULL);
        struct axas_hal hal = *tree.config.hal;
        unit_map_by_functions(&hal);
        tree.config.hal = &hal;
        cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK);
        uint64_t page = tree.page;
        struct axas_pool pool = {0};
        for (uint64_t i = 0; i < 4; i++) { /* one after the other, in a table that is there and elsewhere */
            cr_assert_eq(map(&tree, i * page, (2 + i) * page, page, RW), AXAS_OK);
        }
        enum axas_status status =
            axas_table_install(&tree.table, axas_gpa_of(4 * page), axas_hpa_of(6 * page), page, RW, &pool);
        cr_assert_eq(status, AXAS_OK, "a table is there");
        expect_mapped(&tree, 0, 2 * page, 5 * page, RW);
        expect_batch(&tree);
        cr_assert_eq(unit_protect(&tree, page, page, R), AXAS_OK);
        cr_assert_eq(unit_unmap(&tree, 2 * page, page), AXAS_OK);
        expect_mapped(&tree, page, 3 * page, page, R);
        expect_hole(&tree, 2 * page, page);
        cr_expect(unit_host_calls != 0);
        axas_pool_drain(&tree.table, &pool);
        unit_tree_end(&tree);
    }
}

Test(table, looking_where_nothing_can_be_is_a_range_error)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct axas_leaf leaf, before;
        struct leaves leaves = {0};
        axas_hpa hpa = axas_hpa_of(1);
        memset(&leaf, 0x5a, sizeof leaf);
        memset(&before, 0x5a, sizeof before);
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, axas_table_query(&tree.table, axas_gpa_of(tree.limit), &leaf));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, axas_table_query(&tree.table, axas_gpa_of(UINT64_MAX), &leaf));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE,
                       axas_table_translate(&tree.table, axas_gpa_of(tree.limit), &hpa));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_query(NULL, axas_gpa_of(0), &leaf));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_query(&tree.table, axas_gpa_of(0), NULL));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_translate(NULL, axas_gpa_of(0), &hpa));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_translate(&tree.table, axas_gpa_of(0), NULL));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID,
                       axas_table_visit(NULL, axas_gpa_of(0), tree.page, collect, &leaves));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID,
                       axas_table_visit(&tree.table, axas_gpa_of(0), tree.page, NULL, &leaves));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN,
                       axas_table_visit(&tree.table, axas_gpa_of(1), tree.page, collect, &leaves));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE,
                       axas_table_visit(&tree.table, axas_gpa_of(0), 0, collect, &leaves));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE,
                       axas_table_visit(&tree.table, axas_gpa_of(tree.limit), tree.page, collect, &leaves));
        cr_expect_eq(memcmp(&leaf, &before, sizeof leaf), 0);
        cr_expect_eq(hpa.raw, 1);
        cr_expect_eq(leaves.count, 0);
        unit_tree_end(&tree);
    }
}

Test(table, a_query_inside_a_leaf_tells_where_the_leaf_begins)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t size = tree.large != 0 ? tree.large : tree.page;
        struct axas_leaf leaf;
        axas_hpa hpa;
        cr_assert_eq(map(&tree, size, 3 * size, size, R), AXAS_OK);
        cr_assert_eq(axas_table_query(&tree.table, axas_gpa_of(2 * size - 1), &leaf), AXAS_OK);
        cr_expect_eq(leaf.gpa.raw, size, "%s", tree.name);
        cr_expect_eq(leaf.hpa.raw, 3 * size);
        cr_expect_eq(leaf.size, size);
        cr_expect_eq(leaf.kind, AXAS_ENTRY_LEAF);
        cr_assert_eq(axas_table_translate(&tree.table, axas_gpa_of(2 * size - 1), &hpa), AXAS_OK);
        cr_expect_eq(hpa.raw, 4 * size - 1);
        unit_tree_end(&tree);
    }
}

struct stopping {
    unsigned seen, wanted;
    uint64_t previous;
};

static bool stop_after(void *context, const struct axas_leaf *leaf)
{
    struct stopping *stopping = context;
    cr_expect(stopping->seen == 0 || leaf->gpa.raw > stopping->previous, "in order");
    stopping->previous = leaf->gpa.raw;
    return ++stopping->seen < stopping->wanted;
}

Test(table, visit_goes_in_order_and_stops_when_told)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page;
        cr_assert_eq(map(&tree, tree.limit - page, FAR_HPA, page, R), AXAS_OK);
        cr_assert_eq(map(&tree, 9 * page, FAR_HPA, 2 * page, R), AXAS_OK);
        cr_assert_eq(map(&tree, page, FAR_HPA, page, R), AXAS_OK);
        struct stopping all = {.wanted = 100}, three = {.wanted = 3};
        cr_expect_eq(axas_table_visit(&tree.table, axas_gpa_of(0), tree.limit, stop_after, &all), AXAS_OK);
        cr_expect_eq(all.seen, 4, "%s", tree.name);
        cr_expect_eq(axas_table_visit(&tree.table, axas_gpa_of(0), tree.limit, stop_after, &three), AXAS_OK);
        cr_expect_eq(three.seen, 3);
        struct leaves part;
        leaves_of(&tree.table, 10 * page, page, &part);
        cr_assert_eq(part.count, 1);
        cr_expect_eq(part.leaf[0].gpa.raw, 10 * page);
        if (tree.large != 0) {
            cr_assert_eq(map(&tree, 2 * tree.large, 0, tree.large, R), AXAS_OK);
            leaves_of(&tree.table, 2 * tree.large + page, page, &part);
            cr_assert_eq(part.count, 1, "a leaf that reaches into the range");
            cr_expect_eq(part.leaf[0].gpa.raw, 2 * tree.large);
            cr_expect_eq(part.leaf[0].size, tree.large);
        }
        unit_tree_end(&tree);
    }
}

/* ---- install ---- */

Test(table, install_puts_one_leaf_where_nothing_is)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct axas_pool pool = {0};
        unsigned root = at.mode->root_level, last = root + at.mode->level_count - 1u;
        uint64_t page = tree.page;
        if (last > root) {
            EXPECT_REFUSED(
                &tree, AXAS_ERR_NO_MEMORY,
                axas_table_install(&tree.table, axas_gpa_of(page), axas_hpa_of(FAR_HPA), page, RW, &pool));
        }
        cr_assert_eq(axas_pool_fill(&tree.table, &pool, root, last), AXAS_OK);
        cr_assert_eq(
            axas_table_install(&tree.table, axas_gpa_of(page), axas_hpa_of(FAR_HPA), page, RW, &pool),
            AXAS_OK, "%s", tree.name);
        expect_mapped(&tree, page, FAR_HPA, page, RW);
        cr_expect_eq(tree.table.tables, at.mode->level_count);
        for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
            cr_expect_eq(pool.count[level], 0, "the pool was what it needed");
        }
        EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS,
                       axas_table_install(&tree.table, axas_gpa_of(page), axas_hpa_of(0), page, RW, &pool));
        cr_expect_eq(axas_table_install(&tree.table, axas_gpa_of(0), axas_hpa_of(0), page, R, &pool), AXAS_OK,
                     "a neighbour needs no table");
        if (tree.large != 0) {
            EXPECT_REFUSED(
                &tree, AXAS_ERR_EXISTS,
                axas_table_install(&tree.table, axas_gpa_of(0), axas_hpa_of(0), tree.large, RW, &pool));
        }
        axas_pool_drain(&tree.table, &pool);
        unit_tree_end(&tree);
    }
}

/* What another CPU does meanwhile, when the tables of the first one are written back before they are linked.
 */
static struct {
    struct axas_table *table;
    struct axas_pool pool;
    uint64_t page;
    enum axas_status status;
} other;

static void write_back_beside_the_other(void *context, const void *bytes, uint64_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    if (other.page != 0) {
        const uint64_t page = other.page;
        other.page = 0; /* once */
        other.status = axas_table_install(other.table, axas_gpa_of(page), axas_hpa_of(FAR_HPA + page), page,
                                          RW, &other.pool);
    }
}

Test(table, install_goes_on_when_another_cpu_is_first_to_link_a_table)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        unsigned root = at.mode->root_level, last = root + at.mode->level_count - 1u;
        uint64_t page = tree.page;
        if (!at.quiet && last > root) {
            struct axas_pool pool = {0};
            memset(&other, 0, sizeof other);
            other.table = &tree.table;
            other.page = page;
            cr_assert_eq(axas_pool_fill(&tree.table, &pool, root, last), AXAS_OK);
            cr_assert_eq(axas_pool_fill(&tree.table, &other.pool, root, last), AXAS_OK);
            tree.hal.table_write_back = write_back_beside_the_other;
            cr_expect_eq(
                axas_table_install(&tree.table, axas_gpa_of(0), axas_hpa_of(FAR_HPA), page, RW, &pool),
                AXAS_OK, "%s", tree.name);
            cr_expect_eq(other.page, 0, "%s: the other one did nothing", tree.name);
            cr_expect_eq(other.status, AXAS_OK);
            expect_mapped(&tree, 0, FAR_HPA, 2 * page, RW);
            cr_expect_eq(tree.table.tables, at.mode->level_count);
            for (unsigned level = root + 1; level <= last; level++) {
                cr_expect_eq(pool.count[level], 1, "%s: what was too late is kept", tree.name);
                cr_expect_eq(other.pool.count[level], 0);
            }
            axas_pool_drain(&tree.table, &pool);
        }
        unit_tree_end(&tree);
    }
}

Test(table, install_over_a_larger_leaf_is_refused_for_that_whatever_the_pool_has)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        if (tree.large != 0) {
            struct axas_pool pool = {0};
            cr_assert_eq(map(&tree, 0, FAR_HPA, tree.large, RW), AXAS_OK);
            EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS,
                           axas_table_install(&tree.table, axas_gpa_of(tree.page), axas_hpa_of(0), tree.page,
                                              RW, &pool));
            axas_hosted_fail_at(tree.arena, 1);
            EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, tree.page, 0, tree.page, RW));
            axas_hosted_fail_at(tree.arena, 0);
        }
        unit_tree_end(&tree);
    }
}

Test(table, install_leaves_the_invalidation_to_its_caller)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct axas_pool pool = {0};
        unsigned root = at.mode->root_level, last = root + at.mode->level_count - 1u;
        cr_assert_eq(axas_pool_fill(&tree.table, &pool, root, last), AXAS_OK);
        axas_hosted_record(tree.arena, 100000);
        for (uint64_t gpa = 0; gpa < 2 * tree.page; gpa += tree.page) {
            cr_expect_eq(axas_table_install(&tree.table, axas_gpa_of(gpa), axas_hpa_of(FAR_HPA + gpa),
                                            tree.page, RW, &pool),
                         AXAS_OK, "%s", tree.name);
        }
        axas_hosted_record_stop(tree.arena);
        const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
        cr_assert_not_null(events);
        cr_expect_neq(axas_hosted_event_count(tree.arena), 0);
        for (uint64_t i = 0; i < axas_hosted_event_count(tree.arena); i++) {
            cr_expect_neq(events[i].kind, AXAS_HOSTED_INVALIDATE, "%s", tree.name);
        }
        unit_tree_end(&tree);
    }
}

Test(table, bad_installs_are_refused_and_change_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct axas_pool pool = {0};
        uint64_t page = tree.page, top = tree.limit;
        unsigned root = at.mode->root_level, last = root + at.mode->level_count - 1u;
        cr_assert_eq(axas_pool_fill(&tree.table, &pool, root, last), AXAS_OK);
#define INSTALL(gpa, hpa, size, attr, pool_) \
    axas_table_install(&tree.table, axas_gpa_of(gpa), axas_hpa_of(hpa), (size), (attr), (pool_))
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID,
                       axas_table_install(NULL, axas_gpa_of(0), axas_hpa_of(0), page, R, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, INSTALL(0, 0, page, R, NULL));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, INSTALL(0, 0, page, R | 0x100, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, INSTALL(page / 2, 0, page, R, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, INSTALL(0, page / 2, page, R, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, INSTALL(0, 0, 0, R, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, INSTALL(top, 0, page, R, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_UNSUPPORTED, INSTALL(0, 0, 3 * page, R, &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_UNSUPPORTED, INSTALL(0, 0, page, unit_unsupported(&tree), &pool));
        EXPECT_REFUSED(&tree, AXAS_ERR_UNSUPPORTED, INSTALL(0, 0, page, 0, &pool));
        if (tree.large != 0) {
            EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, INSTALL(page, 0, tree.large, R, &pool));
            EXPECT_REFUSED(&tree, AXAS_ERR_ALIGN, INSTALL(0, page, tree.large, R, &pool));
        }
#undef INSTALL
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_pool_fill(NULL, &pool, root, last));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_pool_fill(&tree.table, NULL, root, last));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_pool_fill(&tree.table, &pool, root, last + 1));
        axas_pool_drain(&tree.table, &pool);
        cr_expect_eq(axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE), tree.table.root_size);
        unit_tree_end(&tree);
    }
}

/* ---- Entries that nobody here wrote ---- */

static bool find_bad(const struct axas_format *format, unsigned level, uint64_t *bad)
{
    uint64_t word = 1;
    for (unsigned i = 0; i < 100000; i++) {
        word = word * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t entry = format->entry_bytes == 4 ? word >> 32 : word;
        if (format->entry_kind(level, entry) == AXAS_ENTRY_BAD) {
            *bad = entry;
            return true;
        }
    }
    return false;
}

Test(table, a_foreign_entry_among_the_smallest_leaves_is_told_and_left_alone)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, bad;
        unsigned level;
        cr_assert_eq(map(&tree, 0, FAR_HPA, 4 * page, R), AXAS_OK);
        void *slot = unit_slot(&tree.table, 2 * page, &level);
        if (find_bad(at.format, level, &bad)) {
            struct axas_leaf leaf;
            axas_hpa hpa;
            entry_write(at.format, slot, bad);
            EXPECT_REFUSED(&tree, AXAS_ERR_CORRUPT,
                           axas_table_query(&tree.table, axas_gpa_of(2 * page), &leaf));
            EXPECT_REFUSED(&tree, AXAS_ERR_CORRUPT,
                           axas_table_translate(&tree.table, axas_gpa_of(2 * page), &hpa));
            EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 2 * page, 0, page, R));
            cr_expect_eq(unit_protect(&tree, 0, 4 * page, RW), AXAS_OK, "%s", tree.name);
            expect_mapped(&tree, 0, FAR_HPA, 2 * page, RW);
            expect_mapped(&tree, 3 * page, FAR_HPA + 3 * page, page, RW);
            cr_expect_eq(entry_read(at.format, slot), bad, "%s: protect leaves it", tree.name);
            cr_expect_eq(unit_unmap(&tree, 0, 4 * page), AXAS_OK, "%s", tree.name);
            expect_hole(&tree, 0, 2 * page);
            expect_hole(&tree, 3 * page, page);
            cr_expect_eq(entry_read(at.format, slot), bad, "%s: unmap leaves it", tree.name);
            entry_write(at.format, slot, at.format->levels[level].empty);
        }
        unit_tree_end(&tree);
    }
}

Test(table, a_foreign_entry_above_is_corrupt_and_nothing_changes)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t page = tree.page, bad;
        unsigned root = at.mode->root_level;
        if (at.mode->level_count > 1 && find_bad(at.format, root, &bad)) {
            struct axas_leaf leaf;
            cr_assert_eq(map(&tree, 0, FAR_HPA, page, R), AXAS_OK);
            void *slot = tree.table.root;
            uint64_t good = entry_read(at.format, slot);
            entry_write(at.format, slot, bad);
            EXPECT_REFUSED(&tree, AXAS_ERR_CORRUPT, axas_table_query(&tree.table, axas_gpa_of(0), &leaf));
            EXPECT_REFUSED(&tree, AXAS_ERR_CORRUPT, unit_unmap(&tree, 0, page));
            EXPECT_REFUSED(&tree, AXAS_ERR_CORRUPT, unit_unmap(&tree, 0, tree.limit));
            EXPECT_REFUSED(&tree, AXAS_ERR_CORRUPT, unit_protect(&tree, 0, page, RW));
            EXPECT_REFUSED(&tree, AXAS_ERR_EXISTS, map(&tree, 0, FAR_HPA, page, R));
            entry_write(at.format, slot, good);
        }
        unit_tree_end(&tree);
    }
}

/* ---- The CPU ---- */

Test(table, the_root_says_what_the_cpu_needs)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct axas_root root, before;
        cr_assert_eq(axas_table_root(&tree.table, 1, &root), AXAS_OK, "%s", tree.name);
        cr_expect_eq(root.root.raw, tree.table.root_hpa.raw);
        cr_expect_eq(root.mode, at.mode);
        cr_expect_eq(root.levels, at.mode->level_count);
        cr_expect_eq(root.gpa_bits, tree.table.gpa_bits);
        cr_expect_eq(root.register_count, at.format->root_register_count);
        before = root;
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_root(NULL, 0, &root));
        EXPECT_REFUSED(&tree, AXAS_ERR_INVALID, axas_table_root(&tree.table, 0, NULL));
        if (axas_table_root(&tree.table, UINT32_MAX, &root) != AXAS_OK) {
            EXPECT_REFUSED(&tree, AXAS_ERR_RANGE, axas_table_root(&tree.table, UINT32_MAX, &root));
            cr_expect_eq(memcmp(&root, &before, sizeof root), 0, "untouched");
            cr_expect_eq(tree.table.vmid, 1, "the old one stays in use");
        }
        unit_tree_end(&tree);
    }
}

Test(table, what_follows_a_fault_is_local_and_of_that_page)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        const struct axas_transition *rule = &tree.table.change[AXAS_CHANGE_FAULT];
        struct axas_root root;
        cr_assert_eq(axas_table_root(&tree.table, 1, &root), AXAS_OK);
        axas_hosted_record(tree.arena, 100);
        axas_table_after_fault(&tree.table, axas_gpa_of(5 * tree.page + 3));
        axas_hosted_record_stop(tree.arena);
        uint64_t count = axas_hosted_event_count(tree.arena);
        cr_assert_eq(count, rule->scope == AXAS_INVALIDATE_NONE ? 0 : 1, "%s", tree.name);
        if (count != 0) {
            const struct axas_invalidation *what = &axas_hosted_events(tree.arena)[0].invalidation;
            cr_expect_eq(what->scope, rule->scope);
            cr_expect_eq(what->local, rule->local);
            cr_expect_eq(what->root.raw, root.root.raw);
            cr_expect_eq(what->vmid, 1, "%s: the one that is loaded", tree.name);
            if (what->scope != AXAS_INVALIDATE_ALL) {
                cr_expect_eq(what->gpa.raw, 5 * tree.page);
                cr_expect_eq(what->size, tree.page);
            }
        }
        unit_tree_end(&tree);
    }
}

Test(table, a_null_pointer_is_no_fault)
{
    for (unsigned i = 0; axas_formats[i] != NULL; i++) {
        uint64_t registers[AXAS_MAX_FAULT_REGISTERS] = {0};
        struct axas_fault fault;
        cr_expect_eq(axas_fault_decode(NULL, registers, &fault), AXAS_ERR_INVALID);
        cr_expect_eq(axas_fault_decode(axas_formats[i], NULL, &fault), AXAS_ERR_INVALID);
        cr_expect_eq(axas_fault_decode(axas_formats[i], registers, NULL), AXAS_ERR_INVALID);
    }
}

Test(table, each_operation_publishes_once)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct axas_gather gather;
        axas_gather_init(&gather, NULL, NULL);
        for (unsigned operation = 0; operation < 3; operation++) {
            axas_hosted_record(tree.arena, 100000);
            if (operation == 0) {
                cr_assert_eq(map(&tree, 0, FAR_HPA, 9 * tree.page, RW), AXAS_OK);
            } else if (operation == 1) {
                cr_assert_eq(axas_table_protect(&tree.table, axas_gpa_of(0), tree.page, R, &gather), AXAS_OK);
            } else {
                cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(0), 3 * tree.page, &gather), AXAS_OK);
            }
            axas_hosted_record_stop(tree.arena);
            cr_assert_eq(axas_hosted_events_lost(tree.arena), 0);
            const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
            unsigned barriers = 0, stores_after = 0;
            for (uint64_t i = 0; i < axas_hosted_event_count(tree.arena); i++) {
                barriers += events[i].kind == AXAS_HOSTED_BARRIER;
                stores_after = events[i].kind == AXAS_HOSTED_STORE     ? stores_after + 1
                               : events[i].kind == AXAS_HOSTED_BARRIER ? 0
                                                                       : stores_after;
            }
            cr_expect_eq(barriers, at.quiet ? 0 : 1, "%s, operation %u: %u barriers", tree.name, operation,
                         barriers);
            cr_expect(at.quiet || stores_after == 0, "%s, operation %u: stores after the barrier", tree.name,
                      operation);
        }
        axas_gather_flush(&tree.table, &gather);
        axas_gather_free(&tree.table, &gather);
        unit_tree_end(&tree);
    }
}

/* For a walker that does not snoop: what was stored is written back before anybody is told of it. */
Test(table, every_store_is_written_back_before_the_barrier_and_the_invalidation)
{
    for (FOR_EACH_CASE(at)) {
        if (at.quiet) {
            continue;
        }
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        uint64_t size = tree.large != 0 ? 2 * tree.large : 8 * tree.page;
        axas_hosted_record(tree.arena, 1000000);
        cr_assert_eq(map(&tree, 0, 4 * size, size, RW), AXAS_OK);
        cr_assert_eq(unit_protect(&tree, tree.page, tree.page, R), AXAS_OK);
        cr_assert_eq(unit_unmap(&tree, 2 * tree.page, size - 3 * tree.page), AXAS_OK);
        cr_assert_eq(unit_unmap(&tree, 0, size), AXAS_OK);
        axas_hosted_record_stop(tree.arena);
        cr_assert_eq(axas_hosted_events_lost(tree.arena), 0);
        const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
        uint64_t count = axas_hosted_event_count(tree.arena), stores = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (events[i].kind != AXAS_HOSTED_STORE) {
                continue;
            }
            stores++;
            bool back = false;
            for (uint64_t j = i + 1; j < count && !back && events[j].kind != AXAS_HOSTED_BARRIER &&
                                     events[j].kind != AXAS_HOSTED_INVALIDATE;
                 j++) {
                back = events[j].kind == AXAS_HOSTED_WRITE_BACK && events[j].hpa.raw <= events[i].hpa.raw &&
                       events[i].hpa.raw + events[i].size <= events[j].hpa.raw + events[j].size;
            }
            cr_assert(back, "%s: store %" PRIu64 " of %" PRIu64, tree.name, i, count);
        }
        cr_expect_gt(stores, 0, "the library of the tests tells its stores");
        unit_tree_end(&tree);
    }
}
