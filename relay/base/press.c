/* Text that is compressed piece by piece, so that what stays need not be compressed again. */
/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "relay/base/press.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    PRESS_LEVEL = 6,
    PRESS_RAW = -15, /* zlib's manual: deflate without a wrapper, a window of 32 kB */
    PRESS_MEMORY = 8,
    PRESS_CHUNK = 8192,
    STORED_MAX = 65535, /* RFC 1951 section 3.2.4: LEN has 16 bits */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static _Thread_local z_stream *mine;

static void end_state(void *z)
{
    deflateEnd(z);
    free(z);
}

static void make_key(void)
{
    int rc = pthread_key_create(&key, end_state);
    assert(rc == 0);
}

/* This thread's state, ready for a new piece; NULL: no memory. */
static z_stream *take_state(void)
{
    if (mine)
        return deflateReset(mine) == Z_OK ? mine : NULL;
    pthread_once(&once, make_key);
    z_stream *z = calloc(1, sizeof(*z));
    if (!z || deflateInit2(z, PRESS_LEVEL, Z_DEFLATED, PRESS_RAW, PRESS_MEMORY,
                           Z_DEFAULT_STRATEGY) != Z_OK) {
        free(z);
        return NULL;
    }
    pthread_setspecific(key, z);
    mine = z;
    return z;
}

static void deflate_piece(struct text *t, const void *in, size_t len)
{
    char chunk[PRESS_CHUNK];
    z_stream *z = take_state();
    if (!z) {
        t->failed = true;
        return;
    }
    z->next_in = in;
    z->avail_in = (uInt)len;
    do {
        z->next_out = (Bytef *)chunk;
        z->avail_out = sizeof(chunk);
        int rc = deflate(z, Z_FULL_FLUSH);
        assert(rc == Z_OK || rc == Z_BUF_ERROR);
        text_add(t, chunk, sizeof(chunk) - z->avail_out);
    } while (z->avail_out == 0);
}

void press_init(struct press *p)
{
    *p = (struct press){0};
}

void press_fini(struct press *p)
{
    text_fini(&p->plain);
    text_fini(&p->deflated);
    press_init(p);
}

void press_clear(struct press *p)
{
    text_clear(&p->plain);
    text_clear(&p->deflated);
    p->crc = 0;
}

bool press_failed(const struct press *p)
{
    return text_failed(&p->plain) || text_failed(&p->deflated);
}

static void add_plain(struct press *p, const void *piece, size_t len)
{
    text_add(&p->plain, piece, len);
    if (p->later)
        return;
    p->crc = (uint32_t)crc32(p->crc, piece, (uInt)len);
}

void press_add(struct press *p, const void *piece, size_t len)
{
    if (len == 0)
        return;
    add_plain(p, piece, len);
    if (!p->later)
        deflate_piece(&p->deflated, piece, len);
}

void press_join(struct press *p, const struct press *other)
{
    text_add(&p->plain, other->plain.data, other->plain.len);
    p->plain.failed |= other->plain.failed;
    if (p->later)
        return;
    assert(!other->later);
    p->crc = (uint32_t)crc32_combine(p->crc, other->crc, (z_off_t)other->plain.len);
    text_add(&p->deflated, other->deflated.data, other->deflated.len);
    p->deflated.failed |= other->deflated.failed;
}

static void put_le(unsigned char *at, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

/* RFC 1951 section 3.2.4: a block without compression; last: BFINAL. */
static void add_block(struct text *t, const char *data, size_t len, bool last)
{
    unsigned char head[5] = {last};
    put_le(head + 1, (uint32_t)len, 2);
    put_le(head + 3, (uint32_t)len ^ 0xffff, 2);
    text_add(t, head, sizeof(head));
    text_add(t, data, len);
}

void press_store(struct press *p, const void *piece, size_t len)
{
    if (len == 0)
        return;
    add_plain(p, piece, len);
    for (size_t at = 0; at < len && !p->later; at += STORED_MAX)
        add_block(&p->deflated, (const char *)piece + at,
                  len - at < STORED_MAX ? len - at : STORED_MAX, false);
}

void press_gzip(const struct press *p, struct text *t)
{
    assert(!p->later);
    /* RFC 1952 section 2.3: no name, no time, system unknown. */
    static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    unsigned char tail[8];
    text_add(t, head, sizeof(head));
    text_add(t, p->deflated.data, p->deflated.len);
    add_block(t, "", 0, true);
    put_le(tail, p->crc, 4);
    put_le(tail + 4, (uint32_t)p->plain.len, 4);
    text_add(t, tail, sizeof(tail));
    t->failed |= press_failed(p);
}

void press_gzip_text(const void *plain, size_t len, struct text *t)
{
    struct press p;
    press_init(&p);
    press_add(&p, plain, len);
    press_gzip(&p, t);
    press_fini(&p);
}
