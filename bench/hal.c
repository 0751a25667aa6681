/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "hal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_ORDER 30u
#define ARENA_BYTES (UINT64_C(1) << ARENA_ORDER)
#define ARENA_HPA (UINT64_C(1) << 30)

static struct {
    uint8_t *base;
    uint64_t given; /* bytes of the arena that were ever given out */
    uint64_t used;
    /* Numbers of free frames, by the binary logarithm of their size: beside the frames, as a kernel's
     * allocator has them, so that to take one does not wait for what is in it. */
    uint32_t *spare[ARENA_ORDER + 1];
    uint32_t spares[ARENA_ORDER + 1];
    bool shared;
    unsigned char busy;
} arena;

static void *new_memory(uint64_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("bench: memory");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static void enter(void)
{
    while (arena.shared && __atomic_test_and_set(&arena.busy, __ATOMIC_ACQUIRE)) {
    }
}

static void leave(void)
{
    if (arena.shared) {
        __atomic_clear(&arena.busy, __ATOMIC_RELEASE);
    }
}

static bool frame_alloc(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    const unsigned order = (unsigned)__builtin_ctzll(size);
    uint64_t start;
    (void)context;
    (void)use;
    enter();
    if (arena.spares[order] != 0) {
        start = (uint64_t)arena.spare[order][--arena.spares[order]] << order;
    } else {
        start = (arena.given + size - 1) & ~(size - 1);
        if (start + size > ARENA_BYTES) {
            leave();
            return false;
        }
        arena.given = start + size;
    }
    arena.used += size;
    leave();
    frame->raw = ARENA_HPA + start;
    return true;
}

static void frame_free(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    const unsigned order = (unsigned)__builtin_ctzll(size);
    (void)context;
    (void)use;
    enter();
    arena.spare[order][arena.spares[order]++] = (uint32_t)((frame.raw - ARENA_HPA) >> order);
    arena.used -= size;
    leave();
}

static void invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    (void)what;
}

static struct axas_hal hal = {.frame_alloc = frame_alloc, .frame_free = frame_free, .invalidate = invalidate};

const struct axas_hal *bench_hal(void)
{
    return &hal;
}

void bench_hal_start(void)
{
    arena.base = (uint8_t *)(((uintptr_t)new_memory(2 * ARENA_BYTES) + ARENA_BYTES - 1) &
                             ~(uintptr_t)(ARENA_BYTES - 1));
    (void)madvise(arena.base, ARENA_BYTES, MADV_HUGEPAGE);
    memset(arena.base, 0, ARENA_BYTES / 4); /* so that no row pays for the first touch */
    for (unsigned order = (unsigned)__builtin_ctzll(AXAS_FRAME_SIZE); order <= ARENA_ORDER; order++) {
        const uint64_t bytes = (ARENA_BYTES >> order) * sizeof *arena.spare[order];
        arena.spare[order] = memset(new_memory(bytes), 0, bytes);
    }
    hal.direct_map_offset = (uint64_t)(uintptr_t)arena.base - ARENA_HPA;
}

uint64_t bench_hal_used(void)
{
    return arena.used;
}

void bench_hal_share(bool shared)
{
    arena.shared = shared;
}
