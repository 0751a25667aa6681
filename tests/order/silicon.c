/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where silicon differs from the emulators that the library runs in: what those forgive is asked here of the
 * library itself, by sweeps over what tests/golden has single values of. README.md has the whole list.
 */
#include "world.h"

#include <axas/guest.h>
#include <axas/space.h>
#include <axas/table.h>

#include <criterion/criterion.h>

#include <inttypes.h>
#include <string.h>

#define RWX (AXAS_READ | AXAS_WRITE | AXAS_EXEC)

static const struct axas_format *stage2(void)
{
    const struct axas_format *format = axas_format_find("aarch64_stage2");
    cr_assert_not_null(format);
    return format;
}

static const struct axas_format *gstage(void)
{
    const struct axas_format *format = axas_format_find("riscv64_gstage");
    cr_assert_not_null(format);
    return format;
}

/* What a CPU has to have for that mode with so many bits of guest addresses. */
static uint64_t features_for(const struct axas_mode *mode, uint8_t bits)
{
    return mode->with | (bits < mode->gpa_bits_min ? mode->fewer_with : 0);
}

static unsigned root_register(const struct axas_format *format, const char *name)
{
    for (unsigned i = 0; i < format->root_register_count; i++) {
        if (strcmp(format->root_registers[i], name) == 0) {
            return i;
        }
    }
    cr_assert_fail("no root register %s", name);
    return 0;
}

/*
 * VTCR_EL2 (Arm DDI 0487, D19): with IRGN0 (9:8) or ORGN0 (11:10) 00 the walker reads memory past the caches,
 * and finds tables that were stored a while ago. 01 is write-back, write-allocate; SH0 (13:12) 11 inner
 * shareable; TG0 (15:14) 00, 4 KiB. QEMU walks the same whatever these hold, TG0 11 included.
 */
Test(silicon, walks_of_stage_2_are_cacheable_on_every_cpu)
{
    const struct axas_format *format = stage2();
    unsigned count = 0;
    uint8_t narrowest = UINT8_MAX;
    for (unsigned m = 0; m < format->mode_count; m++) {
        const struct axas_mode *mode = &format->modes[m];
        for (unsigned feature = 0; feature <= format->feature_count; feature++) {
            for (uint8_t bits = mode->gpa_bits_fewer; bits <= mode->gpa_bits_max; bits++) {
                uint64_t values[AXAS_MAX_ROOT_REGISTERS];
                struct axas_root_request request = {
                    .mode = mode,
                    .root = {UINT64_C(0x40000000)},
                    .vmid = 1,
                    .gpa_bits = bits,
                    .physical_bits = 48,
                    .features = features_for(mode, bits) |
                                (feature < format->feature_count ? format->features[feature].bit : 0),
                };
                cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
                uint64_t vtcr = values[root_register(format, "vtcr_el2")];
                cr_expect_eq(vtcr >> 8 & 0xff, 0x35, "%s, %u bits: VTCR_EL2 0x%" PRIx64, mode->name, bits,
                             vtcr);
                count++;
                narrowest = bits < narrowest ? bits : narrowest;
            }
        }
    }
    cr_expect_gt(count, 50);
    cr_expect_eq(narrowest, 16, "with FEAT_TTST T0SZ goes up to 48");
}

/* VTTBR_EL2.BADDR and hgatp.PPN: bits below the size of the root are ignored or RES0; QEMU walks from where
 * they point. A root has one entry of 8 bytes for each value of the address bits that it translates, and is
 * aligned to that size (Arm DDI 0487, D8.2.8; RISC-V, 18.5.1), be it less than a page. */
static void check_misaligned_roots(const struct axas_format *format)
{
    for (unsigned m = 0; m < format->mode_count; m++) {
        const struct axas_mode *mode = &format->modes[m];
        for (uint8_t bits = mode->gpa_bits_fewer; bits <= mode->gpa_bits_max; bits++) {
            uint64_t values[AXAS_MAX_ROOT_REGISTERS];
            uint64_t size = UINT64_C(8) << (bits - format->levels[mode->root_level].shift);
            struct axas_root_request request = {
                .mode = mode, .gpa_bits = bits, .physical_bits = 48, .features = features_for(mode, bits)};
            for (uint64_t skew = 1; skew < size; skew *= 2) {
                request.root = axas_hpa_of(UINT64_C(0x40000000) + skew);
                cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE,
                             "%s, %u bits: a root at 0x%" PRIx64, mode->name, bits, request.root.raw);
            }
            request.root = axas_hpa_of(UINT64_C(0x40000000) + size);
            cr_expect_eq(format->root_encode(&request, values), AXAS_OK, "%s, %u bits", mode->name, bits);
        }
    }
}

