/* SPDX-License-Identifier: Apache-2.0 */
/* From what a CPU has to the mode, and what is said when none fits. The CPUs are described here; how
 * identification registers are read is the golden tests' business. */
#include "unit.h"

static const struct axas_format *format_of(const char *name)
{
    const struct axas_format *format = axas_format_find(name);
    cr_assert_not_null(format, "no format %s in this build", name);
    return format;
}

static uint64_t feature_of(const char *format, const char *name)
{
    uint64_t bit = axas_feature_find(format_of(format), name);
    cr_assert_neq(bit, 0, "%s has no feature %s", format, name);
    return bit;
}

/* A CPU that has every mode of the format, and no feature. */
static struct axas_capabilities cpu_of(const char *format, uint8_t physical_bits)
{
    return (struct axas_capabilities){
        .format = format_of(format), .modes = UINT64_MAX, .physical_bits = physical_bits};
}

/* One attempt to make a tree, which leaves nothing behind. */
struct attempt {
    enum axas_status status;
    const char *why, *mode;
    uint64_t features;
    uint8_t gpa_bits, physical_bits;
    uint64_t last;
};

static const char untouched[] = "untouched";

static struct attempt attempt(struct axas_table_config config)
{
    struct axas_hosted *arena = axas_hosted_create(&(struct axas_hosted_config){.free_in_parts = false});
    cr_assert_not_null(arena);
    const struct axas_hal *hal = axas_hosted_hal(arena);
    struct attempt made = {.why = untouched};
    struct axas_table table;
    config.hal = hal;
    config.why = &made.why;
    made.status = axas_table_init(&table, &config);

    /* A space says the same, in its own way. */
    struct axas_error error = {.what = untouched};
    struct axas_space space;
    const char *space_why = untouched;
    struct axas_config space_config = {.table = config, .error = &error};
    space_config.table.why = &space_why;
    cr_expect_eq(axas_space_init(&space, &space_config), made.status);
    cr_expect_str_eq(error.what, made.why);
    cr_expect_str_eq(space_why, made.why);

    if (made.status == AXAS_OK) {
        cr_expect_eq(made.why, untouched);
        made.mode = table.mode->name;
        made.features = table.features;
        made.gpa_bits = table.gpa_bits;
        made.physical_bits = table.physical_bits;
        made.last = table.last;
        axas_space_destroy(&space);
        axas_table_destroy(&table, NULL, NULL);
    }
    cr_expect_eq(axas_hosted_destroy(arena), 0);
    return made;
}

static struct attempt try_cpu(const struct axas_capabilities *cpu, uint8_t gpa_bits, uint8_t least)
{
    return attempt((struct axas_table_config){
        .format = cpu->format, .capabilities = cpu, .gpa_bits = gpa_bits, .gpa_bits_least = least});
}

static void expect_mode(const struct attempt *made, const char *mode, uint8_t gpa_bits)
{
    cr_assert_eq(made->status, AXAS_OK, "%s: %s", axas_status_str(made->status), made->why);
    cr_expect_str_eq(made->mode, mode);
    cr_expect_eq(made->gpa_bits, gpa_bits, "%s: %u bits, not %u", mode, made->gpa_bits, gpa_bits);
}

static void expect_refusal(const struct attempt *made, enum axas_status status, const char *part)
{
    cr_expect_eq(made->status, status, "%s: %s", axas_status_str(made->status), made->why);
    cr_expect_not_null(strstr(made->why, part), "\"%s\" and not \"%s\"", made->why, part);
}

static uint64_t keeps_all(void *context, unsigned number, uint64_t value)
{
    (void)context;
    (void)number;
    return value;
}

/* ---- Decoding ---- */

