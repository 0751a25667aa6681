/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/cpu/riscv32.h>

#include "riscv.h"

void axas_riscv32_barrier(void *context)
{
    (void)context;
    riscv_barrier();
}

void axas_riscv32_invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    riscv_invalidate(what);
}

void axas_riscv32_publish(axas_attr attr)
{
    riscv_publish(attr);
}

void axas_riscv32_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    riscv_fault_registers(registers);
}

enum axas_status axas_riscv32_capabilities(const struct axas_format *format, uint64_t menvcfg,
                                           struct axas_capabilities *found)
{
    return riscv_capabilities(format, menvcfg, found);
}
