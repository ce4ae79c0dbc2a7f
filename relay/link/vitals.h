/* What a worker measures of a feed for the doctor (room/doctor.h), beside LINK_FEED_STATS. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any, they are values. Life: a message, and the front keeps the newest.
 * Fails: never. What says no other span is of the last LINK_VITALS_S seconds that had packets.
 */
#ifndef RELAY_LINK_VITALS_H
#define RELAY_LINK_VITALS_H

#include <stdint.h>

enum { LINK_VITALS_S = 10 };

/* Yes or no is 1 or 0: no value is out of place here, whoever sent it. */
struct link_vitals {
    uint64_t bitrate_bps;
    uint32_t watched_s; /* seconds with packets since its first access unit; 0: nothing is known */
    uint32_t has_video, audio_tracks;   /* of its program */
    uint32_t video_heard, audio_heard;  /* of those: which had an access unit just now */
    uint32_t gop_last_ms;               /* between the last two random access points */
    uint32_t gop_longest_ms;            /* or so long since the last one */
    uint32_t open_gops;                 /* random access points that lean on what is before them */
    uint32_t reorder, b_frames;         /* pictures; most B pictures in a row */
    uint32_t codec;                     /* enum codec_id; the next are of the newest SPS */
    uint32_t profile, level;            /* H.264: 41 is 4.1; HEVC: 123 is 4.1 */
    uint32_t chroma_format, bit_depth;  /* 1: 4:2:0 */
    uint32_t interlaced, width, height; /* as coded pictures */
    uint32_t fps_milli, declared_fps_milli; /* by DTS; by the parameter sets, 0: not said */
    uint32_t skew_known;
    int32_t skew_ms;               /* the newest sound is so far ahead of the newest picture */
    uint32_t dts_back;             /* access units whose DTS is not after the one before */
    uint32_t pcrs, pcr_longest_ms; /* ISO/IEC 13818-1 section 2.7.2: 100 ms at most */
    uint32_t ts_errors;
    uint32_t packets, lost, retransmitted, dropped; /* SRT */
};

#endif
