/* Made-up files as a worker would hand them over, and how many descriptors are open. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_DESCRIPTORS_H
#define TESTS_UNIT_ROOM_DESCRIPTORS_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static inline unsigned stage_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* A file of len bytes that begins with text. */
static inline int stage_bytes(const char *text, size_t len)
{
    int fd = memfd_create("made-up", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal((ssize_t)strlen(text), write(fd, text, strlen(text)));
    assert_int_equal(0, ftruncate(fd, (off_t)len));
    return fd;
}

#endif
