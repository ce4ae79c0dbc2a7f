/* Posting over HTTP and HTTPS, several at once: libcurl. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_client.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MOST = 64 << 10, /* of head and body, each; nobody reads them */
    CONNECTIONS = 16,       /* kept open for the next event */
    HEADER = 1024,
};

#define LIBRARY "libcurl-gnutls.so.4"

/* The calls that are used of it. */
struct library {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_perform)(CURLM *, int *);
    CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd *, unsigned, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
};

static const struct symbol {
    const char *name;
    size_t offset;
} symbols[] = {
    {"curl_global_init", offsetof(struct library, global_init)},
    {"curl_easy_init", offsetof(struct library, easy_init)},
    {"curl_easy_cleanup", offsetof(struct library, easy_cleanup)},
    {"curl_easy_setopt", offsetof(struct library, easy_setopt)},
    {"curl_easy_getinfo", offsetof(struct library, easy_getinfo)},
    {"curl_easy_strerror", offsetof(struct library, easy_strerror)},
    {"curl_slist_append", offsetof(struct library, slist_append)},
    {"curl_slist_free_all", offsetof(struct library, slist_free_all)},
    {"curl_multi_init", offsetof(struct library, multi_init)},
    {"curl_multi_cleanup", offsetof(struct library, multi_cleanup)},
    {"curl_multi_setopt", offsetof(struct library, multi_setopt)},
    {"curl_multi_add_handle", offsetof(struct library, multi_add_handle)},
    {"curl_multi_remove_handle", offsetof(struct library, multi_remove_handle)},
    {"curl_multi_perform", offsetof(struct library, multi_perform)},
    {"curl_multi_poll", offsetof(struct library, multi_poll)},
    {"curl_multi_info_read", offsetof(struct library, multi_info_read)},
};

struct attempt {
    CURL *easy; /* NULL: free */
    struct curl_slist *head;
    char *body;
    size_t answered; /* bytes of its answer so far */
    uint32_t hook;
    uint64_t seq;
};

struct hook_client {
    struct library curl;
    CURLM *multi;
    char *ca;
    size_t under_way;
    struct attempt attempts[HOOK_UNDER_WAY];
};

static int open_library(struct library *l, char why[static HOOK_CLIENT_WHY])
{
    void *so = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!so) {
        snprintf(why, HOOK_CLIENT_WHY, LIBRARY " is missing: install libcurl3-gnutls");
        return -ENOENT;
    }
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *at = dlsym(so, symbols[i].name);
        if (!at) {
            snprintf(why, HOOK_CLIENT_WHY, LIBRARY " is too old: it has no %s", symbols[i].name);
            return -ENOENT;
        }
        memcpy((char *)l + symbols[i].offset, &at, sizeof(at));
    }
    return 0;
}

int hook_client_open(struct hook_client **out, const char *ca, char why[static HOOK_CLIENT_WHY])
{
    struct hook_client *c = calloc(1, sizeof(*c));
    int rc = c ? 0 : -ENOMEM;
    *out = NULL;
    snprintf(why, HOOK_CLIENT_WHY, "no memory");
    if (!rc)
        rc = open_library(&c->curl, why);
    if (!rc && (c->curl.global_init(CURL_GLOBAL_ALL) || !(c->multi = c->curl.multi_init()) ||
                !(c->ca = strdup(ca))))
        rc = -ENOMEM;
    if (rc) {
        free(c);
        return rc;
    }
    c->curl.multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
    *out = c;
    return 0;
}

static void end(struct hook_client *c, struct attempt *a)
{
    if (a->easy) {
        c->curl.multi_remove_handle(c->multi, a->easy);
        c->curl.easy_cleanup(a->easy);
        c->under_way--;
    }
    c->curl.slist_free_all(a->head);
    free(a->body);
    *a = (struct attempt){0};
}

void hook_client_close(struct hook_client **c)
{
    if (!*c)
        return;
    for (size_t i = 0; i < HOOK_UNDER_WAY; i++)
        end(*c, &(*c)->attempts[i]);
    (*c)->curl.multi_cleanup((*c)->multi);
    free((*c)->ca);
    free(*c);
    *c = NULL;
}

size_t hook_client_under_way(const struct hook_client *c)
{
    return c->under_way;
}

/* What is answered is thrown away; who goes on and on is cut off. */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    struct attempt *a = arg;
    (void)bytes;
    a->answered += size * count;
    return a->answered > ANSWER_MOST ? 0 : size * count;
}

