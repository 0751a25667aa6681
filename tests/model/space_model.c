/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operations on a space, each judged by the model of runs.h: the status, every page's translation and
 * attribute, the bytes of the guest's memory, the frames taken, and the form of the tree. For every format,
 * mode, and set of features and widths. Arguments name formats; without one all are run.
 *
 * AXAS_SEED and AXAS_STEPS choose the sequence and its length in each world.
 */
#include "order.h"
#include "rules.h"
#include "runs.h"
#include "world.h"

#include <axas/frame.h>
#include <axas/guest.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE (UINT64_C(64) << 20)
#define REAL_SIZE (UINT64_C(4) << 20) /* host memory that linear areas show */
#define OWN_PAGES UINT64_C(0x4000)
#define PAGES_PER_CALL UINT64_C(4096)
#define ALLOC_LIMIT (UINT64_C(24) << 20)
#define HOT_MAX 24
#define HISTORY 16

struct model {
    const struct world *world;
    uint64_t seed, step;
    struct dice dice;
    struct axas_hosted *arena;
    const struct axas_hal *hal;
    struct axas_space space;
    struct order *order;
    struct runs runs;
    struct tree tree;
    uint64_t page, base, last, physical_last;
    uint64_t table_limit;
    uint64_t hot[HOT_MAX];
    size_t hot_count;
    axas_attr attrs[256];
    unsigned attr_count, attrs_with_access;
    unsigned areas; /* calls that made an area */
    struct axas_frame real;
    uint8_t *shadow; /* what the arena's guest memory should hold */
    uint8_t *owned;  /* for each page of the arena: a page of the guest has it */
    uint8_t *own_out;
    uint64_t own_base, own_next, own_taken;
    uint64_t own_fails_in; /* calls of the test's backend until one fails; 0 never */
    bool own_failed;
    struct axas_cache cache;
    unsigned readers;
    unsigned flags; /* of runs_match, lasting */
    bool injected;
    bool populate_only; /* the space feeds an IOMMU */
    char history[HISTORY][200];
    /* before the operation */
    uint64_t hash, tables;
    struct axas_hosted_ledger ledger;
    struct axas_usage usage;
};

static void fail(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void fail(struct model *m, const char *format, ...)
{
    va_list arguments;
    printf("\nFAILED in %s\nAXAS_SEED=%" PRIu64 " step %" PRIu64 "\nrange 0x%" PRIx64 "..0x%" PRIx64
           " page 0x%" PRIx64 " table limit %" PRIu64 "%s\n",
           m->world->name, m->seed, m->step, m->base, m->last, m->page, m->table_limit,
           m->populate_only ? ", populated only" : "");
    for (unsigned i = HISTORY; i-- > 0;) {
        if (m->step >= i) {
            printf("  %s\n", m->history[(m->step - i) % HISTORY]);
        }
    }
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    exit(EXIT_FAILURE);
}

static void say(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct model *m, const char *format, ...)
{
    va_list arguments;
    char *line = m->history[m->step % HISTORY];
    int n = snprintf(line, 200, "%" PRIu64 ": %s", m->step, m->injected ? "[out of memory] " : "");
    va_start(arguments, format);
    (void)vsnprintf(line + n, 200 - (size_t)n, format, arguments);
    va_end(arguments);
}

/* ---- the test's own backends ---------------------------------------------------------------------- */

static enum axas_status own_provide(const struct axas_space *space, const struct axas_area *area,
                                    axas_gpa gpa, struct axas_run *run)
{
    struct model *m = area->context;
    if (&m->space != space || gpa.raw < run->gpa.raw || gpa.raw - run->gpa.raw >= run->size ||
        run->gpa.raw < area->gpa.raw || run->gpa.raw + (run->size - 1u) > area->gpa.raw + (area->size - 1u)) {
        fail(m, "provide: asked for 0x%" PRIx64 "+0x%" PRIx64 " around 0x%" PRIx64, run->gpa.raw, run->size,
             gpa.raw);
    }
    if (m->own_fails_in != 0 && --m->own_fails_in == 0) {
        m->own_failed = true;
        return AXAS_ERR_NO_MEMORY;
    }
    if (run->size > 64 * m->page || dice_once_in(&m->dice, 2)) {
        run->gpa = axas_gpa_of(gpa.raw & ~(m->page - 1u));
        run->size = m->page;
    }
    uint64_t pages = run->size / m->page;
    uint64_t at = (m->own_next + pages - 1u) / pages * pages;
    for (;; at += pages) {
        if (at + pages > OWN_PAGES) {
            at = 0;
        }
        bool taken = false;
        for (uint64_t i = 0; i < pages; i++) {
            taken = taken || m->own_out[at + i] != 0;
        }
        if (!taken) {
            break;
        }
    }
    memset(m->own_out + at, 1, pages);
    m->own_next = at + pages;
    m->own_taken += pages;
    run->hpa = axas_hpa_of(m->own_base + at * m->page);
    return AXAS_OK;
}

static void own_release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct model *m = context;
    uint64_t at = (hpa.raw - m->own_base) / m->page;
    if (hpa.raw < m->own_base || (size | hpa.raw) % m->page != 0 || at + size / m->page > OWN_PAGES) {
        fail(m, "release of foreign memory 0x%" PRIx64 "+0x%" PRIx64 " for gpa 0x%" PRIx64, hpa.raw, size,
             gpa.raw);
    }
    for (uint64_t i = at; i < at + size / m->page; i++) {
        if (m->own_out[i] == 0) {
            fail(m, "released twice: 0x%" PRIx64 " for gpa 0x%" PRIx64, m->own_base + i * m->page, gpa.raw);
        }
        m->own_out[i] = 0;
        m->own_taken--;
    }
}

static const struct axas_backend own_backend = {"own", own_provide, own_release, false, true};

/* Blocks of 16 pages in pairs, the two of a pair exchanged: contiguous only in blocks. */
static uint64_t pure_hpa(const struct model *m, uint64_t data, uint64_t offset)
{
    return data + (offset ^ (16 * m->page));
}

static enum axas_status pure_provide(const struct axas_space *space, const struct axas_area *area,
                                     axas_gpa gpa, struct axas_run *run)
{
    struct model *m = area->context;
    (void)space;
    uint64_t block = 16 * m->page;
    uint64_t offset = (gpa.raw - area->origin.raw) / block * block;
    uint64_t first = area->origin.raw + offset;
    uint64_t last = first + (block - 1u);
    uint64_t area_last = area->gpa.raw + (area->size - 1u);
    if (first < area->gpa.raw) {
        offset += area->gpa.raw - first;
        first = area->gpa.raw;
    }
    last = last > area_last ? area_last : last;
    run->gpa = axas_gpa_of(first);
    run->size = last - first + 1u;
    run->hpa = axas_hpa_of(pure_hpa(m, area->data, offset));
    return AXAS_OK;
}

static const struct axas_backend pure_backend = {"own pure", pure_provide, NULL, true, false};

/* ---- choosing arguments --------------------------------------------------------------------------- */

static uint64_t down(const struct model *m, uint64_t gpa)
{
    return gpa & ~(m->page - 1u);
}

static uint64_t clamp(const struct model *m, uint64_t gpa)
{
    return down(m, gpa < m->base ? m->base : gpa > m->last ? m->last : gpa);
}

static unsigned level_count(const struct model *m)
{
    return m->world->mode->level_count;
}

/* Bytes that one entry of the mode's n-th level covers, root first. */
static uint64_t reach(const struct model *m, unsigned n)
{
    return UINT64_C(1) << m->world->format->levels[m->world->mode->root_level + n].shift;
}

static void choose_hot(struct model *m)
{
    m->hot[m->hot_count++] = m->base;
    m->hot[m->hot_count++] = m->last;
    for (unsigned n = 0; n < level_count(m); n++) {
        uint64_t size = reach(m, n);
        uint64_t above = m->base / size * size + size;
        uint64_t below = m->last / size * size;
        uint64_t within = m->base + dice_below(&m->dice, m->last - m->base);
        m->hot[m->hot_count++] = above < m->base ? m->base : above;
        m->hot[m->hot_count++] = below;
        m->hot[m->hot_count++] = within / size * size;
    }
    for (size_t i = 0; i < m->hot_count; i++) {
        m->hot[i] = clamp(m, m->hot[i]);
    }
}

