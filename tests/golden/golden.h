/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file golden.h
 * How a hand-computed entry is held against a format's codec. The expected values stand in the tests as
 * hexadecimal literals, each with the fields that make it up; nothing here computes one.
 */
#ifndef AXAS_TESTS_GOLDEN_H
#define AXAS_TESTS_GOLDEN_H

#include <axas/format.h>
#include <axas/table.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define GOLDEN_COUNT(array) (sizeof(array) / sizeof(array)[0])

#define R AXAS_READ
#define W AXAS_WRITE
#define X AXAS_EXEC
#define KX AXAS_KERNEL_EXEC
#define UX AXAS_USER_EXEC
#define RW (R | W)
#define RX (R | X)
#define RWX (R | W | X)

/** A leaf: what is asked for, and the entry that the manual then wants. */
struct golden_leaf {
    const char *level;
    const char *features; /**< names, separated by spaces */
    axas_attr attr;
    uint64_t hpa;
    uint64_t entry;
};

/** An entry, and what it says. */
struct golden_state {
    const char *level;
    const char *features;
    uint64_t entry;
    axas_attr attr;
    bool accessed, dirty;
};

/** A table entry. */
struct golden_table {
    const char *level;
    uint64_t hpa, entry;
};

/** An entry at a level on a CPU, which the manual allows or not, and why. */
struct golden_rule {
    const char *level;
    const char *features;
    unsigned physical_bits;
    uint64_t entry;
    const char *why;
};

/** A legal entry, and what becomes of it if one of its bits is turned over. */
struct golden_bits {
    const char *level;
    const char *features;
    enum axas_entry_kind kind;
    uint64_t entry;
    uint64_t free;  /**< the entry stays legal: address, software, flags, and what the CPU ignores */
    uint64_t codes; /**< tells another kind or attribute, which other tables judge; the rest is refused */
    uint64_t used;  /**< more than reserved or ignored in this kind */
};

/** What a change to an entry asks for: by the manual at least this, and this project asks for no more. */
struct golden_change {
    enum axas_change change;
    bool breaks;
    enum axas_invalidate_scope scope;
    bool local; /**< the calling CPU is enough */
};

/** An attribute that has no encoding. */
struct golden_refusal {
    const char *features;
    axas_attr attr;
    const char *why;
};

/** What a fault looks like after decoding. */
struct golden_fault {
    const char *what;
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS]; /**< in the order in which the test names them */
    bool gpa_known;
    uint64_t gpa;
    axas_attr access;
    bool guest_walk;
    enum axas_fault_cause cause;
    int8_t level;
    bool gva_known;
    uint64_t gva;
};

/** A CPU by its identification registers, and what the manual makes of them. */
struct golden_cpu {
    const char *what;
    uint64_t registers[AXAS_MAX_ID_REGISTERS]; /**< in the order in which the test names them */
    const char *missing;                     /**< part of what is said of a CPU without the format, or NULL */
    const char *features, *switched, *modes; /**< names, separated by spaces */
    uint8_t physical_bits;
    uint8_t gpa_bits; /**< 0: no register says */
    bool every_bit;   /**< `matters` is to be checked */
    /** The bits of which each, turned over alone, makes something else of the CPU. */
    uint64_t matters[AXAS_MAX_ID_REGISTERS];
};

static inline const struct axas_format *golden_format(const char *name)
{
    const struct axas_format *format = axas_format_find(name);
    cr_assert_not_null(format, "no format %s in this build", name);
    return format;
}

static inline unsigned golden_level(const struct axas_format *format, const char *name)
{
    for (unsigned level = 0; level < format->level_count; level++) {
        if (strcmp(format->levels[level].name, name) == 0) {
            return level;
        }
    }
    cr_assert_fail("%s has no level %s", format->name, name);
    return 0;
}

