/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tiny hypervisor: one guest on one CPU, all of whose memory is there because libaxas put it there. It
 * serves or refuses each of the guest's faults, says in plain words what happened, and holds it against
 * expected.c.
 */
#include "arch.h"
#include "console.h"
#include "expected.h"
#include "frames.h"
#include "guest/guest.h"

#include <axas/guest.h>
#include <axas/space.h>

#define VMID 7

/** After so many deviations the guest may be going in circles: the run is given up. */
#define DEVIATIONS_MAX 4

extern const char guest_image[], guest_image_end[];

void hypervisor_main(void);

static struct axas_hal hal;
static struct axas_space space;

/** What the guest may read and the hypervisor owns. */
static uint32_t shared_page[GUEST_PAGE_SIZE / 4] __attribute__((aligned(GUEST_PAGE_SIZE)));

/** A device that the hypervisor plays; the cookie of its trap area. */
struct console {
    axas_gpa base;
    bool inside_line;
    unsigned characters;
};
static struct console guest_console = {.base = {GUEST_CONSOLE}};

static _Noreturn void give_up(const char *what, enum axas_status status)
{
    print("%s: %s.\n", what, axas_status_str(status));
    arch_exit(2);
}

static void must(const char *what, enum axas_status status)
{
    if (status != AXAS_OK) {
        give_up(what, status);
    }
}

/* ---- the guest's space ---- */

static void build_space(void)
{
    static struct axas_error error;
    struct axas_config config = {.table = {.hal = &hal}, .readers = 1, .error = &error};
    arch_table_config(&config.table);
    if (config.table.format == NULL) {
        give_up("This build of libaxas lacks the format of this CPU", AXAS_ERR_UNSUPPORTED);
    }
    const enum axas_status status = axas_space_init(&space, &config);
    if (status != AXAS_OK) {
        give_up(error.what, status);
    }

    const axas_gpa image = axas_gpa_of(GUEST_IMAGE);
    must("The image",
         axas_space_map_alloc(&space, image, GUEST_IMAGE_SIZE, AXAS_READ | AXAS_EXEC, AXAS_LAZY));
    must("The stack", axas_space_map_alloc(&space, axas_gpa_of(GUEST_STACK), GUEST_STACK_SIZE,
                                           AXAS_READ | AXAS_WRITE, AXAS_LAZY));
    must("The memory", axas_space_map_alloc(&space, axas_gpa_of(GUEST_RAM), GUEST_RAM_SIZE,
                                            AXAS_READ | AXAS_WRITE, AXAS_LAZY));
    shared_page[0] = GUEST_SHARED_WORD;
    must("The shared page",
         axas_space_map_linear(&space, axas_gpa_of(GUEST_SHARED), axas_hal_phys(&hal, shared_page),
                               GUEST_PAGE_SIZE, AXAS_READ));
    must("The device", axas_space_map_linear(&space, axas_gpa_of(GUEST_DEVICE), arch_device(),
                                             GUEST_PAGE_SIZE, AXAS_READ | AXAS_MEM_DEVICE));
    must("The console", axas_space_map_trap(&space, guest_console.base, GUEST_PAGE_SIZE, &guest_console));

    const uint64_t length = (uint64_t)(guest_image_end - guest_image);
    must("Loading the image",
         axas_guest_write_flags(&space, image, guest_image, length, AXAS_GUEST_LOAD_IMAGE));
}

static void load_root(void)
{
    struct axas_root root;
    must("The root", axas_space_root(&space, VMID, &root));
    print("%s, %s: %u levels, %u-bit guest addresses.\n", space.table.format->title, root.mode->title,
          (unsigned)root.levels, (unsigned)root.gpa_bits);
    print("The root is at 0x%lx;", root.root.raw);
    for (unsigned i = 0; i < root.register_count; i++) {
        print(" %s = 0x%lx", root.register_name[i], root.register_value[i]);
    }
    print(".\nOptional features of this CPU that it uses:%s", space.table.features == 0 ? " none" : "");
    for (unsigned i = 0; i < space.table.format->feature_count; i++) {
        const struct axas_feature *feature = &space.table.format->features[i];
        if ((space.table.features & feature->bit) != 0) {
            print(" %s", feature->name);
        }
    }
    print(".\n\n");
    arch_root_load(&root);
}

