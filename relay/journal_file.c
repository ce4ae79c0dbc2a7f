/* Opening, mapping and copying the journal. */
/* SPDX-License-Identifier: MIT */
#include "relay/journal_file.h"

#include "relay/base/log.h"
#include "relay/base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CTX "journal"

/* Turns are of COPY_NS. */
enum { COPY_NS = 100000000, SYNC_TURNS = 50, SAY_TURNS = 600, RETRIES = 50 };

static const char name[] = "rooms.journal";

/* Held by all who inherit the descriptor; those of a relay that was killed may still be going. */
static int lock(int fd)
{
    for (int i = 0; i < RETRIES && flock(fd, LOCK_EX | LOCK_NB); i++) {
        if (errno != EWOULDBLOCK)
            return -errno;
        nanosleep(&(struct timespec){.tv_nsec = COPY_NS}, NULL);
    }
    return flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
}

/* A regular file of ours that nobody else can change or links to; others may write in /dev/shm. */
static int open_own(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), rc = 0;
    struct stat st;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st))
        rc = -errno;
    else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
        rc = -EPERM;
    else
        rc = lock(fd);
    if (rc) {
        close(fd);
        return rc;
    }
    return fd;
}

static int take_blocks(int fd, off_t bytes)
{
    int rc;

    do /* a signal ends it, on tmpfs */
        rc = fallocate(fd, 0, 0, bytes);
    while (rc && errno == EINTR);
    return rc;
}

static int map(struct journal_file *f, int fd)
{
    struct journal_table *table;

    /* A page of a file that has no block and gets none, because its file system is full, is a
     * SIGBUS for whoever touches it: all of them are had before the first is touched. */
    if (ftruncate(fd, (off_t)sizeof(*table)) || take_blocks(fd, (off_t)sizeof(*table)))
        return -errno;
    table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (table == MAP_FAILED)
        return -errno;
    f->memory = fd;
    journal_bind(&f->journal, table);
    return 0;
}

/* Memory that nobody else sees. */
static void open_memory(struct journal_file *f)
{
    int fd = memfd_create("roomcast-journal", MFD_CLOEXEC);
    int rc = fd < 0 ? -errno : map(f, fd);

    if (!rc)
        return;
    log_warn(CTX, "none why=\"%s\"", strerror(-rc));
    if (fd >= 0)
        close(fd);
}

/* A short or foreign file reads as a table of another layout, and has nothing to say. False: it
 * said nothing new. */
static bool merge(struct journal_file *f, int fd, const char *path)
{
    struct journal_table *other = calloc(1, sizeof(*other));
    bool newer = false;

    if (!other || !f->journal.table || pread(fd, other, sizeof(*other), 0) < 0)
        log_warn(CTX, "unreadable file=%s why=\"%s\"", path, strerror(errno));
    else
        newer = journal_merge(&f->journal, other);
    free(other);
    return newer;
}

/* One that may be read although it cannot be written: nobody else has had a hand in it. */
static int open_believable(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
        (st.st_uid == geteuid() || st.st_uid == 0) && !(st.st_mode & (S_IWGRP | S_IWOTH)))
        return fd;
    close(fd);
    return -1;
}

/* In the machine's memory. */
static void open_shared(struct journal_file *f, const char *path)
{
    int fd = open_own(path), rc = fd < 0 ? fd : map(f, fd);

    if (!rc) {
        log_info(CTX, "kept file=%s until=reboot", path);
        return;
    }
    log_warn(CTX, "not_kept file=%s why=\"%s\" what=\"numbers go on by the clock alone\"", path,
             strerror(-rc));
    open_memory(f);
    if (fd < 0)
        return;
    merge(f, fd, path);
    close(fd);
}

/* What cannot be written can still be read, and what happens meanwhile is kept in memory. */
static void open_unwritable(struct journal_file *f, const char *path, const char *shared)
{
    int fd = open_believable(path);

    log_error(CTX, "not_kept file=%s why=\"%s\" what=\"memory keeps the numbers instead\"", path,
              strerror(-f->disk));
    f->disk = -1;
    open_shared(f, shared);
    if (fd < 0)
        return;
    merge(f, fd, path);
    close(fd);
}

/* What was kept while the disk could not be written; it goes once a start finds all of it there. */
static void take_back(struct journal_file *f, const char *shared)
{
    int fd = open_own(shared);

    if (fd < 0)
        return;
    if (!merge(f, fd, shared))
        unlink(shared);
    close(fd);
}

static void open_disk(struct journal_file *f, const char *dir, const char *shared)
{
    char path[4096];
    int rc = 0;

    if (mkdir(dir, 0750) && errno != EEXIST)
        rc = -errno;
    snprintf(path, sizeof(path), "%.3900s/%s", dir, name);
    f->disk = rc ? rc : open_own(path);
    if (f->disk < 0) {
        open_unwritable(f, path, shared);
        return;
    }
    log_info(CTX, "kept file=%s", path);
    /* What is ours already cannot be missing when the disk is full later. */
    if (take_blocks(f->disk, (off_t)sizeof(struct journal_table)) && errno == ENOSPC)
        log_warn(CTX, "disk_full file=%s bytes=%zu what=\"kept as far as there is room\"", path,
                 sizeof(struct journal_table));
    open_memory(f);
    merge(f, f->disk, path);
    if (access(shared, F_OK) == 0)
        take_back(f, shared);
}

