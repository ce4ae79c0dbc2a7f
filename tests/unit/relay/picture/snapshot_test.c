/* Pictures of keyframes: of the right size and colour, and none of what is broken. */
/* SPDX-License-Identifier: MIT */
/* tests/fuzz/corpus/picture: what libx264 and libx265 made of one colour; the init segment's length
 * in two bytes, the init segment, one fragment. */
#include "relay/picture/picture_job.h"

#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLIP_MAX = 8192 };

struct clip {
    uint8_t bytes[CLIP_MAX];
    const uint8_t *init, *media;
    size_t init_len, media_len;
};

static void read_clip(struct clip *c, const char *name)
{
    char path[128];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "tests/fuzz/corpus/picture/%s", name);
    f = fopen(path, "rb");
    assert_non_null(f);
    n = fread(c->bytes, 1, sizeof(c->bytes), f);
    fclose(f);
    assert_in_range(n, 100, sizeof(c->bytes) - 1);
    c->init = c->bytes + 2;
    c->init_len = (size_t)c->bytes[0] << 8 | c->bytes[1];
    c->media = c->init + c->init_len;
    c->media_len = n - 2 - c->init_len;
}

/* Y'CbCr of full range in the middle of a JPEG: what a browser shows. */
static void middle(const struct snapshot *s, int out[static 3])
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
    AVCodecContext *c = avcodec_alloc_context3(codec);
    AVPacket *p = av_packet_alloc();
    AVFrame *f = av_frame_alloc();

    assert_int_equal(0, avcodec_open2(c, codec, NULL));
    assert_int_equal(0, av_new_packet(p, (int)s->len));
    memcpy(p->data, s->jpeg, s->len);
    assert_int_equal(0, avcodec_send_packet(c, p));
    assert_int_equal(0, avcodec_receive_frame(c, f));
    assert_int_equal(AV_PIX_FMT_YUVJ420P, f->format);
    assert_int_equal(s->width, f->width);
    assert_int_equal(s->height, f->height);
    out[0] = f->data[0][f->height / 2 * f->linesize[0] + f->width / 2];
    for (int i = 1; i < 3; i++)
        out[i] = f->data[i][f->height / 4 * f->linesize[i] + f->width / 4];
    av_frame_free(&f);
    av_packet_free(&p);
    avcodec_free_context(&c);
}

static void assert_colour(const struct snapshot *s, int y, int cb, int cr)
{
    int seen[3], wanted[3] = {y, cb, cr};

    middle(s, seen);
    for (int i = 0; i < 3; i++)
        if (abs(seen[i] - wanted[i]) > 4)
            fail_msg("(%d, %d, %d) instead of (%d, %d, %d)", seen[0], seen[1], seen[2], y, cb, cr);
}

static void make(const char *name, struct snapshot *s)
{
    static struct clip c;

    read_clip(&c, name);
    assert_int_equal(PICTURE_MADE, picture_job_make(c.init, c.init_len, c.media, c.media_len, s));
    assert_in_range(s->len, 100, 10000);
}

/* 360x288 of 16:9 pixels is 20:9; (254, 0, 0) by BT.601. */
static void test_pixels_that_are_not_square(void **state)
{
    struct snapshot s;

    (void)state;
    make("red", &s);
    assert_int_equal(320, s.width);
    assert_int_equal(144, s.height);
    assert_colour(&s, 76, 85, 255);
    snapshot_fini(&s);
    assert_null(s.jpeg);
}

/* The same red, as HD has it: by BT.709, though nothing says so. */
static void test_hd(void **state)
{
    struct snapshot s;

    (void)state;
    make("hd", &s);
    assert_int_equal(320, s.width);
    assert_int_equal(180, s.height);
    assert_colour(&s, 76, 85, 255);
    snapshot_fini(&s);
}

/* PQ's 58 % is reference white, and not a grey: it is shown nearly white, and neutral. */
static void test_high_dynamic_range(void **state)
{
    struct snapshot s;
    int seen[3];

    (void)state;
    make("pq", &s);
    middle(&s, seen);
    assert_in_range(seen[0], 225, 250);
    assert_in_range(seen[1], 126, 130);
    assert_in_range(seen[2], 126, 130);
    snapshot_fini(&s);
}

static void test_what_is_broken(void **state)
{
    static struct clip c;
    struct snapshot s;

    (void)state;
    read_clip(&c, "red");
    assert_int_equal(PICTURE_NO_MEDIA, picture_job_make(c.init, 40, c.media, c.media_len, &s));
    assert_int_equal(PICTURE_NO_MEDIA, picture_job_make(c.init, c.init_len, c.media, 100, &s));
    assert_int_equal(PICTURE_NO_MEDIA, picture_job_make(c.init, c.init_len, c.init, 0, &s));
    memset(c.bytes + 2 + c.init_len + c.media_len - 40, 0xff, 40);
    assert_int_equal(PICTURE_UNDECODED,
                     picture_job_make(c.init, c.init_len, c.media, c.media_len, &s));
    assert_null(s.jpeg);
    assert_int_equal(-ENOTSUP, snapshot_make(&s, CODEC_AAC, c.init, 10, c.media, 10));
    assert_int_equal(-EINVAL, snapshot_make(&s, CODEC_H264, c.init, 0, c.media, 10));
}

static int file_of(const uint8_t *bytes, size_t len)
{
    int fd = memfd_create("t", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(len, write(fd, bytes, len));
    return fd;
}

/* As the front asks: ranges of two files in, a sealed file out. */
static void test_job(void **state)
{
    static const uint8_t before[100];
    static struct clip c;
    struct picture_ask ask = {.number = 7, .offset = sizeof(before)};
    struct picture_answer a;
    int fds[PICTURE_ASK_FDS], fd;
    uint8_t start[2];

    (void)state;
    read_clip(&c, "red");
    ask.init_bytes = (uint32_t)c.init_len;
    ask.bytes = (uint32_t)c.media_len;
    fds[PICTURE_ASK_INIT] = file_of(c.init, c.init_len);
    fds[PICTURE_ASK_SEGMENT] = file_of(before, sizeof(before));
    assert_int_equal(c.media_len, write(fds[PICTURE_ASK_SEGMENT], c.media, c.media_len));
    fd = picture_job_do(&ask, fds, &a);
    assert_true(fd >= 0);
    assert_int_equal(PICTURE_MADE, a.result);
    assert_int_equal(7, a.number);
    assert_true(picture_answer_is_sound(&a, true));
    assert_int_equal(a.bytes, lseek(fd, 0, SEEK_END));
    assert_int_equal(2, pread(fd, start, 2, 0));
    assert_memory_equal("\xff\xd8", start, 2);
    assert_int_equal(-1, write(fd, start, 2));
    assert_int_equal(-1, ftruncate(fd, 0));
    close(fd);
    ask.bytes++; /* more than the file has */
    assert_int_equal(-1, picture_job_do(&ask, fds, &a));
    assert_int_equal(PICTURE_NO_MEDIA, a.result);
    assert_true(picture_answer_is_sound(&a, false));
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels_that_are_not_square),
        cmocka_unit_test(test_hd),
        cmocka_unit_test(test_high_dynamic_range),
        cmocka_unit_test(test_what_is_broken),
        cmocka_unit_test(test_job),
    };

    snapshot_quiet();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
