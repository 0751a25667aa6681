/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rig_fail(const struct rig *rig, const char *format, ...)
{
    va_list arguments;
    printf("\nFAILED in %s\n%s, number %" PRIu64 "\n", rig->world->name, rig->doing, rig->number);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    exit(EXIT_FAILURE);
}

struct axas_config rig_arena(struct rig *rig, const struct world *world)
{
    struct axas_hosted_config hosted = {0};
    memset(rig, 0, sizeof *rig);
    rig->world = world;
    rig->doing = "opening";
    hosted.size = UINT64_C(32) << 20;
    hosted.free_in_parts = world->free_in_parts;
    rig->arena = axas_hosted_create(&hosted);
    RIG_TRUE(rig, rig->arena != NULL);
    rig->hal = axas_hosted_hal(rig->arena);
    struct axas_config config = {0};
    config.table = world_table_config(world, rig->hal);
    config.readers = 2;
    return config;
}

void rig_open(struct rig *rig, const struct world *world)
{
    struct axas_config config = rig_arena(rig, world);
    RIG_OK(rig, axas_space_init(&rig->space, &config));
    rig->open = true;
    rig->page = axas_table_page_size(&rig->space.table);
    uint64_t larger = axas_table_leaf_sizes(&rig->space.table, AXAS_READ) & ~rig->page;
    rig->large = larger != 0 ? larger & (~larger + 1u) : 16 * rig->page;
    rig->linear = rig->large;
    rig->linear_hpa = 5 * rig->large;
    rig->lazy = 4 * rig->large;
    rig->populated = 6 * rig->large;
    rig->populated_size =
        rig->large <= UINT64_C(4) << 20 && world->free_in_parts ? rig->large : 40 * rig->page;
    if (rig->populated_size > rig->large) {
        rig->populated_size = rig->large;
    }
    rig->trap = 7 * rig->large;
    rig->room = 8 * rig->large;
    RIG_TRUE(rig, axas_space_contains(&rig->space, axas_gpa_of(rig->room), 6 * rig->large));
    RIG_OK(rig, axas_space_map_linear(&rig->space, axas_gpa_of(rig->linear), axas_hpa_of(rig->linear_hpa),
                                      2 * rig->large, AXAS_READ | AXAS_WRITE));
    RIG_OK(rig, axas_space_map_alloc(&rig->space, axas_gpa_of(rig->lazy), rig->large, AXAS_READ | AXAS_WRITE,
                                     AXAS_LAZY));
    RIG_OK(rig, axas_space_map_alloc(&rig->space, axas_gpa_of(rig->populated), rig->populated_size,
                                     AXAS_READ | AXAS_WRITE, AXAS_POPULATE));
    RIG_OK(rig, axas_space_map_trap(&rig->space, axas_gpa_of(rig->trap), 4 * rig->page, rig));
    RIG_TRUE(rig, rig_fault(rig, rig->lazy + rig->page, AXAS_WRITE) == AXAS_FAULT_RESOLVED);
}

void rig_close(struct rig *rig)
{
    rig->doing = "closing";
    if (rig->open) {
        axas_space_destroy(&rig->space);
    }
    if (axas_hosted_destroy(rig->arena) != 0) {
        rig_fail(rig, "the arena found errors");
    }
    tree_free(&rig->tree);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x100000001b3);
    return hash ^ (hash >> 29);
}

