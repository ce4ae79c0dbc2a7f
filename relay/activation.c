/* What was passed is looked at from all sides: type, address, does it listen. */
/* SPDX-License-Identifier: MIT */
#include "relay/activation.h"

#include "config/address.h"
#include "relay/base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CTX "supervisor"

enum { FIRST = 3 /* SD_LISTEN_FDS_START */, ADDRESS_TEXT = INET6_ADDRSTRLEN + 32 };

static const struct kind {
    const char *name, *key;
    int type;
} kinds[ACTIVATION_KINDS] = {
    [ACTIVATION_SRT] = {"srt", "srt.listen", SOCK_DGRAM},
    [ACTIVATION_HTTP] = {"http", "http.listen", SOCK_STREAM},
    [ACTIVATION_HTTPS] = {"https", "https.listen", SOCK_STREAM},
};

union address {
    struct sockaddr_storage storage;
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* LISTEN_FDS, if it is for this process; -1: not a number, or too many. */
static int number_passed(void)
{
    const char *pid = getenv("LISTEN_PID"), *number = getenv("LISTEN_FDS");
    char *end;
    long n;

    if (!pid || !number || strtoll(pid, NULL, 10) != (long long)getpid())
        return 0;
    n = strtol(number, &end, 10);
    return *end || end == number || n < 0 || n > ACTIVATION_MOST ? -1 : (int)n;
}

static void take_names(struct activation *a, const char *names)
{
    for (size_t i = 0; i < a->count && names; i++) {
        size_t len = strcspn(names, ":");
        snprintf(a->passed[i].name, ACTIVATION_NAME, "%.*s", (int)len, names);
        names = names[len] ? names + len + 1 : NULL;
    }
}

int activation_take(struct activation *a)
{
    int n = number_passed();

    memset(a, 0, sizeof(*a));
    if (n < 0)
        log_error(CTX, "cannot_listen LISTEN_FDS=\"%s\" why=\"not a number from 0 to %d\"",
                  getenv("LISTEN_FDS"), ACTIVATION_MOST);
    a->count = n > 0 ? (size_t)n : 0;
    take_names(a, getenv("LISTEN_FDNAMES"));
    for (size_t i = 0; i < a->count; i++) {
        a->passed[i].fd = FIRST + (int)i;
        fcntl(a->passed[i].fd, F_SETFD, FD_CLOEXEC); /* what is not open is found out below */
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return n < 0 ? -EINVAL : 0;
}

static int int_option(int fd, int level, int option)
{
    socklen_t len = sizeof(int);
    int value = -1;

    return getsockopt(fd, level, option, &value, &len) ? -1 : value;
}

static unsigned port_of(const union address *a)
{
    return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

static bool is_any(const union address *a)
{
    return a->any.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr)
                                        : a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* Bound as configured? A port of 0 leaves it to the socket, and "everywhere" may be written in
 * either family: systemd's ListenStream=8080 is [::]:8080, which hears IPv4 as well, if it is not
 * only6 (BindIPv6Only=ipv6-only). */
static bool is_bound_to(const union address *bound, bool only6, const char *listen)
{
    union address asked;
    socklen_t len;

    if (!listen[0] || address_parse(listen, strlen(listen), &asked.storage, &len))
        return false;
    if (port_of(&asked) && port_of(&asked) != port_of(bound))
        return false;
    if (only6 && asked.any.sa_family == AF_INET)
        return false;
    if (is_any(&asked) || is_any(bound))
        return is_any(&asked) && is_any(bound);
    if (asked.any.sa_family != bound->any.sa_family)
        return false;
    return asked.any.sa_family == AF_INET6
               ? memcmp(&asked.v6.sin6_addr, &bound->v6.sin6_addr, sizeof(struct in6_addr)) == 0
               : asked.v4.sin_addr.s_addr == bound->v4.sin_addr.s_addr;
}

/* "TCP 0.0.0.0:8080" */
static void describe(int type, const union address *a, bool only6, char out[static ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "";
    bool v6 = a->any.sa_family == AF_INET6;

    inet_ntop(a->any.sa_family, v6 ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr,
              host, sizeof(host));
    snprintf(out, ADDRESS_TEXT, "%s %s%s%s:%u%s", type == SOCK_DGRAM ? "UDP" : "TCP", v6 ? "[" : "",
             host, v6 ? "]" : "", port_of(a), only6 && is_any(a) ? " IPv6 only" : "");
}

/* What the socket cannot be, whatever its name; NULL: it may be used. */
static const char *what_is_wrong(int fd, int type, union address *bound)
{
    socklen_t len = sizeof(bound->storage);

    if (type < 0)
        return "it is no open socket";
    if (getsockname(fd, &bound->any, &len) ||
        (bound->any.sa_family != AF_INET && bound->any.sa_family != AF_INET6))
        return "it is neither IPv4 nor IPv6";
    if (type == SOCK_STREAM && int_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
        return "it does not listen: Accept=no belongs into the socket unit";
    return NULL;
}

/* The kind, or -1 and why. */
static int kind_of(const char *name, int type, const union address *bound, bool only6,
                   const char *const listen[ACTIVATION_KINDS], char *why, size_t size)
{
    int kind = -1;

    for (int k = 0; k < ACTIVATION_KINDS && kind < 0; k++)
        if (strcmp(name, kinds[k].name) == 0)
            kind = k;
    if (kind >= 0 && kinds[kind].type == type && is_bound_to(bound, only6, listen[kind]))
        return kind;
    for (int k = 0; k < ACTIVATION_KINDS && kind < 0; k++)
        if (kinds[k].type == type && is_bound_to(bound, only6, listen[k]))
            return k;
    if (kind >= 0)
        snprintf(why, size, "it is called %s, but %s is \"%s\"", name, kinds[kind].key,
                 listen[kind]);
    else
        snprintf(why, size, "no address of roomcast.conf: srt.listen is \"%s\", http.listen \"%s\"",
                 listen[ACTIVATION_SRT], listen[ACTIVATION_HTTP]);
    return -1;
}

/* Of one that was passed: into its group. */
static int sort_one(int fd, const char *name, const char *const listen[ACTIVATION_KINDS],
                    struct activation_group *out)
{
    union address bound = {0};
    int type = int_option(fd, SOL_SOCKET, SO_TYPE), kind = -1;
    const char *wrong = what_is_wrong(fd, type, &bound);
    char is[ADDRESS_TEXT] = "", why[256] = "";

    if (!wrong) {
        bool only6 = int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1;
        describe(type, &bound, only6, is);
        kind = kind_of(name, type, &bound, only6, listen, why, sizeof(why));
    }
    if (kind < 0) {
        log_error(CTX,
                  "cannot_listen passed=%d name=\"%s\" is=\"%s\" why=\"%s\" what=\"change the "
                  "socket unit or roomcast.conf\"",
                  fd, name, is, wrong ? wrong : why);
        return -EINVAL;
    }
    log_info(CTX, "socket_passed fd=%d name=\"%s\" is=\"%s\" for=%s", fd, name, is,
             kinds[kind].key);
    out[kind].fd[out[kind].count++] = fd;
    return 0;
}

int activation_sort(struct activation *a, const char *const listen[ACTIVATION_KINDS],
                    struct activation_group out[ACTIVATION_KINDS])
{
    int rc = 0;

    memset(out, 0, sizeof(*out) * ACTIVATION_KINDS);
    for (size_t i = 0; i < a->count; i++)
        if (sort_one(a->passed[i].fd, a->passed[i].name, listen, out))
            rc = -EINVAL;
    a->count = 0;
    return rc;
}
