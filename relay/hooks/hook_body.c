/* An event as JSON. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_body.h"

#include "relay/base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void hook_id(const struct hook_event *e, char out[static HOOK_ID])
{
    const uint8_t *b = e->id;
    snprintf(out, HOOK_ID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}

static void put(struct text *t, const char *name, const char *value)
{
    text_printf(t, ",\"%s\":", name);
    if (value[0] == '\0')
        text_puts(t, "null");
    else
        text_json(t, value);
}

void hook_body(struct text *t, const struct hook_event *e, uint64_t lost)
{
    char id[HOOK_ID], time[32], feed[24] = "";
    hook_id(e, id);
    clock_format(e->wall_us, time);
    if (e->feed)
        snprintf(feed, sizeof(feed), "%" PRIu64, e->feed);
    text_printf(t, "{\"id\":\"%s\",\"type\":\"%s\",\"time\":\"%s\"", id, hook_type_word(e->type),
                time);
    put(t, "room", e->room);
    put(t, "title", e->title);
    put(t, "agency", e->agency);
    put(t, "feed", feed); /* more than a JSON number holds */
    put(t, "role", e->role);
    put(t, "light", e->light);
    put(t, "finding", e->finding);
    text_puts(t, ",\"reason\":{\"en\":");
    text_json(t, e->en);
    text_puts(t, ",\"zh\":");
    text_json(t, e->zh);
    text_puts(t, "}");
    put(t, "detail", e->detail);
    text_printf(t, ",\"events_lost\":%" PRIu64 "}", lost);
}
