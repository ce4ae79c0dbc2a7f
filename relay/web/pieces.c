/* Frames whose content stays where it is: bytes and ranges of blobs by turns, for one sendmsg. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/pieces.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void pieces_clear(struct pieces *p)
{
    for (uint32_t i = p->at; i < p->count; i++)
        blob_unref(&p->list[i].blob);
    p->at = p->count = 0;
}

bool pieces_are_full(const struct pieces *p)
{
    return p->count >= PIECES_MAX;
}

bool pieces_are_left(const struct pieces *p)
{
    return p && p->at < p->count;
}

void pieces_add(struct pieces *p, size_t head, struct blob *b, const uint8_t *view, size_t len)
{
    assert(!pieces_are_full(p) && len > 0);
    p->list[p->count++] = (struct frame_piece){
        .head = (uint32_t)head, .len = (uint32_t)len, .view = view, .blob = blob_ref(b)};
}

void pieces_end(struct pieces *p, size_t head)
{
    if (head > 0)
        p->list[p->count++] = (struct frame_piece){.head = (uint32_t)head};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t pieces_vector(const struct pieces *p, const char *head, size_t bytes,
                     struct iovec out[static PIECES_VECTOR])
{
    size_t n = 0;
    for (uint32_t i = p->at; i < p->count; i++) {
        const struct frame_piece *one = &p->list[i];
        size_t of_head = least(one->head, bytes), of_blob = least(one->len, bytes - of_head);
        if (of_head > 0)
            out[n++] = (struct iovec){(void *)(uintptr_t)head, of_head};
        if (of_blob > 0)
            out[n++] = (struct iovec){(void *)(uintptr_t)one->view, of_blob};
        head += of_head;
        bytes -= of_head + of_blob;
    }
    return n;
}

size_t pieces_took(struct pieces *p, size_t n)
{
    size_t of_heads = 0;
    while (n > 0) {
        struct frame_piece *one = &p->list[p->at];
        assert(p->at < p->count);
        size_t of_head = least(one->head, n), of_blob = least(one->len, n - of_head);
        one->head -= (uint32_t)of_head;
        one->len -= (uint32_t)of_blob;
        if (of_blob > 0) /* the last one may have none */
            one->view += of_blob;
        of_heads += of_head;
        n -= of_head + of_blob;
        if (one->head == 0 && one->len == 0) {
            blob_unref(&one->blob);
            p->at++;
        }
    }
    return of_heads;
}

int pieces_keep(struct pieces **out, struct pieces *p)
{
    *out = malloc(sizeof **out);
    if (!*out)
        return -ENOMEM;
    **out = *p;
    p->at = p->count = 0;
    return 0;
}
