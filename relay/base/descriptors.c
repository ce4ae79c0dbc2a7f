/* The descriptors that came with a message on a socket (SCM_RIGHTS). */
/* SPDX-License-Identifier: MIT */
#include "relay/base/descriptors.h"

#include <string.h>
#include <unistd.h>

size_t descriptors_take(struct msghdr *h, int *fds, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
            if (n < count)
                fds[n++] = fd;
            else
                close(fd);
        }
    }
    return n;
}
