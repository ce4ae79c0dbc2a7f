/* Packet by packet: sync, PID, continuity, tables. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_filter.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_AAC = 0x0f, TYPE_H264 = 0x1b, PMT_PID = 0x1000 };
enum { SYNC_PACKETS = 5 }; /* in a row are packets, where it is not known how they lie */

/* ISO/IEC 13818-1 table 2-34, and the registrations in use beside it. The first row that fits
 * holds: a type, and where it alone does not tell, what the descriptors add. */
static const struct stream_kind {
    uint8_t type, dvb_audio;
    uint32_t registration;
    enum codec_id codec;
    const char *name;
} kinds[] = {
    {0x01, 0, 0, CODEC_NONE, "MPEG-1 video"},
    {0x02, 0, 0, CODEC_NONE, "MPEG-2 video"},
    {0x03, 0, 0, CODEC_MP3, "MPEG-1 audio"},
    {0x04, 0, 0, CODEC_MP3, "MPEG-2 audio"},
    {0x06, 0x6a, 0, CODEC_AC3, "AC-3"},
    {0x06, 0x7a, 0, CODEC_EAC3, "E-AC-3"},
    {0x06, 0, 0x41432d33, CODEC_AC3, "AC-3"},
    {0x06, 0, 0x45414333, CODEC_EAC3, "E-AC-3"},
    {0x06, 0, 0x4f707573, CODEC_OPUS, "Opus"},
    {0x06, 0, 0x41563031, CODEC_NONE, "AV1 (cannot be read from MPEG-TS here)"},
    {0x06, 0, 0, CODEC_NONE, "private data (subtitles and the like)"},
    {0x0f, 0, 0, CODEC_AAC, "AAC"},
    {0x11, 0, 0, CODEC_LATM, "AAC in LATM"},
    {TS_TYPE_METADATA, 0, 0, CODEC_NONE, "metadata"},
    {0x1b, 0, 0, CODEC_H264, "H.264"},
    {0x24, 0, 0, CODEC_HEVC, "HEVC"},
    {0x33, 0, 0, CODEC_NONE, "VVC"},
    {0x81, 0, 0, CODEC_AC3, "AC-3"},
    {0x82, 0, 0, CODEC_NONE, "DTS"},
    {TS_TYPE_SCTE35, 0, 0, CODEC_NONE, "SCTE-35"},
    {0x87, 0, 0, CODEC_EAC3, "E-AC-3"},
};

static const struct stream_kind *kind_of(const struct psi_stream *s)
{
    static const struct stream_kind unknown = {.codec = CODEC_NONE, .name = "unknown"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].type == s->type &&
            (!kinds[i].dvb_audio || kinds[i].dvb_audio == s->dvb_audio) &&
            (!kinds[i].registration || kinds[i].registration == s->registration))
            return &kinds[i];
    return &unknown;
}

static enum codec_id codec_of(const struct psi_stream *s)
{
    enum codec_id codec = kind_of(s)->codec;

    return codec == CODEC_OPUS && !opus_config_is_known(s->opus_config) ? CODEC_NONE : codec;
}

void ts_filter_init(struct ts_filter *f, uint32_t audio_max, const struct ts_out *out)
{
    memset(f, 0, sizeof(*f));
    memset(f->track_of, -1, sizeof(f->track_of));
    f->out = *out;
    f->program.pcr_pid = TS_PID_NULL;
    f->audio_max = audio_max < TS_TRACKS_MAX - 1 ? audio_max : TS_TRACKS_MAX - 1;
}

/* A packet of our own for the demuxer. */
static void pass_own(struct ts_filter *f, const uint8_t p[static TS_PACKET])
{
    f->out.packet(f->out.ctx, p, p);
}

void ts_filter_break(struct ts_filter *f)
{
    uint8_t p[TS_PACKET];

    for (size_t i = 0; i < f->layout.count; i++)
        if (ts_way_break(&f->ways[i], p)) {
            f->count.continuity++;
            pass_own(f, p);
        }
    ts_clock_break(&f->clock);
    f->carried = 0;
    f->pat.open = f->pmt.open = false;
}

static void leave_out(struct ts_layout *l, const struct psi_stream *s, const char *why)
{
    size_t len = strlen(l->left_out);

    if (len < sizeof(l->left_out))
        snprintf(l->left_out + len, sizeof(l->left_out) - len, "%s0x%02x %s%s", len ? ", " : "",
                 s->type, kind_of(s)->name, why);
    l->left_out_count++;
}

