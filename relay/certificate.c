/* The certificate and key of HTTPS: read and judged by who may read files, then one descriptor. */
/* SPDX-License-Identifier: MIT */
#include "relay/certificate.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the memfd begins with; then the two texts. "PAIR0001": another form gets another number. */
struct head {
    uint64_t magic;
    uint32_t certificate_len, key_len;
};

struct text {
    char *bytes;
    size_t len;
};

static const uint64_t MAGIC = 0x3130303052494150u;

static int current = -1, next = -1;
static char next_until[TLS_PAIR_DATE];

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void text_clear(struct text *t)
{
    if (t->bytes)
        explicit_bzero(t->bytes, t->len);
    free(t->bytes);
    *t = (struct text){0};
}

static int read_all(int fd, struct text *t, size_t len, off_t from)
{
    *t = (struct text){malloc(len ? len : 1), len};
    if (!t->bytes)
        return -ENOMEM;
    for (size_t got = 0; got < len;) {
        ssize_t n = pread(fd, t->bytes + got, len - got, from + (off_t)got);
        if (n <= 0)
            return n ? -errno : -EIO;
        got += (size_t)n;
    }
    return 0;
}

static int read_file(const char *path, struct text *t, char *why, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = fd < 0 ? -errno : 0;
    struct stat st;

    *t = (struct text){0};
    if (!rc && fstat(fd, &st))
        rc = -errno;
    if (!rc && (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > TLS_PAIR_BYTES_MAX))
        rc = -EFBIG;
    if (!rc)
        rc = read_all(fd, t, (size_t)st.st_size, 0);
    if (rc == -EFBIG)
        snprintf(why, size, "expected a file of 1 to %d bytes, got another at \"%.200s\"",
                 TLS_PAIR_BYTES_MAX, path);
    else if (rc)
        snprintf(why, size, "expected a file that this user can read, got \"%s\" for \"%.200s\"",
                 strerrordesc_np(-rc), path);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Both texts where nobody else finds them and nothing is written to a disk. */
static int keep(const struct text *certificate, const struct text *key)
{
    struct head h = {MAGIC, (uint32_t)certificate->len, (uint32_t)key->len};
    int fd = memfd_create("roomcast-certificate", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (write(fd, &h, sizeof(h)) != (ssize_t)sizeof(h) ||
        write(fd, certificate->bytes, certificate->len) != (ssize_t)certificate->len ||
        write(fd, key->bytes, key->len) != (ssize_t)key->len) {
        close(fd);
        return -EIO;
    }
    close_fd(&next);
    next = fd;
    return 0;
}

/* Is it what is in force already? */
static bool is_current(const struct text *certificate, const struct text *key)
{
    size_t len = certificate->len + key->len;
    struct text both;
    struct stat st;
    bool same = false;

    if (current < 0 || fstat(current, &st) || (size_t)st.st_size != sizeof(struct head) + len)
        return false;
    if (read_all(current, &both, len, sizeof(struct head)) == 0)
        same = memcmp(both.bytes, certificate->bytes, certificate->len) == 0 &&
               memcmp(both.bytes + certificate->len, key->bytes, key->len) == 0;
    text_clear(&both);
    return same;
}

/* The sentence, and the file that it is about. */
static void add_name(char *why, size_t size, const char *path)
{
    size_t len = strlen(why);

    snprintf(why + len, size - len, " (the file is \"%.200s\")", path);
}

int certificate_inspect(void *ctx, const char *certificate, const char *key, bool *in_key,
                        char *why, size_t size)
{
    struct text c = {0}, k = {0};
    int rc = read_file(certificate, &c, why, size);

    (void)ctx;
    if (!rc) {
        rc = read_file(key, &k, why, size);
        *in_key = rc != 0;
    }
    if (!rc) {
        struct tls_pair p = {c.bytes, k.bytes, c.len, k.len};

        rc = tls_pair_judge(&p, clock_wall_us(), in_key, next_until, why, size);
        if (rc)
            add_name(why, size, *in_key ? key : certificate);
    }
    /* Publishers and viewers over HTTP do not suffer for it: wrong dates stop only a pair that
     * would replace another one. */
    if (rc == -ETIME && (current < 0 || is_current(&c, &k))) {
        log_warn("supervisor", "certificate_is_not_valid what=\"%s\"", why);
        rc = 0;
    }
    if (!rc) {
        snprintf(why, size, "expected memory for the certificate, got none");
        rc = keep(&c, &k);
    }
    text_clear(&c);
    text_clear(&k);
    return rc;
}

void certificate_begin(void)
{
    close_fd(&next);
}

void certificate_commit(void)
{
    if (next < 0)
        return;
    close_fd(&current);
    current = next;
    next = -1;
    log_info("supervisor", "certificate valid_until=\"%s\"", next_until);
}

int certificate_fd(void)
{
    return current;
}

void certificate_adopt(int fd)
{
    if (current >= 0)
        close_fd(&fd);
    else
        current = fd;
}

void certificate_forget(void)
{
    close_fd(&next);
    close_fd(&current);
}

int certificate_send(int link)
{
    struct link_message m = {.type = LINK_CERTIFICATE};

    return current < 0 ? 0 : link_send(link, &m, current);
}

int certificate_context(struct tls_context **out, int fd, const struct tls_tickets *tickets)
{
    struct text c = {0}, k = {0};
    struct head h;
    int rc = -EINVAL;

    *out = NULL;
    if (fd < 0 || pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) || h.magic != MAGIC ||
        h.certificate_len > TLS_PAIR_BYTES_MAX || h.key_len > TLS_PAIR_BYTES_MAX)
        return rc;
    rc = read_all(fd, &c, h.certificate_len, sizeof(h));
    if (!rc)
        rc = read_all(fd, &k, h.key_len, (off_t)sizeof(h) + h.certificate_len);
    if (!rc) {
        struct tls_pair p = {c.bytes, k.bytes, c.len, k.len};

        rc = tls_context_new(out, &p, tickets);
    }
    text_clear(&c);
    text_clear(&k);
    return rc;
}
