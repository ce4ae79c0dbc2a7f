/* The gate in front of the dangerous code: everything it needs is in memory. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/admission.h"

#include "relay/base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <srt/access_control.h>
#include <srt/srt.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 256, BUCKETS = 1024, ENDED = 32, ENDED_US = 10000000 };

struct room_entry {
    struct room_entry *next;
    char name[LINK_NAME];
    enum link_room_state state;
    bool classic;
};

struct admission {
    pthread_mutex_t lock;
    const struct config *config;
    struct room_entry *rooms[BUCKETS];
    bool full;
    int64_t second_us;
    uint32_t this_second;
    struct ended {
        char peer[LINK_PEER], room[LINK_NAME], role[LINK_ROLE];
        int64_t at_us;
    } ended[ENDED]; /* the newest ones */
    size_t ended_count;
    struct admission_event events[EVENTS]; /* one writer, one reader */
    atomic_uint written, read;
    atomic_ullong lost;
};

static const struct {
    int code;
    const char *text;
} verdicts[ADMISSION_VERDICTS] = {
    [ADMISSION_YES] = {0, "accepted"},
    [ADMISSION_BAD_REQUEST] = {SRT_REJX_BAD_REQUEST, "bad stream id"},
    [ADMISSION_BAD_MODE] = {SRT_REJX_BAD_MODE, "only publishing is served over SRT"},
    [ADMISSION_NOT_FOUND] = {SRT_REJX_NOTFOUND, "no such room, and rooms.open is false"},
    [ADMISSION_AWAITED] = {SRT_REJX_DOWN, "not yet: which rooms the API has made is not known; try "
                                          "again"},
    [ADMISSION_UNAUTHORIZED] = {SRT_REJX_UNAUTHORIZED, "unauthorized: wrong or missing key"},
    [ADMISSION_CONFLICT] = {SRT_REJX_CONFLICT,
                            "conflict: another publisher is live in the room, or took it over less "
                            "than 2 s ago"},
    [ADMISSION_REPEAT] = {SRT_REJX_CONFLICT,
                          "conflict: this connection was ended; its handshake came once more"},
    [ADMISSION_FULL] = {SRT_REJX_OVERLOAD, "no room left: rooms.max is reached"},
    [ADMISSION_RATE] = {SRT_REJX_OVERLOAD, "too many handshakes: srt.handshakes_per_s is reached"},
    [ADMISSION_VERSION] = {SRT_REJX_VERSION, "SRT older than 1.3.0, or no stream id"},
    [ADMISSION_ENCRYPTION] = {SRT_REJ_BADSECRET, "wrong, missing or surplus passphrase"},
    [ADMISSION_LATENCY] = {SRT_REJX_UNACCEPTABLE, "asks for more latency than srt.max_latency_ms"},
    [ADMISSION_FILTER] = {SRT_REJX_UNACCEPTABLE, "asks for a packet filter (FEC): not served"},
    [ADMISSION_FAILED] = {SRT_REJ_UNKNOWN, "the handshake was not completed"},
};

int admission_reject_code(enum admission_verdict v)
{
    return verdicts[v].code;
}

const char *admission_text(enum admission_verdict v)
{
    return verdicts[v].text;
}

int admission_new(struct admission **out, const struct config *c)
{
    struct admission *a = calloc(1, sizeof(*a));

    *out = a;
    if (!a)
        return -ENOMEM;
    pthread_mutex_init(&a->lock, NULL);
    a->config = c;
    return 0;
}

void admission_forget_rooms(struct admission *a)
{
    pthread_mutex_lock(&a->lock);
    a->full = false;
    for (size_t i = 0; i < BUCKETS; i++)
        while (a->rooms[i]) {
            struct room_entry *e = a->rooms[i];

            a->rooms[i] = e->next;
            free(e);
        }
    pthread_mutex_unlock(&a->lock);
}

void admission_free(struct admission **a)
{
    if (!*a)
        return;
    admission_forget_rooms(*a);
    pthread_mutex_destroy(&(*a)->lock);
    free(*a);
    *a = NULL;
}

void admission_set_config(struct admission *a, const struct config *c)
{
    pthread_mutex_lock(&a->lock);
    a->config = c;
    pthread_mutex_unlock(&a->lock);
}

struct stored_rooms *admission_set_stored(struct admission *a, struct config_stored *in,
                                          struct stored_rooms *next)
{
    struct stored_rooms *before;

    pthread_mutex_lock(&a->lock);
    before = in->rooms;
    in->rooms = next;
    pthread_mutex_unlock(&a->lock);
    return before;
}

/* FNV-1a; room names are bounded and the table is only as large as the front allows. */
static size_t bucket(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h % BUCKETS;
}

static struct room_entry **find(struct admission *a, const char *name)
{
    struct room_entry **e = &a->rooms[bucket(name)];

    while (*e && strcmp((*e)->name, name) != 0)
        e = &(*e)->next;
    return e;
}

