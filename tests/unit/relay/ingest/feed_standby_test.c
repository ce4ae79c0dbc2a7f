/* A feed at rest: what it tells of itself, how often, and where it begins when it is put on air. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/ingest/feed.h"
#include "relay/ingest/psi.h"
#include "relay/ingest/ts_demux.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/relay/ingest/ts_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAME = 3600, FRAME_US = 40000, GOP = 10, VIDEO_PID = 0x100, AUDIO_PID = 0x101 };

static const struct psi_stream both[] = {{.pid = VIDEO_PID, .type = 0x1b},
                                         {.pid = AUDIO_PID, .type = 0x0f}};
static struct config *config;
static struct feed *f;
static struct ts_writer writer;
static uint8_t stream[100 * TS_PACKET];
static int32_t sequence;
static int64_t now_us, wall_us;

/* What it said. */
static struct link_signs signs;
static size_t marks, keyframes, unready;
static bool has_begun;
static uint64_t began; /* the encoder's DTS of the first picture on air */

static void on_message(void *ctx, const struct link_message *m, int fd)
{
    (void)ctx;
    if (fd >= 0)
        close(fd);
    if (m->type == LINK_FEED_MARK) {
        marks++;
    } else if (m->type == LINK_FEED_SIGNS) {
        keyframes += m->u.signs.keyframe;
        unready += signs.ready && !m->u.signs.ready;
        signs = m->u.signs;
    } else if (m->type == LINK_SEGMENT && !has_begun) {
        has_begun = true;
        began = ((uint64_t)m->u.segment.start_90k - m->u.segment.clock_90k) & 0x1ffffffff;
    }
}

static void give(void)
{
    for (size_t at = 0; at < writer.len; at += TS_PACKET)
        feed_packet(f, sequence++, stream + at, TS_PACKET);
    feed_flush(f, now_us, wall_us);
    writer.len = 0;
}

static void tables(size_t count)
{
    psi_write(both, count, 0x1000, VIDEO_PID, stream + writer.len);
    writer.len += 2 * TS_PACKET;
    give();
}

static size_t put_nal(uint8_t *at, const uint8_t *nal, size_t len)
{
    memcpy(at, (const uint8_t[]){0, 0, 0, 1}, 4);
    memcpy(at + 4, nal, len);
    return len + 4;
}

static void picture(uint64_t dts, bool idr)
{
    const uint8_t *sps = H264_BASE_RECORD + 8, *pps;
    size_t sps_len = sps[-1], n = 0;
    uint8_t data[400], slice[40] = {idr ? 0x65 : 0x41, 0x88, 0x84};

    pps = sps + sps_len + 3;
    if (idr) {
        n += put_nal(data, sps, sps_len);
        n += put_nal(data + n, pps, pps[-1]);
    }
    n += put_nal(data + n, slice, sizeof(slice));
    ts_write_pes(&writer, VIDEO_PID, 0xe0, dts, dts, data, n, 0);
    give();
}

/* In real time, 25 a second. */
static void pictures(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        picture((uint64_t)i * FRAME, i % GOP == 0);
        now_us += FRAME_US;
        wall_us += FRAME_US;
        if (i % 25 == 24)
            feed_second(f, now_us);
    }
}

