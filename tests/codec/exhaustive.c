/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every codec in the build, over everything that it can say: each access, memory type, subset of the CPU's
 * features, level and leaf size, accessed and dirty, with addresses that touch every output bit; then random
 * and nearly valid words. No format is named here: what is checked follows from format.h alone.
 *
 * AXAS_SEED=n repeats a run.
 */
#include <axas/format.h>
#include <axas/table.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RANDOM_WORDS 400000u /* per level and format */
#define RANDOM_FAULTS 400000u
#define FAILURES_SHOWN 40u

static unsigned long failures;
static unsigned long checks;

#define CHECK(condition, ...)                                          \
    do {                                                               \
        checks++;                                                      \
        if (!(condition)) {                                            \
            if (failures++ < FAILURES_SHOWN) {                         \
                printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
                printf(__VA_ARGS__);                                   \
                printf("\n");                                          \
            }                                                          \
        }                                                              \
    } while (0)

static uint64_t random_state;

static uint64_t random_word(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t low_bits(unsigned count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

static unsigned log2_of(uint64_t value)
{
    unsigned bits = 0;
    while (value >>= 1) {
        bits++;
    }
    return bits;
}

static uint64_t max_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t entry_mask(const struct axas_format *format)
{
    return low_bits(format->entry_bytes * 8u);
}

static bool may_be(const struct axas_level *level, enum axas_entry_kind kind)
{
    return (level->kinds >> kind & 1u) != 0;
}

/* The subsets of a format's features: all of them while that is at most 256, else a random selection that
 * holds none, each one alone, and all. */
#define SUBSETS_MAX 256u

static unsigned feature_subsets(const struct axas_format *format, uint64_t subset[SUBSETS_MAX])
{
    unsigned count = 0;
    uint64_t all = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        all |= format->features[i].bit;
    }
    if (format->feature_count <= 8) {
        for (unsigned pick = 0; pick < 1u << format->feature_count; pick++) {
            uint64_t features = 0;
            for (unsigned i = 0; i < format->feature_count; i++) {
                features |= (pick >> i & 1u) != 0 ? format->features[i].bit : 0;
            }
            subset[count++] = features;
        }
        return count;
    }
    subset[count++] = 0;
    subset[count++] = all;
    for (unsigned i = 0; i < format->feature_count && count < SUBSETS_MAX; i++) {
        subset[count++] = format->features[i].bit;
    }
    while (count < SUBSETS_MAX) {
        subset[count++] = random_word() & all;
    }
    return count;
}

/* Addresses from `low` up: none, all, each bit alone, each bit missing, and random ones. */
#define ADDRESSES_MAX 160u

static unsigned address_patterns(unsigned low, unsigned high, uint64_t address[ADDRESSES_MAX])
{
    unsigned count = 0;
    uint64_t mask = low_bits(high) & ~low_bits(low);
    address[count++] = 0;
    address[count++] = mask;
    for (unsigned bit = low; bit < high; bit++) {
        address[count++] = UINT64_C(1) << bit;
        address[count++] = mask ^ UINT64_C(1) << bit;
    }
    for (unsigned i = 0; i < 8; i++) {
        address[count++] = random_word() & mask;
    }
    return count;
}

/* ---- What a description must be in itself ---- */

static void check_names(const struct axas_format *format)
{
    CHECK(axas_format_find(format->name) == format, "%s is found by its name", format->name);
    for (unsigned i = 0; i < format->level_count; i++) {
        CHECK(format->levels[i].name != NULL && format->levels[i].name[0] != '\0', "%s level %u",
              format->name, i);
        for (unsigned j = 0; j < i; j++) {
            CHECK(strcmp(format->levels[i].name, format->levels[j].name) != 0, "%s: two levels called %s",
                  format->name, format->levels[i].name);
        }
    }
    for (unsigned i = 0; i < format->mode_count; i++) {
        CHECK(axas_mode_find(format, format->modes[i].name) == &format->modes[i], "%s %s", format->name,
              format->modes[i].name);
    }
    uint64_t seen = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        uint64_t bit = format->features[i].bit;
        CHECK(bit != 0 && (bit & (bit - 1)) == 0, "%s %s", format->name, format->features[i].name);
        CHECK((seen & bit) == 0, "%s %s shares its bit", format->name, format->features[i].name);
        CHECK(axas_feature_find(format, format->features[i].name) == bit, "%s %s", format->name,
              format->features[i].name);
        seen |= bit;
    }
    CHECK((format->hardware_update_features & ~seen) == 0, "%s", format->name);
    for (unsigned i = 0; i < format->root_register_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            CHECK(strcmp(format->root_registers[i], format->root_registers[j]) != 0, "%s %s", format->name,
                  format->root_registers[i]);
        }
    }
    for (unsigned i = 0; i < format->fault_register_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            CHECK(strcmp(format->fault_registers[i].name, format->fault_registers[j].name) != 0, "%s %s",
                  format->name, format->fault_registers[i].name);
        }
    }
    CHECK(axas_format_find("no such format") == NULL, "find");
    CHECK(axas_mode_find(format, "no such mode") == NULL, "find");
    CHECK(axas_feature_find(format, "no such feature") == 0, "find");
}

