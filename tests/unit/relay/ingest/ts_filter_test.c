/* The TS filter: tables, choice of tracks, sync, continuity, and what a stranger can waste. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct ts_filter f;
static struct ts_layout layout;
static size_t layouts, packets, asides;
static uint16_t aside_pid;
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
    (void)ctx;
    layouts++;
    layout = *l;
}

static void on_aside(void *ctx, size_t index, const struct ts_aside *aside,
                     const uint8_t packet[static TS_PACKET])
{
    assert_ptr_equal(ctx, &f);
    assert_true(index < f.layout.aside_count);
    assert_int_equal(packet[0], 0x47);
    asides++;
    aside_pid = aside->pid;
}

static void reset(uint32_t audio_max)
{
    struct ts_out out = {
        .packet = on_packet, .layout = on_layout, .aside = on_aside, .aside_ctx = &f};

    layouts = packets = asides = 0;
    memset(&layout, 0, sizeof(layout));
    ts_filter_init(&f, audio_max, &out);
}

static void tables(const struct psi_stream *s, size_t n)
{
    uint8_t p[2 * TS_PACKET];

    psi_write(s, n, 0x1000, 0x100, p);
    ts_filter_take(&f, p, sizeof(p));
}

static void media(uint8_t p[static TS_PACKET], uint16_t pid, unsigned counter)
{
    memset(p, 0xaa, TS_PACKET);
    p[0] = 0x47;
    p[1] = (uint8_t)(pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = (uint8_t)(0x10 | (counter & 15));
}

static const struct psi_stream both[] = {{.pid = 0x101, .type = 0x0f},
                                         {.pid = 0x100, .type = 0x1b}};

static void test_tracks_are_chosen(void **state)
{
    static const struct psi_stream many[] = {
        {.pid = 0x50, .type = 0x86}, {.pid = 0x51, .type = 0x0f}, {.pid = 0x52, .type = 0x24},
        {.pid = 0x53, .type = 0x0f}, {.pid = 0x54, .type = 0x1b}, {.pid = 0x55, .type = 0x0f},
    };

    (void)state;
    reset(2);
    tables(many, 6);
    assert_int_equal(layouts, 1);
    assert_int_equal(layout.count, 3);
    assert_int_equal(layout.tracks[0].pid, 0x52);
    assert_int_equal(layout.tracks[0].codec, CODEC_HEVC);
    assert_int_equal(layout.tracks[1].pid, 0x51);
    assert_int_equal(layout.tracks[2].pid, 0x53);
    assert_null(strstr(layout.left_out, "SCTE-35"));
    assert_int_equal(layout.aside_count, 1);
    assert_int_equal(layout.asides[0].pid, 0x50);
    assert_non_null(strstr(layout.left_out, "second video"));
    assert_non_null(strstr(layout.left_out, "too many"));
    tables(many, 6); /* repeated tables are no news */
    assert_int_equal(layouts, 1);
    tables(many + 1, 2);
    assert_int_equal(layouts, 2);
    assert_int_equal(layout.count, 2);
}

static void test_only_our_packets_pass(void **state)
{
    uint8_t p[TS_PACKET];

    (void)state;
    reset(7);
    tables(both, 2);
    for (unsigned pid = 0; pid < 8192; pid++) {
        media(p, (uint16_t)pid, 0);
        ts_filter_take(&f, p, sizeof(p));
    }
    assert_int_equal(packets, 2);
    assert_int_equal(layouts, 1);
    assert_in_range(f.count.ignored, 8187, 8192);
}

static void test_continuity_and_copies(void **state)
{
    uint8_t p[TS_PACKET];
    static const unsigned counters[] = {14, 15, 0, 0, 1, 3, 4};

    (void)state;
    reset(7);
    tables(both, 2);
    for (size_t i = 0; i < 7; i++) {
        media(p, 0x100, counters[i]);
        ts_filter_take(&f, p, sizeof(p));
    }
    assert_int_equal(packets, 6); /* the second 0 is a copy */
    assert_int_equal(f.count.continuity, 1);
}

