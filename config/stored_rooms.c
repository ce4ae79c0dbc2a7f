/* Lines of text behind a descriptor: easy to look at, and read with the configuration's own table.
 */
/* SPDX-License-Identifier: MIT */
#include "config/stored_rooms.h"

#include "config/config.h"
#include "config/keys.h"
#include "config/lists.h"
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * roomcast-rooms VERSION ROOMS AGENCIES
 * AGENCY ID SALT HASH SALT HASH PREFIX NAME   (an admin's token, a reader's; -: there is none)
 *  KEY VALUE                      (as below)
 * ROOM ID FEEDS SALT HASH NAME
 *  KEY VALUE                      (of the room before; a value has no line breaks: KEY_TEXT)
 */
enum { LIST_BYTES_MAX = 16 << 20, LINE_MAX_BYTES = 1024 };

struct stored_rooms {
    uint64_t version;
    size_t count, size;
    struct stored_agency *agencies; /* behind the rooms */
    size_t agency_count, agency_size;
    struct stored_room rooms[];
};

bool stored_room_may_have(const char *key)
{
    const struct key *k = key_find_in_room(key);
    return k && k->type != KEY_FILE && k->type != KEY_NAME && strcmp(key, "key") != 0;
}

bool stored_agency_may_have(const char *key)
{
    const struct key *k = list_key(&config_lists[LIST_AGENCIES], key);
    return k && k->type != KEY_NAME && k->type != KEY_SECRET;
}

static const char digits[] = "0123456789abcdef";