static void check_levels(const struct axas_format *format)
{
    bool any_leaf = false;
    CHECK(format->level_count >= 1 && format->level_count <= AXAS_MAX_LEVELS, "%s", format->name);
    CHECK(format->entry_bytes == 4 || format->entry_bytes == 8, "%s: entries of %u bytes", format->name,
          format->entry_bytes);
    CHECK(format->output_bits <= 64, "%s", format->name);
    for (unsigned i = 0; i < format->level_count; i++) {
        const struct axas_level *level = &format->levels[i];
        uint64_t special =
            level->accessed_mask | level->dirty_mask | level->written_mask | level->software_mask;
        bool last = i + 1 == format->level_count;
        if (!last) {
            const struct axas_level *next = &format->levels[i + 1];
            CHECK(level->shift == next->shift + next->index_bits, "%s: %s and %s do not tile", format->name,
                  level->name, next->name);
        }
        CHECK(level->index_bits >= 1, "%s %s", format->name, level->name);
        CHECK(may_be(level, AXAS_ENTRY_EMPTY), "%s %s", format->name, level->name);
        CHECK(may_be(level, AXAS_ENTRY_TABLE) == !last, "%s %s", format->name, level->name);
        CHECK(may_be(level, AXAS_ENTRY_LEAF) == may_be(level, AXAS_ENTRY_HELD), "%s %s", format->name,
              level->name);
        CHECK((level->kinds >> (AXAS_ENTRY_HELD + 1)) == 0, "%s %s: kinds 0x%x", format->name, level->name,
              level->kinds);
        CHECK((level->accessed_mask & level->dirty_mask) == 0 &&
                  (level->accessed_mask & level->software_mask) == 0 &&
                  (level->dirty_mask & level->software_mask) == 0,
              "%s %s: masks overlap", format->name, level->name);
        CHECK((level->written_mask & (level->accessed_mask | level->dirty_mask | level->software_mask)) == 0,
              "%s %s: masks overlap", format->name, level->name);
        CHECK(level->written_mask == 0 || level->dirty_mask != 0, "%s %s: a write is forgotten", format->name,
              level->name);
        CHECK((special & ~entry_mask(format)) == 0, "%s %s", format->name, level->name);
        CHECK((level->empty & ~entry_mask(format)) == 0, "%s %s", format->name, level->name);
        if (may_be(level, AXAS_ENTRY_LEAF)) {
            any_leaf = true;
            CHECK((special & ~format->entry_used(i, AXAS_ENTRY_LEAF)) == 0, "%s %s", format->name,
                  level->name);
        }
    }
    CHECK(any_leaf, "%s", format->name);
    CHECK(may_be(&format->levels[format->level_count - 1], AXAS_ENTRY_LEAF), "%s: no leaf at the last level",
          format->name);
}

static void check_modes(const struct axas_format *format)
{
    unsigned defaults = 0;
    uint64_t known = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        known |= format->features[i].bit;
    }
    CHECK(format->mode_count >= 1, "%s", format->name);
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        defaults += mode->is_default;
        CHECK(mode->root_level + mode->level_count == format->level_count, "%s %s", format->name, mode->name);
        const struct axas_level *root = &format->levels[mode->root_level];
        CHECK(mode->gpa_bits_min <= mode->gpa_bits_preferred &&
                  mode->gpa_bits_preferred <= mode->gpa_bits_max,
              "%s %s", format->name, mode->name);
        CHECK((mode->fewer_with & ~known) == 0, "%s %s", format->name, mode->name);
        CHECK(mode->fewer_with == 0 ? mode->gpa_bits_fewer == mode->gpa_bits_min
                                    : mode->gpa_bits_fewer < mode->gpa_bits_min,
              "%s %s", format->name, mode->name);
        CHECK(axas_mode_gpa_bits_min(mode, known) == mode->gpa_bits_fewer, "%s %s", format->name, mode->name);
        CHECK(axas_mode_gpa_bits_min(mode, known & ~mode->fewer_with) == mode->gpa_bits_min, "%s %s",
              format->name, mode->name);
        CHECK(mode->gpa_bits_fewer > root->shift, "%s %s: a root of one entry or less", format->name,
              mode->name);
        CHECK(low_bits(mode->gpa_bits_max) >> root->shift >> root->index_bits < format->root_tables_max,
              "%s %s: the root does not reach %u bits", format->name, mode->name, mode->gpa_bits_max);
        CHECK(mode->physical_bits_min <= format->output_bits, "%s %s", format->name, mode->name);
        CHECK((mode->with & ~known) == 0, "%s %s", format->name, mode->name);
        CHECK(mode->translate != NULL && mode->translate_batch != NULL && mode->find != NULL &&
                  mode->map_page != NULL && mode->put_page != NULL && mode->install_page != NULL &&
                  mode->empty_page != NULL && mode->install != NULL && mode->map != NULL &&
                  mode->change != NULL,
              "%s %s: a walker is missing", format->name, mode->name);
    }
    CHECK(defaults == 1, "%s: %u default modes", format->name, defaults);
    CHECK(axas_mode_find(format, NULL) != NULL && axas_mode_find(format, NULL)->is_default, "%s",
          format->name);
}