/* Metadata has a way of its own, may come and go without a new layout, and is bounded. */
static void test_asides(void **state)
{
    static const struct psi_stream with[] = {{.pid = 0x101, .type = 0x0f},
                                             {.pid = 0x100, .type = 0x1b},
                                             {.pid = 0x102, .type = 0x15},
                                             {.pid = 0x103, .type = 0x86}};
    static const struct psi_stream moved[] = {
        {.pid = 0x101, .type = 0x0f}, {.pid = 0x100, .type = 0x1b}, {.pid = 0x104, .type = 0x86}};
    static const struct psi_stream many[] = {
        {.pid = 0x100, .type = 0x1b}, {.pid = 0x110, .type = 0x86}, {.pid = 0x111, .type = 0x86},
        {.pid = 0x112, .type = 0x86}, {.pid = 0x113, .type = 0x86}, {.pid = 0x114, .type = 0x86},
        {.pid = 0x100, .type = 0x86},
    };
    uint8_t p[TS_PACKET];

    (void)state;
    reset(7);
    tables(with, 4);
    assert_int_equal(layout.count, 2);
    assert_string_equal(layout.left_out, "");
    media(p, 0x103, 0);
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(asides, 1);
    assert_int_equal(aside_pid, 0x103);
    assert_int_equal(packets, 0);
    tables(moved, 3);
    assert_int_equal(layouts, 1);
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(asides, 1); /* that PID is nobody's now */
    media(p, 0x104, 0);
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(asides, 2);
    tables(many, 7);
    assert_int_equal(f.layout.aside_count, TS_ASIDES_MAX);
    assert_non_null(strstr(f.layout.left_out, "SCTE-35"));
    media(p, 0x100, 0); /* the picture's PID is the picture's */
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(packets, 1);
}

static void test_any_alignment(void **state)
{
    static uint8_t stream[400 * TS_PACKET];

    (void)state;
    for (size_t i = 0; i < 400; i++)
        media(stream + i * TS_PACKET, 0x100, (unsigned)i);
    for (size_t step = 1; step < 1500; step += 37) {
        reset(7);
        tables(both, 2);
        for (size_t at = 0; at < sizeof(stream); at += step)
            ts_filter_take(&f, stream + at,
                           sizeof(stream) - at < step ? sizeof(stream) - at : step);
        if (packets != 400)
            fail_msg("in steps of %zu bytes: %zu of 400 packets", step, packets);
        assert_int_equal(f.count.sync_lost, 0);
    }
}

/* Messages that begin within a packet, and by chance with 0x47: what was carried over is still
 * good. */
static void test_a_message_that_looks_aligned(void **state)
{
    static uint8_t stream[70 * TS_PACKET];

    (void)state;
    for (size_t i = 0; i < 70; i++) {
        media(stream + i * TS_PACKET, 0x100, (unsigned)i);
        stream[i * TS_PACKET + 30] = i % 2 ? 0x47 : 0xaa;
    }
    reset(7);
    tables(both, 2);
    ts_filter_take(&f, stream, 30);
    for (size_t at = 30; at < sizeof(stream); at += 1316)
        ts_filter_take(&f, stream + at, sizeof(stream) - at < 1316 ? sizeof(stream) - at : 1316);
    assert_int_equal(packets, 70);
    assert_int_equal(f.count.sync_lost, 0);
}

static void test_resync_after_garbage(void **state)
{
    uint8_t junk[1316], p[7 * TS_PACKET];

    (void)state;
    reset(7);
    tables(both, 2);
    srand(3);
    for (int i = 0; i < 1000; i++) {
        for (size_t k = 0; k < sizeof(junk); k++)
            junk[k] = (uint8_t)rand();
        ts_filter_take(&f, junk, sizeof(junk));
    }
    packets = 0;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned k = 0; k < 7; k++)
            media(p + k * TS_PACKET, 0x100, round * 7 + k);
        ts_filter_take(&f, p, sizeof(p));
    }
    assert_in_range(packets, 139, 140); /* at most one was taken for junk's end */
    assert_true(f.count.sync_lost > 100);
}

/* Noise of any length between packets, some of it 0x47, in messages that begin anywhere: no packet
 * before or behind it is lost, and none is made up. */
