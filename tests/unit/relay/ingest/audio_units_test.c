/* Audio frames from PES payloads: in any pieces, with garbage between, in the right place in time.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/audio_units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 60, FRAME_BYTES_MAX = 1100 };

static uint8_t stream[FRAMES * FRAME_BYTES_MAX];
static size_t starts[FRAMES + 1];
static struct {
    size_t count, bytes;
    uint64_t pts[FRAMES * 4];
    size_t len[FRAMES * 4];
} got;

static void on_frame(void *ctx, const uint8_t *frame, size_t len, uint64_t pts)
{
    (void)ctx, (void)frame;
    assert_true(got.count < FRAMES * 4);
    got.pts[got.count] = pts;
    got.len[got.count++] = len;
    got.bytes += len;
}

/* Contents that hold no sync word of any codec. */
static size_t body(uint8_t *p, size_t n)
{
    memset(p, 0x11, n);
    return n;
}

struct kind {
    enum codec_id codec;
    uint32_t samples, rate;
    size_t (*put)(uint8_t *p, size_t i);
};

static size_t put_ac3(uint8_t *p, size_t i)
{
    (void)i;
    memcpy(p, "\x0b\x77\0\0\x00\x40\x43\xe0", 8);
    return 8 + body(p + 8, 120); /* 32 kbit/s at 48 kHz */
}

/* A syncframe of one block; a dependent one after it in every third unit. */
static size_t put_eac3(uint8_t *p, size_t i)
{
    size_t n = 0;

    for (int block = 0; block < 6; block++) {
        memcpy(p + n, "\x0b\x77\x00\x13\x04\x80\x00", 7);
        n += 7 + body(p + n + 7, 33);
    }
    if (i % 3 == 0) {
        memcpy(p + n, "\x0b\x77\x40\x13\x34\x80\x00", 7);
        n += 7 + body(p + n + 7, 33);
    }
    return n;
}

static size_t put_mp3(uint8_t *p, size_t i)
{
    memcpy(p, i % 2 ? "\xff\xfb\x92\x64" : "\xff\xfb\x90\x64", 4);
    return 4 + body(p + 4, i % 2 ? 414 : 413);
}

static size_t put_opus(uint8_t *p, size_t i)
{
    size_t n = 1 + i * 7 % 600, at = 2;

    memcpy(p, "\x7f\xe0", 2);
    for (size_t left = n;; left -= 255) {
        p[at++] = left >= 255 ? 255 : (uint8_t)left;
        if (left < 255)
            break;
    }
    p[at] = 0xf8;
    body(p + at + 1, n - 1);
    return at + n;
}

static size_t put_adts(uint8_t *p, size_t i)
{
    size_t n = 20 + i;

    memcpy(p,
           (uint8_t[]){0xff, 0xf1, 0x4c, 0x80, (uint8_t)(n >> 3), (uint8_t)(n << 5 | 0x1f), 0xfc},
           7);
    return 7 + body(p + 7, n - 7);
}