/* On every CPU there is exactly one rule for each kind of change. */
static void check_transitions(const struct axas_format *format, uint64_t features)
{
    bool groups = false;
    for (unsigned level = 0; level < format->level_count; level++) {
        groups = groups || format->levels[level].group_size != 0;
    }
    for (unsigned change = 0; change < AXAS_CHANGES; change++) {
        unsigned rules = 0, wanted = change != AXAS_CHANGE_CONTIGUOUS_OFF || groups ? 1 : 0;
        for (unsigned i = 0; i < format->transition_count; i++) {
            const struct axas_transition *rule = &format->transitions[i];
            if (rule->change == change && (features & rule->with) == rule->with &&
                (features & rule->without) == 0) {
                rules++;
                CHECK(!rule->breaks || rule->scope != AXAS_INVALIDATE_NONE,
                      "%s change %u: a break without an invalidation", format->name, change);
                CHECK((unsigned)rule->scope <= AXAS_INVALIDATE_ALL, "%s change %u", format->name, change);
            }
        }
        CHECK(rules == wanted, "%s features 0x%" PRIx64 ": %u rules for change %u", format->name, features,
              rules, change);
    }
}

/* ---- Round trips ---- */

struct attr_code {
    axas_attr attr;
    struct axas_leaf_code code;
};

static unsigned encodable(const struct axas_format *format, uint64_t features, struct attr_code found[256])
{
    unsigned count = 0;
    for (axas_attr attr = 0; attr <= AXAS_ATTR_MASK; attr++) {
        struct axas_leaf_code code, before;
        memset(&code, 0xa5, sizeof code);
        memset(&before, 0xa5, sizeof before);
        enum axas_status status = format->encode(attr, features, &code);
        if (status == AXAS_OK) {
            CHECK(code.attr == attr, "%s: the code of attr 0x%x says 0x%x", format->name, attr, code.attr);
            found[count].attr = attr;
            found[count++].code = code;
        } else {
            CHECK(status == AXAS_ERR_UNSUPPORTED, "%s attr 0x%x: %s", format->name, attr,
                  axas_status_str(status));
            CHECK(memcmp(&code, &before, sizeof code) == 0, "%s attr 0x%x: a refusal writes", format->name,
                  attr);
        }
    }
    for (unsigned bit = 8; bit < 32; bit++) {
        struct axas_leaf_code code;
        axas_attr attr = AXAS_READ | UINT32_C(1) << bit;
        CHECK(format->encode(attr, features, &code) == AXAS_ERR_UNSUPPORTED, "%s attr 0x%x", format->name,
              attr);
    }
    return count;
}

/* One flip of an accessed or dirty mask turns that one answer round and nothing else. */
static void check_flags(const struct axas_format *format, uint64_t features, unsigned level, uint64_t entry,
                        const struct axas_leaf *leaf)
{
    const struct axas_level *info = &format->levels[level];
    const uint64_t flip[3] = {info->accessed_mask, info->dirty_mask, info->accessed_mask | info->dirty_mask};
    for (unsigned i = 0; i < 3; i++) {
        if (flip[i] == 0) {
            continue;
        }
        struct axas_leaf other;
        uint64_t flipped = entry ^ flip[i];
        memset(&other, 0, sizeof other);
        CHECK(format->leaf_read(level, flipped, features, &other) == AXAS_OK, "%s %s 0x%" PRIx64,
              format->name, info->name, flipped);
        CHECK(other.attr == leaf->attr && other.hpa.raw == leaf->hpa.raw && other.kind == leaf->kind,
              "%s %s: 0x%" PRIx64 " and 0x%" PRIx64, format->name, info->name, entry, flipped);
        CHECK((other.accessed != leaf->accessed) == ((flip[i] & info->accessed_mask) != 0),
              "%s %s: accessed of 0x%" PRIx64 " and 0x%" PRIx64, format->name, info->name, entry, flipped);
        CHECK((other.dirty != leaf->dirty) == ((flip[i] & info->dirty_mask) != 0),
              "%s %s: dirty of 0x%" PRIx64 " and 0x%" PRIx64, format->name, info->name, entry, flipped);
        CHECK(format->entry_valid(level, flipped, features, format->output_bits),
              "%s %s: 0x%" PRIx64 " is as legal as 0x%" PRIx64, format->name, info->name, flipped, entry);
    }
}

