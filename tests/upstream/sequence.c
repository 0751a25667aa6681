/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes in the order of stores, invalidations and frees, which no emulator shows. Most are judged by
 * order.h, on operations that go through each kind of change. The comments cite the rows of README.md.
 */
#include "entry.h"
#include "row.h"
#include "rules.h"

#include <axas/guest.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

static void begin(struct rig *rig, struct order *order)
{
    order_begin(order);
    order_pool(order, &rig->space.deposits);
}

/* Judges one call on the rig by order.h. */
#define ORDERED(rig, order, call)                       \
    do {                                                \
        char problem_[200];                             \
        begin((rig), (order));                          \
        RIG_OK((rig), (call));                          \
        if (!order_end((order), false, problem_)) {     \
            rig_fail((rig), "%s: %s", #call, problem_); \
        }                                               \
    } while (0)

static const struct axas_hosted_event *events_of(struct rig *rig, uint64_t *count)
{
    RIG_TRUE(rig, axas_hosted_events_lost(rig->arena) == 0);
    *count = axas_hosted_event_count(rig->arena);
    return axas_hosted_events(rig->arena);
}

/* Rows 1, 18, N: tables and memory are freed before the flush, or without one. */
ROW(memory_is_freed_before_the_flush)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping tables, leaves and parts of leaves";
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    axas_gpa far = axas_gpa_of(axas_space_end(&rig.space).raw - 64 * rig.page);
    ORDERED(&rig, order, axas_space_map_alloc(&rig.space, far, 40 * rig.page, RW, AXAS_POPULATE));
    ORDERED(&rig, order, axas_space_unmap(&rig.space, far, rig.page));
    ORDERED(&rig, order, axas_space_unmap(&rig.space, far, 64 * rig.page));
    ORDERED(&rig, order, axas_space_unmap(&rig.space, axas_gpa_of(rig.populated + rig.page), 3 * rig.page));
    ORDERED(&rig, order, axas_space_unmap(&rig.space, axas_gpa_of(rig.linear + rig.page), rig.large));
    ORDERED(&rig, order, axas_space_clear(&rig.space));
    order_free(order);
    rig_close(&rig);
}

/* Row 1: the gather is small; what does not fit must not be freed early either. */
ROW(more_is_freed_than_the_gather_holds)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping many pieces at once";
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    uint64_t pages = 3 * AXAS_GATHER_ITEMS;
    for (uint64_t i = 0; i < pages; i++) {
        RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room + 2 * i * rig.page), rig.page, RW,
                                          AXAS_POPULATE));
    }
    uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
    ORDERED(&rig, order, axas_space_unmap(&rig.space, axas_gpa_of(rig.room), 2 * pages * rig.page));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - pages * rig.page);
    order_free(order);
    rig_close(&rig);
}

/* Rows 2, 3, 9, 11: a live entry changed in more than one store, a split's tables linked before they are
 * complete or written back, the wrong range invalidated, no break where one is asked for. */
ROW(a_live_entry_is_changed_carelessly)
{
    struct rig rig;
    axas_attr attrs[256];
    unsigned with_access;
    unsigned count = world_attrs(world, attrs, &with_access);
    rig_open(&rig, world);
    rig.doing = "protecting parts of large leaves";
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    uint64_t gpa = rig.linear;
    /* About eight attributes, others in each world. */
    for (rig.number = world->features % 5; rig.number < count; rig.number += 1 + count / 8) {
        ORDERED(&rig, order, axas_space_protect(&rig.space, axas_gpa_of(gpa), rig.page, attrs[rig.number]));
        ORDERED(
            &rig, order,
            axas_space_protect(&rig.space, axas_gpa_of(gpa + 3 * rig.page), rig.large, attrs[rig.number]));
        ORDERED(&rig, order, axas_space_protect(&rig.space, axas_gpa_of(gpa), 2 * rig.large, RW));
        ORDERED(&rig, order, axas_space_unmap(&rig.space, axas_gpa_of(rig.linear), 2 * rig.large));
        ORDERED(&rig, order,
                axas_space_map_linear(&rig.space, axas_gpa_of(rig.linear), axas_hpa_of(rig.linear_hpa),
                                      2 * rig.large, RW));
    }
    order_free(order);
    rig_close(&rig);
}

