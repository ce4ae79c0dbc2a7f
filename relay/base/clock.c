/* The two clocks and the two ways their time is written. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { US_PER_S = 1000000, SCALE_MAX = 1000 };

/* Written before anybody else runs, then only read. */
static struct {
    int64_t scale, mono_us, wall_us; /* the two clocks when it began */
} quick = {.scale = 1};

/* 9999-12-31T23:59:59Z: the last second both notations can write with four digits of year. */
static const int64_t LAST_S = INT64_C(253402300799);

static int64_t clock_read(clockid_t id)
{
    struct timespec ts;
    int rc = clock_gettime(id, &ts);
    assert(rc == 0);
    (void)rc;
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_room_us(void)
{
    int64_t mono_us = clock_read(CLOCK_MONOTONIC);

    return quick.scale == 1 ? mono_us : quick.mono_us + (mono_us - quick.mono_us) * quick.scale;
}

int64_t clock_wall_us(void)
{
    int64_t wall_us = clock_read(CLOCK_REALTIME);

    return quick.scale == 1 ? wall_us : quick.wall_us + (wall_us - quick.wall_us) * quick.scale;
}

unsigned clock_set_scale(const char *scale)
{
    char *end;
    unsigned long n = scale ? strtoul(scale, &end, 10) : 1;

    if (scale && (*end || n < 1 || n > SCALE_MAX))
        n = 1;
    quick.scale = (int64_t)n;
    quick.mono_us = clock_read(CLOCK_MONOTONIC);
    quick.wall_us = clock_read(CLOCK_REALTIME);
    return (unsigned)n;
}

/* Splits wall_us into calendar fields and milliseconds, kept within 1970..9999. */
static unsigned clock_split(int64_t wall_us, struct tm *tm)
{
    int64_t s = wall_us / US_PER_S;
    unsigned ms = 0;
    if (wall_us < 0)
        s = 0;
    else if (s > LAST_S)
        s = LAST_S;
    else
        ms = (unsigned)(wall_us % US_PER_S / 1000);
    time_t t = (time_t)s;
    gmtime_r(&t, tm);
    return ms;
}

/* The remainder changes nothing; it tells the compiler how many digits there can be. */
static unsigned digits(int value, unsigned limit)
{
    return (unsigned)value % limit;
}

void clock_format(int64_t wall_us, char out[static 32])
{
    struct tm tm;
    unsigned ms = clock_split(wall_us, &tm);
    snprintf(out, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", digits(tm.tm_year + 1900, 10000),
             digits(tm.tm_mon + 1, 100), digits(tm.tm_mday, 100), digits(tm.tm_hour, 100),
             digits(tm.tm_min, 100), digits(tm.tm_sec, 100), ms % 1000);
}

/* strftime's names follow the locale; RFC 9110 section 5.6.7 fixes them. */
void clock_http_date(int64_t wall_us, char out[static 32])
{
    static const char day[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char month[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;
    clock_split(wall_us, &tm);
    snprintf(out, 32, "%s, %02u %s %04u %02u:%02u:%02u GMT", day[digits(tm.tm_wday, 7)],
             digits(tm.tm_mday, 100), month[digits(tm.tm_mon, 12)],
             digits(tm.tm_year + 1900, 10000), digits(tm.tm_hour, 100), digits(tm.tm_min, 100),
             digits(tm.tm_sec, 100));
}
