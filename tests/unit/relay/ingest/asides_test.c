/* What feeds tell of splice points, tags and captions: when, where on the timeline, how much. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/asides.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/codecs/record.h"
#include "tests/unit/relay/ingest/aside_packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

enum { START = 900000, RAW = 5000 };

static struct link_message told[64];
static size_t count;
static struct asides *a;
static struct packager *p;
static unsigned counter;
static const struct ts_aside cues = {.pid = 0x102, .type = TS_TYPE_SCTE35};
static const struct ts_aside metadata = {.pid = 0x103, .type = TS_TYPE_METADATA};

static void on_send(void *ctx, const struct link_message *m, int fd)
{
    assert_ptr_equal(ctx, &count);
    assert_int_equal(fd, -1);
    assert_int_equal(m->worker, 3);
    assert_true(m->feed == 77);
    assert_true(count < 64);
    told[count++] = *m;
}

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     const char *language, uint32_t bytes, int fd)
{
    (void)ctx, (void)track, (void)init_id, (void)params, (void)language, (void)bytes;
    close(fd);
}

static void on_segment(void *ctx, const struct packager_segment *s, int fd)
{
    (void)ctx, (void)s;
    if (fd >= 0)
        close(fd);
}

static int begin(void **state)
{
    struct asides_out out = {
        .ctx = &count, .send = on_send, .worker = 3, .feed = 77, .log_name = "test"};
    struct packager_out cb = {.track = on_track, .segment = on_segment};
    struct packager_track video = {.codec = CODEC_H264};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .start_90k = START};

    (void)state;
    count = 0;
    counter = 0;
    assert_int_equal(asides_new(&a, &out), 0);
    assert_int_equal(packager_new(&p, &o, &video, 1, &cb), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    asides_free(&a);
    packager_free(&p);
    return 0;
}

/* One access unit of raw time `raw`, an IDR picture with its sets, and perhaps with an SEI. */
static void unit(uint64_t raw, const uint8_t *sei, size_t len)
{
    static const uint8_t slice[] = {0x65, 0x88, 0x84, 0x00, 0x33};
    struct nal nals[8];
    size_t n = record_avcc(H264_BASE_RECORD, nals);

    if (sei)
        nals[n++] = (struct nal){.data = sei, .len = len};
    nals[n++] = (struct nal){.data = slice, .len = sizeof(slice)};
    struct access_unit u = {.raw_pts = raw, .raw_dts = raw, .nals = nals, .nal_count = n};
    struct packager_unit k = {.raw_pts = raw, .raw_dts = raw, .nals = nals, .nal_count = n};
    assert_int_equal(packager_take(p, &k), 0);
    asides_unit(a, CODEC_H264, &u, p);
}

static void cue(uint32_t id, bool leaves, uint64_t pts, uint64_t duration_90k)
{
    uint8_t bytes[65] = {0}, packet[TS_PACKET];

    put_packet(packet, cues.pid, counter++, true, bytes,
               1 + put_insert(bytes + 1, id, leaves, pts, duration_90k));
    asides_packet(a, 0, &cues, packet);
}

static void tag(const char *text, uint64_t pts)
{
    uint8_t bytes[184], packet[TS_PACKET];
    size_t len = put_id3(bytes + 14, text);

    put_pes(bytes, pts, len, true);
    put_packet(packet, metadata.pid, counter++, true, bytes, 14 + len);
    asides_packet(a, 1, &metadata, packet);
}

static void test_events_wait_for_the_timeline(void **state)
{
    (void)state;
    cue(7, true, RAW + 90000, 450000);
    tag("a", RAW + 45000);
    assert_int_equal(count, 0);
    unit(RAW, NULL, 0);
    assert_int_equal(count, 2);
    const struct link_event *e = &told[0].u.event;
    assert_int_equal(told[0].type, LINK_EVENT);
    assert_int_equal(e->kind, LINK_EVENT_OUT);
    assert_int_equal(e->id, 7);
    assert_true(e->at_90k == START + 90000 && e->planned_90k == 450000);
    assert_false(e->immediate);
    assert_int_equal(e->bytes[0], 0xfc);
    assert_int_equal(psi_crc(e->bytes, e->len), 0);
    e = &told[1].u.event;
    assert_int_equal(e->kind, LINK_EVENT_ID3);
    assert_true(e->at_90k == START + 45000 && e->planned_90k == -1);
    assert_memory_equal(e->bytes, "ID3", 3);
}

