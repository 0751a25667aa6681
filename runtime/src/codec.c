/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/codec.h>

static bool asks(const struct axas_code_row *row, uint64_t features)
{
    return (features & row->asks) == row->with;
}

/* The first row for that attribute; `count` if there is none. */
static size_t row_for(const struct axas_code_table *table, axas_attr attr, uint64_t features)
{
    size_t i = 0;

    while (i < table->count && (table->rows[i].attr != attr || !asks(&table->rows[i], features))) {
        i++;
    }
    return i;
}

enum axas_status axas_codec_encode(const struct axas_codec *codec, axas_attr attr, uint64_t features,
                                   struct axas_leaf_code *code)
{
    const axas_attr wanted = attr & AXAS_ACCESS_MASK;
    const size_t access = row_for(&codec->access, wanted, features);
    const size_t memory = row_for(&codec->memory, attr & AXAS_MEM_MASK, features);
    const uint64_t *const access_codes = codec->access.codes + access * codec->leaf_classes;
    const uint64_t *const memory_codes = codec->memory.codes + memory * codec->leaf_classes;

    if ((attr & ~AXAS_ATTR_MASK) != 0 || memory == codec->memory.count ||
        (access == codec->access.count && wanted != 0)) {
        return AXAS_ERR_UNSUPPORTED;
    }
    code->attr = attr;
    for (unsigned level = 0; level < codec->level_count; level++) {
        const struct axas_shape *const shape = &codec->shape[level];
        uint64_t entry = memory_codes[shape->leaf_class] & shape->memory_mask;

        if (access == codec->access.count) {
            entry |= shape->held;
        } else {
            entry |= shape->leaf | (access_codes[shape->leaf_class] & shape->access_mask);
        }
        if (codec->accessed_when_new && (features & codec->accessed_features) == 0) {
            entry |= shape->accessed;
        }
        if (codec->dirty_when_new && (features & codec->dirty_features) == 0) {
            entry |= shape->dirty;
        }
        code->at[level] = entry;
    }
    return AXAS_OK;
}

/* The row that sets that code in leaves of that class; NULL if there is none. */
static const struct axas_code_row *row_with(const struct axas_codec *codec,
                                            const struct axas_code_table *table, uint64_t code,
                                            unsigned leaf_class, uint64_t features)
{
    const uint64_t *at = table->codes + leaf_class;

    for (size_t i = 0; i < table->count; i++, at += codec->leaf_classes) {
        if (*at == code && asks(&table->rows[i], features)) {
            return &table->rows[i];
        }
    }
    return NULL;
}

enum axas_status axas_codec_leaf_read(const struct axas_codec *codec, unsigned level,
                                      enum axas_entry_kind kind, uint64_t entry, uint64_t hpa,
                                      uint64_t features, struct axas_leaf *leaf)
{
    const struct axas_shape *const shape = &codec->shape[level];
    const struct axas_code_row *access = NULL, *memory;

    if (kind != AXAS_ENTRY_LEAF && kind != AXAS_ENTRY_HELD) {
        return AXAS_ERR_CORRUPT;
    }
    memory = row_with(codec, &codec->memory, entry & shape->memory_mask, shape->leaf_class, features);
    if (kind == AXAS_ENTRY_LEAF) {
        access = row_with(codec, &codec->access, entry & shape->access_mask, shape->leaf_class, features);
    }
    if (memory == NULL || (access == NULL && kind == AXAS_ENTRY_LEAF)) {
        return AXAS_ERR_CORRUPT;
    }
    leaf->attr = memory->attr | (access != NULL ? access->attr : 0);
    leaf->accessed = (entry & shape->accessed) != 0;
    leaf->dirty = (entry & shape->dirty) != 0;
    if (access != NULL && (codec->tells_written || (features & codec->written_features) != 0)) {
        leaf->dirty = leaf->dirty || (entry & shape->written) != 0;
    }
    leaf->kind = kind;
    leaf->level = level;
    leaf->entry = entry;
    leaf->hpa = axas_hpa_of(hpa);
    return AXAS_OK;
}

bool axas_codec_entry_valid(const struct axas_codec *codec, unsigned level, uint64_t entry, uint64_t features,
                            unsigned physical_bits)
{
    const enum axas_entry_kind kind = codec->kind(level, entry);
    const uint64_t hpa = codec->hpa(level, entry);
    const struct axas_shape *const shape = &codec->shape[level];
    const struct axas_kind_rule *rule;
    struct axas_leaf leaf;

    if (kind == AXAS_ENTRY_EMPTY || kind == AXAS_ENTRY_BAD) {
        return kind == AXAS_ENTRY_EMPTY;
    }
    if (axas_in_group(shape, entry)) {
        if ((features & shape->group_with) != shape->group_with ||
            (entry & shape->group_cover) != shape->group_pattern) {
            return false;
        }
        entry ^= shape->group_flip;
    }
    rule = &codec->rules[level][kind - AXAS_ENTRY_TABLE];
    if ((entry & rule->reserved) != rule->fixed || (features & rule->asks) != rule->with) {
        return false;
    }
    if (physical_bits < codec->output_bits && hpa >> physical_bits != 0) {
        return false;
    }
    return kind == AXAS_ENTRY_TABLE ||
           axas_codec_leaf_read(codec, level, kind, entry, hpa, features, &leaf) == AXAS_OK;
}

uint64_t axas_codec_entry_used(const struct axas_codec *codec, unsigned level, enum axas_entry_kind kind)
{
    const bool present = kind >= AXAS_ENTRY_TABLE && kind <= AXAS_ENTRY_HELD;

    return present ? codec->rules[level][kind - AXAS_ENTRY_TABLE].used : 0;
}
