/* SPDX-License-Identifier: Apache-2.0 */
/* The tests over the tables that stage2.h describes. */

Test(stage2, levels_are_those_of_the_manual)
{
    const struct axas_format *format = golden_format(FORMAT);
    cr_assert_eq(format->level_count, GOLDEN_COUNT(levels));
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        const struct axas_level *level = &format->levels[i];
        cr_expect_str_eq(level->name, levels[i].name);
        cr_expect_eq(level->number, levels[i].number, "%s", level->name);
        cr_expect_eq(level->shift, levels[i].shift, "%s", level->name);
        cr_expect_eq(level->index_bits, levels[i].index_bits, "%s", level->name);
        cr_expect_eq(level->empty, 0, "%s", level->name);
    }
    cr_expect_eq(format->root_tables_max, 16);
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
}

Test(stage2, modes_are_those_that_the_manual_allows)
{
    const struct axas_format *format = golden_format(FORMAT);
    cr_assert_eq(format->mode_count, GOLDEN_COUNT(modes));
    for (unsigned i = 0; i < GOLDEN_COUNT(modes); i++) {
        const struct axas_mode *mode = golden_mode(format, modes[i].name);
        const unsigned root = golden_level(format, modes[i].root);
        cr_expect_eq(mode->root_level, root, "%s", mode->name);
        cr_expect_eq(mode->level_count, format->level_count - root, "%s", mode->name);
        cr_expect_eq(mode->gpa_bits_min, modes[i].min, "%s", mode->name);
        cr_expect_eq(mode->gpa_bits_fewer, modes[i].fewer, "%s", mode->name);
        cr_expect_eq(mode->fewer_with, modes[i].fewer < modes[i].min ? golden_features(format, "ttst") : 0,
                     "%s", mode->name);
        cr_expect_eq(mode->gpa_bits_preferred, modes[i].preferred, "%s", mode->name);
        cr_expect_eq(mode->gpa_bits_max, modes[i].max, "%s", mode->name);
        cr_expect_eq(mode->physical_bits_min, modes[i].physical_min, "%s", mode->name);
        cr_expect_eq(mode->with, golden_features(format, modes[i].features), "%s", mode->name);
        cr_expect_eq(mode->is_default, modes[i].is_default, "%s", mode->name);
        cr_expect_eq(mode->within_physical, WITHIN_PHYSICAL, "%s", mode->name);
    }
}

Test(stage2, entries_match_the_manual)
{
    const struct axas_format *format = golden_format(FORMAT);
    for (size_t i = 0; i < GOLDEN_COUNT(tables); i++) {
        golden_check_table(format, &tables[i]);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(leaves); i++) {
        golden_check_leaf(format, &leaves[i]);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(held); i++) {
        golden_check_held(format, held[i].level, "", held[i].hpa, 1);
    }
}

Test(stage2, descriptors_that_the_manual_reserves_are_told)
{
    const struct axas_format *format = golden_format(FORMAT);
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(format, &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(format, &legal[i], true);
    }
}

Test(stage2, accessed_and_dirty_are_what_the_manual_says)
{
    const struct axas_format *format = golden_format(FORMAT);
    for (size_t i = 0; i < GOLDEN_COUNT(states); i++) {
        golden_check_state(format, &states[i]);
    }
    if (DIRTY_STATE) {
        golden_check_hardware_updates(format, "hardware_access_flag hardware_dirty_state",
                                      "hardware_dirty_state", false);
    }
}

Test(stage2, what_the_hardware_cannot_express_is_refused)
{
    for (size_t i = 0; i < GOLDEN_COUNT(refused); i++) {
        golden_check_refusal(golden_format(FORMAT), &refused[i]);
    }
}

Test(stage2, every_bit_of_an_entry_is_accounted_for)
{
    const struct axas_format *format = golden_format(FORMAT);
    for (size_t i = 0; i < GOLDEN_COUNT(entry_bits); i++) {
        golden_check_bits(format, &entry_bits[i]);
    }
    /* 58:55 are software's, of which 55 is kept for a dirty leaf; 10 is AF and 7, S2AP[1], set by the CPU */
    const uint64_t software = DIRTY_STATE ? UINT64_C(0x0700000000000000) : UINT64_C(0x0780000000000000);
    for (unsigned i = 0; i < format->level_count; i++) {
        const struct axas_level *level = &format->levels[i];
        const bool leaf = (level->kinds >> AXAS_ENTRY_LEAF & 1) != 0;
        cr_expect_eq(level->software_mask, leaf ? software : 0, "%s", level->name);
        cr_expect_eq(level->accessed_mask, leaf ? 0x400 : 0, "%s", level->name);
        cr_expect_eq(level->dirty_mask, leaf && DIRTY_STATE ? UINT64_C(0x0080000000000000) : 0, "%s",
                     level->name);
        cr_expect_eq(level->written_mask, leaf && DIRTY_STATE ? 0x80 : 0, "%s", level->name);
    }
}

Test(stage2, root_registers_match_the_manual)
{
    const struct axas_format *format = golden_format(FORMAT);
    for (size_t i = 0; i < GOLDEN_COUNT(roots); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        const struct axas_root_request request = {
            .mode = golden_mode(format, roots[i].mode),
            .root = {roots[i].root},
            .vmid = roots[i].vmid,
            .gpa_bits = roots[i].gpa_bits,
            .physical_bits = roots[i].physical_bits,
            .features = golden_features(format, roots[i].features),
        };
        cr_assert_eq(format->root_encode(&request, values), AXAS_OK, "row %zu", i);
        const uint64_t vtcr = golden_root_value(format, values, VTCR);
        const uint64_t vttbr = golden_root_value(format, values, VTTBR);
        cr_expect_eq(vtcr, roots[i].vtcr, "row %zu: VTCR 0x%" PRIx64 ", not 0x%" PRIx64, i, vtcr,
                     roots[i].vtcr);
        cr_expect_eq(vttbr, roots[i].vttbr, "row %zu: VTTBR 0x%" PRIx64 ", not 0x%" PRIx64, i, vttbr,
                     roots[i].vttbr);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(bad_roots); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        const struct axas_root_request request = {
            .mode = golden_mode(format, bad_roots[i].mode),
            .root = {bad_roots[i].root},
            .vmid = bad_roots[i].vmid,
            .gpa_bits = bad_roots[i].gpa_bits,
            .physical_bits = format->output_bits,
            .features = golden_features(format, bad_roots[i].features),
        };
        memset(values, 0x5a, sizeof values);
        cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE, "%s", bad_roots[i].what);
        cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "%s: untouched", bad_roots[i].what);
    }
}

Test(stage2, the_last_level_has_no_blocks)
{
    /* The first of `illegal`: the CPU takes such a descriptor for an invalid one. */
    const struct axas_format *format = golden_format(FORMAT);
    const unsigned last = format->level_count - 1u;
    cr_assert_eq(golden_level(format, illegal[0].level), last);
    cr_expect_eq(format->entry_kind(last, illegal[0].entry), AXAS_ENTRY_BAD);
    cr_expect_eq(format->entry_kind(last, illegal[0].entry | 2), AXAS_ENTRY_LEAF);
}
