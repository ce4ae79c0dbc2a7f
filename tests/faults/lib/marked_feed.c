/* GOPs, tables and sound in the order of their decoding times. */
/* SPDX-License-Identifier: MIT */
#include "tests/faults/lib/marked_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { AAC_TICKS = 1920, START_TICKS = 90000, PCR_LEAD_TICKS = 30000, NOISE_BYTES = 40 };

static uint64_t now(const struct marked_feed *f)
{
    return f->video && f->video_t < f->audio_t ? f->video_t : f->audio_t;
}

static void on_packet(void *ctx, const uint8_t packet[static TS_BYTES])
{
    struct marked_feed *f = ctx;

    f->bytes(f->ctx, packet, TS_BYTES, now(f));
}

void marked_feed_init(struct marked_feed *f, uint64_t seed, FILE *ledger, void *ctx,
                      void (*bytes)(void *ctx, const uint8_t *bytes, size_t len, uint64_t t))
{
    memset(f, 0, sizeof(*f));
    f->random = seed * 0x9e3779b97f4a7c15u + 0x1234567;
    f->ts = (struct ts_writer){.random = &f->random, .ctx = f, .out = on_packet};
    f->unit.random = &f->random;
    f->ledger = ledger;
    f->ctx = ctx;
    f->bytes = bytes;
    f->offset = START_TICKS;
    f->picture = (struct picture){.codec = UNIT_H264, .width = 64, .height = 48, .step_90k = 3000};
    f->video = f->idr_due = f->tables_due = true;
    f->gop = 30;
    f->tables_every = 6;
    f->sound = SOUND_ON;
    f->video_pid = 256;
    f->audio_pid = 257;
}

void marked_feed_fini(struct marked_feed *f)
{
    unit_fini(&f->unit);
}

static void send_tables(struct marked_feed *f)
{
    struct ts_tables *t = &f->tables;

    t->count = 0;
    t->pcr_pid = f->video ? f->video_pid : f->audio_pid;
    if (f->video)
        t->streams[t->count++] =
            (struct ts_stream){f->video_pid, f->picture.codec == UNIT_HEVC ? 0x24 : 0x1b};
    if (f->sound != SOUND_OFF)
        t->streams[t->count++] = (struct ts_stream){f->audio_pid, 0x0f};
    ts_write_tables(&f->ts, t);
    f->tables_due = false;
}

static enum ts_damage take_damage(struct marked_feed *f)
{
    if (!f->damaged)
        return TS_WHOLE;
    f->damaged--;
    return f->damage;
}

static void note(const struct marked_feed *f, char kind, uint32_t number, const struct ts_unit *u,
                 const char *flags)
{
    if (f->ledger)
        fprintf(f->ledger, "au %c %" PRIu32 " %08" PRIx32 " %" PRIu64 " %" PRIu64 " %s%s\n", kind,
                number, f->unit.crc, u->pts & 0x1ffffffffu, u->dts & 0x1ffffffffu, flags,
                u->damage ? "d" : "");
}

/* The display index of the next picture, counted from the last IDR; sets what kind it is. */
static uint32_t next_picture(struct marked_feed *f)
{
    struct picture *p = &f->picture;
    bool again = f->gop && f->in_gop >= f->gop;
    uint32_t left = f->gop ? f->gop - f->in_gop : UINT32_MAX;

    p->idr = f->idr_due || (again && !f->open);
    p->cra = p->leading = p->bidirectional = p->recovery = false;
    if (p->idr) {
        f->in_gop = f->decoded = f->shown = f->in_group = f->group = 0;
        f->idr_due = false;
        p->frame_num = 0;
        p->idr_pic_id ^= 1;
        f->after_cra = false;
        return 0;
    }
    if (f->in_group < f->group) { /* the pictures between two anchors */
        p->bidirectional = true;
        p->leading = f->after_cra && f->in_gop <= f->group;
        return f->shown - f->group + f->in_group++;
    }
    if (again) {
        f->in_gop = 0;
        p->cra = p->recovery = f->after_cra = true;
        left = UINT32_MAX;
    }
    p->recovery = p->recovery || (f->refresh && f->decoded % 30 == 0);
    p->frame_num = (p->frame_num + 1) & 0xff;
    f->group = f->bframes + 1 < left ? f->bframes + 1 : left;
    f->in_group = 1;
    f->shown += f->group;
    return f->shown;
}

static uint64_t decoding_time(struct marked_feed *f)
{
    uint64_t dts = f->video_t + (uint64_t)f->offset;

    if (f->nudged)
        dts = f->last_dts + (uint64_t)f->nudge;
    f->nudged = false;
    f->last_dts = dts;
    return dts;
}

static void send_picture(struct marked_feed *f)
{
    struct picture *p = &f->picture;
    uint32_t display = next_picture(f);
    int64_t delay = f->delayed ? f->delay : f->bframes > 0;
    struct ts_unit u = {.pid = f->video_pid, .stream_id = 0xe0, .has_pcr = true};
    char flags[8];

    if (f->tables_due || p->idr || f->pictures % f->tables_every == 0)
        send_tables(f);
    p->number = f->pictures++;
    p->poc = (p->codec == UNIT_H264 ? 2 : 1) * display;
    unit_picture(&f->unit, p);
    u.dts = decoding_time(f);
    u.pts = u.dts + (uint64_t)(((int64_t)display - f->decoded + delay) * p->step_90k);
    u.pcr = u.dts - PCR_LEAD_TICKS + (uint64_t)f->pcr_offset;
    u.data = f->unit.bytes;
    u.len = f->unit.len;
    u.damage = take_damage(f);
    snprintf(flags, sizeof(flags), "-%s%s%s", p->idr ? "k" : "", p->cra ? "c" : "",
             p->leading ? "l" : "");
    note(f, 'v', p->number, &u, flags);
    ts_write_unit(&f->ts, &u);
    f->decoded++;
    f->in_gop++;
    f->video_t += p->step_90k;
}

