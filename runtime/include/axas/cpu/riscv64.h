/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cpu/riscv64.h
 * The privileged instructions of an RV64 hart in HS-mode that a HAL can use as they are.
 *
 * Nothing here reaches another hart: what has to is the HAL's, by an interrupt or by the remote fences of the
 * machine's firmware (SBI RFENCE). No table_write_back: harts walk coherently.
 */
#ifndef AXAS_CPU_RISCV64_H
#define AXAS_CPU_RISCV64_H

#include <axas/format.h>
#include <axas/hal.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * For axas_hal.barrier: FENCE RW,RW. Stores to tables made before it are visible to every hart before
 * anything that this hart does after it. It takes no cached entry away: see axas_riscv64_invalidate.
 */
void axas_riscv64_barrier(void *context);

/**
 * Forgets on the calling hart only: HFENCE.GVMA of what->vmid for each leaf of the range (the operand is the
 * guest physical address shifted right by 2), or of the whole VMID for long ranges and for
 * AXAS_INVALIDATE_TABLES and _ALL, since a fence with an address concerns leaf entries alone. What was cached
 * of both stages together goes with it.
 *
 * As it is, the work of axas_hal.invalidate on a machine with one hart, or where what->local is set.
 * Otherwise the HAL also has every other hart call it that may have run the guest, and waits, or has those
 * harts call it before they next enter the guest.
 */
void axas_riscv64_invalidate(void *context, const struct axas_invalidation *what);

/**
 * The work of axas_hal.frame_publish: FENCE.I if `attr` has an execute bit, else nothing. Concerns the
 * fetches of the calling hart only; every other hart that will run the guest owes a FENCE.I of its own before
 * it enters it.
 */
void axas_riscv64_publish(axas_attr attr);

/**
 * Reads what axas_fault_decode of the G-stage formats takes: scause, htval, stval, htinst, and 0 for the page
 * found by other means. Clears the others. To be called before anything else can trap to HS-mode. If htval is
 * 0 the hart does not give the address: the caller walks the guest's own tables, sets register 4 to
 * bit 63 and the page number, and decodes again.
 */
void axas_riscv64_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS]);

/**
 * What this hart has of a G-stage format. Each mode is written to hgatp with no root and read back (18.2.10),
 * and hgatp is put back as it was; no guest may be running, and nothing is fenced. `menvcfg` is menvcfg
 * after M-mode asked for what it can enable, since HS-mode cannot read it; 0 if it is not known.
 * AXAS_ERR_INVALID: a null pointer. AXAS_ERR_UNSUPPORTED: the format names other registers, or none. *found
 * is then untouched.
 */
enum axas_status axas_riscv64_capabilities(const struct axas_format *format, uint64_t menvcfg,
                                           struct axas_capabilities *found);

#ifdef __cplusplus
}
#endif

#endif