struct picture rig_picture(struct rig *rig)
{
    struct picture picture;
    struct axas_area area;
    uint64_t gpa = axas_space_base(&rig->space).raw;
    memset(&picture, 0, sizeof picture);
    while (axas_space_next_area(&rig->space, axas_gpa_of(gpa), &area) == AXAS_OK) {
        uint64_t facts[] = {area.gpa.raw,
                            area.size,
                            area.origin.raw,
                            area.attr,
                            area.flags,
                            area.data,
                            (uint64_t)(uintptr_t)area.backend};
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
            picture.areas = mix(picture.areas, facts[i]);
        }
        gpa = area.gpa.raw + area.size;
        if (!axas_space_contains(&rig->space, axas_gpa_of(gpa), 1)) {
            break;
        }
    }
    if (!tree_read(&rig->tree, &rig->space.table)) {
        rig_fail(rig, "the tree is not well formed: %s", rig->tree.problem);
    }
    picture.tree = rig->tree.hash;
    picture.ledger = axas_hosted_ledger_now(rig->arena);
    RIG_OK(rig, axas_space_usage(&rig->space, &picture.usage));
    RIG_TRUE(rig, picture.usage.table_bytes == rig->tree.bytes);
    RIG_TRUE(rig, picture.ledger.bytes[AXAS_FRAME_NODE] + picture.ledger.bytes[AXAS_FRAME_TABLE] ==
                      picture.usage.node_bytes + picture.usage.table_bytes + picture.usage.reserve_bytes);
    return picture;
}

void rig_same(struct rig *rig, const struct picture *before, const struct picture *after)
{
    static const char *const uses[] = {"tables", "nodes", "guest"};
    if (before->areas != after->areas) {
        rig_fail(rig, "it failed, yet the areas changed");
    }
    if (before->tree != after->tree) {
        rig_fail(rig, "it failed, yet entries changed");
    }
    for (unsigned use = 0; use < AXAS_FRAME_USES; use++) {
        if (before->ledger.bytes[use] != after->ledger.bytes[use]) {
            rig_fail(rig, "it failed, yet frames were kept or lost: %s 0x%" PRIx64 " to 0x%" PRIx64,
                     uses[use], before->ledger.bytes[use], after->ledger.bytes[use]);
        }
    }
    if (before->usage.areas != after->usage.areas ||
        before->usage.reserve_bytes != after->usage.reserve_bytes) {
        rig_fail(rig, "it failed, yet the usage changed");
    }
}

void rig_expect_page(struct rig *rig, uint64_t gpa, uint64_t hpa, axas_attr attr)
{
    struct axas_mapping mapping;
    enum axas_status status = axas_space_query(&rig->space, axas_gpa_of(gpa), &mapping);
    if (status != AXAS_OK || mapping.attr != attr || (hpa != 0 && mapping.hpa.raw != hpa)) {
        rig_fail(rig, "gpa 0x%" PRIx64 ": %s hpa 0x%" PRIx64 " attr 0x%x, expected 0x%" PRIx64 " attr 0x%x",
                 gpa, axas_status_str(status), mapping.hpa.raw, mapping.attr, hpa, attr);
    }
}

void rig_expect_hole(struct rig *rig, uint64_t gpa)
{
    struct axas_mapping mapping;
    struct axas_area area;
    enum axas_status status = axas_space_query(&rig->space, axas_gpa_of(gpa), &mapping);
    if (status != AXAS_ERR_NOT_MAPPED) {
        rig_fail(rig, "gpa 0x%" PRIx64 ": %s, expected a hole", gpa, axas_status_str(status));
    }
    if (axas_space_next_area(&rig->space, axas_gpa_of(gpa), &area) == AXAS_OK && area.gpa.raw <= gpa) {
        rig_fail(rig, "gpa 0x%" PRIx64 ": an area is there", gpa);
    }
}

uint64_t rig_hpa(struct rig *rig, uint64_t gpa)
{
    struct axas_mapping mapping;
    RIG_OK(rig, axas_space_query(&rig->space, axas_gpa_of(gpa), &mapping));
    return mapping.hpa.raw;
}

enum axas_fault_result rig_fault(struct rig *rig, uint64_t gpa, axas_attr access)
{
    struct axas_fault fault = {0};
    fault.gpa = axas_gpa_of(gpa);
    fault.gpa_known = true;
    fault.level = AXAS_LEVEL_UNKNOWN;
    fault.access = access;
    return axas_space_handle_fault(&rig->space, &fault);
}

int rig_main(int count, char **names, enum worlds which, world_fn *fn)
{
    unsigned worlds = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < count || i == 1; i++) {
        worlds += worlds_each(i < count ? names[i] : NULL, which, fn, NULL);
    }
    printf("%u worlds\n", worlds);
    return worlds == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
