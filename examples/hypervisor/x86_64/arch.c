/* SPDX-License-Identifier: Apache-2.0 */
/* The x86-64 part: a guest of VMX with EPT that begins in 32-bit protected mode without paging. */
#include "../arch.h"

#include "../console.h"
#include "../guest/guest.h"
#include "pc.h"
#include "vmx.h"

#include <axas/cpu/x86_64.h>

static struct registers vcpu;

void arch_init(void)
{
    pc_init();
    vmx_on();
}

void arch_table_config(struct axas_table_config *config)
{
    vmx_table_config(config);
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = axas_x86_64_invalidate;
    hal->barrier = NULL;
    hal->frame_publish = NULL;
    hal->table_write_back = NULL;
}

void arch_root_load(const struct axas_root *root)
{
    vmx_root_load(root);
}

void arch_guest_init(axas_gpa entry)
{
    vmx_guest_init(VMX_GUEST_FLAT32);
    vcpu = (struct registers){.rax = 0};
    vmx_write(VMCS_GUEST_RIP, entry.raw);
    vmx_write(VMCS_GUEST_RSP, 0);
}

void arch_guest_run(struct arch_exit *stop)
{
    stop->kind = ARCH_EXIT_OTHER;
    if (!vmx_run(&vcpu)) {
        return;
    }
    switch (vmx_exit_reason()) {
    case VMX_EXIT_VMCALL:
        stop->kind = ARCH_EXIT_CALL;
        stop->call[0] = (uint32_t)vcpu.rax;
        stop->call[1] = (uint32_t)vcpu.rbx;
        stop->call[2] = (uint32_t)vcpu.rcx;
        stop->call[3] = (uint32_t)vcpu.rdx;
        vmx_write(VMCS_GUEST_RIP, vmx_read(VMCS_GUEST_RIP) + vmx_read(VMCS_EXIT_INSTRUCTION_LENGTH));
        break;
    case VMX_EXIT_EPT_VIOLATION:
    case VMX_EXIT_EPT_MISCONFIGURATION:
        stop->kind = ARCH_EXIT_FAULT;
        axas_x86_64_fault_registers(stop->registers);
        break;
    default:
        break;
    }
}

void arch_guest_answer(uint64_t value)
{
    vcpu.rax = (uint32_t)value;
}

void arch_guest_refuse(void)
{
    vcpu.rax = GUEST_REFUSED;
    vmx_write(VMCS_GUEST_RIP, (uint32_t)vcpu.rdx);
}

/* VMX does not describe the access: a hypervisor for any guest decodes the instruction. This one knows its
 * guest (guest.S): it moves four bytes from or to ECX, and EDX points behind the instruction. */
#define QUALIFICATION_READ BIT(0)
#define QUALIFICATION_WRITE BIT(1)

bool arch_guest_access(struct arch_access *access)
{
    const uint64_t how = vmx_read(VMCS_EXIT_QUALIFICATION);
    if (vmx_exit_reason() != VMX_EXIT_EPT_VIOLATION ||
        (how & (QUALIFICATION_READ | QUALIFICATION_WRITE)) == 0) {
        return false;
    }
    access->write = (how & QUALIFICATION_WRITE) != 0;
    access->width = 4;
    access->value = (uint32_t)vcpu.rcx;
    return true;
}

void arch_guest_complete(uint64_t value)
{
    if ((vmx_read(VMCS_EXIT_QUALIFICATION) & QUALIFICATION_WRITE) == 0) {
        vcpu.rcx = (uint32_t)value;
    }
    vmx_write(VMCS_GUEST_RIP, (uint32_t)vcpu.rdx);
}

void arch_guest_describe(void)
{
    vmx_describe();
    print("EAX 0x%lx, ECX 0x%lx, EDX 0x%lx\n", vcpu.rax, vcpu.rcx, vcpu.rdx);
}
