/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "console.h"
#include "machine.h"
#include "memory.h"
#include "random.h"
#include "report.h"

#include <axas/walk.h>

#define MEBIBYTE UINT64_C(0x100000)
#define FIRST_AREAS 10
#define LEAVES_FEW 128
#define LEAVES_SOME 1024
#define PIECES_ENOUGH (LAYOUT_PIECES - 8) /* one change adds two at most */

char layout_cookie;

static uint64_t piece_end(const struct layout_piece *piece)
{
    return piece->gpa + piece->size;
}

const struct layout_piece *layout_find(const struct layout *layout, uint64_t gpa)
{
    for (unsigned i = 0; i < layout->count; i++) {
        if (gpa - layout->piece[i].gpa < layout->piece[i].size) {
            return &layout->piece[i];
        }
    }
    return NULL;
}

static bool overlaps(const struct layout_piece *piece, uint64_t gpa, uint64_t size)
{
    return piece->gpa < gpa + size && gpa < piece_end(piece);
}

static bool touches(const struct layout *layout, uint64_t gpa, uint64_t size, enum layout_kind kind)
{
    for (unsigned i = 0; i < layout->count; i++) {
        if (layout->piece[i].kind == kind && overlaps(&layout->piece[i], gpa, size)) {
            return true;
        }
    }
    return false;
}

static bool is_free(const struct layout *layout, uint64_t gpa, uint64_t size)
{
    for (unsigned i = 0; i < layout->count; i++) {
        if (overlaps(&layout->piece[i], gpa, size)) {
            return false;
        }
    }
    return true;
}

static void expect(const char *what, enum axas_status status, enum axas_status expected)
{
    if (status != expected) {
        print("%s: \"%s\" where \"%s\" was expected\n", what, axas_status_str(status),
              axas_status_str(expected));
        report_disagreement("a call of the space gave another status than the layout lets expect");
    }
}

static void add(struct layout *layout, const struct layout_piece *piece)
{
    layout->piece[layout->count++] = *piece;
}

/* Cuts what the list has at the ends of the range, so that pieces are inside it or outside. */
static void cut(struct layout *layout, uint64_t at)
{
    for (unsigned i = 0; i < layout->count; i++) {
        struct layout_piece *piece = &layout->piece[i];
        if (at > piece->gpa && at < piece_end(piece)) {
            struct layout_piece upper = *piece;
            upper.gpa = at;
            upper.size = piece_end(piece) - at;
            upper.hpa += at - piece->gpa;
            piece->size = at - piece->gpa;
            add(layout, &upper);
            return;
        }
    }
}

/* ---- places and sizes ---- */

static uint64_t pages(const struct layout *layout, uint64_t most)
{
    return layout->page * (1 + random_below(most));
}

static uint64_t largest_leaf(const struct layout *layout, axas_attr attr)
{
    const uint64_t sizes = axas_table_leaf_sizes(&layout->space.table, attr);
    return UINT64_C(1) << (63u - (unsigned)__builtin_clzll(sizes));
}

/* How many leaves a mapping takes, or more than `most`. Memory that comes later comes as the guest's
 * addresses are aligned. */
static uint64_t leaves_of(const struct layout *layout, const struct layout_piece *piece, uint64_t most)
{
    const uint64_t sizes = axas_table_leaf_sizes(&layout->space.table, piece->attr);
    const uint64_t apart = piece->kind == LAYOUT_LINEAR ? piece->gpa ^ piece->hpa : 0;
    uint64_t count = 0;
    for (uint64_t at = piece->gpa, size; at < piece_end(piece) && count <= most; at += size, count++) {
        size = largest_leaf(layout, piece->attr);
        while ((size & sizes) == 0 || ((at | apart) & (size - 1)) != 0 || size > piece_end(piece) - at) {
            size >>= 1;
        }
    }
    return count;
}

