/* What is asked for is judged with the table of the configuration: the same words for both. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/room_edit.h"

#include "config/duration.h"
#include "config/keys.h"
#include "config/sign_keys.h"
#include "config/value.h"
#include "relay/base/clock.h"
#include "relay/control/flat_json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define NO_ROOM "There is no such room among those that the API has made."

static int fail(struct action *a, int status, const char *detail)
{
    a->detail = detail;
    return status;
}

/* field: of the body; it is named in the sentence, and apart for programs. */
static int fail_field(struct action *a, const char *field, const char *expected)
{
    snprintf(a->field, sizeof(a->field), "%s", field);
    snprintf(a->words, sizeof(a->words), "%s: expected %s.", a->field, expected);
    return fail(a, 422, a->words);
}

static int later(struct action *a, const char *detail)
{
    a->extra = RETRY_SOON;
    return fail(a, 503, detail);
}

static int read_body(struct action *a, struct flat_json *j)
{
    if (a->asked->body_too_long)
        return fail(a, 413, "The request body is too large: 4096 bytes are the most.");
    if (flat_json_parse(j, a->asked->body, a->asked->body_len) != 0)
        return fail(a, 400,
                    "The body must be a JSON object whose values are strings, whole "
                    "numbers, true, false or null.");
    return 0;
}

/* Is there a store, and are its rooms known? And may it have this one? */
static int may_write(struct action *a, const char *room)
{
    const struct config *c = a->src->config;
    if (!a->src->writes || a->src->writes->store < 0 || !c->stored)
        return fail(a, 503,
                    "No rooms can be made here, because nothing would remember them: set "
                    "state.dir to a folder, and restart the relay.");
    if (config_awaits_store(c))
        return later(a, "The rooms' database cannot be used now; the log says why. Nothing was "
                        "changed.");
    if (config_find_room(c, room) && !config_find_stored(c, room))
        return fail(a, 409, "This room is in the configuration file: change it there, and reload.");
    return 0;
}

static bool kind_fits(const struct key *k, enum flat_json_kind kind)
{
    if (k->type == KEY_BOOL || k->type == KEY_SWITCH)
        return kind == FLAT_JSON_BOOL;
    return kind == (k->type == KEY_COUNT ? FLAT_JSON_NUMBER : FLAT_JSON_STRING);
}

/* An empty text means the same as null: back to what holds for all rooms. */
static int take_value(struct action *a, struct store_request *q, const struct flat_json_member *m)
{
    const struct key *k = key_find_in_room(m->name);
    char expected[VALUE_WORDS_SIZE];
    if (strcmp(m->name, "key") == 0)
        return fail_field(a, "key",
                          "nothing: keys are made by the relay, and asked for with POST "
                          "rooms/ROOM/key");
    if (!k || !stored_room_may_have(k->name))
        return fail_field(a, m->name, "no member of that name");
    size_t i = (size_t)(k - room_keys), len = strlen(m->value);
    q->has[i] = true;
    if (m->kind == FLAT_JSON_NULL || (m->kind == FLAT_JSON_STRING && len == 0))
        return 0;
    if (!kind_fits(k, m->kind) || len >= STORE_VALUE || value_check(k, m->value, len) != 0) {
        value_expected(k, expected);
        return fail_field(a, k->name, expected);
    }
    memcpy(q->value[i], m->value, len + 1);
    return 0;
}

static bool is_set_to(const struct store_request *q, const char *key, const char *value)
{
    return strcmp(q->value[key_find_in_room(key) - room_keys], value) == 0;
}

static int check_window(struct action *a, const struct store_request *q)
{
    const struct config_agency *agency = config_agency_of(a->src->config, q->room);
    const char *window = q->value[key_find_in_room("window") - room_keys];
    uint32_t most_ms = config_agency_window_ms(agency), seconds;
    char expected[VALUE_WORDS_SIZE];
    if (!most_ms || duration_parse(window, strlen(window), &seconds) || seconds <= most_ms / 1000)
        return 0;
    snprintf(expected, sizeof(expected), "at most %s, which is the longest that %.64s may have",
             agency->window, agency->name);
    return fail_field(a, "window", expected);
}

