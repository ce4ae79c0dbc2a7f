/* How old an answer is by its own headers, and whether they agree. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Fails: never; what is not said is -1. */
#ifndef TESTS_BENCH_LIB_REPLY_AGE_H
#define TESTS_BENCH_LIB_REPLY_AGE_H

#include "tests/bench/lib/http_conn.h"

#include <stdint.h>

struct reply_age {
    int64_t age_s;     /* Age, RFC 9111 section 5.1 */
    int64_t since_s;   /* now - Date: what Age should be while clocks agree */
    int64_t max_age_s; /* Cache-Control: max-age */
};

void reply_age_read(struct reply_age *a, const struct http_conn *c, int64_t now_wall_s);

#endif