static void test_no_packet_is_lost_to_noise(void **state)
{
    static uint8_t stream[60 * TS_PACKET + 6000];

    (void)state;
    srand(5);
    for (size_t noise = 1; noise < 6000; noise += 101) {
        size_t len = 0;

        for (unsigned i = 0; i < 60; i++) {
            media(stream + len, 0x100, i);
            stream[len + 4] = i % 3 ? 0x47 : 0; /* in the way of who looks for two only */
            stream[len + 100] = (uint8_t)(rand() % 8 ? 0 : 0x47);
            len += TS_PACKET;
            for (size_t k = 0; i == 21 && k < noise; k++) /* the end of this one begins a message */
                stream[len++] = (uint8_t)(rand() % 20 ? rand() : 0x47);
        }
        reset(7);
        tables(both, 2);
        ts_filter_take(&f, stream, noise % TS_PACKET);
        for (size_t at = noise % TS_PACKET; at < len; at += 1316)
            ts_filter_take(&f, stream + at, len - at < 1316 ? len - at : 1316);
        if (packets != 60 || f.count.continuity)
            fail_msg("%zu bytes of noise: %zu of 60 packets", noise, packets);
    }
}

static void test_bad_tables_change_nothing(void **state)
{
    uint8_t p[2 * TS_PACKET], flipped[2 * TS_PACKET];

    (void)state;
    reset(7);
    psi_write(both, 2, 0x1000, 0x100, p);
    ts_filter_take(&f, p, TS_PACKET);                     /* the PAT */
    for (size_t bit = 5 * 8; bit < (5 + 26) * 8; bit++) { /* the PMT's section */
        memcpy(flipped, p, sizeof(p));
        flipped[TS_PACKET + bit / 8] ^= (uint8_t)(1u << bit % 8);
        ts_filter_take(&f, flipped + TS_PACKET, TS_PACKET);
    }
    assert_int_equal(layouts, 0);
    ts_filter_take(&f, p + TS_PACKET, TS_PACKET);
    assert_int_equal(layouts, 1);
}

/* A PMT of many streams spans packets and is cut to what we can carry. */
static void test_long_table(void **state)
{
    uint8_t section[1024] = {2, 0, 0, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0}, p[TS_PACKET];
    uint8_t pat[2 * TS_PACKET];
    size_t n = 12, at = 0;
    uint32_t crc;

    (void)state;
    reset(7);
    psi_write(both, 2, 0x1000, 0x100, pat);
    ts_filter_take(&f, pat, TS_PACKET);
    for (unsigned i = 0; i < 190; i++, n += 5)
        memcpy(section + n, (uint8_t[]){0x0f, (uint8_t)(0xe1 + (i >> 8)), (uint8_t)i, 0xf0, 0}, 5);
    section[1] = (uint8_t)(0xb0 | (n + 4 - 3) >> 8);
    section[2] = (uint8_t)(n + 4 - 3);
    crc = psi_crc(section, n);
    for (int i = 0; i < 4; i++)
        section[n++] = (uint8_t)(crc >> (24 - 8 * i));
    for (unsigned counter = 0; at < n; counter++) {
        size_t room = at ? 184 : 183, take = n - at < room ? n - at : room;

        media(p, 0x1000, counter);
        memset(p + 4, 0xff, 184);
        if (!at) {
            p[1] |= 0x40;
            p[4] = 0;
        }
        memcpy(p + (at ? 4 : 5), section + at, take);
        at += take;
        ts_filter_take(&f, p, sizeof(p));
    }
    assert_int_equal(layouts, 1);
    assert_int_equal(layout.count, 7);
    assert_true(f.program.truncated);
}

/* One packet with a PMT of streams that have descriptors. */
static void table_of(const uint8_t *streams, size_t bytes)
{
    uint8_t p[2 * TS_PACKET], *section = p + TS_PACKET + 5;
    size_t n = 12 + bytes;
    uint32_t crc;

    psi_write(both, 2, 0x1000, 0x100, p);
    assert_true(5 + n + 4 <= TS_PACKET);
    memcpy(section + 12, streams, bytes);
    section[2] = (uint8_t)(n + 4 - 3);
    crc = psi_crc(section, n);
    for (int i = 0; i < 4; i++)
        section[n++] = (uint8_t)(crc >> (24 - 8 * i));
    ts_filter_take(&f, p, sizeof(p));
}

