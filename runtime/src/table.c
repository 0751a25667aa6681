/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks arguments, prepares the tables that an operation will take, and hands over to the mode's walkers.
 * Everything that can fail fails before the first entry changes.
 */
#include <axas/codec.h>
#include <axas/table.h>

#include "format_internal.h"
#include "tree.h"

static uint64_t last_of_width(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static const struct axas_level *level_at(const struct axas_table *table, unsigned level)
{
    return &table->format->levels[level];
}

uint64_t axas_table_leaf_sizes(const struct axas_table *table, axas_attr attr)
{
    return (attr & AXAS_EXEC) != 0 ? table->exec_leaf_sizes : table->leaf_sizes;
}

uint64_t axas_table_limit(const struct axas_table *table)
{
    return table->last + 1;
}

uint64_t axas_table_bytes(const struct axas_table *table, unsigned level)
{
    uint64_t bytes = (uint64_t)table->format->entry_bytes << level_at(table, level)->index_bits;
    return bytes < AXAS_FRAME_SIZE ? AXAS_FRAME_SIZE : bytes;
}

/* Arguments */

static enum axas_status check_guest(const struct axas_table *table, axas_gpa gpa, uint64_t size)
{
    if (table == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (((gpa.raw | size) & (axas_table_page_size(table) - 1)) != 0) {
        return AXAS_ERR_ALIGN;
    }
    if (size == 0 || gpa.raw > table->last || size - 1 > table->last - gpa.raw) {
        return AXAS_ERR_RANGE;
    }
    return AXAS_OK;
}

static bool within_physical(const struct axas_table *table, uint64_t hpa, uint64_t size)
{
    uint64_t last = last_of_width(table->physical_bits);
    return hpa <= last && size - 1 <= last - hpa;
}

/* For a new leaf: both ranges, and an attribute that lets something through. */
static enum axas_status check_leaves(const struct axas_table *table, axas_gpa gpa, axas_hpa hpa,
                                     uint64_t size, axas_attr attr)
{
    if ((attr & ~AXAS_ATTR_MASK) != 0) {
        return AXAS_ERR_INVALID;
    }
    if ((hpa.raw & (axas_table_page_size(table) - 1)) != 0) {
        return AXAS_ERR_ALIGN;
    }
    enum axas_status status = check_guest(table, gpa, size);
    if (status != AXAS_OK) {
        return status;
    }
    if (!within_physical(table, hpa.raw, size)) {
        return AXAS_ERR_RANGE;
    }
    return (attr & AXAS_ACCESS_MASK) == 0 ? AXAS_ERR_UNSUPPORTED : AXAS_OK;
}

/* Frames for tables */

void *axas_walk_virt_by_call(const struct axas_table *table, uint64_t hpa)
{
    return axas_hal_virt(table->hal, axas_hpa_of(hpa));
}

uint64_t axas_walk_phys(const struct axas_table *table, const void *pointer)
{
    return axas_hal_phys(table->hal, pointer).raw;
}

void axas_walk_write_back(const struct axas_table *table, const void *bytes, uint64_t size)
{
    table->hal->table_write_back(table->hal->context, bytes, size);
}

void *axas_pool_take(struct axas_pool *pool, unsigned level)
{
    void *frame = pool->first[level];
    if (frame != NULL) {
        pool->first[level] = *(void **)frame;
        pool->count[level]--;
    }
    return frame;
}

void axas_pool_put(struct axas_pool *pool, unsigned level, void *frame)
{
    *(void **)frame = pool->first[level];
    pool->first[level] = frame;
    pool->count[level]++;
}

/* A frame that no entry can name is as good as none. */
static void *take_frame(const struct axas_table *table, uint64_t size)
{
    const struct axas_hal *hal = table->hal;
    axas_hpa frame;
    if (!hal->frame_alloc(hal->context, size, AXAS_FRAME_TABLE, &frame)) {
        return NULL;
    }
    if ((frame.raw & (size - 1)) != 0 || !within_physical(table, frame.raw, size)) {
        hal->frame_free(hal->context, frame, size, AXAS_FRAME_TABLE);
        return NULL;
    }
    return axas_hal_virt(hal, frame);
}

void *axas_walk_take_frame(const struct axas_table *table, unsigned level)
{
    return take_frame(table, axas_table_bytes(table, level));
}

void axas_walk_give_frame(const struct axas_table *table, unsigned level, void *frame)
{
    const struct axas_hal *hal = table->hal;
    hal->frame_free(hal->context, axas_hal_phys(hal, frame), axas_table_bytes(table, level),
                    AXAS_FRAME_TABLE);
}

/* Gives back what is more than `keep`. */
static void pool_trim(const struct axas_table *table, struct axas_pool *pool, unsigned level, uint32_t keep)
{
    while (pool->count[level] > keep) {
        axas_walk_give_frame(table, level, axas_pool_take(pool, level));
    }
}

static bool pool_raise(const struct axas_table *table, struct axas_pool *pool, unsigned level, uint64_t count)
{
    while (pool->count[level] < count) {
        void *frame = axas_walk_take_frame(table, level);
        if (frame == NULL) {
            return false;
        }
        axas_pool_put(pool, level, frame);
    }
    return true;
}

bool axas_walk_within_limit(const struct axas_table *table, uint64_t more)
{
    uint64_t tables = __atomic_load_n(&table->tables, __ATOMIC_RELAXED);
    return more == 0 || (tables <= table->table_limit && more <= table->table_limit - tables);
}

/* How many tables of each level an exclusive operation takes, and, of those levels, how many the reserve held
 * when it began, so that it holds no more after it. */
struct plan {
    unsigned first; /* nothing is needed of levels above */
    uint32_t need[AXAS_MAX_LEVELS];
    uint32_t reserve[AXAS_MAX_LEVELS]; /* undefined where nothing is needed */
};

/* Clearing both would be a string instruction, which takes as long as the rest of a small plan. */
static void start_plan(const struct axas_table *table, struct plan *plan)
{
    plan->first = table->root_level + 1u;
    __builtin_memset(plan->need, 0, sizeof plan->need);
}

/* How many tables it takes in all, as axas_walk_sum_need. */
static uint64_t look_at_reserve(const struct axas_table *table, struct plan *plan)
{
    uint64_t tables = 0;
    for (unsigned level = plan->first; level < table->format->level_count; level++) {
        if (plan->need[level] != 0) {
            plan->reserve[level] = table->pool.count[level];
            tables = axas_walk_sum_need(tables, plan->need[level]);
        }
    }
    return tables;
}

/* What was prepared is what was taken, but where a plan counted too much. */
static void restore_reserve(struct axas_table *table, const struct plan *plan)
{
    for (unsigned level = plan->first; level < table->format->level_count; level++) {
        if (plan->need[level] != 0) {
            pool_trim(table, &table->pool, level, plan->reserve[level]);
        }
    }
}

static bool raise_reserve(struct axas_table *table, const struct plan *plan, unsigned level)
{
    return plan->need[level] == 0 ||
           pool_raise(table, &table->pool, level, (uint64_t)plan->reserve[level] + plan->need[level]);
}

static enum axas_status prepare_beside_reserve(struct axas_table *table, struct plan *plan)
{
    uint64_t tables = look_at_reserve(table, plan);
    if (tables == 0) {
        return AXAS_OK;
    }
    bool ready = axas_walk_within_limit(table, tables);
    for (unsigned level = plan->first; ready && level < table->format->level_count; level++) {
        ready = raise_reserve(table, plan, level);
    }
    if (!ready) {
        restore_reserve(table, plan);
        return AXAS_ERR_NO_MEMORY;
    }
    return AXAS_OK;
}

/* For removal: the cap does not count, and the reserve is there to be used. */
static enum axas_status prepare_from_reserve(struct axas_table *table, struct plan *plan)
{
    if (look_at_reserve(table, plan) == 0) {
        return AXAS_OK;
    }
    bool ready = true;
    for (unsigned level = plan->first; level < table->format->level_count; level++) {
        if (!raise_reserve(table, plan, level)) {
            ready = ready && table->pool.count[level] >= plan->need[level];
        }
    }
    if (!ready) {
        restore_reserve(table, plan);
        return AXAS_ERR_NO_MEMORY;
    }
    return AXAS_OK;
}

static void publish(const struct axas_table *table)
{
    if (table->hal->barrier != NULL) {
        table->hal->barrier(table->hal->context);
    }
}

/* Making a tree */

static bool hal_is_whole(const struct axas_hal *hal)
{
    return hal->frame_alloc != NULL && hal->frame_free != NULL && hal->invalidate != NULL &&
           (hal->phys_to_virt == NULL) == (hal->virt_to_phys == NULL);
}

static uint64_t features_of(const struct axas_format *format)
{
    uint64_t features = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        features |= format->features[i].bit;
    }
    return features;
}

/* What stops a mode from being taken: the further down, the closer it came. */
enum obstacle {
    OBSTACLE_WIDTH,
    OBSTACLE_CPU,
    OBSTACLE_FEATURE,
    OBSTACLE_PHYSICAL,
    OBSTACLE_WITHIN,
    OBSTACLE_TAKEN,
    OBSTACLES
};

static const char *const obstacle_text[OBSTACLES] = {
    [OBSTACLE_WIDTH] = "no mode has guest addresses of that width",
    [OBSTACLE_CPU] = "the CPU refuses every mode with guest addresses of that width",
    [OBSTACLE_FEATURE] = "the CPU lacks a feature that every mode with guest addresses of that width needs",
    [OBSTACLE_PHYSICAL] = "the CPU's physical addresses are narrower than the modes of that width ask for",
    [OBSTACLE_WITHIN] = "guest addresses of that width may not be wider than the CPU's physical ones",
    [OBSTACLE_TAKEN] = "the CPU takes no guest addresses of that width",
};

/* OBSTACLES if nothing stops the mode; *bits is then the width that its guest addresses would have. */
static enum obstacle obstacle_of(const struct axas_table *table, const struct axas_table_config *config,
                                 const struct axas_mode *mode, uint8_t *bits)
{
    const struct axas_capabilities *cpu = config->capabilities;
    const uint8_t least = config->gpa_bits_least, physical = table->physical_bits;
    /* A mode has no wider addresses than the CPU takes. */
    const uint8_t most = cpu != NULL ? cpu->gpa_bits : 0;
    const uint8_t fewest = axas_narrower(axas_mode_gpa_bits_min(mode, table->features), most);
    uint8_t wanted = config->gpa_bits;
    if (wanted == 0) {
        wanted = least > fewest ? least : fewest;
    }
    if (wanted < axas_narrower(mode->gpa_bits_fewer, most) || wanted > mode->gpa_bits_max) {
        return OBSTACLE_WIDTH;
    }
    if (cpu != NULL && (cpu->modes >> (mode - config->format->modes) & 1) == 0) {
        return OBSTACLE_CPU;
    }
    uint64_t with = mode->with | config->format->levels[axas_last_level(config->format)].leaf_with;
    if ((with & ~table->features) != 0 || wanted < fewest) {
        return OBSTACLE_FEATURE;
    }
    if (physical < mode->physical_bits_min) {
        return OBSTACLE_PHYSICAL;
    }
    if (mode->within_physical && wanted > physical) {
        return OBSTACLE_WITHIN;
    }
    if (axas_narrower(wanted, most) != wanted ||
        wanted < config->format->levels[axas_last_level(config->format)].shift) {
        return OBSTACLE_TAKEN;
    }
    if (config->gpa_bits == 0 && least == 0) {
        wanted = axas_narrower(mode->gpa_bits_preferred, most);
        if (mode->within_physical && wanted > physical) {
            wanted = physical;
        }
    }
    *bits = wanted;
    return OBSTACLES;
}

/* Whether a mode that fits is taken instead of the one chosen so far. */
static bool is_better(const struct axas_table_config *config, const struct axas_mode *mode,
                      const struct axas_mode *chosen)
{
    if (chosen == NULL) {
        return true;
    }
    if (config->gpa_bits_least != 0 && mode->level_count != chosen->level_count) {
        return mode->level_count < chosen->level_count;
    }
    return mode->is_default;
}

/* Sets table->mode and table->gpa_bits. */
static enum axas_status choose_mode(struct axas_table *table, const struct axas_table_config *config,
                                    const char **why)
{
    const struct axas_format *format = config->format;
    enum obstacle furthest = OBSTACLE_WIDTH;
    bool known = config->mode == NULL;
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        if (config->mode != NULL && mode != config->mode) {
            continue;
        }
        uint8_t bits = 0;
        enum obstacle obstacle = obstacle_of(table, config, mode, &bits);
        known = true;
        furthest = obstacle > furthest ? obstacle : furthest;
        if (obstacle == OBSTACLES && is_better(config, mode, table->mode)) {
            table->mode = mode;
            table->gpa_bits = bits;
        }
    }
    if (table->mode != NULL) {
        return AXAS_OK;
    }
    *why = known ? obstacle_text[furthest] : "the mode is not one of the format's";
    return known ? AXAS_ERR_UNSUPPORTED : AXAS_ERR_INVALID;
}

