/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"
#include "groups.h"

#include <axas/hosted_config.h>
#include <axas/walk.h>

#include <string.h>

static uint64_t *bytes_at(const struct scene *s, uint64_t hpa)
{
    return axas_hal_virt(&s->hal, axas_hpa_of(hpa));
}

static uint64_t take(struct scene *s, uint64_t size, enum axas_frame_use use)
{
    axas_hpa frame = {0};
    cr_assert(s->hal.frame_alloc(s->hal.context, size, use, &frame), "the arena is full");
    return frame.raw;
}

static uint64_t features_of(const struct axas_format *format, const char *names)
{
    uint64_t features = 0;
    char list[128];
    cr_assert_lt(strlen(names), sizeof list);
    strcpy(list, names);
    for (char *name = strtok(list, " "); name != NULL; name = strtok(NULL, " ")) {
        uint64_t bit = axas_feature_find(format, name);
        cr_assert_neq(bit, 0, "%s has no feature %s", format->name, name);
        features |= bit;
    }
    return features;
}

uint64_t entries(const struct scene *s)
{
    return UINT64_C(1) << s->format->levels[s->last].index_bits;
}

uint64_t empty(const struct scene *s, unsigned level)
{
    return s->format->levels[level].empty;
}

uint64_t leaf(const struct scene *s, unsigned level, uint64_t hpa, axas_attr attr)
{
    struct axas_leaf_code code;
    cr_assert_eq(s->format->encode(attr, s->table.features, &code), AXAS_OK);
    return s->format->leaf_make(level, hpa, &code) | s->software | s->marks;
}

uint64_t link_to(const struct scene *s, unsigned level, uint64_t table)
{
    return s->format->table_make(level, table);
}

uint64_t slot(const struct scene *s, unsigned level, uint64_t index)
{
    return s->at[level] + index * s->format->entry_bytes;
}

uint64_t gpa_of(const struct scene *s, unsigned level, uint64_t index)
{
    return index << s->format->levels[level].shift;
}

uint64_t alone(const struct scene *s, uint64_t index, axas_attr attr)
{
    return leaf(s, s->last, s->group_hpa + (index - s->group) * s->page, attr);
}

uint64_t together(const struct scene *s, uint64_t index, axas_attr attr)
{
    const struct group_fact *fact = groups_at(s->format, s->last);
    return (alone(s, index, attr) & ~(fact->instead | fact->unmark)) | fact->pattern | fact->mark;
}

uint64_t look(const struct scene *s, uint64_t slot)
{
    return *bytes_at(s, slot);
}

void put_unseen(struct scene *s, uint64_t slot, uint64_t value)
{
    *bytes_at(s, slot) = value;
}

void put(struct scene *s, uint64_t slot, uint64_t value)
{
    AXAS_STORE(bytes_at(s, slot), value);
}

void swap(struct scene *s, uint64_t slot, uint64_t value)
{
    uint64_t old = look(s, slot);
    cr_assert(AXAS_COMPARE_EXCHANGE(bytes_at(s, slot), &old, value));
}

void put_halves(struct scene *s, uint64_t slot, uint64_t value)
{
    uint32_t *half = (uint32_t *)(void *)bytes_at(s, slot);
    AXAS_STORE(half, (uint32_t)value);
    AXAS_STORE(half + 1, (uint32_t)(value >> 32));
}

void back(struct scene *s, uint64_t slot, uint64_t count)
{
    s->hal.table_write_back(s->hal.context, bytes_at(s, slot), count * s->format->entry_bytes);
}

void change(struct scene *s, uint64_t slot, uint64_t value)
{
    put(s, slot, value);
    back(s, slot, 1);
}

void barrier(struct scene *s)
{
    s->hal.barrier(s->hal.context);
}

static void invalidate(struct scene *s, enum axas_invalidate_scope scope, bool local, uint64_t gpa,
                       uint64_t size, uint64_t step)
{
    bool all = scope == AXAS_INVALIDATE_ALL;
    struct axas_invalidation what = {
        .format = s->format,
        .root = axas_hpa_of(s->root),
        .vmid = s->vmid,
        .scope = scope,
        .local = local,
        .gpa = axas_gpa_of(all ? 0 : gpa),
        .size = all ? 0 : size,
        .leaf_size = step,
    };
    s->hal.invalidate(s->hal.context, &what);
}

void forget(struct scene *s, enum axas_invalidate_scope scope, uint64_t gpa, uint64_t size, uint64_t step)
{
    invalidate(s, scope, false, gpa, size, step);
}

void forget_here(struct scene *s, enum axas_invalidate_scope scope, uint64_t gpa, uint64_t size,
                 uint64_t step)
{
    invalidate(s, scope, true, gpa, size, step);
}

void settle(struct scene *s, uint64_t gpa, uint64_t size)
{
    barrier(s);
    forget_here(s, AXAS_INVALIDATE_LEAF, gpa, size, s->page);
}