/* By hand: a list may have 5000 rooms, and who serves publishers reads it. */
static bool bytes_of(const char *hex, uint8_t *out, size_t len)
{
    if (strlen(hex) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char *high = memchr(digits, hex[2 * i], 16),
                   *low = memchr(digits, hex[2 * i + 1], 16);
        if (!high || !low)
            return false;
        out[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static int take_room(struct stored_rooms *r, const char *line)
{
    char salt[2 * PUBLISH_KEY_SALT + 1], hash[2 * PUBLISH_KEY_HASH + 1], name[ROOM_NAME_MAX + 1];
    struct stored_room *s = &r->rooms[r->count];
    if (r->count == r->size ||
        sscanf(line, "ROOM %" SCNu64 " %" SCNu64 " %32s %64s %64s", &s->id, &s->feeds, salt, hash,
               name) != 5 ||
        !bytes_of(salt, s->key.salt, sizeof(s->key.salt)) ||
        !bytes_of(hash, s->key.hash, sizeof(s->key.hash)) ||
        !room_name_is_valid(name, strlen(name)) ||
        (r->count > 0 && strcmp(r->rooms[r->count - 1].room.name, name) >= 0))
        return -EPROTO;
    s->room.play_out = PLAY_OUT_AUTO;
    s->room.name = strdup(name);
    r->count += s->room.name != NULL;
    return s->room.name ? 0 : -ENOMEM;
}

static bool key_of(const char *salt, const char *hash, struct publish_key *out)
{
    return bytes_of(salt, out->salt, sizeof(out->salt)) &&
           bytes_of(hash, out->hash, sizeof(out->hash));
}

/* After the one before, and not beginning with its prefix. */
static bool follows(const struct stored_rooms *r, const char *prefix)
{
    const char *before = r->agency_count ? r->agencies[r->agency_count - 1].agency.prefix : NULL;
    return !before || (strcmp(before, prefix) < 0 && strncmp(before, prefix, strlen(before)) != 0);
}

static int take_agency(struct stored_rooms *r, const char *line)
{
    char salt[2 * PUBLISH_KEY_SALT + 1], hash[2 * PUBLISH_KEY_HASH + 1], salt2[sizeof(salt)],
        hash2[sizeof(hash)], prefix[ROOM_NAME_MAX + 1], name[ROOM_NAME_MAX + 1];
    struct stored_agency *s = &r->agencies[r->agency_count];
    const struct key *k = agency_keys;
    if (r->count > 0 || r->agency_count == r->agency_size ||
        sscanf(line, "AGENCY %" SCNu64 " %32s %64s %32s %64s %64s %64s", &s->id, salt, hash, salt2,
               hash2, prefix, name) != 7 ||
        !key_of(salt, hash, &s->admin) ||
        value_check(&k[AGENCY_KEY_PREFIX], prefix, strlen(prefix)) ||
        value_check(&k[AGENCY_KEY_NAME], name, strlen(name)) || !follows(r, prefix))
        return -EPROTO;
    s->has_reader = strcmp(salt2, "-") != 0;
    if (s->has_reader && !key_of(salt2, hash2, &s->reader))
        return -EPROTO;
    r->agency_count++; /* with what it has it is freed */
    s->agency.prefix = strdup(prefix);
    s->agency.name = strdup(name);
    return s->agency.prefix && s->agency.name ? 0 : -ENOMEM;
}

/* Of what stands before it: a room, or while there is none, an agency. */
static int take_value(struct stored_rooms *r, char *line)
{
    const struct key_list *l = &config_lists[r->count ? LIST_ROOMS : LIST_AGENCIES];
    char *value = strchr(line + 1, ' ');
    if (!value || (r->count == 0 && r->agency_count == 0))
        return -EPROTO;
    *value++ = '\0';
    const struct key *k = list_key(l, line + 1);
    void *entry = r->count ? (void *)&r->rooms[r->count - 1].room
                           : (void *)&r->agencies[r->agency_count - 1].agency;
    if (!k || !(r->count ? stored_room_may_have(k->name) : stored_agency_may_have(k->name)) ||
        value_check(k, value, strlen(value)) != 0)
        return -EPROTO;
    return value_store(k, entry, value);
}

static int take_line(struct stored_rooms *r, char *line)
{
    return line[0] == ' '   ? take_value(r, line)
           : line[0] == 'A' ? take_agency(r, line)
                            : take_room(r, line);
}

static int read_lines(struct stored_rooms **out, FILE *in)
{
    char line[LINE_MAX_BYTES];
    uint64_t version;
    size_t size, agencies = 0; /* the program before this one, over an upgrade, says none */
    if (!fgets(line, sizeof(line), in) ||
        sscanf(line, "roomcast-rooms %" SCNu64 " %zu %zu", &version, &size, &agencies) < 2 ||
        size > STORED_ROOMS_MAX || agencies > STORED_AGENCIES_MAX)
        return -EPROTO;
    struct stored_rooms *r = *out =
        calloc(1, sizeof(*r) + size * sizeof(r->rooms[0]) + agencies * sizeof(r->agencies[0]));
    if (!r)
        return -ENOMEM;
    r->version = version;
    r->size = size;
    r->agencies = (struct stored_agency *)(void *)&r->rooms[size];
    r->agency_size = agencies;
    int rc = 0;
    while (!rc && fgets(line, sizeof(line), in)) {
        size_t len = strcspn(line, "\n");
        rc = line[len] != '\n' ? -EPROTO : 0;
        line[len] = '\0';
        if (!rc)
            rc = take_line(r, line);
    }
    return rc || (r->count == size && r->agency_count == agencies) ? rc : -EPROTO;
}

int stored_rooms_take(struct stored_rooms **out, int fd)
{
    struct stat st;
    *out = NULL;
    if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 || st.st_size > LIST_BYTES_MAX)
        return -EINVAL;
    char *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        return -errno;
    FILE *in = fmemopen(text, (size_t)st.st_size, "r");
    int rc = in ? read_lines(out, in) : -ENOMEM;
    if (in)
        fclose(in);
    munmap(text, (size_t)st.st_size);
    if (rc)
        stored_rooms_free(out);
    return rc;
}

void stored_rooms_free(struct stored_rooms **rp)
{
    struct stored_rooms *r = *rp;
    for (size_t i = 0; r && i < r->count; i++)
        for (size_t k = 0; k < CONFIG_ROOM_KEYS; k++)
            value_release(&room_keys[k], &r->rooms[i].room);
    for (size_t i = 0; r && i < r->agency_count; i++)
        for (size_t k = 0; k < CONFIG_AGENCY_KEYS; k++)
            value_release(&agency_keys[k], &r->agencies[i].agency);
    free(r);
    *rp = NULL;
}

uint64_t stored_rooms_version(const struct stored_rooms *r)
{
    return r->version;
}

size_t stored_rooms_count(const struct stored_rooms *r)
{
    return r->count;
}

const struct stored_room *stored_rooms_at(const struct stored_rooms *r, size_t i)
{
    return &r->rooms[i];
}

size_t stored_agencies_count(const struct stored_rooms *r)
{
    return r->agency_count;
}

const struct stored_agency *stored_agencies_at(const struct stored_rooms *r, size_t i)
{
    return &r->agencies[i];
}

static bool same_agency(const struct stored_agency *a, const struct stored_agency *b)
{
    return a->id == b->id && a->has_reader == b->has_reader &&
           memcmp(&a->admin, &b->admin, sizeof(a->admin)) == 0 &&
           memcmp(&a->reader, &b->reader, sizeof(a->reader)) == 0;
}

bool stored_agencies_are_same(const struct stored_rooms *a, const struct stored_rooms *b)
{
    size_t n = a ? a->agency_count : 0;
    bool same = n == (b ? b->agency_count : 0);
    for (size_t i = 0; same && i < n; i++)
        same = same_agency(&a->agencies[i], &b->agencies[i]);
    return same;
}

static int by_name(const void *name, const void *room)
{
    return strcmp(name, ((const struct stored_room *)room)->room.name);
}

const struct stored_room *stored_rooms_find(const struct stored_rooms *r, const char *name)
{
    return bsearch(name, r->rooms, r->count, sizeof(r->rooms[0]), by_name);
}

uint64_t stored_room_id(const struct config *c, const char *name)
{
    const struct stored_room *s = config_find_stored(c, name);
    return s ? s->id : 0;
}

bool stored_room_is_other(const struct config *c, const char *name, uint64_t id)
{
    uint64_t now = stored_room_id(c, name);
    return now != id && (now != 0 || !config_find_room(c, name));
}

struct stored_list {
    FILE *out;
    char *text;
    size_t len;
    uint64_t version;
    size_t count, agencies;
};

int stored_list_new(struct stored_list **out, uint64_t version)
{
    struct stored_list *l = *out = calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    l->version = version;
    l->out = open_memstream(&l->text, &l->len);
    if (!l->out)
        stored_list_free(out);
    return *out ? 0 : -ENOMEM;
}

void stored_list_free(struct stored_list **lp)
{
    struct stored_list *l = *lp;
    *lp = NULL;
    if (!l)
        return;
    if (l->out)
        fclose(l->out);
    free(l->text);
    free(l);
}

static void put_hex(FILE *out, const uint8_t *bytes, size_t len)
{
    putc_unlocked(' ', out);
    for (size_t i = 0; i < len; i++) {
        putc_unlocked(digits[bytes[i] >> 4], out);
        putc_unlocked(digits[bytes[i] & 15], out);
    }
}

static void put_key(FILE *out, const struct publish_key *k)
{
    put_hex(out, k->salt, sizeof(k->salt));
    put_hex(out, k->hash, sizeof(k->hash));
}

void stored_list_agency(struct stored_list *l, const struct stored_agency *a)
{
    fprintf(l->out, "AGENCY %" PRIu64, a->id);
    put_key(l->out, &a->admin);
    if (a->has_reader)
        put_key(l->out, &a->reader);
    else
        fputs(" - -", l->out);
    fprintf(l->out, " %s %s\n", a->agency.prefix, a->agency.name);
    l->agencies++;
}

void stored_list_room(struct stored_list *l, const char *name, const struct publish_key *key,
                      uint64_t id, uint64_t feeds)
{
    fprintf(l->out, "ROOM %" PRIu64 " %" PRIu64, id, feeds);
    put_key(l->out, key);
    fprintf(l->out, " %s\n", name);
    l->count++;
}

void stored_list_value(struct stored_list *l, const char *key, const char *value)
{
    fprintf(l->out, " %s %s\n", key, value);
}

int stored_list_seal(struct stored_list *l)
{
    char head[64];
    int len = snprintf(head, sizeof(head), "roomcast-rooms %" PRIu64 " %zu %zu\n", l->version,
                       l->count, l->agencies);
    bool whole = !ferror(l->out) && fflush(l->out) == 0;
    int fd = whole ? memfd_create("roomcast-rooms", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;
    int rc = !whole ? -ENOMEM : fd < 0 ? -errno : 0;
    if (!rc &&
        (write(fd, head, (size_t)len) != len || write(fd, l->text, l->len) != (ssize_t)l->len ||
         fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)))
        rc = errno ? -errno : -EIO;
    if (rc && fd >= 0)
        close(fd);
    return rc ? rc : fd;
}
