/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes in codecs and geometry. The comments cite the rows of README.md. */
#include "row.h"
#include "rules.h"

#include <string.h>

/* A: WRITE read back inverted, execute never encoded, uncached mapped cached. */
ROW(an_attribute_reads_back_as_something_else)
{
    struct rig rig;
    axas_attr attrs[256];
    unsigned with_access;
    unsigned count = world_attrs(world, attrs, &with_access);
    rig_open(&rig, world);
    rig.doing = "mapping with each attribute";
    RIG_TRUE(&rig, with_access >= 2);
    for (rig.number = 0; rig.number < count; rig.number++) {
        axas_gpa gpa = axas_gpa_of(rig.room);
        axas_attr first = rig.number < with_access ? attrs[rig.number] : AXAS_READ;
        RIG_OK(&rig, axas_space_map_linear(&rig.space, gpa, axas_hpa_of(rig.large), rig.page, first));
        RIG_OK(&rig, axas_space_protect(&rig.space, gpa, rig.page, attrs[rig.number]));
        rig_expect_page(&rig, gpa.raw, rig.large, attrs[rig.number]);
        static const axas_attr accesses[] = {AXAS_READ, AXAS_WRITE, AXAS_KERNEL_EXEC, AXAS_USER_EXEC};
        for (unsigned i = 0; i < 4; i++) {
            RIG_TRUE(&rig,
                     rig_fault(&rig, gpa.raw, accesses[i]) ==
                         ((attrs[rig.number] & accesses[i]) != 0 ? AXAS_FAULT_SPURIOUS : AXAS_FAULT_DENIED));
        }
        RIG_OK(&rig, axas_space_unmap(&rig.space, gpa, rig.page));
    }
    rig_close(&rig);
}

/* B: a combination that the hardware rejects is accepted, or rounded to one that it has. */
ROW(access_that_the_hardware_rejects_is_accepted)
{
    struct rig rig;
    axas_attr attrs[256];
    unsigned with_access;
    unsigned count = world_attrs(world, attrs, &with_access);
    rig_open(&rig, world);
    rig.doing = "mapping with attributes without a code";
    struct picture before = rig_picture(&rig);
    for (axas_attr attr = 0; attr <= AXAS_ATTR_MASK; attr++) {
        bool known = false;
        rig.number = attr;
        for (unsigned i = 0; i < count; i++) {
            known = known || attrs[i] == attr;
        }
        if (known && (attr & AXAS_ACCESS_MASK) != 0) {
            continue;
        }
        enum axas_status status =
            axas_space_map_linear(&rig.space, axas_gpa_of(rig.room), axas_hpa_of(rig.large), rig.page, attr);
        RIG_TRUE(&rig, status == AXAS_ERR_UNSUPPORTED);
        status = axas_space_protect(&rig.space, axas_gpa_of(rig.linear), rig.page, attr);
        if (known) {
            RIG_OK(&rig, status);
            RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.linear), rig.page, RW));
            before = rig_picture(&rig);
        } else {
            RIG_TRUE(&rig, status == AXAS_ERR_UNSUPPORTED);
        }
        struct picture after = rig_picture(&rig);
        rig_same(&rig, &before, &after);
    }
    rig_close(&rig);
}

/* B: an unknown memory type reads back as normal memory. Whatever single bit of a leaf is turned over, the
 * entry is refused or what it says is what the library would write for it. */
ROW(a_changed_leaf_reads_back_as_an_innocent_one)
{
    const struct axas_format *format = world->format;
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "turning over each bit of a leaf";
    struct axas_leaf leaf;
    RIG_OK(&rig, axas_table_query(&rig.space.table, axas_gpa_of(rig.linear), &leaf));
    for (rig.number = 0; rig.number < 8u * format->entry_bytes; rig.number++) {
        uint64_t entry = leaf.entry ^ (UINT64_C(1) << rig.number);
        struct axas_leaf read;
        struct axas_leaf_code code;
        memset(&read, 0, sizeof read);
        if (!format->entry_valid(leaf.level, entry, world->features, rig.space.table.physical_bits) ||
            format->leaf_read(leaf.level, entry, world->features, &read) != AXAS_OK ||
            read.kind != AXAS_ENTRY_LEAF) {
            continue;
        }
        const struct axas_level *level = &format->levels[leaf.level];
        if (level->group_size != 0 && (entry & level->group_mask) == level->group_mark) {
            continue; /* of a contiguous group, which a query says of it */
        }
        RIG_OK(&rig, format->encode(read.attr, world->features, &code));
        uint64_t marks = format->levels[leaf.level].accessed_mask | format->levels[leaf.level].dirty_mask |
                         format->levels[leaf.level].software_mask |
                         rules_marks(format, world->features, leaf.level, leaf.entry, true) |
                         ~format->entry_used(leaf.level, AXAS_ENTRY_LEAF);
        RIG_TRUE(&rig, ((format->leaf_make(leaf.level, read.hpa.raw, &code) ^ entry) & ~marks) == 0);
    }
    rig_close(&rig);
}

