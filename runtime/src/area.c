/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The areas of a space: a B+ tree whose nodes are frames.
 *
 *      inner node   [ keys | children ]        key[i]: the first address of anything below child[i]
 *          |
 *      leaf node    [ keys | lasts | areas ]   key[i]: area[i].gpa, last[i]: its last byte
 *
 * The keys of a node stand together, so that a search reads a few lines of one frame and follows a pointer
 * once per level. A node is never empty; neighbours that fit into three quarters of one become one.
 *
 * Why a removal has the nodes that it needs
 * -----------------------------------------
 * Only a removal from the middle of an area adds an area, one (a "cut"). An area of n pages can be cut at
 * most (n - 1) / 2 times, since each cut takes a page away and leaves a page on both sides; `cuts` is the sum
 * over all areas, and a cut lowers it by one or more. No smaller amount of memory than a bit per page could
 * remember every way to cut a space up, so for a space of any size some number of cuts has to do. The reserve
 * holds nodes for
 *
 *      C = min(cuts, CUTS_IN_RESERVE)
 *
 * cuts in a row while the HAL gives no frame at all: a space of which cuts <= CUTS_IN_RESERVE never runs out,
 * and any other one only if the HAL gave nothing at all between C cuts. Whenever an area is added, the
 * reserve is full or the call fails; each exclusive call, removals too, fills it again as far as the HAL lets
 * it.
 *
 * How many nodes that is. A leaf node holds 56 areas. Let each leaf node with k areas owe max(0, k - 29) / 28
 * of a node, which is less than one. A cut adds one area, so the sum of what is owed grows by at most 1/28; a
 * leaf node splits when the 57th area comes, into one of 28 and one of 29, which owe nothing, and so each
 * split pays one node back. C cuts therefore split at most leaves + C / 28 leaf nodes, and clearly at most C.
 * In the same way the inner nodes (up to 254 children, 127 after a split) split at most inners + s / 127
 * times one level up if s nodes split below, inners + s / 126 over all levels, and the tree grows by no more
 * than two levels. Joining nodes frees one for at most 13/28 that the result owes, and the freed one goes to
 * the reserve.
 */
#include "area.h"

#define NODE_BYTES AXAS_FRAME_SIZE
#define LEAF_AREAS 56u
#define INNER_CHILDREN 254u
#define CUTS_IN_RESERVE 1024u
/* Levels, leaves included: 2^52 pages need no more, at a third of each node in use. */
#define MAX_HEIGHT 12u

/* Begins a leaf or an inner node, and is aligned as they are. */
struct node {
    _Alignas(uint64_t) uint32_t count;
};

struct leaf {
    struct node node;
    uint64_t key[LEAF_AREAS];
    uint64_t last[LEAF_AREAS]; /* of area[i]: whether it holds an address is known without touching it */
    struct axas_area area[LEAF_AREAS];
};

struct inner {
    struct node node;
    uint64_t key[INNER_CHILDREN];
    struct node *child[INNER_CHILDREN];
};

_Static_assert(sizeof(struct leaf) <= NODE_BYTES, "a leaf node is a frame");
_Static_assert(sizeof(struct inner) <= NODE_BYTES, "an inner node is a frame");

/* From the root down: step[h] is the node at height h and where it was left; height 0 is the leaf. One array:
 * GCC 12 at -O2 (-fivopts with -fipa-modref) loses the stores if nodes and indices are an array each. */
struct path {
    struct {
        struct node *node;
        unsigned index;
    } step[MAX_HEIGHT];
};

/* How many of the keys are not above x. Without branches, which a search would mispredict every other time.
 */
static inline unsigned keys_up_to(const uint64_t *key, unsigned count, uint64_t x)
{
    const uint64_t *base = key;
    size_t left = count;
    while (left > 1) {
        size_t half = left / 2;
        size_t above = base[half - 1] <= x;
        __asm__("" : "+r"(above)); /* a number, whatever the compiler would rather make of it */
        base += half & (0 - above);
        left -= half;
    }
    return (unsigned)(base - key) + (unsigned)(left == 1 && *base <= x);
}

static unsigned child_for(const struct inner *inner, uint64_t x)
{
    unsigned up_to = keys_up_to(inner->key, inner->node.count, x);
    return up_to == 0 ? 0 : up_to - 1;
}

/* Reading */

