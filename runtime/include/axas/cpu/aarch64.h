/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cpu/aarch64.h
 * The privileged instructions of an AArch64 CPU at EL2 that a HAL can use as they are.
 *
 * All run at EL2 with HCR_EL2.{E2H, TGE} not both 1 (the EL1&0 regime of the guest would be out of their
 * reach), and name memory by addresses that the caller has mapped, or physical ones while its MMU is off.
 * Sections are of DDI 0487J.a.
 */
#ifndef AXAS_CPU_AARCH64_H
#define AXAS_CPU_AARCH64_H

#include <axas/format.h>
#include <axas/hal.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * For axas_hal.barrier: DSB ISHST. Stores to tables made before it are seen by walks of every CPU in the
 * inner shareable domain that start after it. Broadcasts nothing and invalidates nothing.
 */
void axas_aarch64_barrier(void *context);

/**
 * For axas_hal.invalidate (D8.14.5): DSB, TLBI IPAS2E1IS for each leaf of the range, DSB, TLBI VMALLE1IS,
 * DSB, ISB. The second TLBI takes what was cached of both stages together. Long ranges, and
 * AXAS_INVALIDATE_TABLES and _ALL, take everything of the VMID instead: DSB, TLBI VMALLS12E1IS, DSB, ISB.
 *
 * The IS forms reach every CPU in the inner shareable domain, whether in a guest or not; no interrupt is
 * needed. With what->local the same without IS: the calling CPU alone. Neither reaches an IOMMU.
 *
 * TLBI acts on the VMID in VTTBR_EL2: if that holds something else than what->root and what->vmid it is
 * changed for the duration and restored. So the caller may not be interrupted by code that enters a guest.
 * All guests of the machine have one width of VMIDs (VTCR_EL2.VS).
 */
void axas_aarch64_invalidate(void *context, const struct axas_invalidation *what);

/**
 * For axas_hal.table_write_back, where a walker does not snoop the caches: DC CVAC over the lines of the
 * range, then DSB SY. Cleans to the point of coherency in every CPU; the lines stay valid.
 */
void axas_aarch64_table_write_back(void *context, const void *bytes, uint64_t size);

/**
 * The work of axas_hal.frame_publish, whose function has only to turn the frame into a pointer: DC CIVAC over
 * the lines, DSB, so that a guest with its caches off reads what was written, and writes of such a guest are
 * not hidden by lines that stayed. If `attr` has an execute bit and CTR_EL0.DIC is 0 also IC IALLUIS, DSB,
 * ISB: the instruction caches of every CPU in the inner shareable domain.
 */
void axas_aarch64_publish(const void *bytes, uint64_t size, axas_attr attr);

/**
 * Reads what axas_fault_decode of AArch64 Stage-2 takes: ESR_EL2, HPFAR_EL2, FAR_EL2, and, for a permission
 * fault of the access itself, PAR_EL1 after AT S1E1R of FAR_EL2 (HPFAR_EL2 is not promised then), else 1.
 * PAR_EL1 is the guest's and is put back. Fills the first four, and clears the others.
 *
 * To be called after an instruction or data abort from a lower level, while the vCPU's EL1 registers,
 * VTTBR_EL2 and VTCR_EL2 are still loaded and before anything else can fault. The AT fails (PAR_EL1 bit 0
 * set) if another vCPU changed the guest's own tables meanwhile: AXAS_FAULT_ADDRESS_UNKNOWN then means to run
 * the guest again, which faults once more.
 */
void axas_aarch64_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS]);

/**
 * What this CPU has of a format of AArch64: reads the identification registers that it names, among
 * ID_AA64MMFR0_EL1 to ID_AA64MMFR2_EL1 (D19.2), and decodes them (axas_capabilities_decode). Other CPUs of
 * the machine may have less or more; a space that all of them run takes what all have
 * (axas_capabilities_meet). AXAS_ERR_INVALID: a null pointer. AXAS_ERR_UNSUPPORTED: the format names other
 * registers, or none. *found is then untouched.
 */
enum axas_status axas_aarch64_capabilities(const struct axas_format *format, struct axas_capabilities *found);

#ifdef __cplusplus
}
#endif

#endif
