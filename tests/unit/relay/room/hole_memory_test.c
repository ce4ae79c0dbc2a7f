/* A hole's gaps when there is no memory for some of them. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

static unsigned fail_at; /* a part's list, counted from 1, that finds no memory; 0: all do */

/* The sanitizers have a malloc of their own: there the hole has all its gaps. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t size);
void *__libc_realloc(void *old, size_t size);

static bool fails(size_t size)
{
    bool parts = size > 0 && size % sizeof(struct window_part) == 0 && size < 200;
    return parts && fail_at > 0 && --fail_at == 0;
}

void *malloc(size_t size)
{
    return fails(size) ? NULL : __libc_malloc(size);
}

void *realloc(void *old, size_t size)
{
    return fails(size) ? NULL : __libc_realloc(old, size);
}
#endif

/* Whichever it is: the room goes on, and its lists are equally long. */
static void test_no_memory_for_a_gap(void **state)
{
    struct stage *s = *state;
    struct listing *a = calloc(1, sizeof(*a)), *v = calloc(1, sizeof(*v));
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 2, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    for (unsigned n = 0; n < 60; n++) {
        fail_at = 1 + n % 4;
        stage_pass(s, 400000);
    }
    fail_at = 0;
    stage_pass(s, 4000000);
    stage_listing(s, "audio", a);
    stage_listing(s, "video", v);
    assert_int_equal(a->count, v->count);
    assert_true(v->list[v->count - 1].gap);
    stage_open(s, 2, "hall");
    stage_track(s, 2, 0, 1, "video init");
    stage_track(s, 2, 1, 1, "audio init");
    stage_run(s, 2, 2, 0, 2, 40 * INT64_C(90000));
    free(a);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_memory_for_a_gap, stage_set, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
