/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"
#include "entry.h"
#include "groups.h"
#include "rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX UINT64_C(200000)

/* One table that is linked, or memory taken for one. */
struct frame {
    bool linked;
    bool owed; /* taken out, and not invalidated */
    unsigned level;
    uint64_t gpa;
    uint64_t entries;
    uint64_t *value;  /* as far as stores told; else what was there at first, or empty */
    bool *stored;     /* since it was taken */
    bool *dirty;      /* stored and not written back */
    bool *broken;     /* was a leaf when the operation began, or since */
    uint64_t *last;   /* what the leaf or held leaf was that a break took away; 0 if nothing */
    uint16_t *writer; /* which thread stored last, plus 1 */
};

/* An invalidation that has to come. */
struct owed {
    uint64_t gpa, last, leaf_size;
    enum axas_invalidate_scope scope;
    bool local;
    uint64_t slot; /* that has to be written back first */
    bool written_back;
    uint64_t old;   /* the leaf that was there, if any */
    unsigned level; /* of it */
    bool is_leaf;
    bool made;              /* because of an entry that was empty */
    unsigned thread;        /* that owes it: a local invalidation has to be its own */
    enum order_rule missed; /* why what came was not enough */
    uint64_t hpa, size;     /* what must not be given back before; size 0 for none */
};

/* Memory of the guest that was taken in this operation. */
struct fresh {
    uint64_t hpa, size;
    bool published, zeroed, fetchable;
};

/* Memory that was handed to the guest in this operation. */
struct published {
    uint64_t hpa, size;
    axas_attr attr;
};

struct order {
    struct axas_table table; /* a copy: it has to outlive a destroyed one */
    const struct axas_table *live;
    struct axas_hosted *arena;
    uint64_t base, frames;
    struct frame *frame; /* by number in the arena */
    struct owed *owed;
    size_t owed_count, owed_room;
    struct fresh *fresh;
    size_t fresh_count, fresh_room;
    struct published *published;
    size_t published_count, published_room;
    size_t published_at; /* where the last one that was looked for is */
    struct rule rules[AXAS_CHANGES];
    bool made; /* since the last barrier */
    bool ended;
    bool watched; /* stores tell whether somebody had the exclusive side */
    bool destroyed;
    bool shared, fault;
    bool no_breaks;
    uint64_t fault_page;
    bool goes_on;        /* a vCPU does, */
    uint64_t goes_on_at; /* to this address, */
    bool forgotten;      /* for which it has forgotten everything since the last store */
    unsigned writer;     /* the thread that has the exclusive side, plus 1 */
    uint64_t at;         /* number of the event */
    const struct axas_hosted_event *event;
    enum order_rule broken;
    char *problem;
};

struct order *order_new(const struct axas_table *table, struct axas_hosted *arena, bool no_breaks)
{
    struct order *order = calloc(1, sizeof *order);
    if (order == NULL) {
        abort();
    }
    order->live = table;
    order->no_breaks = no_breaks;
    order->arena = arena;
    order->base = axas_hosted_base(arena).raw;
    order->frames = axas_hosted_size(arena) / AXAS_FRAME_SIZE;
    order->frame = calloc(order->frames, sizeof *order->frame);
    if (order->frame == NULL) {
        abort();
    }
    return order;
}

static void forget(struct frame *frame)
{
    free(frame->value);
    free(frame->stored);
    free(frame->dirty);
    free(frame->broken);
    free(frame->last);
    free(frame->writer);
    memset(frame, 0, sizeof *frame);
}

static void forget_all(struct order *order)
{
    for (uint64_t i = 0; i < order->frames; i++) {
        if (order->frame[i].value != NULL) {
            forget(&order->frame[i]);
        }
    }
    order->owed_count = 0;
    order->fresh_count = 0;
    order->published_count = 0;
    order->published_at = 0;
    order->made = false;
    order->ended = false;
    order->shared = false;
    order->fault = false;
    order->goes_on = false;
    order->forgotten = false;
    order->writer = 0;
}

void order_free(struct order *order)
{
    if (order != NULL) {
        forget_all(order);
        free(order->frame);
        free(order->owed);
        free(order->fresh);
        free(order->published);
        free(order);
    }
}

static bool wrong(struct order *order, enum order_rule rule, const char *what, uint64_t a, uint64_t b)
{
    order->broken = rule;
    (void)snprintf(order->problem, 200, "event %" PRIu64 ": %s (0x%" PRIx64 ", 0x%" PRIx64 ")", order->at,
                   what, a, b);
    return false;
}

static struct frame *frame_at(struct order *order, uint64_t hpa)
{
    uint64_t number = (hpa - order->base) / AXAS_FRAME_SIZE;
    return hpa < order->base || number >= order->frames ? NULL : &order->frame[number];
}

/* The record of the table that holds this byte. Tables are aligned to their size. */
static struct frame *table_at(struct order *order, uint64_t hpa, uint64_t *first)
{
    unsigned bytes = order->table.format->entry_bytes;
    for (uint64_t size = AXAS_FRAME_SIZE; size <= order->frames * AXAS_FRAME_SIZE; size *= 2) {
        struct frame *frame = frame_at(order, hpa & ~(size - 1u));
        if (frame == NULL) {
            return NULL;
        }
        if (frame->value != NULL && (hpa & (size - 1u)) / bytes < frame->entries) {
            *first = hpa & ~(size - 1u);
            return frame;
        }
    }
    return NULL;
}

