/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: a buddy allocator whose bookkeeping lies apart from the memory that it hands out. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, MADV_HUGEPAGE */
#include <axas/hosted.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#endif
#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#define HIDE(pointer, size) ASAN_POISON_MEMORY_REGION((pointer), (size))
#define SHOW(pointer, size) ASAN_UNPOISON_MEMORY_REGION((pointer), (size))
#else
#define HIDE(pointer, size) ((void)(pointer), (void)(size))
#define SHOW(pointer, size) ((void)(pointer), (void)(size))
#endif

#define ORDERS 40
#define NO_FRAME UINT32_MAX
#define FRAME_BYTES ((size_t)AXAS_FRAME_SIZE)

struct frame {
    uint32_t next, previous; /* of the free list, in the first frame of a free block */
    uint32_t run;            /* first frame of the run that this one was taken with */
    uint8_t order;           /* of the free block, or of the run, in its first frame */
    bool free_block;         /* first frame of a block in a free list */
    bool taken;
    bool freed; /* was given back: holds AXAS_HOSTED_FREED, and not zeros as memory never taken does */
    uint8_t use;
};

struct axas_hosted {
    struct axas_hal hal;
    pthread_mutex_t lock;
    unsigned char *memory;
    uint64_t base, size;
    uint32_t frames;
    unsigned top_order;
    bool count_errors;
    struct frame *frame;
    uint32_t free_list[ORDERS];
    uint64_t error[AXAS_HOSTED_ERRORS];
    struct axas_hosted_ledger ledger;
    uint64_t fail_at, fail_from; /* as ledger.attempts will count them; 0 for never */
    bool recording;
    const uint32_t *watched;
    struct axas_hosted_event *event;
    uint64_t events, events_room, events_limit, events_lost;
    struct axas_hosted *next_recording;
    unsigned char freed_frame[AXAS_FRAME_SIZE], zero_frame[AXAS_FRAME_SIZE];
};

unsigned axas_hosted_recording;
static pthread_mutex_t recording_lock = PTHREAD_MUTEX_INITIALIZER;
static struct axas_hosted *recording_arenas;
static _Thread_local unsigned thread_reader;

const char *axas_hosted_error_str(enum axas_hosted_error error)
{
    static const char *const names[AXAS_HOSTED_ERRORS] = {
        [AXAS_HOSTED_BAD_SIZE] = "bad size",
        [AXAS_HOSTED_UNALIGNED] = "unaligned address",
        [AXAS_HOSTED_FOREIGN_FREE] = "free of a foreign address",
        [AXAS_HOSTED_DOUBLE_FREE] = "free of what is not taken",
        [AXAS_HOSTED_PARTIAL_FREE] = "free of another run than was taken",
        [AXAS_HOSTED_WRONG_USE] = "wrong use",
        [AXAS_HOSTED_USED_FREED] = "write to memory that is not taken",
        [AXAS_HOSTED_LEAK] = "memory never given back",
        [AXAS_HOSTED_BAD_REQUEST] = "request that makes no sense",
    };
    return (unsigned)error < AXAS_HOSTED_ERRORS ? names[error] : "unknown error";
}

static void report(struct axas_hosted *arena, enum axas_hosted_error error, uint64_t hpa, uint64_t size)
{
    arena->error[error]++;
    if (!arena->count_errors) {
        fprintf(stderr, "axas hosted HAL: %s: host address 0x%" PRIx64 ", %" PRIu64 " bytes\n",
                axas_hosted_error_str(error), hpa, size);
        abort();
    }
}

static bool inside(const struct axas_hosted *arena, uint64_t hpa, uint64_t size)
{
    return hpa >= arena->base && size <= arena->size && hpa - arena->base <= arena->size - size;
}

static bool power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static unsigned order_of(uint64_t size)
{
    return (unsigned)__builtin_ctzll(size / AXAS_FRAME_SIZE);
}

static uint64_t hpa_of(const struct axas_hosted *arena, uint32_t index)
{
    return arena->base + index * AXAS_FRAME_SIZE;
}

static unsigned char *memory_of(const struct axas_hosted *arena, uint32_t index)
{
    return arena->memory + index * FRAME_BYTES;
}

