/* The table of "this at most that", and the few checks that are no such row. */
/* SPDX-License-Identifier: MIT */
#include "config/validate.h"

#include "config/duration.h"
#include "config/hook_list.h"
#include "config/inspect.h"
#include "config/keys.h"
#include "config/origins.h"
#include "config/sign_keys.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* small <= large * scale */
struct order {
    const char *small_section, *small, *large_section, *large;
    uint32_t scale;
    const char *why;
};

static const struct order ORDER[] = {
    {"srt", "latency_ms", "srt", "max_latency_ms", 1,
     "we would refuse publishers for the latency we ask for"},
    {"hls", "segment_ms", "hls", "max_target_duration_s", 1000,
     "a segment may not be longer than its playlist declares"},
    {"hls", "part_ms", "hls", "segment_ms", 1, "a part may not be longer than its segment"},
    {"limits", "access_unit_bytes", "limits", "segment_bytes", 1,
     "a frame has to fit into a segment"},
    {"limits", "segment_bytes", "limits", "room_bytes", 1, "a room has to hold a segment"},
    {"http", "head_timeout_ms", "http", "max_age_ms", 1,
     "the connection would be over before its first request"},
    {"http", "send_timeout_ms", "http", "max_age_ms", 1,
     "the connection would be over before its response"},
};

static uint32_t count_of(const struct config *c, const struct key *k)
{
    uint32_t n;
    assert(k && k->type == KEY_COUNT);
    memcpy(&n, (const char *)c + k->offset, sizeof n);
    return n;
}

static const struct place *place_of(const struct places *places, const struct key *k)
{
    return &places->key[k - config_keys];
}

static bool was_said(const struct place *p)
{
    return p->line || p->set;
}

/* The fault stands where the user wrote something: at the smaller one, if that is not a default. */
static void check_order(const struct config *c, const struct places *places, const struct order *o,
                        struct faults *f)
{
    const struct key *small = key_find(o->small_section, o->small);
    const struct key *large = key_find(o->large_section, o->large);
    uint64_t a = count_of(c, small), b = count_of(c, large);
    char small_path[KEY_PATH_SIZE], large_path[KEY_PATH_SIZE];
    if (a <= b * o->scale)
        return;
    key_path(small, small_path);
    key_path(large, large_path);
    if (was_said(place_of(places, small)))
        fault_report(f, *place_of(places, small), small_path,
                     "expected at most %llu %s, which is %s, got \"%llu\"; %s",
                     (unsigned long long)(b * o->scale), small->unit, large_path,
                     (unsigned long long)a, o->why);
    else
        fault_report(f, *place_of(places, large), large_path,
                     "expected at least %llu %s, for %s is %llu, got \"%llu\"; %s",
                     (unsigned long long)((a + o->scale - 1) / o->scale), large->unit, small_path,
                     (unsigned long long)a, (unsigned long long)b, o->why);
}

static void check_rooms(const struct config *c, const struct places *places, struct faults *f)
{
    const struct place *max = place_of(places, key_find("rooms", "max"));
    if (c->rooms.list_count > CONFIG_ROOMS_MAX)
        fault_report(f, places->list[LIST_ROOMS], "rooms.list", "expected at most %d rooms, got %u",
                     CONFIG_ROOMS_MAX, c->rooms.list_count);
    else if (c->rooms.list_count > c->rooms.max)
        fault_report(f, was_said(max) ? *max : places->list[LIST_ROOMS], "rooms.max",
                     "expected at least %u, the rooms in rooms.list, got \"%u\"; raise it",
                     c->rooms.list_count, c->rooms.max);
}

/* A room that is to show a clip needs one. */
static void check_slates(const struct config *c, const struct places *places, struct faults *f)
{
    const struct place *fill = place_of(places, key_find("rooms", "fill"));
    if (c->rooms.fill == ROOM_FILL_SLATE && c->rooms.slate[0] == '\0')
        fault_report(f, *fill, "rooms.fill",
                     "expected rooms.slate to name a clip when fill is slate; name one");
    for (uint32_t i = 0; i < c->rooms.list_count && !faults_full(f); i++) {
        const struct config_room *r = &c->rooms.list[i];
        char path[KEY_PATH_SIZE];
        if (r->fill != 1 + ROOM_FILL_SLATE || r->slate || c->rooms.slate[0] != '\0')
            continue;
        snprintf(path, sizeof path, "rooms.list.%s.fill", r->name);
        fault_report(f, places->list[LIST_ROOMS], path,
                     "expected a clip when fill is slate; give the room its slate, or set "
                     "rooms.slate");
    }
}

