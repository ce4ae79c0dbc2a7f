/* A copy of a track's newest sample, kept until its duration is known. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/held_sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void held_sample_fini(struct held_sample *h)
{
    free(h->data);
    *h = (struct held_sample){0};
}

static int reserve(struct held_sample *h, size_t len)
{
    uint8_t *data;

    if (len <= h->size)
        return 0;
    data = realloc(h->data, len + len / 4);
    if (!data)
        return -ENOMEM;
    h->data = data;
    h->size = len + len / 4;
    return 0;
}

int held_sample_nals(struct held_sample *h, const struct nal *nals, size_t n)
{
    size_t len = 0;
    uint8_t *p;

    for (size_t i = 0; i < n; i++)
        len += 4 + nals[i].len;
    if (reserve(h, len))
        return -ENOMEM;
    p = h->data;
    for (size_t i = 0; i < n; i++) {
        uint32_t bytes = (uint32_t)nals[i].len;

        if (bytes == 0)
            continue;
        p[0] = (uint8_t)(bytes >> 24);
        p[1] = (uint8_t)(bytes >> 16);
        p[2] = (uint8_t)(bytes >> 8);
        p[3] = (uint8_t)bytes;
        memcpy(p + 4, nals[i].data, bytes);
        p += 4 + bytes;
    }
    h->len = (size_t)(p - h->data);
    return 0;
}

int held_sample_bytes(struct held_sample *h, const uint8_t *data, size_t len)
{
    if (reserve(h, len))
        return -ENOMEM;
    memcpy(h->data, data, len);
    h->len = len;
    return 0;
}
