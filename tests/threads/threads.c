/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several threads in one space: faults on the same and on neighbouring pages, beside look-ups, guest buffers,
 * spans and exclusive calls. For every format and mode; arguments name formats. A plain program, so that it
 * runs under ThreadSanitizer. AXAS_MILLISECONDS is how long each part that has no end of its own lasts.
 */
#include "tree.h"
#include "world.h"

#include <axas/guest.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 4u
#define PAGES 192u /* in each area that faults go to */
#define RW (AXAS_READ | AXAS_WRITE)

struct stage {
    const struct world *world;
    const char *doing;
    struct axas_hosted *arena;
    struct axas_space space;
    uint64_t page;
    uint64_t first; /* of the area; a few pages below a table's edge */
    pthread_barrier_t barrier;
    unsigned stop;            /* atomic: the part is over */
    uint64_t resolved[PAGES]; /* atomic: per page */
    uint64_t told[PAGES];     /* atomic: host address that was reported; 0 none */
    uint64_t count[8];        /* atomic: of what the part counts */
};

struct actor {
    struct stage *stage;
    unsigned number;
    struct dice dice;
    pthread_t thread;
};

static void fail(const struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

static void fail(const struct stage *stage, const char *format, ...)
{
    va_list arguments;
    printf("\nFAILED in %s\n%s: ", stage->world->name, stage->doing);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    (void)fflush(stdout);
    _Exit(EXIT_FAILURE);
}

static void expect(const struct stage *stage, bool condition, const char *what, uint64_t value)
{
    if (!condition) {
        fail(stage, "not %s (0x%" PRIx64 ")", what, value);
    }
}

#define EXPECT(stage, condition, value) expect((stage), (condition), #condition, (uint64_t)(value))

static void wait_for_all(struct stage *stage)
{
    (void)pthread_barrier_wait(&stage->barrier);
}

static bool stopped(const struct stage *stage)
{
    return __atomic_load_n(&stage->stop, __ATOMIC_RELAXED) != 0;
}

static void add_one(uint64_t *counter)
{
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static bool seen(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED) != 0;
}

static uint64_t page_at(const struct stage *stage, uint64_t number)
{
    return stage->first + number * stage->page;
}

static enum axas_fault_result fault_at(const struct actor *actor, uint64_t gpa, axas_attr access,
                                       uint64_t *hpa)
{
    struct axas_fault fault = {0};
    fault.gpa = axas_gpa_of(gpa);
    fault.gpa_known = true;
    fault.level = AXAS_LEVEL_UNKNOWN;
    fault.access = access;
    fault.reader = actor->number;
    enum axas_fault_result result = axas_space_handle_fault(&actor->stage->space, &fault);
    *hpa = fault.hpa.raw;
    return result;
}

static void open_stage(struct stage *stage, const struct world *world, const char *doing)
{
    struct axas_hosted_config hosted = {0};
    memset(stage, 0, sizeof *stage);
    stage->world = world;
    stage->doing = doing;
    hosted.free_in_parts = world->free_in_parts;
    stage->arena = axas_hosted_create(&hosted);
    EXPECT(stage, stage->arena != NULL, 0);
    struct axas_config config = {0};
    config.table = world_table_config(world, axas_hosted_hal(stage->arena));
    config.readers = THREADS - 1; /* two threads share a slot */
    EXPECT(stage, axas_space_init(&stage->space, &config) == AXAS_OK, 0);
    stage->page = axas_table_page_size(&stage->space.table);
    unsigned last_level = world->mode->root_level + world->mode->level_count - 1u;
    uint64_t table = UINT64_C(1) << world->format->levels[last_level - 1u].shift;
    stage->first = 2 * table - PAGES / 2 * stage->page;
    if (table < PAGES * stage->page) {
        stage->first = 2 * table;
    }
    (void)pthread_barrier_init(&stage->barrier, NULL, THREADS);
}

static void close_stage(struct stage *stage)
{
    struct tree tree;
    memset(&tree, 0, sizeof tree);
    if (!tree_read(&tree, &stage->space.table)) {
        fail(stage, "the tree is not well formed: %s", tree.problem);
    }
    uint64_t guest = 0;
    for (size_t i = 0; i < tree.count; i++) {
        if (axas_hosted_owns(stage->arena, axas_hpa_of(tree.leaf[i].hpa), AXAS_FRAME_GUEST)) {
            guest += tree.leaf[i].last - tree.leaf[i].gpa + 1u;
        }
    }
    EXPECT(stage, axas_hosted_bytes(stage->arena, AXAS_FRAME_GUEST) == guest,
           axas_hosted_bytes(stage->arena, AXAS_FRAME_GUEST) - guest);
    tree_free(&tree);
    axas_space_destroy(&stage->space);
    EXPECT(stage, axas_hosted_destroy(stage->arena) == 0, 0);
    (void)pthread_barrier_destroy(&stage->barrier);
}

/* Runs one function in each thread, the calling one being the first; `rest` for the others. */
static void perform(struct stage *stage, void *(*lead)(void *), void *(*rest)(void *))
{
    struct actor actors[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        actors[i].stage = stage;
        actors[i].number = i;
        actors[i].dice.state = env_number("AXAS_SEED", 1) * 1000u + i;
    }
    for (unsigned i = 1; i < THREADS; i++) {
        EXPECT(stage, pthread_create(&actors[i].thread, NULL, rest, &actors[i]) == 0, i);
    }
    (void)lead(&actors[0]);
    for (unsigned i = 1; i < THREADS; i++) {
        (void)pthread_join(actors[i].thread, NULL);
    }
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- the same pages, and pages of the same table ------------------------------------------------------- */

static void note_fault(const struct actor *actor, unsigned number)
{
    struct stage *stage = actor->stage;
    uint64_t hpa;
    uint64_t none = 0;
    enum axas_fault_result result =
        fault_at(actor, page_at(stage, number) + 8u * actor->number, AXAS_WRITE, &hpa);
    EXPECT(stage, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS, result);
    if (result == AXAS_FAULT_RESOLVED) {
        add_one(&stage->resolved[number]);
    }
    hpa -= 8u * actor->number;
    if (!__atomic_compare_exchange_n(&stage->told[number], &none, hpa, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
        EXPECT(stage, none == hpa, hpa);
    }
}

static void *fault_on_same_pages(void *argument)
{
    const struct actor *actor = argument;
    axas_hosted_set_reader(actor->number);
    for (unsigned i = 0; i < PAGES; i++) {
        if (i % 4 == 0) {
            wait_for_all(actor->stage);
        }
        note_fault(actor, i);
    }
    return NULL;
}

static void *fault_on_neighbours(void *argument)
{
    const struct actor *actor = argument;
    axas_hosted_set_reader(actor->number);
    wait_for_all(actor->stage);
    for (unsigned i = actor->number; i < PAGES; i += THREADS) {
        note_fault(actor, i);
    }
    return NULL;
}

static void check_faults(struct stage *stage)
{
    uint64_t resolved = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        axas_hpa hpa = axas_hpa_of(0);
        EXPECT(stage, axas_space_translate(&stage->space, axas_gpa_of(page_at(stage, i)), &hpa) == AXAS_OK,
               i);
        EXPECT(stage, hpa.raw == stage->told[i], i);
        EXPECT(stage, stage->resolved[i] <= 1, i);
        resolved += stage->resolved[i];
        for (unsigned k = 0; k < i; k++) {
            EXPECT(stage, stage->told[k] != stage->told[i], i);
        }
    }
    if (!stage->world->free_in_parts) {
        EXPECT(stage, resolved == PAGES, resolved);
        EXPECT(stage, axas_hosted_bytes(stage->arena, AXAS_FRAME_GUEST) == PAGES * stage->page, 0);
    }
    EXPECT(stage, resolved != 0, 0);
}

static void same_pages(const struct world *world)
{
    for (unsigned round = 0; round < 4; round++) {
        struct stage stage;
        open_stage(&stage, world, "faults on the same pages");
        EXPECT(&stage,
               axas_space_map_alloc(&stage.space, axas_gpa_of(stage.first), PAGES * stage.page, RW,
                                    AXAS_LAZY) == AXAS_OK,
               0);
        perform(&stage, fault_on_same_pages, fault_on_same_pages);
        check_faults(&stage);
        close_stage(&stage);
        open_stage(&stage, world, "faults on neighbouring pages");
        EXPECT(&stage,
               axas_space_map_alloc(&stage.space, axas_gpa_of(stage.first), PAGES * stage.page, RW,
                                    AXAS_LAZY) == AXAS_OK,
               0);
        perform(&stage, fault_on_neighbours, fault_on_neighbours);
        check_faults(&stage);
        close_stage(&stage);
    }
}

/* ---- everything at once ----------------------------------------------------------------------------------
 */

/* What a page may hold in its first word: nothing yet, or this. */
static uint64_t tag(uint64_t gpa)
{
    return gpa * UINT64_C(0x9e3779b97f4a7c15) | 1u;
}

static void use_page(struct actor *actor, uint64_t gpa)
{
    struct stage *stage = actor->stage;
    uint64_t value = 0;
    uint64_t hpa;
    enum axas_status status;
    enum axas_fault_result result;
    struct axas_mapping mapping;
    struct axas_area area;
    struct axas_guest_span span;
    switch (dice_below(&actor->dice, 8)) {
    case 0:
    case 1:
        result = fault_at(actor, gpa, AXAS_WRITE, &hpa);
        EXPECT(stage,
               result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS ||
                   result == AXAS_FAULT_DENIED || result == AXAS_FAULT_UNMAPPED,
               result);
        add_one(&stage->count[result == AXAS_FAULT_RESOLVED ? 0 : 1]);
        break;
    case 2:
        status = axas_guest_store(&stage->space, axas_gpa_of(gpa), 8, tag(gpa));
        EXPECT(stage,
               status == AXAS_OK || status == AXAS_ERR_NOT_MAPPED || status == AXAS_ERR_PERMISSION ||
                   status == AXAS_ERR_BUSY,
               status);
        break;
    case 3:
        status = axas_guest_load(&stage->space, axas_gpa_of(gpa), 8, &value);
        EXPECT(stage,
               status == AXAS_OK || status == AXAS_ERR_NOT_MAPPED || status == AXAS_ERR_PERMISSION ||
                   status == AXAS_ERR_BUSY,
               status);
        EXPECT(stage, value == 0 || value == tag(gpa), value);
        break;
    case 4:
        status = axas_space_query(&stage->space, axas_gpa_of(gpa), &mapping);
        EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_NOT_MAPPED, status);
        if (status == AXAS_OK) {
            axas_attr access = mapping.attr & AXAS_ACCESS_MASK;
            EXPECT(stage, access == RW || access == AXAS_READ || access == 0, mapping.attr);
        }
        break;
    case 5:
        status = axas_guest_span_begin(&stage->space, axas_gpa_of(gpa), 8, RW, &span);
        if (status == AXAS_OK) {
            for (unsigned i = 0; i < 20; i++) {
                value = __atomic_load_n((uint64_t *)span.data, __ATOMIC_RELAXED);
                EXPECT(stage, value == 0 || value == tag(gpa), value);
            }
            __atomic_store_n((uint64_t *)span.data, tag(gpa), __ATOMIC_RELAXED);
            axas_guest_span_end(&stage->space, &span);
            add_one(&stage->count[2]);
        } else {
            EXPECT(stage,
                   status == AXAS_ERR_NOT_MAPPED || status == AXAS_ERR_PERMISSION || status == AXAS_ERR_BUSY,
                   status);
        }
        break;
    case 6:
        status = axas_space_next_area(&stage->space, axas_gpa_of(gpa), &area);
        EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_NOT_MAPPED, status);
        status = axas_space_next_mapping(&stage->space, axas_gpa_of(gpa), &mapping);
        EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_NOT_MAPPED, status);
        break;
    default:
        status = axas_space_translate(&stage->space, axas_gpa_of(gpa), &mapping.hpa);
        EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_NOT_MAPPED || status == AXAS_ERR_PERMISSION,
               status);
        break;
    }
}

