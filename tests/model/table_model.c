/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operations on a tree of the table layer alone, each judged by the model of runs.h, and the order of
 * its stores, invalidations and frees by order.h. For every format, mode, and set of features and widths.
 * Arguments name formats; without one all are run. AXAS_SEED and AXAS_STEPS choose the sequence and its
 * length.
 */
#include "groups.h"
#include "inline.h"
#include "order.h"
#include "rules.h"
#include "runs.h"
#include "world.h"

#include <axas/walk.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY 12
#define HOT_MAX 24
#define LEAVES_PER_CALL UINT64_C(3000)

struct model {
    const struct world *world;
    const struct inline_walks *walks;
    uint64_t seed, step;
    struct dice dice;
    struct axas_hosted *arena;
    const struct axas_hal *hal;
    struct axas_hal bare; /* a HAL without the optional functions */
    struct axas_table table;
    struct order *order;
    struct runs runs;
    struct runs owed; /* memory that has to be released: present runs of this second model */
    struct tree tree;
    uint64_t page, last, physical_last;
    uint64_t hot[HOT_MAX];
    size_t hot_count;
    axas_attr attrs[256];
    unsigned attr_count, attrs_with_access;
    unsigned areas;
    uint64_t pool_bytes;
    struct axas_pool pool;
    char history[HISTORY][200];
};

