/* A room's date ranges: splice points and tags of its feeds, as playlists tell them to viewers. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/dateranges.h"

#include "relay/room/daterange.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A cue is said several times; its time may move by a frame or so between two sayings. */
#define SAME_CUE_90K   (90000 / 2)
#define TIME_MAX_90K   (INT64_C(1) << 52)
#define LENGTH_MAX_90K (INT64_C(48) * 3600 * 90000)
/* So long the IN of an OUT may be late against its plan. */
#define IN_LATE_90K (INT64_C(300) * 90000)

void dateranges_init(struct dateranges *d)
{
    memset(d, 0, sizeof(*d));
}

static size_t range_bytes(const struct daterange *r)
{
    return r->start->len + (r->end ? r->end->len : 0);
}

/* Whoever asks for less than the whole list must be told. */
static void note_gone(struct dateranges *d, const struct daterange *r)
{
    if (r->shown_us == 0)
        return;
    if (d->gone_count == DATERANGES_MAX) {
        int64_t since_us = d->gone[0].since_us;
        d->forgot_us = since_us > 0 ? since_us : INT64_MAX;
        d->gone_count--;
        memmove(&d->gone[0], &d->gone[1], d->gone_count * sizeof(d->gone[0]));
    }
    d->gone[d->gone_count++] = (struct daterange_gone){.id = r->id};
}

static void drop_at(struct dateranges *d, size_t i)
{
    d->revision += d->items[i]->dated;
    note_gone(d, d->items[i]);
    d->bytes -= range_bytes(d->items[i]);
    daterange_free(&d->items[i]);
    d->count--;
    memmove(&d->items[i], &d->items[i + 1], (d->count - i) * sizeof(d->items[0]));
}

void dateranges_fini(struct dateranges *d)
{
    while (d->count > 0)
        drop_at(d, d->count - 1);
}

static struct payload *payload_new(const struct link_event *e)
{
    struct payload *p = malloc(sizeof(*p) + e->len);
    if (!p)
        return NULL;
    p->len = e->len;
    memcpy(p->bytes, e->bytes, e->len);
    return p;
}

static bool is_sane(const struct link_event *e)
{
    return e->kind <= LINK_EVENT_ID3 && e->len > 0 && e->len <= LINK_EVENT_BYTES &&
           e->at_90k >= 0 && e->at_90k <= TIME_MAX_90K && e->planned_90k >= -1 &&
           e->planned_90k <= LENGTH_MAX_90K;
}

static bool is_near(int64_t a, int64_t b)
{
    return llabs(a - b) <= SAME_CUE_90K;
}

static bool is_open(const struct daterange *r)
{
    assert(r);
    return r->id.kind == LINK_EVENT_OUT && !r->has_end && !r->is_over;
}

/* The newest open OUT that an event is about. */
static size_t find_open(const struct dateranges *d, const struct link_event *e, bool any_type)
{
    for (size_t i = d->count; i > 0; i--) {
        const struct daterange *r = d->items[i - 1];
        if (is_open(r) && r->id.event == e->id && (any_type || r->id.type == e->type))
            return i - 1;
    }
    return d->count;
}

static bool same_payload(const struct payload *p, const struct link_event *e)
{
    return p && p->len == e->len && memcmp(p->bytes, e->bytes, e->len) == 0;
}

/* Was that said before? An OUT with the same id and time, or the very same bytes nearby. An OUT "at
 * once" is said again while it lasts, so its time does not count. */
static bool is_repetition(const struct dateranges *d, const struct link_event *e)
{
    for (size_t i = d->count; i > 0; i--) {
        const struct daterange *r = d->items[i - 1];
        if (e->kind == LINK_EVENT_IN && r->has_end && r->id.event == e->id &&
            r->id.type == e->type &&
            (is_near(r->end_90k, e->at_90k) || (e->immediate && same_payload(r->end, e))))
            return true;
        if (r->id.kind != e->kind || r->id.event != e->id || r->id.type != e->type)
            continue;
        if (e->kind == LINK_EVENT_OUT &&
            (is_near(r->id.start_90k, e->at_90k) || (e->immediate && is_open(r))))
            return true;
        if (e->kind == LINK_EVENT_POINT && same_payload(r->start, e) &&
            is_near(r->id.start_90k, e->at_90k))
            return true;
        if (e->kind == LINK_EVENT_ID3 && same_payload(r->start, e) && r->id.start_90k == e->at_90k)
            return true;
    }
    return false;
}