/* Rows 9, 17: an invalidation for another range, another tree or only one CPU, or with a shifted operand. */
ROW(the_wrong_range_is_invalidated)
{
    struct rig rig;
    struct axas_root root;
    rig_open(&rig, world);
    rig.doing = "unmapping one page";
    RIG_OK(&rig, axas_space_root(&rig.space, 5, &root));
    RIG_TRUE(&rig, root.root.raw == rig.space.table.root_hpa.raw && root.vmid == 5);
    uint64_t gpa = rig.populated + 3 * rig.page;
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated), rig.populated_size, AXAS_READ));
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(gpa), rig.page, RW)); /* a leaf of one page now */
    uint64_t count;
    unsigned seen = 0;
    axas_hosted_record(rig.arena, 10000);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa), rig.page));
    axas_hosted_record_stop(rig.arena);
    const struct axas_hosted_event *events = events_of(&rig, &count);
    for (uint64_t i = 0; i < count; i++) {
        if (events[i].kind == AXAS_HOSTED_INVALIDATE) {
            const struct axas_invalidation *what = &events[i].invalidation;
            RIG_TRUE(&rig,
                     what->format == world->format && what->root.raw == root.root.raw && what->vmid == 5);
            RIG_TRUE(&rig, !what->local || rig.space.table.change[AXAS_CHANGE_REMOVE_LEAF].local);
            if (what->scope != AXAS_INVALIDATE_ALL) {
                RIG_TRUE(&rig, what->gpa.raw == gpa && what->size == rig.page && what->leaf_size == rig.page);
            }
            seen++;
        }
    }
    RIG_TRUE(&rig, seen == 1);
    rig_close(&rig);
}

/* Row 15: invalid to valid without a fence (RISC-V). */
ROW(a_new_entry_has_no_fence)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "making entries";
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    ORDERED(&rig, order,
            axas_space_map_linear(&rig.space, axas_gpa_of(rig.room + rig.page), axas_hpa_of(rig.page),
                                  rig.large, RW));
    ORDERED(&rig, order,
            axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room + 3 * rig.large), 3 * rig.page, RW,
                                 AXAS_POPULATE));
    ORDERED(&rig, order, axas_space_protect(&rig.space, axas_gpa_of(rig.room + rig.page), rig.page, 0));
    ORDERED(&rig, order, axas_space_protect(&rig.space, axas_gpa_of(rig.room + rig.page), rig.page, RW));
    order_free(order);
    rig_close(&rig);
}

/* Row 15, and MEMORY_MODEL: a vCPU that faulted goes back with what made it fault still in its TLB. */
ROW(a_fault_ends_without_an_invalidation)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "faulting";
    uint64_t gpas[] = {rig.lazy + rig.large - rig.page + 8, rig.lazy + rig.page, rig.linear};
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    for (rig.number = 0; rig.number < 3; rig.number++) {
        char problem[200];
        uint64_t gpa = gpas[rig.number];
        begin(&rig, order);
        order_fault(order, axas_gpa_of(gpa));
        enum axas_fault_result result = rig_fault(&rig, gpa, AXAS_WRITE);
        RIG_TRUE(&rig, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS);
        order_goes_on(order, axas_gpa_of(gpa));
        if (!order_end(order, false, problem)) {
            rig_fail(&rig, "%s", problem);
        }
    }
    order_free(order);
    rig_close(&rig);
}

