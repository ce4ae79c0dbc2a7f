/* A request out of a parsed head: places in text become what a handler sees. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/request_head.h"

#include "relay/web/field.h"

#include <string.h>
#include <strings.h>

static struct slice slice_of(char *base, const struct http1_span *s)
{
    return (struct slice){base + s->at, s->len};
}

static struct slice known(struct input *in, enum http1_known id)
{
    unsigned n = in->head.known[id];
    if (!n)
        return (struct slice){0};
    return slice_of(in->bytes + in->start, &in->head.fields[n - 1].value);
}

void request_head_fill(struct request *r, struct input *in)
{
    const struct http1 *p = &in->head;
    char *base = in->bytes + in->start;
    struct slice accepts = known(in, HTTP1_ACCEPT_ENCODING);
    r->method = p->method;
    r->http10 = p->minor == 0;
    r->gzip = accepts.at && field_accepts_gzip(accepts.at, accepts.len);
    if (p->path.len)
        r->path = slice_of(base, &p->path);
    if (p->query.len)
        r->query = slice_of(base, &p->query);
    r->if_none_match = known(in, HTTP1_IF_NONE_MATCH);
    r->if_range = known(in, HTTP1_IF_RANGE);
    r->range = known(in, HTTP1_RANGE);
    r->user_agent = known(in, HTTP1_USER_AGENT);
}

struct slice request_head_field(struct input *in, const char *name)
{
    const struct http1 *p = &in->head;
    char *base = in->bytes + in->start;
    size_t len = strlen(name);
    for (unsigned i = 0; i < p->field_count; i++)
        if (p->fields[i].name.len == len &&
            strncasecmp(base + p->fields[i].name.at, name, len) == 0)
            return slice_of(base, &p->fields[i].value);
    return (struct slice){0};
}