/* How many ranges would have the same ID but for this number. */
static uint32_t copies_before(const struct dateranges *d, const struct daterange *r)
{
    uint32_t copies = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct daterange *k = d->items[i];
        assert(k);
        if (k->id.kind == r->id.kind && k->id.event == r->id.event && k->id.type == r->id.type &&
            k->id.start_90k == r->id.start_90k && k->id.copies >= copies)
            copies = k->id.copies + 1;
    }
    return copies;
}

/* Where a range stops to matter; INT64_MAX while that is open. */
static int64_t last_90k(const struct daterange *r)
{
    if (r->id.kind != LINK_EVENT_OUT)
        return r->id.start_90k;
    if (r->has_end || r->is_over)
        return r->end_90k;
    if (r->planned_90k < 0)
        return INT64_MAX;
    return r->id.start_90k + r->planned_90k + (r->auto_return ? 0 : IN_LATE_90K);
}

/* An OUT that nobody ended, long gone out of the lists, makes room for what is new. */
static void make_room(struct dateranges *d, uint32_t bytes)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->count < DATERANGES_MAX && d->bytes + bytes <= DATERANGES_BYTES)
            return;
        if (is_open(d->items[i]) && d->items[i]->id.start_90k < d->first_90k)
            drop_at(d, i--);
    }
}

static int append(struct dateranges *d, const struct link_event *e, enum link_event_kind kind)
{
    make_room(d, e->len);
    if (d->count == DATERANGES_MAX || d->bytes + e->len > DATERANGES_BYTES) {
        d->refused++;
        return -ENOSPC;
    }
    struct daterange *r = calloc(1, sizeof(*r));
    struct payload *start = r ? payload_new(e) : NULL;
    if (!start) {
        free(r);
        return -ENOMEM;
    }
    *r = (struct daterange){
        .id = {.kind = kind, .event = e->id, .type = e->type, .start_90k = e->at_90k},
        .planned_90k = e->planned_90k,
        .auto_return = e->auto_return,
        .start = start};
    r->id.copies = copies_before(d, r);
    d->items[d->count++] = r;
    d->bytes += e->len;
    return 0;
}

/* The IN ends its OUT; without one that is open it is a point like any other. */
static int take_in(struct dateranges *d, const struct link_event *e)
{
    size_t at = find_open(d, e, false);
    struct daterange *r = at < d->count ? d->items[at] : NULL;
    if (!r || e->at_90k < r->id.start_90k)
        return append(d, e, LINK_EVENT_POINT);
    if (d->bytes + e->len > DATERANGES_BYTES) {
        d->refused++;
        return -ENOSPC;
    }
    r->end = payload_new(e);
    if (!r->end)
        return -ENOMEM;
    d->bytes += e->len;
    r->has_end = true;
    r->end_90k = e->at_90k;
    d->revision += r->dated;
    return 0;
}

/* 4.4.5.1.1: a cancelled splice should not appear. */
static int take_cancel(struct dateranges *d, const struct link_event *e)
{
    size_t at = find_open(d, e, true);
    if (at == d->count)
        return -EALREADY;
    drop_at(d, at);
    return 0;
}

int dateranges_take(struct dateranges *d, const struct link_event *e)
{
    if (!is_sane(e)) {
        d->refused++;
        return -EINVAL;
    }
    if (e->kind == LINK_EVENT_CANCEL)
        return take_cancel(d, e);
    if (is_repetition(d, e) || e->at_90k < d->first_90k)
        return -EALREADY;
    return e->kind == LINK_EVENT_IN ? take_in(d, e) : append(d, e, (enum link_event_kind)e->kind);
}

/* The epoch that a point of the timeline lies in: the last anchored one that began before it. */
static const struct epoch *epoch_of(const struct epochs *e, int64_t at_90k)
{
    const struct epoch *found = NULL;
    for (size_t i = 0; i < e->count; i++)
        if (e->list[i].anchored && (!found || e->list[i].anchor_90k <= at_90k))
            found = &e->list[i];
    return found;
}

void dateranges_date(struct dateranges *d, struct epochs *e)
{
    for (size_t i = 0; i < d->count; i++) {
        struct daterange *r = d->items[i];
        const struct epoch *epoch = r->dated ? NULL : epoch_of(e, r->id.start_90k);
        if (!epoch)
            continue;
        r->start_us = epoch_wall_us(epoch, UINT64_MAX, r->id.start_90k);
        r->dated = true;
        d->revision++;
    }
}

void dateranges_close(struct dateranges *d, int64_t end_90k)
{
    for (size_t i = 0; i < d->count; i++) {
        struct daterange *r = d->items[i];
        if (!is_open(r))
            continue;
        r->is_over = true;
        r->end_90k = end_90k > r->id.start_90k ? end_90k : r->id.start_90k;
    }
}