/* What memory has as entry number i of the table at `hpa`. */
static inline uint64_t memory_value(const struct order *order, uint64_t hpa, uint64_t i)
{
    const uint8_t *table = axas_hal_virt(order->table.hal, axas_hpa_of(hpa));
    return entry_read(order->table.format, table + i * order->table.format->entry_bytes);
}

static void make_record(struct frame *frame, uint64_t entries)
{
    forget(frame);
    frame->entries = entries;
    frame->value = calloc(entries, sizeof *frame->value);
    frame->stored = calloc(entries, sizeof *frame->stored);
    frame->dirty = calloc(entries, sizeof *frame->dirty);
    frame->broken = calloc(entries, sizeof *frame->broken);
    frame->last = calloc(entries, sizeof *frame->last);
    frame->writer = calloc(entries, sizeof *frame->writer);
    if (frame->value == NULL || frame->stored == NULL || frame->dirty == NULL || frame->broken == NULL ||
        frame->last == NULL || frame->writer == NULL) {
        abort();
    }
}

static enum axas_entry_kind kind_of(const struct order *order, unsigned level, uint64_t entry)
{
    return entry == order->table.format->levels[level].empty ? AXAS_ENTRY_EMPTY
                                                             : order->table.format->entry_kind(level, entry);
}

static bool legal(const struct order *order, unsigned level, uint64_t entry)
{
    return kind_of(order, level, entry) != AXAS_ENTRY_BAD &&
           order->table.format->entry_valid(level, entry, order->table.features, order->table.physical_bits);
}

static uint64_t reach(const struct order *order, unsigned level)
{
    return UINT64_C(1) << order->table.format->levels[level].shift;
}

static uint64_t entries_of(const struct order *order, unsigned level)
{
    unsigned bits = level == order->table.mode->root_level
                        ? (unsigned)(order->table.gpa_bits - order->table.format->levels[level].shift)
                        : order->table.format->levels[level].index_bits;
    return UINT64_C(1) << bits;
}

static void note_tree(struct order *order, unsigned level, uint64_t hpa, uint64_t gpa)
{
    struct frame *frame = frame_at(order, hpa);
    make_record(frame, entries_of(order, level));
    frame->linked = true;
    frame->level = level;
    frame->gpa = gpa;
    for (uint64_t i = 0; i < frame->entries; i++) {
        uint64_t entry = memory_value(order, hpa, i);
        frame->value[i] = entry;
        if (kind_of(order, level, entry) == AXAS_ENTRY_TABLE) {
            note_tree(order, level + 1u, order->table.format->entry_hpa(level, entry),
                      gpa + i * reach(order, level));
        }
    }
}

void order_pool(struct order *order, const struct axas_pool *pool)
{
    for (unsigned level = 0; level < order->table.format->level_count; level++) {
        for (void *frame = pool->first[level]; frame != NULL; frame = *(void **)frame) {
            uint64_t bytes = tree_table_bytes(order->table.format, level);
            make_record(frame_at(order, axas_hal_phys(order->table.hal, frame).raw),
                        bytes / order->table.format->entry_bytes);
        }
    }
}

static void note_fresh(struct order *order, uint64_t hpa, uint64_t size)
{
    if (order->fresh_count == order->fresh_room) {
        order->fresh_room = order->fresh_room == 0 ? 64 : 2 * order->fresh_room;
        order->fresh = realloc(order->fresh, order->fresh_room * sizeof *order->fresh);
        if (order->fresh == NULL) {
            abort();
        }
    }
    bool unseen = order->table.hal->frame_publish == NULL; /* then the record does not tell */
    struct fresh fresh = {hpa, size, unseen, unseen, unseen};
    order->fresh[order->fresh_count++] = fresh;
}

static void note_published(struct order *order, const struct axas_hosted_event *event)
{
    if (order->published_count == order->published_room) {
        order->published_room = order->published_room == 0 ? 64 : 2 * order->published_room;
        order->published = realloc(order->published, order->published_room * sizeof *order->published);
        if (order->published == NULL) {
            abort();
        }
    }
    struct published published = {event->hpa.raw, event->size, event->attr};
    order->published[order->published_count++] = published;
}

void order_cache(struct order *order, const struct axas_cache *cache)
{
    for (void *frame = cache->guest_first; frame != NULL; frame = *(void **)frame) {
        note_fresh(order, axas_hal_phys(order->table.hal, frame).raw, axas_table_page_size(order->live));
    }
}

void order_begin(struct order *order)
{
    forget_all(order);
    order->table = *order->live;
    static const struct axas_format *told;
    if (!rules_of(order->table.format, order->table.features, order->rules) && told != order->table.format) {
        told = order->table.format;
        printf("%s: judged by what holds everywhere, rules.h has nothing of its manual\n", told->name);
    }
    order_pool(order, &order->table.pool);
    note_tree(order, order->table.mode->root_level, order->table.root_hpa.raw, 0);
    axas_hosted_record(order->arena, EVENTS_MAX);
}

static void owe(struct order *order, struct owed owed)
{
    if (owed.scope == AXAS_INVALIDATE_NONE) {
        return;
    }
    if (order->owed_count == order->owed_room) {
        order->owed_room = order->owed_room == 0 ? 256 : 2 * order->owed_room;
        order->owed = realloc(order->owed, order->owed_room * sizeof *order->owed);
        if (order->owed == NULL) {
            abort();
        }
    }
    owed.written_back = order->table.hal->table_write_back == NULL;
    owed.thread = order->event->thread;
    order->owed[order->owed_count++] = owed;
}

