/* Composes the line on the caller's stack, asks the rate limit, hands it to the sink. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"

#include "relay/base/clock.h"
#include "relay/base/log_rate.h"
#include "relay/base/log_sink.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    LOG_LINE_BYTES = 2048, /* a feed's coroutine logs from its own small stack */
    LOG_TAIL_BYTES = 40,   /* "... suppressed=4294967295\n" */
};
_Static_assert(LOG_LINE_BYTES <= PIPE_BUF, "a pipe takes a line whole or not at all");

static const char *const LEVEL_WORD[] = {"debug", "info", "warn", "error"};
static const char *const LEVEL_SHOWN[] = {"DEBUG", "INFO", "WARN", "ERROR"};

static _Atomic int threshold = LOG_LEVEL_INFO;
static _Atomic uint64_t dropped;
static struct log_rate rate = LOG_RATE_INIT;

void log_setup(enum log_level level)
{
    threshold = (int)level;
    log_sink_open();
}

int log_level_parse(const char *word, enum log_level *level)
{
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
        if (strcmp(word, LEVEL_WORD[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

uint64_t log_dropped(void)
{
    return dropped;
}

/* How many of `size` bytes snprintf's answer n really filled. */
static size_t filled(int n, size_t size)
{
    if (n < 0)
        return 0;
    return (size_t)n < size ? (size_t)n : size - 1;
}

/* One event is one line, whatever somebody put into it. */
static void line_flatten(char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            s[i] = '?';
}

void log_write(enum log_level level, const char *ctx, const char *fmt, ...)
{
    if ((int)level < threshold)
        return;
    uint32_t suppressed = 0;
    if (!log_rate_allow(&rate, log_rate_kind(ctx, fmt), clock_mono_us(), &suppressed)) {
        dropped++;
        return;
    }
    char stamp[32], line[LOG_LINE_BYTES];
    const size_t size = sizeof line - LOG_TAIL_BYTES;
    clock_format(clock_wall_us(), stamp);
    size_t len = filled(snprintf(line, size, "%s %s %s ", stamp, LEVEL_SHOWN[level], ctx), size);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(line + len, size - len, fmt, args);
    va_end(args);
    bool cut = n > 0 && (size_t)n >= size - len;
    len += filled(n, size - len);
    line_flatten(line, len);
    len += filled(snprintf(line + len, LOG_TAIL_BYTES, "%s", cut ? "..." : ""), LOG_TAIL_BYTES);
    if (suppressed)
        len += filled(snprintf(line + len, sizeof line - len, " suppressed=%u", suppressed),
                      sizeof line - len);
    line[len++] = '\n';
    if (log_sink_write(line, len) != 0)
        dropped++;
}

/* One byte of outside text as it may be shown: 1 or 4 characters. The backslash is escaped as
 * well, so that what is shown can be read back without doubt. */
static size_t safe_byte(unsigned char c, char out[5])
{
    if (c >= 0x20 && c < 0x7f && c != '\\') {
        out[0] = (char)c;
        return 1;
    }
    snprintf(out, 5, "\\x%02x", (unsigned)c);
    return 4;
}

const char *log_safe(const char *in, size_t len, char *out, size_t size)
{
    static const char ELLIPSIS[] = "...";
    if (size == 0)
        return "";
    size_t used = 0, keep = 0; /* keep: how much may stay if an ellipsis must follow */
    for (size_t i = 0; i < len; i++) {
        char shown[5];
        size_t n = safe_byte((unsigned char)in[i], shown);
        if (used + n > size - 1) {
            size_t dots = size - 1 < 3 ? size - 1 : 3;
            memcpy(out + keep, ELLIPSIS, dots);
            used = keep + dots;
            break;
        }
        memcpy(out + used, shown, n);
        used += n;
        if (used + 3 <= size - 1)
            keep = used;
    }
    out[used] = '\0';
    return out;
}
