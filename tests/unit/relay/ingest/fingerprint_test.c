/* The marks of a feed: the same for the same access units, another one for any change. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SECONDS = 12, FPS = 25, MARKS = 64 };

/* What one feed of a made-up encoder says: pictures, and sound that comes `late` pictures later. */
struct feed {
    unsigned from, late;
    uint64_t clock;
    int changed; /* a picture whose bytes differ; -1: none */
    size_t changed_at;
    bool shorter;
    struct link_mark marks[MARKS];
    size_t count;
};

static void give(struct feed *f, struct fingerprint *p, uint32_t track, unsigned i)
{
    uint8_t data[5000];
    uint64_t dts = (f->clock + i * 3600) & 0x1ffffffff;
    struct access_unit u = {
        .track = track, .raw_pts = dts + 7200, .raw_dts = dts, .data = data, .len = sizeof(data)};
    for (size_t b = 0; b < sizeof(data); b++)
        data[b] = (uint8_t)(i * 7 + b * (track + 3));
    if (track == 1)
        u.len = 5;
    if (track == 0 && (int)i == f->changed && f->shorter)
        u.len--;
    else if (track == 0 && (int)i == f->changed)
        data[f->changed_at]++;
    if (fingerprint_take(p, &u, &f->marks[f->count]))
        f->count++;
    assert_true(f->count < MARKS);
}

static void run(struct feed *f)
{
    struct fingerprint p = {0};
    f->count = 0;
    for (unsigned i = f->from; i < SECONDS * FPS; i++) {
        give(f, &p, 0, i);
        if (i >= f->from + f->late)
            give(f, &p, 1, i - f->late);
    }
}

static const struct link_mark *mark(const struct feed *f, uint64_t second)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->marks[i].second == second)
            return &f->marks[i];
    return NULL;
}

static void test_same(void **state)
{
    struct feed a = {.changed = -1}, b = {.from = 60, .late = 20, .changed = -1};
    (void)state;
    run(&a);
    run(&b);
    assert_int_equal(SECONDS - 4, a.count); /* the first are not whole, the last not over */
    assert_null(mark(&b, 3));
    for (uint64_t s = 4; s < SECONDS - 2; s++) {
        assert_int_equal(2 * FPS, mark(&a, s)->units);
        assert_int_equal(mark(&a, s)->units, mark(&b, s)->units);
        assert_int_equal(mark(&a, s)->sum, mark(&b, s)->sum);
    }
}

static void test_changed(void **state)
{
    struct feed a = {.changed = -1};
    struct feed others[] = {
        {.changed = 105, .changed_at = 4999},
        {.changed = 105},
        {.changed = 105, .shorter = true},
        {.changed = -1, .clock = 1},
    };
    (void)state;
    run(&a);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        run(&others[i]);
        assert_int_not_equal(mark(&a, 4)->sum, mark(&others[i], 4)->sum);
    }
    for (uint64_t s = 5; s < 9; s++)
        assert_int_equal(mark(&a, s)->sum, mark(&others[0], s)->sum);
}

static void test_jump_and_wrap(void **state)
{
    struct fingerprint p = {0};
    struct feed f = {.changed = -1}, wraps = {.changed = -1, .clock = 0x1ffffffff - 5 * 90000};
    (void)state;
    for (unsigned i = 0; i < 5 * FPS; i++)
        give(&f, &p, 0, i);
    size_t before = f.count;
    f.clock = 90000 * 5000; /* the encoder begins anew: nothing of both is in one mark */
    for (unsigned i = 0; i < 6 * FPS; i++)
        give(&f, &p, 0, i);
    assert_true(f.count > before);
    for (size_t i = before; i < f.count; i++) {
        assert_true(f.marks[i].second >= 5002);
        assert_int_equal(FPS, f.marks[i].units);
    }
    run(&wraps);
    assert_true(wraps.count > 0);
    assert_non_null(mark(&wraps, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same), cmocka_unit_test(test_changed),
                                       cmocka_unit_test(test_jump_and_wrap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
