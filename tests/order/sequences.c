/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order check is checked: good sequences pass it, and each bad one breaks the rule that it is named
 * after. An emulator runs nearly all of the bad ones without complaint.
 */
#include "scene.h"

#define LEAF AXAS_INVALIDATE_LEAF
#define TABLES AXAS_INVALIDATE_TABLES
#define ALL AXAS_INVALIDATE_ALL

#define R AXAS_READ
#define RX (AXAS_READ | AXAS_EXEC)

/* Where the rule is the same for all. */
static const struct machine everywhere[] = {
    {"aarch64_stage2", "hardware_access_flag"},
    {"aarch64_stage2", "hardware_dirty_state"},
    {"aarch64_stage2", "bbm2"},
    {"riscv64_gstage", ""},
    {"riscv64_gstage", "svvptc svpbmt"},
    {"x86_64_ept", "accessed_dirty leaf_2mib"},
    {"x86_64_npt", ""},
    {NULL, NULL},
};
static const struct machine arm[] = {{"aarch64_stage2", ""}, {NULL, NULL}};
static const struct machine arm_dirty_state[] = {{"aarch64_stage2", "hardware_dirty_state"}, {NULL, NULL}};
static const struct machine arm_any_level[] = {
    {"aarch64_stage2", ""}, {"aarch64_stage2", "bbm2"}, {NULL, NULL}};
static const struct machine arm_gentle_splits[] = {{"aarch64_stage2", "bbm2"}, {NULL, NULL}};
static const struct machine without_breaks[] = {
    {"riscv64_gstage", "svpbmt"}, {"x86_64_ept", "leaf_2mib"}, {"x86_64_npt", ""}, {NULL, NULL}};
static const struct machine splits_without_breaks[] = {
    {"aarch64_stage2", "bbm2"},
    {"riscv64_gstage", "svpbmt"},
    {"x86_64_ept", "leaf_2mib"},
    {"x86_64_npt", ""},
    {NULL, NULL},
};
static const struct machine caches_holes[] = {{"riscv64_gstage", ""}, {NULL, NULL}};
static const struct machine caches_no_holes[] = {{"aarch64_stage2", ""},
                                                 {"riscv64_gstage", "svvptc"},
                                                 {"x86_64_ept", "leaf_2mib"},
                                                 {"x86_64_npt", ""},
                                                 {NULL, NULL}};
static const struct machine keeps_refusals[] = {
    {"aarch64_stage2", ""}, {"riscv64_gstage", ""}, {"riscv64_gstage", "svvptc"}, {NULL, NULL}};
static const struct machine forgets_refusals[] = {{"x86_64_ept", ""}, {"x86_64_npt", ""}, {NULL, NULL}};
static const struct machine iommu[] = {{"vtd_second_stage", "agaw_48 leaf_2mib"},
                                       {"vtd_second_stage", "agaw_48 leaf_2mib caching_mode"},
                                       {NULL, NULL}};
static const struct machine iommu_alone[] = {{"vtd_second_stage", "agaw_48 leaf_2mib"}, {NULL, NULL}};
static const struct machine iommu_caching[] = {{"vtd_second_stage", "agaw_48 leaf_2mib caching_mode"},
                                               {NULL, NULL}};
/* A format that rules.h has nothing of. */
static const struct machine without_rules[] = {{"ok_unruled", ""}, {"ok_unruled", "sets_used"}, {NULL, NULL}};

static const struct machine arm_groups[] = {{"aarch64_stage2", "contiguous_bit"}, {NULL, NULL}};
static const struct machine gentle_groups[] = {
    {"aarch64_stage2", "contiguous_bit bbm2"}, {"riscv64_gstage", "svnapot svvptc"}, {NULL, NULL}};
static const struct machine all_groups[] = {{"aarch64_stage2", "contiguous_bit"},
                                            {"aarch64_stage2", "contiguous_bit bbm2 hardware_access_flag"},
                                            {"riscv64_gstage", "svnapot"},
                                            {"riscv64_gstage", "svnapot svvptc svpbmt"},
                                            {NULL, NULL}};

/* ---- Taking away ---- */

static void take_out(struct scene *s, uint64_t index)
{
    change(s, slot(s, s->last, index), empty(s, s->last));
}

static void a_page_is_taken_out(struct scene *s)
{
    take_out(s, 1);
    forget(s, LEAF, s->page, s->page, s->page);
    give_page(s, s->page_hpa[1]);
}

static void several_pages_go_with_one_invalidation(struct scene *s)
{
    for (uint64_t i = 0; i < 4; i++) {
        take_out(s, i);
    }
    forget(s, LEAF, 0, 4 * s->page, s->page);
    for (uint64_t i = 0; i < 4; i++) {
        give_page(s, s->page_hpa[i]);
    }
}

static void more_is_invalidated_than_needed(struct scene *s)
{
    take_out(s, 1);
    take_out(s, 2);
    forget(s, LEAF, s->page, s->page, s->page);
    forget(s, ALL, 0, 0, s->page);
    give_page(s, s->page_hpa[1]);
    give_page(s, s->page_hpa[2]);
}

static void nothing_is_invalidated(struct scene *s)
{
    take_out(s, 1);
}

static void it_is_invalidated_before_the_store(struct scene *s)
{
    forget(s, LEAF, s->page, s->page, s->page);
    take_out(s, 1);
}

