/* The API and the metrics, rendered from rooms that made-up workers feed. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/api.h"
#include "relay/control/debug.h"
#include "relay/control/health.h"
#include "relay/control/metrics.h"
#include "relay/control/schema.h"
#include "relay/room/feed_fields.h"
#include "tests/unit/relay/control/json_rules.h"
#include "tests/unit/relay/room/actors.h"

struct page {
    struct text text;
    const char *type;
    int status;
};

static struct server_stats web;

static const struct self_stat self = {.pid = 77, .rss_bytes = 4096, .threads = 5, .fds = 123};

static struct source source_of(struct stage *s)
{
    return (struct source){
        .rooms = s->rooms, .web = &web, .self = &self, .now_us = s->now_us, .wall_us = s->wall_us};
}

static void get(struct stage *s, const char *path, struct page *p)
{
    struct source src = source_of(s);
    text_init(&p->text);
    p->type = API_TYPE;
    p->status = api_render(&p->text, &src, path, &p->type);
    assert_false(text_failed(&p->text));
    assert_true(json_is_valid(p->text.data));
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
        CASE(test_rooms), CASE(test_room_in_full), CASE(test_nothing_there), CASE(test_document),
        CASE(test_ready), CASE(test_metrics),      CASE(test_debug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
