/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The areas of a space: a B+ tree whose nodes are frames.
 *
 *      inner node   [ keys | children ]        key[i]: the first address of anything below child[i]
 *          |
 *      leaf node    [ keys | extents | traits ]  key[i]: gpa of the area whose size and traits extent[i] has
 *
 * The keys of a node stand together, so that a search reads a few lines of one frame, none of which waits for
 * another, and follows a pointer once per level. Behind the last key there are NO_KEYs. What an area mostly
 * has in common with its neighbours, its traits, is kept once for those that have it. So what is read to find
 * any of a hundred thousand areas is 2.6 MB, not 7, and finding one is mostly waiting for memory. A node is
 * never empty; neighbours that fit into three quarters of one become one.
 *
 * Why a removal has the memory that it needs
 * ------------------------------------------
 * Only a removal from the middle of an area (a "cut") makes the areas more, by one. Usually it makes a
 * record, which now and then takes a node. Where no node is to be had, the area's record stays as it is, and
 * the pages that went become a gap: bits in a frame for the stretch of guest addresses that they are in
 * (gap.h). A piece of an area is then what a record spans between two gaps, and looks to everyone else like
 * an area with a record. The next exclusive call for which the HAL has nodes makes records again; map and
 * protect do not go on without them.
 *
 * So each stretch that a record touches may come to need a frame, and nothing more, however often areas are
 * cut. `stretches` is the sum over the leaf nodes of the stretches that their records touch, which is no
 * less; `gap_frames` of them have their frame. The reserve can keep the promise as long as
 *
 *      reserved_nodes >= stretches - gap_frames                                                    (all)
 *
 * A removal never breaks this: a cut that becomes a gap lowers both sides alike; one that makes a record
 * takes nodes only if the rest is still enough; and whatever else is removed touches fewer stretches.
 * Whenever an area is added or protected, the reserve is made that full, or the call fails.
 *
 * Where areas touch more stretches than space->areas.reserve_limit, beside one for each leaf node, that would
 * take too much. Then the reserve holds the nodes for at least C = 28 x reserve_limit records in a row, or
 * for as many as can come: an area of n pages can be cut at most (n - 1) / 2 times, since each cut takes a
 * page away and leaves one on both sides; `cuts` is the sum over all areas. How many nodes that is: a leaf
 * node holds 56 areas. Let each with k areas owe max(0, k - 29) / 28 of a node, which is less than one. A cut
 * adds one area, so the sum of what is owed grows by at most 1/28; a leaf node splits when the 57th area
 * comes, into one of 28 and one of 29, which owe nothing, and so each split pays one node back. C cuts
 * therefore split at most leaves + C / 28 leaf nodes, and clearly at most C. In the same way the inner nodes
 * (up to 240 children, 120 after a split) split at most inners + s / 120 times one level up if s nodes split
 * below, inners + s / 119 over all levels, and the tree grows by no more than two levels. Joining nodes frees
 * one for at most 13/28 that the result owes, and the freed one goes to the reserve.
 */
#include <axas/walk.h>

#include "area.h"
#include "gap.h"

#define NODE_BYTES AXAS_FRAME_SIZE
#define LEAF_AREAS 56u
#define INNER_CHILDREN 240u

/* Begins a leaf or an inner node, and is aligned as they are. */
struct node {
    _Alignas(uint64_t) uint32_t count;
    uint32_t place; /* bytes of its frame before it, see leaf_take */
};

/*
 * What is of each area its own, beside its key, and in the low bits of its size, which are 0, its tag: the
 * number of its traits, and above that what axas_areas_look_up gives, which follows from the traits.
 */
struct extent {
    uint64_t size_and_tag;
    uint64_t data;
};

#define NUMBER_MASK UINT64_C(63)
#define REFUSED_SHIFT 6u
#define TAG_MASK (NUMBER_MASK | (uint64_t)AXAS_ACCESS_MASK << REFUSED_SHIFT)

_Static_assert(LEAF_AREAS <= NUMBER_MASK + 1, "a number for the traits of each area");

/* The rest of an area. */
struct traits {
    uint64_t origin; /* or OWN_START */
    const struct axas_backend *backend;
    void *context;
    axas_attr attr;
    uint32_t flags;
};

/* `users`: how many areas have each of the traits. There are never more traits than areas. */
struct leaf {
    struct node node;
    uint8_t users[LEAF_AREAS];
    _Alignas(64) uint64_t key[LEAF_AREAS];
    struct extent extent[LEAF_AREAS];
    struct traits traits[LEAF_AREAS];
};

struct inner {
    struct node node;
    _Alignas(64) uint64_t key[INNER_CHILDREN];
    struct node *child[INNER_CHILDREN];
};

_Static_assert(sizeof(struct leaf) <= NODE_BYTES, "a leaf node is a frame");
_Static_assert(sizeof(struct inner) <= NODE_BYTES, "an inner node is a frame");

/* A line of a cache, and at how many places a leaf node can begin in its frame. */
#define PLACE_BYTES 64u
#define LEAF_PLACES ((uint32_t)((NODE_BYTES - sizeof(struct leaf)) / PLACE_BYTES) + 1)

_Static_assert((LEAF_PLACES - 1) * PLACE_BYTES + sizeof(struct leaf) <= NODE_BYTES,
               "within its frame at each");

/* Above every key, since those are multiples of the page size. */
#define NO_KEY UINT64_MAX
/* Stands for the first byte of each area that has these traits. None begins there, as none has this key. */
#define OWN_START UINT64_MAX

/*
 * Which is the last key not above x; 0 if there is none. First of those that begin a block, then of the
 * block, by how many of them are not above it: without branches, which would be mispredicted every other
 * time, and without loads that wait for each other. x is never NO_KEY (axas_areas_even).
 */
static inline unsigned last_in_block(const uint64_t *key, uint64_t x)
{
    unsigned low = (unsigned)(key[1] <= x) + (unsigned)(key[2] <= x) + (unsigned)(key[3] <= x);
    const unsigned high =
        (unsigned)(key[4] <= x) + (unsigned)(key[5] <= x) + (unsigned)(key[6] <= x) + (unsigned)(key[7] <= x);
    /* Two sums, each of which waits for itself alone. */
    __asm__("" : "+r"(low));
    return low + high;
}

