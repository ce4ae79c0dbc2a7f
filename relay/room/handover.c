/* Gives the rooms of one front to the next: the giving side. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/handover.h"

#include "relay/room/handover_form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HANDOVER_MEANING = 1, NUMBERED_FIRST = 1024 };

/* Which blobs were sent, and under which number. */
struct numbered {
    const struct blob *blob;
    uint32_t number;
};

struct giver {
    int end;
    struct numbered *blobs; /* a hash table; the size is a power of two */
    size_t size, count;
    uint8_t *space; /* of PARCEL_BYTES */
};

uint64_t handover_version(void)
{
    static const size_t sizes[] = {
        sizeof(struct rooms_past),   sizeof(struct form_worker),  sizeof(struct form_blob),
        sizeof(struct form_room),    sizeof(struct form_segment), sizeof(struct form_init),
        sizeof(struct form_role),    sizeof(struct form_held),    sizeof(struct rendition),
        sizeof(struct presentation), sizeof(struct session),      sizeof(struct roles),
        sizeof(struct window_part),  sizeof(struct epochs),       sizeof(struct form_stitch),
    };
    uint64_t h = HANDOVER_MEANING;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        h = (h ^ sizes[i]) * UINT64_C(0x100000001b3);
    return h;
}

static int give(const struct giver *g, uint32_t kind, const void *bytes, size_t len, int fd)
{
    return parcel_send(g->end, kind, bytes, len, fd, HANDOVER_PATIENCE_MS);
}

static struct numbered *place_of(const struct giver *g, const struct blob *b)
{
    size_t at = ((uintptr_t)b >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
    while (g->blobs[at & (g->size - 1)].blob && g->blobs[at & (g->size - 1)].blob != b)
        at++;
    return &g->blobs[at & (g->size - 1)];
}

static int grow(struct giver *g)
{
    struct giver bigger = {.size = g->size ? 2 * g->size : NUMBERED_FIRST};
    if (g->count < g->size / 2)
        return 0;
    bigger.blobs = calloc(bigger.size, sizeof(*bigger.blobs));
    if (!bigger.blobs)
        return -ENOMEM;
    for (size_t i = 0; i < g->size; i++)
        if (g->blobs[i].blob)
            *place_of(&bigger, g->blobs[i].blob) = g->blobs[i];
    free(g->blobs);
    g->blobs = bigger.blobs;
    g->size = bigger.size;
    return 0;
}

/* *number: what b is called from here on; its descriptor travels with its first mention. */
static int mention(struct giver *g, const struct blob *b, uint32_t *number)
{
    struct form_blob form = {0};
    *number = 0;
    if (!b)
        return 0;
    int rc = grow(g);
    if (rc)
        return rc;
    struct numbered *n = place_of(g, b);
    if (!n->blob) {
        form.bytes = b->bytes;
        memcpy(form.etag, b->etag, sizeof(form.etag));
        *n = (struct numbered){b, (uint32_t)++g->count};
        rc = give(g, FORM_BLOB, &form, sizeof(form), b->fd);
    }
    *number = n->number;
    return rc;
}

static int32_t index_of(const struct presentation *p, const struct rendition *r)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->renditions[i] == r)
            return (int32_t)i;
    return FORM_NONE;
}

static int give_segment(struct giver *g, uint32_t rendition, const struct window *w, size_t i)
{
    const struct window_segment *s = &w->items[i];
    struct form_segment form = {.rendition = rendition, .retained = i < w->retained, .segment = *s};
    size_t parts = s->part_count * sizeof(*s->parts);
    if (sizeof(form) + parts > PARCEL_BYTES)
        return -EMSGSIZE;
    int rc = mention(g, s->blob, &form.blob);
    if (!rc)
        rc = mention(g, s->init, &form.init);
    if (!rc)
        rc = mention(g, s->file, &form.file);
    memcpy(g->space, &form, sizeof(form));
    if (parts)
        memcpy(g->space + sizeof(form), s->parts, parts);
    return rc ? rc : give(g, FORM_SEGMENT, g->space, sizeof(form) + parts, -1);
}

