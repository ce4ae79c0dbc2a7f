/* The inside of the front, for front*.c only. */
/* SPDX-License-Identifier: MIT */
/* Owns: see front.h. Thread: control. Life: front_run. Fails: see each function. */
#ifndef RELAY_FRONT_INSIDE_H
#define RELAY_FRONT_INSIDE_H

#include "relay/control/desk.h"
#include "relay/front.h"
#include "relay/link/link.h"
#include "relay/room/rooms.h"
#include "relay/web/page.h"
#include "relay/web/server.h"
#include "relay/web/tls_tickets.h"

#include <stdbool.h>
#include <stdint.h>

struct event;
struct pictures;
struct event_base;
struct hook_watch;
struct vigil;

enum { ROUTES_MAX = 64 };

struct worker_link {
    struct front *front;
    uint32_t index;
    int fd;
    struct event *readable;
    struct link_outbox *outbox;
    uint64_t rooms; /* the version of the list of stored rooms that holds there */
    bool replaced;  /* its worker leaves because another program's follows: that is no restart */
};

struct front {
    struct event_base *base;
    struct config *config;
    struct config *boot; /* the server's limits and sockets stay what they were */
    struct page *page;
    struct desk *desk;
    struct rooms *rooms;
    struct hook_watch *hooks; /* NULL: nobody could be told */
    struct server *server;
    struct route routes[ROUTES_MAX];
    struct worker_link *links;
    uint32_t workers;
    int control;
    struct event *on_control, *on_desk, *on_tick, *on_gather;
    struct pictures *pictures;
    int picture_link; /* to the helper; -1: none */
    struct event *on_picture;
    unsigned ticks;
    size_t threads;
    struct vigil *vigils; /* one for each HTTP thread */
    int64_t look_us;      /* when they are looked at next */
    int64_t stop_us;      /* 0: not stopping */
    int exit_code;
    bool https;                    /* the server has its second port */
    struct tls_tickets tickets;    /* in use */
    int tickets_file, certificate; /* where they are kept; what handshakes use; -1: none */
    struct config_stored stored;   /* what f->config points to when there is a store */
    int questions;                 /* to the store; -1: there is none */
    struct event *on_questions;
    int rooms_file;     /* the newest list that came; -1: none */
    bool rooms_due;     /* it is not in force: there was no memory */
    int viewers;        /* where viewers go when another front has taken over; -1: none has */
    int64_t viewers_us; /* until when */
};

/* A worker's new link; takes fd. */
void front_adopt(struct front *f, uint32_t index, int fd);
/* The same of one that served another front, which died: its publishers are to notice nothing. */
void front_adopt_kept(struct front *f, uint32_t index, int fd);
/* False: it is not reachable, or too far behind. */
bool front_send(struct worker_link *k, const struct link_message *m, int fd);
/* To all workers. */
void front_send_all(struct front *f, const struct link_message *m, int fd);
/* LINK_CONFIG: what the supervisor has checked. HTTP limits stay as they are. Without memory for
 * all of it nothing changes. */
void front_take_config(struct front *f, int fd);

/* front_stored.c: before the rooms and the server. -EIO, -errno. */
__attribute__((warn_unused_result)) int front_stored_start(struct front *f,
                                                           const struct front_options *o);
/* With the loop: what the store answers is heard. */
__attribute__((warn_unused_result)) int front_stored_listen(struct front *f);
/* LINK_ROOMS: in force here when it returns, and on its way to the workers; takes fd. */
void front_stored_take(struct front *f, int fd);
/* To a worker that was adopted. */
void front_stored_tell(struct front *f, struct worker_link *k);
/* LINK_ROOMS_TAKEN: perhaps it is in force everywhere now. */
void front_stored_taken(struct front *f);
void front_stored_tick(struct front *f);
/* LINK_PICTURES: a helper's link; takes fd. */
void front_pictures_adopt(struct front *f, int fd);
void front_pictures_tick(struct front *f);
/* Another front has taken over, with a helper of its own. */
void front_pictures_leave(struct front *f);

/* HTTPS, if it has sockets; before the server's start. -EINVAL, -errno. */
__attribute__((warn_unused_result)) int front_tls_start(struct front *f,
                                                        const struct front_options *o);
/* LINK_CERTIFICATE; takes fd. */
void front_tls_take(struct front *f, int fd);
/* Changes the tickets' key when it is time. */
void front_tls_tick(struct front *f);

/* Gives everything to the front at end, which it takes. Until that one says so, all stays ours. */
void front_hand_over(struct front *f, int end, uint32_t what);
/* What is left to do when another front serves: replies that are under way. */
void front_tick_after(struct front *f, int64_t now_us);
/* Everything that the predecessor has, before the first viewer is answered here. */
__attribute__((warn_unused_result)) int front_take_over(struct front *f,
                                                        const struct front_options *o);
/* This one serves: the predecessor and the supervisor are told. */
__attribute__((warn_unused_result)) int front_announce(const struct front_options *o);

#endif