static uint64_t pick_gpa(struct model *m)
{
    uint64_t gpa = m->hot[dice_below(&m->dice, m->hot_count)];
    const struct run *run = &m->runs.run[dice_below(&m->dice, m->runs.count)];
    switch (dice_below(&m->dice, 8)) {
    case 0:
    case 1:
        gpa = run->first;
        break;
    case 2:
        gpa = run->last;
        break;
    case 3:
        gpa = run->last == m->last ? m->base : run->last + 1u;
        break;
    case 4:
        gpa = run->first + dice_below(&m->dice, run->last - run->first);
        break;
    case 5:
        gpa += dice_below(&m->dice, 20) * m->page;
        break;
    default:
        break;
    }
    if (dice_once_in(&m->dice, 3)) {
        uint64_t by = dice_below(&m->dice, 3) * m->page;
        gpa = dice_once_in(&m->dice, 2) ? gpa + by : gpa > by ? gpa - by : gpa;
    }
    return clamp(m, gpa);
}

/* A size for gpa that stays inside the space, of at most `most` bytes. */
static uint64_t pick_size(struct model *m, uint64_t gpa, uint64_t most)
{
    uint64_t size = reach(m, (unsigned)dice_below(&m->dice, level_count(m)));
    uint64_t room = m->last - gpa + 1u;
    uint64_t other;
    switch (dice_below(&m->dice, 8)) {
    case 0:
    case 1:
        size = (1 + dice_below(&m->dice, 4)) * m->page;
        break;
    case 2:
        size = (1 + dice_below(&m->dice, 70)) * m->page;
        break;
    case 3:
        size += (dice_below(&m->dice, 3)) * m->page;
        break;
    case 4:
        size = size - gpa % size; /* up to the next edge */
        break;
    case 5:
        size = size > m->page ? size - m->page : size;
        break;
    case 6:
        size *= 1 + dice_below(&m->dice, 4);
        break;
    default:
        other = pick_gpa(m);
        size = other > gpa ? other - gpa : room;
        break;
    }
    size = size > room ? room : size;
    size = size > most ? most : size;
    size = size / m->page * m->page;
    return size == 0 ? m->page : size;
}

/* A leaf may be of that level: the format has it, the CPU has it, no cap forbids it, and the same holds for
 * all smaller ones, so that it can be split. */
static bool leaf_size_legal(const struct model *m, unsigned level, axas_attr attr)
{
    const struct world *world = m->world;
    for (unsigned below = level; below < world->mode->root_level + world->mode->level_count; below++) {
        const struct axas_level *at = &world->format->levels[below];
        if ((at->kinds & (1u << AXAS_ENTRY_LEAF)) == 0 || (at->leaf_with & ~world->features) != 0 ||
            (world->max_leaf_shift != 0 && at->shift > world->max_leaf_shift) ||
            ((attr & AXAS_EXEC) != 0 && world->max_exec_leaf_shift != 0 &&
             at->shift > world->max_exec_leaf_shift)) {
            return false;
        }
    }
    return true;
}

/* The largest leaf that every attribute may have. */
static uint64_t largest_leaf(const struct model *m)
{
    for (unsigned n = 0; n < level_count(m); n++) {
        if (leaf_size_legal(m, m->world->mode->root_level + n, AXAS_READ | AXAS_EXEC)) {
            return reach(m, n);
        }
    }
    return m->page;
}

static axas_attr pick_attr(struct model *m)
{
    if (dice_once_in(&m->dice, 40)) {
        return (axas_attr)dice_below(&m->dice, 0x60);
    }
    if (dice_once_in(&m->dice, 2)) { /* ordinary memory, most of the time */
        static const axas_attr usual[] = {AXAS_READ, AXAS_READ | AXAS_WRITE,
                                          AXAS_READ | AXAS_WRITE | AXAS_EXEC};
        return usual[dice_below(&m->dice, 3)];
    }
    return m->attrs[dice_below(&m->dice, m->attrs_with_access)];
}

static bool attr_known(const struct model *m, axas_attr attr)
{
    for (unsigned i = 0; i < m->attr_count; i++) {
        if (m->attrs[i] == attr) {
            return true;
        }
    }
    return false;
}

/* ---- judging ----------------------------------------------------------------------------------------- */

#define BIT(status) (1u << (status))

static void judge(struct model *m, enum axas_status got, unsigned want)
{
    if (want == 0) {
        want = BIT(AXAS_OK);
    }
    if ((want & BIT(got)) == 0) {
        fail(m, "status %d (%s), allowed are the bits of 0x%x", (int)got, axas_status_str(got), want);
    }
}

static unsigned judge_range(const struct model *m, uint64_t gpa, uint64_t size)
{
    unsigned want = 0;
    want |= (gpa | size) % m->page != 0 ? BIT(AXAS_ERR_ALIGN) : 0;
    if (size == 0 || size - 1u > UINT64_MAX - gpa || gpa < m->base || gpa > m->last ||
        size - 1u > m->last - gpa) {
        want |= BIT(AXAS_ERR_RANGE);
    }
    return want;
}

/* True if an allocation was refused in this step, so that running out of memory is a right answer. */
static bool starved(struct model *m)
{
    return axas_hosted_ledger_now(m->arena).failures != m->ledger.failures || m->own_failed ||
           m->table_limit != 0;
}

static void *host(struct model *m, uint64_t hpa)
{
    return axas_hal_virt(m->hal, axas_hpa_of(hpa));
}

static uint64_t arena_offset(const struct model *m, uint64_t hpa)
{
    return hpa - axas_hosted_base(m->arena).raw;
}

static bool is_real(const struct model *m, uint64_t hpa)
{
    return hpa >= m->real.hpa.raw && hpa < m->real.hpa.raw + m->real.size;
}

/* True if the host can reach the bytes of that run. */
static bool run_is_real(const struct model *m, const struct run *run)
{
    return run->kind == RUN_ALLOC || (run->kind == RUN_LINEAR && is_real(m, run->hpa) &&
                                      is_real(m, run->hpa + (run->last - run->first)));
}

/* A page that an area that was lazy has got. */
static void got_page(struct model *m, struct run *run, bool written)
{
    for (uint64_t hpa = run->hpa; hpa < run->hpa + (run->last - run->first + 1u); hpa += m->page) {
        uint64_t offset = arena_offset(m, hpa);
        if (run->kind == RUN_OWN) {
            uint64_t at = (hpa - m->own_base) / m->page;
            if (hpa < m->own_base || at >= OWN_PAGES || m->own_out[at] != 1) {
                fail(m, "the own backend did not provide 0x%" PRIx64, hpa);
            }
            m->own_out[at] = 2;
            continue;
        }
        for (uint64_t frame = 0; frame < m->page; frame += AXAS_FRAME_SIZE) {
            if (!axas_hosted_owns(m->arena, axas_hpa_of(hpa + frame), AXAS_FRAME_GUEST)) {
                fail(m, "0x%" PRIx64 " is not a frame of the guest", hpa + frame);
            }
        }
        if (m->owned[offset / m->page] != 0) {
            fail(m, "two pages have the frame 0x%" PRIx64, hpa);
        }
        m->owned[offset / m->page] = 1;
        memset(m->shadow + offset, 0, m->page);
        if (!written && memcmp(host(m, hpa), m->shadow + offset, m->page) != 0) {
            fail(m, "the frame 0x%" PRIx64 " was not cleared", hpa);
        }
    }
}

/* Takes over what lazy areas got in [first, last]. */
static void take_over(struct model *m, uint64_t first, uint64_t last, bool may, bool written)
{
    for (size_t i = 0; i < m->tree.count; i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        for (size_t r = runs_at(&m->runs, leaf->gpa); r < m->runs.count && m->runs.run[r].first <= leaf->last;
             r++) {
            struct run run = m->runs.run[r];
            if (run.present || (run.kind != RUN_ALLOC && run.kind != RUN_OWN)) {
                continue;
            }
            if (!may || leaf->last < first || leaf->gpa > last) {
                fail(m, "gpa 0x%" PRIx64 " got memory that nobody asked for", leaf->gpa);
            }
            size_t from, to;
            uint64_t a = leaf->gpa > run.first ? leaf->gpa : run.first;
            uint64_t b = leaf->last < run.last ? leaf->last : run.last;
            runs_cut(&m->runs, a, b, &from, &to);
            m->runs.run[from].present = true;
            m->runs.run[from].hpa = leaf->hpa + (a - leaf->gpa);
            m->runs.run[from].seen = false;
            got_page(m, &m->runs.run[from], written);
            r = from;
        }
    }
}

/* The pages of the runs [from, to) lose what they had. */
static void lose(struct model *m, size_t from, size_t to)
{
    for (size_t r = from; r < to; r++) {
        struct run *run = &m->runs.run[r];
        if (run->kind == RUN_ALLOC && run->present) {
            memset(m->owned + arena_offset(m, run->hpa) / m->page, 0,
                   (run->last - run->first + 1u) / m->page);
        }
        struct run hole = {0};
        hole.first = run->first;
        hole.last = run->last;
        *run = hole;
    }
    runs_join(&m->runs);
}