/* What the configuration says of the CPU. Sets table->features and table->physical_bits. */
static enum axas_status take_cpu(struct axas_table *table, const struct axas_table_config *config,
                                 const char **why)
{
    const struct axas_format *format = config->format;
    const struct axas_capabilities *cpu = config->capabilities;
    const uint64_t features = features_of(format);
    table->features = config->features;
    table->physical_bits = axas_narrower(format->output_bits, config->physical_bits);
    *why = "features that the format does not have";
    if ((config->features & ~features) != 0) {
        return AXAS_ERR_INVALID;
    }
    if (cpu == NULL) {
        return AXAS_OK;
    }
    if (((cpu->features | cpu->switched) & ~features) != 0) {
        return AXAS_ERR_INVALID;
    }
    if (cpu->missing != NULL) {
        *why = cpu->missing;
        return AXAS_ERR_UNSUPPORTED;
    }
    if (config->features == 0) {
        table->features = cpu->features;
    } else if ((config->features & ~(cpu->features | cpu->switched)) != 0) {
        *why = "the CPU lacks a feature that is asked for";
        return AXAS_ERR_UNSUPPORTED;
    }
    table->physical_bits = axas_narrower(table->physical_bits, cpu->physical_bits);
    return AXAS_OK;
}

/* NULL, or what no configuration may be like. */
static const char *fault_in(const struct axas_table_config *config)
{
    if (config->hal == NULL || config->format == NULL) {
        return "no HAL, or no format";
    }
    if (!hal_is_whole(config->hal)) {
        return "the HAL lacks a function that is required";
    }
    if (config->physical_bits > 64 || config->max_leaf_shift > 63 || config->max_exec_leaf_shift > 63) {
        return "a width or a leaf size of more bits than addresses have";
    }
    if (config->gpa_bits != 0 && config->gpa_bits_least != 0) {
        return "two widths of guest addresses";
    }
    if (config->capabilities != NULL && config->capabilities->format != config->format) {
        return "the capabilities are another format's";
    }
    return NULL;
}