static void owe_change(struct order *order, enum axas_change change, unsigned level, uint64_t gpa,
                       uint64_t slot, uint64_t old, bool gone)
{
    struct owed owed = {0};
    uint64_t group = change == AXAS_CHANGE_MAKE ? 0 : group_of(order->table.format, level, old);
    owed.gpa = gpa;
    owed.leaf_size = reach(order, level);
    owed.last = gpa + (owed.leaf_size - 1u);
    if (group != 0) { /* what is cached of one leaf may be for all of them */
        owed.gpa = gpa & ~(group - 1u);
        owed.last = owed.gpa + (group - 1u);
    }
    owed.scope = order->rules[change].scope;
    owed.local = order->rules[change].local;
    owed.slot = slot;
    owed.old = old;
    owed.level = level;
    owed.is_leaf = change != AXAS_CHANGE_MAKE;
    owed.made = change == AXAS_CHANGE_MAKE;
    if (order->fault && change == AXAS_CHANGE_MAKE) {
        if (order->fault_page < owed.gpa || order->fault_page > owed.last) {
            return;
        }
        owed.gpa = order->fault_page;
        owed.leaf_size = axas_table_page_size(&order->table);
        owed.last = owed.gpa + (owed.leaf_size - 1u);
    }
    if (gone) {
        owed.hpa = group_hpa(order->table.format, level, old, gpa);
        owed.size = owed.leaf_size;
    }
    owe(order, owed);
}

/* What the guest can see from now on. */
static bool shown(struct order *order, unsigned level, uint64_t gpa, uint64_t entry)
{
    uint64_t hpa = group_hpa(order->table.format, level, entry, gpa);
    uint64_t size = reach(order, level);
    struct axas_leaf leaf = {0};
    (void)order->table.format->leaf_read(level, entry, order->table.features, &leaf);
    for (size_t i = 0; i < order->fresh_count; i++) {
        const struct fresh *fresh = &order->fresh[i];
        if (hpa >= fresh->hpa + fresh->size || fresh->hpa >= hpa + size) {
            continue;
        }
        if (!fresh->published) {
            return wrong(order, ORDER_NOT_PUBLISHED, "an entry shows memory that was not published", hpa,
                         size);
        }
        if (!fresh->zeroed) {
            return wrong(order, ORDER_NOT_ZEROED, "an entry shows memory that was not cleared", hpa, size);
        }
        if ((leaf.attr & AXAS_EXEC) != 0 && !fresh->fetchable) {
            return wrong(order, ORDER_NOT_FETCHABLE,
                         "an executable entry shows memory that was published as data", hpa, size);
        }
    }
    return true;
}

/* Reads the leaf or held leaf that translates gpa, and that begins there or, if it was split, before. */
static bool read_leaf(const struct order *order, unsigned level, uint64_t gpa, uint64_t entry,
                      struct axas_leaf *leaf)
{
    const struct axas_format *format = order->table.format;
    if (format->leaf_read(level, entry, order->table.features, leaf) != AXAS_OK) {
        return false;
    }
    leaf->hpa = axas_hpa_of(group_hpa(format, level, entry, gpa & ~(reach(order, level) - 1u)));
    return true;
}

/* Reads a leaf or held leaf, and the one that takes its place at gpa. False if they are not, or for other
 * memory: then nothing is inherited. */
static bool same_memory(const struct order *order, uint64_t gpa, unsigned level, uint64_t old,
                        unsigned new_level, uint64_t entry, struct axas_leaf *was, struct axas_leaf *is)
{
    return read_leaf(order, level, gpa, old, was) && read_leaf(order, new_level, gpa, entry, is) &&
           is->hpa.raw >= was->hpa.raw && is->hpa.raw - was->hpa.raw < reach(order, level);
}

/* What the CPU and software put into a leaf or held leaf has to be in the one that takes its place. */
static bool keeps(struct order *order, uint64_t gpa, unsigned level, uint64_t old, unsigned new_level,
                  uint64_t entry)
{
    const struct axas_format *format = order->table.format;
    struct axas_leaf was = {0};
    struct axas_leaf is = {0};
    uint64_t software = format->levels[level].software_mask & format->levels[new_level].software_mask;
    if (!same_memory(order, gpa, level, old, new_level, entry, &was, &is)) {
        return true;
    }
    if ((was.accessed && !is.accessed) || (was.dirty && !is.dirty) || ((old ^ entry) & software) != 0) {
        return wrong(order, ORDER_OLD_VALUE_LOST, "bits of the old entry are lost", old, entry);
    }
    return true;
}

/* True if each byte was published in this operation for that type and, if it has one, that execute bit.
 * Publications and entries come in one order, so that the next one sought is mostly where the last was. */
static bool published_as(struct order *order, uint64_t hpa, uint64_t size, axas_attr attr)
{
    const uint64_t end = hpa + size;
    for (size_t tried = 0; tried < order->published_count; tried++) {
        const struct published *one = &order->published[order->published_at];
        if (hpa >= one->hpa && hpa - one->hpa < one->size && (attr & ~one->attr & AXAS_EXEC) == 0 &&
            ((attr ^ one->attr) & AXAS_MEM_MASK) == 0) {
            hpa = one->hpa + one->size;
            tried = 0;
        }
        if (hpa >= end) {
            return true;
        }
        order->published_at = (order->published_at + 1u) % order->published_count;
    }
    return false;
}