static uint64_t digest_of(uint32_t index, unsigned use)
{
    uint64_t word = ((uint64_t)index << 8 | use) + 1;
    word = (word ^ word >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return word ^ word >> 32;
}

/* Free blocks. */

static void push(struct axas_hosted *arena, uint32_t index, unsigned order)
{
    struct frame *frame = &arena->frame[index];
    frame->free_block = true;
    frame->order = (uint8_t)order;
    frame->previous = NO_FRAME;
    frame->next = arena->free_list[order];
    if (frame->next != NO_FRAME) {
        arena->frame[frame->next].previous = index;
    }
    arena->free_list[order] = index;
}

static void pull(struct axas_hosted *arena, uint32_t index)
{
    struct frame *frame = &arena->frame[index];
    if (frame->previous != NO_FRAME) {
        arena->frame[frame->previous].next = frame->next;
    } else {
        arena->free_list[frame->order] = frame->next;
    }
    if (frame->next != NO_FRAME) {
        arena->frame[frame->next].previous = frame->previous;
    }
    frame->free_block = false;
}

static uint32_t take_block(struct axas_hosted *arena, unsigned order)
{
    unsigned from = order;
    while (from <= arena->top_order && arena->free_list[from] == NO_FRAME) {
        from++;
    }
    if (from > arena->top_order) {
        return NO_FRAME;
    }
    const uint32_t index = arena->free_list[from];
    pull(arena, index);
    while (from > order) {
        from--;
        push(arena, index + (UINT32_C(1) << from), from);
    }
    return index;
}

static void give_block(struct axas_hosted *arena, uint32_t index, unsigned order)
{
    while (order < arena->top_order) {
        const uint32_t buddy = index ^ UINT32_C(1) << order;
        if (!arena->frame[buddy].free_block || arena->frame[buddy].order != order) {
            break;
        }
        pull(arena, buddy);
        index &= ~(UINT32_C(1) << order);
        order++;
    }
    push(arena, index, order);
}

/* Poison. */

static void check_free_frame(struct axas_hosted *arena, uint32_t index)
{
    unsigned char *const bytes = memory_of(arena, index);
    const bool freed = arena->frame[index].freed;
    SHOW(bytes, FRAME_BYTES);
    if (memcmp(bytes, freed ? arena->freed_frame : arena->zero_frame, FRAME_BYTES) != 0) {
        report(arena, AXAS_HOSTED_USED_FREED, hpa_of(arena, index), AXAS_FRAME_SIZE);
        memset(bytes, freed ? (int)AXAS_HOSTED_FREED : 0, FRAME_BYTES); /* each is reported once */
    }
    if (freed) {
        HIDE(bytes, FRAME_BYTES);
    }
}

static void check_all(struct axas_hosted *arena)
{
    for (uint32_t i = 0; i < arena->frames; i++) {
        /* Memory never taken is checked when it is taken: reading it all would touch it all. */
        if (arena->frame[i].freed && !arena->frame[i].taken) {
            check_free_frame(arena, i);
        }
    }
}

/* The record. */

static void note(struct axas_hosted *arena, const struct axas_hosted_event *event)
{
    if (!arena->recording) {
        return;
    }
    if (arena->events == arena->events_room) {
        uint64_t room = arena->events_room == 0 ? 256 : arena->events_room * 2;
        room = room < arena->events_limit ? room : arena->events_limit;
        struct axas_hosted_event *grown =
            room > arena->events ? realloc(arena->event, (size_t)room * sizeof *grown) : NULL;
        if (grown == NULL) {
            arena->events_lost++;
            return;
        }
        arena->event = grown;
        arena->events_room = room;
    }
    arena->event[arena->events] = *event;
    arena->event[arena->events].thread = thread_reader;
    arena->events++;
}

void axas_hosted_note_store(const void *slot, uint64_t value, unsigned bytes)
{
    const unsigned char *const at = slot;
    (void)pthread_mutex_lock(&recording_lock);
    for (struct axas_hosted *arena = recording_arenas; arena != NULL; arena = arena->next_recording) {
        if ((uintptr_t)at - (uintptr_t)arena->memory < arena->size) {
            struct axas_hosted_event event = {
                .kind = AXAS_HOSTED_STORE,
                .hpa = axas_hpa_of(arena->base + (uint64_t)((uintptr_t)at - (uintptr_t)arena->memory)),
                .size = bytes,
                .old = bytes == 8 ? __atomic_load_n((const uint64_t *)slot, __ATOMIC_RELAXED)
                                  : __atomic_load_n((const uint32_t *)slot, __ATOMIC_RELAXED),
                .value = value,
            };
            (void)pthread_mutex_lock(&arena->lock);
            if (arena->watched != NULL) {
                event.watched = __atomic_load_n(arena->watched, __ATOMIC_RELAXED);
            }
            note(arena, &event);
            (void)pthread_mutex_unlock(&arena->lock);
        }
    }
    (void)pthread_mutex_unlock(&recording_lock);
}

static void stop_recording(struct axas_hosted *arena)
{
    (void)pthread_mutex_lock(&recording_lock);
    for (struct axas_hosted **link = &recording_arenas; *link != NULL; link = &(*link)->next_recording) {
        if (*link == arena) {
            *link = arena->next_recording;
            (void)__atomic_fetch_sub(&axas_hosted_recording, 1, __ATOMIC_RELAXED);
            break;
        }
    }
    (void)pthread_mutex_lock(&arena->lock);
    arena->recording = false;
    (void)pthread_mutex_unlock(&arena->lock);
    (void)pthread_mutex_unlock(&recording_lock);
}

void axas_hosted_record(struct axas_hosted *arena, uint64_t limit)
{
    stop_recording(arena);
    (void)pthread_mutex_lock(&recording_lock);
    (void)pthread_mutex_lock(&arena->lock);
    arena->recording = true;
    arena->events = 0;
    arena->events_lost = 0;
    arena->events_limit = limit;
    (void)pthread_mutex_unlock(&arena->lock);
    arena->next_recording = recording_arenas;
    recording_arenas = arena;
    (void)__atomic_fetch_add(&axas_hosted_recording, 1, __ATOMIC_RELAXED);
    (void)pthread_mutex_unlock(&recording_lock);
}

void axas_hosted_record_stop(struct axas_hosted *arena)
{
    stop_recording(arena);
}

void axas_hosted_watch(struct axas_hosted *arena, const uint32_t *word)
{
    (void)pthread_mutex_lock(&arena->lock);
    arena->watched = word;
    (void)pthread_mutex_unlock(&arena->lock);
}

uint64_t axas_hosted_event_count(struct axas_hosted *arena)
{
    (void)pthread_mutex_lock(&arena->lock);
    const uint64_t count = arena->events;
    (void)pthread_mutex_unlock(&arena->lock);
    return count;
}

uint64_t axas_hosted_events_lost(struct axas_hosted *arena)
{
    (void)pthread_mutex_lock(&arena->lock);
    const uint64_t lost = arena->events_lost;
    (void)pthread_mutex_unlock(&arena->lock);
    return lost;
}

const struct axas_hosted_event *axas_hosted_events(struct axas_hosted *arena)
{
    return arena->event;
}

/* The HAL. */

static uint32_t take_run(struct axas_hosted *arena, unsigned order, enum axas_frame_use use)
{
    const uint32_t first = take_block(arena, order);
    if (first == NO_FRAME) {
        return NO_FRAME;
    }
    const uint32_t count = UINT32_C(1) << order;
    arena->frame[first].order = (uint8_t)order;
    for (uint32_t i = first; i < first + count; i++) {
        check_free_frame(arena, i);
        arena->frame[i].taken = true;
        arena->frame[i].run = first;
        arena->frame[i].use = (uint8_t)use;
        arena->ledger.digest ^= digest_of(i, use);
    }
    SHOW(memory_of(arena, first), count * FRAME_BYTES);
    memset(memory_of(arena, first), (int)AXAS_HOSTED_FRESH, count * FRAME_BYTES);
    arena->ledger.bytes[use] += count * AXAS_FRAME_SIZE;
    return first;
}

static bool hal_frame_alloc(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    struct axas_hosted *const arena = context;
    uint32_t first = NO_FRAME;
    (void)pthread_mutex_lock(&arena->lock);
    const uint64_t attempt = ++arena->ledger.attempts;
    if (!power_of_two(size) || size < AXAS_FRAME_SIZE) {
        report(arena, AXAS_HOSTED_BAD_SIZE, 0, size);
    } else if ((unsigned)use >= AXAS_FRAME_USES) {
        report(arena, AXAS_HOSTED_WRONG_USE, 0, size);
    } else if (size <= arena->size && attempt != arena->fail_at &&
               (arena->fail_from == 0 || attempt < arena->fail_from)) {
        first = take_run(arena, order_of(size), use);
    }
    if (first != NO_FRAME) {
        *frame = axas_hpa_of(hpa_of(arena, first));
        const struct axas_hosted_event event = {
            .kind = AXAS_HOSTED_ALLOC, .hpa = *frame, .size = size, .use = use};
        note(arena, &event);
    } else {
        arena->ledger.failures++;
    }
    (void)pthread_mutex_unlock(&arena->lock);
    return first != NO_FRAME;
}

/* What is wrong with giving that run back; AXAS_HOSTED_ERRORS if nothing is. */
static enum axas_hosted_error free_error(const struct axas_hosted *arena, uint64_t hpa, uint64_t size,
                                         enum axas_frame_use use)
{
    if (!power_of_two(size) || size < AXAS_FRAME_SIZE) {
        return AXAS_HOSTED_BAD_SIZE;
    }
    if (!inside(arena, hpa, size)) {
        return AXAS_HOSTED_FOREIGN_FREE;
    }
    if ((hpa & (size - 1)) != 0) {
        return AXAS_HOSTED_UNALIGNED;
    }
    const uint32_t first = (uint32_t)((hpa - arena->base) / AXAS_FRAME_SIZE);
    const uint32_t run = arena->frame[first].run;
    for (uint32_t i = first; i < first + (UINT32_C(1) << order_of(size)); i++) {
        if (!arena->frame[i].taken) {
            return AXAS_HOSTED_DOUBLE_FREE;
        }
        if (arena->frame[i].run != run) {
            return AXAS_HOSTED_PARTIAL_FREE;
        }
        if (arena->frame[i].use != (unsigned)use) {
            return AXAS_HOSTED_WRONG_USE;
        }
    }
    if (!arena->hal.free_in_parts && (run != first || arena->frame[first].order != order_of(size))) {
        return AXAS_HOSTED_PARTIAL_FREE;
    }
    return AXAS_HOSTED_ERRORS;
}

static void hal_frame_free(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    struct axas_hosted *const arena = context;
    (void)pthread_mutex_lock(&arena->lock);
    const enum axas_hosted_error error = free_error(arena, frame.raw, size, use);
    if (error != AXAS_HOSTED_ERRORS) {
        report(arena, error, frame.raw, size);
    } else {
        const struct axas_hosted_event event = {
            .kind = AXAS_HOSTED_FREE, .hpa = frame, .size = size, .use = use};
        const uint32_t first = (uint32_t)((frame.raw - arena->base) / AXAS_FRAME_SIZE);
        const uint32_t count = UINT32_C(1) << order_of(size);
        note(arena, &event);
        for (uint32_t i = first; i < first + count; i++) {
            arena->frame[i].taken = false;
            arena->frame[i].freed = true;
            arena->ledger.digest ^= digest_of(i, use);
        }
        memset(memory_of(arena, first), (int)AXAS_HOSTED_FREED, count * FRAME_BYTES);
        HIDE(memory_of(arena, first), count * FRAME_BYTES);
        arena->ledger.bytes[use] -= size;
        give_block(arena, first, order_of(size));
    }
    (void)pthread_mutex_unlock(&arena->lock);
}

static bool owned(const struct axas_hosted *arena, uint64_t hpa, enum axas_frame_use use)
{
    if (!inside(arena, hpa, 1)) {
        return false;
    }
    const struct frame *frame = &arena->frame[(hpa - arena->base) / AXAS_FRAME_SIZE];
    return frame->taken && frame->use == (unsigned)use;
}

static bool invalidation_sane(const struct axas_hosted *arena, const struct axas_invalidation *what)
{
    if (what->format == NULL || !owned(arena, what->root.raw, AXAS_FRAME_TABLE)) {
        return false;
    }
    switch (what->scope) {
    case AXAS_INVALIDATE_LEAF:
    case AXAS_INVALIDATE_TABLES:
        return what->size != 0 && what->size - 1 <= UINT64_MAX - what->gpa.raw &&
               power_of_two(what->leaf_size);
    case AXAS_INVALIDATE_ALL:
        return what->gpa.raw == 0 && what->size == 0;
    case AXAS_INVALIDATE_NONE:
    default:
        return false;
    }
}

static void hal_invalidate(void *context, const struct axas_invalidation *what)
{
    struct axas_hosted *const arena = context;
    const struct axas_hosted_event event = {.kind = AXAS_HOSTED_INVALIDATE, .invalidation = *what};
    (void)pthread_mutex_lock(&arena->lock);
    if (!invalidation_sane(arena, what)) {
        report(arena, AXAS_HOSTED_BAD_REQUEST, what->root.raw, what->size);
    }
    note(arena, &event);
    (void)pthread_mutex_unlock(&arena->lock);
}

static void hal_barrier(void *context)
{
    struct axas_hosted *const arena = context;
    const struct axas_hosted_event event = {.kind = AXAS_HOSTED_BARRIER};
    (void)pthread_mutex_lock(&arena->lock);
    note(arena, &event);
    (void)pthread_mutex_unlock(&arena->lock);
}

/* True if every byte of a run of the arena is 0. */
static bool is_zero(const struct axas_hosted *arena, axas_hpa run, uint64_t size)
{
    if (size == 0 || run.raw < arena->base || run.raw - arena->base >= arena->size ||
        size > arena->size - (run.raw - arena->base)) {
        return false;
    }
    const unsigned char *const bytes = arena->memory + (run.raw - arena->base);
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, (size_t)size - 1u) == 0;
}