static void *use_pages(void *argument)
{
    struct actor *actor = argument;
    axas_hosted_set_reader(actor->number);
    wait_for_all(actor->stage);
    while (!stopped(actor->stage)) {
        use_page(actor, page_at(actor->stage, dice_below(&actor->dice, PAGES)));
    }
    return NULL;
}

/* Puts areas back where there are holes. */
static void fill_holes(struct actor *actor, uint32_t flags)
{
    struct stage *stage = actor->stage;
    uint64_t at = stage->first;
    uint64_t end = page_at(stage, PAGES);
    while (at < end) {
        struct axas_area area;
        enum axas_status status = axas_space_next_area(&stage->space, axas_gpa_of(at), &area);
        uint64_t until = status == AXAS_OK && area.gpa.raw < end ? area.gpa.raw : end;
        if (until > at) {
            status = axas_space_map_alloc(&stage->space, axas_gpa_of(at), until - at, RW, flags);
            EXPECT(stage, status == AXAS_OK, status);
        }
        at = status == AXAS_OK && until != end ? area.gpa.raw + area.size : end;
    }
}

static void *change_areas(void *argument)
{
    struct actor *actor = argument;
    struct stage *stage = actor->stage;
    uint64_t until = now_ms() + env_number("AXAS_MILLISECONDS", 150);
    axas_hosted_set_reader(actor->number);
    wait_for_all(stage);
    while (now_ms() < until ||
           (now_ms() < until + 20000 && (!seen(&stage->count[0]) || !seen(&stage->count[2])))) {
        uint64_t number = dice_below(&actor->dice, PAGES);
        uint64_t pages = 1 + dice_below(&actor->dice, dice_once_in(&actor->dice, 8) ? PAGES - number : 4);
        axas_gpa gpa = axas_gpa_of(page_at(stage, number));
        uint64_t size = (pages > PAGES - number ? PAGES - number : pages) * stage->page;
        enum axas_status status = AXAS_OK;
        switch (dice_below(&actor->dice, 8)) {
        case 0:
            status = axas_space_unmap(&stage->space, gpa, size);
            fill_holes(actor, AXAS_LAZY);
            break;
        case 1:
            status = axas_space_unmap(&stage->space, gpa, size);
            fill_holes(actor, AXAS_POPULATE);
            break;
        case 2:
        case 3:
            status = axas_space_protect(&stage->space, gpa, size, AXAS_READ);
            break;
        case 4:
            status = axas_space_protect(&stage->space, gpa, size, 0);
            break;
        case 5:
        case 6:
            status = axas_space_protect(&stage->space, axas_gpa_of(stage->first), PAGES * stage->page, RW);
            break;
        default:
            if (dice_once_in(&actor->dice, 8)) {
                status = axas_space_clear(&stage->space);
                fill_holes(actor, AXAS_LAZY);
            }
            break;
        }
        EXPECT(stage, status == AXAS_OK, status);
        add_one(&stage->count[3]);
    }
    __atomic_store_n(&stage->stop, 1u, __ATOMIC_RELAXED);
    return NULL;
}