/* The guest had the memory of `old` already, and now may fetch it, or reach it past the caches or through
 * them: it has to be published for that. What is held says no type; it was published when it got one. */
static bool published_again(struct order *order, uint64_t gpa, unsigned level, uint64_t old,
                            unsigned new_level, uint64_t entry)
{
    struct axas_leaf was = {0};
    struct axas_leaf is = {0};
    if (order->table.hal->frame_publish == NULL ||
        !same_memory(order, gpa, level, old, new_level, entry, &was, &is)) {
        return true;
    }
    bool fetched = (is.attr & ~was.attr & AXAS_EXEC) != 0;
    bool retyped =
        kind_of(order, level, old) == AXAS_ENTRY_LEAF && ((was.attr ^ is.attr) & AXAS_MEM_MASK) != 0;
    return (!fetched && !retyped) || published_as(order, is.hpa.raw, reach(order, new_level), is.attr) ||
           wrong(order, ORDER_NOT_PUBLISHED_AGAIN,
                 "memory became executable or changed its type, and was not published for that", is.hpa.raw,
                 entry);
}

/* What it is for gpa that a leaf becomes another entry, of its slot or of a table that is put there;
 * AXAS_CHANGES if nothing that a CPU caches. */
static enum axas_change change_of(const struct order *order, uint64_t gpa, unsigned level, uint64_t old,
                                  unsigned new_level, uint64_t entry)
{
    const struct axas_format *format = order->table.format;
    struct axas_leaf was = {0};
    struct axas_leaf is = {0};
    switch (kind_of(order, new_level, entry)) {
    case AXAS_ENTRY_EMPTY:
        return AXAS_CHANGE_REMOVE_LEAF;
    case AXAS_ENTRY_HELD:
        return AXAS_CHANGE_PERMISSIONS_LESS;
    case AXAS_ENTRY_TABLE:
        return AXAS_CHANGE_SPLIT;
    default:
        break;
    }
    (void)read_leaf(order, level, gpa, old, &was);
    (void)read_leaf(order, new_level, gpa, entry, &is);
    if (was.hpa.raw + (gpa & (reach(order, level) - 1u)) != is.hpa.raw) {
        return AXAS_CHANGE_OUTPUT_ADDRESS;
    }
    if ((was.attr ^ is.attr) & AXAS_MEM_MASK) {
        return AXAS_CHANGE_MEMORY_TYPE;
    }
    if (was.attr == is.attr) {
        return new_level != level || group_of(format, level, old) == group_of(format, level, entry)
                   ? AXAS_CHANGES
                   : AXAS_CHANGE_CONTIGUOUS_OFF;
    }
    return (was.attr & ~is.attr) != 0 ? AXAS_CHANGE_PERMISSIONS_LESS : AXAS_CHANGE_PERMISSIONS_MORE;
}

/* An entry of a table that takes the place of a leaf which CPUs may have cached: what it is other than that
 * may not ask for a break, and is to be invalidated. */
static bool split_agrees(struct order *order, uint64_t gpa, unsigned level, uint64_t split, uint64_t slot,
                         uint64_t entry)
{
    enum axas_change change = change_of(order, gpa, level - 1u, split, level, entry);
    if (change == AXAS_CHANGES) {
        return true;
    }
    if (kind_of(order, level, entry) == AXAS_ENTRY_LEAF && order->rules[change].breaks) {
        return wrong(order, ORDER_NO_BREAK, "changed with the split of its leaf, without a break", gpa,
                     entry);
    }
    struct owed owed = {0};
    owed.gpa = gpa;
    owed.leaf_size = reach(order, level);
    owed.last = gpa + (owed.leaf_size - 1u);
    owed.scope = order->rules[change].scope;
    owed.local = order->rules[change].local;
    owed.slot = slot;
    owe(order, owed);
    return true;
}

/* A table and what is below it becomes part of the tree. `split`: the leaf whose place it takes, or 0;
 * `at_once`: without a break. */
static bool link_table(struct order *order, unsigned level, uint64_t hpa, uint64_t gpa, uint64_t slot,
                       uint64_t split, bool at_once)
{
    struct frame *frame = frame_at(order, hpa);
    const struct axas_format *format = order->table.format;
    if (frame == NULL || frame->value == NULL || frame->linked) {
        return wrong(order, ORDER_LINKED_TWICE, "a table that is linked already, or none", hpa, gpa);
    }
    if (frame->owed) {
        return wrong(order, ORDER_REUSED_EARLY, "a table is linked again before it was invalidated", hpa,
                     gpa);
    }
    frame->linked = true;
    frame->level = level;
    frame->gpa = gpa;
    frame->entries = entries_of(order, level);
    for (uint64_t i = 0; i < frame->entries; i++) {
        uint64_t at = gpa + i * reach(order, level);
        if (!frame->stored[i]) {
            return wrong(order, ORDER_INCOMPLETE, "a table was linked before it was complete", hpa, at);
        }
        if (frame->dirty[i] && order->table.hal->table_write_back != NULL) {
            return wrong(order, ORDER_TABLE_NOT_WRITTEN_BACK, "a table was linked before it was written back",
                         hpa, gpa);
        }
        uint64_t entry = frame->value[i];
        uint64_t target = format->entry_hpa(level, entry);
        if (kind_of(order, level, entry) != AXAS_ENTRY_EMPTY && !legal(order, level, entry)) {
            return wrong(order, ORDER_BAD_ENTRY, "a table was linked with a bad entry", hpa, entry);
        }
        if (at_once && !split_agrees(order, at, level, split, slot, entry)) {
            return false;
        }
        switch (kind_of(order, level, entry)) {
        case AXAS_ENTRY_TABLE:
            if (!link_table(order, level + 1u, target, at, slot, 0, false)) {
                return false;
            }
            break;
        case AXAS_ENTRY_LEAF:
            if (!shown(order, level, at, entry) ||
                (split != 0 && (!keeps(order, at, level - 1u, split, level, entry) ||
                                !published_again(order, at, level - 1u, split, level, entry)))) {
                return false;
            }
            if (split == 0) {
                owe_change(order, AXAS_CHANGE_MAKE, level, at, slot, 0, false);
            }
            break;
        case AXAS_ENTRY_HELD:
            if (split != 0 && !keeps(order, at, level - 1u, split, level, entry)) {
                return false;
            }
            break;
        default:
            break;
        }
    }
    return true;
}