static AXAS_INLINE unsigned area_for(const struct leaf *leaf, uint64_t x, bool may_be_few)
{
    const uint64_t *key = leaf->key;
    unsigned block = (unsigned)(key[8] <= x);
    /* Few areas are in two blocks; the count is in a line that nothing else is read of. */
    if (!may_be_few || key[16] != NO_KEY) {
        block += (unsigned)(key[16] <= x) + (unsigned)(key[24] <= x) + (unsigned)(key[32] <= x) +
                 (unsigned)(key[40] <= x) + (unsigned)(key[48] <= x);
    }
    return block * 8 + last_in_block(key + (size_t)block * 8, x);
}

static inline unsigned child_for(const struct inner *inner, uint64_t x)
{
    const uint64_t *key = inner->key;
    unsigned first = 0;
    /* Each step waits for the one before, and roots mostly have few children. */
    if (inner->node.count > 48) {
        const unsigned fifth = (unsigned)(key[48] <= x) + (unsigned)(key[96] <= x) +
                               (unsigned)(key[144] <= x) + (unsigned)(key[192] <= x);
        first = fifth * 48;
        key += first;
    }
    if (inner->node.count > 8) {
        const unsigned block = (unsigned)(key[8] <= x) + (unsigned)(key[16] <= x) + (unsigned)(key[24] <= x) +
                               (unsigned)(key[32] <= x) + (unsigned)(key[40] <= x);
        first += block * 8;
        key += (size_t)block * 8;
    }
    return first + last_in_block(key, x);
}

_Static_assert(LEAF_AREAS == 7 * 8 && INNER_CHILDREN == 5 * 6 * 8, "the blocks above");

/* Reading */

static uint64_t last_of(const struct axas_area *area)
{
    return area->gpa.raw + (area->size - 1);
}

static inline uint64_t size_at(const struct leaf *leaf, unsigned at)
{
    return leaf->extent[at].size_and_tag & ~TAG_MASK;
}

static inline unsigned tag_at(const struct leaf *leaf, unsigned at)
{
    return (unsigned)(leaf->extent[at].size_and_tag & TAG_MASK);
}

static inline unsigned number_in(uint64_t tag)
{
    return (unsigned)(tag & NUMBER_MASK);
}

static inline unsigned traits_at(const struct leaf *leaf, unsigned at)
{
    return number_in(leaf->extent[at].size_and_tag);
}

static inline uint64_t last_at(const struct leaf *leaf, unsigned at)
{
    return leaf->key[at] + (size_at(leaf, at) - 1);
}

/* Gives what axas_areas_look_up does. */
static inline unsigned read_at(const struct leaf *leaf, unsigned at, struct axas_area *area)
{
    /* What is read twice is copied: a store could change it, as far as a compiler knows. */
    const uint64_t gpa = leaf->key[at], size_and_tag = leaf->extent[at].size_and_tag;
    const struct traits *traits = &leaf->traits[number_in(size_and_tag)];
    const uint64_t origin = traits->origin;
    const axas_attr attr = traits->attr;
    const uint32_t flags = traits->flags;
    area->gpa = axas_gpa_of(gpa);
    area->size = size_and_tag & ~TAG_MASK;
    area->origin = axas_gpa_of(origin == OWN_START ? gpa : origin);
    area->attr = attr;
    area->flags = flags;
    area->backend = traits->backend;
    area->context = traits->context;
    area->data = leaf->extent[at].data;
    return (unsigned)(size_and_tag >> REFUSED_SHIFT) & AXAS_ACCESS_MASK;
}

/* The record of the leaf node that spans gpa, as axas_areas_look_up. */
static AXAS_INLINE unsigned record_in(const struct leaf *leaf, uint64_t gpa, bool may_be_few,
                                      struct axas_area *record)
{
    const unsigned at = area_for(leaf, gpa, may_be_few);
    if (AXAS_UNLIKELY(gpa - leaf->key[at] >= size_at(leaf, at))) {
        return AXAS_NO_AREA;
    }
    return read_at(leaf, at, record);
}

/* The record that spans gpa, as axas_areas_look_up. */
static AXAS_INLINE unsigned record_at(const struct axas_space *space, uint64_t gpa, struct axas_area *record)
{
    const void *node = space->areas.root;
    if (AXAS_UNLIKELY(node == NULL)) {
        return AXAS_NO_AREA;
    }
    for (unsigned height = space->areas.height - 1; height > 0; height--) {
        const struct inner *inner = (const struct inner *)node;
        node = inner->child[child_for(inner, gpa)];
    }
    const struct leaf *leaf = (const struct leaf *)node;
    /* Mostly the traits of all of them, and which they are is known last. */
    axas_walk_ahead(&leaf->traits[0]);
    return record_in(leaf, gpa, false, record);
}

/* The same, not where it has to be fast. */
static AXAS_OUTLINE unsigned look_up_record(const struct axas_space *space, uint64_t gpa,
                                            struct axas_area *record)
{
    return record_at(space, gpa, record);
}

static inline bool find_record(const struct axas_space *space, uint64_t gpa, struct axas_area *record)
{
    return look_up_record(space, axas_areas_even(gpa), record) != AXAS_NO_AREA;
}

static uint64_t address_of(const struct axas_space *space, uint64_t page)
{
    return page * axas_table_page_size(&space->table);
}

/* Makes the record *area what of it is at gpa and between gaps; false if a gap is there. */
static bool piece_of(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    uint64_t page = axas_page_of(space, gpa);
    uint64_t first = area->gpa.raw;
    uint64_t last = last_of(area);
    uint64_t below = axas_gap_below(space, page);
    uint64_t above = axas_gap_above(space, page);
    if (below == page) {
        return false;
    }
    if (below != AXAS_NO_PAGE && below >= axas_page_of(space, first)) {
        first = address_of(space, below + 1);
    }
    if (above <= axas_page_of(space, last)) {
        last = address_of(space, above) - 1;
    }
    area->gpa = axas_gpa_of(first);
    area->size = last - first + 1;
    return true;
}