static uint64_t leaves_now(struct layout *layout)
{
    uint64_t count = 0, gpa = axas_space_base(&layout->space).raw;
    struct axas_mapping leaf;
    for (; axas_space_next_mapping(&layout->space, axas_gpa_of(gpa), &leaf) == AXAS_OK; count++) {
        gpa = leaf.gpa.raw + leaf.leaf_size;
    }
    return count;
}

/* True if the layout would get more leaves than it is to have. What splits make comes on top. */
static bool too_many(struct layout *layout, const struct layout_piece *piece)
{
    const uint64_t now = leaves_now(layout);
    return now > layout->leaves || leaves_of(layout, piece, layout->leaves) > layout->leaves - now;
}

/* Bytes of the contiguous groups that map makes of leaves at that level; 0: none. */
static uint64_t group_size(const struct axas_table *table, unsigned level, axas_attr attr)
{
    const struct axas_level *at = &table->format->levels[level];
    const bool leaf = (axas_table_leaf_sizes(table, attr) >> at->shift & 1) != 0;
    return leaf && (table->groups >> level & 1) != 0 ? at->group_size : 0;
}

/* A size of those that leaves with the attribute may have, alone or as a contiguous group, one as likely as
 * another. */
static uint64_t some_leaf(const struct layout *layout, axas_attr attr)
{
    uint64_t sizes = axas_table_leaf_sizes(&layout->space.table, attr);
    for (unsigned level = 0; level < layout->space.table.format->level_count; level++) {
        sizes |= group_size(&layout->space.table, level, attr);
    }
    for (uint64_t skip = random_below((uint64_t)__builtin_popcountll(sizes)); skip > 0; skip--) {
        sizes &= sizes - 1;
    }
    return sizes & -sizes;
}

/* Somewhere in the space, aligned, each sixteenth of it in turn. UINT64_MAX: it does not fit. */
static uint64_t place(struct layout *layout, uint64_t size, uint64_t alignment)
{
    const uint64_t base = axas_space_base(&layout->space).raw;
    const uint64_t room = axas_space_size(&layout->space);
    if (size > room) {
        return UINT64_MAX;
    }
    uint64_t gpa = base;
    const uint64_t choice = random_below(8);
    if (choice == 0) {
        gpa = base;
    } else if (choice == 1) {
        gpa = base + room - size;
    } else if (choice < 4 && layout->count > 0) {
        const struct layout_piece *beside = &layout->piece[random_below(layout->count)];
        gpa = random_below(2) == 0 ? piece_end(beside) : beside->gpa - size;
    } else {
        gpa = base + (layout->parts++ & 15) * (room / 16) + random_below(room / 16);
    }
    gpa &= ~(alignment - 1);
    return gpa >= base && gpa - base <= room - size ? gpa : UINT64_MAX;
}

axas_attr layout_all_access(const struct axas_table *table)
{
    const axas_attr data = AXAS_READ | AXAS_WRITE, all = data | AXAS_KERNEL_EXEC | AXAS_USER_EXEC;
    struct axas_leaf_code code;
    return table->format->encode(all, table->features, &code) == AXAS_OK ? all : data;
}

/* Those that no probe has met yet come first, so that none is left to chance. */
static axas_attr some_attr(const struct layout *layout)
{
    const unsigned count = layout->attr_count, first = (unsigned)random_below(count);
    if (random_below(4) == 0) {
        return layout_all_access(&layout->space.table);
    }
    for (unsigned i = 0; i < count; i++) {
        if (!report.attrs[layout->attr[(first + i) % count]]) {
            return layout->attr[(first + i) % count];
        }
    }
    return layout->attr[first];
}

/* ---- areas ---- */

/* Host memory for a linear area: in the pool, around the pool in a leaf that is larger than it, or where the
 * machine has nothing. UINT64_MAX: it does not fit. */
