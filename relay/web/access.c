/* Who may watch which room: the configuration's word, and whether a signed link is good. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/access.h"

#include "config/sign_keys.h"
#include "relay/web/token.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)SIGN_KEY_ID_MAX == (int)TOKEN_KEY_ID_MAX, "one length for ids");

/* A listed room, or a stored one. */
struct entry {
    char name[ROOM_NAME_MAX + 1];
    bool is_signed;
};

struct access {
    _Atomic unsigned refs;
    bool any, others; /* is any room signed? is one that is not listed? */
    int key_count;
    struct token_key keys[SIGN_KEYS_MAX];
    size_t count;
    struct entry rooms[]; /* sorted by name */
};

static const char *const words[ACCESS_VERDICTS] = {
    [ACCESS_GRANTED] = "granted",       [ACCESS_MISSING] = "missing",
    [ACCESS_MALFORMED] = "malformed",   [ACCESS_UNKNOWN_KEY] = "unknown_key",
    [ACCESS_FORGED] = "forged",         [ACCESS_EXPIRED] = "expired",
    [ACCESS_OTHER_ROOM] = "other_room", [ACCESS_OTHER_ADDRESS] = "other_address",
};

static void take_keys(struct access *a, const char *text)
{
    struct sign_key keys[SIGN_KEYS_MAX];
    int n = text ? sign_keys_parse(text, strlen(text), keys) : 0;
    for (int i = 0; i < n; i++)
        token_key_init(&a->keys[i], keys[i].id, keys[i].id_len, keys[i].secret, keys[i].secret_len);
    a->key_count = n > 0 ? n : 0;
}

static void add(struct access *a, const struct config *c, const char *name)
{
    struct entry *e = &a->rooms[a->count++];
    memcpy(e->name, name, strnlen(name, ROOM_NAME_MAX));
    e->is_signed = config_is_signed(c, name);
    a->any |= e->is_signed;
}

static int order(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int access_new(struct access **out, const struct config *c)
{
    const struct stored_rooms *stored = c->stored ? c->stored->rooms : NULL;
    size_t made = stored ? stored_rooms_count(stored) : 0;
    struct access *a = *out =
        calloc(1, sizeof *a + (c->rooms.list_count + made) * sizeof a->rooms[0]);
    if (!a)
        return -ENOMEM;
    atomic_init(&a->refs, 1);
    a->any = a->others = config_is_signed(c, ""); /* no room's name */
    take_keys(a, c->rooms.sign_keys);
    for (uint32_t i = 0; i < c->rooms.list_count; i++)
        add(a, c, c->rooms.list[i].name);
    for (size_t i = 0; i < made; i++)
        if (config_find_stored(c, stored_rooms_at(stored, i)->room.name)) /* not the file's too */
            add(a, c, stored_rooms_at(stored, i)->room.name);
    qsort(a->rooms, a->count, sizeof a->rooms[0], order);
    return 0;
}

struct access *access_ref(const struct access *a)
{
    /* What is counted is not what is promised never to change. */
    struct access *own = (struct access *)(uintptr_t)a;
    atomic_fetch_add_explicit(&own->refs, 1, memory_order_relaxed);
    return own;
}

void access_unref(struct access **ap)
{
    struct access *a = *ap;
    *ap = NULL;
    if (a && atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) == 1)
        free(a);
}

/* As strcmp, of a name without its NUL. */
static int compare(const char *room, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    int order = memcmp(room, name, len < name_len ? len : name_len);
    return order ? order : (len > name_len) - (len < name_len);
}

bool access_is_signed(const struct access *a, const char *room, size_t len)
{
    size_t low = 0, high = a->any ? a->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(room, len, a->rooms[middle].name);
        if (order == 0)
            return a->rooms[middle].is_signed;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return a->others;
}

static enum access_verdict judge_proof(const struct access *a, const struct token *t)
{
    for (int i = 0; i < a->key_count; i++)
        if (strlen(a->keys[i].id) == t->key_id.len &&
            memcmp(a->keys[i].id, t->key_id.at, t->key_id.len) == 0)
            return token_is_by(t, &a->keys[i]) ? ACCESS_GRANTED : ACCESS_FORGED;
    return ACCESS_UNKNOWN_KEY;
}

/* The proof comes first: what is not signed may say what it likes. */
enum access_verdict access_judge(const struct access *a, const struct access_ask *q,
                                 struct access_grant *out)
{
    struct token t;
    if (!q->token)
        return ACCESS_MISSING;
    if (token_parse(&t, q->token, q->token_len) != 0)
        return ACCESS_MALFORMED;
    enum access_verdict proof = judge_proof(a, &t);
    if (proof != ACCESS_GRANTED)
        return proof;
    if (t.expires_s <= q->now_s)
        return ACCESS_EXPIRED;
    if (!token_is_for(&t, q->room, q->room_len))
        return ACCESS_OTHER_ROOM;
    if (!token_is_from(&t, q->peer))
        return ACCESS_OTHER_ADDRESS;
    *out = (struct access_grant){t.expires_s - q->now_s, t.address_bits > 0};
    return ACCESS_GRANTED;
}

const char *access_word(enum access_verdict v)
{
    return words[v];
}