/* The leaf node that x belongs to, or NULL; *right: the subtree after it, of height *right_height. */
static const struct leaf *leaf_for(const struct axas_space *space, uint64_t x, const struct node **right,
                                   unsigned *right_height)
{
    const struct node *node = (const struct node *)space->areas.root;
    if (node == NULL) {
        return NULL;
    }
    for (unsigned height = space->areas.height - 1; height > 0; height--) {
        const struct inner *inner = (const struct inner *)node;
        unsigned i = child_for(inner, x);
        if (right != NULL && i + 1 < node->count) {
            *right = inner->child[i + 1];
            *right_height = height - 1;
        }
        node = inner->child[i];
    }
    /* All lines that the search may read at once, not one after the other as it comes to them. */
    const struct leaf *leaf = (const struct leaf *)node;
    for (unsigned i = 0; i < LEAF_AREAS; i += 8) {
        __builtin_prefetch(&leaf->key[i]);
        __builtin_prefetch(&leaf->last[i]);
    }
    return leaf;
}

const struct axas_area *axas_areas_find(const struct axas_space *space, uint64_t gpa)
{
    const struct leaf *leaf = leaf_for(space, gpa, NULL, NULL);
    if (leaf == NULL) {
        return NULL;
    }
    unsigned up_to = keys_up_to(leaf->key, leaf->node.count, gpa);
    if (up_to == 0) {
        return NULL;
    }
    return gpa <= leaf->last[up_to - 1] ? &leaf->area[up_to - 1] : NULL;
}