/* The sizes of leaves up to 1 << cap bytes (0: no cap) that the mode and the CPU have, from the smallest up
 * to the first gap: a larger leaf could not be split level by level. */
static uint64_t leaf_sizes(const struct axas_table *table, unsigned cap)
{
    uint64_t sizes = 0;
    for (unsigned i = axas_last_level(table->format) + 1; i-- > table->mode->root_level;) {
        const struct axas_level *level = level_at(table, i);
        bool leaf = (level->kinds >> AXAS_ENTRY_LEAF & 1) != 0;
        if (!leaf || (level->leaf_with & ~table->features) != 0 || (cap != 0 && level->shift > cap)) {
            break;
        }
        sizes |= UINT64_C(1) << level->shift;
    }
    return sizes;
}

/* The levels, among those of leaves that may be, whose groups the features allow. */
static uint8_t groups(const struct axas_table *table)
{
    unsigned levels = 0;
    for (unsigned i = table->mode->root_level; AXAS_CONTIGUOUS && i <= axas_last_level(table->format); i++) {
        const struct axas_level *level = level_at(table, i);
        if (level->group_size != 0 && (level->group_with & ~table->features) == 0) {
            levels |= 1u << i;
        }
    }
    return (uint8_t)levels;
}

/* The first row of each change that this CPU's features select. */
static void resolve_transitions(struct axas_table *table)
{
    const struct axas_format *format = table->format;
    for (unsigned change = 0; change < AXAS_CHANGES; change++) {
        /* What no row speaks of gets the strictest rule. */
        struct axas_transition rule = {(enum axas_change)change, true, false, AXAS_INVALIDATE_ALL, 0, 0};
        for (unsigned i = 0; i < format->transition_count; i++) {
            const struct axas_transition *row = &format->transitions[i];
            if (row->change == rule.change && (row->with & ~table->features) == 0 &&
                (row->without & table->features) == 0) {
                rule = *row;
                break;
            }
        }
        table->change[change] = rule;
    }
}

