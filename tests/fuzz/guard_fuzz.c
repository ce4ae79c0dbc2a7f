/* Fuzzes the guard: the kernel's filter says of every datagram what its twin in C says. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/guard.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATAGRAM_MAX = 1500 };

static int ends[2]; /* from, to */

static void check(int ok)
{
    if (!ok)
        abort();
}

static void set_up(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    for (int i = 0; i < 2; i++)
        check((ends[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0);
    check(guard_attach(ends[1]) == 0);
    check(bind(ends[1], (struct sockaddr *)&a, len) == 0);
    check(getsockname(ends[1], (struct sockaddr *)&a, &len) == 0);
    check(connect(ends[0], (struct sockaddr *)&a, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t back[DATAGRAM_MAX];
    ssize_t n;

    if (!ends[0])
        set_up();
    if (size > DATAGRAM_MAX)
        return 0;
    check(send(ends[0], data, size, 0) == (ssize_t)size);
    n = recv(ends[1], back, sizeof(back), MSG_DONTWAIT);
    check((n >= 0) == guard_passes(data, size));
    check(n < 0 || (size_t)n == size);
    return 0;
}
