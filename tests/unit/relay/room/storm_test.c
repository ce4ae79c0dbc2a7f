/* Random feeds do what feeds do, in any order; the viewers check every view against the rules. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/ll_actors.h"

enum { STORMS = 12, STEPS = 400, TRACKS = 3, PARTS = 6 };

/* A feed as its worker knows it. */
struct feed {
    uint64_t id;
    int64_t start_90k, at_us; /* LINK_FEED_GO's; at_us 0: it has begun, or may whenever it likes */
    uint32_t tracks, init[TRACKS];
    uint64_t next[TRACKS];
    unsigned salt;
};

static unsigned seed;

static unsigned chance(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* How long the feed's segment of that number is, and where it starts: the same for all tracks. */
static int64_t duration_of(const struct feed *f, uint64_t sequence)
{
    return 90000 + (int64_t)((sequence * 7919 + f->salt) % 12) * 9000;
}

static int64_t start_of(const struct feed *f, uint64_t sequence)
{
    int64_t start_90k = f->start_90k;
    for (uint64_t i = 0; i < sequence; i++)
        start_90k += duration_of(f, i);
    return start_90k;
}

static void announce(struct stage *s, struct feed *f, uint32_t track)
{
    char init[32];
    if (f->at_us > 0) /* its first picture, by the room's clock */
        f->start_90k += (s->now_us - f->at_us) * 9 / 100;
    f->at_us = 0;
    f->init[track]++;
    snprintf(init, sizeof(init), "init %u %u", track, chance(3));
    stage_track(s, f->id, track, f->init[track], init);
}

static void open_feed(struct stage *s, struct feed *f, uint64_t id)
{
    const struct link_message *answer = stage_open(s, id, "hall");
    if (answer->type != LINK_FEED_GO)
        return;
    *f = (struct feed){.id = id, .tracks = 1 + chance(TRACKS), .salt = chance(1000)};
    f->start_90k = answer->u.go.start_90k;
    f->at_us = answer->u.go.at_us;
    for (uint32_t track = 0; track < f->tracks; track++)
        if (chance(4) > 0)
            announce(s, f, track);
}

/* What a packager does: a discontinuity stands before the same sequence in all tracks, and only
 * there a track has new parameters. */
static bool breaks_before(const struct feed *f, uint64_t sequence)
{
    return sequence > 0 && (sequence * 31 + f->salt) % 11 == 0;
}

/* The segment in parts of a sixth, as far as they come; what is sent in the end may not fit. */
static void deliver_parts(struct stage *s, const struct link_message *m)
{
    struct ll_track t = ll_track_of(m->feed, m->u.segment.track, m->u.segment.start_90k);
    int64_t reorder_90k = m->u.segment.present_90k - m->u.segment.start_90k;
    t.sequence = m->u.segment.sequence;
    t.init_id = m->u.segment.init_id;
    t.discontinuity = m->u.segment.discontinuity;
    bool sound = t.discontinuity; /* a break that one track never hears of is not agreed upon */
    unsigned parts = chance(12) == 0 && !sound ? chance(PARTS) : PARTS;
    for (unsigned i = 0; i < parts; i++) {
        int64_t left_90k = m->u.segment.duration_90k - (t.end_90k - t.start_90k);
        struct link_message part = ll_part(s, &t, left_90k / (PARTS - i));
        part.u.part.present_90k += reorder_90k;
        part.u.part.capture_wall_us = m->u.segment.capture_wall_us;
        part.u.part.last = i + 1 == PARTS;
        part.u.part.independent = i == 0 && m->u.segment.independent;
        if (sound || chance(60) > 0)
            ll_send(s, &t, &part);
        if (chance(3) == 0)
            stage_pass(s, 100000);
    }
    struct link_message whole = ll_segment(s, &t);
    whole.u.segment.present_90k += reorder_90k;
    whole.u.segment.duration_90k = m->u.segment.duration_90k;
    whole.u.segment.independent = m->u.segment.independent;
    whole.u.segment.capture_wall_us = m->u.segment.capture_wall_us;
    if (t.fd >= 0 && (sound || chance(15) > 0))
        stage_tell(s, &whole, dup(t.fd));
    ll_next(&t);
}

static void deliver(struct stage *s, struct feed *f, uint32_t track)
{
    uint64_t sequence = f->next[track];
    if (breaks_before(f, sequence) && chance(2) == 0)
        announce(s, f, track);
    struct link_message m = stage_segment(s, f->id, track, sequence);
    m.u.segment.start_90k = start_of(f, sequence) + track * 700;
    m.u.segment.present_90k = m.u.segment.start_90k + (track == 0 ? 6000 : 0);
    m.u.segment.duration_90k = duration_of(f, sequence);
    m.u.segment.init_id = f->init[track];
    m.u.segment.discontinuity = breaks_before(f, sequence);
    m.u.segment.independent = chance(20) > 0;
    m.u.segment.gap = chance(15) == 0;
    m.u.segment.bytes = 1 + chance(30000);
    m.u.segment.capture_wall_us += chance(5000000);
    if (s->config.hls.low_latency && !m.u.segment.gap && chance(10) > 0)
        deliver_parts(s, &m);
    else
        stage_deliver(s, &m);
    f->next[track]++;
    if (chance(20) == 0 && !breaks_before(f, f->next[track]))
        f->next[track]++; /* one is never sent */
}

/* A rendition beside the main feed f: it does what f does, mostly. */
static struct {
    uint64_t id, asked; /* asked: not told yet where to start */
    uint64_t from, next;
    uint32_t init;
} role;

static void open_role(struct stage *s, uint64_t id)
{
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = id % 2, .feed = id};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "role-%u", chance(6));
    role.asked = id;
    stage_tell(s, &m, -1);
}

