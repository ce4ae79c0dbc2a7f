/* What was asked of the store to be read, and is not answered yet: usage, and the audit trail. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/asks.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/control/api.h"
#include "relay/control/ledger.h"
#include "relay/control/problem.h"
#include "relay/control/query.h"
#include "relay/room/body.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ids of writes have no such bit: they begin with a process's number. */
#define OURS (UINT64_C(1) << 63)

enum { SEALED = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

void asks_init(struct asks *k)
{
    memset(k, 0, sizeof(*k));
    k->store = -1;
    k->next_id = OURS | ((uint64_t)getpid() << 40) | ((uint64_t)clock_wall_us() & 0xffffffff);
}

static struct ask *find(struct asks *k, uint64_t id)
{
    for (size_t i = 0; i < ASKS_UNDER_WAY; i++)
        if (k->list[i].id == id)
            return &k->list[i];
    return NULL;
}

/* Whose rooms does the caller see? Those whose names begin like that; "": all of them. */
static const char *prefix_of(const struct action *a)
{
    return a->agency ? a->agency->prefix : "";
}

static int refuse(struct action *a, int status, const char *words)
{
    snprintf(a->words, sizeof(a->words), "%s", words);
    a->detail = a->words;
    if (status == 503 || status == 429)
        a->extra = RETRY_SOON;
    return status;
}

static int ask(struct action *a, const char *route)
{
    struct asks *k = a->src->asks;
    struct query q;
    struct query_refusal no;
    if (query_parse(&q, route, a->asked->query, ledger_day(a->src->wall_us), &no)) {
        snprintf(a->field, sizeof(a->field), "%s", no.field);
        return refuse(a, 400, no.words);
    }
    if (!k || k->store < 0)
        return refuse(a, 404, "This relay has no store (see state.store), so nothing is kept.");
    if (q.form != LEDGER_AUDIT && a->src->config->state.usage_days == 0)
        return refuse(a, 404, "No usage is counted: state.usage_days is 0.");
    struct ask *one = find(k, 0);
    if (!one)
        return refuse(a, 429, "Too many ask at once; please ask again in a second.");
    int64_t now_us = clock_mono_us();
    struct ledger_question m = {.format = STORE_FORMAT,
                                .form = q.form,
                                .id = OURS | ++k->next_id,
                                .due_us = now_us + ASKS_PATIENCE_US,
                                .from_day = q.from_day,
                                .to_day = q.to_day,
                                .after = q.after,
                                .limit = q.limit};
    memcpy(m.room, q.room, sizeof(m.room));
    snprintf(m.prefix, sizeof(m.prefix), "%s", prefix_of(a));
    if (parcel_send(k->store, STORE_QUESTION, &m, sizeof(m), -1, 0))
        return refuse(a, 503, "The store cannot be reached; please ask again.");
    *one = (struct ask){.id = m.id, .due_us = m.due_us, .form = q.form};
    a->pending = m.id;
    return 0;
}

int asks_usage(struct text *t, struct action *a)
{
    (void)t;
    return ask(a, "usage");
}

int asks_usage_csv(struct text *t, struct action *a)
{
    (void)t;
    return ask(a, "usage.csv");
}

int asks_audit(struct text *t, struct action *a)
{
    (void)t;
    return ask(a, "audit");
}

void asks_bind(struct asks *k, uint64_t id, struct request_token asker)
{
    struct ask *one = id ? find(k, id) : NULL;
    if (one)
        one->asker = asker;
}

static void end(struct ask *one, struct server *s, int status, struct body **b)
{
    if (request_is_named(one->asker))
        server_answer(s, one->asker, status, *b);
    body_unref(b);
    *one = (struct ask){.id = 0};
}

static void end_refused(struct ask *one, struct server *s, int status, const char *words,
                        int64_t wall_us)
{
    struct page_head head = {.type = API_TYPE};
    struct body *b = NULL;
    struct text t;
    text_init(&t);
    problem_answer(&t, &head, status, words);
    if (text_failed(&t) || body_new(&b, head.type, t.data, t.len, false, 0, wall_us)) {
        log_warn("http", "not_answered path=/api/v1/ out of memory");
        *one = (struct ask){.id = 0};
    } else {
        b->extra_headers = status == 503 ? RETRY_SOON : NULL;
        end(one, s, status, &b);
    }
    text_fini(&t);
}

/* The text behind fd, if it is as the store says it. Long ones are not compressed: an HTTP thread
 * would do nothing else meanwhile. */
static int body_of(struct body **out, enum ledger_form form, int fd, int64_t wall_us)
{
    const char *type = form == LEDGER_CSV ? ASKS_CSV_TYPE : API_TYPE;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 || st.st_size > 2 * LEDGER_ANSWER_BYTES ||
        (fcntl(fd, F_GET_SEALS) & SEALED) != SEALED)
        return -1;
    size_t len = (size_t)st.st_size;
    char *text = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (text == MAP_FAILED)
        return -1;
    int rc = body_new(out, type, text, len, len <= ASKS_GZIP_MOST, 0, wall_us);
    munmap(text, len);
    if (!rc && form == LEDGER_CSV)
        (*out)->extra_headers = "Content-Disposition: attachment; filename=\"usage.csv\"\r\n";
    return rc ? -1 : 0;
}