static uint64_t linear_memory(const struct layout *layout, uint64_t gpa, uint64_t size, uint64_t leaf)
{
    const uint64_t limit = UINT64_C(1) << layout->space.table.physical_bits;
    uint64_t hpa;
    if (random_below(4) == 0) {
        hpa = limit / 2 + random_below(limit / 2);
    } else if (size <= machine_pool.size / 2) {
        hpa = machine_pool.hpa + random_below(machine_pool.size / 2);
    } else {
        hpa = machine_pool.hpa;
    }
    if (leaf > layout->page || size > 8 * MEBIBYTE || random_below(2) == 0) {
        hpa = (hpa & ~(leaf - 1)) | (gpa & (leaf - 1));
    }
    hpa &= ~(layout->page - 1);
    return hpa < limit && size <= limit - hpa ? hpa : UINT64_MAX;
}

static void map_piece(struct layout *layout, struct layout_piece piece, uint64_t leaf)
{
    const bool allocates = piece.kind == LAYOUT_EAGER || piece.kind == LAYOUT_LAZY;
    if (piece.kind == LAYOUT_LINEAR) {
        piece.hpa = linear_memory(layout, piece.gpa, piece.size, leaf);
        if (piece.hpa == UINT64_MAX) {
            return;
        }
    } else if (allocates && piece.size > layout->budget) {
        return;
    }
    if (piece.kind != LAYOUT_TRAP && too_many(layout, &piece)) {
        return;
    }
    const enum axas_status expected = is_free(layout, piece.gpa, piece.size) ? AXAS_OK : AXAS_ERR_EXISTS;
    enum axas_status status = AXAS_OK;
    const axas_gpa gpa = axas_gpa_of(piece.gpa);
    switch (piece.kind) {
    case LAYOUT_LINEAR:
        status = axas_space_map_linear(&layout->space, gpa, axas_hpa_of(piece.hpa), piece.size, piece.attr);
        break;
    case LAYOUT_EAGER:
        status = axas_space_map_alloc(&layout->space, gpa, piece.size, piece.attr, AXAS_POPULATE);
        break;
    case LAYOUT_LAZY:
        status = axas_space_map_alloc(&layout->space, gpa, piece.size, piece.attr, AXAS_LAZY);
        break;
    case LAYOUT_TRAP:
    case LAYOUT_HOME:
        status = axas_space_map_trap(&layout->space, gpa, piece.size, &layout_cookie);
        break;
    }
    expect("map", status, expected);
    if (status == AXAS_OK && expected == AXAS_OK) {
        add(layout, &piece);
        layout->budget -= allocates ? piece.size : 0;
        layout->touched[0] = piece.gpa;
        layout->touched[1] = piece_end(&piece);
    }
}

static void map(struct layout *layout)
{
    static const enum layout_kind kinds[] = {LAYOUT_LINEAR, LAYOUT_LINEAR, LAYOUT_LINEAR, LAYOUT_LINEAR,
                                             LAYOUT_LAZY,   LAYOUT_LAZY,   LAYOUT_EAGER,  LAYOUT_TRAP};
    struct layout_piece piece = {.kind = kinds[random_below(8)], .attr = some_attr(layout)};
    uint64_t leaf = some_leaf(layout, piece.attr);
    if (leaf > 2 * MEBIBYTE && piece.kind != LAYOUT_LINEAR && piece.kind != LAYOUT_TRAP) {
        leaf = layout->page;
    }
    piece.size = random_below(3) == 0 ? pages(layout, 40) : leaf * (1 + random_below(2));
    if (random_below(3) == 0 && leaf <= 2 * MEBIBYTE) {
        piece.size += pages(layout, 20);
    }
    piece.gpa = place(layout, piece.size, random_below(3) == 0 ? layout->page : leaf);
    if (piece.gpa != UINT64_MAX) {
        map_piece(layout, piece, leaf);
    }
}

static void map_aligned(struct layout *layout, uint64_t size, axas_attr attr)
{
    struct layout_piece piece = {.kind = LAYOUT_LINEAR, .size = size, .attr = attr};
    piece.gpa = place(layout, size, size);
    if (piece.gpa != UINT64_MAX) {
        map_piece(layout, piece, size);
    }
}

