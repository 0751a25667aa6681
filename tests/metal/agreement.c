/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two predictions, the list of layout.h and axas_space_query, against what the CPU does. Where an access
 * reached is known by the marks in memory, and how it faulted by the CPU's registers alone.
 */
#include "agreement.h"

#include "arch.h"
#include "console.h"
#include "layout.h"
#include "machine.h"
#include "memory.h"
#include "random.h"
#include "report.h"

#include <axas/walk.h>

#define CONFIGURATIONS 64
#define CHANGES 8
#define ADDRESSES_AFTER_A_CHANGE 220
#define AREAS_AFTER_A_CHANGE 8
#define RANDOM_IN_AREAS 32
#define RANDOM_ANYWHERE 24
#define CHANGING 16
#define LEAVES_MANY 512 /* more make a layout end early, most of the time */
#define DISAGREEMENTS_MAX 8
#define WALK_ONE_IN 8
#define PARTED (UINT64_C(1) << 20) /* a part of less may have no room for the program's own pages */

static struct layout layout;
static unsigned addresses; /* tried since the last change */
static uint64_t changing[CHANGING];
static unsigned changings;

/* Where in the run the program is, for whoever looks for a disagreement. */
static struct {
    const struct axas_mode *mode;
    unsigned round, change;
    uint64_t gpa;
    axas_attr access;
} now;

void report_disagreement(const char *what)
{
    report.disagreements++;
    print("DISAGREEMENT: %s\n  seed 0x%lx", what, metal_options.seed);
    if (now.mode != NULL) {
        print(", layout %u (%s, %u-bit guest addresses, features 0x%lx), change %u, access 0x%lx at 0x%lx",
              now.round, now.mode->name, (unsigned)layout.space.table.gpa_bits, layout.space.table.features,
              now.change, (uint64_t)now.access, now.gpa);
    }
    print("\n");
    if (report.disagreements >= DISAGREEMENTS_MAX) {
        print("That is enough.\n");
        arch_exit(1);
    }
}

/* ---- one access ---- */

/* What an access is expected to come to, by both predictions. */
struct prediction {
    uint64_t gpa;
    axas_attr access;
    bool walk; /* made by the walk of the guest's own tables */
    const struct layout_piece *piece;
    struct axas_mapping mapping;
    enum axas_status status; /* of the query that gave it */
    struct axas_leaf leaf;   /* or the hole, with the level where the walk ends */
    bool inside;             /* the tree reaches that far */
    bool present, allowed;
    bool marked; /* memory is behind, with the marks in it */
};

static struct prediction predict(uint64_t gpa, axas_attr access, bool walk)
{
    const struct axas_table *table = &layout.space.table;
    struct prediction p = {.gpa = gpa,
                           .access = access,
                           .walk = walk,
                           .piece = layout_find(&layout, gpa),
                           .leaf = {.kind = AXAS_ENTRY_EMPTY},
                           .inside = gpa >> table->gpa_bits == 0};
    p.status = axas_space_query(&layout.space, axas_gpa_of(gpa), &p.mapping);
    p.present = p.status == AXAS_OK;
    if (p.inside) {
        (void)axas_walk_query(table, gpa, &p.leaf);
    }
    p.allowed = p.present && (p.mapping.attr & access) != 0;
    p.marked = p.allowed && machine_marked(p.mapping.hpa.raw);
    return p;
}

