/* What the demuxer sees of a track: holes, copies, another PID. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct ts_filter f;
static size_t layouts, packets;
static uint8_t last[TS_PACKET];

static void on_packet(void *ctx, const uint8_t packet[static TS_PACKET],
                      const uint8_t head[static 4])
{
    (void)ctx;
    packets++;
    memcpy(last, packet, TS_PACKET);
    memcpy(last, head, 4);
}

static void on_layout(void *ctx, const struct ts_layout *l)
{
    (void)ctx, (void)l;
    layouts++;
}

static void tables(const struct psi_stream *s, size_t n)
{
    uint8_t p[2 * TS_PACKET];

    psi_write(s, n, 0x1000, 0x100, p);
    ts_filter_take(&f, p, sizeof(p));
}

static const struct psi_stream both[] = {{.pid = 0x101, .type = 0x0f},
                                         {.pid = 0x100, .type = 0x1b}};

static int set_up(void **state)
{
    struct ts_out out = {.packet = on_packet, .layout = on_layout};

    (void)state;
    layouts = packets = 0;
    ts_filter_init(&f, 7, &out);
    tables(both, 2);
    return 0;
}

static void media(uint8_t p[static TS_PACKET], uint16_t pid, unsigned counter)
{
    memset(p, 0xaa, TS_PACKET);
    p[0] = 0x47;
    p[1] = (uint8_t)(pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = (uint8_t)(0x10 | (counter & 15));
}

/* A PES of so many packets: the first begins it, the last has stuffing. Returns the next counter.
 */
static unsigned pes(uint16_t pid, unsigned counter, unsigned count, unsigned from)
{
    uint8_t p[TS_PACKET];

    for (unsigned i = from; i < count; i++) {
        media(p, pid, counter + i);
        if (i == 0) {
            p[1] |= 0x40;
            memcpy(p + 4, (const uint8_t[]){0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0}, 9);
        }
        if (i + 1 == count) {
            p[3] |= 0x20;
            p[4] = 9;
            memset(p + 5, 0xff, 9);
            p[5] = 0;
        }
        ts_filter_take(&f, p, sizeof(p));
    }
    return counter + count;
}

static unsigned seen_counter(void)
{
    return last[3] & 0x0f;
}

/* A hole between two pictures is no damage to the first; one inside a picture is. */
static void test_a_hole_spoils_only_what_it_hit(void **state)
{
    unsigned next, shown;

    (void)state;
    next = pes(0x100, 3, 4, 0);
    shown = seen_counter();
    next = pes(0x100, next + 5, 3, 0); /* whole pictures are missing in between */
    assert_int_equal(packets, 7);
    assert_int_equal(seen_counter(), (shown + 3) & 15);
    assert_int_equal(f.count.continuity, 1);
    shown = seen_counter();
    next = pes(0x100, next, 4, 2); /* the beginning of this one is missing */
    assert_int_equal(packets, 7);
    pes(0x100, next, 2, 0);
    assert_int_equal(packets, 9);
    assert_int_equal(seen_counter(), (shown + 2) & 15);
    ts_filter_break(&f); /* the same, said by SRT */
    assert_int_equal(packets, 9);
    pes(0x100, 5, 2, 1);
    assert_int_equal(packets, 9);
    pes(0x100, 7, 3, 0);
    pes(0x100, 10, 3, 0);
    assert_int_equal(packets, 15);
    assert_int_equal(seen_counter(), (shown + 8) & 15);
}

/* An encoder that starts anew may begin with the very counter that was the last one. */
static void test_the_same_counter_is_no_copy(void **state)
{
    uint8_t p[TS_PACKET];

    (void)state;
    pes(0x100, 0, 3, 0);
    media(p, 0x100, 2);
    p[1] |= 0x40;
    p[TS_PACKET - 1] = 1;
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(packets, 4);
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(packets, 4);
}

/* A picture is open when packets are lost: the demuxer sees a counter that does not follow. */
static void test_a_torn_picture_is_said(void **state)
{
    uint8_t p[TS_PACKET];

    (void)state;
    pes(0x100, 0, 3, 0);
    media(p, 0x100, 3);
    p[1] |= 0x40;
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(seen_counter(), 3);
    media(p, 0x100, 6);
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(seen_counter(), 12);
    ts_filter_break(&f);
    assert_int_equal(last[3] >> 4, 2); /* no payload */
    assert_int_equal(seen_counter(), 5);
    assert_int_equal(packets, 6);
}

/* The picture moves to another PID: its last PES is ended, the new PID waits for its first one. */
static void test_a_track_moves(void **state)
{
    static const struct psi_stream moved[] = {{.pid = 0x101, .type = 0x0f},
                                              {.pid = 0x120, .type = 0x1b}};

    (void)state;
    pes(0x100, 0, 3, 0);
    pes(0x101, 0, 1, 0);
    tables(moved, 2);
    assert_int_equal(layouts, 2);
    assert_int_equal(packets, 5); /* one of our own */
    assert_int_equal(last[1] & 0x40, 0x40);
    assert_int_equal(last[2], TS_WAY_VIDEO_PID & 0xff);
    assert_int_equal(seen_counter(), 3);
    pes(0x100, 3, 2, 0); /* nobody's now */
    pes(0x120, 7, 3, 1); /* no beginning */
    assert_int_equal(packets, 5);
    pes(0x120, 10, 3, 0);
    assert_int_equal(packets, 8);
    assert_int_equal(last[2], TS_WAY_VIDEO_PID & 0xff);
    assert_int_equal(seen_counter(), 6);
    pes(0x101, 1, 1, 0);
    assert_int_equal(seen_counter(), 1);
}

/* Two pictures with one DTS: which of them is meant is not known, so nothing is said. */
static void test_times_that_are_alike_say_nothing(void **state)
{
    static const uint8_t second[] = {0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1};
    static const uint8_t third[] = {0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 3};
    const uint8_t *const all[] = {second, second, third};
    uint8_t p[TS_PACKET];
    uint64_t next = 7;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        media(p, 0x100, i);
        p[1] |= 0x40;
        memcpy(p + 4, all[i], sizeof(second));
        ts_filter_take(&f, p, sizeof(p));
        assert_false(ts_filter_next_dts(&f, 0, 0, &next));
    }
    assert_int_equal(packets, 3);
    assert_int_equal(next, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_hole_spoils_only_what_it_hit, set_up),
        cmocka_unit_test_setup(test_the_same_counter_is_no_copy, set_up),
        cmocka_unit_test_setup(test_a_torn_picture_is_said, set_up),
        cmocka_unit_test_setup(test_a_track_moves, set_up),
        cmocka_unit_test_setup(test_times_that_are_alike_say_nothing, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