const struct axas_leaf_code *axas_walk_code_of(struct axas_table *table, axas_attr attr)
{
    if (table->code.attr != attr) {
        struct axas_leaf_code code;
        if (table->format->encode(attr, table->features, &code) != AXAS_OK) {
            return NULL;
        }
        table->code = code;
        table->known.change = NULL;
    }
    return &table->code;
}

/* What leaves are made of most often, once for all. */
static void encode_pages(struct axas_table *table)
{
    unsigned level = axas_last_level(table->format);
    for (axas_attr attr = 1; attr <= AXAS_ACCESS_MASK; attr++) {
        struct axas_leaf_code code;
        if (table->format->encode(attr | AXAS_MEM_NORMAL, table->features, &code) == AXAS_OK) {
            table->page_code.of[attr] = code.at[level];
        }
    }
}

/* The width of the addresses that the tables are made for: where the CPU takes none so wide, the upper part
 * of the root stays empty. */
static uint8_t tree_bits(const struct axas_table *table)
{
    const uint8_t fewest = axas_mode_gpa_bits_min(table->mode, table->features);
    return table->gpa_bits > fewest ? table->gpa_bits : fewest;
}

/* The invalidation that this change of one page asks for, but for the address: in its place are those bits of
 * it that are to be told. With a root. */
static struct axas_invalidation page_invalidation(const struct axas_table *table, enum axas_change kind)
{
    const struct axas_transition *change = &table->change[kind];
    struct axas_invalidation what = {0};
    what.format = table->format;
    what.root = table->root_hpa;
    what.scope = change->scope;
    what.local = change->local;
    what.size = change->scope == AXAS_INVALIDATE_ALL ? 0 : table->page_size;
    what.gpa = axas_gpa_of(0 - what.size);
    what.leaf_size = table->page_size;
    return what;
}

/* On failure *why says what was wrong. */
static enum axas_status make(struct axas_table *table, const struct axas_table_config *config,
                             const char **why)
{
    *why = fault_in(config);
    if (*why != NULL) {
        return AXAS_ERR_INVALID;
    }
    const struct axas_format *format = config->format;
    if (format->entry_bytes == 8 && !AXAS_CPU_MOVES_8_BYTES) {
        *why = "this CPU cannot store entries of 8 bytes at once";
        return AXAS_ERR_UNSUPPORTED;
    }
    struct axas_table made = {0};
    made.hal = config->hal;
    made.format = format;
    enum axas_status status = take_cpu(&made, config, why);
    if (status == AXAS_OK) {
        status = choose_mode(&made, config, why);
    }
    if (status != AXAS_OK) {
        return status;
    }
    made.root_level = made.mode->root_level;
    made.page_shift = level_at(&made, axas_last_level(format))->shift;
    made.table_shift = (uint8_t)(made.page_shift + level_at(&made, axas_last_level(format))->index_bits);
    made.page_empty = level_at(&made, axas_last_level(format))->empty;
    made.page_size = UINT64_C(1) << made.page_shift;
    made.leaf_sizes = leaf_sizes(&made, config->max_leaf_shift);
    made.groups = groups(&made);
    made.first_split = made.root_level + 1u;
    while (made.first_split <= axas_last_level(format) &&
           (made.leaf_sizes >> level_at(&made, made.first_split - 1u)->shift & 1) == 0) {
        made.first_split++;
    }
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        made.reserve[level] = AXAS_RESERVE_PER_LEVEL;
    }
    made.exec_leaf_sizes = made.leaf_sizes & leaf_sizes(&made, config->max_exec_leaf_shift);
    if ((made.exec_leaf_sizes & axas_table_page_size(&made)) == 0) {
        *why = "a cap below the smallest leaf";
        return AXAS_ERR_INVALID;
    }
    made.last = last_of_width(made.gpa_bits);
    axas_walk_forget_leaf_table(&made);
    made.table_pages = UINT64_C(1) << (made.table_shift - made.page_shift);
    if (made.table_pages > made.last >> made.page_shift) {
        made.table_pages = (made.last >> made.page_shift) + 1;
    }
    made.direct_map = made.hal->direct_map_offset;