static void memory_is_freed_before_the_invalidation(struct scene *s)
{
    take_out(s, 1);
    give_page(s, s->page_hpa[1]);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void another_guest_is_invalidated(struct scene *s)
{
    take_out(s, 1);
    s->vmid = 7;
    forget(s, LEAF, s->page, s->page, s->page);
}

static void another_tree_is_invalidated(struct scene *s)
{
    take_out(s, 1);
    s->root = s->at[s->last];
    forget(s, ALL, 0, 0, s->page);
}

static void another_format_is_invalidated(struct scene *s)
{
    struct axas_format other = *s->format;
    take_out(s, 1);
    s->format = &other;
    forget(s, LEAF, s->page, s->page, s->page);
    s->format = s->table.format;
}

static void one_page_of_two_is_invalidated(struct scene *s)
{
    take_out(s, 1);
    forget(s, LEAF, s->page, s->page, s->page);
    change(s, slot(s, s->above, 1), empty(s, s->above));
    forget(s, LEAF, s->block, s->page, s->page);
}

static void the_steps_are_too_large(struct scene *s)
{
    take_out(s, 1);
    forget(s, LEAF, 0, s->block, s->block);
}

static void only_this_cpu_is_invalidated(struct scene *s)
{
    take_out(s, 1);
    forget_here(s, LEAF, s->page, s->page, s->page);
}

static void the_entry_is_not_written_back(struct scene *s)
{
    put(s, slot(s, s->last, 1), empty(s, s->last));
    forget(s, LEAF, s->page, s->page, s->page);
}

static void the_entry_is_written_back_after_the_invalidation(struct scene *s)
{
    put(s, slot(s, s->last, 1), empty(s, s->last));
    forget(s, LEAF, s->page, s->page, s->page);
    back(s, slot(s, s->last, 1), 1);
}

/* The table of the last level goes, with its four pages. */
static void unlink_last(struct scene *s)
{
    change(s, slot(s, s->above, 0), empty(s, s->above));
}

static void a_table_is_taken_out(struct scene *s)
{
    unlink_last(s);
    forget(s, TABLES, 0, s->block, s->page);
    give_table(s, s->at[s->last], s->last);
    give_page(s, s->page_hpa[0]);
}

static void only_leaves_are_invalidated(struct scene *s)
{
    unlink_last(s);
    forget(s, LEAF, 0, s->block, s->page);
}

static void a_table_is_freed_before_the_invalidation(struct scene *s)
{
    unlink_last(s);
    give_table(s, s->at[s->last], s->last);
    forget(s, TABLES, 0, s->block, s->page);
}

static void a_page_below_a_table_is_freed_before_the_invalidation(struct scene *s)
{
    unlink_last(s);
    give_page(s, s->page_hpa[2]);
    forget(s, TABLES, 0, s->block, s->page);
}

static void a_linked_table_is_freed(struct scene *s)
{
    give_table(s, s->at[s->last], s->last);
}

static void a_table_is_linked_elsewhere_before_the_invalidation(struct scene *s)
{
    unlink_last(s);
    change(s, slot(s, s->above, 2), link_to(s, s->above, s->at[s->last]));
}

static void a_table_is_filled_again_before_the_invalidation(struct scene *s)
{
    unlink_last(s);
    put(s, slot(s, s->last, 0), empty(s, s->last));
}

static void a_table_is_used_again(struct scene *s)
{
    unlink_last(s);
    forget(s, TABLES, 0, s->block, s->page);
    fill(s, s->at[s->last], 1, true);
    back(s, s->at[s->last], entries(s));
    change(s, slot(s, s->above, 2), link_to(s, s->above, s->at[s->last]));
    settle(s, 2 * s->block, s->block);
}

static void a_table_is_used_again_as_it_was(struct scene *s)
{
    unlink_last(s);
    forget(s, TABLES, 0, s->block, s->page);
    change(s, slot(s, s->above, 2), link_to(s, s->above, s->at[s->last]));
}

/* ---- Changing ---- */

static uint64_t recoded(const struct scene *s, axas_attr attr)
{
    return leaf(s, s->last, s->page_hpa[1], attr);
}

static void permissions_shrink(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, R));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void permissions_shrink_unheard(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, R));
    barrier(s);
}

static void permissions_grow_in_silence(struct scene *s)
{
    publish(s, s->page_hpa[1], RW | AXAS_EXEC);
    change(s, slot(s, s->last, 1), recoded(s, RW | AXAS_EXEC));
    barrier(s);
}

static void memory_becomes_device_at_once(struct scene *s)
{
    publish(s, s->page_hpa[1], RW | AXAS_MEM_DEVICE);
    change(s, slot(s, s->last, 1), recoded(s, RW | AXAS_MEM_DEVICE));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void memory_is_replaced_at_once(struct scene *s)
{
    change(s, slot(s, s->last, 1), leaf(s, s->last, s->block_hpa, RW));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void a_break(struct scene *s, bool invalidated, uint64_t value)
{
    change(s, slot(s, s->last, 1), empty(s, s->last));
    if (invalidated) {
        forget(s, LEAF, s->page, s->page, s->page);
    }
    change(s, slot(s, s->last, 1), value);
    settle(s, s->page, s->page);
}

static void memory_is_broken_and_becomes_device(struct scene *s)
{
    publish(s, s->page_hpa[1], RW | AXAS_MEM_DEVICE);
    a_break(s, true, recoded(s, RW | AXAS_MEM_DEVICE));
}

static void a_break_is_not_invalidated(struct scene *s)
{
    a_break(s, false, recoded(s, RW | AXAS_MEM_DEVICE));
}

static void a_break_is_invalidated_for_another_page(struct scene *s)
{
    change(s, slot(s, s->last, 1), empty(s, s->last));
    forget(s, LEAF, 2 * s->page, s->page, s->page);
    change(s, slot(s, s->last, 1), recoded(s, RW | AXAS_MEM_DEVICE));
}

static void software_bits_of_a_broken_entry_are_lost(struct scene *s)
{
    a_break(s, true, recoded(s, RW | AXAS_MEM_DEVICE) & ~s->software);
}

static void marks_of_a_broken_entry_are_lost(struct scene *s)
{
    a_break(s, true, recoded(s, RW | AXAS_MEM_DEVICE) & ~s->marks);
}

static void marks_of_a_changed_entry_are_lost(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, R) & ~s->marks);
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void memory_without_access_forgets_its_bits(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, 0) & ~s->software);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void a_leaf_is_gone_where_a_device_uses_it(struct scene *s)
{
    a_break(s, true, recoded(s, RW));
}

/* The block becomes a table of pages. */
static uint64_t split_table(struct scene *s, uint64_t count, bool inherit)
{
    uint64_t table = take_table(s, s->last);
    fill(s, table, count, inherit);
    back(s, table, entries(s));
    return table;
}

