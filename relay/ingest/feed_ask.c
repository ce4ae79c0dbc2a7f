/* A feed asks the front where it may begin: at first, when the front is a new one, and when its
 * publisher sends media again. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_message.h"
#include "relay/ingest/feed_state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int feed_ask(struct feed *f)
{
    struct asides_out beside = {f->out.ctx, f->out.send, f->o.worker, f->o.id, f->log_name};
    struct link_message m = {0};

    asides_free(&f->asides);
    if (asides_new(&f->asides, &beside))
        return -ENOMEM;
    f->filter.out.aside = asides_packet;
    f->filter.out.aside_ctx = f->asides;
    f->units_in = 0;
    f->measure = (struct measure){0};
    feed_message_open(&m, &f->o);
    m.u.open.again = f->again;
    feed_send(f, &m, LINK_FEED_OPEN, -1);
    return 0;
}

static int ask_again(struct feed *f, uint64_t id)
{
    f->o.id = id;
    f->phase = PHASE_OPENING;
    f->joined = false;
    f->left_out = (struct left_out){0};
    feed_forget_rest(f);
    return feed_ask(f);
}

/* The front that died has counted what came before; this one counts what comes. */
int feed_again(struct feed *f, uint64_t id)
{
    f->again |= feed_is_open(f) && !f->resting;
    f->bytes = f->packets = 0;
    feed_end(f, LINK_CLOSE_ENDED, "the front was started anew");
    feed_forget_program(f);
    return ask_again(f, id);
}

/* To the front it is another feed, which counts from 0. */
int feed_back(struct feed *f, uint64_t id)
{
    assert(f->phase == PHASE_ENDED);
    f->comes_back = true;
    f->again = false;
    f->bytes = f->packets = f->units_missing = 0;
    memset(f->rate, 0, sizeof(f->rate));
    f->gone = (struct packager_stats){0};
    f->units.gone = (struct access_units_count){0};
    f->filter.count = (struct ts_counters){0};
    return ask_again(f, id);
}

static bool is_listed(const struct psi_program *p, uint16_t pid)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->streams[i].pid == pid)
            return true;
    return false;
}

/* Pictures or MPEG sound (ISO/IEC 13818-1 table 2-22) begin in the packet. */
static bool is_beginning(const uint8_t *p, size_t header)
{
    const uint8_t *pes = p + header;

    return (p[1] & 0x40) && header + 4 <= TS_PACKET && !pes[0] && !pes[1] && pes[2] == 1 &&
           pes[3] >= 0xc0 && pes[3] <= 0xef;
}

/* A stream that the program does not know yet counts behind a table that may name it. */
bool feed_is_media(const struct feed *f, const uint8_t *bytes, size_t len)
{
    const struct ts_filter *t = &f->filter;
    bool table = false;

    for (; len >= TS_PACKET; bytes += TS_PACKET, len -= TS_PACKET) {
        uint16_t pid = (uint16_t)((bytes[1] & 0x1f) << 8 | bytes[2]);
        size_t header = bytes[3] & 0x20 ? 5 + (size_t)bytes[4] : 4;
        int track = t->track_of[pid];

        if (bytes[0] != 0x47)
            return true;
        if (pid == TS_PID_PAT || (t->has_program && pid == t->program.pmt_pid))
            table = true;
        else if (!(bytes[3] & 0x10) || header >= TS_PACKET)
            continue; /* a clock reference */
        else if ((track >= 0 && track < TS_TRACKS_MAX) ||
                 (table && !is_listed(&t->program, pid) && is_beginning(bytes, header)))
            return true;
    }
    return len > 0;
}
