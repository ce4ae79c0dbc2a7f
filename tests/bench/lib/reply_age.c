/* How old an answer is by its own headers, and whether they agree. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/reply_age.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void reply_age_read(struct reply_age *a, const struct http_conn *c, int64_t now_wall_s)
{
    const char *age = http_conn_header(c, "Age:"), *date = http_conn_header(c, "Date:");
    const char *life = http_conn_header(c, "Cache-Control:");
    struct tm tm = {0};

    *a = (struct reply_age){-1, -1, -1};
    if (age)
        a->age_s = strtoll(age, NULL, 10);
    if (date && strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        a->since_s = now_wall_s - timegm(&tm);
    /* RFC 9111 section 5.2.2.10: for a shared cache s-maxage counts, where it stands */
    if (life && strstr(life, "s-maxage="))
        a->max_age_s = strtoll(strstr(life, "s-maxage=") + 9, NULL, 10);
    else if (life && strstr(life, "max-age="))
        a->max_age_s = strtoll(strstr(life, "max-age=") + 8, NULL, 10);
}