#ifndef AXAS_DIRECT_MAP_OFFSET
    made.maps_by_call = made.hal->phys_to_virt != NULL;
#endif
    made.translate = made.maps_by_call ? axas_walk_translate : made.mode->translate;
    made.empty_page = made.maps_by_call ? axas_walk_empty_page : made.mode->empty_page;
    made.map_page = made.mode->map_page;
    made.writes_back = made.hal->table_write_back != NULL;
    made.hardware_updates =
        format->hardware_updates_always || (made.features & format->hardware_update_features) != 0;
    made.tables = 1;
    made.table_limit = config->table_limit == 0 ? UINT64_MAX : config->table_limit;
    resolve_transitions(&made);
    encode_pages(&made);
    made.not_in_gpa = ~made.last | (made.page_size - 1);
    made.not_in_hpa = ~last_of_width(made.physical_bits) | (made.page_size - 1);
    made.code.attr = AXAS_NO_CODE;
    made.publishes = made.writes_back || made.hal->barrier != NULL;
    made.announces = made.publishes || made.change[AXAS_CHANGE_MAKE].scope != AXAS_INVALIDATE_NONE;
    made.install = made.maps_by_call || made.publishes ? made.mode->put_page : made.mode->install;

    made.root_size = (uint64_t)format->entry_bytes
                     << (tree_bits(&made) - level_at(&made, made.mode->root_level)->shift);
    if (made.root_size < AXAS_FRAME_SIZE) {
        made.root_size = AXAS_FRAME_SIZE;
    }
    made.root = take_frame(&made, made.root_size);
    if (made.root == NULL) {
        *why = "no memory for the root";
        return AXAS_ERR_NO_MEMORY;
    }
    made.root_hpa = axas_hal_phys(made.hal, made.root);
    made.page_made = page_invalidation(&made, AXAS_CHANGE_MAKE);
    made.page_faulted = page_invalidation(&made, AXAS_CHANGE_FAULT);
    axas_tree_make_empty(&made, made.root, made.root_level, made.root_size / format->entry_bytes);
    publish(&made);
    *table = made;
    return AXAS_OK;
}

enum axas_status axas_table_init(struct axas_table *table, const struct axas_table_config *config)
{
    if (table == NULL || config == NULL) {
        return AXAS_ERR_INVALID;
    }
    const char *why = NULL;
    enum axas_status status = make(table, config, &why);
    if (status != AXAS_OK && config->why != NULL) {
        *config->why = why;
    }
    return status;
}

void axas_table_destroy(struct axas_table *table, axas_release_fn *release, void *context)
{
    if (table == NULL || table->root == NULL) {
        return;
    }
    static const struct axas_transition everything = {AXAS_CHANGE_REMOVE_TABLE, false, false,
                                                      AXAS_INVALIDATE_ALL,      0,     0};
    axas_walk_invalidate(table, &everything, 0, table->last, axas_table_page_size(table));

    axas_tree_free_range(table, table->root, table->root_level, 0, table->last, release, context);
    axas_pool_drain(table, &table->pool);
    axas_walk_free(table, table->root, table->root_size);
    table->root = NULL;
}

/* Ranges, from the root on */

bool axas_walk_visit_range(const struct axas_table *table, uint64_t gpa, uint64_t last, axas_visit_fn *visit,
                           void *context)
{
    const struct axas_visit_request what = {table, visit, context};
    return axas_tree_visit(&what, axas_tree_root_slot(table, gpa), table->mode->root_level, gpa, last);
}

enum axas_status axas_walk_split_need(const struct axas_table *table, uint64_t gpa, uint64_t last,
                                      uint64_t sizes, uint32_t need[AXAS_MAX_LEVELS],
                                      struct axas_walk_start *start)
{
    start->slot = NULL;
    if (last - gpa < table->page_size) {
        return axas_tree_count_page(table, gpa, need, start);
    }
    const struct axas_count_request plan = {table, false, 0, sizes, need};
    return axas_tree_count(&plan, axas_tree_root_slot(table, gpa), table->root_level, gpa, last);
}

/* axas_walk_split_need, as a plan. */
static enum axas_status plan_splits(const struct axas_table *table, uint64_t gpa, uint64_t last,
                                    uint64_t sizes, struct plan *plan, struct axas_walk_start *start)
{
    start_plan(table, plan);
    enum axas_status status = axas_walk_split_need(table, gpa, last, sizes, plan->need, start);
    if (start->slot != NULL) {
        plan->first = start->level + 1; /* the walk to the page ended there */
    }
    return status;
}

void axas_walk_change(struct axas_table *table, const struct axas_walk_start *start, uint64_t gpa,
                      uint64_t last, uint64_t sizes, const struct axas_leaf_code *code,
                      struct axas_gather *gather)
{
    if (code == NULL && start->slot != NULL && start->level == axas_last_level(table->format) &&
        axas_tree_clear_page(table, start->slot, gpa, gather)) {
        return;
    }
    struct axas_known_change none = {NULL, 0, 0};
    bool kept = code != NULL && code->attr == table->code.attr;
    const struct axas_change_request what = {table, sizes, code, gather, kept ? &table->known : &none};
    struct axas_walk_start at = *start;
    if (at.slot == NULL || code == NULL) {
        /* What is emptied may leave its table empty, and then those above. */
        at.slot = axas_tree_root_slot(table, gpa);
        at.level = table->root_level;
    } else if (axas_tree_split_to_page(&what, &at, gpa)) {
        return;
    }
    table->mode->change(&what, at.slot, at.level, gpa, last);
}

