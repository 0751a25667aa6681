/* SPDX-License-Identifier: Apache-2.0 */
#include "subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void bench_fail(const struct subject *subject, const char *what, uint64_t at)
{
    fprintf(stderr, "bench: WRONG: %s %s: %s at %#" PRIx64 "\n", subject->format->name, subject->mode->name,
            what, at);
    exit(EXIT_FAILURE);
}

static struct axas_table_config config_of(const struct subject *subject)
{
    const struct axas_table_config config = {
        .hal = bench_hal(), .format = subject->format, .mode = subject->mode, .features = subject->features};
    return config;
}

bool subject_start(struct subject *subject, const struct axas_format *format, const struct axas_mode *mode,
                   uint64_t features)
{
    struct axas_table table;
    struct axas_table_config config;
    *subject = (struct subject){.format = format,
                                .mode = mode,
                                .floors = floors_find(format->name, mode->name),
                                .inline_way = way_inline(format->name, mode->name),
                                .features = features};
    config = config_of(subject);
    if (subject->floors == NULL || subject->inline_way == NULL ||
        axas_table_init(&table, &config) != AXAS_OK) {
        return false;
    }
    const uint64_t sizes = axas_table_leaf_sizes(&table, RW);
    const uint64_t larger = sizes & (sizes - 1);
    subject->page = axas_table_page_size(&table);
    subject->large = larger & (~larger + 1);
    subject->limit = axas_table_limit(&table);
    subject->hpa = UINT64_C(1) << (table.physical_bits - 1);
    subject->locked = table.hardware_updates;
    axas_table_destroy(&table, NULL, NULL);
    return true;
}

uint64_t subject_clip(const struct subject *subject, uint64_t size)
{
    const uint64_t unit = subject->large != 0 ? subject->large : subject->page;
    const uint64_t room = subject->hpa - unit;
    if (subject->limit != 0 && size > subject->limit) {
        size = subject->limit;
    }
    return (size < room ? size : room) / unit * unit;
}

void subject_table(const struct subject *subject, struct axas_table *table)
{
    const struct axas_table_config config = config_of(subject);
    const enum axas_status status = axas_table_init(table, &config);
    if (status != AXAS_OK) {
        bench_fail(subject, axas_status_str(status), 0);
    }
}

void subject_space(const struct subject *subject, struct axas_space *space, unsigned readers)
{
    const struct axas_config config = {.table = config_of(subject), .readers = readers};
    const enum axas_status status = axas_space_init(space, &config);
    if (status != AXAS_OK) {
        bench_fail(subject, axas_status_str(status), 0);
    }
}

static void verify_ledger(const struct subject *subject)
{
    if (bench_hal_used() != 0) {
        bench_fail(subject, "bytes of the HAL were not given back", bench_hal_used());
    }
}

void subject_table_end(const struct subject *subject, struct axas_table *table)
{
    axas_table_destroy(table, NULL, NULL);
    verify_ledger(subject);
}

void subject_space_end(const struct subject *subject, struct axas_space *space)
{
    axas_space_destroy(space);
    verify_ledger(subject);
}

struct expected {
    const struct subject *subject;
    uint64_t next, hpa, leaf;
    axas_attr attr;
};

static bool visit(void *context, const struct axas_leaf *leaf)
{
    struct expected *expected = context;
    if (leaf->kind != AXAS_ENTRY_LEAF || leaf->gpa.raw != expected->next || leaf->size != expected->leaf ||
        leaf->hpa.raw != expected->hpa + expected->next || leaf->attr != expected->attr) {
        bench_fail(expected->subject, "another leaf than was mapped", expected->next);
    }
    expected->next += leaf->size;
    return true;
}

void verify_mapped(const struct subject *subject, const struct axas_table *table, uint64_t size, uint64_t hpa,
                   uint64_t leaf, axas_attr attr)
{
    struct expected expected = {subject, 0, hpa, leaf, attr};
    if (axas_table_visit(table, axas_gpa_of(0), size, visit, &expected) != AXAS_OK || expected.next != size) {
        bench_fail(subject, "a hole", expected.next);
    }
}

static bool visit_none(void *context, const struct axas_leaf *leaf)
{
    bench_fail(context, "a leaf that should be gone", leaf->gpa.raw);
}

