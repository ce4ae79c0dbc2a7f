/* THE table of the configuration: what every key is, may be, defaults to and means. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; constant. Thread: any. Life: the program's. Fails: NULL when there is no key.
 *
 * The schema for libcyaml, --set, the checks, every message, --check and --help-config are made
 * from it: a new key is a row here and a member in config.h.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum key_type {
    KEY_COUNT,    /* a whole number, uint32_t */
    KEY_BOOL,     /* bool */
    KEY_ADDRESS,  /* char *: "203.0.113.7:9000", "[::]:9000", "*:9000" */
    KEY_NAME,     /* char *: a room's or agency's name, or its beginning; never absent */
    KEY_TEXT,     /* char *: UTF-8 of one line */
    KEY_SECRET,   /* char *: the same, never shown */
    KEY_SIGNS,    /* char *: secrets with names, see sign_keys.h; never shown */
    KEY_FILE,     /* char *: a file that is read and judged when the configuration is */
    KEY_PATH,     /* char *: a file's name; judged with others, once the whole is known */
    KEY_WORD,     /* char *: one of `words` */
    KEY_CHOICE,   /* an enum: the index of one of `words` */
    KEY_DURATION, /* char *: "90", "90s", "15m", "2h"; min and max in seconds */
    KEY_SWITCH,   /* enum room_switch: true, false, or absent */
};

struct key {
    const char *section; /* "srt"; NULL: a key of an entry of a list */
    const char *name;    /* "tick_ms" */
    enum key_type type;
    size_t offset;            /* in struct config, or in a list's entry */
    uint32_t min, max;        /* of a KEY_COUNT; bytes of a text or name; seconds */
    const char *unit;         /* "milliseconds"; NULL: none */
    const char *const *words; /* ends with NULL */
    const char *standard;     /* the default as it is written in the file; NULL: absent */
    const char *help;         /* one sentence */
};

struct key_section {
    const char *name, *help;
};

enum {
    KEY_PATH_SIZE = 112,      /* "rooms.list." + a room's name + "." + a key */
    CONFIG_ROOMS_MAX = 10000, /* entries of rooms.list */
    CONFIG_AGENCIES_MAX = 500,
    WINDOW_MAX_S = 4 * 3600, /* hours, as tvOS wants for scrubbing */
    /* RFC 6750 gives no length; sixteen random characters cannot be guessed over any network. */
    TOKEN_LEAST = 16,
    TOKEN_MOST = 128,
};
enum { CONFIG_SECTIONS = 13, CONFIG_KEYS = 68, CONFIG_ROOM_KEYS = 15, CONFIG_AGENCY_KEYS = 9 };

/* In the order of the file; the keys of a section stand together. */
extern const struct key_section config_sections[CONFIG_SECTIONS];
extern const struct key config_keys[CONFIG_KEYS];
/* Of one entry of rooms.list; "name" is the first. */
extern const struct key room_keys[CONFIG_ROOM_KEYS];
/* Of one entry of agencies.list; see lists.h. */
enum { AGENCY_KEY_NAME, AGENCY_KEY_TITLE, AGENCY_KEY_PREFIX };
extern const struct key agency_keys[CONFIG_AGENCY_KEYS];

const struct key_section *key_section_find(const char *name);
const struct key *key_find(const char *section, const char *name);
const struct key *key_find_in_room(const char *name);
/* "srt.tick_ms"; of a room's key its name alone. */
void key_path(const struct key *k, char out[static KEY_PATH_SIZE]);

#endif
