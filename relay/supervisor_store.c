/* The supervisor's side of the store: where it is, its process, and the newest list of rooms. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/certificate.h"
#include "relay/link/link.h"
#include "relay/store/store.h"
#include "relay/store/store_message.h"
#include "relay/supervisor_inside.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CTX "supervisor"

enum {
    AWAIT_US = 2000000, /* how long workers wait for the first list; then they refuse what it may
                           be about */
    PATIENCE = 10,      /* times isolation.stuck_ms: a disk may be slow */
};

static void off(const char *why)
{
    log_info("store", "none why=\"%s\" what=\"the API can make no rooms\"", why);
}

/* Nobody can say of a folder that cannot be looked into that it holds no database. */
static bool is_absent(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

/* `file` inside of a folder that is there. */
static bool resolve(const char *folder, const char *file, char out[static PATH_MAX])
{
    char real[PATH_MAX];

    if (!realpath(folder, real))
        return false;
    return snprintf(out, PATH_MAX, "%.3900s/%.180s", strcmp(real, "/") ? real : "", file) > 0;
}

/* As it was written: of what is not there now, or cannot be looked into. */
static void spell(const char *path, const char *file, char out[static PATH_MAX])
{
    char here[PATH_MAX] = "";

    if (path[0] != '/' && (!getcwd(here, sizeof(here)) || strcmp(here, "/") == 0))
        here[0] = '\0';
    snprintf(out, PATH_MAX, "%.2000s%s%.2000s%s", here, path[0] == '/' ? "" : "/", path, file);
}

static bool find_auto(const struct config *c, char out[static PATH_MAX])
{
    const char *dir = c->state.dir, *by_systemd = getenv("STATE_DIRECTORY");

    if (strcmp(dir, "auto") == 0 && by_systemd && by_systemd[0] == '/')
        dir = by_systemd;
    if (dir[0] != '/' && dir[0] != '.') {
        off("state.dir is no folder, and what it would forget nobody should rely on");
        return false;
    }
    if (!resolve(dir, "store.db", out)) {
        bool absent = is_absent(errno);

        spell(dir, "/store.db", out);
        if (absent)
            off("the folder state.dir is not there");
        return !absent;
    }
    if (access(dir, W_OK) && access(out, F_OK) && is_absent(errno)) {
        off("state.dir cannot be written, and no rooms are kept there");
        return false;
    }
    return true;
}

/* A file that is named is kept to: while it cannot be had, names that it may know are shut. */
static bool find_path(const struct config *c, char out[static PATH_MAX])
{
    const char *path = c->state.store;
    char folder[PATH_MAX], file[PATH_MAX];

    if (strcmp(path, "auto") == 0)
        return find_auto(c, out);
    if (strcmp(path, "none") == 0) {
        off("state.store is none");
        return false;
    }
    snprintf(folder, sizeof(folder), "%s", path);
    snprintf(file, sizeof(file), "%s", path);
    if (!resolve(dirname(folder), basename(file), out))
        spell(path, "", out);
    return true;
}

/* For the program after this one: where the database is stays what it was until a restart. */
static int keep_path(struct supervisor *s)
{
    size_t len = strlen(s->store_path);

    s->store_path_file = memfd_create("roomcast-store-path", MFD_CLOEXEC);
    if (s->store_path_file < 0)
        return -errno;
    return write(s->store_path_file, s->store_path, len) == (ssize_t)len ? 0 : -EIO;
}

int supervisor_store_open(struct supervisor *s)
{
    int rc = child_init(&s->store, CHILD_STORE);

    s->store_control = s->questions[0] = s->questions[1] = s->rooms = s->store_path_file = -1;
    if (rc || !find_path(s->config, s->store_path))
        return rc;
    rc = keep_path(s);
    if (rc)
        return rc;
    s->await_us = clock_mono_us() + AWAIT_US;
    return link_pair(s->questions);
}

bool supervisor_has_store(const struct supervisor *s)
{
    return s->questions[0] >= 0;
}

/* A configuration that names another file, or none, would leave the rooms that are known to nobody:
 * they would be open. */
static void adopt_path(struct supervisor *s)
{
    char wanted[PATH_MAX] = "";
    ssize_t n = s->store_path_file < 0
                    ? -1
                    : pread(s->store_path_file, s->store_path, sizeof(s->store_path) - 1, 0);
    bool found = find_path(s->config, wanted);

    if (n > 0) {
        s->store_path[n] = '\0';
        if (!found || strcmp(wanted, s->store_path) != 0)
            log_warn("store", "kept file=%s what=\"another state.store is for a restart\"",
                     s->store_path);
    } else if (found) { /* the program before did not say it */
        memcpy(s->store_path, wanted, sizeof(wanted));
    } else {
        log_error("store", "not_found what=\"rooms of the API stay as they are until a restart\"");
    }
}

void supervisor_store_adopt(struct supervisor *s, const struct inheritance *from)
{
    s->store_control = from->store_control;
    s->questions[0] = from->questions_front;
    s->questions[1] = from->questions_store;
    s->rooms = from->rooms;
    s->rooms_due = s->rooms >= 0;
    s->store_path_file = from->store_path;
    child_resume(&s->store, CHILD_STORE, from->store_pulse, from->store);
    if (!supervisor_has_store(s))
        log_info("store", "none why=\"the program before had none: a restart begins one\"");
    else
        adopt_path(s);
    if (s->store_path[0] && (from->store_format != STORE_FORMAT || s->store_control < 0))
        child_take(&s->store); /* it speaks another language */
}

void supervisor_store_list(const struct supervisor *s, struct inheritance *all)
{
    all->store = s->store.pid;
    all->store_pulse = s->store.pulse_fd;
    all->store_control = s->store_control;
    all->store_format = STORE_FORMAT;
    all->questions_front = s->questions[0];
    all->questions_store = s->questions[1];
    all->rooms = s->rooms;
    all->store_path = s->store_path_file;
}

void supervisor_store_forget(struct supervisor *s, bool front)
{
    supervisor_close(&s->store_control);
    supervisor_close(&s->questions[1]);
    if (!front)
        supervisor_close(&s->questions[0]);
    supervisor_close(&s->store_path_file);
    child_fini(&s->store);
}

static void be_store(struct supervisor *s, int control)
{
    struct store_options o = {.path = s->store_path,
                              .control = control,
                              .questions = s->questions[1],
                              .list = s->rooms,
                              .sandbox = s->config->isolation.sandbox};

    certificate_forget();
    for (size_t i = 0; i < s->workers; i++) {
        supervisor_close(&s->srt[i]);
        supervisor_close(&s->link[i]);
    }
    for (size_t i = 0; i < s->threads; i++) {
        supervisor_close(&s->http[i]);
        supervisor_close(&s->https[i]);
    }
    supervisor_close(&s->control);
    supervisor_close(&s->tickets);
    supervisor_close(&s->questions[0]);
    _exit(store_run(&o));
}

void supervisor_store_spawn(struct supervisor *s, int64_t now_us)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (!supervisor_has_store(s) || !s->store_path[0] || s->store.pid ||
        now_us < s->store.start_at_us)
        return;
    s->store.start_at_us = now_us + PUT_OFF_US;
    if (link_pair(ends))
        return;
    child_prepare(&s->store);
    pid = fork();
    if (pid == 0) {
        supervisor_become(s, &s->store, "roomcast-store", parent);
        close(ends[0]);
        be_store(s, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        log_error(CTX, "fork failed error=%d", errno);
        close(ends[0]);
        return;
    }
    s->store_control = ends[0];
    child_born(&s->store, pid, now_us);
}

/* The front has to know it, and the next store, front or worker begins with it. */
static void take_list(struct supervisor *s, int fd)
{
    supervisor_close(&s->rooms);
    s->rooms = fd;
    s->rooms_due = true;
}

static void hear(struct supervisor *s)
{
    struct link_message m;
    int fd;

    while (s->store_control >= 0 && link_receive(s->store_control, &m, &fd) == 1) {
        if (m.type == LINK_ROOMS)
            s->await_us = 0;
        if (m.type == LINK_ROOMS && fd >= 0)
            take_list(s, fd);
        else if (fd >= 0)
            close(fd);
    }
}

void supervisor_store_step(struct supervisor *s)
{
    struct link_message m = {.type = LINK_ROOMS};

    hear(s);
    if (s->rooms_due && s->front.pid && s->control >= 0 && link_send(s->control, &m, s->rooms) == 0)
        s->rooms_due = false;
}

bool supervisor_store_is_awaited(const struct supervisor *s, int64_t now_us)
{
    return supervisor_has_store(s) && now_us < s->await_us;
}

void supervisor_store_stop(struct supervisor *s)
{
    struct link_message m = {.type = LINK_STOP};

    if (s->store_control >= 0 && link_send(s->store_control, &m, -1))
        child_take(&s->store);
}

void supervisor_store_gone(struct supervisor *s, int status)
{
    hear(s); /* what it said last is in force */
    child_died(&s->store, status, s->stopping || s->store.taken, clock_mono_us());
    supervisor_close(&s->store_control);
}

void supervisor_store_watch(struct supervisor *s, int64_t stuck_us, int64_t now_us)
{
    child_watch(&s->store, stuck_us * PATIENCE, now_us);
}
