/* Sample entries against the bytes that the standards lay down, and init segments around them. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/fmp4.h"
#include "relay/package/sample_entry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint8_t init[8192];
static size_t len;

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The boxes of [from, to) fill it exactly; returns where the named one's contents begin. */
static size_t inside(const char *name, size_t from, size_t to, size_t *end)
{
    size_t found = 0;

    while (from < to) {
        uint32_t size = read32(init + from);

        assert_true(size >= 8 && size <= to - from);
        if (memcmp(init + from + 4, name, 4) == 0) {
            found = from + 8;
            *end = from + size;
        }
        from += size;
    }
    assert_int_equal(from, to);
    assert_true(found > 0);
    return found;
}

static int ignore(void *ctx, const uint8_t *bytes, size_t n)
{
    (void)ctx, (void)bytes, (void)n;
    return 0;
}

/* Makes a whole init segment and returns the sample entry in it. */
static const uint8_t *entry_of(const struct track_params *p, size_t *entry_len)
{
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    struct fmp4 *f;
    size_t from = 0, to;

    assert_int_equal(fmp4_new(&f, p, "eng", init, sizeof(init), &len, ignore, NULL), 0);
    assert_int_equal(fmp4_timescale(f), p->core_sample_rate);
    fmp4_free(&f);
    to = len;
    for (size_t i = 0; i < 6; i++)
        from = inside(path[i], from, to, &to);
    assert_int_equal(read32(init + from), 0);
    assert_int_equal(read32(init + from + 4), 1);
    *entry_len = to - from - 8;
    assert_int_equal(read32(init + from + 8), *entry_len);
    return init + from + 8;
}

static void expect(const struct track_params *p, const char *bytes, size_t n)
{
    size_t entry_len;
    const uint8_t *entry = entry_of(p, &entry_len);

    assert_int_equal(entry_len, n);
    assert_memory_equal(entry, bytes, n);
}

#define ENTRY(size, name, channels, rate)                                                          \
    "\0\0\0" size name "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0" channels "\0\x10\0\0\0\0" rate "\0\0"

static void test_ac3(void **state)
{
    static const char bytes[] = ENTRY("\x2f", "ac-3", "\6", "\xbb\x80") "\0\0\0\x0b"
                                                                        "dac3\x10\x3d\xe0";
    struct track_params p = {.codec = CODEC_AC3,
                             .core_sample_rate = 48000,
                             .channels = 6,
                             .frame_samples = 1536,
                             .config = {0x10, 0x3d, 0xe0},
                             .config_len = 3};

    (void)state;
    expect(&p, bytes, sizeof(bytes) - 1);
}

static void test_eac3(void **state)
{
    static const char bytes[] = ENTRY("\x31", "ec-3", "\2", "\x7d\x00") "\0\0\0\x0d"
                                                                        "dec3\6\0\x20\4\0";
    struct track_params p = {.codec = CODEC_EAC3,
                             .core_sample_rate = 32000,
                             .channels = 2,
                             .frame_samples = 1536,
                             .config = {6, 0, 0x20, 4, 0},
                             .config_len = 5};

    (void)state;
    expect(&p, bytes, sizeof(bytes) - 1);
}

static void test_mp3(void **state)
{
    static const char bytes[] = ENTRY("\x47", "mp4a", "\1", "\x1f\x40") "\0\0\0\x23"
                                                                        "esds\0\0\0\0"
                                                                        "\3\x15\0\0\0"
                                                                        "\4\x0d\x69\x15\0\0\0"
                                                                        "\0\0\0\0\0\0\0\0"
                                                                        "\6\1\2";
    struct track_params p = {.codec = CODEC_MP3,
                             .core_sample_rate = 8000,
                             .channels = 1,
                             .frame_samples = 576,
                             .object_type = 0x69};

    (void)state;
    expect(&p, bytes, sizeof(bytes) - 1);
}

static void test_opus(void **state)
{
    static const char bytes[] = ENTRY("\x37", "Opus", "\2", "\xbb\x80") "\0\0\0\x13"
                                                                        "dOps\0\2\0\0\0\0\xbb\x80"
                                                                        "\0\0\0";
    struct track_params p = {.codec = CODEC_OPUS,
                             .core_sample_rate = 48000,
                             .channels = 2,
                             .frame_samples = 960,
                             .config = {0, 2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 0},
                             .config_len = 11};

    (void)state;
    expect(&p, bytes, sizeof(bytes) - 1);
}

static void test_others_are_left_alone(void **state)
{
    struct track_params aac = {.codec = CODEC_AAC, .config = {0x11, 0x90}, .config_len = 2};

    (void)state;
    assert_false(sample_entry_is_ours(CODEC_AAC));
    assert_false(sample_entry_is_ours(CODEC_H264));
    assert_int_equal(sample_entry_put(init, &len, sizeof(init), &aac), -EINVAL);
}

static void test_bounds(void **state)
{
    struct track_params p = {.codec = CODEC_EAC3,
                             .core_sample_rate = 48000,
                             .channels = 2,
                             .frame_samples = 1536,
                             .config_len = 64};
    static uint8_t broken[sizeof(init)];
    size_t entry_len, broken_len;

    (void)state;
    entry_of(&p, &entry_len);
    broken_len = len;
    p.config_len = 65; /* more than any record */
    assert_int_equal(sample_entry_put(init, &len, sizeof(init), &p), -ENOSPC);
    p.config_len = 3;
    assert_int_equal(sample_entry_put(init, &len, len, &p), 0); /* shorter always fits */
    p.config_len = 64;
    assert_int_equal(sample_entry_put(init, &len, len, &p), -ENOSPC);
    for (size_t i = 0; i < len; i++) { /* a box too few or a size too large is noticed */
        memcpy(broken, init, len);
        broken[i] ^= 0x80;
        broken_len = len;
        if (sample_entry_put(broken, &broken_len, sizeof(broken), &p) == 0)
            assert_int_equal(broken_len, len + 61);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ac3),
        cmocka_unit_test(test_eac3),
        cmocka_unit_test(test_mp3),
        cmocka_unit_test(test_opus),
        cmocka_unit_test(test_others_are_left_alone),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