/* Where access tells whether a leaf was written through: a new one is clean, and the bit says that it is not,
 * or is refused in a leaf that may not be written. */
static void check_written(const struct axas_format *format, uint64_t features, unsigned level, uint64_t entry,
                          const struct axas_leaf *leaf)
{
    const struct axas_level *info = &format->levels[level];
    const uint64_t written = entry | info->written_mask;
    const bool told = format->hardware_dirty_always || (features & format->hardware_dirty_features) != 0;
    struct axas_leaf other;
    if (info->written_mask == 0 || !told) {
        return;
    }
    CHECK(written != entry && !leaf->dirty, "%s %s: 0x%" PRIx64 " is new and dirty", format->name, info->name,
          entry);
    memset(&other, 0, sizeof other);
    if ((leaf->attr & AXAS_WRITE) == 0) {
        CHECK(format->leaf_read(level, written, features, &other) == AXAS_ERR_CORRUPT, "%s %s 0x%" PRIx64,
              format->name, info->name, written);
        return;
    }
    CHECK(format->leaf_read(level, written, features, &other) == AXAS_OK, "%s %s 0x%" PRIx64, format->name,
          info->name, written);
    CHECK(other.dirty && other.attr == leaf->attr && other.accessed == leaf->accessed &&
              other.hpa.raw == leaf->hpa.raw && other.kind == leaf->kind,
          "%s %s: 0x%" PRIx64 " and 0x%" PRIx64, format->name, info->name, entry, written);
    CHECK(format->entry_valid(level, written, features, format->output_bits), "%s %s: 0x%" PRIx64,
          format->name, info->name, written);
}

/* Bits that nothing declares: the manual either forbids them or ignores them. */
static void check_undeclared(const struct axas_format *format, uint64_t features, unsigned level,
                             uint64_t entry, enum axas_entry_kind kind)
{
    uint64_t free_bits = entry_mask(format) & ~format->entry_used(level, kind);
    for (uint64_t bit = 1; bit != 0; bit <<= 1) {
        uint64_t flipped = entry ^ bit;
        if ((free_bits & bit) == 0 || !format->entry_valid(level, flipped, features, format->output_bits)) {
            continue;
        }
        CHECK(format->entry_kind(level, flipped) == kind, "%s %s: legal 0x%" PRIx64 " became another kind",
              format->name, format->levels[level].name, flipped);
        CHECK(format->entry_hpa(level, flipped) == format->entry_hpa(level, entry),
              "%s %s: 0x%" PRIx64 " and 0x%" PRIx64 " have another address", format->name,
              format->levels[level].name, entry, flipped);
        if (kind == AXAS_ENTRY_LEAF) {
            struct axas_leaf a, b;
            CHECK(format->leaf_read(level, entry, features, &a) == AXAS_OK, "0x%" PRIx64, entry);
            CHECK(format->leaf_read(level, flipped, features, &b) == AXAS_OK, "0x%" PRIx64, flipped);
            CHECK(a.attr == b.attr && a.accessed == b.accessed && a.dirty == b.dirty,
                  "%s %s: 0x%" PRIx64 " and 0x%" PRIx64 " differ in a bit that nothing declares",
                  format->name, format->levels[level].name, entry, flipped);
        }
    }
}

/* Addresses reach exactly as far as the CPU's physical width. */
static void check_width(const struct axas_format *format, uint64_t features, unsigned level, uint64_t entry,
                        uint64_t hpa)
{
    if (hpa == 0) {
        return;
    }
    unsigned top = log2_of(hpa);
    CHECK(format->entry_valid(level, entry, features, top + 1), "%s %s: 0x%" PRIx64 " with %u physical bits",
          format->name, format->levels[level].name, entry, top + 1);
    CHECK(!format->entry_valid(level, entry, features, top), "%s %s: 0x%" PRIx64 " with %u physical bits",
          format->name, format->levels[level].name, entry, top);
}

