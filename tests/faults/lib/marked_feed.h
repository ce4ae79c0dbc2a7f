/* An encoder to order: what it sends follows from a script, and a ledger says what that was. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its units. Thread: any. Life: marked_feed_init (caller's memory) ... marked_feed_fini.
 * Fails:  marked_feed_command: -EINVAL for what it does not know.
 *
 * Commands, one a line:
 *   set KEY=VALUE ...   codec=h264|hevc|none width height step (ticks) gop (0: one IDR) bframes
 *                       open=1 refresh=1 delay (frames from DTS to PTS) twist padding video_pid
 *                       audio=on|off|mute (mute: declared only) audio_pid tables (pictures apart)
 *   play SECONDS        of media
 *   jump TICKS          all timestamps, from here on     pcr TICKS     the clock reference only
 *   nudge TICKS         the next picture's DTS is the last one's plus this
 *   damage KIND COUNT   of the next pictures and sounds: flip drop count error
 *   restart             an encoder anew: an IDR, other counters; what `set` said holds
 *   garbage BYTES       that are no packets              pids COUNT    noise on so many PIDs
 * Ledger: au v|a NUMBER CRC PTS DTS FLAGS     flags: k IDR, c CRA, l leading, d damaged, - none
 */
#ifndef TESTS_FAULTS_LIB_MARKED_FEED_H
#define TESTS_FAULTS_LIB_MARKED_FEED_H

#include "tests/faults/lib/marked_unit.h"
#include "tests/faults/lib/ts_writer.h"

#include <stdio.h>

enum sound { SOUND_OFF, SOUND_ON, SOUND_MUTE };

struct marked_feed {
    struct ts_writer ts;
    struct ts_tables tables;
    bool tables_due;
    FILE *ledger;
    /* where it is: ticks since the start, which no jump moves */
    uint64_t video_t, audio_t, end_t;
    int64_t offset, pcr_offset; /* of the timestamps sent */
    uint64_t last_dts;
    int64_t nudge;
    bool nudged;
    /* what is asked for */
    struct picture picture;
    bool video, open, refresh, delayed;
    int32_t delay;
    uint32_t gop, bframes, tables_every;
    enum sound sound;
    uint16_t video_pid, audio_pid;
    enum ts_damage damage;
    uint32_t damaged;
    /* where the GOP is */
    bool idr_due, after_cra;
    uint32_t in_gop, decoded, shown, group, in_group, sounds, pictures;
    struct unit unit;
    uint64_t random;
    void *ctx;
    void (*bytes)(void *ctx, const uint8_t *bytes, size_t len, uint64_t t);
};

void marked_feed_init(struct marked_feed *f, uint64_t seed, FILE *ledger, void *ctx,
                      void (*bytes)(void *ctx, const uint8_t *bytes, size_t len, uint64_t t));
void marked_feed_fini(struct marked_feed *f);
/* -EINVAL: no such command. Media leaves by `bytes`, with the tick at which it is due. */
int marked_feed_command(struct marked_feed *f, char *line);

#endif
