/* Gives the rooms of one front to the next: the taking side. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/handover.h"
#include "relay/room/handover_form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct handover_taker {
    struct rooms *rooms;
    struct room *room;                    /* that is being filled in */
    int32_t renditions[LINK_TRACK_SLOTS]; /* of its session's tracks */
    struct blob **blobs;
    size_t count, size;
};

int handover_taker_new(struct handover_taker **out, struct rooms *r)
{
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return -ENOMEM;
    (*out)->rooms = r;
    return 0;
}

void handover_taker_free(struct handover_taker **t)
{
    if (!*t)
        return;
    for (size_t i = 0; i < (*t)->count; i++)
        blob_unref(&(*t)->blobs[i]);
    free((*t)->blobs);
    free(*t);
    *t = NULL;
}

static int take_blob(struct handover_taker *t, const struct form_blob *form, struct parcel *p)
{
    if (p->fd < 0)
        return -EPROTO;
    if (t->count == t->size) {
        size_t size = t->size ? 2 * t->size : 256;
        struct blob **blobs = realloc(t->blobs, size * sizeof(struct blob *));
        if (!blobs)
            return -ENOMEM;
        t->blobs = blobs;
        t->size = size;
    }
    int rc = blob_new(&t->blobs[t->count], p->fd, form->bytes, form->etag);
    p->fd = -1;
    t->count += rc == 0;
    return rc;
}

/* A reference of one's own; number 0 is none. */
static int blob_of(const struct handover_taker *t, uint32_t number, struct blob **out)
{
    *out = NULL;
    if (number > t->count)
        return -EPROTO;
    if (number > 0)
        *out = blob_ref(t->blobs[number - 1]);
    return 0;
}

static struct rendition *rendition_of(const struct handover_taker *t, int32_t at)
{
    struct presentation *p = &t->room->presentation;
    return at >= 0 && (size_t)at < p->count ? p->renditions[at] : NULL;
}

static void forget_pointers(struct session *s)
{
    for (size_t t = 0; t < LINK_TRACK_SLOTS; t++) {
        s->tracks[t].rendition = NULL;
        memset(s->tracks[t].inits, 0, sizeof(s->tracks[t].inits));
    }
}

/* Main and backup, a newcomer that waits, and what is being put together; the files follow. */
static void take_pair(struct room *r, const struct pair *was)
{
    r->pair = *was;
    forget_pointers(&r->pair.standby);
    forget_pointers(&r->pair.next);
    for (size_t i = 0; i < LINK_TRACK_SLOTS; i++) {
        struct stitch_track *k = &r->pair.stitch.tracks[i];
        k->fd = k->whole = k->source = -1;
    }
}

/* Its tracks wait for their renditions. */
static int take_room(struct handover_taker *t, const struct form_room *form, int64_t now_us,
                     int64_t wall_us)
{
    const struct room *was = &form->room;
    if (!memchr(was->name, '\0', sizeof(was->name)) || was->state >= ROOM_STATES)
        return -EPROTO;
    struct room *r = t->room = rooms_make(t->rooms, was->name, now_us, wall_us);
    if (!r)
        return -ENOMEM;
    r->state = was->state;
    r->state_us = was->state_us;
    r->since_wall_us = was->since_wall_us;
    r->classic = was->classic;
    r->sessions = was->sessions;
    r->sessions_again = was->sessions_again;
    r->closed = was->closed;
    r->history = was->history;
    r->history.samples = NULL; /* they follow */
    attendance_adopt(&r->attendance, &was->attendance);
    r->session = was->session;
    memcpy(t->renditions, form->renditions, sizeof(t->renditions));
    forget_pointers(&r->session);
    take_pair(r, &was->pair);
    r->roles = was->roles;
    for (size_t i = 0; i < ROLES_MAX; i++)
        r->roles.list[i].role = NULL;
    r->presentation = was->presentation;
    r->presentation.count = 0;
    memset(r->presentation.renditions, 0, sizeof(r->presentation.renditions));
    r->presentation.dateranges.count = r->presentation.dateranges.bytes = 0;
    memset(r->presentation.dateranges.items, 0, sizeof(r->presentation.dateranges.items));
    return 0;
}