/* A table and what is below it is no part of the tree any more, and has to be invalidated. */
static void unlink_table(struct order *order, unsigned level, uint64_t hpa, uint64_t gpa, uint64_t slot)
{
    struct frame *frame = frame_at(order, hpa);
    struct owed owed = {0};
    owed.gpa = gpa;
    owed.last = gpa + (entries_of(order, level) * reach(order, level) - 1u);
    owed.leaf_size = UINT64_MAX;
    owed.scope = order->rules[AXAS_CHANGE_REMOVE_TABLE].scope;
    owed.local = order->rules[AXAS_CHANGE_REMOVE_TABLE].local;
    owed.slot = slot;
    owed.hpa = hpa;
    owed.size = tree_table_bytes(order->table.format, level);
    owe(order, owed);
    frame->linked = false;
    frame->owed = true;
    for (uint64_t i = 0; i < frame->entries; i++) {
        uint64_t entry = frame->value[i];
        uint64_t at = gpa + i * reach(order, level);
        uint64_t target = order->table.format->entry_hpa(level, entry);
        enum axas_entry_kind kind = kind_of(order, level, entry);
        if (kind == AXAS_ENTRY_TABLE) {
            unlink_table(order, level + 1u, target, at, slot);
        } else if (kind == AXAS_ENTRY_LEAF) {
            owe_change(order, AXAS_CHANGE_REMOVE_LEAF, level, at, slot, entry, true);
        }
    }
}

/* The leaves of one place of a group may be in a TLB as one, whose they are is not known: what may not be
 * told of one entry without a break may not be told of them side by side. */
static bool group_agrees(struct order *order, const struct frame *frame, uint64_t index, uint64_t gpa,
                         uint64_t entry)
{
    unsigned level = frame->level;
    const struct group_fact *fact = groups_at(order->table.format, level);
    if (fact == NULL || kind_of(order, level, entry) != AXAS_ENTRY_LEAF) {
        return true;
    }
    uint64_t size = group_of(order->table.format, level, entry);
    uint64_t first = index - index % fact->leaves;
    for (uint64_t i = first; i < first + fact->leaves && i < frame->entries; i++) {
        struct axas_leaf is = {0};
        struct axas_leaf other = {0};
        uint64_t beside = frame->value[i];
        uint64_t group = group_of(order->table.format, level, beside);
        if (i == index || kind_of(order, level, beside) != AXAS_ENTRY_LEAF || (group == 0 && size == 0)) {
            continue;
        }
        (void)read_leaf(order, level, gpa, entry, &is);
        (void)read_leaf(order, level, gpa + (i - index) * reach(order, level), beside, &other);
        axas_attr more = is.attr & ~other.attr & AXAS_ACCESS_MASK;
        axas_attr less = other.attr & ~is.attr & AXAS_ACCESS_MASK;
        if ((group != size && order->rules[AXAS_CHANGE_CONTIGUOUS_OFF].breaks) ||
            (((is.attr ^ other.attr) & AXAS_MEM_MASK) != 0 && order->rules[AXAS_CHANGE_MEMORY_TYPE].breaks) ||
            (less != 0 && order->rules[AXAS_CHANGE_PERMISSIONS_LESS].breaks) ||
            (more != 0 && order->rules[AXAS_CHANGE_PERMISSIONS_MORE].breaks)) {
            return wrong(order, ORDER_GROUP_TORN, "an entry beside another of its contiguous group", entry,
                         beside);
        }
    }
    return true;
}