/* Row 18: a table given back in the size of another level; a rollback that leaks tables. */
ROW(a_rollback_leaks_tables)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "failing to map where no table is";
    axas_gpa far = axas_gpa_of(axas_space_end(&rig.space).raw - 3 * rig.page);
    for (rig.number = 1; rig.number < 40; rig.number++) {
        struct picture before = rig_picture(&rig);
        axas_hosted_fail_from(rig.arena, rig.number);
        enum axas_status status = axas_space_map_alloc(&rig.space, far, 3 * rig.page, RW, AXAS_POPULATE);
        axas_hosted_fail_from(rig.arena, 0);
        if (status == AXAS_OK) {
            break;
        }
        RIG_TRUE(&rig, status == AXAS_ERR_NO_MEMORY);
        struct picture after = rig_picture(&rig);
        rig_same(&rig, &before, &after);
    }
    RIG_TRUE(&rig, rig.number > 3 && rig.number < 40);
    rig_close(&rig);
}

/* Row 21: what is freed is out of reach: while a table is given back, nothing in the tree leads to it, and
 * every entry that did was invalidated. */
ROW(a_walker_enters_a_freed_subtree)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "freeing whole subtrees";
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    axas_gpa far = axas_gpa_of(axas_space_end(&rig.space).raw - 2 * rig.large);
    ORDERED(&rig, order, axas_space_map_linear(&rig.space, far, axas_hpa_of(rig.page), 2 * rig.large, RW));
    ORDERED(&rig, order, axas_space_unmap(&rig.space, far, 2 * rig.large));
    char problem[200];
    begin(&rig, order);
    axas_space_destroy(&rig.space);
    if (!order_end(order, true, problem)) {
        rig_fail(&rig, "%s", problem);
    }
    order_free(order);
    rig_close(&rig);
}

/* What a guest may see before it is cleaned: memory is published before its entry shows it, and again after
 * an image was written. */
ROW(memory_is_shown_before_it_is_published)
{
    struct rig rig;
    uint64_t count;
    uint8_t bytes[64] = {1};
    bool published = false;
    rig_open(&rig, world);
    rig.doing = "writing an image";
    struct order *order = order_new(&rig.space.table, rig.arena, false);
    ORDERED(&rig, order,
            axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), 5 * rig.page, RW, AXAS_POPULATE));
    order_free(order);
    uint64_t hpa = rig_hpa(&rig, rig.room);
    axas_hosted_record(rig.arena, 1000);
    RIG_OK(&rig, axas_guest_write_flags(&rig.space, axas_gpa_of(rig.room), bytes, sizeof bytes,
                                        AXAS_GUEST_LOAD_IMAGE));
    axas_hosted_record_stop(rig.arena);
    const struct axas_hosted_event *events = events_of(&rig, &count);
    for (uint64_t i = 0; i < count; i++) {
        published = published || (events[i].kind == AXAS_HOSTED_PUBLISH && events[i].hpa.raw <= hpa &&
                                  hpa + sizeof bytes <= events[i].hpa.raw + events[i].size);
    }
    RIG_TRUE(&rig, published);
    rig_close(&rig);
}

/* Row 23: a bit that the CPU sets while an entry is being changed is lost. A thread plays the CPU: it sets
 * the dirty bit of whatever leaf it finds, by compare-and-swap, as hardware does. */
struct cpu {
    const struct world *world;
    void *slot;
    unsigned level;
    unsigned wanted; /* atomic: 0 nothing, 1 set the bits, 2 they are set, 3 stop, 4 never mind (then 0) */
};

static uint64_t marks_of(const struct world *world, unsigned level)
{
    return world->format->levels[level].accessed_mask | world->format->levels[level].dirty_mask;
}

/* What the CPU sets when it writes through that leaf; 0 if it may not. */
static uint64_t written(const struct world *world, unsigned level, uint64_t entry)
{
    uint64_t marks = rules_marks(world->format, world->features, level, entry, true);
    struct axas_leaf leaf;
    memset(&leaf, 0, sizeof leaf);
    return world->format->leaf_read(level, entry, world->features, &leaf) == AXAS_OK &&
                   leaf.kind == AXAS_ENTRY_LEAF && (leaf.attr & AXAS_WRITE) != 0
               ? marks
               : 0;
}

