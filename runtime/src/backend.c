/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped backends. They use nothing but the public headers, as one of yours would. */
#include <axas/space.h>

/* Linear: the memory is the caller's; area->data is the host address of area->origin. */

static enum axas_status linear_provide(const struct axas_space *space, const struct axas_area *area,
                                       axas_gpa gpa, struct axas_run *run)
{
    (void)space;
    (void)gpa;
    run->gpa = area->gpa;
    run->hpa = axas_hpa_of(area->data + (area->gpa.raw - area->origin.raw));
    run->size = area->size;
    return AXAS_OK;
}

const struct axas_backend axas_backend_linear = {"linear", linear_provide, NULL, true, false};

/* Alloc: zeroed frames of the HAL; area->context is the space. */

static bool alloc_largest(const struct axas_space *space, uint64_t sizes, struct axas_run *run)
{
    const struct axas_hal *hal = space->table.hal;
    uint64_t page = axas_table_page_size(&space->table);
    for (uint64_t size = run->size; size >= page; size >>= 1) {
        bool leaf = size == page || (hal->free_in_parts && (sizes & size) != 0);
        if (leaf && hal->frame_alloc(hal->context, size, AXAS_FRAME_GUEST, &run->hpa)) {
            run->size = size;
            return true;
        }
    }
    return false;
}

static enum axas_status alloc_provide(const struct axas_space *space, const struct axas_area *area,
                                      axas_gpa gpa, struct axas_run *run)
{
    const struct axas_hal *hal = space->table.hal;
    if (run->cache != NULL) {
        if (!axas_cache_take(space, run->cache, &run->hpa)) {
            return AXAS_ERR_NO_MEMORY;
        }
        run->size = axas_table_page_size(&space->table);
    } else {
        if (!alloc_largest(space, axas_table_leaf_sizes(&space->table, area->attr), run)) {
            return AXAS_ERR_NO_MEMORY;
        }
        __builtin_memset(axas_hal_virt(hal, run->hpa), 0, (size_t)run->size);
    }
    run->gpa = axas_gpa_of(gpa.raw & ~(run->size - 1));
    if (hal->frame_publish != NULL) {
        hal->frame_publish(hal->context, run->hpa, run->size, area->attr);
    }
    return AXAS_OK;
}

/* Page by page: a run may be several that only happen to adjoin, and the HAL takes back no more at once than
 * it gave at once. */
static void alloc_release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    const struct axas_space *space = (const struct axas_space *)context;
    const struct axas_hal *hal = space->table.hal;
    uint64_t page = axas_table_page_size(&space->table);
    (void)gpa;
    for (uint64_t at = 0; at < size; at += page) {
        hal->frame_free(hal->context, axas_hpa_of(hpa.raw + at), page, AXAS_FRAME_GUEST);
    }
}

const struct axas_backend axas_backend_alloc = {"alloc", alloc_provide, alloc_release, false, false};

/* Trap: never any memory; area->context is the caller's cookie. */

const struct axas_backend axas_backend_trap = {"trap", NULL, NULL, true, false};