static void disagree(const char *what, const struct prediction *p, const struct probe_answer *answer)
{
    static const char *const kinds[] = {"linear", "eager", "lazy", "trap", "home"};
    const struct axas_format *format = layout.space.table.format;
    report_disagreement(what);
    if (p->piece == NULL) {
        print("  asked for: nothing\n");
    } else {
        print("  asked for: %s area at 0x%lx, 0x%lx bytes, host 0x%lx, attr 0x%lx\n", kinds[p->piece->kind],
              p->piece->gpa, p->piece->size, p->piece->hpa, (uint64_t)p->piece->attr);
    }
    if (p->present) {
        print("  libaxas says: host 0x%lx, attr 0x%lx, leaf of 0x%lx bytes\n", p->mapping.hpa.raw,
              (uint64_t)p->mapping.attr, p->mapping.leaf_size);
    } else {
        print("  libaxas says: not mapped\n");
    }
    if (answer == NULL) {
        return;
    }
    if (answer->reached) {
        print("  the CPU: reached %s0x%lx\n", answer->hpa_known ? "" : "(unknown) ", answer->hpa);
        return;
    }
    print("  the CPU: fault%s,", p->walk ? " of a walk" : "");
    for (unsigned i = 0; i < format->fault_register_count; i++) {
        print(" %s = 0x%lx", format->fault_registers[i].name, answer->registers[i]);
    }
    print("\n");
}

/* What axas_space_query says has to follow from what was asked for. NULL: it does. */
static const char *check_query(const struct prediction *p)
{
    if (!axas_space_contains(&layout.space, axas_gpa_of(p->gpa), 1)) {
        return p->status == AXAS_ERR_RANGE ? NULL : "the query of an address outside the space";
    }
    const bool may_be = p->piece != NULL && p->piece->kind != LAYOUT_TRAP;
    const bool may_be_absent = !may_be || p->piece->kind == LAYOUT_LAZY;
    if (p->status == AXAS_ERR_NOT_MAPPED) {
        return may_be_absent ? NULL : "the query finds nothing where an area has memory";
    }
    if (p->status != AXAS_OK || !may_be) {
        return "the query finds something where nothing is";
    }
    if (p->mapping.attr != p->piece->attr) {
        return "the query gives another attribute than was asked for";
    }
    if (p->piece->kind == LAYOUT_LINEAR) {
        return p->mapping.hpa.raw == p->piece->hpa + (p->gpa - p->piece->gpa)
                   ? NULL
                   : "the query gives another host address than was asked for";
    }
    return machine_owned(p->mapping.hpa.raw, p->gpa) ? NULL : "two guest pages have one frame, or nobody's";
}

static const char *check_flags(const struct prediction *p)
{
    const struct axas_table *table = &layout.space.table;
    const struct axas_level *level = &table->format->levels[p->leaf.level];
    const bool by_cpu = table->hardware_updates, write = p->access == AXAS_WRITE;
    const bool dirty_by_cpu = table->format->hardware_dirty_always ||
                              (table->features & table->format->hardware_dirty_features) != 0;
    struct axas_mapping after;
    if (axas_space_query(&layout.space, axas_gpa_of(p->gpa), &after) != AXAS_OK) {
        return "the mapping is gone after the access";
    }
    if (level->accessed_mask != 0 && after.accessed != (by_cpu || p->mapping.accessed)) {
        return "the accessed flag is not what the access makes it";
    }
    if (level->dirty_mask != 0 && after.dirty != ((dirty_by_cpu && write) || p->mapping.dirty)) {
        return "the dirty flag is not what the access makes it";
    }
    return NULL;
}

/* `value` is what a write stored; the mark is put back. */
static const char *check_reached(const struct prediction *p, uint64_t value,
                                 const struct probe_answer *answer)
{
    if (answer->hpa_known && answer->hpa != p->mapping.hpa.raw) {
        return "the access reached another host address";
    }
    if (!p->marked) {
        return NULL;
    }
    uint64_t *word = (uint64_t *)(uintptr_t)p->mapping.hpa.raw;
    if (p->access == AXAS_WRITE) {
        if (*word != value) {
            return "the write did not arrive";
        }
        *word = p->mapping.hpa.raw;
    } else if (!answer->hpa_known) {
        return "the access brought no mark";
    }
    return check_flags(p);
}