static void everything_at_once(const struct world *world)
{
    struct stage stage;
    open_stage(&stage, world, "faults, look-ups, guest buffers, spans and exclusive calls");
    struct actor filler = {&stage, 0, {0}, pthread_self()};
    fill_holes(&filler, AXAS_LAZY);
    perform(&stage, change_areas, use_pages);
    EXPECT(&stage, stage.count[0] != 0, stage.count[1]);
    EXPECT(&stage, stage.count[2] != 0, stage.count[3]);
    close_stage(&stage);
}

/* ---- a populating call beside faults ------------------------------------------------------------------- */

static void *populate(void *argument)
{
    struct actor *actor = argument;
    struct stage *stage = actor->stage;
    uint64_t until = now_ms() + env_number("AXAS_MILLISECONDS", 150) / 2;
    bool done = false;
    axas_hosted_set_reader(actor->number);
    wait_for_all(stage);
    do {
        enum axas_status status;
        uint64_t value = 1;
        status = axas_space_map_alloc(&stage->space, axas_gpa_of(stage->first), PAGES * stage->page, RW,
                                      AXAS_POPULATE);
        EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_EXISTS, status);
        if (status != AXAS_OK) {
            continue; /* a page of another thread is there for a moment */
        }
        for (unsigned i = 0; i < PAGES; i++) {
            status = axas_guest_load(&stage->space, axas_gpa_of(page_at(stage, i) + 64u), 8, &value);
            EXPECT(stage, (status == AXAS_OK && value == 0) || status == AXAS_ERR_NOT_MAPPED, status);
        }
        status = axas_space_unmap(&stage->space, axas_gpa_of(stage->first), PAGES * stage->page);
        EXPECT(stage, status == AXAS_OK, status);
        add_one(&stage->count[3]);
        done = true;
        /* Large pages take long to clear: once through it, whatever the time. */
    } while (now_ms() < until || (!done && now_ms() < until + 20000));
    __atomic_store_n(&stage->stop, 1u, __ATOMIC_RELAXED);
    return NULL;
}