/* What the configuration would refuse for all its rooms together. */
static int check_together(struct action *a, const struct store_request *q)
{
    const struct config *c = a->src->config;
    struct sign_key keys[SIGN_KEYS_MAX];
    if (is_set_to(q, "access", "signed") &&
        sign_keys_parse(c->rooms.sign_keys, strlen(c->rooms.sign_keys), keys) <= 0)
        return fail_field(a, "access", "rooms.sign_keys to have a key when a room is signed");
    if (is_set_to(q, "fill", "slate") && c->rooms.slate[0] == '\0')
        return fail_field(a, "fill", "rooms.slate to name a clip when fill is slate");
    return check_window(a, q);
}

static int take_values(struct action *a, struct store_request *q, const struct flat_json *j,
                       const char *but)
{
    int status = 0;
    for (size_t i = 0; i < j->count && !status; i++)
        if (!but || strcmp(j->members[i].name, but) != 0)
            status = take_value(a, q, &j->members[i]);
    return status ? status : check_together(a, q);
}

static void begin(const struct action *a, struct store_request *q, enum store_act act,
                  const char *room)
{
    memset(q, 0, sizeof(*q));
    q->act = act;
    snprintf(q->room, sizeof(q->room), "%s", room);
    snprintf(q->who, sizeof(q->who), "%s", a->who);
}

static int ask(struct action *a, struct store_request *q, const char *key)
{
    struct write *w;
    switch (writes_ask(a->src->writes, q, clock_mono_us(), &w)) {
    case WRITES_TOO_MANY:
        a->extra = RETRY_SOON;
        return fail(a, 429, "Too many changes at once; please ask again in a second.");
    case WRITES_UNREACHABLE:
        return later(a, "The store cannot be reached; nothing was changed. Please ask again.");
    case WRITES_ASKED:
        break;
    }
    snprintf(w->key, sizeof(w->key), "%s", key);
    snprintf(w->host, sizeof(w->host), "%s", a->asked->host ? a->asked->host : "");
    a->pending = w->id;
    return 0;
}

static int ask_with_key(struct action *a, struct store_request *q)
{
    char key[PUBLISH_KEY_TEXT + 1] = "";
    int status = publish_key_make(&q->key, key) ? later(a, "No key could be made.") : 0;
    if (!status)
        status = ask(a, q, key);
    explicit_bzero(key, sizeof(key));
    return status;
}

int room_edit_create(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = read_body(a, &j);
    if (status)
        return status;
    const char *name = flat_json_find(&j, "name");
    char expected[VALUE_WORDS_SIZE];
    value_expected(&room_keys[0], expected);
    if (!name || !room_name_is_valid(name, strlen(name)))
        return fail_field(a, "name", expected);
    if (a->agency && config_agency_of(a->src->config, name) != a->agency) {
        snprintf(expected, sizeof(expected),
                 "a name that begins with \"%s\", as all of this agency's", a->agency->prefix);
        return fail_field(a, "name", expected);
    }
    status = may_write(a, name);
    if (status)
        return status;
    if (config_find_stored(a->src->config, name))
        return fail(a, 409, "There is a room of that name already.");
    begin(a, &q, STORE_CREATE, name);
    status = take_values(a, &q, &j, "name");
    status = status ? status : ask_with_key(a, &q);
    explicit_bzero(&q, sizeof(q));
    return status;
}

/* A room that is there to be changed. */
static int find_stored(struct action *a)
{
    int status = may_write(a, a->room);
    if (!status && !config_find_stored(a->src->config, a->room))
        status = fail(a, 404, NO_ROOM);
    return status;
}

int room_edit_change(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = read_body(a, &j);
    if (!status)
        status = find_stored(a);
    if (!status && j.count == 0)
        status = fail(a, 422, "There is nothing to be changed in an empty object.");
    if (status)
        return status;
    begin(a, &q, STORE_CHANGE, a->room);
    status = take_values(a, &q, &j, NULL);
    status = status ? status : ask(a, &q, "");
    explicit_bzero(&q, sizeof(q));
    return status;
}

