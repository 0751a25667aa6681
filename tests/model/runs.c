/* SPDX-License-Identifier: Apache-2.0 */
#include "runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void insert(struct runs *runs, size_t at, struct run run)
{
    if (runs->count == runs->room) {
        runs->room = runs->room == 0 ? 256 : 2 * runs->room;
        runs->run = realloc(runs->run, runs->room * sizeof *runs->run);
        if (runs->run == NULL) {
            abort();
        }
    }
    memmove(&runs->run[at + 1], &runs->run[at], (runs->count - at) * sizeof *runs->run);
    runs->run[at] = run;
    runs->count++;
}

void runs_init(struct runs *runs, uint64_t first, uint64_t last)
{
    struct run hole = {0};
    memset(runs, 0, sizeof *runs);
    hole.first = first;
    hole.last = last;
    insert(runs, 0, hole);
}

void runs_free(struct runs *runs)
{
    free(runs->run);
    memset(runs, 0, sizeof *runs);
}

size_t runs_at(const struct runs *runs, uint64_t gpa)
{
    size_t low = 0;
    size_t high = runs->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (runs->run[middle].last < gpa) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Makes gpa the first byte of a run. */
static size_t cut(struct runs *runs, uint64_t gpa)
{
    size_t i = runs_at(runs, gpa);
    if (runs->run[i].first == gpa) {
        return i;
    }
    struct run upper = runs->run[i];
    upper.hpa += upper.present ? gpa - upper.first : 0;
    upper.first = gpa;
    runs->run[i].last = gpa - 1u;
    insert(runs, i + 1, upper);
    return i + 1;
}

void runs_cut(struct runs *runs, uint64_t first, uint64_t last, size_t *from, size_t *to)
{
    *from = cut(runs, first);
    if (last < runs->run[runs->count - 1].last) {
        *to = cut(runs, last + 1u);
    } else {
        *to = runs->count;
    }
}

static bool alike(const struct run *a, const struct run *b)
{
    if (a->kind != b->kind || (a->kind != RUN_HOLE && a->area != b->area) || a->attr != b->attr ||
        a->present != b->present) {
        return false;
    }
    return !a->present || (a->hpa + (b->first - a->first) == b->hpa && a->seen == b->seen &&
                           a->accessed == b->accessed && a->dirty == b->dirty && a->software == b->software);
}

void runs_join(struct runs *runs)
{
    size_t kept = 0;
    for (size_t i = 1; i < runs->count; i++) {
        if (alike(&runs->run[kept], &runs->run[i])) {
            runs->run[kept].last = runs->run[i].last;
        } else {
            runs->run[++kept] = runs->run[i];
        }
    }
    runs->count = kept + 1;
}

uint64_t runs_present(const struct runs *runs, enum run_kind kind)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->run[i].kind == kind && runs->run[i].present) {
            bytes += runs->run[i].last - runs->run[i].first + 1u;
        }
    }
    return bytes;
}

bool runs_empty(const struct runs *runs, uint64_t first, uint64_t last)
{
    for (size_t i = runs_at(runs, first); i < runs->count && runs->run[i].first <= last; i++) {
        if (runs->run[i].kind != RUN_HOLE) {
            return false;
        }
    }
    return true;
}

static bool differ(char problem[200], uint64_t gpa, const char *what, uint64_t found, uint64_t expected)
{
    (void)snprintf(problem, 200, "gpa 0x%" PRIx64 ": %s: found 0x%" PRIx64 ", expected 0x%" PRIx64, gpa, what,
                   found, expected);
    return false;
}

