/* Fuzzes a feed with a made-up program: the input is a script of pictures, sounds and accidents. */
/* SPDX-License-Identifier: MIT */
/* Where feed_fuzz spends its bytes on transport packets, here two bytes are a picture: a few dozen
 * make segments, jumps of the clock, new parameters and layouts. */
#include "relay/ingest/psi.h"
#include "tests/fuzz/feed_stage.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/relay/ingest/ts_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VIDEO = 0x100, AUDIO = 0x101, OTHER = 0x102, OUT_MAX = 64 * TS_PACKET, SCRIPT_MAX = 400 };

enum op { PICTURE, KEYFRAME, SOUND, STEP, RAW, LAYOUT, ACCIDENT, SHIFT, OPS };

struct program {
    struct feed_stage stage;
    struct ts_writer writer;
    uint8_t bytes[OUT_MAX];
    uint64_t video, audio, step, shift;
    uint8_t layout;
};

static const uint8_t START[] = {0, 0, 0, 1};

/* Steps of the encoder's clock, 90 kHz; the last ones are jumps. */
static const uint64_t steps[] = {3000,
                                 3600,
                                 1500,
                                 3003,
                                 0,
                                 1,
                                 9000,
                                 45000,
                                 90000,
                                 179999,
                                 180001,
                                 900000,
                                 810000,
                                 UINT64_C(1) << 31,
                                 UINT64_C(1) << 32,
                                 (uint64_t)-3000,
                                 (uint64_t)-9001,
                                 (uint64_t)-900000};

/* What each PMT announces: PID and stream type. */
static const struct psi_stream layouts[][2] = {
    {{.pid = VIDEO, .type = 0x1b}, {.pid = AUDIO, .type = 0x0f}},
    {{.pid = VIDEO, .type = 0x1b}, {0}},
    {{.pid = AUDIO, .type = 0x0f}, {0}},
    {{.pid = VIDEO, .type = 0x24}, {.pid = AUDIO, .type = 0x0f}},
    {{.pid = VIDEO, .type = 0x1b}, {.pid = AUDIO, .type = 0x03}},
    {{.pid = OTHER, .type = 0x1b}, {.pid = AUDIO, .type = 0x0f}},
    {{.pid = VIDEO, .type = 0x1b}, {.pid = AUDIO, .type = 0x81}},
    {{.pid = AUDIO, .type = 0x11}, {.pid = VIDEO, .type = 0x1b}},
};

static void send_written(struct program *p)
{
    const uint8_t *at = p->bytes;

    while (p->writer.len > 0) {
        size_t n = p->writer.len < FEED_STAGE_MESSAGE ? p->writer.len : FEED_STAGE_MESSAGE;

        feed_stage_message(&p->stage, at, n);
        at += n;
        p->writer.len -= n;
    }
}

static void announce(struct program *p)
{
    const struct psi_stream *l = layouts[p->layout];

    psi_write(l, l[1].pid ? 2 : 1, 0x1000, VIDEO, p->bytes);
    p->writer.len = 2 * TS_PACKET;
    send_written(p);
}

static void pes(struct program *p, bool video, const uint8_t *bytes, size_t len)
{
    uint64_t *clock = video ? &p->video : &p->audio;
    uint16_t pid = !video ? AUDIO : layouts[p->layout][0].pid == OTHER ? OTHER : VIDEO;

    *clock += video ? p->step : 1920;
    ts_write_pes(&p->writer, pid, video ? 0xe0 : 0xc0,
                 (*clock + (video ? p->shift : 0)) % (1ull << 33), *clock % (1ull << 33), bytes,
                 len, !video);
    send_written(p);
}

static size_t put(uint8_t *out, const uint8_t *bytes, size_t len)
{
    memcpy(out, START, sizeof(START));
    memcpy(out + sizeof(START), bytes, len);
    return sizeof(START) + len;
}