int room_edit_close(struct text *t, struct action *a)
{
    struct store_request q;
    (void)t;
    int status = find_stored(a);
    if (status)
        return status;
    begin(a, &q, STORE_CLOSE, a->room);
    return ask(a, &q, "");
}

int room_edit_key(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = read_body(a, &j);
    if (status)
        return status;
    const struct flat_json_member *keep = flat_json_member(&j, "keep_feed");
    if (j.count != (keep != NULL))
        return fail(a, 422, "The only member that is known here is \"keep_feed\".");
    if (keep && keep->kind != FLAT_JSON_BOOL)
        return fail_field(a, "keep_feed", "true or false");
    status = find_stored(a);
    if (status)
        return status;
    begin(a, &q, STORE_NEW_KEY, a->room);
    q.keep_feed = keep && strcmp(keep->value, "true") == 0;
    status = ask_with_key(a, &q);
    explicit_bzero(&q, sizeof(q));
    return status;
}

/* A value as JSON; absent ones are null, and of secrets only whether there is one. */
static void put_value(struct text *t, const struct key *k, const struct config_room *r)
{
    const char *at = (const char *)r + k->offset;
    uint32_t n = 0;
    const char *s = NULL;
    if (value_is_secret(k)) {
        text_puts(t, value_is_absent(k, r) ? "false" : "true");
        return;
    }
    if (value_is_absent(k, r)) {
        text_puts(t, "null");
        return;
    }
    if (k->type == KEY_COUNT || k->type == KEY_CHOICE || k->type == KEY_SWITCH)
        memcpy(&n, at, sizeof(n));
    else if (k->type != KEY_BOOL)
        memcpy(&s, at, sizeof(s));
    if (k->type == KEY_COUNT)
        text_printf(t, "%u", n);
    else if (k->type == KEY_BOOL)
        text_puts(t, *(const bool *)at ? "true" : "false");
    else if (k->type == KEY_SWITCH)
        text_puts(t, n == ROOM_SWITCH_ON ? "true" : "false");
    else
        text_json(t, k->type == KEY_CHOICE ? k->words[n] : s);
}

static void put_settings(struct text *t, const struct config_room *r, bool by_api)
{
    text_printf(t, "{\"source\":\"%s\"", by_api ? "api" : "file");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        text_printf(t, ",\"%s\":", room_keys[i].name);
        if (by_api && strcmp(room_keys[i].name, "key") == 0)
            text_puts(t, "true"); /* its hash stands elsewhere */
        else
            put_value(t, &room_keys[i], r);
    }
    text_puts(t, "}");
}

/* In order of their names; where both have a name, the file's holds. */
void room_edit_list(struct text *t, const struct config *c, const struct config_agency *agency)
{
    const struct stored_rooms *stored = c->stored ? c->stored->rooms : NULL;
    size_t count = stored ? stored_rooms_count(stored) : 0, file = 0, api = 0, shown = 0;
    text_puts(t, "{\"rooms\":[");
    while (file < c->rooms.list_count || api < count) {
        const struct config_room *a = file < c->rooms.list_count ? &c->rooms.list[file] : NULL;
        const struct config_room *b = api < count ? &stored_rooms_at(stored, api)->room : NULL;
        int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
        const struct config_room *room = order <= 0 ? a : b;
        if (!agency || config_agency_of(c, room->name) == agency) {
            text_puts(t, shown++ > 0 ? ",\n" : "\n");
            put_settings(t, room, order > 0);
        }
        file += order <= 0;
        api += order >= 0;
    }
    text_puts(t, "\n]}\n");
}