static inline uint64_t golden_features(const struct axas_format *format, const char *names)
{
    uint64_t features = 0;
    char list[128];
    cr_assert_lt(strlen(names), sizeof list);
    strcpy(list, names);
    for (char *name = strtok(list, " "); name != NULL; name = strtok(NULL, " ")) {
        uint64_t bit = axas_feature_find(format, name);
        cr_assert_neq(bit, 0, "%s has no feature %s", format->name, name);
        features |= bit;
    }
    return features;
}

static inline const struct axas_mode *golden_mode(const struct axas_format *format, const char *name)
{
    const struct axas_mode *mode = axas_mode_find(format, name);
    cr_assert_not_null(mode, "%s has no mode %s", format->name, name);
    return mode;
}

/** Encoding gives the entry, and decoding the entry gives back what was asked for. */
static inline void golden_check_leaf(const struct axas_format *format, const struct golden_leaf *golden)
{
    unsigned level = golden_level(format, golden->level);
    uint64_t features = golden_features(format, golden->features);
    struct axas_leaf_code code;
    enum axas_status status = format->encode(golden->attr, features, &code);
    cr_expect_eq(status, AXAS_OK, "%s [%s] attr 0x%x: %s", golden->level, golden->features, golden->attr,
                 axas_status_str(status));
    if (status != AXAS_OK) {
        return;
    }
    uint64_t entry = format->leaf_make(level, golden->hpa, &code);
    cr_expect_eq(entry, golden->entry,
                 "%s [%s] attr 0x%x: made 0x%016" PRIx64 ", the manual says 0x%016" PRIx64, golden->level,
                 golden->features, golden->attr, entry, golden->entry);

    struct axas_leaf leaf;
    memset(&leaf, 0, sizeof leaf);
    status = format->leaf_read(level, golden->entry, features, &leaf);
    cr_expect_eq(status, AXAS_OK, "%s: cannot read 0x%016" PRIx64, golden->level, golden->entry);
    if (status == AXAS_OK) {
        cr_expect_eq(leaf.attr, golden->attr, "%s: 0x%016" PRIx64 " read as attr 0x%x, not 0x%x",
                     golden->level, golden->entry, leaf.attr, golden->attr);
        cr_expect_eq(leaf.hpa.raw, golden->hpa, "%s: 0x%016" PRIx64 " read as address 0x%" PRIx64,
                     golden->level, golden->entry, leaf.hpa.raw);
        cr_expect_eq(leaf.kind, AXAS_ENTRY_LEAF);
        cr_expect_eq(leaf.level, level);
        cr_expect_eq(leaf.entry, golden->entry);
    }
    cr_expect_eq(format->entry_kind(level, golden->entry), AXAS_ENTRY_LEAF, "%s: 0x%016" PRIx64,
                 golden->level, golden->entry);
    cr_expect_eq(format->entry_hpa(level, golden->entry), golden->hpa);
    cr_expect(format->entry_valid(level, golden->entry, features, format->output_bits),
              "%s [%s]: 0x%016" PRIx64 " is legal", golden->level, golden->features, golden->entry);
}

static inline void golden_check_table(const struct axas_format *format, const struct golden_table *golden)
{
    unsigned level = golden_level(format, golden->level);
    uint64_t entry = format->table_make(level, golden->hpa);
    cr_expect_eq(entry, golden->entry, "%s: table 0x%" PRIx64 " made 0x%016" PRIx64 ", not 0x%016" PRIx64,
                 golden->level, golden->hpa, entry, golden->entry);
    cr_expect_eq(format->entry_kind(level, golden->entry), AXAS_ENTRY_TABLE, "%s: 0x%016" PRIx64,
                 golden->level, golden->entry);
    cr_expect_eq(format->entry_hpa(level, golden->entry), golden->hpa);
    cr_expect(format->entry_valid(level, golden->entry, 0, format->output_bits), "%s: 0x%016" PRIx64,
              golden->level, golden->entry);
}

