/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work, W1 and on, for every format and mode of this build, and the floors that it is compared with. A
 * row's name is work/format/mode/layer. What is prepared, verified and taken away again is not timed.
 */
#define _GNU_SOURCE
#include "floors.h"
#include "shim.h"

#include <axas/guest.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES (UINT64_C(1) << 20)
#define CHASES (UINT64_C(1) << 16)
#define FAULT_BYTES (128 * MIB)

/* --- What rows have in common ----------------------------------------------------------------------------
 */

static uint64_t *new_words(uint64_t count)
{
    uint64_t *words = malloc(count * sizeof *words);
    if (words == NULL) {
        fprintf(stderr, "bench: no memory\n");
        exit(EXIT_FAILURE);
    }
    return words;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The pages of [0, size), in order or shuffled. */
static uint64_t *new_pages(uint64_t size, uint64_t page, bool shuffled)
{
    const uint64_t count = size / page;
    uint64_t *pages = new_words(count), seed = 88172645463325252u;
    for (uint64_t i = 0; i < count; i++) {
        pages[i] = i * page;
    }
    for (uint64_t i = count - 1; shuffled && i > 0; i--) {
        const uint64_t j = next_random(&seed) % (i + 1), other = pages[j];
        pages[j] = pages[i];
        pages[i] = other;
    }
    return pages;
}

static uint64_t *new_addresses(uint64_t size)
{
    uint64_t *addresses = new_words(ADDRESSES), seed = 88172645463325252u;
    for (uint64_t i = 0; i < ADDRESSES; i++) {
        addresses[i] = next_random(&seed) % size;
    }
    return addresses;
}

static void keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

static void must(const struct subject *s, enum axas_status status, uint64_t at)
{
    if (status != AXAS_OK) {
        bench_fail(s, axas_status_str(status), at);
    }
}

/* Host memory at which no larger leaf than the smallest fits. */
static uint64_t small_hpa(const struct subject *s)
{
    return s->hpa + s->page;
}

static void map(const struct subject *s, struct axas_table *table, uint64_t hpa, uint64_t size)
{
    must(s, axas_table_map(table, axas_gpa_of(0), axas_hpa_of(hpa), size, RW), 0);
}

static void unmap(const struct subject *s, struct axas_table *table, uint64_t size)
{
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    must(s, axas_table_unmap(table, axas_gpa_of(0), size, &gather), 0);
    axas_gather_flush(table, &gather);
    axas_gather_free(table, &gather);
}

static void protect(const struct subject *s, struct axas_table *table, uint64_t gpa, uint64_t size,
                    axas_attr attr)
{
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    must(s, axas_table_protect(table, axas_gpa_of(gpa), size, attr, &gather), gpa);
    axas_gather_flush(table, &gather);
    axas_gather_free(table, &gather);
}

/* --- Table layer: whole ranges ----------------------------------------------------------------------------
 */

static void map_range(struct bench_state *state, const struct subject *s, uint64_t size, uint64_t leaf,
                      uint64_t hpa)
{
    struct axas_table table;
    subject_table(s, &table);
    map(s, &table, hpa, size);
    verify_mapped(s, &table, size, hpa, leaf, RW);
    unmap(s, &table, size);
    while (bench_keep_running(state)) {
        map(s, &table, hpa, size);
        bench_pause(state);
        unmap(s, &table, size);
        bench_resume(state);
    }
    verify_empty(s, &table, size);
    subject_table_end(s, &table);
    bench_items(state, size / leaf);
}

static void w1_table(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    map_range(state, s, subject_clip(s, GIB), s->page, small_hpa(s));
}

static void w3_table(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    map_range(state, s, subject_clip(s, 64 * GIB), s->large, s->hpa + s->large);
}

static void w5_table(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    const uint64_t size = subject_clip(s, GIB);
    struct axas_table table;
    subject_table(s, &table);
    while (bench_keep_running(state)) {
        bench_pause(state);
        map(s, &table, small_hpa(s), size);
        bench_resume(state);
        unmap(s, &table, size);
    }
    verify_empty(s, &table, size);
    subject_table_end(s, &table);
    bench_items(state, size / s->page);
}

static void w6_table(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    const uint64_t size = subject_clip(s, GIB);
    struct axas_table table;
    subject_table(s, &table);
    map(s, &table, small_hpa(s), size);
    while (bench_keep_running(state)) {
        protect(s, &table, 0, size, AXAS_READ);
        bench_pause(state);
        protect(s, &table, 0, size, RW);
        bench_resume(state);
    }
    verify_mapped(s, &table, size, small_hpa(s), s->page, RW);
    protect(s, &table, 0, size, AXAS_READ);
    verify_mapped(s, &table, size, small_hpa(s), s->page, AXAS_READ);
    subject_table_end(s, &table);
    bench_items(state, size / s->page);
}

/* Taking the write permission of one page splits the leaf around it. */
static void w8_table(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    const uint64_t size = subject_clip(s, 512 * s->large);
    struct axas_table table;
    subject_table(s, &table);
    while (bench_keep_running(state)) {
        bench_pause(state);
        unmap(s, &table, size);
        map(s, &table, s->hpa + s->large, size);
        bench_resume(state);
        for (uint64_t gpa = 0; gpa < size; gpa += s->large) {
            protect(s, &table, gpa, s->page, AXAS_READ);
        }
    }
    for (uint64_t gpa = 0; gpa < size; gpa += s->large) {
        struct axas_leaf leaf;
        must(s, axas_table_query(&table, axas_gpa_of(gpa), &leaf), gpa);
        if (leaf.attr != AXAS_READ) {
            bench_fail(s, "writable after all", gpa);
        }
        protect(s, &table, gpa, s->page, RW);
    }
    verify_mapped(s, &table, size, s->hpa + s->large, s->page, RW);
    subject_table_end(s, &table);
    bench_items(state, size / s->page);
}

/* --- Table layer: page by page -----------------------------------------------------------------------------
 */

static void map_pages(struct bench_state *state, const struct subject *s, bool shuffled)
{
    const uint64_t size = subject_clip(s, GIB), count = size / s->page;
    uint64_t *pages = new_pages(size, s->page, shuffled);
    struct axas_table table;
    subject_table(s, &table);
    while (bench_keep_running(state)) {
        bench_pause(state);
        unmap(s, &table, size);
        bench_resume(state);
        for (uint64_t i = 0; i < count; i++) {
            must(s,
                 axas_table_map(&table, axas_gpa_of(pages[i]), axas_hpa_of(small_hpa(s) + pages[i]), s->page,
                                RW),
                 pages[i]);
        }
    }
    verify_mapped(s, &table, size, small_hpa(s), s->page, RW);
    subject_table_end(s, &table);
    bench_items(state, count);
    free(pages);
}

static void w2_order_table(struct bench_state *state, const void *subject)
{
    map_pages(state, subject, false);
}

static void w2_random_table(struct bench_state *state, const void *subject)
{
    map_pages(state, subject, true);
}

/* The lane of faults: compare-and-swap, tables from a pool. */
static void install_pages(struct bench_state *state, const struct subject *s, bool shuffled)
{
    const uint64_t size = subject_clip(s, GIB), count = size / s->page;
    const unsigned root = s->mode->root_level, last = root + s->mode->level_count - 1u;
    uint64_t *pages = new_pages(size, s->page, shuffled);
    struct axas_pool pool = {0};
    struct axas_table table;
    subject_table(s, &table);
    while (bench_keep_running(state)) {
        bench_pause(state);
        unmap(s, &table, size);
        bench_resume(state);
        for (uint64_t i = 0; i < count; i++) {
            const axas_gpa gpa = axas_gpa_of(pages[i]);
            const axas_hpa hpa = axas_hpa_of(small_hpa(s) + pages[i]);
            enum axas_status status = axas_table_install(&table, gpa, hpa, s->page, RW, &pool);
            if (status == AXAS_ERR_NO_MEMORY) {
                must(s, axas_pool_fill(&table, &pool, root, last), pages[i]);
                status = axas_table_install(&table, gpa, hpa, s->page, RW, &pool);
            }
            must(s, status, pages[i]);
        }
    }
    verify_mapped(s, &table, size, small_hpa(s), s->page, RW);
    axas_pool_drain(&table, &pool);
    subject_table_end(s, &table);
    bench_items(state, count);
    free(pages);
}

static void w2_swap_order_table(struct bench_state *state, const void *subject)
{
    install_pages(state, subject, false);
}

static void w2_swap_random_table(struct bench_state *state, const void *subject)
{
    install_pages(state, subject, true);
}

static void translate(struct bench_state *state, const struct subject *s, uint64_t size, bool chained)
{
    struct axas_table table;
    size = subject_clip(s, size);
    uint64_t *addresses = new_addresses(size), sum = 0, right = 0;
    subject_table(s, &table);
    map(s, &table, small_hpa(s), size);
    for (uint64_t i = 0; i < ADDRESSES; i++) {
        right += small_hpa(s) + addresses[i];
    }
    while (bench_keep_running(state)) {
        axas_hpa hpa = {0};
        sum = 0;
        if (chained) {
            for (uint64_t i = 0; i < ADDRESSES; i++) {
                must(s, axas_table_translate(&table, axas_gpa_of(addresses[i] + (hpa.raw >> 63)), &hpa), i);
                sum += hpa.raw;
            }
        } else {
            for (uint64_t i = 0; i < ADDRESSES; i++) {
                must(s, axas_table_translate(&table, axas_gpa_of(addresses[i]), &hpa), i);
                sum += hpa.raw;
            }
        }
        keep(sum);
    }
    if (sum != right) {
        bench_fail(s, "other addresses than were mapped: sum", sum);
    }
    subject_table_end(s, &table);
    bench_items(state, ADDRESSES);
    free(addresses);
}

static void w4_1g_table(struct bench_state *state, const void *subject)
{
    translate(state, subject, GIB, false);
}

static void w4_1g_chain_table(struct bench_state *state, const void *subject)
{
    translate(state, subject, GIB, true);
}

static void w4_16g_table(struct bench_state *state, const void *subject)
{
    translate(state, subject, 16 * GIB, false);
}

static void w4_16g_chain_table(struct bench_state *state, const void *subject)
{
    translate(state, subject, 16 * GIB, true);
}

/* --- Floors on a tree -------------------------------------------------------------------------------------
 */

struct stage {
    struct axas_table table;
    struct tables tables;
    struct geometry geometry;
    uint64_t size, leaf, hpa;
    uint64_t first; /* the entry of the first leaf, and what the next ones add */
    uint64_t step, write_bits;
};

static void stage_start(const struct subject *s, struct stage *g, uint64_t size, uint64_t leaf)
{
    struct axas_leaf_code rw, ro;
    unsigned level = s->mode->root_level;
    g->size = subject_clip(s, size);
    g->leaf = leaf;
    g->hpa = s->hpa + leaf;
    subject_table(s, &g->table);
    map(s, &g->table, g->hpa, g->size);
    while (UINT64_C(1) << s->format->levels[level].shift != leaf) {
        level++;
    }
    must(s, s->format->encode(RW, s->features, &rw), 0);
    must(s, s->format->encode(AXAS_READ, s->features, &ro), 0);
    g->first = s->format->leaf_make(level, g->hpa, &rw);
    g->step = s->format->leaf_make(level, g->hpa + leaf, &rw) - g->first;
    g->write_bits = rw.at[level] & ~ro.at[level];
    g->tables.entries = UINT64_C(1) << s->format->levels[level].index_bits;
    g->tables.table = subject_leaf_tables(s, &g->table, g->size, leaf, &g->tables.count);
    if (!geometry_of(s, &g->geometry)) {
        bench_fail(s, "no straight-line walk of that shape", g->geometry.levels);
    }
}

/* What the floor stored has to be what the library would have. */
static void stage_end(const struct subject *s, struct stage *g)
{
    verify_mapped(s, &g->table, g->size, g->hpa, g->leaf, RW);
    subject_table_end(s, &g->table);
    free(g->tables.table);
}

static void fill(struct bench_state *state, const struct subject *s, uint64_t size, uint64_t leaf)
{
    struct stage g;
    stage_start(s, &g, size, leaf);
    while (bench_keep_running(state)) {
        floor_fill(&g.tables, g.first, g.step);
        __asm__ volatile("" : : : "memory");
    }
    stage_end(s, &g);
    bench_items(state, g.tables.count * g.tables.entries);
}

static void fill_small(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    fill(state, s, GIB, s->page);
}

static void fill_large(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    fill(state, s, 64 * GIB, s->large);
}

static void fill_memset(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    while (bench_keep_running(state)) {
        floor_memset(&g.tables);
        __asm__ volatile("" : : : "memory");
    }
    floor_fill(&g.tables, g.first, g.step);
    stage_end(s, &g);
    bench_items(state, g.tables.count * g.tables.entries);
}

static void scan_read(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    while (bench_keep_running(state)) {
        keep(floor_scan(&g.tables));
    }
    stage_end(s, &g);
    bench_items(state, g.tables.count * g.tables.entries);
}

static void scan(struct bench_state *state, const struct subject *s, bool locked)
{
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    while (bench_keep_running(state)) {
        if (locked) {
            floor_clear_locked(&g.tables, g.write_bits);
        } else {
            floor_clear_plain(&g.tables, g.write_bits);
        }
        __asm__ volatile("" : : : "memory");
    }
    floor_fill(&g.tables, g.first, g.step);
    stage_end(s, &g);
    bench_items(state, g.tables.count * g.tables.entries);
}

static void scan_plain(struct bench_state *state, const void *subject)
{
    scan(state, subject, false);
}

static void scan_locked(struct bench_state *state, const void *subject)
{
    scan(state, subject, true);
}

static void walk(struct bench_state *state, const struct subject *s, uint64_t size, bool chained)
{
    struct stage g;
    stage_start(s, &g, size, s->page);
    uint64_t *addresses = new_addresses(g.size), sum = 0, right = 0;
    const struct walked walked = {g.table.root, bench_hal()->direct_map_offset, addresses, ADDRESSES};
    for (uint64_t i = 0; i < ADDRESSES; i++) {
        right += g.hpa + addresses[i];
    }
    while (bench_keep_running(state)) {
        sum = chained ? floor_walk_chain(&g.geometry, &walked) : floor_walk(&g.geometry, &walked);
        keep(sum);
    }
    if (sum != right) {
        bench_fail(s, "the straight-line walk is wrong: sum", sum);
    }
    stage_end(s, &g);
    bench_items(state, ADDRESSES);
    free(addresses);
}

static void walk_1g(struct bench_state *state, const void *subject)
{
    walk(state, subject, GIB, false);
}

static void walk_1g_chain(struct bench_state *state, const void *subject)
{
    walk(state, subject, GIB, true);
}

static void walk_16g(struct bench_state *state, const void *subject)
{
    walk(state, subject, 16 * GIB, false);
}

static void walk_16g_chain(struct bench_state *state, const void *subject)
{
    walk(state, subject, 16 * GIB, true);
}

static void chase(struct bench_state *state, const struct subject *s, uint64_t size)
{
    const uint64_t count = subject_clip(s, size) / s->page;
    uint64_t *order = new_pages(count, 1, true), bytes = AXAS_FRAME_SIZE;
    axas_hpa frame;
    while (bytes < count * sizeof *order) {
        bytes *= 2;
    }
    if (!bench_hal()->frame_alloc(NULL, bytes, AXAS_FRAME_TABLE, &frame)) {
        bench_fail(s, "the arena is too small for bytes", bytes);
    }
    uint64_t *ring = axas_hal_virt(bench_hal(), frame);
    for (uint64_t i = 0; i < count; i++) {
        ring[order[i]] = (uint64_t)(uintptr_t)&ring[order[(i + 1) % count]];
    }
    const void *at = ring;
    while (bench_keep_running(state)) {
        at = floor_chase(at, s->mode->level_count, CHASES);
        keep((uint64_t)(uintptr_t)at);
    }
    bench_hal()->frame_free(NULL, frame, bytes, AXAS_FRAME_TABLE);
    bench_items(state, CHASES);
    free(order);
}

static void chase_1g(struct bench_state *state, const void *subject)
{
    chase(state, subject, GIB);
}

static void chase_16g(struct bench_state *state, const void *subject)
{
    chase(state, subject, 16 * GIB);
}

static void store_pages(struct bench_state *state, const struct subject *s, bool shuffled, bool swapped)
{
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    uint64_t *pages = new_pages(g.size, s->page, shuffled);
    const uint64_t empty = s->format->levels[s->mode->root_level + s->mode->level_count - 1].empty;
    const struct walked walked = {g.table.root, bench_hal()->direct_map_offset, pages, g.size / s->page};
    while (bench_keep_running(state)) {
        bench_pause(state);
        floor_fill(&g.tables, empty, 0);
        bench_resume(state);
        if (swapped) {
            floor_swap(&g.geometry, &walked, g.first, empty);
        } else {
            floor_store(&g.geometry, &walked, g.first);
        }
    }
    stage_end(s, &g);
    bench_items(state, walked.count);
    free(pages);
}

static void store_order(struct bench_state *state, const void *subject)
{
    store_pages(state, subject, false, false);
}

static void store_random(struct bench_state *state, const void *subject)
{
    store_pages(state, subject, true, false);
}

static void swap_order(struct bench_state *state, const void *subject)
{
    store_pages(state, subject, false, true);
}

static void swap_random(struct bench_state *state, const void *subject)
{
    store_pages(state, subject, true, true);
}

/* --- Rows
 * ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *work, *layer;
    bench_function *function;
    bool needs_large;
} rows[] = {
    {"fill", "floor", fill_small, false},
    {"fill-large", "floor", fill_large, true},
    {"memset", "floor", fill_memset, false},
    {"scan-read", "floor", scan_read, false},
    {"scan-plain", "floor", scan_plain, false},
    {"scan-locked", "floor", scan_locked, false},
    {"walk-1g", "floor", walk_1g, false},
    {"walk-1g-chain", "floor", walk_1g_chain, false},
    {"walk-16g", "floor", walk_16g, false},
    {"walk-16g-chain", "floor", walk_16g_chain, false},
    {"chase-1g", "floor", chase_1g, false},
    {"chase-16g", "floor", chase_16g, false},
    {"store-order", "floor", store_order, false},
    {"store-random", "floor", store_random, false},
    {"swap-order", "floor", swap_order, false},
    {"swap-random", "floor", swap_random, false},
    {"W1", "table", w1_table, false},
    {"W2-order", "table", w2_order_table, false},
    {"W2-random", "table", w2_random_table, false},
    {"W2-swap-order", "table", w2_swap_order_table, false},
    {"W2-swap-random", "table", w2_swap_random_table, false},
    {"W3", "table", w3_table, true},
    {"W4-1g", "table", w4_1g_table, false},
    {"W4-1g-chain", "table", w4_1g_chain_table, false},
    {"W4-16g", "table", w4_16g_table, false},
    {"W4-16g-chain", "table", w4_16g_chain_table, false},
    {"W5", "table", w5_table, false},
    {"W6", "table", w6_table, false},
    {"W8", "table", w8_table, true},
};

static void add(const struct axas_format *format, const struct axas_mode *mode, bool hardware)
{
    struct subject *s = malloc(sizeof *s);
    uint64_t features = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        features |= format->features[i].bit;
    }
    if (!hardware) {
        features &= ~format->hardware_update_features;
    }
    if (s == NULL || !subject_start(s, format, mode, features)) {
        fprintf(stderr, "bench: %s %s cannot be had\n", format->name, mode->name);
        exit(EXIT_FAILURE);
    }
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[160];
        /* Only changes of entries depend on who else writes them. */
        if ((hardware && rows[i].function != w6_table) || (rows[i].needs_large && s->large == 0)) {
            continue;
        }
        snprintf(name, sizeof name, "%s%s/%s/%s/%s", rows[i].work,
                 s->locked && rows[i].function == w6_table ? "-locked" : "", format->name, mode->name,
                 rows[i].layer);
        bench_register(name, rows[i].function, s);
    }
}

int main(int argc, char **argv)
{
    bench_hal_start();
    for (unsigned f = 0; axas_formats[f] != NULL; f++) {
        const struct axas_format *format = axas_formats[f];
        for (unsigned m = 0; m < format->mode_count; m++) {
            add(format, &format->modes[m], false);
            if (format->hardware_update_features != 0 && !format->hardware_updates_always) {
                add(format, &format->modes[m], true);
            }
        }
    }
    return bench_run(argc, argv);
}