/* "[::1]:8080" is "[::1]" here; what is no host's name is not repeated. */
static int host_len(const char *host)
{
    size_t len =
        host[0] == '[' ? strcspn(host, "]") + (strchr(host, ']') != NULL) : strcspn(host, ":");
    static const char good[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    return len > 0 && strspn(host, good) >= len ? (int)len : 0;
}

/* What is typed into an encoder. It is shown once. */
static void put_key(struct text *t, const struct write *w, const struct config *c)
{
    const char *port = strrchr(c->srt.listen, ':');
    int len = host_len(w->host);
    text_printf(t,
                "{\"room\":\"%s\",\"key\":\"%s\",\"stream_id\":\"%s?key=%s\","
                "\"srt\":\"srt://%.*s%s?streamid=%s?key=%s\"",
                w->room, w->key, w->room, w->key, len ? len : 4, len ? w->host : "HOST",
                port ? port : "", w->room, w->key);
}

int room_edit_done(struct text *t, const struct write *w, const struct config *c)
{
    const struct stored_room *s = config_find_stored(c, w->room);
    if (w->act == STORE_CLOSE) {
        text_printf(t, "{\"closed\":\"%s\"}\n", w->room);
        return 200;
    }
    if (w->act != STORE_CHANGE) {
        put_key(t, w, c);
        text_puts(t, ",\"settings\":");
    }
    if (s)
        put_settings(t, &s->room, true);
    else /* somebody else has closed it since */
        text_puts(t, "null");
    text_puts(t, w->act != STORE_CHANGE ? "}\n" : "\n");
    return w->act == STORE_CREATE ? 201 : 200;
}

int room_edit_refused(const struct store_reply *r, char words[static ACTION_WORDS])
{
    static const struct {
        int status;
        const char *sentence;
    } known[STORE_OUTCOMES] = {
        [STORE_EXISTS] = {409, "There is a room of that name already."},
        [STORE_NO_ROOM] = {404, NO_ROOM},
        [STORE_FULL] = {409, NULL},
        [STORE_TROUBLE] = {503, NULL},
    };
    uint32_t outcome =
        r->outcome < STORE_OUTCOMES && r->outcome != STORE_DONE ? r->outcome : STORE_TROUBLE;
    if (known[outcome].sentence)
        snprintf(words, ACTION_WORDS, "%s", known[outcome].sentence);
    else
        snprintf(words, ACTION_WORDS, "The store refused: %s.", r->text);
    return known[outcome].status;
}

static void describe_value(struct text *t, const struct key *k)
{
    if (k->type == KEY_COUNT)
        text_printf(t, "{\"type\":[\"integer\",\"null\"],\"minimum\":%u,\"maximum\":%u", k->min,
                    k->max);
    else if (k->type == KEY_BOOL || k->type == KEY_SWITCH || value_is_secret(k))
        text_puts(t, "{\"type\":[\"boolean\",\"null\"]");
    else
        text_puts(t, "{\"type\":[\"string\",\"null\"]");
    text_puts(t, ",\"description\":");
    text_json(t, k->help);
    text_puts(t, "}");
}

void room_edit_describe(struct text *t)
{
    text_puts(t, "\"RoomSettings\":{\"type\":\"object\",\"description\":\"How a room is set up; of "
                 "secrets only whether there is one.\",\"properties\":{\"source\":{\"enum\":"
                 "[\"file\",\"api\"],\"description\":\"Who made it; the file's are changed "
                 "there.\"}");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        text_printf(t, ",\"%s\":", room_keys[i].name);
        describe_value(t, &room_keys[i]);
    }
    text_puts(t, "},\"required\":[\"source\"");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++)
        text_printf(t, ",\"%s\"", room_keys[i].name);
    text_puts(t, "]}");
}

static void describe_secret(struct text *t, const struct key *k)
{
    text_printf(t, "{\"type\":[\"string\",\"null\"],\"minLength\":%u,\"maxLength\":%u", k->min,
                k->max);
    text_puts(t, ",\"description\":");
    text_json(t, k->help);
    text_puts(t, "}");
}

void room_edit_describe_body(struct text *t, bool with_name)
{
    text_puts(t, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = with_name ? 0 : 1, n = 0; i < CONFIG_ROOM_KEYS; i++) {
        const struct key *k = &room_keys[i];
        if (i > 0 && !stored_room_may_have(k->name))
            continue;
        text_printf(t, "%s\"%s\":", n++ > 0 ? "," : "", k->name);
        if (value_is_secret(k))
            describe_secret(t, k);
        else
            describe_value(t, k);
    }
    text_printf(t, "},\"additionalProperties\":false%s}",
                with_name ? ",\"required\":[\"name\"]" : "");
}