static void check_leaf(const struct axas_format *format, uint64_t features, unsigned level, uint64_t hpa,
                       const struct attr_code *made)
{
    const struct axas_level *info = &format->levels[level];
    enum axas_entry_kind kind = (made->attr & AXAS_ACCESS_MASK) != 0 ? AXAS_ENTRY_LEAF : AXAS_ENTRY_HELD;
    uint64_t entry = format->leaf_make(level, hpa, &made->code);
    struct axas_leaf leaf;

    CHECK((entry & ~entry_mask(format)) == 0, "%s %s: 0x%" PRIx64 " is too wide", format->name, info->name,
          entry);
    CHECK((entry & ~format->entry_used(level, kind)) == 0, "%s %s: 0x%" PRIx64 " has undeclared bits",
          format->name, info->name, entry);
    CHECK(entry != info->empty, "%s %s attr 0x%x: looks empty", format->name, info->name, made->attr);
    CHECK(format->entry_kind(level, entry) == kind, "%s %s: 0x%" PRIx64 " is of kind %d", format->name,
          info->name, entry, (int)format->entry_kind(level, entry));
    CHECK(format->entry_hpa(level, entry) == hpa, "%s %s: 0x%" PRIx64 " lost its address", format->name,
          info->name, entry);
    CHECK(format->entry_valid(level, entry, features, format->output_bits),
          "%s %s features 0x%" PRIx64 " attr 0x%x: 0x%" PRIx64, format->name, info->name, features,
          made->attr, entry);

    memset(&leaf, 0, sizeof leaf);
    CHECK(format->leaf_read(level, entry, features, &leaf) == AXAS_OK, "%s %s: 0x%" PRIx64, format->name,
          info->name, entry);
    CHECK(leaf.kind == kind && leaf.level == level && leaf.entry == entry && leaf.hpa.raw == hpa,
          "%s %s: 0x%" PRIx64, format->name, info->name, entry);
    if (kind == AXAS_ENTRY_LEAF) {
        CHECK(leaf.attr == made->attr, "%s %s: 0x%" PRIx64 " is attr 0x%x, not 0x%x", format->name,
              info->name, entry, leaf.attr, made->attr);
        check_flags(format, features, level, entry, &leaf);
        check_written(format, features, level, entry, &leaf);
        check_width(format, features, level, entry, hpa);
        for (uint64_t bit = 1; bit != 0; bit <<= 1) {
            if ((info->software_mask & bit) != 0) {
                struct axas_leaf other;
                CHECK(format->leaf_read(level, entry ^ bit, features, &other) == AXAS_OK, "%s", format->name);
                CHECK(other.attr == leaf.attr && other.hpa.raw == hpa && other.kind == kind, "%s",
                      format->name);
                CHECK(format->entry_valid(level, entry ^ bit, features, format->output_bits), "%s",
                      format->name);
            }
        }
    } else {
        CHECK((leaf.attr & AXAS_ACCESS_MASK) == 0, "%s %s: held 0x%" PRIx64 " is attr 0x%x", format->name,
              info->name, entry, leaf.attr);
    }
}

static void check_distinct(const struct axas_format *format, unsigned level, const struct attr_code *codes,
                           unsigned count)
{
    const struct axas_level *info = &format->levels[level];
    uint64_t aside = info->accessed_mask | info->dirty_mask | info->software_mask;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (((codes[i].attr | codes[j].attr) & AXAS_ACCESS_MASK) == 0) {
                continue; /* what a held leaf keeps of its memory type is the format's choice */
            }
            uint64_t a = format->leaf_make(level, 0, &codes[i].code);
            uint64_t b = format->leaf_make(level, 0, &codes[j].code);
            CHECK((a & ~aside) != (b & ~aside), "%s %s: attr 0x%x and 0x%x are both 0x%" PRIx64, format->name,
                  info->name, codes[i].attr, codes[j].attr, a);
        }
    }
}

static void check_leaves(const struct axas_format *format, uint64_t features)
{
    struct attr_code codes[256];
    unsigned count = encodable(format, features, codes);
    bool held = false, readable = false;
    for (unsigned i = 0; i < count; i++) {
        held = held || codes[i].attr == 0;
        readable = readable || codes[i].attr == AXAS_READ;
    }
    CHECK(held, "%s: access can be taken away", format->name);
    CHECK(readable, "%s: normal memory can be read", format->name);
    for (unsigned level = 0; level < format->level_count; level++) {
        const struct axas_level *info = &format->levels[level];
        if (!may_be(info, AXAS_ENTRY_LEAF)) {
            continue;
        }
        if ((features & info->leaf_with) != info->leaf_with) {
            for (unsigned i = 0; i < count; i++) {
                if ((codes[i].attr & AXAS_ACCESS_MASK) != 0) {
                    uint64_t entry = format->leaf_make(level, 0, &codes[i].code);
                    CHECK(!format->entry_valid(level, entry, features, format->output_bits),
                          "%s %s: a leaf that this CPU does not have", format->name, info->name);
                }
            }
            continue;
        }
        uint64_t address[ADDRESSES_MAX];
        unsigned addresses = address_patterns(info->shift, format->output_bits, address);
        for (unsigned i = 0; i < count; i++) {
            for (unsigned j = 0; j < addresses; j++) {
                check_leaf(format, features, level, address[j], &codes[i]);
            }
            if ((codes[i].attr & AXAS_ACCESS_MASK) != 0) {
                check_undeclared(format, features, level, format->leaf_make(level, 0, &codes[i].code),
                                 AXAS_ENTRY_LEAF);
            }
        }
        check_distinct(format, level, codes, count);
    }
}

