/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file unit.h
 * What the unit tests share: a machine of the hosted HAL with a tree or a space on it, a walk over every
 * format and mode in the build, and pictures of a tree or a space, for "changes nothing".
 */
#ifndef AXAS_TESTS_UNIT_H
#define AXAS_TESTS_UNIT_H

#include "../model/entry.h"

#include <axas/frame.h>
#include <axas/guest.h>
#include <axas/hosted.h>
#include <axas/space.h>
#include <axas/table.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R AXAS_READ
#define W AXAS_WRITE
#define X AXAS_EXEC
#define RW (R | W)
#define RX (R | X)
#define RWX (R | W | X)

/** Some host address that no frame of the arena has, for linear mappings that nobody reads through. */
#define FAR_HPA UINT64_C(0x20000000)

/* ---- Every format and mode ---- */

/** One format in one mode, on a CPU that has none or all of the format's features, with a HAL that wants
 * entries written back and a barrier behind them, or a quiet one that does not. */
struct unit_case {
    const struct axas_format *format;
    const struct axas_mode *mode;
    uint64_t features;
    bool quiet;
};

static inline uint64_t unit_all_features(const struct axas_format *format)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        all |= format->features[i].bit;
    }
    return all;
}

/** The case after `previous` (zeroed at first); false at the end. */
static inline bool unit_next_case(struct unit_case *at)
{
    unsigned format = 0, mode = 0;
    bool all = false;
    if (at->format != NULL) {
        at->quiet = !at->quiet;
        if (at->quiet) {
            return true;
        }
        while (axas_formats[format] != at->format) {
            format++;
        }
        mode = (unsigned)(at->mode - at->format->modes);
        all = at->features != 0 || unit_all_features(at->format) == 0;
        if (all && ++mode == at->format->mode_count) {
            format++;
            mode = 0;
        }
        all = !all;
    }
    while (axas_formats[format] != NULL) {
        const struct axas_mode *candidate = &axas_formats[format]->modes[mode];
        if (all || candidate->with == 0) {
            at->format = axas_formats[format];
            at->mode = candidate;
            at->features = all ? unit_all_features(at->format) : 0;
            return true;
        }
        all = true;
    }
    return false;
}

/** `for (FOR_EACH_CASE(at)) { ... }` */
#define FOR_EACH_CASE(at)      \
    struct unit_case at = {0}; \
    unit_next_case(&at);

static inline const char *unit_name(const struct unit_case *at)
{
    static char name[128];
    snprintf(name, sizeof name, "%s %s%s%s", at->format->name, at->mode->name,
             at->features != 0 ? " with all features" : "", at->quiet ? ", quiet" : "");
    return name;
}

/* ---- A machine with a tree ---- */

struct unit_tree {
    struct axas_hosted *arena;
    struct axas_hal hal; /**< a copy, so that a test may leave functions out */
    struct axas_table_config config;
    struct axas_table table;
    const char *name;
    uint64_t page;  /**< smallest leaf, bytes */
    uint64_t large; /**< next larger leaf, or 0 if there is only one size */
    uint64_t limit; /**< bytes of the tree's range */
};

static inline void unit_machine_as(struct unit_tree *tree, const struct unit_case *at,
                                   const struct axas_hosted_config *machine)
{
    memset(tree, 0, sizeof *tree);
    tree->arena = axas_hosted_create(machine);
    cr_assert_not_null(tree->arena);
    tree->hal = *axas_hosted_hal(tree->arena);
    if (at->quiet) {
        tree->hal.barrier = NULL;
        tree->hal.table_write_back = NULL;
    }
    tree->name = unit_name(at);
    tree->config = (struct axas_table_config){
        .hal = &tree->hal, .format = at->format, .mode = at->mode, .features = at->features};
}

static inline void unit_machine(struct unit_tree *tree, const struct unit_case *at, bool free_in_parts)
{
    const struct axas_hosted_config machine = {.free_in_parts = free_in_parts};
    unit_machine_as(tree, at, &machine);
}

