/* What a feed carries beside its tracks: splice points, ID3 tags, captions; told to the front. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/asides.h"

#include "relay/base/log.h"
#include "relay/ingest/aside_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING_MAX = 16 };

struct waiting {
    struct link_event event;
    bool has_pts;
    uint64_t raw_pts;
};

struct asides {
    struct asides_out out;
    struct aside_reader *readers[TS_ASIDES_MAX];
    struct waiting *waiting[WAITING_MAX];
    size_t count;
    uint32_t this_second;
    struct captions captions;
    uint64_t broken, left_out; /* broken: of readers that are gone */
};

int asides_new(struct asides **out, const struct asides_out *cb)
{
    struct asides *a = calloc(1, sizeof(*a));

    *out = a;
    if (!a)
        return -ENOMEM;
    a->out = *cb;
    return 0;
}

void asides_free(struct asides **a)
{
    if (!*a)
        return;
    for (size_t i = 0; i < TS_ASIDES_MAX; i++)
        free((*a)->readers[i]);
    for (size_t i = 0; i < (*a)->count; i++)
        free((*a)->waiting[i]);
    free(*a);
    *a = NULL;
}

/* Puts an event in line; NULL when it cannot be told. */
static struct waiting *wait_for_time(struct asides *a, const uint8_t *bytes, size_t len)
{
    struct waiting *w = NULL;

    if (len <= LINK_EVENT_BYTES && a->count < WAITING_MAX && a->this_second < ASIDES_PER_S)
        w = calloc(1, sizeof(*w));
    if (!w) {
        a->left_out++;
        log_warn(a->out.log_name, "event_left_out bytes=%zu waiting=%zu this_second=%u", len,
                 a->count, a->this_second);
        return NULL;
    }
    memcpy(w->event.bytes, bytes, len);
    w->event.len = (uint32_t)len;
    w->event.planned_90k = -1;
    a->this_second++;
    a->waiting[a->count++] = w;
    return w;
}

static void on_section(void *ctx, const uint8_t *bytes, size_t len)
{
    static const enum link_event_kind kinds[] = {[SCTE35_POINT] = LINK_EVENT_POINT,
                                                 [SCTE35_OUT] = LINK_EVENT_OUT,
                                                 [SCTE35_IN] = LINK_EVENT_IN,
                                                 [SCTE35_CANCEL] = LINK_EVENT_CANCEL};
    struct scte35_event events[SCTE35_EVENTS_MAX];
    struct asides *a = ctx;
    int n = scte35_parse(bytes, len, events);

    if (n < 0)
        a->broken++;
    for (int i = 0; i < n; i++) {
        const struct scte35_event *e = &events[i];
        struct waiting *w = wait_for_time(a, bytes, len);

        if (!w)
            return;
        w->event.kind = kinds[e->kind];
        w->event.id = e->event_id;
        w->event.type = e->type;
        if (e->has_duration)
            w->event.planned_90k = (int64_t)e->duration_90k;
        w->event.auto_return = e->auto_return;
        w->event.immediate = !e->has_pts;
        w->has_pts = e->has_pts;
        w->raw_pts = e->pts;
    }
}

static void on_id3(void *ctx, const uint8_t *bytes, size_t len, bool has_pts, uint64_t pts)
{
    struct waiting *w = wait_for_time(ctx, bytes, len);

    if (!w)
        return;
    w->event.kind = LINK_EVENT_ID3;
    w->event.immediate = !has_pts;
    w->has_pts = has_pts;
    w->raw_pts = pts;
}

/* The reader of that aside; begun anew when the program has another PID there. */
static struct aside_reader *reader_of(struct asides *a, size_t index, const struct ts_aside *aside)
{
    struct aside_out out = {.ctx = a, .section = on_section, .id3 = on_id3};
    bool pes = aside->type == TS_TYPE_METADATA;
    struct aside_reader **r = &a->readers[index];

    if (*r && (*r)->pid == aside->pid && (*r)->pes == pes)
        return *r;
    if (*r)
        a->broken += (*r)->broken;
    else
        *r = malloc(sizeof(**r));
    if (*r)
        aside_reader_init(*r, aside->pid, pes, &out);
    return *r;
}

void asides_packet(void *asides, size_t index, const struct ts_aside *aside,
                   const uint8_t packet[static TS_PACKET])
{
    struct aside_reader *r = reader_of(asides, index, aside);

    if (r)
        aside_reader_take(r, packet);
}

static void send_to_front(struct asides *a, struct link_message *m, uint32_t type)
{
    m->type = type;
    m->worker = a->out.worker;
    m->feed = a->out.feed;
    a->out.send(a->out.ctx, m, -1);
}

static void tell_captions(struct asides *a, enum codec_id codec, const struct access_unit *u)
{
    struct link_message m = {0};
    struct captions found;

    codec_captions(codec, u->nals, u->nal_count, &found);
    if (!captions_merge(&a->captions, &found))
        return;
    m.u.captions.carried = a->captions.carried;
    m.u.captions.channels = a->captions.channels;
    m.u.captions.services = a->captions.services;
    send_to_front(a, &m, LINK_CAPTIONS);
}

/* Gives what waits its place and tells it, as far as the timeline is tied. */
static void tell_events(struct asides *a, uint64_t now_pts, const struct packager *p)
{
    size_t told = 0;

    for (; told < a->count; told++) {
        struct waiting *w = a->waiting[told];
        struct link_message m = {0};
        int64_t at_90k;

        if (!packager_present_of(p, w->has_pts ? w->raw_pts : now_pts, &at_90k))
            break;
        m.u.event = w->event;
        m.u.event.at_90k = at_90k;
        if (at_90k >= 0)
            send_to_front(a, &m, LINK_EVENT);
        else
            a->left_out++;
        free(w);
    }
    a->count -= told;
    memmove(a->waiting, a->waiting + told, a->count * sizeof(a->waiting[0]));
}

void asides_unit(struct asides *a, enum codec_id codec, const struct access_unit *u,
                 const struct packager *p)
{
    if (u->nals && codec_kind(codec) == CODEC_KIND_VIDEO)
        tell_captions(a, codec, u);
    if (a->count > 0)
        tell_events(a, u->raw_pts, p);
}

void asides_second(struct asides *a, bool forget)
{
    while (forget && a->count > 0)
        free(a->waiting[--a->count]);
    a->this_second = 0;
}

void asides_count(const struct asides *a, struct asides_count *out)
{
    *out = (struct asides_count){.broken = a->broken, .left_out = a->left_out};
    for (size_t i = 0; i < TS_ASIDES_MAX; i++)
        if (a->readers[i])
            out->broken += a->readers[i]->broken;
}
