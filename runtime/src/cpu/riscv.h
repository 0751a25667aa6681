/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file riscv.h
 * The instructions of HS-mode, which are the same on RV32 and RV64 but for the width of their registers.
 */
#ifndef AXAS_CPU_RISCV_H
#define AXAS_CPU_RISCV_H

#include <axas/format.h>

#include "identify.h"
#include "range.h"

/* By number, since not every assembler knows the hypervisor extension (privileged specification, table 2.4).
 */
#define SCAUSE "0x142"
#define STVAL "0x143"
#define HTVAL "0x643"
#define HTINST "0x64a"
#define HGATP "0x680"

#define READ(csr)                                                   \
    __extension__({                                                 \
        uintptr_t value_;                                           \
        __asm__ volatile("csrr %0, " csr : "=r"(value_)::"memory"); \
        value_;                                                     \
    })

static inline void riscv_barrier(void)
{
    __asm__ volatile("fence rw, rw" ::: "memory");
}

/* HFENCE.GVMA (18.3.2): opcode SYSTEM, funct7 0110001, rs1 the address shifted right by 2, rs2 the VMID. A
 * register that holds 0 is an operand like any other; only x0 itself means "all". */
static inline void hfence_gvma(uint64_t gpa, uintptr_t vmid)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1" ::"r"((uintptr_t)(gpa >> 2)), "r"(vmid) : "memory");
}

static inline void hfence_gvma_vmid(uintptr_t vmid)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" ::"r"(vmid) : "memory");
}

static inline void riscv_invalidate(const struct axas_invalidation *what)
{
    uint64_t gpa = 0;
    uint64_t leaves = axas_cpu_leaves(what, &gpa);
    if (leaves == 0) {
        hfence_gvma_vmid(what->vmid);
    }
    for (; leaves > 0; leaves--, gpa += what->leaf_size) {
        hfence_gvma(gpa, what->vmid);
    }
}

static inline void riscv_publish(axas_attr attr)
{
    if ((attr & AXAS_EXEC) != 0) {
        __asm__ volatile(".word 0x0000100f" ::
                             : "memory"); /* FENCE.I, which is an extension to some assemblers */
    }
}

static inline void riscv_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    registers[0] = READ(SCAUSE);
    registers[1] = READ(HTVAL);
    registers[2] = READ(STVAL);
    registers[3] = READ(HTINST);
    for (unsigned i = 4; i < AXAS_MAX_FAULT_REGISTERS; i++) {
        registers[i] = 0;
    }
}

/* hgatp, the only root register (18.2.10). Its old value comes back whole, so nothing has to be fenced. */
static inline uint64_t riscv_probe(void *context, unsigned number, uint64_t value)
{
    uintptr_t before, kept;
    (void)context;
    (void)number;
    __asm__ volatile("csrrw %0, " HGATP ", %1" : "=r"(before) : "r"((uintptr_t)value) : "memory");
    __asm__ volatile("csrrw %0, " HGATP ", %1" : "=r"(kept) : "r"(before) : "memory");
    return kept;
}

static inline enum axas_status riscv_capabilities(const struct axas_format *format, uint64_t menvcfg,
                                                  struct axas_capabilities *found)
{
    if (format == NULL || found == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (!format->probes || format->id_register_count != 1 ||
        !axas_same(format->id_registers[0].name, "menvcfg")) {
        return AXAS_ERR_UNSUPPORTED;
    }
    const uint64_t registers[AXAS_MAX_ID_REGISTERS] = {menvcfg};
    return axas_capabilities_decode(format, registers, riscv_probe, NULL, found);
}

#endif