static void add_track(struct ts_layout *l, const struct psi_stream *s, enum codec_id codec)
{
    struct ts_track *t = &l->tracks[l->count++];

    t->pid = s->pid;
    t->type = s->type;
    t->codec = codec;
    t->audio_config = s->opus_config;
    memcpy(t->language, s->language, sizeof(t->language));
}

static bool is_taken(const struct ts_layout *l, uint16_t pid)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->tracks[i].pid == pid)
            return true;
    return false;
}

/* Takes a stream of timed metadata, if there is room for one more. */
static bool add_aside(struct ts_layout *l, const struct psi_stream *s)
{
    if ((s->type != TS_TYPE_METADATA && s->type != TS_TYPE_SCTE35) || is_taken(l, s->pid) ||
        l->aside_count == TS_ASIDES_MAX)
        return false;
    l->asides[l->aside_count++] = (struct ts_aside){.pid = s->pid, .type = s->type};
    return true;
}

/* The first video stream, then audio streams up to the limit. */
static void choose(const struct ts_filter *f, struct ts_layout *l)
{
    const struct psi_program *p = &f->program;
    bool video = false;
    uint32_t audio = 0;

    memset(l, 0, sizeof(*l));
    l->pmt_pid = p->pmt_pid;
    l->pcr_pid = p->pcr_pid;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < p->count; i++) {
            const struct psi_stream *s = &p->streams[i];
            enum codec_id codec = codec_of(s);
            enum codec_kind kind = codec_kind(codec);

            if (pass == 0 && kind == CODEC_KIND_VIDEO && !video) {
                add_track(l, s, codec);
                video = true;
            } else if (pass == 1 && kind == CODEC_KIND_AUDIO && !is_taken(l, s->pid)) {
                if (audio++ < f->audio_max)
                    add_track(l, s, codec);
                else
                    leave_out(l, s, " (too many)");
            } else if (pass == 1 && kind == CODEC_KIND_NONE) {
                if (!add_aside(l, s))
                    leave_out(l, s, "");
            } else if (pass == 1 && kind == CODEC_KIND_VIDEO && !is_taken(l, s->pid)) {
                leave_out(l, s, " (second video)");
            }
        }
}

static bool same_track(const struct ts_track *a, const struct ts_track *b)
{
    return a->pid == b->pid && a->codec == b->codec && a->audio_config == b->audio_config;
}

static bool same_tracks(const struct ts_layout *a, const struct ts_layout *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_track(&a->tracks[i], &b->tracks[i]))
            return false;
    return true;
}

bool ts_layout_goes_on(const struct ts_layout *a, const struct ts_layout *b)
{
    return a->count > 0 && b->count > 0 &&
           codec_kind(a->tracks[0].codec) == codec_kind(b->tracks[0].codec);
}

/* What is the same track as before goes on undisturbed; another one in its place begins with its
 * next PES, once what is open was given out. */
static void turn_ways(struct ts_filter *f, const struct ts_layout *next)
{
    uint8_t p[TS_PACKET];

    for (size_t i = 0; i < next->count; i++) {
        struct ts_way *w = &f->ways[i];
        enum codec_kind kind = codec_kind(next->tracks[i].codec);

        if (w->pid == 0 || !ts_layout_goes_on(&f->layout, next))
            ts_way_init(w, kind, i);
        else if (i >= f->layout.count || !same_track(&f->layout.tracks[i], &next->tracks[i]))
            if (ts_way_turn(w, p))
                pass_own(f, p);
    }
}

/* Packets find their way by PID; tracks go before asides. */
static void set_ways(struct ts_filter *f, const struct ts_layout *l)
{
    memset(f->track_of, -1, sizeof(f->track_of));
    for (size_t i = 0; i < l->aside_count; i++)
        f->track_of[l->asides[i].pid] = (int8_t)(TS_TRACKS_MAX + i);
    for (size_t i = 0; i < l->count; i++)
        f->track_of[l->tracks[i].pid] = (int8_t)i;
}

