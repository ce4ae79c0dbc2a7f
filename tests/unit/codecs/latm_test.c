/* LATM: a real encoder's frames, other ways to signal, and what is refused. */
/* SPDX-License-Identifier: MIT */
#include "codecs/bits.h"
#include "codecs/latm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
    size_t count, len;
    uint8_t unit[LATM_UNIT_MAX];
} got;

static void on_unit(void *ctx, const uint8_t *unit, size_t len, uint32_t samples, uint32_t rate)
{
    (void)ctx;
    assert_true(samples == 1024 || samples == 960);
    assert_true(rate >= 7350 && rate <= 96000);
    got.count++;
    got.len = len;
    memcpy(got.unit, unit, len);
}

/* An AudioSyncStream frame whose fields are the caller's to choose. */
struct made {
    bool same, version, crc;
    unsigned same_time_framing, sub_frames, layers, length_type;
    const char *asc;
    unsigned asc_bits, other_bits;
    const uint8_t *frame;
    size_t bytes;
};

static void put_value(struct bit_writer *w, uint32_t value)
{
    bit_writer_put(w, 2, 3);
    bit_writer_put(w, 32, value);
}

static void put_config(struct bit_writer *w, const struct made *m)
{
    bit_writer_put(w, 1, m->version);
    if (m->version) {
        bit_writer_put(w, 1, 0);
        put_value(w, 0x1ff);
    }
    bit_writer_put(w, 1, m->same_time_framing);
    bit_writer_put(w, 6, m->sub_frames);
    bit_writer_put(w, 7, m->layers);
    if (m->version)
        put_value(w, m->asc_bits);
    struct bits b;
    bits_init(&b, (const uint8_t *)m->asc, (m->asc_bits + 7) / 8);
    for (unsigned i = 0; i < m->asc_bits; i++)
        bit_writer_put(w, 1, bits_u(&b, 1));
    bit_writer_put(w, 3, m->length_type);
    bit_writer_put(w, 8, 0xff);
    bit_writer_put(w, 1, m->other_bits > 0);
    if (m->other_bits > 0 && m->version)
        put_value(w, m->other_bits);
    else if (m->other_bits > 0)
        bit_writer_put(w, 18, 1u << 17 | (m->other_bits >> 8) << 9 | (m->other_bits & 0xff));
    bit_writer_put(w, 1, m->crc);
    if (m->crc)
        bit_writer_put(w, 8, 0x5a);
}

static size_t put(uint8_t *out, size_t size, const struct made *m)
{
    struct bit_writer w;
    memset(out, 0, size);
    bit_writer_init(&w, out, size);
    bit_writer_put(&w, 24, 0x2b7 << 13);
    bit_writer_put(&w, 1, m->same);
    if (!m->same)
        put_config(&w, m);
    for (unsigned i = 0; i <= m->sub_frames; i++) {
        size_t left = m->bytes;
        for (; left >= 255; left -= 255)
            bit_writer_put(&w, 8, 255);
        bit_writer_put(&w, 8, (uint32_t)left);
        for (size_t k = 0; k < m->bytes; k++)
            bit_writer_put(&w, 8, m->frame[k]);
    }
    bit_writer_align(&w);
    out[1] |= (uint8_t)((w.len - 3) >> 8);
    out[2] = (uint8_t)(w.len - 3);
    return w.len;
}

static uint8_t out[8300];
static const uint8_t frame[300] = {0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c};

static const struct made plain = {.same_time_framing = 1,
                                  .asc = "\x11\x90",
                                  .asc_bits = 16,
                                  .frame = frame,
                                  .bytes = sizeof frame};

static int take(struct latm *l, const struct made *m)
{
    got.count = 0;
    size_t len = put(out, sizeof out, m);
    return latm_take(l, out, len, on_unit, NULL);
}

static void check_unit(const char *config, size_t len)
{
    assert_int_equal(got.len, 1 + len + sizeof frame);
    assert_int_equal(got.unit[0], len);
    assert_memory_equal(got.unit + 1, config, len);
    assert_memory_equal(got.unit + 1 + len, frame, sizeof frame);
}

static void what_ffmpeg_writes(void **state)
{
    (void)state;
    /* 24 kHz mono, its first frame's head; the rest does not matter to LATM */
    static const uint8_t head[] = {0x56, 0xe0, 0x97, 0x20, 0x00, 0x13, 0x08, 0x1f, 0xe4, 0x86};
    uint8_t whole[3 + 0x97] = {0};
    struct latm l = {0};
    uint32_t bytes;
    memcpy(whole, head, sizeof head);
    assert_int_equal(latm_sync(head, sizeof head, &bytes), 0);
    assert_int_equal(bytes, sizeof whole);
    got.count = 0;
    assert_int_equal(latm_take(&l, whole, sizeof whole, on_unit, NULL), 0);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.unit[0], 2);
    assert_memory_equal(got.unit + 1, "\x13\x08", 2);
    assert_int_equal(got.len, 3 + 0x90); /* 7.5 bytes of signalling */
}

