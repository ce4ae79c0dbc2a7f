/* What x264 wrote, renumbered and decoded: every bit of the picture is as it was. */
/* SPDX-License-Identifier: MIT */
#include "codecs/bits.h"
#include "codecs/h264.h"
#include "codecs/h264_idr.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 320, HEIGHT = 192, NALS = 64, BYTES = 1 << 20 };

/* Noise, so that slices are long and full of what must be escaped. */
static AVFrame *noise(int frame)
{
    AVFrame *f = av_frame_alloc();
    unsigned seed = 7u + (unsigned)frame;
    f->format = AV_PIX_FMT_YUV420P;
    f->width = WIDTH;
    f->height = HEIGHT;
    assert_int_equal(0, av_frame_get_buffer(f, 0));
    for (int p = 0; p < 3; p++)
        for (int i = 0; i < f->linesize[p] * (p ? HEIGHT / 2 : HEIGHT); i++)
            f->data[p][i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
    f->pts = frame;
    return f;
}

/* The access unit of frame number n, all of which are IDRs. */
static size_t encode(const char *params, int n, uint8_t *out)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    AVCodecContext *c = avcodec_alloc_context3(codec);
    AVPacket *packet = av_packet_alloc();
    size_t len = 0;
    c->width = WIDTH;
    c->height = HEIGHT;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){1, 25};
    c->gop_size = 1;
    c->thread_count = 1;
    av_opt_set(c->priv_data, "preset", "ultrafast", 0);
    av_opt_set(c->priv_data, "x264-params", params, 0);
    assert_int_equal(0, avcodec_open2(c, codec, NULL));
    for (int i = 0; i <= n + 1; i++) {
        AVFrame *f = i <= n ? noise(i) : NULL;
        assert_int_equal(0, avcodec_send_frame(c, f));
        av_frame_free(&f);
        while (avcodec_receive_packet(c, packet) == 0) {
            len = (size_t)packet->size;
            assert_true(len < BYTES);
            memcpy(out, packet->data, len);
            av_packet_unref(packet);
        }
    }
    av_packet_free(&packet);
    avcodec_free_context(&c);
    return len;
}

/* One picture; any complaint is a failure. */
static AVFrame *decode(const uint8_t *annexb, size_t len)
{
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    AVPacket *packet = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    c->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
    assert_int_equal(0, avcodec_open2(c, c->codec, NULL));
    assert_int_equal(0, av_new_packet(packet, (int)len));
    memcpy(packet->data, annexb, len);
    assert_int_equal(0, avcodec_send_packet(c, packet));
    avcodec_send_packet(c, NULL);
    assert_int_equal(0, avcodec_receive_frame(c, f));
    assert_int_equal(0, f->decode_error_flags);
    av_packet_free(&packet);
    avcodec_free_context(&c);
    return f;
}

static size_t put(uint8_t *out, size_t at, const struct nal *nal)
{
    memcpy(out + at, "\0\0\0\1", 4);
    memcpy(out + at + 4, nal->data, nal->len);
    return at + 4 + nal->len;
}

/* The unit with every slice renumbered; how many there were. */
static unsigned renumber(const uint8_t *in, size_t len, uint8_t *out, size_t *out_len,
                         uint32_t *was, uint32_t *is)
{
    static uint8_t slice[2 * BYTES];
    struct nal nals[NALS];
    struct h264_idr_layout layout;
    size_t n = nal_split(in, len, nals, NALS);
    unsigned slices = 0;
    *out_len = 0;
    for (size_t i = 0; i < n; i++) {
        struct nal nal = nals[i];
        if (h264_nal_type(&nal) == H264_NAL_SPS)
            assert_int_equal(0, h264_idr_layout(&nal, &layout));
        if (h264_nal_type(&nal) == H264_NAL_IDR) {
            assert_int_equal(0, h264_idr_number(&nal, &layout, was));
            assert_int_equal(0, h264_idr_renumber(&nal, &layout, slice, sizeof(slice), &nal.len));
            nal.data = slice;
            uint32_t id;
            assert_int_equal(0, h264_idr_number(&nal, &layout, &id));
            assert_true(slices == 0 || id == *is); /* 7.4.3: the same in all slices */
            *is = id;
            slices++;
        }
        *out_len = put(out, *out_len, &nal);
    }
    return slices;
}