static void start_role(struct stage *s, const struct feed *f)
{
    const struct link_message *go = stage_sent(s, LINK_FEED_GO);
    if (!role.asked || !go || go->feed != role.asked)
        return;
    role.id = role.asked;
    role.asked = role.from = role.next = role.init = 0;
    while (start_of(f, role.from) + 6000 < go->u.go.start_90k)
        role.from++;
}

static void deliver_role(struct stage *s, const struct feed *f)
{
    uint64_t sequence = role.from + role.next;
    char init[32];
    if (role.init == 0 || chance(60) == 0) {
        snprintf(init, sizeof(init), "small init %u", chance(2));
        stage_track(s, role.id, 0, ++role.init, init);
    }
    struct link_message m = stage_segment(s, role.id, 0, role.next++);
    m.u.segment.start_90k = start_of(f, sequence) + (chance(80) == 0 ? 90000 : 0);
    m.u.segment.present_90k = m.u.segment.start_90k + 6000;
    m.u.segment.duration_90k = duration_of(f, sequence) / (chance(40) == 0 ? 2 : 1);
    m.u.segment.init_id = role.init;
    m.u.segment.discontinuity = breaks_before(f, sequence);
    m.u.segment.gap = chance(30) == 0;
    m.u.segment.bytes = 1 + chance(9000);
    stage_stats(s, role.id, s->now_us > 0 ? (uint64_t)s->now_us : 0);
    if (s->config.hls.low_latency && !m.u.segment.gap && chance(3) > 0)
        deliver_parts(s, &m);
    else
        stage_deliver(s, &m);
}

static void step_role(struct stage *s, const struct feed *f, uint64_t *ids)
{
    start_role(s, f);
    if (chance(60) == 0)
        open_role(s, ++*ids);
    else if (role.id && chance(90) == 0)
        stage_close(s, role.id, LINK_CLOSE_ENDED);
    else if (role.id && (role.from + role.next < f->next[0] || chance(20) == 0))
        deliver_role(s, f);
}

static void step(struct stage *s, struct feed *f, uint64_t *ids)
{
    uint32_t track = chance(TRACKS);
    switch (chance(24)) {
    case 0:
        open_feed(s, f, ++*ids);
        break;
    case 1:
        if (f->init[track] == 0) {
            announce(s, f, track);
            f->next[track] = f->next[0] > f->next[1] ? f->next[0] : f->next[1];
        }
        break;
    case 2:
        if (chance(3) == 0)
            stage_close(s, f->id, chance(4));
        break;
    case 3:
        if (chance(6) == 0)
            rooms_worker_lost(s->rooms, chance(2), s->now_us);
        break;
    case 4:
        stage_pass(s, chance(12) == 0 ? 30000000 : 100000 * chance(30));
        break;
    case 5:
        s->wall_us += ((int64_t)chance(20) - 10) * 500000; /* the clock steps */
        break;
    default:
        stage_pass(s, 300000);
        stage_stats(s, f->id, s->now_us > 0 ? (uint64_t)s->now_us : 0);
        if (f->init[track] > 0)
            deliver(s, f, track);
    }
}

static void storms(void **state, bool roles)
{
    for (unsigned storm = 0; storm < (roles ? 2 : 3) * STORMS; storm++) {
        struct feed f = {0};
        uint64_t ids = 0;
        assert_int_equal(0, stage_set(state));
        struct stage *s = *state;
        s->viewers.anew = true;
        s->config.hls.low_latency = storm % 3 > 0;
        s->config.hls.part_ms = 500;
        s->config.hls.part_uris = storm % 3 == 2 ? PART_URIS_RANGE : PART_URIS_NUMBER;
        s->config.limits.room_bytes = 300000;
        s->config.rooms.resume_s = 6;
        memset(&role, 0, sizeof(role));
        seed = storm;
        open_feed(s, &f, ++ids);
        for (unsigned i = 0; i < STEPS; i++) {
            step(s, &f, &ids);
            if (roles)
                step_role(s, &f, &ids);
        }
        assert_true(s->viewers.shows > 0);
        assert_int_equal(0, stage_strike(state));
    }
}

static void test_storms(void **state)
{
    storms(state, false);
}

static void test_storms_with_roles(void **state)
{
    storms(state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_storms),
                                       cmocka_unit_test(test_storms_with_roles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
