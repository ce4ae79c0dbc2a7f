/* The link: messages and descriptors whole and in order, a slow reader, a dead one, junk. */
/* SPDX-License-Identifier: MIT */
#include "relay/link/link.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static size_t open_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    size_t n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void test_every_type_arrives(void **state)
{
    struct link_message out = {0}, in;
    int ends[2], fd;

    (void)state;
    assert_int_equal(link_pair(ends), 0);
    for (uint32_t type = LINK_WORKER_READY; type <= LINK_WORKER_SPAWNED; type++) {
        out.type = type;
        out.worker = 3;
        out.feed = 77;
        out.u.open.latency_ms = 120;
        assert_int_equal(link_send(ends[0], &out, -1), 0);
        memset(&in, 0xee, sizeof(in));
        assert_int_equal(link_receive(ends[1], &in, &fd), 1);
        assert_int_equal(in.type, type);
        assert_int_equal(in.feed, 77);
        assert_int_equal(fd, -1);
        assert_int_equal(((uint8_t *)&in)[sizeof(in) - 1], 0); /* nothing of ours is left in it */
    }
    assert_int_equal(link_receive(ends[1], &in, &fd), -EAGAIN);
    close(ends[0]);
    assert_int_equal(link_receive(ends[1], &in, &fd), 0);
    close(ends[1]);
}

/* A message is as long as all that it has, not as its first half. */
static void test_statistics_travel_whole(void **state)
{
    struct link_message out = {.type = LINK_FEED_STATS}, in;
    int ends[2], fd;

    (void)state;
    assert_int_equal(link_pair(ends), 0);
    memset(&out.u.feed_stats, 0x11, sizeof(out.u.feed_stats));
    memset(&out.u.vitals, 0x22, sizeof(out.u.vitals));
    assert_int_equal(link_send(ends[0], &out, -1), 0);
    assert_int_equal(link_receive(ends[1], &in, &fd), 1);
    assert_memory_equal(&in.u.feed_stats, &out.u.feed_stats, sizeof(in.u.feed_stats));
    assert_memory_equal(&in.u.vitals, &out.u.vitals, sizeof(in.u.vitals));
    close(ends[0]);
    close(ends[1]);
}

static void test_descriptor_travels(void **state)
{
    struct link_message m = {.type = LINK_SEGMENT, .u.segment.bytes = 5}, in;
    int ends[2], fd, memory = memfd_create("t", MFD_CLOEXEC);
    size_t before;
    char text[8] = "";

    (void)state;
    assert_int_equal(link_pair(ends), 0);
    assert_int_equal(write(memory, "hello", 5), 5);
    before = open_fds();
    assert_int_equal(link_send(ends[0], &m, memory), 0);
    assert_int_equal(link_receive(ends[1], &in, &fd), 1);
    assert_int_equal(pread(fd, text, 5, 0), 5);
    assert_string_equal(text, "hello");
    close(fd);
    assert_int_equal(open_fds(), before);
    close(memory);
    close(ends[0]);
    close(ends[1]);
}

static void test_slow_reader_is_waited_for(void **state)
{
    struct link_message m = {.type = LINK_SEGMENT}, in;
    struct link_outbox *o;
    int ends[2], fd, rc = 0;
    uint64_t sent = 0, seen = 0;
    size_t before = open_fds();

    (void)state;
    assert_int_equal(link_pair(ends), 0);
    assert_int_equal(link_outbox_new(&o, ends[0]), 0);
    for (; link_outbox_queued(o) < 5000; sent++) {
        m.feed = sent;
        assert_int_equal(link_outbox_send(o, &m, sent % 8 ? -1 : dup(0)), 0);
    }
    while (seen < sent) {
        assert_int_equal(link_outbox_flush(o), 0);
        while ((rc = link_receive(ends[1], &in, &fd)) == 1) {
            assert_int_equal(in.feed, seen);
            assert_int_equal(fd >= 0, seen % 8 == 0);
            if (fd >= 0)
                close(fd);
            seen++;
        }
        assert_int_equal(rc, -EAGAIN);
    }
    link_outbox_free(&o);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(open_fds(), before);
}

static void test_queue_is_bounded(void **state)
{
    struct link_message m = {.type = LINK_FEED_GO};
    struct link_outbox *o;
    int ends[2], rc = 0;
    size_t before = open_fds();

    (void)state;
    assert_int_equal(link_pair(ends), 0);
    assert_int_equal(link_outbox_new(&o, ends[0]), 0);
    for (int i = 0; i < 200000 && !rc; i++)
        rc = link_outbox_send(o, &m, i % 64 ? -1 : dup(0));
    assert_int_equal(rc, -ENOBUFS);
    link_outbox_free(&o);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(open_fds(), before);
}

static void test_dead_and_mad_ends(void **state)
{
    struct link_message m = {.type = LINK_STOP}, in;
    int ends[2], fd;

    (void)state;
    assert_int_equal(link_pair(ends), 0);
    assert_int_equal(send(ends[0], "x", 1, 0), 1);
    assert_int_equal(link_receive(ends[1], &in, &fd), -EPROTO);
    m.type = 9999;
    assert_int_equal(send(ends[0], &m, 24, 0), 24);
    assert_int_equal(link_receive(ends[1], &in, &fd), -EPROTO);
    for (int flag = 0; flag < 3; flag++) { /* a bool that is neither: its file is closed too */
        struct link_message part = {.type = LINK_PART};
        bool *flags[] = {&part.u.part.independent, &part.u.part.discontinuity};
        size_t before = open_fds();

        if (flag < 2)
            memset(flags[flag], 2, 1);
        assert_int_equal(link_send(ends[0], &part, 0), 0);
        assert_int_equal(link_receive(ends[1], &in, &fd), flag < 2 ? -EPROTO : 1);
        if (fd >= 0)
            close(fd);
        assert_int_equal(open_fds(), before);
    }
    m.type = LINK_SEGMENT; /* a right type of the wrong length */
    assert_int_equal(send(ends[0], &m, 24, 0), 24);
    assert_int_equal(link_receive(ends[1], &in, &fd), -EPROTO);
    close(ends[1]);
    assert_int_equal(link_send(ends[0], &m, -1), -EPIPE);
    close(ends[0]);
}

/* What was sent before the end is here, though the other one left something unread. */
static void test_last_words(void **state)
{
    struct link_message m = {.type = LINK_STOP}, got;
    int ends[2], fd;
    (void)state;
    assert_int_equal(0, link_pair(ends));
    assert_int_equal(0, link_send(ends[0], &m, -1)); /* never read */
    m.type = LINK_WORKER_READY;
    assert_int_equal(0, link_send(ends[1], &m, -1));
    close(ends[1]);
    assert_int_equal(1, link_receive(ends[0], &got, &fd));
    assert_int_equal(LINK_WORKER_READY, got.type);
    assert_int_equal(0, link_receive(ends[0], &got, &fd));
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_every_type_arrives),
        cmocka_unit_test(test_statistics_travel_whole),
        cmocka_unit_test(test_descriptor_travels),
        cmocka_unit_test(test_slow_reader_is_waited_for),
        cmocka_unit_test(test_queue_is_bounded),
        cmocka_unit_test(test_dead_and_mad_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
