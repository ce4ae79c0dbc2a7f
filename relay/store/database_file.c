/* The database's file before SQLite has it: whose it is, and how a new one comes to its name. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database_file.h"

#include "relay/store/schema_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int database_fail(char why[STORE_TEXT], const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, STORE_TEXT, fmt, ap);
    va_end(ap);
    return -EIO;
}

static uint32_t big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

int database_too_new(char why[STORE_TEXT], int version)
{
    database_fail(why,
                  "a newer program made it (version %d, this one knows %d): install that one again",
                  version, SCHEMA_VERSION);
    return -ENOTSUP;
}

int database_not_ours(char why[STORE_TEXT])
{
    database_fail(why, "it is damaged, or no database of Roomcast's: restore a backup");
    return -ENOTSUP;
}

/* Before SQLite touches the file (it may write to it already when it opens it): the database header
 * of https://www.sqlite.org/fileformat.html 1.3. */
int database_file_look(const char *path, char why[STORE_TEXT])
{
    unsigned char head[100];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        database_fail(why,
                      "it is gone: restore a backup, or restart the relay to begin without rooms");
        return -ENODATA;
    }
    if (fd < 0)
        return database_fail(why, "it cannot be read: %s", strerror(errno));
    ssize_t n = read(fd, head, sizeof(head));
    close(fd);
    if (n < (ssize_t)sizeof(head) || memcmp(head, "SQLite format 3", 16) != 0 ||
        (big_endian(head + 68) != SCHEMA_APPLICATION && big_endian(head + 68) != 0))
        return database_not_ours(why);
    int version = (int)big_endian(head + 60);
    return version > SCHEMA_VERSION ? database_too_new(why, version) : 0;
}

/* The name of a file that was made is on the disk when its folder is. */
static int sync_folder(const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s", path);
    char *end = strrchr(folder, '/');
    if (end)
        end[end == folder ? 1 : 0] = '\0';
    int fd = open(end ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

void database_file_clear(const char *path)
{
    static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
    char left[PATH_MAX + 16];
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(left, sizeof(left), "%s%s", path, ends[i]);
        unlink(left);
    }
}

int database_file_name(const char *part, const char *path, char why[STORE_TEXT])
{
    if (rename(part, path) || sync_folder(path))
        return database_fail(why, "it cannot be made: %s", strerror(errno));
    return 0;
}