void dateranges_expire(struct dateranges *d, int64_t first_90k)
{
    d->first_90k = first_90k > d->first_90k ? first_90k : d->first_90k;
    for (size_t i = d->count; i > 0; i--)
        if (last_90k(d->items[i - 1]) < first_90k)
            drop_at(d, i - 1);
}

/* When was it shown first? Is that longer ago than span_us? */
static bool note_shown(int64_t *shown_us, int64_t now_us, int64_t span_us)
{
    if (*shown_us == 0)
        *shown_us = now_us;
    return *shown_us < now_us - span_us;
}

/* Names what is gone for a while longer: a list may be asked for some time after it was made. */
static void forget_gone(struct dateranges *d, int64_t now_us, int64_t span_us)
{
    size_t over = 0;
    for (size_t i = 0; i < d->gone_count; i++) {
        if (d->gone[i].since_us == 0)
            d->gone[i].since_us = now_us;
        over += d->gone[i].since_us < now_us - span_us - span_us / 4;
    }
    d->gone_count -= over;
    memmove(&d->gone[0], &d->gone[over], d->gone_count * sizeof(d->gone[0]));
    if (d->forgot_us == INT64_MAX)
        d->forgot_us = now_us;
    d->whole = d->forgot_us > 0 && d->forgot_us >= now_us - span_us - span_us / 4;
}

void dateranges_note(struct dateranges *d, int64_t now_us, int64_t span_us)
{
    d->skips = false;
    for (size_t i = 0; i < d->count; i++) {
        struct daterange *r = d->items[i];
        if (!r->dated)
            continue;
        r->is_old = note_shown(&r->shown_us, now_us, span_us);
        r->end_is_old = r->has_end && note_shown(&r->end_shown_us, now_us, span_us);
        d->skips = d->skips || r->is_old;
    }
    forget_gone(d, now_us, span_us);
}

void dateranges_render(struct text *t, const struct dateranges *d, bool recent)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct daterange *r = d->items[i];
        if (!r->dated)
            continue;
        if (!recent || !r->is_old)
            daterange_render_start(t, r);
        if (r->has_end && (!recent || !r->end_is_old))
            daterange_render_end(t, r);
    }
}

void dateranges_render_removed(struct text *t, const struct dateranges *d)
{
    for (size_t i = 0; i < d->gone_count; i++) {
        text_puts(t, i > 0 ? "\t" : "");
        daterange_render_id(t, &d->gone[i].id);
    }
}

size_t dateranges_pack(const struct dateranges *d, size_t i, void *out, size_t size)
{
    const struct daterange *r = d->items[i];
    const struct payload *parts[] = {r->start, r->end};
    size_t len = sizeof(*r);
    if (size < sizeof(*r) + 2 * sizeof(struct payload) + range_bytes(r))
        return 0;
    memcpy(out, r, sizeof(*r));
    for (size_t k = 0; k < 2 && parts[k]; k++) {
        memcpy((char *)out + len, parts[k], sizeof(*parts[k]) + parts[k]->len);
        len += sizeof(*parts[k]) + parts[k]->len;
    }
    return len;
}

static struct payload *payload_copy(const uint8_t *at, size_t left)
{
    struct payload head, *p;
    if (left < sizeof(head))
        return NULL;
    memcpy(&head, at, sizeof(head));
    if (head.len > LINK_EVENT_BYTES || left < sizeof(head) + head.len)
        return NULL;
    p = malloc(sizeof(head) + head.len);
    if (p)
        memcpy(p, at, sizeof(head) + head.len);
    return p;
}

int dateranges_unpack(struct dateranges *d, const void *bytes, size_t len)
{
    struct daterange *r = malloc(sizeof(*r));
    size_t at = sizeof(*r);
    bool ends;
    if (!r || len < sizeof(*r) || d->count == DATERANGES_MAX) {
        free(r);
        return -EPROTO;
    }
    memcpy(r, bytes, sizeof(*r));
    ends = r->end != NULL;
    r->start = r->end = NULL;
    r->start = payload_copy((const uint8_t *)bytes + at, len - at);
    if (r->start && ends) {
        at += sizeof(struct payload) + r->start->len;
        r->end = payload_copy((const uint8_t *)bytes + at, len - at);
    }
    if (!r->start || (ends && !r->end)) {
        daterange_free(&r);
        return -EPROTO;
    }
    d->items[d->count++] = r;
    d->bytes += range_bytes(r);
    return 0;
}
