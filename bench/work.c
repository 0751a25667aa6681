/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work, W1 and on, for every format and mode of this build, and the floors that it is compared with. A
 * row's name is work/format/mode/layer. What is prepared, verified and taken away again is not timed.
 */
#define _GNU_SOURCE
#include "shim.h"
#include "subject.h"

#include <axas/guest.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHASES (UINT64_C(1) << 16)
#define FAULT_PAGES 32768
#define ZEROED_BYTES (128 * MIB)
#define FAULT_AREAS 10 /* that they are spread over: as many as the lookup that they are compared with */

/* --- What rows have in common --- */

/* How many random addresses there are. */
static uint64_t address_count = UINT64_C(1) << 20;

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
    uint64_t *addresses = new_words(address_count), seed = 88172645463325252u;
    for (uint64_t i = 0; i < address_count; i++) {
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

/* The range whose pages are faulted in: as many for every granule, but for those of real memory. */
static uint64_t fault_bytes(const struct subject *s, bool zeroed)
{
    if (!zeroed) {
        return subject_clip(s, FAULT_PAGES * s->page);
    }
    return s->large > ZEROED_BYTES ? ZEROED_BYTES : subject_clip(s, ZEROED_BYTES);
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

/* --- Table layer: whole ranges --- */

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

/* --- Table layer: page by page --- */

static void map_pages(struct bench_state *state, const struct subject *s, const struct way *way,
                      bool shuffled)
{
    const uint64_t size = subject_clip(s, GIB), page = s->page, count = size / page, start = small_hpa(s);
    uint64_t *pages = new_pages(size, page, shuffled);
    uint64_t at = 0;
    enum axas_status status;
    struct axas_table table;
    subject_table(s, &table);
    while (bench_keep_running(state)) {
        bench_pause(state);
        unmap(s, &table, size);
        bench_resume(state);
        status = (shuffled ? way->map_scattered : way->map)(&table, pages, count, start, &at);
        must(s, status, at);
    }
    verify_mapped(s, &table, size, start, page, RW);
    subject_table_end(s, &table);
    bench_items(state, count);
    free(pages);
}

/* The lane of faults: compare-and-swap, tables from a pool. */
static void install_pages(struct bench_state *state, const struct subject *s, const struct way *way,
                          bool shuffled)
{
    const uint64_t size = subject_clip(s, GIB), page = s->page, count = size / page, start = small_hpa(s);
    uint64_t *pages = new_pages(size, page, shuffled), at = 0;
    enum axas_status status;
    struct axas_pool pool = {0};
    struct axas_table table;
    subject_table(s, &table);
    while (bench_keep_running(state)) {
        bench_pause(state);
        unmap(s, &table, size);
        bench_resume(state);
        status = way->install(&table, pages, count, start, &pool, &at);
        must(s, status, at);
    }
    verify_mapped(s, &table, size, start, page, RW);
    axas_pool_drain(&table, &pool);
    subject_table_end(s, &table);
    bench_items(state, count);
    free(pages);
}

static void translate(struct bench_state *state, const struct subject *s, const struct way *way,
                      uint64_t size, bool chained)
{
    struct axas_table table;
    size = subject_clip(s, size);
    uint64_t *addresses = new_addresses(size), sum = 0, right = 0, at = 0;
    enum axas_status status;
    subject_table(s, &table);
    map(s, &table, small_hpa(s), size);
    for (uint64_t i = 0; i < address_count; i++) {
        right += small_hpa(s) + addresses[i];
    }
    while (bench_keep_running(state)) {
        status = (chained ? way->chain : way->translate)(&table, addresses, address_count, &sum, &at);
        must(s, status, at);
        keep(sum);
    }
    if (sum != right) {
        bench_fail(s, "other addresses than were mapped: sum", sum);
    }
    subject_table_end(s, &table);
    bench_items(state, address_count);
    free(addresses);
}

#define FOR_WAY(name, way)                                                            \
    static void w2_order_##name(struct bench_state *state, const void *subject)       \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        map_pages(state, s, way, false);                                              \
    }                                                                                 \
    static void w2_random_##name(struct bench_state *state, const void *subject)      \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        map_pages(state, s, way, true);                                               \
    }                                                                                 \
    static void w2_swap_order_##name(struct bench_state *state, const void *subject)  \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        install_pages(state, s, way, false);                                          \
    }                                                                                 \
    static void w2_swap_random_##name(struct bench_state *state, const void *subject) \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        install_pages(state, s, way, true);                                           \
    }                                                                                 \
    static void w4_1g_##name(struct bench_state *state, const void *subject)          \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        translate(state, s, way, GIB, false);                                         \
    }                                                                                 \
    static void w4_1g_chain_##name(struct bench_state *state, const void *subject)    \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        translate(state, s, way, GIB, true);                                          \
    }                                                                                 \
    static void w4_16g_##name(struct bench_state *state, const void *subject)         \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        translate(state, s, way, 16 * GIB, false);                                    \
    }                                                                                 \
    static void w4_16g_chain_##name(struct bench_state *state, const void *subject)   \
    {                                                                                 \
        const struct subject *s = subject;                                            \
        translate(state, s, way, 16 * GIB, true);                                     \
    }
FOR_WAY(table, &way_by_call)
FOR_WAY(inline, s->inline_way)

/* Addresses that one call translates. */
#define BATCH 256u

static void translate_batch(struct bench_state *state, const struct subject *s, uint64_t size)
{
    struct axas_table table;
    size = subject_clip(s, size);
    uint64_t *addresses = new_addresses(size), sum = 0, right = 0;
    subject_table(s, &table);
    map(s, &table, small_hpa(s), size);
    axas_gpa *gpas = malloc(address_count * sizeof *gpas);
    if (gpas == NULL) {
        bench_fail(s, "no memory", address_count);
    }
    for (uint64_t i = 0; i < address_count; i++) {
        right += small_hpa(s) + addresses[i];
        gpas[i] = axas_gpa_of(addresses[i]);
    }
    while (bench_keep_running(state)) {
        axas_hpa hpas[BATCH];
        sum = 0;
        for (uint64_t i = 0; i < address_count; i += BATCH) {
            must(s, axas_table_translate_batch(&table, gpas + i, hpas, BATCH), i);
            for (unsigned k = 0; k < BATCH; k++) {
                sum += hpas[k].raw;
            }
        }
        keep(sum);
    }
    if (sum != right) {
        bench_fail(s, "other addresses than were mapped: sum", sum);
    }
    subject_table_end(s, &table);
    bench_items(state, address_count);
    free(addresses);
    free(gpas);
}

