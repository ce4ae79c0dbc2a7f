/* A whole connection over a socket pair: any bytes, however cut, get the same replies in order. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2.h"
#include "tests/fuzz/http_stage.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 4 << 20, INPUT_MAX = 6000, MOMENTS = 24 };

static struct {
    char *bytes;
    size_t len;
} replies[2];

/* The room after so many parts, four to a segment. */
static struct room_view *view_at(unsigned moment)
{
    char text[SMALL];
    memset(text, 'p', sizeof text);
    snprintf(text, sizeof text, "moment %u", moment);
    struct room_view *v = room_at(moment, moment + 1 == MOMENTS, text, 4);
    struct view_rendition *r = &v->renditions[0];
    check(body_new(&r->delta, "m3u8", text, strlen(text), true, 0, 1) == 0);
    r->files[3] = (struct view_file){.blob = blob_ref(r->files[2].blob)};
    r->files[3].bytes = 50 * (1 + moment % 4);
    snprintf(r->files[3].name, sizeof r->files[3].name, "s%u", moment / 4);
    r->file_count = 4;
    view_rendition_sort(r);
    r->open_msn = moment / 4;
    r->open_parts = moment % 4;
    r->last_parts = 4;
    /* Every other segment hints parts by name, the others as ranges of the segment. */
    snprintf(r->hint, sizeof r->hint, moment % 8 < 4 ? "p%u" : "s%u",
             moment % 8 < 4 ? 11 + moment : moment / 4);
    return v;
}

static void set_up(void)
{
    static struct config config;
    static char closed[] = "b", keys[] = "k=0123456789abcdef0123456789abcdef";
    static struct config_room needs_link = {.name = closed, .access = 1 + ACCESS_SIGNED};
    struct access *access = NULL;
    config.rooms.list = &needs_link;
    config.rooms.list_count = 1;
    config.rooms.sign_keys = keys;
    check(access_new(&access, &config) == 0);
    stage_open(&config, access, view_at, MOMENTS);
    /* lets nobody wait */
    check(shown_set_view(stage.live.shown, closed, stage.moments[MOMENTS - 1]) == 0);
    for (int i = 0; i < 2; i++)
        check((replies[i].bytes = malloc(OUT_MAX)) != NULL);
}

/* What a request that is parked waits for, whatever that is. */
static bool give_news(void)
{
    if (stage.loop.tally.holding == 0)
        return false;
    if (stage.holding)
        conn_answer(&stage.loop, &stage.held, 200, stage.moments[0]->multivariant);
    else
        stage_show(stage.present + 1); /* the last one lets nobody wait */
    stage.holding = false;
    return true;
}

/* Lets the connection do all it can; an answer to what it holds and news of the room
 * come as late as possible. */
static void pump(int fd, int which)
{
    for (int idle = 0; idle < 2;) {
        stage_turn();
        char *at = replies[which].bytes + replies[which].len;
        ssize_t n = recv(fd, at, OUT_MAX - replies[which].len, MSG_DONTWAIT);
        if (n > 0)
            replies[which].len += (size_t)n;
        idle = n > 0 ? 0 : idle + 1;
        if (idle == 2 && give_news())
            idle = 0;
    }
}

/* Sends the input in pieces of at most `piece` bytes and keeps the replies. */
static void talk(const uint8_t *data, size_t size, size_t piece, int which)
{
    int fd = stage_call();
    replies[which].len = 0;
    for (size_t at = 0, n; at < size && (n = stage_say(fd, data + at, size - at, piece)); at += n)
        pump(fd, which);
    stage_hang_up(fd);
}

/* "100 Continue" is sent only when the body is still missing: it depends on the cutting. */
static size_t without_continue(char *b, size_t len)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t n = sizeof line - 1;
    for (char *p = b; (p = memmem(p, (size_t)(b + len - p), line, n));) {
        memmove(p, p + n, (size_t)(b + len - p) - n);
        len -= n;
    }
    return len;
}

/* The clock may have moved on by a second. */
static void without_dates(char *b, size_t len)
{
    static const char name[] = "\r\nDate: ";
    for (char *p = b; (p = memmem(p, (size_t)(b + len - p), name, sizeof name - 1));) {
        p += sizeof name - 1;
        memset(p, 'D', 29);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!stage.loop.base)
        set_up();
    if (size < 1 || size > INPUT_MAX)
        return 0;
    if (size > 24 && memcmp(data + 1, H2_PREFACE, 24) == 0) /* h2_fuzz: there order is free */
        return 0;
    talk(data + 1, size - 1, SIZE_MAX, 0);
    talk(data + 1, size - 1, 1 + data[0] * (size_t)data[0] / 64, 1);
    for (int i = 0; i < 2; i++) {
        replies[i].len = without_continue(replies[i].bytes, replies[i].len);
        without_dates(replies[i].bytes, replies[i].len);
    }
    check(replies[0].len == replies[1].len);
    check(memcmp(replies[0].bytes, replies[1].bytes, replies[0].len) == 0);
    check(replies[0].len == 0 || memcmp(replies[0].bytes, "HTTP/1.1 ", 9) == 0);
    return 0;
}
