/* An HTTP/2 connection over a socket pair: any frames, however cut, end with nothing left. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2.h"
#include "tests/fuzz/http_stage.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 20000, MOMENTS = 6 };

/* Its next part is hinted. */
static struct room_view *view_at(unsigned moment)
{
    char text[SMALL];
    memset(text, 'p', sizeof text);
    struct room_view *v = room_at(moment, moment + 1 == MOMENTS, text, 3);
    struct view_rendition *r = &v->renditions[0];
    view_rendition_sort(r);
    snprintf(r->hint, sizeof r->hint, "p%u", 11 + moment);
    return v;
}

static void set_up(void)
{
    static struct config config;
    config.http.head_timeout_ms = config.http.idle_timeout_ms = config.http.send_timeout_ms =
        1000000;
    stage_open(&config, NULL, view_at, MOMENTS);
}

/* Lets the connection do all it can, and throws away what it says. */
static void pump(int fd)
{
    char thrown_away[65536];
    for (int idle = 0; idle < 2;) {
        stage_turn();
        idle = recv(fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT) > 0 ? 0 : idle + 1;
    }
}

/* What requests wait for, one thing after the other. */
static void give_news(int fd)
{
    if (stage.holding)
        conn_answer(&stage.loop, &stage.held, 200, stage.moments[0]->multivariant);
    stage.holding = false;
    pump(fd);
    while (stage.present + 1 < MOMENTS) {
        stage_show(stage.present + 1);
        pump(fd);
    }
}

/* Sends preface, SETTINGS and the input in pieces of at most `piece` bytes. */
static void talk(const uint8_t *data, size_t size, size_t piece, bool news)
{
    static const char first[] = H2_PREFACE "\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0";
    int fd = stage_call();
    check(send(fd, first, sizeof first - 1, MSG_NOSIGNAL) == sizeof first - 1);
    for (size_t at = 0, n; at < size && (n = stage_say(fd, data + at, size - at, piece)); at += n)
        pump(fd);
    if (news)
        give_news(fd);
    stage_hang_up(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!stage.loop.base)
        set_up();
    if (size < 1 || size > INPUT_MAX)
        return 0;
    talk(data + 1, size - 1, SIZE_MAX, true);
    talk(data + 1, size - 1, 1 + data[0] * (size_t)data[0] / 64, data[0] & 1);
    return 0;
}
