/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cpu/x86_64.h
 * The privileged instructions of an x86-64 CPU in VMX root operation that a HAL can use as they are.
 *
 * Nothing here reaches another CPU: what has to is the HAL's, by an interrupt. There is no barrier and no
 * publishing: stores are seen in order, walks of CPUs and fetches are coherent, and the HAL leaves those
 * functions NULL, and table_write_back too for the tables of a CPU. Sections are of the Intel SDM vol. 3C.
 */
#ifndef AXAS_CPU_X86_64_H
#define AXAS_CPU_X86_64_H

#include <axas/format.h>
#include <axas/hal.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * INVEPT, single-context (29.4.3.1): what the calling CPU has cached of the tree that `eptp` points to, both
 * guest-physical and combined, whatever the range. `eptp` is the register value from axas_space_root.
 * False if the CPU refuses (no such type, or an EPTP that VM entry would refuse): nothing was invalidated,
 * use axas_x86_64_invalidate.
 */
bool axas_x86_64_invept(uint64_t eptp);

/**
 * Forgets on the calling CPU only: INVEPT, all-context. Takes more than was asked for, the trees of other
 * guests too, since a request does not hold the EPTP; a HAL that knows it calls axas_x86_64_invept.
 *
 * As it is, the work of axas_hal.invalidate on a machine with one CPU, or where what->local is set.
 * Otherwise the HAL also has every other CPU call it that may have run the guest, and waits, or has those
 * CPUs call it before they next enter the guest.
 */
void axas_x86_64_invalidate(void *context, const struct axas_invalidation *what);

/**
 * Reads what axas_fault_decode of EPT takes from the current VMCS: exit reason, exit qualification,
 * guest-physical address, guest-linear address, secondary processor-based controls. Clears the others. To be
 * called after an EPT violation or misconfiguration, while that VMCS is current.
 */
void axas_x86_64_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS]);

/**
 * CLFLUSH of each line of the bytes, and MFENCE: axas_hal.table_write_back for an IOMMU whose walks do not
 * snoop the CPUs' caches (VT-d: ECAP.C is 0). Any CPU may call it.
 */
void axas_x86_64_table_write_back(void *context, const void *bytes, uint64_t size);

/**
 * What this CPU has of EPT or of nested paging: reads the identification registers that the format names,
 * among CPUID leaves, IA32_VMX_PROCBASED_CTLS2, IA32_VMX_EPT_VPID_CAP and CR4, and decodes them
 * (axas_capabilities_decode). At privilege level 0; VMX and SVM need not be on. A leaf or a register that the
 * CPU does not have counts as 0, and as 36 bits where it would say how wide addresses are. Other CPUs of the
 * machine may have less.
 * AXAS_ERR_INVALID: a null pointer. AXAS_ERR_UNSUPPORTED: the format names other registers (those of an IOMMU
 * are in its own memory), or none. *found is then untouched.
 */
enum axas_status axas_x86_64_capabilities(const struct axas_format *format, struct axas_capabilities *found);

#ifdef __cplusplus
}
#endif

#endif
