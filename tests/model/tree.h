/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tree.h
 * Reads a tree without the library's walkers: entry by entry, from the root down. Of the format it
 * asks only what one entry means (entry_kind, entry_valid, entry_hpa, leaf_read) and the geometry;
 * what makes a contiguous group it knows from groups.h.
 */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <axas/table.h>

struct tree_leaf {
    uint64_t gpa, last; /**< first and last byte */
    uint64_t hpa;
    uint64_t entry; /**< of a contiguous group: as it would be by itself */
    uint64_t group; /**< bytes of the contiguous group that it is of; 0 if of none */
    unsigned level;
    enum axas_entry_kind kind; /**< AXAS_ENTRY_LEAF or AXAS_ENTRY_HELD */
    axas_attr attr;
    bool accessed, dirty;
    uint8_t *slot;
};

struct tree {
    struct tree_leaf *leaf; /**< in ascending order */
    size_t count, room;
    uint64_t tables; /**< the root included */
    uint64_t bytes;  /**< of all tables */
    uint64_t hash;   /**< of every entry that is not empty */
    char problem[200];
};

/** False if the tree is not well formed; tree->problem then says how. Keeps its memory from call to call. */
bool tree_read(struct tree *tree, const struct axas_table *table);
void tree_free(struct tree *tree);

/** Bytes of memory of a table at that level that is not the root. */
uint64_t tree_table_bytes(const struct axas_format *format, unsigned level);

/** Sets and clears bits of an entry, as the hardware or the host's software does. */
void tree_poke(const struct axas_format *format, const struct tree_leaf *leaf, uint64_t set, uint64_t clear);

#endif
