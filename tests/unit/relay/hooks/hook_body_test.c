/* An event as JSON. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_feed(void **state)
{
    struct hook_event e = {.type = HOOK_FEED_UNHEALTHY,
                           .wall_us = INT64_C(1792900800123456),
                           .feed = UINT64_MAX,
                           .id = {0, 1, 2, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13, 14, 255}};
    struct text t;
    (void)state;
    snprintf(e.room, sizeof(e.room), "hall");
    snprintf(e.title, sizeof(e.title), "\"A\"\n</script> \xff");
    snprintf(e.agency, sizeof(e.agency), "north");
    snprintf(e.role, sizeof(e.role), "main");
    snprintf(e.light, sizeof(e.light), "red");
    snprintf(e.finding, sizeof(e.finding), "no_audio");
    snprintf(e.en, sizeof(e.en), "No sound.");
    snprintf(e.zh, sizeof(e.zh), "没有声音。");
    text_init(&t);
    hook_body(&t, &e, 3);
    assert_string_equal("{\"id\":\"00010203-0405-7607-8809-0a0b0c0d0eff\",\"type\":"
                        "\"feed.unhealthy\",\"time\":\"2026-10-25T04:00:00.123Z\",\"room\":"
                        "\"hall\",\"title\":\"\\\"A\\\"\\n\\u003c/script> �\",\"agency\":"
                        "\"north\",\"feed\":"
                        "\"18446744073709551615\",\"role\":\"main\",\"light\":\"red\","
                        "\"finding\":\"no_audio\",\"reason\":{\"en\":\"No sound.\",\"zh\":"
                        "\"没有声音。\"},\"detail\":null,\"events_lost\":3}",
                        t.data);
    text_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