static void *disturb(void *argument)
{
    struct actor *actor = argument;
    struct stage *stage = actor->stage;
    axas_hosted_set_reader(actor->number);
    wait_for_all(stage);
    while (!stopped(stage)) {
        uint64_t gpa = page_at(stage, dice_below(&actor->dice, PAGES));
        uint64_t hpa;
        enum axas_fault_result result = fault_at(actor, gpa, AXAS_WRITE, &hpa);
        EXPECT(stage,
               result == AXAS_FAULT_SPURIOUS || result == AXAS_FAULT_UNMAPPED ||
                   result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_TRAP,
               result);
        if (actor->number == 1 && dice_once_in(&actor->dice, 50)) {
            enum axas_status status = axas_space_unmap(&stage->space, axas_gpa_of(gpa), stage->page);
            EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_BUSY, status);
            add_one(&stage->count[status == AXAS_ERR_BUSY ? 0 : 1]);
            status = axas_space_protect(&stage->space, axas_gpa_of(gpa), stage->page, RW);
            EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_BUSY || status == AXAS_ERR_NOT_MAPPED,
                   status);
            status = axas_space_map_trap(&stage->space, axas_gpa_of(gpa), stage->page, NULL);
            EXPECT(stage, status == AXAS_OK || status == AXAS_ERR_EXISTS || status == AXAS_ERR_BUSY, status);
            if (status == AXAS_OK) {
                while ((status = axas_space_unmap(&stage->space, axas_gpa_of(gpa), stage->page)) ==
                       AXAS_ERR_BUSY) {
                }
                EXPECT(stage, status == AXAS_OK, status);
            }
        }
    }
    return NULL;
}

