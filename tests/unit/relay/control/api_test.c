/* The API and the metrics, rendered from rooms that made-up workers feed. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api.h"
#include "relay/control/bearer.h"
#include "relay/control/debug.h"
#include "relay/control/health.h"
#include "relay/control/metrics.h"
#include "relay/control/schema.h"
#include "relay/control/schema_vitals.h"
#include "relay/room/feed_fields.h"
#include "tests/unit/relay/control/json_rules.h"
#include "tests/unit/relay/room/actors.h"

struct page {
    struct text text;
    const char *type, *extra;
    int status;
};

static char no_token[] = "", organizer_token[] = "the organizer's own",
            reader_token[] = "for readers only";
static struct config config = {.access = {no_token, no_token}};
static struct bearers bearers;

static struct server_stats web;

static const struct self_stat self = {.pid = 77, .rss_bytes = 4096, .threads = 5, .fds = 123};

static struct source source_of(struct stage *s)
{
    return (struct source){.rooms = s->rooms,
                           .web = &web,
                           .self = &self,
                           .config = &config,
                           .bearers = &bearers,
                           .now_us = s->now_us,
                           .wall_us = s->wall_us};
}

static void ask(struct stage *s, const struct asked *q, struct page *p)
{
    struct source src = source_of(s);
    struct page_head head = {.type = API_TYPE};
    text_init(&p->text);
    p->status = api_render(&p->text, &src, q, &head);
    p->type = head.type;
    p->extra = head.extra;
    assert_false(text_failed(&p->text));
    assert_true(json_is_valid(p->text.data));
}

static void get(struct stage *s, const char *path, struct page *p)
{
    ask(s, &(struct asked){.path = path, .peer = "127.0.0.1", .local = true, .body = ""}, p);
}

/* The status, and the problem's sentence or the answer. */
static int post(struct stage *s, const char *path, const char *body, char out[static 400])
{
    struct page p;
    ask(s,
        &(struct asked){.method = HTTP_POST,
                        .path = path,
                        .peer = "127.0.0.1",
                        .local = true,
                        .body = body,
                        .body_len = strlen(body)},
        &p);
    snprintf(out, 400, "%s", p.text.data);
    text_fini(&p.text);
    return p.status;
}

static void play(struct stage *s)
{
    rooms_worker_ready(s->rooms, 0);
    rooms_worker_ready(s->rooms, 1);
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 3, 0);
    stage_open(s, 2, "empty");
}

static void test_rooms(void **state)
{
    struct stage *s = *state;
    struct page p;
    get(s, "/api/v1/rooms", &p);
    assert_int_equal(200, p.status);
    assert_string_equal("{\"rooms\":[\n]}\n", p.text.data);
    text_fini(&p.text);
    play(s);
    get(s, "/api/v1/rooms", &p);
    const char *empty = strstr(p.text.data, "\"name\":\"empty\"");
    const char *hall = strstr(p.text.data, "\"name\":\"hall\"");
    assert_true(empty && hall && empty < hall);
    assert_non_null(strstr(hall, "\"title\":\"The \\\"Great\\\" Hall\""));
    assert_non_null(strstr(hall, "\"peer\":\"203.0.113.7:50001\",\"bitrate_bps\":4321000"));
    assert_non_null(strstr(hall, "\"light\":\"green\""));
    text_fini(&p.text);
}

static void has_members(const char *text, const struct schema *schema)
{
    char member[80];
    for (size_t i = 0; i < schema->count; i++) {
        snprintf(member, sizeof(member), "\"%s\":", schema->fields[i].name);
        assert_non_null(strstr(text, member));
    }
}

