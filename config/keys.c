/* The rows of the table, and finding one. */
/* SPDX-License-Identifier: MIT */
#include "config/keys.h"

#include "config/config.h"
#include "config/hook_list.h"
#include "config/origins.h"
#include "config/sign_keys.h"

#include <stdio.h>
#include <string.h>

/* The member's name is the key's: the two cannot drift apart. */
#define MEMBER(s, m) .section = #s, .name = #m, .offset = offsetof(struct config, s.m)
#define COUNT(s, m, least, most, of, initial, sentence)                                            \
    {                                                                                              \
        MEMBER(s, m), .type = KEY_COUNT, .min = least, .max = most, .unit = of,                    \
                      .standard = initial, .help = sentence                                        \
    }
#define OTHER(s, m, kind, choice, initial, sentence)                                               \
    {                                                                                              \
        MEMBER(s, m), .type = kind, .words = choice, .standard = initial, .help = sentence         \
    }
#define TEXT(s, m, least, most, initial, sentence)                                                 \
    {                                                                                              \
        MEMBER(s, m), .type = KEY_TEXT, .min = least, .max = most, .standard = initial,            \
                      .help = sentence                                                             \
    }
#define PATH(s, m, sentence)                                                                       \
    {                                                                                              \
        MEMBER(s, m), .type = KEY_PATH, .max = FILE_NAME_MAX, .standard = "", .help = sentence     \
    }
#define DURATION(s, m, least, most, initial, sentence)                                             \
    {                                                                                              \
        MEMBER(s, m), .type = KEY_DURATION, .min = least, .max = most, .standard = initial,        \
                      .help = sentence                                                             \
    }
#define ROOM(m, kind, least, most, choice, initial, sentence)                                      \
    {                                                                                              \
        .name = #m, .type = kind, .offset = offsetof(struct config_room, m), .min = least,         \
        .max = most, .words = choice, .standard = initial, .help = sentence                        \
    }

/* PART-TARGET: the draft recommends one second; below a third of it a request costs more than it
 * brings. */
enum { PART_LEAST_MS = 330, PART_MOST_MS = 2000, FILE_NAME_MAX = 1024 };

static const char *const LEVELS[] = {"debug", "info", "warn", "error", NULL};
static const char *const PART_URIS[] = {
    [PART_URIS_NUMBER] = "number", [PART_URIS_RANGE] = "range", NULL};
static const char *const TAKEOVERS[] = {
    [TAKEOVER_NEWEST] = "newest", [TAKEOVER_REFUSE] = "refuse", NULL};
static const char *const GO_PUBLICS[] = {
    [GO_PUBLIC_AT_ONCE] = "at_once", [GO_PUBLIC_GREEN] = "green", NULL};
static const char *const ROOM_GO_PUBLICS[] = {[ROOM_GO_PUBLIC_GLOBAL] = "global",
                                              [ROOM_GO_PUBLIC_AT_ONCE] = "at_once",
                                              [ROOM_GO_PUBLIC_GREEN] = "green",
                                              NULL};
static const char *const ROOM_TAKEOVERS[] = {[ROOM_TAKEOVER_GLOBAL] = "global",
                                             [ROOM_TAKEOVER_NEWEST] = "newest",
                                             [ROOM_TAKEOVER_REFUSE] = "refuse",
                                             NULL};
static const char *const PLAY_OUTS[] = {
    [PLAY_OUT_AUTO] = "auto", [PLAY_OUT_CLASSIC] = "classic", NULL};

static const char *const FILLS[] = {
    [ROOM_FILL_GAP] = "gap", [ROOM_FILL_SLATE] = "slate", [ROOM_FILL_HOLD] = "hold", NULL};
static const char *const ROOM_FILLS[] = {[ROOM_FILL_GLOBAL] = "default",
                                         [1 + ROOM_FILL_GAP] = "gap",
                                         [1 + ROOM_FILL_SLATE] = "slate",
                                         [1 + ROOM_FILL_HOLD] = "hold",
                                         NULL};

static const char *const ACCESSES[] = {[ACCESS_OPEN] = "open", [ACCESS_SIGNED] = "signed", NULL};
static const char *const ROOM_ACCESSES[] = {[ROOM_ACCESS_GLOBAL] = "default",
                                            [1 + ACCESS_OPEN] = "open",
                                            [1 + ACCESS_SIGNED] = "signed",
                                            NULL};

