/* SPDX-License-Identifier: Apache-2.0 */
/* Sections are of DDI 0487J.a. */
#include "../negative.h"

#include <axas/formats/aarch64_stage2.h>

#define BIT(n) (UINT64_C(1) << (n))
#define ADDRESS UINT64_C(0xfffffffff000)
#define ADDRESS_LPA2 (UINT64_C(0x3fffffffff000) | UINT64_C(3) << 8)
#define VTCR_PS (UINT64_C(7) << 16)
#define VTCR_SL0 (UINT64_C(3) << 6)
#define VTCR_DS BIT(32)
#define LEAF                                                                                      \
    (BIT(10) | UINT64_C(3) << 8 | UINT64_C(3) << 6 | UINT64_C(0xf) << 2) /* AF, SH, S2AP, MemAttr \
                                                                          */
#define VTTBR AXAS_AARCH64_STAGE2_ROOT_VTTBR_EL2
#define VTCR AXAS_AARCH64_STAGE2_ROOT_VTCR_EL2

static bool no_mode(const struct axas_table_config *cpu, const char *mode, uint8_t gpa_bits,
                    uint8_t physical_bits)
{
    struct axas_table table;
    struct axas_table_config config = *cpu;
    config.mode = axas_mode_find(cpu->format, mode);
    config.gpa_bits = gpa_bits;
    config.physical_bits = physical_bits;
    return axas_table_init(&table, &config) != AXAS_OK;
}

static bool no_32_tables(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "3level", 44, 48);
}

static bool no_input_wider_than_physical(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "3level", 39, 32);
}

static bool no_41_bits_from_level2(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "2level", 41, 52);
}

static bool no_47_bits_from_level2(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "2level", 47, 52);
}

static bool no_44_bits_from_level1(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "3level", 44, 52);
}

static bool no_40_bits_in_32(const struct axas_table_config *cpu)
{
    return no_mode(cpu, NULL, 40, 32);
}

/* No mode of the format begins at level 0. */
static bool no_start_level0(const struct axas_table_config *cpu)
{
    for (unsigned i = 0; i < cpu->format->mode_count; i++) {
        if (cpu->format->levels[cpu->format->modes[i].root_level].number == 0) {
            return false;
        }
    }
    return true;
}

static bool no_52_bits_without_lpa2(const struct axas_table_config *cpu)
{
    struct axas_table_config config = *cpu;
    config.features &= ~axas_feature_find(cpu->format, "lpa2");
    return no_mode(&config, "5level", 52, 52);
}

static bool no_misaligned_root(const struct axas_table_config *cpu)
{
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    const struct axas_root_request request = {.mode = axas_mode_find(cpu->format, "3level"),
                                              .root = {UINT64_C(0x40000800)},
                                              .gpa_bits = 39,
                                              .physical_bits = 48};
    return cpu->format->root_encode(&request, values) != AXAS_OK;
}

static const struct negative_control granule4[] = {
    {.rule = "bits 1:0 are 0b01 at the last level, which is reserved (D8.3.2)",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .clear = BIT(1)},
    {.rule = "a block at level 0 (D8.3.2)",
     .level = "level0",
     .kind = AXAS_ENTRY_TABLE,
     .mode = "4level",
     .clear = ADDRESS | BIT(1),
     .set = LEAF,
     .emulator_accepts = true},
    {.rule = "a page's address beyond the physical width (D8.2.4)",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 40,
     .set = BIT(46)},
    {.rule = "a block's address beyond the physical width",
     .level = "level2",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 40,
     .set = BIT(46)},
    {.rule = "a table's address beyond the physical width",
     .level = "level2",
     .kind = AXAS_ENTRY_TABLE,
     .physical_bits = 40,
     .set = BIT(46)},
    {.rule = "a table's address beyond the physical width, by the lowest bit that is",
     .level = "level1",
     .kind = AXAS_ENTRY_TABLE,
     .physical_bits = 40,
     .set = BIT(40)},
    {.rule = "more than 16 concatenated tables (D8.2.8)",
     .root_register = VTCR,
     .clear = 0x3f,
     .set = 64 - 44,
     .library_refuses = no_32_tables},
    {.rule = "an input size wider than the physical width (D8.2.8)",
     .root_register = VTCR,
     .gpa_bits = 39,
     .clear = UINT64_C(7) << 16,
     .library_refuses = no_input_wider_than_physical},
    {.rule = "a root that is not aligned to its size",
     .root_register = VTTBR,
     .gpa_bits = 39,
     .set = BIT(11),
     .emulator_accepts = true,
     .library_refuses = no_misaligned_root},
    {.rule = "a block's address that is not aligned to 2 MiB (bits 20:12 RES0)",
     .level = "level2",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(13),
     .emulator_accepts = true},
    {.rule = "a block's address that is not aligned to 1 GiB",
     .level = "level1",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(21),
     .emulator_accepts = true},
    {.rule = "shareability 0b01, which is reserved (D8.6.2)",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .clear = UINT64_C(3) << 8,
     .set = BIT(8),
     .emulator_accepts = true},
    {.rule = "bit 50 of a page, which is RES0",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(50),
     .emulator_accepts = true},
    {.rule = "bit 63 of a table entry, which is RES0",
     .level = "level1",
     .kind = AXAS_ENTRY_TABLE,
     .set = BIT(63),
     .emulator_accepts = true},
};

