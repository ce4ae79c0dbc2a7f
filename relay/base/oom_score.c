/* The score of this process. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/oom_score.h"

#include "relay/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCORE_MAX = 1000 };

void oom_score_raise(int by)
{
    char text[16] = "";
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    if (read(fd, text, sizeof(text) - 1) > 0) {
        int score = (int)strtol(text, NULL, 10) + by;

        if (score > SCORE_MAX)
            score = SCORE_MAX;
        if (pwrite(fd, text, (size_t)snprintf(text, sizeof(text), "%d", score), 0) < 0)
            log_debug("oom", "score_not_raised by=%d", by);
    }
    close(fd);
}
