/* What the benchmarks measure with: the monotonic clock and this process's own CPU time. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Fails: never. */
#ifndef TESTS_BENCH_LIB_STOPWATCH_H
#define TESTS_BENCH_LIB_STOPWATCH_H

#include <stdint.h>

/* CLOCK_MONOTONIC, so that the logs of two processes can be compared. */
int64_t stopwatch_mono_us(void);
/* User and system time of every thread of this process since it started. */
int64_t stopwatch_cpu_us(void);
void stopwatch_sleep_until(int64_t mono_us);

#endif