static void check_bytes(struct model *m, const struct run *run, uint64_t gpa)
{
    uint64_t hpa = run->hpa + (gpa - run->first);
    const uint8_t *bytes = host(m, hpa);
    const uint8_t *expected = m->shadow + arena_offset(m, hpa);
    for (uint64_t i = 0; i < m->page; i++) {
        if (bytes[i] != expected[i]) {
            fail(m, "gpa 0x%" PRIx64 " holds 0x%02x, expected 0x%02x", gpa + i, bytes[i], expected[i]);
        }
    }
}

static void check_address(struct model *m, const struct run *run, uint64_t gpa)
{
    struct axas_mapping mapping, untouched;
    axas_hpa hpa = axas_hpa_of(0x5a5a);
    memset(&mapping, 0x5a, sizeof mapping);
    untouched = mapping;
    enum axas_status query = axas_space_query(&m->space, axas_gpa_of(gpa), &mapping);
    enum axas_status translate = axas_space_translate(&m->space, axas_gpa_of(gpa), &hpa);
    bool access = (run->attr & AXAS_ACCESS_MASK) != 0;
    uint64_t expected = run->hpa + (gpa - run->first);
    const axas_gpa batch[] = {{gpa}, {UINT64_MAX}};
    axas_hpa got[2];
    if (axas_space_translate_batch(&m->space, batch, got, 2) != AXAS_OK ||
        got[0].raw != (run->present && access ? expected : AXAS_NO_HPA) || got[1].raw != AXAS_NO_HPA) {
        fail(m, "0x%" PRIx64 " in a batch: 0x%" PRIx64 " 0x%" PRIx64, gpa, got[0].raw, got[1].raw);
    }

    if (!run->present) {
        if (query != AXAS_ERR_NOT_MAPPED || memcmp(&mapping, &untouched, sizeof mapping) != 0) {
            fail(m, "query of 0x%" PRIx64 ": %s, expected not mapped", gpa, axas_status_str(query));
        }
        if (hpa.raw != 0x5a5a || (translate != AXAS_ERR_NOT_MAPPED &&
                                  !(translate == AXAS_ERR_PERMISSION && run->kind != RUN_HOLE && !access))) {
            fail(m, "translate of 0x%" PRIx64 ": %s, expected not mapped", gpa, axas_status_str(translate));
        }
        return;
    }
    if (query != AXAS_OK || mapping.hpa.raw != expected || mapping.attr != run->attr) {
        fail(m, "query of 0x%" PRIx64 ": %s hpa 0x%" PRIx64 " attr 0x%x, expected 0x%" PRIx64 " attr 0x%x",
             gpa, axas_status_str(query), mapping.hpa.raw, mapping.attr, expected, run->attr);
    }
    if (mapping.leaf_size == 0 ? (m->flags & RUNS_HOLES_ALLOWED) == 0
                               : mapping.gpa.raw != (gpa & ~(mapping.leaf_size - 1u))) {
        fail(m, "query of 0x%" PRIx64 ": leaf at 0x%" PRIx64 " of 0x%" PRIx64 " bytes", gpa, mapping.gpa.raw,
             mapping.leaf_size);
    }
    if (access ? translate != AXAS_OK || hpa.raw != expected
               : translate != AXAS_ERR_PERMISSION || hpa.raw != 0x5a5a) {
        fail(m, "translate of 0x%" PRIx64 ": %s hpa 0x%" PRIx64 ", expected 0x%" PRIx64, gpa,
             axas_status_str(translate), hpa.raw, expected);
    }
}

static const struct axas_backend *backend_of(enum run_kind kind)
{
    switch (kind) {
    case RUN_LINEAR:
        return &axas_backend_linear;
    case RUN_ALLOC:
        return &axas_backend_alloc;
    case RUN_TRAP:
        return &axas_backend_trap;
    case RUN_OWN:
        return &own_backend;
    default:
        return &pure_backend;
    }
}

static void check_areas(struct model *m)
{
    uint64_t gpa = m->base;
    uint64_t count = 0;
    for (;;) {
        struct axas_area area = {0};
        enum axas_status status = axas_space_next_area(&m->space, axas_gpa_of(gpa), &area);
        size_t r = runs_at(&m->runs, gpa);
        uint64_t expected = gpa;
        while (r < m->runs.count && m->runs.run[r].kind == RUN_HOLE) {
            r++;
            expected = r < m->runs.count ? m->runs.run[r].first : 0;
        }
        if (r == m->runs.count) {
            if (status != AXAS_ERR_NOT_MAPPED) {
                fail(m, "next_area of 0x%" PRIx64 ": %s 0x%" PRIx64 ", expected none", gpa,
                     axas_status_str(status), area.gpa.raw);
            }
            break;
        }
        if (status != AXAS_OK || area.gpa.raw != expected || area.size == 0) {
            fail(m, "next_area of 0x%" PRIx64 ": %s 0x%" PRIx64 "+0x%" PRIx64 ", expected 0x%" PRIx64, gpa,
                 axas_status_str(status), area.gpa.raw, area.size, expected);
        }
        uint64_t last = area.gpa.raw + (area.size - 1u);
        for (; r < m->runs.count && m->runs.run[r].first <= last; r++) {
            const struct run *run = &m->runs.run[r];
            if (area.backend != backend_of(run->kind) || (run->kind != RUN_TRAP && area.attr != run->attr) ||
                area.origin.raw != run->origin ||
                ((run->kind == RUN_LINEAR || run->kind == RUN_PURE) && area.data != run->data)) {
                fail(m, "area 0x%" PRIx64 "..0x%" PRIx64 " %s attr 0x%x: not as at 0x%" PRIx64 "..0x%" PRIx64,
                     area.gpa.raw, last, area.backend->name, area.attr, run->first, run->last);
            }
        }
        count++;
        if (last == m->last) {
            break;
        }
        gpa = last + 1u;
    }
    if (m->usage.areas != count) {
        fail(m, "%" PRIu64 " areas are there, usage says %" PRIu64, count, m->usage.areas);
    }
}

static void check_next_mapping(struct model *m, uint64_t gpa)
{
    struct axas_mapping mapping;
    size_t i = 0;
    while (i < m->tree.count && m->tree.leaf[i].last < gpa) {
        i++;
    }
    enum axas_status status = axas_space_next_mapping(&m->space, axas_gpa_of(gpa), &mapping);
    if (i == m->tree.count ? status != AXAS_ERR_NOT_MAPPED : status != AXAS_OK) {
        fail(m, "next_mapping of 0x%" PRIx64 ": %s", gpa, axas_status_str(status));
    }
    if (status == AXAS_OK) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        if (mapping.gpa.raw != leaf->gpa || mapping.leaf_size - 1u != leaf->last - leaf->gpa ||
            mapping.attr != leaf->attr || mapping.hpa.raw != leaf->hpa ||
            mapping.accessed != leaf->accessed || mapping.dirty != leaf->dirty) {
            fail(m, "next_mapping of 0x%" PRIx64 ": gpa 0x%" PRIx64 " hpa 0x%" PRIx64 " size 0x%" PRIx64, gpa,
                 mapping.gpa.raw, mapping.hpa.raw, mapping.leaf_size);
        }
    }
}

static void check_usage(struct model *m)
{
    struct axas_hosted_ledger ledger = axas_hosted_ledger_now(m->arena);
    uint64_t cached = 0;
    for (unsigned level = 0; level < m->world->format->level_count; level++) {
        cached += m->cache.tables.count[level] * tree_table_bytes(m->world->format, level);
    }
    if (axas_space_usage(&m->space, &m->usage) != AXAS_OK) {
        fail(m, "usage failed");
    }
    if (m->usage.table_bytes != m->tree.bytes) {
        fail(m, "tables of 0x%" PRIx64 " bytes, usage says 0x%" PRIx64, m->tree.bytes, m->usage.table_bytes);
    }
    uint64_t taken = ledger.bytes[AXAS_FRAME_TABLE] + ledger.bytes[AXAS_FRAME_NODE];
    if (taken != m->usage.table_bytes + m->usage.reserve_bytes + m->usage.node_bytes + cached) {
        fail(m,
             "0x%" PRIx64 " bytes taken; usage says tables 0x%" PRIx64 ", reserve 0x%" PRIx64
             ", nodes 0x%" PRIx64 "; cache 0x%" PRIx64,
             taken, m->usage.table_bytes, m->usage.reserve_bytes, m->usage.node_bytes, cached);
    }
    uint64_t guest = m->real.size + runs_present(&m->runs, RUN_ALLOC) + m->cache.guest_frames * m->page;
    if (ledger.bytes[AXAS_FRAME_GUEST] != guest) {
        fail(m, "0x%" PRIx64 " bytes taken for the guest, expected 0x%" PRIx64,
             ledger.bytes[AXAS_FRAME_GUEST], guest);
    }
    if (m->own_taken * m->page != runs_present(&m->runs, RUN_OWN)) {
        fail(m, "%" PRIu64 " pages are out of the own backend, expected 0x%" PRIx64 " bytes", m->own_taken,
             runs_present(&m->runs, RUN_OWN));
    }
}

