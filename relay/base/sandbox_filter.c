/* The lists, and seccomp(2) through libseccomp. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/sandbox_filter.h"

#include "relay/base/sanitizer.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#if defined(UNDER_SANITIZER) || defined(BUILT_WITH_SANITIZER)
enum { WIDE = 1 };
#else
enum { WIDE = 0 };
#endif

/* One string a purpose, names between spaces. Calls without a condition on their arguments cost
 * next to nothing: the kernel keeps a bitmap of them (5.11). All children: */
static const char *const common[] = {
    "brk munmap mremap madvise",                          /* malloc */
    "futex sched_yield sched_getaffinity sysinfo",        /* locks; malloc's arenas; qsort */
    "clock_gettime gettimeofday getrandom",               /* where the vDSO has none */
    "read pread64 write writev lseek close fcntl",        /* on what is open */
    "fstat newfstatat getdents64",                        /* the log's file, /proc/self/fd */
    "sendmsg recvmsg sendto",                             /* the link; journald's socket */
    "getsockopt getsockname poll ppoll getrusage",        /* counters, waiting */
    "clock_nanosleep nanosleep",                          /* libsrt; the journal's copier */
    "rt_sigprocmask rt_sigreturn restart_syscall",        /* signals; going on after a stop */
    "set_robust_list rseq getpid gettid exit exit_group", /* births and deaths */
};

/* libsrt's threads and sockets, the muxer's files. */
static const char *const worker[] = {"recvmmsg memfd_create"};

static const char *const front[] = {
    "accept4 epoll_wait epoll_pwait epoll_ctl recvfrom sendfile shutdown dup", /* viewers */
    "eventfd2",           /* a spare descriptor for when there are none */
    "pwrite64 fdatasync", /* the journal's file, opened before */
    "memfd_create",       /* a segment of two feeds (room/stitch.c) */
};

/* SQLite in its folder: the database, its write-ahead log, and the index of that, which is mapped.
 */
static const char *const store[] = {
    "openat unlink unlinkat rename renameat renameat2 ftruncate fallocate fsync fdatasync pwrite64",
    "access faccessat faccessat2 stat lstat readlink readlinkat statx",
    "fchmod fchown getuid geteuid memfd_create", /* owners of what it makes; the list of rooms */
};
/* A keyframe's file is read by pread; the picture's is made, sealed and given away. */
static const char *const picture[] = {"memfd_create setitimer"};

/* libcurl, GnuTLS, and the C library's resolver, which asks in threads: what they need of a
 * network, and files of which Landlock says which. */
static const char *const hooks[] = {
    "connect recvfrom sendmmsg recvmmsg getpeername setsockopt shutdown bind",  /* sockets */
    "socketpair pipe pipe2 eventfd2 epoll_create1 epoll_ctl epoll_wait",        /* waking */
    "openat stat lstat statx access faccessat faccessat2 readlink uname ioctl", /* the resolver */
    "rt_sigaction sigaltstack getuid geteuid getgid getegid dup",
};

/* What the sanitizers' run-time does, most of it only when it has found something to report. */
static const char *const wide[] = {
    "mmap mprotect clone clone3 fork vfork execve wait4 kill tgkill ptrace process_vm_readv",
    "pipe pipe2 dup2 dup3 open openat readlink readlinkat access faccessat stat lstat statx",
    "getcwd uname ioctl unlink rt_sigaction sigaltstack prctl arch_prctl setsockopt",
    "prlimit64 getrlimit setrlimit sched_setaffinity nanosleep clock_nanosleep socketpair",
    "getuid geteuid getgid getegid getppid set_tid_address get_robust_list select pselect6",
};

enum { NAME_BYTES = 32 };
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int allow(scmp_filter_ctx f, const char *name, unsigned conditions,
                 const struct scmp_arg_cmp *a, size_t *calls)
{
    int call = seccomp_syscall_resolve_name(name), rc;

    if (call < 0) /* not on this architecture, or not known to this libseccomp */
        return 0;
    ++*calls;
    rc = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, conditions, a);

    return rc == -EEXIST ? 0 : rc; /* in two of the lists */
}

static int allow_all(scmp_filter_ctx f, const char *const *lines, size_t count, size_t *calls)
{
    int rc = 0;

    for (size_t i = 0; i < count; i++)
        for (const char *p = lines[i]; *p && !rc; p += strspn(p, " ")) {
            char name[NAME_BYTES];
            size_t len = strcspn(p, " ");

            assert(len < sizeof(name));
            memcpy(name, p, len);
            name[len] = '\0';
            rc = allow(f, name, 0, NULL, calls);
            p += len;
        }
    return rc;
}

static struct scmp_arg_cmp is(unsigned argument, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};
}

