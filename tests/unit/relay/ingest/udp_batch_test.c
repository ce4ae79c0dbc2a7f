/* The program's recvmsg: the watched socket's packets come one by one, whole, in order; all other
 * sockets see the kernel's. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/ingest/udp_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { NAP_US = 2000, HEADER = 16 };

struct packet {
    uint8_t header[HEADER], payload[1456];
    struct sockaddr_in from;
    ssize_t len;
    int flags;
};

static int receiver, sender;
static struct sockaddr_in to, own;

static int open_udp(struct sockaddr_in *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    socklen_t len = sizeof(*name);

    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)name, sizeof(*name)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)name, &len), 0);
    return fd;
}

static int set_up(void **state)
{
    struct timeval idle = {.tv_usec = 10000};

    (void)state;
    receiver = open_udp(&to);
    sender = open_udp(&own);
    setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
    udp_batch_watch(receiver, NAP_US);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(receiver);
    close(sender);
    return 0;
}

static void send_packet(uint32_t number, size_t len)
{
    uint8_t bytes[2000];

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(number + i);
    assert_int_equal(sendto(sender, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

/* As libsrt calls it: the header and the payload apart. */
static ssize_t receive(struct packet *p)
{
    struct iovec parts[2] = {{p->header, sizeof(p->header)}, {p->payload, sizeof(p->payload)}};
    struct msghdr m = {
        .msg_name = &p->from, .msg_namelen = sizeof(p->from), .msg_iov = parts, .msg_iovlen = 2};

    memset(p->header, 0, sizeof(p->header));
    p->len = recvmsg(receiver, &m, 0);
    p->flags = m.msg_flags;
    if (p->len >= 0)
        assert_int_equal(m.msg_namelen, sizeof(p->from));
    return p->len;
}

static void assert_packet(const struct packet *p, uint32_t number, size_t len)
{
    assert_int_equal(p->len, len);
    assert_int_equal(p->flags, 0);
    assert_int_equal(p->from.sin_port, own.sin_port);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(i < HEADER ? p->header[i] : p->payload[i - HEADER], (uint8_t)(number + i));
}

static void test_order_and_sizes(void **state)
{
    static const size_t sizes[] = {1332, 16, 20, 44, 1472, 1};
    struct packet p;

    (void)state;
    for (uint32_t round = 0; round < 3; round++) { /* more than a batch, less than the buffer */
        for (uint32_t i = 0; i < 70; i++)
            send_packet(round + i, sizes[i % 6]);
        for (uint32_t i = 0; i < 70; i++) {
            receive(&p);
            assert_packet(&p, round + i, sizes[i % 6]);
        }
    }
}

static void test_nothing_is_eagain(void **state)
{
    int64_t before = clock_mono_us();
    struct packet p;

    (void)state;
    for (int i = 0; i < 3; i++) {
        errno = 0;
        assert_int_equal(receive(&p), -1);
        assert_int_equal(errno, EAGAIN);
    }
    assert_true(clock_mono_us() - before >= 3 * 8000); /* it slept, it did not spin */
    send_packet(7, 100);
    assert_int_equal(receive(&p), 100);
}

static void test_too_long_is_cut(void **state)
{
    struct packet p;

    (void)state;
    send_packet(3, 1500);
    send_packet(4, 30);
    assert_int_equal(receive(&p), HEADER + sizeof(p.payload));
    assert_true(p.flags & MSG_TRUNC);
    receive(&p);
    assert_packet(&p, 4, 30);
}

static void test_other_sockets_are_the_kernels(void **state)
{
    char word[4] = "abc", got[4] = {0};
    struct iovec out = {word, sizeof(word)}, in = {got, sizeof(got)};
    struct msghdr m = {.msg_iov = &out, .msg_iovlen = 1};
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    m.msg_iov = &in;
    assert_int_equal(recvmsg(ends[1], &m, 0), -1);
    assert_int_equal(errno, EAGAIN);
    m.msg_iov = &out;
    assert_int_equal(sendmsg(ends[0], &m, 0), sizeof(word));
    m.msg_iov = &in;
    assert_int_equal(recvmsg(ends[1], &m, 0), sizeof(word));
    assert_string_equal(got, "abc");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_sizes),
        cmocka_unit_test(test_nothing_is_eagain),
        cmocka_unit_test(test_too_long_is_cut),
        cmocka_unit_test(test_other_sockets_are_the_kernels),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
