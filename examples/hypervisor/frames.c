/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that were never given out are cut from the front of `next`; those that came back wait in a list for
 * each size, linked through their first word. Host addresses are physical ones here. */
#include "frames.h"

#include "memory.h"

#define ORDERS 20 /* runs of 4 KiB to 2 GiB */
#define RUBBISH 0xa5

struct run {
    struct run *next;
};

static struct {
    uint64_t next, end;
    struct run *list[ORDERS];
    uint64_t used[AXAS_FRAME_USES];
} frames;

static unsigned order_of(uint64_t size)
{
    return (unsigned)__builtin_ctzll(size / AXAS_FRAME_SIZE);
}

static void put(uint64_t address, unsigned order)
{
    struct run *run = (struct run *)(uintptr_t)address;
    run->next = frames.list[order];
    frames.list[order] = run;
}

static uint64_t take(unsigned order)
{
    struct run *run = frames.list[order];
    frames.list[order] = run->next;
    return (uint64_t)(uintptr_t)run;
}

void frames_init(uint64_t first, uint64_t end)
{
    memset(&frames, 0, sizeof frames);
    frames.next = (first + AXAS_FRAME_SIZE - 1) & ~(AXAS_FRAME_SIZE - 1);
    frames.end = end;
}

static bool take_from_lists(unsigned wanted, uint64_t *address)
{
    unsigned order = wanted;
    while (order < ORDERS && frames.list[order] == NULL) {
        order++;
    }
    if (order == ORDERS) {
        return false;
    }
    *address = take(order);
    while (order > wanted) {
        order--;
        put(*address + (AXAS_FRAME_SIZE << order), order);
    }
    return true;
}

static bool cut(uint64_t size, uint64_t *address)
{
    const uint64_t start = (frames.next + size - 1) & ~(size - 1);
    if (start >= frames.end || frames.end - start < size) {
        return false;
    }
    while (frames.next < start) {
        const uint64_t skipped = frames.next & -frames.next; /* as large as its place allows */
        put(frames.next, order_of(skipped));
        frames.next += skipped;
    }
    frames.next = start + size;
    *address = start;
    return true;
}

bool frames_alloc(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    (void)context;
    const unsigned order = order_of(size);
    uint64_t address;
    if (order >= ORDERS || (!take_from_lists(order, &address) && !cut(size, &address))) {
        return false;
    }
    memset((void *)(uintptr_t)address, RUBBISH, (size_t)size);
    frames.used[use] += size;
    *frame = axas_hpa_of(address);
    return true;
}

void frames_free(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    (void)context;
    frames.used[use] -= size;
    put(frame.raw, order_of(size));
}

uint64_t frames_used(enum axas_frame_use use)
{
    return frames.used[use];
}
