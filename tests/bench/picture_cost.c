/* What one picture costs the helper: the same keyframe over and over, as the helper does it. */
/* SPDX-License-Identifier: MIT */
/*
 * usage: picture_cost INIT.mp4 SEGMENT.m4s [TIMES]
 * Both as the relay serves them. stdout, one line: times=N cpu_us=MEAN jpeg_bytes=N size=WxH
 */
#include "relay/picture/picture_job.h"

#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int open_file(const char *path, uint32_t *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) || st.st_size > UINT32_MAX) {
        perror(path);
        exit(1);
    }
    *bytes = (uint32_t)st.st_size;
    return fd;
}

static uint64_t cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    struct picture_ask ask = {.number = 1};
    struct picture_answer a = {0};
    int fds[PICTURE_ASK_FDS], times = argc > 3 ? atoi(argv[3]) : 100;
    uint64_t began;

    if (argc < 3 || times < 1) {
        fputs("usage: picture_cost INIT.mp4 SEGMENT.m4s [TIMES]\n", stderr);
        return 2;
    }
    fds[PICTURE_ASK_INIT] = open_file(argv[1], &ask.init_bytes);
    fds[PICTURE_ASK_SEGMENT] = open_file(argv[2], &ask.bytes);
    mallopt(M_MMAP_THRESHOLD, 64 << 20); /* as the helper does */
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    snapshot_quiet();
    began = cpu_us();
    for (int i = 0; i < times; i++) {
        int jpeg = picture_job_do(&ask, fds, &a);

        if (jpeg < 0) {
            fprintf(stderr, "picture_cost: no picture, result %" PRIu32 "\n", a.result);
            return 1;
        }
        close(jpeg);
    }
    printf("times=%d cpu_us=%" PRIu64 " jpeg_bytes=%" PRIu32 " size=%" PRIu32 "x%" PRIu32 "\n",
           times, (cpu_us() - began) / (uint64_t)times, a.bytes, a.width, a.height);
    return 0;
}