Test(silicon, a_misaligned_root_is_refused_bit_by_bit)
{
    check_misaligned_roots(stage2());
    check_misaligned_roots(gstage());
}

/* D8.2.8: a start level of 0 is only there where physical addresses have 44 bits or more; QEMU's `-cpu max`
 * takes it, Cortex-A53 (40 bits) does not. */
Test(silicon, start_level_0_needs_44_bits_of_physical_width)
{
    struct axas_hosted *arena = axas_hosted_create(NULL);
    cr_assert_not_null(arena);
    static const uint8_t narrow[] = {32, 36, 40, 42, 43};
    struct axas_table table;
    struct axas_table_config config = {
        .hal = axas_hosted_hal(arena), .format = stage2(), .mode = axas_mode_find(stage2(), "4level")};
    cr_assert_not_null(config.mode);
    for (size_t i = 0; i < sizeof narrow; i++) {
        config.physical_bits = narrow[i];
        for (config.gpa_bits = 0; config.gpa_bits <= 48; config.gpa_bits++) {
            cr_expect_neq(axas_table_init(&table, &config), AXAS_OK, "%u bits", narrow[i]);
        }
    }
    for (uint8_t width = 44; width <= 48; width += 4) {
        config.physical_bits = width;
        config.gpa_bits = width;
        cr_assert_eq(axas_table_init(&table, &config), AXAS_OK, "%u bits", width);
        cr_expect_eq(table.format->levels[table.mode->root_level].number, 0);
        axas_table_destroy(&table, NULL, NULL);
    }
    /* and without being asked for it, a narrow CPU gets start level 1 */
    config = (struct axas_table_config){.hal = config.hal, .format = stage2(), .physical_bits = 40};
    cr_assert_eq(axas_table_init(&table, &config), AXAS_OK);
    cr_expect_eq(table.format->levels[table.mode->root_level].number, 1);
    axas_table_destroy(&table, NULL, NULL);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

static void not_given(const struct axas_format *format, uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    memset(registers, 0, AXAS_MAX_FAULT_REGISTERS * sizeof *registers);
    for (unsigned i = 0; i < format->fault_register_count; i++) {
        registers[i] = format->fault_registers[i].initial;
    }
}

static uint64_t *fault_register(const struct axas_format *format, uint64_t *registers, const char *name)
{
    for (unsigned i = 0; i < format->fault_register_count; i++) {
        if (strcmp(format->fault_registers[i].name, name) == 0) {
            return &registers[i];
        }
    }
    cr_assert_fail("no fault register %s", name);
    return NULL;
}

/*
 * HPFAR_EL2 (Arm DDI 0601) is UNKNOWN after a permission fault that was not met on a walk of the guest's own.
 * QEMU fills it. Whatever is there, the address is that of PAR_EL1, or not known.
 */
Test(silicon, hpfar_is_poisoned_after_a_permission_fault)
{
    const struct axas_format *format = stage2();
    struct dice random = {3};
    for (unsigned turn = 0; turn < 10000; turn++) {
        uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
        struct axas_fault fault;
        uint64_t class = dice_once_in(&random, 2) ? 0x24 : 0x20;
        uint64_t level = dice_below(&random, 4);
        uint64_t write = class == 0x24 && dice_once_in(&random, 2) ? 0x40 : 0;
        uint64_t page = dice(&random) & UINT64_C(0xfffffffff000);
        uint64_t far = dice(&random);
        not_given(format, registers);
        *fault_register(format, registers, "esr_el2") =
            class << 26 | UINT64_C(1) << 25 | write | UINT64_C(0x0c) | level;
        *fault_register(format, registers, "hpfar_el2") = dice(&random);
        *fault_register(format, registers, "far_el2") = far;
        cr_assert_eq(axas_fault_decode(format, registers, &fault), AXAS_OK);
        cr_assert_eq(fault.cause, AXAS_CAUSE_PERMISSION);
        cr_assert_not(fault.gpa_known, "HPFAR_EL2 0x%" PRIx64,
                      *fault_register(format, registers, "hpfar_el2"));
        /* attributes 63:56 and SH 8:7 are random too; bit 11 is RES1, bit 0 says that it failed */
        *fault_register(format, registers, "par_el1") =
            page | (dice(&random) & UINT64_C(0xff00000000000180)) | 0x800;
        cr_assert_eq(axas_fault_decode(format, registers, &fault), AXAS_OK);
        cr_assert(fault.gpa_known);
        cr_assert_eq(fault.gpa.raw, page | (far & 0xfff));
    }
}

/*
 * RISC-V privileged architecture, htinst: beside 0 and the pseudoinstructions of a walk, hardware may give
 * the instruction that trapped, transformed: bit 0 is 1, bit 1 is 0 for one of 16 bits, loads and stores of
 * every width, and the fields of rs1 hold the offset of the address. QEMU gives 0.
 */
Test(silicon, htinst_may_hold_a_transformed_instruction)
{
    const struct axas_format *format = gstage();
    static const uint64_t opcodes[] = {0x03, 0x07, 0x23, 0x27, 0x2f, 0x73, 0x01, 0x05, 0x21, 0x25};
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++) {
        for (uint64_t rest = 0; rest < 1024; rest++) {
            uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
            struct axas_fault fault;
            bool store = i % 2 == 1;
            not_given(format, registers);
            *fault_register(format, registers, "scause") = store ? 23 : 21;
            *fault_register(format, registers, "htval") = UINT64_C(0x240003fe);
            *fault_register(format, registers, "stval") = UINT64_C(0x1237);
            *fault_register(format, registers, "htinst") = rest << 22 | rest << 7 | opcodes[i];
            cr_assert_eq(axas_fault_decode(format, registers, &fault), AXAS_OK);
            cr_assert_not(fault.guest_walk, "htinst 0x%" PRIx64,
                          *fault_register(format, registers, "htinst"));
            cr_assert_eq(fault.access, store ? AXAS_WRITE : AXAS_READ);
            cr_assert(fault.gpa_known && fault.gpa.raw == UINT64_C(0x90000ffb));
        }
    }
}