static inline void unit_sizes(struct unit_tree *tree, const struct axas_table *table)
{
    uint64_t sizes = axas_table_leaf_sizes(table, R);
    tree->page = axas_table_page_size(table);
    tree->large = sizes & ~tree->page;
    tree->large &= ~tree->large + 1;
    tree->limit = axas_table_limit(table);
    if (tree->large >= tree->limit / 2) {
        tree->large = 0;
    }
}

static inline void unit_tree_make(struct unit_tree *tree, const struct unit_case *at)
{
    unit_machine(tree, at, false);
    cr_assert_eq(axas_table_init(&tree->table, &tree->config), AXAS_OK, "%s", tree->name);
    unit_sizes(tree, &tree->table);
}

/** Destroys the tree, and with it the claim that anything is still taken. */
static inline void unit_tree_end(struct unit_tree *tree)
{
    axas_table_destroy(&tree->table, NULL, NULL);
    cr_expect_eq(axas_hosted_destroy(tree->arena), 0, "%s", tree->name);
}

/** Takes out and frees, or changes, with nothing to release; the status. */
static inline enum axas_status unit_unmap(struct unit_tree *tree, uint64_t gpa, uint64_t size)
{
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    enum axas_status status = axas_table_unmap(&tree->table, axas_gpa_of(gpa), size, &gather);
    axas_gather_flush(&tree->table, &gather);
    axas_gather_free(&tree->table, &gather);
    return status;
}

static inline enum axas_status unit_protect(struct unit_tree *tree, uint64_t gpa, uint64_t size,
                                            axas_attr attr)
{
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    enum axas_status status = axas_table_protect(&tree->table, axas_gpa_of(gpa), size, attr, &gather);
    axas_gather_flush(&tree->table, &gather);
    axas_gather_free(&tree->table, &gather);
    return status;
}

/* ---- A host without a direct map at one offset ---- */

static uint64_t unit_host_offset;
static unsigned unit_host_calls;

static inline void *unit_host_virt(void *context, axas_hpa hpa)
{
    (void)context;
    unit_host_calls++;
    return (void *)(uintptr_t)(hpa.raw + unit_host_offset);
}

static inline axas_hpa unit_host_phys(void *context, const void *pointer)
{
    (void)context;
    unit_host_calls++;
    return axas_hpa_of((uint64_t)(uintptr_t)pointer - unit_host_offset);
}

/** Makes the HAL say by functions, which count their calls, where it sees memory; its offset is wrong then.
 */
static inline void unit_map_by_functions(struct axas_hal *hal)
{
    unit_host_offset = hal->direct_map_offset;
    unit_host_calls = 0;
    hal->direct_map_offset = 1;
    hal->phys_to_virt = unit_host_virt;
    hal->virt_to_phys = unit_host_phys;
}

static inline bool unit_encodes(const struct unit_tree *tree, axas_attr attr)
{
    struct axas_leaf_code code;
    return tree->config.format->encode(attr, tree->config.features, &code) == AXAS_OK;
}

/** An executable attribute that the format has, or 0. */
static inline axas_attr unit_exec(const struct unit_tree *tree)
{
    static const axas_attr candidates[] = {RWX, RX, X};
    for (unsigned i = 0; i < 3; i++) {
        if (unit_encodes(tree, candidates[i])) {
            return candidates[i];
        }
    }
    return 0;
}

/** An attribute with an access that the format cannot express. */
static inline axas_attr unit_unsupported(const struct unit_tree *tree)
{
    for (axas_attr access = 1; access <= AXAS_ACCESS_MASK; access++) {
        if (!unit_encodes(tree, access)) {
            return access;
        }
    }
    return R | AXAS_MEM_MASK;
}

/** The bit that tells a write by the access of a leaf on this CPU; 0 if none does. */
static inline uint64_t unit_written(const struct axas_table *table, unsigned level)
{
    const struct axas_format *format = table->format;
    const bool told =
        format->hardware_dirty_always || (table->features & format->hardware_dirty_features) != 0;
    return told ? format->levels[level].written_mask : 0;
}

