/* The effective configuration: one plain struct, read-only after it is loaded. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   every string and array below it. Thread: any, as long as it is const. Life: config_load
 *         / config_free; a reload builds a whole new one. Fails: config_load returns -EINVAL after
 *         "FILE:LINE: KEY: what was expected" to `err`.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "config/config_room.h"
#include "config/room_values.h"
#include "config/stored_rooms.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { ROOM_NAME_MAX = 64 };

struct config {
    struct {
        char *listen;                        /* "0.0.0.0:9000", "[::]:9000" */
        uint32_t workers;                    /* 0: one per two cores, two at least */
        uint32_t tick_ms;                    /* how often every socket is drained */
        uint32_t latency_ms, max_latency_ms; /* ours; who asks for more than that is refused */
        uint32_t peer_idle_ms;               /* silence after which libsrt gives a peer up */
        uint32_t flow_window;                /* packets in flight per feed, FC and RCVBUF */
        uint32_t udp_buffer_bytes;           /* per worker socket, SO_RCVBUFFORCE */
        uint32_t handshakes_per_s;           /* per worker; above it new publishers are refused */
    } srt;
    struct {
        char *listen;                                          /* "0.0.0.0:8080" */
        uint32_t threads;                                      /* 0: one per core */
        uint32_t max_connections, max_connections_per_address; /* above them 503 and close */
        uint32_t max_head_bytes;                               /* request line and headers */
        uint32_t head_timeout_ms, idle_timeout_ms; /* until a head ends; between requests */
        uint32_t send_timeout_ms; /* a response must end within max(this, bytes/min_rate) */
        uint32_t min_rate_bytes;  /* bytes per second a viewer must take */
        uint32_t max_age_ms;      /* a connection's whole life */
        char *embed_from;         /* who may frame /embed/: "any", "self", or origins */
    } http;
    struct {
        char *listen, *certificate, *key; /* "0.0.0.0:8443", "": no HTTPS; PEM files */
        uint32_t max_handshakes, max_handshakes_per_address; /* under way; above it: closed */
    } https;
    struct {
        uint32_t segment_ms;            /* cut at the first IDR from here on */
        uint32_t max_target_duration_s; /* the longest TARGETDURATION ever declared */
        uint32_t window_segments;       /* listed, 6 at least */
        char *window;                   /* a duration; "0": by window_segments */
        uint32_t part_ms;               /* PART-TARGET */
        enum part_uris part_uris;
        bool low_latency; /* parts, blocking reloads, delta updates */
    } hls;
    struct {
        bool open;              /* unlisted rooms may be published */
        uint32_t max;           /* rooms at once, listed or not */
        uint32_t resume_s;      /* how long a room waits for its publisher */
        enum rooms_fill fill;   /* what it lists meanwhile */
        char *slate;            /* a clip's file; "": none */
        enum takeover takeover; /* the newest publisher of a role, or the first */
        enum go_public go_public;
        /* without a byte of the feed on air; how long main must be well to be on air again */
        uint32_t backup_after_ms, main_hold_s;
        enum rooms_access access;
        char *sign_keys;          /* of viewers' links: sign_keys.h; "": none */
        struct config_room *list; /* sorted by name */
        uint32_t list_count;
    } rooms;
    struct config_agencies agencies;
    struct config_pictures pictures;
    struct {
        uint32_t feed_mbps;             /* a feed above it for 10 s is ended */
        uint32_t access_unit_bytes;     /* larger ones are dropped and counted */
        uint32_t segment_bytes;         /* a segment is cut before it grows past this */
        uint32_t room_bytes, memory_mb; /* of one room's windows, of all; 0: half of what is */
        uint32_t audio_tracks;          /* per feed; more are ignored and said */
    } limits;
    struct {
        char *organizer_token, *reader_token; /* "": none */
    } access;
    struct config_hooks hooks;
    struct {
        char *dir;   /* a folder, "auto" or "none" */
        char *store; /* a file, "auto" or "none" */
        uint32_t usage_days;
    } state;
    struct {
        bool sandbox;
        uint32_t stuck_ms;
    } isolation;
    struct {
        char *level;
    } log;
    const struct config_stored *stored; /* not the file's: what the API made; NULL: no store */
};
/* `--set rooms.list.main-stage.key=abc`; a room that is not in the list is added to it. */
struct config_override {
    const char *text;
};
/* Reads path (NULL: the defaults only), applies the overrides in order, checks everything. On error
 * one line per fault to err and -EINVAL (-errno: the file cannot be read); *out is then NULL. */
__attribute__((warn_unused_result)) int config_load(struct config **out, const char *path,
                                                    const struct config_override *set, size_t n,
                                                    FILE *err);
/* The same from text in memory; `name` stands for the file in messages. */
__attribute__((warn_unused_result)) int config_parse(struct config **out, const char *name,
                                                     const char *yaml, size_t len,
                                                     const struct config_override *set, size_t n,
                                                     FILE *err);
void config_free(struct config **c);
/* As YAML that reads back to the same values; secrets are "(set)" unless with_secrets. */
int config_print(const struct config *c, bool with_secrets, FILE *out);
void config_describe(FILE *out); /* every key, from the table (--help-config) */
/* The room of that name in the list, else in the store, or NULL. */
const struct config_room *config_find_room(const struct config *c, const char *name);
bool room_name_is_valid(const char *name, size_t len);
#endif
