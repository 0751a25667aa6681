/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call first makes sure, under one hold of the shared side of the lock, that every byte of its range may be
 * moved, and moves them under that same hold: no exclusive call comes in between. Where pages have no memory
 * yet, the lock is let go to get some, and everything is looked at again.
 */
#include <axas/guest.h>
#include <axas/walk.h>

#include "format_internal.h"
#include "space_internal.h"
#include "tree.h"

#define FLAGS (AXAS_GUEST_LOAD_IMAGE | AXAS_GUEST_NO_POPULATE)

struct request {
    struct axas_space *space;
    uint64_t gpa, last;
    axas_attr access; /* what the guest would need; 0: any access at all */
    bool write;
    uint32_t flags;
    unsigned reader;
    axas_lock_state state;
};

/* A part of the request that lies in one area, and is contiguous in host memory or one hole. */
struct piece {
    uint64_t gpa, last;
    axas_hpa hpa;
    axas_attr attr; /* the area's */
    bool hole;
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Where a byte is, AXAS_NO_HPA if nowhere, and the slot of its leaf if that is a smallest one. */
struct place {
    axas_hpa hpa;
    const void *slot;
};

/* By a walk. *last is written only here, as what was stored before a swap is slow to load after it. */
static AXAS_OUTLINE struct place walk_to(const struct axas_table *table, struct axas_last_leaf *last,
                                         uint64_t gpa)
{
    const struct axas_format *format = table->format;
    struct place place = {{AXAS_NO_HPA}, NULL};
    unsigned level;
    uint64_t entry;
    const void *slot = table->mode->find(table, gpa, &level, &entry);
    if (level == axas_last_level(format)) {
        const uint64_t size = UINT64_C(1) << table->table_shift, offset = gpa & (size - 1);
        const void *first = axas_tree_behind(format, slot, 0 - (offset >> table->page_shift));
        *last = (struct axas_last_leaf){gpa - offset, size, first, 0};
        place.slot = table->mode->leaf_in(first, gpa, &place.hpa);
    } else if (format->entry_kind(level, entry) == AXAS_ENTRY_LEAF) {
        /* It stays what it is while the lock is held; a hole may have been filled. */
        const uint64_t size = format->shape[level].span, hpa = table->translate(table, gpa);
        if (!AXAS_IS_NO_HPA(hpa)) {
            place.hpa = axas_hpa_of(hpa);
            *last = (struct axas_last_leaf){gpa & ~(size - 1), size, NULL, hpa - gpa};
        }
    }
    return place;
}

/* Where the byte at gpa is. *last: what was found before. */
static AXAS_INLINE struct place reach(const struct axas_table *table, struct axas_last_leaf *last,
                                      uint64_t gpa)
{
    if (AXAS_LIKELY(gpa - last->gpa < last->size)) {
        if (last->first == NULL) {
            return (struct place){{gpa + last->distance}, NULL};
        }
        struct place place;
        place.slot = table->mode->leaf_in(last->first, gpa, &place.hpa);
        if (AXAS_LIKELY(place.slot != NULL)) {
            return place;
        }
    }
    return walk_to(table, last, gpa);
}

/* Does the host see the byte at `hpa` `distance` bytes behind the piece's first one? */
static bool goes_on(const struct axas_table *table, const struct piece *piece, uint64_t distance,
                    axas_hpa hpa)
{
    if (hpa.raw != piece->hpa.raw + distance) {
        return false;
    }
    return !table->maps_by_call ||
           (const unsigned char *)axas_hal_virt(table->hal, hpa) ==
               (const unsigned char *)axas_hal_virt(table->hal, piece->hpa) + distance;
}

/* The piece at `at`, or why the request may not have it. The lock is held. */
static enum axas_status piece_at(const struct request *request, uint64_t at, struct piece *piece)
{
    const struct axas_table *table = &request->space->table;
    struct axas_area area;
    struct axas_leaf leaf;
    const bool in_area = axas_areas_find(request->space, at, &area);
    struct axas_last_leaf last = {0, 0, NULL, 0};
    axas_hpa hpa = reach(table, &last, at).hpa;
    bool mapped = hpa.raw != AXAS_NO_HPA;
    enum axas_status status = AXAS_OK;
    if (!mapped) {
        status = axas_walk_query(table, at, &leaf); /* a hole, or a leaf that is held */
        if (status != AXAS_OK && status != AXAS_ERR_NOT_MAPPED) {
            return status;
        }
    }
    if (!in_area || area.backend->provide == NULL) {
        return AXAS_ERR_NOT_MAPPED;
    }
    if ((area.flags & AXAS_AREA_FILLING) != 0) {
        return AXAS_ERR_BUSY;
    }
    if (axas_attr_is_device(area.attr)) {
        return AXAS_ERR_UNSUPPORTED;
    }
    if (!axas_allows(area.attr, request->access) || (!mapped && status == AXAS_OK)) {
        return AXAS_ERR_PERMISSION;
    }
    uint64_t end = least(axas_last(area.gpa, area.size), request->last);
    piece->gpa = at;
    piece->hpa = hpa;
    piece->attr = area.attr;
    piece->hole = !mapped;
    if (piece->hole) {
        piece->last = least(axas_last(leaf.gpa, leaf.size), end);
        return AXAS_OK;
    }
    piece->last = least(at | (table->page_size - 1), end);
    while (piece->last != end) {
        hpa = reach(table, &last, piece->last + 1).hpa;
        if (hpa.raw == AXAS_NO_HPA || !goes_on(table, piece, piece->last + 1 - at, hpa)) {
            break;
        }
        piece->last = least(piece->last + table->page_size, end);
    }
    return AXAS_OK;
}

static void hold(struct request *request)
{
    request->state = axas_lock_read(&request->space->lock, request->reader);
}

static void let_go(const struct request *request)
{
    axas_unlock_read(&request->space->lock, request->reader, request->state);
}

/* The first hole from `from` on in *hole, with hole->hole unset if there is none; *hole is then the last
 * piece. Looks at all of the rest if `all`, else no further than the hole. */
static enum axas_status scan(const struct request *request, uint64_t from, bool all, struct piece *hole)
{
    struct piece behind;
    struct piece *piece = hole;
    for (;;) {
        enum axas_status status = piece_at(request, from, piece);
        if (status != AXAS_OK || piece->last == request->last || (hole->hole && !all)) {
            return status;
        }
        from = piece->last + 1;
        piece = hole->hole ? &behind : hole;
    }
}

static enum axas_status populate(const struct request *request, uint64_t gpa)
{
    axas_hpa hpa;
    struct axas_area area;
    switch (axas_space_populate(request->space, axas_gpa_of(gpa), request->access, request->reader, NULL,
                                &hpa, &area)) {
    case AXAS_FAULT_RESOLVED:
    case AXAS_FAULT_SPURIOUS:
        return AXAS_OK;
    case AXAS_FAULT_DENIED:
        return AXAS_ERR_PERMISSION;
    case AXAS_FAULT_UNMAPPED:
    case AXAS_FAULT_TRAP:
        return AXAS_ERR_NOT_MAPPED;
    case AXAS_FAULT_NO_MEMORY:
        return AXAS_ERR_NO_MEMORY;
    case AXAS_FAULT_ADDRESS_UNKNOWN:
    case AXAS_FAULT_BROKEN:
    case AXAS_FAULT_INVALID:
        break;
    }
    return AXAS_ERR_CORRUPT;
}

/*
 * On AXAS_OK the lock is held, all of the request may be moved and is there, and *piece is its last piece.
 * Otherwise the lock is not held.
 */
static enum axas_status hold_all(struct request *request, struct piece *piece)
{
    bool all = true;
    uint64_t from = request->gpa;
    for (;;) {
        hold(request);
        enum axas_status status = scan(request, from, all, piece);
        if (status == AXAS_OK && !piece->hole && all) {
            return AXAS_OK;
        }
        let_go(request);
        if (status == AXAS_OK && !piece->hole) {
            /* Every hole that was seen is filled; what others did meanwhile only a whole look can tell. */
            all = true;
            from = request->gpa;
            continue;
        }
        if (status == AXAS_OK && (request->flags & AXAS_GUEST_NO_POPULATE) != 0) {
            status = AXAS_ERR_NOT_MAPPED;
        }
        if (status == AXAS_OK) {
            status = populate(request, piece->gpa);
        }
        if (status != AXAS_OK) {
            return status;
        }
        all = false;
        from = piece->gpa;
    }
}

/* As the CPU marks an access of the guest. */
static void touch_piece(const struct request *request, const struct piece *piece)
{
    const struct axas_table *table = &request->space->table;
    if (table->hardware_updates) {
        axas_walk_touch(table, piece->gpa, piece->last, request->write);
    }
}

/* After a write: where the guest would not see it as the host's caches have it. */
static void publish(const struct request *request, const struct piece *piece)
{
    const struct axas_table *table = &request->space->table;
    bool seen = (piece->attr & AXAS_EXEC) == 0 && (piece->attr & AXAS_MEM_MASK) == AXAS_MEM_NORMAL &&
                (request->flags & AXAS_GUEST_LOAD_IMAGE) == 0;
    if (!request->write || seen || table->hal->frame_publish == NULL) {
        return;
    }
    uint64_t within = axas_table_page_size(table) - 1;
    uint64_t first = piece->hpa.raw & ~within;
    uint64_t last = (piece->hpa.raw + (piece->last - piece->gpa)) | within;
    table->hal->frame_publish(table->hal->context, axas_hpa_of(first), last - first + 1, piece->attr);
}

static unsigned char *pointer_to(const struct request *request, const struct piece *piece)
{
    return (unsigned char *)axas_hal_virt(request->space->table.hal, piece->hpa);
}

/* A part of one page that is held. */
struct held {
    unsigned char *bytes; /* where the host sees it */
    const void *slot;     /* of a smallest leaf, or NULL */
    unsigned reader;
    axas_lock_state state;
};

/* attr_at where the notes do not tell; notes it for the next. */
static AXAS_OUTLINE axas_attr find_attr(struct axas_space *space, uint64_t gpa, struct axas_notes *notes)
{
    struct axas_area area;
    if (!axas_areas_find(space, gpa, &area) || (area.flags & AXAS_AREA_FILLING) != 0 ||
        (area.attr & ~AXAS_ACCESS_MASK) != 0) {
        return 0;
    }
    if (notes != NULL) {
        notes->copy.holds = space->holds;
        notes->copy.gpa = area.gpa.raw;
        notes->copy.size = area.size;
        notes->copy.attr = area.attr;
        notes->copy.leaf = (struct axas_last_leaf){0, 0, NULL, 0};
    }
    return area.attr;
}

/* The attribute of the area at gpa, if its memory is normal; or else 0, which permits nothing. */
static inline axas_attr attr_at(struct axas_space *space, uint64_t gpa, struct axas_notes *notes)
{
    return AXAS_LIKELY(notes != NULL && notes->copy.holds == space->holds &&
                       gpa - notes->copy.gpa < notes->copy.size)
               ? notes->copy.attr
               : find_attr(space, gpa, notes);
}

/*
 * What almost every request is: within one page of normal memory, which is there, and of which no one has to
 * be told. False where anything is not so, and hold_all has to look; the lock is not held then. Where an area
 * is, the whole page is in the space.
 */
static AXAS_INLINE bool hold_page(struct axas_space *space, axas_gpa gpa, uint64_t length, axas_attr access,
                                  struct held *held)
{
    const struct axas_table *table = &space->table;
    const uint64_t size = table->page_size; /* 0 where nothing was made */
    if (length > size || (gpa.raw & (size - 1)) > size - length) {
        return false;
    }
    held->reader = axas_space_reader(space);
    held->state = axas_lock_read(&space->lock, held->reader);
    struct axas_notes *const notes = (struct axas_notes *)axas_lock_notes(held->state);
    struct axas_last_leaf none = {0, 0, NULL, 0};
    struct axas_last_leaf *const leaf = AXAS_LIKELY(notes != NULL) ? &notes->copy.leaf : &none;
    const axas_attr attr = attr_at(space, gpa.raw, notes);
    if (AXAS_LIKELY((access & ~attr) == 0 && (access != AXAS_WRITE || (attr & AXAS_EXEC) == 0))) {
        const struct place place = reach(table, leaf, gpa.raw);
        if (AXAS_LIKELY(place.hpa.raw != AXAS_NO_HPA)) {
            held->bytes = (unsigned char *)axas_hal_virt(table->hal, place.hpa);
            held->slot = place.slot;
            return true;
        }
    }
    axas_unlock_read(&space->lock, held->reader, held->state);
    return false;
}

/* Does the smallest leaf say already what such an access makes the CPU mark it with? */
static inline bool is_marked(const struct axas_table *table, const void *slot, bool write)
{
    const uint64_t bits = axas_tree_flags_of(&table->format->shape[axas_last_level(table->format)], write);
    return slot != NULL && (axas_tree_load(table->format, slot) & bits) == bits;
}

static AXAS_INLINE void let_go_of_page(struct axas_space *space, axas_gpa gpa, uint64_t length,
                                       axas_attr access, const struct held *held)
{
    const struct axas_table *table = &space->table;
    if (table->hardware_updates && !is_marked(table, held->slot, access == AXAS_WRITE)) {
        axas_walk_touch(table, gpa.raw, axas_last(gpa, length), access == AXAS_WRITE);
    }
    axas_unlock_read(&space->lock, held->reader, held->state);
}

static enum axas_status request_make(struct request *request, struct axas_space *space, axas_gpa gpa,
                                     uint64_t length, axas_attr access, uint32_t flags)
{
    if (!axas_contains(space, gpa, length)) {
        return AXAS_ERR_RANGE;
    }
    request->space = space;
    request->gpa = gpa.raw;
    request->last = axas_last(gpa, length);
    request->access = (flags & AXAS_GUEST_LOAD_IMAGE) != 0 ? 0 : access;
    request->write = (access & AXAS_WRITE) != 0;
    request->flags = flags;
    request->reader = axas_space_reader(space);
    return AXAS_OK;
}

/* request_make and hold_all. */
static enum axas_status hold_request(struct request *request, struct axas_space *space, axas_gpa gpa,
                                     uint64_t length, axas_attr access, uint32_t flags, struct piece *piece)
{
    const enum axas_status status = request_make(request, space, gpa, length, access, flags);
    return status != AXAS_OK ? status : hold_all(request, piece);
}

/* To the guest from `in`, or from the guest to `out`; the other one is NULL. */
static AXAS_OUTLINE enum axas_status copy_pieces(struct axas_space *space, axas_gpa gpa, unsigned char *out,
                                                 const unsigned char *in, uint64_t length, uint32_t flags)
{
    struct request request;
    struct piece piece;
    enum axas_status status =
        hold_request(&request, space, gpa, length, in != NULL ? AXAS_WRITE : AXAS_READ, flags, &piece);
    if (status != AXAS_OK) {
        return status;
    }
    for (uint64_t at = request.gpa;; at = piece.last + 1) {
        if (piece.gpa != at) {
            status = piece_at(&request, at, &piece);
            AXAS_ASSERT(status == AXAS_OK && !piece.hole);
        }
        uint64_t offset = at - request.gpa;
        size_t bytes = (size_t)(piece.last - at + 1);
        if (in != NULL) {
            __builtin_memcpy(pointer_to(&request, &piece), in + offset, bytes);
        } else {
            __builtin_memcpy(out + offset, pointer_to(&request, &piece), bytes);
        }
        touch_piece(&request, &piece);
        publish(&request, &piece);
        if (piece.last == request.last) {
            break;
        }
    }
    let_go(&request);
    return AXAS_OK;
}

static AXAS_INLINE enum axas_status copy(struct axas_space *space, axas_gpa gpa, unsigned char *out,
                                         const unsigned char *in, uint64_t length, uint32_t flags)
{
    const axas_attr access = in != NULL ? AXAS_WRITE : AXAS_READ;
    struct held held;
    if ((flags & AXAS_GUEST_LOAD_IMAGE) != 0 || !hold_page(space, gpa, length, access, &held)) {
        return copy_pieces(space, gpa, out, in, length, flags);
    }
    if (in != NULL) {
        __builtin_memcpy(held.bytes, in, (size_t)length);
    } else {
        __builtin_memcpy(out, held.bytes, (size_t)length);
    }
    let_go_of_page(space, gpa, length, access, &held);
    return AXAS_OK;
}

enum axas_status axas_guest_read_flags(struct axas_space *space, axas_gpa gpa, void *buffer, uint64_t length,
                                       uint32_t flags)
{
    if (space == NULL || (flags & ~AXAS_GUEST_NO_POPULATE) != 0) {
        return AXAS_ERR_INVALID;
    }
    if (length == 0) {
        return AXAS_OK;
    }
    if (buffer == NULL) {
        return AXAS_ERR_INVALID;
    }
    return copy(space, gpa, (unsigned char *)buffer, NULL, length, flags);
}

enum axas_status axas_guest_write_flags(struct axas_space *space, axas_gpa gpa, const void *buffer,
                                        uint64_t length, uint32_t flags)
{
    if (space == NULL || (flags & ~FLAGS) != 0) {
        return AXAS_ERR_INVALID;
    }
    if (length == 0) {
        return AXAS_OK;
    }
    if (buffer == NULL) {
        return AXAS_ERR_INVALID;
    }
    return copy(space, gpa, NULL, (const unsigned char *)buffer, length, flags);
}

enum axas_status axas_guest_read(struct axas_space *space, axas_gpa gpa, void *buffer, uint64_t length)
{
    return axas_guest_read_flags(space, gpa, buffer, length, 0);
}

enum axas_status axas_guest_write(struct axas_space *space, axas_gpa gpa, const void *buffer, uint64_t length)
{
    return axas_guest_write_flags(space, gpa, buffer, length, 0);
}

/* Objects are aligned to their width, so that each lies in one page. */
static enum axas_status check_object(const struct axas_space *space, axas_gpa gpa, unsigned width)
{
    if (space == NULL || (width != 1 && width != 2 && width != 4 && width != 8)) {
        return AXAS_ERR_INVALID;
    }
    if (width == 8 && !AXAS_CPU_MOVES_8_BYTES) {
        return AXAS_ERR_UNSUPPORTED;
    }
    return (gpa.raw & (width - 1u)) != 0 ? AXAS_ERR_ALIGN : AXAS_OK;
}

static uint64_t load_object(const void *object, unsigned width)
{
    switch (width) {
    case 1:
        return __atomic_load_n((const uint8_t *)object, __ATOMIC_ACQUIRE);
    case 2:
        return __atomic_load_n((const uint16_t *)object, __ATOMIC_ACQUIRE);
    case 4:
        return __atomic_load_n((const uint32_t *)object, __ATOMIC_ACQUIRE);
    default:
        return AXAS_CPU_MOVES_8_BYTES ? __atomic_load_n((const uint64_t *)object, __ATOMIC_ACQUIRE) : 0;
    }
}

static void store_object(void *object, unsigned width, uint64_t value)
{
    switch (width) {
    case 1:
        __atomic_store_n((uint8_t *)object, (uint8_t)value, __ATOMIC_RELEASE);
        break;
    case 2:
        __atomic_store_n((uint16_t *)object, (uint16_t)value, __ATOMIC_RELEASE);
        break;
    case 4:
        __atomic_store_n((uint32_t *)object, (uint32_t)value, __ATOMIC_RELEASE);
        break;
    default:
        if (AXAS_CPU_MOVES_8_BYTES) {
            __atomic_store_n((uint64_t *)object, value, __ATOMIC_RELEASE);
        }
        break;
    }
}

/* Stores *value, or loads it. */
static void move(void *object, unsigned width, axas_attr access, uint64_t *value)
{
    if (access == AXAS_WRITE) {
        store_object(object, width, *value);
    } else {
        *value = load_object(object, width);
    }
}

static enum axas_status move_object(struct axas_space *space, axas_gpa gpa, unsigned width, axas_attr access,
                                    uint64_t *value)
{
    enum axas_status status = check_object(space, gpa, width);
    if (status != AXAS_OK) {
        return status;
    }
    struct held held;
    if (hold_page(space, gpa, width, access, &held)) {
        move(held.bytes, width, access, value);
        let_go_of_page(space, gpa, width, access, &held);
        return AXAS_OK;
    }
    struct request request;
    struct piece piece;
    status = hold_request(&request, space, gpa, width, access, 0, &piece);
    if (status == AXAS_OK) {
        move(pointer_to(&request, &piece), width, access, value);
        touch_piece(&request, &piece);
        publish(&request, &piece);
        let_go(&request);
    }
    return status;
}

enum axas_status axas_guest_load(struct axas_space *space, axas_gpa gpa, unsigned width, uint64_t *value)
{
    return value == NULL ? AXAS_ERR_INVALID : move_object(space, gpa, width, AXAS_READ, value);
}

enum axas_status axas_guest_store(struct axas_space *space, axas_gpa gpa, unsigned width, uint64_t value)
{
    return move_object(space, gpa, width, AXAS_WRITE, &value);
}

enum axas_status axas_guest_span_begin(struct axas_space *space, axas_gpa gpa, uint64_t length,
                                       axas_attr access, struct axas_guest_span *span)
{
    if (space == NULL || span == NULL || access == 0 || (access & ~(AXAS_READ | AXAS_WRITE)) != 0) {
        return AXAS_ERR_INVALID;
    }
    struct request request;
    enum axas_status status = request_make(&request, space, gpa, length, access, 0);
    if (status != AXAS_OK) {
        return status;
    }
    uint64_t last = request.last;
    request.last = gpa.raw;
    struct piece piece;
    status = hold_all(&request, &piece);
    if (status != AXAS_OK) {
        return status;
    }
    unsigned char *data = pointer_to(&request, &piece);
    request.last = last;
    uint64_t got = 0;
    while (piece_at(&request, gpa.raw + got, &piece) == AXAS_OK && !piece.hole &&
           pointer_to(&request, &piece) == data + got) {
        touch_piece(&request, &piece);
        got = piece.last - gpa.raw + 1;
        if (piece.last == last) {
            break;
        }
    }
    span->data = data;
    span->length = got;
    span->gpa = gpa;
    span->access = access;
    span->reader = request.reader;
    span->state = request.state;
    return AXAS_OK;
}

void axas_guest_span_end(struct axas_space *space, struct axas_guest_span *span)
{
    if (space == NULL || span == NULL || span->data == NULL) {
        return;
    }
    struct request request;
    request.space = space;
    request.gpa = span->gpa.raw;
    request.last = axas_last(span->gpa, span->length);
    request.access = span->access;
    request.write = (span->access & AXAS_WRITE) != 0;
    request.flags = 0;
    request.reader = span->reader;
    request.state = span->state;
    if (request.write && space->table.hal->frame_publish != NULL) {
        struct piece piece;
        uint64_t at = request.gpa;
        do {
            enum axas_status status = piece_at(&request, at, &piece);
            AXAS_ASSERT(status == AXAS_OK && !piece.hole);
            publish(&request, &piece);
            at = piece.last + 1;
        } while (piece.last != request.last);
    }
    span->data = NULL;
    span->length = 0;
    let_go(&request);
}

void axas_guest_iterate(struct axas_guest_iterator *iterator, struct axas_space *space, axas_gpa gpa,
                        uint64_t length, axas_attr access)
{
    iterator->space = space;
    iterator->gpa = gpa;
    iterator->length = length;
    iterator->access = access;
    iterator->open = false;
}

void axas_guest_iterate_end(struct axas_guest_iterator *iterator)
{
    if (iterator->open) {
        axas_guest_span_end(iterator->space, &iterator->span);
        iterator->open = false;
    }
}

bool axas_guest_next(struct axas_guest_iterator *iterator, enum axas_status *status)
{
    axas_guest_iterate_end(iterator);
    enum axas_status begun = AXAS_OK;
    if (iterator->length != 0) {
        begun = axas_guest_span_begin(iterator->space, iterator->gpa, iterator->length, iterator->access,
                                      &iterator->span);
        iterator->open = begun == AXAS_OK;
    }
    if (iterator->open) {
        iterator->gpa.raw += iterator->span.length;
        iterator->length -= iterator->span.length;
    }
    if (status != NULL) {
        *status = begun;
    }
    return iterator->open;
}
