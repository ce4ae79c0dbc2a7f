/* The desk between HTTP threads and the control thread, with a made-up server on the other side. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/desk.h"
#include "tests/unit/relay/control/made_up_request.h"
#include "tests/unit/relay/room/actors.h"

#include <errno.h>
#include <unistd.h>

static struct request *held_request; /* the one that the token stands for */
static unsigned answered, listeners, hushed;
static bool tell_fails, hold_fails;
static char told[4000], told_agency[4000]; /* the organizer's people; an agency's */
static uint32_t audience;                  /* of the agency's, as its listener was answered */
static char no_token[] = "";
static const struct config config = {.access = {no_token, no_token}};
static char secret[] = "0123456789abcdef";
static const struct config guarded = {.access = {secret, no_token}};

struct request_token request_hold(struct request *r, int64_t deadline_mono_us)
{
    assert_true(deadline_mono_us > 0);
    r->held++;
    held_request = r;
    if (hold_fails)
        return (struct request_token){.thread = 1, .slot = 2};
    return (struct request_token){.thread = 1, .slot = 2, .generation = 3};
}

static void take(struct request *r, int status, const struct body *b)
{
    r->status = status;
    snprintf(r->type, sizeof(r->type), "%s", b->type);
    snprintf(r->text, sizeof(r->text), "%s", b->plain);
    snprintf(r->extra, sizeof(r->extra), "%s", b->extra_headers ? b->extra_headers : "");
}

void reply_body(struct request *r, int status, const struct body *b)
{
    take(r, status, b);
}

void reply_status(struct request *r, int status, uint32_t age_s, const char *sentence)
{
    assert_int_equal(0, age_s);
    r->status = status;
    snprintf(r->text, sizeof(r->text), "%s", sentence);
}

void server_answer(struct server *s, struct request_token t, int status, const struct body *b)
{
    assert_null(s);
    assert_int_equal(3, t.generation);
    answered++;
    take(held_request, status, b);
}

void server_listen(struct server *s, struct request_token t, const struct body *first)
{
    server_answer(s, t, 200, first);
    listeners += first->audience == 0;
    audience = first->audience ? first->audience : audience;
}

int server_tell(struct server *s, const struct body *news)
{
    assert_null(s);
    assert_true(news->audience == 0 || news->audience == audience);
    snprintf(news->audience ? told_agency : told, sizeof(told), "%s",
             tell_fails ? "" : news->plain);
    return tell_fails ? -ENOMEM : 0;
}

void server_hush(struct server *s)
{
    assert_null(s);
    hushed++;
    listeners = 0;
}

uint64_t server_listeners(const struct server *s, uint32_t place)
{
    assert_null(s);
    return place == 0 ? listeners : place == audience;
}

void server_stats(const struct server *s, struct server_stats *out)
{
    assert_null(s);
    memset(out, 0, sizeof(*out));
}

static void ask(struct desk *d, struct request *r)
{
    size_t count;
    const struct route *routes = desk_routes(d, &count);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(routes[i].path);
        bool prefix = routes[i].path[len - 1] == '/';
        if (prefix ? strncmp(r->path, routes[i].path, len) : strcmp(r->path, routes[i].path))
            continue;
        assert_true(routes[i].methods & 1u << r->method);
        routes[i].handle(routes[i].ctx, r);
        return;
    }
    fail_msg("no route for %s", r->path);
}

static void ask_now(struct desk *d, struct stage *s, struct request *r)
{
    ask(d, r);
    desk_drain(d, NULL, s->rooms, &config, s->now_us, s->wall_us);
}

/* A desk whose actions need the secret, and the room hall on the air. */
static struct desk *guarded_desk(struct stage *s)
{
    struct desk *d;
    rooms_worker_ready(s->rooms, 0);
    stage_open(s, 1, "hall");
    assert_int_equal(0, desk_new(&d));
    desk_guard(d, true);
    return d;
}

static const struct request kick = {.path = "/api/v1/rooms/hall/kick",
                                    .method = HTTP_POST,
                                    .authorization = "Bearer 0123456789abcdef"};

