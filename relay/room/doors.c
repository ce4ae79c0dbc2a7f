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
    r->green_us = 0;
    showcase_touch(&r->showcase);
    doors_begin(r);
}

static void open_doors(struct room *r)
{
    r->presentation.is_public = true;
    showcase_touch(&r->showcase);
    room_show_soon(r);
}

/* With the last of so many seconds it is well. */
static const int64_t green_us = (DOCTOR_WATCHED_S - 1) * INT64_C(1000000);

static bool is_green(const struct room *r)
{
    struct room_facts facts;
    enum doctor_light light;
    room_facts(r, &facts);
    return r->session.feed && diagnosis_light(&facts, &light) && light == DOCTOR_GREEN;
}

/* The doctor has watched the feed on air for long enough to know, and had nothing to say meanwhile:
 * what comes and goes is green for a moment, too. */
static bool is_well(struct room *r, int64_t now_us)
{
    if (!is_green(r))
        r->green_us = 0;
    else if (r->green_us == 0)
        r->green_us = now_us;
    return r->green_us > 0 && now_us - r->green_us >= green_us && doctor_knows(&r->session.doctor);
}

void doors_second(struct room *r, int64_t now_us)
{
    if (r->presentation.is_public)
        return;
    bool waits = config_waits_for_green(r->env->config, r->name);
    if (waits && !is_well(r, now_us))
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