static void on_pmt(struct ts_filter *f)
{
    struct ts_layout next;
    uint16_t pcr_pid = f->program.pcr_pid;

    if (psi_read_pmt(f->pmt.bytes, f->pmt.have, &f->program)) {
        f->count.crc++;
        return;
    }
    if (f->program.pcr_pid != pcr_pid)
        ts_clock_break(&f->clock);
    choose(f, &next);
    set_ways(f, &next);
    if (f->has_layout && same_tracks(&next, &f->layout)) {
        memcpy(f->layout.asides, next.asides, sizeof(next.asides));
        f->layout.aside_count = next.aside_count;
        return;
    }
    turn_ways(f, &next);
    f->layout = next;
    f->has_layout = true;
    f->out.layout(f->out.ctx, &f->layout);
}

void ts_filter_again(struct ts_filter *f)
{
    memset(f->ways, 0, sizeof(f->ways));
    for (size_t i = 0; i < f->layout.count; i++)
        ts_way_init(&f->ways[i], codec_kind(f->layout.tracks[i].codec), i);
    if (f->has_layout)
        f->out.layout(f->out.ctx, &f->layout);
}

static void on_table(struct ts_filter *f, uint16_t pid, const uint8_t *payload, size_t len,
                     bool unit_start)
{
    struct psi_program next = {0};
    struct psi_section *s = pid == TS_PID_PAT ? &f->pat : &f->pmt;
    int rc = psi_section_take(s, payload, len, unit_start);

    if (rc < 0)
        f->count.crc++;
    if (rc != 1)
        return;
    if (pid != TS_PID_PAT) {
        on_pmt(f);
    } else if (psi_read_pat(s->bytes, s->have, &next) == 0 &&
               (!f->has_program || next.pmt_pid != f->program.pmt_pid)) {
        f->program = next;
        f->program.pcr_pid = TS_PID_NULL; /* the PMT says */
        f->has_program = true;
        f->pmt.open = false;
    }
}

bool ts_filter_next_dts(const struct ts_filter *f, size_t track, uint64_t dts, uint64_t *next)
{
    return ts_way_next_dts(&f->ways[track], dts, next);
}

bool ts_filter_is_ended(const struct ts_filter *f, size_t track)
{
    return f->ways[track].ended;
}

static void pass_track(struct ts_filter *f, int track, const uint8_t *p, size_t header)
{
    uint8_t head[4];

    if (header < TS_PACKET && ts_way_take(&f->ways[track], p, header, head, &f->count.continuity))
        f->out.packet(f->out.ctx, p, head);
    else
        f->count.ignored++;
}

static void pass_aside(struct ts_filter *f, size_t index, const uint8_t *p)
{
    if (f->out.aside)
        f->out.aside(f->out.aside_ctx, index, &f->layout.asides[index], p);
}

static void on_packet(struct ts_filter *f, const uint8_t *p)
{
    uint16_t pid = (uint16_t)((p[1] & 0x1f) << 8 | p[2]);
    size_t header = p[3] & 0x20 ? 5 + (size_t)p[4] : 4;
    int track = f->track_of[pid];
    bool table = pid == TS_PID_PAT || (f->has_program && pid == f->program.pmt_pid);

    f->count.packets++;
    if ((p[3] & 0x20) && pid == f->program.pcr_pid)
        ts_clock_take(&f->clock, p);
    if (track < 0 && !table) {
        f->count.ignored++;
    } else if ((p[1] & 0x80) || header > TS_PACKET) {
        f->count.transport_errors++;
    } else if (p[3] & 0xc0) {
        f->count.scrambled++;
    } else if (!(p[3] & 0x10)) { /* no payload: clock references and stuffing */
        f->count.ignored++;
    } else if (table) {
        on_table(f, pid, p + header, TS_PACKET - header, p[1] & 0x40);
    } else if (track >= TS_TRACKS_MAX) {
        pass_aside(f, (size_t)track - TS_TRACKS_MAX, p);
    } else {
        pass_track(f, track, p, header);
    }
}

/* How many packets seem to begin at `from` and every 188 bytes on. */
static size_t syncs(const uint8_t *bytes, size_t len, size_t from)
{
    size_t n = 0;

    for (; from < len; from += TS_PACKET)
        n += bytes[from] == 0x47;
    return n;
}

/* Where packets begin, as far as these bytes tell: SYNC_PACKETS in a row. *certain: all of them are
 * here; else that may be so when more bytes come. */
