/* What was asked of the store and is not answered yet: a request is kept until it is in force. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the questions under way, with the keys that were made for them. Thread: control.
 * Life:   writes_init/writes_fini. Fails: by not asking: WRITES_* says why.
 *
 * Nothing waits for the store but who asked. An answer is good when the change is on the disk
 * and the list with it holds in the front and in all workers; who is not answered in
 * WRITES_PATIENCE_US is told that it may have been done.
 */
#ifndef RELAY_CONTROL_WRITES_H
#define RELAY_CONTROL_WRITES_H

#include "relay/store/store_message.h"
#include "relay/web/server.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WRITES_UNDER_WAY = 256,
    WRITES_PER_S = 50,  /* in the long run ... */
    WRITES_BURST = 200, /* ... and at once */
    WRITES_HOST = 80,
    WRITES_PATIENCE_US = 6000000,
};

struct write {
    uint64_t id; /* 0: free */
    struct request_token asker;
    int64_t due_us;
    uint32_t act; /* enum store_act */
    bool reader;  /* of an agency's token: see store_message.h */
    bool done;    /* on the disk; in force with the list of `version` */
    uint64_t version;
    char room[STORE_NAME];
    char key[PUBLISH_KEY_TEXT + 1]; /* "": none was made */
    char host[WRITES_HOST];         /* as the asker calls this machine */
};

struct parcel;

struct writes {
    int store; /* -1: there is none */
    uint64_t next_id;
    /* What comes on the same socket and is no answer to a write; its descriptor is closed then. */
    void (*other)(void *ctx, const struct parcel *p);
    void *ctx;
    int64_t tokens_us; /* when the bucket was empty, moved on with each write */
    struct write list[WRITES_UNDER_WAY];
};

enum writes_refusal { WRITES_ASKED, WRITES_TOO_MANY, WRITES_UNREACHABLE };

void writes_init(struct writes *w);
void writes_fini(struct writes *w);
/* Sends q, whose id and due_us are filled in; *out: to be remembered for the answer. */
enum writes_refusal writes_ask(struct writes *w, struct store_request *q, int64_t now_us,
                               struct write **out);
/* Who asked for it; a write that nobody is bound to is answered to nobody. */
void writes_bind(struct writes *w, uint64_t id, struct request_token asker);
/* The store's next answer: 1 with the write that it is of, which is forgotten with writes_end
 * unless it has to wait for its list; 0: there is none now. */
int writes_hear(struct writes *w, struct store_reply *r, struct write **out);
/* The next one that is done and in force, or NULL. */
struct write *writes_in_force(struct writes *w, uint64_t version);
/* The next one that waited too long, or NULL. */
struct write *writes_late(struct writes *w, int64_t now_us);
void writes_end(struct write *one);

#endif