static inline void golden_check_rule(const struct axas_format *format, const struct golden_rule *rule,
                                     bool valid)
{
    unsigned level = golden_level(format, rule->level);
    uint64_t features = golden_features(format, rule->features);
    cr_expect_eq(format->entry_valid(level, rule->entry, features, rule->physical_bits), valid,
                 "%s [%s], %u physical bits: 0x%016" PRIx64 " should be %s: %s", rule->level, rule->features,
                 rule->physical_bits, rule->entry, valid ? "legal" : "illegal", rule->why);
}

/** Turns each bit over; the entry's kind, and what the format says of its bits, are as the manual has them.
 */
static inline void golden_check_bits(const struct axas_format *format, const struct golden_bits *golden)
{
    unsigned level = golden_level(format, golden->level);
    uint64_t features = golden_features(format, golden->features);
    cr_expect_eq(format->entry_kind(level, golden->entry), golden->kind, "%s: 0x%016" PRIx64, golden->level,
                 golden->entry);
    cr_expect(format->entry_valid(level, golden->entry, features, format->output_bits),
              "%s: 0x%016" PRIx64 " is legal", golden->level, golden->entry);
    for (unsigned bit = 0; bit < format->entry_bytes * 8u; bit++) {
        uint64_t mask = UINT64_C(1) << bit;
        if ((golden->codes & mask) == 0) {
            cr_expect_eq(format->entry_valid(level, golden->entry ^ mask, features, format->output_bits),
                         (golden->free & mask) != 0,
                         "%s: 0x%016" PRIx64 " with bit %u turned over should be %s", golden->level,
                         golden->entry, bit, (golden->free & mask) != 0 ? "legal" : "refused");
        }
    }
    cr_expect_eq(format->entry_used(level, golden->kind), golden->used,
                 "%s, kind %d: uses 0x%016" PRIx64 ", not 0x%016" PRIx64, golden->level, (int)golden->kind,
                 format->entry_used(level, golden->kind), golden->used);
}

/** On a CPU with these features exactly one row holds for the change, and it says this. A change that
 * `golden` leaves out has none: that of contiguous groups, where the format has no groups. */
static inline void golden_check_changes(const struct axas_format *format, const char *feature_names,
                                        const struct golden_change golden[AXAS_CHANGES])
{
    uint64_t features = golden_features(format, feature_names);
    bool given[AXAS_CHANGES] = {false};
    for (unsigned i = 0; i < AXAS_CHANGES; i++) {
        given[golden[i].change] = true;
    }
    for (unsigned j = 0; j < format->transition_count; j++) {
        cr_expect(given[format->transitions[j].change], "a row for change %d",
                  (int)format->transitions[j].change);
    }
    for (unsigned i = 0; i < AXAS_CHANGES; i++) {
        unsigned rows = 0;
        if (i != 0 && golden[i].change == AXAS_CHANGE_MAKE) {
            continue; /* left out */
        }
        for (unsigned j = 0; j < format->transition_count; j++) {
            const struct axas_transition *row = &format->transitions[j];
            if (row->change != golden[i].change || (features & row->with) != row->with ||
                (features & row->without) != 0) {
                continue;
            }
            rows++;
            cr_expect_eq(row->breaks, golden[i].breaks, "[%s] change %d: break", feature_names,
                         (int)golden[i].change);
            cr_expect_eq(row->scope, golden[i].scope, "[%s] change %d: scope %d, not %d", feature_names,
                         (int)golden[i].change, (int)row->scope, (int)golden[i].scope);
            if (golden[i].scope != AXAS_INVALIDATE_NONE) {
                cr_expect_eq(row->local, golden[i].local, "[%s] change %d: reach", feature_names,
                             (int)golden[i].change);
            }
        }
        cr_expect_eq(rows, 1, "[%s] change %d: %u rows", feature_names, (int)golden[i].change, rows);
    }
}