/* Of every granule: a page of level 3, and the default mode with 40 bits. */
#define COMMON(concatenated, refuses)                                                                 \
    {.rule = "bits 1:0 are 0b01 at the last level, which is reserved",                                \
     .level = "level3",                                                                               \
     .kind = AXAS_ENTRY_LEAF,                                                                         \
     .clear = BIT(1)},                                                                                \
        {.rule = "a page's address beyond the physical width",                                        \
         .level = "level3",                                                                           \
         .kind = AXAS_ENTRY_LEAF,                                                                     \
         .physical_bits = 40,                                                                         \
         .set = BIT(46)},                                                                             \
        {.rule = "a table's address beyond the physical width",                                       \
         .level = "level2",                                                                           \
         .kind = AXAS_ENTRY_TABLE,                                                                    \
         .physical_bits = 40,                                                                         \
         .set = BIT(40)},                                                                             \
        {.rule = "more than 16 concatenated tables (D8.2.8)",                                         \
         .root_register = VTCR,                                                                       \
         .clear = 0x3f,                                                                               \
         .set = 64 - (concatenated),                                                                  \
         .library_refuses = refuses},                                                                 \
    {                                                                                                 \
        .rule = "an input size wider than the physical width", .root_register = VTCR, .gpa_bits = 40, \
        .clear = VTCR_PS, .library_refuses = no_40_bits_in_32                                         \
    }

static const struct negative_control granule16[] = {
    COMMON(41, no_41_bits_from_level2),
    {.rule = "start level 0 without FEAT_LPA2 (D8.2.8)",
     .root_register = VTCR,
     .set = VTCR_SL0,
     .library_refuses = no_start_level0},
    {.rule = "a block at level 1 without FEAT_LPA2 (D8.3.2)",
     .level = "level1",
     .kind = AXAS_ENTRY_TABLE,
     .mode = "3level",
     .clear = ADDRESS | BIT(1),
     .set = LEAF,
     .emulator_accepts = true},
    {.rule = "bit 12 of a page, which is RES0",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(12),
     .emulator_accepts = true},
    {.rule = "a block's address that is not aligned to 32 MiB",
     .level = "level2",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(17),
     .emulator_accepts = true},
};

static const struct negative_control granule64[] = {
    COMMON(47, no_47_bits_from_level2),
    {.rule = "start level 0, which this granule lacks (D8.2.8)",
     .root_register = VTCR,
     .set = VTCR_SL0,
     .library_refuses = no_start_level0},
    {.rule = "bits 15:12 of a page on a CPU of 48 bits, where they are RES0",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 48,
     .set = BIT(12),
     .emulator_accepts = true},
    {.rule = "bit 48 of a page, which is RES0",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(48),
     .emulator_accepts = true},
    {.rule = "a block's address that is not aligned to 512 MiB",
     .level = "level2",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(17),
     .emulator_accepts = true},
};

static const struct negative_control granule4_lpa2[] = {
    COMMON(44, no_44_bits_from_level1),
    {.rule = "52 bits from level -1 without FEAT_LPA2's descriptors",
     .root_register = VTCR,
     .mode = "5level",
     .clear = VTCR_DS,
     .library_refuses = no_52_bits_without_lpa2},
    {.rule = "a page's address bit 48 on a CPU of 48 bits",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 48,
     .set = BIT(48)},
    {.rule = "a page's address bit 50, in bit 8, on a CPU of 48 bits",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 48,
     .set = BIT(8),
     .emulator_accepts = true},
    {.rule = "a block at level -1 (D8.3.2)",
     .level = "level_minus1",
     .kind = AXAS_ENTRY_TABLE,
     .mode = "5level",
     .clear = ADDRESS_LPA2 | BIT(1),
     .set = LEAF & ~(UINT64_C(3) << 8),
     .emulator_accepts = true},
    {.rule = "a block's address that is not aligned to 512 GiB",
     .level = "level0",
     .kind = AXAS_ENTRY_LEAF,
     .mode = "4level",
     .set = BIT(17),
     .emulator_accepts = true},
};

static const struct negative_control granule16_lpa2[] = {
    COMMON(41, no_41_bits_from_level2),
    {.rule = "a page's address bit 48 on a CPU of 48 bits",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 48,
     .set = BIT(48)},
    {.rule = "a page's address bit 50, in bit 8, on a CPU of 48 bits",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .physical_bits = 48,
     .set = BIT(8),
     .emulator_accepts = true},
    {.rule = "a block's address that is not aligned to 64 GiB",
     .level = "level1",
     .kind = AXAS_ENTRY_LEAF,
     .mode = "3level",
     .set = BIT(17),
     .emulator_accepts = true},
};

#define LIST(controls)                                   \
    {                                                    \
        controls, sizeof(controls) / sizeof(controls)[0] \
    }

const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count)
{
    static const struct {
        const struct negative_control *controls;
        unsigned count;
    } lists[3][2] = {
        {LIST(granule4), LIST(granule4_lpa2)},
        {LIST(granule16), LIST(granule16_lpa2)},
        {LIST(granule64), LIST(granule64)},
    };
    /* Pages of 4, 16 and 64 KiB. */
    const unsigned granule = (format->levels[format->level_count - 1u].shift - 12u) / 2;
    const unsigned wide = axas_feature_find(format, "lpa2") != 0;
    *count = lists[granule][wide].count;
    return lists[granule][wide].controls;
}
