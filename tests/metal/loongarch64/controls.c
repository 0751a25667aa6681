/* SPDX-License-Identifier: Apache-2.0 */
/* Sections are of the LoongArch Reference Manual, volume 1 (1.10). */
#include "../negative.h"

#include <axas/formats/loongarch64_stage2.h>

#define BIT(n) (UINT64_C(1) << (n))
#define V BIT(0)
#define PLV (BIT(2) | BIT(3))
#define MAT (BIT(4) | BIT(5))
#define HUGE_OR_GLOBAL BIT(6)
#define P BIT(7)
#define RPLV BIT(63)

static bool no_misaligned_root(const struct axas_table_config *cpu)
{
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    const struct axas_mode *mode = axas_mode_find(cpu->format, "3level");
    const struct axas_root_request request = {.mode = mode,
                                              .root = {UINT64_C(0x90000800)},
                                              .vmid = 1,
                                              .gpa_bits = mode->gpa_bits_preferred,
                                              .physical_bits = 48};
    return cpu->format->root_encode(&request, values) != AXAS_OK;
}

static const struct negative_control controls[] = {
    {.rule = "a page that is not valid, and has an address (figure 8)",
     .level = "pt",
     .kind = AXAS_ENTRY_LEAF,
     .clear = V},
    {.rule = "a huge page that is not valid, and has an address (figure 9)",
     .level = "dir1",
     .kind = AXAS_ENTRY_LEAF,
     .clear = V},
    {.rule = "a table entry with H set (4.2.5.1)",
     .level = "dir1",
     .kind = AXAS_ENTRY_TABLE,
     .set = HUGE_OR_GLOBAL},
    {.rule = "a page for level 3 alone (RPLV, 5.4.4)",
     .level = "pt",
     .kind = AXAS_ENTRY_LEAF,
     .set = RPLV | PLV},
    {.rule = "a huge page for level 3 alone", .level = "dir1", .kind = AXAS_ENTRY_LEAF, .set = RPLV | PLV},
    {.rule = "bit 7 of a table's address", .level = "dir1", .kind = AXAS_ENTRY_TABLE, .set = BIT(7)},
    {.rule = "a root that is not aligned (7.5.5)",
     .root_register = AXAS_LOONGARCH64_STAGE2_ROOT_PGDL,
     .set = BIT(11),
     .library_refuses = no_misaligned_root},
    {.rule = "a huge page's address that is not aligned (figure 9)",
     .level = "dir1",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(14),
     .emulator_accepts = true},
    {.rule = "a page that is global: that would be every guest's",
     .level = "pt",
     .kind = AXAS_ENTRY_LEAF,
     .set = HUGE_OR_GLOBAL,
     .emulator_accepts = true},
    {.rule = "a page that is not there (P), and valid",
     .level = "pt",
     .kind = AXAS_ENTRY_LEAF,
     .clear = P,
     .emulator_accepts = true},
    {.rule = "memory access type 3, which is reserved (5.3)",
     .level = "pt",
     .kind = AXAS_ENTRY_LEAF,
     .set = MAT,
     .emulator_accepts = true},
};

const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count)
{
    (void)format;
    *count = sizeof controls / sizeof controls[0];
    return controls;
}