/* One contiguous group and one leaf of each size, so that none is left to chance. Groups come on top of what
 * the layout may have, and first, where there is room for the largest. */
static void map_leaves(struct layout *layout)
{
    const struct axas_table *table = &layout->space.table;
    const axas_attr all = layout_all_access(table);
    for (unsigned level = 0; level < table->format->level_count; level++) {
        const uint64_t size = group_size(table, level, all);
        if (size != 0) {
            layout->leaves += size >> table->format->levels[level].shift;
            map_aligned(layout, size, all);
        }
    }
    for (uint64_t sizes = axas_table_leaf_sizes(table, all); sizes != 0; sizes &= sizes - 1) {
        map_aligned(layout, sizes & -sizes, all);
    }
}

/* A range that begins in a piece, and may go on behind it. */
static void some_range(const struct layout *layout, uint64_t *gpa, uint64_t *size)
{
    const struct layout_piece *piece = &layout->piece[random_below(layout->count)];
    const uint64_t count = piece->size / layout->page;
    const uint64_t begin = random_below(3) == 0 ? 0 : random_below(count);
    uint64_t most = count - begin;
    if (random_below(2) == 0 && most > 4) {
        most = 4;
    }
    *gpa = piece->gpa + begin * layout->page;
    *size = pages(layout, most);
    if (random_below(8) == 0) {
        *size += pages(layout, 16);
    }
    const uint64_t end = axas_space_end(&layout->space).raw;
    if (*size > end - *gpa) {
        *size = end - *gpa;
    }
}

/* Is `at` inside a contiguous group? */
static bool parts_group(const struct layout *layout, uint64_t at)
{
    const struct axas_table *table = &layout->space.table;
    struct axas_leaf leaf;
    return at >> table->gpa_bits == 0 && axas_walk_query(table, at, &leaf) == AXAS_OK &&
           leaf.group != leaf.size && (at & (leaf.group - 1)) != 0;
}

static void count_parted(const struct layout *layout, uint64_t gpa, uint64_t size)
{
    report.parted += parts_group(layout, gpa) || parts_group(layout, gpa + size) ? 1 : 0;
}

static void unmap(struct layout *layout, uint64_t gpa, uint64_t size)
{
    count_parted(layout, gpa, size);
    expect("unmap", axas_space_unmap(&layout->space, axas_gpa_of(gpa), size), AXAS_OK);
    cut(layout, gpa);
    cut(layout, gpa + size);
    for (unsigned i = 0; i < layout->count;) {
        struct layout_piece *piece = &layout->piece[i];
        if (!overlaps(piece, gpa, size)) {
            i++;
            continue;
        }
        if (piece->kind == LAYOUT_EAGER || piece->kind == LAYOUT_LAZY) {
            layout->budget += piece->size;
        }
        *piece = layout->piece[--layout->count];
    }
}

static bool covered(const struct layout *layout, uint64_t gpa, uint64_t size)
{
    for (uint64_t at = gpa; at < gpa + size;) {
        const struct layout_piece *piece = layout_find(layout, at);
        if (piece == NULL) {
            return false;
        }
        at = piece_end(piece);
    }
    return true;
}

static void protect(struct layout *layout, uint64_t gpa, uint64_t size)
{
    axas_attr attr = some_attr(layout);
    if (random_below(5) == 0) {
        attr &= ~AXAS_ACCESS_MASK; /* keeps the memory and refuses every access */
    }
    if (size / largest_leaf(layout, attr) > LEAVES_SOME) {
        return;
    }
    const enum axas_status expected = covered(layout, gpa, size) ? AXAS_OK : AXAS_ERR_NOT_MAPPED;
    if (expected == AXAS_OK) {
        count_parted(layout, gpa, size);
    }
    const enum axas_status status = axas_space_protect(&layout->space, axas_gpa_of(gpa), size, attr);
    expect("protect", status, expected);
    if (status != AXAS_OK || expected != AXAS_OK) {
        return;
    }
    cut(layout, gpa);
    cut(layout, gpa + size);
    for (unsigned i = 0; i < layout->count; i++) {
        if (overlaps(&layout->piece[i], gpa, size)) {
            layout->piece[i].attr = attr;
        }
    }
}