/* After each operation. `first..last`: where lazy areas may have got memory. */
static void check(struct model *m, bool populated, uint64_t first, uint64_t last, bool written)
{
    char problem[200];
    m->injected = false;
    axas_hosted_fail_at(m->arena, 0);
    axas_hosted_fail_from(m->arena, 0);
    m->own_fails_in = 0;
    if (!order_end(m->order, false, problem)) {
        fail(m, "%s", problem);
    }
    if (!tree_read(&m->tree, &m->space.table)) {
        fail(m, "the tree is not well formed: %s", m->tree.problem);
    }
    take_over(m, first, last, populated, written);
    if (!runs_match(&m->runs, &m->tree, m->world->format, m->flags | (written ? RUNS_MARKED : 0), problem)) {
        fail(m, "%s", problem);
    }
    for (size_t i = 0; i < m->tree.count; i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        if (leaf->kind == AXAS_ENTRY_LEAF && !leaf_size_legal(m, leaf->level, leaf->attr)) {
            fail(m, "a leaf at 0x%" PRIx64 " is larger than may be", leaf->gpa);
        }
    }
    check_usage(m);
    for (size_t r = 0; r < m->runs.count; r++) {
        const struct run *run = &m->runs.run[r];
        check_address(m, run, run->first);
        check_address(m, run, run->last);
        check_address(m, run, run->first + dice_below(&m->dice, run->last - run->first));
    }
    check_areas(m);
    check_next_mapping(m, pick_gpa(m));
    for (unsigned i = 0; i < 8; i++) {
        const struct run *run = &m->runs.run[dice_below(&m->dice, m->runs.count)];
        if (run->present && run_is_real(m, run)) {
            check_bytes(m, run, run->first + down(m, dice_below(&m->dice, run->last - run->first)));
        }
    }
}

static void remember(struct model *m)
{
    order_begin(m->order);
    order_pool(m->order, &m->space.deposits);
    order_pool(m->order, &m->cache.tables);
    m->hash = m->tree.hash;
    m->tables = m->tree.tables;
    m->ledger = axas_hosted_ledger_now(m->arena);
    m->own_failed = false;
    m->own_fails_in = 0;
}

/* After an operation that did nothing. */
static void check_unchanged(struct model *m)
{
    struct axas_hosted_ledger ledger = axas_hosted_ledger_now(m->arena);
    check(m, false, 0, 0, false);
    if (m->hash != m->tree.hash) {
        fail(m, "the operation did nothing, yet entries changed");
    }
    if (!axas_hosted_ledger_same(&ledger, &m->ledger)) {
        fail(m,
             "the operation did nothing, yet frames were taken: tables 0x%" PRIx64 " to 0x%" PRIx64
             ", nodes 0x%" PRIx64 " to 0x%" PRIx64 ", guest 0x%" PRIx64 " to 0x%" PRIx64,
             m->ledger.bytes[0], ledger.bytes[0], m->ledger.bytes[1], ledger.bytes[1], m->ledger.bytes[2],
             ledger.bytes[2]);
    }
}

/* What adds tables keeps to the cap; splits for a removal may have gone beyond it before. */
static void check_cap(struct model *m)
{
    if (m->table_limit != 0 && m->tree.tables > m->table_limit && m->tree.tables > m->tables) {
        fail(m, "%" PRIu64 " tables after %" PRIu64 ", the cap is %" PRIu64, m->tree.tables, m->tables,
             m->table_limit);
    }
}

/* ---- operations -------------------------------------------------------------------------------------- */

/* Now and then the HAL refuses. */
static void maybe_starve(struct model *m)
{
    if (dice_once_in(&m->dice, 8)) {
        uint64_t n = 1 + dice_below(&m->dice, 6);
        m->injected = true;
        if (dice_once_in(&m->dice, 2)) {
            axas_hosted_fail_at(m->arena, n);
        } else {
            axas_hosted_fail_from(m->arena, n);
        }
    }
}

static void spoil(struct model *m, uint64_t *gpa, uint64_t *size)
{
    switch (dice_below(&m->dice, 50)) {
    case 0:
        *gpa += 1 + dice_below(&m->dice, m->page - 1u);
        break;
    case 1:
        *size += 1 + dice_below(&m->dice, m->page - 1u);
        break;
    case 2:
        *size = 0;
        break;
    case 3:
        *size = (UINT64_C(0) - *gpa) & ~(m->page - 1u); /* the end is 2^64 */
        break;
    case 4:
        *size = UINT64_MAX & ~(m->page - 1u);
        break;
    case 5:
        *size = m->last - *gpa + 1u + m->page;
        break;
    case 6:
        *gpa = m->last + 1u;
        *size = m->page;
        break;
    case 7:
        *gpa = m->base - m->page; /* below the space, or far above it */
        break;
    default:
        break;
    }
}

/* The leaves of [first, last], mapped to hpa in one piece, are as large as they can be. */
static void check_largest(struct model *m, uint64_t first, uint64_t last, uint64_t hpa, axas_attr attr)
{
    const struct world *world = m->world;
    for (size_t i = 0; i < m->tree.count; i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        if (leaf->last < first || leaf->gpa > last) {
            continue;
        }
        for (unsigned level = world->mode->root_level; level < leaf->level; level++) {
            uint64_t size = UINT64_C(1) << world->format->levels[level].shift;
            uint64_t block = leaf->gpa & ~(size - 1u);
            if (leaf_size_legal(m, level, attr) && block >= first && last - block >= size - 1u &&
                (hpa + (block - first)) % size == 0) {
                fail(m, "0x%" PRIx64 " is in a leaf of 0x%" PRIx64 " bytes, 0x%" PRIx64 " would fit",
                     leaf->gpa, leaf->last - leaf->gpa + 1u, size);
            }
        }
    }
}

static uint64_t pick_hpa(struct model *m, uint64_t gpa, uint64_t size)
{
    uint64_t large = largest_leaf(m);
    uint64_t top = m->physical_last - (size - 1u); /* the last address that fits */
    if (size <= REAL_SIZE && dice_once_in(&m->dice, 2)) {
        uint64_t hpa = m->real.hpa.raw + down(m, dice_below(&m->dice, REAL_SIZE - size + 1u));
        uint64_t skew = (gpa - hpa) & (REAL_SIZE - 1u) & (largest_leaf(m) - 1u);
        return is_real(m, hpa + skew + size - 1u) ? hpa + skew : hpa;
    }
    if (size / m->page <= PAGES_PER_CALL && dice_once_in(&m->dice, 8)) {
        return top & ~(m->page - 1u);
    }
    uint64_t hpa = down(m, dice_below(&m->dice, top));
    if (size / m->page > PAGES_PER_CALL || dice_once_in(&m->dice, 2)) {
        hpa = (hpa & ~(large - 1u)) + (gpa & (large - 1u));
        while (hpa > top && hpa >= large) {
            hpa -= large;
        }
    }
    return hpa > top ? top & ~(m->page - 1u) : hpa;
}

