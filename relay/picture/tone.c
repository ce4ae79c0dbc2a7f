/* Tables for the curves, BT.709's primaries, and a shoulder for what is brighter than white. */
/* SPDX-License-Identifier: MIT */
#include "relay/picture/tone.h"

#include <math.h>
#include <stdbool.h>

enum { CURVE_BITS = 10, CURVE = 1 << CURVE_BITS };

/* Light is 1 at reference white. */
static const float KNEE = 0.75f; /* from here on highlights are compressed into what is left */

static struct {
    bool made;
    float light[TONES][CURVE]; /* of a code value */
    uint8_t code[CURVE];       /* of light from 0 to 1 */
} curves;

static double pq(double e)
{
    const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128, c1 = 3424.0 / 4096,
                 c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32, white = 203.0 / 10000;
    double p = pow(e, 1 / m2), over = p > c1 ? p - c1 : 0;

    return pow(over / (c2 - c3 * p), 1 / m1) / white;
}

/* White is at 75 % of the signal; 1.2 is the system's gamma on a screen of 1,000 cd/m2. */
static double hlg(double e)
{
    const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a), white = 0.26496256;
    double light = e <= 0.5 ? e * e / 3 : (exp((e - c) / a) + b) / 12;

    return pow(light / white, 1.2);
}

/* IEC 61966-2-1. */
static double srgb(double light)
{
    return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

static void make_curves(void)
{
    for (int i = 0; i < CURVE; i++) {
        double at = (double)i / (CURVE - 1);
        curves.light[TONE_PQ][i] = (float)pq(at);
        curves.light[TONE_HLG][i] = (float)hlg(at);
        /* dark code values are close together: the table's steps are squares */
        curves.code[i] = (uint8_t)(srgb(at * at) * 255 + 0.5);
    }
    curves.made = true;
}

static uint8_t screen(float light)
{
    if (!(light > 0))
        return 0;
    if (light > KNEE)
        light = KNEE + (1 - KNEE) * (1 - expf((KNEE - light) / (1 - KNEE)));
    return curves.code[(int)(sqrtf(light) * (CURVE - 1) + 0.5f)];
}

void tone_map(enum tone tone, const uint16_t *rgb48, uint8_t *rgb24, size_t count)
{
    const float *light = curves.light[tone];

    if (!curves.made)
        make_curves();
    for (size_t i = 0; i < count; i++, rgb48 += 3, rgb24 += 3) {
        float r = light[rgb48[0] >> (16 - CURVE_BITS)], g = light[rgb48[1] >> (16 - CURVE_BITS)],
              b = light[rgb48[2] >> (16 - CURVE_BITS)];

        rgb24[0] = screen(1.6605f * r - 0.5876f * g - 0.0728f * b);
        rgb24[1] = screen(-0.1246f * r + 1.1329f * g - 0.0083f * b);
        rgb24[2] = screen(-0.0182f * r - 0.1006f * g + 1.1187f * b);
    }
}
