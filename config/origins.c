/* Who may show a page in a frame, as people write it: "any", "self", "https://a.example".
 */
/* SPDX-License-Identifier: MIT */
#include "config/origins.h"

#include <stddef.h>
#include <string.h>

static bool begins(const char *at, const char *end, const char *with)
{
    size_t len = strlen(with);
    return (size_t)(end - at) >= len && memcmp(at, with, len) == 0;
}

static bool is_port(const char *at, const char *end)
{
    unsigned long n = 0;
    if (at == end || end - at > 5)
        return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        n = n * 10 + (unsigned long)(*at - '0');
    }
    return n > 0 && n <= 65535;
}

/* Labels of letters, digits and dashes with a dot between them; an IPv4 address is that, too. */
static bool is_host(const char *at, const char *end)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    bool in_label = false;
    for (; at < end; at++) {
        bool dot = *at == '.';
        if (dot ? !in_label : !strchr(allowed, *at))
            return false;
        in_label = !dot;
    }
    return in_label;
}

static bool is_origin(const char *at, const char *end)
{
    if (begins(at, end, "https://"))
        at += strlen("https://");
    else if (begins(at, end, "http://"))
        at += strlen("http://");
    else
        return false;
    const char *colon = memchr(at, ':', (size_t)(end - at));
    if (colon && !is_port(colon + 1, end))
        return false;
    if (begins(at, end, "*."))
        at += 2;
    return is_host(at, colon ? colon : end);
}

bool origins_are_valid(const char *text)
{
    if (strcmp(text, "any") == 0 || strcmp(text, "self") == 0)
        return true;
    do {
        const char *end = strchr(text, ' ');
        if (!end)
            end = text + strlen(text);
        if (!is_origin(text, end))
            return false;
        text = *end ? end + 1 : NULL;
    } while (text);
    return true;
}