Test(capabilities, decoding_needs_what_it_asks_for)
{
    const uint64_t registers[AXAS_MAX_ID_REGISTERS] = {0};
    for (unsigned i = 0; axas_formats[i] != NULL; i++) {
        const struct axas_format *format = axas_formats[i];
        struct axas_capabilities found, before;
        memset(&found, 0x5a, sizeof found);
        before = found;
        cr_expect_eq(axas_capabilities_decode(NULL, registers, keeps_all, NULL, &found), AXAS_ERR_INVALID);
        cr_expect_eq(axas_capabilities_decode(format, NULL, keeps_all, NULL, &found), AXAS_ERR_INVALID);
        cr_expect_eq(axas_capabilities_decode(format, registers, keeps_all, NULL, NULL), AXAS_ERR_INVALID);
        if (format->capabilities == NULL) {
            cr_expect_eq(format->id_register_count, 0);
            cr_expect_eq(axas_capabilities_decode(format, registers, keeps_all, NULL, &found),
                         AXAS_ERR_UNSUPPORTED, "%s", format->name);
            cr_expect_eq(memcmp(&found, &before, sizeof found), 0, "%s", format->name);
            continue;
        }
        const enum axas_status without_probe =
            axas_capabilities_decode(format, registers, NULL, NULL, &found);
        cr_expect_eq(without_probe, format->probes ? AXAS_ERR_INVALID : AXAS_OK, "%s", format->name);
        cr_expect_eq(memcmp(&found, &before, sizeof found) == 0, format->probes, "%s", format->name);
        cr_expect_eq(axas_capabilities_decode(format, registers, keeps_all, NULL, &found), AXAS_OK);
        cr_expect_eq(found.format, format);
        cr_expect_eq(found.features & found.switched, 0, "%s", format->name);
        cr_expect_eq((found.features | found.switched) & ~unit_all_features(format), 0, "%s", format->name);
        cr_expect_eq(found.modes >> format->mode_count, 0, "%s", format->name);
    }
}

Test(capabilities, what_is_decoded_makes_a_tree)
{
    /* ID_AA64MMFR0_EL1, 1 and 2 of a Neoverse V1: 48 bits, granule of 4 KiB */
    const struct axas_format *format = format_of("aarch64_stage2");
    uint64_t registers[AXAS_MAX_ID_REGISTERS] = {UINT64_C(0x00101125), UINT64_C(0x10212122),
                                                 UINT64_C(0x0220011102101011)};
    struct axas_capabilities cpu;
    cr_assert_eq(axas_capabilities_decode(format, registers, NULL, NULL, &cpu), AXAS_OK);
    struct attempt made = try_cpu(&cpu, 48, 0);
    expect_mode(&made, "4level", 48);
    cr_expect_eq(made.features, cpu.features);
    cr_expect_eq(made.physical_bits, 48);

    registers[0] = UINT64_C(0xf0101125);
    cr_assert_eq(axas_capabilities_decode(format, registers, NULL, NULL, &cpu), AXAS_OK);
    made = try_cpu(&cpu, 48, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no granule of 4 KiB");
}

/* ---- Which mode ---- */

Test(capabilities, the_mode_with_the_fewest_levels_is_taken_that_covers_a_width)
{
    struct axas_capabilities cpu = cpu_of("aarch64_stage2", 48);
    struct attempt made = try_cpu(&cpu, 0, 12);
    expect_mode(&made, "2level", 25);
    made = try_cpu(&cpu, 0, 30);
    expect_mode(&made, "2level", 30);
    made = try_cpu(&cpu, 0, 34);
    expect_mode(&made, "2level", 34);
    made = try_cpu(&cpu, 0, 35);
    expect_mode(&made, "3level", 35);
    made = try_cpu(&cpu, 0, 43);
    expect_mode(&made, "3level", 43);
    made = try_cpu(&cpu, 0, 44);
    expect_mode(&made, "4level", 44);
    made = try_cpu(&cpu, 0, 48);
    expect_mode(&made, "4level", 48);

    cpu = cpu_of("x86_64_ept", 52);
    made = try_cpu(&cpu, 0, 39);
    expect_mode(&made, "4level", 48);
    cpu.features = feature_of("x86_64_ept", "walk_length_5");
    made = try_cpu(&cpu, 0, 48);
    expect_mode(&made, "4level", 48);
    made = try_cpu(&cpu, 0, 49);
    expect_mode(&made, "5level", 57);

    cpu = cpu_of("riscv64_gstage", 0);
    made = try_cpu(&cpu, 0, 40);
    expect_mode(&made, "sv39x4", 41);
    made = try_cpu(&cpu, 0, 42);
    expect_mode(&made, "sv48x4", 50);
    cpu.modes = 1u << 2; /* Sv57x4 alone */
    made = try_cpu(&cpu, 0, 40);
    expect_mode(&made, "sv57x4", 59);
}

Test(capabilities, without_a_width_it_is_the_default_mode_or_else_the_first_that_the_cpu_takes)
{
    struct axas_capabilities cpu = cpu_of("riscv64_gstage", 0);
    struct attempt made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "sv39x4", 41);
    cpu.modes = 6;
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "sv48x4", 50);

    cpu = cpu_of("aarch64_stage2", 36);
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "3level", 36); /* prefers 40, and may not */
    cpu.modes = UINT64_C(1) << (axas_mode_find(cpu.format, "2level") - cpu.format->modes);
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "2level", 32);
}

