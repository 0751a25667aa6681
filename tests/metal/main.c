/* SPDX-License-Identifier: Apache-2.0 */
/* The program that runs on the emulated machine: libaxas and a CPU's own walker, held against each other. */
#include "agreement.h"
#include "arch.h"
#include "console.h"
#include "machine.h"
#include "negative.h"
#include "probe.h"
#include "random.h"
#include "report.h"

void hypervisor_main(void);

struct report report;
uint64_t random_state;

volatile const struct metal_options metal_options __attribute__((used)) = {
    .magic = {'A', 'X', 'A', 'S', 'M', 'E', 'T', 'A', 'L', 'O', 'P', 'T', 'I', 'O', 'N', 'S'},
    .seed = 1,
    .probes = 100000,
    .format = "",
};

/* Of those that allow something and that a CPU with these features has a code for. */
static void print_attributes(const struct axas_table_config *cpu)
{
    unsigned count = 0, seen = 0;
    for (axas_attr attr = 0; attr <= AXAS_ATTR_MASK; attr++) {
        struct axas_leaf_code code;
        if ((attr & AXAS_ACCESS_MASK) != 0 && cpu->format->encode(attr, cpu->features, &code) == AXAS_OK) {
            count++;
            seen += report.attrs[attr] ? 1 : 0;
        }
    }
    print("  on memory with %u of %u combinations of access and memory type\n", seen, count);
}

static void print_features(const struct axas_format *format, uint64_t features)
{
    for (unsigned i = 0; i < format->feature_count; i++) {
        if ((features & format->features[i].bit) != 0) {
            print(" %s", format->features[i].name);
        }
    }
}

/* What the CPU says it has, in a line that run.sh compares. Then the same as plain fields, so that tests can
 * take features away. */
static void identify(struct axas_table_config *cpu)
{
    const struct axas_capabilities *found = cpu->capabilities;
    print("  identified: %u physical bits", (unsigned)found->physical_bits);
    if (found->gpa_bits != 0) {
        print(", %u of the guest", (unsigned)found->gpa_bits);
    }
    print("; modes");
    for (unsigned i = 0; i < found->format->mode_count; i++) {
        if ((found->modes >> i & 1) != 0) {
            print(" %s", found->format->modes[i].name);
        }
    }
    print("; features");
    print_features(found->format, found->features);
    print("; switched");
    print_features(found->format, found->switched);
    print(";\n");
    if (found->missing != NULL) {
        print("%s.\n", found->missing);
        arch_exit(3);
    }
    if (cpu->features == 0) {
        cpu->features = found->features;
    }
    if (found->physical_bits != 0) {
        cpu->physical_bits = found->physical_bits;
    }
    cpu->capabilities = NULL;
}

/* Also fails where the CPU has contiguous groups and none was met. */
static void print_levels(const struct axas_table_config *cpu)
{
    bool groups = false, met = false;
    for (unsigned i = 0; i < cpu->format->level_count; i++) {
        const struct axas_level *level = &cpu->format->levels[i];
        if (report.reached[i] != 0) {
            print("  %lu reached memory through leaves of ", report.reached[i]);
            print_size(UINT64_C(1) << level->shift);
            if (report.grouped[i] != 0) {
                print(", %lu of them in contiguous groups of ", report.grouped[i]);
                print_size(level->group_size);
            }
            print("\n");
        }
        groups = groups || (level->group_size != 0 && (level->group_with & ~cpu->features) == 0);
        met = met || report.grouped[i] != 0;
    }
    if (groups && !met) {
        report_disagreement("no access went through a contiguous group, though the CPU has them");
    }
    if (report.grouping != 0) {
        print("  contiguous groups in %lu layouts, %lu changes began or ended inside one\n", report.grouping,
              report.parted);
    }
}

void hypervisor_main(void)
{
    struct axas_table_config cpu = {.format = NULL};
    arch_init();
    if (metal_options.format[0] != '\0') {
        cpu.format = axas_format_find((const char *)(uintptr_t)metal_options.format);
    }
    arch_table_config(&cpu);
    if (cpu.format == NULL || cpu.capabilities == NULL) {
        print("This build of libaxas lacks the format of this CPU.\n");
        arch_exit(2);
    }
    random_state = metal_options.seed;
    print("%s: seed 0x%lx, at least %lu probes\n", cpu.format->name, metal_options.seed,
          metal_options.probes);
    identify(&cpu);
    probe_init(&cpu);
    machine_init();
    agreement(&cpu);
    negative(&cpu);
    probe_own(&cpu);
    print_levels(&cpu);
    print("  in %u of 16 parts of the space\n", (unsigned)__builtin_popcount(report.sixteenths));
    print_attributes(&cpu);
    print("  %lu of these were translated without an access: no marked memory is behind\n", report.told);
    print("  %lu walks of the guest's own tables stopped, %lu memory attributes shown by the CPU\n",
          report.walks, report.attributes);
    print("  %lu layouts, %lu changes, %lu faults served\n", report.spaces, report.changes,
          report.faults_served);
    print("  %lu rounds of probing, each at the edges of every leaf (%lu of them): %lu addresses, at least "
          "%lu\n",
          report.rounds, report.edges, report.addresses, report.addresses_least);
    print("%s: %lu probes, %lu disagreements, %lu of %lu negative controls caught", cpu.format->name,
          report.probes, report.disagreements, report.controls_caught, report.controls);
    print(" and %lu more by the library alone\n", report.controls_by_library);
    arch_exit(report.disagreements == 0 ? 0 : 1);
}
