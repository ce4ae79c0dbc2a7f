/* Preloaded into the relay: makes one worker do once what a hole in it could make it do. */
/* SPDX-License-Identifier: MIT */
/*
 * It obeys the first byte of the file that SABOTAGE names, mapped before any sandbox. n, which
 * stays: no worker's libsrt starts. In srt_epoll_uwait, which a worker's loop calls every few
 * milliseconds, and once: l loops for ever, c crashes, any other does what its line below says;
 * whichever worker sees the byte first takes it. The front's HTTP threads have the same in recv(2),
 * for the bytes L (loop) and O (open).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic char *order;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SABOTAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *page = fd >= 0 ? mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    order = page == MAP_FAILED ? NULL : page;
    if (fd >= 0)
        close(fd);
}

static char take(const char *mine)
{
    char now = order ? atomic_load(order) : 0;

    if (!now || !strchr(mine, now) || !atomic_compare_exchange_strong(order, &now, 0))
        return 0;
    return now;
}

static void obey(char what)
{
    static char path[] = "/bin/true";
    static char *arguments[] = {path, NULL};

    if (what == 'l' || what == 'L')
        for (volatile int forever = 1; forever;)
            continue;
    if (what == 'c')
        abort();
    if (what == 'o' || what == 'O')
        (void)!open("/etc/hostname", O_RDONLY);
    if (what == 's')
        (void)!socket(AF_INET, SOCK_STREAM, 0);
    if (what == 'e')
        execv(path, arguments);
    if (what == 'f')
        (void)!fork();
    if (what == 'x')
        (void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
}

int srt_startup(void)
{
    static int (*next)(void);

    if (order && atomic_load(order) == 'n')
        return -1;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "srt_startup");
    return next();
}

int srt_epoll_uwait(int id, void *events, int size, int64_t wait_ms)
{
    static int (*next)(int, void *, int, int64_t);

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "srt_epoll_uwait");
    obey(take("lcosefx"));
    return next(id, events, size, wait_ms);
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
    static ssize_t (*next)(int, void *, size_t, int);

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "recv");
    obey(take("LO"));
    return next(fd, to, size, flags);
}