static unsigned table_shift(const struct axas_format *format, unsigned level)
{
    uint64_t bytes = (uint64_t)format->entry_bytes << format->levels[level].index_bits;
    return log2_of(max_of(bytes, AXAS_FRAME_SIZE));
}

static void check_tables(const struct axas_format *format, uint64_t features)
{
    for (unsigned level = 0; level + 1 < format->level_count; level++) {
        const struct axas_level *info = &format->levels[level];
        uint64_t address[ADDRESSES_MAX];
        unsigned addresses = address_patterns(table_shift(format, level + 1), format->output_bits, address);
        for (unsigned i = 0; i < addresses; i++) {
            uint64_t entry = format->table_make(level, address[i]);
            CHECK((entry & ~entry_mask(format)) == 0, "%s %s: 0x%" PRIx64, format->name, info->name, entry);
            CHECK((entry & ~format->entry_used(level, AXAS_ENTRY_TABLE)) == 0,
                  "%s %s: 0x%" PRIx64 " has undeclared bits", format->name, info->name, entry);
            CHECK(format->entry_kind(level, entry) == AXAS_ENTRY_TABLE, "%s %s: 0x%" PRIx64, format->name,
                  info->name, entry);
            CHECK(format->entry_hpa(level, entry) == address[i], "%s %s: 0x%" PRIx64, format->name,
                  info->name, entry);
            CHECK(format->entry_valid(level, entry, features, format->output_bits), "%s %s: 0x%" PRIx64,
                  format->name, info->name, entry);
            check_width(format, features, level, entry, address[i]);

            struct axas_leaf leaf, before;
            memset(&leaf, 0x5a, sizeof leaf);
            memset(&before, 0x5a, sizeof before);
            CHECK(format->leaf_read(level, entry, features, &leaf) == AXAS_ERR_CORRUPT,
                  "%s %s: table 0x%" PRIx64 " read as a leaf", format->name, info->name, entry);
            CHECK(memcmp(&leaf, &before, sizeof leaf) == 0, "%s: leaf_read wrote", format->name);
        }
        check_undeclared(format, features, level, format->table_make(level, 0), AXAS_ENTRY_TABLE);
    }
}

static void check_empty(const struct axas_format *format, uint64_t features)
{
    for (unsigned level = 0; level < format->level_count; level++) {
        const struct axas_level *info = &format->levels[level];
        struct axas_leaf leaf, before;
        memset(&leaf, 0x5a, sizeof leaf);
        memset(&before, 0x5a, sizeof before);
        CHECK(format->entry_kind(level, info->empty) == AXAS_ENTRY_EMPTY, "%s %s", format->name, info->name);
        CHECK(format->leaf_read(level, info->empty, features, &leaf) == AXAS_ERR_CORRUPT, "%s %s",
              format->name, info->name);
        CHECK(memcmp(&leaf, &before, sizeof leaf) == 0, "%s: leaf_read wrote", format->name);
    }
}

/* ---- Words that nobody made ---- */