/* A store to a table that CPUs may be walking. */
static bool live_store(struct order *order, const struct frame *frame, uint64_t index, uint64_t slot,
                       uint64_t old, uint64_t entry)
{
    unsigned level = frame->level;
    uint64_t gpa = frame->gpa + index * reach(order, level);
    enum axas_entry_kind was = kind_of(order, level, old);
    enum axas_entry_kind is = kind_of(order, level, entry);
    uint64_t target = order->table.format->entry_hpa(level, entry);
    if (is != AXAS_ENTRY_EMPTY && !legal(order, level, entry)) {
        return wrong(order, ORDER_BAD_ENTRY, "a bad entry", slot, entry);
    }
    if (was == AXAS_ENTRY_EMPTY || was == AXAS_ENTRY_HELD) {
        for (size_t i = 0; i < order->owed_count; i++) {
            const struct owed *owed = &order->owed[i];
            if (owed->slot != slot || !owed->is_leaf || is == AXAS_ENTRY_EMPTY || is == AXAS_ENTRY_HELD) {
                continue;
            }
            enum axas_change change = change_of(order, gpa, level, owed->old, level, entry);
            if (change != AXAS_CHANGES && order->rules[change].breaks) {
                return wrong(order, ORDER_BREAK_NOT_INVALIDATED,
                             "made again before what was broken is invalidated", gpa, entry);
            }
        }
    }
    if (order->no_breaks && (was == AXAS_ENTRY_EMPTY || was == AXAS_ENTRY_HELD) && is != AXAS_ENTRY_EMPTY &&
        frame->broken[index]) {
        return wrong(order, ORDER_MAY_NOT_BREAK, "a leaf was gone for a moment", gpa, entry);
    }
    if (was == AXAS_ENTRY_LEAF) {
        enum axas_change change = change_of(order, gpa, level, old, level, entry);
        if (change != AXAS_CHANGES) {
            if (is != AXAS_ENTRY_EMPTY && is != AXAS_ENTRY_HELD && order->rules[change].breaks) {
                return wrong(order, ORDER_NO_BREAK, "changed without a break", gpa, entry);
            }
            owe_change(order, change, level, gpa, slot, old,
                       change == AXAS_CHANGE_REMOVE_LEAF || change == AXAS_CHANGE_OUTPUT_ADDRESS);
        }
    }
    if (was == AXAS_ENTRY_TABLE) {
        if (is != AXAS_ENTRY_EMPTY) {
            return wrong(order, ORDER_TABLE_REPLACED, "a table's entry became something else", gpa, entry);
        }
        unlink_table(order, level + 1u, order->table.format->entry_hpa(level, old), gpa, slot);
    }
    if (is == AXAS_ENTRY_LEAF) {
        order->made = true;
        if (!shown(order, level, gpa, entry) || !group_agrees(order, frame, index, gpa, entry)) {
            return false;
        }
        if (was == AXAS_ENTRY_EMPTY || was == AXAS_ENTRY_HELD) {
            owe_change(order, AXAS_CHANGE_MAKE, level, gpa, slot, 0, false);
        }
    }
    if (is == AXAS_ENTRY_LEAF || is == AXAS_ENTRY_HELD) {
        bool broke = was == AXAS_ENTRY_EMPTY || (was == AXAS_ENTRY_HELD && frame->broken[index]);
        uint64_t before = broke ? frame->last[index] : old;
        if (before != 0 &&
            (!keeps(order, gpa, level, before, level, entry) ||
             (is == AXAS_ENTRY_LEAF && !published_again(order, gpa, level, before, level, entry)))) {
            return false;
        }
    }
    if (is == AXAS_ENTRY_TABLE) {
        order->made = true;
        bool in_place = was == AXAS_ENTRY_LEAF || was == AXAS_ENTRY_HELD;
        return link_table(order, level + 1u, target, gpa, slot, in_place ? old : frame->last[index],
                          was == AXAS_ENTRY_LEAF);
    }
    return true;
}

/* Bits that the CPU, or the library in its place, sets by an atomic OR that is no store of an entry. */
static uint64_t marks_of(const struct order *order, unsigned level, uint64_t entry)
{
    const struct axas_level *at = &order->table.format->levels[level];
    if (kind_of(order, level, entry) != AXAS_ENTRY_LEAF) {
        return 0;
    }
    return at->dirty_mask | rules_marks(order->table.format, order->table.features, level, entry, true);
}

/* A store to a linked table belongs to the exclusive side, or fills an empty entry by compare-and-swap. */
static bool allowed(struct order *order, const struct frame *frame, uint64_t index,
                    const struct axas_hosted_event *event)
{
    uint64_t now = entry_in_order(order->table.format, event->old);
    bool swapped = event->old == event->value; /* noted when it was done */
    bool was_empty = frame->value[index] == order->table.format->levels[frame->level].empty;
    uint64_t marks = marks_of(order, frame->level, frame->value[index]);
    if (frame->writer[index] != 0 && frame->writer[index] != event->thread + 1u) {
        return wrong(order, ORDER_RACE, "two threads stored to one entry", event->hpa.raw, event->thread);
    }
    if (order->shared || (order->watched && !order->destroyed && event->watched == 0)) {
        return (swapped && was_empty) ||
               wrong(order, ORDER_WITHOUT_LOCK, "an entry was changed without the lock", event->hpa.raw, now);
    }
    if (order->writer != 0 && order->writer != event->thread + 1u) {
        return wrong(order, ORDER_RACE, "two threads store as if each were alone", event->hpa.raw,
                     event->thread);
    }
    order->writer = event->thread + 1u;
    if (!swapped && ((now ^ frame->value[index]) & ~marks) != 0) {
        return wrong(order, ORDER_RACE, "a store over a value that nobody was seen to store", event->hpa.raw,
                     now);
    }
    return true;
}