/* Exclusive operations */

enum axas_status axas_walk_announce(const struct axas_table *table, const void *slot, uint64_t bytes)
{
    axas_walk_written(table, slot, bytes);
    publish(table);
    return AXAS_OK;
}

/* A function, so that no register is saved for it where there is nothing but to tell. */
static AXAS_OUTLINE void write_and_tell(struct axas_table *table, const void *slot, uint64_t told)
{
    (void)axas_walk_announce(table, slot, table->format->entry_bytes);
    if (table->page_made.scope != AXAS_INVALIDATE_NONE) {
        axas_walk_tell_of_page(table, told);
    }
}

enum axas_status axas_walk_announced_page(struct axas_table *table, const void *slot, uint64_t gpa)
{
    const uint64_t told = table->page_made.size == 0 ? 0 : gpa;
    if (AXAS_LIKELY(!table->publishes)) {
        axas_walk_tell_of_page(table, told);
    } else {
        write_and_tell(table, slot, told);
    }
    return AXAS_OK;
}

static enum axas_status map(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                            axas_attr attr)
{
    enum axas_status status = check_leaves(table, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr);
    if (status != AXAS_OK) {
        return status;
    }
    const struct axas_leaf_code *code = axas_walk_code_of(table, attr);
    if (code == NULL) {
        return AXAS_ERR_UNSUPPORTED;
    }
    uint64_t last = gpa + (size - 1);
    uint64_t sizes = axas_table_leaf_sizes(table, attr);
    struct plan plan;
    start_plan(table, &plan);
    const struct axas_count_request range = {table, true, hpa - gpa, sizes, plan.need};
    void *slot = axas_tree_root_slot(table, gpa);
    status = axas_tree_count(&range, slot, table->mode->root_level, gpa, last);
    if (status == AXAS_OK) {
        status = prepare_beside_reserve(table, &plan);
    }
    if (status != AXAS_OK) {
        return status;
    }
    const struct axas_map_request what = {table, hpa - gpa, sizes, code};
    table->mode->map(&what, slot, table->mode->root_level, gpa, last, true);
    restore_reserve(table, &plan);
    publish(table);
    axas_walk_invalidate(table, &table->change[AXAS_CHANGE_MAKE], gpa, size, table->page_size);
    return AXAS_OK;
}

enum axas_status axas_table_map(struct axas_table *table, axas_gpa gpa, axas_hpa hpa, uint64_t size,
                                axas_attr attr)
{
    if (AXAS_UNLIKELY(table == NULL)) {
        return AXAS_ERR_INVALID;
    }
    return table->map_page(table, gpa.raw, hpa.raw, size, attr);
}

enum axas_status axas_table_unmap(struct axas_table *table, axas_gpa gpa, uint64_t size,
                                  struct axas_gather *gather)
{
    if (gather == NULL) {
        return AXAS_ERR_INVALID;
    }
    enum axas_status status = check_guest(table, gpa, size);
    if (status != AXAS_OK) {
        return status;
    }
    uint64_t last = gpa.raw + (size - 1);
    struct plan plan;
    struct axas_walk_start start;
    status = plan_splits(table, gpa.raw, last, UINT64_MAX, &plan, &start);
    if (status == AXAS_OK) {
        status = prepare_from_reserve(table, &plan);
    }
    if (status != AXAS_OK) {
        return status;
    }
    axas_walk_change(table, &start, gpa.raw, last, UINT64_MAX, NULL, gather);
    restore_reserve(table, &plan);
    publish(table);
    return AXAS_OK;
}

enum axas_status axas_table_protect(struct axas_table *table, axas_gpa gpa, uint64_t size, axas_attr attr,
                                    struct axas_gather *gather)
{
    if (gather == NULL || (attr & ~AXAS_ATTR_MASK) != 0) {
        return AXAS_ERR_INVALID;
    }
    enum axas_status status = check_guest(table, gpa, size);
    if (status != AXAS_OK) {
        return status;
    }
    const struct axas_leaf_code *code = axas_walk_code_of(table, attr);
    if (code == NULL) {
        return AXAS_ERR_UNSUPPORTED;
    }
    uint64_t last = gpa.raw + (size - 1);
    uint64_t sizes = axas_table_leaf_sizes(table, attr);
    struct plan plan;
    struct axas_walk_start start;
    status = plan_splits(table, gpa.raw, last, sizes, &plan, &start);
    if (status == AXAS_OK) {
        status = prepare_beside_reserve(table, &plan);
    }
    if (status != AXAS_OK) {
        return status;
    }
    axas_walk_change(table, &start, gpa.raw, last, sizes, code, gather);
    restore_reserve(table, &plan);
    publish(table);
    return AXAS_OK;
}