/* ---- a writer gets in -------------------------------------------------------------------------------------
 */

static void *write_often(void *argument)
{
    struct actor *actor = argument;
    struct stage *stage = actor->stage;
    axas_hosted_set_reader(actor->number);
    axas_gpa far = axas_gpa_of(page_at(stage, PAGES + 8));
    uint64_t began = now_ms();
    wait_for_all(stage);
    for (unsigned i = 0; i < 50; i++) {
        EXPECT(stage, axas_space_map_trap(&stage->space, far, stage->page, NULL) == AXAS_OK, i);
        EXPECT(stage, axas_space_unmap(&stage->space, far, stage->page) == AXAS_OK, i);
    }
    uint64_t took = now_ms() - began;
    __atomic_store_n(&stage->stop, 1u, __ATOMIC_RELAXED);
    EXPECT(stage, took < 20000, took);
    return NULL;
}

static void *read_always(void *argument)
{
    const struct actor *actor = argument;
    struct stage *stage = actor->stage;
    axas_hosted_set_reader(actor->number);
    wait_for_all(stage);
    do {
        uint64_t hpa;
        enum axas_fault_result result = fault_at(actor, stage->first, AXAS_READ, &hpa);
        EXPECT(stage, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS, result);
        add_one(&stage->count[actor->number]);
    } while (!stopped(stage));
    return NULL;
}

static void a_writer_gets_in(const struct world *world)
{
    struct stage stage;
    open_stage(&stage, world, "a writer among readers");
    enum axas_status status =
        axas_space_map_alloc(&stage.space, axas_gpa_of(stage.first), PAGES * stage.page, RW, AXAS_LAZY);
    EXPECT(&stage, status == AXAS_OK, status);
    perform(&stage, write_often, read_always);
    for (unsigned i = 1; i < THREADS; i++) {
        EXPECT(&stage, stage.count[i] != 0, i);
    }
    close_stage(&stage);
}

static void populate_beside_faults(const struct world *world)
{
    struct stage stage;
    open_stage(&stage, world, "a populating call beside faults");
    perform(&stage, populate, disturb);
    EXPECT(&stage, stage.count[3] != 0, 0);
    close_stage(&stage);
}

static void run_world(const struct world *world, void *context)
{
    (void)context;
    same_pages(world);
    everything_at_once(world);
    populate_beside_faults(world);
    a_writer_gets_in(world);
}

int main(int count, char **names)
{
    unsigned worlds = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < count || i == 1; i++) {
        worlds += worlds_each(i < count ? names[i] : NULL, WORLDS_FEW, run_world, NULL);
    }
    printf("%u worlds\n", worlds);
    return worlds == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