static void hal_frame_publish(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    struct axas_hosted *const arena = context;
    struct axas_hosted_event event = {.kind = AXAS_HOSTED_PUBLISH, .hpa = frame, .size = size, .attr = attr};
    (void)pthread_mutex_lock(&arena->lock);
    event.value = arena->recording && is_zero(arena, frame, size);
    if (size == 0 || (attr & ~AXAS_ATTR_MASK) != 0) {
        report(arena, AXAS_HOSTED_BAD_REQUEST, frame.raw, size);
    }
    note(arena, &event);
    (void)pthread_mutex_unlock(&arena->lock);
}

static void hal_table_write_back(void *context, const void *bytes, uint64_t size)
{
    struct axas_hosted *const arena = context;
    const uint64_t hpa = (uint64_t)(uintptr_t)bytes - arena->hal.direct_map_offset;
    const struct axas_hosted_event event = {
        .kind = AXAS_HOSTED_WRITE_BACK, .hpa = axas_hpa_of(hpa), .size = size};
    (void)pthread_mutex_lock(&arena->lock);
    if (size == 0 || !owned(arena, hpa, AXAS_FRAME_TABLE) ||
        !owned(arena, hpa + size - 1, AXAS_FRAME_TABLE)) {
        report(arena, AXAS_HOSTED_BAD_REQUEST, hpa, size);
    }
    note(arena, &event);
    (void)pthread_mutex_unlock(&arena->lock);
}