/* Something else where something was just taken away. */
static void map_again(struct layout *layout, uint64_t gpa, uint64_t size)
{
    const struct layout_piece piece = {.kind = random_below(2) == 0 ? LAYOUT_LINEAR : LAYOUT_LAZY,
                                       .gpa = gpa,
                                       .size = size,
                                       .attr = some_attr(layout)};
    map_piece(layout, piece, largest_leaf(layout, piece.attr));
}

void layout_change(struct layout *layout)
{
    const uint64_t choice = layout->count < PIECES_ENOUGH ? random_below(8) : 0;
    report.changes++;
    if (choice >= 6 || layout->count < 3) {
        map(layout);
        return;
    }
    uint64_t gpa, size;
    some_range(layout, &gpa, &size);
    const unsigned tries = layout->space.table.groups != 0 && random_below(2) == 0 ? 8 : 0;
    for (unsigned i = 0; i < tries && !parts_group(layout, gpa); i++) {
        some_range(layout, &gpa, &size);
    }
    if (touches(layout, gpa, size, LAYOUT_HOME)) {
        return;
    }
    layout->touched[0] = gpa;
    layout->touched[1] = gpa + size;
    layout->about_to_change(gpa, size);
    if (choice < 3) {
        unmap(layout, gpa, size);
        if (random_below(2) == 0) {
            map_again(layout, gpa, size);
        }
    } else if (!touches(layout, gpa, size, LAYOUT_TRAP)) {
        protect(layout, gpa, size);
    }
}

/* ---- the beginning ---- */

static void find_attrs(struct layout *layout)
{
    const struct axas_table *table = &layout->space.table;
    layout->attr_count = 0;
    for (axas_attr attr = 0; attr <= AXAS_ATTR_MASK; attr++) {
        struct axas_leaf_code code;
        if ((attr & AXAS_ACCESS_MASK) != 0 &&
            table->format->encode(attr, table->features, &code) == AXAS_OK) {
            layout->attr[layout->attr_count++] = attr;
        }
    }
}

static void map_home(struct layout *layout)
{
    const struct probe_home home = probe_home();
    if (home.size == 0) {
        return;
    }
    struct layout_piece piece = {
        .kind = LAYOUT_HOME, .size = home.size, .hpa = home.hpa.raw, .attr = home.attr};
    do {
        piece.gpa = place(layout, home.size, home.size);
    } while (piece.gpa == UINT64_MAX || (piece.gpa >> probe_gpa_bits()) != 0);
    expect("the home",
           axas_space_map_linear(&layout->space, axas_gpa_of(piece.gpa), home.hpa, home.size, home.attr),
           AXAS_OK);
    add(layout, &piece);
    probe_settle(axas_gpa_of(piece.gpa));
}

bool layout_build(struct layout *layout, const struct axas_config *config)
{
    layout->count = 0;
    layout->touched[0] = layout->touched[1] = 0;
    layout->budget = machine_free / 3;
    layout->leaves = random_below(8) == 0 ? LEAVES_SOME : LEAVES_FEW;
    if (axas_space_init(&layout->space, config) != AXAS_OK) {
        return false;
    }
    layout->page = axas_table_page_size(&layout->space.table);
    struct axas_root root;
    if (axas_space_root(&layout->space, 1 + (uint32_t)random_below(100), &root) != AXAS_OK) {
        axas_space_destroy(&layout->space);
        return false;
    }
    report.spaces++;
    report.grouping += layout->space.table.groups != 0 ? 1 : 0;
    find_attrs(layout);
    probe_load(&root, layout->space.table.features);
    map_home(layout);
    map_leaves(layout);
    for (unsigned i = 0; i < FIRST_AREAS; i++) {
        map(layout);
    }
    return true;
}