/** With exactly these features, each alone, the CPU writes accessed or dirty bits, with `dirty` both. */
static inline void golden_check_hardware_updates(const struct axas_format *format, const char *feature_names,
                                                 const char *dirty, bool always)
{
    cr_expect_eq(format->hardware_update_features, golden_features(format, feature_names));
    cr_expect_eq(format->hardware_updates_always, always);
    cr_expect_eq(format->hardware_dirty_features, golden_features(format, dirty));
    cr_expect_eq(format->hardware_dirty_always, always);
}

/** A leaf or held leaf as the CPU, or a change of access, may leave it. */
static inline void golden_check_state(const struct axas_format *format, const struct golden_state *golden)
{
    unsigned level = golden_level(format, golden->level);
    uint64_t features = golden_features(format, golden->features);
    struct axas_leaf leaf;
    memset(&leaf, 0, sizeof leaf);
    cr_expect(format->entry_valid(level, golden->entry, features, format->output_bits),
              "%s [%s]: 0x%016" PRIx64 " is legal", golden->level, golden->features, golden->entry);
    cr_assert_eq(format->leaf_read(level, golden->entry, features, &leaf), AXAS_OK);
    cr_expect_eq(leaf.attr, golden->attr, "%s [%s]: 0x%016" PRIx64 " read as attr 0x%x, not 0x%x",
                 golden->level, golden->features, golden->entry, leaf.attr, golden->attr);
    cr_expect_eq(leaf.accessed, golden->accessed, "%s [%s]: 0x%016" PRIx64, golden->level, golden->features,
                 golden->entry);
    cr_expect_eq(leaf.dirty, golden->dirty, "%s [%s]: 0x%016" PRIx64, golden->level, golden->features,
                 golden->entry);
}

static inline void golden_check_refusal(const struct axas_format *format, const struct golden_refusal *golden)
{
    struct axas_leaf_code code, before;
    memset(&code, 0xa5, sizeof code);
    before = code;
    enum axas_status status = format->encode(golden->attr, golden_features(format, golden->features), &code);
    cr_expect_eq(status, AXAS_ERR_UNSUPPORTED, "[%s] attr 0x%x gives \"%s\": %s", golden->features,
                 golden->attr, axas_status_str(status), golden->why);
    cr_expect_eq(memcmp(&code, &before, sizeof code), 0, "a refused attribute leaves the code alone");
}

/**
 * No access: what the hardware must see is that `present` has no bit set; the address must survive.
 */
static inline void golden_check_held(const struct axas_format *format, const char *level_name,
                                     const char *features, uint64_t hpa, uint64_t present)
{
    unsigned level = golden_level(format, level_name);
    struct axas_leaf_code code;
    struct axas_leaf leaf;
    memset(&leaf, 0, sizeof leaf);
    cr_assert_eq(format->encode(0, golden_features(format, features), &code), AXAS_OK);
    uint64_t entry = format->leaf_make(level, hpa, &code);
    cr_expect_eq(entry & present, 0, "%s: 0x%016" PRIx64 " is present to the hardware", level_name, entry);
    cr_expect_neq(entry, format->levels[level].empty, "%s: held is told from empty", level_name);
    cr_expect_eq(format->entry_kind(level, entry), AXAS_ENTRY_HELD);
    cr_assert_eq(format->leaf_read(level, entry, golden_features(format, features), &leaf), AXAS_OK);
    cr_expect_eq(leaf.kind, AXAS_ENTRY_HELD);
    cr_expect_eq(leaf.hpa.raw, hpa, "%s: 0x%016" PRIx64 " gives the address 0x%" PRIx64 ", not 0x%" PRIx64,
                 level_name, entry, leaf.hpa.raw, hpa);
    cr_expect_eq(leaf.attr & AXAS_ACCESS_MASK, 0);
}

static inline unsigned golden_id_index(const struct axas_format *format, const char *name)
{
    for (unsigned i = 0; i < format->id_register_count; i++) {
        if (strcmp(format->id_registers[i].name, name) == 0) {
            return i;
        }
    }
    cr_assert_fail("%s has no identification register %s", format->name, name);
    return 0;
}