void journal_file_open(struct journal_file *f, const struct config *c, uint16_t srt_port)
{
    const char *dir = c->state.dir, *by_systemd = getenv("STATE_DIRECTORY");
    char shared[64];

    *f = (struct journal_file){.memory = -1, .disk = -1};
    snprintf(shared, sizeof(shared), "/dev/shm/roomcast-%u-%u", (unsigned)geteuid(), srt_port);
    if (strcmp(dir, "auto") == 0 && by_systemd && by_systemd[0] == '/')
        dir = by_systemd;
    if (dir[0] == '/' || dir[0] == '.')
        open_disk(f, dir, shared);
    else if (strcmp(dir, "auto") == 0)
        open_shared(f, shared);
    else
        open_memory(f);
}

int journal_file_adopt(struct journal_file *f, int memory, int disk)
{
    *f = (struct journal_file){.memory = -1, .disk = disk};
    return memory >= 0 ? map(f, memory) : 0;
}

void journal_file_forget(struct journal_file *f)
{
    if (f->journal.table)
        munmap(f->journal.table, sizeof(*f->journal.table));
    f->journal = (struct journal){0};
    if (f->memory >= 0)
        close(f->memory);
    if (f->disk >= 0)
        close(f->disk);
    f->memory = f->disk = -1;
}

struct journal *journal_file_journal(struct journal_file *f)
{
    return f->journal.table ? &f->journal : NULL;
}

struct copier {
    const volatile uint64_t *changes; /* of the table, which the control thread writes */
    const struct journal_table *table;
    uint64_t seen[JOURNAL_SLOTS / JOURNAL_GROUP]; /* changes that stand on the disk */
    int disk;
    int error;         /* of this turn's writes; 0: all went well */
    bool failed;       /* so it was said ... */
    unsigned say_turn; /* ... and from this turn on it may be said again */
};

static bool write_at(struct copier *c, const void *from, size_t len)
{
    off_t at = (off_t)((const char *)from - (const char *)c->table);
    ssize_t n = pwrite(c->disk, from, len, at);

    if (n != (ssize_t)len)
        c->error = n < 0 ? errno : ENOSPC;
    return n == (ssize_t)len;
}

/* A record that changes under our hands is torn on the disk, and its other copy is whole. */
static void copy_changes(struct copier *c)
{
    const size_t bytes = JOURNAL_GROUP * sizeof(struct journal_slot);

    for (size_t i = 0; i < JOURNAL_SLOTS / JOURNAL_GROUP; i++) {
        uint64_t changes = c->changes[i];

        if (changes != c->seen[i] && write_at(c, &c->table->slots[i * JOURNAL_GROUP], bytes))
            c->seen[i] = changes;
    }
}

/* Somebody may take the file away; who is inside a sandbox cannot make it anew. */
static void sync_disk(struct copier *c)
{
    struct stat st;

    if (fdatasync(c->disk)) { /* what was written before may be nowhere now */
        c->error = errno;
        memset(c->seen, 0, sizeof(c->seen));
    } else if (fstat(c->disk, &st) == 0 && st.st_nlink == 0)
        c->error = ENOENT;
}

/* A disk that is sick for an hour is worth a line a minute. */
static void say_how(struct copier *c, unsigned turn)
{
    if (c->error && (!c->failed || turn >= c->say_turn)) {
        log_warn(CTX, "not_written why=\"%s\" what=\"tried again; the rooms do not wait for it\"",
                 strerror(c->error));
        c->say_turn = turn + SAY_TURNS;
        c->failed = true;
    }
}

static void *run_copier(void *arg)
{
    struct copier *c = arg;
    const struct timespec pause = {.tv_nsec = COPY_NS};
    bool begun = false;

    for (unsigned turn = 0;; turn++) {
        c->error = 0;
        begun = begun || write_at(c, c->table, offsetof(struct journal_table, slots));
        copy_changes(c);
        if (turn % SYNC_TURNS == 0) {
            sync_disk(c);
            if (c->failed && !c->error) {
                c->failed = false;
                log_info(CTX, "written_again");
            }
        }
        say_how(c, turn);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

void journal_file_copy(struct journal_file *f)
{
    struct copier *c;
    pthread_t id;

    if (f->disk < 0 || !f->journal.table)
        return;
    c = calloc(1, sizeof(*c));
    if (c) {
        c->table = f->journal.table;
        c->changes = f->journal.table->changes;
        c->disk = f->disk;
    }
    if (!c || thread_start(&id, "journal", run_copier, c))
        log_error(CTX, "no_copy why=\"no memory\" what=\"the disk keeps what it has\"");
}
