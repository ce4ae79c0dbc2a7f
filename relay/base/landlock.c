/* A ruleset that handles everything, and allows nothing but what it is told to leave. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h, whose installed version may be older than the kernel; the numbers are the same
 * on all architectures. */
enum {
    CREATE_RULESET = 444,
    ADD_RULE = 445,
    RESTRICT_SELF = 446,
    ASK_VERSION = 1,
    PATH_BENEATH = 1,
    NET_PORT = 2,
    READ_FILE = 1 << 2,
    READ_FOLDER = 1 << 3,
    CONNECT_TCP = 1 << 1,
    /* of a folder: write, read, list, remove and make files, truncate */
    FOLDER_FILES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 14,
    FILES_1 = (1 << 13) - 1, /* execute .. make_sym */
    FILES_2 = 1 << 13,       /* refer */
    FILES_3 = 1 << 14,       /* truncate */
    FILES_5 = 1 << 15,       /* ioctl on devices */
    TCP_4 = 3,               /* bind, connect */
    SCOPE_6 = 3,             /* abstract Unix sockets, signals */
};

struct ruleset {
    uint64_t files, tcp, scoped;
};

/* linux/landlock.h packs it. */
struct __attribute__((packed)) beneath {
    uint64_t files;
    int32_t folder;
};

struct port {
    uint64_t tcp, port;
};

static int leave_folder(int ruleset, const char *folder, uint64_t handled)
{
    struct beneath b = {.files = handled & FOLDER_FILES};
    int rc = 0;

    b.folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (b.folder < 0)
        return -errno;
    if (syscall(ADD_RULE, ruleset, PATH_BENEATH, &b, 0))
        rc = -errno;
    close(b.folder);
    return rc;
}

/* Links are followed. */
static int leave_to_read(int ruleset, const char *path)
{
    struct beneath b = {.files = READ_FILE};
    struct stat st;
    int rc = 0;

    b.folder = open(path, O_PATH | O_CLOEXEC);
    if (b.folder < 0)
        return 0;
    if (fstat(b.folder, &st) == 0 && S_ISDIR(st.st_mode))
        b.files |= READ_FOLDER;
    if (syscall(ADD_RULE, ruleset, PATH_BENEATH, &b, 0))
        rc = -errno;
    close(b.folder);
    return rc;
}

static int leave(int ruleset, const struct landlock_left *left, const struct ruleset *r)
{
    int rc = left->folder ? leave_folder(ruleset, left->folder, r->files) : 0;

    for (size_t i = 0; i < left->reads_count && !rc; i++)
        rc = leave_to_read(ruleset, left->reads[i]);
    for (size_t i = 0; i < left->ports_count && r->tcp && !rc; i++) {
        struct port p = {.tcp = CONNECT_TCP, .port = left->ports[i]};

        if (syscall(ADD_RULE, ruleset, NET_PORT, &p, 0))
            rc = -errno;
    }
    return rc;
}

int landlock_give_up_all_but(const struct landlock_left *left)
{
    long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION), fd;
    struct ruleset r = {.files = FILES_1};
    int rc;

    if (version < 0)
        return -errno;
    r.files |= version >= 2 ? FILES_2 : 0;
    r.files |= version >= 3 ? FILES_3 : 0;
    r.files |= version >= 5 ? FILES_5 : 0;
    r.tcp = version >= 4 ? TCP_4 : 0;
    r.scoped = version >= 6 ? SCOPE_6 : 0;
    fd = syscall(CREATE_RULESET, &r, sizeof(r), 0); /* an older kernel takes zeros behind its own */
    if (fd < 0)
        return -errno;
    if ((rc = leave((int)fd, left, &r)))
        version = rc;
    else if (syscall(RESTRICT_SELF, (int)fd, 0))
        version = -errno;
    close((int)fd);
    return (int)version;
}
