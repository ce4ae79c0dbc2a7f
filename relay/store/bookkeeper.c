/* The store's side of the ledger: takes batches and questions from the front, and answers. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/bookkeeper.h"

#include "relay/base/log.h"
#include "relay/base/text.h"
#include "relay/store/database_usage.h"
#include "relay/store/ledger_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CTX "store"

enum { QUEUE = 16 };

struct piece {
    bool is_batch;
    union {
        struct ledger_batch batch;
        struct ledger_question question;
    };
};

struct bookkeeper {
    struct piece queue[QUEUE];
    size_t first, count;
    bool in_trouble; /* it was said */
    int32_t full_day;
};

struct bookkeeper *bookkeeper_new(void)
{
    return calloc(1, sizeof(struct bookkeeper));
}

void bookkeeper_free(struct bookkeeper **b)
{
    free(*b);
    *b = NULL;
}

static bool ends(const char *s, size_t size)
{
    return memchr(s, '\0', size) != NULL;
}

static bool is_sound_batch(const struct ledger_batch *b, size_t len)
{
    const size_t head = offsetof(struct ledger_batch, rows);
    if (len < head || b->format != STORE_FORMAT || b->count > LEDGER_ROWS ||
        len != head + b->count * sizeof(b->rows[0]))
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (!ends(b->rows[i].room, sizeof(b->rows[i].room)) || !b->rows[i].room[0])
            return false;
    return true;
}

static bool is_sound_question(const struct ledger_question *q, size_t len)
{
    return len == sizeof(*q) && q->format == STORE_FORMAT && q->form < LEDGER_FORMS &&
           ends(q->room, sizeof(q->room)) && ends(q->prefix, sizeof(q->prefix));
}

bool bookkeeper_take(struct bookkeeper *b, const struct parcel *p)
{
    struct piece *next = &b->queue[(b->first + b->count) % QUEUE];
    if (p->kind != STORE_LEDGER && p->kind != STORE_QUESTION)
        return false;
    if (b->count == QUEUE || p->len > sizeof(next->batch)) {
        log_warn(CTX, "ledger_behind what=\"a piece is left out; it is sent or asked again\"");
        return true;
    }
    memset(next, 0, sizeof(*next));
    next->is_batch = p->kind == STORE_LEDGER;
    if (next->is_batch)
        memcpy(&next->batch, p->bytes, p->len);
    else
        memcpy(&next->question, p->bytes,
               p->len < sizeof(next->question) ? p->len : sizeof(next->question));
    if (next->is_batch ? is_sound_batch(&next->batch, p->len)
                       : is_sound_question(&next->question, p->len))
        b->count++;
    else
        log_error(CTX, "ledger_refused what=\"not as this program says it\"");
    return true;
}

static void count(struct bookkeeper *b, const struct ledger_batch *batch, struct database *db,
                  const char *why, int end)
{
    char trouble[STORE_TEXT];
    struct ledger_taken r = {.format = STORE_FORMAT, .id = batch->id};
    size_t left_out = 0;
    snprintf(trouble, sizeof(trouble), "%s", why);
    int rc = db ? database_count(db, batch, &left_out, trouble) : -EIO;
    r.outcome = rc ? STORE_TROUBLE : STORE_DONE;
    if (rc && db && !b->in_trouble) /* without a database its trouble was said already */
        log_error(CTX,
                  "usage_not_kept rows=%u why=\"%s\" what=\"the front keeps its totals and sends "
                  "them again\"",
                  batch->count, trouble);
    else if (!rc && b->in_trouble)
        log_info(CTX, "usage_kept_again rows=%u", batch->count);
    b->in_trouble = rc != 0 && db;
    if (left_out > 0 && b->full_day != batch->rows[0].day) {
        b->full_day = batch->rows[0].day;
        log_warn(CTX, "usage_full rows=%d what=\"a day has no more; further rooms are not kept\"",
                 LEDGER_DAY_ROWS);
    }
    if (parcel_send(end, STORE_LEDGER_TAKEN, &r, sizeof(r), -1, 0))
        log_warn(CTX, "not_answered what=\"the front is behind\"");
}

static int seal(const struct text *t)
{
    int fd = memfd_create("roomcast-answer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int rc = fd < 0 ? -errno : 0;
    for (size_t done = 0; !rc && done < t->len;) {
        ssize_t n = write(fd, t->data + done, t->len - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            rc = n == 0 ? -EIO : -errno;
    }
    if (!rc && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
        rc = -errno;
    if (rc && fd >= 0)
        close(fd);
    return rc ? rc : fd;
}

static void answer(const struct ledger_question *q, struct database *db, const char *why, int end)
{
    struct ledger_answer r = {.format = STORE_FORMAT, .id = q->id};
    struct text t;
    int fd = -1;
    text_init(&t);
    snprintf(r.text, sizeof(r.text), "%s", why);
    int rc = db ? database_tell(db, q, &t, r.text) : -EIO;
    if (!rc) {
        rc = fd = seal(&t);
        if (fd < 0)
            snprintf(r.text, sizeof(r.text), "%s", strerror(-fd));
    }
    r.outcome = rc >= 0 ? STORE_DONE : rc == -EFBIG ? STORE_FULL : STORE_TROUBLE;
    if (parcel_send(end, STORE_ANSWER, &r, sizeof(r), fd, 0))
        log_warn(CTX, "not_answered what=\"the front is behind\"");
    if (fd >= 0)
        close(fd);
    text_fini(&t);
}

bool bookkeeper_work(struct bookkeeper *b, struct database *db, const char *why, int end,
                     int64_t now_us)
{
    const struct piece *p = &b->queue[b->first];
    if (b->count == 0)
        return false;
    if (p->is_batch)
        count(b, &p->batch, db, why, end);
    else if (now_us < p->question.due_us)
        answer(&p->question, db, why, end);
    b->first = (b->first + 1) % QUEUE;
    return --b->count > 0;
}
