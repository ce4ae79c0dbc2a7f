/* Who is asked, who is told. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/diagnosis.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/room/doctor_words.h"
#include "relay/room/pair.h"

#include <inttypes.h>

enum { FEEDS_MAX = 2 + ROLES_MAX };

static const char *role_of(const struct session *s)
{
    return s->role[0] ? s->role : "main";
}

static void log_finding(const struct session *s, const struct diagnosis_room *room,
                        enum doctor_check check, int64_t now_us)
{
    const struct doctor_finding *f = &s->doctor.findings[check];
    const char *id = doctor_words(check)->id;
    struct text says;
    if (!room->log || !doctor_may_log(room->log, now_us))
        return;
    if (f->light == DOCTOR_GREEN) {
        log_info(room->ctx, "mended finding=%s role=%s feed=%" PRIu64, id, role_of(s), s->feed);
        return;
    }
    text_init(&says);
    doctor_say(&says, check, DOCTOR_EN, f->values);
    log_warn(room->ctx, "unhealthy finding=%s severity=%s role=%s feed=%" PRIu64 " text=\"%s\"", id,
             doctor_light_word(f->light), role_of(s), s->feed, text_failed(&says) ? "" : says.data);
    text_fini(&says);
}

bool diagnosis_second(struct session *s, const struct diagnosis_room *room,
                      const struct link_message *m, int64_t now_us)
{
    struct doctor_case c = {
        .vitals = &m->u.vitals,
        .stats = &m->u.feed_stats,
        .further = roles_is_further(role_of(s)),
        .classic = s->classic,
        .latency_ms = s->latency_ms,
        .max_latency_ms = room->config->srt.max_latency_ms,
        .limit_mbps = config_feed_mbps(room->config, room->name),
    };
    bool flows = m->u.feed_stats.packets != s->stats.packets;
    session_stats(s, &m->u.feed_stats, now_us);
    s->vitals = m->u.vitals;
    if (!flows) /* nothing is known anew */
        return false;
    bool knew = doctor_knows(&s->doctor);
    uint32_t changed = doctor_second(&s->doctor, &c, now_us);
    for (enum doctor_check i = 0; i < DOCTOR_CHECKS; i++)
        if (changed >> i & 1)
            log_finding(s, room, i, now_us);
    return changed || knew != doctor_knows(&s->doctor);
}

/* The feeds of a room: on air, at rest, further renditions. */
static size_t feeds_of(const struct room_facts *f, const struct session *out[FEEDS_MAX])
{
    size_t n = 0;
    if (f->session)
        out[n++] = f->session;
    if (pair_standby(f->pair))
        out[n++] = pair_standby(f->pair);
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (f->roles->list[i].role)
            out[n++] = &f->roles->list[i].role->session;
    return n;
}

bool diagnosis_light(const struct room_facts *f, enum doctor_light *out)
{
    const struct session *feeds[FEEDS_MAX];
    size_t n = feeds_of(f, feeds);
    *out = DOCTOR_GREEN;
    for (size_t i = 0; i < n; i++) {
        enum doctor_light light = doctor_light(&feeds[i]->doctor);
        if (feeds[i] == pair_standby(f->pair) && light == DOCTOR_RED)
            light = DOCTOR_AMBER;
        *out = light > *out ? light : *out;
    }
    return n > 0;
}

const struct session *diagnosis_worst(const struct room_facts *f, enum doctor_check *check)
{
    const struct session *feeds[FEEDS_MAX], *worst = NULL;
    size_t n = feeds_of(f, feeds);
    int light = DOCTOR_GREEN;
    for (size_t i = 0; i < n; i++)
        for (enum doctor_check k = 0; k < DOCTOR_CHECKS; k++)
            if (feeds[i]->doctor.findings[k].light > light) {
                light = feeds[i]->doctor.findings[k].light;
                worst = feeds[i];
                *check = k;
            }
    return worst;
}

uint64_t diagnosis_count(const struct room_facts *f, enum doctor_light severity)
{
    const struct session *feeds[FEEDS_MAX];
    size_t n = feeds_of(f, feeds);
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < DOCTOR_CHECKS; k++)
            count += feeds[i]->doctor.findings[k].light == severity;
    return count;
}

static void put_says(struct text *t, enum doctor_check check, enum doctor_language language,
                     const struct doctor_finding *f)
{
    struct text says;
    text_init(&says);
    doctor_say(&says, check, language, f->values);
    text_json(t, text_failed(&says) ? "" : says.data);
    text_fini(&says);
}

static void put_finding(struct text *t, const struct session *s, enum doctor_check check)
{
    const struct doctor_finding *f = &s->doctor.findings[check];
    char since[32];
    clock_format(s->opened_wall_us + (f->since_us - s->opened_us), since);
    text_printf(t, "{\"id\":\"%s\",\"severity\":\"%s\",\"role\":", doctor_words(check)->id,
                doctor_light_word(f->light));
    text_json(t, role_of(s));
    text_printf(t, ",\"since\":\"%s\",\"text\":{\"en\":", since);
    put_says(t, check, DOCTOR_EN, f);
    text_puts(t, ",\"zh\":");
    put_says(t, check, DOCTOR_ZH, f);
    text_puts(t, "}}");
}

/* The worst first. */
static void put_findings(struct text *t, const struct session *const *feeds, size_t n)
{
    const char *comma = "";
    for (int light = DOCTOR_RED; light > DOCTOR_GREEN; light--)
        for (size_t i = 0; i < n; i++)
            for (enum doctor_check k = 0; k < DOCTOR_CHECKS; k++) {
                if (feeds[i]->doctor.findings[k].light != light)
                    continue;
                text_puts(t, comma);
                put_finding(t, feeds[i], k);
                comma = ",";
            }
}

void diagnosis_put(struct text *t, const struct room_facts *f)
{
    const struct session *feeds[FEEDS_MAX];
    size_t n = feeds_of(f, feeds);
    enum doctor_light light;
    bool lit = diagnosis_light(f, &light);
    bool checked = f->session && doctor_knows(&f->session->doctor);
    text_printf(t, "{\"light\":%s%s%s,\"checked\":%s,\"findings\":[", lit ? "\"" : "",
                lit ? doctor_light_word(light) : "null", lit ? "\"" : "",
                checked ? "true" : "false");
    put_findings(t, feeds, n);
    text_puts(t, "]}");
}
