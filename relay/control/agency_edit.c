/* Agencies by the API: what is asked for is judged with the table of the configuration. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/agency_edit.h"

#include "config/lists.h"
#include "config/value.h"
#include "relay/control/edit.h"

#include <stdio.h>
#include <string.h>

#define NO_AGENCY "There is no such agency among those that the API has made."

/* Is there a store, and may it have this agency? */
static int may_write(struct action *a, const char *name)
{
    const struct config *c = a->src->config;
    int status = edit_may_write(a);
    if (!status && config_find_agency(c, name) && !config_find_stored_agency(c, name))
        return edit_fail(a, 409,
                         "This agency is in the configuration file: change it there, and reload.");
    return status;
}

static int take_value(struct action *a, struct store_request *q, const struct flat_json_member *m)
{
    if (strcmp(m->name, "token") == 0 || strcmp(m->name, "reader_token") == 0)
        return edit_fail_field(a, m->name,
                               "nothing: tokens are made by the relay, and asked for with POST "
                               "agencies/AGENCY/token");
    if (strcmp(m->name, "prefix") == 0 && q->act != STORE_AGENCY_CREATE)
        return edit_fail_field(a, "prefix",
                               "nothing: whose a room is stays as it is; make another agency");
    if (!stored_agency_may_have(m->name))
        return edit_fail_field(a, m->name, "no member of that name");
    return edit_take_value(a, q, &config_lists[LIST_AGENCIES], m);
}

static int take_values(struct action *a, struct store_request *q, const struct flat_json *j)
{
    int status = 0;
    for (size_t i = 0; i < j->count && !status; i++) {
        const char *name = j->members[i].name;
        bool taken = q->act == STORE_AGENCY_CREATE &&
                     (strcmp(name, "name") == 0 || strcmp(name, "prefix") == 0);
        if (!taken)
            status = take_value(a, q, &j->members[i]);
    }
    return status;
}

static bool begins(const char *a, const char *b)
{
    return strncmp(a, b, strlen(a)) == 0 || strncmp(a, b, strlen(b)) == 0;
}

/* One whose prefix begins with that, or the other way round. */
static const struct config_agency *find_overlap(const struct config *c, const char *prefix)
{
    const struct stored_rooms *made = c->stored ? c->stored->rooms : NULL;
    for (uint32_t i = 0; i < c->agencies.list_count; i++)
        if (begins(c->agencies.list[i].prefix, prefix))
            return &c->agencies.list[i];
    for (size_t i = 0; made && i < stored_agencies_count(made); i++)
        if (begins(stored_agencies_at(made, i)->agency.prefix, prefix))
            return &stored_agencies_at(made, i)->agency;
    return NULL;
}

/* A name or prefix that may be; NULL: refused. */
static const char *take_name(struct action *a, const struct flat_json *j, int which, int *status)
{
    const struct key *k = &agency_keys[which];
    const char *text = flat_json_find(j, k->name);
    char expected[VALUE_WORDS_SIZE];
    if (text && value_check(k, text, strlen(text)) == 0)
        return text;
    value_expected(k, expected);
    *status = edit_fail_field(a, k->name, expected);
    return NULL;
}

static int check_new(struct action *a, const char *name, const char *prefix)
{
    char expected[VALUE_WORDS_SIZE + ROOM_NAME_MAX];
    int status = may_write(a, name);
    if (status)
        return status;
    if (config_find_agency(a->src->config, name))
        return edit_fail(a, 409, "There is an agency of that name already.");
    const struct config_agency *other = find_overlap(a->src->config, prefix);
    if (!other)
        return 0;
    snprintf(expected, sizeof(expected),
             "a beginning that no other one begins with; \"%s\" is %s's", other->prefix,
             other->name);
    return edit_fail_field(a, "prefix", expected);
}

int agency_edit_create(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = edit_read_body(a, &j, &config_lists[LIST_AGENCIES]);
    const char *name = status ? NULL : take_name(a, &j, AGENCY_KEY_NAME, &status);
    const char *prefix = status ? NULL : take_name(a, &j, AGENCY_KEY_PREFIX, &status);
    if (!status)
        status = check_new(a, name, prefix);
    if (status)
        return status;
    edit_begin(a, &q, STORE_AGENCY_CREATE, name);
    snprintf(q.prefix, sizeof(q.prefix), "%s", prefix);
    status = take_values(a, &q, &j);
    return status ? status : edit_ask_with_key(a, &q);
}

/* An agency that is there to be changed. */
static int find_stored(struct action *a)
{
    int status = may_write(a, a->room);
    if (!status && !config_find_stored_agency(a->src->config, a->room))
        status = edit_fail(a, 404, NO_AGENCY);
    return status;
}

int agency_edit_change(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = edit_read_body(a, &j, &config_lists[LIST_AGENCIES]);
    if (!status)
        status = find_stored(a);
    if (!status && j.count == 0)
        status = edit_fail(a, 422, "There is nothing to be changed in an empty object.");
    if (status)
        return status;
    edit_begin(a, &q, STORE_AGENCY_CHANGE, a->room);
    status = take_values(a, &q, &j);
    return status ? status : edit_ask(a, &q, "");
}

int agency_edit_close(struct text *t, struct action *a)
{
    struct store_request q;
    (void)t;
    int status = find_stored(a);
    if (status)
        return status;
    edit_begin(a, &q, STORE_AGENCY_CLOSE, a->room);
    return edit_ask(a, &q, "");
}

