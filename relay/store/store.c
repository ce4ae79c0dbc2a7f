/* The store's process: writes what the API asks for, and says to everybody which rooms there are.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/store/store.h"

#include "config/stored_rooms.h"
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/parcel.h"
#include "relay/base/pulse.h"
#include "relay/base/sandbox.h"
#include "relay/link/link.h"
#include "relay/store/bookkeeper.h"
#include "relay/store/database.h"
#include "relay/store/store_message.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CTX "store"

enum {
    TURN_MS = 200,
    FOLDER_SIZE = 4096,
    CHECK_US = 2000000,
    NOTHING_KEPT = 1, /* the version of the list that says so; no database's */
};

/* A request of this turn, and what becomes of it. */
struct turn {
    struct store_request q;
    struct store_reply r;
};

struct store {
    const struct store_options *o;
    struct database *db; /* NULL: cannot be had; `why` says why */
    bool known;          /* the supervisor has a list of it: the database must be there */
    char why[STORE_TEXT];
    int64_t retry_us;
    uint64_t version; /* of the newest list */
    struct parcel *parcel;
    struct bookkeeper *books;
    struct turn *turns;
    size_t count;
    bool stopping;
};

/* The whole list, sealed, for everybody. Without a database: that nothing was ever kept. */
static int send_list(struct store *s)
{
    uint64_t version = s->db && s->version < NOTHING_KEPT ? NOTHING_KEPT + 1 : s->version + 1;
    struct link_message m = {.type = LINK_ROOMS, .feed = version};
    struct stored_list *l;
    int fd = -1, rc = stored_list_new(&l, m.feed);

    if (!rc && s->db)
        rc = database_list(s->db, l, s->why);
    if (!rc)
        rc = fd = stored_list_seal(l);
    if (rc >= 0)
        rc = link_send(s->o->control, &m, fd);
    if (fd >= 0)
        close(fd);
    stored_list_free(&l);
    if (rc)
        return rc;
    s->version = m.feed;
    s->known = s->version > NOTHING_KEPT;
    return 0;
}

static void lose(struct store *s, int64_t now_us)
{
    struct link_message nothing = {.type = LINK_ROOMS};

    log_error(CTX,
              "unusable file=%s why=\"%s\" what=\"rooms of the API cannot be changed; those known "
              "stay as they are\"",
              s->o->path, s->why);
    database_close(&s->db);
    s->retry_us = now_us + STORE_RETRY_US;
    if (link_send(s->o->control, &nothing, -1))
        s->stopping = true; /* nobody is there */
}

/* A full disk that has no database, so that none can be made: there are no rooms that nobody knows,
 * and no name has to be shut. */
static void say_nothing_kept(struct store *s)
{
    if (s->version > 0 || access(s->o->path, F_OK) == 0 || errno != ENOENT)
        return;
    if (send_list(s) == 0)
        log_warn(CTX, "nothing_kept file=%s what=\"no rooms of the API until it can be made\"",
                 s->o->path);
}

/* Says a trouble once, however often it is met. */
static void open_database(struct store *s, int64_t now_us)
{
    char before[STORE_TEXT];
    int rc;

    memcpy(before, s->why, sizeof(before));
    s->retry_us = now_us + STORE_RETRY_US;
    rc = database_open(&s->db, s->o->path, s->known, s->why);
    if (!rc && send_list(s) == 0) {
        log_info(CTX, "opened file=%s list=%" PRIu64, s->o->path, s->version);
        s->why[0] = '\0';
    } else if (strcmp(before, s->why) != 0) {
        lose(s, now_us);
        if (rc == -EDQUOT)
            say_nothing_kept(s);
    } else {
        database_close(&s->db);
    }
}

static void say(struct store *s, struct turn *t, enum store_outcome outcome, const char *text)
{
    t->r = (struct store_reply){
        .format = STORE_FORMAT, .outcome = outcome, .id = t->q.id, .version = s->version};
    snprintf(t->r.text, sizeof(t->r.text), "%s", text);
}

static bool is_sound(const struct store_request *q)
{
    if (q->format != STORE_FORMAT || q->act >= STORE_ACTS ||
        !memchr(q->room, '\0', sizeof(q->room)) || !memchr(q->prefix, '\0', sizeof(q->prefix)) ||
        !memchr(q->who, '\0', sizeof(q->who)))
        return false;
    for (size_t i = 0; i < STORE_KEYS; i++)
        if (!memchr(q->value[i], '\0', sizeof(q->value[i])))
            return false;
    return true;
}

/* What waits, as far as a turn goes. */
static void take_questions(struct store *s, int64_t now_us)
{
    s->count = 0;
    while (s->count < STORE_BATCH && parcel_receive(s->o->questions, s->parcel, 0) == 1) {
        struct turn *t = &s->turns[s->count];

        if (s->parcel->fd >= 0)
            close(s->parcel->fd);
        if (bookkeeper_take(s->books, s->parcel) || s->parcel->kind != STORE_REQUEST ||
            s->parcel->len != sizeof(t->q))
            continue;
        memcpy(&t->q, s->parcel->bytes, sizeof(t->q));
        if (!is_sound(&t->q))
            log_error(CTX, "request_refused what=\"not as this program says it\"");
        else if (now_us < t->q.due_us)
            s->count++;
    }
}

/* 0: it is in the transaction, or was answered for itself; else nothing of the turn holds. */
static int apply(struct store *s, struct turn *t)
{
    int rc = database_apply(s->db, &t->q, clock_wall_us(), s->why);
    enum store_outcome outcome = rc == -EEXIST   ? STORE_EXISTS
                                 : rc == -ENOENT ? STORE_NO_ROOM
                                 : rc == -ENOSPC ? STORE_FULL
                                 : rc == -EBUSY  ? STORE_IN_USE
                                                 : STORE_DONE;

    if (rc == 0 || outcome != STORE_DONE) {
        say(s, t, outcome, outcome == STORE_FULL || outcome == STORE_IN_USE ? s->why : "");
        return 0;
    }
    return rc;
}