static const char *check_fault(const struct prediction *p, const struct axas_fault *fault, uint64_t untold)
{
    const struct axas_level *level = &layout.space.table.format->levels[p->leaf.level];
    /* Of a walk the page may be all that is known, and a CPU that sets flags counts it as a write. */
    const uint64_t unknown = p->walk ? AXAS_FRAME_SIZE - 1 : untold;
    const bool exec = (p->access & AXAS_EXEC) != 0;
    if (!fault->gpa_known || ((fault->gpa.raw ^ p->gpa) & ~unknown) != 0) {
        return "the fault is decoded with another guest-physical address";
    }
    if (fault->guest_walk != p->walk) {
        return p->walk ? "the fault of a walk is not decoded as one"
                       : "the fault is decoded as one of a walk";
    }
    if (fault->access != (exec ? AXAS_EXEC : p->access) && !(p->walk && fault->access == AXAS_WRITE)) {
        return "the fault is decoded as another access";
    }
    if (fault->cause != AXAS_CAUSE_UNKNOWN) {
        const enum axas_fault_cause cause =
            p->leaf.kind == AXAS_ENTRY_LEAF ? AXAS_CAUSE_PERMISSION : AXAS_CAUSE_TRANSLATION;
        if (fault->cause != cause && (p->inside || fault->cause != AXAS_CAUSE_ADDRESS_SIZE)) {
            return "the fault is decoded with another cause";
        }
    }
    /* QEMU 7.2 puts the level of the guest's own walk into ESR_EL2 where the second stage's belongs
     * (D19.2.40). */
    if (!p->walk && p->inside && fault->level != AXAS_LEVEL_UNKNOWN && fault->level != level->number) {
        return "the fault is decoded with another level";
    }
    return NULL;
}

/* What the space has to say to a fault. A fetch does not say at which of the guest's levels it was made. */
static enum axas_fault_result expected_result(const struct prediction *p, axas_attr access)
{
    if (p->piece == NULL) {
        return AXAS_FAULT_UNMAPPED;
    }
    if (p->piece->kind == LAYOUT_TRAP) {
        return AXAS_FAULT_TRAP;
    }
    return p->present || (p->piece->attr & access) == 0 ? AXAS_FAULT_DENIED : AXAS_FAULT_RESOLVED;
}

/* True if memory was brought. */
static bool serve(const struct prediction *p, struct axas_fault *fault, const struct probe_answer *answer)
{
    const enum axas_fault_result expected = expected_result(p, fault->access);
    const enum axas_fault_result result = axas_space_handle_fault(&layout.space, fault);
    struct axas_mapping mapping;
    if (result != expected || (result == AXAS_FAULT_TRAP && fault->cookie != &layout_cookie)) {
        print("the space: \"%s\", expected: \"%s\"\n", axas_fault_result_str(result),
              axas_fault_result_str(expected));
        disagree("the space answers the fault otherwise", p, answer);
        return false;
    }
    if (result != AXAS_FAULT_RESOLVED) {
        return false;
    }
    report.faults_served++;
    if (axas_space_query(&layout.space, fault->gpa, &mapping) != AXAS_OK ||
        mapping.hpa.raw != fault->hpa.raw) {
        disagree("what the fault brought is not what the query finds", p, answer);
        return false;
    }
    return true;
}

static bool ask_cpu(const struct prediction *p, uint64_t value, struct probe_answer *answer)
{
    const axas_gpa gpa = axas_gpa_of(p->gpa);
    if (p->walk) {
        return probe_walk(gpa, answer);
    }
    return p->allowed && !p->marked ? probe_translate(gpa, p->access, p->mapping.hpa, answer)
                                    : probe_access(gpa, p->access, value, answer);
}

