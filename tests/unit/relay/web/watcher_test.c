/* Who is the same viewer, and who is another one. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/watcher.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct siphash_key key = {3, 4};
static char path[400], agent[900], link_text[200];

static uint64_t ask(const char *address, const char *user_agent)
{
    struct request r = {.user_agent = {agent, strlen(user_agent)}};
    struct in_addr v4;
    memcpy(agent, user_agent, strlen(user_agent));
    if (inet_pton(AF_INET, address, &v4) == 1) {
        r.peer.s6_addr[10] = r.peer.s6_addr[11] = 0xff;
        memcpy(r.peer.s6_addr + 12, &v4, sizeof v4);
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &r.peer), 1);
    }
    return watcher_id(&key, &r);
}

/* By a link that was good; in the path, or in the query. */
static uint64_t ask_with(const char *token, bool in_query, const char *user_agent)
{
    struct request r = {.left_s = 60, .user_agent = {agent, strlen(user_agent)}};
    memcpy(agent, user_agent, strlen(user_agent));
    r.peer.s6_addr[10] = r.peer.s6_addr[11] = 0xff;
    snprintf(link_text, sizeof link_text, "%s", token);
    snprintf(path, sizeof path, "/live/~%s/hall/video.m3u8", token);
    if (in_query)
        r.link = (struct slice){link_text, strlen(link_text)};
    else
        r.token_len = strlen(token) + 2;
    r.path = (struct slice){path, strlen(path)};
    return watcher_id(&key, &r);
}

static void test_address_and_agent(void **state)
{
    char long_a[800], long_b[800];
    (void)state;
    assert_true(ask("192.0.2.1", "a") == ask("192.0.2.1", "a"));
    assert_true(ask("192.0.2.1", "a") != ask("192.0.2.1", "b"));
    assert_true(ask("192.0.2.1", "a") != ask("192.0.2.2", "a"));
    assert_true(ask("192.0.2.1", "") != ask("192.0.2.1", "a"));
    assert_true(ask("192.0.2.1", "") != 0);
    /* of IPv6 the household counts */
    assert_true(ask("2001:db8:1:2::1", "a") == ask("2001:db8:1:2:ffff::9", "a"));
    assert_true(ask("2001:db8:1:2::1", "a") != ask("2001:db8:1:3::1", "a"));
    assert_true(ask("::1", "a") != ask("::2", "a"));
    /* and of a name that goes on and on, its beginning */
    memset(long_a, 'x', sizeof long_a - 1);
    long_a[sizeof long_a - 1] = '\0';
    memcpy(long_b, long_a, sizeof long_b);
    long_b[700] = 'y';
    assert_true(ask("192.0.2.1", long_a) == ask("192.0.2.1", long_b));
    long_b[200] = 'y';
    assert_true(ask("192.0.2.1", long_a) != ask("192.0.2.1", long_b));
}

static void test_link(void **state)
{
    (void)state;
    assert_true(ask_with("1~k~9~hall~~abc", false, "a") == ask_with("1~k~9~hall~~abc", false, "b"));
    assert_true(ask_with("1~k~9~hall~~abc", false, "a") != ask_with("1~k~9~hall~~abd", false, "a"));
    /* whichever way it came */
    assert_true(ask_with("1~k~9~hall~~abc", true, "") == ask_with("1~k~9~hall~~abc", false, ""));
    assert_true(ask_with("1%7Ek%7E9%7Ehall%7E%7Eabc", true, "") ==
                ask_with("1~k~9~hall~~abc", false, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_and_agent),
        cmocka_unit_test(test_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
