/* What the web hooks' process may still open and reach once it talks to strangers. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hooks_cell.h"

#include "relay/base/landlock.h"
#include "relay/base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DNS_PORT = 53, READS = 12 };

/* nsswitch.conf(5), resolv.conf(5), hosts(5), gai.conf(5), host.conf(5); where Debian, Fedora and
 * SUSE keep the roots. */
static const char *const files[] = {
    "/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/host.conf",   "/etc/ssl/certs", "/etc/pki/tls",       "/etc/ssl/ca-bundle.pem"};
enum { FILES = sizeof(files) / sizeof(files[0]) };

static bool can_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static const char *name_of(const struct hooks_cell *c, size_t i)
{
    return i < FILES ? files[i] : c->ca;
}

static void note_files(struct hooks_cell *c)
{
    for (size_t i = 0; i <= FILES; i++)
        if (name_of(c, i)[0] != '\0' && can_open(name_of(c, i)))
            c->could_read |= 1u << i;
}

/* A resolver that runs on this machine keeps its file below /run, and replaces it: then its folder
 * is left, or out. */
static bool folder_of_resolver(char out[static PATH_MAX])
{
    char *slash;
    if (!realpath(files[0], out) || strncmp(out, "/run/", 5) != 0)
        return false;
    slash = strrchr(out, '/');
    *slash = '\0';
    return slash - out > 4;
}

/* The C library reads its lists of sources now, and the source that needs no network. */
static void warm_resolver(void)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo("localhost", NULL, &hints, &found) == 0)
        freeaddrinfo(found);
}

void hooks_cell_enter(struct hooks_cell *c, bool sandbox, const char *ca,
                      const struct hook_target *targets, int count)
{
    uint16_t ports[HOOKS_MAX + 1] = {DNS_PORT};
    char folder[PATH_MAX];
    const char *reads[READS];
    struct landlock_left left = {.reads = reads, .ports = ports, .ports_count = 1};
    for (int i = 0; i < count; i++)
        ports[left.ports_count++] = targets[i].port;
    *c = (struct hooks_cell){.ca = ca};
    for (size_t i = 0; i <= FILES; i++)
        if (name_of(c, i)[0] != '\0')
            reads[left.reads_count++] = name_of(c, i);
    if (folder_of_resolver(folder))
        reads[left.reads_count++] = folder;
    note_files(c);
    warm_resolver();
    sandbox_prepare_but(sandbox, &left);
    sandbox_enter(SANDBOX_HOOKS, "hooks");
}

bool hooks_cell_is_stale(const struct hooks_cell *c)
{
    for (size_t i = 0; i <= FILES; i++)
        if ((c->could_read >> i & 1) && !can_open(name_of(c, i)) && errno == EACCES)
            return true;
    return false;
}
