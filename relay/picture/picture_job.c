/* Reading by pread: a file that shrinks is short, and never a SIGBUS. */
/* SPDX-License-Identifier: MIT */
#include "relay/picture/picture_job.h"

#include "relay/base/seals.h"
#include "relay/package/mp4_read.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static enum picture_result result_of(int rc)
{
    return rc == 0 ? PICTURE_MADE : rc == -ENOMEM ? PICTURE_NO_MEMORY : PICTURE_UNDECODED;
}

enum picture_result picture_job_make(const uint8_t *init, size_t init_len, const uint8_t *media,
                                     size_t media_len, struct snapshot *out)
{
    struct mp4_track track;
    const uint8_t *sample;
    size_t len;

    *out = (struct snapshot){0};
    if (mp4_read_init(init, init_len, &track) != 0 ||
        mp4_read_first_sample(media, media_len, &sample, &len) != 0)
        return PICTURE_NO_MEDIA;
    return result_of(snapshot_make(out, track.codec, track.record, track.record_len, sample, len));
}

static bool read_all(int fd, uint8_t *to, size_t len, off_t at)
{
    while (len > 0) {
        ssize_t n = pread(fd, to, len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        len -= (size_t)n;
        at += n;
    }
    return true;
}

/* A file that nobody can change any more; -1: no memory. */
static int seal_up(const struct snapshot *s)
{
    int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    for (size_t at = 0; fd >= 0 && at < s->len;) {
        ssize_t n = write(fd, s->jpeg + at, s->len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)n;
    }
    if (fd >= 0 && fcntl(fd, F_ADD_SEALS, SEALS)) {
        close(fd);
        return -1;
    }
    return fd;
}

int picture_job_do(const struct picture_ask *a, const int fds[PICTURE_ASK_FDS],
                   struct picture_answer *answer)
{
    size_t size = (size_t)a->init_bytes + a->bytes;
    uint8_t *bytes = malloc(size);
    struct snapshot s = {0};
    int fd = -1;

    *answer = (struct picture_answer){.number = a->number, .result = PICTURE_NO_MEMORY};
    if (!bytes)
        return -1;
    if (read_all(fds[PICTURE_ASK_INIT], bytes, a->init_bytes, 0) &&
        read_all(fds[PICTURE_ASK_SEGMENT], bytes + a->init_bytes, a->bytes, a->offset))
        answer->result =
            picture_job_make(bytes, a->init_bytes, bytes + a->init_bytes, a->bytes, &s);
    else
        answer->result = PICTURE_NO_MEDIA;
    if (answer->result == PICTURE_MADE) {
        fd = seal_up(&s);
        answer->bytes = (uint32_t)s.len;
        answer->width = s.width;
        answer->height = s.height;
        if (fd < 0)
            answer->result = PICTURE_NO_MEMORY;
    }
    snapshot_fini(&s);
    free(bytes);
    return fd;
}