uint64_t take_table(struct scene *s, unsigned level)
{
    return take(s, tree_table_bytes(s->format, level), AXAS_FRAME_TABLE);
}

uint64_t take_page(struct scene *s)
{
    return take(s, s->page, AXAS_FRAME_GUEST);
}

void give_table(struct scene *s, uint64_t table, unsigned level)
{
    s->hal.frame_free(s->hal.context, axas_hpa_of(table), tree_table_bytes(s->format, level),
                      AXAS_FRAME_TABLE);
}

void give_page(struct scene *s, uint64_t page)
{
    s->hal.frame_free(s->hal.context, axas_hpa_of(page), s->page, AXAS_FRAME_GUEST);
}

void clear_page(struct scene *s, uint64_t page)
{
    memset(bytes_at(s, page), 0, (size_t)s->page);
}

void publish(struct scene *s, uint64_t page, axas_attr attr)
{
    s->hal.frame_publish(s->hal.context, axas_hpa_of(page), s->page, attr);
}

void fill(struct scene *s, uint64_t table, uint64_t count, bool inherit)
{
    uint64_t lost = inherit ? 0 : s->software | s->marks;
    for (uint64_t i = 0; i < entries(s); i++) {
        uint64_t value = leaf(s, s->last, s->block_hpa + i * s->page, RW) & ~lost;
        put(s, table + i * s->format->entry_bytes, i < count ? value : empty(s, s->last));
    }
}

static uint64_t new_table(struct scene *s, unsigned level)
{
    uint64_t table = take_table(s, level);
    for (uint64_t i = 0; i < UINT64_C(1) << s->format->levels[level].index_bits; i++) {
        put_unseen(s, table + i * s->format->entry_bytes, empty(s, level));
    }
    return table;
}

void scene_open(struct scene *s, const struct machine *machine, bool device)
{
    memset(s, 0, sizeof *s);
    s->machine = machine;
    s->format = axas_format_find(machine->format);
    cr_assert_not_null(s->format, "no format %s in this build", machine->format);
    cr_assert(s->format->entry_bytes == 8 && !s->format->big_endian);
    struct axas_hosted_config hosted = {.count_errors = true};
    s->arena = axas_hosted_create(&hosted);
    cr_assert_not_null(s->arena);
    s->hal = *axas_hosted_hal(s->arena);
    struct axas_table_config config = {
        .hal = &s->hal, .format = s->format, .features = features_of(s->format, machine->features)};
    cr_assert_eq(axas_table_init(&s->table, &config), AXAS_OK);

    s->root = s->table.root_hpa.raw;
    s->last = s->table.mode->root_level + s->table.mode->level_count - 1u;
    s->above = s->last - 1u;
    s->page = UINT64_C(1) << s->format->levels[s->last].shift;
    s->block = UINT64_C(1) << s->format->levels[s->above].shift;
    s->software = s->format->levels[s->last].software_mask & s->format->levels[s->above].software_mask;
    s->marks = s->format->levels[s->last].accessed_mask | s->format->levels[s->last].dirty_mask;
    cr_assert(s->software != 0 && s->marks != 0);
    s->at[s->table.mode->root_level] = s->root;
    for (unsigned level = s->table.mode->root_level; level < s->last; level++) {
        s->at[level + 1u] = new_table(s, level + 1u);
        put_unseen(s, slot(s, level, 0), link_to(s, level, s->at[level + 1u]));
    }
    for (unsigned i = 0; i < 4; i++) {
        s->page_hpa[i] = take_page(s);
        put_unseen(s, slot(s, s->last, i), leaf(s, s->last, s->page_hpa[i], RW));
    }
    s->block_hpa = 16 * s->block;
    put_unseen(s, slot(s, s->above, 1), leaf(s, s->above, s->block_hpa, RW));
    const struct group_fact *fact = groups_at(s->format, s->last);
    if (fact != NULL && (s->table.features & features_of(s->format, fact->with)) != 0) {
        s->group = fact->leaves;
        s->group_hpa = 17 * s->block;
        for (uint64_t i = s->group; i < 2 * s->group; i++) {
            put_unseen(s, slot(s, s->last, i), together(s, i, RW));
        }
    }
    s->order = order_new(&s->table, s->arena, device);
    order_begin(s->order);
}

void scene_close(struct scene *s, enum order_rule expected)
{
    char problem[200] = "nothing";
    bool good = order_end(s->order, false, problem);
    axas_hosted_set_reader(0);
    cr_expect_eq(good, expected == ORDER_KEPT, "%s [%s]: %s", s->machine->format, s->machine->features,
                 problem);
    cr_expect_eq(order_broken(s->order), expected, "%s [%s]: rule %d, expected %d: %s", s->machine->format,
                 s->machine->features, (int)order_broken(s->order), (int)expected, problem);
    order_free(s->order);
    (void)axas_hosted_destroy(s->arena); /* the scene is torn down as it is; bad sequences leave it broken */
}