static void op_map(struct model *m)
{
    static const enum run_kind kinds[] = {RUN_LINEAR, RUN_LINEAR, RUN_LINEAR, RUN_ALLOC, RUN_ALLOC,
                                          RUN_ALLOC,  RUN_ALLOC,  RUN_OWN,    RUN_PURE,  RUN_TRAP};
    enum run_kind kind = kinds[dice_below(&m->dice, sizeof kinds / sizeof *kinds)];
    uint32_t flags = dice_once_in(&m->dice, 3) ? AXAS_POPULATE : AXAS_LAZY;
    axas_attr attr = pick_attr(m);
    uint64_t gpa = pick_gpa(m);
    uint64_t most = kind == RUN_LINEAR                       ? 64 * largest_leaf(m)
                    : kind == RUN_PURE                       ? 256 * m->page
                    : kind == RUN_TRAP || flags == AXAS_LAZY ? UINT64_MAX
                                                             : 300 * m->page;
    if (kind == RUN_LINEAR && most < PAGES_PER_CALL * m->page) {
        most = PAGES_PER_CALL * m->page;
    }
    if (kind == RUN_LINEAR && m->physical_last / 2 < most) {
        most = m->physical_last / 2;
    }
    uint64_t size = pick_size(m, gpa, most);
    if (flags == AXAS_POPULATE && !m->populate_only && (kind == RUN_ALLOC || kind == RUN_OWN) &&
        (runs_present(&m->runs, RUN_ALLOC) > ALLOC_LIMIT || m->own_taken > OWN_PAGES / 2)) {
        flags = AXAS_LAZY;
    }
    uint64_t hpa = kind == RUN_LINEAR ? pick_hpa(m, gpa, size)
                   : kind == RUN_PURE ? down(m, m->physical_last / 2)
                                      : 0;
    spoil(m, &gpa, &size);
    unsigned want = judge_range(m, gpa, size);
    if (kind == RUN_LINEAR && dice_once_in(&m->dice, 30)) {
        hpa = dice_once_in(&m->dice, 2) ? hpa + 1u : down(m, m->physical_last) + 2 * m->page;
    }
    if (kind == RUN_LINEAR) {
        want |= hpa % m->page != 0 ? BIT(AXAS_ERR_ALIGN) : 0;
        if (hpa > m->physical_last || (size != 0 && size - 1u > m->physical_last - hpa)) {
            want |= BIT(AXAS_ERR_RANGE);
        }
    }
    if (kind != RUN_TRAP && (!attr_known(m, attr) || (attr & AXAS_ACCESS_MASK) == 0)) {
        want |= BIT(AXAS_ERR_UNSUPPORTED);
    }
    if (m->populate_only && (kind == RUN_ALLOC || kind == RUN_OWN) && flags != AXAS_POPULATE) {
        want |= BIT(AXAS_ERR_UNSUPPORTED);
    }
    if ((judge_range(m, gpa, size) & BIT(AXAS_ERR_RANGE)) == 0 &&
        !runs_empty(&m->runs, gpa, gpa + (size - 1u))) {
        want |= BIT(AXAS_ERR_EXISTS);
    }
    maybe_starve(m);
    if (kind == RUN_OWN && dice_once_in(&m->dice, 8)) {
        m->own_fails_in = 1 + dice_below(&m->dice, 8);
    }
    say(m, "map %s 0x%" PRIx64 "+0x%" PRIx64 " hpa 0x%" PRIx64 " attr 0x%x flags %u", backend_of(kind)->name,
        gpa, size, hpa, attr, flags);

    enum axas_status status;
    if (kind == RUN_LINEAR) {
        status = axas_space_map_linear(&m->space, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr);
    } else if (kind == RUN_ALLOC) {
        status = axas_space_map_alloc(&m->space, axas_gpa_of(gpa), size, attr, flags);
    } else if (kind == RUN_TRAP) {
        status = axas_space_map_trap(&m->space, axas_gpa_of(gpa), size, m);
    } else {
        status = axas_space_map(&m->space, axas_gpa_of(gpa), size, attr, backend_of(kind), m, hpa,
                                kind == RUN_OWN ? flags : AXAS_LAZY);
    }
    if (starved(m)) {
        want |= BIT(AXAS_ERR_NO_MEMORY) | (want == 0 ? BIT(AXAS_OK) : 0);
    }
    judge(m, status, want);
    if (status != AXAS_OK) {
        check_unchanged(m);
        return;
    }

    size_t from, to;
    unsigned number = ++m->areas;
    uint64_t last = gpa + (size - 1u);
    for (uint64_t piece = gpa;;) {
        uint64_t piece_last = last;
        if (kind == RUN_PURE && last - piece >= 16 * m->page) {
            piece_last = piece + (16 * m->page - 1u);
        }
        runs_cut(&m->runs, piece, piece_last, &from, &to);
        struct run *run = &m->runs.run[from];
        run->kind = kind;
        run->attr = kind == RUN_TRAP ? 0 : attr;
        run->area = number;
        run->origin = gpa;
        run->data = hpa;
        run->present = kind == RUN_LINEAR || kind == RUN_PURE;
        run->hpa = kind == RUN_LINEAR ? hpa : kind == RUN_PURE ? pure_hpa(m, hpa, piece - gpa) : 0;
        run->seen = false;
        if (piece_last == last) {
            break;
        }
        piece = piece_last + 1u;
    }
    bool eager = flags == AXAS_POPULATE && (kind == RUN_ALLOC || kind == RUN_OWN);
    check(m, eager, gpa, last, false);
    for (size_t r = runs_at(&m->runs, gpa); eager && r < m->runs.count && m->runs.run[r].first <= last; r++) {
        if (!m->runs.run[r].present) {
            fail(m, "0x%" PRIx64 " was not populated", m->runs.run[r].first);
        }
    }
    if (kind == RUN_LINEAR) {
        check_largest(m, gpa, last, hpa, attr);
    }
    check_cap(m);
}

static void op_unmap(struct model *m)
{
    uint64_t gpa = pick_gpa(m);
    uint64_t size = pick_size(m, gpa, UINT64_MAX);
    spoil(m, &gpa, &size);
    unsigned want = judge_range(m, gpa, size);
    maybe_starve(m);
    say(m, "unmap 0x%" PRIx64 "+0x%" PRIx64, gpa, size);
    enum axas_status status = axas_space_unmap(&m->space, axas_gpa_of(gpa), size);
    if (m->populate_only && want == 0) { /* part of a large leaf, and no fault would bring the rest back */
        const struct axas_transition *split = &m->space.table.change[AXAS_CHANGE_SPLIT];
        bool refused = axas_hosted_ledger_now(m->arena).failures != m->ledger.failures;
        const struct axas_transition *off = &m->space.table.change[AXAS_CHANGE_CONTIGUOUS_OFF];
        want = BIT(AXAS_OK) | (split->breaks || off->breaks ? BIT(AXAS_ERR_UNSUPPORTED) : 0);
        want |= refused ? BIT(AXAS_ERR_NO_MEMORY) : 0;
    }
    judge(m, status, want);
    if (status != AXAS_OK) {
        check_unchanged(m);
        return;
    }
    if (axas_hosted_ledger_now(m->arena).failures != m->ledger.failures) {
        m->flags |= RUNS_HOLES_ALLOWED;
    }
    size_t from, to;
    runs_cut(&m->runs, gpa, gpa + (size - 1u), &from, &to);
    lose(m, from, to);
    check(m, false, 0, 0, false);
}

static bool any_breaks(const struct model *m)
{
    bool breaks = false;
    for (unsigned change = 0; change < AXAS_CHANGES; change++) {
        breaks = breaks || m->space.table.change[change].breaks;
    }
    return breaks;
}

static void op_protect(struct model *m)
{
    uint64_t gpa = pick_gpa(m);
    uint64_t size = pick_size(m, gpa, UINT64_MAX);
    size_t r = dice_below(&m->dice, m->runs.count);
    if (dice_once_in(&m->dice, 2) && m->runs.run[r].kind != RUN_HOLE) { /* inside one area */
        uint64_t room = m->runs.run[r].last - m->runs.run[r].first + 1u;
        gpa = m->runs.run[r].first + down(m, dice_below(&m->dice, room));
        size = pick_size(m, gpa, m->runs.run[r].last - gpa + 1u);
    }
    axas_attr attr =
        dice_once_in(&m->dice, 5) && m->attr_count > m->attrs_with_access
            ? m->attrs[m->attrs_with_access + dice_below(&m->dice, m->attr_count - m->attrs_with_access)]
            : pick_attr(m);
    spoil(m, &gpa, &size);
    unsigned want = judge_range(m, gpa, size);
    if ((want & BIT(AXAS_ERR_RANGE)) == 0) {
        for (size_t i = runs_at(&m->runs, gpa);
             i < m->runs.count && m->runs.run[i].first <= gpa + (size - 1u); i++) {
            want |= m->runs.run[i].kind == RUN_HOLE   ? BIT(AXAS_ERR_NOT_MAPPED)
                    : m->runs.run[i].kind == RUN_TRAP ? BIT(AXAS_ERR_UNSUPPORTED)
                                                      : 0;
        }
    }
    want |= attr_known(m, attr) ? 0 : BIT(AXAS_ERR_UNSUPPORTED);
    maybe_starve(m);
    say(m, "protect 0x%" PRIx64 "+0x%" PRIx64 " attr 0x%x", gpa, size, attr);
    enum axas_status status = axas_space_protect(&m->space, axas_gpa_of(gpa), size, attr);
    if (m->populate_only && any_breaks(m)) {
        want |= BIT(AXAS_ERR_UNSUPPORTED) | (want == 0 ? BIT(AXAS_OK) : 0);
    }
    if (starved(m)) {
        want |= BIT(AXAS_ERR_NO_MEMORY) | (want == 0 ? BIT(AXAS_OK) : 0);
    }
    judge(m, status, want);
    if (status != AXAS_OK) {
        check_unchanged(m);
        return;
    }
    size_t from, to;
    runs_cut(&m->runs, gpa, gpa + (size - 1u), &from, &to);
    for (size_t i = from; i < to; i++) {
        m->runs.run[i].attr = attr;
    }
    runs_join(&m->runs);
    check(m, false, 0, 0, false);
}