static const struct kind kinds[] = {
    {CODEC_AAC, 1024, 48000, put_adts},  {CODEC_AC3, 1536, 48000, put_ac3},
    {CODEC_EAC3, 1536, 48000, put_eac3}, {CODEC_MP3, 1152, 44100, put_mp3},
    {CODEC_OPUS, 960, 48000, put_opus},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct audio_units *make(const struct kind *k)
{
    struct audio_units *a;
    size_t at = 0;

    memset(&got, 0, sizeof(got));
    for (size_t i = 0; i < FRAMES; i++) {
        starts[i] = at;
        at += k->put(stream + at, i);
    }
    starts[FRAMES] = at;
    assert_int_equal(audio_units_new(&a, k->codec, on_frame, NULL), 0);
    return a;
}

static uint64_t time_of(const struct kind *k, size_t i)
{
    return 900000 + (i * k->samples * 90000 + k->rate / 2) / k->rate;
}

static void check_all(const struct kind *k, uint64_t slack)
{
    assert_int_equal(got.count, FRAMES);
    for (size_t i = 0; i < FRAMES; i++) {
        uint64_t want = time_of(k, i);

        assert_int_equal(got.len[i], starts[i + 1] - starts[i]);
        assert_in_range(got.pts[i], want - slack, want + slack);
    }
}

/* An E-AC-3 unit ends where a PES does, so no PES may end before a dependent substream. */
static bool parts_a_unit(size_t step)
{
    for (size_t i = 0; i < FRAMES; i += 3)
        if ((starts[i] + 240) % step == 0)
            return true;
    return false;
}

/* One PES with a time, then pieces of any size that have none. */
static void test_in_any_pieces(void **state)
{
    static const size_t steps[] = {1, 2, 3, 7, 41, 160, 184, 1000, sizeof(stream)};

    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
            struct audio_units *a = make(&kinds[k]);

            if (kinds[k].codec == CODEC_EAC3 && parts_a_unit(steps[s])) {
                audio_units_free(&a);
                continue;
            }
            for (size_t at = 0; at < starts[FRAMES]; at += steps[s]) {
                size_t n = starts[FRAMES] - at < steps[s] ? starts[FRAMES] - at : steps[s];

                assert_true(audio_units_take(a, stream + at, n, at == 0, 900000));
            }
            check_all(&kinds[k], 0);
            assert_int_equal(audio_units_lost_sync(a), 0);
            audio_units_free(&a);
        }
}

/* A PES's time is that of the first frame which begins in it. */
static void test_times_of_pes(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct audio_units *a = make(&kinds[k]);

        for (size_t i = 0; i < FRAMES; i += 3) { /* from inside a frame to inside the third next */
            size_t from = i ? starts[i] + 9 : 0,
                   to = i + 3 < FRAMES ? starts[i + 3] + 9 : starts[FRAMES];
            size_t first = i ? i + 1 : 0;

            assert_true(audio_units_take(a, stream + from, to - from, true,
                                         time_of(&kinds[k], first) & 0x1ffffffff));
        }
        check_all(&kinds[k], 1);
        audio_units_free(&a);
    }
}

static void test_garbage_between(void **state)
{
    uint8_t junk[50];

    (void)state;
    memset(junk, 0x22, sizeof(junk));
    junk[10] = 0x0b; /* half a sync word of several */
    junk[11] = 0xff;
    junk[12] = 0x7f;
    for (size_t k = 0; k < KINDS; k++) {
        struct audio_units *a = make(&kinds[k]);

        assert_false(audio_units_take(a, stream, starts[1], false, 0)); /* no time yet */
        assert_true(audio_units_take(a, junk, sizeof(junk), true, 5));
        assert_int_equal(got.count, 0);
        assert_true(audio_units_take(a, stream, starts[10], true, 900000));
        assert_int_equal(got.count, 10);
        assert_true(audio_units_take(a, junk, sizeof(junk), true, 5));
        assert_true(audio_units_take(a, stream, starts[10], true, 900000));
        assert_int_equal(got.count, 20);
        assert_int_equal(audio_units_lost_sync(a), 1);
        /* the head of a frame whose rest was lost */
        assert_true(audio_units_take(a, stream + starts[9], 15, true, 900000));
        audio_units_break(a);
        assert_true(audio_units_take(a, stream, starts[10], true, 900000));
        assert_int_equal(got.count, 30);
        audio_units_free(&a);
    }
}

static void test_random_bytes(void **state)
{
    static uint8_t noise[3000];

    (void)state;
    srand(5);
    for (size_t k = 0; k < KINDS; k++) {
        struct audio_units *a = make(&kinds[k]);
        uint64_t given = 0, back;

        for (int round = 0; round < 200; round++) {
            size_t n = 1 + (size_t)rand() % sizeof(noise);

            for (size_t i = 0; i < n; i++)
                noise[i] = (uint8_t)rand();
            memcpy(noise, stream, n < 8 ? n : 8); /* every one begins like a frame */
            given += n;
            got.count = 0;
            audio_units_take(a, noise, n, true, 0);
        }
        back = got.bytes;
        assert_true(back <= given);
        audio_units_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_any_pieces),
        cmocka_unit_test(test_times_of_pes),
        cmocka_unit_test(test_garbage_between),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
