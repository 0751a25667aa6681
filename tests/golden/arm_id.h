/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arm_id.h
 * Identification registers of AArch64 CPUs: ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1, ID_AA64MMFR2_EL1. Those of
 * Cortex-A53 to Cortex-A710 are what the CPUs' technical reference manuals have, as QEMU's models say them
 * (aarch64_a53_initfn and the like); the others were read on machines and are in VirtualBox's database of
 * CPUs (src/VBox/VMM/VMMR3/cpus), as the operating system there shows them. Fields of four bits
 * (DDI 0487J.a, D19.2):
 *
 *     MMFR0  PARange 3:0, TGran16 23:20 (0 not there), TGran64 27:24 and TGran4 31:28 (15 not there), and of
 *            stage 2 alone TGran16_2 35:32, TGran64_2 39:36, TGran4_2 43:40 (0 as the other, 1 not there)
 *     MMFR1  HAFDBS 3:0 (1 access flag, 2 also dirty), VMIDBits 7:4 (2: 16 bits), XNX 31:28
 *     MMFR2  ST 31:28 (small tables), FWB 43:40, BBM 55:52 (level)
 */
#ifndef AXAS_TESTS_ARM_ID_H
#define AXAS_TESTS_ARM_ID_H

#include "golden.h"

static const char *const arm_id_names[] = {"id_aa64mmfr0_el1", "id_aa64mmfr1_el1", "id_aa64mmfr2_el1"};

#define ARM_ID_OLD ""
#define ARM_ID_V1 "xnx hardware_access_flag hardware_dirty_state vmid16 bbm2"

/* What every format makes of a CPU; what it lacks of one is said beside. */
#define ARM_ID(name, features_, switched_, physical_bits_, ...)                             \
    .what = name, .registers = {__VA_ARGS__}, .features = features_, .switched = switched_, \
    .physical_bits = physical_bits_

/* PARange 2 (40 bits), no 16 KiB granule */
#define CORTEX_A53 ARM_ID("Cortex-A53", ARM_ID_OLD, "", 40, UINT64_C(0x00001122), 0, 0)
/* PARange 4 (44 bits) */
#define CORTEX_A72 ARM_ID("Cortex-A72", ARM_ID_OLD, "", 44, UINT64_C(0x00001124), 0, 0)
/* PARange 5, HAFDBS 2, VMIDBits 2, XNX 1 */
#define NEOVERSE_N1                                                                       \
    ARM_ID("Neoverse N1", "xnx hardware_access_flag hardware_dirty_state vmid16", "", 48, \
           UINT64_C(0x00101125), UINT64_C(0x10212122), UINT64_C(0x1011))
/* the same, FWB 1, BBM 2 */
#define NEOVERSE_V1                                                                         \
    ARM_ID("Neoverse V1", ARM_ID_V1, "fwb", 48, UINT64_C(0x00101125), UINT64_C(0x10212122), \
           UINT64_C(0x0220011102101011))
/* PARange 2; each granule says 2 of stage 2; as Neoverse V1, and ST 1 */
#define CORTEX_A710                                                                                         \
    ARM_ID("Cortex-A710", ARM_ID_V1 " ttst", "fwb", 40, UINT64_C(0x0000022200101122), UINT64_C(0x10212122), \
           UINT64_C(0x1221011110101011))
/* on Linux; the fields these formats ask are those of Cortex-A710 */
#define CORTEX_X925                                                                   \
    ARM_ID("Cortex-X925", ARM_ID_V1 " ttst", "fwb", 40, UINT64_C(0x2100022200101122), \
           UINT64_C(0x1001111010312122), UINT64_C(0x1221011110101011))
/* on macOS: PARange 3 (42 bits), no granule of 64 KiB in either stage; XNX 1, FWB 1 */
#define APPLE_M3_MAX                                                                                     \
    ARM_ID("Apple M3 Max", "xnx", "fwb", 42, UINT64_C(0x110012120f100003), UINT64_C(0x0000111111312100), \
           UINT64_C(0x1201011102001011))
/* on Windows, whose hypervisor shows no stage 2: each granule says 1 of it; PARange 2, HAFDBS 2 */
#define SNAPDRAGON_8CX_3                                                                \
    ARM_ID("Snapdragon 8cx Gen 3", "hardware_access_flag hardware_dirty_state", "", 40, \
           UINT64_C(0x0000011100101022), UINT64_C(0x00201002), UINT64_C(0x0000000100001011))
/* what a format has of its own is `more` */
#define ALL_FIELDS_15_BUT_HAFDBS_1(more, physical_bits_)                                                    \
    ARM_ID("all fields 15 but HAFDBS, which is 1", "xnx hardware_access_flag vmid16 bbm2 ttst" more, "fwb", \
           physical_bits_, UINT64_MAX, UINT64_C(0xfffffffffffffff1), UINT64_MAX)

/* What matters in the second and the third register where all is 0: HAFDBS from 1 on, VMIDBits from 2, XNX
 * from 1; ST from 1, FWB from 1, BBM from 2. */
#define ARM_ID_MATTERS_1 UINT64_C(0xf00000ef)
#define ARM_ID_MATTERS_2 UINT64_C(0x00e00f00f0000000)

/* No register tells a mode, so each CPU has `modes`. */
static inline void arm_id_check(const char *format, const char *modes, const struct golden_cpu *cpus,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct golden_cpu cpu = cpus[i];
        cpu.modes = modes;
        golden_check_cpu(golden_format(format), arm_id_names, 3, NULL, NULL, &cpu);
    }
}

/* PARange (D19.2), and what the format can make of it. `base` is the rest of ID_AA64MMFR0_EL1. */
static inline void arm_id_check_widths(const char *name, uint64_t base, const uint8_t widths[16])
{
    const struct axas_format *format = golden_format(name);
    for (unsigned range = 0; range < 16; range++) {
        uint64_t registers[AXAS_MAX_ID_REGISTERS] = {0};
        registers[golden_id_index(format, "id_aa64mmfr0_el1")] = base | range;
        const struct axas_capabilities found = golden_decode(format, registers, NULL, NULL);
        cr_expect_eq(found.physical_bits, widths[range], "PARange %u: %u bits", range, found.physical_bits);
    }
}

#define ARM_ID_WIDTHS_48                                               \
    (const uint8_t[16])                                                \
    {                                                                  \
        32, 36, 40, 42, 44, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48 \
    }
#define ARM_ID_WIDTHS_52                                               \
    (const uint8_t[16])                                                \
    {                                                                  \
        32, 36, 40, 42, 44, 48, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52 \
    }

#endif
