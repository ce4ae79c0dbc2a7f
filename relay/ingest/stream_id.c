/* The stream id's two grammars. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/stream_id.h"

#include "config/config.h"

#include <stdbool.h>
#include <string.h>

enum field { FIELD_ROOM, FIELD_USER, FIELD_KEY, FIELD_ROLE, FIELD_MODE, FIELD_OTHER, FIELDS };

struct parse {
    struct stream_id *out;
    bool seen[FIELDS];
};

static const struct {
    const char *name;
    enum field field;
} fields[] = {
    {"r", FIELD_ROOM},    {"u", FIELD_USER},    {"s", FIELD_KEY},   {"m", FIELD_MODE},
    {"role", FIELD_ROLE}, {"user", FIELD_USER}, {"key", FIELD_KEY},
};

static enum field field_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0)
            return fields[i].field;
    return FIELD_OTHER;
}

static enum stream_id_fault copy(char *out, size_t size, const char *value, size_t len)
{
    if (len >= size)
        return STREAM_ID_TOO_LONG;
    memcpy(out, value, len);
    out[len] = '\0';
    return STREAM_ID_OK;
}

static enum stream_id_fault set_room(struct stream_id *out, const char *value, size_t len)
{
    if (len > ROOM_NAME_MAX || copy(out->room, sizeof(out->room), value, len))
        return STREAM_ID_ROOM;
    return room_name_is_valid(value, len) ? STREAM_ID_OK : STREAM_ID_ROOM;
}

/* A role is a rendition's name later on, so it follows the rules of room names. */
static enum stream_id_fault set_role(struct stream_id *out, const char *value, size_t len)
{
    if (!room_name_is_valid(value, len) || len >= sizeof(out->role))
        return STREAM_ID_ROLE;
    return copy(out->role, sizeof(out->role), value, len);
}

static enum stream_id_fault set(struct parse *p, enum field field, const char *value, size_t len)
{
    if (field != FIELD_OTHER && p->seen[field])
        return STREAM_ID_TWICE;
    p->seen[field] = true;
    switch (field) {
    case FIELD_ROOM:
        return set_room(p->out, value, len);
    case FIELD_USER:
        return copy(p->out->user, sizeof(p->out->user), value, len);
    case FIELD_KEY:
        return copy(p->out->key, sizeof(p->out->key), value, len);
    case FIELD_ROLE:
        return set_role(p->out, value, len);
    case FIELD_MODE:
        return len == 7 && memcmp(value, "publish", 7) == 0 ? STREAM_ID_OK : STREAM_ID_MODE;
    case FIELD_OTHER: /* h, t and what others may add */
    case FIELDS:
        break;
    }
    return STREAM_ID_OK;
}

static enum stream_id_fault parse_pairs(struct parse *p, const char *text, size_t len,
                                        char separator)
{
    enum stream_id_fault fault = STREAM_ID_OK;

    while (len > 0 && fault == STREAM_ID_OK) {
        const char *end = memchr(text, separator, len), *equals;
        size_t pair = end ? (size_t)(end - text) : len, name;

        equals = memchr(text, '=', pair);
        if (!equals || equals == text)
            return STREAM_ID_SYNTAX;
        name = (size_t)(equals - text);
        fault = set(p, field_of(text, name), equals + 1, pair - name - 1);
        text += pair + (end != NULL);
        len -= pair + (end != NULL);
    }
    return fault;
}

static enum stream_id_fault parse_short(struct parse *p, const char *text, size_t len)
{
    static const char prefix[] = "publish:";
    const char *query;
    enum stream_id_fault fault;
    size_t room;

    if (len >= sizeof(prefix) - 1 && memcmp(text, prefix, sizeof(prefix) - 1) == 0) {
        text += sizeof(prefix) - 1;
        len -= sizeof(prefix) - 1;
    }
    query = memchr(text, '?', len);
    room = query ? (size_t)(query - text) : len;
    fault = set(p, FIELD_ROOM, text, room);
    if (fault || !query)
        return fault;
    return parse_pairs(p, query + 1, len - room - 1, '&');
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

enum stream_id_fault stream_id_parse(const char *text, size_t len, struct stream_id *out)
{
    struct parse p = {.out = out};
    enum stream_id_fault fault;

    memset(out, 0, sizeof(*out));
    memcpy(out->role, "main", 5);
    if (len == 0)
        return STREAM_ID_EMPTY;
    if (len > STREAM_ID_MAX)
        return STREAM_ID_TOO_LONG;
    if (has_control(text, len))
        return STREAM_ID_SYNTAX;
    if (len >= 4 && memcmp(text, "#!::", 4) == 0)
        fault = parse_pairs(&p, text + 4, len - 4, ',');
    else
        fault = parse_short(&p, text, len);
    return fault == STREAM_ID_OK && !p.seen[FIELD_ROOM] ? STREAM_ID_ROOM : fault;
}

const char *stream_id_fault_text(enum stream_id_fault fault)
{
    static const char *const texts[STREAM_ID_FAULTS] = {
        [STREAM_ID_OK] = "fine",
        [STREAM_ID_EMPTY] = "no stream id: in OBS, put the room's name into Stream Key",
        [STREAM_ID_TOO_LONG] = "the stream id or one of its values is too long",
        [STREAM_ID_SYNTAX] = "the stream id is not of the form ROOM or #!::r=ROOM,m=publish",
        [STREAM_ID_TWICE] = "the stream id gives one value twice",
        [STREAM_ID_ROOM] = "no valid room name: 1-64 of A-Z a-z 0-9 . _ - not starting with a dot",
        [STREAM_ID_MODE] = "only m=publish is served here; viewers watch over HTTP",
        [STREAM_ID_ROLE] = "no valid role",
    };

    return fault < STREAM_ID_FAULTS ? texts[fault] : texts[STREAM_ID_SYNTAX];
}
