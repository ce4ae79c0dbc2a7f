/* The supervisor's side of the picture helper: born with a front, replaced when either dies. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/certificate.h"
#include "relay/link/link.h"
#include "relay/picture/picture_helper.h"
#include "relay/supervisor_inside.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CTX "supervisor"

enum {
    /* It runs when nobody else wants to (nice 19): on a full machine one picture may take long. */
    PATIENCE = 6,
    SHORT_LIFE_US = 1000000,
};

/* Who decodes what strangers send needs none of them. */
static void forget_secrets(struct config *c)
{
    explicit_bzero(c->rooms.sign_keys, strlen(c->rooms.sign_keys));
    explicit_bzero(c->access.organizer_token, strlen(c->access.organizer_token));
    explicit_bzero(c->access.reader_token, strlen(c->access.reader_token));
    config_agencies_forget(c);
    for (uint32_t i = 0; i < c->rooms.list_count; i++) {
        struct config_room *r = &c->rooms.list[i];

        if (r->key)
            explicit_bzero(r->key, strlen(r->key));
        if (r->passphrase)
            explicit_bzero(r->passphrase, strlen(r->passphrase));
    }
}

/* In a new child: nothing of the relay's stays open but its end of the link. */
static void picture_child(struct supervisor *s, int link, pid_t parent)
{
    supervisor_become(s, &s->picture, "roomcast-pics", parent);
    supervisor_close(&s->picture.pulse_fd);
    supervisor_close(&s->control);
    supervisor_close(&s->tickets);
    certificate_forget();
    journal_file_forget(&s->journal);
    forget_secrets(s->config);
    for (size_t i = 0; i < s->threads; i++) {
        close(s->http[i]);
        supervisor_close(&s->https[i]);
    }
    for (size_t i = 0; i < s->workers; i++) {
        close(s->srt[i]);
        supervisor_close(&s->link[i]);
    }
    _exit(picture_helper_run(s->config, link));
}

void supervisor_spawn_picture(struct supervisor *s, int64_t now_us)
{
    struct link_message m = {.type = LINK_PICTURES};
    pid_t parent = getpid(), pid;
    int ends[2], rc;

    if (!s->config->pictures.enabled)
        child_take(&s->picture);
    if (!s->config->pictures.enabled || s->picture.pid || !s->front.pid || s->control < 0 ||
        now_us < s->picture.start_at_us)
        return;
    s->picture.start_at_us = now_us + PUT_OFF_US;
    if (link_pair(ends))
        return;
    child_prepare(&s->picture);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        picture_child(s, ends[1], parent);
    }
    close(ends[1]);
    if (pid < 0) {
        log_error(CTX, "fork failed error=%d", errno);
    } else {
        child_born(&s->picture, pid, clock_mono_us());
        rc = link_send(s->control, &m, ends[0]);
        if (rc && rc != -EPIPE) /* a front that has just died: this helper ends with its link */
            log_error(CTX, "front_unreachable error=%d", -rc);
    }
    close(ends[0]);
}

/* It ends of its own accord when its front has closed the link: the next one is for the next
 * front. Whatever it dies of, the relay goes on without pictures until the next try. */
void supervisor_picture_gone(struct supervisor *s, int status)
{
    struct child *c = &s->picture;
    int64_t now_us = clock_mono_us();
    bool quick = now_us - c->started_us < SHORT_LIFE_US;

    c->taken |= status == 0;
    child_died(c, status, s->stopping || c->taken, now_us);
    if (quick && c->start_at_us < now_us + PUT_OFF_US)
        c->start_at_us = now_us + PUT_OFF_US;
}

void supervisor_watch_picture(struct supervisor *s, int64_t now_us)
{
    child_watch(&s->picture, (int64_t)s->config->isolation.stuck_ms * 1000 * PATIENCE, now_us);
}
