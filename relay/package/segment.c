/* One memfd per segment: the kernel's reference count is the segment's. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/segment.h"

#include "relay/base/seals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct segment {
    int fd, error;
    size_t bytes;
};

int segment_new(struct segment **out, const char *name)
{
    struct segment *s = calloc(1, sizeof(*s));

    *out = NULL;
    if (!s)
        return -ENOMEM;
    s->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (s->fd < 0) {
        int rc = -errno;

        free(s);
        return rc;
    }
    /* It only grows, so who reads it under way may map it. */
    s->error = fcntl(s->fd, F_ADD_SEALS, F_SEAL_SHRINK) ? -errno : 0;
    *out = s;
    return 0;
}

int segment_append(struct segment *s, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0 && !s->error) {
        ssize_t n = write(s->fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            s->error = n < 0 ? -errno : -EIO;
            break;
        }
        p += n;
        len -= (size_t)n;
        s->bytes += (size_t)n;
    }
    return s->error;
}

size_t segment_bytes(const struct segment *s)
{
    return s->bytes;
}

int segment_share(const struct segment *s)
{
    int fd = s->error ? -1 : fcntl(s->fd, F_DUPFD_CLOEXEC, 0);

    return fd >= 0 ? fd : s->error ? s->error : -errno;
}

int segment_finish(struct segment **s)
{
    int fd = (*s)->fd, rc = (*s)->error;

    if (!rc && fcntl(fd, F_ADD_SEALS, SEALS))
        rc = -errno;
    if (rc)
        close(fd);
    free(*s);
    *s = NULL;
    return rc ? rc : fd;
}

void segment_free(struct segment **s)
{
    if (!*s)
        return;
    close((*s)->fd);
    free(*s);
    *s = NULL;
}
