/* SPDX-License-Identifier: Apache-2.0 */
/* Sections are of DDI 0406C.d. */
#include "../negative.h"

#include <axas/formats/armv7_lpae_stage2.h>

#define BIT(n) (UINT64_C(1) << (n))
#define VTTBR AXAS_ARMV7_LPAE_STAGE2_ROOT_VTTBR
#define VTCR AXAS_ARMV7_LPAE_STAGE2_ROOT_VTCR
#define VTCR_SL0 (UINT64_C(3) << 6)
#define VTCR_SIZE UINT64_C(0x1f)                                    /* S and T0SZ */
#define VTCR_SIZE_OF(gpa_bits) ((UINT64_C(32) - (gpa_bits)) & 0x1f) /* B4.1.159 */

static bool no_mode(const struct axas_table_config *cpu, const char *mode, uint8_t gpa_bits)
{
    struct axas_table table;
    struct axas_table_config config = *cpu;
    config.mode = axas_mode_find(cpu->format, mode);
    config.gpa_bits = gpa_bits;
    return axas_table_init(&table, &config) != AXAS_OK;
}

static bool no_35_bits_from_level2(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "2level", 35);
}

static bool no_30_bits_from_level1(const struct axas_table_config *cpu)
{
    return no_mode(cpu, "3level", 30);
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

static bool no_misaligned_root(const struct axas_table_config *cpu)
{
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    const struct axas_root_request request = {.mode = axas_mode_find(cpu->format, "3level"),
                                              .root = {UINT64_C(0x40001000)},
                                              .gpa_bits = 40,
                                              .physical_bits = 40};
    return cpu->format->root_encode(&request, values) != AXAS_OK;
}

static const struct negative_control controls[] = {
    {.rule = "bits 1:0 are 0b01 at the last level, which is reserved (B3.6)",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .clear = BIT(1)},
    {.rule = "a block that allows nothing and is valid (HAP, B3.7)",
     .level = "level2",
     .kind = AXAS_ENTRY_LEAF,
     .clear = BIT(7) | BIT(6)},
    {.rule = "more than 16 concatenated tables (B3.6)",
     .root_register = VTCR,
     .mode = "2level",
     .clear = VTCR_SIZE,
     .set = VTCR_SIZE_OF(35),
     .library_refuses = no_35_bits_from_level2},
    {.rule = "a root of one entry (B3.6)",
     .root_register = VTCR,
     .clear = VTCR_SIZE,
     .set = VTCR_SIZE_OF(30),
     .library_refuses = no_30_bits_from_level1},
    {.rule = "a start level that is reserved (SL0, B4.1.159)",
     .root_register = VTCR,
     .clear = VTCR_SL0,
     .set = BIT(7),
     .library_refuses = no_start_level0},
    {.rule = "a root that is not aligned to its size (B4.1.160)",
     .root_register = VTTBR,
     .gpa_bits = 40,
     .set = BIT(12),
     .emulator_accepts = true,
     .library_refuses = no_misaligned_root},
    {.rule = "a block's address that is not aligned to 2 MiB (bits 20:12 SBZ)",
     .level = "level2",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(13),
     .emulator_accepts = true},
    {.rule = "a block's address that is not aligned to 1 GiB",
     .level = "level1",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(21),
     .emulator_accepts = true},
    {.rule = "bit 40 of a page, beyond the addresses of 40 bits",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(40),
     .emulator_accepts = true},
    {.rule = "the same of a table",
     .level = "level2",
     .kind = AXAS_ENTRY_TABLE,
     .set = BIT(40),
     .emulator_accepts = true},
    {.rule = "shareability 0b01, which is reserved (B3.8)",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .clear = UINT64_C(3) << 8,
     .set = BIT(8),
     .emulator_accepts = true},
    {.rule = "bit 53 of a page, which is SBZ",
     .level = "level3",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(53),
     .emulator_accepts = true},
    {.rule = "bit 63 of a table entry, which is SBZ",
     .level = "level1",
     .kind = AXAS_ENTRY_TABLE,
     .set = BIT(63),
     .emulator_accepts = true},
};

const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count)
{
    (void)format;
    *count = sizeof controls / sizeof controls[0];
    return controls;
}
