/* SPDX-License-Identifier: Apache-2.0 */
#include "negative.h"

#include "console.h"
#include "layout.h"
#include "machine.h"
#include "probe.h"
#include "report.h"

#define GIBIBYTE_SHIFT 30
#define VMID 3

static struct axas_hal hal;

/* What is to be broken. */
struct target {
    unsigned level;
    uint64_t gpa; /* maps marked memory through the entry */
    void *slot;   /* NULL for a root register */
};

/* Entries have this CPU's byte order in every format that it walks. */
static uint64_t entry_at(const struct axas_format *format, const void *slot)
{
    return format->entry_bytes == 4 ? *(const uint32_t *)slot : *(const uint64_t *)slot;
}

static void entry_set(const struct axas_format *format, void *slot, uint64_t entry)
{
    if (format->entry_bytes == 4) {
        *(uint32_t *)slot = (uint32_t)entry;
    } else {
        *(uint64_t *)slot = entry;
    }
}

static bool same(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

static void fail(const struct negative_control *control, const char *what)
{
    print("negative control \"%s\":\n", control->rule);
    report_disagreement(what);
}

/* The entry of that level on the way to gpa. Reads the tree with nothing but the format's geometry. */
static void *slot_of(const struct axas_table *table, uint64_t gpa, unsigned level)
{
    const struct axas_format *format = table->format;
    uint8_t *entries = table->root;
    unsigned at = table->mode->root_level;
    uint64_t index = gpa >> format->levels[at].shift;
    while (at < level) {
        entries = (uint8_t *)(uintptr_t)format->entry_hpa(
            at, entry_at(format, entries + index * format->entry_bytes));
        at++;
        index = gpa >> format->levels[at].shift & ((UINT64_C(1) << format->levels[at].index_bits) - 1);
    }
    return entries + index * format->entry_bytes;
}

static bool make_space(struct axas_space *space, const struct negative_control *control,
                       const struct axas_table_config *cpu)
{
    struct axas_config config = {.table = *cpu, .readers = 1, .reserve_limit = 64}; /* leaves up to 256 TiB */
    config.table.hal = &hal;
    config.table.mode = control->mode == NULL ? cpu->mode : axas_mode_find(cpu->format, control->mode);
    config.table.gpa_bits = control->gpa_bits;
    if (control->physical_bits != 0) {
        config.table.physical_bits = control->physical_bits;
    }
    machine_hal(&hal);
    return axas_space_init(space, &config) == AXAS_OK;
}

static bool map_home(struct axas_space *space)
{
    const struct probe_home home = probe_home();
    probe_settle(axas_gpa_of(0));
    return home.size == 0 ||
           axas_space_map_linear(space, axas_gpa_of(0), home.hpa, home.size, home.attr) == AXAS_OK;
}

/* Maps one leaf of the level, or one page below the table entry there, so that nothing else hangs on it. */
static bool map_target(struct axas_space *space, const struct negative_control *control,
                       struct target *target)
{
    const struct axas_table *table = &space->table;
    const struct axas_format *format = table->format;
    target->level = table->mode->root_level + table->mode->level_count - 1u;
    for (unsigned i = 0; control->level != NULL && i < format->level_count; i++) {
        if (same(format->levels[i].name, control->level)) {
            target->level = i;
        }
    }
    const unsigned shift = format->levels[target->level].shift;
    const uint64_t leaf = UINT64_C(1) << shift;
    const bool table_entry = control->level != NULL && control->kind == AXAS_ENTRY_TABLE;
    const uint64_t size = table_entry ? axas_table_page_size(table) : leaf;
    const uint64_t hpa = machine_pool.hpa & ~(size - 1);
    /* Below a table entry, the place that the entry would translate the same if it were a leaf at 0. */
    const uint64_t gpa =
        (UINT64_C(1) << (shift > GIBIBYTE_SHIFT ? shift : GIBIBYTE_SHIFT)) + (hpa & (leaf - 1));
    target->gpa = gpa + (machine_pool.hpa - hpa) + probe_stub_offset();
    if (axas_space_map_linear(space, axas_gpa_of(gpa), axas_hpa_of(hpa), size, layout_all_access(table)) !=
        AXAS_OK) {
        return false;
    }
    target->slot = control->level == NULL ? NULL : slot_of(table, gpa, target->level);
    return true;
}

static bool library_rejects(const struct axas_space *space, const struct negative_control *control,
                            const struct target *target, const struct axas_table_config *cpu)
{
    const struct axas_table *table = &space->table;
    if (target->slot == NULL) {
        return control->library_refuses(cpu);
    }
    return !table->format->entry_valid(target->level, entry_at(table->format, target->slot), table->features,
                                       table->physical_bits);
}

/* A fetch, since each CPU can make one without the help of other mappings; of a device a read. False: it
 * faults. */
static bool reaches(const struct negative_control *control, const struct target *target,
                    const struct axas_format *format)
{
    struct probe_answer answer;
    struct axas_fault fault;
    probe_forget();
    report.probes++;
    if (!probe_access(axas_gpa_of(target->gpa), AXAS_KERNEL_EXEC, 0, &answer) &&
        !probe_access(axas_gpa_of(target->gpa), AXAS_READ, 0, &answer)) {
        fail(control, "the access cannot be made");
        return false;
    }
    if (answer.odd != NULL) {
        fail(control, answer.odd);
    }
    if (!answer.reached && (axas_fault_decode(format, answer.registers, &fault) != AXAS_OK ||
                            !fault.gpa_known || ((fault.gpa.raw ^ target->gpa) & ~answer.unknown) != 0)) {
        fail(control, "the fault is not decoded as it happened");
    }
    return answer.reached;
}

static void run(const struct negative_control *control, const struct axas_table_config *cpu)
{
    static struct axas_space space;
    struct target target;
    struct axas_root root;
    report.controls++;
    if (!make_space(&space, control, cpu) || !map_home(&space) || !map_target(&space, control, &target) ||
        axas_space_root(&space, VMID, &root) != AXAS_OK) {
        fail(control, "its space cannot be made");
        return;
    }
    const struct axas_format *format = space.table.format;
    probe_load(&root, space.table.features);
    if (!reaches(control, &target, format) ||
        (target.slot != NULL && library_rejects(&space, control, &target, cpu))) {
        fail(control, "what is not broken yet is rejected");
    }

    const uint64_t whole = target.slot == NULL ? 0 : entry_at(format, target.slot);
    if (target.slot != NULL) {
        entry_set(format, target.slot, (whole & ~control->clear) | control->set);
    } else {
        uint64_t *value = &root.register_value[control->root_register];
        *value = (*value & ~control->clear) | control->set;
        probe_load(&root, space.table.features);
    }
    const bool mind = !control->emulator_accepts ||
                      (control->accepts_with != NULL &&
                       (cpu->features & axas_feature_find(format, control->accepts_with)) == 0);
    const bool accepted = reaches(control, &target, format);
    if (!library_rejects(&space, control, &target, cpu)) {
        fail(control, "the library's check accepts it");
    } else if (accepted == mind) {
        fail(control, accepted ? "the emulated CPU accepts it"
                               : "the emulated CPU rejects it, though it is listed as accepted");
    } else if (accepted) {
        report.controls_by_library++;
        print("  accepted by this emulator, rejected by the library: %s\n", control->rule);
    } else {
        report.controls_caught++;
    }
    if (target.slot != NULL) {
        entry_set(format, target.slot, whole);
    }
    axas_space_destroy(&space);
    machine_expect_no_frames();
}

void negative(const struct axas_table_config *cpu)
{
    unsigned count = 0;
    const struct negative_control *controls = negative_controls(cpu->format, &count);
    for (unsigned i = 0; i < count; i++) {
        const struct axas_mode *mode = controls[i].mode == NULL && cpu->mode != NULL
                                           ? cpu->mode
                                           : axas_mode_find(cpu->format, controls[i].mode);
        const char *lacking = controls[i].lacking;
        if (lacking != NULL && (cpu->features & axas_feature_find(cpu->format, lacking)) != 0) {
            print("  left out, since this CPU has the feature: %s\n", controls[i].rule);
        } else if (mode->physical_bits_min <= cpu->physical_bits && (mode->with & ~cpu->features) == 0 &&
                   probe_has(cpu->format, mode, mode->gpa_bits_preferred)) {
            run(&controls[i], cpu);
        } else {
            print("  left out, since this CPU lacks the mode: %s\n", controls[i].rule);
        }
    }
}