static void check_word(const struct axas_format *format, uint64_t features, unsigned level, uint64_t word)
{
    const struct axas_level *info = &format->levels[level];
    enum axas_entry_kind kind = format->entry_kind(level, word);
    struct axas_leaf leaf, before;

    CHECK(kind == AXAS_ENTRY_BAD || may_be(info, kind), "%s %s: 0x%" PRIx64 " is of kind %d", format->name,
          info->name, word, (int)kind);
    CHECK((kind == AXAS_ENTRY_EMPTY) == (word == info->empty), "%s %s: 0x%" PRIx64, format->name, info->name,
          word);
    bool valid = format->entry_valid(level, word, features, format->output_bits);
    CHECK(!valid || kind != AXAS_ENTRY_BAD, "%s %s: 0x%" PRIx64 " is legal and nothing", format->name,
          info->name, word);
    memset(&leaf, 0x5a, sizeof leaf);
    before = leaf;
    enum axas_status status = format->leaf_read(level, word, features, &leaf);
    if (status != AXAS_OK) {
        CHECK(status == AXAS_ERR_CORRUPT, "%s %s: 0x%" PRIx64 ": %s", format->name, info->name, word,
              axas_status_str(status));
        CHECK(memcmp(&leaf, &before, sizeof leaf) == 0, "%s %s: 0x%" PRIx64, format->name, info->name, word);
        return;
    }
    CHECK(leaf.kind == kind && (kind == AXAS_ENTRY_LEAF || kind == AXAS_ENTRY_HELD),
          "%s %s: 0x%" PRIx64 " read as kind %d, is %d", format->name, info->name, word, (int)leaf.kind,
          (int)kind);
    struct axas_leaf_code code;
    struct axas_leaf again;
    memset(&again, 0, sizeof again);
    status = format->encode(leaf.attr, features, &code);
    CHECK(status == AXAS_OK, "%s %s: 0x%" PRIx64 " read as attr 0x%x, which has no code", format->name,
          info->name, word, leaf.attr);
    if (status != AXAS_OK) {
        return;
    }
    uint64_t remade = format->leaf_make(level, leaf.hpa.raw, &code);
    CHECK(format->leaf_read(level, remade, features, &again) == AXAS_OK, "%s %s: 0x%" PRIx64, format->name,
          info->name, remade);
    CHECK(again.kind == leaf.kind && again.attr == leaf.attr && again.hpa.raw == leaf.hpa.raw,
          "%s %s: 0x%" PRIx64 " made again is 0x%" PRIx64, format->name, info->name, word, remade);
}

static uint64_t near_valid(const struct axas_format *format, unsigned level, const struct attr_code *codes,
                           unsigned count)
{
    const struct axas_level *info = &format->levels[level];
    uint64_t hpa = random_word() & low_bits(format->output_bits);
    uint64_t word;
    if (may_be(info, AXAS_ENTRY_TABLE) && (random_word() & 1) != 0) {
        word = format->table_make(level, hpa & ~low_bits(table_shift(format, level + 1)));
    } else if (may_be(info, AXAS_ENTRY_LEAF)) {
        word = format->leaf_make(level, hpa & ~low_bits(info->shift), &codes[random_word() % count].code);
    } else {
        word = info->empty;
    }
    for (uint64_t flips = random_word() % 5; flips > 0; flips--) {
        word ^= UINT64_C(1) << random_word() % (format->entry_bytes * 8u);
    }
    return word;
}

static void check_words(const struct axas_format *format, const uint64_t *subset, unsigned subsets)
{
    unsigned long readable = 0;
    for (unsigned s = 0; s < subsets; s++) {
        uint64_t features = subset[s];
        struct attr_code codes[256];
        unsigned count = 0;
        for (axas_attr attr = 0; attr <= AXAS_ATTR_MASK; attr++) {
            if (format->encode(attr, features, &codes[count].code) == AXAS_OK) {
                codes[count++].attr = attr;
            }
        }
        for (unsigned level = 0; level < format->level_count; level++) {
            for (unsigned i = 0; i < RANDOM_WORDS / subsets; i++) {
                uint64_t word = random_word() & entry_mask(format);
                struct axas_leaf leaf;
                check_word(format, features, level, word);
                word = near_valid(format, level, codes, count);
                readable += format->leaf_read(level, word, features, &leaf) == AXAS_OK;
                check_word(format, features, level, word);
            }
        }
    }
    CHECK(readable > 0, "%s: the nearly valid words are never valid", format->name);
}

/* ---- Registers ---- */