/* ISO/IEC 14496-15 section 5.3.3.1: an avcC holds one SPS and one PPS. */
static size_t put_sets(uint8_t *out, const uint8_t *record)
{
    size_t sps = (size_t)record[6] << 8 | record[7], n = put(out, record + 8, sps);
    const uint8_t *pps = record + 8 + sps;

    return n + put(out + n, pps + 3, (size_t)pps[1] << 8 | pps[2]);
}

static void picture(struct program *p, uint8_t arg, bool key)
{
    static const uint8_t *const records[] = {H264_BASE_RECORD, H264_HIGH1080_RECORD,
                                             H264_INTER_RECORD, H264_SAR_RECORD};
    uint8_t bytes[1200] = {0}, slice[900];
    size_t n = 0, len = arg & 0x80 ? sizeof(slice) : 4 + (arg & 15);

    memset(slice, arg | 1, sizeof(slice));
    slice[0] = key ? 0x65 : 0x41;
    slice[1] = 0x88 | 0x80; /* first_mb_in_slice 0 */
    if (key)
        n = put_sets(bytes, records[arg >> 4 & 3]);
    n += put(bytes + n, slice, len);
    pes(p, true, bytes, n);
}

static void sound(struct program *p, uint8_t arg)
{
    static const uint8_t silence[] = {0xff, 0xf1, 0x4c, 0x80, 0x01, 0xbf, 0xfc,
                                      0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c};
    uint8_t bytes[8 * sizeof(silence)];
    size_t n = 1 + (arg & 7);

    for (size_t i = 0; i < n; i++)
        memcpy(bytes + i * sizeof(silence), silence, sizeof(silence));
    if (arg & 0x40) /* another rate */
        bytes[2] ^= 0x04;
    pes(p, false, bytes, n * sizeof(silence));
    p->audio += (n - 1) * 1920 + (arg & 0x80 ? p->step : 0);
}

static void pass_second(struct program *p)
{
    struct link_feed_stats stats;
    struct link_vitals vitals;

    feed_second(p->stage.feed, p->stage.now_us += 1000000);
    feed_stats(p->stage.feed, &stats);
    feed_vitals(p->stage.feed, &stats, &vitals);
}

static void accident(struct program *p, uint8_t arg)
{
    uint8_t rubbish[TS_PACKET];

    memset(rubbish, arg, sizeof(rubbish));
    if (arg & 1)
        p->stage.sequence += arg >> 5; /* lost for ever, where the receiver goes on without */
    if (arg & 2)
        feed_stage_message(&p->stage, rubbish, sizeof(rubbish) - (arg & 7));
    if (arg & 4)
        feed_stage_flush(&p->stage);
    if (arg & 8)
        pass_second(p);
    if (arg & 16)
        p->writer.counter[VIDEO]++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct program p;

    if (feed_stage_open(&p.stage))
        return 0;
    p = (struct program){.stage = p.stage, .step = 3000};
    /* what it was told to call back is where it was before */
    p.writer = (struct ts_writer){.out = p.bytes, .size = OUT_MAX};
    announce(&p);
    for (size_t i = 0; i + 1 < size && i < SCRIPT_MAX && feed_stage_goes_on(&p.stage); i += 2) {
        uint8_t op = data[i] % OPS, arg = data[i + 1];

        if (op == PICTURE || op == KEYFRAME) {
            for (int times = 1 + (data[i] >> 3) / 2; times > 0; times--)
                picture(&p, arg, op == KEYFRAME);
        } else if (op == SOUND) {
            sound(&p, arg);
        } else if (op == STEP) {
            p.step = steps[arg % (sizeof(steps) / sizeof(steps[0]))];
        } else if (op == RAW) {
            size_t len = size - i - 2 < arg ? size - i - 2 : arg;

            pes(&p, data[i] & 8, data + i + 2, len);
            i += len & ~(size_t)1;
        } else if (op == LAYOUT) {
            p.layout = arg % (sizeof(layouts) / sizeof(layouts[0]));
            announce(&p);
        } else if (op == ACCIDENT) {
            accident(&p, arg);
        } else {
            p.shift = steps[arg % (sizeof(steps) / sizeof(steps[0]))];
        }
    }
    feed_stage_close(&p.stage);
    return 0;
}