Test(capabilities, a_mode_that_is_named_has_to_be_one_that_the_cpu_takes)
{
    struct axas_capabilities cpu = cpu_of("riscv64_gstage", 0);
    struct axas_table_config config = {.format = cpu.format, .capabilities = &cpu};
    config.mode = axas_mode_find(cpu.format, "sv48x4");
    struct attempt made = attempt(config);
    expect_mode(&made, "sv48x4", 50);
    config.gpa_bits_least = 20;
    made = attempt(config);
    expect_mode(&made, "sv48x4", 50);
    cpu.modes = 5;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU refuses every mode");
    config.gpa_bits_least = 51;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");
    config.gpa_bits_least = 0;
    config.mode = &format_of("x86_64_ept")->modes[0];
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "not one of the format's");
}

/* ---- Why none fits ---- */

Test(capabilities, what_is_said_is_what_stops_the_mode_that_comes_closest)
{
    /* Guest addresses of 44 bits: 4level alone has them, on a CPU with 44 physical bits. */
    struct axas_capabilities cpu = cpu_of("aarch64_stage2", 48);
    struct attempt made = try_cpu(&cpu, 49, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");
    made = try_cpu(&cpu, 0, 49);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");
    made = try_cpu(&cpu, 15, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");
    made = try_cpu(&cpu, 24, 0); /* with FEAT_TTST alone */
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that every mode");

    cpu.modes = ~(UINT64_C(1) << (axas_mode_find(cpu.format, "4level") - cpu.format->modes));
    made = try_cpu(&cpu, 44, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU refuses every mode");
    cpu.modes = 0;
    made = try_cpu(&cpu, 0, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU refuses every mode");

    cpu = cpu_of("aarch64_stage2", 42);
    made = try_cpu(&cpu, 44, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "narrower than the modes of that width ask for");
    made = try_cpu(&cpu, 43, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "may not be wider than the CPU's physical ones");
    made = try_cpu(&cpu, 0, 43);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "may not be wider than the CPU's physical ones");
    cpu.physical_bits = 24;
    made = try_cpu(&cpu, 0, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "may not be wider than the CPU's physical ones");

    cpu = cpu_of("x86_64_ept", 52);
    made = try_cpu(&cpu, 57, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that every mode");
    made = try_cpu(&cpu, 0, 49);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that every mode");
    cpu.modes = 1u << 1; /* one mode is refused, the other lacks its feature, which is closer */
    made = try_cpu(&cpu, 0, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that every mode");

    cpu.missing = "the CPU has none of it";
    made = try_cpu(&cpu, 48, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU has none of it");
}

/* ---- A CPU that takes narrower guest addresses than its modes have ---- */

static uint64_t last_of(uint8_t bits)
{
    return (UINT64_C(1) << bits) - 1;
}

Test(capabilities, a_mode_has_no_wider_guest_addresses_than_the_cpu_takes)
{
    /* An IOMMU with tables for 48 bits alone, and guest addresses of 39: the first entry of the root. */
    struct axas_capabilities cpu = cpu_of("vtd_second_stage", 39);
    cpu.features = feature_of("vtd_second_stage", "agaw_48");
    cpu.gpa_bits = 39;
    struct attempt made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "4level", 39);
    cr_expect_eq(made.last, last_of(39));
    made = try_cpu(&cpu, 39, 0);
    expect_mode(&made, "4level", 39);
    made = try_cpu(&cpu, 0, 30);
    expect_mode(&made, "4level", 39);
    made = try_cpu(&cpu, 48, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU takes no guest addresses of that width");
    made = try_cpu(&cpu, 0, 40);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU takes no guest addresses of that width");
    made = try_cpu(&cpu, 38, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");

    /* less than an entry of the root leads to */
    cpu.gpa_bits = 36;
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "4level", 36);
    cr_expect_eq(made.last, last_of(36));
    cpu.gpa_bits = 12;
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "4level", 12);
    cpu.gpa_bits = 11; /* no page */
    made = try_cpu(&cpu, 0, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU takes no guest addresses of that width");

    /* wider, or not known */
    cpu.gpa_bits = 57;
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "4level", 48);
    cpu.gpa_bits = 0;
    made = try_cpu(&cpu, 48, 0);
    expect_mode(&made, "4level", 48);

    /* A mode of several widths keeps those that the CPU takes. */
    cpu = cpu_of("aarch64_stage2", 48);
    cpu.gpa_bits = 36;
    made = try_cpu(&cpu, 0, 0);
    expect_mode(&made, "3level", 36);
    made = try_cpu(&cpu, 33, 0);
    expect_mode(&made, "3level", 33);
    made = try_cpu(&cpu, 37, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU takes no guest addresses of that width");
    made = try_cpu(&cpu, 49, 0);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");
}

Test(capabilities, tables_of_a_mode_are_as_large_however_few_guest_addresses_the_cpu_takes)
{
    /* 36 bits are 64 entries of 1 GiB each, behind the first entry of a root of 4 levels. */
    struct axas_hosted *arena = axas_hosted_create(&(struct axas_hosted_config){.free_in_parts = false});
    cr_assert_not_null(arena);
    struct axas_capabilities cpu = cpu_of("vtd_second_stage", 46);
    cpu.features = feature_of("vtd_second_stage", "agaw_48") | feature_of("vtd_second_stage", "leaf_1gib") |
                   feature_of("vtd_second_stage", "leaf_2mib");
    cpu.gpa_bits = 36;
    const struct axas_table_config config = {
        .hal = axas_hosted_hal(arena), .format = cpu.format, .capabilities = &cpu};
    struct axas_table table;
    cr_assert_eq(axas_table_init(&table, &config), AXAS_OK);
    cr_expect_eq(axas_table_limit(&table), UINT64_C(1) << 36);

    struct axas_root root;
    cr_assert_eq(axas_table_root(&table, 7, &root), AXAS_OK);
    cr_expect_eq(root.gpa_bits, 36);
    cr_expect_eq(root.levels, 4);
    cr_expect_eq(root.register_value[1], UINT64_C(0x702)); /* context_high: AGAW of 48 bits all the same */

    const uint64_t gib = UINT64_C(1) << 30, end = UINT64_C(1) << 36;
    const axas_attr attr = AXAS_READ | AXAS_WRITE;
    cr_expect_eq(axas_table_map(&table, axas_gpa_of(end - gib), axas_hpa_of(0), gib, attr), AXAS_OK);
    cr_expect_eq(axas_table_map(&table, axas_gpa_of(end), axas_hpa_of(0), gib, attr), AXAS_ERR_RANGE);
    cr_expect_eq(axas_table_map(&table, axas_gpa_of(0), axas_hpa_of(0), 4096, attr), AXAS_OK);
    axas_table_destroy(&table, NULL, NULL);
    cr_expect_eq(axas_hosted_destroy(arena), 0, "every table is freed");
}

Test(capabilities, without_capabilities_the_same_is_said_of_the_configuration)
{
    struct axas_table_config config = {.format = format_of("x86_64_ept"), .gpa_bits = 57};
    struct attempt made = attempt(config);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that every mode");
    config.features = feature_of("x86_64_ept", "walk_length_5");
    made = attempt(config);
    expect_mode(&made, "5level", 57);
    config.gpa_bits = 40;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "no mode has guest addresses of that width");
}

Test(capabilities, a_configuration_that_makes_no_sense_is_told_why)
{
    struct axas_capabilities cpu = cpu_of("x86_64_ept", 46);
    const struct axas_table_config good = {.format = cpu.format, .capabilities = &cpu};
    struct axas_table_config config = good;
    config.gpa_bits = config.gpa_bits_least = 48;
    struct attempt made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "two widths");
    config = good;
    config.format = format_of("x86_64_npt");
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "another format's");
    config = good;
    config.features = UINT64_C(1) << 63;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "features that the format does not have");
    config = good;
    cpu.switched = UINT64_C(1) << 63;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "features that the format does not have");
    cpu.switched = 0;
    config.max_leaf_shift = 64;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "a width or a leaf size");
    config.max_leaf_shift = 5;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "a cap below the smallest leaf");
    config = good;
    config.format = NULL;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_INVALID, "no HAL, or no format");

    const char *why = untouched;
    struct axas_table table;
    struct axas_hosted *arena = axas_hosted_create(&(struct axas_hosted_config){.free_in_parts = false});
    struct axas_hal hal = *axas_hosted_hal(arena);
    config = good;
    config.hal = &hal;
    config.why = &why;
    axas_hosted_fail_at(arena, 1);
    cr_expect_eq(axas_table_init(&table, &config), AXAS_ERR_NO_MEMORY);
    cr_expect_not_null(strstr(why, "no memory"));
    hal.invalidate = NULL;
    cr_expect_eq(axas_table_init(&table, &config), AXAS_ERR_INVALID);
    cr_expect_not_null(strstr(why, "the HAL lacks a function"));
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

