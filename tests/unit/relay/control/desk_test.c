/* The desk between HTTP threads and the control thread, with a made-up server on the other side. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/desk.h"
#include "tests/unit/relay/room/actors.h"

/* The web side as far as the desk sees it. */
struct request {
    const char *path, *forwarded_for, *origin, *host, *authorization, *body;
    enum http_method method;
    bool local;
    int status;
    char type[48], text[400];
    unsigned held;
};

static struct request *held_request; /* the one that the token stands for */
static unsigned answered, listeners;
static char told[4000];
static char no_token[] = "";
static const struct config config = {.access = {no_token, no_token}};

const char *request_path(const struct request *r)
{
    return r->path;
}

bool request_is_local(const struct request *r)
{
    return r->local;
}

const char *request_header(const struct request *r, const char *name)
{
    return strcmp(name, "x-forwarded-for") == 0 ? r->forwarded_for
           : strcmp(name, "origin") == 0        ? r->origin
           : strcmp(name, "host") == 0          ? r->host
           : strcmp(name, "authorization") == 0 ? r->authorization
                                                : NULL;
}

enum http_method request_method(const struct request *r)
{
    return r->method;
}

const char *request_peer(const struct request *r)
{
    return r->local ? "127.0.0.1" : "192.0.2.7";
}

const char *request_body(const struct request *r, size_t *len, bool *too_long)
{
    *len = r->body ? strlen(r->body) : 0;
    *too_long = *len > REQUEST_BODY_MAX;
    *len = *too_long ? 0 : *len;
    return r->body ? r->body : "";
}

struct request_token request_hold(struct request *r, int64_t deadline_mono_us)
{
    assert_true(deadline_mono_us > 0);
    r->held++;
    held_request = r;
    return (struct request_token){.thread = 1, .slot = 2, .generation = 3};
}

static void take(struct request *r, int status, const struct body *b)
{
    r->status = status;
    snprintf(r->type, sizeof(r->type), "%s", b->type);
    snprintf(r->text, sizeof(r->text), "%s", b->plain);
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
    listeners++;
}

void server_tell(struct server *s, const struct body *news)
{
    assert_null(s);
    snprintf(told, sizeof(told), "%s", news->plain);
}

uint64_t server_listeners(const struct server *s)
{
    assert_null(s);
    return listeners;
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

/* What a request brings reaches the page: its method, its body, its token. */
static void test_actions_bring_a_body(void **state)
{
    char secret[] = "0123456789abcdef", long_body[REQUEST_BODY_MAX + 2];
    struct config guarded = {.access = {secret, no_token}};
    struct stage *s = *state;
    struct desk *d;
    struct request r = {.path = "/api/v1/rooms/hall/on-air",
                        .method = HTTP_POST,
                        .authorization = "bearer 0123456789abcdef",
                        .body = "{\"role\":\"auto\"}"};
    rooms_worker_ready(s->rooms, 0);
    stage_open(s, 1, "hall");
    assert_int_equal(0, desk_new(&d));
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
    r.authorization = "Basic 0123456789abcdef";
    ask(d, &r);
    desk_drain(d, NULL, s->rooms, &guarded, s->now_us, s->wall_us);
    assert_int_equal(401, r.status);
    desk_free(&d);
}

static void tick(struct desk *d, struct stage *s)
{
    told[0] = '\0';
    s->now_us += 1000000;
    desk_tick(d, NULL, s->rooms, s->now_us, s->wall_us);
}

static void test_listeners_hear_what_changes(void **state)
{
    struct stage *s = *state;
    struct desk *d;
    struct request r = {.path = "/api/v1/events", .local = true};
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
    assert_non_null(strstr(told, "event: room\ndata: {\"name\":\"hall\""));
    tick(d, s);
    assert_string_equal("", told);
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
    listeners = 0;
    tick(d, s);
    assert_string_equal("", told);
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
        struct request r = {.path = cases[i].path, .local = true};
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
    struct request proxied = {.path = "/api/v1/rooms", .local = true, .forwarded_for = "192.0.2.1"};
    struct request lengthy = {.path = path, .local = true};
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
    assert_non_null(strstr(far.text, "\"detail\":\"The API answers to this machine only"));
    ask_now(d, s, &proxied);
    assert_int_equal(403, proxied.status);
    memset(path + strlen(path), 'a', 200);
    ask(d, &lengthy);
    assert_int_equal(404, lengthy.status);
    assert_int_equal(0, lengthy.held);
    struct request metrics = {.path = "/metrics"}; /* left at the desk when it is freed */
    ask(d, &metrics);
    assert_int_equal(1, metrics.held);
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
        CASE(test_questions_are_answered),      CASE(test_actions_bring_a_body),
        CASE(test_listeners_hear_what_changes), CASE(test_api_is_for_this_machine),
        CASE(test_health_needs_nobody),         CASE(test_desk_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
