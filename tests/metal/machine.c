/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include "arch.h"
#include "frames.h"
#include "memory.h"
#include "probe.h"
#include "report.h"

#define MEBIBYTE UINT64_C(0x100000)
#define POOL_ALIGNMENT (2 * MEBIBYTE)
#define POOL_MOST (32 * MEBIBYTE)

/* Of each frame that the allocator may give: not a guest's, not published yet, no page known, or its page. */
#define NOBODY UINT64_C(1)
#define UNPUBLISHED UINT64_C(2)
#define NO_PAGE_YET UINT64_C(3)

struct machine_pool machine_pool;
uint64_t machine_free;

static uint64_t first, end;
static uint64_t *page_of_frame;

static uint64_t *ledger(uint64_t hpa)
{
    return &page_of_frame[(hpa - first) / AXAS_FRAME_SIZE];
}

void machine_init(void)
{
    const struct arch_memory memory = arch_memory();
    first = (memory.first + AXAS_FRAME_SIZE - 1) & ~(AXAS_FRAME_SIZE - 1);
    machine_pool.size = (memory.end - first) / 4 & ~(POOL_ALIGNMENT - 1);
    if (machine_pool.size > POOL_MOST) {
        machine_pool.size = POOL_MOST;
    }
    machine_pool.hpa = (memory.end - machine_pool.size) & ~(POOL_ALIGNMENT - 1);
    end = machine_pool.hpa;
    page_of_frame = (uint64_t *)(uintptr_t)first;
    const uint64_t book = (end - first) / AXAS_FRAME_SIZE * sizeof *page_of_frame;
    first += (book + AXAS_FRAME_SIZE - 1) & ~(AXAS_FRAME_SIZE - 1);
    machine_free = end - first;
    for (uint64_t offset = 0; offset < machine_pool.size; offset += AXAS_FRAME_SIZE) {
        probe_mark((void *)(uintptr_t)(machine_pool.hpa + offset), axas_hpa_of(machine_pool.hpa + offset));
    }
}

static bool give(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    if (!frames_alloc(context, size, use, frame)) {
        return false;
    }
    if (use == AXAS_FRAME_GUEST) {
        for (uint64_t offset = 0; offset < size; offset += AXAS_FRAME_SIZE) {
            *ledger(frame->raw + offset) = UNPUBLISHED;
        }
    }
    return true;
}

static void take(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    if (use == AXAS_FRAME_GUEST) {
        for (uint64_t offset = 0; offset < size; offset += AXAS_FRAME_SIZE) {
            if (*ledger(frame.raw + offset) == NOBODY) {
                report_disagreement("a frame of the guest's came back twice");
            }
            *ledger(frame.raw + offset) = NOBODY;
        }
    }
    frames_free(context, frame, size, use);
}

static bool is_zero(uint64_t hpa)
{
    const uint64_t *word = (const uint64_t *)(uintptr_t)hpa;
    for (unsigned i = 0; i < AXAS_FRAME_SIZE / 8; i++) {
        if (word[i] != 0) {
            return false;
        }
    }
    return true;
}

/* The CPU's own part, which machine_hal puts another in front of. */
static void (*publish_on_cpu)(void *context, axas_hpa frame, uint64_t size, axas_attr attr);

static void publish(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    const uint64_t memory_end = machine_pool.hpa + machine_pool.size;
    if (frame.raw < first || frame.raw >= memory_end) {
        return; /* a linear area without memory behind it that caches could hold */
    }
    size = size < memory_end - frame.raw ? size : memory_end - frame.raw;
    for (uint64_t hpa = frame.raw; hpa < frame.raw + size && hpa < end; hpa += AXAS_FRAME_SIZE) {
        /* Others were published before, or lie under a linear area; protect publishes both again. */
        if (*ledger(hpa) == UNPUBLISHED) {
            if (!is_zero(hpa)) {
                report_disagreement("a frame was published that was not cleared");
            }
            *ledger(hpa) = NO_PAGE_YET;
            probe_mark((void *)(uintptr_t)hpa, axas_hpa_of(hpa));
        }
    }
    if (publish_on_cpu != NULL) {
        publish_on_cpu(context, frame, size, attr);
    }
}

void machine_hal(struct axas_hal *hal)
{
    memset(hal, 0, sizeof *hal);
    frames_init(first, end);
    for (uint64_t hpa = first; hpa < end; hpa += AXAS_FRAME_SIZE) {
        *ledger(hpa) = NOBODY;
    }
    arch_hal(hal);
    publish_on_cpu = hal->frame_publish;
    hal->frame_alloc = give;
    hal->frame_free = take;
    hal->frame_publish = publish;
}

void machine_expect_no_frames(void)
{
    for (unsigned use = 0; use < AXAS_FRAME_USES; use++) {
        if (frames_used((enum axas_frame_use)use) != 0) {
            report_disagreement("a destroyed space kept frames");
        }
    }
}

bool machine_marked(uint64_t hpa)
{
    if (hpa - machine_pool.hpa < machine_pool.size) {
        return true;
    }
    return hpa >= first && hpa < end && *ledger(hpa) != NOBODY && *ledger(hpa) != UNPUBLISHED;
}

bool machine_owned(uint64_t hpa, uint64_t gpa)
{
    const uint64_t page = gpa & ~(AXAS_FRAME_SIZE - 1);
    if (hpa < first || hpa >= end || *ledger(hpa) == NOBODY || *ledger(hpa) == UNPUBLISHED) {
        return false;
    }
    if (*ledger(hpa) == NO_PAGE_YET) {
        *ledger(hpa) = page;
    }
    return *ledger(hpa) == page;
}
