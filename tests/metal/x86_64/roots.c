/* SPDX-License-Identifier: Apache-2.0 */
/* Broken root registers: the CPU does not enter a guest with them at all, so they are no negative.h. */
#include "../probe.h"

#include "../machine.h"
#include "../report.h"

#include "console.h"
#include "monitor.h"
#include "pc.h"

#include <axas/formats/x86_64_ept.h>
#include <axas/formats/x86_64_npt.h>

#define EPTP AXAS_X86_64_EPT_ROOT_EPTP
#define ASID AXAS_X86_64_NPT_ROOT_GUEST_ASID

static const struct {
    const char *format, *rule;
    const char *without; /* NULL, or: on CPUs without that feature */
    unsigned number;
    uint64_t clear, set;
    bool qemu_accepts;
} broken[] = {
    {"x86_64_ept", "memory type 1 of the tables (24.6.11)", NULL, EPTP, 7, 1, false},
    {"x86_64_ept", "memory type 7 of the tables", NULL, EPTP, 7, 7, false},
    {"x86_64_ept", "a walk of three levels", NULL, EPTP, 7 << 3, 2 << 3, false},
    {"x86_64_ept", "a walk of five levels, which the CPU lacks", NULL, EPTP, 7 << 3, 4 << 3, false},
    {"x86_64_ept", "bit 8, which is reserved", NULL, EPTP, 0, BIT(8), false},
    {"x86_64_ept", "bit 11, which is reserved", NULL, EPTP, 0, BIT(11), false},
    {"x86_64_ept", "a root beyond the physical width", NULL, EPTP, 0, BIT(40), false},
    {"x86_64_ept", "accessed flags, which the CPU lacks", "accessed_dirty", EPTP, 0, BIT(6), false},
    {"x86_64_npt", "the host's ASID (15.5.1)", NULL, ASID, UINT32_MAX, 0, true},
};

/* Bochs does not say that it is no real machine. */
static bool in_qemu(void)
{
    return (pc_cpuid(1).c & BIT(31)) != 0;
}

static void try_roots(const struct axas_table_config *cpu, const struct axas_root *root)
{
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct axas_root changed = *root;
        if (axas_format_find(broken[i].format) != cpu->format ||
            (broken[i].without != NULL &&
             (cpu->features & axas_feature_find(cpu->format, broken[i].without)) != 0)) {
            continue;
        }
        uint64_t *value = &changed.register_value[broken[i].number];
        *value = (*value & ~broken[i].clear) | broken[i].set;
        const bool enters = monitor_enters(&changed);
        if (enters && broken[i].qemu_accepts && in_qemu()) {
            print("  accepted by this emulator: %s\n", broken[i].rule);
        } else if (enters) {
            print("broken root \"%s\": %s = 0x%lx\n", broken[i].rule, root->register_name[broken[i].number],
                  *value);
            report_disagreement("the CPU enters its guest on a broken root");
        } else {
            refused++;
        }
    }
    print("  %u broken roots refused by the CPU\n", refused);
}

/* Of memory types no emulator shows anything, but what it refuses. */
void probe_own(const struct axas_table_config *cpu)
{
    static struct axas_hal hal;
    static struct axas_space space;
    struct axas_config config = {.table = *cpu, .readers = 1};
    struct axas_root root;
    machine_hal(&hal);
    config.table.hal = &hal;
    if (axas_space_init(&space, &config) != AXAS_OK || axas_space_root(&space, 1, &root) != AXAS_OK) {
        report_disagreement("the space for broken roots cannot be made");
        return;
    }
    if (!monitor_enters(&root)) {
        report_disagreement("the CPU refuses the root that the library made");
    }
    try_roots(cpu, &root);
    axas_space_destroy(&space);
    machine_expect_no_frames();
}
