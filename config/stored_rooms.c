/* Lines of text behind a descriptor: easy to look at, and read with the configuration's own table.
 */
/* SPDX-License-Identifier: MIT */
#include "config/stored_rooms.h"

#include "config/config.h"
#include "config/keys.h"
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
 * roomcast-rooms VERSION COUNT
 * ROOM ID FEEDS SALT HASH NAME
 *  KEY VALUE                      (of the room before; a value has no line breaks: KEY_TEXT)
 */
enum { LIST_BYTES_MAX = 16 << 20, LINE_MAX_BYTES = 1024 };

struct stored_rooms {
    uint64_t version;
    size_t count, size;
    struct stored_room rooms[];
};

bool stored_room_may_have(const char *key)
{
    const struct key *k = key_find_in_room(key);
    return k && k->type != KEY_FILE && k->type != KEY_NAME && strcmp(key, "key") != 0;
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

static int take_value(struct stored_rooms *r, char *line)
{
    char *value = strchr(line + 1, ' ');
    if (!value || r->count == 0)
        return -EPROTO;
    *value++ = '\0';
    const struct key *k = key_find_in_room(line + 1);
    struct config_room *room = &r->rooms[r->count - 1].room;
    if (!k || !stored_room_may_have(k->name) || value_check(k, value, strlen(value)) != 0)
        return -EPROTO;
    return value_store(k, room, value);
}

static int read_lines(struct stored_rooms **out, FILE *in)
{
    char line[LINE_MAX_BYTES];
    uint64_t version;
    size_t size;
    if (!fgets(line, sizeof(line), in) ||
        sscanf(line, "roomcast-rooms %" SCNu64 " %zu", &version, &size) != 2 ||
        size > STORED_ROOMS_MAX)
        return -EPROTO;
    struct stored_rooms *r = *out = calloc(1, sizeof(*r) + size * sizeof(r->rooms[0]));
    if (!r)
        return -ENOMEM;
    r->version = version;
    r->size = size;
    int rc = 0;
    while (!rc && fgets(line, sizeof(line), in)) {
        size_t len = strcspn(line, "\n");
        rc = line[len] != '\n' ? -EPROTO : 0;
        line[len] = '\0';
        if (!rc)
            rc = line[0] == ' ' ? take_value(r, line) : take_room(r, line);
    }
    return rc || r->count == size ? rc : -EPROTO;
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
    size_t count;
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

void stored_list_room(struct stored_list *l, const char *name, const struct publish_key *key,
                      uint64_t id, uint64_t feeds)
{
    fprintf(l->out, "ROOM %" PRIu64 " %" PRIu64, id, feeds);
    put_hex(l->out, key->salt, sizeof(key->salt));
    put_hex(l->out, key->hash, sizeof(key->hash));
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
    int len =
        snprintf(head, sizeof(head), "roomcast-rooms %" PRIu64 " %zu\n", l->version, l->count);
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
