/* Splitting at the last colon, and inet_pton for the rest. */
/* SPDX-License-Identifier: MIT */
#include "config/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* 0 to 65535 in decimal, nothing else; -1 otherwise. */
static int port_parse(const char *text, size_t len)
{
    int port = 0;
    if (len == 0 || len > 5)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        port = port * 10 + (text[i] - '0');
    }
    return port <= 65535 ? port : -1;
}

static int parse_v6(const char *host, in_port_t port, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET6, host, &a->sin6_addr) != 1)
        return -EINVAL;
    a->sin6_family = AF_INET6;
    a->sin6_port = port;
    *len = sizeof *a;
    return 0;
}

static int parse_v4(const char *host, in_port_t port, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_in *a = (struct sockaddr_in *)out;
    if (inet_pton(AF_INET, host, &a->sin_addr) != 1)
        return -EINVAL;
    a->sin_family = AF_INET;
    a->sin_port = port;
    *len = sizeof *a;
    return 0;
}

int address_parse(const char *text, size_t len, struct sockaddr_storage *out, socklen_t *out_len)
{
    memset(out, 0, sizeof *out);
    *out_len = 0;
    const char *colon = memrchr(text, ':', len);
    if (!colon)
        return -EINVAL;
    size_t host_len = (size_t)(colon - text);
    int port = port_parse(colon + 1, len - host_len - 1);
    char host[INET6_ADDRSTRLEN];
    if (port < 0 || host_len == 0 || host_len >= sizeof host || memchr(text, '\0', host_len))
        return -EINVAL;
    in_port_t wire = htons((uint16_t)port);
    if (host_len == 1 && text[0] == '*')
        return parse_v6("::", wire, out, out_len);
    bool v6 = text[0] == '[' && colon[-1] == ']' && host_len > 2;
    if (v6) {
        text++;
        host_len -= 2;
    }
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    return v6 ? parse_v6(host, wire, out, out_len) : parse_v4(host, wire, out, out_len);
}
