/* The public list of rooms, /live/rooms.json: made again when it changed, once a second at most. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/room_list.h"

#include "relay/base/clock.h"
#include "relay/room/status.h"

#include <inttypes.h>
#include <string.h>

enum { LIST_EVERY_US = 1000000 };

void room_list_fini(struct room_list *l)
{
    text_fini(&l->rooms);
}

static void render(const struct rooms *rooms, const struct config *config, struct text *t)
{
    size_t shown = 0;
    for (size_t i = 0; i < rooms_count(rooms); i++) {
        struct room_facts f;
        room_facts(rooms_at(rooms, i), &f);
        if (config_is_signed(config, f.name) || !f.is_public) /* not everybody's to know of */
            continue;
        text_puts(t, shown++ > 0 ? ",\n" : "\n");
        status_render_entry(t, &f);
    }
}

static bool publish(const struct text *rooms, const struct config *config,
                    const struct rooms_out *out, int64_t wall_us)
{
    struct text page;
    struct body *body = NULL;
    char when[32];
    clock_format(wall_us, when);
    text_init(&page);
    text_printf(&page, "{\"generated\":\"%s\",\"picture_interval_s\":%" PRIu32 ",\"rooms\":[", when,
                config->pictures.interval_s);
    if (rooms->len > 0)
        text_add(&page, rooms->data, rooms->len);
    text_puts(&page, "\n]}\n");
    bool made = !text_failed(rooms) && !text_failed(&page) &&
                body_new(&body, STATUS_TYPE, page.data, page.len, true, 1, wall_us) == 0;
    if (made)
        out->publish(out->ctx, ROOMS_PATH, body);
    body_unref(&body);
    text_fini(&page);
    return made;
}

void room_list_refresh(struct room_list *l, const struct rooms *rooms, const struct config *config,
                       const struct rooms_out *out, int64_t now_us, int64_t wall_us)
{
    struct text t;
    if (l->made && now_us - l->checked_us < LIST_EVERY_US)
        return;
    text_init(&t);
    render(rooms, config, &t);
    bool same = l->made && t.len == l->rooms.len &&
                (t.len == 0 || memcmp(t.data, l->rooms.data, t.len) == 0);
    if (!same && publish(&t, config, out, wall_us)) {
        struct text old = l->rooms;
        l->rooms = t;
        t = old;
        l->made = true;
    }
    l->checked_us = now_us;
    text_fini(&t);
}
