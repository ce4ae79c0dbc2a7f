/* Errors in words, as application/problem+json. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/problem.h"

#include "relay/base/clock.h"
#include "relay/web/reply_head.h"

static void render(struct text *t, int status, const char *detail, const char *field)
{
    text_puts(t, "{\"type\":\"about:blank\",\"title\":");
    text_json(t, reply_head_reason(status));
    text_printf(t, ",\"status\":%d,\"detail\":", status);
    text_json(t, detail);
    if (field[0]) {
        text_puts(t, ",\"field\":");
        text_json(t, field);
    }
    text_puts(t, "}\n");
}

void problem_render(struct text *t, int status, const char *detail)
{
    render(t, status, detail, "");
}

int problem_answer(struct text *t, struct page_head *head, int status, const char *detail)
{
    return problem_answer_field(t, head, status, detail, "");
}

int problem_answer_field(struct text *t, struct page_head *head, int status, const char *detail,
                         const char *field)
{
    text_clear(t);
    render(t, status, detail, field);
    head->type = PROBLEM_TYPE;
    return status;
}

void problem_reply(struct request *r, int status, const char *detail, const char *extra)
{
    struct text t;
    struct body *b = NULL;
    text_init(&t);
    problem_render(&t, status, detail);
    if (!text_failed(&t) &&
        body_new(&b, PROBLEM_TYPE, t.data, t.len, false, 0, clock_wall_us()) == 0) {
        b->extra_headers = extra;
        reply_body(r, status, b);
    } else {
        reply_status(r, status, 0, detail);
    }
    body_unref(&b);
    text_fini(&t);
}