static AXAS_OUTLINE enum axas_status fill_reserve(struct axas_table *table)
{
    unsigned end = axas_last_level(table->format) + 1;
    for (unsigned level = table->first_split; level < end; level++) {
        if (!pool_raise(table, &table->pool, level, table->reserve[level])) {
            return AXAS_ERR_NO_MEMORY;
        }
    }
    return AXAS_OK;
}

enum axas_status axas_table_reserve(struct axas_table *table)
{
    if (table == NULL) {
        return AXAS_ERR_INVALID;
    }
    unsigned end = axas_last_level(table->format) + 1;
    for (unsigned level = table->first_split; level < end; level++) {
        if (table->pool.count[level] < table->reserve[level]) {
            return fill_reserve(table);
        }
    }
    return AXAS_OK;
}

enum axas_status axas_table_root(struct axas_table *table, uint32_t vmid, struct axas_root *root)
{
    if (table == NULL || root == NULL) {
        return AXAS_ERR_INVALID;
    }
    struct axas_root_request request;
    request.mode = table->mode;
    request.root = table->root_hpa;
    request.vmid = vmid;
    request.gpa_bits = tree_bits(table);
    request.physical_bits = table->physical_bits;
    request.features = table->features;
    struct axas_root made = {0};
    enum axas_status status = table->format->root_encode(&request, made.register_value);
    if (status != AXAS_OK) {
        return status;
    }
    made.root = table->root_hpa;
    made.mode = table->mode;
    made.levels = table->mode->level_count;
    made.gpa_bits = table->gpa_bits;
    made.vmid = vmid;
    made.register_count = table->format->root_register_count;
    made.register_name = table->format->root_registers;
    table->vmid = vmid;
    table->page_made.vmid = vmid;
    *root = made;
    return AXAS_OK;
}

/* Shared operations */

enum axas_status axas_walk_found(const struct axas_table *table, unsigned level, uint64_t entry, uint64_t gpa,
                                 struct axas_leaf *leaf)
{
    uint64_t size = UINT64_C(1) << level_at(table, level)->shift;
    leaf->kind = AXAS_ENTRY_EMPTY;
    leaf->level = level;
    leaf->gpa = axas_gpa_of(gpa & ~(size - 1));
    leaf->size = size;
    leaf->group = size;
    const struct axas_shape *shape = &table->format->shape[level];
    if (axas_in_group(shape, entry)) {
        leaf->group = shape->group_size;
        entry = axas_tree_alone(table, gpa);
    }
    leaf->entry = entry;
    if (entry == level_at(table, level)->empty) {
        return AXAS_ERR_NOT_MAPPED;
    }
    return table->format->leaf_read(level, entry, table->features, leaf);
}

enum axas_status axas_walk_query(const struct axas_table *table, uint64_t gpa, struct axas_leaf *leaf)
{
    unsigned level;
    uint64_t entry;
    (void)table->mode->find(table, gpa, &level, &entry);
    return axas_walk_found(table, level, entry, gpa, leaf);
}

const struct axas_transition *axas_walk_change_of(const struct axas_table *table, unsigned level,
                                                  uint64_t entry, axas_attr attr)
{
    struct axas_leaf old;
    enum axas_status status = table->format->leaf_read(level, entry, table->features, &old);
    enum axas_change change = AXAS_CHANGE_PERMISSIONS_MORE;
    if ((attr & AXAS_ACCESS_MASK) == 0) {
        change = AXAS_CHANGE_REMOVE_LEAF;
    } else if (table->format->entry_kind(level, entry) == AXAS_ENTRY_HELD) {
        change = AXAS_CHANGE_MAKE;
    } else if (status != AXAS_OK || ((old.attr ^ attr) & AXAS_MEM_MASK) != 0) {
        change = AXAS_CHANGE_MEMORY_TYPE;
    } else if ((old.attr & ~attr) != 0) {
        change = AXAS_CHANGE_PERMISSIONS_LESS;
    }
    return &table->change[change];
}

enum axas_status axas_table_query(const struct axas_table *table, axas_gpa gpa, struct axas_leaf *leaf)
{
    if (table == NULL || leaf == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (gpa.raw > table->last) {
        return AXAS_ERR_RANGE;
    }
    struct axas_leaf found;
    enum axas_status status = axas_walk_query(table, gpa.raw, &found);
    if (status == AXAS_OK) {
        *leaf = found;
    }
    return status;
}

void *axas_walk_empty_page(const struct axas_table *table, uint64_t gpa)
{
    unsigned level;
    uint64_t entry;
    void *slot = table->mode->find(table, gpa, &level, &entry);
    return level == axas_last_level(table->format) && entry == table->page_empty ? slot : NULL;
}

uint64_t axas_walk_translate(const struct axas_table *table, uint64_t gpa)
{
    struct axas_leaf leaf;
    enum axas_status status = axas_walk_query(table, gpa, &leaf);
    if (status == AXAS_OK && leaf.kind != AXAS_ENTRY_LEAF) {
        status = AXAS_ERR_NOT_MAPPED;
    }
    return status == AXAS_OK ? leaf.hpa.raw + (gpa - leaf.gpa.raw) : AXAS_NO_HPA_BUT(status);
}

uint64_t axas_walk_translate_any(const struct axas_table *table, axas_gpa gpa)
{
    axas_hpa hpa;
    enum axas_status status = axas_table_translate(table, gpa, &hpa);
    return status == AXAS_OK ? hpa.raw : AXAS_NO_HPA_BUT(status);
}

extern inline enum axas_status axas_table_translate(const struct axas_table *table, axas_gpa gpa,
                                                    axas_hpa *hpa);

axas_hpa axas_walk_translate_one(const struct axas_table *table, axas_gpa gpa)
{
    axas_hpa hpa = {AXAS_NO_HPA};
    (void)axas_table_translate(table, gpa, &hpa);
    return hpa;
}

void axas_walk_translate_each(const struct axas_table *table, const axas_gpa *gpas, axas_hpa *hpas,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hpas[i] = axas_walk_translate_one(table, gpas[i]);
    }
}