static void log_done(const struct turn *t)
{
    static const char *const done[STORE_ACTS] = {[STORE_CREATE] = "created",
                                                 [STORE_CHANGE] = "changed",
                                                 [STORE_CLOSE] = "closed",
                                                 [STORE_NEW_KEY] = "new_key",
                                                 [STORE_AGENCY_CREATE] = "agency_created",
                                                 [STORE_AGENCY_CHANGE] = "agency_changed",
                                                 [STORE_AGENCY_CLOSE] = "agency_closed",
                                                 [STORE_AGENCY_TOKEN] = "agency_new_token"};

    if (t->r.outcome == STORE_DONE)
        log_info(CTX, "%s %s=%s by=%s list=%" PRIu64, done[t->q.act],
                 store_act_is_agency(t->q.act) ? "agency" : "room", t->q.room, t->q.who,
                 t->r.version);
}

static int do_turn(struct store *s)
{
    int rc = database_begin(s->db, s->why);

    for (size_t i = 0; i < s->count && !rc; i++)
        rc = apply(s, &s->turns[i]);
    if (rc)
        database_rollback(s->db);
    else
        rc = database_commit(s->db, s->why);
    return rc;
}

/* All of the turn, or nothing of it. */
static void write_turn(struct store *s, int64_t now_us)
{
    int rc = s->db ? do_turn(s) : -EIO;

    if (rc) {
        for (size_t i = 0; i < s->count; i++)
            say(s, &s->turns[i], STORE_TROUBLE, s->why);
        if (s->db && rc == -ENODATA)
            lose(s, now_us);
        else if (s->db)
            log_error(CTX, "not_written requests=%zu why=\"%s\" what=\"nothing was changed\"",
                      s->count, s->why);
    } else if (send_list(s)) {
        for (size_t i = 0; i < s->count; i++)
            say(s, &s->turns[i], STORE_TROUBLE, "it is kept, but not in force yet");
        lose(s, now_us); /* opened anew, it says what it has */
    }
    for (size_t i = 0; i < s->count; i++) {
        struct turn *t = &s->turns[i];

        t->r.version = s->version;
        log_done(t);
        if (parcel_send(s->o->questions, STORE_REPLY, &t->r, sizeof(t->r), -1, 0))
            log_warn(CTX, "not_answered what=\"the front is behind\"");
        explicit_bzero(&t->q, sizeof(t->q));
    }
}

static void take_orders(struct store *s)
{
    struct link_message m;
    int fd, rc;

    while ((rc = link_receive(s->o->control, &m, &fd)) == 1) {
        if (fd >= 0)
            close(fd);
        s->stopping |= m.type == LINK_STOP;
    }
    s->stopping |= rc == 0;
}

/* The file may be taken away while nobody writes, or a backup be there again. */
static void look_after(struct store *s, int64_t now_us)
{
    if (now_us < s->retry_us)
        return;
    s->retry_us = now_us + CHECK_US;
    if (!s->db)
        open_database(s, now_us);
    else if (database_is_moved(s->db, s->why))
        lose(s, now_us);
}

static void loop(struct store *s)
{
    bool more = false; /* of the ledger: who writes does not wait for all of it */

    while (!s->stopping) {
        struct pollfd p[] = {{.fd = s->o->control, .events = POLLIN},
                             {.fd = s->o->questions, .events = POLLIN}};
        int64_t now_us;

        pulse_beat();
        pulse_doing("waiting", NULL);
        poll(p, 2, more ? 0 : TURN_MS);
        now_us = clock_mono_us();
        take_orders(s);
        pulse_doing("looking after its file", NULL);
        look_after(s, now_us);
        take_questions(s, now_us);
        if (s->count > 0) {
            pulse_doing("writing", s->turns[0].q.room);
            write_turn(s, now_us);
        }
        pulse_doing("the ledger", NULL);
        more = bookkeeper_work(s->books, s->db, s->why, s->o->questions, now_us);
    }
}

/* Where the numbers of lists go on. */
static void take_version(struct store *s)
{
    struct stored_rooms *r;

    if (s->o->list < 0)
        return;
    s->known = true;
    if (stored_rooms_take(&r, s->o->list))
        return;
    s->version = stored_rooms_version(r);
    s->known = s->version > NOTHING_KEPT;
    stored_rooms_free(&r);
}

static void find_folder(const char *path, char out[static FOLDER_SIZE])
{
    snprintf(out, FOLDER_SIZE, "%s", path);
    *strrchr(out, '/') = '\0';
}

int store_run(const struct store_options *o)
{
    struct store s = {.o = o};
    char folder[FOLDER_SIZE];

    umask(077);
    s.parcel = malloc(sizeof(*s.parcel));
    s.turns = calloc(STORE_BATCH, sizeof(*s.turns));
    s.books = bookkeeper_new();
    if (!s.parcel || !s.turns || !s.books)
        return 1;
    find_folder(o->path, folder);
    database_prepare();
    take_version(&s);
    sandbox_prepare_in(o->sandbox, folder[0] ? folder : "/");
    sandbox_enter(SANDBOX_STORE, CTX);
    log_info(CTX, "ready pid=%d", (int)getpid());
    open_database(&s, clock_mono_us());
    loop(&s);
    database_close(&s.db);
    log_info(CTX, "stopped");
    bookkeeper_free(&s.books);
    free(s.parcel);
    free(s.turns);
    return 0;
}