/* ---- Features and widths ---- */

Test(capabilities, features_are_all_or_those_that_are_asked_for)
{
    const uint64_t flags = feature_of("x86_64_ept", "accessed_dirty");
    const uint64_t large = feature_of("x86_64_ept", "leaf_2mib");
    const uint64_t mode_based = feature_of("x86_64_ept", "mode_based_execute");
    const uint64_t execute_only = feature_of("x86_64_ept", "execute_only");
    struct axas_capabilities cpu = cpu_of("x86_64_ept", 46);
    cpu.features = flags | large;
    cpu.switched = mode_based;
    struct axas_table_config config = {.format = cpu.format, .capabilities = &cpu};
    cr_expect_eq(attempt(config).features, flags | large, "what the host has to turn on is not assumed");
    config.features = large;
    cr_expect_eq(attempt(config).features, large);
    config.features = cpu.features | mode_based;
    cr_expect_eq(attempt(config).features, flags | large | mode_based);
    config.features = large | execute_only;
    struct attempt made = attempt(config);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that is asked for");
    /* A feature that a mode needs counts as well if it is left out. */
    cpu.features |= feature_of("x86_64_ept", "walk_length_5");
    config.features = large;
    config.gpa_bits = 57;
    made = attempt(config);
    expect_refusal(&made, AXAS_ERR_UNSUPPORTED, "the CPU lacks a feature that every mode");
}

