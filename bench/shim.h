/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shim.h
 * Google Benchmark as C sees it, so that what is measured is written in C.
 */
#ifndef AXAS_BENCH_SHIM_H
#define AXAS_BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench_state;

typedef void bench_function(struct bench_state *state, const void *argument);

/** Registers one row. The name is copied, the argument is not. */
void bench_register(const char *name, bench_function *function, const void *argument);
/** Runs what was registered, with the options of Google Benchmark and --once: one iteration of each. So it is
 *  under Valgrind, whose Callgrind counts the instructions of what is timed, for each row by its name. */
int bench_run(int argc, char **argv);
/** True if instructions are counted, which takes long, and for which few things are as good as many. */
bool bench_is_counted(void);

/** True while there is another iteration to make; timing runs from the first call to the last. A pause has a
 * cost that is timed, so how many there were is counted. */
bool bench_keep_running(struct bench_state *state);
void bench_pause(struct bench_state *state);
void bench_resume(struct bench_state *state);
/** How many things one iteration does; a row's time is divided by it. */
void bench_items(struct bench_state *state, uint64_t per_iteration);
/** Puts a number beside the row's time. */
void bench_count(struct bench_state *state, const char *name, uint64_t number);

#ifdef __cplusplus
}
#endif

#endif
