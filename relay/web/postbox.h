/* What is told to one HTTP thread: rooms, texts, answers. A mailbox that loses no final state. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the posts until they are taken.
 * Thread: postbox_put, _leave, _ring and _nudge from any; postbox_take and _listen from the owner
 *         only. Life: postbox_new/postbox_free.
 * Fails:  -ENOMEM, -EMFILE at birth; later posts are late, never lost, but for answers and
 *         news beyond POSTBOX_LATE_ANSWERS (their viewers get their deadline's 503).
 *
 * When the mailbox is full, a post goes onto a list beside it, where a newer post about the same
 * room or path replaces the older one. While that list is not empty everything goes there, so that
 * order is kept; the owner takes it after each drain of the mailbox.
 *
 * Most news is for nobody in particular: an owner with no viewer waiting finds it when it next
 * handles a request, and need not be woken for it.
 */
#ifndef RELAY_WEB_POSTBOX_H
#define RELAY_WEB_POSTBOX_H

#include "relay/room/body.h"
#include "relay/room/view.h"
#include "relay/web/access.h"
#include "relay/web/request.h"
#include "relay/web/tls_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POSTBOX_CAPACITY = 1024, POSTBOX_MUCH = 256, POSTBOX_LATE_ANSWERS = 65536 };

enum post_kind {
    POST_VIEW,   /* name: the room; view NULL: hide it */
    POST_TEXT,   /* name: the path; body NULL: take it away */
    POST_ACCESS, /* access */
    POST_ANSWER, /* token, status, body */
    POST_LISTEN, /* token, body: the first of many */
    POST_NEWS,   /* body, for all who listen */
    POST_TLS,    /* tls */
    POST_NUDGE,  /* wakes the owner; it never sees it */
};

struct post {
    struct post *next; /* in the late list */
    enum post_kind kind;
    struct room_view *view;
    struct body *body;
    struct tls_context *tls; /* the post's own reference, put in after post_new */
    struct access *access;
    struct request_token token;
    int status;
    char name[]; /* NUL-terminated */
};

struct postbox;

/* A post with its own references; NULL when out of memory. name, v, b, token may be NULL. */
struct post *post_new(enum post_kind kind, const char *name, const struct room_view *v,
                      const struct body *b, const struct request_token *token);
void post_free(struct post **p);

__attribute__((warn_unused_result)) int postbox_new(struct postbox **out);
void postbox_free(struct postbox **b);
/* Readable when there is something to take. */
int postbox_fd(const struct postbox *b);
/* Takes p. */
void postbox_put(struct postbox *b, struct post *p);
/* Takes p and wakes nobody, unless much has gathered. */
void postbox_leave(struct postbox *b, struct post *p);
/* Wakes the owner if something was left for it and it listens, or anyway. */
void postbox_ring(struct postbox *b, bool anyway);
/* The owner has somebody waiting for news, or no longer. Look for mail after saying so. */
void postbox_listen(struct postbox *b, bool listens);
/* Wakes the owner. */
void postbox_nudge(struct postbox *b);
/* Is there, or is there about to be, something to take? Costs next to nothing. */
bool postbox_has_mail(const struct postbox *b);
/* Has the owner been woken for something that it has not taken? Unlike has_mail never too often. */
bool postbox_is_waiting(const struct postbox *b);
/* Calls take() for each post in order, then frees it. */
void postbox_take(struct postbox *b, void (*take)(void *ctx, struct post *p), void *ctx);
/* Posts that met a full mailbox since start. */
uint64_t postbox_late(const struct postbox *b);

#endif