static bool store(struct order *order, const struct axas_hosted_event *event)
{
    uint64_t first = 0;
    struct frame *frame = table_at(order, event->hpa.raw, &first);
    unsigned bytes = order->table.format->entry_bytes;
    if (event->size != bytes || event->hpa.raw % bytes != 0) {
        return wrong(order, ORDER_IN_PIECES, "an entry stored in pieces", event->hpa.raw, event->size);
    }
    if (frame == NULL) {
        return wrong(order, ORDER_STRAY_STORE, "a store to memory that is no table", event->hpa.raw,
                     event->value);
    }
    uint64_t index = (event->hpa.raw - first) / bytes;
    uint64_t entry = entry_in_order(order->table.format, event->value);
    if (frame->owed) {
        return wrong(order, ORDER_REUSED_EARLY, "a store to a table that waits for its invalidation",
                     event->hpa.raw, entry);
    }
    if (frame->linked) {
        uint64_t old = frame->value[index];
        if (!allowed(order, frame, index, event)) {
            return false;
        }
        if (event->old != event->value) { /* with what the CPU has set since */
            old |= entry_in_order(order->table.format, event->old) & marks_of(order, frame->level, old);
        }
        if (!live_store(order, frame, index, event->hpa.raw, old, entry)) {
            return false;
        }
        enum axas_entry_kind was = kind_of(order, frame->level, old);
        if (was == AXAS_ENTRY_LEAF || was == AXAS_ENTRY_HELD) {
            frame->broken[index] = frame->broken[index] || was == AXAS_ENTRY_LEAF;
            frame->last[index] = old;
        }
        order->forgotten = false;
    } else if (frame->writer[index] != 0 && frame->writer[index] != event->thread + 1u) {
        return wrong(order, ORDER_RACE, "two threads fill one table", event->hpa.raw, event->thread);
    }
    frame->value[index] = entry;
    frame->stored[index] = true;
    frame->dirty[index] = true;
    frame->writer[index] = (uint16_t)(event->thread + 1u);
    return true;
}

static void write_back(struct order *order, const struct axas_hosted_event *event)
{
    uint64_t first = 0;
    unsigned bytes = order->table.format->entry_bytes;
    struct frame *frame = table_at(order, event->hpa.raw, &first);
    if (frame != NULL) {
        uint64_t from = (event->hpa.raw - first) / bytes;
        uint64_t to = (event->hpa.raw - first + event->size + bytes - 1u) / bytes;
        for (uint64_t i = from; i < to && i < frame->entries; i++) {
            frame->dirty[i] = false;
        }
    }
    for (size_t i = 0; i < order->owed_count; i++) {
        struct owed *owed = &order->owed[i];
        if (owed->slot >= event->hpa.raw && owed->slot - event->hpa.raw < event->size) {
            owed->written_back = true;
        }
    }
}

/* What an invalidation leaves undone of what is owed. */
static enum order_rule missing(const struct order *order, const struct owed *owed,
                               const struct axas_invalidation *what)
{
    bool all = what->scope == AXAS_INVALIDATE_ALL;
    uint64_t last = what->gpa.raw + (what->size - 1u);
    if (!all && (owed->last < what->gpa.raw || owed->gpa > last)) {
        return owed->missed; /* it is for something else */
    }
    if (!all && (owed->gpa < what->gpa.raw || owed->last > last || what->leaf_size > owed->leaf_size)) {
        return ORDER_TOO_NARROW;
    }
    if (owed->scope > what->scope) {
        return ORDER_SCOPE;
    }
    if (what->local && (!owed->local || owed->thread != order->event->thread)) {
        return ORDER_LOCAL;
    }
    return owed->written_back ? ORDER_KEPT : ORDER_ENTRY_NOT_WRITTEN_BACK;
}

static bool invalidate(struct order *order, const struct axas_invalidation *what)
{
    size_t kept = 0;
    bool all = what->scope == AXAS_INVALIDATE_ALL;
    if (what->format != order->table.format) {
        return wrong(order, ORDER_OTHER_FORMAT, "an invalidation for another format", what->root.raw, 0);
    }
    if (what->root.raw != order->table.root_hpa.raw) {
        return wrong(order, ORDER_OTHER_ROOT, "an invalidation of another tree", what->root.raw, what->vmid);
    }
    if (what->vmid != order->table.vmid) {
        return wrong(order, ORDER_OTHER_VMID, "an invalidation for another guest", what->root.raw,
                     what->vmid);
    }
    for (size_t i = 0; i < order->owed_count; i++) {
        struct owed *owed = &order->owed[i];
        bool apart = !all && (owed->last < what->gpa.raw || owed->gpa > what->gpa.raw + (what->size - 1u));
        owed->missed = missing(order, owed, what);
        if (apart || owed->missed != ORDER_KEPT) {
            order->owed[kept++] = *owed;
        } else if (frame_at(order, owed->hpa) != NULL && owed->size != 0 && !owed->is_leaf) {
            struct frame *frame = frame_at(order, owed->hpa);
            frame->owed = false;
            memset(frame->stored, 0, frame->entries * sizeof *frame->stored); /* filled anew if used again */
        }
    }
    order->owed_count = kept;
    order->forgotten = order->forgotten || all ||
                       (what->gpa.raw <= order->goes_on_at && order->goes_on_at - what->gpa.raw < what->size);
    return true;
}

static bool give_back(struct order *order, const struct axas_hosted_event *event, bool destroyed)
{
    uint64_t hpa = event->hpa.raw;
    for (size_t i = 0; i < order->owed_count; i++) {
        const struct owed *owed = &order->owed[i];
        if (owed->size != 0 && hpa < owed->hpa + owed->size && owed->hpa < hpa + event->size) {
            return wrong(order, ORDER_FREED_EARLY, "memory was given back before it was invalidated", hpa,
                         owed->gpa);
        }
    }
    if (event->use == AXAS_FRAME_TABLE) {
        struct frame *frame = frame_at(order, hpa);
        if (frame->linked && !(destroyed && order->ended)) {
            return wrong(order, ORDER_FREED_LINKED, "a table was given back while it was linked", hpa,
                         frame->gpa);
        }
        forget(frame);
    }
    for (size_t i = order->fresh_count; i-- > 0;) {
        if (order->fresh[i].hpa < hpa + event->size && hpa < order->fresh[i].hpa + order->fresh[i].size) {
            order->fresh[i] = order->fresh[--order->fresh_count];
        }
    }
    return true;
}