static void fail(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void fail(struct model *m, const char *format, ...)
{
    va_list arguments;
    printf("\nFAILED in %s\nAXAS_SEED=%" PRIu64 " step %" PRIu64 " page 0x%" PRIx64 "\n", m->world->name,
           m->seed, m->step, m->page);
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
    int n = snprintf(line, 200, "%" PRIu64 ": ", m->step);
    va_start(arguments, format);
    (void)vsnprintf(line + n, 200 - (size_t)n, format, arguments);
    va_end(arguments);
}

static uint64_t down(const struct model *m, uint64_t value)
{
    return value & ~(m->page - 1u);
}

static uint64_t reach(const struct model *m, unsigned n)
{
    return UINT64_C(1) << m->world->format->levels[m->world->mode->root_level + n].shift;
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
    for (unsigned n = 0; n < m->world->mode->level_count; n++) {
        if (leaf_size_legal(m, m->world->mode->root_level + n, AXAS_READ | AXAS_EXEC)) {
            return reach(m, n);
        }
    }
    return m->page;
}

static uint64_t pick_gpa(struct model *m)
{
    uint64_t gpa = m->hot[dice_below(&m->dice, m->hot_count)];
    const struct run *run = &m->runs.run[dice_below(&m->dice, m->runs.count)];
    switch (dice_below(&m->dice, 6)) {
    case 0:
        gpa = run->first;
        break;
    case 1:
        gpa = run->last;
        break;
    case 2:
        gpa = run->first + dice_below(&m->dice, run->last - run->first);
        break;
    default:
        break;
    }
    if (dice_once_in(&m->dice, 3)) {
        uint64_t by = dice_below(&m->dice, 20) * m->page;
        gpa = dice_once_in(&m->dice, 2) ? gpa + by : gpa > by ? gpa - by : gpa;
    }
    return down(m, gpa > m->last ? m->last : gpa);
}

static uint64_t pick_size(struct model *m, uint64_t gpa, uint64_t most)
{
    uint64_t size = reach(m, (unsigned)dice_below(&m->dice, m->world->mode->level_count));
    uint64_t room = m->last - gpa + 1u;
    uint64_t other;
    switch (dice_below(&m->dice, 7)) {
    case 0:
        size = (1 + dice_below(&m->dice, 4)) * m->page;
        break;
    case 1:
        size = (1 + dice_below(&m->dice, 70)) * m->page;
        break;
    case 2:
        size += dice_below(&m->dice, 3) * m->page;
        break;
    case 3:
        size = size - gpa % size;
        break;
    case 4:
        size = size > m->page ? size - m->page : size;
        break;
    case 5:
        size *= 1 + dice_below(&m->dice, 4);
        break;
    default:
        other = pick_gpa(m);
        size = other > gpa ? other - gpa : room;
        break;
    }
    size = size > room ? room : size;
    size = size > most ? most : size;
    size = down(m, size);
    return size == 0 ? m->page : size;
}

static axas_attr pick_attr(struct model *m)
{
    if (dice_once_in(&m->dice, 40)) {
        return (axas_attr)dice_below(&m->dice, 0x60);
    }
    if (dice_once_in(&m->dice, 2)) {
        return AXAS_READ | (dice_once_in(&m->dice, 2) ? AXAS_WRITE : 0);
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

#define BIT(status) (1u << (status))

static void judge(struct model *m, enum axas_status got, unsigned want)
{
    want = want == 0 ? BIT(AXAS_OK) : want;
    if ((want & BIT(got)) == 0) {
        fail(m, "status %d (%s), allowed are the bits of 0x%x", (int)got, axas_status_str(got), want);
    }
}

static void spoil(struct model *m, uint64_t *gpa, uint64_t *size)
{
    switch (dice_below(&m->dice, 60)) {
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
        *size = down(m, UINT64_C(0) - *gpa);
        break;
    case 4:
        *size = m->last - *gpa + 1u + m->page;
        break;
    case 5:
        *gpa = m->last + 1u;
        break;
    default:
        break;
    }
}

static unsigned judge_range(const struct model *m, uint64_t gpa, uint64_t size)
{
    unsigned want = (gpa | size) % m->page != 0 ? BIT(AXAS_ERR_ALIGN) : 0;
    if (size == 0 || gpa > m->last || size - 1u > m->last - gpa) {
        want |= BIT(AXAS_ERR_RANGE);
    }
    return want;
}

static bool released_later(const struct model *m, uint64_t gpa, uint64_t size)
{
    for (size_t i = runs_at(&m->owed, gpa); i < m->owed.count && m->owed.run[i].first <= gpa + (size - 1u);
         i++) {
        if (m->owed.run[i].present) {
            return true;
        }
    }
    return false;
}

static void release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct model *m = context;
    size_t from, to;
    if (size == 0 || gpa.raw > m->last || size - 1u > m->last - gpa.raw) {
        fail(m, "released 0x%" PRIx64 "+0x%" PRIx64, gpa.raw, size);
    }
    runs_cut(&m->owed, gpa.raw, gpa.raw + (size - 1u), &from, &to);
    for (size_t i = from; i < to; i++) {
        struct run *run = &m->owed.run[i];
        if (!run->present || run->hpa != hpa.raw + (run->first - gpa.raw)) {
            fail(m, "released gpa 0x%" PRIx64 " hpa 0x%" PRIx64 ", which was %s", run->first,
                 hpa.raw + (run->first - gpa.raw),
                 run->present ? "elsewhere" : "not taken out, or released before");
        }
        run->present = false;
        run->kind = RUN_HOLE;
    }
    runs_join(&m->owed);
}

static void check_released(struct model *m)
{
    if (runs_present(&m->owed, RUN_LINEAR) != 0) {
        for (size_t i = 0; i < m->owed.count; i++) {
            if (m->owed.run[i].present) {
                fail(m, "0x%" PRIx64 "..0x%" PRIx64 " was not released", m->owed.run[i].first,
                     m->owed.run[i].last);
            }
        }
    }
}

static void check_address(struct model *m, const struct run *run, uint64_t gpa)
{
    struct axas_leaf leaf;
    axas_hpa hpa = axas_hpa_of(0x5a5a);
    uint64_t expected = run->hpa + (gpa - run->first);
    enum axas_status query = axas_table_query(&m->table, axas_gpa_of(gpa), &leaf);
    enum axas_status translate = axas_table_translate(&m->table, axas_gpa_of(gpa), &hpa);
    bool access = run->present && (run->attr & AXAS_ACCESS_MASK) != 0;
    axas_hpa same = axas_hpa_of(0x5a5a);
    if (m->walks->translate(&m->table, axas_gpa_of(gpa), &same) != (access ? AXAS_OK : AXAS_ERR_NOT_MAPPED) ||
        same.raw != (access ? expected : 0x5a5a)) {
        fail(m, "0x%" PRIx64 " in the caller's own code: 0x%" PRIx64, gpa, same.raw);
    }
    const axas_gpa batch[] = {{gpa}, {UINT64_MAX}, {gpa}};
    axas_hpa got[3];
    if (axas_table_translate_batch(&m->table, batch, got, 3) != AXAS_OK ||
        got[0].raw != (access ? expected : AXAS_NO_HPA) || got[1].raw != AXAS_NO_HPA ||
        got[2].raw != got[0].raw) {
        fail(m, "0x%" PRIx64 " in a batch: 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64, gpa, got[0].raw,
             got[1].raw, got[2].raw);
    }
    if (query != (run->present ? AXAS_OK : AXAS_ERR_NOT_MAPPED) ||
        translate != (access ? AXAS_OK : AXAS_ERR_NOT_MAPPED) || hpa.raw != (access ? expected : 0x5a5a)) {
        fail(m, "0x%" PRIx64 ": query %s, translate %s to 0x%" PRIx64 "; expected 0x%" PRIx64 " attr 0x%x",
             gpa, axas_status_str(query), axas_status_str(translate), hpa.raw, run->present ? expected : 0,
             run->attr);
    }
    if (run->present && (leaf.hpa.raw + (gpa - leaf.gpa.raw) != expected || leaf.attr != run->attr ||
                         gpa - leaf.gpa.raw >= leaf.size)) {
        fail(m, "query of 0x%" PRIx64 ": gpa 0x%" PRIx64 " hpa 0x%" PRIx64 " size 0x%" PRIx64 " attr 0x%x",
             gpa, leaf.gpa.raw, leaf.hpa.raw, leaf.size, leaf.attr);
    }
}

struct visited {
    struct model *m;
    size_t next, stop;
};

static bool visit(void *context, const struct axas_leaf *leaf)
{
    struct visited *v = context;
    const struct tree_leaf *expected = &v->m->tree.leaf[v->next];
    if (v->next >= v->m->tree.count || leaf->gpa.raw != expected->gpa || leaf->entry != expected->entry ||
        leaf->size - 1u != expected->last - expected->gpa || leaf->hpa.raw != expected->hpa ||
        leaf->kind != expected->kind || leaf->level != expected->level || leaf->attr != expected->attr) {
        fail(v->m, "visit: leaf %zu is at 0x%" PRIx64 " size 0x%" PRIx64, v->next, leaf->gpa.raw, leaf->size);
    }
    v->next++;
    return v->next != v->stop;
}

static void check_visit(struct model *m)
{
    uint64_t gpa = pick_gpa(m);
    uint64_t last = gpa + (pick_size(m, gpa, UINT64_MAX) - 1u);
    struct visited v = {m, 0, SIZE_MAX};
    while (v.next < m->tree.count && m->tree.leaf[v.next].last < gpa) {
        v.next++;
    }
    size_t end = v.next;
    while (end < m->tree.count && m->tree.leaf[end].gpa <= last) {
        end++;
    }
    if (end > v.next && dice_once_in(&m->dice, 2)) {
        end = v.next + 1 + dice_below(&m->dice, end - v.next);
        v.stop = end;
    }
    judge(m, axas_table_visit(&m->table, axas_gpa_of(gpa), last - gpa + 1u, visit, &v), 0);
    if (v.next != end) {
        fail(m, "visit of 0x%" PRIx64 "..0x%" PRIx64 ": %zu leaves were not shown", gpa, last, end - v.next);
    }
}

static uint64_t pool_bytes(const struct model *m, const struct axas_pool *pool)
{
    uint64_t bytes = 0;
    for (unsigned level = 0; level < m->world->format->level_count; level++) {
        bytes += pool->count[level] * tree_table_bytes(m->world->format, level);
    }
    return bytes;
}

static void check(struct model *m)
{
    char problem[200];
    if (!order_end(m->order, false, problem)) {
        fail(m, "%s", problem);
    }
    if (!tree_read(&m->tree, &m->table)) {
        fail(m, "the tree is not well formed: %s", m->tree.problem);
    }
    if (!runs_match(&m->runs, &m->tree, m->world->format, 0, problem)) {
        fail(m, "%s", problem);
    }
    uint64_t taken = axas_hosted_bytes(m->arena, AXAS_FRAME_TABLE);
    uint64_t known = m->tree.bytes + pool_bytes(m, &m->table.pool) + pool_bytes(m, &m->pool);
    if (taken != known) {
        fail(m, "0x%" PRIx64 " bytes taken for tables, 0x%" PRIx64 " known", taken, known);
    }
    for (size_t i = 0; i < m->tree.count; i++) {
        if (m->tree.leaf[i].kind == AXAS_ENTRY_LEAF &&
            !leaf_size_legal(m, m->tree.leaf[i].level, m->tree.leaf[i].attr)) {
            fail(m, "a leaf at 0x%" PRIx64 " is larger than may be", m->tree.leaf[i].gpa);
        }
    }
    for (size_t r = 0; r < m->runs.count; r++) {
        const struct run *run = &m->runs.run[r];
        check_address(m, run, run->first);
        check_address(m, run, run->last);
        check_address(m, run, run->first + dice_below(&m->dice, run->last - run->first));
    }
    check_visit(m);
}

static void check_largest(struct model *m, uint64_t first, uint64_t last, uint64_t hpa, axas_attr attr)
{
    for (size_t i = 0; i < m->tree.count; i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        for (unsigned level = m->world->mode->root_level; level < leaf->level; level++) {
            uint64_t size = UINT64_C(1) << m->world->format->levels[level].shift;
            uint64_t block = leaf->gpa & ~(size - 1u);
            if (leaf->gpa >= first && leaf->last <= last && leaf_size_legal(m, level, attr) &&
                block >= first && last - block >= size - 1u && (hpa + (block - first)) % size == 0) {
                fail(m, "0x%" PRIx64 " is in a leaf of 0x%" PRIx64 " bytes, 0x%" PRIx64 " would fit",
                     leaf->gpa, leaf->last - leaf->gpa + 1u, size);
            }
        }
    }
}

/* Every contiguous group that was mapped whole, to memory aligned as it is, is marked. */
static void check_groups(struct model *m, uint64_t first, uint64_t last, uint64_t hpa)
{
    const struct axas_format *format = m->world->format;
    for (size_t i = 0; i < m->tree.count; i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        const struct group_fact *fact = groups_at(format, leaf->level);
        if (leaf->gpa < first || leaf->last > last || fact == NULL) {
            continue;
        }
        uint64_t size = fact->leaves * (leaf->last - leaf->gpa + 1u);
        uint64_t block = leaf->gpa & ~(size - 1u);
        bool may = (axas_feature_find(format, fact->with) & m->world->features) != 0 && block >= first &&
                   block <= last && last - block >= size - 1u && (hpa + (block - first)) % size == 0;
        if (may) { /* unless leaves of another size are in it */
            const struct tree_leaf *low = leaf, *high = leaf;
            while (low > m->tree.leaf && low[-1].gpa >= block) {
                low--;
            }
            while (high < m->tree.leaf + m->tree.count - 1 && high[1].last - block < size) {
                high++;
            }
            may = (size_t)(high - low) + 1u == fact->leaves;
        }
        if ((leaf->group != 0) != may) {
            fail(m, "0x%" PRIx64 " is%s of a contiguous group", leaf->gpa, may ? " not" : "");
        }
    }
}

static void mapped(struct model *m, uint64_t gpa, uint64_t size, uint64_t hpa, axas_attr attr)
{
    size_t from, to;
    runs_cut(&m->runs, gpa, gpa + (size - 1u), &from, &to);
    struct run *run = &m->runs.run[from];
    run->kind = RUN_LINEAR;
    run->attr = attr;
    run->area = ++m->areas;
    run->present = true;
    run->hpa = hpa;
    run->seen = false;
}

static void op_map(struct model *m)
{
    uint64_t large = largest_leaf(m);
    uint64_t gpa = pick_gpa(m);
    uint64_t most = large * 64 > LEAVES_PER_CALL * m->page ? large * 64 : LEAVES_PER_CALL * m->page;
    most = most > m->physical_last / 2 ? m->physical_last / 2 : most;
    uint64_t size = pick_size(m, gpa, most);
    uint64_t top = m->physical_last - (size - 1u);
    uint64_t hpa = down(m, dice_once_in(&m->dice, 8) ? top : dice_below(&m->dice, top));
    if (size / m->page > LEAVES_PER_CALL || dice_once_in(&m->dice, 2)) {
        hpa = (hpa & ~(large - 1u)) + (gpa & (large - 1u));
        while (hpa > top && hpa >= large) {
            hpa -= large;
        }
    } else if (dice_once_in(&m->dice, 8)) {
        /* Across a power of two, where another piece of the entry may begin. */
        const uint64_t middle = UINT64_C(1) << dice_below(&m->dice, m->table.physical_bits);
        const uint64_t before = down(m, dice_below(&m->dice, size));
        hpa = middle > before && middle - before <= top ? down(m, middle - before) : hpa;
    }
    if (size / m->page > LEAVES_PER_CALL && ((hpa ^ gpa) & (large - 1u)) != 0) {
        size = m->page;
    }
    axas_attr attr = pick_attr(m);
    spoil(m, &gpa, &size);
    unsigned want = judge_range(m, gpa, size);
    if (dice_once_in(&m->dice, 30)) {
        hpa = dice_once_in(&m->dice, 2) ? hpa + 1u : down(m, m->physical_last) + 2 * m->page;
    }
    want |= hpa % m->page != 0 ? BIT(AXAS_ERR_ALIGN) : 0;
    want |=
        hpa > m->physical_last || (size != 0 && size - 1u > m->physical_last - hpa) ? BIT(AXAS_ERR_RANGE) : 0;
    want |= !attr_known(m, attr) || (attr & AXAS_ACCESS_MASK) == 0 ? BIT(AXAS_ERR_UNSUPPORTED) : 0;
    if ((judge_range(m, gpa, size) & BIT(AXAS_ERR_RANGE)) == 0 &&
        !runs_empty(&m->runs, gpa, gpa + (size - 1u))) {
        want |= BIT(AXAS_ERR_EXISTS);
    }
    /* By a call, in the caller's own code, and there as one of pages in no order. */
    const uint64_t way = size == m->page ? dice_below(&m->dice, 3) : 0;
    static const char *const ways[] = {"", "_page", "_scattered_page"};
    say(m, "map%s 0x%" PRIx64 "+0x%" PRIx64 " hpa 0x%" PRIx64 " attr 0x%x", ways[way], gpa, size, hpa, attr);
    uint64_t hash = m->tree.hash;
    enum axas_status status =
        way == 0   ? axas_table_map(&m->table, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr)
        : way == 1 ? m->walks->map_page(&m->table, axas_gpa_of(gpa), axas_hpa_of(hpa), attr)
                   : m->walks->map_scattered_page(&m->table, axas_gpa_of(gpa), axas_hpa_of(hpa), attr);
    judge(m, status, want);
    if (status == AXAS_OK) {
        mapped(m, gpa, size, hpa, attr);
    }
    check(m);
    if (status == AXAS_OK) {
        check_largest(m, gpa, gpa + (size - 1u), hpa, attr);
        check_groups(m, gpa, gpa + (size - 1u), hpa);
    } else if (hash != m->tree.hash) {
        fail(m, "map failed, yet entries changed");
    }
}

static void op_install(struct model *m)
{
    const struct axas_mode *mode = m->world->mode;
    unsigned level = mode->root_level + (unsigned)dice_below(&m->dice, mode->level_count);
    uint64_t size = UINT64_C(1) << m->world->format->levels[level].shift;
    uint64_t gpa = pick_gpa(m) & ~(size - 1u);
    uint64_t hpa = dice_below(&m->dice, m->physical_last) & ~(size - 1u);
    axas_attr attr = pick_attr(m);
    unsigned want = 0;
    if (size - 1u > m->last || gpa > m->last || size - 1u > m->last - gpa ||
        (m->world->max_exec_leaf_shift != 0 &&
         size / largest_leaf(m) > 512)) { /* protect would split it all */
        return;
    }
    if (hpa > m->physical_last || size - 1u > m->physical_last - hpa) {
        want |= BIT(AXAS_ERR_RANGE);
    }
    if (dice_once_in(&m->dice, 20)) {
        gpa += m->page / 2;
        want |= BIT(AXAS_ERR_ALIGN) | BIT(AXAS_ERR_RANGE);
    } else if (!runs_empty(&m->runs, gpa, gpa + (size - 1u))) {
        want |= BIT(AXAS_ERR_EXISTS);
    }
    if (!attr_known(m, attr) || (attr & AXAS_ACCESS_MASK) == 0 || !leaf_size_legal(m, level, attr)) {
        want |= BIT(AXAS_ERR_UNSUPPORTED);
    }
    struct axas_leaf hole;
    bool filled = false;
    unsigned hole_level = mode->root_level;
    if (axas_walk_query(&m->table, down(m, gpa), &hole) == AXAS_ERR_NOT_MAPPED) {
        hole_level = hole.level;
    }
    if (hole_level < level && dice_once_in(&m->dice, 4)) {
        want |= m->pool.count[hole_level + 1u] == 0 ? BIT(AXAS_ERR_NO_MEMORY) : 0;
    } else {
        judge(m, axas_pool_fill(&m->table, &m->pool, hole_level, level), 0);
        filled = true;
    }
    const bool inlined = size == m->page && dice_once_in(&m->dice, 2);
    say(m, "install%s 0x%" PRIx64 "+0x%" PRIx64 " hpa 0x%" PRIx64 " attr 0x%x%s", inlined ? "_page" : "", gpa,
        size, hpa, attr, filled ? "" : " with a short pool");
    order_shared(m->order);
    uint64_t hash = m->tree.hash;
    enum axas_status status =
        inlined ? m->walks->install_page(&m->table, axas_gpa_of(gpa), axas_hpa_of(hpa), attr, &m->pool)
                : axas_table_install(&m->table, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr, &m->pool);
    if (!filled) { /* the pool may hold enough from before */
        want |= BIT(AXAS_ERR_NO_MEMORY) | (want == 0 ? BIT(AXAS_OK) : 0);
    }
    judge(m, status, want);
    if (status == AXAS_OK) {
        mapped(m, gpa, size, hpa, attr);
        uint64_t page = gpa + down(m, dice_below(&m->dice, size));
        order_fault(m->order, axas_gpa_of(page));
        axas_table_after_fault(&m->table, axas_gpa_of(page));
        order_goes_on(m->order, axas_gpa_of(page));
    }
    check(m);
    if (status != AXAS_OK && hash != m->tree.hash) {
        fail(m, "install failed, yet entries changed");
    }
}

static void op_unmap(struct model *m)
{
    struct axas_gather gather;
    unsigned calls = 1 + (dice_once_in(&m->dice, 4) ? (unsigned)dice_below(&m->dice, 3) : 0);
    bool releases = dice_once_in(&m->dice, 2);
    axas_gather_init(&gather, releases ? release : NULL, m);
    char *line = m->history[m->step % HISTORY];
    say(m, "unmap%s", releases ? " and release" : "");
    for (unsigned i = 0; i < calls; i++) {
        uint64_t gpa = pick_gpa(m);
        uint64_t size = pick_size(m, gpa, UINT64_MAX);
        spoil(m, &gpa, &size);
        unsigned want = judge_range(m, gpa, size);
        size_t used = strlen(line);
        (void)snprintf(line + used, 200 - used, " 0x%" PRIx64 "+0x%" PRIx64, gpa, size);
        size_t from = 0;
        size_t to = 0;
        if (want == 0) {
            runs_cut(&m->runs, gpa, gpa + (size - 1u), &from, &to);
            for (size_t r = from; releases && r < to; r++) {
                struct run run = m->runs.run[r];
                size_t owed_from, owed_to;
                if (run.present) {
                    if (released_later(m, run.first, run.last - run.first + 1u)) {
                        fail(m, "the test lost count at 0x%" PRIx64, run.first);
                    }
                    runs_cut(&m->owed, run.first, run.last, &owed_from, &owed_to);
                    for (size_t k = owed_from; k < owed_to; k++) {
                        m->owed.run[k].kind = RUN_LINEAR;
                        m->owed.run[k].present = true;
                        m->owed.run[k].hpa = run.hpa + (m->owed.run[k].first - run.first);
                    }
                }
            }
        }
        enum axas_status status = axas_table_unmap(&m->table, axas_gpa_of(gpa), size, &gather);
        judge(m, status, want);
        for (size_t r = from; want == 0 && r < to; r++) {
            struct run hole = {0};
            hole.first = m->runs.run[r].first;
            hole.last = m->runs.run[r].last;
            m->runs.run[r] = hole;
        }
        if (want == 0) {
            runs_join(&m->runs);
        }
    }
    axas_gather_flush(&m->table, &gather);
    axas_gather_free(&m->table, &gather);
    check_released(m);
    check(m);
}

/* What the table layer leaves to its caller, since it cannot know who has seen the memory. */
static void publish(struct model *m, uint64_t gpa, uint64_t last, axas_attr attr)
{
    const struct axas_hal *hal = m->table.hal;
    for (size_t i = 0; hal->frame_publish != NULL && i < m->tree.count; i++) {
        const struct tree_leaf *leaf = &m->tree.leaf[i];
        if (leaf->gpa <= last && leaf->last >= gpa) {
            hal->frame_publish(hal->context, axas_hpa_of(leaf->hpa), leaf->last - leaf->gpa + 1u, attr);
        }
    }
}

static void op_protect(struct model *m)
{
    struct axas_gather gather;
    uint64_t gpa = pick_gpa(m);
    uint64_t size = pick_size(m, gpa, UINT64_MAX);
    axas_attr attr =
        dice_once_in(&m->dice, 5) && m->attr_count > m->attrs_with_access
            ? m->attrs[m->attrs_with_access + dice_below(&m->dice, m->attr_count - m->attrs_with_access)]
            : pick_attr(m);
    spoil(m, &gpa, &size);
    unsigned want = judge_range(m, gpa, size) | (attr_known(m, attr) ? 0 : BIT(AXAS_ERR_UNSUPPORTED));
    say(m, "protect 0x%" PRIx64 "+0x%" PRIx64 " attr 0x%x", gpa, size, attr);
    uint64_t hash = m->tree.hash;
    axas_gather_init(&gather, NULL, NULL);
    if (want == 0) {
        publish(m, gpa, gpa + (size - 1u), attr);
    }
    enum axas_status status = axas_table_protect(&m->table, axas_gpa_of(gpa), size, attr, &gather);
    axas_gather_flush(&m->table, &gather);
    axas_gather_free(&m->table, &gather);
    if (m->world->max_exec_leaf_shift != 0 && (attr & AXAS_EXEC) != 0 && size / m->page > 1u << 19) {
        want |= BIT(AXAS_ERR_NO_MEMORY) | (want == 0 ? BIT(AXAS_OK) : 0); /* very many small leaves */
    }
    judge(m, status, want);
    if (status == AXAS_OK) {
        size_t from, to;
        runs_cut(&m->runs, gpa, gpa + (size - 1u), &from, &to);
        for (size_t r = from; r < to; r++) {
            m->runs.run[r].attr = m->runs.run[r].present ? attr : 0;
        }
        runs_join(&m->runs);
    }
    check(m);
    if (status != AXAS_OK && hash != m->tree.hash) {
        fail(m, "protect failed, yet entries changed");
    }
}

/* The CPU sets accessed and dirty bits, the host software bits. */
static void op_mark(struct model *m)
{
    if (m->tree.count == 0) {
        return;
    }
    const struct tree_leaf *leaf = &m->tree.leaf[dice_below(&m->dice, m->tree.count)];
    const struct axas_level *at = &m->world->format->levels[leaf->level];
    uint64_t software = dice(&m->dice) & at->software_mask;
    uint64_t marks = 0;
    size_t from, to;
    if (m->table.hardware_updates && leaf->kind == AXAS_ENTRY_LEAF) {
        const bool write = dice_once_in(&m->dice, 2);
        marks = rules_marks(m->world->format, m->world->features, leaf->level, leaf->entry, write);
        if (write && dice_once_in(&m->dice, 4)) {
            marks |= at->dirty_mask; /* the host wrote, perhaps where the guest may not */
        }
    }
    say(m, "mark 0x%" PRIx64, leaf->gpa);
    runs_cut(&m->runs, leaf->gpa, leaf->last, &from, &to);
    tree_poke(m->world->format, leaf, software | marks, at->software_mask & ~software);
    for (size_t r = from; r < to; r++) {
        m->runs.run[r].software = software;
    }
    if (leaf->group != 0) { /* one for all, which the leaf does not say of itself */
        uint64_t first = leaf->gpa & ~(leaf->group - 1u);
        runs_cut(&m->runs, first, first + (leaf->group - 1u), &from, &to);
    }
    for (size_t r = from; r < to; r++) {
        m->runs.run[r].accessed = m->runs.run[r].accessed || (marks & at->accessed_mask) != 0;
        m->runs.run[r].dirty = m->runs.run[r].dirty || (marks & ~at->accessed_mask) != 0;
    }
    order_begin(m->order);
    order_pool(m->order, &m->pool);
    check(m);
}

static void step(struct model *m)
{
    order_begin(m->order);
    order_pool(m->order, &m->pool);
    uint64_t what = dice_below(&m->dice, 100);
    if (what < 35) {
        op_map(m);
    } else if (what < 60 || m->tree.count > 20000) {
        op_unmap(m);
    } else if (what < 80) {
        op_protect(m);
    } else if (what < 93) {
        op_install(m);
    } else {
        op_mark(m);
    }
}

static void choose_hot(struct model *m)
{
    m->hot[m->hot_count++] = 0;
    m->hot[m->hot_count++] = m->last;
    for (unsigned n = 0; n < m->world->mode->level_count; n++) {
        uint64_t size = reach(m, n);
        m->hot[m->hot_count++] = size > m->last ? m->last : size;
        m->hot[m->hot_count++] = m->last / size * size;
        m->hot[m->hot_count++] = dice_below(&m->dice, m->last) / size * size;
    }
}

static void run_world(const struct world *world, void *context)
{
    const uint64_t *seed = context;
    uint64_t steps = world_steps(world, 90);
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL) {
        abort();
    }
    m->world = world;
    m->walks = inline_walks_of(world->format, world->mode);
    m->seed = *seed;
    m->dice.state = *seed * UINT64_C(0x2545f4914f6cdd1d);
    for (const char *c = world->name; *c != '\0'; c++) {
        m->dice.state = m->dice.state * 31u + (uint8_t)*c;
    }
    (void)snprintf(m->history[0], sizeof m->history[0], "init");
    struct axas_hosted_config hosted = {0};
    hosted.free_in_parts = world->free_in_parts;
    m->arena = axas_hosted_create(&hosted);
    if (m->arena == NULL) {
        fail(m, "no arena");
    }
    m->hal = axas_hosted_hal(m->arena);
    m->bare = *m->hal;
    m->bare.table_write_back = NULL;
    m->bare.barrier = NULL;
    m->bare.frame_publish = NULL;
    m->bare.reader_slot = NULL;
    struct axas_table_config config =
        world_table_config(world, dice_once_in(&m->dice, 4) ? &m->bare : m->hal);
    judge(m, axas_table_init(&m->table, &config), 0);
    m->order = order_new(&m->table, m->arena, false);
    m->attr_count = world_attrs(world, m->attrs, &m->attrs_with_access);
    unsigned bits = world->physical_bits != 0 ? world->physical_bits : world->format->output_bits;
    m->physical_last = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1u;
    m->page = reach(m, world->mode->level_count - 1u);
    m->last = (UINT64_C(1) << world->gpa_bits) - 1u;
    if (axas_table_page_size(&m->table) != m->page || axas_table_limit(&m->table) != m->last + 1u) {
        fail(m, "the tree is not the one that was asked for");
    }
    runs_init(&m->runs, 0, m->last);
    runs_init(&m->owed, 0, m->last);
    choose_hot(m);
    order_begin(m->order);
    check(m);
    for (m->step = 1; m->step <= steps; m->step++) {
        step(m);
    }
    say(m, "destroy");
    axas_pool_drain(&m->table, &m->pool);
    runs_free(&m->owed);
    m->owed = m->runs;
    memset(&m->runs, 0, sizeof m->runs);
    char problem[200];
    order_begin(m->order);
    axas_table_destroy(&m->table, release, m);
    if (!order_end(m->order, true, problem)) {
        fail(m, "%s", problem);
    }
    check_released(m);
    if (axas_hosted_destroy(m->arena) != 0) {
        fail(m, "the arena found errors");
    }
    order_free(m->order);
    tree_free(&m->tree);
    runs_free(&m->owed);
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
