/* HTTP/2 over TLS with a real server: what is no data is read in turns, what waits stays whole. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/h2.h"
#include "tests/unit/relay/web/secure_site.h"
#include "tests/unit/relay/web/stage.h"

#include <nghttp2/nghttp2.h>
#include <signal.h>

enum { MANY = 100, FRAME_MAX = 16384 };

static void open_secure(void)
{
    struct config c = secure_config();
    secure_site_open(&site, &c, NULL, 0);
    site_show(&site, "plain");
    AWAIT(&site, stats, stats.connections_open == 0);
}

/* A slow one has a small socket, and small records (RFC 6066 section 4): one write makes many. */
static SSL *visit(bool slow)
{
    static const unsigned char h2[] = "\2h2";
    SSL_CTX *v = made_viewer_context(TLS1_3_VERSION);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (slow) {
        const int small = 4096;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        SSL_CTX_set_tlsext_max_fragment_length(v, TLSEXT_max_fragment_length_512);
    }
    assert_int_equal(connect(fd, (struct sockaddr *)&secure, sizeof secure), 0);
    SSL *s = made_viewer(v, fd);
    SSL_CTX_free(v);
    assert_int_equal(SSL_set_alpn_protos(s, h2, 3), 0);
    assert_int_equal(SSL_do_handshake(s), 1);
    return s;
}

struct bytes {
    size_t len;
    uint8_t at[32768];
};

static void add(struct bytes *b, const void *from, size_t len)
{
    assert_true(len <= sizeof b->at - b->len);
    memcpy(b->at + b->len, from, len);
    b->len += len;
}

static void add_frame(struct bytes *b, uint8_t type, uint8_t flags, uint32_t id, const void *text,
                      size_t len)
{
    const uint8_t head[9] = {
        (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,       type,       flags,
        (uint8_t)(id >> 24),  (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
    add(b, head, sizeof head);
    if (len)
        add(b, text, len);
}

/* The preface, with windows that are never closed. */
static void add_preface(struct bytes *b)
{
    add(b, H2_PREFACE, sizeof H2_PREFACE - 1);
    add_frame(b, NGHTTP2_SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff", 6);
    add_frame(b, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", 4);
}

static void add_get(struct bytes *b, uint32_t id, const char *path)
{
    uint8_t block[200] = {0x20, 0x82, 0x87, 0x01, 1, 't', 0x04, (uint8_t)strlen(path)};
    memcpy(block + 8, path, strlen(path));
    add_frame(b, NGHTTP2_HEADERS, 5, id, block, 8 + strlen(path));
}

static void say(SSL *s, const struct bytes *b)
{
    assert_int_equal(SSL_write(s, b->at, (int)b->len), b->len);
}

static bool take_bytes(SSL *s, uint8_t *to, size_t len)
{
    size_t n;
    for (; len > 0; to += n, len -= n)
        if (SSL_read_ex(s, to, len, &n) != 1)
            return false;
    return true;
}

/* The next frame's type and payload; -1: the end. */
static int take_frame(SSL *s, uint8_t payload[static FRAME_MAX], size_t *len)
{
    uint8_t head[9];
    if (!take_bytes(s, head, sizeof head))
        return -1;
    *len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    assert_true(*len <= FRAME_MAX);
    return take_bytes(s, payload, *len) ? head[3] : -1;
}

static bool is_answered(SSL *s)
{
    uint8_t payload[FRAME_MAX];
    size_t len;
    int type;
    do
        type = take_frame(s, payload, &len);
    while (type >= 0 && type != NGHTTP2_HEADERS);
    return type == NGHTTP2_HEADERS;
}

/* New keys in records of 4 kB, and behind them, in the same bytes, what is asked. */
static void say_behind_keys(SSL *s, int keys, const struct bytes *what)
{
    char *bytes;
    BIO *socket = SSL_get_wbio(s), *store = made_store(s);
    BIO_up_ref(socket);
    assert_int_equal(SSL_set_block_padding(s, 4096), 1);
    made_key_updates(s, keys);
    say(s, what);
    long len = BIO_get_mem_data(store, &bytes);
    viewer_send(SSL_get_fd(s), bytes, (size_t)len);
    SSL_set0_wbio(s, socket);
    BIO_free(store);
}

static void test_new_keys(void **state)
{
    static struct bytes preface, first, second;
    (void)state;
    add_preface(&preface);
    first = preface;
    add_get(&first, 1, "/nothing");
    add_get(&second, 3, "/nothing");
    open_secure();
    for (int keys = 12; keys <= 40; keys += 28) {
        SSL *s = visit(false);
        say_behind_keys(s, keys, &first); /* where the preface is waited for */
        assert_int_equal(is_answered(s), keys == 12);
        leave(s);
        s = visit(false);
        say(s, &first);
        assert_true(is_answered(s));
        say_behind_keys(s, keys, &second); /* among frames */
        assert_int_equal(is_answered(s), keys == 12);
        leave(s);
    }
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
}

/* All bodies of index.m3u8, which is 2,000 times 'p'. */
static void expect_all(SSL *s)
{
    uint8_t payload[FRAME_MAX];
    size_t len, got = 0;
    int type, heads = 0;
    while (got < (size_t)MANY * 2000 && (type = take_frame(s, payload, &len)) >= 0) {
        heads += type == NGHTTP2_HEADERS;
        if (type != NGHTTP2_DATA)
            continue;
        for (size_t i = 0; i < len; i++)
            if (payload[i] != 'p')
                fail_msg("byte %zu of the content is another's", got + i);
        got += len;
    }
    assert_int_equal(got, MANY * 2000);
    assert_int_equal(heads, MANY);
}

/* A record that waits is made once more, though its thread makes frames and records for others. */
static void test_blocked(void **state)
{
    static struct bytes many;
    (void)state;
    add_preface(&many);
    for (uint32_t i = 0; i < MANY; i++)
        add_get(&many, 2 * i + 1, "/live/plain/index.m3u8");
    open_secure();
    uint64_t before = stats.by_code[200];
    SSL *slow = visit(true);
    say(slow, &many);
    AWAIT(&site, stats, stats.by_code[200] >= before + MANY);
    for (int i = 0; i < 3; i++) {
        SSL *other = visit(false);
        say(other, &many);
        expect_all(other);
        leave(other);
    }
    expect_all(slow);
    leave(slow);
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_keys, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_blocked, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