/* Caches that the host does not share with a guest, or with its fetches: what is published has to be there
 * already. */
struct publication {
    const struct axas_hal *hal;
    const unsigned char *expected;
    uint64_t hpa, size; /* bytes that are expected somewhere */
    unsigned seen;      /* publications of all of them, complete and for fetching */
    unsigned early;     /* before they were all there */
};

static void publish(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    struct publication *p = context;
    if (frame.raw <= p->hpa && p->hpa + p->size <= frame.raw + size) {
        bool there = memcmp(axas_hal_virt(p->hal, axas_hpa_of(p->hpa)), p->expected, p->size) == 0;
        p->seen += there && (attr & AXAS_EXEC) != 0;
        p->early += !there;
    }
}

/* The other functions of the HAL take the arena as their context; these find it. */
static struct axas_hosted *the_arena;
static struct publication *the_publication;

static void publish_and_look(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    const struct axas_hal *hosted = axas_hosted_hal(the_arena);
    hosted->frame_publish(context, frame, size, attr);
    publish(the_publication, frame, size, attr);
}

static void check_image(const struct world *world, void *context)
{
    unsigned *count = context;
    struct axas_space space;
    unsigned char image[96];
    struct axas_leaf_code code;
    if (world->format->encode(RWX, world->features, &code) != AXAS_OK) {
        return;
    }
    the_arena = axas_hosted_create(NULL);
    cr_assert_not_null(the_arena);
    struct axas_hal hal = *axas_hosted_hal(the_arena);
    struct publication publication = {.hal = &hal, .expected = image, .size = sizeof image};
    the_publication = &publication;
    hal.frame_publish = publish_and_look;
    struct axas_config config = {.table = world_table_config(world, &hal)};
    cr_assert_eq(axas_space_init(&space, &config), AXAS_OK, "%s", world->name);
    uint64_t page = axas_table_page_size(&space.table);
    axas_hpa hpa;
    cr_assert_eq(axas_space_map_alloc(&space, axas_gpa_of(0), 2 * page, RWX, AXAS_POPULATE), AXAS_OK);
    cr_assert_eq(axas_space_translate(&space, axas_gpa_of(200), &hpa), AXAS_OK);
    for (unsigned i = 0; i < 2; i++) {
        memset(image, 0x11 * (int)(i + 1u), sizeof image);
        publication.hpa = hpa.raw;
        publication.seen = publication.early = 0;
        cr_assert_eq(axas_guest_write_flags(&space, axas_gpa_of(200), image, sizeof image,
                                            i == 0 ? AXAS_GUEST_LOAD_IMAGE : 0),
                     AXAS_OK);
        cr_expect_gt(publication.seen, 0, "%s: not published for fetching after it was written", world->name);
        cr_expect_eq(publication.early, 0, "%s: published before it was written", world->name);
    }
    axas_space_destroy(&space);
    cr_expect_eq(axas_hosted_destroy(the_arena), 0);
    ++*count;
}

Test(silicon, code_that_the_host_wrote_is_published_for_fetching_afterwards)
{
    unsigned count = 0;
    (void)worlds_each(NULL, WORLDS_FEW, check_image, &count);
    cr_expect_gt(count, 4);
}
