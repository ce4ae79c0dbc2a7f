/* What is asked of the store is judged with the tables of the configuration: the same words. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/edit.h"

#include "config/value.h"
#include "relay/base/clock.h"
#include "relay/control/writes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int edit_fail(struct action *a, int status, const char *detail)
{
    a->detail = detail;
    return status;
}

int edit_fail_field(struct action *a, const char *field, const char *expected)
{
    snprintf(a->field, sizeof(a->field), "%s", field);
    snprintf(a->words, sizeof(a->words), "%s: expected %s.", a->field, expected);
    return edit_fail(a, 422, a->words);
}

int edit_later(struct action *a, const char *detail)
{
    a->extra = RETRY_SOON;
    return edit_fail(a, 503, detail);
}

/* A text that is longer than any may be. */
static int fail_length(struct action *a, const struct key_list *l, const char *field)
{
    char expected[VALUE_WORDS_SIZE];
    const struct key *k = list_key(l, field);
    if (!k)
        return edit_fail_field(a, field, "no member of that name");
    value_expected(k, expected);
    return edit_fail_field(a, field, expected);
}

int edit_read_body(struct action *a, struct flat_json *j, const struct key_list *l)
{
    if (a->asked->body_too_long)
        return edit_fail(a, 413, "The request body is too large: 4096 bytes are the most.");
    int err = flat_json_parse(j, a->asked->body, a->asked->body_len);
    if (err == -EMSGSIZE)
        return fail_length(a, l, j->members[j->count].name);
    if (err < 0)
        return edit_fail(a, 400,
                         "The body must be a JSON object whose values are strings, whole "
                         "numbers, true, false or null.");
    return 0;
}

static bool kind_fits(const struct key *k, enum flat_json_kind kind)
{
    if (k->type == KEY_BOOL || k->type == KEY_SWITCH)
        return kind == FLAT_JSON_BOOL;
    return kind == (k->type == KEY_COUNT ? FLAT_JSON_NUMBER : FLAT_JSON_STRING);
}

/* An empty text means the same as null: back to what holds without it. */
int edit_take_value(struct action *a, struct store_request *q, const struct key_list *l,
                    const struct flat_json_member *m)
{
    const struct key *k = list_key(l, m->name);
    size_t i = (size_t)(k - l->keys), len = strlen(m->value);
    char expected[VALUE_WORDS_SIZE];
    q->has[i] = true;
    if (m->kind == FLAT_JSON_NULL || (m->kind == FLAT_JSON_STRING && len == 0))
        return 0;
    if (!kind_fits(k, m->kind) || len >= STORE_VALUE || value_check(k, m->value, len) != 0) {
        value_expected(k, expected);
        return edit_fail_field(a, k->name, expected);
    }
    memcpy(q->value[i], m->value, len + 1);
    return 0;
}

int edit_may_write(struct action *a)
{
    const struct config *c = a->src->config;
    if (!a->src->writes || a->src->writes->store < 0 || !c->stored)
        return edit_fail(a, 503,
                         "Nothing can be made here, because nothing would remember it: set "
                         "state.dir to a folder, and restart the relay.");
    if (config_awaits_store(c))
        return edit_later(a,
                          "The rooms' database cannot be used now; the log says why. Nothing was "
                          "changed.");
    return 0;
}

void edit_begin(const struct action *a, struct store_request *q, enum store_act act,
                const char *name)
{
    memset(q, 0, sizeof(*q));
    q->act = act;
    snprintf(q->room, sizeof(q->room), "%s", name);
    snprintf(q->who, sizeof(q->who), "%s", a->who);
}

int edit_ask(struct action *a, struct store_request *q, const char *key)
{
    struct write *w;
    switch (writes_ask(a->src->writes, q, clock_mono_us(), &w)) {
    case WRITES_TOO_MANY:
        a->extra = RETRY_SOON;
        return edit_fail(a, 429, "Too many changes at once; please ask again in a second.");
    case WRITES_UNREACHABLE:
        return edit_later(a, "The store cannot be reached; nothing was changed. Please ask again.");
    case WRITES_ASKED:
        break;
    }
    snprintf(w->key, sizeof(w->key), "%s", key);
    snprintf(w->host, sizeof(w->host), "%s", a->asked->host ? a->asked->host : "");
    a->pending = w->id;
    return 0;
}

int edit_ask_with_key(struct action *a, struct store_request *q)
{
    char key[PUBLISH_KEY_TEXT + 1] = "";
    int status = publish_key_make(&q->key, key) ? edit_later(a, "No key could be made.") : 0;
    if (!status)
        status = edit_ask(a, q, key);
    explicit_bzero(key, sizeof(key));
    return status;
}

void edit_put_value(struct text *t, const struct key *k, const void *r)
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

void edit_describe_value(struct text *t, const struct key *k)
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

void edit_describe_secret(struct text *t, const struct key *k)
{
    text_printf(t, "{\"type\":[\"string\",\"null\"],\"minLength\":%u,\"maxLength\":%u", k->min,
                k->max);
    text_puts(t, ",\"description\":");
    text_json(t, k->help);
    text_puts(t, "}");
}