static void split(struct scene *s, bool breaks, bool inherit)
{
    if (breaks) {
        change(s, slot(s, s->above, 1), empty(s, s->above));
        forget(s, LEAF, s->block, s->block, s->block);
    }
    uint64_t table = split_table(s, entries(s), inherit);
    change(s, slot(s, s->above, 1), link_to(s, s->above, table));
    barrier(s);
    forget(s, LEAF, s->block, s->block, s->page);
}

static void a_block_is_broken_and_split(struct scene *s)
{
    split(s, true, true);
}

static void a_block_is_split_at_once(struct scene *s)
{
    split(s, false, true);
}

static void a_split_loses_the_bits_of_the_block(struct scene *s)
{
    split(s, false, false);
}

static void a_split_after_a_break_loses_the_bits_of_the_block(struct scene *s)
{
    split(s, true, false);
}

/* ---- Changing what the guest may do with memory that it has ---- */

/* The page of slot 1 becomes executable. */
static void executable(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, RX));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void memory_becomes_executable(struct scene *s)
{
    publish(s, s->page_hpa[1], RX);
    executable(s);
}

static void memory_becomes_executable_published_in_pieces(struct scene *s)
{
    for (uint64_t half = 2; half-- > 0;) {
        s->hal.frame_publish(s->hal.context, axas_hpa_of(s->page_hpa[1] + half * s->page / 2), s->page / 2,
                             RX);
    }
    executable(s);
}

static void memory_becomes_executable_unpublished(struct scene *s)
{
    executable(s);
}

static void memory_becomes_executable_published_as_data(struct scene *s)
{
    publish(s, s->page_hpa[1], R);
    executable(s);
}

static void memory_becomes_executable_and_is_published_then(struct scene *s)
{
    executable(s);
    publish(s, s->page_hpa[1], RX);
}

static void memory_becomes_executable_published_by_half(struct scene *s)
{
    s->hal.frame_publish(s->hal.context, axas_hpa_of(s->page_hpa[1]), s->page / 2, RX);
    executable(s);
}

static void other_memory_is_published(struct scene *s)
{
    publish(s, s->page_hpa[2], RX);
    executable(s);
}

static void held_memory_becomes_executable_unpublished(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, 0));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
    change(s, slot(s, s->last, 1), recoded(s, RX));
    settle(s, s->page, s->page);
}

