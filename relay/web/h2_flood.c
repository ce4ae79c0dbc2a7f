/* What frames cost who sends them: a budget of each HTTP/2 connection, which fills with time. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2_state.h"

enum {
    /* Frames that are cheap to send and not to receive are paid for: in microseconds of a budget
     * that fills with time, and with what the viewer takes. A player needs a few a second. */
    COST_FRAME_US = 10000,
    COST_CRUMB_US = 1000,  /* a few bytes of a body */
    COST_RESET_US = 50000, /* a request was handled for nothing (CVE-2023-44487) */
    COST_WRONG_US = 100000,
    COST_BYTE_US = 10, /* of fields that belong to no request that begins: 60 ns to decode one */
    CRUMB_BYTES = 64,
    EARNED_BYTE_US = 10,      /* who takes a KiB may open a window once ... */
    EARNED_FRAME_US = 100000, /* ... and ten for a frame: some open both in every 4 KiB */
    BUDGET_US = 10000000,     /* 1,000 frames or 200 resets at once; 100 or 20 a second */
};

/* spent_us is the moment at which the budget is full again. */
static int spend(struct h2 *h, int64_t cost_us)
{
    const struct http_loop *l = h->conn->loop;
    if (h->spent_us < l->now_us)
        h->spent_us = l->now_us;
    h->spent_us += cost_us;
    return h->spent_us - l->now_us <= BUDGET_US ? 0 : h2_flooded(h);
}

int h2_flooded(struct h2 *h)
{
    tally_add(&h->conn->loop->tally.h2_floods, 1);
    nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int64_t fields_cost(struct h2 *h, const nghttp2_frame_hd *f)
{
    if (f->type == NGHTTP2_HEADERS) /* trailers, or for a stream that is closed or not taken */
        h->aside = h->ending || f->stream_id <= nghttp2_session_get_last_proc_stream_id(h->session);
    if (h->aside)
        return COST_FRAME_US + (int64_t)f->length * COST_BYTE_US;
    return f->type == NGHTTP2_HEADERS ? 0 : COST_WRONG_US; /* a head we take fits into one frame */
}

int h2_charge(struct h2 *h, const nghttp2_frame_hd *f)
{
    switch (f->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
        return spend(h, fields_cost(h, f));
    case NGHTTP2_DATA:
        if (f->flags & NGHTTP2_FLAG_END_STREAM || f->length >= CRUMB_BYTES)
            return 0;
        return spend(h, f->length > 0 ? COST_CRUMB_US : COST_FRAME_US);
    case NGHTTP2_RST_STREAM:
        return spend(h, COST_RESET_US);
    default:
        return spend(h, COST_FRAME_US);
    }
}

int h2_charge_field(struct h2 *h)
{
    return spend(h, COST_FRAME_US / 10);
}

int h2_charge_wrong(struct h2 *h)
{
    return spend(h, COST_WRONG_US);
}

void h2_earn(struct h2 *h, size_t bytes)
{
    int64_t earned_us = (int64_t)bytes * EARNED_BYTE_US;
    h->spent_us -= earned_us < EARNED_FRAME_US ? earned_us : EARNED_FRAME_US;
}
