/* The picture helper's link: what is sent arrives with its descriptors, what is odd is refused. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/parcel.h"
#include "relay/link/link.h"
#include "relay/link/picture_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int file(const char *text)
{
    int fd = memfd_create("t", MFD_CLOEXEC);

    assert_int_equal(strlen(text), write(fd, text, strlen(text)));
    return fd;
}

static void assert_text(int fd, const char *text)
{
    char seen[16] = "";

    assert_true(pread(fd, seen, sizeof(seen) - 1, 0) >= 0);
    assert_string_equal(text, seen);
    close(fd);
}

static struct picture_ask an_ask(void)
{
    return (struct picture_ask){
        .number = 5, .init_bytes = 800, .offset = 70, .bytes = 9000, .room = "hall"};
}

static void test_there_and_back(void **state)
{
    struct picture_ask ask = an_ask(), asked;
    struct picture_answer a = {.number = 5, .cpu_us = 7, .bytes = 10, .width = 320, .height = 180},
                          b;
    int ends[2], fds[2] = {file("init"), file("segment")}, got[2], jpeg = file("jpeg"), fd;

    (void)state;
    assert_int_equal(0, link_pair(ends));
    assert_int_equal(-EAGAIN, picture_ask_receive(ends[1], &asked, got));
    assert_int_equal(0, picture_ask_send(ends[0], &ask, fds));
    assert_int_equal(1, picture_ask_receive(ends[1], &asked, got));
    assert_memory_equal(&ask, &asked, sizeof(ask));
    assert_text(got[PICTURE_ASK_INIT], "init");
    assert_text(got[PICTURE_ASK_SEGMENT], "segment");
    assert_int_equal(0, picture_answer_send(ends[1], &a, jpeg));
    assert_int_equal(1, picture_answer_receive(ends[0], &b, &fd));
    assert_memory_equal(&a, &b, sizeof(a));
    assert_text(fd, "jpeg");
    close(ends[1]);
    assert_int_equal(0, picture_answer_receive(ends[0], &b, &fd));
    assert_int_equal(-EPIPE, picture_ask_send(ends[0], &ask, fds));
    close(ends[0]);
    close(fds[0]);
    close(fds[1]);
    close(jpeg);
}

static void assert_no_ask(const struct picture_ask *ask)
{
    int ends[2], fds[2] = {file("a"), file("b")}, got[2];
    struct picture_ask asked;

    assert_int_equal(0, link_pair(ends));
    assert_int_equal(0, picture_ask_send(ends[0], ask, fds));
    assert_int_equal(-EPROTO, picture_ask_receive(ends[1], &asked, got));
    assert_int_equal(-1, got[0]);
    close(ends[0]);
    close(ends[1]);
    close(fds[0]);
    close(fds[1]);
}

static void test_odd_asks(void **state)
{
    struct picture_ask ask = an_ask();

    (void)state;
    ask.bytes = PICTURE_KEYFRAME_MAX + 1;
    assert_no_ask(&ask);
    ask = an_ask();
    ask.bytes = 0;
    assert_no_ask(&ask);
    ask = an_ask();
    ask.init_bytes = PICTURE_INIT_MAX + 1;
    assert_no_ask(&ask);
    ask = an_ask();
    memset(ask.room, 'x', sizeof(ask.room));
    assert_no_ask(&ask);
}

static void test_without_its_descriptors(void **state)
{
    struct picture_ask ask = an_ask(), asked;
    int ends[2], got[2];

    (void)state;
    assert_int_equal(0, link_pair(ends));
    assert_int_equal(sizeof(ask), send(ends[0], &ask, sizeof(ask), 0));
    assert_int_equal(-EPROTO, picture_ask_receive(ends[1], &asked, got));
    assert_int_equal(sizeof(ask) - 1, send(ends[0], &ask, sizeof(ask) - 1, 0));
    assert_int_equal(-EPROTO, picture_ask_receive(ends[1], &asked, got));
    close(ends[0]);
    close(ends[1]);
}

static int lowest_free(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

/* What a helper that was taken over may send: an empty message is taken for the end, and the
 * descriptors that came with it must not stay here. */
static void test_empty_with_descriptors(void **state)
{
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {.bytes = {0}};
    struct iovec iov = {.iov_base = NULL, .iov_len = 0};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&h);
    struct picture_answer a;
    struct link_message m;
    static struct parcel parcel;
    uint32_t kind = 1;
    int ends[2], fds[2] = {0, 1}, fd, before;

    (void)state;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(fds));
    memcpy(CMSG_DATA(c), fds, sizeof(fds));
    assert_int_equal(0, link_pair(ends));
    before = lowest_free();
    assert_int_equal(0, sendmsg(ends[1], &h, 0));
    assert_int_equal(0, picture_answer_receive(ends[0], &a, &fd));
    assert_int_equal(-1, fd);
    assert_int_equal(before, lowest_free());
    assert_int_equal(0, sendmsg(ends[1], &h, 0));
    assert_int_equal(0, link_receive(ends[0], &m, &fd)); /* the other links, too */
    assert_int_equal(-1, fd);
    assert_int_equal(before, lowest_free());
    assert_int_equal(0, sendmsg(ends[1], &h, 0));
    assert_int_equal(0, parcel_receive(ends[0], &parcel, 0));
    assert_int_equal(-1, parcel.fd);
    assert_int_equal(before, lowest_free());
    iov = (struct iovec){.iov_base = &kind, .iov_len = sizeof(kind)};
    assert_int_equal(sizeof(kind), sendmsg(ends[1], &h, 0));
    assert_int_equal(1, parcel_receive(ends[0], &parcel, 0)); /* one of two is taken */
    assert_true(parcel.fd >= 0);
    close(parcel.fd);
    assert_int_equal(before, lowest_free());
    close(ends[0]);
    close(ends[1]);
}

static void test_odd_answers(void **state)
{
    const struct picture_answer good = {.bytes = 10, .width = 320, .height = 180};
    struct picture_answer a = good;

    (void)state;
    assert_true(picture_answer_is_sound(&a, true));
    assert_false(picture_answer_is_sound(&a, false));
    a.bytes = PICTURE_BYTES_MAX + 1;
    assert_false(picture_answer_is_sound(&a, true));
    a = good;
    a.width = PICTURE_WIDTH_MAX + 1;
    assert_false(picture_answer_is_sound(&a, true));
    a = good;
    a.height = 0;
    assert_false(picture_answer_is_sound(&a, true));
    a = good;
    a.result = PICTURE_UNDECODED;
    assert_false(picture_answer_is_sound(&a, true));
    assert_true(picture_answer_is_sound(&a, false));
    a.result = PICTURE_RESULTS;
    assert_false(picture_answer_is_sound(&a, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_odd_asks),
        cmocka_unit_test(test_without_its_descriptors),
        cmocka_unit_test(test_empty_with_descriptors),
        cmocka_unit_test(test_odd_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