static void w4_1g_batch_table(struct bench_state *state, const void *subject)
{
    translate_batch(state, subject, GIB);
}

static void w4_16g_batch_table(struct bench_state *state, const void *subject)
{
    translate_batch(state, subject, 16 * GIB);
}

/* --- Floors on a tree --- */

struct stage {
    struct axas_table table;
    struct runs runs;
    struct axas_leaf_code code;
    uint64_t size, leaf, hpa, leaves, write_bits;
    uint64_t codes[ATTRIBUTES];
    struct last_table last;
    struct axas_invalidation told;
};

static void stage_start(const struct subject *s, struct stage *g, uint64_t size, uint64_t leaf)
{
    struct axas_leaf_code ro;
    const unsigned level = subject_level(s, leaf);
    g->size = subject_clip(s, size);
    g->leaf = leaf;
    g->hpa = s->hpa + leaf;
    subject_table(s, &g->table);
    map(s, &g->table, g->hpa, g->size);
    must(s, s->format->encode(RW, s->features, &g->code), 0);
    must(s, s->format->encode(AXAS_READ, s->features, &ro), 0);
    g->write_bits = g->code.at[level] & ~ro.at[level];
    g->leaves = subject_runs(s, &g->table, g->size, leaf, g->hpa, &g->code, &g->runs);
}

/* What a floor on the stage's smallest leaves is told. */
static struct walked walked_on(const struct subject *s, struct stage *g, const uint64_t *addresses,
                               uint64_t count)
{
    const uint64_t code = g->code.at[subject_level(s, s->page)];
    memset(g->codes, 0, sizeof g->codes);
    g->codes[RW] = code;
    g->last = (struct last_table){NULL, s->limit};
    const struct axas_transition *make = &g->table.change[AXAS_CHANGE_MAKE];
    g->told = (struct axas_invalidation){.format = s->format,
                                         .root = g->table.root_hpa,
                                         .scope = make->scope,
                                         .local = make->local,
                                         .size = s->page,
                                         .leaf_size = s->page};
    const struct walked walked = {.root = g->table.root,
                                  .offset = bench_hal()->direct_map_offset,
                                  .address = addresses,
                                  .count = count,
                                  .hpa = g->hpa,
                                  .first = g->runs.run[0].first,
                                  .code = code,
                                  .limit = s->limit,
                                  .not_in_hpa = g->table.not_in_hpa,
                                  .codes = g->codes,
                                  .attr = RW,
                                  .last = &g->last,
                                  .tell = bench_hal()->invalidate,
                                  .context = bench_hal()->context,
                                  .told = make->scope != AXAS_INVALIDATE_NONE ? &g->told : NULL,
                                  .told_gpa = &g->told.gpa.raw};
    return walked;
}

/* What the floor stored has to be what the library would have. */
static void stage_end(const struct subject *s, struct stage *g)
{
    verify_mapped(s, &g->table, g->size, g->hpa, g->leaf, RW);
    subject_table_end(s, &g->table);
    free(g->runs.run);
}

/*
 * Floors of work that stops the clock stop it too. What runs after a system call is slower at first, by more
 * than what `pause` takes.
 */

static void empty_again(struct bench_state *state, const struct subject *s, const struct stage *g)
{
    bench_pause(state);
    subject_fill(s, &g->runs, g->runs.empty);
    bench_resume(state);
}