/* False if it is settled; true if the access has to be made again, since its memory is there now. */
static bool judge(const struct prediction *p)
{
    const uint64_t value = random_word() | 1; /* no mark: these are multiples of 8 */
    struct probe_answer answer = {.reached = false};
    struct axas_fault fault = {.reader = 0};
    const char *wrong = check_query(p);
    if (wrong != NULL) {
        disagree(wrong, p, NULL);
        return false;
    }
    if (!ask_cpu(p, value, &answer)) {
        return false;
    }
    report.probes++;
    if (p->present) {
        report.attrs[p->mapping.attr] = true;
    }
    report.walks += p->walk ? 1 : 0;
    report.told += p->allowed && !p->marked ? 1 : 0;
    if (answer.reached && p->inside) {
        report.reached[p->leaf.level]++;
        if (p->leaf.group != p->leaf.size && (p->marked || answer.hpa_known)) {
            report.grouped[p->leaf.level]++;
        }
        report.sixteenths |= UINT32_C(1) << (p->gpa - axas_space_base(&layout.space).raw) /
                                                (axas_space_size(&layout.space) / 16 + 1);
    }
    if (answer.odd != NULL) {
        wrong = answer.odd;
    } else if (answer.reached != p->allowed) {
        wrong = p->allowed ? "the access faults" : "the access goes through";
    } else if (answer.reached) {
        wrong = check_reached(p, value, &answer);
    } else if (axas_fault_decode(layout.space.table.format, answer.registers, &fault) != AXAS_OK) {
        wrong = "the fault cannot be decoded";
    } else {
        wrong = check_fault(p, &fault, answer.unknown);
    }
    if (wrong != NULL) {
        disagree(wrong, p, &answer);
        return false;
    }
    return !answer.reached && serve(p, &fault, &answer);
}

static void probe(uint64_t gpa, axas_attr access)
{
    const struct layout_piece *piece = layout_find(&layout, gpa);
    if ((piece != NULL && piece->kind == LAYOUT_HOME) || gpa >> probe_gpa_bits() != 0) {
        return;
    }
    now.gpa = gpa;
    now.access = access;
    struct prediction p = predict(gpa, access, false);
    if (!judge(&p)) {
        return;
    }
    p = predict(gpa, access, false);
    if (judge(&p)) {
        disagree("the access faults again after its memory was brought", &p, NULL);
    }
}

/* Where the guest may not read, its own tables cannot be either. */
static void probe_guest_walk(uint64_t gpa)
{
    const struct prediction p = predict(gpa & ~(AXAS_FRAME_SIZE - 1), AXAS_READ, true);
    if (!p.allowed && p.gpa >> probe_gpa_bits() == 0) {
        now.gpa = p.gpa;
        now.access = AXAS_READ;
        (void)judge(&p);
    }
}

/* Reads, writes and executes at both levels of the guest. */
static void try_address(uint64_t gpa)
{
    static const axas_attr accesses[] = {AXAS_READ, AXAS_WRITE, AXAS_KERNEL_EXEC, AXAS_USER_EXEC};
    const uint64_t stub = probe_stub_offset(), frame = gpa & ~(AXAS_FRAME_SIZE - 1);
    const uint64_t before = report.probes;
    uint64_t data = gpa & ~UINT64_C(7);
    if (data - frame - stub < PROBE_STUB_SIZE) {
        data += PROBE_STUB_SIZE;
    }
    const uint64_t first = random_below(4);
    for (unsigned i = 0; i < 4; i++) {
        const axas_attr access = accesses[(first + i) % 4];
        probe(access == AXAS_READ || access == AXAS_WRITE ? data : frame + stub, access);
    }
    if (random_below(WALK_ONE_IN) == 0) {
        probe_guest_walk(gpa);
    }
    addresses += report.probes != before ? 1 : 0;
}

/* ---- which addresses ---- */

/* The word of the first byte, that of the last, the one before and the one after. */
static void try_edges(uint64_t gpa, uint64_t size)
{
    try_address(gpa);
    try_address(gpa + size - 8);
    try_address(gpa - 8);
    try_address(gpa + size);
}