static AXAS_OUTLINE unsigned look_up_piece(const struct axas_space *space, uint64_t gpa,
                                           struct axas_area *area)
{
    const unsigned refused = look_up_record(space, gpa, area);
    return refused != AXAS_NO_AREA && piece_of(space, gpa, area) ? refused : AXAS_NO_AREA;
}

/* Are the areas records in one node, as they mostly are? */
static inline bool is_one_leaf(const struct axas_space *space)
{
    return AXAS_LIKELY(space->areas.height == 1 && space->areas.gaps == NULL);
}

unsigned axas_areas_look_up(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    if (is_one_leaf(space)) {
        return record_in((const struct leaf *)space->areas.root, gpa, true, area);
    }
    return space->areas.gaps != NULL ? look_up_piece(space, gpa, area) : look_up_record(space, gpa, area);
}

/* What of the record is at gpa or else the first of it above, if there are gaps. */
static inline bool piece_from(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    if (AXAS_UNLIKELY(space->areas.gaps != NULL)) {
        /* A record ends with a page that is there. */
        uint64_t from = area->gpa.raw > gpa ? area->gpa.raw : gpa;
        return piece_of(space, address_of(space, axas_gap_end(space, axas_page_of(space, from))), area);
    }
    return true;
}

/* Nodes */

static bool node_alloc(struct axas_space *space)
{
    const struct axas_hal *hal = space->table.hal;
    axas_hpa frame;
    if (!hal->frame_alloc(hal->context, NODE_BYTES, AXAS_FRAME_NODE, &frame)) {
        return false;
    }
    void *node = axas_hal_virt(hal, frame);
    *(void **)node = space->areas.free_nodes;
    space->areas.free_nodes = node;
    space->areas.reserved_nodes++;
    return true;
}

void *axas_areas_frame_take(struct axas_space *space)
{
    void *frame = space->areas.free_nodes;
    AXAS_ASSERT(frame != NULL);
    space->areas.free_nodes = *(void **)frame;
    space->areas.reserved_nodes--;
    space->node_bytes += NODE_BYTES;
    return frame;
}

static void clear_keys(uint64_t *key, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        key[i] = NO_KEY;
    }
}

/*
 * What is read of every leaf node are its keys. Were they at the same place in each frame, they would share
 * few sets of the caches: a first level of 32 KiB and 8 ways would hold those of 8 nodes, and a second level
 * of 1 MiB those of 256. So what a frame has more than its node is before it in one and behind it in another;
 * and not in the same way in all that are as far apart as the sets of a second level.
 */
static struct leaf *leaf_take(struct axas_space *space)
{
    void *frame = axas_areas_frame_take(space);
    const uintptr_t number = (uintptr_t)frame / NODE_BYTES;
    const uint32_t place = (uint32_t)(number + number / 32) % 16 * LEAF_PLACES / 16 * PLACE_BYTES;
    struct leaf *leaf = (struct leaf *)((uint64_t *)frame + place / sizeof(uint64_t));
    leaf->node.count = 0;
    leaf->node.place = place;
    __builtin_memset(leaf->users, 0, sizeof leaf->users);
    clear_keys(leaf->key, 0, LEAF_AREAS);
    space->areas.leaves++;
    return leaf;
}

static struct inner *inner_take(struct axas_space *space)
{
    struct inner *inner = (struct inner *)axas_areas_frame_take(space);
    inner->node.count = 0;
    inner->node.place = 0;
    clear_keys(inner->key, 0, INNER_CHILDREN);
    space->areas.inners++;
    return inner;
}

void axas_areas_frame_give(struct axas_space *space, void *frame)
{
    *(void **)frame = space->areas.free_nodes;
    space->areas.free_nodes = frame;
    space->areas.reserved_nodes++;
    space->node_bytes -= NODE_BYTES;
}

static void node_give(struct axas_space *space, struct node *node)
{
    axas_areas_frame_give(space, (uint64_t *)(void *)node - node->place / sizeof(uint64_t));
}

static AXAS_OUTLINE void reserve_lower(struct axas_space *space, uint64_t keep)
{
    const struct axas_hal *hal = space->table.hal;
    while (space->areas.reserved_nodes > keep) {
        void *node = space->areas.free_nodes;
        space->areas.free_nodes = *(void **)node;
        space->areas.reserved_nodes--;
        hal->frame_free(hal->context, axas_hal_phys(hal, node), NODE_BYTES, AXAS_FRAME_NODE);
    }
}

void axas_areas_trim(struct axas_space *space, uint64_t keep)
{
    if (space->areas.reserved_nodes > keep) {
        reserve_lower(space, keep);
    }
}

static AXAS_OUTLINE bool reserve_fill(struct axas_space *space, uint64_t count)
{
    while (space->areas.reserved_nodes < count) {
        if (!node_alloc(space)) {
            return false;
        }
    }
    return true;
}

static inline bool reserve_raise(struct axas_space *space, uint64_t count)
{
    return AXAS_LIKELY(space->areas.reserved_nodes >= count) || reserve_fill(space, count);
}

/* What the reserve has to hold, see the top of the file, if `more` nodes of each kind, and as many stretches,
 * came to the tree. */
static uint64_t reserve_for(const struct axas_space *space, uint64_t cuts, uint64_t stretches, uint64_t more)
{
    if (cuts == 0) {
        return 0;
    }
    uint64_t leaves = space->areas.leaves + more;
    uint64_t all = stretches + more - space->areas.gap_frames;
    uint64_t splits = leaves + space->areas.reserve_limit;
    splits = splits < cuts ? splits : cuts;
    uint64_t records = splits + space->areas.inners + more + splits / (INNER_CHILDREN / 2 - 1) + 3;
    bool affordable = stretches + more <= leaves + space->areas.reserve_limit;
    return affordable && all < records ? all : records;
}

/* The most that one insertion takes: each node on the way, and a new root. */
static uint32_t insert_most(const struct axas_space *space)
{
    return space->areas.height + 1;
}

