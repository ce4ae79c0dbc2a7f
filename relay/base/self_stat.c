/* /proc/self/stat and /proc/self/fd, by descriptors that were opened in time. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/self_stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STAT_BYTES = 1024 };

static int stat_fd = -1;
static DIR *fd_dir;
static uint64_t pid;

void self_stat_open(void)
{
    if (stat_fd >= 0)
        close(stat_fd);
    if (fd_dir)
        closedir(fd_dir);
    stat_fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    fd_dir = opendir("/proc/self/fd");
    pid = (uint64_t)getpid();
}

/* proc(5): the 20th field is num_threads, the 24th rss in pages; the second, in brackets, may hold
 * anything. */
static void read_stat(struct self_stat *out)
{
    char text[STAT_BYTES];
    ssize_t n = stat_fd >= 0 ? pread(stat_fd, text, sizeof(text) - 1, 0) : -1;
    unsigned long long threads = 0, pages = 0;
    const char *p;

    text[n > 0 ? n : 0] = '\0';
    p = strrchr(text, ')');
    if (!p || sscanf(p + 1,
                     " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu"
                     " %*s %*s %*s %llu",
                     &threads, &pages) != 2)
        return;
    out->threads = threads;
    out->rss_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Since Linux 6.2 the directory's size is their number; before, they are counted. */
static uint64_t count_fds(void)
{
    struct stat st;
    uint64_t n = 0;

    if (!fd_dir)
        return 0;
    if (fstat(dirfd(fd_dir), &st) == 0 && st.st_size > 0)
        return (uint64_t)st.st_size;
    rewinddir(fd_dir);
    while (readdir(fd_dir))
        n++;
    return n > 2 ? n - 2 : 0; /* . and .. */
}

void self_stat_read(struct self_stat *out)
{
    *out = (struct self_stat){.pid = pid};
    read_stat(out);
    out->fds = count_fds();
}
