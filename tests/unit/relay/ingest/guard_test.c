/* The guard: what the kernel's filter lets through is what its twin in C says, packet by packet. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int receiver, sender;

static int open_sockets(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    (void)state;
    receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(guard_attach(receiver), 0);
    assert_int_equal(bind(receiver, (struct sockaddr *)&a, len), 0);
    assert_int_equal(getsockname(receiver, (struct sockaddr *)&a, &len), 0);
    return connect(sender, (struct sockaddr *)&a, len);
}

static int close_sockets(void **state)
{
    (void)state;
    close(receiver);
    close(sender);
    return 0;
}

static bool kernel_passes(const uint8_t *packet, size_t len)
{
    uint8_t got[2048];

    send(sender, packet, len, 0);
    return recv(receiver, got, sizeof(got), 0) >= 0;
}

static void check(const uint8_t *packet, size_t len, bool expected, const char *what)
{
    if (guard_passes(packet, len) != expected)
        fail_msg("%s: the twin says %d", what, !expected);
    if (kernel_passes(packet, len) != expected)
        fail_msg("%s: the kernel says %d", what, !expected);
}

static void control(uint8_t *p, unsigned type, unsigned subtype)
{
    memset(p, 0, 2048);
    p[0] = (uint8_t)(0x80 | type >> 8);
    p[1] = (uint8_t)type;
    p[2] = (uint8_t)(subtype >> 8);
    p[3] = (uint8_t)subtype;
}

static void handshake(uint8_t *p, uint32_t mss, uint32_t window)
{
    control(p, 0, 0);
    mss = htonl(mss);
    window = htonl(window);
    memcpy(p + 28, &mss, 4);
    memcpy(p + 32, &window, 4);
}

static void test_known_packets(void **state)
{
    uint8_t p[2048] = {0};

    (void)state;
    check(p, 16, true, "data, empty");
    check(p, 1332, true, "data");
    check(p, 15, false, "shorter than a header");
    handshake(p, 1500, 8192);
    check(p, 64, true, "induction");
    check(p, 63, false, "short handshake");
    check(p, 600, true, "conclusion with a stream id");
    handshake(p, 45, 8192);
    check(p, 64, false, "MSS that writes past a buffer");
    handshake(p, 575, 8192);
    check(p, 64, false, "MSS 575");
    handshake(p, 576, 262144);
    check(p, 64, true, "the smallest MSS, the largest window");
    handshake(p, 65536, 8192);
    check(p, 64, false, "MSS over 65535");
    handshake(p, 1500, 0x3fffffff);
    check(p, 64, false, "a window of gigabytes");
    for (unsigned type = 1; type <= 10; type++) {
        control(p, type, 0);
        check(p, 20, type == 1 || type == 5 || type == 6, "control types");
    }
    for (unsigned subtype = 0; subtype < 8; subtype++) {
        control(p, 0x7fff, subtype);
        check(p, 60, subtype <= 4, "extension subtypes");
    }
    control(p, 0x7fff, 3);
    check(p, 128, true, "a key message");
    check(p, 129, false, "a key message of 129 bytes");
    check(p, 1400, false, "a key message of 1,400 bytes");
}

static void test_random_packets_agree(void **state)
{
    uint8_t p[256];

    (void)state;
    srand(7);
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)(rand() % 160);

        for (size_t k = 0; k < sizeof(p); k++)
            p[k] = (uint8_t)rand();
        if (rand() % 2) { /* make the interesting types likely */
            p[0] = 0x80;
            p[1] = (uint8_t)(rand() % 10);
        }
        if (rand() % 4 == 0) {
            p[0] = p[1] = 0xff;
            p[2] = 0;
        }
        if (guard_passes(p, len) != kernel_passes(p, len))
            fail_msg("packet %d of %zu bytes: they disagree", i, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_packets),
        cmocka_unit_test(test_random_packets_agree),
    };

    return cmocka_run_group_tests(tests, open_sockets, close_sockets);
}