int agency_edit_token(struct text *t, struct action *a)
{
    struct store_request q;
    struct flat_json j;
    (void)t;
    int status = edit_read_body(a, &j, &config_lists[LIST_AGENCIES]);
    if (status)
        return status;
    const char *role = flat_json_find(&j, "role");
    if (!role || j.count != 1 || (strcmp(role, "admin") != 0 && strcmp(role, "reader") != 0))
        return edit_fail_field(a, "role", "\"admin\" or \"reader\", and nothing else");
    status = find_stored(a);
    if (status)
        return status;
    edit_begin(a, &q, STORE_AGENCY_TOKEN, a->room);
    q.reader = strcmp(role, "reader") == 0;
    status = edit_ask_with_key(a, &q);
    explicit_bzero(&q, sizeof(q));
    return status;
}

/* made: NULL: it is the file's. */
static void put_settings(struct text *t, const struct config_agency *agency,
                         const struct stored_agency *made)
{
    text_printf(t, "{\"source\":\"%s\"", made ? "api" : "file");
    for (size_t i = 0; i < CONFIG_AGENCY_KEYS; i++) {
        const struct key *k = &agency_keys[i];
        text_printf(t, ",\"%s\":", k->name);
        if (made && value_is_secret(k)) /* hashes stand elsewhere */
            text_puts(t, strcmp(k->name, "token") == 0 || made->has_reader ? "true" : "false");
        else
            edit_put_value(t, k, agency);
    }
    text_puts(t, "}");
}

static void put_one(struct text *t, const struct config *c, const struct config_agency *agency)
{
    put_settings(t, agency, config_find_stored_agency(c, agency->name));
}

void agency_edit_list(struct text *t, const struct config *c, const struct config_agency *agency)
{
    const struct stored_rooms *made = c->stored ? c->stored->rooms : NULL;
    size_t count = made ? stored_agencies_count(made) : 0, shown = 0;
    text_puts(t, "{\"agencies\":[");
    for (size_t i = 0; i < c->agencies.list_count + count; i++) {
        const struct config_agency *one =
            i < c->agencies.list_count
                ? &c->agencies.list[i]
                : &stored_agencies_at(made, i - c->agencies.list_count)->agency;
        /* where both have a name, the file's holds */
        if (config_find_agency(c, one->name) != one || (agency && one != agency))
            continue;
        text_puts(t, shown++ > 0 ? ",\n" : "\n");
        put_one(t, c, one);
    }
    text_puts(t, "\n]}\n");
}

int agency_edit_show(struct text *t, const struct config *c, const char *name)
{
    const struct config_agency *agency = config_find_agency(c, name);
    if (!agency)
        return 404;
    put_one(t, c, agency);
    text_puts(t, "\n");
    return 200;
}

int agency_edit_done(struct text *t, const struct write *w, const struct config *c)
{
    const struct stored_agency *s = config_find_stored_agency(c, w->room);
    bool with_token = w->act != STORE_AGENCY_CHANGE;
    if (w->act == STORE_AGENCY_CLOSE) {
        text_printf(t, "{\"closed\":\"%s\"}\n", w->room);
        return 200;
    }
    if (with_token)
        text_printf(t, "{\"agency\":\"%s\",\"role\":\"%s\",\"token\":\"%s\",\"settings\":", w->room,
                    w->reader ? "reader" : "admin", w->key);
    if (s)
        put_settings(t, &s->agency, s);
    else /* somebody else has closed it since */
        text_puts(t, "null");
    text_puts(t, with_token ? "}\n" : "\n");
    return w->act == STORE_AGENCY_CREATE ? 201 : 200;
}

int agency_edit_refused(const struct store_reply *r, char words[static ACTION_WORDS])
{
    static const struct {
        int status;
        const char *sentence;
    } known[STORE_OUTCOMES] = {
        [STORE_EXISTS] = {409, "There is an agency of that name, or with such a prefix, already."},
        [STORE_NO_ROOM] = {404, NO_AGENCY},
        [STORE_FULL] = {409, NULL},
        [STORE_IN_USE] = {409, NULL},
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

void agency_edit_describe(struct text *t)
{
    text_puts(t,
              "\"AgencySettings\":{\"type\":\"object\",\"description\":\"How an agency is set up; "
              "of tokens only whether there is one.\",\"properties\":{\"source\":{\"enum\":"
              "[\"file\",\"api\"],\"description\":\"Who made it; the file's are changed "
              "there.\"}");
    for (size_t i = 0; i < CONFIG_AGENCY_KEYS; i++) {
        text_printf(t, ",\"%s\":", agency_keys[i].name);
        edit_describe_value(t, &agency_keys[i]);
    }
    text_puts(t, "},\"required\":[\"source\"");
    for (size_t i = 0; i < CONFIG_AGENCY_KEYS; i++)
        text_printf(t, ",\"%s\"", agency_keys[i].name);
    text_puts(t, "]}");
}

void agency_edit_describe_body(struct text *t, bool with_name)
{
    size_t n = 0;
    text_puts(t, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < CONFIG_AGENCY_KEYS; i++) {
        const struct key *k = &agency_keys[i];
        if (!stored_agency_may_have(k->name) && (!with_name || k->type != KEY_NAME))
            continue;
        text_printf(t, "%s\"%s\":", n++ > 0 ? "," : "", k->name);
        edit_describe_value(t, k);
    }
    text_printf(t, "},\"additionalProperties\":false%s}",
                with_name ? ",\"required\":[\"name\",\"prefix\"]" : "");
}