const struct axas_area *axas_areas_next(const struct axas_space *space, uint64_t gpa)
{
    const struct node *right = NULL;
    unsigned height = 0;
    const struct leaf *leaf = leaf_for(space, gpa, &right, &height);
    if (leaf == NULL) {
        return NULL;
    }
    unsigned up_to = keys_up_to(leaf->key, leaf->node.count, gpa);
    if (up_to != 0 && gpa <= leaf->last[up_to - 1]) {
        return &leaf->area[up_to - 1];
    }
    if (up_to < leaf->node.count) {
        return &leaf->area[up_to];
    }
    if (right == NULL) {
        return NULL;
    }
    for (; height > 0; height--) {
        right = ((const struct inner *)right)->child[0];
    }
    return &((const struct leaf *)right)->area[0];
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

static struct node *node_take(struct axas_space *space)
{
    void *node = space->areas.free_nodes;
    AXAS_ASSERT(node != NULL);
    space->areas.free_nodes = *(void **)node;
    space->areas.reserved_nodes--;
    space->node_bytes += NODE_BYTES;
    ((struct node *)node)->count = 0;
    return (struct node *)node;
}

static void node_give(struct axas_space *space, struct node *node)
{
    *(void **)(void *)node = space->areas.free_nodes;
    space->areas.free_nodes = node;
    space->areas.reserved_nodes++;
    space->node_bytes -= NODE_BYTES;
}

void axas_areas_trim(struct axas_space *space, uint32_t keep)
{
    const struct axas_hal *hal = space->table.hal;
    while (space->areas.reserved_nodes > keep) {
        void *node = space->areas.free_nodes;
        space->areas.free_nodes = *(void **)node;
        space->areas.reserved_nodes--;
        hal->frame_free(hal->context, axas_hal_phys(hal, node), NODE_BYTES, AXAS_FRAME_NODE);
    }
}

static bool reserve_raise(struct axas_space *space, uint64_t count)
{
    while (space->areas.reserved_nodes < count) {
        if (!node_alloc(space)) {
            return false;
        }
    }
    return true;
}

/* See the top of the file. */
static uint64_t reserve_for(uint64_t cuts, uint64_t leaves, uint64_t inners)
{
    uint64_t row = cuts < CUTS_IN_RESERVE ? cuts : CUTS_IN_RESERVE;
    uint64_t splits = leaves + row / 28;
    splits = splits < row ? splits : row;
    return row == 0 ? 0 : splits + inners + splits / 126 + 3;
}

/* The most that one insertion takes: each node on the way, and a new root. */
static uint32_t insert_most(const struct axas_space *space)
{
    return space->areas.height + 1;
}

static uint64_t cuts_of(const struct axas_space *space, uint64_t size)
{
    return (size / axas_table_page_size(&space->table) - 1) / 2;
}

/* What the last of `inserts` insertions takes at x: full nodes from the leaf upward split, a full root gets a
 * parent. A node counts as full if the insertions before could have made it so. */
static uint32_t nodes_for(const struct axas_space *space, uint64_t x, unsigned inserts)
{
    const struct node *node = (const struct node *)space->areas.root;
    uint32_t need = 0;
    bool all_full = true;
    for (unsigned height = space->areas.height; height-- > 0;) {
        bool full = node->count + inserts > (height == 0 ? LEAF_AREAS : INNER_CHILDREN);
        need = full ? need + 1 : 0;
        all_full = all_full && full;
        if (height > 0) {
            const struct inner *inner = (const struct inner *)node;
            node = inner->child[child_for(inner, x)];
        }
    }
    return need + (all_full ? 1 : 0);
}

enum axas_status axas_areas_prepare(struct axas_space *space, const uint64_t *at, unsigned inserts,
                                    uint64_t size)
{
    uint64_t need = 0;
    for (unsigned i = 0; i < inserts; i++) {
        need += nodes_for(space, at[i], inserts);
    }
    if (need != 0 && space->node_limit != 0 && space->node_bytes / NODE_BYTES + need > space->node_limit) {
        return AXAS_ERR_NO_MEMORY;
    }
    uint64_t cuts = space->areas.cuts + (size == 0 ? 0 : cuts_of(space, size));
    uint64_t stay = reserve_for(cuts, space->areas.leaves + need, space->areas.inners + need);
    return reserve_raise(space, need + stay) ? AXAS_OK : AXAS_ERR_NO_MEMORY;
}

bool axas_areas_prepare_removal(struct axas_space *space, uint64_t gpa)
{
    axas_areas_settle(space);
    return space->areas.reserved_nodes >= nodes_for(space, gpa, 1);
}

void axas_areas_settle(struct axas_space *space)
{
    uint64_t stay = reserve_for(space->areas.cuts, space->areas.leaves, space->areas.inners);
    (void)reserve_raise(space, stay);
    /* Some more may stay, so that adding and removing one area in turn does not ask the HAL each time. */
    axas_areas_trim(space, space->areas.count == 0 ? 0 : (uint32_t)stay + 4 * insert_most(space));
}

/* Changing */

static void descend(const struct axas_space *space, uint64_t x, struct path *path)
{
    struct node *node = (struct node *)space->areas.root;
    for (unsigned height = space->areas.height - 1; height > 0; height--) {
        const struct inner *inner = (const struct inner *)node;
        path->step[height].node = node;
        path->step[height].index = child_for(inner, x);
        node = inner->child[path->step[height].index];
    }
    path->step[0].node = node;
    path->step[0].index = keys_up_to(((const struct leaf *)node)->key, node->count, x);
}

/* The first key of the node at `height` of the path is now `key`. */
static void first_key_changed(const struct axas_space *space, const struct path *path, unsigned height,
                              uint64_t key)
{
    for (unsigned h = height + 1; h < space->areas.height; h++) {
        ((struct inner *)path->step[h].node)->key[path->step[h].index] = key;
        if (path->step[h].index != 0) {
            break;
        }
    }
}

static void leaf_put(struct leaf *leaf, unsigned at, const struct axas_area *area)
{
    leaf->key[at] = area->gpa.raw;
    leaf->last[at] = area->gpa.raw + (area->size - 1);
    leaf->area[at] = *area;
}

/* Moves entries [from, count) of a node by `by` places. */
static void leaf_shift(struct leaf *leaf, unsigned from, int by)
{
    unsigned moved = leaf->node.count - from;
    unsigned to = (unsigned)((int)from + by);
    __builtin_memmove(&leaf->key[to], &leaf->key[from], moved * sizeof leaf->key[0]);
    __builtin_memmove(&leaf->last[to], &leaf->last[from], moved * sizeof leaf->last[0]);
    __builtin_memmove(&leaf->area[to], &leaf->area[from], moved * sizeof leaf->area[0]);
    leaf->node.count = (uint32_t)((int)leaf->node.count + by);
}

static void inner_shift(struct inner *inner, unsigned from, int by)
{
    unsigned moved = inner->node.count - from;
    unsigned to = (unsigned)((int)from + by);
    __builtin_memmove(&inner->key[to], &inner->key[from], moved * sizeof inner->key[0]);
    __builtin_memmove(&inner->child[to], &inner->child[from], moved * sizeof inner->child[0]);
    inner->node.count = (uint32_t)((int)inner->node.count + by);
}

/* Appends entries [from, count) of one node to another. */
static void leaf_append(struct leaf *to, struct leaf *source, unsigned from)
{
    unsigned moved = source->node.count - from;
    __builtin_memcpy(&to->key[to->node.count], &source->key[from], moved * sizeof to->key[0]);
    __builtin_memcpy(&to->last[to->node.count], &source->last[from], moved * sizeof to->last[0]);
    __builtin_memcpy(&to->area[to->node.count], &source->area[from], moved * sizeof to->area[0]);
    to->node.count += moved;
    source->node.count = from;
}

static void inner_append(struct inner *to, struct inner *source, unsigned from)
{
    unsigned moved = source->node.count - from;
    __builtin_memcpy(&to->key[to->node.count], &source->key[from], moved * sizeof to->key[0]);
    __builtin_memcpy(&to->child[to->node.count], &source->child[from], moved * sizeof to->child[0]);
    to->node.count += moved;
    source->node.count = from;
}

/* Hangs `child` in after the child that the path took at `height`. */
static void insert_child(struct axas_space *space, const struct path *path, unsigned height, uint64_t key,
                         struct node *child)
{
    for (; height < space->areas.height; height++) {
        struct inner *inner = (struct inner *)path->step[height].node;
        unsigned at = path->step[height].index + 1;
        struct inner *split = NULL;
        if (inner->node.count == INNER_CHILDREN) {
            split = (struct inner *)node_take(space);
            space->areas.inners++;
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
    struct inner *root = (struct inner *)node_take(space);
    space->areas.inners++;
    AXAS_ASSERT(space->areas.height < MAX_HEIGHT);
    root->node.count = 2;
    root->key[0] =
        space->areas.height == 1 ? ((struct leaf *)old_root)->key[0] : ((struct inner *)old_root)->key[0];
    root->child[0] = old_root;
    root->key[1] = key;
    root->child[1] = child;
    space->areas.root = root;
    space->areas.height++;
}

void axas_areas_insert(struct axas_space *space, const struct axas_area *area)
{
    struct path path = {0};
    space->areas.count++;
    space->areas.cuts += cuts_of(space, area->size);
    if (space->areas.root == NULL) {
        space->areas.root = node_take(space);
        space->areas.height = 1;
        space->areas.leaves = 1;
    }
    descend(space, area->gpa.raw, &path);
    struct leaf *leaf = (struct leaf *)path.step[0].node;
    unsigned at = path.step[0].index;
    struct leaf *split = NULL;
    if (leaf->node.count == LEAF_AREAS) {
        split = (struct leaf *)node_take(space);
        space->areas.leaves++;
        leaf_append(split, leaf, at > LEAF_AREAS / 2 ? LEAF_AREAS / 2 + 1 : LEAF_AREAS / 2);
    }
    struct leaf *into = leaf;
    if (split != NULL && at > LEAF_AREAS / 2) {
        at -= leaf->node.count;
        into = split;
    }
    leaf_shift(into, at, 1);
    leaf_put(into, at, area);
    if (at == 0 && into == leaf) {
        first_key_changed(space, &path, 0, area->gpa.raw);
    }
    if (split != NULL) {
        insert_child(space, &path, 1, split->key[0], &split->node);
    }
}

/* Takes the child at `at`, which is in the tree no more, out of the node at `height` of the path. */
static void remove_child(struct axas_space *space, const struct path *path, unsigned height, unsigned at)
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
static void join_up(struct axas_space *space, const struct path *path)
{
    for (unsigned height = 0; height + 1 < space->areas.height; height++) {
        struct inner *parent = (struct inner *)path->step[height + 1].node;
        unsigned at = path->step[height + 1].index;
        unsigned most = (height == 0 ? LEAF_AREAS : INNER_CHILDREN) * 3 / 4;
        if (path->step[height].node->count == 0) {
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
            leaf_append((struct leaf *)parent->child[at], (struct leaf *)parent->child[at + 1], 0);
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

void axas_areas_remove(struct axas_space *space, uint64_t gpa)
{
    struct path path = {0};
    descend(space, gpa, &path);
    struct leaf *leaf = (struct leaf *)path.step[0].node;
    unsigned at = path.step[0].index - 1;
    AXAS_ASSERT(path.step[0].index != 0 && leaf->key[at] == gpa);
    space->areas.count--;
    space->areas.cuts -= cuts_of(space, leaf->area[at].size);
    leaf_shift(leaf, at + 1, -1);
    if (leaf->node.count != 0 && at == 0) {
        first_key_changed(space, &path, 0, leaf->key[0]);
    }
    if (space->areas.count == 0) {
        node_give(space, &leaf->node);
        space->areas.root = NULL;
        space->areas.height = 0;
        space->areas.leaves = 0;
        return;
    }
    join_up(space, &path);
}

void axas_areas_replace(struct axas_space *space, uint64_t gpa, const struct axas_area *area)
{
    struct path path = {0};
    descend(space, gpa, &path);
    struct leaf *leaf = (struct leaf *)path.step[0].node;
    unsigned at = path.step[0].index - 1;
    AXAS_ASSERT(path.step[0].index != 0 && leaf->key[at] == gpa);
    space->areas.cuts -= cuts_of(space, leaf->area[at].size);
    space->areas.cuts += cuts_of(space, area->size);
    leaf_put(leaf, at, area);
    if (at == 0) {
        first_key_changed(space, &path, 0, area->gpa.raw);
    }
}

static void cut_at(struct axas_space *space, uint64_t gpa)
{
    const struct axas_area *found = axas_areas_find(space, gpa);
    if (found == NULL || found->gpa.raw == gpa) {
        return;
    }
    struct axas_area low = *found;
    struct axas_area high = *found;
    low.size = gpa - low.gpa.raw;
    high.gpa = axas_gpa_of(gpa);
    high.size -= low.size;
    axas_areas_replace(space, low.gpa.raw, &low);
    axas_areas_insert(space, &high);
}

void axas_areas_cut_at(struct axas_space *space, uint64_t first, uint64_t last)
{
    cut_at(space, first);
    if (last != UINT64_MAX) {
        cut_at(space, last + 1);
    }
}

void axas_areas_remove_range(struct axas_space *space, uint64_t first, uint64_t last)
{
    const struct axas_area *found;
    while ((found = axas_areas_next(space, first)) != NULL && found->gpa.raw <= last) {
        struct axas_area area = *found;
        uint64_t area_last = area.gpa.raw + (area.size - 1);
        struct axas_area high = area;
        high.gpa = axas_gpa_of(last + 1);
        high.size = area_last - last;
        if (area.gpa.raw < first) {
            area.size = first - area.gpa.raw;
            axas_areas_replace(space, area.gpa.raw, &area);
            if (area_last > last) {
                axas_areas_insert(space, &high);
                return;
            }
        } else if (area_last > last) {
            axas_areas_replace(space, area.gpa.raw, &high);
            return;
        } else {
            axas_areas_remove(space, area.gpa.raw);
        }
    }
}

static bool belong_together(const struct axas_area *low, const struct axas_area *high)
{
    return low->gpa.raw + low->size == high->gpa.raw && low->origin.raw == high->origin.raw &&
           low->attr == high->attr && low->flags == high->flags && low->backend == high->backend &&
           low->context == high->context && low->data == high->data;
}

void axas_areas_join(struct axas_space *space, uint64_t first, uint64_t last)
{
    const struct axas_area *found = first == 0 ? NULL : axas_areas_find(space, first - 1);
    if (found == NULL) {
        found = axas_areas_next(space, first);
    }
    while (found != NULL && found->gpa.raw <= last) {
        struct axas_area low = *found;
        uint64_t end = low.gpa.raw + low.size;
        const struct axas_area *high = axas_areas_next(space, end - 1 == UINT64_MAX ? end - 1 : end);
        if (high == NULL || high->gpa.raw < end) {
            return;
        }
        if (!belong_together(&low, high)) {
            found = high;
            continue;
        }
        low.size += high->size;
        axas_areas_remove(space, high->gpa.raw);
        axas_areas_replace(space, low.gpa.raw, &low);
        found = axas_areas_find(space, low.gpa.raw);
    }
}

void axas_areas_destroy(struct axas_space *space)
{
    const struct axas_area *found;
    while ((found = axas_areas_next(space, 0)) != NULL) {
        axas_areas_remove(space, found->gpa.raw);
    }
    axas_areas_trim(space, 0);
}