void admission_set_room(struct admission *a, const char *room, enum link_room_state state,
                        bool classic, bool full)
{
    struct room_entry *spare = calloc(1, sizeof(*spare)), **e, *gone = NULL;

    pthread_mutex_lock(&a->lock);
    a->full = full;
    e = find(a, room);
    if (state == LINK_ROOM_FREE && !classic) {
        gone = *e;
        if (gone)
            *e = gone->next;
    } else {
        if (!*e && spare) {
            strncpy(spare->name, room, sizeof(spare->name) - 1);
            *e = spare;
            spare = NULL;
        }
        if (*e) {
            (*e)->state = state;
            (*e)->classic = classic;
        }
    }
    pthread_mutex_unlock(&a->lock);
    free(spare);
    free(gone);
}

void admission_note_ended(struct admission *a, const char *peer, const struct stream_id *id,
                          int64_t now_us)
{
    /* nobody gets a further rendition's place while it sends */
    if (strcmp(id->role, "main") != 0 && strcmp(id->role, "backup") != 0)
        return;
    pthread_mutex_lock(&a->lock);
    struct ended *e = &a->ended[a->ended_count++ % ENDED];

    strncpy(e->peer, peer, sizeof(e->peer) - 1);
    memcpy(e->room, id->room, sizeof(e->room));
    memcpy(e->role, id->role, sizeof(e->role));
    e->at_us = now_us;
    pthread_mutex_unlock(&a->lock);
}

/* Under the lock. Where nobody publishes, nobody loses anything. */
static bool has_ended(struct admission *a, const struct admission_request *q,
                      const struct stream_id *id)
{
    const struct room_entry *room = *find(a, id->room);

    if (!room || (room->state != LINK_ROOM_LIVE && room->state != LINK_ROOM_STALE))
        return false;
    for (size_t i = 0; q->peer && i < ENDED && i < a->ended_count; i++) {
        const struct ended *e = &a->ended[i];

        if (q->now_us - e->at_us < ENDED_US && strcmp(e->peer, q->peer) == 0 &&
            strcmp(e->room, id->room) == 0 && strcmp(e->role, id->role) == 0)
            return true;
    }
    return false;
}

static bool rate_exceeded(struct admission *a, int64_t now_us)
{
    if (now_us - a->second_us >= 1000000) {
        a->second_us = now_us;
        a->this_second = 0;
    }
    return ++a->this_second > a->config->srt.handshakes_per_s;
}

/* Under the lock. */
static enum admission_verdict look_up(struct admission *a, struct admission_answer *out)
{
    const struct config_room *listed = config_find_room(a->config, out->id.room);
    const struct stored_room *stored = config_find_stored(a->config, out->id.room);
    const struct room_entry *e = *find(a, out->id.room);

    if (!listed && config_awaits_store(a->config))
        return ADMISSION_AWAITED;
    if (!listed && !a->config->rooms.open)
        return ADMISSION_NOT_FOUND;
    if (listed && listed->key && !secret_is_same(listed->key, out->id.key))
        return ADMISSION_UNAUTHORIZED;
    if (stored && !publish_key_is(&stored->key, out->id.key))
        return ADMISSION_UNAUTHORIZED;
    /* which renditions a room has only the front knows, and refuses them there */
    if (e && e->state == LINK_ROOM_LIVE && strcmp(out->id.role, "main") == 0)
        return ADMISSION_CONFLICT;
    if (a->full && !e)
        return ADMISSION_FULL;
    out->classic = (e && e->classic) || (listed && listed->play_out == PLAY_OUT_CLASSIC);
    if (listed && listed->passphrase)
        strncpy(out->passphrase, listed->passphrase, sizeof(out->passphrase) - 1);
    return ADMISSION_YES;
}

void admission_decide(struct admission *a, const struct admission_request *q,
                      struct admission_answer *out)
{
    memset(out, 0, sizeof(*out));
    if (q->hs_version < 5) { /* draft-sharabayko-srt section 3.2.1: version 4 has no stream id */
        out->verdict = ADMISSION_VERSION;
        return;
    }
    out->fault = stream_id_parse(q->stream_id, q->stream_id_len, &out->id);
    if (out->fault) {
        out->verdict = out->fault == STREAM_ID_MODE ? ADMISSION_BAD_MODE : ADMISSION_BAD_REQUEST;
        return;
    }
    pthread_mutex_lock(&a->lock);
    out->verdict = rate_exceeded(a, q->now_us) ? ADMISSION_RATE
                   : has_ended(a, q, &out->id) ? ADMISSION_REPEAT
                                               : look_up(a, out);
    pthread_mutex_unlock(&a->lock);
}

void admission_post(struct admission *a, const struct admission_event *e)
{
    unsigned w = atomic_load_explicit(&a->written, memory_order_relaxed);

    if (w - atomic_load_explicit(&a->read, memory_order_acquire) == EVENTS) {
        atomic_fetch_add(&a->lost, 1);
        return;
    }
    a->events[w % EVENTS] = *e;
    atomic_store_explicit(&a->written, w + 1, memory_order_release);
}

bool admission_next_event(struct admission *a, struct admission_event *out)
{
    unsigned r = atomic_load_explicit(&a->read, memory_order_relaxed);

    if (r == atomic_load_explicit(&a->written, memory_order_acquire))
        return false;
    *out = a->events[r % EVENTS];
    atomic_store_explicit(&a->read, r + 1, memory_order_release);
    return true;
}

uint64_t admission_events_lost(const struct admission *a)
{
    return atomic_load(&a->lost);
}