static bool set_dirty(const struct cpu *cpu)
{
    const struct axas_format *format = cpu->world->format;
    if (format->entry_bytes == 4) {
        uint32_t *slot = cpu->slot;
        uint32_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);
        uint64_t marks = written(cpu->world, cpu->level, entry_in_order(format, old));
        uint32_t bits = (uint32_t)entry_in_order(format, marks);
        return marks != 0 &&
               __atomic_compare_exchange_n(slot, &old, old | bits, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
    uint64_t *slot = cpu->slot;
    uint64_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    uint64_t marks = written(cpu->world, cpu->level, entry_in_order(format, old));
    uint64_t bits = entry_in_order(format, marks);
    return marks != 0 &&
           __atomic_compare_exchange_n(slot, &old, old | bits, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void *play_cpu(void *argument)
{
    struct cpu *cpu = argument;
    struct dice random = {1};
    unsigned wanted;
    while ((wanted = __atomic_load_n(&cpu->wanted, __ATOMIC_ACQUIRE)) != 3) {
        for (uint64_t i = wanted == 1 ? dice_below(&random, 200) : 0; i > 0; i--) {
            (void)__atomic_load_n(&cpu->wanted, __ATOMIC_SEQ_CST); /* at another moment each time */
        }
        if (wanted == 1 && set_dirty(cpu)) {
            (void)__atomic_compare_exchange_n(&cpu->wanted, &wanted, 2u, false, __ATOMIC_RELEASE,
                                              __ATOMIC_RELAXED);
        }
        if (wanted == 4) {
            __atomic_store_n(&cpu->wanted, 0u, __ATOMIC_RELEASE);
        } else if (wanted != 1) {
            (void)sched_yield(); /* to the other thread, where both share a core */
        }
    }
    return NULL;
}

/* True if the leaf at gpa has every mark that its level has. */
static bool is_marked(struct rig *rig, uint64_t gpa)
{
    struct axas_leaf leaf;
    RIG_OK(rig, axas_table_query(&rig->space.table, axas_gpa_of(gpa), &leaf));
    const struct axas_level *at = &rig->world->format->levels[leaf.level];
    return (leaf.accessed || at->accessed_mask == 0) && (leaf.dirty || at->dirty_mask == 0);
}

/* Takes the marks off a leaf that may be written. */
static void unmark(const struct world *world, const struct tree_leaf *leaf)
{
    tree_poke(world->format, leaf, 0,
              marks_of(world, leaf->level) | written(world, leaf->level, leaf->entry));
}

ROW(a_dirty_bit_set_by_the_cpu_is_lost)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "protecting a page that the CPU writes to";
    unsigned last_level = world->mode->root_level + world->mode->level_count - 1u;
    if (!rig.space.table.hardware_updates || marks_of(world, last_level) == 0) {
        rig_close(&rig);
        return;
    }
    uint64_t gpa = rig.room;
    pthread_t thread;
    struct cpu cpu = {world, NULL, last_level, 0};
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(rig.page), rig.page, RW));
    (void)rig_picture(&rig);
    const struct tree_leaf leaf = rig.tree.leaf[rig.tree.count - 1];
    RIG_TRUE(&rig, leaf.gpa == gpa && leaf.level == last_level);
    cpu.slot = leaf.slot;
    RIG_TRUE(&rig, pthread_create(&thread, NULL, play_cpu, &cpu) == 0);
    axas_hosted_record(rig.arena, 1u << 16); /* takes time between reading an entry and storing it */
    for (rig.number = 0; rig.number < 500; rig.number++) {
        unmark(world, &leaf);
        __atomic_store_n(&cpu.wanted, 1u, __ATOMIC_RELEASE);
        RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(gpa), rig.page, AXAS_READ));
        RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(gpa), rig.page, RW));
        while (__atomic_load_n(&cpu.wanted, __ATOMIC_ACQUIRE) != 2u) {
            (void)sched_yield();
        }
        RIG_TRUE(&rig, is_marked(&rig, gpa));
    }
    __atomic_store_n(&cpu.wanted, 3u, __ATOMIC_RELEASE);
    (void)pthread_join(thread, NULL);
    rig_close(&rig);
}

