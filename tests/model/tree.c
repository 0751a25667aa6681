/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"
#include "entry.h"
#include "groups.h"
#include "rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tree_poke(const struct axas_format *format, const struct tree_leaf *leaf, uint64_t set, uint64_t clear)
{
    entry_write(format, leaf->slot, (entry_read(format, leaf->slot) & ~clear) | set);
}

uint64_t tree_table_bytes(const struct axas_format *format, unsigned level)
{
    uint64_t bytes = (uint64_t)format->entry_bytes << format->levels[level].index_bits;
    uint64_t size = AXAS_FRAME_SIZE;
    while (size < bytes) {
        size *= 2;
    }
    return size;
}

static void mix(struct tree *tree, uint64_t value)
{
    tree->hash = (tree->hash ^ value) * UINT64_C(0x100000001b3);
    tree->hash ^= tree->hash >> 29;
}

static struct tree_leaf *add(struct tree *tree)
{
    if (tree->count == tree->room) {
        tree->room = tree->room == 0 ? 1024 : 2 * tree->room;
        tree->leaf = realloc(tree->leaf, tree->room * sizeof *tree->leaf);
        if (tree->leaf == NULL) {
            abort();
        }
    }
    return &tree->leaf[tree->count++];
}

static bool ill(struct tree *tree, unsigned level, uint64_t gpa, uint64_t entry, const char *what)
{
    (void)snprintf(tree->problem, sizeof tree->problem, "level %u gpa 0x%" PRIx64 " entry 0x%" PRIx64 ": %s",
                   level, gpa, entry, what);
    return false;
}

/* What the leaves of one contiguous group have in common. */
struct group {
    uint64_t number;
    axas_attr attr;
    uint64_t hpa;   /* where its memory begins */
    uint64_t flags; /* that say accessed and dirty, if any leaf of it is */
    bool accessed, dirty;
};

/* Every entry of the group is a leaf of it, of one attribute, and leads to one piece of memory, aligned like
 * it. */
static bool read_group(struct tree *tree, const struct axas_table *table, unsigned level, const uint8_t *slot,
                       uint64_t gpa, const struct group_fact *fact, struct group *group)
{
    const struct axas_format *format = table->format;
    const struct axas_level *at = &format->levels[level];
    uint64_t span = UINT64_C(1) << at->shift;
    group->flags = 0;
    group->accessed = false;
    group->dirty = false;
    if ((axas_feature_find(format, fact->with) & table->features) == 0) {
        return ill(tree, level, gpa, 0, "a contiguous group that was not asked for");
    }
    for (unsigned i = 0; i < fact->leaves; i++) {
        uint64_t entry = entry_read(format, slot + (size_t)i * format->entry_bytes);
        struct axas_leaf leaf = {0};
        if (group_of(format, level, entry) == 0 ||
            format->leaf_read(level, entry, table->features, &leaf) != AXAS_OK) {
            return ill(tree, level, gpa + i * span, entry, "no leaf of the contiguous group that it is in");
        }
        uint64_t hpa = fact->instead != 0 ? leaf.hpa.raw : leaf.hpa.raw - i * span;
        group->attr = i == 0 ? leaf.attr : group->attr;
        group->hpa = i == 0 ? hpa : group->hpa;
        group->flags |= entry & (at->dirty_mask | rules_marks(format, table->features, level, entry, true));
        group->accessed = group->accessed || leaf.accessed;
        group->dirty = group->dirty || leaf.dirty;
        if (leaf.attr != group->attr || hpa != group->hpa || hpa % (fact->leaves * span) != 0) {
            return ill(tree, level, gpa + i * span, entry, "another attribute or place than the group's");
        }
        if ((entry & fact->instead) != fact->pattern) {
            return ill(tree, level, gpa + i * span, entry, "not the pattern of the group's size");
        }
    }
    return true;
}

