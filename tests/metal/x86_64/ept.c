/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"
#include "vmx.h"

#include "../probe.h"
#include "../report.h"
#include "console.h"
#include "pc.h"

#include <axas/cpu/x86_64.h>
#include <axas/formats/x86_64_ept.h>

#define VMX_EXIT_CPUID 10

#define MSR_SECONDARY_CONTROLS 0x48bu
#define SECONDARY_EPT_VIOLATION_VE BIT(18)

static uint32_t exception_area[1024] __attribute__((aligned(4096)));

/* Turns "EPT-violation #VE" on where the CPU has it (26.5.7). Every violation still has to come out as one,
 * since no entry of the library's lets it become the guest's exception. */
static void allow_exceptions(void)
{
    if ((read_msr(MSR_SECONDARY_CONTROLS) >> 32 & SECONDARY_EPT_VIOLATION_VE) == 0) {
        print("  this CPU cannot turn EPT violations into exceptions\n");
        return;
    }
    vmx_write(VMCS_VIRTUALIZATION_EXCEPTION, (uintptr_t)exception_area);
    vmx_write(VMCS_SECONDARY_CONTROLS, vmx_read(VMCS_SECONDARY_CONTROLS) | SECONDARY_EPT_VIOLATION_VE);
}

void monitor_init(void)
{
    vmx_guest_init(VMX_GUEST_LONG64);
    allow_exceptions();
    vmx_write(VMCS_EXCEPTION_BITMAP, UINT32_MAX);
    vmx_write(VMCS_GUEST_RSP, 0);
}

void monitor_guest_root(uint64_t cr3)
{
    vmx_write(VMCS_GUEST_CR3, cr3);
}

static void set_level(unsigned level)
{
    vmx_write(VMCS_GUEST_ES_SELECTOR + 2 * VMX_CS, HOST_CODE | level);
    vmx_write(VMCS_GUEST_ES_RIGHTS + 2 * VMX_CS, VMX_RIGHTS_CODE64 | VMX_RIGHTS_LEVEL(level));
    vmx_write(VMCS_GUEST_ES_SELECTOR + 2 * VMX_SS, HOST_DATA | level);
    vmx_write(VMCS_GUEST_ES_RIGHTS + 2 * VMX_SS, VMX_RIGHTS_DATA | VMX_RIGHTS_LEVEL(level));
}

enum monitor_stop monitor_run(struct registers *registers, uint64_t rip, unsigned level,
                              uint64_t fault_registers[AXAS_MAX_FAULT_REGISTERS])
{
    set_level(level);
    exception_area[1] = 0; /* one exception more may come (26.5.7.2) */
    vmx_write(VMCS_GUEST_RIP, rip);
    if (!vmx_run(registers)) {
        vmx_describe();
        return MONITOR_OTHER;
    }
    switch (vmx_exit_reason()) {
    case VMX_EXIT_CPUID:
        return MONITOR_CPUID;
    case VMX_EXIT_EPT_VIOLATION:
    case VMX_EXIT_EPT_MISCONFIGURATION:
        axas_x86_64_fault_registers(fault_registers);
        return MONITOR_FAULT;
    default:
        vmx_describe();
        return MONITOR_OTHER;
    }
}

bool monitor_enters(const struct axas_root *root)
{
    struct registers registers = {.rax = 0};
    const uint64_t eptp = root->register_value[AXAS_X86_64_EPT_ROOT_EPTP];
    const bool forgets = axas_x86_64_invept(eptp);
    vmx_write(VMCS_EPT_POINTER, eptp);
    const bool enters = vmx_run(&registers);
    if (enters != forgets) {
        report_disagreement("VM entry and INVEPT judge an EPTP differently");
    }
    return enters;
}

uint64_t monitor_rip(void)
{
    return vmx_read(VMCS_GUEST_RIP);
}

void monitor_forget(void)
{
    axas_x86_64_invalidate(NULL, &(struct axas_invalidation){.scope = AXAS_INVALIDATE_ALL, .local = true});
}