void asks_answer(struct asks *k, struct server *s, const struct parcel *p, int64_t wall_us)
{
    struct ledger_answer r;
    struct body *b = NULL;
    char words[ACTION_WORDS];
    if (p->len != sizeof(r))
        return;
    memcpy(&r, p->bytes, sizeof(r));
    r.text[sizeof(r.text) - 1] = '\0';
    struct ask *one = r.id && r.format == STORE_FORMAT ? find(k, r.id) : NULL;
    if (!one)
        return;
    if (r.outcome == STORE_FULL) {
        end_refused(one, s, 400,
                    "That would be more than 8 MB: ask for fewer days, or for one room.", wall_us);
    } else if (r.outcome != STORE_DONE) {
        snprintf(words, sizeof(words), "The store cannot say: %s.", r.text);
        end_refused(one, s, 503, words, wall_us);
    } else if (body_of(&b, one->form, p->fd, wall_us)) {
        end_refused(one, s, 503, "The store's answer cannot be read; please ask again.", wall_us);
    } else {
        end(one, s, 200, &b);
    }
}

void asks_late(struct asks *k, struct server *s, int64_t now_us, int64_t wall_us)
{
    for (size_t i = 0; i < ASKS_UNDER_WAY; i++)
        if (k->list[i].id && now_us >= k->list[i].due_us)
            end_refused(&k->list[i], s, 503, "The store did not answer in time; please ask again.",
                        wall_us);
}

#define INTEGER(name) "\"" name "\":{\"type\":\"integer\",\"minimum\":0}"
#define NUMBERS                                                                                    \
    INTEGER("sessions")                                                                            \
    "," INTEGER("live_ms") "," INTEGER("bytes_in") "," INTEGER("bytes_out") "," INTEGER(           \
        "viewers_peak") "," INTEGER("watch_ms")
#define NAMES                                                                                      \
    "\"sessions\",\"live_ms\",\"bytes_in\",\"bytes_out\","                                         \
    "\"viewers_peak\",\"watch_ms\""
#define WORD(name) "\"" name "\":{\"type\":\"string\"}"

void asks_describe(struct text *t)
{
    text_puts(
        t,
        "\"UsageRow\":{\"type\":\"object\",\"description\":\"What a room used on a day "
        "(UTC); room * is all for which there was no place.\",\"properties\":{"
        "\"day\":{\"type\":\"string\",\"format\":\"date\"}," WORD(
            "room") "," NUMBERS "},\"required\":[\"day\",\"room\"," NAMES "]},"
                    "\"UsageTotal\":{\"type\":\"object\",\"description\":\"Of these rows; the peak "
                    "is the highest of one room.\",\"properties\":{" NUMBERS
                    "},\"required\":[" NAMES "]},"
                    "\"AuditEntry\":{\"type\":\"object\",\"description\":\"Who changed what.\","
                    "\"properties\":{" INTEGER(
                        "id") ",\"at\":{\"type\":\"string\",\"format\":"
                              "\"date-time\"}," WORD("who") "," WORD("act") "," WORD(
                                  "room") "," WORD("detail") "},\"required\":[\"id\",\"at\","
                                                             "\"who\",\"act\",\"room\",\"detail\"]"
                                                             "}");
}
