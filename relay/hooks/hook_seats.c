/* How far each web hook has come, in memory that outlives the process that sends. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_seats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct board {
    uint32_t format;
    bool used; /* somebody has sat here before: a new address is told of what is to come */
    uint64_t epoch;
    struct hook_seat seats[HOOK_SEATS];
};

struct hook_seats {
    struct board *board;
};

int hook_seats_make(int *fd)
{
    *fd = memfd_create("roomcast-hook-seats", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0)
        return -errno;
    if (ftruncate(*fd, sizeof(struct board)) == 0 &&
        fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return 0;
    int rc = -errno;
    close(*fd);
    *fd = -1;
    return rc;
}

int hook_seats_map(struct hook_seats **out, int fd, bool writes)
{
    struct stat st;
    *out = NULL;
    if (fstat(fd, &st))
        return -errno;
    if ((size_t)st.st_size < sizeof(struct board))
        return -EPROTO;
    struct hook_seats *s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    void *at = mmap(NULL, sizeof(struct board), writes ? PROT_READ | PROT_WRITE : PROT_READ,
                    MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        free(s);
        return -ENOMEM;
    }
    s->board = at;
    *out = s;
    return 0;
}

void hook_seats_free(struct hook_seats **s)
{
    if (!*s)
        return;
    munmap((*s)->board, sizeof(struct board));
    free(*s);
    *s = NULL;
}

void hook_seats_begin(struct hook_seats *s, uint64_t epoch)
{
    struct board *b = s->board;
    if (b->format != HOOK_FORMAT || b->epoch != epoch)
        memset(b, 0, sizeof(*b));
    b->format = HOOK_FORMAT;
    b->epoch = epoch;
    for (size_t i = 0; i < HOOK_SEATS; i++)
        b->seats[i].facts.number = 0;
}

static bool is_free(const struct hook_seat *t)
{
    static const uint8_t none[HOOK_KEY];
    return t->facts.number == 0 && memcmp(t->facts.key, none, HOOK_KEY) == 0;
}

struct hook_seat *hook_seats_take(struct hook_seats *s, const uint8_t key[static HOOK_KEY],
                                  uint32_t number, uint64_t head)
{
    struct hook_seat *at = NULL;
    for (size_t i = 0; i < HOOK_SEATS; i++)
        if (memcmp(s->board->seats[i].facts.key, key, HOOK_KEY) == 0)
            at = &s->board->seats[i];
    for (size_t i = 0; i < HOOK_SEATS && !at; i++)
        if (is_free(&s->board->seats[i])) {
            at = &s->board->seats[i];
            memset(at, 0, sizeof(*at));
            at->facts.floor = s->board->used ? head : 0;
            memcpy(at->facts.key, key, HOOK_KEY);
        }
    if (at)
        at->facts.number = number;
    return at;
}

void hook_seats_settle(struct hook_seats *s)
{
    for (size_t i = 0; i < HOOK_SEATS; i++)
        if (s->board->seats[i].facts.number == 0 && !is_free(&s->board->seats[i]))
            memset(&s->board->seats[i], 0, sizeof(s->board->seats[i]));
    s->board->used = true;
}

bool hook_seat_has(const struct hook_seat *t, uint64_t seq)
{
    return seq <= t->facts.floor || t->done[seq % HOOK_SLOTS] == seq;
}

bool hook_seats_look(const struct hook_seats *s, uint32_t number, struct hook_facts *out)
{
    for (size_t i = 0; i < HOOK_SEATS; i++) {
        *out = s->board->seats[i].facts;
        if (number == 0 || out->number != number || s->board->format != HOOK_FORMAT)
            continue;
        out->answer[HOOK_ANSWER - 1] = '\0';
        for (char *c = out->answer; *c; c++)
            if (*c < ' ' || *c > '~')
                *c = '?';
        return true;
    }
    return false;
}