static int give_presentation(struct giver *g, const struct presentation *p)
{
    int rc = 0;
    for (size_t i = 0; i < p->count && !rc; i++)
        rc = give(g, FORM_RENDITION, p->renditions[i], sizeof(*p->renditions[i]), -1);
    for (size_t i = 0; i < p->count && !rc; i++)
        for (size_t k = 0; k < p->renditions[i]->window.count && !rc; k++)
            rc = give_segment(g, (uint32_t)i, &p->renditions[i]->window, k);
    for (size_t i = 0; i < p->dateranges.count && !rc; i++) {
        size_t len = dateranges_pack(&p->dateranges, i, g->space, PARCEL_BYTES);
        rc = len ? give(g, FORM_DATERANGE, g->space, len, -1) : -EMSGSIZE;
    }
    return rc;
}

static int give_inits(struct giver *g, const struct session *s, int32_t role)
{
    int rc = 0;
    for (uint32_t t = 0; t < LINK_TRACK_SLOTS; t++)
        for (uint32_t i = 0; i < SESSION_INITS && !rc; i++) {
            struct form_init form = {.role = role, .track = t, .slot = i};
            if (!s->tracks[t].inits[i])
                continue;
            form.init = *s->tracks[t].inits[i];
            rc = mention(g, form.init.blob, &form.blob);
            if (!rc)
                rc = give(g, FORM_INIT, &form, sizeof(form), -1);
        }
    return rc;
}

/* Each file travels in a parcel of its own. */
static int give_stitch(struct giver *g, const struct stitch *s)
{
    int rc = 0;
    for (uint32_t t = 0; t < LINK_TRACK_SLOTS; t++) {
        const struct stitch_track *k = &s->tracks[t];
        const int files[] = {[FORM_STITCH_KEPT] = k->kept ? k->fd : -1,
                             [FORM_STITCH_WHOLE] = k->joined ? k->whole : -1,
                             [FORM_STITCH_SOURCE] = k->joined ? k->source : -1};
        for (uint32_t i = 0; i < sizeof(files) / sizeof(files[0]) && !rc; i++) {
            struct form_stitch form = {.track = t, .file = i};
            if (files[i] >= 0)
                rc = give(g, FORM_STITCH, &form, sizeof(form), files[i]);
        }
    }
    return rc;
}

static int give_role(struct giver *g, const struct room *r, int32_t place)
{
    const struct role *role = r->roles.list[place].role;
    struct form_role form = {.place = place};
    if (!role)
        return 0;
    form.role = *role;
    form.rendition = index_of(&r->presentation, role->session.tracks[0].rendition);
    int rc = give(g, FORM_ROLE, &form, sizeof(form), -1);
    if (!rc)
        rc = give_inits(g, &role->session, place);
    for (size_t i = 0; i < role->held_count && !rc; i++) {
        int fd;
        struct form_held held = {.role = place, .m = *role_held_at(role, i, &fd)};
        rc = give(g, FORM_HELD, &held, sizeof(held), fd);
    }
    return rc;
}

static int give_room(struct giver *g, const struct room *r)
{
    struct form_room form = {.room = *r};
    for (size_t t = 0; t < LINK_TRACK_SLOTS; t++)
        form.renditions[t] = index_of(&r->presentation, r->session.tracks[t].rendition);
    int rc = give(g, FORM_ROOM, &form, sizeof(form), -1);
    if (!rc)
        rc = give_presentation(g, &r->presentation);
    if (!rc)
        rc = give_inits(g, &r->session, FORM_NONE);
    if (!rc)
        rc = give_stitch(g, &r->pair.stitch);
    for (int32_t i = 0; i < ROLES_MAX && !rc; i++)
        rc = give_role(g, r, i);
    if (!rc && r->history.samples)
        rc = give(g, FORM_HISTORY, r->history.samples,
                  HISTORY_SAMPLES * sizeof(*r->history.samples), -1);
    return rc;
}

static int give_all(struct giver *g, struct rooms *r)
{
    struct rooms_past past;
    rooms_past(r, &past);
    int rc = give(g, FORM_PAST, &past, sizeof(past), -1);
    for (uint32_t i = 0; i < rooms_workers(r) && !rc; i++) {
        struct form_worker form = {.index = i, .entry = *rooms_worker(r, i)};
        rc = give(g, FORM_WORKER, &form, sizeof(form), -1);
    }
    for (size_t i = 0; i < rooms_count(r) && !rc; i++)
        rc = give_room(g, rooms_at(r, i));
    return rc ? rc : give(g, FORM_DONE, NULL, 0, -1);
}

int handover_give(struct rooms *r, int end)
{
    struct giver g = {.end = end, .space = malloc(PARCEL_BYTES)};
    int rc = g.space ? give_all(&g, r) : -ENOMEM;
    free(g.blobs);
    free(g.space);
    return rc;
}