const struct key_section config_sections[CONFIG_SECTIONS] = {
    {"srt", "Publishers: OBS and other encoders, over SRT."},
    {"http", "Viewers, pages, the API and the metrics, over HTTP."},
    {"https", "The same over TLS 1.2 and 1.3, beside HTTP."},
    {"hls", "Segments and playlists."},
    {"rooms", "Who may publish where, and who may watch."},
    {"agencies", "Tenants: who acts for which rooms, and what these may take."},
    {"pictures", "The wall's pictures of live rooms, made by a process of its own."},
    {"limits", "What one feed or room may cost."},
    {"access",
     "Who may use API, console and metrics; with no token this machine, and only to look."},
    {"hooks", "Web hooks: who is told, signed, when feeds and rooms come, go or are unwell."},
    {"state", "What the relay remembers over a restart."},
    {"isolation", "What a broken process may do, and how long it may stand still."},
    {"log", "The log, on stderr."},
};

const struct key config_keys[CONFIG_KEYS] = {
    OTHER(srt, listen, KEY_ADDRESS, NULL, "0.0.0.0:9000", "Where publishers connect (UDP)."),
    COUNT(srt, workers, 0, 64, "processes", "0",
          "Ingest workers; 0 means one per two cores, two at least."),
    COUNT(srt, tick_ms, 1, 50, "milliseconds", "5", "How often every socket is drained."),
    COUNT(srt, latency_ms, 0, 60000, "milliseconds", "120",
          "Our side of SRT's latency negotiation."),
    COUNT(srt, max_latency_ms, 0, 60000, "milliseconds", "8000",
          "A publisher that asks for more latency is refused."),
    COUNT(srt, peer_idle_ms, 1000, 60000, "milliseconds", "8000",
          "Silence after which a publisher is given up."),
    COUNT(srt, flow_window, 256, 65536, "packets", "4096",
          "What may be in flight from one publisher."),
    COUNT(srt, udp_buffer_bytes, 65536, 1073741824, "bytes", "16777216",
          "The kernel's receive buffer of each worker's socket."),
    COUNT(srt, handshakes_per_s, 1, 100000, "handshakes", "200",
          "New publishers a worker looks at in a second; more are refused."),

    OTHER(http, listen, KEY_ADDRESS, NULL, "0.0.0.0:8080", "Where viewers connect (TCP)."),
    COUNT(http, threads, 0, 256, "threads", "0",
          "Event loops that answer viewers; 0 means one per core."),
    COUNT(http, max_connections, 1, 1000000, "connections", "20000",
          "In all; one more is answered with 503 and closed."),
    COUNT(http, max_connections_per_address, 1, 1000000, "connections", "1000",
          "The same per client address; raise it when everybody comes through one cache."),
    COUNT(http, max_head_bytes, 1024, 65536, "bytes", "8192",
          "The longest request line with its headers."),
    COUNT(http, head_timeout_ms, 100, 600000, "milliseconds", "5000",
          "A request's head must be complete after this time."),
    COUNT(http, idle_timeout_ms, 100, 3600000, "milliseconds", "15000",
          "How long a connection is kept without a request."),
    COUNT(http, send_timeout_ms, 100, 600000, "milliseconds", "10000",
          "Every response may take this long, a large one as long as its rate allows."),
    COUNT(http, min_rate_bytes, 1, 1073741824, "bytes", "16384",
          "What a viewer must take in a second to keep a large response."),
    COUNT(http, max_age_ms, 1000, 86400000, "milliseconds", "600000",
          "A connection's whole life; viewers simply connect again."),
    TEXT(http, embed_from, 1, EMBED_FROM_MAX, "any",
         "Which sites may show /embed/ROOM in a frame: any, self, or https://HOST, one or more."),

    OTHER(https, listen, KEY_ADDRESS, NULL, "",
          "Where viewers connect over TLS (TCP), such as 0.0.0.0:8443; empty for no HTTPS."),
    PATH(https, certificate,
         "The file with the certificate and those that lead to a root (PEM, fullchain)."),
    PATH(https, key,
         "The file with its private key (PEM, no passphrase); SIGHUP reads both files again."),
    COUNT(https, max_handshakes, 1, 1000000, "handshakes", "2000",
          "TLS handshakes under way in all; one more is closed."),
    COUNT(https, max_handshakes_per_address, 1, 1000000, "handshakes", "200",
          "The same per client address; raise it when everybody comes through one cache."),

    COUNT(hls, segment_ms, 500, 10000, "milliseconds", "2000",
          "A segment ends at the first keyframe (IDR) from here on."),
    COUNT(hls, max_target_duration_s, 2, 30, "seconds", "10",
          "The longest TARGETDURATION ever declared, however rare keyframes are."),
    COUNT(hls, window_segments, 6, 1000, "segments", "7", "How many segments a playlist lists."),
    DURATION(hls, window, 0, WINDOW_MAX_S, "0",
             "How long a playlist is, within limits.room_bytes; 0 means by window_segments."),
    OTHER(hls, low_latency, KEY_BOOL, NULL, "true",
          "Low-Latency HLS: parts, blocking reloads, delta updates."),
    COUNT(hls, part_ms, PART_LEAST_MS, PART_MOST_MS, "milliseconds", "500",
          "How long a part may be (PART-TARGET); constant while a room lives."),
    OTHER(hls, part_uris, KEY_CHOICE, PART_URIS, "number",
          "A URL for each part (number), or byte ranges of its segment (range)."),

    OTHER(rooms, open, KEY_BOOL, NULL, "true",
          "Rooms that are not in the list may be published, by anybody."),
    COUNT(rooms, max, 1, CONFIG_ROOMS_MAX, "rooms", "1000", "Rooms at once, in the list or not."),
    COUNT(rooms, resume_s, 0, 604800, "seconds", "900",
          "How long a room waits for a publisher that left; then its playlists end (ENDLIST)."),
    OTHER(rooms, fill, KEY_CHOICE, FILLS, "gap",
          "What is listed meanwhile: gaps, the clip of rooms.slate, or its last picture, held."),
    {MEMBER(rooms, slate), .type = KEY_FILE, .max = FILE_NAME_MAX, .standard = "",
     .help = "The clip for fill: slate: MPEG-TS or MP4 with H.264 and AAC; empty for none."},
    OTHER(rooms, takeover, KEY_CHOICE, TAKEOVERS, "newest",
          "A second publisher of a room replaces the first (newest), or is refused."),
    OTHER(rooms, go_public, KEY_CHOICE, GO_PUBLICS, "at_once",
          "When viewers see a room: at once, or when its feed has a green light (green)."),
    COUNT(rooms, backup_after_ms, 200, 60000, "milliseconds", "1000",
          "Without a picture or sound of the feed on air for so long, role=backup replaces it."),
    COUNT(rooms, main_hold_s, 0, 3600, "seconds", "10",
          "How long the main feed must be well before it replaces role=backup again."),
    OTHER(rooms, access, KEY_CHOICE, ACCESSES, "open",
          "Who may watch: everybody, or who has a signed link (roomcast sign)."),
    {MEMBER(rooms, sign_keys), .type = KEY_SIGNS, .max = SIGN_KEYS_TEXT_MAX, .standard = "",
     .help = "What links are signed with; the first signs, all are believed, so keys can change."},

    OTHER(pictures, enabled, KEY_BOOL, NULL, "true",
          "A fresh picture of each live room at /live/ROOM/picture.jpg, for the wall."),
    COUNT(pictures, interval_s, 1, 3600, "seconds", "5",
          "How old a room's picture may be before its next turn, as far as cpu_percent goes."),
    COUNT(pictures, cpu_percent, 1, 100, "percent of one core", "5",
          "What all pictures may cost; when it is not enough, all get older alike."),

    COUNT(limits, feed_mbps, 1, 10000, "megabits per second", "120",
          "A feed that stays above it for 10 s is ended."),
    COUNT(limits, access_unit_bytes, 4096, 268435456, "bytes", "4194304",
          "A larger frame is dropped and counted."),
    COUNT(limits, segment_bytes, 65536, 2147483647, "bytes", "67108864",
          "A segment is cut before it grows past this."),
    COUNT(limits, room_bytes, 65536, UINT32_MAX, "bytes", "536870912",
          "What a room may hold in memory; its oldest segments go first."),
    COUNT(limits, memory_mb, 0, 16777216, "megabytes", "0",
          "What all rooms may hold; then the largest give up; 0 means half of RAM or cgroup."),
    COUNT(limits, audio_tracks, 0, 7, "tracks", "7",
          "Audio tracks of one feed; further ones are ignored, and the log says so."),

    {MEMBER(access, organizer_token), .type = KEY_SECRET, .min = TOKEN_LEAST, .max = TOKEN_MOST,
     .standard = "",
     .help = "The bearer token of those who may do everything; without one nobody may act."},
    {MEMBER(access, reader_token), .type = KEY_SECRET, .min = TOKEN_LEAST, .max = TOKEN_MOST,
     .standard = "", .help = "The bearer token of those who may only look; empty for none."},

    TEXT(hooks, url, 0, HOOKS_TEXT_MAX, "",
         "Up to 8 addresses that events are posted to, with a blank between them; empty for none."),
    {MEMBER(hooks, secret), .type = KEY_SECRET, .min = 1, .max = HOOKS_TEXT_MAX, .standard = "",
     .help = "What signs them: whsec_BASE64, or 2=whsec_BASE64 for the second address; two while "
             "one is changed."},
    TEXT(hooks, events, 1, 256, "all",
         "Which: all, or feed.started feed.stopped feed.unhealthy feed.healthy room.live "
         "room.silent."),
    PATH(hooks, ca,
         "The file with the roots that https:// is checked against (PEM); empty for the system's."),
    COUNT(hooks, timeout_ms, 100, 60000, "milliseconds", "10000",
          "How long one attempt may take, until it has been answered."),
    COUNT(hooks, give_up_s, 1, 86400, "seconds", "3600",
          "How long an event is tried again; then it is given up, and the log says so."),
    COUNT(
        hooks, queue, 1, 2000, "events", "1000",
        "How many wait for one address at most; the oldest are dropped, and the next one says so."),
    COUNT(hooks, quiet_s, 0, 3600, "seconds", "60",
          "How long a room is not called unhealthy again after it was."),

    TEXT(state, dir, 1, 3840, "auto",
         "Where rooms' numbers are kept; auto: systemd's folder, else memory until the reboot."),
    TEXT(state, store, 1, 3840, "auto",
         "The database of rooms made by the API; auto: store.db in state.dir; none; or a file."),
    COUNT(state, usage_days, 0, 3660, "days", "400",
          "How long the store keeps what each room used on a day; 0: nothing is counted."),

    OTHER(isolation, sandbox, KEY_BOOL, NULL, "true",
          "Workers and front give up files, privileges and most system calls; false is for "
          "debugging."),
    COUNT(isolation, stuck_ms, 1000, 600000, "milliseconds", "3000",
          "A worker or front whose loop stands still for this long is killed and replaced."),

    OTHER(log, level, KEY_WORD, LEVELS, "info", "Lines below it are not written."),
};

