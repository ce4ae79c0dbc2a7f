/* A new configuration at the front: all of it or nothing, and to the workers what concerns them. */
/* SPDX-License-Identifier: MIT */
#include "config/passed.h"
#include "relay/base/log.h"
#include "relay/base/machine_memory.h"
#include "relay/control/bearer.h"
#include "relay/front_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CTX "front"

/* Workers parse what publishers send: what links are signed with and what organizers sign in with
 * is none of their business. Where a key must be, one stands that the front does not believe. */
static char withheld[] = "withheld=not-known-to-those-who-do-not-judge-links", nothing[] = "";

static int pass_to_workers(const struct config *c)
{
    struct config shown = *c;
    int rc;

    if (shown.rooms.sign_keys && *shown.rooms.sign_keys)
        shown.rooms.sign_keys = withheld;
    shown.hooks.url = shown.hooks.secret = nothing;
    shown.access.organizer_token = shown.access.reader_token = nothing;
    shown.agencies.list = calloc(c->agencies.list_count + 1, sizeof(*shown.agencies.list));
    if (!shown.agencies.list)
        return -ENOMEM;
    for (uint32_t i = 0; i < c->agencies.list_count; i++) {
        shown.agencies.list[i] = c->agencies.list[i];
        shown.agencies.list[i].token = shown.agencies.list[i].reader_token = NULL;
    }
    rc = config_pass(&shown);
    free(shown.agencies.list);
    return rc;
}

/* Takes next. */
static void take(struct front *f, struct config *next)
{
    struct config *old = f->config;
    int fd = pass_to_workers(next), rc;

    next->stored = old->stored;
    /* a token that is no longer good opens nothing, and keeps nothing open */
    rc = fd < 0 ? fd : server_set_access(f->server, next, !bearer_is_same(old, next));

    if (rc) {
        log_error(CTX, "reload_refused why=\"%s\" changed=nothing", strerror(-rc));
        config_free(&next);
    } else {
        rooms_set_config(f->rooms, next);
        page_guard(f->page, bearer_is_needed(next));
        desk_guard(f->desk, bearer_is_needed(next));
        desk_set_usage(f->desk, next->state.usage_days);
        rooms_set_memory(f->rooms, machine_memory_bytes());
        f->config = next;
        front_send_all(f, &(struct link_message){.type = LINK_CONFIG}, fd);
        if (old != f->boot)
            config_free(&old);
    }
    if (fd >= 0)
        close(fd);
}

void front_take_config(struct front *f, int fd)
{
    struct config *next;

    if (config_take(&next, "reload", fd, stderr) == 0)
        take(f, next);
}
