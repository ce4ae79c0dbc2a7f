/* The demuxer on its coroutine: every PES whole, however the bytes come, and a shallow stack. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_demux.h"
#include "tests/unit/relay/ingest/ts_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { UNITS = 300, STREAM_BYTES = 4 << 20, UNIT_MAX = 12000 };

static struct sent {
    size_t track, len;
    uint64_t pts, dts;
    uint8_t *data;
} sent[UNITS];
static uint8_t stream[STREAM_BYTES];
static struct ts_writer writer;
static size_t next[2], got, corrupt;

static int make_stream(void **state)
{
    (void)state;
    srand(11);
    ts_demux_setup_log();
    writer = (struct ts_writer){.out = stream, .size = sizeof(stream)};
    for (size_t i = 0; i < UNITS; i++) {
        struct sent *s = &sent[i];

        s->track = i % 3 == 2;
        s->len = s->track ? 100 + (size_t)rand() % 300 : 1 + (size_t)rand() % UNIT_MAX;
        s->dts = (0x1ffffffffu - 90000 + i * 1000) & 0x1ffffffff; /* across the wrap */
        s->pts = s->track ? s->dts : (s->dts + 6000) & 0x1ffffffff;
        s->data = malloc(s->len);
        for (size_t k = 0; k < s->len; k++)
            s->data[k] = (uint8_t)(rand() & 0x7f);
        ts_write_pes(&writer, s->track ? TS_WAY_AUDIO_PID + 1 : TS_WAY_VIDEO_PID,
                     s->track ? 0xc0 : 0xe0, s->pts, s->dts, s->data, s->len, (int)s->track);
    }
    return 0;
}

static int free_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNITS; i++)
        free(sent[i].data);
    return 0;
}

static void on_pes(void *ctx, const struct ts_pes *pes)
{
    size_t *at = &next[pes->track];

    (void)ctx;
    got++;
    corrupt += pes->corrupt;
    if (pes->corrupt)
        return;
    while (*at < UNITS && (sent[*at].track != pes->track || sent[*at].dts != pes->raw_dts))
        ++*at;
    assert_true(*at < UNITS);
    assert_int_equal(pes->raw_pts, sent[*at].pts);
    assert_int_equal(pes->len, sent[*at].len);
    assert_memory_equal(pes->data, sent[*at].data, pes->len);
    ++*at;
}

static struct ts_demux *make(size_t max_pes)
{
    struct ts_demux *d;

    next[0] = next[1] = got = corrupt = 0;
    assert_int_equal(ts_demux_new(&d, max_pes, on_pes, NULL), 0);
    return d;
}

static void test_every_unit_in_any_steps(void **state)
{
    static const size_t steps[] = {1, 2, 7, 64, 1000, 30000};

    (void)state;
    for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
        struct ts_demux *d = make(1 << 20);

        for (size_t at = 0; at < writer.len; at += steps[k] * TS_PACKET) {
            size_t n =
                writer.len - at < steps[k] * TS_PACKET ? writer.len - at : steps[k] * TS_PACKET;

            assert_int_equal(ts_demux_push(d, stream + at, n), 0);
        }
        assert_in_range(got, UNITS - 2, UNITS);
        ts_demux_end(d);
        assert_int_equal(got, UNITS);
        assert_int_equal(corrupt, 0);
        ts_demux_free(&d);
    }
}

static void test_a_lost_packet_spoils_one_unit(void **state)
{
    struct ts_demux *d = make(1 << 20);
    size_t lost = 0;

    (void)state;
    for (size_t at = 0; at < writer.len; at += TS_PACKET) {
        if (at / TS_PACKET % 500 == 250 && !(stream[at + 1] & 0x40) && stream[at + 2] == 0) {
            lost++;
            continue;
        }
        assert_int_equal(ts_demux_push(d, stream + at, TS_PACKET), 0);
    }
    ts_demux_end(d);
    ts_demux_free(&d);
    assert_true(lost > 3);
    assert_int_equal(corrupt, lost);
    assert_int_equal(got, UNITS);
}

static void test_stack_stays_shallow(void **state)
{
    struct ts_demux *d = make(1 << 20);

    (void)state;
    assert_int_equal(ts_demux_push(d, stream, writer.len), 0);
    /* a quarter of the 256 KiB it has; sanitizers make frames larger */
    print_message("stack used: %zu bytes\n", ts_demux_stack_used(d));
    assert_in_range(ts_demux_stack_used(d), 4096, 128 * 1024);
    ts_demux_free(&d);
}

static void ignore(void *ctx, const struct ts_pes *pes)
{
    (void)ctx, (void)pes;
}

static void test_freed_at_any_moment(void **state)
{
    (void)state;
    for (size_t n = 0; n < 120; n++) {
        struct ts_demux *d;

        assert_int_equal(ts_demux_new(&d, 4096, ignore, NULL), 0);
        assert_int_equal(ts_demux_push(d, stream, n * TS_PACKET), 0);
        ts_demux_free(&d);
        assert_null(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_unit_in_any_steps),
        cmocka_unit_test(test_a_lost_packet_spoils_one_unit),
        cmocka_unit_test(test_stack_stays_shallow),
        cmocka_unit_test(test_freed_at_any_moment),
    };

    return cmocka_run_group_tests(tests, make_stream, free_stream);
}