const struct key room_keys[CONFIG_ROOM_KEYS] = {
    ROOM(name, KEY_NAME, 1, ROOM_NAME_MAX, NULL, NULL,
         "What is published and watched: the last word of its address."),
    ROOM(title, KEY_TEXT, 1, 128, NULL, NULL, "What the wall of rooms shows; without it the name."),
    ROOM(key, KEY_SECRET, 1, 128, NULL, NULL,
         "What a publisher must know; without it nothing is asked."),
    ROOM(passphrase, KEY_SECRET, 10, 79, NULL, NULL,
         "SRT's passphrase; without it the feed is not encrypted."),
    ROOM(play_out, KEY_CHOICE, 0, 0, PLAY_OUTS, "auto",
         "SRT's own pacing from the start (classic) suits senders that drop what is late."),
    ROOM(takeover, KEY_CHOICE, 0, 0, ROOM_TAKEOVERS, "global",
         "A second publisher (newest, refuse); global means as rooms.takeover says."),
    ROOM(go_public, KEY_CHOICE, 0, 0, ROOM_GO_PUBLICS, "global",
         "When viewers see it (at_once, green); global means as rooms.go_public says."),
    ROOM(low_latency, KEY_SWITCH, 0, 0, NULL, NULL,
         "Low-Latency HLS in this room; without it hls.low_latency decides."),
    ROOM(part_ms, KEY_COUNT, PART_LEAST_MS, PART_MOST_MS, NULL, NULL,
         "How long its parts may be, in milliseconds; without it hls.part_ms."),
    ROOM(window, KEY_DURATION, 0, WINDOW_MAX_S, NULL, NULL,
         "How long its playlists are, within limits.room_bytes; without it hls.window."),
    ROOM(ts, KEY_BOOL, 0, 0, NULL, "false",
         "MPEG-TS segments too, at ts.m3u8, for devices that cannot play fMP4."),
    ROOM(fill, KEY_CHOICE, 0, 0, ROOM_FILLS, "default",
         "What this room lists while no feed is live; without it rooms.fill."),
    ROOM(slate, KEY_FILE, 1, FILE_NAME_MAX, NULL, NULL,
         "Its clip for fill: slate; without it rooms.slate."),
    ROOM(access, KEY_CHOICE, 0, 0, ROOM_ACCESSES, "default",
         "Who may watch this room; without it rooms.access."),
    ROOM(resume_s, KEY_COUNT, 1, 604800, NULL, NULL,
         "How many seconds it waits for a publisher that left; without it rooms.resume_s."),
};

const struct key_section *key_section_find(const char *name)
{
    for (size_t i = 0; i < CONFIG_SECTIONS; i++)
        if (strcmp(config_sections[i].name, name) == 0)
            return &config_sections[i];
    return NULL;
}

const struct key *key_find(const char *section, const char *name)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].section, section) == 0 && strcmp(config_keys[i].name, name) == 0)
            return &config_keys[i];
    return NULL;
}

const struct key *key_find_in_room(const char *name)
{
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++)
        if (strcmp(room_keys[i].name, name) == 0)
            return &room_keys[i];
    return NULL;
}

void key_path(const struct key *k, char out[static KEY_PATH_SIZE])
{
    snprintf(out, KEY_PATH_SIZE, "%s%s%s", k->section ? k->section : "", k->section ? "." : "",
             k->name);
}
