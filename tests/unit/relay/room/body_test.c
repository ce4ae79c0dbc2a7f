/* Bodies: what is copied, compressed and counted. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/body.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_small_is_not_compressed(void **state)
{
    (void)state;
    struct body *b, *again;
    struct body_twin twin;
    assert_int_equal(0, body_new(&b, "text/plain", "hello", 5, true, 7, 42));
    assert_string_equal("hello", b->plain);
    assert_int_equal(5, b->plain_len);
    assert_false(b->may_gzip);
    assert_false(body_gzip(b, &twin));
    assert_int_equal(7, b->max_age_s);
    assert_int_equal(42, b->modified_wall_us);
    assert_int_equal('"', b->etag[0]);
    assert_int_equal('"', b->etag[strlen(b->etag) - 1]);
    again = body_ref(b);
    body_unref(&b);
    assert_null(b);
    assert_string_equal("hello", again->plain);
    body_unref(&again);
    body_unref(&again);
}

static void test_gzip_when_it_pays(void **state)
{
    (void)state;
    struct body *b;
    struct body_twin twin, again;
    char text[2000], noise[600];
    unsigned seed = 1;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)((seed = seed * 1103515245u + 12345u) >> 16);
    assert_int_equal(0, body_new(&b, "text/plain", text, sizeof(text), true, 0, 0));
    assert_true(body_gzip(b, &twin));
    assert_true(twin.len < b->plain_len);
    assert_int_equal(0x1f, (unsigned char)twin.bytes[0]); /* RFC 1952 */
    assert_int_equal(0x8b, (unsigned char)twin.bytes[1]);
    assert_true(body_gzip(b, &again));
    assert_ptr_equal(twin.bytes, again.bytes); /* made once */
    assert_string_not_equal(b->etag, b->gzip_etag);
    body_unref(&b);
    assert_int_equal(0, body_new(&b, "text/plain", text, sizeof(text), false, 0, 0));
    assert_false(b->may_gzip);
    assert_false(body_gzip(b, &twin));
    body_unref(&b);
    assert_int_equal(0, body_new(&b, "text/plain", noise, sizeof(noise), true, 0, 0));
    assert_false(body_gzip(b, &twin));
    body_unref(&b);
}

static void *ask(void *arg)
{
    static _Thread_local struct body_twin twin;
    return body_gzip(arg, &twin) ? (void *)(uintptr_t)twin.bytes : NULL;
}

static void test_twin_is_made_once(void **state)
{
    (void)state;
    enum { ASKERS = 4, ROUNDS = 50 };
    char text[4000];
    memset(text, 'x', sizeof(text));
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t id[ASKERS];
        void *got[ASKERS];
        struct body *b;
        assert_int_equal(0, body_new(&b, "text/plain", text, sizeof(text), true, 0, 0));
        for (int i = 0; i < ASKERS; i++)
            assert_int_equal(0, pthread_create(&id[i], NULL, ask, b));
        for (int i = 0; i < ASKERS; i++)
            assert_int_equal(0, pthread_join(id[i], &got[i]));
        assert_non_null(got[0]);
        for (int i = 1; i < ASKERS; i++)
            assert_ptr_equal(got[0], got[i]);
        body_unref(&b);
    }
}

static void test_etag_is_of_the_content(void **state)
{
    (void)state;
    struct body *a, *b, *c;
    assert_int_equal(0, body_new(&a, "text/plain", "one", 3, true, 1, 1));
    assert_int_equal(0, body_new(&b, "text/html", "one", 3, true, 2, 2));
    assert_int_equal(0, body_new(&c, "text/plain", "two", 3, true, 1, 1));
    assert_string_equal(a->etag, b->etag);
    assert_string_not_equal(a->etag, c->etag);
    body_unref(&a);
    body_unref(&b);
    body_unref(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_is_not_compressed),
        cmocka_unit_test(test_gzip_when_it_pays),
        cmocka_unit_test(test_twin_is_made_once),
        cmocka_unit_test(test_etag_is_of_the_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