/* What a request brings reaches the page: its method, its body, its token. */
static void test_actions_bring_a_body(void **state)
{
    char long_body[REQUEST_BODY_MAX + 2];
    struct stage *s = *state;
    struct desk *d = guarded_desk(s);
    struct request r = {.path = "/api/v1/rooms/hall/on-air",
                        .method = HTTP_POST,
                        .authorization = "bearer 0123456789abcdef",
                        .body = "{\"role\":\"auto\"}"};
    ask(d, &r);
    desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us);
    assert_int_equal(200, r.status);
    assert_string_equal("{\"chosen\":\"auto\"}\n", r.text);
    memset(long_body, ' ', sizeof(long_body) - 1);
    long_body[sizeof(long_body) - 1] = '\0';
    r.body = long_body;
    ask(d, &r);
    desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us);
    assert_int_equal(413, r.status);
    r.held = 0;
    r.authorization = "Basic 0123456789abcdef";
    ask(d, &r);
    assert_int_equal(401, r.status);
    assert_int_equal(0, r.held); /* the control thread has better things to do */
    desk_free(&d);
}

/* Another process has the rooms, or nobody would hear that it was done: then it is not done. */
static void test_actions_too_late(void **state)
{
    struct stage *s = *state;
    struct desk *d = guarded_desk(s);
    struct request r = kick;
    answered = 0;
    ask(d, &r);
    usleep(1950000); /* of the 2 s that the asker waits */
    assert_int_equal(1, desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us));
    assert_int_equal(0, answered);
    assert_null(stage_sent(s, LINK_FEED_STOP));
    desk_leave(d);
    ask(d, &r);
    desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us);
    assert_int_equal(503, r.status);
    assert_string_equal("Retry-After: 1\r\n", r.extra);
    assert_null(stage_sent(s, LINK_FEED_STOP));
    r.path = "/api/v1/rooms";
    r.method = HTTP_GET;
    ask(d, &r);
    desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us);
    assert_int_equal(200, r.status);
    desk_free(&d);
}

/* Who could not be held was told to ask again: it is not done then. */
static void test_who_is_not_held_asks_nothing(void **state)
{
    struct stage *s = *state;
    struct desk *d = guarded_desk(s);
    struct request r = kick;
    hold_fails = true;
    ask(d, &r);
    hold_fails = false;
    assert_int_equal(1, r.held);
    assert_int_equal(0, desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us));
    assert_null(stage_sent(s, LINK_FEED_STOP));
    ask(d, &r);
    assert_int_equal(1, desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us));
    assert_non_null(stage_sent(s, LINK_FEED_STOP));
    desk_free(&d);
}

static void tick(struct desk *d, struct stage *s)
{
    told[0] = '\0';
    s->now_us += 1000000;
    desk_tick(d, NULL, s->rooms, &config, s->now_us, s->wall_us);
}

static void test_listeners_hear_what_changes(void **state)
{
    struct stage *s = *state;
    struct desk *d;
    struct request r = {.path = "/api/v1/events", .local = true, .host = "localhost"};
    assert_int_equal(0, desk_new(&d));
    s->now_us += 10000000;
    tick(d, s);
    stage_open(s, 1, "hall");
    tick(d, s);
    assert_string_equal("", told); /* nobody listens */
    ask_now(d, s, &r);
    assert_int_equal(200, r.status);
    assert_string_equal("text/event-stream", r.type);
    assert_non_null(strstr(r.text, "retry: 2000\nid: 1\nevent: rooms\n"
                                   "data: {\"rooms\":[{\"name\":\"hall\""));
    tick(d, s);
    assert_string_equal("", told); /* it knows that */
    stage_open(s, 2, "attic");
    tick(d, s);
    assert_non_null(strstr(told, "{\"name\":\"attic\""));
    assert_null(strstr(told, "hall"));
    stage_close(s, 2, LINK_CLOSE_ENDED); /* it never played anything */
    tick(d, s);
    assert_non_null(strstr(told, "event: gone\ndata: {\"name\":\"attic\"}\n\n"));
    for (int i = 0; i < 14; i++) {
        tick(d, s);
        assert_string_equal("", told);
    }
    tick(d, s);
    assert_string_equal(": beat\n\n", told);
    /* what could not be told is not taken for told */
    tell_fails = true;
    stage_open(s, 3, "cellar");
    tick(d, s);
    assert_int_equal(1, hushed);
    tell_fails = false;
    ask_now(d, s, &r);
    assert_non_null(strstr(r.text, "{\"name\":\"cellar\""));
    tick(d, s);
    assert_string_equal("", told);
    listeners = 0;
    tick(d, s);
    assert_string_equal("", told);
    desk_free(&d);
}