/* "At once" is where the next picture stands; times wrap as pictures' do. */
static void test_places(void **state)
{
    (void)state;
    unit(RAW, NULL, 0);
    cue(1, false, UINT64_MAX, 0);
    assert_int_equal(count, 0);
    unit(RAW + 3000, NULL, 0);
    assert_int_equal(count, 1);
    assert_int_equal(told[0].u.event.kind, LINK_EVENT_IN);
    assert_true(told[0].u.event.immediate);
    assert_true(told[0].u.event.at_90k == START + 3000);
    cue(2, true, (RAW - 9000) & 0x1ffffffff, 0); /* 33 bits: just before */
    unit(RAW + 6000, NULL, 0);
    assert_true(told[1].u.event.at_90k == START - 9000);
    cue(3, true, (RAW - 2000000) & 0x1ffffffff, 0); /* before the timeline began: no place */
    unit(RAW + 9000, NULL, 0);
    assert_int_equal(count, 2);
    struct asides_count c;
    asides_count(a, &c);
    assert_int_equal(c.left_out, 1);
    assert_int_equal(c.broken, 0);
}

static void test_too_many(void **state)
{
    struct asides_count c;

    (void)state;
    unit(RAW, NULL, 0);
    for (uint32_t i = 0; i < 40; i++) {
        cue(i, true, RAW + 90000, 0);
        unit(RAW + 3000 * (i + 1), NULL, 0);
    }
    assert_int_equal(count, ASIDES_PER_S);
    asides_count(a, &c);
    assert_int_equal(c.left_out, 40 - ASIDES_PER_S);
    asides_second(a, false);
    cue(50, true, RAW + 90000, 0);
    unit(RAW + 3000 * 50, NULL, 0);
    assert_int_equal(count, ASIDES_PER_S + 1);
    asides_second(a, false);
    for (uint32_t i = 0; i < 40; i++) { /* nothing asks for the time: what waits is bounded */
        cue(i, true, RAW + 90000, 0);
        asides_second(a, false);
    }
    asides_count(a, &c);
    assert_true(c.left_out > 40 - ASIDES_PER_S);
}

static void test_captions_are_told_once(void **state)
{
    static const uint8_t padding[] = {6,   4, 14,   0xb5, 0,    0x31, 'G',  'A',  '9',
                                      '4', 3, 0x41, 0xff, 0xfc, 0x80, 0x80, 0xff, 0x80};
    uint8_t captions[sizeof(padding)];

    (void)state;
    memcpy(captions, padding, sizeof(padding));
    captions[14] = 0x94;
    captions[15] = 0x20;
    unit(RAW, NULL, 0);
    assert_int_equal(count, 0);
    unit(RAW + 3000, padding, sizeof(padding));
    unit(RAW + 6000, padding, sizeof(padding));
    assert_int_equal(count, 1);
    assert_int_equal(told[0].type, LINK_CAPTIONS);
    assert_true(told[0].u.captions.carried);
    assert_int_equal(told[0].u.captions.channels, 0);
    unit(RAW + 9000, captions, sizeof(captions));
    unit(RAW + 12000, captions, sizeof(captions));
    assert_int_equal(count, 2);
    assert_int_equal(told[1].u.captions.channels, 1);
    assert_true(told[1].u.captions.services == 0);
}

/* Another PID in the same place: nothing of the old one's half section is joined to it. */
static void test_a_pid_moves(void **state)
{
    uint8_t bytes[65] = {0}, packet[TS_PACKET];
    size_t len = put_insert(bytes + 1, 9, true, RAW, 0);
    const struct ts_aside other = {.pid = 0x200, .type = TS_TYPE_SCTE35};

    (void)state;
    unit(RAW, NULL, 0);
    put_packet(packet, cues.pid, 0, true, bytes, 21);
    asides_packet(a, 0, &cues, packet);
    put_packet(packet, other.pid, 1, false, bytes + 21, len - 20);
    asides_packet(a, 0, &other, packet);
    unit(RAW + 3000, NULL, 0);
    assert_int_equal(count, 0);
    put_packet(packet, other.pid, 2, true, bytes, 1 + len);
    asides_packet(a, 0, &other, packet);
    unit(RAW + 6000, NULL, 0);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_events_wait_for_the_timeline, begin, end),
        cmocka_unit_test_setup_teardown(test_places, begin, end),
        cmocka_unit_test_setup_teardown(test_too_many, begin, end),
        cmocka_unit_test_setup_teardown(test_captions_are_told_once, begin, end),
        cmocka_unit_test_setup_teardown(test_a_pid_moves, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