static inline uint64_t golden_modes(const struct axas_format *format, const char *names)
{
    uint64_t modes = 0;
    char list[128];
    cr_assert_lt(strlen(names), sizeof list);
    strcpy(list, names);
    for (char *name = strtok(list, " "); name != NULL; name = strtok(NULL, " ")) {
        modes |= UINT64_C(1) << (golden_mode(format, name) - format->modes);
    }
    return modes;
}

static inline struct axas_capabilities golden_decode(const struct axas_format *format,
                                                     const uint64_t *registers, axas_probe_fn *probe,
                                                     void *context)
{
    struct axas_capabilities found;
    memset(&found, 0x5a, sizeof found);
    enum axas_status status = axas_capabilities_decode(format, registers, probe, context, &found);
    cr_assert_eq(status, AXAS_OK, "%s: %s", format->name, axas_status_str(status));
    cr_expect_eq(found.format, format);
    return found;
}

/** Checks one CPU; names[] says which registers golden->registers[] gives, and there are no others. */
static inline void golden_check_cpu(const struct axas_format *format, const char *const *names,
                                    unsigned count, axas_probe_fn *probe, void *context,
                                    const struct golden_cpu *golden)
{
    uint64_t registers[AXAS_MAX_ID_REGISTERS] = {0};
    unsigned place[AXAS_MAX_ID_REGISTERS];
    cr_assert_eq(format->id_register_count, count, "%s", format->name);
    for (unsigned i = 0; i < count; i++) {
        place[i] = golden_id_index(format, names[i]);
        registers[place[i]] = golden->registers[i];
    }
    const struct axas_capabilities found = golden_decode(format, registers, probe, context);
    cr_expect_eq(found.missing == NULL, golden->missing == NULL, "%s: %s", golden->what,
                 found.missing == NULL ? "the format is there" : found.missing);
    if (found.missing != NULL && golden->missing != NULL) {
        cr_expect_not_null(strstr(found.missing, golden->missing), "%s: \"%s\"", golden->what, found.missing);
    }
    cr_expect_eq(found.features, golden_features(format, golden->features),
                 "%s: features 0x%" PRIx64 ", not [%s]", golden->what, found.features, golden->features);
    cr_expect_eq(found.switched, golden_features(format, golden->switched),
                 "%s: switched 0x%" PRIx64 ", not [%s]", golden->what, found.switched, golden->switched);
    cr_expect_eq(found.modes, golden_modes(format, golden->modes), "%s: modes 0x%" PRIx64 ", not [%s]",
                 golden->what, found.modes, golden->modes);
    cr_expect_eq(found.physical_bits, golden->physical_bits, "%s: %u physical bits, not %u", golden->what,
                 found.physical_bits, golden->physical_bits);
    cr_expect_eq(found.gpa_bits, golden->gpa_bits, "%s: %u bits of guest addresses, not %u", golden->what,
                 found.gpa_bits, golden->gpa_bits);
    for (unsigned i = 0; golden->every_bit && i < count; i++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            registers[place[i]] ^= UINT64_C(1) << bit;
            const struct axas_capabilities other = golden_decode(format, registers, probe, context);
            const bool differs = other.missing != found.missing || other.features != found.features ||
                                 other.switched != found.switched || other.modes != found.modes ||
                                 other.physical_bits != found.physical_bits ||
                                 other.gpa_bits != found.gpa_bits;
            cr_expect_eq(differs, (golden->matters[i] >> bit & 1) != 0, "%s: bit %u of %s %s", golden->what,
                         bit, names[i], differs ? "makes something else of it" : "says nothing");
            registers[place[i]] ^= UINT64_C(1) << bit;
        }
    }
}

