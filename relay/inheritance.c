/* What one program leaves to the next across exec: descriptors and process ids, as lines of text.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/inheritance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char variable[] = "ROOMCAST_INHERITS";

enum field_kind { NUMBER, DESCRIPTOR };

/* A key and where its number is; of == 0: one, else that many as `workers` or `threads` says. */
static const struct field {
    const char *key;
    size_t offset;
    enum field_kind kind;
    size_t of;
} fields[] = {
    {"role", offsetof(struct inheritance, role), NUMBER, 0},
    {"threads", offsetof(struct inheritance, threads), NUMBER, 0},
    {"workers", offsetof(struct inheritance, workers), NUMBER, 0},
    {"srt_port", offsetof(struct inheritance, srt_port), NUMBER, 0},
    {"http_port", offsetof(struct inheritance, http_port), NUMBER, 0},
    {"https_port", offsetof(struct inheritance, https_port), NUMBER, 0},
    {"certificate", offsetof(struct inheritance, certificate), DESCRIPTOR, 0},
    {"tickets", offsetof(struct inheritance, tickets), DESCRIPTOR, 0},
    {"journal_memory", offsetof(struct inheritance, journal_memory), DESCRIPTOR, 0},
    {"journal_disk", offsetof(struct inheritance, journal_disk), DESCRIPTOR, 0},
    {"control", offsetof(struct inheritance, control), DESCRIPTOR, 0},
    {"handover", offsetof(struct inheritance, handover), DESCRIPTOR, 0},
    {"report", offsetof(struct inheritance, report), DESCRIPTOR, 0},
    {"config", offsetof(struct inheritance, config), DESCRIPTOR, 0},
    {"front_pulse", offsetof(struct inheritance, front_pulse), DESCRIPTOR, 0},
    {"store", offsetof(struct inheritance, store), NUMBER, 0},
    {"store_format", offsetof(struct inheritance, store_format), NUMBER, 0},
    {"store_pulse", offsetof(struct inheritance, store_pulse), DESCRIPTOR, 0},
    {"store_control", offsetof(struct inheritance, store_control), DESCRIPTOR, 0},
    {"questions_front", offsetof(struct inheritance, questions_front), DESCRIPTOR, 0},
    {"questions_store", offsetof(struct inheritance, questions_store), DESCRIPTOR, 0},
    {"rooms", offsetof(struct inheritance, rooms), DESCRIPTOR, 0},
    {"store_path", offsetof(struct inheritance, store_path), DESCRIPTOR, 0},
    {"hook_ring", offsetof(struct inheritance, hook_ring), DESCRIPTOR, 0},
    {"hook_seats", offsetof(struct inheritance, hook_seats), DESCRIPTOR, 0},
    {"front", offsetof(struct inheritance, front), NUMBER, 0},
    {"leaving", offsetof(struct inheritance, leaving), NUMBER, 0},
    {"http", offsetof(struct inheritance, http), DESCRIPTOR, offsetof(struct inheritance, threads)},
    {"https", offsetof(struct inheritance, https), DESCRIPTOR,
     offsetof(struct inheritance, threads)},
    {"srt", offsetof(struct inheritance, srt), DESCRIPTOR, offsetof(struct inheritance, workers)},
    {"worker", offsetof(struct inheritance, worker), NUMBER, offsetof(struct inheritance, workers)},
    {"link", offsetof(struct inheritance, link), DESCRIPTOR, offsetof(struct inheritance, workers)},
    {"pulse", offsetof(struct inheritance, pulse), DESCRIPTOR,
     offsetof(struct inheritance, workers)},
    {"generation", offsetof(struct inheritance, generation), NUMBER,
     offsetof(struct inheritance, workers)},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

_Static_assert(sizeof(pid_t) == sizeof(int) && sizeof(enum inheritance_role) == sizeof(int),
               "every number is an int");

static int *place(struct inheritance *i, const struct field *f, size_t at)
{
    return (int *)(void *)((char *)i + f->offset) + at;
}

static int value(const struct inheritance *i, const struct field *f, size_t at)
{
    int v;

    memcpy(&v, (const char *)i + f->offset + at * sizeof(v), sizeof(v));
    return v;
}

static size_t count(const struct inheritance *i, const struct field *f)
{
    uint32_t n = 1;

    if (f->of)
        memcpy(&n, (const char *)i + f->of, sizeof(n));
    return n < INHERITANCE_SOCKETS ? n : INHERITANCE_SOCKETS;
}

void inheritance_init(struct inheritance *i)
{
    memset(i, 0, sizeof(*i));
    for (size_t k = 0; k < FIELDS; k++)
        for (size_t at = 0;
             fields[k].kind == DESCRIPTOR && at < (fields[k].of ? (size_t)INHERITANCE_SOCKETS : 1);
             at++)
            *place(i, &fields[k], at) = -1;
}

int inheritance_leave(const struct inheritance *i)
{
    int fd = memfd_create("roomcast-inheritance", 0);
    char number[16];
    int rc = fd < 0 ? -errno : 0;

    for (size_t k = 0; k < FIELDS && !rc; k++)
        for (size_t at = 0; at < count(i, &fields[k]) && !rc; at++)
            if (dprintf(fd, "%s %zu %d\n", fields[k].key, at, value(i, &fields[k], at)) < 0)
                rc = -EIO;
    snprintf(number, sizeof(number), "%d", fd);
    if (!rc && setenv(variable, number, 1))
        rc = -errno;
    if (rc && fd >= 0)
        close(fd);
    return rc ? rc : fd;
}

void inheritance_keep(const struct inheritance *i, bool keep)
{
    for (size_t k = 0; k < FIELDS; k++)
        for (size_t at = 0; fields[k].kind == DESCRIPTOR && at < count(i, &fields[k]); at++)
            if (value(i, &fields[k], at) >= 0)
                fcntl(value(i, &fields[k], at), F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static void take_line(struct inheritance *i, const char *key, size_t at, int v)
{
    for (size_t k = 0; k < FIELDS; k++)
        if (strcmp(fields[k].key, key) == 0 &&
            at < (fields[k].of ? (size_t)INHERITANCE_SOCKETS : 1))
            *place(i, &fields[k], at) = v;
}

static bool is_sane(const struct inheritance *i)
{
    if ((i->role != INHERITANCE_FRONT && i->role != INHERITANCE_SUPERVISOR) || i->threads < 1 ||
        i->threads > INHERITANCE_SOCKETS || i->workers < 1 || i->workers > INHERITANCE_SOCKETS)
        return false;
    for (size_t k = 0; k < FIELDS; k++)
        for (size_t at = 0; fields[k].kind == DESCRIPTOR && at < count(i, &fields[k]); at++)
            if (value(i, &fields[k], at) >= 0 && fcntl(value(i, &fields[k], at), F_GETFD) < 0)
                return false;
    return i->control >= 0;
}

int inheritance_take(struct inheritance *out)
{
    const char *number = getenv(variable);
    FILE *f = number ? fdopen(atoi(number), "r") : NULL;
    char key[32];
    size_t at;
    int v;

    inheritance_init(out);
    unsetenv(variable);
    if (!f)
        return number ? -EBADF : 0;
    rewind(f);
    while (fscanf(f, "%31s %zu %d", key, &at, &v) == 3)
        take_line(out, key, at, v);
    fclose(f);
    if (!is_sane(out))
        return -EPROTO;
    inheritance_keep(out, false);
    return 0;
}
