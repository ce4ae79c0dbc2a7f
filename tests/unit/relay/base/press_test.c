/* Pieces that are joined in any order inflate to what went in; threads have their own state. */
/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "relay/base/press.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* One gzip member, and nothing behind it. */
static void check(const struct press *p)
{
    struct text t;
    text_init(&t);
    text_puts(&t, "head");
    press_gzip(p, &t);
    assert_false(text_failed(&t));
    assert_memory_equal(t.data, "head\x1f\x8b", 6);
    size_t len = p->plain.len;
    unsigned char *out = malloc(len + 1);
    assert_non_null(out);
    z_stream z = {.next_in = (const Bytef *)t.data + 4, .avail_in = (uInt)(t.len - 4)};
    z.next_out = out;
    z.avail_out = (uInt)len + 1;
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, len);
    assert_int_equal(z.avail_in, 0);
    if (len > 0)
        assert_memory_equal(out, p->plain.data, len);
    inflateEnd(&z);
    free(out);
    text_fini(&t);
}

static void fill_noise(unsigned char *out, size_t len)
{
    uint32_t x = 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        out[i] = (unsigned char)(x >> 24);
    }
}

static void test_pieces(void **state)
{
    (void)state;
    static unsigned char noise[200000];
    struct press p, q;
    press_init(&p);
    press_init(&q);
    fill_noise(noise, sizeof noise);
    check(&p); /* nothing at all */
    press_add(&p, "#EXTM3U\n", 8);
    check(&p);
    press_add(&p, noise, sizeof noise);
    press_store(&p, noise, 0);
    press_store(&p, "stored", 6);
    check(&p);
    press_store(&p, noise, sizeof noise); /* more than one stored block holds */
    press_add(&q, "#EXTM3U\n", 8);
    press_join(&q, &p);
    press_join(&q, &p);
    check(&q);
    assert_int_equal(q.plain.len, 8 + 2 * p.plain.len);
    press_clear(&q);
    memset(noise, 'a', sizeof noise);
    press_add(&q, noise, sizeof noise);
    check(&q);
    assert_true(q.deflated.len < 1000);
    press_fini(&p);
    press_fini(&q);
}

static void test_failure_sticks(void **state)
{
    (void)state;
    struct press p = {.plain = {.failed = true}}, q;
    struct text t;
    press_init(&q);
    text_init(&t);
    press_join(&q, &p);
    assert_true(press_failed(&q));
    press_gzip(&q, &t);
    assert_true(text_failed(&t));
    text_fini(&t);
    press_fini(&q);
    press_fini(&p);
}

static void *press_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++) {
        char text[2000];
        struct press p;
        press_init(&p);
        memset(text, 'a' + i % 26, sizeof text);
        press_add(&p, text, sizeof text);
        check(&p);
        press_fini(&p);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t thread[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, press_some, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