static void test_room_in_full(void **state)
{
    struct stage *s = *state;
    struct page p;
    char member[80];
    play(s);
    get(s, "/api/v1/rooms/hall", &p);
    assert_int_equal(200, p.status);
    has_members(p.text.data, &schema_room);
    has_members(p.text.data, &schema_feed);
    has_members(p.text.data, &schema_rendition);
    for (size_t i = 0; i < feed_field_count; i++) {
        snprintf(member, sizeof(member), "\"%s\":", feed_fields[i].name);
        assert_non_null(strstr(p.text.data, member));
    }
    assert_non_null(strstr(p.text.data, "\"rtt_us\":20000"));
    assert_non_null(strstr(p.text.data, "\"segments\":3,\"duration_s\":6.000"));
    text_fini(&p.text);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    get(s, "/api/v1/rooms/hall", &p);
    assert_non_null(strstr(p.text.data, "\"state\":\"waiting\""));
    assert_non_null(strstr(p.text.data, "\"feed\":null"));
    assert_non_null(strstr(p.text.data, "\"health\":{\"light\":null,"));
    text_fini(&p.text);
}

static void test_debug(void **state)
{
    struct stage *s = *state;
    struct page p;
    play(s);
    get(s, "/api/v1/debug", &p);
    assert_int_equal(200, p.status);
    has_members(p.text.data, &schema_debug);
    has_members(p.text.data, &schema_process);
    assert_non_null(strstr(p.text.data, "\"feeds\":2,"));
    assert_non_null(strstr(p.text.data, "\"bytes_pinned\":"));
    assert_non_null(strstr(p.text.data, "{\"name\":\"front\",\"pid\":77,\"threads\":5,"
                                        "\"open_fds\":123,\"rss_bytes\":4096}"));
    assert_non_null(strstr(p.text.data, "{\"name\":\"worker/1\","));
    text_fini(&p.text);
}

static void test_nothing_there(void **state)
{
    static const char *const paths[] = {
        "/api/v1/",          "/api/v1/rooms/",        "/api/v1/rooms/nobody",
        "/api/v1/rooms/a/b", "/api/v1/roomsx",        "/api/v1/rooms/../metrics",
        "/api/v1/rooms/%61", "/api/v1/openapi.json/", "/api/v1/room",
    };
    struct page p;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        get(*state, paths[i], &p);
        assert_int_equal(404, p.status);
        assert_string_equal("application/problem+json", p.type);
        assert_non_null(strstr(p.text.data, "\"status\":404"));
        text_fini(&p.text);
    }
}

static void test_history(void **state)
{
    struct stage *s = *state;
    struct page p;
    play(s);
    for (int second = 0; second < 12; second++) {
        struct link_message m = {.type = LINK_FEED_STATS, .feed = 1, .worker = 1};
        s->now_us += 1000000;
        m.u.feed_stats.packets = (uint64_t)second * 100 + 1;
        m.u.feed_stats.lost = (uint64_t)second;
        m.u.feed_stats.rtt_us = 25000;
        m.u.vitals.fps_milli = 29970;
        m.u.vitals.gop_last_ms = 2000;
        m.u.vitals.packets = 990;
        m.u.vitals.dropped = 10;
        m.u.vitals.lost = 20;
        stage_tell(s, &m, -1);
    }
    get(s, "/api/v1/rooms/hall/history", &p);
    assert_int_equal(200, p.status);
    has_members(p.text.data, &schema_history);
    assert_non_null(strstr(p.text.data, "\"fps_milli\":[29970,29970,29970]"));
    assert_non_null(strstr(p.text.data, "\"lost\":[0,5,5]"));
    assert_non_null(strstr(p.text.data, "\"rtt_us\":[25000,25000,25000]"));
    text_fini(&p.text);
    get(s, "/api/v1/rooms/hall", &p);
    has_members(p.text.data, &schema_vitals);
    assert_non_null(strstr(p.text.data, "\"fps\":29.970"));
    assert_non_null(strstr(p.text.data, "\"loss_percent\":2.000"));
    assert_non_null(strstr(p.text.data, "\"skew_ms\":null"));
    text_fini(&p.text);
    get(s, "/api/v1/rooms/empty/history", &p);
    assert_non_null(strstr(p.text.data, "\"at\":[]"));
    text_fini(&p.text);
}

