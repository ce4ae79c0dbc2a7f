/* One date range: what a room keeps of a splice or a tag, and the tags that tell of it. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/daterange.h"

#include "relay/base/clock.h"

#include <inttypes.h>
#include <stdlib.h>

void daterange_free(struct daterange **r)
{
    if (!*r)
        return;
    free((*r)->start);
    free((*r)->end);
    free(*r);
    *r = NULL;
}

static void render_hex(struct text *t, const char *name, const struct payload *p)
{
    text_printf(t, ",%s=0x", name);
    for (uint32_t i = 0; i < p->len; i++)
        text_printf(t, "%02X", p->bytes[i]);
}

/* Seconds with what five decimals say of 90 kHz, as EXTINF has them. */
static void render_seconds(struct text *t, const char *name, int64_t length_90k)
{
    text_printf(t, ",%s=%" PRId64 ".%05" PRId64, name, length_90k / 90000,
                length_90k % 90000 * 10 / 9);
}

void daterange_render_id(struct text *t, const struct daterange_id *id)
{
    if (id->kind == LINK_EVENT_ID3)
        text_puts(t, "id3");
    else if (id->type)
        text_printf(t, "scte35-%" PRIX32 "-%" PRIX32, id->type, id->event);
    else
        text_printf(t, "scte35-%" PRIX32, id->event);
    text_printf(t, "-%" PRId64, id->start_90k);
    if (id->copies)
        text_printf(t, "-%" PRIu32, id->copies);
}

static void render_name(struct text *t, const struct daterange *r)
{
    char when[32];
    text_puts(t, "#EXT-X-DATERANGE:ID=\"");
    daterange_render_id(t, &r->id);
    clock_format(r->start_us, when);
    text_printf(t, "\"%s,START-DATE=\"%s\"",
                r->id.kind == LINK_EVENT_ID3 ? ",CLASS=\"org.id3\"" : "", when);
}

void daterange_render_start(struct text *t, const struct daterange *r)
{
    render_name(t, r);
    if (r->id.kind == LINK_EVENT_ID3)
        text_puts(t, ",DURATION=0"); /* an instant */
    else if (r->planned_90k >= 0)
        render_seconds(t, "PLANNED-DURATION", r->planned_90k);
    render_hex(t,
               r->id.kind == LINK_EVENT_ID3   ? "X-ID3"
               : r->id.kind == LINK_EVENT_OUT ? "SCTE35-OUT"
                                              : "SCTE35-CMD",
               r->start);
    text_puts(t, "\n");
}

void daterange_render_end(struct text *t, const struct daterange *r)
{
    char when[32];
    render_name(t, r);
    clock_format(r->start_us + ticks_to_us(r->end_90k - r->id.start_90k), when);
    text_printf(t, ",END-DATE=\"%s\"", when);
    render_seconds(t, "DURATION", r->end_90k - r->id.start_90k);
    render_hex(t, "SCTE35-IN", r->end);
    text_puts(t, "\n");
}