static unsigned hal_reader_slot(void *context)
{
    (void)context;
    return thread_reader;
}

void axas_hosted_set_reader(unsigned slot)
{
    thread_reader = slot;
}

/* An arena's life. */

struct axas_hosted *axas_hosted_create(const struct axas_hosted_config *config)
{
    static const struct axas_hosted_config defaults = {0};
    const uint64_t largest = AXAS_FRAME_SIZE << 31; /* frames are counted in 32 bits */
    config = config != NULL ? config : &defaults;
    const uint64_t wanted = config->size != 0 ? config->size : UINT64_C(64) << 20;
    uint64_t size = AXAS_FRAME_SIZE;
    while (size < wanted && size < largest) {
        size *= 2;
    }
    const uint64_t floor = UINT64_C(1) << 30;
    const uint64_t base = config->physical_base != 0 ? config->physical_base : size > floor ? size : floor;
    if (size < wanted || size > SIZE_MAX || (base & (size - 1)) != 0) {
        return NULL;
    }

    struct axas_hosted *const arena = calloc(1, sizeof *arena);
    if (arena == NULL) {
        return NULL;
    }
    arena->base = base;
    arena->size = size;
    arena->frames = (uint32_t)(size / AXAS_FRAME_SIZE);
    arena->top_order = order_of(size);
    arena->count_errors = config->count_errors;
    arena->frame = calloc(arena->frames, sizeof *arena->frame);
    void *const memory =
        mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena->frame == NULL || memory == MAP_FAILED || pthread_mutex_init(&arena->lock, NULL) != 0) {
        if (memory != MAP_FAILED) {
            (void)munmap(memory, (size_t)size);
        }
        free(arena->frame);
        free(arena);
        return NULL;
    }
    /* Tests make arenas by the hundred: a page fault for each frame would be most of their time. */
    (void)madvise(memory, (size_t)size, MADV_HUGEPAGE);
    arena->memory = memory;
    memset(arena->freed_frame, (int)AXAS_HOSTED_FREED, sizeof arena->freed_frame);
    for (unsigned order = 0; order < ORDERS; order++) {
        arena->free_list[order] = NO_FRAME;
    }
    push(arena, 0, arena->top_order);
    arena->hal = (struct axas_hal){
        .context = arena,
        .direct_map_offset = (uint64_t)(uintptr_t)memory - base,
        .frame_alloc = hal_frame_alloc,
        .frame_free = hal_frame_free,
        .free_in_parts = config->free_in_parts,
        .invalidate = hal_invalidate,
        .barrier = hal_barrier,
        .frame_publish = hal_frame_publish,
        .table_write_back = hal_table_write_back,
        .reader_slot = hal_reader_slot,
    };
    return arena;
}

