/* HTTPS in the front: the first certificate, those that follow it, and keys for tickets. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/certificate.h"
#include "relay/front_inside.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define CTX "front"

/* Tickets that nobody else can open are no reason to serve nobody. */
static void turn_tickets(struct front *f)
{
    int rc = tls_tickets_turn(&f->tickets, clock_wall_us());

    if (!rc && f->tickets_file >= 0)
        rc = tls_tickets_write(&f->tickets, f->tickets_file);
    if (rc)
        log_warn(CTX, "tickets_not_kept why=\"%s\"", strerror(-rc));
}

int front_tls_start(struct front *f, const struct front_options *o)
{
    struct tls_context *tls;
    int rc;

    f->certificate = certificate_fd();
    if (!o->https || o->https[0] < 0) {
        if (f->config->https.listen[0] != '\0')
            log_warn(CTX, "no_https why=\"https.listen is new: its port is opened when the relay "
                          "is started, not when it is upgraded\"");
        return 0;
    }
    f->tickets_file = o->tickets;
    if (tls_tickets_read(&f->tickets, f->tickets_file, clock_wall_us()))
        turn_tickets(f);
    tls_context_ask_kernel();
    rc = certificate_context(&tls, f->certificate, &f->tickets);
    if (rc)
        return rc;
    rc = server_secure(f->server, o->https, tls);
    tls_context_unref(&tls);
    f->https = rc == 0;
    return rc;
}

/* New handshakes have it; those who are here keep what they began with. */
static int renew(struct front *f, int certificate)
{
    struct tls_context *tls;
    int rc = certificate_context(&tls, certificate, &f->tickets);

    if (!rc)
        server_set_tls(f->server, tls);
    tls_context_unref(&tls);
    return rc;
}

void front_tls_take(struct front *f, int fd)
{
    int rc;

    if (fd < 0)
        return;
    rc = f->https ? renew(f, fd) : 0;
    if (rc) {
        log_error(CTX, "certificate_kept what=\"the old one\" why=\"%s\"", strerror(-rc));
        close(fd);
        return;
    }
    if (f->certificate >= 0)
        close(f->certificate);
    f->certificate = fd;
    if (f->https)
        log_info(CTX, "certificate_taken");
}

void front_tls_tick(struct front *f)
{
    int rc;

    if (!f->https || !tls_tickets_are_due(&f->tickets, clock_wall_us()))
        return;
    turn_tickets(f);
    rc = renew(f, f->certificate);
    if (rc)
        log_warn(CTX, "tickets_not_renewed why=\"%s\"", strerror(-rc));
}
