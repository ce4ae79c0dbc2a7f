/* What is told to one HTTP thread: rooms, texts, answers. A mailbox that loses no final state. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/postbox.h"

#include "relay/base/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct postbox {
    struct mailbox *mail;
    pthread_mutex_t lock; /* guards the late list, and that it and the mailbox stay in order */
    struct post *late, **late_end;
    size_t late_answers;
    struct post
        *nudge; /* made at birth, so that waking the owner cannot fail; never freed before */
    _Atomic uint64_t late_count;
    _Atomic bool has_mail, listens;
};

struct post *post_new(enum post_kind kind, const char *name, const struct room_view *v,
                      const struct body *b, const struct request_token *token)
{
    size_t len = name ? strlen(name) : 0;
    struct post *p = calloc(1, sizeof *p + len + 1);
    if (!p)
        return NULL;
    p->kind = kind;
    if (len)
        memcpy(p->name, name, len);
    if (v)
        p->view = room_view_ref(v);
    if (b)
        p->body = body_ref(b);
    if (token)
        p->token = *token;
    return p;
}

void post_free(struct post **pp)
{
    struct post *p = *pp;
    *pp = NULL;
    if (!p)
        return;
    room_view_unref(&p->view);
    body_unref(&p->body);
    tls_context_unref(&p->tls);
    access_unref(&p->access);
    free(p);
}

static void drop(void *item)
{
    struct post *p = item;
    if (p->kind != POST_NUDGE)
        post_free(&p);
}

int postbox_new(struct postbox **out)
{
    struct postbox *b = *out = calloc(1, sizeof *b);
    if (!b)
        return -ENOMEM;
    b->nudge = post_new(POST_NUDGE, NULL, NULL, NULL, NULL);
    int rc = b->nudge ? mailbox_new(&b->mail, POSTBOX_CAPACITY, drop) : -ENOMEM;
    if (rc) {
        post_free(&b->nudge);
        free(b);
        *out = NULL;
        return rc;
    }
    pthread_mutex_init(&b->lock, NULL);
    b->late_end = &b->late;
    return 0;
}

void postbox_free(struct postbox **bp)
{
    struct postbox *b = *bp;
    *bp = NULL;
    if (!b)
        return;
    mailbox_free(&b->mail);
    while (b->late) {
        struct post *p = b->late;
        b->late = p->next;
        post_free(&p);
    }
    post_free(&b->nudge);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

int postbox_fd(const struct postbox *b)
{
    return mailbox_fd(b->mail);
}

static bool same_subject(const struct post *a, const struct post *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* Appends p, or puts it in the place of an older one. Returns the post that is no longer needed,
 * to be freed outside the lock. */
static struct post *put_late(struct postbox *b, struct post *p)
{
    bool answer = p->kind >= POST_ANSWER; /* each has its own subject */
    for (struct post **link = &b->late; *link && !answer; link = &(*link)->next) {
        if (!same_subject(*link, p))
            continue;
        struct post *old = *link;
        p->next = old->next;
        *link = p;
        if (b->late_end == &old->next)
            b->late_end = &p->next;
        return old;
    }
    if (answer && b->late_answers++ >= POSTBOX_LATE_ANSWERS)
        return p;
    *b->late_end = p;
    b->late_end = &p->next;
    return NULL;
}

static int deliver(struct postbox *b, struct post *p, bool wake)
{
    if (wake)
        return mailbox_post(b->mail, p);
    int count = mailbox_put(b->mail, p);
    if (count == POSTBOX_MUCH)
        mailbox_wake(b->mail);
    return count < 0 ? count : 0;
}

static void put(struct postbox *b, struct post *p, bool wake)
{
    struct post *unneeded = NULL;
    bool late = false;
    pthread_mutex_lock(&b->lock);
    if (b->late || deliver(b, p, wake) != 0) {
        late = true;
        unneeded = put_late(b, p);
    }
    atomic_store(&b->has_mail, true);
    pthread_mutex_unlock(&b->lock);
    post_free(&unneeded);
    if (!late)
        return;
    atomic_fetch_add_explicit(&b->late_count, 1, memory_order_relaxed);
    /* The owner may have emptied the mailbox in between, and must be told of the list. */
    postbox_nudge(b);
}

void postbox_put(struct postbox *b, struct post *p)
{
    put(b, p, true);
}

void postbox_leave(struct postbox *b, struct post *p)
{
    put(b, p, false);
}

/* Either the owner's later look finds the mail, or we find that it listens: both sides write their
 * own flag before they read the other's, sequentially consistent. */
void postbox_ring(struct postbox *b, bool anyway)
{
    if (atomic_load(&b->has_mail) && (anyway || atomic_load(&b->listens)))
        mailbox_wake(b->mail);
}

void postbox_listen(struct postbox *b, bool listens)
{
    atomic_store(&b->listens, listens);
}

void postbox_nudge(struct postbox *b)
{
    /* When the mailbox is full its owner is about to look anyway. */
    int rc = mailbox_post(b->mail, b->nudge);
    (void)rc;
}

struct taker {
    void (*take)(void *ctx, struct post *p);
    void *ctx;
};

static void take_one(void *ctx, void *item)
{
    struct taker *t = ctx;
    struct post *p = item;
    if (p->kind == POST_NUDGE)
        return;
    t->take(t->ctx, p);
    post_free(&p);
}

static bool has_late(struct postbox *b)
{
    pthread_mutex_lock(&b->lock);
    bool has = b->late != NULL;
    pthread_mutex_unlock(&b->lock);
    return has;
}

void postbox_take(struct postbox *b, void (*take)(void *ctx, struct post *p), void *ctx)
{
    struct taker taker = {take, ctx};
    /* Before the taking, and put sets it after its post: mail that comes in between is looked for
     * once too often, never once too seldom. */
    atomic_store(&b->has_mail, false);
    mailbox_drain(b->mail, take_one, &taker);
    if (!has_late(b))
        return;
    /* What came into the mailbox since, until it was full again, is older than the late list. As
     * long as there is one nothing more comes in. */
    mailbox_drain(b->mail, take_one, &taker);
    pthread_mutex_lock(&b->lock);
    struct post *late = b->late;
    b->late = NULL;
    b->late_end = &b->late;
    b->late_answers = 0;
    pthread_mutex_unlock(&b->lock);
    while (late) {
        struct post *p = late;
        late = p->next;
        take_one(&taker, p);
    }
}

bool postbox_has_mail(const struct postbox *b)
{
    return atomic_load(&b->has_mail);
}

bool postbox_is_waiting(const struct postbox *b)
{
    return mailbox_has_called(b->mail);
}

uint64_t postbox_late(const struct postbox *b)
{
    return atomic_load_explicit(&b->late_count, memory_order_relaxed);
}