/* C: an empty entry that reads as a large leaf. */
ROW(an_empty_entry_reads_as_a_leaf)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "looking into an empty tree";
    struct axas_table *table = &rig.space.table;
    for (uint64_t gpa = 1; gpa != 0 && gpa < axas_table_limit(table); gpa <<= 1) {
        struct axas_leaf leaf;
        axas_hpa hpa;
        RIG_TRUE(&rig, axas_table_query(table, axas_gpa_of(gpa), &leaf) == AXAS_ERR_NOT_MAPPED);
        RIG_TRUE(&rig, axas_table_translate(table, axas_gpa_of(gpa), &hpa) == AXAS_ERR_NOT_MAPPED);
    }
    for (unsigned level = 0; level < world->format->level_count; level++) {
        uint64_t empty = world->format->levels[level].empty;
        RIG_TRUE(&rig, world->format->entry_kind(level, empty) == AXAS_ENTRY_EMPTY);
    }
    rig_close(&rig);
}

/* D, row 5: high bits of the guest's address ignored, so that addresses alias. */
ROW(guest_addresses_alias)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "mapping a page at each power of two";
    RIG_OK(&rig, axas_space_clear(&rig.space));
    uint64_t limit = axas_table_limit(&rig.space.table);
    RIG_TRUE(&rig, limit == UINT64_C(1) << world->gpa_bits);
    uint64_t hpa = 0;
    for (uint64_t gpa = rig.page; gpa < limit; gpa <<= 1, hpa += rig.page) {
        RIG_OK(&rig,
               axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(hpa), rig.page, AXAS_READ));
    }
    hpa = 0;
    for (uint64_t gpa = rig.page; gpa < limit; gpa <<= 1, hpa += rig.page) {
        rig.number = gpa;
        rig_expect_page(&rig, gpa, hpa, AXAS_READ);
        if (gpa > 2 * rig.page) {
            rig_expect_hole(&rig, gpa + rig.page);
        }
    }
    for (unsigned bit = world->gpa_bits; bit < 64; bit++) {
        axas_hpa out;
        axas_gpa above = axas_gpa_of((UINT64_C(1) << bit) + rig.page);
        rig.number = bit;
        RIG_TRUE(&rig, axas_space_translate(&rig.space, above, &out) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, axas_table_translate(&rig.space.table, above, &out) == AXAS_ERR_RANGE);
        RIG_TRUE(&rig, axas_space_map_linear(&rig.space, above, axas_hpa_of(0), rig.page, AXAS_READ) ==
                           AXAS_ERR_RANGE);
        RIG_TRUE(&rig, rig_fault(&rig, above.raw, AXAS_READ) == AXAS_FAULT_UNMAPPED);
    }
    rig_close(&rig);
}

/* D: roots of the wrong size or alignment, widths that nobody checks. */
ROW(a_root_is_too_small_for_its_addresses)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    const struct axas_mode *mode = world->mode;
    const struct axas_level *top = &world->format->levels[mode->root_level];
    rig.doing = "making roots of each width";
    for (unsigned bits = 0; bits < 256; bits++) {
        struct axas_table table;
        config.table.gpa_bits = (uint8_t)bits;
        rig.number = bits;
        unsigned physical = world->physical_bits != 0 ? world->physical_bits : world->format->output_bits;
        bool legal =
            bits == 0 || (bits >= axas_mode_gpa_bits_min(mode, world->features) &&
                          bits <= mode->gpa_bits_max && (!mode->within_physical || bits <= physical));
        enum axas_status status = axas_table_init(&table, &config.table);
        RIG_TRUE(&rig, status == (legal ? AXAS_OK : AXAS_ERR_UNSUPPORTED));
        if (!legal) {
            continue;
        }
        uint64_t bytes = (uint64_t)world->format->entry_bytes << (table.gpa_bits - top->shift);
        RIG_TRUE(&rig, table.root_size >= bytes && table.root_size >= AXAS_FRAME_SIZE);
        RIG_TRUE(&rig, table.root_hpa.raw % table.root_size == 0);
        RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_TABLE) == table.root_size);
        axas_table_destroy(&table, NULL, NULL);
    }
    rig_close(&rig);
}