static bool read_table(struct tree *tree, const struct axas_table *table, unsigned level, uint64_t hpa,
                       uint64_t base)
{
    const struct axas_format *format = table->format;
    const struct axas_level *at = &format->levels[level];
    bool root = level == table->mode->root_level;
    unsigned last_level = table->mode->root_level + table->mode->level_count - 1u;
    unsigned index_bits = root ? table->gpa_bits - at->shift : at->index_bits;
    unsigned physical = table->physical_bits;
    uint8_t *bytes = axas_hal_virt(table->hal, axas_hpa_of(hpa));
    size_t used = 0;
    const struct group_fact *fact = groups_at(format, level);
    struct group group = {UINT64_MAX, 0, 0, 0, false, false};

    tree->tables++;
    tree->bytes += root ? table->root_size : tree_table_bytes(format, level);
    for (uint64_t i = 0; i < UINT64_C(1) << index_bits; i++) {
        uint8_t *slot = bytes + i * format->entry_bytes;
        uint64_t entry = entry_read(format, slot);
        uint64_t gpa = base + (i << at->shift);
        if (entry == at->empty) {
            continue;
        }
        used++;
        mix(tree, gpa + level);
        mix(tree, entry);
        enum axas_entry_kind kind = format->entry_kind(level, entry);
        if (kind == AXAS_ENTRY_BAD || kind == AXAS_ENTRY_EMPTY) {
            return ill(tree, level, gpa, entry, "no kind of entry that may be here");
        }
        if (!format->entry_valid(level, entry, table->features, physical)) {
            return ill(tree, level, gpa, entry, "the manual does not allow this entry");
        }
        if (kind == AXAS_ENTRY_TABLE) {
            if (level >= last_level) {
                return ill(tree, level, gpa, entry, "a table below the last level");
            }
            if (!read_table(tree, table, level + 1u, format->entry_hpa(level, entry), gpa)) {
                return false;
            }
            continue;
        }
        struct axas_leaf decoded = {0};
        if (format->leaf_read(level, entry, table->features, &decoded) != AXAS_OK) {
            return ill(tree, level, gpa, entry, "a leaf that cannot be read back");
        }
        uint64_t size = group_of(format, level, entry);
        uint64_t memory = format->entry_hpa(level, entry);
        if (size != 0) {
            uint64_t first = i - i % fact->leaves;
            if (group.number != first && !read_group(tree, table, level, bytes + first * format->entry_bytes,
                                                     base + (first << at->shift), fact, &group)) {
                return false;
            }
            group.number = first;
            decoded.hpa.raw = memory = group_hpa(format, level, entry, gpa);
            entry = (entry & ~fact->mark) | fact->unmark | group.flags;
            if (fact->instead != 0) {
                entry = (entry & ~fact->instead) | (i - first) * (fact->instead & (0 - fact->instead));
            }
            decoded.accessed = group.accessed;
            decoded.dirty = group.dirty;
        }
        struct tree_leaf *leaf = add(tree);
        leaf->group = size;
        leaf->gpa = gpa;
        leaf->last = gpa + ((UINT64_C(1) << at->shift) - 1u);
        leaf->hpa = memory;
        leaf->entry = entry;
        leaf->level = level;
        leaf->kind = kind;
        leaf->attr = decoded.attr;
        leaf->accessed = decoded.accessed;
        leaf->dirty = decoded.dirty;
        leaf->slot = slot;
        if (leaf->hpa & (leaf->last - leaf->gpa)) {
            return ill(tree, level, gpa, entry, "a leaf whose output address is not aligned to its size");
        }
        if (decoded.kind != kind || decoded.hpa.raw != leaf->hpa) {
            return ill(tree, level, gpa, entry, "leaf_read disagrees with entry_kind or entry_hpa");
        }
        if ((kind == AXAS_ENTRY_HELD) != ((leaf->attr & AXAS_ACCESS_MASK) == 0)) {
            return ill(tree, level, gpa, entry, "held is not the same as without access");
        }
    }
    if (used == 0 && !root) {
        return ill(tree, level, base, 0, "an empty table that is not the root");
    }
    return true;
}

bool tree_read(struct tree *tree, const struct axas_table *table)
{
    tree->count = 0;
    tree->tables = 0;
    tree->bytes = 0;
    tree->hash = UINT64_C(0xcbf29ce484222325);
    tree->problem[0] = '\0';
    if (axas_hal_virt(table->hal, table->root_hpa) != table->root) {
        return ill(tree, table->mode->root_level, 0, table->root_hpa.raw, "root and root_hpa differ");
    }
    if (!read_table(tree, table, table->mode->root_level, table->root_hpa.raw, 0)) {
        return false;
    }
    if (tree->tables != table->tables) {
        (void)snprintf(tree->problem, sizeof tree->problem,
                       "%" PRIu64 " tables are linked, %" PRIu64 " are counted", tree->tables, table->tables);
        return false;
    }
    return true;
}

void tree_free(struct tree *tree)
{
    free(tree->leaf);
    memset(tree, 0, sizeof *tree);
}