Test(capabilities, the_smaller_of_two_physical_widths_counts)
{
    struct axas_capabilities cpu = cpu_of("x86_64_ept", 46);
    struct axas_table_config config = {.format = cpu.format, .capabilities = &cpu};
    cr_expect_eq(attempt(config).physical_bits, 46);
    config.physical_bits = 40;
    cr_expect_eq(attempt(config).physical_bits, 40);
    config.physical_bits = 52;
    cr_expect_eq(attempt(config).physical_bits, 46);
    cpu.physical_bits = 0;
    cr_expect_eq(attempt(config).physical_bits, 52);
    config.physical_bits = 39;
    cr_expect_eq(attempt(config).physical_bits, 39);
    cpu.physical_bits = 60; /* entries hold no more than 52 */
    config.physical_bits = 0;
    cr_expect_eq(attempt(config).physical_bits, 52);
}

Test(capabilities, what_two_cpus_both_have)
{
    const uint64_t a = 1, b = 2, c = 4, d = 8;
    struct axas_capabilities big = cpu_of("aarch64_stage2", 48), little = cpu_of("aarch64_stage2", 40);
    big.features = a | b;
    big.switched = c;
    big.modes = 7;
    little.features = a | c | d;
    little.switched = b;
    little.modes = 5;
    big.gpa_bits = 48;
    little.gpa_bits = 39;
    struct axas_capabilities common = big;
    cr_expect_eq(axas_capabilities_meet(&common, &little), AXAS_OK);
    cr_expect_eq(common.features, a);
    cr_expect_eq(common.switched, b | c, "one of them has to turn it on");
    cr_expect_eq(common.modes, 5);
    cr_expect_eq(common.physical_bits, 40);
    cr_expect_eq(common.gpa_bits, 39);
    cr_expect_null(common.missing);
    struct axas_capabilities other_way = little;
    cr_expect_eq(axas_capabilities_meet(&other_way, &big), AXAS_OK);
    cr_expect_eq(other_way.features, common.features);
    cr_expect_eq(other_way.switched, common.switched);
    cr_expect_eq(other_way.physical_bits, 40);
    cr_expect_eq(other_way.gpa_bits, 39);

    little.physical_bits = little.gpa_bits = 0; /* not known */
    little.missing = "the little one has none of it";
    common = big;
    cr_expect_eq(axas_capabilities_meet(&common, &little), AXAS_OK);
    cr_expect_eq(common.physical_bits, 48);
    cr_expect_eq(common.gpa_bits, 48);
    cr_expect_str_eq(common.missing, little.missing);
    common = little;
    cr_expect_eq(axas_capabilities_meet(&common, &big), AXAS_OK);
    cr_expect_eq(common.physical_bits, 48);
    cr_expect_eq(common.gpa_bits, 48);
    cr_expect_str_eq(common.missing, little.missing);

    const struct axas_capabilities intel = cpu_of("x86_64_ept", 46);
    const struct axas_capabilities before = common;
    cr_expect_eq(axas_capabilities_meet(&common, &intel), AXAS_ERR_INVALID);
    cr_expect_eq(axas_capabilities_meet(&common, NULL), AXAS_ERR_INVALID);
    cr_expect_eq(axas_capabilities_meet(NULL, &intel), AXAS_ERR_INVALID);
    cr_expect_eq(memcmp(&common, &before, sizeof common), 0);
}