static void test_private_streams_by_their_descriptors(void **state)
{
    static const uint8_t streams[] = {
        0x06, 0xe0, 0x50, 0xf0, 0x0a, 0x05, 4,    'O',  'p',  'u',  's',  0x7f, 2,    0x80,
        6,    0x06, 0xe0, 0x51, 0xf0, 0x09, 0x0a, 4,    'd',  'e',  'u',  0,    0x6a, 1,
        0,    0x06, 0xe0, 0x52, 0xf0, 0x06, 0x05, 4,    'E',  'A',  'C',  '3',  0x06, 0xe0,
        0x53, 0xf0, 0x06, 0x05, 4,    'A',  'C',  '-',  '3',  0x06, 0xe0, 0x54, 0xf0, 0x03,
        0x7a, 1,    0,    0x11, 0xe0, 0x55, 0xf0, 0x00, 0x06, 0xe0, 0x56, 0xf0, 0x03, 0x56,
        1,    0,    0x06, 0xe0, 0x57, 0xf0, 0x0a, 0x05, 4,    'O',  'p',  'u',  's',  0x7f,
        2,    0x80, 0x81, 0x87, 0xe0, 0x58, 0xf0, 0x04, 0x7a, 200,  0,    0, /* a descriptor that
                                                                                ends elsewhere */
    };
    static const enum codec_id want[] = {CODEC_OPUS, CODEC_AC3,  CODEC_EAC3, CODEC_AC3,
                                         CODEC_EAC3, CODEC_LATM, CODEC_EAC3};
    (void)state;
    reset(7);
    table_of(streams, sizeof(streams));
    assert_int_equal(layouts, 1);
    assert_int_equal(layout.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(layout.tracks[i].codec, want[i]);
    assert_int_equal(layout.tracks[0].audio_config, 6);
    assert_string_equal(layout.tracks[1].language, "deu");
    assert_int_equal(layout.left_out_count, 2);
    assert_non_null(strstr(layout.left_out, "private data"));
    assert_non_null(strstr(layout.left_out, "Opus"));
}

/* What the demuxer is told is one H.264 track and AAC, whatever comes. */
static void test_tables_for_the_demuxer(void **state)
{
    uint8_t psi[2 * TS_PACKET];

    (void)state;
    ts_filter_psi(psi);
    for (size_t i = 0; i < 1 + TS_TRACKS_MAX; i++)
        assert_int_equal(psi[TS_PACKET + 5 + 12 + 5 * i], i ? 0x0f : 0x1b);
}

static void test_another_codec_on_the_same_pid(void **state)
{
    static const uint8_t opus[] = {0x06, 0xe0, 0x50, 0xf0, 6, 0x05, 4, 'O', 'p', 'u', 's'};
    static const uint8_t eac3[] = {0x06, 0xe0, 0x50, 0xf0, 6, 0x05, 4, 'E', 'A', 'C', '3'};

    (void)state;
    reset(7);
    table_of(opus, sizeof(opus));
    table_of(eac3, sizeof(eac3));
    assert_int_equal(layouts, 2);
    assert_int_equal(layout.tracks[0].codec, CODEC_EAC3);
    table_of(eac3, sizeof(eac3));
    assert_int_equal(layouts, 2);
}

/* A bit of a sync byte is wrong, twice within a few packets: those between are good. */
static void test_a_wrong_sync_byte_costs_its_packet(void **state)
{
    uint8_t p[14 * TS_PACKET];

    (void)state;
    reset(7);
    tables(both, 2);
    for (unsigned i = 0; i < 14; i++)
        media(p + i * TS_PACKET, 0x100, i);
    p[2 * TS_PACKET] = 0x46;
    p[5 * TS_PACKET] = 0x57;
    ts_filter_take(&f, p, sizeof(p));
    assert_int_equal(packets, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracks_are_chosen),
        cmocka_unit_test(test_only_our_packets_pass),
        cmocka_unit_test(test_continuity_and_copies),
        cmocka_unit_test(test_asides),
        cmocka_unit_test(test_any_alignment),
        cmocka_unit_test(test_a_message_that_looks_aligned),
        cmocka_unit_test(test_resync_after_garbage),
        cmocka_unit_test(test_no_packet_is_lost_to_noise),
        cmocka_unit_test(test_bad_tables_change_nothing),
        cmocka_unit_test(test_long_table),
        cmocka_unit_test(test_private_streams_by_their_descriptors),
        cmocka_unit_test(test_another_codec_on_the_same_pid),
        cmocka_unit_test(test_tables_for_the_demuxer),
        cmocka_unit_test(test_a_wrong_sync_byte_costs_its_packet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