/* Row 6: only some of the tables that make up a root are looked after. */
ROW(part_of_a_wide_root_is_forgotten)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    config.table.gpa_bits = world->mode->gpa_bits_max;
    if (world->mode->within_physical && config.table.gpa_bits > world->format->output_bits) {
        config.table.gpa_bits = (uint8_t)world->format->output_bits;
    }
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "using each table of the root";
    rig.page = axas_table_page_size(&rig.space.table);
    const struct axas_level *top = &world->format->levels[world->mode->root_level];
    uint64_t apart = UINT64_C(1) << (top->shift + top->index_bits); /* what one table of that level covers */
    uint64_t end = axas_space_end(&rig.space).raw;
    uint64_t used = 0;
    for (uint64_t gpa = end > apart ? apart - rig.page : end - rig.page; gpa < end; gpa += apart, used++) {
        rig.number = used;
        RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(used * rig.page),
                                           rig.page, AXAS_READ));
    }
    struct picture full = rig_picture(&rig);
    RIG_TRUE(&rig, full.usage.areas == used && rig.tree.count == used);
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    char problem[200];
    order_begin(order);
    order_pool(order, &rig.space.deposits);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(0), end));
    if (!order_end(order, false, problem)) {
        rig_fail(&rig, "%s", problem);
    }
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1 && rig.tree.count == 0);
    order_free(order);
    rig_close(&rig);
}

/* Row 16: an unaligned output address put into a large leaf. */
ROW(a_large_leaf_has_an_unaligned_output_address)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "mapping with addresses that do not match";
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.room),
                                       axas_hpa_of(3 * rig.large + rig.page), 2 * rig.large, RW));
    (void)rig_picture(&rig); /* reads every leaf, and each has to be aligned */
    for (uint64_t offset = 0; offset < 2 * rig.large; offset += rig.page) {
        rig_expect_page(&rig, rig.room + offset, 3 * rig.large + rig.page + offset, RW);
    }
    for (size_t i = 0; i < rig.tree.count; i++) {
        const struct tree_leaf *leaf = &rig.tree.leaf[i];
        if (leaf->gpa >= rig.room) {
            RIG_TRUE(&rig, leaf->last - leaf->gpa + 1u == rig.page);
        }
    }
    rig_close(&rig);
}

/* Row 20: execute permission on large leaves (CVE-2018-12207). */
ROW(a_large_leaf_is_executable_in_spite_of_the_cap)
{
    struct rig rig;
    axas_attr attrs[256];
    unsigned with_access;
    axas_attr exec = 0, all = 0;
    unsigned count = world_attrs(world, attrs, &with_access);
    for (unsigned i = 0; i < count; i++) {
        exec = attrs[i] == (AXAS_READ | AXAS_EXEC) ? attrs[i] : exec;
        all |= attrs[i];
    }
    if ((all & AXAS_EXEC) == 0) {
        return; /* the walker of a device, which fetches nothing */
    }
    struct axas_config config = rig_arena(&rig, world);
    unsigned last_level = world->mode->root_level + world->mode->level_count - 1u;
    config.table.max_exec_leaf_shift = world->format->levels[last_level].shift;
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "making executable memory";
    rig.page = axas_table_page_size(&rig.space.table);
    uint64_t sizes = axas_table_leaf_sizes(&rig.space.table, AXAS_READ) & ~rig.page;
    uint64_t large = sizes != 0 ? sizes & (~sizes + 1u) : 4 * rig.page;
    RIG_TRUE(&rig, exec != 0);
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(0), axas_hpa_of(0), large, AXAS_READ));
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(large), axas_hpa_of(0), large, exec));
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(2 * large), large, exec, AXAS_LAZY));
    RIG_TRUE(&rig, rig_fault(&rig, 2 * large, AXAS_READ) == AXAS_FAULT_RESOLVED);
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(0), large, exec));
    (void)rig_picture(&rig);
    RIG_TRUE(&rig, rig.tree.count != 0);
    for (size_t i = 0; i < rig.tree.count; i++) {
        RIG_TRUE(&rig, rig.tree.leaf[i].last - rig.tree.leaf[i].gpa + 1u == rig.page);
    }
    rig_expect_page(&rig, 5 * rig.page % large, 5 * rig.page % large, exec);
    rig_close(&rig);
}