static int take_rendition(struct handover_taker *t, const struct rendition *was)
{
    struct presentation *p = &t->room->presentation;
    struct rendition *r;
    int rc = p->count < PRESENTATION_RENDITIONS ? rendition_new(&r, was->kind, was->rank) : -EPROTO;
    if (rc)
        return rc;
    *r = *was;
    r->media = r->iframes = (struct sheet){0};
    r->shelf = NULL;
    r->shelf_revision = was->window.shelved - 1; /* to be made anew */
    window_init(&r->window);
    r->window.revision = was->window.revision;
    r->window.shelved = was->window.shelved;
    r->window.parts_from = was->window.parts_from;
    p->renditions[p->count++] = r;
    return 0;
}

static int take_segment(struct handover_taker *t, const struct form_segment *form, size_t rest)
{
    struct rendition *r = rendition_of(t, (int32_t)form->rendition);
    struct window_segment s = form->segment;
    const struct window_part *parts = (const struct window_part *)(const void *)(form + 1);
    s.parts = NULL;
    if (!r || rest != s.part_count * sizeof(*parts))
        return -EPROTO;
    int rc = blob_of(t, form->blob, &s.blob);
    if (blob_of(t, form->init, &s.init) || blob_of(t, form->file, &s.file))
        rc = -EPROTO;
    if (!rc && s.part_count > 0) {
        s.parts = window_parts_copy(parts, s.part_count);
        rc = s.parts ? 0 : -ENOMEM;
    }
    if (!rc)
        rc = window_restore(&r->window, &s, form->retained);
    if (rc) {
        blob_unref(&s.blob);
        blob_unref(&s.init);
        blob_unref(&s.file);
        free(s.parts);
    }
    return rc;
}

static struct session *session_of(const struct handover_taker *t, int32_t role)
{
    if (role == FORM_NONE)
        return &t->room->session;
    struct role *k = role >= 0 && role < ROLES_MAX ? t->room->roles.list[role].role : NULL;
    return k ? &k->session : NULL;
}

static int take_init(struct handover_taker *t, const struct form_init *form)
{
    struct session *s = session_of(t, form->role);
    if (!s || form->track >= LINK_TRACK_SLOTS || form->slot >= SESSION_INITS ||
        s->tracks[form->track].inits[form->slot])
        return -EPROTO;
    struct session_init *init = malloc(sizeof(*init));
    if (!init)
        return -ENOMEM;
    *init = form->init;
    s->tracks[form->track].inits[form->slot] = init;
    return blob_of(t, form->blob, &init->blob);
}

static int take_stitch(struct handover_taker *t, const struct form_stitch *form, struct parcel *p)
{
    struct stitch_track *k =
        form->track < LINK_TRACK_SLOTS ? &t->room->pair.stitch.tracks[form->track] : NULL;
    bool fits = k && (form->file == FORM_STITCH_KEPT ? k->kept : k->joined);
    int *fd = !fits                              ? NULL
              : form->file == FORM_STITCH_KEPT   ? &k->fd
              : form->file == FORM_STITCH_WHOLE  ? &k->whole
              : form->file == FORM_STITCH_SOURCE ? &k->source
                                                 : NULL;
    if (!fd || *fd >= 0 || p->fd < 0)
        return -EPROTO;
    *fd = p->fd;
    p->fd = -1;
    return 0;
}

static int take_role(struct handover_taker *t, const struct form_role *form)
{
    if (form->place < 0 || form->place >= ROLES_MAX || t->room->roles.list[form->place].role)
        return -EPROTO;
    struct role *k = calloc(1, sizeof(*k));
    if (!k)
        return -ENOMEM;
    *k = form->role;
    memset(k->held, 0, sizeof(k->held));
    k->held_count = 0;
    forget_pointers(&k->session);
    k->session.tracks[0].rendition = rendition_of(t, form->rendition);
    t->room->roles.list[form->place].role = k;
    return 0;
}