static void check_fault_registers(const struct axas_format *format)
{
    unsigned long decoded = 0;
    uint64_t
        last[AXAS_MAX_FAULT_REGISTERS]; /* that were a fault: half of the sets differ from them a little */
    for (unsigned i = 0; i < RANDOM_FAULTS; i++) {
        uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
        struct axas_fault fault, before;
        bool near = decoded != 0 && (random_word() & 1) != 0;
        for (unsigned r = 0; r < AXAS_MAX_FAULT_REGISTERS; r++) {
            uint64_t word = random_word();
            if (near && (random_word() & 3) != 0) {
                registers[r] = last[r];
                continue;
            }
            switch (random_word() % 7) {
            case 0:
                registers[r] = word;
                break;
            case 1:
                registers[r] = word & 0x3f;
                break;
            case 2: /* a small number at some place, noise below */
                registers[r] = (word & 0x3f) << 26 | (word >> 38);
                break;
            case 3:
                registers[r] = r < format->fault_register_count ? format->fault_registers[r].initial : 0;
                break;
            case 4:
                registers[r] = UINT64_MAX;
                break;
            case 5:
                registers[r] = UINT64_C(1) << word % 64;
                break;
            default:
                registers[r] = word & random_word() & random_word();
                break;
            }
        }
        memset(&fault, 0x5a, sizeof fault);
        memset(&before, 0x5a, sizeof before);
        enum axas_status status = format->fault_decode(registers, &fault);
        if (status == AXAS_OK) {
            decoded++;
            memcpy(last, registers, sizeof last);
            CHECK((unsigned)fault.cause <= AXAS_CAUSE_OTHER, "%s: cause %d", format->name, (int)fault.cause);
            CHECK((fault.access & ~AXAS_ACCESS_MASK) == 0, "%s: access 0x%x", format->name, fault.access);
            CHECK(fault.level == AXAS_LEVEL_UNKNOWN || (fault.level >= -1 && fault.level < AXAS_MAX_LEVELS),
                  "%s: level %d", format->name, fault.level);
        } else {
            CHECK(status == AXAS_ERR_INVALID, "%s: %s", format->name, axas_status_str(status));
            CHECK(memcmp(&fault, &before, sizeof fault) == 0, "%s: a refusal writes", format->name);
        }
    }
    CHECK(decoded > RANDOM_FAULTS / 100, "%s: hardly any random register set is a fault", format->name);
    printf("%s: %lu of %u random register sets are second-stage faults\n", format->name, decoded,
           RANDOM_FAULTS);
}

static void check_roots(const struct axas_format *format)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        all |= format->features[i].bit;
    }
    for (unsigned m = 0; m < format->mode_count; m++) {
        const struct axas_mode *mode = &format->modes[m];
        const struct axas_level *root = &format->levels[mode->root_level];
        for (unsigned bits = axas_mode_gpa_bits_min(mode, all); bits <= mode->gpa_bits_max; bits++) {
            uint64_t size = max_of((uint64_t)format->entry_bytes << (bits - root->shift), AXAS_FRAME_SIZE);
            uint64_t values[AXAS_MAX_ROOT_REGISTERS], other[AXAS_MAX_ROOT_REGISTERS];
            struct axas_root_request request = {
                .mode = mode,
                .vmid = 1, /* 0 may be the host's */
                .gpa_bits = (uint8_t)bits,
                .physical_bits = format->output_bits,
                .features = all,
            };
            for (unsigned bit = log2_of(size); bit < format->output_bits; bit++) {
                request.root = axas_hpa_of(UINT64_C(1) << bit);
                memset(values, 0x5a, sizeof values);
                enum axas_status status = format->root_encode(&request, values);
                CHECK(status == AXAS_OK, "%s %s, %u bits, root 0x%" PRIx64 ": %s", format->name, mode->name,
                      bits, request.root.raw, axas_status_str(status));
                request.root = axas_hpa_of(0);
                memset(other, 0x5a, sizeof other);
                CHECK(format->root_encode(&request, other) == AXAS_OK, "%s %s", format->name, mode->name);
                CHECK(memcmp(values, other, sizeof values) != 0, "%s %s: the root's bit %u is nowhere",
                      format->name, mode->name, bit);
            }
            /* no register can say less than the alignment of the entries that are there */
            for (unsigned bit = 0; bit < log2_of(format->entry_bytes) + bits - root->shift; bit++) {
                request.root = axas_hpa_of(size | UINT64_C(1) << bit);
                memset(values, 0x5a, sizeof values);
                memset(other, 0x5a, sizeof other);
                CHECK(format->root_encode(&request, values) == AXAS_ERR_RANGE,
                      "%s %s, %u bits: root 0x%" PRIx64 " is misaligned", format->name, mode->name, bits,
                      request.root.raw);
                CHECK(memcmp(values, other, sizeof values) == 0, "%s: a refusal writes", format->name);
            }
        }
    }
}

int main(void)
{
    const char *seed = getenv("AXAS_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
    printf("AXAS_SEED=%" PRIu64 "\n", random_state);

    unsigned formats = 0;
    for (const struct axas_format *const *at = axas_formats; *at != NULL; at++, formats++) {
        const struct axas_format *format = *at;
        uint64_t subset[SUBSETS_MAX];
        unsigned subsets = feature_subsets(format, subset);
        unsigned long failed = failures, checked = checks;
        check_names(format);
        check_levels(format);
        check_modes(format);
        for (unsigned i = 0; i < subsets; i++) {
            check_transitions(format, subset[i]);
            check_leaves(format, subset[i]);
            check_tables(format, subset[i]);
            check_empty(format, subset[i]);
        }
        check_words(format, subset, subsets);
        check_fault_registers(format);
        check_roots(format);
        printf("%s: %u subsets of features, %lu checks, %lu failed\n", format->name, subsets,
               checks - checked, failures - failed);
    }
    CHECK(formats > 0, "there is a format in this build");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
