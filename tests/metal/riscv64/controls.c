/* SPDX-License-Identifier: Apache-2.0 */
/* Sections are of the privileged specification, 20240411. */
#include "../negative.h"

#include <axas/formats/riscv64_gstage.h>

#define BIT(n) (UINT64_C(1) << (n))
#define R BIT(1)
#define W BIT(2)
#define X BIT(3)
#define U BIT(4)
#define A BIT(6)
#define D BIT(7)
#define ADDRESS(bit) BIT((bit)-2) /* where an entry has that bit of the address */
#define N BIT(63)
#define NAPOT_64_KIB ADDRESS(15) /* in a NAPOT range: the size */

static bool no_misaligned_root(const struct axas_table_config *cpu)
{
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    const struct axas_root_request request = {.mode = axas_mode_find(cpu->format, "sv39x4"),
                                              .root = {UINT64_C(0x80001000)},
                                              .gpa_bits = 41,
                                              .physical_bits = 56};
    return cpu->format->root_encode(&request, values) != AXAS_OK;
}

static const struct negative_control controls[] = {
    {.rule = "a page without U (18.5.1)", .level = "vpn0", .kind = AXAS_ENTRY_LEAF, .clear = U},
    {.rule = "a 2 MiB leaf without U", .level = "vpn1", .kind = AXAS_ENTRY_LEAF, .clear = U},
    {.rule = "write without read (10.3.1)", .level = "vpn0", .kind = AXAS_ENTRY_LEAF, .clear = R | X},
    {.rule = "write and execute without read", .level = "vpn0", .kind = AXAS_ENTRY_LEAF, .clear = R},
    {.rule = "a pointer at the last level (10.3.2, step 4)",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .clear = R | W | X | U | A | D},
    {.rule = "a misaligned 2 MiB leaf (10.3.2, step 6)",
     .level = "vpn1",
     .kind = AXAS_ENTRY_LEAF,
     .set = ADDRESS(12)},
    {.rule = "a misaligned 1 GiB leaf", .level = "vpn2", .kind = AXAS_ENTRY_LEAF, .set = ADDRESS(29)},
    {.rule = "a misaligned 512 GiB leaf",
     .level = "vpn3",
     .kind = AXAS_ENTRY_LEAF,
     .mode = "sv48x4",
     .set = ADDRESS(38)},
    {.rule = "a misaligned 256 TiB leaf",
     .level = "vpn4",
     .kind = AXAS_ENTRY_LEAF,
     .mode = "sv57x4",
     .set = ADDRESS(47)},
    {.rule = "U in a pointer (10.3.1)", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = U},
    {.rule = "A in a pointer", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = A},
    {.rule = "D in a pointer", .level = "vpn2", .kind = AXAS_ENTRY_TABLE, .set = D},
    {.rule = "a memory type in a pointer (14)", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = BIT(61)},
    {.rule = "N in a page with another size than 64 KiB (13, table 46)",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .set = N},
    {.rule = "N in a page with the size of 64 KiB and a bit below it",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .set = N | NAPOT_64_KIB | ADDRESS(13)},
    {.rule = "N in a 2 MiB leaf", .level = "vpn1", .kind = AXAS_ENTRY_LEAF, .set = N},
    {.rule = "N in a 1 GiB leaf", .level = "vpn2", .kind = AXAS_ENTRY_LEAF, .set = N},
    {.rule = "N in a pointer (10.4.1)", .level = "vpn1", .kind = AXAS_ENTRY_TABLE, .set = N},
    {.rule = "N in a page without Svnapot (10.4.1)",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .set = N | NAPOT_64_KIB,
     .lacking = "svnapot"},
    {.rule = "bit 54, which is reserved, in a page",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .set = BIT(54),
     .emulator_accepts = true,
     .accepts_with = "svpbmt"},
    {.rule = "bit 60, which is reserved, in a pointer",
     .level = "vpn1",
     .kind = AXAS_ENTRY_TABLE,
     .set = BIT(60),
     .emulator_accepts = true,
     .accepts_with = "svpbmt"},
    {.rule = "memory type 3, which is reserved (14)",
     .level = "vpn0",
     .kind = AXAS_ENTRY_LEAF,
     .set = UINT64_C(3) << 61,
     .emulator_accepts = true,
     .accepts_with = "svpbmt"},
    {.rule = "a root that is not aligned to 16 KiB (18.2.10)",
     .root_register = AXAS_RISCV64_GSTAGE_ROOT_HGATP,
     .set = 1,
     .library_refuses = no_misaligned_root},
};

const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count)
{
    (void)format;
    *count = sizeof controls / sizeof controls[0];
    return controls;
}