ROW(a_dirty_bit_set_during_a_split_is_lost)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "splitting a leaf that the CPU writes to";
    struct axas_leaf first;
    pthread_t thread;
    RIG_OK(&rig, axas_table_query(&rig.space.table, axas_gpa_of(rig.linear), &first));
    unsigned last_level = world->mode->root_level + world->mode->level_count - 1u;
    /* The other large leaf stays, so the table with the entry does. */
    if (!rig.space.table.hardware_updates || marks_of(world, first.level) == 0 || first.level == last_level ||
        marks_of(world, last_level) == 0) {
        rig_close(&rig);
        return;
    }
    (void)rig_picture(&rig);
    struct tree_leaf leaf = rig.tree.leaf[0];
    RIG_TRUE(&rig, leaf.gpa == rig.linear);
    struct cpu cpu = {world, leaf.slot, leaf.level, 0};
    RIG_TRUE(&rig, pthread_create(&thread, NULL, play_cpu, &cpu) == 0);
    unsigned marked = 0;
    for (rig.number = 0; rig.number < 100; rig.number++) {
        unsigned asked = 1;
        const uint64_t until = rig.number * 8;
        unmark(world, &leaf);
        __atomic_store_n(&cpu.wanted, 1u, __ATOMIC_RELEASE);
        for (uint64_t i = 0; i < until; i++) { /* the CPU is early, in time, or late */
            (void)__atomic_load_n(&cpu.wanted, __ATOMIC_SEQ_CST);
        }
        RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.linear + rig.page), rig.page, AXAS_READ));
        if (__atomic_compare_exchange_n(&cpu.wanted, &asked, 4u, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            while (__atomic_load_n(&cpu.wanted, __ATOMIC_ACQUIRE) != 0u) {
                (void)sched_yield();
            }
        } else {
            for (uint64_t offset = 0; offset < rig.large; offset += rig.page) {
                RIG_TRUE(&rig, is_marked(&rig, rig.linear + offset));
            }
            marked++;
        }
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.linear), rig.large));
        RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.linear), axas_hpa_of(rig.linear_hpa),
                                           rig.large, RW));
        (void)rig_picture(&rig);
        leaf = rig.tree.leaf[0];
        RIG_TRUE(&rig, leaf.gpa == rig.linear && leaf.slot == cpu.slot);
    }
    __atomic_store_n(&cpu.wanted, 3u, __ATOMIC_RELEASE);
    (void)pthread_join(thread, NULL);
    cr_log_info("%u of 100 splits met a CPU that was writing", marked);
    rig_close(&rig);
}

/* Row 23: accessed and dirty bits of a large leaf are lost when it is split. */
ROW(a_split_loses_accessed_and_dirty)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "splitting a dirty leaf";
    if (!rig.space.table.hardware_updates) {
        rig_close(&rig);
        return;
    }
    (void)rig_picture(&rig);
    for (size_t i = 0; i < rig.tree.count; i++) {
        const struct tree_leaf *leaf = &rig.tree.leaf[i];
        if (leaf->gpa >= rig.linear && leaf->gpa < rig.linear + rig.large) {
            tree_poke(world->format, leaf, written(world, leaf->level, leaf->entry), 0);
        }
    }
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.linear + rig.page), rig.page, AXAS_READ));
    for (uint64_t offset = 0; offset < rig.large; offset += rig.page) {
        RIG_TRUE(&rig, is_marked(&rig, rig.linear + offset));
    }
    rig_close(&rig);
}