void verify_empty(const struct subject *subject, const struct axas_table *table, uint64_t size)
{
    struct subject copy = *subject;
    if (axas_table_visit(table, axas_gpa_of(0), size, visit_none, &copy) != AXAS_OK) {
        bench_fail(subject, "no visit", 0);
    }
    if (table->tables != 1) {
        bench_fail(subject, "tables are left: number", table->tables);
    }
}

unsigned subject_level(const struct subject *subject, uint64_t leaf)
{
    unsigned level = subject->mode->root_level;
    while (UINT64_C(1) << subject->format->levels[level].shift != leaf) {
        level++;
    }
    return level;
}

/* Between the CPU's byte order and that of the tables. */
static uint64_t in_order(const struct axas_format *format, uint64_t value)
{
    if (format->big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)) {
        return value;
    }
    return format->entry_bytes == 4 ? __builtin_bswap32((uint32_t)value) : __builtin_bswap64(value);
}

static uint64_t read_entry(const struct axas_format *format, const uint8_t *at)
{
    return in_order(format, format->entry_bytes == 4 ? *(const uint32_t *)at : *(const uint64_t *)at);
}

static void write_entry(const struct axas_format *format, uint8_t *at, uint64_t value)
{
    if (format->entry_bytes == 4) {
        *(uint32_t *)at = (uint32_t)in_order(format, value);
    } else {
        *(uint64_t *)at = in_order(format, value);
    }
}

/* Where the entry of that level for gpa lies. */
static uint8_t *entry_at(const struct subject *subject, const struct axas_table *table, uint64_t gpa,
                         unsigned level)
{
    const struct axas_format *format = subject->format;
    uint8_t *entries = table->root;
    for (unsigned l = subject->mode->root_level;; l++) {
        uint64_t index = gpa >> format->levels[l].shift;
        if (l != subject->mode->root_level) {
            index &= (UINT64_C(1) << format->levels[l].index_bits) - 1;
        }
        uint8_t *at = entries + index * format->entry_bytes;
        if (l == level) {
            return at;
        }
        entries = axas_hal_virt(bench_hal(), axas_hpa_of(format->entry_hpa(l, read_entry(format, at))));
    }
}

uint64_t subject_runs(const struct subject *subject, const struct axas_table *table, uint64_t size,
                      uint64_t leaf, uint64_t hpa, const struct axas_leaf_code *code, struct runs *runs)
{
    const struct axas_format *format = subject->format;
    const unsigned level = subject_level(subject, leaf);
    const uint64_t leaves = size / leaf, in_table = UINT64_C(1) << format->levels[level].index_bits;
    uint64_t room = 0;
    uint8_t *at = NULL;
    runs->run = NULL;
    runs->count = 0;
    runs->empty = format->levels[level].empty;
    runs->step = format->leaf_make(level, hpa + leaf, code) - format->leaf_make(level, hpa, code);
    for (uint64_t i = 0; i < leaves; i++, at += format->entry_bytes) {
        if (i % in_table == 0) {
            at = entry_at(subject, table, i * leaf, level);
        }
        const uint64_t entry = format->leaf_make(level, hpa + i * leaf, code);
        struct run *run = runs->count != 0 ? &runs->run[runs->count - 1] : NULL;
        if (run != NULL && at == (uint8_t *)run->at + run->count * format->entry_bytes &&
            entry == run->first + run->count * runs->step) {
            run->count++;
            continue;
        }
        if (runs->count == room) {
            room = room == 0 ? 64 : 2 * room;
            runs->run = realloc(runs->run, room * sizeof *runs->run);
            if (runs->run == NULL) {
                bench_fail(subject, "no memory", i);
            }
        }
        runs->run[runs->count++] = (struct run){.at = at, .count = 1, .first = entry};
    }
    return leaves;
}

void subject_fill(const struct subject *subject, const struct runs *runs, uint64_t value)
{
    for (uint64_t r = 0; r < runs->count; r++) {
        for (uint64_t i = 0; i < runs->run[r].count; i++) {
            uint8_t *at = (uint8_t *)runs->run[r].at + i * subject->format->entry_bytes;
            write_entry(subject->format, at, value);
        }
    }
}
