/* A reader of small JSON objects whose values are all strings: what actions are told. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/flat_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

/* The byte, after white space. */
static bool take(struct cursor *c, char byte)
{
    skip_space(c);
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

static bool take_string(struct cursor *c, char out[static FLAT_JSON_TEXT])
{
    size_t n = 0;
    if (!take(c, '"'))
        return false;
    for (; c->at < c->end && *c->at != '"'; c->at++) {
        if ((unsigned char)*c->at < ' ' || n == FLAT_JSON_TEXT - 1)
            return false;
        if (*c->at == '\\' &&
            (++c->at == c->end || (*c->at != '"' && *c->at != '\\' && *c->at != '/')))
            return false;
        out[n++] = *c->at;
    }
    out[n] = '\0';
    return take(c, '"');
}

static bool take_member(struct cursor *c, struct flat_json *j)
{
    struct flat_json_member *m = &j->members[j->count];
    if (j->count == FLAT_JSON_MEMBERS || !take_string(c, m->name) || !take(c, ':') ||
        !take_string(c, m->value) || flat_json_find(j, m->name))
        return false;
    j->count++;
    return true;
}

int flat_json_parse(struct flat_json *out, const char *text, size_t len)
{
    struct cursor c = {text, text + len};
    memset(out, 0, sizeof(*out));
    skip_space(&c);
    if (c.at == c.end)
        return 0;
    if (!take(&c, '{'))
        return -EINVAL;
    bool empty = take(&c, '}');
    bool fine = true;
    while (!empty && fine && (fine = take_member(&c, out)) && take(&c, ','))
        continue;
    fine = empty || (fine && take(&c, '}'));
    skip_space(&c);
    return fine && c.at == c.end ? 0 : -EINVAL;
}

const char *flat_json_find(const struct flat_json *j, const char *name)
{
    for (size_t i = 0; i < j->count; i++)
        if (strcmp(j->members[i].name, name) == 0)
            return j->members[i].value;
    return NULL;
}