/** The slot of the entry that ends the walk for gpa, and its level. */
static inline void *unit_slot(const struct axas_table *table, uint64_t gpa, unsigned *level)
{
    const struct axas_format *format = table->format;
    unsigned char *bytes = table->root;
    unsigned at = table->mode->root_level;
    uint64_t index = gpa >> format->levels[at].shift;
    for (;;) {
        void *slot = bytes + index * format->entry_bytes;
        uint64_t entry = entry_read(format, slot);
        if (format->entry_kind(at, entry) != AXAS_ENTRY_TABLE) {
            *level = at;
            return slot;
        }
        bytes = axas_hal_virt(table->hal, axas_hpa_of(format->entry_hpa(at, entry)));
        at++;
        index = gpa >> format->levels[at].shift & ((UINT64_C(1) << format->levels[at].index_bits) - 1);
    }
}

static inline uint64_t unit_mix(uint64_t digest, uint64_t value)
{
    digest ^= value + UINT64_C(0x9e3779b97f4a7c15) + (digest << 6) + (digest >> 2);
    return digest * UINT64_C(0xbf58476d1ce4e5b9);
}

static inline uint64_t unit_digest_table(const struct axas_table *table, unsigned level, const void *bytes,
                                         uint64_t entries, uint64_t digest)
{
    const struct axas_format *format = table->format;
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t entry = entry_read(format, (const unsigned char *)bytes + i * format->entry_bytes);
        if (entry == format->levels[level].empty) {
            continue;
        }
        digest = unit_mix(unit_mix(unit_mix(digest, level), i), entry);
        if (format->entry_kind(level, entry) == AXAS_ENTRY_TABLE) {
            digest = unit_digest_table(
                table, level + 1, axas_hal_virt(table->hal, axas_hpa_of(format->entry_hpa(level, entry))),
                UINT64_C(1) << format->levels[level + 1].index_bits, digest);
        }
    }
    return digest;
}

/** Every entry of every table, as one number. */
static inline uint64_t unit_digest(const struct axas_table *table)
{
    unsigned root = table->mode->root_level;
    return unit_digest_table(table, root, table->root,
                             UINT64_C(1) << (table->gpa_bits - table->format->levels[root].shift), 1);
}

/* ---- Pictures ---- */

struct unit_picture {
    struct axas_hosted_ledger ledger;
    uint64_t digest, tables;
    uint32_t reserve[AXAS_MAX_LEVELS];
    struct axas_usage usage; /**< of a space */
    uint64_t areas;          /**< digest of a space's areas */
};

static inline struct unit_picture unit_picture_of(struct axas_hosted *arena, const struct axas_table *table)
{
    struct unit_picture picture;
    memset(&picture, 0, sizeof picture);
    picture.ledger = axas_hosted_ledger_now(arena);
    picture.digest = unit_digest(table);
    picture.tables = table->tables;
    memcpy(picture.reserve, table->pool.count, sizeof picture.reserve);
    return picture;
}

static inline bool unit_same(const struct unit_picture *a, const struct unit_picture *b)
{
    return axas_hosted_ledger_same(&a->ledger, &b->ledger) && a->digest == b->digest &&
           a->tables == b->tables && memcmp(a->reserve, b->reserve, sizeof a->reserve) == 0 &&
           a->areas == b->areas && memcmp(&a->usage, &b->usage, sizeof a->usage) == 0;
}

