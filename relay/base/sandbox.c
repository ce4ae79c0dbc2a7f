/* Privileges, capabilities and the signal that a denied call raises. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/sandbox.h"

#include "relay/base/landlock.h"
#include "relay/base/log.h"
#include "relay/base/pulse.h"
#include "relay/base/sandbox_filter.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool on, lost_capabilities;
    int landlock; /* its version; below 1: why not */
} state;

/* Keeps of what it has what is in `mask`, and nothing on top that a new program could bring. */
static bool keep_capabilities(uint64_t mask)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    if (syscall(SYS_capget, &head, data))
        return false;
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(mask >> (32 * i));
        data[i].effective &= data[i].permitted;
        data[i].inheritable = 0;
    }
    return syscall(SYS_capset, &head, data) == 0;
}

static void drop_bounding_set(void)
{
    for (unsigned long c = 0; c < 64; c++)
        if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0)) /* EINVAL: the last one; EPERM: not root's */
            return;
}

static void limit(int what)
{
    const struct rlimit none = {0};

    setrlimit((__rlimit_resource_t)what, &none);
}

void sandbox_prepare(bool on)
{
    sandbox_prepare_in(on, NULL);
}

void sandbox_prepare_in(bool on, const char *folder)
{
    const struct landlock_left left = {.folder = folder};

    sandbox_prepare_but(on, &left);
}

void sandbox_prepare_but(bool on, const struct landlock_left *left)
{
    state.on = on;
    if (!on)
        return;
    tzset(); /* gmtime_r reads the time zone's file when it is first called */
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit(RLIMIT_MEMLOCK);
    limit(RLIMIT_MSGQUEUE);
    drop_bounding_set();
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    state.lost_capabilities = keep_capabilities(UINT64_C(1) << CAP_NET_ADMIN);
    /* a sanitizer's report reads /proc and runs a symbolizer */
    state.landlock = sandbox_filter_is_wide() ? -ENOTSUP : landlock_give_up_all_but(left);
}

/* What the C library opens of its own accord, at moments that nobody chooses, and does without: a
 * thread's heap that shrinks for the first time (malloc), a count of processors, a time zone whose
 * file was replaced. */
static bool own_accord(const char *path)
{
    static const char *const known[] = {
        "/proc/sys/vm/overcommit_memory",
        "/sys/devices/system/cpu/online",
        "/etc/localtime",
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(path, known[i]) == 0)
            return true;
    return false;
}

/* Answers such a call with EACCES, as the kernel would have. seccomp(2): the handler finds the
 * registers as the call left them, and its result is what stands in the one for it. */
static bool answer_own_accord(int call, ucontext_t *u)
{
#if defined(__x86_64__)
    greg_t *r = u->uc_mcontext.gregs;

    if (call != SYS_openat || !own_accord((const char *)r[REG_RSI]))
        return false;
    r[REG_RAX] = -EACCES;
    return true;
#elif defined(__aarch64__)
    __u64 *r = u->uc_mcontext.regs;

    if (call != SYS_openat || !own_accord((const char *)r[1]))
        return false;
    r[0] = (__u64)-EACCES;
    return true;
#else
    (void)call, (void)u;
    return false;
#endif
}

/* SIGSYS is blocked while this runs, so a call that is on no list ends the process, whatever has
 * become of it. */
static void on_denied(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (answer_own_accord(info->si_syscall, context))
        return;
    pulse_denied(info->si_syscall);
    syscall(SYS_personality, UINT32_MAX);
    _exit(128 + SIGSYS);
}

static bool catch_denied(void)
{
    struct sigaction a = {.sa_sigaction = on_denied, .sa_flags = SA_SIGINFO};

    return sigaction(SIGSYS, &a, NULL) == 0;
}

void sandbox_enter(enum sandbox_kind kind, const char *log_name)
{
    size_t calls = 0;
    char landlock[64];
    int rc;

    if (!state.on) {
        log_warn(log_name, "sandbox=OFF what=\"isolation.sandbox is false: nothing stands between "
                           "a hole in this process and the machine\"");
        return;
    }
    state.lost_capabilities &= keep_capabilities(0);
    rc = catch_denied() ? sandbox_filter_load(kind, &calls) : -errno;
    if (state.landlock > 0)
        snprintf(landlock, sizeof(landlock), "%d", state.landlock);
    else
        snprintf(landlock, sizeof(landlock), "no (%s)", strerror(-state.landlock));
    if (rc)
        log_warn(log_name, "sandbox_weak seccomp=no why=\"%s\" landlock=\"%s\"", strerror(-rc),
                 landlock);
    else
        log_info(log_name, "sandbox seccomp=%zu_calls landlock=\"%s\" capabilities=%s%s", calls,
                 landlock, state.lost_capabilities ? "none" : "kept",
                 sandbox_filter_is_wide() ? " widened=\"built with a sanitizer\"" : "");
}

void sandbox_call_name(int call, char *out, size_t size)
{
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

    snprintf(out, size, "%s", name ? name : "unknown");
    free(name);
}
