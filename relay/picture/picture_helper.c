/* Asked, it answers; the supervisor sees its pulse meanwhile. */
/* SPDX-License-Identifier: MIT */
#include "relay/picture/picture_helper.h"

#include "relay/base/log.h"
#include "relay/base/oom_score.h"
#include "relay/base/pulse.h"
#include "relay/base/sandbox.h"
#include "relay/base/sandbox_filter.h"
#include "relay/picture/picture_job.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CTX "picture"

enum {
    ROUND_MS = 250,
    NICE = 19,
    MEMORY_BYTES = 768 << 20, /* an 8K picture with all that decoders keep of it takes a third */
    KEPT_BYTES = 64 << 20,
};

static uint64_t cpu_us(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t))
        return 0;
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* SIGPROF ends the process; 0: no alarm. */
static void alarm_after(long us)
{
    const struct itimerval t = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};

    setitimer(ITIMER_PROF, &t, NULL);
}

/* One turn; false: the link is of no use any more. */
static bool take_turn(int link, int *exit_code)
{
    struct picture_answer answer;
    struct picture_ask ask;
    int fds[PICTURE_ASK_FDS], jpeg, rc = picture_ask_receive(link, &ask, fds);

    if (rc == -EAGAIN)
        return true;
    *exit_code = rc == 0 ? 0 : 1;
    if (rc != 1)
        return false;
    pulse_doing("a picture of", ask.room);
    alarm_after(PICTURE_CPU_US);
    jpeg = picture_job_do(&ask, fds, &answer);
    alarm_after(0);
    pulse_doing("waiting", NULL);
    for (int i = 0; i < PICTURE_ASK_FDS; i++)
        close(fds[i]);
    answer.cpu_us = cpu_us();
    rc = picture_answer_send(link, &answer, jpeg);
    if (jpeg >= 0)
        close(jpeg);
    *exit_code = rc == -EPIPE ? 0 : 1;
    return rc == 0;
}

static void limit_memory(void)
{
    const struct rlimit most = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};

    if (!sandbox_filter_is_wide() && setrlimit(RLIMIT_DATA, &most)) /* sanitizers map terabytes */
        log_warn(CTX, "memory_not_limited");
}

/* Each picture needs the same few megabytes again: given back to the kernel in between, they cost a
 * tenth of all the time in page faults. */
static void keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

int picture_helper_run(const struct config *c, int link)
{
    int exit_code = 0;

    if (setpriority(PRIO_PROCESS, 0, NICE))
        log_warn(CTX, "priority_not_lowered");
    signal(SIGPROF, SIG_DFL);
    oom_score_raise(OOM_SCORE_PICTURE);
    limit_memory();
    keep_memory();
    snapshot_quiet();
    sandbox_prepare(c->isolation.sandbox);
    sandbox_enter(SANDBOX_PICTURE, CTX);
    log_info(CTX, "ready pid=%d", (int)getpid());
    do {
        struct pollfd p = {.fd = link, .events = POLLIN};

        pulse_beat();
        poll(&p, 1, ROUND_MS);
    } while (take_turn(link, &exit_code));
    return exit_code;
}
