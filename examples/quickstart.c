/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's address space in an ordinary process: the hosted HAL stands in for the machine. In a hypervisor
 * the same calls are made with a HAL of your own.
 */
#include <axas/frame.h>
#include <axas/guest.h>
#include <axas/hosted.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(0x100000)

static const axas_gpa uart = {0x09000000}, shared = {0x10000000}, ram = {0x40000000};

static void check(enum axas_status status, const char *what)
{
    if (status != AXAS_OK) {
        printf("%s: %s\n", what, axas_status_str(status));
        exit(EXIT_FAILURE);
    }
}

static void print_map(struct axas_space *space)
{
    struct axas_area area;
    struct axas_mapping page;
    for (axas_gpa at = axas_space_base(space); axas_space_next_area(space, at, &area) == AXAS_OK;
         at.raw = area.gpa.raw + area.size) {
        printf("%#12" PRIx64 " %6" PRIu64 " KiB %s\n", area.gpa.raw, area.size / 1024, area.backend->name);
        for (at = area.gpa;
             axas_space_next_mapping(space, at, &page) == AXAS_OK && page.gpa.raw - area.gpa.raw < area.size;
             at.raw = page.gpa.raw + page.leaf_size) {
            printf("%#16" PRIx64 " %6" PRIu64 " KiB %c%c%c\n", page.gpa.raw, page.leaf_size / 1024,
                   page.attr & AXAS_READ ? 'r' : '-', page.attr & AXAS_WRITE ? 'w' : '-',
                   page.attr & AXAS_EXEC ? 'x' : '-');
        }
    }
}

int main(void)
{
    struct axas_hosted *machine = axas_hosted_create(NULL);
    if (machine == NULL) {
        printf("no memory for the machine\n");
        return EXIT_FAILURE;
    }
    const struct axas_hal *hal = axas_hosted_hal(machine);

    /* An empty space, in the first format of the library that a CPU without any option can walk. */
    struct axas_space space;
    struct axas_config config = {.table = {.hal = hal}};
    enum axas_status status = AXAS_ERR_UNSUPPORTED;
    for (size_t i = 0; axas_formats[i] != NULL && status == AXAS_ERR_UNSUPPORTED; i++) {
        config.table.format = axas_formats[i];
        status = axas_space_init(&space, &config);
    }
    check(status, "making the space");

    /* Memory that the host owns and the guest may read; memory that comes as the guest touches it; and
     * addresses whose every access the host emulates. */
    struct axas_frame buffer;
    check(axas_frame_alloc_zeroed(&buffer, hal, 4 * AXAS_FRAME_SIZE), "taking a buffer");
    check(axas_space_map_linear(&space, shared, buffer.hpa, buffer.size, AXAS_READ), "mapping the buffer");
    check(axas_space_map_alloc(&space, ram, 16 * MIB, AXAS_READ | AXAS_WRITE | AXAS_EXEC, AXAS_LAZY),
          "mapping RAM");
    check(axas_space_map_trap(&space, uart, AXAS_FRAME_SIZE, NULL), "mapping the UART");

    /* What the CPU's root registers hold while the guest runs. */
    struct axas_root root;
    check(axas_space_root(&space, 1, &root), "asking for the root");
    for (unsigned i = 0; i < root.register_count; i++) {
        printf("register %s = %#" PRIx64 "\n", root.register_name[i], root.register_value[i]);
    }

    /* The guest writes to RAM. A hypervisor reads the fault from the CPU: axas_fault_decode. */
    struct axas_fault fault = {.gpa = {ram.raw + 0x2468}, .gpa_known = true, .access = AXAS_WRITE};
    printf("fault at %#" PRIx64 ": %s\n", fault.gpa.raw,
           axas_fault_result_str(axas_space_handle_fault(&space, &fault)));
    fault.gpa = uart;
    printf("fault at %#" PRIx64 ": %s\n", fault.gpa.raw,
           axas_fault_result_str(axas_space_handle_fault(&space, &fault)));

    /* Where that byte is for the host. */
    axas_hpa hpa;
    check(axas_space_translate(&space, axas_gpa_of(ram.raw + 0x2468), &hpa), "translating");
    printf("%#" PRIx64 " is host memory: %s\n", ram.raw + 0x2468,
           axas_hosted_owns(machine, hpa, AXAS_FRAME_GUEST) ? "yes" : "no");

    /* Many at once, for instance the pages of a virtual queue: they wait for memory together. */
    const axas_gpa asked[] = {shared, {shared.raw + AXAS_FRAME_SIZE}, uart};
    axas_hpa answers[3];
    check(axas_space_translate_batch(&space, asked, answers, 3), "translating a batch");
    for (unsigned i = 0; i < 3; i++) {
        printf("%#" PRIx64 " is host memory: %s\n", asked[i].raw,
               answers[i].raw != AXAS_NO_HPA ? "yes" : "no");
    }

    /* The host's own access to the guest's memory, across pages; it may do what the guest may. */
    const char text[] = "Hello, guest";
    char back[sizeof text];
    const axas_gpa across = {ram.raw + MIB - 5};
    check(axas_guest_write(&space, across, text, sizeof text), "writing");
    check(axas_guest_read(&space, across, back, sizeof back), "reading");
    printf("read back: %s\n", back);
    printf("writing to the buffer: %s\n",
           axas_status_str(axas_guest_write(&space, shared, text, sizeof text)));

    check(axas_space_unmap(&space, shared, buffer.size / 2), "unmapping half of the buffer");
    print_map(&space);

    axas_space_destroy(&space);
    axas_frame_free(&buffer);
    return axas_hosted_destroy(machine) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