/* An agency's people begin with its rooms, and hear of them; nobody else's are in their text. */
static void test_an_agency_hears_of_its_own(void **state)
{
    static char name[] = "north", prefix[] = "north-", token[] = "north's own bearer";
    static struct config_agency north = {.name = name, .prefix = prefix, .token = token};
    const struct config both = {.access = {secret, no_token}, .agencies = {&north, 1}};
    struct stage *s = *state;
    struct desk *d = guarded_desk(s);
    struct request r = {.path = "/api/v1/events", .authorization = "Bearer north's own bearer"};
    struct request all = {.path = "/api/v1/events", .authorization = "Bearer 0123456789abcdef"};
    listeners = 0;
    audience = 0;
    s->now_us += 10000000;
    stage_open(s, 2, "north-1");
    ask(d, &r);
    desk_drain(d, NULL, s->rooms, &both, s->now_us, s->wall_us);
    assert_int_equal(200, r.status);
    assert_non_null(strstr(r.text, "data: {\"rooms\":[{\"name\":\"north-1\""));
    assert_null(strstr(r.text, "hall"));
    assert_in_range(audience, 1, BODY_AUDIENCES - 1);
    for (int i = 0; i < 2; i++) { /* without listeners of the organizer's, and with one */
        told[0] = told_agency[0] = '\0';
        s->now_us += 1000000;
        stage_open(s, (uint64_t)(4 + i), i ? "south-1" : "attic");
        stage_open(s, (uint64_t)(6 + i), i ? "north-3" : "north-2");
        desk_tick(d, NULL, s->rooms, &both, s->now_us, s->wall_us);
        assert_non_null(strstr(told_agency, i ? "{\"name\":\"north-3\"" : "{\"name\":\"north-2\""));
        assert_null(strstr(told_agency, "attic"));
        assert_null(strstr(told_agency, "south"));
        assert_int_equal(i, strstr(told, "{\"name\":\"south-1\"") && strstr(told, "north-3"));
        if (i == 0) {
            assert_string_equal("", told);
            ask(d, &all);
            desk_drain(d, NULL, s->rooms, &both, s->now_us, s->wall_us);
            assert_int_equal(200, all.status);
        }
    }
    audience = 0;
    desk_free(&d);
}

static void test_questions_are_answered(void **state)
{
    struct stage *s = *state;
    struct desk *d;
    assert_int_equal(0, desk_new(&d));
    assert_true(desk_fd(d) >= 0);
    struct {
        const char *path, *type;
        int status;
    } cases[] = {
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8", 200},
        {"/readyz", "text/plain; charset=utf-8", 503},
        {"/api/v1/rooms", "application/json", 200},
        {"/api/v1/rooms/nobody", "application/problem+json", 404},
    };
    answered = 0;
    for (size_t i = 0; i < 4; i++) {
        struct request r = {.path = cases[i].path, .local = true, .host = "localhost"};
        ask(d, &r);
        assert_int_equal(1, r.held);
        assert_int_equal(0, r.status);
        assert_int_equal(1, desk_drain(d, NULL, s->rooms, &config, s->now_us, s->wall_us));
        assert_int_equal(i + 1, answered);
        assert_int_equal(cases[i].status, r.status);
        assert_string_equal(cases[i].type, r.type);
    }
    assert_int_equal(0, desk_drain(d, NULL, s->rooms, &config, s->now_us, s->wall_us));
    desk_free(&d);
    desk_free(&d);
}