/* The edges of every leaf that is there. Where one follows another, the edges between them are the same. */
static unsigned try_leaves(void)
{
    unsigned leaves = 0;
    uint64_t end = 1; /* of the leaf before: no address yet */
    uint64_t gpa = axas_space_base(&layout.space).raw;
    struct axas_mapping leaf;
    for (; axas_space_next_mapping(&layout.space, axas_gpa_of(gpa), &leaf) == AXAS_OK; gpa = end) {
        if (leaf.gpa.raw != end) {
            try_address(leaf.gpa.raw - 8);
            try_address(leaf.gpa.raw);
        }
        end = leaf.gpa.raw + leaf.leaf_size;
        try_address(end - 8);
        try_address(end);
        leaves++;
    }
    return leaves;
}

static uint64_t somewhere_in(const struct layout_piece *piece)
{
    /* Of a leaf that is larger than the pool, the marked part. */
    const uint64_t offset = machine_pool.hpa - piece->hpa;
    if (piece->kind == LAYOUT_LINEAR && offset < piece->size && piece->size - offset >= machine_pool.size) {
        return piece->gpa + offset + random_below(machine_pool.size);
    }
    return piece->gpa + random_below(piece->size);
}

static uint64_t somewhere(void)
{
    const unsigned bits = layout.space.table.gpa_bits;
    return random_word() >> (64 - bits + random_below(bits - 12));
}

/* After each change: the edges of every leaf, of what changed, of areas and of the space, and random ones. */
static unsigned probe_layout(void)
{
    const struct axas_space *space = &layout.space;
    const uint64_t limit = UINT64_C(1) << space->table.gpa_bits;
    addresses = 0;
    const unsigned leaves = try_leaves();
    try_edges(axas_space_base(space).raw, axas_space_size(space));
    try_edges(0, limit);
    try_address(limit + random_below(limit));
    try_edges(layout.touched[0], layout.touched[1] - layout.touched[0]);
    for (unsigned i = 0; i < AREAS_AFTER_A_CHANGE && layout.count > 0; i++) {
        const struct layout_piece *piece = &layout.piece[random_below(layout.count)];
        try_edges(piece->gpa, piece->size);
    }
    for (unsigned i = 0; i < RANDOM_IN_AREAS && layout.count > 0; i++) {
        try_address(somewhere_in(&layout.piece[random_below(layout.count)]));
    }
    for (unsigned i = 0; i < RANDOM_ANYWHERE || addresses < ADDRESSES_AFTER_A_CHANGE; i++) {
        try_address(random_below(2) == 0 && layout.count > 0
                        ? somewhere_in(&layout.piece[random_below(layout.count)])
                        : somewhere());
    }
    report.edges += leaves;
    report.rounds++;
    report.addresses += addresses;
    if (addresses < report.addresses_least || report.rounds == 1) {
        report.addresses_least = addresses;
    }
    return leaves;
}

/* Reads alone, before a change and right after it, so that nothing in between makes the CPU forget what it
 * has cached: QEMU's RISC-V does so whenever a guest is entered. */
static void read_what_changes(void)
{
    for (unsigned i = 0; i < changings; i++) {
        probe(changing[i], AXAS_READ);
    }
}

static void about_to_change(uint64_t gpa, uint64_t size)
{
    for (changings = 0; changings < CHANGING; changings++) {
        changing[changings] = (gpa + random_below(size) & ~(AXAS_FRAME_SIZE - 1)) + 8 * random_below(32);
    }
    read_what_changes();
}

/* ---- configurations ---- */

struct configuration {
    const struct axas_mode *mode;
    uint8_t gpa_bits;
};

/* A space that the program's own pages fill has no address to try. */
static bool has_room(unsigned gpa_bits)
{
    return UINT64_C(1) << gpa_bits > probe_home().size;
}

__attribute__((weak)) bool probe_has(const struct axas_format *format, const struct axas_mode *mode,
                                     uint8_t width)
{
    (void)format;
    (void)mode;
    (void)width;
    return true;
}

