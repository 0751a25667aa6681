/* SPDX-License-Identifier: Apache-2.0 */
/* What a vCPU puts aside, so that its faults need not call the allocator. */
#include <axas/space.h>

enum axas_status axas_cache_fill(struct axas_space *space, struct axas_cache *cache, unsigned faults)
{
    if (space == NULL || cache == NULL || space->table.root == NULL) {
        return AXAS_ERR_INVALID;
    }
    struct axas_table *table = &space->table;
    const struct axas_hal *hal = table->hal;
    unsigned root_level = table->mode->root_level;
    for (unsigned level = root_level + 1u; level < (unsigned)root_level + table->mode->level_count; level++) {
        while (cache->tables.count[level] < faults) {
            enum axas_status status = axas_pool_fill(table, &cache->tables, level - 1, level);
            if (status != AXAS_OK) {
                return status;
            }
        }
    }
    uint64_t page = axas_table_page_size(table);
    while (cache->guest_frames < faults) {
        axas_hpa frame;
        if (!hal->frame_alloc(hal->context, page, AXAS_FRAME_GUEST, &frame)) {
            return AXAS_ERR_NO_MEMORY;
        }
        void *bytes = axas_hal_virt(hal, frame);
        __builtin_memset(bytes, 0, (size_t)page);
        *(void **)bytes = cache->guest_first;
        cache->guest_first = bytes;
        cache->guest_frames++;
    }
    return AXAS_OK;
}

bool axas_cache_take(const struct axas_space *space, struct axas_cache *cache, axas_hpa *page)
{
    void *bytes = cache->guest_first;
    if (bytes == NULL) {
        return false;
    }
    cache->guest_first = *(void **)bytes;
    cache->guest_frames--;
    *(void **)bytes = NULL; /* the rest was cleared when it came in */
    *page = axas_hal_phys(space->table.hal, bytes);
    return true;
}

void axas_cache_drain(struct axas_space *space, struct axas_cache *cache)
{
    if (space == NULL || cache == NULL || space->table.root == NULL) {
        return;
    }
    const struct axas_hal *hal = space->table.hal;
    axas_hpa frame;
    while (axas_cache_take(space, cache, &frame)) {
        hal->frame_free(hal->context, frame, axas_table_page_size(&space->table), AXAS_FRAME_GUEST);
    }
    axas_pool_drain(&space->table, &cache->tables);
}