static void fill(struct bench_state *state, const struct subject *s, uint64_t size, uint64_t leaf)
{
    struct stage g;
    stage_start(s, &g, size, leaf);
    while (bench_keep_running(state)) {
        empty_again(state, s, &g);
        s->floors->fill(&g.runs);
        __asm__ volatile("" : : : "memory");
    }
    stage_end(s, &g);
    bench_items(state, g.leaves);
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

/* W3 where its table is there already; else with what the new tables have beside its leaves, which is
 * emptied. */
static void fill_large_checked(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    struct stage g;
    stage_start(s, &g, 64 * GIB, s->large);
    const uint64_t made = bench_hal_used() - g.table.root_size, full = g.leaves * s->format->entry_bytes;
    const uint64_t rest = made > full ? made - full : 0;
    void *others = malloc(rest + 1);
    if (others == NULL) {
        bench_fail(s, "no memory", rest);
    }
    while (bench_keep_running(state)) {
        empty_again(state, s, &g);
        (made != 0 ? s->floors->fill : s->floors->checked_fill)(&g.runs);
        memset(others, 0, rest);
        __asm__ volatile("" : : "r"(others) : "memory");
    }
    free(others);
    stage_end(s, &g);
    bench_items(state, g.leaves);
}

/* The tables that W8 makes. */
static void fill_split(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    fill(state, s, 512 * s->large, s->page);
}

/* What W5 cannot do without where there is no table to give back: each entry is stored. */
static void fill_empty(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    struct run run = g.runs.run[0];
    const struct runs emptied = {.run = &run, .count = 1};
    if (g.runs.count != 1) {
        bench_fail(s, "more than one run of entries in one table:", g.runs.count);
    }
    run.first = g.runs.empty;
    while (bench_keep_running(state)) {
        bench_pause(state);
        s->floors->fill(&g.runs);
        bench_resume(state);
        s->floors->fill(&emptied);
        __asm__ volatile("" : : : "memory");
    }
    verify_empty(s, &g.table, g.size);
    s->floors->fill(&g.runs);
    stage_end(s, &g);
    bench_items(state, g.leaves);
}

static void fill_memset(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    while (bench_keep_running(state)) {
        empty_again(state, s, &g);
        floor_memset(&g.runs, s->format->entry_bytes);
        __asm__ volatile("" : : : "memory");
    }
    s->floors->fill(&g.runs);
    stage_end(s, &g);
    bench_items(state, g.leaves);
}

static void scan_read(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    while (bench_keep_running(state)) {
        keep(s->floors->scan(&g.runs));
    }
    stage_end(s, &g);
    bench_items(state, g.leaves);
}

static void scan(struct bench_state *state, const struct subject *s,
                 void (*straight)(const struct runs *runs, uint64_t bits))
{
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    while (bench_keep_running(state)) {
        bench_pause(state);
        s->floors->fill(&g.runs);
        bench_resume(state);
        straight(&g.runs, g.write_bits);
        __asm__ volatile("" : : : "memory");
    }
    verify_mapped(s, &g.table, g.size, g.hpa, g.leaf, AXAS_READ);
    s->floors->fill(&g.runs);
    stage_end(s, &g);
    bench_items(state, g.leaves);
}

static void scan_plain(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    scan(state, s, s->floors->clear_plain);
}

static void scan_plain_checked(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    scan(state, s, s->floors->checked_clear);
}

static void scan_locked(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    scan(state, s, s->floors->clear_locked);
}

static void walk(struct bench_state *state, const struct subject *s, uint64_t size,
                 uint64_t (*straight)(const struct walked *walked))
{
    struct stage g;
    stage_start(s, &g, size, s->page);
    uint64_t *addresses = new_addresses(g.size), sum = 0, right = 0;
    const struct walked walked = walked_on(s, &g, addresses, address_count);
    for (uint64_t i = 0; i < address_count; i++) {
        right += g.hpa + addresses[i];
    }
    while (bench_keep_running(state)) {
        sum = straight(&walked);
        keep(sum);
    }
    if (sum != right) {
        bench_fail(s, "the straight-line walk is wrong: sum", sum);
    }
    stage_end(s, &g);
    bench_items(state, address_count);
    free(addresses);
}

#define FOR_WALK(name, size, straight)                                      \
    static void walk_##name(struct bench_state *state, const void *subject) \
    {                                                                       \
        const struct subject *s = subject;                                  \
        walk(state, s, size, s->floors->straight);                          \
    }
FOR_WALK(1g, GIB, walk)
FOR_WALK(1g_chain, GIB, walk_chain)
FOR_WALK(1g_checked, GIB, checked.walk)
FOR_WALK(1g_called, GIB, called.walk)
FOR_WALK(16g, 16 * GIB, walk)
FOR_WALK(16g_chain, 16 * GIB, walk_chain)
FOR_WALK(16g_checked, 16 * GIB, checked.walk)
FOR_WALK(16g_called, 16 * GIB, called.walk)

/* What stopping the clock costs, which is taken off the rows that do. */
static void pause_only(struct bench_state *state, const void *subject)
{
    (void)subject;
    while (bench_keep_running(state)) {
        bench_pause(state);
        bench_resume(state);
    }
    bench_items(state, 1);
}

#define LINE UINT64_C(64)

/* Over as many bytes as the leaf entries take, a load from each line of the cache. */
static void chase(struct bench_state *state, const struct subject *s, uint64_t size)
{
    const uint64_t count = subject_clip(s, size) / s->page * s->format->entry_bytes / LINE;
    uint64_t *order = new_pages(count, 1, true), bytes = AXAS_FRAME_SIZE;
    axas_hpa frame;
    while (bytes < count * LINE) {
        bytes *= 2;
    }
    if (!bench_hal()->frame_alloc(NULL, bytes, AXAS_FRAME_TABLE, &frame)) {
        bench_fail(s, "the arena is too small for bytes", bytes);
    }
    uint8_t *ring = axas_hal_virt(bench_hal(), frame);
    for (uint64_t i = 0; i < count; i++) {
        *(void **)(ring + order[i] * LINE) = ring + order[(i + 1) % count] * LINE;
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

static void store_pages(struct bench_state *state, const struct subject *s, bool shuffled,
                        void (*straight)(const struct walked *walked))
{
    struct stage g;
    stage_start(s, &g, GIB, s->page);
    uint64_t *pages = new_pages(g.size, s->page, shuffled);
    const struct walked walked = walked_on(s, &g, pages, g.leaves);
    while (bench_keep_running(state)) {
        empty_again(state, s, &g);
        straight(&walked);
    }
    stage_end(s, &g);
    bench_items(state, walked.count);
    free(pages);
}

#define FOR_STORE(name, shuffled, straight)                          \
    static void name(struct bench_state *state, const void *subject) \
    {                                                                \
        const struct subject *s = subject;                           \
        store_pages(state, s, shuffled, s->floors->straight);        \
    }
FOR_STORE(store_order, false, store)
FOR_STORE(store_order_checked, false, checked.store)
FOR_STORE(store_order_called, false, called.store)
FOR_STORE(store_random, true, store)
FOR_STORE(store_random_checked, true, checked_store_scattered)
FOR_STORE(store_random_called, true, called.store)
FOR_STORE(swap_order, false, swap)
FOR_STORE(swap_order_checked, false, checked.swap)
FOR_STORE(swap_order_called, false, called.swap)
FOR_STORE(swap_random, true, swap)
FOR_STORE(swap_random_checked, true, checked.swap)
FOR_STORE(swap_random_called, true, called.swap)

/* --- Space layer: the table layer's work --- */

/* The frames that the space takes: tables, and records of areas. */
static void report_frames(struct bench_state *state, const struct subject *s, struct axas_space *space)
{
    struct axas_usage usage;
    must(s, axas_space_usage(space, &usage), 0);
    bench_count(state, "table_frames", usage.table_bytes / AXAS_FRAME_SIZE);
    bench_count(state, "record_frames", usage.node_bytes / AXAS_FRAME_SIZE);
    bench_count(state, "reserve_frames", usage.reserve_bytes / AXAS_FRAME_SIZE);
    bench_count(state, "areas", usage.areas);
}

static void space_map(const struct subject *s, struct axas_space *space, uint64_t hpa, uint64_t size)
{
    must(s, axas_space_map_linear(space, axas_gpa_of(0), axas_hpa_of(hpa), size, RW), 0);
}

static void space_map_range(struct bench_state *state, const struct subject *s, uint64_t size, uint64_t leaf)
{
    struct axas_space space;
    subject_space(s, &space, 1);
    while (bench_keep_running(state)) {
        bench_pause(state);
        must(s, axas_space_clear(&space), 0);
        bench_resume(state);
        space_map(s, &space, s->hpa + leaf, size);
    }
    verify_mapped(s, &space.table, size, s->hpa + leaf, leaf, RW);
    report_frames(state, s, &space);
    subject_space_end(s, &space);
    bench_items(state, size / leaf);
}

static void w1_space(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    space_map_range(state, s, subject_clip(s, GIB), s->page);
}

static void w3_space(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    space_map_range(state, s, subject_clip(s, 64 * GIB), s->large);
}

/* Each page is an area of its own. */
static void space_map_pages(struct bench_state *state, const struct subject *s, bool shuffled)
{
    const uint64_t size = subject_clip(s, GIB), count = size / s->page;
    uint64_t *pages = new_pages(size, s->page, shuffled);
    struct axas_space space;
    subject_space(s, &space, 1);
    while (bench_keep_running(state)) {
        bench_pause(state);
        must(s, axas_space_clear(&space), 0);
        bench_resume(state);
        for (uint64_t i = 0; i < count; i++) {
            const axas_hpa hpa = axas_hpa_of(small_hpa(s) + pages[i]);
            must(s, axas_space_map_linear(&space, axas_gpa_of(pages[i]), hpa, s->page, RW), pages[i]);
        }
    }
    verify_mapped(s, &space.table, size, small_hpa(s), s->page, RW);
    subject_space_end(s, &space);
    bench_items(state, count);
    free(pages);
}

static void w2_order_space(struct bench_state *state, const void *subject)
{
    space_map_pages(state, subject, false);
}

static void w2_random_space(struct bench_state *state, const void *subject)
{
    space_map_pages(state, subject, true);
}

static void space_translate(struct bench_state *state, const struct subject *s, uint64_t size, bool chained)
{
    struct axas_space space;
    size = subject_clip(s, size);
    uint64_t *addresses = new_addresses(size), sum = 0, right = 0;
    subject_space(s, &space, 1);
    space_map(s, &space, small_hpa(s), size);
    for (uint64_t i = 0; i < address_count; i++) {
        right += small_hpa(s) + addresses[i];
    }
    while (bench_keep_running(state)) {
        axas_hpa hpa = {0};
        sum = 0;
        /* Two loops: of one, a compiler may make all addresses wait. */
        if (chained) {
            for (uint64_t i = 0; i < address_count; i++) {
                must(s, axas_space_translate(&space, axas_gpa_of(addresses[i] + (hpa.raw >> 63)), &hpa), i);
                sum += hpa.raw;
            }
        } else {
            for (uint64_t i = 0; i < address_count; i++) {
                must(s, axas_space_translate(&space, axas_gpa_of(addresses[i]), &hpa), i);
                sum += hpa.raw;
            }
        }
        keep(sum);
    }
    if (sum != right) {
        bench_fail(s, "other addresses than were mapped: sum", sum);
    }
    subject_space_end(s, &space);
    bench_items(state, address_count);
    free(addresses);
}

static void w4_1g_space(struct bench_state *state, const void *subject)
{
    space_translate(state, subject, GIB, false);
}

static void w4_1g_chain_space(struct bench_state *state, const void *subject)
{
    space_translate(state, subject, GIB, true);
}

static void w4_16g_space(struct bench_state *state, const void *subject)
{
    space_translate(state, subject, 16 * GIB, false);
}

static void w4_16g_chain_space(struct bench_state *state, const void *subject)
{
    space_translate(state, subject, 16 * GIB, true);
}

static void w5_space(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    const uint64_t size = subject_clip(s, GIB);
    struct axas_space space;
    subject_space(s, &space, 1);
    while (bench_keep_running(state)) {
        bench_pause(state);
        space_map(s, &space, small_hpa(s), size);
        bench_resume(state);
        must(s, axas_space_unmap(&space, axas_gpa_of(0), size), 0);
    }
    verify_empty(s, &space.table, size);
    subject_space_end(s, &space);
    bench_items(state, size / s->page);
}

static void w6_space(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    const uint64_t size = subject_clip(s, GIB);
    struct axas_space space;
    subject_space(s, &space, 1);
    space_map(s, &space, small_hpa(s), size);
    while (bench_keep_running(state)) {
        bench_pause(state);
        must(s, axas_space_protect(&space, axas_gpa_of(0), size, RW), 0);
        bench_resume(state);
        must(s, axas_space_protect(&space, axas_gpa_of(0), size, AXAS_READ), 0);
    }
    verify_mapped(s, &space.table, size, small_hpa(s), s->page, AXAS_READ);
    subject_space_end(s, &space);
    bench_items(state, size / s->page);
}

static void w8_space(struct bench_state *state, const void *subject)
{
    const struct subject *s = subject;
    const uint64_t size = subject_clip(s, 512 * s->large);
    struct axas_space space;
    subject_space(s, &space, 1);
    while (bench_keep_running(state)) {
        bench_pause(state);
        must(s, axas_space_clear(&space), 0);
        space_map(s, &space, s->hpa + s->large, size);
        bench_resume(state);
        for (uint64_t gpa = 0; gpa < size; gpa += s->large) {
            must(s, axas_space_protect(&space, axas_gpa_of(gpa), s->page, AXAS_READ), gpa);
        }
    }
    must(s, axas_space_protect(&space, axas_gpa_of(0), size, RW), 0);
    verify_mapped(s, &space.table, size, s->hpa + s->large, s->page, RW);
    subject_space_end(s, &space);
    bench_items(state, size / s->page);
}

/* --- Space layer: faults --- */

/* Memory that costs nothing to get and needs no zeroing, so that the rest of the fault is seen. */
static enum axas_status provide(const struct axas_space *space, const struct axas_area *area, axas_gpa gpa,
                                struct axas_run *run)
{
    run->gpa = gpa;
    run->hpa.raw = area->data + gpa.raw;
    run->size = axas_table_page_size(&space->table);
    return AXAS_OK;
}

static const struct axas_backend ready = {.name = "ready", .provide = provide, .brief = true};

enum stage_of_thread { THREAD_COMES, THREAD_IS_READY, THREAD_GOES, THREAD_ENDS };

struct faults {
    const struct subject *subject;
    struct axas_space *space;
    const uint64_t *pages;
    uint64_t count;
    unsigned reader;
    unsigned cpu;    /* of the second thread */
    uint32_t *stage; /* of the second thread */
};

/* Two lines: a CPU may fetch them in pairs. */
#define APART _Alignas(128)

/* What both threads use, away from their stacks: a line of it that one of them also kept something of its own
 * in would be sent to and fro for each fault. */
struct common {
    APART struct axas_space space;
    APART struct axas_space other; /* for the second thread, if it has one of its own */
    APART struct faults second;
    APART uint32_t stage;
};

static void take_faults(struct faults f)
{
    /* Outside of the loop: GCC clears the rest of it by a string instruction, a fifth of the time of a fault.
     */
    struct axas_fault fault = {
        .gpa_known = true, .level = AXAS_LEVEL_UNKNOWN, .access = AXAS_WRITE, .reader = f.reader};
    for (uint64_t i = 0; i < f.count; i++) {
        fault.gpa = axas_gpa_of(f.pages[i]);
        if (axas_space_handle_fault(f.space, &fault) != AXAS_FAULT_RESOLVED) {
            bench_fail(f.subject, "a fault that was not resolved", f.pages[i]);
        }
    }
}

/* Returns the stage that comes after `now`. */
static uint32_t await_other(const uint32_t *stage, uint32_t now)
{
    for (;;) {
        const uint32_t next = __atomic_load_n(stage, __ATOMIC_ACQUIRE);
        if (next != now) {
            return next;
        }
    }
}

static void *take_faults_beside(void *context)
{
    struct faults *f = context;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(f->cpu, &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
        bench_fail(f->subject, "no second CPU beside number", f->cpu);
    }
    for (;;) {
        __atomic_store_n(f->stage, THREAD_IS_READY, __ATOMIC_RELEASE);
        if (await_other(f->stage, THREAD_IS_READY) == THREAD_ENDS) {
            return NULL;
        }
        take_faults(*f);
    }
}

/* A space of so many areas whose pages are there when they are missed. */
static void map_lazy(const struct subject *s, struct axas_space *space, uint64_t size, uint64_t areas,
                     bool zeroed)
{
    must(s, axas_space_clear(space), 0);
    for (uint64_t gpa = 0, part; gpa < size; gpa += part) {
        part = 2 * (size / areas) > size - gpa ? size - gpa : size / areas / s->page * s->page;
        must(s,
             zeroed
                 ? axas_space_map_alloc(space, axas_gpa_of(gpa), part, RW, AXAS_LAZY)
                 : axas_space_map(space, axas_gpa_of(gpa), part, RW, &ready, NULL, small_hpa(s), AXAS_LAZY),
             gpa);
    }
    if (space->areas.count != areas) {
        bench_fail(s, "another number of areas than was mapped", space->areas.count);
    }
}

static void verify_zeroed(const struct subject *s, struct axas_space *space, uint64_t size)
{
    for (uint64_t gpa = 0; gpa < size; gpa += s->page) {
        axas_hpa hpa;
        must(s, axas_space_translate(space, axas_gpa_of(gpa), &hpa), gpa);
        const uint64_t *words = axas_hal_virt(bench_hal(), hpa);
        for (uint64_t i = 0; i < s->page / sizeof *words; i++) {
            if (words[i] != 0) {
                bench_fail(s, "guest memory that is not cleared", gpa);
            }
        }
        *(uint64_t *)axas_hal_virt(bench_hal(), hpa) = 1; /* the next one to get it has to clear it */
    }
}

static void faults(struct bench_state *state, const struct subject *s, uint64_t areas, bool shuffled,
                   bool zeroed)
{
    const uint64_t size = fault_bytes(s, zeroed), count = size / s->page;
    uint64_t *pages = new_pages(size, s->page, shuffled);
    struct axas_space space;
    const struct faults all = {.subject = s, .space = &space, .pages = pages, .count = count};
    subject_space(s, &space, 1);
    while (bench_keep_running(state)) {
        bench_pause(state);
        map_lazy(s, &space, size, areas, zeroed);
        bench_resume(state);
        take_faults(all);
    }
    if (zeroed) {
        verify_zeroed(s, &space, size);
    } else {
        verify_mapped(s, &space.table, size, small_hpa(s), s->page, RW);
    }
    subject_space_end(s, &space);
    bench_items(state, count);
    free(pages);
}

/* Two threads take half of the pages each, of one space; or the first half both, if each has a space of its
 * own and nothing that it writes is the other's. */
static void faults_of_two(struct bench_state *state, const struct subject *s, bool apart)
{
    const uint64_t size = fault_bytes(s, false), half = size / s->page / 2;
    uint64_t *pages = new_pages(size, s->page, false);
    struct common common;
    const struct faults first = {.subject = s, .space = &common.space, .pages = pages, .count = half};
    pthread_t thread;
    subject_space(s, &common.space, 2);
    subject_space(s, &common.other, 2);
    bench_hal_share(true);
    /* One thread for all turns: a core that was woken for one would have the code, its translations and its
     * branches to learn. */
    common.stage = THREAD_COMES;
    common.second = first;
    common.second.space = apart ? &common.other : &common.space;
    common.second.pages = apart ? pages : pages + half;
    common.second.reader = 1;
    common.second.stage = &common.stage;
    common.second.cpu = sched_getcpu() == 0 ? 1 : 0;
    if (pthread_create(&thread, NULL, take_faults_beside, &common.second) != 0) {
        bench_fail(s, "no second thread", 0);
    }
    (void)await_other(&common.stage, THREAD_COMES);
    while (bench_keep_running(state)) {
        bench_pause(state);
        map_lazy(s, &common.space, size, FAULT_AREAS, false);
        if (apart) {
            map_lazy(s, &common.other, size, FAULT_AREAS, false);
        }
        bench_resume(state);
        __atomic_store_n(&common.stage, THREAD_GOES, __ATOMIC_RELEASE);
        take_faults(first);
        (void)await_other(&common.stage, THREAD_GOES);
    }
    __atomic_store_n(&common.stage, THREAD_ENDS, __ATOMIC_RELEASE);
    (void)pthread_join(thread, NULL);
    verify_mapped(s, &common.space.table, (apart ? 1 : 2) * half * s->page, small_hpa(s), s->page, RW);
    if (apart) {
        verify_mapped(s, &common.other.table, half * s->page, small_hpa(s), s->page, RW);
    }
    axas_space_destroy(&common.other);
    subject_space_end(s, &common.space);
    bench_hal_share(false);
    bench_items(state, 2 * half);
    free(pages);
}

static void w9_order(struct bench_state *state, const void *subject)
{
    faults(state, subject, FAULT_AREAS, false, false);
}

static void w9_random(struct bench_state *state, const void *subject)
{
    faults(state, subject, FAULT_AREAS, true, false);
}

static void w9_random_one_area(struct bench_state *state, const void *subject)
{
    faults(state, subject, 1, true, false);
}

static void w9_zeroed_order(struct bench_state *state, const void *subject)
{
    faults(state, subject, FAULT_AREAS, false, true);
}

static void w9_zeroed_random(struct bench_state *state, const void *subject)
{
    faults(state, subject, FAULT_AREAS, true, true);
}

static void w9_threads2(struct bench_state *state, const void *subject)
{
    faults_of_two(state, subject, false);
}

static void w9_threads2_apart(struct bench_state *state, const void *subject)
{
    faults_of_two(state, subject, true);
}

/* Frames of the smallest leaf's size: cleared again and again, or each got from the HAL and cleared once. */
static void frames(struct bench_state *state, const struct subject *s, bool got)
{
    const uint64_t count = fault_bytes(s, true) / s->page;
    axas_hpa *frame = malloc(count * sizeof *frame);
    for (uint64_t i = 0; i < count; i++) {
        if (frame == NULL || !bench_hal()->frame_alloc(NULL, s->page, AXAS_FRAME_GUEST, &frame[i])) {
            bench_fail(s, "no memory", i);
        }
    }
    while (bench_keep_running(state)) {
        if (got) {
            bench_pause(state);
            for (uint64_t i = 0; i < count; i++) {
                bench_hal()->frame_free(NULL, frame[i], s->page, AXAS_FRAME_GUEST);
            }
            bench_resume(state);
        }
        for (uint64_t i = 0; i < count; i++) {
            if (got && !bench_hal()->frame_alloc(NULL, s->page, AXAS_FRAME_GUEST, &frame[i])) {
                bench_fail(s, "no memory", i);
            }
            memset(axas_hal_virt(bench_hal(), frame[i]), 0, s->page);
            __asm__ volatile("" : : : "memory");
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        bench_hal()->frame_free(NULL, frame[i], s->page, AXAS_FRAME_GUEST);
    }
    bench_items(state, count);
    free(frame);
}

static void memset_frame(struct bench_state *state, const void *subject)
{
    frames(state, subject, false);
}

static void get_frame(struct bench_state *state, const void *subject)
{
    frames(state, subject, true);
}

static void lock_pair(struct bench_state *state, const void *subject)
{
    struct axas_space space;
    subject_space(subject, &space, 1);
    while (bench_keep_running(state)) {
        for (uint64_t i = 0; i < address_count; i++) {
            const axas_lock_state held = axas_lock_read(&space.lock, 0);
            __asm__ volatile("" : : : "memory");
            axas_unlock_read(&space.lock, 0, held);
        }
    }
    subject_space_end(subject, &space);
    bench_items(state, address_count);
}

/* --- Space layer: areas --- */

static uint64_t clip_areas(const struct subject *s, uint64_t count)
{
    const uint64_t room = subject_clip(s, count * 2 * s->page + s->large) / (2 * s->page);
    return count < room ? count : room;
}

/* Every other page is an area, and mapped. */
static void areas_start(const struct subject *s, struct axas_space *space, uint64_t count)
{
    subject_space(s, space, 1);
    for (uint64_t i = 0; i < count; i++) {
        const axas_gpa gpa = axas_gpa_of(2 * i * s->page);
        must(s, axas_space_map_linear(space, gpa, axas_hpa_of(small_hpa(s) + gpa.raw), s->page, RW), i);
    }
}

static void find_area(struct bench_state *state, const struct subject *s, uint64_t count)
{
    struct axas_space space;
    struct axas_area area;
    uint64_t *addresses = new_addresses(count);
    areas_start(s, &space, count);
    while (bench_keep_running(state)) {
        for (uint64_t i = 0; i < address_count; i++) {
            const axas_gpa gpa = axas_gpa_of(2 * addresses[i] * s->page);
            if (axas_space_next_area(&space, gpa, &area) != AXAS_OK || area.gpa.raw != gpa.raw) {
                bench_fail(s, "another area than was asked for", gpa.raw);
            }
        }
    }
    report_frames(state, s, &space);
    subject_space_end(s, &space);
    bench_items(state, address_count);
    free(addresses);
}

/* A small area at each of `calls` places between the others, which comes and goes. */
static void map_and_unmap(const struct subject *s, struct axas_space *space, const uint64_t *addresses,
                          uint64_t calls)
{
    for (uint64_t i = 0; i < calls; i++) {
        const axas_gpa gpa = axas_gpa_of((2 * addresses[i] + 1) * s->page);
        const axas_hpa hpa = axas_hpa_of(small_hpa(s) + gpa.raw);
        must(s, axas_space_map_linear(space, gpa, hpa, s->page, RW), gpa.raw);
        must(s, axas_space_unmap(space, gpa, s->page), gpa.raw);
    }
}

static void map_area(struct bench_state *state, const struct subject *s, uint64_t count)
{
    struct axas_space space;
    struct axas_area area;
    uint64_t *addresses = new_addresses(count);
    areas_start(s, &space, count);
    const uint64_t calls = address_count / 64;
    /* Nodes that were filled in order are full, and split when the first more comes to them. */
    map_and_unmap(s, &space, addresses, calls);
    while (bench_keep_running(state)) {
        map_and_unmap(s, &space, addresses, calls);
    }
    if (space.areas.count != count) {
        bench_fail(s, "another number of areas than before", space.areas.count);
    }
    if (axas_space_next_area(&space, axas_gpa_of(s->page), &area) != AXAS_OK || area.gpa.raw != 2 * s->page) {
        bench_fail(s, "an area that should be gone", s->page);
    }
    must(s, axas_space_clear(&space), 0);
    verify_empty(s, &space.table, s->limit != 0 ? s->limit : s->page);
    subject_space_end(s, &space);
    bench_items(state, calls);
    free(addresses);
}

static void find_key(struct bench_state *state, const struct subject *s, uint64_t count)
{
    uint64_t *addresses = new_addresses(count), *keys = new_pages(2 * count * s->page, 2 * s->page, false);
    while (bench_keep_running(state)) {
        for (uint64_t i = 0; i < address_count; i++) {
            if (floor_find(keys, count, 2 * addresses[i] * s->page) != addresses[i]) {
                bench_fail(s, "the binary search is wrong", i);
            }
        }
    }
    bench_items(state, address_count);
    free(addresses);
    free(keys);
}

#define FOR_AREAS(name, count)                                                   \
    static void find_area_##name(struct bench_state *state, const void *subject) \
    {                                                                            \
        find_area(state, subject, clip_areas(subject, count));                   \
    }                                                                            \
    static void map_area_##name(struct bench_state *state, const void *subject)  \
    {                                                                            \
        map_area(state, subject, clip_areas(subject, count));                    \
    }                                                                            \
    static void find_key_##name(struct bench_state *state, const void *subject)  \
    {                                                                            \
        find_key(state, subject, clip_areas(subject, count));                    \
    }
FOR_AREAS(10, 10)
FOR_AREAS(1000, 1000)
FOR_AREAS(100000, 100000)

/* --- Space layer: the guest's memory --- */

#define COPY_BYTES (16 * MIB)

/* Reads `length` bytes from one place of guest memory after another; `direct` is memcpy from where it is. */
static void copy(struct bench_state *state, const struct subject *s, uint64_t length, bool direct)
{
    struct axas_space space;
    axas_hpa memory;
    const uint64_t bytes = COPY_BYTES;
    uint8_t *buffer = malloc(length), *bytes_at;
    /* One page less, for the memory to begin where no large leaf may. */
    const uint64_t size = bytes - s->page;
    if (buffer == NULL || !bench_hal()->frame_alloc(NULL, bytes, AXAS_FRAME_GUEST, &memory)) {
        bench_fail(s, "no memory", bytes);
    }
    bytes_at = (uint8_t *)axas_hal_virt(bench_hal(), memory) + s->page;
    for (uint64_t i = 0; i < size; i++) {
        bytes_at[i] = (uint8_t)(i * 31 + (i >> 8));
    }
    subject_space(s, &space, 1);
    space_map(s, &space, memory.raw + s->page, size);
    verify_mapped(s, &space.table, size, memory.raw + s->page, s->page, RW);
    uint64_t done = 0, at = 0;
    const uint64_t calls = size / length < 1024 ? size / length : 1024;
    while (bench_keep_running(state)) {
        at = 0;
        for (done = 0; done < calls; done++) {
            at = done * length;
            if (direct) {
                memcpy(buffer, bytes_at + at, length);
                __asm__ volatile("" : : : "memory");
            } else {
                must(s, axas_guest_read(&space, axas_gpa_of(at), buffer, length), at);
            }
        }
    }
    if (memcmp(buffer, bytes_at + at, length) != 0) {
        bench_fail(s, "other bytes than the guest has", at);
    }
    axas_space_destroy(&space);
    bench_hal()->frame_free(NULL, memory, bytes, AXAS_FRAME_GUEST);
    if (bench_hal_used() != 0) {
        bench_fail(s, "bytes of the HAL were not given back", bench_hal_used());
    }
    bench_items(state, calls * length);
    free(buffer);
}

#define FOR_LENGTH(name, length)                                              \
    static void copy_##name(struct bench_state *state, const void *subject)   \
    {                                                                         \
        copy(state, subject, length, false);                                  \
    }                                                                         \
    static void memcpy_##name(struct bench_state *state, const void *subject) \
    {                                                                         \
        copy(state, subject, length, true);                                   \
    }
FOR_LENGTH(64, 64)
FOR_LENGTH(4k, 4096)
FOR_LENGTH(1m, MIB)

/* --- Rows --- */

static const struct {
    const char *work, *layer;
    bench_function *function;
    enum { EVERY_MODE, LARGE_LEAVES, ONE_LEVEL } modes;
} rows[] = {
    {"pause", "floor", pause_only, EVERY_MODE},
    {"fill", "floor", fill_small, EVERY_MODE},
    {"fill-large", "floor", fill_large, LARGE_LEAVES},
    {"fill-large", "checked", fill_large_checked, LARGE_LEAVES},
    {"fill-split", "floor", fill_split, LARGE_LEAVES},
    {"fill-empty", "floor", fill_empty, ONE_LEVEL},
    {"memset", "floor", fill_memset, EVERY_MODE},
    {"scan-read", "floor", scan_read, EVERY_MODE},
    {"scan-plain", "floor", scan_plain, EVERY_MODE},
    {"scan-plain", "checked", scan_plain_checked, EVERY_MODE},
    {"scan-locked", "floor", scan_locked, EVERY_MODE},
    {"walk-1g", "floor", walk_1g, EVERY_MODE},
    {"walk-1g", "checked", walk_1g_checked, EVERY_MODE},
    {"walk-1g", "called", walk_1g_called, EVERY_MODE},
    {"walk-1g-chain", "floor", walk_1g_chain, EVERY_MODE},
    {"walk-16g", "floor", walk_16g, EVERY_MODE},
    {"walk-16g", "checked", walk_16g_checked, EVERY_MODE},
    {"walk-16g", "called", walk_16g_called, EVERY_MODE},
    {"walk-16g-chain", "floor", walk_16g_chain, EVERY_MODE},
    {"chase-1g", "floor", chase_1g, EVERY_MODE},
    {"chase-16g", "floor", chase_16g, EVERY_MODE},
    {"store-order", "floor", store_order, EVERY_MODE},
    {"store-order", "checked", store_order_checked, EVERY_MODE},
    {"store-order", "called", store_order_called, EVERY_MODE},
    {"store-random", "floor", store_random, EVERY_MODE},
    {"store-random", "checked", store_random_checked, EVERY_MODE},
    {"store-random", "called", store_random_called, EVERY_MODE},
    {"swap-order", "floor", swap_order, EVERY_MODE},
    {"swap-order", "checked", swap_order_checked, EVERY_MODE},
    {"swap-order", "called", swap_order_called, EVERY_MODE},
    {"swap-random", "floor", swap_random, EVERY_MODE},
    {"swap-random", "checked", swap_random_checked, EVERY_MODE},
    {"swap-random", "called", swap_random_called, EVERY_MODE},
    {"lock-pair", "floor", lock_pair, EVERY_MODE},
    {"memset-frame", "floor", memset_frame, EVERY_MODE},
    {"get-frame", "floor", get_frame, EVERY_MODE},
    {"find-10", "floor", find_key_10, EVERY_MODE},
    {"find-1000", "floor", find_key_1000, EVERY_MODE},
    {"find-100000", "floor", find_key_100000, EVERY_MODE},
    {"memcpy-64", "floor", memcpy_64, EVERY_MODE},
    {"memcpy-4k", "floor", memcpy_4k, EVERY_MODE},
    {"memcpy-1m", "floor", memcpy_1m, EVERY_MODE},
    {"W1", "table", w1_table, EVERY_MODE},
    {"W2-order", "table", w2_order_table, EVERY_MODE},
    {"W2-order", "inline", w2_order_inline, EVERY_MODE},
    {"W2-random", "table", w2_random_table, EVERY_MODE},
    {"W2-random", "inline", w2_random_inline, EVERY_MODE},
    {"W2-swap-order", "table", w2_swap_order_table, EVERY_MODE},
    {"W2-swap-order", "inline", w2_swap_order_inline, EVERY_MODE},
    {"W2-swap-random", "table", w2_swap_random_table, EVERY_MODE},
    {"W2-swap-random", "inline", w2_swap_random_inline, EVERY_MODE},
    {"W3", "table", w3_table, LARGE_LEAVES},
    {"W4-1g", "table", w4_1g_table, EVERY_MODE},
    {"W4-1g", "inline", w4_1g_inline, EVERY_MODE},
    {"W4-1g-batch", "table", w4_1g_batch_table, EVERY_MODE},
    {"W4-1g-chain", "table", w4_1g_chain_table, EVERY_MODE},
    {"W4-1g-chain", "inline", w4_1g_chain_inline, EVERY_MODE},
    {"W4-16g", "table", w4_16g_table, EVERY_MODE},
    {"W4-16g", "inline", w4_16g_inline, EVERY_MODE},
    {"W4-16g-batch", "table", w4_16g_batch_table, EVERY_MODE},
    {"W4-16g-chain", "table", w4_16g_chain_table, EVERY_MODE},
    {"W4-16g-chain", "inline", w4_16g_chain_inline, EVERY_MODE},
    {"W5", "table", w5_table, EVERY_MODE},
    {"W6", "table", w6_table, EVERY_MODE},
    {"W8", "table", w8_table, LARGE_LEAVES},
    {"W1", "space", w1_space, EVERY_MODE},
    {"W2-order", "space", w2_order_space, EVERY_MODE},
    {"W2-random", "space", w2_random_space, EVERY_MODE},
    {"W3", "space", w3_space, LARGE_LEAVES},
    {"W4-1g", "space", w4_1g_space, EVERY_MODE},
    {"W4-1g-chain", "space", w4_1g_chain_space, EVERY_MODE},
    {"W4-16g", "space", w4_16g_space, EVERY_MODE},
    {"W4-16g-chain", "space", w4_16g_chain_space, EVERY_MODE},
    {"W5", "space", w5_space, EVERY_MODE},
    {"W6", "space", w6_space, EVERY_MODE},
    {"W8", "space", w8_space, LARGE_LEAVES},
    {"W9-order", "space", w9_order, EVERY_MODE},
    {"W9-random", "space", w9_random, EVERY_MODE},
    {"W9-random-one-area", "space", w9_random_one_area, EVERY_MODE},
    {"W9-zeroed-order", "space", w9_zeroed_order, EVERY_MODE},
    {"W9-zeroed-random", "space", w9_zeroed_random, EVERY_MODE},
    {"W9-threads-1", "space", w9_order, EVERY_MODE},
    {"W9-threads-2", "space", w9_threads2, EVERY_MODE},
    {"W9-threads-2-apart", "space", w9_threads2_apart, EVERY_MODE},
    {"W10-find-10", "space", find_area_10, EVERY_MODE},
    {"W10-find-1000", "space", find_area_1000, EVERY_MODE},
    {"W10-find-100000", "space", find_area_100000, EVERY_MODE},
    {"W10-map-10", "space", map_area_10, EVERY_MODE},
    {"W10-map-1000", "space", map_area_1000, EVERY_MODE},
    {"W10-map-100000", "space", map_area_100000, EVERY_MODE},
    {"W11-64", "space", copy_64, EVERY_MODE},
    {"W11-4k", "space", copy_4k, EVERY_MODE},
    {"W11-1m", "space", copy_1m, EVERY_MODE},
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
        const bool by_lane = strcmp(rows[i].work, "W6") == 0;
        const bool lone = strncmp(rows[i].work, "W9-threads", 10) == 0 && sysconf(_SC_NPROCESSORS_ONLN) < 2;
        if ((hardware && !by_lane) || (rows[i].modes == LARGE_LEAVES && s->large == 0) ||
            (rows[i].modes == ONE_LEVEL && s->mode->level_count != 1) || lone) {
            continue;
        }
        snprintf(name, sizeof name, "%s%s/%s/%s/%s", rows[i].work, s->locked && by_lane ? "-locked" : "",
                 format->name, mode->name, rows[i].layer);
        bench_register(name, rows[i].function, s);
    }
}

int main(int argc, char **argv)
{
    bench_hal_start();
    if (bench_is_counted()) {
        address_count = UINT64_C(1) << 14;
    }
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