static uint64_t cuts_of(const struct axas_space *space, uint64_t size)
{
    return (axas_page_of(space, size) - 1) / 2;
}

/* What the last of `inserts` insertions takes where the path leads: full nodes from the leaf upward split, a
 * full root gets a parent. A node counts as full if the insertions before could have made it so. */
static uint32_t nodes_for(const struct axas_space *space, const struct axas_areas_path *path,
                          unsigned inserts)
{
    uint32_t need = 0;
    for (; need < space->areas.height; need++) {
        const struct node *node = (const struct node *)path->step[need].node;
        if (node->count + inserts <= (need == 0 ? LEAF_AREAS : INNER_CHILDREN)) {
            return need;
        }
    }
    return need + 1;
}

/* Paths: step[0].index is how many areas of the leaf are not above x. */

static void descend(const struct axas_space *space, uint64_t x, struct axas_areas_path *path)
{
    void *node = space->areas.root;
    if (node == NULL) {
        return;
    }
    x = axas_areas_even(x);
    for (unsigned height = space->areas.height - 1; height > 0; height--) {
        const struct inner *inner = (const struct inner *)node;
        path->step[height].node = node;
        path->step[height].index = child_for(inner, x);
        node = inner->child[path->step[height].index];
    }
    const struct leaf *leaf = (const struct leaf *)node;
    const unsigned at = area_for(leaf, x, true);
    path->step[0].node = node;
    path->step[0].index = leaf->key[at] <= x ? at + 1 : at;
}

/* The first key behind the leaf node of the path, or NO_KEY. */
static uint64_t key_behind(const struct axas_space *space, const struct axas_areas_path *path)
{
    for (unsigned height = 1; height < space->areas.height; height++) {
        const struct inner *inner = (const struct inner *)path->step[height].node;
        if (path->step[height].index + 1 < inner->node.count) {
            return inner->key[path->step[height].index + 1];
        }
    }
    return NO_KEY;
}