/** The value of a root register by its name. */
static inline uint64_t golden_root_value(const struct axas_format *format,
                                         const uint64_t values[AXAS_MAX_ROOT_REGISTERS], const char *name)
{
    for (unsigned i = 0; i < format->root_register_count; i++) {
        if (strcmp(format->root_registers[i], name) == 0) {
            return values[i];
        }
    }
    cr_assert_fail("%s has no root register %s", format->name, name);
    return 0;
}

static inline unsigned golden_fault_index(const struct axas_format *format, const char *name)
{
    for (unsigned i = 0; i < format->fault_register_count; i++) {
        if (strcmp(format->fault_registers[i].name, name) == 0) {
            return i;
        }
    }
    cr_assert_fail("%s has no fault register %s", format->name, name);
    return 0;
}

/** Puts values into the format's order: names[i] goes with given[i]; the others keep their initial value. */
static inline void golden_fault_registers(const struct axas_format *format, const char *const *names,
                                          unsigned count, const uint64_t *given,
                                          uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    memset(registers, 0, AXAS_MAX_FAULT_REGISTERS * sizeof registers[0]);
    for (unsigned i = 0; i < format->fault_register_count; i++) {
        registers[i] = format->fault_registers[i].initial;
    }
    for (unsigned i = 0; i < count; i++) {
        registers[golden_fault_index(format, names[i])] = given[i];
    }
}

/** Checks one fault; names[] says which registers golden->registers[] gives. */
static inline void golden_check_fault(const struct axas_format *format, const char *const *names,
                                      unsigned count, const struct golden_fault *golden)
{
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
    struct axas_fault fault;
    memset(&fault, 0x5a, sizeof fault);
    golden_fault_registers(format, names, count, golden->registers, registers);
    enum axas_status status = axas_fault_decode(format, registers, &fault);
    cr_expect_eq(status, AXAS_OK, "%s: %s", golden->what, axas_status_str(status));
    if (status != AXAS_OK) {
        return;
    }
    cr_expect_eq(fault.gpa_known, golden->gpa_known, "%s: gpa_known is %d", golden->what, fault.gpa_known);
    if (golden->gpa_known) {
        cr_expect_eq(fault.gpa.raw, golden->gpa, "%s: gpa is 0x%" PRIx64 ", not 0x%" PRIx64, golden->what,
                     fault.gpa.raw, golden->gpa);
    }
    cr_expect_eq(fault.access, golden->access, "%s: access is 0x%x, not 0x%x", golden->what, fault.access,
                 golden->access);
    cr_expect_eq(fault.guest_walk, golden->guest_walk, "%s: guest_walk is %d", golden->what,
                 fault.guest_walk);
    cr_expect_eq(fault.cause, golden->cause, "%s: cause is %d, not %d", golden->what, (int)fault.cause,
                 (int)golden->cause);
    cr_expect_eq(fault.level, golden->level, "%s: level is %d, not %d", golden->what, fault.level,
                 golden->level);
    cr_expect_eq(fault.gva_known, golden->gva_known, "%s: gva_known is %d", golden->what, fault.gva_known);
    if (golden->gva_known) {
        cr_expect_eq(fault.gva, golden->gva, "%s: gva is 0x%" PRIx64, golden->what, fault.gva);
    }
    cr_expect_null(fault.cookie, "%s: the second part is cleared", golden->what);
    cr_expect_null(fault.cache, "%s: no cache unless the caller sets one", golden->what);
}

/** These registers are no second-stage fault, and the fault stays as it was. */
static inline void golden_check_no_fault(const struct axas_format *format, const char *const *names,
                                         unsigned count, const uint64_t *given, const char *what)
{
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
    struct axas_fault fault, before;
    memset(&fault, 0x5a, sizeof fault);
    memset(&before, 0x5a, sizeof before);
    golden_fault_registers(format, names, count, given, registers);
    cr_expect_eq(axas_fault_decode(format, registers, &fault), AXAS_ERR_INVALID, "%s", what);
    cr_expect_eq(memcmp(&fault, &before, sizeof fault), 0, "%s: the fault is untouched", what);
}

#endif
