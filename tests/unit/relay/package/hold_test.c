/* A held picture: all of it, or nothing. */
/* SPDX-License-Identifier: MIT */
#include "codecs/mpeg_audio.h"
#include "relay/package/film.h"
#include "relay/package/hold.h"
#include "relay/package/packager.h"
#include "tests/unit/relay/package/many_slices.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct file {
    uint8_t bytes[65536];
    size_t len;
};

static struct file init, segment;

static void read_file(struct file *f, uint32_t bytes, int fd)
{
    assert_true(bytes <= sizeof(f->bytes));
    assert_int_equal(pread(fd, f->bytes, bytes, 0), bytes);
    f->len = bytes;
    close(fd);
}

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     const char *language, uint32_t bytes, int fd)
{
    (void)ctx, (void)track, (void)init_id, (void)params, (void)language;
    read_file(&init, bytes, fd);
}

static void on_segment(void *ctx, const struct packager_segment *s, int fd)
{
    (void)ctx;
    read_file(&segment, s->bytes, fd);
}

/* One unit as the room would have it: in init and segment. */
static void publish_unit(enum codec_id codec, const struct packager_unit *u)
{
    const struct packager_track one = {.codec = codec};
    struct packager_out out = {.track = on_track, .segment = on_segment};
    struct packager_options o = {
        .segment_ms = 2000, .max_target_s = 10, .segment_bytes = 1 << 24, .part_90k = 45000};
    struct packager *p;

    assert_int_equal(packager_new(&p, &o, &one, 1, &out), 0);
    assert_int_equal(packager_take(p, u), 0);
    assert_int_equal(packager_end(p), 0);
    packager_free(&p);
}

static void publish(size_t slices)
{
    static struct nal nals[SLICES_MAX + 2];
    struct packager_unit u = {.nals = nals, .nal_count = many_slices(nals, slices, true)};

    publish_unit(CODEC_H264, &u);
}

static int hold_it(uint8_t **bytes, size_t *len)
{
    struct hold *h;
    int rc;

    assert_int_equal(hold_new(&h), 0);
    assert_int_equal(hold_add_init(h, init.bytes, init.len, ""), 0);
    rc = hold_add_idr(h, segment.bytes, segment.len);
    if (!rc)
        rc = hold_finish(h, 45000, bytes, len);
    hold_free(&h);
    return rc;
}

static void test_many_slices(void **state)
{
    static struct nal nals[SLICES_MAX];
    struct film film;
    struct film_cursor c = {{0}};
    struct film_frame frame;
    uint8_t *bytes;
    size_t len;

    (void)state;
    publish(1000);
    assert_int_equal(hold_it(&bytes, &len), 0);
    assert_int_equal(film_open(&film, bytes, len), 0);
    for (int i = 0; i < 2; i++) {
        film_take(&film, &c, 0, &frame);
        /* with the parameter sets of the init segment and of the picture */
        assert_int_equal(film_nals(&frame, nals, SLICES_MAX), 1000 + 2 + 2);
    }
    free(bytes);
}

static void test_too_many_slices(void **state)
{
    uint8_t *bytes;
    size_t len;

    (void)state;
    publish(CODEC_NALS_MAX + 1);
    assert_int_equal(hold_it(&bytes, &len), -EINVAL);
    publish(CODEC_NALS_MAX - 1); /* which the parameter sets make too many */
    assert_int_equal(hold_it(&bytes, &len), -EINVAL);
}

/* ISO/IEC 11172-3 2.4.1.3: a frame of that layer, 64 kbit/s, 48 kHz, stereo; the silence that is
 * held after it is of the same layer. */
static void held_layer(unsigned layer)
{
    uint8_t frame[192] = {0xff, (uint8_t)(0xf9 | (4 - layer) << 1), layer == 2 ? 0x44 : 0x54, 0};
    struct packager_unit u = {.data = frame, .len = sizeof(frame)};
    struct mpeg_audio m;
    struct film film;
    struct film_cursor c = {{0}};
    struct film_frame got;
    struct hold *h;
    uint8_t *bytes;
    size_t len;

    publish_unit(CODEC_MP3, &u);
    assert_int_equal(hold_new(&h), 0);
    assert_int_equal(hold_add_init(h, init.bytes, init.len, ""), 0);
    assert_int_equal(hold_finish(h, 45000, &bytes, &len), 0);
    assert_int_equal(hold_left_out(h), 0);
    hold_free(&h);
    assert_int_equal(film_open(&film, bytes, len), 0);
    film_take(&film, &c, 0, &got);
    assert_int_equal(mpeg_audio_parse(got.data, got.len, &m), 0);
    assert_int_equal(m.layer, layer);
    assert_int_equal(m.bytes, got.len);
    assert_int_equal(m.sample_rate, 48000);
    assert_int_equal(m.channels, 2);
    for (size_t i = 4; i < got.len; i++)
        assert_int_equal(got.data[i], 0);
    free(bytes);
}

static void test_mpeg_sound(void **state)
{
    (void)state;
    held_layer(3);
    held_layer(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_slices),
        cmocka_unit_test(test_too_many_slices),
        cmocka_unit_test(test_mpeg_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
