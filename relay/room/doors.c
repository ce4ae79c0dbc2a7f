/* When viewers may see a room: at once, or when its feed has been found to be well. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doors.h"

#include "relay/base/log.h"
#include "relay/room/diagnosis.h"
#include "relay/room/room_inside.h"

void doors_begin(struct room *r)
{
    if (!config_waits_for_green(r->env->config, r->name))
        r->presentation.is_public = true;
}

void doors_close(struct room *r)
{
    r->presentation.is_public = false;
    showcase_touch(&r->showcase);
    doors_begin(r);
}

static void open_doors(struct room *r)
{
    r->presentation.is_public = true;
    showcase_touch(&r->showcase);
    room_show_soon(r);
}

/* The doctor has watched the feed on air for long enough to know, and has nothing to say. */
static bool is_well(const struct room *r)
{
    struct room_facts facts;
    enum doctor_light light;
    if (!r->session.feed || !doctor_knows(&r->session.doctor))
        return false;
    room_facts(r, &facts);
    return diagnosis_light(&facts, &light) && light == DOCTOR_GREEN;
}

void doors_second(struct room *r)
{
    if (r->presentation.is_public)
        return;
    bool waits = config_waits_for_green(r->env->config, r->name);
    if (waits && !is_well(r))
        return;
    log_info(r->ctx, "public why=\"%s\"", waits ? "its light is green" : "it need not wait");
    open_doors(r);
}

void doors_open_by_hand(struct room *r, const char *who)
{
    if (r->presentation.is_public)
        return;
    log_warn(r->ctx, "public why=\"an organizer opened it\" by=%s", who);
    open_doors(r);
}
