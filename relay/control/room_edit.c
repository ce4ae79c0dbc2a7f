/* What is asked for is judged with the table of the configuration: the same words for both. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/room_edit.h"

#include "config/duration.h"
#include "config/keys.h"
#include "config/lists.h"
#include "config/sign_keys.h"
#include "config/value.h"
#include "relay/control/edit.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define NO_ROOM "There is no such room among those that the API has made."

/* Is there a store, and may it have this room? */
static int may_write(struct action *a, const char *room)
{
    const struct config *c = a->src->config;
    int status = edit_may_write(a);
    if (!status && config_find_room(c, room) && !config_find_stored(c, room))
        return edit_fail(a, 409,
                         "This room is in the configuration file: change it there, and reload.");
    return status;
}

static int take_value(struct action *a, struct store_request *q, const struct flat_json_member *m)
{
    if (strcmp(m->name, "key") == 0)
        return edit_fail_field(a, "key",
                               "nothing: keys are made by the relay, and asked for with POST "
                               "rooms/ROOM/key");
    if (!stored_room_may_have(m->name))
        return edit_fail_field(a, m->name, "no member of that name");
    return edit_take_value(a, q, &config_lists[LIST_ROOMS], m);
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
    return edit_fail_field(a, "window", expected);
}

/* What the configuration would refuse for all its rooms together. */
static int check_together(struct action *a, const struct store_request *q)
{
    const struct config *c = a->src->config;
    struct sign_key keys[SIGN_KEYS_MAX];
    if (is_set_to(q, "access", "signed") &&
        sign_keys_parse(c->rooms.sign_keys, strlen(c->rooms.sign_keys), keys) <= 0)
        return edit_fail_field(a, "access", "rooms.sign_keys to have a key when a room is signed");
    if (is_set_to(q, "fill", "slate") && c->rooms.slate[0] == '\0')
        return edit_fail_field(a, "fill", "rooms.slate to name a clip when fill is slate");
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

int room_edit_create(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = edit_read_body(a, &j, &config_lists[LIST_ROOMS]);
    if (status)
        return status;
    const char *name = flat_json_find(&j, "name");
    char expected[VALUE_WORDS_SIZE];
    value_expected(&room_keys[0], expected);
    if (!name || !room_name_is_valid(name, strlen(name)))
        return edit_fail_field(a, "name", expected);
    if (a->agency && config_agency_of(a->src->config, name) != a->agency) {
        snprintf(expected, sizeof(expected),
                 "a name that begins with \"%s\", as all of this agency's", a->agency->prefix);
        return edit_fail_field(a, "name", expected);
    }
    status = may_write(a, name);
    if (status)
        return status;
    if (config_find_stored(a->src->config, name))
        return edit_fail(a, 409, "There is a room of that name already.");
    edit_begin(a, &q, STORE_CREATE, name);
    status = take_values(a, &q, &j, "name");
    status = status ? status : edit_ask_with_key(a, &q);
    explicit_bzero(&q, sizeof(q));
    return status;
}

/* Of a room that is there to be changed. */
static int begin_known(struct action *a, struct store_request *q, enum store_act act)
{
    int status = may_write(a, a->room);
    if (!status && !config_find_stored(a->src->config, a->room))
        status = edit_fail(a, 404, NO_ROOM);
    edit_begin(a, q, act, a->room);
    return status;
}

int room_edit_change(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = edit_read_body(a, &j, &config_lists[LIST_ROOMS]);
    if (status)
        return status;
    status = begin_known(a, &q, STORE_CHANGE);
    if (!status && j.count == 0)
        status = edit_fail(a, 422, "There is nothing to be changed in an empty object.");
    if (!status)
        status = take_values(a, &q, &j, NULL);
    if (!status)
        status = edit_ask(a, &q, "");
    explicit_bzero(&q, sizeof(q));
    return status;
}

int room_edit_close(struct text *t, struct action *a)
{
    struct store_request q;
    (void)t;
    int status = begin_known(a, &q, STORE_CLOSE);
    return status ? status : edit_ask(a, &q, "");
}

int room_edit_key(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = edit_read_body(a, &j, &config_lists[LIST_ROOMS]);
    if (status)
        return status;
    const struct flat_json_member *keep = flat_json_member(&j, "keep_feed");
    if (j.count != (keep != NULL))
        return edit_fail(a, 422, "The only member that is known here is \"keep_feed\".");
    if (keep && keep->kind != FLAT_JSON_BOOL)
        return edit_fail_field(a, "keep_feed", "true or false");
    status = begin_known(a, &q, STORE_NEW_KEY);
    q.keep_feed = keep && strcmp(keep->value, "true") == 0;
    if (!status)
        status = edit_ask_with_key(a, &q);
    explicit_bzero(&q, sizeof(q));
    return status;
}

static void put_settings(struct text *t, const struct config_room *r, bool by_api)
{
    text_printf(t, "{\"source\":\"%s\"", by_api ? "api" : "file");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        text_printf(t, ",\"%s\":", room_keys[i].name);
        if (by_api && strcmp(room_keys[i].name, "key") == 0)
            text_puts(t, "true"); /* its hash stands elsewhere */
        else
            edit_put_value(t, &room_keys[i], r);
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

void room_edit_describe(struct text *t)
{
    text_puts(t, "\"RoomSettings\":{\"type\":\"object\",\"description\":\"How a room is set up; of "
                 "secrets only whether there is one.\",\"properties\":{\"source\":{\"enum\":"
                 "[\"file\",\"api\"],\"description\":\"Who made it; the file's are changed "
                 "there.\"}");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        text_printf(t, ",\"%s\":", room_keys[i].name);
        edit_describe_value(t, &room_keys[i]);
    }
    text_puts(t, "},\"required\":[\"source\"");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++)
        text_printf(t, ",\"%s\"", room_keys[i].name);
    text_puts(t, "]}");
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
            edit_describe_secret(t, k);
        else
            edit_describe_value(t, k);
    }
    text_printf(t, "},\"additionalProperties\":false%s}",
                with_name ? ",\"required\":[\"name\"]" : "");
}
