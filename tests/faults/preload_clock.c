/* Preloaded into the relay: its wall clock is off by as much as a file says, from now to now. */
/* SPDX-License-Identifier: MIT */
/*
 * PRELOAD_CLOCK names a file of eight bytes, a little-endian count of microseconds that is added to
 * CLOCK_REALTIME. The file is mapped, so a test that writes it steps the clock of all processes at
 * once, as NTP or an administrator would. CLOCK_MONOTONIC stays as it is.
 *
 * gcc -shared -fPIC -O1 -o preload_clock.so preload_clock.c
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_us;
static int (*real_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("PRELOAD_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    offset_us = mmap(NULL, sizeof(*offset_us), PROT_READ, MAP_SHARED, fd, 0);
    if (offset_us == MAP_FAILED)
        offset_us = NULL;
    close(fd);
}

static void shift(struct timespec *t)
{
    int64_t us = t->tv_sec * INT64_C(1000000) + t->tv_nsec / 1000 + (offset_us ? *offset_us : 0);

    t->tv_sec = us / 1000000;
    t->tv_nsec = us % 1000000 * 1000;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc;

    if (!real_gettime) /* other libraries' constructors come before ours */
        *(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    rc = real_gettime(id, t);
    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        shift(t);
    return rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_REALTIME, &now);

    (void)zone;
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return rc;
}

time_t time(time_t *out)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