static void check(const char *params, int frame, unsigned slices)
{
    uint8_t *in = malloc(BYTES), *out = malloc(2 * BYTES), *back = malloc(3 * BYTES);
    size_t len = encode(params, frame, in), out_len, back_len;
    uint32_t was, is, third;
    assert_int_equal(slices, renumber(in, len, out, &out_len, &was, &is));
    assert_int_not_equal(was, is);
    AVFrame *a = decode(in, len), *b = decode(out, out_len);
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < (p ? HEIGHT / 2 : HEIGHT); y++)
            assert_memory_equal(a->data[p] + y * a->linesize[p], b->data[p] + y * b->linesize[p],
                                p ? WIDTH / 2 : WIDTH);
    av_frame_free(&a);
    av_frame_free(&b);
    assert_int_equal(slices, renumber(out, out_len, back, &back_len, &is, &third));
    assert_int_not_equal(is, third);
    free(in);
    free(out);
    free(back);
}

static void test_cavlc(void **state)
{
    (void)state;
    check("cabac=0:keyint=1", 0, 1);
    check("cabac=0:keyint=1", 1, 1);
}

static void test_cabac(void **state)
{
    (void)state;
    check("cabac=1:keyint=1", 0, 1); /* 0 becomes a byte longer, and CABAC stays aligned */
    check("cabac=1:keyint=1", 1, 1);
    check("cabac=1:keyint=1:8x8dct=1", 2, 1);
}

static void test_slices(void **state)
{
    (void)state;
    check("cabac=1:keyint=1:slices=4", 0, 4);
    check("cabac=0:keyint=1:slices=6", 1, 6);
}

static void test_fields(void **state)
{
    (void)state;
    check("cabac=1:keyint=1:interlaced=1", 0, 1);
}

/* Numbers of every length, among them the last one, in a slice that is nothing but them. */
static void test_all_lengths(void **state)
{
    (void)state;
    const struct h264_idr_layout layout = {.frame_num_bits = 4};
    static const uint32_t ids[] = {0, 1, 2, 3, 6, 7, 14, 15, 255, 4094, 4095, 32767, 65534, 65535};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        uint8_t bytes[32] = {0x65}, out[128];
        struct bit_writer w;
        size_t len;
        uint32_t id;
        bit_writer_init(&w, bytes + 1, sizeof(bytes) - 1);
        bit_writer_put(&w, 1, 1); /* first_mb_in_slice 0 */
        bit_writer_put(&w, 7, 8); /* slice_type 7 */
        bit_writer_put(&w, 1, 1); /* pic_parameter_set_id 0 */
        bit_writer_put(&w, 4, 0);
        unsigned bits = 0;
        while ((ids[i] + 1) >> (bits + 1))
            bits++;
        bit_writer_put(&w, bits, 0);
        bit_writer_put(&w, bits + 1, ids[i] + 1);
        bit_writer_put(&w, 24, 0xabcdef);
        bit_writer_align(&w);
        /* the slice may hold what must be escaped: made so by renumbering it twice */
        struct nal nal = {bytes, 1 + w.len};
        if (h264_idr_number(&nal, &layout, &id) != 0 || id != ids[i])
            continue; /* zeros in a row: no NAL unit as it stands */
        assert_int_equal(0, h264_idr_renumber(&nal, &layout, out, sizeof(out), &len));
        struct nal other = {out, len};
        assert_int_equal(0, h264_idr_number(&other, &layout, &id));
        assert_int_not_equal(ids[i], id);
        assert_true(id <= 65535);
        assert_int_equal(-22, h264_idr_renumber(&nal, &layout, out, nal.len, &len));
    }
    struct nal not_idr = {(const uint8_t *)"\x41\x9a\x00", 3};
    uint8_t out[64];
    size_t len;
    assert_int_equal(-22, h264_idr_renumber(&not_idr, &layout, out, sizeof(out), &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cavlc),       cmocka_unit_test(test_cabac),
        cmocka_unit_test(test_slices),      cmocka_unit_test(test_fields),
        cmocka_unit_test(test_all_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
