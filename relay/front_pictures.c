/* The front's end of the picture helper's link. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/pulse.h"
#include "relay/front_inside.h"
#include "relay/link/picture_link.h"
#include "relay/room/pictures.h"

#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

#define CTX "front"

static void lose(struct front *f)
{
    if (f->picture_link < 0)
        return;
    event_free(f->on_picture);
    f->on_picture = NULL;
    close(f->picture_link);
    f->picture_link = -1;
    pictures_helper_gone(f->pictures, clock_mono_us());
}

/* Asks for what is due; nothing waits here, whatever the helper does. */
static void ask(struct front *f)
{
    struct picture_ask a;
    int fds[PICTURE_ASK_FDS], rc;

    if (f->picture_link < 0 || f->stop_us ||
        !pictures_next(f->pictures, f->config, clock_mono_us(), clock_wall_us(), &a, fds))
        return;
    rc = picture_ask_send(f->picture_link, &a, fds);
    if (rc)
        pictures_skip(f->pictures);
    if (rc && rc != -EAGAIN)
        lose(f);
}

static void on_picture(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;
    struct picture_answer a;
    int jpeg, rc = picture_answer_receive(fd, &a, &jpeg);

    (void)what;
    if (rc == -EAGAIN)
        return;
    pulse_doing("a picture", NULL);
    if (rc == 1 && pictures_answer(f->pictures, f->config, &a, jpeg)) {
        rooms_show(f->rooms, clock_room_us(), clock_wall_us());
        ask(f);
        return;
    }
    if (rc != 0)
        log_error(CTX,
                  "picture_helper_odd what=\"it said what it should not; another one follows\"");
    lose(f);
}

void front_pictures_adopt(struct front *f, int fd)
{
    lose(f);
    if (fd < 0)
        return;
    f->on_picture = event_new(f->base, fd, EV_READ | EV_PERSIST, on_picture, f);
    if (!f->on_picture || event_add(f->on_picture, NULL)) {
        log_error(CTX, "no_memory what=\"the picture helper's link\"");
        if (f->on_picture)
            event_free(f->on_picture);
        f->on_picture = NULL;
        close(fd);
        return;
    }
    f->picture_link = fd;
    ask(f);
}

void front_pictures_tick(struct front *f)
{
    pictures_tick(f->pictures, f->config, clock_mono_us());
    if (!f->config->pictures.enabled)
        lose(f);
    else
        ask(f);
}

void front_pictures_leave(struct front *f)
{
    lose(f);
}
