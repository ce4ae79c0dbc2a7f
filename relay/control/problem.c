/* Errors in words, as application/problem+json. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/problem.h"

#include "relay/base/clock.h"
#include "relay/web/reply_head.h"

void problem_render(struct text *t, int status, const char *detail)
{
    text_puts(t, "{\"type\":\"about:blank\",\"title\":");
    text_json(t, reply_head_reason(status));
    text_printf(t, ",\"status\":%d,\"detail\":", status);
    text_json(t, detail);
    text_puts(t, "}\n");
}

void problem_reply(struct request *r, int status, const char *detail)
{
    struct text t;
    struct body *b = NULL;
    text_init(&t);
    problem_render(&t, status, detail);
    if (!text_failed(&t) &&
        body_new(&b, PROBLEM_TYPE, t.data, t.len, false, 0, clock_wall_us()) == 0)
        reply_body(r, status, b);
    else
        reply_status(r, status, 0, detail);
    body_unref(&b);
    text_fini(&t);
}
