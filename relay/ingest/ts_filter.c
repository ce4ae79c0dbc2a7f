/* Packet by packet: sync, PID, continuity, tables. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_filter.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_AAC = 0x0f };

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
    f->audio_max = audio_max < TS_TRACKS_MAX - 1 ? audio_max : TS_TRACKS_MAX - 1;
}

/* After a hole of a multiple of 16 packets the counter fits again, and two pictures would be joined
 * to one good one: an empty packet with a wrong counter makes the demuxer see the hole. */
static void mark_hole(struct ts_filter *f, size_t track)
{
    uint8_t p[TS_PACKET];
    uint16_t pid = f->layout.tracks[track].pid;

    if (f->continuity[track] < 0)
        return;
    memset(p, 0xff, sizeof(p));
    p[0] = 0x47;
    p[1] = (uint8_t)(pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = (uint8_t)(0x20 | ((f->continuity[track] + 8) & 0x0f)); /* adaptation field only */
    p[4] = TS_PACKET - 5;
    p[5] = 0;
    f->continuity[track] = -1;
    f->count.continuity++;
    f->out.packet(f->out.ctx, p);
}

void ts_filter_break(struct ts_filter *f)
{
    for (size_t i = 0; i < f->layout.count; i++)
        mark_hole(f, i);
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

static bool same_tracks(const struct ts_layout *a, const struct ts_layout *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->tracks[i].pid != b->tracks[i].pid || a->tracks[i].codec != b->tracks[i].codec ||
            a->tracks[i].audio_config != b->tracks[i].audio_config)
            return false;
    return true;
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

    if (psi_read_pmt(f->pmt.bytes, f->pmt.have, &f->program)) {
        f->count.crc++;
        return;
    }
    choose(f, &next);
    set_ways(f, &next);
    if (f->has_layout && same_tracks(&next, &f->layout)) {
        memcpy(f->layout.asides, next.asides, sizeof(next.asides));
        f->layout.aside_count = next.aside_count;
        return;
    }
    memset(f->continuity, -1, sizeof(f->continuity));
    memset(f->times, 0, sizeof(f->times));
    f->layout = next;
    f->has_layout = true;
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
        f->has_program = true;
        f->pmt.open = false;
    }
}

/* ISO/IEC 13818-1 section 2.4.3.3: a packet may be sent twice; the copy is not new data. */
static bool is_repeated(struct ts_filter *f, int track, const uint8_t *p, bool has_payload)
{
    int8_t counter = (int8_t)(p[3] & 0x0f), last = f->continuity[track];
    bool jump_announced = (p[3] & 0x20) && p[4] > 0 && (p[5] & 0x80);

    if (!has_payload)
        return false;
    f->continuity[track] = counter;
    if (last < 0 || jump_announced)
        return false;
    if (counter == last)
        return true;
    if (counter != ((last + 1) & 0x0f))
        f->count.continuity++;
    return false;
}

/* Has the adaptation field bytes that say nothing? The last packet of a PES nearly always has.
 * ISO/IEC 13818-1 section 2.4.3.5: one byte is a length of 0, two are flags that are all unset. */
static bool is_stuffed(const uint8_t *p)
{
    size_t used = 1;

    if (!(p[3] & 0x20))
        return false;
    if (p[4] == 0 || p[5] == 0)
        return true;
    used += (p[5] & 0x10 ? 6u : 0) + (p[5] & 0x08 ? 6u : 0) + (p[5] & 0x04 ? 1u : 0);
    if ((p[5] & 0x02) && used < p[4])
        used += 1 + (size_t)p[5 + used];
    return p[4] > used;
}

static uint64_t read_time(const uint8_t *p)
{
    return (uint64_t)(p[0] >> 1 & 7) << 30 | (uint64_t)p[1] << 22 | (uint64_t)(p[2] >> 1) << 15 |
           (uint64_t)p[3] << 7 | p[4] >> 1;
}

/* ISO/IEC 13818-1 section 2.4.3.6: the time in a PES header; one that a packet does not hold whole,
 * or that has none, leaves nothing to be known. */
static void note_time(struct ts_times *t, const uint8_t *pes, size_t len)
{
    bool has_dts;

    if (len < 19 || pes[0] || pes[1] || pes[2] != 1 || !(pes[7] & 0x80)) {
        t->count = 0;
        return;
    }
    has_dts = pes[7] & 0x40;
    if (t->count == TS_TIMES)
        memmove(t->dts, t->dts + 1, --t->count * sizeof(t->dts[0]));
    t->dts[t->count++] = read_time(pes + (has_dts ? 14 : 9));
}

bool ts_filter_next_dts(const struct ts_filter *f, size_t track, uint64_t dts, uint64_t *next)
{
    const struct ts_times *t = &f->times[track];

    for (uint32_t i = t->count; i-- > 0;) {
        if (t->dts[i] != dts)
            continue;
        if (i + 1 == t->count)
            return false;
        *next = t->dts[i + 1];
        return true;
    }
    return false;
}

static void pass_track(struct ts_filter *f, int track, const uint8_t *p, size_t header)
{
    if (is_repeated(f, track, p, header < TS_PACKET)) {
        f->count.ignored++;
        return;
    }
    if (track == 0)
        f->last_stuffed = is_stuffed(p);
    if (p[1] & 0x40)
        note_time(&f->times[track], p + header, TS_PACKET - header);
    f->out.packet(f->out.ctx, p);
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

/* The first byte of a packet at or after bytes: 0x47, and again 188 bytes on if that is here. */
static size_t find_sync(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == 0x47 && (i + TS_PACKET >= len || bytes[i + TS_PACKET] == 0x47))
            return i;
    return len;
}

/* Completes the packet that an earlier call left unfinished. */
static size_t take_carried(struct ts_filter *f, const uint8_t *bytes, size_t len)
{
    size_t n = TS_PACKET - f->carried;

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
    size_t skip;

    /* a message normally starts with a packet: then what was carried over was damaged */
    if (f->carried && len >= TS_PACKET && len % TS_PACKET == 0 && bytes[0] == 0x47) {
        f->carried = 0;
        f->count.sync_lost++;
    }
    if (f->carried) {
        skip = take_carried(f, bytes, len);
        bytes += skip;
        len -= skip;
    }
    while (len > 0) {
        if (bytes[0] != 0x47) {
            f->count.sync_lost++;
            skip = find_sync(bytes, len);
            bytes += skip;
            len -= skip;
            continue;
        }
        if (len < TS_PACKET) {
            memcpy(f->carry, bytes, len);
            f->carried = len;
            return;
        }
        on_packet(f, bytes);
        bytes += TS_PACKET;
        len -= TS_PACKET;
    }
}

/* All audio is announced as AAC: the demuxer hands its PES payloads on as they are, and where it
 * knows another codec it would begin to read it. */
void ts_layout_psi(const struct ts_layout *l, uint8_t out[2 * TS_PACKET])
{
    struct psi_stream streams[TS_TRACKS_MAX];

    for (size_t i = 0; i < l->count; i++) {
        bool audio = codec_kind(l->tracks[i].codec) == CODEC_KIND_AUDIO;

        streams[i] = (struct psi_stream){.pid = l->tracks[i].pid,
                                         .type = audio ? TYPE_AAC : l->tracks[i].type};
    }
    psi_write(streams, l->count, l->pmt_pid, l->pcr_pid, out);
}