/* The cache holds what any one fault may take. */
static bool cache_suffices(const struct axas_cache *cache, const struct model *m)
{
    bool enough = cache->guest_frames != 0;
    for (unsigned n = 1; n < level_count(m); n++) {
        enough = enough && cache->tables.count[m->world->mode->root_level + n] != 0;
    }
    return enough;
}

static void op_fault(struct model *m)
{
    static const axas_attr accesses[] = {AXAS_READ, AXAS_WRITE, AXAS_EXEC, AXAS_READ | AXAS_WRITE, 0};
    struct axas_fault fault = {0};
    uint64_t gpa = pick_gpa(m) + dice_below(&m->dice, m->page);
    if (dice_once_in(&m->dice, 2)) { /* in a lazy area, if there is one */
        for (size_t i = 0; i < m->runs.count; i++) {
            const struct run *run = &m->runs.run[dice_below(&m->dice, m->runs.count)];
            if (run->kind != RUN_HOLE && !run->present) {
                gpa = run->first + dice_below(&m->dice, run->last - run->first);
                break;
            }
        }
    }
    if (dice_once_in(&m->dice, 40)) {
        gpa = dice_once_in(&m->dice, 2) ? m->last + 1u + dice_below(&m->dice, m->page) : m->base - 1u;
    }
    fault.gpa = axas_gpa_of(gpa);
    fault.gpa_known = true;
    fault.level = AXAS_LEVEL_UNKNOWN;
    fault.access = accesses[dice_below(&m->dice, 5)];
    fault.reader = (unsigned)dice_below(&m->dice, m->readers);
    if (dice_once_in(&m->dice, 3)) {
        fault.cache = &m->cache;
    }
    struct axas_fault before = fault;
    bool inside = gpa >= m->base && gpa <= m->last;
    size_t r = inside ? runs_at(&m->runs, gpa) : 0;
    struct run run = m->runs.run[r];
    bool full = runs_present(&m->runs, RUN_ALLOC) > ALLOC_LIMIT || m->own_taken > OWN_PAGES / 2;
    axas_attr exec = run.attr & AXAS_EXEC;
    if ((full && !run.present) || ((fault.access & AXAS_EXEC) != 0 && exec != 0 && exec != AXAS_EXEC)) {
        say(m, "no fault");
        return;
    }
    maybe_starve(m);
    if (dice_once_in(&m->dice, 8)) {
        m->own_fails_in = 1;
    }
    say(m, "fault 0x%" PRIx64 " access 0x%x%s", gpa, fault.access,
        fault.cache != NULL ? " with a cache" : "");
    struct axas_cache before_cache = m->cache;
    if (fault.cache != NULL) {
        order_cache(m->order, fault.cache);
    }
    order_fault(m->order, fault.gpa);
    enum axas_fault_result result = axas_space_handle_fault(&m->space, &fault);
    enum axas_fault_result want;
    bool refused = (run.attr & AXAS_ACCESS_MASK) == 0 || (fault.access & ~run.attr) != 0;
    bool refillable = (m->flags & RUNS_HOLES_ALLOWED) && (run.kind == RUN_LINEAR || run.kind == RUN_PURE);
    if (!inside || run.kind == RUN_HOLE) {
        want = AXAS_FAULT_UNMAPPED;
    } else if (run.kind == RUN_TRAP) {
        want = AXAS_FAULT_TRAP;
    } else if (refused) {
        want = AXAS_FAULT_DENIED;
    } else if (run.present) {
        want = AXAS_FAULT_SPURIOUS;
    } else {
        want = AXAS_FAULT_RESOLVED;
    }
    bool short_cache = fault.cache != NULL && !cache_suffices(&before_cache, m);
    if (fault.cache != NULL && axas_hosted_ledger_now(m->arena).attempts != m->ledger.attempts) {
        fail(m, "the HAL was asked for memory although there is a cache");
    }
    bool memory = result == AXAS_FAULT_NO_MEMORY && (starved(m) || short_cache) &&
                  (want == AXAS_FAULT_RESOLVED || (want == AXAS_FAULT_SPURIOUS && refillable));
    bool refilled = result == AXAS_FAULT_RESOLVED && want == AXAS_FAULT_SPURIOUS && refillable;
    if (result != want && !memory && !refilled) {
        fail(m, "%s, expected %s", axas_fault_result_str(result), axas_fault_result_str(want));
    }
    if (result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS) {
        order_goes_on(m->order, fault.gpa);
    }
    if (result != AXAS_FAULT_RESOLVED) {
        if (fault.cache == NULL || before_cache.guest_frames == m->cache.guest_frames) {
            check_unchanged(m);
        } else {
            check(m, false, 0, 0, false);
        }
    } else {
        uint64_t at = down(m, gpa);
        check(m, true, at, at, false);
        run = m->runs.run[runs_at(&m->runs, gpa)];
        if (!run.present) {
            fail(m, "resolved, and no memory is there");
        }
        check_cap(m);
    }
    if ((result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS) &&
        fault.hpa.raw != run.hpa + (gpa - run.first)) {
        fail(m, "hpa 0x%" PRIx64 ", expected 0x%" PRIx64, fault.hpa.raw, run.hpa + (gpa - run.first));
    }
    if (result == AXAS_FAULT_TRAP && fault.cookie != m) {
        fail(m, "the cookie is not the one given");
    }
    if (result == AXAS_FAULT_TRAP || result == AXAS_FAULT_DENIED) {
        struct axas_area area;
        if (axas_space_next_area(&m->space, axas_gpa_of(gpa), &area) != AXAS_OK ||
            area.gpa.raw != fault.area.raw || fault.area.raw > gpa) {
            fail(m, "the area is not the one at 0x%" PRIx64, gpa);
        }
    }
    if (fault.gpa.raw != before.gpa.raw || fault.access != before.access) {
        fail(m, "the first part of the fault was changed");
    }
}

/* What a copy from or to [gpa, gpa + length) has to answer. *real: the host can reach the bytes. */
static unsigned judge_copy(struct model *m, uint64_t gpa, uint64_t length, axas_attr need, uint32_t flags,
                           bool *real)
{
    unsigned want = 0;
    *real = true;
    if (length == 0) {
        return 0;
    }
    if (length - 1u > UINT64_MAX - gpa || gpa < m->base || gpa > m->last || length - 1u > m->last - gpa) {
        return BIT(AXAS_ERR_RANGE);
    }
    for (size_t r = runs_at(&m->runs, gpa); r < m->runs.count && m->runs.run[r].first <= gpa + (length - 1u);
         r++) {
        const struct run *run = &m->runs.run[r];
        axas_attr needed = (flags & AXAS_GUEST_LOAD_IMAGE) ? 0 : need;
        if (run->kind == RUN_HOLE) {
            want |= BIT(AXAS_ERR_NOT_MAPPED);
            continue;
        }
        if (run->kind == RUN_TRAP) {
            want |= BIT(AXAS_ERR_NOT_MAPPED) | BIT(AXAS_ERR_UNSUPPORTED) | BIT(AXAS_ERR_PERMISSION);
            continue;
        }
        want |= (run->attr & needed) != needed || (run->attr & AXAS_ACCESS_MASK) == 0
                    ? BIT(AXAS_ERR_PERMISSION)
                    : 0;
        want |= axas_attr_is_device(run->attr) ? BIT(AXAS_ERR_UNSUPPORTED) : 0;
        want |= !run->present && (flags & AXAS_GUEST_NO_POPULATE) ? BIT(AXAS_ERR_NOT_MAPPED) : 0;
        *real = *real && run_is_real(m, run);
    }
    return want;
}

static uint8_t *shadow_at(struct model *m, uint64_t gpa)
{
    const struct run *run = &m->runs.run[runs_at(&m->runs, gpa)];
    return m->shadow + arena_offset(m, run->hpa + (gpa - run->first));
}

