/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arm_faults.h
 * What every CPU in AArch64 state reports in the same way, whatever its granule.
 */
#ifndef AXAS_TESTS_ARM_FAULTS_H
#define AXAS_TESTS_ARM_FAULTS_H

#include "golden.h"

static const char *const arm_fault_names[] = {"esr_el2", "hpfar_el2", "far_el2"};

/*
 * ESR_EL2 of a data abort (D19.2.40, ISS encoding of a data abort): CM bit 8 is 1 where it came from a cache
 * maintenance or an address translation instruction, of which DC ZVA is none, and WnR bit 6 "always returns a
 * value of 1" for these. They read and write nothing. What is mapped stage 2 refuses to DC IVAC, which needs
 * write permission, and to EL0 where it may not read (C5.3).
 */
static inline void golden_check_cache_maintenance(const struct axas_format *format)
{
    static const struct golden_fault golden[] = {
        {"0x92000147: translation",
         {0x92000147, 0x500010, 0x1240},
         true,
         0x50001240,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0x1240},
        {"0x92000145: level 1",
         {0x92000145, 0x500010, 0x1240},
         true,
         0x50001240,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         1,
         true,
         0x1240},
        {"0x9200016b: level -1",
         {0x9200016b, 0x500010, 0x1240},
         true,
         0x50001240,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         -1,
         true,
         0x1240},
        {"0x9200014b: access flag",
         {0x9200014b, 0x500010, 0x1240},
         true,
         0x50001240,
         R,
         false,
         AXAS_CAUSE_ACCESS_FLAG,
         3,
         true,
         0x1240},
        {"0x9200014f: permission: DC IVAC, where nothing may be written",
         {0x9200014f, 0xdeadbeef0, 0x1240},
         false,
         0,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0x1240},
        {"0x920001c7: S1PTW",
         {0x920001c7, 0x600020, 0x1240},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0x1240},
        {"0x920001cb: S1PTW, access flag",
         {0x920001cb, 0x600020, 0x1240},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_ACCESS_FLAG,
         3,
         true,
         0x1240},
        {"0x920001cf: S1PTW, permission: its walk was to set a flag",
         {0x920001cf, 0x600020, 0x1240},
         true,
         0x60002000,
         W,
         true,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0x1240},
        {"0x92000047: DC ZVA is a write, and CM is 0",
         {0x92000047, 0x500010, 0x1240},
         true,
         0x50001240,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0x1240},
        {"0x8200010f: fetch, permission: bit 8 is RES0",
         {0x8200010f, 0xdeadbeef0, 0x1240},
         false,
         0,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0x1240},
        {"0x82000107: fetch: bit 8 is RES0",
         {0x82000107, 0x500010, 0x1240},
         true,
         0x50001240,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0x1240},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(format, arm_fault_names, 3, &golden[i]);
    }
}

/*
 * ESR_EL2 (D19.2.40): DFSC and IFSC 110000, TLB conflict abort, which FEAT_BBM level 2 does not exclude
 * (D8.14.2). HPFAR_EL2 holds nothing (D19.2.60).
 */
static inline void golden_check_tlb_conflict(const struct axas_format *format)
{
    static const struct golden_fault golden[] = {
        {"0x92000030: data abort",
         {0x92000030, 0xdeadbeef0, 0x1240},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_CONFLICT,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1240},
        {"0x92000070: of a store",
         {0x92000070, 0xdeadbeef0, 0x1240},
         false,
         0,
         W,
         false,
         AXAS_CAUSE_CONFLICT,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1240},
        {"0x82000030: instruction abort",
         {0x82000030, 0xdeadbeef0, 0x1240},
         false,
         0,
         X,
         false,
         AXAS_CAUSE_CONFLICT,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1240},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(format, arm_fault_names, 3, &golden[i]);
    }
}

#endif
