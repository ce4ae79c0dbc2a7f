/* "ADDRESS:PORT" in all its forms, and everything that only looks like one. */
/* SPDX-License-Identifier: MIT */
#include "config/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int family;
        const char *host;
        unsigned port;
    } row[] = {
        {"0.0.0.0:9000", AF_INET, "0.0.0.0", 9000},
        {"127.0.0.1:0", AF_INET, "127.0.0.1", 0},
        {"203.0.113.7:65535", AF_INET, "203.0.113.7", 65535},
        {"[::]:9000", AF_INET6, "::", 9000},
        {"[2001:db8::7]:1", AF_INET6, "2001:db8::7", 1},
        {"[::ffff:203.0.113.7]:80", AF_INET6, "::ffff:203.0.113.7", 80},
        {"*:8080", AF_INET6, "::", 8080},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sockaddr_storage a;
        socklen_t len;
        char host[INET6_ADDRSTRLEN];
        assert_int_equal(address_parse(row[i].text, strlen(row[i].text), &a, &len), 0);
        assert_int_equal(a.ss_family, row[i].family);
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a;
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a;
        bool is_v6 = row[i].family == AF_INET6;
        assert_int_equal(len, is_v6 ? sizeof *v6 : sizeof *v4);
        assert_int_equal(ntohs(is_v6 ? v6->sin6_port : v4->sin_port), row[i].port);
        assert_non_null(inet_ntop(row[i].family,
                                  is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, host,
                                  sizeof host));
        assert_string_equal(host, row[i].host);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const row[] = {
        "",
        ":",
        ":9000",
        "9000",
        "localhost:9000",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:090000",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.1 :1",
        "127.0.0:1",
        "127.0.0.01.1:1",
        "256.0.0.1:1",
        "::1:9000",
        "::",
        "[::1]",
        "[::1]:",
        "[]:9000",
        "[::1:9000",
        "::1]:9000",
        "[127.0.0.1]:9000",
        "[fe80::1%eth0]:9000",
        "**:9000",
        "[*]:9000",
        "[2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0007]:9000",
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sockaddr_storage a;
        socklen_t len;
        if (address_parse(row[i], strlen(row[i]), &a, &len) != -EINVAL)
            fail_msg("\"%s\" was accepted", row[i]);
    }
    struct sockaddr_storage a;
    socklen_t len;
    assert_int_equal(address_parse("127.0.0.1\0:80", 13, &a, &len), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