static void test_actions(void **state)
{
    struct stage *s = *state;
    char said[400];
    play(s);
    assert_int_equal(200, post(s, "/api/v1/rooms/hall/kick", "", said));
    assert_string_equal("{\"kicked\":1}\n", said);
    assert_int_equal(200, post(s, "/api/v1/rooms/hall/kick", "{\"role\":\"backup\"}", said));
    assert_string_equal("{\"kicked\":0}\n", said);
    assert_int_equal(200, post(s, "/api/v1/rooms/hall/kick", " { \"role\" : \"main\" } ", said));
    assert_string_equal("{\"kicked\":1}\n", said);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(200, post(s, "/api/v1/rooms/hall/on-air", "{\"role\":\"backup\"}", said));
        assert_string_equal("{\"chosen\":\"backup\"}\n", said);
    }
    struct page p;
    get(s, "/api/v1/rooms/hall", &p);
    assert_non_null(strstr(p.text.data, "\"chosen\":\"backup\""));
    text_fini(&p.text);
}

static void test_bad_actions(void **state)
{
    static const struct {
        const char *path, *body;
        int status;
    } cases[] = {
        {"hall/kick", "[]", 400},
        {"hall/kick", "{\"role\":7}", 400},
        {"hall/kick", "{\"role\":\"a\",\"role\":\"b\"}", 400},
        {"hall/kick", "{\"role\":\"main\"} x", 400},
        {"hall/kick", "{\"who\":\"main\"}", 422},
        {"hall/on-air", "{\"role\":\"main\",\"now\":\"yes\"}", 422},
        {"hall/on-air", "", 422},
        {"hall/on-air", "{\"role\":\"<script>\"}", 422},
        {"nobody/kick", "", 404},
        {"nobody/on-air", "{\"role\":\"main\"}", 404},
        {"hall/history", "", 405},
        {"hall/", "", 404},
        {"/kick", "", 404},
    };
    struct stage *s = *state;
    char said[400], path[80];
    play(s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(path, sizeof(path), "/api/v1/rooms/%s", cases[i].path);
        assert_int_equal(cases[i].status, post(s, path, cases[i].body, said));
        assert_non_null(strstr(said, "\"detail\":\""));
    }
    struct page p;
    get(s, "/api/v1/rooms/hall/kick", &p);
    assert_int_equal(405, p.status);
    assert_string_equal("Allow: POST\r\n", p.extra);
    text_fini(&p.text);
}

static int ask_with(struct stage *s, const char *token, const char *peer, bool acts,
                    const char **extra)
{
    struct page p;
    ask(s,
        &(struct asked){.method = acts ? HTTP_POST : HTTP_GET,
                        .path = acts ? "/api/v1/rooms/hall/kick" : "/api/v1/rooms",
                        .bearer = token,
                        .peer = peer,
                        .local = true,
                        .body = ""},
        &p);
    *extra = p.extra;
    text_fini(&p.text);
    return p.status;
}

static void test_tokens(void **state)
{
    struct stage *s = *state;
    const char *extra;
    play(s);
    config.access.organizer_token = organizer_token;
    config.access.reader_token = reader_token;
    assert_int_equal(401, ask_with(s, NULL, "192.0.2.1", false, &extra));
    assert_non_null(strstr(extra, "WWW-Authenticate: Bearer"));
    assert_int_equal(200, ask_with(s, reader_token, "192.0.2.1", false, &extra));
    assert_int_equal(403, ask_with(s, reader_token, "192.0.2.1", true, &extra));
    assert_int_equal(200, ask_with(s, organizer_token, "192.0.2.1", true, &extra));
    assert_int_equal(401, ask_with(s, "", "192.0.2.1", false, &extra));
    for (int i = 1; i < BEARER_GUESSES; i++)
        assert_int_equal(401, ask_with(s, "a guess", "192.0.2.1", false, &extra));
    assert_int_equal(429, ask_with(s, organizer_token, "192.0.2.1", false, &extra));
    assert_string_equal("Retry-After: 60\r\n", extra);
    assert_int_equal(200, ask_with(s, organizer_token, "192.0.2.2", false, &extra));
    for (int i = 0; i < BEARER_GUESSES; i++)
        ask_with(s, "a guess", i % 2 ? "2001:db8::1" : "2001:db8::2:2", false, &extra);
    assert_int_equal(429, ask_with(s, reader_token, "2001:db8::3", false, &extra));
    assert_int_equal(200, ask_with(s, reader_token, "2001:db8:0:1::3", false, &extra));
    s->now_us += BEARER_MINUTE_US;
    assert_int_equal(200, ask_with(s, organizer_token, "192.0.2.1", false, &extra));
    config.access.reader_token = config.access.organizer_token = no_token;
    assert_int_equal(200, ask_with(s, NULL, "127.0.0.1", true, &extra));
}