static void take(struct order *order, const struct axas_hosted_event *event)
{
    if (event->use == AXAS_FRAME_TABLE) {
        make_record(frame_at(order, event->hpa.raw), event->size / order->table.format->entry_bytes);
    }
    if (event->use == AXAS_FRAME_GUEST) {
        note_fresh(order, event->hpa.raw, event->size);
    }
}

static bool judge(struct order *order, const struct axas_hosted_event *event, bool destroyed)
{
    switch (event->kind) {
    case AXAS_HOSTED_STORE:
        return store(order, event);
    case AXAS_HOSTED_BARRIER:
        order->made = false;
        return true;
    case AXAS_HOSTED_INVALIDATE:
        order->ended = order->ended || event->invalidation.scope == AXAS_INVALIDATE_ALL;
        return invalidate(order, &event->invalidation);
    case AXAS_HOSTED_PUBLISH:
        note_published(order, event);
        for (size_t i = 0; i < order->fresh_count; i++) {
            struct fresh *fresh = &order->fresh[i];
            if (fresh->hpa >= event->hpa.raw && fresh->hpa + fresh->size <= event->hpa.raw + event->size) {
                fresh->zeroed = fresh->zeroed || event->value != 0;
                fresh->fetchable = fresh->fetchable || (event->attr & AXAS_EXEC) != 0;
                fresh->published = true;
            }
        }
        return true;
    case AXAS_HOSTED_WRITE_BACK:
        write_back(order, event);
        return true;
    case AXAS_HOSTED_ALLOC:
        take(order, event);
        return true;
    default:
        return give_back(order, event, destroyed);
    }
}

static bool check_memory(struct order *order)
{
    for (uint64_t number = 0; number < order->frames; number++) {
        const struct frame *frame = &order->frame[number];
        uint64_t table = order->base + number * AXAS_FRAME_SIZE;
        for (uint64_t i = 0; frame->value != NULL && frame->linked && i < frame->entries; i++) {
            uint64_t hpa = table + i * order->table.format->entry_bytes;
            uint64_t value = memory_value(order, table, i);
            if (value != frame->value[i] &&
                ((value ^ frame->value[i]) & ~marks_of(order, frame->level, frame->value[i])) != 0) {
                return wrong(order, ORDER_BEHIND_THE_RECORD, "an entry is not what was stored last", hpa,
                             value);
            }
            if (frame->dirty[i] && order->table.hal->table_write_back != NULL) {
                return wrong(order, ORDER_ENTRY_NOT_WRITTEN_BACK, "an entry was not written back", hpa,
                             frame->value[i]);
            }
        }
    }
    return true;
}

void order_shared(struct order *order)
{
    order->shared = true;
}

void order_watch(struct order *order, const uint32_t *writer)
{
    order->watched = true;
    axas_hosted_watch(order->arena, writer);
}

void order_goes_on(struct order *order, axas_gpa gpa)
{
    order->goes_on = true;
    order->goes_on_at = gpa.raw;
}

enum order_rule order_broken(const struct order *order)
{
    return order->broken;
}

void order_fault(struct order *order, axas_gpa gpa)
{
    order->shared = true;
    order->fault = true;
    order->fault_page = gpa.raw & ~(axas_table_page_size(order->live) - 1u);
}

bool order_end(struct order *order, bool destroyed, char problem[200])
{
    axas_hosted_record_stop(order->arena);
    order->problem = problem;
    order->broken = ORDER_KEPT;
    order->destroyed = destroyed;
    uint64_t count = axas_hosted_event_count(order->arena);
    const struct axas_hosted_event *events = axas_hosted_events(order->arena);
    order->at = count;
    if (axas_hosted_events_lost(order->arena) != 0) {
        return wrong(order, ORDER_EVENTS_LOST, "more events than can be recorded", count, 0);
    }
    for (order->at = 0; order->at < count; order->at++) {
        order->event = &events[order->at];
        if (!judge(order, &events[order->at], destroyed)) {
            return false;
        }
    }
    if (order->owed_count != 0) {
        const struct owed *owed = &order->owed[0];
        order->broken = owed->missed != ORDER_KEPT ? owed->missed
                        : owed->made               ? ORDER_NO_FENCE
                                                   : ORDER_NOT_INVALIDATED;
        (void)snprintf(problem, 200,
                       "0x%" PRIx64 "..0x%" PRIx64 " was not invalidated: scope %d%s, leaves of 0x%" PRIx64
                       " bytes, entry 0x%" PRIx64 "%s",
                       owed->gpa, owed->last, (int)owed->scope, owed->local ? " local" : "", owed->leaf_size,
                       owed->old, owed->written_back ? "" : ", not written back");
        return false;
    }
    if (order->goes_on && !order->forgotten &&
        order->rules[AXAS_CHANGE_FAULT].scope != AXAS_INVALIDATE_NONE) {
        return wrong(order, ORDER_REFUSAL_STAYS, "a vCPU goes on with what refused it", order->goes_on_at, 0);
    }
    if (order->made && order->table.hal->barrier != NULL) {
        return wrong(order, ORDER_NO_BARRIER, "no barrier after the last store", count, 0);
    }
    return destroyed || check_memory(order);
}