static void test_api_is_for_this_machine(void **state)
{
    struct desk *d;
    char path[300] = "/api/v1/rooms/";
    struct request far = {.path = "/api/v1/rooms"};
    struct request lengthy = {.path = path, .local = true, .host = "localhost"};
    struct stage *s = *state;
    assert_int_equal(0, desk_new(&d));
    const struct {
        const char *host, *origin;
        int status;
    } browsers[] = {
        {"localhost:8080", "http://localhost:8080", 200},
        {"127.0.0.1:8080", NULL, 200},
        {"[::1]:8080", "http://[::1]:8080", 200},
        {"127.0.0.1", "http://evil.example", 403},
        {"127.0.0.1:8080", "http://127.0.0.1:8081", 403},
        {"evil.example:8080", NULL, 403},
        {"evil.example", "http://evil.example", 403},
        {"localhost.evil.example", NULL, 403},
        {"localhost", "null", 403},
        {"localhost:8443", "https://localhost:8443", 200},
        {"localhost:8443", "ftp://localhost:8443", 403},
        {NULL, NULL, 403},
    };
    for (size_t i = 0; i < sizeof(browsers) / sizeof(browsers[0]); i++) {
        struct request r = {.path = "/api/v1/rooms",
                            .local = true,
                            .host = browsers[i].host,
                            .origin = browsers[i].origin};
        ask_now(d, s, &r);
        assert_int_equal(browsers[i].status, r.status);
    }
    ask_now(d, s, &far);
    assert_int_equal(403, far.status);
    assert_string_equal("application/problem+json", far.type);
    assert_non_null(strstr(far.text, "\"detail\":\"This answers to its own machine only"));
    assert_int_equal(0, far.held);
    memset(path + strlen(path), 'a', 200);
    ask(d, &lengthy);
    assert_int_equal(404, lengthy.status);
    assert_int_equal(0, lengthy.held);
    struct request ready = {.path = "/readyz"}; /* left at the desk when it is freed */
    ask(d, &ready);
    assert_int_equal(1, ready.held);
    desk_free(&d);
}

/* Proxies on this machine, and what nobody may do by being on it. */
static void test_being_here_is_not_enough(void **state)
{
    struct stage *s = *state;
    struct desk *d;
    assert_int_equal(0, desk_new(&d));
    for (size_t i = 0; i < 14; i++) {
        static const char *const names[] = {"x-forwarded-for",
                                            "x-forwarded-host",
                                            "x-forwarded-proto",
                                            "forwarded",
                                            "via",
                                            "x-real-ip",
                                            NULL};
        struct request proxied = {.path = i % 2 ? "/metrics" : "/api/v1/rooms",
                                  .local = true,
                                  .host = "127.0.0.1:8080",
                                  .passed_on = names[i / 2],
                                  .http10 = !names[i / 2]};
        ask_now(d, s, &proxied);
        assert_int_equal(403, proxied.status);
    }
    struct request acts = {
        .path = "/api/v1/rooms/hall/kick", .local = true, .host = "localhost", .method = HTTP_POST};
    ask_now(d, s, &acts);
    assert_int_equal(403, acts.status);
    assert_non_null(strstr(acts.text, "set access.organizer_token in the configuration"));
    desk_free(&d);
}

static void test_health_needs_nobody(void **state)
{
    struct desk *d;
    struct request r = {.path = "/healthz"};
    (void)state;
    assert_int_equal(0, desk_new(&d));
    ask(d, &r);
    assert_int_equal(200, r.status);
    assert_int_equal(0, r.held);
    desk_free(&d);
}

/* More questions than the desk has room for: the rest run into their deadline. */
static void test_desk_is_bounded(void **state)
{
    struct stage *s = *state;
    struct desk *d;
    struct request r = {.path = "/readyz"};
    assert_int_equal(0, desk_new(&d));
    for (unsigned i = 0; i < 3000; i++)
        ask(d, &r);
    assert_int_equal(3000, r.held);
    assert_in_range(desk_drain(d, NULL, s->rooms, &config, s->now_us, s->wall_us), 100, 2000);
    desk_free(&d);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_questions_are_answered),
        CASE(test_actions_bring_a_body),
        CASE(test_listeners_hear_what_changes),
        CASE(test_an_agency_hears_of_its_own),
        CASE(test_api_is_for_this_machine),
        CASE(test_health_needs_nobody),
        CASE(test_desk_is_bounded),
        CASE(test_actions_too_late),
        CASE(test_who_is_not_held_asks_nothing),
        CASE(test_being_here_is_not_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
