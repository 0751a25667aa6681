/* SPDX-License-Identifier: Apache-2.0 */
#include "ways.h"

#include <axas/inline.h>

#include <string.h>

#define RW (AXAS_READ | AXAS_WRITE)

/* By a call for each page, in the shape of the others. */

struct call {
    struct axas_table *table;
    uint64_t page;
};

static AXAS_INLINE struct call call_of(struct axas_table *table)
{
    return (struct call){table, axas_table_page_size(table)};
}

static AXAS_INLINE enum axas_status call_map_page(const struct call *walker, axas_gpa gpa, axas_hpa hpa,
                                                  axas_attr attr)
{
    return axas_table_map(walker->table, gpa, hpa, walker->page, attr);
}

/* A call is the same in any order. */
#define call_map_scattered_page call_map_page

static AXAS_INLINE enum axas_status call_install_page(const struct call *walker, axas_gpa gpa, axas_hpa hpa,
                                                      axas_attr attr, struct axas_pool *pool)
{
    return axas_table_install(walker->table, gpa, hpa, walker->page, attr, pool);
}

static AXAS_INLINE enum axas_status call_translate(const struct call *walker, axas_gpa gpa, axas_hpa *hpa)
{
    return axas_table_translate(walker->table, gpa, hpa);
}

/* As many tables of each level as a vCPU would put aside at once. */
#define POOL_TABLES 16u

/* A pool that was short. */
static enum axas_status fill(struct axas_table *table, struct axas_pool *pool)
{
    const unsigned root = table->mode->root_level;
    enum axas_status status = AXAS_OK;
    for (unsigned level = root + 1; level < root + table->mode->level_count; level++) {
        while (status == AXAS_OK && pool->count[level] < POOL_TABLES) {
            status = axas_pool_fill(table, pool, level - 1, level);
        }
    }
    return status;
}

/* The loops, where `name` begins the names of what they use. */
#define MAPS(name, maps, map_page)                                                                         \
    static enum axas_status name##_##maps(struct axas_table *table, const uint64_t *pages, uint64_t count, \
                                          uint64_t start, uint64_t *at)                                    \
    {                                                                                                      \
        const struct name walker = name##_of(table);                                                       \
        for (uint64_t i = 0; i < count; i++) {                                                             \
            const axas_gpa gpa = axas_gpa_of(pages[i]);                                                    \
            const axas_hpa hpa = axas_hpa_of(start + pages[i]);                                            \
            const enum axas_status status = name##_##map_page(&walker, gpa, hpa, RW);                      \
            if (AXAS_UNLIKELY(status != AXAS_OK)) {                                                        \
                *at = i;                                                                                   \
                return status;                                                                             \
            }                                                                                              \
        }                                                                                                  \
        return AXAS_OK;                                                                                    \
    }

#define LOOPS(name)                                                                                          \
    MAPS(name, maps, map_page)                                                                               \
    MAPS(name, maps_scattered, map_scattered_page)                                                           \
                                                                                                             \
    static enum axas_status name##_installs(struct axas_table *table, const uint64_t *pages, uint64_t count, \
                                            uint64_t start, struct axas_pool *pool, uint64_t *at)            \
    {                                                                                                        \
        const struct name walker = name##_of(table);                                                         \
        for (uint64_t i = 0; i < count; i++) {                                                               \
            const axas_gpa gpa = axas_gpa_of(pages[i]);                                                      \
            const axas_hpa hpa = axas_hpa_of(start + pages[i]);                                              \
            enum axas_status status = name##_install_page(&walker, gpa, hpa, RW, pool);                      \
            if (AXAS_UNLIKELY(status != AXAS_OK)) {                                                          \
                if (status == AXAS_ERR_NO_MEMORY) {                                                          \
                    status = fill(table, pool);                                                              \
                    i--;                                                                                     \
                }                                                                                            \
                if (status != AXAS_OK) {                                                                     \
                    *at = i;                                                                                 \
                    return status;                                                                           \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
        return AXAS_OK;                                                                                      \
    }                                                                                                        \
                                                                                                             \
    static AXAS_INLINE enum axas_status name##_walk_each(struct axas_table *table,                           \
                                                         const uint64_t *addresses, uint64_t count,          \
                                                         bool chained, uint64_t *sum, uint64_t *at)          \
    {                                                                                                        \
        const struct name walker = name##_of(table);                                                         \
        uint64_t all = 0;                                                                                    \
        axas_hpa hpa = {0};                                                                                  \
        for (uint64_t i = 0; i < count; i++) {                                                               \
            axas_gpa gpa = axas_gpa_of(addresses[i]);                                                        \
            if (chained) {                                                                                   \
                __asm__ volatile("" : "+r"(hpa.raw)); /* else it would be known that nothing is added */     \
                gpa.raw += hpa.raw >> 63;                                                                    \
            }                                                                                                \
            const enum axas_status status = name##_translate(&walker, gpa, &hpa);                            \
            if (AXAS_UNLIKELY(status != AXAS_OK)) {                                                          \
                *at = i;                                                                                     \
                return status;                                                                               \
            }                                                                                                \
            all += hpa.raw;                                                                                  \
        }                                                                                                    \
        *sum = all;                                                                                          \
        return AXAS_OK;                                                                                      \
    }                                                                                                        \
                                                                                                             \
    static enum axas_status name##_translates(struct axas_table *table, const uint64_t *addresses,           \
                                              uint64_t count, uint64_t *sum, uint64_t *at)                   \
    {                                                                                                        \
        return name##_walk_each(table, addresses, count, false, sum, at);                                    \
    }                                                                                                        \
                                                                                                             \
    static enum axas_status name##_chains(struct axas_table *table, const uint64_t *addresses,               \
                                          uint64_t count, uint64_t *sum, uint64_t *at)                       \
    {                                                                                                        \
        return name##_walk_each(table, addresses, count, true, sum, at);                                     \
    }
#define WAY(name)                                                                           \
    .map = name##_maps, .map_scattered = name##_maps_scattered, .install = name##_installs, \
    .translate = name##_translates, .chain = name##_chains

LOOPS(call)
const struct way way_by_call = {WAY(call)};

#define LOOPS_OF(format, mode) LOOPS(axas_##format##_##mode)
AXAS_EACH_MODE(LOOPS_OF)

#define WAY_OF(format_, mode_) {.format = #format_, .mode = #mode_, WAY(axas_##format_##_##mode_)},
static const struct way all[] = {AXAS_EACH_MODE(WAY_OF)};

const struct way *way_inline(const char *format, const char *mode)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].format, format) == 0 && strcmp(all[i].mode, mode) == 0) {
            return &all[i];
        }
    }
    return NULL;
}