static uint64_t pick_buffer(struct model *m, uint64_t *gpa)
{
    uint64_t length = 1 + dice_below(&m->dice, 64);
    *gpa = pick_gpa(m) + dice_below(&m->dice, m->page);
    if (dice_once_in(&m->dice, 2)) { /* across the end of a page */
        *gpa = (*gpa | (m->page - 1u)) - dice_below(&m->dice, length);
    }
    if (dice_once_in(&m->dice, 4)) {
        length += dice_below(&m->dice, 3 * m->page);
    }
    if (dice_once_in(&m->dice, 30)) {
        length = dice_once_in(&m->dice, 2) ? 0 : m->last - *gpa + 2u;
    }
    return length;
}

static void op_copy(struct model *m, bool write)
{
    static uint8_t buffer[1 << 20], expected[1 << 20];
    bool real;
    uint64_t gpa;
    uint64_t length = pick_buffer(m, &gpa);
    uint32_t flags = dice_once_in(&m->dice, 4) ? AXAS_GUEST_NO_POPULATE : 0;
    flags |= write && dice_once_in(&m->dice, 6) ? AXAS_GUEST_LOAD_IMAGE : 0;
    unsigned want = judge_copy(m, gpa, length, write ? AXAS_WRITE : AXAS_READ, flags, &real);
    bool full = runs_present(&m->runs, RUN_ALLOC) > ALLOC_LIMIT;
    if ((want == 0 && !real) || full || (want == 0 && length > sizeof buffer)) {
        say(m, "no copy");
        return;
    }
    maybe_starve(m);
    say(m, "%s 0x%" PRIx64 "+0x%" PRIx64 " flags %u", write ? "write" : "read", gpa, length, flags);
    uint64_t used = length < sizeof buffer ? length : sizeof buffer;
    for (uint64_t i = 0; i < used; i++) {
        buffer[i] = (uint8_t)dice(&m->dice);
    }
    memcpy(expected, buffer, used);
    order_fault(m->order, axas_gpa_of(UINT64_MAX)); /* no vCPU met a fault here */
    enum axas_status status = write
                                  ? axas_guest_write_flags(&m->space, axas_gpa_of(gpa), buffer, length, flags)
                                  : axas_guest_read_flags(&m->space, axas_gpa_of(gpa), buffer, length, flags);
    bool starving = starved(m) && (flags & AXAS_GUEST_NO_POPULATE) == 0 && length != 0;
    if (starving) {
        want |= BIT(AXAS_ERR_NO_MEMORY) | (want == 0 ? BIT(AXAS_OK) : 0);
    }
    judge(m, status, want);
    if (status == AXAS_ERR_NO_MEMORY) { /* pages that were populated before stay */
        check(m, true, gpa, gpa + (length - 1u), false);
    } else if (status != AXAS_OK || length == 0) {
        check_unchanged(m);
    } else {
        if (!tree_read(&m->tree, &m->space.table)) {
            fail(m, "the tree is not well formed: %s", m->tree.problem);
        }
        take_over(m, gpa, gpa + (length - 1u), true, write);
        for (uint64_t i = 0; i < length; i++) {
            uint8_t *byte = shadow_at(m, gpa + i);
            *byte = write ? buffer[i] : *byte;
            expected[i] = *byte;
        }
        check(m, false, 0, 0, true);
        for (uint64_t at = down(m, gpa); at <= gpa + (length - 1u); at += m->page) {
            check_bytes(m, &m->runs.run[runs_at(&m->runs, at)], at);
        }
    }
    if (memcmp(buffer, expected, used) != 0) {
        fail(m, "the buffer does not hold what it should");
    }
    for (size_t i = 0; write && status == AXAS_OK && m->space.table.hardware_updates && i < m->tree.count;
         i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        if (length != 0 && leaf->gpa <= gpa + (length - 1u) && leaf->last >= gpa && !leaf->dirty &&
            m->world->format->levels[leaf->level].dirty_mask != 0) {
            fail(m, "written by the host, yet not dirty: 0x%" PRIx64, leaf->gpa);
        }
    }
}

static void op_object(struct model *m, bool write)
{
    bool real;
    unsigned width = 1u << dice_below(&m->dice, 4);
    uint64_t gpa = (pick_gpa(m) + dice_below(&m->dice, m->page)) & ~(uint64_t)(width - 1u);
    if (dice_once_in(&m->dice, 3)) {
        gpa = (gpa | (m->page - 1u)) - (width - 1u);
    }
    unsigned want = judge_copy(m, gpa, width, write ? AXAS_WRITE : AXAS_READ, 0, &real);
    if ((want == 0 && !real) || runs_present(&m->runs, RUN_ALLOC) > ALLOC_LIMIT) {
        say(m, "no object");
        return;
    }
    if (dice_once_in(&m->dice, 20) && width > 1) {
        gpa++;
        want |= BIT(AXAS_ERR_ALIGN);
    }
    maybe_starve(m);
    say(m, "%s of %u bytes at 0x%" PRIx64, write ? "store" : "load", width, gpa);
    uint64_t value = dice(&m->dice);
    uint64_t before = value;
    order_fault(m->order, axas_gpa_of(UINT64_MAX)); /* no vCPU met a fault here */
    enum axas_status status = write ? axas_guest_store(&m->space, axas_gpa_of(gpa), width, value)
                                    : axas_guest_load(&m->space, axas_gpa_of(gpa), width, &value);
    if (starved(m)) {
        want |= BIT(AXAS_ERR_NO_MEMORY) | (want == 0 ? BIT(AXAS_OK) : 0);
    }
    judge(m, status, want);
    if (status != AXAS_OK) {
        check_unchanged(m);
        if (value != before) {
            fail(m, "the value was touched");
        }
        return;
    }
    if (!tree_read(&m->tree, &m->space.table)) {
        fail(m, "the tree is not well formed: %s", m->tree.problem);
    }
    take_over(m, gpa, gpa + (width - 1u), true, write);
    uint8_t *shadow = shadow_at(m, gpa);
    uint64_t expected = 0;
    if (write) {
        memcpy(shadow, &value, width); /* the tests run on little-endian hosts */
    } else {
        memcpy(&expected, shadow, width);
        if (value != expected) {
            fail(m, "loaded 0x%" PRIx64 ", expected 0x%" PRIx64, value, expected);
        }
    }
    check(m, false, 0, 0, true);
    check_bytes(m, &m->runs.run[runs_at(&m->runs, gpa)], down(m, gpa));
}

/* Reads a buffer span by span. */
static void op_spans(struct model *m)
{
    bool real;
    uint64_t gpa;
    uint64_t length = pick_buffer(m, &gpa);
    axas_attr access = (axas_attr)(1 + dice_below(&m->dice, 3));
    unsigned want = judge_copy(m, gpa, length, access, 0, &real);
    if (want != 0 || !real || length == 0 || runs_present(&m->runs, RUN_ALLOC) > ALLOC_LIMIT) {
        say(m, "no spans");
        return;
    }
    say(m, "spans of 0x%" PRIx64 "+0x%" PRIx64 " access %u", gpa, length, access);
    struct axas_guest_iterator it;
    enum axas_status status = AXAS_ERR_CORRUPT;
    uint64_t at = gpa;
    order_fault(m->order, axas_gpa_of(UINT64_MAX)); /* no vCPU met a fault here */
    axas_guest_iterate(&it, &m->space, axas_gpa_of(gpa), length, access);
    while (axas_guest_next(&it, &status)) {
        if (it.span.gpa.raw != at || it.span.length == 0 || it.span.length > length - (at - gpa)) {
            fail(m, "span 0x%" PRIx64 "+0x%" PRIx64 ", expected to begin at 0x%" PRIx64, it.span.gpa.raw,
                 it.span.length, at);
        }
        if (!tree_read(&m->tree, &m->space.table)) {
            fail(m, "the tree is not well formed: %s", m->tree.problem);
        }
        take_over(m, gpa, gpa + (length - 1u), true, false);
        for (uint64_t i = 0; i < it.span.length; i++) {
            uint8_t *byte = (uint8_t *)it.span.data + i;
            if (arena_offset(m, axas_hal_phys(m->hal, byte).raw) !=
                (uint64_t)(shadow_at(m, at + i) - m->shadow)) {
                fail(m, "the span shows the wrong byte for 0x%" PRIx64, at + i);
            }
        }
        uint64_t here = (at | (m->page - 1u)) - at + 1u;
        if (it.span.length < here && it.span.length != length - (at - gpa)) {
            fail(m, "the span at 0x%" PRIx64 " is short", at);
        }
        at += it.span.length;
    }
    if (starved(m) && status == AXAS_ERR_NO_MEMORY) {
        check(m, true, gpa, gpa + (length - 1u), true);
        return;
    }
    if (status != AXAS_OK || at - gpa != length) {
        fail(m, "%s after 0x%" PRIx64 " bytes", axas_status_str(status), at - gpa);
    }
    check(m, true, gpa, gpa + (length - 1u), true);
}

