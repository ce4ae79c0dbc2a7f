/* A new configuration at the front: all of it or nothing, and to the workers what concerns them. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/front_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CTX "front"

enum { CONFIG_BYTES_MAX = 8 << 20 };

/* Workers parse what publishers send: what links are signed with is none of their business. Where a
 * key must be, one stands that the front does not believe. */
static char withheld[] = "withheld=not-known-to-those-who-do-not-judge-links";

/* Its text in a memfd, or -errno. */
static int text_for_workers(const struct config *c)
{
    struct config shown = *c;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int fd = -1, rc = out ? 0 : -ENOMEM;

    if (shown.rooms.sign_keys && *shown.rooms.sign_keys)
        shown.rooms.sign_keys = withheld;
    if (out) {
        rc = config_print(&shown, true, out);
        if (fclose(out) && !rc)
            rc = -ENOMEM;
    }
    if (!rc && (fd = memfd_create("roomcast-config", MFD_CLOEXEC)) < 0)
        rc = -errno;
    if (!rc && write(fd, text, len) != (ssize_t)len)
        rc = -EIO;
    free(text);
    if (!rc)
        return fd;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Takes next. */
static void take(struct front *f, struct config *next)
{
    struct config *old = f->config;
    int fd = text_for_workers(next);
    int rc = fd < 0 ? fd : server_set_access(f->server, next);

    if (rc) {
        log_error(CTX, "reload_refused why=\"%s\" changed=nothing", strerror(-rc));
        config_free(&next);
    } else {
        rooms_set_config(f->rooms, next);
        f->config = next;
        front_send_all(f, &(struct link_message){.type = LINK_CONFIG}, fd);
        if (old != f->boot)
            config_free(&old);
    }
    if (fd >= 0)
        close(fd);
}

void front_take_config(struct front *f, int fd)
{
    struct config *next = NULL;
    struct stat st;
    char *yaml;

    if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 || st.st_size > CONFIG_BYTES_MAX)
        return;
    yaml = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (yaml == MAP_FAILED)
        return;
    if (config_parse(&next, "reload", yaml, (size_t)st.st_size, NULL, 0, stderr) == 0)
        take(f, next);
    munmap(yaml, (size_t)st.st_size);
}
