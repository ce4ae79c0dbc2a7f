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

/* The one place that decides how a blob's bytes leave. sendfile puts the worker's own pages into
 * the socket: large segments cost the least so, and ranges of tens of KiB no more than in any other
 * way. Between these the kernel copies from the mapping that a segment's viewers share, in one call
 * with the head: 0.14 CPU-s/GiB at 512 KiB where sendfile has 0.22, and with both ends counted 0.29
 * and 0.39; at 64 KiB 0.18 and 0.14, at 3 MiB 0.21 and 0.06. It pays from the first viewer on, who
 * has the segment mapped. */
static bool goes_by_mapping(size_t bytes)
{
    return bytes >= OUTGOING_MAP_MIN && bytes <= OUTGOING_MAP_MAX;
}

/* In HTTP/2 a range is cut into frames of 16 KiB: eight of them in one sendmsg, from the mapping,
 * cost 0.20 and with both ends 0.39 CPU-s/GiB at 512 KiB, where frames one by one, by sendfile,
 * cost 0.31 and 0.61; at 64 KiB 0.25 and 0.54, not 0.37 and 0.72. From 1 MiB on it is 0.40, not
 * 0.26: what is copied waits in the receiver's buffer and is no longer in the cache when it is
 * read. */
static bool goes_in_pieces(size_t bytes)
{
    return bytes >= OUTGOING_PIECES_MIN && bytes <= OUTGOING_PIECES_MAX;
}

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
        .by_mapping = goes_by_mapping(reply->blob_len),
        .in_pieces = goes_in_pieces(reply->blob_len),
        .audience = reply->audience,
    };
    if (o->blob_len)
        o->blob = blob_ref(reply->blob);
}

static ssize_t send_range(struct outgoing *o, int fd, size_t bytes)
{
    ssize_t n = sendfile(fd, o->blob->fd, &o->blob_at, bytes);
    if (n == 0) /* the file is shorter than it was said to be */
        errno = EIO;
    if (n <= 0)
        return -1;
    o->blob_len -= (size_t)n;
    return n;
}

/* The blob's next bytes in memory; NULL: sendfile's. */
static const uint8_t *mapped(const struct outgoing *o, size_t bytes)
{
    return o->by_mapping && bytes > 0 ? blob_view(o->blob, (uint64_t)o->blob_at, bytes) : NULL;
}

/* Head and text, and with them what is mapped: bytes of it at view. */
static ssize_t send_memory(struct outgoing *o, int fd, const uint8_t *view, size_t bytes)
{
    const struct iovec all[] = {
        {(void *)(uintptr_t)o->head, o->head_len},
        {(void *)(uintptr_t)o->text, o->text_len},
        {(void *)(uintptr_t)view, view ? bytes : 0},
    };
    struct iovec parts[sizeof all / sizeof *all];
    struct msghdr m = {.msg_iov = parts};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].iov_len > 0)
            parts[m.msg_iovlen++] = all[i];
    /* MSG_MORE: the head shares its packet with the first bytes that sendfile brings. */
    return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | (o->blob_len && !view ? MSG_MORE : 0));
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

static ssize_t send_pieces(const struct outgoing *o, int fd, size_t bytes)
{
    struct iovec parts[PIECES_VECTOR];
    struct msghdr m = {.msg_iov = parts,
                       .msg_iovlen = pieces_vector(o->pieces, o->head, bytes, parts)};
    return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | (o->blob ? MSG_MORE : 0));
}

static ssize_t send_next(struct outgoing *o, int fd, size_t budget)
{
    size_t bytes = o->blob_len < budget ? o->blob_len : budget;
    const uint8_t *view = mapped(o, bytes);
    ssize_t n;
    if (pieces_are_left(o->pieces))
        n = send_pieces(o, fd, budget);
    else if (view || o->head_len + o->text_len > 0)
        n = send_memory(o, fd, view, bytes);
    else
        return send_range(o, fd, bytes);
    if (n > 0)
        outgoing_took(o, (size_t)n);
    return n;
}

int outgoing_push(struct outgoing *o, int fd, size_t *budget)
{
    while (outgoing_left(o) > 0) {
        if (*budget == 0)
            return -EBUSY;
        ssize_t n = send_next(o, fd, *budget);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
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
    if (pieces_are_left(o->pieces)) {
        of_texts = pieces_took(o->pieces, n);
        took_text(o, of_texts);
        o->blob_len -= n - of_texts;
        return;
    }
    took_text(o, of_texts);
    o->blob_at += (off_t)(n - of_texts);
    o->blob_len -= n - of_texts;
}

static int keep_pieces(struct outgoing *o)
{
    if (!o->pieces || o->pieces_kept)
        return 0;
    int rc = pieces_keep(&o->pieces, o->pieces);
    o->pieces_kept = rc == 0;
    return rc;
}

int outgoing_keep(struct outgoing *o)
{
    if (!o->audience_ref)
        o->audience_ref = audience_ref(o->audience);
    if (o->kept || o->body_ref)
        return 0;
    if (keep_pieces(o) != 0)
        return -ENOMEM;
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
    if (o->pieces)
        pieces_clear(o->pieces);
    if (o->pieces_kept)
        free(o->pieces);
    body_unref(&o->body_ref);
    blob_unref(&o->blob);
    *o = (struct outgoing){0};
}