static bool add_header(const struct library *l, struct attempt *a, const char *line)
{
    struct curl_slist *longer = l->slist_append(a->head, line);
    if (longer)
        a->head = longer;
    return longer != NULL;
}

static bool add_headers(const struct library *l, struct attempt *a, const struct hook_post *p)
{
    char line[HEADER];
    bool ok = add_header(l, a, "Content-Type: application/json") && add_header(l, a, "Expect:") &&
              add_header(l, a, "Accept:");
    snprintf(line, sizeof(line), "webhook-id: %s", p->id);
    ok = ok && add_header(l, a, line);
    snprintf(line, sizeof(line), "webhook-timestamp: %" PRId64, p->timestamp);
    ok = ok && add_header(l, a, line);
    snprintf(line, sizeof(line), "webhook-signature: %s", p->signature);
    return ok && add_header(l, a, line);
}

/* Nothing of the environment: no proxy, no file with passwords, no other protocol, and nobody is
 * followed to where the organizer has not sent us. */
static bool set_up(const struct hook_client *c, struct attempt *a, const struct hook_post *p)
{
    const struct library *l = &c->curl;
    CURL *e = a->easy;
    bool ok = !l->easy_setopt(e, CURLOPT_URL, p->url) &&
              !l->easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") &&
              !l->easy_setopt(e, CURLOPT_HTTPHEADER, a->head) &&
              !l->easy_setopt(e, CURLOPT_POSTFIELDS, a->body) &&
              !l->easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)p->len) &&
              !l->easy_setopt(e, CURLOPT_USERAGENT, "Roomcast") &&
              !l->easy_setopt(e, CURLOPT_PROXY, "") &&
              !l->easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) &&
              !l->easy_setopt(e, CURLOPT_NOSIGNAL, 1L) &&
              !l->easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) && /* a name server that is slow is left */
              !l->easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
              !l->easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)p->timeout_ms) &&
              !l->easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)p->timeout_ms) &&
              !l->easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes) &&
              !l->easy_setopt(e, CURLOPT_WRITEDATA, a) &&
              !l->easy_setopt(e, CURLOPT_HEADERFUNCTION, on_bytes) &&
              !l->easy_setopt(e, CURLOPT_HEADERDATA, a) && !l->easy_setopt(e, CURLOPT_PRIVATE, a);
    return ok && (!c->ca[0] || (!l->easy_setopt(e, CURLOPT_CAINFO, c->ca) &&
                                !l->easy_setopt(e, CURLOPT_CAPATH, NULL)));
}

static struct attempt *free_attempt(struct hook_client *c)
{
    for (size_t i = 0; i < HOOK_UNDER_WAY; i++)
        if (!c->attempts[i].easy)
            return &c->attempts[i];
    return NULL;
}

int hook_client_post(struct hook_client *c, const struct hook_post *p)
{
    struct attempt *a = free_attempt(c);
    if (!a)
        return -EAGAIN;
    a->hook = p->hook;
    a->seq = p->seq;
    a->easy = c->curl.easy_init();
    c->under_way += a->easy != NULL;
    a->body = malloc(p->len + 1);
    if (a->easy && a->body && add_headers(&c->curl, a, p)) {
        memcpy(a->body, p->body, p->len);
        a->body[p->len] = '\0';
        if (set_up(c, a, p) && c->curl.multi_add_handle(c->multi, a->easy) == CURLM_OK)
            return 0;
    }
    end(c, a);
    return -ENOMEM;
}

void hook_client_step(struct hook_client *c, int fd, int wait_ms)
{
    struct curl_waitfd also = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int running;
    c->curl.multi_poll(c->multi, &also, 1, wait_ms, NULL);
    c->curl.multi_perform(c->multi, &running);
}

bool hook_client_take(struct hook_client *c, struct hook_answer *out)
{
    const CURLMsg *m;
    int more;
    do {
        m = c->curl.multi_info_read(c->multi, &more);
    } while (m && m->msg != CURLMSG_DONE);
    if (!m)
        return false;
    struct attempt *a = NULL;
    curl_off_t after = 0;
    c->curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &a);
    *out = (struct hook_answer){.hook = a->hook, .seq = a->seq};
    c->curl.easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &out->status);
    c->curl.easy_getinfo(a->easy, CURLINFO_RETRY_AFTER, &after);
    out->after_s = (int64_t)after;
    /* a status is an answer, whatever becomes of the body behind it; 1xx is none */
    if (out->status < 200)
        out->status = 0;
    if (out->status == 0)
        snprintf(out->why, sizeof(out->why), "%s", c->curl.easy_strerror(m->data.result));
    end(c, a);
    return true;
}
