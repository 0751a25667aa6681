/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file codec.h
 * What a generated codec is made of: what its format says of leaves, as tables, and the functions that read
 * them, which are the same for every format. For generated code; not part of the public interface.
 */
#ifndef AXAS_CODEC_H
#define AXAS_CODEC_H

#include <axas/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What codec and walkers know of a level, root first. */
struct axas_shape {
    /** Address, accessed, dirty and software bits, which a change of the attribute leaves alone. */
    uint64_t keep;
    uint64_t empty, span, entries;
    uint32_t shift;
    uint32_t leaf_class;               /**< which code of a row its leaves have */
    uint64_t accessed, dirty;          /**< the CPU's flags */
    uint64_t written;                  /**< set by the CPU in a leaf that may be written, when it is */
    uint64_t leaf, held;               /**< what leaves, and held leaves, have in common */
    uint64_t access_mask, memory_mask; /**< where a row's code stands */
    /** What leaves, and held leaves, into which one is split take over from it where it is. */
    uint64_t leaf_carried, held_carried;
    /** Contiguous groups: bytes of one (of a leaf where there are none), what tells a leaf of one, how its
     * mark differs from others', and the address bits that tell the leaves of one apart. */
    uint64_t group_size, group_mask, group_mark, group_flip, group_low;
    uint64_t group_with;                 /**< features that a group needs */
    uint64_t group_cover, group_pattern; /**< the bits of group_low that hold this instead, if the leaves of a
                                            group do not hold their own addresses */
};

/** Whether a leaf or held leaf is of a contiguous group. */
static inline bool axas_in_group(const struct axas_shape *shape, uint64_t entry)
{
    return AXAS_CONTIGUOUS && (entry & shape->group_mask) == shape->group_mark;
}

/** By what bit of its access the CPU says that a leaf was written through; 0 if this CPU does not. */
static inline uint64_t axas_written_in(const struct axas_table *table, const struct axas_shape *shape)
{
    const struct axas_format *const format = table->format;

    return format->hardware_dirty_always || (table->features & format->hardware_dirty_features) != 0
               ? shape->written
               : 0;
}

/** What takes an entry's place. Where the bit `lost` goes with the permission to write, `dirty` keeps what it
 *  said. */
static inline uint64_t axas_recoded(uint64_t entry, uint64_t keep, uint64_t set, uint64_t lost,
                                    uint64_t dirty)
{
    return (entry & keep) | set | ((entry & lost) != 0 ? dirty : 0);
}

/** A row of the access or of the memory table: what it says of a leaf, the bits of `features` that it asks
 * about and what they have to be. */
struct axas_code_row {
    axas_attr attr;
    uint64_t asks, with;
};

struct axas_code_table {
    const struct axas_code_row *rows;
    const uint64_t *codes; /**< of each row, what it sets in leaves of each class */
    size_t count;
};

/** What bits an entry of a level and kind may have, which are fixed and to what, and the features that the
 * kind asks about and what they have to be. */
struct axas_kind_rule {
    uint64_t used, reserved, fixed, asks, with;
};

struct axas_codec {
    enum axas_entry_kind (*kind)(unsigned level, uint64_t entry);
    uint64_t (*hpa)(unsigned level, uint64_t entry);
    const struct axas_shape *shape;
    const struct axas_kind_rule (*rules)[AXAS_ENTRY_HELD]; /**< of each level: tables, leaves, held leaves */
    struct axas_code_table access; /**< of two rows for one attribute the first is that of a clean leaf */
    struct axas_code_table memory;
    uint8_t level_count, leaf_classes, output_bits;
    bool accessed_when_new, dirty_when_new; /**< new leaves have the flag ... */
    bool tells_written;                     /**< every CPU sets `written` */
    uint64_t accessed_features,
        dirty_features;        /**< ... unless the CPU sets it, which it does with any of these */
    uint64_t written_features; /**< with any of these the CPU sets `written` */
};

/** axas_format's encode. */
enum axas_status axas_codec_encode(const struct axas_codec *codec, axas_attr attr, uint64_t features,
                                   struct axas_leaf_code *code);
/** axas_format's leaf_read, of an entry whose kind and address are known. */
enum axas_status axas_codec_leaf_read(const struct axas_codec *codec, unsigned level,
                                      enum axas_entry_kind kind, uint64_t entry, uint64_t hpa,
                                      uint64_t features, struct axas_leaf *leaf);
/** axas_format's entry_valid. */
bool axas_codec_entry_valid(const struct axas_codec *codec, unsigned level, uint64_t entry, uint64_t features,
                            unsigned physical_bits);
/** axas_format's entry_used. */
uint64_t axas_codec_entry_used(const struct axas_codec *codec, unsigned level, enum axas_entry_kind kind);

#ifdef __cplusplus
}
#endif

#endif