static void send_sound(struct marked_feed *f)
{
    struct ts_unit u = {.pid = f->audio_pid, .stream_id = 0xc0};
    uint32_t number = f->sounds;

    if (f->tables_due || (!f->video && f->sounds % f->tables_every == 0))
        send_tables(f);
    if (f->sound == SOUND_ON) {
        f->sounds++;
        unit_sound(&f->unit, number, NOISE_BYTES);
        u.pts = u.dts = f->audio_t + (uint64_t)f->offset;
        u.has_pcr = !f->video;
        u.pcr = u.dts - PCR_LEAD_TICKS + (uint64_t)f->pcr_offset;
        u.data = f->unit.bytes;
        u.len = f->unit.len;
        u.damage = take_damage(f);
        note(f, 'a', number, &u, "-");
        ts_write_unit(&f->ts, &u);
    }
    f->audio_t += AAC_TICKS;
}

static void play(struct marked_feed *f, double seconds)
{
    f->end_t += (uint64_t)(seconds * 90000);
    while (now(f) < f->end_t) {
        if (f->video && f->video_t <= f->audio_t)
            send_picture(f);
        else
            send_sound(f);
    }
}

/* ---- the script */

static void restart(struct marked_feed *f)
{
    f->idr_due = f->tables_due = true;
    for (size_t i = 0; i < sizeof(f->ts.counters); i++)
        f->ts.counters[i] = (uint8_t)next_random(&f->random);
}

static void set_codec(struct marked_feed *f, const char *value)
{
    f->video = strcmp(value, "none") != 0;
    f->picture.codec = strcmp(value, "hevc") == 0 ? UNIT_HEVC : UNIT_H264;
    f->idr_due = true;
    if (f->video_t < f->audio_t)
        f->video_t = f->audio_t;
}

static int set_one(struct marked_feed *f, const char *key, const char *value)
{
    struct picture *p = &f->picture;
    uint32_t n = (uint32_t)strtoul(value, NULL, 10);
    const struct {
        const char *name;
        uint32_t *at;
    } numbers[] = {{"width", &p->width},           {"height", &p->height},
                   {"step", &p->step_90k},         {"gop", &f->gop},
                   {"bframes", &f->bframes},       {"twist", &p->profile_twist},
                   {"padding", &p->padding_bytes}, {"tables", &f->tables_every}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(key, numbers[i].name) == 0) {
            *numbers[i].at = n;
            return 0;
        }
    if (strcmp(key, "codec") == 0)
        set_codec(f, value);
    else if (strcmp(key, "open") == 0)
        f->open = n;
    else if (strcmp(key, "refresh") == 0)
        f->refresh = n;
    else if (strcmp(key, "video_pid") == 0)
        f->video_pid = (uint16_t)n;
    else if (strcmp(key, "audio_pid") == 0)
        f->audio_pid = (uint16_t)n;
    else if (strcmp(key, "audio") == 0)
        f->sound = strcmp(value, "on") == 0     ? SOUND_ON
                   : strcmp(value, "mute") == 0 ? SOUND_MUTE
                                                : SOUND_OFF;
    else if (strcmp(key, "delay") == 0) {
        f->delay = atoi(value);
        f->delayed = true;
    } else
        return -EINVAL;
    return 0;
}

/* What changes the program gives its tables another version. */
static int set(struct marked_feed *f, char *words)
{
    char *rest = NULL;

    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');

        if (!value)
            return -EINVAL;
        *value++ = '\0';
        if (set_one(f, word, value))
            return -EINVAL;
    }
    f->tables.version = (f->tables.version + 1) & 0x1f;
    f->tables_due = true;
    return 0;
}

static int set_damage(struct marked_feed *f, const char *words)
{
    static const char *const kinds[] = {"flip", "drop", "count", "error"};
    char kind[8] = "";

    if (sscanf(words, "%7s %" SCNu32, kind, &f->damaged) != 2)
        return -EINVAL;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(kind, kinds[i]) == 0) {
            f->damage = (enum ts_damage)(i + 1);
            return 0;
        }
    return -EINVAL;
}

static void garbage(struct marked_feed *f, long bytes)
{
    for (long i = 0; i < bytes; i += 7) {
        uint64_t r = next_random(&f->random);

        f->bytes(f->ctx, (const uint8_t *)&r, (size_t)(bytes - i < 7 ? bytes - i : 7), now(f));
    }
}

int marked_feed_command(struct marked_feed *f, char *line)
{
    char *words = line + strcspn(line, " ");

    if (*words)
        *words++ = '\0';
    if (strcmp(line, "set") == 0)
        return set(f, words);
    if (strcmp(line, "damage") == 0)
        return set_damage(f, words);
    if (strcmp(line, "play") == 0)
        play(f, atof(words));
    else if (strcmp(line, "jump") == 0)
        f->offset += atoll(words);
    else if (strcmp(line, "pcr") == 0)
        f->pcr_offset += atoll(words);
    else if (strcmp(line, "restart") == 0)
        restart(f);
    else if (strcmp(line, "garbage") == 0)
        garbage(f, atol(words));
    else if (strcmp(line, "pids") == 0)
        for (int pid = 32; pid < 32 + atoi(words) && pid < 8191; pid++)
            ts_write_noise(
                &f->ts,
                (uint16_t)(pid == TS_PMT_PID || pid == f->video_pid || pid == f->audio_pid ? 31
                                                                                           : pid));
    else if (strcmp(line, "nudge") == 0) {
        f->nudge = atoll(words);
        f->nudged = true;
    } else
        return -EINVAL;
    return 0;
}