static int take_held(struct handover_taker *t, const struct form_held *form, struct parcel *p)
{
    struct role *k =
        form->role >= 0 && form->role < ROLES_MAX ? t->room->roles.list[form->role].role : NULL;
    int fd = p->fd;
    if (!k)
        return -EPROTO;
    p->fd = -1;
    return role_hold(k, &form->m, fd) ? -ENOMEM : 0;
}

static int take_history(struct handover_taker *t, const struct history_sample *samples)
{
    struct history *h = &t->room->history;
    if (h->samples || h->count > HISTORY_SAMPLES || h->next >= HISTORY_SAMPLES)
        return -EPROTO;
    h->samples = malloc(HISTORY_SAMPLES * sizeof(*samples));
    if (!h->samples)
        return -ENOMEM;
    memcpy(h->samples, samples, HISTORY_SAMPLES * sizeof(*samples));
    return 0;
}

static int take_worker(struct handover_taker *t, const struct form_worker *form)
{
    if (form->index < rooms_workers(t->rooms))
        *rooms_worker(t->rooms, form->index) = form->entry;
    return 0;
}

static const size_t sizes[] = {
    [FORM_PAST] = sizeof(struct rooms_past),
    [FORM_WORKER] = sizeof(struct form_worker),
    [FORM_BLOB] = sizeof(struct form_blob),
    [FORM_ROOM] = sizeof(struct form_room),
    [FORM_RENDITION] = sizeof(struct rendition),
    [FORM_SEGMENT] = sizeof(struct form_segment),
    [FORM_INIT] = sizeof(struct form_init),
    [FORM_STITCH] = sizeof(struct form_stitch),
    [FORM_ROLE] = sizeof(struct form_role),
    [FORM_HELD] = sizeof(struct form_held),
    [FORM_HISTORY] = HISTORY_SAMPLES * sizeof(struct history_sample),
};

static bool fits(const struct handover_taker *t, const struct parcel *p)
{
    bool open_ended = p->kind == FORM_SEGMENT || p->kind == FORM_DATERANGE;
    if (p->kind == FORM_DONE)
        return true;
    if (p->kind < FORM_PAST || p->kind > FORM_DONE || (p->kind > FORM_ROOM && !t->room))
        return false;
    if (p->kind == FORM_DATERANGE)
        return true;
    return open_ended ? p->len >= sizes[p->kind] : p->len == sizes[p->kind];
}

/* All renditions of the room are here: its tracks find theirs. */
static void finish_room(struct handover_taker *t)
{
    if (!t->room)
        return;
    for (size_t i = 0; i < LINK_TRACK_SLOTS; i++)
        t->room->session.tracks[i].rendition = rendition_of(t, t->renditions[i]);
    if (!t->room->history.samples)
        t->room->history.count = t->room->history.next = 0;
    rooms_made(t->rooms, room_name(t->room));
    t->room = NULL;
}

static int open_parcel(struct handover_taker *t, struct parcel *p, int64_t now_us, int64_t wall_us)
{
    const void *form = p->bytes;
    switch ((enum handover_kind)p->kind) {
    case FORM_PAST:
        rooms_set_past(t->rooms, form);
        return 0;
    case FORM_WORKER:
        return take_worker(t, form);
    case FORM_BLOB:
        return take_blob(t, form, p);
    case FORM_ROOM:
        finish_room(t);
        return take_room(t, form, now_us, wall_us);
    case FORM_RENDITION:
        return take_rendition(t, form);
    case FORM_SEGMENT:
        return take_segment(t, form, p->len - sizeof(struct form_segment));
    case FORM_DATERANGE:
        return dateranges_unpack(&t->room->presentation.dateranges, form, p->len);
    case FORM_INIT:
        return take_init(t, form);
    case FORM_STITCH:
        return take_stitch(t, form, p);
    case FORM_ROLE:
        return take_role(t, form);
    case FORM_HELD:
        return take_held(t, form, p);
    case FORM_HISTORY:
        return take_history(t, form);
    case FORM_DONE:
        finish_room(t);
        return 0;
    }
    return -EPROTO;
}

int handover_take(struct handover_taker *t, struct parcel *p, int64_t now_us, int64_t wall_us)
{
    int rc = fits(t, p) ? open_parcel(t, p, now_us, wall_us) : -EPROTO;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    return rc;
}