uint64_t axas_hosted_destroy(struct axas_hosted *arena)
{
    if (arena == NULL) {
        return 0;
    }
    stop_recording(arena);
    check_all(arena);
    for (unsigned use = 0; use < AXAS_FRAME_USES; use++) {
        if (arena->ledger.bytes[use] != 0) {
            report(arena, AXAS_HOSTED_LEAK, arena->base, arena->ledger.bytes[use]);
        }
    }
    const uint64_t errors = axas_hosted_error_count(arena);
    SHOW(arena->memory, (size_t)arena->size);
    (void)munmap(arena->memory, (size_t)arena->size);
    (void)pthread_mutex_destroy(&arena->lock);
    free(arena->event);
    free(arena->frame);
    free(arena);
    return errors;
}

const struct axas_hal *axas_hosted_hal(struct axas_hosted *arena)
{
    return &arena->hal;
}

axas_hpa axas_hosted_base(const struct axas_hosted *arena)
{
    return axas_hpa_of(arena->base);
}

uint64_t axas_hosted_size(const struct axas_hosted *arena)
{
    return arena->size;
}

void axas_hosted_check(struct axas_hosted *arena)
{
    (void)pthread_mutex_lock(&arena->lock);
    check_all(arena);
    (void)pthread_mutex_unlock(&arena->lock);
}