static int begin(void **state)
{
    struct feed_out out = {.send = on_message};
    struct feed_options o = {.config = config, .id = 1, .stream = {.room = "a", .role = "backup"}};

    (void)state;
    now_us = 5000000000;
    wall_us = INT64_C(1767225600) * 1000000;
    signs = (struct link_signs){0};
    marks = keyframes = unready = 0;
    has_begun = false;
    sequence = 0;
    writer = (struct ts_writer){.out = stream, .size = sizeof(stream)};
    o.now_us = now_us;
    if (feed_new(&f, &o, &out))
        return -1;
    feed_rest(f, false, now_us);
    tables(1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    feed_free(&f);
    return f != NULL;
}

static void assert_well(void)
{
    enum link_close_reason reason;

    assert_null(feed_fault(f, &reason));
}

/* A clock that runs a thousand times too fast costs the front no message for each picture. */
static void test_marks_are_few(void **state)
{
    enum { FAST = 2000, MOST = 20 };

    (void)state;
    for (uint64_t i = 0; i < FAST; i++)
        picture(i * 90000, i % GOP == 0);
    assert_in_range(marks, 1, MOST);
    now_us += 1000000;
    feed_second(f, now_us);
    marks = 0;
    for (uint64_t i = 0; i < 12 * 25; i++) /* what comes at once after a black-out */
        picture(UINT64_C(90000) * FAST + i * FRAME, i % GOP == 0);
    assert_in_range(marks, 10, 14);
    assert_well();
}

static void test_keyframes_while_the_clock_is_set_back(void **state)
{
    (void)state;
    pictures(0, 5 * GOP);
    assert_true(signs.ready);
    assert_int_equal(5, keyframes);
    wall_us -= INT64_C(3600) * 1000000;
    pictures(5 * GOP, 25 * GOP);
    assert_int_equal(25, keyframes);
}

static void test_keeps_while_the_clock_is_set_forward(void **state)
{
    (void)state;
    pictures(0, 5 * GOP + 5);
    wall_us += INT64_C(3600) * 1000000;
    pictures(5 * GOP + 5, 6 * GOP);
    assert_true(signs.ready);
    assert_int_equal(0, unready);
}

/* How long ago, in microseconds, the picture came with which it begins. */
static int64_t wake(int64_t resume_wall_us)
{
    enum { LAST = 30 * GOP };
    struct link_go go = {.start_90k = 900000, .part_ms = 500, .resume_wall_us = resume_wall_us};

    feed_go(f, &go, now_us);
    pictures(LAST, LAST + 3 * GOP);
    feed_end(f, LINK_CLOSE_ENDED, "over");
    assert_true(has_begun);
    return (int64_t)(LAST - began / FRAME) * FRAME_US;
}

static void test_begins_where_the_dates_end(void **state)
{
    (void)state;
    pictures(0, 30 * GOP);
    assert_in_range(wake(wall_us - 2000000), 1800000, 2200000);
}

/* The room's dates do not move with the clock: they say nothing of where it has ended, and it
 * begins where a silence is noticed. */
static void test_begins_near_when_the_clock_was_set_forward(void **state)
{
    int64_t ended_us;

    (void)state;
    pictures(0, 10 * GOP);
    ended_us = wall_us + 20 * GOP * FRAME_US;
    wall_us += INT64_C(3600) * 1000000;
    pictures(10 * GOP, 30 * GOP);
    assert_in_range(wake(ended_us), 800000, 1200000);
}

static void test_begins_near_when_the_clock_was_set_back(void **state)
{
    int64_t ended_us;

    (void)state;
    pictures(0, 30 * GOP - 5);
    ended_us = wall_us;
    wall_us -= INT64_C(3600) * 1000000;
    pictures(30 * GOP - 5, 30 * GOP);
    assert_in_range(wake(ended_us), 800000, 1200000);
}

/* What it could begin with is gone, and the front hears of it at once. */
static void test_new_tables(void **state)
{
    (void)state;
    pictures(0, 2 * GOP);
    assert_true(signs.ready);
    tables(0);
    assert_false(signs.ready);
    assert_int_equal(1, unready);
    tables(1);
    pictures(2 * GOP, 4 * GOP);
    assert_true(signs.ready);
    tables(2);
    assert_false(signs.ready);
    pictures(4 * GOP, 6 * GOP);
    assert_true(signs.ready);
    assert_int_equal(2, unready);
    assert_well();
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_marks_are_few),
        CASE(test_keyframes_while_the_clock_is_set_back),
        CASE(test_keeps_while_the_clock_is_set_forward),
        CASE(test_begins_where_the_dates_end),
        CASE(test_begins_near_when_the_clock_was_set_forward),
        CASE(test_begins_near_when_the_clock_was_set_back),
        CASE(test_new_tables),
    };

    if (config_load(&config, NULL, NULL, 0, stderr))
        return 1;
    log_setup(LOG_LEVEL_ERROR);
    ts_demux_setup_log();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
