/* A clip whose pictures come in many slices: whole, or refused. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/psi.h"
#include "relay/package/film.h"
#include "relay/package/slate.h"
#include "tests/unit/relay/ingest/ts_writer.h"
#include "tests/unit/relay/package/many_slices.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PICTURES = 40, CLIP_BYTES = 8 << 20 };

static uint8_t clip[CLIP_BYTES];

static size_t annexb(uint8_t *out, const struct nal *nals, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(out + len, "\0\0\0\1", 4);
        memcpy(out + len + 4, nals[i].data, nals[i].len);
        len += 4 + nals[i].len;
    }
    return len;
}

/* Pictures in so many slices, 25 of them a second. Returns the clip's length. */
static size_t make_clip(size_t slices)
{
    static const struct psi_stream video = {.pid = 0x100, .type = 0x1b};
    static struct nal nals[SLICES_MAX + 3];
    static uint8_t data[SLICES_MAX * 24];
    struct ts_writer w = {.out = clip, .size = sizeof(clip)};

    psi_write(&video, 1, 0x1000, 0x100, clip);
    w.len = 2 * TS_PACKET;
    nals[0] = (struct nal){(const uint8_t *)"\x09\xf0", 2};
    for (uint64_t i = 0; i < PICTURES; i++) {
        size_t n = 1 + many_slices(nals + 1, slices, i % 20 == 0);

        ts_write_pes(&w, 0x100, 0xe0, 90000 + i * 3600, 90000 + i * 3600, data,
                     annexb(data, nals, n), 0);
    }
    return w.len;
}

static void test_many_slices(void **state)
{
    static struct nal nals[SLICES_MAX];
    struct film film;
    struct film_cursor c = {{0}};
    struct film_frame frame;
    uint8_t *bytes;
    size_t len;
    char why[400] = "";

    (void)state;
    assert_int_equal(slate_make(clip, make_clip(1000), &bytes, &len, why, sizeof(why)), 0);
    assert_int_equal(film_open(&film, bytes, len), 0);
    for (unsigned i = 0; i < PICTURES; i++) {
        film_take(&film, &c, 0, &frame);
        assert_int_equal(film_nals(&frame, nals, SLICES_MAX), i % 20 == 0 ? 1002 : 1000);
    }
    free(bytes);
}

static void test_too_many_slices(void **state)
{
    uint8_t *bytes;
    size_t len;
    char why[400] = "";

    (void)state;
    assert_int_equal(slate_make(clip, make_clip(1100), &bytes, &len, why, sizeof(why)), -EINVAL);
    assert_non_null(strstr(why, "1024"));
    assert_non_null(strstr(why, "encode it anew"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_slices),
        cmocka_unit_test(test_too_many_slices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
