/* SPDX-License-Identifier: Apache-2.0 */
#include "inline.h"

#include <axas/inline.h>

#include <stdlib.h>
#include <string.h>

#define MAPS(format, mode, map_page)                                                             \
    static enum axas_status format##_##mode##_##map_page(struct axas_table *table, axas_gpa gpa, \
                                                         axas_hpa hpa, axas_attr attr)           \
    {                                                                                            \
        const struct axas_##format##_##mode walker = axas_##format##_##mode##_of(table);         \
        return axas_##format##_##mode##_##map_page(&walker, gpa, hpa, attr);                     \
    }
#define FUNCTIONS(format, mode)                                                                       \
    static enum axas_status format##_##mode##_translate(struct axas_table *table, axas_gpa gpa,       \
                                                        axas_hpa *hpa)                                \
    {                                                                                                 \
        const struct axas_##format##_##mode walker = axas_##format##_##mode##_of(table);              \
        return axas_##format##_##mode##_translate(&walker, gpa, hpa);                                 \
    }                                                                                                 \
    MAPS(format, mode, map_page)                                                                      \
    MAPS(format, mode, map_scattered_page)                                                            \
    static enum axas_status format##_##mode##_install_page(                                           \
        struct axas_table *table, axas_gpa gpa, axas_hpa hpa, axas_attr attr, struct axas_pool *pool) \
    {                                                                                                 \
        const struct axas_##format##_##mode walker = axas_##format##_##mode##_of(table);              \
        return axas_##format##_##mode##_install_page(&walker, gpa, hpa, attr, pool);                  \
    }
AXAS_EACH_MODE(FUNCTIONS)

#define ROW(format_, mode_)                                        \
    {.format = #format_,                                           \
     .mode = #mode_,                                               \
     .translate = format_##_##mode_##_translate,                   \
     .map_page = format_##_##mode_##_map_page,                     \
     .map_scattered_page = format_##_##mode_##_map_scattered_page, \
     .install_page = format_##_##mode_##_install_page},
const struct inline_walks inline_walks[] = {AXAS_EACH_MODE(ROW){NULL, NULL, NULL, NULL, NULL, NULL}};

const struct inline_walks *inline_walks_of(const struct axas_format *format, const struct axas_mode *mode)
{
    for (const struct inline_walks *walks = inline_walks; walks->format != NULL; walks++) {
        if (strcmp(walks->format, format->name) == 0 && strcmp(walks->mode, mode->name) == 0) {
            return walks;
        }
    }
    abort();
}