/* The part of one leaf that lies in one run. */
static bool match_piece(struct run *run, const struct tree_leaf *leaf, uint64_t first, uint64_t software_mask,
                        unsigned flags, char problem[200])
{
    if (!run->present) {
        return differ(problem, first, "memory is there", leaf->entry, 0);
    }
    if (leaf->hpa + (first - leaf->gpa) != run->hpa + (first - run->first)) {
        return differ(problem, first, "host address", leaf->hpa + (first - leaf->gpa),
                      run->hpa + (first - run->first));
    }
    if (leaf->attr != run->attr) {
        return differ(problem, first, "attribute", leaf->attr, run->attr);
    }
    if (!run->seen) {
        return true;
    }
    if (run->accessed != leaf->accessed && !((flags & RUNS_MARKED) && leaf->accessed)) {
        return differ(problem, first, "accessed", leaf->accessed, run->accessed);
    }
    if (run->dirty != leaf->dirty && !((flags & RUNS_MARKED) && leaf->dirty)) {
        return differ(problem, first, "dirty", leaf->dirty, run->dirty);
    }
    if ((leaf->entry & software_mask) != (run->software & software_mask)) {
        return differ(problem, first, "software bits", leaf->entry & software_mask, run->software);
    }
    return true;
}

/* Takes over accessed, dirty and software bits of leaves that are seen for the first time, or changed. */
static void learn(struct runs *runs, const struct tree *tree, const struct axas_format *format)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_leaf *leaf = &tree->leaf[i];
        uint64_t software = leaf->entry & format->levels[leaf->level].software_mask;
        bool news = false;
        for (size_t r = runs_at(runs, leaf->gpa); r < runs->count && runs->run[r].first <= leaf->last; r++) {
            const struct run *run = &runs->run[r];
            news = news || !run->seen || run->accessed != leaf->accessed || run->dirty != leaf->dirty;
        }
        if (!news) {
            continue;
        }
        size_t from, to;
        runs_cut(runs, leaf->gpa, leaf->last, &from, &to);
        for (size_t r = from; r < to; r++) {
            runs->run[r].software = runs->run[r].seen ? runs->run[r].software : software;
            runs->run[r].seen = true;
            runs->run[r].accessed = leaf->accessed;
            runs->run[r].dirty = leaf->dirty;
        }
    }
    runs_join(runs);
}

bool runs_match(struct runs *runs, const struct tree *tree, const struct axas_format *format, unsigned flags,
                char problem[200])
{
    uint64_t begin = runs->run[0].first;
    uint64_t end = runs->run[runs->count - 1].last;
    size_t r = 0;
    uint64_t covered = begin; /* every page below agrees */
    bool covered_all = false;

    for (size_t i = 0; i <= tree->count; i++) {
        const struct tree_leaf *leaf = i < tree->count ? &tree->leaf[i] : NULL;
        uint64_t until = leaf != NULL ? leaf->gpa : end; /* no leaf from `covered` to here */
        if (leaf != NULL && (leaf->gpa < begin || leaf->last > end)) {
            return differ(problem, leaf->gpa, "a leaf outside the range", leaf->entry, 0);
        }
        for (; r < runs->count; r++) {
            const struct run *run = &runs->run[r];
            uint64_t from = run->first > covered ? run->first : covered;
            bool may_lack =
                (run->kind == RUN_LINEAR || run->kind == RUN_PURE) && (flags & RUNS_HOLES_ALLOWED);
            bool lacks = leaf != NULL ? from < until : !covered_all;
            if (lacks && from <= run->last && run->present && !may_lack) {
                return differ(problem, from, "no memory is there", 0, run->hpa + (from - run->first));
            }
            if (leaf != NULL && run->last >= until) {
                break;
            }
        }
        if (leaf == NULL) {
            break;
        }
        uint64_t software_mask = format->levels[leaf->level].software_mask;
        size_t at = r;
        for (; at < runs->count && runs->run[at].first <= leaf->last; at++) {
            struct run *run = &runs->run[at];
            uint64_t first = run->first > leaf->gpa ? run->first : leaf->gpa;
            if (!match_piece(run, leaf, first, software_mask, flags, problem)) {
                return false;
            }
        }
        r = at - 1;
        covered_all = leaf->last == end;
        covered = leaf->last + 1u;
    }
    learn(runs, tree, format);
    return true;
}
