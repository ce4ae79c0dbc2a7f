/* LD_PRELOAD: the nth call of a kind fails in one process, or the wall clock steps, as ordered. */
/* SPDX-License-Identifier: MIT */
/*
 * FAILING_ORDERS names a file of struct orders, mapped shared: the test writes its orders there at
 * any time, and reads back how often the call was made. One process, and from `armed` on: a start
 * that fails is another test's. The other side: tests/faults/lib/failing.mjs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum call {
    CALL_NONE,
    CALL_MALLOC,
    CALL_WRITE,
    CALL_SHORT_WRITE,
    CALL_ACCEPT,
    CALL_MEMFD,
    CALL_PWRITE,
    CALL_SLOW_PWRITE, /* succeeds, 5 s later */
};

struct orders {
    _Atomic uint32_t armed, call, pid, error; /* in the order that failing.mjs writes */
    _Atomic uint64_t first, count; /* these calls fail: first .. first + count - 1, from 1 */
    _Atomic uint64_t seen, failed;
    _Atomic int64_t wall_us; /* how much CLOCK_REALTIME is ahead, in all processes */
};

static struct orders *orders;

__attribute__((constructor)) static void map_orders(void)
{
    const char *path = getenv("FAILING_ORDERS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at;

    if (fd < 0)
        return;
    at = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED)
        orders = at;
}

static int fails(enum call call)
{
    uint64_t n;

    if (!orders || !orders->armed || orders->call != call || orders->pid != (uint32_t)getpid())
        return 0;
    n = atomic_fetch_add(&orders->seen, 1) + 1;
    if (n < orders->first || n - orders->first >= orders->count)
        return 0;
    atomic_fetch_add(&orders->failed, 1);
    errno = (int)orders->error;
    return 1;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

void *malloc(size_t size)
{
    return fails(CALL_MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(CALL_MALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails(CALL_MALLOC) ? NULL : __libc_realloc(p, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    if (fails(CALL_MALLOC))
        return ENOMEM;
    *out = __libc_memalign(align, size);
    return *out ? 0 : ENOMEM;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    static ssize_t (*real)(int, const void *, size_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (fd > 2 && len > 8 && fails(CALL_WRITE))
        return -1;
    if (fd > 2 && len > 8 && fails(CALL_SHORT_WRITE))
        len /= 2;
    return real(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    const struct timespec while_stalled = {.tv_sec = 5};

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    if (fails(CALL_PWRITE))
        return -1;
    if (fails(CALL_SLOW_PWRITE))
        nanosleep(&while_stalled, NULL);
    return real(fd, bytes, len, at);
}

int accept4(int fd, struct sockaddr *a, socklen_t *len, int flags)
{
    static int (*real)(int, struct sockaddr *, socklen_t *, int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "accept4");
    return fails(CALL_ACCEPT) ? -1 : real(fd, a, len, flags);
}

int memfd_create(const char *name, unsigned flags)
{
    static int (*real)(const char *, unsigned);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "memfd_create");
    return fails(CALL_MEMFD) ? -1 : real(name, flags);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    int64_t ns;
    int rc;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    rc = real(clock, out);
    if (rc || clock != CLOCK_REALTIME || !orders || !orders->wall_us)
        return rc;
    ns = (int64_t)out->tv_sec * 1000000000 + out->tv_nsec + orders->wall_us * 1000;
    out->tv_sec = ns / 1000000000;
    out->tv_nsec = ns % 1000000000;
    return 0;
}