uint64_t axas_hosted_errors(struct axas_hosted *arena, enum axas_hosted_error error)
{
    (void)pthread_mutex_lock(&arena->lock);
    const uint64_t count = (unsigned)error < AXAS_HOSTED_ERRORS ? arena->error[error] : 0;
    (void)pthread_mutex_unlock(&arena->lock);
    return count;
}

uint64_t axas_hosted_error_count(struct axas_hosted *arena)
{
    uint64_t count = 0;
    (void)pthread_mutex_lock(&arena->lock);
    for (unsigned error = 0; error < AXAS_HOSTED_ERRORS; error++) {
        count += arena->error[error];
    }
    (void)pthread_mutex_unlock(&arena->lock);
    return count;
}

struct axas_hosted_ledger axas_hosted_ledger_now(struct axas_hosted *arena)
{
    (void)pthread_mutex_lock(&arena->lock);
    const struct axas_hosted_ledger ledger = arena->ledger;
    (void)pthread_mutex_unlock(&arena->lock);
    return ledger;
}

bool axas_hosted_ledger_same(const struct axas_hosted_ledger *a, const struct axas_hosted_ledger *b)
{
    for (unsigned use = 0; use < AXAS_FRAME_USES; use++) {
        if (a->bytes[use] != b->bytes[use]) {
            return false;
        }
    }
    return true;
}

uint64_t axas_hosted_bytes(struct axas_hosted *arena, enum axas_frame_use use)
{
    const struct axas_hosted_ledger ledger = axas_hosted_ledger_now(arena);
    return (unsigned)use < AXAS_FRAME_USES ? ledger.bytes[use] : 0;
}

bool axas_hosted_owns(struct axas_hosted *arena, axas_hpa frame, enum axas_frame_use use)
{
    (void)pthread_mutex_lock(&arena->lock);
    const bool result = owned(arena, frame.raw, use);
    (void)pthread_mutex_unlock(&arena->lock);
    return result;
}

void axas_hosted_fail_at(struct axas_hosted *arena, uint64_t n)
{
    (void)pthread_mutex_lock(&arena->lock);
    arena->fail_at = n == 0 ? 0 : arena->ledger.attempts + n;
    (void)pthread_mutex_unlock(&arena->lock);
}

void axas_hosted_fail_from(struct axas_hosted *arena, uint64_t n)
{
    (void)pthread_mutex_lock(&arena->lock);
    arena->fail_from = n == 0 ? 0 : arena->ledger.attempts + n;
    (void)pthread_mutex_unlock(&arena->lock);
}
