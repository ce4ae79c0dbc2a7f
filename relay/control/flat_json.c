/* A reader of small JSON objects whose values are no objects or lists: what actions are told. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/flat_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct cursor {
    const char *at, *end;
    bool full; /* what was read last had no room for it */
};

struct buffer {
    char *out;
    size_t len, size; /* size: with the NUL */
    bool full;
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

static bool put(struct buffer *b, char byte)
{
    b->full = b->len + 1 >= b->size;
    if (b->full)
        return false;
    b->out[b->len++] = byte;
    return true;
}

static bool put_utf8(struct buffer *b, uint32_t code)
{
    if (code < 0x80)
        return code != 0 && put(b, (char)code);
    if (code < 0x800)
        return put(b, (char)(0xc0 | code >> 6)) && put(b, (char)(0x80 | (code & 63)));
    if (code < 0x10000)
        return put(b, (char)(0xe0 | code >> 12)) && put(b, (char)(0x80 | (code >> 6 & 63))) &&
               put(b, (char)(0x80 | (code & 63)));
    return put(b, (char)(0xf0 | code >> 18)) && put(b, (char)(0x80 | (code >> 12 & 63))) &&
           put(b, (char)(0x80 | (code >> 6 & 63))) && put(b, (char)(0x80 | (code & 63)));
}

static bool take_hex(struct cursor *c, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, c->at++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *d = c->at < c->end && *c->at ? strchr(digits, *c->at) : NULL;
        if (!d)
            return false;
        *code = *code << 4 | (uint32_t)((d - digits) & 15);
    }
    return true;
}

/* Behind \u; what UTF-16 needs two of stands in two of them. */
static bool take_code(struct cursor *c, struct buffer *b)
{
    uint32_t code, low;
    if (!take_hex(c, &code) || (code >= 0xdc00 && code < 0xe000))
        return false;
    if (code < 0xd800 || code >= 0xdc00)
        return put_utf8(b, code);
    if (c->end - c->at < 2 || c->at[0] != '\\' || c->at[1] != 'u')
        return false;
    c->at += 2;
    return take_hex(c, &low) && low >= 0xdc00 && low < 0xe000 &&
           put_utf8(b, 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00)));
}

static bool take_escape(struct cursor *c, struct buffer *b)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (c->at == c->end)
        return false;
    char name = *c->at++;
    if (name == 'u')
        return take_code(c, b);
    const char *known = name ? strchr(names, name) : NULL;
    return known && put(b, bytes[known - names]);
}

static bool take_string(struct cursor *c, char *out, size_t size)
{
    struct buffer b = {.out = out, .size = size};
    if (!take(c, '"'))
        return false;
    while (c->at < c->end && *c->at != '"') {
        char byte = *c->at++;
        if ((unsigned char)byte < ' ' || !(byte == '\\' ? take_escape(c, &b) : put(&b, byte))) {
            c->full = b.full;
            return false;
        }
    }
    out[b.len] = '\0';
    return take(c, '"');
}

static bool is_in(char byte, const char *set)
{
    return byte && strchr(set, byte);
}

/* RFC 8259 section 6, without fractions and exponents: nothing that is asked for has them. */
static bool is_number(const char *s)
{
    s += *s == '-';
    if (!is_in(*s, "0123456789") || (*s == '0' && s[1]))
        return false;
    return strspn(s, "0123456789") == strlen(s);
}

/* A number, true, false or null. */
static bool take_word(struct cursor *c, struct flat_json_member *m)
{
    struct buffer b = {.out = m->value, .size = sizeof(m->value)};
    while (c->at < c->end && is_in(*c->at, "-0123456789abcdefghijklmnopqrstuvwxyz"))
        if (!put(&b, *c->at++))
            return false;
    m->value[b.len] = '\0';
    m->kind = strcmp(m->value, "null") == 0 ? FLAT_JSON_NULL
              : is_number(m->value)         ? FLAT_JSON_NUMBER
                                            : FLAT_JSON_BOOL;
    return m->kind != FLAT_JSON_BOOL || strcmp(m->value, "true") == 0 ||
           strcmp(m->value, "false") == 0;
}

static bool take_value(struct cursor *c, struct flat_json_member *m)
{
    skip_space(c);
    if (c->at == c->end || *c->at != '"')
        return take_word(c, m);
    m->kind = FLAT_JSON_STRING;
    return take_string(c, m->value, sizeof(m->value));
}

static bool take_member(struct cursor *c, struct flat_json *j)
{
    struct flat_json_member *m = &j->members[j->count];
    if (j->count == FLAT_JSON_MEMBERS)
        return false;
    bool named = take_string(c, m->name, sizeof(m->name));
    c->full = false; /* no member that is known has such a name */
    if (!named || !take(c, ':') || !take_value(c, m) || flat_json_member(j, m->name))
        return false;
    j->count++;
    return true;
}

int flat_json_parse(struct flat_json *out, const char *text, size_t len)
{
    struct cursor c = {text, text + len, false};
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
    return fine && c.at == c.end ? 0 : c.full ? -EMSGSIZE : -EINVAL;
}

const struct flat_json_member *flat_json_member(const struct flat_json *j, const char *name)
{
    for (size_t i = 0; i < j->count; i++)
        if (strcmp(j->members[i].name, name) == 0)
            return &j->members[i];
    return NULL;
}

const char *flat_json_find(const struct flat_json *j, const char *name)
{
    const struct flat_json_member *m = flat_json_member(j, name);
    return m && m->kind == FLAT_JSON_STRING ? m->value : NULL;
}