static void executable_memory_becomes_data(struct scene *s)
{
    memory_becomes_executable(s);
    change(s, slot(s, s->last, 1), recoded(s, RW));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void memory_becomes_device_unpublished(struct scene *s)
{
    change(s, slot(s, s->last, 1), recoded(s, RW | AXAS_MEM_DEVICE));
    barrier(s);
    forget(s, LEAF, s->page, s->page, s->page);
}

static void memory_becomes_device_published_as_what_it_was(struct scene *s)
{
    publish(s, s->page_hpa[1], RW);
    memory_becomes_device_unpublished(s);
}

static void memory_is_broken_and_becomes_device_unpublished(struct scene *s)
{
    a_break(s, true, recoded(s, RW | AXAS_MEM_DEVICE));
}

/* The block becomes a table of pages, of which one has another attribute. */
static void split_for(struct scene *s, axas_attr attr, bool published)
{
    uint64_t table = take_table(s, s->last);
    fill(s, table, entries(s), true);
    put(s, table, leaf(s, s->last, s->block_hpa, attr));
    back(s, table, entries(s));
    if (published) {
        publish(s, s->block_hpa, attr);
    }
    change(s, slot(s, s->above, 1), link_to(s, s->above, table));
    barrier(s);
    forget(s, LEAF, s->block, s->block, s->page);
}

static void a_page_of_a_block_becomes_executable(struct scene *s)
{
    split_for(s, RX, true);
}

static void a_page_of_a_block_becomes_executable_unpublished(struct scene *s)
{
    split_for(s, RX, false);
}

static void a_page_of_a_block_becomes_device_at_once(struct scene *s)
{
    split_for(s, RW | AXAS_MEM_DEVICE, true);
}

static void an_entry_is_written_in_halves(struct scene *s)
{
    put_halves(s, slot(s, s->last, 1), recoded(s, R));
}

static void an_entry_is_nonsense(struct scene *s)
{
    change(s, slot(s, s->above, 2), UINT64_MAX);
}

static void a_table_becomes_a_block(struct scene *s)
{
    change(s, slot(s, s->above, 0), leaf(s, s->above, s->block_hpa, RW));
}

/* ---- Making ---- */

static void make(struct scene *s, bool cleared, bool published, axas_attr published_as, axas_attr attr)
{
    uint64_t page = take_page(s);
    if (cleared) {
        clear_page(s, page);
    }
    if (published) {
        publish(s, page, published_as);
    }
    change(s, slot(s, s->last, 5), leaf(s, s->last, page, attr));
    if (!published) {
        publish(s, page, published_as);
    }
    settle(s, 5 * s->page, s->page);
}

static void a_page_is_made(struct scene *s)
{
    make(s, true, true, RW, RW);
}

static void an_executable_page_is_made(struct scene *s)
{
    make(s, true, true, RX, RX);
}

static void memory_is_shown_as_it_came(struct scene *s)
{
    make(s, false, true, RW, RW);
}

static void memory_is_published_after_it_shows(struct scene *s)
{
    make(s, true, false, RW, RW);
}

static void memory_is_never_published(struct scene *s)
{
    uint64_t page = take_page(s);
    clear_page(s, page);
    change(s, slot(s, s->last, 5), leaf(s, s->last, page, RW));
    settle(s, 5 * s->page, s->page);
}

static void half_a_page_is_published(struct scene *s)
{
    uint64_t page = take_page(s);
    clear_page(s, page);
    s->hal.frame_publish(s->hal.context, axas_hpa_of(page), s->page / 2, RW);
    change(s, slot(s, s->last, 5), leaf(s, s->last, page, RW));
    settle(s, 5 * s->page, s->page);
}

static void executable_memory_is_published_as_data(struct scene *s)
{
    make(s, true, true, RW, RX);
}

static void a_new_table_shows_memory_that_is_not_published(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    uint64_t page = take_page(s);
    clear_page(s, page);
    fill(s, table, 0, true);
    put(s, table, leaf(s, s->last, page, RW));
    back(s, table, entries(s));
    change(s, slot(s, s->above, 2), link_to(s, s->above, table));
    settle(s, 2 * s->block, s->block);
}

static void nothing_is_fenced(struct scene *s)
{
    change(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    barrier(s);
}

static void another_cpu_is_fenced(struct scene *s)
{
    change(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    barrier(s);
    axas_hosted_set_reader(3);
    forget_here(s, LEAF, 2 * s->block, s->block, s->page);
}

static void a_remade_entry_is_not_fenced(struct scene *s)
{
    change(s, slot(s, s->last, 1), empty(s, s->last));
    forget(s, LEAF, s->page, s->page, s->page);
    change(s, slot(s, s->last, 1), recoded(s, R));
    barrier(s);
}

static void there_is_no_barrier(struct scene *s)
{
    change(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    forget_here(s, LEAF, 2 * s->block, s->block, s->page);
}

static void the_barrier_comes_before_the_last_store(struct scene *s)
{
    change(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    barrier(s);
    change(s, slot(s, s->above, 3), leaf(s, s->above, s->block_hpa, RW));
    forget_here(s, LEAF, 2 * s->block, 2 * s->block, s->page);
}

static void a_table_is_linked(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    fill(s, table, 3, true);
    back(s, table, entries(s));
    change(s, slot(s, s->above, 2), link_to(s, s->above, table));
    settle(s, 2 * s->block, s->block);
}

static void a_table_is_linked_before_it_is_complete(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    for (uint64_t i = 0; i + 1u < entries(s); i++) {
        put(s, table + i * s->format->entry_bytes, empty(s, s->last));
    }
    back(s, table, entries(s));
    change(s, slot(s, s->above, 2), link_to(s, s->above, table));
    settle(s, 2 * s->block, s->block);
}

static void a_table_is_linked_before_it_is_filled(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    change(s, slot(s, s->above, 2), link_to(s, s->above, table));
    fill(s, table, 3, true);
    back(s, table, entries(s));
    settle(s, 2 * s->block, s->block);
}

static void a_table_is_linked_before_it_is_written_back(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    fill(s, table, 3, true);
    back(s, table, entries(s) - 1u);
    change(s, slot(s, s->above, 2), link_to(s, s->above, table));
    settle(s, 2 * s->block, s->block);
}

static void a_link_is_not_written_back(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    fill(s, table, 0, true);
    back(s, table, entries(s));
    put(s, slot(s, s->above, 2), link_to(s, s->above, table));
    settle(s, 2 * s->block, s->block);
}

static void a_table_is_linked_twice(struct scene *s)
{
    change(s, slot(s, s->above, 2), link_to(s, s->above, s->at[s->last]));
}

static void memory_of_the_guest_becomes_a_table(struct scene *s)
{
    put(s, s->page_hpa[3], empty(s, s->last));
}

/* ---- Sharing ---- */

static void an_empty_entry_is_filled_by_swap(struct scene *s)
{
    order_shared(s->order);
    swap(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    back(s, slot(s, s->above, 2), 1);
    settle(s, 2 * s->block, s->block);
}

static void an_empty_entry_is_filled_without_the_lock(struct scene *s)
{
    order_shared(s->order);
    change(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    settle(s, 2 * s->block, s->block);
}

static void a_leaf_is_taken_out_without_the_lock(struct scene *s)
{
    order_shared(s->order);
    swap(s, slot(s, s->last, 1), empty(s, s->last));
    back(s, slot(s, s->last, 1), 1);
    forget(s, LEAF, s->page, s->page, s->page);
}

/* The lock is the test's own word. */
static uint32_t writer;

static void a_leaf_is_taken_out_under_the_lock(struct scene *s)
{
    order_watch(s->order, &writer);
    writer = 1;
    take_out(s, 1);
    writer = 0;
    forget(s, LEAF, s->page, s->page, s->page);
}

static void a_leaf_is_taken_out_after_the_lock_was_left(struct scene *s)
{
    order_watch(s->order, &writer);
    writer = 1;
    take_out(s, 1);
    writer = 0;
    take_out(s, 2);
    forget(s, LEAF, 0, s->block, s->page);
}

static void two_threads_fill_two_entries(struct scene *s)
{
    order_shared(s->order);
    for (unsigned i = 0; i < 2; i++) {
        axas_hosted_set_reader(i);
        swap(s, slot(s, s->above, 2 + i), leaf(s, s->above, s->block_hpa, RW));
        back(s, slot(s, s->above, 2 + i), 1);
        settle(s, (2 + i) * s->block, s->block);
    }
}

static void two_threads_store_to_one_entry(struct scene *s)
{
    order_shared(s->order);
    swap(s, slot(s, s->above, 2), leaf(s, s->above, s->block_hpa, RW));
    axas_hosted_set_reader(1);
    swap(s, slot(s, s->above, 2), leaf(s, s->above, 2 * s->block_hpa, RW));
}

static void two_threads_think_that_they_are_alone(struct scene *s)
{
    take_out(s, 1);
    axas_hosted_set_reader(1);
    take_out(s, 2);
    forget(s, LEAF, 0, s->block, s->page);
}

static void two_threads_fill_one_table(struct scene *s)
{
    uint64_t table = take_table(s, s->last);
    put(s, table, empty(s, s->last));
    axas_hosted_set_reader(1);
    put(s, table, empty(s, s->last));
}

static void a_value_that_another_stored_is_overwritten(struct scene *s)
{
    put_unseen(s, slot(s, s->last, 6), leaf(s, s->last, s->block_hpa, RW));
    take_out(s, 6);
}

static void the_cpu_marks_a_leaf_meanwhile(struct scene *s)
{
    put_unseen(s, slot(s, s->above, 1), leaf(s, s->above, s->block_hpa, RW) | s->marks);
    change(s, slot(s, s->above, 1), leaf(s, s->above, s->block_hpa, R) | s->marks);
    barrier(s);
    forget(s, LEAF, s->block, s->block, s->block);
}

/* A new page, clean, that the CPU then writes through: S2AP[1] is bit 7 (DDI 0487, D8.5.2). It becomes one
 * that may not be written. */
static void a_written_page_becomes_read_only(struct scene *s, uint64_t marks)
{
    const uint64_t at = slot(s, s->last, 5);
    change(s, at, leaf(s, s->last, s->block_hpa, RW) & ~s->marks);
    barrier(s);
    put_unseen(s, at, look(s, at) | UINT64_C(0x80));
    change(s, at, (leaf(s, s->last, s->block_hpa, R) & ~s->marks) | marks);
    barrier(s);
    forget(s, LEAF, 5 * s->page, s->page, s->page);
}

static void a_write_is_forgotten_with_the_permission(struct scene *s)
{
    a_written_page_becomes_read_only(s, 0);
}

static void a_write_is_remembered_without_the_permission(struct scene *s)
{
    a_written_page_becomes_read_only(s, s->format->levels[s->last].dirty_mask);
}

static void a_store_goes_behind_the_record(struct scene *s)
{
    put_unseen(s, slot(s, s->last, 6), leaf(s, s->last, s->block_hpa, RW));
}

/* ---- Faults ---- */

static void fault(struct scene *s, uint64_t gpa)
{
    order_fault(s->order, axas_gpa_of(gpa & ~(s->page - 1u)));
    order_goes_on(s->order, axas_gpa_of(gpa));
}

static void a_fault_ends_with_the_invalidation(struct scene *s)
{
    fault(s, s->page + 8);
    forget_here(s, LEAF, s->page, s->page, s->page);
}

static void a_fault_that_is_resolved_ends_with_the_invalidation(struct scene *s)
{
    fault(s, 5 * s->page + 8);
    uint64_t page = take_page(s);
    clear_page(s, page);
    publish(s, page, RW);
    swap(s, slot(s, s->last, 5), leaf(s, s->last, page, RW));
    back(s, slot(s, s->last, 5), 1);
    settle(s, 5 * s->page, s->page);
}

static void a_fault_ends_without_the_invalidation(struct scene *s)
{
    fault(s, s->page + 8);
}

static void a_fault_ends_with_the_invalidation_of_another_page(struct scene *s)
{
    fault(s, s->page + 8);
    forget_here(s, LEAF, 2 * s->page, s->page, s->page);
}

static void a_fault_is_invalidated_before_it_is_resolved(struct scene *s)
{
    fault(s, 5 * s->page + 8);
    forget_here(s, LEAF, 5 * s->page, s->page, s->page);
    swap(s, slot(s, s->last, 5), leaf(s, s->last, s->block_hpa, RW));
    back(s, slot(s, s->last, 5), 1);
    barrier(s);
}

/* ---- The checker itself ---- */

static void more_happens_than_is_recorded(struct scene *s)
{
    for (unsigned i = 0; i < 200001; i++) {
        barrier(s);
    }
}

/* ---- The list: name, what the checker has to say, where, whether a device uses the tree ---- */

/* ---- Contiguous groups ---- */

/* Where the group is, and how long. */
static uint64_t group_gpa(const struct scene *s)
{
    return gpa_of(s, s->last, s->group);
}

static void forget_group(struct scene *s)
{
    forget(s, LEAF, group_gpa(s), s->group * s->page, s->page);
}

/* Gives `count` leaves of the group, from the first on, a value: empty, together or alone. */
static void change_group(struct scene *s, uint64_t count, uint64_t value(const struct scene *, uint64_t))
{
    for (uint64_t i = s->group; i < s->group + count; i++) {
        change(s, slot(s, s->last, i), value(s, i));
    }
}

static uint64_t nothing(const struct scene *s, uint64_t index)
{
    (void)index;
    return empty(s, s->last);
}

static uint64_t alone_as_it_was(const struct scene *s, uint64_t index)
{
    return alone(s, index, RW);
}

static uint64_t together_read_only(const struct scene *s, uint64_t index)
{
    return together(s, index, R);
}

static void a_group_goes(struct scene *s)
{
    change_group(s, s->group, nothing);
    forget_group(s);
}

static void a_group_goes_and_one_page_is_invalidated(struct scene *s)
{
    change(s, slot(s, s->last, s->group), empty(s, s->last));
    forget(s, LEAF, group_gpa(s), s->page, s->page);
}

static void a_group_becomes_read_only(struct scene *s)
{
    change_group(s, s->group, together_read_only);
    forget_group(s);
    settle(s, group_gpa(s), s->group * s->page);
}

static void a_group_is_broken_and_taken_apart(struct scene *s)
{
    change_group(s, s->group, nothing);
    forget_group(s);
    change_group(s, s->group, alone_as_it_was);
    settle(s, group_gpa(s), s->group * s->page);
}

static void a_group_is_taken_apart_in_place(struct scene *s)
{
    change_group(s, s->group, alone_as_it_was);
    forget_group(s);
    settle(s, group_gpa(s), s->group * s->page);
}

static void a_group_is_taken_apart_unheard(struct scene *s)
{
    change_group(s, s->group, alone_as_it_was);
    barrier(s);
}

static void a_group_is_made_again_before_the_invalidation(struct scene *s)
{
    change_group(s, s->group, nothing);
    change_group(s, s->group, alone_as_it_was);
}

static void half_a_group_is_broken_and_taken_apart(struct scene *s)
{
    change_group(s, s->group / 2, nothing);
    forget_group(s);
    change_group(s, s->group / 2, alone_as_it_was);
}

static void a_leaf_of_a_group_is_broken_and_becomes_device(struct scene *s)
{
    change(s, slot(s, s->last, s->group), empty(s, s->last));
    forget_group(s);
    s->hal.frame_publish(s->hal.context, axas_hpa_of(s->group_hpa), s->page, RW | AXAS_MEM_DEVICE);
    change(s, slot(s, s->last, s->group), together(s, s->group, RW | AXAS_MEM_DEVICE));
}

static void a_group_taken_apart_loses_its_bits(struct scene *s)
{
    change_group(s, s->group, nothing);
    forget_group(s);
    change(s, slot(s, s->last, s->group), alone(s, s->group, RW) & ~s->marks);
}

#define CASES(CASE)                                                                                          \
    CASE(a_page_is_taken_out, KEPT, everywhere, false)                                                       \
    CASE(several_pages_go_with_one_invalidation, KEPT, everywhere, false)                                    \
    CASE(more_is_invalidated_than_needed, KEPT, everywhere, false)                                           \
    CASE(nothing_is_invalidated, NOT_INVALIDATED, everywhere, false)                                         \
    CASE(it_is_invalidated_before_the_store, NOT_INVALIDATED, everywhere, false)                             \
    CASE(memory_is_freed_before_the_invalidation, FREED_EARLY, everywhere, false)                            \
    CASE(another_guest_is_invalidated, OTHER_VMID, everywhere, false)                                        \
    CASE(another_tree_is_invalidated, OTHER_ROOT, everywhere, false)                                         \
    CASE(another_format_is_invalidated, OTHER_FORMAT, everywhere, false)                                     \
    CASE(one_page_of_two_is_invalidated, TOO_NARROW, everywhere, false)                                      \
    CASE(the_steps_are_too_large, TOO_NARROW, everywhere, false)                                             \
    CASE(only_this_cpu_is_invalidated, LOCAL, everywhere, false)                                             \
    CASE(the_entry_is_not_written_back, ENTRY_NOT_WRITTEN_BACK, everywhere, false)                           \
    CASE(the_entry_is_written_back_after_the_invalidation, ENTRY_NOT_WRITTEN_BACK, everywhere, false)        \
    CASE(a_table_is_taken_out, KEPT, everywhere, false)                                                      \
    CASE(only_leaves_are_invalidated, SCOPE, everywhere, false)                                              \
    CASE(a_table_is_freed_before_the_invalidation, FREED_EARLY, everywhere, false)                           \
    CASE(a_page_below_a_table_is_freed_before_the_invalidation, FREED_EARLY, everywhere, false)              \
    CASE(a_linked_table_is_freed, FREED_LINKED, everywhere, false)                                           \
    CASE(a_table_is_linked_elsewhere_before_the_invalidation, REUSED_EARLY, everywhere, false)               \
    CASE(a_table_is_filled_again_before_the_invalidation, REUSED_EARLY, everywhere, false)                   \
    CASE(a_table_is_used_again, KEPT, everywhere, false)                                                     \
    CASE(a_table_is_used_again_as_it_was, INCOMPLETE, everywhere, false)                                     \
    CASE(permissions_shrink, KEPT, everywhere, false)                                                        \
    CASE(permissions_shrink_unheard, NOT_INVALIDATED, everywhere, false)                                     \
    CASE(permissions_grow_in_silence, NOT_INVALIDATED, keeps_refusals, false)                                \
    CASE(memory_becomes_device_at_once, NO_BREAK, arm_any_level, false)                                      \
    CASE(memory_is_replaced_at_once, NO_BREAK, arm_any_level, false)                                         \
    CASE(memory_is_broken_and_becomes_device, KEPT, arm_any_level, false)                                    \
    CASE(a_break_is_not_invalidated, BREAK_NOT_INVALIDATED, arm_any_level, false)                            \
    CASE(a_break_is_invalidated_for_another_page, BREAK_NOT_INVALIDATED, arm_any_level, false)               \
    CASE(software_bits_of_a_broken_entry_are_lost, OLD_VALUE_LOST, arm_any_level, false)                     \
    CASE(marks_of_a_broken_entry_are_lost, OLD_VALUE_LOST, arm_any_level, false)                             \
    CASE(marks_of_a_changed_entry_are_lost, OLD_VALUE_LOST, everywhere, false)                               \
    CASE(memory_without_access_forgets_its_bits, OLD_VALUE_LOST, everywhere, false)                          \
    CASE(a_leaf_is_gone_where_a_device_uses_it, MAY_NOT_BREAK, everywhere, true)                             \
    CASE(a_block_is_broken_and_split, KEPT, arm, false)                                                      \
    CASE(memory_becomes_executable, KEPT, everywhere, false)                                                 \
    CASE(memory_becomes_executable_published_in_pieces, KEPT, everywhere, false)                             \
    CASE(executable_memory_becomes_data, KEPT, everywhere, false)                                            \
    CASE(memory_becomes_executable_unpublished, NOT_PUBLISHED_AGAIN, everywhere, false)                      \
    CASE(memory_becomes_executable_published_as_data, NOT_PUBLISHED_AGAIN, everywhere, false)                \
    CASE(memory_becomes_executable_and_is_published_then, NOT_PUBLISHED_AGAIN, everywhere, false)            \
    CASE(memory_becomes_executable_published_by_half, NOT_PUBLISHED_AGAIN, everywhere, false)                \
    CASE(other_memory_is_published, NOT_PUBLISHED_AGAIN, everywhere, false)                                  \
    CASE(held_memory_becomes_executable_unpublished, NOT_PUBLISHED_AGAIN, everywhere, false)                 \
    CASE(memory_becomes_device_unpublished, NOT_PUBLISHED_AGAIN, without_breaks, false)                      \
    CASE(memory_becomes_device_published_as_what_it_was, NOT_PUBLISHED_AGAIN, without_breaks, false)         \
    CASE(memory_is_broken_and_becomes_device_unpublished, NOT_PUBLISHED_AGAIN, arm_any_level, false)         \
    CASE(a_page_of_a_block_becomes_executable, KEPT, splits_without_breaks, false)                           \
    CASE(a_page_of_a_block_becomes_executable_unpublished, NOT_PUBLISHED_AGAIN, splits_without_breaks,       \
         false)                                                                                              \
    CASE_IN(on_arm, a_page_of_a_block_becomes_device_at_once, NO_BREAK, arm_gentle_splits, false)            \
    CASE_IN(elsewhere, a_page_of_a_block_becomes_device_at_once, KEPT, without_breaks, false)                \
    CASE(an_entry_is_written_in_halves, IN_PIECES, everywhere, false)                                        \
    CASE(an_entry_is_nonsense, BAD_ENTRY, everywhere, false)                                                 \
    CASE(a_table_becomes_a_block, TABLE_REPLACED, everywhere, false)                                         \
    CASE(a_split_loses_the_bits_of_the_block, OLD_VALUE_LOST, splits_without_breaks, false)                  \
    CASE(a_split_after_a_break_loses_the_bits_of_the_block, OLD_VALUE_LOST, arm, false)                      \
    CASE(a_group_goes, KEPT, all_groups, false)                                                              \
    CASE(a_group_goes_and_one_page_is_invalidated, TOO_NARROW, all_groups, false)                            \
    CASE(a_group_becomes_read_only, KEPT, all_groups, false)                                                 \
    CASE(a_group_is_broken_and_taken_apart, KEPT, all_groups, false)                                         \
    CASE_IN(use, a_group_is_broken_and_taken_apart, MAY_NOT_BREAK, all_groups, true)                         \
    CASE(a_group_is_taken_apart_in_place, KEPT, gentle_groups, false)                                        \
    CASE_IN(use, a_group_is_taken_apart_in_place, KEPT, gentle_groups, true)                                 \
    CASE_IN(arm, a_group_is_taken_apart_in_place, NO_BREAK, arm_groups, false)                               \
    CASE(a_group_is_taken_apart_unheard, NOT_INVALIDATED, gentle_groups, false)                              \
    CASE(a_group_is_made_again_before_the_invalidation, BREAK_NOT_INVALIDATED, arm_groups, false)            \
    CASE(half_a_group_is_broken_and_taken_apart, GROUP_TORN, arm_groups, false)                              \
    CASE(a_leaf_of_a_group_is_broken_and_becomes_device, GROUP_TORN, arm_groups, false)                      \
    CASE(a_group_taken_apart_loses_its_bits, OLD_VALUE_LOST, all_groups, false)                              \
    CASE(a_page_is_made, KEPT, everywhere, false)                                                            \
    CASE(an_executable_page_is_made, KEPT, everywhere, false)                                                \
    CASE(memory_is_shown_as_it_came, NOT_ZEROED, everywhere, false)                                          \
    CASE(memory_is_published_after_it_shows, NOT_PUBLISHED, everywhere, false)                               \
    CASE(memory_is_never_published, NOT_PUBLISHED, everywhere, false)                                        \
    CASE(half_a_page_is_published, NOT_PUBLISHED, everywhere, false)                                         \
    CASE(executable_memory_is_published_as_data, NOT_FETCHABLE, everywhere, false)                           \
    CASE(a_new_table_shows_memory_that_is_not_published, NOT_PUBLISHED, everywhere, false)                   \
    CASE(another_cpu_is_fenced, LOCAL, caches_holes, false)                                                  \
    CASE(a_remade_entry_is_not_fenced, NO_FENCE, caches_holes, false)                                        \
    CASE(there_is_no_barrier, NO_BARRIER, everywhere, false)                                                 \
    CASE(the_barrier_comes_before_the_last_store, NO_BARRIER, everywhere, false)                             \
    CASE(a_table_is_linked, KEPT, everywhere, false)                                                         \
    CASE(a_table_is_linked_before_it_is_complete, INCOMPLETE, everywhere, false)                             \
    CASE(a_table_is_linked_before_it_is_filled, INCOMPLETE, everywhere, false)                               \
    CASE(a_table_is_linked_before_it_is_written_back, TABLE_NOT_WRITTEN_BACK, everywhere, false)             \
    CASE(a_link_is_not_written_back, ENTRY_NOT_WRITTEN_BACK, caches_no_holes, false)                         \
    CASE(a_table_is_linked_twice, LINKED_TWICE, everywhere, false)                                           \
    CASE(memory_of_the_guest_becomes_a_table, STRAY_STORE, everywhere, false)                                \
    CASE(an_empty_entry_is_filled_by_swap, KEPT, everywhere, false)                                          \
    CASE(an_empty_entry_is_filled_without_the_lock, WITHOUT_LOCK, everywhere, false)                         \
    CASE(a_leaf_is_taken_out_without_the_lock, WITHOUT_LOCK, everywhere, false)                              \
    CASE(a_leaf_is_taken_out_under_the_lock, KEPT, everywhere, false)                                        \
    CASE(a_leaf_is_taken_out_after_the_lock_was_left, WITHOUT_LOCK, everywhere, false)                       \
    CASE(two_threads_fill_two_entries, KEPT, everywhere, false)                                              \
    CASE(two_threads_store_to_one_entry, RACE, everywhere, false)                                            \
    CASE(two_threads_think_that_they_are_alone, RACE, everywhere, false)                                     \
    CASE(two_threads_fill_one_table, RACE, everywhere, false)                                                \
    CASE(a_value_that_another_stored_is_overwritten, RACE, everywhere, false)                                \
    CASE(the_cpu_marks_a_leaf_meanwhile, KEPT, everywhere, false)                                            \
    CASE(a_write_is_forgotten_with_the_permission, OLD_VALUE_LOST, arm_dirty_state, false)                   \
    CASE(a_write_is_remembered_without_the_permission, KEPT, arm_dirty_state, false)                         \
    CASE(a_store_goes_behind_the_record, BEHIND_THE_RECORD, everywhere, false)                               \
    CASE(a_fault_ends_with_the_invalidation, KEPT, everywhere, false)                                        \
    CASE(a_fault_that_is_resolved_ends_with_the_invalidation, KEPT, everywhere, false)                       \
    CASE(a_fault_ends_with_the_invalidation_of_another_page, REFUSAL_STAYS, keeps_refusals, false)           \
    CASE(more_happens_than_is_recorded, EVENTS_LOST, arm, false)                                             \
    /* what one architecture forgives and another does not */                                                \
    CASE_IN(on_arm, a_block_is_split_at_once, NO_BREAK, arm, false)                                          \
    CASE_IN(elsewhere, a_block_is_split_at_once, KEPT, splits_without_breaks, false)                         \
    CASE_IN(elsewhere, memory_is_replaced_at_once, KEPT, without_breaks, false)                              \
    CASE_IN(elsewhere, memory_becomes_device_at_once, KEPT, without_breaks, false)                           \
    CASE_IN(where_the_cpu_asks_again, permissions_grow_in_silence, KEPT, forgets_refusals, false)            \
    CASE_IN(where_holes_are_cached, nothing_is_fenced, NO_FENCE, caches_holes, false)                        \
    CASE_IN(elsewhere, nothing_is_fenced, KEPT, caches_no_holes, false)                                      \
    CASE_IN(where_refusals_stay, a_fault_ends_without_the_invalidation, REFUSAL_STAYS, keeps_refusals,       \
            false)                                                                                           \
    CASE_IN(elsewhere, a_fault_ends_without_the_invalidation, KEPT, forgets_refusals, false)                 \
    CASE_IN(on_arm, a_fault_is_invalidated_before_it_is_resolved, REFUSAL_STAYS, arm, false)                 \
    CASE_IN(in_an_iommu, a_page_is_taken_out, KEPT, iommu, false)                                            \
    CASE_IN(in_an_iommu, nothing_is_invalidated, NOT_INVALIDATED, iommu, false)                              \
    CASE_IN(in_an_iommu, memory_is_freed_before_the_invalidation, FREED_EARLY, iommu, false)                 \
    CASE_IN(in_an_iommu, a_table_is_freed_before_the_invalidation, FREED_EARLY, iommu, false)                \
    CASE_IN(in_an_iommu, only_leaves_are_invalidated, SCOPE, iommu, false)                                   \
    CASE_IN(in_an_iommu, only_this_cpu_is_invalidated, LOCAL, iommu, false)                                  \
    CASE_IN(in_an_iommu, permissions_shrink_unheard, NOT_INVALIDATED, iommu, false)                          \
    CASE_IN(in_an_iommu, the_entry_is_not_written_back, ENTRY_NOT_WRITTEN_BACK, iommu, false)                \
    CASE_IN(in_an_iommu, the_entry_is_written_back_after_the_invalidation, ENTRY_NOT_WRITTEN_BACK, iommu,    \
            false)                                                                                           \
    CASE_IN(in_an_iommu, a_table_is_linked_before_it_is_written_back, TABLE_NOT_WRITTEN_BACK, iommu, false)  \
    CASE_IN(in_an_iommu, a_leaf_is_gone_where_a_device_uses_it, MAY_NOT_BREAK, iommu, true)                  \
    CASE_IN(in_an_iommu, a_link_is_not_written_back, ENTRY_NOT_WRITTEN_BACK, iommu_alone, false)             \
    CASE_IN(in_an_iommu, nothing_is_fenced, KEPT, iommu_alone, false)                                        \
    CASE_IN(in_an_iommu, a_fault_ends_without_the_invalidation, KEPT, iommu_alone, false)                    \
    CASE_IN(in_caching_mode, nothing_is_fenced, NO_FENCE, iommu_caching, false)                              \
    CASE_IN(in_caching_mode, a_remade_entry_is_not_fenced, NO_FENCE, iommu_caching, false)                   \
    CASE_IN(in_caching_mode, a_fault_ends_without_the_invalidation, REFUSAL_STAYS, iommu_caching, false)     \
    CASE_IN(without_rules, a_page_is_taken_out, KEPT, without_rules, false)                                  \
    CASE_IN(without_rules, nothing_is_invalidated, NOT_INVALIDATED, without_rules, false)                    \
    CASE_IN(without_rules, memory_is_freed_before_the_invalidation, FREED_EARLY, without_rules, false)       \
    CASE_IN(without_rules, only_leaves_are_invalidated, SCOPE, without_rules, false)                         \
    CASE_IN(without_rules, only_this_cpu_is_invalidated, LOCAL, without_rules, false)                        \
    CASE_IN(without_rules, a_table_is_linked_elsewhere_before_the_invalidation, REUSED_EARLY, without_rules, \
            false)                                                                                           \
    CASE_IN(without_rules, permissions_shrink_unheard, NOT_INVALIDATED, without_rules, false)                \
    CASE_IN(without_rules, permissions_grow_in_silence, KEPT, without_rules, false)                          \
    CASE_IN(without_rules, a_block_is_split_at_once, KEPT, without_rules, false)                             \
    CASE_IN(without_rules, memory_is_replaced_at_once, KEPT, without_rules, false)                           \
    CASE_IN(without_rules, an_entry_is_written_in_halves, IN_PIECES, without_rules, false)                   \
    CASE_IN(without_rules, memory_is_shown_as_it_came, NOT_ZEROED, without_rules, false)                     \
    CASE_IN(without_rules, memory_is_never_published, NOT_PUBLISHED, without_rules, false)                   \
    CASE_IN(without_rules, nothing_is_fenced, KEPT, without_rules, false)                                    \
    CASE_IN(without_rules, there_is_no_barrier, NO_BARRIER, without_rules, false)                            \
    CASE_IN(without_rules, a_table_is_linked_before_it_is_complete, INCOMPLETE, without_rules, false)        \
    CASE_IN(without_rules, an_empty_entry_is_filled_without_the_lock, WITHOUT_LOCK, without_rules, false)    \
    CASE_IN(without_rules, two_threads_store_to_one_entry, RACE, without_rules, false)                       \
    CASE_IN(without_rules, a_fault_ends_without_the_invalidation, KEPT, without_rules, false)

static void play(const struct machine *machines, void (*sequence)(struct scene *scene), enum order_rule rule,
                 bool device)
{
    for (const struct machine *machine = machines; machine->format != NULL; machine++) {
        struct scene scene;
        scene_open(&scene, machine, device);
        sequence(&scene);
        scene_close(&scene, rule);
    }
}

#define AS_TEST(name, rule, machines, device)       \
    Test(order, name)                               \
    {                                               \
        play(machines, name, ORDER_##rule, device); \
    }
#define AS_TEST_IN(where, name, rule, machines, device) \
    Test(order, name##_##where)                         \
    {                                                   \
        play(machines, name, ORDER_##rule, device);     \
    }
#define CASE_IN AS_TEST_IN
CASES(AS_TEST)
#undef CASE_IN

/* Every rule that the checker has is broken by some sequence above. */
Test(order, every_rule_is_broken_by_a_sequence)
{
    bool seen[ORDER_RULES] = {false};
#define AS_RULE(name, rule, machines, device) seen[ORDER_##rule] = true;
#define AS_RULE_IN(where, name, rule, machines, device) seen[ORDER_##rule] = true;
#define CASE_IN AS_RULE_IN
    CASES(AS_RULE)
#undef CASE_IN
    for (unsigned rule = 0; rule < ORDER_RULES; rule++) {
        cr_expect(seen[rule], "no sequence breaks rule %u", rule);
    }
}