/* True if no area is in [gpa, last]; the path then leads to where one that begins at gpa belongs. */
static bool is_free(const struct axas_space *space, uint64_t gpa, uint64_t last, struct axas_areas_path *path)
{
    descend(space, gpa, path);
    if (space->areas.root == NULL) {
        return true;
    }
    if (space->areas.gaps != NULL) {
        struct axas_area next;
        return !axas_areas_next(space, gpa, &next) || next.gpa.raw > last;
    }
    const struct leaf *leaf = (const struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index;
    if (at != 0 && gpa <= last_at(leaf, at - 1)) {
        return false;
    }
    uint64_t key = at < leaf->node.count ? leaf->key[at] : key_behind(space, path);
    return key == NO_KEY || key > last;
}

/* False if no record spans gpa or is above it; else the path leads to the first one. */
static inline bool seek(const struct axas_space *space, uint64_t gpa, struct axas_areas_path *path)
{
    descend(space, gpa, path);
    if (space->areas.root == NULL) {
        return false;
    }
    const struct leaf *leaf = (const struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index;
    if (at != 0 && gpa <= last_at(leaf, at - 1)) {
        return true;
    }
    if (at == leaf->node.count) {
        uint64_t key = key_behind(space, path);
        if (key == NO_KEY) {
            return false;
        }
        descend(space, key, path);
        return true;
    }
    path->step[0].index = at + 1;
    return true;
}

bool axas_areas_seek(const struct axas_space *space, uint64_t gpa, struct axas_areas_path *path)
{
    return seek(space, gpa, path);
}

/* What the path leads to. */
static inline unsigned read_end(const struct axas_areas_path *path, struct axas_area *record)
{
    return read_at((const struct leaf *)path->step[0].node, path->step[0].index - 1, record);
}

/* Both. */
static inline bool seek_record(const struct axas_space *space, uint64_t gpa, struct axas_areas_path *path,
                               struct axas_area *record)
{
    return seek(space, gpa, path) && read_end(path, record) != AXAS_NO_AREA;
}

bool axas_areas_read(const struct axas_space *space, const struct axas_areas_path *path, uint64_t gpa,
                     struct axas_area *area)
{
    (void)read_end(path, area);
    return piece_from(space, gpa, area);
}

bool axas_areas_is_page(const struct axas_space *space, const struct axas_areas_path *path, uint64_t gpa)
{
    const struct leaf *leaf = (const struct leaf *)path->step[0].node;
    const unsigned at = path->step[0].index - 1;
    return leaf->key[at] == gpa && size_at(leaf, at) == space->table.page_size &&
           leaf->traits[traits_at(leaf, at)].backend->pure;
}

/* axas_areas_next where no record spans gpa; only then is a path of use. */
static AXAS_OUTLINE bool first_above(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    struct axas_areas_path path;
    return seek(space, gpa, &path) && axas_areas_read(space, &path, gpa, area);
}

/* axas_areas_next where there are gaps. */
static AXAS_OUTLINE bool next_piece(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    return look_up_record(space, gpa, area) != AXAS_NO_AREA ? piece_from(space, gpa, area)
                                                            : first_above(space, gpa, area);
}

static AXAS_OUTLINE bool next_of_any(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    if (AXAS_UNLIKELY(space->areas.gaps != NULL)) {
        return next_piece(space, gpa, area);
    }
    return AXAS_LIKELY(record_at(space, gpa, area) != AXAS_NO_AREA) || first_above(space, gpa, area);
}

bool axas_areas_next(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    gpa = axas_areas_even(gpa);
    if (is_one_leaf(space) &&
        record_in((const struct leaf *)space->areas.root, gpa, true, area) != AXAS_NO_AREA) {
        return true;
    }
    return next_of_any(space, gpa, area);
}

/* Changing */

/* The first key of the node at `height` of the path is now `key`. */
static void first_key_changed(const struct axas_space *space, const struct axas_areas_path *path,
                              unsigned height, uint64_t key)
{
    for (unsigned h = height + 1; h < space->areas.height; h++) {
        ((struct inner *)path->step[h].node)->key[path->step[h].index] = key;
        if (path->step[h].index != 0) {
            break;
        }
    }
}

static uint64_t first_stretch(const struct axas_space *space, const struct leaf *leaf, unsigned at)
{
    return axas_stretch_of(space, leaf->key[at]);
}

static uint64_t last_stretch(const struct axas_space *space, const struct leaf *leaf, unsigned at)
{
    return axas_stretch_of(space, last_at(leaf, at));
}

/* Does the entry touch a stretch that the one before it in the leaf node touches too? */
static bool shares(const struct axas_space *space, const struct leaf *leaf, unsigned at)
{
    return at != 0 && at < leaf->node.count &&
           last_stretch(space, leaf, at - 1) == first_stretch(space, leaf, at);
}

/* How many stretches the entry touches that no other one in the leaf node does. */
static AXAS_INLINE uint64_t stretches_of(const struct axas_space *space, const struct leaf *leaf, unsigned at)
{
    const uint64_t bytes = AXAS_STRETCH_PAGES << space->table.page_shift;
    const uint64_t first = first_stretch(space, leaf, at), from = first * bytes;
    const uint64_t touched = last_at(leaf, at) - from < bytes ? 1 : last_stretch(space, leaf, at) - first + 1;
    uint64_t own = touched;
    if (at != 0 && last_at(leaf, at - 1) >= from) {
        own--;
    }
    if (own != 0 && at + 1 < leaf->node.count && leaf->key[at + 1] - from < touched * bytes) {
        own--;
    }
    return own;
}

static inline bool are_alike(const struct traits *a, const struct traits *b)
{
    return a->origin == b->origin && a->backend == b->backend && a->context == b->context &&
           a->attr == b->attr && a->flags == b->flags;
}

/* What a page in an area of those traits cannot be had for by a fault that looks at nothing else. */
static unsigned refused_by(const struct axas_table *table, const struct traits *traits)
{
    const bool serves = traits->backend->provide != NULL && (traits->flags & AXAS_AREA_FILLING) == 0 &&
                        axas_walk_plain_code(&table->page_code, traits->attr) != 0;
    return (serves ? ~traits->attr : AXAS_ACCESS_MASK) & AXAS_ACCESS_MASK;
}

/* The tag of traits that nothing has yet. */
static AXAS_OUTLINE unsigned new_tag(const struct axas_space *space, struct leaf *leaf, struct traits traits)
{
    unsigned number = 0;
    while (leaf->users[number] != 0) {
        number++;
    }
    leaf->traits[number] = traits;
    return number | refused_by(&space->table, &traits) << REFUSED_SHIFT;
}

/* The tag that the entry is to have for those: a neighbour's, or else a new one. */
static inline unsigned tag_for(const struct axas_space *space, struct leaf *leaf, unsigned at,
                               struct traits traits)
{
    if (at != 0 && are_alike(&leaf->traits[traits_at(leaf, at - 1)], &traits)) {
        return tag_at(leaf, at - 1);
    }
    if (at + 1 < leaf->node.count && are_alike(&leaf->traits[traits_at(leaf, at + 1)], &traits)) {
        return tag_at(leaf, at + 1);
    }
    return new_tag(space, leaf, traits);
}

static void drop_traits(struct leaf *leaf, unsigned at)
{
    leaf->users[traits_at(leaf, at)]--;
}

/* Into an entry that has no traits. */
static void leaf_put(const struct axas_space *space, struct leaf *leaf, unsigned at,
                     const struct axas_area *area)
{
    const struct traits traits = {area->origin.raw == area->gpa.raw ? OWN_START : area->origin.raw,
                                  area->backend, area->context, area->attr, area->flags};
    const unsigned tag = tag_for(space, leaf, at, traits);
    leaf->users[number_in(tag)]++;
    leaf->key[at] = area->gpa.raw;
    leaf->extent[at].size_and_tag = area->size | tag;
    leaf->extent[at].data = area->data;
}

/* Moves the entries from `from` on by `by` places; keys behind them stay as they are. */
static inline void leaf_shift(struct leaf *leaf, unsigned from, int by)
{
    unsigned moved = leaf->node.count - from;
    unsigned to = (unsigned)((int)from + by);
    __builtin_memmove(&leaf->key[to], &leaf->key[from], moved * sizeof leaf->key[0]);
    __builtin_memmove(&leaf->extent[to], &leaf->extent[from], moved * sizeof leaf->extent[0]);
    leaf->node.count = (uint32_t)((int)leaf->node.count + by);
}

/* Puts a new entry at `at`. */
static inline void leaf_insert(struct axas_space *space, struct leaf *leaf, unsigned at,
                               const struct axas_area *area)
{
    leaf_shift(leaf, at, 1);
    leaf_put(space, leaf, at, area);
    space->areas.stretches += stretches_of(space, leaf, at);
}

static inline void leaf_remove(struct axas_space *space, struct leaf *leaf, unsigned at)
{
    space->areas.stretches -= stretches_of(space, leaf, at);
    drop_traits(leaf, at);
    leaf_shift(leaf, at + 1, -1);
    leaf->key[leaf->node.count] = NO_KEY;
}

/* Moves entries [from, count) of a node by `by` places. */
static void inner_shift(struct inner *inner, unsigned from, int by)
{
    unsigned moved = inner->node.count - from;
    unsigned to = (unsigned)((int)from + by);
    __builtin_memmove(&inner->key[to], &inner->key[from], moved * sizeof inner->key[0]);
    __builtin_memmove(&inner->child[to], &inner->child[from], moved * sizeof inner->child[0]);
    clear_keys(inner->key, to + moved, inner->node.count);
    inner->node.count = (uint32_t)((int)inner->node.count + by);
}

/* Appends entries [from, count) of one node to another. */
static void leaf_append(struct axas_space *space, struct leaf *to, struct leaf *source, unsigned from)
{
    const unsigned end = source->node.count;
    const unsigned first = to->node.count;
    unsigned last_number = LEAF_AREAS, tag = 0; /* in the one node and in the other */
    space->areas.stretches += shares(space, source, from) ? 1 : 0;
    __builtin_memcpy(&to->key[first], &source->key[from], (end - from) * sizeof to->key[0]);
    for (unsigned i = from; i < end; i++) {
        const unsigned at = to->node.count++, old = traits_at(source, i);
        if (old != last_number) {
            tag = tag_for(space, to, at, source->traits[old]);
            last_number = old;
        }
        source->users[old]--;
        to->users[number_in(tag)]++;
        to->extent[at].size_and_tag = size_at(source, i) | tag;
        to->extent[at].data = source->extent[i].data;
    }
    clear_keys(source->key, from, end);
    source->node.count = from;
    space->areas.stretches -= shares(space, to, first) ? 1 : 0;
}

static void inner_append(struct inner *to, struct inner *source, unsigned from)
{
    unsigned moved = source->node.count - from;
    __builtin_memcpy(&to->key[to->node.count], &source->key[from], moved * sizeof to->key[0]);
    __builtin_memcpy(&to->child[to->node.count], &source->child[from], moved * sizeof to->child[0]);
    clear_keys(source->key, from, source->node.count);
    to->node.count += moved;
    source->node.count = from;
}

/* Hangs `child` in after the child that the path took at `height`. */
static void insert_child(struct axas_space *space, const struct axas_areas_path *path, unsigned height,
                         uint64_t key, struct node *child)
{
    for (; height < space->areas.height; height++) {
        struct inner *inner = (struct inner *)path->step[height].node;
        unsigned at = path->step[height].index + 1;
        struct inner *split = NULL;
        if (inner->node.count == INNER_CHILDREN) {
            split = inner_take(space);
            inner_append(split, inner, INNER_CHILDREN / 2);
        }
        struct inner *into = inner;
        if (split != NULL && at > inner->node.count) {
            at -= inner->node.count;
            into = split;
        }
        inner_shift(into, at, 1);
        into->key[at] = key;
        into->child[at] = child;
        if (split == NULL) {
            return;
        }
        key = split->key[0];
        child = &split->node;
    }
    struct node *old_root = (struct node *)space->areas.root;
    struct inner *root = inner_take(space);
    AXAS_ASSERT(space->areas.height < AXAS_AREAS_HEIGHT);
    root->node.count = 2;
    root->key[0] =
        space->areas.height == 1 ? ((struct leaf *)old_root)->key[0] : ((struct inner *)old_root)->key[0];
    root->child[0] = old_root;
    root->key[1] = key;
    root->child[1] = child;
    space->areas.root = root;
    space->areas.height++;
}

static AXAS_OUTLINE void insert_first(struct axas_space *space, const struct axas_area *area)
{
    struct leaf *root = leaf_take(space);
    leaf_insert(space, root, 0, area);
    space->areas.root = root;
    space->areas.height = 1;
}

/* Into the leaf node of the path, which is full. `fills`: areas come in order, so a node that the new one is
 * at the end of stays full. */
static AXAS_OUTLINE void insert_splitting(struct axas_space *space, const struct axas_areas_path *path,
                                          const struct axas_area *area, bool fills)
{
    struct leaf *leaf = (struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index;
    struct leaf *split = leaf_take(space);
    struct leaf *into = leaf;
    if (fills && at == LEAF_AREAS) {
        at = 0;
        into = split;
    } else {
        leaf_append(space, split, leaf, at > LEAF_AREAS / 2 ? LEAF_AREAS / 2 + 1 : LEAF_AREAS / 2);
        if (at > LEAF_AREAS / 2) {
            at -= leaf->node.count;
            into = split;
        }
    }
    leaf_insert(space, into, at, area);
    if (at == 0 && into == leaf) {
        first_key_changed(space, path, 0, area->gpa.raw);
    }
    insert_child(space, path, 1, split->key[0], &split->node);
}

static inline void insert(struct axas_space *space, const struct axas_areas_path *path,
                          const struct axas_area *area, bool fills)
{
    space->areas.count++;
    space->areas.cuts += cuts_of(space, area->size);
    if (AXAS_UNLIKELY(space->areas.root == NULL)) {
        insert_first(space, area);
        return;
    }
    struct leaf *leaf = (struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index;
    if (AXAS_UNLIKELY(leaf->node.count == LEAF_AREAS)) {
        insert_splitting(space, path, area, fills);
        return;
    }
    leaf_insert(space, leaf, at, area);
    if (at == 0) {
        first_key_changed(space, path, 0, area->gpa.raw);
    }
}

void axas_areas_insert(struct axas_space *space, const struct axas_areas_path *path,
                       const struct axas_area *area)
{
    insert(space, path, area, true);
}

/* Takes the child at `at`, which is in the tree no more, out of the node at `height` of the path. */
static void remove_child(struct axas_space *space, const struct axas_areas_path *path, unsigned height,
                         unsigned at)
{
    struct inner *inner = (struct inner *)path->step[height].node;
    node_give(space, inner->child[at]);
    if (height == 1) {
        space->areas.leaves--;
    } else {
        space->areas.inners--;
    }
    inner_shift(inner, at + 1, -1);
    if (at == 0 && inner->node.count != 0) {
        first_key_changed(space, path, height, inner->key[0]);
    }
}

/*
 * The leaf node of the path lost an area. Takes it out if it is empty; joins it with a neighbour if both fit
 * into three quarters of one; goes on above where that took a child away; drops roots of one child.
 */
static AXAS_OUTLINE void join_up(struct axas_space *space, const struct axas_areas_path *path)
{
    for (unsigned height = 0; height + 1 < space->areas.height; height++) {
        struct inner *parent = (struct inner *)path->step[height + 1].node;
        unsigned at = path->step[height + 1].index;
        unsigned most = (height == 0 ? LEAF_AREAS : INNER_CHILDREN) * 3 / 4;
        if (parent->child[at]->count == 0) {
            remove_child(space, path, height + 1, at);
            continue;
        }
        if (at + 1 == parent->node.count || parent->child[at]->count + parent->child[at + 1]->count > most) {
            if (at == 0 || parent->child[at - 1]->count + parent->child[at]->count > most) {
                break;
            }
            at--;
        }
        if (height == 0) {
            leaf_append(space, (struct leaf *)parent->child[at], (struct leaf *)parent->child[at + 1], 0);
        } else {
            inner_append((struct inner *)parent->child[at], (struct inner *)parent->child[at + 1], 0);
        }
        remove_child(space, path, height + 1, at + 1);
    }
    while (space->areas.height > 1 && ((struct node *)space->areas.root)->count == 1) {
        struct node *root = (struct node *)space->areas.root;
        space->areas.root = ((struct inner *)root)->child[0];
        space->areas.height--;
        space->areas.inners--;
        node_give(space, root);
    }
}

/* Takes out a leaf node that is empty, and all that there is. */
static AXAS_OUTLINE void remove_root(struct axas_space *space)
{
    node_give(space, (struct node *)space->areas.root);
    space->areas.root = NULL;
    space->areas.height = 0;
    space->areas.leaves = 0;
}

void axas_areas_remove(struct axas_space *space, const struct axas_areas_path *path)
{
    struct leaf *leaf = (struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index - 1;
    space->areas.count--;
    space->areas.cuts -= cuts_of(space, size_at(leaf, at));
    leaf_remove(space, leaf, at);
    if (space->areas.height != 1) {
        if (at == 0 && leaf->node.count != 0) {
            first_key_changed(space, path, 0, leaf->key[0]);
        }
        join_up(space, path);
    } else if (AXAS_UNLIKELY(leaf->node.count == 0)) {
        remove_root(space);
    }
}

/* Puts `area` where the one that the path leads to is. */
static void replace_at(struct axas_space *space, const struct axas_areas_path *path,
                       const struct axas_area *area)
{
    struct leaf *leaf = (struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index - 1;
    space->areas.cuts -= cuts_of(space, size_at(leaf, at));
    space->areas.cuts += cuts_of(space, area->size);
    space->areas.stretches -= stretches_of(space, leaf, at);
    drop_traits(leaf, at);
    leaf_put(space, leaf, at, area);
    space->areas.stretches += stretches_of(space, leaf, at);
    if (at == 0) {
        first_key_changed(space, path, 0, area->gpa.raw);
    }
}

void axas_areas_replace(struct axas_space *space, uint64_t gpa, const struct axas_area *area)
{
    struct axas_areas_path path;
    descend(space, gpa, &path);
    AXAS_ASSERT(path.step[0].index != 0 &&
                ((const struct leaf *)path.step[0].node)->key[path.step[0].index - 1] == gpa);
    replace_at(space, &path, area);
}

/* The reserve */

/* Can a cut make a record, which begins at x? */
static bool record_fits(const struct axas_space *space, uint64_t x)
{
    struct axas_areas_path path;
    descend(space, x, &path);
    uint64_t need = nodes_for(space, &path, 1);
    uint64_t all = space->areas.stretches - space->areas.gap_frames;
    if (space->areas.reserved_nodes >= all) {
        return space->areas.reserved_nodes >= all + need + (need != 0 ? 1 : 0);
    }
    return space->areas.reserved_nodes >= need;
}

/* The same, with what the HAL has. */
static bool record_fits_now(struct axas_space *space, uint64_t x)
{
    struct axas_areas_path path;
    descend(space, x, &path);
    uint64_t need = nodes_for(space, &path, 1);
    (void)reserve_raise(space, need + reserve_for(space, space->areas.cuts, space->areas.stretches, need));
    return record_fits(space, x);
}

/* Adds what was part of another area. */
static void insert_part(struct axas_space *space, const struct axas_area *area)
{
    struct axas_areas_path path;
    descend(space, area->gpa.raw, &path);
    insert(space, &path, area, false);
}

/* Cuts [from, to] out of a record; makes two of it where `to` is below `from`. */
static void cut(struct axas_space *space, const struct axas_area *area, uint64_t from, uint64_t to)
{
    struct axas_area low = *area, high = *area;
    low.size = from - area->gpa.raw;
    high.gpa = axas_gpa_of(to + 1);
    high.size -= high.gpa.raw - area->gpa.raw;
    axas_areas_replace(space, low.gpa.raw, &low);
    insert_part(space, &high);
}

/* Makes records for what is behind gaps, until no more of them fit. */
static AXAS_OUTLINE void close_these_gaps(struct axas_space *space)
{
    while (space->areas.gaps != NULL) {
        uint64_t first = axas_gap_above(space, 0);
        uint64_t end = axas_gap_end(space, first);
        if (!record_fits_now(space, address_of(space, end))) {
            return;
        }
        axas_gap_remove(space, first, end - 1);
        uint64_t from = address_of(space, first);
        struct axas_area record;
        if (find_record(space, from, &record)) {
            cut(space, &record, from, address_of(space, end) - 1);
        }
    }
}

static inline void close_gaps(struct axas_space *space)
{
    if (AXAS_UNLIKELY(space->areas.gaps != NULL)) {
        close_these_gaps(space);
    }
}

/* For `need` nodes, beside what has to stay when they are in the tree, and as many more cuts and stretches.
 */
static inline enum axas_status prepare(struct axas_space *space, uint64_t need, uint64_t cuts,
                                       uint64_t stretches)
{
    if (need != 0 && space->node_limit != 0 && space->node_bytes / NODE_BYTES + need > space->node_limit) {
        return AXAS_ERR_NO_MEMORY;
    }
    bool ready = reserve_raise(
        space, need + reserve_for(space, space->areas.cuts + cuts, space->areas.stretches + stretches, need));
    return ready && space->areas.gaps == NULL ? AXAS_OK : AXAS_ERR_NO_MEMORY;
}

enum axas_status axas_areas_prepare_insert(struct axas_space *space, const struct axas_area *area,
                                           struct axas_areas_path *path)
{
    const uint64_t first = axas_stretch_of(space, area->gpa.raw), last = last_of(area);
    if (!is_free(space, area->gpa.raw, last, path)) {
        return AXAS_ERR_EXISTS;
    }
    if (space->areas.gaps != NULL) {
        close_gaps(space);
        descend(space, area->gpa.raw, path);
    }
    return prepare(space, nodes_for(space, path, 1), cuts_of(space, area->size),
                   axas_stretch_of(space, last) - first + 1);
}

enum axas_status axas_areas_prepare_cuts(struct axas_space *space, const uint64_t *at, unsigned cuts)
{
    uint64_t need = 0;
    close_gaps(space);
    for (unsigned i = 0; i < cuts; i++) {
        struct axas_areas_path path;
        descend(space, at[i], &path);
        need += nodes_for(space, &path, cuts);
    }
    return prepare(space, need, 0, 0);
}

/* Widens [*from, *to], of the record [first, last], by the gaps beside it. */
static void widen(const struct axas_space *space, uint64_t first, uint64_t last, uint64_t *from, uint64_t *to)
{
    if (space->areas.gaps != NULL) {
        if (*from != first) {
            *from = address_of(space, axas_gap_begin(space, axas_page_of(space, *from) - 1) + 1);
        }
        if (*to != last) {
            *to = address_of(space, axas_gap_end(space, axas_page_of(space, *to) + 1)) - 1;
        }
    }
}

bool axas_areas_prepare_removal(struct axas_space *space, const struct axas_areas_path *path, uint64_t first,
                                uint64_t last)
{
    const struct leaf *leaf = (const struct leaf *)path->step[0].node;
    unsigned at = path->step[0].index - 1;
    uint64_t record_first = leaf->key[at], record_last = last_at(leaf, at);
    if (first <= record_first || last >= record_last) {
        return true;
    }
    widen(space, record_first, record_last, &first, &last);
    return first == record_first || last == record_last || record_fits_now(space, last + 1) ||
           axas_gap_frames(space, axas_page_of(space, first), axas_page_of(space, last)) <=
               space->areas.reserved_nodes;
}

void axas_areas_settle(struct axas_space *space)
{
    close_gaps(space);
    uint64_t stay = reserve_for(space, space->areas.cuts, space->areas.stretches, 0);
    (void)reserve_raise(space, stay);
    /* Some more may stay, so that adding and removing one area in turn does not ask the HAL each time. */
    axas_areas_trim(space, space->areas.count == 0 ? 0 : stay + 4 * insert_most(space));
}

void axas_areas_put_back(struct axas_space *space, uint64_t keep, uint64_t gap_frames)
{
    if (space->areas.gap_frames != gap_frames) {
        const uint64_t stay = reserve_for(space, space->areas.cuts, space->areas.stretches, 0);
        keep = stay > keep ? stay : keep;
    }
    axas_areas_trim(space, keep);
}

/* Ranges */

static void cut_at(struct axas_space *space, uint64_t gpa)
{
    struct axas_area record;
    if (find_record(space, gpa, &record) && record.gpa.raw != gpa) {
        cut(space, &record, gpa, gpa - 1);
    }
}

void axas_areas_cut_at(struct axas_space *space, uint64_t first, uint64_t last)
{
    cut_at(space, first);
    if (last != UINT64_MAX) {
        cut_at(space, last + 1);
    }
}

static AXAS_OUTLINE void remove_parts(struct axas_space *space, struct axas_areas_path *path, uint64_t first,
                                      uint64_t last)
{
    for (;;) {
        const struct leaf *leaf = (const struct leaf *)path->step[0].node;
        unsigned at = path->step[0].index - 1;
        uint64_t area_first = leaf->key[at], area_last = last_at(leaf, at);
        uint64_t from = area_first > first ? area_first : first;
        uint64_t to = area_last < last ? area_last : last;
        if (area_first > last) {
            return;
        }
        widen(space, area_first, area_last, &from, &to);
        bool cuts = from != area_first && to != area_last;
        if (cuts && !record_fits(space, to + 1)) {
            axas_gap_add(space, axas_page_of(space, from), axas_page_of(space, to));
            return;
        }
        if (space->areas.gaps != NULL) {
            axas_gap_remove(space, axas_page_of(space, from), axas_page_of(space, to));
        }
        if (from == area_first && to == area_last) {
            axas_areas_remove(space, path);
        } else {
            struct axas_area part;
            (void)read_at(leaf, at, &part);
            if (cuts) {
                cut(space, &part, from, to);
                return;
            }
            if (from != area_first) {
                part.size = from - area_first;
            } else {
                part.gpa = axas_gpa_of(to + 1);
                part.size = area_last - to;
            }
            replace_at(space, path, &part);
        }
        if (area_last >= last || !seek(space, first, path)) {
            return;
        }
    }
}

void axas_areas_remove_range(struct axas_space *space, struct axas_areas_path *path, uint64_t first,
                             uint64_t last)
{
    const struct leaf *leaf = (const struct leaf *)path->step[0].node;
    const unsigned at = path->step[0].index - 1;
    /* Most ranges are one area. */
    if (space->areas.gaps == NULL && first <= leaf->key[at] && last == last_at(leaf, at)) {
        axas_areas_remove(space, path);
    } else {
        remove_parts(space, path, first, last);
    }
}

void axas_areas_join(struct axas_space *space, uint64_t first, uint64_t last)
{
    struct axas_areas_path path;
    struct axas_area low, high;
    bool found =
        (first != 0 && find_record(space, first - 1, &low)) || seek_record(space, first, &path, &low);
    while (found && low.gpa.raw <= last) {
        uint64_t end = low.gpa.raw + low.size;
        if (!seek_record(space, end - 1 == UINT64_MAX ? end - 1 : end, &path, &high) || high.gpa.raw < end) {
            return;
        }
        if (end == high.gpa.raw && axas_areas_are_alike(&low, &high)) {
            low.size += high.size;
            axas_areas_remove(space, &path);
            axas_areas_replace(space, low.gpa.raw, &low);
        } else {
            low = high;
        }
    }
}

void axas_areas_destroy(struct axas_space *space)
{
    struct axas_areas_path path;
    while (seek(space, 0, &path)) {
        axas_areas_remove(space, &path);
    }
    axas_areas_trim(space, 0);
}
