/* Every byte once and in order, however little the socket takes and whatever goes meanwhile. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/seals.h"
#include "relay/web/outgoing.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { HEAD = 300, TEXT = 200000, BLOB = 1500000, AT = 12345 };

struct wire {
    int out, in;
    char *got;
    size_t len;
};

static void wire_open(struct wire *w)
{
    int fds[2];
    const int small = 8192;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    *w = (struct wire){.out = fds[0], .in = fds[1], .got = malloc(HEAD + TEXT + BLOB)};
}

static void wire_read(struct wire *w)
{
    ssize_t n = recv(w->in, w->got + w->len, HEAD + TEXT + BLOB - w->len, 0);
    w->len += n > 0 ? (size_t)n : 0;
}

static void wire_close(struct wire *w)
{
    close(w->out);
    close(w->in);
    free(w->got);
}

static char *letters(size_t n, unsigned seed)
{
    char *t = malloc(n);
    for (size_t i = 0; i < n; i++)
        t[i] = (char)('a' + (i * 7 + seed + i / 26) % 26);
    return t;
}

static struct blob *letters_blob(bool sealed)
{
    struct blob *b;
    char *t = letters(BLOB, 9);
    int fd = memfd_create("letters", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(write(fd, t, BLOB), BLOB);
    if (sealed)
        assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALS), 0);
    free(t);
    assert_int_equal(blob_new(&b, fd, BLOB, "\"t\""), 0);
    return b;
}

/* Sends all of it through a narrow wire, with this budget a turn. The memory that was lent goes
 * bad as soon as it may. */
static void send_all(struct wire *w, struct reply *reply, size_t budget)
{
    struct outgoing o;
    char *head = letters(HEAD, 1);
    outgoing_set(&o, head, HEAD, reply);
    assert_int_equal(outgoing_left(&o), HEAD + reply->text_len + reply->blob_len);
    int rc;
    bool first = true;
    do {
        size_t left = budget;
        uint64_t before = outgoing_left(&o);
        rc = outgoing_push(&o, w->out, &left);
        assert_true(before - outgoing_left(&o) >= budget - left);
        assert_true(rc == 0 || rc == -EAGAIN || (rc == -EBUSY && left == 0));
        if (first) {
            assert_int_equal(outgoing_keep(&o), 0);
            memset(head, '!', HEAD);
        }
        if (first && reply->text && !reply->body)
            memset((void *)(uintptr_t)reply->text, '!', reply->text_len);
        first = false;
        wire_read(w);
    } while (rc != 0);
    for (size_t before = w->len - 1; before != w->len; wire_read(w))
        before = w->len;
    outgoing_fini(&o);
    assert_int_equal(outgoing_left(&o), 0);
    free(head);
}

static void expect_letters(const char *got, size_t n, unsigned seed, size_t offset)
{
    char *want = letters(offset + n, seed);
    assert_memory_equal(got, want + offset, n);
    free(want);
}

static void test_text(void **state)
{
    (void)state;
    for (int owned = 0; owned < 2; owned++) {
        for (size_t budget = 100; budget <= 1 << 20; budget *= 32) {
            struct wire w;
            struct body *b = NULL;
            char *text = letters(TEXT, 5);
            struct reply reply = {.text = text, .text_len = TEXT};
            wire_open(&w);
            if (owned) {
                assert_int_equal(body_new(&b, "t", text, TEXT, false, 1, 1), 0);
                reply.body = b;
                reply.text = b->plain;
            }
            send_all(&w, &reply, budget);
            assert_int_equal(w.len, HEAD + TEXT);
            expect_letters(w.got, HEAD, 1, 0);
            expect_letters(w.got + HEAD, TEXT, 5, 0);
            body_unref(&b);
            free(text);
            wire_close(&w);
        }
    }
}

static bool is_mapped(void)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        found = found || strstr(line, "memfd:letters");
    fclose(maps);
    return found;
}

/* A range of it, in turns of these sizes; did it leave by the blob's mapping? */
static bool send_range_of(bool sealed, size_t at, size_t len)
{
    struct blob *b = letters_blob(sealed);
    for (size_t budget = 1000; budget <= 1 << 21; budget *= 10) {
        struct wire w;
        struct reply reply = {.blob = b, .blob_at = at, .blob_len = len};
        wire_open(&w);
        send_all(&w, &reply, budget);
        assert_int_equal(w.len, HEAD + len);
        expect_letters(w.got, HEAD, 1, 0);
        expect_letters(w.got + HEAD, len, 9, at);
        wire_close(&w);
    }
    bool by_mapping = is_mapped();
    blob_unref(&b);
    assert_int_equal(blob_count(), 0);
    assert_false(is_mapped());
    return by_mapping;
}

static void test_blob(void **state)
{
    (void)state;
    assert_false(send_range_of(true, AT, BLOB - AT - 1));
    assert_false(send_range_of(true, AT, OUTGOING_MAP_MIN - 1));
    assert_true(send_range_of(true, AT, OUTGOING_MAP_MIN));
    assert_true(send_range_of(true, 0, OUTGOING_MAP_MAX));
    assert_false(send_range_of(true, 0, OUTGOING_MAP_MAX + 1));
}

