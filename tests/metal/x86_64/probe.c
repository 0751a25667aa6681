/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses of a guest in 64-bit mode, whose own tables show it one page at a time. */
#include "../probe.h"

#include "arch.h"
#include "home.h"
#include "memory.h"
#include "monitor.h"
#include "pc.h"

#define PAGE UINT64_C(4096)

/* Entries of the guest's tables: present, writable, for every level, accessed and dirty already. */
#define ENTRY UINT64_C(0x67)

/* The stub: MOV EAX, number of the frame; CPUID. */
#define STUB_OFFSET UINT64_C(0x800)
#define STUB_MOV_EAX UINT64_C(0xb8)
#define STUB_CPUID UINT64_C(0xa20f)
#define STUB_MOV_SIZE 5

/* Below it there may be devices, to which a read may mean something. */
#define DEVICES_END (UINT64_C(1) << 32)

extern uint64_t home[HOME_PAGES][512];
extern const char home_code[], home_code_end[];

static uint64_t settled; /* where the home is for the guest */

void probe_init(struct axas_table_config *cpu)
{
    (void)cpu;
    monitor_init();
    memcpy(home[HOME_TABLES], home_code, (size_t)(home_code_end - home_code));
}

void probe_mark(void *frame, axas_hpa hpa)
{
    uint64_t *word = frame;
    for (uint64_t offset = 0; offset < PAGE; offset += 8) {
        word[offset / 8] = hpa.raw + offset;
    }
    word[STUB_OFFSET / 8] = STUB_MOV_EAX | (hpa.raw / PAGE & UINT32_MAX) << 8 | STUB_CPUID << 40;
}

uint64_t probe_stub_offset(void)
{
    return STUB_OFFSET;
}

/* Writable, since a CPU that keeps accessed flags makes each step of the guest's own walk a write. */
struct probe_home probe_home(void)
{
    return (struct probe_home){
        .hpa = {(uintptr_t)home}, .size = sizeof home, .attr = AXAS_READ | AXAS_WRITE | AXAS_EXEC};
}

void probe_settle(axas_gpa gpa)
{
    for (uint64_t i = 0; i < HOME_TABLES; i++) {
        home[i][0] = (gpa.raw + (i + 1) * PAGE) | ENTRY;
    }
    settled = gpa.raw;
    monitor_guest_root(settled);
}

void probe_load(const struct axas_root *root, uint64_t features)
{
    (void)features; /* those that the CPU lets one turn off, the root's registers do */
    arch_root_load(root);
}

/* The bare access. False if the guest neither reached anything nor faulted. */
static bool attempt(axas_gpa gpa, axas_attr access, uint64_t value, uint64_t *told,
                    struct probe_answer *answer)
{
    const bool write = access == AXAS_WRITE, data = write || access == AXAS_READ;
    const uint64_t address = HOME_WINDOW + gpa.raw % PAGE;
    const uint64_t start = !data ? address : write ? HOME_STORE : HOME_LOAD;
    const uint64_t end = start + (data ? HOME_MOV_SIZE : STUB_MOV_SIZE);
    struct registers registers = {.rax = 0, .rbx = address, .rcx = value};

    home[HOME_TABLES - 1][HOME_WINDOW / PAGE] = (gpa.raw & ~(PAGE - 1)) | ENTRY;
    *answer = (struct probe_answer){.reached = false};
    const enum monitor_stop stop =
        monitor_run(&registers, start, access == AXAS_USER_EXEC ? 3 : 0, answer->registers);
    *told = registers.rax;
    answer->reached = stop == MONITOR_CPUID && monitor_rip() == end;
    return answer->reached || stop == MONITOR_FAULT;
}

bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    uint64_t told;
    if (gpa.raw >> probe_gpa_bits() != 0) {
        return false;
    }
    if (!attempt(gpa, access, value, &told, answer)) {
        answer->odd = "the guest stopped for another reason";
    } else if (answer->reached && access != AXAS_WRITE) {
        answer->hpa_known = true;
        answer->hpa = access == AXAS_READ ? told : told * PAGE + STUB_OFFSET;
    }
    return true;
}

/* x86 has no instruction that tells; but to read or write where the PC has nothing does no harm, and shows
 * whether the access goes through. */
bool probe_translate(axas_gpa gpa, axas_attr access, axas_hpa expected, struct probe_answer *answer)
{
    const bool data = access == AXAS_READ || access == AXAS_WRITE;
    if (!data || expected.raw < DEVICES_END || !probe_access(gpa, access, 0, answer)) {
        return false;
    }
    answer->hpa_known = false;
    return true;
}

/* What the guest's own entries can hold. */
unsigned probe_gpa_bits(void)
{
    return pc_physical_bits();
}

void probe_forget(void)
{
    monitor_forget();
}

/* The first fetch of the guest walks. */
bool probe_walk(axas_gpa table, struct probe_answer *answer)
{
    struct registers registers = {.rax = 0};
    if (table.raw >> probe_gpa_bits() != 0) {
        return false;
    }
    *answer = (struct probe_answer){.reached = false};
    monitor_guest_root(table.raw);
    if (monitor_run(&registers, HOME_LOAD, 0, answer->registers) != MONITOR_FAULT) {
        answer->odd = "the guest's walk went through what it may not read";
    }
    monitor_guest_root(settled);
    return true;
}
