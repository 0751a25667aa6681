/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cpu/arm.h
 * The privileged instructions of a 32-bit Arm CPU in Hyp mode that a HAL can use as they are: ARMv7-A with
 * the Virtualization Extensions, or EL2 of a later one in AArch32.
 *
 * They name memory by addresses that the caller has mapped, or physical ones while its MMU is off. Sections
 * are of DDI 0406C.d.
 */
#ifndef AXAS_CPU_ARM_H
#define AXAS_CPU_ARM_H

#include <axas/format.h>
#include <axas/hal.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * For axas_hal.barrier: DSB ISHST. Stores to tables made before it are seen by walks of every CPU in the
 * inner shareable domain that start after it. Broadcasts nothing and invalidates nothing.
 */
void axas_arm_barrier(void *context);

/**
 * For axas_hal.invalidate (B3.10.1): DSB, TLBIALLIS, DSB, ISB. From Hyp mode TLBIALLIS takes everything of
 * the VMID in VTTBR, of both stages, whatever what->scope asks for: ARMv7 has no invalidation by intermediate
 * physical address, and none that takes the combined translations of one.
 *
 * It reaches every CPU in the inner shareable domain, whether in a guest or not; no interrupt is needed. With
 * what->local TLBIALL instead: the calling CPU alone. Neither reaches an IOMMU.
 *
 * If VTTBR holds something else than what->root and what->vmid it is changed for the duration and restored.
 * So the caller may not be interrupted by code that enters a guest.
 */
void axas_arm_invalidate(void *context, const struct axas_invalidation *what);

/**
 * For axas_hal.table_write_back, where a walker does not snoop the caches: DCCMVAC over the lines of the
 * range, then DSB SY. Cleans to the point of coherency in every CPU; the lines stay valid.
 */
void axas_arm_table_write_back(void *context, const void *bytes, uint64_t size);

/**
 * The work of axas_hal.frame_publish, whose function has only to turn the frame into a pointer: DCCIMVAC over
 * the lines, DSB, so that a guest with its caches off reads what was written, and writes of such a guest are
 * not hidden by lines that stayed. If `attr` has an execute bit also ICIALLUIS, DSB, ISB: the instruction
 * caches and branch predictors of every CPU in the inner shareable domain.
 */
void axas_arm_publish(const void *bytes, uint64_t size, axas_attr attr);

/**
 * Reads what axas_fault_decode of ARMv7 Stage-2 takes: HSR, HPFAR, HDFAR, HIFAR, and, for a permission fault
 * of the access itself, PAR after ATS1CPR of HDFAR or HIFAR (HPFAR is UNKNOWN then, B3.13), else 1. PAR is
 * the guest's and is put back. Fills the first five, and clears the others.
 *
 * To be called after a prefetch or data abort taken from a lower privilege level, while the vCPU's PL1
 * registers, VTTBR and VTCR are still loaded and before anything else can fault. The translation fails (PAR
 * bit 0 set) if another vCPU changed the guest's own tables meanwhile: AXAS_FAULT_ADDRESS_UNKNOWN then means
 * to run the guest again, which faults once more.
 */
void axas_arm_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS]);

/**
 * What this CPU has of a format of ARMv7: reads the identification registers that it names, among ID_PFR1,
 * ID_MMFR0 and ID_MMFR3 (B4.1), and decodes them (axas_capabilities_decode). AXAS_ERR_INVALID: a null
 * pointer. AXAS_ERR_UNSUPPORTED: the format names other registers, or none. *found is then untouched.
 */
enum axas_status axas_arm_capabilities(const struct axas_format *format, struct axas_capabilities *found);

#ifdef __cplusplus
}
#endif

#endif