/* ---- words ---- */

static const char *verb(const struct axas_fault *fault)
{
    if (fault->guest_walk) {
        return "The walk of the guest's own page tables comes to";
    }
    return (fault->access & AXAS_WRITE) != 0  ? "The guest writes to"
           : (fault->access & AXAS_EXEC) != 0 ? "The guest runs code at"
                                              : "The guest reads";
}

static void print_attr(axas_attr attr)
{
    print("%c%c%c", (attr & AXAS_READ) != 0 ? 'r' : '-', (attr & AXAS_WRITE) != 0 ? 'w' : '-',
          (attr & AXAS_EXEC) != 0 ? 'x' : '-');
    if (axas_attr_is_device(attr)) {
        print(" device");
    }
}

static void print_outcome(const struct axas_fault *fault, enum axas_fault_result result)
{
    struct axas_mapping mapping;
    print("[hypervisor] %s 0x%lx", verb(fault), fault->gpa.raw);
    if (fault->gva_known && fault->gva != fault->gpa.raw) {
        print(" (which it calls 0x%lx)", fault->gva);
    }
    switch (result) {
    case AXAS_FAULT_RESOLVED:
        print(": its memory had not come yet. Here it is");
        if (axas_space_query(&space, fault->gpa, &mapping) == AXAS_OK) {
            print(": ");
            print_size(mapping.leaf_size);
            print(", at host address 0x%lx", fault->hpa.raw);
        }
        break;
    case AXAS_FAULT_SPURIOUS:
        print(": its memory is there already");
        break;
    case AXAS_FAULT_DENIED:
        print(": the area at 0x%lx does not allow that. Refused", fault->area.raw);
        break;
    case AXAS_FAULT_UNMAPPED:
        print(": nothing is there. Refused");
        break;
    case AXAS_FAULT_TRAP:
        print(": the console, which the hypervisor plays. Answered");
        break;
    case AXAS_FAULT_NO_MEMORY:
    case AXAS_FAULT_ADDRESS_UNKNOWN:
    case AXAS_FAULT_BROKEN:
    case AXAS_FAULT_INVALID:
        print(": %s", axas_fault_result_str(result));
        break;
    }
    print(".\n");
}

/* ---- faults ---- */

static bool is_character(const struct arch_access *access, uint64_t offset)
{
    return access->write && offset == GUEST_CONSOLE_DATA - GUEST_CONSOLE;
}

static void console_put(struct console *console, char character)
{
    if (!console->inside_line) {
        print("[guest]      ");
    }
    print("%c", character);
    console->inside_line = character != '\n';
    console->characters++;
}

/** Plays the console. True if the guest can go on. */
static bool serve_console(const struct axas_fault *fault)
{
    struct console *console = fault->cookie;
    const uint64_t offset = fault->gpa.raw - console->base.raw;
    struct arch_access access;
    if (!arch_guest_access(&access)) {
        return false;
    }
    if (is_character(&access, offset)) {
        console_put(console, (char)access.value);
        arch_guest_complete(0);
        return true;
    }
    print_outcome(fault, AXAS_FAULT_TRAP);
    expect_fault(fault, AXAS_FAULT_TRAP);
    arch_guest_complete(offset == GUEST_CONSOLE_STATUS - GUEST_CONSOLE ? GUEST_CONSOLE_READY : 0);
    return true;
}

/** True if the guest can go on. */
static bool serve_fault(const struct arch_exit *stop)
{
    struct axas_fault fault;
    const enum axas_status status = axas_fault_decode(space.table.format, stop->registers, &fault);
    if (status != AXAS_OK) {
        print("[hypervisor] The fault registers make no sense: %s.\n", axas_status_str(status));
        return false;
    }
    const enum axas_fault_result result = axas_space_handle_fault(&space, &fault);
    if (result != AXAS_FAULT_TRAP) {
        print_outcome(&fault, result);
        expect_fault(&fault, result);
    }
    switch (result) {
    case AXAS_FAULT_RESOLVED:
    case AXAS_FAULT_SPURIOUS:
        return true;
    case AXAS_FAULT_DENIED:
    case AXAS_FAULT_UNMAPPED:
        arch_guest_refuse();
        return true;
    case AXAS_FAULT_TRAP:
        return serve_console(&fault);
    case AXAS_FAULT_NO_MEMORY:
    case AXAS_FAULT_ADDRESS_UNKNOWN:
    case AXAS_FAULT_BROKEN:
    case AXAS_FAULT_INVALID:
        break;
    }
    return false;
}

