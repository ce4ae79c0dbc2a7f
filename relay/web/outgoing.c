/* What is still to be sent on one socket: a head, then text or a range of a blob. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/outgoing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

void outgoing_set(struct outgoing *o, const char *head, size_t head_len, const struct reply *reply)
{
    *o = (struct outgoing){
        .head = head,
        .head_len = head_len,
        .text = reply->text,
        .text_len = reply->text_len,
        .body = reply->text_len ? reply->body : NULL,
        .blob_at = (off_t)reply->blob_at,
        .blob_len = reply->blob_len,
        .audience = reply->audience,
    };
    if (o->blob_len)
        o->blob = blob_ref(reply->blob);
}

/* The one place that decides how a blob's bytes leave. sendfile reads the worker's memfd page by
 * page into the socket: no byte is copied in user space, and for segments nothing portable is
 * cheaper. Whoever finds a way that is cheaper below some size adds it here. */
static ssize_t send_range(struct outgoing *o, int fd, size_t bytes)
{
    ssize_t n = sendfile(fd, o->blob->fd, &o->blob_at, bytes);
    if (n == 0) /* the file is shorter than it was said to be */
        errno = EIO;
    return n > 0 ? n : -1;
}

static ssize_t send_text(struct outgoing *o, int fd)
{
    struct iovec parts[2] = {
        {(void *)(uintptr_t)o->head, o->head_len},
        {(void *)(uintptr_t)o->text, o->text_len},
    };
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = o->text_len ? 2 : 1};
    if (o->head_len == 0) {
        m.msg_iov++;
        m.msg_iovlen--;
    }
    /* MSG_MORE: the head shares its packet with the first bytes of the blob. */
    return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | (o->blob_len ? MSG_MORE : 0));
}

static void took_text(struct outgoing *o, size_t n)
{
    size_t of_head = n < o->head_len ? n : o->head_len;
    o->head += of_head;
    o->head_len -= of_head;
    if (n > of_head) {
        o->text += n - of_head;
        o->text_len -= n - of_head;
    }
}

int outgoing_push(struct outgoing *o, int fd, size_t *budget)
{
    while (outgoing_left(o) > 0) {
        bool text = o->head_len + o->text_len > 0;
        if (*budget == 0)
            return -EBUSY;
        ssize_t n = text ? send_text(o, fd)
                         : send_range(o, fd, o->blob_len < *budget ? o->blob_len : *budget);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
        if (text)
            took_text(o, (size_t)n);
        else
            o->blob_len -= (size_t)n;
        *budget -= (size_t)n < *budget ? (size_t)n : *budget;
    }
    return 0;
}

static size_t copy(char *to, size_t room, const char *from, size_t len)
{
    size_t n = len < room ? len : room;
    if (n)
        memcpy(to, from, n);
    return n;
}

ssize_t outgoing_copy(const struct outgoing *o, void *buf, size_t size)
{
    char *to = buf;
    size_t n = copy(to, size, o->head, o->head_len);
    n += copy(to + n, size - n, o->text, o->text_len);
    size_t bytes = o->blob_len < size - n ? o->blob_len : size - n;
    if (bytes == 0)
        return (ssize_t)n;
    const uint8_t *view = blob_view(o->blob, (uint64_t)o->blob_at, bytes);
    if (view)
        return (ssize_t)(n + copy(to + n, bytes, (const char *)view, bytes));
    ssize_t got = pread(o->blob->fd, to + n, bytes, o->blob_at);
    if (got < 0)
        return -errno;
    return got == 0 ? -EIO : (ssize_t)n + got; /* the file is shorter than it was said to be */
}

const void *outgoing_peek(const struct outgoing *o, size_t *len)
{
    if (o->head_len + o->text_len > 0 || !o->blob)
        return NULL;
    *len = o->blob_len < *len ? o->blob_len : *len;
    return blob_view(o->blob, (uint64_t)o->blob_at, *len);
}

void outgoing_took(struct outgoing *o, size_t n)
{
    size_t texts = o->head_len + o->text_len, of_texts = n < texts ? n : texts;
    took_text(o, of_texts);
    o->blob_at += (off_t)(n - of_texts);
    o->blob_len -= n - of_texts;
}

int outgoing_keep(struct outgoing *o)
{
    if (!o->audience_ref)
        o->audience_ref = audience_ref(o->audience);
    if (o->kept || o->body_ref)
        return 0;
    size_t text_len = o->body ? 0 : o->text_len;
    if (o->head_len + text_len > 0) {
        o->kept = malloc(o->head_len + text_len);
        if (!o->kept)
            return -ENOMEM;
        memcpy(o->kept, o->head, o->head_len);
        o->head = o->kept;
        if (text_len > 0) {
            memcpy(o->kept + o->head_len, o->text, text_len);
            o->text = o->kept + o->head_len;
        }
    }
    if (o->body && o->text_len > 0)
        o->body_ref = body_ref(o->body);
    return 0;
}

uint64_t outgoing_left(const struct outgoing *o)
{
    return (uint64_t)o->head_len + o->text_len + o->blob_len;
}

uint64_t outgoing_content(const struct outgoing *o)
{
    return (uint64_t)o->text_len + o->blob_len;
}

void outgoing_fini(struct outgoing *o)
{
    audience_unref(&o->audience_ref);
    free(o->kept);
    body_unref(&o->body_ref);
    blob_unref(&o->blob);
    *o = (struct outgoing){0};
}
