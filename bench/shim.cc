/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

struct bench_state {
    benchmark::State *state;
    uint64_t pauses;
};

namespace
{
struct row {
    std::string name;
    bench_function *function;
    const void *argument;
};
std::vector<row> rows;
const bool counted = [] { return RUNNING_ON_VALGRIND != 0; }();

/* Callgrind counts what is timed, and nothing else. */
void count(bool on)
{
    if (!counted) {
        return;
    }
    if (on) {
        CALLGRIND_START_INSTRUMENTATION;
    } else {
        CALLGRIND_STOP_INSTRUMENTATION;
    }
}
} // namespace

void bench_register(const char *name, bench_function *function, const void *argument)
{
    rows.push_back({name, function, argument});
}

bool bench_is_counted(void)
{
    return counted;
}

int bench_run(int argc, char **argv)
{
    bool once = counted;
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "--once") == 0) {
            once = true;
        } else {
            argv[kept++] = argv[i];
        }
    }
    argc = kept;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    for (const row &r : rows) {
        auto *made = benchmark::RegisterBenchmark(r.name.c_str(), [r](benchmark::State &state) {
            bench_state wrapped = {&state, 0};
            r.function(&wrapped, r.argument);
            bench_count(&wrapped, "pauses", wrapped.pauses);
            if (counted) {
                static std::string label; /* is read later */
                label = r.name + " " + std::to_string(static_cast<uint64_t>(state.counters["items"].value));
                CALLGRIND_DUMP_STATS_AT(label.c_str());
            }
        });
        made->UseRealTime();
        if (once) {
            made->Iterations(1);
        }
    }
    const bool any = benchmark::RunSpecifiedBenchmarks() != 0;
    benchmark::Shutdown();
    return any ? 0 : 1;
}

bool bench_keep_running(struct bench_state *state)
{
    count(false);
    const bool more = state->state->KeepRunning();
    count(more);
    return more;
}

void bench_pause(struct bench_state *state)
{
    count(false);
    state->pauses++;
    state->state->PauseTiming();
}

void bench_resume(struct bench_state *state)
{
    state->state->ResumeTiming();
    count(true);
}

void bench_items(struct bench_state *state, uint64_t per_iteration)
{
    if (per_iteration == 0) {
        std::fprintf(stderr, "bench: WRONG: a row that does nothing\n");
        std::exit(EXIT_FAILURE);
    }
    bench_count(state, "items", per_iteration);
}

void bench_count(struct bench_state *state, const char *name, uint64_t number)
{
    state->state->counters[name] = static_cast<double>(number);
}