static void a_configuration_stays_in_force(void **state)
{
    (void)state;
    struct latm l = {0};
    struct made again = plain;
    again.same = true;
    assert_int_equal(take(&l, &again), -EAGAIN); /* joined in the middle */
    assert_int_equal(take(&l, &plain), 0);
    check_unit("\x11\x90", 2);
    assert_int_equal(take(&l, &again), 0);
    check_unit("\x11\x90", 2);
}

static void every_way_to_signal(void **state)
{
    (void)state;
    struct latm l = {0};
    struct made m = plain;
    m.version = true;
    m.crc = true;
    m.other_bits = 300;
    assert_int_equal(take(&l, &m), 0);
    check_unit("\x11\x90", 2);
    m.version = false;
    assert_int_equal(take(&l, &m), 0);
    check_unit("\x11\x90", 2);
    m.sub_frames = 2;
    assert_int_equal(take(&l, &m), 0);
    assert_int_equal(got.count, 3);
    /* HE-AAC v2, hierarchical; the relay writes it the same way */
    m = plain;
    m.asc = "\xeb\x09\x88\x00";
    m.asc_bits = 25;
    assert_int_equal(take(&l, &m), 0);
    check_unit("\xeb\x09\x88\x00", 4);
    struct track_params p;
    assert_int_equal(latm_unit_params(0, got.unit, got.len, &p), 0);
    assert_string_equal(p.rfc6381, "mp4a.40.29");
    assert_int_equal(p.sample_rate, 48000);
    assert_int_equal(p.core_sample_rate, 24000);
    /* appended signalling is only there where version 1 says the length */
    m.asc = "\x13\x10\x56\xe5\x98";
    m.asc_bits = 40;
    m.version = true;
    assert_int_equal(take(&l, &m), 0);
    assert_int_equal(latm_unit_params(0, got.unit, got.len, &p), 0);
    assert_string_equal(p.rfc6381, "mp4a.40.5");
}

static void what_is_refused(void **state)
{
    (void)state;
    struct made bad[7];
    for (size_t i = 0; i < 7; i++)
        bad[i] = plain;
    bad[0].same_time_framing = 0;
    bad[1].layers = 1;
    bad[2].length_type = 1;
    bad[3].asc = "\x09\x90"; /* AAC Main */
    bad[4].asc_bits = 0;
    bad[4].version = true;
    bad[5].bytes = 0;
    bad[6].layers = 1 << 3; /* two programs */
    for (size_t i = 0; i < 7; i++) {
        struct latm l = {0};
        assert_int_equal(take(&l, &bad[i]), -EINVAL);
        assert_int_equal(got.count, 0);
    }
    struct latm l = {0};
    assert_int_equal(take(&l, &plain), 0);
    size_t len = put(out, sizeof out, &plain);
    for (size_t cut = 3; cut < len; cut++) { /* a shorter frame than its payload */
        out[1] = (uint8_t)(0xe0 | (cut - 3) >> 8);
        out[2] = (uint8_t)(cut - 3);
        assert_int_equal(latm_take(&l, out, cut, on_unit, NULL), -EINVAL);
    }
    uint32_t bytes;
    assert_int_equal(latm_sync((const uint8_t *)"\x56\xe0", 2, &bytes), -EAGAIN);
    assert_int_equal(latm_sync((const uint8_t *)"\x56\xe0\x00", 3, &bytes), -EINVAL);
    assert_int_equal(latm_sync((const uint8_t *)"\x56\xc0\x10", 3, &bytes), -EINVAL);
}

static void units_that_are_none(void **state)
{
    (void)state;
    struct audio_frame f;
    static const uint8_t unit[] = {2, 0x11, 0x90, 0x21, 0x10};
    assert_int_equal(latm_unit_read(unit, sizeof unit, &f), 0);
    assert_int_equal(f.header_bytes, 3);
    for (size_t len = 0; len < 4; len++)
        assert_int_equal(latm_unit_read(unit, len, &f), -EINVAL);
    assert_int_equal(latm_unit_read((const uint8_t *)"\2\x09\x90zz", 5, &f), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ffmpeg_writes),  cmocka_unit_test(a_configuration_stays_in_force),
        cmocka_unit_test(every_way_to_signal), cmocka_unit_test(what_is_refused),
        cmocka_unit_test(units_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