enum axas_status axas_table_translate_batch(const struct axas_table *table, const axas_gpa *gpas,
                                            axas_hpa *hpas, size_t count)
{
    if (table == NULL || gpas == NULL || hpas == NULL) {
        return AXAS_ERR_INVALID;
    }
    table->mode->translate_batch(table, gpas, hpas, count);
    return AXAS_OK;
}

enum axas_status axas_table_visit(const struct axas_table *table, axas_gpa gpa, uint64_t size,
                                  axas_visit_fn *visit, void *context)
{
    if (visit == NULL) {
        return AXAS_ERR_INVALID;
    }
    enum axas_status status = check_guest(table, gpa, size);
    if (status == AXAS_OK) {
        (void)axas_walk_visit_range(table, gpa.raw, gpa.raw + (size - 1), visit, context);
    }
    return status;
}

static enum axas_status install(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                axas_attr attr, struct axas_pool *pool)
{
    struct axas_leaf_code code;
    enum axas_status status = check_leaves(table, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr);
    if (status == AXAS_OK) {
        status = table->format->encode(attr, table->features, &code);
    }
    if (status != AXAS_OK) {
        return status;
    }
    if ((size & (size - 1)) != 0 || (size & axas_table_leaf_sizes(table, attr)) == 0) {
        return AXAS_ERR_UNSUPPORTED;
    }
    if (((gpa | hpa) & (size - 1)) != 0) {
        return AXAS_ERR_ALIGN;
    }
    unsigned level = table->mode->root_level;
    while (UINT64_C(1) << level_at(table, level)->shift != size) {
        level++;
    }
    return axas_tree_install(table, gpa, hpa, level, &code, pool);
}

enum axas_status axas_walk_put(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                               axas_attr attr, struct axas_pool *pool)
{
    if (axas_walk_page_code(table, hpa, size, attr, table->page_size) != 0 &&
        (gpa & table->not_in_gpa) == 0) {
        return axas_walk_put_page(table, gpa, hpa, size, attr, pool);
    }
    return pool != NULL ? install(table, gpa, hpa, size, attr, pool) : map(table, gpa, hpa, size, attr);
}

enum axas_status axas_table_install(struct axas_table *table, axas_gpa gpa, axas_hpa hpa, uint64_t size,
                                    axas_attr attr, struct axas_pool *pool)
{
    if (AXAS_UNLIKELY(table == NULL || pool == NULL)) {
        return AXAS_ERR_INVALID;
    }
    return table->install(table, gpa.raw, hpa.raw, size, attr, pool);
}

enum axas_status axas_pool_fill(struct axas_table *table, struct axas_pool *pool, unsigned hole_level,
                                unsigned level)
{
    if (table == NULL || pool == NULL || hole_level < table->mode->root_level ||
        level > axas_last_level(table->format)) {
        return AXAS_ERR_INVALID;
    }
    if (level > hole_level && !axas_walk_within_limit(table, level - hole_level)) {
        return AXAS_ERR_NO_MEMORY;
    }
    for (unsigned i = hole_level + 1; i <= level; i++) {
        if (!pool_raise(table, pool, i, (uint64_t)pool->count[i] + 1)) {
            return AXAS_ERR_NO_MEMORY;
        }
    }
    return AXAS_OK;
}

void axas_pool_drain(struct axas_table *table, struct axas_pool *pool)
{
    if (table != NULL && pool != NULL) {
        for (unsigned level = 0; level < table->format->level_count; level++) {
            pool_trim(table, pool, level, 0);
        }
    }
}

void axas_table_after_conflict(const struct axas_table *table)
{
    static const struct axas_transition everything_here = {AXAS_CHANGE_FAULT,   false, true,
                                                           AXAS_INVALIDATE_ALL, 0,     0};
    axas_walk_invalidate(table, &everything_here, 0, table->last, table->page_size);
}

void axas_table_after_fault(const struct axas_table *table, axas_gpa gpa)
{
    if (table->page_faulted.scope != AXAS_INVALIDATE_NONE) {
        struct axas_invalidation what = {0};
        axas_tree_forget_fault(table, gpa.raw, &what);
    }
}

enum axas_status axas_fault_decode(const struct axas_format *format,
                                   const uint64_t registers[AXAS_MAX_FAULT_REGISTERS],
                                   struct axas_fault *fault)
{
    if (format == NULL || registers == NULL || fault == NULL) {
        return AXAS_ERR_INVALID;
    }
    struct axas_fault decoded = {0};
    decoded.level = AXAS_LEVEL_UNKNOWN;
    enum axas_status status = format->fault_decode(registers, &decoded);
    if (status == AXAS_OK) {
        *fault = decoded;
    }
    return status;
}