static void test_document(void **state)
{
    struct page p;
    get(*state, "/api/v1/openapi.json", &p);
    assert_int_equal(200, p.status);
    assert_non_null(strstr(p.text.data, "\"openapi\":\"3.1.0\""));
    assert_non_null(strstr(p.text.data, "\"/api/v1/rooms/{room}\":{\"get\":"));
    has_members(p.text.data, &schema_room);
    has_members(p.text.data, &schema_summary);
    text_fini(&p.text);
}

static void test_ready(void **state)
{
    struct stage *s = *state;
    struct source src = source_of(s);
    struct text t;
    text_init(&t);
    rooms_worker_ready(s->rooms, 0);
    assert_int_equal(503, health_render_ready(&t, &src));
    assert_string_equal("not ready: these workers are not up: 1\n", t.data);
    text_clear(&t);
    rooms_worker_ready(s->rooms, 1);
    assert_int_equal(200, health_render_ready(&t, &src));
    text_fini(&t);
}

/* Each family once, HELP and TYPE before its samples, and nothing else. */
static void check_families(char *text)
{
    char family[96] = "", *line, *rest = text;
    while ((line = strsep(&rest, "\n")) && *line) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
            char again[120];
            snprintf(again, sizeof(again), "# HELP %s ", family);
            assert_true(!rest || !strstr(rest, again));
            continue;
        }
        const char *name = strncmp(line, "# TYPE ", 7) == 0 ? line + 7 : line;
        assert_int_equal(strlen(family), strcspn(name, " {"));
        assert_int_equal(0, strncmp(name, family, strlen(family)));
        if (name == line)
            assert_true(strtod(strrchr(line, ' '), NULL) >= 0);
    }
}

static void test_metrics(void **state)
{
    struct stage *s = *state;
    struct source src;
    struct text t;
    play(s);
    struct link_message m = {.type = LINK_WORKER_STATS, .worker = 1};
    m.u.worker_stats.cpu_us = 1500000;
    m.u.worker_stats.refused_key = 3;
    stage_tell(s, &m, -1);
    rooms_worker_lost(s->rooms, 1, s->now_us);
    rooms_worker_ready(s->rooms, 1);
    stage_open(s, 4, "empty");
    web.by_code[200] = 12;
    src = source_of(s);
    text_init(&t);
    metrics_render(&t, &src);
    static const char *const wanted[] = {
        "roomcast_rooms{state=\"waiting\"} 1\n",
        "roomcast_feeds 1\n",
        "roomcast_segments_total 6\n",
        "roomcast_segment_bytes_total 33000\n",
        "roomcast_srt_bytes_received_total 2500000\n", /* its feed is gone, its bytes are not */
        "roomcast_publishers_refused_total{reason=\"key\"} 3\n",
        "roomcast_publishers_refused_total{reason=\"conflict\"} 1\n",
        "roomcast_worker_cpu_seconds_total{worker=\"1\"} 1.5\n",
        "roomcast_worker_restarts_total{worker=\"1\"} 1\n",
        "roomcast_worker_up{worker=\"0\"} 1\n",
        "roomcast_http_requests_total{code=\"200\"} 12\n",
        "roomcast_feeds_ended_total{reason=\"lost\"} 1\n",
        "roomcast_room_memory_bytes{room=\"hall\"} ",
        "roomcast_front_open_fds 123\n",
        "roomcast_room_receive_bytes_per_second{room=\"hall\"} 0\n",
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(t.data, wanted[i]))
            fail_msg("%s is not in\n%s", wanted[i], t.data);
    check_families(t.data);
    text_fini(&t);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_rooms),   CASE(test_room_in_full), CASE(test_nothing_there), CASE(test_history),
        CASE(test_actions), CASE(test_bad_actions),  CASE(test_tokens),        CASE(test_document),
        CASE(test_ready),   CASE(test_metrics),      CASE(test_debug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