static size_t hunt(const uint8_t *bytes, size_t len, bool *certain)
{
    for (size_t i = 0; i < len; i++) {
        size_t end = i + (SYNC_PACKETS - 1) * TS_PACKET + 1, seen = end < len ? end : len;

        *certain = end <= len;
        if (bytes[i] == 0x47 && syncs(bytes, seen, i) == (seen - i + TS_PACKET - 1) / TS_PACKET)
            return i;
    }
    *certain = false;
    return len;
}

/* One byte is wrong, and packets lie behind it as before. */
static bool is_one_off(const uint8_t *bytes, size_t len)
{
    return len > 2 * TS_PACKET && bytes[TS_PACKET] == 0x47 && bytes[2 * TS_PACKET] == 0x47;
}

/* Whole packets from where one begins; what is left of the last one is carried over. Returns how
 * many bytes that took: less than len where no packet begins any more. */
static size_t take_packets(struct ts_filter *f, const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    for (; at < len && (bytes[at] == 0x47 || is_one_off(bytes + at, len - at)); at += TS_PACKET) {
        if (bytes[at] != 0x47) {
            f->count.sync_lost++;
            continue;
        }
        if (len - at < TS_PACKET) {
            f->carried = len - at;
            memcpy(f->carry, bytes + at, f->carried);
            return len;
        }
        on_packet(f, bytes + at);
    }
    if (at < len) {
        f->count.sync_lost++;
        f->lost = true;
    }
    return at;
}

/* Gathers bytes until they show where packets begin. Returns how many it took. */
static size_t take_lost(struct ts_filter *f, const uint8_t *bytes, size_t len)
{
    size_t n = sizeof(f->carry) - f->carried, at;
    bool certain;

    if (n > len)
        n = len;
    memcpy(f->carry + f->carried, bytes, n);
    f->carried += n;
    at = hunt(f->carry, f->carried, &certain);
    f->lost = !certain;
    while (certain && f->carried - at >= TS_PACKET && !f->lost) {
        on_packet(f, f->carry + at);
        at += TS_PACKET;
        f->lost = at < f->carried && f->carry[at] != 0x47;
    }
    f->count.sync_lost += f->lost;
    f->carried -= at;
    memmove(f->carry, f->carry + at, f->carried);
    return n;
}

/* Do packets lie from its first byte on, and not from byte n, where what was carried over would
 * end? A 0x47 here and there in noise behind that byte does not say so. */
static bool begins_anew(const uint8_t *bytes, size_t len, size_t n)
{
    size_t seen = syncs(bytes, len, 0);

    return bytes[0] == 0x47 && len >= 2 * TS_PACKET && 2 * seen > len / TS_PACKET &&
           seen > syncs(bytes, len, n);
}

/* Completes the packet that an earlier call left unfinished. A message normally starts with a
 * packet: where it looks like that more than like a continuation, what was carried over was
 * damaged. */
static size_t take_carried(struct ts_filter *f, const uint8_t *bytes, size_t len)
{
    size_t n = TS_PACKET - f->carried;

    if (begins_anew(bytes, len, n)) {
        f->carried = 0;
        f->count.sync_lost++;
        return 0;
    }
    if (n > len)
        n = len;
    memcpy(f->carry + f->carried, bytes, n);
    f->carried += n;
    if (f->carried == TS_PACKET) {
        f->carried = 0;
        on_packet(f, f->carry);
    }
    return n;
}

void ts_filter_take(struct ts_filter *f, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        size_t n = f->lost      ? take_lost(f, bytes, len)
                   : f->carried ? take_carried(f, bytes, len)
                                : take_packets(f, bytes, len);

        bytes += n;
        len -= n;
    }
}

/* All sound is announced as AAC and all pictures as H.264: the demuxer hands their PES payloads on
 * as they are, and where it knows another codec it would begin to read it. */
void ts_filter_psi(uint8_t out[2 * TS_PACKET])
{
    struct psi_stream streams[1 + TS_TRACKS_MAX] = {{.pid = TS_WAY_VIDEO_PID, .type = TYPE_H264}};

    for (size_t i = 0; i < TS_TRACKS_MAX; i++)
        streams[1 + i] =
            (struct psi_stream){.pid = (uint16_t)(TS_WAY_AUDIO_PID + i), .type = TYPE_AAC};
    psi_write(streams, 1 + TS_TRACKS_MAX, PMT_PID, TS_WAY_VIDEO_PID, out);
}