static struct scmp_arg_cmp has(unsigned argument, scmp_datum_t mask, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){
        .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/* TCP and UDP, and the kernel's own list of addresses for the resolver. Of all else it hears that
 * there is none: a cache of names (nscd) on a local socket, a plug-in that it would have to map. */
static int allow_network(scmp_filter_ctx f, size_t *calls)
{
    static const int families[] = {AF_INET, AF_INET6, AF_NETLINK};
    const struct scmp_arg_cmp code = has(2, PROT_EXEC, PROT_EXEC), local = is(0, AF_UNIX);
    int rc = seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mmap), 1, &code);

    if (!rc)
        rc = seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, &local);
    for (size_t i = 0; i < COUNT(families) && !rc; i++) {
        const struct scmp_arg_cmp family = is(0, (scmp_datum_t)families[i]);

        rc = allow(f, "socket", 1, &family, calls);
    }
    return rc;
}

/* Calls of which only one use is let through. */
static int allow_some(scmp_filter_ctx f, enum sandbox_kind kind, size_t *calls)
{
    const struct scmp_arg_cmp no_code = has(2, PROT_EXEC, 0);
    const struct scmp_arg_cmp thread = has(0, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp set_name = is(0, PR_SET_NAME), get_name = is(0, PR_GET_NAME);
    /* abort(3), for a core to look at */
    const struct scmp_arg_cmp abort_own[] = {is(0, (scmp_datum_t)getpid()), is(2, SIGABRT)};
    /* OpenSSL, where the kernel has TLS (web/tls_context.h): the socket's layer, then its keys. All
     * else that TLS does is in the lists: read, write, and getrandom for keys that are drawn. */
    const struct scmp_arg_cmp layer[] = {is(1, IPPROTO_TCP), is(2, TCP_ULP)};
    const struct scmp_arg_cmp keys[] = {is(1, SOL_TLS)};
    /* HTTP/2: how much the kernel may have that the network has not (web/conn_h2.c) */
    const struct scmp_arg_cmp unsent[] = {is(1, IPPROTO_TCP), is(2, TCP_NOTSENT_LOWAT)};
    const struct scmp_arg_cmp linger[] = {is(1, SOL_SOCKET), is(2, SO_LINGER)};
    int rc = allow(f, "mmap", 1, &no_code, calls);

    if (!rc)
        rc = allow(f, "mprotect", 1, &no_code, calls);
    if (!rc && kind == SANDBOX_HOOKS)
        rc = allow_network(f, calls);
    if (!rc)
        rc = allow(f, "tgkill", COUNT(abort_own), abort_own, calls);
    if (!rc)
        rc = allow(f, "prctl", 1, &set_name, calls);
    if (!rc && kind == SANDBOX_FRONT)
        rc = allow(f, "setsockopt", COUNT(linger), linger, calls);
    if (!rc && kind == SANDBOX_FRONT)
        rc = allow(f, "setsockopt", COUNT(layer), layer, calls);
    if (!rc && kind == SANDBOX_FRONT)
        rc = allow(f, "setsockopt", COUNT(unsent), unsent, calls);
    if (!rc && kind == SANDBOX_FRONT)
        rc = allow(f, "setsockopt", COUNT(keys), keys, calls);
    if (rc || (kind != SANDBOX_WORKER && kind != SANDBOX_HOOKS))
        return rc;
    /* clone3's flags are in memory, where no filter can look: the C library falls back to clone */
    rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (!rc)
        rc = allow(f, "clone", 1, &thread, calls);
    return rc ? rc : allow(f, "prctl", 1, &get_name, calls);
}

static int build(scmp_filter_ctx f, enum sandbox_kind kind, size_t *calls)
{
    int rc = allow_all(f, common, COUNT(common), calls);

    if (!rc && kind == SANDBOX_WORKER)
        rc = allow_all(f, worker, COUNT(worker), calls);
    if (!rc && kind == SANDBOX_FRONT)
        rc = allow_all(f, front, COUNT(front), calls);
    if (!rc && kind == SANDBOX_STORE)
        rc = allow_all(f, store, COUNT(store), calls);
    if (!rc && kind == SANDBOX_HOOKS)
        rc = allow_all(f, hooks, COUNT(hooks), calls);
    if (!rc && kind == SANDBOX_PICTURE)
        rc = allow_all(f, picture, COUNT(picture), calls);
    if (!rc && WIDE)
        return allow_all(f, wide, COUNT(wide), calls);
    return rc ? rc : allow_some(f, kind, calls);
}

int sandbox_filter_load(enum sandbox_kind kind, size_t *calls)
{
    /* SIGSYS first, so that the process can say which call it was; a second one kills */
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
    int rc = f ? 0 : -ENOMEM;

    *calls = 0;
    if (!rc)
        rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
    /* The kernel's guard against speculation is for processes that run others' code and slows ours
     * (5.15 and older turn it on with seccomp); a binary tree where there is no bitmap. Both are
     * for speed alone: a libseccomp that does not know them does without. */
    if (!rc) {
        (void)seccomp_attr_set(f, SCMP_FLTATR_CTL_SSB, 1);
        (void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        rc = build(f, kind, calls);
    }
    if (!rc)
        rc = seccomp_load(f);
    if (f)
        seccomp_release(f);
    return rc;
}

bool sandbox_filter_is_wide(void)
{
    return WIDE;
}