/** The call gives this status and leaves the tree, the ledger and the counters alone. */
#define EXPECT_REFUSED(tree, expected, call)                                                               \
    do {                                                                                                   \
        struct unit_picture before_ = unit_picture_of((tree)->arena, &(tree)->table);                      \
        enum axas_status got_ = (call);                                                                    \
        struct unit_picture after_ = unit_picture_of((tree)->arena, &(tree)->table);                       \
        cr_expect_eq(got_, (expected), "%s: %s gives \"%s\"", (tree)->name, #call, axas_status_str(got_)); \
        cr_expect(unit_same(&before_, &after_), "%s: %s changed something", (tree)->name, #call);          \
    } while (0)

/* ---- A machine with a space ---- */

struct unit_space {
    struct unit_tree tree; /**< machine, sizes and config; its table is not used */
    struct axas_config config;
    struct axas_space space;
    struct axas_error error;
    const char *name;
    uint64_t page, large;
};

static inline void unit_space_make_with(struct unit_space *unit, const struct unit_case *at,
                                        bool free_in_parts, const struct axas_config *changes)
{
    unit_machine(&unit->tree, at, free_in_parts);
    unit->config = changes != NULL ? *changes : (struct axas_config){0};
    unit->tree.config.table_limit = unit->config.table.table_limit;
    unit->tree.config.max_leaf_shift = unit->config.table.max_leaf_shift;
    unit->tree.config.max_exec_leaf_shift = unit->config.table.max_exec_leaf_shift;
    unit->config.table = unit->tree.config;
    unit->config.error = &unit->error;
    memset(&unit->error, 0, sizeof unit->error);
    memset(&unit->space, 0, sizeof unit->space);
    cr_assert_eq(axas_space_init(&unit->space, &unit->config), AXAS_OK, "%s", unit->tree.name);
    unit_sizes(&unit->tree, &unit->space.table);
    unit->name = unit->tree.name;
    unit->page = unit->tree.page;
    unit->large = unit->tree.large;
}

static inline void unit_space_make(struct unit_space *unit, const struct unit_case *at)
{
    unit_space_make_with(unit, at, false, NULL);
}

static inline void unit_space_end(struct unit_space *unit)
{
    axas_space_destroy(&unit->space);
    cr_expect_eq(axas_hosted_destroy(unit->tree.arena), 0, "%s", unit->name);
}

static inline struct unit_picture unit_space_picture(struct unit_space *unit)
{
    struct unit_picture picture = unit_picture_of(unit->tree.arena, &unit->space.table);
    struct axas_area area;
    axas_gpa at = axas_space_base(&unit->space);
    uint64_t end = axas_space_end(&unit->space).raw;
    while ((end == 0 || at.raw < end) && axas_space_next_area(&unit->space, at, &area) == AXAS_OK) {
        picture.areas = unit_mix(picture.areas, area.gpa.raw);
        picture.areas = unit_mix(picture.areas, area.size);
        picture.areas = unit_mix(picture.areas, area.origin.raw);
        picture.areas = unit_mix(picture.areas, area.attr);
        picture.areas = unit_mix(picture.areas, (uint64_t)(uintptr_t)area.backend);
        picture.areas = unit_mix(picture.areas, (uint64_t)(uintptr_t)area.context);
        picture.areas = unit_mix(picture.areas, area.data);
        if (area.gpa.raw + area.size <= at.raw) {
            break;
        }
        at.raw = area.gpa.raw + area.size;
    }
    cr_expect_eq(axas_space_usage(&unit->space, &picture.usage), AXAS_OK);
    return picture;
}

/** The call on a space gives this status and changes nothing. */
#define EXPECT_SPACE_REFUSED(unit, expected, call)                                                         \
    do {                                                                                                   \
        struct unit_picture before_ = unit_space_picture(unit);                                            \
        enum axas_status got_ = (call);                                                                    \
        struct unit_picture after_ = unit_space_picture(unit);                                             \
        cr_expect_eq(got_, (expected), "%s: %s gives \"%s\"", (unit)->name, #call, axas_status_str(got_)); \
        cr_expect(unit_same(&before_, &after_), "%s: %s changed something", (unit)->name, #call);          \
    } while (0)

/** A fault of that access at that address, as a decoder would give it. */
static inline struct axas_fault unit_fault(uint64_t gpa, axas_attr access)
{
    struct axas_fault fault;
    memset(&fault, 0, sizeof fault);
    fault.gpa = axas_gpa_of(gpa);
    fault.gpa_known = true;
    fault.access = access;
    fault.level = AXAS_LEVEL_UNKNOWN;
    return fault;
}

static inline enum axas_fault_result unit_touch(struct unit_space *unit, uint64_t gpa, axas_attr access)
{
    struct axas_fault fault = unit_fault(gpa, access);
    return axas_space_handle_fault(&unit->space, &fault);
}

/* Leaves nothing of what earlier calls kept on the stack. */
static __attribute__((noinline, unused)) void unit_scrub_stack(void)
{
    volatile unsigned char bytes[4096];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0xff;
    }
}

static inline uint64_t unit_guest_bytes(const struct unit_space *unit)
{
    return axas_hosted_bytes(unit->tree.arena, AXAS_FRAME_GUEST);
}

#endif