/* ---- calls ---- */

static void print_report(uint64_t outcome, uint64_t value)
{
    print("[guest]      -> ");
    switch (outcome) {
    case GUEST_READ:
        print("I read 0x%lx.\n", value);
        break;
    case GUEST_DONE:
        print("Done.\n");
        break;
    case GUEST_REFUSED:
        print("I was told no.\n");
        break;
    case GUEST_OWN_FAULT:
        print("My own tables say that nothing is there.\n");
        break;
    default:
        print("Outcome %lu, value 0x%lx?\n", outcome, value);
        break;
    }
}

/** True if the guest can go on. */
static bool serve_call(const struct arch_exit *stop)
{
    const axas_gpa gpa = axas_gpa_of(stop->call[1]);
    const uint64_t size = stop->call[2];
    enum axas_status status = AXAS_OK;

    switch (stop->call[0]) {
    case GUEST_CALL_REPORT:
        print_report(stop->call[1], stop->call[2]);
        expect_report(stop->call[1], stop->call[2]);
        break;
    case GUEST_CALL_SEAL:
        status = axas_space_protect(&space, gpa, size, AXAS_READ);
        print("[hypervisor] Made read-only, from 0x%lx, ", gpa.raw);
        print_size(size);
        print(": %s.\n", axas_status_str(status));
        expect_equal("sealing", status, AXAS_OK);
        break;
    case GUEST_CALL_GIVE_BACK:
        status = axas_space_unmap(&space, gpa, size);
        print("[hypervisor] Took back, from 0x%lx, ", gpa.raw);
        print_size(size);
        print(": %s.\n", axas_status_str(status));
        expect_equal("giving back", status, AXAS_OK);
        break;
    case GUEST_CALL_DONE:
        expect_end();
        return false;
    default:
        expect_never("The guest made a call that does not exist");
        return false;
    }
    arch_guest_answer(status);
    return true;
}

static void run_guest(void)
{
    struct arch_exit stop;
    bool go_on = true;
    while (go_on && expect_deviations() < DEVIATIONS_MAX) {
        arch_guest_run(&stop);
        switch (stop.kind) {
        case ARCH_EXIT_CALL:
            go_on = serve_call(&stop);
            break;
        case ARCH_EXIT_FAULT:
            go_on = serve_fault(&stop);
            if (!go_on) {
                expect_never("The guest cannot go on after that fault");
                arch_guest_describe();
            }
            break;
        case ARCH_EXIT_OTHER:
            expect_never("The guest stopped for a reason that this hypervisor does not know");
            arch_guest_describe();
            go_on = false;
            break;
        }
    }
}

/* ---- afterwards ---- */

/** Prints the memory behind one area, adjoining leaves of one attribute as one line. */
static void print_memory_of(const struct axas_area *area)
{
    const uint64_t end = area->gpa.raw + area->size;
    struct axas_mapping mapping;
    uint64_t at = area->gpa.raw;
    while (at < end && axas_space_next_mapping(&space, axas_gpa_of(at), &mapping) == AXAS_OK &&
           mapping.gpa.raw < end) {
        const struct axas_mapping first = mapping;
        uint64_t size = 0, leaves = 0;
        do {
            size += mapping.leaf_size;
            leaves++;
            at = first.gpa.raw + size;
        } while (at < end && axas_space_next_mapping(&space, axas_gpa_of(at), &mapping) == AXAS_OK &&
                 mapping.gpa.raw == at && mapping.hpa.raw == first.hpa.raw + size &&
                 mapping.attr == first.attr && mapping.leaf_size == first.leaf_size);
        print("      0x%lx -> 0x%lx  ", first.gpa.raw, first.hpa.raw);
        print_attr(first.attr);
        print("  %lu x ", leaves);
        print_size(first.leaf_size);
        print("\n");
    }
}