/* HTTPS needs a certificate and the key that belongs to it. */
static void check_https(const struct config *c, const struct places *places, struct faults *f)
{
    const struct place *certificate = place_of(places, key_find("https", "certificate"));
    const struct place *key = place_of(places, key_find("https", "key"));
    char why[INSPECT_WHY_SIZE];
    bool in_key;
    if (c->https.listen[0] == '\0' || faults_full(f))
        return;
    if (c->https.certificate[0] == '\0')
        fault_report(f, *place_of(places, key_find("https", "listen")), "https.certificate",
                     "expected a file with the certificate when https.listen is set; name it");
    else if (c->https.key[0] == '\0')
        fault_report(f, *certificate, "https.key",
                     "expected the file with the certificate's key; name it");
    else if (inspect_pair(c->https.certificate, c->https.key, &in_key, why, sizeof why) != 0)
        fault_report(f, in_key ? *key : *certificate, in_key ? "https.key" : "https.certificate",
                     "%s", why);
}

static void check_embedding(const struct config *c, const struct places *places, struct faults *f)
{
    if (!origins_are_valid(c->http.embed_from))
        fault_report(
            f, *place_of(places, key_find("http", "embed_from")), "http.embed_from",
            "expected any, self, or origins such as https://www.example.org with one blank "
            "between them, got \"%s\"",
            c->http.embed_from);
}

/* A room that only a signed link opens needs a key that signs. */
static void check_access(const struct config *c, const struct places *places, struct faults *f)
{
    static const char sentence[] =
        "expected rooms.sign_keys to have a key when access is signed; set ID=SECRET";
    struct sign_key keys[SIGN_KEYS_MAX];
    const char *text = c->rooms.sign_keys;
    if (sign_keys_parse(text, strlen(text), keys) > 0)
        return;
    if (c->rooms.access == ACCESS_SIGNED)
        fault_report(f, *place_of(places, key_find("rooms", "access")), "rooms.access", sentence);
    for (uint32_t i = 0; i < c->rooms.list_count && !faults_full(f); i++) {
        const struct config_room *r = &c->rooms.list[i];
        char path[KEY_PATH_SIZE];
        if (r->access != 1 + ACCESS_SIGNED)
            continue;
        snprintf(path, sizeof path, "rooms.list.%s.access", r->name);
        fault_report(f, places->list[LIST_ROOMS], path, sentence);
    }
}

/* Of an agency, as check_agencies walks over them. */
static void refuse_agency(const struct places *places, struct faults *f,
                          const struct config_agency *a, const char *key, const char *sentence)
{
    char path[KEY_PATH_SIZE];
    snprintf(path, sizeof path, "agencies.list.%s.%s", a->name, key);
    fault_report(f, places->list[LIST_AGENCIES], path, "%s", sentence);
}

/* A token that two have would leave open who they are. */
static bool has_token(const struct config *c, const struct config_agency *but, const char *token)
{
    if (strcmp(c->access.organizer_token, token) == 0 || strcmp(c->access.reader_token, token) == 0)
        return true;
    for (uint32_t i = 0; i < c->agencies.list_count; i++) {
        const struct config_agency *a = &c->agencies.list[i];
        if (a != but && ((a->token && strcmp(a->token, token) == 0) ||
                         (a->reader_token && strcmp(a->reader_token, token) == 0)))
            return true;
    }
    return false;
}

static void check_tokens(const struct config *c, const struct places *places,
                         const struct config_agency *a, struct faults *f)
{
    static const char sentence[] =
        "expected a token of its own, got one that somebody else has too; \"openssl rand -hex 16\" "
        "makes a good one";
    if (a->token && has_token(c, a, a->token))
        refuse_agency(places, f, a, "token", sentence);
    if (a->reader_token &&
        (has_token(c, a, a->reader_token) || (a->token && strcmp(a->token, a->reader_token) == 0)))
        refuse_agency(places, f, a, "reader_token", sentence);
}

