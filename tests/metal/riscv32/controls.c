/* SPDX-License-Identifier: Apache-2.0 */
/* Sections are of the privileged specification, 20240411. */
#include "../negative.h"

#include <axas/formats/riscv32_gstage.h>

#define BIT(n) (UINT64_C(1) << (n))
#define R BIT(1)
#define W BIT(2)
#define X BIT(3)
#define U BIT(4)
#define A BIT(6)
#define D BIT(7)
#define ADDRESS(bit) BIT((bit)-2) /* where an entry has that bit of the address */

static bool no_misaligned_root(const struct axas_table_config *cpu)
{
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    const struct axas_root_request request = {.mode = axas_mode_find(cpu->format, "sv32x4"),
                                              .root = {UINT64_C(0x80001000)},
                                              .gpa_bits = 34,
                                              .physical_bits = 34};
    return cpu->format->root_encode(&request, values) != AXAS_OK;
}

static const struct negative_control controls[] = {
    {.rule = "a page without U (18.5.1)", .level = "vpn0", .kind = AXAS_ENTRY_LEAF, .clear = U},
    {.rule = "a 4 MiB leaf without U", .level = "vpn1", .kind = AXAS_ENTRY_LEAF, .clear = U},
    {.rule = "write without read (10.3.1)", .level = "vpn0", .kind = AXAS_ENTRY_LEAF, .clear = R | X},
    {.rule = "write and execute without read", .level = "vpn0", .kind = AXAS_ENTRY_LEAF, .clear = R},
    {.rule = "a pointer at the last level (10.3.2, step 4)",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .clear = R | W | X | U | A | D},
    {.rule = "a misaligned 4 MiB leaf (10.3.2, step 6), its lowest bit",
     .level = "vpn1",
     .kind = AXAS_ENTRY_LEAF,
     .set = ADDRESS(12)},
    {.rule = "the same, its highest bit", .level = "vpn1", .kind = AXAS_ENTRY_LEAF, .set = ADDRESS(21)},
    {.rule = "U in a pointer (10.3.1)", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = U},
    {.rule = "A in a pointer", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = A},
    {.rule = "D in a pointer", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = D},
    {.rule = "a root that is not aligned to 16 KiB (18.2.10)",
     .root_register = AXAS_RISCV32_GSTAGE_ROOT_HGATP,
     .set = 1,
     .library_refuses = no_misaligned_root},
};

const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count)
{
    (void)format;
    *count = sizeof controls / sizeof controls[0];
    return controls;
}