/* One that could become shorter is never read in memory: that would end the process. */
static void test_unsealed_blob(void **state)
{
    (void)state;
    assert_false(send_range_of(false, AT, OUTGOING_MAP_MIN));
}

/* Frames by turns with ranges of two blobs, and a frame behind them. */
static void gather_pieces(struct pieces *p, struct blob *const b[2])
{
    for (int i = 0; i < PIECES_MAX; i++) {
        size_t len = 16375 - (size_t)i;
        pieces_add(p, 9, b[i % 2], blob_view(b[i % 2], (uint64_t)i * 50000, len), len);
        assert_int_equal(pieces_are_full(p), i == PIECES_MAX - 1);
    }
    pieces_end(p, HEAD - 9 * PIECES_MAX);
}

static void expect_pieces(const struct wire *w)
{
    size_t at = 0;
    for (size_t i = 0; i < PIECES_MAX; i++) {
        char *head = letters(HEAD, 1);
        assert_memory_equal(w->got + at, head + i * 9, 9);
        free(head);
        expect_letters(w->got + at + 9, 16375 - i, 9, i * 50000);
        at += 9 + 16375 - i;
    }
    char *head = letters(HEAD, 1);
    assert_memory_equal(w->got + at, head + 9 * PIECES_MAX, HEAD - 9 * PIECES_MAX);
    free(head);
    at += HEAD - 9 * PIECES_MAX;
    expect_letters(w->got + at, 16375, 9, 700000); /* and sendfile's */
    assert_int_equal(w->len, at + 16375);
}

static void send_pieces_with(size_t budget)
{
    struct wire w;
    struct pieces shared = {0};
    struct blob *b[2] = {letters_blob(true), letters_blob(true)};
    char *head = letters(HEAD, 1);
    struct outgoing o = {.head = head,
                         .head_len = HEAD,
                         .pieces = &shared,
                         .blob = blob_ref(b[0]),
                         .blob_at = 700000,
                         .blob_len = 16375};
    int rc;
    wire_open(&w);
    gather_pieces(&shared, b);
    for (size_t i = 0; i < PIECES_MAX; i++)
        o.blob_len += shared.list[i].len;
    blob_unref(&b[0]); /* the room has them no more */
    blob_unref(&b[1]);
    do {
        size_t left = budget;
        rc = outgoing_push(&o, w.out, &left);
        assert_true(rc == 0 || rc == -EAGAIN || (rc == -EBUSY && left == 0));
        if (rc != 0) {
            assert_int_equal(outgoing_keep(&o), 0);
            memset(head, '!', HEAD);
            memset(&shared, 0, sizeof shared);
        }
        wire_read(&w);
    } while (rc != 0);
    for (size_t before = w.len - 1; before != w.len; wire_read(&w))
        before = w.len;
    assert_int_equal(outgoing_left(&o), 0);
    outgoing_fini(&o);
    expect_pieces(&w);
    wire_close(&w);
    free(head);
    assert_int_equal(blob_count(), 0);
}

static void test_pieces(void **state)
{
    (void)state;
    for (size_t budget = 5; budget <= 1 << 20; budget *= 7)
        send_pieces_with(budget);
}

/* What is given up in the middle gives every reference back. */
static void test_pieces_given_up(void **state)
{
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        struct wire w;
        struct pieces shared = {0};
        struct blob *b[2] = {letters_blob(true), letters_blob(true)};
        char *head = letters(HEAD, 1);
        struct outgoing o = {.head = head, .head_len = HEAD, .pieces = &shared};
        size_t budget = 20000;
        wire_open(&w);
        gather_pieces(&shared, b);
        for (size_t i = 0; i < PIECES_MAX; i++)
            o.blob_len += shared.list[i].len;
        assert_int_not_equal(outgoing_push(&o, w.out, &budget), 0);
        if (kept)
            assert_int_equal(outgoing_keep(&o), 0);
        outgoing_fini(&o);
        assert_int_equal(shared.count, 0);
        assert_int_equal(blob_count(), 2);
        blob_unref(&b[0]);
        blob_unref(&b[1]);
        assert_int_equal(blob_count(), 0);
        wire_close(&w);
        free(head);
    }
}

/* A file shorter than its blob says, and a viewer that is gone, are errors and not endless loops.
 */
static void test_trouble(void **state)
{
    struct wire w;
    struct outgoing o;
    struct blob *b = letters_blob(false);
    struct reply reply = {.blob = b, .blob_len = OUTGOING_MAP_MIN};
    size_t budget = 1 << 20;
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* an HTTP thread has it blocked */
    wire_open(&w);
    assert_int_equal(ftruncate(b->fd, 0), 0);
    outgoing_set(&o, "head", 4, &reply);
    assert_int_equal(outgoing_push(&o, w.out, &budget), -EIO);
    outgoing_fini(&o);
    shutdown(w.in, SHUT_RDWR);
    outgoing_set(&o, "head", 4, &reply);
    assert_int_equal(outgoing_push(&o, w.out, &budget), -EPIPE);
    outgoing_fini(&o);
    wire_close(&w);
    blob_unref(&b);
    assert_int_equal(blob_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_blob),
        cmocka_unit_test(test_unsealed_blob),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_pieces_given_up),
        cmocka_unit_test(test_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
