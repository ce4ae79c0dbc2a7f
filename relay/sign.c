/* roomcast sign: makes a link for a room that only signed links open. */
/* SPDX-License-Identifier: MIT */
#include "relay/sign.h"

#include "config/config.h"
#include "config/duration.h"
#include "config/sign_keys.h"
#include "relay/web/token.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WRITTEN = 0, FAILED = 1, USAGE = 2, SETS_MAX = 64 };

struct order {
    const char *path, *room, *expires, *address, *key;
    struct config_override set[SETS_MAX];
    size_t set_count;
};

static void usage(FILE *out)
{
    fputs("usage: roomcast sign [--config FILE] [--set KEY=VALUE]... --room ROOM --expires TIME\n"
          "                     [--address PREFIX] [--key ID]\n\n"
          "  --room ROOM       what may be watched; 'talent-*' is every room that begins so\n"
          "  --expires TIME    how long from now, such as 90s, 15m or 2h\n"
          "  --address PREFIX  only from there: 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32\n"
          "  --key ID          which of rooms.sign_keys; without it the first\n\n"
          "Prints the token, then the addresses of the room's page and playlist.\n",
          out);
}

static int complain(const char *sentence, const char *about)
{
    fprintf(stderr, "roomcast sign: %s%s%s\n", sentence, about ? " " : "", about ? about : "");
    return USAGE;
}

/* -1: go on. */
static int parse(int argc, char **argv, struct order *o)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},  {"set", required_argument, NULL, 's'},
        {"room", required_argument, NULL, 'r'},    {"expires", required_argument, NULL, 'e'},
        {"address", required_argument, NULL, 'a'}, {"key", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "c:s:h", options, NULL)) != -1) {
        const char **at = c == 'c'   ? &o->path
                          : c == 'r' ? &o->room
                          : c == 'e' ? &o->expires
                          : c == 'a' ? &o->address
                          : c == 'k' ? &o->key
                                     : NULL;
        if (at) {
            *at = optarg;
        } else if (c == 's' && o->set_count < SETS_MAX) {
            o->set[o->set_count++].text = optarg;
        } else {
            usage(c == 'h' ? stdout : stderr);
            return c == 'h' ? WRITTEN : USAGE;
        }
    }
    if (optind < argc)
        return complain("unexpected argument", argv[optind]);
    if (!o->room || !o->expires)
        return complain("--room and --expires are needed; try: roomcast sign --help", NULL);
    return -1;
}

static bool find_key(const struct config *c, const char *id, struct token_key *out)
{
    struct sign_key keys[SIGN_KEYS_MAX];
    int n = sign_keys_parse(c->rooms.sign_keys, strlen(c->rooms.sign_keys), keys);
    for (int i = 0; i < n; i++) {
        if (id && (strlen(id) != keys[i].id_len || memcmp(id, keys[i].id, keys[i].id_len) != 0))
            continue;
        token_key_init(out, keys[i].id, keys[i].id_len, keys[i].secret, keys[i].secret_len);
        return true;
    }
    return false;
}

static int write_link(const struct order *o, const struct config *c)
{
    struct token_wish wish = {.room = o->room, .address = o->address};
    struct token_key key;
    char token[TOKEN_MAX];
    uint32_t seconds;
    bool whole = room_name_is_valid(o->room, strlen(o->room));
    if (duration_parse(o->expires, strlen(o->expires), &seconds) != 0 || seconds == 0)
        return complain("--expires takes a time such as 90s, 15m or 2h, not", o->expires);
    if (!find_key(c, o->key, &key))
        return complain("there is no such key in rooms.sign_keys:",
                        o->key ? o->key : "(it is empty)");
    wish.expires_s = (int64_t)time(NULL) + seconds;
    if (token_write(&wish, &key, token) != 0)
        return complain("this is no room, or no address prefix:",
                        o->address ? o->address : o->room);
    if (whole && !config_is_signed(c, o->room))
        fprintf(stderr, "roomcast sign: anybody may watch %s: its access is not signed\n", o->room);
    printf("%s\n", token);
    if (whole)
        printf("/watch/~%s/%s\n/live/~%s/%s/index.m3u8\n", token, o->room, token, o->room);
    return fflush(stdout) == 0 && !ferror(stdout) ? WRITTEN : FAILED;
}

int sign_command(int argc, char **argv)
{
    struct order o = {0};
    struct config *c;
    int rc = parse(argc, argv, &o);
    if (rc >= 0)
        return rc;
    if (config_load(&c, o.path, o.set, o.set_count, stderr) != 0)
        return USAGE;
    rc = write_link(&o, c);
    config_free(&c);
    return rc;
}