static void print_map(void)
{
    struct axas_area area;
    uint64_t at = axas_space_base(&space).raw;
    print("\nThe guest's memory map:\n");
    while (axas_space_next_area(&space, axas_gpa_of(at), &area) == AXAS_OK) {
        print("  0x%lx to 0x%lx  %s  ", area.gpa.raw, area.gpa.raw + area.size - 1, area.backend->name);
        if (area.backend->provide != NULL) {
            print_attr(area.attr);
            print("  ");
        }
        print_size(area.size);
        print("\n");
        print_memory_of(&area);
        at = area.gpa.raw + area.size;
    }
}

static void print_cost(void)
{
    struct axas_usage usage;
    must("The cost", axas_space_usage(&space, &usage));
    print("It costs ");
    print_size(usage.table_bytes);
    print(" of tables and ");
    print_size(usage.node_bytes);
    print(" of records for %lu areas, with ", usage.areas);
    print_size(usage.reserve_bytes);
    print(" put aside for removals. The guest has ");
    print_size(frames_used(AXAS_FRAME_GUEST));
    print(".\n\n");
    expect_equal("frames that the space took for itself, against what it says that it costs",
                 frames_used(AXAS_FRAME_TABLE) + frames_used(AXAS_FRAME_NODE),
                 usage.table_bytes + usage.reserve_bytes + usage.node_bytes);
}

/** What the guest left behind, as the host sees it through libaxas. */
static void inspect_space(void)
{
    const axas_gpa first = axas_gpa_of(GUEST_FIRST), second = axas_gpa_of(GUEST_SECOND);
    uint32_t word = 0;
    axas_hpa hpa;
    struct axas_mapping mapping = {.attr = 0};
    struct axas_fault late = {.gpa = first, .gpa_known = true, .access = AXAS_READ};

    expect_equal("a fault that another CPU would have been first to serve",
                 axas_space_handle_fault(&space, &late), AXAS_FAULT_SPURIOUS);
    expect_equal("reading the guest's word", axas_guest_read(&space, first, &word, sizeof word), AXAS_OK);
    expect_equal("the guest's word", word, GUEST_FIRST_WORD);
    expect_equal("asking about the sealed page", axas_space_query(&space, first, &mapping), AXAS_OK);
    expect_equal("what the sealed page allows", mapping.attr, AXAS_READ);
    expect_equal("writing to the sealed page", axas_guest_write(&space, first, &word, sizeof word),
                 AXAS_ERR_PERMISSION);
    expect_equal("translating what was given back", axas_space_translate(&space, second, &hpa),
                 AXAS_ERR_NOT_MAPPED);
    expect_equal("the hypervisor's page", shared_page[0], GUEST_SHARED_WORD);
    expect_equal("the guest spoke through its console", guest_console.characters > 0, true);
}

static void take_space_down(void)
{
    axas_space_destroy(&space);
    expect_equal("guest memory that did not come back", frames_used(AXAS_FRAME_GUEST), 0);
    expect_equal("tables that did not come back", frames_used(AXAS_FRAME_TABLE), 0);
    expect_equal("records that did not come back", frames_used(AXAS_FRAME_NODE), 0);
}

void hypervisor_main(void)
{
    arch_init();
    print("A tiny hypervisor on libaxas.\n");
    const struct arch_memory memory = arch_memory();
    frames_init(memory.first, memory.end);
    hal.frame_alloc = frames_alloc;
    hal.frame_free = frames_free;
    hal.free_in_parts = true;
    arch_hal(&hal);

    build_space();
    load_root();
    arch_guest_init(axas_gpa_of(GUEST_IMAGE));
    run_guest();
    print_map();
    print_cost();
    inspect_space();
    take_space_down();

    if (expect_deviations() > 0) {
        print("%u of %u checks failed.\n", expect_deviations(), expect_checks());
        arch_exit(1);
    }
    print("All %u checks passed.\n", expect_checks());
    arch_exit(0);
}
