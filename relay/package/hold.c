/* Makes a film of a room's own last picture, and of silence: what it shows when it is held. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/hold.h"

#include "codecs/audio_frame.h"
#include "codecs/h264.h"
#include "codecs/h264_idr.h"
#include "codecs/hevc.h"
#include "codecs/silence.h"
#include "relay/package/film_maker.h"
#include "relay/package/mp4_read.h"
#include "relay/package/silence_encoder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILM_BYTES_MAX = 64 << 20, NALS_MAX = CODEC_NALS_MAX + CODEC_SETS_MAX, FRAME_MAX = 8192 };

/* A picture under construction: NAL units behind their lengths in 4 bytes. */
struct picture {
    uint8_t *bytes;
    size_t len, size;
};

struct hold {
    struct mp4_track tracks[FILM_TRACKS];
    uint8_t *inits[FILM_TRACKS]; /* what the tracks point into */
    char languages[FILM_TRACKS][FILM_LANGUAGE];
    size_t count;
    struct picture pictures[2];
    unsigned left_out;
};

int hold_new(struct hold **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void hold_free(struct hold **h)
{
    if (!*h)
        return;
    for (size_t i = 0; i < FILM_TRACKS; i++)
        free((*h)->inits[i]);
    free((*h)->pictures[0].bytes);
    free((*h)->pictures[1].bytes);
    free(*h);
    *h = NULL;
}

int hold_add_init(struct hold *h, const uint8_t *init, size_t len, const char *language)
{
    uint8_t *copy;

    if (h->count == FILM_TRACKS)
        return -ENOSPC;
    copy = malloc(len ? len : 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, init, len);
    if (mp4_read_init(copy, len, &h->tracks[h->count]) != 0) {
        free(copy);
        return -EINVAL;
    }
    snprintf(h->languages[h->count], FILM_LANGUAGE, "%s", language);
    h->inits[h->count++] = copy;
    return 0;
}

unsigned hold_left_out(const struct hold *h)
{
    return h->left_out;
}

static int reserve(struct picture *p, size_t more)
{
    size_t size = p->len + more + 4;
    uint8_t *bytes;

    if (size <= p->size)
        return 0;
    size += size / 2;
    bytes = size <= FILM_BYTES_MAX ? realloc(p->bytes, size) : NULL;
    if (!bytes)
        return -ENOMEM;
    p->bytes = bytes;
    p->size = size;
    return 0;
}

/* The unit's bytes are at bytes + len + 4 already. */
static void close_unit(struct picture *p, size_t len)
{
    uint8_t *at = p->bytes + p->len;

    at[0] = (uint8_t)(len >> 24);
    at[1] = (uint8_t)(len >> 16);
    at[2] = (uint8_t)(len >> 8);
    at[3] = (uint8_t)len;
    p->len += 4 + len;
}

static int put_unit(struct picture *p, const struct nal *nal)
{
    int rc = reserve(p, nal->len);

    if (rc)
        return rc;
    memcpy(p->bytes + p->len + 4, nal->data, nal->len);
    close_unit(p, nal->len);
    return 0;
}

static int put_renumbered(struct picture *p, const struct nal *nal,
                          const struct h264_idr_layout *layout)
{
    size_t room = h264_idr_room(nal), len;
    int rc = reserve(p, room);

    if (!rc)
        rc = h264_idr_renumber(nal, layout, p->bytes + p->len + 4, room, &len);
    if (!rc)
        close_unit(p, len);
    return rc;
}

/* The units of a sample, or of a list in a record, behind lengths of `prefix` bytes. Returns how
 * many there are; the first `max` are in out. */
static size_t units_of(const uint8_t *p, size_t len, size_t prefix, struct nal *out, size_t max)
{
    size_t n = 0, size;

    while (len > prefix) {
        size = prefix == 4 ? (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]
                           : (size_t)p[0] << 8 | p[1];
        p += prefix;
        len -= prefix;
        if (size > len)
            break;
        if (size > 0 && n++ < max)
            out[n - 1] = (struct nal){p, size};
        p += size;
        len -= size;
    }
    return n;
}

/* ISO/IEC 14496-15 5.3.3.1: SPS, then PPS, each list with its count. */
static size_t avc_sets(const struct mp4_track *t, struct nal *out, size_t max)
{
    size_t at = 5, n = 0;

    for (int list = 0; list < 2 && at < t->record_len; list++) {
        size_t count = list == 0 ? t->record[at] & 0x1f : t->record[at];

        at++;
        for (; count > 0 && n < max; count--) {
            if (units_of(t->record + at, t->record_len - at, 2, out + n, 1) == 0)
                return n;
            at += 2 + out[n++].len;
        }
    }
    return n;
}

/* 8.3.3.1: arrays of units by type. */
static size_t hevc_sets(const struct mp4_track *t, struct nal *out, size_t max)
{
    size_t at = 23, n = 0;
    unsigned arrays = t->record_len >= at ? t->record[22] : 0;

    for (; arrays > 0 && t->record_len - at >= 3; arrays--) {
        size_t count = (size_t)t->record[at + 1] << 8 | t->record[at + 2];

        at += 3;
        for (; count > 0 && n < max; count--) {
            if (units_of(t->record + at, t->record_len - at, 2, out + n, 1) == 0)
                return n;
            at += 2 + out[n++].len;
        }
    }
    return n;
}

/* Mastering display and light level, messages 137 and 144: they are in the init segment too, and
 * encoders give each a unit of its own. */
static bool is_hdr10(enum codec_id codec, const struct nal *nal)
{
    size_t header = codec == CODEC_H264 ? h264_sei_header(nal) : hevc_sei_header(nal);

    return header > 0 && nal->len > header &&
           (nal->data[header] == 137 || nal->data[header] == 144);
}

/* What of the sample is the picture itself. Parameter sets in it are newer than the record's. */
static bool is_kept(enum codec_id codec, const struct nal *nal)
{
    enum codec_set_kind kind;
    uint8_t id;

    if (is_hdr10(codec, nal))
        return true;
    if (codec == CODEC_H264)
        return h264_nal_type(nal) == H264_NAL_IDR || h264_nal_type(nal) == H264_NAL_SLICE ||
               h264_set_id(nal, &kind, &id) == 0;
    return hevc_nal_type(nal) < 32 || hevc_set_id(nal, &kind, &id) == 0;
}

static int put_kept(struct picture *p, enum codec_id codec, const struct nal *nal,
                    const struct h264_idr_layout *layout)
{
    static const uint8_t cra = 21, bla_n_lp = 18; /* H.265 table 7-1 */
    size_t at = p->len;
    int rc;

    if (codec == CODEC_H264 && layout && h264_nal_type(nal) == H264_NAL_IDR)
        return put_renumbered(p, nal, layout);
    rc = put_unit(p, nal);
    if (!rc && codec == CODEC_HEVC && hevc_nal_type(nal) == cra)
        p->bytes[at + 4] = (uint8_t)(bla_n_lp << 1 | (nal->data[0] & 0x81));
    return rc;
}

/* The layout by the newest SPS; NULL: the picture needs no other number. */
static int layout_of(const struct nal *nals, size_t n, struct h264_idr_layout *out)
{
    int rc = -EINVAL;

    for (size_t i = 0; i < n; i++)
        if (h264_nal_type(&nals[i]) == H264_NAL_SPS)
            rc = h264_idr_layout(&nals[i], out);
    return rc;
}

static int put_picture(struct picture *p, const struct mp4_track *t, const struct nal *nals,
                       size_t n, bool renumber)
{
    struct h264_idr_layout layout;
    bool random_access = false;
    size_t kept = 0;
    int rc = 0;

    if (renumber && layout_of(nals, n, &layout) != 0)
        return -EINVAL;
    for (size_t i = 0; i < n && !rc; i++) {
        if (is_kept(t->codec, &nals[i]) && ++kept > CODEC_NALS_MAX)
            rc = -EINVAL; /* the packager takes no more */
        else if (is_kept(t->codec, &nals[i]))
            rc = put_kept(p, t->codec, &nals[i], renumber ? &layout : NULL);
    }
    if (!rc) {
        struct au_facts facts;

        codec_au_facts(t->codec, nals, n, &facts);
        random_access = facts.random_access;
    }
    return rc ? rc : random_access ? 0 : -EINVAL;
}

int hold_add_idr(struct hold *h, const uint8_t *segment, size_t len)
{
    const struct mp4_track *t = &h->tracks[0];
    struct nal nals[NALS_MAX];
    const uint8_t *sample;
    size_t sample_len, n, sets;
    int rc;

    if (h->count == 0 || codec_kind(t->codec) != CODEC_KIND_VIDEO || h->pictures[0].len > 0 ||
        mp4_read_first_sample(segment, len, &sample, &sample_len) != 0)
        return -EINVAL;
    sets = t->codec == CODEC_H264 ? avc_sets(t, nals, CODEC_SETS_MAX)
                                  : hevc_sets(t, nals, CODEC_SETS_MAX);
    n = sets + units_of(sample, sample_len, 4, nals + sets, NALS_MAX - sets);
    if (n > NALS_MAX)
        return -EINVAL;
    /* what came last had the first number, most likely: so the other one begins */
    rc = put_picture(&h->pictures[0], t, nals, n, t->codec == CODEC_H264);
    return rc ? rc : put_picture(&h->pictures[1], t, nals, n, false);
}

static void make_video(struct hold *h, struct film_maker *m, int64_t interval_90k)
{
    struct film_track t = {.codec = h->tracks[0].codec};
    uint32_t track;

    memcpy(t.language, h->languages[0], sizeof(t.language));
    track = film_maker_track(m, &t);
    for (int i = 0; i < 2; i++)
        film_maker_add(m, track, h->pictures[i].bytes, h->pictures[i].len, i * interval_90k,
                       i * interval_90k);
}

/* A silent frame of that sound, and what it is called where it is read. */
static int make_frame(const struct mp4_track *t, uint8_t *out, size_t *len, enum codec_id *codec,
                      uint8_t *pmt_config)
{
    *codec = t->codec;
    *pmt_config = 0;
    switch (t->codec) {
    case CODEC_AAC:
        *codec = CODEC_LATM; /* the configuration in front of each frame, so that SBR stays said */
        return silence_aac(t->record, t->record_len, out, len);
    case CODEC_MP3:
        return silence_mpeg(3, t->object_type, t->sample_rate, t->channels, out, len);
    case CODEC_MP2:
        *codec = CODEC_MP3; /* the name of both where frames are read */
        return silence_mpeg(2, t->object_type, t->sample_rate, t->channels, out, len);
    case CODEC_OPUS:
        return silence_opus(t->record, t->record_len, out, len, pmt_config);
    case CODEC_AC3:
    case CODEC_EAC3:
        return silence_encode(t, out, FRAME_MAX, len);
    default:
        return -EINVAL;
    }
}

/* False: it has no silence. */
static bool make_sound(struct hold *h, size_t i, struct film_maker *m)
{
    uint8_t frame[FRAME_MAX], pmt_config;
    struct audio_frame facts;
    enum codec_id codec;
    size_t len;

    if (make_frame(&h->tracks[i], frame, &len, &codec, &pmt_config) != 0 ||
        audio_frame_read(codec, frame, len, &facts) != 0 || facts.bytes != len) {
        return false;
    }
    struct film_track t = {.codec = codec,
                           .samples = facts.samples,
                           .sample_rate = facts.sample_rate,
                           .audio_config = pmt_config};

    memcpy(t.language, h->languages[i], sizeof(t.language));
    film_maker_add(m, film_maker_track(m, &t), frame, len, 0, 0);
    return true;
}

int hold_finish(struct hold *h, int64_t interval_90k, uint8_t **film, size_t *len)
{
    bool video = h->pictures[1].len > 0;
    struct film_maker *m;
    int rc = film_maker_new(&m, FILM_BYTES_MAX);

    if (rc)
        return rc;
    if (video)
        make_video(h, m, interval_90k);
    /* a sound is known by its place among the sounds: behind one that is left out none may follow
     */
    h->left_out = 0;
    for (size_t i = 0; i < h->count; i++)
        if (codec_kind(h->tracks[i].codec) == CODEC_KIND_AUDIO &&
            (h->left_out > 0 || !make_sound(h, i, m)))
            h->left_out++;
    rc = !video && h->left_out == h->count ? -EINVAL
                                           : film_maker_finish(m, 2 * interval_90k, film, len);
    film_maker_free(&m);
    return rc;
}
