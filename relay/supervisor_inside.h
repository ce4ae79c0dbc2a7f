/* The inside of the supervisor, for the files supervisor*.c only. */
/* SPDX-License-Identifier: MIT */
/* Owns: see supervisor.h. Thread: its only one. Life: supervisor_run. Fails: see each function. */
#ifndef RELAY_SUPERVISOR_INSIDE_H
#define RELAY_SUPERVISOR_INSIDE_H

#include "config/config.h"
#include "relay/activation.h"
#include "relay/child.h"
#include "relay/inheritance.h"
#include "relay/journal_file.h"
#include "relay/service.h"
#include "relay/supervisor_hooks.h"
#include "relay/upgrade.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    WORKERS_MAX = 64,
    THREADS_MAX = 64,
    STOP_US = 9500000,     /* then whoever is left is killed */
    PUT_OFF_US = 500000,   /* when not even a fork goes */
    LEAVING_US = 12000000, /* how long a front may live after another one took over */
    DESCRIPTORS = 1 << 19,
};

struct supervisor {
    struct config *config;
    const char *path;
    const struct config_override *set;
    size_t set_count;
    size_t workers, threads;
    int srt[WORKERS_MAX], http[THREADS_MAX];
    int https[THREADS_MAX], tickets; /* -1: there is no HTTPS */
    uint16_t srt_port, http_port, https_port;
    struct child front, worker[WORKERS_MAX];
    struct child store;
    char store_path[PATH_MAX];       /* "": there is none, or it is not known where */
    int store_path_file;             /* the same for the program after this one; -1 */
    int store_control, questions[2]; /* to it; between the front and it, theirs for good; -1 */
    int rooms;                       /* the newest list that it sent; -1: none has come */
    bool rooms_due;                  /* the front does not have it */
    int64_t await_us;                /* workers begin with the first list, or then */
    struct child picture;            /* makes the wall's pictures; its link is the front's alone */
    struct supervisor_hooks hooks;   /* tells web hooks */
    struct child heir;     /* the front of an upgrade that is under way; its page stays longer */
    int link[WORKERS_MAX]; /* the front's ends: they outlive the front; -1: none */
    bool old[WORKERS_MAX]; /* runs the program that was before an upgrade */
    int control;           /* to the front */
    int signals;
    struct journal_file journal;
    struct upgrade upgrade;
    char program[PATH_MAX];
    char *const *argv;
    pid_t leaving;      /* a front that ends its last replies; 0: none */
    int64_t leaving_us; /* then it is killed */
    bool stopping;
    int64_t deadline_us, look_us; /* look_us: the next one at the children's pulses */
    int exit_code;
    struct activation *activation;
    struct service service;
    bool reload_refused; /* the last one */
};

void supervisor_close(int *fd);
/* Counts of workers and threads, and their sockets: passed to us, or opened. 0, or -errno after a
 * sentence in the log. */
__attribute__((warn_unused_result)) int supervisor_open_sockets(struct supervisor *s);
/* The service manager hears what has changed; in each round of the loop. reloading: a reload is
 * about to begin, and over in the next round. */
void supervisor_tell(struct supervisor *s, bool reloading);
/* In a new child that has no use for them: sockets, links, keys. */
void supervisor_keep_nothing(struct supervisor *s);
/* What nobody needs who talks to strangers or decodes what they send. */
void supervisor_forget_secrets(struct config *c);
/* In a new child: it is own from here on, and nobody else's pulse is seen. */
void supervisor_become(struct supervisor *s, struct child *own, const char *name, pid_t parent);
/* Starts it when there is a front to ask it, if the configuration wants it. */
void supervisor_spawn_picture(struct supervisor *s, int64_t now_us);
void supervisor_picture_gone(struct supervisor *s, int status);
void supervisor_watch_picture(struct supervisor *s, int64_t now_us);
/* The program as it was started, so that a link to the newest one is followed anew. */
void supervisor_find_program(struct supervisor *s, char *const *argv);
/* Starts another program's front beside ours. */
void supervisor_upgrade(struct supervisor *s, int64_t now_us);
/* It has taken over: this process becomes the new program. */
void supervisor_upgraded(struct supervisor *s, int64_t now_us);
/* The same, from the new program on: sockets and children are here already. */
void supervisor_resume(struct supervisor *s, const struct inheritance *from);

/* supervisor_store.c: the process that keeps the rooms which the API makes. */
__attribute__((warn_unused_result)) int supervisor_store_open(struct supervisor *s);
bool supervisor_has_store(const struct supervisor *s);
void supervisor_store_adopt(struct supervisor *s, const struct inheritance *from);
void supervisor_store_list(const struct supervisor *s, struct inheritance *all);
/* In a new child that is not the store. */
void supervisor_store_forget(struct supervisor *s, bool front);
void supervisor_store_spawn(struct supervisor *s, int64_t now_us);
/* Takes lists, and hands the newest one on. */
void supervisor_store_step(struct supervisor *s);
/* Its first word has not come, and may still. */
bool supervisor_store_is_awaited(const struct supervisor *s, int64_t now_us);
void supervisor_store_stop(struct supervisor *s);
void supervisor_store_gone(struct supervisor *s, int status);
void supervisor_store_watch(struct supervisor *s, int64_t stuck_us, int64_t now_us);

#endif