static unsigned configurations(const struct axas_table_config *cpu, struct configuration list[CONFIGURATIONS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < cpu->format->mode_count; i++) {
        const struct axas_mode *mode = &cpu->format->modes[i];
        if ((mode->with & ~cpu->features) != 0 || cpu->physical_bits < mode->physical_bits_min) {
            continue;
        }
        for (unsigned bits = axas_mode_gpa_bits_min(mode, cpu->features); bits <= mode->gpa_bits_max;
             bits++) {
            if (count < CONFIGURATIONS && has_room(bits) &&
                (!mode->within_physical || bits <= cpu->physical_bits) &&
                probe_has(cpu->format, mode, (uint8_t)bits)) {
                list[count++] = (struct configuration){.mode = mode, .gpa_bits = (uint8_t)bits};
            }
        }
    }
    return count;
}

/* The size of the smallest leaf, or of one of the next larger ones. */
static uint8_t some_cap(const struct axas_format *format, const struct axas_mode *mode, uint64_t sizes)
{
    sizes = sizes < mode->level_count ? sizes : mode->level_count;
    return format->levels[format->level_count - 1u - random_below(sizes)].shift;
}

/* The CPU as it is, or as one that lacks something, with caps on leaves or a part of the guest's addresses.
 */
static void vary(const struct axas_table_config *cpu, const struct configuration *chosen,
                 struct axas_config *config)
{
    /* The machine is small, and a leaf may be of 256 TiB. */
    *config = (struct axas_config){.table = *cpu, .readers = 1, .reserve_limit = 64};
    config->table.hal = &layout.hal;
    config->table.mode = chosen->mode;
    config->table.gpa_bits = chosen->gpa_bits;
    if (random_below(2) == 0) {
        const bool fewer = chosen->gpa_bits < chosen->mode->gpa_bits_min;
        config->table.features &= random_word() | chosen->mode->with | (fewer ? chosen->mode->fewer_with : 0);
    }
    if (random_below(4) == 0) {
        config->table.max_leaf_shift = some_cap(cpu->format, chosen->mode, 3);
    }
    if (random_below(4) == 0) {
        config->table.max_exec_leaf_shift = some_cap(cpu->format, chosen->mode, 2);
    }
    const bool beyond_reach = chosen->gpa_bits > probe_gpa_bits();
    const uint64_t limit = UINT64_C(1) << (beyond_reach ? probe_gpa_bits() : chosen->gpa_bits);
    if (beyond_reach) {
        config->size = limit;
    }
    if (random_below(4) == 0 && limit >= PARTED) {
        const uint64_t page = UINT64_C(1) << cpu->format->levels[cpu->format->level_count - 1u].shift;
        config->base.raw = random_below(limit / 4) & ~(page - 1);
        config->size = (limit / 2 + random_below(limit / 4)) & ~(page - 1);
    }
    layout.hal.free_in_parts = random_below(4) != 0;
}

static bool run_layout(const struct axas_table_config *cpu, const struct configuration *chosen)
{
    struct axas_config config;
    machine_hal(&layout.hal);
    vary(cpu, chosen, &config);
    layout.about_to_change = about_to_change;
    now.mode = chosen->mode;
    now.change = 0;
    if (!layout_build(&layout, &config)) {
        return false;
    }
    unsigned leaves = probe_layout();
    for (now.change = 1; now.change <= CHANGES; now.change++) {
        if (leaves > LEAVES_MANY && random_below(4) != 0) {
            break; /* every further change would cost as much as a layout */
        }
        changings = 0;
        layout_change(&layout);
        read_what_changes();
        leaves = probe_layout();
    }
    axas_space_destroy(&layout.space);
    machine_expect_no_frames();
    return true;
}

void agreement(const struct axas_table_config *cpu)
{
    static struct configuration list[CONFIGURATIONS];
    const unsigned count = configurations(cpu, list);
    for (now.round = 0; now.round < count || report.probes < metal_options.probes; now.round++) {
        if (!run_layout(cpu, &list[now.round % count])) {
            report_disagreement("a space that this CPU has a mode for cannot be made");
        }
    }
    now.mode = NULL;
}