static void op_clear(struct model *m)
{
    maybe_starve(m);
    say(m, "clear");
    judge(m, axas_space_clear(&m->space), 0);
    size_t from, to;
    runs_cut(&m->runs, m->base, m->last, &from, &to);
    lose(m, from, to);
    m->flags = 0;
    check(m, false, 0, 0, false);
    if (m->tree.tables != 1) {
        fail(m, "%" PRIu64 " tables are left", m->tree.tables);
    }
}

/* The CPU sets accessed and dirty bits, the host software bits. */
static void op_mark(struct model *m)
{
    say(m, "mark");
    if (m->tree.count == 0) {
        return;
    }
    const struct tree_leaf *leaf = &m->tree.leaf[dice_below(&m->dice, m->tree.count)];
    const struct axas_level *at = &m->world->format->levels[leaf->level];
    uint64_t set = 0;
    if (m->space.table.hardware_updates && leaf->kind == AXAS_ENTRY_LEAF) {
        set |= rules_marks(m->world->format, m->world->features, leaf->level, leaf->entry,
                           dice_once_in(&m->dice, 2));
    }
    uint64_t software = dice(&m->dice) & at->software_mask;
    set |= software;
    size_t from, to;
    uint64_t first = leaf->gpa;
    uint64_t last = leaf->last;
    tree_poke(m->world->format, leaf, set, at->software_mask & ~software);
    remember(m);
    runs_cut(&m->runs, first, last, &from, &to);
    for (size_t r = from; r < to; r++) {
        m->runs.run[r].software = software;
    }
    if (!tree_read(&m->tree, &m->space.table)) {
        fail(m, "the tree is not well formed: %s", m->tree.problem);
    }
    check(m, false, 0, 0, true);
}

static void op_cache(struct model *m)
{
    if (dice_once_in(&m->dice, 2)) {
        say(m, "drain the cache");
        axas_cache_drain(&m->space, &m->cache);
    } else {
        unsigned faults = 1 + (unsigned)dice_below(&m->dice, 4);
        maybe_starve(m);
        say(m, "fill the cache for %u", faults);
        enum axas_status status = axas_cache_fill(&m->space, &m->cache, faults);
        judge(m, status, starved(m) ? BIT(AXAS_OK) | BIT(AXAS_ERR_NO_MEMORY) : 0);
    }
    check(m, false, 0, 0, false);
}

static void step(struct model *m)
{
    remember(m);
    uint64_t what = dice_below(&m->dice, 100);
    if (m->tree.count > 20000 || (m->runs.count > 600 && what < 30)) {
        op_clear(m);
    } else if (what < 24) {
        op_map(m);
    } else if (what < 36) {
        op_unmap(m);
    } else if (what < 52) {
        op_protect(m);
    } else if (what < 74) {
        op_fault(m);
    } else if (what < 80) {
        op_copy(m, true);
    } else if (what < 85) {
        op_copy(m, false);
    } else if (what < 90) {
        op_object(m, dice_once_in(&m->dice, 2));
    } else if (what < 93) {
        op_spans(m);
    } else if (what < 96) {
        op_mark(m);
    } else if (what < 99) {
        op_cache(m);
    } else if (dice_once_in(&m->dice, 3)) {
        op_clear(m);
    } else {
        say(m, "nothing");
    }
}

static void open_space(struct model *m)
{
    struct axas_hosted_config hosted = {0};
    hosted.size = ARENA_SIZE;
    hosted.free_in_parts = m->world->free_in_parts;
    m->arena = axas_hosted_create(&hosted);
    if (m->arena == NULL) {
        fail(m, "no arena");
    }
    m->hal = axas_hosted_hal(m->arena);

    struct axas_config config = {0};
    config.table = world_table_config(m->world, m->hal);
    config.table.table_limit = m->table_limit;
    config.readers = m->readers;
    config.populate_only = m->populate_only;
    unsigned bits = m->world->physical_bits != 0 ? m->world->physical_bits : m->world->format->output_bits;
    m->physical_last = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1u;
    unsigned levels = m->world->mode->root_level + m->world->mode->level_count;
    m->page = UINT64_C(1) << m->world->format->levels[levels - 1u].shift;
    uint64_t limit = UINT64_C(1) << m->world->gpa_bits;
    m->base = 0;
    m->last = limit - 1u;
    if (dice_once_in(&m->dice, 3)) {
        m->base = down(m, dice_below(&m->dice, limit / 2));
    }
    if (dice_once_in(&m->dice, 3)) {
        m->last = m->base + down(m, (limit - m->base) / 4 + dice_below(&m->dice, limit / 4)) + (m->page - 1u);
        config.size = m->last - m->base + 1u;
    }
    config.base = axas_gpa_of(m->base);
    enum axas_status status = axas_space_init(&m->space, &config);
    if (status != AXAS_OK) {
        fail(m, "init: %s", axas_status_str(status));
    }
    if (axas_table_page_size(&m->space.table) != m->page || axas_space_base(&m->space).raw != m->base ||
        axas_space_end(&m->space).raw != m->last + 1u) {
        fail(m, "the space is not the one that was asked for");
    }
}

/* One for all worlds, since a new one each time takes sanitizers longer than the world. Frames of the guest
 * are cleared in it when they are taken. */
static uint8_t *shadow_of_arena(void)
{
    static uint8_t *shadow;
    shadow = shadow != NULL ? shadow : calloc(1, ARENA_SIZE);
    return shadow;
}

static void run_world(const struct world *world, void *context)
{
    const uint64_t *number = context;
    uint64_t steps = world_steps(world, 135);
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL) {
        abort();
    }
    m->world = world;
    m->seed = *number;
    m->dice.state = *number * UINT64_C(0x2545f4914f6cdd1d) + (uintptr_t)strlen(world->name);
    for (const char *c = world->name; *c != '\0'; c++) {
        m->dice.state = m->dice.state * 31u + (uint8_t)*c;
    }
    m->readers = 1 + (unsigned)dice_below(&m->dice, 3);
    m->populate_only = dice_once_in(&m->dice, 6);
    m->table_limit = dice_once_in(&m->dice, 4) ? 6 + dice_below(&m->dice, 40) : 0;
    (void)snprintf(m->history[0], sizeof m->history[0], "init");
    open_space(m);
    m->attr_count = world_attrs(world, m->attrs, &m->attrs_with_access);
    m->shadow = shadow_of_arena();
    m->owned = calloc(1, ARENA_SIZE / m->page + 1);
    m->own_out = calloc(1, OWN_PAGES);
    if (m->shadow == NULL || m->owned == NULL || m->own_out == NULL ||
        axas_frame_alloc_zeroed(&m->real, m->hal, REAL_SIZE) != AXAS_OK) {
        fail(m, "no memory for the test");
    }
    memset(m->shadow + arena_offset(m, m->real.hpa.raw), 0, m->real.size);
    m->own_base = (m->physical_last / 4 * 3) & ~(64 * m->page - 1u);
    runs_init(&m->runs, m->base, m->last);
    choose_hot(m);
    m->order = order_new(&m->space.table, m->arena, m->populate_only);
    order_watch(m->order, &m->space.lock.writer);
    remember(m);
    check(m, false, 0, 0, false);
    for (m->step = 1; m->step <= steps; m->step++) {
        step(m);
    }
    say(m, "destroy");
    axas_cache_drain(&m->space, &m->cache);
    remember(m);
    axas_space_destroy(&m->space);
    char problem[200];
    if (!order_end(m->order, true, problem)) {
        fail(m, "%s", problem);
    }
    if (m->own_taken != 0) {
        fail(m, "%" PRIu64 " pages of the own backend were never released", m->own_taken);
    }
    axas_frame_free(&m->real);
    if (axas_hosted_destroy(m->arena) != 0) {
        fail(m, "the arena found errors");
    }
    order_free(m->order);
    tree_free(&m->tree);
    runs_free(&m->runs);
    free(m->owned);
    free(m->own_out);
    free(m);
}

int main(int count, char **names)
{
    uint64_t seed = env_number("AXAS_SEED", 1);
    unsigned worlds = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("AXAS_SEED=%" PRIu64 "\n", seed);
    for (int i = 1; i < count || i == 1; i++) {
        worlds += worlds_each(i < count ? names[i] : NULL, WORLDS_MANY, run_world, &seed);
    }
    printf("%u worlds\n", worlds);
    return worlds == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