/* The file's walk has seen those of the file, with their lines; here are those of --set too. */
static void check_agencies(const struct config *c, const struct places *places, struct faults *f)
{
    for (uint32_t i = 0; i < c->agencies.list_count && !faults_full(f); i++) {
        const struct config_agency *a = &c->agencies.list[i];
        char words[KEY_PATH_SIZE * 4];
        if (!a->prefix)
            refuse_agency(places, f, a, "prefix",
                          "expected what its rooms' names begin with, got nothing; set it");
        for (uint32_t k = 0; a->prefix && k < c->agencies.list_count; k++) {
            const struct config_agency *b = &c->agencies.list[k];
            if (b == a || !b->prefix || strncmp(b->prefix, a->prefix, strlen(b->prefix)) != 0 ||
                (k > i && strcmp(a->prefix, b->prefix) == 0)) /* said of the other one */
                continue;
            snprintf(words, sizeof words, SURVEY_APART ": a room would be both's", a->prefix,
                     b->prefix, b->name);
            refuse_agency(places, f, a, "prefix", words);
        }
        check_tokens(c, places, a, f);
    }
}

static const struct config_agency *agency_of(const struct config *c, const char *room)
{
    for (uint32_t i = 0; i < c->agencies.list_count; i++) { /* not in order yet */
        const struct config_agency *a = &c->agencies.list[i];
        if (a->prefix && strncmp(room, a->prefix, strlen(a->prefix)) == 0)
            return a;
    }
    return NULL;
}

static void check_windows(const struct config *c, const struct places *places, struct faults *f)
{
    for (uint32_t i = 0; i < c->rooms.list_count && !faults_full(f); i++) {
        const struct config_room *r = &c->rooms.list[i];
        const struct config_agency *a = agency_of(c, r->name);
        uint32_t most_ms = config_agency_window_ms(a), seconds;
        char path[KEY_PATH_SIZE];
        if (!most_ms || !r->window || duration_parse(r->window, strlen(r->window), &seconds) ||
            seconds <= most_ms / 1000)
            continue;
        snprintf(path, sizeof path, "rooms.list.%s.window", r->name);
        fault_report(f, places->list[LIST_ROOMS], path,
                     "expected at most %s, which is agencies.list.%s.window, got \"%s\"", a->window,
                     a->name, r->window);
    }
}

static const struct place *hooks_place(const struct places *places, const char *name)
{
    return place_of(places, key_find("hooks", name));
}

/* What leaves this machine is signed, or its receiver could not tell it from anybody's. */
static void check_hooks(const struct config *c, const struct places *places, struct faults *f)
{
    struct hook_secret secrets[HOOK_SECRETS_MAX];
    struct hook_target targets[HOOKS_MAX];
    char why[HOOK_WHY_SIZE];
    uint32_t events;
    int count = hook_list_targets(c->hooks.url, targets, why);
    if (count < 0)
        fault_report(f, *hooks_place(places, "url"), "hooks.url", "%s", why);
    if (hook_list_events(c->hooks.events, &events, why))
        fault_report(f, *hooks_place(places, "events"), "hooks.events", "%s, got \"%s\"", why,
                     c->hooks.events);
    if (count <= 0 || faults_full(f))
        return;
    int signs = hook_list_secrets(c->hooks.secret, secrets, why);
    if (signs < 0)
        fault_report(f, *hooks_place(places, "secret"), "hooks.secret", "%s", why);
    for (int i = 1; i <= count && signs >= 0 && !faults_full(f); i++)
        if (!hook_list_is_signed(secrets, signs, i))
            fault_report(f, *hooks_place(places, "url"), "hooks.secret",
                         "expected a secret for %s; make one with: echo whsec_$(openssl rand "
                         "-base64 32)",
                         targets[i - 1].shown);
    explicit_bzero(secrets, sizeof(secrets));
    if (c->hooks.ca[0] != '\0' && !inspect_may_read(c->hooks.ca) && !faults_full(f))
        fault_report(f, *hooks_place(places, "ca"), "hooks.ca",
                     "expected a file that can be read, got \"%s\"", c->hooks.ca);
}

void validate(const struct config *c, const struct places *places, struct faults *f)
{
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        check_order(c, places, &ORDER[i], f);
    check_rooms(c, places, f);
    check_slates(c, places, f);
    check_https(c, places, f);
    check_embedding(c, places, f);
    check_access(c, places, f);
    check_hooks(c, places, f);
    check_agencies(c, places, f);
    check_windows(c, places, f);
}
